/* SPDX-License-Identifier: Apache-2.0 */
/* Where the CPU enters the ultravisor: ultracalls by ucall.def, and what happened in an SVM. */
#include "uv_internal.h"

#include <stdio.h>

#include "pefemu/engine.h"
#include "pefemu/threads.h"

enum caller { CALLER_HV, CALLER_SVM, CALLER_VM, CALLER_ANY };

struct ucall_row {
    uint64_t number;
    const char *name;
    ucall_handler handler;
    uint8_t caller, nargs, first, nresults;
};

static const struct ucall_row rows[] = {
#define UCALL(number, name, handler, caller, nargs, first, nresults)                               \
    {number, #name, handler, CALLER_##caller, nargs, first, nresults},
#include "pefemu/ucall.def"
#undef UCALL
};

static const struct ucall_row *find_row(uint64_t number)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}

const char *uv_call_name(uint64_t number)
{
    const struct ucall_row *row = find_row(number);
    return row ? row->name : NULL;
}

unsigned uv_call_nargs(uint64_t number)
{
    const struct ucall_row *row = find_row(number);
    return row ? row->nargs : 0;
}

unsigned uv_call_results(uint64_t number, unsigned *first)
{
    const struct ucall_row *row = find_row(number);
    *first = row ? row->first : 4;
    return row ? row->nresults : 0;
}

/* ---- ultracalls ---- */

/* Who executed `sc 2` stands in SRR1. */
static bool may_call(const struct ucall_row *row, uint64_t srr1)
{
    uint64_t state = srr1 & (MSR_HV | MSR_PR);

    switch ((enum caller)row->caller) {
    case CALLER_HV:
        return state == MSR_HV && !(srr1 & MSR_S);
    case CALLER_SVM:
        return !state && (srr1 & MSR_S);
    case CALLER_VM:
        return !state;
    case CALLER_ANY:
        return true;
    }
    return false;
}

static void log_call(const struct ucall *c, const struct ucall_row *row, int64_t rc)
{
    char text[400];
    int n = 0;

    for (unsigned i = 0; i < row->nargs; i++)
        n += snprintf(text + n, sizeof(text) - n, "%s0x%llx", i ? ", " : "",
                      (unsigned long long)c->args[i]);
    if (rc == U_ELSEWHERE)
        snprintf(text + n, sizeof(text) - n, ")");
    else
        snprintf(text + n, sizeof(text) - n, ") = %lld", (long long)rc);
    log_write(LOG_UCALL, "cpu %u: %s(%s", c->cpu->server, row->name, text);
}

static void event_return(const struct ucall *c, const struct ucall_row *row, int64_t rc)
{
    event(c->uv->m->events, EVENT_UCALL_RETURN, c->cpu, row ? row->name : NULL, c->number,
          (uint64_t)rc, c->cpu->lpid);
}

/* To the instruction after `sc 2`. */
static void return_to_caller(struct cpu *cpu, uint64_t srr1)
{
    cpu->usrr0 = cpu->srr0;
    cpu->usrr1 = srr1 & ~SRR1_INFO;
    cpu_model_return(cpu, RETURN_URFID);
}

static void serve(struct uv *uv, struct cpu *cpu)
{
    uint64_t number = cpu->gpr[3];
    struct ucall c = {
        .uv = uv, .cpu = cpu, .number = number, .srr1 = cpu->srr1, .svm = svm_find(uv, cpu->lpid)};
    const struct ucall_row *row = find_row(number);
    int64_t rc = U_FUNCTION;

    memcpy(c.args, &cpu->gpr[4], sizeof(c.args));
    event(uv->m->events, EVENT_UCALL, cpu, row ? row->name : NULL, number, c.args[0], c.args[1],
          c.args[2]);
    if (row) {
        uv->stats.ucalls[(number - UCALL_FIRST) / 4]++;
        uint64_t begin = machine_now_ns(uv->m);
        rc = may_call(row, c.srr1) ? row->handler(&c) : U_PERMISSION;
        if (rc != U_ELSEWHERE)
            uv->stats.ucall_ns[(number - UCALL_FIRST) / 4] += machine_now_ns(uv->m) - begin;
        if (log_mask & LOG_UCALL)
            log_call(&c, row, rc);
    } else {
        LOG(LOG_UNIMP | LOG_UCALL, "cpu %u: ultracall 0x%llx is unknown", cpu->server,
            (unsigned long long)number);
    }
    if (rc == U_ELSEWHERE)
        return;
    cpu->gpr[3] = (uint64_t)rc;
    if (row && rc >= 0)
        memcpy(&cpu->gpr[row->first], &c.ret[row->first - 4], row->nresults * sizeof(c.ret[0]));
    event_return(&c, row, rc); /* an observer finds the results in the registers */
    if (c.svm)                 /* a normal VM's time is the same as without an ultravisor */
        uv_charge(uv, COST_CROSSING);
    return_to_caller(cpu, c.srr1);
}

/* But for the way back from a hypercall they change what other threads of the VM are in the middle
 * of: pages, trees, threads. */
