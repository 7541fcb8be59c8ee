/*
 * Scalar and lane floating point on the host's FPU, for engines that want speed.
 *
 * Each fph_* computes with the host and returns true when the bits are provably those softfp
 * gives and the FPSCR effects are recorded; on false nothing has changed and the caller takes the
 * softfp handler. To be called only while cpu->fp_fast: round to nearest, no exception enabled.
 *
 * - Results must be normal and not the least normal number (POWER finds tininess before rounding),
 *   or an exact zero. Infinite results and NaNs go the slow way, so host NaN rules never show.
 * - FR, FI and FPRF are lazy: the operation is recorded in cpu->fp_lazy, fpscr_sync() repeats it
 *   with softfp. XX is sticky: once set it needs nothing, until then exactness is found at once.
 * - Single-precision forms round the double result again. That differs from rounding once only
 *   when the double result sits half way between two single numbers and is not exact: those, where
 *   exactness is cheap to know, or all half ways go the slow way.
 * - Fused multiply-add needs the host's FMA instruction (__FMA__, or any aarch64); without it,
 *   and while XX is clear, the forms on doubles return false.
 *
 * Threaded code (src/engine/interp/float.c) melts the handlers' part for the host in, in the state
 * that programs soon reach and then keep: XX is set, so that exactness is no question. For all else
 * it calls the complete handler.
 *
 * The host FPU must be in its default mode (nearest, denormals honoured) and this file must be
 * compiled with -ffp-contract=off. Not for hosts that compute with x87 precision.
 */
#ifndef PEFEMU_CPU_FP_HOST_H
#define PEFEMU_CPU_FP_HOST_H

#include "fpu.h"

#define FPH_INLINE static inline __attribute__((unused))

#if defined(__FMA__) || defined(__aarch64__) || defined(__powerpc64__)
#define FPH_HAVE_FMA 1
#else
#define FPH_HAVE_FMA 0
#endif

/* FPH_TRY: is the host's FPU to be tried? FPH_ELSE(way): the @way to go when it declines. */
#ifdef PEFEMU_INLINE_OPS
#define FPH_TRY(cpu)  (likely((cpu)->fp_fast) && likely((cpu)->fpscr & FPSCR_XX))
#define FPH_ELSE(way) TRAP_AGAIN
#else
#define FPH_TRY(cpu)  likely((cpu)->fp_fast)
#define FPH_ELSE(way) (way)
#endif

/* cpu->fp_lazy.kind: which operation fpscr_sync() has to repeat. */
enum fp_lazy_kind {
    FPL_NONE,
    FPL_ADD,
    FPL_SUB,
    FPL_MUL,
    FPL_DIV,
    FPL_SQRT,
    FPL_MADD,
    FPL_MSUB,
    FPL_NMADD,
    FPL_NMSUB,
    FPL_EXACT, /* the result is b, FI and FR are 0 */
    FPL_RINT,
    FPL_CFID,
    FPL_CFIDU,
    FPL_CFIDS,
    FPL_CFIDUS,
    FPL_FRSP,
    FPL_SINGLE = 0x20, /* or'ed to ADD..NMSUB: rounded to single, result in double */
};

/* cpu->fp_lazy.aux: what later instructions changed; also valid with kind FPL_NONE. */
#define FPL_AUX_CC  0x0fu /* FPCC of the last comparison */
#define FPL_AUX_CMP 0x10u /* ... is to replace FPCC */
#define FPL_AUX_INT 0x20u /* a conversion to integer: FI and FR from below, FPRF = 0 */
#define FPL_AUX_FI  0x40u
#define FPL_AUX_FR  0x80u

FPH_INLINE double fph_f64(uint64_t v)
{
    double d;
    memcpy(&d, &v, sizeof(d));
    return d;
}

FPH_INLINE uint64_t fph_bits64(double d)
{
    uint64_t v;
    memcpy(&v, &d, sizeof(v));
    return v;
}

FPH_INLINE float fph_f32(uint32_t v)
{
    float f;
    memcpy(&f, &v, sizeof(f));
    return f;
}

FPH_INLINE uint32_t fph_bits32(float f)
{
    uint32_t v;
    memcpy(&v, &f, sizeof(v));
    return v;
}

/* ---- range checks on results ---- */

#define F64_EXP(v) ((unsigned)((v) >> 52) & 0x7ff)
#define F32_EXP(v) ((unsigned)((v) >> 23) & 0xff)
#define F64_MAG(v) ((v) << 1)
#define F32_MAG(v) ((uint32_t)((v) << 1))

