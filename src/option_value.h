/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options: numbers, sizes, switches, dates and lists of them. src/option_value.c */
#ifndef PEFEMU_OPTION_VALUE_H
#define PEFEMU_OPTION_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Each returns false, and leaves *out undefined, when @s is NULL or something else. */
bool value_u64(const char *s, uint64_t max, uint64_t *out); /* decimal, 0x or 0 in front */
bool value_size(const char *s, uint64_t *out);              /* bytes; N[K|M|G|T|B], MiB without */
bool value_bool(const char *s, bool *out);    /* on, yes, true, y; off, no, false, n */
bool value_date(const char *s, int64_t *out); /* seconds since 1970; YYYY-MM-DD[Thh:mm:ss], UTC */
bool value_is_help(const char *s);            /* help or ? */

/* A comma list. */
struct value_list {
    char copy[4352]; /* a path and something besides; cut up by value_next() */
    char *rest;
};
/* One "key=value" or "word" of it, inside its copy. */
struct value_item {
    char *key, *value; /* value NULL: a word */
};
bool value_list(struct value_list *list, const char *arg); /* false: it is too long */
bool value_next(struct value_list *list, struct value_item *it);

#endif
