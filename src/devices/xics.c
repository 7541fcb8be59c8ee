/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lower number = more favoured. An ICP offers at most one interrupt (XISR, at priority `pending`)
 * to its thread; one that loses is rejected back to its source, which offers it again when some
 * ICP has become more permissive (resend).
 */
#include "xics.h"

#include <stdlib.h>

#define NOTHING 0xffu /* pending priority while XISR is 0 */

struct icp {
    struct cpu *cpu; /* borrowed */
    uint32_t xisr;
    uint8_t cppr, mfrr, pending;
};

struct source {
    uint32_t server;
    uint8_t priority, saved_priority;
    bool exists, lsi;
    bool asserted; /* LSI: level of the line */
    bool sent;     /* LSI: offered and not yet rejected or ended */
    bool waiting;  /* MSI: rejected, or came while masked */
};

struct xics {
    struct machine *m; /* borrowed */
    struct icp icp[MACHINE_MAX_CPUS];
    struct source source[XICS_SOURCES];
    uint64_t resend_map[XICS_SOURCES / 64]; /* sources that may have something to offer again */
};

struct xics *xics_create(struct machine *m)
{
    struct xics *x = calloc(1, sizeof(*x));
    if (x) {
        x->m = m;
        xics_reset(x);
    }
    return x;
}

void xics_destroy(struct xics *x)
{
    free(x);
}

void xics_reset(struct xics *x)
{
    for (unsigned i = 0; i < x->m->ncpus; i++) {
        x->icp[i] = (struct icp){.cpu = &x->m->cpus[i], .mfrr = 0xff, .pending = NOTHING};
        cpu_lower(&x->m->cpus[i], IRQ_EXTERNAL);
    }
    for (unsigned i = 0; i < XICS_SOURCES; i++) {
        struct source *s = &x->source[i];
        *s = (struct source){.exists = s->exists,
                             .lsi = s->lsi,
                             .priority = XICS_MASKED,
                             .saved_priority = XICS_MASKED};
    }
    memset(x->resend_map, 0, sizeof(x->resend_map));
}

static struct source *source_of(struct xics *x, uint32_t irq)
{
    return xics_valid(x, irq) ? &x->source[irq - XICS_FIRST_SOURCE] : NULL;
}

void xics_claim(struct xics *x, uint32_t irq, bool lsi)
{
    struct source *s = &x->source[irq - XICS_FIRST_SOURCE];
    *s = (struct source){
        .exists = true, .lsi = lsi, .priority = XICS_MASKED, .saved_priority = XICS_MASKED};
}

bool xics_valid(const struct xics *x, uint32_t irq)
{
    return irq >= XICS_FIRST_SOURCE && irq - XICS_FIRST_SOURCE < XICS_SOURCES &&
           x->source[irq - XICS_FIRST_SOURCE].exists;
}

/* ---- presentation ---- */

static void mark_resend(struct xics *x, uint32_t irq)
{
    unsigned i = irq - XICS_FIRST_SOURCE;
    x->resend_map[i / 64] |= 1ULL << (i % 64);
}

static void source_reject(struct xics *x, uint32_t irq)
{
    struct source *s = source_of(x, irq);
    if (!s)
        return; /* the IPI: MFRR keeps it */
    if (s->lsi)
        s->sent = false;
    else
        s->waiting = true;
    mark_resend(x, irq);
}

static void icp_drop(struct icp *icp)
{
    icp->xisr = 0;
    icp->pending = NOTHING;
    cpu_lower(icp->cpu, IRQ_EXTERNAL);
}

static void icp_take(struct xics *x, struct icp *icp, uint32_t irq, uint8_t priority)
{
    uint32_t loser = icp->xisr;
    icp->xisr = irq;
    icp->pending = priority;
    cpu_raise(icp->cpu, IRQ_EXTERNAL);
    if (loser)
        source_reject(x, loser);
}

/* True when @priority would get through to the thread now. */
static bool icp_accepts(const struct icp *icp, uint8_t priority)
{
    return priority < icp->cppr && (!icp->xisr || priority < icp->pending);
}

static void source_offer(struct xics *x, uint32_t irq, struct source *s)
{
    struct icp *icp = &x->icp[s->server];
    if (icp_accepts(icp, s->priority))
        icp_take(x, icp, irq, s->priority);
    else
        source_reject(x, irq);
}

/* Offers what @irq still has, if it is not masked. */
static void source_resend(struct xics *x, uint32_t irq, struct source *s)
{
    if (s->priority == XICS_MASKED)
        return;
    if (s->lsi) {
        if (s->asserted && !s->sent) {
            s->sent = true;
            source_offer(x, irq, s);
        }
    } else if (s->waiting) {
        s->waiting = false;
        source_offer(x, irq, s);
    }
}

