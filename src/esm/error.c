/* SPDX-License-Identifier: Apache-2.0 */
/* One line for each thing that can be wrong. */
#include "esm_internal.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const why[] = {
#define ESM_ERR(id, text) [ESM_##id] = text,
#include "pefemu/esmerr.def"
#undef ESM_ERR
};

const char *esm_strerror(enum esm_err code)
{
    return (unsigned)code < ARRAY_SIZE(why) ? why[code] : "unknown error";
}

enum esm_err esm_fail(struct esm_error *e, enum esm_err code, const char *field, const char *fmt,
                      ...)
{
    va_list ap;
    int n;
    if (!e)
        return code;
    e->code = code;
    n = snprintf(e->text, sizeof(e->text), "%s: ", field);
    if (n < 0 || (size_t)n >= sizeof(e->text))
        n = (int)sizeof(e->text) - 1;
    va_start(ap, fmt);
    if (fmt)
        vsnprintf(e->text + n, sizeof(e->text) - (size_t)n, fmt, ap);
    else
        snprintf(e->text + n, sizeof(e->text) - (size_t)n, "%s", esm_strerror(code));
    va_end(ap);
    for (char *p = e->text; *p; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
            *p = '?';
    return code;
}
