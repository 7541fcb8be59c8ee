/* SPDX-License-Identifier: Apache-2.0 */
/* Atomic accesses while each CPU has a host thread: for atomic.c and its neighbours. */
#ifndef PEFEMU_CPU_ATOMIC_SHARED_H
#define PEFEMU_CPU_ATOMIC_SHARED_H

#include "pefemu/machine.h"

/* In handlers: with threads, the other answer. Melted ones (interp) are not used then. */
#ifdef PEFEMU_INLINE_OPS
#define IF_SHARED(cpu, answer)
#else
#define IF_SHARED(cpu, answer)                                                                     \
    if (unlikely((cpu)->machine && (cpu)->machine->threads))                                       \
    return answer
#endif

/* Load and reserve, store conditional of @size bytes; @size 16: a pair of registers. */
trap_t shared_load_reserve(struct cpu *cpu, ea_t ea, unsigned size, uint64_t *rt);
trap_t shared_store_conditional(struct cpu *cpu, ea_t ea, unsigned size, const uint64_t *rs);
/* lq and stq, @ea being aligned. */
trap_t shared_load_pair(struct cpu *cpu, ea_t ea, uint64_t *rt);
trap_t shared_store_pair(struct cpu *cpu, ea_t ea, const uint64_t *rs);

#endif
