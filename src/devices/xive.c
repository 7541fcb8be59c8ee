/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of an event: source (ESB, PQ bits) -> its configuration (EAS) -> queue (END) of a thread
 * and priority -> thread context (IPB, PIPR) -> external interrupt line.
 */
#include "xive.h"

#include <stdlib.h>

#include "pefemu/hypervisor.h"
#include "pefemu/log.h"

/*
 * Ring 1 (OS) of the thread context, TIMA bytes 0x10..0x1f:
 *   0 NSR  1 CPPR  2 IPB  3 LSMFB  4 ACK#  5 INC  6 AGE  7 PIPR  8..11 VO and CAM line
 */
#define RING_OS     0x10u
#define TM_NSR      0
#define TM_CPPR     1
#define TM_IPB      2
#define TM_LSMFB    3
#define TM_AGE      6
#define TM_PIPR     7
#define TM_WORD2    8
#define NSR_EO      0x80   /* an exception to the OS is signalled */
#define TM_ACK_OS   0x810u /* load, 2 bytes */
#define TM_SET_IPB  0x812u /* store, 1 byte */
#define WORD2_VALID 0x80000000u

#define EQ_GENERATION 0x80000000u
#define EISN_MASK     0x7fffffffu

struct esb {
    bool exists, lsi, asserted;
    uint8_t pq;
    bool masked;
    uint8_t priority;
    uint32_t server, eisn;
};

struct xive {
    struct machine *m; /* borrowed */
    bool enabled;
    uint8_t ring[MACHINE_MAX_CPUS][16];
    struct xive_queue_config queue[MACHINE_MAX_CPUS][XIVE_PRIO_MAX + 1];
    struct esb esb[XIVE_LISNS];
};

struct xive *xive_create(struct machine *m)
{
    struct xive *x = calloc(1, sizeof(*x));
    if (x) {
        x->m = m;
        xive_reset(x);
    }
    return x;
}

void xive_destroy(struct xive *x)
{
    free(x);
}

void xive_enable(struct xive *x, bool enabled)
{
    x->enabled = enabled;
}

void xive_reset_config(struct xive *x)
{
    memset(x->queue, 0, sizeof(x->queue));
    for (unsigned i = 0; i < XIVE_LISNS; i++) {
        struct esb *e = &x->esb[i];
        *e = (struct esb){.exists = e->exists,
                          .lsi = e->lsi,
                          .asserted = e->asserted,
                          .pq = XIVE_PQ_Q,
                          .masked = true,
                          .priority = 0xff};
    }
}

void xive_reset(struct xive *x)
{
    xive_reset_config(x);
    memset(x->ring, 0, sizeof(x->ring));
    for (unsigned i = 0; i < x->m->ncpus; i++) {
        uint8_t *r = x->ring[i];
        r[TM_LSMFB] = r[TM_AGE] = r[TM_PIPR] = 0xff;
        put_be32(r + TM_WORD2, WORD2_VALID | (0x400 + i));
        cpu_lower(&x->m->cpus[i], IRQ_EXTERNAL);
    }
}

void xive_claim(struct xive *x, uint32_t lisn, bool lsi)
{
    x->esb[lisn] =
        (struct esb){.exists = true, .lsi = lsi, .pq = XIVE_PQ_Q, .masked = true, .priority = 0xff};
}

bool xive_valid(const struct xive *x, uint32_t lisn)
{
    return lisn < XIVE_LISNS && x->esb[lisn].exists;
}

bool xive_is_lsi(const struct xive *x, uint32_t lisn)
{
    return x->esb[lisn].lsi;
}

/* ---- thread context ---- */

/* Recomputes PIPR and the line after a change of IPB or CPPR. */
static void ring_update(struct xive *x, unsigned server)
{
    uint8_t *r = x->ring[server];
    r[TM_PIPR] = r[TM_IPB] ? __builtin_clz(r[TM_IPB]) - 24 : 0xff;
    if (r[TM_PIPR] < r[TM_CPPR]) {
        r[TM_NSR] |= NSR_EO;
        cpu_raise(&x->m->cpus[server], IRQ_EXTERNAL);
    } else {
        r[TM_NSR] &= ~NSR_EO;
        cpu_lower(&x->m->cpus[server], IRQ_EXTERNAL);
    }
}

static void ring_set_cppr(struct xive *x, unsigned server, uint8_t cppr)
{
    x->ring[server][TM_CPPR] = cppr > 7 ? 0xff : cppr;
    ring_update(x, server);
}

static void ring_notify(struct xive *x, unsigned server, unsigned priority)
{
    x->ring[server][TM_IPB] |= 0x80 >> priority;
    ring_update(x, server);
}

/* The acknowledge cycle: the OS now runs at the priority of what it was signalled. */
static uint16_t ring_acknowledge(struct xive *x, unsigned server)
{
    uint8_t *r = x->ring[server];
    uint8_t nsr = r[TM_NSR];
    if (nsr & NSR_EO) {
        r[TM_CPPR] = r[TM_PIPR];
        r[TM_IPB] &= ~(0x80 >> r[TM_PIPR]);
        ring_update(x, server);
    }
    return (uint16_t)(nsr << 8 | r[TM_CPPR]);
}

