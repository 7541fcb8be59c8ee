/* SPDX-License-Identifier: Apache-2.0 */
/* From a region to native code: the frame around the facilities' files. */
#include "float.h"
#include "memory.h"
#include "vsr.h"

/* What the cells of one page may take. */
#define CELLS_ROOM (CODE_PAGE_INSNS * sizeof(struct native_cell))

/* ---- what the facilities use ---- */

struct late *late_add(struct tr *t, enum late_kind kind, uint8_t *at)
{
    static struct late nowhere;

    if (t->nlate == MAX_LATE) {
        t->failed = true;
        return &nowhere;
    }
    struct late *l = &t->late[t->nlate++];
    *l = (struct late){
        .kind = kind, .at = at, .slot = (uint16_t)t->slot, .pending = t->pending, .map = t->map};
    if (kind != LATE_OUT && kind != LATE_JUMP) /* before which all is stored */
        l->before = t->vs;
    l->cr = t->cr;
    if (kind == LATE_CR || kind == LATE_CR_BIT) /* comes back, with other values there */
        t->e.wrote |= 1u << RAX | 1u << RCX;
    return l;
}

struct late *tr_slow(struct tr *t, uint8_t *at, bool settles)
{
    struct late *l = late_add(t, LATE_CALL, at);

    l->settles = settles;
    return l;
}

void tr_back(struct tr *t, struct late *l)
{
    l->back = t->e.p;
    t->e.flags = NULL; /* as the handler leaves them */
    l->after = t->vs;
    l->scratch = scratch_now(t);
    x64_group_back(t, l);
}

static void call(struct tr *t, unsigned slot, int pending, bool settles)
{
    struct emit *e = &t->e;

    x_mov_ri(e, RAX, slot);
    x_mov_ri(e, RDX, (uint32_t)pending);
    x_patch(x_call(e), t->maps[t->map].call[settles]);
}

void tr_call(struct tr *t)
{
    cr_flush(t);
    vsr_flush(t);
    call(t, t->slot, t->pending, true);
    cr_forget_compares(t);
    cr_forget(t, CR_PLAIN);
    t->cr.flags_field = -1;
    vsr_forget(t);
    x64_group_forget(t);
}

void tr_call_plain(struct tr *t)
{
    cr_flush(t);
    vsr_flush(t);
    call(t, t->slot, t->pending, false);
    cr_forget_compares(t);
    t->cr.flags_field = -1;
    vsr_forget(t);
}

void tr_tell_page(struct tr *t)
{
    x_mov_ri(&t->e, RCX, (uintptr_t)t->r->page->ops);
    x_mov_mr(&t->e, true, CPU_MEM(ops), RCX);
}

/* ---- behind the region ---- */

static void late_out(struct tr *t, const struct late *l)
{
    x_mov_ri(&t->e, RAX, 4u * l->target);
    x_patch(x_jmp(&t->e), t->maps[t->map].leave_slot);
}

void tr_leave_behind(struct tr *t, const struct late *l, unsigned flags)
{
    gpr_sub(t, MAP_BUDGET, l->pending + 1);
    x_mov_ri(&t->e, RAX, 4u * (l->slot + 1u) | NATIVE_SLOT_INSIDE | flags);
    x_patch(x_jmp(&t->e), t->maps[t->map].leave_slot);
}

static void late_leave(struct tr *t, uint64_t reason)
{
    x_mov_ri(&t->e, RDX, reason);
    x_patch(x_jmp(&t->e), t->maps[t->map].leave);
}

static void late_excuse(struct tr *t, const struct late *l)
{
    if (l->excuse == EXCUSE_SITE)
        x64_late_site(t, l);
    else if (l->excuse != EXCUSE_NONE)
        x64_late_inexact(t, l);
}

static void late_call(struct tr *t, const struct late *l)
{
    late_excuse(t, l);
    cr_emit_late(t, l);
    vsr_save(t, l);
    call(t, l->slot, l->pending, l->settles);
    if (l->kind == LATE_INDEX) {
        tr_leave_behind(t, l, NATIVE_SLOT_STRAY);
        return;
    }
    if (l->kind == LATE_GROUP)
        x64_late_group(t, l);
    vsr_reload(t, l);
    scratch_reload(t, &l->scratch);
}

