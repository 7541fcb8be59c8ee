/* SPDX-License-Identifier: Apache-2.0 */
/* info pgtable of a partition with a hashed page table: the segment, its two groups, the entry. */
#include "pgtable.h"

#include <stdio.h>

#include "mmu/mmu_internal.h"

struct look {
    struct command *c;
    uint64_t pate0, vsid, offset; /* offset: in the segment */
    unsigned b, base_log2;
};

static const char *size_text(unsigned log2)
{
    static const char *const sizes[] = {[12] = "4 KiB",   [16] = "64 KiB", [24] = "16 MiB",
                                        [28] = "256 MiB", [34] = "16 GiB", [40] = "1 TiB"};
    return log2 < ARRAY_SIZE(sizes) && sizes[log2] ? sizes[log2] : "no valid size";
}

/* ---- the segment ---- */

static bool segment_of_slb(struct look *l, const struct cpu *cpu, ea_t ea)
{
    const struct slb_entry *e = slb_find(cpu, ea);
    char text[160];
    if (!e)
        return false;
    l->b = slb_b(e);
    l->vsid = slb_vsid(e);
    l->offset = ea & ((1ULL << segment_log2(l->b)) - 1);
    bool small = cpu->lpcr & LPCR_ISL;
    l->base_log2 = slb_base_log2((e->vsid & SLB_L) && !small, (e->vsid & SLB_LP) >> 4);
    snprintf(text, sizeof(text), "segment of %s at 0x%llx, VSID 0x%llx, base page %s%s%s%s",
             size_text(segment_log2(l->b)), (unsigned long long)(ea - l->offset),
             (unsigned long long)l->vsid, size_text(l->base_log2), e->vsid & SLB_KS ? " Ks" : "",
             e->vsid & SLB_KP ? " Kp" : "", e->vsid & SLB_N ? " no execute" : "");
    pgtable_row(l->c->r, "SLB", (uint64_t)(e - cpu->slb), e->vsid, text);
    return true;
}

/* Real mode of the partition: one segment, which the partition table entry describes. */
static void segment_of_vrma(struct look *l, ra_t pate_at, ea_t ea)
{
    char text[100];
    unsigned ps = l->pate0 >> 5 & 7;
    l->b = SEGMENT_1T;
    l->vsid = VRMA_VSID;
    l->offset = ea & ((1ULL << segment_log2(l->b)) - 1);
    l->base_log2 = slb_base_log2(ps & 4, ps & 3);
    snprintf(text, sizeof(text), "virtual real mode area: VSID 0x%llx, base page %s",
             (unsigned long long)l->vsid, size_text(l->base_log2));
    pgtable_row(l->c->r, "VRMA", pate_at, l->pate0, text);
}

/* ---- the groups ---- */

/* Does the entry name the page that is looked for? By the bits of its address that AVA has. */
static bool matches(const struct look *l, uint64_t dw0, uint64_t dw1, bool secondary,
                    unsigned *size_log2)
{
    unsigned base, low = l->base_log2 > 23 ? l->base_log2 - 23 : 0;
    uint64_t va = l->vsid << (segment_log2(l->b) - 23) | l->offset >> 23;
    uint64_t differs = (dw0 & HPTE0_AVA) >> 7 ^ (va & HPTE0_AVA >> 7);
    return (dw0 & HPTE0_V) && !(dw0 & HPTE0_H) == !secondary && !(differs >> low) &&
           (dw1 & HPTE1_B) >> HPTE1_B_SHIFT == l->b && hpte_page_size(dw0, dw1, &base, size_log2) &&
           base == l->base_log2;
}

