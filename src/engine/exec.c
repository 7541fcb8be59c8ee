/* Shared by the engines; this file and the handlers are the whole of -accel ref. */
#include "exec.h"

#include "debug/hooks.h"
#include "trace/commit.h"

/* PCR[60:62] hide, in problem state, what came with ISA 3.0, 2.07 and 2.06; PCR[0:1] the vector and
 * VSX facilities. */
static bool hidden_by_pcr(const struct cpu *cpu, const struct insn *in, uint64_t need)
{
    static const char *const last[] = {"V2_07", "V2_06", "V2_05"};
    const char *isa = insn_table[in->id].isa;

    if (!(cpu->msr & MSR_PR))
        return false;
    if (((cpu->pcr & PPC_BIT(0)) && (need & MSR_VEC)) ||
        ((cpu->pcr & PPC_BIT(1)) && (need & MSR_VSX)))
        return true;
    for (unsigned i = 0; i < ARRAY_SIZE(last); i++)
        if ((cpu->pcr >> (3 - i) & 1) && isa && isa[0] == 'V' && strcmp(isa, last[i]) > 0)
            return true;
    return false;
}

trap_t exec_gate_special(struct cpu *cpu, const struct insn *in, uint64_t need)
{
    if (cpu->pcr && hidden_by_pcr(cpu, in, need))
        return cpu_illegal(cpu, in->word);
    if ((need & MSR_FP) && !cpu_hfscr_allows(cpu, HFSCR_IC_FP))
        return cpu_hfacility(cpu, HFSCR_IC_FP);
    if ((need & (MSR_VEC | MSR_VSX)) && !cpu_hfscr_allows(cpu, HFSCR_IC_VECVSX))
        return cpu_hfacility(cpu, HFSCR_IC_VECVSX);
    return TRAP_NONE;
}

trap_t exec_gate(struct cpu *cpu, const struct insn *in)
{
    const struct insn_row *row = &insn_table[in->id];
    uint64_t need = row->fac == FAC_SYS || row->fac == FAC_BRU ? 0 : insn_facility_need(in);
    uint64_t missing = need & ~cpu->msr;

    if (unlikely(row->priv != PRIV_USER)) {
        static const uint64_t must_have[] = {
            [PRIV_PRIV] = 0,
            [PRIV_HV] = MSR_HV,
            [PRIV_UV] = MSR_HV | MSR_S,
        };
        uint64_t want = must_have[row->priv];

        if ((cpu->msr & MSR_PR) || (cpu->msr & want) != want)
            return cpu_privileged(cpu, in->word, row->priv);
    }
    if (unlikely(missing))
        return missing & MSR_FP ? TRAP_FP : missing & MSR_VEC ? TRAP_VEC : TRAP_VSX;
    if (unlikely(exec_is_special(cpu)))
        return exec_gate_special(cpu, in, need);
    return TRAP_NONE;
}

/* Leaves the engine where it is. */
static void stop_for_debugger(struct cpu *cpu)
{
    cpu->debug_stop = cpu->debug_mid = true;
}

void exec_trap(struct cpu *cpu, trap_t trap)
{
    if (unlikely(trap == TRAP_DEBUG)) {
        stop_for_debugger(cpu);
        return;
    }
    bool retired = trap == TRAP_RESCHED || cpu_is_after_insn(cpu, trap);

    cpu->budget--;
    if (!retired) {
        /* Costs time but is no instruction: shift the end of the slice along. */
        cpu->slice_end--;
        cpu->stalls++;
    }
    if (trap != TRAP_RESCHED)
        cpu_interrupt(cpu, trap);
    cpu->cia = cpu->nia;
    if (unlikely(cpu->pmu.live))
        pmu_settle(cpu);
    if (unlikely(cpu_irqs(cpu)) && cpu->run_state == CPU_RUNNING)
        cpu_take_pending(cpu);
}

void exec_log_insn(const struct cpu *cpu, uint32_t word, ea_t ea)
{
    char text[96];

    insn_disas(text, sizeof(text), word, ea);
    log_write(LOG_IN_ASM, "cpu %u: 0x%016llx: %08x  %s", cpu->server, (unsigned long long)ea, word,
              text);
}

/* Instructions that complete without a trace interrupt (Book III, "Trace Interrupt"). */
static bool is_untraced(unsigned id)
{
    return id == INSN_RFID || id == INSN_HRFID || id == INSN_URFID || id == INSN_RFSCV ||
           id == INSN_STOP || id == INSN_ATTN;
}

