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
    static const enum bed_from others[] = { FROM_HOST_USER, FROM_NVM, FROM_NVM_USER, FROM_SVM,
                                            FROM_SVM_USER };
    bed_make_svm(b, BED_LPID);
    bed_refuses_from(b, UV_PAGE_OUT, others, BED_LPID, RA, GPA, 0, 16);
}

BED_TEST(page_out_checks_in_order)
{
    static const struct { uint64_t lpid, ra, gpa, flags, order; int64_t rc; } c[] = {
        { 9, RA + 1, 5, 1, 12, U_P5 },
        { 9, RA + 1, 5, 1, 16, U_P2 },
        { 9, 0, 5, 1, 16, U_P2 },
        { 9, SECURE_RA_BIT, 5, 1, 16, U_P2 },
        { 9, BED_RAM, 5, 1, 16, U_P2 },
        { 9, RA, 5, 1, 16, U_PARAMETER },
        { BED_LPID, RA, GPA + 4, 1, 16, U_P3 },
        { BED_LPID, RA, GUEST_BASE + GUEST_SIZE, 1, 16, U_P3 },
        { BED_LPID, RA, GPA, 1, 16, U_P4 },
    };
    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        bed_call(b, FROM_HV, UV_PAGE_OUT, c[i].lpid, c[i].ra, c[i].gpa, c[i].flags, c[i].order);
        uint64_t before = bed_hash(b);
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, c[i].lpid, c[i].ra, c[i].gpa,
                                  c[i].flags, c[i].order),
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_out_only_for_the_hypervisor),
        cmocka_unit_test(page_out_checks_in_order),
        cmocka_unit_test(page_out_gives_ciphertext_and_page_in_the_page),
        cmocka_unit_test(attack_24_forged_or_old_ciphertext_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
