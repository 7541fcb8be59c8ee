/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hashed page table of a hash guest: hypervisor RAM that the guest changes by hypercalls only.
 * PAPR, "Page Frame Table Access"; pseries.md 4.7.
 *
 * Guests pass and read entries in the form from before ISA 3.0, which has B at 0:1 of doubleword 0;
 * the table has it in doubleword 1.
 */
#include "hv_internal.h"

#include "pefemu/mmu.h"
#include "pefemu/threads.h"

#define OLD0_B_SHIFT 62
#define OLD0_KEEP    (HPTE0_AVA | PPC_BITS(59, 60) | HPTE0_L | HPTE0_H)
#define HPTE0_BOLTED PPC_BIT(59) /* software's: Linux and the VRMA mark what stays */
#define HPTE1_KEEP                                                                                 \
    (HPTE1_PP0 | HPTE1_KEY_HI | HPTE1_RPN | HPTE1_KEY_LO | HPTE1_R | HPTE1_C | HPTE1_W | HPTE1_I | \
     HPTE1_M | HPTE1_G | HPTE1_N | HPTE1_PP)

#define H_EXACT     PPC_BIT(24)
#define H_READ_4    PPC_BIT(26)
#define H_AVPN      PPC_BIT(32)
#define H_ANDCOND   PPC_BIT(33)
#define H_ZERO_PAGE PPC_BIT(48)
#define AVPN_MASK   (~0x7fULL)

struct pte {
    uint64_t dw0, dw1;
};

/* ---- the table ---- */

static uint64_t hpt_slots(const struct hypervisor *hv)
{
    return (1ULL << hv->hpt.size_log2) / HPTE_SIZE;
}

static uint8_t *slot_ptr(struct hypervisor *hv, uint64_t slot)
{
    return memory_ptr(&hv->m->mem, hv->hpt.base + slot * HPTE_SIZE, HPTE_SIZE);
}

static struct pte slot_read(struct hypervisor *hv, uint64_t slot)
{
    const uint8_t *p = slot_ptr(hv, slot);
    return (struct pte){get_be64(p), get_be64(p + 8)};
}

static void slot_write(struct hypervisor *hv, uint64_t slot, struct pte e)
{
    uint8_t *p = slot_ptr(hv, slot);
    put_be64(p + 8, e.dw1);
    __atomic_store_n((uint64_t *)(void *)p, be64(e.dw0), __ATOMIC_RELEASE); /* V: others look */
}

/* As guests see it. */
static struct pte to_old(struct pte e)
{
    uint64_t b = (e.dw1 & HPTE1_B) >> HPTE1_B_SHIFT;
    return (struct pte){e.dw0 | b << OLD0_B_SHIFT, e.dw1 & ~HPTE1_B};
}

static struct pte from_old(uint64_t dw0, uint64_t dw1)
{
    return (struct pte){(dw0 & OLD0_KEEP) | HPTE0_V,
                        (dw1 & HPTE1_KEEP) | dw0 >> OLD0_B_SHIFT << HPTE1_B_SHIFT};
}

static void slot_flush(struct hypervisor *hv, uint64_t slot, struct pte e)
{
    tlb_flush_hpte(hv->m, HV_LPID, slot, e.dw0, e.dw1);
}

/* Invalidates the entry and what was cached of it; returns it with its last R and C. */
static struct pte slot_remove(struct hypervisor *hv, uint64_t slot)
{
    machine_stop_others(hv->m); /* they set R and C */
    struct pte e = slot_read(hv, slot);
    slot_write(hv, slot, (struct pte){0, 0});
    slot_flush(hv, slot, e);
    machine_let_go(hv->m);
    return e;
}

/* Changes doubleword 1 of a valid entry; returns what it was. */
static uint64_t slot_change(struct hypervisor *hv, uint64_t slot, uint64_t clear, uint64_t set)
{
    machine_stop_others(hv->m);
    struct pte e = slot_read(hv, slot);
    uint64_t was = e.dw1;
    e.dw1 = (e.dw1 & ~clear) | set;
    slot_write(hv, slot, e);
    slot_flush(hv, slot, e);
    machine_let_go(hv->m);
    return was;
}

/* ---- the virtual real mode area ---- */

static unsigned vrma_page_log2(const struct hypervisor *hv)
{
    return pagetable_has_16m(&hv->m->cfg) ? 24 : 16;
}

