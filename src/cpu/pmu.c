/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The performance monitor: what counts when, and what an overflow does. One instruction is one
 * cycle, and so is an interrupt taken by an instruction that did not complete. Power ISA 3.0B Book
 * III chapter 9; who may reach which register: pmu_spr.c.
 *
 * The ultravisor is out of bounds (pef.md 9.1): nothing counts in its state, whatever the registers
 * say, and an alert that falls into it waits until it has left, so that no register tells of its
 * work.
 */
#include "pefemu/pmu.h"

#include "ebb.h"
#include "pefemu/engine.h"
#include "pefemu/machine.h"
#include "pefemu/threads.h"

#define NEGATIVE 0x80000000u
#define CTRL_RUN 1u
#define NEVER    (~0ULL)

#define SIER_SIPR  PPC_BIT(38) /* problem state was sampled */
#define SIER_SIHV  PPC_BIT(39) /* MSR[HV] */
#define SIER_SIARV PPC_BIT(41) /* SIAR is valid; SDARV stays 0, no operand is sampled */

/* Counters as masks, bit 0 is PMC1. */
#define PMC1  0x01u
#define PMC14 0x0fu
#define PMC56 0x30u
#define ALL_6 0x3fu

/* ---- what is counted ---- */

static const struct pmu_event {
    uint8_t counters, unit, sel, kind;
} events[] = {
#define PMU_EVENT(name, counters, unit, sel, counts) {counters, unit, sel, counts},
#include "pefemu/pmu_event.def"
#undef PMU_EVENT
};

/* MMCR1 on POWER9: PMCnUNIT 4 bits each from bit 0, PMCnCOMB 2 bits each from bit 24, PMCnSEL 8
 * bits each from bit 32. */
static enum pmu_kind chosen_event(uint64_t mmcr1, unsigned n)
{
    unsigned unit = mmcr1 >> (60 - 4 * n) & 0xf;
    unsigned comb = mmcr1 >> (38 - 2 * n) & 3;
    unsigned sel = mmcr1 >> (24 - 8 * n) & 0xff;

    for (size_t i = 0; i < ARRAY_SIZE(events) && !comb; i++)
        if ((events[i].counters >> n & 1) && events[i].unit == unit && events[i].sel == sel)
            return events[i].kind;
    return PMU_NOTHING;
}

/* PMCC=3 takes PMC5 and PMC6 out of the monitor: they count run instructions and run cycles and
 * obey no other bit. */
static bool are_56_apart(const struct pmu *pmu)
{
    return (pmu->mmcr0 & MMCR0_PMCC) == MMCR0_PMCC;
}

static void choose_kinds(struct pmu *pmu)
{
    bool always = (pmu->mmcr0 & MMCR0_CC56RUN) && !are_56_apart(pmu);

    for (unsigned n = 0; n < 4; n++)
        pmu->kind[n] = chosen_event(pmu->mmcr1, n);
    pmu->kind[4] = always ? PMU_INSNS : PMU_RUN_INSNS;
    pmu->kind[5] = always ? PMU_CYCLES : PMU_RUN_CYCLES;
}

/* ---- who is frozen ---- */

/* Bit n of a mask is state n: MSR[HV] MSR[PR]. */
enum { PRIVILEGED, PROBLEM, HYPERVISOR, HOST_PROBLEM };

static unsigned state_of(uint64_t msr)
{
    return (msr & MSR_HV ? 2 : 0) | (msr & MSR_PR ? 1 : 0);
}

/* FCPC=0: FCP means both problem states; FCPC=1: FCP chooses which one. */
static unsigned problem_states(uint64_t mmcr0)
{
    bool fcp = mmcr0 & MMCR0_FCP;

    if (mmcr0 & MMCR0_FCPC)
        return fcp ? 1u << HOST_PROBLEM : 1u << PROBLEM;
    return fcp ? 1u << PROBLEM | 1u << HOST_PROBLEM : 0;
}

/* Do the bits that concern all counters, and the BHRB, freeze them? */
static bool is_frozen(const struct cpu *cpu)
{
    uint64_t mmcr0 = cpu->pmu.mmcr0;
    unsigned states = problem_states(mmcr0) | (mmcr0 & MMCR0_FCS ? 1u << PRIVILEGED : 0) |
                      (mmcr0 & MMCR0_FCH ? 1u << HYPERVISOR : 0);

    return (mmcr0 & MMCR0_FC) || (states >> state_of(cpu->msr) & 1) ||
           (mmcr0 & (cpu->msr & MSR_PMM ? MMCR0_FCM1 : MMCR0_FCM0));
}

