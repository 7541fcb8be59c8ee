/* Interrupts: which one is due, where it goes, what it saves. Book III chapter 6; pef.md 1.5. */
#include "pefemu/engine.h"
#include "pefemu/log.h"
#include "pefemu/machine.h"
#include "msr.h"

/* SRR1 bits 33:36 and 42:47 hold the cause; the others come from MSR. */
#define SRR1_INFO 0x783f0000ULL
#define SRR1_LEV(n) ((uint64_t)(n) << 20)
#define AIL_BASE  0xc000000000004000ULL
#define SCV_BASE_AIL 0xc000000000003000ULL

enum save_pair { SRR, HSRR };

struct vector {
    const char *name;
    uint32_t offset;
    uint8_t save;
    bool ail;
};

static const struct vector vectors[TRAP_COUNT] = {
#define VECTOR(id, name, offset, save, ail) [TRAP_##id] = { name, offset, save, ail },
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

/* HV is set by an interrupt of the HSRR pair, by system reset and machine check, and by sc 1, 2. */
static enum msr_entry entry_of(const struct cpu *cpu, enum trap trap)
{
    if (trap == TRAP_SC) {
        uint64_t lev = cpu->trap.srr1;
        if (lev == SRR1_LEV(2) && (cpu->smfctrl & PPC_BIT(0)))
            return TO_ULTRAVISOR;
        return lev ? TO_HYPERVISOR : TO_SAME_HV;
    }
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
           (cpu->lpcr & LPCR_AIL) == LPCR_AIL_3 && entry != TO_ULTRAVISOR;
}

static ea_t vector_address(enum trap trap, bool relocated, uint64_t lev)
{
    if (trap == TRAP_SCV)
        return (relocated ? SCV_BASE_AIL : vectors[trap].offset) + 32 * lev;
    return (relocated ? AIL_BASE : 0) + vectors[trap].offset;
}

/* System calls and trace save the address of the next instruction, everything else that of the
 * instruction that could not be done. */
static bool is_after_insn(enum trap trap)
{
    return trap == TRAP_SC || trap == TRAP_SCV || trap == TRAP_TRACED;
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
        image |= cpu->trap.srr1;
    if (vectors[trap].save == HSRR) {
        cpu->hsrr0 = ret;
        cpu->hsrr1 = image;
    } else {
        cpu->srr0 = ret;
        cpu->srr1 = image;
    }
}

void cpu_interrupt(struct cpu *cpu, enum trap trap)
{
    enum msr_entry entry = entry_of(cpu, trap);
    bool relocated = is_relocated(cpu, trap, entry);
    ea_t ret = is_after_insn(trap) ? cpu->nia : cpu->cia;
    uint64_t keep = trap == TRAP_SCV ? MSR_EE | MSR_RI : 0;
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
            machine_request_stop(cpu->machine, STOP_CHECKSTOP, "machine check with MSR[ME]=0");
            return;
        }
        msr &= ~MSR_ME;
    }
    if (cpu->msr & MSR_TM)
        msr &= ~(MSR_TM | MSR_TS);
    cpu_set_msr(cpu, msr);
    cpu->nia = vector_address(trap, relocated, lev);
    cpu->trap.srr1 = 0;
    if (msr & MSR_HV)
        machine_enter_firmware(cpu, trap);
    cpu->cia = cpu->nia;
}

/* Asynchronous causes in the order of Book III 6.9, with what masks each. */
enum trap cpu_pending(const struct cpu *cpu)
{
    uint32_t irq = cpu->irq_pending;
    uint64_t msr = cpu->msr;
    bool ee = msr & MSR_EE;
    bool hv = msr & MSR_HV;

    if (irq & IRQ_RESET)
        return TRAP_RESET;
    if (irq & IRQ_MCHECK)
        return TRAP_MCHECK;
    if ((irq & IRQ_HMI) && (ee || !hv))
        return TRAP_HMI;
    if ((irq & IRQ_HVI) && (cpu->lpcr & LPCR_HVICE) && (ee || !hv))
        return TRAP_HVI;
    if (irq & IRQ_EXTERNAL) {
        /* LPES=1: to the guest, masked by EE. LPES=0: to the hypervisor, whatever a guest's EE. */
        if (cpu->lpcr & LPCR_LPES) {
            if (ee)
                return TRAP_EXTERNAL;
        } else if (ee || !hv) {
            return TRAP_HEXTERNAL;
        }
    }
    if ((irq & IRQ_HDEC) && (cpu->lpcr & LPCR_HDICE) && (ee || !hv))
        return TRAP_HDEC;
    if ((irq & IRQ_HDOORBELL) && (ee || !hv))
        return TRAP_HDOORBELL;
    if (!ee)
        return TRAP_NONE;
    if (irq & IRQ_PMI)
        return TRAP_PMI;
    if (irq & IRQ_DEC)
        return TRAP_DEC;
    if (irq & IRQ_DOORBELL)
        return TRAP_DOORBELL;
    return TRAP_NONE;
}

void cpu_take_pending(struct cpu *cpu)
{
    enum trap trap = cpu_pending(cpu);

    if (trap == TRAP_NONE)
        return;
    /* Edge causes go with the interrupt; EXTERNAL, DEC, HDEC are levels. */
    static const struct {
        uint32_t irq;
        enum trap trap;
    } edges[] = {
        { IRQ_RESET, TRAP_RESET },         { IRQ_MCHECK, TRAP_MCHECK },
        { IRQ_HMI, TRAP_HMI },             { IRQ_HDOORBELL, TRAP_HDOORBELL },
        { IRQ_DOORBELL, TRAP_DOORBELL },   { IRQ_PMI, TRAP_PMI },
    };
    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        if (edges[i].trap == trap)
            cpu->irq_pending &= ~edges[i].irq;
    if (trap == TRAP_DOORBELL)
        cpu->dpdes &= ~1ULL;
    cpu_interrupt(cpu, trap);
}

const char *cpu_trap_name(enum trap trap)
{
    return trap > TRAP_NONE && trap < TRAP_COUNT ? vectors[trap].name : "none";
}
