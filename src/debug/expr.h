/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as commands take them: 4096, 0x1000, $r3, $pc+8, a symbol where there are some. */
#ifndef PEFEMU_DEBUG_EXPR_H
#define PEFEMU_DEBUG_EXPR_H

#include "pefemu/cpu.h"

/* False: *why is set to a sentence. @cpu: whose registers count; NULL: there are none. */
bool expr_value(struct cpu *cpu, const char *text, uint64_t *value, const char **why);

#endif
