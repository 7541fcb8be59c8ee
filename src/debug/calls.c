/* SPDX-License-Identifier: Apache-2.0 */
/* Calls, decoded by the tables: ucall.def, hcall.def, callarg.def; names.h. */
#include "calls.h"

#include <inttypes.h>
#include <stdio.h>

#include "pefemu/names.h"
#include "pefemu/uv.h"

const char *call_name(enum call_kind kind, uint64_t number, unsigned *nargs)
{
    if (nargs)
        *nargs = kind == CALL_ULTRA ? uv_call_nargs(number) : hcall_nargs(number);
    return kind == CALL_ULTRA ? uv_call_name(number) : hcall_name(number);
}

bool call_number(enum call_kind kind, const char *name, uint64_t *number)
{
    static const struct {
        enum call_kind kind;
        uint64_t number;
        const char *name;
    } calls[] = {
#define UCALL(number, name, ...)     {CALL_ULTRA, number, #name},
#define HCALL(number, name, ...)     {CALL_HYPER, number, #name},
#define SVM_HCALL(number, name, ...) {CALL_HYPER, number, #name},
#include "pefemu/hcall.def"
#include "pefemu/svm_hcall.def"
#include "pefemu/ucall.def"
#undef UCALL
#undef HCALL
#undef SVM_HCALL
    };
    for (unsigned i = 0; i < ARRAY_SIZE(calls); i++)
        if (calls[i].kind == kind && !strcmp(calls[i].name, name)) {
            *number = calls[i].number;
            return true;
        }
    return false;
}

/* ---- arguments ---- */

enum unit { GPA, RA, EA, GFN, LPID, BYTES, PAGES, LOG2, FLAGS, HEX, TEXT, NUMBER };

struct arg_row {
    const char *call;
    unsigned n;
    const char *name;
    enum unit unit;
    const char *meaning;
};

static const struct arg_row arg_rows[] = {
#define CALL_ARG(call, n, name, unit, meaning) {#call, n, name, unit, meaning},
#define CALL_RESULT(...)
#include "pefemu/callarg.def"
#undef CALL_ARG
#undef CALL_RESULT
};

static const struct arg_row result_rows[] = {
/* n: the register */
#define CALL_ARG(...)
#define CALL_RESULT(call, r, name, unit, meaning) {#call, r, name, unit, meaning},
#include "pefemu/callarg.def"
#undef CALL_ARG
#undef CALL_RESULT
};

static const struct arg_row *find_row(const struct arg_row *rows, unsigned count, const char *call,
                                      unsigned n)
{
    for (unsigned i = 0; i < count; i++)
        if (rows[i].n == n && !strcmp(rows[i].call, call))
            return &rows[i];
    return NULL;
}

static const struct arg_row *find_arg(const char *call, unsigned n)
{
    return find_row(arg_rows, ARRAY_SIZE(arg_rows), call, n);
}

static const struct arg_row *find_result(const char *call, unsigned r)
{
    return find_row(result_rows, ARRAY_SIZE(result_rows), call, r);
}

static void bytes_text(char *out, size_t size, uint64_t v)
{
    if (v && !(v & (MiB - 1)))
        snprintf(out, size, "%" PRIu64 " MiB", (uint64_t)(v / MiB));
    else if (v && !(v & (KiB - 1)))
        snprintf(out, size, "%" PRIu64 " KiB", (uint64_t)(v / KiB));
    else
        snprintf(out, size, "%" PRIu64 " bytes", v);
}

