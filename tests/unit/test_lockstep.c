/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -accel lockstep, on the machine of debug_bed.h: sound engines end equal, and one that is wrong
 * once, in a register or in a byte of memory, is caught with the instruction and the place.
 */
#include "debug_bed.h"

#include "engine/exec.h"
#include "pefemu/lockstep.h"
#include "pefemu/outside.h"

#define WHEN 1234 /* LOOPS counts up in r3: what is wrong is wrong once */

/* ---- engines that are wrong ---- */

/* Executes as ref does; @fault is called after each instruction, which was at @ea. */
static void run_with(struct cpu *cpu, void (*fault)(struct cpu *cpu, ea_t ea))
{
    bool boundary;
    do {
        ea_t ea = cpu->cia;
        boundary = exec_one(cpu);
        fault(cpu, ea);
    } while (!cpu->step_only && !(boundary && exec_must_stop(cpu)));
}

static bool is_time(const struct cpu *cpu, ea_t ea, ea_t at)
{
    return ea == at && cpu->gpr[3] == WHEN;
}

static void wrong_register(struct cpu *cpu, ea_t ea)
{
    if (is_time(cpu, ea, AT_LOAD))
        cpu->gpr[4] ^= 0x10;
}

/* Not where the store is, and nothing reads it: only a comparison of all memory can see it. */
#define FAR_AWAY 0xc1235
static void wrong_byte(struct cpu *cpu, ea_t ea)
{
    if (is_time(cpu, ea, AT_STORE))
        cpu->machine->mem.ram[FAR_AWAY] = 0x5a;
}

/* As a translator that puts a wrong value into what it makes of many instructions. */
static void wrong_together(struct cpu *cpu, ea_t ea)
{
    if (!cpu->step_only && is_time(cpu, ea, AT_LOAD))
        cpu->gpr[4] ^= 0x10;
}

static void run_register(struct cpu *cpu)
{
    run_with(cpu, wrong_register);
}
static void run_byte(struct cpu *cpu)
{
    run_with(cpu, wrong_byte);
}
static void run_together(struct cpu *cpu)
{
    run_with(cpu, wrong_together);
}

static const struct engine engine_register = {.name = "register", .run = run_register};
static const struct engine engine_byte = {.name = "byte", .run = run_byte};
static const struct engine engine_together = {.name = "together", .run = run_together};

/* ---- two machines ---- */

struct pair {
    struct chardev *console;
    struct machine *m;
    struct lockstep *ls;
};

static void pair_begin(struct pair *p, const struct engine *e, const struct engine *base,
                       unsigned cpus, uint64_t check)
{
    const char *why;
    p->console = chardev_open("null", &why);
    p->m = make_machine(e, cpus, 0, p->console);
    p->m->cfg.lockstep = (struct lockstep_config){.on = true, .base = base, .check = check};
    outside_keep(p->m->outside);
    p->ls = lockstep_create(p->m);
    assert_non_null(p->ls);
    struct machine *f = lockstep_follower(p->ls);
    PUT(f, DEC_VECTOR, dec_handler);
    PUT(f, SC_VECTOR, sc_handler);
    PUT(f, MAIN, program);
    PUT(f, FUNC, func);
}

static void pair_end(struct pair *p)
{
    lockstep_destroy(p->ls);
    machine_destroy(p->m);
    chardev_close(p->console);
}

/* What engines are compared with. */
static const struct engine *const bases[] = {&engine_ref, &engine_interp};

/* How often state is compared: also within slices, and never before the end. */
static const uint64_t checks[] = {1, 100, 5000, 1000000};

/* ---- tests ---- */

