/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses relative to one base register, checked together. The first one of a block looks up the
 * TLB for the whole range that the block will touch through the register; the others take the
 * addend that it left in cpu->native_addend[]. When the range does not lie in one granule, or the
 * TLB does not know it, the handler does the first access and the check is repeated; if it fails
 * again threaded code does the rest of the block, and a page where that happens often is translated
 * without the groups that cause it.
 *
 * The base of an X-form access is the one of its registers that has a group, the other is its
 * index. Code that moves blocks has small numbers there: the range is to reach as far as what they
 * are when the region is translated, and each access makes sure that its index still lies in it. If
 * not, the handler does the access, threaded code the rest of the block, and so on as above.
 *
 * An addend stays valid as long as nothing forgets translations: up to a call of a handler that
 * could (tr_call()) or the end of the block.
 */
#include "memory.h"

#define LOOK_AHEAD 48

/* What @in does to GPR @n: nothing (true, *delta 0), adds a constant (true), something else. */
static bool keeps(const struct insn *in, unsigned n, int32_t *delta)
{
    unsigned uses = insn_uses(in->id);
    struct access a;

    *delta = 0;
    if (in->id == INSN_ADDI && in->rt == n && in->ra == n) {
        *delta = (int32_t)in->imm;
        return true;
    }
    if ((uses & WRITES_RT) && in->rt == n)
        return false;
    if (!(uses & WRITES_RA) || in->ra != n)
        return true;
    if (!in->ra || !x64_access_of(in, &a) || a.indexed)
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

/* ... by what an access touches whose base is @moved further. */
static void widen(struct ea_range *g, int32_t moved, const struct reach *r)
{
    int32_t lo = moved + r->at, hi = lo + (int32_t)r->size;

    g->lo = lo < g->lo ? lo : g->lo;
    g->hi = hi > g->hi ? hi : g->hi;
    g->write |= r->store;
}

/* The range that the block touches through GPR @n from the present instruction on, which reaches
 * @first. Returns how many more accesses there are. */
static unsigned look_ahead(const struct tr *t, unsigned n, const struct reach *first,
                           struct ea_range *g)
{
    unsigned others = 0;
    int32_t moved = 0, delta;
    struct reach r;

    *g = (struct ea_range){.lo = first->at, .hi = first->at};
    widen(g, 0, first);
    for (unsigned slot = t->slot; slot < t->slot + LOOK_AHEAD;) {
        if (!keeps(&t->r->insn[slot], n, &delta))
            break;
        moved += delta;
        if (++slot >= CODE_PAGE_INSNS ||
            (t->r->flags[slot] & (SLOT_IN | SLOT_LEADER | SLOT_STOP)) != SLOT_IN)
            break;
        if (x64_ends_group(&t->r->insn[slot]))
            break;
        if (!x64_reach(t, slot, n, &r))
            continue;
        struct ea_range wider = *g;
        widen(&wider, moved, &r);
        if (wider.hi - wider.lo > REACH_MAX)
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

/* RCX: the entry whose tags are those of [@base + lo, @base + hi), or *fail. RDX is lost and may be
 * @base. */
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

bool x64_is_loose(const struct tr *t, unsigned slot)
{
    return t->r->page->native->loose[slot / 8] >> slot % 8 & 1;
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

/* The index lies where the range of @g reaches. RDX is lost. */
static void check_index(struct tr *t, const struct ea_range *g, const struct reach *r)
{
    struct emit *e = &t->e;
    int32_t most = g->hi - g->lo - (int32_t)r->size;

    if (!g->lo && gpr_is_settled(t, r->index)) {
        x_alu_mi(e, true, X_CMP, gpr_mem(r->index), most);
    } else {
        unsigned index = gpr_operand(t, r->index, RDX);

        if (g->lo) {
            x_lea(e, true, RDX, mem_at(index, -g->lo));
            index = RDX;
        }
        x_alu_ri(e, true, X_CMP, index, most);
    }
    late_add(t, LATE_INDEX, x_jcc(e, CC_A));
}

/* The access is one of those that the group of GPR @n knows of. */
static bool join(struct tr *t, unsigned n, const struct reach *r)
{
    const struct ea_range *g = &t->group[n];

    if (!g->valid || r->at < g->lo || r->at + (int32_t)r->size > g->hi || (r->store && !g->write))
        return false;
    if (r->index != NO_GPR)
        check_index(t, g, r);
    if (scratch_with(t, SCRATCH_ADDEND + n) != RCX) {
        x_mov_rm(&t->e, true, RCX, x64_addend_mem(n));
        addend_wanted(t, n);
        scratch_holds(t, RCX, SCRATCH_ADDEND + n);
    }
    return true;
}

/* It is the first one of a group of GPR @n, which is in register @base; NOT_PINNED: in memory. */
static bool begin(struct tr *t, unsigned n, unsigned base, const struct reach *r,
                  struct late **slow)
{
    struct ea_range *g = &t->group[n], range;
    struct x64_site site = {NULL, 0};
    uint8_t *fail[2] = {NULL, NULL};

    g->loose |= x64_is_loose(t, t->slot);
    if (g->loose || !look_ahead(t, n, r, &range))
        return false;
    if (r->index != NO_GPR)
        check_index(t, &range, r);
    if (base == NOT_PINNED)
        gpr_copy(t, n, base = RDX);
    if (!x64_site_check(t, base, range.lo, (unsigned)(range.hi - range.lo), range.write, &site,
                        fail))
        check(t, base, &range, fail);
    keep_addend(t, n);
    *slow = late_add(t, LATE_GROUP, fail[0]);
    if (site.found)
        x64_has_site(*slow, &site);
    (*slow)->at2 = fail[1];
    (*slow)->target = (uint16_t)n;
    (*slow)->group = range;
    *g = range;
    g->valid = true;
    return true;
}

bool x64_group_access(struct tr *t, unsigned base, unsigned size, struct late **slow)
{
    const struct insn *in = &t->r->insn[t->slot];
    struct access a;
    bool indexed = x64_access_of(in, &a) && a.indexed;
    unsigned bases[2] = {indexed ? in->rb : in->ra, in->ra}, count = indexed && in->ra ? 2 : 1;
    struct reach r;

    for (unsigned i = 0; i < count; i++) {
        if (x64_reach(t, t->slot, bases[i], &r) && r.size == size && join(t, bases[i], &r)) {
            *slow = &t->no_late;
            return true;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned n = bases[i], host = indexed ? t->pin[n] : base;

        if (x64_reach(t, t->slot, n, &r) && r.size == size && begin(t, n, host, &r, slow))
            return true;
    }
    return false;
}

void x64_late_group(struct tr *t, const struct late *l)
{
    const struct insn *in = &t->r->insn[l->slot];
    struct ea_range g = l->group;
    unsigned n = l->target;
    struct emit *e = &t->e;
    uint8_t *fail[2], *over;
    int32_t delta;

    keeps(in, n, &delta); /* the handler has done that */
    g.lo -= delta;
    g.hi -= delta;
    check(t, gpr_read(t, n, RAX), &g, fail);
    x_mov_mr(e, true, x64_addend_mem(n), RCX);
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
