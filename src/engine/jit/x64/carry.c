/* SPDX-License-Identifier: Apache-2.0 */
/* Additions and subtractions that set CA and CA32. */
#include "tr.h"

/* The carries of an addition are those of the host's; of a subtraction the opposite. */
static void set_carry(struct tr *t, struct x64_mem m, bool add)
{
    x_setcc_m(&t->e, add ? CC_B : CC_AE, m);
}

/* RT = GPR @x + y or, with X_SUB, - y: twice, the first time of the low words for CA32. y is GPR
 * @y or, if that is NO_GPR, @imm. */
static void sum(struct tr *t, unsigned rt, enum x64_alu op, unsigned x, unsigned y, int32_t imm,
                bool record)
{
    struct emit *e = &t->e;
    unsigned d = gpr_dest(t, rt, RAX), r = y == NO_GPR ? NO_GPR : gpr_read(t, y, RCX);

    if (d == r && x != y) /* the register is still needed */
        d = RAX;
    for (unsigned wide = 0; wide < 2; wide++) {
        unsigned to = wide ? d : RAX;

        if (!wide || to != t->pin[x])
            gpr_copy(t, x, to);
        if (r == NO_GPR)
            x_alu_ri(e, wide, op, to, imm);
        else
            x_alu_rr(e, wide, op, to, r);
        set_carry(t, wide ? CPU_MEM(ca) : CPU_MEM(ca32), op == X_ADD);
    }
    gpr_result(t, rt, d, record);
}

/* RT = @imm - RA */
static void subtract_from(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    unsigned a = gpr_read(t, in->ra, RCX);

    for (unsigned wide = 0; wide < 2; wide++) {
        x_mov_ri(e, RAX, (uint64_t)in->imm);
        x_alu_rr(e, wide, X_SUB, RAX, a);
        set_carry(t, wide ? CPU_MEM(ca) : CPU_MEM(ca32), false);
    }
    gpr_write(t, in->rt, RAX);
}

enum addend { ADD_RB, ADD_ZERO, ADD_MINUS_1 };

/* RT = x + y + CA; the carry into bit 32 is what the addends do not tell of the sum there.
 * @complement: x is ~RA, else RA. */
static void extended(struct tr *t, const struct insn *in, bool complement, enum addend y,
                     bool record)
{
    struct emit *e = &t->e;

    gpr_copy(t, in->ra, RAX);
    if (complement)
        x_unary_r(e, true, X_NOT, RAX);
    unsigned r = y == ADD_RB ? gpr_read(t, in->rb, RCX) : NO_GPR;
    x_mov_rr(e, true, RDX, RAX);
    if (r != NO_GPR)
        x_alu_rr(e, true, X_XOR, RDX, r);
    x_alu_mi8(e, X_ADD, CPU_MEM(ca), 0xff); /* the host's carry becomes CA */
    if (r != NO_GPR)
        x_alu_rr(e, true, X_ADC, RAX, r);
    else
        x_alu_ri(e, true, X_ADC, RAX, y == ADD_ZERO ? 0 : -1);
    x_setcc_m(e, CC_B, CPU_MEM(ca));
    x_alu_rr(e, true, X_XOR, RDX, RAX);
    x_bt_ri(e, true, RDX, 32);
    x_setcc_m(e, y == ADD_MINUS_1 ? CC_AE : CC_B, CPU_MEM(ca32));
    gpr_result(t, in->rt, RAX, record);
}

bool x64_carry(struct tr *t, const struct insn *in)
{
    switch (in->id) {
        WITH_RECORD(ADDIC, sum(t, in->rt, X_ADD, in->ra, NO_GPR, (int32_t)in->imm, record))
        WITH_RECORD(ADDC, sum(t, in->rt, X_ADD, in->ra, in->rb, 0, record))
        WITH_RECORD(SUBFC, sum(t, in->rt, X_SUB, in->rb, in->ra, 0, record))
        WITH_RECORD(ADDE, extended(t, in, false, ADD_RB, record))
        WITH_RECORD(ADDZE, extended(t, in, false, ADD_ZERO, record))
        WITH_RECORD(ADDME, extended(t, in, false, ADD_MINUS_1, record))
        WITH_RECORD(SUBFE, extended(t, in, true, ADD_RB, record))
        WITH_RECORD(SUBFZE, extended(t, in, true, ADD_ZERO, record))
        WITH_RECORD(SUBFME, extended(t, in, true, ADD_MINUS_1, record))
    case INSN_SUBFIC:
        subtract_from(t, in);
        return true;
    default:
        return false;
    }
}
