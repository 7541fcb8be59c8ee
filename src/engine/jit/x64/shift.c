/* SPDX-License-Identifier: Apache-2.0 */
/* Rotates and shifts. */
#include "tr.h"

/* @r &= @mask; RCX is lost */
static void and_mask(struct tr *t, unsigned r, uint64_t mask)
{
    struct emit *e = &t->e;

    if (mask == ~0ULL)
        return;
    if (mask == 0xff)
        x_ext_rr(e, X_MOVZX8, r, r);
    else if (mask == 0xffff)
        x_ext_rr(e, X_MOVZX16, r, r);
    else if (mask == 0xffffffff)
        x_mov_rr(e, false, r, r);
    else if (mask <= 0x7fffffff)
        x_alu_ri(e, false, X_AND, r, (int32_t)mask);
    else if (mask <= 0xffffffff)
        x_alu_ri(e, false, X_AND, r, (int32_t)(uint32_t)mask);
    else if ((uint64_t)(int64_t)(int32_t)mask == mask)
        x_alu_ri(e, true, X_AND, r, (int32_t)mask);
    else {
        x_mov_ri(e, RCX, mask);
        x_alu_rr(e, true, X_AND, r, RCX);
    }
}

/* GPR @n & @mask in @to, for the masks that a move can do. */
static bool move_masked(struct tr *t, unsigned n, unsigned to, uint64_t mask)
{
    unsigned op = mask == 0xff ? X_MOVZX8 : X_MOVZX16;
    unsigned r = gpr_where(t, n);

    if (mask == 0xffffffff)
        r != NOT_PINNED ? x_mov_rr(&t->e, false, to, r) : x_mov_rm(&t->e, false, to, gpr_mem(n));
    else if (mask == 0xff || mask == 0xffff)
        gpr_extend(t, op, to, n);
    else
        return false;
    return true;
}

/* GPR @n rotated left, as a word or a doubleword (@w), in @to; of a word the high half is 0. */
static void rotate_to(struct tr *t, unsigned n, unsigned to, bool w, unsigned sh)
{
    struct emit *e = &t->e;
    unsigned right = (w ? 64 : 32) - sh, r = gpr_where(t, n);

    if (sh)
        r == NOT_PINNED ? x_rorx_rm(e, w, to, gpr_mem(n), right) : x_rorx(e, w, to, r, right);
    else if (w)
        gpr_copy(t, n, to);
    else
        move_masked(t, n, to, 0xffffffff);
}

/* The same in both halves. RCX is lost. */
static void rotate_both(struct tr *t, unsigned n, unsigned to, unsigned sh)
{
    rotate_to(t, n, to, false, sh);
    x_mov_rr(&t->e, true, RCX, to);
    x_shift_ri(&t->e, true, X_SHL, RCX, 32);
    x_alu_rr(&t->e, true, X_OR, to, RCX);
}

static void rlwinm(struct tr *t, const struct insn *in, bool record)
{
    struct emit *e = &t->e;
    uint64_t mask = (uint64_t)in->imm;
    unsigned d = gpr_dest_in(t, in->ra, record ? IN_RDX : IN_RAX | IN_RDX), sh = in->sh & 31;

    if (mask >> 32) {
        rotate_both(t, in->rt, RAX, sh);
        and_mask(t, RAX, mask);
        gpr_result(t, in->ra, RAX, record);
        return;
    }
    if (sh && mask == (0xffffffffULL << sh & 0xffffffff)) { /* slwi */
        if (d != t->pin[in->rt])
            gpr_copy(t, in->rt, d);
        x_shift_ri(e, false, X_SHL, d, sh);
    } else if (sh && mask == 0xffffffffULL >> (32 - sh)) { /* srwi */
        if (d != t->pin[in->rt])
            gpr_copy(t, in->rt, d);
        x_shift_ri(e, false, X_SHR, d, 32 - sh);
    } else if (sh || !move_masked(t, in->rt, d, mask)) {
        rotate_to(t, in->rt, d, false, sh);
        if (mask != 0xffffffff)
            and_mask(t, d, mask);
    }
    gpr_result(t, in->ra, d, record);
}

/* RA = rotated & mask | RA & ~mask, the rotated value being in RAX: RA ^ (rotated ^ RA) & mask. */
static void insert(struct tr *t, const struct insn *in, bool record)
{
    struct emit *e = &t->e;
    unsigned d = gpr_read(t, in->ra, RDX);
    uint64_t mask = (uint64_t)in->imm;

    if (mask == 0xff || mask == 0xffff) {
        x_insert_rr(e, mask == 0xff ? 1 : 2, d, RAX);
    } else {
        x_alu_rr(e, true, X_XOR, RAX, d);
        and_mask(t, RAX, mask);
        x_alu_rr(e, true, X_XOR, d, RAX);
    }
    gpr_result(t, in->ra, d, record);
}

