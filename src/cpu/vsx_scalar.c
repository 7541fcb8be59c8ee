// SPDX-License-Identifier: Apache-2.0
/*
 * VSX scalar floating point: arithmetic, conversions, comparisons and tests on doubleword 0.
 * The host FPU is tried first while cpu->fp_fast; the soft path is the truth.
 */
#include "vsx.h"

static inline trap_t vsx_done(struct cpu *cpu, const struct insn *in, uint64_t r)
{
    vsx_set_d(cpu, in->rt, r, 0);
    return TRAP_NONE;
}

/* ---- add, subtract, multiply, divide, square root ---- */

#define XS_BINARY(name, host, soft, single)                                                        \
    OP(name)                                                                                       \
    {                                                                                              \
        uint64_t a = XA_D0, b = XB_D0, r;                                                          \
        if (cpu->fp_fast && host(cpu, a, b, &r))                                                   \
            return vsx_done(cpu, in, r);                                                           \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        r = soft(a, b, &op);                                                                       \
        return vsx_end_scalar(cpu, in, r, f64_fprf(r, single), &op);                               \
    }
XS_BINARY(xsadddp, fph_add, f64_add, false)
XS_BINARY(xssubdp, fph_sub, f64_sub, false)
XS_BINARY(xsmuldp, fph_mul, f64_mul, false)
XS_BINARY(xsdivdp, fph_div, f64_div, false)
XS_BINARY(xsaddsp, fph_adds, f64_adds, true)
XS_BINARY(xssubsp, fph_subs, f64_subs, true)
XS_BINARY(xsmulsp, fph_muls, f64_muls, true)
XS_BINARY(xsdivsp, fph_divs, f64_divs, true)
#undef XS_BINARY

#define XS_UNARY(name, host, soft, single)                                                         \
    OP(name)                                                                                       \
    {                                                                                              \
        uint64_t b = XB_D0, r;                                                                     \
        if (cpu->fp_fast && host(cpu, b, &r))                                                      \
            return vsx_done(cpu, in, r);                                                           \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        r = soft(b, &op);                                                                          \
        return vsx_end_scalar(cpu, in, r, f64_fprf(r, single), &op);                               \
    }
#define XS_SIGNED_TO_F64(b, op)   i64_to_f64((int64_t)(b), op)
#define XS_SIGNED_TO_F32(b, op)   f32_to_f64_bits(i64_to_f32((int64_t)(b), op))
#define XS_UNSIGNED_TO_F32(b, op) f32_to_f64_bits(u64_to_f32(b, op))
XS_UNARY(xssqrtdp, fph_sqrt, f64_sqrt, false)
XS_UNARY(xssqrtsp, fph_sqrts, f64_sqrts, true)
XS_UNARY(xsrsp, fph_frsp, f64_round_to_single, true)
XS_UNARY(xscvsxddp, fph_cfid, XS_SIGNED_TO_F64, false)
XS_UNARY(xscvuxddp, fph_cfidu, u64_to_f64, false)
XS_UNARY(xscvsxdsp, fph_cfids, XS_SIGNED_TO_F32, true)
XS_UNARY(xscvuxdsp, fph_cfidus, XS_UNSIGNED_TO_F32, true)
#undef XS_UNARY

/* ---- fused multiply-add: the a forms add XT, the m forms multiply by it ---- */

