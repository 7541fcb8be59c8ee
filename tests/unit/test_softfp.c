/*
 * softfp against MPFR (values, inexactness, direction, tininess, adjusted exponents), its special
 * cases against the ISA's tables, and the host-FPU path against the handlers on softfp.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <mpfr.h>

#include "pefemu/engine.h"
#include "pefemu/machine.h"
#include "cpu/fpu.h"
#include "cpu/fp_host.h"
#include "cpu/fp_lanes.h"

#define ROUNDS 40000 /* random cases per operation and rounding mode */

/* ---- operands: every exponent region, and significands with long runs ---- */

static uint64_t random64(void)
{
    return (uint64_t)(uint32_t)mrand48() << 32 | (uint32_t)mrand48();
}

static uint64_t random_fraction(unsigned bits)
{
    uint64_t mask = (1ULL << bits) - 1, v = random64();
    switch (lrand48() % 6) {
    case 0:
        return 0;
    case 1:
        return mask;
    case 2:
        return (v & 3) + (lrand48() & 1 ? mask - 3 : 0);
    case 3:
        return (v & mask) & (mask << (lrand48() % bits));
    case 4:
        return 1ULL << (lrand48() % bits);
    default:
        return v & mask;
    }
}

static unsigned random_exponent(unsigned bits, bool special)
{
    unsigned max = (1u << bits) - 1, bias = max / 2;
    switch (lrand48() % 8) {
    case 0:
        return lrand48() % 3;
    case 1:
        return max - special - lrand48() % 3 + (special ? 1 : -1);
    case 2:
        return bias / 2 + lrand48() % 60;
    case 3:
        return bias + bias / 2 + lrand48() % 60;
    case 4:
        return lrand48() % max;
    default:
        return bias - 32 + lrand48() % 80;
    }
}

static uint64_t random_f64(bool special)
{
    uint64_t e = random_exponent(11, special);
    if (!(lrand48() & 3)) /* around the range of single */
        e = 1023 - 155 + lrand48() % 300;
    uint64_t frac = random_fraction(52);
    if (!(lrand48() & 3)) /* a single-precision significand */
        frac &= ~0x1fffffffULL;
    if (!special && e >= 0x7ff)
        e = 0x7fe;
    return (uint64_t)(lrand48() & 1) << 63 | e << 52 | frac;
}

static uint32_t random_f32(void)
{
    unsigned e = random_exponent(8, false);
    return (uint32_t)(lrand48() & 1) << 31 | (e > 254 ? 254 : e) << 23 |
           (uint32_t)random_fraction(23);
}

/* ---- the oracle ---- */

enum oracle_op { O_ADD, O_SUB, O_MUL, O_DIV, O_SQRT, O_MADD, O_MSUB, O_MOVE, O_COUNT };
static const char *const op_names[] = {"add", "sub", "mul", "div", "sqrt", "madd", "msub", "cvt"};

struct range {
    int prec, emin, emax, wrap; /* exponents as IEEE counts them */
};
static const struct range DOUBLE = {53, -1022, 1023, 1536};
static const struct range SINGLE = {24, -126, 127, 192};
static const struct range HALF = {11, -14, 15, 24};

struct outcome {
    double v;
    uint64_t flags;
    bool fi, fr;
};

static const mpfr_rnd_t mpfr_modes[] = {MPFR_RNDN, MPFR_RNDZ, MPFR_RNDU, MPFR_RNDD};

static int evaluate(mpfr_t r, enum oracle_op what, double a, double b, double c, mpfr_rnd_t rnd)
{
    mpfr_t x, y, z;
    mpfr_inits2(53, x, y, z, (mpfr_ptr)NULL);
    mpfr_set_d(x, a, MPFR_RNDN);
    mpfr_set_d(y, b, MPFR_RNDN);
    mpfr_set_d(z, c, MPFR_RNDN);
    int t = 0;
    switch (what) {
    case O_ADD:
        t = mpfr_add(r, x, y, rnd);
        break;
    case O_SUB:
        t = mpfr_sub(r, x, y, rnd);
        break;
    case O_MUL:
        t = mpfr_mul(r, x, y, rnd);
        break;
    case O_DIV:
        t = mpfr_div(r, x, y, rnd);
        break;
    case O_SQRT:
        t = mpfr_sqrt(r, y, rnd);
        break;
    case O_MADD:
        t = mpfr_fma(r, x, z, y, rnd);
        break;
    case O_MSUB:
        t = mpfr_fms(r, x, z, y, rnd);
        break;
    case O_MOVE:
        t = mpfr_set(r, y, rnd);
        break;
    case O_COUNT:
        break;
    }
    mpfr_clears(x, y, z, (mpfr_ptr)NULL);
    return t;
}

static bool is_up(int ternary, const mpfr_t r)
{
    return mpfr_signbit(r) ? ternary < 0 : ternary > 0;
}

