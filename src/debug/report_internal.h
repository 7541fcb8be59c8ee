/* SPDX-License-Identifier: Apache-2.0 */
/* What a report is made of: report.c collects it, report_write.c writes it. */
#ifndef PEFEMU_DEBUG_REPORT_INTERNAL_H
#define PEFEMU_DEBUG_REPORT_INTERNAL_H

#include "report.h"

enum { CELL_TEXT, CELL_BARE /* a number, true, false: without quotes in JSON */ };

struct cell {
    struct cell *next;
    const char *name; /* borrowed: literals */
    char *text;       /* owned */
    int kind;
    bool left; /* columns of words stand left, of numbers right */
};

struct row {
    struct row *next;
    struct cell *cells, **cells_end;
};

enum section_kind { SECTION_TEXT, SECTION_TABLE, SECTION_OBJECT, SECTION_DATA };

struct section {
    struct section *next;
    enum section_kind kind;
    const char *name;
    char *title; /* owned */
    struct row *rows, **rows_end, *last;
};

struct report {
    struct section *sections, **end, *last;
    char *error;       /* owned */
    bool failed, lost; /* lost: no memory for a part of it */
};

#endif
