/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor's life, its entry from the CPU, and the state of LPID 1's threads. */
#include "hv_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include <libfdt.h>

#include "pefemu/loader.h"
#include "pefemu/log.h"
#include "pefemu/mmu.h"
#include "pefemu/threads.h"

/* LPCR of a thread of LPID 1: large decrementer, wake-up causes, external interrupts to the guest,
 * radix as the partition table says. AIL and ILE come by H_SET_MODE. */
#define LPCR_START (LPCR_LD | LPCR_PECEL | LPCR_LPES | LPCR_UPRT | LPCR_HR | LPCR_GTSE)

/* All facilities but transactional memory (bit 58). */
#define HFSCR_START (0x159fULL)

/* SRR1 and HSRR1 carry causes in bits that are none of MSR's. */
#define SRR1_CAUSES (PPC_BITS(33, 36) | PPC_BITS(42, 47))
#define SRR1_LEV    PPC_BITS(42, 43)
#define AIL_BASE    0xc000000000004000ULL

#define PAGE_64K(x) (((x) + 0xffffULL) & ~0xffffULL)

/* ---- threads ---- */

struct cpu *hv_cpu(struct hypervisor *hv, uint64_t server)
{
    return server < hv->m->ncpus ? &hv->m->cpus[server] : NULL;
}

static void hv_cpu_setup(struct hypervisor *hv, struct cpu *cpu)
{
    uint64_t smfctrl = cpu->smfctrl, urmor = cpu->urmor, ptcr = cpu->ptcr;

    cpu_reset(cpu);
    /* The ultravisor's registers are none of the hypervisor's business. */
    cpu->smfctrl = smfctrl;
    cpu->urmor = urmor;
    cpu->ptcr = hv->m->uv ? ptcr : pagetable_ptcr(hv);
    cpu->server = cpu->index;
    cpu->pir = cpu->index;
    cpu->lpcr = hv->lpcr;
    cpu->lpid = HV_LPID;
    cpu->hfscr = HFSCR_START;
    cpu->amor = ~0ULL;
    cpu->run_state = CPU_STOPPED;
}

static void start(struct hypervisor *hv, struct cpu *cpu, gra_t nia, uint64_t r3, uint64_t msr)
{
    hv_cpu_setup(hv, cpu);
    cpu->gpr[3] = r3;
    tlb_flush_all(cpu);
    cpu->run_state = CPU_RUNNING;
    if (hv->svm.started) { /* the ultravisor knows where: R3 names the SVM's request */
        hv_uv_return(cpu, nia, msr, msr);
        machine_enter_firmware(cpu);
        cpu->cia = cpu->nia;
        return;
    }
    uint64_t before = cpu->msr;
    cpu->cia = cpu->nia = nia;
    cpu_set_msr(cpu, msr);
    cpu_state_event(cpu, before);
}

/* The others are stopped so that a thread which has just stopped itself is out of its engine. */
void hv_cpu_start(struct hypervisor *hv, struct cpu *cpu, gra_t nia, uint64_t r3, uint64_t msr)
{
    machine_stop_others(hv->m);
    start(hv, cpu, nia, r3, msr);
    machine_wake(cpu);
    machine_let_go(hv->m);
}

void hv_cpu_stop(struct cpu *cpu)
{
    cpu->run_state = CPU_STOPPED;
    cpu->prodded = false;
    cpu_kick(cpu);
}

void hv_set_lpcr(struct hypervisor *hv, uint64_t mask, uint64_t value)
{
    hv->lpcr = (hv->lpcr & ~mask) | (value & mask);
    machine_stop_others(hv->m);
    for (unsigned i = 0; i < hv->m->ncpus; i++) {
        struct cpu *cpu = &hv->m->cpus[i];
        cpu->lpcr = (cpu->lpcr & ~mask) | (value & mask);
        tlb_switch(cpu);
    }
    machine_let_go(hv->m);
}