/* ---- queues and sources ---- */

static void queue_push(struct xive *x, unsigned server, unsigned priority, uint32_t eisn)
{
    struct xive_queue_config *q = &x->queue[server][priority];
    if (!q->size_log2) {
        LOG(LOG_GUEST_ERRORS, "xive: event for server %u priority %u, which has no queue", server,
            priority);
        return;
    }
    uint8_t entry[4];
    put_be32(entry, (q->generation ? EQ_GENERATION : 0) | (eisn & EISN_MASK));
    if (!gm_write(x->m, q->addr + 4ULL * q->index, entry, sizeof(entry)))
        LOG(LOG_GUEST_ERRORS, "xive: event queue at 0x%llx is no memory",
            (unsigned long long)q->addr);
    if (++q->index == 1u << (q->size_log2 - 2)) {
        q->index = 0;
        q->generation = !q->generation;
    }
    ring_notify(x, server, priority);
}

static void esb_forward(struct xive *x, const struct esb *e)
{
    if (!e->masked)
        queue_push(x, e->server, e->priority, e->eisn);
}

void xive_trigger(struct xive *x, uint32_t lisn)
{
    struct esb *e = &x->esb[lisn];
    switch (e->pq) {
    case 0:
        e->pq = XIVE_PQ_P;
        esb_forward(x, e);
        break;
    case XIVE_PQ_P:
        e->pq = XIVE_PQ_P | XIVE_PQ_Q;
        break;
    default: /* off, or already queued */
        break;
    }
}

/* A level-sensitive source has no Q to remember a message: P alone, from the line. */
static void lsi_evaluate(struct xive *x, struct esb *e)
{
    if (e->asserted && e->pq == 0) {
        e->pq = XIVE_PQ_P;
        esb_forward(x, e);
    }
}

static bool esb_eoi(struct xive *x, struct esb *e)
{
    bool again = false;
    if (e->lsi) {
        if (e->pq != XIVE_PQ_Q)
            e->pq = 0;
        lsi_evaluate(x, e);
        return e->pq == XIVE_PQ_P;
    }
    switch (e->pq) {
    case XIVE_PQ_P:
        e->pq = 0;
        break;
    case XIVE_PQ_P | XIVE_PQ_Q:
        e->pq = XIVE_PQ_P;
        esb_forward(x, e);
        again = true;
        break;
    default:
        break;
    }
    return again;
}

static unsigned esb_set_pq(struct xive *x, struct esb *e, unsigned pq)
{
    unsigned old = e->pq;
    e->pq = pq;
    if (e->lsi)
        lsi_evaluate(x, e);
    return old;
}

/* Bit 0x40 of the offset asks for load-after-store ordering: nothing to do here. */
static unsigned esb_operation(uint64_t offset)
{
    return offset & 0xf00;
}

uint64_t xive_esb_load(struct xive *x, uint32_t lisn, uint64_t offset)
{
    struct esb *e = &x->esb[lisn];
    unsigned op = esb_operation(offset & (XIVE_PAGE - 1));
    if (op >= XIVE_ESB_SET_PQ_00)
        return esb_set_pq(x, e, op >> 8 & 3);
    if (op >= XIVE_ESB_GET)
        return e->pq;
    return esb_eoi(x, e);
}

void xive_esb_store(struct xive *x, uint32_t lisn, uint64_t offset)
{
    struct esb *e = &x->esb[lisn];
    unsigned op = esb_operation(offset & (XIVE_PAGE - 1));
    if (op >= XIVE_ESB_SET_PQ_00)
        esb_set_pq(x, e, op >> 8 & 3);
    else if (op >= XIVE_ESB_STORE_EOI && op < XIVE_ESB_GET)
        esb_eoi(x, e);
    else
        xive_trigger(x, lisn);
}

void xive_pulse(struct xive *x, uint32_t lisn)
{
    if (xive_valid(x, lisn))
        xive_trigger(x, lisn);
}

void xive_set_level(struct xive *x, uint32_t lisn, bool level)
{
    if (!xive_valid(x, lisn))
        return;
    x->esb[lisn].asserted = level;
    lsi_evaluate(x, &x->esb[lisn]);
}

void xive_set_source(struct xive *x, uint32_t lisn, const struct xive_source_config *c)
{
    struct esb *e = &x->esb[lisn];
    e->masked = c->priority == 0xff;
    e->priority = c->priority;
    e->server = c->server;
    e->eisn = c->eisn;
}

void xive_get_source(const struct xive *x, uint32_t lisn, struct xive_source_config *c)
{
    const struct esb *e = &x->esb[lisn];
    *c = (struct xive_source_config){e->server, e->masked ? 0xff : e->priority, e->eisn};
}

void xive_set_queue(struct xive *x, uint32_t server, unsigned priority, gra_t addr,
                    unsigned size_log2, bool always_notify)
{
    x->queue[server][priority] = (struct xive_queue_config){
        .addr = addr, .size_log2 = size_log2, .always_notify = always_notify, .generation = true};
}

