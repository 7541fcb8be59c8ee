/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The XICS interrupt controller as a partition sees it: one presentation controller (ICP) per
 * thread, driven by hypercalls, and one source controller (ICS), driven by RTAS. PAPR,
 * "Interrupts".
 */
#ifndef PEFEMU_DEV_XICS_H
#define PEFEMU_DEV_XICS_H

#include "pefemu/machine.h"
#include "pefemu/snap.h"

#define XICS_FIRST_SOURCE 0x1000u
#define XICS_SOURCES      0x1000u
#define XICS_IPI          2u
#define XICS_MASKED       0xffu

struct xics;

struct xics *xics_create(struct machine *m);
void xics_destroy(struct xics *x);
/* Everything masked, nothing pending, CPPR 0. */
void xics_reset(struct xics *x);
void xics_snap(struct snap *s, struct xics *x);

/* Makes a source exist; @lsi: level-sensitive. */
void xics_claim(struct xics *x, uint32_t irq, bool lsi);
bool xics_valid(const struct xics *x, uint32_t irq);
/* A message (edge) interrupt, or the level of an LSI. */
void xics_pulse(struct xics *x, uint32_t irq);
void xics_set_level(struct xics *x, uint32_t irq, bool level);

/* ICP; @server must be below the number of threads. */
void xics_set_cppr(struct xics *x, uint32_t server, uint8_t cppr);
void xics_set_mfrr(struct xics *x, uint32_t server, uint8_t mfrr);
uint32_t xics_accept(struct xics *x, uint32_t server); /* returns XIRR */
uint32_t xics_poll(const struct xics *x, uint32_t server, uint8_t *mfrr);
/* False: XISR names no source; CPPR is set all the same. */
bool xics_eoi(struct xics *x, uint32_t server, uint32_t xirr);

/* ICS; @irq must be valid. */
void xics_set_source(struct xics *x, uint32_t irq, uint32_t server, uint8_t priority);
void xics_get_source(const struct xics *x, uint32_t irq, uint32_t *server, uint8_t *priority);
void xics_source_off(struct xics *x, uint32_t irq);
void xics_source_on(struct xics *x, uint32_t irq);

#endif
