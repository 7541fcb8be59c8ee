/* SPDX-License-Identifier: Apache-2.0 */
/* VMX: bits counted and picked, sign extension. */
#include "vector.h"

static const _Alignas(16) uint8_t ones[2][16] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
    {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0},
};

/* ---- bits that are 1 ---- */

/* @x := their number in each element of log2 size @log2 of @b, which may be @x. Uses XMM0, 1. */
static void population(struct emit *e, unsigned log2, unsigned x, unsigned b)
{
    static const _Alignas(16)
        uint8_t of_nibble[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};

    vop_m(e, V_PAND, 0, b, v_const(e, v_nibbles));
    vop_shift(e, V_PSRLW, 1, b, 4);
    vop_m(e, V_PAND, 1, 1, v_const(e, v_nibbles));
    v_load(e, x, v_const(e, of_nibble));
    vop(e, V_PSHUFB, 0, x, 0);
    vop(e, V_PSHUFB, 1, x, 1);
    vop(e, V_PADDB, x, 0, 1);
    if (log2 == 3) {
        v_zero(e, 0);
        vop(e, V_PSADBW, x, x, 0);
    } else if (log2) {
        vop_m(e, V_PMADDUBSW, x, x, v_const(e, ones[0]));
        if (log2 == 2)
            vop_m(e, V_PMADDWD, x, x, v_const(e, ones[1]));
    }
}

static bool count_ones(struct tr *t, const struct insn *in, unsigned log2)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    population(&t->e, log2, x, b);
    return v_done(t, r.t, x);
}

/* ---- zeros on the right: the ones of ~b & (b - 1) ---- */

static bool count_trailing(struct tr *t, const struct insn *in, unsigned log2)
{
    static const unsigned add[] = {V_PADDB, V_PADDW, V_PADDD, V_PADDQ};
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    v_ones(&t->e, x);
    vop(&t->e, add[log2], x, x, b);
    vop(&t->e, V_PANDN, x, b, x);
    population(&t->e, log2, x, x);
    return v_done(t, r.t, x);
}

/* ---- zeros on the left ---- */

/* The counts of halves, in @x, become those of elements of twice the size: the left one, and the
 * right one too if the left half is all zeros. Uses XMM0, 1. */
static void join_counts(struct emit *e, unsigned log2, unsigned x)
{
    static const _Alignas(16) uint8_t all[2][16] = {
        {8, 0, 8, 0, 8, 0, 8, 0, 8, 0, 8, 0, 8, 0, 8, 0},
        {16, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0},
    };
    bool words = log2 == 2;

    vop_shift(e, words ? V_PSRLD : V_PSRLW, 0, x, words ? 16 : 8);
    vop_m(e, words ? V_PCMPEQD : V_PCMPEQW, 1, 0, v_const(e, all[words]));
    vop(e, V_PAND, 1, 1, x); /* whose left half is taken away below */
    vop_shift(e, words ? V_PSLLD : V_PSLLW, 1, 1, words ? 16 : 8);
    vop_shift(e, words ? V_PSRLD : V_PSRLW, 1, 1, words ? 16 : 8);
    vop(e, words ? V_PADDD : V_PADDW, x, 0, 1);
}

/* By tables of nibbles, as the left one or the right one of a byte. */
static bool count_leading(struct tr *t, const struct insn *in, unsigned log2)
{
    static const _Alignas(16)
        uint8_t of_nibble[16] = {4, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t), n = vsr_new(t);

    vop_m(e, V_PAND, 0, b, v_const(e, v_nibbles));
    vop_shift(e, V_PSRLW, 1, b, 4);
    vop_m(e, V_PAND, 1, 1, v_const(e, v_nibbles));
    v_load(e, x, v_const(e, of_nibble));
    vop(e, V_PSHUFB, 0, x, 0);
    vop(e, V_PSHUFB, x, x, 1);
    v_zero(e, n);
    vop(e, V_PCMPEQB, n, n, 1);
    vop(e, V_PAND, n, n, 0);
    vop(e, V_PADDB, x, x, n);
    for (unsigned i = 1; i <= log2; i++)
        join_counts(e, i, x);
    return v_done(t, r.t, x);
}

static bool count_leading_dwords(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    v_to_gpr(e, RAX, b);
    vop_lane_to_gpr(e, V_3A(0x16) | VOP_W, RCX, b, 1); /* pextrq */
    x_count_rr(e, true, X_LZCNT, RAX, RAX);
    x_count_rr(e, true, X_LZCNT, RCX, RCX);
    v_from_gpr(e, x, RAX);
    vop_i(e, V_3A(0x22) | VOP_W, x, x, RCX, 1); /* pinsrq */
    return v_done(t, r.t, x);
}

/* ---- parity of the right bits of an element's bytes ---- */

static bool parity(struct tr *t, const struct insn *in, unsigned log2)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(e, V_PSRLD, x, b, 16);
    vop(e, V_PXOR, x, x, b);
    vop_shift(e, V_PSRLD, 0, x, 8);
    vop(e, V_PXOR, x, x, 0);
    if (log2 > 2) {
        vop_shift(e, V_PSRLQ, 0, x, 32);
        vop(e, V_PXOR, x, x, 0);
    }
    if (log2 > 3) {
        vop_shift(e, V_PSRLDQ, 0, x, 8);
        vop(e, V_PXOR, x, x, 0);
    }
    v_ones(e, 0);
    if (log2 == 2)
        vop_shift(e, V_PSRLD, 0, 0, 31);
    else
        vop_shift(e, V_PSRLQ, 0, 0, 63);
    if (log2 > 3)
        vop_shift(e, V_PSRLDQ, 0, 0, 8);
    vop(e, V_PAND, x, x, 0);
    return v_done(t, r.t, x);
}

