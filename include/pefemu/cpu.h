/*
 * One POWER9 hardware thread: its registers and what the rest of the emulator may do with it.
 * Facts: Power ISA v3.0B Book I-III, unless another source is named.
 */
#ifndef PEFEMU_CPU_H
#define PEFEMU_CPU_H

#include "pefemu/insn.h"
#include "pefemu/pmu.h"
#include "pefemu/types.h"

struct machine;
struct tlb_ctx;

/* ---- MSR (Book III 3.2.1; S: SMF) ---- */
#define MSR_SF  PPC_BIT(0)
#define MSR_HV  PPC_BIT(3)
#define MSR_TS  PPC_BITS(29, 30)
#define MSR_TM  PPC_BIT(31)
#define MSR_VEC PPC_BIT(38)
#define MSR_VSX PPC_BIT(40)
#define MSR_S   PPC_BIT(41)
#define MSR_EE  PPC_BIT(48)
#define MSR_PR  PPC_BIT(49)
#define MSR_FP  PPC_BIT(50)
#define MSR_ME  PPC_BIT(51)
#define MSR_FE0 PPC_BIT(52)
#define MSR_SE  PPC_BIT(53)
#define MSR_BE  PPC_BIT(54)
#define MSR_FE1 PPC_BIT(55)
#define MSR_IR  PPC_BIT(58)
#define MSR_DR  PPC_BIT(59)
#define MSR_PMM PPC_BIT(61)
#define MSR_RI  PPC_BIT(62)
#define MSR_LE  PPC_BIT(63)

/* ---- LPCR ---- */
#define LPCR_VPM1     PPC_BIT(1)
#define LPCR_ISL      PPC_BIT(2)
#define LPCR_DPFD     PPC_BITS(9, 11)
#define LPCR_PECEU    PPC_BITS(14, 16)
#define LPCR_ILE      PPC_BIT(38)
#define LPCR_AIL      PPC_BITS(39, 40)
#define LPCR_AIL_2    (2ULL << 23)
#define LPCR_AIL_3    (3ULL << 23)
#define LPCR_UPRT     PPC_BIT(41)
#define LPCR_EVIRT    PPC_BIT(42)
#define LPCR_HR       PPC_BIT(43)
#define LPCR_ONL      PPC_BIT(45)
#define LPCR_LD       PPC_BIT(46)
#define LPCR_PECEL    PPC_BITS(47, 51)
#define LPCR_PECE_DEC PPC_BIT(50)
#define LPCR_MER      PPC_BIT(52)
#define LPCR_GTSE     PPC_BIT(53)
#define LPCR_TC       PPC_BIT(54)
#define LPCR_HEIC     PPC_BIT(59)
#define LPCR_LPES     PPC_BIT(60)
#define LPCR_HVICE    PPC_BIT(62)
#define LPCR_HDICE    PPC_BIT(63)

/* ---- PSSCR ---- */
#define PSSCR_PLS   PPC_BITS(0, 3) /* level that was reached */
#define PSSCR_SD    PPC_BIT(41)    /* PLS reads as 0 in the privileged view */
#define PSSCR_ESL   PPC_BIT(42)
#define PSSCR_EC    PPC_BIT(43)
#define PSSCR_PSLL  PPC_BITS(44, 47) /* highest level outside hypervisor state */
#define PSSCR_GUEST PPC_BITS(54, 63) /* TR MTL RL: what SPR 823 may write */
#define PSSCR_RL    PPC_BITS(60, 63) /* level requested */

/* ---- SRR1 cause bits of program interrupts (Book III 6.5.9) ---- */
#define SRR1_FP_ENABLED PPC_BIT(43)
#define SRR1_ILLEGAL    PPC_BIT(44)
#define SRR1_PRIV       PPC_BIT(45)
#define SRR1_TRAP       PPC_BIT(46)
#define SRR1_FP_LATER                                                                              \
    PPC_BIT(47) /* SRR0 is not the instruction with the exception but a later one */

