/* SPDX-License-Identifier: Apache-2.0 */
/* Who watches a run, as the command line asks for: traces, a profile, debuggers, a snapshot to
 * write or to begin with. src/watchers.c */
#ifndef PEFEMU_WATCHERS_H
#define PEFEMU_WATCHERS_H

#include "options.h"

struct debug;
struct gdb_server;
struct profile;
struct prompt;
struct trace;

/* For watchers.c alone, but for @unwritten. Made by watchers_begin(), freed by watchers_end(); does
 * not move meanwhile. */
struct watchers {
    struct machine *m; /* borrowed */
    const char *savevm_file;
    struct trace *trace[OPTIONS_MAX_REPEATS + 1]; /* owned, NULL-terminated */
    struct profile *profile;                      /* owned */
    struct debug *debug;                          /* owned, as are its front ends */
    struct gdb_server *gdb;
    struct prompt *prompt;
    bool unwritten; /* watchers_end() could not write what was asked for; one line said why */
};

/* Before power-on, which has events as well: opens -tracefile. False: one line on stderr.
 * watchers_end() follows either way. */
bool watchers_begin(struct watchers *w, const struct options *o, struct machine *m);

/* Before the run: loads -loadvm, notes -savevm-at, begins -profile. False: as above. */
bool watchers_prepare(struct watchers *w, const struct options *o);

/* -gdb, -S, -reverse, and the prompt on @console or at -monitor. False: as above. */
bool watchers_start(struct watchers *w, const struct options *o, struct chardev *console);

/* After the run, of a machine that is still there: closes all, and writes the profile. */
void watchers_end(struct watchers *w);

#endif
