/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots and history, on the machine of debug_bed.h: saved anywhere and gone on with by a fresh
 * machine, or turned back and lived through again, a run is always the same one.
 */
#include "debug_bed.h"

#include <stdio.h>
#include <unistd.h>

#include "pefemu/snapshot.h"
#include "pefemu/trace.h"

#define INTERVAL 1500 /* of checkpoints: a run has some 25000 positions */

/* ---- moments ---- */

/* Everything at a halt between two instructions. */
struct moment {
    uint64_t position, now_ns;
    struct outcome o;
};

static void take_moment(struct moment *t, struct machine *m)
{
    memset(t, 0, sizeof(*t));
    t->position = machine_position(m);
    t->now_ns = machine_now_ns(m);
    take_outcome(&t->o, m);
    t->o.now_ns = t->o.insns = t->o.stalls = 0; /* of the slice's beginning */
}

static void assert_same_moment(const struct moment *a, const struct moment *b)
{
    assert_int_equal(a->position, b->position);
    assert_int_equal(a->now_ns, b->now_ns);
    assert_same(&a->o, &b->o);
}

static uint64_t length_of_run(const struct engine *e, unsigned cpus)
{
    struct outcome o;
    undisturbed(&o, e, cpus, 0);
    return o.insns + o.stalls;
}

/* ---- snapshots ---- */

struct save {
    struct machine *m;
    char file[64];
};

static void save_now(void *opaque)
{
    struct save *s = opaque;
    char why[SNAPSHOT_WHY_MAX] = "";
    if (!snapshot_save(s->m, s->file, why, sizeof(why)))
        fail_msg("%s", why);
}

static void check_snapshot(const struct engine *e, const struct engine *other, unsigned cpus,
                           uint64_t position)
{
    struct outcome want, got;
    char why[SNAPSHOT_WHY_MAX] = "";
    struct bed *b = bed_create(e, cpus);
    struct save s = {.m = b->m};
    snprintf(s.file, sizeof(s.file), "/tmp/pefemu-test-%ld.snap", (long)getpid());
    debug_set_mark(b->d, position, save_now, &s);
    run(b);
    take_outcome(&want, b->m);
    bed_destroy(b);

    b = bed_create(other, cpus);
    if (!snapshot_load(b->m, s.file, why, sizeof(why)))
        fail_msg("%s", why);
    assert_int_equal(machine_position(b->m), position);
    run(b);
    take_outcome(&got, b->m);
    assert_same(&want, &got);
    bed_destroy(b);
    unlink(s.file);
    undisturbed(&got, e, cpus, 0); /* and the one that saved was not disturbed */
    assert_same(&got, &want);
}

static void test_a_snapshot_goes_on(void **state)
{
    uint64_t seed = 4711;
    (void)state;
    for (unsigned cpus = 1; cpus <= 2; cpus++) {
        uint64_t length = length_of_run(&engine_interp, cpus);
        for (unsigned i = 0; i < 12; i++) {
            uint64_t at = next(&seed) % length + 1;
            check_snapshot(&engine_interp, &engine_interp, cpus, at);
            check_snapshot(&engine_interp, &engine_ref, cpus, at);
            check_snapshot(&engine_ref, &engine_interp, cpus, at);
        }
    }
}

static void test_a_snapshot_of_another_machine(void **state)
{
    char why[SNAPSHOT_WHY_MAX] = "";
    char file[64];
    (void)state;
    snprintf(file, sizeof(file), "/tmp/pefemu-test-%ld.snap", (long)getpid());
    struct bed *one = bed_create(&engine_interp, 1), *two = bed_create(&engine_interp, 2);
    struct moment before, after;
    assert_true(snapshot_save(one->m, file, why, sizeof(why)));
    take_moment(&before, two->m);
    assert_false(snapshot_load(two->m, file, why, sizeof(why)));
    assert_non_null(strstr(why, "CPUs"));
    take_moment(&after, two->m);
    assert_same_moment(&before, &after);
    assert_false(snapshot_load(one->m, "/dev/null", why, sizeof(why)));
    assert_false(snapshot_save(one->m, "/dev/null/nowhere", why, sizeof(why)));
    unlink(file);
    bed_destroy(one);
    bed_destroy(two);
}

