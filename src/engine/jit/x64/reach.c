/* SPDX-License-Identifier: Apache-2.0 */
/* How far an access reaches from one of its registers, as far as that is known beforehand. */
#include "memory.h"

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

/* Bytes that @in reads or writes at the sum of RA and RB; 0 as above. */
static unsigned xform_size(const struct insn *in)
{
    switch (in->id) {
    case INSN_LBZX:
    case INSN_LXSIBZX:
    case INSN_STBX:
    case INSN_STXSIBX:
        return 1;
    case INSN_LHZX:
    case INSN_LHAX:
    case INSN_LHBRX:
    case INSN_LXSIHZX:
    case INSN_STHX:
    case INSN_STHBRX:
    case INSN_STXSIHX:
        return 2;
    case INSN_LWZX:
    case INSN_LWAX:
    case INSN_LWBRX:
    case INSN_LFSX:
    case INSN_LFIWAX:
    case INSN_LFIWZX:
    case INSN_LXSSPX:
    case INSN_LXSIWAX:
    case INSN_LXSIWZX:
    case INSN_LXVWSX:
    case INSN_STWX:
    case INSN_STWBRX:
    case INSN_STFSX:
    case INSN_STFIWX:
    case INSN_STXSSPX:
    case INSN_STXSIWX:
        return 4;
    case INSN_LDX:
    case INSN_LDBRX:
    case INSN_LFDX:
    case INSN_LXSDX:
    case INSN_LXVDSX:
    case INSN_STDX:
    case INSN_STDBRX:
    case INSN_STFDX:
    case INSN_STXSDX:
        return 8;
    case INSN_LVX: /* a granule has all of its 16 bytes or none */
    case INSN_LVXL:
    case INSN_LXVX:
    case INSN_LXVD2X:
    case INSN_LXVW4X:
    case INSN_LXVH8X:
    case INSN_LXVB16X:
    case INSN_STVX:
    case INSN_STVXL:
    case INSN_STXVX:
    case INSN_STXVD2X:
    case INSN_STXVW4X:
    case INSN_STXVH8X:
    case INSN_STXVB16X:
        return 16;
    default:
        return 0;
    }
}

bool x64_moves_base(const struct insn *in)
{
    return dform_size(in);
}

bool x64_is_indexed(const struct insn *in)
{
    return xform_size(in);
}

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
        if (x64_uses(in->id) & WRITES_RT)
            note(t, slot, in->rt);
        if (x64_uses(in->id) & WRITES_RA)
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

    *r = (struct reach){.at = (int32_t)in->imm, .size = dform_size(in), .index = NO_GPR};
    if (r->size)
        return in->ra == n;
    r->size = xform_size(in);
    if (!r->size || (in->rb != n && (!in->ra || in->ra != n)) || x64_is_loose(t, slot))
        return false;
    r->at = 0;
    if (!in->ra)
        return true;
    r->index = in->rb == n ? in->ra : in->rb;
    return is_small(&t->hints[!!(t->r->flags[slot] & SLOT_LOOP)], r->index, &r->at);
}
