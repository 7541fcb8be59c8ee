/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces: what a machine does, written to a file while it runs (-tracefile). A trace observes
 * events (event.def) or, as a commit log, every instruction; it changes nothing that a guest can
 * see. src/trace
 */
#ifndef PEFEMU_TRACE_H
#define PEFEMU_TRACE_H

#include "pefemu/types.h"

struct machine;
struct trace;

#define TRACE_MESSAGE 300u /* room for one line about a failure */

/* Is @spec what -tracefile takes? FILE[,format=...][,events=...][,states=...][,pc=LO-HI][,from=N]
 * [,count=N]. False with a message. */
bool trace_check(const char *spec, char *message);
/**
 * trace_open - begin a trace of @m
 * NULL with one line in @message: bad @spec, the file can not be written, no memory, or too many
 * (one commit log, and as many observers as events have).
 */
struct trace *trace_open(struct machine *m, const char *spec, char *message);
/* Ends it: its trailer, with what had to be dropped; one line on stderr if anything had. A reader
 * that does not read is waited for, but not for ever. Accepts NULL. */
void trace_close(struct trace *t);

#endif
