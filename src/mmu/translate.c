/* SPDX-License-Identifier: Apache-2.0 */
/* Which translation an access takes: the modes of Book III, "Storage Addressing", with SMF's real
 * mode (pef.md 1.6). */
#include "mmu_internal.h"
#include "tlb_internal.h"

#define REAL_MODE_MASK PPC_BITS(4, 63) /* real mode ignores EA bits 0:3 */

enum mode {
    MODE_HV_REAL,    /* EA is the real address but for HRMOR or URMOR */
    MODE_GUEST_REAL, /* EA is the guest real address */
    MODE_VIRTUAL,
};

static enum mode mode_of(const struct cpu *cpu, enum mmu_access access)
{
    if (cpu->msr & (access == ACCESS_FETCH ? MSR_IR : MSR_DR))
        return MODE_VIRTUAL;
    return cpu->msr & MSR_HV ? MODE_HV_REAL : MODE_GUEST_REAL;
}

static trap_t translate_hv_real(struct walk *w, struct xlate *out)
{
    uint64_t offset = 0;
    if (!(w->ea & PPC_BIT(0)))
        offset = w->secure ? w->cpu->urmor : w->cpu->hrmor;
    *out = (struct xlate){
        .ra = (w->ea & REAL_MODE_MASK) | offset,
        /* OR is linear only above the offset's lowest bit */
        .size_log2 = offset & ~TLB_MASK ? TLB_SMALL_LOG2 : TLB_GRANULE_LOG2,
        .read = true,
        .write = true,
        .exec = true,
    };
    return TRAP_NONE;
}

/* LPCR[HR] must agree with the partition table. */
static trap_t check_configuration(const struct walk *w, uint64_t addr)
{
    if (likely(partition_is_radix(w) == !!(w->cpu->lpcr & LPCR_HR)))
        return TRAP_NONE;
    return w->scoped ? fault_partition(w, addr, DSISR_UNSUPP_MMU)
                     : fault_process(w, DSISR_UNSUPP_MMU);
}

static trap_t translate_guest_real(struct walk *w, struct xlate *out)
{
    w->scoped = true;
    w->lpid = w->cpu->lpid;
    trap_t t = partition_load(w);
    if (likely(!t))
        t = check_configuration(w, w->ea & REAL_MODE_MASK);
    if (unlikely(t))
        return t;
    if (unlikely(!partition_is_radix(w)))
        return hash_translate_vrma(w, w->ea & REAL_MODE_MASK, out);
    return partition_translate(w, w->ea & REAL_MODE_MASK, w->access, false, out);
}

/*
 * The two high bits of a virtual EA choose whose tree translates it:
 *   quadrant   HV=0              HV=1
 *   0          LPIDR, PIDR       LPID 0, PIDR
 *   1          segment fault     LPIDR, PIDR   (the guest's address space)
 *   2          segment fault     LPIDR, PID 0
 *   3          LPIDR, PID 0      LPID 0, PID 0
 */
static trap_t translate_virtual(struct walk *w, struct xlate *out)
{
    const struct cpu *cpu = w->cpu;
    bool hv = cpu->msr & MSR_HV;
    unsigned quadrant = w->ea >> 62;
    bool outer = quadrant == 0 || quadrant == 3;
    bool quadrants = cpu->lpcr & LPCR_HR; /* hash translation knows segments only */
    uint32_t pid = quadrant & 2 ? 0 : cpu->pid;

    w->lpid = hv && (outer || !quadrants) ? 0 : cpu->lpid;
    w->scoped = !hv || w->lpid != 0;
    trap_t t = partition_load(w);
    if (likely(!t))
        t = check_configuration(w, 0);
    if (unlikely(t))
        return t;
    if (unlikely(!quadrants))
        return hash_translate(w, out);
    if (unlikely(!hv && !outer))
        return fault_segment(w);
    t = radix_translate(w, pid, out);
    /* The hypervisor's view of a guest changes with LPIDR, which its contexts are not keyed by. */
    if (unlikely(!outer))
        out->read = out->write = out->exec = false;
    return t;
}

static trap_t translate_mode(struct walk *w, struct xlate *out)
{
    switch (mode_of(w->cpu, w->access)) {
    case MODE_HV_REAL:
        return translate_hv_real(w, out);
    case MODE_GUEST_REAL:
        return translate_guest_real(w, out);
    case MODE_VIRTUAL:
        return translate_virtual(w, out);
    }
    return TRAP_MCHECK;
}

static trap_t translate(struct cpu *cpu, ea_t ea, enum mmu_access access, bool probe,
                        struct xlate *out)
{
    struct walk w = {
        .cpu = cpu,
        .m = cpu->machine,
        .ea = ea,
        .access = access,
        .probe = probe,
        .cached = !probe && mmu_caches(cpu),
        .secure = cpu_secure(cpu),
    };
    if (unlikely(!w.m))
        return fault_bad_real(&w, false);
    trap_t t;
    uint64_t left;
    do {
        left = cpu->left;
        t = translate_mode(&w, out);
    } while (unlikely(t == WALK_AGAIN || cpu->left != left));
    if (unlikely(t))
        return t;
    if (unlikely(!secure_check(w.m, out->ra, w.secure))) {
        fault_note_secure(&w, out->ra);
        return fault_bad_real(&w, false);
    }
    if (unlikely(!memory_ptr(&w.m->mem, out->ra, 1) && !memory_find_mmio(&w.m->mem, out->ra, 1)))
        return fault_bad_real(&w, false);
    return TRAP_NONE;
}

/* A kernel's code has more pages than the itlb, but few granules. */
static trap_t translate_fetch(struct cpu *cpu, ea_t ea, struct xlate *out)
{
    if (!mmu_caches(cpu) || !tlb_fetch(cpu, ea, out)) {
        trap_t t = translate(cpu, ea, ACCESS_FETCH, false, out);
        if (unlikely(t))
            return t;
        if (!is_watched(cpu) && !cpu->dawrx0)
            tlb_fill_fetched(cpu, ea, out);
    }
    tlb_note_fetch(cpu, ea);
    return TRAP_NONE;
}

trap_t mmu_translate(struct cpu *cpu, ea_t ea, enum mmu_access access, struct xlate *out)
{
    if (access == ACCESS_FETCH)
        return translate_fetch(cpu, ea, out);
    return translate(cpu, ea, access, false, out);
}

bool mmu_probe(struct cpu *cpu, ea_t ea, enum mmu_access access, struct xlate *out)
{
    return translate(cpu, ea, access, true, out) == TRAP_NONE;
}

trap_t mmu_bad_access(struct cpu *cpu, ea_t ea, enum mmu_access access)
{
    struct walk w = {.cpu = cpu, .ea = ea, .access = access};
    return fault_process(&w, DSISR_BADACCESS);
}