/* MMCR2 has nine bits for each counter: FCnS FCnP0 FCnP1 FCnM1 FCnM0 FCnWAIT FCnH, two reserved. */
static bool is_frozen_alone(const struct cpu *cpu, unsigned n)
{
    static const uint16_t by_state[] = {0x100, 0x080, 0x004, 0x040};
    unsigned bits = cpu->pmu.mmcr2 >> (55 - 9 * n) & 0x1ff;

    return (bits & by_state[state_of(cpu->msr)]) || (bits & (cpu->msr & MSR_PMM ? 0x20 : 0x10)) ||
           ((bits & 0x08) && !(cpu->ctrl & CTRL_RUN));
}

static bool needs_run(enum pmu_kind kind)
{
    return kind == PMU_RUN_CYCLES || kind == PMU_RUN_INSNS;
}

static bool is_out_of_bounds(const struct cpu *cpu)
{
    return cpu_state(cpu) == ST_ULTRAVISOR;
}

/* The counters that run in the present state. */
static unsigned running_counters(const struct cpu *cpu)
{
    const struct pmu *pmu = &cpu->pmu;
    bool run = cpu->ctrl & CTRL_RUN;
    unsigned mask = is_frozen(cpu) ? 0 : ALL_6;

    if (is_out_of_bounds(cpu))
        return 0;
    if ((pmu->mmcr0 & MMCR0_FC14) || ((pmu->mmcr0 & MMCR0_FC14W) && !run))
        mask &= ~PMC14;
    if (pmu->mmcr0 & MMCR0_FC56)
        mask &= ~PMC56;
    if (pmu->mmcr0 & MMCR0_TRIGGER)
        mask &= PMC1;
    for (unsigned n = 0; n < PMC_COUNT; n++)
        if (is_frozen_alone(cpu, n))
            mask &= ~(1u << n);
    if (are_56_apart(pmu))
        mask |= PMC56;
    for (unsigned n = 0; n < PMC_COUNT; n++)
        if (pmu->kind[n] == PMU_NOTHING || (needs_run(pmu->kind[n]) && !run))
            mask &= ~(1u << n);
    return mask;
}

/* ---- time-base events ---- */

/* TBSEL: bits 63, 55, 51 and 47 of the time base. */
static unsigned selected_bit(const struct pmu *pmu)
{
    static const uint8_t shift[] = {0, 8, 12, 16};

    return shift[(pmu->mmcr0 & MMCR0_TBSEL) / PPC_BIT(40)];
}

static uint64_t tb_transitions(const struct cpu *cpu)
{
    unsigned bit = selected_bit(&cpu->pmu);

    return (cpu_timebase(cpu) + (1ULL << bit)) >> (bit + 1);
}

static bool wants_tb_events(const struct pmu *pmu)
{
    return (pmu->mmcr0 & MMCR0_TBEE) && (pmu->mmcr0 & (MMCR0_PMAE | MMCR0_FCECE | MMCR0_TRIGGER));
}

static bool take_tb_event(struct cpu *cpu)
{
    uint64_t now = wants_tb_events(&cpu->pmu) ? tb_transitions(cpu) : cpu->pmu.tb_events;
    bool changed = now != cpu->pmu.tb_events;

    cpu->pmu.tb_events = now;
    return changed;
}

/* Cycles from now to the next transition, at least 1. */
static uint64_t cycles_to_tb_event(const struct cpu *cpu)
{
    unsigned bit = selected_bit(&cpu->pmu), shift = cpu->machine->cfg.icount_shift;
    uint64_t tb = ((cpu->pmu.tb_events + 1) << (bit + 1)) - (1ULL << bit);
    uint64_t ns = tb_to_ns(tb - (uint64_t)cpu->tb_offset);
    uint64_t now = machine_now_ns(cpu->machine);

    return ns <= now ? 1 : (ns - now + (1ULL << shift) - 1) >> shift;
}

/* ---- counting ---- */

static uint64_t cycles_now(const struct cpu *cpu)
{
    return cpu_insns_now(cpu) + cpu->stalls;
}

static bool is_lazy(enum pmu_kind kind)
{
    return kind < PMU_BRANCHES;
}

/* The thread's own count of what lazy counters of @kind count. */
static uint64_t thread_count(const struct cpu *cpu, enum pmu_kind kind)
{
    return kind == PMU_INSNS || kind == PMU_RUN_INSNS ? cpu_insns_now(cpu) : cycles_now(cpu);
}

static bool runs_lazily(const struct pmu *pmu, unsigned n)
{
    return (pmu->running >> n & 1) && is_lazy(pmu->kind[n]);
}

static uint32_t counter(const struct cpu *cpu, unsigned n)
{
    const struct pmu *pmu = &cpu->pmu;

    return runs_lazily(pmu, n) ? (uint32_t)(thread_count(cpu, pmu->kind[n]) - pmu->base[n])
                               : pmu->pmc[n];
}

