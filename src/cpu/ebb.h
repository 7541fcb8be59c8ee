/* SPDX-License-Identifier: Apache-2.0 */
/* Event-based branches, for the facilities that cause them or look at them. Power ISA 3.0B Book II
 * chapter 7. */
#ifndef PEFEMU_CPU_EBB_H
#define PEFEMU_CPU_EBB_H

#include "pefemu/cpu.h"

/* BESCR, EBBHR or EBBRR may be used now, or the interrupt that says why not. */
trap_t ebb_available(struct cpu *cpu);
/* The performance monitor's exception: sets BESCR[PMEO]. */
void ebb_event(struct cpu *cpu);
/* After a change of BESCR: IRQ_EBB is pending while an enabled event waits. */
void ebb_update(struct cpu *cpu);
/* Takes the event-based branch that is pending, if this state does: between instructions. */
void ebb_take(struct cpu *cpu);

#endif