#define XS_MULADD(name, c_value, b_value, neg_b, neg_r, s, single)                                 \
    OP(name)                                                                                       \
    {                                                                                              \
        uint64_t a = XA_D0, b = b_value, c = c_value, r;                                           \
        if (cpu->fp_fast && fph_muladd##s(cpu, a, c, b, neg_b, neg_r, &r))                         \
            return vsx_done(cpu, in, r);                                                           \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        r = f64_muladd##s(a, c, b, neg_b, neg_r, &op);                                             \
        return vsx_end_scalar(cpu, in, r, f64_fprf(r, single), &op);                               \
    }
#define XS_MULADD_FORMS(kind, neg_b, neg_r)                                                        \
    XS_MULADD(xs##kind##adp, XB_D0, XT_D0, neg_b, neg_r, , false)                                  \
    XS_MULADD(xs##kind##mdp, XT_D0, XB_D0, neg_b, neg_r, , false)                                  \
    XS_MULADD(xs##kind##asp, XB_D0, XT_D0, neg_b, neg_r, s, true)                                  \
    XS_MULADD(xs##kind##msp, XT_D0, XB_D0, neg_b, neg_r, s, true)
XS_MULADD_FORMS(madd, false, false)
XS_MULADD_FORMS(msub, true, false)
XS_MULADD_FORMS(nmadd, false, true)
XS_MULADD_FORMS(nmsub, true, true)
#undef XS_MULADD_FORMS
#undef XS_MULADD

/* ---- estimates, conversions, rounding: @setup may change the rounding mode ---- */

#define XS_CONVERT(name, setup, fprf, expr)                                                        \
    OP(name)                                                                                       \
    {                                                                                              \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        setup;                                                                                     \
        const uint64_t b = XB_D0;                                                                  \
        uint64_t r = expr;                                                                         \
        return vsx_end_scalar(cpu, in, r, fprf, &op);                                              \
    }
#define XS_FPRF64 f64_fprf(r, false)
#define XS_FPRF32 f64_fprf(r, true)

XS_CONVERT(xsredp, , XS_FPRF64, f64_re(b, &op))
XS_CONVERT(xsresp, , XS_FPRF32, f64_res(b, &op))
XS_CONVERT(xsrsqrtedp, , XS_FPRF64, f64_rsqrte(b, &op))
XS_CONVERT(xsrsqrtesp, , XS_FPRF32, f64_rsqrtes(b, &op))

XS_CONVERT(xsrdpi, op.rn = FP_AWAY, XS_FPRF64, f64_round_int(b, false, &op))
XS_CONVERT(xsrdpic, , XS_FPRF64, f64_round_int(b, true, &op))
XS_CONVERT(xsrdpim, op.rn = FP_DOWN, XS_FPRF64, f64_round_int(b, false, &op))
XS_CONVERT(xsrdpip, op.rn = FP_UP, XS_FPRF64, f64_round_int(b, false, &op))
XS_CONVERT(xsrdpiz, op.rn = FP_ZERO, XS_FPRF64, f64_round_int(b, false, &op))

/* A word result stands in both words of doubleword 0, as on POWER9. */
static inline uint64_t vsx_twice(uint32_t w)
{
    return w * 0x100000001ULL;
}

XS_CONVERT(xscvdpsp, , f32_fprf((uint32_t)r), vsx_twice(f64_to_f32(b, &op)))
XS_CONVERT(xscvspdp, , XS_FPRF64, f32_to_f64((uint32_t)(b >> 32), &op))
XS_CONVERT(xscvdphp, , f16_fprf((uint16_t)r), f64_to_f16(b, &op))
XS_CONVERT(xscvhpdp, , XS_FPRF64, f16_to_f64((uint16_t)b, &op))
#undef XS_CONVERT

/* Conversions to integers clear FPRF, as POWER9 does (the ISA: undefined). */
#define XS_TO_INTEGER(name, host, soft_result)                                                     \
    OP(name)                                                                                       \
    {                                                                                              \
        uint64_t b = XB_D0, r;                                                                     \
        if (cpu->fp_fast && host(cpu, b, &r))                                                      \
            return vsx_done(cpu, in, r);                                                           \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        op.rn = FP_ZERO;                                                                           \
        r = soft_result;                                                                           \
        return vsx_end_scalar(cpu, in, r, 0, &op);                                                 \
    }
XS_TO_INTEGER(xscvdpsxds, fph_ctidz, (uint64_t)f64_to_i64(b, &op))
XS_TO_INTEGER(xscvdpuxds, fph_ctiduz, f64_to_u64(b, &op))
XS_TO_INTEGER(xscvdpsxws, fph_ctiwz, vsx_twice((uint32_t)f64_to_i32(b, &op)))
XS_TO_INTEGER(xscvdpuxws, fph_ctiwuz, vsx_twice(f64_to_u32(b, &op)))
#undef XS_TO_INTEGER

OP(xscvdpspn)
{
    return vsx_done(cpu, in, vsx_twice(f64_to_f32_bits(XB_D0)));
}

OP(xscvspdpn)
{
    return vsx_done(cpu, in, f32_to_f64_bits((uint32_t)(XB_D0 >> 32)));
}

/* ---- comparisons into a CR field ---- */

static inline trap_t vsx_compare(struct cpu *cpu, const struct insn *in, bool ordered)
{
    uint64_t a = XA_D0, b = XB_D0;
    unsigned cc;
    if (cpu->fp_fast && fph_cmp(cpu, a, b, &cc)) {
        cpu->cr[WORD_BITS(in->word, 6, 8)] = cc;
        return TRAP_NONE;
    }
    struct fp_op op;
    fp_begin(cpu, &op);
    cc = f64_compare(a, b, ordered, &op);
    return vsx_end_cc(cpu, in, cc, &op);
}

OP(xscmpudp)
{
    return vsx_compare(cpu, in, false);
}

OP(xscmpodp)
{
    return vsx_compare(cpu, in, true);
}

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