static void vrma_enter(struct hypervisor *hv, gra_t gra, unsigned page_log2)
{
    uint64_t groups = hpt_slots(hv) / HPTEG_SLOTS;
    uint64_t hash = hpte_hash(SEGMENT_1T, VRMA_VSID, gra, page_log2);
    uint64_t ava = (VRMA_VSID << 17 | gra >> 23) << 7;
    uint64_t lp = page_log2 == 16 ? 1 << 12 : 0;
    /* Consecutive pages are in different groups; the last slot leaves the guest the first ones. */
    uint64_t slot = (hash & (groups - 1)) * HPTEG_SLOTS + HPTEG_SLOTS - 1;
    slot_write(hv, slot,
               (struct pte){(ava & HPTE0_AVA) | HPTE0_BOLTED | HPTE0_L | HPTE0_V,
                            (uint64_t)SEGMENT_1T << HPTE1_B_SHIFT | gra | lp | HPTE1_R | HPTE1_C |
                                HPTE1_M | 2});
}

void hpt_reset(struct hypervisor *hv)
{
    unsigned log2 = vrma_page_log2(hv);
    uint64_t size = 1ULL << hv->hpt.size_log2;
    uint64_t end = hv->m->cfg.ram_size & ~((1ULL << log2) - 1);

    memset(memory_ptr(&hv->m->mem, hv->hpt.base, size), 0, size);
    for (gra_t gra = 0; gra < end && gra < 1ULL << 40; gra += 1ULL << log2)
        vrma_enter(hv, gra, log2);
}

uint64_t hpt_pate0(const struct hypervisor *hv)
{
    return hv->hpt.base | (vrma_page_log2(hv) == 24 ? HPT_PS_16M : HPT_PS_64K) |
           (hv->hpt.size_log2 - HPT_MIN_LOG2);
}

/* ---- H_ENTER ---- */

static bool in_range(gra_t gra, uint64_t size, gra_t base, uint64_t length)
{
    return gra >= base && size <= length && gra - base <= length - size;
}

/* The partition's own memory, cacheable, or its devices' windows, caching inhibited. */
static bool may_map(const struct hypervisor *hv, gra_t gra, uint64_t size, uint64_t dw1)
{
    uint64_t wim = dw1 & (HPTE1_W | HPTE1_I | HPTE1_M);
    if (in_range(gra, size, 0, hv->m->cfg.ram_size & ~0xffffULL))
        return wim == HPTE1_M || wim == (HPTE1_W | HPTE1_I | HPTE1_M);
    return wim == HPTE1_I && (in_range(gra, size, XIVE_TIMA_OS, 2 * XIVE_PAGE) ||
                              in_range(gra, size, XIVE_ESB_BASE, XIVE_ESB_SIZE));
}

/* Slot for a new entry: the one at @index, or a free one of its group; false: none. */
static bool free_slot(struct hypervisor *hv, uint64_t index, bool exact, uint64_t *slot)
{
    uint64_t first = exact ? index : index & ~(uint64_t)(HPTEG_SLOTS - 1);
    uint64_t n = exact ? 1 : HPTEG_SLOTS;
    for (*slot = first; *slot < first + n; ++*slot)
        if (!(slot_read(hv, *slot).dw0 & HPTE0_V))
            return true;
    return false;
}

static bool zero_page(struct hypervisor *hv, gra_t gra, uint64_t size)
{
    static const uint8_t zeroes[4096];
    bool ok = true;
    for (uint64_t done = 0; ok && done < size; done += sizeof(zeroes))
        ok = gm_write(hv->m, gra + done, zeroes, sizeof(zeroes));
    return ok;
}

int64_t h_enter(struct hcall *c)
{
    uint64_t flags = c->args[0], index = c->args[1];
    struct pte e = from_old(c->args[2], c->args[3]);
    unsigned base_log2, size_log2;

    if (!c->hv->hpt.active)
        return H_FUNCTION;
    if (index >= hpt_slots(c->hv) || !hpte_page_size(e.dw0, e.dw1, &base_log2, &size_log2))
        return H_PARAMETER;
    uint64_t size = 1ULL << size_log2;
    gra_t gra = e.dw1 & HPTE1_RPN & ~(size - 1);
    if (!may_map(c->hv, gra, size, e.dw1))
        return H_PARAMETER;
    if (!free_slot(c->hv, index, flags & H_EXACT, &c->ret[0]))
        return H_PTEG_FULL;
    if (flags & H_ZERO_PAGE && !zero_page(c->hv, gra, size))
        return H_PARAMETER;
    slot_write(c->hv, c->ret[0], e);
    return H_SUCCESS;
}

/* ---- the others ---- */

/* May the entry be changed under the conditions that the guest names? */
static int64_t check_entry(struct hypervisor *hv, uint64_t flags, uint64_t slot, uint64_t avpn)
{
    if (!hv->hpt.active)
        return H_FUNCTION;
    if (slot >= hpt_slots(hv))
        return H_PARAMETER;
    uint64_t dw0 = to_old(slot_read(hv, slot)).dw0;
    if (!(dw0 & HPTE0_V) || ((flags & H_AVPN) && (dw0 & AVPN_MASK) != avpn) ||
        ((flags & H_ANDCOND) && (dw0 & avpn)))
        return H_NOT_FOUND;
    return H_SUCCESS;
}

