/* SPDX-License-Identifier: Apache-2.0 */
/* Scalar floating point from and to integers, and rounded to integers. */
#include "float.h"

#include "vector.h"

/* ---- from integers: never out of range ---- */

/* @x = RAX, which the host takes to be signed. */
static void convert_signed(struct emit *e, unsigned x, bool single)
{
    vop(e, VOP(MAP_0F, single ? PP_F3 : PP_F2, 0x2a) | VOP_W, x, x, RAX); /* cvtsi2ss, cvtsi2sd */
}

/* @x = RAX, unsigned: what is negative to the host as twice its half, whose last bit tells of the
 * one that is lost as well, so that it is rounded as the whole would be. RCX is lost. */
static void convert_unsigned(struct emit *e, unsigned x, bool single)
{
    x_test_rr(e, true, RAX, RAX);
    uint8_t *fits = x_jcc(e, CC_NS);
    x_mov_rr(e, true, RCX, RAX);
    x_shift_ri(e, true, X_SHR, RCX, 1);
    x_alu_ri(e, false, X_AND, RAX, 1);
    x_alu_rr(e, true, X_OR, RAX, RCX);
    convert_signed(e, x, single);
    vop(e, VOP(MAP_0F, single ? PP_F3 : PP_F2, 0x58), x, x, x); /* addss, addsd */
    uint8_t *done = x_jmp(e);
    x_patch(fits, e->p);
    convert_signed(e, x, single);
    x_patch(done, e->p);
}

static void from_integer(struct tr *t, const struct insn *in, unsigned kind, bool is_signed)
{
    struct emit *e = &t->e;
    unsigned b = vsr_read(t, in->rb, VSR_SCALAR), x = vsr_new(t);
    bool single = kind >= FPL_CFIDS;

    v_to_gpr(e, RAX, b);
    x_mov_mi(e, true, LAZY(kind), (int32_t)kind);
    v_store64(e, LAZY(b), b);
    v_zero(e, x); /* free of what it held */
    (is_signed ? convert_signed : convert_unsigned)(e, x, single);
    fp_record(t, kind, &(struct fp_operand){1, (uint8_t)b, VSR_SCALAR}, 1);
    if (single)
        vsr_write_single(t, in->rt, x);
    else
        vsr_write(t, in->rt, x, VSR_SCALAR);
}

/* ---- to integers ---- */

/* RAX = @b as an integer. The host has one answer for all that does not fit, the least number.
 * Unsigned words and doublewords are signed doublewords; what does not fit there must not get to
 * the host, which would call it inexact: compared as bits, negative numbers and NaNs are large. */
static struct late *convert(struct tr *t, unsigned b, bool w, bool is_signed, enum rounding way)
{
    const unsigned op = way == ROUND_CURRENT ? 0x2d : 0x2c; /* cvtsd2si, cvttsd2si */
    struct emit *e = &t->e;
    struct late *slow = NULL;
    bool wide = w || !is_signed;

    if (!is_signed) {
        v_to_gpr(e, RAX, b);
        x_mov_ri(e, RCX, fph_bits64(w ? 0x1p63 : 0x1p32));
        x_alu_rr(e, true, X_CMP, RAX, RCX);
        slow = tr_slow(t, x_jcc(e, CC_AE), false);
    }
    vop_to_gpr(e, VOP(MAP_0F, PP_F2, op) | (wide ? VOP_W : 0), RAX, b);
    if (is_signed) {
        x_alu_ri(e, wide, X_CMP, RAX, 1);
        slow = tr_slow(t, x_jcc(e, CC_O), false);
    }
    return slow;
}

/* RCX = FPL_AUX_.. of a conversion of @b whose result, as a number again, is in XMM0. FR: that is
 * farther from zero, what the truncated @b never is. RDX, XMM0 and XMM1 are lost. */
