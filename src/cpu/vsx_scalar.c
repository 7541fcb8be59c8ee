// SPDX-License-Identifier: Apache-2.0
/*
 * VSX scalar floating point: arithmetic, conversions, comparisons and tests on doubleword 0.
 * The host FPU is tried first while cpu->fp_fast; the soft path is the truth. What the host does
 * is melted into threaded code.
 */
#include "vsx.h"

/* ---- add, subtract, multiply, divide, square root ---- */

#define XS_BINARY(name, host, soft, fprf)                                                          \
    OP_HOST(name, host(cpu, XA_D0, XB_D0, &r), soft(XA_D0, XB_D0, &op), fprf)
XS_BINARY(xsadddp, fph_add, f64_add, FPRF_DOUBLE)
XS_BINARY(xssubdp, fph_sub, f64_sub, FPRF_DOUBLE)
XS_BINARY(xsmuldp, fph_mul, f64_mul, FPRF_DOUBLE)
XS_BINARY(xsdivdp, fph_div, f64_div, FPRF_DOUBLE)
XS_BINARY(xsaddsp, fph_adds, f64_adds, FPRF_SINGLE)
XS_BINARY(xssubsp, fph_subs, f64_subs, FPRF_SINGLE)
XS_BINARY(xsmulsp, fph_muls, f64_muls, FPRF_SINGLE)
XS_BINARY(xsdivsp, fph_divs, f64_divs, FPRF_SINGLE)
#undef XS_BINARY

#define XS_UNARY(name, host, soft, fprf) OP_HOST(name, host(cpu, XB_D0, &r), soft(XB_D0, &op), fprf)
#define XS_SIGNED_TO_F64(b, op)          i64_to_f64((int64_t)(b), op)
#define XS_SIGNED_TO_F32(b, op)          f32_to_f64_bits(i64_to_f32((int64_t)(b), op))
#define XS_UNSIGNED_TO_F32(b, op)        f32_to_f64_bits(u64_to_f32(b, op))
XS_UNARY(xssqrtdp, fph_sqrt, f64_sqrt, FPRF_DOUBLE)
XS_UNARY(xssqrtsp, fph_sqrts, f64_sqrts, FPRF_SINGLE)
XS_UNARY(xsrsp, fph_frsp, f64_round_to_single, FPRF_SINGLE)
XS_UNARY(xscvsxddp, fph_cfid, XS_SIGNED_TO_F64, FPRF_DOUBLE)
XS_UNARY(xscvuxddp, fph_cfidu, u64_to_f64, FPRF_DOUBLE)
XS_UNARY(xscvsxdsp, fph_cfids, XS_SIGNED_TO_F32, FPRF_SINGLE)
XS_UNARY(xscvuxdsp, fph_cfidus, XS_UNSIGNED_TO_F32, FPRF_SINGLE)
#undef XS_UNARY

/* ---- fused multiply-add: the a forms add XT, the m forms multiply by it ---- */

