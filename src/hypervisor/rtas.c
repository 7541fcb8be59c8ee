/* SPDX-License-Identifier: Apache-2.0 */
/* Run-time abstraction services, from rtas.def. PAPR chapter 7; pseries.md 5. */
#include "hv_internal.h"

#include <stdio.h>

#include "devices/rtc.h"
#include "pefemu/log.h"
#include "pefemu/names.h"

#define RTAS_MAX_CELLS 16u

/* Status, the first return cell */
#define RTAS_OK         0
#define RTAS_NO_EVENT   1
#define RTAS_HW_ERROR   (-1)
#define RTAS_PARAMETER  (-3)
#define RTAS_NOT_CONFIG (-9003) /* configure-connector: no such resource */

struct rtas {
    struct hypervisor *hv;
    struct cpu *cpu;
    uint32_t args[RTAS_MAX_CELLS], rets[RTAS_MAX_CELLS];
    unsigned nargs, nret;
};

typedef int32_t (*rtas_handler)(struct rtas *r); /* returns the status */

/* ---- clock, power ---- */

static int32_t rtas_get_time_of_day(struct rtas *r)
{
    struct rtc_time t;
    rtc_get(r->hv->m, &t);
    const uint32_t out[] = {t.year, t.month, t.day, t.hour, t.minute, t.second, t.nanosecond};
    memcpy(&r->rets[1], out, sizeof(out));
    return RTAS_OK;
}

static int32_t rtas_set_time_of_day(struct rtas *r)
{
    const uint32_t *a = r->args;
    struct rtc_time t = {a[0], a[1], a[2], a[3], a[4], a[5], a[6]};
    return rtc_set(r->hv->m, &t) ? RTAS_OK : RTAS_PARAMETER;
}

static int32_t rtas_power_off(struct rtas *r)
{
    machine_request_stop(r->hv->m, STOP_POWER_OFF, "power off");
    hv_cpu_stop(r->cpu);
    return RTAS_OK;
}

static int32_t rtas_system_reboot(struct rtas *r)
{
    machine_request_reset(r->hv->m);
    hv_cpu_stop(r->cpu);
    return RTAS_OK;
}

/* The kernel panicked. "Extended": the call returns, so that panic=N can reboot afterwards. */
static int32_t rtas_os_term(struct rtas *r)
{
    char text[150];
    if (!gm_string(r->hv->m, r->args[0], text, sizeof(text)))
        snprintf(text, sizeof(text), "(no text)");
    text[strcspn(text, "\r\n")] = '\0';
    if (r->hv->m->cfg.panic_stops) {
        machine_request_stop(r->hv->m, STOP_PANIC, text);
        hv_cpu_stop(r->cpu);
    }
    return RTAS_OK;
}

/* ---- threads ---- */

static int32_t rtas_query_cpu_stopped_state(struct rtas *r)
{
    const struct cpu *cpu = hv_cpu(r->hv, r->args[0]);
    if (!cpu)
        return RTAS_PARAMETER;
    r->rets[1] = cpu->run_state == CPU_STOPPED ? 0 : 2;
    return RTAS_OK;
}

static int32_t rtas_start_cpu(struct rtas *r)
{
    struct cpu *cpu = hv_cpu(r->hv, r->args[0]);
    if (!cpu)
        return RTAS_PARAMETER;
    if (cpu->run_state != CPU_STOPPED)
        return RTAS_HW_ERROR;
    hv_cpu_start(r->hv, cpu, r->args[1], r->args[2], MSR_SF | MSR_ME);
    return RTAS_OK;
}

static int32_t rtas_stop_self(struct rtas *r)
{
    r->cpu->srr1 &= ~MSR_EE;
    hv_cpu_stop(r->cpu);
    return RTAS_OK;
}

/* ---- system parameters ---- */

#define PARAM_SPLPAR      20u
#define PARAM_DIAGNOSTICS 42u

/* Buffer: u16 length, then the value; cut at @room. */
static int32_t put_parameter(struct rtas *r, gra_t buf, uint32_t room, const void *value,
                             unsigned len)
{
    uint8_t out[2 + 128];
    if (room < 2)
        return RTAS_PARAMETER;
    put_be16(out, len);
    memcpy(out + 2, value, len);
    return gm_write(r->hv->m, buf, out, room < len + 2 ? room : len + 2) ? RTAS_OK : RTAS_PARAMETER;
}

