/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPRs as operands and results: in host registers by the map, or in struct cpu.
 *
 * What is in struct cpu is always right there, but scratch registers often have it as well, since
 * it was computed or loaded there a moment ago: that is remembered until their next change. Hosts
 * that rename memory have a plain move of what was just stored for nothing, while arithmetic with
 * an operand in memory waits for the store: so what was just stored is loaded first.
 */
#include "tr.h"

#include "memory.h"

#define NOTHING 0xff

/* Scratch registers that were changed hold nothing any more. */
static struct scratch *up_to_date(struct tr *t)
{
    struct scratch *s = &t->scratch;

    for (unsigned r = 0; t->e.wrote && r < SCRATCH_REGS; r++)
        if (t->e.wrote >> r & 1)
            s->holds[r] = NOTHING;
    t->e.wrote = 0;
    return s;
}

void scratch_forget(struct tr *t)
{
    memset(t->scratch.holds, NOTHING, sizeof(t->scratch.holds));
    t->e.wrote = 0;
}

void scratch_holds(struct tr *t, unsigned r, unsigned what)
{
    struct scratch *s = up_to_date(t);

    for (unsigned i = 0; i < SCRATCH_REGS; i++)
        if (s->holds[i] == what)
            s->holds[i] = NOTHING;
    if (r >= SCRATCH_REGS || t->late_code)
        return;
    s->holds[r] = (uint8_t)what;
    s->used[r] = t->insn_clock;
}

void scratch_changed(struct tr *t, unsigned what)
{
    scratch_holds(t, SCRATCH_REGS, what);
}

unsigned scratch_with(struct tr *t, unsigned what)
{
    struct scratch *s = up_to_date(t);

    for (unsigned r = 0; r < SCRATCH_REGS; r++) {
        if (s->holds[r] == what) {
            s->used[r] = t->insn_clock;
            return r;
        }
    }
    return NOT_PINNED;
}

struct scratch scratch_now(struct tr *t)
{
    return *up_to_date(t);
}

void scratch_reload(struct tr *t, const struct scratch *s)
{
    for (unsigned r = 0; r < SCRATCH_REGS; r++) {
        unsigned what = s->holds[r];

        if (what < MAP_COUNT)
            x_mov_rm(&t->e, true, r, gpr_mem(what));
        else if (what == SCRATCH_CA)
            x_ext_rm(&t->e, X_MOVZX8, r, CPU_MEM(ca));
        else if (what != NOTHING)
            x_mov_rm(&t->e, true, r, x64_addend_mem(what - SCRATCH_ADDEND));
    }
}

unsigned gpr_dest_in(struct tr *t, unsigned n, unsigned set)
{
    const struct scratch *s = up_to_date(t);
    unsigned best = NOT_PINNED;

    if (t->pin[n] != NOT_PINNED)
        return t->pin[n];
    for (unsigned r = 0; r < SCRATCH_REGS; r++) {
        if (!(set >> r & 1))
            continue;
        if (s->holds[r] == NOTHING || s->holds[r] == n)
            return r;
        if (best == NOT_PINNED || s->used[r] < s->used[best])
            best = r;
    }
    return best;
}

unsigned gpr_where(struct tr *t, unsigned n)
{
    return t->pin[n] != NOT_PINNED ? t->pin[n] : scratch_with(t, n);
}

unsigned gpr_read(struct tr *t, unsigned n, unsigned scratch)
{
    if (t->pin[n] != NOT_PINNED)
        return t->pin[n];
    gpr_copy(t, n, scratch);
    return scratch;
}

void gpr_copy(struct tr *t, unsigned n, unsigned to)
{
    unsigned r = gpr_where(t, n);

    if (r == to)
        return;
    if (r != NOT_PINNED) {
        x_mov_rr(&t->e, true, to, r);
    } else {
        x_mov_rm(&t->e, true, to, gpr_mem(n));
        scratch_holds(t, to, n);
    }
}

