/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line editor over any byte stream: the terminal's, a socket's, a test's. Knows the keys of
 * readline's Emacs mode that fit one line, and the escape sequences of VT100 and its heirs.
 */
#ifndef PEFEMU_DEBUG_LINEEDIT_H
#define PEFEMU_DEBUG_LINEEDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_SIZE    4200 /* longer than any line that is a command */
#define LINE_HISTORY 100

struct line_ops {
    void (*write)(void *opaque, const char *text, size_t len);
    /* A line is complete. May call back into the editor but not destroy it. */
    void (*line)(void *opaque, const char *line);
    /* Calls @found for each word that may stand at the end of @text. */
    void (*complete)(void *opaque, const char *text, void (*found)(void *, const char *), void *);
    void (*interrupt)(void *opaque); /* Ctrl-C */
    void (*end)(void *opaque);       /* Ctrl-D on an empty line */
};

struct line_edit;

/* @prompt: borrowed. @echo: somebody watches the keys; else lines are only put together. */
struct line_edit *line_new(const struct line_ops *ops, void *opaque, const char *prompt, bool echo);
void line_free(struct line_edit *e);
void line_feed(struct line_edit *e, const uint8_t *bytes, size_t len);
/* Text among the keys: takes the line away before it, shows it again afterwards. */
void line_hide(struct line_edit *e);
void line_show(struct line_edit *e);

#endif
