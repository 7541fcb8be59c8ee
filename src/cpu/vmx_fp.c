/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMX floating point: four single-precision elements, always rounded to nearest, no exceptions and
 * no FPSCR. VSCR[NJ]=1 takes denormal operands and results as zeros of their sign.
 * Facts: Power ISA v3.0B Book I, "Vector Floating-Point".
 */
#include "vmx.h"
#include "fp_host.h"
#include "fpu.h"

#define SIGN          0x80000000u
#define INFINITY_BITS 0x7f800000u
#define QUIET         0x00400000u

/* ---- operands and results ---- */

static inline vuw vmx_is_nan(vuw v)
{
    return (vuw)((v & ~SIGN) > INFINITY_BITS);
}

/* VR @n, denormals flushed if VSCR says so. */
static inline vuw vmx_fp_operand(const struct cpu *cpu, unsigned n)
{
    const vuw v = VMX_GET(vuw, n);
    if (likely(!(cpu->vscr & VSCR_NJ)))
        return v;
    return VMX_PICK(vuw, (v & INFINITY_BITS) == 0, v & SIGN, v);
}

/* Tininess is detected before rounding: a result rounded up to the smallest normal number has
 * underflowed too, and is flushed with the denormals. */
static inline uint32_t vmx_fp_result(const struct cpu *cpu, uint32_t r, const struct fp_op *op)
{
    if (unlikely(cpu->vscr & VSCR_NJ) && ((op->flags & FPSCR_UX) || !(r & INFINITY_BITS)))
        return r & SIGN;
    return r;
}

/* ---- arithmetic ---- */

/* With cpu->fp_fast the host computes: it agrees with the ISA but for the choice of NaNs, and in
 * Java mode for denormals; @r goes back to the exact path if it has either. */
static inline bool vmx_host_result_ok(const struct cpu *cpu, vuw r)
{
    vud odd = (vud)vmx_is_nan(r);
    if (unlikely(cpu->vscr & VSCR_NJ))
        odd |= (vud)((r & ~SIGN) <= 0x00800000) & (vud)((r & ~SIGN) != 0);
    return !(odd[0] | odd[1]);
}

typedef float vmx_f32x4 __attribute__((vector_size(16)));

#define ARITH(name, soft, oper)                                                                    \
    OP(name)                                                                                       \
    {                                                                                              \
        const vuw a = vmx_fp_operand(cpu, in->ra), b = vmx_fp_operand(cpu, in->rb);                \
        vuw r;                                                                                     \
        if (cpu->fp_fast) {                                                                        \
            r = (vuw)((vmx_f32x4)a oper(vmx_f32x4) b);                                             \
            if (likely(vmx_host_result_ok(cpu, r))) {                                              \
                VMX_PUT(in->rt, r);                                                                \
                return TRAP_NONE;                                                                  \
            }                                                                                      \
        }                                                                                          \
        for (int i = 0; i < 4; i++) {                                                              \
            struct fp_op op = {.rn = FP_NEAREST};                                                  \
            const uint32_t e = soft(a[i], b[i], &op);                                              \
            r[i] = vmx_fp_result(cpu, e, &op);                                                     \
        }                                                                                          \
        VMX_PUT(in->rt, r);                                                                        \
        return TRAP_NONE;                                                                          \
    }
ARITH(vaddfp, f32_add, +)
ARITH(vsubfp, f32_sub, -)

/* VRA * VRC + VRB, rounded once; @negate: -(VRA * VRC - VRB). */
static inline void vmx_muladd(struct cpu *cpu, const struct insn *in, bool negate)
{
    const vuw a = vmx_fp_operand(cpu, in->ra), b = vmx_fp_operand(cpu, in->rb);
    const vuw c = vmx_fp_operand(cpu, in->rc);
    vuw r;
#if FPH_HAVE_FMA
    if (cpu->fp_fast) {
        const vmx_f32x4 fa = (vmx_f32x4)a, fc = (vmx_f32x4)c;
        const vmx_f32x4 fb = (vmx_f32x4)(negate ? b ^ SIGN : b);
        vmx_f32x4 fr;
        for (int i = 0; i < 4; i++)
            fr[i] = __builtin_fmaf(fa[i], fc[i], fb[i]);
        r = (vuw)fr;
        if (likely(vmx_host_result_ok(cpu, r))) {
            VMX_PUT(in->rt, negate ? r ^ SIGN : r);
            return;
        }
    }
#endif
    for (int i = 0; i < 4; i++) {
        struct fp_op op = {.rn = FP_NEAREST};
        const uint32_t e = f32_muladd(a[i], c[i], b[i], negate, negate, &op);
        r[i] = vmx_fp_result(cpu, e, &op);
    }
    VMX_PUT(in->rt, r);
}

