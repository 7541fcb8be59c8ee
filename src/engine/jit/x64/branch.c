/* SPDX-License-Identifier: Apache-2.0 */
/* Branches. The budget is settled, and looked at, where one is taken. */
#include "vsr.h"

/* Is there code of this region for @slot that can be jumped to? */
static bool is_inside(const struct region *r, unsigned slot)
{
    return (r->flags[slot] & (SLOT_IN | SLOT_LEADER | SLOT_STOP)) == (SLOT_IN | SLOT_LEADER);
}

/* Is there code for @slot, of this region or of another one of the page, which lives as long? *map:
 * the map that it wants. */
static bool has_code(const struct tr *t, unsigned slot, unsigned *map)
{
    bool inside = is_inside(t->r, slot);

    *map = inside ? t->map_of[slot] : 0;
    return inside || jit_has_entry(t->r->page, slot);
}

/* The jump whose distance field is @at leads to that code. */
static void go_direct(struct tr *t, uint8_t *at, unsigned slot)
{
    if (!is_inside(t->r, slot)) {
        const struct native_cell *cell = jit_cell(t->jit, t->r->page, slot);
        x_patch(at, space_write(&t->jit->space, cell->code));
        return;
    }
    if (t->nfix == MAX_FIX) {
        t->failed = true;
        return;
    }
    t->fix[t->nfix].at = at;
    t->fix[t->nfix++].slot = (uint16_t)slot;
}

/* To the code of @slot: directly when there is some, else by its cell. RAX: what the cell's default
 * wants. */
static void go(struct tr *t, unsigned slot, unsigned value)
{
    struct emit *e = &t->e;
    unsigned map;

    if (has_code(t, slot, &map)) {
        map_convert(t, map);
        go_direct(t, x_jmp(e), slot);
        return;
    }
    struct native_cell *cell = jit_cell(t->jit, t->r->page, slot);
    if (!cell) {
        t->failed = true;
        return;
    }
    map_convert(t, 0);
    tr_tell_page(t);
    x_mov_ri(e, RAX, value);
    x_patch(x_jmp_rip(e), (const uint8_t *)cell);
}

static void store_cfar(struct tr *t, unsigned from)
{
    x_mov_mi(&t->e, false, CPU_MEM(cfar_slot), (int32_t)from + 1);
}

/* A branch is taken: CFAR, and what the budget pays; the flags tell if something is left. */
static void pay(struct tr *t, unsigned from, int pending)
{
    store_cfar(t, from);
    gpr_sub(t, MAP_BUDGET, pending);
}

static void out(struct tr *t, uint8_t *at, unsigned to)
{
    late_add(t, LATE_OUT, at)->target = (uint16_t)to;
}

/* A taken branch inside the page: counted, or out. */
static void count(struct tr *t, unsigned from, unsigned to, int pending)
{
    pay(t, from, pending);
    out(t, x_jcc(&t->e, CC_LE), to);
}

static void edge(struct tr *t, unsigned from, unsigned to, int pending)
{
    unsigned map;

    if (has_code(t, to, &map) && map == t->map) { /* one jump, and no other behind it */
        pay(t, from, pending);
        go_direct(t, x_jcc(&t->e, CC_G), to);
        out(t, x_jmp(&t->e), to);
        return;
    }
    count(t, from, to, pending);
    go(t, to, 4 * to);
}

uint8_t *x64_edge_turn(struct tr *t, unsigned target, bool cfar)
{
    if (cfar)
        pay(t, t->slot, t->pending + 1);
    else
        gpr_sub(t, MAP_BUDGET, t->pending + 1);
    uint8_t *back = x_jcc(&t->e, CC_G);
    out(t, x_jmp(&t->e), target);
    t->late[t->nlate - 1].before = t->vs;
    return back;
}

uint8_t *x64_edge_count(struct tr *t, unsigned target)
{
    count(t, t->slot, target, t->pending + 1);
    t->late[t->nlate - 1].before = t->vs;
    return x_jmp(&t->e);
}

void x64_late_edge(struct tr *t, const struct late *l)
{
    cr_emit_late(t, l);
    vsr_emit(t, &l->before);
    edge(t, l->slot, l->target, l->pending);
}

void x64_fall(struct tr *t, unsigned to)
{
    cr_flush(t);
    vsr_emit(t, &t->vs);
    if (t->pending)
        gpr_sub(t, MAP_BUDGET, t->pending);
    go(t, to, 4 * to | NATIVE_SLOT_INSIDE);
}

static void set_lr(struct tr *t)
{
    x_mov_rm(&t->e, true, RAX, CPU_MEM(page_ea));
    x_alu_ri(&t->e, true, X_ADD, RAX, 4 * (int32_t)(t->slot + 1));
    x_mov_mr(&t->e, true, CPU_MEM(lr), RAX);
}

/* A branch to the next instruction, which is no boundary (see branch_to()): but for LR, CFAR is all
 * that tells. */
static void link_next(struct tr *t)
{
    cr_flush(t); /* set_lr() needs RAX, and changes the flags */
    set_lr(t);
    store_cfar(t, t->slot);
}

