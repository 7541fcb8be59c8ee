/* The emulator's side: loads a case into a hand-built machine, lets the engine run it, reads it
 * back. */
#include <signal.h>
#include <stdlib.h>

#include "conformance.h"
#include "cpu/fpu.h"
#include "pefemu/machine.h"
#include "pefemu/mmu.h"

#define RAM_SIZE      (32 * MiB)
#define IMAGE_STEPS   1000000 /* instructions until an image is given up */
#define FPSCR_ENABLES (FPSCR_VE | FPSCR_OE | FPSCR_UE | FPSCR_ZE | FPSCR_XE)
#define USER_MSR      (MSR_SF | MSR_HV | MSR_ME | MSR_RI | MSR_FP | MSR_VEC | MSR_VSX)

struct conf_machine {
    struct machine m;
    struct cpu *cpu;
};

struct conf_machine *run_create(const struct engine *engine)
{
    struct conf_machine *cm = calloc(1, sizeof(*cm));
    struct cpu *cpu = aligned_alloc(64, (sizeof(struct cpu) + 63) & ~63ULL);
    struct machine *m;
    if (!cm || !cpu)
        abort();
    memset(cpu, 0, sizeof(*cpu));
    m = &cm->m;
    cm->cpu = cpu;
    m->engine = engine;
    m->cfg.hot = 1; /* all that jit can make native is */
    m->cpus = cpu;
    m->ncpus = 1;
    cpu->machine = m;
    if (!memory_init(&m->mem, RAM_SIZE, 0) || !tlb_init(cpu))
        abort();
    cpu_reset(cpu);
    if (engine->cpu_init && !engine->cpu_init(cpu))
        abort();
    cpu->run_state = CPU_RUNNING;
    cpu->hfscr = cpu->fscr = ~PPC_BITS(0, 7);
    cpu_set_msr(cpu, USER_MSR);
    return cm;
}

void run_destroy(struct conf_machine *cm)
{
    struct machine *m = &cm->m;
    if (m->engine->cpu_destroy)
        m->engine->cpu_destroy(cm->cpu);
    tlb_destroy(cm->cpu);
    if (m->engine->machine_destroy)
        m->engine->machine_destroy(m);
    memory_free(&m->mem);
    free(cm->cpu);
    free(cm);
}

static void store_bytes(struct machine *m, ra_t ra, const void *from, size_t len)
{
    memcpy(memory_ptr(&m->mem, ra, len), from, len);
    memory_written(m, ra, len);
}

/* The oracle runs with FE0 = FE1 = 1, which only matters where an exception is or gets enabled. */
static uint64_t fe_bits(const struct conf_case *c)
{
    bool may_trap = (c->in.fpscr & FPSCR_ENABLES) || !strncmp(insn_table[c->row].mnemonic, "mt", 2);
    return may_trap ? MSR_FE0 | MSR_FE1 : 0;
}

static void load_state(struct cpu *cpu, const struct conf_case *c, unsigned mode)
{
    const struct conf_state *s = &c->in;
    uint64_t msr = USER_MSR | fe_bits(c) | (mode & RUN_BIG ? 0 : MSR_LE);
    cpu_set_msr(cpu, mode & RUN_32BIT ? msr & ~MSR_SF : msr);
    memcpy(cpu->gpr, s->gpr, sizeof(cpu->gpr));
    cpu_set_cr_all(cpu, (uint32_t)s->cr);
    cpu_set_xer(cpu, s->xer);
    cpu->lr = s->lr;
    cpu->ctr = s->ctr;
    cpu->tar = s->tar;
    fpscr_sync(cpu);
    fpscr_write(cpu, s->fpscr, ~0ULL);
    cpu->vscr = (uint32_t)s->vscr;
    memcpy(cpu->vsr, s->vsr, sizeof(cpu->vsr));
    cpu->reserve_valid = false;
}

static void store_state(struct cpu *cpu, struct conf_state *s)
{
    memcpy(s->gpr, cpu->gpr, sizeof(cpu->gpr));
    s->cr = cpu_get_cr(cpu);
    s->xer = cpu_get_xer(cpu);
    s->lr = cpu->lr;
    s->ctr = cpu->ctr;
    s->fpscr = fpscr_read(cpu);
    s->vscr = cpu->vscr;
    memcpy(s->vsr, cpu->vsr, sizeof(cpu->vsr));
}

/* The signal that Linux makes of an interrupt, as seen in the registers; 0: none was taken. */
static int signal_of(const struct cpu *cpu, uint64_t *nia)
{
    *nia = cpu->srr0;
    switch (cpu->cia) {
    case 0x300:
    case 0x380:
        return SIGSEGV;
    case 0x600:
        return SIGBUS;
    case 0x700:
        return cpu->srr1 & SRR1_TRAP ? SIGTRAP : cpu->srr1 & SRR1_FP_ENABLED ? SIGFPE : SIGILL;
    case 0x800:
    case 0xf20:
    case 0xf40:
    case 0xf60:
        return SIGILL;
    case 0xe40:
        *nia = cpu->hsrr0;
        return SIGILL;
    default:
        *nia = cpu->cia;
        return cpu->cia < 0x3000 ? SIGSYS : 0;
    }
}

static void run_one(struct machine *m, struct cpu *cpu)
{
    engine_begin(cpu, 1);
    m->engine->run(cpu);
    engine_end(cpu);
}

void run_case(struct conf_machine *cm, const struct conf_case *c, unsigned mode,
              struct conf_state *result)
{
    struct machine *m = &cm->m;
    struct cpu *cpu = cm->cpu;
    uint32_t words[2];

    for (unsigned i = 0; i < 2; i++)
        words[i] = mode & RUN_BIG ? be32(c->words[i]) : le32(c->words[i]);

    memset(result, 0, sizeof(*result));
    store_bytes(m, SLOT - 4, words, sizeof(words));
    store_bytes(m, BUF_BASE, c->in.buf, BUF_SIZE);
    load_state(cpu, c, mode);
    cpu->cia = cpu->nia = c->single ? SLOT : SLOT - 4;
    m->current = cpu;
    run_one(m, cpu);
    m->current = NULL;
    store_state(cpu, result);
    result->signal = (uint32_t)signal_of(cpu, &result->nia);
    memcpy(result->buf, memory_ptr(&m->mem, BUF_BASE, BUF_SIZE), BUF_SIZE);
}

bool run_image(struct conf_machine *cm, const void *image, size_t size, uint64_t end,
               struct conf_state *result)
{
    struct machine *m = &cm->m;
    struct cpu *cpu = cm->cpu;
    const struct conf_case zero = {.words = {CONF_NOP, CONF_NOP}};

    store_bytes(m, 0, image, size);
    load_state(cpu, &zero, 0);
    cpu->cia = cpu->nia = 0;
    cpu->step_only = true;
    m->current = cpu;
    for (unsigned i = 0; i < IMAGE_STEPS && cpu->cia != end; i++)
        run_one(m, cpu);
    m->current = NULL;
    cpu->step_only = false;
    memset(result, 0, sizeof(*result));
    store_state(cpu, result);
    return cpu->cia == end;
}
