/* SPDX-License-Identifier: Apache-2.0 */
/* What debuggers are shown of the ultravisor: the truth, and without changing it. */
#include "bed.h"

#include "debug/ubt.h"
#include "ultravisor/inspect.h"

#define RA     0x100000ULL
#define GPA    (GUEST_BASE + 0x30000)
#define SECRET "the secret of this page"

static uint8_t page[UV_PAGE_SIZE];

/* What is shown as the hypervisor's view of a secure page is what UV_PAGE_OUT gives it then. */
BED_TEST(view_of_the_hypervisor_is_what_page_out_gives)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    assert_true(svm_write(svm, GPA + 0x123, SECRET, sizeof(SECRET)));
    /* the first page out makes the key: any ciphertext, but no plaintext */
    assert_int_equal(uv_peek_as_hypervisor(b->m.uv, BED_LPID, GPA, page), UV_EXPOSED_CIPHER);
    assert_null(memmem(page, sizeof(page), SECRET, strlen(SECRET)));
    assert_false(svm->has_key);
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA + UV_PAGE_SIZE, 0, 16);

    for (int i = 0; i < 3; i++) {
        uint64_t before = bed_hash(b), counter = svm->iv_counter;
        assert_int_equal(uv_peek_as_hypervisor(b->m.uv, BED_LPID, GPA + 0x42, page),
                         UV_EXPOSED_CIPHER);
        assert_true(before == bed_hash(b) && counter == svm->iv_counter);
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16), U_SUCCESS);
        assert_memory_equal(page, bed_normal(b, RA), UV_PAGE_SIZE);
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, RA, GPA, 0, 16), U_SUCCESS);
    }
}

/* A page that is out, or shared, is normal memory; only an SVM's own eyes see its secure pages. */
BED_TEST(views_follow_the_state_of_the_page)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    char got[sizeof(SECRET)];
    struct uv_page_info info;

    assert_true(svm_write(svm, GPA + 0x123, SECRET, sizeof(SECRET)));
    assert_true(uv_peek_svm(b->m.uv, BED_LPID, GPA + 0x123, got, sizeof(got)));
    assert_string_equal(got, SECRET);
    assert_false(uv_peek_svm(b->m.uv, BED_LPID + 1, GPA, got, 1));
    assert_false(uv_peek_svm(b->m.uv, BED_LPID, GUEST_BASE - 1, got, 2));
    assert_true(uv_inspect_page(b->m.uv, BED_LPID, GPA, &info));
    assert_string_equal(uv_page_state_name(info.state), "secure");
    assert_true(info.frame & SECURE_RA_BIT && !info.normal);

    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, RA, GPA, 0, 16);
    assert_false(uv_peek_svm(b->m.uv, BED_LPID, GPA + 0x123, got, sizeof(got)));
    assert_int_equal(uv_peek_as_hypervisor(b->m.uv, BED_LPID, GPA, page), UV_EXPOSED_NORMAL);
    assert_true(uv_inspect_page(b->m.uv, BED_LPID, GPA, &info));
    assert_string_equal(uv_page_state_name(info.state), "paged-out");

    b->hv = bed_hv_pages;
    bed_share(b, GPA + UV_PAGE_SIZE, 1);
    assert_int_equal(uv_peek_as_hypervisor(b->m.uv, BED_LPID, GPA + UV_PAGE_SIZE, page),
                     UV_EXPOSED_NORMAL);
    assert_true(uv_inspect_page(b->m.uv, BED_LPID, GPA + UV_PAGE_SIZE, &info));
    assert_string_equal(uv_page_state_name(info.state), "shared");
    assert_true(info.normal == bed_pool_ra(GPA + UV_PAGE_SIZE));
    bed_normal(b, info.normal)[7] = 42;
    assert_true(uv_peek_svm(b->m.uv, BED_LPID, GPA + UV_PAGE_SIZE + 7, got, 1) && got[0] == 42);
}

BED_TEST(records_as_they_are)
{
    struct uv_svm_info svm;
    struct uv_slot_info slot;
    struct uv_work_info work;
    struct uv_memory_info memory;
    struct uv_page_info info;
    uint64_t dw[2];

    assert_false(uv_inspect_svm(b->m.uv, 0, &svm));
    bed_make_svm(b, BED_LPID);
    assert_true(uv_inspect_svm(b->m.uv, 0, &svm) && !uv_inspect_svm(b->m.uv, 1, &svm));
    assert_true(svm.lpid == BED_LPID && svm.slots == 1 && svm.bytes == GUEST_SIZE);
    assert_true(svm.pages[0] == GUEST_SIZE / UV_PAGE_SIZE && !svm.suspended && !svm.has_page_key);
    assert_true(uv_inspect_slot(b->m.uv, BED_LPID, 0, &slot) && slot.base == GUEST_BASE);
    assert_false(uv_inspect_slot(b->m.uv, BED_LPID, 1, &slot));
    assert_false(uv_inspect_page(b->m.uv, BED_LPID, GUEST_BASE + GUEST_SIZE, &info));
    assert_false(uv_inspect_work(b->m.uv, BED_LPID, 0, &work));
    assert_true(uv_inspect_pate(b->m.uv, BED_LPID, dw) && dw[0] & PPC_BIT(0));
    assert_false(uv_inspect_pate(b->m.uv, 4096, dw));
    uv_inspect_memory(b->m.uv, &memory);
    assert_true(memory.base == SECURE_RA_BIT && memory.free < memory.pages);
}

/* A hypercall of an SVM: who waits for whom, from the hypervisor's side. */
static void look_from_hypervisor(struct bed *b, struct cpu *cpu, unsigned vector)
{
    struct ubt_frame f[UBT_MAX];
    struct uv_work_info work;
    unsigned n = ubt_frames(cpu, NULL, f);

    assert_int_equal(vector, 0xc00);
    assert_true(uv_inspect_work(b->m.uv, BED_LPID, 0, &work) && work.cookie == cpu->srr0);
    assert_string_equal(work.detail, "hypercall H_CEDE");
    assert_int_equal(n, 2);
    assert_true(f[0].who == UBT_ULTRAVISOR && f[0].cookie == work.cookie);
    assert_true(f[1].who == UBT_VM && f[1].secure && f[1].pc == work.pc);
    bed_hv_answers(b, cpu, vector);
}

BED_TEST(suspended_work_is_seen)
{
    bed_make_svm(b, BED_LPID);
    b->hv = look_from_hypervisor;
    b->m.cpus[0].gpr[3] = 0xe0; /* H_CEDE */
    bed_sc(b, &b->m.cpus[0], FROM_SVM, 1);
    assert_true(bed_in_svm(&b->m.cpus[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_of_the_hypervisor_is_what_page_out_gives),
        cmocka_unit_test(views_follow_the_state_of_the_page),
        cmocka_unit_test(records_as_they_are),
        cmocka_unit_test(suspended_work_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