/* MPFR's exponent is one more than IEEE's: its significand is below 1. */
static struct outcome oracle(enum oracle_op what, const struct range *f, double a, double b,
                             double c, const struct fp_op *env)
{
    struct outcome o = {0};
    mpfr_rnd_t rnd = mpfr_modes[env->rn];
    mpfr_t r;
    mpfr_init2(r, f->prec);

    mpfr_set_emin(-20000);
    mpfr_set_emax(20000);
    evaluate(r, what, a, b, c, MPFR_RNDZ);
    bool tiny = mpfr_regular_p(r) && mpfr_get_exp(r) - 1 < f->emin;
    int t = evaluate(r, what, a, b, c, rnd);
    bool over = mpfr_regular_p(r) && mpfr_get_exp(r) - 1 > f->emax;

    if ((tiny && env->ue) || (over && env->oe)) {
        o.flags = tiny ? FPSCR_UX : FPSCR_OX;
        mpfr_mul_2si(r, r, tiny ? f->wrap : -f->wrap, MPFR_RNDN);
    } else if (tiny || over) {
        mpfr_set_emin(f->emin - f->prec + 2);
        mpfr_set_emax(f->emax + 1);
        t = mpfr_check_range(r, t, rnd);
        t = mpfr_subnormalize(r, t, rnd);
        o.flags = over ? FPSCR_OX : t ? FPSCR_UX : 0;
    }
    o.fi = t != 0;
    o.fr = is_up(t, r);
    o.flags |= t ? FPSCR_XX : 0;
    o.v = mpfr_get_d(r, MPFR_RNDN);
    mpfr_clear(r);
    return o;
}

/* ---- comparing ---- */

static uint64_t soft64(enum oracle_op what, uint64_t a, uint64_t b, uint64_t c, struct fp_op *op)
{
    switch (what) {
    case O_ADD:
        return f64_add(a, b, op);
    case O_SUB:
        return f64_sub(a, b, op);
    case O_MUL:
        return f64_mul(a, b, op);
    case O_DIV:
        return f64_div(a, b, op);
    case O_SQRT:
        return f64_sqrt(b, op);
    case O_MADD:
        return f64_muladd(a, c, b, false, false, op);
    case O_MSUB:
        return f64_muladd(a, c, b, true, false, op);
    default:
        return b;
    }
}

static uint64_t soft_single(enum oracle_op what, uint64_t a, uint64_t b, uint64_t c,
                            struct fp_op *op)
{
    switch (what) {
    case O_ADD:
        return f64_adds(a, b, op);
    case O_SUB:
        return f64_subs(a, b, op);
    case O_MUL:
        return f64_muls(a, b, op);
    case O_DIV:
        return f64_divs(a, b, op);
    case O_SQRT:
        return f64_sqrts(b, op);
    case O_MADD:
        return f64_muladds(a, c, b, false, false, op);
    case O_MSUB:
        return f64_muladds(a, c, b, true, false, op);
    default:
        return f64_round_to_single(b, op);
    }
}

static uint32_t soft32(enum oracle_op what, uint32_t a, uint32_t b, uint32_t c, struct fp_op *op)
{
    switch (what) {
    case O_ADD:
        return f32_add(a, b, op);
    case O_SUB:
        return f32_sub(a, b, op);
    case O_MUL:
        return f32_mul(a, b, op);
    case O_DIV:
        return f32_div(a, b, op);
    case O_SQRT:
        return f32_sqrt(b, op);
    case O_MADD:
        return f32_muladd(a, c, b, false, false, op);
    case O_MSUB:
        return f32_muladd(a, c, b, true, false, op);
    default:
        return b;
    }
}

static void check(const char *form, enum oracle_op what, const struct outcome *o, uint64_t want,
                  uint64_t got, uint64_t a, uint64_t b, uint64_t c, const struct fp_op *op)
{
    if (want == got && o->flags == op->flags && o->fi == op->fi && o->fr == op->fr)
        return;
    fail_msg("%s %s rn=%d oe=%d ue=%d a=%016llx b=%016llx c=%016llx: got %016llx flags %llx fi %d "
             "fr %d, want %016llx flags %llx fi %d fr %d",
             form, op_names[what], op->rn, op->oe, op->ue, (unsigned long long)a,
             (unsigned long long)b, (unsigned long long)c, (unsigned long long)got,
             (unsigned long long)op->flags, op->fi, op->fr, (unsigned long long)want,
             (unsigned long long)o->flags, o->fi, o->fr);
}

/* Operations MPFR answers with an infinity or a NaN have their own test. */
static bool is_special(enum oracle_op what, uint64_t b)
{
    return (what == O_DIV && F64_MAG(b) == 0) || (what == O_SQRT && b >> 63);
}

static struct fp_op environment(unsigned rn, unsigned enables)
{
    return (struct fp_op){.rn = (enum fp_round)rn, .oe = enables & 1, .ue = enables & 2};
}

static void one_double(enum oracle_op what, unsigned rn, unsigned enables)
{
    uint64_t a = random_f64(false), b = random_f64(false), c = random_f64(false);
    if (!(lrand48() & 7)) /* near cancellation */
        b = a ^ (random64() & 7) ^ (uint64_t)(lrand48() & 1) << 63;
    if (is_special(what, b))
        return;
    struct fp_op op = environment(rn, enables);
    struct outcome o = oracle(what, &DOUBLE, fph_f64(a), fph_f64(b), fph_f64(c), &op);
    check("double", what, &o, fph_bits64(o.v), soft64(what, a, b, c, &op), a, b, c, &op);
}

static void one_single(enum oracle_op what, unsigned rn, unsigned enables)
{
    uint64_t a = random_f64(false), b = random_f64(false), c = random_f64(false);
    if (is_special(what, b))
        return;
    struct fp_op op = environment(rn, enables);
    struct outcome o = oracle(what, &SINGLE, fph_f64(a), fph_f64(b), fph_f64(c), &op);
    uint64_t got = soft_single(what, a, b, c, &op);
    /* An adjusted exponent that is still outside single is undefined. */
    unsigned e = F64_EXP(fph_bits64(o.v));
    if (o.flags & (FPSCR_OX | FPSCR_UX) && enables && (e < 897 || e > 1150))
        return;
    check("single", what, &o, fph_bits64(o.v), got, a, b, c, &op);
}

