/*
 * The unpacked form of a binary floating-point number and what every softfp operation shares:
 * unpack, round, pack. Formats up to 64 bits wide pass through uint64_t; the significand is 128
 * bits wide so that products of two 53-bit significands are exact and so that binary128 can use
 * the same rounding.
 */
#ifndef PEFEMU_CPU_SOFTFP_INTERNAL_H
#define PEFEMU_CPU_SOFTFP_INTERNAL_H

#include "fpu.h"

#define FP_INLINE static inline __attribute__((always_inline, unused))

struct fp_format {
    unsigned frac_bits, exp_bits;
    int bias; /* also the largest exponent */
    int emin; /* smallest normal exponent, 1 - bias */
    int wrap; /* exponent adjustment of enabled overflow and underflow: 3 * 2^(exp_bits - 2) */
};

#define FP_FORMAT(frac, exp)                                                                       \
    {                                                                                              \
        frac, exp, (1 << ((exp)-1)) - 1, 2 - (1 << ((exp)-1)), 3 << ((exp)-2)                      \
    }
static const struct fp_format F16 = FP_FORMAT(10, 5);
static const struct fp_format F32 = FP_FORMAT(23, 8);
static const struct fp_format F64 = FP_FORMAT(52, 11);

enum num_class { NUM_ZERO, NUM_FINITE, NUM_INF, NUM_QNAN, NUM_SNAN };

/* Finite: (-1)^sign * sig/2^127 * 2^exp, bit 127 of sig set. NaN: the fraction starts at bit 126.
 */
struct fp_num {
    u128 sig;
    int exp;
    enum num_class cls;
    bool sign;
};

#define SIG_TOP   ((u128)1 << 127)
#define SIG_QUIET ((u128)1 << 126)

FP_INLINE int sig_clz(u128 v)
{
    uint64_t hi = v >> 64;
    return hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((uint64_t)v);
}

/* Shift right; bits that fall off are or'ed into the last one ("sticky"). */
FP_INLINE u128 shift_right_jam(u128 v, int n)
{
    if (n <= 0)
        return v;
    if (n >= 128)
        return v != 0;
    return v >> n | ((v << (128 - n)) != 0);
}

FP_INLINE bool num_is_nan(const struct fp_num *n)
{
    return n->cls >= NUM_QNAN;
}

/* A finite number from an unnormalised significand; zero when there is none. */
FP_INLINE struct fp_num num_normalise(bool sign, int exp, u128 sig)
{
    struct fp_num n = {.sign = sign, .cls = NUM_ZERO};
    if (sig == 0)
        return n;
    int shift = sig_clz(sig);
    n.cls = NUM_FINITE;
    n.sig = sig << shift;
    n.exp = exp - shift;
    return n;
}

FP_INLINE struct fp_num num_special(enum num_class cls, bool sign)
{
    return (struct fp_num){.cls = cls, .sign = sign};
}

FP_INLINE struct fp_num num_invalid(struct fp_op *op, uint64_t cause)
{
    op->flags |= cause;
    return (struct fp_num){.cls = NUM_QNAN, .sig = SIG_QUIET};
}

/* a * b and a / b, neither a NaN and not both finite. */
FP_INLINE struct fp_num num_mul_special(const struct fp_num *a, const struct fp_num *b,
                                        struct fp_op *op)
{
    bool sign = a->sign ^ b->sign;
    if (a->cls != NUM_INF && b->cls != NUM_INF)
        return num_special(NUM_ZERO, sign);
    if (a->cls == NUM_ZERO || b->cls == NUM_ZERO)
        return num_invalid(op, FPSCR_VXIMZ);
    return num_special(NUM_INF, sign);
}

FP_INLINE struct fp_num num_div_special(const struct fp_num *a, const struct fp_num *b,
                                        struct fp_op *op)
{
    bool sign = a->sign ^ b->sign;
    if (a->cls == NUM_INF)
        return b->cls == NUM_INF ? num_invalid(op, FPSCR_VXIDI) : num_special(NUM_INF, sign);
    if (b->cls != NUM_ZERO)
        return num_special(NUM_ZERO, sign);
    if (a->cls == NUM_ZERO)
        return num_invalid(op, FPSCR_VXZDZ);
    op->flags |= FPSCR_ZX;
    return num_special(NUM_INF, sign);
}

FP_INLINE struct fp_num fp_unpack(const struct fp_format *f, uint64_t v)
{
    uint64_t frac = v & ((1ULL << f->frac_bits) - 1);
    unsigned emax = (1u << f->exp_bits) - 1;
    unsigned e = (v >> f->frac_bits) & emax;
    bool sign = (v >> (f->frac_bits + f->exp_bits)) & 1;
    u128 sig = (u128)frac << (127 - f->frac_bits);

    if (likely(e != 0 && e != emax))
        return (struct fp_num){sig | SIG_TOP, (int)e - f->bias, NUM_FINITE, sign};
    if (e == 0)
        return num_normalise(sign, f->emin, sig);
    if (frac == 0)
        return num_special(NUM_INF, sign);
    return (struct fp_num){sig, 0, sig & SIG_QUIET ? NUM_QNAN : NUM_SNAN, sign};
}

