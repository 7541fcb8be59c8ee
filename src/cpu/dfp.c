// SPDX-License-Identifier: Apache-2.0
/*
 * The decimal floating-point facility: every instruction once for the long format in one FPR and
 * once for the extended format in an even-odd pair. The arithmetic is in dfp_arith.c.
 * Facts: Power ISA v3.0B Book I, "Decimal Floating-Point".
 */
#include "dfp.h"

#define FPR(n) VD(cpu->vsr[n], 0)

/* ---- operands and results ---- */

static u128 image_read(const struct cpu *cpu, const struct dfp_format *f, unsigned n)
{
    if (f == &dfp_extended)
        return (u128)FPR(n) << 64 | FPR(n + 1);
    return FPR(n);
}

static struct dfp number_read(const struct cpu *cpu, const struct dfp_format *f, unsigned n)
{
    return dfp_decode(f, image_read(cpu, f, n));
}

/* Doubleword 1 of the VSR is cleared, as by the binary instructions. */
static void fpr_write(struct cpu *cpu, unsigned n, uint64_t v)
{
    FPR(n) = v;
    VD(cpu->vsr[n], 1) = 0;
}

static void image_write(struct cpu *cpu, const struct dfp_format *f, unsigned n, u128 image)
{
    if (f == &dfp_extended) {
        fpr_write(cpu, n, (uint64_t)(image >> 64));
        fpr_write(cpu, n + 1, (uint64_t)image);
    } else {
        fpr_write(cpu, n, (uint64_t)image);
    }
}

static struct dfp_op begin(struct cpu *cpu)
{
    struct dfp_op op = {.round = (enum dfp_round)(cpu->fpscr >> 32 & 7)};
    fp_begin(cpu, &op.fp);
    return op;
}

/* Rounding by an RMC field, alone (dqua drrnd) or after an R bit (drint). */
static void set_round(struct dfp_op *op, const struct insn *in, bool r)
{
    static const enum dfp_round primary[] = {DFP_NEAREST_EVEN, DFP_TO_ZERO, DFP_NEAREST_AWAY};
    static const enum dfp_round secondary[] = {DFP_UP, DFP_DOWN, DFP_FROM_ZERO, DFP_NEAREST_ZERO};
    unsigned rmc = WORD_BITS(in->word, 21, 22);
    if (r)
        op->round = secondary[rmc];
    else if (rmc < 3)
        op->round = primary[rmc];
}

/* Bit 31 of the instruction is Rc wherever a result is delivered. */
static void record(struct cpu *cpu, const struct insn *in)
{
    if (in->word & 1)
        fp_set_cr1(cpu);
}

/* Commit flags and class, then an image of format @f (extended: to a pair). */
static trap_t deliver_image(struct cpu *cpu, const struct insn *in, const struct dfp_format *f,
                            u128 image, const struct dfp_op *op, unsigned fprf)
{
    trap_t trap;
    if (!fp_end(cpu, &op->fp, fprf, &trap))
        image_write(cpu, f, in->rt, image);
    record(cpu, in);
    return trap;
}

static trap_t deliver(struct cpu *cpu, const struct insn *in, const struct dfp_format *f,
                      struct dfp r, const struct dfp_op *op)
{
    return deliver_image(cpu, in, f, dfp_encode(f, r), op, dfp_fprf(f, r));
}

/* The FPSCR is left alone. */
static trap_t deliver_bits(struct cpu *cpu, const struct insn *in, const struct dfp_format *f,
                           u128 image)
{
    image_write(cpu, f, in->rt, image);
    record(cpu, in);
    return TRAP_NONE;
}

/* Outcome of a test: CR field BF and FPCC. */
static trap_t deliver_test(struct cpu *cpu, const struct insn *in, unsigned cc)
{
    struct dfp_op op = begin(cpu);
    return fp_end_compare(cpu, &op.fp, in->rt >> 2, cc);
}

/*
 * Handlers of the two formats from one function. Operands of the extended form that are pairs
 * must have even numbers: an odd one makes the form invalid (an odd FRTp is another word for the
 * decoder already).
 */
#define PAIR_T 1
#define PAIR_A 2
#define PAIR_B 4

static bool valid_pairs(const struct insn *in, unsigned pairs)
{
    return !((pairs & PAIR_T && in->rt & 1) || (pairs & PAIR_A && in->ra & 1) ||
             (pairs & PAIR_B && in->rb & 1));
}

#define HANDLERS(long_name, extended_name, function, pairs)                                        \
    OP(long_name)                                                                                  \
    {                                                                                              \
        return function(cpu, in, &dfp_long);                                                       \
    }                                                                                              \
    OP(extended_name)                                                                              \
    {                                                                                              \
        if (!valid_pairs(in, pairs))                                                               \
            return cpu_illegal(cpu, in->word);                                                     \
        return function(cpu, in, &dfp_extended);                                                   \
    }
