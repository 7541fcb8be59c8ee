/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hypervisor asks for because the ultravisor owns it: UV_RESTRICTED_SPR_*, UV_*_SCOM,
 * UV_*_MEM, UV_SEND_SBE_COMMAND.
 */
#include "bed.h"

#define BUFFER 0x100000ULL

enum {
    DAWR0 = 180,
    CIABR = 187,
    DAWRX0 = 188,
    PTCR = 464,
    URMOR = 505,
    USRR1 = 507,
    SMFCTRL = 511,
    IMC = 799,
    LDBAR = 850
};

static const enum bed_from others[] = {FROM_HOST_USER, FROM_NVM, FROM_NVM_USER, FROM_SVM,
                                       FROM_SVM_USER};

BED_TEST(attack_13_restricted_calls_only_for_the_hypervisor)
{
    bed_make_svm(b, BED_LPID);
    bed_refuses_from(b, UV_RESTRICTED_SPR_WRITE, others, CIABR, 5);
    bed_refuses_from(b, UV_RESTRICTED_SPR_READ, others, CIABR);
    bed_refuses_from(b, UV_READ_SCOM, others, 0, 0x0006c081);
    bed_refuses_from(b, UV_WRITE_SCOM, others, 0, 0x0006c081, 7);
    bed_refuses_from(b, UV_READ_MEM, others, BUFFER, 1, 0, 8);
    bed_refuses_from(b, UV_WRITE_MEM, others, BUFFER, 1, 0, 8);
    bed_refuses_from(b, UV_SEND_SBE_COMMAND, others, 0, 0, 5);
    assert_int_equal(b->m.cpus[0].ciabr, 0);
    assert_int_equal(b->m.uv->nscom, 0);
}

/* ---- SPRs ---- */

static bool in(const unsigned *list, unsigned n, unsigned spr)
{
    for (unsigned i = 0; i < n; i++)
        if (list[i] == spr)
            return true;
    return false;
}

BED_TEST(sprs_that_may_be_read_and_written)
{
    static const unsigned writable[] = {DAWR0, DAWRX0, CIABR, IMC, LDBAR};
    static const unsigned readable[] = {DAWR0, DAWRX0, CIABR};
    struct cpu *cpu = &b->m.cpus[0];
    uint64_t v;

    for (unsigned spr = 0; spr < 1024; spr++) {
        bool w = in(writable, ARRAY_SIZE(writable), spr),
             r = in(readable, ARRAY_SIZE(readable), spr);
        int64_t rc = bed_call(b, FROM_HV, UV_RESTRICTED_SPR_WRITE, spr, 0x1000);
        assert_int_equal(rc, w ? U_SUCCESS : U_PARAMETER);
        if (w && cpu_spr_peek(cpu, spr, &v) && spr != DAWRX0)
            assert_int_equal(v, 0x1000);
        cpu->gpr[5] = 0x55;
        rc = bed_call(b, FROM_HV, UV_RESTRICTED_SPR_READ, spr, 0x55);
        assert_int_equal(rc, r ? U_SUCCESS : U_PARAMETER);
        assert_true(cpu_spr_peek(cpu, spr, &v) || !r);
        assert_int_equal(cpu->gpr[5], r ? v : 0x55); /* R5, not R4, has the value */
        assert_int_equal(cpu->gpr[4], spr);
    }
    assert_int_equal(bed_call(b, FROM_HV, UV_RESTRICTED_SPR_WRITE, 1ULL << 32 | CIABR, 0),
                     U_PARAMETER);
    assert_int_equal(bed_call(b, FROM_HV, UV_RESTRICTED_SPR_READ, ~0ULL), U_PARAMETER);
}

BED_TEST(attack_3_the_ultravisors_registers_stay_its_own)
{
    static const unsigned own[] = {PTCR, URMOR, USRR1, SMFCTRL};
    struct cpu *cpu = &b->m.cpus[0];
    uint64_t ptcr = cpu->ptcr, urmor = cpu->urmor, smfctrl = cpu->smfctrl;

    for (unsigned i = 0; i < ARRAY_SIZE(own); i++)
        assert_int_equal(bed_call(b, FROM_HV, UV_RESTRICTED_SPR_WRITE, own[i], 0), U_PARAMETER);
    assert_int_equal(cpu->ptcr, ptcr);
    assert_int_equal(cpu->urmor, urmor);
    assert_int_equal(cpu->smfctrl, smfctrl);
}

