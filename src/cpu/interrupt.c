/* Interrupts: which one is due, where it goes, what it saves. Book III chapter 6; pef.md 1.5. */
#include "pefemu/engine.h"
#include "pefemu/log.h"
#include "pefemu/machine.h"
#include "ebb.h"
#include "msr.h"

/* SRR1 bits 33:36 and 42:47 hold the cause; the others come from MSR. */
#define SRR1_INFO     0x783f0000ULL
#define SRR1_LEV(n)   ((uint64_t)(n) << 20)
#define AIL3_BASE     0xc000000000004000ULL
#define AIL2_BASE     0x18000ULL
#define SCV_BASE_AIL3 0xc000000000003000ULL

enum save_pair { SRR, HSRR };

struct vector {
    const char *name;
    uint32_t offset;
    uint8_t save;
    bool ail;
};

static const struct vector vectors[TRAP_COUNT] = {
#define VECTOR(id, name, offset, save, ail) [TRAP_##id] = {name, offset, save, ail},
#include "pefemu/vector.def"
#undef VECTOR
};

trap_t cpu_program(struct cpu *cpu, uint64_t srr1_cause)
{
    cpu->trap.srr1 = srr1_cause;
    return TRAP_PROGRAM;
}

trap_t cpu_illegal(struct cpu *cpu, uint32_t word)
{
    cpu->trap.srr1 = 0;
    cpu->trap.heir = word;
    return TRAP_HEAI;
}

trap_t cpu_privileged(struct cpu *cpu, uint32_t word, enum insn_priv needed)
{
    bool smf_off = !(cpu->smfctrl & PPC_BIT(0));

    if (needed == PRIV_UV && smf_off)
        return cpu_illegal(cpu, word); /* a CPU without SMF does not know the instruction */
    if (cpu->msr & MSR_PR)
        return cpu_program(cpu, SRR1_PRIV);
    if (cpu->msr & MSR_HV)
        return cpu_illegal(cpu, word);
    if (needed >= PRIV_HV && (cpu->lpcr & LPCR_EVIRT))
        return cpu_illegal(cpu, word);
    return cpu_program(cpu, SRR1_PRIV);
}

trap_t cpu_facility(struct cpu *cpu, unsigned ic)
{
    cpu->trap.fscr_ic = ic;
    cpu->trap.srr1 = 0;
    return TRAP_FAC;
}

trap_t cpu_hfacility(struct cpu *cpu, unsigned ic)
{
    cpu->trap.fscr_ic = ic;
    cpu->trap.srr1 = 0;
    return TRAP_HFAC;
}

trap_t cpu_need_facility(struct cpu *cpu, unsigned ic)
{
    if (!cpu_hfscr_allows(cpu, ic))
        return cpu_hfacility(cpu, ic);
    if ((cpu->msr & MSR_PR) && !(cpu->fscr >> ic & 1))
        return cpu_facility(cpu, ic);
    return TRAP_NONE;
}

/* HV is set by an interrupt of the HSRR pair, by system reset and machine check, and by sc 1, 2. */
static enum msr_entry entry_of(const struct cpu *cpu, enum trap trap)
{
    if (trap == TRAP_SC) {
        uint64_t lev = cpu->trap.srr1;
        if (lev == SRR1_LEV(2) && (cpu->smfctrl & PPC_BIT(0)))
            return TO_ULTRAVISOR;
        return lev ? TO_HYPERVISOR : TO_SAME_HV;
    }
    if (trap == TRAP_UDOORBELL)
        return TO_ULTRAVISOR;
    if (vectors[trap].save == HSRR || trap == TRAP_RESET || trap == TRAP_MCHECK)
        return TO_HYPERVISOR;
    return TO_SAME_HV;
}

/* LPCR[AIL] applies when relocation was on and HV does not change. */
static bool is_relocated(const struct cpu *cpu, enum trap trap, enum msr_entry entry)
{
    uint64_t both = MSR_IR | MSR_DR;
    bool hv_changes = entry != TO_SAME_HV && !(cpu->msr & MSR_HV);

    return vectors[trap].ail && (cpu->msr & both) == both && !hv_changes &&
           (cpu->lpcr & LPCR_AIL) >= LPCR_AIL_2 && entry != TO_ULTRAVISOR;
}

static ea_t vector_address(const struct cpu *cpu, enum trap trap, bool relocated, uint64_t lev)
{
    bool ail3 = relocated && (cpu->lpcr & LPCR_AIL) == LPCR_AIL_3;

    /* scv's own vector lies where AIL=2 moves it. */
    if (trap == TRAP_SCV)
        return (ail3 ? SCV_BASE_AIL3 : vectors[trap].offset) + 32 * lev;
    return (ail3 ? AIL3_BASE : relocated ? AIL2_BASE : 0) + vectors[trap].offset;
}

