/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of events as people read them. */
#include "trace_internal.h"

#include <stdio.h>

#include "pefemu/names.h"
#include "pefemu/symbols.h"

static const char *const decimal[] = {"lpid", "pages", "length", "nargs", "nret",
                                      "step", "work",  "ok",     "kind",  "by-hv"};
static const char *const access_names[] = {"fetch", "load", "store"};

static bool is_decimal(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(decimal); i++)
        if (!strcmp(name, decimal[i]))
            return true;
    return false;
}

/* "U_P2" and the like. */
static const char *status_name(const struct event *ev, uint64_t value)
{
    switch (ev->id) {
    case EVENT_UCALL_RETURN:
        return ucall_status_name((int64_t)value);
    case EVENT_HCALL_RETURN:
    case EVENT_REFLECT_RETURN:
        return hcall_status_name((int64_t)value);
    default:
        return NULL;
    }
}

static const char *name_of(const struct event *ev, const char *arg, uint64_t v)
{
    if (!strcmp(arg, "rc"))
        return status_name(ev, v);
    if (!strcmp(arg, "to") || !strcmp(arg, "from") ||
        (!strcmp(arg, "state") && ev->id == EVENT_STATE))
        return cpu_state_name((unsigned)v);
    if (!strcmp(arg, "access"))
        return v < ARRAY_SIZE(access_names) ? access_names[v] : NULL;
    return NULL;
}

const char *value_text(const struct event *ev, unsigned i, char *buf, size_t size)
{
    const char *arg = event_rows[ev->id].arg[i];
    uint64_t v = ev->arg[i];
    const char *name;
    if (!arg[0])
        return NULL;
    name = name_of(ev, arg, v);
    if (name)
        snprintf(buf, size, "%s", name);
    else if (!strcmp(arg, "rc") || !strcmp(arg, "status"))
        snprintf(buf, size, "%lld", (long long)v);
    else if (is_decimal(arg))
        snprintf(buf, size, "%llu", (unsigned long long)v);
    else
        snprintf(buf, size, "0x%llx", (unsigned long long)v);
    return buf;
}

const char *value_symbol(const struct trace *t, const struct event *ev, char *buf, size_t size)
{
    buf[0] = '\0';
    if (!machine_position(t->m))
        return buf; /* power-on: symbols_of() could not know yet where the kernel will be */
    if (ev->id == EVENT_INTERRUPT) /* whose code that was stands in SRR1 */
        symbols_text(symbols_of(t->m), symbols_context_of(ev->arg[2]), ev->arg[1], buf, size);
    else if (ev->id == EVENT_SECURE_FAULT && ev->cpu)
        symbols_text(symbols_of(t->m), symbols_context(ev->cpu), ev->arg[3], buf, size);
    return buf;
}
