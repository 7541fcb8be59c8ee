/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores of GPRs, and what is done to blocks of the cache. */
#include "memory.h"
#include "vector.h"

static void load(struct tr *t, const struct insn *in, const struct access *how)
{
    struct emit *e = &t->e;
    bool swap = t->le == (how->as == AS_REVERSED), sign = how->as == AS_SIGNED;
    unsigned size = how->size, d = gpr_dest(t, in->rt, RDX);
    int32_t disp;
    unsigned base = x64_address(t, in, how->indexed, &disp);
    struct x64_access a = x64_access(t, base, disp, size, false, false);

    /* the address is wanted once more after the load */
    if (how->update && d == base)
        d = RDX;
    if (size == 8)
        (swap ? x_movbe_rm : x_mov_rm)(e, true, d, a.m);
    else if (size == 4 && !swap)
        sign ? x_ext_rm(e, X_MOVSXD, d, a.m) : x_mov_rm(e, false, d, a.m);
    else if (size == 4)
        x_movbe_rm(e, false, d, a.m);
    else if (size == 1)
        x_ext_rm(e, X_MOVZX8, d, a.m);
    else
        x_ext_rm(e, sign && !swap ? X_MOVSX16 : X_MOVZX16, d, a.m);
    if (swap && size == 2)
        x_swap16(e, d);
    if (swap && sign)
        x_ext_rr(e, size == 2 ? X_MOVSX16 : X_MOVSXD, d, d);
    if (how->update && in->ra != in->rt)
        x64_update(t, in, base, disp);
    gpr_write(t, in->rt, d);
    tr_back(t, a.slow);
}

static void store(struct tr *t, const struct insn *in, const struct access *how)
{
    struct emit *e = &t->e;
    bool swap = t->le == (how->as == AS_REVERSED);
    unsigned size = how->size;
    int32_t disp;
    unsigned base = x64_address(t, in, how->indexed, &disp);
    struct x64_access a = x64_access(t, base, disp, size, true, false);
    unsigned s = (swap && size == 2 ? gpr_read : gpr_operand)(t, in->rt, RDX);

    if (swap && size == 2) {
        if (s != RDX)
            x_mov_rr(e, false, RDX, s);
        x_swap16(e, RDX);
        s = RDX;
    }
    if (size == 8)
        (swap ? x_movbe_mr : x_mov_mr)(e, true, a.m, s);
    else if (size == 4)
        (swap ? x_movbe_mr : x_mov_mr)(e, false, a.m, s);
    else if (size == 2)
        x_mov_mr16(e, a.m, s);
    else
        x_mov_mr8(e, a.m, s);
    if (how->update)
        x64_update(t, in, base, disp);
    tr_back(t, a.slow);
}

static void touch(struct tr *t, const struct insn *in)
{
    int32_t disp;
    unsigned base = x64_address(t, in, true, &disp);
    struct x64_access a = x64_access(t, base, disp, 1, false, false);

    tr_back(t, a.slow);
}

/* The 128 bytes around the EA become 0. */
static void zero_block(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    int32_t disp;
    unsigned base = x64_address(t, in, true, &disp);

    if (base != RAX)
        x_mov_rr(e, true, RAX, base);
    x_alu_ri(e, true, X_AND, RAX, -128);
    struct x64_access a = x64_access(t, RAX, 0, 128, true, false);
    v_rrr(e, MAP_0F, PP_NONE, false, 0x57, 0, 0, 0); /* vxorps */
    for (int32_t at = 0; at < 128; at += 16)
        v_store(e, mem_index(RAX, RCX, 0, at), 0);
    tr_back(t, a.slow);
}

bool x64_fixed_memory(struct tr *t, const struct insn *in)
{
    struct access a;

    if (x64_access_of(in, &a)) {
        if (a.regs == ACCESS_GPR)
            (a.store ? store : load)(t, in, &a);
        return a.regs == ACCESS_GPR;
    }
    switch (in->id) {
    case INSN_DCBF: /* they may fault as a load, and do nothing else */
    case INSN_DCBST:
    case INSN_ICBI:
        touch(t, in);
        return true;
    case INSN_DCBZ:
        zero_block(t, in);
        return true;
    case INSN_DCBT: /* hints */
    case INSN_DCBTST:
        return true;
    default:
        return false;
    }
}
