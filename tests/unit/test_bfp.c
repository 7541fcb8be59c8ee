// SPDX-License-Identifier: Apache-2.0
/*
 * Every arithmetic, rounding, conversion and comparison instruction of binary floating point,
 * decoded and executed, against bfp_model.h: target, untouched targets, all of FPSCR, and the
 * interrupt; in every rounding mode, with enabled exceptions, on softfp and with the host's FPU.
 * Operands cover each pair and triple of classes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bfp_model.h"
#include "pefemu/engine.h"
#include "pefemu/machine.h"

#define RANDOM_CASES 2000 /* per instruction */

/* ---- the instructions ---- */

/* Where an element stands: D doubleword i, W word i, W2 word 2i, H right halfword of word i, HD
 * right halfword of doubleword 0, Q the quadword. */
enum slot { D, W, W2, H, HD, Q };

/* Registers of A, B, C: FPRs; VSX; a multiply-add of VSX that adds (A) or multiplies by (M) XT;
 * VRs; a quad multiply-add, which adds VRT. */
enum shape { FPR, XX, XX_A, XX_M, VR, VR_A };

enum kind { ARITH, INTEGRAL, INTEGRAL_X, TO_INT, TO_UINT, FROM_INT, FROM_UINT, COMPARE, COMPARE_O };

struct row {
    const char *name;
    enum kind kind;
    enum model_op op;
    enum shape shape;
    const struct fmt *from, *range, *into;
    enum slot source, target;
    unsigned lanes; /* 0: scalar, which sets FR FI FPRF */
    int mode;       /* enum fp_round, or BY_RN, BY_RMC */
    unsigned bits;  /* of integers */
};

enum { BY_RN = -1, BY_RMC = -2 };

#define ROW(name, kind, op, shape, from, range, into, source, target, lanes, mode, bits)           \
    {                                                                                              \
        name, kind, op, shape, &from, &range, &into, source, target, lanes, mode, bits             \
    }
#define FP_ROWS(name, op, s, range)                                                                \
    ROW("f" name s, ARITH, op, FPR, DOUBLE, range, DOUBLE, D, D, 0, BY_RN, 0)
#define VSX_ROWS(name, op, shape)                                                                  \
    ROW("xs" name "dp", ARITH, op, shape, DOUBLE, DOUBLE, DOUBLE, D, D, 0, BY_RN, 0),              \
        ROW("xs" name "sp", ARITH, op, shape, DOUBLE, SINGLE, DOUBLE, D, D, 0, BY_RN, 0),          \
        ROW("xv" name "dp", ARITH, op, shape, DOUBLE, DOUBLE, DOUBLE, D, D, 2, BY_RN, 0),          \
        ROW("xv" name "sp", ARITH, op, shape, SINGLE, SINGLE, SINGLE, W, W, 4, BY_RN, 0)
#define QUAD_ROWS(name, op, shape)                                                                 \
    ROW("xs" name "qp", ARITH, op, shape, QUAD, QUAD, QUAD, Q, Q, 0, BY_RN, 0),                    \
        ROW("xs" name "qpo", ARITH, op, shape, QUAD, QUAD, QUAD, Q, Q, 0, FP_ODD, 0)
#define ALL_ROWS(name, op)                                                                         \
    FP_ROWS(name, op, "", DOUBLE), FP_ROWS(name, op, "s", SINGLE), VSX_ROWS(name, op, XX),         \
        QUAD_ROWS(name, op, VR)
#define FMA_ROWS(name, op)                                                                         \
    FP_ROWS(name, op, "", DOUBLE), FP_ROWS(name, op, "s", SINGLE), VSX_ROWS(name "a", op, XX_A),   \
        VSX_ROWS(name "m", op, XX_M), QUAD_ROWS(name, op, VR_A)
#define MOVE_ROW(name, shape, from, into, source, target, lanes, mode)                             \
    ROW(name, ARITH, M_CONVERT, shape, from, into, into, source, target, lanes, mode, 0)
#define INTEGRAL_ROWS(suffix, kind, mode)                                                          \
    ROW("xsrdpi" suffix, kind, M_CONVERT, XX, DOUBLE, DOUBLE, DOUBLE, D, D, 0, mode, 0),           \
        ROW("xvrdpi" suffix, kind, M_CONVERT, XX, DOUBLE, DOUBLE, DOUBLE, D, D, 2, mode, 0),       \
        ROW("xvrspi" suffix, kind, M_CONVERT, XX, SINGLE, SINGLE, SINGLE, W, W, 4, mode, 0)
#define TO_ROW(name, kind, shape, from, source, target, lanes, mode, bits)                         \
    ROW(name, kind, M_CONVERT, shape, from, from, from, source, target, lanes, mode, bits)
