/*
 * Binary floating point: FPSCR, and exact integer-only IEEE arithmetic (softfp.c).
 *
 * Two back ends stand behind the handlers of fp.c and vsx*.c: softfp (the truth, used by -accel ref
 * and by every odd case) and the host's FPU (src/engine/interp, fast path only: default rounding,
 * nothing enabled, normal results). After a host operation FPRF, FR, FI are lazy: fpscr_sync().
 */
#ifndef PEFEMU_CPU_FPU_H
#define PEFEMU_CPU_FPU_H

#include "pefemu/cpu.h"

/* FPSCR bits (64-bit register, ISA bit numbers) */
#define FPSCR_DRN    PPC_BITS(29, 31)
#define FPSCR_FX     PPC_BIT(32)
#define FPSCR_FEX    PPC_BIT(33)
#define FPSCR_VX     PPC_BIT(34)
#define FPSCR_OX     PPC_BIT(35)
#define FPSCR_UX     PPC_BIT(36)
#define FPSCR_ZX     PPC_BIT(37)
#define FPSCR_XX     PPC_BIT(38)
#define FPSCR_VXSNAN PPC_BIT(39)
#define FPSCR_VXISI  PPC_BIT(40)
#define FPSCR_VXIDI  PPC_BIT(41)
#define FPSCR_VXZDZ  PPC_BIT(42)
#define FPSCR_VXIMZ  PPC_BIT(43)
#define FPSCR_VXVC   PPC_BIT(44)
#define FPSCR_FR     PPC_BIT(45)
#define FPSCR_FI     PPC_BIT(46)
#define FPSCR_FPRF   PPC_BITS(47, 51)
#define FPSCR_C      PPC_BIT(47)
#define FPSCR_FPCC   PPC_BITS(48, 51)
#define FPSCR_VXSOFT PPC_BIT(53)
#define FPSCR_VXSQRT PPC_BIT(54)
#define FPSCR_VXCVI  PPC_BIT(55)
#define FPSCR_VE     PPC_BIT(56)
#define FPSCR_OE     PPC_BIT(57)
#define FPSCR_UE     PPC_BIT(58)
#define FPSCR_ZE     PPC_BIT(59)
#define FPSCR_XE     PPC_BIT(60)
#define FPSCR_NI     PPC_BIT(61)
#define FPSCR_RN     PPC_BITS(62, 63)
/* All that no arithmetic instruction changes */
#define FPSCR_CONTROL (FPSCR_DRN | PPC_BITS(56, 63))
#define FPSCR_VX_ANY                                                                               \
    (FPSCR_VXSNAN | FPSCR_VXISI | FPSCR_VXIDI | FPSCR_VXZDZ | FPSCR_VXIMZ | FPSCR_VXVC |           \
     FPSCR_VXSOFT | FPSCR_VXSQRT | FPSCR_VXCVI)
#define FPSCR_STICKY (FPSCR_OX | FPSCR_UX | FPSCR_ZX | FPSCR_XX | FPSCR_VX_ANY)

/* Rounding: FPSCR[RN] values, then the modes only some instructions use. */
enum fp_round { FP_NEAREST, FP_ZERO, FP_UP, FP_DOWN, FP_AWAY /* ties away */, FP_ODD };

/* Environment and outcome of one arithmetic operation. Zero .flags .fi .fr before the call. */
struct fp_op {
    enum fp_round rn;
    bool oe, ue;    /* overflow/underflow enabled: the result is the ISA's bias-adjusted one */
    uint64_t flags; /* out: FPSCR_OX UX ZX XX VX* bits raised */
    bool fi, fr;    /* out: inexact, rounded up in magnitude */
    bool ve;        /* invalid operation enabled: only the ordered comparisons look at it */
};

/* Arithmetic on IEEE bit patterns. NaN rules of the ISA: first of (A, C/B as the ISA lists them)
 * that is a NaN, quieted; default QNaN 0x7ff8.../0x7fc00000; sNaN raises VXSNAN.
 * fNN_muladd: (a * c) + b with A=a, C=c, B=b in the ISA's letters (NaN priority A, B, C).
 * neg_b negates B before adding (msub forms), neg_r negates a non-NaN result (nm forms). */
