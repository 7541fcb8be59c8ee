/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random instruction words in every privilege state, with random registers, through the engines:
 * nothing crashes, hangs or touches the host beyond the machine's memory, and interp and jit
 * end in the same state as ref. Half of the words are rows of the instruction table with random
 * operands; an eighth of the programs are loops of floating-point and vector arithmetic.
 *
 *   real   0x00000  root of the partition-scoped tree: its first entry; attn from 0x100 on, so that
 *                   an interrupt ends the run
 *          0x05000  partition table, process table, the trees' second levels
 *          0x09000  the program, ended by attn
 *          0x0a000  random data; 0x10000 root of the process-scoped tree: its first entry;
 *                   0x17000 attn (scv)
 *   1<<48           secure memory: the same program at the same offset, random data
 *
 * Translated, effective addresses from 0 on are these real ones; from 1 GiB on a guest's are secure
 * memory, from 2 GiB on the ultravisor's. Other entries of the roots are random data: walks go
 * anywhere.
 *
 * random_words [WORDS [SEED [STATE]]]: WORDS in each state, or in the one numbered STATE.
 */
#include "engines.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "cpu/fpu.h"
#include "pefemu/chardev.h"
#include "pefemu/log.h"
#include "pefemu/mmu.h"
#include "pefemu/splitmix.h"

#define RAM           (128 * KiB)
#define SECURE        (64 * KiB)
#define TABLES        0x5000u
#define PROCESS_TAB   0x6000u
#define PROCESS_DIR   0x7000u
#define PARTITION_DIR 0x8000u
#define TABLES_END    0x9000u
#define CODE          0x9000u
#define PROCESS_ROOT  0x10000u
#define SCV           0x17000u
#define WINDOW        0x40000000u
#define ATTN          0x00000200u
#define MAX_WORDS     16u
/* Attempts of one run: a loop ends with them. */
#define RUN_LIMIT 100u
/* Memory is put right after so many cases, or when a case wrote to the tables. */
#define CASES_PER_IMAGE 64u
/* CPU seconds without a word of progress after which this is a hang. */
#define WATCHDOG_S 300

static const struct state {
    const char *name;
    uint64_t msr;
} states[] = {
    {"problem", MSR_PR},
    {"problem of a host", MSR_PR | MSR_HV},
    {"problem, secure", MSR_PR | MSR_S},
    {"privileged", 0},
    {"privileged, secure", MSR_S},
    {"hypervisor", MSR_HV},
    {"ultravisor", MSR_HV | MSR_S},
};

struct program {
    const struct state *state;
    uint64_t seed; /* of the registers */
    uint64_t msr;
    ea_t start;
    unsigned count;
    bool loop; /* of arithmetic */
    uint32_t words[MAX_WORDS];
};

struct bench {
    struct machine *ref, *fast;
    uint8_t *ram, *secure; /* owned: what memory holds at the start, but for the program */
    uint64_t rng;
};

/* ---- machines ---- */

/* Whoever runs over an end of memory is to crash, not to hit whatever the host has there. */
static void wall_in(uint8_t *p, uint64_t size)
{
    const uint64_t huge = 2 * MiB, wall = 64 * KiB;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    mprotect(p + size, huge - size, PROT_NONE); /* memory is mapped in whole huge pages */
    /* Refused: something is there already. */
    (void)mmap(p - wall, wall, PROT_NONE, flags, -1, 0);
    (void)mmap(p + huge, wall, PROT_NONE, flags, -1, 0);
}

static struct machine *make_machine(const struct engine *engine, struct chardev *console)
{
    static const char *const regs[] = {"pc=0x9000", NULL};
    static const char *const devices[] = {"uart16550,addr=0x40000000", "uart,addr=0x40000100",
                                          "irq,addr=0x40000200", NULL};
    struct machine_config cfg = {
        .machine = "bare",
        .bare = {.smf = true, .secure_size = SECURE, .regs = regs, .devices = devices},
        .ram_size = RAM,
        .cpus = 1,
        .cores = 1,
        .threads = 1,
        .engine = engine,
        .hot = 1, /* all that jit can make native is */
        .deterministic = true,
        .have_seed = true,
        .seed = 1,
    };
    struct machine *m = machine_create(&cfg, console);
    if (!m)
        exit(1);
    wall_in(m->mem.ram, RAM);
    wall_in(m->mem.secure, SECURE);
    return m;
}