static void one_f32(enum oracle_op what, unsigned rn, unsigned enables)
{
    uint32_t a = random_f32(), b = random_f32(), c = random_f32();
    if (is_special(what, (uint64_t)b << 32))
        return;
    struct fp_op op = environment(rn, enables);
    struct outcome o =
        oracle(what, &SINGLE, (double)fph_f32(a), (double)fph_f32(b), (double)fph_f32(c), &op);
    check("f32", what, &o, fph_bits32((float)o.v), soft32(what, a, b, c, &op), a, b, c, &op);
}

static void test_arithmetic_agrees_with_mpfr(void **state)
{
    (void)state;
    for (unsigned what = 0; what < O_MOVE; what++)
        for (unsigned rn = 0; rn < 4; rn++)
            for (unsigned i = 0; i < ROUNDS; i++) {
                unsigned enables = i & 4 ? i & 3 : 0;
                one_double(what, rn, enables);
                one_single(what, rn, enables);
                one_f32(what, rn, enables);
            }
}

static void test_format_conversions_agree_with_mpfr(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4 * ROUNDS; i++) {
        uint64_t b = random_f64(false);
        if (i & 1) /* around the range of half */
            b = (b & ~PPC_BITS(1, 11)) | (uint64_t)(1023 - 28 + lrand48() % 48) << 52;
        struct fp_op op = environment(i >> 1 & 3, 0);
        struct outcome o = oracle(O_MOVE, &SINGLE, 0, fph_f64(b), 0, &op);
        uint64_t single = f64_round_to_single(b, &op);
        check("frsp", O_MOVE, &o, fph_bits64(o.v), single, 0, b, 0, &op);
        op = environment(i >> 1 & 3, 0);
        check("f64_to_f32", O_MOVE, &o, fph_bits32((float)o.v), f64_to_f32(b, &op), 0, b, 0, &op);

        op = environment(i >> 1 & 3, 0);
        o = oracle(O_MOVE, &HALF, 0, fph_f64(b), 0, &op);
        uint16_t half = f64_to_f16(b, &op);
        check("f64_to_f16", O_MOVE, &o, fph_bits64(o.v), f16_to_f64(half, &op), 0, b, 0, &op);
        assert_int_equal(f16_to_f32(half, &op), fph_bits32((float)o.v));
    }
}

/* Every half and many singles: there and back without a flag. */
static void test_widening_is_exact(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 0x10000; i++) {
        struct fp_op op = environment(FP_NEAREST, 0);
        bool snan = (i & 0x7e00) == 0x7c00 && (i & 0x1ff);
        uint64_t wide = f16_to_f64((uint16_t)i, &op);
        assert_int_equal(op.flags, snan ? FPSCR_VXSNAN : 0);
        assert_int_equal(f64_to_f16(wide, &op), snan ? i | 0x200 : i);
        assert_int_equal(f32_to_f16(f16_to_f32((uint16_t)i, &op), &op), snan ? i | 0x200 : i);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t b = i & 1 ? (uint32_t)mrand48() : random_f32();
        assert_int_equal(f64_to_f32_bits(f32_to_f64_bits(b)), b);
    }
}

/* ---- integers ---- */

static void one_to_integer(uint64_t b, unsigned rn)
{
    mpfr_t x, r;
    mpfr_init2(x, 53);
    mpfr_init2(r, 80);
    mpfr_set_emin(-20000);
    mpfr_set_emax(20000);
    mpfr_set_d(x, fph_f64(b), MPFR_RNDN);
    int t = mpfr_rint(r, x, mpfr_modes[rn]);
    bool inexact = t != 0, up = is_up(t, r);
    const struct {
        uint64_t got;
        bool fits;
        uint64_t want;
    } cases[] = {
        {0, mpfr_fits_slong_p(r, MPFR_RNDZ), (uint64_t)mpfr_get_si(r, MPFR_RNDZ)},
        {0, mpfr_fits_sint_p(r, MPFR_RNDZ), (uint64_t)mpfr_get_si(r, MPFR_RNDZ)},
        {0, mpfr_fits_ulong_p(r, MPFR_RNDZ), mpfr_get_ui(r, MPFR_RNDZ)},
        {0, mpfr_fits_uint_p(r, MPFR_RNDZ), mpfr_get_ui(r, MPFR_RNDZ)},
    };
    bool neg = b >> 63;
    const uint64_t limits[4][2] = {
        {INT64_MAX, (uint64_t)INT64_MIN},
        {INT32_MAX, (uint64_t)INT32_MIN},
        {UINT64_MAX, 0},
        {UINT32_MAX, 0},
    };
    for (unsigned i = 0; i < 4; i++) {
        struct fp_op op = environment(rn, 0);
        uint64_t got = i == 0   ? (uint64_t)f64_to_i64(b, &op)
                       : i == 1 ? (uint64_t)(int64_t)f64_to_i32(b, &op)
                       : i == 2 ? f64_to_u64(b, &op)
                                : f64_to_u32(b, &op);
        uint64_t want = cases[i].fits ? cases[i].want : limits[i][neg];
        uint64_t flags = !cases[i].fits ? FPSCR_VXCVI : inexact ? FPSCR_XX : 0;
        if (got != want || op.flags != flags || op.fi != (flags == FPSCR_XX) ||
            op.fr != (flags == FPSCR_XX && up))
            fail_msg("to integer %u of %016llx rn=%u: %llx flags %llx fr %d", i,
                     (unsigned long long)b, rn, (unsigned long long)got,
                     (unsigned long long)op.flags, op.fr);
    }
    struct fp_op op = environment(rn, 0);
    assert_int_equal(f64_round_int(b, true, &op), fph_bits64(mpfr_get_d(r, MPFR_RNDN)));
    assert_int_equal(op.flags, inexact ? FPSCR_XX : 0);
    mpfr_clears(x, r, (mpfr_ptr)NULL);
}