/* ---- vgbbd: each doubleword's bits as a matrix, turned ---- */

/* The left bits of all bytes make a byte of each doubleword, eight times. */
static bool turn_bits(struct tr *t, const struct insn *in)
{
    static const _Alignas(16)
        uint8_t apart[16] = {0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15};
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    v_zero(e, x);
    v_move(e, 0, b);
    for (unsigned i = 8; i--;) {
        vop_to_gpr(e, V_PMOVMSKB, RAX, 0);
        vop_i(e, V_66(0xc4), x, x, RAX, i); /* pinsrw */
        if (i)
            vop(e, V_PADDB, 0, 0, 0);
    }
    vop_m(e, V_PSHUFB, x, x, v_const(e, apart));
    return v_done(t, r.t, x);
}

/* ---- vbpermq: sixteen bits of VRA, each named by a byte of VRB ---- */

static bool pick_bits(struct tr *t, const struct insn *in)
{
#define ALL16(v)                                                                                   \
    {                                                                                              \
        v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v                                             \
    }
    static const _Alignas(16) uint8_t byte[16] = ALL16(0x1f), from_left[16] = ALL16(0x0f),
                                      outside[16] = ALL16(0x70), bit[16] = ALL16(7),
                                      mask[16] = {0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1};
#undef ALL16
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    /* the bytes that have the bits: from number 16 on there are none, and vpshufb gives 0 */
    vop_shift(e, V_PSRLW, 0, b, 3);
    vop_m(e, V_PAND, 0, 0, v_const(e, byte));
    vop_m(e, V_PXOR, 0, 0, v_const(e, from_left));
    vop_m(e, V_PADDB, 0, 0, v_const(e, outside));
    vop(e, V_PSHUFB, 0, a, 0);
    /* the bits in them */
    vop_m(e, V_PAND, 1, b, v_const(e, bit));
    v_load(e, x, v_const(e, mask));
    vop(e, V_PSHUFB, 1, x, 1);
    vop(e, V_PAND, 0, 0, 1);
    vop(e, V_PCMPEQB, 0, 0, 1);
    vop_to_gpr(e, V_PMOVMSKB, RCX, 0);
    v_from_gpr(e, x, RCX);
    vop_i(e, V_PSHUFD, x, 0, x, 0x4e);
    return v_done(t, r.t, x);
}

/* ---- sign extension ---- */

/* Of words: sign extension of their @bits right ones. */
static bool extend(struct tr *t, const struct insn *in, unsigned bits)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(&t->e, V_PSLLD, x, b, 32 - bits);
    vop_shift(&t->e, V_PSRAD, x, x, 32 - bits);
    return v_done(t, r.t, x);
}

/* The same into doublewords. */
static bool extend_to_dwords(struct tr *t, const struct insn *in, unsigned bits)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_i(&t->e, V_PSHUFD, x, 0, b, 0x08);
    if (bits < 32) {
        vop_shift(&t->e, V_PSLLD, x, x, 32 - bits);
        vop_shift(&t->e, V_PSRAD, x, x, 32 - bits);
    }
    vop(&t->e, V_PMOVSXDQ, x, 0, x);
    return v_done(t, r.t, x);
}

bool x64_vector_count(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_VPOPCNTB:
        return count_ones(t, in, 0);
    case INSN_VPOPCNTH:
        return count_ones(t, in, 1);
    case INSN_VPOPCNTW:
        return count_ones(t, in, 2);
    case INSN_VPOPCNTD:
        return count_ones(t, in, 3);
    case INSN_VCTZB:
        return count_trailing(t, in, 0);
    case INSN_VCTZH:
        return count_trailing(t, in, 1);
    case INSN_VCTZW:
        return count_trailing(t, in, 2);
    case INSN_VCTZD:
        return count_trailing(t, in, 3);
    case INSN_VCLZB:
        return count_leading(t, in, 0);
    case INSN_VCLZH:
        return count_leading(t, in, 1);
    case INSN_VCLZW:
        return count_leading(t, in, 2);
    case INSN_VCLZD:
        return count_leading_dwords(t, in);
    case INSN_VPRTYBW:
        return parity(t, in, 2);
    case INSN_VPRTYBD:
        return parity(t, in, 3);
    case INSN_VPRTYBQ:
        return parity(t, in, 4);
    case INSN_VGBBD:
        return turn_bits(t, in);
    case INSN_VBPERMQ:
        return pick_bits(t, in);
    case INSN_VEXTSB2W:
        return extend(t, in, 8);
    case INSN_VEXTSH2W:
        return extend(t, in, 16);
    case INSN_VEXTSB2D:
        return extend_to_dwords(t, in, 8);
    case INSN_VEXTSH2D:
        return extend_to_dwords(t, in, 16);
    case INSN_VEXTSW2D:
        return extend_to_dwords(t, in, 32);
    default:
        return false;
    }
}
