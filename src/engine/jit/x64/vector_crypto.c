/* SPDX-License-Identifier: Apache-2.0 */
/* VMX for cryptography, where the host has instructions for it too: AES, SHA-2, carry-less
 * products, vpermxor. What they mean: src/cpu/vmx_crypto.c. */
#include "vector.h"

enum {
    V_AESIMC = V_38(0xdb), /* to, 0, from */
    V_AESENC = V_38(0xdc), /* to, state, key */
    V_AESENCLAST = V_38(0xdd),
    V_AESDECLAST = V_38(0xdf),
    V_PCLMULQDQ = V_3A(0x44),
};

/* ---- AES: the host has the state's first byte in its lane 0, we in lane 15 ---- */

static bool cipher(struct tr *t, const struct insn *in, unsigned op, bool inverse)
{
    struct emit *e = &t->e;

    if (!__builtin_cpu_supports("aes"))
        return false;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);
    v_load(e, 0, v_const(e, v_reversed));
    vop(e, V_PSHUFB, x, a, 0);
    vop(e, V_PSHUFB, 1, b, 0);
    vop(e, op, x, x, 1);
    if (inverse) /* the key is added before the columns are mixed, by the host's aesdec behind */
        vop(e, V_AESIMC, x, 0, x);
    vop(e, V_PSHUFB, x, x, 0);
    return v_done(t, r.t, x);
}

/* The last round with a key of zeros, its shift of rows undone in advance. */
static bool substitute(struct tr *t, const struct insn *in)
{
    static const _Alignas(16)
        uint8_t unshifted[16] = {15, 2, 5, 8, 11, 14, 1, 4, 7, 10, 13, 0, 3, 6, 9, 12};
    struct emit *e = &t->e;

    if (!__builtin_cpu_supports("aes"))
        return false;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), x = vsr_new(t);
    vop_m(e, V_PSHUFB, x, a, v_const(e, unshifted));
    v_zero(e, 0);
    vop(e, V_AESENCLAST, x, x, 0);
    vop_m(e, V_PSHUFB, x, x, v_const(e, v_reversed));
    return v_done(t, r.t, x);
}

/* ---- SHA-2 ---- */

/* Two rotations to the right, and a third one or a shift. */
struct sigma {
    uint8_t rotate[2], last;
    bool shift;
};

/* By doubleword, ST and SIX. */
static const struct sigma sigmas[2][2][2] = {
    {{{{7, 18}, 3, true}, {{17, 19}, 10, true}}, {{{2, 13}, 22, false}, {{6, 11}, 25, false}}},
    {{{{1, 8}, 7, true}, {{19, 61}, 6, true}}, {{{28, 34}, 39, false}, {{14, 18}, 41, false}}},
};

/* @x ^= @a rotated to the right by @n. Uses XMM0. */
static void xor_rotated(struct emit *e, bool dwords, unsigned x, unsigned a, unsigned n)
{
    vop_shift(e, dwords ? V_PSRLQ : V_PSRLD, 0, a, n);
    vop(e, V_PXOR, x, x, 0);
    vop_shift(e, dwords ? V_PSLLQ : V_PSLLD, 0, a, (dwords ? 64 : 32) - n);
    vop(e, V_PXOR, x, x, 0);
}

static bool sigma(struct tr *t, const struct insn *in, bool dwords)
{
    unsigned counts = dwords ? 0xa : 0xf, six = WORD_BITS(in->word, 17, 20) & counts;
    struct emit *e = &t->e;

    if (six && six != counts) /* another function in each element: nobody asks for that */
        return false;
    const struct sigma *s = &sigmas[dwords][WORD_BITS(in->word, 16, 16)][!!six];
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), x = vsr_new(t);
    vop_shift(e, dwords ? V_PSRLQ : V_PSRLD, x, a, s->last);
    if (!s->shift) {
        vop_shift(e, dwords ? V_PSLLQ : V_PSLLD, 0, a, (dwords ? 64 : 32) - s->last);
        vop(e, V_PXOR, x, x, 0);
    }
    xor_rotated(e, dwords, x, a, s->rotate[0]);
    xor_rotated(e, dwords, x, a, s->rotate[1]);
    return v_done(t, r.t, x);
}

/* ---- carry-less products, two of which are added in each element ---- */

static bool multiply_dwords(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;

    if (!__builtin_cpu_supports("pclmul"))
        return false;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);
    vop_i(e, V_PCLMULQDQ, x, a, b, 0x00);
    vop_i(e, V_PCLMULQDQ, 0, a, b, 0x11);
    vop(e, V_PXOR, x, x, 0);
    return v_done(t, r.t, x);
}

static bool multiply_words(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;

    if (!__builtin_cpu_supports("pclmul"))
        return false;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t), y = vsr_new(t);
    vop_shift(e, V_PSRLQ, 0, a, 32);
    vop_shift(e, V_PSRLQ, 1, b, 32);
    vop_i(e, V_PCLMULQDQ, x, 0, 1, 0x00);
    vop_i(e, V_PCLMULQDQ, y, 0, 1, 0x11);
    vop(e, V_PUNPCKLQDQ, y, x, y);
    v_ones(e, x);
    vop_shift(e, V_PSRLQ, x, x, 32);
    vop(e, V_PAND, 0, a, x);
    vop(e, V_PAND, 1, b, x);
    vop_i(e, V_PCLMULQDQ, x, 0, 1, 0x00);
    vop_i(e, V_PCLMULQDQ, 0, 0, 1, 0x11);
    vop(e, V_PUNPCKLQDQ, x, x, 0);
    vop(e, V_PXOR, x, x, y);
    return v_done(t, r.t, x);
}

/* ---- the halves of VRC's bytes choose: byte n from the left is lane 15 - n ---- */

static bool permute_xor(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), c = v_whole(t, r.c), x = vsr_new(t);

    v_load(e, 1, v_const(e, v_nibbles));
    vop(e, V_PANDN, 0, c, 1); /* 15 - n */
    vop(e, V_PSHUFB, x, b, 0);
    vop_shift(e, V_PSRLW, 0, c, 4);
    vop(e, V_PANDN, 0, 0, 1);
    vop(e, V_PSHUFB, 0, a, 0);
    vop(e, V_PXOR, x, x, 0);
    return v_done(t, r.t, x);
}

bool x64_vector_crypto(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_VCIPHER:
        return cipher(t, in, V_AESENC, false);
    case INSN_VCIPHERLAST:
        return cipher(t, in, V_AESENCLAST, false);
    case INSN_VNCIPHER:
        return cipher(t, in, V_AESDECLAST, true);
    case INSN_VNCIPHERLAST:
        return cipher(t, in, V_AESDECLAST, false);
    case INSN_VSBOX:
        return substitute(t, in);
    case INSN_VSHASIGMAW:
        return sigma(t, in, false);
    case INSN_VSHASIGMAD:
        return sigma(t, in, true);
    case INSN_VPMSUMW:
        return multiply_words(t, in);
    case INSN_VPMSUMD:
        return multiply_dwords(t, in);
    case INSN_VPERMXOR:
        return permute_xor(t, in);
    default:
        return false;
    }
}