static void insert_word(struct tr *t, const struct insn *in, bool record)
{
    if ((uint64_t)in->imm >> 32)
        rotate_both(t, in->rt, RAX, in->sh & 31);
    else
        rotate_to(t, in->rt, RAX, false, in->sh & 31);
    insert(t, in, record);
}

/* A doubleword of two words, as compilers make them: RS is the high one. */
static void insert_high_word(struct tr *t, const struct insn *in, bool record)
{
    struct emit *e = &t->e;

    gpr_copy(t, in->rt, RAX);
    x_shift_ri(e, true, X_SHL, RAX, 32);
    unsigned d = gpr_read(t, in->ra, RDX);
    x_mov_rr(e, false, d, d);
    x_alu_rr(e, true, X_OR, d, RAX);
    gpr_result(t, in->ra, d, record);
}

static void insert_dword(struct tr *t, const struct insn *in, bool record)
{
    if (in->sh == 32 && (uint64_t)in->imm == 0xffffffff00000000) {
        insert_high_word(t, in, record);
        return;
    }
    rotate_to(t, in->rt, RAX, true, in->sh);
    insert(t, in, record);
}

static void rotate_and(struct tr *t, const struct insn *in, bool record)
{
    struct emit *e = &t->e;
    uint64_t mask = (uint64_t)in->imm;
    unsigned d = gpr_dest_in(t, in->ra, record ? IN_RDX : IN_RAX | IN_RDX), sh = in->sh;
    bool left = sh && mask == ~0ULL << sh, right = sh && mask == ~0ULL >> (64 - sh);

    if (left || right) {
        if (d != t->pin[in->rt])
            gpr_copy(t, in->rt, d);
        x_shift_ri(e, true, left ? X_SHL : X_SHR, d, left ? sh : 64 - sh);
    } else if (sh || !move_masked(t, in->rt, d, mask)) {
        rotate_to(t, in->rt, d, true, sh);
        and_mask(t, d, mask);
    }
    gpr_result(t, in->ra, d, record);
}

static void rotate_by_register(struct tr *t, const struct insn *in, bool w, bool record)
{
    struct emit *e = &t->e;
    uint64_t mask = (uint64_t)in->imm;

    gpr_copy(t, in->rb, RCX);
    if (w)
        gpr_copy(t, in->rt, RAX);
    else
        move_masked(t, in->rt, RAX, 0xffffffff);
    x_shift_cl(e, w, X_ROL, RAX);
    if (!w && mask >> 32) {
        x_mov_rr(e, true, RCX, RAX);
        x_shift_ri(e, true, X_SHL, RCX, 32);
        x_alu_rr(e, true, X_OR, RAX, RCX);
    }
    and_mask(t, RAX, mask);
    gpr_result(t, in->ra, RAX, record);
}

/* slw, srw: 64-bit shifts by 0 to 63 of a word do what is wanted; sld, srd: bit 6 of the amount
 * makes the result 0. */
static void shift(struct tr *t, const struct insn *in, bool w, bool left, bool record)
{
    struct emit *e = &t->e;
    unsigned count = gpr_read(t, in->rb, RCX), d = gpr_dest(t, in->ra, RAX), from = RAX;

    if (d == count) /* which is looked at once more */
        d = RAX;
    if (w || left)
        from = gpr_operand(t, in->rt, RAX);
    else
        move_masked(t, in->rt, RAX, 0xffffffff);
    x_shiftx(e, true, left ? 1 : 3, d, from, count);
    if (!w) {
        if (left)
            x_mov_rr(e, false, d, d);
    } else {
        x_alu_rr(e, false, X_XOR, RDX, RDX);
        x_test_ri(e, false, count, 64);
        x_cmov_rr(e, true, CC_NE, d, RDX);
    }
    gpr_result(t, in->ra, d, record);
}

/* GPR @n in RAX, of a word sign-extended. */
static void algebraic_operand(struct tr *t, unsigned n, bool w)
{
    if (w)
        gpr_copy(t, n, RAX);
    else
        gpr_extend(t, X_MOVSXD, RAX, n);
}

/* CA and CA32 = the low byte of RCX */
static void set_carries(struct tr *t)
{
    scratch_changed(t, SCRATCH_CA);
    x_mov_mr8(&t->e, CPU_MEM(ca), RCX);
    x_mov_mr8(&t->e, CPU_MEM(ca32), RCX);
}

