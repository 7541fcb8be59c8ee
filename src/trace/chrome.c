/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Trace Event Format, for ui.perfetto.dev and chrome://tracing: per CPU a track with its
 * privilege state and one with nested calls, and counters. A JSON array whose closing bracket may
 * be missing: each record begins with the comma, so a file that was cut off needs nothing but "]".
 */
#include "trace_internal.h"

#include "pefemu/names.h"

#define PID 1u
enum { TID_STATE = 1, TID_CALLS = 2, TIDS_PER_CPU = 10 };

static unsigned tid(const struct cpu *cpu, unsigned track)
{
    return (cpu->index + 1) * TIDS_PER_CPU + track;
}

/* Microseconds, as the format wants them. */
static void put_head(struct trace *t, char phase, unsigned thread)
{
    uint64_t ns = trace_ns(t);
    sink_begin(&t->sink);
    sink_put(&t->sink, ",\n{\"ph\":\"%c\",\"pid\":%u,\"tid\":%u,\"ts\":%llu.%03u", phase, PID,
             thread, (unsigned long long)(ns / 1000), (unsigned)(ns % 1000));
}

static void put_end(struct trace *t)
{
    sink_put(&t->sink, "}");
    sink_end(&t->sink);
}

static void put_args(struct trace *t, const struct event *ev)
{
    char text[300];
    const char *between = "";
    sink_put(&t->sink, ",\"args\":{");
    for (unsigned i = 0; i < EVENT_ARGS; i++) {
        if (!value_text(ev, i, text, sizeof(text)))
            continue;
        sink_put(&t->sink, "%s\"%s\":", between, event_rows[ev->id].arg[i]);
        sink_json(&t->sink, text);
        between = ",";
    }
    if (value_symbol(t, ev, text, sizeof(text))[0]) {
        sink_put(&t->sink, "%s\"at\":", between);
        sink_json(&t->sink, text);
    }
    sink_put(&t->sink, "}");
}

static void put_name(struct trace *t, const struct event *ev)
{
    sink_put(&t->sink, ",\"cat\":\"%s\",\"name\":", event_rows[ev->id].name);
    sink_json(&t->sink, ev->text ? ev->text : event_rows[ev->id].name);
}

/* ---- tracks ---- */

static void name_track(struct trace *t, const struct cpu *cpu, unsigned track, const char *what)
{
    sink_line(&t->sink,
              ",\n{\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"name\":\"thread_name\","
              "\"args\":{\"name\":\"CPU %u %s\"}}"
              ",\n{\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"name\":\"thread_sort_index\","
              "\"args\":{\"sort_index\":%u}}",
              PID, tid(cpu, track), cpu->index, what, PID, tid(cpu, track), tid(cpu, track));
}

static void state_begins(struct trace *t, struct cpu *cpu)
{
    const char *name = cpu_state_name(t->cpu[cpu->index].state);
    put_head(t, 'B', tid(cpu, TID_STATE));
    sink_put(&t->sink, ",\"cat\":\"state\",\"name\":\"%s\"", name ? name : "?");
    put_end(t);
}

static void begin(struct trace *t)
{
    sink_line(&t->sink,
              "[\n{\"ph\":\"M\",\"pid\":%u,\"tid\":0,\"name\":\"process_name\","
              "\"args\":{\"name\":\"pefemu\"}}",
              PID);
    for (unsigned i = 0; i < t->m->ncpus; i++) {
        name_track(t, &t->m->cpus[i], TID_STATE, "state");
        name_track(t, &t->m->cpus[i], TID_CALLS, "calls");
        if (t->cfg.events >> EVENT_STATE & 1)
            state_begins(t, &t->m->cpus[i]);
    }
}

static void state_changes(struct trace *t, struct cpu *cpu, unsigned from)
{
    (void)from;
    put_head(t, 'E', tid(cpu, TID_STATE));
    put_end(t);
    state_begins(t, cpu);
    t->left--;
}

/* ---- calls ---- */

static void call_begins(struct trace *t, const struct event *ev, unsigned depth)
{
    (void)depth;
    put_head(t, 'B', tid(ev->cpu, TID_CALLS));
    put_name(t, ev);
    put_args(t, ev);
    put_end(t);
    t->left--;
}

static void call_ends(struct trace *t, struct cpu *cpu, const struct trace_call *call,
                      const struct event *ev)
{
    (void)call;
    put_head(t, 'E', tid(cpu, TID_CALLS));
    if (ev && ev->id != call->id)
        put_args(t, ev);
    put_end(t);
}

/* ---- what has no duration ---- */

/* The TPM's commands at power-on are inside no call: no CPU runs yet. */
static bool is_instant(const struct event *ev)
{
    switch (ev->id) {
    case EVENT_TPM:
        return !ev->cpu;
    case EVENT_PAGE_IN:
    case EVENT_PAGE_OUT:
    case EVENT_PAGE_INVAL:
    case EVENT_SHARE:
    case EVENT_UNSHARE:
    case EVENT_SECURE_FAULT:
    case EVENT_SVM_STATE:
    case EVENT_ESM_END:
    case EVENT_UV_STEP:
    case EVENT_RESET:
        return true;
    default:
        return false;
    }
}

static void instant(struct trace *t, const struct event *ev, unsigned depth)
{
    (void)depth;
    if (!is_instant(ev))
        return;
    put_head(t, 'i', ev->cpu ? tid(ev->cpu, TID_CALLS) : 0);
    sink_put(&t->sink, ",\"s\":\"%c\",\"cat\":\"%s\",\"name\":\"%s", ev->cpu ? 't' : 'g',
             event_rows[ev->id].name, event_rows[ev->id].name);
    if (ev->text && ev->id != EVENT_ESM_END)
        sink_put(&t->sink, " %s", ev->text);
    sink_put(&t->sink, "\"");
    put_args(t, ev);
    put_end(t);
    t->left--;
}

/* ---- counters ---- */

static void counters(struct trace *t, const struct trace_sample *s)
{
    put_head(t, 'C', 0);
    sink_put(&t->sink, ",\"name\":\"secure pages\",\"args\":{\"pages\":%llu}",
             (unsigned long long)s->secure_pages);
    put_end(t);
    put_head(t, 'C', 0);
    sink_put(&t->sink, ",\"name\":\"exits\",\"args\":{\"exits\":%llu}",
             (unsigned long long)s->exits);
    put_end(t);
    put_head(t, 'C', 0);
    sink_put(&t->sink, ",\"name\":\"host MIPS\",\"args\":{\"MIPS\":%.1f}", s->host_mips);
    put_end(t);
}

static void end(struct trace *t)
{
    put_head(t, 'i', 0);
    sink_put(&t->sink,
             ",\"s\":\"g\",\"name\":\"end of trace\",\"args\":{\"records\":%llu,\"dropped\":%llu,"
             "\"not repeated\":%llu}}\n]\n",
             (unsigned long long)t->sink.records, (unsigned long long)t->sink.dropped,
             (unsigned long long)t->repeated);
    sink_end(&t->sink);
}

const struct trace_format trace_chrome = {
    .name = "chrome",
    .suffix = ".json",
    .follows_calls = true,
    .samples = true,
    .begin = begin,
    .happened = instant,
    .enter = call_begins,
    .leave = call_ends,
    .state = state_changes,
    .sample = counters,
    .end = end,
};
