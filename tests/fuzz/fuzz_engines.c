/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One program of random instructions in guest state on ref, and on interp and jit: whatever it
 * does, nothing crashes or hangs, the hypervisor's memory stays as it is, and each ends in the
 * state of ref.
 *
 *   guest real    0x000000  interrupt vectors: skip the instruction, or start again
 *                 0x020000  the program, one page at most; 0x021000 is what follows it
 *                 0x040000  128 KiB of data
 *                 0x100000  process table and radix tree
 *
 * Translated, the low 6 MiB are mapped one to one in quadrants 0 and 3 except for the tables: code
 * and data in 4 KiB pages with random rights, the rest in pages of 64 KiB and 2 MiB.
 *
 * Input: 16 bytes of header (struct setup), then 6 bytes per instruction: row, operand bits.
 * PEFEMU_FUZZ_TRACE=1 prints the program of every input; PEFEMU_FUZZ_SLICE=1 compares the engines
 * after every instruction or boundary, which finds where they part.
 */
#include "fuzz.h"

#include "engines.h"

#include <stdlib.h>

#include "cpu/fpu.h"
#include "pefemu/mmu.h"
#include "pefemu/splitmix.h"

#define CODE       0x20000ULL
#define CODE_MAX   256u
#define DATA       0x40000ULL
#define DATA_SIZE  0x20000ULL
#define TABLES     0x100000ULL
#define TABLES_END 0x130000ULL
#define ESB_EA     0x1e0000ULL
#define TIMA_EA    0x1f0000ULL
#define BUDGET     1500

enum {
    SETUP_LE = 1,
    SETUP_PR = 2,
    SETUP_IR = 4,
    SETUP_DR = 8,
    SETUP_SF32 = 16,
    SETUP_NO_FP = 32,
    SETUP_EE = 64,
    SETUP_AIL = 128,
    SETUP_FE = 256,
    SETUP_SE = 512,
    SETUP_BE = 1024,
    SETUP_XIVE = 2048,
    SETUP_FSCR = 4096,
    SETUP_PID1 = 8192,
};

struct setup {
    uint16_t flags;
    uint16_t slice;  /* instructions until the engines are compared */
    uint16_t offset; /* of the program in its page, in words */
    uint64_t seed;   /* of registers, data and page rights */
    unsigned count;  /* instructions */
    uint32_t words[CODE_MAX];
};

/* ---- the program ---- */

static uint32_t make_word(struct input *in, unsigned at, unsigned count)
{
    uint16_t pick = input_u16(in);
    uint32_t bits = input_u32(in);
    const struct insn_row *row = &insn_table[1 + pick % (INSN_COUNT - 1)];
    if (pick >= 0xfc00)
        return bits;
    uint32_t word = row->match | (bits & ~row->mask);
    return pick >= 0xf000 ? word : engines_tame(row, word, at, count);
}

static void read_setup(struct setup *s, struct input *in)
{
    s->flags = input_u16(in);
    s->slice = 1 + input_u16(in) % 1000;
    s->offset = input_u16(in) % 1024;
    input_u16(in);
    s->seed = input_u64(in);
    s->count = in->left / 6 < CODE_MAX ? in->left / 6 : CODE_MAX;
    for (unsigned i = 0; i < s->count; i++)
        s->words[i] = make_word(in, i, s->count);
}

static ea_t start_of(const struct setup *s)
{
    return CODE + 4ULL * s->offset;
}

static void put_words(struct machine *m, const struct setup *s, gra_t gra, const uint32_t *w,
                      unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint8_t bytes[4];
        if (s->flags & SETUP_LE)
            put_le32(bytes, w[i]);
        else
            put_be32(bytes, w[i]);
        gm_write(m, gra + 4 * i, bytes, 4);
    }
}

/* R31 is borrowed through SPRG2; SPRG3 holds the program's start. */
static void put_vectors(struct machine *m, const struct setup *s, gra_t base)
{
    static const uint32_t skip[] = {0x7ff243a6, 0x7ffa02a6, 0x3bff0004,
                                    0x7ffa03a6, 0x7ff242a6, 0x4c000024};
    static const uint32_t again[] = {0x7ff243a6, 0x7ff342a6, 0x7ffa03a6, 0x7ff242a6, 0x4c000024};
    static const uint32_t dec[] = {0x7ff243a6, 0x3be00400, 0x7ff603a6, 0x7ff242a6, 0x4c000024};
    static const uint32_t rfid = 0x4c000024, rfscv = 0x4c0000a4;
    for (unsigned v = 0x80; v < 0x1000; v += 0x80)
        put_words(m, s, base + v, skip, ARRAY_SIZE(skip));
    put_words(m, s, base + 0x400, again, ARRAY_SIZE(again));
    put_words(m, s, base + 0x480, again, ARRAY_SIZE(again));
    put_words(m, s, base + 0x900, dec, ARRAY_SIZE(dec));
    put_words(m, s, base + 0x500, &rfid, 1);
    put_words(m, s, base + 0xc00, &rfid, 1);
    put_words(m, s, base + 0xd00, &rfid, 1);
    put_words(m, s, base ? 0x3000 : 0x17000, &rfscv, 1);
}

