/* SPDX-License-Identifier: Apache-2.0 */
/* UV_WRITE_PATE: the partition table belongs to the ultravisor, an SVM's entry most of all. */
#include "bed.h"

#define DW0                0xe000000001230bcdULL
#define DW1                0x8000000000560005ULL
#define PROC_TBL_NEW_RADIX 0x1c /* H_REGISTER_PROC_TBL: new, radix */

BED_TEST(write_pate_only_for_the_hypervisor)
{
    static const enum bed_from others[] = {FROM_HOST_USER, FROM_NVM, FROM_NVM_USER, FROM_SVM,
                                           FROM_SVM_USER};
    bed_refuses_from(b, UV_WRITE_PATE, others, 5, DW0, DW1);
    assert_int_equal(pate_read(b->m.uv, 5, 0), 0);
}

BED_TEST(write_pate_of_a_normal_vm)
{
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, 5, DW0, DW1), U_SUCCESS);
    assert_int_equal(pate_read(b->m.uv, 5, 0), DW0);
    assert_int_equal(pate_read(b->m.uv, 5, 1), DW1);
    assert_int_equal(pate_read(b->m.uv, 4, 0), 0);
    assert_int_equal(pate_read(b->m.uv, 6, 0), 0);
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, VM_MAX - 1, DW0, DW1), U_SUCCESS);
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, 5, 0, 0), U_SUCCESS);
    assert_int_equal(pate_read(b->m.uv, 5, 0), 0);
}

/* The table is where PTCR says, in secure memory. */
BED_TEST(the_partition_table_is_secure)
{
    const struct cpu *cpu = &b->m.cpus[0];

    assert_true(cpu->ptcr & SECURE_RA_BIT);
    assert_int_equal(cpu->ptcr & ~0xfffULL, b->m.uv->patb);
    assert_int_equal(cpu->ptcr & 0x1f, 4);
}

BED_TEST(attack_18_lpid_beyond_the_table)
{
    static const uint64_t lpid[] = {VM_MAX, VM_MAX + 1, 0xffffffff, 1ULL << 32, 1ULL << 60, ~0ULL};

    for (unsigned i = 0; i < ARRAY_SIZE(lpid); i++) {
        bed_call(b, FROM_HV, UV_WRITE_PATE, lpid[i], DW0, DW1);
        uint64_t before = bed_hash(b);
        assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, lpid[i], DW0, DW1), U_PARAMETER);
        assert_true(before == bed_hash(b));
    }
}

BED_TEST(attack_16_dw0_of_an_svm_stays)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint64_t dw0 = pate_read(b->m.uv, BED_LPID, 0);

    assert_int_equal(dw0, tree_pate0(&svm->tree));
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, BED_LPID, DW0, DW1), U_PERMISSION);
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 0), dw0);
    /* also with the dw1 that the SVM has: Linux writes both and gets what it needs */
    bed_call(b, FROM_HV, UV_WRITE_PATE, BED_LPID, DW0, svm->proc_table);
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 0), dw0);
}

static void register_table(struct bed *b, struct cpu *cpu, unsigned vector)
{
    const uint64_t *dw1 = b->user;

    (void)vector;
    for (unsigned i = 0; i < 64; i++) /* every other place for the table */
        assert_int_equal(bed_hv_ucall(cpu, UV_WRITE_PATE, cpu->lpid, DW0, *dw1 ^ 1ULL << i),
                         U_PERMISSION);
    assert_int_equal(bed_hv_ucall(cpu, UV_WRITE_PATE, cpu->lpid, DW0, *dw1), U_SUCCESS);
    bed_hv_return(cpu, 0, cpu->gpr[31]);
}

static int64_t hcall(struct bed *b, uint64_t number, uint64_t r4, uint64_t r5, uint64_t r6,
                     uint64_t r7)
{
    struct cpu *cpu = &b->m.cpus[0];

    cpu->gpr[3] = number;
    cpu->gpr[4] = r4;
    cpu->gpr[5] = r5;
    cpu->gpr[6] = r6;
    cpu->gpr[7] = r7;
    bed_sc(b, cpu, FROM_SVM, 1);
    return (int64_t)cpu->gpr[3];
}

BED_TEST(attack_17_dw1_of_an_svm_only_as_it_asked)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint64_t dw1 = PPC_BIT(0) | (GUEST_BASE + 0x40000) | 4;

    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, BED_LPID, 0, dw1), U_PERMISSION);
    bed_hypervisor(b, register_table, &dw1);
    assert_int_equal(
        hcall(b, UV_H_REGISTER_PROC_TBL, PROC_TBL_NEW_RADIX, GUEST_BASE + 0x40000, 0, 4), 0);
    assert_int_equal(b->entries, 1);
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 0), tree_pate0(&svm->tree));
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 1), dw1);
}

/* An SVM that was ended still has threads in secure state: a tree of the hypervisor's choice under
 * them would show them the secure memory of everybody. */
BED_TEST(write_pate_of_a_killed_svm_is_refused)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    svm->state = SVM_DEAD;
    pate_write(b->m.uv, BED_LPID, 0, 0);
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, BED_LPID, DW0, DW1), U_PERMISSION);
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 0), 0);
    assert_int_equal(bed_call(b, FROM_HV, UV_SVM_TERMINATE, BED_LPID), U_SUCCESS);
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, BED_LPID, DW0, DW1), U_SUCCESS);
}

/* Until the commit the VM is a normal one, and stays one when ESM fails. */
BED_TEST(write_pate_during_the_transition)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    svm->state = SVM_TRANSITION;
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, BED_LPID, DW0, DW1), U_SUCCESS);
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 0), DW0);
    svm->state = SVM_ABORTED;
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, BED_LPID, DW0 + 0x1000, DW1), U_SUCCESS);
    assert_int_equal(pate_read(b->m.uv, BED_LPID, 0), DW0 + 0x1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_pate_only_for_the_hypervisor),
        cmocka_unit_test(write_pate_of_a_normal_vm),
        cmocka_unit_test(the_partition_table_is_secure),
        cmocka_unit_test(attack_18_lpid_beyond_the_table),
        cmocka_unit_test(attack_16_dw0_of_an_svm_stays),
        cmocka_unit_test(attack_17_dw1_of_an_svm_only_as_it_asked),
        cmocka_unit_test(write_pate_of_a_killed_svm_is_refused),
        cmocka_unit_test(write_pate_during_the_transition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