FPH_INLINE bool fph_finite64(uint64_t v)
{
    return likely(F64_EXP(v) != 0x7ff);
}

/* Normal, larger than the exponent of the least normal number, finite. */
FPH_INLINE bool fph_safe64(uint64_t v)
{
    return likely(F64_EXP(v) - 2 < 0x7ff - 2);
}

/* The same for a single-precision result in double format (exponents -125..127). */
FPH_INLINE bool fph_safe_single(uint64_t v)
{
    return likely(F64_EXP(v) - 898 < 1151 - 898);
}

FPH_INLINE bool fph_finite32(uint32_t v)
{
    return likely(F32_EXP(v) != 0xff);
}

FPH_INLINE bool fph_safe32(uint32_t v)
{
    return likely(F32_EXP(v) - 2 < 0xff - 2);
}

/* ---- exactness, asked only while XX is clear ---- */

/* Is s, the rounded a + b, not the exact sum? The error term is exact in round to nearest unless an
 * intermediate overflows: callers keep away from huge sums. */
FPH_INLINE bool fph_add_inexact(double a, double b, double s)
{
    double bb = s - a;
    return (a - (s - bb)) + (b - bb) != 0;
}

FPH_INLINE uint64_t fph_significand(uint64_t v)
{
    uint64_t frac = v & PPC_BITS(12, 63);
    return F64_EXP(v) ? frac | PPC_BIT(11) : frac;
}

/* @v without its trailing zero bits; v != 0. */
FPH_INLINE u128 fph_odd_part(u128 v)
{
    uint64_t lo = (uint64_t)v;
    return lo ? v >> __builtin_ctzll(lo) : v >> 64 >> __builtin_ctzll((uint64_t)(v >> 64));
}

/* a * b == p up to a power of two, judged by significands; none may be zero. With p the rounded
 * product (or a the rounded quotient, root) this is exactness. */
FPH_INLINE bool fph_product_is(uint64_t a, uint64_t b, uint64_t p)
{
    u128 product = (u128)fph_significand(a) * fph_significand(b);
    return fph_odd_part(product) == fph_odd_part(fph_significand(p));
}

/* The same for a product in the range of single numbers, or zero: there the error of the double
 * product is a double number. */
FPH_INLINE bool fph_singles_product_is(uint64_t a, uint64_t b, uint64_t p)
{
#if FPH_HAVE_FMA
    return __builtin_fma(fph_f64(a), fph_f64(b), -fph_f64(p)) == 0;
#else
    return F64_MAG(p) == 0 || fph_product_is(a, b, p);
#endif
}

/* ---- bookkeeping ---- */

FPH_INLINE bool fph_xx(const struct cpu *cpu)
{
    return likely(cpu->fpscr & FPSCR_XX);
}

FPH_INLINE void fph_set_xx(struct cpu *cpu, bool inexact)
{
    if (inexact)
        cpu->fpscr |= FPSCR_XX | FPSCR_FX;
}

FPH_INLINE void fph_record(struct cpu *cpu, unsigned kind, uint64_t a, uint64_t b)
{
    cpu->fp_lazy.kind = kind;
    cpu->fp_lazy.aux = 0;
    cpu->fp_lazy.a = a;
    cpu->fp_lazy.b = b;
}

/* ---- double arithmetic: value, range and XX; shared by the scalar and the lane forms ---- */

/* Sums that are tiny are exact, so only overflow and NaN have to be excluded. */
FPH_INLINE bool fph_sum(struct cpu *cpu, double x, double y, uint64_t *r)
{
    double s = x + y;
    uint64_t v = fph_bits64(s);
    if (!fph_finite64(v))
        return false;
    if (!fph_xx(cpu)) {
        if (F64_EXP(v) > 0x7f0)
            return false;
        fph_set_xx(cpu, fph_add_inexact(x, y, s));
    }
    *r = v;
    return true;
}

FPH_INLINE bool fph_product(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    uint64_t v = fph_bits64(fph_f64(a) * fph_f64(b));
    if (!fph_safe64(v)) {
        if (F64_MAG(v) != 0 || (F64_MAG(a) != 0 && F64_MAG(b) != 0))
            return false;
    } else if (!fph_xx(cpu)) {
        fph_set_xx(cpu, !fph_product_is(a, b, v));
    }
    *r = v;
    return true;
}

