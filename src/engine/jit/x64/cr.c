/* SPDX-License-Identifier: Apache-2.0 */
/* The condition register: comparisons leave their outcome in cpu->cr_lazy, readers ask there. */
#include "tr.h"

static struct x64_mem lazy(unsigned bf, unsigned byte)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, cr_lazy) + 2 * bf + byte) - CPU_BIAS);
}

static struct x64_mem plain(unsigned bf)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, cr) + bf) - CPU_BIAS);
}

void cr_forget(struct tr *t, enum cr_known now)
{
    memset(t->cr_known, now, sizeof(t->cr_known));
}

void cr_from_flags(struct tr *t, unsigned bf, bool is_signed)
{
    x_setcc_r(&t->e, CC_NE, RAX);
    x_setcc_ah(&t->e, is_signed ? CC_GE : CC_AE);
    x_mov_mr16(&t->e, lazy(bf, 0), RAX);
    t->cr_known[bf] = CR_LAZY;
    t->flags_field = (int)bf;
    t->flags_signed = is_signed;
    t->flags_slot = t->slot;
}

void cr0_from(struct tr *t, unsigned r)
{
    x_test_rr(&t->e, true, r, r);
    cr_from_flags(t, 0, true);
}

static void make_plain(struct tr *t, unsigned bf);

void cr_write(struct tr *t, unsigned bf, unsigned r)
{
    x_mov_mr8(&t->e, plain(bf), r);
    x_mov_mi16(&t->e, lazy(bf, 0), 0);
    t->cr_known[bf] = CR_PLAIN;
}

/* From the flags of the comparison itself. */
static enum x64_cc test_flags(const struct tr *t, unsigned bit)
{
    if (bit == 2)
        return CC_E;
    if (bit == 0)
        return t->flags_signed ? CC_L : CC_B;
    return t->flags_signed ? CC_G : CC_A;
}

static enum x64_cc test_lazy(struct tr *t, unsigned bf, unsigned bit)
{
    switch (bit) {
    case 0:
        x_alu_mi8(&t->e, X_CMP, lazy(bf, 1), 0);
        return CC_E;
    case 1: /* both bytes are 1 */
        x_ext_rm(&t->e, X_MOVZX16, RAX, lazy(bf, 0));
        x_alu_ri(&t->e, false, X_CMP, RAX, 0x0101);
        return CC_E;
    default:
        x_alu_mi8(&t->e, X_CMP, lazy(bf, 0), 0);
        return CC_E;
    }
}

enum x64_cc cr_test(struct tr *t, unsigned bi)
{
    unsigned bf = bi >> 2, bit = bi & 3;

    if (t->flags_field == (int)bf && bit != 3) {
        t->flags_slot = t->slot; /* whoever asked will only move and jump */
        return test_flags(t, bit);
    }
    if (t->cr_known[bf] == CR_LAZY && bit != 3)
        return test_lazy(t, bf, bit);
    make_plain(t, bf);
    x_test_mi8(&t->e, plain(bf), 8 >> bit);
    return CC_NE;
}

/* Emits what brings the lazy outcome of field @bf to its place: 2 for equal, 4 for greater, 8 for
 * less; and XER[SO]. RAX and RCX are lost. */
static void settle(struct tr *t, unsigned bf)
{
    struct emit *e = &t->e;

    x_mov_ri(e, RAX, 2);
    x_alu_mi8(e, X_CMP, lazy(bf, 0), 0);
    uint8_t *equal = x_jcc(e, CC_E);
    x_mov_ri(e, RAX, 4);
    x_alu_mi8(e, X_CMP, lazy(bf, 1), 0);
    uint8_t *greater = x_jcc(e, CC_NE);
    x_mov_ri(e, RAX, 8);
    x_patch(equal, e->p);
    x_patch(greater, e->p);
    x_ext_rm(e, X_MOVZX8, RCX, CPU_MEM(so));
    x_alu_rr(e, false, X_OR, RAX, RCX);
    x_mov_mr8(e, plain(bf), RAX);
    x_mov_mi16(e, lazy(bf, 0), 0);
}

