/* SPDX-License-Identifier: Apache-2.0 */
/* UV_RETURN: who may resume which thread, with what result, and which interrupts it may inject. */
#include "bed.h"

#define PC     (BED_CODE + 0x40)
#define OTHER  2u
#define H_POLL 0x54 /* H_GET_TERM_CHAR: R3..R6 come back */

/* A thread of the SVM suspended in a hypercall; its cookie. */
static uint64_t suspend(struct bed *b, struct cpu *cpu, lpid_t lpid, uint64_t msr)
{
    b->hv = bed_hv_keeps;
    cpu->lpid = lpid;
    cpu->gpr[3] = H_POLL;
    cpu->gpr[4] = 0x1234;
    cpu->gpr[20] = 0x5ec4e7;
    cpu_set_msr(cpu, msr);
    cpu->nia = PC;
    cpu_model_sc(cpu, 1);
    bed_enter(cpu);
    return cpu->gpr[31];
}

static struct svm *second_svm(struct bed *b)
{
    struct svm *svm = svm_new(b->m.uv, OTHER);

    assert_int_equal(
        bed_call(b, FROM_HV, UV_REGISTER_MEM_SLOT, OTHER, GUEST_BASE, CHUNK_SIZE, 0, 0), U_SUCCESS);
    svm->state = SVM_SECURE;
    pate_write(b->m.uv, OTHER, 0, tree_pate0(&svm->tree));
    return svm;
}

BED_TEST(attack_13_return_only_for_the_hypervisor)
{
    static const enum bed_from others[] = {FROM_HOST_USER, FROM_NVM, FROM_NVM_USER, FROM_SVM,
                                           FROM_SVM_USER};
    bed_make_svm(b, BED_LPID);
    uint64_t cookie = suspend(b, &b->m.cpus[0], BED_LPID, MSR_SVM);

    for (unsigned i = 0; i < ARRAY_SIZE(others); i++) {
        struct cpu *cpu = &b->m.cpus[1];
        cpu->gpr[31] = cpu->hsrr0 = cookie;
        cpu->gpr[3] = UV_RETURN;
        bed_sc(b, cpu, others[i], 2);
        assert_int_equal((int64_t)cpu->gpr[3], U_PERMISSION);
        assert_int_equal(cpu->nia, 0x10000);
    }
    assert_int_equal(bed_resume(&b->m.cpus[0], BED_LPID, cookie, 7, cookie), 7);
}

BED_TEST(return_gives_the_thread_its_registers_back)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint64_t cookie = suspend(b, cpu, BED_LPID, MSR_SVM | MSR_EE | MSR_FP);

    assert_true(cookie >= 0x2000 && cookie <= 0xffffffff && !(cookie & 3));
    assert_int_equal(cpu->gpr[20], 0);
    assert_int_equal(bed_resume(cpu, BED_LPID, cookie, -4, cookie), -4);
    assert_true(bed_in_svm(cpu));
    assert_int_equal(cpu->nia, PC);
    assert_int_equal(cpu->msr, MSR_SVM | MSR_EE | MSR_FP);
    assert_int_equal(cpu->gpr[20], 0x5ec4e7);
    assert_null(svm->saves);
}

BED_TEST(attack_30_31_wrong_cookies)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint64_t cookie = suspend(b, cpu, BED_LPID, MSR_SVM);
    const uint64_t bad[] = {
        0, 1, 0x500, 0x1ffc, cookie ^ 4, cookie | 1, cookie | 1ULL << 32, ~0ULL, SECURE_RA_BIT};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(bed_resume(cpu, BED_LPID, bad[i], 0, bad[i]), U_PARAMETER);
        assert_false(cpu->msr & MSR_S);
        assert_int_equal(cpu->nia, 0x10000);
        assert_non_null(svm->saves);
        assert_int_equal(svm->state, SVM_SECURE);
    }
    /* an LPID without an SVM */
    assert_int_equal(bed_resume(cpu, 77, cookie, 0, cookie), U_PARAMETER);
    assert_false(cpu->msr & MSR_S);
    /* used up */
    assert_int_equal(bed_resume(cpu, BED_LPID, cookie, 0, cookie), 0);
    assert_true(bed_in_svm(cpu));
    assert_int_equal(bed_resume(cpu, BED_LPID, cookie, 0, cookie), U_PARAMETER);
    assert_false(cpu->msr & MSR_S);
}

