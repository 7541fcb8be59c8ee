/* SPDX-License-Identifier: Apache-2.0 */
/* Comma-separated values (RFC 4180): one event a line, for spreadsheets and scripts. */
#include "trace_internal.h"

#include "pefemu/names.h"

static void begin(struct trace *t)
{
    sink_line(&t->sink, "ns,position,cpu,state,event,text,arg0,arg1,arg2,arg3\r\n");
}

static void put_field(struct sink *s, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        sink_put(s, "%s", text);
        return;
    }
    sink_put(s, "\"");
    for (const char *p = text; *p; p++)
        sink_put(s, *p == '"' ? "\"\"" : "%c", *p);
    sink_put(s, "\"");
}

static void event_line(struct trace *t, const struct event *ev, unsigned depth)
{
    struct sink *s = &t->sink;
    const char *state = ev->cpu ? cpu_state_name(cpu_state_index(ev->cpu->msr)) : NULL;
    (void)depth;
    sink_begin(s);
    sink_put(s, "%llu,%llu,", (unsigned long long)trace_ns(t),
             (unsigned long long)machine_position(t->m));
    if (ev->cpu)
        sink_put(s, "%u", ev->cpu->index);
    sink_put(s, ",%s,%s,", state ? state : "", event_rows[ev->id].name);
    put_field(s, ev->text ? ev->text : "");
    for (unsigned i = 0; i < EVENT_ARGS; i++)
        if (event_rows[ev->id].arg[i][0])
            sink_put(s, ",0x%llx", (unsigned long long)ev->arg[i]);
        else
            sink_put(s, ",");
    sink_put(s, "\r\n");
    sink_end(s);
    t->left--;
}

static void end(struct trace *t)
{
    sink_line(&t->sink, "%llu,%llu,,,end,dropped and not repeated,0x%llx,0x%llx,,\r\n",
              (unsigned long long)trace_ns(t), (unsigned long long)machine_position(t->m),
              (unsigned long long)t->sink.dropped, (unsigned long long)t->repeated);
}

const struct trace_format trace_csv = {
    .name = "csv",
    .suffix = ".csv",
    .begin = begin,
    .happened = event_line,
    .end = end,
};