/* ---- at events: only where nothing is under way ---- */

static struct {
    bool saved, refused;
    struct moment at;
    struct save save;
} events;

static void save_at_events(struct bed *b, const struct debug_halt *halt)
{
    char why[SNAPSHOT_WHY_MAX] = "";
    if (!halt->at_event) {
        debug_until(b->d, 1u << EVENT_INTERRUPT, NULL);
    } else if (halt->event.id == EVENT_INTERRUPT) {
        assert_false(snapshot_save(b->m, events.save.file, why, sizeof(why)));
        assert_non_null(strstr(why, "step to the next instruction"));
        events.refused = true;
        machine_request_reset(b->m);
        debug_until(b->d, 1u << EVENT_RESET, NULL);
    } else {
        assert_int_equal(halt->event.id, EVENT_RESET);
        save_now(&events.save);
        take_moment(&events.at, b->m);
        events.saved = true;
        debug_quit(b->d);
    }
}

static void test_saved_at_an_event(void **state)
{
    char why[SNAPSHOT_WHY_MAX] = "";
    struct moment loaded;
    (void)state;
    struct bed *b = bed_create(&engine_interp, 2);
    events.save.m = b->m;
    snprintf(events.save.file, sizeof(events.save.file), "/tmp/pefemu-test-%ld.snap",
             (long)getpid());
    b->at_halt = save_at_events;
    debug_halt_at_start(b->d);
    assert_int_equal(machine_run(b->m), STOP_QUIT);
    assert_true(events.refused && events.saved);
    bed_destroy(b);
    b = bed_create(&engine_ref, 2);
    if (!snapshot_load(b->m, events.save.file, why, sizeof(why)))
        fail_msg("%s", why);
    take_moment(&loaded, b->m);
    assert_same_moment(&events.at, &loaded);
    bed_destroy(b);
    unlink(events.save.file);
}

/* ---- going back: each test is a script of moves, one at each halt ---- */

static struct script {
    unsigned at; /* halts so far */
    struct moment kept[64];
    uint64_t seed, n, length;
} script;

static struct bed *history_bed(const struct engine *e, unsigned cpus,
                               void (*at_halt)(struct bed *b, const struct debug_halt *halt))
{
    struct bed *b = bed_create(e, cpus);
    assert_false(debug_can_reverse(b->d));
    assert_true(debug_keep_history(b->d, INTERVAL));
    b->at_halt = at_halt;
    debug_halt_at_start(b->d);
    memset(&script, 0, sizeof(script));
    script.seed = 99 + cpus;
    script.length = length_of_run(e, cpus);
    return b;
}

static void ends_as_ever(struct bed *b, const struct engine *e, unsigned cpus)
{
    struct outcome want, got;
    b->m->stop = STOP_NONE;
    run(b);
    take_outcome(&got, b->m);
    undisturbed(&want, e, cpus, 0);
    assert_same(&want, &got);
    bed_destroy(b);
}

/* To somewhere; N steps forward; N back: there again. */
static void step_and_back(struct bed *b, const struct debug_halt *halt)
{
    struct cpu *cpu = &b->m->cpus[0];
    unsigned turn = script.at++ / 3;
    if (turn == 20)
        return; /* on to the end */
    switch (script.at % 3) {
    case 1:
        if (turn)
            take_moment(&script.kept[1], b->m);
        if (turn)
            assert_same_moment(&script.kept[0], &script.kept[1]);
        debug_run_to(b->d, machine_position(b->m) + next(&script.seed) % 800 + 1);
        break;
    case 2:
        assert_int_equal(halt->cause, HALT_STEP);
        take_moment(&script.kept[0], b->m);
        script.n = next(&script.seed) % 3000 + 1;
        debug_step(b->d, cpu, script.n);
        break;
    case 0:
        assert_int_equal(halt->cause, HALT_STEP);
        assert_true(debug_reverse_step(b->d, cpu, script.n));
        break;
    }
}

static void test_steps_back(void **state)
{
    (void)state;
    FOR_ENGINES(e)
    {
        ends_as_ever(history_bed(e, 1, step_and_back), e, 1);
    }
}

