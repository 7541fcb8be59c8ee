/* SPDX-License-Identifier: Apache-2.0 */
/* What machine_run() (src/machine.c) asks of the scheduler (src/schedule.c). */
#ifndef PEFEMU_SCHEDULE_H
#define PEFEMU_SCHEDULE_H

#include "pefemu/machine.h"

/* The longest sleep without a look at -timeout and signals. */
#define SLEEP_MAX_NS 500000000ULL

/* One turn of every CPU, until the machine is asked to stop or to reset; a snapshot's round goes on
 * where it was. Asks for STOP_LIMIT when -icount-limit is reached. Returns how many CPUs ran. */
unsigned schedule_round(struct machine *m);

/* Brings the CPU's timers up to date and wakes it when something does. False: it is stopped, or
 * sleeps on. */
bool schedule_make_ready(struct cpu *cpu);

/* machine.insn_total has grown. */
void schedule_note_progress(struct machine *m);

/* Nobody can run: warps to the next timer, asleep for as long as the guest thinks it takes. */
void schedule_idle(struct machine *m);

/* Sleeps for @ns of host time at most: until the console or the debugger has something to say. */
void schedule_wait(struct machine *m, uint64_t ns);

#endif