void x64_late_cr(struct tr *t, const struct late *l)
{
    settle(t, l->target);
}

/* Field @bf is in cpu->cr[] from here on. */
static void make_plain(struct tr *t, unsigned bf)
{
    if (t->cr_known[bf] == CR_PLAIN)
        return;
    x_cmp_mi16(&t->e, lazy(bf, 0), 0);
    struct late *l = late_add(t, LATE_CR, x_jcc(&t->e, CC_NE));
    l->target = (uint16_t)bf;
    l->back = t->e.p;
    t->cr_known[bf] = CR_PLAIN;
}

/* Field @bf is about to be replaced as a whole in cpu->cr[]. */
static void replace(struct tr *t, unsigned bf)
{
    if (t->cr_known[bf] != CR_PLAIN)
        x_mov_mi16(&t->e, lazy(bf, 0), 0);
    t->cr_known[bf] = CR_PLAIN;
}

void cr0_equal(struct tr *t)
{
    x_ext_rm(&t->e, X_MOVZX8, RAX, CPU_MEM(so));
    x_alu_ri(&t->e, false, X_OR, RAX, CR_EQ);
    x_mov_mr8(&t->e, plain(0), RAX);
    replace(t, 0);
}

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
    t->flags_field = -1;
    bit_to(t, in->rb, RCX);
    if (not_b)
        x_alu_ri(e, false, X_XOR, RCX, 1);
    x_alu_rr(e, false, op, RDX, RCX);
    if (not_r)
        x_alu_ri(e, false, X_XOR, RDX, 1);
    x_alu_ri(e, false, X_AND, RDX, 1);
    make_plain(t, field);
    x_ext_rm(e, X_MOVZX8, RAX, plain(field));
    x_alu_ri(e, false, X_AND, RAX, ~(1 << shift));
    if (shift)
        x_shift_ri(e, false, X_SHL, RDX, shift);
    x_alu_rr(e, false, X_OR, RAX, RDX);
    x_mov_mr8(e, plain(field), RAX);
    t->flags_field = -1;
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
    make_plain(t, (unsigned)field);
    x_ext_rm(&t->e, X_MOVZX8, d, plain((unsigned)field));
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
    emit_vex(&t->e, true, 2, pp, false, RAX, RAX, 0, RCX);
    emit8(&t->e, 0xf5);
    emit_modrm(&t->e, RAX, RCX);
}

static void from_all(struct tr *t, const struct insn *in)
{
    for (unsigned field = 0; field < 8; field++)
        make_plain(t, field);
    x_mov_ri(&t->e, RCX, NIBBLES);
    x_movbe_rm(&t->e, true, RAX, plain(0));
    pack(t, 2);
    gpr_write(t, in->rt, RAX);
}

static void to_all(struct tr *t, const struct insn *in)
{
    unsigned s = gpr_read(t, in->rt, RAX);

    x_mov_rr(&t->e, false, RAX, s);
    x_mov_ri(&t->e, RCX, NIBBLES);
    pack(t, 3);
    x_movbe_mr(&t->e, true, plain(0), RAX);
    x_mov_mi(&t->e, true, lazy(0, 0), 0);
    x_mov_mi(&t->e, true, lazy(4, 0), 0);
    cr_forget(t, CR_PLAIN);
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
        x_mov_mr8(e, plain(field), RAX);
        replace(t, field);
    }
    return true;
}

static void move_field(struct tr *t, const struct insn *in)
{
    unsigned to = in->rt >> 2, from = in->ra >> 2;

    if (to == from)
        return;
    make_plain(t, from);
    x_ext_rm(&t->e, X_MOVZX8, RAX, plain(from));
    x_mov_mr8(&t->e, plain(to), RAX);
    replace(t, to);
}

/* RT = -1, 1 or 0 */
static void set_boolean(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    unsigned field = in->ra >> 2;

    make_plain(t, field);
    x_ext_rm(e, X_MOVZX8, RCX, plain(field));
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
