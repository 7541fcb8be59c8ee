/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed-point arithmetic, logic and comparison. */
#include "vsr.h"

static bool is_int32(int64_t v)
{
    return v == (int32_t)v;
}

/* ---- add and logic ---- */

#define ANY_SCRATCH (IN_RAX | IN_RCX | IN_RDX)
/* A record form's outcome goes through RAX. */
static unsigned scratch_for(bool record)
{
    return record ? IN_RCX | IN_RDX : ANY_SCRATCH;
}

static void add_imm(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;

    if (!in->ra) {
        gpr_write_imm(t, in->rt, (int32_t)in->imm);
        return;
    }
    if (in->ra == in->rt && gpr_stays_in_memory(t, in->rt)) {
        gpr_alu_memory_imm(t, X_ADD, in->rt, (int32_t)in->imm);
        return;
    }
    unsigned d = gpr_dest_in(t, in->rt, ANY_SCRATCH), a = gpr_operand(t, in->ra, d);

    if (a == d && !cr_has_flags(t))
        x_alu_ri(e, true, X_ADD, d, (int32_t)in->imm);
    else
        x_lea(e, true, d, mem_at(a, (int32_t)in->imm));
    gpr_write(t, in->rt, d);
}

/* @to = GPR @x op GPR @y for a commutative operation. */
static void commutative(struct tr *t, enum x64_alu op, unsigned rt, unsigned x, unsigned y,
                        bool not_, bool record)
{
    struct emit *e = &t->e;

    if ((rt == x || rt == y) && !not_ && !record && gpr_stays_in_memory(t, rt)) {
        gpr_alu_memory(t, op, rt, rt == x ? y : x);
        return;
    }
    unsigned d = gpr_dest_in(t, rt, scratch_for(record));

    if (t->pin[y] == NOT_PINNED && gpr_where(t, y) != NOT_PINNED) {
        unsigned z = x; /* the operand that is copied first had better be in a register */

        x = y;
        y = z;
    }
    bool lea = op == X_ADD && t->pin[x] != NOT_PINNED && t->pin[y] != NOT_PINNED;

    if (lea && ((x != rt && y != rt) || (cr_has_flags(t) && !record))) {
        x_lea(e, true, d, mem_index(t->pin[x], t->pin[y], 0, 0));
    } else if (d == t->pin[y]) {
        gpr_alu(t, true, op, d, x);
    } else {
        if (d != t->pin[x])
            gpr_copy(t, x, d);
        gpr_alu(t, true, op, d, y);
    }
    if (not_)
        x_unary_r(e, true, X_NOT, d);
    gpr_result(t, rt, d, record);
}

/* RT = RB - RA */
static void subtract(struct tr *t, const struct insn *in, bool record)
{
    if (in->rt == in->rb && !record && gpr_stays_in_memory(t, in->rt)) {
        gpr_alu_memory(t, X_SUB, in->rt, in->ra);
        return;
    }
    unsigned d = gpr_dest_in(t, in->rt, scratch_for(record));

    if (d == t->pin[in->ra] && in->ra != in->rb) { /* the register is still needed */
        x_unary_r(&t->e, true, X_NEG, d);
        gpr_alu(t, true, X_ADD, d, in->rb);
    } else {
        if (d != t->pin[in->rb])
            gpr_copy(t, in->rb, d);
        gpr_alu(t, true, X_SUB, d, in->ra);
    }
    gpr_result(t, in->rt, d, record);
}

/* RA = RS op ~RB */
static void with_complement(struct tr *t, enum x64_alu op, const struct insn *in, bool record)
{
    struct emit *e = &t->e;

    if (op == X_AND) {
        unsigned d = gpr_dest(t, in->ra, RAX), s = gpr_read(t, in->rt, RAX);

        x_andn(e, true, d, gpr_read(t, in->rb, RCX), s);
        gpr_result(t, in->ra, d, record);
        return;
    }
    gpr_copy(t, in->rb, RAX);
    x_unary_r(e, true, X_NOT, RAX);
    gpr_alu(t, true, op, RAX, in->rt);
    gpr_result(t, in->ra, RAX, record);
}

