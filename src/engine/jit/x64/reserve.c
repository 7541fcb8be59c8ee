/* SPDX-License-Identifier: Apache-2.0 */
/* Reservations: as src/cpu/atomic.c and, with threads, atomic_shared.c, for RAM that the TLB knows.
 */
#include "memory.h"

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

bool x64_reserve(struct tr *t, const struct insn *in)
{
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
    default:
        return false;
    }
}
