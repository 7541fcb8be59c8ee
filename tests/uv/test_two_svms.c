/* SPDX-License-Identifier: Apache-2.0 */
/* Two SVMs under one hypervisor that mixes them up, and runs them out of memory. */
#include "bed.h"

#define ONE     1u
#define TWO     2u
#define RA      0x100000ULL
#define GPA     (GUEST_BASE + 0x30000)
#define SECRET1 "the secret of the first"
#define SECRET2 "the secret of the second"

struct two {
    struct svm *svm[2];
};

static struct two make_two(struct bed *b)
{
    struct two t;

    for (unsigned i = 0; i < 2; i++) {
        t.svm[i] = bed_make_svm(b, ONE + i);
        assert_true(svm_write(t.svm[i], GPA, i ? SECRET2 : SECRET1, 24));
    }
    return t;
}

static ra_t translate(struct bed *b, lpid_t lpid, gra_t gpa)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct xlate x;

    cpu->lpid = lpid;
    cpu_set_msr(cpu, MSR_SVM);
    return mmu_translate(cpu, gpa, ACCESS_LOAD, &x) ? 0 : x.ra;
}

/* No frame is in both trees, and none of them is the ultravisor's own. */
static void assert_apart(struct bed *b, const struct two *t)
{
    for (gra_t at = GUEST_BASE; at < GUEST_BASE + GUEST_SIZE; at += UV_PAGE_SIZE) {
        ra_t a = translate(b, ONE, at);
        for (gra_t other = GUEST_BASE; a && other < GUEST_BASE + GUEST_SIZE; other += UV_PAGE_SIZE)
            assert_true(page_frame(t->svm[1], other) != a);
        if (a) {
            assert_int_equal(a, page_frame(t->svm[0], at));
            for (unsigned i = 0; i < 2; i++)
                for (unsigned k = 0; k < t->svm[i]->tree.frames; k++)
                    assert_true(t->svm[i]->tree.arena[k] != a);
            assert_true(a != b->m.uv->patb);
        }
    }
}

BED_TEST(their_memory_is_apart)
{
    struct two t = make_two(b);
    assert_apart(b, &t);
}

BED_TEST(attack_24_pages_exchanged)
{
    struct two t = make_two(b);

    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(
            bed_call(b, FROM_HV, UV_PAGE_OUT, ONE + i, RA + i * UV_PAGE_SIZE, GPA, 0, 16),
            U_SUCCESS);
    assert_memory_not_equal(bed_normal(b, RA), bed_normal(b, RA + UV_PAGE_SIZE), 64);
    for (unsigned i = 0; i < 2; i++) {
        bed_call(b, FROM_HV, UV_PAGE_IN, ONE + i, RA + (1 - i) * UV_PAGE_SIZE, GPA, 0, 16);
        uint64_t before = bed_hash(b);
        assert_int_equal(
            bed_call(b, FROM_HV, UV_PAGE_IN, ONE + i, RA + (1 - i) * UV_PAGE_SIZE, GPA, 0, 16),
            U_P3);
        assert_true(before == bed_hash(b));
        assert_int_equal(page_of(t.svm[i], GPA)->state, PAGE_PAGEDOUT);
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(
            bed_call(b, FROM_HV, UV_PAGE_IN, ONE + i, RA + i * UV_PAGE_SIZE, GPA, 0, 16),
            U_SUCCESS);
        assert_memory_equal(bed_secure(b, t.svm[i], GPA), i ? SECRET2 : SECRET1, 24);
    }
    assert_int_equal(b->m.uv->stats.pages_refused, 4);
}

/* One lends a page; the hypervisor gives the same normal page to the other, or a frame of the
 * other's. */
static void same_page_for_both(struct bed *b, struct cpu *cpu, unsigned vector)
{
    const struct two *t = b->user;

    (void)vector;
    ra_t secure = page_frame(t->svm[2 - cpu->lpid], GPA);
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, secure, cpu->gpr[4], 0, 16), U_P2);
    if (cpu->lpid == ONE) /* nor for the other one, who has not lent it, in its place */
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, TWO, RA, cpu->gpr[4], 0, 16), U_P2);
    bed_hv_return(cpu, bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, RA, cpu->gpr[4], 0, 16),
                  cpu->gpr[31]);
}

