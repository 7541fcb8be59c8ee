/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ultravisor on a test bed: real CPUs (registers, interrupts, MSR rules), real memory, the real
 * ultravisor, and a hypervisor that is a script of the test. Unit tests include it by bed.h, which
 * says how they fail; whoever else includes it aborts.
 *
 *   bed_call(b, FROM_HV, UV_PAGE_IN, lpid, ra, gpa, 0, 16)   an ultracall from a privilege state
 *   b->hv = my_script                                         what the hypervisor does when entered
 *   uint64_t h = bed_hash(b); ... assert(h == bed_hash(b))    refused calls change nothing
 */
#ifndef PEFEMU_TESTS_UV_BED_CORE_H
#define PEFEMU_TESTS_UV_BED_CORE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/ultravisor/uv_internal.h"
#include "pefemu/engine.h"
#include "pefemu/mmu.h"
#include "pefemu/symbols.h"

#ifndef BED_FAIL /* (format, ...): does not return */
#define BED_FAIL(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), abort())
#endif
#define BED_CHECK(cond)                                                                            \
    do {                                                                                           \
        if (!(cond))                                                                               \
            BED_FAIL("%s:%d: the bed wants %s", __FILE__, __LINE__, #cond);                        \
    } while (0)

#define BED_CPUS   2u
#define BED_LPID   1u
#define GUEST_BASE 0x200000ULL /* where a test's SVM has its first slot */
#ifndef BED_RAM                /* sizes that a test may choose */
#define BED_RAM    (32 * MiB)
#define BED_SECURE (64 * MiB)
#define GUEST_SIZE 0x800000ULL
#endif

struct bed;
typedef void (*bed_script)(struct bed *b, struct cpu *cpu, unsigned vector);

struct bed {
    struct machine m;
    bed_script hv;    /* the hypervisor; NULL: it must not be entered */
    void *user;       /* the script's own */
    unsigned entries; /* times it was entered */
    struct {
        uint64_t number, args[9];
        unsigned vector;
        struct cpu regs;
    } last; /* of the last entry */
};

static inline struct bed *bed_of(struct cpu *cpu)
{
    return (struct bed *)((char *)cpu->machine - offsetof(struct bed, m));
}

/* Who the hypervisor is, and what it works with: lives as long as it may be entered. */
static inline void bed_hypervisor(struct bed *b, bed_script hv, void *user)
{
    b->hv = hv;
    b->user = user;
}

static inline void bed_hv_entry(struct cpu *cpu, unsigned vector)
{
    struct bed *b = bed_of(cpu);

    b->entries++;
    b->last.vector = vector;
    b->last.number = cpu->gpr[3];
    memcpy(b->last.args, &cpu->gpr[4], sizeof(b->last.args));
    b->last.regs = *cpu;
    if (!b->hv)
        BED_FAIL("the hypervisor is entered at 0x%x, R3=0x%llx", vector,
                 (unsigned long long)cpu->gpr[3]);
    b->hv(b, cpu, vector);
}

/* As -M pseries drives the roles. */
static inline bool bed_enter(struct cpu *cpu)
{
    struct machine *m = cpu->machine;

    for (unsigned i = 0; (cpu->msr & MSR_HV) && m->stop == STOP_NONE; i++) {
        if (i > 100000)
            BED_FAIL("ultravisor and hypervisor go round for ever");
        unsigned vector = (unsigned)cpu->nia;
        if (cpu->msr & MSR_S)
            uv_enter(cpu, vector);
        else
            m->hv_entry(cpu, vector);
        if (cpu->nia == 0x10000) /* the caller's own code, not a vector */
            return true;
    }
    return true;
}

static const struct machine_kind bed_kind
    __attribute__((unused)) = {.name = "bed", .summary = "", .properties = "", .enter = bed_enter};

/* Threads and ultravisor as after power-on; normal memory stays. */
static inline void bed_reset(struct bed *b)
{
    for (unsigned i = 0; i < BED_CPUS; i++) {
        struct cpu *cpu = &b->m.cpus[i];
        cpu_reset(cpu);
        cpu->run_state = i ? CPU_STOPPED : CPU_RUNNING;
        cpu->lpcr = LPCR_LPES | LPCR_LD | LPCR_UPRT | LPCR_HR;
    }
    BED_CHECK(uv_reset(b->m.uv));
}

static inline struct bed *bed_create(void)
{
    struct bed *b = calloc(1, sizeof(*b));
    struct machine *m = &b->m;

    m->kind = &bed_kind;
    m->engine = &engine_ref;
    m->cfg.pef = true;
    m->cfg.cpus = m->cfg.cores = BED_CPUS;
    m->cfg.threads = 1;
    m->hv_entry = bed_hv_entry;
    BED_CHECK(memory_init(&m->mem, BED_RAM, BED_SECURE));
    m->ncpus = BED_CPUS;
    m->cpus = aligned_alloc(64, (sizeof(struct cpu) * BED_CPUS + 63) & ~63ULL);
    memset(m->cpus, 0, sizeof(struct cpu) * BED_CPUS);
    for (unsigned i = 0; i < BED_CPUS; i++) {
        struct cpu *cpu = &m->cpus[i];
        cpu->machine = m;
        cpu->index = cpu->server = i;
        BED_CHECK(tlb_init(cpu));
    }
    m->uv = uv_create(m);
    BED_CHECK(m->uv);
    bed_reset(b);
    return b;
}

static inline void bed_destroy(struct bed *b)
{
    uv_destroy(b->m.uv);
    symbols_destroy(b->m.symbols);
    for (unsigned i = 0; i < BED_CPUS; i++)
        tlb_destroy(&b->m.cpus[i]);
    free(b->m.cpus);
    memory_free(&b->m.mem);
    free(b);
}

/* ---- calls ---- */

enum bed_from { FROM_HV, FROM_HOST_USER, FROM_NVM, FROM_NVM_USER, FROM_SVM, FROM_SVM_USER };

static inline uint64_t bed_msr(enum bed_from from)
{
    static const uint64_t state[] = {
        [FROM_HV] = MSR_HV, [FROM_HOST_USER] = MSR_HV | MSR_PR,
        [FROM_NVM] = 0,     [FROM_NVM_USER] = MSR_PR,
        [FROM_SVM] = MSR_S, [FROM_SVM_USER] = MSR_S | MSR_PR,
    };
    return MSR_SF | MSR_ME | state[from];
}

/* `sc LEV` on @cpu in the state @from, R3.. as they are; runs until guest code or the caller's next
 * instruction (at 0x10000) is reached. */
static inline void bed_sc(struct bed *b, struct cpu *cpu, enum bed_from from, unsigned lev)
{
    (void)b;
    cpu_set_msr(cpu, bed_msr(from));
    cpu->nia = 0x10000;
    cpu_model_sc(cpu, lev);
    bed_enter(cpu);
}

static inline int64_t bed_callv(struct bed *b, enum bed_from from, uint64_t number, unsigned n,
                                const uint64_t *args)
{
    struct cpu *cpu = &b->m.cpus[0];

    cpu->gpr[3] = number;
    for (unsigned i = 0; i < 9; i++)
        cpu->gpr[4 + i] = i < n ? args[i] : 0;
    bed_sc(b, cpu, from, 2);
    return (int64_t)cpu->gpr[3];
}
/* An ultracall with its arguments in R4..; R3 afterwards. */
#define bed_call(b, from, number, ...)                                                             \
    bed_callv(b, from, number, ARRAY_SIZE(((uint64_t[]){0, ##__VA_ARGS__})) - 1,                   \
              (uint64_t[]){0, ##__VA_ARGS__} + 1)

/* ---- from inside a script ---- */

/* An ultracall of the hypervisor that ends at once; its registers are as before afterwards. */
static inline int64_t bed_hv_ucallv(struct cpu *cpu, uint64_t number, unsigned n,
                                    const uint64_t *args)
{
    struct cpu saved = *cpu;

    cpu->gpr[3] = number;
    memcpy(&cpu->gpr[4], args, n * sizeof(*args));
    cpu->nia = 0x10000;
    cpu_model_sc(cpu, 2);
    uv_enter(cpu, (unsigned)cpu->nia);
    int64_t rc = (int64_t)cpu->gpr[3];
    memcpy(cpu->gpr, saved.gpr, sizeof(cpu->gpr));
    cpu->srr0 = saved.srr0;
    cpu->srr1 = saved.srr1;
    cpu_set_msr(cpu, saved.msr);
    cpu->nia = saved.nia;
    return rc;
}
#define bed_hv_ucall(cpu, number, ...)                                                             \
    bed_hv_ucallv(cpu, number, ARRAY_SIZE(((uint64_t[]){0, ##__VA_ARGS__})) - 1,                   \
                  (uint64_t[]){0, ##__VA_ARGS__} + 1)

/* UV_RETURN with @r3 as the result of the hypercall, @hsrr0 the cookie or a vector. */
static inline void bed_hv_return(struct cpu *cpu, int64_t r3, uint64_t hsrr0)
{
    cpu->gpr[0] = (uint64_t)r3;
    cpu->gpr[2] = cpu->srr1;
    cpu->gpr[3] = UV_RETURN;
    cpu->hsrr0 = hsrr0;
    cpu->nia = 0x10000; /* where it would go on if it were refused */
    cpu_model_sc(cpu, 2);
}

/* ---- an SVM without the ceremony of UV_ESM ---- */

/* @lpid becomes secure with one zeroed slot, id 0, [GUEST_BASE, GUEST_BASE + GUEST_SIZE). */
static inline struct svm *bed_make_svm(struct bed *b, lpid_t lpid)
{
    struct svm *svm = svm_new(b->m.uv, lpid);

    BED_CHECK(svm);
    BED_CHECK(bed_call(b, FROM_HV, UV_REGISTER_MEM_SLOT, lpid, GUEST_BASE, GUEST_SIZE, 0, 0) ==
              U_SUCCESS);
    svm->state = SVM_SECURE;
    pate_write(b->m.uv, lpid, 0, tree_pate0(&svm->tree));
    b->m.cpus[0].lpid = b->m.cpus[1].lpid = lpid;
    return svm;
}

static inline uint8_t *bed_normal(struct bed *b, ra_t ra)
{
    return memory_ptr(&b->m.mem, ra, UV_PAGE_SIZE);
}
static inline uint8_t *bed_secure(struct bed *b, const struct svm *svm, gra_t gpa)
{
    return memory_ptr(&b->m.mem, page_frame(svm, gpa), UV_PAGE_SIZE);
}

/* A hash over all memory, the ultravisor's records and the registers that an ultracall may not
 * touch (all but R3, SRR0, SRR1, NIA, USRR and the clock). */
static inline uint64_t bed_mix(uint64_t h, const void *p, size_t len)
{
    const uint8_t *s = p;
    for (; len >= 8; len -= 8, s += 8) {
        uint64_t v;
        memcpy(&v, s, 8);
        h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
        h ^= h >> 29;
    }
    for (; len; len--)
        h = (h ^ *s++) * 0x100000001b3ULL;
    return h;
}

static inline uint64_t bed_hash(struct bed *b)
{
    const struct uv *uv = b->m.uv;
    uint64_t h = bed_mix(1, b->m.mem.ram, BED_RAM);

    h = bed_mix(h, b->m.mem.secure, BED_SECURE);
    h = bed_mix(h, uv->frames.used, uv->frames.count);
    for (const struct svm *s = uv->svms; s; s = s->next) {
        h = bed_mix(h, &s->lpid, sizeof(s->lpid));
        h = bed_mix(h, &s->state, sizeof(s->state));
        h = bed_mix(h, &s->saves, sizeof(s->saves));
        h = bed_mix(h, s->page_key, sizeof(s->page_key));
        h = bed_mix(h, &s->iv_counter, sizeof(s->iv_counter));
        for (const struct slot *slot = s->slots; slot; slot = slot->next) {
            h = bed_mix(h, &slot->base, sizeof(slot->base));
            for (uint64_t i = 0; i < slot->size >> UV_PAGE_LOG2; i++)
                h = bed_mix(h, &slot->page[i], sizeof(slot->page[i]));
        }
    }
    for (unsigned i = 0; i < BED_CPUS; i++) {
        const struct cpu *cpu = &b->m.cpus[i];
        h = bed_mix(h, cpu->gpr, 3 * sizeof(cpu->gpr[0]));
        h = bed_mix(h, &cpu->gpr[4], 28 * sizeof(cpu->gpr[0]));
        h = bed_mix(h, cpu->vsr, sizeof(cpu->vsr));
        h = bed_mix(h, &cpu->lr, sizeof(cpu->lr));
        h = bed_mix(h, &cpu->ctr, sizeof(cpu->ctr));
        h = bed_mix(h, &cpu->ptcr, sizeof(cpu->ptcr));
        h = bed_mix(h, &cpu->lpid, sizeof(cpu->lpid));
    }
    return h;
}

/* ---- the SVM's own instructions, through its tree ---- */

#define BED_CODE                                                                                   \
    (GUEST_BASE + 0x100000) /* a page for code; guest real mode: EA = guest real address */
#define MSR_SVM (MSR_SF | MSR_ME | MSR_S)

/* @n instructions of @cpu from @pc on, in the state @msr, by the reference engine. */
static inline void bed_run(struct cpu *cpu, uint64_t msr, ea_t pc, unsigned n)
{
    cpu_set_msr(cpu, msr);
    cpu->cia = cpu->nia = pc;
    cpu->run_state = CPU_RUNNING;
    cpu->step_only = true;
    while (n-- && cpu->machine->stop == STOP_NONE && cpu->run_state == CPU_RUNNING) {
        engine_begin(cpu, 1);
        engine_ref.run(cpu);
        engine_end(cpu);
    }
}

/* One instruction at BED_CODE. */
static inline void bed_insn(struct svm *svm, struct cpu *cpu, uint64_t msr, uint32_t word)
{
    uint8_t bytes[4];

    if (msr & MSR_LE)
        put_le32(bytes, word);
    else
        put_be32(bytes, word);
    BED_CHECK(svm_write(svm, BED_CODE, bytes, sizeof(bytes)));
    bed_run(cpu, msr, BED_CODE, 1);
}

/* The interrupt @trap in the state @msr at @pc; whoever owns the vector runs. */
static inline void bed_interrupt(struct cpu *cpu, enum trap trap, uint64_t msr, ea_t pc)
{
    cpu_set_msr(cpu, msr);
    cpu->cia = cpu->nia = pc;
    cpu_interrupt(cpu, trap);
}

/* ---- ready-made hypervisors ---- */

/* The result that b->user points to; for a hypercall and for an interrupt. */
static inline void bed_hv_answers(struct bed *b, struct cpu *cpu, unsigned vector)
{
    (void)vector;
    bed_hv_return(cpu, b->user ? *(const int64_t *)b->user : 0, cpu->gpr[31]);
}

/* Keeps the thread: the test resumes it with bed_resume(). */
static inline void bed_hv_keeps(struct bed *b, struct cpu *cpu, unsigned vector)
{
    (void)b;
    (void)vector;
    cpu->nia = 0x10000; /* its own code */
    cpu_set_msr(cpu, MSR_SF | MSR_HV | MSR_ME);
}

/* UV_RETURN on @cpu with @cookie, out of the hypervisor's own code; R3 is its result if it comes
 * back there. */
static inline int64_t bed_resume(struct cpu *cpu, lpid_t lpid, uint64_t cookie, int64_t r3,
                                 uint64_t hsrr0)
{
    cpu_set_msr(cpu, MSR_SF | MSR_HV | MSR_ME);
    cpu->nia = 0x10000;
    cpu->lpid = lpid;
    cpu->gpr[31] = cookie;
    bed_hv_return(cpu, r3, hsrr0);
    bed_enter(cpu);
    return (int64_t)cpu->gpr[3];
}
static inline bool bed_in_svm(const struct cpu *cpu)
{
    return (cpu->msr & (MSR_S | MSR_HV)) == MSR_S;
}

/* Does as KVM: normal pages from BED_POOL on for what is to be shared, ciphertext where it was put.
 */
#define BED_POOL 0x800000ULL
static inline ra_t bed_pool_ra(gra_t gpa)
{
    return BED_POOL + (gpa - GUEST_BASE);
}
static inline void bed_hv_pages(struct bed *b, struct cpu *cpu, unsigned vector)
{
    int64_t rc = UV_H_FUNCTION;

    (void)vector;
    if (cpu->gpr[3] == UV_H_SVM_PAGE_IN) {
        gra_t gpa = cpu->gpr[4];
        rc = bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, bed_pool_ra(gpa), gpa, 0, 16);
    }
    (void)b;
    bed_hv_return(cpu, rc, cpu->gpr[31]);
}

/* Shares pages with the help of bed_hv_pages(). */
static inline void bed_share(struct bed *b, gra_t gpa, uint64_t npages)
{
    bed_script hv = b->hv;

    b->hv = bed_hv_pages;
    BED_CHECK(bed_call(b, FROM_SVM, UV_SHARE_PAGE, gpa >> 16, npages) == U_SUCCESS);
    b->hv = hv;
}

/* ---- RTAS without the ceremony ---- */

#define BED_BOUNCE_PAGES 6u
#define BED_TOKEN(i)     (0x2000u + (i)) /* of row i of the ultravisor's table of services */

/* @svm may make RTAS calls, through the pages at @bounce, for which the hypervisor has given those
 * at @normal. */
static inline void bed_make_rtas(struct svm *svm, gra_t bounce, ra_t normal)
{
    svm->rtas.ready = true;
    svm->rtas.bounce = bounce;
    svm->rtas.max_vcpus = 4;
    for (unsigned i = 0; i < RTAS_SERVICES; i++)
        svm->rtas.token[i] = BED_TOKEN(i);
    for (unsigned i = 0; i < BED_BOUNCE_PAGES; i++) {
        gra_t at = bounce + i * UV_PAGE_SIZE;
        page_of(svm, at)->state = PAGE_IMPLICIT;
        page_of(svm, at)->normal = normal + i * UV_PAGE_SIZE;
        tree_map_page(&svm->tree, &svm->uv->frames, at, 0, false);
    }
}

#endif
