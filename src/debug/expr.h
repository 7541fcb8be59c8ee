/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as commands take them: 4096, 0x1000, $r3, $pc+8, printk+0x10. */
#ifndef PEFEMU_DEBUG_EXPR_H
#define PEFEMU_DEBUG_EXPR_H

#include "pefemu/cpu.h"

/* False: *why is set to a sentence. @cpu: whose registers and symbols count; NULL: there are none.
 */
bool expr_value(struct cpu *cpu, const char *text, uint64_t *value, const char **why);
/* The same for code: a function's name alone is where every call of it passes. */
bool expr_code(struct cpu *cpu, const char *text, ea_t *ea, const char **why);

#endif