#define FROM_ROW(name, kind, shape, range, into, source, target, lanes, bits)                      \
    ROW(name, kind, M_CONVERT, shape, DOUBLE, range, into, source, target, lanes, BY_RN, bits)
#define CMP_ROW(name, kind, shape, from, source)                                                   \
    ROW(name, kind, M_SUB, shape, from, from, from, source, source, 0, BY_RN, 0)

static const struct row rows[] = {
    ALL_ROWS("add", M_ADD),
    ALL_ROWS("sub", M_SUB),
    ALL_ROWS("mul", M_MUL),
    ALL_ROWS("div", M_DIV),
    ALL_ROWS("sqrt", M_SQRT),
    FMA_ROWS("madd", M_MADD),
    FMA_ROWS("msub", M_MSUB),
    FMA_ROWS("nmadd", M_NMADD),
    FMA_ROWS("nmsub", M_NMSUB),
    ROW("frsp", ARITH, M_CONVERT, FPR, DOUBLE, SINGLE, DOUBLE, D, D, 0, BY_RN, 0),
    ROW("xsrsp", ARITH, M_CONVERT, XX, DOUBLE, SINGLE, DOUBLE, D, D, 0, BY_RN, 0),
    MOVE_ROW("xscvdpsp", XX, DOUBLE, SINGLE, D, W2, 0, BY_RN),
    MOVE_ROW("xscvspdp", XX, SINGLE, DOUBLE, W2, D, 0, BY_RN),
    MOVE_ROW("xvcvdpsp", XX, DOUBLE, SINGLE, D, W2, 2, BY_RN),
    MOVE_ROW("xvcvspdp", XX, SINGLE, DOUBLE, W2, D, 2, BY_RN),
    MOVE_ROW("xscvdphp", XX, DOUBLE, HALF, D, HD, 0, BY_RN),
    MOVE_ROW("xscvhpdp", XX, HALF, DOUBLE, HD, D, 0, BY_RN),
    MOVE_ROW("xvcvsphp", XX, SINGLE, HALF, W, H, 4, BY_RN),
    MOVE_ROW("xvcvhpsp", XX, HALF, SINGLE, H, W, 4, BY_RN),
    MOVE_ROW("xscvdpqp", VR, DOUBLE, QUAD, D, Q, 0, BY_RN),
    MOVE_ROW("xscvqpdp", VR, QUAD, DOUBLE, Q, D, 0, BY_RN),
    MOVE_ROW("xscvqpdpo", VR, QUAD, DOUBLE, Q, D, 0, FP_ODD),
    ROW("xsrqpxp", ARITH, M_CONVERT, VR, QUAD, EXTENDED, QUAD, Q, Q, 0, BY_RMC, 0),
    ROW("frin", INTEGRAL, M_CONVERT, FPR, DOUBLE, DOUBLE, DOUBLE, D, D, 0, FP_AWAY, 0),
    ROW("friz", INTEGRAL, M_CONVERT, FPR, DOUBLE, DOUBLE, DOUBLE, D, D, 0, FP_ZERO, 0),
    ROW("frip", INTEGRAL, M_CONVERT, FPR, DOUBLE, DOUBLE, DOUBLE, D, D, 0, FP_UP, 0),
    ROW("frim", INTEGRAL, M_CONVERT, FPR, DOUBLE, DOUBLE, DOUBLE, D, D, 0, FP_DOWN, 0),
    INTEGRAL_ROWS("", INTEGRAL, FP_AWAY),
    INTEGRAL_ROWS("z", INTEGRAL, FP_ZERO),
    INTEGRAL_ROWS("p", INTEGRAL, FP_UP),
    INTEGRAL_ROWS("m", INTEGRAL, FP_DOWN),
    INTEGRAL_ROWS("c", INTEGRAL_X, BY_RN),
    ROW("xsrqpi", INTEGRAL, M_CONVERT, VR, QUAD, QUAD, QUAD, Q, Q, 0, BY_RMC, 0),
    ROW("xsrqpix", INTEGRAL_X, M_CONVERT, VR, QUAD, QUAD, QUAD, Q, Q, 0, BY_RMC, 0),
    TO_ROW("fctid", TO_INT, FPR, DOUBLE, D, D, 0, BY_RN, 64),
    TO_ROW("fctidz", TO_INT, FPR, DOUBLE, D, D, 0, FP_ZERO, 64),
    TO_ROW("fctidu", TO_UINT, FPR, DOUBLE, D, D, 0, BY_RN, 64),
    TO_ROW("fctiduz", TO_UINT, FPR, DOUBLE, D, D, 0, FP_ZERO, 64),
    TO_ROW("fctiw", TO_INT, FPR, DOUBLE, D, D, 0, BY_RN, 32),
    TO_ROW("fctiwz", TO_INT, FPR, DOUBLE, D, D, 0, FP_ZERO, 32),
    TO_ROW("fctiwu", TO_UINT, FPR, DOUBLE, D, D, 0, BY_RN, 32),
    TO_ROW("fctiwuz", TO_UINT, FPR, DOUBLE, D, D, 0, FP_ZERO, 32),
    TO_ROW("xscvdpsxds", TO_INT, XX, DOUBLE, D, D, 0, FP_ZERO, 64),
    TO_ROW("xscvdpuxds", TO_UINT, XX, DOUBLE, D, D, 0, FP_ZERO, 64),
    TO_ROW("xscvdpsxws", TO_INT, XX, DOUBLE, D, W2, 0, FP_ZERO, 32),
    TO_ROW("xscvdpuxws", TO_UINT, XX, DOUBLE, D, W2, 0, FP_ZERO, 32),
    TO_ROW("xvcvdpsxds", TO_INT, XX, DOUBLE, D, D, 2, FP_ZERO, 64),
    TO_ROW("xvcvdpuxds", TO_UINT, XX, DOUBLE, D, D, 2, FP_ZERO, 64),
    TO_ROW("xvcvdpsxws", TO_INT, XX, DOUBLE, D, W2, 2, FP_ZERO, 32),
    TO_ROW("xvcvdpuxws", TO_UINT, XX, DOUBLE, D, W2, 2, FP_ZERO, 32),
    TO_ROW("xvcvspsxds", TO_INT, XX, SINGLE, W2, D, 2, FP_ZERO, 64),
    TO_ROW("xvcvspuxds", TO_UINT, XX, SINGLE, W2, D, 2, FP_ZERO, 64),
    TO_ROW("xvcvspsxws", TO_INT, XX, SINGLE, W, W, 4, FP_ZERO, 32),
    TO_ROW("xvcvspuxws", TO_UINT, XX, SINGLE, W, W, 4, FP_ZERO, 32),
    TO_ROW("xscvqpsdz", TO_INT, VR, QUAD, Q, D, 0, FP_ZERO, 64),
    TO_ROW("xscvqpudz", TO_UINT, VR, QUAD, Q, D, 0, FP_ZERO, 64),
    TO_ROW("xscvqp"
           "swz",
           TO_INT, VR, QUAD, Q, D, 0, FP_ZERO, 32),
    TO_ROW("xs"
           "cv"
           "qp"
           "uw"
           "z",
           TO_UINT, VR, QUAD, Q, D, 0, FP_ZERO, 32),
    FROM_ROW("fcfid", FROM_INT, FPR, DOUBLE, DOUBLE, D, D, 0, 64),
    FROM_ROW("fcfidu", FROM_UINT, FPR, DOUBLE, DOUBLE, D, D, 0, 64),
    FROM_ROW("fcfids", FROM_INT, FPR, SINGLE, DOUBLE, D, D, 0, 64),
    FROM_ROW("fcfidus", FROM_UINT, FPR, SINGLE, DOUBLE, D, D, 0, 64),
    FROM_ROW("xscvsxddp", FROM_INT, XX, DOUBLE, DOUBLE, D, D, 0, 64),
    FROM_ROW("xscvuxddp", FROM_UINT, XX, DOUBLE, DOUBLE, D, D, 0, 64),
    FROM_ROW("xscvsxdsp", FROM_INT, XX, SINGLE, DOUBLE, D, D, 0, 64),
    FROM_ROW("xscvuxdsp", FROM_UINT, XX, SINGLE, DOUBLE, D, D, 0, 64),
    FROM_ROW("xvcvsxddp", FROM_INT, XX, DOUBLE, DOUBLE, D, D, 2, 64),
    FROM_ROW("xvcvuxddp", FROM_UINT, XX, DOUBLE, DOUBLE, D, D, 2, 64),
    FROM_ROW("xvcvsxdsp", FROM_INT, XX, SINGLE, SINGLE, D, W2, 2, 64),
    FROM_ROW("xvcvuxdsp", FROM_UINT, XX, SINGLE, SINGLE, D, W2, 2, 64),
    FROM_ROW("xvcvsxwdp", FROM_INT, XX, DOUBLE, DOUBLE, W2, D, 2, 32),
    FROM_ROW("xvcvuxwdp", FROM_UINT, XX, DOUBLE, DOUBLE, W2, D, 2, 32),
    FROM_ROW("xvcvsxwsp", FROM_INT, XX, SINGLE, SINGLE, W, W, 4, 32),
    FROM_ROW("xvcvuxwsp", FROM_UINT, XX, SINGLE, SINGLE, W, W, 4, 32),
    FROM_ROW("xscvsdqp", FROM_INT, VR, QUAD, QUAD, D, Q, 0, 64),
    FROM_ROW("xscvudqp", FROM_UINT, VR, QUAD, QUAD, D, Q, 0, 64),
    CMP_ROW("fcmpu", COMPARE, FPR, DOUBLE, D),
    CMP_ROW("fcmpo", COMPARE_O, FPR, DOUBLE, D),
    CMP_ROW("xscmpudp", COMPARE, XX, DOUBLE, D),
    CMP_ROW("xscmpodp", COMPARE_O, XX, DOUBLE, D),
    CMP_ROW("xscmpuqp", COMPARE, VR, QUAD, Q),
    CMP_ROW("xscmpoqp", COMPARE_O, VR, QUAD, Q),
};