/* ---- SCOM ---- */

BED_TEST(attack_35_scom_outside_the_lists)
{
    static const uint64_t yes[] = {0x0006c081, 0x0006c082, 0x05012c4b, 0x000a0004,
                                   0x000a100a, 0x000a2005, 0x000a3009};
    static const uint64_t no[] = {0,
                                  0x0006c080,
                                  0x0006c083,
                                  0x000a0006,
                                  0x000a0008,
                                  0x000a4004,
                                  0x05012c4a,
                                  1ULL << 32 | 0x0006c081,
                                  PPC_BIT(0) | 0x0006c081,
                                  ~0ULL};

    for (unsigned i = 0; i < ARRAY_SIZE(yes); i++) {
        assert_int_equal(bed_call(b, FROM_HV, UV_READ_SCOM, 0, yes[i]), U_SUCCESS);
        assert_int_equal(b->m.cpus[0].gpr[4], 0);
        assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_SCOM, 0, yes[i], 0x1234 + i), U_SUCCESS);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(yes); i++) {
        assert_int_equal(bed_call(b, FROM_HV, UV_READ_SCOM, 0, yes[i]), U_SUCCESS);
        assert_int_equal(b->m.cpus[0].gpr[4], 0x1234 + i);
    }
    unsigned n = b->m.uv->nscom;
    for (unsigned i = 0; i < ARRAY_SIZE(no); i++) {
        assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_SCOM, 0, no[i], 1), U_PERMISSION);
        assert_int_equal(bed_call(b, FROM_HV, UV_READ_SCOM, 0, no[i]), U_SUCCESS); /* harmless */
        assert_int_equal(b->m.cpus[0].gpr[4], 0);
    }
    assert_int_equal(b->m.uv->nscom, n);
}

BED_TEST(attack_35_chips_that_do_not_exist)
{
    static const uint64_t chips[] = {1, 8, 1ULL << 28, 0x80000000, 0xf0000000, 1ULL << 32, ~0ULL};

    for (unsigned i = 0; i < ARRAY_SIZE(chips); i++) {
        assert_int_equal(bed_call(b, FROM_HV, UV_READ_SCOM, chips[i], 0x0006c081), U_PARAMETER);
        assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_SCOM, chips[i], 0x0006c081, 1), U_PARAMETER);
        assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_SCOM, chips[i], 0, 1), U_PARAMETER);
        assert_int_equal(bed_call(b, FROM_HV, UV_SEND_SBE_COMMAND, chips[i], 0, 1), U_PARAMETER);
    }
    assert_int_equal(b->m.uv->nscom, 0);
}

/* Everything that may be written fits. */
BED_TEST(scom_registers_do_not_run_out)
{
    for (uint64_t base = 0xa0000; base <= 0xa3000; base += 0x1000)
        for (unsigned i = 0; i < 16; i++) {
            int64_t rc = bed_call(b, FROM_HV, UV_WRITE_SCOM, 0, base + i, i);
            assert_true(rc == U_SUCCESS || rc == U_PERMISSION);
        }
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_SCOM, 0, 0x0006c081, 1), U_SUCCESS);
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_SCOM, 0, 0x0006c082, 1), U_SUCCESS);
    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_SCOM, 0, 0x05012c4b, 1), U_SUCCESS);
}

/* ---- memory of other firmware ---- */

