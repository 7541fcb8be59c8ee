/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor's only way to guest memory. LPID 1's map is the identity, S=0. */
#include "hv_internal.h"

/* Host address of guest memory that the hypervisor may touch, or NULL. */
static uint8_t *gm_ptr(struct machine *m, gra_t gra, uint64_t len)
{
    /* The LPAR's memory alone: not the tables above it, and nothing secure. */
    if (gra > m->cfg.ram_size || len > m->cfg.ram_size - gra)
        return NULL;
    if (m->hv && !hv_svm_reach(m->hv, gra, len))
        return NULL;
    return len ? memory_ptr(&m->mem, gra, len) : m->mem.ram;
}

bool gm_read(struct machine *m, gra_t gra, void *buf, uint64_t len)
{
    const uint8_t *p = gm_ptr(m, gra, len);
    if (!p)
        return false;
    memcpy(buf, p, len);
    return true;
}

bool gm_write(struct machine *m, gra_t gra, const void *buf, uint64_t len)
{
    uint8_t *p = gm_ptr(m, gra, len);
    if (!p)
        return false;
    if (!len)
        return true;
    memcpy(p, buf, len);
    memory_written(m, gra, len);
    return true;
}

bool gm_string(struct machine *m, gra_t gra, char *buf, size_t size)
{
    buf[0] = '\0';
    if (gra >= m->cfg.ram_size)
        return false;
    uint64_t room = m->cfg.ram_size - gra;
    size_t want = room < size - 1 ? room : size - 1;
    if (!gm_read(m, gra, buf, want))
        return false;
    buf[want] = '\0';
    return true;
}
