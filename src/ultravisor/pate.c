/* SPDX-License-Identifier: Apache-2.0 */
/* The partition table, in secure memory, and UV_WRITE_PATE. */
#include "uv_internal.h"

#include "pefemu/mmu.h"

#define PATB_BYTES (VM_MAX * 16u)
#define PATB_PATS  4u /* log2(bytes) - 12 */
#define HID_HILE   PPC_BIT(4)

bool pate_init(struct uv *uv)
{
    uv->patb = frames_alloc(&uv->frames, PATB_BYTES / UV_PAGE_SIZE);
    for (unsigned i = 0; uv->patb && i < uv->m->ncpus; i++) {
        uv->m->cpus[i].ptcr = uv->patb | PATB_PATS;
        tlb_flush_all(&uv->m->cpus[i]);
    }
    return uv->patb != 0;
}

static uint8_t *entry(const struct uv *uv, lpid_t lpid, unsigned dw)
{
    return memory_ptr(&uv->m->mem, uv->patb + lpid * 16 + dw * 8, 8);
}

void pate_write(struct uv *uv, lpid_t lpid, unsigned dw, uint64_t value)
{
    put_be64(entry(uv, lpid, dw), value);
}

uint64_t pate_read(const struct uv *uv, lpid_t lpid, unsigned dw)
{
    return get_be64(entry(uv, lpid, dw));
}

void pate_flush(struct uv *uv, lpid_t lpid)
{
    tlb_flush_everywhere(uv->m, lpid, ~0u);
}

/* (lpid, dw0, dw1). Of an SVM the hypervisor may only say where the process table is, and that only
 * as the SVM itself asked for it: dw0 is the ultravisor's, dw1 could point into a shared page. */
int64_t u_write_pate(struct ucall *c)
{
    uint64_t lpid = c->args[0], dw1 = c->args[2];

    if (lpid >= VM_MAX)
        return U_PARAMETER;
    struct svm *svm = svm_find(c->uv, lpid);
    /* Threads of a killed SVM may still be in secure state: no tree of the hypervisor's under them.
     */
    if (svm && svm->state == SVM_DEAD)
        return U_PERMISSION;
    if (svm && svm->state == SVM_SECURE) {
        if (dw1 != svm->proc_table)
            return U_PERMISSION;
    } else {
        pate_write(c->uv, lpid, 0, c->args[1]);
    }
    pate_write(c->uv, lpid, 1, dw1);
    pate_flush(c->uv, lpid);
    c->uv->hv_le = c->cpu->hid & HID_HILE;
    return U_SUCCESS;
}