BED_TEST(attack_36_read_and_write_mem)
{
    static const struct {
        uint64_t buffer, handle, offset, size;
        int64_t rc;
    } c[] = {
        {0, 1, 0, 8, U_PARAMETER},               /* no buffer */
        {BUFFER, 1, 0, 0, U_PARAMETER},          /* nothing to do */
        {BUFFER, 1, 0, 1ULL << 32, U_PARAMETER}, /* 32 bits of it count */
        {BUFFER, 1, ~0ULL, 8, U_PARAMETER},      /* wraps */
        {BUFFER, 1, 0 - 8ULL, 8, U_PARAMETER},
        {SECURE_RA_BIT, 1, 0, 8, U_PARAMETER}, /* a secure buffer */
        {SECURE_RA_BIT | BUFFER, 1, 0, 8, U_PARAMETER},
        {BED_RAM, 1, 0, 8, U_PARAMETER}, /* no memory */
        {BED_RAM - 4, 1, 0, 8, U_PARAMETER},
        {BUFFER, 1, 0, 0xffffffff, U_PARAMETER},
        {~7ULL, 1, 0, 8, U_PARAMETER},
        {BUFFER, 0, 0, 8, U_PERMISSION}, /* no range is open here */
        {BUFFER, 1ULL << 32 | 1, 0, 8, U_PERMISSION},
        {BUFFER, ~0ULL, 0x1000, 8, U_PERMISSION},
    };
    static const uint64_t number[] = {UV_READ_MEM, UV_WRITE_MEM};

    for (unsigned i = 0; i < 2 * ARRAY_SIZE(c); i++) {
        uint64_t args[] = {c[i / 2].buffer, c[i / 2].handle, c[i / 2].offset, c[i / 2].size};
        assert_int_equal(bed_callv(b, FROM_HV, number[i & 1], 4, args), c[i / 2].rc);
        uint64_t before = bed_hash(b);
        assert_int_equal(bed_callv(b, FROM_HV, number[i & 1], 4, args), c[i / 2].rc);
        assert_true(before == bed_hash(b));
    }
}

/* ---- self-boot engine ---- */

BED_TEST(sbe_commands)
{
    static const struct {
        uint64_t op, input;
        int64_t rc;
    } c[] = {
        {0, 0, U_SUCCESS},   {0, 12345, U_SUCCESS},   {1, 0, U_SUCCESS},
        {1, 1, U_PARAMETER}, {2, 0, U_SUCCESS},       {2, 9, U_PARAMETER},
        {3, 0, U_PARAMETER}, {~0ULL, 0, U_PARAMETER}, {1ULL << 32, 0, U_PARAMETER},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(c); i++)
        assert_int_equal(bed_call(b, FROM_HV, UV_SEND_SBE_COMMAND, 0, c[i].op, c[i].input),
                         c[i].rc);
}

/* ---- numbers that are none ---- */

BED_TEST(unknown_ultracalls)
{
    static const enum bed_from all[] = {FROM_HV,       FROM_HOST_USER, FROM_NVM,
                                        FROM_NVM_USER, FROM_SVM,       FROM_SVM_USER};
    static const uint64_t odd[] = {
        0, 0xf100, 0xf105, 0xf154, 0xf1fc, 0xf200, 0xef00, 1ULL << 32 | UV_PAGE_IN, ~0ULL};

    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(odd); i++)
        for (unsigned k = 0; k < ARRAY_SIZE(all); k++) {
            assert_int_equal(bed_call(b, all[k], odd[i], 1, 2, 3), U_FUNCTION);
            uint64_t before = bed_hash(b);
            assert_int_equal(bed_call(b, all[k], odd[i], 1, 2, 3), U_FUNCTION);
            assert_true(before == bed_hash(b));
            assert_int_equal(b->m.cpus[0].msr,
                             bed_msr(all[k]) |
                                 (bed_msr(all[k]) & MSR_PR ? MSR_EE | MSR_IR | MSR_DR : 0));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_13_restricted_calls_only_for_the_hypervisor),
        cmocka_unit_test(sprs_that_may_be_read_and_written),
        cmocka_unit_test(attack_3_the_ultravisors_registers_stay_its_own),
        cmocka_unit_test(attack_35_scom_outside_the_lists),
        cmocka_unit_test(attack_35_chips_that_do_not_exist),
        cmocka_unit_test(scom_registers_do_not_run_out),
        cmocka_unit_test(attack_36_read_and_write_mem),
        cmocka_unit_test(sbe_commands),
        cmocka_unit_test(unknown_ultracalls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
