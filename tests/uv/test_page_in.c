/* SPDX-License-Identifier: Apache-2.0 */
/* UV_PAGE_IN: every status in the order of the checks, and what each state of a page makes of it.
 */
#include "bed.h"

#define RA  0x100000ULL
#define GPA (GUEST_BASE + 0x30000)

static int64_t page_in(struct bed *b, uint64_t ra, uint64_t gpa)
{
    return bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, ra, gpa, 0, 16);
}

BED_TEST(page_in_only_for_the_hypervisor)
{
    static const enum bed_from others[] = {FROM_HOST_USER, FROM_NVM, FROM_NVM_USER, FROM_SVM,
                                           FROM_SVM_USER};
    bed_make_svm(b, BED_LPID);
    bed_refuses_from(b, UV_PAGE_IN, others, BED_LPID, RA, GPA, 0, 16);
}

BED_TEST(attack_22_29_page_in_checks_in_order)
{
    static const struct {
        uint64_t lpid, ra, gpa, flags, order;
        int64_t rc;
    } c[] = {
        {9, RA + 1, 5, 1, 12, U_P5},
        {9, RA + 1, 5, 1, 0, U_P5},
        {9, RA + 1, 5, 1, 1ULL << 32 | 16, U_P5},
        {9, RA + 1, 5, 1, 16, U_P2},
        {9, 0, 5, 1, 16, U_P2},
        {9, SECURE_RA_BIT, 5, 1, 16, U_P2},
        {9, SECURE_RA_BIT | RA, 5, 1, 16, U_P2},
        {9, BED_RAM, 5, 1, 16, U_P2},
        {9, BED_RAM - UV_PAGE_SIZE + 0x1000, 5, 1, 16, U_P2},
        {9, ~0xffffULL, 5, 1, 16, U_P2},
        {9, PPC_BIT(0) | RA, 5, 1, 16, U_P2},
        {9, RA, 5, 1, 16, U_PARAMETER},
        {1ULL << 32 | BED_LPID, RA, GPA, 0, 16, U_PARAMETER},
        {BED_LPID, RA, GPA + 4, 1, 16, U_P3},
        {BED_LPID, RA, GUEST_BASE - UV_PAGE_SIZE, 1, 16, U_P3},
        {BED_LPID, RA, GUEST_BASE + GUEST_SIZE, 1, 16, U_P3},
        {BED_LPID, RA, ~0xffffULL, 1, 16, U_P3},
        {BED_LPID, RA, GPA, 1, 16, U_P4},
        {BED_LPID, RA, GPA, PPC_BIT(0), 16, U_P4},
    };
    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        bed_call(b, FROM_HV, UV_PAGE_IN, c[i].lpid, c[i].ra, c[i].gpa, c[i].flags, c[i].order);
        uint64_t before = bed_hash(b);
        assert_int_equal(
            bed_call(b, FROM_HV, UV_PAGE_IN, c[i].lpid, c[i].ra, c[i].gpa, c[i].flags, c[i].order),
            c[i].rc);
        assert_true(before == bed_hash(b));
    }
}

BED_TEST(page_in_into_an_svm_that_is_over)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    static const enum svm_state over[] = {SVM_ABORTED, SVM_DEAD};

    for (unsigned i = 0; i < ARRAY_SIZE(over); i++) {
        svm->state = over[i];
        page_in(b, RA, GPA);
        uint64_t before = bed_hash(b);
        assert_int_equal(page_in(b, RA, GPA), U_STATE);
        assert_true(before == bed_hash(b));
        assert_int_equal(page_in(b, RA, 5), U_STATE); /* before the address is looked at */
    }
}

BED_TEST(attack_23_a_secure_page_is_not_overwritten)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint8_t *page = bed_secure(b, svm, GPA);

    memset(page, 0x5a, UV_PAGE_SIZE);
    memset(bed_normal(b, RA), 0xff, UV_PAGE_SIZE);
    page_in(b, RA, GPA);
    uint64_t before = bed_hash(b);
    assert_int_equal(page_in(b, RA, GPA), U_P2);
    assert_true(before == bed_hash(b));
    assert_int_equal(page[0], 0x5a);
    assert_int_equal(page[UV_PAGE_SIZE - 1], 0x5a);
}

/* What the hypervisor pushes without having been asked is not taken during the transition either.
 */