/* ---- operands ---- */

static uint64_t random64(void)
{
    return (uint64_t)(uint32_t)mrand48() << 32 | (uint32_t)mrand48();
}

static u128 random128(void)
{
    return (u128)random64() << 64 | random64();
}

/* The edges of a format, without their signs: zero, least and largest denormal, least and largest
 * normal, one and its neighbours, 1.5, infinity, quiet and signalling NaNs. */
#define EDGES 13
static u128 edge(const struct fmt *f, unsigned i)
{
    const u128 unit = (u128)1 << f->frac, bias = (u128)(unsigned)fmt_bias(f);
    const u128 one = bias << f->frac, inf = model_inf(f, false);
    const u128 edges[EDGES] = {
        0,       1,   unit - 1, unit,           inf - 1,        one,           one + 1,
        one - 1, inf, inf + 1,  inf + unit / 2, one + unit / 2, inf + unit - 1};
    return edges[i];
}

static u128 signed_edge(const struct fmt *f, unsigned i)
{
    return edge(f, i / 2) | (u128)(i & 1) << (f->frac + f->exp);
}

/* A fraction with a long run, few bits, or anything. */
static u128 random_fraction(unsigned bits)
{
    const u128 mask = ((u128)1 << bits) - 1, v = random128() & mask;
    switch (lrand48() % 6) {
    case 0:
        return 0;
    case 1:
        return mask - (v & 3);
    case 2:
        return v & 3;
    case 3:
        return v & (mask << (unsigned)lrand48() % bits);
    case 4:
        return (u128)1 << (unsigned)lrand48() % bits;
    default:
        return v;
    }
}

