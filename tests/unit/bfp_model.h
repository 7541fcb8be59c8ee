/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary floating point as the Power ISA describes it, written apart from src/cpu on MPFR: an
 * operation is evaluated to 320 bits and a sticky bit, then rounded once on the grid of the target.
 * Facts: Power ISA v3.0B Book I, "Floating-Point Exceptions", "Execution Model".
 */
#ifndef TESTS_BFP_MODEL_H
#define TESTS_BFP_MODEL_H

#include <mpfr.h>

#include "cpu/fpu.h"

#define MODEL_PREC 320 /* a product of two quads, and room */

struct fmt {
    int frac, exp;
};
static const struct fmt HALF = {10, 5}, SINGLE = {23, 8}, DOUBLE = {52, 11}, QUAD = {112, 15};
static const struct fmt EXTENDED = {63, 15}; /* what xsrqpxp rounds to */

static inline int fmt_bias(const struct fmt *f)
{
    return (1 << (f->exp - 1)) - 1;
}

enum model_class { C_ZERO, C_FINITE, C_INF, C_QNAN, C_SNAN };

struct model_num {
    enum model_class cls;
    bool sign;
    u128 payload; /* of a NaN: its fraction, as in a quad */
    mpfr_t v;     /* of a finite number or zero: the signed value */
};

static inline bool model_is_nan(const struct model_num *n)
{
    return n->cls >= C_QNAN;
}

/* The integer @u times 2^@exp, exactly. */
static inline void set_scaled(mpfr_t v, u128 u, long exp)
{
    mpfr_set_ui(v, (uint64_t)(u >> 64), MPFR_RNDN);
    mpfr_mul_2ui(v, v, 64, MPFR_RNDN);
    mpfr_t low;
    mpfr_init2(low, 64);
    mpfr_set_ui(low, (uint64_t)u, MPFR_RNDN);
    mpfr_add(v, v, low, MPFR_RNDN);
    mpfr_mul_2si(v, v, exp, MPFR_RNDN);
    mpfr_clear(low);
}

static inline void model_unpack(struct model_num *n, const struct fmt *f, u128 bits)
{
    const u128 frac = bits & (((u128)1 << f->frac) - 1);
    const int max = (1 << f->exp) - 1, e = (int)(bits >> f->frac) & max, bias = fmt_bias(f);
    n->sign = bits >> (f->frac + f->exp) & 1;
    n->payload = frac << (112 - f->frac);
    mpfr_set_zero(n->v, 1);
    if (e == max) {
        n->cls = !frac ? C_INF : frac >> (f->frac - 1) ? C_QNAN : C_SNAN;
        return;
    }
    set_scaled(n->v, e ? frac | (u128)1 << f->frac : frac, (e ? e : 1) - bias - f->frac);
    n->cls = frac || e ? C_FINITE : C_ZERO;
    mpfr_setsign(n->v, n->v, n->sign, MPFR_RNDN);
}

/* What an operation delivers. */
struct outcome {
    u128 bits;
    uint64_t flags; /* FPSCR bits raised */
    bool fi, fr;
    unsigned fprf;
    bool fr_undefined;   /* disabled overflow */
    bool bits_undefined; /* an adjusted exponent that the target cannot hold */
};

/* The environment of one: rounding mode, enabled exceptions. */
struct model_env {
    enum fp_round rn;
    bool ve, oe, ue, ze;
};

static inline u128 model_inf(const struct fmt *f, bool sign)
{
    return (u128)sign << (f->frac + f->exp) | ((u128)((1 << f->exp) - 1) << f->frac);
}

static inline u128 model_nan(const struct fmt *f, bool sign, u128 payload)
{
    return model_inf(f, sign) | (payload | (u128)1 << 111) >> (112 - f->frac);
}

