/* System linkage and the other instructions that reach across privilege states. Book III 3.3, 5.4.
 */
#include "pefemu/engine.h"
#include "pefemu/log.h"
#include "pefemu/machine.h"
#include "pefemu/threads.h"
#include "pefemu/mmu.h"
#include "fpu.h"
#include "msr.h"

#define FSCR_SCV_IC 12

OP(sc)
{
    unsigned lev = WORD_BITS(in->word, 20, 26);

    /* Only LEV 0, 1 and 2 are defined; the top bits are reserved and ignored. */
    cpu->trap.srr1 = (uint64_t)(lev & 3) << 20;
    return TRAP_SC;
}

OP(scv)
{
    if (!cpu_hfscr_allows(cpu, FSCR_SCV_IC))
        return cpu_hfacility(cpu, FSCR_SCV_IC);
    if (!(cpu->fscr & (1ULL << FSCR_SCV_IC)))
        return cpu_facility(cpu, FSCR_SCV_IC);
    cpu->trap.srr1 = WORD_BITS(in->word, 20, 26);
    return TRAP_SCV;
}

/* After a change of the MSR. A floating-point exception that was enabled while MSR[FE0,FE1] were
 * both 0 has waited for them: its interrupt comes now, in front of the next instruction (Book III,
 * "Program Interrupt"). FPSCR[FEX] is never lazy. */
static trap_t msr_changed(struct cpu *cpu, uint64_t before)
{
    const uint64_t fe = MSR_FE0 | MSR_FE1;

    if (unlikely((cpu->msr & fe) && !(before & fe) && (cpu->fpscr & FPSCR_FEX)))
        return cpu_program(cpu, SRR1_FP_ENABLED | SRR1_FP_LATER);
    return TRAP_RESCHED;
}

/* Return from interrupt: new MSR first, since it decides whether the address has 64 or 32 bits. */
static trap_t return_to(struct cpu *cpu, const struct insn *in, ea_t address, uint64_t msr)
{
    uint64_t before = cpu->msr;

    cpu_set_msr(cpu, msr);
    if ((before ^ cpu->msr) &
        (MSR_HV | MSR_PR | MSR_S)) { /* the return itself belongs to the old state */
        cpu->state_insns[cpu_state_index(before)]++;
        cpu->state_since++;
    }
    cpu->nia = cpu_ea(cpu, address & ~3ULL);
    cpu_state_event(cpu, before);
    event(cpu->machine->events, EVENT_RETURN, cpu, insn_table[in->id].mnemonic, cpu->nia, cpu->msr);
    return msr_changed(cpu, before);
}

OP(rfid)
{
    cpu_set_cfar(cpu, cpu->cia);
    return return_to(cpu, in, cpu->srr0, msr_after(cpu, BY_RFID, cpu->srr1));
}

OP(hrfid)
{
    return return_to(cpu, in, cpu->hsrr0, msr_after(cpu, BY_HRFID, cpu->hsrr1));
}

OP(urfid)
{
    return return_to(cpu, in, cpu->usrr0, msr_after(cpu, BY_URFID, cpu->usrr1));
}

OP(rfscv)
{
    cpu_set_cfar(cpu, cpu->cia);
    return return_to(cpu, in, cpu->lr, msr_after(cpu, BY_RFSCV, cpu->ctr));
}

OP(mfmsr)
{
    cpu->gpr[in->rt] = cpu->msr;
    return TRAP_NONE;
}

static trap_t move_to_msr(struct cpu *cpu, enum msr_writer writer, uint64_t value)
{
    uint64_t before = cpu->msr;

    cpu_set_msr(cpu, msr_after(cpu, writer, value));
    /* Only EE and RI changed, and nothing waits: carry on in the same context. */
    if (!((before ^ cpu->msr) & ~(MSR_EE | MSR_RI)) && !(cpu_irqs(cpu) && (cpu->msr & MSR_EE)))
        return TRAP_NONE;
    cpu_state_event(cpu, before);
    return msr_changed(cpu, before);
}

OP(mtmsr)
{
    bool l = WORD_BITS(in->word, 15, 15);
    return move_to_msr(cpu, l ? BY_MTMSR_L1 : BY_MTMSR, cpu->gpr[in->rt]);
}

OP(mtmsrd)
{
    bool l = WORD_BITS(in->word, 15, 15);
    return move_to_msr(cpu, l ? BY_MTMSR_L1 : BY_MTMSRD, cpu->gpr[in->rt]);
}

/* darn L: 0: 32 bits, 1: 64 conditioned bits, 2: 64 raw bits, 3: error value. */
OP(darn)
{
    unsigned l = WORD_BITS(in->word, 14, 15);
    uint64_t v = machine_random(cpu->machine);

    cpu->gpr[in->rt] = l == 0 ? (uint32_t)v : l == 3 ? ~0ULL : v;
    return TRAP_NONE;
}

/* The machine's service processor, where there is one to attract: -M bare ends. */
OP(attn)
{
    struct machine *m = cpu->machine;

    if (!m->kind || !m->kind->stops_at_attn)
        return cpu_illegal(cpu, in->word);
    machine_request_stop(m, STOP_EXIT, "attn");
    return TRAP_RESCHED;
}