static int32_t rtas_get_system_parameter(struct rtas *r)
{
    const struct machine *m = r->hv->m;
    char text[128];

    switch (r->args[0]) {
    case PARAM_SPLPAR:
        snprintf(text, sizeof(text), "MaxEntCap=%u,DesMem=%llu,DesProcs=%u,MaxPlatProcs=%u",
                 m->ncpus * 100, (unsigned long long)(m->cfg.ram_size / MiB), m->ncpus, m->ncpus);
        return put_parameter(r, r->args[1], r->args[2], text, strlen(text) + 1);
    case PARAM_DIAGNOSTICS:
        return put_parameter(r, r->args[1], r->args[2], "\0", 1); /* 0: disabled */
    default:
        return RTAS_PARAMETER;
    }
}

static int32_t rtas_set_system_parameter(struct rtas *r)
{
    (void)r;
    return RTAS_PARAMETER;
}

/* ---- XICS sources ---- */

static int32_t rtas_set_xive(struct rtas *r)
{
    if (!xics_valid(r->hv->xics, r->args[0]) || !hv_cpu(r->hv, r->args[1]) || r->args[2] > 0xff)
        return RTAS_PARAMETER;
    xics_set_source(r->hv->xics, r->args[0], r->args[1], r->args[2]);
    return RTAS_OK;
}

static int32_t rtas_get_xive(struct rtas *r)
{
    uint8_t priority;
    if (!xics_valid(r->hv->xics, r->args[0]))
        return RTAS_PARAMETER;
    xics_get_source(r->hv->xics, r->args[0], &r->rets[1], &priority);
    r->rets[2] = priority;
    return RTAS_OK;
}

static int32_t rtas_int_off(struct rtas *r)
{
    if (!xics_valid(r->hv->xics, r->args[0]))
        return RTAS_PARAMETER;
    xics_source_off(r->hv->xics, r->args[0]);
    return RTAS_OK;
}

static int32_t rtas_int_on(struct rtas *r)
{
    if (!xics_valid(r->hv->xics, r->args[0]))
        return RTAS_PARAMETER;
    xics_source_on(r->hv->xics, r->args[0]);
    return RTAS_OK;
}

/* ---- events: the wish to shut down ---- */

#define EVENT_MASK_EPOW 0x40000000u
#define SENSOR_EPOW     9u

/* Vector, source, mask, critical, buffer, its length. A log that does not fit is cut off. */
static int32_t rtas_check_exception(struct rtas *r)
{
    uint8_t log[EPOW_LOG_SIZE];
    if (!(r->args[2] & EVENT_MASK_EPOW) || !epow_sensor(r->hv))
        return RTAS_NO_EVENT;
    epow_log(r->hv, log);
    if (!gm_write(r->hv->m, r->args[4], log, r->args[5] < sizeof(log) ? r->args[5] : sizeof(log)))
        return RTAS_HW_ERROR;
    epow_taken(r->hv);
    return RTAS_OK;
}

/* Never the EPOW event: that has an interrupt, and who scans would only log it. */
static int32_t rtas_event_scan(struct rtas *r)
{
    (void)r;
    return RTAS_NO_EVENT;
}

static int32_t rtas_get_sensor_state(struct rtas *r)
{
    if (r->args[0] != SENSOR_EPOW || r->args[1])
        return RTAS_PARAMETER;
    r->rets[1] = epow_sensor(r->hv);
    return RTAS_OK;
}

/* ---- slots, indicators, connectors: there are none ---- */

static int32_t rtas_slot_error_detail(struct rtas *r)
{
    (void)r;
    return RTAS_NO_EVENT;
}

static int32_t rtas_set_indicator(struct rtas *r)
{
    (void)r;
    return RTAS_PARAMETER;
}

static int32_t rtas_configure_connector(struct rtas *r)
{
    (void)r;
    return RTAS_NOT_CONFIG;
}

/* ---- non-volatile memory ---- */

static int32_t rtas_nvram_fetch(struct rtas *r)
{
    const uint8_t *p = nvram_range(&r->hv->nvram, r->args[0], r->args[2]);
    r->rets[1] = 0;
    if (!p)
        return RTAS_PARAMETER;
    if (!gm_write(r->hv->m, r->args[1], p, r->args[2]))
        return RTAS_HW_ERROR;
    r->rets[1] = r->args[2];
    return RTAS_OK;
}

