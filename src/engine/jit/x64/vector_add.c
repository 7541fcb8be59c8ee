/* SPDX-License-Identifier: Apache-2.0 */
/* VMX integers: sums, differences, averages, extremes; what the host has lane by lane. */
#include "vector.h"

/* Instructions that are one of the host's, lane by lane. */
static const struct {
    uint16_t id;
    unsigned code;
} same[] = {
    {INSN_VADDUBM, V_PADDB},  {INSN_VADDUHM, V_PADDW},  {INSN_VADDUWM, V_PADDD},
    {INSN_VADDUDM, V_PADDQ},  {INSN_VSUBUBM, V_PSUBB},  {INSN_VSUBUHM, V_PSUBW},
    {INSN_VSUBUWM, V_PSUBD},  {INSN_VSUBUDM, V_PSUBQ},  {INSN_VMAXUB, V_PMAXUB},
    {INSN_VMAXUH, V_PMAXUW},  {INSN_VMAXUW, V_PMAXUD},  {INSN_VMAXSB, V_PMAXSB},
    {INSN_VMAXSH, V_PMAXSW},  {INSN_VMAXSW, V_PMAXSD},  {INSN_VMINUB, V_PMINUB},
    {INSN_VMINUH, V_PMINUW},  {INSN_VMINUW, V_PMINUD},  {INSN_VMINSB, V_PMINSB},
    {INSN_VMINSH, V_PMINSW},  {INSN_VMINSW, V_PMINSD},  {INSN_VAVGUB, V_PAVGB},
    {INSN_VAVGUH, V_PAVGW},   {INSN_VMULUWM, V_PMULLD}, {INSN_VMULOUW, V_PMULUDQ},
    {INSN_VMULOSW, V_PMULDQ},
};

static bool same_on_host(struct tr *t, const struct insn *in)
{
    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        if (same[i].id != in->id)
            continue;
        struct vregs r = v_begin(t, in);
        unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

        vop(&t->e, same[i].code, x, a, b);
        return v_done(t, r.t, x);
    }
    return false;
}

/* ---- saturated ---- */

/* Saturating sums: VSCR[SAT] is set where the modulo result is another one. */
static bool saturate(struct tr *t, const struct insn *in, unsigned code, unsigned modulo)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(e, code, x, a, b);
    vop(e, modulo, 0, a, b);
    vop(e, V_PXOR, 0, 0, x);
    v_saturated_unless_zero(t, 0);
    return v_done(t, r.t, x);
}

/* Unsigned words: min(a, ~b) + b, max(a, b) - b. */
static bool saturate_words(struct tr *t, const struct insn *in, bool add)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    if (add) {
        v_ones(e, 0);
        vop(e, V_PXOR, 0, 0, b);
        vop(e, V_PMINUD, 0, 0, a);
    } else {
        vop(e, V_PMAXUD, 0, a, b);
    }
    vop(e, add ? V_PADDD : V_PSUBD, x, 0, b);
    vop(e, V_PXOR, 0, 0, a);
    v_saturated_unless_zero(t, 0);
    return v_done(t, r.t, x);
}

/* Signed words: where the result's sign is impossible the bound with the sign of A takes its
 * place. */
static bool saturate_signed_words(struct tr *t, const struct insn *in, bool add)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t), n = vsr_new(t);

    vop(e, add ? V_PADDD : V_PSUBD, x, a, b);
    vop(e, V_PXOR, 0, a, x);
    vop(e, V_PXOR, 1, b, add ? x : a);
    vop(e, V_PAND, 0, 0, 1);
    vop_shift(e, V_PSRAD, 0, 0, 31); /* where it wraps */
    v_ones(e, n);
    vop_shift(e, V_PSRLD, n, n, 1);
    vop_shift(e, V_PSRAD, 1, a, 31);
    vop(e, V_PXOR, n, n, 1);
    vop_i(e, V_PBLENDVB, x, x, n, 0);
    v_saturated_unless_zero(t, 0);
    return v_done(t, r.t, x);
}

