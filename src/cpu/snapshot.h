/* SPDX-License-Identifier: Apache-2.0 */
/* A hardware thread in a snapshot, and registers wherever they are kept (the ultravisor's suspended
 * threads). src/cpu/snapshot.c */
#ifndef PEFEMU_CPU_SNAPSHOT_H
#define PEFEMU_CPU_SNAPSHOT_H

#include "pefemu/cpu.h"
#include "pefemu/snap.h"

/* All that is the thread's own. Host pointers, caches and what the debugger keeps there are not;
 * the slice in progress is the machine's (src/snapshot). After loading: cpu_loaded(). */
void cpu_snap(struct snap *s, struct cpu *cpu);
/* Everything that follows from the registers is made anew; translations are forgotten. */
void cpu_loaded(struct cpu *cpu);

/* A member of struct cpu, or a copy of one elsewhere: number, array of numbers, VSRs, the
 * performance monitor. */
#define snap_register(s, r)                                                                        \
    _Generic((r), struct pmu                                                                       \
             : snap_pmu, struct fp_lazy                                                            \
             : snap_fp_lazy, default                                                               \
             : snap_numbers)((s), &(r), sizeof(r), SNAP_WIDTH(r))
/* Bytes of an element: arrays are pointers here. */
#define SNAP_WIDTH(r)                                                                              \
    _Generic((r), uint8_t : 1, uint8_t * : 1, uint32_t : 4, int64_t : 8, uint64_t : 8,             \
             uint64_t * : 8, union vsr * : 16, struct pmu : 0, struct fp_lazy : 0)
void snap_numbers(struct snap *s, void *p, size_t size, size_t width);
void snap_pmu(struct snap *s, void *p, size_t size, size_t width);
void snap_fp_lazy(struct snap *s, void *p, size_t size, size_t width);

#endif
