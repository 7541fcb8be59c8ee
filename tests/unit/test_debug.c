/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The debugger's core, on a small machine with timer interrupts: stop points, steps, and the
 * promise that a guest can not tell that it was watched.
 */
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

static struct bed *bed_create(const struct engine *engine, unsigned cpus)
{
    return bed_with_limit(engine, cpus, 0);
}

static void bed_destroy(struct bed *b)
{
    debug_destroy(b->d);
    machine_destroy(b->m);
    chardev_close(b->console);
    free(b);
}

static unsigned add(struct bed *b, enum debug_kind kind, ea_t ea)
{
    struct debug_point p;
    debug_point_init(&p, kind);
    p.ea = ea;
    p.len = 8;
    return debug_add(b->d, &p);
}

static void run(struct bed *b)
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

/* ---- breaks ---- */

static void test_break_halts_before_the_instruction(void **state)
{
    (void)state;
    FOR_ENGINES(e)
    {
        struct bed *b = bed_create(e, 1);
        unsigned id = add(b, DEBUG_BREAK, AT_LOAD);
        run(b);
        assert_int_equal(b->count, LOOPS);
        for (unsigned i = 0; i < b->count; i++) {
            assert_int_equal(b->halts[i].cause, HALT_BREAK);
            assert_int_equal(b->where[i], AT_LOAD);
        }
        assert_int_equal(b->position[0], 2);
        assert_int_equal(debug_next_point(b->d, NULL)->hits, LOOPS);
        assert_true(debug_delete(b->d, id) && !debug_delete(b->d, id));
        bed_destroy(b);
    }
}

static void test_break_conditions(void **state)
{
    (void)state;
    FOR_ENGINES(e)
    {
        struct bed *b = bed_create(e, 2);
        struct debug_point p;
        debug_point_init(&p, DEBUG_BREAK);
        p.ea = AT_CALL;
        p.cpu = 1;
        p.ignore = 10;
        debug_add(b->d, &p);
        p.cpu = DEBUG_ANY;
        p.ignore = 0;
        p.states = 1u << ST_PROBLEM; /* never */
        debug_add(b->d, &p);
        p.states = 1u << ST_HYPERVISOR;
        p.secure = 1; /* never */
        debug_add(b->d, &p);
        p.secure = -1;
        p.temporary = true;
        debug_add(b->d, &p);
        run(b);
        assert_int_equal(b->halts[0].cpu->index, 0); /* the temporary one, once */
        for (unsigned i = 1; i < b->count; i++)
            assert_int_equal(b->halts[i].cpu->index, 1);
        struct debug_point *first = debug_next_point(b->d, NULL);
        assert_int_equal(b->count, 1 + first->hits - 10);
        assert_int_equal(debug_next_point(b->d, first)->hits, 0);
        bed_destroy(b);
    }
}

/* ---- watches ---- */

static void check_watch(const struct engine *e, enum debug_kind kind, ea_t ea, bool before,
                        const ea_t *want, unsigned wants)
{
    struct bed *b = bed_create(e, 1);
    struct debug_point p;
    debug_point_init(&p, kind);
    p.ea = ea + 7; /* the last byte of a doubleword */
    p.before = before;
    debug_add(b->d, &p);
    run(b);
    assert_int_equal(b->count % wants, 0);
    assert_true(b->count >= LOOPS && b->count <= MAX_HALTS);
    for (unsigned i = 0; i < wants; i++) {
        assert_int_equal(b->halts[i].cause, HALT_WATCH);
        assert_int_equal(b->halts[i].ea, ea + 7);
        assert_int_equal(b->where[i], want[i] + (before ? 0 : 4));
    }
    bed_destroy(b);
}