/* A counter written by an instruction does not count that instruction. */
static void set_counter(struct cpu *cpu, unsigned n, uint32_t v)
{
    struct pmu *pmu = &cpu->pmu;
    bool in_insn = machine_runs(cpu);

    if (runs_lazily(pmu, n))
        pmu->base[n] = thread_count(cpu, pmu->kind[n]) + in_insn - v;
    else
        pmu->pmc[n] = v;
}

static void stop_counters(struct cpu *cpu)
{
    struct pmu *pmu = &cpu->pmu;

    for (unsigned n = 0; n < PMC_COUNT; n++)
        pmu->pmc[n] = counter(cpu, n);
    pmu->running = 0;
}

/* Does it matter that PMCn+1 turns negative? */
static bool is_watched(const struct pmu *pmu, unsigned n)
{
    uint64_t mmcr0 = pmu->mmcr0;
    bool leads = n == 0 && (mmcr0 & MMCR0_TRIGGER);
    bool enabled = mmcr0 & (n == 0 ? MMCR0_PMC1CE : MMCR0_PMCJCE);

    if (n >= 4 && are_56_apart(pmu))
        return false;
    return leads || (enabled && (mmcr0 & (MMCR0_PMAE | MMCR0_FCECE | MMCR0_TRIGGER)));
}

static void start_counters(struct cpu *cpu)
{
    struct pmu *pmu = &cpu->pmu;

    choose_kinds(pmu);
    pmu->running = (uint8_t)running_counters(cpu);
    pmu->recording =
        pmu->bhrb_used && (pmu->mmcr0 & MMCR0_PMAE) && !is_frozen(cpu) && !is_out_of_bounds(cpu);
    pmu->stepped = pmu->recording;
    for (unsigned n = 0; n < PMC_COUNT; n++) {
        if (runs_lazily(pmu, n))
            pmu->base[n] = thread_count(cpu, pmu->kind[n]) - pmu->pmc[n];
        else if (pmu->running >> n & 1)
            pmu->stepped = true;
    }
}

/* Cycles from now to what must not be missed. An instruction takes a cycle at least, so that a
 * count of instructions is not looked at too late. */
static uint64_t cycles_to_event(const struct cpu *cpu)
{
    const struct pmu *pmu = &cpu->pmu;
    uint64_t next = NEVER;

    for (unsigned n = 0; n < PMC_COUNT; n++)
        if (runs_lazily(pmu, n) && pmu->pmc[n] < NEGATIVE && is_watched(pmu, n) &&
            NEGATIVE - pmu->pmc[n] < next)
            next = NEGATIVE - pmu->pmc[n];
    if (wants_tb_events(pmu) && !is_out_of_bounds(cpu)) {
        uint64_t tb = cycles_to_tb_event(cpu);
        next = tb < next ? tb : next;
    }
    return next;
}

static void count_one(struct cpu *cpu, unsigned n)
{
    struct pmu *pmu = &cpu->pmu;

    if (++pmu->pmc[n] == NEGATIVE && is_watched(pmu, n))
        cpu_kick(cpu); /* the next slice begins with pmu_settle() */
}

static bool is_counted(const struct insn *in, enum pmu_kind kind, bool taken)
{
    const struct insn_row *row = &insn_table[in->id];

    switch (kind) {
    case PMU_BRANCHES:
        return row->fac == FAC_BRU;
    case PMU_TAKEN:
        return taken;
    case PMU_LOADS: /* lvsl and lvsr compute */
        return row->mnemonic[0] == 'l' && strncmp(row->mnemonic, "lvs", 3);
    case PMU_STORES:
        return !strncmp(row->mnemonic, "st", 2) && in->id != INSN_STOP;
    default:
        return false;
    }
}

void pmu_observe(struct cpu *cpu, const struct insn *in, bool taken)
{
    struct pmu *pmu = &cpu->pmu;

    for (unsigned n = 0; n < 4; n++)
        if ((pmu->running >> n & 1) && is_counted(in, pmu->kind[n], taken))
            count_one(cpu, n);
    if (taken && pmu->recording)
        bhrb_record(cpu, in);
}

/* ---- conditions, events, alerts ---- */

static bool is_negative(const struct pmu *pmu, unsigned mask)
{
    for (unsigned n = 0; n < PMC_COUNT; n++)
        if ((mask >> n & 1) && pmu->pmc[n] >= NEGATIVE)
            return true;
    return false;
}

static bool has_condition(const struct pmu *pmu)
{
    unsigned others = (are_56_apart(pmu) ? PMC14 : ALL_6) & ~PMC1;

    return ((pmu->mmcr0 & MMCR0_PMC1CE) && is_negative(pmu, PMC1)) ||
           ((pmu->mmcr0 & MMCR0_PMCJCE) && is_negative(pmu, others));
}

