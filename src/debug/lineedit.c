/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in, lines out; the line on the screen follows. */
#include "lineedit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CTRL(c)   ((c)&0x1f)
#define ESC       0x1b
#define DEL       0x7f
#define SCREEN    78 /* columns that are sure to be there */
#define WORDS_MAX 256

struct line_edit {
    const struct line_ops *ops;
    void *opaque;
    const char *prompt;
    bool echo, shown;
    bool was_cr;    /* the last byte: a line feed behind it is no line of its own */
    size_t len, at; /* of text; the cursor */
    char text[LINE_SIZE];
    char kept[LINE_SIZE];        /* what was being typed when history was called up */
    char cut[LINE_SIZE];         /* by Ctrl-K, U, W; for Ctrl-Y */
    char *history[LINE_HISTORY]; /* owned; the oldest first */
    unsigned nhistory, recalled; /* recalled == nhistory: none */
    unsigned escape;             /* bytes of a sequence so far: 1 ESC, 2 ESC [, 3 ESC [ n */
    unsigned escape_number;
};

struct line_edit *line_new(const struct line_ops *ops, void *opaque, const char *prompt, bool echo)
{
    struct line_edit *e = calloc(1, sizeof(*e));
    if (e) {
        e->ops = ops;
        e->opaque = opaque;
        e->prompt = prompt;
        e->echo = echo;
    }
    return e;
}

void line_free(struct line_edit *e)
{
    if (!e)
        return;
    for (unsigned i = 0; i < e->nhistory; i++)
        free(e->history[i]);
    free(e);
}

/* ---- the screen ---- */

static void put(struct line_edit *e, const char *text)
{
    e->ops->write(e->opaque, text, strlen(text));
}

/* The part of the line round the cursor that fits. */
static void redraw(struct line_edit *e)
{
    char out[LINE_SIZE + 64];
    size_t width = SCREEN - strlen(e->prompt);
    size_t from = e->at > width ? e->at - width : 0;
    size_t n = e->len - from < width ? e->len - from : width;
    int len;
    if (!e->echo || !e->shown)
        return;
    len = snprintf(out, sizeof(out), "\r%s%.*s\033[K\r\033[%zuC", e->prompt, (int)n, e->text + from,
                   strlen(e->prompt) + e->at - from);
    e->ops->write(e->opaque, out, (size_t)len);
}

void line_hide(struct line_edit *e)
{
    if (e->echo && e->shown)
        put(e, "\r\033[K");
    e->shown = false;
}

void line_show(struct line_edit *e)
{
    e->shown = true;
    redraw(e);
}

/* ---- the line ---- */

static void set_text(struct line_edit *e, const char *text)
{
    snprintf(e->text, sizeof(e->text), "%s", text);
    e->len = e->at = strlen(e->text);
}

static void insert(struct line_edit *e, const char *text, size_t n)
{
    if (n >= LINE_SIZE - e->len)
        n = LINE_SIZE - 1 - e->len;
    memmove(e->text + e->at + n, e->text + e->at, e->len - e->at + 1);
    memcpy(e->text + e->at, text, n);
    e->len += n;
    e->at += n;
}

/* Takes [from, to) out. */
static void erase(struct line_edit *e, size_t from, size_t to, bool keep)
{
    if (keep)
        snprintf(e->cut, sizeof(e->cut), "%.*s", (int)(to - from), e->text + from);
    memmove(e->text + from, e->text + to, e->len - to + 1);
    e->len -= to - from;
    e->at = from;
}

static size_t word_begin(const struct line_edit *e)
{
    size_t at = e->at;
    while (at && e->text[at - 1] == ' ')
        at--;
    while (at && e->text[at - 1] != ' ')
        at--;
    return at;
}

/* ---- history ---- */

static void remember(struct line_edit *e)
{
    char *copy;
    e->recalled = e->nhistory;
    if (!e->len || (e->nhistory && !strcmp(e->history[e->nhistory - 1], e->text)))
        return;
    copy = strdup(e->text);
    if (!copy)
        return;
    if (e->nhistory == LINE_HISTORY) {
        free(e->history[0]);
        memmove(e->history, e->history + 1, sizeof(e->history) - sizeof(e->history[0]));
        e->nhistory--;
    }
    e->history[e->nhistory++] = copy;
    e->recalled = e->nhistory;
}

static void recall(struct line_edit *e, int step)
{
    if ((step < 0 && !e->recalled) || (step > 0 && e->recalled == e->nhistory))
        return;
    if (e->recalled == e->nhistory)
        memcpy(e->kept, e->text, e->len + 1);
    e->recalled += (unsigned)step;
    set_text(e, e->recalled == e->nhistory ? e->kept : e->history[e->recalled]);
}

/* ---- completion ---- */

struct words {
    char *word[WORDS_MAX]; /* owned */
    unsigned n;
    size_t common; /* characters in which all agree */
};

static void collect(void *opaque, const char *word)
{
    struct words *w = opaque;
    if (w->n == WORDS_MAX || !(w->word[w->n] = strdup(word)))
        return;
    if (!w->n)
        w->common = strlen(word);
    for (size_t i = 0; i < w->common; i++)
        if (w->word[0][i] != word[i])
            w->common = i;
    w->n++;
}

static void list(struct line_edit *e, const struct words *w)
{
    size_t width = 0, at = 0;
    for (unsigned i = 0; i < w->n; i++)
        width = strlen(w->word[i]) > width ? strlen(w->word[i]) : width;
    put(e, "\r\n");
    for (unsigned i = 0; i < w->n; i++) {
        put(e, w->word[i]);
        at += width + 2;
        if (i + 1 == w->n || at + width > SCREEN) {
            put(e, "\r\n");
            at = 0;
            continue;
        }
        for (size_t n = strlen(w->word[i]); n < width + 2; n++)
            put(e, " ");
    }
}

