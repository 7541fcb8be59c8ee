/* SPDX-License-Identifier: Apache-2.0 */
/* Ultracalls and hypercalls by name and number, their arguments and answers, for people. */
#ifndef PEFEMU_DEBUG_CALLS_H
#define PEFEMU_DEBUG_CALLS_H

#include "report.h"

enum call_kind { CALL_ULTRA, CALL_HYPER };

/* The name of @number, and how many arguments it has. NULL: there is no such call. */
const char *call_name(enum call_kind kind, uint64_t number, unsigned *nargs);
/* False: there is no such name. */
bool call_number(enum call_kind kind, const char *name, uint64_t *number);

/* A table "arguments": register, name, value, what it is in its unit, what it means. @args: from R4
 * on. */
void call_report_args(struct report *r, enum call_kind kind, uint64_t number, const uint64_t *args);
/* "UV_PAGE_IN(lpid 1, src 0x.., ...)" in @out. */
void call_line(char *out, size_t size, enum call_kind kind, uint64_t number, const uint64_t *args);

/* A table "results" of ultracall @number that ends with @rc: R3, and the registers beside it that
 * the call defines. @gpr: all, as the caller will find them. */
void call_report_results(struct report *r, uint64_t number, int64_t rc, const uint64_t *gpr);

/* "U_P3 (-56)", or the number alone, in @out. */
void call_status(char *out, size_t size, enum call_kind kind, int64_t rc);

#endif
