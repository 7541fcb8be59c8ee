/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that compute with bits of CR, and move fields of it. */
#include "cr.h"

/* ---- logical instructions ---- */

/* CR bit @bi, 0 or 1, in the low byte of @r. RAX and RCX are lost otherwise. */
static void bit_to(struct tr *t, unsigned bi, unsigned r)
{
    x_setcc_r(&t->e, cr_test(t, bi), r);
}

/* BT = BA op BB, BB being complemented with @not_b, the result with @not_r. */
static void logical(struct tr *t, const struct insn *in, enum x64_alu op, bool not_b, bool not_r)
{
    struct emit *e = &t->e;
    unsigned shift = 3 - (in->rt & 3), field = in->rt >> 2;

    bit_to(t, in->ra, RDX);
    t->cr.flags_field = -1;
    bit_to(t, in->rb, RCX);
    t->cr.flags_field = -1;
    if (not_b)
        x_alu_ri(e, false, X_XOR, RCX, 1);
    x_alu_rr(e, false, op, RDX, RCX);
    if (not_r)
        x_alu_ri(e, false, X_XOR, RDX, 1);
    x_alu_ri(e, false, X_AND, RDX, 1);
    cr_make_plain(t, field);
    x_ext_rm(e, X_MOVZX8, RAX, cr_plain(field));
    x_alu_ri(e, false, X_AND, RAX, ~(1 << shift));
    if (shift)
        x_shift_ri(e, false, X_SHL, RDX, shift);
    x_alu_rr(e, false, X_OR, RAX, RDX);
    x_mov_mr8(e, cr_plain(field), RAX);
    cr_drop_compare(t, field);
    t->cr.flags_field = -1;
}

/* ---- moves ---- */

/* The single field that mfocrf and mtocrf name; -1: not one, the handler knows. */
static int one_field(uint32_t word)
{
    unsigned fxm = word >> 12 & 0xff;

    return fxm && !(fxm & (fxm - 1)) ? 7 - __builtin_ctz(fxm) : -1;
}

static bool from_field(struct tr *t, const struct insn *in)
{
    int field = one_field(in->word);
    unsigned d = gpr_dest(t, in->rt, RAX);

    if (field < 0)
        return false;
    cr_make_plain(t, (unsigned)field);
    x_ext_rm(&t->e, X_MOVZX8, d, cr_plain((unsigned)field));
    if (field < 7)
        x_shift_ri(&t->e, false, X_SHL, d, 4 * (7 - (unsigned)field));
    gpr_write(t, in->rt, d);
    return true;
}

#define NIBBLES 0x0f0f0f0f0f0f0f0fULL

/* pext (@pp F3) or pdep (F2): RAX by the mask in RCX. The fields stand in memory in the order of
 * the ISA, so the bytes are swapped on the way. */
static void pack(struct tr *t, unsigned pp)
{
    emit_wrote(&t->e, RAX);
    emit_vex(&t->e, true, 2, pp, false, RAX, RAX, 0, RCX);
    emit8(&t->e, 0xf5);
    emit_modrm(&t->e, RAX, RCX);
}

static void from_all(struct tr *t, const struct insn *in)
{
    for (unsigned field = 0; field < 8; field++)
        cr_make_plain(t, field);
    x_mov_ri(&t->e, RCX, NIBBLES);
    x_movbe_rm(&t->e, true, RAX, cr_plain(0));
    pack(t, 2);
    gpr_write(t, in->rt, RAX);
}

static void to_all(struct tr *t, const struct insn *in)
{
    unsigned s = gpr_read(t, in->rt, RAX);

    x_mov_rr(&t->e, false, RAX, s);
    x_mov_ri(&t->e, RCX, NIBBLES);
    pack(t, 3);
    x_movbe_mr(&t->e, true, cr_plain(0), RAX);
    x_mov_mi(&t->e, true, cr_lazy(0, 0), 0);
    x_mov_mi(&t->e, true, cr_lazy(4, 0), 0);
    cr_forget(t, CR_PLAIN);
    cr_forget_compares(t);
    t->cr.flags_field = -1;
}

/* mtocrf and the mtcrf of up to three fields. */
static bool to_fields(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    unsigned fxm = in->word >> 12 & 0xff;

    if (fxm == 0xff && in->id == INSN_MTCRF) {
        to_all(t, in);
        return true;
    }
    if (__builtin_popcount(fxm) > 3 || (in->id == INSN_MTOCRF && one_field(in->word) < 0))
        return false;
    for (unsigned field = 0; field < 8; field++) {
        if (!(fxm >> (7 - field) & 1))
            continue;
        gpr_copy(t, in->rt, RAX);
        if (field < 7)
            x_shift_ri(e, false, X_SHR, RAX, 4 * (7 - field));
        x_alu_ri(e, false, X_AND, RAX, 15);
        x_mov_mr8(e, cr_plain(field), RAX);
        cr_replace(t, field);
    }
    return true;
}

static void move_field(struct tr *t, const struct insn *in)
{
    unsigned to = in->rt >> 2, from = in->ra >> 2;

    if (to == from)
        return;
    cr_make_plain(t, from);
    x_ext_rm(&t->e, X_MOVZX8, RAX, cr_plain(from));
    x_mov_mr8(&t->e, cr_plain(to), RAX);
    cr_replace(t, to);
}

/* RT = -1, 1 or 0 */
static void set_boolean(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    unsigned field = in->ra >> 2;

    cr_make_plain(t, field);
    x_ext_rm(e, X_MOVZX8, RCX, cr_plain(field));
    x_mov_rr(e, false, RAX, RCX);
    x_shift_ri(e, false, X_SHR, RAX, 2); /* 1x: less, 01: greater */
    x_alu_ri(e, false, X_AND, RAX, 1);
    x_mov_ri(e, RDX, ~0ULL);
    x_test_ri(e, false, RCX, 8);
    x_cmov_rr(e, true, CC_NE, RAX, RDX);
    gpr_write(t, in->rt, RAX);
}

bool x64_cr(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_CRAND:
        logical(t, in, X_AND, false, false);
        return true;
    case INSN_CROR:
        logical(t, in, X_OR, false, false);
        return true;
    case INSN_CRXOR:
        logical(t, in, X_XOR, false, false);
        return true;
    case INSN_CRNAND:
        logical(t, in, X_AND, false, true);
        return true;
    case INSN_CRNOR:
        logical(t, in, X_OR, false, true);
        return true;
    case INSN_CREQV:
        logical(t, in, X_XOR, false, true);
        return true;
    case INSN_CRANDC:
        logical(t, in, X_AND, true, false);
        return true;
    case INSN_CRORC:
        logical(t, in, X_OR, true, false);
        return true;
    case INSN_MCRF:
        move_field(t, in);
        return true;
    case INSN_MFCR:
        from_all(t, in);
        return true;
    case INSN_MFOCRF:
        return from_field(t, in);
    case INSN_MTCRF:
    case INSN_MTOCRF:
        return to_fields(t, in);
    case INSN_SETB:
        set_boolean(t, in);
        return true;
    default:
        return false;
    }
}
