/* SPDX-License-Identifier: Apache-2.0 */
/* Radix tree walks: partition-scoped (tables at real addresses) and process-scoped (tables at guest
 * real addresses when a partition's tree lies below). Book III, "Radix Tree Translation". */
#include "mmu_internal.h"

#define DIRECTORY_MIN_LOG2 5
#define DIRECTORY_MAX_LOG2 16
#define ADDRESS_MAX_BITS   52

/* Reads one table entry; *ra receives its real address. */
typedef trap_t (*entry_reader)(struct walk *w, uint64_t addr, ra_t *ra, uint64_t *entry);

static trap_t read_real(struct walk *w, uint64_t addr, ra_t *ra, uint64_t *entry)
{
    *ra = addr;
    return likely(table_read(w, addr, w->secure, entry)) ? TRAP_NONE : fault_bad_real(w, true);
}

static trap_t read_guest(struct walk *w, uint64_t addr, ra_t *ra, uint64_t *entry)
{
    struct xlate x;
    if (likely(table_read_cached(w, addr, entry))) {
        *ra = 0; /* nobody asks: radix_set_rc() has it translated for a store */
        return TRAP_NONE;
    }
    trap_t t = partition_translate(w, addr, ACCESS_LOAD, true, &x);
    return unlikely(t) ? t : read_real(w, x.ra, ra, entry);
}

bool radix_page_size(unsigned size_log2)
{
    return size_log2 == 12 || size_log2 == 16 || size_log2 == 21 || size_log2 == 30;
}

/* From the root down to a leaf. @addr lies within the tree's range. Inlined twice, once per reader:
 * this is the hot loop of a TLB miss. */
static inline __attribute__((always_inline)) trap_t radix_walk(struct walk *w,
                                                               struct radix_tree tree,
                                                               uint64_t addr, entry_reader read,
                                                               struct radix_leaf *leaf)
{
    unsigned bits = tree.bits;
    leaf->cause = 0;
    for (;;) {
        if (unlikely(tree.size < DIRECTORY_MIN_LOG2 || tree.size > DIRECTORY_MAX_LOG2 ||
                     tree.size + 12 > bits)) {
            leaf->cause = DSISR_UNSUPP_MMU;
            return TRAP_NONE;
        }
        bits -= tree.size;
        leaf->pte_addr = tree.base + ((addr >> bits) & ((1ULL << tree.size) - 1)) * 8;
        trap_t t = read(w, leaf->pte_addr, &leaf->pte_ra, &leaf->pte);
        if (unlikely(t))
            return t;
        if (unlikely(!(leaf->pte & PTE_VALID))) {
            leaf->cause = DSISR_NOHPTE;
            return TRAP_NONE;
        }
        if (leaf->pte & PTE_LEAF)
            break;
        tree.base = leaf->pte & PDE_NLB;
        tree.size = leaf->pte & PDE_NLS;
    }
    leaf->size_log2 = bits;
    if (unlikely(!radix_page_size(bits)))
        leaf->cause = DSISR_UNSUPP_MMU;
    return TRAP_NONE;
}

trap_t radix_walk_partition(struct walk *w, gra_t gra, struct radix_leaf *leaf)
{
    struct radix_tree tree = radix_tree_of(w->pate[0]);
    if (unlikely(tree.bits > ADDRESS_MAX_BITS)) {
        leaf->cause = DSISR_UNSUPP_MMU;
        return TRAP_NONE;
    }
    if (unlikely(gra >> tree.bits)) {
        leaf->cause = DSISR_NOHPTE;
        return TRAP_NONE;
    }
    return radix_walk(w, tree, gra, read_real, leaf);
}

/* What a process-scoped leaf permits in the present mode. */
struct rights {
    bool read, write, exec;
    uint64_t cause; /* of the access under way; 0: allowed */
};

/* AMR and IAMR key 0 bind privileged software on pages of problem state only; Linux builds KUAP and
 * KUEP on that. */
