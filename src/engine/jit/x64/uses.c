/* SPDX-License-Identifier: Apache-2.0 */
/* What an instruction reads and writes, from the names of its operands in the table. */
#include "tr.h"

#include <string.h>

#define USES_KNOWN 0x80

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

unsigned x64_uses(unsigned id)
{
    static uint8_t cache[INSN_COUNT];
    const struct insn_row *row = &insn_table[id];
    unsigned uses = USES_KNOWN;

    if (cache[id])
        return cache[id];
    for (const char *s = row->operands; *s;) {
        size_t len = strcspn(s, ",");

        uses |= uses_of_operand(s, len, s == row->operands);
        s += len + (s[len] == ',');
    }
    if ((row->fac == FAC_LSU || row->fac == FAC_FPU) && strstr(row->operands, ",RA,RB"))
        uses |= WRITES_RA;
    if (is_store(row->operands))
        uses |= STORES;
    return cache[id] = (uint8_t)uses;
}

bool x64_has_only_vsrs(unsigned id)
{
    const struct insn_row *row = &insn_table[id];

    return x64_uses(id) == USES_KNOWN && !strstr(row->operands, "BF") &&
           !strchr(row->mnemonic, '.');
}

bool x64_writes_gpr(const struct insn *in, unsigned n)
{
    unsigned uses = x64_uses(in->id);

    return ((uses & WRITES_RT) && in->rt == n) || ((uses & WRITES_RA) && in->ra == n);
}

bool x64_reads_gpr(const struct insn *in, unsigned n)
{
    unsigned uses = x64_uses(in->id);

    return ((uses & READS_RT) && in->rt == n) || ((uses & READS_RA) && in->ra == n) ||
           ((uses & READS_RB) && in->rb == n) || ((uses & READS_RC) && in->rc == n);
}