void xive_get_queue(const struct xive *x, uint32_t server, unsigned priority,
                    struct xive_queue_config *c)
{
    *c = x->queue[server][priority];
}

/* ---- windows ---- */

static uint64_t all_ones(unsigned size)
{
    return size >= 8 ? ~0ULL : (1ULL << (size * 8)) - 1;
}

/* The executing thread selects the context; a debugger's access has none. */
static bool tima_load(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size,
                      uint64_t *value)
{
    struct xive *x = opaque;
    *value = all_ones(size);
    if (!cpu || !x->enabled)
        return true;
    bool os_page = offset < XIVE_PAGE;
    offset &= XIVE_PAGE - 1;
    if (os_page && offset == TM_ACK_OS && size == 2) {
        *value = ring_acknowledge(x, cpu->server);
    } else if (os_page && offset >= RING_OS && offset + size <= RING_OS + 16) {
        const uint8_t *r = x->ring[cpu->server] + (offset - RING_OS);
        for (*value = 0; size; size--)
            *value = *value << 8 | *r++;
    } else {
        LOG(LOG_GUEST_ERRORS, "xive: load of %u bytes at TIMA %s page + 0x%llx", size,
            os_page ? "OS" : "user", (unsigned long long)offset);
    }
    return true;
}

static bool tima_store(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size,
                       uint64_t value)
{
    struct xive *x = opaque;
    if (!cpu || !x->enabled)
        return true;
    if (offset == RING_OS + TM_CPPR && size == 1)
        ring_set_cppr(x, cpu->server, value);
    else if (offset == TM_SET_IPB && size == 1 && value <= 7)
        ring_notify(x, cpu->server, value);
    else
        LOG(LOG_GUEST_ERRORS, "xive: store of %u bytes at TIMA + 0x%llx", size,
            (unsigned long long)offset);
    return true;
}

static bool window_load(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size,
                        uint64_t *value)
{
    struct xive *x = opaque;
    uint32_t lisn = offset / (2 * XIVE_PAGE);
    bool management = offset & XIVE_PAGE;
    (void)cpu;
    *value = all_ones(size);
    if (x->enabled && management && xive_valid(x, lisn))
        *value = xive_esb_load(x, lisn, offset);
    else
        LOG(LOG_GUEST_ERRORS, "xive: load from ESB window + 0x%llx", (unsigned long long)offset);
    return true;
}

static bool window_store(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size,
                         uint64_t value)
{
    struct xive *x = opaque;
    uint32_t lisn = offset / (2 * XIVE_PAGE);
    bool management = offset & XIVE_PAGE;
    (void)cpu, (void)size, (void)value;
    if (!x->enabled || !xive_valid(x, lisn))
        LOG(LOG_GUEST_ERRORS, "xive: store to ESB window + 0x%llx", (unsigned long long)offset);
    else if (management)
        xive_esb_store(x, lisn, offset);
    else
        xive_trigger(x, lisn);
    return true;
}

void xive_add_windows(struct xive *x)
{
    static const struct mmio_ops tima_ops = {tima_load, tima_store};
    static const struct mmio_ops esb_ops = {window_load, window_store};
    memory_add_mmio(&x->m->mem, "xive-tima", XIVE_TIMA_OS, 2 * XIVE_PAGE, &tima_ops, x);
    memory_add_mmio(&x->m->mem, "xive-esb", XIVE_ESB_BASE, XIVE_ESB_SIZE, &esb_ops, x);
}

/* ---- snapshots ---- */

static void queue_snap(struct snap *s, struct xive_queue_config *q)
{
    snap(s, &q->addr);
    snap_limit(s, &q->size_log2, 24);
    snap(s, &q->always_notify);
    snap(s, &q->generation);
    snap(s, &q->index);
}

static void esb_snap(struct snap *s, struct esb *e, unsigned ncpus)
{
    snap_same(s, e->exists, "interrupt sources:");
    snap_same(s, e->lsi, "level interrupt sources:");
    snap(s, &e->asserted);
    snap(s, &e->pq);
    snap(s, &e->masked);
    snap(s, &e->priority);
    snap_limit(s, &e->server, ncpus - 1);
    snap(s, &e->eisn);
    if (!e->masked && e->priority > XIVE_PRIO_MAX)
        snap_fail(s, "an interrupt source has priority %u", e->priority);
}

void xive_snap(struct snap *s, struct xive *x)
{
    snap_begin(s, "xive", 1);
    snap(s, &x->enabled);
    for (unsigned i = 0; i < x->m->ncpus; i++) {
        snap_bytes(s, x->ring[i], sizeof(x->ring[i]));
        for (unsigned p = 0; p <= XIVE_PRIO_MAX; p++)
            queue_snap(s, &x->queue[i][p]);
    }
    for (unsigned i = 0; i < XIVE_LISNS; i++)
        esb_snap(s, &x->esb[i], x->m->ncpus);
    snap_end(s);
}