bool cpu_is_after_insn(const struct cpu *cpu, enum trap trap)
{
    return trap == TRAP_SC || trap == TRAP_SCV || trap == TRAP_TRACED ||
           (trap == TRAP_PROGRAM && (cpu->trap.srr1 & SRR1_FP_LATER));
}

static void save_details(struct cpu *cpu, enum trap trap)
{
    const struct trap_info *info = &cpu->trap;

    switch (trap) {
    case TRAP_DSI:
    case TRAP_MCHECK:
        cpu->dar = info->dar;
        cpu->dsisr = info->dsisr;
        break;
    case TRAP_DSEG:
    case TRAP_ALIGNMENT:
        cpu->dar = info->dar;
        break;
    case TRAP_HDSI:
        cpu->hdar = info->dar;
        cpu->hdsisr = info->dsisr;
        cpu->asdr = info->asdr;
        break;
    case TRAP_HISI:
        cpu->asdr = info->asdr;
        break;
    case TRAP_HEAI:
        cpu->heir = info->heir;
        break;
    case TRAP_FAC:
        cpu->fscr = (cpu->fscr & ~PPC_BITS(0, 7)) | (uint64_t)info->fscr_ic << 56;
        break;
    case TRAP_HFAC:
        cpu->hfscr = (cpu->hfscr & ~PPC_BITS(0, 7)) | (uint64_t)info->fscr_ic << 56;
        break;
    default:
        break;
    }
}

static bool has_srr1_cause(enum trap trap)
{
    switch (trap) {
    case TRAP_PROGRAM:
    case TRAP_SC:
    case TRAP_ISI:
    case TRAP_HISI:
    case TRAP_MCHECK:
    case TRAP_RESET:
    case TRAP_TRACED:
    case TRAP_EXTERNAL:
    case TRAP_HEXTERNAL:
        return true;
    default:
        return false;
    }
}

/* scv has its own linkage: LR and CTR instead of a save-restore pair. */
static void save_return_state(struct cpu *cpu, enum trap trap, ea_t ret)
{
    uint64_t image = cpu->msr & ~SRR1_INFO;

    if (trap == TRAP_SCV) {
        cpu->lr = ret;
        cpu->ctr = image;
        return;
    }
    if (has_srr1_cause(trap))
        image |= cpu->trap.srr1 & SRR1_INFO;
    if (vectors[trap].save == HSRR) {
        cpu->hsrr0 = ret;
        cpu->hsrr1 = image;
    } else {
        cpu->srr0 = ret;
        cpu->srr1 = image;
    }
}

/* What else of MSR survives: an interrupt that saves in HSRR leaves SRR and with it RI alone. */
static uint64_t kept_by(enum trap trap)
{
    if (trap == TRAP_SCV)
        return MSR_EE | MSR_RI;
    return vectors[trap].save == HSRR ? MSR_RI : 0;
}

/* -exit-on trap: the machine stops in front of a trap instruction that traps. */
static bool stops_machine(struct cpu *cpu, enum trap trap)
{
    struct machine *m = cpu->machine;

    if (trap != TRAP_PROGRAM || !(cpu->trap.srr1 & SRR1_TRAP) || !m->cfg.exit_on_trap)
        return false;
    machine_request_stop(m, STOP_TRAP, "");
    cpu->nia = cpu->cia;
    return true;
}

static bool has_dar(enum trap trap)
{
    return trap == TRAP_DSI || trap == TRAP_DSEG || trap == TRAP_ALIGNMENT || trap == TRAP_HDSI ||
           trap == TRAP_MCHECK;
}

static void event_taken(struct cpu *cpu, enum trap trap, ea_t pc)
{
    uint64_t image = vectors[trap].save == HSRR ? cpu->hsrr1 : cpu->srr1;
    event(cpu->machine->events, EVENT_INTERRUPT, cpu, vectors[trap].name, vectors[trap].offset, pc,
          trap == TRAP_SCV ? cpu->ctr : image, has_dar(trap) ? cpu->trap.dar : 0);
}

