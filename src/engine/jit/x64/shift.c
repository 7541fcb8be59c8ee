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

/* The word of GPR @n rotated left, in the low half of @to, the high half 0. */
static void rotate_low(struct tr *t, unsigned n, unsigned to, unsigned sh)
{
    struct emit *e = &t->e;

    if (t->pin[n] == NOT_PINNED)
        x_mov_rm(e, false, to, gpr_mem(n));
    else if (sh) {
        x_rorx(e, false, to, t->pin[n], 32 - sh);
        return;
    } else
        x_mov_rr(e, false, to, t->pin[n]);
    if (sh)
        x_shift_ri(e, false, X_ROL, to, sh);
}

/* The same in both halves. RCX is lost. */
static void rotate_both(struct tr *t, unsigned n, unsigned to, unsigned sh)
{
    rotate_low(t, n, to, sh);
    x_mov_rr(&t->e, true, RCX, to);
    x_shift_ri(&t->e, true, X_SHL, RCX, 32);
    x_alu_rr(&t->e, true, X_OR, to, RCX);
}

static void rlwinm(struct tr *t, const struct insn *in, bool record)
{
    struct emit *e = &t->e;
    uint64_t mask = (uint64_t)in->imm;
    unsigned d = gpr_dest(t, in->ra, RAX), sh = in->sh & 31;

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
    } else {
        rotate_low(t, in->rt, d, sh);
        if (mask != 0xffffffff)
            and_mask(t, d, mask);
    }
    gpr_result(t, in->ra, d, record);
}

/* RA = rotated & mask | RA & ~mask; the rotated value in RAX */
static void insert(struct tr *t, const struct insn *in, bool record)
{
    struct emit *e = &t->e;
    uint64_t mask = (uint64_t)in->imm;

    and_mask(t, RAX, mask);
    gpr_copy(t, in->ra, RDX);
    if (~mask <= 0x7fffffff || (uint64_t)(int64_t)(int32_t)~mask == ~mask) {
        x_alu_ri(e, true, X_AND, RDX, (int32_t)~mask);
    } else {
        x_mov_ri(e, RCX, ~mask);
        x_alu_rr(e, true, X_AND, RDX, RCX);
    }
    x_alu_rr(e, true, X_OR, RAX, RDX);
    gpr_result(t, in->ra, RAX, record);
}

/* GPR @n rotated left as 64 bits in @to. */
static void rotate(struct tr *t, unsigned n, unsigned to, unsigned sh)
{
    if (t->pin[n] != NOT_PINNED && sh) {
        x_rorx(&t->e, true, to, t->pin[n], 64 - sh);
        return;
    }
    gpr_copy(t, n, to);
    if (sh)
        x_shift_ri(&t->e, true, X_ROL, to, sh);
}

static void rotate_and(struct tr *t, const struct insn *in, bool record)
{
    struct emit *e = &t->e;
    uint64_t mask = (uint64_t)in->imm;
    unsigned d = gpr_dest(t, in->ra, RAX), sh = in->sh;
    bool left = sh && mask == ~0ULL << sh, right = sh && mask == ~0ULL >> (64 - sh);

    if (left || right) {
        if (d != t->pin[in->rt])
            gpr_copy(t, in->rt, d);
        x_shift_ri(e, true, left ? X_SHL : X_SHR, d, left ? sh : 64 - sh);
    } else {
        rotate(t, in->rt, d, sh);
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
        rotate_low(t, in->rt, RAX, 0);
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
    unsigned count = gpr_read(t, in->rb, RCX);

    if (w)
        gpr_copy(t, in->rt, RAX);
    else if (t->pin[in->rt] == NOT_PINNED)
        x_mov_rm(e, false, RAX, gpr_mem(in->rt));
    else
        x_mov_rr(e, false, RAX, t->pin[in->rt]);
    x_shiftx(e, true, left ? 1 : 3, RAX, RAX, count);
    if (!w) {
        if (left)
            x_mov_rr(e, false, RAX, RAX);
    } else {
        x_alu_rr(e, false, X_XOR, RDX, RDX);
        x_test_ri(e, false, count, 64);
        x_cmov_rr(e, true, CC_NE, RAX, RDX);
    }
    gpr_result(t, in->ra, RAX, record);
}

/* srawi, sradi: CA and CA32 tell that ones were lost from a negative number. */
static void shift_algebraic(struct tr *t, const struct insn *in, bool w, unsigned n, bool record)
{
    struct emit *e = &t->e;

    if (w)
        gpr_copy(t, in->rt, RAX);
    else if (t->pin[in->rt] == NOT_PINNED)
        x_ext_rm(e, X_MOVSXD, RAX, gpr_mem(in->rt));
    else
        x_ext_rr(e, X_MOVSXD, RAX, t->pin[in->rt]);
    if (!n) {
        x_mov_mi8(e, CPU_MEM(ca), 0);
        x_mov_mi8(e, CPU_MEM(ca32), 0);
        gpr_result(t, in->ra, RAX, record);
        return;
    }
    /* what is lost, as the high bits; and the sign in all bits */
    x_mov_rr(e, true, RCX, RAX);
    x_mov_rr(e, true, RDX, RAX);
    x_shift_ri(e, true, X_SHL, RCX, 64 - n);
    x_shift_ri(e, true, X_SAR, RDX, 63);
    x_test_rr(e, true, RCX, RDX);
    x_setcc_m(e, CC_NE, CPU_MEM(ca));
    x_setcc_m(e, CC_NE, CPU_MEM(ca32));
    x_shift_ri(e, true, X_SAR, RAX, n);
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
    case INSN_RLWIMI:
    case INSN_RLWIMI_:
        rotate_both(t, in->rt, RAX, in->sh & 31);
        insert(t, in, in->id == INSN_RLWIMI_);
        return true;
    case INSN_RLDIMI:
    case INSN_RLDIMI_:
        rotate(t, in->rt, RAX, in->sh);
        insert(t, in, in->id == INSN_RLDIMI_);
        return true;
    case INSN_EXTSWSLI:
    case INSN_EXTSWSLI_:
        if (t->pin[in->rt] == NOT_PINNED)
            x_ext_rm(&t->e, X_MOVSXD, RAX, gpr_mem(in->rt));
        else
            x_ext_rr(&t->e, X_MOVSXD, RAX, t->pin[in->rt]);
        x_shift_ri(&t->e, true, X_SHL, RAX, in->sh);
        gpr_result(t, in->ra, RAX, in->id == INSN_EXTSWSLI_);
        return true;
    default:
        return false;
    }
}
