/* SPDX-License-Identifier: Apache-2.0 */
/* -stats and -stats-on: what a run cost and what it consisted of. src/stats.c */
#ifndef PEFEMU_STATS_H
#define PEFEMU_STATS_H

#include "options.h"

/* @start_ns: CLOCK_MONOTONIC when the guest started. Prints to stderr. */
void stats_print(const struct machine *m, enum stats_mode mode, uint64_t start_ns);

/* -stats-on: reads the console along and prints at lines that begin with @text. */
struct stats_marker {
    const struct machine *m; /* borrowed, as is text */
    const char *text;
    uint64_t start_ns;
    char line[256]; /* the present one; what is longer is cut off */
    unsigned len;
};
/* For chardev_watch(); @marker is a struct stats_marker. */
void stats_watch(void *marker, const void *buf, size_t len);

#endif
