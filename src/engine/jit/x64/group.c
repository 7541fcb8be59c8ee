/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses relative to one base register, checked together. The first one of a block looks up the
 * TLB for the whole range that the block will touch through the register; the others take the
 * addend that it left in cpu->native_addend[]. When the range does not lie in one granule, or the
 * TLB does not know it, the handler does the first access and the check is repeated; if it fails
 * again threaded code does the rest of the block, and a page where that happens often is translated
 * without the groups that cause it.
 *
 * An addend stays valid as long as nothing forgets translations: up to a call of a handler that
 * could (tr_call()) or the end of the block.
 */
#include "memory.h"

#define LOOK_AHEAD 48
#define RANGE_MAX  2048

/* Bytes that @in reads or writes at a displacement from RA; 0: it does not do that, or not
 * natively. */
static unsigned dform_size(const struct insn *in)
{
#define DFORM(ID, size)                                                                            \
    case INSN_##ID:                                                                                \
        return in->ra ? (size) : 0;
    switch (in->id) {
        DFORM(LBZ, 1)
        DFORM(LBZU, 1)
        DFORM(LHZ, 2)
        DFORM(LHZU, 2)
        DFORM(LHA, 2)
        DFORM(LHAU, 2)
        DFORM(LWZ, 4)
        DFORM(LWZU, 4)
        DFORM(LWA, 4)
        DFORM(LD, 8)
        DFORM(LDU, 8)
        DFORM(LFS, 4)
        DFORM(LFSU, 4)
        DFORM(LFD, 8)
        DFORM(LFDU, 8)
        DFORM(LXSD, 8)
        DFORM(LXSSP, 4)
        DFORM(LXV, 16)
        DFORM(STB, 1)
        DFORM(STBU, 1)
        DFORM(STH, 2)
        DFORM(STHU, 2)
        DFORM(STW, 4)
        DFORM(STWU, 4)
        DFORM(STD, 8)
        DFORM(STDU, 8)
        DFORM(STFS, 4)
        DFORM(STFSU, 4)
        DFORM(STFD, 8)
        DFORM(STFDU, 8)
        DFORM(STXSD, 8)
        DFORM(STXSSP, 4)
        DFORM(STXV, 16)
    default:
        return 0;
    }
#undef DFORM
}

/* What @in does to GPR @n: nothing (true, *delta 0), adds a constant (true), something else. */
static bool keeps(const struct insn *in, unsigned n, int32_t *delta)
{
    unsigned uses = x64_uses(in->id);

    *delta = 0;
    if (in->id == INSN_ADDI && in->rt == n && in->ra == n) {
        *delta = (int32_t)in->imm;
        return true;
    }
    if ((uses & WRITES_RT) && in->rt == n)
        return false;
    if (!(uses & WRITES_RA) || in->ra != n)
        return true;
    if (!dform_size(in))
        return false;
    *delta = (int32_t)in->imm;
    return true;
}

/* Instructions that native code does not do itself, or after which control does not come here. */
bool x64_ends_group(const struct insn *in)
{
    switch (insn_table[in->id].fac) {
    case FAC_SYS:
        return in->id != INSN_MFSPR && in->id != INSN_MTSPR;
    case FAC_BRU:
        return in->id != INSN_BC || (in->rt & 0x14) == 0x14;
    case FAC_DFP:
        return true;
    default:
        return false;
    }
}

/* ... by what @in, whose displacement counts from @moved, touches. */
static void widen(struct ea_range *g, int32_t moved, const struct insn *in)
{
    int32_t lo = moved + (int32_t)in->imm, hi = lo + (int32_t)dform_size(in);

    g->lo = lo < g->lo ? lo : g->lo;
    g->hi = hi > g->hi ? hi : g->hi;
    g->write |= (x64_uses(in->id) & STORES) != 0;
}

/* The range that the block touches through the base of the present instruction. Returns how many
 * more accesses there are. */
static unsigned look_ahead(const struct tr *t, struct ea_range *g)
{
    const struct insn *in = &t->r->insn[t->slot];
    unsigned n = in->ra, others = 0;
    int32_t moved = 0, delta;

    *g = (struct ea_range){.lo = (int32_t)in->imm, .hi = (int32_t)in->imm};
    widen(g, 0, in);
    for (unsigned slot = t->slot; slot < t->slot + LOOK_AHEAD;) {
        if (!keeps(&t->r->insn[slot], n, &delta))
            break;
        moved += delta;
        if (++slot >= CODE_PAGE_INSNS ||
            (t->r->flags[slot] & (SLOT_IN | SLOT_LEADER | SLOT_STOP)) != SLOT_IN)
            break;
        in = &t->r->insn[slot];
        if (x64_ends_group(in))
            break;
        if (!dform_size(in) || in->ra != n)
            continue;
        struct ea_range wider = *g;
        widen(&wider, moved, in);
        if (wider.hi - wider.lo > RANGE_MAX)
            break;
        *g = wider;
        others++;
    }
    return others;
}

struct x64_mem x64_addend_mem(unsigned n)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, native_addend) + 8 * n) - CPU_BIAS);
}

