/* SPDX-License-Identifier: Apache-2.0 */
/* Program priority: PPR and the forms of `or` that set it. Book II, "Program Priority Registers"
 * and "or Instruction"; Book III, "Program Priority". All threads run alike, only the register
 * tells. */
#include "pefemu/cpu.h"

#define PPR_PRI       PPC_BITS(11, 13)
#define PPR_PRI_SHIFT 50

enum { MEDIUM_HIGH = 5, HIGH, VERY_HIGH };

static bool may_have(const struct cpu *cpu, unsigned pri)
{
    enum cpu_state state = cpu_state(cpu);

    switch (pri) {
    case 0:
        return false; /* reserved */
    case MEDIUM_HIGH:
        return state != ST_PROBLEM || cpu->pspb;
    case HIGH:
        return state != ST_PROBLEM;
    case VERY_HIGH:
        return state == ST_HYPERVISOR || state == ST_ULTRAVISOR;
    default:
        return true;
    }
}

void cpu_set_ppr(struct cpu *cpu, uint64_t v)
{
    if (may_have(cpu, (v & PPR_PRI) >> PPR_PRI_SHIFT))
        cpu->ppr = v & PPR_PRI;
}

/* By x of `or rx,rx,rx`; 0: no priority's name. */
static const uint8_t hint_priority[32] = {
    [31] = 1, [1] = 2, [6] = 3, [2] = 4, [5] = 5, [3] = 6, [7] = 7};

void cpu_priority_hint(struct cpu *cpu, unsigned x)
{
    cpu_set_ppr(cpu, (uint64_t)hint_priority[x] << PPR_PRI_SHIFT);
}

uint64_t cpu_priority_any(unsigned x)
{
    unsigned pri = hint_priority[x];

    return pri < MEDIUM_HIGH ? (uint64_t)pri << PPR_PRI_SHIFT : 0;
}