uint64_t f64_add(uint64_t a, uint64_t b, struct fp_op *op);
uint64_t f64_sub(uint64_t a, uint64_t b, struct fp_op *op);
uint64_t f64_mul(uint64_t a, uint64_t b, struct fp_op *op);
uint64_t f64_div(uint64_t a, uint64_t b, struct fp_op *op);
uint64_t f64_sqrt(uint64_t b, struct fp_op *op);
uint64_t f64_muladd(uint64_t a, uint64_t c, uint64_t b, bool neg_b, bool neg_r, struct fp_op *op);
uint32_t f32_add(uint32_t a, uint32_t b, struct fp_op *op);
uint32_t f32_sub(uint32_t a, uint32_t b, struct fp_op *op);
uint32_t f32_mul(uint32_t a, uint32_t b, struct fp_op *op);
uint32_t f32_div(uint32_t a, uint32_t b, struct fp_op *op);
uint32_t f32_sqrt(uint32_t b, struct fp_op *op);
uint32_t f32_muladd(uint32_t a, uint32_t c, uint32_t b, bool neg_b, bool neg_r, struct fp_op *op);
/* Single-precision arithmetic on doubles as fadds & co. do it: operands are doubles (used in full),
 * the exact result is rounded once to single range and precision and returned as a double. */
uint64_t f64_adds(uint64_t a, uint64_t b, struct fp_op *op);
uint64_t f64_subs(uint64_t a, uint64_t b, struct fp_op *op);
uint64_t f64_muls(uint64_t a, uint64_t b, struct fp_op *op);
uint64_t f64_divs(uint64_t a, uint64_t b, struct fp_op *op);
uint64_t f64_sqrts(uint64_t b, struct fp_op *op);
uint64_t f64_muladds(uint64_t a, uint64_t c, uint64_t b, bool neg_b, bool neg_r, struct fp_op *op);
uint64_t f64_round_to_single(uint64_t b, struct fp_op *op); /* frsp, xsrsp */

/* Estimates: the ISA's bound, bit for bit what POWER9 gives where known (document otherwise). */
uint64_t f64_re(uint64_t b, struct fp_op *op);
uint64_t f64_rsqrte(uint64_t b, struct fp_op *op);
uint64_t f64_res(uint64_t b, struct fp_op *op);     /* fres, xsresp: rounded to single */
uint64_t f64_rsqrtes(uint64_t b, struct fp_op *op); /* frsqrtes, xsrsqrtesp */
uint32_t f32_re(uint32_t b, struct fp_op *op);
uint32_t f32_rsqrte(uint32_t b, struct fp_op *op);

/* Comparison: CR_LT CR_GT CR_EQ or CR_SO (unordered). Signals VXSNAN; with @ordered also VXVC. */
unsigned f64_compare(uint64_t a, uint64_t b, bool ordered, struct fp_op *op);
unsigned f32_compare(uint32_t a, uint32_t b, bool ordered, struct fp_op *op);

/* Conversions between formats; sNaN: quieted with VXSNAN. */
uint64_t f32_to_f64(uint32_t b, struct fp_op *op);
uint32_t f64_to_f32(uint64_t b, struct fp_op *op); /* rounds */
uint64_t f16_to_f64(uint16_t b, struct fp_op *op);
uint32_t f16_to_f32(uint16_t b, struct fp_op *op);
uint16_t f64_to_f16(uint64_t b, struct fp_op *op);
uint16_t f32_to_f16(uint32_t b, struct fp_op *op);
/* Register format changes of lfs/stfs/xscvdpspn/xscvspdpn: no flags, no rounding (Book I 4.6.2-3).
 */