static void put_program(struct machine *m, const struct setup *s)
{
    uint32_t back = 0x48000000 | ((0 - 4 * s->count) & 0x03fffffc);
    put_vectors(m, s, 0);
    put_vectors(m, s, 0x4000);
    put_words(m, s, start_of(s), s->words, s->count);
    put_words(m, s, start_of(s) + 4 * s->count, &back, 1);
}

/* ---- translation ---- */

#define ROOT          0x110000ULL
#define DIR2          0x120000ULL
#define DIR3          0x121000ULL
#define LEAF4         0x122000ULL
#define LEAF5         0x123000ULL
#define VALID         PPC_BIT(0)
#define LEAF          PPC_BIT(1)
#define PROCESS_TABLE (PPC_BIT(0) | TABLES)

static void put_dw(struct machine *m, gra_t gra, uint64_t v)
{
    uint8_t bytes[8];
    put_be64(bytes, v);
    gm_write(m, gra, bytes, 8);
}

/* EAA 60:63 privileged, read, write, execute; R, C and caching-inhibited sometimes. */
static uint64_t random_leaf(gra_t gra, uint64_t r)
{
    uint64_t rights = gra >= DATA && gra < DATA + DATA_SIZE && !(r & 3) ? r >> 8 & 15 : 7;
    uint64_t rc = r >> 16 & 0x180, inhibited = (r >> 24 & 31) == 0 ? 0x20 : 0;
    if (!(r >> 32 & 31) && gra >= DATA)
        return 0;
    return VALID | LEAF | gra | rights | rc | inhibited;
}

static void put_tables(struct machine *m, const struct setup *s)
{
    uint64_t state = s->seed ^ 0x7ab1e5;
    for (unsigned pid = 0; pid < 2; pid++)
        put_dw(m, TABLES + 16 * pid, 0x4000000000000000ULL | 5ULL << 5 | ROOT | 13);
    put_dw(m, ROOT, VALID | DIR2 | 9);
    put_dw(m, DIR2, VALID | DIR3 | 9);
    put_dw(m, DIR3, VALID | LEAF4 | 9);
    put_dw(m, DIR3 + 8, VALID | LEAF | 0x200000 | 7);
    put_dw(m, DIR3 + 16, VALID | LEAF5 | 5);
    for (gra_t gra = 0; gra < 2 * MiB; gra += 4096) {
        uint64_t r = splitmix64(&state);
        if (gra < TABLES || gra >= TABLES_END)
            put_dw(m, LEAF4 + (gra >> 12) * 8, random_leaf(gra, r));
    }
    for (unsigned i = 0; i < 32; i++)
        put_dw(m, LEAF5 + 8 * i, random_leaf(4 * MiB + i * 0x10000ULL, splitmix64(&state)));
    put_dw(m, LEAF4 + (ESB_EA >> 12) * 8,
           VALID | LEAF | (XIVE_ESB_BASE + (2 * IRQ_VTY + 1) * XIVE_PAGE) | 0x26);
    put_dw(m, LEAF4 + (TIMA_EA >> 12) * 8, VALID | LEAF | XIVE_TIMA_OS | 0x26);
}

/* The guest left its tables alone: reference and change bits may differ from what was put there,
 * nothing else. */
static bool tables_intact(struct machine *m, const uint8_t *before)
{
    const uint8_t *now = m->mem.ram + TABLES;
    for (unsigned i = 0; i < TABLES_END - TABLES; i += 8) {
        if (i % 4096 == 0 && !memcmp(now + i, before + i, 4096))
            i += 4096 - 8;
        else if ((get_be64(now + i) ^ get_be64(before + i)) & ~0x180ULL)
            return false;
    }
    return fuzz_same_process_table(m, PROCESS_TABLE);
}

/* ---- registers ---- */

