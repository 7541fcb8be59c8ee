/* SPDX-License-Identifier: Apache-2.0 */
/* UV_SVM_TERMINATE, and what is left of an SVM afterwards: nothing. */
#include "bed.h"

#define PC     (BED_CODE + 0x40)
#define SECRET "the secret of this svm"

static void fill(struct bed *b, struct svm *svm)
{
    (void)b;
    for (gra_t at = GUEST_BASE; at < GUEST_BASE + GUEST_SIZE; at += UV_PAGE_SIZE)
        assert_true(svm_write(svm, at + 0x1230, SECRET, sizeof(SECRET)));
}

/* All of secure memory but the partition table. */
static void assert_scrubbed(struct bed *b)
{
    ra_t patb = b->m.uv->patb - SECURE_RA_BIT;

    for (uint64_t i = 0; i < BED_SECURE; i++)
        if ((i < patb || i >= patb + VM_MAX * 16) && b->m.mem.secure[i])
            fail_msg("secure memory is not zero at offset 0x%llx", (unsigned long long)i);
}

BED_TEST(terminate_only_for_the_hypervisor)
{
    static const enum bed_from others[] = {FROM_HOST_USER, FROM_NVM, FROM_NVM_USER, FROM_SVM,
                                           FROM_SVM_USER};
    bed_make_svm(b, BED_LPID);
    bed_refuses_from(b, UV_SVM_TERMINATE, others, BED_LPID);
}

BED_TEST(terminate_of_an_unknown_lpid_succeeds)
{
    static const uint64_t lpid[] = {0, 2, VM_MAX, 1ULL << 32 | BED_LPID, ~0ULL};

    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(lpid); i++) {
        bed_call(b, FROM_HV, UV_SVM_TERMINATE, lpid[i]);
        uint64_t before = bed_hash(b);
        assert_int_equal(bed_call(b, FROM_HV, UV_SVM_TERMINATE, lpid[i]), U_SUCCESS);
        assert_true(before == bed_hash(b));
    }
}

BED_TEST(attack_72_terminate_scrubs)
{
    uint64_t free = b->m.uv->frames.free;
    struct svm *svm = bed_make_svm(b, BED_LPID);

    fill(b, svm);
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, 0x100000, GUEST_BASE, 0, 16);
    assert_int_equal(bed_call(b, FROM_HV, UV_SVM_TERMINATE, BED_LPID), U_SUCCESS);
    assert_null(svm_find(b->m.uv, BED_LPID));
    assert_false(uv_is_secure(b->m.uv, BED_LPID));
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 0), 0);
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 1), 0);
    assert_int_equal(b->m.uv->frames.free, free);
    assert_scrubbed(b);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, 0x100000, GUEST_BASE, 0, 16),
                     U_PARAMETER);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, 0x100000, GUEST_BASE, 0, 16),
                     U_PARAMETER);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_INVAL, BED_LPID, GUEST_BASE, 16), U_PARAMETER);
    assert_int_equal(bed_call(b, FROM_HV, UV_SVM_TERMINATE, BED_LPID), U_SUCCESS);
}

BED_TEST(attack_72_reset_scrubs)
{
    fill(b, bed_make_svm(b, BED_LPID));
    assert_true(uv_reset(b->m.uv));
    assert_null(b->m.uv->svms);
    assert_scrubbed(b);
    for (unsigned i = 0; i < VM_MAX; i++)
        assert_int_equal(pate_read(b->m.uv, i, 0) | pate_read(b->m.uv, i, 1), 0);
    assert_int_equal(b->m.cpus[1].smfctrl, PPC_BIT(0));
}

/* Ciphertext of an SVM is of no use to its successor under the same LPID. */
BED_TEST(attack_24_terminate_destroys_the_page_key)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct page old;

    fill(b, svm);
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, 0x100000, GUEST_BASE, 0, 16);
    old = *page_of(svm, GUEST_BASE);
    bed_call(b, FROM_HV, UV_SVM_TERMINATE, BED_LPID);
    svm = bed_make_svm(b, BED_LPID);
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, 0x200000, GUEST_BASE, 0, 16);
    *page_of(svm, GUEST_BASE) = old; /* were even IV and tag the same */
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, 0x100000, GUEST_BASE, 0, 16), U_P3);
}

/* Of a VM that was never secure the entry is the hypervisor's. */
BED_TEST(terminate_during_the_transition_keeps_the_entry)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    svm->state = SVM_TRANSITION;
    pate_write(b->m.uv, BED_LPID, 0, 0xe000000000123000);
    assert_int_equal(bed_call(b, FROM_HV, UV_SVM_TERMINATE, BED_LPID), U_SUCCESS);
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 0), 0xe000000000123000);
    svm = bed_make_svm(b, BED_LPID);
    svm->state = SVM_DEAD;
    assert_int_equal(bed_call(b, FROM_HV, UV_SVM_TERMINATE, BED_LPID), U_SUCCESS);
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 0), 0);
}

