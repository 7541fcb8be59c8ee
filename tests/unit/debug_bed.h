/* SPDX-License-Identifier: Apache-2.0 */
/* A small machine with timer interrupts under a debugger, for the tests of the debugger's core and
 * of snapshots and history. */
#ifndef DEBUG_BED_H
#define DEBUG_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "pefemu/chardev.h"
#include "pefemu/debug.h"
#include "pefemu/mmu.h"

/* ---- the guest ---- */

#define DEC_VECTOR 0x900
#define SC_VECTOR  0xc00
#define MAIN       0x1000
#define FUNC       0x1ff8 /* to the end of its page */
#define DATA       0x8000
#define LOCK       0x8080
#define EXIT       0x8000000040000000ULL
#define LOOPS      2000

#define D(op, rt, ra, d)   ((op) << 26 | (rt) << 21 | (ra) << 16 | ((d)&0xffff))
#define X(rt, ra, rb, xo)  (31u << 26 | (rt) << 21 | (ra) << 16 | (rb) << 11 | (xo) << 1)
#define ADDI(rt, ra, si)   D(14u, rt, ra, si)
#define MULLI(rt, ra, si)  D(7u, rt, ra, si)
#define STD(rs, ra, ds)    D(62u, rs, ra, ds)
#define LD(rt, ra, ds)     D(58u, rt, ra, ds)
#define ADD(rt, ra, rb)    X(rt, ra, rb, 266u)
#define LDARX(rt, ra, rb)  X(rt, ra, rb, 84u)
#define STDCX(rs, ra, rb)  (X(rs, ra, rb, 214u) | 1)
#define MFSPR_(rt, lo, hi) X(rt, lo, hi, 339u)
#define MTSPR_(rs, lo, hi) X(rs, lo, hi, 467u)
#define MF(rt, spr)        MFSPR_(rt, (spr)&31u, (spr) >> 5)
#define MT(rs, spr)        MTSPR_(rs, (spr)&31u, (spr) >> 5)
#define BNE(d)             D(16u, 4u, 2u, d)
#define BDNZ(d)            D(16u, 16u, 0u, d)
#define BL(from, to)       (18u << 26 | (((to) - (from)) & 0x3fffffc) | 1)
#define SC                 0x44000002u
#define RFID               0x4c000024u
#define BLR                0x4e800020u

/* r20 counts timer interrupts, r21 remembers where they were. */
static const uint32_t dec_handler[] = {
    ADDI(20u, 20u, 1), MF(24u, 26u), MULLI(21u, 21u, 31), ADD(21u, 21u, 24u), MT(22u, 22u), RFID,
};
static const uint32_t sc_handler[] = {ADDI(23u, 23u, 1), RFID};
static const uint32_t func[] = {ADD(9u, 9u, 4u), BLR};

#define AT_STORE (MAIN + 4)
#define AT_LOAD  (MAIN + 8)
#define AT_LARX  (MAIN + 12)
#define AT_STCX  (MAIN + 20)
#define AT_SC    (MAIN + 28)
#define AT_CALL  (MAIN + 32)
static const uint32_t program[] = {
    ADDI(3u, 3u, 1),   STD(3u, 5u, 0),    LD(4u, 5u, 0),  LDARX(6u, 0u, 7u),
    ADDI(6u, 6u, 1),   STDCX(6u, 0u, 7u), BNE(-12),       SC,
    BL(AT_CALL, FUNC), BDNZ(-36),         STD(0u, 8u, 0), /* to EXIT */
};

/* ---- the bed ---- */

#define MAX_HALTS 4096

struct bed {
    struct machine *m;
    struct debug *d;
    struct chardev *console;
    /* called at each halt; resumes the machine, or leaves that to the bed: continue */
    void (*at_halt)(struct bed *b, const struct debug_halt *halt);
    struct debug_halt halts[MAX_HALTS];
    ea_t where[MAX_HALTS];
    uint64_t position[MAX_HALTS];
    unsigned count; /* of halts; later ones are not recorded */
    uint64_t seed;
    bool pauses; /* now and then from outside */
};

static void put_code(struct machine *m, ra_t at, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_be32(m->mem.ram + at + 4 * i, words[i]);
}
#define PUT(m, at, words) put_code(m, at, words, ARRAY_SIZE(words))

static const char *const registers[] = {"msr=0x9000000000009000,r5=0x8000,r7=0x8080,ctr=2000,"
                                        "r8=0x8000000040000000,r22=150,dec=100,pc=0x1000",
                                        NULL};

