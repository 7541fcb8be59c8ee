/* SPDX-License-Identifier: Apache-2.0 */
/* Partition table, process table and partition-scoped translation (guest real to real). */
#include "mmu_internal.h"
#include "tlb_internal.h"

/* PTCR and the second doubleword of a partition-table entry: 4:51 base, 59:63 log2(size) - 12. */
#define TABLE_BASE PPC_BITS(4, 51)
#define TABLE_SIZE PPC_BITS(59, 63)

static uint64_t table_bytes(uint64_t reg)
{
    return 1ULL << (12 + (reg & TABLE_SIZE));
}

bool table_read(const struct walk *w, ra_t ra, bool secure, uint64_t *value)
{
    const uint8_t *p = memory_ptr(&w->m->mem, ra, 8);
    if (unlikely(!p))
        return false;
    if (unlikely(!secure_check(w->m, ra, secure))) {
        fault_note_secure(w, ra);
        return false;
    }
    *value = table_entry(p);
    return true;
}

bool table_update(const struct walk *w, ra_t ra, uint64_t old, uint64_t value)
{
    const struct memory *mem = &w->m->mem;
    uint8_t *p = memory_ptr(mem, ra, 8);
    if (likely(!w->m->threads)) {
        put_be64(p, value);
    } else {
        uint64_t was = be64(old);
        if (!__atomic_compare_exchange_n((uint64_t *)(void *)p, &was, be64(value), false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return false;
    }
    if (unlikely(mem->code_map[memory_page_index(mem, ra)]))
        memory_written(w->m, ra, 8);
    return true;
}

/* Once a walk, before the caches are asked: they hold one tree at a time. */
static void scope_select(const struct walk *w)
{
    struct tlb_set *set = w->cpu->tlbs;
    if (likely(set->scope_lpid == w->lpid && set->scope_dw0 == w->pate[0] &&
               set->scope_secure == w->secure))
        return;
    scope_flush(set);
    set->scope_lpid = w->lpid;
    set->scope_secure = w->secure;
    set->scope_dw0 = w->pate[0];
}

trap_t partition_load(struct walk *w)
{
    uint64_t ptcr = w->cpu->ptcr;
    uint64_t offset = (uint64_t)w->lpid * 16;
    ra_t ra = (ptcr & TABLE_BASE) + offset;

    if (unlikely(offset >= table_bytes(ptcr)))
        return w->scoped ? fault_partition(w, 0, DSISR_PRTABLE) : fault_process(w, DSISR_PRTABLE);
    /* As S=1 whoever is running: the table is secure when there is an ultravisor, and every normal
     * partition needs its entry. */
    if (unlikely(!table_read(w, ra, true, &w->pate[0]) ||
                 !table_read(w, ra + 8, true, &w->pate[1])))
        return fault_bad_real(w, true);
    if (likely(w->cached && w->scoped))
        scope_select(w);
    return TRAP_NONE;
}

trap_t process_entry(struct walk *w, uint32_t pid, uint64_t *dw0)
{
    uint64_t offset = (uint64_t)pid * 16;
    if (unlikely(offset >= table_bytes(w->pate[1])))
        return fault_process(w, DSISR_PRTABLE);

    struct xlate x = {.ra = (w->pate[1] & TABLE_BASE) + offset};
    if (w->scoped) {
        if (likely(table_read_cached(w, x.ra, dw0)))
            return TRAP_NONE;
        trap_t t = partition_translate(w, x.ra, ACCESS_LOAD, true, &x);
        if (unlikely(t))
            return t;
    }
    if (unlikely(!table_read(w, x.ra, w->secure, dw0)))
        return fault_bad_real(w, true);
    return TRAP_NONE;
}

/* ---- the caches ---- */

void scope_flush(struct tlb_set *set)
{
    for (unsigned i = 0; i < SCOPE_ENTRIES; i++)
        set->big[i].tag = set->small[i].tag = SCOPE_NO_TAG;
}

static unsigned scope_need(enum mmu_access how)
{
    switch (how) {
    case ACCESS_FETCH:
        return SCOPE_EXEC;
    case ACCESS_LOAD:
        return SCOPE_READ;
    case ACCESS_STORE:
        return SCOPE_WRITE;
    }
    return 0;
}

static struct scope_entry *scope_slot(struct scope_entry *table, gra_t gra, unsigned log2)
{
    return &table[(gra >> log2) & (SCOPE_ENTRIES - 1)];
}

static bool scope_hit(const struct scope_entry *e, gra_t gra, unsigned log2, unsigned need,
                      struct xlate *out)
{
    gra_t low = (1ULL << log2) - 1;
    if (e->tag != (gra & ~low) || !(e->flags & need))
        return false;
    *out = (struct xlate){
        .ra = e->ra + (gra & low),
        .size_log2 = e->size_log2,
        .read = e->flags & SCOPE_READ,
        .write = e->flags & SCOPE_WRITE,
        .exec = e->flags & SCOPE_EXEC,
        .guarded_io = e->flags & SCOPE_CI,
    };
    return true;
}

static bool scope_lookup(struct walk *w, gra_t gra, unsigned need, struct xlate *out)
{
    struct tlb_set *set = w->cpu->tlbs;
    return scope_hit(scope_slot(set->big, gra, SCOPE_BIG_LOG2), gra, SCOPE_BIG_LOG2, need, out) ||
           scope_hit(scope_slot(set->small, gra, TLB_GRANULE_LOG2), gra, TLB_GRANULE_LOG2, need,
                     out);
}

static void scope_remember(struct walk *w, gra_t gra, const struct xlate *x)
{
    struct tlb_set *set = w->cpu->tlbs;
    bool big = x->size_log2 >= SCOPE_BIG_LOG2;
    unsigned log2 = big ? SCOPE_BIG_LOG2 : TLB_GRANULE_LOG2;
    gra_t low = (1ULL << log2) - 1;
    ra_t ra = x->ra & ~low;
    if (x->size_log2 < TLB_GRANULE_LOG2)
        return;
    *scope_slot(big ? set->big : set->small, gra, log2) = (struct scope_entry){
        .tag = gra & ~low,
        .ra = ra,
        .host = secure_check(w->m, ra, w->secure) ? memory_ptr(&w->m->mem, ra, low + 1) : NULL,
        .size_log2 = x->size_log2,
        .flags = (x->read ? SCOPE_READ : 0) | (x->write ? SCOPE_WRITE : 0) |
                 (x->exec ? SCOPE_EXEC : 0) | (x->guarded_io ? SCOPE_CI : 0),
    };
}

static const uint8_t *scope_host(const struct scope_entry *e, gra_t gra, unsigned log2)
{
    gra_t low = (1ULL << log2) - 1;
    bool hit = e->tag == (gra & ~low) && e->host && (e->flags & SCOPE_READ);
    return hit ? e->host + (gra & low) : NULL;
}

bool table_read_cached(const struct walk *w, gra_t gra, uint64_t *value)
{
    struct tlb_set *set = w->cpu->tlbs;
    const uint8_t *p = NULL;
    if (likely(w->cached)) {
        p = scope_host(scope_slot(set->big, gra, SCOPE_BIG_LOG2), gra, SCOPE_BIG_LOG2);
        if (!p)
            p = scope_host(scope_slot(set->small, gra, TLB_GRANULE_LOG2), gra, TLB_GRANULE_LOG2);
    }
    if (p)
        *value = table_entry(p);
    return p;
}

/* ---- translation ---- */

/* EAA of a partition-scoped leaf; 0 when @how is allowed, else the cause bit. */
static uint64_t scope_denied(uint64_t pte, enum mmu_access how)
{
    switch (how) {
    case ACCESS_FETCH:
        return pte & PTE_EXEC ? 0 : DSISR_NOEXEC_G;
    case ACCESS_LOAD:
        return pte & (PTE_READ | PTE_WRITE) ? 0 : DSISR_PROTFAULT;
    case ACCESS_STORE:
        return pte & PTE_WRITE ? 0 : DSISR_PROTFAULT;
    }
    return 0;
}

static trap_t scope_walk(struct walk *w, gra_t gra, enum mmu_access how, uint64_t table_bit,
                         struct xlate *out)
{
    struct radix_leaf leaf;
    trap_t t = radix_walk_partition(w, gra, &leaf);
    if (t)
        return t;
    uint64_t cause = leaf.cause ? leaf.cause : scope_denied(leaf.pte, how);
    if (cause) {
        /* The table access may be of another kind than the access it serves: a load that needs the
         * R bit of a guest's entry set is reported as the store it is. */
        t = fault_partition(w, gra, cause | table_bit);
        if (!w->probe && how == ACCESS_STORE && w->access == ACCESS_LOAD)
            w->cpu->trap.dsisr |= DSISR_ISSTORE;
        return t;
    }
    uint64_t pte = leaf.pte | PTE_R | (how == ACCESS_STORE ? PTE_C : 0);
    if (pte != leaf.pte && !w->probe && !table_update(w, leaf.pte_ra, leaf.pte, pte))
        return WALK_AGAIN;

    uint64_t low = (1ULL << leaf.size_log2) - 1;
    *out = (struct xlate){
        .ra = ((pte & PTE_RPN) & ~low) | (gra & low),
        .size_log2 = leaf.size_log2,
        .read = pte & (PTE_READ | PTE_WRITE),
        .write = (pte & PTE_WRITE) && (pte & PTE_C),
        .exec = pte & PTE_EXEC,
        .guarded_io = pte & PTE_CI,
    };
    return TRAP_NONE;
}

trap_t partition_translate(struct walk *w, gra_t gra, enum mmu_access how, bool is_table,
                           struct xlate *out)
{
    if (likely(w->cached) && likely(scope_lookup(w, gra, scope_need(how), out)))
        return TRAP_NONE;
    trap_t t = scope_walk(w, gra, how, is_table ? DSISR_PRTABLE : 0, out);
    if (!t && w->cached)
        scope_remember(w, gra, out);
    return t;
}
