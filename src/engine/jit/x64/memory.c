/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixed-point loads and stores: the TLB's first level is looked at inline, all else is the
 * handler's.
 */
#include "tr.h"

#include "memory.h"
#include "vsr.h"

unsigned x64_address(struct tr *t, const struct insn *in, bool indexed, int32_t *disp)
{
    struct emit *e = &t->e;

    *disp = indexed ? 0 : (int32_t)in->imm;
    if (!indexed) {
        if (in->ra)
            return gpr_read(t, in->ra, RAX);
        x_mov_ri(e, RAX, (uint64_t)in->imm);
        *disp = 0;
        return RAX;
    }
    if (!in->ra)
        return gpr_read(t, in->rb, RAX);
    unsigned a = gpr_operand(t, in->ra, RAX);
    unsigned b = gpr_operand(t, in->rb, a == RDX ? RCX : RDX); /* an addend may be in RCX */
    x_lea(e, true, RAX, mem_index(a, b, 0, 0));
    return RAX;
}

void x64_tlb_entry(struct tr *t, unsigned base, int32_t disp)
{
    struct emit *e = &t->e;
    const int32_t index_mask = (TLB_ENTRIES - 1) * (int)sizeof(struct tlb_entry);
    const unsigned shift = TLB_GRANULE_LOG2 - 5;

    _Static_assert(sizeof(struct tlb_entry) == 32, "the index is scaled by a shift");
    if (disp) {
        x_lea(e, false, RCX, mem_at(base, disp));
        x_shift_ri(e, false, X_SHR, RCX, shift);
    } else {
        x_rorx(e, false, RCX, base, shift);
    }
    x_alu_ri(e, false, X_AND, RCX, index_mask);
    x_alu_rm(e, true, X_ADD, RCX, CPU_MEM(tlb));
}

/* A field of the site, RCX being the context. */
static struct x64_mem site_mem(uint32_t what, unsigned field)
{
    return mem_at(RCX, (int32_t)(offsetof(struct tlb_ctx, site) +
                                 (what & 0xffff) * sizeof(struct tlb_site) + field));
}

bool x64_site_check(struct tr *t, unsigned base, int32_t lo, unsigned len, bool store,
                    struct x64_site *s, uint8_t **fail)
{
    struct emit *e = &t->e;

    if (!site_wanted(t->jit, t->slot))
        return false;
    s->what = site_take(t->jit, t->slot, len, store, t->copying) | (len - 1) << 16;
    x_mov_rm(e, true, RCX, CPU_MEM(tlb));
    if (lo)
        x_lea(e, true, RDX, mem_at(base, lo));
    else
        x_mov_rr(e, true, RDX, base);
    x_alu_rm(e, true, X_SUB, RDX, site_mem(s->what, offsetof(struct tlb_site, base)));
    x_alu_rm(e, true, X_CMP, RDX, site_mem(s->what, offsetof(struct tlb_site, limit)));
    *fail = x_jcc(e, CC_AE);
    x_mov_rm(e, true, RCX, site_mem(s->what, offsetof(struct tlb_site, addend)));
    s->found = e->p;
    return true;
}

void x64_has_site(struct late *l, const struct x64_site *s)
{
    l->excuse = EXCUSE_SITE;
    l->cont = s->found;
    l->site = s->what;
}

void x64_late_site(struct tr *t, const struct late *l)
{
    struct emit *e = &t->e;

    x_alu_rm(e, true, X_ADD, RDX, site_mem(l->site, offsetof(struct tlb_site, base))); /* the EA */
    x_mov_ri(e, RCX, l->site);
    x64_call_site(t);
    x_test_rr(e, true, RCX, RCX);
    x_patch(x_jcc(e, CC_NE), l->cont);
}

struct x64_access x64_access(struct tr *t, unsigned base, int32_t disp, unsigned size, bool store,
                             bool settles)
{
    struct emit *e = &t->e;
    struct x64_site site;
    struct late *slow;
    uint8_t *fail;

    if (x64_group_access(t, base, size, &slow))
        return (struct x64_access){mem_index(base, RCX, 0, disp), slow};
    if (x64_site_check(t, base, disp, size, store, &site, &fail)) {
        slow = tr_slow(t, fail, settles);
        x64_has_site(slow, &site);
        return (struct x64_access){mem_index(base, RCX, 0, disp), slow};
    }
    x64_tlb_entry(t, base, disp);
    if (size == 1 && !disp) {
        x_mov_rr(e, true, RDX, base);
    } else {
        x_lea(e, true, RDX, mem_at(base, disp + (int)size - 1));
    }
    x_alu_ri(e, true, X_AND, RDX, (int32_t)TLB_MASK);
    x_alu_rm(e, true, X_CMP, RDX,
             mem_at(RCX, store ? (int)offsetof(struct tlb_entry, tag_w)
                               : (int)offsetof(struct tlb_entry, tag_r)));
    slow = tr_slow(t, x_jcc(e, CC_NE), settles);
    x_mov_rm(e, true, RCX, mem_at(RCX, (int)offsetof(struct tlb_entry, addend)));
    return (struct x64_access){mem_index(base, RCX, 0, disp), slow};
}