/* Exponents: near one, the ends, halves and quarters of the range (products at the ends), and the
 * ends of the narrower formats (conversions). */
static u128 random_exponent(const struct fmt *f)
{
    static const struct fmt *const narrow[] = {&HALF, &SINGLE, &DOUBLE};
    const long max = (1L << f->exp) - 2, bias = fmt_bias(f), near = lrand48() % 9 - 4;
    const struct fmt *n = narrow[lrand48() % 3];
    const long end = lrand48() & 1 ? fmt_bias(n) : 1 - fmt_bias(n) - lrand48() % (n->frac + 2);
    long e = 0;
    switch (lrand48() % 9) {
    case 0:
        e = 0;
        break;
    case 1:
        e = lrand48() % 4;
        break;
    case 2:
        e = max - lrand48() % 4;
        break;
    case 3:
        e = bias + (lrand48() & 1 ? 1 : -1) * bias / 2 + near;
        break;
    case 4:
        e = bias + lrand48() % (f->frac + 4);
        break;
    case 5:
        e = bias + end + near;
        break;
    case 6:
        e = bias + lrand48() % 70 - 3;
        break;
    case 7:
        e = lrand48() % max;
        break;
    default:
        e = bias + near;
    }
    return (u128)(unsigned long)(e < 0 ? 0 : e > max ? max : e);
}

static u128 random_number(const struct fmt *f)
{
    if (!(lrand48() % 12))
        return signed_edge(f, lrand48() % (2 * EDGES));
    u128 v = (u128)(lrand48() & 1) << (f->frac + f->exp) | random_exponent(f) << f->frac |
             random_fraction((unsigned)f->frac);
    if (f == &DOUBLE && lrand48() % 3 == 0) /* a significand of a single */
        v &= ~(u128)0x1fffffff;
    return v;
}

static u128 random_integer(void)
{
    uint64_t v = random64();
    switch (lrand48() % 4) {
    case 0:
        return v >> (lrand48() & 63);
    case 1:
        return (uint64_t)((int64_t)v >> (lrand48() & 63));
    case 2:
        return (uint64_t)-1 << (lrand48() & 63);
    default:
        return ((uint64_t)1 << (lrand48() & 63)) + (v & 3) - 1;
    }
}

/* ---- elements ---- */

static u128 get_element(const union vsr *r, enum slot slot, unsigned i)
{
    switch (slot) {
    case D:
        return VD(*r, i);
    case W:
        return VW(*r, i);
    case W2:
        return VW(*r, 2 * i);
    case H:
        return VW(*r, i) & 0xffff;
    case HD:
        return VD(*r, 0) & 0xffff;
    case Q:
        break;
    }
    return r->q;
}