/* ---- DSISR / HDSISR / ISI-SRR1 cause bits (32-bit numbering 32..63) ---- */
#define DSISR_NOHPTE     PPC_BIT(33) /* translation not found */
#define DSISR_NOEXEC_G   PPC_BIT(35) /* ISI only: no-execute or guarded */
#define DSISR_PROTFAULT  PPC_BIT(36)
#define DSISR_BADACCESS  PPC_BIT(37) /* atomics/quad to caching-inhibited storage, copy/paste */
#define DSISR_ISSTORE    PPC_BIT(38)
#define DSISR_DAWR       PPC_BIT(41)
#define DSISR_KEYFAULT   PPC_BIT(42)
#define DSISR_UNSUPP_MMU PPC_BIT(44) /* unsupported radix tree configuration */
#define DSISR_SET_RC     PPC_BIT(45) /* could not set R or C */
#define DSISR_PRTABLE    PPC_BIT(46) /* fault on the process table / on a process-table entry */

/* Interrupts, one row each in vector.def; TRAP_NONE = carry on. */
enum trap {
    TRAP_NONE = 0,
#define VECTOR(id, ...) TRAP_##id,
#include "pefemu/vector.def"
#undef VECTOR
    TRAP_COUNT,
    /* Not an interrupt: the instruction completed (nia is valid), but the engine must look at the
     * machine before the next one: MSR, translation context or pending interrupts changed, or
     * somebody asked to stop. */
    TRAP_RESCHED,
    /* Not an interrupt: a debugger's stop point. Nothing was executed. */
    TRAP_DEBUG,
};

/* A vector-scalar register as the host holds it: a 128-bit integer in host order, so element i of
 * the ISA (0 = leftmost) is host element N-1-i on a little-endian host. Use the accessors. */
union vsr {
    uint8_t b[16];
    int8_t sb[16];
    uint16_t h[8];
    int16_t sh[8];
    uint32_t w[4];
    int32_t sw[4];
    uint64_t d[2];
    int64_t sd[2];
    u128 q;
};
#if HOST_LE
#define VSR_LANE(n, i) ((n)-1 - (i))
#else
#define VSR_LANE(n, i) (i)
#endif
#define VB(v, i)  ((v).b[VSR_LANE(16, i)])
#define VSB(v, i) ((v).sb[VSR_LANE(16, i)])
#define VH(v, i)  ((v).h[VSR_LANE(8, i)])
#define VSH(v, i) ((v).sh[VSR_LANE(8, i)])
#define VW(v, i)  ((v).w[VSR_LANE(4, i)])
#define VSW(v, i) ((v).sw[VSR_LANE(4, i)])
#define VD(v, i)  ((v).d[VSR_LANE(2, i)])
#define VSD(v, i) ((v).sd[VSR_LANE(2, i)])

/* CR field values */
#define CR_LT 8
#define CR_GT 4
#define CR_EQ 2
#define CR_SO 1

/* Details of the trap being returned; only the fields that trap's vector uses are valid. */
struct trap_info {
    uint64_t srr1;   /* cause bits to be or'ed into SRR1/HSRR1 */
    uint64_t dar;    /* DAR / HDAR */
    uint64_t dsisr;  /* DSISR / HDSISR */
    uint64_t asdr;   /* guest real address of HDSI/HISI */
    uint32_t heir;   /* HEAI: instruction image */
    uint8_t fscr_ic; /* facility unavailable: interrupt cause for FSCR/HFSCR[IC] */
};

/* Pending asynchronous causes in cpu->irq_pending */
#define IRQ_EXTERNAL  0x001u /* presenter's line to this thread (XICS ICP, XIVE TIMA OS ring) */
#define IRQ_DEC       0x002u /* DEC is negative */
#define IRQ_HDEC      0x004u
#define IRQ_DOORBELL  0x008u /* msgsndp */
#define IRQ_HDOORBELL 0x010u /* msgsnd */
#define IRQ_RESET     0x020u /* system reset */
#define IRQ_HVI       0x040u
#define IRQ_PMI       0x080u
#define IRQ_HMI       0x100u
#define IRQ_MCHECK    0x200u
#define IRQ_UDOORBELL 0x400u  /* msgsndu */
#define IRQ_MEDIATED  0x800u  /* LPCR[MER] */
#define IRQ_EBB       0x1000u /* event-based branch: no interrupt, problem state takes it (ebb.c) */