static void logic_imm(struct tr *t, enum x64_alu op, const struct insn *in, bool record)
{
    struct emit *e = &t->e;
    unsigned d = gpr_dest_in(t, in->ra, record ? IN_RDX : IN_RAX | IN_RDX);
    uint64_t imm = (uint64_t)in->imm;

    if (op == X_OR && imm == 0 && in->ra == in->rt)
        return;
    if (d != t->pin[in->rt])
        gpr_copy(t, in->rt, d);
    if (imm == 0 && op != X_AND) {
        ;
    } else if (op == X_AND) { /* the mask has no more than 32 bits, and so has the result */
        x_alu_ri(e, false, X_AND, d, (int32_t)imm);
    } else if (is_int32((int64_t)imm)) {
        x_alu_ri(e, true, op, d, (int32_t)imm);
    } else {
        x_mov_ri(e, RCX, imm);
        x_alu_rr(e, true, op, d, RCX);
    }
    gpr_result(t, in->ra, d, record);
}

static void move(struct tr *t, unsigned to, unsigned from, bool record)
{
    unsigned r = gpr_operand(t, from, gpr_dest_in(t, to, scratch_for(record)));

    gpr_result(t, to, r, record);
}

static void unary(struct tr *t, enum x64_unary op, unsigned to, unsigned from, bool record)
{
    unsigned d = gpr_dest_in(t, to, scratch_for(record));

    if (d != t->pin[from])
        gpr_copy(t, from, d);
    x_unary_r(&t->e, true, op, d);
    gpr_result(t, to, d, record);
}

static void extend(struct tr *t, unsigned op, const struct insn *in, bool record)
{
    unsigned d = gpr_dest_in(t, in->ra, scratch_for(record));

    gpr_extend(t, op, d, in->rt);
    gpr_result(t, in->ra, d, record);
}

static void count(struct tr *t, bool w, unsigned op, const struct insn *in, bool record)
{
    unsigned s = gpr_read(t, in->rt, RAX);

    x_count_rr(&t->e, w, op, RAX, s);
    gpr_result(t, in->ra, RAX, record);
}

/* Both words of RS. */
static void count_words(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    unsigned s = gpr_read(t, in->rt, RAX);

    x_rorx(e, true, RDX, s, 32);
    x_count_rr(e, false, X_POPCNT, RAX, s);
    x_count_rr(e, false, X_POPCNT, RDX, RDX);
    x_shift_ri(e, true, X_SHL, RDX, 32);
    x_alu_rr(e, true, X_OR, RAX, RDX);
    gpr_write(t, in->ra, RAX);
}

/* @to = (RAX >> @n & @mask); the mask stays in RCX. */
static void masked(struct emit *e, unsigned to, unsigned n, uint64_t mask)
{
    x_rorx(e, true, to, RAX, n);
    x_mov_ri(e, RCX, mask);
    x_alu_rr(e, true, X_AND, to, RCX);
}

/* The ones of each byte, by adding bits, pairs, and nibbles. */
static void count_bytes(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;

    gpr_copy(t, in->rt, RAX);
    masked(e, RDX, 1, 0x5555555555555555);
    x_alu_rr(e, true, X_SUB, RAX, RDX);
    masked(e, RDX, 2, 0x3333333333333333);
    x_alu_rr(e, true, X_AND, RAX, RCX);
    x_alu_rr(e, true, X_ADD, RAX, RDX);
    masked(e, RDX, 4, 0x0f0f0f0f0f0f0f0f);
    x_alu_rr(e, true, X_AND, RAX, RCX);
    x_alu_rr(e, true, X_ADD, RAX, RDX);
    gpr_write(t, in->ra, RAX);
}

/* The parity of the low bits of the bytes of RS (@w) or of each of its words. */
static void parity(struct tr *t, const struct insn *in, bool w)
{
    struct emit *e = &t->e;

    gpr_copy(t, in->rt, RAX);
    x_mov_ri(e, RCX, 0x0101010101010101);
    x_alu_rr(e, true, X_AND, RAX, RCX);
    if (!w) {
        x_rorx(e, true, RDX, RAX, 32);
        x_count_rr(e, false, X_POPCNT, RDX, RDX);
        x_alu_ri(e, false, X_AND, RDX, 1);
        x_shift_ri(e, true, X_SHL, RDX, 32);
    }
    x_count_rr(e, w, X_POPCNT, RAX, RAX);
    x_alu_ri(e, false, X_AND, RAX, 1);
    if (!w)
        x_alu_rr(e, true, X_OR, RAX, RDX);
    gpr_write(t, in->ra, RAX);
}

