/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMX floating point that compilers still choose beside VSX: sums, multiply-adds, and integers to
 * singles. It knows no FPSCR, so the host, which notes what is inexact, may compute only while XX
 * is set. With VSCR[NJ] denormals are zeros: the handler takes them, and NaNs.
 */
#include "vector_fp.h"

static const _Alignas(16) uint32_t less_one[4] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};

/* ---- denormals ---- */

/* Twice a magnitude, less one: below 2^24 for denormals and the least normal number, to which one
 * may have been rounded, but not for zeros. XMM0 := the least of that and what it was, of every
 * lane, in @from or XMM0 to begin with. Uses XMM1, RDX. */
static void note_least(struct emit *e, unsigned v, bool first)
{
    unsigned to = first ? 0 : 1;

    vop(e, V_PADDD, to, v, v);
    vop_m(e, V_PADDD, to, to, v_const(e, less_one));
    if (!first)
        vop(e, V_PMINUD, 0, 0, 1);
}

/* The handler is asked if a lane noted was denormal, or one of @x is a NaN. */
static struct late *slow_if_odd(struct tr *t, unsigned x)
{
    struct emit *e = &t->e;

    vop_shift(e, V_PSRLD, 0, 0, 24);
    vop_m(e, V_PADDD, 0, 0, v_const(e, less_one));
    vop_i(e, fp_packed(0xc2, true), 1, x, x, 3); /* cmpunord */
    vop(e, V_POR, 0, 0, 1);
    return fp_slow_if_any(t, true, 0, false);
}

/* ---- arithmetic ---- */

enum { ADD = 0x58, SUB = 0x5c };

static bool sum(struct tr *t, const struct insn *in, unsigned op)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    struct late *inexact = fp_ready_unnoted(t);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(e, fp_packed(op, true), x, a, b);
    note_least(e, a, true);
    note_least(e, b, false);
    note_least(e, x, false);
    fp_finish(t, r.t, x, slow_if_odd(t, x));
    tr_back(t, inexact);
    return true;
}

/* a * c + b, or -(a * c - b): the sign of a zero is changed, too. */
static bool muladd(struct tr *t, const struct insn *in, bool negated)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    struct late *inexact = fp_ready_unnoted(t);
    unsigned a = v_whole(t, r.a), c = v_whole(t, r.c), b = v_whole(t, r.b), x = vsr_new(t);

    v_move(e, x, b);
    vop(e, V_38(negated ? 0xba : 0xb8), x, a, c); /* vfmsub231ps, vfmadd231ps */
    note_least(e, a, true);
    note_least(e, c, false);
    note_least(e, b, false);
    note_least(e, x, false);
    struct late *odd = slow_if_odd(t, x);
    if (negated) {
        v_ones(e, 0);
        vop_shift(e, V_PSLLD, 0, 0, 31);
        vop(e, V_PXOR, x, x, 0);
    }
    fp_finish(t, r.t, x, odd);
    tr_back(t, inexact);
    return true;
}

/* ---- from integers with fraction bits: scaling is exact, and never makes a denormal ---- */

static bool from_words(struct tr *t, const struct insn *in, bool is_signed)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    struct late *inexact = fp_ready_unnoted(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    x64_words_to_singles(e, x, b, is_signed);
    if (in->ra) {
        x_mov_ri(e, RDX, (uint64_t)(127 - in->ra) << 23);
        v_from_gpr32(e, 0, RDX);
        vop(e, V_PBROADCASTD, 0, 0, 0);
        vop(e, fp_packed(0x59, true), x, x, 0); /* mulps */
    }
    return fp_finish(t, r.t, x, inexact);
}

bool x64_vector_vmx_fp(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_VADDFP:
        return sum(t, in, ADD);
    case INSN_VSUBFP:
        return sum(t, in, SUB);
    case INSN_VMADDFP:
        return muladd(t, in, false);
    case INSN_VNMSUBFP:
        return muladd(t, in, true);
    case INSN_VCFSX:
        return from_words(t, in, true);
    case INSN_VCFUX:
        return from_words(t, in, false);
    default:
        return false;
    }
}