/* Forward through positions, then back to each, in another order. */
#define PLACES 12
static void rewind_to_places(struct bed *b, const struct debug_halt *halt)
{
    unsigned at = script.at++;
    struct moment here;
    if (at && at <= PLACES)
        take_moment(&script.kept[at - 1], b->m);
    if (at < PLACES) {
        debug_run_to(b->d, (at + 1) * (script.length - 10) / PLACES);
        return;
    }
    if (at > PLACES && at < 2 * PLACES) {
        assert_int_equal(halt->cause, HALT_STEP);
        take_moment(&here, b->m);
        assert_same_moment(&script.kept[PLACES - 1 - (at - PLACES)], &here);
    }
    if (at < 2 * PLACES - 1)
        assert_true(debug_rewind(b->d, machine_position(b->m) -
                                           script.kept[PLACES - 2 - (at - PLACES)].position));
    else if (at == 2 * PLACES - 1)
        assert_true(debug_rewind(b->d, 1ULL << 40));
    else if (at == 2 * PLACES)
        assert_int_equal(halt->cause, HALT_BEGIN_OF_HISTORY);
}

static void test_rewinds(void **state)
{
    (void)state;
    FOR_ENGINES(e)
    {
        for (unsigned cpus = 1; cpus <= 2; cpus++)
            ends_as_ever(history_bed(e, cpus, rewind_to_places), e, cpus);
    }
}

/* Forwards to the N-th stop, then backwards through all of them. */
#define STOPS 40 /* fewer than script.kept has room for */
static void back_through_stops(struct bed *b, const struct debug_halt *halt)
{
    unsigned at = script.at++;
    struct moment here;
    if (!at)
        return;
    take_moment(&here, b->m);
    if (at <= STOPS) {
        script.kept[at - 1] = here;
        if (at < STOPS)
            return;
    }
    if (at > STOPS && at < 2 * STOPS) {
        const struct moment *want = &script.kept[2 * STOPS - 1 - at];
        assert_int_equal(halt->cause, b->halts[1].cause);
        assert_int_equal(here.position, want->position);
        assert_same_moment(want, &here);
    }
    if (at == 2 * STOPS) {
        assert_int_equal(halt->cause, HALT_BEGIN_OF_HISTORY);
        assert_int_equal(here.position, 0);
    } else if (at < 2 * STOPS) {
        assert_true(debug_reverse_continue(b->d));
    } else if (at == 2 * STOPS + 1) { /* no more of it */
        struct debug_point *p = debug_next_point(b->d, NULL);
        p->disabled = true;
        debug_points_changed(b->d);
    }
}

static void check_back(const struct engine *e, unsigned cpus, const struct debug_point *p)
{
    struct bed *b = history_bed(e, cpus, back_through_stops);
    debug_add(b->d, p);
    ends_as_ever(b, e, cpus);
}

static void test_back_to_breaks(void **state)
{
    struct debug_point p;
    (void)state;
    FOR_ENGINES(e)
    {
        debug_point_init(&p, DEBUG_BREAK);
        p.ea = AT_CALL;
        check_back(e, 1, &p);
        check_back(e, 2, &p);
    }
}

static void test_back_to_events(void **state)
{
    struct debug_point p;
    (void)state;
    FOR_ENGINES(e)
    {
        debug_point_init(&p, DEBUG_CATCH);
        p.events = 1u << EVENT_INTERRUPT;
        check_back(e, 1, &p);
        check_back(e, 2, &p);
    }
}

/* A watch halts behind its access, and backwards in front of it. */
static void back_to_access(struct bed *b, const struct debug_halt *halt)
{
    unsigned at = script.at++;
    if (at && at < 30) {
        assert_int_equal(halt->cause, HALT_WATCH);
        assert_int_equal(halt->cpu->cia, AT_STORE + 4);
        script.kept[at].position = machine_position(b->m);
    }
    if (at < 29)
        return;
    if (at > 29 && at < 50) {
        assert_int_equal(halt->cause, HALT_WATCH);
        assert_int_equal(halt->cpu->cia, AT_STORE);
        assert_int_equal(machine_position(b->m), script.kept[29 - (at - 30)].position - 1);
    }
    if (at < 50)
        assert_true(debug_reverse_continue(b->d));
    else
        b->at_halt = NULL;
}

