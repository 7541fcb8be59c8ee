/*
 * The MSR state machine. Sources: Book III 3.2.1 and the descriptions of the instructions,
 * pef.md 1.4 for S. One table says which bits each instruction may change; MSR[S] changes only by
 * `sc 2` (interrupt.c) and urfid.
 */
#include "msr.h"

#include "pefemu/engine.h"
#include "pefemu/log.h"
#include "pefemu/machine.h"
#include "pefemu/mmu.h"
#include "pefemu/names.h"

#define MSR_LOW32 0xffffffffULL

struct msr_rule {
    uint64_t taken;    /* bits that come from the source */
    uint64_t and_bits; /* of these: may be cleared but not set */
    uint64_t hv_bits;  /* taken only in hypervisor state */
    bool pr_implies;   /* source PR=1 forces EE, IR, DR to 1 */
};

#define ALL_BUT(x) (MSR_IMPLEMENTED & ~(uint64_t)(x))

static const struct msr_rule msr_rules[] = {
    [BY_MTMSR] = {ALL_BUT(MSR_HV | MSR_S | MSR_ME | MSR_LE) & MSR_LOW32, 0, 0, true},
    [BY_MTMSRD] = {ALL_BUT(MSR_HV | MSR_S | MSR_ME | MSR_LE), 0, 0, true},
    [BY_MTMSR_L1] = {MSR_EE | MSR_RI, 0, 0, false},
    [BY_RFID] = {ALL_BUT(MSR_S), MSR_HV, MSR_ME, true},
    [BY_RFSCV] = {ALL_BUT(MSR_S), MSR_HV, MSR_ME, true},
    [BY_HRFID] = {ALL_BUT(MSR_S), 0, 0, true},
    [BY_URFID] = {MSR_IMPLEMENTED, 0, 0, true},
};

uint64_t msr_after(const struct cpu *cpu, enum msr_writer writer, uint64_t source)
{
    const struct msr_rule *rule = &msr_rules[writer];
    uint64_t taken = rule->taken;

    if (!(cpu->msr & MSR_HV))
        taken &= ~rule->hv_bits;
    uint64_t msr = (cpu->msr & ~taken) | (source & taken);
    msr &= ~rule->and_bits | cpu->msr;
    if (rule->pr_implies && (source & MSR_PR))
        msr |= MSR_EE | MSR_IR | MSR_DR;
    if ((msr & (MSR_S | MSR_HV | MSR_PR)) == (MSR_S | MSR_HV | MSR_PR)) {
        LOG(LOG_GUEST_ERRORS, "MSR with S=1 HV=1 PR=1 does not exist: PR cleared");
        msr &= ~MSR_PR;
    }
    return msr;
}

uint64_t msr_on_interrupt(const struct cpu *cpu, enum msr_entry entry, bool relocated,
                          uint64_t keep)
{
    uint64_t msr = MSR_SF | (cpu->msr & (MSR_ME | MSR_S | MSR_HV | keep));

    if (relocated)
        msr |= MSR_IR | MSR_DR;
    if (entry == TO_ULTRAVISOR)
        msr |= MSR_S;
    if (entry != TO_SAME_HV)
        msr |= MSR_HV;
    if (!(msr & MSR_HV))
        msr |= cpu->lpcr & LPCR_ILE ? MSR_LE : 0;
    else if (!(msr & MSR_S)) /* ultravisor entries are big-endian (decisions.md 1.4) */
        msr |= cpu->hid & PPC_BIT(4) ? MSR_LE : 0;
    return msr;
}

static enum cpu_state state_of(uint64_t msr)
{
    if (msr & MSR_PR)
        return ST_PROBLEM;
    if (!(msr & MSR_HV))
        return ST_PRIVILEGED;
    return msr & MSR_S ? ST_ULTRAVISOR : ST_HYPERVISOR;
}

enum cpu_state cpu_state(const struct cpu *cpu)
{
    return state_of(cpu->msr);
}

unsigned cpu_state_index(uint64_t msr)
{
    return state_of(msr) + (msr & MSR_S ? 4 : 0);
}

void cpu_state_event(struct cpu *cpu, uint64_t before)
{
    if (!((cpu->msr ^ before) & (MSR_HV | MSR_PR | MSR_S)) || !cpu->machine)
        return;
    unsigned to = cpu_state_index(cpu->msr);
    event(cpu->machine->events, EVENT_STATE, cpu, cpu_state_name(to), to, cpu_state_index(before),
          cpu->msr, cpu->nia);
}

/* The state of @before has been left. */
static void count_state(struct cpu *cpu, uint64_t before)
{
    uint64_t now = cpu_insns_now(cpu);

    cpu->state_insns[cpu_state_index(before)] += now - cpu->state_since;
    cpu->state_since = now;
}

uint64_t cpu_state_insns(const struct cpu *cpu, unsigned index)
{
    bool present = index == cpu_state_index(cpu->msr);

    return cpu->state_insns[index] + (present ? cpu_insns_now(cpu) - cpu->state_since : 0);
}

void cpu_set_msr(struct cpu *cpu, uint64_t msr)
{
    uint64_t before = cpu->msr, changed = before ^ msr;

    cpu->msr = msr;
    cpu->le = msr & MSR_LE;
    if (changed & (MSR_HV | MSR_S | MSR_PR | MSR_IR | MSR_DR | MSR_LE | MSR_SF))
        tlb_switch(cpu);
    if (changed & (MSR_FE0 | MSR_FE1))
        cpu_update_fp_mode(cpu);
    if ((changed & (MSR_HV | MSR_PR | MSR_S)) && cpu->machine)
        count_state(cpu, before);
}
