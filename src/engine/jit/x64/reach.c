/* SPDX-License-Identifier: Apache-2.0 */
/* How far an access reaches from its registers, as far as that is known beforehand. */
#include "memory.h"

/* ---- what GPRs hold all the time ---- */

enum { ANYTHING, UNCHANGED, CONSTANT };

static bool is_constant(const struct insn *in)
{
    return in->id == INSN_ADDI && !in->ra;
}

/* @in gives GPR @n a value. */
static void note_write(struct gpr_hints *h, const struct insn *in, unsigned n)
{
    bool other = h->kind[n] == CONSTANT && h->value[n] != (uint64_t)in->imm;

    if (!is_constant(in) || h->kind[n] == ANYTHING || other) {
        h->kind[n] = ANYTHING;
        return;
    }
    h->kind[n] = CONSTANT;
    h->value[n] = (uint64_t)in->imm;
}

/* What writes GPR @n in slot @slot counts everywhere; for loops only if it is in one or gives a
 * constant: else it is what the register is for behind them. */
static void note(struct tr *t, unsigned slot, unsigned n)
{
    const struct insn *in = &t->r->insn[slot];

    note_write(&t->hints[false], in, n);
    if (is_constant(in) || (t->r->flags[slot] & SLOT_LOOP))
        note_write(&t->hints[true], in, n);
}

void x64_hints_begin(struct tr *t)
{
    const struct region *r = t->r;

    for (unsigned loop = 0; loop < 2; loop++) {
        memset(t->hints[loop].kind, UNCHANGED, sizeof(t->hints[loop].kind));
        memcpy(t->hints[loop].value, r->cpu->gpr, sizeof(t->hints[loop].value));
    }
    for (unsigned slot = r->first; slot < r->end; slot++) {
        const struct insn *in = &r->insn[slot];

        if (!(r->flags[slot] & SLOT_IN))
            continue;
        if (insn_uses(in->id) & WRITES_RT)
            note(t, slot, in->rt);
        if (insn_uses(in->id) & WRITES_RA)
            note(t, slot, in->ra);
    }
}

/* Is GPR @n a small number? */
static bool is_small(const struct gpr_hints *h, unsigned n, int32_t *value)
{
    *value = (int32_t)h->value[n];
    return h->kind[n] != ANYTHING && h->value[n] + REACH_MAX < 2 * (uint64_t)REACH_MAX;
}

bool x64_reach(const struct tr *t, unsigned slot, unsigned n, struct reach *r)
{
    const struct insn *in = &t->r->insn[slot];
    struct access a;

    if (!x64_access_of(in, &a) || (a.indexed ? a.update : !in->ra))
        return false;
    *r = (struct reach){.size = a.size, .store = a.store, .index = NO_GPR};
    if (!a.indexed) {
        r->at = (int32_t)in->imm;
        return in->ra == n;
    }
    if (n == NO_GPR)
        return in->ra;
    if ((in->rb != n && (!in->ra || in->ra != n)) || x64_is_loose(t, slot))
        return false;
    if (!in->ra)
        return true;
    r->index = in->rb == n ? in->ra : in->rb;
    return is_small(&t->hints[!!(t->r->flags[slot] & SLOT_LOOP)], r->index, &r->at);
}