static int32_t rtas_nvram_store(struct rtas *r)
{
    uint8_t *p = nvram_range(&r->hv->nvram, r->args[0], r->args[2]);
    r->rets[1] = 0;
    if (!p)
        return RTAS_PARAMETER;
    if (!gm_read(r->hv->m, r->args[1], p, r->args[2]))
        return RTAS_HW_ERROR;
    r->rets[1] = r->args[2];
    return RTAS_OK;
}

/* ---- dispatch ---- */

static const struct rtas_row {
    rtas_handler handler;
    uint8_t nargs, nret;
} rows[] = {
#define RTAS(token, name, handler, nargs, nret) {handler, nargs, nret},
#include "pefemu/rtas.def"
#undef RTAS
};

static const struct rtas_name names[] = {
#define RTAS(token, name, handler, nargs, nret) {token, name},
#include "pefemu/rtas.def"
#undef RTAS
};

const struct rtas_name *rtas_names(unsigned *count)
{
    *count = ARRAY_SIZE(names);
    return names;
}

static void log_call(const struct rtas *r, const char *name)
{
    char text[500];
    int n = 0;
    for (unsigned i = 0; i < r->nargs; i++)
        n += snprintf(text + n, sizeof(text) - n, "%s0x%x", i ? ", " : "", r->args[i]);
    n += snprintf(text + n, sizeof(text) - n, ") =");
    for (unsigned i = 0; i < r->nret; i++)
        n += snprintf(text + n, sizeof(text) - n, i ? " 0x%x" : " %d", r->rets[i]);
    log_write(LOG_RTAS, "cpu %u: rtas %s(%s", r->cpu->server, name, text);
}

static void write_results(struct rtas *r, gra_t args)
{
    uint8_t cells[4 * RTAS_MAX_CELLS];
    for (unsigned i = 0; i < r->nret; i++)
        put_be32(cells + 4 * i, r->rets[i]);
    gm_write(r->hv->m, args + 12 + 4 * r->nargs, cells, 4 * r->nret);
}

static void call_by_token(struct rtas *r, uint32_t token)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        if (names[i].token != token)
            continue;
        bool fits = r->nargs >= rows[i].nargs && r->nret >= rows[i].nret;
        r->rets[0] = (uint32_t)(fits ? rows[i].handler(r) : RTAS_PARAMETER);
        if (log_mask & LOG_RTAS)
            log_call(r, names[i].name);
        return;
    }
    LOG(LOG_UNIMP | LOG_RTAS, "rtas: token 0x%x is unknown", token);
    r->rets[0] = (uint32_t)RTAS_PARAMETER;
}

/* Argument block: u32 token, nargs, nret, args..., results... */
int64_t rtas_call(struct hypervisor *hv, struct cpu *cpu, gra_t args)
{
    struct rtas r = {.hv = hv, .cpu = cpu};
    uint8_t head[12], cells[4 * RTAS_MAX_CELLS];

    if (!gm_read(hv->m, args, head, sizeof(head)))
        return H_PARAMETER;
    r.nargs = get_be32(head + 4);
    r.nret = get_be32(head + 8);
    if (r.nargs > RTAS_MAX_CELLS || r.nret > RTAS_MAX_CELLS || r.nargs + r.nret > RTAS_MAX_CELLS ||
        !gm_read(hv->m, args + 12, cells, 4 * r.nargs)) {
        LOG(LOG_GUEST_ERRORS, "rtas: argument block at 0x%llx makes no sense",
            (unsigned long long)args);
        return H_PARAMETER;
    }
    for (unsigned i = 0; i < r.nargs; i++)
        r.args[i] = get_be32(cells + 4 * i);
    uint32_t token = get_be32(head);
    event(hv->m->events, EVENT_RTAS, cpu, rtas_call_name(token), token, r.nargs, r.nret, r.args[0]);
    call_by_token(&r, token);
    event(hv->m->events, EVENT_RTAS_RETURN, cpu, rtas_call_name(token), token,
          (uint64_t)(int64_t)(int32_t)r.rets[0], r.rets[1]);
    write_results(&r, args);
    return H_SUCCESS;
}