OP(vmaddfp)
{
    vmx_muladd(cpu, in, false);
    return TRAP_NONE;
}

OP(vnmsubfp)
{
    vmx_muladd(cpu, in, true);
    return TRAP_NONE;
}

/* ---- order ---- */

/* Two's complement numbers in the order of the floats (no NaNs); @v: both zeros are equal. */
static inline vsw vmx_fp_key(vuw v)
{
    const vuw negative = (vuw)((vsw)v < 0);
    return (vsw)(((v & ~SIGN) ^ negative) - negative);
}

/* The first operand that is a NaN, quieted; else @r. */
static inline vuw vmx_nan_or(vuw a, vuw b, vuw r)
{
    r = VMX_PICK(vuw, vmx_is_nan(b), b | QUIET, r);
    return VMX_PICK(vuw, vmx_is_nan(a), a | QUIET, r);
}

/* Of zeros of both signs the maximum is +0 and the minimum -0: and, or of the signs do that. */
OP(vmaxfp)
{
    const vuw a = vmx_fp_operand(cpu, in->ra), b = vmx_fp_operand(cpu, in->rb);
    const vsw ka = vmx_fp_key(a), kb = vmx_fp_key(b);
    const vuw unequal = VMX_PICK(vuw, ka > kb, a, b);
    VMX_PUT(in->rt, vmx_nan_or(a, b, VMX_PICK(vuw, ka == kb, a & b, unequal)));
    return TRAP_NONE;
}

OP(vminfp)
{
    const vuw a = vmx_fp_operand(cpu, in->ra), b = vmx_fp_operand(cpu, in->rb);
    const vsw ka = vmx_fp_key(a), kb = vmx_fp_key(b);
    const vuw unequal = VMX_PICK(vuw, ka < kb, a, b);
    VMX_PUT(in->rt, vmx_nan_or(a, b, VMX_PICK(vuw, ka == kb, a | b, unequal)));
    return TRAP_NONE;
}