unsigned gpr_operand(struct tr *t, unsigned n, unsigned scratch)
{
    unsigned r = gpr_where(t, n);

    if (r != NOT_PINNED)
        return r;
    gpr_copy(t, n, scratch);
    return scratch;
}

bool gpr_is_settled(struct tr *t, unsigned n)
{
    return gpr_where(t, n) == NOT_PINNED && t->insn_clock - t->stored_clock[n] > STORE_SETTLES;
}

void gpr_alu(struct tr *t, bool w, enum x64_alu op, unsigned to, unsigned n)
{
    if (gpr_is_settled(t, n))
        x_alu_rm(&t->e, w, op, to, gpr_mem(n));
    else
        x_alu_rr(&t->e, w, op, to, gpr_operand(t, n, to == RCX ? RDX : RCX));
}

void gpr_extend(struct tr *t, unsigned op, unsigned to, unsigned n)
{
    if (gpr_is_settled(t, n))
        x_ext_rm(&t->e, op, to, gpr_mem(n));
    else
        x_ext_rr(&t->e, op, to, gpr_operand(t, n, to));
}

static void stored(struct tr *t, unsigned n, unsigned from)
{
    scratch_holds(t, from, n);
    t->stored_clock[n] = t->insn_clock;
}

void gpr_write(struct tr *t, unsigned n, unsigned from)
{
    if (t->pin[n] == NOT_PINNED) {
        x_mov_mr(&t->e, true, gpr_mem(n), from);
        stored(t, n, from);
    } else if (t->pin[n] != from) {
        x_mov_rr(&t->e, true, t->pin[n], from);
    }
}

void gpr_write_imm(struct tr *t, unsigned n, int32_t v)
{
    if (t->pin[n] == NOT_PINNED) {
        x_mov_mi(&t->e, true, gpr_mem(n), v);
        stored(t, n, NOT_PINNED);
    } else {
        x_mov_ri(&t->e, t->pin[n], (uint64_t)(int64_t)v);
    }
}

void gpr_result(struct tr *t, unsigned n, unsigned r, bool record)
{
    gpr_write(t, n, r);
    if (record)
        cr0_from(t, n, r);
}

void gpr_sub(struct tr *t, unsigned n, int32_t v)
{
    if (t->pin[n] == NOT_PINNED) {
        x_alu_mi(&t->e, true, X_SUB, gpr_mem(n), v);
        stored(t, n, NOT_PINNED);
    } else {
        x_alu_ri(&t->e, true, X_SUB, t->pin[n], v);
    }
}

/* Is GPR @n an operand of one of the next few instructions, before it changes? */
static bool is_wanted_soon(const struct tr *t, unsigned n)
{
    for (unsigned slot = t->slot + 1; slot <= t->slot + STORE_SETTLES; slot++) {
        if (slot >= CODE_PAGE_INSNS || (t->r->flags[slot] & (SLOT_IN | SLOT_LEADER)) != SLOT_IN)
            return false;
        if (insn_reads_gpr(&t->r->insn[slot], n))
            return true;
        if (insn_writes_gpr(&t->r->insn[slot], n))
            return false;
    }
    return false;
}

bool gpr_stays_in_memory(struct tr *t, unsigned n)
{
    return gpr_where(t, n) == NOT_PINNED && !is_wanted_soon(t, n);
}

void gpr_alu_memory(struct tr *t, enum x64_alu op, unsigned n, unsigned other)
{
    x_alu_mr(&t->e, true, op, gpr_mem(n), gpr_operand(t, other, RAX));
    stored(t, n, NOT_PINNED);
}

void gpr_alu_memory_imm(struct tr *t, enum x64_alu op, unsigned n, int32_t v)
{
    x_alu_mi(&t->e, true, op, gpr_mem(n), v);
    stored(t, n, NOT_PINNED);
}
