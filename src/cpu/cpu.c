/* Life of a hardware thread: power-on state, interrupt lines, instruction count. */
#include "pefemu/cpu.h"

#include "pefemu/engine.h"
#include "pefemu/machine.h"
#include "pefemu/mmu.h"
#include "pefemu/threads.h"

#define PVR_POWER9_DD23 0x004e1203u

/* Guest time when the present slice began; with threads, CPUs have no slices in common. */
static uint64_t slice_begin_ns(const struct machine *m)
{
    return m->threads ? machine_now_ns(m) : m->now_ns;
}

void cpu_reset(struct cpu *cpu)
{
    /* What belongs to the object rather than to the register file survives. */
    struct cpu fixed = *cpu;
    uint64_t now = cpu->machine ? cpu_insns_now(cpu) : 0;

    memset(cpu, 0, sizeof(*cpu));
    cpu->machine = fixed.machine;
    cpu->index = fixed.index;
    cpu->server = fixed.server;
    cpu->tlb = fixed.tlb;
    cpu->tlbs = fixed.tlbs;
    cpu->code = fixed.code;
    cpu->engine_state = fixed.engine_state;
    cpu->calls = fixed.calls;
    cpu->insn_retired = fixed.insn_retired;
    cpu->slice_end = fixed.slice_end;
    cpu->stalls = fixed.stalls;
    cpu->running = fixed.running;
    cpu->left = fixed.left;
    memcpy(cpu->state_insns, fixed.state_insns, sizeof(cpu->state_insns));
    cpu->state_insns[cpu_state_index(fixed.msr)] += now - fixed.state_since;
    cpu->state_since = now;
    cpu->tlb_fills = fixed.tlb_fills;
    cpu->tlb_flushes = fixed.tlb_flushes;
    memcpy(cpu->interrupts, fixed.interrupts, sizeof(cpu->interrupts));

    cpu->pvr = PVR_POWER9_DD23;
    cpu->pir = cpu->server;
    cpu->amor = ~0ULL;
    cpu->hmeer = ~0ULL;
    pmu_reset(cpu);
    cpu->smfctrl = cpu->machine && cpu->machine->cfg.bare.smf ? PPC_BIT(0) : 0;
    cpu->ctrl = 1;
    cpu->ppr = 4ULL << 50; /* medium priority */
    /* Both count down from their largest values. */
    uint64_t tb = cpu->machine ? ns_to_tb(slice_begin_ns(cpu->machine)) : 0;
    cpu->dec_expiry = tb + 0x7fffffff;
    cpu->hdec_expiry = tb + (1ULL << 55) - 1;
    cpu->run_state = CPU_STOPPED;
    cpu_set_msr(cpu, MSR_SF | MSR_HV | MSR_ME);
    cpu_update_fp_mode(cpu);
    if (cpu->tlbs)
        tlb_flush_all(cpu);
}

/*
 * Instructions left in the slice. The interp engine keeps the budget biased by the index of the
 * operation in its page, so that straight-line code counts for nothing (src/engine/interp).
 */
static int64_t budget_left(const struct cpu *cpu)
{
    return cpu->op ? cpu->budget - (cpu->op - cpu->ops) : cpu->budget;
}

uint64_t cpu_insns_now(const struct cpu *cpu)
{
    if (!machine_runs(cpu))
        return cpu->insn_retired;
    return cpu->slice_end - (uint64_t)budget_left(cpu);
}

void cpu_limit(struct cpu *cpu, int64_t budget)
{
    int64_t left, excess, kept;

    if (!machine_runs(cpu))
        return;
    left = budget_left(cpu) + cpu->withheld;
    if (left <= budget) /* it may be negative, between the end of a slice and the next boundary */
        return;
    excess = left - budget;
    kept = cpu->withheld < excess ? cpu->withheld : excess;
    cpu->withheld -= kept;
    excess -= kept;
    cpu->budget -= excess;
    cpu->slice_end -= (uint64_t)excess;
}

void cpu_withhold(struct cpu *cpu, int64_t most)
{
    int64_t excess = cpu->budget - most;

    if (excess <= 0)
        return;
    cpu->withheld += excess;
    cpu->budget -= excess;
    cpu->slice_end -= (uint64_t)excess;
}

void cpu_withhold_none(struct cpu *cpu)
{
    cpu->budget += cpu->withheld;
    cpu->slice_end += (uint64_t)cpu->withheld;
    cpu->withheld = 0;
}

void cpu_kick(struct cpu *cpu)
{
    cpu_limit(cpu, 0);
}

void cpu_raise(struct cpu *cpu, uint32_t irq)
{
    cpu_irqs_change(cpu, 0, irq);
    cpu_kick(cpu);
    machine_wake(cpu);
}

void cpu_lower(struct cpu *cpu, uint32_t irq)
{
    cpu_irqs_change(cpu, irq, 0);
}