/* The taken side of a relative branch, unconditional from here. */
static void take_relative(struct tr *t, const struct insn *in)
{
    unsigned target;
    bool inside = region_target(in, t->slot, &target), link = in->id == INSN_BL;

    if (!inside || link || !x64_turns(t, target))
        cr_flush(t); /* set_lr() needs RAX, and changes the flags */
    if (inside && link)
        set_lr(t);
    if (inside && x64_loop_edge(t, target))
        return;
    vsr_emit(t, &t->vs);
    if (inside)
        edge(t, t->slot, target, t->pending + 1);
    else
        x64_jump_relative(t, (int32_t)in->imm, link);
}

/* To what LR or CTR says. */
static void take_register(struct tr *t, bool by_ctr, bool link)
{
    cr_flush(t);
    vsr_emit(t, &t->vs);
    if (by_ctr)
        gpr_copy(t, MAP_CTR, RAX);
    else
        x_mov_rm(&t->e, true, RAX, CPU_MEM(lr));
    x_alu_ri(&t->e, true, X_AND, RAX, -4);
    x64_jump_register(t, link);
}

/* Emits BO's test; *cc: when the branch is taken. False: always. */
static bool condition(struct tr *t, const struct insn *in, enum x64_cc *cc)
{
    unsigned bo = in->rt;

    if ((bo & 0x14) == 0x04) {
        *cc = cr_test(t, in->ra) ^ (bo & 8 ? 0 : 1);
        return true;
    }
    if ((bo & 0x14) == 0x10) {
        gpr_sub(t, MAP_CTR, 1);
        *cc = bo & 2 ? CC_E : CC_NE;
        return true;
    }
    if (bo & 0x10)
        return false;
    /* both */
    x_setcc_r(&t->e, cr_test(t, in->ra) ^ (bo & 8 ? 0 : 1), RDX);
    gpr_sub(t, MAP_CTR, 1);
    x_setcc_r(&t->e, bo & 2 ? CC_E : CC_NE, RCX);
    x_test_rr8(&t->e, RCX, RDX);
    t->cr.flags_field = -1;
    *cc = CC_NE;
    return true;
}

static void leave_any(struct tr *t)
{
    late_add(t, LATE_ANY, x_jmp(&t->e));
}

/* The same under a condition, without LR. */
static void branch_next(struct tr *t, enum x64_cc cc)
{
    uint8_t *over = x_jcc(&t->e, cc ^ 1);

    store_cfar(t, t->slot);
    x_patch(over, t->e.p);
}

/* Conditional branches inside the page whose target is ahead are taken out of line. */
static void branch_conditional(struct tr *t, const struct insn *in)
{
    unsigned target;
    enum x64_cc cc;

    if (!condition(t, in, &cc)) {
        leave_any(t);
        return;
    }
    if (in->imm == 4) {
        branch_next(t, cc);
        return;
    }
    bool inside = region_target(in, t->slot, &target);
    if (inside && target > t->slot) {
        struct late *l = late_add(t, LATE_EDGE, x_jcc(&t->e, cc));

        l->target = (uint16_t)target;
        l->pending = t->pending + 1;
        return;
    }
    struct cr_way w;
    uint8_t *over = x_jcc(&t->e, cc ^ 1);
    cr_leave(t, &w, !inside || !x64_turns(t, target));
    take_relative(t, in);
    cr_stay(t, &w);
    x_patch(over, t->e.p);
}

static void branch_register(struct tr *t, const struct insn *in, bool by_ctr)
{
    bool always = (in->rt & 0x14) == 0x14;
    enum x64_cc cc;

    if (!always && !(in->rt & 4)) { /* it counts as well */
        leave_any(t);
        return;
    }
    if (always) {
        take_register(t, by_ctr, false);
        return;
    }
    if (!condition(t, in, &cc)) {
        leave_any(t);
        return;
    }
    struct cr_way w;
    uint8_t *over = x_jcc(&t->e, cc ^ 1);
    cr_leave(t, &w, true);
    take_register(t, by_ctr, false);
    cr_stay(t, &w);
    x_patch(over, t->e.p);
}

bool x64_branch(struct tr *t, const struct insn *in)
{
    bool always = (in->rt & 0x14) == 0x14;

    if (insn_table[in->id].fac != FAC_BRU)
        return false;
    if (region_asks_where(in)) {
        link_next(t);
        return true;
    }
    switch (in->id) {
    case INSN_B:
        if (in->imm == 4)
            break; /* no boundary: see branch_to() */
        take_relative(t, in);
        return true;
    case INSN_BL:
        take_relative(t, in);
        return true;
    case INSN_BC:
        if (!always)
            branch_conditional(t, in);
        else if (in->imm == 4)
            break;
        else
            take_relative(t, in);
        return true;
    case INSN_BCLR:
        branch_register(t, in, false);
        return true;
    case INSN_BCCTR:
        branch_register(t, in, true);
        return true;
    case INSN_BCCTRL:
        if (!always)
            break;
        take_register(t, true, true);
        return true;
    default:
        break;
    }
    leave_any(t);
    return true;
}
