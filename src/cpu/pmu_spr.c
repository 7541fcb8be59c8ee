/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may read and write the performance monitor's registers. Power ISA 3.0B Book III 9.4.1, and
 * MMCR0[PMCC] in 9.4.4.
 *
 *   PMCC   group A (PMCs, MMCR0, MMCR2, MMCRA) in problem state            group B (others)
 *   0      read; a write is an emulation assistance interrupt               read
 *   1      facility unavailable                                            read
 *   2      read and write                                                  read
 *   3      read and write, but PMC5 and PMC6 are unavailable               read
 *
 * Below the hypervisor HFSCR[PM] must be 1. In problem state MMCR0 and MMCR2 consist of a few bits
 * only.
 */
#include "pmu_spr.h"

#define MMCR0_USER (MMCR0_FC | MMCR0_PMAE | MMCR0_PMAO)
/* FCnP0 of every counter */
#define MMCR2_USER                                                                                 \
    (PPC_BIT(1) | PPC_BIT(10) | PPC_BIT(19) | PPC_BIT(28) | PPC_BIT(37) | PPC_BIT(46))

enum group { A, B };

static unsigned pmcc(const struct cpu *cpu)
{
    return (unsigned)((cpu->pmu.mmcr0 & MMCR0_PMCC) / PPC_BIT(45));
}

/* Problem state's part of the check: by PMCC, row by row. */
static trap_t check_user(struct cpu *cpu, enum pmu_reg reg, enum group group, bool write)
{
    bool is_56 = reg == PMU_PMC5 || reg == PMU_PMC6;

    if (group == B)
        return TRAP_NONE;
    switch (pmcc(cpu)) {
    case 0:
        return write ? TRAP_HEAI : TRAP_NONE;
    case 1:
        return cpu_facility(cpu, HFSCR_IC_PM);
    case 2:
        return TRAP_NONE;
    default:
        return is_56 ? cpu_facility(cpu, HFSCR_IC_PM) : TRAP_NONE;
    }
}

static trap_t check(struct cpu *cpu, enum pmu_reg reg, enum group group, bool write)
{
    if (!cpu_hfscr_allows(cpu, HFSCR_IC_PM))
        return cpu_hfacility(cpu, HFSCR_IC_PM);
    return cpu->msr & MSR_PR ? check_user(cpu, reg, group, write) : TRAP_NONE;
}

/* The bits that the present state sees and changes. */
static uint64_t visible(const struct cpu *cpu, enum pmu_reg reg)
{
    if (!(cpu->msr & MSR_PR))
        return ~0ULL;
    return reg == PMU_MMCR0 ? MMCR0_USER : reg == PMU_MMCR2 ? MMCR2_USER : ~0ULL;
}

static trap_t get(struct cpu *cpu, enum pmu_reg reg, enum group group, uint64_t *v)
{
    trap_t t = check(cpu, reg, group, false);

    if (!t)
        *v = pmu_read(cpu, reg) & visible(cpu, reg);
    return t;
}

static trap_t set(struct cpu *cpu, enum pmu_reg reg, enum group group, uint64_t v)
{
    trap_t t = check(cpu, reg, group, true);
    uint64_t mask = visible(cpu, reg);

    if (t)
        return t;
    pmu_write(cpu, reg, (pmu_read(cpu, reg) & ~mask) | (v & mask));
    return TRAP_RESCHED;
}

/* Both numbers of a register lead here: the table in spr.c keeps problem state from the privileged
 * one and from writing what it may only read. */
#define X(name, reg, group)                                                                        \
    trap_t get_##name(struct cpu *cpu, uint64_t *v)                                                \
    {                                                                                              \
        return get(cpu, reg, group, v);                                                            \
    }                                                                                              \
    trap_t set_##name(struct cpu *cpu, uint64_t v)                                                 \
    {                                                                                              \
        return set(cpu, reg, group, v);                                                            \
    }
PMU_SPRS(X)
#undef X
