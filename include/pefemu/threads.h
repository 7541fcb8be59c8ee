/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -accel ...,thread=multi: one host thread per CPU. src/threads.c
 *
 * A CPU's thread runs its engine without any lock: it touches its own struct cpu, its own TLBs,
 * guest memory and, reading only, what all share (predecoded pages, native code, page tables'
 * whereabouts). Everything else - firmware, devices, timers and interrupts of others, the console -
 * is done by whoever holds the machine's lock. Who changes what the others read without it stops
 * them first.
 *
 * A CPU can be stopped between two slices and wherever it waits for the lock itself. So nobody
 * may ask for the lock between finding out where in RAM an access goes and doing the access.
 *
 * In thread=single all of this is nothing: machine.threads is NULL.
 */
#ifndef PEFEMU_THREADS_H
#define PEFEMU_THREADS_H

#include "pefemu/machine.h"

struct threads;

/* machine_run()'s loop: starts a thread for each CPU, looks after the outside in the calling one,
 * and comes back when the machine has stopped and they have ended. */
void threads_run(struct machine *m);

/* ---- what the functions below do when there are threads ---- */
void threads_lock(struct machine *m);
void threads_unlock(struct machine *m);
void threads_stop_others(struct machine *m);
void threads_let_go(struct machine *m);
void threads_wake(struct cpu *cpu);
void threads_notice(struct machine *m);
/* Is this the thread of @cpu, and an engine running? */
bool threads_runs(const struct cpu *cpu);
/* machine_now_ns(): the host's clock. */
uint64_t threads_now_ns(const struct machine *m);

/* ---- for everybody ---- */

/* The machine's lock; may be taken again by who has it. A CPU that holds it is machine.current. */
static inline void machine_lock(struct machine *m)
{
    if (unlikely(m->threads))
        threads_lock(m);
}

static inline void machine_unlock(struct machine *m)
{
    if (unlikely(m->threads))
        threads_unlock(m);
}

/* The lock, and no other CPU executes anything until machine_let_go(): each is between two
 * instructions, or inside one that waits for the lock. Nests. */
static inline void machine_stop_others(struct machine *m)
{
    if (unlikely(m->threads))
        threads_stop_others(m);
}

static inline void machine_let_go(struct machine *m)
{
    if (unlikely(m->threads))
        threads_let_go(m);
}

/* Something has happened that a sleeping @cpu may have waited for. */
static inline void machine_wake(struct cpu *cpu)
{
    if (unlikely(cpu->machine->threads))
        threads_wake(cpu);
}

/* Is @cpu in the middle of a slice, and ours to look into: its counts in motion? */
static inline bool machine_runs(const struct cpu *cpu)
{
    const struct machine *m = cpu->machine;

    return unlikely(m->threads) ? threads_runs(cpu) : m->current == cpu;
}

#endif
