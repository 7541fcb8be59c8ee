/* SPDX-License-Identifier: Apache-2.0 */
/* UV_PAGE_OUT and the way back: every status, every caller, and what the hypervisor gets to see. */
#include "bed.h"

#define RA     0x100000ULL
#define GPA    (GUEST_BASE + 0x30000)
#define SECRET "the secret of this page"

static void write_secret(struct bed *b, struct svm *svm, gra_t gpa)
{
    (void)b;
    assert_true(svm_write(svm, gpa + 0x123, SECRET, sizeof(SECRET)));
}

BED_TEST(page_out_only_for_the_hypervisor)
{
    static const enum bed_from others[] = {FROM_HOST_USER, FROM_NVM, FROM_NVM_USER, FROM_SVM,
                                           FROM_SVM_USER};
    bed_make_svm(b, BED_LPID);
    bed_refuses_from(b, UV_PAGE_OUT, others, BED_LPID, RA, GPA, 0, 16);
}

BED_TEST(page_out_checks_in_order)
{
    static const struct {
        uint64_t lpid, ra, gpa, flags, order;
        int64_t rc;
    } c[] = {
        {9, RA + 1, 5, 1, 12, U_P5},
        {9, RA + 1, 5, 1, 16, U_P2},
        {9, 0, 5, 1, 16, U_P2},
        {9, SECURE_RA_BIT, 5, 1, 16, U_P2},
        {9, BED_RAM, 5, 1, 16, U_P2},
        {9, RA, 5, 1, 16, U_PARAMETER},
        {BED_LPID, RA, GPA + 4, 1, 16, U_P3},
        {BED_LPID, RA, GUEST_BASE + GUEST_SIZE, 1, 16, U_P3},
        {BED_LPID, RA, GPA, 1, 16, U_P4},
    };
    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        bed_call(b, FROM_HV, UV_PAGE_OUT, c[i].lpid, c[i].ra, c[i].gpa, c[i].flags, c[i].order);
        uint64_t before = bed_hash(b);
        assert_int_equal(
            bed_call(b, FROM_HV, UV_PAGE_OUT, c[i].lpid, c[i].ra, c[i].gpa, c[i].flags, c[i].order),
            c[i].rc);
        assert_true(before == bed_hash(b));
    }
}

BED_TEST(page_out_gives_ciphertext_and_page_in_the_page)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    char got[sizeof(SECRET)];

    write_secret(b, svm, GPA);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16), U_SUCCESS);
    assert_null(memmem(b->m.mem.ram, BED_RAM, SECRET, strlen(SECRET)));
    assert_false(svm_read(svm, GPA, got, sizeof(got)));
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16), U_PARAMETER);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, RA, GPA, 0, 16), U_SUCCESS);
    assert_true(svm_read(svm, GPA + 0x123, got, sizeof(got)));
    assert_string_equal(got, SECRET);
}

BED_TEST(attack_24_forged_or_old_ciphertext_is_refused)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    static uint8_t old[UV_PAGE_SIZE];

    write_secret(b, svm, GPA);
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16);
    memcpy(old, bed_normal(b, RA), UV_PAGE_SIZE);
    bed_normal(b, RA)[4711] ^= 1;
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, RA, GPA, 0, 16), U_P3);
    bed_normal(b, RA)[4711] ^= 1;
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, RA, GPA, 0, 16), U_SUCCESS);

    /* an older version of the page, and another page's */
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16);
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA + UV_PAGE_SIZE, GPA + UV_PAGE_SIZE, 0, 16);
    assert_memory_not_equal(old, bed_normal(b, RA), UV_PAGE_SIZE); /* 27: never the same twice */
    memcpy(bed_normal(b, RA + 2 * UV_PAGE_SIZE), old, UV_PAGE_SIZE);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, RA + 2 * UV_PAGE_SIZE, GPA, 0, 16),
                     U_P3);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, RA + UV_PAGE_SIZE, GPA, 0, 16),
                     U_P3);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, RA, GPA, 0, 16), U_SUCCESS);
}

BED_TEST(attack_26_page_out_by_state)
{
    static const struct {
        enum page_state state;
        int64_t rc;
    } c[] = {
        {PAGE_PAGEDOUT, U_PARAMETER},     {PAGE_SHARED, U_PARAMETER},
        {PAGE_SHARED_INV, U_PARAMETER},   {PAGE_IMPLICIT, U_PARAMETER},
        {PAGE_IMPLICIT_INV, U_PARAMETER}, {PAGE_HV_SHARING, U_PARAMETER},
        {PAGE_HV_SHARED, U_PARAMETER},    {PAGE_HV_SHARED_INV, U_PARAMETER},
        {PAGE_HV_UNSHARING, U_RETRY},     {PAGE_HV_UNSHARING_INV, U_RETRY},
        {PAGE_PSEUDO, U_PARAMETER},       {PAGE_PSEUDO_INV, U_PARAMETER},
    };
    struct svm *svm = bed_make_svm(b, BED_LPID);

    write_secret(b, svm, GPA); /* the frame that is kept aside */
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        page_of(svm, GPA)->state = c[i].state;
        bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16);
        uint64_t before = bed_hash(b);
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16), c[i].rc);
        assert_true(before == bed_hash(b));
        assert_null(memmem(b->m.mem.ram, BED_RAM, SECRET, strlen(SECRET)));
    }
}