static void one_from_integer(uint64_t v, unsigned rn)
{
    for (unsigned i = 0; i < 4; i++) {
        mpfr_t r;
        mpfr_init2(r, i & 1 ? 24 : 53);
        int t =
            i & 2 ? mpfr_set_ui(r, v, mpfr_modes[rn]) : mpfr_set_si(r, (int64_t)v, mpfr_modes[rn]);
        struct fp_op op = environment(rn, 0);
        uint64_t got = i == 0   ? i64_to_f64((int64_t)v, &op)
                       : i == 1 ? f32_to_f64_bits(i64_to_f32((int64_t)v, &op))
                       : i == 2 ? u64_to_f64(v, &op)
                                : f32_to_f64_bits(u64_to_f32(v, &op));
        assert_int_equal(got, fph_bits64(mpfr_get_d(r, MPFR_RNDN)));
        assert_int_equal(op.fi, t != 0);
        assert_int_equal(op.fr, is_up(t, r));
        mpfr_clear(r);
    }
}

static void test_integer_conversions_agree_with_mpfr(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * ROUNDS; i++) {
        uint64_t b = random_f64(false);
        if (i & 1) /* around the limits of the integers */
            b = (b & ~PPC_BITS(1, 11)) | (uint64_t)(1021 + lrand48() % 66) << 52;
        one_to_integer(b, i >> 1 & 3);
        one_from_integer(random64() >> (lrand48() & 63), i >> 1 & 3);
        one_from_integer((uint64_t)((int64_t)random64() >> (lrand48() & 63)), i >> 1 & 3);
    }
}

static void test_frin_rounds_ties_away(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        double d = (double)(int32_t)mrand48() / (1 << (lrand48() % 20));
        struct fp_op op = environment(FP_AWAY, 0);
        assert_int_equal(f64_round_int(fph_bits64(d), false, &op), fph_bits64(__builtin_round(d)));
        assert_int_equal(op.flags, 0);
    }
}

/* ---- special operands ---- */

#define PZERO 0x0000000000000000ULL
#define MZERO 0x8000000000000000ULL
#define ONE   0x3ff0000000000000ULL
#define PINF  0x7ff0000000000000ULL
#define NINF  0xfff0000000000000ULL
#define QNAN  0x7ff8000000000000ULL
#define QNAN1 0xfff8000000000123ULL
#define QNAN2 0x7ffc000000000456ULL
#define SNAN  0x7ff0000000000789ULL

static void test_special_operands(void **state)
{
    (void)state;
    static const struct {
        enum oracle_op what;
        uint64_t a, b, c, want, flags;
    } cases[] = {
        {O_ADD, PINF, NINF, 0, QNAN, FPSCR_VXISI},
        {O_SUB, PINF, PINF, 0, QNAN, FPSCR_VXISI},
        {O_SUB, PINF, NINF, 0, PINF, 0},
        {O_ADD, PZERO, MZERO, 0, PZERO, 0},
        {O_ADD, MZERO, MZERO, 0, MZERO, 0},
        {O_SUB, MZERO, PZERO, 0, MZERO, 0},
        {O_ADD, QNAN1, QNAN2, 0, QNAN1, 0},
        {O_ADD, ONE, QNAN2, 0, QNAN2, 0},
        {O_SUB, ONE, QNAN1, 0, QNAN1, 0},
        {O_ADD, QNAN1, SNAN, 0, QNAN1, FPSCR_VXSNAN},
        {O_MUL, SNAN, PZERO, 0, SNAN | 1ULL << 51, FPSCR_VXSNAN},
        {O_MUL, PINF, MZERO, 0, QNAN, FPSCR_VXIMZ},
        {O_MUL, PINF, NINF, 0, NINF, 0},
        {O_DIV, PINF, NINF, 0, QNAN, FPSCR_VXIDI},
        {O_DIV, MZERO, PZERO, 0, QNAN, FPSCR_VXZDZ},
        {O_DIV, ONE, MZERO, 0, NINF, FPSCR_ZX},
        {O_DIV, PINF, MZERO, 0, NINF, 0},
        {O_DIV, ONE, NINF, 0, MZERO, 0},
        {O_SQRT, 0, MZERO, 0, MZERO, 0},
        {O_SQRT, 0, ONE | MZERO, 0, QNAN, FPSCR_VXSQRT},
        {O_SQRT, 0, NINF, 0, QNAN, FPSCR_VXSQRT},
        {O_SQRT, 0, PINF, 0, PINF, 0},
        {O_MADD, PINF, ONE, PZERO, QNAN, FPSCR_VXIMZ},
        {O_MADD, PINF, QNAN1, PZERO, QNAN1, FPSCR_VXIMZ},
        {O_MADD, PINF, SNAN, PZERO, SNAN | 1ULL << 51, FPSCR_VXIMZ | FPSCR_VXSNAN},
        {O_MADD, ONE, QNAN1, QNAN2, QNAN1, 0},
        {O_MADD, PINF, NINF, ONE, QNAN, FPSCR_VXISI},
        {O_MSUB, PINF, NINF, ONE, PINF, 0},
        {O_MSUB, ONE, QNAN1, ONE, QNAN1, 0},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fp_op op = environment(FP_NEAREST, 0);
        uint64_t got = soft64(cases[i].what, cases[i].a, cases[i].b, cases[i].c, &op);
        if (got != cases[i].want || op.flags != cases[i].flags || op.fi || op.fr)
            fail_msg("case %u: %016llx flags %llx", i, (unsigned long long)got,
                     (unsigned long long)op.flags);
    }
    struct fp_op op = environment(FP_DOWN, 0);
    assert_int_equal(f64_add(ONE, ONE | MZERO, &op), MZERO);
    op = environment(FP_NEAREST, 0);
    assert_int_equal(f64_muladd(ONE, ONE, QNAN1, false, true, &op), QNAN1);
    assert_int_equal(f64_muladd(ONE, ONE, ONE, true, true, &op), MZERO);
    assert_int_equal(f64_round_to_single(0xfff80000ffffffffULL, &op), 0xfff80000e0000000ULL);
}

