// SPDX-License-Identifier: Apache-2.0
/*
 * The scalar floating-point facility: arithmetic, rounding, conversion, comparison, selection and
 * the FPSCR instructions. Where cpu->fp_fast allows, the host's FPU is tried first (fp_host.h);
 * softfp takes what that declines, and everything in engines without it.
 * Facts: Power ISA v3.0B Book I, "Floating-Point Facility".
 */
#include "fpu.h"
#include "fp_host.h"

#define FPR(n)    VD(cpu->vsr[n], 0)
#define FRA       FPR(in->ra)
#define FRB       FPR(in->rb)
#define FRC       FPR(in->rc)
#define SIGN      PPC_BIT(0)
#define F64_EXP_0 PPC_BITS(1, 11)

/* Scalar results clear doubleword 1 of the register, which the ISA leaves undefined. */
static inline void set_fpr(struct cpu *cpu, unsigned frt, uint64_t v)
{
    VD(cpu->vsr[frt], 0) = v;
    VD(cpu->vsr[frt], 1) = 0;
}

/* Commit a result and its FPSCR effects. */
static trap_t deliver(struct cpu *cpu, const struct insn *in, uint64_t r, const struct fp_op *op,
                      unsigned fprf)
{
    trap_t trap;
    if (!fp_end(cpu, op, fprf, &trap))
        set_fpr(cpu, in->rt, r);
    return trap;
}

