/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in hypervisor's side of PEF where a guest, not the ultravisor, turns to it. */
#include "bed.h"

#include "../../src/hypervisor/hv_internal.h"

#define OUT 0x200000ULL

static struct hypervisor *make_hv(struct bed *b)
{
    struct hypervisor *h = calloc(1, sizeof(*h));

    assert_non_null(h);
    h->m = &b->m;
    b->m.hv = h;
    b->m.cfg.ram_size = BED_RAM;
    assert_true(hv_svm_init(h));
    return h;
}

static void free_hv(struct bed *b, struct hypervisor *h)
{
    hv_svm_fini(h);
    free(h);
    b->m.hv = NULL;
}

/* H_TPM_COMM with an operation that does not exist: H_PARAMETER says that the caller was believed.
 */
static int64_t tpm_comm(struct bed *b, struct hypervisor *h, uint64_t op, uint64_t srr1)
{
    struct hcall c = {.hv = h, .cpu = &b->m.cpus[0], .args = {op, 0, 10, OUT, 4096}};

    c.cpu->srr1 = srr1;
    return h_tpm_comm(&c);
}

BED_TEST(attack_74_the_tpm_is_for_the_ultravisor_only)
{
    struct hypervisor *h = make_hv(b);
    char dummy;

    b->m.tpm = (struct tpm *)&dummy;       /* never reached */
    for (uint64_t op = 1; op <= 2; op++) { /* execute, close */
        h->svm.started = true;
        assert_int_equal(tpm_comm(b, h, op, MSR_SF | MSR_ME), H_FUNCTION); /* a normal VM */
        h->svm.started = false;
        assert_int_equal(tpm_comm(b, h, op, MSR_SVM), H_FUNCTION); /* no ESM is under way */
        h->svm.started = h->svm.done = true;
        assert_int_equal(tpm_comm(b, h, op, MSR_SVM), H_FUNCTION); /* it is over */
        h->svm.done = false;
    }
    assert_int_equal(tpm_comm(b, h, 99, MSR_SVM), H_PARAMETER);
    b->m.tpm = NULL;
    assert_int_equal(tpm_comm(b, h, 1, MSR_SVM), H_FUNCTION);
    free_hv(b, h);
}

BED_TEST(h_svm_calls_of_a_normal_vm)
{
    struct hypervisor *h = make_hv(b);
    struct hcall c = {.hv = h, .cpu = &b->m.cpus[0], .args = {GUEST_BASE, 0, 16}};

    c.cpu->srr1 = MSR_SF | MSR_ME;
    assert_int_equal(h_svm_init_start(&c), H_UNSUPPORTED);
    assert_int_equal(h_svm_init_done(&c), H_UNSUPPORTED);
    assert_int_equal(h_svm_page_in(&c), H_UNSUPPORTED);
    assert_int_equal(h_svm_page_out(&c), H_UNSUPPORTED);
    assert_false(h->svm.started);
    free_hv(b, h);
}

/* Devices and hypercalls reach memory through one function, which knows the guest's normal memory
 * only. */
BED_TEST(attack_8_dma_to_secure_memory)
{
    struct hypervisor *h = make_hv(b);
    static const uint64_t where[] = {
        SECURE_RA_BIT, SECURE_RA_BIT | 0x10000, SECURE_RA_BIT + BED_SECURE - 8, BED_RAM, ~0ULL - 7,
        PPC_BIT(0)};
    uint8_t bytes[8] = {1, 2, 3};

    for (unsigned i = 0; i < ARRAY_SIZE(where); i++) {
        uint64_t before = bed_hash(b);
        assert_false(gm_write(&b->m, where[i], bytes, sizeof(bytes)));
        assert_false(gm_read(&b->m, where[i], bytes, sizeof(bytes)));
        assert_true(before == bed_hash(b));
    }
    assert_false(gm_write(&b->m, BED_RAM - 4, bytes, sizeof(bytes)));
    assert_true(gm_write(&b->m, BED_RAM - 8, bytes, sizeof(bytes)));
    free_hv(b, h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_74_the_tpm_is_for_the_ultravisor_only),
        cmocka_unit_test(h_svm_calls_of_a_normal_vm),
        cmocka_unit_test(attack_8_dma_to_secure_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
