/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VSX vector floating point converted to and from integers and between its formats, and rounded to
 * integers. Between doublewords and words the word stands in the left half.
 */
#include "vector_fp.h"

#define LEFT_WORDS 0x0d /* pshufd: words 1 and 3 in front */
#define BOTH_WORDS 0x50 /* words 0 and 1 twice each */

#define V_CVTDQ2PS  VOP(MAP_0F, PP_NONE, 0x5b)
#define V_CVTTPS2DQ VOP(MAP_0F, PP_F3, 0x5b)
#define V_CVTTPD2DQ VOP(MAP_0F, PP_66, 0xe6)

static bool words_to_doubles(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_i(&t->e, V_PSHUFD, x, 0, b, LEFT_WORDS);
    vop(&t->e, VOP(MAP_0F, PP_F3, 0xe6), x, 0, x); /* cvtdq2pd */
    return fp_finish(t, r.t, x, NULL);
}

static bool singles_to_doubles(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_i(&t->e, V_PSHUFD, x, 0, b, LEFT_WORDS);
    vop(&t->e, V_CVTPS2PD, x, 0, x);
    struct late *slow = fp_slow_if_nan(t, false, x, x, false);
    return fp_finish(t, r.t, x, slow);
}

static bool doubles_to_singles(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, V_CVTPD2PS, x, 0, b);
    vop_i(&t->e, V_PSHUFD, x, 0, x, BOTH_WORDS);
    return fp_finish(t, r.t, x, fp_slow_unless_narrow(t, x, b));
}

/* Unsigned: left * 65536 + right, of the halfwords: only the sum rounds. */
void x64_words_to_singles(struct emit *e, unsigned x, unsigned b, bool is_signed)
{
    static const _Alignas(16) uint32_t two16[4] = {0x47800000, 0x47800000, 0x47800000, 0x47800000};

    if (is_signed) {
        vop(e, V_CVTDQ2PS, x, 0, b);
        return;
    }
    vop_shift(e, V_PSRLD, x, b, 16);
    vop(e, V_CVTDQ2PS, x, 0, x);
    vop_m(e, fp_packed(0x59, true), x, x, v_const(e, two16));
    vop_shift(e, V_PSLLD, 0, b, 16);
    vop_shift(e, V_PSRLD, 0, 0, 16);
    vop(e, V_CVTDQ2PS, 0, 0, 0);
    vop(e, fp_packed(0x58, true), x, x, 0);
}

static bool words_to_singles(struct tr *t, const struct insn *in, bool is_signed)
{
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    x64_words_to_singles(&t->e, x, b, is_signed);
    return fp_finish(t, r.t, x, NULL);
}

/* Truncating; the host has one answer for all that does not fit. */
static bool to_words(struct tr *t, const struct insn *in, bool single)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    if (single) {
        vop(e, V_CVTTPS2DQ, x, 0, b);
    } else {
        vop(e, V_CVTTPD2DQ, x, 0, b);
        vop_i(e, V_PSHUFD, x, 0, x, BOTH_WORDS);
    }
    v_ones(e, 0);
    vop_shift(e, V_PSLLD, 0, 0, 31);
    vop(e, V_PCMPEQD, 0, 0, x);
    struct late *slow = fp_slow_if_any(t, true, 0, false);
    return fp_finish(t, r.t, x, slow);
}

struct late *fp_slow_unless_unsigned(struct tr *t, bool single, unsigned bits, unsigned b)
{
    struct emit *e = &t->e;
    unsigned shift = single ? 23 : 52, bias = single ? 127 : 1023;

    x_mov_ri(e, RDX, ((uint64_t)(bias + bits) << shift) - 1);
    if (single)
        v_from_gpr32(e, 0, RDX);
    else
        v_from_gpr(e, 0, RDX);
    vop(e, single ? V_PBROADCASTD : V_PBROADCASTQ, 0, 0, 0);
    vop(e, single ? V_PCMPGTD : V_PCMPGTQ, 0, b, 0);
    vop(e, V_POR, 0, 0, b);
    return fp_slow_if_any(t, single, 0, false);
}

