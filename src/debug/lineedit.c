/* SPDX-License-Identifier: Apache-2.0 */
/* The line and its place on the screen, history, completion. lineedit_keys.c says what keys do. */
#include "lineedit_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 256

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

void line_put(struct line_edit *e, const char *text)
{
    e->ops->write(e->opaque, text, strlen(text));
}

void line_redraw(struct line_edit *e)
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
        line_put(e, "\r\033[K");
    e->shown = false;
}

void line_show(struct line_edit *e)
{
    e->shown = true;
    line_redraw(e);
}

/* ---- the line ---- */

static void set_text(struct line_edit *e, const char *text)
{
    snprintf(e->text, sizeof(e->text), "%s", text);
    e->len = e->at = strlen(e->text);
}

void line_insert(struct line_edit *e, const char *text, size_t n)
{
    if (n >= LINE_SIZE - e->len)
        n = LINE_SIZE - 1 - e->len;
    memmove(e->text + e->at + n, e->text + e->at, e->len - e->at + 1);
    memcpy(e->text + e->at, text, n);
    e->len += n;
    e->at += n;
}

void line_erase(struct line_edit *e, size_t from, size_t to, bool keep)
{
    if (keep)
        snprintf(e->cut, sizeof(e->cut), "%.*s", (int)(to - from), e->text + from);
    memmove(e->text + from, e->text + to, e->len - to + 1);
    e->len -= to - from;
    e->at = from;
}

size_t line_word_begin(const struct line_edit *e)
{
    size_t at = e->at;
    while (at && e->text[at - 1] == ' ')
        at--;
    while (at && e->text[at - 1] != ' ')
        at--;
    return at;
}

/* ---- history ---- */

void line_remember(struct line_edit *e)
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

void line_recall(struct line_edit *e, int step)
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
    line_put(e, "\r\n");
    for (unsigned i = 0; i < w->n; i++) {
        line_put(e, w->word[i]);
        at += width + 2;
        if (i + 1 == w->n || at + width > SCREEN) {
            line_put(e, "\r\n");
            at = 0;
            continue;
        }
        for (size_t n = strlen(w->word[i]); n < width + 2; n++)
            line_put(e, " ");
    }
}

void line_complete(struct line_edit *e)
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
        line_insert(e, w.word[0] + have, w.common - have);
    else if (w.n > 1 && e->echo)
        list(e, &w);
    if (w.n == 1 && w.word[0][w.common - 1] != '=')
        line_insert(e, " ", 1);
    for (unsigned i = 0; i < w.n; i++)
        free(w.word[i]);
}