/* RCX: the entry whose tags are those of [@base + lo, @base + hi), or *fail. */
static void check(struct tr *t, unsigned base, const struct ea_range *g, uint8_t *fail[2])
{
    struct emit *e = &t->e;

    x64_tlb_entry(t, base, g->lo);
    x_lea(e, true, RDX, mem_at(base, g->hi - 1));
    x_alu_ri(e, true, X_AND, RDX, (int32_t)TLB_MASK);
    x_alu_rm(e, true, X_CMP, RDX, mem_at(RCX, (int)offsetof(struct tlb_entry, tag_r)));
    fail[0] = x_jcc(e, CC_NE);
    fail[1] = NULL;
    if (g->write) {
        x_alu_rm(e, true, X_CMP, RDX, mem_at(RCX, (int)offsetof(struct tlb_entry, tag_w)));
        fail[1] = x_jcc(e, CC_NE);
    }
    x_mov_rm(e, true, RCX, mem_at(RCX, (int)offsetof(struct tlb_entry, addend)));
}

static bool is_loose(const struct tr *t)
{
    return t->r->page->native->loose[t->slot / 8] >> t->slot % 8 & 1;
}

/* ---- an addend's place in memory: where nobody ends up loading it its store is taken out again,
 * for among stores that miss the host's cache one that does not costs as much as they do ---- */

static void addend_wanted(struct tr *t, unsigned n)
{
    t->addend_store[n].at = NULL;
}

/* Nobody will load it who has not been translated yet. */
static void drop_addend(struct tr *t, unsigned n)
{
    struct code_span *s = &t->addend_store[n];

    if (s->at)
        x_nop(s->at, s->end);
    s->at = NULL;
}

/* RCX is the one of GPR @n from here on. */
static void keep_addend(struct tr *t, unsigned n)
{
    struct code_span *s = &t->addend_store[n];

    drop_addend(t, n);
    s->at = t->e.p;
    x_mov_mr(&t->e, true, x64_addend_mem(n), RCX);
    s->end = t->e.p;
    scratch_holds(t, RCX, SCRATCH_ADDEND + n);
}

void x64_group_back(struct tr *t, const struct late *l)
{
    unsigned what = l->scratch.holds[RCX];
    bool own = l->kind == LATE_GROUP; /* stored anew by x64_late_group() */

    if (what >= SCRATCH_ADDEND && what < SCRATCH_ADDEND + 32 && !own && l != &t->no_late)
        addend_wanted(t, what - SCRATCH_ADDEND);
}

bool x64_group_access(struct tr *t, unsigned base, unsigned size, struct late **slow)
{
    const struct insn *in = &t->r->insn[t->slot];
    struct ea_range *g = &t->group[in->ra & 31], range;
    struct x64_site site = {NULL, 0};
    struct emit *e = &t->e;
    uint8_t *fail[2] = {NULL, NULL};

    if (dform_size(in) != size)
        return false;
    if (g->valid && in->imm >= g->lo && in->imm + size <= g->hi &&
        (!(x64_uses(in->id) & STORES) || g->write)) {
        if (scratch_with(t, SCRATCH_ADDEND + in->ra) != RCX) {
            x_mov_rm(e, true, RCX, x64_addend_mem(in->ra));
            addend_wanted(t, in->ra);
            scratch_holds(t, RCX, SCRATCH_ADDEND + in->ra);
        }
        *slow = &t->no_late;
        return true;
    }
    g->loose |= is_loose(t);
    if (g->loose || !look_ahead(t, &range))
        return false;
    if (!x64_site_check(t, base, range.lo, (unsigned)(range.hi - range.lo), range.write, &site,
                        fail))
        check(t, base, &range, fail);
    keep_addend(t, in->ra);
    *slow = late_add(t, LATE_GROUP, fail[0]);
    if (site.found)
        x64_has_site(*slow, &site);
    (*slow)->at2 = fail[1];
    (*slow)->group = range;
    *g = range;
    g->valid = true;
    return true;
}

void x64_late_group(struct tr *t, const struct late *l)
{
    const struct insn *in = &t->r->insn[l->slot];
    struct ea_range g = l->group;
    struct emit *e = &t->e;
    uint8_t *fail[2], *over;
    int32_t delta;

    keeps(in, in->ra, &delta); /* the handler has done that */
    g.lo -= delta;
    g.hi -= delta;
    check(t, gpr_read(t, in->ra, RAX), &g, fail);
    x_mov_mr(e, true, x64_addend_mem(in->ra), RCX);
    over = x_jmp(e);
    x_patch(fail[0], e->p);
    if (g.write)
        x_patch(fail[1], e->p);
    tr_leave_behind(t, l, NATIVE_SLOT_STRAY);
    x_patch(over, e->p);
}

void x64_group_forget(struct tr *t)
{
    for (unsigned n = 0; n < 32; n++)
        drop_addend(t, n);
    memset(t->group, 0, sizeof(t->group));
}

void x64_group_after(struct tr *t, const struct insn *in)
{
    unsigned regs[2] = {in->rt & 31, in->ra & 31};

    for (unsigned i = 0; i < 2; i++) {
        struct ea_range *g = &t->group[regs[i]];
        int32_t delta;

        if (!(g->valid || g->loose) || (i && regs[1] == regs[0]))
            continue;
        bool kept = keeps(in, regs[i], &delta);
        if (!kept)
            drop_addend(t, regs[i]);
        g->valid &= kept;
        g->loose &= kept;
        g->lo -= delta;
        g->hi -= delta;
    }
}
