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

#include "vsr.h"

/* Emits the once-a-block check that the host may compute, after vsr_need(): else threaded code. */
void fp_ready(struct tr *t);

#endif