/* The IV is part of the page's record: four fixed bytes and a counter. */
BED_TEST(attack_27_no_iv_twice_under_one_key)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint8_t iv[2 * 64][PAGE_IV_LEN], key[16];
    static uint8_t seen[2 * 64][64];

    for (unsigned i = 0; i < ARRAY_SIZE(iv); i++) {
        gra_t gpa = GPA + (i & 1) * UV_PAGE_SIZE; /* two zero pages, time and again */
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, gpa, 0, 16), U_SUCCESS);
        memcpy(iv[i], page_of(svm, gpa)->iv, PAGE_IV_LEN);
        memcpy(seen[i], bed_normal(b, RA), sizeof(seen[i]));
        if (!i)
            memcpy(key, svm->page_key, sizeof(key));
        assert_memory_equal(key, svm->page_key, sizeof(key));
        for (unsigned k = 0; k < i; k++) {
            assert_memory_not_equal(iv[i], iv[k], PAGE_IV_LEN);
            assert_memory_not_equal(seen[i], seen[k], sizeof(seen[i]));
        }
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, RA, gpa, 0, 16), U_SUCCESS);
    }
}

BED_TEST(the_iv_changes_its_fixed_part_when_the_counter_is_used_up)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint8_t first[PAGE_IV_LEN], last[PAGE_IV_LEN];

    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16);
    memcpy(first, page_of(svm, GPA)->iv, sizeof(first));
    svm->iv_counter = UINT64_MAX - 1;
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA + UV_PAGE_SIZE, 0, 16);
    memcpy(last, page_of(svm, GPA + UV_PAGE_SIZE)->iv, sizeof(last));
    assert_memory_equal(first, last, 4);
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA + 2 * UV_PAGE_SIZE, 0, 16);
    assert_memory_not_equal(page_of(svm, GPA + 2 * UV_PAGE_SIZE)->iv, last, 4);
    assert_int_equal(svm->iv_counter, 1);
}

/* The SVM loses sight of the page at once, also where a larger leaf mapped it. */
BED_TEST(a_paged_out_page_is_unmapped_and_its_neighbours_are_not)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];
    struct xlate x;

    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16);
    cpu_set_msr(cpu, MSR_SVM);
    assert_int_equal(mmu_translate(cpu, GPA, ACCESS_LOAD, &x), TRAP_HDSI);
    assert_int_equal(cpu->trap.asdr & ~0xfffULL, GPA);
    assert_int_equal(mmu_translate(cpu, GPA, ACCESS_FETCH, &x), TRAP_HISI);
    assert_int_equal(mmu_translate(cpu, GPA - 8, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(x.ra, page_frame(svm, GPA - 8) + 0xfff8);
    assert_int_equal(mmu_translate(cpu, GPA + UV_PAGE_SIZE, ACCESS_FETCH, &x), TRAP_NONE);
    assert_int_equal(x.ra, page_frame(svm, GPA + UV_PAGE_SIZE));
}

/* A VM whose ESM failed gets back what it brought, and zeros for everything else. */
BED_TEST(page_out_of_an_aborted_svm)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    write_secret(b, svm, GPA);
    write_secret(b, svm, GPA + UV_PAGE_SIZE);
    page_of(svm, GPA)->fetched = true;
    svm->state = SVM_ABORTED;
    memset(bed_normal(b, RA), 0xff, 2 * UV_PAGE_SIZE);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16), U_SUCCESS);
    assert_memory_equal(bed_normal(b, RA), bed_secure(b, svm, GPA), UV_PAGE_SIZE);
    memset(bed_normal(b, RA), 0xff, UV_PAGE_SIZE);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA + UV_PAGE_SIZE, 0, 16),
                     U_SUCCESS);
    for (unsigned i = 0; i < UV_PAGE_SIZE; i++)
        assert_int_equal(bed_normal(b, RA)[i], 0);
}

BED_TEST(page_out_of_a_killed_svm_is_ciphertext)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    write_secret(b, svm, GPA);
    page_of(svm, GPA)->fetched = true;
    svm->state = SVM_DEAD;
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16);
    assert_null(memmem(b->m.mem.ram, BED_RAM, SECRET, strlen(SECRET)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_out_only_for_the_hypervisor),
        cmocka_unit_test(page_out_checks_in_order),
        cmocka_unit_test(page_out_gives_ciphertext_and_page_in_the_page),
        cmocka_unit_test(attack_24_forged_or_old_ciphertext_is_refused),
        cmocka_unit_test(attack_26_page_out_by_state),
        cmocka_unit_test(attack_27_no_iv_twice_under_one_key),
        cmocka_unit_test(the_iv_changes_its_fixed_part_when_the_counter_is_used_up),
        cmocka_unit_test(a_paged_out_page_is_unmapped_and_its_neighbours_are_not),
        cmocka_unit_test(page_out_of_an_aborted_svm),
        cmocka_unit_test(page_out_of_a_killed_svm_is_ciphertext),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
