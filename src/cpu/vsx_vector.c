// SPDX-License-Identifier: Apache-2.0
/*
 * VSX vector floating point. Lanes raise sticky exceptions only: FPRF, FR and FI stay as they are,
 * and an enabled exception in any lane leaves XT unmodified. The host FPU is tried first while
 * cpu->fp_fast; if one lane is not for it, softfp does them all.
 */
#include "fp_lanes.h"
#include "vsx.h"

#define XV_LANES(lanes) for (unsigned i = 0; i < (lanes); i++)

/* By the size of a lane: how many, and which. */
#define LANES64 2
#define LANES32 4
#define LANE64  VD
#define LANE32  VW

/* The host for all lanes at once, which @call does: the whole of what threaded code melts in. */
#define XV_AT_ONCE(call)                                                                           \
    if (likely(cpu->fp_fast) && (call)) {                                                          \
        cpu->vsr[in->rt] = r;                                                                      \
        return TRAP_NONE;                                                                          \
    }
#ifdef PEFEMU_INLINE_OPS
#define XV_ELSE(...) return TRAP_AGAIN;
#else
#define XV_ELSE(...) __VA_ARGS__
#endif

/* The host for one lane after the other; @call computes v. */
#define XV_HOST(bits, call)                                                                        \
    if (cpu->fp_fast) {                                                                            \
        bool done = true;                                                                          \
        XV_LANES(LANES##bits)                                                                      \
        {                                                                                          \
            uint##bits##_t v = 0;                                                                  \
            done &= call;                                                                          \
            LANE##bits(r, i) = v;                                                                  \
        }                                                                                          \
        if (likely(done)) {                                                                        \
            cpu->vsr[in->rt] = r;                                                                  \
            return TRAP_NONE;                                                                      \
        }                                                                                          \
    }

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

/* ---- add, subtract, multiply, divide, square root ---- */

#define XV_BINARY(name, bits, what)                                                                \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr a = cpu->vsr[in->ra], b = cpu->vsr[in->rb];                                \
        union vsr r;                                                                               \
        XV_AT_ONCE(fph_xx(cpu) && fpv##bits##_##what(&a, &b, &r))                                  \
        XV_ELSE(XV_HOST(bits, fph##bits##_##what(cpu, LANE##bits(a, i), LANE##bits(b, i), &v))     \
                    XV_SOFT(LANES##bits, ,                                                         \
                            LANE##bits(r, i) =                                                     \
                                f##bits##_##what(LANE##bits(a, i), LANE##bits(b, i), &op)))        \
    }
XV_BINARY(xvadddp, 64, add)
XV_BINARY(xvsubdp, 64, sub)
XV_BINARY(xvmuldp, 64, mul)
XV_BINARY(xvdivdp, 64, div)
XV_BINARY(xvaddsp, 32, add)
XV_BINARY(xvsubsp, 32, sub)
XV_BINARY(xvmulsp, 32, mul)
XV_BINARY(xvdivsp, 32, div)
#undef XV_BINARY

#define XV_ROOT(name, bits)                                                                        \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr b = cpu->vsr[in->rb];                                                      \
        union vsr r;                                                                               \
        XV_AT_ONCE(fph_xx(cpu) && fpv##bits##_sqrt(&b, &r))                                        \
        XV_ELSE(XV_HOST(bits, fph##bits##_sqrt(cpu, LANE##bits(b, i), &v)) XV_SOFT(                \
            LANES##bits, , LANE##bits(r, i) = f##bits##_sqrt(LANE##bits(b, i), &op)))              \
    }
XV_ROOT(xvsqrtdp, 64)
XV_ROOT(xvsqrtsp, 32)
#undef XV_ROOT

/* ---- fused multiply-add: the a forms add XT, the m forms multiply by it ---- */

#define XV_MULADD(name, bits, C, B, neg_b, neg_r)                                                  \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr a = cpu->vsr[in->ra], b = cpu->vsr[in->B], c = cpu->vsr[in->C];            \
        union vsr r;                                                                               \
        XV_AT_ONCE(fph_xx(cpu) && fpv##bits##_muladd(&a, &c, &b, neg_b, neg_r, &r))                \
        XV_ELSE(                                                                                   \
            XV_HOST(bits, fph##bits##_muladd(cpu, LANE##bits(a, i), LANE##bits(c, i),              \
                                             LANE##bits(b, i), neg_b, neg_r, &v))                  \
                XV_SOFT(LANES##bits, ,                                                             \
                        LANE##bits(r, i) = f##bits##_muladd(LANE##bits(a, i), LANE##bits(c, i),    \
                                                            LANE##bits(b, i), neg_b, neg_r, &op))) \
    }
#define XV_MULADD_FORMS(kind, neg_b, neg_r)                                                        \
    XV_MULADD(xv##kind##adp, 64, rb, rt, neg_b, neg_r)                                             \
    XV_MULADD(xv##kind##mdp, 64, rt, rb, neg_b, neg_r)                                             \
    XV_MULADD(xv##kind##asp, 32, rb, rt, neg_b, neg_r)                                             \
    XV_MULADD(xv##kind##msp, 32, rt, rb, neg_b, neg_r)
XV_MULADD_FORMS(madd, false, false)
XV_MULADD_FORMS(msub, true, false)
XV_MULADD_FORMS(nmadd, false, true)
XV_MULADD_FORMS(nmsub, true, true)
#undef XV_MULADD_FORMS
#undef XV_MULADD

/* ---- maximum, minimum ---- */

#define XV_SELECT(name, bits, min)                                                                 \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr a = cpu->vsr[in->ra], b = cpu->vsr[in->rb];                                \
        union vsr r;                                                                               \
        XV_AT_ONCE(fpv##bits##_max_min(&a, &b, min, &r))                                           \
        XV_ELSE(XV_SOFT(LANES##bits, ,                                                             \
                        LANE##bits(r, i) =                                                         \
                            vsx_max_min##bits(cpu, LANE##bits(a, i), LANE##bits(b, i), min, &op))) \
    }
XV_SELECT(xvmaxdp, 64, false)
XV_SELECT(xvmindp, 64, true)
XV_SELECT(xvmaxsp, 32, false)
XV_SELECT(xvminsp, 32, true)
#undef XV_SELECT

/* ---- comparisons: a mask per lane; record forms: CR6 = all || 0 || none || 0 ---- */

static inline void vsx_set_cr6(struct cpu *cpu, const union vsr *mask)
{
    cpu->cr[6] = (mask->d[0] & mask->d[1]) == ~0ULL ? CR_LT : mask->q == 0 ? CR_EQ : 0;
}

#define XV_SOFT_COMPARE(bits)                                                                      \
    static inline void vsx_soft_compare##bits(struct cpu *cpu, const union vsr *a,                 \
                                              const union vsr *b, unsigned wanted, bool ordered,   \
                                              struct fp_op *op, union vsr *r)                      \
    {                                                                                              \
        fp_begin(cpu, op);                                                                         \
        XV_LANES(LANES##bits)                                                                      \
        {                                                                                          \
            unsigned cc = f##bits##_compare(LANE##bits(*a, i), LANE##bits(*b, i), ordered, op);    \
            LANE##bits(*r, i) = cc & wanted ? UINT##bits##_MAX : 0;                                \
        }                                                                                          \
    }
XV_SOFT_COMPARE(64)
XV_SOFT_COMPARE(32)
#undef XV_SOFT_COMPARE

/* @record: what the record form does with the mask r */
#define XV_COMPARE_FORM(name, bits, wanted, ordered, record)                                       \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr a = cpu->vsr[in->ra], b = cpu->vsr[in->rb];                                \
        struct fp_op op = {0};                                                                     \
        union vsr r;                                                                               \
        if (unlikely(!cpu->fp_fast) || !fpv##bits##_compare(&a, &b, wanted, &r)) {                 \
            XV_ELSE(vsx_soft_compare##bits(cpu, &a, &b, wanted, ordered, &op, &r);)                \
        }                                                                                          \
        record;                                                                                    \
        return vsx_end_vector(cpu, in, &r, &op);                                                   \
    }
#define XV_COMPARE(name, bits, wanted, ordered)                                                    \
    XV_COMPARE_FORM(name, bits, wanted, ordered, )                                                 \
    XV_COMPARE_FORM(name##_, bits, wanted, ordered, vsx_set_cr6(cpu, &r))
XV_COMPARE(xvcmpeqdp, 64, CR_EQ, false)
XV_COMPARE(xvcmpgtdp, 64, CR_GT, true)
XV_COMPARE(xvcmpgedp, 64, CR_GT | CR_EQ, true)
XV_COMPARE(xvcmpeqsp, 32, CR_EQ, false)
XV_COMPARE(xvcmpgtsp, 32, CR_GT, true)
XV_COMPARE(xvcmpgesp, 32, CR_GT | CR_EQ, true)
#undef XV_COMPARE
#undef XV_COMPARE_FORM

#ifndef PEFEMU_INLINE_OPS /* what follows is called from threaded code */

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

#endif