static void terminates(struct bed *b, struct cpu *cpu, unsigned vector)
{
    uint64_t cookie = cpu->gpr[31];

    (void)vector;
    (void)b;
    assert_int_equal(bed_hv_ucall(cpu, UV_SVM_TERMINATE, cpu->lpid), U_SUCCESS);
    bed_hv_return(cpu, 0, cookie);
}

BED_TEST(attack_30_terminate_under_a_suspended_thread)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm = bed_make_svm(b, BED_LPID);

    (void)svm;
    b->hv = terminates;
    cpu->gpr[3] = 0xe0;
    bed_sc(b, cpu, FROM_SVM, 1);
    assert_int_equal((int64_t)cpu->gpr[3], U_PARAMETER);
    assert_false(cpu->msr & MSR_S);
    assert_int_equal(b->m.stop, STOP_NONE);
}

/* Every kind of suspended work goes with the SVM; nothing is left in memory (leaks: ASan). */
BED_TEST(attack_30_terminate_in_the_middle_of_a_share)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    b->hv = terminates;
    bed_call(b, FROM_SVM, UV_SHARE_PAGE, GUEST_BASE >> 16, 4);
    assert_int_equal((int64_t)cpu->gpr[3], U_PARAMETER);
    assert_false(cpu->msr & MSR_S);
}

/* Another thread of it is running at that moment. It must not go on in secure state: the hypervisor
 * could put a tree of its own under it and read everybody's secure memory. */
BED_TEST(attack_30_terminate_stops_threads_in_secure_state)
{
    struct cpu *runs = &b->m.cpus[1];
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint8_t nop[4];

    put_be32(nop, 0x60000000);
    assert_true(svm_write(svm, PC, nop, sizeof(nop)));
    bed_run(runs, MSR_SVM, PC, 1);
    assert_int_equal(runs->cia, PC + 4);
    assert_int_equal(runs->run_state, CPU_RUNNING);
    assert_int_equal(bed_call(b, FROM_HV, UV_SVM_TERMINATE, BED_LPID), U_SUCCESS);
    assert_int_equal(runs->run_state, CPU_STOPPED);
    assert_int_equal(b->m.cpus[0].run_state, CPU_RUNNING);
}

/* One that was overlooked, by whatever means, is stopped at its next interrupt. */
BED_TEST(an_orphan_is_stopped)
{
    struct cpu *cpu = &b->m.cpus[1];

    cpu->lpid = 7;
    cpu->run_state = CPU_RUNNING;
    bed_interrupt(cpu, TRAP_HDEC, MSR_SVM, PC);
    assert_int_equal(cpu->run_state, CPU_STOPPED);
    assert_int_equal(b->entries, 0);
    assert_int_equal(b->m.stop, STOP_NONE);
}

/* ---- killed ---- */

/* The other threads of a killed SVM end at their next step, in the ultravisor. */
BED_TEST(a_killed_svm_runs_no_more)
{
    struct cpu *cpu = &b->m.cpus[0], *other = &b->m.cpus[1];
    struct svm *svm = bed_make_svm(b, BED_LPID);
    int64_t rc = UV_H_PARAMETER;
    uint8_t nop[4];

    put_be32(nop, 0x60000000);
    assert_true(svm_write(svm, PC, nop, sizeof(nop)));
    bed_share(b, GUEST_BASE, 1);
    bed_hypervisor(b, bed_hv_answers, &rc);
    bed_call(b, FROM_SVM, UV_UNSHARE_PAGE, GUEST_BASE >> 16, 1);
    assert_int_equal(svm->state, SVM_DEAD);
    assert_int_equal(cpu->run_state, CPU_STOPPED);
    b->hv = NULL;
    bed_run(other, MSR_SVM, PC, 2);
    assert_int_equal(other->run_state, CPU_STOPPED);
    assert_null(svm->saves);
    assert_int_equal(bed_call(b, FROM_HV, UV_SVM_TERMINATE, BED_LPID), U_SUCCESS);
    assert_scrubbed(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminate_only_for_the_hypervisor),
        cmocka_unit_test(terminate_of_an_unknown_lpid_succeeds),
        cmocka_unit_test(attack_72_terminate_scrubs),
        cmocka_unit_test(attack_72_reset_scrubs),
        cmocka_unit_test(attack_24_terminate_destroys_the_page_key),
        cmocka_unit_test(terminate_during_the_transition_keeps_the_entry),
        cmocka_unit_test(attack_30_terminate_under_a_suspended_thread),
        cmocka_unit_test(attack_30_terminate_in_the_middle_of_a_share),
        cmocka_unit_test(attack_30_terminate_stops_threads_in_secure_state),
        cmocka_unit_test(an_orphan_is_stopped),
        cmocka_unit_test(a_killed_svm_runs_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
