/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and differences of numbers and registers. */
#include "expr.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

static bool reg_value(struct cpu *cpu, const char *name, size_t len, uint64_t *v)
{
    struct cpu_reg r;
    unsigned at = 0;
    while (cpu && cpu_reg_next(cpu, &at, &r))
        if (strlen(r.name) == len && !strncasecmp(r.name, name, len)) {
            *v = (uint64_t)r.value;
            return true;
        }
    return false;
}

/* The number that @text begins with, and where it ends. */
static bool number_value(const char *text, uint64_t *v, const char **end)
{
    char *stop;
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *v = strtoull(text, &stop, 0);
    *end = stop;
    return !errno;
}

static bool term_value(struct cpu *cpu, const char **text, uint64_t *v, const char **why)
{
    if (**text == '$') {
        const char *name = *text + 1;
        size_t len = strcspn(name, "+-");
        *why = "no such register; info registers lists them";
        *text = name + len;
        return reg_value(cpu, name, len, v);
    }
    *why = "not a number (4096, 0x1000) or register ($r3)";
    return number_value(*text, v, text);
}

bool expr_value(struct cpu *cpu, const char *text, uint64_t *value, const char **why)
{
    uint64_t sum = 0, v;
    char sign = '+';
    for (;;) {
        if (!term_value(cpu, &text, &v, why))
            return false;
        sum = sign == '+' ? sum + v : sum - v;
        if (!*text)
            break;
        *why = "only + and - stand between numbers";
        sign = *text++;
        if (sign != '+' && sign != '-')
            return false;
    }
    *value = sum;
    return true;
}
