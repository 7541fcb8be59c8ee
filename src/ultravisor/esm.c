/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UV_ESM: a normal VM becomes a secure one. The steps (esmstep.def) run one after the other, each
 * as often as it has to wait for the hypervisor. Until the commit at the end the VM is a normal one
 * whose memory travels; any failure gives it back as it was, by H_SVM_INIT_ABORT.
 */
#include "enter.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pefemu/hostclock.h"

static const struct esm_step {
    enum enter_outcome (*run)(struct thread_save *s, struct cpu *cpu);
    const char *what;
} steps[] = {
#define ESM_STEP(id, fn, what) {fn, what},
#include "pefemu/esmstep.def"
#undef ESM_STEP
};

unsigned esm_step_now(const struct esm *e)
{
    return e->step + 1;
}

static void event_step(const struct svm *svm, struct cpu *cpu)
{
    event(svm->uv->m->events, EVENT_ESM_STEP, cpu, esm_step_name(esm_step_now(svm->esm)),
          esm_step_now(svm->esm), svm->lpid);
}

static void event_end(const struct svm *svm, struct cpu *cpu, bool ok)
{
    event(svm->uv->m->events, EVENT_ESM_END, cpu, ok ? NULL : svm->esm->why, ok, svm->lpid,
          esm_step_now(svm->esm));
}

static void note_end(struct uv *uv, const struct esm *e)
{
    uv->stats.esm_guest_ns = machine_now_ns(uv->m) - e->guest_ns;
    uv->stats.esm_host_ns = host_ns(CLOCK_PROCESS_CPUTIME_ID) - e->host_ns;
}

void esm_free(struct esm *e)
{
    if (!e)
        return;
    esm_blob_close(&e->blob);
    tpm_unseal_end(&e->unseal);
    free(e->fdt);
    free(e->bootargs);
    crypto_wipe(e, sizeof(*e));
    free(e);
}

enum enter_outcome enter_fail(struct esm *e, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(e->why, sizeof(e->why), fmt, ap);
    va_end(ap);
    return ENTER_FAIL;
}

/* ---- pages on their way in ---- */

bool esm_wants_page(const struct svm *svm, gra_t gpa)
{
    const struct page *p = page_of(svm, gpa);
    return svm->esm && svm->esm->want == gpa && p && !p->fetched;
}

bool esm_reserved_page(const struct svm *svm, gra_t gpa)
{
    for (unsigned i = 0; svm->esm && i < svm->esm->nreserved; i++)
        if (svm->esm->reserved[i] == gpa)
            return true;
    return false;
}

enum enter_outcome enter_fetch(struct svm *svm, gra_t gpa, uint64_t len)
{
    struct esm *e = svm->esm;

    if (!len || !slot_covers(svm, gpa, len))
        return enter_fail(e, "0x%llx bytes at 0x%llx are not all in the VM's memory",
                          (unsigned long long)len, (unsigned long long)gpa);
    if (e->nranges == ESM_RANGES)
        return enter_fail(e, "too many ranges");
    e->range[e->nranges++] = e->fetch = (struct esm_range){gpa, len};
    return ENTER_AGAIN;
}

enum enter_outcome enter_hcall(struct thread_save *s, struct cpu *cpu, uint64_t number,
                               const uint64_t *args, unsigned nargs)
{
    reflect_hcall(s, cpu, number, args, nargs);
    return ENTER_WAIT;
}