BED_TEST(shared_pages_of_two)
{
    static struct two t; /* the script sees it */

    t = make_two(b);

    bed_hypervisor(b, same_page_for_both, &t);
    for (unsigned i = 0; i < 2; i++) {
        b->m.cpus[0].lpid = ONE + i;
        assert_int_equal(bed_call(b, FROM_SVM, UV_SHARE_PAGE, GPA >> 16, 1), U_SUCCESS);
        assert_int_equal(translate(b, ONE + i, GPA), RA); /* what they have in common is public */
        assert_null(memmem(b->m.mem.ram, BED_RAM, "the secret", 10));
        assert_memory_equal(bed_secure(b, t.svm[i], GPA), i ? SECRET2 : SECRET1, 24);
    }
}

/* While a thread of one is suspended, the hypervisor works on the other one and returns to either.
 */
BED_TEST(attack_31_cookies_exchanged)
{
    struct two t = make_two(b);
    struct cpu *cpu = &b->m.cpus[0];
    uint64_t cookie[2];

    b->hv = bed_hv_keeps;
    for (unsigned i = 0; i < 2; i++) {
        cpu->lpid = ONE + i;
        cpu->gpr[3] = 0xe0;
        cpu->gpr[20] = 0x1000 + i;
        bed_sc(b, cpu, FROM_SVM, 1);
        cookie[i] = b->last.regs.gpr[31];
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(bed_resume(cpu, ONE + i, cookie[1 - i], 0, cookie[1 - i]), U_PARAMETER);
        assert_false(cpu->msr & MSR_S);
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(bed_resume(cpu, ONE + i, cookie[i], 0, cookie[i]), 0);
        assert_true(bed_in_svm(cpu));
        assert_int_equal(cpu->gpr[20], 0x1000 + i);
        assert_null(t.svm[i]->saves);
    }
}

/* Cookies may even be equal by chance: each names a thread within its SVM. */
BED_TEST(attack_47_start_cookies_exchanged)
{
    struct two t = make_two(b);
    struct cpu *cpu = &b->m.cpus[1];

    t.svm[0]->rtas.start[1].cookie = 0xabcd0;
    t.svm[0]->rtas.start[1].nia = 0x1000;
    t.svm[1]->rtas.start[1].cookie = 0xabcd0;
    t.svm[1]->rtas.start[1].nia = 0x2000;
    bed_resume(cpu, TWO, 0, 0xabcd0, 0);
    assert_int_equal(cpu->nia, 0x2000);
    assert_int_equal(t.svm[0]->rtas.start[1].cookie, 0xabcd0);
    assert_int_equal(bed_resume(cpu, TWO, 0, 0xabcd0, 0), U_PARAMETER);
    bed_resume(cpu, ONE, 0, 0xabcd0, 0);
    assert_int_equal(cpu->nia, 0x1000);
}

BED_TEST(the_end_of_one_leaves_the_other_alone)
{
    struct two t = make_two(b);

    b->m.cpus[0].lpid = ONE;
    b->m.cpus[1].lpid = TWO;
    b->m.cpus[1].run_state = CPU_RUNNING;
    cpu_set_msr(&b->m.cpus[1], MSR_SVM);
    assert_int_equal(bed_call(b, FROM_HV, UV_SVM_TERMINATE, ONE), U_SUCCESS);
    assert_int_equal(b->m.cpus[1].run_state, CPU_RUNNING);
    assert_memory_equal(bed_secure(b, t.svm[1], GPA), SECRET2, 24);
    assert_int_equal(translate(b, TWO, GPA), page_frame(t.svm[1], GPA));
    assert_int_equal(translate(b, ONE, GPA), 0);
    assert_null(memmem(b->m.mem.secure, BED_SECURE, SECRET1, 24));
    /* a third one, in the first one's frames, begins with zeros */
    t.svm[0] = bed_make_svm(b, ONE);
    for (gra_t at = GUEST_BASE; at < GUEST_BASE + GUEST_SIZE; at += UV_PAGE_SIZE)
        for (unsigned i = 0; i < UV_PAGE_SIZE; i += 8)
            assert_int_equal(get_be64(bed_secure(b, t.svm[0], at) + i), 0);
    assert_apart(b, &t);
}