enum cpu_run_state {
    CPU_STOPPED, /* waits for start-cpu */
    CPU_RUNNING,
    CPU_IDLE, /* H_CEDE or stop: sleeps until an interrupt or a prod */
};

/* Lazily evaluated FPSCR effects of the last host-FPU operation: see src/cpu/fpu.h. */
struct fp_lazy {
    uint32_t kind; /* 0: nothing pending */
    uint32_t aux;
    uint64_t a, b, c, r;
};

/* A segment lookaside buffer entry as slbmte has it: ESID and V of RB, the whole of RS. */
#define SLB_ENTRIES 32
struct slb_entry {
    uint64_t esid, vsid;
};

/* A call that firmware in C is serving: on its C stack, linked so that debuggers see who called
 * whom.
 */
struct firmware_call {
    const struct firmware_call *outer; /* the call that this one was made from, or NULL */
    bool is_ultracall;
    uint64_t number, args[9]; /* R3, R4..R12 */
    ea_t from;                /* behind the caller's sc; the cookie of a reflected hypercall */
    uint64_t from_msr;        /* as SRR1 has it */
};

/* Every register of the thread. Order: what the hot path touches first. */
struct cpu {
    uint64_t gpr[32];
    /* What native code names most is near the GPRs, for short displacements (CPU_BIAS). */
    uint64_t lr, ctr;
    int64_t budget; /* instructions left until the engine must return; interp keeps it biased by
                       the index of the operation in its page (src/engine/interp) */
    struct tlb_ctx *tlb;    /* active translation context (mmu.h); never NULL */
    const struct insn *ops; /* interp: predecoded operations of the current code page */
    ea_t page_ea;           /* interp: EA of that page */
    /* native code's last comparison into each field (src/engine/jit/jit.h); 0: it is in cr[] */
    _Alignas(16) uint16_t cr_lazy[8];
    uint32_t cfar_slot; /* native code: CFAR is this slot of the page, plus 1; 0: it is in cfar */
    uint8_t cr[8];      /* CR0..CR7, 4-bit values LT GT EQ SO */
    uint8_t so, ov, ca, ov32, ca32; /* XER bits, 0 or 1 */
    uint8_t xer_len;                /* XER 57:63, string length */
    uint32_t xer_rest;              /* the reserved bits of XER that are kept, 46:56 */
    bool fp_native;    /* native code computes while FPSCR[XX] is clear: the host knows of it */
    bool native_roams; /* an access that has a site of the TLB should have none: jit/site.c */
    uint64_t native_addend[32]; /* native code: host address - EA of accesses near each other */
    ea_t cia, nia;
    uint64_t msr;
    const struct insn *op; /* interp: the operation being executed, NULL outside threaded code */
    const struct insn *cfar_op; /* interp: where CFAR is while the last taken branch was one inside
                                   the current page: cpu_settle_cfar(); NULL: in cfar */
    uint32_t irq_pending;
    trap_t exit_trap; /* interp: why threaded code was left, see interp.c */
    bool le;          /* MSR[LE], for the accessors */
    bool taken;       /* set by branch handlers that branch, for exec_one() */
    bool fp_fast;     /* interp: FPSCR/MSR allow the host FPU (no enabled exception, RN, !NI) */

    /* larx/stcx. reservation */
    bool reserve_valid;
    uint8_t reserve_size;
    ra_t reserve_ra;         /* of the granule: 128-byte aligned; with threads, of the operand */
    union vsr reserve_value; /* with threads: what was loaded, as memory has it */

