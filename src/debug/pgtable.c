/* SPDX-License-Identifier: Apache-2.0 */
/* info pgtable: the way of one effective address through the radix trees, entry by entry; hashed
 * page tables: pgtable_hash.c. */
#include "pgtable.h"

#include "mmu/mmu_internal.h"
#include "pefemu/names.h"

struct tour {
    struct command *c;
    const struct cpu *cpu;
    uint64_t pate[2];
    bool scoped; /* process-scoped tables are at guest real addresses */
};

static bool read_entry(const struct tour *t, ra_t ra, uint64_t *v)
{
    const uint8_t *p = memory_ptr(&t->c->m->mem, ra, 8);
    *v = p ? get_be64(p) : 0;
    return p;
}

void pgtable_row(struct report *r, const char *tree, uint64_t addr, uint64_t entry,
                 const char *what)
{
    report_row(r);
    report_str(r, "tree", "%s", tree);
    report_hex(r, "entry at", addr);
    report_str(r, "entry", "%016llx", (unsigned long long)entry);
    report_str(r, "what", "%s", what);
}

static void show(const struct tour *t, const char *tree, uint64_t addr, uint64_t entry,
                 const char *what)
{
    pgtable_row(t->c->r, tree, addr, entry, what);
}

void pgtable_found(struct report *r, ea_t ea, ra_t ra)
{
    report_say(r, "0x%llx is at real address 0x%llx, %s", (unsigned long long)ea,
               (unsigned long long)ra, ra & SECURE_RA_BIT ? "secure" : "normal");
}

static void leaf_text(char *out, size_t size, uint64_t pte, unsigned bits)
{
    static const char *const sizes[] = {
        [12] = "4 KiB", [16] = "64 KiB", [21] = "2 MiB", [30] = "1 GiB"};
    snprintf(out, size, "page of %s at 0x%llx%s%s%s%s%s%s%s",
             bits <= 30 && sizes[bits] ? sizes[bits] : "no valid size",
             (unsigned long long)(pte & PTE_RPN), pte & PTE_READ ? " read" : "",
             pte & PTE_WRITE ? " write" : "", pte & PTE_EXEC ? " exec" : "",
             pte & PTE_PRIV ? " privileged" : "", pte & PTE_R ? " R" : "", pte & PTE_C ? " C" : "",
             pte & PTE_CI ? " cache-inhibited" : "");
}

static bool partition_walk(const struct tour *t, gra_t gra, bool shown, ra_t *ra);

/* Down to the leaf. *out: what @addr becomes. */
static bool walk(const struct tour *t, const char *name, struct radix_tree tree, uint64_t addr,
                 bool guest_tables, bool shown, uint64_t *out)
{
    unsigned bits = tree.bits;
    char text[128];
    for (;;) {
        uint64_t at, entry;
        ra_t ra;
        if (tree.size < 5 || tree.size + 12 > bits)
            return false;
        bits -= tree.size;
        at = tree.base + ((addr >> bits) & ((1ULL << tree.size) - 1)) * 8;
        ra = at;
        if ((guest_tables && !partition_walk(t, at, false, &ra)) || !read_entry(t, ra, &entry))
            return false;
        if (!(entry & PTE_VALID)) {
            if (shown)
                show(t, name, at, entry, "not valid");
            return false;
        }
        if (entry & PTE_LEAF) {
            uint64_t low = (1ULL << bits) - 1;
            leaf_text(text, sizeof(text), entry, bits);
            if (shown)
                show(t, name, at, entry, text);
            *out = ((entry & PTE_RPN) & ~low) | (addr & low);
            return true;
        }
        tree.base = entry & PDE_NLB;
        tree.size = entry & PDE_NLS;
        snprintf(text, sizeof(text), "directory of %llu entries at 0x%llx", 1ULL << tree.size,
                 (unsigned long long)tree.base);
        if (shown)
            show(t, name, at, entry, text);
    }
}

static bool partition_walk(const struct tour *t, gra_t gra, bool shown, ra_t *ra)
{
    if (!t->scoped) {
        *ra = gra;
        return true;
    }
    struct radix_tree tree = radix_tree_of(t->pate[0]);
    return !(gra >> tree.bits) && walk(t, "partition", tree, gra, false, shown, ra);
}

static bool process_tree(const struct tour *t, ea_t ea, struct radix_tree *tree)
{
    uint32_t pid = ea >> 63 ? 0 : t->cpu->pid;
    gra_t at = (t->pate[1] & PPC_BITS(4, 51)) + (uint64_t)pid * 16;
    uint64_t dw0;
    ra_t ra;
    if (!partition_walk(t, at, false, &ra) || !read_entry(t, ra, &dw0))
        return false;
    *tree = radix_tree_of(dw0);
    show(t, "process table", at, dw0, dw0 ? "tree of the process" : "no tree");
    return dw0;
}

static void trees(const struct tour *t, ea_t ea)
{
    struct radix_tree tree;
    uint64_t addr = ea & PPC_BITS(2, 63);
    bool virtual = t->cpu->msr & MSR_DR;
    ra_t ra;
    if (virtual && (!process_tree(t, ea, &tree) || addr >> tree.bits ||
                    !walk(t, "process", tree, addr, true, true, &addr)))
        return;
    if (partition_walk(t, addr, true, &ra))
        pgtable_found(t->c->r, ea, ra);
    else
        report_say(t->c->r, "0x%llx has no real address", (unsigned long long)ea);
}

bool info_PGTABLE(struct command *c)
{
    struct cpu *cpu = command_cpu(c);
    struct tour t = {.c = c, .cpu = cpu};
    struct xlate x;
    ea_t ea;
    if (!c->argc)
        return report_fail(c->r, "info pgtable: say which effective address");
    if (!command_value(c, c->argv[0], &ea))
        return false;
    if (cpu->msr & MSR_HV) {
        if (!mmu_probe(cpu, ea, ACCESS_LOAD, &x))
            return report_fail(c->r, "0x%llx is not translated", (unsigned long long)ea);
        report_say(c->r, "0x%llx is at real address 0x%llx (the hypervisor's own translation)",
                   (unsigned long long)ea, (unsigned long long)x.ra);
        return true;
    }
    ra_t at = (cpu->ptcr & PPC_BITS(4, 51)) + (uint64_t)cpu->lpid * 16;
    report_table(c->r, "pgtable", NULL);
    if (!read_entry(&t, at, &t.pate[0]) || !read_entry(&t, at + 8, &t.pate[1]))
        return report_fail(c->r, "there is no partition table at 0x%llx", (unsigned long long)at);
    t.scoped = true;
    bool radix = t.pate[0] & PPC_BIT(0);
    show(&t, "partition table", at, t.pate[0],
         radix ? "tree of the partition" : "hashed page table of the partition");
    if (radix)
        trees(&t, ea);
    else
        pgtable_hash(c, cpu, at, t.pate[0], ea);
    return true;
}