/* The next page of the range that is not there yet. ENTER_NEXT: all are. */
static enum enter_outcome fetch_pages(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    struct esm *e = svm->esm;
    gra_t end = e->fetch.gpa + e->fetch.len;

    if (e->want != ~0ULL) { /* the hypervisor is back */
        const struct page *p = page_of(svm, e->want);
        bool ok = cpu->gpr[3] == UV_H_SUCCESS && p && p->fetched && p->state == PAGE_SECURE;
        if (!ok)
            return enter_fail(e, "the hypervisor did not bring the page at 0x%llx (status %lld)",
                              (unsigned long long)e->want, (long long)cpu->gpr[3]);
        e->want = ~0ULL;
    }
    for (gra_t at = e->fetch.gpa & ~(UV_PAGE_SIZE - 1); at < end; at += UV_PAGE_SIZE) {
        const struct page *p = page_of(svm, at);
        const uint64_t args[] = {at, 0, UV_PAGE_LOG2};
        if (!p)
            return enter_fail(e, "memory at 0x%llx is gone", (unsigned long long)at);
        if (p->fetched && p->state == PAGE_SECURE)
            continue;
        if (!p->fetched)
            e->want = at;
        if (p->state != PAGE_SECURE && p->state != PAGE_PAGEDOUT)
            return enter_fail(e, "the page at 0x%llx is not the VM's own", (unsigned long long)at);
        e->fetch.len = end - at;
        e->fetch.gpa = at;
        return enter_hcall(s, cpu, UV_H_SVM_PAGE_IN, args, ARRAY_SIZE(args));
    }
    e->fetch.len = 0;
    return ENTER_NEXT;
}

/* ---- success ---- */

/* The partition's memory is the ultravisor's tree from here on, and the kernel starts anew. */
static enum progress commit(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    struct uv *uv = svm->uv;
    struct esm *e = svm->esm;
    gra_t fdt = e->fdt_gpa, kbase = e->kbase;

    event_step(svm, cpu);
    bool ok = svm_write(svm, fdt, e->fdt, e->fdt_size);
    svm->state = SVM_SECURE;
    svm->proc_table = 0;
    svm->rtas.ready = true;
    memcpy(svm->symkey, e->key.byte, sizeof(svm->symkey));
    pate_write(uv, svm->lpid, 0, tree_pate0(&svm->tree));
    pate_write(uv, svm->lpid, 1, 0);
    svm_flush(svm);
    note_end(uv, e);
    event_end(svm, cpu, true);
    svm_state_event(svm, SVM_SECURE);
    ucall_answered(s, cpu, U_SUCCESS, false); /* R3 is the kernel's first argument */
    esm_free(e);
    svm->esm = NULL;
    s->regs.pc = kbase;
    s->regs.msr = (s->regs.msr | MSR_S) & ~MSR_EE;
    s->regs.gpr[3] = fdt;
    s->regs.gpr[4] = kbase;
    s->regs.gpr[5] = 0;
    s->inject = 0;
    if (!ok) {
        svm_kill(s, cpu, "the hypervisor took a page at the moment of commit");
        return WORK_FAILED;
    }
    uv->stats.esm_ok++;
    uv_say(uv, svm->lpid, "secure");
    return WORK_DONE;
}

/* ---- failure ---- */

/* To the hypervisor as if the VM itself had called H_SVM_INIT_ABORT: it pages everything back and
 * returns into the VM behind its `sc 2`. */
void esm_abort(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    ea_t pc = s->regs.pc;
    uint64_t image = (s->regs.msr & ~(SRR1_INFO | MSR_S)) | 1ULL << 20;
    uint64_t msr = MSR_SF | MSR_HV | MSR_ME | (image & (MSR_FP | MSR_VEC | MSR_VSX));

    svm->state = SVM_ABORTED;
    svm->uv->stats.esm_failed++;
    svm_state_event(svm, SVM_ABORTED);
    ucall_answered(s, cpu, 0, true);
    thread_resume(s, cpu);
    uint64_t before = cpu->msr;
    cpu->gpr[3] = UV_H_SVM_INIT_ABORT;
    cpu->srr0 = pc;
    cpu->srr1 = image;
    cpu_set_msr(cpu, msr | (svm->uv->hv_le ? MSR_LE : 0));
    cpu->nia = VEC_SC;
    cpu_state_event(cpu, before);
}

static enum progress give_up(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    const struct esm *e = svm->esm;

    uv_say(svm->uv, svm->lpid, "ESM failed, stays a normal VM. Step %u, %s: %s", e->step + 1,
           steps[e->step].what, e->why);
    note_end(svm->uv, e);
    event_end(svm, cpu, false);
    esm_abort(s, cpu);
    return WORK_FAILED;
}

/* ---- the steps ---- */

static enum enter_outcome run_step(struct thread_save *s, struct cpu *cpu)
{
    struct esm *e = s->svm->esm;