/* ---- the rest ---- */

/* Averages round up. Signed ones as unsigned ones, moved. */
static bool average_signed(struct tr *t, const struct insn *in, unsigned code)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    v_ones(e, 1);
    vop_shift(e, V_PSLLW, 1, 1, 15);
    if (code == V_PAVGB)
        vop(e, V_PACKSSWB, 1, 1, 1); /* 0x8000 becomes 0x80 */
    vop(e, V_PXOR, 0, a, 1);
    vop(e, V_PXOR, x, b, 1);
    vop(e, code, x, x, 0);
    vop(e, V_PXOR, x, x, 1);
    return v_done(t, r.t, x);
}

/* (a | b) - ((a ^ b) >> 1) */
static bool average_words(struct tr *t, const struct insn *in, unsigned shift)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(e, V_PXOR, 0, a, b);
    vop_shift(e, shift, 0, 0, 1);
    vop(e, V_POR, x, a, b);
    vop(e, V_PSUBD, x, x, 0);
    return v_done(t, r.t, x);
}

/* vadduqm, vsubuqm */
static bool quadword(struct tr *t, const struct insn *in, bool add)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    v_to_gpr(e, RAX, a);
    vop_lane_to_gpr(e, V_3A(0x16) | VOP_W, RDX, a, 1); /* pextrq */
    v_to_gpr(e, RCX, b);
    x_alu_rr(e, true, add ? X_ADD : X_SUB, RAX, RCX);
    vop_lane_to_gpr(e, V_3A(0x16) | VOP_W, RCX, b, 1);
    x_alu_rr(e, true, add ? X_ADC : X_SBB, RDX, RCX);
    v_from_gpr(e, x, RAX);
    vop_i(e, V_3A(0x22) | VOP_W, x, x, RDX, 1); /* pinsrq */
    return v_done(t, r.t, x);
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
    return v_done(t, r.t, x);
}

static bool negate(struct tr *t, const struct insn *in, unsigned code)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    v_zero(&t->e, 0);
    vop(&t->e, code, x, 0, b);
    return v_done(t, r.t, x);
}

/* Of doublewords, signed or not. */
static bool extreme_dwords(struct tr *t, const struct insn *in, bool min, bool is_signed)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    if (is_signed)
        vop(e, V_PCMPGTQ, 0, a, b);
    else
        v_above_dwords(e, 0, a, b);
    vop_i(e, V_PBLENDVB, x, min ? a : b, min ? b : a, 0);
    return v_done(t, r.t, x);
}

static bool saturates(struct tr *t, const struct insn *in)
{
    switch (in->id) {
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
    case INSN_VADDUWS:
    case INSN_VSUBUWS:
        return saturate_words(t, in, in->id == INSN_VADDUWS);
    case INSN_VADDSWS:
    case INSN_VSUBSWS:
        return saturate_signed_words(t, in, in->id == INSN_VADDSWS);
    default:
        return false;
    }
}

bool x64_vector_add(struct tr *t, const struct insn *in)
{
    switch (in->id) {
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
        return extreme_dwords(t, in, in->id == INSN_VMINSD, true);
    case INSN_VMAXUD:
    case INSN_VMINUD:
        return extreme_dwords(t, in, in->id == INSN_VMINUD, false);
    case INSN_VAVGSB:
        return average_signed(t, in, V_PAVGB);
    case INSN_VAVGSH:
        return average_signed(t, in, V_PAVGW);
    case INSN_VAVGUW:
        return average_words(t, in, V_PSRLD);
    case INSN_VAVGSW:
        return average_words(t, in, V_PSRAD);
    case INSN_VADDUQM:
    case INSN_VSUBUQM:
        return quadword(t, in, in->id == INSN_VADDUQM);
    default:
        return same_on_host(t, in) || saturates(t, in);
    }
}
