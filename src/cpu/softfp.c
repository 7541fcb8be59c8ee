// SPDX-License-Identifier: Apache-2.0
/*
 * Exact IEEE arithmetic with integers: add, subtract, multiply, divide, square root, fused
 * multiply-add, for binary64, binary32 and "single" operations on doubles. Every function unpacks,
 * computes a result with sticky last bit, and rounds once.
 * Facts: Power ISA v3.0B Book I, "Floating-Point Facility".
 */
#include "softfp_internal.h"

/* If an operand is a NaN: the result by the ISA's priority (first operand first), and true. */
FP_INLINE bool nan_result(const struct fp_num *a, const struct fp_num *b, struct fp_op *op,
                          struct fp_num *r)
{
    if (likely(!num_is_nan(a) && !num_is_nan(b)))
        return false;
    num_check_snan(a, op);
    num_check_snan(b, op);
    *r = num_quiet(num_is_nan(a) ? *a : *b);
    return true;
}

/* |a| >= |b| in exponent order is arranged here; signs equal: the sum of the magnitudes. */
FP_INLINE struct fp_num add_magnitudes(const struct fp_num *a, const struct fp_num *b)
{
    if (a->exp < b->exp) {
        const struct fp_num *t = a;
        a = b;
        b = t;
    }
    struct fp_num r = *a;
    u128 addend = shift_right_jam(b->sig, a->exp - b->exp);
    r.sig = a->sig + addend;
    if (r.sig < addend) {
        r.sig = r.sig >> 1 | (r.sig & 1) | SIG_TOP;
        r.exp++;
    }
    return r;
}

/* The sign of a is that of the result if |a| > |b|. */
FP_INLINE struct fp_num sub_magnitudes(const struct fp_num *a, const struct fp_num *b,
                                       struct fp_op *op)
{
    bool sign = a->sign;
    if (a->exp < b->exp || (a->exp == b->exp && a->sig < b->sig)) {
        const struct fp_num *t = a;
        a = b;
        b = t;
        sign = !sign;
    }
    u128 diff = a->sig - shift_right_jam(b->sig, a->exp - b->exp);
    if (diff == 0)
        return num_special(NUM_ZERO, op->rn == FP_DOWN);
    return num_normalise(sign, a->exp, diff);
}

/* Sum of two numbers that are not NaNs. */
FP_INLINE struct fp_num num_add(const struct fp_num *a, const struct fp_num *b, struct fp_op *op)
{
    if (likely(a->cls == NUM_FINITE && b->cls == NUM_FINITE))
        return a->sign == b->sign ? add_magnitudes(a, b) : sub_magnitudes(a, b, op);
    if (a->cls == NUM_INF) {
        if (b->cls == NUM_INF && a->sign != b->sign)
            return num_invalid(op, FPSCR_VXISI);
        return *a;
    }
    if (b->cls == NUM_INF)
        return *b;
    if (a->cls == NUM_ZERO && b->cls == NUM_ZERO)
        return num_special(NUM_ZERO, a->sign == b->sign ? a->sign : op->rn == FP_DOWN);
    return a->cls == NUM_ZERO ? *b : *a;
}

/* Product of two numbers that are not NaNs; exact while the significands have at most 64 bits. */
FP_INLINE struct fp_num num_mul(const struct fp_num *a, const struct fp_num *b, struct fp_op *op)
{
    bool sign = a->sign ^ b->sign;
    if (likely(a->cls == NUM_FINITE && b->cls == NUM_FINITE)) {
        u128 p = (u128)(uint64_t)(a->sig >> 64) * (uint64_t)(b->sig >> 64);
        return num_normalise(sign, a->exp + b->exp + 1, p);
    }
    return num_mul_special(a, b, op);
}

FP_INLINE struct fp_num num_div(const struct fp_num *a, const struct fp_num *b, struct fp_op *op)
{
    bool sign = a->sign ^ b->sign;
    if (likely(a->cls == NUM_FINITE && b->cls == NUM_FINITE)) {
        /* 127-bit by 64-bit division: a quotient of 63 or 64 bits, more than any format needs. */
        u128 dividend = a->sig >> 1;
        uint64_t divisor = b->sig >> 64;
        uint64_t q = (uint64_t)(dividend / divisor);
        bool sticky = dividend - (u128)q * divisor != 0;
        return num_normalise(sign, a->exp - b->exp, (u128)q << 64 | sticky);
    }
    return num_div_special(a, b, op);
}

