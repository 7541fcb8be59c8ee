/* SPDX-License-Identifier: Apache-2.0 */
#include "pefemu/uses.h"

#include <string.h>

enum { USES_KNOWN = 0x80 };

static bool is_token(const char *s, size_t len, const char *name)
{
    return strlen(name) == len && !memcmp(s, name, len);
}

/* Of one operand, [@s, @s + @len); @first: a result, if it is written as RA. */
static unsigned uses_of_operand(const char *s, size_t len, bool first)
{
    if (memchr(s, '(', len)) /* D(RA), DU(RA) and the like */
        return READS_RA | (memchr(s, 'U', len) ? WRITES_RA : 0);
    if (is_token(s, len, "RT") || is_token(s, len, "RTp"))
        return WRITES_RT;
    if (is_token(s, len, "RS") || is_token(s, len, "RSp"))
        return READS_RT;
    if (is_token(s, len, "RA") || is_token(s, len, "RA0"))
        return first ? WRITES_RA : READS_RA;
    if (is_token(s, len, "RB"))
        return READS_RB;
    return is_token(s, len, "RC") ? READS_RC : 0;
}

/* What is stored stands first. */
static bool is_store(const char *operands)
{
    static const char *const sources[] = {"RS", "RSp", "FRS", "FRSp", "VRS", "XS"};
    size_t len = strcspn(operands, ",");

    for (unsigned i = 0; i < ARRAY_SIZE(sources); i++)
        if (is_token(operands, len, sources[i]))
            return strstr(operands, "RA");
    return false;
}

unsigned insn_uses(unsigned id)
{
    static uint8_t cache[INSN_COUNT]; /* filled by whoever asks first: all find the same */
    const struct insn_row *row = &insn_table[id];
    unsigned uses = __atomic_load_n(&cache[id], __ATOMIC_RELAXED);

    if (uses)
        return uses & ~USES_KNOWN;
    for (const char *s = row->operands; *s;) {
        size_t len = strcspn(s, ",");

        uses |= uses_of_operand(s, len, s == row->operands);
        s += len + (s[len] == ',');
    }
    if ((row->fac == FAC_LSU || row->fac == FAC_FPU) && strstr(row->operands, ",RA,RB"))
        uses |= WRITES_RA;
    if (is_store(row->operands))
        uses |= STORES;
    __atomic_store_n(&cache[id], (uint8_t)(uses | USES_KNOWN), __ATOMIC_RELAXED);
    return uses;
}

bool insn_has_only_vsrs(unsigned id)
{
    const struct insn_row *row = &insn_table[id];

    return !insn_uses(id) && !strstr(row->operands, "BF") && !strchr(row->mnemonic, '.');
}

bool insn_writes_gpr(const struct insn *in, unsigned n)
{
    unsigned uses = insn_uses(in->id);

    return ((uses & WRITES_RT) && in->rt == n) || ((uses & WRITES_RA) && in->ra == n);
}

bool insn_reads_gpr(const struct insn *in, unsigned n)
{
    unsigned uses = insn_uses(in->id);

    return ((uses & READS_RT) && in->rt == n) || ((uses & READS_RA) && in->ra == n) ||
           ((uses & READS_RB) && in->rb == n) || ((uses & READS_RC) && in->rc == n);
}