BED_TEST(attack_31_32_the_cookie_of_another_svm)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *one = bed_make_svm(b, BED_LPID), *two = second_svm(b);
    uint64_t cookie = suspend(b, cpu, BED_LPID, MSR_SVM);

    /* LPIDR says that it is the other one's thread: it is not there */
    assert_int_equal(bed_resume(cpu, OTHER, cookie, 0, cookie), U_PARAMETER);
    assert_false(cpu->msr & MSR_S);
    assert_non_null(one->saves);
    assert_null(two->saves);
    assert_int_equal(bed_resume(cpu, BED_LPID, cookie, 0, cookie), 0);
    assert_int_equal(cpu->lpid, BED_LPID);
}

BED_TEST(attack_32_another_pid_kills)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm = bed_make_svm(b, BED_LPID);

    cpu->pid = 5;
    uint64_t cookie = suspend(b, cpu, BED_LPID, MSR_SVM);
    cpu->pid = 6;
    bed_resume(cpu, BED_LPID, cookie, 0, cookie);
    assert_int_equal(svm->state, SVM_DEAD);
    assert_int_equal(cpu->run_state, CPU_STOPPED);
    assert_int_equal(b->m.uv->stats.killed, 1);
    assert_int_equal(b->m.stop, STOP_NONE);
}

/* A vCPU may move; its state can be resumed only once. */
BED_TEST(attack_34_a_cookie_on_another_cpu)
{
    struct cpu *a = &b->m.cpus[0], *c = &b->m.cpus[1];
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint64_t one = suspend(b, a, BED_LPID, MSR_SVM);
    uint64_t two = suspend(b, c, BED_LPID, MSR_SVM | MSR_LE);

    assert_true(one != two);
    assert_int_equal(bed_resume(c, BED_LPID, one, 1, one), 1);
    assert_true(bed_in_svm(c));
    assert_false(c->msr & MSR_LE);
    assert_int_equal(bed_resume(a, BED_LPID, one, 1, one), U_PARAMETER);
    assert_false(a->msr & MSR_S);
    assert_int_equal(bed_resume(a, BED_LPID, two, 2, two), 2);
    assert_true(a->msr & MSR_LE);
    assert_null(svm->saves);
}

/* ---- injection ---- */

BED_TEST(attack_33_vectors_that_are_taken)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    for (uint64_t v = 0x20; v < 0x2000; v += 0x20) {
        bool le = v & 0x20;
        uint64_t cookie = suspend(b, cpu, BED_LPID, MSR_SVM | MSR_EE | MSR_FP | MSR_RI);
        cpu->srr1 = ~0ULL; /* becomes R2: only the cause bits count */
        cpu->hsrr1 = le ? MSR_LE | MSR_HV | MSR_PR : ~MSR_LE;
        bed_resume(cpu, BED_LPID, cookie, 9, v);
        assert_int_equal(cpu->nia, v);
        assert_int_equal(cpu->msr, MSR_SVM | (le ? MSR_LE : 0));
        assert_int_equal(cpu->srr0, PC);
        assert_int_equal(cpu->srr1, MSR_SVM | MSR_EE | MSR_FP | MSR_RI | SRR1_INFO);
        assert_int_equal(cpu->gpr[3], 9); /* the hypercall is done */
    }
}

BED_TEST(attack_33_addresses_that_are_no_vectors)
{
    static const uint64_t bad[] = {0,
                                   1,
                                   0x504,
                                   0x510,
                                   0x501,
                                   0x2000,
                                   0x2020,
                                   0x10000,
                                   PC - 4,
                                   SECURE_RA_BIT,
                                   PPC_BIT(0) | 0x500,
                                   1ULL << 32 | 0x500,
                                   0xc000000000000500,
                                   ~0ULL};
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        uint64_t cookie = suspend(b, cpu, BED_LPID, MSR_SVM | MSR_EE);
        cpu->hsrr1 = MSR_LE | MSR_HV;
        cpu->srr0 = 0x77;
        bed_resume(cpu, BED_LPID, cookie, 0, bad[i]);
        assert_int_equal(cpu->nia, PC);
        assert_int_equal(cpu->msr, MSR_SVM | MSR_EE);
    }
}

/* SRR0 and SRR1 are the thread's own unless an interrupt uses them. */
BED_TEST(return_keeps_srr_of_the_thread)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    b->hv = bed_hv_answers;
    cpu->srr0 = 0x1111;
    cpu->srr1 = 0x2222;
    bed_interrupt(cpu, TRAP_HDEC, MSR_SVM, PC);
    assert_int_equal(cpu->srr0, 0x1111);
    assert_int_equal(cpu->srr1, 0x2222);
    assert_int_equal(cpu->nia, PC);
}

