/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where secure and normal memory are told apart (pef.md 1.8). */
#include "pefemu/mmu.h"

bool secure_check(const struct machine *m, ra_t ra, bool s)
{
    (void)m; /* the POWER9 memory controllers mark secure ranges by this one address bit */
    return s || !(ra & SECURE_RA_BIT);
}