/* ---- multiply and divide ---- */

static void multiply(struct tr *t, const struct insn *in, bool record)
{
    unsigned d = gpr_dest(t, in->rt, RAX);
    unsigned x = in->ra, y = in->rb;

    if (d == t->pin[y]) {
        y = in->ra;
        x = in->rb;
    }
    if (d != t->pin[x])
        gpr_copy(t, x, d);
    x_imul_rr(&t->e, true, d, gpr_operand(t, y, RCX));
    gpr_result(t, in->rt, d, record);
}

static void multiply_imm(struct tr *t, const struct insn *in)
{
    unsigned d = gpr_dest_in(t, in->rt, ANY_SCRATCH);
    unsigned a = gpr_operand(t, in->ra, d);

    x_imul_rri(&t->e, true, d, a, (int32_t)in->imm);
    gpr_write(t, in->rt, d);
}

/* The word in GPR @n extended to 64 bits. */
static void word(struct tr *t, unsigned n, bool is_signed, unsigned to)
{
    unsigned r = gpr_where(t, n);

    if (is_signed)
        gpr_extend(t, X_MOVSXD, to, n);
    else if (r == NOT_PINNED)
        x_mov_rm(&t->e, false, to, gpr_mem(n));
    else
        x_mov_rr(&t->e, false, to, r);
}

static void multiply_word(struct tr *t, const struct insn *in, bool record)
{
    word(t, in->ra, true, RAX);
    word(t, in->rb, true, RCX);
    x_imul_rr(&t->e, true, RAX, RCX);
    gpr_result(t, in->rt, RAX, record);
}

/* The high word of the product, twice. */
static void multiply_high_word(struct tr *t, const struct insn *in, bool is_signed, bool record)
{
    struct emit *e = &t->e;

    word(t, in->ra, is_signed, RAX);
    word(t, in->rb, is_signed, RCX);
    x_imul_rr(e, true, RAX, RCX);
    x_shift_ri(e, true, X_SHR, RAX, 32);
    x_mov_rr(e, true, RCX, RAX);
    x_shift_ri(e, true, X_SHL, RCX, 32);
    x_alu_rr(e, true, X_OR, RAX, RCX);
    gpr_result(t, in->rt, RAX, record);
}

static void multiply_high(struct tr *t, const struct insn *in, enum x64_unary op, bool record)
{
    gpr_copy(t, in->ra, RAX);
    x_unary_r(&t->e, true, op, gpr_operand(t, in->rb, RCX));
    gpr_result(t, in->rt, RDX, record);
}

static void multiply_add_low(struct tr *t, const struct insn *in)
{
    gpr_copy(t, in->ra, RAX);
    x_imul_rr(&t->e, true, RAX, gpr_operand(t, in->rb, RCX));
    gpr_alu(t, true, X_ADD, RAX, in->rc);
    gpr_write(t, in->rt, RAX);
}

static void multiply_add_high(struct tr *t, const struct insn *in, bool is_signed)
{
    struct emit *e = &t->e;

    gpr_copy(t, in->ra, RAX);
    x_unary_r(e, true, is_signed ? X_IMUL : X_MUL, gpr_operand(t, in->rb, RCX));
    gpr_copy(t, in->rc, RCX);
    x_alu_rr(e, true, X_ADD, RAX, RCX);
    if (is_signed) { /* flags live on: the sign must be had without an arithmetic instruction */
        x_setcc_r(e, CC_B, RAX);
        x_ext_rr(e, X_MOVZX8, RAX, RAX);
        x_alu_rr(e, true, X_ADD, RDX, RAX);
        x_shift_ri(e, true, X_SAR, RCX, 63);
        x_alu_rr(e, true, X_ADD, RDX, RCX);
    } else {
        x_alu_ri(e, true, X_ADC, RDX, 0);
    }
    gpr_write(t, in->rt, RDX);
}