int64_t h_remove(struct hcall *c)
{
    int64_t rc = check_entry(c->hv, c->args[0], c->args[1], c->args[2]);
    if (rc)
        return rc;
    struct pte e = to_old(slot_remove(c->hv, c->args[1]));
    c->ret[0] = e.dw0;
    c->ret[1] = e.dw1;
    return H_SUCCESS;
}

/*
 * Up to four pairs of a control word and an AVPN or mask:
 *   0:1 type: 1 request, 2 response, 3 end   2:3 code of the response   4:5 its R and C
 *   6:7 condition: 0 none, 1 ANDCOND, 2 AVPN   8:63 slot
 */
#define BULK_REQUESTS 4
#define BULK_SLOT     PPC_BITS(8, 63)
enum { BULK_REQUEST = 1, BULK_RESPONSE = 2, BULK_END = 3 };
enum { BULK_SUCCESS, BULK_NOT_FOUND, BULK_PARAMETER };

static uint64_t bulk_response(uint64_t control, unsigned code, uint64_t dw1)
{
    return (uint64_t)BULK_RESPONSE << 62 | (uint64_t)code << 60 |
           (dw1 & (HPTE1_R | HPTE1_C)) << 51 | (control & (BULK_SLOT | PPC_BITS(6, 7)));
}

static int64_t bulk_one(struct hypervisor *hv, uint64_t *control, uint64_t avpn)
{
    unsigned condition = *control >> 56 & 3;
    uint64_t slot = *control & BULK_SLOT;
    uint64_t flags = (condition & 2 ? H_AVPN : 0) | (condition & 1 ? H_ANDCOND : 0);
    int64_t rc = condition == 3 ? H_PARAMETER : check_entry(hv, flags, slot, avpn);
    if (rc == H_PARAMETER)
        *control = bulk_response(*control, BULK_PARAMETER, 0);
    else if (rc)
        *control = bulk_response(*control, BULK_NOT_FOUND, 0);
    else
        *control = bulk_response(*control, BULK_SUCCESS, slot_remove(hv, slot).dw1);
    return rc == H_PARAMETER ? rc : H_SUCCESS;
}

int64_t h_bulk_remove(struct hcall *c)
{
    int64_t rc = H_SUCCESS;
    if (!c->hv->hpt.active)
        return H_FUNCTION;
    memcpy(c->ret, c->args, sizeof(c->ret));
    for (unsigned i = 0; !rc && i < BULK_REQUESTS; i++) {
        uint64_t *control = &c->ret[2 * i];
        if (*control >> 62 == BULK_END)
            break;
        if (*control >> 62 != BULK_REQUEST)
            return H_PARAMETER;
        rc = bulk_one(c->hv, control, c->args[2 * i + 1]);
    }
    return rc;
}

int64_t h_read(struct hcall *c)
{
    uint64_t slot = c->args[1];
    unsigned n = 1;
    if (!c->hv->hpt.active)
        return H_FUNCTION;
    if (slot >= hpt_slots(c->hv))
        return H_PARAMETER;
    if (c->args[0] & H_READ_4) {
        slot &= ~3ULL;
        n = 4;
    }
    memcpy(c->ret, c->args, sizeof(c->ret)); /* registers without a result stay */
    for (unsigned i = 0; i < n; i++) {
        struct pte e = to_old(slot_read(c->hv, slot + i));
        c->ret[2 * i] = e.dw0;
        c->ret[2 * i + 1] = e.dw1;
    }
    return H_SUCCESS;
}

/* flags: pp0 in bit 55, the high key bits 48 places down, all else where doubleword 1 has it. */
int64_t h_protect(struct hcall *c)
{
    const uint64_t low = HPTE1_KEY_LO | HPTE1_N | HPTE1_PP;
    uint64_t flags = c->args[0], slot = c->args[1];
    int64_t rc = check_entry(c->hv, flags & ~H_ANDCOND, slot, c->args[2]);
    if (rc)
        return rc;
    slot_change(c->hv, slot, low | HPTE1_PP0 | HPTE1_KEY_HI,
                (flags & low) | (flags << 55 & HPTE1_PP0) | (flags << 48 & HPTE1_KEY_HI));
    return H_SUCCESS;
}

static int64_t clear_bit(struct hcall *c, uint64_t bit)
{
    int64_t rc = check_entry(c->hv, 0, c->args[1], 0);
    if (rc)
        return rc;
    c->ret[0] = slot_change(c->hv, c->args[1], bit, 0);
    return H_SUCCESS;
}

int64_t h_clear_mod(struct hcall *c)
{
    return clear_bit(c, HPTE1_C);
}

int64_t h_clear_ref(struct hcall *c)
{
    return clear_bit(c, HPTE1_R);
}
