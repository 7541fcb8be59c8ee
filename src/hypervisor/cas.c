/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ibm,client-architecture-support: the guest names the processors and options it can live with, the
 * hypervisor settles the rest by changing the device tree (pseries.md 3).
 *
 *   { u32 mask, u32 value } ... until a value has bits outside its mask
 *   u8 number of vectors - 1
 *   per vector: u8 number of bytes - 1, then bytes 1, 2, ...
 */
#include "hv_internal.h"

#include "pefemu/log.h"

#define MAX_PVRS 512 /* a longer list has no end */

#define VECTOR5     5u
#define V5_INTC     23u
#define V5_MMU      24u
#define CHOICE_MASK 0xc0u
#define CHOICE_0    0x00u /* XICS; hash */
#define CHOICE_1    0x40u /* XIVE; radix */

struct reader {
    struct machine *m;
    gra_t at;
    bool failed;
};

static uint32_t read_be(struct reader *r, unsigned size)
{
    uint8_t bytes[4] = {0};
    if (!gm_read(r->m, r->at, bytes + 4 - size, size))
        r->failed = true;
    r->at += size;
    return get_be32(bytes);
}

/* Does the list allow the architected POWER9, by its logical number? */
static bool read_pvr_list(struct reader *r, uint32_t real_pvr, bool *explicit_match)
{
    bool logical = false;
    for (unsigned i = 0; i < MAX_PVRS && !r->failed; i++) {
        uint32_t mask = read_be(r, 4), value = read_be(r, 4);
        if ((real_pvr & mask) == value)
            *explicit_match = true;
        if (value == PVR_ARCHITECTED_P9 && mask == 0xffffffff)
            logical = true;
        if (value & ~mask)
            return logical;
    }
    r->failed = true;
    return false;
}

/* Byte @n of the vector that begins at @v.at, 0 when the vector is shorter. */
static uint8_t vector_byte(const struct reader *v, unsigned length, unsigned n)
{
    struct reader at = {v->m, v->at + n - 1, false};
    return n <= length ? read_be(&at, 1) : 0;
}

/* Leaves the reader at byte 1 of vector @number (counted from 1); 0: there is none. */
static unsigned find_vector(struct reader *r, unsigned number)
{
    unsigned count = read_be(r, 1) + 1;
    for (unsigned i = 1; i <= count && !r->failed; i++) {
        unsigned length = read_be(r, 1) + 1;
        if (i == number)
            return length;
        r->at += length;
    }
    return 0;
}

static bool choose_hash(const struct machine_config *cfg, uint8_t wish)
{
    if (!cfg->hash_allowed || !cfg->radix_allowed)
        return cfg->hash_allowed;
    return (wish & CHOICE_MASK) == CHOICE_0;
}

static bool choose_xive(const struct machine_config *cfg, uint8_t wish)
{
    if (!cfg->xics_allowed || !cfg->xive_allowed)
        return cfg->xive_allowed;
    return (wish & CHOICE_MASK) != CHOICE_0;
}

bool cas_negotiate(struct hypervisor *hv, gra_t vectors)
{
    struct reader r = {hv->m, vectors, false};
    bool real = false;
    bool logical = read_pvr_list(&r, hv->m->cpus[0].pvr, &real);
    unsigned length = r.failed ? 0 : find_vector(&r, VECTOR5);
    if (r.failed) {
        LOG(LOG_GUEST_ERRORS, "cas: vectors at 0x%llx make no sense", (unsigned long long)vectors);
        return false;
    }
    uint8_t intc = vector_byte(&r, length, V5_INTC);
    uint8_t mmu = vector_byte(&r, length, V5_MMU);
    bool xive = choose_xive(&hv->m->cfg, intc);
    bool hash = choose_hash(&hv->m->cfg, mmu);
    uint32_t version = logical || !real ? PVR_ARCHITECTED_P9 : hv->m->cpus[0].pvr;
    LOG(LOG_OF, "cas: %s, %s, cpu-version 0x%08x", xive ? "XIVE" : "XICS", hash ? "hash" : "radix",
        version);
    return fdt_apply_cas(hv, xive, hash, version);
}
