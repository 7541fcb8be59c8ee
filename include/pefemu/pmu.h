/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The performance monitor and the branch history buffer of one hardware thread. Facts: Power
 * ISA 3.0B Book III chapter 9; events: POWER9 performance monitor guide, pmu_event.def.
 *
 * A counter of instructions or cycles costs nothing while it runs: it is a difference to the
 * thread's own counts, taken when something looks. The states that freeze counters change only
 * where the engines take traps and interrupts, so that is where counters start and stop
 * (pmu_settle). An overflow is a date: the slice ends at the first boundary (engine.h) behind it.
 * Events that only single instructions tell apart, and the branch history, make the engines go step
 * by step while they are on.
 */
#ifndef PEFEMU_PMU_H
#define PEFEMU_PMU_H

#include "pefemu/types.h"

struct cpu;
struct insn;

#define MMCR0_FC      PPC_BIT(32) /* freeze all */
#define MMCR0_FCS     PPC_BIT(33) /* ... in privileged non-hypervisor state */
#define MMCR0_FCP     PPC_BIT(34) /* ... in problem state, see FCPC */
#define MMCR0_FCM1    PPC_BIT(35) /* ... while MSR[PMM]=1 */
#define MMCR0_FCM0    PPC_BIT(36) /* ... while MSR[PMM]=0 */
#define MMCR0_PMAE    PPC_BIT(37) /* alerts, and BHRB entries, are enabled */
#define MMCR0_FCECE   PPC_BIT(38) /* an enabled condition or event sets FC */
#define MMCR0_TBSEL   PPC_BITS(39, 40)
#define MMCR0_TBEE    PPC_BIT(41) /* a 0 to 1 transition of the time base bit is an event */
#define MMCR0_BHRBA   PPC_BIT(42) /* problem state may use the BHRB instructions */
#define MMCR0_EBE     PPC_BIT(43) /* alerts make event-based branches, not interrupts */
#define MMCR0_PMCC    PPC_BITS(44, 45)
#define MMCR0_PMC1CE  PPC_BIT(48) /* PMC1 negative is a condition */
#define MMCR0_PMCJCE  PPC_BIT(49) /* the others negative are */
#define MMCR0_TRIGGER PPC_BIT(50) /* PMC2 and up wait for PMC1 */
#define MMCR0_FCPC    PPC_BIT(51)
#define MMCR0_CC56RUN PPC_BIT(55) /* PMC5 and PMC6 count whatever CTRL[RUN] is */
#define MMCR0_PMAO    PPC_BIT(56) /* an alert has occurred */
#define MMCR0_FC14    PPC_BIT(58)
#define MMCR0_FC56    PPC_BIT(59)
#define MMCR0_FC14W   PPC_BIT(62) /* ... while CTRL[RUN]=0 */
#define MMCR0_FCH     PPC_BIT(63) /* freeze in hypervisor state */
#define MMCRA_IFM     PPC_BITS(32, 33)

#define PMC_COUNT    6
#define BHRB_ENTRIES 32

/* What a counter counts. */
enum pmu_kind {
    PMU_NOTHING,
    PMU_CYCLES,
    PMU_RUN_CYCLES,
    PMU_INSNS,
    PMU_RUN_INSNS,
    PMU_BRANCHES, /* from here on single instructions decide */
    PMU_TAKEN,
    PMU_LOADS,
    PMU_STORES,
};

struct pmu {
    uint64_t mmcr0, mmcr1, mmcr2, mmcra, sier, siar, sdar;
    uint32_t pmc[PMC_COUNT];  /* PMC1.. of those that stand still or count single instructions */
    uint64_t base[PMC_COUNT]; /* of the others: the counter is the thread's count less this */
    uint8_t kind[PMC_COUNT];  /* enum pmu_kind; follows MMCR0 and MMCR1 at pmu_settle() */
    uint8_t running;          /* bit 0: PMC1 counts in the present state */
    bool live;                /* not all is frozen: pmu_settle() must see every change of state */
    bool stepped;             /* pmu_observe() must see every instruction */
    bool recording;           /* branches go into the BHRB */
    bool bhrb_used;           /* software has read or cleared the BHRB; until then nobody records */
    uint64_t due;             /* cycle count at which pmu_settle() is wanted; ~0: none */
    uint64_t tb_events;       /* transitions of the selected time base bit that have been seen */
    uint64_t bhrb[BHRB_ENTRIES];
    unsigned bhrb_last; /* index of the newest entry */
};

/* Power-on state: everything frozen. */
void pmu_reset(struct cpu *cpu);

/**
 * pmu_settle - bring the performance monitor up to date with the thread's state
 * Between instructions, cpu->cia being the next one, after anything that may have changed MSR, CTRL
 * or a register of the monitor, and at the start of a slice. Counters that ran in the old state get
 * what they are due; alerts are raised; those that run in the new state start; the running slice
 * ends no later than the next overflow. Needed only while cpu->pmu.live.
 */
void pmu_settle(struct cpu *cpu);

/* Cycles (instructions and interrupts, machine.c) from now to the next overflow or time-base event,
 * at least 1; INT64_MAX: none in sight. After pmu_settle(). */
int64_t pmu_cycles_left(const struct cpu *cpu);

/* @in has completed, having branched or not, cpu->nia being valid. While cpu->pmu.stepped. */
void pmu_observe(struct cpu *cpu, const struct insn *in, bool taken);

/* Registers as software sees them with all rights. Writes change nothing but the register: the
 * caller makes sure that pmu_settle() follows (TRAP_RESCHED from an instruction). */
enum pmu_reg {
    PMU_PMC1,
    PMU_PMC2,
    PMU_PMC3,
    PMU_PMC4,
    PMU_PMC5,
    PMU_PMC6,
    PMU_MMCR0,
    PMU_MMCR1,
    PMU_MMCR2,
    PMU_MMCRA,
    PMU_SIER,
    PMU_SIAR,
    PMU_SDAR,
};
uint64_t pmu_read(const struct cpu *cpu, enum pmu_reg reg);
void pmu_write(struct cpu *cpu, enum pmu_reg reg, uint64_t v);

/* The BHRB (src/cpu/bhrb.c): the taken branch @in at cpu->cia, as MMCRA[IFM] wants it. */
void bhrb_record(struct cpu *cpu, const struct insn *in);

#endif
