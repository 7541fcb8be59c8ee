/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event-based branches: BESCR, the branch itself, rfebb. Power ISA 3.0B Book II chapter 7.
 *
 *   BESCR   0   GE  global enable          30  EE   external events enabled    31  PME   PMU's
 *                                          62  EEO  an external event occurred 63  PMEO  PMU's
 *
 * External events have no source here; their bits work all the same when software sets them.
 */
#include "ebb.h"

#include "pefemu/engine.h"

#define BESCR_GE   PPC_BIT(0)
#define BESCR_EE   PPC_BIT(30)
#define BESCR_PME  PPC_BIT(31)
#define BESCR_EEO  PPC_BIT(62)
#define BESCR_PMEO PPC_BIT(63)

trap_t ebb_available(struct cpu *cpu)
{
    return cpu_need_facility(cpu, HFSCR_IC_EBB);
}

static bool is_waiting(uint64_t bescr)
{
    uint64_t enabled = bescr >> 32, occurred = bescr; /* EE over EEO, PME over PMEO */

    return (bescr & BESCR_GE) && (enabled & occurred & (BESCR_EEO | BESCR_PMEO));
}

void ebb_update(struct cpu *cpu)
{
    bool waits = is_waiting(cpu->bescr);

    if (waits != !!(cpu_irqs(cpu) & IRQ_EBB))
        (waits ? cpu_raise : cpu_lower)(cpu, IRQ_EBB);
}

void ebb_event(struct cpu *cpu)
{
    cpu->bescr |= BESCR_PMEO;
    ebb_update(cpu);
}

/* Problem state only, and only where it could use the facility. */
void ebb_take(struct cpu *cpu)
{
    if (!(cpu_irqs(cpu) & IRQ_EBB) || !(cpu->msr & MSR_PR) ||
        !cpu_hfscr_allows(cpu, HFSCR_IC_EBB) || !(cpu->fscr >> HFSCR_IC_EBB & 1))
        return;
    cpu->bescr &= ~BESCR_GE;
    ebb_update(cpu);
    cpu->ebbrr = cpu->cia;
    cpu->cia = cpu->nia = cpu_ea(cpu, cpu->ebbhr & ~3ULL);
}

OP(rfebb)
{
    bool s = WORD_BITS(in->word, 20, 20);
    trap_t t = ebb_available(cpu);

    if (t)
        return t;
    cpu_set_cfar(cpu, cpu->cia);
    cpu->bescr = (cpu->bescr & ~BESCR_GE) | (s ? BESCR_GE : 0);
    ebb_update(cpu);
    cpu->nia = cpu_ea(cpu, cpu->ebbrr & ~3ULL);
    return TRAP_RESCHED;
}