static void resend_all(struct xics *x)
{
    for (unsigned w = 0; w < ARRAY_SIZE(x->resend_map); w++) {
        uint64_t map = x->resend_map[w];
        x->resend_map[w] = 0; /* rejected ones set their bit again */
        while (map) {
            unsigned i = w * 64 + __builtin_ctzll(map);
            map &= map - 1;
            source_resend(x, XICS_FIRST_SOURCE + i, &x->source[i]);
        }
    }
}

static void icp_check_ipi(struct xics *x, struct icp *icp)
{
    if (icp_accepts(icp, icp->mfrr))
        icp_take(x, icp, XICS_IPI, icp->mfrr);
}

static void icp_reevaluate(struct xics *x, struct icp *icp)
{
    icp_check_ipi(x, icp);
    resend_all(x);
}

void xics_set_cppr(struct xics *x, uint32_t server, uint8_t cppr)
{
    struct icp *icp = &x->icp[server];
    icp->cppr = cppr;
    if (icp->xisr && icp->pending >= cppr) {
        uint32_t loser = icp->xisr;
        icp_drop(icp);
        source_reject(x, loser);
    }
    icp_reevaluate(x, icp);
}

void xics_set_mfrr(struct xics *x, uint32_t server, uint8_t mfrr)
{
    struct icp *icp = &x->icp[server];
    icp->mfrr = mfrr;
    if (icp->xisr == XICS_IPI)
        icp_drop(icp); /* offered at its old priority, or withdrawn */
    icp_reevaluate(x, icp);
}

uint32_t xics_accept(struct xics *x, uint32_t server)
{
    struct icp *icp = &x->icp[server];
    uint32_t xirr = (uint32_t)icp->cppr << 24 | icp->xisr;
    if (icp->xisr) {
        icp->cppr = icp->pending;
        icp_drop(icp);
    }
    return xirr;
}

uint32_t xics_poll(const struct xics *x, uint32_t server, uint8_t *mfrr)
{
    const struct icp *icp = &x->icp[server];
    *mfrr = icp->mfrr;
    return (uint32_t)icp->cppr << 24 | icp->xisr;
}

bool xics_eoi(struct xics *x, uint32_t server, uint32_t xirr)
{
    uint32_t irq = xirr & 0xffffff;
    struct source *s = source_of(x, irq);
    if (s && s->lsi) {
        s->sent = false;
        if (s->asserted)
            mark_resend(x, irq);
    }
    xics_set_cppr(x, server, xirr >> 24);
    return s || irq == XICS_IPI || irq == 0;
}

/* ---- sources ---- */

void xics_pulse(struct xics *x, uint32_t irq)
{
    struct source *s = source_of(x, irq);
    if (!s)
        return;
    s->waiting = true;
    mark_resend(x, irq);
    source_resend(x, irq, s);
}

void xics_set_level(struct xics *x, uint32_t irq, bool level)
{
    struct source *s = source_of(x, irq);
    if (!s)
        return;
    s->asserted = level;
    if (level) {
        mark_resend(x, irq);
        source_resend(x, irq, s);
    }
}

void xics_set_source(struct xics *x, uint32_t irq, uint32_t server, uint8_t priority)
{
    struct source *s = &x->source[irq - XICS_FIRST_SOURCE];
    s->server = server;
    s->priority = s->saved_priority = priority;
    source_resend(x, irq, s);
}

void xics_get_source(const struct xics *x, uint32_t irq, uint32_t *server, uint8_t *priority)
{
    const struct source *s = &x->source[irq - XICS_FIRST_SOURCE];
    *server = s->server;
    *priority = s->priority;
}

void xics_source_off(struct xics *x, uint32_t irq)
{
    struct source *s = &x->source[irq - XICS_FIRST_SOURCE];
    s->saved_priority = s->priority;
    s->priority = XICS_MASKED;
}

void xics_source_on(struct xics *x, uint32_t irq)
{
    struct source *s = &x->source[irq - XICS_FIRST_SOURCE];
    s->priority = s->saved_priority;
    source_resend(x, irq, s);
}

/* ---- snapshots ---- */

static void source_snap(struct snap *s, struct source *src, unsigned ncpus)
{
    snap_limit(s, &src->server, ncpus - 1);
    snap(s, &src->priority);
    snap(s, &src->saved_priority);
    snap_same(s, src->exists, "interrupt sources:");
    snap_same(s, src->lsi, "level interrupt sources:");
    snap(s, &src->asserted);
    snap(s, &src->sent);
    snap(s, &src->waiting);
}

void xics_snap(struct snap *s, struct xics *x)
{
    snap_begin(s, "xics", 1);
    for (unsigned i = 0; i < x->m->ncpus; i++) {
        snap(s, &x->icp[i].xisr);
        snap(s, &x->icp[i].cppr);
        snap(s, &x->icp[i].mfrr);
        snap(s, &x->icp[i].pending);
    }
    for (unsigned i = 0; i < XICS_SOURCES; i++)
        source_snap(s, &x->source[i], x->m->ncpus);
    snap_array(s, x->resend_map);
    snap_end(s);
}
