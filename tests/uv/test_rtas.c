/* SPDX-License-Identifier: Apache-2.0 */
/* RTAS calls of an SVM: its argument blocks and buffers, and what the hypervisor gets to see of
 * them. */
#include "rtas_bed.h"

/* ---- the block ---- */

BED_TEST(a_call_without_a_buffer)
{
    static const unsigned plain[] = {POWER_OFF, SLOT_ERROR, NMI_REGISTER, OTHER};
    struct svm *svm = make_svm(b, BED_LPID);

    for (unsigned i = 0; i < ARRAY_SIZE(plain); i++) {
        hv.rets[0] = 0x77 + i;
        hv.rets[1] = 0x88;
        hv.rc = -4 * (int)i;
        assert_int_equal(call(b, svm, plain[i], 2, 0x11, 0x22, 0x33), -4 * (int)i);
        assert_int_equal(hv.calls, i + 1);
        assert_int_equal(hv.seen.token, TOKEN(plain[i]));
        assert_int_equal(hv.seen.nargs, 3);
        assert_int_equal(hv.seen.nret, 2);
        assert_int_equal(hv.seen.args[1], 0x22);
        assert_true(
            is_all((uint8_t *)&hv.seen.args[3], 0, 4 * 13)); /* no more than the arguments */
        assert_int_equal(cell(svm, 3), 0x77 + i);
        assert_int_equal(cell(svm, 4), 0x88);
        assert_int_equal(cell(svm, 5), 0x5a5a5a5a);
        assert_int_equal(svm->rtas.busy, 0);
    }
}

BED_TEST(attack_45_blocks_that_make_no_sense)
{
    static const struct {
        uint32_t nargs, nret;
    } c[] = {
        {17, 0},         {0, 17},         {16, 1},         {9, 8},
        {0xffffffff, 0}, {0, 0xffffffff}, {0xffffffff, 1}, {0x80000000, 0x80000000},
        {1, 0xffffffff},
    };
    static const gra_t where[] = {
        0,
        GUEST_BASE - 8,
        GUEST_BASE + GUEST_SIZE - 8,
        GUEST_BASE + GUEST_SIZE,
        ~0ULL,
        ~0ULL - 11,
        ~0ULL - 0x100, /* the last page there could be */
        SECURE_RA_BIT,
        PPC_BIT(0),
        BOUNCE,
    };
    struct svm *svm = make_svm(b, BED_LPID);

    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        put_block(svm, BLOCK, TOKEN(OTHER), c[i].nargs, c[i].nret, NULL);
        assert_int_equal(call_at(b, BLOCK), UV_H_PARAMETER);
        uint64_t before = bed_hash(b);
        assert_int_equal(call_at(b, BLOCK), UV_H_PARAMETER);
        assert_true(before == bed_hash(b));
    }
    for (unsigned i = 0; i < ARRAY_SIZE(where); i++)
        assert_int_equal(call_at(b, where[i]), UV_H_PARAMETER);
    bed_share(b, BLOCK & ~0xffffULL, 1); /* the hypervisor would choose the arguments */
    assert_int_equal(call_at(b, BLOCK), UV_H_PARAMETER);
    assert_int_equal(hv.calls, 0);
    assert_int_equal(svm->rtas.busy, 0);
    put_block(svm, DATA, TOKEN(OTHER), 8, 8, NULL); /* 16 cells fit */
    assert_int_equal(call_at(b, DATA), 0);
    svm->rtas.ready = false;
    assert_int_equal(call_at(b, DATA), UV_H_PARAMETER);
}

BED_TEST(a_block_address_of_32_bit_mode)
{
    struct svm *svm = make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];

    put_block(svm, BLOCK, TOKEN(OTHER), 0, 0, NULL);
    cpu->gpr[3] = UV_H_RTAS;
    cpu->gpr[4] = 0xffffffff00000000 | BLOCK;
    cpu_set_msr(cpu, MSR_SVM & ~MSR_SF);
    cpu->nia = 0x10000;
    cpu_model_sc(cpu, 1);
    bed_enter(cpu);
    assert_int_equal(cpu->gpr[3], 0);
    assert_int_equal(hv.calls, 1);
}

