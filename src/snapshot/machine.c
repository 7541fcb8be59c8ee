/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine's state but for memory and TPM: what it is made of, which must be the same where it is
 * loaded; clocks; CPUs; the slice in progress; devices and firmware.
 */
#include "pefemu/machine.h"

#include "cpu/snapshot.h"
#include "pefemu/debug.h"

/* ---- what must fit ---- */

static uint64_t kind_number(const struct machine *m)
{
    uint64_t n = 0;
    for (unsigned i = 0; machine_kinds[i]; i++)
        if (machine_kinds[i] == m->kind)
            n = i;
    return n;
}

static void windows_snap(struct snap *s, struct machine *m)
{
    snap_same(s, m->mem.mmio_count, "device windows:");
    for (unsigned i = 0; i < m->mem.mmio_count; i++) {
        snap_same(s, m->mem.mmio[i].base, "a device window at");
        snap_same(s, m->mem.mmio[i].size, "a device window of bytes:");
    }
}

void machine_fit_snap(struct snap *s, struct machine *m)
{
    const struct machine_config *cfg = &m->cfg;
    snap_begin(s, "fit", 1);
    snap_same(s, kind_number(m), "kind of machine (-M) number");
    snap_same(s, m->mem.ram_size, "bytes of normal memory (-m):");
    snap_same(s, m->mem.secure_size, "bytes of secure memory (-M secure-mem):");
    snap_same(s, m->ncpus, "CPUs (-smp):");
    snap_same(s, cfg->threads, "threads of a core (-smp):");
    snap_same(s, cfg->icount_shift, "clock (-icount shift):");
    snap_same(s, cfg->bare.smf, "start in ultravisor state (-M smf):");
    snap_same(s, m->uv != NULL, "ultravisors (-M pef):");
    snap_same(s, m->tpm != NULL, "TPMs (-tpmstate, svm=on in -append):");
    windows_snap(s, m);
    snap_end(s);
}

/* ---- clocks and counts ---- */

static void clocks_snap(struct snap *s, struct machine *m)
{
    snap_begin(s, "clocks", 1);
    snap(s, &m->now_ns);
    snap(s, &m->insn_total);
    snap(s, &m->stall_total);
    snap(s, &m->slice_insns);
    snap(s, &m->slice_stalls);
    snap(s, &m->rounds);
    snap_limit(s, &m->turn, m->ncpus - 1);
    snap(s, &m->reset_request);
    snap_array(s, m->rng_state);
    snap(s, &m->rtc_offset_ns);
    snap(s, &m->cfg.have_seed);
    snap(s, &m->cfg.rtc_base);
    snap_end(s);
}

/* ---- the slice in progress ---- */

static struct slice_rest rest_of(const struct machine *m)
{
    const struct cpu *cpu = m->current;
    if (!cpu)
        return m->rest;
    return (struct slice_rest){.pending = true,
                               .over = m->debug && debug_at_slice_end(m->debug),
                               .stop_request = cpu->stop_request,
                               .step_only = cpu->step_only,
                               .budget = cpu->budget + cpu->withheld,
                               .end = cpu->slice_end + (uint64_t)cpu->withheld};
}

static void slice_snap(struct snap *s, struct machine *m)
{
    struct slice_rest rest = rest_of(m);
    snap_begin(s, "slice", 1);
    snap(s, &rest.pending);
    snap(s, &rest.over);
    snap(s, &rest.stop_request);
    snap(s, &rest.step_only);
    snap(s, &rest.budget);
    snap(s, &rest.end);
    snap_end(s);
    if (s->loading)
        m->rest = rest;
}

void machine_snap(struct snap *s, struct machine *m)
{
    machine_fit_snap(s, m);
    if (s->failed)
        return;
    clocks_snap(s, m);
    slice_snap(s, m);
    for (unsigned i = 0; i < m->ncpus; i++)
        cpu_snap(s, &m->cpus[i]);
    if (m->outside)
        outside_snap(s, m->outside);
    if (m->kind && m->kind->visit)
        m->kind->visit(s, m);
}

void machine_loaded(struct machine *m)
{
    m->current = NULL;
    m->loads++;
    if (m->engine->code_forget)
        m->engine->code_forget(m);
    for (unsigned i = 0; i < m->ncpus; i++) {
        cpu_loaded(&m->cpus[i]);
        m->cpus[i].debug_stop = m->cpus[i].debug_mid = false;
        m->cpus[i].debug_checked = 0;
    }
}
