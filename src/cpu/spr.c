/*
 * mtspr and mfspr: one table (pefemu/spr.def) says who may touch which register, how wide it is and
 * where it lives; the functions here are the registers with an effect. Book III 5.4.4.
 */
#include "pefemu/engine.h"
#include "pefemu/log.h"
#include "pefemu/machine.h"
#include "pefemu/mmu.h"
#include "ebb.h"
#include "pmu_spr.h"
#include "timer.h"

enum { SPR_HMER = 336 };

typedef trap_t (*spr_get)(struct cpu *cpu, uint64_t *v);
typedef trap_t (*spr_set)(struct cpu *cpu, uint64_t v);

enum spr_right { SPR_U, SPR_P, SPR_H, SPR_V, SPR_N };

struct spr_row {
    const char *name;
    uint8_t bits;
    uint8_t read, write; /* enum spr_right */
    bool exists;
    bool storage;
    uint16_t offset; /* of the member in struct cpu; 0: get/set */
    uint8_t size;    /* of the member, bytes */
    spr_get get;
    spr_set set;
};

static trap_t get_xer(struct cpu *cpu, uint64_t *v)
{
    *v = cpu_get_xer(cpu);
    return TRAP_NONE;
}

static trap_t set_xer(struct cpu *cpu, uint64_t v)
{
    cpu_set_xer(cpu, v);
    return TRAP_NONE;
}

static trap_t get_cfar(struct cpu *cpu, uint64_t *v)
{
    cpu_settle_cfar(cpu);
    *v = cpu->cfar;
    return TRAP_NONE;
}

static trap_t set_cfar(struct cpu *cpu, uint64_t v)
{
    cpu_set_cfar(cpu, v);
    return TRAP_NONE;
}

/* Registers that problem state reaches only when FSCR enables the facility. */
#define FACILITY_SPR(name, field, ic)                                                              \
    static trap_t get_##name(struct cpu *cpu, uint64_t *v)                                         \
    {                                                                                              \
        trap_t t = cpu_need_facility(cpu, ic);                                                     \
        if (!t)                                                                                    \
            *v = cpu->field;                                                                       \
        return t;                                                                                  \
    }                                                                                              \
    static trap_t set_##name(struct cpu *cpu, uint64_t v)                                          \
    {                                                                                              \
        trap_t t = cpu_need_facility(cpu, ic);                                                     \
        if (!t)                                                                                    \
            cpu->field = v;                                                                        \
        return t;                                                                                  \
    }
FACILITY_SPR(udscr, dscr, HFSCR_IC_DSCR)
FACILITY_SPR(tar, tar, HFSCR_IC_TAR)
FACILITY_SPR(ebbhr, ebbhr, HFSCR_IC_EBB)
FACILITY_SPR(ebbrr, ebbrr, HFSCR_IC_EBB)

static trap_t get_bescr(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->bescr;
    return ebb_available(cpu);
}

static trap_t set_bescr(struct cpu *cpu, uint64_t v)
{
    trap_t t = ebb_available(cpu);

    if (t)
        return t;
    cpu->bescr = v;
    ebb_update(cpu);
    return TRAP_RESCHED;
}

/* The privileged name of DSCR is bound by HFSCR too. */
static trap_t get_dscr(struct cpu *cpu, uint64_t *v)
{
    return get_udscr(cpu, v);
}

static trap_t set_dscr(struct cpu *cpu, uint64_t v)
{
    return set_udscr(cpu, v);
}

/* BESCRS/BESCRR set and reset bits of BESCR; the U forms its upper half. */
#define BESCR_ALIAS(name, shift, expr)                                                             \
    static trap_t get_##name(struct cpu *cpu, uint64_t *v)                                         \
    {                                                                                              \
        trap_t t = get_bescr(cpu, v);                                                              \
        *v >>= shift;                                                                              \
        return t;                                                                                  \
    }                                                                                              \
    static trap_t set_##name(struct cpu *cpu, uint64_t v)                                          \
    {                                                                                              \
        v <<= shift;                                                                               \
        return set_bescr(cpu, expr);                                                               \
    }