static void test_tiny_before_rounding(void **state)
{
    (void)state;
    struct fp_op op = environment(FP_NEAREST, 0);
    /* rounds up to the least normal number, but was below it */
    assert_int_equal(f64_mul(0x0010000000000001ULL, 0x3feffffffffffffeULL, &op), 1ULL << 52);
    assert_int_equal(op.flags, FPSCR_UX | FPSCR_XX);
}

static void test_round_to_odd(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t a = random_f64(false), b = random_f64(false);
        struct fp_op zero = environment(FP_ZERO, 0), odd = environment(FP_ODD, 0);
        uint64_t want = f64_mul(a, b, &zero), got = f64_mul(a, b, &odd);
        assert_int_equal(got, want | zero.fi);
        assert_int_equal(odd.flags, zero.flags);
    }
}

static void test_compare(void **state)
{
    (void)state;
    struct fp_op op = environment(FP_NEAREST, 0);
    assert_int_equal(f64_compare(MZERO, PZERO, true, &op), CR_EQ);
    assert_int_equal(f64_compare(NINF, PINF, true, &op), CR_LT);
    assert_int_equal(f64_compare(ONE | MZERO, NINF, true, &op), CR_GT);
    assert_int_equal(op.flags, 0);
    assert_int_equal(f64_compare(QNAN, ONE, false, &op), CR_SO);
    assert_int_equal(op.flags, 0);
    assert_int_equal(f64_compare(QNAN, ONE, true, &op), CR_SO);
    assert_int_equal(op.flags, FPSCR_VXVC);
    op.flags = 0;
    assert_int_equal(f64_compare(QNAN, SNAN, true, &op), CR_SO);
    assert_int_equal(op.flags, FPSCR_VXVC | FPSCR_VXSNAN);
    op.flags = 0;
    op.ve = true;
    f64_compare(QNAN, SNAN, true, &op);
    assert_int_equal(op.flags, FPSCR_VXSNAN);
    for (unsigned i = 0; i < ROUNDS; i++) {
        double x = fph_f64(random_f64(false)), y = fph_f64(random_f64(false));
        unsigned want = x < y ? CR_LT : x > y ? CR_GT : CR_EQ;
        assert_int_equal(f64_compare(fph_bits64(x), fph_bits64(y), false, &op), want);
    }
}

static void test_estimates_are_close(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t b = random_f64(false) & ~MZERO;
        b = (b & PPC_BITS(12, 63)) | (uint64_t)(900 + lrand48() % 200) << 52;
        struct fp_op op = environment(FP_NEAREST, 0);
        double d = fph_f64(b), re = fph_f64(f64_re(b, &op)), rs = fph_f64(f64_rsqrte(b, &op));
        assert_true(re * d > 1 - 0x1p-14 && re * d < 1 + 0x1p-14);
        assert_true(rs * rs * d > 1 - 0x1p-13 && rs * rs * d < 1 + 0x1p-13);
        assert_int_equal(op.flags, 0);
    }
    struct fp_op op = environment(FP_NEAREST, 0);
    assert_int_equal(f64_re(MZERO, &op), NINF);
    assert_int_equal(op.flags, FPSCR_ZX);
    op.flags = 0;
    assert_int_equal(f64_rsqrte(MZERO, &op), NINF);
    assert_int_equal(op.flags, FPSCR_ZX);
    op.flags = 0;
    assert_int_equal(f64_rsqrte(NINF, &op), QNAN);
    assert_int_equal(op.flags, FPSCR_VXSQRT);
    assert_int_equal(f64_rsqrte(PINF, &op), PZERO);
}

/* ---- host path against handlers ---- */

