/* SPDX-License-Identifier: Apache-2.0 */
/* UV_PAGE_INVAL: the hypervisor takes the normal page behind a shared one back. */
#include "bed.h"

#define GPA (GUEST_BASE + 0x30000)

static int64_t inval(struct bed *b, uint64_t gpa)
{
    return bed_call(b, FROM_HV, UV_PAGE_INVAL, BED_LPID, gpa, 16);
}

BED_TEST(page_inval_only_for_the_hypervisor)
{
    static const enum bed_from others[] = {FROM_HOST_USER, FROM_NVM, FROM_NVM_USER, FROM_SVM,
                                           FROM_SVM_USER};
    bed_make_svm(b, BED_LPID);
    bed_share(b, GPA, 1);
    bed_refuses_from(b, UV_PAGE_INVAL, others, BED_LPID, GPA, 16);
}

BED_TEST(attack_29_page_inval_checks_in_order)
{
    static const struct {
        uint64_t lpid, gpa, order;
        int64_t rc;
    } c[] = {
        {9, 5, 12, U_P3},
        {9, 5, 1ULL << 32 | 16, U_P3},
        {9, 5, 16, U_PARAMETER},
        {1ULL << 32 | BED_LPID, GPA, 16, U_PARAMETER},
        {BED_LPID, GPA + 0x1000, 16, U_P2},
        {BED_LPID, GUEST_BASE + GUEST_SIZE, 16, U_P2},
        {BED_LPID, ~0xffffULL, 16, U_P2},
    };
    bed_make_svm(b, BED_LPID);
    bed_share(b, GPA, 1);
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        bed_call(b, FROM_HV, UV_PAGE_INVAL, c[i].lpid, c[i].gpa, c[i].order);
        uint64_t before = bed_hash(b);
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_INVAL, c[i].lpid, c[i].gpa, c[i].order),
                         c[i].rc);
        assert_true(before == bed_hash(b));
    }
}

BED_TEST(page_inval_of_an_svm_that_is_over)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    bed_share(b, GPA, 1);
    svm->state = SVM_ABORTED;
    assert_int_equal(inval(b, 5), U_STATE);
    svm->state = SVM_DEAD;
    assert_int_equal(inval(b, GPA), U_STATE);
    assert_int_equal(page_of(svm, GPA)->state, PAGE_SHARED);
}

BED_TEST(attack_28_page_inval_by_state)
{
    static const struct {
        enum page_state from, to;
        int64_t rc;
    } c[] = {
        {PAGE_SECURE, PAGE_SECURE, U_P2},
        {PAGE_PAGEDOUT, PAGE_PAGEDOUT, U_P2},
        {PAGE_HV_SHARING, PAGE_HV_SHARING, U_P2},
        {PAGE_SHARED, PAGE_SHARED_INV, U_SUCCESS},
        {PAGE_SHARED_INV, PAGE_SHARED_INV, U_SUCCESS},
        {PAGE_IMPLICIT, PAGE_IMPLICIT_INV, U_SUCCESS},
        {PAGE_IMPLICIT_INV, PAGE_IMPLICIT_INV, U_SUCCESS},
        {PAGE_HV_SHARED, PAGE_HV_SHARED_INV, U_SUCCESS},
        {PAGE_HV_SHARED_INV, PAGE_HV_SHARED_INV, U_SUCCESS},
        {PAGE_HV_UNSHARING, PAGE_HV_UNSHARING_INV, U_SUCCESS},
        {PAGE_HV_UNSHARING_INV, PAGE_HV_UNSHARING_INV, U_SUCCESS},
        {PAGE_PSEUDO, PAGE_PSEUDO_INV, U_SUCCESS},
        {PAGE_PSEUDO_INV, PAGE_PSEUDO_INV, U_SUCCESS},
    };
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct page *p = page_of(svm, GPA);

    memset(bed_secure(b, svm, GPA), 0x5a, UV_PAGE_SIZE);
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        p->state = c[i].from;
        assert_int_equal(inval(b, GPA), c[i].rc);
        assert_int_equal(p->state, c[i].to);
        assert_int_equal(bed_secure(b, svm, GPA)[4711], 0x5a);
    }
}

BED_TEST(an_invalidated_page_is_out_of_sight_until_it_comes_back)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];
    struct xlate x;

    bed_share(b, GPA, 1);
    cpu_set_msr(cpu, MSR_SVM);
    assert_int_equal(mmu_translate(cpu, GPA, ACCESS_STORE, &x), TRAP_NONE);
    assert_int_equal(x.ra, bed_pool_ra(GPA));
    assert_int_equal(inval(b, GPA), U_SUCCESS);
    cpu_set_msr(cpu, MSR_SVM);
    assert_int_equal(mmu_translate(cpu, GPA, ACCESS_LOAD, &x), TRAP_HDSI);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, 0x100000, GPA, 0, 16), U_SUCCESS);
    cpu_set_msr(cpu, MSR_SVM);
    assert_int_equal(mmu_translate(cpu, GPA, ACCESS_STORE, &x), TRAP_NONE);
    assert_int_equal(x.ra, 0x100000);
    assert_int_equal(page_of(svm, GPA)->state, PAGE_SHARED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_inval_only_for_the_hypervisor),
        cmocka_unit_test(attack_29_page_inval_checks_in_order),
        cmocka_unit_test(page_inval_of_an_svm_that_is_over),
        cmocka_unit_test(attack_28_page_inval_by_state),
        cmocka_unit_test(an_invalidated_page_is_out_of_sight_until_it_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
