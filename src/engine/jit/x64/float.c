/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalar floating point: the facility's and VSX's instructions on doubleword 0. FR, FI and FPRF
 * stay lazy as in src/cpu/fp_host.h: the operation is recorded with its operands.
 */
#include "float.h"

/* In tr.checked, beside MSR bits: fp_ready() has been emitted. */
#define CHECKED_READY 2ULL

void fp_ready(struct tr *t)
{
    struct emit *e = &t->e;

    if (t->checked & CHECKED_READY)
        return;
    x_alu_mi8(e, X_CMP, CPU_MEM(fp_fast), 0);
    late_add(t, LATE_ANY, x_jcc(e, CC_E));
    x_test_mi(e, CPU_MEM(fpscr), FPSCR_XX);
    struct late *l = late_add(t, LATE_CLEAN, x_jcc(e, CC_E));
    l->back = e->p;
    t->checked |= CHECKED_READY;
}

/* ---- what an arithmetic instruction is ---- */

enum shape { SHAPE_NONE, SHAPE_BINARY, SHAPE_ROOT, SHAPE_MULADD, SHAPE_NARROW };

struct arith {
    enum shape shape;
    uint8_t op;   /* second opcode byte of the host's instruction */
    uint8_t kind; /* enum fp_lazy_kind */
    bool single;
    uint8_t t, a, b, c; /* VSRs; MULADD: a * c + b */
};

#define A_BINARY(ID, op, kind, single, b)                                                          \
    case INSN_##ID:                                                                                \
        return (struct arith){SHAPE_BINARY, op, kind, single, in->rt, in->ra, b, 0};
#define A_MULADD(ID, n, single)                                                                    \
    case INSN_##ID:                                                                                \
        return (struct arith){SHAPE_MULADD, muladd_op[n], FPL_MADD + (n), single,                  \
                              in->rt,       in->ra,       in->rb,         in->rc};
#define A_MULADD_VSX(kind, n)                                                                      \
    case INSN_XS##kind##ADP:                                                                       \
    case INSN_XS##kind##ASP:                                                                       \
        return (struct arith){                                                                     \
            SHAPE_MULADD, muladd_op[n], FPL_MADD + (n), in->id == INSN_XS##kind##ASP,              \
            in->rt,       in->ra,       in->rt,         in->rb};                                   \
    case INSN_XS##kind##MDP:                                                                       \
    case INSN_XS##kind##MSP:                                                                       \
        return (struct arith){                                                                     \
            SHAPE_MULADD, muladd_op[n], FPL_MADD + (n), in->id == INSN_XS##kind##MSP,              \
            in->rt,       in->ra,       in->rb,         in->rt};
#define A_UNARY(ID, shape, kind, single)                                                           \
    case INSN_##ID:                                                                                \
        return (struct arith){shape, 0x51, kind, single, in->rt, in->rb, in->rb, 0};

/* The host's 231 forms of a * c + b, a * c - b and their negatives, in the order of FPL_MADD.. */
static const uint8_t muladd_op[] = {0xb9, 0xbb, 0xbf, 0xbd};