FPH_INLINE bool fph_quotient(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    uint64_t v = fph_bits64(fph_f64(a) / fph_f64(b));
    if (!fph_safe64(v)) {
        if (F64_MAG(v) != 0 || F64_MAG(a) != 0)
            return false;
    } else if (!fph_xx(cpu)) {
        fph_set_xx(cpu, !fph_product_is(v, b, a));
    }
    *r = v;
    return true;
}

FPH_INLINE bool fph_root(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    if ((int64_t)b <= 0 || !fph_finite64(b)) /* also zeros: too rare to care */
        return false;
    uint64_t v = fph_bits64(__builtin_sqrt(fph_f64(b)));
    if (!fph_xx(cpu))
        fph_set_xx(cpu, !fph_product_is(v, v, b));
    *r = v;
    return true;
}

FPH_INLINE bool fph_fused(struct cpu *cpu, uint64_t a, uint64_t c, uint64_t b, bool neg_b,
                          bool neg_r, uint64_t *r)
{
#if FPH_HAVE_FMA
    double y = fph_f64(b);
    uint64_t v = fph_bits64(__builtin_fma(fph_f64(a), fph_f64(c), neg_b ? -y : y));
    if (!fph_safe64(v)) {
        /* zero: exact when the product is */
        if (F64_MAG(v) != 0 || (F64_MAG(a) != 0 && F64_MAG(c) != 0))
            return false;
    } else if (!fph_xx(cpu)) {
        return false;
    }
    *r = v ^ (uint64_t)neg_r << 63;
    return true;
#else
    (void)cpu, (void)a, (void)c, (void)b, (void)neg_b, (void)neg_r, (void)r;
    return false;
#endif
}

FPH_INLINE bool fph_half_way(uint64_t v)
{
    return unlikely((v & 0x1fffffff) == 0x10000000);
}

/* The second rounding of single-precision forms. @v: correctly rounded double, safe or zero;
 * @inexact: it is not the exact result, or that is not known. Only looked at half way between two
 * single numbers, and while XX is clear; then it must be known. */
FPH_INLINE bool fph_narrow(struct cpu *cpu, uint64_t v, bool inexact, uint64_t *r)
{
    uint64_t s = fph_bits64((double)(float)fph_f64(v));
    if (fph_half_way(v) && inexact)
        return false;
    if (!fph_safe_single(s) && F64_MAG(v) != 0)
        return false;
    if (!fph_xx(cpu))
        fph_set_xx(cpu, inexact || s != v);
    *r = s;
    return true;
}

/* ---- scalar double: fadd xsadddp and so on ---- */

FPH_INLINE bool fph_add(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    if (!fph_sum(cpu, fph_f64(a), fph_f64(b), r))
        return false;
    fph_record(cpu, FPL_ADD, a, b);
    return true;
}

FPH_INLINE bool fph_sub(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    if (!fph_sum(cpu, fph_f64(a), -fph_f64(b), r))
        return false;
    fph_record(cpu, FPL_SUB, a, b);
    return true;
}

FPH_INLINE bool fph_mul(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    if (!fph_product(cpu, a, b, r))
        return false;
    fph_record(cpu, FPL_MUL, a, b);
    return true;
}

FPH_INLINE bool fph_div(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    if (!fph_quotient(cpu, a, b, r))
        return false;
    fph_record(cpu, FPL_DIV, a, b);
    return true;
}

FPH_INLINE bool fph_sqrt(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    if (!fph_root(cpu, b, r))
        return false;
    fph_record(cpu, FPL_SQRT, b, b);
    return true;
}

/* a * c + b; operands in the order of f64_muladd(). */
FPH_INLINE bool fph_muladd(struct cpu *cpu, uint64_t a, uint64_t c, uint64_t b, bool neg_b,
                           bool neg_r, uint64_t *r)
{
    if (!fph_fused(cpu, a, c, b, neg_b, neg_r, r))
        return false;
    fph_record(cpu, FPL_MADD + neg_b + 2 * neg_r, a, b);
    cpu->fp_lazy.c = c;
    return true;
}

