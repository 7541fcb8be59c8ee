// SPDX-License-Identifier: Apache-2.0
/*
 * What the handlers of scalar floating point share, those of the floating-point facility and those
 * of VSX: operands, and the ways in which a handler comes to its result.
 */
#ifndef PEFEMU_CPU_FP_H
#define PEFEMU_CPU_FP_H

#include "fp_host.h"

#define FPR(n) VD(cpu->vsr[n], 0)
#define FRA    FPR(in->ra)
#define FRB    FPR(in->rb)
#define FRC    FPR(in->rc)

/* Scalar results clear doubleword 1 of the register, which the ISA leaves undefined. */
static inline void set_fpr(struct cpu *cpu, unsigned frt, uint64_t v)
{
    VD(cpu->vsr[frt], 0) = v;
    VD(cpu->vsr[frt], 1) = 0;
}

/* End of an operation that sets FR and FI, and FPRF unless @fprf is FPRF_KEEP. */
static inline trap_t fp_deliver(struct cpu *cpu, const struct insn *in, uint64_t r, unsigned fprf,
                                const struct fp_op *op)
{
    trap_t trap;
    if (!fp_end(cpu, op, fprf, &trap))
        set_fpr(cpu, in->rt, r);
    return trap;
}

/* FPRF of r. Conversions to integers leave it undefined: POWER9 clears it. */
#define FPRF_DOUBLE f64_fprf(r, false)
#define FPRF_SINGLE f64_fprf(r, true)
#define FPRF_NONE   0

/* ---- pieces of expressions for OP_SOFT and OP_HOST ---- */

static inline uint64_t fp_round_int(uint64_t b, enum fp_round rn, struct fp_op *op)
{
    op->rn = rn;
    return f64_round_int(b, false, op);
}

static inline struct fp_op *fp_truncating(struct fp_op *op)
{
    op->rn = FP_ZERO;
    return op;
}

/* A word as a result: bits 0:31 are undefined, POWER9 has the word once more there. */
static inline uint64_t fp_twice(uint32_t w)
{
    return w * 0x100000001ULL;
}

/* ---- handlers ---- */

/*
 * OP_SOFT: the handler whose result softfp computes, by @expr from the operands and &op.
 * OP_HOST: the same with the host's FPU tried first; @host takes cpu and the operands, delivers to
 * &r. This part alone is melted into threaded code.
 * OP_RECORD: the record form of a handler: CR1 shows the FPSCR as the operation left it, trap or
 * not.
 */
#ifdef PEFEMU_INLINE_OPS
#define SOFT_WAY(name, expr, fprf)
#define OP_SOFT(name, expr, fprf)
#define OP_RECORD(name)
#else
#define SOFT_WAY(name, expr, fprf)                                                                 \
    static __attribute__((noinline)) trap_t soft_##name(struct cpu *cpu, const struct insn *in)    \
    {                                                                                              \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        uint64_t r = (expr);                                                                       \
        return fp_deliver(cpu, in, r, fprf, &op);                                                  \
    }
#define OP_SOFT(name, expr, fprf)                                                                  \
    SOFT_WAY(name, expr, fprf)                                                                     \
    OP(name)                                                                                       \
    {                                                                                              \
        return soft_##name(cpu, in);                                                               \
    }
#define OP_RECORD(name)                                                                            \
    OP(name##_)                                                                                    \
    {                                                                                              \
        trap_t trap = op_##name(cpu, in);                                                          \
        fp_set_cr1(cpu);                                                                           \
        return trap;                                                                               \
    }
#endif
#define OP_HOST(name, host, expr, fprf)                                                            \
    SOFT_WAY(name, expr, fprf)                                                                     \
    OP(name)                                                                                       \
    {                                                                                              \
        uint64_t r;                                                                                \
        if (!FPH_TRY(cpu) || unlikely(!(host)))                                                    \
            return FPH_ELSE(soft_##name(cpu, in));                                                 \
        set_fpr(cpu, in->rt, r);                                                                   \
        return TRAP_NONE;                                                                          \
    }

#endif