static void test_watch_halts_at_the_access(void **state)
{
    static const ea_t store = AT_STORE, load = AT_LOAD, stcx = AT_STCX, larx = AT_LARX;
    static const ea_t both[] = {AT_STORE, AT_LOAD};
    (void)state;
    FOR_ENGINES(e)
    {
        for (unsigned before = 0; before < 2; before++) {
            check_watch(e, DEBUG_WATCH_STORE, DATA, before, &store, 1);
            check_watch(e, DEBUG_WATCH_LOAD, DATA, before, &load, 1);
            check_watch(e, DEBUG_WATCH_ANY, DATA, before, both, 2);
            check_watch(e, DEBUG_WATCH_STORE, LOCK, before, &stcx, 1);
            check_watch(e, DEBUG_WATCH_LOAD, LOCK, before, &larx, 1);
        }
    }
}

static void see_old_value(struct bed *b, const struct debug_halt *halt)
{
    assert_int_equal(get_be64(b->m->mem.ram + DATA) + halt->point->before, halt->cpu->gpr[3]);
}

static void test_watch_shows_memory_before_and_after(void **state)
{
    (void)state;
    FOR_ENGINES(e)
    {
        for (unsigned before = 0; before < 2; before++) {
            struct bed *b = bed_create(e, 1);
            struct debug_point p;
            debug_point_init(&p, DEBUG_WATCH_STORE);
            p.ea = DATA;
            p.before = before;
            debug_add(b->d, &p);
            b->at_halt = see_old_value;
            run(b);
            assert_true(b->count >= LOOPS);
            bed_destroy(b);
        }
    }
}

/* ---- steps ---- */

static void always_step(struct bed *b, const struct debug_halt *halt)
{
    if (b->count < 1000)
        debug_step(b->d, halt->cpu, 1);
}

static void test_steps_are_single(void **state)
{
    (void)state;
    FOR_ENGINES(e)
    {
        struct bed *b = bed_create(e, 1);
        unsigned calls = 0, timers = 0;
        debug_halt_at_start(b->d);
        b->at_halt = always_step;
        run(b);
        assert_int_equal(b->count, 1000);
        assert_int_equal(b->halts[0].cause, HALT_START);
        for (unsigned i = 1; i < b->count; i++) {
            assert_int_equal(b->halts[i].cause, HALT_STEP);
            assert_int_equal(b->position[i], b->position[i - 1] + 1);
            if (b->where[i - 1] == AT_SC) { /* a system call is one step, into its handler */
                assert_int_equal(b->where[i], SC_VECTOR);
                calls++;
            }
            timers += b->where[i] == DEC_VECTOR;
            if (b->where[i - 1] == AT_STCX) /* a reservation outlives the halt */
                assert_true(b->where[i] == AT_STCX + 4);
        }
        assert_in_range(calls, 50, 70);
        assert_in_range(timers, 2, 10);
        bed_destroy(b);
    }
}

static void step_handler(struct bed *b, const struct debug_halt *halt)
{
    if (b->count % 2)
        debug_step_range(b->d, halt->cpu, AT_LARX, AT_SC);
}

static void test_step_over_a_range(void **state)
{
    (void)state;
    FOR_ENGINES(e)
    {
        struct bed *b = bed_create(e, 1);
        add(b, DEBUG_BREAK, AT_LARX);
        b->at_halt = step_handler;
        run(b);
        for (unsigned i = 0; i + 1 < b->count; i += 2) {
            assert_int_equal(b->halts[i].cause, HALT_BREAK);
            if (b->halts[i + 1].cause == HALT_STEP) /* else the sequence began anew */
                assert_true(b->where[i + 1] == AT_SC || b->where[i + 1] == DEC_VECTOR);
        }
        bed_destroy(b);
    }
}

static void run_further(struct bed *b, const struct debug_halt *halt)
{
    uint64_t here = machine_position(b->m);
    if (b->count > 1)
        assert_true(halt->cause == HALT_STEP && here == b->seed);
    b->seed = here + 1 + (here * 2654435761u >> 7) % 20000;
    if (b->count < 8)
        debug_run_to(b->d, b->seed);
}

static void test_run_to_is_exact(void **state)
{
    (void)state;
    for (unsigned cpus = 1; cpus <= 2; cpus++) {
        FOR_ENGINES(e)
        {
            struct bed *b = bed_create(e, cpus);
            debug_halt_at_start(b->d);
            b->at_halt = run_further;
            run(b);
            assert_true(b->count >= 3);
            bed_destroy(b);
        }
    }
}

