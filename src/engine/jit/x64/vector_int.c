/* SPDX-License-Identifier: Apache-2.0 */
/* VMX integers. */
#include "vector.h"

static bool done(struct tr *t, unsigned n, unsigned x)
{
    vsr_write(t, n, x, VSR_WHOLE);
    return true;
}

/* Instructions that are one of the host's, lane by lane. */
static const struct {
    uint16_t id;
    unsigned code;
} same[] = {
    {INSN_VADDUBM, V_PADDB},    {INSN_VADDUHM, V_PADDW},    {INSN_VADDUWM, V_PADDD},
    {INSN_VADDUDM, V_PADDQ},    {INSN_VSUBUBM, V_PSUBB},    {INSN_VSUBUHM, V_PSUBW},
    {INSN_VSUBUWM, V_PSUBD},    {INSN_VSUBUDM, V_PSUBQ},    {INSN_VMAXUB, V_PMAXUB},
    {INSN_VMAXUH, V_PMAXUW},    {INSN_VMAXUW, V_PMAXUD},    {INSN_VMAXSB, V_PMAXSB},
    {INSN_VMAXSH, V_PMAXSW},    {INSN_VMAXSW, V_PMAXSD},    {INSN_VMINUB, V_PMINUB},
    {INSN_VMINUH, V_PMINUW},    {INSN_VMINUW, V_PMINUD},    {INSN_VMINSB, V_PMINSB},
    {INSN_VMINSH, V_PMINSW},    {INSN_VMINSW, V_PMINSD},    {INSN_VAVGUB, V_66(0xe0)},
    {INSN_VAVGUH, V_66(0xe3)},  {INSN_VMULUWM, V_38(0x40)}, {INSN_VMULOUW, V_66(0xf4)},
    {INSN_VMULOSW, V_38(0x28)},
};

static bool same_on_host(struct tr *t, const struct insn *in)
{
    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        if (same[i].id != in->id)
            continue;
        struct vregs r = v_begin(t, in);
        unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

        vop(&t->e, same[i].code, x, a, b);
        return done(t, r.t, x);
    }
    return false;
}

/* ---- comparisons ---- */

enum compare { EQUAL, NOT_EQUAL, NOT_EQUAL_OR_ZERO, GREATER_UNSIGNED, GREATER_SIGNED };

/* By log2 of an element's size. */
static const unsigned equal_code[] = {V_PCMPEQB, V_PCMPEQW, V_PCMPEQD, V_PCMPEQQ};
static const unsigned greater_code[] = {V_PCMPGTB, V_PCMPGTW, V_PCMPGTD, V_PCMPGTQ};
static const unsigned min_code[] = {V_PMINUB, V_PMINUW, V_PMINUD};

/* XMM1 := all ones, @x complemented. */
static void complement(struct emit *e, unsigned x)
{
    v_ones(e, 1);
    vop(e, V_PXOR, x, x, 1);
}

/* @x := the most negative number in all doublewords. */
static void sign_bits(struct emit *e, unsigned x)
{
    v_ones(e, x);
    vop_shift(e, V_PSLLQ, x, x, 63);
}

/* a > b: not min(a, b) = a; doublewords have no minimum, they are biased. */
static void greater_unsigned(struct emit *e, unsigned log2, unsigned x, unsigned a, unsigned b)
{
    if (log2 < 3) {
        vop(e, min_code[log2], x, a, b);
        vop(e, equal_code[log2], x, x, a);
        complement(e, x);
        return;
    }
    sign_bits(e, 1);
    vop(e, V_PXOR, 0, a, 1);
    vop(e, V_PXOR, x, b, 1);
    vop(e, V_PCMPGTQ, x, 0, x);
}

void x64_set_cr6(struct tr *t, unsigned x)
{
    struct emit *e = &t->e;

    vop(e, V_PMOVMSKB, RCX, 0, x);
    x_alu_rr(e, false, X_XOR, RAX, RAX);
    x_alu_rr(e, false, X_XOR, RDX, RDX);
    x_test_rr(e, false, RCX, RCX);
    x_setcc_r(e, CC_E, RAX);
    x_alu_ri(e, false, X_CMP, RCX, 0xffff);
    x_setcc_r(e, CC_E, RDX);
    x_lea(e, false, RAX, mem_index(RAX, RDX, 2, 0));
    x_alu_rr(e, false, X_ADD, RAX, RAX);
    cr_write(t, 6, RAX);
}