/* srawi, sradi: CA and CA32 tell that ones were lost from a negative number. */
static void shift_algebraic(struct tr *t, const struct insn *in, bool w, unsigned n, bool record)
{
    struct emit *e = &t->e;

    algebraic_operand(t, in->rt, w);
    if (!n) {
        scratch_changed(t, SCRATCH_CA);
        x_mov_mi8(e, CPU_MEM(ca), 0);
        x_mov_mi8(e, CPU_MEM(ca32), 0);
        gpr_result(t, in->ra, RAX, record);
        return;
    }
    x_mov_rr(e, w, RCX, RAX);
    enum x64_cc lost;
    if (w) { /* what is lost, as the high bits; and the sign in all bits */
        x_mov_rr(e, true, RDX, RAX);
        x_shift_ri(e, true, X_SHL, RCX, 64 - n);
        x_shift_ri(e, true, X_SAR, RDX, 63);
        x_test_rr(e, true, RCX, RDX);
        lost = CC_NE;
    } else { /* the sign and what is lost: is it more than the sign alone? */
        x_alu_ri(e, false, X_AND, RCX, (int32_t)(0x80000000u | ((1u << n) - 1)));
        x_alu_ri(e, false, X_CMP, RCX, INT32_MIN);
        lost = CC_A;
    }
    scratch_changed(t, SCRATCH_CA);
    x_setcc_m(e, lost, CPU_MEM(ca));
    x_setcc_m(e, lost, CPU_MEM(ca32));
    unsigned d = gpr_dest(t, in->ra, RAX);
    if (d != RAX)
        x_mov_rr(e, true, d, RAX);
    x_shift_ri(e, true, X_SAR, d, n);
    gpr_result(t, in->ra, d, record);
}

/* sraw, srad: a host's shift takes 6 bits of the amount. So does sraw; srad takes 7, and by 64 and
 * more the handler shifts. What was lost is missing when the result is shifted back. */
static void shift_algebraic_by(struct tr *t, const struct insn *in, bool w, bool record)
{
    struct emit *e = &t->e;
    struct late *far = NULL;
    unsigned count = gpr_read(t, in->rb, RCX);

    if (w) {
        x_test_ri(e, false, count, 64);
        far = tr_slow(t, x_jcc(e, CC_NE), record);
    }
    algebraic_operand(t, in->rt, w);
    x_shiftx(e, true, 2, RDX, RAX, count);
    x_shiftx(e, true, 1, RCX, RDX, count);
    x_alu_rr(e, true, X_CMP, RCX, RAX);
    x_setcc_r(e, CC_NE, RCX);
    x_shift_ri(e, true, X_SHR, RAX, 63);
    x_alu_rr(e, false, X_AND, RCX, RAX);
    set_carries(t);
    gpr_result(t, in->ra, RDX, record);
    if (!far)
        return;
    if (record)
        cr_done_or_called(t);
    tr_back(t, far);
}

static void extend_and_shift(struct tr *t, const struct insn *in, bool record)
{
    algebraic_operand(t, in->rt, false);
    if (in->sh)
        x_shift_ri(&t->e, true, X_SHL, RAX, in->sh);
    gpr_result(t, in->ra, RAX, record);
}

bool x64_shift(struct tr *t, const struct insn *in)
{
    switch (in->id) {
        WITH_RECORD(RLWINM, rlwinm(t, in, record))
        WITH_RECORD(RLWNM, rotate_by_register(t, in, false, record))
        WITH_RECORD(RLDICL, rotate_and(t, in, record))
        WITH_RECORD(RLDICR, rotate_and(t, in, record))
        WITH_RECORD(RLDIC, rotate_and(t, in, record))
        WITH_RECORD(RLDCL, rotate_by_register(t, in, true, record))
        WITH_RECORD(RLDCR, rotate_by_register(t, in, true, record))
        WITH_RECORD(SLW, shift(t, in, false, true, record))
        WITH_RECORD(SRW, shift(t, in, false, false, record))
        WITH_RECORD(SLD, shift(t, in, true, true, record))
        WITH_RECORD(SRD, shift(t, in, true, false, record))
        WITH_RECORD(SRAWI, shift_algebraic(t, in, false, in->rb, record))
        WITH_RECORD(SRADI, shift_algebraic(t, in, true, in->sh, record))
        WITH_RECORD(SRAW, shift_algebraic_by(t, in, false, record))
        WITH_RECORD(SRAD, shift_algebraic_by(t, in, true, record))
        WITH_RECORD(RLWIMI, insert_word(t, in, record))
        WITH_RECORD(RLDIMI, insert_dword(t, in, record))
        WITH_RECORD(EXTSWSLI, extend_and_shift(t, in, record))
    default:
        return false;
    }
}