static void set_element(union vsr *r, enum slot slot, unsigned i, u128 v)
{
    switch (slot) {
    case D:
        VD(*r, i) = (uint64_t)v;
        return;
    case W:
        VW(*r, i) = (uint32_t)v;
        return;
    case W2:
        VW(*r, 2 * i) = (uint32_t)v;
        return;
    case H:
        VW(*r, i) = (VW(*r, i) & 0xffff0000) | (uint32_t)v;
        return;
    case HD:
        VD(*r, 0) = (VD(*r, 0) & ~0xffffULL) | (uint64_t)v;
        return;
    case Q:
        break;
    }
    r->q = v;
}

/* ---- one case ---- */

#define ENABLES (FPSCR_VE | FPSCR_OE | FPSCR_UE | FPSCR_ZE | FPSCR_XE)
enum { RT = 4, RA = 1, RB = 2, RC = 3 };

struct bench {
    const struct row *row;
    struct insn in;
    uint32_t word;
    union vsr t, a, b, c; /* register contents before */
    uint64_t fpscr;       /* before */
    bool fe;              /* MSR[FE0,FE1] are not both zero */
};

static uint64_t summaries(uint64_t f)
{
    f &= ~(FPSCR_FEX | FPSCR_VX);
    f |= f & FPSCR_VX_ANY ? FPSCR_VX : 0;
    const bool enabled = (f & FPSCR_VX_ANY && f & FPSCR_VE) || (f & FPSCR_OX && f & FPSCR_OE) ||
                         (f & FPSCR_UX && f & FPSCR_UE) || (f & FPSCR_ZX && f & FPSCR_ZE) ||
                         (f & FPSCR_XX && f & FPSCR_XE);
    return f | (enabled ? FPSCR_FEX : 0);
}

/* FPSCR: mostly what the host's FPU may serve, else any mode, enables, sticky bits. */
static uint64_t random_fpscr(void)
{
    uint64_t v = random64() & (FPSCR_FPRF | FPSCR_FR | FPSCR_FI);
    if (lrand48() % 3 == 0)
        v |= random64() & (FPSCR_STICKY | FPSCR_FX);
    if (lrand48() & 1)
        v |= FPSCR_XX | FPSCR_FX;
    if (lrand48() % 5 > 1)
        v |= random64() & FPSCR_RN;
    if (lrand48() % 4 == 0)
        v |= random64() & (ENABLES | FPSCR_NI);
    return summaries(v);
}

static enum fp_round mode_of(const struct bench *x)
{
    static const enum fp_round rmc[4] = {FP_NEAREST, FP_ZERO, FP_UP, FP_DOWN};
    const unsigned field = WORD_BITS(x->word, 21, 22), rn = x->fpscr & FPSCR_RN;
    if (x->row->mode == BY_RN)
        return rmc[rn];
    if (x->row->mode != BY_RMC)
        return (enum fp_round)x->row->mode;
    if (WORD_BITS(x->word, 15, 15))
        return rmc[field];
    return field ? rmc[rn] : FP_AWAY;
}

static struct model_env env_of(const struct bench *x)
{
    const uint64_t f = x->fpscr;
    return (struct model_env){mode_of(x), f & FPSCR_VE, f & FPSCR_OE, f & FPSCR_UE, f & FPSCR_ZE};
}

static struct outcome model_element(const struct bench *x, unsigned i)
{
    const struct row *r = x->row;
    const struct model_env env = env_of(x);
    const bool add_t = r->shape == XX_A || r->shape == VR_A, mul_t = r->shape == XX_M;
    const u128 va = get_element(&x->a, r->source, i), t = get_element(&x->t, r->source, i);
    const u128 xb = get_element(&x->b, r->source, i);
    /* fmul multiplies by FRC */
    u128 vc = r->shape == FPR ? get_element(&x->c, r->source, i) : mul_t ? t : xb;
    u128 vb = r->shape == FPR && r->op == M_MUL ? vc : add_t ? t : xb;
    switch (r->kind) {
    case ARITH:
        return model_operation(r->op, r->from, r->range, r->into, va, vb, vc, &env);
    case INTEGRAL:
    case INTEGRAL_X:
        return model_to_integral(r->from, vb, r->kind == INTEGRAL_X, &env);
    case TO_INT:
    case TO_UINT:
        return model_to_integer(r->from, vb, r->bits, r->kind == TO_INT, &env);
    default:
        return model_from_integer(vb, r->bits, r->kind == FROM_INT, r->range, r->into, &env);
    }
}

/* What is expected of a case. */
struct expected {
    union vsr t;
    uint64_t fpscr, fpscr_undefined;
    bool written, trap, element_undefined[4];
    unsigned cc;
};

static unsigned element_count(const struct row *r)
{
    return r->lanes ? r->lanes : 1;
}

static bool is_compare(const struct row *r)
{
    return r->kind == COMPARE || r->kind == COMPARE_O;
}

