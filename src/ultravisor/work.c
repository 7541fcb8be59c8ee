/* SPDX-License-Identifier: Apache-2.0 */
/* Suspended work: what runs when the hypervisor has returned; and the end of an SVM. */
#include "uv_internal.h"

static const work_fn work_fns[WORK_COUNT] = {
#define UV_WORK(id, name, fn, what) [WORK_##id] = fn,
#include "pefemu/uvwork.def"
#undef UV_WORK
};

/* UV_ESM counts its steps itself. */
static uint64_t step_of(const struct thread_save *s)
{
    return s->work.op == WORK_ESM ? esm_step_now(s->svm->esm) : s->work.step;
}

/* The thread goes on, at the interrupt that the hypervisor asked for if it did. */
static void finish(struct thread_save *s, struct cpu *cpu)
{
    if (s->inject)
        thread_interrupt(s, s->inject, s->inject_cause, s->inject_le);
    thread_resume(s, cpu);
}

void work_run(struct thread_save *s, struct cpu *cpu)
{
    event(s->svm->uv->m->events, EVENT_UV_STEP, cpu, uv_work_name(s->work.op), s->work.op,
          step_of(s), s->svm->lpid, s->cookie);
    switch (work_fns[s->work.op](s, cpu)) {
    case WORK_WAITS:
        break;
    case WORK_DONE:
        finish(s, cpu);
        break;
    case WORK_FAILED: /* has said why, and where the CPU goes on */
        break;
    }
}

void work_start(struct thread_save *s, struct cpu *cpu, enum work_op op)
{
    s->work.op = op;
    s->work.step = 0;
    work_run(s, cpu);
}

/* The partition has no memory any more: whatever its other threads do ends in the ultravisor. */
void svm_kill(struct thread_save *s, struct cpu *cpu, const char *why)
{
    struct svm *svm = s->svm;

    if (svm->state != SVM_DEAD) {
        uv_say(svm->uv, svm->lpid, "secure VM ended: %s", why);
        svm->uv->stats.killed++;
        svm_state_event(svm, SVM_DEAD);
    }
    svm->state = SVM_DEAD;
    pate_write(svm->uv, svm->lpid, 0, 0);
    svm_flush(svm);
    s->work.op = WORK_KILL;
    s->work.step = 0;
    if (!rtas_os_term(s, cpu, why))
        work_run(s, cpu);
}

/* ibm,os-term has come back, or could not be called: the thread stops for good. */
enum progress work_kill(struct thread_save *s, struct cpu *cpu)
{
    cpu->run_state = CPU_STOPPED;
    cpu_kick(cpu);
    s->inject = 0;
    return WORK_DONE;
}
