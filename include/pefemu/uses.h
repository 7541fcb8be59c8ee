/* SPDX-License-Identifier: Apache-2.0 */
/* What an instruction reads and writes, by the operands that its row of insn.def names. */
#ifndef PEFEMU_USES_H
#define PEFEMU_USES_H

#include "pefemu/insn.h"

enum {
    READS_RT = 1, /* RT stands for RS as well */
    READS_RA = 2,
    READS_RB = 4,
    READS_RC = 8,
    WRITES_RT = 16,
    WRITES_RA = 32,
    STORES = 64, /* in memory */
};

/* Of INSN_@id: a set of the above. GPRs that no operand names, as those of lmw, are not in it. */
unsigned insn_uses(unsigned id);

/* Of an instruction of a vector or floating-point facility: no GPR, hence no memory, and no CR
 * field. */
bool insn_has_only_vsrs(unsigned id);

/* Does @in read, or write, GPR @n? As insn_uses(). */
bool insn_reads_gpr(const struct insn *in, unsigned n);
bool insn_writes_gpr(const struct insn *in, unsigned n);

#endif