/* ---- buffers ---- */

static const struct {
    unsigned service, nargs, buf, len;
    bool to_hv, from_hv;
} with_buffer[] = {
    {CHECK_EXCEPTION, 6, 4, 5, false, true}, {EVENT_SCAN, 4, 2, 3, false, true},
    {GET_PARAMETER, 3, 1, 2, false, true},   {NVRAM_FETCH, 3, 1, 2, false, true},
    {NVRAM_STORE, 3, 1, 2, true, false},
};

static int64_t call_with_buffer(struct bed *b, struct svm *svm, unsigned i, uint32_t data,
                                uint32_t len)
{
    uint32_t args[16] = {0};

    args[with_buffer[i].buf] = data;
    args[with_buffer[i].len] = len;
    hv.data_arg = with_buffer[i].buf;
    return callv(b, svm, with_buffer[i].service, with_buffer[i].nargs, 1, args);
}

BED_TEST(buffers_travel_in_their_direction_only)
{
    struct svm *svm = make_svm(b, BED_LPID);
    uint8_t *data = bed_secure(b, svm, DATA) + (DATA & 0xffff);

    for (unsigned i = 0; i < ARRAY_SIZE(with_buffer); i++) {
        static const uint32_t lens[] = {0, 1, 100, 4096};
        for (unsigned k = 0; k < ARRAY_SIZE(lens); k++) {
            uint32_t len = lens[k];
            memset(data - 0x2000, AROUND, 0x8000);
            memset(hv.answer, 0xa1 + k, sizeof(hv.answer));
            memset(bed_normal(b, NORMAL + UV_PAGE_SIZE), 0xcc, UV_PAGE_SIZE); /* of the last call */
            hv.rets[0] = 0;
            assert_int_equal(call_with_buffer(b, svm, i, DATA, len), 0);
            gra_t at = hv.seen.args[with_buffer[i].buf];
            assert_in_range(at, BOUNCE + UV_PAGE_SIZE, BOUNCE + 5 * UV_PAGE_SIZE - 4096);
            /* the hypervisor sees the SVM's bytes, or none; never more than the length */
            assert_true(is_all(hv.seen.data, with_buffer[i].to_hv ? AROUND : 0, len));
            assert_true(is_all(hv.seen.data + len, 0, sizeof(hv.seen.data) - len));
            /* the SVM gets its own back, exactly */
            assert_true(is_all(data, with_buffer[i].from_hv ? 0xa1 + k : AROUND, len));
            assert_true(is_all(data + len, AROUND, 0x1000));
            assert_true(is_all(data - 0x1000, AROUND, 0x1000));
            assert_int_equal(cell(svm, with_buffer[i].buf), DATA); /* the SVM's argument stays */
            /* nothing on failure */
            memset(data, AROUND, 4096);
            hv.rets[0] = (uint32_t)-1;
            assert_int_equal(call_with_buffer(b, svm, i, DATA, len), 0);
            assert_true(is_all(data, AROUND, 4096));
        }
    }
    assert_int_equal(svm->rtas.busy, 0);
}

BED_TEST(attack_45_buffers_that_make_no_sense)
{
    static const uint32_t lens[] = {4097, 0x10000, 0x80000000, 0xffffffff};
    struct svm *svm = make_svm(b, BED_LPID);

    for (unsigned i = 0; i < ARRAY_SIZE(with_buffer); i++) {
        for (unsigned k = 0; k < ARRAY_SIZE(lens); k++)
            assert_int_equal(call_with_buffer(b, svm, i, DATA, lens[k]), UV_H_PARAMETER);
        uint32_t args[16] = {0};
        assert_int_equal(callv(b, svm, with_buffer[i].service, with_buffer[i].nargs - 1, 1, args),
                         UV_H_PARAMETER);
    }
    assert_int_equal(hv.calls, 0);
    /* no memory there: nothing goes out, or nothing can come in */
    hv.rets[0] = 0;
    assert_int_equal(call_with_buffer(b, svm, 4, GUEST_BASE - 16, 32), UV_H_PARAMETER);
    assert_int_equal(call_with_buffer(b, svm, 4, 0xffffffff, 32), UV_H_PARAMETER);
    assert_int_equal(call_with_buffer(b, svm, 4, BOUNCE, 32), UV_H_PARAMETER);
    assert_int_equal(hv.calls, 0);
    assert_int_equal(call_with_buffer(b, svm, 2, GUEST_BASE + GUEST_SIZE - 16, 32), UV_H_PARAMETER);
    assert_int_equal(svm->rtas.busy, 0);
}

