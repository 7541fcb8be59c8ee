// SPDX-License-Identifier: Apache-2.0
/*
 * The scalar floating-point facility: arithmetic, rounding, conversion, comparison, selection.
 * Where cpu->fp_fast allows, the host's FPU is tried first (fp_host.h); softfp takes what that
 * declines, and everything in engines without it.
 * Facts: Power ISA v3.0B Book I, "Floating-Point Facility".
 */
#include "fp.h"

#define SIGN      PPC_BIT(0)
#define F64_EXP_0 PPC_BITS(1, 11)

/* Handlers with their record forms. */
#define FP_SOFT(name, expr, fprf)       OP_SOFT(name, expr, fprf) OP_RECORD(name)
#define FP_HOST(name, host, expr, fprf) OP_HOST(name, host, expr, fprf) OP_RECORD(name)

/* ---- arithmetic ---- */

FP_HOST(fadd, fph_add(cpu, FRA, FRB, &r), f64_add(FRA, FRB, &op), FPRF_DOUBLE)
FP_HOST(fsub, fph_sub(cpu, FRA, FRB, &r), f64_sub(FRA, FRB, &op), FPRF_DOUBLE)
FP_HOST(fmul, fph_mul(cpu, FRA, FRC, &r), f64_mul(FRA, FRC, &op), FPRF_DOUBLE)
FP_HOST(fdiv, fph_div(cpu, FRA, FRB, &r), f64_div(FRA, FRB, &op), FPRF_DOUBLE)
FP_HOST(fsqrt, fph_sqrt(cpu, FRB, &r), f64_sqrt(FRB, &op), FPRF_DOUBLE)
FP_HOST(fmadd, fph_madd(cpu, FRA, FRC, FRB, &r), f64_muladd(FRA, FRC, FRB, false, false, &op),
        FPRF_DOUBLE)
FP_HOST(fmsub, fph_msub(cpu, FRA, FRC, FRB, &r), f64_muladd(FRA, FRC, FRB, true, false, &op),
        FPRF_DOUBLE)
FP_HOST(fnmadd, fph_nmadd(cpu, FRA, FRC, FRB, &r), f64_muladd(FRA, FRC, FRB, false, true, &op),
        FPRF_DOUBLE)
FP_HOST(fnmsub, fph_nmsub(cpu, FRA, FRC, FRB, &r), f64_muladd(FRA, FRC, FRB, true, true, &op),
        FPRF_DOUBLE)
FP_SOFT(fre, f64_re(FRB, &op), FPRF_DOUBLE)
FP_SOFT(frsqrte, f64_rsqrte(FRB, &op), FPRF_DOUBLE)

FP_HOST(fadds, fph_adds(cpu, FRA, FRB, &r), f64_adds(FRA, FRB, &op), FPRF_SINGLE)
FP_HOST(fsubs, fph_subs(cpu, FRA, FRB, &r), f64_subs(FRA, FRB, &op), FPRF_SINGLE)
FP_HOST(fmuls, fph_muls(cpu, FRA, FRC, &r), f64_muls(FRA, FRC, &op), FPRF_SINGLE)
FP_HOST(fdivs, fph_divs(cpu, FRA, FRB, &r), f64_divs(FRA, FRB, &op), FPRF_SINGLE)
FP_HOST(fsqrts, fph_sqrts(cpu, FRB, &r), f64_sqrts(FRB, &op), FPRF_SINGLE)
FP_HOST(fmadds, fph_madds(cpu, FRA, FRC, FRB, &r), f64_muladds(FRA, FRC, FRB, false, false, &op),
        FPRF_SINGLE)
FP_HOST(fmsubs, fph_msubs(cpu, FRA, FRC, FRB, &r), f64_muladds(FRA, FRC, FRB, true, false, &op),
        FPRF_SINGLE)
