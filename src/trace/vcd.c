/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Value change dump (IEEE 1364, clause 18), for wave viewers: what each CPU is in as numbers, a
 * comment in the header says which number is what.
 */
#include "trace_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "pefemu/names.h"

/* Of each CPU, in this order. */
enum { VAR_STATE, VAR_DEPTH, VAR_VECTOR, VAR_UCALL, VAR_HCALL, VAR_ESM, VAR_TPM, VARS };
static const struct {
    const char *name;
    unsigned bits;
} vars[VARS] = {
    {"state", 3},      {"depth", 7},    {"vector", 20},      {"ultracall", 16},
    {"hypercall", 16}, {"esm_step", 8}, {"tpm_command", 16},
};
enum { GLOBAL_PAGES, GLOBAL_EXITS, GLOBALS };

struct vcd {
    uint64_t now; /* that the file is at */
    bool timed;   /* it is: not before the first value, nor behind a dropped one */
    uint64_t value[MACHINE_MAX_CPUS][VARS];
};

/* Identifiers are one or more of the 94 printable characters. */
static const char *identifier(unsigned n, char buf[4])
{
    unsigned i = 0;
    do {
        buf[i++] = (char)('!' + n % 94);
        n /= 94;
    } while (n && i < 3);
    buf[i] = '\0';
    return buf;
}

static unsigned cpu_var(const struct cpu *cpu, unsigned var)
{
    return GLOBALS + cpu->index * VARS + var;
}

static void put_bits(struct sink *s, uint64_t v, unsigned id)
{
    char bits[66], name[4];
    unsigned at = 65;
    bits[at] = '\0';
    do {
        bits[--at] = (char)('0' + (v & 1));
        v >>= 1;
    } while (v);
    sink_put(s, "b%s %s\n", bits + at, identifier(id, name));
}

/* Inside a record: the time, if it is another one. */
static void put_time(struct trace *t)
{
    struct vcd *v = t->own;
    uint64_t now = trace_ns(t);
    if (!v->timed || now != v->now)
        sink_put(&t->sink, "#%llu\n", (unsigned long long)now);
    v->now = now;
    v->timed = true;
}

/* A record that was dropped took its time with it. */
static bool end_record(struct trace *t)
{
    struct vcd *v = t->own;
    bool dropped = t->sink.overflow;
    sink_end(&t->sink);
    if (dropped)
        v->timed = false;
    return !dropped;
}

static void set(struct trace *t, const struct cpu *cpu, unsigned var, uint64_t value)
{
    struct vcd *v = t->own;
    if (v->value[cpu->index][var] == value)
        return;
    sink_begin(&t->sink);
    put_time(t);
    put_bits(&t->sink, value, cpu_var(cpu, var));
    if (end_record(t))
        v->value[cpu->index][var] = value;
}

/* ---- header ---- */

static void declare(struct sink *s, const char *name, unsigned bits, unsigned id)
{
    char buf[4];
    sink_put(s, "$var wire %u %s %s $end\n", bits, identifier(id, buf), name);
}

static void put_states(struct sink *s)
{
    sink_put(s, "$comment state:");
    for (unsigned i = 0; i < CPU_STATES; i++)
        if (cpu_state_name(i))
            sink_put(s, " %u %s;", i, cpu_state_name(i));
    sink_put(s, " $end\n");
}

static void begin(struct trace *t)
{
    struct sink *s = &t->sink;
    struct vcd *v = t->own = calloc(1, sizeof(*v));
    sink_begin(s);
    sink_put(s, "$version pefemu $end\n$timescale 1 ns $end\n");
    put_states(s);
    sink_put(s, "$scope module pefemu $end\n");
    declare(s, "secure_pages", 32, GLOBAL_PAGES);
    declare(s, "exits", 64, GLOBAL_EXITS);
    for (unsigned i = 0; i < t->m->ncpus; i++) {
        sink_put(s, "$scope module cpu%u $end\n", i);
        for (unsigned var = 0; var < VARS; var++)
            declare(s, vars[var].name, vars[var].bits, cpu_var(&t->m->cpus[i], var));
        sink_put(s, "$upscope $end\n");
    }
    sink_put(s, "$upscope $end\n$enddefinitions $end\n");
    sink_end(s);
    if (!v)
        return;
    sink_begin(s);
    put_time(t);
    sink_put(s, "$dumpvars\n");
    put_bits(s, 0, GLOBAL_PAGES);
    put_bits(s, 0, GLOBAL_EXITS);
    for (unsigned i = 0; i < t->m->ncpus; i++) {
        v->value[i][VAR_STATE] = t->cpu[i].state;
        for (unsigned var = 0; var < VARS; var++)
            put_bits(s, v->value[i][var], cpu_var(&t->m->cpus[i], var));
    }
    sink_put(s, "$end\n");
    sink_end(s);
}

/* ---- changes ---- */

/* The variable that shows a call of this kind. */
static unsigned var_of(enum event_id id)
{
    switch (id) {
    case EVENT_INTERRUPT:
        return VAR_VECTOR;
    case EVENT_UCALL:
        return VAR_UCALL;
    case EVENT_HCALL:
        return VAR_HCALL;
    case EVENT_ESM_STEP:
        return VAR_ESM;
    case EVENT_TPM:
        return VAR_TPM;
    default:
        return VARS;
    }
}

static void call_begins(struct trace *t, const struct event *ev, unsigned depth)
{
    unsigned var = var_of(ev->id);
    if (!t->own)
        return;
    if (var != VARS)
        set(t, ev->cpu, var, ev->arg[0]);
    set(t, ev->cpu, VAR_DEPTH, depth + 1);
    t->left--;
}

/* What the next call of this kind further out is, if there is one. */
static void call_ends(struct trace *t, struct cpu *cpu, const struct trace_call *call,
                      const struct event *ev)
{
    const struct trace_cpu *c = &t->cpu[cpu->index];
    unsigned var = var_of(call->id);
    uint64_t outer = 0;
    (void)ev;
    if (!t->own)
        return;
    for (unsigned i = 0; i < c->depth; i++)
        if (c->call[i].id == call->id && (call->id == EVENT_UCALL || call->id == EVENT_HCALL))
            outer = c->call[i].key; /* of these the key is the number */
    if (var != VARS)
        set(t, cpu, var, outer);
    set(t, cpu, VAR_DEPTH, c->depth);
}

static void state_changes(struct trace *t, struct cpu *cpu, unsigned from)
{
    (void)from;
    if (t->own)
        set(t, cpu, VAR_STATE, t->cpu[cpu->index].state);
}

static void counters(struct trace *t, const struct trace_sample *s)
{
    if (!t->own)
        return;
    sink_begin(&t->sink);
    put_time(t);
    put_bits(&t->sink, s->secure_pages, GLOBAL_PAGES);
    put_bits(&t->sink, s->exits, GLOBAL_EXITS);
    end_record(t);
}

static void end(struct trace *t)
{
    sink_line(&t->sink, "#%llu\n$comment %llu records dropped, %llu not repeated $end\n",
              (unsigned long long)trace_ns(t), (unsigned long long)t->sink.dropped,
              (unsigned long long)t->repeated);
}

const struct trace_format trace_vcd = {
    .name = "vcd",
    .suffix = ".vcd",
    .follows_calls = true,
    .samples = true,
    .begin = begin,
    .enter = call_begins,
    .leave = call_ends,
    .state = state_changes,
    .sample = counters,
    .end = end,
};