/* Is a magnitude to be incremented whose last kept bit is @odd and whose rest compares with one
 * half of that bit as @rest (<0, 0, >0)? The rest is not zero. */
FP_INLINE bool round_increments(enum fp_round rn, bool sign, bool odd, int rest)
{
    switch (rn) {
    case FP_NEAREST:
        return rest > 0 || (rest == 0 && odd);
    case FP_AWAY:
        return rest >= 0;
    case FP_UP:
        return !sign;
    case FP_DOWN:
        return sign;
    case FP_ODD:
        return !odd;
    case FP_ZERO:
        break;
    }
    return false;
}

FP_INLINE void fp_inexact(struct fp_op *op, bool up)
{
    op->flags |= FPSCR_XX;
    op->fi = true;
    op->fr = up;
}

/* Disabled overflow: infinity or the largest number, by rounding mode. */
FP_INLINE void num_overflow(struct fp_num *n, const struct fp_format *f, struct fp_op *op)
{
    bool inf = op->rn == FP_NEAREST || op->rn == FP_AWAY || op->rn == (n->sign ? FP_DOWN : FP_UP);
    /* The ISA leaves FR undefined here; we say whether the delivered value is the larger one. */
    fp_inexact(op, inf);
    if (inf) {
        n->cls = NUM_INF;
    } else {
        n->exp = f->bias;
        n->sig = ~(u128)0 << (127 - f->frac_bits);
    }
}

/* Round a finite number to the precision and range of @f. Tininess is detected before rounding. */
FP_INLINE void num_round(struct fp_num *n, const struct fp_format *f, struct fp_op *op)
{
    bool tiny = n->exp < f->emin;
    if (unlikely(tiny)) {
        if (op->ue) {
            op->flags |= FPSCR_UX;
            n->exp += f->wrap;
            tiny = false;
        } else {
            n->sig = shift_right_jam(n->sig, f->emin - n->exp);
            n->exp = f->emin;
        }
    }

    const u128 unit = (u128)1 << (127 - f->frac_bits), half = unit >> 1;
    u128 rest = n->sig & (unit - 1);
    if (rest) {
        int cmp = rest > half ? 1 : rest < half ? -1 : 0;
        n->sig -= rest;
        bool up = round_increments(op->rn, n->sign, (n->sig & unit) != 0, cmp);
        fp_inexact(op, up);
        if (up) {
            n->sig += unit;
            if (n->sig == 0) { /* carried out of the top */
                n->sig = SIG_TOP;
                n->exp++;
            }
        }
    }
    if (unlikely(tiny)) {
        if (rest)
            op->flags |= FPSCR_UX;
        *n = num_normalise(n->sign, n->exp, n->sig);
    } else if (unlikely(n->exp > f->bias)) {
        op->flags |= FPSCR_OX;
        if (op->oe)
            n->exp -= f->wrap;
        else
            num_overflow(n, f, op);
    }
}

/* The bits of a number that has been rounded to @f or a narrower format. */
FP_INLINE uint64_t fp_pack(const struct fp_num *n, const struct fp_format *f)
{
    const uint64_t emax = (1u << f->exp_bits) - 1, frac_mask = (1ULL << f->frac_bits) - 1;
    const unsigned drop = 127 - f->frac_bits;
    uint64_t sign = (uint64_t)n->sign << (f->frac_bits + f->exp_bits);

    switch (n->cls) {
    case NUM_ZERO:
        break;
    case NUM_FINITE:
        if (unlikely(n->exp < f->emin && n->exp >= f->emin - (int)f->frac_bits))
            return sign | (uint64_t)(n->sig >> (drop + (unsigned)(f->emin - n->exp)));
        /* A single-precision result whose adjusted exponent leaves even the double range is
         * undefined in the ISA; the exponent field then wraps. */
        return sign | ((uint64_t)(n->exp + f->bias) & emax) << f->frac_bits |
               ((uint64_t)(n->sig >> drop) & frac_mask);
    case NUM_INF:
        return sign | emax << f->frac_bits;
    case NUM_QNAN:
    case NUM_SNAN:
        return sign | emax << f->frac_bits | ((uint64_t)(n->sig >> drop) & frac_mask);
    }
    return sign;
}

/* Round to @range, deliver in @container (the same, or wider for single results in double). */
FP_INLINE uint64_t fp_finish(struct fp_num n, const struct fp_format *range,
                             const struct fp_format *container, struct fp_op *op)
{
    if (likely(n.cls == NUM_FINITE))
        num_round(&n, range, op);
    return fp_pack(&n, container);
}

/* A NaN operand as a result: quieted. */
FP_INLINE struct fp_num num_quiet(struct fp_num n)
{
    n.cls = NUM_QNAN;
    n.sig |= SIG_QUIET;
    return n;
}

/* A lone operand that may be a NaN: raises VXSNAN. */
FP_INLINE void num_check_snan(const struct fp_num *n, struct fp_op *op)
{
    if (n->cls == NUM_SNAN)
        op->flags |= FPSCR_VXSNAN;
}

#endif