void hv_set_mmu_mode(struct hypervisor *hv, bool hash)
{
    uint64_t radix_bits = LPCR_UPRT | LPCR_HR | LPCR_GTSE;
    if (hash == hv->hpt.active)
        return;
    hv->hpt.active = hash;
    if (hash)
        hpt_reset(hv);
    pagetable_set_process_table(hv, 0);
    pagetable_set_root(hv, hash ? hpt_pate0(hv) : hv->radix_pate0);
    hv_set_lpcr(hv, radix_bits, hash ? 0 : radix_bits);
}

/* ---- entry ---- */

/* Does the thread belong to an SVM, or to a VM on its way there? Only the ultravisor can resume it.
 */
static bool is_svm(const struct cpu *cpu, uint64_t image)
{
    return cpu->machine->hv->svm.started && (image & MSR_S);
}

/* Back to the guest as hrfid would: @msr is an SRR1 or HSRR1 image. */
static void hv_return(struct cpu *cpu, ea_t nia, uint64_t msr)
{
    if (is_svm(cpu, msr)) {
        hv_uv_return(cpu, nia, msr, msr);
        return;
    }
    uint64_t before = cpu->msr;
    cpu->nia = nia;
    cpu_set_msr(cpu, msr & ~(SRR1_CAUSES | MSR_HV));
    cpu_state_event(cpu, before);
    event(cpu->machine->events, EVENT_RETURN, cpu, "hrfid", cpu->nia, cpu->msr);
}

/* Gives the guest the interrupt @vector, as if it had been taken at @srr0 with MSR @image. */
static void hv_inject(struct cpu *cpu, unsigned vector, ea_t srr0, uint64_t image, uint64_t cause)
{
    if (is_svm(cpu, image)) { /* the ultravisor does it; @vector in the place of the cookie */
        hv_uv_return(cpu, vector, cpu->lpcr & LPCR_ILE ? MSR_LE : 0, cause);
        return;
    }
    uint64_t before = cpu->msr, msr = MSR_SF | (image & (MSR_ME | MSR_S));
    bool relocated = vector != 0x100 && vector != 0x200 &&
                     (image & (MSR_IR | MSR_DR)) == (MSR_IR | MSR_DR) &&
                     (cpu->lpcr & LPCR_AIL) == LPCR_AIL_3;
    if (cpu->lpcr & LPCR_ILE)
        msr |= MSR_LE;
    if (relocated)
        msr |= MSR_IR | MSR_DR;
    cpu->srr0 = srr0;
    cpu->srr1 = (image & ~(SRR1_CAUSES | MSR_HV)) | cause;
    cpu->nia = (relocated ? AIL_BASE : 0) + vector;
    cpu_set_msr(cpu, msr);
    cpu_state_event(cpu, before);
}

/*
 * The guest addressed something that LPID 1 does not have. DSISR[BADACCESS] tells the kernel that
 * its own translation is not to blame: it kills the process, or itself, and does not try again.
 */
static void hv_bad_data_access(struct cpu *cpu)
{
    LOG(LOG_GUEST_ERRORS, "hv: %s at 0x%llx of ea 0x%llx, guest real 0x%llx: nothing there",
        cpu->hdsisr & DSISR_ISSTORE ? "store" : "load", (unsigned long long)cpu->hsrr0,
        (unsigned long long)cpu->hdar, (unsigned long long)cpu->asdr);
    cpu->dar = cpu->hdar;
    cpu->dsisr = (cpu->hdsisr & DSISR_ISSTORE) | DSISR_BADACCESS;
    hv_inject(cpu, 0x300, cpu->hsrr0, cpu->hsrr1, 0);
}

static void hv_bad_fetch(struct cpu *cpu)
{
    LOG(LOG_GUEST_ERRORS, "hv: instruction fetch at 0x%llx, guest real 0x%llx: nothing there",
        (unsigned long long)cpu->hsrr0, (unsigned long long)cpu->asdr);
    hv_inject(cpu, 0x400, cpu->hsrr0, cpu->hsrr1, DSISR_NOEXEC_G);
}

