/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accesses near each other, checked together. Their EAs are the same sum of values that nobody
 * knows, one (what a base register was) or two (a base and an index), and of constants that are
 * known (value.c). The first one of a block looks up the TLB for the whole range that the block
 * will touch that way; the others take the addend that it left in cpu->native_addend[]. When the
 * range does not lie in one granule, or the TLB does not know it, the handler does the first access
 * and the check is repeated; if it fails again threaded code does the rest of the block, and a page
 * where that happens often is translated without the groups that cause it.
 *
 * An X-form access may also be relative to one of its registers alone, the other being its index.
 * Code that moves blocks has small numbers there: the range is to reach as far as what they
 * are when the region is translated, and each access makes sure that its index still lies in it. If
 * not, the handler does the access, threaded code the rest of the block, and so on as above.
 *
 * An addend stays valid as long as nothing forgets translations: up to a call of a handler that
 * could (tr_call()) or the end of the block.
 */
#include "memory.h"

#define LOOK_AHEAD 48

/* One of the ways to see the access of an instruction. */
struct way {
    uint8_t base; /* relative to this GPR; NO_GPR: to the sum of its two */
    uint32_t key; /* of the values of which that consists ... */
    int32_t plus; /* ... beside this constant */
    struct reach r;
};
#define WAYS 3

/* Way @i of the access in @slot, where GPRs have the values @v. False: there is no such one. */
static bool way_of(const struct tr *t, const struct gpr_values *v, unsigned slot, unsigned i,
                   struct way *w)
{
    const struct insn *in = &t->r->insn[slot];
    const uint8_t bases[WAYS] = {in->rb & 31, in->ra & 31, NO_GPR};

    w->base = bases[i];
    if (!x64_reach(t, slot, w->base, &w->r))
        return false;
    if (w->base != NO_GPR) {
        w->key = v->of[w->base].id | 0xffffu << 16;
        w->plus = v->of[w->base].plus;
        return true;
    }
    struct gpr_value a = v->of[in->ra], b = v->of[in->rb];
    w->key = a.id < b.id ? a.id | (uint32_t)b.id << 16 : b.id | (uint32_t)a.id << 16;
    w->plus = a.plus + b.plus;
    return true;
}

static bool key_has(uint32_t key, unsigned id)
{
    return (key & 0xffff) == id || key >> 16 == id;
}

/* Is there still such a sum behind @in? *delta: how much more its registers have then. */
static bool keeps(const struct insn *in, unsigned base, int32_t *delta)
{
    struct gpr_values v;

    values_begin(&v);
    values_after(&v, in);
    *delta = base == NO_GPR ? 0 : v.of[base].plus;
    return base == NO_GPR ? !insn_writes_gpr(in, in->ra) && !insn_writes_gpr(in, in->rb)
                          : v.of[base].id == base;
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

/* ... by what an access touches. */
static void widen(struct ea_range *g, const struct way *w)
{
    int32_t lo = w->plus + w->r.at, hi = lo + (int32_t)w->r.size;

    g->lo = lo < g->lo ? lo : g->lo;
    g->hi = hi > g->hi ? hi : g->hi;
    g->write |= w->r.store;
}

/* Is the access in @slot one of those with @key? */
static bool is_of(const struct tr *t, const struct gpr_values *v, unsigned slot, uint32_t key,
                  struct way *w)
{
    for (unsigned i = 0; i < WAYS; i++)
        if (way_of(t, v, slot, i, w) && w->key == key)
            return true;
    return false;
}

/* The range that the block touches in the way of @first, which is that of the present instruction.
 * Returns how many more accesses there are. */
static unsigned look_ahead(const struct tr *t, const struct way *first, struct ea_range *g)
{
    struct gpr_values v = t->values;
    unsigned others = 0;
    struct way w;

    *g = (struct ea_range){.lo = first->plus + first->r.at, .hi = first->plus + first->r.at};
    widen(g, first);
    for (unsigned slot = t->slot; slot < t->slot + LOOK_AHEAD;) {
        values_after(&v, &t->r->insn[slot]);
        if (++slot >= CODE_PAGE_INSNS ||
            (t->r->flags[slot] & (SLOT_IN | SLOT_LEADER | SLOT_STOP)) != SLOT_IN)
            break;
        if (x64_ends_group(&t->r->insn[slot]))
            break;
        if (!is_of(t, &v, slot, first->key, &w))
            continue;
        struct ea_range wider = *g;
        widen(&wider, &w);
        if (wider.hi - wider.lo > REACH_MAX)
            break;
        *g = wider;
        others++;
    }
    return others;
}

/* Seen from where the registers of @w are. */
static struct ea_range seen_from(const struct ea_range *g, const struct way *w)
{
    return (struct ea_range){.write = g->write, .lo = g->lo - w->plus, .hi = g->hi - w->plus};
}

struct x64_mem x64_addend_mem(unsigned g)
{
    _Static_assert(ARRAY_SIZE(((struct cpu *)0)->native_addend) == MAX_GROUPS,
                   "one for each group");
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, native_addend) + 8 * g) - CPU_BIAS);
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