static void late_one(struct tr *t, const struct late *l)
{
    struct emit *e = &t->e;

    map_use(t, l->map);
    x_patch(l->at, e->p);
    if (l->at2)
        x_patch(l->at2, e->p);
    switch (l->kind) {
    case LATE_GROUP:
    case LATE_INDEX:
    case LATE_CALL:
        late_call(t, l);
        break;
    case LATE_OUT:
        cr_emit_late(t, l);
        vsr_emit(t, &l->before);
        late_out(t, l);
        break;
    case LATE_EDGE:
        x64_late_edge(t, l);
        break;
    case LATE_JUMP:
        x64_late_jump(t, l);
        late_leave(t, NATIVE_JUMP | (uint64_t)l->slot << 32);
        break;
    case LATE_ANY:
        cr_emit_late(t, l);
        vsr_emit(t, &l->before);
        if (l->pending)
            gpr_sub(t, MAP_BUDGET, l->pending);
        x_mov_ri(e, RAX, 4u * l->slot);
        late_leave(t, NATIVE_ANY);
        break;
    case LATE_CR:
        x64_late_cr(t, l);
        break;
    case LATE_CR_BIT:
        x64_late_cr_bit(t, l);
        break;
    case LATE_CLEAN:
        x64_late_clean(t, l);
        break;
    }
    if (l->back)
        x_patch(x_jmp(e), l->back);
}

bool tr_has_room(struct tr *t)
{
    enum { ROOM = 1536 };

    if (t->e.end - t->e.p < ROOM)
        t->failed = true;
    return !t->failed;
}

static void emit_late(struct tr *t)
{
    t->late_code = true;
    scratch_forget(t);
    for (unsigned i = 0; i < t->nlate && tr_has_room(t); i++)
        late_one(t, &t->late[i]);
}

/* ---- the region ---- */

/* May control come from the instruction to the next one? */
static bool goes_on(const struct insn *in)
{
    bool always = (in->rt & 0x14) == 0x14;

    if (region_asks_where(in))
        return true;
    switch (in->id) {
    case INSN_B:
    case INSN_BL:
        return false;
    case INSN_BC:
    case INSN_BCLR:
    case INSN_BCCTR:
        return !always;
    default:
        return insn_table[in->id].fac != FAC_BRU;
    }
}

static void translate_insn(struct tr *t, const struct insn *in)
{
    bool any = insn_table[in->id].priv == PRIV_USER || insn_table[in->id].fac == FAC_SYS;

    if (any && (x64_fixed(t, in) || x64_fixed_memory(t, in) || x64_reserve(t, in) ||
                x64_shift(t, in) || x64_carry(t, in) || x64_system(t, in) || x64_cr(t, in) ||
                x64_float(t, in) || x64_vector(t, in)))
        return;
    tr_call(t);
}

void tr_begin_block(struct tr *t, unsigned slot)
{
    t->slot = t->block = slot;
    map_use(t, t->map_of[slot]);
    cr_forget(t, CR_UNKNOWN);
    cr_forget_compares(t);
    t->cr.flags_field = -1;
    scratch_forget(t);
    t->pending = 0;
    vsr_forget(t);
    x64_group_forget(t);
}

void tr_one(struct tr *t)
{
    const struct insn *in = &t->r->insn[t->slot];

    if (!tr_has_room(t))
        return;
    vsr_next_insn(t);
    cr_before(t, in);
    if (!x64_branch(t, in))
        translate_insn(t, in);
    x64_group_after(t, in);
    cr_after(t, in);
    t->slot++;
    t->pending++;
}

void tr_go_on(struct tr *t, unsigned slot)
{
    if (!goes_on(&t->r->insn[slot]))
        return;
    if (slot + 1 == CODE_PAGE_INSNS)
        x64_page_end(t);
    else
        x64_fall(t, slot + 1);
}