#define FPH_MULADD_FORMS(madd, msub, nmadd, nmsub, muladd)                                         \
    FPH_INLINE bool madd(struct cpu *cpu, uint64_t a, uint64_t c, uint64_t b, uint64_t *r)         \
    {                                                                                              \
        return muladd(cpu, a, c, b, false, false, r);                                              \
    }                                                                                              \
    FPH_INLINE bool msub(struct cpu *cpu, uint64_t a, uint64_t c, uint64_t b, uint64_t *r)         \
    {                                                                                              \
        return muladd(cpu, a, c, b, true, false, r);                                               \
    }                                                                                              \
    FPH_INLINE bool nmadd(struct cpu *cpu, uint64_t a, uint64_t c, uint64_t b, uint64_t *r)        \
    {                                                                                              \
        return muladd(cpu, a, c, b, false, true, r);                                               \
    }                                                                                              \
    FPH_INLINE bool nmsub(struct cpu *cpu, uint64_t a, uint64_t c, uint64_t b, uint64_t *r)        \
    {                                                                                              \
        return muladd(cpu, a, c, b, true, true, r);                                                \
    }
FPH_MULADD_FORMS(fph_madd, fph_msub, fph_nmadd, fph_nmsub, fph_muladd)

/* ---- scalar single on doubles: fadds xsaddsp and so on ---- */

FPH_INLINE bool fph_sums(struct cpu *cpu, double x, double y, uint64_t *r)
{
    double s = x + y;
    uint64_t v = fph_bits64(s);
    bool inexact = (!fph_xx(cpu) || fph_half_way(v)) && fph_add_inexact(x, y, s);
    return fph_narrow(cpu, v, inexact, r);
}

FPH_INLINE bool fph_adds(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    if (!fph_sums(cpu, fph_f64(a), fph_f64(b), r))
        return false;
    fph_record(cpu, FPL_ADD | FPL_SINGLE, a, b);
    return true;
}

FPH_INLINE bool fph_subs(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    if (!fph_sums(cpu, fph_f64(a), -fph_f64(b), r))
        return false;
    fph_record(cpu, FPL_SUB | FPL_SINGLE, a, b);
    return true;
}

FPH_INLINE bool fph_muls(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    uint64_t v = fph_bits64(fph_f64(a) * fph_f64(b));
    if (!fph_finite64(v) || (F64_MAG(v) == 0 && F64_MAG(a) != 0 && F64_MAG(b) != 0))
        return false;
    bool inexact = (!fph_xx(cpu) || fph_half_way(v)) && !fph_singles_product_is(a, b, v);
    if (!fph_narrow(cpu, v, inexact, r))
        return false;
    fph_record(cpu, FPL_MUL | FPL_SINGLE, a, b);
    return true;
}

FPH_INLINE bool fph_divs(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    uint64_t v = fph_bits64(fph_f64(a) / fph_f64(b));
    if (!fph_finite64(v) || (F64_MAG(v) == 0 && F64_MAG(a) != 0))
        return false;
    bool inexact = fph_xx(cpu) || (F64_MAG(v) != 0 && !fph_product_is(v, b, a));
    if (!fph_narrow(cpu, v, inexact, r))
        return false;
    fph_record(cpu, FPL_DIV | FPL_SINGLE, a, b);
    return true;
}

FPH_INLINE bool fph_sqrts(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    if ((int64_t)b <= 0 || !fph_finite64(b))
        return false;
    uint64_t v = fph_bits64(__builtin_sqrt(fph_f64(b)));
    bool inexact = fph_xx(cpu) || !fph_product_is(v, v, b);
    if (!fph_narrow(cpu, v, inexact, r))
        return false;
    fph_record(cpu, FPL_SQRT | FPL_SINGLE, b, b);
    return true;
}

FPH_INLINE bool fph_muladds(struct cpu *cpu, uint64_t a, uint64_t c, uint64_t b, bool neg_b,
                            bool neg_r, uint64_t *r)
{
    uint64_t v, s;
    if (!fph_fused(cpu, a, c, b, neg_b, false, &v) || !fph_narrow(cpu, v, fph_xx(cpu), &s))
        return false; /* while XX is clear fph_fused() has exact zeros only */
    *r = s ^ (uint64_t)neg_r << 63;
    fph_record(cpu, (FPL_MADD + neg_b + 2 * neg_r) | FPL_SINGLE, a, b);
    cpu->fp_lazy.c = c;
    return true;
}
FPH_MULADD_FORMS(fph_madds, fph_msubs, fph_nmadds, fph_nmsubs, fph_muladds)

/* ---- conversions and comparison ---- */

/* frsp xsrsp */
FPH_INLINE bool fph_frsp(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    uint64_t s = fph_bits64((double)(float)fph_f64(b));
    if (!fph_safe_single(s) && F64_MAG(b) != 0)
        return false;
    if (!fph_xx(cpu))
        fph_set_xx(cpu, s != b);
    *r = s;
    fph_record(cpu, FPL_FRSP, b, b);
    return true;
}