BED_TEST(the_kill_of_one_leaves_the_other_alone)
{
    struct two t = make_two(b);
    struct cpu *cpu = &b->m.cpus[0];

    b->hv = bed_hv_keeps;
    cpu->lpid = ONE;
    cpu->gpr[3] = 0xe0;
    bed_sc(b, cpu, FROM_SVM, 1);
    uint64_t cookie = b->last.regs.gpr[31];
    cpu->pid ^= 1;
    bed_resume(cpu, ONE, cookie, 0, cookie);
    assert_int_equal(t.svm[0]->state, SVM_DEAD);
    assert_int_equal(t.svm[1]->state, SVM_SECURE);
    assert_int_equal(pate_read(b->m.uv, TWO, 0), tree_pate0(&t.svm[1]->tree));
    assert_int_equal(translate(b, TWO, GPA), page_frame(t.svm[1], GPA));
}

BED_TEST(attack_73_one_takes_all_secure_memory)
{
    struct two t = make_two(b);
    gra_t at = 0x40000000;
    unsigned id = 1;

    while (!bed_call(b, FROM_HV, UV_REGISTER_MEM_SLOT, ONE, at, CHUNK_SIZE, 0, id)) {
        at += CHUNK_SIZE;
        id++;
    }
    assert_true(id > 2);
    static const uint64_t sizes[] = {CHUNK_SIZE, UV_PAGE_SIZE, 0x40000000};
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        assert_int_equal(
            bed_call(b, FROM_HV, UV_REGISTER_MEM_SLOT, TWO, 0x80000000, sizes[i], 0, 9),
            U_PARAMETER);
        assert_int_equal(
            bed_call(b, FROM_HV, UV_REGISTER_MEM_SLOT, ONE, 0x80000000, sizes[i], 0, 500),
            U_PARAMETER);
    }
    /* the second one does not notice: its pages go and come */
    for (unsigned i = 0; i < 3; i++) {
        gra_t gpa = GPA + i * UV_PAGE_SIZE;
        int64_t rc = bed_call(b, FROM_HV, UV_PAGE_OUT, TWO, RA, gpa, 0, 16);
        assert_true(rc == U_SUCCESS || rc == U_RETRY);
        if (!rc)
            assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, TWO, RA, gpa, 0, 16), U_SUCCESS);
    }
    assert_memory_equal(bed_secure(b, t.svm[1], GPA), SECRET2, 24);
    assert_apart(b, &t);
    /* no third one; but with the first gone there is room again */
    assert_int_equal(bed_call(b, FROM_HV, UV_SVM_TERMINATE, ONE), U_SUCCESS);
    assert_int_equal(
        bed_call(b, FROM_HV, UV_REGISTER_MEM_SLOT, TWO, 0x80000000, 8 * CHUNK_SIZE, 0, 9),
        U_SUCCESS);
}

BED_TEST(attack_73_no_frame_left_for_a_new_svm)
{
    make_two(b);
    while (frames_alloc(&b->m.uv->frames, 1))
        ;
    assert_null(svm_new(b->m.uv, 3));
    b->m.cpus[0].lpid = 3;
    bed_call(b, FROM_NVM, UV_ESM, 0x10000, 0x20000);
    uint64_t before = bed_hash(b);
    assert_int_equal(bed_call(b, FROM_NVM, UV_ESM, 0x10000, 0x20000), U_RETRY);
    assert_true(before == bed_hash(b));
    assert_null(svm_find(b->m.uv, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(their_memory_is_apart),
        cmocka_unit_test(attack_24_pages_exchanged),
        cmocka_unit_test(shared_pages_of_two),
        cmocka_unit_test(attack_31_cookies_exchanged),
        cmocka_unit_test(attack_47_start_cookies_exchanged),
        cmocka_unit_test(the_end_of_one_leaves_the_other_alone),
        cmocka_unit_test(the_kill_of_one_leaves_the_other_alone),
        cmocka_unit_test(attack_73_one_takes_all_secure_memory),
        cmocka_unit_test(attack_73_no_frame_left_for_a_new_svm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
