/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The condition register: comparisons leave their outcome in cpu->cr_lazy, readers ask there.
 *
 * As long as its operands are what they were, a comparison can be made again: a reader in the same
 * block takes the host's flags for it. And when the block makes another one into the same field
 * before anything needs the outcome, nothing is left in struct cpu at all (deferred), but in code
 * behind the region, where the block may be left meanwhile.
 */
#include "cr.h"
#include "memory.h"

/* How far another comparison may be. */
#define LOOK_AHEAD 32

void cr_forget(struct tr *t, enum cr_known now)
{
    memset(t->cr.known, now, sizeof(t->cr.known));
}

/* ---- comparisons ---- */

static void emit_outcome(struct emit *e, unsigned bf, bool is_signed)
{
    x_setcc_r(e, CC_NE, RAX);
    x_setcc_ah(e, is_signed ? CC_GE : CC_AE);
    x_mov_mr16(e, cr_lazy(bf, 0), RAX);
}

static void flags_are(struct tr *t, unsigned bf, bool is_signed)
{
    t->cr.flags_field = (int)bf;
    t->cr.flags_signed = is_signed;
    t->e.flags = t->e.p;
}

static void forget_compare(struct tr *t, unsigned bf)
{
    t->cr.compared &= ~(1u << bf);
    t->cr.deferred &= ~(1u << bf);
}

void cr_from_flags(struct tr *t, unsigned bf, bool is_signed)
{
    emit_outcome(&t->e, bf, is_signed);
    t->cr.known[bf] = CR_LAZY;
    forget_compare(t, bf);
    flags_are(t, bf, is_signed);
}

/* Makes the comparison: the host's flags are its outcome. RAX and RCX may be lost. */
static void emit_compare(struct tr *t, const struct cr_compare *c)
{
    struct emit *e = &t->e;

    if (c->rb == NO_GPR && gpr_is_settled(t, c->ra)) {
        x_alu_mi(e, c->wide, X_CMP, gpr_mem(c->ra), c->value);
        return;
    }
    unsigned a = c->rb == NO_GPR ? gpr_operand(t, c->ra, RAX) : gpr_read(t, c->ra, RAX);
    if (c->rb != NO_GPR)
        gpr_alu(t, c->wide, X_CMP, a, c->rb);
    else if (!c->value)
        x_test_rr(e, c->wide, a, a);
    else
        x_alu_ri(e, c->wide, X_CMP, a, c->value);
}

static bool is_record_form(const struct insn *in)
{
    static uint8_t cache[INSN_COUNT];
    const struct insn_row *row = &insn_table[in->id];

    if (!cache[in->id])
        cache[in->id] = row->fac == FAC_FXU && strchr(row->mnemonic, '.') ? 2 : 1;
    return cache[in->id] == 2;
}

/* Does @in replace all of field @bf? */
static bool replaces(const struct insn *in, unsigned bf)
{
    switch (in->id) {
    case INSN_CMP:
    case INSN_CMPI:
    case INSN_CMPL:
    case INSN_CMPLI:
        return in->rt >> 2 == bf;
    default:
        return !bf && is_record_form(in);
    }
}

static bool overwrites(const struct insn *in, const struct cr_compare *c)
{
    return insn_writes_gpr(in, c->ra) || (c->rb != NO_GPR && insn_writes_gpr(in, c->rb));
}

/* Does native code always do @in by itself, and go on? */
static bool is_plain(const struct insn *in)
{
    switch (in->id) {
    case INSN_CMP:
    case INSN_CMPI:
    case INSN_CMPL:
    case INSN_CMPLI:
    case INSN_ADDIC_:
    case INSN_ADD_:
    case INSN_SUBF_:
    case INSN_AND_:
    case INSN_ANDC_:
    case INSN_OR_:
    case INSN_ANDI_:
    case INSN_ANDIS_:
    case INSN_RLWINM_:
    case INSN_RLDICL_:
    case INSN_RLDICR_:
    case INSN_ADDI:
    case INSN_ADDIS:
    case INSN_ADD:
    case INSN_SUBF:
    case INSN_NEG:
    case INSN_MULLI:
    case INSN_MULLW:
    case INSN_MULLD:
    case INSN_AND:
    case INSN_ANDC:
    case INSN_OR:
    case INSN_XOR:
    case INSN_NOR:
    case INSN_ORI:
    case INSN_XORI:
    case INSN_EXTSB:
    case INSN_EXTSH:
    case INSN_EXTSW:
    case INSN_RLWINM:
    case INSN_RLWIMI:
    case INSN_RLDICL:
    case INSN_RLDICR:
    case INSN_RLDIC:
    case INSN_RLDIMI:
    case INSN_SLW:
    case INSN_SRW:
    case INSN_SLD:
    case INSN_SRD:
    case INSN_SRAWI:
    case INSN_SRADI:
        return true;
    default:
        return false;
    }
}

