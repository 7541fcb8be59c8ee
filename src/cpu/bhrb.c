/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The branch history rolling buffer: 32 entries, newest first for mfbhrbe. Power ISA 3.0B Book III
 * "Branch History Rolling Buffer" and Book II "BHRB instructions".
 *
 *   0:61 address   62 T: it is a target, of the branch in the next older entry   63 P: mispredicted
 *
 * A branch whose target stands in its instruction leaves its address; one by LR, CTR or TAR leaves
 * its address and its target. P is always 0: nothing is predicted. An entry of 0 ends the history.
 */
#include "pefemu/cpu.h"

#define BHRB_T 2

/* BO bits: CR is not looked at; nor is CTR; in the forms 001at and 011at, software predicts */
#define BO_ANY_CR  0x10u
#define BO_ANY_CTR 0x04u
#define BO_ALWAYS  (BO_ANY_CR | BO_ANY_CTR)
#define BO_A       0x02u

static void push(struct pmu *pmu, uint64_t entry)
{
    pmu->bhrb_last = (pmu->bhrb_last + 1) % BHRB_ENTRIES;
    pmu->bhrb[pmu->bhrb_last] = entry;
}

/* Does MMCRA[IFM] drop the address of a conditional form with this BO? Mode 2: when it branches
 * always; mode 3: also when CR does not decide or software has predicted it. */
static bool is_filtered(unsigned ifm, unsigned bo)
{
    bool always = (bo & BO_ALWAYS) == BO_ALWAYS;

    if (ifm < 2)
        return false;
    return always ||
           (ifm == 3 && ((bo & BO_ANY_CR) || (bo & (BO_ANY_CTR | BO_A)) == (BO_ANY_CTR | BO_A)));
}

void bhrb_record(struct cpu *cpu, const struct insn *in)
{
    struct pmu *pmu = &cpu->pmu;
    unsigned ifm = (unsigned)((pmu->mmcra & MMCRA_IFM) / PPC_BIT(33));
    bool i_form = in->word >> 26 == 18, b_form = in->word >> 26 == 16, lk = in->word & 1;
    bool drop_address = i_form ? ifm >= 2 : is_filtered(ifm, in->rt);

    if (ifm == 1 && !lk)
        return;
    if (!drop_address)
        push(pmu, cpu->cia & ~3ULL);
    if (!i_form && !b_form)
        push(pmu, (cpu->nia & ~3ULL) | BHRB_T);
}

/* Problem state needs MMCR0[BHRBA], everybody below the hypervisor HFSCR[BHRB]. */
static trap_t check(struct cpu *cpu)
{
    if (!cpu_hfscr_allows(cpu, HFSCR_IC_BHRB))
        return cpu_hfacility(cpu, HFSCR_IC_BHRB);
    if ((cpu->msr & MSR_PR) && !(cpu->pmu.mmcr0 & MMCR0_BHRBA))
        return cpu_facility(cpu, HFSCR_IC_BHRB);
    return TRAP_NONE;
}

/* Recording takes a look at every instruction, and MMCR0[PMAE]=1 alone, which all use of the
 * monitor with interrupts has, does not say that anybody wants it. So it waits for the first access
 * to the buffer; Linux clears it before its first use. */
static trap_t used(struct cpu *cpu)
{
    bool first = !cpu->pmu.bhrb_used;

    cpu->pmu.bhrb_used = true;
    return first && cpu->pmu.live ? TRAP_RESCHED : TRAP_NONE;
}

OP(mfbhrbe)
{
    unsigned n = WORD_BITS(in->word, 11, 20);
    trap_t t = check(cpu);

    if (t)
        return t;
    cpu->gpr[in->rt] =
        n < BHRB_ENTRIES ? cpu->pmu.bhrb[(cpu->pmu.bhrb_last - n) % BHRB_ENTRIES] : 0;
    return used(cpu);
}

OP(clrbhrb)
{
    trap_t t = check(cpu);

    (void)in;
    if (t)
        return t;
    memset(cpu->pmu.bhrb, 0, sizeof(cpu->pmu.bhrb));
    return used(cpu);
}