/* Whatever LPCR the hypervisor returns with, the SVM's memory is what the ultravisor's tree says.
 */
BED_TEST(return_with_radix_switched_off)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct xlate x;
    uint64_t cookie = suspend(b, cpu, BED_LPID, MSR_SVM);

    cpu->lpcr &= ~(LPCR_HR | LPCR_UPRT);
    bed_resume(cpu, BED_LPID, cookie, 0, cookie);
    assert_true(bed_in_svm(cpu));
    assert_int_equal(mmu_translate(cpu, PC, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(x.ra, page_frame(svm, PC) + (PC & 0xffff));
}

/* ---- threads that the SVM starts ---- */

#define START_COOKIE 0x00abcde0

static void want_start(struct svm *svm, unsigned server, uint32_t cookie, ea_t nia, uint64_t r3)
{
    svm->rtas.start[server].cookie = cookie;
    svm->rtas.start[server].nia = nia;
    svm->rtas.start[server].r3 = r3;
}

BED_TEST(a_start_cookie_starts_the_thread_once)
{
    struct cpu *cpu = &b->m.cpus[1];
    struct svm *svm = bed_make_svm(b, BED_LPID);

    want_start(svm, 1, START_COOKIE, PC, 0x42);
    for (unsigned i = 4; i < 31; i++)
        cpu->gpr[i] = 0xbad0 + i;
    bed_resume(cpu, BED_LPID, 0, START_COOKIE, 0x500); /* nor is anything injected */
    assert_true(bed_in_svm(cpu));
    assert_int_equal(cpu->nia, PC);
    assert_int_equal(cpu->msr, MSR_SVM);
    assert_int_equal(cpu->gpr[3], 0x42);
    for (unsigned i = 4; i < 32; i++)
        assert_int_equal(cpu->gpr[i], 0);
    assert_int_equal(bed_resume(cpu, BED_LPID, 0, START_COOKIE, 0), U_PARAMETER);
    assert_false(cpu->msr & MSR_S);
}

BED_TEST(attack_31_47_forged_start_cookies)
{
    struct cpu *cpu = &b->m.cpus[1];
    struct svm *one = bed_make_svm(b, BED_LPID), *two = second_svm(b);
    static const uint64_t bad[] = {0, START_COOKIE ^ 4, START_COOKIE | 1ULL << 32, 0x1ffc, ~0ULL};

    want_start(one, 1, START_COOKIE, PC, 0x42);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(bed_resume(cpu, BED_LPID, 0, (int64_t)bad[i], 0), U_PARAMETER);
        assert_false(cpu->msr & MSR_S);
    }
    assert_int_equal(bed_resume(cpu, OTHER, 0, START_COOKIE, 0), U_PARAMETER);
    assert_false(cpu->msr & MSR_S);
    assert_null(two->saves);
    assert_int_equal(one->rtas.start[1].cookie, START_COOKIE);
}

/* A hypercall's result that happens to be a small start cookie can not be one. */
BED_TEST(start_cookies_are_above_the_vectors)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint64_t cookie = suspend(b, cpu, BED_LPID, MSR_SVM);

    want_start(svm, 1, 0, PC + 0x100, 0x42); /* none is wanted */
    assert_int_equal(bed_resume(cpu, BED_LPID, cookie, 0, cookie), 0);
    assert_int_equal(cpu->nia, PC);
    for (unsigned i = 0; i < 1000; i++) {
        uint32_t c = cookie_new(svm);
        assert_true(c >= 0x2000 && !(c & 3));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_13_return_only_for_the_hypervisor),
        cmocka_unit_test(return_gives_the_thread_its_registers_back),
        cmocka_unit_test(attack_30_31_wrong_cookies),
        cmocka_unit_test(attack_31_32_the_cookie_of_another_svm),
        cmocka_unit_test(attack_32_another_pid_kills),
        cmocka_unit_test(attack_34_a_cookie_on_another_cpu),
        cmocka_unit_test(attack_33_vectors_that_are_taken),
        cmocka_unit_test(attack_33_addresses_that_are_no_vectors),
        cmocka_unit_test(return_keeps_srr_of_the_thread),
        cmocka_unit_test(return_with_radix_switched_off),
        cmocka_unit_test(a_start_cookie_starts_the_thread_once),
        cmocka_unit_test(attack_31_47_forged_start_cookies),
        cmocka_unit_test(start_cookies_are_above_the_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
