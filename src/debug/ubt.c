/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of one CPU. Those that firmware in C is serving are linked in cpu->calls; those that wait
 * for the hypervisor stand in the ultravisor's records of suspended threads. A hypercall that comes
 * with a cookie was made by the ultravisor on behalf of that thread.
 */
#include "ubt.h"

#include <stdio.h>

#include "calls.h"
#include "pefemu/names.h"
#include "pefemu/symbols.h"
#include "ultravisor/inspect.h"

struct chain {
    const struct cpu *cpu;
    struct ubt_frame *frame;
    unsigned n;
};

static struct ubt_frame *add(struct chain *c, enum ubt_who who)
{
    c->n += c->n < UBT_MAX; /* when there are too many the last one is the outermost */
    struct ubt_frame *f = &c->frame[c->n - 1];
    *f = (struct ubt_frame){.who = who, .lpid = c->cpu->lpid};
    return f;
}

static void add_vm(struct chain *c, lpid_t lpid, ea_t pc, uint64_t msr)
{
    struct ubt_frame *f = add(c, UBT_VM);
    f->lpid = lpid;
    f->secure = msr & MSR_S;
    f->pc = pc;
    f->msr = msr;
    char name[100];
    symbols_text(symbols_of(c->cpu->machine), SYMBOLS_GUEST, pc, name, sizeof(name));
    snprintf(f->text, sizeof(f->text), "%s, goes on at 0x%llx%s%s%s",
             cpu_state_name(cpu_state_index(msr)), (unsigned long long)pc, name[0] ? " <" : "",
             name, name[0] ? ">" : "");
}

/* ---- suspended threads ---- */

static bool find_work(const struct cpu *cpu, uint32_t cookie, lpid_t *lpid, struct uv_work_info *w)
{
    const struct uv *uv = cpu->machine->uv;
    struct uv_svm_info svm;
    for (unsigned n = 0; uv && uv_inspect_svm(uv, n, &svm); n++)
        for (unsigned i = 0; uv_inspect_work(uv, svm.lpid, i, w); i++)
            if (w->cpu == cpu->index && (!cookie || w->cookie == cookie)) {
                *lpid = svm.lpid;
                return true;
            }
    return false;
}

static void add_work(struct chain *c, lpid_t lpid, const struct uv_work_info *w)
{
    struct ubt_frame *f = add(c, UBT_ULTRAVISOR);
    char call[128] = "";
    f->lpid = lpid;
    f->cookie = w->cookie;
    f->ucall = w->ucall;
    if (w->ucall)
        call_line(call, sizeof(call), CALL_ULTRA, w->ucall, &w->gpr[4]);
    snprintf(f->text, sizeof(f->text), "%s%s%s", call, call[0] ? ": " : "",
             w->detail[0] ? w->detail : uv_work_what(w->work));
    add_vm(c, lpid, w->pc, w->msr);
}

/* ---- calls in progress ---- */

static void add_call(struct chain *c, const struct firmware_call *call)
{
    struct ubt_frame *f = add(c, call->is_ultracall ? UBT_ULTRAVISOR : UBT_HYPERVISOR);
    f->ucall = call->is_ultracall ? call->number : 0;
    call_line(f->text, sizeof(f->text), call->is_ultracall ? CALL_ULTRA : CALL_HYPER, call->number,
              call->args);
}

/* UV_RETURN and ultracalls that have suspended their caller go on as work: that has the frame. */
static bool goes_on_as_work(const struct firmware_call *call, const struct uv_work_info *w)
{
    return call->is_ultracall &&
           (call->number == UV_RETURN || (call->number == w->ucall && call->from == w->pc));
}

static bool is_reflected(const struct firmware_call *call)
{
    return !call->is_ultracall && (call->from_msr & MSR_S);
}

/* True when the chain is complete. */
static bool add_calls(struct chain *c, bool *worked)
{
    struct uv_work_info w = {0};
    lpid_t lpid;
    for (const struct firmware_call *call = c->cpu->calls; call; call = call->outer) {
        bool has_work = find_work(c->cpu, is_reflected(call) ? (uint32_t)call->from : 0, &lpid, &w);
        if (has_work && goes_on_as_work(call, &w)) {
            add_work(c, lpid, &w);
            *worked = true;
            return true;
        }
        if (call->is_ultracall && call->number == UV_RETURN)
            continue;
        add_call(c, call);
        if (is_reflected(call)) {
            if (has_work)
                add_work(c, lpid, &w);
            *worked = true;
            return true;
        }
        if (!call->outer && !(call->from_msr & MSR_HV)) {
            add_vm(c, c->cpu->lpid, call->from, call->from_msr);
            return true;
        }
    }
    return false;
}

/* ---- the whole ---- */

static void add_event(struct chain *c, const struct event *ev)
{
    if (ev->id == EVENT_TPM || ev->id == EVENT_TPM_RETURN) {
        struct ubt_frame *f = add(c, UBT_TPM);
        snprintf(f->text, sizeof(f->text), "%s, %llu bytes", ev->text ? ev->text : "a command",
                 (unsigned long long)ev->arg[ev->id == EVENT_TPM ? 1 : 2]);
    }
}

unsigned ubt_frames(const struct cpu *cpu, const struct event *ev, struct ubt_frame frames[UBT_MAX])
{
    struct chain c = {.cpu = cpu, .frame = frames};
    struct uv_work_info w;
    bool worked = false;
    lpid_t lpid;
    if (ev)
        add_event(&c, ev);
    if (add_calls(&c, &worked))
        return c.n;
    if (find_work(cpu, 0, &lpid, &w))
        add_work(&c, lpid, &w);
    else
        add_vm(&c, cpu->lpid, cpu->cia, cpu->msr);
    return c.n;
}
