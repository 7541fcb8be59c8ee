/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floating point on the host's FPU, for scalars and vectors.
 *
 * Native code may compute with the host while cpu->fp_fast (round to nearest, nothing enabled) and
 * when the result is one that softfp would give too: see src/cpu/fp_host.h for which. XX needs no
 * thought while it is set; while it is not, the host's own sticky flag collects for it: the block's
 * first floating-point instruction clears that (MXCSR), whoever leaves native code looks.
 * So nothing else in native code may raise the host's inexact flag.
 */
#ifndef PEFEMU_ENGINE_JIT_X64_FLOAT_H
#define PEFEMU_ENGINE_JIT_X64_FLOAT_H

#include "cpu/fp_host.h"
#include "vsr.h"

/* Emits the once-a-block check that the host may compute, after vsr_need(): else threaded code. */
void fp_ready(struct tr *t);
/* The same for what must not set XX: the handler is asked unless it is set. */
struct late *fp_ready_unnoted(struct tr *t);

/* ---- the handler is asked; RAX is lost ---- */
/* ... unless @x, a double or a single, is a normal number and not the least. */
struct late *fp_slow_unless_normal(struct tr *t, unsigned x, bool single);
/* ... unless it is positive, finite and, as a double, no tiny denormal: its root is normal. */
struct late *fp_slow_unless_root(struct tr *t, unsigned x, bool single);
/* @x, a double, becomes a single; ... if it is half way between two of them. */
struct late *fp_narrow(struct tr *t, unsigned x);

/* A field of cpu->fp_lazy. */
#define LAZY(field)                                                                                \
    mem_at(RBP,                                                                                    \
           (int32_t)(offsetof(struct cpu, fp_lazy) + offsetof(struct fp_lazy, field)) - CPU_BIAS)

/* Host flags: equal if the double @x is half way between two singles. RAX is lost. */
void fp_test_half(struct emit *e, unsigned x);
/* In late code: if the result of @l that looked inexact is not, control goes back; else on.
 * float_excuse.c */
void x64_late_inexact(struct tr *t, const struct late *l);

/* ---- rounding to an integer in floating point ---- */
enum lanes { SCALAR, DOUBLES, SINGLES };
/* As roundsd and its like have them, without the inexact exception; the last is for us. */
enum rounding {
    ROUND_CURRENT = 4, /* to nearest, after fp_ready(); what is not exact is noted */
    ROUND_NEAREST = 8,
    ROUND_DOWN,
    ROUND_UP,
    ROUND_ZERO,
    ROUND_AWAY
};
/* @x := @b rounded. Uses RDX, XMM0, XMM1. float_convert.c */
void x64_round(struct emit *e, enum lanes lanes, enum rounding way, unsigned x, unsigned b);

/* ---- translations, one facility a file; false: not here ---- */
bool x64_float_convert(struct tr *t, const struct insn *in); /* float_convert.c */
bool x64_float_compare(struct tr *t, const struct insn *in); /* float_compare.c */
bool x64_estimate(struct tr *t, const struct insn *in);      /* estimate.c */
bool x64_fpscr(struct tr *t, const struct insn *in);         /* fpscr.c */

#endif
