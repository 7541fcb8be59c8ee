/* SPDX-License-Identifier: Apache-2.0 */
/* What loads and stores move, by their rows of access.def and their operands. */
#include "pefemu/access.h"

#include <string.h>

enum { KNOWN = 1, INDEXED = 2, UPDATE = 4, STORE = 8 };

static uint8_t read_operands(const char *operands)
{
    uint8_t form = KNOWN;

    if (strstr(operands, ",RB"))
        form |= INDEXED;
    if (strstr(operands, "U(RA)") || strstr(operands, ",RA,RB")) /* RA0 without update */
        form |= UPDATE;
    if (operands[strcspn(operands, ",") - 1] == 'S') /* RS, FRS, VRS, XS */
        form |= STORE;
    return form;
}

bool access_of(unsigned id, struct access *a)
{
    static const struct access table[INSN_COUNT] = {
#define ACCESS(id, bytes, registers, how)                                                          \
    [INSN_##id] = {.size = (bytes), .regs = ACCESS_##registers, .as = AS_##how},
#include "pefemu/access.def"
#undef ACCESS
    };
    static uint8_t forms[INSN_COUNT]; /* filled by whoever asks first: all find the same */

    *a = table[id];
    if (!a->size)
        return false;
    uint8_t form = __atomic_load_n(&forms[id], __ATOMIC_RELAXED);
    if (!form) {
        form = read_operands(insn_table[id].operands);
        __atomic_store_n(&forms[id], form, __ATOMIC_RELAXED);
    }
    a->indexed = form & INDEXED;
    a->update = form & UPDATE;
    a->store = form & STORE;
    return true;
}
