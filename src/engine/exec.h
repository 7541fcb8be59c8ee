/* What both engines share: the gate before a handler, and what follows a trap. */
#ifndef PEFEMU_ENGINE_EXEC_H
#define PEFEMU_ENGINE_EXEC_H

#include "pefemu/engine.h"
#include "pefemu/log.h"
#include "pefemu/machine.h"
#include "pefemu/mmu.h"

/* May the instruction run in this state? TRAP_NONE or the interrupt that refuses it. */
trap_t exec_gate(struct cpu *cpu, const struct insn *in);

/* Do HFSCR or PCR take facilities away that MSR grants? Fast paths need not look when not. */
static inline bool exec_is_special(const struct cpu *cpu)
{
    uint64_t both = 1u << HFSCR_IC_FP | 1u << HFSCR_IC_VECVSX;

    return (!(cpu->msr & MSR_HV) && (cpu->hfscr & both) != both) ||
           ((cpu->msr & MSR_PR) && cpu->pcr);
}

/* May the instruction, begun with @msr, end in a trace interrupt? */
static inline bool exec_is_traced(const struct cpu *cpu, uint64_t msr)
{
    return (msr & (MSR_SE | MSR_BE)) || (cpu->ciabr & 3);
}

/* Fetch, decode and execute one instruction at cpu->cia without any cache; cpu->nia and cpu->cia
 * are the next instruction afterwards. Interrupts of the instruction are taken. Returns true at a
 * boundary: a taken branch (but to the next instruction), a trap, a context change, the end of a
 * page. Updates cpu->budget (unbiased). */
bool exec_one(struct cpu *cpu);

/* After a trap code from a handler: takes the interrupt, or for TRAP_RESCHED whatever is pending.
 * cpu->cia and cpu->nia are valid before; cpu->cia is the next instruction after. Charges the
 * budget (unbiased) for a retired instruction or a failed attempt. */
void exec_trap(struct cpu *cpu, trap_t trap);

/* Is the slice over (at a boundary)? */
static inline bool exec_is_over(const struct cpu *cpu)
{
    return cpu->budget <= 0 || cpu->stop_request || cpu->run_state != CPU_RUNNING;
}

/* Should the engine return to the machine (at a boundary)? */
static inline bool exec_must_stop(const struct cpu *cpu)
{
    return exec_is_over(cpu) || cpu->debug_stop;
}

/* Logs -d in_asm. */
void exec_log_insn(const struct cpu *cpu, uint32_t word, ea_t ea);
/* Logs -d cpu: the registers that a programmer wants first. */
void exec_log_cpu(const struct cpu *cpu);

#endif
