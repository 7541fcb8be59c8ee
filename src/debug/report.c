/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of commands: collected. report_write.c writes them. */
#include "report_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct report *report_new(void)
{
    struct report *r = calloc(1, sizeof(*r));
    if (r)
        r->end = &r->sections;
    return r;
}

static void free_row(struct row *row)
{
    for (struct cell *c = row->cells, *next; c; c = next) {
        next = c->next;
        free(c->text);
        free(c);
    }
    free(row);
}

void report_free(struct report *r)
{
    if (!r)
        return;
    for (struct section *s = r->sections, *next; s; s = next) {
        next = s->next;
        for (struct row *row = s->rows, *next_row; row; row = next_row) {
            next_row = row->next;
            free_row(row);
        }
        free(s->title);
        free(s);
    }
    free(r->error);
    free(r);
}

static char *format(const char *fmt, va_list ap)
{
    char *text = NULL;
    return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

static void begin_section(struct report *r, enum section_kind kind, const char *name,
                          const char *title)
{
    struct section *s = calloc(1, sizeof(*s));
    if (!s) {
        r->lost = true;
        return;
    }
    *s = (struct section){.kind = kind, .name = name, .title = title ? strdup(title) : NULL};
    s->rows_end = &s->rows;
    *r->end = s;
    r->end = &s->next;
    r->last = s;
}

void report_table(struct report *r, const char *name, const char *title)
{
    begin_section(r, SECTION_TABLE, name, title);
}

void report_object(struct report *r, const char *name, const char *title)
{
    begin_section(r, SECTION_OBJECT, name, title);
    report_row(r);
}

void report_data(struct report *r, const char *name)
{
    begin_section(r, SECTION_DATA, name, NULL);
    report_row(r);
}

void report_row(struct report *r)
{
    struct row *row = r->last ? calloc(1, sizeof(*row)) : NULL;
    if (!row) {
        r->lost = true;
        return;
    }
    row->cells_end = &row->cells;
    *r->last->rows_end = row;
    r->last->rows_end = &row->next;
    r->last->last = row;
}

/* Takes @text. */
static void add_cell(struct report *r, const char *name, char *text, int kind, bool left)
{
    struct row *row = r->last ? r->last->last : NULL;
    struct cell *c = row && text ? calloc(1, sizeof(*c)) : NULL;
    if (!c) {
        free(text);
        r->lost = true;
        return;
    }
    *c = (struct cell){.name = name, .text = text, .kind = kind, .left = left};
    *row->cells_end = c;
    row->cells_end = &c->next;
}

static void add_bare(struct report *r, const char *name, bool left, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void add_bare(struct report *r, const char *name, bool left, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_cell(r, name, format(fmt, ap), CELL_BARE, left);
    va_end(ap);
}

void report_str(struct report *r, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_cell(r, name, format(fmt, ap), CELL_TEXT, true);
    va_end(ap);
}

void report_num(struct report *r, const char *name, uint64_t value)
{
    add_bare(r, name, false, "%" PRIu64, value);
}

void report_int(struct report *r, const char *name, int64_t value)
{
    add_bare(r, name, false, "%" PRId64, value);
}

/* Programs get it as a string: JSON's readers keep 53 bits of a number. */
void report_hex(struct report *r, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "0x%" PRIx64, value);
    add_cell(r, name, strdup(text), CELL_TEXT, false);
}

void report_flag(struct report *r, const char *name, bool value)
{
    add_bare(r, name, true, "%s", value ? "true" : "false");
}

void report_say(struct report *r, const char *fmt, ...)
{
    va_list ap;
    if (!r->last || r->last->kind != SECTION_TEXT)
        begin_section(r, SECTION_TEXT, "text", NULL);
    report_row(r);
    va_start(ap, fmt);
    add_cell(r, "", format(fmt, ap), CELL_TEXT, true);
    va_end(ap);
}

bool report_fail(struct report *r, const char *fmt, ...)
{
    va_list ap;
    if (r->failed)
        return false;
    r->failed = true;
    va_start(ap, fmt);
    r->error = format(fmt, ap);
    va_end(ap);
    return false;
}

bool report_failed(const struct report *r)
{
    return r->failed;
}
