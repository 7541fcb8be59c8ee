// SPDX-License-Identifier: Apache-2.0
/*
 * What the VSX handlers share: operand access and the two ways a VSX instruction ends. A scalar
 * result clears doubleword 1, as POWER9 does where the ISA leaves it undefined.
 */
#ifndef PEFEMU_CPU_VSX_H
#define PEFEMU_CPU_VSX_H

#include "fp.h"

#define XT_D0 VD(cpu->vsr[in->rt], 0)
#define XA_D0 VD(cpu->vsr[in->ra], 0)
#define XB_D0 VD(cpu->vsr[in->rb], 0)

static inline void vsx_set_d(struct cpu *cpu, unsigned t, uint64_t d0, uint64_t d1)
{
    VD(cpu->vsr[t], 0) = d0;
    VD(cpu->vsr[t], 1) = d1;
}

/* Is one of the exceptions in @flags enabled? Unlike a scalar, a vector operation writes nothing
 * then, be it overflow, underflow or inexact. */
static inline bool vsx_enabled(const struct cpu *cpu, uint64_t flags)
{
    uint64_t enables = cpu->fpscr;
    return ((flags & FPSCR_VX_ANY) && (enables & FPSCR_VE)) ||
           ((flags & FPSCR_OX) && (enables & FPSCR_OE)) ||
           ((flags & FPSCR_UX) && (enables & FPSCR_UE)) ||
           ((flags & FPSCR_ZX) && (enables & FPSCR_ZE)) ||
           ((flags & FPSCR_XX) && (enables & FPSCR_XE));
}

/* End of a vector operation; op->flags holds the exceptions of all lanes. */
static inline trap_t vsx_end_vector(struct cpu *cpu, const struct insn *in, const union vsr *r,
                                    const struct fp_op *op)
{
    trap_t trap = TRAP_NONE;
    bool suppress = vsx_enabled(cpu, op->flags);
    if (unlikely(op->flags))
        fp_end_sticky(cpu, op, &trap);
    if (!suppress)
        cpu->vsr[in->rt] = *r;
    return trap;
}

static inline bool f64_is_nan(uint64_t v)
{
    return (v << 1) > (0x7ffULL << 53);
}

static inline bool f32_is_nan(uint32_t v)
{
    return (v << 1) > (0xffu << 24);
}

/* End of a scalar comparison or test: CR field BF and FPCC. */
static inline trap_t vsx_end_cc(struct cpu *cpu, const struct insn *in, unsigned cc,
                                const struct fp_op *op)
{
    return fp_end_compare(cpu, op, WORD_BITS(in->word, 6, 8), cc);
}

/* ---- comparison, maximum and minimum ---- */

/* Without NaNs nothing is raised and the host compares alike in every mode. */
static inline unsigned vsx_compare64(const struct cpu *cpu, uint64_t a, uint64_t b, bool ordered,
                                     struct fp_op *op)
{
    double x = fph_f64(a), y = fph_f64(b);
    if (cpu->fp_fast && likely(!__builtin_isunordered(x, y)))
        return x < y ? CR_LT : x > y ? CR_GT : CR_EQ;
    return f64_compare(a, b, ordered, op);
}

static inline unsigned vsx_compare32(const struct cpu *cpu, uint32_t a, uint32_t b, bool ordered,
                                     struct fp_op *op)
{
    float x = fph_f32(a), y = fph_f32(b);
    if (cpu->fp_fast && likely(!__builtin_isunordered(x, y)))
        return x < y ? CR_LT : x > y ? CR_GT : CR_EQ;
    return f32_compare(a, b, ordered, op);
}

/* xsmaxdp, xvmaxdp: a number wins over a quiet NaN, a signalling NaN over everything. */
#define VSX_MAX_MIN(bits, quiet)                                                                   \
    static inline uint##bits##_t vsx_max_min##bits(const struct cpu *cpu, uint##bits##_t a,        \
                                                   uint##bits##_t b, bool min, struct fp_op *op)   \
    {                                                                                              \
        unsigned cc = vsx_compare##bits(cpu, a, b, false, op);                                     \
        if (unlikely(cc == CR_SO)) {                                                               \
            bool a_nan = f##bits##_is_nan(a), b_nan = f##bits##_is_nan(b);                         \
            if (a_nan && (b_nan || !(a & quiet)))                                                  \
                return a | quiet;                                                                  \
            return b_nan && (b & quiet) ? a : b_nan ? b | quiet : b;                               \
        }                                                                                          \
        if (cc == CR_EQ) /* the same bits, or zeros: +0 is the larger */                           \
            return min ? a | b : a & b;                                                            \
        return (cc == CR_GT) != min ? a : b;                                                       \
    }