static void hv_system_call(struct cpu *cpu)
{
    if (!(cpu->srr1 & SRR1_LEV)) { /* cannot be: a plain sc does not set HV */
        hv_inject(cpu, 0xc00, cpu->srr0, cpu->srr1, 0);
        return;
    }
    /* The CPU is at its next instruction before the call runs: a handler may start, stop or put it
     * to sleep, and may change the MSR image in SRR1 (H_CEDE). */
    cpu->nia = cpu->srr0;
    hcall_dispatch(cpu->machine->hv, cpu);
    hv_return(cpu, cpu->srr0, cpu->srr1);
}

/* A page of an SVM is shared but not mapped: map it. Everything else as for any guest. */
static void hv_data_fault(struct cpu *cpu)
{
    if (is_svm(cpu, cpu->hsrr1) && hv_svm_fault(cpu->machine->hv, cpu->asdr))
        hv_return(cpu, cpu->hsrr0, cpu->hsrr1);
    else
        hv_bad_data_access(cpu);
}

void hv_enter(struct cpu *cpu, unsigned vector)
{
    switch (vector) {
    case 0xc00:
        hv_system_call(cpu);
        break;
    case 0xe00:
        hv_data_fault(cpu);
        break;
    case 0xe20:
        hv_bad_fetch(cpu);
        break;
    case 0xe40:
    case 0xf80:
        LOG(LOG_UNIMP, "hv: instruction 0x%08x at 0x%llx given back as illegal",
            (unsigned)cpu->heir, (unsigned long long)cpu->hsrr0);
        hv_inject(cpu, 0x700, cpu->hsrr0, cpu->hsrr1, SRR1_ILLEGAL);
        break;
    case 0x100: /* H_SIGNAL_SYS_RESET: the guest's own vector */
        cpu_lower(cpu, IRQ_RESET);
        hv_inject(cpu, 0x100, cpu->srr0, cpu->srr1, 0);
        break;
    case 0x200:
        LOG(LOG_GUEST_ERRORS, "hv: machine check at 0x%llx, dar 0x%llx",
            (unsigned long long)cpu->srr0, (unsigned long long)cpu->dar);
        hv_inject(cpu, 0x200, cpu->srr0, cpu->srr1, cpu->srr1 & SRR1_CAUSES);
        break;
    default: /* nothing here uses these: HDEC, HVI, HMI, hypervisor doorbells */
        LOG(LOG_UNIMP, "hv: unexpected interrupt 0x%x", vector);
        hv_return(cpu, cpu->hsrr0, cpu->hsrr1);
        break;
    }
}

ra_t hv_kernel_base(const struct hypervisor *hv)
{
    return hv->kernel.base;
}

/* ---- devices ---- */

void hv_pulse(struct hypervisor *hv, uint32_t irq)
{
    if (hv->xive_mode)
        xive_pulse(hv->xive, irq);
    else
        xics_pulse(hv->xics, irq);
}

static void vty_interrupt(void *opaque)
{
    hv_pulse(opaque, IRQ_VTY);
}

void hv_console_poll(struct hypervisor *hv)
{
    vty_poll(&hv->vty);
    epow_poll(hv);
    hv_pressure_poll(hv);
}

void hv_set_interrupt_mode(struct hypervisor *hv, bool xive)
{
    hv->xive_mode = xive;
    xics_reset(hv->xics);
    xive_reset(hv->xive);
    xive_enable(hv->xive, xive);
}

static void claim_interrupts(struct hypervisor *hv)
{
    static const uint32_t irqs[] = {IRQ_EPOW, IRQ_VTY, IRQ_NVRAM};
    for (unsigned i = 0; i < ARRAY_SIZE(irqs); i++) {
        xics_claim(hv->xics, irqs[i], false);
        xive_claim(hv->xive, irqs[i], false);
    }
    for (unsigned i = 0; i < hv->m->ncpus; i++)
        xive_claim(hv->xive, i, false);
}