FP_HOST(fnmadds, fph_nmadds(cpu, FRA, FRC, FRB, &r), f64_muladds(FRA, FRC, FRB, false, true, &op),
        FPRF_SINGLE)
FP_HOST(fnmsubs, fph_nmsubs(cpu, FRA, FRC, FRB, &r), f64_muladds(FRA, FRC, FRB, true, true, &op),
        FPRF_SINGLE)
FP_SOFT(fres, f64_res(FRB, &op), FPRF_SINGLE)
FP_SOFT(frsqrtes, f64_rsqrtes(FRB, &op), FPRF_SINGLE)

/* ---- rounding and conversion ---- */

FP_HOST(frsp, fph_frsp(cpu, FRB, &r), f64_round_to_single(FRB, &op), FPRF_SINGLE)

FP_SOFT(frin, fp_round_int(FRB, FP_AWAY, &op), FPRF_DOUBLE)
FP_SOFT(friz, fp_round_int(FRB, FP_ZERO, &op), FPRF_DOUBLE)
FP_SOFT(frip, fp_round_int(FRB, FP_UP, &op), FPRF_DOUBLE)
FP_SOFT(frim, fp_round_int(FRB, FP_DOWN, &op), FPRF_DOUBLE)

FP_SOFT(fctid, (uint64_t)f64_to_i64(FRB, &op), FPRF_NONE)
FP_HOST(fctidz, fph_ctidz(cpu, FRB, &r), (uint64_t)f64_to_i64(FRB, fp_truncating(&op)), FPRF_NONE)
FP_SOFT(fctidu, f64_to_u64(FRB, &op), FPRF_NONE)
FP_HOST(fctiduz, fph_ctiduz(cpu, FRB, &r), f64_to_u64(FRB, fp_truncating(&op)), FPRF_NONE)
FP_SOFT(fctiw, fp_twice((uint32_t)f64_to_i32(FRB, &op)), FPRF_NONE)
FP_HOST(fctiwz, fph_ctiwz(cpu, FRB, &r), fp_twice((uint32_t)f64_to_i32(FRB, fp_truncating(&op))),
        FPRF_NONE)
FP_SOFT(fctiwu, fp_twice(f64_to_u32(FRB, &op)), FPRF_NONE)
FP_HOST(fctiwuz, fph_ctiwuz(cpu, FRB, &r), fp_twice(f64_to_u32(FRB, fp_truncating(&op))), FPRF_NONE)

FP_HOST(fcfid, fph_cfid(cpu, FRB, &r), i64_to_f64((int64_t)FRB, &op), FPRF_DOUBLE)
FP_HOST(fcfidu, fph_cfidu(cpu, FRB, &r), u64_to_f64(FRB, &op), FPRF_DOUBLE)
FP_HOST(fcfids, fph_cfids(cpu, FRB, &r), f32_to_f64_bits(i64_to_f32((int64_t)FRB, &op)),
        FPRF_SINGLE)
FP_HOST(fcfidus, fph_cfidus(cpu, FRB, &r), f32_to_f64_bits(u64_to_f32(FRB, &op)), FPRF_SINGLE)

/* ---- comparison and tests ---- */

static inline trap_t soft_compare(struct cpu *cpu, const struct insn *in, bool ordered)
{
    struct fp_op op;
    fp_begin(cpu, &op);
    unsigned cc = f64_compare(FRA, FRB, ordered, &op);
    return fp_end_compare(cpu, &op, in->rt >> 2, cc);
}

static inline trap_t compare(struct cpu *cpu, const struct insn *in, bool ordered)
{
    unsigned cc;
    (void)ordered; /* to the host all comparisons without NaN are alike */
    if (!FPH_TRY(cpu) || !fph_cmp(cpu, FRA, FRB, &cc))
        return FPH_ELSE(soft_compare(cpu, in, ordered));
    cpu->cr[in->rt >> 2] = (uint8_t)cc;
    return TRAP_NONE;
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