/* Quotients that do not exist are the handler's. */
static void divide(struct tr *t, const struct insn *in, bool w, bool is_signed, bool rest,
                   bool record)
{
    struct emit *e = &t->e;

    if (w)
        gpr_copy(t, in->rb, RCX);
    else
        word(t, in->rb, false, RCX);
    x_test_rr(e, w, RCX, RCX);
    struct late *zero = tr_slow(t, x_jcc(e, CC_E), record), *minus = NULL;
    if (is_signed) {
        x_alu_ri(e, w, X_CMP, RCX, -1);
        minus = tr_slow(t, x_jcc(e, CC_E), record);
    }
    if (w)
        gpr_copy(t, in->ra, RAX);
    else
        word(t, in->ra, false, RAX);
    if (is_signed)
        x_sign_rdx(e, w);
    else
        x_alu_rr(e, false, X_XOR, RDX, RDX);
    x_unary_r(e, w, is_signed ? X_IDIV : X_DIV, RCX);
    unsigned r = rest ? RDX : RAX;
    if (!w && rest && is_signed)
        x_ext_rr(e, X_MOVSXD, RDX, RDX);
    gpr_result(t, in->rt, r, record);
    if (record)
        cr_done_or_called(t);
    tr_back(t, zero);
    if (minus)
        tr_back(t, minus);
}

/* ---- compare and select ---- */

static void compare(struct tr *t, const struct insn *in, bool is_signed, bool imm)
{
    cr_compare(t, in->rt >> 2,
               (struct cr_compare){.wide = in->rt & 1,
                                   .is_signed = is_signed,
                                   .ra = in->ra,
                                   .rb = imm ? NO_GPR : in->rb,
                                   .value = imm ? (int32_t)in->imm : 0});
}

/* @to = GPR @n under @cc. RCX may be lost. */
static void move_if(struct tr *t, enum x64_cc cc, unsigned to, unsigned n)
{
    x_cmov_rr(&t->e, true, cc, to, gpr_operand(t, n, RCX));
}

/* RT = the bit ? (RA|0) : RB. Loads do not touch the flags, moves neither. */
static void isel(struct tr *t, const struct insn *in)
{
    enum x64_cc cc = cr_test(t, in->rc);
    unsigned d = gpr_dest(t, in->rt, RAX);

    if (in->ra && d == t->pin[in->rb]) {
        move_if(t, cc, d, in->ra);
        return;
    }
    if (d == t->pin[in->rb])
        d = RAX;
    if (!in->ra)
        x_mov_ri(&t->e, d, 0);
    else if (d != t->pin[in->ra])
        gpr_copy(t, in->ra, d);
    move_if(t, cc ^ 1, d, in->rb);
    gpr_write(t, in->rt, d);
}

/* Bytes of RA that are all ones where those of RS and RB agree. */
static void compare_bytes(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;

    v_from_gpr(e, 0, gpr_read(t, in->rt, RAX));
    v_from_gpr(e, 1, gpr_read(t, in->rb, RAX));
    v_rrr(e, MAP_0F, PP_66, false, 0x74, 0, 0, 1); /* vpcmpeqb */
    v_to_gpr(e, RAX, 0);
    gpr_write(t, in->ra, RAX);
}

