/* SPDX-License-Identifier: Apache-2.0 */
/* A report, written for people or as JSON. */
#include "report_internal.h"

#include <stdio.h>

struct sink {
    monitor_out out;
    void *opaque;
};

static void put(const struct sink *s, const char *text)
{
    s->out(s->opaque, text);
}

static void put_n(const struct sink *s, char c, int n)
{
    const char text[2] = {c, '\0'};
    while (n-- > 0)
        put(s, text);
}

/* ---- for people ---- */

/* Nothing that a guest has named may steer the terminal. */
static void put_clean(const struct sink *s, const char *text)
{
    for (; *text; text++)
        put_n(s, (unsigned char)*text < 0x20 || *text == 0x7f ? '.' : *text, 1);
}

#define COLUMNS 24

struct columns {
    unsigned n;
    const char *name[COLUMNS];
    int width[COLUMNS];
    bool left[COLUMNS];
};

static unsigned column_of(struct columns *cols, const struct cell *c)
{
    for (unsigned i = 0; i < cols->n; i++)
        if (!strcmp(cols->name[i], c->name))
            return i;
    if (cols->n == COLUMNS)
        return COLUMNS;
    cols->name[cols->n] = c->name;
    cols->width[cols->n] = (int)strlen(c->name);
    cols->left[cols->n] = false;
    return cols->n++;
}

static void measure(struct columns *cols, const struct section *s)
{
    for (const struct row *row = s->rows; row; row = row->next)
        for (const struct cell *c = row->cells; c; c = c->next) {
            unsigned i = column_of(cols, c);
            int len = (int)strlen(c->text);
            if (i == COLUMNS)
                continue;
            cols->width[i] = len > cols->width[i] ? len : cols->width[i];
            cols->left[i] |= c->left;
        }
}

static const struct cell *find_cell(const struct row *row, const char *name)
{
    const struct cell *c = row->cells;
    while (c && strcmp(c->name, name))
        c = c->next;
    return c;
}

static void put_column(const struct sink *s, const struct columns *cols, unsigned i,
                       const char *text, bool last)
{
    int pad = cols->width[i] - (int)strlen(text);
    put(s, i ? "  " : "");
    if (!cols->left[i])
        put_n(s, ' ', pad);
    put_clean(s, text);
    if (cols->left[i] && !last)
        put_n(s, ' ', pad);
}

/* Lines end with their last text, not with spaces. */
static void put_table_row(const struct sink *s, const struct columns *cols, const struct row *row)
{
    const char *text[COLUMNS];
    unsigned n = 0;
    for (unsigned i = 0; i < cols->n; i++) {
        const struct cell *c = row ? find_cell(row, cols->name[i]) : NULL;
        text[i] = !row ? cols->name[i] : c ? c->text : "";
        n = text[i][0] ? i + 1 : n;
    }
    for (unsigned i = 0; i < n; i++)
        put_column(s, cols, i, text[i], i + 1 == n);
    put(s, "\n");
}

static void table_text(const struct sink *s, const struct section *sec)
{
    struct columns cols = {.n = 0};
    measure(&cols, sec);
    if (!cols.n)
        return;
    put_table_row(s, &cols, NULL);
    for (const struct row *row = sec->rows; row; row = row->next)
        put_table_row(s, &cols, row);
}

static void object_text(const struct sink *s, const struct section *sec)
{
    int width = 0;
    for (const struct cell *c = sec->rows ? sec->rows->cells : NULL; c; c = c->next)
        width = (int)strlen(c->name) > width ? (int)strlen(c->name) : width;
    for (const struct cell *c = sec->rows ? sec->rows->cells : NULL; c; c = c->next) {
        put(s, "  ");
        put(s, c->name);
        put_n(s, ' ', width + 2 - (int)strlen(c->name));
        put_clean(s, c->text);
        put(s, "\n");
    }
}

static void write_text(const struct report *r, const struct sink *s)
{
    for (const struct section *sec = r->sections; sec; sec = sec->next) {
        if (sec->title && sec->rows) {
            put(s, sec->title);
            put(s, "\n");
        }
        if (sec->kind == SECTION_TABLE)
            table_text(s, sec);
        else if (sec->kind == SECTION_OBJECT)
            object_text(s, sec);
        for (const struct row *row = sec->kind == SECTION_TEXT ? sec->rows : NULL; row;
             row = row->next) {
            put_clean(s, row->cells ? row->cells->text : "");
            put(s, "\n");
        }
    }
    if (r->failed) {
        put(s, "error: ");
        put_clean(s, r->error ? r->error : "out of memory");
        put(s, "\n");
    }
    if (r->lost)
        put(s, "error: out of memory, the answer is not complete\n");
}

/* ---- for programs ---- */

static void put_string(const struct sink *s, const char *text)
{
    char escape[8];
    put(s, "\"");
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            snprintf(escape, sizeof(escape), "\\%c", *p);
        else if (*p < 0x20 || *p > 0x7e) /* bytes of guests are no UTF-8: shown as Latin-1 */
            snprintf(escape, sizeof(escape), "\\u%04x", *p);
        else
            snprintf(escape, sizeof(escape), "%c", *p);
        put(s, escape);
    }
    put(s, "\"");
}

static void put_value(const struct sink *s, const struct cell *c)
{
    if (c->kind == CELL_BARE)
        put(s, c->text);
    else
        put_string(s, c->text);
}

static void put_row(const struct sink *s, const struct row *row)
{
    put(s, "{");
    for (const struct cell *c = row->cells; c; c = c->next) {
        put_string(s, c->name);
        put(s, ":");
        put_value(s, c);
        put(s, c->next ? "," : "");
    }
    put(s, "}");
}

static void section_json(const struct sink *s, const struct section *sec)
{
    put_string(s, sec->name);
    put(s, ":");
    if ((sec->kind == SECTION_OBJECT || sec->kind == SECTION_DATA) && sec->rows) {
        put_row(s, sec->rows);
        return;
    }
    put(s, "[");
    for (const struct row *row = sec->rows; row; row = row->next) {
        if (sec->kind == SECTION_TEXT)
            put_string(s, row->cells ? row->cells->text : "");
        else
            put_row(s, row);
        put(s, row->next ? "," : "");
    }
    put(s, "]");
}

/* All text of a report is one member, wherever it stands. */
static void text_json(const struct sink *s, const struct report *r)
{
    const char *between = ",\"text\":[";
    for (const struct section *sec = r->sections; sec; sec = sec->next)
        for (const struct row *row = sec->kind == SECTION_TEXT ? sec->rows : NULL; row;
             row = row->next) {
            put(s, between);
            put_string(s, row->cells ? row->cells->text : "");
            between = ",";
        }
    if (between[1] == '\0')
        put(s, "]");
}

static void write_json(const struct report *r, const struct sink *s)
{
    put(s, r->failed || r->lost ? "{\"ok\":false" : "{\"ok\":true");
    if (r->failed || r->lost) {
        put(s, ",\"error\":");
        put_string(s, r->error ? r->error : "out of memory");
    }
    text_json(s, r);
    for (const struct section *sec = r->sections; sec; sec = sec->next) {
        if (sec->kind == SECTION_TEXT)
            continue;
        put(s, ",");
        section_json(s, sec);
    }
    put(s, "}\n");
}

bool report_write(const struct report *r, bool json, monitor_out out, void *opaque)
{
    struct sink s = {out, opaque};
    if (json)
        write_json(r, &s);
    else
        write_text(r, &s);
    return !r->failed;
}