/* fcfid xscvsxddp; @b is the integer */
FPH_INLINE bool fph_cfid(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    double d = (double)(int64_t)b;
    if (!fph_xx(cpu)) /* 2^63 can only have come from rounding up, and does not convert back */
        fph_set_xx(cpu, d == 0x1p63 || (uint64_t)(int64_t)d != b);
    *r = fph_bits64(d);
    fph_record(cpu, FPL_CFID, b, b);
    return true;
}

/* fcfidu xscvuxddp */
FPH_INLINE bool fph_cfidu(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    double d = (double)b;
    if (!fph_xx(cpu))
        fph_set_xx(cpu, d == 0x1p64 || (uint64_t)d != b);
    *r = fph_bits64(d);
    fph_record(cpu, FPL_CFIDU, b, b);
    return true;
}

/* fcfids xscvsxdsp: one rounding, so straight to float */
FPH_INLINE bool fph_cfids(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    float f = (float)(int64_t)b;
    if (!fph_xx(cpu))
        fph_set_xx(cpu, f == 0x1p63f || (uint64_t)(int64_t)f != b);
    *r = fph_bits64((double)f);
    fph_record(cpu, FPL_CFIDS, b, b);
    return true;
}

/* fcfidus xscvuxdsp */
FPH_INLINE bool fph_cfidus(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    float f = (float)b;
    if (!fph_xx(cpu))
        fph_set_xx(cpu, f == 0x1p64f || (uint64_t)f != b);
    *r = fph_bits64((double)f);
    fph_record(cpu, FPL_CFIDUS, b, b);
    return true;
}

/* Integer conversions overwrite all that is lazy. */
FPH_INLINE void fph_record_int(struct cpu *cpu, bool inexact)
{
    cpu->fp_lazy.kind = FPL_NONE;
    cpu->fp_lazy.aux = FPL_AUX_INT | (inexact ? FPL_AUX_FI : 0);
    if (!fph_xx(cpu))
        fph_set_xx(cpu, inexact);
}

/* fctidz xscvdpsxds */
FPH_INLINE bool fph_ctidz(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    double d = fph_f64(b);
    if (unlikely(!(d >= -0x1p63 && d < 0x1p63)))
        return false;
    int64_t i = (int64_t)d;
    fph_record_int(cpu, (double)i != d);
    *r = (uint64_t)i;
    return true;
}

/* fctiwz xscvdpsxws: the word in both halves */
FPH_INLINE bool fph_ctiwz(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    double d = fph_f64(b);
    if (unlikely(!(d > -2147483649.0 && d < 2147483648.0)))
        return false;
    int32_t i = (int32_t)d;
    fph_record_int(cpu, (double)i != d);
    *r = (uint32_t)i * 0x100000001ULL;
    return true;
}

/* fctiduz xscvdpuxds */
FPH_INLINE bool fph_ctiduz(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    double d = fph_f64(b);
    if (unlikely(!(d > -1.0 && d < 0x1p64)))
        return false;
    uint64_t i = d < 0 ? 0 : (uint64_t)d;
    fph_record_int(cpu, (double)i != d);
    *r = i;
    return true;
}

/* fctiwuz: the word in both halves */
FPH_INLINE bool fph_ctiwuz(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    double d = fph_f64(b);
    if (unlikely(!(d > -1.0 && d < 4294967296.0)))
        return false;
    uint64_t i = (uint64_t)(int64_t)d;
    fph_record_int(cpu, (double)i != d);
    *r = i * 0x100000001ULL;
    return true;
}

/* fcmpu fcmpo xscmpudp xscmpodp without NaN: *@cc is the CR field; FPCC follows lazily. */
FPH_INLINE bool fph_cmp(struct cpu *cpu, uint64_t a, uint64_t b, unsigned *cc)
{
    double x = fph_f64(a), y = fph_f64(b);
    unsigned v = x < y ? CR_LT : x > y ? CR_GT : CR_EQ;
    if (unlikely(__builtin_isunordered(x, y)))
        return false;
    cpu->fp_lazy.aux = (cpu->fp_lazy.aux & ~FPL_AUX_CC) | FPL_AUX_CMP | v;
    *cc = v;
    return true;
}