void x64_update(struct tr *t, const struct insn *in, unsigned base, int32_t disp)
{
    struct emit *e = &t->e;

    if (!disp) {
        gpr_write(t, in->ra, base);
    } else if (base == t->pin[in->ra]) {
        x_alu_ri(e, true, X_ADD, base, disp);
    } else {
        unsigned d = gpr_dest(t, in->ra, RAX);

        x_lea(e, true, d, mem_at(base, disp));
        gpr_write(t, in->ra, d);
    }
}

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

/* ---- reservations: src/cpu/atomic.c and, with threads, atomic_shared.c, for RAM that the TLB
 * knows ---- */

static bool is_shared(const struct tr *t)
{
    return t->jit->m->cfg.multi;
}

/* The granule of @base in RDX, RCX being the TLB's entry; with threads all of the real address. */
static void granule(struct tr *t, unsigned base)
{
    x_mov_rr(&t->e, false, RDX, base);
    x_alu_ri(&t->e, false, X_AND, RDX, is_shared(t) ? 0xffff : 0xff80);
    x_alu_rm(&t->e, true, X_OR, RDX, mem_at(RCX, (int)offsetof(struct tlb_entry, ra)));
}

/* Jumps to the handler: *misaligned for an EA that is, and the result for one that the TLB does not
 * know. */
static struct late *aligned_entry(struct tr *t, unsigned base, unsigned size, bool store,
                                  struct late **misaligned)
{
    struct emit *e = &t->e;

    *misaligned = NULL;
    if (size > 1) {
        x_test_ri(e, false, base, (int32_t)size - 1);
        *misaligned = tr_slow(t, x_jcc(e, CC_NE), store);
    }
    x64_tlb_entry(t, base, 0);
    x_mov_rr(e, true, RDX, base);
    x_alu_ri(e, true, X_AND, RDX, (int32_t)TLB_MASK);
    x_alu_rm(e, true, X_CMP, RDX,
             mem_at(RCX, store ? (int)offsetof(struct tlb_entry, tag_w)
                               : (int)offsetof(struct tlb_entry, tag_r)));
    return tr_slow(t, x_jcc(e, CC_NE), store);
}

/* reserve_valid and reserve_size as one number. */
#define RESERVATION(size) (1 | (size) << 8)
_Static_assert(offsetof(struct cpu, reserve_size) == offsetof(struct cpu, reserve_valid) + 1,
               "written together");

static void swap_bytes(struct emit *e, unsigned size, unsigned r)
{
    if (size == 2)
        x_swap16(e, r);
    else if (size > 2)
        x_bswap(e, size == 8, r);
}

/* What the reservation is for, as memory has it, into cpu.reserve_value; RDX is the number. */
static void load_and_keep(struct tr *t, struct x64_mem m, unsigned size)
{
    struct emit *e = &t->e;

    if (size >= 4)
        x_mov_rm(e, size == 8, RDX, m);
    else
        x_ext_rm(e, size == 1 ? X_MOVZX8 : X_MOVZX16, RDX, m);
    x_mov_mr(e, true, CPU_MEM(reserve_value), RDX);
    if (!t->le)
        swap_bytes(e, size, RDX);
}

/* [@base + RCX] by RS if it is still what was loaded; another value is the handler's. */
static struct late *compare_and_swap(struct tr *t, const struct insn *in, unsigned size,
                                     unsigned base)
{
    struct emit *e = &t->e;

    x_lea(e, true, RCX, mem_index(base, RCX, 0, 0));
    unsigned s = gpr_read(t, in->rt, RDX);
    if (!t->le && size > 1) {
        if (s != RDX)
            x_mov_rr(e, true, RDX, s);
        swap_bytes(e, size, RDX);
        s = RDX;
    }
    x_mov_rm(e, true, RAX, CPU_MEM(reserve_value));
    x_lock_cmpxchg(e, size, mem_at(RCX, 0), s);
    return tr_slow(t, x_jcc(e, CC_NE), true);
}