static void ultracall(struct uv *uv, struct cpu *cpu)
{
    struct firmware_call call;
    bool alone = cpu->gpr[3] != UV_RETURN;

    firmware_call_begin(cpu, &call, true);
    if (alone)
        machine_stop_others(uv->m);
    serve(uv, cpu);
    if (alone)
        machine_let_go(uv->m);
    firmware_call_end(cpu, &call);
}

struct thread_save *ucall_save(struct ucall *c, struct svm *svm)
{
    struct thread_save *s = thread_save(svm, c->cpu, c->cpu->srr0, c->srr1);
    if (s)
        s->ucall = c->number;
    return s;
}

void ucall_answered(struct thread_save *s, struct cpu *cpu, int64_t rc, bool by_hv)
{
    if (s->ucall)
        event(s->svm->uv->m->events, EVENT_UCALL_RETURN, cpu, uv_call_name(s->ucall), s->ucall,
              (uint64_t)rc, s->svm->lpid, by_hv);
    s->ucall = 0;
}

/* ---- interrupts of an SVM ---- */

/* External interrupts come with HSRR when LPCR[LPES]=0 sends them here (pef.md 1.5). */
static bool uses_hsrr(const struct cpu *cpu, unsigned vector)
{
    switch (vector) {
    case VEC_EXTERNAL:
        return !(cpu->lpcr & LPCR_LPES);
    case VEC_HDEC:
    case VEC_HDSI:
    case VEC_HISI:
    case VEC_HEAI:
    case VEC_HMI:
    case VEC_HDOORBELL:
    case VEC_HVI:
    case VEC_HFAC:
    case VEC_UDOORBELL:
        return true;
    default:
        return false;
    }
}

/* The thread goes on at its own @vector. */
static void deliver(struct thread_save *s, struct cpu *cpu, unsigned vector, uint64_t cause)
{
    thread_interrupt(s, vector, cause, s->regs.msr & MSR_LE);
    thread_resume(s, cpu);
}

#define HFSCR_CAUSE_TM 5u

static void interrupt(struct thread_save *s, struct cpu *cpu, unsigned vector)
{
    switch (vector) {
    case VEC_EXTERNAL:
        deliver(s, cpu, VEC_EXTERNAL, 0);
        break;
    case VEC_HDSI:
    case VEC_HISI:
        fault_enter(s, cpu, vector);
        break;
    case VEC_HEAI: /* one bad instruction must not end a VM */
        deliver(s, cpu, VEC_PROGRAM, SRR1_ILLEGAL);
        break;
    case VEC_HFAC:
        if (cpu->hfscr >> 56 == HFSCR_CAUSE_TM) {
            deliver(s, cpu, VEC_PROGRAM, SRR1_ILLEGAL);
            break;
        }
        /* fall through */
    case VEC_RESET:
    case VEC_MCHECK:
    case VEC_HDEC:
    case VEC_HMI:
    case VEC_HDOORBELL:
    case VEC_HVI:
        s->work.vector.vector = vector;
        work_start(s, cpu, WORK_VECTOR);
        break;
    default:
        LOG(LOG_UV | LOG_UNIMP, "uv: lpid %u: interrupt 0x%x has no use here", s->svm->lpid,
            vector);
        thread_resume(s, cpu);
        break;
    }
}

/* A thread in secure state whose SVM is gone, ended by the hypervisor under its feet. */
static void stop_orphan(struct cpu *cpu, ea_t pc, uint64_t msr)
{
    LOG(LOG_UV | LOG_GUEST_ERRORS, "uv: cpu %u: lpid %u is no secure VM any more; stopped",
        cpu->server, cpu->lpid);
    cpu->run_state = CPU_STOPPED;
    cpu_kick(cpu);
    cpu->usrr0 = pc;
    cpu->usrr1 = msr & ~(SRR1_INFO | MSR_HV);
    cpu_model_return(cpu, RETURN_URFID);
}

static void from_svm(struct uv *uv, struct cpu *cpu, unsigned vector, ea_t pc, uint64_t msr)
{
    struct svm *svm = svm_find(uv, cpu->lpid);
    struct thread_save *s = svm ? thread_save(svm, cpu, pc, msr) : NULL;

    if (!s) {
        stop_orphan(cpu, pc, msr);
        return;
    }
    if (svm->state == SVM_DEAD) {
        s->work.op = WORK_KILL;
        work_run(s, cpu);
    } else if (vector == VEC_SC) {
        hcall_enter(s, cpu);
    } else {
        interrupt(s, cpu, vector);
    }
}

void uv_enter(struct cpu *cpu, unsigned vector)
{
    struct uv *uv = cpu->machine->uv;
    bool hsrr = uses_hsrr(cpu, vector);
    uint64_t image = hsrr ? cpu->hsrr1 : cpu->srr1;

    if ((image & (MSR_S | MSR_HV)) == (MSR_S | MSR_HV)) {
        machine_request_stop(cpu->machine, STOP_CHECKSTOP, "interrupt in ultravisor state");
        return;
    }
    if (vector == VEC_SC && (image & SRR1_LEV) == 2ULL << 20)
        ultracall(uv, cpu);
    else
        from_svm(uv, cpu, vector, hsrr ? cpu->hsrr0 : cpu->srr0, image);
}
