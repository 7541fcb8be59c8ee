/* SPDX-License-Identifier: Apache-2.0 */
/* Folded stacks: counted in a hash table, written in order. */
#include "folded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PLACES 1024u

/* ---- counting ---- */

static uint64_t hash(const char *text) /* FNV-1a */
{
    uint64_t h = 0xcbf29ce484222325;
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 0x100000001b3;
    return h;
}

/* Where @text is, or belongs. There always is an empty place. */
static struct folded_stack *find(const struct folded *f, const char *text)
{
    size_t i = hash(text) & (f->places - 1);
    while (f->stack[i].text && strcmp(f->stack[i].text, text))
        i = (i + 1) & (f->places - 1);
    return &f->stack[i];
}

/* Never more than half full. */
static bool make_room(struct folded *f)
{
    if (f->places && f->used < f->places / 2)
        return true;
    struct folded more = {.places = f->places ? 2 * f->places : FIRST_PLACES, .used = f->used};
    more.stack = calloc(more.places, sizeof(*more.stack));
    if (!more.stack)
        return false;
    for (size_t i = 0; i < f->places; i++)
        if (f->stack[i].text)
            *find(&more, f->stack[i].text) = f->stack[i];
    free(f->stack);
    *f = more;
    return true;
}

bool folded_add(struct folded *f, const char *text)
{
    if (!make_room(f))
        return false;
    struct folded_stack *s = find(f, text);
    if (!s->text) {
        s->text = strdup(text);
        if (!s->text)
            return false;
        f->used++;
    }
    s->count++;
    return true;
}

void folded_free(struct folded *f)
{
    for (size_t i = 0; i < f->places; i++)
        free(f->stack[i].text);
    free(f->stack);
    *f = (struct folded){0};
}

/* ---- writing ---- */

static int by_text(const void *a, const void *b)
{
    const struct folded_stack *const *x = a, *const *y = b;
    return strcmp((*x)->text, (*y)->text);
}

bool folded_write(const struct folded *f, FILE *out)
{
    const struct folded_stack **order = malloc((f->used + 1) * sizeof(*order));
    size_t n = 0;
    if (!order) {
        errno = ENOMEM;
        return false;
    }
    for (size_t i = 0; i < f->places; i++)
        if (f->stack[i].text)
            order[n++] = &f->stack[i];
    qsort(order, n, sizeof(*order), by_text);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s %llu\n", order[i]->text, (unsigned long long)order[i]->count);
    free(order);
    return !fflush(out) && !ferror(out);
}

/* ---- one stack ---- */

void folding_begin(struct folding *g)
{
    g->len = 0;
    g->text[0] = '\0';
}

bool folding_add(struct folding *g, const char *name)
{
    size_t len = strlen(name);
    if (len + 2 > sizeof(g->text) - g->len)
        return false;
    if (g->len)
        g->text[g->len++] = ';';
    for (size_t i = 0; i < len; i++)
        g->text[g->len++] = name[i] == ';' || (uint8_t)name[i] < ' ' ? ':' : name[i];
    g->text[g->len] = '\0';
    return true;
}