static void complete(struct line_edit *e)
{
    struct words w = {.n = 0};
    char front[LINE_SIZE];
    const char *last;
    size_t have;
    if (!e->ops->complete)
        return;
    snprintf(front, sizeof(front), "%.*s", (int)e->at, e->text);
    e->ops->complete(e->opaque, front, collect, &w);
    last = strrchr(front, ' ');
    have = strlen(last ? last + 1 : front);
    if (w.n && w.common > have)
        insert(e, w.word[0] + have, w.common - have);
    else if (w.n > 1 && e->echo)
        list(e, &w);
    if (w.n == 1 && w.word[0][w.common - 1] != '=')
        insert(e, " ", 1);
    for (unsigned i = 0; i < w.n; i++)
        free(w.word[i]);
}

/* ---- keys ---- */

static void end_line(struct line_edit *e)
{
    char line[LINE_SIZE];
    memcpy(line, e->text, e->len + 1);
    remember(e);
    e->len = e->at = 0;
    e->text[0] = '\0';
    if (e->echo)
        put(e, "\r\n");
    e->shown = false;
    e->ops->line(e->opaque, line);
}

/* ESC [ n ~ is the same as ESC [ and this; there is no letter for Delete. */
static uint8_t letter(unsigned n)
{
    switch (n) {
    case 1:
    case 7:
        return 'H';
    case 4:
    case 8:
        return 'F';
    case 3:
        return DEL;
    default:
        return 0;
    }
}

/* ESC [ ... @last */
static void sequence(struct line_edit *e, uint8_t last)
{
    switch (last == '~' ? letter(e->escape_number) : last) {
    case 'A':
        recall(e, -1);
        break;
    case 'B':
        recall(e, 1);
        break;
    case 'C':
        e->at += e->at < e->len;
        break;
    case 'D':
        e->at -= e->at > 0;
        break;
    case 'H':
        e->at = 0;
        break;
    case 'F':
        e->at = e->len;
        break;
    case DEL:
        if (e->at < e->len)
            erase(e, e->at, e->at + 1, false);
        break;
    default:
        break;
    }
}

static void escape(struct line_edit *e, uint8_t byte)
{
    if (e->escape == 1 && (byte == '[' || byte == 'O')) {
        e->escape = 2;
        e->escape_number = 0;
    } else if (e->escape == 2 && byte >= '0' && byte <= '9') {
        e->escape_number = (e->escape_number * 10 + byte - '0') % 100;
    } else if (e->escape == 2 && byte == ';') {
        e->escape_number = 0;
    } else {
        if (e->escape == 2)
            sequence(e, byte);
        e->escape = 0;
    }
}

static void control(struct line_edit *e, uint8_t byte)
{
    switch (byte) {
    case CTRL('a'):
        e->at = 0;
        break;
    case CTRL('b'):
        e->at -= e->at > 0;
        break;
    case CTRL('c'):
        e->len = e->at = 0;
        e->text[0] = '\0';
        if (e->ops->interrupt)
            e->ops->interrupt(e->opaque);
        break;
    case CTRL('d'):
        if (!e->len && e->ops->end)
            e->ops->end(e->opaque);
        else if (e->at < e->len)
            erase(e, e->at, e->at + 1, false);
        break;
    case CTRL('e'):
        e->at = e->len;
        break;
    case CTRL('f'):
        e->at += e->at < e->len;
        break;
    case CTRL('h'):
    case DEL:
        if (e->at)
            erase(e, e->at - 1, e->at, false);
        break;
    case CTRL('i'):
        complete(e);
        break;
    case CTRL('k'):
        erase(e, e->at, e->len, true);
        break;
    case CTRL('l'):
        if (e->echo)
            put(e, "\033[H\033[2J");
        break;
    case CTRL('n'):
        recall(e, 1);
        break;
    case CTRL('p'):
        recall(e, -1);
        break;
    case CTRL('u'):
        erase(e, 0, e->at, true);
        break;
    case CTRL('w'):
        erase(e, word_begin(e), e->at, true);
        break;
    case CTRL('y'):
        insert(e, e->cut, strlen(e->cut));
        break;
    case ESC:
        e->escape = 1;
        break;
    default:
        break;
    }
}

/* At the end of a line that fits only the new character is drawn. */
static void type(struct line_edit *e, uint8_t byte)
{
    bool simple = e->at == e->len && e->shown && strlen(e->prompt) + e->len < SCREEN;
    insert(e, (const char *)&byte, 1);
    if (simple)
        e->ops->write(e->opaque, (const char *)&byte, 1);
    else
        redraw(e);
}

static void key(struct line_edit *e, uint8_t byte)
{
    bool was_cr = e->was_cr;
    e->was_cr = byte == '\r';
    if (e->escape) {
        escape(e, byte);
    } else if (byte == '\r' || byte == '\n') {
        if (byte == '\r' || !was_cr)
            end_line(e);
        return;
    } else if (byte < 0x20 || byte == DEL) {
        control(e, byte);
    } else {
        type(e, byte);
        return;
    }
    if (!e->escape)
        redraw(e);
}

/* Without a terminal a line is bytes up to its end; control characters mean nothing. */
static void plain(struct line_edit *e, uint8_t byte)
{
    if (byte == '\n')
        end_line(e);
    else if (byte >= 0x20)
        insert(e, (const char *)&byte, 1);
}

void line_feed(struct line_edit *e, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        e->echo ? key(e, bytes[i]) : plain(e, bytes[i]);
}