/* Sticky bits, FX, and whether an enabled exception arose. */
static bool raise(struct expected *want, uint64_t flags, uint64_t *arisen)
{
    *arisen = flags & FPSCR_VX_ANY && want->fpscr & FPSCR_VE ? FPSCR_VX : 0;
    *arisen |= flags & FPSCR_ZX && want->fpscr & FPSCR_ZE ? FPSCR_ZX : 0;
    *arisen |= flags & FPSCR_OX && want->fpscr & FPSCR_OE ? FPSCR_OX : 0;
    *arisen |= flags & FPSCR_UX && want->fpscr & FPSCR_UE ? FPSCR_UX : 0;
    *arisen |= flags & FPSCR_XX && want->fpscr & FPSCR_XE ? FPSCR_XX : 0;
    if (flags & ~want->fpscr)
        want->fpscr |= FPSCR_FX;
    want->fpscr = summaries(want->fpscr | flags);
    return *arisen;
}

static void expect_compare(const struct bench *x, struct expected *want)
{
    const struct row *r = x->row;
    uint64_t flags, arisen;
    want->cc =
        model_compare(r->from, get_element(&x->a, r->source, 0), get_element(&x->b, r->source, 0),
                      r->kind == COMPARE_O, x->fpscr & FPSCR_VE, &flags);
    want->trap = raise(want, flags, &arisen) && x->fe;
    want->fpscr = (want->fpscr & ~FPSCR_FPCC) | (uint64_t)want->cc << 12;
}

/* Words among doublewords: quads are converted to an extended word; in all others POWER9 has the
 * word twice where the left half is undefined (or the right one, in VSX). */
static void widen(const struct row *r, union vsr *t, unsigned i)
{
    if (r->shape == VR)
        VD(*t, 0) = r->kind == TO_INT ? (uint64_t)(int64_t)(int32_t)VW(*t, 1) : VW(*t, 1);
    else if (r->target == D)
        VW(*t, 0) = VW(*t, 1);
    else if (r->target == W2)
        VW(*t, 2 * i + 1) = VW(*t, 2 * i);
}

static void expect(const struct bench *x, struct expected *want)
{
    const struct row *r = x->row;
    const unsigned n = element_count(r);
    uint64_t flags = 0, arisen;
    struct outcome o = {0};

    *want = (struct expected){.t = x->t, .fpscr = x->fpscr};
    if (is_compare(r)) {
        expect_compare(x, want);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        o = model_element(x, i);
        set_element(&want->t, r->target, i, o.bits);
        if (r->kind >= TO_INT && r->kind <= TO_UINT && r->bits == 32)
            widen(r, &want->t, i);
        want->element_undefined[i] = o.bits_undefined;
        flags |= o.flags;
    }
    if (!strcmp(r->name, "frsp") || !strcmp(r->name, "xsrsp")) /* trims the payload of a NaN */
        if (o.fprf == 0x11)
            VD(want->t, 0) &= ~0x1fffffffULL;
    if (!strcmp(r->name, "xsrqpxp") && o.fprf == 0x11)
        want->t.q &= ~(u128)0 << 49;
    want->trap = raise(want, flags, &arisen) && x->fe;
    want->written = r->lanes ? !arisen : !(arisen & (FPSCR_VX | FPSCR_ZX));
    if (!want->written)
        want->t = x->t;
    if (r->lanes)
        return;
    want->fpscr &= ~(FPSCR_FR | FPSCR_FI);
    want->fpscr |= (o.fr ? FPSCR_FR : 0) | (o.fi ? FPSCR_FI : 0);
    want->fpscr_undefined = o.fr_undefined ? FPSCR_FR : 0;
    if (want->written) {
        want->fpscr = (want->fpscr & ~FPSCR_FPRF) | (uint64_t)o.fprf << 12;
        want->fpscr_undefined |= o.bits_undefined ? FPSCR_FPRF : 0;
    }
}

/* A word that stands twice is compared twice. */
static bool same_element(const struct row *r, const union vsr *got, const union vsr *want,
                         unsigned i)
{
    const bool both = r->target == W2 && (r->kind == TO_INT || r->kind == TO_UINT);
    const enum slot slot = both ? D : r->target;
    return get_element(got, slot, i) == get_element(want, slot, i);
}

static unsigned vsr_number(const struct row *r, unsigned n)
{
    return r->shape == VR || r->shape == VR_A ? 32 + n : n;
}