static bool compare(struct tr *t, const struct insn *in, enum compare what, unsigned log2)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    switch (what) {
    case EQUAL:
        vop(e, equal_code[log2], x, a, b);
        break;
    case NOT_EQUAL:
        vop(e, equal_code[log2], x, a, b);
        complement(e, x);
        break;
    case NOT_EQUAL_OR_ZERO: /* not: equal and not 0 */
        v_zero(e, 0);
        vop(e, equal_code[log2], 0, 0, a);
        vop(e, equal_code[log2], x, a, b);
        vop(e, V_PANDN, x, 0, x);
        complement(e, x);
        break;
    case GREATER_UNSIGNED:
        greater_unsigned(e, log2, x, a, b);
        break;
    case GREATER_SIGNED:
        vop(e, greater_code[log2], x, a, b);
        break;
    }
    if (in->word & 0x400) /* Rc */
        x64_set_cr6(t, x);
    return done(t, r.t, x);
}

#define COMPARES(ID, what, log2)                                                                   \
    case INSN_##ID:                                                                                \
    case INSN_##ID##_:                                                                             \
        return compare(t, in, what, log2);

static bool compares(struct tr *t, const struct insn *in)
{
    switch (in->id) {
        COMPARES(VCMPEQUB, EQUAL, 0)
        COMPARES(VCMPEQUH, EQUAL, 1)
        COMPARES(VCMPEQUW, EQUAL, 2)
        COMPARES(VCMPEQUD, EQUAL, 3)
        COMPARES(VCMPNEB, NOT_EQUAL, 0)
        COMPARES(VCMPNEH, NOT_EQUAL, 1)
        COMPARES(VCMPNEW, NOT_EQUAL, 2)
        COMPARES(VCMPNEZB, NOT_EQUAL_OR_ZERO, 0)
        COMPARES(VCMPNEZH, NOT_EQUAL_OR_ZERO, 1)
        COMPARES(VCMPNEZW, NOT_EQUAL_OR_ZERO, 2)
        COMPARES(VCMPGTUB, GREATER_UNSIGNED, 0)
        COMPARES(VCMPGTUH, GREATER_UNSIGNED, 1)
        COMPARES(VCMPGTUW, GREATER_UNSIGNED, 2)
        COMPARES(VCMPGTUD, GREATER_UNSIGNED, 3)
        COMPARES(VCMPGTSB, GREATER_SIGNED, 0)
        COMPARES(VCMPGTSH, GREATER_SIGNED, 1)
        COMPARES(VCMPGTSW, GREATER_SIGNED, 2)
        COMPARES(VCMPGTSD, GREATER_SIGNED, 3)
    default:
        return false;
    }
}

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
    sign_bits(e, 1);
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
    return done(t, r.t, x);
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
    return done(t, r.t, x);
}

/* ---- multiplication ---- */

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
    vop(e, V_66(0xd5), x, x, 0); /* pmullw */
    return done(t, r.t, x);
}

static bool multiply_halves(struct tr *t, const struct insn *in, bool even, bool is_signed)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(e, V_66(0xd5), 0, a, b);                    /* low halves of all products */
    vop(e, V_66(is_signed ? 0xe5 : 0xe4), x, a, b); /* high ones */
    if (even) {
        vop_shift(e, V_PSRLD, 0, 0, 16);
        vop_i(e, V_PBLENDW, x, 0, x, 0xaa);
    } else {
        vop_shift(e, V_PSLLD, x, x, 16);
        vop_i(e, V_PBLENDW, x, 0, x, 0xaa);
    }
    return done(t, r.t, x);
}

static bool multiply_even_words(struct tr *t, const struct insn *in, bool is_signed)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(e, V_PSRLQ, 0, a, 32);
    vop_shift(e, V_PSRLQ, x, b, 32);
    vop(e, is_signed ? V_38(0x28) : V_66(0xf4), x, x, 0);
    return done(t, r.t, x);
}

/* A * B + C modulo, of halfwords (pmullw), and with the pairs of products summed (pmaddwd). */
static bool multiply_add(struct tr *t, const struct insn *in, unsigned multiply, unsigned add)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), c = v_whole(t, r.c), x = vsr_new(t);

    vop(&t->e, multiply, x, a, b);
    vop(&t->e, add, x, x, c);
    return done(t, r.t, x);
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
    vop(e, V_66(0xf5), x, 0, 1); /* pmaddwd */
    vop(e, V_PADDD, x, x, c);
    vop_shift(e, V_PSLLW, 0, a, 8);
    vop_shift(e, down, 0, 0, 8);
    vop_shift(e, V_PSLLW, 1, b, 8);
    vop_shift(e, V_PSRLW, 1, 1, 8);
    vop(e, V_66(0xf5), 0, 0, 1);
    vop(e, V_PADDD, x, x, 0);
    return done(t, r.t, x);
}

