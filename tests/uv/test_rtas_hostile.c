/* SPDX-License-Identifier: Apache-2.0 */
/* RTAS calls of an SVM whose hypervisor changes the shared pages meanwhile, takes pages away, or
 * keeps many calls waiting. */
#include "rtas_bed.h"

/* ---- the hypervisor writes into the shared pages during the call ---- */

static void scribbles(struct bed *b, struct cpu *cpu, uint8_t *block)
{
    (void)b;
    (void)cpu;
    put_be32(block, 0x2020); /* the token */
    put_be32(block + 4, 0);  /* the counts: were they believed, arguments were results */
    put_be32(block + 8, 0xffffffff);
    for (unsigned i = 0; i < 3; i++) /* the arguments: pointers into the SVM */
        put_be32(block + 12 + 4 * i, BLOCK - 0x100);
    memset(block + 12 + 4 * 4, 0xdd, 0x1000 - 12 - 4 * 4); /* beyond the one result */
}

BED_TEST(attack_44_57_the_block_changes_during_the_call)
{
    struct svm *svm = make_svm(b, BED_LPID);
    static uint8_t before[UV_PAGE_SIZE], data[UV_PAGE_SIZE];

    hv.during = scribbles;
    hv.data_arg = 1;
    memset(hv.answer, 0xb2, sizeof(hv.answer));
    put_block(svm, BLOCK, TOKEN(GET_PARAMETER), 3, 1, (uint32_t[]){42, DATA, 16});
    memcpy(before, bed_secure(b, svm, BLOCK), UV_PAGE_SIZE);
    memcpy(data, bed_secure(b, svm, DATA), UV_PAGE_SIZE);
    assert_int_equal(call_at(b, BLOCK), 0);
    put_be32(before + (BLOCK & 0xffff) + 12 + 12, 0); /* the one result */
    assert_memory_equal(bed_secure(b, svm, BLOCK), before, UV_PAGE_SIZE);
    memset(data + (DATA & 0xffff), 0xb2, 16);
    assert_memory_equal(bed_secure(b, svm, DATA), data, UV_PAGE_SIZE);
}

static void withdraws(struct bed *b, struct cpu *cpu, uint8_t *block)
{
    (void)b;
    (void)block;
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_INVAL, cpu->lpid, BOUNCE + i * UV_PAGE_SIZE, 16),
                         0);
}

BED_TEST(attack_44_the_bounce_pages_vanish_during_the_call)
{
    struct svm *svm = make_svm(b, BED_LPID);

    hv.during = withdraws;
    assert_int_equal(call(b, svm, POWER_OFF, 1, 1, 2), H_HARDWARE);
    assert_int_equal(svm->rtas.busy, 0);
    assert_int_equal(call(b, svm, POWER_OFF, 1, 1, 2), H_HARDWARE); /* gone before it begins */
    assert_int_equal(call(b, svm, NVRAM_STORE, 1, 0, DATA, 8), H_HARDWARE);
    assert_int_equal(svm->rtas.busy, 0);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, NORMAL + i * UV_PAGE_SIZE,
                                  BOUNCE + i * UV_PAGE_SIZE, 0, 16),
                         0);
    hv.during = NULL;
    assert_int_equal(call(b, svm, POWER_OFF, 1, 1, 2), 0);
}

/* Only the page of the blocks, or only that of the buffer: no call, and no byte of it goes out. */
BED_TEST(attack_44_one_bounce_page_is_gone)
{
    struct svm *svm = make_svm(b, BED_LPID);

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(
            bed_call(b, FROM_HV, UV_PAGE_INVAL, BED_LPID, BOUNCE + i * UV_PAGE_SIZE, 16), 0);
        put_block(svm, BLOCK, TOKEN(NVRAM_STORE), 3, 1, (uint32_t[]){0, DATA, 8});
        assert_int_equal(call_at(b, BLOCK), H_HARDWARE);
        assert_int_equal(hv.calls, 0);
        assert_true(is_all(bed_normal(b, NORMAL), 0, 2 * UV_PAGE_SIZE));
        assert_int_equal(svm->rtas.busy, 0);
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, NORMAL + i * UV_PAGE_SIZE,
                                  BOUNCE + i * UV_PAGE_SIZE, 0, 16),
                         0);
    }
    assert_int_equal(call_at(b, BLOCK), 0);
    assert_int_equal(hv.calls, 1);
}

/* ---- pages that are out ---- */

static void page_out(struct bed *b, gra_t gpa)
{
    gpa &= ~0xffffULL;
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, bed_pool_ra(gpa), gpa, 0, 16), 0);
}

