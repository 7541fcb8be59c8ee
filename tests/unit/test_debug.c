/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The debugger's core, on a small machine with timer interrupts: stop points, steps, and the
 * promise that a guest can not tell that it was watched.
 */
#include "debug_bed.h"

/* ---- breaks ---- */

static unsigned add(struct bed *b, enum debug_kind kind, ea_t ea)
{
    struct debug_point p;
    debug_point_init(&p, kind);
    p.ea = ea;
    p.len = 8;
    return debug_add(b->d, &p);
}

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

static void step_out_of_event(struct bed *b, const struct debug_halt *halt)
{
    if (halt->cause == HALT_EVENT)
        debug_step(b->d, halt->cpu, 1);
}

static void test_step_at_an_event_ends_the_instruction(void **state)
{
    (void)state;
    FOR_ENGINES(e)
    {
        struct bed *b = bed_create(e, 1);
        struct debug_point p;
        debug_point_init(&p, DEBUG_CATCH);
        p.events = 1u << EVENT_INTERRUPT;
        debug_add(b->d, &p);
        b->at_halt = step_out_of_event;
        run(b);
        assert_true(b->count > 2 * LOOPS);
        for (unsigned i = 0; i + 1 < b->count; i += 2) {
            assert_int_equal(b->halts[i].cause, HALT_EVENT);
            assert_int_equal(b->halts[i + 1].cause, HALT_STEP);
            assert_int_equal(b->where[i + 1], b->halts[i].event.arg[0]); /* at the vector */
            assert_int_equal(b->position[i + 1], b->position[i]);
        }
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
    if (next(&b->seed) % 6 == 0) {
        p.kind = DEBUG_CATCH;
        p.events = 1u << EVENT_INTERRUPT;
    }
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
        cmocka_unit_test(test_step_at_an_event_ends_the_instruction),
        cmocka_unit_test(test_step_over_a_range),
        cmocka_unit_test(test_run_to_is_exact),
        cmocka_unit_test(test_a_guest_can_not_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