/* Registers as the interrupt leaves them. False: the machine stops instead. */
static bool deliver(struct cpu *cpu, enum trap trap)
{
    enum msr_entry entry = entry_of(cpu, trap);
    bool relocated = is_relocated(cpu, trap, entry);
    ea_t ret = cpu_is_after_insn(cpu, trap) ? cpu->nia : cpu->cia;
    uint64_t keep = kept_by(trap);
    uint64_t msr = msr_on_interrupt(cpu, entry, relocated, keep);
    uint64_t lev = trap == TRAP_SCV ? cpu->trap.srr1 : 0;

    LOG(LOG_INT, "cpu %u: %s (0x%x) at 0x%016llx msr %016llx dar %016llx dsisr %08llx", cpu->server,
        vectors[trap].name, vectors[trap].offset, (unsigned long long)ret,
        (unsigned long long)cpu->msr, (unsigned long long)cpu->trap.dar,
        (unsigned long long)cpu->trap.dsisr);
    save_return_state(cpu, trap, ret);
    save_details(cpu, trap);
    if (trap == TRAP_MCHECK) {
        if (!(cpu->msr & MSR_ME)) {
            cpu->nia = cpu->cia;
            machine_request_stop(cpu->machine, STOP_CHECKSTOP, "machine check with MSR[ME]=0");
            return false;
        }
        msr &= ~MSR_ME;
    }
    if (cpu->msr & MSR_TM)
        msr &= ~(MSR_TM | MSR_TS);
    uint64_t before = cpu->msr;
    cpu_set_msr(cpu, msr);
    cpu->nia = vector_address(cpu, trap, relocated, lev);
    cpu->trap.srr1 = 0;
    event_taken(cpu, trap, ret);
    cpu_state_event(cpu, before);
    return true;
}

void cpu_interrupt(struct cpu *cpu, enum trap trap)
{
    bool calls_firmware =
        trap == TRAP_SC && cpu->trap.srr1; /* LEV 1 or 2: counted where it is answered */

    if (unlikely(stops_machine(cpu, trap)) || !deliver(cpu, trap))
        return;
    cpu->interrupts[trap] += !calls_firmware;
    if (cpu->msr & MSR_HV)
        machine_enter_firmware(cpu);
    cpu->cia = cpu->nia;
}

/* ---- firmware in C ---- */

void cpu_model_sc(struct cpu *cpu, unsigned lev)
{
    cpu->trap.srr1 = SRR1_LEV(lev);
    deliver(cpu, TRAP_SC);
}

void cpu_model_return(struct cpu *cpu, enum cpu_return how)
{
    bool uv = how == RETURN_URFID;
    uint64_t before = cpu->msr;

    cpu_set_msr(cpu, msr_after(cpu, uv ? BY_URFID : BY_HRFID, uv ? cpu->usrr1 : cpu->hsrr1));
    cpu->nia = cpu_ea(cpu, (uv ? cpu->usrr0 : cpu->hsrr0) & ~3ULL);
    cpu_state_event(cpu, before);
    event(cpu->machine->events, EVENT_RETURN, cpu, uv ? "urfid" : "hrfid", cpu->nia, cpu->msr);
}

/* Asynchronous causes in the order of Book III, "Interrupt Priorities": the state in which each is
 * taken whatever MSR[EE] says, and what else must allow it. */
static const struct async {
    uint32_t irq;
    enum trap trap;
    enum { ONLY_EE, OR_BELOW_HV, OR_BELOW_UV, ALWAYS } when;
    uint64_t lpcr; /* bits that must be set */
    bool edge;     /* the cause goes with the interrupt; the others are levels */
} async[] = {
    {IRQ_RESET, TRAP_RESET, ALWAYS, 0, true},
    {IRQ_MCHECK, TRAP_MCHECK, ALWAYS, 0, true},
    {IRQ_UDOORBELL, TRAP_UDOORBELL, OR_BELOW_UV, 0, true},
    {IRQ_HMI, TRAP_HMI, OR_BELOW_HV, 0, true},
    {IRQ_HVI, TRAP_HVI, OR_BELOW_HV, LPCR_HVICE, false},
    {IRQ_EXTERNAL, TRAP_EXTERNAL, ONLY_EE, LPCR_LPES, false},
    {IRQ_EXTERNAL, TRAP_HEXTERNAL, OR_BELOW_HV, 0, false},
    {IRQ_MEDIATED, TRAP_EXTERNAL, ONLY_EE, LPCR_LPES, false},
    {IRQ_MEDIATED, TRAP_HEXTERNAL, ONLY_EE, 0, false},
    {IRQ_HDEC, TRAP_HDEC, OR_BELOW_HV, LPCR_HDICE, false},
    {IRQ_HDOORBELL, TRAP_HDOORBELL, OR_BELOW_HV, 0, true},
    {IRQ_PMI, TRAP_PMI, ONLY_EE, 0, false},
    {IRQ_DEC, TRAP_DEC, ONLY_EE, 0, false},
    {IRQ_DOORBELL, TRAP_DOORBELL, ONLY_EE, 0, true},
};