#define FP_COMPARE(name, rel)                                                                      \
    static inline vuw vmx_##name(struct cpu *cpu, const struct insn *in)                           \
    {                                                                                              \
        const vuw a = vmx_fp_operand(cpu, in->ra), b = vmx_fp_operand(cpu, in->rb);                \
        const vuw true_ = (vuw)(vmx_fp_key(a) rel vmx_fp_key(b));                                  \
        return true_ & ~vmx_is_nan(a) & ~vmx_is_nan(b);                                            \
    }                                                                                              \
    OP(name)                                                                                       \
    {                                                                                              \
        VMX_PUT(in->rt, vmx_##name(cpu, in));                                                      \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    OP(name##_)                                                                                    \
    {                                                                                              \
        const vuw mask = vmx_##name(cpu, in);                                                      \
        VMX_PUT(in->rt, mask);                                                                     \
        vmx_set_cr6(cpu, (vud)mask);                                                               \
        return TRAP_NONE;                                                                          \
    }
FP_COMPARE(vcmpeqfp, ==)
FP_COMPARE(vcmpgefp, >=)
FP_COMPARE(vcmpgtfp, >)

/* Bit 0: not (VRA <= VRB); bit 1: not (VRA >= -VRB). A NaN is out of both bounds. */
static inline vuw vmx_bounds(struct cpu *cpu, const struct insn *in)
{
    const vuw a = vmx_fp_operand(cpu, in->ra), b = vmx_fp_operand(cpu, in->rb);
    const vuw nan = vmx_is_nan(a) | vmx_is_nan(b);
    const vuw above = nan | (vuw)(vmx_fp_key(a) > vmx_fp_key(b));
    const vuw below = nan | (vuw)(vmx_fp_key(a) < vmx_fp_key(b ^ SIGN));
    return (above & SIGN) | (below & (SIGN >> 1));
}

OP(vcmpbfp)
{
    VMX_PUT(in->rt, vmx_bounds(cpu, in));
    return TRAP_NONE;
}

OP(vcmpbfp_)
{
    const vuw out = vmx_bounds(cpu, in);
    const vud any = (vud)out;
    VMX_PUT(in->rt, out);
    cpu->cr[6] = (any[0] | any[1]) ? 0 : 2;
    return TRAP_NONE;
}

/* ---- rounding and conversions ---- */
#define ROUND(name, mode)                                                                          \
    OP(name)                                                                                       \
    {                                                                                              \
        vuw b = vmx_fp_operand(cpu, in->rb);                                                       \
        for (int i = 0; i < 4; i++) {                                                              \
            struct fp_op op = {.rn = mode};                                                        \
            b[i] = f32_round_int(b[i], false, &op);                                                \
        }                                                                                          \
        VMX_PUT(in->rt, b);                                                                        \
        return TRAP_NONE;                                                                          \
    }
ROUND(vrfin, FP_NEAREST)
ROUND(vrfiz, FP_ZERO)
ROUND(vrfip, FP_UP)
ROUND(vrfim, FP_DOWN)

/* Integers (fixed point with UIM fraction bits, in the field of VRA) to floats: scaling down by a
 * power of two is exact, the results are far from denormal. */
#define FROM_INT(name, S, convert)                                                                 \
    OP(name)                                                                                       \
    {                                                                                              \
        const S b = VMX_GET(S, in->rb);                                                            \
        vuw r = {0};                                                                               \
        for (int i = 0; i < 4; i++) {                                                              \
            struct fp_op op = {.rn = FP_NEAREST};                                                  \
            const uint32_t e = convert(b[i], &op);                                                 \
            r[i] = e ? e - ((uint32_t)in->ra << 23) : 0;                                           \
        }                                                                                          \
        VMX_PUT(in->rt, r);                                                                        \
        return TRAP_NONE;                                                                          \
    }
FROM_INT(vcfsx, vsw, i64_to_f32)
FROM_INT(vcfux, vuw, u64_to_f32)

/* Magnitude of the float @v times 2^@uim, towards zero, to at most @limit bits; UINT64_MAX when the
 * exponent says that it needs more. No NaNs. */
static inline uint64_t vmx_fixed(uint32_t v, unsigned uim, int limit)
{
    const int exponent = (int)(v >> 23 & 0xff) + (int)uim - 127;
    const uint64_t significand = (uint64_t)((v & 0x7fffff) | 0x800000) << 32;
    if ((v & ~SIGN) == INFINITY_BITS || exponent >= limit)
        return UINT64_MAX;
    return exponent < 0 ? 0 : significand >> (55 - exponent);
}

/* By the ISA's text the exponent alone decides on saturation: -2^31 becomes 0x80000000, with SAT.
 */
static inline uint32_t vmx_to_signed(uint32_t v, unsigned uim, uint32_t *sat)
{
    if ((v & ~SIGN) > INFINITY_BITS)
        return 0;
    const uint64_t magnitude = vmx_fixed(v, uim, 31);
    if (magnitude == UINT64_MAX) {
        *sat = VSCR_SAT;
        return v & SIGN ? SIGN : ~SIGN;
    }
    return v & SIGN ? -(uint32_t)magnitude : (uint32_t)magnitude;
}

static inline uint32_t vmx_to_unsigned(uint32_t v, unsigned uim, uint32_t *sat)
{
    if ((v & ~SIGN) > INFINITY_BITS)
        return 0;
    const uint64_t magnitude = vmx_fixed(v, uim, 32);
    if (magnitude == UINT64_MAX || (magnitude && (v & SIGN))) {
        *sat = VSCR_SAT;
        return v & SIGN ? 0 : UINT32_MAX;
    }
    return magnitude;
}

#define TO_INT(name, convert)                                                                      \
    OP(name)                                                                                       \
    {                                                                                              \
        vuw b = VMX_GET(vuw, in->rb);                                                              \
        uint32_t sat = 0;                                                                          \
        for (int i = 0; i < 4; i++)                                                                \
            b[i] = convert(b[i], in->ra, &sat);                                                    \
        cpu->vscr |= sat;                                                                          \
        VMX_PUT(in->rt, b);                                                                        \
        return TRAP_NONE;                                                                          \
    }
TO_INT(vctsxs, vmx_to_signed)
TO_INT(vctuxs, vmx_to_unsigned)

/* ---- estimates ---- */

/* 2^x: integer part to the exponent, fraction f by the series of e^(f ln 2) in 1.62 fixed point.
 * Far better than the 1/16 that the ISA asks for, and exact for integers. */
static inline uint32_t vmx_exp2(uint32_t v, struct fp_op *op)
{
    if ((v & ~SIGN) > INFINITY_BITS)
        return v | QUIET;
    const int exponent = (int)(v >> 23 & 0xff) - 127;
    if (exponent >= 8) /* at least 2^256, at most 2^-256 */
        return v & SIGN ? 0 : INFINITY_BITS;
    const int64_t magnitude = (int64_t)((v & 0x7fffff) | (exponent > -127 ? 0x800000 : 0)) << 32;
    const int64_t q55 = exponent < -62 ? 0
                        : exponent < 0 ? magnitude >> -exponent
                                       : magnitude << exponent;
    const int64_t x = v & SIGN ? -q55 : q55; /* 9.55 fixed point */
    const uint64_t f = (uint64_t)(x & ((1LL << 55) - 1)) << 7;
    const uint64_t one = 1ULL << 62, ln2 = 0x2c5c85fdf473de6a; /* ln 2 * 2^62 */
    const uint64_t t = (u128)f * ln2 >> 62;
    uint64_t term = one, sum = one;
    for (unsigned k = 1; term; k++) {
        term = (uint64_t)((u128)term * t >> 62) / k;
        sum += term;
    }
    /* The float of sum is in [2^62, 2^63]: scaled by a multiplication that may go denormal. */
    const int scale = (int)(x >> 55) - 62;
    const uint32_t m = u64_to_f32(sum, op);
    const int biased = (int)(m >> 23) + scale;
    if (biased >= 255)
        return INFINITY_BITS;
    if (biased > 0)
        return (uint32_t)biased << 23 | (m & 0x7fffff);
    op->flags |= FPSCR_UX;
    return biased < -24 ? 0 : ((m & 0x7fffff) | 0x800000) >> (1 - biased);
}

/* log2 x: the exponent, then the binary digits of the significand's logarithm, which squaring
 * brings out one by one. */
static inline uint32_t vmx_log2(uint32_t v, struct fp_op *op)
{
    if ((v & ~SIGN) > INFINITY_BITS)
        return v | QUIET;
    if (!(v & ~SIGN))
        return SIGN | INFINITY_BITS;
    if (v & SIGN)
        return 0x7fc00000;
    if (v == INFINITY_BITS)
        return v;
    int exponent = (int)(v >> 23) - 127;
    uint32_t significand = v & 0x7fffff;
    if (exponent == -127) {
        const int shift = __builtin_clz(significand) - 8;
        significand <<= shift;
        exponent = -126 - shift;
    }
    uint64_t m = (uint64_t)(significand | 0x800000) << 39; /* 1.62 */
    int64_t log = exponent;
    for (int i = 0; i < 40; i++) {
        m = (u128)m * m >> 62;
        const unsigned digit = m >> 63;
        m >>= digit;
        log = log * 2 + digit;
    }
    const uint32_t r = i64_to_f32(log, op);
    return r ? r - (40u << 23) : 0;
}

#define ESTIMATE(name, function)                                                                   \
    OP(name)                                                                                       \
    {                                                                                              \
        vuw b = vmx_fp_operand(cpu, in->rb);                                                       \
        for (int i = 0; i < 4; i++) {                                                              \
            struct fp_op op = {.rn = FP_NEAREST};                                                  \
            const uint32_t e = function(b[i], &op);                                                \
            b[i] = vmx_fp_result(cpu, e, &op);                                                     \
        }                                                                                          \
        VMX_PUT(in->rt, b);                                                                        \
        return TRAP_NONE;                                                                          \
    }
ESTIMATE(vrefp, f32_re)
ESTIMATE(vrsqrtefp, f32_rsqrte)
ESTIMATE(vexptefp, vmx_exp2)
ESTIMATE(vlogefp, vmx_log2)

#undef SIGN
#undef INFINITY_BITS
#undef QUIET
#undef ARITH
#undef FP_COMPARE
#undef ROUND
#undef FROM_INT
#undef TO_INT
#undef ESTIMATE
