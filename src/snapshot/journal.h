/* SPDX-License-Identifier: Apache-2.0 */
/* The journal of a machine's outside world (outside.h): records one after the other, in memory and
 * perhaps in a file. src/snapshot/journal.c */
#ifndef PEFEMU_SNAPSHOT_JOURNAL_H
#define PEFEMU_SNAPSHOT_JOURNAL_H

#include <stdio.h>

#include "pefemu/types.h"

enum journal_kind {
    JOURNAL_CONSOLE = 1, /* bytes came; number: how many times the guest had looked */
    JOURNAL_DATE,        /* number: ns */
    JOURNAL_RANDOM,      /* bytes */
    JOURNAL_SLEPT,       /* number: ns */
    JOURNAL_TPM,         /* number: status; bytes: digest of the command, response */
    JOURNAL_END,         /* number: enum machine_stop; bytes: round, as 8 bytes, and the text */
    JOURNAL_KINDS
};

struct journal_record {
    enum journal_kind kind;
    uint64_t position; /* machine_position() of the question */
    uint64_t number;
    const uint8_t *bytes; /* in the journal */
    size_t len;
};

#define JOURNAL_RECORD_MAX 8192u /* bytes of a record */
#define JOURNAL_IDENTITY   32u

struct journal {
    uint8_t *buf; /* owned */
    size_t len, cap;
    size_t at;        /* where the next record is read; len: there is none */
    FILE *file;       /* owned; records go there too, or NULL */
    const char *name; /* borrowed */
    uint32_t crc;
};

/* A new file. False with one line on stderr. */
bool journal_record(struct journal *j, const char *name, const uint8_t identity[JOURNAL_IDENTITY]);
/* All of a file. False likewise. */
bool journal_replay(struct journal *j, const char *name, const uint8_t identity[JOURNAL_IDENTITY]);
/* The same of bytes; NULL: fine, else what is wrong. */
const char *journal_parse(struct journal *j, const uint8_t *bytes, size_t len,
                          const uint8_t identity[JOURNAL_IDENTITY]);
void journal_close(struct journal *j);
/* False: no memory, or the file can not be written (once one line on stderr). */
bool journal_append(struct journal *j, const struct journal_record *r);
/* The next record without taking it; false: the end. */
bool journal_peek(const struct journal *j, struct journal_record *r);
void journal_take(struct journal *j);

#endif