static bool is_masked(const struct cpu *cpu, const struct async *a)
{
    uint64_t msr = cpu->msr;
    bool hv = msr & MSR_HV;

    if ((cpu->lpcr & a->lpcr) != a->lpcr)
        return true;
    /* LPES=1 sends external interrupts past the hypervisor: then its row never applies. */
    if (a->trap == TRAP_HEXTERNAL && (cpu->lpcr & LPCR_LPES))
        return true;
    if (a->irq == IRQ_EXTERNAL && hv && !(msr & MSR_PR) && (cpu->lpcr & LPCR_HEIC))
        return true;
    if (a->irq == IRQ_MEDIATED && hv)
        return true;
    if (a->when == ALWAYS || (msr & MSR_EE))
        return false;
    if (a->when == OR_BELOW_UV)
        return (msr & (MSR_S | MSR_HV)) == (MSR_S | MSR_HV);
    return a->when == ONLY_EE || hv;
}

static const struct async *find_pending(const struct cpu *cpu)
{
    uint32_t irqs = cpu_irqs(cpu);

    for (size_t i = 0; i < ARRAY_SIZE(async); i++)
        if ((irqs & async[i].irq) && !is_masked(cpu, &async[i]))
            return &async[i];
    return NULL;
}

enum trap cpu_pending(const struct cpu *cpu)
{
    const struct async *a = cpu_irqs(cpu) ? find_pending(cpu) : NULL;

    return a ? a->trap : TRAP_NONE;
}

void cpu_take_pending(struct cpu *cpu)
{
    const struct async *a = find_pending(cpu);

    if (!a) {
        ebb_take(cpu);
        return;
    }
    if (a->edge)
        cpu_irqs_change(cpu, a->irq, 0);
    cpu->trap.srr1 = a->irq == IRQ_MEDIATED ? PPC_BIT(42) : 0;
    cpu->trap.dar = cpu->trap.dsisr = 0;
    cpu_interrupt(cpu, a->trap);
    if (unlikely(cpu->pmu.live))
        pmu_settle(cpu);
}

/* ---- waking ---- */

/* What wakes a thread from stop with EC=1: the LPCR[PECE] bit that allows it and the reason that
 * SRR1[42:45] reports (Book III, "System Reset Interrupt"). */
static const struct wakeup {
    uint32_t irq;
    uint64_t pece;
    unsigned reason;
} wakeups[] = {
    {IRQ_RESET, 0, 4},
    {IRQ_MCHECK | IRQ_HMI, PPC_BIT(51), 10},
    {IRQ_HVI, PPC_BIT(17), 9},
    {IRQ_EXTERNAL, PPC_BIT(49), 8},
    {IRQ_DEC | IRQ_HDEC, LPCR_PECE_DEC, 6},
    {IRQ_HDOORBELL, PPC_BIT(48), 3},
    {IRQ_DOORBELL, PPC_BIT(47), 5},
};

static const struct wakeup *find_wakeup(const struct cpu *cpu)
{
    uint32_t irqs = cpu_irqs(cpu);

    for (size_t i = 0; i < ARRAY_SIZE(wakeups); i++)
        if ((irqs & wakeups[i].irq) && (!wakeups[i].pece || (cpu->lpcr & wakeups[i].pece)))
            return &wakeups[i];
    return NULL;
}

/* With EC=0 whatever would be an interrupt if MSR[EE] were 1: not what LPCR keeps from being one.
 */
bool cpu_wakes(const struct cpu *cpu)
{
    uint32_t off = (cpu->lpcr & LPCR_HDICE ? 0 : IRQ_HDEC) | (cpu->lpcr & LPCR_HVICE ? 0 : IRQ_HVI);

    return cpu->stop_ec ? find_wakeup(cpu) != NULL : (cpu_irqs(cpu) & ~(off | IRQ_EBB)) != 0;
}

void cpu_leave_stop(struct cpu *cpu)
{
    const struct wakeup *w = cpu->stop_ec ? find_wakeup(cpu) : NULL;

    if (!w)
        return;
    cpu->stop_ec = false;
    cpu_irqs_change(cpu, IRQ_RESET, 0);
    /* 46:47 = 1: all state is still there. */
    cpu->trap.srr1 = (uint64_t)w->reason << 18 | PPC_BIT(47);
    cpu_interrupt(cpu, TRAP_RESET);
}

const char *cpu_trap_name(enum trap trap)
{
    return trap > TRAP_NONE && trap < TRAP_COUNT ? vectors[trap].name : "none";
}
