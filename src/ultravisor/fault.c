/* SPDX-License-Identifier: Apache-2.0 */
/* Partition-scoped storage faults of an SVM: pages that are out, shared pages, devices. */
#include "uv_internal.h"

/* The thread executes the instruction again when the hypervisor has returned, whatever it answered:
 * without the page it only faults again. */
enum progress work_fault(struct thread_save *s, struct cpu *cpu)
{
    const uint64_t args[] = {s->work.fault.gpa, 0, UV_PAGE_LOG2};

    if (s->work.step++)
        return WORK_DONE;
    reflect_hcall(s, cpu, UV_H_SVM_PAGE_IN, args, ARRAY_SIZE(args));
    return WORK_WAITS;
}

static void reflect(struct thread_save *s, struct cpu *cpu, unsigned vector)
{
    s->work.vector.vector = vector;
    work_start(s, cpu, WORK_VECTOR);
}

static void outside_memory(struct thread_save *s, struct cpu *cpu, unsigned vector, gra_t gpa)
{
    if (vector == VEC_HDSI && mmio_begin(s, cpu, gpa, s->regs.hdar))
        return;
    reflect(s, cpu, vector);
}

void fault_enter(struct thread_save *s, struct cpu *cpu, unsigned vector)
{
    gra_t gpa = s->regs.asdr & ~(UV_PAGE_SIZE - 1);
    const struct page *p = page_of(s->svm, gpa);

    LOG(LOG_UV, "uv: lpid %u: fault 0x%x at 0x%llx, guest real 0x%llx, page %d", s->svm->lpid,
        vector, (unsigned long long)s->regs.pc, (unsigned long long)s->regs.asdr,
        p ? p->state : -1);
    if (!p) {
        outside_memory(s, cpu, vector, s->regs.asdr);
        return;
    }
    switch ((enum page_state)p->state) {
    case PAGE_PAGEDOUT:
        s->work.fault.gpa = gpa;
        work_start(s, cpu, WORK_FAULT);
        break;
    case PAGE_SHARED_INV:
        reflect(s, cpu, vector);
        break;
    case PAGE_SHARED:
        /* Code runs from secure pages only; what the hypervisor can write is not executed. */
        if (vector == VEC_HISI) {
            thread_interrupt(s, 0x400, DSISR_NOEXEC_G, s->regs.msr & MSR_LE);
            thread_resume(s, cpu);
            break;
        }
        thread_resume(s, cpu);
        break;
    case PAGE_IMPLICIT:
    case PAGE_IMPLICIT_INV:
        svm_kill(s, cpu, "touched a page of the ultravisor's own buffers");
        break;
    case PAGE_SECURE:
    case PAGE_HV_SHARING:
    case PAGE_HV_SHARED:
    case PAGE_HV_SHARED_INV:
    case PAGE_HV_UNSHARING:
    case PAGE_HV_UNSHARING_INV:
    case PAGE_PSEUDO:
    case PAGE_PSEUDO_INV:
        thread_resume(s, cpu); /* somebody else has settled it meanwhile */
        break;
    }
}