/* ---- what memory holds ---- */

static void put_radix_tables(uint8_t *ram)
{
    const uint64_t valid = PPC_BIT(0), leaf = PPC_BIT(0) | PPC_BIT(1) | 0x187;
    const uint64_t rts = 0x4000000000000000ULL | 5ULL << 5;
    memset(ram + TABLES, 0, TABLES_END - TABLES);
    for (unsigned lpid = 0; lpid < 2; lpid++) {
        put_be64(ram + TABLES + 16 * lpid, valid | rts | 13);
        put_be64(ram + TABLES + 16 * lpid + 8, PROCESS_TAB);
    }
    for (unsigned pid = 0; pid < 2; pid++)
        put_be64(ram + PROCESS_TAB + 16 * pid, rts | PROCESS_ROOT | 13);
    put_be64(ram, valid | PARTITION_DIR | 9);
    put_be64(ram + PROCESS_ROOT, valid | PROCESS_DIR | 9);
    put_be64(ram + PARTITION_DIR, leaf);
    put_be64(ram + PARTITION_DIR + 8, leaf | SECURE_RA_BIT);
    put_be64(ram + PROCESS_DIR, leaf);
    put_be64(ram + PROCESS_DIR + 8, leaf | GiB);
    put_be64(ram + PROCESS_DIR + 16, leaf | SECURE_RA_BIT);
}

static void make_image(struct bench *b)
{
    for (unsigned i = 0; i < RAM; i += 8)
        put_be64(b->ram + i, splitmix64(&b->rng));
    for (unsigned i = 0; i < SECURE; i += 8)
        put_be64(b->secure + i, splitmix64(&b->rng));
    for (unsigned i = 0; i < TABLES; i += 4)
        put_be32(b->ram + i, ATTN);
    for (unsigned i = 0; i < 0x1000; i += 4)
        put_be32(b->ram + SCV + i, ATTN);
    put_radix_tables(b->ram);
}

static void put_image(const struct bench *b, struct machine *m)
{
    memcpy(m->mem.ram, b->ram, RAM);
    memcpy(m->mem.secure, b->secure, SECURE);
    memory_written(m, 0, RAM);
    memory_written(m, SECURE_RA_BIT, SECURE);
}

/* Translations may be cached: a program that changes its tables may see either. */
static bool tables_intact(const struct bench *b, const struct machine *m)
{
    const uint8_t *ram = m->mem.ram;
    return !memcmp(ram, b->ram, 8) && !memcmp(ram + PROCESS_ROOT, b->ram + PROCESS_ROOT, 8) &&
           !memcmp(ram + TABLES, b->ram + TABLES, TABLES_END - TABLES);
}

/* ---- programs ---- */

static uint32_t random_word(uint64_t *rng, unsigned at, unsigned count)
{
    uint64_t r = splitmix64(rng);
    uint32_t word = (uint32_t)r;
    if (r >> 63) {
        const struct insn_row *row = &insn_table[1 + (r >> 32 & 0xffff) % (INSN_COUNT - 1)];
        word = row->match | (word & ~row->mask);
        if (r >> 60 & 7)
            word = engines_tame(row, word, at, count);
    }
    return word;
}

/* Floating-point and vector instructions on few registers, so that one uses what another left. */
static uint32_t random_vector_word(uint64_t *rng)
{
    const uint32_t register_fields = 0x1c << 21 | 0x1c << 16 | 0x1c << 11 | 0x1c << 6;
    for (;;) {
        uint64_t r = splitmix64(rng);
        const struct insn_row *row = &insn_table[1 + (r >> 32 & 0xffff) % (INSN_COUNT - 1)];
        if (row->fac == FAC_FPU || row->fac == FAC_VMX || row->fac == FAC_VSX)
            return row->match | ((uint32_t)r & ~row->mask & ~register_fields);
    }
}

