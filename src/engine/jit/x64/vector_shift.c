/* SPDX-License-Identifier: Apache-2.0 */
/* VMX: shifts and rotates, of elements and of whole registers. */
#include "vector.h"

/* ---- shifts and rotates of words and doublewords by their own counts ---- */

enum shift { LEFT, RIGHT, RIGHT_SIGNED, ROTATE };

#define V_PSLLV V_38(0x47)
#define V_PSRLV V_38(0x45)
#define V_PSRAV V_38(0x46)

/* XMM0 := the counts in @b: the low bits of each element. */
static void counts(struct emit *e, unsigned b, bool dword)
{
    v_ones(e, 0);
    vop_shift(e, dword ? V_PSRLQ : V_PSRLD, 0, 0, dword ? 58 : 27);
    vop(e, V_PAND, 0, 0, b);
}

/* There is no such host instruction for doublewords: (a >> n ^ s) - s, s = the sign bit >> n. */
static void shift_signed_dwords(struct emit *e, unsigned x, unsigned a)
{
    v_signs(e, 1);
    vop(e, V_PSRLV | VOP_W, 1, 1, 0);
    vop(e, V_PSRLV | VOP_W, x, a, 0);
    vop(e, V_PXOR, x, x, 1);
    vop(e, V_PSUBQ, x, x, 1);
}

/* a << n | a >> size - n: the host gives 0 for a shift by all bits. */
static void rotate(struct emit *e, unsigned x, unsigned a, bool dword)
{
    unsigned w = dword ? VOP_W : 0;

    v_ones(e, 1);
    vop_shift(e, dword ? V_PSRLQ : V_PSRLD, 1, 1, dword ? 58 : 27);
    vop(e, dword ? V_PSUBQ : V_PSUBD, 1, 1, 0); /* size - 1 - n */
    vop(e, V_PSRLV | w, 1, a, 1);
    vop_shift(e, dword ? V_PSRLQ : V_PSRLD, 1, 1, 1);
    vop(e, V_PSLLV | w, x, a, 0);
    vop(e, V_POR, x, x, 1);
}

static bool shift(struct tr *t, const struct insn *in, enum shift what, bool dword)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t), w = dword ? VOP_W : 0;

    counts(e, b, dword);
    if (what == ROTATE)
        rotate(e, x, a, dword);
    else if (what == RIGHT_SIGNED && dword)
        shift_signed_dwords(e, x, a);
    else
        vop(e, what == LEFT ? V_PSLLV | w : what == RIGHT ? V_PSRLV | w : V_PSRAV, x, a, 0);
    return v_done(t, r.t, x);
}

/* Halfwords as words twice, @what LEFT, RIGHT or RIGHT_SIGNED. */
static bool shift_halves(struct tr *t, const struct insn *in, enum shift what)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t), n = vsr_new(t);
    unsigned code = what == LEFT ? V_PSLLV : what == RIGHT ? V_PSRLV : V_PSRAV;

    v_ones(e, n);
    vop_shift(e, V_PSRLD, n, n, 28); /* the right halves' counts */
    vop(e, V_PAND, n, n, b);
    if (what == LEFT) {
        vop(e, code, x, a, n);
    } else {
        vop_shift(e, V_PSLLD, x, a, 16);
        vop(e, code, x, x, n);
        vop_shift(e, V_PSRLD, x, x, 16);
    }
    vop_shift(e, V_PSLLD, n, b, 12); /* the left halves' counts */
    vop_shift(e, V_PSRLD, n, n, 28);
    if (what == LEFT) {
        vop_shift(e, V_PSRLD, 0, a, 16);
        vop_shift(e, V_PSLLD, 0, 0, 16);
        vop(e, code, 0, 0, n);
    } else {
        vop(e, code, 0, a, n);
    }
    vop_i(e, V_PBLENDW, x, x, 0, 0xaa);
    return v_done(t, r.t, x);
}
/* vrlh: each half twice in a word, rotated there. */
static bool rotate_halves(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t), n = vsr_new(t);

    vop_shift(e, V_PSLLD, n, b, 28); /* the right halves' counts */
    vop_shift(e, V_PSRLD, n, n, 28);
    vop_shift(e, V_PSLLD, 0, a, 16);
    vop_i(e, V_PBLENDW, 0, 0, a, 0x55);
    vop(e, V_PSLLV, 0, 0, n);
    vop_shift(e, V_PSRLD, 0, 0, 16);
    vop_shift(e, V_PSLLD, n, b, 12); /* the left halves' */
    vop_shift(e, V_PSRLD, n, n, 28);
    vop_shift(e, V_PSRLD, x, a, 16);
    vop_i(e, V_PBLENDW, x, x, a, 0xaa);
    vop(e, V_PSLLV, x, x, n);
    vop_i(e, V_PBLENDW, x, 0, x, 0xaa);
    return v_done(t, r.t, x);
}

/* Bytes times powers of two are products of 16 bits: in XMM0 those of the right bytes, in @x those
 * of the left ones. @x := the shifted bytes. Uses XMM1. */
