/* SPDX-License-Identifier: Apache-2.0 */
/* Halts and events in words, and as data. src/debug/halt.c */
#ifndef PEFEMU_DEBUG_HALT_H
#define PEFEMU_DEBUG_HALT_H

#include "report.h"

const char *halt_cause_name(enum debug_cause cause);
void halt_report(struct report *r, struct debug *d, const struct debug_halt *h);
/* What has happened, at it: registers are as the event found them. */
void event_report(struct report *r, const struct event *ev);
/* "gpa 0x10000, lpid 0x1" in @out. */
void event_args_text(const struct event *ev, char *out, size_t size);

#endif