/* ---- the promise ---- */

static void add_random_point(struct bed *b)
{
    static const ea_t places[] = {MAIN,    AT_STORE, AT_LARX,   AT_STCX,    AT_SC,
                                  AT_CALL, FUNC,     MAIN + 36, DEC_VECTOR, SC_VECTOR};
    struct debug_point p;
    bool watch = next(&b->seed) % 3 == 0;
    debug_point_init(&p, watch ? DEBUG_WATCH_STORE + next(&b->seed) % 3 : DEBUG_BREAK);
    p.ea = watch ? next(&b->seed) % 2 ? DATA : LOCK : places[next(&b->seed) % ARRAY_SIZE(places)];
    p.before = next(&b->seed) % 2;
    p.ignore = next(&b->seed) % 50;
    p.temporary = next(&b->seed) % 4 == 0;
    debug_add(b->d, &p);
}

static void anything(struct bed *b, const struct debug_halt *halt)
{
    struct cpu *cpu = &b->m->cpus[next(&b->seed) % b->m->ncpus];
    struct debug_point *p = debug_next_point(b->d, NULL);
    (void)halt;
    if (!p || next(&b->seed) % 4 == 0)
        add_random_point(b);
    if (p && next(&b->seed) % 4 == 0)
        debug_delete(b->d, p->id);
    switch (next(&b->seed) % 6) {
    case 0:
        debug_step(b->d, cpu, 1 + next(&b->seed) % 30);
        break;
    case 1:
        debug_step(b->d, cpu, 1);
        break;
    case 2:
        debug_step_range(b->d, cpu, MAIN, AT_SC);
        break;
    case 3:
        debug_run_to(b->d, machine_position(b->m) + next(&b->seed) % 9000);
        break;
    case 4:
        debug_run_to(b->d, machine_position(b->m) + next(&b->seed) % 100);
        break;
    default:
        debug_continue(b->d);
    }
}

static unsigned disturbed(struct outcome *o, const struct engine *engine, unsigned cpus,
                          uint64_t limit, uint64_t seed)
{
    struct bed *b = bed_with_limit(engine, cpus, limit);
    b->seed = seed * 0x9e3779b97f4a7c15ULL;
    b->pauses = seed % 2;
    b->at_halt = anything;
    debug_halt_at_start(b->d);
    add_random_point(b);
    assert_int_equal(machine_run(b->m), limit ? STOP_LIMIT : STOP_EXIT);
    take_outcome(o, b->m);
    unsigned halts = b->count;
    bed_destroy(b);
    return halts;
}

static void check_disturbed(unsigned cpus, uint64_t limit)
{
    struct outcome first, same, o;
    undisturbed(&first, &engine_ref, cpus, limit);
    FOR_ENGINES(e)
    {
        unsigned halts = 0;
        undisturbed(&same, e, cpus, limit);
        assert_same(&first, &same);
        for (uint64_t seed = 1; seed <= 20; seed++) {
            halts += disturbed(&o, e, cpus, limit, seed);
            assert_same(&first, &o);
        }
        assert_true(halts > 500);
    }
}

static void test_a_guest_can_not_tell(void **state)
{
    (void)state;
    for (unsigned cpus = 1; cpus <= 2; cpus++) {
        check_disturbed(cpus, 0);
        check_disturbed(cpus, 20011); /* the end of -icount-limit is stepped */
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_break_halts_before_the_instruction),
        cmocka_unit_test(test_break_conditions),
        cmocka_unit_test(test_watch_halts_at_the_access),
        cmocka_unit_test(test_watch_shows_memory_before_and_after),
        cmocka_unit_test(test_steps_are_single),
        cmocka_unit_test(test_step_over_a_range),
        cmocka_unit_test(test_run_to_is_exact),
        cmocka_unit_test(test_a_guest_can_not_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
