/* SPDX-License-Identifier: Apache-2.0 */
/* Stacks as text and how often each was seen. src/debug/folded.c */
#ifndef PEFEMU_DEBUG_FOLDED_H
#define PEFEMU_DEBUG_FOLDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct folded_stack {
    char *text; /* owned; NULL: an empty place */
    uint64_t count;
};

/* All zero: none yet. */
struct folded {
    struct folded_stack *stack; /* owned; a hash table with open addresses */
    size_t places, used;        /* places: a power of two, or 0 */
};

/* One more of @text. False: no memory; it is not counted. */
bool folded_add(struct folded *f, const char *text);
/* "TEXT COUNT" a line, by text: equal profiles are equal files. False: errno says why. */
bool folded_write(const struct folded *f, FILE *out);
void folded_free(struct folded *f);

/* A stack under construction: frames joined by ';', which no frame may contain. */
struct folding {
    char text[8192];
    size_t len;
};
void folding_begin(struct folding *g);
/* False: it does not fit, and is left out. ';' and control characters in @name come out as ':'. */
bool folding_add(struct folding *g, const char *name);

#endif