/* Is the outcome @c in field @bf replaced before anything may ask for it that is not a branch
 * ahead, taken behind the region, or that of a loop's copy? Its operands may change first, in slot
 * c->gone, if control can not leave between that and the replacement. */
static bool is_replaced(const struct tr *t, unsigned bf, struct cr_compare *c)
{
    unsigned target, slot = t->slot + 1;

    c->gone = CODE_PAGE_INSNS;
    for (unsigned n = 0; n < LOOK_AHEAD; n++, slot++) {
        const struct insn *in = &t->r->insn[slot];
        bool gone = c->gone != CODE_PAGE_INSNS;

        if (slot >= CODE_PAGE_INSNS ||
            (t->r->flags[slot] & (SLOT_IN | SLOT_LEADER | SLOT_STOP)) != SLOT_IN)
            return false;
        if (t->copying && slot == t->copying->last && !gone) {
            slot = t->copying->slot;
            in = &t->r->insn[slot];
        }
        if (!gone && in->id == INSN_BC && (in->rt & 0x14) == 4 &&
            region_target(in, slot, &target) && target > slot)
            continue;
        if (gone && !is_plain(in))
            return false;
        if (replaces(in, bf))
            return true;
        if (x64_ends_group(in) || insn_table[in->id].fac == FAC_BRU)
            return false;
        if (!gone && overwrites(in, c))
            c->gone = (uint16_t)slot;
    }
    return false;
}

bool cr_gains(struct tr *t, struct block_loop *l)
{
    unsigned here = t->slot;
    bool gains = false;

    t->copying = l;
    for (unsigned bf = 0; t->cr.compared >> bf; bf++) {
        struct cr_compare c = t->cr.compares[bf];

        t->slot = c.slot;
        gains |= (t->cr.compared >> bf & 1) && is_replaced(t, bf, &c);
    }
    t->slot = here;
    t->copying = NULL;
    return gains;
}

/* The host's flags are the outcome of @c. */
static void remember(struct tr *t, unsigned bf, struct cr_compare c)
{
    c.slot = (uint16_t)t->slot;
    if (is_replaced(t, bf, &c)) {
        t->cr.known[bf] = CR_UNKNOWN;
        t->cr.deferred |= 1u << bf;
        flags_are(t, bf, c.is_signed);
    } else {
        cr_from_flags(t, bf, c.is_signed);
    }
    t->cr.compares[bf] = c;
    t->cr.compared |= 1u << bf;
}

void cr_compare(struct tr *t, unsigned bf, struct cr_compare c)
{
    emit_compare(t, &c);
    remember(t, bf, c);
}

void cr0_from(struct tr *t, unsigned n, unsigned r)
{
    x_test_rr(&t->e, true, r, r);
    remember(t, 0,
             (struct cr_compare){.wide = true, .is_signed = true, .ra = (uint8_t)n, .rb = NO_GPR});
}

/* ---- what is deferred ---- */

/* struct cpu gets the outcome of field @bf. */
static void flush(struct tr *t, unsigned bf)
{
    const struct cr_compare *c = &t->cr.compares[bf];

    if (!(t->cr.deferred >> bf & 1))
        return;
    if (t->cr.flags_field != (int)bf || t->e.flags != t->e.p)
        emit_compare(t, c);
    emit_outcome(&t->e, bf, c->is_signed);
    t->cr.known[bf] = CR_LAZY;
    t->cr.deferred &= ~(1u << bf);
    flags_are(t, bf, c->is_signed);
}

void cr_flush(struct tr *t)
{
    for (unsigned bf = 0; t->cr.deferred && bf < 8; bf++)
        flush(t, bf);
}

