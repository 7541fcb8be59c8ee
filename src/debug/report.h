/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of a command, as data: lines of text and tables. Whoever builds it does not know
 * whether people will read it (columns under headings) or programs (one line of JSON).
 */
#ifndef PEFEMU_DEBUG_REPORT_H
#define PEFEMU_DEBUG_REPORT_H

#include "pefemu/monitor.h"

struct report;

struct report *report_new(void); /* NULL: no memory */
void report_free(struct report *r);

/* A line of text; in JSON an element of "text". */
void report_say(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The command could not be done: one line, the first counts. Returns false, for the caller to
 * return. */
bool report_fail(struct report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool report_failed(const struct report *r);

/* Rows that follow are of this table: in JSON an array of objects under @name. @title: a line above
 * it for people, NULL: none. A table without rows is said to be empty in JSON only. */
void report_table(struct report *r, const char *name, const char *title);
/* The same for one thing: in JSON one object, for people a line for each cell. */
void report_object(struct report *r, const char *name, const char *title);
/* For programs only: what people have been told in words. */
void report_data(struct report *r, const char *name);
void report_row(struct report *r);
/* Cells of the present row. A table's columns are the cells' names, in order of appearance. */
void report_str(struct report *r, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void report_num(struct report *r, const char *name, uint64_t value);
void report_int(struct report *r, const char *name, int64_t value);
void report_hex(struct report *r, const char *name, uint64_t value);
void report_flag(struct report *r, const char *name, bool value);

/* Hands it out; false when it has failed. */
bool report_write(const struct report *r, bool json, monitor_out out, void *opaque);

#endif
