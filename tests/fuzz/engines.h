/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of two engines against each other share: words that lead somewhere, and the comparison
 * of all that a program can see. tests/fuzz/engines.c */
#ifndef PEFEMU_FUZZ_ENGINES_H
#define PEFEMU_FUZZ_ENGINES_H

#include "pefemu/machine.h"

/* @word, an instruction of @row at index @at of a program of @count, with operands that lead
 * somewhere: branches into the program or to its end, SPRs that exist. */
uint32_t engines_tame(const struct insn_row *row, uint32_t word, unsigned at, unsigned count);
/* Prints the registers of CPU 0 that differ, and times; how many do. */
unsigned engines_differ(const struct machine *ref, const struct machine *interp);
/* Prints the first doublewords of [0, size) that differ, named @what; how many it printed. */
unsigned engines_memory_differs(const char *what, const uint8_t *ref, const uint8_t *interp,
                                uint64_t size);

#endif
