/*
 * Decimal floating point: numbers taken apart (dfp_format.c) and exact arithmetic on them
 * (dfp_arith.c). The handlers stand in dfp.c. Everything here is a pure function.
 */
#ifndef PEFEMU_CPU_DFP_H
#define PEFEMU_CPU_DFP_H

#include "fpu.h"

/* FPSCR[DRN] values. */
enum dfp_round {
    DFP_NEAREST_EVEN,
    DFP_TO_ZERO,
    DFP_UP,
    DFP_DOWN,
    DFP_NEAREST_AWAY, /* ties away from zero */
    DFP_NEAREST_ZERO, /* ties toward zero */
    DFP_FROM_ZERO,
    DFP_SHORTER, /* prepare for shorter precision: a last digit of 0 or 5 moves away from zero */
};

enum dfp_class { DFP_FINITE, DFP_INFINITY, DFP_QNAN, DFP_SNAN };

/* A number: (-1)^sign * c * 10^exp. Infinities and NaNs keep their trailing significand in c. */
struct dfp {
    enum dfp_class cls;
    bool sign;
    int exp; /* of the rightmost digit, without bias */
    u128 c;
};

struct dfp_format {
    unsigned digits;    /* precision */
    int emin, emax;     /* exponents of the rightmost digit; the bias is -emin */
    unsigned declets;   /* in the trailing significand */
    unsigned exp_bits;  /* of the exponent's continuation, right of the combination field */
    int wrap;           /* exponent adjustment of enabled overflow and underflow ... */
    int wrap_narrowing; /* ... when this is the source of drsp and drdpq */
};
extern const struct dfp_format dfp_short, dfp_long, dfp_extended;

/* 10^0 .. 10^38 */
extern const u128 dfp_pow10[39];

/* Environment and outcome of an operation; of fp only rn is not used. */
struct dfp_op {
    enum dfp_round round;
    struct fp_op fp;
};

/* An image stands right-aligned in 128 bits. Redundant encodings are understood; results are in
 * the preferred one. */
struct dfp dfp_decode(const struct dfp_format *f, u128 image);
u128 dfp_encode(const struct dfp_format *f, struct dfp v);
unsigned dfp_fprf(const struct dfp_format *f, struct dfp v);
/* Significant digits of @c; none in 0. */
unsigned dfp_digits(u128 c);
bool dfp_is_subnormal(const struct dfp_format *f, struct dfp v);
/* The rightmost @n digits of @c as packed decimal, and back; false: a digit above 9. */
u128 dfp_to_bcd(u128 c, unsigned n);
bool dfp_from_bcd(u128 bcd, u128 *c);

/* Arithmetic: rounded by op->round and clamped to the format, exponent as near to the ideal one as
 * exactness allows, NaNs propagated (first an sNaN of A, of B, then a QNaN of A, of B). */
struct dfp dfp_add(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op);
struct dfp dfp_sub(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op);
struct dfp dfp_mul(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op);
struct dfp dfp_div(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op);

/* CR_LT CR_GT CR_EQ or CR_SO. Signals VXSNAN; with @ordered also VXVC. */
unsigned dfp_compare(struct dfp a, struct dfp b, bool ordered, struct dfp_op *op);

/* @b with the exponent of @a (dqua; dquai: A is 1 * 10^TE). */
struct dfp dfp_quantize(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op);
/* @b rounded to @n significant digits; n=0: as it is. */
struct dfp dfp_reround(const struct dfp_format *f, struct dfp b, unsigned n, struct dfp_op *op);
/* @b as an integer. @exact_flag: raise XX, FI, FR (drintx). */
struct dfp dfp_round_int(const struct dfp_format *f, struct dfp b, bool exact_flag,
                         struct dfp_op *op);

/* drsp, drdpq: @b of format @from in the narrower @to. *wrapped: an enabled overflow or underflow
 * left a result that is to be encoded in @from. */
struct dfp dfp_narrow(const struct dfp_format *from, const struct dfp_format *to, struct dfp b,
                      struct dfp_op *op, bool *wrapped);
struct dfp dfp_from_i64(const struct dfp_format *f, int64_t v, struct dfp_op *op);
/* Saturates, with VXCVI. */
int64_t dfp_to_i64(struct dfp b, struct dfp_op *op);

static inline bool dfp_is_nan(struct dfp v)
{
    return v.cls == DFP_QNAN || v.cls == DFP_SNAN;
}

static inline bool dfp_is_zero(struct dfp v)
{
    return v.cls == DFP_FINITE && !v.c;
}

/* Infinity and the default QNaN. */
static inline struct dfp dfp_infinity(bool sign)
{
    return (struct dfp){.cls = DFP_INFINITY, .sign = sign};
}

static inline struct dfp dfp_invalid(struct dfp_op *op, uint64_t vx)
{
    op->fp.flags |= vx;
    return (struct dfp){.cls = DFP_QNAN};
}

/* A NaN as a result: an sNaN signals and becomes quiet. */
static inline struct dfp dfp_quiet(struct dfp v, struct dfp_op *op)
{
    if (v.cls == DFP_SNAN)
        op->fp.flags |= FPSCR_VXSNAN;
    v.cls = DFP_QNAN;
    return v;
}

#endif