/* What native code does itself is a small part of those. */
static uint32_t random_arithmetic_word(uint64_t *rng)
{
    static const uint16_t ids[] = {
        INSN_FADD,      INSN_FSUB,      INSN_FMUL,      INSN_FMADD,     INSN_FNMSUB,
        INSN_FADDS,     INSN_FSUBS,     INSN_FMULS,     INSN_FMADDS,    INSN_FNMADDS,
        INSN_FDIVS,     INSN_FRSP,      INSN_FMR,       INSN_FNEG,      INSN_FCMPU,
        INSN_FCTIDZ,    INSN_FCFID,     INSN_FCFIDS,    INSN_FRIM,      INSN_FSEL,
        INSN_XSADDDP,   INSN_XSMADDASP, INSN_XSMADDMDP, INSN_XSCMPGTDP, INSN_XSMAXCDP,
        INSN_XVADDDP,   INSN_XVMADDASP, INSN_XVMULDP,   INSN_XXLOR,     INSN_XXPERMDI,
        INSN_XSCVDPSPN, INSN_XSCVSPDPN, INSN_MFVSRD,    INSN_MTVSRD,    INSN_MFVSRLD,
        INSN_XXSPLTW,   INSN_VADDUWM,   INSN_VSPLTISW,  INSN_VPERM,     INSN_FDIV,
        INSN_FSQRTS,    INSN_XXLXOR,
    };
    const uint32_t register_fields = 0x1c << 21 | 0x1c << 16 | 0x1c << 11 | 0x1c << 6;
    uint64_t r = splitmix64(rng);
    const struct insn_row *row = &insn_table[ids[(r >> 32 & 0xffff) % ARRAY_SIZE(ids)]];

    return row->match | ((uint32_t)r & ~row->mask & ~register_fields);
}

/* A loop of them, whose registers native code may keep from turn to turn. */
static void random_loop(struct bench *b, struct program *p)
{
    p->count += p->count == 1;
    for (unsigned i = 0; i < p->count; i++)
        p->words[i] = splitmix64(&b->rng) & 15 ? random_arithmetic_word(&b->rng)
                                               : random_vector_word(&b->rng);
    p->words[p->count - 1] = 0x42000000 | (-4u * (p->count - 1) & 0xfffc); /* bdnz */
}

static uint64_t random_msr(uint64_t r, const struct state *s)
{
    uint64_t msr = s->msr | (r & 15 ? MSR_SF : 0) | (r >> 4 & 7 ? MSR_FP | MSR_VEC | MSR_VSX : 0);
    msr |= r >> 8 & (MSR_FE0 | MSR_FE1 | MSR_RI | MSR_LE);
    msr |= r >> 20 & 15 ? MSR_ME : 0;
    msr |= r >> 24 & 3 ? 0 : MSR_EE;
    msr |= r >> 28 & 31 ? 0 : r >> 33 & 1 ? MSR_SE : MSR_BE;
    if (r >> 34 & 1)
        msr |= MSR_IR | MSR_DR;
    else
        msr |= r >> 35 & 7 ? 0 : r >> 38 & 1 ? MSR_IR : MSR_DR;
    return msr;
}

/* The program in normal memory, or where the state finds secure memory. */
static ea_t random_start(uint64_t r, uint64_t msr)
{
    if (!(msr & MSR_S) || r & 3)
        return CODE;
    if (!(msr & MSR_HV))
        return GiB + CODE;
    return (msr & MSR_IR ? 2 * GiB : SECURE_RA_BIT) + CODE;
}

static void random_program(struct bench *b, const struct state *s, struct program *p)
{
    p->state = s;
    p->seed = splitmix64(&b->rng);
    p->msr = random_msr(splitmix64(&b->rng), s);
    p->start = random_start(splitmix64(&b->rng), p->msr);
    p->count = 1 + splitmix64(&b->rng) % MAX_WORDS;
    bool vector = !(splitmix64(&b->rng) & 3);
    p->loop = vector && splitmix64(&b->rng) & 1;
    for (unsigned i = 0; i < p->count; i++)
        p->words[i] = vector ? random_vector_word(&b->rng) : random_word(&b->rng, i, p->count);
    if (p->loop)
        random_loop(b, p);
}

