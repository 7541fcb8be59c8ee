/* SPDX-License-Identifier: Apache-2.0 */
/* mfspr and mtspr of the performance monitor, for the table in spr.c. */
#ifndef PEFEMU_CPU_PMU_SPR_H
#define PEFEMU_CPU_PMU_SPR_H

#include "pefemu/cpu.h"

/* Name, enum pmu_reg, group A or B. Each has a privileged number and one for problem state. */
/* clang-format off */
#define PMU_SPRS(X)                                                                                \
    X(pmc1, PMU_PMC1, A)                                                                           \
    X(pmc2, PMU_PMC2, A)                                                                           \
    X(pmc3, PMU_PMC3, A)                                                                           \
    X(pmc4, PMU_PMC4, A)                                                                           \
    X(pmc5, PMU_PMC5, A)                                                                           \
    X(pmc6, PMU_PMC6, A)                                                                           \
    X(mmcr0, PMU_MMCR0, A)                                                                         \
    X(mmcr2, PMU_MMCR2, A)                                                                         \
    X(mmcra, PMU_MMCRA, A)                                                                         \
    X(mmcr1, PMU_MMCR1, B)                                                                         \
    X(sier, PMU_SIER, B)                                                                           \
    X(siar, PMU_SIAR, B)                                                                           \
    X(sdar, PMU_SDAR, B)
/* clang-format on */

#define X(name, reg, group)                                                                        \
    trap_t get_##name(struct cpu *cpu, uint64_t *v);                                               \
    trap_t set_##name(struct cpu *cpu, uint64_t v);
PMU_SPRS(X)
#undef X

#endif
