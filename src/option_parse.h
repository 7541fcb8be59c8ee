/* SPDX-License-Identifier: Apache-2.0 */
/* Between options.c, which knows how a command line is written, and the parsers of single options
 * (option_machine.c: what the machine is; option_run.c: what is done with it). */
#ifndef PEFEMU_OPTION_PARSE_H
#define PEFEMU_OPTION_PARSE_H

#include "options.h"

enum option_id {
#define OPTION_GROUP(title)
#define OPTION(id, ...) OPT_##id,
#include "pefemu/option.def"
#undef OPTION_GROUP
#undef OPTION
    OPT_COUNT
};

/* What a parser answers; anything but OK ends option parsing. */
enum parse { OK, DONE, BAD };

/* The parser of an option: PARSE(ID) { ... }, one for each row of option.def. @arg is the value,
 * which lives as long as @o; "" when there is none. */
#define PARSE(id)                                                                                  \
    enum parse option_parse_##id(struct options *o __attribute__((unused)),                        \
                                 const char *arg __attribute__((unused)))
#define OPTION_GROUP(title)
#define OPTION(id, ...) PARSE(id);
#include "pefemu/option.def"
#undef OPTION_GROUP
#undef OPTION

/* Says "-NAME VALUE: why"; BAD. */
enum parse option_bad(enum option_id id, const char *value, const char *why);
/* Appends to the values of an option that may be repeated, whose last element is NULL; false: the
 * list is full. */
bool option_append(const char *list[OPTIONS_MAX_REPEATS + 1], const char *arg);

#endif