struct hypervisor *hv_create(struct machine *m)
{
    struct hypervisor *hv = calloc(1, sizeof(*hv));
    if (!hv)
        return NULL;
    hv->m = m;
    hv->xics = xics_create(m);
    hv->xive = xive_create(m);
    if (!hv->xics || !hv->xive) {
        hv_destroy(hv);
        return NULL;
    }
    claim_interrupts(hv);
    xive_add_windows(hv->xive);
    if (!hv_svm_init(hv)) {
        hv_destroy(hv);
        return NULL;
    }
    nvram_init(&hv->nvram);
    vty_init(&hv->vty, m->outside, vty_interrupt, hv);
    return hv;
}

void hv_destroy(struct hypervisor *hv)
{
    if (!hv)
        return;
    xics_destroy(hv->xics);
    xive_destroy(hv->xive);
    hv_svm_fini(hv);
    free(hv->fdt);
    free(hv);
}

/* ---- reset ---- */

/*
 *   mr r4,r3;  lis r3,0;  ori r3,r3,NUMBER;  sc 1;  blr
 * Callers arrive in 32-bit big-endian real mode with their arguments at R3.
 */
bool hv_write_stub(struct hypervisor *hv, gra_t gra, uint32_t number)
{
    const uint32_t code[] = {0x7c641b78, 0x3c600000, 0x60630000 | number, 0x44000022, 0x4e800020};
    uint8_t bytes[STUB_SIZE];
    for (unsigned i = 0; i < ARRAY_SIZE(code); i++)
        put_be32(bytes + 4 * i, code[i]);
    return gm_write(hv->m, gra, bytes, sizeof(bytes));
}

static void reset_state(struct hypervisor *hv)
{
    struct machine *m = hv->m;
    hv->lpcr = LPCR_START;
    memset(hv->vcpu, 0, sizeof(hv->vcpu));
    hv->has_kernel = false;
    hv->kernel = hv->initrd = (struct of_range){0, 0};
    uint64_t top = m->cfg.ram_size < RTAS_LIMIT ? m->cfg.ram_size : RTAS_LIMIT;
    hv->rtas_base = (top - 0x10000) & ~0xffffULL;
    vty_reset(&hv->vty);
    epow_reset(hv);
    hv_set_interrupt_mode(hv, false);
    for (unsigned i = 0; i < m->ncpus; i++)
        hv_cpu_setup(hv, &m->cpus[i]);
}

static bool load_images(struct hypervisor *hv)
{
    struct machine *m = hv->m;
    struct loaded_kernel k;
    gra_t next = GRA_KERNEL;

    if (m->cfg.kernel) {
        if (!load_kernel(m, m->cfg.kernel, GRA_KERNEL, m->cfg.ram_size, &k))
            return false;
        hv->has_kernel = true;
        hv->kernel_entry = k.entry;
        hv->kernel_msr = (k.elf64 ? MSR_SF : 0) | MSR_ME;
        hv->kernel = (struct of_range){k.base, k.end - k.base};
        next = k.end;
    }
    if (m->cfg.initrd || (m->cfg.guest_files && m->cfg.guest_files[0])) {
        hv->initrd.base = PAGE_64K(next);
        if (!load_initrd(m, m->cfg.initrd, m->cfg.guest_files, hv->initrd.base, hv->rtas_base,
                         &hv->initrd.size))
            return false;
    }
    return true;
}

/* The default: the kernel's prom_init works through the client interface. */
static bool start_by_client_interface(struct hypervisor *hv)
{
    if (!hv_write_stub(hv, GRA_OF_ENTRY, HCALL_OF_CLIENT))
        return false;
    of_reset(hv);
    if (!of_claim_range(hv, 0, GRA_OF_END) ||
        !of_claim_range(hv, hv->kernel.base, hv->kernel.size) ||
        (hv->initrd.size && !of_claim_range(hv, hv->initrd.base, PAGE_64K(hv->initrd.size))))
        return false;
    struct cpu *cpu = &hv->m->cpus[0];
    hv_cpu_start(hv, cpu, hv->kernel_entry, hv->initrd.size ? hv->initrd.base : 0, hv->kernel_msr);
    cpu->gpr[4] = hv->initrd.size;
    cpu->gpr[5] = GRA_OF_ENTRY;
    cpu->gpr[1] = GRA_OF_R1;
    return true;
}