BED_TEST(set_system_parameter_is_as_long_as_it_says)
{
    struct svm *svm = make_svm(b, BED_LPID);
    uint8_t bytes[] = {0, 5, 'h', 'e', 'l', 'l', 'o', 's', 'e', 'c'};

    hv.data_arg = 1;
    assert_true(svm_write(svm, DATA, bytes, sizeof(bytes)));
    assert_int_equal(call(b, svm, SET_PARAMETER, 1, 42, DATA), 0);
    assert_memory_equal(hv.seen.data, bytes, 7);
    assert_true(is_all(hv.seen.data + 7, 0, 4096 - 7));
    put_be16(bytes, 4095); /* with the length itself one too many */
    assert_true(svm_write(svm, DATA, bytes, 2));
    assert_int_equal(call(b, svm, SET_PARAMETER, 1, 42, DATA), UV_H_PARAMETER);
    assert_int_equal(call(b, svm, SET_PARAMETER, 1, 42, 0), UV_H_PARAMETER);
    assert_int_equal(call(b, svm, SET_PARAMETER, 1, 42), UV_H_PARAMETER);
    assert_int_equal(hv.calls, 1);
}

BED_TEST(configure_connector_goes_both_ways)
{
    struct svm *svm = make_svm(b, BED_LPID);

    hv.data_arg = 0;
    memset(hv.answer, 0xb2, sizeof(hv.answer));
    assert_int_equal(call(b, svm, CONFIGURE_CONNECTOR, 1, DATA, 0), 0);
    assert_true(is_all(hv.seen.data, AROUND, 4096));
    assert_true(is_all(bed_secure(b, svm, DATA) + (DATA & 0xffff), 0xb2, 4096));
    assert_int_equal(call(b, svm, CONFIGURE_CONNECTOR, 1, DATA, 1),
                     UV_H_PARAMETER); /* more memory */
    assert_int_equal(hv.calls, 1);
}

/* The last words of a kernel, and nothing of what lies behind them. */
BED_TEST(os_term_shows_the_string_only)
{
    struct svm *svm = make_svm(b, BED_LPID);
    static const char text[] = "panic: at the disco\0secret";

    hv.data_arg = 0;
    assert_true(svm_write(svm, DATA, text, sizeof(text)));
    assert_int_equal(call(b, svm, OS_TERM, 1, DATA), 0);
    assert_string_equal(hv.seen.data, "panic: at the disco");
    assert_true(is_all(hv.seen.data + strlen(text), 0, 4096 - strlen(text)));
    /* one without an end is cut at the page's */
    assert_int_equal(call(b, svm, OS_TERM, 1, DATA + 0x100), 0);
    assert_int_equal(hv.seen.data[0], AROUND);
    assert_int_equal(hv.seen.data[4095], 0);
    assert_int_equal(call(b, svm, OS_TERM, 1, 0), UV_H_PARAMETER);
    assert_int_equal(call(b, svm, OS_TERM, 1), UV_H_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_without_a_buffer),
        cmocka_unit_test(attack_45_blocks_that_make_no_sense),
        cmocka_unit_test(a_block_address_of_32_bit_mode),
        cmocka_unit_test(buffers_travel_in_their_direction_only),
        cmocka_unit_test(attack_45_buffers_that_make_no_sense),
        cmocka_unit_test(set_system_parameter_is_as_long_as_it_says),
        cmocka_unit_test(configure_connector_goes_both_ways),
        cmocka_unit_test(os_term_shows_the_string_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
