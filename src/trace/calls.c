/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a CPU is in: interrupts, ultracalls, hypercalls, the ultravisor's requests to the
 * hypervisor, steps of UV_ESM, TPM commands, one inside the other. Guests switch stacks and threads
 * between an interrupt and its return, so an end may find its beginning below others: these are
 * over then too, and so are a kernel's interrupts when it is back in problem state.
 */
#include "trace_internal.h"

#include "pefemu/uv.h"

#define SRR1_LEV (3ULL << 20)
/* Whose interrupt it is: one that came from the hypervisor goes back there. */
#define LEVEL (MSR_HV | MSR_S)

static struct trace_cpu *cpu_of(struct trace *t, const struct cpu *cpu)
{
    return &t->cpu[cpu->index];
}

static void pop(struct trace *t, struct cpu *cpu, const struct event *ev)
{
    struct trace_cpu *c = cpu_of(t, cpu);
    const struct trace_call *call = &c->call[--c->depth];
    if (call->shown && t->cfg.format->leave)
        t->cfg.format->leave(t, cpu, call, ev);
}

void calls_end(struct trace *t, struct cpu *cpu)
{
    while (cpu_of(t, cpu)->depth)
        pop(t, cpu, NULL);
}

static void push(struct trace *t, const struct event *ev, uint64_t key)
{
    struct trace_cpu *c = cpu_of(t, ev->cpu);
    if (c->depth == TRACE_DEPTH)
        calls_end(t, ev->cpu);
    bool shown = (t->cfg.events >> ev->id & 1) && trace_passes(t, ev->cpu);
    if (shown && t->cfg.format->enter)
        t->cfg.format->enter(t, ev, c->depth);
    c->call[c->depth++] =
        (struct trace_call){.id = ev->id, .key = key, .level = ev->arg[2] & LEVEL, .shown = shown};
}

/* Ends the innermost call that began as @id with @key, and what is still open inside it. Returns of
 * interrupts (@only) do not reach through firmware. */
static void end(struct trace *t, const struct event *ev, enum event_id id, uint64_t key, bool only)
{
    struct trace_cpu *c = cpu_of(t, ev->cpu);
    unsigned at = c->depth;
    while (at && !(c->call[at - 1].id == id && c->call[at - 1].key == key)) {
        if (only && c->call[at - 1].id != id)
            return;
        at--;
    }
    if (!at)
        return;
    while (c->depth > at)
        pop(t, ev->cpu, NULL);
    pop(t, ev->cpu, ev);
}

static struct trace_call *innermost(struct trace_cpu *c, enum event_id id)
{
    struct trace_call *call = c->depth ? &c->call[c->depth - 1] : NULL;

    return call && call->id == id ? call : NULL;
}

/* Control goes to the PC and MSR of @ev. What the handler of another thread is in goes on there
 * later, but problem state is in none. */
static void return_to(struct trace *t, const struct event *ev)
{
    struct trace_cpu *c = cpu_of(t, ev->cpu);
    const struct trace_call *call = innermost(c, EVENT_UCALL);

    if (call && call->key == UV_RETURN) /* has no other end */
        pop(t, ev->cpu, NULL);
    end(t, ev, EVENT_INTERRUPT, ev->arg[0], true);
    while ((ev->arg[1] & MSR_PR) && (call = innermost(c, EVENT_INTERRUPT)) &&
           call->level == (ev->arg[1] & LEVEL))
        pop(t, ev->cpu, NULL);
}

/* sc 1 and sc 2: the call that they make has an event of its own. */
static bool calls_firmware(const struct event *ev)
{
    return ev->arg[0] == 0xc00 && (ev->arg[2] & SRR1_LEV);
}

void calls_event(struct trace *t, const struct event *ev)
{
    switch (ev->id) {
    case EVENT_INTERRUPT:
        if (!calls_firmware(ev))
            push(t, ev, ev->arg[1]);
        break;
    case EVENT_RETURN:
        return_to(t, ev);
        break;
    case EVENT_UCALL:
    case EVENT_HCALL:
    case EVENT_RTAS:
    case EVENT_TPM:
        push(t, ev, ev->arg[0]);
        break;
    case EVENT_UCALL_RETURN:
        end(t, ev, EVENT_UCALL, ev->arg[0], false);
        break;
    case EVENT_HCALL_RETURN:
        end(t, ev, EVENT_HCALL, ev->arg[0], false);
        break;
    case EVENT_RTAS_RETURN:
        end(t, ev, EVENT_RTAS, ev->arg[0], false);
        break;
    case EVENT_TPM_RETURN:
        end(t, ev, EVENT_TPM, ev->arg[0], false);
        break;
    case EVENT_REFLECT:
        push(t, ev, ev->arg[3]);
        break;
    case EVENT_REFLECT_RETURN:
        end(t, ev, EVENT_REFLECT, ev->arg[3], false);
        break;
    case EVENT_ESM_STEP:
        end(t, ev, EVENT_ESM_STEP, ev->arg[1], false);
        push(t, ev, ev->arg[1]);
        break;
    case EVENT_ESM_END:
        end(t, ev, EVENT_ESM_STEP, ev->arg[1], false);
        break;
    default:
        break;
    }
}