static void load_plain(struct tr *t, struct x64_mem m, unsigned size, unsigned d)
{
    struct emit *e = &t->e;

    if (size == 8)
        (t->le ? x_mov_rm : x_movbe_rm)(e, true, d, m);
    else if (size == 4)
        (t->le ? x_mov_rm : x_movbe_rm)(e, false, d, m);
    else
        x_ext_rm(e, size == 1 ? X_MOVZX8 : X_MOVZX16, d, m);
    if (!t->le && size == 2)
        x_swap16(e, d);
}

static void store_plain(struct tr *t, const struct insn *in, unsigned size, struct x64_mem m)
{
    struct emit *e = &t->e;
    unsigned s = gpr_read(t, in->rt, RDX);

    if (!t->le && size == 2) {
        if (s != RDX)
            x_mov_rr(e, false, RDX, s);
        x_swap16(e, RDX);
        s = RDX;
    }
    if (size >= 4)
        (t->le ? x_mov_mr : x_movbe_mr)(e, size == 8, m, s);
    else if (size == 2)
        x_mov_mr16(e, m, s);
    else
        x_mov_mr8(e, m, s);
}

static void load_reserve(struct tr *t, const struct insn *in, unsigned size)
{
    struct emit *e = &t->e;
    struct late *slow[2];
    int32_t disp;
    unsigned base = x64_address(t, in, true, &disp), d = gpr_dest(t, in->rt, RDX);

    slow[0] = aligned_entry(t, base, size, false, &slow[1]);
    granule(t, base);
    x_mov_mr(e, true, CPU_MEM(reserve_ra), RDX);
    x_mov_mi16(e, CPU_MEM(reserve_valid), RESERVATION(size));
    x_mov_rm(e, true, RCX, mem_at(RCX, (int)offsetof(struct tlb_entry, addend)));
    struct x64_mem m = mem_index(base, RCX, 0, 0);
    if (is_shared(t)) {
        load_and_keep(t, m, size);
        d = RDX;
    } else {
        load_plain(t, m, size, d);
    }
    gpr_write(t, in->rt, d);
    tr_back(t, slow[0]);
    if (slow[1])
        tr_back(t, slow[1]);
}

static void store_conditional(struct tr *t, const struct insn *in, unsigned size)
{
    struct emit *e = &t->e;
    struct late *slow[5] = {NULL};
    int32_t disp;
    unsigned base = x64_address(t, in, true, &disp);

    slow[0] = aligned_entry(t, base, size, true, &slow[1]);
    granule(t, base);
    x_alu_rm(e, true, X_CMP, RDX, CPU_MEM(reserve_ra));
    slow[2] = tr_slow(t, x_jcc(e, CC_NE), true);
    x_mov_rm(e, true, RCX, mem_at(RCX, (int)offsetof(struct tlb_entry, addend)));
    x_ext_rm(e, X_MOVZX16, RDX, CPU_MEM(reserve_valid));
    x_alu_ri(e, false, X_CMP, RDX, RESERVATION((int32_t)size));
    slow[3] = tr_slow(t, x_jcc(e, CC_NE), true);
    if (is_shared(t))
        slow[4] = compare_and_swap(t, in, size, base);
    else
        store_plain(t, in, size, mem_index(base, RCX, 0, 0));
    x_mov_mi8(e, CPU_MEM(reserve_valid), 0);
    cr0_equal(t);
    for (unsigned i = 0; i < ARRAY_SIZE(slow); i++)
        if (slow[i])
            tr_back(t, slow[i]);
    cr_maybe_called(t);
    t->cr.flags_field = -1;
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

bool x64_memory(struct tr *t, const struct insn *in)
{
    struct access a;

    if (x64_access_of(in, &a)) {
        if (a.regs == ACCESS_GPR)
            (a.store ? store : load)(t, in, &a);
        return a.regs == ACCESS_GPR;
    }
    switch (in->id) {
    case INSN_LBARX:
        load_reserve(t, in, 1);
        return true;
    case INSN_LHARX:
        load_reserve(t, in, 2);
        return true;
    case INSN_LWARX:
        load_reserve(t, in, 4);
        return true;
    case INSN_LDARX:
        load_reserve(t, in, 8);
        return true;
    case INSN_STBCX_:
        store_conditional(t, in, 1);
        return true;
    case INSN_STHCX_:
        store_conditional(t, in, 2);
        return true;
    case INSN_STWCX_:
        store_conditional(t, in, 4);
        return true;
    case INSN_STDCX_:
        store_conditional(t, in, 8);
        return true;
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
