// SPDX-License-Identifier: Apache-2.0
/*
 * VSX vector floating point. Lanes raise sticky exceptions only: FPRF, FR and FI stay as they are,
 * and an enabled exception in any lane leaves XT unmodified. The host FPU is tried first while
 * cpu->fp_fast; if one lane is not for it, softfp does them all.
 */
#include "vsx.h"

#define XV_LANES(lanes) for (unsigned i = 0; i < (lanes); i++)

/* softfp for every lane: @stmt assigns lanes of r and may read a, b, t; then the end. */
#define XV_SOFT(lanes, setup, stmt)                                                                \
    struct fp_op op;                                                                               \
    uint64_t flags = 0;                                                                            \
    fp_begin(cpu, &op);                                                                            \
    setup;                                                                                         \
    XV_LANES(lanes)                                                                                \
    {                                                                                              \
        stmt;                                                                                      \
        flags |= op.flags;                                                                         \
        op.flags = 0;                                                                              \
    }                                                                                              \
    op.flags = flags;                                                                              \
    return vsx_end_vector(cpu, in, &r, &op);

/* The host for every lane; @call computes v. */
#define XV_HOST(lanes, ELEM, type, call)                                                           \
    if (cpu->fp_fast) {                                                                            \
        bool done = true;                                                                          \
        XV_LANES(lanes)                                                                            \
        {                                                                                          \
            type v = 0;                                                                            \
            done &= call;                                                                          \
            ELEM(r, i) = v;                                                                        \
        }                                                                                          \
        if (likely(done)) {                                                                        \
            cpu->vsr[in->rt] = r;                                                                  \
            return TRAP_NONE;                                                                      \
        }                                                                                          \
    }

/* ---- add, subtract, multiply, divide, square root ---- */

#define XV_BINARY(name, lanes, ELEM, type, host, soft)                                             \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr a = cpu->vsr[in->ra], b = cpu->vsr[in->rb];                                \
        union vsr r;                                                                               \
        XV_HOST(lanes, ELEM, type, host(cpu, ELEM(a, i), ELEM(b, i), &v))                          \
        XV_SOFT(lanes, , ELEM(r, i) = soft(ELEM(a, i), ELEM(b, i), &op))                           \
    }
XV_BINARY(xvadddp, 2, VD, uint64_t, fphv_add, f64_add)
XV_BINARY(xvsubdp, 2, VD, uint64_t, fphv_sub, f64_sub)
XV_BINARY(xvmuldp, 2, VD, uint64_t, fphv_mul, f64_mul)
XV_BINARY(xvdivdp, 2, VD, uint64_t, fphv_div, f64_div)
XV_BINARY(xvaddsp, 4, VW, uint32_t, fph32_add, f32_add)
XV_BINARY(xvsubsp, 4, VW, uint32_t, fph32_sub, f32_sub)
XV_BINARY(xvmulsp, 4, VW, uint32_t, fph32_mul, f32_mul)
XV_BINARY(xvdivsp, 4, VW, uint32_t, fph32_div, f32_div)
#undef XV_BINARY

#define XV_ROOT(name, lanes, ELEM, type, host, soft)                                               \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr b = cpu->vsr[in->rb];                                                      \
        union vsr r;                                                                               \
        XV_HOST(lanes, ELEM, type, host(cpu, ELEM(b, i), &v))                                      \
        XV_SOFT(lanes, , ELEM(r, i) = soft(ELEM(b, i), &op))                                       \
    }
XV_ROOT(xvsqrtdp, 2, VD, uint64_t, fphv_sqrt, f64_sqrt)
XV_ROOT(xvsqrtsp, 4, VW, uint32_t, fph32_sqrt, f32_sqrt)
#undef XV_ROOT

/* ---- fused multiply-add: the a forms add XT, the m forms multiply by it ---- */

