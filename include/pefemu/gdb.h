/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server for gdb's remote protocol, a front end of the debugger (debug.h). Serves one client
 * after the other; without one it costs nothing but a descriptor to wait for.
 */
#ifndef PEFEMU_GDB_H
#define PEFEMU_GDB_H

#include "pefemu/debug.h"

struct gdb_server;

/* Is @spec something that -gdb takes? tcp:[ADDRESS]:PORT, unix:PATH, with ,endian=little|big.
 * @why: set to a sentence when not. Opens nothing. */
bool gdb_spec_valid(const char *spec, const char **why);

/**
 * gdb_server_create - listen where @spec says, and serve from now on
 * Without an address TCP listens on this host only. Port 0: any free one. Says on standard error
 * where it listens and how to connect. NULL: one line was printed.
 */
struct gdb_server *gdb_server_create(struct debug *d, const char *spec);
/* Before debug_destroy(). Accepts NULL. */
void gdb_server_destroy(struct gdb_server *s);

#endif