/* Those that have no record form beside them. */
static bool single_form(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_ADDI:
    case INSN_ADDIS:
        add_imm(t, in);
        return true;
    case INSN_MULLI:
        multiply_imm(t, in);
        return true;
    case INSN_ORI:
    case INSN_ORIS:
        logic_imm(t, X_OR, in, false);
        return true;
    case INSN_XORI:
    case INSN_XORIS:
        logic_imm(t, X_XOR, in, false);
        return true;
    case INSN_ANDI_:
    case INSN_ANDIS_:
        logic_imm(t, X_AND, in, true);
        return true;
    case INSN_CMPI:
        compare(t, in, true, true);
        return true;
    case INSN_CMPLI:
        compare(t, in, false, true);
        return true;
    case INSN_CMP:
        compare(t, in, true, false);
        return true;
    case INSN_CMPL:
        compare(t, in, false, false);
        return true;
    case INSN_ISEL:
        isel(t, in);
        return true;
    case INSN_MADDLD:
        multiply_add_low(t, in);
        return true;
    case INSN_MADDHD:
        multiply_add_high(t, in, true);
        return true;
    case INSN_MADDHDU:
        multiply_add_high(t, in, false);
        return true;
    case INSN_MODSW:
        divide(t, in, false, true, true, false);
        return true;
    case INSN_MODSD:
        divide(t, in, true, true, true, false);
        return true;
    case INSN_MODUD:
        divide(t, in, true, false, true, false);
        return true;
    case INSN_MODUW:
        divide(t, in, false, false, true, false);
        return true;
    case INSN_CMPB:
        compare_bytes(t, in);
        return true;
    case INSN_POPCNTB:
        count_bytes(t, in);
        return true;
    case INSN_POPCNTW:
        count_words(t, in);
        return true;
    case INSN_PRTYW:
        parity(t, in, false);
        return true;
    case INSN_PRTYD:
        parity(t, in, true);
        return true;
    case INSN_POPCNTD:
        count(t, true, X_POPCNT, in, false);
        return true;
    default:
        return false;
    }
}

bool x64_fixed(struct tr *t, const struct insn *in)
{
    switch (in->id) {
        WITH_RECORD(ADD, commutative(t, X_ADD, in->rt, in->ra, in->rb, false, record))
        WITH_RECORD(SUBF, subtract(t, in, record))
        WITH_RECORD(NEG, unary(t, X_NEG, in->rt, in->ra, record))
        WITH_RECORD(MULLD, multiply(t, in, record))
        WITH_RECORD(MULLW, multiply_word(t, in, record))
        WITH_RECORD(MULHW, multiply_high_word(t, in, true, record))
        WITH_RECORD(MULHWU, multiply_high_word(t, in, false, record))
        WITH_RECORD(MULHD, multiply_high(t, in, X_IMUL, record))
        WITH_RECORD(MULHDU, multiply_high(t, in, X_MUL, record))
        WITH_RECORD(DIVD, divide(t, in, true, true, false, record))
        WITH_RECORD(DIVDU, divide(t, in, true, false, false, record))
        WITH_RECORD(DIVW, divide(t, in, false, true, false, record))
        WITH_RECORD(DIVWU, divide(t, in, false, false, false, record))
        WITH_RECORD(AND, in->rt == in->rb
                             ? move(t, in->ra, in->rt, record)
                             : commutative(t, X_AND, in->ra, in->rt, in->rb, false, record))
        WITH_RECORD(XOR, commutative(t, X_XOR, in->ra, in->rt, in->rb, false, record))
        WITH_RECORD(NAND, commutative(t, X_AND, in->ra, in->rt, in->rb, true, record))
        WITH_RECORD(NOR, commutative(t, X_OR, in->ra, in->rt, in->rb, true, record))
        WITH_RECORD(EQV, commutative(t, X_XOR, in->ra, in->rt, in->rb, true, record))
        WITH_RECORD(ANDC, with_complement(t, X_AND, in, record))
        WITH_RECORD(ORC, with_complement(t, X_OR, in, record))
        WITH_RECORD(EXTSB, extend(t, X_MOVSX8, in, record))
        WITH_RECORD(EXTSH, extend(t, X_MOVSX16, in, record))
        WITH_RECORD(EXTSW, extend(t, X_MOVSXD, in, record))
        WITH_RECORD(CNTLZW, count(t, false, X_LZCNT, in, record))
        WITH_RECORD(CNTLZD, count(t, true, X_LZCNT, in, record))
        WITH_RECORD(CNTTZW, count(t, false, X_TZCNT, in, record))
        WITH_RECORD(CNTTZD, count(t, true, X_TZCNT, in, record))
    case INSN_OR:
    case INSN_OR_:
        if (insn_is_priority_hint(in))
            return false;
        if (in->rt == in->rb)
            move(t, in->ra, in->rt, in->id == INSN_OR_);
        else
            commutative(t, X_OR, in->ra, in->rt, in->rb, false, in->id == INSN_OR_);
        return true;
    default:
        return single_form(t, in);
    }
}
