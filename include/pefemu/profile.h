/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -profile: where a guest spends its instructions. Every so many of them (a prime number, so that
 * no loop keeps step) the stack of the CPU that executed them is noted, by name; equal stacks are
 * counted and written as "folded stacks", one a line, outermost first, as flame graph programs read
 * them:
 *
 *   privileged;start_kernel;rest_init;kernel_init 12
 *   problem;lpid 1 pid 3;main;work 40
 *
 * Samples are taken where the engine comes back, at the first boundary after the count has been
 * reached; the scheduler asks it to come back (cpu_withhold()) and gives the slice its rest, so
 * that what the guest executes, and when, is what it is without.
 */
#ifndef PEFEMU_PROFILE_H
#define PEFEMU_PROFILE_H

#include "pefemu/cpu.h"

struct machine;
struct profile;

/* Instructions between two samples of a CPU, when the option does not say. */
#define PROFILE_EVERY   1000003u
#define PROFILE_MESSAGE 300u /* room for one line about a failure */

/* Is FILE[,every=N] well written? False with one line in @message. */
bool profile_check(const char *spec, char *message);
/**
 * profile_create - begin to sample @m's CPUs, which are between two slices
 * That the file can be written is tried first. NULL with one line in @message. While it is there,
 * machine.profile is it.
 */
struct profile *profile_create(struct machine *m, const char *spec, char *message);
void profile_destroy(struct profile *p); /* accepts NULL; writes nothing */
/* The file, whole or not at all. False with one line in @message. */
bool profile_write(const struct profile *p, char *message);

/* ---- for the scheduler, while @cpu is the machine's current CPU and its engine does not run ----
 */

/* The engine is to come back when the next sample is due. */
void profile_limit(const struct profile *p, struct cpu *cpu);
/* Takes a sample if one is due. Changes nothing that the guest could see. */
void profile_look(struct profile *p, struct cpu *cpu);

#endif