#define OP_TEST(name, pairs) HANDLERS(name, name##q, name, pairs)
#define OP_RESULT(name, pairs)                                                                     \
    HANDLERS(name, name##q, name, pairs) HANDLERS(name##_, name##q_, name, pairs)
#define FUNCTION(name)                                                                             \
    static trap_t name(struct cpu *cpu, const struct insn *in, const struct dfp_format *f)

/* ---- arithmetic ---- */

#define ARITH(name, operation)                                                                     \
    FUNCTION(name)                                                                                 \
    {                                                                                              \
        struct dfp_op op = begin(cpu);                                                             \
        struct dfp a = number_read(cpu, f, in->ra), b = number_read(cpu, f, in->rb);               \
        struct dfp r = operation(f, a, b, &op);                                                    \
        return deliver(cpu, in, f, r, &op);                                                        \
    }                                                                                              \
    OP_RESULT(name, PAIR_T | PAIR_A | PAIR_B)
ARITH(dadd, dfp_add)
ARITH(dsub, dfp_sub)
ARITH(dmul, dfp_mul)
ARITH(ddiv, dfp_div)

/* ---- comparison and tests ---- */

static trap_t compare(struct cpu *cpu, const struct insn *in, const struct dfp_format *f,
                      bool ordered)
{
    struct dfp_op op = begin(cpu);
    struct dfp a = number_read(cpu, f, in->ra), b = number_read(cpu, f, in->rb);
    unsigned cc = dfp_compare(a, b, ordered, &op);
    return fp_end_compare(cpu, &op.fp, in->rt >> 2, cc);
}

FUNCTION(dcmpu)
{
    return compare(cpu, in, f, false);
}
OP_TEST(dcmpu, PAIR_A | PAIR_B)

FUNCTION(dcmpo)
{
    return compare(cpu, in, f, true);
}
OP_TEST(dcmpo, PAIR_A | PAIR_B)

/* CR of dtstdc, dtstdg: the sign, and whether @bit (0: leftmost of six) of the mask is set. */
static unsigned test_mask(const struct insn *in, struct dfp a, unsigned bit)
{
    bool match = WORD_BITS(in->word, 16, 21) >> (5 - bit) & 1;
    return (a.sign ? CR_LT : 0) | (match ? CR_EQ : 0);
}

FUNCTION(dtstdc)
{
    struct dfp a = number_read(cpu, f, in->ra);
    unsigned bit = a.cls == DFP_INFINITY    ? 3
                   : a.cls == DFP_QNAN      ? 4
                   : a.cls == DFP_SNAN      ? 5
                   : !a.c                   ? 0
                   : dfp_is_subnormal(f, a) ? 1
                                            : 2;
    return deliver_test(cpu, in, test_mask(in, a, bit));
}
OP_TEST(dtstdc, PAIR_A)

/* Groups: zero, zero with extreme exponent, subnormal or extreme exponent, leftmost digit zero,
 * leftmost digit not zero, special. */
FUNCTION(dtstdg)
{
    struct dfp a = number_read(cpu, f, in->ra);
    bool extreme = a.exp == f->emin || a.exp == f->emax;
    unsigned bit = a.cls != DFP_FINITE                 ? 5
                   : !a.c                              ? extreme
                   : extreme || dfp_is_subnormal(f, a) ? 2
                   : dfp_digits(a.c) < f->digits       ? 3
                                                       : 4;
    return deliver_test(cpu, in, test_mask(in, a, bit));
}
OP_TEST(dtstdg, PAIR_A)

/* Exponents; special operands are equal to their like, a quiet NaN to a signalling one. */
FUNCTION(dtstex)
{
    struct dfp a = number_read(cpu, f, in->ra), b = number_read(cpu, f, in->rb);
    unsigned cc;

    if (a.cls == DFP_FINITE && b.cls == DFP_FINITE)
        cc = a.exp < b.exp ? CR_LT : a.exp > b.exp ? CR_GT : CR_EQ;
    else
        cc = a.cls == b.cls || (dfp_is_nan(a) && dfp_is_nan(b)) ? CR_EQ : CR_SO;
    return deliver_test(cpu, in, cc);
}
OP_TEST(dtstex, PAIR_A | PAIR_B)

/* Reference significance @k against the digits of FRB; 0 is greater than any. */
static unsigned compare_significance(unsigned k, struct dfp b)
{
    unsigned digits = dfp_digits(b.c);
    if (b.cls != DFP_FINITE)
        return CR_SO;
    if (!k || k > digits)
        return CR_GT;
    return k < digits ? CR_LT : CR_EQ;
}

FUNCTION(dtstsf)
{
    struct dfp b = number_read(cpu, f, in->rb);
    return deliver_test(cpu, in, compare_significance(FPR(in->ra) & 63, b));
}
OP_TEST(dtstsf, PAIR_B)

FUNCTION(dtstsfi)
{
    struct dfp b = number_read(cpu, f, in->rb);
    return deliver_test(cpu, in, compare_significance(WORD_BITS(in->word, 10, 15), b));
}
OP_TEST(dtstsfi, PAIR_B)

/* ---- quantum adjustment ---- */

FUNCTION(dquai)
{
    struct dfp_op op = begin(cpu);
    int te = (int)(in->ra ^ 16) - 16; /* TE stands in the place of FRA, signed */
    struct dfp a = {.exp = te, .c = 1}, b = number_read(cpu, f, in->rb);
    set_round(&op, in, false);
    struct dfp r = dfp_quantize(f, a, b, &op);
    return deliver(cpu, in, f, r, &op);
}
OP_RESULT(dquai, PAIR_T | PAIR_B)

FUNCTION(dqua)
{
    struct dfp_op op = begin(cpu);
    struct dfp a = number_read(cpu, f, in->ra), b = number_read(cpu, f, in->rb);
    set_round(&op, in, false);
    struct dfp r = dfp_quantize(f, a, b, &op);
    return deliver(cpu, in, f, r, &op);
}
OP_RESULT(dqua, PAIR_T | PAIR_A | PAIR_B)

FUNCTION(drrnd)
{
    struct dfp_op op = begin(cpu);
    struct dfp b = number_read(cpu, f, in->rb);
    set_round(&op, in, false);
    struct dfp r = dfp_reround(f, b, FPR(in->ra) & 63, &op);
    return deliver(cpu, in, f, r, &op);
}
OP_RESULT(drrnd, PAIR_T | PAIR_B)

static trap_t round_int(struct cpu *cpu, const struct insn *in, const struct dfp_format *f,
                        bool exact_flag)
{
    struct dfp_op op = begin(cpu);
    struct dfp b = number_read(cpu, f, in->rb);
    set_round(&op, in, WORD_BITS(in->word, 15, 15));
    struct dfp r = dfp_round_int(f, b, exact_flag, &op);
    return deliver(cpu, in, f, r, &op);
}

FUNCTION(drintx)
{
    return round_int(cpu, in, f, true);
}
OP_RESULT(drintx, PAIR_T | PAIR_B)

FUNCTION(drintn)
{
    return round_int(cpu, in, f, false);
}
OP_RESULT(drintn, PAIR_T | PAIR_B)

/* ---- conversion ---- */

/* To the next wider format: exact. A short sNaN stays one, a long one signals. */
static trap_t widen(struct cpu *cpu, const struct insn *in, const struct dfp_format *from,
                    const struct dfp_format *to)
{
    struct dfp_op op = begin(cpu);
    struct dfp b = dfp_decode(from, FPR(in->rb));
    if (b.cls == DFP_INFINITY)
        b = dfp_infinity(b.sign);
    if (dfp_is_nan(b) && from == &dfp_long)
        b = dfp_quiet(b, &op);
    return deliver(cpu, in, to, b, &op);
}

/* To the next narrower format: the image stands alone, right-aligned (short) or followed by a zero
 * doubleword (long). NaNs as above. */
static trap_t narrow(struct cpu *cpu, const struct insn *in, const struct dfp_format *from,
                     const struct dfp_format *to)
{
    struct dfp_op op = begin(cpu);
    struct dfp b = number_read(cpu, from, in->rb);
    bool wrapped;

    if (dfp_is_nan(b) && from == &dfp_extended)
        b = dfp_quiet(b, &op);
    b = dfp_narrow(from, to, b, &op, &wrapped);
    if (wrapped)
        return deliver(cpu, in, from, b, &op);
    u128 image = dfp_encode(to, b);
    if (from == &dfp_extended)
        image <<= 64;
    return deliver_image(cpu, in, from, image, &op, dfp_fprf(to, b));
}

#define OP_CONVERT(name, function, from, to, pairs)                                                \
    OP(name)                                                                                       \
    {                                                                                              \
        if (!valid_pairs(in, pairs))                                                               \
            return cpu_illegal(cpu, in->word);                                                     \
        return function(cpu, in, from, to);                                                        \
    }
OP_CONVERT(dctdp, widen, &dfp_short, &dfp_long, 0)
OP_CONVERT(dctdp_, widen, &dfp_short, &dfp_long, 0)
OP_CONVERT(dctqpq, widen, &dfp_long, &dfp_extended, PAIR_T)
OP_CONVERT(dctqpq_, widen, &dfp_long, &dfp_extended, PAIR_T)
OP_CONVERT(drsp, narrow, &dfp_long, &dfp_short, 0)
OP_CONVERT(drsp_, narrow, &dfp_long, &dfp_short, 0)
OP_CONVERT(drdpq, narrow, &dfp_extended, &dfp_long, PAIR_T | PAIR_B)
OP_CONVERT(drdpq_, narrow, &dfp_extended, &dfp_long, PAIR_T | PAIR_B)

FUNCTION(dcffix)
{
    struct dfp_op op = begin(cpu);
    struct dfp r = dfp_from_i64(f, (int64_t)FPR(in->rb), &op);
    return deliver(cpu, in, f, r, &op);
}
OP_RESULT(dcffix, PAIR_T)

/* The FPRF is undefined; it stays. */
FUNCTION(dctfix)
{
    struct dfp_op op = begin(cpu);
    int64_t r = dfp_to_i64(number_read(cpu, f, in->rb), &op);
    return deliver_image(cpu, in, &dfp_long, (uint64_t)r, &op, FPRF_KEEP);
}
OP_RESULT(dctfix, PAIR_B)

/* ---- packed decimal ---- */

/* SP: signed, and the code of plus is F instead of C. The exponent does not count; infinities and
 * NaNs give their trailing significand. */
FUNCTION(ddedpd)
{
    unsigned sp = WORD_BITS(in->word, 11, 12), digits = f == &dfp_extended ? 32 : 16;
    struct dfp b = number_read(cpu, f, in->rb);
    u128 bcd;

    if (sp & 2)
        bcd = dfp_to_bcd(b.c, digits - 1) << 4 | (b.sign ? 0xd : sp & 1 ? 0xf : 0xc);
    else
        bcd = dfp_to_bcd(b.c, digits);
    return deliver_bits(cpu, in, f, bcd);
}
OP_RESULT(ddedpd, PAIR_T | PAIR_B)

FUNCTION(denbcd)
{
    struct dfp_op op = begin(cpu);
    bool is_signed = WORD_BITS(in->word, 11, 11);
    u128 bcd = image_read(cpu, f, in->rb);
    unsigned code = is_signed ? (unsigned)bcd & 15 : 0xc;
    struct dfp r = {.sign = code == 0xb || code == 0xd};

    if (code < 10 || !dfp_from_bcd(is_signed ? bcd >> 4 : bcd, &r.c))
        r = dfp_invalid(&op, FPSCR_VXCVI);
    return deliver(cpu, in, f, r, &op);
}
OP_RESULT(denbcd, PAIR_T | PAIR_B)

/* ---- exponent and significand apart ---- */

/* Specials have numbers of their own in the place of a biased exponent. */
#define EXP_INFINITY (-1)
#define EXP_QNAN     (-2)
#define EXP_SNAN     (-3)

FUNCTION(dxex)
{
    struct dfp b = number_read(cpu, f, in->rb);
    int64_t e = b.cls == DFP_FINITE     ? b.exp - f->emin
                : b.cls == DFP_INFINITY ? EXP_INFINITY
                : b.cls == DFP_QNAN     ? EXP_QNAN
                                        : EXP_SNAN;
    return deliver_bits(cpu, in, &dfp_long, (uint64_t)e);
}
OP_RESULT(dxex, PAIR_B)

FUNCTION(diex)
{
    int64_t e = (int64_t)FPR(in->ra);
    struct dfp b = number_read(cpu, f, in->rb);

    if (e >= 0 && e <= f->emax - f->emin) {
        b.cls = DFP_FINITE;
        b.exp = (int)e + f->emin;
    } else {
        b.cls = e == EXP_INFINITY ? DFP_INFINITY : e == EXP_SNAN ? DFP_SNAN : DFP_QNAN;
    }
    return deliver_bits(cpu, in, f, dfp_encode(f, b));
}
OP_RESULT(diex, PAIR_T | PAIR_B)

/* ---- shifts of the significand ---- */

/* What leaves the precision, or the trailing significand of an infinity or NaN, is lost. */
FUNCTION(dscli)
{
    unsigned sh = WORD_BITS(in->word, 16, 21);
    struct dfp a = number_read(cpu, f, in->ra);
    unsigned digits = f->digits - (a.cls != DFP_FINITE);
    a.c = sh < digits ? a.c % dfp_pow10[digits - sh] * dfp_pow10[sh] : 0;
    return deliver_bits(cpu, in, f, dfp_encode(f, a));
}
OP_RESULT(dscli, PAIR_T | PAIR_A)

FUNCTION(dscri)
{
    unsigned sh = WORD_BITS(in->word, 16, 21);
    struct dfp a = number_read(cpu, f, in->ra);
    a.c = sh < f->digits ? a.c / dfp_pow10[sh] : 0;
    return deliver_bits(cpu, in, f, dfp_encode(f, a));
}
OP_RESULT(dscri, PAIR_T | PAIR_A)
