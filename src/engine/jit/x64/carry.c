/* SPDX-License-Identifier: Apache-2.0 */
/* Additions and subtractions that set CA and CA32. */
#include "tr.h"

/* The carries of an addition are those of the host's; of a subtraction the opposite. */
static enum x64_cc carry(bool add)
{
    return add ? CC_B : CC_AE;
}

/* The host's carry, for it the borrow of a subtraction, is the opposite of CA. */
static void no_carry_to_host(struct tr *t)
{
    unsigned r = scratch_with(t, SCRATCH_CA);

    if (r == NOT_PINNED)
        x_alu_mi8(&t->e, X_CMP, CPU_MEM(ca), 1);
    else
        x_alu_ri(&t->e, false, X_CMP, r, 1);
}

/* CA; RDX has it, too, for an instruction that wants it before memory gives it back. */
static void set_ca(struct tr *t, bool add)
{
    x_setcc_r(&t->e, carry(add), RDX);
    x_ext_rr(&t->e, X_MOVZX8, RDX, RDX);
    x_mov_mr8(&t->e, CPU_MEM(ca), RDX);
    scratch_holds(t, RDX, SCRATCH_CA);
}

/* CA32, RDX being what was added or subtracted and RAX the result: the carry into bit 32 is what
 * the operands do not tell of the result there. */
static void set_carry32(struct tr *t, bool add)
{
    x_alu_rr(&t->e, true, X_XOR, RDX, RAX);
    x_bt_ri(&t->e, true, RDX, 32);
    x_setcc_m(&t->e, carry(add), CPU_MEM(ca32));
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
        if (!wide)
            x_setcc_m(e, carry(op == X_ADD), CPU_MEM(ca32));
    }
    set_ca(t, op == X_ADD);
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
        if (!wide)
            x_setcc_m(e, carry(false), CPU_MEM(ca32));
    }
    set_ca(t, false);
    gpr_write(t, in->rt, RAX);
}

/* RT = RA + RB + CA */
static void add_extended(struct tr *t, const struct insn *in, bool record)
{
    struct emit *e = &t->e;

    gpr_copy(t, in->ra, RAX);
    unsigned r = gpr_read(t, in->rb, RCX);
    no_carry_to_host(t);
    x_mov_rr(e, true, RDX, RAX);
    x_cmc(e);
    x_alu_rr(e, true, X_ADC, RAX, r);
    x_setcc_m(e, carry(true), CPU_MEM(ca));
    x_alu_rr(e, true, X_XOR, RDX, r);
    set_carry32(t, true);
    gpr_result(t, in->rt, RAX, record);
}

/* RT = RA + @addend + CA, that is, less the addend's complement and less one without CA. */
static void add_immediate_extended(struct tr *t, const struct insn *in, int32_t addend, bool record)
{
    struct emit *e = &t->e;

    gpr_copy(t, in->ra, RAX);
    no_carry_to_host(t);
    x_mov_rr(e, true, RDX, RAX);
    x_alu_ri(e, true, X_SBB, RAX, ~addend);
    x_setcc_m(e, carry(false), CPU_MEM(ca));
    set_carry32(t, ~addend & 1); /* a bit of the complement that RDX lacks */
    gpr_result(t, in->rt, RAX, record);
}

/* RT = x + ~RA + CA; x is RB or, if @rb is NO_GPR, @imm. */
static void subtract_extended(struct tr *t, const struct insn *in, unsigned rb, int32_t imm,
                              bool record)
{
    struct emit *e = &t->e;

    if (rb == NO_GPR)
        x_mov_ri(e, RAX, (uint64_t)(int64_t)imm);
    else
        gpr_copy(t, rb, RAX);
    unsigned r = gpr_read(t, in->ra, RCX);
    no_carry_to_host(t);
    x_mov_rr(e, true, RDX, RAX);
    x_alu_rr(e, true, X_SBB, RAX, r);
    x_setcc_m(e, carry(false), CPU_MEM(ca));
    x_alu_rr(e, true, X_XOR, RDX, r);
    set_carry32(t, false);
    gpr_result(t, in->rt, RAX, record);
}

bool x64_carry(struct tr *t, const struct insn *in)
{
    switch (in->id) {
        WITH_RECORD(ADDIC, sum(t, in->rt, X_ADD, in->ra, NO_GPR, (int32_t)in->imm, record))
        WITH_RECORD(ADDC, sum(t, in->rt, X_ADD, in->ra, in->rb, 0, record))
        WITH_RECORD(SUBFC, sum(t, in->rt, X_SUB, in->rb, in->ra, 0, record))
        WITH_RECORD(ADDE, add_extended(t, in, record))
        WITH_RECORD(ADDZE, add_immediate_extended(t, in, 0, record))
        WITH_RECORD(ADDME, add_immediate_extended(t, in, -1, record))
        WITH_RECORD(SUBFE, subtract_extended(t, in, in->rb, 0, record))
        WITH_RECORD(SUBFZE, subtract_extended(t, in, NO_GPR, 0, record))
        WITH_RECORD(SUBFME, subtract_extended(t, in, NO_GPR, -1, record))
    case INSN_SUBFIC:
        subtract_from(t, in);
        return true;
    default:
        return false;
    }
}