static uint64_t random_gpr(uint64_t *state)
{
    static const uint64_t special[] = {0,
                                       1,
                                       -1ULL,
                                       INT64_MIN,
                                       INT64_MAX,
                                       0x80000000,
                                       0xffffffff,
                                       0x7fffffff,
                                       ESB_EA + 0x800,
                                       TIMA_EA + 0x10,
                                       XIVE_TIMA_OS,
                                       FUZZ_RAM - 8,
                                       0xc000000000041000,
                                       0x2001,
                                       0xf000,
                                       0x3b8};
    uint64_t r = splitmix64(state), v = splitmix64(state);
    switch (r & 15) {
    case 0:
        return v;
    case 1:
        return special[v % ARRAY_SIZE(special)];
    case 2:
        return v & 0xff;
    case 3:
        return CODE + (v & 0x1ffc);
    case 4: /* over the end of a page */
        return DATA + (v & 0x1f000) - (r >> 8 & 15);
    case 5:
        return 0xc000000000000000ULL | (DATA + (v & (DATA_SIZE - 16)));
    case 6:
        return (int64_t)v >> (r >> 8 & 63);
    default:
        return DATA + (v & (DATA_SIZE - 1) & (r & 256 ? ~15ULL : ~0ULL));
    }
}

static uint64_t random_fp(uint64_t *state)
{
    static const uint64_t special[] = {0,
                                       INT64_MIN,
                                       0x3ff0000000000000,
                                       0x7ff0000000000000,
                                       0xfff0000000000000,
                                       0x7ff8000000000000,
                                       0x7ff0000000000001,
                                       1,
                                       0x000fffffffffffff,
                                       0x0010000000000000,
                                       0x7fefffffffffffff,
                                       0x36a0000000000000,
                                       0x47efffffe0000000,
                                       0x7f8000003f800000,
                                       0x7fc000017f800001,
                                       0x0000000100800000};
    uint64_t r = splitmix64(state), v = splitmix64(state);
    if ((r & 3) == 0)
        return special[v % ARRAY_SIZE(special)];
    if ((r & 3) == 1) /* near 1, few digits */
        return 0x3ff0000000000000ULL + ((v & 0xff) << 48) - (1ULL << 54) + (r & 256 ? v >> 50 : 0);
    return v;
}

static uint64_t start_msr(const struct setup *s)
{
    uint64_t msr = MSR_ME | MSR_RI;
    unsigned f = s->flags;
    msr |= f & SETUP_SF32 && f & SETUP_FE ? 0 : MSR_SF;
    msr |= f & SETUP_LE ? MSR_LE : 0;
    msr |= f & SETUP_PR ? MSR_PR : 0;
    msr |= f & SETUP_IR ? MSR_IR : 0;
    msr |= f & SETUP_DR ? MSR_DR : 0;
    msr |= f & SETUP_NO_FP && f & SETUP_EE ? 0 : MSR_FP | MSR_VEC | MSR_VSX;
    msr |= f & SETUP_EE ? MSR_EE : 0;
    msr |= f & SETUP_FE ? MSR_FE0 | MSR_FE1 : 0;
    msr |= f & SETUP_SE && f & SETUP_BE && f & SETUP_EE ? MSR_SE : 0;
    msr |= f & SETUP_BE && !(f & (SETUP_SE | SETUP_NO_FP)) ? MSR_BE : 0;
    return msr;
}

static void set_registers(struct cpu *cpu, const struct setup *s)
{
    uint64_t state = s->seed;
    for (unsigned i = 0; i < 32; i++)
        cpu->gpr[i] = random_gpr(&state);
    for (unsigned i = 0; i < 64; i++)
        for (unsigned d = 0; d < 2; d++)
            VD(cpu->vsr[i], d) = random_fp(&state);
    cpu_set_cr_all(cpu, (uint32_t)splitmix64(&state));
    cpu_set_xer(cpu, splitmix64(&state));
    uint64_t r = splitmix64(&state);
    fpscr_write(cpu, r & 7 ? r & 0xff000 : r, ~0ULL);
    cpu->vscr = r >> 32 & 0x10001;
    cpu->ctr = r & 32 ? splitmix64(&state) : r >> 40 & 31;
    cpu->lr = start_of(s) + (r >> 48 & 0x3c);
    cpu->tar = start_of(s) + (r >> 52 & 0x3c);
    cpu->sprg[3] = start_of(s);
    cpu->pid = s->flags & SETUP_PID1 ? 1 : 0;
    cpu->fscr = s->flags & SETUP_FSCR ? 0 : ~PPC_BITS(0, 7);
    cpu->dec_expiry = s->flags & SETUP_EE ? r >> 20 & 0x7ff : 1ULL << 40;
    cpu_update_fp_mode(cpu);
}

/* Everything in memory but the firmware's own. */
static void put_image(struct machine *m, const struct setup *s)
{
    static uint8_t data[DATA_SIZE];
    uint64_t state = s->seed ^ 0xda7a;
    for (unsigned i = 0; i < DATA_SIZE; i += 8)
        put_be64(data + i, i & 64 ? random_fp(&state) : random_gpr(&state));
    gm_write(m, DATA, data, DATA_SIZE);
    put_tables(m, s);
    put_program(m, s);
}

