/* SPDX-License-Identifier: Apache-2.0 */
/* VMX and VSX: between vector-scalar and general registers. */
#include "vector.h"

static bool from_gpr(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned g = gpr_read(t, in->ra, RAX), x = vsr_new(t);

    if (in->id == INSN_MTVSRWA) {
        x_ext_rr(e, X_MOVSXD, RAX, g);
        g = RAX;
    }
    if (in->id == INSN_MTVSRWZ || in->id == INSN_MTVSRWS)
        v_from_gpr32(e, x, g);
    else
        v_from_gpr(e, x, g);
    if (in->id == INSN_MTVSRWS) {
        vop(e, V_PBROADCASTD, x, 0, x);
        return v_done(t, r.t, x);
    }
    vsr_write(t, r.t, x, VSR_SCALAR);
    return true;
}

static bool from_gprs(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned x = vsr_new(t);

    v_from_gpr(e, x, gpr_read(t, in->rb, RAX));
    if (!in->ra) {
        vop(e, VOP(MAP_0F, PP_F3, 0x7e), x, 0, x); /* movq: the left half is 0 */
    } else {
        vop_i(e, V_3A(0x22) | VOP_W, x, x, gpr_read(t, in->ra, RAX), 1); /* pinsrq */
    }
    return v_done(t, r.t, x);
}

/* mfvsrd, mfvsrwz, mfvsrld */
static bool to_gpr(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    bool w = in->id != INSN_MFVSRWZ, right = in->id == INSN_MFVSRLD;
    unsigned g = gpr_dest(t, in->ra, RAX);
    int whole = vsr_cached(t, r.t, VSR_WHOLE);

    if (!right && (vsr_cached(t, r.t, VSR_SCALAR) >= 0 || vsr_cached(t, r.t, VSR_SINGLE) >= 0)) {
        unsigned x = vsr_read(t, r.t, VSR_SCALAR);

        w ? v_to_gpr(e, g, x) : v_to_gpr32(e, g, x);
    } else if (right && whole >= 0) {
        v_to_gpr(e, g, (unsigned)whole);
    } else if (whole >= 0) {
        unsigned lane = w ? 1 : 2; /* pextrq, pextrd */

        vop_lane_to_gpr(e, V_3A(0x16) | (w ? VOP_W : 0), g, (unsigned)whole, lane);
    } else {
        vsr_settle(t, r.t);
        x_mov_rm(e, w, g, vsr_dword_mem(r.t, right));
    }
    gpr_write(t, in->ra, g);
    return true;
}

/* @size bytes from byte RA[60:63] on, counted from the @left or the right, zero-extended; what
 * would be outside of the register is the handler's. */
static bool extract_indexed(struct tr *t, const struct insn *in, unsigned size, bool left)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    struct x64_mem m = vsr_mem(r.b);

    vsr_settle(t, r.b);
    unsigned at = gpr_read(t, in->ra, RCX), g = gpr_dest(t, in->rt, RAX);
    struct late *outside = NULL;

    if (at != RCX)
        x_mov_rr(e, false, RCX, at);
    x_alu_ri(e, false, X_AND, RCX, 15);
    if (size > 1) {
        x_alu_ri(e, false, X_CMP, RCX, 16 - (int)size);
        outside = tr_slow(t, x_jcc(e, CC_A), false);
    }
    if (left) {
        x_unary_r(e, false, X_NEG, RCX);
        x_alu_ri(e, false, X_ADD, RCX, 16 - (int)size);
    }
    m.index = RCX;
    if (size == 4)
        x_mov_rm(e, false, g, m);
    else
        x_ext_rm(e, size == 2 ? X_MOVZX16 : X_MOVZX8, g, m);
    gpr_write(t, in->rt, g);
    if (outside)
        tr_back(t, outside);
    return true;
}

/* Bytes before the first one, from the @left or the right, whose lowest bit is set; 16: none. */
static bool count_bytes(struct tr *t, const struct insn *in, bool left)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), g = gpr_dest(t, in->rt, RAX);

    vop_shift(e, V_PSLLW, 0, b, 7);
    vop_to_gpr(e, V_PMOVMSKB, RCX, 0);
    if (left)
        x_shift_ri(e, false, X_SHL, RCX, 16);
    x_alu_ri(e, false, X_OR, RCX, left ? 0x8000 : 0x10000);
    x_count_rr(e, false, left ? X_LZCNT : X_TZCNT, g, RCX);
    gpr_write(t, in->rt, g);
    return true;
}

/* lvsl, lvsr: the bytes from the left are EA[60:63] or 16 - EA[60:63], and so on. */
static bool shift_vector(struct tr *t, const struct insn *in, bool left)
{
    static const _Alignas(16) uint8_t down_from[2][16] = {
        {31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16},
        {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
    };
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    int32_t disp;
    unsigned base = x64_address(t, in, true, &disp), x = vsr_new(t);

    if (base != RAX)
        x_mov_rr(e, false, RAX, base);
    x_alu_ri(e, false, X_AND, RAX, 15);
    v_from_gpr32(e, 0, RAX);
    vop(e, V_PBROADCASTB, 0, 0, 0);
    v_load(e, x, v_const(e, down_from[left]));
    vop(e, left ? V_PADDB : V_PSUBB, x, x, 0);
    return v_done(t, r.t, x);
}

bool x64_vector_gpr(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_MTVSRD:
    case INSN_MTVSRWA:
    case INSN_MTVSRWZ:
    case INSN_MTVSRWS:
        return from_gpr(t, in);
    case INSN_MTVSRDD:
        return from_gprs(t, in);
    case INSN_MFVSRD:
    case INSN_MFVSRWZ:
    case INSN_MFVSRLD:
        return to_gpr(t, in);
    case INSN_LVSL:
    case INSN_LVSR:
        return shift_vector(t, in, in->id == INSN_LVSL);
    case INSN_VEXTUBLX:
    case INSN_VEXTUBRX:
        return extract_indexed(t, in, 1, in->id == INSN_VEXTUBLX);
    case INSN_VEXTUHLX:
    case INSN_VEXTUHRX:
        return extract_indexed(t, in, 2, in->id == INSN_VEXTUHLX);
    case INSN_VEXTUWLX:
    case INSN_VEXTUWRX:
        return extract_indexed(t, in, 4, in->id == INSN_VEXTUWLX);
    case INSN_VCLZLSBB:
    case INSN_VCTZLSBB:
        return count_bytes(t, in, in->id == INSN_VCLZLSBB);
    default:
        return false;
    }
}