static void put_words(struct machine *m, ra_t ra, const struct program *p)
{
    uint8_t *at = memory_ptr(&m->mem, ra, 4 * (MAX_WORDS + 1));
    for (unsigned i = 0; i <= p->count; i++) {
        uint32_t word = i < p->count ? p->words[i] : ATTN;
        if (p->msr & MSR_LE)
            put_le32(at + 4 * i, word);
        else
            put_be32(at + 4 * i, word);
    }
    memory_written(m, ra, 4 * (MAX_WORDS + 1));
}

/* ---- registers ---- */

static uint64_t random_value(uint64_t *rng)
{
    static const uint64_t special[] = {0,
                                       1,
                                       -1ULL,
                                       INT64_MIN,
                                       INT64_MAX,
                                       0x80000000,
                                       0xffffffff,
                                       WINDOW,
                                       WINDOW + 5,
                                       RAM - 8,
                                       RAM - 1,
                                       RAM,
                                       WINDOW + 256,
                                       SECURE_RA_BIT,
                                       0x7ff0000000000000,
                                       0xc000000000004000};
    uint64_t r = splitmix64(rng), v = splitmix64(rng);
    switch (r & 15) {
    case 0:
        return v;
    case 1:
        return (uint64_t)(int64_t)(int16_t)v;
    case 2:
        return v & 63;
    case 3:
        return special[v % ARRAY_SIZE(special)];
    case 4: /* an MSR image */
        return (v & (MSR_S | MSR_HV | MSR_PR | MSR_IR | MSR_DR | MSR_EE | MSR_LE)) | MSR_SF |
               MSR_ME;
    case 5:
        return CODE + (v & 0x3c);
    case 6:
        return GiB + v % SECURE;
    case 7:
        return SECURE_RA_BIT + v % SECURE;
    case 8:
        return 1ULL << (v & 63);
    case 9:
        return 0xc000000000000000ULL | v % RAM;
    case 10:
        return WINDOW + (v & 0x3ff);
    default:
        return 0xa000 + (v & 0x5ff8) + (r & 16 ? v >> 32 & 7 : 0);
    }
}

static uint64_t random_float(uint64_t *rng)
{
    static const uint64_t special[] = {0,
                                       1ULL << 63,
                                       0x3ff0000000000000,
                                       0x7ff0000000000000,
                                       0x7ff8000000000000,
                                       0x7ff0000000000001,
                                       0xfff0000000000000,
                                       1,
                                       0x000fffffffffffff,
                                       0x7fefffffffffffff,
                                       0x47efffffe0000000,
                                       0x380fffffc0000000};
    uint64_t r = splitmix64(rng), v = splitmix64(rng);
    if (r & 3)
        return r & 4 ? v : (v & 0x800fffffffffffffULL) | (0x3f0 + (r >> 8 & 31)) << 52;
    return special[v % ARRAY_SIZE(special)];
}

/* Mostly a number that is still one after a few operations, half of those singles. */
static uint64_t random_tame_float(uint64_t *rng)
{
    uint64_t r = splitmix64(rng), v = random_float(rng);

    if (!(r & 15))
        return v;
    v = (r & (PPC_BIT(0) | PPC_BITS(12, 63))) | (1015 + (r >> 4 & 15)) << 52;
    return r >> 9 & 1 ? v & ~0x1fffffffULL : v;
}

static void set_sprs(struct cpu *cpu, uint64_t *rng)
{
    cpu->lpcr = LPCR_UPRT | LPCR_HR | (splitmix64(rng) & (LPCR_AIL | LPCR_EVIRT | LPCR_LD));
    cpu->ptcr = TABLES;
    cpu->hfscr = splitmix64(rng) & 7 ? ~PPC_BITS(0, 7) : splitmix64(rng);
    cpu->fscr = splitmix64(rng) & 3 ? ~PPC_BITS(0, 7) : splitmix64(rng);
    cpu->lpid = splitmix64(rng) & 1;
    cpu->pid = splitmix64(rng) & 1;
    cpu->srr0 = random_value(rng);
    cpu->srr1 = random_value(rng);
    cpu->lr = random_value(rng);
    cpu->tar = random_value(rng);
    cpu->ctr = splitmix64(rng) & 1 ? random_value(rng) : splitmix64(rng) & 7;
    if (splitmix64(rng) & 1)
        return;
    for (unsigned n = 0; n < 8; n++) { /* any others: half of the numbers hit nothing */
        uint64_t r = splitmix64(rng);
        cpu_spr_poke(cpu, r & 0x3ff, random_value(rng));
    }
}