static struct arith arith_of(const struct insn *in)
{
    switch (in->id) {
        A_BINARY(FADD, 0x58, FPL_ADD, false, in->rb)
        A_BINARY(FSUB, 0x5c, FPL_SUB, false, in->rb)
        A_BINARY(FMUL, 0x59, FPL_MUL, false, in->rc)
        A_BINARY(FDIV, 0x5e, FPL_DIV, false, in->rb)
        A_BINARY(FADDS, 0x58, FPL_ADD, true, in->rb)
        A_BINARY(FSUBS, 0x5c, FPL_SUB, true, in->rb)
        A_BINARY(FMULS, 0x59, FPL_MUL, true, in->rc)
        A_BINARY(FDIVS, 0x5e, FPL_DIV, true, in->rb)
        A_BINARY(XSADDDP, 0x58, FPL_ADD, false, in->rb)
        A_BINARY(XSSUBDP, 0x5c, FPL_SUB, false, in->rb)
        A_BINARY(XSMULDP, 0x59, FPL_MUL, false, in->rb)
        A_BINARY(XSDIVDP, 0x5e, FPL_DIV, false, in->rb)
        A_BINARY(XSADDSP, 0x58, FPL_ADD, true, in->rb)
        A_BINARY(XSSUBSP, 0x5c, FPL_SUB, true, in->rb)
        A_BINARY(XSMULSP, 0x59, FPL_MUL, true, in->rb)
        A_BINARY(XSDIVSP, 0x5e, FPL_DIV, true, in->rb)
        A_MULADD(FMADD, 0, false)
        A_MULADD(FMSUB, 1, false)
        A_MULADD(FNMADD, 2, false)
        A_MULADD(FNMSUB, 3, false)
        A_MULADD(FMADDS, 0, true)
        A_MULADD(FMSUBS, 1, true)
        A_MULADD(FNMADDS, 2, true)
        A_MULADD(FNMSUBS, 3, true)
        A_MULADD_VSX(MADD, 0)
        A_MULADD_VSX(MSUB, 1)
        A_MULADD_VSX(NMADD, 2)
        A_MULADD_VSX(NMSUB, 3)
        A_UNARY(FSQRT, SHAPE_ROOT, FPL_SQRT, false)
        A_UNARY(FSQRTS, SHAPE_ROOT, FPL_SQRT, true)
        A_UNARY(XSSQRTDP, SHAPE_ROOT, FPL_SQRT, false)
        A_UNARY(XSSQRTSP, SHAPE_ROOT, FPL_SQRT, true)
        A_UNARY(FRSP, SHAPE_NARROW, FPL_FRSP, true)
        A_UNARY(XSRSP, SHAPE_NARROW, FPL_FRSP, true)
    default:
        return (struct arith){0};
    }
}

/* ---- recording ---- */

/* Does the next instruction overwrite what this one would record, whatever happens? Nobody can look
 * in between. */
static bool is_overwritten(const struct tr *t)
{
    unsigned next = t->slot + 1;

    return next < CODE_PAGE_INSNS &&
           (t->r->flags[next] & (SLOT_IN | SLOT_LEADER | SLOT_STOP)) == SLOT_IN &&
           arith_of(&t->r->insn[next]).shape != SHAPE_NONE;
}

static void record(struct tr *t, const struct arith *d, unsigned a, unsigned b, unsigned c)
{
    struct emit *e = &t->e;
    unsigned kind = d->kind | (d->single && d->kind < FPL_CFID ? FPL_SINGLE : 0);

    if (is_overwritten(t))
        return;
    x_mov_mi(e, true, LAZY(kind), (int32_t)kind); /* and aux = 0 */
    v_store64(e, LAZY(b), b);
    if (d->shape == SHAPE_BINARY || d->shape == SHAPE_MULADD)
        v_store64(e, LAZY(a), a);
    if (d->shape == SHAPE_MULADD)
        v_store64(e, LAZY(c), c);
}

/* ---- results ---- */

#define EXP_UNIT (1u << 21) /* of the high word without its sign */

/* Emits a test of the exponent of @x: the condition code under which it is outside
 * [@low, @high]. */
static enum x64_cc exponent_outside(struct tr *t, unsigned x, unsigned low, unsigned high)
{
    struct emit *e = &t->e;

    v_to_gpr(e, RAX, x);
    x_shift_ri(e, true, X_SHR, RAX, 32);
    x_lea(e, false, RAX, mem_index(RAX, RAX, 0, -(int32_t)(low * EXP_UNIT)));
    x_alu_ri(e, false, X_CMP, RAX, (int32_t)((high - low + 1) * EXP_UNIT));
    return CC_AE;
}

/* @x = (double)(float)@x; half way between two single numbers the handler has to look. */
static void narrow(struct tr *t, unsigned x, bool check, struct late **slow)
{
    struct emit *e = &t->e;

    if (check) {
        v_to_gpr(e, RAX, x);
        x_alu_ri(e, false, X_AND, RAX, 0x1fffffff);
        x_alu_ri(e, false, X_CMP, RAX, 0x10000000);
        *slow = tr_slow(t, x_jcc(e, CC_E), false);
    }
    v_rrr(e, MAP_0F, PP_F2, false, 0x5a, x, x, x); /* vcvtsd2ss */
    v_rrr(e, MAP_0F, PP_F3, false, 0x5a, x, x, x); /* vcvtss2sd */
}

