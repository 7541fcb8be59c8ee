/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

#include "pefemu/machine.h"
#include "pefemu/mmu.h"

/* ---- values ---- */

void snap_numbers(struct snap *s, void *p, size_t size, size_t width)
{
    uint8_t *at = p;
    for (uint8_t *end = at + size; at < end; at += width) {
        if (width == 1)
            snap_u8(s, at);
        else if (width == 4)
            snap_u32(s, (uint32_t *)at);
        else if (width == 8)
            snap_u64(s, (uint64_t *)at);
        else
            snap_u128(s, (u128 *)at);
    }
}

void snap_fp_lazy(struct snap *s, void *p, size_t size, size_t width)
{
    struct fp_lazy *l = p;
    (void)size, (void)width;
    snap(s, &l->kind);
    snap(s, &l->aux);
    snap(s, &l->a);
    snap(s, &l->b);
    snap(s, &l->c);
    snap(s, &l->r);
}

void snap_pmu(struct snap *s, void *p, size_t size, size_t width)
{
    struct pmu *pmu = p;
    (void)size, (void)width;
    snap(s, &pmu->mmcr0);
    snap(s, &pmu->mmcr1);
    snap(s, &pmu->mmcr2);
    snap(s, &pmu->mmcra);
    snap(s, &pmu->sier);
    snap(s, &pmu->siar);
    snap(s, &pmu->sdar);
    snap_array(s, pmu->pmc);
    snap_array(s, pmu->base);
    for (unsigned i = 0; i < PMC_COUNT; i++)
        snap_enum(s, &pmu->kind[i], PMU_STORES);
    snap(s, &pmu->running);
    snap(s, &pmu->live);
    snap(s, &pmu->stepped);
    snap(s, &pmu->recording);
    snap(s, &pmu->bhrb_used);
    snap(s, &pmu->due);
    snap(s, &pmu->tb_events);
    snap_array(s, pmu->bhrb);
    snap_limit(s, &pmu->bhrb_last, BHRB_ENTRIES - 1);
}

/* ---- groups of registers ---- */

#define R(name) (snap_field(s, #name), snap_register(s, cpu->name))

static void user_registers(struct snap *s, struct cpu *cpu)
{
    R(gpr);
    R(cr);
    R(so);
    R(ov);
    R(ca);
    R(ov32);
    R(ca32);
    R(xer_len);
    R(xer_rest);
    R(lr);
    R(ctr);
    R(cia);
    R(nia);
    R(msr);
    snap(s, &cpu->reserve_valid);
    R(reserve_size);
    R(reserve_ra);
    R(fp_lazy);
    R(fpscr);
    R(vscr);
    R(vrsave);
    R(vsr);
}

static void interrupt_registers(struct snap *s, struct cpu *cpu)
{
    R(srr0);
    R(srr1);
    R(hsrr0);
    R(hsrr1);
    R(usrr0);
    R(usrr1);
    R(dar);
    R(dsisr);
    R(hdar);
    R(hdsisr);
    R(asdr);
    R(heir);
    R(sprg);
    R(hsprg);
    R(usprg);
    R(irq_pending);
    R(trap.srr1);
    R(trap.dar);
    R(trap.dsisr);
    R(trap.asdr);
    R(trap.heir);
    R(trap.fscr_ic);
}

static void control_registers(struct snap *s, struct cpu *cpu)
{
    R(lpcr);
    R(pcr);
    R(hfscr);
    R(fscr);
    R(hrmor);
    R(urmor);
    R(smfctrl);
    R(ptcr);
    R(hmer);
    R(hmeer);
    R(amor);
    R(amr);
    R(iamr);
    R(uamor);
    R(dscr);
    R(dscr_user);
    R(tar);
    R(ppr);
    R(cfar);
    R(ctrl);
    R(pspb);
    R(tidr);
    R(psscr);
    R(bescr);
    R(ebbhr);
    R(ebbrr);
    R(dawr0);
    R(dawrx0);
    R(ciabr);
    R(tfhar);
    R(tfiar);
    R(texasr);
    R(hid);
    R(pir);
    R(dpdes);
    R(trace);
    R(pmu);
    R(spr_store);
    for (unsigned i = 0; i < SLB_ENTRIES; i++) {
        R(slb[i].esid);
        R(slb[i].vsid);
    }
    R(lpid);
    R(pid);
    R(pvr);
}

static void clocks(struct snap *s, struct cpu *cpu)
{
    R(vtb_offset);
    R(purr_offset);
    R(spurr_offset);
    R(ic_offset);
    R(tb_offset);
    R(dec_expiry);
    R(hdec_expiry);
}

static void execution(struct snap *s, struct cpu *cpu)
{
    snap_limit(s, &cpu->server, cpu->machine->ncpus - 1);
    snap_enum(s, &cpu->run_state, CPU_IDLE);
    snap(s, &cpu->prodded);
    snap(s, &cpu->stop_ec);
    R(insn_retired);
    R(stalls);
    R(state_insns);
    R(state_since);
    snap_same(s, TRAP_COUNT, "kinds of interrupts:");
    R(interrupts);
}

void cpu_snap(struct snap *s, struct cpu *cpu)
{
    snap_begin(s, "cpu", 2);
    user_registers(s, cpu);
    interrupt_registers(s, cpu);
    control_registers(s, cpu);
    clocks(s, cpu);
    execution(s, cpu);
    snap_end(s);
}

void cpu_loaded(struct cpu *cpu)
{
    for (unsigned i = 0; i < ARRAY_SIZE(cpu->cr); i++)
        cpu->cr[i] &= 15;
    cpu->so &= 1;
    cpu->ov &= 1;
    cpu->ca &= 1;
    cpu->ov32 &= 1;
    cpu->ca32 &= 1;
    cpu->xer_len &= 127;
    cpu->le = cpu->msr & MSR_LE;
    cpu->ops = cpu->op = cpu->cfar_op = NULL;
    cpu->page_ea = 0;
    cpu->stop_request = cpu->step_only = false;
    cpu->withheld = 0;
    tlb_flush_all(cpu);
    tlb_switch(cpu);
    cpu_update_fp_mode(cpu);
}
