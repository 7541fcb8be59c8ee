/* SPDX-License-Identifier: Apache-2.0 */
/* Scalar floating point compared, chosen, moved with another sign. */
#include "float.h"
#include "vector.h"

/* ---- comparison into CR ---- */

/* Unordered operands, and XER[SO]=1, which would get into the lazy CR field, are for threaded
 * code. */
static void compare(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    bool single = vsr_cached(t, in->ra, VSR_SINGLE) >= 0 && vsr_cached(t, in->rb, VSR_SINGLE) >= 0;
    enum vsr_view view = single ? VSR_SINGLE : VSR_SCALAR;
    unsigned a = vsr_read(t, in->ra, view), b = vsr_read(t, in->rb, view);

    fp_record_now(t);

    x_alu_mi8(e, X_CMP, CPU_MEM(so), 0);
    late_add(t, LATE_ANY, x_jcc(e, CC_NE));
    x_ext_rm(e, X_MOVZX8, RDX, LAZY(aux));
    x_alu_ri(e, false, X_AND, RDX, FPL_AUX_INT | FPL_AUX_FI | FPL_AUX_FR);
    vop(e, VOP(MAP_0F, single ? PP_NONE : PP_66, 0x2e), a, 0, b); /* ucomiss, ucomisd */
    late_add(t, LATE_ANY, x_jcc(e, CC_P));
    x_mov_ri(e, RCX, FPL_AUX_CMP | CR_LT);
    x_mov_ri(e, RAX, FPL_AUX_CMP | CR_GT);
    x_cmov_rr(e, false, CC_AE, RCX, RAX);
    x_mov_ri(e, RAX, FPL_AUX_CMP | CR_EQ);
    x_cmov_rr(e, false, CC_E, RCX, RAX);
    x_lea(e, false, RCX, mem_index(RCX, RDX, 0, 0));
    x_mov_mr8(e, LAZY(aux), RCX);
    cr_from_flags(t, in->rt >> 2, false);
}

/* ---- comparisons and choices into registers: only NaNs have effects, they are the handler's ----
 */

/* Predicates of cmpsd. */
enum { CMP_EQ = 0x00, CMP_GE = 0x1d, CMP_GT = 0x1e };

#define V_UCOMISD V_66(0x2e)
#define V_CMPSD   VOP(MAP_0F, PP_F2, 0xc2)
#define V_MINSD   VOP(MAP_0F, PP_F2, 0x5d)
#define V_MAXSD   VOP(MAP_0F, PP_F2, 0x5f)

static bool compare_lane(struct tr *t, const struct insn *in, unsigned predicate)
{
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned a = vsr_read(t, r.a, VSR_SCALAR), b = vsr_read(t, r.b, VSR_SCALAR), x = vsr_new(t);

    vop(&t->e, V_UCOMISD, a, 0, b);
    struct late *slow = tr_slow(t, x_jcc(&t->e, CC_P), false);
    vop_i(&t->e, V_CMPSD, x, a, b, predicate);
    vsr_write(t, r.t, x, VSR_SCALAR);
    tr_back(t, slow);
    return true;
}

/* @c_like: of equal operands B, as the host's; else +0 is larger than -0: the host is asked both
 * ways round. */
static bool extreme(struct tr *t, const struct insn *in, bool min, bool c_like)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned a = vsr_read(t, r.a, VSR_SCALAR), b = vsr_read(t, r.b, VSR_SCALAR), x = vsr_new(t);
    unsigned code = min ? V_MINSD : V_MAXSD;

    vop(e, V_UCOMISD, a, 0, b);
    struct late *slow = tr_slow(t, x_jcc(e, CC_P), false);
    vop(e, code, x, a, b);
    if (!c_like) {
        vop(e, code, 0, b, a);
        vop(e, min ? V_POR : V_PAND, x, x, 0);
    }
    vsr_write(t, r.t, x, VSR_SCALAR);
    tr_back(t, slow);
    return true;
}

/* ---- moves ---- */

/* fsel: A >= 0 ? C : B, a NaN chooses B. */
static bool choose(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = vsr_read(t, r.a, VSR_SCALAR), b = vsr_read(t, r.b, VSR_SCALAR);
    unsigned c = vsr_read(t, r.c, VSR_SCALAR), x = vsr_new(t);

    v_zero(e, 0);
    vop_i(e, V_CMPSD, 0, a, 0, CMP_GE);
    vop_i(e, V_PBLENDVB, x, b, c, 0);
    vsr_write(t, r.t, x, VSR_SCALAR);
    return true;
}

/* B with the sign of A. */
static bool copy_sign(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = vsr_read(t, r.a, VSR_SCALAR), b = vsr_read(t, r.b, VSR_SCALAR), x = vsr_new(t);

    v_signs(e, 0);
    vop(e, V_PANDN, x, 0, b);
    vop(e, V_PAND, 0, 0, a);
    vop(e, V_POR, x, x, 0);
    vsr_write(t, r.t, x, VSR_SCALAR);
    return true;
}

enum sign { KEEP, ABSOLUTE, NEGATIVE, NEGATE };

static bool move(struct tr *t, const struct insn *in, enum sign sign)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    bool single = vsr_cached(t, r.b, VSR_SINGLE) >= 0;
    unsigned b = vsr_read(t, r.b, single ? VSR_SINGLE : VSR_SCALAR), x = vsr_new(t);

    if (sign == KEEP) {
        v_move(e, x, b);
    } else {
        v_ones(e, 0);
        vop_shift(e, single ? V_PSLLD : V_PSLLQ, 0, 0, single ? 31 : 63);
        vop(e, sign == ABSOLUTE ? V_PANDN : sign == NEGATIVE ? V_POR : V_PXOR, x, 0, b);
    }
    if (single)
        vsr_write_single(t, r.t, x);
    else
        vsr_write(t, r.t, x, VSR_SCALAR);
    return true;
}

bool x64_float_compare(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_FCMPU:
    case INSN_FCMPO:
    case INSN_XSCMPUDP:
    case INSN_XSCMPODP:
        vsr_need(t, insn_facility_need(in));
        fp_ready(t);
        compare(t, in);
        return true;
    case INSN_XSCMPEQDP:
        return compare_lane(t, in, CMP_EQ);
    case INSN_XSCMPGTDP:
        return compare_lane(t, in, CMP_GT);
    case INSN_XSCMPGEDP:
        return compare_lane(t, in, CMP_GE);
    case INSN_XSMAXCDP:
    case INSN_XSMINCDP:
        return extreme(t, in, in->id == INSN_XSMINCDP, true);
    case INSN_XSMAXDP:
    case INSN_XSMAXJDP:
        return extreme(t, in, false, false);
    case INSN_XSMINDP:
    case INSN_XSMINJDP:
        return extreme(t, in, true, false);
    case INSN_FSEL:
        return choose(t, in);
    case INSN_FCPSGN:
    case INSN_XSCPSGNDP:
        return copy_sign(t, in);
    case INSN_FMR:
        return move(t, in, KEEP);
    case INSN_FNEG:
    case INSN_XSNEGDP:
        return move(t, in, NEGATE);
    case INSN_FABS:
    case INSN_XSABSDP:
        return move(t, in, ABSOLUTE);
    case INSN_FNABS:
    case INSN_XSNABSDP:
        return move(t, in, NEGATIVE);
    default:
        return false;
    }
}
