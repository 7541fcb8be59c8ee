/* SPDX-License-Identifier: Apache-2.0 */
/* What pefemu-esm says. */
#include "esm_tool.h"

#include "pefemu/err.h"

#include <stdarg.h>
#include <stdio.h>

bool complain(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    err_line("pefemu-esm", fmt, ap);
    va_end(ap);
    return false;
}

bool complain_esm(const char *subject, const struct esm_error *e)
{
    return complain("%s: %s", subject, e->text);
}

void say(const struct arguments *a, const char *fmt, ...)
{
    va_list ap;
    if (!a->verbose)
        return;
    va_start(ap, fmt);
    err_line("pefemu-esm", fmt, ap);
    va_end(ap);
}

void print_safe(const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c == 0x7f || c == '\\')
            printf("\\x%02x", c);
        else
            putchar(c);
    }
}

void print_hex(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf("%02x", p[i]);
}
