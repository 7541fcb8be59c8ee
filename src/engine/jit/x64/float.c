/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalar floating point: the facility's and VSX's instructions on doubleword 0. FR, FI and FPRF
 * stay lazy as in src/cpu/fp_host.h: the operation is recorded with its operands.
 */
#include "float.h"

#include "cpu/fp_host.h"

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

static struct x64_mem lazy_mem(size_t offset)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, fp_lazy) + offset) - CPU_BIAS);
}
#define LAZY(field) lazy_mem(offsetof(struct fp_lazy, field))

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

/* ---- conversions ---- */

/* From a signed doubleword: never out of range. */
static void from_integer(struct tr *t, const struct insn *in, bool single)
{
    struct emit *e = &t->e;
    unsigned b = vsr_read(t, in->rb, VSR_SCALAR), x = vsr_new(t);

    x_mov_mi(e, true, LAZY(kind), single ? FPL_CFIDS : FPL_CFID);
    v_store64(e, LAZY(b), b);
    v_to_gpr(e, RAX, b);
    v_rrr(e, MAP_0F, PP_NONE, false, 0x57, x, x, x); /* vxorps: x is free of what it held */
    v_rrr(e, MAP_0F, single ? PP_F3 : PP_F2, true, 0x2a, x, x, RAX); /* vcvtsi2ss, vcvtsi2sd */
    if (single)
        v_rrr(e, MAP_0F, PP_F3, false, 0x5a, x, x, x);
    vsr_write(t, in->rt, x, VSR_SCALAR);
}

/* To a signed word (in both halves) or doubleword, truncating. The host has one answer for all that
 * does not fit. */
static void to_integer(struct tr *t, const struct insn *in, bool w)
{
    struct emit *e = &t->e;
    unsigned b = vsr_read(t, in->rb, VSR_SCALAR), x = vsr_new(t);

    emit_vex(e, w, MAP_0F, PP_F2, false, RAX, 0, 0, b); /* vcvttsd2si */
    emit8(e, 0x2c);
    emit_modrm(e, RAX, b);
    if (w) {
        x_mov_ri(e, RCX, 1ULL << 63);
        x_alu_rr(e, true, X_CMP, RAX, RCX);
    } else {
        x_alu_ri(e, false, X_CMP, RAX, INT32_MIN);
    }
    struct late *slow = tr_slow(t, x_jcc(e, CC_E), false);
    v_rrr(e, MAP_0F, PP_NONE, false, 0x57, x, x, x);
    v_rrr(e, MAP_0F, PP_F2, w, 0x2a, x, x, RAX);   /* exact */
    v_rrr(e, MAP_0F, PP_66, false, 0x2e, x, 0, b); /* vucomisd */
    x_setcc_r(e, CC_NE, RCX);
    x_shift_ri(e, false, X_SHL, RCX, 6);
    x_alu_ri(e, false, X_OR, RCX, FPL_AUX_INT);
    x_ext_rr(e, X_MOVZX8, RCX, RCX);
    x_mov_mi(e, false, LAZY(kind), FPL_NONE);
    x_mov_mr(e, false, LAZY(aux), RCX);
    if (!w) {
        x_mov_rr(e, false, RAX, RAX);
        x_mov_rr(e, true, RCX, RAX);
        x_shift_ri(e, true, X_SHL, RCX, 32);
        x_alu_rr(e, true, X_OR, RAX, RCX);
    }
    v_from_gpr(e, x, RAX);
    vsr_write(t, in->rt, x, VSR_SCALAR);
    tr_back(t, slow);
}

/* ---- comparison ---- */

/* Unordered operands, and XER[SO]=1, which would get into the lazy CR field, are for threaded
 * code. */
static void compare(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    unsigned a = vsr_read(t, in->ra, VSR_SCALAR), b = vsr_read(t, in->rb, VSR_SCALAR);

    x_alu_mi8(e, X_CMP, CPU_MEM(so), 0);
    late_add(t, LATE_ANY, x_jcc(e, CC_NE));
    x_ext_rm(e, X_MOVZX8, RDX, LAZY(aux));
    x_alu_ri(e, false, X_AND, RDX, FPL_AUX_INT | FPL_AUX_FI);
    v_rrr(e, MAP_0F, PP_66, false, 0x2e, a, 0, b); /* vucomisd */
    late_add(t, LATE_ANY, x_jcc(e, CC_P));
    x_mov_ri(e, RCX, FPL_AUX_CMP | CR_LT);
    x_mov_ri(e, RAX, FPL_AUX_CMP | CR_GT);
    x_cmov_rr(e, false, CC_AE, RCX, RAX);
    x_mov_ri(e, RAX, FPL_AUX_CMP | CR_EQ);
    x_cmov_rr(e, false, CC_E, RCX, RAX);
    x_lea(e, false, RCX, mem_index(RCX, RDX, 0, 0));
    x_mov_mr8(e, LAZY(aux), RCX);
    cr_from_flags(t, in->rt >> 2, false);
}

/* ---- moves ---- */

enum { BIT_NONE, BIT_SET = 5, BIT_RESET, BIT_COMPLEMENT };

/* FRB with its sign changed by bts, btr or btc. */
static void move(struct tr *t, const struct insn *in, unsigned sign)
{
    struct emit *e = &t->e;
    unsigned b = vsr_read(t, in->rb, VSR_SCALAR), x = vsr_new(t);

    if (sign == BIT_NONE) {
        v_move(e, x, b);
    } else {
        v_to_gpr(e, RAX, b);
        emit_rex(e, true, 0, 0, RAX, false);
        emit8(e, 0x0f);
        emit8(e, 0xba);
        emit_modrm(e, sign, RAX);
        emit8(e, 63);
        v_from_gpr(e, x, RAX);
    }
    vsr_write(t, in->rt, x, VSR_SCALAR);
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
    switch (in->id) {
    case INSN_FCMPU:
    case INSN_FCMPO:
    case INSN_XSCMPUDP:
    case INSN_XSCMPODP:
        vsr_need(t, need);
        fp_ready(t);
        compare(t, in);
        return true;
    case INSN_FCFID:
    case INSN_XSCVSXDDP:
    case INSN_FCFIDS:
    case INSN_XSCVSXDSP:
        vsr_need(t, need);
        fp_ready(t);
        from_integer(t, in, in->id == INSN_FCFIDS || in->id == INSN_XSCVSXDSP);
        return true;
    case INSN_FCTIDZ:
    case INSN_XSCVDPSXDS:
    case INSN_FCTIWZ:
    case INSN_XSCVDPSXWS:
        vsr_need(t, need);
        fp_ready(t);
        to_integer(t, in, in->id == INSN_FCTIDZ || in->id == INSN_XSCVDPSXDS);
        return true;
    case INSN_FMR:
        vsr_need(t, need);
        move(t, in, BIT_NONE);
        return true;
    case INSN_FNEG:
    case INSN_XSNEGDP:
        vsr_need(t, need);
        move(t, in, BIT_COMPLEMENT);
        return true;
    case INSN_FABS:
    case INSN_XSABSDP:
        vsr_need(t, need);
        move(t, in, BIT_RESET);
        return true;
    case INSN_FNABS:
    case INSN_XSNABSDP:
        vsr_need(t, need);
        move(t, in, BIT_SET);
        return true;
    default:
        return false;
    }
}
