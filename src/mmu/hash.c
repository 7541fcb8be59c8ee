/* SPDX-License-Identifier: Apache-2.0 */
/* Hashed page tables (Book III, "Hash Page Table Translation"): the HPT maps virtual pages, which
 * the SLB or the virtual real mode area (VRMA) chooses, straight to real pages. */
#include "mmu_internal.h"

#define HASH_MASK         ((1ULL << 39) - 1)
#define AVA_VA_LOG2       23 /* lowest VA bit in AVA, which is bit 56 of its doubleword */
#define AVA_LOW_LOG2      7
#define REAL_MODE_EA_LOG2 40

/* The segment of an access. */
struct segment {
    uint64_t vsid, offset;
    uint64_t asdr; /* as slbmte has it */
    unsigned b, base_log2;
    bool key; /* storage key: Ks or Kp */
    bool noexec;
    bool vrma;
};

struct hpte {
    ra_t ra;
    uint64_t dw0, dw1;
    unsigned size_log2; /* actual page size */
};

/* ---- encodings ---- */

/* The low bits of LP that name a pair; what is left of LP above them belongs to the RPN. */
static const struct lp_encoding {
    uint8_t mask, value, base_log2, size_log2;
} lp_encodings[] = {
    {0xff, 0x00, 24, 24}, {0x0f, 0x01, 16, 16}, {0xff, 0x08, 16, 24},
    {0x0f, 0x07, 12, 16}, {0xff, 0x38, 12, 24}, {0xff, 0x03, 34, 34},
};

bool hpte_page_size(uint64_t dw0, uint64_t dw1, unsigned *base_log2, unsigned *size_log2)
{
    uint8_t lp = dw1 >> 12;
    if (!(dw0 & HPTE0_L)) {
        *base_log2 = *size_log2 = 12;
        return true;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(lp_encodings); i++) {
        const struct lp_encoding *e = &lp_encodings[i];
        if ((lp & e->mask) == e->value) {
            *base_log2 = e->base_log2;
            *size_log2 = e->size_log2;
            return true;
        }
    }
    return false;
}

unsigned slb_base_log2(bool l, unsigned lp)
{
    static const uint8_t large[4] = {24, 16, 34, 0};
    return l ? large[lp] : 12;
}

uint64_t hpte_hash(unsigned b, uint64_t vsid, uint64_t offset, unsigned base_log2)
{
    uint64_t h = b == SEGMENT_1T ? vsid ^ vsid << 25 : vsid;
    return (h ^ offset >> base_log2) & HASH_MASK;
}

/* ---- search ---- */

/* A page number at AVA's place: page sizes above 8 MiB leave bits of it undefined. */
static uint64_t ava_mask(unsigned base_log2)
{
    unsigned low = base_log2 > AVA_VA_LOG2 ? base_log2 - AVA_VA_LOG2 : 0;
    return HPTE0_AVA & ~(((1ULL << low) - 1) << AVA_LOW_LOG2);
}

static uint64_t ava_of(const struct segment *s)
{
    unsigned log2 = segment_log2(s->b);
    uint64_t va_high = s->vsid << (log2 - AVA_VA_LOG2) | s->offset >> AVA_VA_LOG2;
    return va_high << AVA_LOW_LOG2 & HPTE0_AVA;
}

static bool hpte_matches(const struct segment *s, struct hpte *e)
{
    unsigned base;
    return (e->dw1 & HPTE1_B) >> HPTE1_B_SHIFT == s->b &&
           hpte_page_size(e->dw0, e->dw1, &base, &e->size_log2) && base == s->base_log2;
}

/* One group of eight entries. @dw0: V, H and AVA looked for. */
static bool group_search(const uint8_t *group, const struct segment *s, uint64_t dw0,
                         struct hpte *found)
{
    uint64_t mask = ava_mask(s->base_log2) | HPTE0_V | HPTE0_H;
    dw0 &= mask;
    for (unsigned i = 0; i < HPTEG_SLOTS; i++) {
        found->dw0 = table_entry(group + i * HPTE_SIZE);
        if ((found->dw0 & mask) != dw0)
            continue;
        found->dw1 = table_entry(group + i * HPTE_SIZE + 8);
        found->ra = i * HPTE_SIZE;
        if (hpte_matches(s, found))
            return true;
    }
    return false;
}

/* The primary group, then, unless LPCR[TC] says no, the secondary one. @missing: not in the table.
 */