static void set_up(struct machine *m, const struct setup *s)
{
    pagetable_set_process_table(m->hv, PROCESS_TABLE);
    hv_set_interrupt_mode(m->hv, s->flags & SETUP_XIVE);
    hv_set_lpcr(m->hv, LPCR_ILE | LPCR_AIL,
                (s->flags & SETUP_LE ? LPCR_ILE : 0) | (s->flags & SETUP_AIL ? LPCR_AIL_3 : 0));
    struct cpu *cpu = &m->cpus[0];
    set_registers(cpu, s);
    cpu->cia = cpu->nia = start_of(s);
    cpu_set_msr(cpu, start_msr(s));
    tlb_flush_all(cpu);
}

static void prepare(struct machine *ref, struct machine *fast, const struct setup *s)
{
    fuzz_reset(ref);
    fuzz_reset(fast);
    put_image(ref, s);
    gm_write(fast, 0, ref->mem.ram, TABLES_END);
    set_up(ref, s);
    set_up(fast, s);
}

/* ---- running ---- */

/* A thread that stops or sleeps on ends the case, as does a request to the machine. */
static bool run_on(struct machine *m, const struct setup *s)
{
    struct cpu *cpu = &m->cpus[0];
    uint64_t before = cpu->insn_retired + cpu->stalls;
    if (m->stop != STOP_NONE || m->reset_request || !machine_run_slice(m, cpu, s->slice))
        return false;
    FUZZ_CHECK(cpu->insn_retired + cpu->stalls - before <= s->slice + 1024u);
    fpscr_sync(cpu);
    return true;
}

/* ---- comparing ---- */

static unsigned compare_memory(const struct machine *a, const struct machine *b)
{
    return engines_memory_differs("memory", a->mem.ram, b->mem.ram, FUZZ_RAM);
}

static void print_program(const struct setup *s)
{
    fprintf(stderr, "flags %04x, slice %u, seed %016llx, %u instructions, msr %016llx\n", s->flags,
            s->slice, (unsigned long long)s->seed, s->count, (unsigned long long)start_msr(s));
    for (unsigned i = 0; i < s->count; i++) {
        char text[128];
        ea_t ea = start_of(s) + 4 * i;
        insn_disas(text, sizeof(text), s->words[i], ea);
        fprintf(stderr, "%6llx: %08x  %s\n", (unsigned long long)ea, s->words[i], text);
    }
}

static void compare_on(struct machine *ref, struct machine *fast, const struct setup *s)
{
    static uint8_t tables[TABLES_END - TABLES];
    bool going = true;

    prepare(ref, fast, s);
    memcpy(tables, ref->mem.ram + TABLES, sizeof(tables));
    for (unsigned done = 0; going && done < BUDGET; done += s->slice) {
        going = run_on(ref, s);
        FUZZ_CHECK(run_on(fast, s) == going);
        fuzz_check_tables(ref);
        fuzz_check_tables(fast);
        /* A guest that changes its tables and forgets tlbie may see either translation. */
        if (!tables_intact(ref, tables) || !tables_intact(fast, tables))
            break;
        if (engines_differ(ref, fast)) {
            compare_memory(ref, fast);
            print_program(s);
            fprintf(stderr, "%s after %u instructions\n", fast->engine->name, done + s->slice);
            fuzz_fail(__FILE__, __LINE__, "both engines go the same way");
        }
    }
    if (tables_intact(ref, tables) && tables_intact(fast, tables) && compare_memory(ref, fast)) {
        print_program(s);
        fprintf(stderr, "%s\n", fast->engine->name);
        fuzz_fail(__FILE__, __LINE__, "both engines leave the same memory");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *ref, *fast[2];
    struct input in = {data, size};
    struct setup s;

    if (!ref) {
        ref = fuzz_machine(&engine_ref, 1);
        fast[0] = fuzz_machine(&engine_interp, 1);
        fast[1] = fuzz_machine(&engine_jit, 1);
    }
    read_setup(&s, &in);
    if (getenv("PEFEMU_FUZZ_SLICE"))
        s.slice = (uint16_t)atoi(getenv("PEFEMU_FUZZ_SLICE"));
    if (!s.count)
        return 0;
    if (getenv("PEFEMU_FUZZ_TRACE"))
        print_program(&s);
    for (unsigned i = 0; i < ARRAY_SIZE(fast); i++)
        compare_on(ref, fast[i], &s);
    return 0;
}
