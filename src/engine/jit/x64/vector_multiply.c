/* SPDX-License-Identifier: Apache-2.0 */
/* VMX integers: products, sums of products, sums across. */
#include "vector.h"

/* The products of the left (@even) or right elements of each pair. */
static bool multiply_bytes(struct tr *t, const struct insn *in, bool even, bool is_signed)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);
    unsigned down = is_signed ? V_PSRAW : V_PSRLW;

    if (!even) {
        vop_shift(e, V_PSLLW, 0, a, 8);
        vop_shift(e, V_PSLLW, x, b, 8);
        a = 0;
        b = x;
    }
    vop_shift(e, down, 0, a, 8);
    vop_shift(e, down, x, b, 8);
    vop(e, V_PMULLW, x, x, 0);
    return v_done(t, r.t, x);
}

static bool multiply_halves(struct tr *t, const struct insn *in, bool even, bool is_signed)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(e, V_PMULLW, 0, a, b);                         /* low halves of all products */
    vop(e, is_signed ? V_PMULHW : V_PMULHUW, x, a, b); /* high ones */
    if (even) {
        vop_shift(e, V_PSRLD, 0, 0, 16);
        vop_i(e, V_PBLENDW, x, 0, x, 0xaa);
    } else {
        vop_shift(e, V_PSLLD, x, x, 16);
        vop_i(e, V_PBLENDW, x, 0, x, 0xaa);
    }
    return v_done(t, r.t, x);
}

static bool multiply_even_words(struct tr *t, const struct insn *in, bool is_signed)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(e, V_PSRLQ, 0, a, 32);
    vop_shift(e, V_PSRLQ, x, b, 32);
    vop(e, is_signed ? V_PMULDQ : V_PMULUDQ, x, x, 0);
    return v_done(t, r.t, x);
}

/* A * B + C modulo, of halfwords (pmullw), and with the pairs of products summed (pmaddwd). */
static bool multiply_add(struct tr *t, const struct insn *in, unsigned multiply, unsigned add)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), c = v_whole(t, r.c), x = vsr_new(t);

    vop(&t->e, multiply, x, a, b);
    vop(&t->e, add, x, x, c);
    return v_done(t, r.t, x);
}

/* vmsumubm, vmsummbm: bytes as halfwords; VRB is unsigned. */
static bool sum_byte_products(struct tr *t, const struct insn *in, bool a_signed)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), c = v_whole(t, r.c), x = vsr_new(t);
    unsigned down = a_signed ? V_PSRAW : V_PSRLW;

    vop_shift(e, down, 0, a, 8);
    vop_shift(e, V_PSRLW, 1, b, 8);
    vop(e, V_PMADDWD, x, 0, 1);
    vop(e, V_PADDD, x, x, c);
    vop_shift(e, V_PSLLW, 0, a, 8);
    vop_shift(e, down, 0, 0, 8);
    vop_shift(e, V_PSLLW, 1, b, 8);
    vop_shift(e, V_PSRLW, 1, 1, 8);
    vop(e, V_PMADDWD, 0, 0, 1);
    vop(e, V_PADDD, x, x, 0);
    return v_done(t, r.t, x);
}

/* vmsumuhm: the host has the halves of all products. */
static bool sum_half_products(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), c = v_whole(t, r.c), x = vsr_new(t);

    vop(e, V_PMULLW, 0, a, b);
    vop(e, V_PMULHUW, x, a, b);
    vop_shift(e, V_PSLLD, 1, x, 16);
    vop_i(e, V_PBLENDW, 1, 0, 1, 0xaa); /* of the right ones */
    vop_shift(e, V_PSRLD, 0, 0, 16);
    vop_i(e, V_PBLENDW, x, 0, x, 0xaa); /* of the left ones */
    vop(e, V_PADDD, x, x, 1);
    vop(e, V_PADDD, x, x, c);
    return v_done(t, r.t, x);
}

/* ---- sums across ---- */