/* The handler takes what is not in range; a zero is exact if one of @a and @b is. */
static struct late *check_range(struct tr *t, const struct arith *d, unsigned x, unsigned a,
                                unsigned b)
{
    bool sum = d->shape == SHAPE_BINARY && (d->kind == FPL_ADD || d->kind == FPL_SUB);
    enum x64_cc cc = d->single ? exponent_outside(t, x, 898, 1150)
                     : sum     ? exponent_outside(t, x, 0, 0x7fe)
                               : exponent_outside(t, x, 2, 0x7fe);
    struct late *l = tr_slow(t, x_jcc(&t->e, cc), false);

    /* A zero sum is exact, and in range if double. Rounded to single it may have been tiny, as the
     * third operand of a multiply-add; and POWER negates a zero after the operation, the host does
     * not. */
    if (sum || (d->shape == SHAPE_MULADD && (d->single || d->kind >= FPL_NMADD)))
        return l;
    l->kind = LATE_ZERO;
    l->cont = t->e.p;
    l->zero[0] = (uint8_t)x;
    l->zero[1] = (uint8_t)a;
    l->zero[2] = (uint8_t)(d->kind == FPL_DIV ? a : b);
    return l;
}

/* The operand of a root must be positive, normal or not too small, and finite. */
static struct late *check_root(struct tr *t, unsigned b)
{
    struct emit *e = &t->e;

    v_to_gpr(e, RAX, b);
    x_shift_ri(e, true, X_SHR, RAX, 32);
    x_alu_ri(e, false, X_SUB, RAX, 1);
    x_alu_ri(e, false, X_CMP, RAX, 0x7fefffff);
    return tr_slow(t, x_jcc(e, CC_AE), false);
}

static void arith(struct tr *t, const struct arith *d)
{
    struct emit *e = &t->e;
    struct late *slow[3] = {NULL};
    unsigned a = 0, b = vsr_read(t, d->b, VSR_SCALAR), c = 0, x;

    a = d->shape == SHAPE_BINARY || d->shape == SHAPE_MULADD ? vsr_read(t, d->a, VSR_SCALAR) : b;
    if (d->shape == SHAPE_MULADD)
        c = vsr_read(t, d->c, VSR_SCALAR);
    if (d->shape == SHAPE_ROOT)
        slow[0] = check_root(t, b);
    record(t, d, a, b, c);
    x = vsr_new(t);
    switch (d->shape) {
    case SHAPE_BINARY:
        v_rrr(e, MAP_0F, PP_F2, false, d->op, x, a, b);
        break;
    case SHAPE_MULADD:
        v_move(e, x, b);
        v_rrr(e, MAP_0F38, PP_66, true, d->op, x, a, c);
        break;
    case SHAPE_ROOT:
        v_rrr(e, MAP_0F, PP_F2, false, d->op, x, b, b);
        break;
    default:
        v_move(e, x, b);
    }
    if (d->single)
        narrow(t, x, d->shape != SHAPE_NARROW, &slow[1]);
    if (d->shape != SHAPE_ROOT || d->single)
        slow[2] = check_range(t, d, x, d->shape == SHAPE_MULADD ? c : a,
                              d->shape == SHAPE_MULADD ? a : b);
    vsr_write(t, d->t, x, VSR_SCALAR);
    for (unsigned i = 0; i < ARRAY_SIZE(slow); i++)
        if (slow[i])
            tr_back(t, slow[i]);
}

bool x64_float(struct tr *t, const struct insn *in)
{
    struct arith d = arith_of(in);
    uint64_t need = insn_facility_need(in);

    if (d.shape != SHAPE_NONE) {
        vsr_need(t, need);
        fp_ready(t);
        arith(t, &d);
        return true;
    }
    return x64_float_convert(t, in) || x64_float_compare(t, in);
}
