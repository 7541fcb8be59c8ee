/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a trace goes: whole records into a bounded buffer, from there into a file, pipe or device.
 * What is in the file is always whole records, so it is of use when the process is killed. A reader
 * that is too slow costs records, which are counted, never the guest's time.
 */
#ifndef PEFEMU_TRACE_SINK_H
#define PEFEMU_TRACE_SINK_H

#include <stdarg.h>

#include "pefemu/types.h"

#define SINK_ROOM (4u << 20) /* bytes of the buffer */

struct sink {
    int fd;
    char *buf; /* owned */
    size_t len;
    size_t record; /* where the present record begins */
    bool overflow; /* the present record does not fit */
    int error;     /* errno of the write that failed for good */
    uint64_t records, dropped;
    uint64_t flushed_ns; /* host time */
};

/* False with errno. ENXIO: a pipe that nobody reads. */
bool sink_open(struct sink *s, const char *path);
/* Writes what is left, at most SINK_PATIENCE_MS without progress. False: not all of it got there;
 * s->dropped counts the records or s->error says why. */
#define SINK_PATIENCE_MS 2000
bool sink_close(struct sink *s);

void sink_begin(struct sink *s);
void sink_put(struct sink *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sink_end(struct sink *s);
/* A record of one piece. */
void sink_line(struct sink *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Inside a record: @text in double quotes as JSON wants it; control and other bytes escaped. */
void sink_json(struct sink *s, const char *text);

#endif