static void run_case(const struct bench *x, struct cpu *cpu, const struct expected *want,
                     const char *engine)
{
    const struct row *r = x->row;
    union vsr *t = &cpu->vsr[vsr_number(r, RT)];

    cpu->msr = MSR_SF | MSR_FP | MSR_VEC | MSR_VSX;
    cpu->msr |= !x->fe ? 0 : x->word & 1 ? MSR_FE0 : MSR_FE1 | (x->fpscr & FPSCR_UX ? MSR_FE0 : 0);
    fpscr_sync(cpu);
    fpscr_write(cpu, x->fpscr, ~0ULL);
    cpu->vsr[vsr_number(r, RA)] = x->a;
    cpu->vsr[vsr_number(r, RB)] = x->b;
    cpu->vsr[vsr_number(r, RC)] = x->c;
    *t = x->t;
    memset(&cpu->trap, 0, sizeof(cpu->trap));
    trap_t trap = insn_table[x->in.id].handler(cpu, &x->in);
    bool good = trap == (want->trap ? TRAP_PROGRAM : TRAP_NONE) &&
                !((fpscr_read(cpu) ^ want->fpscr) & ~want->fpscr_undefined) &&
                (!want->trap || cpu->trap.srr1 == SRR1_FP_ENABLED);
    if (is_compare(r))
        good = good && cpu->cr[1] == want->cc && t->q == x->t.q;
    else if (!want->written)
        good = good && t->q == x->t.q;
    else
        for (unsigned i = 0; i < element_count(r); i++)
            good = good && (want->element_undefined[i] || same_element(r, t, &want->t, i));
    /* A scalar result clears doubleword 1: all processors do, says the ISA since 3.1. */
    if (want->written && !r->lanes && r->target != Q)
        good = good && VD(*t, 1) == 0;
    if (good)
        return;
    fail_msg("%s (%s) %08x fpscr %016llx fe %d\n a %016llx %016llx b %016llx %016llx\n"
             " c %016llx %016llx t %016llx %016llx\n got  %016llx %016llx fpscr %016llx trap %d\n"
             " want %016llx %016llx fpscr %016llx trap %d written %d cc %x",
             r->name, engine, x->word, (unsigned long long)x->fpscr, x->fe,
             (unsigned long long)VD(x->a, 0), (unsigned long long)VD(x->a, 1),
             (unsigned long long)VD(x->b, 0), (unsigned long long)VD(x->b, 1),
             (unsigned long long)VD(x->c, 0), (unsigned long long)VD(x->c, 1),
             (unsigned long long)VD(x->t, 0), (unsigned long long)VD(x->t, 1),
             (unsigned long long)VD(*t, 0), (unsigned long long)VD(*t, 1),
             (unsigned long long)fpscr_read(cpu), trap, (unsigned long long)VD(want->t, 0),
             (unsigned long long)VD(want->t, 1), (unsigned long long)want->fpscr, want->trap,
             want->written, want->cc);
}

/* ---- all of them ---- */

static struct cpu soft, host;

static void start(struct bench *x, const struct row *r)
{
    unsigned id = 1;
    while (id < INSN_COUNT && strcmp(insn_table[id].mnemonic, r->name))
        id++;
    if (id == INSN_COUNT)
        fail_msg("no row named %s", r->name);
    const struct insn_row *row = &insn_table[id];
    const uint32_t rt = is_compare(r) ? 1 << 2 : RT;
    x->row = r;
    x->word =
        row->match | ((rt << 21 | RA << 16 | RB << 11 | RC << 6) & ~row->mask & ~row->reserved);
    if (r->mode == BY_RMC) { /* R and RMC; with R=0 two values of RMC are reserved */
        const uint32_t rmc = lrand48() & 3, away = lrand48() & 1 ? 3 : 0;
        x->word &= ~(31u << 16 | 3u << 9);
        x->word |= lrand48() & 1 ? 1 << 16 | rmc << 9 : away << 9;
    }
    insn_decode(&x->in, x->word);
    assert_int_equal(x->in.id, id);
}

static void check(struct bench *x)
{
    struct expected want;
    x->fpscr = random_fpscr();
    x->fe = lrand48() & 1;
    expect(x, &want);
    run_case(x, &soft, &want, "softfp");
    run_case(x, &host, &want, "host");
}

static void fill(const struct row *r, union vsr *v)
{
    v->q = random128();
    for (unsigned i = 0; i < element_count(r); i++)
        set_element(v, r->source, i,
                    r->kind == FROM_INT || r->kind == FROM_UINT ? random_integer()
                                                                : random_number(r->from));
}

static void test_random_operands(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
        for (unsigned n = 0; n < RANDOM_CASES; n++) {
            const struct row *r = &rows[k];
            struct bench x;
            start(&x, r);
            fill(r, &x.a);
            fill(r, &x.b);
            fill(r, &x.c);
            fill(r, &x.t);
            if (lrand48() % 4 == 0) /* equal, opposite, almost so: cancellation */
                x.b.q = x.a.q ^ (u128)(lrand48() & 3) ^ (u128)(lrand48() & 1) << 127;
            check(&x);
        }
}

