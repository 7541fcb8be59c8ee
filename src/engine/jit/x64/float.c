/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalar floating point: the facility's and VSX's instructions on doubleword 0. FR, FI and FPRF
 * stay lazy as in src/cpu/fp_host.h: the operation is recorded with its operands.
 */
#include "float.h"

#include "vector.h"

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

struct late *fp_ready_unnoted(struct tr *t)
{
    fp_ready(t);
    x_test_mi(&t->e, CPU_MEM(fpscr), FPSCR_XX);
    return tr_slow(t, x_jcc(&t->e, CC_E), false);
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

/* ---- operands ---- */

/* In registers: numbers by place (a, b, c) as of struct fp_lazy, all in one view. */
struct operands {
    enum vsr_view view;
    unsigned n, place[3], x[3];
};

/* Singles are added and so on as singles, if all operands are known to be some: one rounding, as it
 * should be. */
static bool all_single(struct tr *t, const struct arith *d, const uint8_t *vsr, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (vsr_cached(t, vsr[i], VSR_SINGLE) < 0)
            return false;
    return d->single;
}

static struct operands read_operands(struct tr *t, const struct arith *d)
{
    bool unary = d->shape == SHAPE_ROOT || d->shape == SHAPE_NARROW;
    uint8_t vsr[3] = {d->b, d->a, d->c};
    struct operands o = {.n = unary ? 1 : d->shape == SHAPE_MULADD ? 3 : 2, .place = {1, 0, 2}};

    o.view = all_single(t, d, vsr, o.n) ? VSR_SINGLE : VSR_SCALAR;
    for (unsigned i = 0; i < o.n; i++)
        o.x[o.place[i]] = o.view == VSR_SINGLE ? (unsigned)vsr_cached(t, vsr[i], VSR_SINGLE)
                                               : vsr_read(t, vsr[i], VSR_SCALAR);
    return o;
}

static void record(struct tr *t, const struct arith *d, const struct operands *o)
{
    struct fp_operand operands[3];

    for (unsigned i = 0; i < o->n; i++)
        operands[i] =
            (struct fp_operand){(uint8_t)o->place[i], (uint8_t)o->x[o->place[i]], (uint8_t)o->view};
    fp_record(t, d->kind | (d->single && d->kind < FPL_CFID ? FPL_SINGLE : 0), operands, o->n);
}

/* ---- results ---- */

#define EXP_UNIT (1u << 21) /* of the high word without its sign */

/* Emits a test of the exponent of the double @x: the condition code under which it is outside
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

/* The same of a single. */
static enum x64_cc single_outside(struct tr *t, unsigned x, unsigned low, unsigned high)
{
    struct emit *e = &t->e;

    v_to_gpr32(e, RAX, x);
    x_lea(e, false, RAX, mem_index(RAX, RAX, 0, -(int32_t)(low << 24)));
    x_alu_ri(e, false, X_CMP, RAX, (int32_t)((high - low + 1) << 24));
    return CC_AE;
}

struct late *fp_slow_unless_normal(struct tr *t, unsigned x, bool single)
{
    enum x64_cc cc = single ? single_outside(t, x, 2, 0xfe) : exponent_outside(t, x, 2, 0x7fe);

    return tr_slow(t, x_jcc(&t->e, cc), false);
}

#define LOW_OF_SINGLE 0x1fffffff /* what a double has beside a single's fraction */

void fp_test_half(struct emit *e, unsigned x)
{
    v_to_gpr32(e, RAX, x);
    x_alu_ri(e, false, X_AND, RAX, LOW_OF_SINGLE);
    x_alu_ri(e, false, X_CMP, RAX, (LOW_OF_SINGLE + 1) / 2);
}

struct late *fp_narrow(struct tr *t, unsigned x)
{
    struct emit *e = &t->e;