static void emit_aux(struct emit *e, unsigned b, enum rounding way)
{
    static const _Alignas(16) uint64_t magnitude[2] = {INT64_MAX, INT64_MAX};

    if (way == ROUND_CURRENT) {
        vop_m(e, V_PAND, 1, b, v_const(e, magnitude));
        vop_m(e, V_PAND, 0, 0, v_const(e, magnitude));
        vop(e, V_66(0x2e), 0, 0, 1); /* ucomisd */
        x_setcc_r(e, CC_A, RDX);
    } else {
        vop(e, V_66(0x2e), 0, 0, b);
    }
    x_setcc_r(e, CC_NE, RCX);
    x_shift_ri(e, false, X_SHL, RCX, 6);
    x_alu_ri(e, false, X_OR, RCX, FPL_AUX_INT);
    x_ext_rr(e, X_MOVZX8, RCX, RCX);
    if (way == ROUND_CURRENT) {
        x_ext_rr(e, X_MOVZX8, RDX, RDX);
        x_shift_ri(e, false, X_SHL, RDX, 7);
        x_alu_rr(e, false, X_OR, RCX, RDX);
    }
}

/* To a doubleword (@w) or a word, which stands in both halves. */
static void to_integer(struct tr *t, const struct insn *in, bool w, bool is_signed,
                       enum rounding way)
{
    struct emit *e = &t->e;
    unsigned b = vsr_read(t, in->rb, VSR_SCALAR), x = vsr_new(t);
    struct late *slow = convert(t, b, w, is_signed, way);

    v_zero(e, 0);
    vop(e, VOP(MAP_0F, PP_F2, 0x2a) | (w || !is_signed ? VOP_W : 0), 0, 0, RAX); /* exact */
    emit_aux(e, b, way);
    fp_record_none(t);
    x_mov_mi(e, false, LAZY(kind), FPL_NONE);
    x_mov_mr(e, false, LAZY(aux), RCX);
    if (w) {
        v_from_gpr(e, x, RAX);
    } else {
        v_from_gpr32(e, x, RAX);
        vop(e, V_PBROADCASTD, x, 0, x);
    }
    vsr_write(t, in->rt, x, VSR_SCALAR);
    tr_back(t, slow);
}

/* ---- rounded to an integer in floating point ---- */

/* roundsd, roundpd, roundps */
static unsigned round_code(enum lanes lanes)
{
    return V_3A(lanes == SCALAR ? 0x0b : lanes == DOUBLES ? 0x09 : 0x08);
}

static unsigned lanes_code(enum lanes lanes, unsigned op)
{
    return VOP(MAP_0F, lanes == SCALAR ? PP_F2 : lanes == DOUBLES ? PP_66 : PP_NONE, op);
}

/* t + (|b - t| >= 1/2 ? 1 with the sign of b : a zero with it), t the truncated @b. The difference
 * is exact, and so is the sum where there is one. */
static void round_away(struct emit *e, enum lanes lanes, unsigned x, unsigned b)
{
    static const _Alignas(16) uint64_t magnitude[2][2] = {{INT64_MAX, INT64_MAX},
                                                          {0x7fffffff7fffffff, 0x7fffffff7fffffff}};
    static const _Alignas(16) uint64_t half[2][2] = {{0x3fe0000000000000, 0x3fe0000000000000},
                                                     {0x3f0000003f000000, 0x3f0000003f000000}};
    static const _Alignas(16) uint64_t one[2][2] = {{0x3ff0000000000000, 0x3ff0000000000000},
                                                    {0x3f8000003f800000, 0x3f8000003f800000}};
    bool single = lanes == SINGLES;

    vop_i(e, round_code(lanes), x, lanes == SCALAR ? b : 0, b, ROUND_ZERO);
    vop(e, lanes_code(lanes, 0x5c), 0, b, x); /* sub */
    vop_m(e, V_PAND, 0, 0, v_const(e, magnitude[single]));
    vop_mi(e, lanes_code(lanes, 0xc2), 0, 0, v_const(e, half[single]), 0x1d); /* cmpge */
    vop_m(e, V_PAND, 0, 0, v_const(e, one[single]));
    v_ones(e, 1);
    vop_shift(e, single ? V_PSLLD : V_PSLLQ, 1, 1, single ? 31 : 63);
    vop(e, V_PAND, 1, 1, b);
    vop(e, V_POR, 0, 0, 1);
    vop(e, lanes_code(lanes, 0x58), x, x, 0); /* add */
}

