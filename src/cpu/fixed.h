/* What the fixed-point, load/store and atomic handlers share. Private to src/cpu. */
#ifndef PEFEMU_CPU_FIXED_H
#define PEFEMU_CPU_FIXED_H

#include "pefemu/cpu.h"

/* Helpers whose last parameter selects a form (record, overflow, ...): only inlining makes the
 * selection disappear, and the compiler stops volunteering after a dozen callers. */
#define FORM_INLINE static inline __attribute__((always_inline))

/* (RA|0) */
static inline uint64_t ra_or_0(const struct cpu *cpu, const struct insn *in)
{
    return in->ra ? cpu->gpr[in->ra] : 0;
}

/* EA of the displacement forms (D, DS, DQ) and the indexed forms. With update RA=0 is an invalid
 * form: a POWER9 takes no GPR 0 into the sum there either, and leaves the EA in it. */
static inline ea_t ea_disp(const struct cpu *cpu, const struct insn *in)
{
    return cpu_ea(cpu, ra_or_0(cpu, in) + (uint64_t)in->imm);
}

static inline ea_t ea_index(const struct cpu *cpu, const struct insn *in)
{
    return cpu_ea(cpu, ra_or_0(cpu, in) + cpu->gpr[in->rb]);
}

static inline trap_t trap_alignment(struct cpu *cpu, ea_t ea)
{
    cpu->trap = (struct trap_info){.dar = ea};
    return TRAP_ALIGNMENT;
}

#endif