BESCR_ALIAS(bescrs, 0, cpu->bescr | v)
BESCR_ALIAS(bescrsu, 32, cpu->bescr | v)
BESCR_ALIAS(bescrr, 0, cpu->bescr & ~v)
BESCR_ALIAS(bescrru, 32, cpu->bescr & ~v)

/* Key registers are part of the translation context. */
static trap_t get_amr(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->amr;
    return TRAP_NONE;
}

/* A privileged non-hypervisor program changes only what AMOR allows. */
static uint64_t key_mask(const struct cpu *cpu)
{
    return cpu->msr & MSR_HV ? ~0ULL : cpu->amor;
}

/* A kernel that guards its accesses to user memory writes it all the time, mostly what it has. */
static trap_t change_amr(struct cpu *cpu, uint64_t mask, uint64_t v)
{
    uint64_t amr = (cpu->amr & ~mask) | (v & mask);

    if (amr != cpu->amr) {
        cpu->amr = amr;
        tlb_switch(cpu);
    }
    return TRAP_NONE;
}

static trap_t set_amr(struct cpu *cpu, uint64_t v)
{
    return change_amr(cpu, key_mask(cpu), v);
}

static trap_t get_amr_user(struct cpu *cpu, uint64_t *v)
{
    return get_amr(cpu, v);
}

/* The name of problem state; others may use it too, by the rule of their own. */
static trap_t set_amr_user(struct cpu *cpu, uint64_t v)
{
    return change_amr(cpu, cpu->msr & MSR_PR ? cpu->uamor : key_mask(cpu), v);
}

static trap_t get_uamor(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->uamor;
    return TRAP_NONE;
}

static trap_t set_uamor(struct cpu *cpu, uint64_t v)
{
    uint64_t mask = key_mask(cpu);

    cpu->uamor = (cpu->uamor & ~mask) | (v & mask);
    return TRAP_NONE;
}

static trap_t get_iamr(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->iamr;
    return TRAP_NONE;
}

/* Says who may fetch: the present page has to be asked for again. */
static trap_t set_iamr(struct cpu *cpu, uint64_t v)
{
    uint64_t mask = key_mask(cpu), old = cpu->iamr;

    cpu->iamr = (cpu->iamr & ~mask) | (v & mask);
    if (cpu->iamr == old)
        return TRAP_NONE;
    tlb_switch(cpu);
    return TRAP_RESCHED;
}

