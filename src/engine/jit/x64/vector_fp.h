/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of VSX vector floating point share: which results are the host's. */
#ifndef PEFEMU_ENGINE_JIT_X64_VECTOR_FP_H
#define PEFEMU_ENGINE_JIT_X64_VECTOR_FP_H

#include "float.h"
#include "vector.h"

/* Magnitudes times two, moved so that those in range are the least signed numbers. */
struct fp_range {
    uint64_t move[2], most[2];
};
/* By single: normal, but not the least normal number; finite. */
extern const struct fp_range fp_safe[2], fp_finite[2];

/* An operation of the 0f map on doubles or singles. */
static inline unsigned fp_packed(unsigned op, bool single)
{
    return VOP(MAP_0F, single ? PP_NONE : PP_66, op);
}

/* The handler is asked when any lane's sign in @x is set. Uses RAX. */
struct late *fp_slow_if_any(struct tr *t, bool single, unsigned x, bool settles);
/* When any lane of @x is outside the range. Uses RAX, RDX, XMM0. */
struct late *fp_slow_unless_in(struct tr *t, const struct fp_range *r, bool single, unsigned x);
/* The same of what is safe, but for zeros that are exact: because @a or @b has one there. */
struct late *fp_slow_unless_safe(struct tr *t, bool single, unsigned x, unsigned a, unsigned b);
/* The same of singles, each of which stands in both words of the double in @b it was made of. */
struct late *fp_slow_unless_narrow(struct tr *t, unsigned x, unsigned b);
/* When any lane of @a or @b is a NaN. XMM0 := those lanes. */
struct late *fp_slow_if_nan(struct tr *t, bool single, unsigned a, unsigned b, bool settles);
/* When any lane of @b is below zero or a -0, not below 2^@bits, or a NaN. Uses RAX, RDX, XMM0. */
struct late *fp_slow_unless_unsigned(struct tr *t, bool single, unsigned bits, unsigned b);
/* VSR @n becomes @x, also by way of the handler if @slow. */
bool fp_finish(struct tr *t, unsigned n, unsigned x, struct late *slow);

/* @x := the words in @b as singles. Uses XMM0, RDX. vector_convert.c */
void x64_words_to_singles(struct emit *e, unsigned x, unsigned b, bool is_signed);

bool x64_vector_convert(struct tr *t, const struct insn *in); /* vector_convert.c */
bool x64_vector_vmx_fp(struct tr *t, const struct insn *in);  /* vector_vmx_fp.c */

#endif