static void test_back_to_accesses(void **state)
{
    struct debug_point p;
    (void)state;
    FOR_ENGINES(e)
    {
        struct bed *b = history_bed(e, 1, back_to_access);
        debug_point_init(&p, DEBUG_WATCH_STORE);
        p.ea = DATA;
        p.len = 8;
        debug_add(b->d, &p);
        ends_as_ever(b, e, 1);
    }
}

/* ---- traces: a machine that went back and forth leaves those of one that did not ---- */

static const char *const trace_formats[] = {"txt", "csv", "vcd", "commit"};
#define TRACES ARRAY_SIZE(trace_formats)

static void back_and_forth(struct bed *b, const struct debug_halt *halt)
{
    (void)halt;
    if (script.at++ >= 40)
        return;
    uint64_t n = next(&script.seed) % 2500 + 1;
    switch (next(&script.seed) % 4) {
    case 0: /* at an event, in the middle of an instruction */
        debug_until(b->d, 1u << EVENT_INTERRUPT, NULL);
        break;
    case 1:
        debug_run_to(b->d, machine_position(b->m) + n);
        break;
    case 2:
        assert_true(debug_rewind(b->d, n));
        break;
    case 3:
        assert_true(debug_reverse_step(b->d, &b->m->cpus[0], n % 20 + 1));
        break;
    }
}

static char *read_file(const char *path)
{
    char *text = NULL;
    size_t len;
    FILE *in = fopen(path, "rb"), *out = open_memstream(&text, &len);
    assert_non_null(in);
    for (int c; (c = getc(in)) != EOF;)
        putc(c, out);
    fclose(in);
    fclose(out);
    return text;
}

/* @text[]: the traces without their trailers, to be freed. Returns how many were not repeated. */
static unsigned long traced_run(const struct engine *e, unsigned cpus, bool goes_back,
                                char *text[TRACES])
{
    struct bed *b = goes_back ? history_bed(e, cpus, back_and_forth) : bed_create(e, cpus);
    struct trace *t[TRACES];
    char file[TRACES][64], spec[400], message[TRACE_MESSAGE];
    unsigned long least = ~0UL;
    for (unsigned i = 0; i < TRACES; i++) {
        snprintf(file[i], sizeof(file[i]), "/tmp/pefemu-test-%ld.%s", (long)getpid(),
                 trace_formats[i]);
        snprintf(spec, sizeof(spec), "%s,format=%s", file[i], trace_formats[i]);
        t[i] = trace_open(b->m, spec, message);
        assert_non_null(t[i]);
    }
    run(b);
    for (unsigned i = 0; i < TRACES; i++) {
        trace_close(t[i]);
        text[i] = read_file(file[i]);
        unlink(file[i]);
        char *end = strstr(text[i], "repeated"), *number = end;
        assert_non_null(end);
        while (number > text[i] && number[-1] != '\n')
            number--;
        unsigned long n = 0;
        if (!strcmp(trace_formats[i], "csv"))
            assert_int_equal(sscanf(end, "repeated,0x0,%lx", &n), 1);
        else
            n = strtoul(strstr(number, "dropped, ") + 9, NULL, 10);
        least = n < least ? n : least;
        *number = '\0';
    }
    bed_destroy(b);
    return least;
}

static void test_a_trace_knows_no_way_back(void **state)
{
    (void)state;
    FOR_ENGINES(e)
    {
        for (unsigned cpus = 1; cpus <= 2; cpus++) {
            char *straight[TRACES], *winding[TRACES];
            assert_int_equal(traced_run(e, cpus, false, straight), 0);
            assert_true(traced_run(e, cpus, true, winding) > 0);
            for (unsigned i = 0; i < TRACES; i++) {
                assert_string_equal(straight[i], winding[i]);
                free(straight[i]);
                free(winding[i]);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_snapshot_goes_on),
        cmocka_unit_test(test_a_snapshot_of_another_machine),
        cmocka_unit_test(test_saved_at_an_event),
        cmocka_unit_test(test_steps_back),
        cmocka_unit_test(test_rewinds),
        cmocka_unit_test(test_back_to_breaks),
        cmocka_unit_test(test_back_to_events),
        cmocka_unit_test(test_a_trace_knows_no_way_back),
        cmocka_unit_test(test_back_to_accesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