/* Bits of a finite number of format @f or a wider one: |q| * 2^unit. */
static inline u128 model_encode(const struct fmt *f, bool sign, u128 q, int unit, bool *fits)
{
    const u128 top = (u128)sign << (f->frac + f->exp);
    const int bias = fmt_bias(f);
    int msb = 127;
    *fits = true;
    if (!q)
        return top;
    while (!(q >> msb & 1))
        msb--;
    const int e = unit + msb, shift = (e < 1 - bias ? 1 - bias : e) - f->frac - unit;
    *fits = e <= bias && e >= 1 - bias - f->frac;
    const u128 sig = shift >= 0 ? q >> (shift & 127) : q << (-shift & 127);
    return *fits ? top | (e < 1 - bias ? sig
                                       : (sig & (((u128)1 << f->frac) - 1)) |
                                             (u128)(unsigned)(e + bias) << f->frac)
                 : top;
}

static inline bool model_increment(enum fp_round rn, bool sign, bool odd, int half)
{
    switch (rn) {
    case FP_NEAREST:
        return half > 0 || (half == 0 && odd);
    case FP_AWAY:
        return half >= 0;
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

/* |z| (truncated if @sticky) as q units of 2^unit, rounded; true: not exact. */
static inline bool model_grid(const mpfr_t z, bool sticky, int unit, enum fp_round rn, u128 *q,
                              bool *up)
{
    mpfr_t scaled, whole;
    mpz_t n;
    mpfr_inits2(MODEL_PREC + 8, scaled, whole, (mpfr_ptr)NULL);
    mpz_init(n);
    mpfr_abs(scaled, z, MPFR_RNDN);
    mpfr_mul_2si(scaled, scaled, -unit, MPFR_RNDN);
    mpfr_floor(whole, scaled);
    mpfr_get_z(n, whole, MPFR_RNDN);
    *q = 0;
    for (size_t i = mpz_sizeinbase(n, 2); i-- > 0;)
        *q = *q << 1 | (u128)mpz_tstbit(n, i);
    mpfr_sub(scaled, scaled, whole, MPFR_RNDN);
    int half = mpfr_cmp_d(scaled, 0.5);
    if (half == 0 && sticky)
        half = 1;
    const bool inexact = sticky || !mpfr_zero_p(scaled);
    *up = inexact && model_increment(rn, mpfr_signbit(z), *q & 1, half);
    *q += *up;
    mpz_clear(n);
    mpfr_clears(scaled, whole, (mpfr_ptr)NULL);
    return inexact;
}

/* Disabled overflow. */
static inline void model_overflow(struct outcome *o, const struct fmt *range,
                                  const struct fmt *into, bool sign, enum fp_round rn)
{
    const bool inf = rn == FP_NEAREST || rn == FP_AWAY || rn == (sign ? FP_DOWN : FP_UP);
    const u128 max = ((u128)2 << range->frac) - 1;
    bool fits;
    o->bits = inf ? model_inf(into, sign)
                  : model_encode(into, sign, max, fmt_bias(range) - range->frac, &fits);
    o->flags |= FPSCR_XX;
    o->fi = o->fr_undefined = true;
}

/* The finite, nonzero @z rounded to @range, delivered in format @into. */
static inline void model_round(struct outcome *o, const mpfr_t z, bool sticky,
                               const struct fmt *range, const struct fmt *into,
                               const struct model_env *env)
{
    const int bias = fmt_bias(range), emin = 1 - bias, wrap = 3 << (range->exp - 2);
    const int e = (int)mpfr_get_exp(z) - 1;
    const bool tiny = e < emin, adjust = tiny && env->ue, sign = mpfr_signbit(z);
    int unit = (tiny && !adjust ? emin : e) - range->frac;
    bool fits;
    u128 q;

    o->fi = model_grid(z, sticky, unit, env->rn, &q, &o->fr);
    o->flags |= o->fi ? FPSCR_XX : 0;
    if (q >> (range->frac + 1)) {
        q >>= 1;
        unit++;
    }
    if (tiny) {
        o->flags |= adjust || o->fi ? FPSCR_UX : 0;
        unit += adjust ? wrap : 0;
    } else if (unit + range->frac > bias) {
        o->flags |= FPSCR_OX;
        unit -= wrap;
        if (!env->oe) {
            model_overflow(o, range, into, sign, env->rn);
            return;
        }
    }
    o->bits = model_encode(into, sign, q, unit, &fits);
    o->bits_undefined = !fits;
}

/* C FL FG FE FU of a value; @range decides what is denormal. */
static inline unsigned model_fprf(const struct fmt *f, const struct fmt *range, u128 bits)
{
    struct model_num n;
    mpfr_init2(n.v, 128);
    model_unpack(&n, f, bits);
    bool denormal = n.cls == C_FINITE && mpfr_get_exp(n.v) - 1 < 1 - fmt_bias(range);
    mpfr_clear(n.v);
    switch (n.cls) {
    case C_ZERO:
        return n.sign ? 0x12 : 0x02;
    case C_FINITE:
        return (denormal ? 0x10 : 0) | (n.sign ? 0x08 : 0x04);
    case C_INF:
        return n.sign ? 0x09 : 0x05;
    default:
        return 0x11;
    }
}

/* ---- operations ---- */

enum model_op {
    M_ADD,
    M_SUB,
    M_MUL,
    M_DIV,
    M_SQRT,
    M_MADD, /* a * c + b, and with the signs of the others */
    M_MSUB,
    M_NMADD,
    M_NMSUB,
    M_CONVERT,
};

/* The first NaN in the order of the ISA, quieted; VXSNAN for any signalling one. */
static inline bool model_nans(struct outcome *o, struct model_num *const n[], unsigned count,
                              const struct fmt *into)
{
    bool found = false;
    for (unsigned i = 0; i < count; i++) {
        if (n[i]->cls == C_SNAN)
            o->flags |= FPSCR_VXSNAN;
        if (model_is_nan(n[i]) && !found)
            o->bits = model_nan(into, n[i]->sign, n[i]->payload);
        found |= model_is_nan(n[i]);
    }
    return found;
}

/* Invalid operations on infinities and zeros: the flag, or 0. */
static inline uint64_t model_invalid(enum model_op what, const struct model_num *a,
                                     const struct model_num *b, const struct model_num *c)
{
    const bool product = what == M_MUL || what >= M_MADD;
    const struct model_num *y = what == M_MUL ? b : c;
    bool minus = what == M_SUB || what == M_MSUB || what == M_NMSUB;
    if (what == M_CONVERT)
        return 0;
    if (product && ((a->cls == C_INF && y->cls == C_ZERO) || (a->cls == C_ZERO && y->cls == C_INF)))
        return FPSCR_VXIMZ;
    if (what >= M_MADD && (a->cls == C_INF || c->cls == C_INF) && b->cls == C_INF)
        return (a->sign ^ c->sign) != (b->sign ^ minus) ? FPSCR_VXISI : 0;
    if ((what == M_ADD || what == M_SUB) && a->cls == C_INF && b->cls == C_INF)
        return a->sign != (b->sign ^ minus) ? FPSCR_VXISI : 0;
    if (what == M_DIV && a->cls == C_INF && b->cls == C_INF)
        return FPSCR_VXIDI;
    if (what == M_DIV && a->cls == C_ZERO && b->cls == C_ZERO)
        return FPSCR_VXZDZ;
    if (what == M_SQRT && b->sign && b->cls != C_ZERO)
        return FPSCR_VXSQRT;
    return 0;
}

/* MPFR's own infinities and signs of zeros are right: neither NaNs nor invalid operations come
 * here. Returns whether @z was rounded. */
static inline bool model_mpfr(mpfr_t z, enum model_op what, mpfr_t x[3], mpfr_rnd_t rnd)
{
    switch (what) {
    case M_ADD:
        return mpfr_add(z, x[0], x[1], rnd);
    case M_SUB:
        return mpfr_sub(z, x[0], x[1], rnd);
    case M_MUL:
        return mpfr_mul(z, x[0], x[1], rnd);
    case M_DIV:
        return mpfr_div(z, x[0], x[1], rnd);
    case M_SQRT:
        return mpfr_sqrt(z, x[1], rnd);
    case M_MADD:
    case M_NMADD:
        return mpfr_fma(z, x[0], x[2], x[1], rnd);
    case M_MSUB:
    case M_NMSUB:
        return mpfr_fms(z, x[0], x[2], x[1], rnd);
    case M_CONVERT:
        break;
    }
    return mpfr_set(z, x[1], rnd);
}

static inline bool model_evaluate(mpfr_t z, enum model_op what, const struct model_num *a,
                                  const struct model_num *b, const struct model_num *c,
                                  enum fp_round rn)
{
    const struct model_num *n[3] = {a, b, c};
    mpfr_t x[3];
    for (unsigned i = 0; i < 3; i++) {
        mpfr_init2(x[i], 128);
        if (n[i]->cls == C_INF)
            mpfr_set_inf(x[i], n[i]->sign ? -1 : 1);
        else
            mpfr_set(x[i], n[i]->v, MPFR_RNDN);
    }
    bool sticky = model_mpfr(z, what, x, MPFR_RNDZ);
    if (mpfr_zero_p(z) && rn == FP_DOWN) /* x - x is -0 then */
        model_mpfr(z, what, x, MPFR_RNDD);
    for (unsigned i = 0; i < 3; i++)
        mpfr_clear(x[i]);
    return sticky;
}

/* One operation on bits of format @from, rounded to @range, delivered in format @into. */
static inline struct outcome model_operation(enum model_op what, const struct fmt *from,
                                             const struct fmt *range, const struct fmt *into,
                                             u128 va, u128 vb, u128 vc, const struct model_env *env)
{
    struct outcome o = {0};
    struct model_num a, b, c;
    struct model_num *all[] = {&a, &b, &c}, *lone[] = {&b};
    const bool fma = what >= M_MADD && what != M_CONVERT, one = what == M_SQRT || what == M_CONVERT;
    const bool negate = what == M_NMADD || what == M_NMSUB;
    mpfr_t z;

    mpfr_inits2(128, a.v, b.v, c.v, (mpfr_ptr)NULL);
    mpfr_init2(z, MODEL_PREC);
    model_unpack(&a, from, va);
    model_unpack(&b, from, vb);
    model_unpack(&c, from, vc);
    const uint64_t invalid = model_invalid(what, &a, &b, &c);
    if (model_nans(&o, one ? lone : all, one ? 1 : fma ? 3 : 2, into)) {
        /* infinity times zero is invalid whatever the addend is */
        o.flags |= fma && invalid == FPSCR_VXIMZ ? invalid : 0;
    } else if (invalid) {
        o.flags |= invalid;
        o.bits = model_nan(into, false, 0);
    } else {
        const bool sticky = model_evaluate(z, what, &a, &b, &c, env->rn);
        o.bits = (u128)(bool)mpfr_signbit(z) << (into->frac + into->exp);
        if (mpfr_inf_p(z))
            o.bits = model_inf(into, mpfr_signbit(z));
        else if (!mpfr_zero_p(z))
            model_round(&o, z, sticky, range, into, env);
        if (what == M_DIV && b.cls == C_ZERO && a.cls == C_FINITE)
            o.flags |= FPSCR_ZX;
        o.bits ^= (u128)negate << (into->frac + into->exp);
    }
    o.fprf = model_fprf(into, range, o.bits);
    mpfr_clears(a.v, b.v, c.v, z, (mpfr_ptr)NULL);
    return o;
}

/* To an integral value of the same format; @inexact: XX is raised, FI and FR tell. */
static inline struct outcome model_to_integral(const struct fmt *f, u128 vb, bool inexact,
                                               const struct model_env *env)
{
    struct outcome o = {.bits = vb};
    struct model_num b, *lone[] = {&b};
    bool up, fits;
    u128 q;

    mpfr_init2(b.v, 128);
    model_unpack(&b, f, vb);
    if (!model_nans(&o, lone, 1, f) && b.cls == C_FINITE && mpfr_get_exp(b.v) <= f->frac + 1) {
        bool rounded = model_grid(b.v, false, 0, env->rn, &q, &up);
        o.bits = model_encode(f, b.sign, q, 0, &fits);
        if (inexact && rounded) {
            o.flags |= FPSCR_XX;
            o.fi = true;
            o.fr = up;
        }
    }
    o.fprf = model_fprf(f, f, o.bits);
    mpfr_clear(b.v);
    return o;
}

/* To an integer of @bits bits, saturating. */
static inline struct outcome model_to_integer(const struct fmt *f, u128 vb, unsigned bits,
                                              bool is_signed, const struct model_env *env)
{
    const u128 max = ((u128)1 << (bits - is_signed)) - 1, min = is_signed ? max + 1 : 0;
    const u128 mask = ((u128)1 << bits) - 1;
    struct outcome o = {.flags = FPSCR_VXCVI};
    struct model_num b;
    bool up;
    u128 q = 0;

    mpfr_init2(b.v, 128);
    model_unpack(&b, f, vb);
    o.bits = b.sign || model_is_nan(&b) ? min : max;
    if (b.cls == C_SNAN)
        o.flags |= FPSCR_VXSNAN;
    if (b.cls == C_ZERO) {
        o = (struct outcome){0};
    } else if (b.cls == C_FINITE && mpfr_get_exp(b.v) < 100) {
        bool rounded = model_grid(b.v, false, 0, env->rn, &q, &up);
        if (q <= (b.sign ? min : max))
            o = (struct outcome){.bits = (b.sign ? -q : q) & mask,
                                 .flags = rounded ? FPSCR_XX : 0,
                                 .fi = rounded,
                                 .fr = rounded && up};
    }
    mpfr_clear(b.v);
    return o;
}

static inline struct outcome model_from_integer(u128 v, unsigned bits, bool is_signed,
                                                const struct fmt *range, const struct fmt *into,
                                                const struct model_env *env)
{
    struct outcome o = {0};
    const bool sign = is_signed && (v >> (bits - 1) & 1);
    const u128 mask = ((u128)1 << bits) - 1, mag = (sign ? -v : v) & mask;
    mpfr_t z;

    mpfr_init2(z, MODEL_PREC);
    set_scaled(z, mag, 0);
    mpfr_setsign(z, z, sign, MPFR_RNDN);
    if (mag)
        model_round(&o, z, false, range, into, env);
    o.fprf = model_fprf(into, range, o.bits);
    mpfr_clear(z);
    return o;
}

/* LT GT EQ or SO, and the flags of a comparison. */
static inline unsigned model_compare(const struct fmt *f, u128 va, u128 vb, bool ordered, bool ve,
                                     uint64_t *flags)
{
    struct model_num n[2];
    unsigned cc = CR_SO;
    mpfr_inits2(128, n[0].v, n[1].v, (mpfr_ptr)NULL);
    model_unpack(&n[0], f, va);
    model_unpack(&n[1], f, vb);
    bool snan = n[0].cls == C_SNAN || n[1].cls == C_SNAN;
    *flags = snan ? FPSCR_VXSNAN : 0;
    if (model_is_nan(&n[0]) || model_is_nan(&n[1])) {
        if (ordered && !(snan && ve))
            *flags |= FPSCR_VXVC;
    } else {
        for (unsigned i = 0; i < 2; i++)
            if (n[i].cls == C_INF)
                mpfr_set_inf(n[i].v, n[i].sign ? -1 : 1);
        int order = mpfr_cmp(n[0].v, n[1].v);
        cc = order < 0 ? CR_LT : order > 0 ? CR_GT : CR_EQ;
    }
    mpfr_clears(n[0].v, n[1].v, (mpfr_ptr)NULL);
    return cc;
}

#endif