static void unit_text(char *out, size_t size, enum unit unit, uint64_t v)
{
    char letters[9] = "";
    switch (unit) {
    case GPA:
        snprintf(out, size, "guest real address");
        break;
    case RA:
        snprintf(out, size, "%s real address", v & SECURE_RA_BIT ? "secure" : "normal");
        break;
    case EA:
        snprintf(out, size, "effective address");
        break;
    case GFN:
        snprintf(out, size, "page at 0x%" PRIx64, v << UV_PAGE_LOG2);
        break;
    case LPID:
        snprintf(out, size, "partition %" PRIu64, v);
        break;
    case BYTES:
        bytes_text(out, size, v);
        break;
    case PAGES:
        snprintf(out, size, "%" PRIu64 " pages of 64 KiB", v);
        break;
    case LOG2:
        if (v < 64)
            bytes_text(out, size, 1ULL << v);
        else
            snprintf(out, size, "no size");
        break;
    case FLAGS:
        snprintf(out, size, v ? "flags" : "no flags");
        break;
    case HEX:
        snprintf(out, size, "bits");
        break;
    case TEXT:
        put_be64(letters, v);
        snprintf(out, size, "\"%s\"", letters);
        break;
    case NUMBER:
        snprintf(out, size, "%" PRIu64, v);
        break;
    }
}

void call_report_args(struct report *r, enum call_kind kind, uint64_t number, const uint64_t *args)
{
    unsigned nargs;
    const char *name = call_name(kind, number, &nargs);
    char text[48];
    if (!name || !nargs)
        return;
    report_table(r, "arguments", NULL);
    for (unsigned i = 0; i < nargs; i++) {
        const struct arg_row *arg = find_arg(name, i + 1);
        unit_text(text, sizeof(text), arg ? arg->unit : NUMBER, args[i]);
        report_row(r);
        report_str(r, "register", "r%u", i + 4);
        report_str(r, "argument", "%s", arg ? arg->name : "");
        report_hex(r, "value", args[i]);
        report_str(r, "is", "%s", text);
        report_str(r, "meaning", "%s", arg ? arg->meaning : "");
    }
}

void call_line(char *out, size_t size, enum call_kind kind, uint64_t number, const uint64_t *args)
{
    unsigned nargs;
    const char *name = call_name(kind, number, &nargs);
    if (!name) {
        snprintf(out, size, "%s 0x%" PRIx64, kind == CALL_ULTRA ? "ultracall" : "hypercall",
                 number);
        return;
    }
    size_t n = (size_t)snprintf(out, size, "%s(", name);
    for (unsigned i = 0; i < nargs && n < size; i++) {
        const struct arg_row *arg = find_arg(name, i + 1);
        n += (size_t)snprintf(out + n, size - n, "%s%s%s0x%" PRIx64, i ? ", " : "",
                              arg ? arg->name : "", arg ? " " : "", args[i]);
    }
    if (n < size)
        snprintf(out + n, size - n, ")");
}

/* ---- answers ---- */

void call_status(char *out, size_t size, enum call_kind kind, int64_t rc)
{
    const char *name = kind == CALL_ULTRA ? ucall_status_name(rc) : hcall_status_name(rc);
    if (name)
        snprintf(out, size, "%s (%" PRId64 ")", name, rc);
    else
        snprintf(out, size, "%" PRId64, rc);
}

static void report_result(struct report *r, const char *call, unsigned reg, uint64_t value)
{
    const struct arg_row *row = find_result(call, reg);
    char text[48];
    unit_text(text, sizeof(text), row ? row->unit : NUMBER, value);
    report_row(r);
    report_str(r, "register", "r%u", reg);
    report_str(r, "result", "%s", row ? row->name : "");
    report_hex(r, "value", value);
    report_str(r, "is", "%s", text);
    report_str(r, "meaning", "%s", row ? row->meaning : "");
}

void call_report_results(struct report *r, uint64_t number, int64_t rc, const uint64_t *gpr)
{
    const char *name = uv_call_name(number);
    unsigned first, count = uv_call_results(number, &first);
    char text[48];
    report_table(r, "results", NULL);
    if (name && rc >= 0 && find_result(name, 3)) {
        report_result(r, name, 3, (uint64_t)rc);
    } else {
        call_status(text, sizeof(text), CALL_ULTRA, rc);
        report_row(r);
        report_str(r, "register", "r3");
        report_str(r, "result", "status");
        report_hex(r, "value", (uint64_t)rc);
        report_str(r, "is", "%s", text);
        report_str(r, "meaning", "%s", rc < 0 ? "why it was refused" : "it is done");
    }
    for (unsigned i = 0; name && rc >= 0 && i < count; i++)
        report_result(r, name, first + i, gpr[first + i]);
}
