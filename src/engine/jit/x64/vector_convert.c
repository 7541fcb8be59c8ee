/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VSX vector floating point converted to and from integers and between its formats, and rounded to
 * integers. Between doublewords and words the word stands in the left half.
 */
#include "vector_fp.h"

#define LEFT_WORDS 0x0d /* pshufd: words 1 and 3 in front */
#define BOTH_WORDS 0x50 /* words 0 and 1 twice each */

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
    vop(&t->e, VOP(MAP_0F, PP_NONE, 0x5a), x, 0, x); /* cvtps2pd */
    struct late *slow = fp_slow_if_nan(t, false, x, x, false);
    return fp_finish(t, r.t, x, slow);
}

static bool doubles_to_singles(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, VOP(MAP_0F, PP_66, 0x5a), x, 0, b); /* cvtpd2ps */
    vop_i(&t->e, V_PSHUFD, x, 0, x, BOTH_WORDS);
    return fp_finish(t, r.t, x, fp_slow_unless_in(t, &fp_safe[1], true, x));
}

static bool words_to_singles(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, VOP(MAP_0F, PP_NONE, 0x5b), x, 0, b); /* cvtdq2ps */
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
        vop(e, VOP(MAP_0F, PP_F3, 0x5b), x, 0, b); /* cvttps2dq */
    } else {
        vop(e, VOP(MAP_0F, PP_66, 0xe6), x, 0, b); /* cvttpd2dq */
        vop_i(e, V_PSHUFD, x, 0, x, BOTH_WORDS);
    }
    v_ones(e, 0);
    vop_shift(e, V_PSLLD, 0, 0, 31);
    vop(e, V_PCMPEQD, 0, 0, x);
    struct late *slow = fp_slow_if_any(t, true, 0, false);
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

/* left * 65536 + right, of the halfwords: only the sum rounds. */
static bool unsigned_words_to_singles(struct tr *t, const struct insn *in)
{
    static const _Alignas(16) uint32_t two16[4] = {0x47800000, 0x47800000, 0x47800000, 0x47800000};
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(e, V_PSRLD, x, b, 16);
    vop(e, fp_packed(0x5b, true), x, 0, x); /* cvtdq2ps */
    vop_m(e, fp_packed(0x59, true), x, x, v_const(e, two16));
    vop_shift(e, V_PSLLD, 0, b, 16);
    vop_shift(e, V_PSRLD, 0, 0, 16);
    vop(e, fp_packed(0x5b, true), 0, 0, 0);
    vop(e, fp_packed(0x58, true), x, x, 0);
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

/* Truncating, by the host's scalar instruction. */
static bool to_dwords(struct tr *t, const struct insn *in)
{
    const unsigned truncate = VOP(MAP_0F, PP_F2, 0x2c) | VOP_W; /* cvttsd2si */
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_to_gpr(e, truncate, RAX, b);
    x_alu_ri(e, true, X_CMP, RAX, 1);
    struct late *right = tr_slow(t, x_jcc(e, CC_O), false);
    vop(e, V_PUNPCKHQDQ, 0, b, b);
    vop_to_gpr(e, truncate, RCX, 0);
    x_alu_ri(e, true, X_CMP, RCX, 1);
    struct late *left = tr_slow(t, x_jcc(e, CC_O), false);
    v_from_gpr(e, x, RAX);
    vop_i(e, V_3A(0x22) | VOP_W, x, x, RCX, 1); /* pinsrq */
    fp_finish(t, r.t, x, right);
    tr_back(t, left);
    return true;
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
        return words_to_singles(t, in);
    case INSN_XVCVUXWSP:
        return unsigned_words_to_singles(t, in);
    case INSN_XVCVSPSXWS:
        return to_words(t, in, true);
    case INSN_XVCVDPSXWS:
        return to_words(t, in, false);
    case INSN_XVCVDPSXDS:
        return to_dwords(t, in);
    default:
        return false;
    }
}