/* The host knows signed words only: from 2^31 on that is subtracted, exactly, and made the sign. */
static bool to_unsigned_words(struct tr *t, const struct insn *in, bool single)
{
    static const _Alignas(16) uint64_t two31[2][2] = {{0x41e0000000000000, 0x41e0000000000000},
                                                      {0x4f0000004f000000, 0x4f0000004f000000}};
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);
    struct late *slow = fp_slow_unless_unsigned(t, single, 32, b);
    struct x64_mem m = v_const(e, two31[single]);

    vop_mi(e, fp_packed(0xc2, single), 1, b, m, 0x1d); /* cmpge */
    vop_m(e, V_PAND, 0, 1, m);
    vop(e, fp_packed(0x5c, single), 0, b, 0); /* sub */
    if (single) {
        vop(e, V_CVTTPS2DQ, x, 0, 0);
    } else {
        vop(e, V_CVTTPD2DQ, x, 0, 0);
        vop_i(e, V_PSHUFD, x, 0, x, BOTH_WORDS);
    }
    vop_shift(e, V_PSLLD, 1, 1, 31);
    vop(e, V_PXOR, x, x, 1);
    return fp_finish(t, r.t, x, slow);
}

/* ---- unsigned words: as doubles they are the fraction of numbers from 2^52 on ---- */

static bool unsigned_words_to_doubles(struct tr *t, const struct insn *in)
{
    static const _Alignas(16) uint64_t two52[2] = {0x4330000000000000, 0x4330000000000000};
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);
    struct x64_mem m = v_const(e, two52);

    vop_shift(e, V_PSRLQ, x, b, 32);
    vop_m(e, V_POR, x, x, m);
    vop_m(e, fp_packed(0x5c, false), x, x, m); /* subpd, exact */
    return fp_finish(t, r.t, x, NULL);
}

/* ---- doublewords ---- */

/* left * 2^32 + right, of the words, as fractions of numbers from 2^84 and 2^52 on, whose offsets
 * are subtracted from the left one: only the last sum rounds. */
static bool dwords_to_doubles(struct tr *t, const struct insn *in, bool is_signed)
{
    static const _Alignas(16) uint64_t magic[2][3][2] = {
        {{0x4530000000000000, 0x4530000000000000},
         {0x4330000000000000, 0x4330000000000000},
         {0x4530000000100000, 0x4530000000100000}},
        {{0x4530000080000000, 0x4530000080000000},
         {0x4330000000000000, 0x4330000000000000},
         {0x4530000080100000, 0x4530000080100000}},
    };
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);
    struct x64_mem left = v_const(e, magic[is_signed]), right = left, offset = left;

    right.disp += 16;
    offset.disp += 32;
    vop_shift(e, V_PSRLQ, x, b, 32);
    vop_m(e, V_PXOR, x, x, left);
    vop_m(e, fp_packed(0x5c, false), x, x, offset);
    vop_mi(e, V_PBLENDD, 0, b, right, 0xa);
    vop(e, fp_packed(0x58, false), x, x, 0);
    return fp_finish(t, r.t, x, NULL);
}

/* By the host's scalar instruction; signed or less than 2^63. */
static bool to_dwords(struct tr *t, const struct insn *in, bool single, bool is_signed)
{
    const unsigned truncate = VOP(MAP_0F, PP_F2, 0x2c) | VOP_W; /* cvttsd2si */
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);
    struct late *slow[2] = {NULL, NULL};

    if (single) {
        vop_i(e, V_PSHUFD, x, 0, b, LEFT_WORDS);
        vop(e, V_CVTPS2PD, x, 0, x);
        b = x;
    }
    if (!is_signed)
        slow[0] = fp_slow_unless_unsigned(t, false, 63, b);
    vop_to_gpr(e, truncate, RAX, b);
    if (is_signed) {
        x_alu_ri(e, true, X_CMP, RAX, 1);
        slow[0] = tr_slow(t, x_jcc(e, CC_O), false);
    }
    vop(e, V_PUNPCKHQDQ, 0, b, b);
    vop_to_gpr(e, truncate, RCX, 0);
    if (is_signed) {
        x_alu_ri(e, true, X_CMP, RCX, 1);
        slow[1] = tr_slow(t, x_jcc(e, CC_O), false);
    }
    v_from_gpr(e, x, RAX);
    vop_i(e, V_3A(0x22) | VOP_W, x, x, RCX, 1); /* pinsrq */
    fp_finish(t, r.t, x, slow[0]);
    if (slow[1])
        tr_back(t, slow[1]);
    return true;
}

