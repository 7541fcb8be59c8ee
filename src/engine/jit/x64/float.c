/* SPDX-License-Identifier: Apache-2.0 */
/* Scalar floating point. */
#include "vsr.h"

bool x64_float(struct tr *t, const struct insn *in)
{
    (void)t;
    (void)in;
    return false;
}
