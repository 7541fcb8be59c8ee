/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branches to other pages, and to where registers say. The jump cache of the translation context
 * (tlb_ctx.j) tells where the EA is native code.
 */
#include "vsr.h"

/* A field of the entry, RCX being the context plus its offset in j[]. */
static struct x64_mem jump_mem(size_t field)
{
    return mem_at(RCX, (int32_t)(offsetof(struct tlb_ctx, j) + field));
}

/* Jumps under @cc, equal or not equal: is that entry of the EA in RAX? */
static uint8_t *if_known(struct emit *e, enum x64_cc cc)
{
    x_alu_rm(e, true, X_CMP, RAX, jump_mem(offsetof(struct jump_entry, ea)));
    return x_jcc(e, cc);
}

/* Pays for @pending instructions and goes to the EA in RAX, whose instruction some native code of
 * this context knows, or not. @from_plus_1: as of NATIVE_JUMP. */
static void go_far(struct tr *t, int pending, unsigned from_plus_1)
{
    struct emit *e = &t->e;

    gpr_sub(t, MAP_BUDGET, pending);
    late_add(t, LATE_JUMP, x_jcc(e, CC_LE))->slot = (uint16_t)from_plus_1;
    x_rorx(e, true, RCX, RAX, 10); /* jump_index() */
    x_alu_rr(e, false, X_XOR, RCX, RAX);
    _Static_assert(sizeof(struct jump_entry) == 16, "the index is scaled by a shift");
    x_shift_ri(e, false, X_SHL, RCX, 2);
    x_alu_ri(e, false, X_AND, RCX, (JUMP_ENTRIES - 1) * (int)sizeof(struct jump_entry));
    x_alu_rm(e, true, X_ADD, RCX, CPU_MEM(tlb));
    struct late *l = late_add(t, LATE_JUMP, if_known(e, CC_NE));
    l->slot = (uint16_t)from_plus_1;
    l->cont = e->p;
    x_mov_rm(e, true, RCX, jump_mem(offsetof(struct jump_entry, code)));
    x_alu_ri(e, true, X_AND, RAX, -4096);
    x_mov_mr(e, true, CPU_MEM(page_ea), RAX);
    map_convert(t, 0);
    x_jmp_r(e, RCX);
}

void x64_late_jump(struct tr *t, const struct late *l)
{
    if (!l->cont) /* the budget is used up */
        return;
    x_alu_ri(&t->e, true, X_XOR, RCX, (int)sizeof(struct jump_entry));
    x_patch(if_known(&t->e, CC_E), l->cont);
}

/* The branch is taken, RDX being page_ea; @link: LR becomes the EA behind it. */
static void taken(struct tr *t, bool link)
{
    struct emit *e = &t->e;
    int32_t here = 4 * (int32_t)t->slot;

    if (link) {
        x_lea(e, true, RCX, mem_at(RDX, here + 4));
        x_mov_mr(e, true, CPU_MEM(lr), RCX);
    }
    if (here)
        x_alu_ri(e, true, X_ADD, RDX, here);
    x_mov_mr(e, true, CPU_MEM(cfar), RDX);
    x_mov_mi(e, false, CPU_MEM(cfar_slot), 0);
    go_far(t, t->pending + 1, t->slot + 1);
}

void x64_jump_relative(struct tr *t, int32_t distance, bool link)
{
    x_mov_rm(&t->e, true, RDX, CPU_MEM(page_ea));
    x_lea(&t->e, true, RAX, mem_at(RDX, 4 * (int32_t)t->slot + distance));
    taken(t, link);
}

void x64_jump_register(struct tr *t, bool link)
{
    x_mov_rm(&t->e, true, RDX, CPU_MEM(page_ea));
    taken(t, link);
}

void x64_page_end(struct tr *t)
{
    struct emit *e = &t->e;

    cr_flush(t);
    vsr_emit(t, &t->vs);
    /* CFAR may not be told by a slot of the page that is left */
    x_mov_rm(e, false, RCX, CPU_MEM(cfar_slot));
    x_mov_rm(e, true, RDX, CPU_MEM(page_ea));
    x_test_rr(e, false, RCX, RCX);
    uint8_t *none = x_jcc(e, CC_E);
    x_lea(e, true, RCX, mem_index(RDX, RCX, 2, -4));
    x_mov_mr(e, true, CPU_MEM(cfar), RCX);
    x_mov_mi(e, false, CPU_MEM(cfar_slot), 0);
    x_patch(none, e->p);
    x_lea(e, true, RAX, mem_at(RDX, 4096));
    go_far(t, t->pending, 0);
}