static void shifted_bytes(struct emit *e, enum shift what, unsigned x)
{
    bool right = what == RIGHT || what == RIGHT_SIGNED;

    if (right) { /* times 128 >> n: bits 1:8 are the result */
        vop_shift(e, V_PSLLW, 0, 0, 1);
        vop_shift(e, V_PSLLW, x, x, 1);
    } else if (what == ROTATE) { /* what went out on the left comes in on the right */
        vop_shift(e, V_PSRLW, 1, 0, 8);
        vop(e, V_POR, 0, 0, 1);
        vop_shift(e, V_PSLLW, 1, x, 8);
        vop(e, V_POR, x, x, 1);
    }
    if (!right)
        vop_shift(e, V_PSLLW, 0, 0, 8);
    vop_shift(e, V_PSRLW, 0, 0, 8);
    if (what != LEFT)
        vop_shift(e, V_PSRLW, x, x, 8);
    vop_shift(e, V_PSLLW, x, x, 8);
    vop(e, V_POR, x, x, 0);
}

static bool shift_bytes(struct tr *t, const struct insn *in, enum shift what)
{
    static const _Alignas(16) uint8_t powers[2][16] = {
        {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128},
        {128, 64, 32, 16, 8, 4, 2, 1, 128, 64, 32, 16, 8, 4, 2, 1},
    };
    static const _Alignas(16) uint8_t sevens[16] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t), n = vsr_new(t);
    unsigned down = what == RIGHT_SIGNED ? V_PSRAW : V_PSRLW;

    vop_m(e, V_PAND, 0, b, v_const(e, sevens));
    v_load(e, n, v_const(e, powers[what == RIGHT || what == RIGHT_SIGNED]));
    vop(e, V_PSHUFB, n, n, 0);
    vop_shift(e, V_PSLLW, 0, a, 8);
    vop_shift(e, down, 0, 0, 8);
    vop_shift(e, V_PSLLW, 1, n, 8);
    vop_shift(e, V_PSRLW, 1, 1, 8);
    vop(e, V_PMULLW, 0, 0, 1);
    vop_shift(e, down, x, a, 8);
    vop_shift(e, V_PSRLW, n, n, 8);
    vop(e, V_PMULLW, x, x, n);
    shifted_bytes(e, what, x);
    return v_done(t, r.t, x);
}

/* ---- of whole registers ---- */

/* vslo, vsro: by octets, bits 121:124 of B; the host gives 0 for indices with their top bit set. */
static bool shift_octets(struct tr *t, const struct insn *in, bool left)
{
    static const _Alignas(16) uint8_t index[2][16] = {
        {0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e,
         0x7f},
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    };
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(e, V_PSLLD, 0, b, 25);
    vop_shift(e, V_PSRLD, 0, 0, 28);
    vop(e, V_PBROADCASTB, 0, 0, 0);
    v_load(e, x, v_const(e, index[left]));
    vop(e, left ? V_PSUBB : V_PADDB, x, x, 0);
    vop(e, V_PSHUFB, x, a, x);
    return v_done(t, r.t, x);
}

/* vsl, vsr: by bits 125:127 of B. What goes from one half to the other is shifted by 64 - n, which
 * gives 0 for n = 0. */
static bool shift_quadword(struct tr *t, const struct insn *in, bool left)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(e, V_PSLLQ, 0, b, 61);
    vop_shift(e, V_PSRLQ, 0, 0, 61);
    vop(e, left ? V_66(0xf3) : V_66(0xd3), x, a, 0); /* psllq, psrlq */
    x_mov_ri(e, RAX, 64);
    v_from_gpr32(e, 1, RAX);
    vop(e, V_PSUBQ, 1, 1, 0);
    vop(e, left ? V_66(0xd3) : V_66(0xf3), 0, a, 1);
    vop_shift(e, left ? V_PSLLDQ : V_PSRLDQ, 0, 0, 8);
    vop(e, V_POR, x, x, 0);
    return v_done(t, r.t, x);
}

bool x64_vector_shift(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_VSLB:
        return shift_bytes(t, in, LEFT);
    case INSN_VSRB:
        return shift_bytes(t, in, RIGHT);
    case INSN_VSRAB:
        return shift_bytes(t, in, RIGHT_SIGNED);
    case INSN_VRLB:
        return shift_bytes(t, in, ROTATE);
    case INSN_VSLH:
        return shift_halves(t, in, LEFT);
    case INSN_VSRH:
        return shift_halves(t, in, RIGHT);
    case INSN_VSRAH:
        return shift_halves(t, in, RIGHT_SIGNED);
    case INSN_VRLH:
        return rotate_halves(t, in);
    case INSN_VSLW:
    case INSN_VSLD:
        return shift(t, in, LEFT, in->id == INSN_VSLD);
    case INSN_VSRW:
    case INSN_VSRD:
        return shift(t, in, RIGHT, in->id == INSN_VSRD);
    case INSN_VSRAW:
    case INSN_VSRAD:
        return shift(t, in, RIGHT_SIGNED, in->id == INSN_VSRAD);
    case INSN_VRLW:
    case INSN_VRLD:
        return shift(t, in, ROTATE, in->id == INSN_VRLD);
    case INSN_VSL:
    case INSN_VSR:
        return shift_quadword(t, in, in->id == INSN_VSL);
    case INSN_VSLO:
    case INSN_VSRO:
        return shift_octets(t, in, in->id == INSN_VSLO);
    default:
        return false;
    }
}