static void addend_wanted(struct tr *t, unsigned g)
{
    t->addend_store[g].at = NULL;
}

/* Nobody will load it who has not been translated yet. */
static void drop_addend(struct tr *t, unsigned g)
{
    struct code_span *s = &t->addend_store[g];

    if (s->at)
        x_nop(s->at, s->end);
    s->at = NULL;
}

/* RCX is the one of group @g from here on. */
static void keep_addend(struct tr *t, unsigned g)
{
    struct code_span *s = &t->addend_store[g];

    drop_addend(t, g);
    s->at = t->e.p;
    x_mov_mr(&t->e, true, x64_addend_mem(g), RCX);
    s->end = t->e.p;
    scratch_holds(t, RCX, SCRATCH_ADDEND + g);
}

void x64_group_back(struct tr *t, const struct late *l)
{
    unsigned what = l->scratch.holds[RCX];
    bool own = l->kind == LATE_GROUP; /* stored anew by x64_late_group() */

    if (what >= SCRATCH_ADDEND && what < SCRATCH_ADDEND + MAX_GROUPS && !own && l != &t->no_late)
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

/* The group with @key, or MAX_GROUPS. */
static unsigned find(const struct tr *t, uint32_t key)
{
    for (uint32_t left = t->groups; left; left &= left - 1) {
        unsigned g = (unsigned)__builtin_ctz(left);

        if (t->group[g].key == key)
            return g;
    }
    return MAX_GROUPS;
}

/* A place for one with @key; its own, if there is one already. */
static unsigned place(struct tr *t, uint32_t key)
{
    unsigned g = find(t, key);

    if (g < MAX_GROUPS)
        return g;
    g = ~t->groups ? (unsigned)__builtin_ctz(~t->groups) : key % MAX_GROUPS;
    t->groups |= 1u << g;
    t->group[g] = (struct ea_group){.key = key};
    return g;
}

/* The access is one of those that a group knows of. */
static bool join(struct tr *t, const struct way *w)
{
    unsigned g = find(t, w->key);

    if (g == MAX_GROUPS || t->group[g].loose)
        return false;
    struct ea_range range = seen_from(&t->group[g].range, w);
    if (w->r.at < range.lo || w->r.at + (int32_t)w->r.size > range.hi ||
        (w->r.store && !range.write))
        return false;
    if (w->r.index != NO_GPR)
        check_index(t, &range, &w->r);
    if (scratch_with(t, SCRATCH_ADDEND + g) != RCX) {
        x_mov_rm(&t->e, true, RCX, x64_addend_mem(g));
        addend_wanted(t, g);
        scratch_holds(t, RCX, SCRATCH_ADDEND + g);
    }
    return true;
}

/* Is none to be looked for by the way of the present instruction, which is noted if it is loose? */
static bool is_barred(struct tr *t, const struct way *w)
{
    if (x64_is_loose(t, t->slot))
        t->group[place(t, w->key)].loose = true;

    unsigned g = find(t, w->key);
    return g < MAX_GROUPS && t->group[g].loose;
}

/* It is the first one of a group, whose base is in register @base; NOT_PINNED: in memory. */
static bool begin(struct tr *t, const struct way *w, unsigned base, struct late **slow)
{
    struct x64_site site = {NULL, 0};
    uint8_t *fail[2] = {NULL, NULL};
    struct ea_range range;
    int32_t delta;

    if (is_barred(t, w) || !keeps(&t->r->insn[t->slot], w->base, &delta) ||
        !look_ahead(t, w, &range))
        return false;
    struct ea_range here = seen_from(&range, w);
    if (w->r.index != NO_GPR)
        check_index(t, &here, &w->r);
    if (base == NOT_PINNED)
        gpr_copy(t, w->base, base = RDX);
    if (!x64_site_check(t, base, here.lo, (unsigned)(here.hi - here.lo), here.write, &site, fail))
        check(t, base, &here, fail);
    unsigned g = place(t, w->key);
    keep_addend(t, g);
    t->group[g].range = range;
    *slow = late_add(t, LATE_GROUP, fail[0]);
    if (site.found)
        x64_has_site(*slow, &site);
    (*slow)->at2 = fail[1];
    (*slow)->target = (uint16_t)g;
    (*slow)->base = w->base;
    (*slow)->group = here;
    return true;
}

bool x64_group_access(struct tr *t, unsigned base, unsigned size, struct late **slow)
{
    struct access a;
    bool indexed = x64_access_of(&t->r->insn[t->slot], &a) && a.indexed;
    struct way w;

    for (unsigned i = 0; i < WAYS; i++) {
        if (way_of(t, &t->values, t->slot, i, &w) && w.r.size == size && join(t, &w)) {
            *slow = &t->no_late;
            return true;
        }
    }
    for (unsigned i = 0; i < WAYS; i++) {
        if (!way_of(t, &t->values, t->slot, i, &w) || w.r.size != size)
            continue;
        bool other = indexed && w.base != NO_GPR; /* than what is in @base */
        if (begin(t, &w, other ? t->pin[w.base] : base, slow))
            return true;
    }
    return false;
}

void x64_late_group(struct tr *t, const struct late *l)
{
    const struct insn *in = &t->r->insn[l->slot];
    struct ea_range g = l->group;
    struct emit *e = &t->e;
    uint8_t *fail[2], *over;
    int32_t delta, disp;

    keeps(in, l->base, &delta); /* the handler has done that */
    g.lo -= delta;
    g.hi -= delta;
    unsigned base = l->base == NO_GPR ? x64_address(t, in, true, &disp) : gpr_read(t, l->base, RAX);
    check(t, base, &g, fail);
    x_mov_mr(e, true, x64_addend_mem(l->target), RCX);
    over = x_jmp(e);
    x_patch(fail[0], e->p);
    if (g.write)
        x_patch(fail[1], e->p);
    tr_leave_behind(t, l, NATIVE_SLOT_STRAY);
    x_patch(over, e->p);
}

void x64_group_forget(struct tr *t)
{
    for (uint32_t left = t->groups; left; left &= left - 1)
        drop_addend(t, (unsigned)__builtin_ctz(left));
    t->groups = 0;
    values_begin(&t->values);
}

/* No GPR has value @id any more. */
static void retire(struct tr *t, unsigned id)
{
    for (uint32_t left = t->groups; left; left &= left - 1) {
        unsigned g = (unsigned)__builtin_ctz(left);

        if (!key_has(t->group[g].key, id))
            continue;
        drop_addend(t, g);
        t->groups &= ~(1u << g);
    }
}

void x64_group_after(struct tr *t, const struct insn *in)
{
    unsigned regs[2] = {in->rt & 31, in->ra & 31};
    unsigned ids[2] = {t->values.of[regs[0]].id, t->values.of[regs[1]].id};

    values_after(&t->values, in);
    for (unsigned i = 0; i < 2 && t->groups; i++)
        if (t->values.of[regs[i]].id != ids[i] && !values_have(&t->values, ids[i]))
            retire(t, ids[i]);
}