static bool multiplies(struct tr *t, const struct insn *in)
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
        return multiply_add(t, in, V_66(0xd5), V_PADDW);
    case INSN_VMSUMSHM:
        return multiply_add(t, in, V_66(0xf5), V_PADDD);
    case INSN_VMSUMUBM:
    case INSN_VMSUMMBM:
        return sum_byte_products(t, in, in->id == INSN_VMSUMMBM);
    default:
        return false;
    }
}

/* ---- the rest ---- */

/* Saturating sums: VSCR[SAT] is set where the modulo result is another one. */
static bool saturate(struct tr *t, const struct insn *in, unsigned code, unsigned modulo)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(e, code, x, a, b);
    vop(e, modulo, 0, a, b);
    vop(e, V_PXOR, 0, 0, x);
    x_alu_rr(e, false, X_XOR, RAX, RAX);
    vop(e, V_PTEST, 0, 0, 0);
    x_setcc_r(e, CC_NE, RAX);
    x_alu_mr(e, false, X_OR, CPU_MEM(vscr), RAX);
    return done(t, r.t, x);
}

static bool absolute_difference(struct tr *t, const struct insn *in, unsigned log2)
{
    static const unsigned saturating[] = {V_66(0xd8), V_66(0xd9)};
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    if (log2 < 2) { /* one of the two is 0 */
        vop(e, saturating[log2], 0, a, b);
        vop(e, saturating[log2], x, b, a);
        vop(e, V_POR, x, x, 0);
    } else {
        vop(e, V_PMAXUD, 0, a, b);
        vop(e, V_PMINUD, x, a, b);
        vop(e, V_PSUBD, x, 0, x);
    }
    return done(t, r.t, x);
}

static bool negate(struct tr *t, const struct insn *in, unsigned code)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    v_zero(&t->e, 0);
    vop(&t->e, code, x, 0, b);
    return done(t, r.t, x);
}

/* vmaxsd, vminsd */
static bool extreme_dwords(struct tr *t, const struct insn *in, bool min)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, V_PCMPGTQ, 0, a, b);
    vop_i(&t->e, V_PBLENDVB, x, min ? a : b, min ? b : a, 0);
    return done(t, r.t, x);
}

/* Of words: sign extension of their @bits right ones. */
static bool extend(struct tr *t, const struct insn *in, unsigned bits)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(&t->e, V_PSLLD, x, b, 32 - bits);
    vop_shift(&t->e, V_PSRAD, x, x, 32 - bits);
    return done(t, r.t, x);
}

bool x64_vector_int(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_VSLH:
        return shift_halves(t, in, LEFT);
    case INSN_VSRH:
        return shift_halves(t, in, RIGHT);
    case INSN_VSRAH:
        return shift_halves(t, in, RIGHT_SIGNED);
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
    case INSN_VADDUBS:
        return saturate(t, in, V_66(0xdc), V_PADDB);
    case INSN_VADDUHS:
        return saturate(t, in, V_66(0xdd), V_PADDW);
    case INSN_VADDSBS:
        return saturate(t, in, V_66(0xec), V_PADDB);
    case INSN_VADDSHS:
        return saturate(t, in, V_66(0xed), V_PADDW);
    case INSN_VSUBUBS:
        return saturate(t, in, V_66(0xd8), V_PSUBB);
    case INSN_VSUBUHS:
        return saturate(t, in, V_66(0xd9), V_PSUBW);
    case INSN_VSUBSBS:
        return saturate(t, in, V_66(0xe8), V_PSUBB);
    case INSN_VSUBSHS:
        return saturate(t, in, V_66(0xe9), V_PSUBW);
    case INSN_VABSDUB:
        return absolute_difference(t, in, 0);
    case INSN_VABSDUH:
        return absolute_difference(t, in, 1);
    case INSN_VABSDUW:
        return absolute_difference(t, in, 2);
    case INSN_VNEGW:
        return negate(t, in, V_PSUBD);
    case INSN_VNEGD:
        return negate(t, in, V_PSUBQ);
    case INSN_VMAXSD:
    case INSN_VMINSD:
        return extreme_dwords(t, in, in->id == INSN_VMINSD);
    case INSN_VEXTSB2W:
        return extend(t, in, 8);
    case INSN_VEXTSH2W:
        return extend(t, in, 16);
    default:
        return same_on_host(t, in) || compares(t, in) || multiplies(t, in);
    }
}
