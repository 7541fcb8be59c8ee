/* SPDX-License-Identifier: Apache-2.0 */
/* What is shown when the machine halts: why and where, and the event in words. */
#include "calls.h"
#include "halt.h"
#include "monitor_internal.h"

#include <stdio.h>

#include "pefemu/names.h"
#include "pefemu/symbols.h"
#include "pefemu/uv.h"

/* ---- events ---- */

/* "<name+0x10>", or nothing. */
static const char *guest_symbol(const struct cpu *cpu, ea_t ea, char *buf, size_t size)
{
    char name[180];
    symbols_text(symbols_of(cpu->machine), SYMBOLS_GUEST, ea, name, sizeof(name));
    snprintf(buf, size, "%s%s%s", name[0] ? "<" : "", name, name[0] ? ">" : "");
    return buf;
}

/* Who called, and from where: SRR0 is behind the sc. */
static void say_caller(struct report *r, const struct cpu *cpu)
{
    char name[200] = "";
    const struct firmware_call *call = cpu->calls;
    if (!call)
        return;
    bool reflected = !call->is_ultracall && (call->from_msr & MSR_S);
    if (reflected)
        report_say(r, "from the ultravisor, for the thread with cookie %08llx; ubt shows it",
                   (unsigned long long)call->from);
    else if (call->from_msr & MSR_HV) /* the built-in hypervisor has no addresses */
        report_say(r, "from the hypervisor");
    else
        report_say(r, "from %s state, lpid %u, sc at 0x%llx %s",
                   cpu_state_name(cpu_state_index(call->from_msr)), cpu->lpid,
                   (unsigned long long)call->from - 4,
                   guest_symbol(cpu, call->from - 4, name, sizeof(name)));
}

static void say_call(struct report *r, const struct event *ev, enum call_kind kind)
{
    char line[200];
    call_line(line, sizeof(line), kind, ev->arg[0], &ev->cpu->gpr[4]);
    report_say(r, "%s", line);
    say_caller(r, ev->cpu);
    call_report_args(r, kind, ev->arg[0], &ev->cpu->gpr[4]);
}

static void say_return(struct report *r, const struct event *ev, enum call_kind kind)
{
    char rc[48];
    const char *name = call_name(kind, ev->arg[0], NULL);
    call_status(rc, sizeof(rc), kind, (int64_t)ev->arg[1]);
    if (kind == CALL_ULTRA && ev->arg[3]) {
        report_say(r, "%s is over; the hypervisor gives the answer", name ? name : "ultracall");
        return;
    }
    report_say(r, "%s returns %s", name ? name : "call", rc);
    if (kind != CALL_ULTRA)
        return;
    if (ev->arg[0] == UV_ESM && (int64_t)ev->arg[1] == U_SUCCESS)
        report_say(r, "the VM does not come back from it: its kernel starts anew, with the device "
                      "tree in r3 and its own address in r4");
    else
        call_report_results(r, ev->arg[0], (int64_t)ev->arg[1], ev->cpu->gpr);
}

static void say_reflect(struct report *r, const struct event *ev)
{
    char line[200];
    if (!ev->arg[1]) {
        report_say(r, "the ultravisor enters the hypervisor at vector 0x%llx%s%s, cookie %08llx",
                   (unsigned long long)ev->arg[0], ev->text ? ", " : "", ev->text ? ev->text : "",
                   (unsigned long long)ev->arg[3]);
        return;
    }
    call_line(line, sizeof(line), CALL_HYPER, ev->arg[1], &ev->cpu->gpr[4]);
    report_say(r, "the ultravisor enters the hypervisor: %s, cookie %08llx", line,
               (unsigned long long)ev->arg[3]);
    call_report_args(r, CALL_HYPER, ev->arg[1], &ev->cpu->gpr[4]);
}

/* The row's own words and the arguments by name. */
static void say_plain(struct report *r, const struct event *ev)
{
    const struct event_row *row = &event_rows[ev->id];
    char args[240];
    event_args_text(ev, args, sizeof(args));
    report_say(r, "%s%s%s%s%s", row->what, ev->text ? ": " : "", ev->text ? ev->text : "",
               args[0] ? "; " : "", args);
}

void event_args_text(const struct event *ev, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < EVENT_ARGS && n < size; i++)
        if (event_rows[ev->id].arg[i][0])
            n += (size_t)snprintf(out + n, size - n, "%s%s 0x%llx", n ? ", " : "",
                                  event_rows[ev->id].arg[i], (unsigned long long)ev->arg[i]);
}