static inline uint64_t f32_to_f64_bits(uint32_t b)
{
    uint64_t sign = (uint64_t)(b >> 31) << 63, mag = b & 0x7fffffff;

    if (likely(mag - 0x00800000 < 0x7f000000)) /* normal: the exponent's bias grows by 896 */
        return sign | ((mag << 29) + (896ULL << 52));
    if (mag >= 0x7f800000) /* infinity or NaN: so does the greatest exponent, twice */
        return sign | ((mag << 29) + (1792ULL << 52));
    if (mag == 0)
        return sign;
    unsigned top = 63 - (unsigned)__builtin_clzll(mag); /* denormal: becomes the hidden bit */
    return sign | ((mag << (52 - top)) + ((uint64_t)(top + 873) << 52));
}
static inline uint32_t f64_to_f32_bits(uint64_t b)
{
    unsigned exp = (b >> 52) & 0x7ff;
    uint32_t sign = (uint32_t)(b >> 32) & 0x80000000;

    /* Normal in single, infinity or NaN: sign and top exponent bit, then bits 5:34. */
    if (likely(exp > 896))
        return ((uint32_t)(b >> 32) & 0xc0000000) | ((uint32_t)(b >> 29) & 0x3fffffff);
    /* Denormal in single: shift in the hidden bit, truncating. */
    if (exp >= 874)
        return sign | (uint32_t)(((b & PPC_BITS(12, 63)) | PPC_BIT(11)) >> (926 - exp));
    return sign; /* zero; undefined for what is too small even for a denormal */
}

/* To integer with op->rn, saturating, VXCVI (and VXSNAN) on NaN and overflow as the ISA has it. */
int64_t f64_to_i64(uint64_t b, struct fp_op *op);
int32_t f64_to_i32(uint64_t b, struct fp_op *op);
uint64_t f64_to_u64(uint64_t b, struct fp_op *op);
uint32_t f64_to_u32(uint64_t b, struct fp_op *op);
int64_t f32_to_i64(uint32_t b, struct fp_op *op);
int32_t f32_to_i32(uint32_t b, struct fp_op *op);
uint64_t f32_to_u64(uint32_t b, struct fp_op *op);
uint32_t f32_to_u32(uint32_t b, struct fp_op *op);
uint64_t i64_to_f64(int64_t v, struct fp_op *op);
uint64_t u64_to_f64(uint64_t v, struct fp_op *op);
uint32_t i64_to_f32(int64_t v, struct fp_op *op);
uint32_t u64_to_f32(uint64_t v, struct fp_op *op);
/* To an integral value in the format. @exact_flag: raise XX when inexact (xsrdpic), else not. */
uint64_t f64_round_int(uint64_t b, bool exact_flag, struct fp_op *op);
uint32_t f32_round_int(uint32_t b, bool exact_flag, struct fp_op *op);

/* FPRF class code (5 bits, C FPCC) of a result. @single: classify denormals by single range. */
unsigned f64_fprf(uint64_t v, bool single);
unsigned f32_fprf(uint32_t v);
unsigned f16_fprf(uint16_t v);

/* ---- FPSCR (src/cpu/fpscr.c) ---- */
/* Settles lazy effects; call before reading or writing cpu->fpscr other than through these. */
void fpscr_sync(struct cpu *cpu);
uint64_t fpscr_read(struct cpu *cpu); /* synced, with FEX and VX derived */
void fpscr_write(struct cpu *cpu, uint64_t v, uint64_t mask);
/* An operation's environment from FPSCR. */
void fp_begin(struct cpu *cpu, struct fp_op *op);
/**
 * fp_end - commit an operation's flags, FI/FR and (unless @fprf is FPRF_KEEP) FPRF
 * Return: true when the target register must stay unchanged (enabled invalid or zero divide).
 * Sets *trap to the enabled-exception program interrupt when MSR[FE0|FE1] asks for it.
 */
#define FPRF_KEEP 0xff
bool fp_end(struct cpu *cpu, const struct fp_op *op, unsigned fprf, trap_t *trap);
/* The same for vector operations: sticky exception bits only; FI, FR and FPRF stay. */
bool fp_end_sticky(struct cpu *cpu, const struct fp_op *op, trap_t *trap);
/* The same for scalar comparisons: sticky bits, FPCC and CR field @bf become @cc; C FI FR stay. */
trap_t fp_end_compare(struct cpu *cpu, const struct fp_op *op, unsigned bf, unsigned cc);
/* The program interrupt of an FPSCR write that leaves FEX set, when MSR[FE0|FE1] asks for it. */
trap_t fpscr_check_trap(struct cpu *cpu);
/* CR1 of a record form: FX FEX VX OX. */
void fp_set_cr1(struct cpu *cpu);

#endif