static void alert(struct cpu *cpu)
{
    struct pmu *pmu = &cpu->pmu;

    pmu->mmcr0 = (pmu->mmcr0 & ~MMCR0_PMAE) | MMCR0_PMAO;
    pmu->siar = cpu->cia;
    pmu->sier =
        SIER_SIARV | (cpu->msr & MSR_PR ? SIER_SIPR : 0) | (cpu->msr & MSR_HV ? SIER_SIHV : 0);
    if (pmu->mmcr0 & MMCR0_EBE)
        ebb_event(cpu);
}

/* With the counters stopped. */
static void react(struct cpu *cpu)
{
    struct pmu *pmu = &cpu->pmu;
    bool tb_event = take_tb_event(cpu);
    bool event = tb_event || has_condition(pmu);
    bool triggered = (pmu->mmcr0 & MMCR0_TRIGGER) && (event || is_negative(pmu, PMC1));

    /* FCECE counts for nothing while TRIGGER is 1. */
    if (event && (pmu->mmcr0 & MMCR0_FCECE) && !(pmu->mmcr0 & MMCR0_TRIGGER))
        pmu->mmcr0 |= MMCR0_FC;
    if (triggered)
        pmu->mmcr0 &= ~MMCR0_TRIGGER;
    if (event && (pmu->mmcr0 & MMCR0_PMAE))
        alert(cpu);
}

/* The interrupt is there for as long as PMAO is. */
static void update_line(struct cpu *cpu)
{
    bool up = (cpu->pmu.mmcr0 & (MMCR0_PMAO | MMCR0_EBE)) == MMCR0_PMAO;

    if (up != !!(cpu_irqs(cpu) & IRQ_PMI))
        (up ? cpu_raise : cpu_lower)(cpu, IRQ_PMI);
}

void pmu_settle(struct cpu *cpu)
{
    struct pmu *pmu = &cpu->pmu;

    stop_counters(cpu);
    if (!is_out_of_bounds(cpu))
        react(cpu);
    start_counters(cpu);
    update_line(cpu);
    pmu->live = !(pmu->mmcr0 & MMCR0_FC) || are_56_apart(pmu) || wants_tb_events(pmu);
    uint64_t cycles = cycles_to_event(cpu);
    pmu->due = cycles == NEVER ? NEVER : cycles_now(cpu) + cycles;
    cpu_limit(cpu, pmu_cycles_left(cpu));
}

int64_t pmu_cycles_left(const struct cpu *cpu)
{
    uint64_t now;

    if (!cpu->pmu.live || cpu->pmu.due == NEVER)
        return INT64_MAX;
    now = cycles_now(cpu);
    return cpu->pmu.due > now ? (int64_t)(cpu->pmu.due - now) : 1;
}

/* ---- registers ---- */

static uint64_t *plain_register(struct pmu *pmu, enum pmu_reg reg)
{
    switch (reg) {
    case PMU_MMCR0:
        return &pmu->mmcr0;
    case PMU_MMCR1:
        return &pmu->mmcr1;
    case PMU_MMCR2:
        return &pmu->mmcr2;
    case PMU_MMCRA:
        return &pmu->mmcra;
    case PMU_SIER:
        return &pmu->sier;
    case PMU_SIAR:
        return &pmu->siar;
    case PMU_SDAR:
        return &pmu->sdar;
    default:
        return NULL;
    }
}

uint64_t pmu_read(const struct cpu *cpu, enum pmu_reg reg)
{
    if (reg <= PMU_PMC6)
        return counter(cpu, reg - PMU_PMC1);
    return *plain_register((struct pmu *)&cpu->pmu, reg);
}

/* Time-base events count from here. PMAO=1 by software is an exception like any other. */
static void set_mmcr0(struct cpu *cpu, uint64_t v)
{
    struct pmu *pmu = &cpu->pmu;
    uint64_t both = MMCR0_PMAO | MMCR0_EBE;
    bool was_event = (pmu->mmcr0 & both) == both;

    pmu->mmcr0 = v & 0xffffffff;
    pmu->tb_events = tb_transitions(cpu);
    if ((pmu->mmcr0 & both) == both && !was_event)
        ebb_event(cpu);
}

void pmu_write(struct cpu *cpu, enum pmu_reg reg, uint64_t v)
{
    if (reg <= PMU_PMC6)
        set_counter(cpu, reg - PMU_PMC1, (uint32_t)v);
    else if (reg == PMU_MMCR0)
        set_mmcr0(cpu, v);
    else
        *plain_register(&cpu->pmu, reg) = v;
    cpu->pmu.live = true;
}

void pmu_reset(struct cpu *cpu)
{
    memset(&cpu->pmu, 0, sizeof(cpu->pmu));
    cpu->pmu.mmcr0 = MMCR0_FC;
    cpu->pmu.due = NEVER;
}