#define XV_MULADD(name, lanes, ELEM, type, C, B, neg_b, neg_r, host, soft)                         \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr a = cpu->vsr[in->ra], b = cpu->vsr[in->B], c = cpu->vsr[in->C];            \
        union vsr r;                                                                               \
        XV_HOST(lanes, ELEM, type,                                                                 \
                host(cpu, ELEM(a, i), ELEM(c, i), ELEM(b, i), neg_b, neg_r, &v))                   \
        XV_SOFT(lanes, , ELEM(r, i) = soft(ELEM(a, i), ELEM(c, i), ELEM(b, i), neg_b, neg_r, &op)) \
    }
#define XV_MULADD_FORMS(kind, neg_b, neg_r)                                                        \
    XV_MULADD(xv##kind##adp, 2, VD, uint64_t, rb, rt, neg_b, neg_r, fphv_muladd, f64_muladd)       \
    XV_MULADD(xv##kind##mdp, 2, VD, uint64_t, rt, rb, neg_b, neg_r, fphv_muladd, f64_muladd)       \
    XV_MULADD(xv##kind##asp, 4, VW, uint32_t, rb, rt, neg_b, neg_r, fph32_muladd, f32_muladd)      \
    XV_MULADD(xv##kind##msp, 4, VW, uint32_t, rt, rb, neg_b, neg_r, fph32_muladd, f32_muladd)
XV_MULADD_FORMS(madd, false, false)
XV_MULADD_FORMS(msub, true, false)
XV_MULADD_FORMS(nmadd, false, true)
XV_MULADD_FORMS(nmsub, true, true)
#undef XV_MULADD_FORMS
#undef XV_MULADD

/* ---- maximum, minimum ---- */

#define XV_SELECT(name, lanes, ELEM, soft, min)                                                    \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr a = cpu->vsr[in->ra], b = cpu->vsr[in->rb];                                \
        union vsr r;                                                                               \
        XV_SOFT(lanes, , ELEM(r, i) = soft(cpu, ELEM(a, i), ELEM(b, i), min, &op))                 \
    }
XV_SELECT(xvmaxdp, 2, VD, vsx_max_min64, false)
XV_SELECT(xvmindp, 2, VD, vsx_max_min64, true)
XV_SELECT(xvmaxsp, 4, VW, vsx_max_min32, false)
XV_SELECT(xvminsp, 4, VW, vsx_max_min32, true)
#undef XV_SELECT

/* ---- comparisons: a mask per lane; record forms: CR6 = all || 0 || none || 0 ---- */

static inline union vsr vsx_compare_dp(const struct cpu *cpu, const struct insn *in,
                                       unsigned wanted, bool ordered, struct fp_op *op)
{
    union vsr r;
    XV_LANES(2)
    {
        uint64_t a = VD(cpu->vsr[in->ra], i), b = VD(cpu->vsr[in->rb], i);
        VD(r, i) = vsx_compare64(cpu, a, b, ordered, op) & wanted ? ~0ULL : 0;
    }
    return r;
}

static inline union vsr vsx_compare_sp(const struct cpu *cpu, const struct insn *in,
                                       unsigned wanted, bool ordered, struct fp_op *op)
{
    union vsr r;
    XV_LANES(4)
    {
        uint32_t a = VW(cpu->vsr[in->ra], i), b = VW(cpu->vsr[in->rb], i);
        VW(r, i) = vsx_compare32(cpu, a, b, ordered, op) & wanted ? ~0u : 0;
    }
    return r;
}

static inline void vsx_set_cr6(struct cpu *cpu, const union vsr *mask)
{
    cpu->cr[6] = (mask->d[0] & mask->d[1]) == ~0ULL ? CR_LT : mask->q == 0 ? CR_EQ : 0;
}

#define XV_COMPARE(name, compare, wanted, ordered)                                                 \
    OP(name)                                                                                       \
    {                                                                                              \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        union vsr r = compare(cpu, in, wanted, ordered, &op);                                      \
        return vsx_end_vector(cpu, in, &r, &op);                                                   \
    }                                                                                              \
    OP(name##_)                                                                                    \
    {                                                                                              \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        union vsr r = compare(cpu, in, wanted, ordered, &op);                                      \
        vsx_set_cr6(cpu, &r);                                                                      \
        return vsx_end_vector(cpu, in, &r, &op);                                                   \
    }
XV_COMPARE(xvcmpeqdp, vsx_compare_dp, CR_EQ, false)
XV_COMPARE(xvcmpgtdp, vsx_compare_dp, CR_GT, true)
XV_COMPARE(xvcmpgedp, vsx_compare_dp, CR_GT | CR_EQ, true)
XV_COMPARE(xvcmpeqsp, vsx_compare_sp, CR_EQ, false)
XV_COMPARE(xvcmpgtsp, vsx_compare_sp, CR_GT, true)
XV_COMPARE(xvcmpgesp, vsx_compare_sp, CR_GT | CR_EQ, true)
#undef XV_COMPARE

/* ---- estimates, rounding, conversions ---- */

#define XV_CONVERT(name, lanes, setup, stmt)                                                       \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr b = cpu->vsr[in->rb];                                                      \
        union vsr r;                                                                               \
        XV_SOFT(lanes, setup, stmt)                                                                \
    }

XV_CONVERT(xvredp, 2, , VD(r, i) = f64_re(VD(b, i), &op))
XV_CONVERT(xvresp, 4, , VW(r, i) = f32_re(VW(b, i), &op))
XV_CONVERT(xvrsqrtedp, 2, , VD(r, i) = f64_rsqrte(VD(b, i), &op))
XV_CONVERT(xvrsqrtesp, 4, , VW(r, i) = f32_rsqrte(VW(b, i), &op))

/* Conversions that are exact: the host does them at once unless a lane is a NaN. */
#define XV_WIDEN(name, host_value, soft)                                                           \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr b = cpu->vsr[in->rb];                                                      \
        union vsr r;                                                                               \
        if (cpu->fp_fast) {                                                                        \
            double d0, d1;                                                                         \
            unsigned i = 0;                                                                        \
            d0 = (double)(host_value);                                                             \
            i = 1;                                                                                 \
            d1 = (double)(host_value);                                                             \
            if (likely(!__builtin_isunordered(d0, d1))) {                                          \
                vsx_set_d(cpu, in->rt, fph_bits64(d0), fph_bits64(d1));                            \
                return TRAP_NONE;                                                                  \
            }                                                                                      \
        }                                                                                          \
        XV_SOFT(2, , VD(r, i) = soft)                                                              \
    }

#define XV_ROUND(suffix, setup, exact_flag)                                                        \
    XV_CONVERT(xvrdp##suffix, 2, setup, VD(r, i) = f64_round_int(VD(b, i), exact_flag, &op))       \
    XV_CONVERT(xvrsp##suffix, 4, setup, VW(r, i) = f32_round_int(VW(b, i), exact_flag, &op))
XV_ROUND(i, op.rn = FP_AWAY, false)
XV_ROUND(ic, , true)
XV_ROUND(im, op.rn = FP_DOWN, false)
XV_ROUND(ip, op.rn = FP_UP, false)
XV_ROUND(iz, op.rn = FP_ZERO, false)
#undef XV_ROUND

/* Between doublewords and words the word stands in the left half of its doubleword; as a result it
 * stands in both halves, as on POWER9. */
#define XV_BOTH(i)  VW(r, 2 * (i) + 1) = VW(r, 2 * (i))
#define XV_TRUNCATE op.rn = FP_ZERO

XV_CONVERT(xvcvdpsp, 2, , VW(r, 2 * i) = f64_to_f32(VD(b, i), &op); XV_BOTH(i))
XV_WIDEN(xvcvspdp, fph_f32(VW(b, 2 * i)), f32_to_f64(VW(b, 2 * i), &op))
XV_CONVERT(xvcvhpsp, 4, , VW(r, i) = f16_to_f32((uint16_t)VW(b, i), &op))
XV_CONVERT(xvcvsphp, 4, , VW(r, i) = f32_to_f16(VW(b, i), &op))

XV_CONVERT(xvcvdpsxds, 2, XV_TRUNCATE, VSD(r, i) = f64_to_i64(VD(b, i), &op))
XV_CONVERT(xvcvdpuxds, 2, XV_TRUNCATE, VD(r, i) = f64_to_u64(VD(b, i), &op))
XV_CONVERT(xvcvdpsxws, 2, XV_TRUNCATE, VSW(r, 2 * i) = f64_to_i32(VD(b, i), &op); XV_BOTH(i))
XV_CONVERT(xvcvdpuxws, 2, XV_TRUNCATE, VW(r, 2 * i) = f64_to_u32(VD(b, i), &op); XV_BOTH(i))
XV_CONVERT(xvcvspsxds, 2, XV_TRUNCATE, VSD(r, i) = f32_to_i64(VW(b, 2 * i), &op))
XV_CONVERT(xvcvspuxds, 2, XV_TRUNCATE, VD(r, i) = f32_to_u64(VW(b, 2 * i), &op))
XV_CONVERT(xvcvspsxws, 4, XV_TRUNCATE, VSW(r, i) = f32_to_i32(VW(b, i), &op))
XV_CONVERT(xvcvspuxws, 4, XV_TRUNCATE, VW(r, i) = f32_to_u32(VW(b, i), &op))

XV_CONVERT(xvcvsxddp, 2, , VD(r, i) = i64_to_f64(VSD(b, i), &op))
XV_CONVERT(xvcvuxddp, 2, , VD(r, i) = u64_to_f64(VD(b, i), &op))
XV_CONVERT(xvcvsxdsp, 2, , VW(r, 2 * i) = i64_to_f32(VSD(b, i), &op); XV_BOTH(i))
XV_CONVERT(xvcvuxdsp, 2, , VW(r, 2 * i) = u64_to_f32(VD(b, i), &op); XV_BOTH(i))
XV_WIDEN(xvcvsxwdp, VSW(b, 2 * i), i64_to_f64(VSW(b, 2 * i), &op))
XV_WIDEN(xvcvuxwdp, VW(b, 2 * i), u64_to_f64(VW(b, 2 * i), &op))
XV_CONVERT(xvcvsxwsp, 4, , VW(r, i) = i64_to_f32(VSW(b, i), &op))
XV_CONVERT(xvcvuxwsp, 4, , VW(r, i) = u64_to_f32(VW(b, i), &op))
#undef XV_BOTH
#undef XV_TRUNCATE
#undef XV_CONVERT
#undef XV_WIDEN

/* ---- tests: the flags of all lanes or'ed ---- */

#define XV_TEST(name, lanes, expr)                                                                 \
    OP(name)                                                                                       \
    {                                                                                              \
        unsigned cc = 0;                                                                           \
        XV_LANES(lanes)                                                                            \
        cc |= expr;                                                                                \
        cpu->cr[WORD_BITS(in->word, 6, 8)] = cc;                                                   \
        return TRAP_NONE;                                                                          \
    }
#define XV_A(ELEM) ELEM(cpu->vsr[in->ra], i)
#define XV_B(ELEM) ELEM(cpu->vsr[in->rb], i)
XV_TEST(xvtdivdp, 2, vsx_test_div(&VSX_TEST64, XV_A(VD), XV_B(VD)))
XV_TEST(xvtdivsp, 4, vsx_test_div(&VSX_TEST32, XV_A(VW), XV_B(VW)))
XV_TEST(xvtsqrtdp, 2, vsx_test_sqrt(&VSX_TEST64, XV_B(VD)))
XV_TEST(xvtsqrtsp, 4, vsx_test_sqrt(&VSX_TEST32, XV_B(VW)))
#undef XV_TEST
#undef XV_A
#undef XV_B
#undef XV_HOST
#undef XV_SOFT
#undef XV_LANES
