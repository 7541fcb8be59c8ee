/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls of the two interrupt controllers. A partition uses one of them, chosen by CAS; the
 * calls of the other answer H_FUNCTION.
 */
#include "hv_internal.h"

#include "pefemu/log.h"

/* ---- XICS ---- */

#define NEED_XICS(c)                                                                               \
    do {                                                                                           \
        if ((c)->hv->xive_mode)                                                                    \
            return H_FUNCTION;                                                                     \
    } while (0)

int64_t h_cppr(struct hcall *c)
{
    NEED_XICS(c);
    xics_set_cppr(c->hv->xics, c->cpu->server, c->args[0]);
    return H_SUCCESS;
}

int64_t h_ipi(struct hcall *c)
{
    NEED_XICS(c);
    if (!hv_cpu(c->hv, c->args[0]))
        return H_PARAMETER;
    xics_set_mfrr(c->hv->xics, c->args[0], c->args[1]);
    return H_SUCCESS;
}

int64_t h_ipoll(struct hcall *c)
{
    uint8_t mfrr;
    NEED_XICS(c);
    if (!hv_cpu(c->hv, c->args[0]))
        return H_PARAMETER;
    c->ret[0] = xics_poll(c->hv->xics, c->args[0], &mfrr);
    c->ret[1] = mfrr;
    return H_SUCCESS;
}

int64_t h_xirr(struct hcall *c)
{
    NEED_XICS(c);
    c->ret[0] = xics_accept(c->hv->xics, c->cpu->server);
    return H_SUCCESS;
}

int64_t h_xirr_x(struct hcall *c)
{
    int64_t rc = h_xirr(c);
    c->ret[1] = cpu_timebase(c->cpu);
    return rc;
}

int64_t h_eoi(struct hcall *c)
{
    NEED_XICS(c);
    return xics_eoi(c->hv->xics, c->cpu->server, c->args[0]) ? H_SUCCESS : H_PARAMETER;
}

/* ---- XIVE ---- */

#define NEED_XIVE(c)                                                                               \
    do {                                                                                           \
        if (!(c)->hv->xive_mode)                                                                   \
            return H_FUNCTION;                                                                     \
    } while (0)

#define SOURCE_LSI      4u
#define CONFIG_SET_EISN 2u
#define CONFIG_MASK     1u
#define QUEUE_NOTIFY    1u
#define QUEUE_DEBUG     1u
#define ESB_STORE       1u
#define PRIO_MASKED     0xffu

static bool is_usable_priority(uint64_t priority)
{
    return priority <= XIVE_PRIO_MAX;
}

int64_t h_int_get_source_info(struct hcall *c)
{
    uint64_t lisn = c->args[1];
    NEED_XIVE(c);
    if (c->args[0])
        return H_PARAMETER;
    if (lisn >= XIVE_LISNS || !xive_valid(c->hv->xive, lisn))
        return H_P2;
    uint64_t esb = XIVE_ESB_BASE + lisn * 2 * XIVE_PAGE;
    c->ret[0] = xive_is_lsi(c->hv->xive, lisn) ? SOURCE_LSI : 0;
    c->ret[1] = esb + XIVE_PAGE;
    c->ret[2] = esb;
    c->ret[3] = XIVE_PAGE_LOG2;
    return H_SUCCESS;
}

int64_t h_int_set_source_config(struct hcall *c)
{
    uint64_t flags = c->args[0], lisn = c->args[1], server = c->args[2], priority = c->args[3];
    struct xive_source_config config;

    NEED_XIVE(c);
    if (flags & ~(uint64_t)(CONFIG_SET_EISN | CONFIG_MASK))
        return H_PARAMETER;
    if (lisn >= XIVE_LISNS || !xive_valid(c->hv->xive, lisn))
        return H_P2;
    xive_get_source(c->hv->xive, lisn, &config);
    config.priority = priority;
    if (priority != PRIO_MASKED) {
        if (!hv_cpu(c->hv, server))
            return H_P3;
        if (!is_usable_priority(priority))
            return H_P4;
        config.server = server;
        if (flags & CONFIG_SET_EISN)
            config.eisn = c->args[4];
    }
    if (flags & CONFIG_MASK)
        config.priority = PRIO_MASKED;
    xive_set_source(c->hv->xive, lisn, &config);
    return H_SUCCESS;
}

