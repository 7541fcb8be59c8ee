/* SPDX-License-Identifier: Apache-2.0 */
/* What loads and stores move, by their rows of access.def and their operands. */
#include "pefemu/access.h"
#include "pefemu/uses.h"

bool access_of(unsigned id, struct access *a)
{
    static const struct access table[INSN_COUNT] = {
#define ACCESS(id, bytes, registers, how)                                                          \
    [INSN_##id] = {.size = (bytes), .regs = ACCESS_##registers, .as = AS_##how},
#include "pefemu/access.def"
#undef ACCESS
    };

    *a = table[id];
    if (!a->size)
        return false;
    unsigned uses = insn_uses(id);
    a->indexed = uses & READS_RB;
    a->update = uses & WRITES_RA;
    a->store = uses & STORES;
    return true;
}