BED_TEST(a_block_and_a_buffer_that_are_paged_out)
{
    struct svm *svm = make_svm(b, BED_LPID);
    uint32_t args[] = {42, DATA, 16};

    hv.data_arg = 1;
    memset(hv.answer, 0xb2, sizeof(hv.answer));
    put_block(svm, BLOCK, TOKEN(NVRAM_STORE), 3, 2, args);
    page_out(b, BLOCK);
    page_out(b, DATA);
    assert_int_equal(call_at(b, BLOCK), 0);
    assert_int_equal(hv.page_ins, 2);
    assert_true(is_all(hv.seen.data, AROUND, 16));

    put_block(svm, BLOCK, TOKEN(NVRAM_FETCH), 3, 2, args);
    page_out(b, BLOCK);
    page_out(b, DATA);
    assert_int_equal(call_at(b, BLOCK), 0);
    assert_int_equal(hv.page_ins, 4);
    assert_true(is_all(bed_secure(b, svm, DATA) + (DATA & 0xffff), 0xb2, 16));
}

static void pages_out_during(struct bed *b, struct cpu *cpu, uint8_t *block)
{
    static const gra_t pages[] = {BLOCK & ~0xffffULL, DATA & ~0xffffULL};

    (void)block;
    (void)b;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(
            bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, bed_pool_ra(pages[i]), pages[i], 0, 16), 0);
}

BED_TEST(paged_out_during_the_call)
{
    struct svm *svm = make_svm(b, BED_LPID);

    hv.during = pages_out_during;
    hv.data_arg = 1;
    hv.rets[1] = 0x99;
    memset(hv.answer, 0xb2, sizeof(hv.answer));
    assert_int_equal(call(b, svm, GET_PARAMETER, 2, 42, DATA, 16), 0);
    assert_int_equal(hv.page_ins, 2);
    assert_int_equal(hv.calls, 1);
    assert_int_equal(cell(svm, 4), 0x99);
    assert_true(is_all(bed_secure(b, svm, DATA) + (DATA & 0xffff), 0xb2, 16));
}

BED_TEST(attack_50_a_block_that_never_comes_back)
{
    struct svm *svm = make_svm(b, BED_LPID);

    put_block(svm, BLOCK, TOKEN(POWER_OFF), 0, 1, NULL);
    page_out(b, BLOCK);
    hv.never_pages_in = true;
    assert_int_equal(call_at(b, BLOCK), UV_H_PARAMETER);
    assert_in_range(hv.page_ins, 1, 20);
    assert_int_equal(hv.calls, 0);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, bed_pool_ra(BLOCK & ~0xffffULL),
                              BLOCK & ~0xffffULL, 0, 16),
                     0);
    hv.during = pages_out_during;
    assert_int_equal(call_at(b, BLOCK), UV_H_PARAMETER);
    assert_int_equal(svm->rtas.busy, 0);
    assert_null(svm->saves);
}

/* ---- many at a time ---- */

BED_TEST(attack_45_more_calls_than_buffers)
{
    struct svm *svm = make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];
    uint64_t cookie[RTAS_BUFFERS];
    gra_t block[RTAS_BUFFERS];

    put_block(svm, BLOCK, TOKEN(NVRAM_STORE), 3, 1, (uint32_t[]){0, DATA, 4});
    b->hv = bed_hv_keeps;
    for (unsigned i = 0; i < RTAS_BUFFERS; i++) {
        call_at(b, BLOCK);
        assert_int_equal(b->last.number, UV_H_RTAS);
        cookie[i] = b->last.regs.gpr[31];
        block[i] = b->last.args[0];
        for (unsigned k = 0; k < i; k++)
            assert_true(block[k] + 0x1000 <= block[i] || block[i] + 0x1000 <= block[k]);
    }
    unsigned before = b->entries;
    assert_int_equal(call_at(b, BLOCK), H_BUSY);
    assert_int_equal(call_at(b, BLOCK), H_BUSY);
    assert_int_equal(b->entries, before);
    assert_int_equal(bed_resume(cpu, BED_LPID, cookie[5], 0, cookie[5]), 0);
    call_at(b, BLOCK);
    assert_int_equal(b->last.args[0], block[5]);
    assert_int_equal(call_at(b, BLOCK), H_BUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_44_57_the_block_changes_during_the_call),
        cmocka_unit_test(attack_44_the_bounce_pages_vanish_during_the_call),
        cmocka_unit_test(attack_44_one_bounce_page_is_gone),
        cmocka_unit_test(a_block_and_a_buffer_that_are_paged_out),
        cmocka_unit_test(paged_out_during_the_call),
        cmocka_unit_test(attack_50_a_block_that_never_comes_back),
        cmocka_unit_test(attack_45_more_calls_than_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
