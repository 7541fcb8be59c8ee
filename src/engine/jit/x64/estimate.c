/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Estimates of reciprocals and of those of roots: the quotients and roots of the host, rounded as
 * often as src/cpu/softfp_convert.c does. They leave XX alone, so the host may compute only while
 * it is set; FR and FI are 0.
 */
#include "vector_fp.h"

#define HIGH_HALF 0xee /* pshufd */

enum { DIV = 0x5e, ROOT = 0x51 };

static const _Alignas(16) uint64_t one64[2] = {0x3ff0000000000000, 0x3ff0000000000000};
static const _Alignas(16) uint64_t one32[2] = {0x3f8000003f800000, 0x3f8000003f800000};

/* ---- scalars ---- */

/* @x := 1 / @b, or 1 / its root. Uses RDX, XMM0. */
static void estimate_double(struct emit *e, bool of_root, unsigned x, unsigned b)
{
    if (of_root) {
        vop(e, VOP(MAP_0F, PP_F2, ROOT), 0, b, b);
        b = 0;
    }
    v_load(e, x, v_const(e, one64));
    vop(e, VOP(MAP_0F, PP_F2, DIV), x, x, b);
}

static bool scalar(struct tr *t, const struct insn *in, bool of_root, bool single)
{
    struct emit *e = &t->e;

    vsr_need(t, insn_facility_need(in));
    struct late *slow[4] = {fp_ready_unnoted(t)};
    unsigned b = vsr_read(t, in->rb, VSR_SCALAR), x = vsr_new(t);

    if (of_root)
        slow[1] = fp_slow_unless_root(t, b, false);
    estimate_double(e, of_root, x, b);
    if (single && of_root) /* what is rounded twice is rounded twice by the handler, too */
        vop(e, V_CVTSD2SS, x, x, x);
    else if (single)
        slow[2] = fp_narrow(t, x);
    slow[3] = fp_slow_unless_normal(t, x, single);
    if (single)
        vsr_write_single(t, in->rt, x);
    else
        vsr_write(t, in->rt, x, VSR_SCALAR);
    fp_record_result(t, single ? FPL_FRSP : FPL_EXACT, x);
    for (unsigned i = 0; i < ARRAY_SIZE(slow); i++)
        if (slow[i])
            tr_back(t, slow[i]);
    return true;
}

/* ---- vectors ---- */

static bool reciprocals(struct tr *t, const struct insn *in, bool single)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    struct late *inexact = fp_ready_unnoted(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    v_load(e, x, v_const(e, single ? one32 : one64));
    vop(e, fp_packed(DIV, single), x, x, b);
    fp_finish(t, r.t, x, fp_slow_unless_in(t, &fp_safe[single], single, x));
    tr_back(t, inexact);
    return true;
}

/* @x := 1 / root of the doubles in @b. Uses RDX, XMM0. */
static void root_doubles(struct emit *e, unsigned x, unsigned b)
{
    vop(e, fp_packed(ROOT, false), 0, 0, b);
    v_load(e, x, v_const(e, one64));
    vop(e, fp_packed(DIV, false), x, x, 0);
}

/* Singles, as doubles. */
static void root_singles(struct tr *t, unsigned x, unsigned b)
{
    struct emit *e = &t->e;
    unsigned high = vsr_new(t);

    vop_i(e, V_PSHUFD, high, 0, b, HIGH_HALF);
    vop(e, V_CVTPS2PD, high, 0, high);
    root_doubles(e, x, high);
    vop(e, V_CVTPD2PS, high, 0, x);
    vop(e, V_CVTPS2PD, 1, 0, b);
    root_doubles(e, x, 1);
    vop(e, V_CVTPD2PS, x, 0, x);
    vop(e, V_PUNPCKLQDQ, x, x, high);
}

static bool roots(struct tr *t, const struct insn *in, bool single)
{
    struct vregs r = v_begin(t, in);
    struct late *inexact = fp_ready_unnoted(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);
    struct late *odd = fp_slow_unless_in(t, &fp_safe[single], single, b);
    struct late *negative = fp_slow_if_any(t, single, b, false);

    if (single)
        root_singles(t, x, b);
    else
        root_doubles(&t->e, x, b);
    fp_finish(t, r.t, x, odd);
    tr_back(t, negative);
    tr_back(t, inexact);
    return true;
}

bool x64_estimate(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_FRE:
    case INSN_XSREDP:
        return scalar(t, in, false, false);
    case INSN_FRES:
    case INSN_XSRESP:
        return scalar(t, in, false, true);
    case INSN_FRSQRTE:
    case INSN_XSRSQRTEDP:
        return scalar(t, in, true, false);
    case INSN_FRSQRTES:
    case INSN_XSRSQRTESP:
        return scalar(t, in, true, true);
    case INSN_XVREDP:
        return reciprocals(t, in, false);
    case INSN_XVRESP:
        return reciprocals(t, in, true);
    case INSN_XVRSQRTEDP:
        return roots(t, in, false);
    case INSN_XVRSQRTESP:
        return roots(t, in, true);
    default:
        return false;
    }
}
