/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads of an SVM on their way to the hypervisor and back: what it sees in the registers
 * (exposure.def), the cookie that names the suspended thread, and UV_RETURN.
 */
#include "uv_internal.h"

#include <stdlib.h>

#include "pefemu/engine.h"
#include "pefemu/mmu.h"

#define COOKIE_MIN 0x2000u /* below are vectors */
#define PPR_HV     0x0010000000000000ULL
enum { SPR_SPURR = 308, SPR_PURR = 309, SPR_IC = 848 };
#define HFSCR_TM   PPC_BIT(58)
#define HFSCR_MSGP PPC_BIT(53)

/* ---- putting away ---- */

static struct thread_save *find(const struct svm *svm, uint64_t cookie)
{
    for (struct thread_save *s = svm->saves; s; s = s->next)
        if (s->cookie == cookie)
            return s;
    return NULL;
}

static bool is_start_cookie(const struct svm *svm, uint32_t cookie)
{
    for (unsigned i = 0; i < ARRAY_SIZE(svm->rtas.start); i++)
        if (svm->rtas.start[i].cookie == cookie)
            return true;
    return false;
}

/* Every hypercall of an SVM needs one: the kernel's generator is asked for many at a time. Whoever
 * gets one takes it out of the pool. */
static uint32_t random_cookie(struct uv *uv)
{
    if (!uv->cookies_left) {
        machine_secret(uv->m, uv->cookie_pool, sizeof(uv->cookie_pool));
        uv->cookies_left = ARRAY_SIZE(uv->cookie_pool);
    }
    uint32_t *at = &uv->cookie_pool[--uv->cookies_left];
    uint32_t cookie = *at;
    *at = 0;
    return cookie & ~3u;
}

/* Random, so that an old one is not valid by chance. */
uint32_t cookie_new(const struct svm *svm)
{
    uint32_t cookie;

    do {
        cookie = random_cookie(svm->uv);
    } while (cookie < COOKIE_MIN || find(svm, cookie) || is_start_cookie(svm, cookie));
    return cookie;
}

struct thread_save *thread_save(struct svm *svm, struct cpu *cpu, ea_t pc, uint64_t msr)
{
    struct thread_save *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->svm = svm;
    s->cookie = cookie_new(svm);
    s->pid = cpu->pid;
    s->cpu = cpu->index;
    s->regs.pc = pc;
    s->regs.msr = msr & ~SRR1_INFO;
#define EXPOSE(field, action) memcpy(&s->regs.field, &cpu->field, sizeof(cpu->field));
#define EXPOSE_SPRS(name, first, count, action)                                                    \
    memcpy(s->regs.name, &cpu->spr_store[first], sizeof(s->regs.name));
#include "exposure.def"
#undef EXPOSE_SPRS
#undef EXPOSE
    cpu->reserve_valid = false;
    s->next = svm->saves;
    svm->saves = s;
    return s;
}

void thread_forget(struct thread_save *s)
{
    for (struct thread_save **link = &s->svm->saves; *link; link = &(*link)->next)
        if (*link == s) {
            *link = s->next;
            break;
        }
    crypto_wipe(s, sizeof(*s));
    free(s);
}

/* ---- into the hypervisor ---- */

static void hide_registers(struct cpu *cpu)
{
#define ZERO(field) memset(&cpu->field, 0, sizeof(cpu->field));
#define KEEP(field)
#define EXPOSE(field, action) action(field)
#define EXPOSE_SPRS(name, first, count, action)                                                    \
    memset(&cpu->spr_store[first], 0, (count) * sizeof(cpu->spr_store[0]));
#include "exposure.def"
#undef EXPOSE_SPRS
#undef EXPOSE
#undef KEEP
#undef ZERO
    cpu->ppr = PPR_HV;
    pmu_reset(cpu);
    /* These go on counting from 0; what is saved is an offset, so nothing of the SVM's is lost. */
    cpu_spr_poke(cpu, SPR_PURR, 0);
    cpu_spr_poke(cpu, SPR_SPURR, 0);
    cpu_spr_poke(cpu, SPR_IC, 0);
    cpu_update_fp_mode(cpu);
}

