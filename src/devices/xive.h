/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XIVE in exploitation mode: what a partition sees of it. Threads have a context that they reach
 * through the TIMA; sources have two bits of state (PQ) behind a pair of ESB pages; events go to
 * queues (END) in guest memory, one per thread and priority, set up by hypercalls. PAPR, "XIVE".
 */
#ifndef PEFEMU_DEV_XIVE_H
#define PEFEMU_DEV_XIVE_H

#include "pefemu/machine.h"
#include "pefemu/snap.h"

#define XIVE_LISNS     0x2000u
#define XIVE_PRIO_MAX  6u /* 7 is the hypervisor's: ibm,plat-res-int-priorities <7 0xf8> */
#define XIVE_PAGE_LOG2 16
#define XIVE_PAGE      (1ULL << XIVE_PAGE_LOG2)
#define XIVE_ESB_BASE  0x6010000000000ULL /* per LISN: trigger page, then management page */
#define XIVE_ESB_SIZE  (XIVE_LISNS * 2 * XIVE_PAGE)
#define XIVE_TIMA_OS   0x60302031a0000ULL
#define XIVE_TIMA_USER 0x60302031b0000ULL /* directly above the OS page */

/* ESB state, and offsets in the management page */
#define XIVE_PQ_P          2u
#define XIVE_PQ_Q          1u
#define XIVE_ESB_LOAD_EOI  0x000u
#define XIVE_ESB_STORE_EOI 0x400u
#define XIVE_ESB_GET       0x800u
#define XIVE_ESB_SET_PQ_00 0xc00u

struct xive;

struct xive_source_config {
    uint32_t server;
    uint8_t priority; /* 0xff: masked */
    uint32_t eisn;
};

struct xive_queue_config {
    gra_t addr;
    unsigned size_log2; /* 0: no queue */
    bool always_notify;
    bool generation;
    uint32_t index;
};

struct xive *xive_create(struct machine *m);
void xive_destroy(struct xive *x);
/* Power-on state of everything; xive_reset_config() leaves the thread contexts (H_INT_RESET). */
void xive_reset(struct xive *x);
void xive_reset_config(struct xive *x);
void xive_snap(struct snap *s, struct xive *x);
/* Puts the TIMA and ESB windows into the machine's memory map. */
void xive_add_windows(struct xive *x);
/* In use? Otherwise both windows read as all ones and ignore stores. */
void xive_enable(struct xive *x, bool enabled);

void xive_claim(struct xive *x, uint32_t lisn, bool lsi);
bool xive_valid(const struct xive *x, uint32_t lisn);
bool xive_is_lsi(const struct xive *x, uint32_t lisn);
void xive_pulse(struct xive *x, uint32_t lisn);
void xive_set_level(struct xive *x, uint32_t lisn, bool level);

/* Configuration; @lisn valid, @server below the number of threads, priority <= XIVE_PRIO_MAX. */
void xive_set_source(struct xive *x, uint32_t lisn, const struct xive_source_config *c);
void xive_get_source(const struct xive *x, uint32_t lisn, struct xive_source_config *c);
void xive_set_queue(struct xive *x, uint32_t server, unsigned priority, gra_t addr,
                    unsigned size_log2, bool always_notify);
void xive_get_queue(const struct xive *x, uint32_t server, unsigned priority,
                    struct xive_queue_config *c);

/* The management page of a source; H_INT_ESB uses these too. */
uint64_t xive_esb_load(struct xive *x, uint32_t lisn, uint64_t offset);
void xive_esb_store(struct xive *x, uint32_t lisn, uint64_t offset);
void xive_trigger(struct xive *x, uint32_t lisn);

#endif
