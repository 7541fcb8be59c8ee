/* SPDX-License-Identifier: Apache-2.0 */
/* GPRs as sums of what is not known and constants, so that it shows which accesses lie near each
 * other though their registers are different ones. */
#include "memory.h"

void values_begin(struct gpr_values *v)
{
    for (unsigned n = 0; n < 32; n++)
        v->of[n] = (struct gpr_value){.id = (uint16_t)n};
    v->next = 32;
}

static void unknown(struct gpr_values *v, unsigned n)
{
    v->of[n] = (struct gpr_value){.id = v->next++};
}

void values_after(struct gpr_values *v, const struct insn *in)
{
    unsigned uses = insn_uses(in->id);
    struct access a;

    if (in->id == INSN_ADDI && in->ra) {
        v->of[in->rt] = v->of[in->ra];
        v->of[in->rt].plus += (int32_t)in->imm;
        return;
    }
    if (in->id == INSN_OR && in->rt == in->rb) { /* mr */
        v->of[in->ra] = v->of[in->rt];
        return;
    }
    if (uses & WRITES_RT)
        unknown(v, in->rt);
    if (!(uses & WRITES_RA))
        return;
    if (x64_access_of(in, &a) && !a.indexed)
        v->of[in->ra].plus += (int32_t)in->imm;
    else
        unknown(v, in->ra);
}

bool values_have(const struct gpr_values *v, unsigned id)
{
    for (unsigned n = 0; n < 32; n++)
        if (v->of[n].id == id)
            return true;
    return false;
}
