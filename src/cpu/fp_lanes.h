// SPDX-License-Identifier: Apache-2.0
/*
 * Vector floating point on the host's FPU, all lanes at once, by the rules of fp_host.h. Arithmetic
 * only while XX is set: exactness is no question then. On false (and with r half done) a lane may
 * still be good for the host: these functions know no zeros.
 */
#ifndef PEFEMU_CPU_FP_LANES_H
#define PEFEMU_CPU_FP_LANES_H

#include "fp_host.h"

/* The lanes of a VSR as numbers and as bits, for both sizes: order does not matter. */
typedef double fpl_f64 __attribute__((vector_size(16)));
typedef float fpl_f32 __attribute__((vector_size(16)));
typedef int64_t fpl_i64 __attribute__((vector_size(16)));
typedef int32_t fpl_i32 __attribute__((vector_size(16)));

#define FPL_GET(type, v) ((type)(fpl_i64){(int64_t)(v)->d[0], (int64_t)(v)->d[1]})
#define FPL_PUT(v, bits)                                                                           \
    ((v)->d[0] = (uint64_t)((fpl_i64)(bits))[0], (v)->d[1] = (uint64_t)((fpl_i64)(bits))[1])

/* Is the sign of any lane set? */
#define FPL_ANY_NEGATIVE64(v) ((((fpl_i64)(v))[0] | ((fpl_i64)(v))[1]) < 0)
#define FPL_ANY_NEGATIVE32(v)                                                                      \
    (((((fpl_i64)(v))[0] | ((fpl_i64)(v))[1]) & (int64_t)0x8000000080000000) != 0)

/* Magnitudes: the least that is safe (fph_safe64, fph_safe32) and the greatest finite one. */
#define FPL_LEAST64 0x0020000000000000
#define FPL_MOST64  0x7fefffffffffffff
#define FPL_LEAST32 0x01000000
#define FPL_MOST32  0x7f7fffff