/* @x := the sums of the elements in each word of @a. Uses XMM0. */
static void word_sums(struct emit *e, unsigned id, unsigned x, unsigned a)
{
    static const _Alignas(16) uint8_t ones[2][16] = {
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
        {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0},
    };

    if (id == INSN_VSUM4UBS) {
        vop_m(e, V_PMADDUBSW, x, a, v_const(e, ones[0]));
    } else if (id == INSN_VSUM4SBS) {
        v_load(e, 0, v_const(e, ones[0]));
        vop(e, V_PMADDUBSW, x, 0, a);
    }
    vop_m(e, V_PMADDWD, x, id == INSN_VSUM4SHS ? a : x, v_const(e, ones[1]));
}

/* vsum4*: what saturates is the handler's. */
static bool sum_quarters(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    word_sums(e, in->id, x, a);
    if (in->id == INSN_VSUM4UBS) { /* ~b < x: it carries */
        v_ones(e, 0);
        vop(e, V_PXOR, 0, 0, b);
        vop(e, V_PMINUD, 1, 0, x);
        vop(e, V_PCMPEQD, 0, 1, x);
        vop_to_gpr(e, V_MOVMSKPS, RAX, 0);
        x_alu_ri(e, false, X_XOR, RAX, 15);
        vop(e, V_PADDD, x, x, b);
    } else { /* the sum's sign is that of neither */
        vop(e, V_PADDD, 0, x, b);
        vop(e, V_PXOR, 1, x, 0);
        v_move(e, x, 0);
        vop(e, V_PXOR, 0, 0, b);
        vop(e, V_PAND, 0, 0, 1);
        vop_to_gpr(e, V_MOVMSKPS, RAX, 0);
        x_test_rr(e, false, RAX, RAX);
    }
    struct late *slow = tr_slow(t, x_jcc(e, CC_NE), false);
    vsr_write(t, r.t, x, VSR_WHOLE);
    tr_back(t, slow);
    return true;
}

/* vsumsws: all words of A and the right one of B, as doublewords. */
static bool sum_words(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(e, V_PMOVSXDQ, x, 0, a);
    vop_i(e, V_PSHUFD, 0, 0, a, 0xee);
    vop(e, V_PMOVSXDQ, 0, 0, 0);
    vop(e, V_PADDQ, x, x, 0);
    vop_i(e, V_PSHUFD, 0, 0, x, 0xee);
    vop(e, V_PADDQ, x, x, 0);
    vop(e, V_PMOVSXDQ, 0, 0, b);
    vop(e, V_PADDQ, x, x, 0);
    v_to_gpr(e, RAX, x);
    x_ext_rr(e, X_MOVSXD, RCX, RAX);
    x_alu_rr(e, true, X_CMP, RCX, RAX);
    struct late *slow = tr_slow(t, x_jcc(e, CC_NE), false);
    v_from_gpr32(e, x, RAX);
    vsr_write(t, r.t, x, VSR_WHOLE);
    tr_back(t, slow);
    return true;
}

bool x64_vector_multiply(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_VMULEUB:
    case INSN_VMULOUB:
        return multiply_bytes(t, in, in->id == INSN_VMULEUB, false);
    case INSN_VMULESB:
    case INSN_VMULOSB:
        return multiply_bytes(t, in, in->id == INSN_VMULESB, true);
    case INSN_VMULEUH:
    case INSN_VMULOUH:
        return multiply_halves(t, in, in->id == INSN_VMULEUH, false);
    case INSN_VMULESH:
    case INSN_VMULOSH:
        return multiply_halves(t, in, in->id == INSN_VMULESH, true);
    case INSN_VMULEUW:
    case INSN_VMULESW:
        return multiply_even_words(t, in, in->id == INSN_VMULESW);
    case INSN_VMLADDUHM:
        return multiply_add(t, in, V_PMULLW, V_PADDW);
    case INSN_VMSUMSHM:
        return multiply_add(t, in, V_PMADDWD, V_PADDD);
    case INSN_VMSUMUBM:
    case INSN_VMSUMMBM:
        return sum_byte_products(t, in, in->id == INSN_VMSUMMBM);
    case INSN_VMSUMUHM:
        return sum_half_products(t, in);
    case INSN_VSUM4UBS:
    case INSN_VSUM4SBS:
    case INSN_VSUM4SHS:
        return sum_quarters(t, in);
    case INSN_VSUMSWS:
        return sum_words(t, in);
    default:
        return false;
    }
}