static void set_registers(struct machine *m, const struct program *p)
{
    struct cpu *cpu = &m->cpus[0];
    uint64_t rng = p->seed;
    m->now_ns = 0;
    cpu_reset(cpu);
    cpu->insn_retired = cpu->slice_end = cpu->stalls = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(m->rng_state); i++)
        m->rng_state[i] = i + 1;
    for (unsigned i = 0; i < 32; i++)
        cpu->gpr[i] = random_value(&rng);
    for (unsigned i = 0; i < 64; i++)
        for (unsigned d = 0; d < 2; d++)
            VD(cpu->vsr[i], d) = p->loop ? random_tame_float(&rng) : random_float(&rng);
    cpu_set_cr_all(cpu, (uint32_t)splitmix64(&rng));
    cpu_set_xer(cpu, splitmix64(&rng));
    uint64_t r = splitmix64(&rng);
    fpscr_write(cpu, r & 7 ? r & 0xff000 : r, ~0ULL);
    cpu->vscr = splitmix64(&rng) & 0x10001;
    set_sprs(cpu, &rng);
    cpu_update_fp_mode(cpu);
}

/* ---- running ---- */

/* From word @at of the program in its state again, whatever happened before. */
static void start_at(struct machine *m, const struct program *p, unsigned at)
{
    struct cpu *cpu = &m->cpus[0];
    m->stop = STOP_NONE;
    m->reset_request = false;
    cpu->run_state = CPU_RUNNING;
    cpu_set_msr(cpu, p->msr);
    cpu->cia = cpu->nia = p->start + 4 * at;
    tlb_flush_all(cpu);
}

/* Until attn, sleep or RUN_LIMIT. Returns how many instructions were tried. */
static unsigned run(struct machine *m, unsigned slice)
{
    struct cpu *cpu = &m->cpus[0];
    uint64_t before = cpu->insn_retired + cpu->stalls, tried = 0;
    while (m->stop == STOP_NONE && tried < RUN_LIMIT && machine_run_slice(m, cpu, slice)) {
        fpscr_sync(cpu);
        tried = cpu->insn_retired + cpu->stalls - before;
    }
    return (unsigned)tried;
}

static void print_program(const struct program *p, unsigned at)
{
    fprintf(stderr, "  %s, msr %016llx, registers by %016llx, started at word %u\n", p->state->name,
            (unsigned long long)p->msr, (unsigned long long)p->seed, at);
    for (unsigned i = 0; i < p->count; i++) {
        char text[128];
        insn_disas(text, sizeof(text), p->words[i], p->start + 4 * i);
        fprintf(stderr, "  %12llx: %08x  %s\n", (unsigned long long)p->start + 4 * i, p->words[i],
                text);
    }
}

/* What the watchdog names; signal handlers have no argument. */
static struct program running;

static void say(const char *text, size_t len)
{
    if (write(STDERR_FILENO, text, len) < 0)
        abort();
}

static void say_hex(uint64_t v)
{
    char text[17] = " ";
    for (unsigned i = 0; i < 16; i++)
        text[1 + i] = "0123456789abcdef"[v >> (60 - 4 * i) & 15];
    say(text, sizeof(text));
}

/* In a signal handler there is no stdio: MSR, seed of the registers, start and words as numbers. */
static void on_watchdog(int sig)
{
    static const char title[] = "random_words: no progress; msr, registers by, start, words:\n";
    (void)sig;
    say(title, sizeof(title) - 1);
    say_hex(running.msr);
    say_hex(running.seed);
    say_hex(running.start);
    for (unsigned i = 0; i < running.count; i++)
        say_hex(running.words[i]);
    say("\n", 1);
    abort();
}

static void arm_watchdog(void)
{
    struct itimerval t = {.it_value = {.tv_sec = WATCHDOG_S}};
    signal(SIGVTALRM, on_watchdog);
    setitimer(ITIMER_VIRTUAL, &t, NULL);
}