/* The hypervisor sees hypercall @number (0: none), or the interrupt @vector. */
static void event_reflect(const struct thread_save *s, struct cpu *cpu, unsigned vector,
                          uint64_t number)
{
    const char *name = vector == VEC_SC ? hcall_name(number) : vector_name(vector);
    event(cpu->machine->events, EVENT_REFLECT, cpu, name, vector, number, s->svm->lpid, s->cookie);
}

/* By urfid to @vector, with the identity of @s in the save-restore registers. */
static void enter_hypervisor(struct thread_save *s, struct cpu *cpu, unsigned vector, uint64_t lev)
{
    uint64_t image = s->regs.msr | MSR_S | lev;
    uint64_t msr = MSR_SF | MSR_HV | MSR_ME | (image & (MSR_FP | MSR_VEC | MSR_VSX));

    /* The ultravisor may ask on behalf of problem state, which itself has no hypercalls. */
    if (vector == VEC_SC)
        image &= ~MSR_PR;
    if (s->svm->uv->hv_le)
        msr |= MSR_LE;
    if (vector != VEC_SC && vector != VEC_RESET && vector != VEC_MCHECK)
        msr |= MSR_RI;
    if (vector == VEC_MCHECK)
        msr &= ~MSR_ME;
    cpu->gpr[31] = s->cookie;
    cpu->srr0 = cpu->hsrr0 = s->cookie;
    cpu->srr1 = cpu->hsrr1 = image;
    cpu->usrr0 = vector;
    cpu->usrr1 = msr;
    uv_charge(s->svm->uv, COST_CROSSING);
    event_reflect(s, cpu, vector, vector == VEC_SC ? cpu->gpr[3] : 0);
    cpu_model_return(cpu, RETURN_URFID);
}

void reflect_hcall(struct thread_save *s, struct cpu *cpu, uint64_t number, const uint64_t *args,
                   unsigned nargs)
{
    uint64_t dec = s->regs.dec_expiry;

    hide_registers(cpu);
    cpu->gpr[3] = number;
    for (unsigned i = 0; i < nargs; i++)
        cpu->gpr[4 + i] = args[i];
    /* When the thread wakes from H_CEDE is the hypervisor's business; nothing else of it is. */
    cpu->dec_expiry =
        number == UV_H_CEDE ? dec : ns_to_tb(machine_now_ns(cpu->machine)) + 0x7fffffff;
    LOG(LOG_UV, "uv: lpid %u: hypercall 0x%llx to the hypervisor, cookie %08x", s->svm->lpid,
        (unsigned long long)number, s->cookie);
    enter_hypervisor(s, cpu, VEC_SC, 1ULL << 20);
}

void reflect_vector(struct thread_save *s, struct cpu *cpu, unsigned vector)
{
    hide_registers(cpu);
    cpu->dec_expiry = ns_to_tb(machine_now_ns(cpu->machine)) + 0x7fffffff;
    switch (vector) {
    case VEC_MCHECK:
        cpu->dsisr = s->regs.dsisr;
        cpu->asdr = s->regs.asdr;
        break;
    case VEC_HDSI:
        cpu->hdsisr = s->regs.hdsisr;
        cpu->hdar = s->regs.hdar;
        cpu->asdr = s->regs.asdr;
        break;
    case VEC_HISI:
        cpu->hdar = s->regs.hdar;
        cpu->asdr = s->regs.asdr;
        break;
    default:
        break;
    }
    s->svm->uv->stats.reflected_interrupts++;
    LOG(LOG_UV, "uv: lpid %u: interrupt 0x%x to the hypervisor, cookie %08x", s->svm->lpid, vector,
        s->cookie);
    enter_hypervisor(s, cpu, vector, 0);
}

enum progress work_vector(struct thread_save *s, struct cpu *cpu)
{
    if (s->work.step++)
        return WORK_DONE;
    reflect_vector(s, cpu, s->work.vector.vector);
    return WORK_WAITS;
}

/* ---- back into the SVM ---- */