    struct fp_lazy fp_lazy;
    uint64_t fpscr;
    uint32_t vscr; /* NJ, SAT in ISA bits 111 and 127 of the register: here 0x10000 and 1 */
    uint32_t vrsave;
    _Alignas(16) union vsr vsr[64]; /* FPR n = doubleword 0 of VSR n; VR n = VSR 32+n */

    /* privileged state; names as in spr.def */
    uint64_t srr0, srr1, hsrr0, hsrr1, usrr0, usrr1;
    uint64_t dar, dsisr, hdar, hdsisr, asdr, heir;
    uint64_t sprg[4], hsprg[2], usprg[2];
    uint64_t lpcr, pcr, hfscr, fscr, hrmor, urmor, smfctrl, ptcr, hmer, hmeer, amor;
    uint64_t amr, iamr, uamor, dscr, dscr_user, tar, ppr, cfar, ctrl, pspb, tidr, psscr;
    uint64_t bescr, ebbhr, ebbrr;
    uint64_t dawr0, dawrx0, ciabr;
    uint64_t tfhar, tfiar, texasr;
    uint64_t hid, pir, dpdes, trace, vtb_offset, purr_offset, spurr_offset, ic_offset;
    struct pmu pmu;
    uint64_t spr_store[1024]; /* SPRs that are plain storage */
    struct slb_entry slb[SLB_ENTRIES];
    uint32_t lpid, pid, pvr;
    int64_t tb_offset; /* TB = machine timebase + tb_offset */
    uint64_t dec_expiry,
        hdec_expiry; /* TB value (without tb_offset) at which the count crosses 0 */

    struct trap_info trap; /* details of the trap being delivered */
    uint64_t scratch[2];   /* bytes on their way through the accessors' slow path: an escaping local
                              would keep the compiler from ending threaded code in a jump */

    struct machine *machine; /* borrowed */
    uint32_t index;          /* 0..ncpus-1 in the machine's array */
    uint32_t server;         /* interrupt server number (hardware thread id) */
    enum cpu_run_state run_state;
    bool prodded;           /* H_PROD latch */
    bool stop_ec;           /* idle by a stop with PSSCR[EC]=1 */
    bool running;           /* with threads: its engine is */
    uint64_t left;          /* with threads: how often others may have changed what it has found out
                               (translations, code): it has waited for the lock */
    bool stop_request;      /* leave the engine at the next boundary */
    bool step_only;         /* the engine must stop after one instruction */
    bool debug_stop;        /* leave the engine: the debugger has something to do */
    bool debug_mid;         /* it was left between two boundaries */
    uint64_t debug_checked; /* where breaks were last looked for (src/debug) */
    int64_t withheld;       /* part of the budget that the engine is not to know of */
    uint64_t insn_retired;  /* total, exact whenever the engine is not running */
    uint64_t slice_end;     /* insn_retired at which the current budget is used up */
    uint64_t stalls;        /* interrupts taken: attempts that retire nothing but cost time */
    uint64_t
        state_insns[8]; /* retired in each privilege state (cpu_state_index()), up to state_since */
    uint64_t state_since;            /* insn_retired when the present one was entered */
    uint64_t tlb_fills, tlb_flushes; /* of the software TLBs, for statistics */
    uint64_t
        interrupts[TRAP_COUNT]; /* taken since power-on, for statistics; sc 1 and sc 2 are none */
    struct tlb_set *tlbs;       /* owned; all translation contexts of the thread (tlb_context.c) */
    struct code_cache *code;    /* borrowed: the machine's predecoded pages (src/engine) */
    void *engine_state;         /* owned by the engine */
    const struct firmware_call *calls; /* the innermost; NULL: none */
};

/* Set the CR field bf from a signed/unsigned comparison result (CR_LT, CR_GT or CR_EQ) and SO. */
static inline void cpu_set_cr(struct cpu *cpu, unsigned bf, unsigned lt_gt_eq)
{
    cpu->cr[bf] = lt_gt_eq | cpu->so;
}

