/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that is short of memory, or hostile, on request (-M pseries,svm-paging=N,hv-fault=...):
 * pages of the SVM go out at random, and page-ins are refused, forgotten or corrupted. An SVM must
 * come through all of it, slower. Or the RTAS text is not the one that owners of SVMs expect. The
 * choices come from a generator of their own, so a run can be repeated.
 */
#include "hv_internal.h"

#include "pefemu/log.h"
#include "pefemu/splitmix.h"
#include "pefemu/uv.h"

#define TRIES 64u /* random pages looked at for one that is secure */

void hv_pressure_reset(struct hypervisor *hv)
{
    struct hv_pressure *p = &hv->svm.pressure;
    const struct machine_config *cfg = &hv->m->cfg;

    *p = (struct hv_pressure){.state = cfg->svm_paging_seed + 1, .last_ns = machine_now_ns(hv->m)};
}

static void page_one_out(struct hypervisor *hv)
{
    uint64_t pages = hv->m->cfg.ram_size >> UV_PAGE_LOG2;

    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t gfn = splitmix64(&hv->svm.pressure.state) % pages;
        if (hv->svm.gfn[gfn] != GFN_SECURE)
            continue;
        LOG(LOG_PEF, "hv: pages 0x%llx out", (unsigned long long)(gfn << UV_PAGE_LOG2));
        hv_svm_reach(hv, gfn << UV_PAGE_LOG2, 1);
        return;
    }
}

void hv_pressure_poll(struct hypervisor *hv)
{
    struct hv_pressure *p = &hv->svm.pressure;
    uint64_t rate = hv->m->cfg.svm_paging;
    uint64_t now = machine_now_ns(hv->m);

    if (!rate || !hv->svm.done) {
        p->last_ns = now;
        return;
    }
    uint64_t step = 1000000000ULL / rate;
    for (; now - p->last_ns >= step; p->last_ns += step)
        page_one_out(hv);
}

enum hv_misdeed hv_pressure_misdeed(struct hypervisor *hv)
{
    if (hv->m->cfg.hv_fault == HV_FAULT_NONE || !hv->svm.done ||
        splitmix64(&hv->svm.pressure.state) % 4)
        return HV_BEHAVES;
    switch (hv->m->cfg.hv_fault) {
    case HV_FAULT_REFUSE:
        return HV_REFUSES;
    case HV_FAULT_DELAY:
        return HV_FORGETS;
    case HV_FAULT_CORRUPT:
        return HV_CORRUPTS;
    case HV_FAULT_NONE:
    case HV_FAULT_RTAS:
        break;
    }
    return HV_BEHAVES;
}

/* The branch hint of the blr at the end. */
bool hv_pressure_alter_rtas(struct hypervisor *hv, gra_t gra)
{
    uint8_t byte;
    gra_t at = gra + STUB_SIZE - 2;

    if (!gm_read(hv->m, at, &byte, 1))
        return false;
    byte ^= 0x08;
    return gm_write(hv->m, at, &byte, 1);
}