void event_report(struct report *r, const struct event *ev)
{
    switch (ev->id) {
    case EVENT_UCALL:
        say_call(r, ev, CALL_ULTRA);
        break;
    case EVENT_HCALL:
        say_call(r, ev, CALL_HYPER);
        break;
    case EVENT_UCALL_RETURN:
        say_return(r, ev, CALL_ULTRA);
        break;
    case EVENT_HCALL_RETURN:
        say_return(r, ev, CALL_HYPER);
        break;
    case EVENT_REFLECT:
        say_reflect(r, ev);
        break;
    case EVENT_ESM_STEP:
        report_say(r, "UV_ESM of lpid %llu, step %llu, %s: %s", (unsigned long long)ev->arg[1],
                   (unsigned long long)ev->arg[0], esm_step_name((unsigned)ev->arg[0]),
                   esm_step_what((unsigned)ev->arg[0]));
        break;
    case EVENT_UV_STEP:
        report_say(r, "the ultravisor goes on with %s: %s, step %llu; lpid %llu, cookie %08llx",
                   uv_work_name((unsigned)ev->arg[0]), uv_work_what((unsigned)ev->arg[0]),
                   (unsigned long long)ev->arg[1], (unsigned long long)ev->arg[2],
                   (unsigned long long)ev->arg[3]);
        break;
    default:
        say_plain(r, ev);
        break;
    }
}

/* ---- halts ---- */

const char *halt_cause_name(enum debug_cause cause)
{
    switch (cause) {
    case HALT_START:
        return "start";
    case HALT_PAUSED:
        return "stop";
    case HALT_STEP:
        return "step";
    case HALT_BREAK:
        return "break";
    case HALT_WATCH:
        return "watch";
    case HALT_EVENT:
        return "event";
    case HALT_ENDED:
        return "ended";
    case HALT_BEGIN_OF_HISTORY:
        return "begin of history";
    case HALT_END_OF_HISTORY:
        return "end of history";
    }
    return "?";
}

static void data(struct report *r, struct debug *d, const struct debug_halt *h)
{
    report_data(r, "halt");
    report_str(r, "cause", "%s", halt_cause_name(h->cause));
    report_num(r, "cpu", h->cpu->index);
    report_num(r, "position", machine_position(debug_machine(d)));
    report_hex(r, "pc", h->cpu->cia);
    report_str(r, "state", "%s", cpu_state_name(cpu_state_index(h->cpu->msr)));
    report_num(r, "lpid", h->cpu->lpid);
    if (h->point)
        report_num(r, "point", h->point->id);
    if (h->cause == HALT_WATCH) {
        report_hex(r, "ea", h->ea);
        report_flag(r, "store", h->store);
    }
    if (h->cause == HALT_ENDED)
        report_str(r, "why", "%s", debug_machine(d)->stop_text);
    if (!h->at_event)
        return;
    report_data(r, "event");
    report_str(r, "name", "%s", event_rows[h->event.id].name);
    if (h->event.text)
        report_str(r, "text", "%s", h->event.text);
    for (unsigned i = 0; i < EVENT_ARGS; i++)
        if (event_rows[h->event.id].arg[i][0])
            report_hex(r, event_rows[h->event.id].arg[i], h->event.arg[i]);
}

static void say_head(struct report *r, const struct debug_halt *h)
{
    char point[24] = "";
    if (h->point && !h->point->owned_by_gdb)
        snprintf(point, sizeof(point), "[%u] ", h->point->id);
    if (h->at_event)
        report_say(r, "%scpu %u: %s%s%s", point, h->cpu->index, event_rows[h->event.id].name,
                   h->event.text ? " " : "", h->event.text ? h->event.text : "");
    else
        report_say(r, "%scpu %u: %s, %s state, lpid %u", point, h->cpu->index,
                   halt_cause_name(h->cause), cpu_state_name(cpu_state_index(h->cpu->msr)),
                   h->cpu->lpid);
}

static void say_where(struct report *r, const struct debug_halt *h)
{
    if (h->cause == HALT_WATCH)
        report_say(r, "a %s at 0x%llx", h->store ? "store" : "load", (unsigned long long)h->ea);
    report_code(r, h->cpu, h->cpu->cia, 1);
}

void halt_report(struct report *r, struct debug *d, const struct debug_halt *h)
{
    if (h->cause == HALT_ENDED) {
        report_say(r, "the machine has ended%s%s", debug_machine(d)->stop_text[0] ? ": " : "",
                   debug_machine(d)->stop_text);
    } else {
        say_head(r, h);
        if (h->at_event)
            event_report(r, &h->event);
        else
            say_where(r, h);
    }
    data(r, d, h);
}

void monitor_halt(struct debug *d, const struct debug_halt *halt, bool json, monitor_out out,
                  void *opaque)
{
    struct report *r = report_new();
    if (d->monitor)
        d->monitor->cpu = DEBUG_ANY; /* the one that has halted */
    if (!r)
        return;
    halt_report(r, d, halt);
    report_write(r, json, out, opaque);
    report_free(r);
}

bool info_STATUS(struct command *c)
{
    const struct debug_halt *h = debug_halted(c->d);
    if (h || debug_has_ended(c->d))
        halt_report(c->r, c->d, h ? h : &c->d->halt);
    else
        report_say(c->r, "running");
    return true;
}