/* CR0 of a record form: compares @v with 0, as 32 bits in 32-bit mode. */
static inline void cpu_set_cr0(struct cpu *cpu, uint64_t v)
{
    int64_t s = likely(cpu->msr & MSR_SF) ? (int64_t)v : (int32_t)v;
    cpu->cr[0] = (s < 0 ? CR_LT : s > 0 ? CR_GT : CR_EQ) | cpu->so;
}

/* One bit of CR, 0..31 as BI numbers them. */
static inline unsigned cpu_get_crb(const struct cpu *cpu, unsigned bi)
{
    return (cpu->cr[bi >> 2] >> (3 - (bi & 3))) & 1;
}

/* The whole CR (32 bits) and XER (64-bit SPR image). src/cpu/cr.c, src/cpu/spr.c */
uint32_t cpu_get_cr(const struct cpu *cpu);
void cpu_set_cr_all(struct cpu *cpu, uint32_t v);
uint64_t cpu_get_xer(const struct cpu *cpu);
void cpu_set_xer(struct cpu *cpu, uint64_t v);

/* An effective address as the current mode computes it: the high 32 bits are zero when SF=0. */
static inline ea_t cpu_ea(const struct cpu *cpu, uint64_t v)
{
    return likely(cpu->msr & MSR_SF) ? v : (uint32_t)v;
}

/* CFAR: the address of the last taken branch, rfid, rfscv or rfebb; interrupts, hrfid and urfid
 * leave it alone (Book III 8.2). Threaded code notes the operation only; whoever reads cpu->cfar
 * while an instruction is being executed settles it first. Between runs of an engine it is settled.
 */
static inline void cpu_set_cfar(struct cpu *cpu, ea_t ea)
{
    cpu->cfar = ea;
    cpu->cfar_op = NULL;
}

static inline void cpu_settle_cfar(struct cpu *cpu)
{
    if (cpu->cfar_op)
        cpu_set_cfar(cpu, cpu->page_ea + 4 * (uint64_t)(cpu->cfar_op - cpu->ops));
}

/* ---- traps (src/cpu/interrupt.c) ---- */

/* A program interrupt with the given SRR1 cause; illegal instructions become HEAI where LPCR[EVIRT]
 * or the state asks for it. */
trap_t cpu_program(struct cpu *cpu, uint64_t srr1_cause);
trap_t cpu_illegal(struct cpu *cpu, uint32_t word);
/* Privilege violation of an instruction or SPR: program interrupt with SRR1_PRIV, or HEAI. */
trap_t cpu_privileged(struct cpu *cpu, uint32_t word, enum insn_priv needed);
/* FP, VEC, VSX unavailable; facility unavailable with FSCR interrupt cause @ic. */
trap_t cpu_facility(struct cpu *cpu, unsigned ic);
/* Hypervisor facility unavailable; HFSCR binds everything outside hypervisor state. The enable bit
 * of cause @ic is bit 63-@ic. */
enum {
    HFSCR_IC_FP = 0,
    HFSCR_IC_VECVSX = 1,
    HFSCR_IC_DSCR = 2,
    HFSCR_IC_PM = 3,
    HFSCR_IC_BHRB = 4,
    HFSCR_IC_EBB = 7,
    HFSCR_IC_TAR = 8,
    HFSCR_IC_MSGP = 10,
    HFSCR_IC_STOP = 9
};
trap_t cpu_hfacility(struct cpu *cpu, unsigned ic);
static inline bool cpu_hfscr_allows(const struct cpu *cpu, unsigned ic)
{
    return (cpu->msr & MSR_HV) || (cpu->hfscr >> ic & 1);
}

/* A facility that HFSCR takes from all below the hypervisor and FSCR from problem state. */
trap_t cpu_need_facility(struct cpu *cpu, unsigned ic);

/**
 * cpu_interrupt - take the interrupt @trap now: save registers, new MSR, NIA
 * Uses cpu->trap for details, cpu->cia as the interrupted instruction (synchronous) or cpu->nia
 * (asynchronous and system call). If the new state belongs to firmware that is built into the
 * emulator, that firmware runs before this returns (machine.h: machine_enter_firmware).
 */
