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
typedef double fpv_f64 __attribute__((vector_size(16)));
typedef float fpv_f32 __attribute__((vector_size(16)));
typedef int64_t fpv_i64 __attribute__((vector_size(16)));
typedef int32_t fpv_i32 __attribute__((vector_size(16)));

#define FPV_GET(type, v) ((type)(fpv_i64){(int64_t)(v)->d[0], (int64_t)(v)->d[1]})
#define FPV_PUT(v, bits)                                                                           \
    ((v)->d[0] = (uint64_t)((fpv_i64)(bits))[0], (v)->d[1] = (uint64_t)((fpv_i64)(bits))[1])

/* Is the sign of any lane set? */
#define FPV_ANY_NEGATIVE64(v) ((((fpv_i64)(v))[0] | ((fpv_i64)(v))[1]) < 0)
#define FPV_ANY_NEGATIVE32(v)                                                                      \
    (((((fpv_i64)(v))[0] | ((fpv_i64)(v))[1]) & (int64_t)0x8000000080000000) != 0)

/* Magnitudes: the least that is safe (fph_safe64, fph_safe32) and the greatest finite one. */
#define FPV_LEAST64 0x0020000000000000
#define FPV_MOST64  0x7fefffffffffffff
#define FPV_LEAST32 0x01000000
#define FPV_MOST32  0x7f7fffff

#define FPV_LANES(bits, fma, sqrt)                                                                 \
    FPH_INLINE bool fpv##bits##_finite(fpv_i##bits v)                                              \
    {                                                                                              \
        return likely(!FPV_ANY_NEGATIVE##bits(FPV_MOST##bits - (v & INT##bits##_MAX)));            \
    }                                                                                              \
    FPH_INLINE bool fpv##bits##_safe(fpv_i##bits v)                                                \
    {                                                                                              \
        fpv_i##bits mag = v & INT##bits##_MAX;                                                     \
        return likely(!FPV_ANY_NEGATIVE##bits((mag - FPV_LEAST##bits) | (FPV_MOST##bits - mag)));  \
    }                                                                                              \
    FPH_INLINE bool fpv##bits##_add(const union vsr *a, const union vsr *b, union vsr *r)          \
    {                                                                                              \
        fpv_i##bits v = (fpv_i##bits)(FPV_GET(fpv_f##bits, a) + FPV_GET(fpv_f##bits, b));          \
        FPV_PUT(r, v);                                                                             \
        return fpv##bits##_finite(v);                                                              \
    }                                                                                              \
    FPH_INLINE bool fpv##bits##_sub(const union vsr *a, const union vsr *b, union vsr *r)          \
    {                                                                                              \
        fpv_i##bits v = (fpv_i##bits)(FPV_GET(fpv_f##bits, a) - FPV_GET(fpv_f##bits, b));          \
        FPV_PUT(r, v);                                                                             \
        return fpv##bits##_finite(v);                                                              \
    }                                                                                              \
    FPH_INLINE bool fpv##bits##_mul(const union vsr *a, const union vsr *b, union vsr *r)          \
    {                                                                                              \
        fpv_i##bits v = (fpv_i##bits)(FPV_GET(fpv_f##bits, a) * FPV_GET(fpv_f##bits, b));          \
        FPV_PUT(r, v);                                                                             \
        return fpv##bits##_safe(v);                                                                \
    }                                                                                              \
    FPH_INLINE bool fpv##bits##_div(const union vsr *a, const union vsr *b, union vsr *r)          \
    {                                                                                              \
        fpv_i##bits v = (fpv_i##bits)(FPV_GET(fpv_f##bits, a) / FPV_GET(fpv_f##bits, b));          \
        FPV_PUT(r, v);                                                                             \
        return fpv##bits##_safe(v);                                                                \
    }                                                                                              \
    FPH_INLINE bool fpv##bits##_sqrt(const union vsr *b, union vsr *r)                             \
    {                                                                                              \
        fpv_f##bits x = FPV_GET(fpv_f##bits, b), root;                                             \
        fpv_i##bits v = (fpv_i##bits)x;                                                            \
        for (unsigned i = 0; i < 128 / bits; i++)                                                  \
            root[i] = sqrt(x[i]);                                                                  \
        FPV_PUT(r, (fpv_i##bits)root);                                                             \
        return likely(!FPV_ANY_NEGATIVE##bits(v | (v - 1) | (FPV_MOST##bits - v)));                \
    }                                                                                              \
    FPH_INLINE bool fpv##bits##_muladd(const union vsr *a, const union vsr *c, const union vsr *b, \
                                       bool neg_b, bool neg_r, union vsr *r)                       \
    {                                                                                              \
        fpv_f##bits x = FPV_GET(fpv_f##bits, a), z = FPV_GET(fpv_f##bits, c);                      \
        fpv_f##bits y = FPV_GET(fpv_f##bits, b), f;                                                \
        if (neg_b)                                                                                 \
            y = -y;                                                                                \
        for (unsigned i = 0; i < 128 / bits; i++)                                                  \
            f[i] = fma(x[i], z[i], y[i]);                                                          \
        fpv_i##bits v = (fpv_i##bits)f;                                                            \
        FPV_PUT(r, neg_r ? v ^ INT##bits##_MIN : v);                                               \
        return FPH_HAVE_FMA && fpv##bits##_safe(v);                                                \
    }                                                                                              \
    /* Nothing is raised while no lane is a NaN. Maximum and minimum of zeros: +0 is the larger.   \
     */                                                                                            \
    FPH_INLINE bool fpv##bits##_ordered(fpv_f##bits x, fpv_f##bits y)                              \
    {                                                                                              \
        return likely(!FPV_ANY_NEGATIVE##bits((x != x) | (y != y)));                               \
    }                                                                                              \
    FPH_INLINE bool fpv##bits##_max_min(const union vsr *a, const union vsr *b, bool min,          \
                                        union vsr *r)                                              \
    {                                                                                              \
        fpv_f##bits x = FPV_GET(fpv_f##bits, a), y = FPV_GET(fpv_f##bits, b);                      \
        fpv_i##bits i = (fpv_i##bits)x, j = (fpv_i##bits)y;                                        \
        fpv_i##bits first = min ? x < y : x > y, same = x == y;                                    \
        FPV_PUT(r, (first & i) | (~(first | same) & j) | (same & (min ? i | j : i & j)));          \
        return fpv##bits##_ordered(x, y);                                                          \
    }                                                                                              \
    FPH_INLINE bool fpv##bits##_compare(const union vsr *a, const union vsr *b, unsigned wanted,   \
                                        union vsr *r)                                              \
    {                                                                                              \
        fpv_f##bits x = FPV_GET(fpv_f##bits, a), y = FPV_GET(fpv_f##bits, b);                      \
        FPV_PUT(r, wanted == CR_EQ ? x == y : wanted == CR_GT ? x > y : x >= y);                   \
        return fpv##bits##_ordered(x, y);                                                          \
    }
FPV_LANES(64, __builtin_fma, __builtin_sqrt)
FPV_LANES(32, __builtin_fmaf, __builtin_sqrtf)

#endif
