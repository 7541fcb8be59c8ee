/* SPDX-License-Identifier: Apache-2.0 */
/* VMX and VSX instructions on whole registers. */
#include "vsr.h"

bool x64_vector(struct tr *t, const struct insn *in)
{
    (void)t;
    (void)in;
    return false;
}