void x64_round(struct emit *e, enum lanes lanes, enum rounding way, unsigned x, unsigned b)
{
    if (way == ROUND_AWAY)
        round_away(e, lanes, x, b);
    else
        vop_i(e, round_code(lanes), x, lanes == SCALAR ? b : 0, b, way);
}

/* NaNs are the handler's. FPRF tells of the result, FI and FR are 0 as for an exact one, unless the
 * rounding is the current one. */
static void round_integer(struct tr *t, const struct insn *in, enum rounding way)
{
    struct emit *e = &t->e;
    unsigned b = vsr_read(t, in->rb, VSR_SCALAR), x = vsr_new(t);

    vop(e, V_66(0x2e), b, 0, b); /* ucomisd */
    struct late *slow = tr_slow(t, x_jcc(e, CC_P), false);
    x64_round(e, SCALAR, way, x, b);
    bool exact = way != ROUND_CURRENT;
    fp_record(t, exact ? FPL_EXACT : FPL_RINT,
              &(struct fp_operand){1, (uint8_t)(exact ? x : b), VSR_SCALAR}, 1);
    vsr_write(t, in->rt, x, VSR_SCALAR);
    tr_back(t, slow);
}

#define ONE(id, call)                                                                              \
    case INSN_##id:                                                                                \
        vsr_need(t, insn_facility_need(in));                                                       \
        fp_ready(t);                                                                               \
        call;                                                                                      \
        return true;
#define CONVERT(fpu, vsx, call)                                                                    \
    case INSN_##fpu:                                                                               \
        ONE(vsx, call)

bool x64_float_convert(struct tr *t, const struct insn *in)
{
    switch (in->id) {
        CONVERT(FCFID, XSCVSXDDP, from_integer(t, in, FPL_CFID, true))
        CONVERT(FCFIDU, XSCVUXDDP, from_integer(t, in, FPL_CFIDU, false))
        CONVERT(FCFIDS, XSCVSXDSP, from_integer(t, in, FPL_CFIDS, true))
        CONVERT(FCFIDUS, XSCVUXDSP, from_integer(t, in, FPL_CFIDUS, false))
        CONVERT(FCTIDZ, XSCVDPSXDS, to_integer(t, in, true, true, ROUND_ZERO))
        CONVERT(FCTIDUZ, XSCVDPUXDS, to_integer(t, in, true, false, ROUND_ZERO))
        CONVERT(FCTIWZ, XSCVDPSXWS, to_integer(t, in, false, true, ROUND_ZERO))
        CONVERT(FCTIWUZ, XSCVDPUXWS, to_integer(t, in, false, false, ROUND_ZERO))
        ONE(FCTID, to_integer(t, in, true, true, ROUND_CURRENT))
        ONE(FCTIW, to_integer(t, in, false, true, ROUND_CURRENT))
        ONE(XSRDPIC, round_integer(t, in, ROUND_CURRENT))
        CONVERT(FRIN, XSRDPI, round_integer(t, in, ROUND_AWAY))
        CONVERT(FRIM, XSRDPIM, round_integer(t, in, ROUND_DOWN))
        CONVERT(FRIP, XSRDPIP, round_integer(t, in, ROUND_UP))
        CONVERT(FRIZ, XSRDPIZ, round_integer(t, in, ROUND_ZERO))
    default:
        return false;
    }
}
