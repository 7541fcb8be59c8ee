/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong on the host's side: the process's exit statuses and the one line for the user. */
#ifndef PEFEMU_ERR_H
#define PEFEMU_ERR_H

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

#endif