int64_t h_int_get_source_config(struct hcall *c)
{
    struct xive_source_config config;
    NEED_XIVE(c);
    if (c->args[0])
        return H_PARAMETER;
    if (c->args[1] >= XIVE_LISNS || !xive_valid(c->hv->xive, c->args[1]))
        return H_P2;
    xive_get_source(c->hv->xive, c->args[1], &config);
    c->ret[0] = config.server;
    c->ret[1] = config.priority;
    c->ret[2] = config.eisn;
    return H_SUCCESS;
}

static int64_t check_queue(struct hcall *c)
{
    if (!hv_cpu(c->hv, c->args[1]))
        return H_P2;
    return is_usable_priority(c->args[2]) ? H_SUCCESS : H_P3;
}

int64_t h_int_get_queue_info(struct hcall *c)
{
    NEED_XIVE(c);
    if (c->args[0])
        return H_PARAMETER;
    int64_t rc = check_queue(c);
    c->ret[0] = ~0ULL; /* queues always notify: no management page */
    c->ret[1] = XIVE_PAGE_LOG2;
    return rc;
}

static bool is_queue_size(uint64_t size_log2)
{
    return size_log2 == 12 || size_log2 == 16 || size_log2 == 21 || size_log2 == 24;
}

int64_t h_int_set_queue_config(struct hcall *c)
{
    gra_t addr = c->args[3];
    uint64_t size_log2 = c->args[4];

    NEED_XIVE(c);
    if (c->args[0] & ~(uint64_t)QUEUE_NOTIFY)
        return H_PARAMETER;
    int64_t rc = check_queue(c);
    if (rc)
        return rc;
    if (size_log2) {
        if (!is_queue_size(size_log2))
            return H_P5;
        uint64_t size = 1ULL << size_log2, ram = c->hv->m->cfg.ram_size;
        if (addr & (size - 1) || addr > ram || size > ram - addr)
            return H_P4;
    }
    xive_set_queue(c->hv->xive, c->args[1], c->args[2], size_log2 ? addr : 0, size_log2,
                   c->args[0] & QUEUE_NOTIFY);
    return H_SUCCESS;
}

int64_t h_int_get_queue_config(struct hcall *c)
{
    struct xive_queue_config q;
    NEED_XIVE(c);
    if (c->args[0] & ~(uint64_t)QUEUE_DEBUG)
        return H_PARAMETER;
    int64_t rc = check_queue(c);
    if (rc)
        return rc;
    xive_get_queue(c->hv->xive, c->args[1], c->args[2], &q);
    c->ret[0] = q.always_notify ? QUEUE_NOTIFY : 0;
    c->ret[1] = q.addr;
    c->ret[2] = q.size_log2;
    if (c->args[0] & QUEUE_DEBUG) {
        c->ret[0] |= q.generation ? 2 : 0;
        c->ret[3] = q.index;
    }
    return H_SUCCESS;
}

/* The reporting cache line is only a hint where the hardware may dump state; none is dumped. */
int64_t h_int_set_os_reporting_line(struct hcall *c)
{
    NEED_XIVE(c);
    return c->args[0] ? H_PARAMETER : H_SUCCESS;
}

int64_t h_int_get_os_reporting_line(struct hcall *c)
{
    NEED_XIVE(c);
    if (c->args[0])
        return H_PARAMETER;
    if (!hv_cpu(c->hv, c->args[1]))
        return H_P2;
    c->ret[0] = ~0ULL;
    return H_SUCCESS;
}

int64_t h_int_esb(struct hcall *c)
{
    uint64_t lisn = c->args[1], offset = c->args[2];
    NEED_XIVE(c);
    if (c->args[0] & ~(uint64_t)ESB_STORE)
        return H_PARAMETER;
    if (lisn >= XIVE_LISNS || !xive_valid(c->hv->xive, lisn))
        return H_P2;
    if (offset >= XIVE_PAGE)
        return H_P3;
    c->ret[0] = ~0ULL;
    if (c->args[0] & ESB_STORE)
        xive_esb_store(c->hv->xive, lisn, offset);
    else
        c->ret[0] = xive_esb_load(c->hv->xive, lisn, offset);
    return H_SUCCESS;
}

/* Events are in their queues before the instruction that made them ends. */
int64_t h_int_sync(struct hcall *c)
{
    NEED_XIVE(c);
    if (c->args[0])
        return H_PARAMETER;
    return c->args[1] < XIVE_LISNS && xive_valid(c->hv->xive, c->args[1]) ? H_SUCCESS : H_P2;
}

int64_t h_int_reset(struct hcall *c)
{
    NEED_XIVE(c);
    if (c->args[0])
        return H_PARAMETER;
    xive_reset_config(c->hv->xive);
    return H_SUCCESS;
}
