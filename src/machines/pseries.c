/* SPDX-License-Identifier: Apache-2.0 */
/* -M pseries: a PAPR logical partition under the built-in hypervisor (src/hypervisor). */
#include "pefemu/hypervisor.h"

#include <stdio.h>

#include "pef_boot.h"

static bool pseries_create(struct machine *m)
{
    if (m->cfg.pef && !pef_create(m))
        return false;
    m->hv_entry = hv_enter;
    m->hv = hv_create(m);
    if (!m->hv)
        fprintf(stderr, "pefemu: -m %lluM: the host has not enough memory\n",
                (unsigned long long)(m->cfg.ram_size / MiB));
    return m->hv;
}

static void pseries_destroy(struct machine *m)
{
    hv_destroy(m->hv);
    m->hv = NULL;
    pef_destroy(m);
}

static bool pseries_reset(struct machine *m)
{
    if (m->uv) {
        hv_svm_off(m->hv);
        if (!uv_reset(m->uv))
            return false;
    }
    return hv_reset(m->hv);
}

static void pseries_poll(struct machine *m)
{
    hv_console_poll(m->hv);
}

/*
 * Hypervisor state belongs to the built-in hypervisor, ultravisor state to the ultravisor. Each
 * leaves by registers, perhaps into the other, until the CPU is in guest code again.
 */
static bool pseries_enter(struct cpu *cpu)
{
    struct machine *m = cpu->machine;

    while ((cpu->msr & MSR_HV) && m->stop != STOP_CHECKSTOP) {
        unsigned vector = (unsigned)cpu->nia;
        if (cpu->msr & MSR_S)
            uv_enter(cpu, vector);
        else
            m->hv_entry(cpu, vector);
    }
    return true;
}

static void pseries_snap(struct snap *s, struct machine *m)
{
    hv_snap(s, m->hv);
    if (snap_more(s, m->uv != NULL) && m->uv)
        uv_snap(s, m->uv);
}

/* Address space only, until a guest becomes secure. */
static uint64_t pseries_secure_needed(const struct machine_config *cfg)
{
    if (!cfg->pef)
        return 0;
    return cfg->secure_size ? cfg->secure_size : cfg->ram_size + 256 * MiB;
}

const struct machine_kind machine_pseries = {
    .name = "pseries",
    .summary = "PAPR logical partition under the built-in hypervisor (default)",
    .properties =
        "ic-mode=xics|xive|dual  pef=on|off  secure-mem=SIZE  dumpdtb=FILE  svm-paging=N  "
        "svm-paging-seed=N  hv-fault=none|refuse|delay|corrupt|rtas",
    .ram_min = 256 * MiB,
    .ram_align = 16 * MiB,
    .ram_needed = hv_ram_needed,
    .secure_needed = pseries_secure_needed,
    .create = pseries_create,
    .destroy = pseries_destroy,
    .reset = pseries_reset,
    .poll = pseries_poll,
    .visit = pseries_snap,
    .enter = pseries_enter,
};