void cr_emit_late(struct tr *t, const struct late *l)
{
    for (unsigned bf = 0; l->cr.deferred && bf < 8; bf++) {
        if (!(l->cr.deferred >> bf & 1))
            continue;
        emit_compare(t, &l->cr.compares[bf]);
        emit_outcome(&t->e, bf, l->cr.compares[bf].is_signed);
    }
}

void cr_leave(struct tr *t, struct cr_way *w, bool flush)
{
    *w = (struct cr_way){t->cr, scratch_now(t), t->e.flags == t->e.p};
    if (flush)
        cr_flush(t);
}

void cr_stay(struct tr *t, const struct cr_way *w)
{
    t->cr = w->was;
    t->scratch = w->scratch;
    t->e.wrote = 0;
    t->e.flags = w->flags_there ? t->e.p : NULL;
}

void cr_before(struct tr *t, const struct insn *in)
{
    for (unsigned bf = 0; t->cr.deferred && bf < 8; bf++)
        if ((t->cr.deferred >> bf & 1) && overwrites(in, &t->cr.compares[bf]) &&
            !replaces(in, bf) && t->cr.compares[bf].gone != t->slot)
            flush(t, bf);
}

void cr_after(struct tr *t, const struct insn *in)
{
    for (unsigned bf = 0; t->cr.compared >> bf; bf++)
        if ((t->cr.compared >> bf & 1) && t->cr.compares[bf].slot != t->slot &&
            overwrites(in, &t->cr.compares[bf]))
            forget_compare(t, bf);
}

void cr_forget_compares(struct tr *t)
{
    t->cr.compared = t->cr.deferred = 0;
}

bool cr_can_defer(const struct cr_state *have, const struct cr_state *want, bool all)
{
    if ((want->deferred & ~have->compared) || (all && have->deferred != want->deferred))
        return false;
    for (unsigned bf = 0; bf < 8; bf++) {
        const struct cr_compare *w = &want->compares[bf], *h = &have->compares[bf];

        if ((want->deferred >> bf & 1) &&
            (w->slot != h->slot || w->ra != h->ra || w->rb != h->rb || w->value != h->value ||
             w->wide != h->wide || w->is_signed != h->is_signed))
            return false;
    }
    return true;
}

void cr_defer(struct tr *t, const struct cr_state *want)
{
    t->cr.compared = t->cr.deferred = want->deferred;
    memcpy(t->cr.compares, want->compares, sizeof(t->cr.compares));
}

void cr_maybe_called(struct tr *t)
{
    for (unsigned bf = 0; bf < 8; bf++)
        if (t->cr.known[bf] == CR_LAZY)
            t->cr.known[bf] = CR_UNKNOWN;
}

void cr_done_or_called(struct tr *t)
{
    flush(t, 0);
    t->cr.compared &= ~1u;
    cr_maybe_called(t);
    t->cr.flags_field = -1;
}

/* ---- fields as a whole ---- */

void cr_drop_compare(struct tr *t, unsigned bf)
{
    forget_compare(t, bf);
    if (t->cr.flags_field == (int)bf)
        t->cr.flags_field = -1;
}

void cr_write(struct tr *t, unsigned bf, unsigned r)
{
    x_mov_mr8(&t->e, cr_plain(bf), r);
    x_mov_mi16(&t->e, cr_lazy(bf, 0), 0);
    t->cr.known[bf] = CR_PLAIN;
    cr_drop_compare(t, bf);
}

/* From the flags of the comparison itself. */
static enum x64_cc test_flags(const struct tr *t, unsigned bit)
{
    if (bit == 2)
        return CC_E;
    if (bit == 0)
        return t->cr.flags_signed ? CC_L : CC_B;
    return t->cr.flags_signed ? CC_G : CC_A;
}

static enum x64_cc test_lazy(struct tr *t, unsigned bf, unsigned bit)
{
    switch (bit) {
    case 0:
        x_alu_mi8(&t->e, X_CMP, cr_lazy(bf, 1), 0);
        return CC_E;
    case 1: /* both bytes are 1 */
        x_ext_rm(&t->e, X_MOVZX16, RAX, cr_lazy(bf, 0));
        x_alu_ri(&t->e, false, X_CMP, RAX, 0x0101);
        return CC_E;
    default:
        x_alu_mi8(&t->e, X_CMP, cr_lazy(bf, 0), 0);
        return CC_E;
    }
}

