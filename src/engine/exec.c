/* Shared by the engines; this file and the handlers are the whole of -accel ref. */
#include "exec.h"

trap_t exec_gate(struct cpu *cpu, const struct insn *in)
{
    const struct insn_row *row = &insn_table[in->id];
    uint64_t missing = insn_facility_need(in) & ~cpu->msr;

    if (unlikely(row->priv != PRIV_USER)) {
        static const uint64_t must_have[] = {
            [PRIV_PRIV] = 0, [PRIV_HV] = MSR_HV, [PRIV_UV] = MSR_HV | MSR_S,
        };
        uint64_t want = must_have[row->priv];

        if ((cpu->msr & MSR_PR) || (cpu->msr & want) != want)
            return cpu_privileged(cpu, in->word, row->priv);
    }
    if (unlikely(missing))
        return missing & MSR_FP ? TRAP_FP : missing & MSR_VEC ? TRAP_VEC : TRAP_VSX;
    return TRAP_NONE;
}

void exec_trap(struct cpu *cpu, trap_t trap)
{
    bool retired = trap == TRAP_RESCHED || trap == TRAP_SC || trap == TRAP_SCV ||
                   trap == TRAP_TRACED;

    cpu->budget--;
    if (!retired) {
        /* Costs time but is no instruction: shift the end of the slice along. */
        cpu->slice_end--;
        cpu->stalls++;
    }
    if (trap != TRAP_RESCHED)
        cpu_interrupt(cpu, trap);
    cpu->cia = cpu->nia;
    if (unlikely(cpu->irq_pending) && cpu->run_state == CPU_RUNNING)
        cpu_take_pending(cpu);
}

void exec_log_insn(const struct cpu *cpu, uint32_t word, ea_t ea)
{
    char text[96];

    insn_disas(text, sizeof(text), word, ea);
    log_write(LOG_IN_ASM, "cpu %u: 0x%016llx: %08x  %s", cpu->server, (unsigned long long)ea, word,
              text);
}

bool exec_one(struct cpu *cpu)
{
    struct insn in;
    uint32_t word;
    uint64_t msr = cpu->msr;
    trap_t t = mmu_fetch(cpu, cpu->cia, &word);

    cpu->nia = cpu_ea(cpu, cpu->cia + 4);
    if (t == TRAP_NONE) {
        insn_decode(&in, word);
        if (log_mask & LOG_IN_ASM)
            exec_log_insn(cpu, word, cpu->cia);
        t = exec_gate(cpu, &in);
        if (t == TRAP_NONE)
            t = insn_table[in.id].handler(cpu, &in);
        if (t == TRAP_NONE && unlikely(msr & (MSR_SE | MSR_BE)) &&
            ((msr & MSR_SE) || insn_table[in.id].fac == FAC_BRU)) {
            cpu->trap.srr1 = 0;
            t = TRAP_TRACED;
        }
    }
    if (t != TRAP_NONE) {
        exec_trap(cpu, t);
        return true;
    }
    bool sequential = cpu->nia == cpu_ea(cpu, cpu->cia + 4);
    cpu->budget--;
    cpu->cia = cpu->nia;
    return !sequential || !(cpu->cia & 0xfff);
}