static struct rights radix_rights(const struct walk *w, uint64_t pte)
{
    const struct cpu *cpu = w->cpu;
    bool problem = cpu->msr & MSR_PR;
    bool keyed = !problem && !(pte & PTE_PRIV);
    struct rights r = {
        .read = pte & (PTE_READ | PTE_WRITE),
        .write = pte & PTE_WRITE,
        .exec = (pte & PTE_EXEC) && (pte & PTE_ATT) != PTE_ATT_NIO,
    };

    if (problem && (pte & PTE_PRIV))
        return (struct rights){.cause = DSISR_PROTFAULT};
    if (w->access == ACCESS_FETCH && !r.exec)
        r.cause = DSISR_NOEXEC_G;
    else if ((w->access == ACCESS_LOAD && !r.read) || (w->access == ACCESS_STORE && !r.write))
        r.cause = DSISR_PROTFAULT;
    if (!keyed)
        return r;

    r.write &= !(cpu->amr & PPC_BIT(0));
    r.read &= !(cpu->amr & PPC_BIT(1));
    r.exec &= !(cpu->iamr & PPC_BIT(1));
    bool allowed = w->access == ACCESS_FETCH ? r.exec : w->access == ACCESS_LOAD ? r.read : r.write;
    if (!allowed && !r.cause)
        r.cause = DSISR_KEYFAULT;
    return r;
}

/* Sets R and C of the process-scoped entry; the partition must let its table be written. */
static trap_t radix_set_rc(struct walk *w, const struct radix_leaf *leaf, uint64_t pte)
{
    ra_t ra = leaf->pte_ra;
    if (w->scoped) {
        struct xlate x;
        trap_t t = partition_translate(w, leaf->pte_addr, ACCESS_STORE, true, &x);
        if (t)
            return t;
        ra = x.ra;
    }
    return table_update(w, ra, leaf->pte, pte) ? TRAP_NONE : WALK_AGAIN;
}

/* The page itself: guest real to real below a guest's tree. */
static trap_t radix_finish(struct walk *w, const struct radix_leaf *leaf, const struct rights *r,
                           struct xlate *out)
{
    uint64_t low = (1ULL << leaf->size_log2) - 1;
    gra_t gra = ((leaf->pte & PTE_RPN) & ~low) | (w->ea & low);
    *out = (struct xlate){gra, leaf->size_log2, true, true, true, false};
    if (w->scoped) {
        trap_t t = partition_translate(w, gra, w->access, false, out);
        if (unlikely(t))
            return t;
    }

    uint64_t pte = leaf->pte | PTE_R | (w->access == ACCESS_STORE ? PTE_C : 0);
    if (unlikely(pte != leaf->pte) && !w->probe) {
        trap_t t = radix_set_rc(w, leaf, pte);
        if (unlikely(t))
            return t;
    }
    if (out->size_log2 > leaf->size_log2)
        out->size_log2 = leaf->size_log2;
    out->read &= r->read;
    out->write &= r->write && (pte & PTE_C);
    out->exec &= r->exec;
    out->guarded_io |= (leaf->pte & PTE_CI) != 0;
    return TRAP_NONE;
}

trap_t radix_translate(struct walk *w, uint32_t pid, struct xlate *out)
{
    struct radix_leaf leaf;
    uint64_t dw0;
    trap_t t = process_entry(w, pid, &dw0);
    if (unlikely(t))
        return t;

    struct radix_tree tree = radix_tree_of(dw0);
    uint64_t addr = w->ea & PPC_BITS(2, 63);
    if (unlikely(tree.bits > ADDRESS_MAX_BITS))
        return fault_process(w, DSISR_UNSUPP_MMU);
    if (unlikely(addr >> tree.bits))
        return fault_segment(w);
    t = w->scoped ? radix_walk(w, tree, addr, read_guest, &leaf)
                  : radix_walk(w, tree, addr, read_real, &leaf);
    if (unlikely(t))
        return t;
    if (unlikely(leaf.cause))
        return fault_process(w, leaf.cause);

    struct rights r = radix_rights(w, leaf.pte);
    if (unlikely(r.cause))
        return fault_process(w, r.cause);
    return radix_finish(w, &leaf, &r, out);
}
