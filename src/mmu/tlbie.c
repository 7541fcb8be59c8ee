/* SPDX-License-Identifier: Apache-2.0 */
/* TLB management instructions (Book III, "TLB Management Instructions").
 *
 *   RB  0:51 EPN (IS=0) or set in 40:51 (tlbiel)   52:53 IS   56:58 AP
 *       hash, IS=0: 0:51 VA bits   44:51 LP when L   54:55 B   56:58 AP unless L   63 L
 *   RS  0:31 PID   32:63 LPID (tlbie; tlbiel takes LPIDR)
 *   word bits 12:13 RIC   14 PRS   15 R
 *
 * They are boundaries: the page that is being executed may be the one that is meant, and has to be
 * asked for again.
 */
#include "mmu_internal.h"
#include "pefemu/threads.h"

enum { IS_PAGE, IS_PID, IS_LPID, IS_ALL };
enum { RIC_TLB, RIC_PWC, RIC_ALL, RIC_GROUP };

struct tlbie {
    unsigned ric, is, ap, set;
    bool process_scoped, radix;
    uint32_t lpid, pid;
    ea_t epn;
    uint64_t rb;
};

static struct tlbie tlbie_decode(const struct cpu *cpu, const struct insn *in, bool local)
{
    uint64_t rb = cpu->gpr[in->rb], rs = cpu->gpr[in->rt];
    bool hv = cpu->msr & MSR_HV;
    struct tlbie t = {
        .ric = WORD_BITS(in->word, 12, 13),
        .is = rb >> 10 & 3,
        .ap = rb >> 5 & 7,
        .set = rb >> 12 & 0xfff,
        .process_scoped = WORD_BITS(in->word, 14, 14),
        .radix = WORD_BITS(in->word, 15, 15),
        .lpid = hv && !local ? (uint32_t)rs : cpu->lpid,
        .pid = rs >> 32,
        .epn = rb & PPC_BITS(0, 51),
        .rb = rb,
    };
    if (t.is == IS_ALL && !hv)
        t.is = IS_LPID; /* a guest's "all" is its partition */
    return t;
}

/* log2 of the page size, 0 when the encoding is not POWER9's. */
static unsigned ap_size_log2(unsigned ap)
{
    switch (ap) {
    case 0:
        return 12;
    case 5:
        return 16;
    case 1:
        return 21;
    case 2:
        return 30;
    default:
        return 0;
    }
}

static void tlbie_process(struct cpu *cpu, const struct tlbie *t)
{
    unsigned size_log2 = ap_size_log2(t->ap);
    if (t->ric == RIC_PWC)
        return; /* no page walk cache is kept for process-scoped trees */
    switch (t->is) {
    case IS_PAGE:
        if (t->ric == RIC_GROUP || !size_log2)
            tlb_flush(cpu, t->lpid, t->pid, ~0ULL, 0);
        else
            tlb_flush(cpu, t->lpid, t->pid, t->epn, size_log2);
        break;
    case IS_PID:
        tlb_flush(cpu, t->lpid, t->pid, ~0ULL, 0);
        break;
    case IS_LPID:
        tlb_flush(cpu, t->lpid, ~0u, ~0ULL, 0);
        break;
    case IS_ALL:
        tlb_flush_all(cpu);
        break;
    }
}

/* Actual page size of a hash form's page, 0 when the encoding is not POWER9's. */
static unsigned hash_size_log2(const struct tlbie *t)
{
    unsigned base, size;
    if (t->rb & 1)
        return hpte_page_size(HPTE0_L, t->rb, &base, &size) ? size : 0;
    return t->ap == 0 ? 12 : t->ap == 5 ? 16 : t->ap == 4 ? 24 : 0;
}

static void tlbie_hash_page(struct cpu *cpu, const struct tlbie *t)
{
    unsigned size_log2 = hash_size_log2(t);
    if (size_log2)
        tlb_flush_va(cpu, t->lpid, t->rb >> 8 & 3, t->rb & ~((1ULL << size_log2) - 1), size_log2);
    else
        tlb_flush(cpu, t->lpid, ~0u, ~0ULL, 0);
}

static void tlbie_cpu(struct cpu *cpu, const struct tlbie *t)
{
    if (t->radix && t->process_scoped)
        tlbie_process(cpu, t);
    else if (!t->radix && t->is == IS_PAGE)
        tlbie_hash_page(cpu, t);
    else if (t->is == IS_ALL)
        tlb_flush_all(cpu);
    else /* entries don't know the guest real address they came from */
        tlb_flush(cpu, t->lpid, ~0u, ~0ULL, 0);
}

OP(tlbie)
{
    bool hv = cpu->msr & MSR_HV;
    struct tlbie t = tlbie_decode(cpu, in, false);
    if (!hv && (!(cpu->lpcr & LPCR_GTSE) || (t.radix && !t.process_scoped)))
        return cpu_privileged(cpu, in->word, PRIV_HV);

    struct machine *m = cpu->machine;
    if (!m) {
        tlbie_cpu(cpu, &t);
        return TRAP_RESCHED;
    }
    machine_stop_others(m);
    for (unsigned n = 0; n < m->ncpus; n++)
        tlbie_cpu(&m->cpus[n], &t);
    machine_let_go(m);
    return TRAP_RESCHED;
}

OP(tlbiel)
{
    struct tlbie t = tlbie_decode(cpu, in, true);
    if (!(cpu->msr & MSR_HV) && t.radix && !t.process_scoped)
        return cpu_privileged(cpu, in->word, PRIV_HV);
    /* Software walks the congruence classes, 128 of them on POWER9; all our entries are in class 0.
     */
    if (t.is == IS_PAGE || t.set == 0)
        tlbie_cpu(cpu, &t);
    return TRAP_RESCHED;
}

OP(tlbsync)
{
    /* tlbie has reached every thread when it completes */
    bool may = (cpu->msr & MSR_HV) || (cpu->lpcr & LPCR_GTSE);
    return may ? TRAP_NONE : cpu_privileged(cpu, in->word, PRIV_HV);
}