BED_TEST(page_in_unasked_during_the_transition)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    svm->state = SVM_TRANSITION;
    memset(bed_normal(b, RA), 0xff, UV_PAGE_SIZE);
    assert_int_equal(page_in(b, RA, GPA), U_P2);
    assert_int_equal(bed_secure(b, svm, GPA)[0], 0);
    assert_false(page_of(svm, GPA)->fetched);
}

BED_TEST(attack_25_paged_out_in_the_transition_comes_back_decrypted)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    svm->state = SVM_TRANSITION;
    memset(bed_secure(b, svm, GPA), 0x5a, UV_PAGE_SIZE);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16), U_SUCCESS);
    assert_memory_not_equal(bed_normal(b, RA), bed_secure(b, svm, GPA), 16);
    memset(bed_normal(b, 2 * RA), 0xff, UV_PAGE_SIZE); /* plain text instead */
    assert_int_equal(page_in(b, 2 * RA, GPA), U_P3);
    assert_int_equal(page_of(svm, GPA)->state, PAGE_PAGEDOUT);
    assert_int_equal(page_in(b, RA, GPA), U_SUCCESS);
    assert_int_equal(page_of(svm, GPA)->state, PAGE_SECURE);
    assert_int_equal(bed_secure(b, svm, GPA)[4711], 0x5a);
}

/* Each state: what comes out, what it becomes, and whether the SVM then sees the normal page. */
BED_TEST(page_in_by_state)
{
    static const struct {
        enum page_state from, to;
        int64_t rc;
        bool mapped, recorded;
    } c[] = {
        {PAGE_SHARED, PAGE_SHARED, U_SUCCESS, true, true},
        {PAGE_SHARED_INV, PAGE_SHARED, U_SUCCESS, true, true},
        {PAGE_IMPLICIT, PAGE_IMPLICIT, U_SUCCESS, false, true},
        {PAGE_IMPLICIT_INV, PAGE_IMPLICIT, U_SUCCESS, false, true},
        {PAGE_HV_SHARING, PAGE_HV_SHARED, U_SUCCESS, false, true},
        {PAGE_HV_SHARED, PAGE_HV_SHARED, U_SUCCESS, false, true},
        {PAGE_HV_SHARED_INV, PAGE_HV_SHARED, U_SUCCESS, false, true},
        {PAGE_HV_UNSHARING, PAGE_HV_UNSHARING, U_SUCCESS, false, false},
        {PAGE_HV_UNSHARING_INV, PAGE_HV_UNSHARING, U_SUCCESS, false, false},
        {PAGE_PSEUDO, PAGE_PSEUDO, U_SUCCESS, false, true},
        {PAGE_PSEUDO_INV, PAGE_PSEUDO, U_SUCCESS, false, true},
        {PAGE_SECURE, PAGE_SECURE, U_P2, false, false},
        {PAGE_PAGEDOUT, PAGE_PAGEDOUT, U_P3, false, false},
    };
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];
    struct page *p = page_of(svm, GPA);
    struct xlate x;

    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        p->state = c[i].from;
        p->normal = 0;
        tree_map_page(&svm->tree, &b->m.uv->frames, GPA, 0, false);
        assert_int_equal(page_in(b, RA, GPA), c[i].rc);
        assert_int_equal(p->state, c[i].to);
        assert_int_equal(p->normal, c[i].recorded ? RA : 0);
        cpu_set_msr(cpu, MSR_SVM);
        bool mapped = !mmu_translate(cpu, GPA, ACCESS_STORE, &x);
        assert_int_equal(mapped, c[i].mapped);
        if (mapped) {
            assert_int_equal(x.ra, RA);
            assert_int_equal(mmu_translate(cpu, GPA, ACCESS_FETCH, &x), TRAP_HISI);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_in_only_for_the_hypervisor),
        cmocka_unit_test(attack_22_29_page_in_checks_in_order),
        cmocka_unit_test(page_in_into_an_svm_that_is_over),
        cmocka_unit_test(attack_23_a_secure_page_is_not_overwritten),
        cmocka_unit_test(page_in_unasked_during_the_transition),
        cmocka_unit_test(attack_25_paged_out_in_the_transition_comes_back_decrypted),
        cmocka_unit_test(page_in_by_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
