/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables the MMU walks on the hypervisor's behalf, as big-endian bytes in hypervisor RAM above
 * the LPAR's: the partition table, and LPID 1's partition-scoped radix tree, which maps guest real
 * to real addresses one to one. Power ISA 3.0B Book III, "Radix Tree Translation". The HPT of a
 * hash guest has its place behind them (hcall_hpt.c).
 */
#include "hv_internal.h"

#include "pefemu/mmu.h"
#include "pefemu/uv.h"

#define PATB_SIZE   (64 * KiB) /* 4096 entries of 16 bytes */
#define PATB_PATS   4u         /* log2(size) - 12 */
#define HV_RAM_SIZE (16 * MiB)

/* Partition table entry, dw0: HR, RTS in two pieces (52-bit addresses), root at 4:55, root size. */
#define PATE0_HR     PPC_BIT(0)
#define PATE0_RTS_52 (0x4000000000000000ULL | 5ULL << 5)

/* Tree entries */
#define RTE_VALID 0x8000000000000000ULL
#define RTE_LEAF  0x4000000000000000ULL
#define RTE_R     0x100ULL
#define RTE_C     0x080ULL
#define RTE_IO    0x020ULL /* ATT: non-idempotent, caching inhibited */
#define RTE_RWX   0x007ULL
#define RTE_RW    0x006ULL
#define LEAF_RAM  (RTE_VALID | RTE_LEAF | RTE_R | RTE_C | RTE_RWX)
#define LEAF_IO   (RTE_VALID | RTE_LEAF | RTE_R | RTE_C | RTE_IO | RTE_RW)
#define RTE_NEXT  0x00ffffffffffff00ULL

/* Levels of a 52-bit tree: 13, 9, 9, 5 bits of index above a 64 KiB page. */
#define LEVELS 4
static const struct {
    unsigned bits, shift;
} level[LEVELS] = {{13, 39}, {9, 30}, {9, 21}, {5, 16}};
#define TOP_LEAF_LEVEL 1 /* 1 GiB; POWER9 has no larger leaves */

unsigned pagetable_hpt_log2(const struct machine_config *cfg)
{
    unsigned log2 = HPT_MIN_LOG2;
    while (1ULL << log2 < cfg->ram_size / 128)
        log2++;
    return log2;
}

bool pagetable_has_16m(const struct machine_config *cfg)
{
    return !(cfg->ram_size & (16 * MiB - 1));
}

/* Naturally aligned, behind everything else. */
static ra_t hpt_base(const struct machine_config *cfg)
{
    uint64_t size = 1ULL << pagetable_hpt_log2(cfg);
    return (cfg->ram_size + HV_RAM_SIZE + size - 1) & ~(size - 1);
}

uint64_t hv_ram_needed(const struct machine_config *cfg)
{
    if (!cfg->hash_allowed)
        return HV_RAM_SIZE;
    return hpt_base(cfg) + (1ULL << pagetable_hpt_log2(cfg)) - cfg->ram_size;
}

ra_t pagetable_base(const struct hypervisor *hv)
{
    return (hv->m->cfg.ram_size + PATB_SIZE - 1) & ~(PATB_SIZE - 1);
}

uint64_t pagetable_ptcr(const struct hypervisor *hv)
{
    return pagetable_base(hv) | PATB_PATS;
}

static uint8_t *hv_ptr(struct hypervisor *hv, ra_t ra)
{
    return memory_ptr(&hv->m->mem, ra, 8);
}

/* A zeroed table of 2^bits entries at its natural alignment; 0 when hypervisor RAM is used up. */
static ra_t table_new(struct hypervisor *hv, unsigned bits)
{
    uint64_t size = 8ULL << bits;
    ra_t ra = (hv->tree_next + size - 1) & ~(size - 1);
    if (ra + size > hv->tree_end)
        return 0;
    hv->tree_next = ra + size;
    memset(memory_ptr(&hv->m->mem, ra, size), 0, size);
    return ra;
}

/* Installs @leaf for the page of level @depth that holds @gra. */
static bool tree_set(struct hypervisor *hv, ra_t table, gra_t gra, unsigned depth, uint64_t leaf)
{
    for (unsigned l = 0;; l++) {
        uint64_t index = gra >> level[l].shift & ((1ULL << level[l].bits) - 1);
        uint8_t *slot = hv_ptr(hv, table + 8 * index);
        if (l == depth) {
            put_be64(slot, leaf | gra);
            return true;
        }
        uint64_t entry = get_be64(slot);
        if (!entry) {
            ra_t next = table_new(hv, level[l + 1].bits);
            if (!next)
                return false;
            entry = RTE_VALID | next | level[l + 1].bits;
            put_be64(slot, entry);
        }
        table = entry & RTE_NEXT;
    }
}

/* Maps [gra, gra+size), multiples of 64 KiB, one to one with the largest leaves possible. */
static bool tree_map(struct hypervisor *hv, ra_t root, gra_t gra, uint64_t size, uint64_t leaf)
{
    while (size) {
        unsigned depth = TOP_LEAF_LEVEL;
        while (gra & ((1ULL << level[depth].shift) - 1) || size < 1ULL << level[depth].shift)
            depth++;
        if (!tree_set(hv, root, gra, depth, leaf))
            return false;
        gra += 1ULL << level[depth].shift;
        size -= 1ULL << level[depth].shift;
    }
    return true;
}

bool pagetable_build(struct hypervisor *hv)
{
    ra_t patb = pagetable_base(hv);
    hv->tree_next = patb + PATB_SIZE;
    hv->tree_end = hv->m->cfg.ram_size + HV_RAM_SIZE;
    hv->hpt = (struct hpt){hpt_base(&hv->m->cfg), pagetable_hpt_log2(&hv->m->cfg), false};
    memset(memory_ptr(&hv->m->mem, patb, PATB_SIZE), 0, PATB_SIZE);

    ra_t root = table_new(hv, level[0].bits);
    if (!root || !tree_map(hv, root, 0, hv->m->cfg.ram_size & ~0xffffULL, LEAF_RAM) ||
        !tree_map(hv, root, XIVE_TIMA_OS, 2 * XIVE_PAGE, LEAF_IO) ||
        !tree_map(hv, root, XIVE_ESB_BASE, XIVE_ESB_SIZE, LEAF_IO))
        return false;
    hv->radix_pate0 = PATE0_HR | PATE0_RTS_52 | root | level[0].bits;
    pagetable_set_root(hv, hv->radix_pate0);
    pagetable_set_process_table(hv, 0);
    return true;
}

/* Under an ultravisor the table is its own, and changes by UV_WRITE_PATE. */
static void pate_set(struct hypervisor *hv, unsigned dw, uint64_t value)
{
    hv->pate[dw] = value;
    if (hv->m->uv) {
        const uint64_t args[] = {HV_LPID, hv->pate[0], hv->pate[1]};
        hv_ucall(hv, UV_WRITE_PATE, args, ARRAY_SIZE(args));
        return;
    }
    put_be64(hv_ptr(hv, pagetable_base(hv) + 16 * HV_LPID + 8 * dw), value);
    tlb_flush_everywhere(hv->m, HV_LPID, ~0u);
}

void pagetable_set_root(struct hypervisor *hv, uint64_t dw0)
{
    pate_set(hv, 0, dw0);
}

void pagetable_set_process_table(struct hypervisor *hv, uint64_t dw1)
{
    pate_set(hv, 1, dw1);
}
