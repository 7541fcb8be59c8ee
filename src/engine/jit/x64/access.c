/* SPDX-License-Identifier: Apache-2.0 */
/* What access.def has of loads and stores, with what the operands say. */
#include "memory.h"

bool access_of(const struct insn *in, struct access *a)
{
    static const struct access table[INSN_COUNT] = {
#define ACCESS(id, bytes, where, how) [INSN_##id] = {.size = (bytes), ACCESS_##where, how},
#include "access.def"
#undef ACCESS
    };

    *a = table[in->id];
    if (!a->size)
        return false;
    unsigned uses = x64_uses(in->id);
    a->indexed = uses & READS_RB;
    a->update = uses & WRITES_RA;
    a->store = uses & STORES;
    return true;
}