void thread_interrupt(struct thread_save *s, unsigned vector, uint64_t cause, bool le)
{
    s->regs.srr0 = s->regs.pc;
    s->regs.srr1 = (s->regs.msr & ~SRR1_INFO) | (cause & SRR1_INFO);
    s->regs.pc = vector;
    s->regs.msr = MSR_SF | MSR_S | MSR_ME | (le ? MSR_LE : 0);
}

void thread_resume(struct thread_save *s, struct cpu *cpu)
{
    ucall_answered(s, cpu, (int64_t)s->regs.gpr[3], false);
#define EXPOSE(field, action) memcpy(&cpu->field, &s->regs.field, sizeof(cpu->field));
#define EXPOSE_SPRS(name, first, count, action)                                                    \
    memcpy(&cpu->spr_store[first], s->regs.name, sizeof(s->regs.name));
#include "exposure.def"
#undef EXPOSE_SPRS
#undef EXPOSE
    cpu_update_fp_mode(cpu);
    cpu->hfscr = (cpu->hfscr & ~HFSCR_TM) | HFSCR_MSGP;
    if (s->regs.msr & MSR_S) /* as the SVM's tree is, whatever the hypervisor left */
        cpu->lpcr |= LPCR_HR | LPCR_UPRT;
    cpu->dpdes = 0;
    cpu->usrr0 = s->regs.pc;
    cpu->usrr1 = s->regs.msr & ~MSR_HV;
    uv_charge(s->svm->uv, COST_CROSSING);
    thread_forget(s);
    cpu_model_return(cpu, RETURN_URFID);
    cpu_update_timers(cpu);
}

/* ---- UV_RETURN ---- */

/* A thread that the SVM starts by start-cpu: R3 names the request. */
static bool start_thread(struct ucall *c)
{
    struct svm_rtas *r = &c->svm->rtas;
    struct cpu *cpu = c->cpu;
    uint64_t cookie = cpu->gpr[3];

    for (unsigned i = 0; cookie >= COOKIE_MIN && i < ARRAY_SIZE(r->start); i++) {
        if (r->start[i].cookie != cookie)
            continue;
        struct thread_save *s = thread_save(c->svm, cpu, r->start[i].nia, MSR_SF | MSR_ME | MSR_S);
        if (!s)
            return false;
        rtas_forget_stopped(c->svm, cpu->server);
        memset(s->regs.gpr, 0, sizeof(s->regs.gpr));
        s->regs.gpr[3] = r->start[i].r3;
        memset(&r->start[i], 0, sizeof(r->start[i]));
        thread_resume(s, cpu);
        return true;
    }
    return false;
}

/* HSRR0 holds a vector instead of the cookie: the hypervisor wants an interrupt in the SVM. */
static bool is_vector(uint64_t nia, uint32_t cookie)
{
    return nia != cookie && nia < COOKIE_MIN && nia && !(nia & 0x1f);
}

int64_t u_return(struct ucall *c)
{
    struct cpu *cpu = c->cpu;

    if (!c->svm)
        return U_PARAMETER;
    cpu->gpr[3] = cpu->gpr[0];
    if (start_thread(c))
        return U_ELSEWHERE;
    struct thread_save *s = find(c->svm, cpu->gpr[31]);
    if (!s) {
        LOG(LOG_UV | LOG_GUEST_ERRORS, "uv: lpid %u: UV_RETURN with cookie %llx, which nobody has",
            c->svm->lpid, (unsigned long long)cpu->gpr[31]);
        return U_PARAMETER;
    }
    if (s->pid != cpu->pid) {
        svm_kill(s, cpu, "the hypervisor changed PIDR");
        return U_ELSEWHERE;
    }
    s->inject = is_vector(cpu->hsrr0, s->cookie) ? (unsigned)cpu->hsrr0 : 0;
    s->inject_cause = cpu->gpr[2];
    s->inject_le = cpu->hsrr1 & MSR_LE;
    event(c->uv->m->events, EVENT_REFLECT_RETURN, cpu, NULL, cpu->gpr[3], s->inject, s->svm->lpid,
          s->cookie);
    work_run(s, cpu);
    return U_ELSEWHERE;
}