/* Translates from @slot on, as far as control can go on by itself. Returns the slot behind. */
static unsigned translate_run(struct tr *t, unsigned slot)
{
    const struct region *r = t->r;

    tr_begin_block(t, slot);
    t->label[slot] = t->e.p;
    for (;;) {
        tr_one(t);
        if (t->failed)
            return CODE_PAGE_INSNS;
        bool on = goes_on(&r->insn[t->slot - 1]);
        bool in = t->slot < CODE_PAGE_INSNS && (r->flags[t->slot] & SLOT_IN) &&
                  !(r->flags[t->slot] & SLOT_STOP);
        if (!on || !in) {
            tr_go_on(t, t->slot - 1);
            return t->slot;
        }
        if (r->flags[t->slot] & SLOT_LEADER) {
            cr_flush(t);
            vsr_flush(t);
            if (t->pending)
                gpr_sub(t, MAP_BUDGET, t->pending);
            map_convert(t, t->map_of[t->slot]);
            tr_begin_block(t, t->slot);
            t->label[t->slot] = t->e.p;
        }
    }
}

static void begin_maps(struct tr *t)
{
    t->maps[0] = map_canonical;
    map_choose(t);
    for (unsigned i = 0; i < t->nmaps && !t->failed; i++)
        x64_map_stubs(t, &t->maps[i]);
}

/* Leaders are entered from elsewhere by the canonical map. */
static void emit_entries(struct tr *t)
{
    for (unsigned slot = t->r->first; slot < t->r->end && !t->failed; slot++) {
        t->entry[slot] = t->label[slot];
        if (!t->label[slot] || !t->map_of[slot])
            continue;
        if (!tr_has_room(t))
            return;
        t->entry[slot] = t->e.p;
        map_use(t, 0);
        map_convert(t, t->map_of[slot]);
        x_patch(x_jmp(&t->e), t->label[slot]);
    }
}

static void emit_region(struct tr *t)
{
    const struct region *r = t->r;

    begin_maps(t);
    x64_hints_begin(t);
    for (unsigned slot = r->first; slot < r->end && !t->failed;) {
        bool in = (r->flags[slot] & SLOT_IN) && !(r->flags[slot] & SLOT_STOP);

        slot = in ? translate_run(t, slot) : slot + 1;
        if (t->nloops)
            x64_loops(t);
    }
    x64_group_forget(t);
    emit_late(t);
    emit_entries(t);
    for (unsigned i = 0; i < t->nfix && !t->failed; i++)
        x_patch(t->fix[i].at, t->label[t->fix[i].slot]);
}

/* Makes the leaders reachable. */
static bool publish(struct tr *t)
{
    struct region *r = t->r;

    for (unsigned slot = r->first; slot < r->end; slot++) {
        if (!(r->flags[slot] & SLOT_LEADER) || !t->label[slot])
            continue;
        struct native_cell *cell = jit_cell(t->jit, r->page, slot);

        if (!cell)
            return false;
        cell->code = space_exec(&t->jit->space, t->entry[slot]);
        jit_entry(r->page, slot);
    }
    return true;
}

bool native_translate(struct jit *jit)
{
    static struct tr state;
    struct tr *t = &state;
    struct code_space *s = &jit->space;
    size_t start = s->used;

    t->jit = jit;
    t->r = &jit->region;
    t->le = jit->region.page->le;
    t->failed = false;
    t->nfix = t->nlate = t->nloops = 0;
    memset(t->addend_store, 0, sizeof(t->addend_store));
    t->copying = NULL;
    t->late_code = false;
    memset(t->label + t->r->first, 0, (t->r->end - t->r->first) * sizeof(t->label[0]));
    /* cells are taken from the end of the space meanwhile */
    if (start + 2 * CELLS_ROOM > jit->cells)
        return false;
    t->e = (struct emit){.p = s->write + start, .end = s->write + jit->cells - CELLS_ROOM};
    emit_region(t);
    if (t->failed)
        return false;
    s->used = (size_t)(t->e.p - s->write + 15) & ~15UL;
    jit->bytes += s->used - start;
    return publish(t);
}
