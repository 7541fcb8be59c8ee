/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The debugger's commands, as lines of text: what the prompt, gdb's `monitor` and scripts give. One
 * table, src/debug/monitor.def, has them all. A command asks or tells the debugger's core (debug.h)
 * and answers at once; what happens when the machine halts again, the front ends hear from the
 * core.
 */
#ifndef PEFEMU_MONITOR_H
#define PEFEMU_MONITOR_H

#include "pefemu/debug.h"

/* Gets an answer, perhaps in pieces: lines that end with '\n'. Nobody keeps @text. */
typedef void (*monitor_out)(void *opaque, const char *text);

/**
 * monitor_command - execute one command
 * @line: e.g. "info svm" or "catch ucall UV_ESM lpid=1"; "-j" in front: the answer is one line of
 *        JSON, {"ok":true,...} or {"ok":false,"error":"..."}
 *
 * False: there is no such command, or it could not be done; the answer says why in one line. An
 * empty line does nothing. The machine may be resumed by it (cont, step, ustep, ufinish,
 * reverse-*): debug_halted() tells, and it goes on when the front end returns to the core.
 */
bool monitor_command(struct debug *d, const char *line, monitor_out out, void *opaque);

/* What a front end shows when the machine has halted: why, where, and at an ultracall or hypercall
 * its name and arguments. @json: one line of JSON. */
void monitor_halt(struct debug *d, const struct debug_halt *halt, bool json, monitor_out out,
                  void *opaque);

/* Calls @found for each word that @line, which ends at the cursor, may go on with; the words
 * replace what stands behind the last space. */
void monitor_complete(struct debug *d, const char *line,
                      void (*found)(void *opaque, const char *word), void *opaque);

#endif
