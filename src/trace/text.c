/* SPDX-License-Identifier: Apache-2.0 */
/* Lines to read: time, CPU, state, and what happens, indented by what it happens in. */
#include "trace_internal.h"

#include "pefemu/names.h"

#define INDENT_MAX 16u

/* An end stands as far left as its beginning. */
static unsigned indent_of(const struct trace *t, const struct event *ev, unsigned before)
{
    unsigned now = ev->cpu ? t->cpu[ev->cpu->index].depth : 0;
    unsigned depth = now < before ? now : before;
    return depth < INDENT_MAX ? depth : INDENT_MAX;
}

static void put_args(struct trace *t, const struct event *ev)
{
    char text[32], symbol[256];
    for (unsigned i = 0; i < EVENT_ARGS; i++) {
        const char *arg = event_rows[ev->id].arg[i];
        if (!value_text(ev, i, text, sizeof(text)))
            continue;
        sink_put(&t->sink, " %s %s", arg, text);
        if (!strcmp(arg, "pc") && value_symbol(t, ev, symbol, sizeof(symbol))[0])
            sink_put(&t->sink, " <%s>", symbol);
    }
}

static void event_line(struct trace *t, const struct event *ev, unsigned depth)
{
    uint64_t ns = trace_ns(t);
    const char *state = ev->cpu ? cpu_state_name(cpu_state_index(ev->cpu->msr)) : "";
    sink_begin(&t->sink);
    sink_put(&t->sink, "%6llu.%09llu ", (unsigned long long)(ns / 1000000000),
             (unsigned long long)(ns % 1000000000));
    if (ev->cpu)
        sink_put(&t->sink, "cpu%-2u %-14s ", ev->cpu->index, state ? state : "");
    else
        sink_put(&t->sink, "%21s", "");
    sink_put(&t->sink, "%*s%s", (int)(2 * indent_of(t, ev, depth)), "", event_rows[ev->id].name);
    if (ev->text)
        sink_put(&t->sink, " %s", ev->text);
    put_args(t, ev);
    sink_put(&t->sink, "\n");
    sink_end(&t->sink);
    t->left--;
}

static void end(struct trace *t)
{
    sink_line(&t->sink, "# end: %llu records, %llu dropped, %llu not repeated\n",
              (unsigned long long)t->sink.records, (unsigned long long)t->sink.dropped,
              (unsigned long long)t->repeated);
}

const struct trace_format trace_text = {
    .name = "txt",
    .suffix = ".txt",
    .follows_calls = true,
    .happened = event_line,
    .end = end,
};