static trap_t hpt_search(struct walk *w, const struct segment *s, struct hpte *found, bool *missing)
{
    uint64_t groups = 1ULL << (HPT_MIN_LOG2 - 7 + (w->pate[0] & HPT_SIZE));
    uint64_t hash = hpte_hash(s->b, s->vsid, s->offset, s->base_log2);
    uint64_t dw0 = ava_of(s) | HPTE0_V;
    bool secondary = false;
    *missing = false;
    for (;;) {
        ra_t ra = (w->pate[0] & HPT_BASE) + (hash & (groups - 1)) * HPTEG_SLOTS * HPTE_SIZE;
        const uint8_t *group = memory_ptr(&w->m->mem, ra, HPTEG_SLOTS * HPTE_SIZE);
        if (unlikely(!group))
            return fault_bad_real(w, true);
        if (unlikely(!secure_check(w->m, ra, w->secure))) {
            fault_note_secure(w, ra);
            return fault_bad_real(w, true);
        }
        if (group_search(group, s, dw0, found)) {
            found->ra += ra;
            return TRAP_NONE;
        }
        if (secondary || (w->cpu->lpcr & LPCR_TC))
            break;
        secondary = true;
        hash = ~hash;
        dw0 |= HPTE0_H;
    }
    *missing = true;
    return TRAP_NONE;
}

/* ---- rights ---- */

enum { R = 1, W = 2 };
/* By storage key, then pp0 and pp. */
static const uint8_t pp_rights[2][8] = {
    {R | W, R | W, R | W, R, 0, 0, R, 0},
    {0, R, R | W, R, 0, 0, 0, 0},
};

struct rights {
    bool read, write, exec;
    uint64_t cause; /* of the access under way; 0: allowed */
};

static uint64_t denied(const struct walk *w, bool read, bool write, bool exec, uint64_t data,
                       uint64_t fetch)
{
    switch (w->access) {
    case ACCESS_FETCH:
        return exec ? 0 : fetch;
    case ACCESS_LOAD:
        return read ? 0 : data;
    case ACCESS_STORE:
        return write ? 0 : data;
    }
    return data;
}

/* Page protection, no-execute and guarded, and the class key against AMR and IAMR: two bits a key,
 * AMR's deny stores and loads, IAMR's second one denies fetches. */
static struct rights hash_rights(const struct walk *w, const struct segment *s, uint64_t dw1)
{
    const struct cpu *cpu = w->cpu;
    uint8_t pp = pp_rights[s->key][(dw1 >> 63) << 2 | (dw1 & HPTE1_PP)];
    bool executable = !s->noexec && !(dw1 & (HPTE1_N | HPTE1_G));
    unsigned class_key = (dw1 >> 60 & 3) << 3 | (dw1 >> 9 & 7);
    unsigned amr = s->vrma ? 0 : cpu->amr >> (62 - 2 * class_key) & 3;
    unsigned iamr = s->vrma ? 0 : cpu->iamr >> (62 - 2 * class_key) & 3;

    uint64_t page = denied(w, pp & R, pp & W, executable && (pp & R), DSISR_PROTFAULT,
                           executable ? DSISR_PROTFAULT : DSISR_NOEXEC_G);
    uint64_t keyed = denied(w, !(amr & 1), !(amr & 2), !(iamr & 1), DSISR_KEYFAULT, DSISR_KEYFAULT);
    return (struct rights){
        .read = (pp & R) && !(amr & 1),
        .write = (pp & W) && !(amr & 2),
        .exec = (pp & R) && executable && !(iamr & 1),
        .cause = page | keyed,
    };
}

/* ---- translation ---- */

/* With LPCR[VPM1] the hypervisor pages the partition's virtual memory; the VRMA is always its. */
static trap_t hash_fault(const struct walk *w, const struct segment *s, uint64_t cause)
{
    bool hv = w->cpu->msr & MSR_HV;
    if (!hv && (s->vrma || (w->cpu->lpcr & LPCR_VPM1)))
        return fault_virtualized(w, s->asdr, cause);
    return fault_process(w, cause);
}

/* W, I and M together mean strong access ordering, of cacheable storage. */
static bool is_inhibited(uint64_t dw1)
{
    const uint64_t sao = HPTE1_W | HPTE1_I | HPTE1_M;
    return (dw1 & HPTE1_I) && (dw1 & (sao | HPTE1_G)) != sao;
}

static trap_t hash_page(struct walk *w, const struct segment *s, struct xlate *out)
{
    struct hpte e = {0};
    bool missing;
    trap_t t = hpt_search(w, s, &e, &missing);
    if (unlikely(t))
        return t;
    if (missing)
        return hash_fault(w, s, DSISR_NOHPTE);
    struct rights r = hash_rights(w, s, e.dw1);
    if (unlikely(r.cause))
        return hash_fault(w, s, r.cause);

    uint64_t dw1 = e.dw1 | HPTE1_R | (w->access == ACCESS_STORE ? HPTE1_C : 0);
    if (dw1 != e.dw1 && !w->probe && !table_update(w, e.ra + 8, e.dw1, dw1))
        return WALK_AGAIN;
    uint64_t low = (1ULL << e.size_log2) - 1;
    *out = (struct xlate){
        .ra = ((dw1 & HPTE1_RPN) & ~low) | (s->offset & low),
        .size_log2 = e.size_log2,
        .read = r.read,
        .write = r.write && (dw1 & HPTE1_C),
        .exec = r.exec,
        .guarded_io = is_inhibited(dw1),
    };
    return TRAP_NONE;
}