    fp_test_half(e, x);
    struct late *slow = tr_slow(t, x_jcc(e, CC_E), false);
    vop(e, V_CVTSD2SS, x, x, x);
    return slow;
}

/* The same of a sum or product @x that was exact as a double when it is half way, if its operands
 * are singles: when both are known to be, or found out to be, nothing else is looked at. */
static struct late *narrow_binary(struct tr *t, unsigned x, const struct arith *d,
                                  const struct operands *o)
{
    struct emit *e = &t->e;
    bool known[2] = {vsr_cached(t, d->a, VSR_SINGLE) >= 0, vsr_cached(t, d->b, VSR_SINGLE) >= 0};
    unsigned both = o->x[known[0]];

    if (!known[0] && !known[1] && o->x[0] != o->x[1]) {
        vop(e, V_POR, 0, o->x[0], o->x[1]);
        both = 0;
    }
    v_to_gpr32(e, RAX, both);
    x_test_ri(e, false, RAX, LOW_OF_SINGLE);
    struct late *l = tr_slow(t, x_jcc(e, CC_NE), false);
    l->excuse = EXCUSE_HALF;
    l->cont = e->p;
    l->zero[0] = (uint8_t)x;
    vop(e, V_CVTSD2SS, x, x, x);
    return l;
}

/* The handler takes what is not in range; a zero is exact if one of two operands is. */
static struct late *check_range(struct tr *t, const struct arith *d, unsigned x,
                                const struct operands *o)
{
    bool sum = d->shape == SHAPE_BINARY && (d->kind == FPL_ADD || d->kind == FPL_SUB);
    bool exact = o->view == VSR_SINGLE || !d->single; /* tiny sums are */
    enum x64_cc cc = d->single ? single_outside(t, x, sum && exact ? 0 : 2, 0xfe)
                               : exponent_outside(t, x, sum ? 0 : 2, 0x7fe);
    struct late *l = tr_slow(t, x_jcc(&t->e, cc), false);

    /* Rounded to single a zero sum may have been tiny, as the third operand of a multiply-add,
     * which has to be a zero itself; and POWER negates a zero after the operation, the host does
     * not. */
    if (sum || (d->shape == SHAPE_MULADD && d->kind >= FPL_NMADD))
        return l;
    l->excuse = EXCUSE_ZERO;
    emit_wrote(&t->e, RAX); /* there */
    l->cont = t->e.p;
    l->zero[0] = (uint8_t)x;
    l->single[0] = d->single;
    l->single[1] = l->single[2] = l->single[3] = o->view == VSR_SINGLE;
    l->zero[3] = d->shape == SHAPE_MULADD && !exact ? (uint8_t)o->x[1] : NO_XMM;
    l->zero[1] = (uint8_t)o->x[d->shape == SHAPE_MULADD ? 2 : d->shape == SHAPE_BINARY ? 0 : 1];
    l->zero[2] = (uint8_t)(d->kind == FPL_DIV || d->shape == SHAPE_MULADD ? o->x[0] : o->x[1]);
    return l;
}

struct late *fp_slow_unless_root(struct tr *t, unsigned x, bool single)
{
    struct emit *e = &t->e;

    if (single) {
        v_to_gpr32(e, RAX, x);
    } else {
        v_to_gpr(e, RAX, x);
        x_shift_ri(e, true, X_SHR, RAX, 32);
    }
    x_alu_ri(e, false, X_SUB, RAX, 1);
    x_alu_ri(e, false, X_CMP, RAX, single ? 0x7f7fffff : 0x7fefffff);
    return tr_slow(t, x_jcc(e, CC_AE), false);
}

/* @x := what the host makes of it. */
static void compute(struct emit *e, const struct arith *d, const struct operands *o, unsigned x)
{
    unsigned pp = o->view == VSR_SINGLE ? PP_F3 : PP_F2;

    switch (d->shape) {
    case SHAPE_BINARY:
        vop(e, VOP(MAP_0F, pp, d->op), x, o->x[0], o->x[1]);
        break;
    case SHAPE_MULADD:
        v_move(e, x, o->x[1]);
        vop(e, V_38(d->op) | (o->view == VSR_SINGLE ? 0 : VOP_W), x, o->x[0], o->x[2]);
        break;
    case SHAPE_ROOT:
        vop(e, VOP(MAP_0F, pp, d->op), x, o->x[1], o->x[1]);
        break;
    default:
        v_move(e, x, o->x[1]);
    }
}

static void arith(struct tr *t, const struct arith *d)
{
    struct late *slow[3] = {NULL};
    struct operands o = read_operands(t, d);
    bool as_single = o.view == VSR_SINGLE;
    unsigned x;

    if (d->shape == SHAPE_ROOT)
        slow[0] = fp_slow_unless_root(t, o.x[1], as_single);
    x = vsr_new(t);
    compute(&t->e, d, &o, x);
    if (d->shape == SHAPE_NARROW && !as_single)
        vop(&t->e, V_CVTSD2SS, x, x, x);
    else if (d->single && !as_single)
        slow[1] = d->shape == SHAPE_BINARY && d->kind != FPL_DIV ? narrow_binary(t, x, d, &o)
                                                                 : fp_narrow(t, x);
    if (d->shape != SHAPE_ROOT && !(d->shape == SHAPE_NARROW && as_single))
        slow[2] = check_range(t, d, x, &o);
    else if (d->single && !as_single)
        slow[2] = fp_slow_unless_normal(t, x, true);
    record(t, d, &o);
    if (d->single)
        vsr_write_single(t, d->t, x);
    else
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
    return x64_float_convert(t, in) || x64_float_compare(t, in) || x64_estimate(t, in) ||
           x64_fpscr(t, in);
}
