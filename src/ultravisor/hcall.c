/* SPDX-License-Identifier: Apache-2.0 */
/* Hypercalls of an SVM: passed on with the registers that svm_hcall.def allows, or answered here.
 */
#include "uv_internal.h"

struct hcall_regs {
    uint64_t number;
    uint8_t in, out;
};

static const struct hcall_regs table[] = {
#define SVM_HCALL(number, name, in, out) {number, in, out},
#include "pefemu/svm_hcall.def"
#undef SVM_HCALL
};

static const struct hcall_regs *find(uint64_t number)
{
    for (unsigned i = 0; i < ARRAY_SIZE(table); i++)
        if (table[i].number == number)
            return &table[i];
    return NULL;
}

static void answer(struct thread_save *s, struct cpu *cpu, int64_t rc)
{
    s->regs.gpr[3] = (uint64_t)rc;
    thread_resume(s, cpu);
}

/* dw1 of the partition table entry, as the hypervisor will have to write it (UV_WRITE_PATE). */
#define PROC_TBL_NEW   0x18u
#define PROC_TBL_DEREG 0x10u
#define PROC_TBL_MASK  0x18u

static void note_process_table(struct svm *svm, const uint64_t *gpr)
{
    if ((gpr[4] & PROC_TBL_MASK) == PROC_TBL_NEW)
        svm->proc_table = PPC_BIT(0) | gpr[5] | gpr[7];
    else if ((gpr[4] & PROC_TBL_MASK) == PROC_TBL_DEREG)
        svm->proc_table = 0;
}

void hcall_enter(struct thread_save *s, struct cpu *cpu)
{
    uint64_t *gpr = s->regs.gpr;
    uint64_t number = gpr[3];
    const struct hcall_regs *row = find(number);

    s->svm->uv->stats.svm_hcalls++;
    /* Problem state has no hypercalls: nothing of it gets out. */
    if (s->regs.msr & MSR_PR) {
        answer(s, cpu, -3); /* H_PRIVILEGE */
        return;
    }
    if (number == UV_H_RANDOM) {
        gpr[4] = machine_random(cpu->machine);
        answer(s, cpu, UV_H_SUCCESS);
        return;
    }
    if (number == UV_H_RTAS) {
        rtas_enter(s, cpu);
        return;
    }
    if (!row) {
        LOG(LOG_UV | LOG_UNIMP, "uv: lpid %u: hypercall 0x%llx is not for secure VMs", s->svm->lpid,
            (unsigned long long)number);
        answer(s, cpu, UV_H_FUNCTION);
        return;
    }
    if (number == UV_H_CEDE)
        s->regs.msr |= MSR_EE;
    if (number == UV_H_REGISTER_PROC_TBL)
        note_process_table(s->svm, gpr);
    s->work.hcall.number = number;
    s->work.hcall.n_out = row->out;
    s->work.hcall.n_in = row->in;
    s->svm->uv->stats.reflected_hcalls++;
    work_start(s, cpu, WORK_HCALL);
}

enum progress work_hcall(struct thread_save *s, struct cpu *cpu)
{
    if (!s->work.step++) {
        reflect_hcall(s, cpu, s->work.hcall.number, &s->regs.gpr[4], s->work.hcall.n_in - 1);
        return WORK_WAITS;
    }
    memcpy(&s->regs.gpr[3], &cpu->gpr[3], s->work.hcall.n_out * sizeof(cpu->gpr[0]));
    return WORK_DONE;
}