/* PLS becomes the level requested, which PSLL limits below the hypervisor. */
static void reach_level(struct cpu *cpu)
{
    uint64_t level = cpu->psscr & PSSCR_RL;
    uint64_t limit = (cpu->psscr & PSSCR_PSLL) >> 16;

    if (!(cpu->msr & MSR_HV) && level > limit)
        level = limit;
    cpu->psscr = (cpu->psscr & ~PSSCR_PLS) | level << 60;
}

/* EC=0: execution resumes at the next instruction. EC=1: by the system reset interrupt, woken by
 * what LPCR[PECE] enables (cpu_wakes). No state is lost at any level. */
OP(stop)
{
    (void)in;
    if (!(cpu->msr & MSR_HV) && (cpu->psscr & (PSSCR_ESL | PSSCR_EC)))
        return cpu_hfacility(cpu, HFSCR_IC_STOP);
    reach_level(cpu);
    machine_lock(cpu->machine);
    cpu->run_state = CPU_IDLE;
    cpu->stop_ec = cpu->psscr & PSSCR_EC;
    machine_unlock(cpu->machine);
    return TRAP_RESCHED;
}

/* ---- doorbells (Book III 10.4): sent to threads of the same core or machine by tag ---- */

static void doorbell_send(struct machine *m, uint32_t server, uint32_t irq)
{
    for (unsigned i = 0; i < m->ncpus; i++)
        if (m->cpus[i].server == server)
            cpu_raise(&m->cpus[i], irq);
}

/* RB: message type 5 = doorbell in bits 32:36; PROCIDTAG in the low bits. */
static bool is_doorbell(uint64_t rb)
{
    return (rb >> 27 & 0x1f) == 5;
}

OP(msgsnd)
{
    uint64_t rb = cpu->gpr[in->rb];

    if (is_doorbell(rb))
        doorbell_send(cpu->machine, rb & 0xfffff, IRQ_HDOORBELL);
    return TRAP_NONE;
}

OP(msgclr)
{
    if (is_doorbell(cpu->gpr[in->rb]))
        cpu_lower(cpu, IRQ_HDOORBELL);
    return TRAP_NONE;
}

/* msgsndp names a thread of the sender's own core. */
OP(msgsndp)
{
    uint64_t rb = cpu->gpr[in->rb];
    unsigned threads = cpu->machine->cfg.threads;
    uint32_t tag = rb & 0x7f;

    if (!cpu_hfscr_allows(cpu, HFSCR_IC_MSGP))
        return cpu_hfacility(cpu, HFSCR_IC_MSGP);
    if (is_doorbell(rb) && tag < threads)
        doorbell_send(cpu->machine, cpu->server / threads * threads + tag, IRQ_DOORBELL);
    return TRAP_NONE;
}

OP(msgclrp)
{
    if (!cpu_hfscr_allows(cpu, HFSCR_IC_MSGP))
        return cpu_hfacility(cpu, HFSCR_IC_MSGP);
    if (is_doorbell(cpu->gpr[in->rb]))
        cpu_lower(cpu, IRQ_DOORBELL);
    return TRAP_NONE;
}

/* Directed ultravisor doorbells: msgsnd's form (pef.md 1.3). */
OP(msgsndu)
{
    uint64_t rb = cpu->gpr[in->rb];

    if (is_doorbell(rb))
        doorbell_send(cpu->machine, rb & 0xfffff, IRQ_UDOORBELL);
    return TRAP_NONE;
}

OP(msgclru)
{
    if (is_doorbell(cpu->gpr[in->rb]))
        cpu_lower(cpu, IRQ_UDOORBELL);
    return TRAP_NONE;
}

/* ---- barriers: with one host thread all CPUs' instructions are in one order anyway ---- */

#if defined(__x86_64__)
#define HOST_KEEPS_ORDER true /* of all but a store and a later load */
#else
#define HOST_KEEPS_ORDER false
#endif

void cpu_barrier(struct cpu *cpu, bool store_load)
{
    if (cpu->machine && cpu->machine->threads && (store_load || !HOST_KEEPS_ORDER))
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* L: 0 sync, 1 lwsync, 2 ptesync. */
OP(sync)
{
    cpu_barrier(cpu, WORD_BITS(in->word, 9, 10) != 1);
    return TRAP_NONE;
}

#define BARRIER(name, store_load)                                                                  \
    OP(name)                                                                                       \
    {                                                                                              \
        (void)in;                                                                                  \
        cpu_barrier(cpu, store_load);                                                              \
        return TRAP_NONE;                                                                          \
    }
BARRIER(lwsync, false)
BARRIER(ptesync, true)
BARRIER(eieio, false)
BARRIER(msgsync, true)
BARRIER(slbsync, false)
/* Code and context changes took effect when they were made; nothing is prefetched. */
BARRIER(isync, false)

OP(wait)
{
    (void)cpu;
    (void)in;
    return TRAP_NONE;
}

/* ---- calls of firmware in C ---- */

void firmware_call_begin(struct cpu *cpu, struct firmware_call *call, bool is_ultracall)
{
    call->outer = cpu->calls;
    call->is_ultracall = is_ultracall;
    call->number = cpu->gpr[3];
    memcpy(call->args, &cpu->gpr[4], sizeof(call->args));
    call->from = cpu->srr0;
    call->from_msr = cpu->srr1;
    cpu->calls = call;
}

void firmware_call_end(struct cpu *cpu, const struct firmware_call *call)
{
    cpu->calls = call->outer;
}