#define XS_MULADD(name, c, b, neg_b, neg_r, s, fprf)                                               \
    OP_HOST(name, fph_muladd##s(cpu, XA_D0, c, b, neg_b, neg_r, &r),                               \
            f64_muladd##s(XA_D0, c, b, neg_b, neg_r, &op), fprf)
#define XS_MULADD_FORMS(kind, neg_b, neg_r)                                                        \
    XS_MULADD(xs##kind##adp, XB_D0, XT_D0, neg_b, neg_r, , FPRF_DOUBLE)                            \
    XS_MULADD(xs##kind##mdp, XT_D0, XB_D0, neg_b, neg_r, , FPRF_DOUBLE)                            \
    XS_MULADD(xs##kind##asp, XB_D0, XT_D0, neg_b, neg_r, s, FPRF_SINGLE)                           \
    XS_MULADD(xs##kind##msp, XT_D0, XB_D0, neg_b, neg_r, s, FPRF_SINGLE)
XS_MULADD_FORMS(madd, false, false)
XS_MULADD_FORMS(msub, true, false)
XS_MULADD_FORMS(nmadd, false, true)
XS_MULADD_FORMS(nmsub, true, true)
#undef XS_MULADD_FORMS
#undef XS_MULADD

/* ---- estimates, conversions, rounding ---- */

OP_SOFT(xsredp, f64_re(XB_D0, &op), FPRF_DOUBLE)
OP_SOFT(xsresp, f64_res(XB_D0, &op), FPRF_SINGLE)
OP_SOFT(xsrsqrtedp, f64_rsqrte(XB_D0, &op), FPRF_DOUBLE)
OP_SOFT(xsrsqrtesp, f64_rsqrtes(XB_D0, &op), FPRF_SINGLE)

OP_SOFT(xsrdpi, fp_round_int(XB_D0, FP_AWAY, &op), FPRF_DOUBLE)
OP_SOFT(xsrdpic, f64_round_int(XB_D0, true, &op), FPRF_DOUBLE)
OP_SOFT(xsrdpim, fp_round_int(XB_D0, FP_DOWN, &op), FPRF_DOUBLE)
OP_SOFT(xsrdpip, fp_round_int(XB_D0, FP_UP, &op), FPRF_DOUBLE)
OP_SOFT(xsrdpiz, fp_round_int(XB_D0, FP_ZERO, &op), FPRF_DOUBLE)

OP_SOFT(xscvdpsp, fp_twice(f64_to_f32(XB_D0, &op)), f32_fprf((uint32_t)r))
OP_SOFT(xscvspdp, f32_to_f64((uint32_t)(XB_D0 >> 32), &op), FPRF_DOUBLE)
OP_SOFT(xscvdphp, f64_to_f16(XB_D0, &op), f16_fprf((uint16_t)r))
OP_SOFT(xscvhpdp, f16_to_f64((uint16_t)XB_D0, &op), FPRF_DOUBLE)

#define XS_TO_INTEGER(name, host, expr) OP_HOST(name, host(cpu, XB_D0, &r), expr, FPRF_NONE)
XS_TO_INTEGER(xscvdpsxds, fph_ctidz, (uint64_t)f64_to_i64(XB_D0, fp_truncating(&op)))
XS_TO_INTEGER(xscvdpuxds, fph_ctiduz, f64_to_u64(XB_D0, fp_truncating(&op)))
XS_TO_INTEGER(xscvdpsxws, fph_ctiwz, fp_twice((uint32_t)f64_to_i32(XB_D0, fp_truncating(&op))))
XS_TO_INTEGER(xscvdpuxws, fph_ctiwuz, fp_twice(f64_to_u32(XB_D0, fp_truncating(&op))))
#undef XS_TO_INTEGER

OP(xscvdpspn)
{
    set_fpr(cpu, in->rt, fp_twice(f64_to_f32_bits(XB_D0)));
    return TRAP_NONE;
}

OP(xscvspdpn)
{
    set_fpr(cpu, in->rt, f32_to_f64_bits((uint32_t)(XB_D0 >> 32)));
    return TRAP_NONE;
}

/* ---- comparisons into a CR field ---- */

static inline trap_t vsx_soft_compare(struct cpu *cpu, const struct insn *in, bool ordered)
{
    struct fp_op op;
    fp_begin(cpu, &op);
    unsigned cc = f64_compare(XA_D0, XB_D0, ordered, &op);
    return vsx_end_cc(cpu, in, cc, &op);
}

static inline trap_t vsx_compare(struct cpu *cpu, const struct insn *in, bool ordered)
{
    unsigned cc;
    (void)ordered; /* to the host all comparisons without NaN are alike */
    if (!FPH_TRY(cpu) || !fph_cmp(cpu, XA_D0, XB_D0, &cc))
        return FPH_ELSE(vsx_soft_compare(cpu, in, ordered));
    cpu->cr[WORD_BITS(in->word, 6, 8)] = cc;
    return TRAP_NONE;
}

OP(xscmpudp)
{
    return vsx_compare(cpu, in, false);
}

OP(xscmpodp)
{
    return vsx_compare(cpu, in, true);
}

#ifndef PEFEMU_INLINE_OPS /* what follows is called from threaded code */

OP(xscmpexpdp)
{
    const struct fp_op none = {0};
    uint64_t a = XA_D0, b = XB_D0;
    unsigned ea = a >> 52 & 0x7ff, eb = b >> 52 & 0x7ff;
    unsigned cc = ea < eb ? CR_LT : ea > eb ? CR_GT : CR_EQ;
    if (f64_is_nan(a) || f64_is_nan(b))
        cc = CR_SO;
    return vsx_end_cc(cpu, in, cc, &none);
}

/* ---- comparisons and selections into XT: sticky exceptions only ---- */

static inline trap_t vsx_end_select(struct cpu *cpu, const struct insn *in, uint64_t r,
                                    const struct fp_op *op)
{
    trap_t trap = TRAP_NONE;
    if (likely(!op->flags) || !fp_end_sticky(cpu, op, &trap))
        vsx_set_d(cpu, in->rt, r, 0);
    return trap;
}

#define XS_SELECT(name, expr)                                                                      \
    OP(name)                                                                                       \
    {                                                                                              \
        const uint64_t a = XA_D0, b = XB_D0;                                                       \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        uint64_t r = expr;                                                                         \
        return vsx_end_select(cpu, in, r, &op);                                                    \
    }
XS_SELECT(xscmpeqdp, vsx_compare64(cpu, a, b, false, &op) == CR_EQ ? ~0ULL : 0)
XS_SELECT(xscmpgtdp, vsx_compare64(cpu, a, b, true, &op) == CR_GT ? ~0ULL : 0)
XS_SELECT(xscmpgedp, vsx_compare64(cpu, a, b, true, &op) & (CR_GT | CR_EQ) ? ~0ULL : 0)
XS_SELECT(xsmaxdp, vsx_max_min64(cpu, a, b, false, &op))
XS_SELECT(xsmindp, vsx_max_min64(cpu, a, b, true, &op))
/* What a > b ? a : b and a < b ? a : b do in C. */
XS_SELECT(xsmaxcdp, vsx_compare64(cpu, a, b, false, &op) == CR_GT ? a : b)
XS_SELECT(xsmincdp, vsx_compare64(cpu, a, b, false, &op) == CR_LT ? a : b)

/* Java's: a NaN wins, unchanged; +0 is larger than -0. */
static uint64_t f64_max_min_java(uint64_t a, uint64_t b, bool min, struct fp_op *op)
{
    unsigned cc = f64_compare(a, b, false, op);
    if (cc == CR_SO)
        return f64_is_nan(a) ? a : b;
    if (cc == CR_EQ)
        return min ? a | b : a & b;
    return (cc == CR_GT) != min ? a : b;
}

XS_SELECT(xsmaxjdp, f64_max_min_java(a, b, false, &op))
XS_SELECT(xsminjdp, f64_max_min_java(a, b, true, &op))
#undef XS_SELECT

/* ---- tests ---- */

OP(xstdivdp)
{
    cpu->cr[WORD_BITS(in->word, 6, 8)] = vsx_test_div(&VSX_TEST64, XA_D0, XB_D0);
    return TRAP_NONE;
}

OP(xstsqrtdp)
{
    cpu->cr[WORD_BITS(in->word, 6, 8)] = vsx_test_sqrt(&VSX_TEST64, XB_D0);
    return TRAP_NONE;
}

OP(xststdcdp)
{
    const struct fp_op none = {0};
    uint64_t b = XB_D0;
    bool match = f64_class(b) & WORD_BITS(in->word, 9, 15);
    return vsx_end_cc(cpu, in, (b >> 63 ? CR_LT : 0) | (match ? CR_EQ : 0), &none);
}

/* The operand is a double; what is tested is the single-precision number it stands for. */
OP(xststdcsp)
{
    const struct fp_op none = {0};
    uint64_t b = XB_D0;
    unsigned exp = b >> 52 & 0x7ff;
    unsigned class = exp > 0 && exp < 0x381 ? DCMX_DENORMAL >> (b >> 63) : f64_class(b);
    bool match = class & WORD_BITS(in->word, 9, 15);
    bool not_single = f32_to_f64_bits(f64_to_f32_bits(b)) != b;
    unsigned cc = (b >> 63 ? CR_LT : 0) | (match ? CR_EQ : 0) | (not_single ? CR_SO : 0);
    return vsx_end_cc(cpu, in, cc, &none);
}

#endif
