// SPDX-License-Identifier: Apache-2.0
/*
 * The instructions that move to and from the FPSCR, against the ISA's own description of each
 * written down bit by bit (Book I, "Floating-Point Status and Control Register Instructions");
 * FPSCR[NI].
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cpu/fpu.h"

#define CASES 20000

static struct cpu cpu;

static uint64_t random64(void)
{
    return (uint64_t)(uint32_t)mrand48() << 32 | (uint32_t)mrand48();
}

/* DRN, and everything of the right half but bit 52; FEX and VX follow. */
#define EXISTS (7ULL << 32 | (0xffffffffULL & ~PPC_BIT(52)))

static uint64_t derived(uint64_t f)
{
    static const unsigned pairs[][2] = {
        {35, 57}, {36, 58}, {37, 59}, {38, 60}}; /* OX..XX, OE..XE */
    bool fex = false, vx = false;
    for (unsigned i = 39; i <= 44; i++)
        vx |= f >> (63 - i) & 1;
    for (unsigned i = 53; i <= 55; i++)
        vx |= f >> (63 - i) & 1;
    fex = vx && (f & PPC_BIT(56));
    for (unsigned i = 0; i < 4; i++)
        fex |= (f & PPC_BIT(pairs[i][0])) && (f & PPC_BIT(pairs[i][1]));
    f &= ~(PPC_BIT(33) | PPC_BIT(34));
    return f | (fex ? PPC_BIT(33) : 0) | (vx ? PPC_BIT(34) : 0);
}

static uint64_t random_fpscr(void)
{
    return derived(random64() & (lrand48() & 1 ? random64() : ~0ULL) & EXISTS);
}

/* @name with fields; FPR 4 is FRT, FPR 5 FRB. What the trap was. */
static trap_t execute(const char *name, uint32_t fields)
{
    struct insn in;
    unsigned id = INSN_COUNT - 1;
    while (id != INSN_ILLEGAL && strcmp(insn_table[id].mnemonic, name))
        id--;
    assert_int_not_equal(id, INSN_ILLEGAL);
    insn_decode(&in, insn_table[id].match | fields);
    assert_int_equal(in.id, id);
    return insn_table[id].handler(&cpu, &in);
}

static uint64_t begin(void)
{
    const uint64_t f = random_fpscr();
    memset(&cpu, 0, sizeof(cpu));
    cpu.msr = MSR_SF | MSR_FP | (lrand48() & 1 ? MSR_FE1 : 0);
    fpscr_write(&cpu, f, ~0ULL);
    assert_int_equal(fpscr_read(&cpu), f);
    VD(cpu.vsr[5], 0) = random64();
    return f;
}

static void test_mffs_family(void **state)
{
    (void)state;
    const uint64_t control = 7ULL << 32 | 0xff, status = PPC_BITS(45, 51);
    for (unsigned n = 0; n < CASES; n++) {
        uint64_t f = begin(), b = VD(cpu.vsr[5], 0), want = f, read = f;
        const uint32_t drm = lrand48() & 7, rm = lrand48() & 3;
        static const char *const names[] = {"mffs",      "mffs.",   "mffsce",   "mffscdrn",
                                            "mffscdrni", "mffscrn", "mffscrni", "mffsl"};
        uint32_t fields = 4 << 21;
        switch (n % 8) {
        case 2:
            want = f & ~PPC_BITS(56, 60);
            break;
        case 3:
            read = f & control;
            want = (f & ~(7ULL << 32)) | (b & 7ULL << 32);
            fields |= 5 << 11;
            break;
        case 4:
            read = f & control;
            want = (f & ~(7ULL << 32)) | (uint64_t)drm << 32;
            fields |= drm << 11;
            break;
        case 5:
            read = f & control;
            want = (f & ~3ULL) | (b & 3);
            fields |= 5 << 11;
            break;
        case 6:
            read = f & control;
            want = (f & ~3ULL) | rm;
            fields |= rm << 11;
            break;
        case 7:
            read = f & (control | status);
            break;
        default:
            break;
        }
        assert_int_equal(execute(names[n % 8], fields), TRAP_NONE);
        assert_int_equal(VD(cpu.vsr[4], 0), read);
        assert_int_equal(fpscr_read(&cpu), derived(want));
        if (n % 8 == 1)
            assert_int_equal(cpu.cr[1], f >> 28 & 15);
    }
}

static void assert_moved(trap_t trap, uint64_t want)
{
    const bool interrupts = (want & PPC_BIT(33)) && (cpu.msr & (MSR_FE0 | MSR_FE1));
    assert_int_equal(fpscr_read(&cpu), want);
    assert_int_equal(trap, interrupts ? TRAP_PROGRAM : TRAP_NONE);
}