/* Bit @bi where nobody knows whether the field is lazy: most are, that of a comparison in another
 * block or in the last turn of a loop. */
static enum x64_cc test_either(struct tr *t, unsigned bi)
{
    unsigned bf = bi >> 2;

    x_cmp_mi16(&t->e, cr_lazy(bf, 0), 0);
    struct late *l = late_add(t, LATE_CR_BIT, x_jcc(&t->e, CC_E));
    enum x64_cc cc = test_lazy(t, bf, bi & 3);
    l->target = (uint16_t)bi;
    l->back = t->e.p;
    return cc;
}

enum x64_cc cr_test(struct tr *t, unsigned bi)
{
    unsigned bf = bi >> 2, bit = bi & 3;

    if (t->cr.flags_field == (int)bf && cr_has_flags(t) && bit != 3)
        return test_flags(t, bit);
    if ((t->cr.compared >> bf & 1) && bit != 3) {
        emit_compare(t, &t->cr.compares[bf]);
        flags_are(t, bf, t->cr.compares[bf].is_signed);
        return test_flags(t, bit);
    }
    if (t->cr.known[bf] == CR_LAZY && bit != 3)
        return test_lazy(t, bf, bit);
    if (t->cr.known[bf] == CR_UNKNOWN && bit != 3)
        return test_either(t, bi);
    cr_make_plain(t, bf);
    x_test_mi8(&t->e, cr_plain(bf), 8 >> bit);
    return CC_NE;
}

/* Emits what brings the lazy outcome of field @bf to its place: 2 for equal, 4 for greater, 8 for
 * less; and XER[SO]. RAX and RCX are lost. */
static void settle(struct tr *t, unsigned bf)
{
    struct emit *e = &t->e;

    x_mov_ri(e, RAX, 2);
    x_alu_mi8(e, X_CMP, cr_lazy(bf, 0), 0);
    uint8_t *equal = x_jcc(e, CC_E);
    x_mov_ri(e, RAX, 4);
    x_alu_mi8(e, X_CMP, cr_lazy(bf, 1), 0);
    uint8_t *greater = x_jcc(e, CC_NE);
    x_mov_ri(e, RAX, 8);
    x_patch(equal, e->p);
    x_patch(greater, e->p);
    x_ext_rm(e, X_MOVZX8, RCX, CPU_MEM(so));
    x_alu_rr(e, false, X_OR, RAX, RCX);
    x_mov_mr8(e, cr_plain(bf), RAX);
    x_mov_mi16(e, cr_lazy(bf, 0), 0);
}

void x64_late_cr(struct tr *t, const struct late *l)
{
    settle(t, l->target);
}

void x64_late_cr_bit(struct tr *t, const struct late *l)
{
    unsigned bi = l->target;

    x_ext_rm(&t->e, X_MOVZX8, RAX, cr_plain(bi >> 2));
    x_alu_ri(&t->e, false, X_XOR, RAX, 15);
    x_test_ri(&t->e, false, RAX, 8 >> (bi & 3)); /* as of test_lazy() */
}

void cr_make_plain(struct tr *t, unsigned bf)
{
    flush(t, bf);
    if (t->cr.known[bf] == CR_PLAIN)
        return;
    x_cmp_mi16(&t->e, cr_lazy(bf, 0), 0);
    struct late *l = late_add(t, LATE_CR, x_jcc(&t->e, CC_NE));
    l->target = (uint16_t)bf;
    l->back = t->e.p;
    t->cr.known[bf] = CR_PLAIN;
}

void cr_replace(struct tr *t, unsigned bf)
{
    if (t->cr.known[bf] != CR_PLAIN)
        x_mov_mi16(&t->e, cr_lazy(bf, 0), 0);
    t->cr.known[bf] = CR_PLAIN;
    cr_drop_compare(t, bf);
}

void cr0_equal(struct tr *t)
{
    x_ext_rm(&t->e, X_MOVZX8, RAX, CPU_MEM(so));
    x_alu_ri(&t->e, false, X_OR, RAX, CR_EQ);
    x_mov_mr8(&t->e, cr_plain(0), RAX);
    cr_replace(t, 0);
}
