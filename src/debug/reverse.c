/* SPDX-License-Identifier: Apache-2.0 */
/* Going back in a machine's history: none is kept yet. */
#include "pefemu/debug.h"

bool debug_can_reverse(const struct debug *d)
{
    (void)d;
    return false;
}

bool debug_reverse_step(struct debug *d, struct cpu *cpu, uint64_t n)
{
    (void)d, (void)cpu, (void)n;
    return false;
}

bool debug_reverse_continue(struct debug *d)
{
    (void)d;
    return false;
}

bool debug_rewind(struct debug *d, uint64_t n)
{
    (void)d, (void)n;
    return false;
}
