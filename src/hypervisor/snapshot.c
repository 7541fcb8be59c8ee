/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in hypervisor in a snapshot, with its devices. */
#include "hv_internal.h"

#include <stdlib.h>

#include <libfdt.h>

#define TREE_BYTES_MAX (16 * MiB)

static void range_snap(struct snap *s, struct of_range *r)
{
    snap(s, &r->base);
    snap(s, &r->size);
}

static void of_snap(struct snap *s, struct of_client *of)
{
    snap_array(s, of->instance);
    for (unsigned i = 0; i < OF_MAX_CLAIMS; i++)
        range_snap(s, &of->claim[i]);
    snap_limit(s, &of->nclaims, OF_MAX_CLAIMS);
    snap(s, &of->quiesced);
}

/* The live tree with the room that it has to grow. */
static void tree_snap(struct snap *s, struct hypervisor *hv)
{
    size_t len = hv->fdt ? (size_t)hv->fdt_size : 0;
    uint8_t *fdt = hv->fdt;
    hv->fdt = NULL;
    snap_buffer(s, &fdt, &len, TREE_BYTES_MAX);
    hv->fdt = fdt;
    hv->fdt_size = (int)len;
    if (s->loading && !s->failed &&
        (!fdt || len < FDT_V17_SIZE || fdt_totalsize(fdt) > len ||
         fdt_check_full(fdt, fdt_totalsize(fdt))))
        snap_fail(s, "the device tree is damaged");
}

static void images_snap(struct snap *s, struct hypervisor *hv)
{
    range_snap(s, &hv->kernel);
    range_snap(s, &hv->initrd);
    snap(s, &hv->has_kernel);
    snap(s, &hv->kernel_entry);
    snap(s, &hv->kernel_msr);
    snap(s, &hv->rtas_base);
}

/* The HPT's place follows from the machine's memory. */
static void tables_snap(struct snap *s, struct hypervisor *hv)
{
    snap(s, &hv->tree_next);
    snap(s, &hv->tree_end);
    snap(s, &hv->radix_pate0);
    snap_array(s, hv->pate);
    snap_same(s, hv->hpt.base, "a hashed page table at");
    snap_same(s, hv->hpt.size_log2, "a hashed page table of log2 bytes");
    snap(s, &hv->hpt.active);
}

static void svm_snap(struct snap *s, struct hypervisor *hv)
{
    uint64_t pages = hv->m->cfg.ram_size >> 16;
    snap(s, &hv->svm.pressure.state);
    snap(s, &hv->svm.pressure.last_ns);
    snap(s, &hv->svm.started);
    snap(s, &hv->svm.done);
    snap(s, &hv->svm.tokens);
    if (snap_more(s, hv->svm.gfn != NULL) && hv->svm.gfn)
        snap_bytes(s, hv->svm.gfn, pages);
}

void hv_snap(struct snap *s, struct hypervisor *hv)
{
    snap_begin(s, "hypervisor", 2);
    snap(s, &hv->lpcr);
    snap(s, &hv->xive_mode);
    for (unsigned i = 0; i < MACHINE_MAX_CPUS; i++) {
        snap(s, &hv->vcpu[i].vpa);
        snap(s, &hv->vcpu[i].slb_shadow);
        snap(s, &hv->vcpu[i].dtl);
    }
    xics_snap(s, hv->xics);
    xive_snap(s, hv->xive);
    vty_snap(s, &hv->vty);
    nvram_snap(s, &hv->nvram);
    snap(s, &hv->epow.wanted);
    snap(s, &hv->epow.pending);
    tree_snap(s, hv);
    of_snap(s, &hv->of);
    images_snap(s, hv);
    tables_snap(s, hv);
    svm_snap(s, hv);
    snap_array(s, hv->hcalls);
    snap_end(s);
}