#define HANDLER(name) trap_t op_##name(struct cpu *cpu, const struct insn *in);
#define HOST_OPS2(X)                                                                               \
    X(fadd, fph_add(cpu, a, b, &r))                                                                \
    X(fsub, fph_sub(cpu, a, b, &r))                                                                \
    X(fmul, fph_mul(cpu, a, c, &r))                                                                \
    X(fdiv, fph_div(cpu, a, b, &r))                                                                \
    X(fsqrt, fph_sqrt(cpu, b, &r))                                                                 \
    X(fmadd, fph_madd(cpu, a, c, b, &r))                                                           \
    X(fmsub, fph_msub(cpu, a, c, b, &r))                                                           \
    X(fnmadd, fph_nmadd(cpu, a, c, b, &r))                                                         \
    X(fnmsub, fph_nmsub(cpu, a, c, b, &r))                                                         \
    X(fadds, fph_adds(cpu, a, b, &r))                                                              \
    X(fsubs, fph_subs(cpu, a, b, &r))                                                              \
    X(fmuls, fph_muls(cpu, a, c, &r))                                                              \
    X(fdivs, fph_divs(cpu, a, b, &r))                                                              \
    X(fsqrts, fph_sqrts(cpu, b, &r))                                                               \
    X(fmadds, fph_madds(cpu, a, c, b, &r))                                                         \
    X(fmsubs, fph_msubs(cpu, a, c, b, &r))                                                         \
    X(fnmadds, fph_nmadds(cpu, a, c, b, &r))                                                       \
    X(fnmsubs, fph_nmsubs(cpu, a, c, b, &r))                                                       \
    X(frsp, fph_frsp(cpu, b, &r))                                                                  \
    X(fcfid, fph_cfid(cpu, b, &r))                                                                 \
    X(fcfidu, fph_cfidu(cpu, b, &r))                                                               \
    X(fcfids, fph_cfids(cpu, b, &r))                                                               \
    X(fcfidus, fph_cfidus(cpu, b, &r))                                                             \
    X(fctidz, fph_ctidz(cpu, b, &r))                                                               \
    X(fctiduz, fph_ctiduz(cpu, b, &r))                                                             \
    X(fctiwz, fph_ctiwz(cpu, b, &r))                                                               \
    X(fctiwuz, fph_ctiwuz(cpu, b, &r))

#define DECLARE(name, expr) HANDLER(name)
HOST_OPS2(DECLARE)
HANDLER(fcmpu)
HANDLER(fcmpo)

enum host_op {
#define ENUM(name, expr) H_##name,
    HOST_OPS2(ENUM)
#undef ENUM
        H_CMPU,
    H_CMPO,
    H_COUNT
};

static bool host_step(struct cpu *cpu, unsigned what, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t r = 0;
    unsigned cc;
    bool done = false;
    switch (what) {
#define CASE(name, expr)                                                                           \
    case H_##name:                                                                                 \
        done = expr;                                                                               \
        break;
        HOST_OPS2(CASE)
#undef CASE
    default:
        if (!fph_cmp(cpu, a, b, &cc))
            return false;
        cpu->cr[1] = (uint8_t)cc;
        return true;
    }
    if (done) {
        VD(cpu->vsr[4], 0) = r;
        VD(cpu->vsr[4], 1) = 0;
    }
    return done;
}

static const insn_handler host_handlers[] = {
#define ENTRY(name, expr) op_##name,
    HOST_OPS2(ENTRY)
#undef ENTRY
        op_fcmpu,
    op_fcmpo,
};

static void test_host_path_equals_handlers(void **state)
{
    (void)state;
    static const struct engine host = {.host_fp = true};
    static struct machine machine = {.engine = &host};
    static struct cpu slow, fast;
    unsigned taken[H_COUNT] = {0};
    fast.machine = &machine; /* without one, handlers stay on softfp */
    struct insn arith = {.rt = 4, .ra = 1, .rb = 2, .rc = 3};

    for (unsigned i = 0; i < 60 * ROUNDS; i++) {
        unsigned what = lrand48() % H_COUNT;
        uint64_t a = random_f64(true), b = random_f64(true), c = random_f64(true);
        if (what >= H_fcfid && what <= H_fcfidus)
            b = (uint64_t)((int64_t)random64() >> (lrand48() & 63));
        else if (!(i & 3)) /* small exact numbers */
            a = fph_bits64((double)(mrand48() >> 20)), b = fph_bits64((double)(mrand48() >> 24)),
            c = fph_bits64((double)(mrand48() >> 27) / 8);
        else if ((i & 3) == 1) /* exact sums and products half way between two single numbers */
            a = fph_bits64((double)(mrand48() >> 7)), b = fph_bits64((double)(mrand48() >> 28) / 2),
            c = b;
        if (!(lrand48() % 50)) { /* mostly XX and the others are clear, as after mtfsf */
            uint64_t v = lrand48() & 1 ? 0 : FPSCR_XX;
            fpscr_write(&slow, v, ~0ULL);
            fpscr_write(&fast, v, ~0ULL);
            assert_true(fast.fp_fast);
        }
        struct insn in = arith;
        if (what >= H_CMPU)
            in.rt = 1 << 2;
        struct cpu *both[] = {&slow, &fast};
        for (unsigned k = 0; k < 2; k++) {
            VD(both[k]->vsr[1], 0) = a;
            VD(both[k]->vsr[2], 0) = b;
            VD(both[k]->vsr[3], 0) = c;
        }
        host_handlers[what](&slow, &in);
        if (i & 16)
            host_handlers[what](&fast, &in);
        else if (host_step(&fast, what, a, b, c))
            taken[what]++;
        else
            host_handlers[what](&fast, &in);
        bool same = VD(slow.vsr[4], 0) == VD(fast.vsr[4], 0) && slow.cr[1] == fast.cr[1] &&
                    !((slow.fpscr ^ fast.fpscr) & FPSCR_STICKY);
        if (lrand48() & 1)
            same = same && fpscr_read(&slow) == fpscr_read(&fast);
        if (!same)
            fail_msg("op %u a=%016llx b=%016llx c=%016llx: soft %016llx %llx, host %016llx %llx",
                     what, (unsigned long long)a, (unsigned long long)b, (unsigned long long)c,
                     (unsigned long long)VD(slow.vsr[4], 0), (unsigned long long)slow.fpscr,
                     (unsigned long long)VD(fast.vsr[4], 0), (unsigned long long)fast.fpscr);
    }
    for (unsigned i = 0; i < H_COUNT; i++)
        if (FPH_HAVE_FMA || !((i >= H_fmadd && i <= H_fnmsub) || (i >= H_fmadds && i <= H_fnmsubs)))
            assert_true(taken[i] > 100);
}

