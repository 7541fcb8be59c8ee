/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong on the host's side: the process's exit statuses and the one line for the user. */
#ifndef PEFEMU_ERR_H
#define PEFEMU_ERR_H

#include <stdarg.h>

enum exit_code {
#define EXIT_CODE(id, number, when) EXIT_PEF_##id = number,
#include "pefemu/exitcode.def"
#undef EXIT_CODE
};

/**
 * pef_complain - the line for the user: "pefemu: WHAT: why; what to do"
 * Non-printable bytes of the user's values come out as '?', so that it stays one line.
 */
void pef_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same of another @program of the project. */
void err_line(const char *program, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

#endif