void cpu_interrupt(struct cpu *cpu, enum trap trap);
/* Does @trap, with its details in cpu->trap, follow an instruction that has completed? System
 * calls, trace and a floating-point exception that waited for MSR[FE0,FE1] save the address of the
 * next instruction, everything else that of the instruction that could not be done. */
bool cpu_is_after_insn(const struct cpu *cpu, enum trap trap);

/* ---- firmware in C (src/hypervisor, src/ultravisor) leaves the way code would: by an instruction.
 * ---- These have its effect on the registers, cpu->nia being the next instruction before and
 * after; what owns the new state is entered by the caller (machine_enter_firmware). */
/* The call in R3.. begins: @call is firmware_call_end()'s. */
void firmware_call_begin(struct cpu *cpu, struct firmware_call *call, bool is_ultracall);
void firmware_call_end(struct cpu *cpu, const struct firmware_call *call);

enum cpu_return { RETURN_HRFID, RETURN_URFID };
void cpu_model_sc(struct cpu *cpu, unsigned lev);
void cpu_model_return(struct cpu *cpu, enum cpu_return how); /* from HSRR0/1 or USRR0/1 */

/* The interrupt that is to be taken now among cpu->irq_pending, by priority and masks; TRAP_NONE.
 */
enum trap cpu_pending(const struct cpu *cpu);
/* Causes come and go by cpu_raise() and cpu_lower(), with threads at any time; these two are for
 * the CPU's own thread. */
static inline uint32_t cpu_irqs(const struct cpu *cpu)
{
    return __atomic_load_n(&cpu->irq_pending, __ATOMIC_RELAXED);
}
static inline void cpu_irqs_change(struct cpu *cpu, uint32_t off, uint32_t on)
{
    if (off)
        __atomic_fetch_and(&cpu->irq_pending, ~off, __ATOMIC_SEQ_CST);
    if (on)
        __atomic_fetch_or(&cpu->irq_pending, on, __ATOMIC_SEQ_CST);
}
/* Is any pending, masked or not? */
static inline bool cpu_has_interrupt(const struct cpu *cpu)
{
    return cpu_irqs(cpu) & ~IRQ_EBB;
}
/* May @cpu, asleep in stop or H_CEDE, go on? */
bool cpu_wakes(const struct cpu *cpu);
/* It does: what stop does at its end, the system reset interrupt when PSSCR[EC] asked for it. */
void cpu_leave_stop(struct cpu *cpu);
/* Takes that interrupt, else the event-based branch, if any: between instructions only, cpu->cia is
 * the next one. */
void cpu_take_pending(struct cpu *cpu);
const char *cpu_trap_name(enum trap trap);

/* ---- MSR state machine (src/cpu/msr.c) ---- */
enum cpu_state { ST_PROBLEM, ST_PRIVILEGED, ST_HYPERVISOR, ST_ULTRAVISOR };
enum cpu_state cpu_state(const struct cpu *cpu);
static inline bool cpu_secure(const struct cpu *cpu)
{
    return cpu->msr & MSR_S;
}
/* SMFCTRL[D]=0: CIABR and DAWR have no effect in secure state (pef.md 1.7). */
static inline bool cpu_debug_allowed(const struct cpu *cpu)
{
    return !(cpu->msr & MSR_S) || (cpu->smfctrl & PPC_BIT(62));
}
/* For what observers of events call a state: enum cpu_state, + 4 in secure state. */
#define CPU_STATES 8u
unsigned cpu_state_index(uint64_t msr);
/* Instructions retired in state @index so far. */
uint64_t cpu_state_insns(const struct cpu *cpu, unsigned index);
/* The transition that began with MSR @before is complete, cpu->nia valid: EVENT_STATE if the
 * privilege state is another one. */