trap_t hash_translate(struct walk *w, struct xlate *out)
{
    const struct slb_entry *e = slb_find(w->cpu, w->ea);
    if (!e)
        return fault_segment(w);
    /* LPCR[ISL] takes large segments' base page size from a partition. */
    bool small = (w->cpu->lpcr & LPCR_ISL) && !(w->cpu->msr & MSR_HV);
    struct segment s = {
        .vsid = slb_vsid(e),
        .offset = w->ea & ((1ULL << segment_log2(slb_b(e))) - 1),
        .asdr = e->vsid,
        .b = slb_b(e),
        .base_log2 = slb_base_log2((e->vsid & SLB_L) && !small, (e->vsid & SLB_LP) >> 4),
        .key = e->vsid & (w->cpu->msr & MSR_PR ? SLB_KP : SLB_KS),
        .noexec = e->vsid & SLB_N,
    };
    return s.base_log2 ? hash_page(w, &s, out) : hash_fault(w, &s, DSISR_NOHPTE);
}

trap_t hash_translate_vrma(struct walk *w, uint64_t offset, struct xlate *out)
{
    unsigned ps = w->pate[0] >> 5 & 7;
    struct segment s = {
        .vsid = VRMA_VSID,
        .offset = offset,
        .asdr = (uint64_t)SEGMENT_1T << 62 | VRMA_VSID << 24 | (ps & 4 ? SLB_L : 0) |
                (uint64_t)(ps & 3) << 4,
        .b = SEGMENT_1T,
        .base_log2 = slb_base_log2(ps & 4, ps & 3),
        .vrma = true,
    };
    if (unlikely(offset >> REAL_MODE_EA_LOG2 || !s.base_log2))
        return hash_fault(w, &s, DSISR_NOHPTE);
    return hash_page(w, &s, out);
}

/* ---- invalidation ---- */

void tlb_flush_va(struct cpu *cpu, uint32_t lpid, unsigned b, uint64_t va, unsigned size_log2)
{
    unsigned log2 = segment_log2(b);
    if (b == SEGMENT_1T && !((VRMA_VSID << log2 ^ va) >> log2))
        tlb_flush_vrma(cpu, lpid);
    /* Translations go when their SLB entry does: what the SLB does not name is not there. */
    for (unsigned i = 0; i < SLB_ENTRIES; i++) {
        const struct slb_entry *e = &cpu->slb[i];
        if (!(e->esid & SLB_V) || slb_b(e) != b || ((slb_vsid(e) << log2) ^ va) >> log2)
            continue;
        ea_t ea = e->esid & SLB_ESID & ~((1ULL << log2) - 1);
        tlb_flush_hash(cpu, ea | (va & ((1ULL << log2) - 1)), size_log2);
    }
}

/* The low VA bits that AVA lacks are in the hash value, which the slot's group is part of. */
static uint64_t hpte_va(uint64_t slot, uint64_t dw0, unsigned b, unsigned base_log2)
{
    unsigned log2 = segment_log2(b);
    uint64_t va = (dw0 & HPTE0_AVA) >> AVA_LOW_LOG2 << AVA_VA_LOG2;
    if (base_log2 >= AVA_VA_LOG2)
        return va & ~((1ULL << base_log2) - 1);
    uint64_t vsid = (dw0 & HPTE0_AVA) >> AVA_LOW_LOG2 >> (log2 - AVA_VA_LOG2);
    uint64_t hash = slot / HPTEG_SLOTS;
    if (dw0 & HPTE0_H)
        hash = ~hash;
    uint64_t page = hash ^ hpte_hash(b, vsid, 0, base_log2);
    return va | (page << base_log2 & ((1ULL << AVA_VA_LOG2) - 1));
}

void tlb_flush_hpte(struct machine *m, uint32_t lpid, uint64_t slot, uint64_t dw0, uint64_t dw1)
{
    unsigned base, size;
    unsigned b = (dw1 & HPTE1_B) >> HPTE1_B_SHIFT;
    if (b > SEGMENT_1T || !hpte_page_size(dw0, dw1, &base, &size))
        return; /* never matched anything */
    uint64_t va = hpte_va(slot, dw0, b, base);
    for (unsigned i = 0; i < m->ncpus; i++)
        tlb_flush_va(&m->cpus[i], lpid, b, va & ~((1ULL << size) - 1), size);
}