/* Operands that an instruction has: 1 to 3. */
static unsigned operand_count(const struct row *r)
{
    if (r->kind == ARITH && r->op >= M_MADD && r->op != M_CONVERT)
        return 3;
    return is_compare(r) || (r->kind == ARITH && r->op < M_SQRT) ? 2 : 1;
}

static void set_all(const struct row *r, union vsr *v, u128 element)
{
    v->q = random128();
    for (unsigned i = 0; i < element_count(r); i++)
        set_element(v, r->source, i, element);
}

/* Of the triples an instruction gets a third; its neighbours in the table, the same operation in
 * other formats and forms, get the others. */
static void test_every_combination_of_edges(void **state)
{
    (void)state;
    const unsigned all = 2 * EDGES;
    for (unsigned k = 0; k < ARRAY_SIZE(rows); k++) {
        const struct row *r = &rows[k];
        const unsigned n = operand_count(r);
        if (r->kind == FROM_INT || r->kind == FROM_UINT)
            continue;
        for (unsigned i = 0; i < all; i++)
            for (unsigned j = 0; j < (n > 1 ? all : 1); j++)
                for (unsigned l = n > 2 ? (i + j + k) % 3 : 0; l < (n > 2 ? all : 1); l += 3) {
                    struct bench x;
                    start(&x, r);
                    set_all(r, &x.b, signed_edge(r->from, i));
                    set_all(r, &x.a, signed_edge(r->from, j));
                    set_all(r, &x.c, signed_edge(r->from, n > 2 ? l : i));
                    set_all(r, &x.t, signed_edge(r->from, l));
                    if (r->shape == FPR && r->op == M_MUL)
                        x.c = x.b;
                    check(&x);
                }
    }
}

/* ---- VMX: four singles, always to nearest, no exceptions; VSCR[NJ] makes zeros of denormals ----
 */

static uint32_t flush(uint32_t v, bool nj)
{
    return nj && !(v & 0x7f800000) ? v & 0x80000000 : v;
}

static void check_vmx(struct cpu *cpu, uint32_t word, enum model_op op, const union vsr v[3],
                      bool nj)
{
    static const struct model_env nearest = {.rn = FP_NEAREST};
    struct insn in;
    for (unsigned i = 0; i < 3; i++)
        cpu->vsr[33 + i] = v[i];
    cpu->vscr = nj ? 0x10000 : 0;
    const uint64_t fpscr = fpscr_read(cpu);
    insn_decode(&in, word | RT << 21 | RA << 16 | RB << 11 | (op >= M_MADD ? RC << 6 : 0));
    assert_int_equal(insn_table[in.id].handler(cpu, &in), TRAP_NONE);
    assert_int_equal(fpscr_read(cpu), fpscr);
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t a = flush(VW(v[0], i), nj), b = flush(VW(v[1], i), nj);
        const struct outcome o =
            model_operation(op, &SINGLE, &SINGLE, &SINGLE, a, b, flush(VW(v[2], i), nj), &nearest);
        uint32_t want = flush((uint32_t)o.bits, nj);
        if (nj && o.flags & FPSCR_UX) /* rounded up to a normal number, but tiny before */
            want &= 0x80000000;
        if (VW(cpu->vsr[32 + RT], i) != want)
            fail_msg("%s nj %d: %08x %08x %08x: %08x, want %08x", insn_table[in.id].mnemonic, nj, a,
                     b, VW(v[2], i), VW(cpu->vsr[32 + RT], i), want);
    }
}

static void test_vmx_arithmetic(void **state)
{
    (void)state;
    static const struct {
        uint32_t word;
        enum model_op op;
    } all[] = {
        {0x1000000a, M_ADD}, {0x1000004a, M_SUB}, {0x1000002e, M_MADD}, {0x1000002f, M_NMSUB}};
    fpscr_write(&soft, 0, ~0ULL);
    fpscr_write(&host, 0, ~0ULL);
    for (unsigned n = 0; n < 4 * RANDOM_CASES; n++) {
        union vsr v[3];
        for (unsigned i = 0; i < 12; i++)
            VW(v[i / 4], i % 4) = (uint32_t)random_number(&SINGLE);
        const bool nj = lrand48() & 1;
        check_vmx(&soft, all[n % 4].word, all[n % 4].op, v, nj);
        check_vmx(&host, all[n % 4].word, all[n % 4].op, v, nj);
    }
}

static int prepare(void **state)
{
    static const struct engine fast = {.host_fp = true};
    static struct machine machine = {.engine = &fast};
    (void)state;
    mpfr_set_emin(-100000);
    mpfr_set_emax(100000);
    host.machine = &machine; /* without one, handlers stay on softfp */
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operands),
        cmocka_unit_test(test_every_combination_of_edges),
        cmocka_unit_test(test_vmx_arithmetic),
    };
    return cmocka_run_group_tests_name("bfp", tests, prepare, NULL);
}
