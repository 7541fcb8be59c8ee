/*
 * -accel ref: plain fetch, decode, dispatch, no cache of any kind, integer-only floating point.
 * Simple enough to believe; everything else is checked against it.
 */
#include "exec.h"

static void ref_run(struct cpu *cpu, int64_t budget)
{
    cpu->budget = budget;
    cpu->slice_end = cpu->insn_retired + (uint64_t)budget;
    cpu->op = NULL;
    if (cpu->irq_pending)
        cpu_take_pending(cpu);
    for (;;) {
        bool boundary = exec_one(cpu);

        if ((boundary || cpu->step_only) && (exec_must_stop(cpu) || cpu->step_only))
            break;
    }
    cpu->insn_retired = cpu->slice_end - (uint64_t)cpu->budget;
}

const struct engine engine_ref = {
    .name = "ref",
    .summary = "plain fetch, decode, dispatch; integer-only floating point",
    .uses_tlb = false,
    .run = ref_run,
};