/* -dtb and -bios: the tree itself in R3, RTAS already there, the choices of CAS already made. */
static bool start_by_fdt(struct hypervisor *hv, gra_t entry)
{
    fdt_pack(hv->fdt);
    uint64_t size = fdt_totalsize(hv->fdt);
    gra_t gra = (hv->rtas_base - size) & ~0xffffULL;
    if (size > hv->rtas_base || gra < hv->kernel.base + hv->kernel.size ||
        gra < hv->initrd.base + hv->initrd.size || !gm_write(hv->m, gra, hv->fdt, size) ||
        !hv_write_stub(hv, hv->rtas_base, HCALL_RTAS)) {
        fprintf(stderr, "pefemu: the device tree does not fit into memory; give more with -m\n");
        return false;
    }
    struct cpu *cpu = &hv->m->cpus[0];
    hv_cpu_start(hv, cpu, entry, gra, MSR_SF | MSR_ME);
    cpu->gpr[4] = hv->kernel.base;
    return true;
}

/* What an FDT holds that is written down before anything runs. */
static bool prepare_direct_tree(struct hypervisor *hv)
{
    if (hv->m->cfg.dtb && !fdt_load_file(hv, hv->m->cfg.dtb))
        return false;
    if (!hv->m->cfg.dtb &&
        !fdt_apply_cas(hv, hv->m->cfg.xive_allowed, !hv->m->cfg.radix_allowed, PVR_ARCHITECTED_P9))
        return false;
    return fdt_finish_for_direct_entry(hv);
}

static bool dump_tree(struct hypervisor *hv)
{
    if (!prepare_direct_tree(hv) || !fdt_dump(hv, hv->m->cfg.dumpdtb))
        return false;
    machine_request_stop(hv->m, STOP_QUIT, "device tree written");
    return true;
}

static bool start_kernel_with_dtb(struct hypervisor *hv)
{
    if (!(hv->kernel_msr & MSR_SF)) {
        fprintf(stderr,
                "pefemu: -dtb: %s is a 32-bit program, which needs the client interface; "
                "give a vmlinux\n",
                hv->m->cfg.kernel);
        return false;
    }
    return prepare_direct_tree(hv) && start_by_fdt(hv, hv->kernel_entry);
}

bool hv_reset(struct hypervisor *hv)
{
    struct machine *m = hv->m;
    const struct machine_config *cfg = &m->cfg;

    memory_discard(&m->mem, 0, m->mem.ram_size);
    memory_written(m, 0, m->mem.ram_size);
    reset_state(hv);
    if (!pagetable_build(hv)) {
        fprintf(stderr, "pefemu: -m: the hypervisor's tables for this much memory do not fit\n");
        return false;
    }
    if (!load_images(hv) || !fdt_build(hv))
        return false;
    if (cfg->dumpdtb)
        return dump_tree(hv);
    if (cfg->bios) {
        uint64_t size;
        return load_blob(m, "-bios", cfg->bios, 0, GRA_KERNEL, &size) && prepare_direct_tree(hv) &&
               start_by_fdt(hv, 0x100);
    }
    if (!hv->has_kernel) {
        fprintf(stderr, "pefemu: nothing to run; give a kernel with -kernel FILE\n");
        return false;
    }
    if (cfg->dtb)
        return start_kernel_with_dtb(hv);
    if (!start_by_client_interface(hv)) {
        fprintf(stderr, "pefemu: -kernel %s: no room for kernel and initrd; give more with -m\n",
                cfg->kernel);
        return false;
    }
    return true;
}
