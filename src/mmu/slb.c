/* SPDX-License-Identifier: Apache-2.0 */
/* The segment lookaside buffer of hash translation and its instructions (Book III, "SLB Management
 * Instructions"). The SLB belongs to software: UPRT=1 with segment tables is not modelled. */
#include "mmu_internal.h"

#define SLB_INDEX PPC_BITS(52, 63)

/* EA bits that an entry compares; 0: B is reserved, the entry never matches. */
static uint64_t esid_mask(const struct slb_entry *e)
{
    switch (slb_b(e)) {
    case SEGMENT_256M:
        return PPC_BITS(0, 35);
    case SEGMENT_1T:
        return PPC_BITS(0, 23);
    default:
        return 0;
    }
}

static struct slb_entry *slb_indexed(struct cpu *cpu, uint64_t rb)
{
    return &cpu->slb[(rb & SLB_INDEX) % SLB_ENTRIES];
}

const struct slb_entry *slb_find(const struct cpu *cpu, ea_t ea)
{
    for (unsigned i = 0; i < SLB_ENTRIES; i++) {
        const struct slb_entry *e = &cpu->slb[i];
        uint64_t mask = esid_mask(e);
        if ((e->esid & SLB_V) && mask && !((e->esid ^ ea) & mask))
            return e;
    }
    return NULL;
}

/* Translations never outlive the entry that made them: nothing has to look behind the SLB. */
static void slb_drop_segment(struct cpu *cpu, struct slb_entry *e)
{
    ea_t ea = e->esid & esid_mask(e);
    bool matched = (e->esid & SLB_V) && esid_mask(e);
    e->esid = 0;
    if (matched)
        tlb_flush_hash(cpu, ea, segment_log2(slb_b(e)));
}

OP(slbmte)
{
    struct slb_entry *e = slb_indexed(cpu, cpu->gpr[in->rb]);
    struct slb_entry with = {cpu->gpr[in->rb] & (SLB_ESID | SLB_V),
                             cpu->gpr[in->rt] & SLB_VSID_SIDE};
    if (e->esid != with.esid || e->vsid != with.vsid)
        slb_drop_segment(cpu, e);
    *e = with;
    if (!(with.esid & SLB_V))
        e->esid = 0;
    return TRAP_RESCHED; /* as after tlbie */
}

static bool may_reach_other_threads(const struct cpu *cpu)
{
    return cpu->msr & MSR_HV || cpu->lpcr & LPCR_GTSE;
}

/* RB: 0:35 ESID, 36 class, 37:38 B. The result of a wrong class is undefined: here it is ignored.
 */
OP(slbie)
{
    uint64_t rb = cpu->gpr[in->rb];
    const struct slb_entry *e = slb_find(cpu, rb);
    if (e && slb_b(e) == (rb >> 25 & 3))
        slb_drop_segment(cpu, &cpu->slb[e - cpu->slb]);
    return TRAP_RESCHED;
}

/* Reaches entries that the hardware made from segment tables; there are none. */
OP(slbieg)
{
    return may_reach_other_threads(cpu) ? TRAP_NONE : cpu_privileged(cpu, in->word, PRIV_HV);
}

/* SLBs of the nest (accelerators): there are none. */
OP(slbiag)
{
    return may_reach_other_threads(cpu) ? TRAP_NONE : cpu_privileged(cpu, in->word, PRIV_HV);
}

/* IH chooses the entries; what it lets an implementation keep in its ERATs is a hint. */
static bool slbia_takes(unsigned ih, unsigned i, const struct slb_entry *e)
{
    switch (ih) {
    case 3:
        return e->vsid & SLB_C;
    case 4:
        return true;
    case 7:
        return false;
    default:
        return i != 0;
    }
}

static void slb_invalidate_all(struct cpu *cpu, unsigned ih)
{
    bool user = false, kernel = ih == 7;
    for (unsigned i = 0; i < SLB_ENTRIES; i++) {
        struct slb_entry *e = &cpu->slb[i];
        if (!(e->esid & SLB_V) || !slbia_takes(ih, i, e))
            continue;
        *(e->esid >> 62 == 3 ? &kernel : &user) = true;
        e->esid = 0;
    }
    if (kernel)
        tlb_flush_hash(cpu, ~0ULL, 0);
    else if (user) /* a context switch: the kernel's translations stay */
        tlb_flush_hash_user(cpu);
}

/* Under radix translation only its invalidation of ERATs is left, copies of what the TLB has: they
 * are none here, and tlbie and tlbiel reach all there is. */
OP(slbia)
{
    slb_invalidate_all(cpu, WORD_BITS(in->word, 8, 10));
    return TRAP_RESCHED;
}

OP(slbmfee)
{
    cpu->gpr[in->rt] = slb_indexed(cpu, cpu->gpr[in->rb])->esid;
    return TRAP_NONE;
}

OP(slbmfev)
{
    const struct slb_entry *e = slb_indexed(cpu, cpu->gpr[in->rb]);
    cpu->gpr[in->rt] = e->esid & SLB_V ? e->vsid : 0;
    return TRAP_NONE;
}

OP(slbfee_)
{
    const struct slb_entry *e = slb_find(cpu, cpu->gpr[in->rb]);
    cpu->gpr[in->rt] = e ? e->vsid : 0;
    cpu_set_cr(cpu, 0, e ? CR_EQ : 0);
    return TRAP_NONE;
}
