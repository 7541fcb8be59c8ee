/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and differences of numbers, registers and symbols. */
#include "expr.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "pefemu/machine.h"
#include "pefemu/symbols.h"

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

/* Of the state that the CPU is in, else of whoever has it. */
static bool find_symbol(struct cpu *cpu, const char *name, struct symbol *out)
{
    const struct symbols *s = cpu && cpu->machine ? symbols_of(cpu->machine) : NULL;
    return s && (symbols_named(s, symbols_context(cpu), name, out) ||
                 symbols_named(s, SYMBOLS_ANY, name, out));
}

/* Names may have dots in them, and numbers, but no sign. */
static bool symbol_value(struct cpu *cpu, const char *name, size_t len, uint64_t *v)
{
    char copy[256];
    struct symbol sym;
    if (!len || len >= sizeof(copy))
        return false;
    snprintf(copy, sizeof(copy), "%.*s", (int)len, name);
    if (!find_symbol(cpu, copy, &sym))
        return false;
    *v = sym.ea;
    return true;
}

bool expr_code(struct cpu *cpu, const char *text, ea_t *ea, const char **why)
{
    struct symbol sym;
    if (!find_symbol(cpu, text, &sym))
        return expr_value(cpu, text, ea, why);
    *ea = sym.function ? sym.body : sym.ea;
    return true;
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
    if (!isdigit((unsigned char)**text)) {
        const char *name = *text;
        size_t len = strcspn(name, "+-");
        *why = "not a number (4096, 0x1000), a register ($r3) or a symbol";
        *text = name + len;
        return symbol_value(cpu, name, len, v);
    }
    *why = "not a number";
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
