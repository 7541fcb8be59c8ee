/* SPDX-License-Identifier: Apache-2.0 */
/* What engines and MMU ask the debugger while it has stop points (machine.debug_breaks,
 * debug_watches). src/debug/points.c */
#ifndef PEFEMU_DEBUG_HOOKS_H
#define PEFEMU_DEBUG_HOOKS_H

#include "pefemu/types.h"

struct cpu;
struct debug;

/* Is there a break at @ea? */
bool debug_breaks_at(const struct debug *d, ea_t ea);
/* The same before exec_one() executes: not while the debugger itself executes over a break. */
bool debug_breaks_now(const struct cpu *cpu);
/* May there be one at @offset in some 4 KiB page? */
bool debug_may_break(const struct debug *d, unsigned offset);
/* An access is about to happen. True: TRAP_DEBUG instead. */
bool debug_watch_access(struct debug *d, ea_t ea, unsigned len, bool store);
/* Is a byte of the range watched? */
bool debug_watches_range(const struct debug *d, ea_t ea, uint64_t len);

#endif
