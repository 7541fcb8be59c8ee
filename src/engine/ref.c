/*
 * -accel ref: plain fetch, decode, dispatch, no cache of any kind, integer-only floating point.
 * Simple enough to believe; everything else is checked against it.
 */
#include "exec.h"

static void ref_run(struct cpu *cpu)
{
    for (;;) {
        bool boundary = exec_one(cpu);

        if ((boundary || cpu->step_only) && (exec_must_stop(cpu) || cpu->step_only))
            break;
    }
}

const struct engine engine_ref = {
    .name = "ref",
    .summary = "plain fetch, decode, dispatch; integer-only floating point",
    .uses_tlb = false,
    .run = ref_run,
};