VSX_MAX_MIN(64, (1ULL << 51))
VSX_MAX_MIN(32, (1u << 22))
#undef VSX_MAX_MIN

/* ---- tests for software divide and square root: CR field 1 || FG || FE || 0 ---- */

/* Limits of a format: bias, and the exponent range in which the software algorithms are safe. */
struct vsx_test_format {
    unsigned frac_bits, exp_bits;
    int bias;
};

struct vsx_test_operand {
    int exp; /* unbiased exponent field */
    bool nan, inf, zero, denormal, sign;
};

static inline struct vsx_test_operand vsx_test_unpack(const struct vsx_test_format *f, uint64_t v)
{
    unsigned max_exp = (1u << f->exp_bits) - 1, e = v >> f->frac_bits & max_exp;
    bool frac = v & ((1ULL << f->frac_bits) - 1);
    return (struct vsx_test_operand){.exp = (int)e - f->bias,
                                     .nan = e == max_exp && frac,
                                     .inf = e == max_exp && !frac,
                                     .zero = e == 0 && !frac,
                                     .denormal = e == 0 && frac,
                                     .sign = v >> (f->frac_bits + f->exp_bits) & 1};
}

static inline unsigned vsx_test_div(const struct vsx_test_format *f, uint64_t va, uint64_t vb)
{
    struct vsx_test_operand a = vsx_test_unpack(f, va), b = vsx_test_unpack(f, vb);
    bool fg = a.inf || b.inf || b.zero || b.denormal;
    bool fe =
        a.nan || b.nan || a.inf || b.inf || b.zero || b.exp <= 1 - f->bias || b.exp >= f->bias - 2;
    if (!a.zero && !fe)
        fe = a.exp - b.exp >= f->bias || a.exp - b.exp <= 2 - f->bias ||
             a.exp <= 1 - f->bias + (int)f->frac_bits;
    return CR_LT | (fg ? CR_GT : 0) | (fe ? CR_EQ : 0);
}

static inline unsigned vsx_test_sqrt(const struct vsx_test_format *f, uint64_t vb)
{
    struct vsx_test_operand b = vsx_test_unpack(f, vb);
    bool fg = b.inf || b.zero || b.denormal;
    bool fe = b.nan || b.inf || b.zero || b.sign || b.exp <= 1 - f->bias + (int)f->frac_bits;
    return CR_LT | (fg ? CR_GT : 0) | (fe ? CR_EQ : 0);
}

static const struct vsx_test_format VSX_TEST64 = {52, 11, 1023};
static const struct vsx_test_format VSX_TEST32 = {23, 8, 127};

/* ---- data classes ---- */

/* Data class mask bits of the test data class instructions. */
#define DCMX_NAN      0x40u
#define DCMX_INF      0x20u /* the negative one is the next lower bit, and so on */
#define DCMX_ZERO     0x08u
#define DCMX_DENORMAL 0x02u

/* The mask bit of a value's class, 0 for a normal number. */
static inline unsigned vsx_class(bool sign, unsigned exp, unsigned max_exp, bool frac)
{
    if (exp == max_exp)
        return frac ? DCMX_NAN : DCMX_INF >> sign;
    if (exp != 0)
        return 0;
    return (frac ? DCMX_DENORMAL : DCMX_ZERO) >> sign;
}

static inline unsigned f64_class(uint64_t v)
{
    return vsx_class(v >> 63, v >> 52 & 0x7ff, 0x7ff, v << 12);
}

static inline unsigned f32_class(uint32_t v)
{
    return vsx_class(v >> 31, v >> 23 & 0xff, 0xff, v << 9);
}

#endif
