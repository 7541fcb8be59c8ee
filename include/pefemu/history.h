/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The past of a machine, in memory: checkpoints, between which it can be lived through again, as
 * everything from outside is in its journal (outside.h). The TPM is never turned back: it has given
 * its answers.
 */
#ifndef PEFEMU_HISTORY_H
#define PEFEMU_HISTORY_H

#include "pefemu/machine.h"

struct history;

#define HISTORY_INTERVAL    50000000ULL /* between checkpoints, of machine_position() */
#define HISTORY_CHECKPOINTS 64u /* more, and every other one goes and the interval doubles */

/* @m keeps its past from here on. NULL: no memory. */
struct history *history_create(struct machine *m, uint64_t interval);
void history_destroy(struct history *h); /* accepts NULL */

/* Before each round of machine_run(): a checkpoint, if one is due. */
void history_round(struct history *h);

unsigned history_count(const struct history *h);
/* Of checkpoint @i, 0 being the first: machine_position(), and attempts of a CPU (instructions and
 * interrupts taken). */
uint64_t history_position(const struct history *h, unsigned i);
uint64_t history_attempts(const struct history *h, unsigned i, unsigned cpu);

/* The machine becomes what it was at checkpoint @i; between slices. False: no memory, and the
 * machine can not go on. */
bool history_restore(struct history *h, unsigned i);
/* Somebody has changed registers or memory, which is not in the journal: from the past this present
 * does not follow any more. A new one begins. */
void history_changed(struct history *h);

#endif