/* Rounding twice: right only when the first time changed nothing. */
static void test_host_takes_exact_half_ways_only(void **state)
{
    (void)state;
    static struct cpu cpu;
    const uint64_t odd = fph_bits64(8388609), half = fph_bits64(0.5),
                   more = fph_bits64(0.5 + 0x1p-40);
    const uint64_t three = fph_bits64(3);
    /* the product is 8388609.5 less a 2^-56th: the double nearest to it is 8388609.5 */
    const uint64_t above_1 = fph_bits64(1 + 0x1p-28), below = fph_bits64(8388609.5 * (1 - 0x1p-28));
    uint64_t r = 0;

    for (unsigned i = 0; i < 2; i++) {
        cpu.fpscr = i ? FPSCR_XX : 0;
        assert_true(fph_adds(&cpu, odd, half, &r));
        assert_int_equal(r, fph_bits64(8388610));
        assert_true(fph_subs(&cpu, odd, half, &r));
        assert_int_equal(r, fph_bits64(8388608));
        assert_true(cpu.fpscr & FPSCR_XX);
        assert_false(fph_adds(&cpu, odd, more, &r));
#if FPH_HAVE_FMA
        cpu.fpscr = i ? FPSCR_XX : 0;
        assert_true(fph_muls(&cpu, odd, three, &r)); /* 25165827, between 25165826 and ...828 */
        assert_int_equal(r, fph_bits64(25165828));
        assert_false(fph_muls(&cpu, above_1, below, &r));
#endif
    }
}

static void test_enabled_exceptions_trap_and_suppress(void **state)
{
    (void)state;
    static struct cpu cpu;
    struct insn in = {.rt = 4, .ra = 1, .rb = 2, .rc = 3};
    const uint64_t target = 0x1234;

    /* disabled by MSR: the target stays all the same, but nothing traps */
    fpscr_write(&cpu, FPSCR_VE | FPSCR_ZE, ~0ULL);
    assert_false(cpu.fp_fast);
    VD(cpu.vsr[1], 0) = PINF;
    VD(cpu.vsr[2], 0) = NINF;
    VD(cpu.vsr[4], 0) = target;
    assert_int_equal(op_fadd(&cpu, &in), TRAP_NONE);
    assert_int_equal(VD(cpu.vsr[4], 0), target);
    assert_int_equal(fpscr_read(&cpu),
                     FPSCR_VE | FPSCR_ZE | FPSCR_FX | FPSCR_FEX | FPSCR_VX | FPSCR_VXISI);
    cpu.msr = MSR_FE0;
    fpscr_write(&cpu, FPSCR_VE | FPSCR_ZE, ~0ULL);
    assert_int_equal(op_fadd(&cpu, &in), TRAP_PROGRAM);
    assert_int_equal(cpu.trap.srr1, SRR1_FP_ENABLED);
    VD(cpu.vsr[1], 0) = ONE;
    VD(cpu.vsr[2], 0) = PZERO;
    fpscr_write(&cpu, FPSCR_VE | FPSCR_ZE, ~0ULL);
    assert_int_equal(op_fdiv(&cpu, &in), TRAP_PROGRAM);
    assert_int_equal(VD(cpu.vsr[4], 0), target);
    assert_true(fpscr_read(&cpu) & FPSCR_ZX);

    /* overflow delivers the adjusted result and traps; inexact likewise */
    fpscr_write(&cpu, FPSCR_OE, ~0ULL);
    VD(cpu.vsr[1], 0) = VD(cpu.vsr[2], 0) = 0x7fe0000000000000ULL;
    assert_int_equal(op_fadd(&cpu, &in), TRAP_PROGRAM);
    assert_int_equal(VD(cpu.vsr[4], 0), 0x1ff0000000000000ULL);

    /* a comparison delivers in any case */
    fpscr_write(&cpu, FPSCR_VE, ~0ULL);
    in.rt = 1 << 2;
    VD(cpu.vsr[1], 0) = SNAN;
    cpu.cr[1] = 0;
    assert_int_equal(op_fcmpo(&cpu, &in), TRAP_PROGRAM);
    assert_int_equal(cpu.cr[1], CR_SO);
    assert_int_equal(fpscr_read(&cpu) & FPSCR_FPCC, (uint64_t)CR_SO << 12);
    assert_int_equal(fpscr_read(&cpu) & FPSCR_VX_ANY, FPSCR_VXSNAN);
}

static bool host_lane32(struct cpu *cpu, unsigned what, uint32_t a, uint32_t b, uint32_t c,
                        uint32_t *r)
{
    switch (what) {
    case O_ADD:
        return fph32_add(cpu, a, b, r);
    case O_SUB:
        return fph32_sub(cpu, a, b, r);
    case O_MUL:
        return fph32_mul(cpu, a, b, r);
    case O_DIV:
        return fph32_div(cpu, a, b, r);
    case O_SQRT:
        return fph32_sqrt(cpu, b, r);
    default:
        return fph32_muladd(cpu, a, c, b, what == O_MSUB, false, r);
    }
}