/* ---- lanes of vector operations: only XX and FX are touched ----
 * When a later lane returns false the caller repeats all lanes with softfp; an XX that an earlier
 * lane has set is then set again, so nothing has to be taken back. */

FPH_INLINE bool fph64_add(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    return fph_sum(cpu, fph_f64(a), fph_f64(b), r);
}

FPH_INLINE bool fph64_sub(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    return fph_sum(cpu, fph_f64(a), -fph_f64(b), r);
}

FPH_INLINE bool fph64_mul(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    return fph_product(cpu, a, b, r);
}

FPH_INLINE bool fph64_div(struct cpu *cpu, uint64_t a, uint64_t b, uint64_t *r)
{
    return fph_quotient(cpu, a, b, r);
}

FPH_INLINE bool fph64_sqrt(struct cpu *cpu, uint64_t b, uint64_t *r)
{
    return fph_root(cpu, b, r);
}

FPH_INLINE bool fph64_muladd(struct cpu *cpu, uint64_t a, uint64_t c, uint64_t b, bool neg_b,
                             bool neg_r, uint64_t *r)
{
    return fph_fused(cpu, a, c, b, neg_b, neg_r, r);
}

/* Single lanes. Exactness is judged in double, where sums, products and residuals are exact or
 * visibly not. */
FPH_INLINE bool fph_sum32(struct cpu *cpu, float x, float y, uint32_t *r)
{
    uint32_t v = fph_bits32(x + y);
    if (!fph_finite32(v))
        return false;
    if (!fph_xx(cpu)) {
        double s = (double)x + (double)y;
        fph_set_xx(cpu, fph_add_inexact(x, y, s) || s != (double)(x + y));
    }
    *r = v;
    return true;
}

FPH_INLINE bool fph32_add(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t *r)
{
    return fph_sum32(cpu, fph_f32(a), fph_f32(b), r);
}

FPH_INLINE bool fph32_sub(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t *r)
{
    return fph_sum32(cpu, fph_f32(a), -fph_f32(b), r);
}

FPH_INLINE bool fph32_mul(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t *r)
{
    float x = fph_f32(a), y = fph_f32(b), p = x * y;
    uint32_t v = fph_bits32(p);
    if (!fph_safe32(v)) {
        if (F32_MAG(v) != 0 || (F32_MAG(a) != 0 && F32_MAG(b) != 0))
            return false;
    } else if (!fph_xx(cpu)) {
        fph_set_xx(cpu, (double)x * (double)y != (double)p);
    }
    *r = v;
    return true;
}

FPH_INLINE bool fph32_div(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t *r)
{
    float x = fph_f32(a), y = fph_f32(b), q = x / y;
    uint32_t v = fph_bits32(q);
    if (!fph_safe32(v)) {
        if (F32_MAG(v) != 0 || F32_MAG(a) != 0)
            return false;
    } else if (!fph_xx(cpu)) {
        fph_set_xx(cpu, (double)q * (double)y != (double)x);
    }
    *r = v;
    return true;
}

FPH_INLINE bool fph32_sqrt(struct cpu *cpu, uint32_t b, uint32_t *r)
{
    if ((int32_t)b <= 0 || !fph_finite32(b))
        return false;
    float x = fph_f32(b), root = __builtin_sqrtf(x);
    if (!fph_xx(cpu))
        fph_set_xx(cpu, (double)root * (double)root != (double)x);
    *r = fph_bits32(root);
    return true;
}

FPH_INLINE bool fph32_muladd(struct cpu *cpu, uint32_t a, uint32_t c, uint32_t b, bool neg_b,
                             bool neg_r, uint32_t *r)
{
#if FPH_HAVE_FMA
    float x = fph_f32(a), z = fph_f32(c), y = neg_b ? -fph_f32(b) : fph_f32(b);
    float f = __builtin_fmaf(x, z, y);
    uint32_t v = fph_bits32(f);
    if (!fph_safe32(v)) {
        if (F32_MAG(v) != 0 || (F32_MAG(a) != 0 && F32_MAG(c) != 0))
            return false;
    } else if (!fph_xx(cpu)) {
        double p = (double)x * (double)z, s = p + (double)y;
        fph_set_xx(cpu, fph_add_inexact(p, y, s) || s != (double)f);
    }
    *r = v ^ (uint32_t)neg_r << 31;
    return true;
#else
    (void)cpu, (void)a, (void)c, (void)b, (void)neg_b, (void)neg_r, (void)r;
    return false;
#endif
}

#endif