static struct machine *make_machine(const struct engine *engine, unsigned cpus, uint64_t limit,
                                    struct chardev *console)
{
    struct machine_config cfg = {
        .machine = "bare",
        .ram_size = 1 * MiB,
        .cpus = cpus,
        .cores = cpus,
        .threads = 1,
        .engine = engine,
        .insn_limit = limit,
        .bare = {.have_exit = true, .exit = EXIT & ~PPC_BIT(0), .regs = registers},
        .deterministic = true,
        .have_seed = true,
        .seed = 1,
    };
    struct machine *m = machine_create(&cfg, console);
    assert_non_null(m);
    PUT(m, DEC_VECTOR, dec_handler);
    PUT(m, SC_VECTOR, sc_handler);
    PUT(m, MAIN, program);
    PUT(m, FUNC, func);
    return m;
}

static void on_halt(void *opaque, const struct debug_halt *halt)
{
    struct bed *b = opaque;
    if (halt->cause == HALT_ENDED)
        return;
    if (b->count < MAX_HALTS) {
        b->halts[b->count] = *halt;
        b->where[b->count] = halt->cpu->cia;
        b->position[b->count++] = machine_position(b->m);
    }
    if (b->at_halt)
        b->at_halt(b, halt);
    if (debug_halted(b->d))
        debug_continue(b->d);
}

static uint64_t next(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static void on_poll(void *opaque)
{
    struct bed *b = opaque;
    if (b->pauses && next(&b->seed) % 4 == 0)
        debug_pause(b->d);
}

static const struct debug_front front = {.halted = on_halt, .poll = on_poll};

static struct bed *bed_with_limit(const struct engine *engine, unsigned cpus, uint64_t limit)
{
    const char *why;
    struct bed *b = calloc(1, sizeof(*b));
    b->console = chardev_open("null", &why);
    b->m = make_machine(engine, cpus, limit, b->console);
    b->d = debug_create(b->m);
    assert_true(debug_add_front(b->d, &front, b));
    return b;
}

__attribute__((unused)) static struct bed *bed_create(const struct engine *engine, unsigned cpus)
{
    return bed_with_limit(engine, cpus, 0);
}

__attribute__((unused)) static void bed_destroy(struct bed *b)
{
    debug_destroy(b->d);
    machine_destroy(b->m);
    chardev_close(b->console);
    free(b);
}

__attribute__((unused)) static void run(struct bed *b)
{
    assert_int_equal(machine_run(b->m), STOP_EXIT);
}

/* Each test for both engines. */
#define FOR_ENGINES(e)                                                                             \
    for (const struct engine *const *                                                              \
             at = (const struct engine *const[]){&engine_interp, &engine_ref, NULL},               \
            *e = *at;                                                                              \
         (e = *at); at++)

/* ---- everything that a run leaves ---- */

struct outcome {
    uint64_t now_ns, insns, stalls, data, lock;
    u128 regs[2][512];
    unsigned nregs;
};

static void take_outcome(struct outcome *o, struct machine *m)
{
    struct cpu_reg r;
    memset(o, 0, sizeof(*o));
    o->now_ns = m->now_ns;
    o->insns = m->insn_total;
    o->stalls = m->stall_total;
    o->data = get_be64(m->mem.ram + DATA);
    o->lock = get_be64(m->mem.ram + LOCK);
    for (unsigned i = 0; i < m->ncpus; i++) {
        unsigned at = 0;
        for (o->nregs = 0; cpu_reg_next(&m->cpus[i], &at, &r); o->nregs++)
            o->regs[i][o->nregs] = r.value;
    }
}

static void undisturbed(struct outcome *o, const struct engine *engine, unsigned cpus,
                        uint64_t limit)
{
    const char *why;
    struct chardev *console = chardev_open("null", &why);
    struct machine *m = make_machine(engine, cpus, limit, console);
    assert_int_equal(machine_run(m), limit ? STOP_LIMIT : STOP_EXIT);
    take_outcome(o, m);
    assert_in_range(m->cpus[0].gpr[20], 10, 200); /* timer interrupts there were */
    machine_destroy(m);
    chardev_close(console);
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->insns, b->insns);
    assert_int_equal(a->stalls, b->stalls);
    assert_int_equal(a->now_ns, b->now_ns);
    for (unsigned n = 0; n < a->nregs; n++)
        for (unsigned i = 0; i < 2; i++)
            if (a->regs[i][n] != b->regs[i][n])
                fail_msg("cpu %u: register %u is 0x%llx, undisturbed 0x%llx", i, n,
                         (unsigned long long)b->regs[i][n], (unsigned long long)a->regs[i][n]);
    assert_memory_equal(a, b, sizeof(*a));
}

#endif
