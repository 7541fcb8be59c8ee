/* SPDX-License-Identifier: Apache-2.0 */
/* All translation caches of one CPU. */
#ifndef PEFEMU_SRC_TLB_INTERNAL_H
#define PEFEMU_SRC_TLB_INTERNAL_H

#include "pefemu/machine.h"
#include "pefemu/mmu.h"

#define TLB_CONTEXTS 32
#define TLB_FINDER   128

/* tlb_key.mode. MSR bits keep their place (HV and SF move down by 32), the rest uses free places.
 */
#define MODE_MSR        (MSR_S | MSR_PR | MSR_IR | MSR_DR | MSR_LE)
#define MODE_HV         (1u << 28)
#define MODE_SF         (1u << 31)
#define MODE_AMR_SHIFT  8  /* AMR bits 0:1 in bits 9:8 */
#define MODE_IAMR_SHIFT 10 /* IAMR bit 1 */
#define MODE_LPCR_SHIFT 24 /* LPCR[HR] and LPCR[UPRT] in bits 24 and 26 */

#define MODE_HR (1u << MODE_LPCR_SHIFT)

/* Pairs of AMR and IAMR that have been in use under hash translation, where each of the 32 keys
 * counts. The number of a pair is never given to another one; 0 is that of no keys. */
#define KEY_PAIRS 16
struct key_pair {
    uint64_t amr, iamr;
    uint32_t number;
};

/* Partition-scoped translations, so that a nested walk costs one memory read a level. */
#define SCOPE_BIG_LOG2 21
#define SCOPE_ENTRIES  512
#define SCOPE_READ     1u
#define SCOPE_WRITE    2u /* only with C set */
#define SCOPE_EXEC     4u
#define SCOPE_CI       8u
struct scope_entry {
    uint64_t tag; /* GRA of the range, or SCOPE_NO_TAG */
    ra_t ra;
    const uint8_t *host; /* of the range, when walks may read page tables there; or NULL */
    uint8_t size_log2;
    uint8_t flags;
};
#define SCOPE_NO_TAG 1ULL

/* Where the context was last found for what registers: a mode switch compares them with one of
 * these, a cache line, and touches nothing else. The bits of MSR that count are in @msr. */
struct tlb_place {
    uint64_t msr, lpcr, amr, iamr;
    uint32_t lpid, pid;
    struct tlb_ctx *ctx; /* NULL: none */
    uint32_t number;     /* of ctx */
};

struct tlb_set {
    unsigned count; /* contexts that have been handed out */
    uint64_t clock; /* for last_used */
    uint64_t last_used[TLB_CONTEXTS];
    _Alignas(64) struct tlb_place finder[TLB_FINDER]; /* by place_index() */
    struct key_pair pairs[KEY_PAIRS];
    uint32_t last_pair; /* number */
    /* the caches of partition-scoped translations hold this partition's tree only */
    uint32_t scope_lpid;
    bool scope_secure; /* MSR[S] of the walks: a tree in secure memory serves S=1 only */
    uint64_t scope_dw0;
    struct scope_entry big[SCOPE_ENTRIES];   /* ranges of 2 MiB */
    struct scope_entry small[SCOPE_ENTRIES]; /* ranges of 64 KiB */
    _Alignas(64) struct tlb_ctx ctx[TLB_CONTEXTS];
};

/* memory.write_hint: which context may hold a write tag on the granule. */
#define HINT_NONE 0
#define HINT_MANY 255
static inline uint8_t tlb_hint(const struct cpu *cpu, const struct tlb_ctx *ctx)
{
    return 1 + (cpu->index * TLB_CONTEXTS + (unsigned)(ctx - cpu->tlbs->ctx)) % 254;
}
/* In tlb_entry.ra of a second-level entry: only code in the granule keeps it out of the first
 * level. */
#define TLB_SMALL_FOR_CODE 1ULL

static inline bool granule_has_code(const struct memory *mem, ra_t ra)
{
    uint64_t v[2]; /* one byte for each of its 16 pages */
    memcpy(v, &mem->code_map[memory_page_index(mem, ra & TLB_MASK)], sizeof(v));
    return v[0] | v[1];
}

static inline size_t granule_index(const struct memory *mem, ra_t ra)
{
    return memory_page_index(mem, ra & TLB_MASK) >> (TLB_GRANULE_LOG2 - 12);
}

static inline bool mmu_caches(const struct cpu *cpu)
{
    const struct machine *m = cpu->machine;
    return m && m->engine && m->engine->uses_tlb && cpu->tlbs && !m->commit_on;
}

/*
 * DAWR0 0:60 names the first doubleword; DAWRX0 48:53 how many follow it, 57 stores, 58 loads, 59
 * the value that MSR[DR] must have unless 60 says any, 61:63 hypervisor, privileged and problem
 * state. 56: EA bit 0 does not count in hypervisor real mode, where it chooses no other storage.
 */
static inline bool dawr_covers(const struct cpu *cpu, ea_t ea, uint64_t len)
{
    bool real = (cpu->msr & (MSR_HV | MSR_DR)) == MSR_HV;
    ea_t ignored = real && (cpu->dawrx0 & PPC_BIT(56)) ? PPC_BIT(0) : 0;
    ea_t start = cpu->dawr0 & ~(7ULL | ignored);
    uint64_t size = ((cpu->dawrx0 >> 10 & 63) + 1) * 8;
    ea &= ~ignored;
    return ea < start + size && start < ea + len;
}

static inline bool dawr_enabled(const struct cpu *cpu, enum mmu_access access)
{
    uint64_t x = cpu->dawrx0, msr = cpu->msr;
    uint64_t state = msr & MSR_PR ? PPC_BIT(63) : msr & MSR_HV ? PPC_BIT(61) : PPC_BIT(62);
    return (x & state) && (x & (access == ACCESS_STORE ? PPC_BIT(57) : PPC_BIT(58))) &&
           ((x & PPC_BIT(60)) || !(x & PPC_BIT(59)) == !(msr & MSR_DR)) && cpu_debug_allowed(cpu);
}

/* After a translation for a load or store of @ea: remember it for the inline accessors. */
void tlb_fill(struct cpu *cpu, ea_t ea, const struct xlate *x);
/* After a translation for a fetch: the engine may put the page into i[]. */
void tlb_note_fetch(struct cpu *cpu, ea_t ea);
/* Brings back to e[] what was pushed out and permits @access, not a fetch, at @ea. False: nothing.
 */
bool tlb_recall(struct cpu *cpu, ea_t ea, enum mmu_access access);
/* The same for later fetches from the granule, which any page of it may be asked for. */
void tlb_fill_fetched(struct cpu *cpu, ea_t ea, const struct xlate *x);
/* The translation of a fetch, if an entry of e[] says it. */
bool tlb_fetch(struct cpu *cpu, ea_t ea, struct xlate *x);
/* Forget the cached partition-scoped translations. */
void scope_flush(struct tlb_set *set);

#endif
