/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of CR as struct cpu has them, for cr.c and the instructions of cr_insn.c: each is either
 * the outcome of a comparison, cr_lazy[], or plain. */
#ifndef PEFEMU_SRC_X64_CR_H
#define PEFEMU_SRC_X64_CR_H

#include "tr.h"

static inline struct x64_mem cr_lazy(unsigned bf, unsigned byte)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, cr_lazy) + 2 * bf + byte) - CPU_BIAS);
}

static inline struct x64_mem cr_plain(unsigned bf)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, cr) + bf) - CPU_BIAS);
}

/* Field @bf is in cpu->cr[] from here on. */
void cr_make_plain(struct tr *t, unsigned bf);
/* Field @bf is about to be replaced as a whole in cpu->cr[]. */
void cr_replace(struct tr *t, unsigned bf);
/* Field @bf has another value than that of a comparison. */
void cr_drop_compare(struct tr *t, unsigned bf);

#endif