void cpu_state_event(struct cpu *cpu, uint64_t before);
/* Installs a full MSR value and everything derived from it (cpu->le, translation context). */
void cpu_set_msr(struct cpu *cpu, uint64_t msr);
/* Recomputes cpu->fp_fast after a change of FPSCR or MSR[FE0,FE1]. */
void cpu_update_fp_mode(struct cpu *cpu);

/* Memory barriers of @cpu; @store_load: between a store and a later load too, what lwsync does not
 * order. src/cpu/syslink.c */
void cpu_barrier(struct cpu *cpu, bool store_load);

/* ---- program priority (src/cpu/priority.c) ---- */
/* Writes PPR[PRI]; a priority that the present state may not have changes nothing. */
void cpu_set_ppr(struct cpu *cpu, uint64_t v);
/* or rx,rx,rx with x = @x, which sets PPR[PRI] when x names a priority. */
void cpu_priority_hint(struct cpu *cpu, unsigned x);
/* The PPR that this gives in every state; 0: it depends, or x names none. */
uint64_t cpu_priority_any(unsigned x);
static inline bool insn_is_priority_hint(const struct insn *in)
{
    return in->id == INSN_OR && in->rt == in->ra && in->ra == in->rb;
}

/* ---- time (src/cpu/timer.c) ---- */
uint64_t cpu_timebase(const struct cpu *cpu); /* 512 MHz ticks, with tb_offset */
void cpu_update_timers(struct cpu *cpu);      /* sets/clears IRQ_DEC, IRQ_HDEC */
uint64_t
cpu_next_timer_ns(const struct cpu *cpu); /* machine ns of the next DEC/HDEC event, ~0 none */

/* ---- special purpose registers (src/cpu/spr.c, from spr.def) ---- */
trap_t cpu_mfspr(struct cpu *cpu, unsigned spr, uint64_t *value, uint32_t word);
trap_t cpu_mtspr(struct cpu *cpu, unsigned spr, uint64_t value, uint32_t word);
/* A row of spr.def; false: no such number. read, write: U P H V N as there. */
struct spr_desc {
    const char *name;
    unsigned bits;
    char read, write;
};
bool cpu_spr_describe(unsigned spr, struct spr_desc *out);
/* An access to an SPR that is a member of struct cpu and nothing else, for engines that do it
 * themselves. Allowed while spr_field_allowed(); a write stores the low @bits, zero-extended. */
struct spr_field {
    uint16_t offset; /* in struct cpu */
    uint8_t size;    /* bytes: 4 or 8 */
    uint8_t bits;
    uint64_t msr; /* bits that must be as in the most privileged state: HV and S set, PR clear */
};
/* False: cpu_mfspr() or cpu_mtspr() has to be asked. */
bool cpu_spr_field(unsigned spr, bool write, struct spr_field *out);
static inline bool spr_field_allowed(const struct cpu *cpu, uint64_t msr)
{
    return !((cpu->msr ^ (MSR_HV | MSR_S)) & msr);
}
/* Access from outside, whatever state the CPU is in. False: the register has no such direction. */
bool cpu_spr_peek(struct cpu *cpu, unsigned spr, uint64_t *value);
bool cpu_spr_poke(struct cpu *cpu, unsigned spr, uint64_t value);

/* ---- registers by name, for users and debuggers (src/cpu/regs.c) ---- */
struct cpu_reg {
    char name[12]; /* lower case: pc msr cr fpscr vscr r0.. vs0.. and the SPRs */
    unsigned bits; /* 32, 64 or 128 */
    u128 value;
};
/* Registers in turn: start with *at = 0; false: that was all. */
bool cpu_reg_next(struct cpu *cpu, unsigned *at, struct cpu_reg *out);
/* Also takes f0..f31 (the left half of vs0..) and v0..v31 (vs32..). MSR bits that POWER9 has not
 * stay 0. NULL: done; else what is wrong and the way out: no such register, read-only, value too
 * wide. */
const char *cpu_reg_set(struct cpu *cpu, const char *name, u128 value);

/* Power-on state. */
void cpu_reset(struct cpu *cpu);

#endif