#define FPL_LANES(bits, fma, sqrt)                                                                 \
    FPH_INLINE bool fpl##bits##_finite(fpl_i##bits v)                                              \
    {                                                                                              \
        return likely(!FPL_ANY_NEGATIVE##bits(FPL_MOST##bits - (v & INT##bits##_MAX)));            \
    }                                                                                              \
    FPH_INLINE bool fpl##bits##_safe(fpl_i##bits v)                                                \
    {                                                                                              \
        fpl_i##bits mag = v & INT##bits##_MAX;                                                     \
        return likely(!FPL_ANY_NEGATIVE##bits((mag - FPL_LEAST##bits) | (FPL_MOST##bits - mag)));  \
    }                                                                                              \
    FPH_INLINE bool fpl##bits##_add(const union vsr *a, const union vsr *b, union vsr *r)          \
    {                                                                                              \
        fpl_i##bits v = (fpl_i##bits)(FPL_GET(fpl_f##bits, a) + FPL_GET(fpl_f##bits, b));          \
        FPL_PUT(r, v);                                                                             \
        return fpl##bits##_finite(v);                                                              \
    }                                                                                              \
    FPH_INLINE bool fpl##bits##_sub(const union vsr *a, const union vsr *b, union vsr *r)          \
    {                                                                                              \
        fpl_i##bits v = (fpl_i##bits)(FPL_GET(fpl_f##bits, a) - FPL_GET(fpl_f##bits, b));          \
        FPL_PUT(r, v);                                                                             \
        return fpl##bits##_finite(v);                                                              \
    }                                                                                              \
    FPH_INLINE bool fpl##bits##_mul(const union vsr *a, const union vsr *b, union vsr *r)          \
    {                                                                                              \
        fpl_i##bits v = (fpl_i##bits)(FPL_GET(fpl_f##bits, a) * FPL_GET(fpl_f##bits, b));          \
        FPL_PUT(r, v);                                                                             \
        return fpl##bits##_safe(v);                                                                \
    }                                                                                              \
    FPH_INLINE bool fpl##bits##_div(const union vsr *a, const union vsr *b, union vsr *r)          \
    {                                                                                              \
        fpl_i##bits v = (fpl_i##bits)(FPL_GET(fpl_f##bits, a) / FPL_GET(fpl_f##bits, b));          \
        FPL_PUT(r, v);                                                                             \
        return fpl##bits##_safe(v);                                                                \
    }                                                                                              \
    FPH_INLINE bool fpl##bits##_sqrt(const union vsr *b, union vsr *r)                             \
    {                                                                                              \
        fpl_f##bits x = FPL_GET(fpl_f##bits, b), root;                                             \
        fpl_i##bits v = (fpl_i##bits)x;                                                            \
        for (unsigned i = 0; i < 128 / bits; i++)                                                  \
            root[i] = sqrt(x[i]);                                                                  \
        FPL_PUT(r, (fpl_i##bits)root);                                                             \
        return likely(!FPL_ANY_NEGATIVE##bits(v | (v - 1) | (FPL_MOST##bits - v)));                \
    }                                                                                              \
    FPH_INLINE bool fpl##bits##_muladd(const union vsr *a, const union vsr *c, const union vsr *b, \
                                       bool neg_b, bool neg_r, union vsr *r)                       \
    {                                                                                              \
        fpl_f##bits x = FPL_GET(fpl_f##bits, a), z = FPL_GET(fpl_f##bits, c);                      \
        fpl_f##bits y = FPL_GET(fpl_f##bits, b), f;                                                \
        if (neg_b)                                                                                 \
            y = -y;                                                                                \
        for (unsigned i = 0; i < 128 / bits; i++)                                                  \
            f[i] = fma(x[i], z[i], y[i]);                                                          \
        fpl_i##bits v = (fpl_i##bits)f;                                                            \
        FPL_PUT(r, neg_r ? v ^ INT##bits##_MIN : v);                                               \
        return FPH_HAVE_FMA && fpl##bits##_safe(v);                                                \
    }                                                                                              \
    /* Nothing is raised while no lane is a NaN. Maximum and minimum of zeros: +0 is the larger.   \
     */                                                                                            \
    FPH_INLINE bool fpl##bits##_ordered(fpl_f##bits x, fpl_f##bits y)                              \
    {                                                                                              \
        return likely(!FPL_ANY_NEGATIVE##bits((x != x) | (y != y)));                               \
    }                                                                                              \
    FPH_INLINE bool fpl##bits##_max_min(const union vsr *a, const union vsr *b, bool min,          \
                                        union vsr *r)                                              \
    {                                                                                              \
        fpl_f##bits x = FPL_GET(fpl_f##bits, a), y = FPL_GET(fpl_f##bits, b);                      \
        fpl_i##bits i = (fpl_i##bits)x, j = (fpl_i##bits)y;                                        \
        fpl_i##bits first = min ? x < y : x > y, same = x == y;                                    \
        FPL_PUT(r, (first & i) | (~(first | same) & j) | (same & (min ? i | j : i & j)));          \
        return fpl##bits##_ordered(x, y);                                                          \
    }                                                                                              \
    FPH_INLINE bool fpl##bits##_compare(const union vsr *a, const union vsr *b, unsigned wanted,   \
                                        union vsr *r)                                              \
    {                                                                                              \
        fpl_f##bits x = FPL_GET(fpl_f##bits, a), y = FPL_GET(fpl_f##bits, b);                      \
        FPL_PUT(r, wanted == CR_EQ ? x == y : wanted == CR_GT ? x > y : x >= y);                   \
        return fpl##bits##_ordered(x, y);                                                          \
    }
FPL_LANES(64, __builtin_fma, __builtin_sqrt)
FPL_LANES(32, __builtin_fmaf, __builtin_sqrtf)

#endif