/* Into both words of each; unsigned ones as long as they are not negative to the host. */
static bool dwords_to_singles(struct tr *t, const struct insn *in, bool is_signed)
{
    const unsigned convert = VOP(MAP_0F, PP_F3, 0x2a) | VOP_W; /* cvtsi2ss */
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);
    struct late *slow = is_signed ? NULL : fp_slow_if_any(t, false, b, false);

    v_to_gpr(e, RAX, b);
    v_zero(e, 0);
    vop(e, convert, x, 0, RAX);
    vop_lane_to_gpr(e, V_3A(0x16) | VOP_W, RAX, b, 1); /* pextrq */
    vop(e, convert, 0, 0, RAX);
    vop_i(e, V_SHUFPS, x, x, 0, 0);
    return fp_finish(t, r.t, x, slow);
}

/* ---- rounded ---- */

static bool round_integers(struct tr *t, const struct insn *in, bool single, enum rounding way)
{
    struct vregs r = v_begin(t, in);

    if (way == ROUND_CURRENT)
        fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);
    struct late *slow = fp_slow_if_nan(t, single, b, b, false);

    x64_round(&t->e, single ? SINGLES : DOUBLES, way, x, b);
    return fp_finish(t, r.t, x, slow);
}

#define ROUNDS(suffix, way)                                                                        \
    case INSN_XVRDPI##suffix:                                                                      \
    case INSN_XVRSPI##suffix:                                                                      \
        return round_integers(t, in, in->id == INSN_XVRSPI##suffix, way);

bool x64_vector_convert(struct tr *t, const struct insn *in)
{
    switch (in->id) {
        ROUNDS(, ROUND_AWAY)
        ROUNDS(C, ROUND_CURRENT)
        ROUNDS(M, ROUND_DOWN)
        ROUNDS(P, ROUND_UP)
        ROUNDS(Z, ROUND_ZERO)
    case INSN_XVCVSXWDP:
        return words_to_doubles(t, in);
    case INSN_XVCVUXWDP:
        return unsigned_words_to_doubles(t, in);
    case INSN_XVCVSXDDP:
    case INSN_XVCVUXDDP:
        return dwords_to_doubles(t, in, in->id == INSN_XVCVSXDDP);
    case INSN_XVCVSPDP:
        return singles_to_doubles(t, in);
    case INSN_XVCVDPSP:
        return doubles_to_singles(t, in);
    case INSN_XVCVSXWSP:
    case INSN_XVCVUXWSP:
        return words_to_singles(t, in, in->id == INSN_XVCVSXWSP);
    case INSN_XVCVSPSXWS:
        return to_words(t, in, true);
    case INSN_XVCVDPSXWS:
        return to_words(t, in, false);
    case INSN_XVCVSPUXWS:
        return to_unsigned_words(t, in, true);
    case INSN_XVCVDPUXWS:
        return to_unsigned_words(t, in, false);
    case INSN_XVCVDPSXDS:
    case INSN_XVCVDPUXDS:
        return to_dwords(t, in, false, in->id == INSN_XVCVDPSXDS);
    case INSN_XVCVSPSXDS:
    case INSN_XVCVSPUXDS:
        return to_dwords(t, in, true, in->id == INSN_XVCVSPSXDS);
    case INSN_XVCVSXDSP:
    case INSN_XVCVUXDSP:
        return dwords_to_singles(t, in, in->id == INSN_XVCVSXDSP);
    default:
        return false;
    }
}