/* The whole program: what an interrupt or a branch kept from being tried is started again. Returns
 * how many words were tried (repeated ones count once), 0 when the engines part. */
static unsigned run_program(struct bench *b, const struct program *p, bool *dirty)
{
    unsigned slice = 1 + p->seed % 40, total = 0;
    set_registers(b->ref, p);
    set_registers(b->fast, p);
    for (unsigned at = 0, tried; at < p->count; at += tried) {
        start_at(b->ref, p, at);
        start_at(b->fast, p, at);
        tried = run(b->ref, slice);
        unsigned same = run(b->fast, slice);
        *dirty = !tables_intact(b, b->ref) || !tables_intact(b, b->fast);
        if (*dirty)
            return total + 1;
        unsigned bad = tried != same;
        bad += engines_differ(b->ref, b->fast);
        bad += engines_memory_differs("memory", b->ref->mem.ram, b->fast->mem.ram, RAM);
        bad += engines_memory_differs("secure memory", b->ref->mem.secure, b->fast->mem.secure,
                                      SECURE);
        if (bad) {
            print_program(p, at);
            return 0;
        }
        tried += !tried;
        total += tried < p->count - at ? tried : p->count - at;
    }
    return total;
}

static bool run_state(struct bench *b, const struct state *s, uint64_t words)
{
    bool dirty = true;
    uint64_t tried = 0;
    for (unsigned n = 0; tried < words; n++) {
        unsigned count;
        if (dirty || n % CASES_PER_IMAGE == 0) {
            put_image(b, b->ref);
            put_image(b, b->fast);
            arm_watchdog();
        }
        random_program(b, s, &running);
        for (unsigned i = 0; i < 2; i++) {
            put_words(i ? b->ref : b->fast, CODE, &running);
            put_words(i ? b->ref : b->fast, SECURE_RA_BIT + CODE, &running);
        }
        count = run_program(b, &running, &dirty);
        if (!count) {
            printf("FAIL random_words %s, %s: the engines part at program %u\n", s->name,
                   b->fast->engine->name, n);
            return false;
        }
        tried += count;
    }
    printf("pass random_words %s, %s: %llu words\n", s->name, b->fast->engine->name,
           (unsigned long long)tried);
    return true;
}

static uint64_t default_words(void)
{
#ifdef __SANITIZE_ADDRESS__
    return 1000000;
#else
    const char *full = getenv("PEFEMU_FULL");
    return full && *full ? 1000000 : 100000;
#endif
}

int main(int argc, char **argv)
{
    uint64_t words = argc > 1 ? strtoull(argv[1], NULL, 0) : default_words();
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    unsigned only = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 0) : ~0u;
    static const struct engine *const fast[] = {&engine_interp, &engine_jit};
    const char *why;
    struct chardev *console = chardev_open("null", &why);
    struct bench b = {.ram = malloc(RAM), .secure = malloc(SECURE)};
    unsigned passed = 0, failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!console || !b.ram || !b.secure)
        return 1;
    if (getenv("PEFEMU_FUZZ_LOG"))
        log_set_items(getenv("PEFEMU_FUZZ_LOG"), &why);
    else if (!log_set_file("/dev/null")) /* that the formatting survives is part of it */
        log_set_items("unimp,guest_errors,int", &why);
    printf("random_words: %llu words in each state, seed %llu\n", (unsigned long long)words,
           (unsigned long long)seed);
    for (unsigned i = 0; i < ARRAY_SIZE(fast); i++) {
        b.ref = make_machine(&engine_ref, console);
        b.fast = make_machine(fast[i], console);
        for (unsigned n = 0; n < ARRAY_SIZE(states); n++) {
            if (only != ~0u && only != n)
                continue;
            b.rng = seed + n * 0x123456789ULL; /* a state's words do not depend on the others */
            make_image(&b);
            bool ok = run_state(&b, &states[n], words);
            passed += ok;
            failed += !ok;
        }
        machine_destroy(b.ref);
        machine_destroy(b.fast);
    }
    chardev_close(console);
    free(b.ram);
    free(b.secure);
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