static void test_mtfsf_moves_the_fields_of_flm_l_w(void **state)
{
    (void)state;
    for (unsigned n = 0; n < CASES; n++) {
        const uint64_t f = begin(), b = VD(cpu.vsr[5], 0);
        const uint32_t flm = lrand48() & 0xff, l = !(lrand48() & 3), w = lrand48() & 1;
        uint64_t mask = 0;
        for (unsigned i = 0; i < 8; i++)
            if (flm >> (7 - i) & 1) /* field i + 8 * (1 - W), counted from the left */
                mask |= PPC_BITS(4 * (i + 8 * (1 - w)), 4 * (i + 8 * (1 - w)) + 3);
        if (l)
            mask = ~0ULL;
        mask &= EXISTS;
        trap_t t = execute(n & 1 ? "mtfsf." : "mtfsf", flm << 17 | l << 25 | w << 16 | 5 << 11);
        const uint64_t want = derived((f & ~mask) | (b & mask));
        assert_moved(t, want);
        if (n & 1)
            assert_int_equal(cpu.cr[1], want >> 28 & 15);
    }
}

static void test_mtfsfi_moves_one_field(void **state)
{
    (void)state;
    for (unsigned n = 0; n < CASES; n++) {
        const uint64_t f = begin();
        const uint32_t bf = lrand48() & 7, w = lrand48() & 1, u = lrand48() & 15;
        const unsigned left = 4 * (bf + 8 * (1 - w));
        const uint64_t mask = PPC_BITS(left, left + 3) & EXISTS;
        trap_t t = execute("mtfsfi", bf << 23 | w << 16 | u << 12);
        assert_moved(t, derived((f & ~mask) | (((uint64_t)u << (60 - left)) & mask)));
    }
}

/* A bit that becomes 1 and stands for an exception sets FX; FEX and VX cannot be moved to. */
static void test_mtfsb_moves_one_bit(void **state)
{
    (void)state;
    for (unsigned n = 0; n < CASES; n++) {
        uint64_t f = begin();
        const uint32_t bt = lrand48() & 31;
        const uint64_t bit = PPC_BIT(32 + bt) & EXISTS & ~PPC_BITS(33, 34);
        const bool exception = (bt >= 3 && bt <= 12) || (bt >= 21 && bt <= 23);
        if (n & 1) {
            assert_int_equal(execute("mtfsb0", bt << 21), TRAP_NONE);
            assert_int_equal(fpscr_read(&cpu), derived(f & ~bit));
            continue;
        }
        uint64_t want = f | bit;
        if (exception && !(f & bit))
            want |= PPC_BIT(32);
        assert_moved(execute("mtfsb1", bt << 21), derived(want));
    }
}

static void test_mcrfs_clears_the_exceptions_it_copies(void **state)
{
    (void)state;
    const uint64_t clears = PPC_BIT(32) | PPC_BITS(35, 44) | PPC_BITS(53, 55);
    for (unsigned n = 0; n < CASES; n++) {
        const uint64_t f = begin();
        const uint32_t bf = lrand48() & 7, bfa = lrand48() & 7;
        const uint64_t field = PPC_BITS(32 + 4 * bfa, 35 + 4 * bfa);
        assert_int_equal(execute("mcrfs", bf << 23 | bfa << 18), TRAP_NONE);
        assert_int_equal(cpu.cr[bf], f >> (28 - 4 * bfa) & 15);
        assert_int_equal(fpscr_read(&cpu), derived(f & ~(field & clears)));
    }
}

/* POWER9 has no non-IEEE mode: the bit is kept and ignored. */
static void test_ni_changes_no_result(void **state)
{
    (void)state;
    const uint64_t denormal = 0x000fffffffffffff;
    memset(&cpu, 0, sizeof(cpu));
    fpscr_write(&cpu, FPSCR_NI, ~0ULL);
    assert_int_equal(fpscr_read(&cpu), FPSCR_NI);
    VD(cpu.vsr[5], 0) = denormal;
    execute("fadd", 4 << 21 | 5 << 16 | 6 << 11); /* + 0 */
    assert_int_equal(VD(cpu.vsr[4], 0), denormal);
    assert_int_equal(fpscr_read(&cpu) & ~FPSCR_FPRF, FPSCR_NI);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mffs_family),
        cmocka_unit_test(test_mtfsf_moves_the_fields_of_flm_l_w),
        cmocka_unit_test(test_mtfsfi_moves_one_field),
        cmocka_unit_test(test_mtfsb_moves_one_bit),
        cmocka_unit_test(test_mcrfs_clears_the_exceptions_it_copies),
        cmocka_unit_test(test_ni_changes_no_result),
    };
    return cmocka_run_group_tests_name("fpscr", tests, NULL, NULL);
}