    if (e->fetch.len || e->want != ~0ULL) {
        enum enter_outcome o = fetch_pages(s, cpu);
        if (o != ENTER_NEXT)
            return o;
    }
    return steps[e->step].run(s, cpu);
}

enum progress work_esm(struct thread_save *s, struct cpu *cpu)
{
    struct esm *e = s->svm->esm;

    for (;;) {
        switch (run_step(s, cpu)) {
        case ENTER_NEXT:
            LOG(LOG_UV, "uv: lpid %u: ESM step %u: %s", s->svm->lpid, e->step + 1,
                steps[e->step].what);
            e->sub = 0;
            if (++e->step == ARRAY_SIZE(steps))
                return commit(s, cpu);
            event_step(s->svm, cpu);
            break;
        case ENTER_AGAIN:
            break;
        case ENTER_WAIT:
            return WORK_WAITS;
        case ENTER_FAIL:
            return give_up(s, cpu);
        }
    }
}

enum enter_outcome esm_init_start(struct thread_save *s, struct cpu *cpu)
{
    struct esm *e = s->svm->esm;

    if (!e->sub++)
        return enter_hcall(s, cpu, UV_H_SVM_INIT_START, NULL, 0);
    if (cpu->gpr[3] != UV_H_SUCCESS)
        return enter_fail(e, "refused with %lld", (long long)cpu->gpr[3]);
    return s->svm->slots ? ENTER_NEXT : enter_fail(e, "no memory was registered");
}

enum enter_outcome esm_init_done(struct thread_save *s, struct cpu *cpu)
{
    struct esm *e = s->svm->esm;

    if (!e->sub++)
        return enter_hcall(s, cpu, UV_H_SVM_INIT_DONE, NULL, 0);
    if (cpu->gpr[3] != UV_H_SUCCESS)
        return enter_fail(e, "refused with %lld", (long long)cpu->gpr[3]);
    return ENTER_NEXT;
}

/* ---- the call ---- */

/* Half-converted memory must not be run on: the other threads have to be stopped. */
static bool others_run(const struct machine *m, const struct cpu *cpu)
{
    for (unsigned i = 0; i < m->ncpus; i++)
        if (&m->cpus[i] != cpu && m->cpus[i].lpid == cpu->lpid &&
            m->cpus[i].run_state != CPU_STOPPED)
            return true;
    return false;
}

/* (kbase, fdt): a kernel that does not begin with an instruction would be measured at one address
 * and started at another. */
int64_t u_esm(struct ucall *c)
{
    lpid_t lpid = c->cpu->lpid;

    if (!c->args[0] || c->args[0] & 3)
        return U_P2;
    if (!c->args[1])
        return U_P3;
    if (!lpid || lpid >= VM_MAX)
        return U_PERMISSION;
    if (c->svm && c->svm->state == SVM_ABORTED)
        svm_destroy(c->svm);
    else if (c->svm)
        return U_RETRY;
    if (others_run(c->uv->m, c->cpu))
        return U_RETRY;
    struct svm *svm = svm_new(c->uv, lpid);
    struct esm *e = svm ? calloc(1, sizeof(*e)) : NULL;
    struct thread_save *s = e ? ucall_save(c, svm) : NULL;
    if (!s) {
        free(e);
        if (svm)
            svm_destroy(svm);
        return U_RETRY;
    }
    svm->esm = e;
    s->work.op = WORK_ESM; /* as debuggers may see it from here on */
    e->kbase = c->args[0];
    e->fdt_gpa = c->args[1];
    e->want = ~0ULL;
    e->guest_ns = machine_now_ns(c->uv->m);
    e->host_ns = host_ns(CLOCK_PROCESS_CPUTIME_ID);
    uv_say(c->uv, lpid, "ESM: enters secure mode, kernel at 0x%llx, device tree at 0x%llx",
           (unsigned long long)e->kbase, (unsigned long long)e->fdt_gpa);
    svm_state_event(svm, SVM_TRANSITION);
    event_step(svm, c->cpu);
    work_start(s, c->cpu, WORK_ESM);
    return U_ELSEWHERE;
}
