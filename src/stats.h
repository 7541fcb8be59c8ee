/* SPDX-License-Identifier: Apache-2.0 */
/* -stats: what a run cost. src/stats.c */
#ifndef PEFEMU_STATS_H
#define PEFEMU_STATS_H

#include "options.h"

/* @start_ns: CLOCK_MONOTONIC when the guest started. Prints to stderr. */
void stats_print(const struct machine *m, enum stats_mode mode, uint64_t start_ns);
uint64_t stats_clock_ns(void);

#endif