/* CIABR 0:61 is compared with the address, 62:63 choose the state: problem, privileged, hypervisor.
 * In secure state only the ultravisor's own setting counts (SMFCTRL[D], pef.md 1.7). */
static bool ciabr_matches(const struct cpu *cpu, uint64_t msr)
{
    unsigned state = msr & MSR_PR ? 1 : msr & MSR_HV ? 3 : 2;

    return (cpu->ciabr & 3) == state && (cpu->ciabr & ~3ULL) == (cpu->cia & ~3ULL) &&
           cpu_debug_allowed(cpu);
}

/* What kind of access the trace interrupt reports: SRR1 bit 35 loads, 36 stores, and what counts as
 * one. The facilities other than LSU have loads beside their arithmetic; lvsl and lvsr load
 * nothing. */
static uint64_t traced_access(const struct insn_row *row)
{
    const char *name = row->mnemonic;

    if (!strncmp(name, "st", 2) || !strncmp(name, "dcbz", 4))
        return row->fac == FAC_SYS ? 0 : PPC_BIT(36); /* stop */
    if (row->fac == FAC_LSU ||
        (name[0] == 'l' && strncmp(name, "lvs", 3) &&
         (row->fac == FAC_FPU || row->fac == FAC_VMX || row->fac == FAC_VSX)))
        return PPC_BIT(35);
    return 0;
}

/* After the completion of @in, which began with @msr: the trace interrupt that it deserves, or @t.
 * SRR1: 33 always, 35 loads, 36 stores, 43 CIABR. */
static trap_t trace(struct cpu *cpu, const struct insn *in, uint64_t msr, trap_t t)
{
    const struct insn_row *row = &insn_table[in->id];
    bool te = (msr & MSR_SE) || ((msr & MSR_BE) && row->fac == FAC_BRU);
    bool match = ciabr_matches(cpu, msr);

    if (is_untraced(in->id) || (!te && !match))
        return t;
    cpu->trap.srr1 = PPC_BIT(33) | (match ? PPC_BIT(43) : 0) | traced_access(row);
    cpu->pmu.siar = cpu->cia;
    return TRAP_TRACED;
}

void exec_log_cpu(const struct cpu *cpu)
{
    log_write(LOG_CPU, "cpu %u: cia %016llx lr %016llx ctr %016llx msr %016llx cr %08x",
              cpu->server, (unsigned long long)cpu->cia, (unsigned long long)cpu->lr,
              (unsigned long long)cpu->ctr, (unsigned long long)cpu->msr,
              (unsigned)cpu_get_cr(cpu));
    for (unsigned i = 0; i < 32; i += 4)
        log_write(LOG_CPU, "cpu %u: r%02u %016llx %016llx %016llx %016llx", cpu->server, i,
                  (unsigned long long)cpu->gpr[i], (unsigned long long)cpu->gpr[i + 1],
                  (unsigned long long)cpu->gpr[i + 2], (unsigned long long)cpu->gpr[i + 3]);
}

/* Has the instruction been done that gave @t? */
static bool is_complete(const struct cpu *cpu, trap_t t)
{
    return t == TRAP_NONE || t == TRAP_RESCHED ||
           (t != TRAP_DEBUG && cpu_is_after_insn(cpu, (enum trap)t));
}

bool exec_one(struct cpu *cpu)
{
    struct insn in;
    uint32_t word;
    uint64_t msr = cpu->msr;
    trap_t t;

    if (unlikely(cpu->machine->debug_breaks) && debug_breaks_now(cpu)) {
        stop_for_debugger(cpu);
        return true;
    }
    t = mmu_fetch(cpu, cpu->cia, &word);

    cpu->nia = cpu_ea(cpu, cpu->cia + 4);
    if (t == TRAP_NONE) {
        insn_decode(&in, word);
        if (log_mask & LOG_IN_ASM)
            exec_log_insn(cpu, word, cpu->cia);
        cpu->taken = false;
        if (unlikely(cpu->machine->commit))
            commit_begin(cpu->machine->commit, cpu, word);
        t = exec_gate(cpu, &in);
        if (t == TRAP_NONE)
            t = insn_table[in.id].handler(cpu, &in);
        if (unlikely(cpu->machine->commit) && is_complete(cpu, t))
            commit_end(cpu->machine->commit, cpu, &in);
        if ((t == TRAP_NONE || t == TRAP_RESCHED) && unlikely(cpu->pmu.stepped))
            pmu_observe(cpu, &in, cpu->taken);
        if ((t == TRAP_NONE || t == TRAP_RESCHED) && unlikely(exec_is_traced(cpu, msr)))
            t = trace(cpu, &in, msr, t);
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
