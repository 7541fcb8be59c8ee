/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores of scalars in vector-scalar registers. Numbers in single format stay in it
 * (VSR_SINGLE): the host's conversions do as POWER's for all but NaNs, which the handler loads.
 */
#include "float.h"
#include "vector.h"

#define V_UCOMISS VOP(MAP_0F, PP_NONE, 0x2e)

/* @x := what is at @m, as it is, zero-extended. */
static void load_bits(struct tr *t, enum access_as as, unsigned x, struct x64_mem m)
{
    struct emit *e = &t->e;
    bool w = as == AS_DOUBLE;

    if (t->le && as <= AS_WORD) {
        w ? v_load64(e, x, m) : v_load32(e, x, m);
        return;
    }
    if (as == AS_HALF || as == AS_BYTE) {
        x_ext_rm(e, as == AS_HALF ? X_MOVZX16 : X_MOVZX8, RDX, m);
        if (!t->le && as == AS_HALF)
            x_swap16(e, RDX);
    } else {
        (t->le ? x_mov_rm : x_movbe_rm)(e, w, RDX, m);
        if (as == AS_WORD_SIGNED)
            x_ext_rr(e, X_MOVSXD, RDX, RDX);
    }
    v_from_gpr(e, x, RDX);
}

static void store_bits(struct tr *t, enum access_as as, struct x64_mem m, unsigned x)
{
    struct emit *e = &t->e;
    bool w = as == AS_DOUBLE;

    if (t->le && as <= AS_WORD) {
        w ? v_store64(e, m, x) : v_store32(e, m, x);
        return;
    }
    (w ? v_to_gpr : v_to_gpr32)(e, RDX, x);
    if (as <= AS_WORD) {
        x_movbe_mr(e, w, m, RDX);
        return;
    }
    if (!t->le && as == AS_HALF)
        x_swap16(e, RDX);
    (as == AS_HALF ? x_mov_mr16 : x_mov_mr8)(e, m, RDX);
}

static bool load(struct tr *t, const struct insn *in, const struct access *how)
{
    struct emit *e = &t->e;

    if (how->update && !in->ra)
        return false;
    struct vregs r = v_begin(t, in);
    int32_t disp;
    unsigned base = x64_address(t, in, how->indexed, &disp);
    struct x64_access a = x64_access(t, base, disp, how->size, false, false);
    struct late *nan = NULL;
    unsigned x = vsr_new(t);

    load_bits(t, how->as, x, a.m);
    if (how->as == AS_SINGLE) {
        vop(e, V_UCOMISS, x, 0, x);
        nan = tr_slow(t, x_jcc(e, CC_P), false);
    }
    if (how->update)
        x64_update(t, in, base, disp);
    if (how->as == AS_SINGLE)
        vsr_write_single(t, r.t, x);
    else
        vsr_write(t, r.t, x, VSR_SCALAR);
    tr_back(t, a.slow);
    if (nan)
        tr_back(t, nan);
    return true;
}

/* XMM0 becomes @x in single format; else, with what is returned, the handler is asked: numbers
 * that are denormal there. The host's conversion would round, and say so. In a store after
 * x64_access(), which may have begun a group: what it gave stays. */
static struct late *to_single(struct tr *t, unsigned x)
{
    struct emit *e = &t->e;

    v_to_gpr(e, RDX, x);
    x_lea(e, true, RDX, mem_index(RDX, RDX, 0, -1)); /* of zeros the greatest number */
    x_shift_ri(e, true, X_SHR, RDX, 53);
    x_alu_ri(e, false, X_CMP, RDX, 897);
    struct late *denormal = tr_slow(t, x_jcc(e, CC_B), false);
    vop_shift(e, V_PSRLQ, 0, x, 29); /* exponent and fraction but for the exponent's top */
    vop_shift(e, V_PSLLD, 0, 0, 2);
    vop_shift(e, V_PSRLD, 0, 0, 2);
    vop_shift(e, V_PSRLQ, 1, x, 62); /* sign and top */
    vop_shift(e, V_PSLLD, 1, 1, 30);
    vop(e, V_POR, 0, 0, 1);
    return denormal;
}

static bool store(struct tr *t, const struct insn *in, const struct access *how)
{
    if (how->update && !in->ra)
        return false;
    struct vregs r = v_begin(t, in);
    int32_t disp;
    bool single = how->as == AS_SINGLE && vsr_cached(t, r.t, VSR_SINGLE) >= 0;
    unsigned x = vsr_read(t, r.t, single ? VSR_SINGLE : VSR_SCALAR);
    struct late *odd = NULL;
    unsigned base = x64_address(t, in, how->indexed, &disp);
    struct x64_access a = x64_access(t, base, disp, how->size, true, false);

    if (how->as == AS_SINGLE && !single) {
        odd = to_single(t, x);
        x = 0;
    }
    store_bits(t, how->as, a.m, x);
    if (how->update)
        x64_update(t, in, base, disp);
    tr_back(t, a.slow);
    if (odd)
        tr_back(t, odd);
    return true;
}

/* ---- the same changes between registers ---- */

/* The left word of B: xscvspdpn; xscvspdp, which tells of it in FPRF, too. */
static bool from_single(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    bool tells = in->id == INSN_XSCVSPDP;

    if (tells)
        fp_ready(t);
    unsigned b = vsr_read(t, r.b, VSR_SCALAR), x = vsr_new(t);

    vop_shift(e, V_PSRLQ, x, b, 32);
    vop(e, V_UCOMISS, x, 0, x);
    struct late *nan = tr_slow(t, x_jcc(e, CC_P), false);
    vsr_write_single(t, r.t, x);
    if (tells)
        fp_record_result(t, FPL_EXACT, x);
    tr_back(t, nan);
    return true;
}

/* xscvdpspn: into both words */
static bool into_single(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);
    int single = vsr_cached(t, r.b, VSR_SINGLE);
    unsigned b = single >= 0 ? (unsigned)single : vsr_read(t, r.b, VSR_SCALAR), x = vsr_new(t);
    struct late *denormal = single >= 0 ? NULL : to_single(t, b);

    vop(&t->e, V_PBROADCASTD, x, 0, single >= 0 ? b : 0);
    vsr_write(t, r.t, x, VSR_SCALAR);
    if (denormal)
        tr_back(t, denormal);
    return true;
}

bool x64_float_memory(struct tr *t, const struct insn *in)
{
    struct access a;

    if (in->id == INSN_XSCVSPDPN || in->id == INSN_XSCVSPDP)
        return from_single(t, in);
    if (in->id == INSN_XSCVDPSPN)
        return into_single(t, in);
    return x64_access_of(in, &a) && a.regs == ACCESS_SCALAR && (a.store ? store : load)(t, in, &a);
}
