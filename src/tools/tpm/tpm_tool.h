/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of pefemu-tpm share. */
#ifndef PEFEMU_TPM_TOOL_H
#define PEFEMU_TPM_TOOL_H

#include "pefemu/tpm.h"

/* An open TPM and firmware's end of it. */
struct tool {
    const char *dir, *output; /* borrowed; output is NULL for standard output */
    struct tpm *tpm;          /* owned */
    struct tss tss;
};

/** complain - one line on standard error: "pefemu-tpm: ..." */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One function per row of command.def; false after the complaint. The TPM is on, not yet started.
 */
#define TPM_TOOL_COMMAND(name, makes, writes, help, more) bool command_##name(struct tool *t);
#include "tools/tpm/command.def"
#undef TPM_TOOL_COMMAND

#endif