/* Floor of the square root of @v bit by bit; *@rest = v - root^2. */
static uint32_t isqrt64(uint64_t v, uint64_t *rest)
{
    uint64_t root = 0;
    for (uint64_t bit = 1ULL << 62; bit; bit >>= 2) {
        if (v >= root + bit) {
            v -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    *rest = v;
    return (uint32_t)root;
}

/* Floor of the square root of @v >= 2^126: the high half of the root first, the low half by one
 * division, which gives at most one too many (Zimmermann, "Karatsuba Square Root"). */
static uint64_t isqrt128(u128 v, bool *exact)
{
    uint64_t high_rest, low = (uint64_t)v;
    uint64_t high = isqrt64((uint64_t)(v >> 64), &high_rest);
    u128 dividend = (u128)high_rest << 32 | low >> 32;
    u128 q = dividend / (2 * high), u = dividend - q * (2 * high);
    u128 root = ((u128)high << 32) + q;
    s128 rest = (s128)(u << 32 | (uint32_t)low) - (s128)(q * q);
    if (rest < 0) {
        rest += (s128)(2 * root - 1);
        root--;
    }
    *exact = rest == 0;
    return (uint64_t)root;
}

FP_INLINE struct fp_num num_sqrt(const struct fp_num *b, struct fp_op *op)
{
    if (b->cls == NUM_ZERO)
        return *b;
    if (b->sign)
        return num_invalid(op, FPSCR_VXSQRT);
    if (b->cls == NUM_INF)
        return *b;
    /* sqrt(m * 2^e) with e even and m in [1,4): the radicand m * 2^126 fits 128 bits. */
    bool odd = b->exp & 1, exact;
    uint64_t root = isqrt128(odd ? b->sig : b->sig >> 1, &exact);
    return num_normalise(false, (b->exp - odd) / 2, (u128)root << 64 | !exact);
}

FP_INLINE uint64_t fp_add(const struct fp_format *f, const struct fp_format *range, uint64_t va,
                          uint64_t vb, bool subtract, struct fp_op *op)
{
    struct fp_num a = fp_unpack(f, va), b = fp_unpack(f, vb), r;
    if (!nan_result(&a, &b, op, &r)) {
        b.sign ^= subtract;
        r = num_add(&a, &b, op);
    }
    return fp_finish(r, range, f, op);
}

FP_INLINE uint64_t fp_mul(const struct fp_format *f, const struct fp_format *range, uint64_t va,
                          uint64_t vb, struct fp_op *op)
{
    struct fp_num a = fp_unpack(f, va), b = fp_unpack(f, vb), r;
    if (!nan_result(&a, &b, op, &r))
        r = num_mul(&a, &b, op);
    return fp_finish(r, range, f, op);
}

FP_INLINE uint64_t fp_div(const struct fp_format *f, const struct fp_format *range, uint64_t va,
                          uint64_t vb, struct fp_op *op)
{
    struct fp_num a = fp_unpack(f, va), b = fp_unpack(f, vb), r;
    if (!nan_result(&a, &b, op, &r))
        r = num_div(&a, &b, op);
    return fp_finish(r, range, f, op);
}

FP_INLINE uint64_t fp_sqrt(const struct fp_format *f, const struct fp_format *range, uint64_t vb,
                           struct fp_op *op)
{
    struct fp_num b = fp_unpack(f, vb), r;
    if (!nan_result(&b, &b, op, &r))
        r = num_sqrt(&b, op);
    return fp_finish(r, range, f, op);
}

/* A NaN among the three operands, in the order A, B, C. Infinity times zero is invalid even when
 * the addend is the NaN that becomes the result. */
FP_INLINE bool nan_result3(const struct fp_num *a, const struct fp_num *b, const struct fp_num *c,
                           struct fp_op *op, struct fp_num *r)
{
    if (likely(!num_is_nan(a) && !num_is_nan(b) && !num_is_nan(c)))
        return false;
    num_check_snan(a, op);
    num_check_snan(b, op);
    num_check_snan(c, op);
    if ((a->cls == NUM_INF && c->cls == NUM_ZERO) || (a->cls == NUM_ZERO && c->cls == NUM_INF))
        op->flags |= FPSCR_VXIMZ;
    *r = num_quiet(num_is_nan(a) ? *a : num_is_nan(b) ? *b : *c);
    return true;
}

FP_INLINE uint64_t fp_muladd(const struct fp_format *f, const struct fp_format *range, uint64_t va,
                             uint64_t vc, uint64_t vb, bool neg_b, bool neg_r, struct fp_op *op)
{
    struct fp_num a = fp_unpack(f, va), b = fp_unpack(f, vb), c = fp_unpack(f, vc), r;
    if (nan_result3(&a, &b, &c, op, &r))
        return fp_pack(&r, f);
    b.sign ^= neg_b;
    r = num_mul(&a, &c, op);
    if (num_is_nan(&r))
        return fp_pack(&r, f);
    r = num_add(&r, &b, op);
    if (num_is_nan(&r))
        return fp_pack(&r, f);
    /* The ISA negates after rounding: directed modes round the unnegated value. */
    uint64_t bits = fp_finish(r, range, f, op);
    return bits ^ (uint64_t)neg_r << (f->frac_bits + f->exp_bits);
}

#define SOFTFP_ARITH(type, suffix, format, range)                                                  \
    type suffix(add)(type a, type b, struct fp_op * op)                                            \
    {                                                                                              \
        return (type)fp_add(&format, &range, a, b, false, op);                                     \
    }                                                                                              \
    type suffix(sub)(type a, type b, struct fp_op * op)                                            \
    {                                                                                              \
        return (type)fp_add(&format, &range, a, b, true, op);                                      \
    }                                                                                              \
    type suffix(mul)(type a, type b, struct fp_op * op)                                            \
    {                                                                                              \
        return (type)fp_mul(&format, &range, a, b, op);                                            \
    }                                                                                              \
    type suffix(div)(type a, type b, struct fp_op * op)                                            \
    {                                                                                              \
        return (type)fp_div(&format, &range, a, b, op);                                            \
    }                                                                                              \
    type suffix(sqrt)(type b, struct fp_op * op)                                                   \
    {                                                                                              \
        return (type)fp_sqrt(&format, &range, b, op);                                              \
    }                                                                                              \
    type suffix(muladd)(type a, type c, type b, bool neg_b, bool neg_r, struct fp_op *op)          \
    {                                                                                              \
        return (type)fp_muladd(&format, &range, a, c, b, neg_b, neg_r, op);                        \
    }

#define NAME_F64(op)  f64_##op
#define NAME_F64S(op) f64_##op##s
#define NAME_F32(op)  f32_##op
SOFTFP_ARITH(uint64_t, NAME_F64, F64, F64)
SOFTFP_ARITH(uint64_t, NAME_F64S, F64, F32)
SOFTFP_ARITH(uint32_t, NAME_F32, F32, F32)