/* The record form of a handler: CR1 shows the FPSCR as the operation left it, trap or not. */
#define OP_RECORD(name)                                                                            \
    OP(name##_)                                                                                    \
    {                                                                                              \
        trap_t trap = op_##name(cpu, in);                                                          \
        fp_set_cr1(cpu);                                                                           \
        return trap;                                                                               \
    }

/* A handler and its record form: @expr computes the result from FRA, FRB, FRC and &op. */
#define OP_ARITH(name, expr, fprf)                                                                 \
    OP(name)                                                                                       \
    {                                                                                              \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        uint64_t r = (expr);                                                                       \
        return deliver(cpu, in, r, &op, fprf);                                                     \
    }                                                                                              \
    OP_RECORD(name)

/* The same with the host's FPU tried first: @host takes cpu and the operands, delivers to &r. */
#define OP_HOST(name, host, expr, fprf)                                                            \
    static __attribute__((noinline)) trap_t soft_##name(struct cpu *cpu, const struct insn *in)    \
    {                                                                                              \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        uint64_t r = (expr);                                                                       \
        return deliver(cpu, in, r, &op, fprf);                                                     \
    }                                                                                              \
    OP(name)                                                                                       \
    {                                                                                              \
        uint64_t r;                                                                                \
        if (unlikely(!cpu->fp_fast) || unlikely(!(host)))                                          \
            return soft_##name(cpu, in);                                                           \
        set_fpr(cpu, in->rt, r);                                                                   \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    OP_RECORD(name)

#define FPRF_DOUBLE f64_fprf(r, false)
#define FPRF_SINGLE f64_fprf(r, true)

/* ---- arithmetic ---- */

OP_HOST(fadd, fph_add(cpu, FRA, FRB, &r), f64_add(FRA, FRB, &op), FPRF_DOUBLE)
OP_HOST(fsub, fph_sub(cpu, FRA, FRB, &r), f64_sub(FRA, FRB, &op), FPRF_DOUBLE)
OP_HOST(fmul, fph_mul(cpu, FRA, FRC, &r), f64_mul(FRA, FRC, &op), FPRF_DOUBLE)
OP_HOST(fdiv, fph_div(cpu, FRA, FRB, &r), f64_div(FRA, FRB, &op), FPRF_DOUBLE)
OP_HOST(fsqrt, fph_sqrt(cpu, FRB, &r), f64_sqrt(FRB, &op), FPRF_DOUBLE)
OP_HOST(fmadd, fph_madd(cpu, FRA, FRC, FRB, &r), f64_muladd(FRA, FRC, FRB, false, false, &op),
        FPRF_DOUBLE)
OP_HOST(fmsub, fph_msub(cpu, FRA, FRC, FRB, &r), f64_muladd(FRA, FRC, FRB, true, false, &op),
        FPRF_DOUBLE)
OP_HOST(fnmadd, fph_nmadd(cpu, FRA, FRC, FRB, &r), f64_muladd(FRA, FRC, FRB, false, true, &op),
        FPRF_DOUBLE)
OP_HOST(fnmsub, fph_nmsub(cpu, FRA, FRC, FRB, &r), f64_muladd(FRA, FRC, FRB, true, true, &op),
        FPRF_DOUBLE)
OP_ARITH(fre, f64_re(FRB, &op), FPRF_DOUBLE)
OP_ARITH(frsqrte, f64_rsqrte(FRB, &op), FPRF_DOUBLE)

OP_HOST(fadds, fph_adds(cpu, FRA, FRB, &r), f64_adds(FRA, FRB, &op), FPRF_SINGLE)
OP_HOST(fsubs, fph_subs(cpu, FRA, FRB, &r), f64_subs(FRA, FRB, &op), FPRF_SINGLE)
OP_HOST(fmuls, fph_muls(cpu, FRA, FRC, &r), f64_muls(FRA, FRC, &op), FPRF_SINGLE)
OP_HOST(fdivs, fph_divs(cpu, FRA, FRB, &r), f64_divs(FRA, FRB, &op), FPRF_SINGLE)
OP_HOST(fsqrts, fph_sqrts(cpu, FRB, &r), f64_sqrts(FRB, &op), FPRF_SINGLE)
OP_HOST(fmadds, fph_madds(cpu, FRA, FRC, FRB, &r), f64_muladds(FRA, FRC, FRB, false, false, &op),
        FPRF_SINGLE)
OP_HOST(fmsubs, fph_msubs(cpu, FRA, FRC, FRB, &r), f64_muladds(FRA, FRC, FRB, true, false, &op),
        FPRF_SINGLE)
OP_HOST(fnmadds, fph_nmadds(cpu, FRA, FRC, FRB, &r), f64_muladds(FRA, FRC, FRB, false, true, &op),
        FPRF_SINGLE)
OP_HOST(fnmsubs, fph_nmsubs(cpu, FRA, FRC, FRB, &r), f64_muladds(FRA, FRC, FRB, true, true, &op),
        FPRF_SINGLE)
OP_ARITH(fres, f64_res(FRB, &op), FPRF_SINGLE)
OP_ARITH(frsqrtes, f64_rsqrtes(FRB, &op), FPRF_SINGLE)

/* ---- rounding and conversion ---- */

OP_HOST(frsp, fph_frsp(cpu, FRB, &r), f64_round_to_single(FRB, &op), FPRF_SINGLE)

static inline uint64_t round_int(uint64_t b, enum fp_round rn, struct fp_op *op)
{
    op->rn = rn;
    return f64_round_int(b, false, op);
}

OP_ARITH(frin, round_int(FRB, FP_AWAY, &op), FPRF_DOUBLE)
OP_ARITH(friz, round_int(FRB, FP_ZERO, &op), FPRF_DOUBLE)
OP_ARITH(frip, round_int(FRB, FP_UP, &op), FPRF_DOUBLE)
OP_ARITH(frim, round_int(FRB, FP_DOWN, &op), FPRF_DOUBLE)

/* To integer. FPRF is undefined afterwards, POWER9 clears it; so are bits 0:31 of word results,
 * where POWER9 has the word once more. */
#define FPRF_NONE 0

static inline uint64_t twice(uint32_t w)
{
    return w * 0x100000001ULL;
}

static inline struct fp_op *truncating(struct fp_op *op)
{
    op->rn = FP_ZERO;
    return op;
}

OP_ARITH(fctid, (uint64_t)f64_to_i64(FRB, &op), FPRF_NONE)
OP_HOST(fctidz, fph_ctidz(cpu, FRB, &r), (uint64_t)f64_to_i64(FRB, truncating(&op)), FPRF_NONE)
OP_ARITH(fctidu, f64_to_u64(FRB, &op), FPRF_NONE)
OP_HOST(fctiduz, fph_ctiduz(cpu, FRB, &r), f64_to_u64(FRB, truncating(&op)), FPRF_NONE)
OP_ARITH(fctiw, twice((uint32_t)f64_to_i32(FRB, &op)), FPRF_NONE)
OP_HOST(fctiwz, fph_ctiwz(cpu, FRB, &r), twice((uint32_t)f64_to_i32(FRB, truncating(&op))),
        FPRF_NONE)
OP_ARITH(fctiwu, twice(f64_to_u32(FRB, &op)), FPRF_NONE)
OP_HOST(fctiwuz, fph_ctiwuz(cpu, FRB, &r), twice(f64_to_u32(FRB, truncating(&op))), FPRF_NONE)

OP_HOST(fcfid, fph_cfid(cpu, FRB, &r), i64_to_f64((int64_t)FRB, &op), FPRF_DOUBLE)
OP_HOST(fcfidu, fph_cfidu(cpu, FRB, &r), u64_to_f64(FRB, &op), FPRF_DOUBLE)
OP_HOST(fcfids, fph_cfids(cpu, FRB, &r), f32_to_f64_bits(i64_to_f32((int64_t)FRB, &op)),
        FPRF_SINGLE)
OP_HOST(fcfidus, fph_cfidus(cpu, FRB, &r), f32_to_f64_bits(u64_to_f32(FRB, &op)), FPRF_SINGLE)

/* ---- comparison and tests ---- */

static trap_t compare(struct cpu *cpu, const struct insn *in, bool ordered)
{
    struct fp_op op;
    unsigned host_cc;
    if (likely(cpu->fp_fast) && fph_cmp(cpu, FRA, FRB, &host_cc)) {
        cpu->cr[in->rt >> 2] = (uint8_t)host_cc;
        return TRAP_NONE;
    }
    fp_begin(cpu, &op);
    unsigned cc = f64_compare(FRA, FRB, ordered, &op);
    return fp_end_compare(cpu, &op, in->rt >> 2, cc);
}

OP(fcmpu)
{
    return compare(cpu, in, false);
}

OP(fcmpo)
{
    return compare(cpu, in, true);
}

static int unbiased_exponent(uint64_t v)
{
    return (int)((v >> 52) & 0x7ff) - 1023;
}

/* CR field of ftdiv and ftsqrt: 1, fg, fe, 0 */
static uint8_t test_result(bool fg, bool fe)
{
    return (uint8_t)(8 | (fg ? 4 : 0) | (fe ? 2 : 0));
}

OP(ftdiv)
{
    uint64_t a = FRA & ~SIGN, b = FRB & ~SIGN;
    int ea = unbiased_exponent(a), eb = unbiased_exponent(b);
    bool special = a >= F64_EXP_0 || b >= F64_EXP_0;
    bool fe = special || b == 0 || eb <= -1022 || eb >= 1021 ||
              (a != 0 && (ea - eb >= 1023 || ea - eb <= -1021 || ea <= -970));
    /* Infinities, zero or denormal divisors need more than scaling. */
    bool fg = a == F64_EXP_0 || b == F64_EXP_0 || eb == -1023;
    cpu->cr[in->rt >> 2] = test_result(fg, fe);
    return TRAP_NONE;
}

OP(ftsqrt)
{
    uint64_t b = FRB & ~SIGN;
    int eb = unbiased_exponent(b);
    bool fe = b >= F64_EXP_0 || b == 0 || (FRB & SIGN) || eb <= -970;
    bool fg = b == F64_EXP_0 || eb == -1023;
    cpu->cr[in->rt >> 2] = test_result(fg, fe);
    return TRAP_NONE;
}

/* ---- moves: no FPSCR effects ---- */

#define OP_MOVE(name, expr)                                                                        \
    OP(name)                                                                                       \
    {                                                                                              \
        set_fpr(cpu, in->rt, (expr));                                                              \
        return TRAP_NONE;                                                                          \
    }

#define HIGH_WORD PPC_BITS(0, 31)

OP_MOVE(fmr, FRB)
OP_MOVE(fneg, FRB ^ SIGN)
OP_MOVE(fabs, FRB & ~SIGN)
OP_MOVE(fnabs, FRB | SIGN)
OP_MOVE(fcpsgn, (FRA & SIGN) | (FRB & ~SIGN))
OP_MOVE(fmrgew, (FRA & HIGH_WORD) | FRB >> 32)
OP_MOVE(fmrgow, FRA << 32 | (FRB & ~HIGH_WORD))
OP_RECORD(fmr)
OP_RECORD(fneg)
OP_RECORD(fabs)
OP_RECORD(fnabs)
OP_RECORD(fcpsgn)

/* FRA >= 0 ? FRC : FRB; both zeros count as not negative, a NaN selects FRB. */
static bool not_negative(uint64_t v)
{
    return v <= F64_EXP_0 || v == SIGN;
}
OP_MOVE(fsel, not_negative(FRA) ? FRC : FRB)
OP_RECORD(fsel)

/* ---- FPSCR ---- */

/* What mffscdrn, mffscrn return, and with the non-sticky status mffsl */
#define FPSCR_CONTROL (FPSCR_DRN | PPC_BITS(56, 63))
#define FPSCR_STATUS  (FPSCR_FR | FPSCR_FI | FPSCR_FPRF)
#define FPSCR_ENABLE  PPC_BITS(56, 60)
/* Bits that count as exceptions when an instruction clears or raises them */
#define FPSCR_EXCEPTIONS (FPSCR_FX | FPSCR_STICKY)

OP_MOVE(mffs, fpscr_read(cpu))
OP_RECORD(mffs)
OP_MOVE(mffsl, fpscr_read(cpu) & (FPSCR_CONTROL | FPSCR_STATUS))

OP(mffsce)
{
    uint64_t old = fpscr_read(cpu);
    fpscr_write(cpu, 0, FPSCR_ENABLE);
    set_fpr(cpu, in->rt, old);
    return TRAP_NONE;
}

/* Exchange a rounding mode: FRT receives the control bits as they were. */
static trap_t exchange_mode(struct cpu *cpu, const struct insn *in, uint64_t v, uint64_t mask)
{
    uint64_t old = fpscr_read(cpu);
    fpscr_write(cpu, v, mask);
    set_fpr(cpu, in->rt, old & FPSCR_CONTROL);
    return TRAP_NONE;
}

OP(mffscdrn)
{
    return exchange_mode(cpu, in, FRB, FPSCR_DRN);
}

OP(mffscdrni)
{
    return exchange_mode(cpu, in, (uint64_t)WORD_BITS(in->word, 18, 20) << 32, FPSCR_DRN);
}

OP(mffscrn)
{
    return exchange_mode(cpu, in, FRB, FPSCR_RN);
}

OP(mffscrni)
{
    return exchange_mode(cpu, in, WORD_BITS(in->word, 19, 20), FPSCR_RN);
}

/* The 4-bit field k, 0..15, of the FPSCR */
static uint64_t field_mask(unsigned k)
{
    return 0xfULL << (60 - 4 * k);
}

OP(mtfsf)
{
    unsigned flm = WORD_BITS(in->word, 7, 14);
    bool all = WORD_BITS(in->word, 6, 6), high = WORD_BITS(in->word, 15, 15);
    uint64_t mask = 0;

    for (unsigned i = 0; i < 8; i++)
        if (flm & (0x80u >> i))
            mask |= field_mask(i + (high ? 0 : 8));
    fpscr_write(cpu, FRB, all ? ~0ULL : mask);
    return fpscr_check_trap(cpu);
}
OP_RECORD(mtfsf)

OP(mtfsfi)
{
    unsigned k = WORD_BITS(in->word, 6, 8) + (WORD_BITS(in->word, 15, 15) ? 0 : 8);
    uint64_t u = WORD_BITS(in->word, 16, 19);

    fpscr_write(cpu, u << (60 - 4 * k), field_mask(k));
    return fpscr_check_trap(cpu);
}
OP_RECORD(mtfsfi)

OP(mtfsb0)
{
    fpscr_write(cpu, 0, PPC_BIT(32 + in->rt));
    return TRAP_NONE;
}
OP_RECORD(mtfsb0)

OP(mtfsb1)
{
    uint64_t bit = PPC_BIT(32 + in->rt);
    bool raises = bit & FPSCR_STICKY & ~fpscr_read(cpu);

    fpscr_write(cpu, ~0ULL, bit | (raises ? FPSCR_FX : 0));
    return fpscr_check_trap(cpu);
}
OP_RECORD(mtfsb1)

/* Copies a field to CR, and clears the exception bits it copied. */
OP(mcrfs)
{
    unsigned k = 8 + (in->ra >> 2);
    uint64_t old = fpscr_read(cpu);

    cpu->cr[in->rt >> 2] = (old >> (60 - 4 * k)) & 0xf;
    fpscr_write(cpu, 0, field_mask(k) & FPSCR_EXCEPTIONS);
    return TRAP_NONE;
}