static void show_entry(const struct look *l, ra_t at, uint64_t dw0, uint64_t dw1, unsigned size)
{
    char text[160];
    unsigned pp = (unsigned)(dw1 >> 63) << 2 | (dw1 & HPTE1_PP);
    unsigned key = (dw1 >> 60 & 3) << 3 | (dw1 >> 9 & 7);
    snprintf(text, sizeof(text), "slot %llu of the group, %s",
             (unsigned long long)(at / HPTE_SIZE % HPTEG_SLOTS),
             dw0 & HPTE0_H ? "secondary hash" : "primary hash");
    pgtable_row(l->c->r, "HPTE", at, dw0, text);
    snprintf(text, sizeof(text), "page of %s at 0x%llx, pp %u, key %u%s%s%s%s%s", size_text(size),
             (unsigned long long)(dw1 & HPTE1_RPN & ~((1ULL << size) - 1)), pp, key,
             dw1 & HPTE1_N ? " no execute" : "", dw1 & HPTE1_G ? " guarded" : "",
             dw1 & HPTE1_I ? " cache-inhibited" : "", dw1 & HPTE1_R ? " R" : "",
             dw1 & HPTE1_C ? " C" : "");
    pgtable_row(l->c->r, "", at + 8, dw1, text);
}

/* @ra: what the offset becomes. */
static bool search_group(const struct look *l, bool secondary, ra_t *ra)
{
    uint64_t groups = 1ULL << (HPT_MIN_LOG2 - 7 + (l->pate0 & HPT_SIZE));
    uint64_t hash = hpte_hash(l->b, l->vsid, l->offset, l->base_log2);
    uint64_t group = (secondary ? ~hash : hash) & (groups - 1);
    ra_t at = (l->pate0 & HPT_BASE) + group * HPTEG_SLOTS * HPTE_SIZE;
    const uint8_t *p = memory_ptr(&l->c->m->mem, at, HPTEG_SLOTS * HPTE_SIZE);
    unsigned valid = 0, size = 0;
    char text[80];
    for (unsigned i = 0; p && i < HPTEG_SLOTS; i++)
        valid += get_be64(p + i * HPTE_SIZE) & HPTE0_V;
    snprintf(text, sizeof(text), "group 0x%llx of 0x%llx, %u of %u entries valid",
             (unsigned long long)group, (unsigned long long)groups, valid, HPTEG_SLOTS);
    pgtable_row(l->c->r, secondary ? "secondary PTEG" : "primary PTEG", at, p ? get_be64(p) : 0,
                p ? text : "no memory there");
    for (unsigned i = 0; p && i < HPTEG_SLOTS; i++) {
        uint64_t dw0 = get_be64(p + i * HPTE_SIZE), dw1 = get_be64(p + i * HPTE_SIZE + 8);
        if (!matches(l, dw0, dw1, secondary, &size))
            continue;
        show_entry(l, at + i * HPTE_SIZE, dw0, dw1, size);
        uint64_t low = (1ULL << size) - 1;
        *ra = ((dw1 & HPTE1_RPN) & ~low) | (l->offset & low);
        return true;
    }
    return false;
}

void pgtable_hash(struct command *c, struct cpu *cpu, ra_t pate_at, uint64_t pate0, ea_t ea)
{
    struct look l = {.c = c, .pate0 = pate0};
    struct xlate x;
    ra_t ra;
    if (!(cpu->msr & MSR_DR)) {
        segment_of_vrma(&l, pate_at, ea);
    } else if (!segment_of_slb(&l, cpu, ea)) {
        report_say(c->r, "0x%llx has no segment: no entry of the SLB is for it",
                   (unsigned long long)ea);
        return;
    }
    if (!l.base_log2 || !(search_group(&l, false, &ra) ||
                          (!(cpu->lpcr & LPCR_TC) && search_group(&l, true, &ra)))) {
        report_say(c->r, "0x%llx has no entry in the hashed page table", (unsigned long long)ea);
        return;
    }
    pgtable_found(c->r, ea, ra);
    if (!mmu_probe(cpu, ea, ACCESS_LOAD, &x))
        report_say(c->r, "but a load is refused");
}
