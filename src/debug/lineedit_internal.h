/* SPDX-License-Identifier: Apache-2.0 */
/* The line editor inside: lineedit.c keeps line, screen and history, lineedit_keys.c changes them
 * by keys. */
#ifndef PEFEMU_DEBUG_LINEEDIT_INTERNAL_H
#define PEFEMU_DEBUG_LINEEDIT_INTERNAL_H

#include "lineedit.h"

#define SCREEN 78 /* columns that are sure to be there */

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

void line_put(struct line_edit *e, const char *text); /* to the stream */
/* The part of the line round the cursor that fits, if it is shown. */
void line_redraw(struct line_edit *e);

/* At the cursor; what is too much for the line is left out. */
void line_insert(struct line_edit *e, const char *text, size_t n);
/* Takes [from, to) out; @keep: for Ctrl-Y. */
void line_erase(struct line_edit *e, size_t from, size_t to, bool keep);
/* Where the word before the cursor begins. */
size_t line_word_begin(const struct line_edit *e);

/* The line goes into history, unless it is empty or the last one again. */
void line_remember(struct line_edit *e);
/* Shows the line @step (1, -1) further in history. */
void line_recall(struct line_edit *e, int step);

/* The word at the cursor, as far as it is certain; else lists what it may be. */
void line_complete(struct line_edit *e);

#endif