static void test_equal(void **state)
{
    static const struct engine *const engines[] = {&engine_ref, &engine_interp, &engine_jit};
    (void)state;
    for (unsigned e = 0; e < ARRAY_SIZE(engines); e++)
        for (unsigned i = 0; i < ARRAY_SIZE(checks); i++)
            for (unsigned cpus = 1; cpus <= 2; cpus++) {
                struct pair p;
                struct outcome want, got;
                undisturbed(&want, engines[e], cpus, 0);
                pair_begin(&p, engines[e], i % 2 ? &engine_interp : NULL, cpus, checks[i]);
                assert_int_equal(lockstep_run(p.ls), STOP_EXIT);
                take_outcome(&got, p.m);
                if (checks[i] >= LOCKSTEP_CHECK) /* else slices are cut in pieces */
                    assert_same(&want, &got);
                take_outcome(&want, lockstep_follower(p.ls));
                assert_same(&want, &got);
                pair_end(&p);
            }
}

/* The finding of a run of @e against @base. */
static const struct lockstep_finding *find(struct pair *p, const struct engine *e,
                                           const struct engine *base, uint64_t check)
{
    pair_begin(p, e, base, 1, check);
    assert_int_equal(lockstep_run(p->ls), STOP_LOCKSTEP);
    return lockstep_finding(p->ls);
}

static void assert_insn(const struct lockstep_insn *in, ea_t ea, uint32_t word)
{
    assert_true(in->known);
    assert_int_equal(in->cpu, 0);
    assert_int_equal(in->ea, ea);
    assert_int_equal(in->word, word);
}

static void assert_r4(const struct lockstep_difference *d)
{
    assert_int_equal(d->what, LOCKSTEP_REGISTER);
    assert_string_equal(d->name, "r4");
    assert_true(d->value[0] == (WHEN ^ 0x10));
    assert_true(d->value[1] == WHEN);
}

static void test_register(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(checks); i++) {
        struct pair p;
        const struct lockstep_finding *f = find(&p, &engine_register, bases[i % 2], checks[i / 2]);
        assert_int_equal(f->found, LOCKSTEP_STEP);
        assert_insn(&f->insn, AT_LOAD, LD(4u, 5u, 0));
        assert_int_equal(f->ndiff, 1);
        assert_r4(&f->diff[0]);
        assert_true(f->nbefore > 0);
        assert_insn(&f->before[f->nbefore - 1], AT_STORE, STD(3u, 5u, 0));
        pair_end(&p);
    }
}

static void test_memory(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(checks); i++) {
        struct pair p;
        const struct lockstep_finding *f = find(&p, &engine_byte, bases[i % 2], checks[i / 2]);
        assert_int_equal(f->found, LOCKSTEP_STEP);
        assert_insn(&f->insn, AT_STORE, STD(3u, 5u, 0));
        assert_int_equal(f->ndiff, 1);
        assert_int_equal(f->diff[0].what, LOCKSTEP_MEMORY);
        assert_int_equal(f->diff[0].ra, FAR_AWAY & ~7);
        assert_true(f->diff[0].value[0] == 0x5a0000);
        assert_true(f->diff[0].value[1] == 0);
        pair_end(&p);
    }
}

/* Right when it steps: named is who writes the register. */
static void test_together(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(checks); i++) {
        struct pair p;
        const struct lockstep_finding *f = find(&p, &engine_together, bases[i % 2], checks[i / 2]);
        assert_int_equal(f->found, LOCKSTEP_WRITER);
        assert_insn(&f->insn, AT_LOAD, LD(4u, 5u, 0));
        pair_end(&p);
    }
}

static void test_report(void **state)
{
    struct pair p;
    char text[4096] = "";
    FILE *out = fmemopen(text, sizeof(text) - 1, "w");
    (void)state;
    find(&p, &engine_register, &engine_ref, 0);
    lockstep_report(p.ls, out);
    fclose(out);
    assert_non_null(strstr(text, "register and ref differ after instruction"));
    assert_non_null(strstr(text, "0000000000001008: e8850000  ld"));
    assert_non_null(strstr(text, "r4: register 00000000000004c2, ref 00000000000004d2"));
    pair_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),  cmocka_unit_test(test_register),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_together),
        cmocka_unit_test(test_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