static bool host_lane64(struct cpu *cpu, unsigned what, uint64_t a, uint64_t b, uint64_t c,
                        uint64_t *r)
{
    switch (what) {
    case O_ADD:
        return fph64_add(cpu, a, b, r);
    case O_SUB:
        return fph64_sub(cpu, a, b, r);
    case O_MUL:
        return fph64_mul(cpu, a, b, r);
    case O_DIV:
        return fph64_div(cpu, a, b, r);
    case O_SQRT:
        return fph64_sqrt(cpu, b, r);
    default:
        return fph64_muladd(cpu, a, c, b, what == O_MSUB, false, r);
    }
}

static bool host_lanes32(unsigned what, const union vsr *a, const union vsr *b, const union vsr *c,
                         union vsr *r)
{
    switch (what) {
    case O_ADD:
        return fpv32_add(a, b, r);
    case O_SUB:
        return fpv32_sub(a, b, r);
    case O_MUL:
        return fpv32_mul(a, b, r);
    case O_DIV:
        return fpv32_div(a, b, r);
    case O_SQRT:
        return fpv32_sqrt(b, r);
    default:
        return fpv32_muladd(a, c, b, what == O_MSUB, false, r);
    }
}

static bool host_lanes64(unsigned what, const union vsr *a, const union vsr *b, const union vsr *c,
                         union vsr *r)
{
    switch (what) {
    case O_ADD:
        return fpv64_add(a, b, r);
    case O_SUB:
        return fpv64_sub(a, b, r);
    case O_MUL:
        return fpv64_mul(a, b, r);
    case O_DIV:
        return fpv64_div(a, b, r);
    case O_SQRT:
        return fpv64_sqrt(b, r);
    default:
        return fpv64_muladd(a, c, b, what == O_MSUB, false, r);
    }
}

/* All lanes at once: whatever the host takes raises at most XX. */
static void test_host_lanes_at_once_equal_softfp(void **state)
{
    (void)state;
    unsigned taken = 0, rounds = 20 * ROUNDS;
    for (unsigned i = 0; i < rounds; i++) {
        unsigned what = i % O_MOVE;
        union vsr a, b, c, r;
        struct fp_op op = environment(FP_NEAREST, 0);
        for (unsigned n = 0; n < 4; n++) { /* mostly plain numbers, or no whole register is */
            VW(a, n) = i & 8 ? random_f32() : fph_bits32((float)mrand48());
            VW(b, n) = i & 16 ? random_f32() : fph_bits32((float)lrand48());
            VW(c, n) = fph_bits32((float)drand48());
        }
        if (host_lanes32(what, &a, &b, &c, &r)) {
            for (unsigned n = 0; n < 4; n++)
                assert_int_equal(VW(r, n), soft32(what, VW(a, n), VW(b, n), VW(c, n), &op));
            assert_int_equal(op.flags & ~FPSCR_XX, 0);
            taken++;
        }
        op = environment(FP_NEAREST, 0);
        for (unsigned n = 0; n < 2; n++)
            VD(a, n) = random_f64(true), VD(b, n) = random_f64(true), VD(c, n) = random_f64(true);
        if (host_lanes64(what, &a, &b, &c, &r)) {
            for (unsigned n = 0; n < 2; n++)
                assert_int_equal(VD(r, n), soft64(what, VD(a, n), VD(b, n), VD(c, n), &op));
            assert_int_equal(op.flags & ~FPSCR_XX, 0);
            taken++;
        }
    }
    assert_true(taken > rounds / 4);
}

static void test_host_lanes_equal_softfp(void **state)
{
    (void)state;
    static struct cpu cpu;
    for (unsigned i = 0; i < 20 * ROUNDS; i++) {
        unsigned what = i % O_MOVE;
        uint64_t start = i & 8 ? FPSCR_XX | FPSCR_FX : 0, r64;
        uint32_t a = random_f32(), b = random_f32(), c = random_f32(), r32;
        struct fp_op op = environment(FP_NEAREST, 0);
        cpu.fpscr = start;
        if (host_lane32(&cpu, what, a, b, c, &r32)) {
            assert_int_equal(r32, soft32(what, a, b, c, &op));
            assert_int_equal(cpu.fpscr, start | (op.fi ? FPSCR_XX | FPSCR_FX : 0));
            assert_int_equal(op.flags & ~FPSCR_XX, 0);
        }
        uint64_t x = random_f64(true), y = random_f64(true), z = random_f64(true);
        op = environment(FP_NEAREST, 0);
        cpu.fpscr = start;
        if (host_lane64(&cpu, what, x, y, z, &r64)) {
            assert_int_equal(r64, soft64(what, x, y, z, &op));
            assert_int_equal(cpu.fpscr, start | (op.fi ? FPSCR_XX | FPSCR_FX : 0));
            assert_int_equal(op.flags & ~FPSCR_XX, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic_agrees_with_mpfr),
        cmocka_unit_test(test_format_conversions_agree_with_mpfr),
        cmocka_unit_test(test_widening_is_exact),
        cmocka_unit_test(test_integer_conversions_agree_with_mpfr),
        cmocka_unit_test(test_frin_rounds_ties_away),
        cmocka_unit_test(test_special_operands),
        cmocka_unit_test(test_tiny_before_rounding),
        cmocka_unit_test(test_round_to_odd),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_estimates_are_close),
        cmocka_unit_test(test_host_path_equals_handlers),
        cmocka_unit_test(test_enabled_exceptions_trap_and_suppress),
        cmocka_unit_test(test_host_takes_exact_half_ways_only),
        cmocka_unit_test(test_host_lanes_equal_softfp),
        cmocka_unit_test(test_host_lanes_at_once_equal_softfp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