/* Registers that select a translation: a change switches TLB contexts, nothing is flushed. */
#define CONTEXT_SPR(name, field, mask)                                                             \
    static trap_t get_##name(struct cpu *cpu, uint64_t *v)                                         \
    {                                                                                              \
        *v = cpu->field;                                                                           \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    static trap_t set_##name(struct cpu *cpu, uint64_t v)                                          \
    {                                                                                              \
        cpu->field = v & (mask);                                                                   \
        tlb_switch(cpu);                                                                           \
        return TRAP_RESCHED;                                                                       \
    }
CONTEXT_SPR(pid, pid, 0xfffff)
CONTEXT_SPR(lpid, lpid, 0xfff)
CONTEXT_SPR(lpcr_plain, lpcr, ~0ULL)
CONTEXT_SPR(hfscr, hfscr, ~0ULL)
CONTEXT_SPR(pcr, pcr, ~0ULL)

static trap_t get_lpcr(struct cpu *cpu, uint64_t *v)
{
    return get_lpcr_plain(cpu, v);
}

static trap_t set_lpcr(struct cpu *cpu, uint64_t v)
{
    (v & LPCR_MER ? cpu_raise : cpu_lower)(cpu, IRQ_MEDIATED);
    trap_t t = set_lpcr_plain(cpu, v);
    cpu_update_timers(cpu); /* LD moves DEC's sign, HDICE lets HDEC count */
    cpu_kick(cpu);
    return t;
}

/* SMFCTRL[D]=1 leaves the debug registers to the ultravisor (pef.md 1.7). */
static bool debug_is_foreign(const struct cpu *cpu)
{
    return (cpu->smfctrl & PPC_BIT(0)) && (cpu->smfctrl & PPC_BIT(62)) && !(cpu->msr & MSR_S);
}

/* A watchpoint's granules must have no entries in the TLBs. */
#define DEBUG_SPR(name)                                                                            \
    static trap_t get_##name(struct cpu *cpu, uint64_t *v)                                         \
    {                                                                                              \
        if (debug_is_foreign(cpu))                                                                 \
            return TRAP_HEAI;                                                                      \
        *v = cpu->name;                                                                            \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    static trap_t set_##name(struct cpu *cpu, uint64_t v)                                          \
    {                                                                                              \
        if (debug_is_foreign(cpu))                                                                 \
            return TRAP_HEAI;                                                                      \
        cpu->name = v;                                                                             \
        tlb_flush_all(cpu);                                                                        \
        return TRAP_RESCHED;                                                                       \
    }
DEBUG_SPR(dawr0)
DEBUG_SPR(dawrx0)
DEBUG_SPR(ciabr)

/* In-memory collection is configured by the ultravisor when there is one (pef.md 1.7). */
#define GUARDED_SPR(name, number)                                                                  \
    static trap_t get_##name(struct cpu *cpu, uint64_t *v)                                         \
    {                                                                                              \
        *v = cpu->spr_store[number];                                                               \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    static trap_t set_##name(struct cpu *cpu, uint64_t v)                                          \
    {                                                                                              \
        if ((cpu->smfctrl & PPC_BIT(0)) && !(cpu->msr & MSR_S))                                    \
            return TRAP_HEAI;                                                                      \
        cpu->spr_store[number] = v;                                                                \
        return TRAP_NONE;                                                                          \
    }
GUARDED_SPR(imc, 799)
GUARDED_SPR(ldbar, 850)

/* DPDES and DHDES: one bit for each thread of the core, set while its privileged or its hypervisor
 * doorbell waits. */
static struct cpu *core_thread(struct cpu *cpu, unsigned thread)
{
    unsigned threads = cpu->machine->cfg.threads ? cpu->machine->cfg.threads : 1;
    unsigned index = cpu->index / threads * threads + thread;

    return thread < threads && index < cpu->machine->ncpus ? &cpu->machine->cpus[index] : NULL;
}

static uint64_t waiting_doorbells(struct cpu *cpu, uint32_t irq)
{
    struct cpu *t;
    uint64_t v = 0;

    for (unsigned n = 0; (t = core_thread(cpu, n)); n++)
        v |= cpu_irqs(t) & irq ? 1ULL << n : 0;
    return v;
}

static trap_t set_doorbells(struct cpu *cpu, uint32_t irq, uint64_t v)
{
    struct cpu *t;

    for (unsigned n = 0; (t = core_thread(cpu, n)); n++)
        (v >> n & 1 ? cpu_raise : cpu_lower)(t, irq);
    return TRAP_RESCHED;
}

static trap_t get_dpdes(struct cpu *cpu, uint64_t *v)
{
    if (!cpu_hfscr_allows(cpu, HFSCR_IC_MSGP))
        return cpu_hfacility(cpu, HFSCR_IC_MSGP);
    *v = waiting_doorbells(cpu, IRQ_DOORBELL);
    return TRAP_NONE;
}

static trap_t set_dpdes(struct cpu *cpu, uint64_t v)
{
    return set_doorbells(cpu, IRQ_DOORBELL, v);
}

static trap_t get_dhdes(struct cpu *cpu, uint64_t *v)
{
    *v = waiting_doorbells(cpu, IRQ_HDOORBELL);
    return TRAP_NONE;
}

static trap_t set_dhdes(struct cpu *cpu, uint64_t v)
{
    return set_doorbells(cpu, IRQ_HDOORBELL, v);
}

/* HRMOR and URMOR are multiples of 2^r, 12 <= r <= 26 (Book III, "Offset Real Mode Address"): the
 * offset within a page stays. */
#define REAL_OFFSET PPC_BITS(4, 51)

/* Registers that move real-mode or partition-table addresses: what was cached is void. */
#define FLUSHING_SPR(name, field, mask)                                                            \
    static trap_t get_##name(struct cpu *cpu, uint64_t *v)                                         \
    {                                                                                              \
        *v = cpu->field;                                                                           \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    static trap_t set_##name(struct cpu *cpu, uint64_t v)                                          \
    {                                                                                              \
        cpu->field = v & (mask);                                                                   \
        tlb_flush_all(cpu);                                                                        \
        return TRAP_RESCHED;                                                                       \
    }
FLUSHING_SPR(hrmor, hrmor, REAL_OFFSET)
FLUSHING_SPR(urmor, urmor, REAL_OFFSET)
FLUSHING_SPR(smfctrl, smfctrl, ~0ULL)

static trap_t get_ptcr(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->ptcr;
    return TRAP_NONE;
}

/* With SMF enabled the partition table belongs to the ultravisor (pef.md 1.9). */
static trap_t set_ptcr(struct cpu *cpu, uint64_t v)
{
    if ((cpu->smfctrl & PPC_BIT(0)) && !(cpu->msr & MSR_S))
        return TRAP_HEAI;
    cpu->ptcr = v;
    tlb_flush_all(cpu);
    return TRAP_RESCHED;
}

static trap_t get_usprg3(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->sprg[3];
    return TRAP_NONE;
}

static trap_t get_tir(struct cpu *cpu, uint64_t *v)
{
    if (!cpu_hfscr_allows(cpu, HFSCR_IC_MSGP))
        return cpu_hfacility(cpu, HFSCR_IC_MSGP);
    *v = cpu->server % cpu->machine->cfg.threads;
    return TRAP_NONE;
}

static trap_t get_ppr(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->ppr;
    return TRAP_NONE;
}

static trap_t set_ppr(struct cpu *cpu, uint64_t v)
{
    cpu_set_ppr(cpu, v);
    return TRAP_NONE;
}

static trap_t get_ppr32(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->ppr >> 32;
    return TRAP_NONE;
}

static trap_t set_ppr32(struct cpu *cpu, uint64_t v)
{
    cpu_set_ppr(cpu, v << 32);
    return TRAP_NONE;
}

static trap_t get_hmer(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->hmer;
    return TRAP_NONE;
}

/* An enabled bit of HMER asks for the maintenance interrupt. */
static void update_hmi(struct cpu *cpu)
{
    (cpu->hmer & cpu->hmeer ? cpu_raise : cpu_lower)(cpu, IRQ_HMI);
}

/* mthmer ands: software can clear bits only. */
static trap_t set_hmer(struct cpu *cpu, uint64_t v)
{
    cpu->hmer &= v;
    update_hmi(cpu);
    return TRAP_RESCHED;
}

static trap_t get_hmeer(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->hmeer;
    return TRAP_NONE;
}

static trap_t set_hmeer(struct cpu *cpu, uint64_t v)
{
    cpu->hmeer = v;
    update_hmi(cpu);
    return TRAP_RESCHED;
}

/* The privileged view of PSSCR: the hypervisor's fields (SD ESL EC PSLL) are not in it, and PLS
 * only while SD does not hide it. */
static trap_t get_psscr(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->psscr & (PSSCR_GUEST | (cpu->psscr & PSSCR_SD ? 0 : PSSCR_PLS));
    return TRAP_NONE;
}

static trap_t set_psscr(struct cpu *cpu, uint64_t v)
{
    cpu->psscr = (cpu->psscr & ~PSSCR_GUEST) | (v & PSSCR_GUEST);
    return TRAP_NONE;
}

static trap_t get_texasru(struct cpu *cpu, uint64_t *v)
{
    *v = cpu->texasr >> 32;
    return TRAP_NONE;
}

static trap_t set_texasru(struct cpu *cpu, uint64_t v)
{
    cpu->texasr = v << 32 | (uint32_t)cpu->texasr;
    return TRAP_NONE;
}

/* ---- clocks ---- */

static trap_t get_tb(struct cpu *cpu, uint64_t *v)
{
    *v = cpu_timebase(cpu);
    return TRAP_NONE;
}

static trap_t get_tbu(struct cpu *cpu, uint64_t *v)
{
    *v = cpu_timebase(cpu) >> 32;
    return TRAP_NONE;
}

static trap_t set_tbl_write(struct cpu *cpu, uint64_t v)
{
    cpu_set_timebase(cpu, (cpu_timebase(cpu) & ~0xffffffffULL) | (uint32_t)v);
    return TRAP_NONE;
}

static trap_t set_tbu_write(struct cpu *cpu, uint64_t v)
{
    cpu_set_timebase(cpu, v << 32 | (uint32_t)cpu_timebase(cpu));
    return TRAP_NONE;
}

static trap_t set_tbu40(struct cpu *cpu, uint64_t v)
{
    cpu_set_timebase(cpu, (v & ~0xffffffULL) | (cpu_timebase(cpu) & 0xffffff));
    return TRAP_NONE;
}

static trap_t get_dec(struct cpu *cpu, uint64_t *v)
{
    *v = cpu_dec_read(cpu);
    return TRAP_NONE;
}

static trap_t set_dec(struct cpu *cpu, uint64_t v)
{
    cpu_dec_write(cpu, v);
    return TRAP_NONE;
}

static trap_t get_hdec(struct cpu *cpu, uint64_t *v)
{
    *v = cpu_hdec_read(cpu);
    return TRAP_NONE;
}

static trap_t set_hdec(struct cpu *cpu, uint64_t v)
{
    cpu_hdec_write(cpu, v);
    return TRAP_NONE;
}

/* Counters that run with the time base while the thread exists. */
#define TICKING_SPR(name, offset_field)                                                            \
    static trap_t get_##name(struct cpu *cpu, uint64_t *v)                                         \
    {                                                                                              \
        *v = cpu_timebase(cpu) - cpu->offset_field;                                                \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    static trap_t set_##name(struct cpu *cpu, uint64_t v)                                          \
    {                                                                                              \
        cpu->offset_field = cpu_timebase(cpu) - v;                                                 \
        return TRAP_NONE;                                                                          \
    }
TICKING_SPR(purr, purr_offset)
TICKING_SPR(spurr, spurr_offset)
TICKING_SPR(vtb, vtb_offset)

static trap_t get_ic(struct cpu *cpu, uint64_t *v)
{
    *v = cpu_insns_now(cpu) - cpu->ic_offset;
    return TRAP_NONE;
}

static trap_t set_ic(struct cpu *cpu, uint64_t v)
{
    cpu->ic_offset = cpu_insns_now(cpu) - v;
    return TRAP_NONE;
}

/* RUN, which starts and stops counters, is all there is of CTRL; the states of the sibling threads
 * (TS) read as 0. */
static trap_t set_ctrl(struct cpu *cpu, uint64_t v)
{
    cpu->ctrl = v & PPC_BIT(63);
    return cpu->pmu.live ? TRAP_RESCHED : TRAP_NONE;
}

/* Halves that do not exist: read-only and write-only registers. */
#define set_usprg3    NULL
#define get_ctrl      NULL
#define set_tir       NULL
#define set_tb        NULL
#define set_tbu       NULL
#define get_tbl_write NULL
#define get_tbu_write NULL
#define get_tbu40     NULL
#define get_ctrl      NULL

#define FIELD(f) .offset = offsetof(struct cpu, f), .size = sizeof(((struct cpu *)0)->f)
#define CALL(n)  .get = get_##n, .set = set_##n
#define STORE    .storage = true
#define NOP      .size = 0

static const struct spr_row spr_rows[1024] = {
#define SPR(num, nm, width, rd, wr, access)                                                        \
    [num] = {                                                                                      \
        .name = #nm, .bits = width, .read = SPR_##rd, .write = SPR_##wr, .exists = true, access},
#include "pefemu/spr.def"
#undef SPR
};

bool cpu_spr_describe(unsigned spr, struct spr_desc *out)
{
    const struct spr_row *row = &spr_rows[spr & 1023];

    if (spr > 1023 || !row->exists)
        return false;
    *out = (struct spr_desc){row->name, row->bits, "UPHVN"[row->read], "UPHVN"[row->write]};
    return true;
}

bool cpu_spr_field(unsigned spr, bool write, struct spr_field *out)
{
    static const uint64_t must[] = {
        [SPR_U] = 0,
        [SPR_P] = MSR_PR,
        [SPR_H] = MSR_PR | MSR_HV,
        [SPR_V] = MSR_PR | MSR_HV | MSR_S,
    };
    const struct spr_row *row = &spr_rows[spr & 1023];
    uint8_t right = write ? row->write : row->read;

    if (spr > 1023 || !row->exists || !row->offset || right == SPR_N)
        return false;
    *out = (struct spr_field){row->offset, row->size, row->bits, must[right]};
    return true;
}

/* Registers with an effect look at MSR: let them see the most privileged state. */
static trap_t from_outside(struct cpu *cpu, unsigned spr, uint64_t *v, bool write)
{
    uint64_t msr = cpu->msr;
    trap_t t;

    cpu->msr = (msr | MSR_S | MSR_HV) & ~MSR_PR;
    t = write ? cpu_mtspr(cpu, spr, *v, 0) : cpu_mfspr(cpu, spr, v, 0);
    cpu->msr = msr;
    tlb_switch(cpu);
    if (cpu->pmu.live)
        pmu_settle(cpu);
    return t == TRAP_RESCHED ? TRAP_NONE : t;
}

bool cpu_spr_peek(struct cpu *cpu, unsigned spr, uint64_t *value)
{
    struct spr_desc d;

    return cpu_spr_describe(spr, &d) && d.read != 'N' && !from_outside(cpu, spr, value, false);
}

bool cpu_spr_poke(struct cpu *cpu, unsigned spr, uint64_t value)
{
    struct spr_desc d;

    if (!cpu_spr_describe(spr, &d) || d.write == 'N')
        return false;
    if (spr == SPR_HMER) /* mtspr can only clear bits: this is the hardware that sets them */
        cpu->hmer = value;
    return !from_outside(cpu, spr, &value, true);
}

/* May the present state do what needs @right? */
static bool has_right(const struct cpu *cpu, uint8_t right)
{
    switch (right) {
    case SPR_U:
        return true;
    case SPR_P:
        return !(cpu->msr & MSR_PR);
    case SPR_H:
        return (cpu->msr & (MSR_HV | MSR_PR)) == MSR_HV;
    case SPR_V:
        return (cpu->msr & (MSR_S | MSR_HV | MSR_PR)) == (MSR_S | MSR_HV);
    default:
        return false;
    }
}

/*
 * An access that the present state may not make. Book III 5.4.4: problem state gets a program
 * interrupt for the privileged half of the number space and HEAI elsewhere; privileged state gets
 * HEAI for number 0 and reads of 4, 5, 6, for ultravisor registers in hypervisor state, and where
 * LPCR[EVIRT] asks for it; otherwise the instruction is a no-op. Returns TRAP_NONE for the no-op.
 */
static trap_t refuse(struct cpu *cpu, unsigned spr, uint32_t word, bool write)
{
    const struct spr_row *row = &spr_rows[spr];
    const char *verb = write ? "write" : "read";

    LOG(row->exists ? LOG_GUEST_ERRORS : LOG_UNIMP, "%s of SPR %u (%s) in %s state at 0x%llx", verb,
        spr, row->exists ? row->name : "unknown",
        cpu->msr & MSR_PR   ? "problem"
        : cpu->msr & MSR_HV ? "hypervisor"
                            : "privileged",
        (unsigned long long)cpu->cia);
    if (cpu->msr & MSR_PR)
        return spr & 0x10 ? cpu_program(cpu, SRR1_PRIV) : cpu_illegal(cpu, word);
    if (spr == 0 || (!write && spr >= 4 && spr <= 6))
        return cpu_illegal(cpu, word);
    bool is_uv = row->exists && (row->read == SPR_V || row->write == SPR_V);
    if (is_uv && (cpu->msr & MSR_HV))
        return cpu_illegal(cpu, word);
    if (row->exists && !(cpu->msr & MSR_HV) && (cpu->lpcr & LPCR_EVIRT))
        return cpu_illegal(cpu, word);
    return TRAP_NONE;
}

trap_t cpu_mfspr(struct cpu *cpu, unsigned spr, uint64_t *value, uint32_t word)
{
    const struct spr_row *row = &spr_rows[spr & 1023];

    if (unlikely(!row->exists || !has_right(cpu, row->read)))
        return refuse(cpu, spr & 1023, word, false);
    if (row->offset) {
        const char *p = (const char *)cpu + row->offset;
        *value = row->size == 8 ? *(const uint64_t *)p : *(const uint32_t *)p;
        return TRAP_NONE;
    }
    if (row->get) {
        trap_t t = row->get(cpu, value);
        return t == TRAP_HEAI ? cpu_illegal(cpu, word) : t;
    }
    *value = row->storage ? cpu->spr_store[spr & 1023] : 0;
    return TRAP_NONE;
}

trap_t cpu_mtspr(struct cpu *cpu, unsigned spr, uint64_t value, uint32_t word)
{
    const struct spr_row *row = &spr_rows[spr & 1023];

    if (unlikely(!row->exists || !has_right(cpu, row->write)))
        return refuse(cpu, spr & 1023, word, true);
    if (row->bits == 32)
        value = (uint32_t)value;
    if (row->offset) {
        char *p = (char *)cpu + row->offset;
        if (row->size == 8)
            *(uint64_t *)p = value;
        else
            *(uint32_t *)p = value;
        return TRAP_NONE;
    }
    if (row->set) {
        trap_t t = row->set(cpu, value);
        if (t == TRAP_HEAI)
            return cpu_illegal(cpu, word);
        return t;
    }
    if (row->storage)
        cpu->spr_store[spr & 1023] = value;
    return TRAP_NONE;
}

/* The SPR number of mtspr/mfspr has its halves swapped in the word. */
static unsigned spr_number(uint32_t word)
{
    return WORD_BITS(word, 16, 20) << 5 | WORD_BITS(word, 11, 15);
}

OP(mfspr)
{
    uint64_t v = cpu->gpr[in->rt]; /* a no-op read leaves RT as it was */
    trap_t t = cpu_mfspr(cpu, spr_number(in->word), &v, in->word);

    if (t == TRAP_NONE)
        cpu->gpr[in->rt] = v;
    return t;
}

OP(mtspr)
{
    return cpu_mtspr(cpu, spr_number(in->word), cpu->gpr[in->rt], in->word);
}

OP(mftb)
{
    return op_mfspr(cpu, in);
}
