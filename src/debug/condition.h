/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions of stop points, KEY=VALUE: lpid=, cpu=, state=, secure=, count=, and for events the
 * names of their arguments (gpa=, arg1=, rc=; event.def) with VALUE or VALUE/MASK.
 */
#ifndef PEFEMU_DEBUG_CONDITION_H
#define PEFEMU_DEBUG_CONDITION_H

#include "report.h"

/* Adds the condition @word to @p. False, with one line in @r, when it makes no sense. */
bool condition_parse(struct debug_point *p, struct cpu *cpu, const char *word, struct report *r);
/* What of conditions @p has, as they are written; "" when it has none. */
void condition_text(const struct debug_point *p, char *out, size_t size);

/* The states of the CPU, enum cpu_state, in its order. */
extern const char *const condition_states[4];

#endif
