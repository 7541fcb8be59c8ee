/* SPDX-License-Identifier: Apache-2.0 */
/* -M pseries: a PAPR logical partition under the built-in hypervisor (src/hypervisor). */
#include "pefemu/hypervisor.h"

#include <stdio.h>

static bool pseries_create(struct machine *m)
{
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
}

static bool pseries_reset(struct machine *m)
{
    return hv_reset(m->hv);
}

static void pseries_poll(struct machine *m)
{
    hv_console_poll(m->hv);
}

/* Hypervisor state belongs to the built-in hypervisor. */
static bool pseries_enter(struct cpu *cpu, enum trap trap)
{
    if (cpu->msr & MSR_S)
        return false;
    hv_enter(cpu, trap);
    return true;
}

const struct machine_kind machine_pseries = {
    .name = "pseries",
    .summary = "PAPR logical partition under the built-in hypervisor (default)",
    .properties = "ic-mode=xics|xive|dual  dumpdtb=FILE",
    .ram_min = 256 * MiB,
    .ram_align = 16 * MiB,
    .ram_needed = hv_ram_needed,
    .create = pseries_create,
    .destroy = pseries_destroy,
    .reset = pseries_reset,
    .poll = pseries_poll,
    .enter = pseries_enter,
};
