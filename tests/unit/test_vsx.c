// SPDX-License-Identifier: Apache-2.0
/*
 * VSX instructions, through the decoder: every row against recorded results, the host-FPU path
 * against the soft one on random operands, and what the ISA says in words: suppression, lanes,
 * memory order, rounding before negation.
 */
#include "pefemu/cpu.h"
#include "pefemu/mmu.h"
#include "cpu/fpu.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* ---- guest memory: 64 bytes at BASE, nothing else ---- */

#define BASE 0x10000ULL

static uint8_t memory[64];
static struct tlb_ctx tlb;

static bool outside(ea_t ea, unsigned size)
{
    return ea < BASE || ea - BASE + size > sizeof(memory);
}

trap_t mmu_load(struct cpu *cpu, ea_t ea, unsigned size, void *buf)
{
    (void)cpu;
    if (outside(ea, size))
        return TRAP_DSI;
    memcpy(buf, memory + (ea - BASE), size);
    return TRAP_NONE;
}

trap_t mmu_store(struct cpu *cpu, ea_t ea, unsigned size, const void *buf)
{
    (void)cpu;
    if (outside(ea, size))
        return TRAP_DSI;
    memcpy(memory + (ea - BASE), buf, size);
    return TRAP_NONE;
}

static void start(struct cpu *cpu, bool le)
{
    memset(cpu, 0, sizeof(*cpu));
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        tlb.e[i].tag_r = tlb.e[i].tag_w = TLB_NO_TAG;
    for (unsigned i = 0; i < sizeof(memory); i++)
        memory[i] = i;
    cpu->tlb = &tlb;
    cpu->msr = MSR_SF | MSR_FP | MSR_VEC | MSR_VSX | (le ? MSR_LE : 0);
    cpu->le = le;
}

static trap_t step(struct cpu *cpu, uint32_t word)
{
    struct insn in;
    insn_decode(&in, word);
    return insn_table[in.id].handler(cpu, &in);
}

static void set(struct cpu *cpu, unsigned n, uint64_t d0, uint64_t d1)
{
    VD(cpu->vsr[n], 0) = d0;
    VD(cpu->vsr[n], 1) = d1;
}

#define assert_vsr(cpu, n, d0, d1)                                                                 \
    do {                                                                                           \
        assert_int_equal(VD((cpu)->vsr[n], 0), d0);                                                \
        assert_int_equal(VD((cpu)->vsr[n], 1), d1);                                                \
    } while (0)

/* Words with XT = 34, XA = 35, XB = 36, XC = 37. */
#define XX3(xo) (0xf0432007u | (xo) << 3)
#define XX2(xo) (0xf0402003u | (xo) << 2)
/* VRT = 2, VRA = 3, VRB = 4 */
#define QX(xo) (0xfc432000u | (xo) << 1)
/* XT = 34, RA = 6, RB = 7 */
#define XX1(xo) (0x7c463801u | (xo) << 1)

/* ---- recorded results ---- */

struct vsx_case {
    uint32_t word;
    uint64_t fpscr_in, fpscr_out;
    unsigned cc;
    uint64_t gpr[2], t[2], a[2], b[2], r[2], gpr_out;
};

static const struct vsx_case cases[] = {
#include "vsx_cases.inc"
};

static void prepare(struct cpu *cpu, const struct vsx_case *c)
{
    start(cpu, true);
    fpscr_write(cpu, c->fpscr_in, ~0ULL);
    cpu->fp_fast = false;
    cpu->gpr[5] = 0x5555;
    cpu->gpr[6] = c->gpr[0];
    cpu->gpr[7] = c->gpr[1];
    set(cpu, 34, c->t[0], c->t[1]);
    set(cpu, 35, c->a[0], c->a[1]);
    set(cpu, 36, c->b[0], c->b[1]);
}

/* Conversions to integers leave FPRF undefined: cleared here, kept where the results come from. */
static uint64_t undefined_fpscr(const struct vsx_case *c)
{
    struct insn in;
    insn_decode(&in, c->word);
    const char *m = insn_table[in.id].mnemonic;
    return !fnmatch("xscvdp[su]x?s", m, 0) || !fnmatch("xscvqp??z", m, 0) ? FPSCR_FPRF : 0;
}

static bool matches(struct cpu *cpu, const struct vsx_case *c)
{
    return VD(cpu->vsr[34], 0) == c->r[0] && VD(cpu->vsr[34], 1) == c->r[1] &&
           !((fpscr_read(cpu) ^ c->fpscr_out) & ~undefined_fpscr(c)) &&
           ((cpu->cr[3] << 4 | cpu->cr[6]) & 0xff) == (int)c->cc &&
           (c->gpr_out == 0 || (cpu->gpr[5] ^ (cpu->gpr[6] * 3)) == c->gpr_out);
}

static void test_rows_match_recorded_results(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct cpu cpu;
        prepare(&cpu, &cases[i]);
        step(&cpu, cases[i].word);
        if (!matches(&cpu, &cases[i]))
            fail_msg("case %zu, word 0x%08x: %016llx %016llx fpscr %08llx", i, cases[i].word,
                     (unsigned long long)VD(cpu.vsr[34], 0), (unsigned long long)VD(cpu.vsr[34], 1),
                     (unsigned long long)fpscr_read(&cpu));
    }
}

static uint64_t random64(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed * 0x2545f4914f6cdd1dULL;
}

/* Mostly numbers whose exponents are near each other, in double or single. */
static uint64_t random_operand(uint64_t *seed)
{
    uint64_t v = random64(seed), kind = random64(seed) % 8;
    if (kind == 0)
        return v;
    if (kind < 4)
        return (v & 0x800fffffffffffff) | (1019 + random64(seed) % 8) << 52;
    if (kind == 4)
        return (v & 0x807fffff807fffff) | 0x3f8000003f000000;
    return (v & 0x800fffffe0000000) | (1023 - 160 + random64(seed) % 320) << 52;
}

/* Every recorded word on random operands: with and without the host FPU. */
static void test_host_fpu_changes_nothing(void **state)
{
    uint64_t seed = 88172645463325252;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (unsigned n = 0; n < 40; n++) {
            struct vsx_case c = {.word = cases[i].word, .fpscr_in = n & 1 ? FPSCR_XX : 0};
            struct cpu soft, host;
            for (unsigned d = 0; d < 2; d++) {
                c.t[d] = random_operand(&seed);
                c.a[d] = random_operand(&seed);
                c.b[d] = random_operand(&seed);
            }
            prepare(&soft, &c);
            prepare(&host, &c);
            host.fp_fast = true;
            step(&soft, c.word);
            step(&host, c.word);
            if (memcmp(soft.vsr, host.vsr, sizeof(soft.vsr)) ||
                fpscr_read(&soft) != fpscr_read(&host) || memcmp(soft.cr, host.cr, sizeof(soft.cr)))
                fail_msg("word 0x%08x: the host FPU gives another result", c.word);
        }
    }
}

/* ---- floating point in words ---- */

#define ONE   0x3ff0000000000000ULL
#define THIRD 0x3fd5555555555555ULL
#define SNAN  0x7ff4000000000000ULL

static void test_enabled_exception_in_one_lane_keeps_target(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    fpscr_write(&cpu, FPSCR_XE, ~0ULL);
    set(&cpu, 34, 11, 22);
    set(&cpu, 35, ONE, ONE);
    set(&cpu, 36, ONE, THIRD);
    step(&cpu, XX3(96)); /* xvadddp */
    assert_vsr(&cpu, 34, 11, 22);
    assert_true(fpscr_read(&cpu) & FPSCR_XX);
    assert_false(fpscr_read(&cpu) & FPSCR_FI);

    /* the scalar form delivers an inexact result all the same */
    set(&cpu, 36, THIRD, 0);
    step(&cpu, XX3(32)); /* xsadddp */
    assert_vsr(&cpu, 34, 0x3ff5555555555555, 0);
}

static void test_enabled_exception_traps_when_msr_asks(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.msr |= MSR_FE0 | MSR_FE1;
    fpscr_write(&cpu, FPSCR_VE, ~0ULL);
    set(&cpu, 35, SNAN, 0);
    set(&cpu, 36, ONE, 0);
    assert_int_equal(step(&cpu, XX3(32)), TRAP_PROGRAM);
    assert_vsr(&cpu, 34, 0, 0);
}

static void test_vector_operations_keep_fprf_fr_fi(void **state)
{
    const uint64_t keep = FPSCR_FPRF | FPSCR_FR | FPSCR_FI;
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    fpscr_write(&cpu, keep, ~0ULL);
    set(&cpu, 35, ONE, 0);
    set(&cpu, 36, THIRD, 0);
    step(&cpu, XX3(96));
    assert_int_equal(fpscr_read(&cpu) & keep, keep);
    assert_true(fpscr_read(&cpu) & FPSCR_XX);
}

/* -(a * c + b) rounds a * c + b: upwards is then towards minus infinity for the result. */
static void test_negative_forms_round_before_negating(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    fpscr_write(&cpu, FP_UP, ~0ULL);
    set(&cpu, 34, ONE, 0);
    set(&cpu, 35, 0x3c00000000000000, 0);
    set(&cpu, 36, ONE, 0);
    step(&cpu, XX3(161)); /* xsnmaddadp */
    assert_vsr(&cpu, 34, 0xbff0000000000001, 0);
}

static void test_conversion_lanes(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    set(&cpu, 36, 0x3f80000040000000, 0x4040000040800000);
    step(&cpu, XX2(408)); /* xvcvspsxds reads words 0 and 2 */
    assert_vsr(&cpu, 34, 1, 3);
    set(&cpu, 36, 0x4000000000000000, 0xc008000000000000);
    step(&cpu, XX2(216)); /* xvcvdpsxws writes both words of each doubleword */
    assert_vsr(&cpu, 34, 0x0000000200000002, 0xfffffffdfffffffd);
}

static void test_nan_converts_per_lane(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    set(&cpu, 36, 0x7fc000005f000000, 0xff800000bf800000);
    step(&cpu, XX2(152)); /* xvcvspsxws */
    assert_vsr(&cpu, 34, 0x800000007fffffff, 0x80000000ffffffff);
    step(&cpu, XX2(136)); /* xvcvspuxws */
    assert_vsr(&cpu, 34, 0x00000000ffffffff, 0);
}

static void test_vxvc_stops_ordered_compare_when_enabled(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    fpscr_write(&cpu, FPSCR_VE, ~0ULL);
    set(&cpu, 34, 1, 2);
    set(&cpu, 35, SNAN | PPC_BIT(12), 0);
    step(&cpu, XX3(107)); /* xvcmpgtdp with a quiet NaN */
    assert_vsr(&cpu, 34, 1, 2);
    assert_true(fpscr_read(&cpu) & FPSCR_VXVC);
}

static void test_single_class_follows_dcmx(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    set(&cpu, 36, 0x36a0000000000000, 0); /* 2^-149, denormal in single */
    step(&cpu, 0xf18224aa);               /* xststdcsp cr3,vs36,2: positive denormal */
    assert_int_equal(cpu.cr[3], CR_EQ);
    step(&cpu, 0xf18424aa); /* negative zero */
    assert_int_equal(cpu.cr[3], 0);
    set(&cpu, 36, 0xb690000000000000, 0); /* half of it is no single */
    step(&cpu, 0xf18124aa);               /* negative denormal */
    assert_int_equal(cpu.cr[3], CR_LT | CR_EQ | CR_SO);
}

static void test_quad_round_to_odd(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    /* -(2^-2000 * 1 - 1) to odd: 1 - tiny has all fraction bits set, and FR says truncated */
    set(&cpu, 34, 0x3fff000000000000, 0);
    set(&cpu, 35, 0x382f000000000000, 0);
    set(&cpu, 36, 0x3fff000000000000, 0);
    step(&cpu, QX(484) | 1); /* xsnmsubqpo */
    assert_vsr(&cpu, 34, 0x3ffeffffffffffff, 0xffffffffffffffff);
    assert_true(fpscr_read(&cpu) & FPSCR_FI);
}

static void test_quad_fma_keeps_all_bits(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    /* (1 + 2^-112)^2 - (1 + 2^-111) = 2^-224 */
    set(&cpu, 34, 0xbfff000000000000, 2);
    set(&cpu, 35, 0x3fff000000000000, 1);
    set(&cpu, 36, 0x3fff000000000000, 1);
    step(&cpu, QX(388)); /* xsmaddqp */
    assert_vsr(&cpu, 34, (uint64_t)(16383 - 224) << 48, 0);
    assert_false(fpscr_read(&cpu) & FPSCR_XX);
}

/* ---- moves ---- */

static void test_select_takes_b_where_c_is_set(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    set(&cpu, 35, 0x1111111111111111, 0x2222222222222222);
    set(&cpu, 36, 0xffffffffffffffff, 0x4444444444444444);
    set(&cpu, 37, 0xf0f0f0f0f0f0f0f0, 0x00ff00ff00ff00ff);
    step(&cpu, 0xf0432030 | 5 << 6 | 0xf); /* xxsel */
    assert_vsr(&cpu, 34, 0xf1f1f1f1f1f1f1f1, 0x2244224422442244);
}

/* ---- memory ---- */

static void test_element_order_of_loads(void **state)
{
    static const struct {
        unsigned xo;
        uint64_t le[2], be[2];
    } loads[] = {
        {268, {0x0f0e0d0c0b0a0908, 0x0706050403020100}, {0x0001020304050607, 0x08090a0b0c0d0e0f}},
        {844, {0x0706050403020100, 0x0f0e0d0c0b0a0908}, {0x0001020304050607, 0x08090a0b0c0d0e0f}},
        {780, {0x0302010007060504, 0x0b0a09080f0e0d0c}, {0x0001020304050607, 0x08090a0b0c0d0e0f}},
        {812, {0x0100030205040706, 0x09080b0a0d0c0f0e}, {0x0001020304050607, 0x08090a0b0c0d0e0f}},
        {876, {0x0001020304050607, 0x08090a0b0c0d0e0f}, {0x0001020304050607, 0x08090a0b0c0d0e0f}},
        {332, {0x0706050403020100, 0x0706050403020100}, {0x0001020304050607, 0x0001020304050607}},
        {364, {0x0302010003020100, 0x0302010003020100}, {0x0001020300010203, 0x0001020300010203}},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
        for (unsigned le = 0; le < 2; le++) {
            const uint64_t *want = le ? loads[i].le : loads[i].be;
            struct cpu cpu;
            start(&cpu, le);
            cpu.gpr[6] = BASE;
            assert_int_equal(step(&cpu, XX1(loads[i].xo)), TRAP_NONE);
            assert_vsr(&cpu, 34, want[0], want[1]);
        }
    }
}

static void test_stores_mirror_loads(void **state)
{
    static const struct {
        unsigned load, store, size;
    } pairs[] = {
        {268, 396, 16}, {844, 972, 16}, {780, 908, 16}, {812, 940, 16}, {876, 1004, 16},
        {588, 716, 8},  {524, 652, 4},  {12, 140, 4},   {813, 941, 2},  {781, 909, 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        for (unsigned le = 0; le < 2; le++) {
            uint8_t want[16] = {0};
            struct cpu cpu;
            start(&cpu, le);
            memset(memory + 16, 0, 16);
            cpu.gpr[6] = BASE;
            assert_int_equal(step(&cpu, XX1(pairs[i].load)), TRAP_NONE);
            cpu.gpr[7] = 16;
            assert_int_equal(step(&cpu, XX1(pairs[i].store)), TRAP_NONE);
            memcpy(want, memory, pairs[i].size);
            assert_memory_equal(memory + 16, want, 16);
        }
    }
}

static void test_loads_with_length(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.gpr[6] = BASE + 1;
    cpu.gpr[7] = 3ULL << 56 | 0x1234;
    step(&cpu, XX1(269)); /* lxvl */
    assert_vsr(&cpu, 34, 0, 0x030201);
    step(&cpu, XX1(301)); /* lxvll */
    assert_vsr(&cpu, 34, 0x0102030000000000, 0);
    start(&cpu, false);
    cpu.gpr[6] = BASE + 1;
    cpu.gpr[7] = 200ULL << 56; /* 16 at most */
    step(&cpu, XX1(269));
    assert_vsr(&cpu, 34, 0x0102030405060708, 0x090a0b0c0d0e0f10);
    cpu.gpr[6] = 0; /* nothing is accessed */
    cpu.gpr[7] = 0;
    assert_int_equal(step(&cpu, XX1(269)), TRAP_NONE);
    assert_vsr(&cpu, 34, 0, 0);
}

static void test_stores_with_length(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    set(&cpu, 34, 0xa1a2a3a4a5a6a7a8, 0xb1b2b3b4b5b6b7b8);
    cpu.gpr[6] = BASE;
    cpu.gpr[7] = 2ULL << 56;
    step(&cpu, XX1(397)); /* stxvl */
    assert_int_equal(get_be64(memory), 0xb8b7020304050607);
    step(&cpu, XX1(429)); /* stxvll */
    assert_int_equal(get_be64(memory), 0xa1a2020304050607);
}

static void test_fault_changes_nothing(void **state)
{
    static const unsigned loads[] = {268, 844, 780, 812, 876, 332, 364, 588, 524, 76, 12};
    static const unsigned stores[] = {396, 972, 908, 940, 1004, 716, 652, 140};
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.gpr[6] = BASE + sizeof(memory) - 2;
    set(&cpu, 34, 1, 2);
    for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
        assert_int_equal(step(&cpu, XX1(loads[i])), TRAP_DSI);
        assert_vsr(&cpu, 34, 1, 2);
    }
    for (size_t i = 0; i < ARRAY_SIZE(stores); i++)
        assert_int_equal(step(&cpu, XX1(stores[i])), TRAP_DSI);
    for (unsigned i = 0; i < sizeof(memory); i++)
        assert_int_equal(memory[i], i);
}

static void test_displacement_forms(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.gpr[6] = BASE + 16;
    step(&cpu, 0xf446fff9); /* lxv vs34,-16(r6) */
    assert_vsr(&cpu, 34, 0x0f0e0d0c0b0a0908, 0x0706050403020100);
    step(&cpu, 0xf446000d); /* stxv vs34,0(r6) */
    assert_memory_equal(memory, memory + 16, 16);
    step(&cpu, 0xe446fffa); /* lxsd v2,-8(r6) */
    assert_vsr(&cpu, 34, 0x0f0e0d0c0b0a0908, 0);
    set(&cpu, 34, 0x3ff8000000000000, 0);
    step(&cpu, 0xf4460003); /* stxssp v2,0(r6) */
    assert_int_equal(get_le32(memory + 16), 0x3fc00000);
    step(&cpu, 0xe4460003); /* lxssp v2,0(r6) */
    assert_vsr(&cpu, 34, 0x3ff8000000000000, 0);
    step(&cpu, 0xf4460012); /* stxsd v2,16(r6) */
    assert_int_equal(get_le64(memory + 32), 0x3ff8000000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_match_recorded_results),
        cmocka_unit_test(test_host_fpu_changes_nothing),
        cmocka_unit_test(test_enabled_exception_in_one_lane_keeps_target),
        cmocka_unit_test(test_enabled_exception_traps_when_msr_asks),
        cmocka_unit_test(test_vector_operations_keep_fprf_fr_fi),
        cmocka_unit_test(test_negative_forms_round_before_negating),
        cmocka_unit_test(test_conversion_lanes),
        cmocka_unit_test(test_nan_converts_per_lane),
        cmocka_unit_test(test_vxvc_stops_ordered_compare_when_enabled),
        cmocka_unit_test(test_single_class_follows_dcmx),
        cmocka_unit_test(test_quad_round_to_odd),
        cmocka_unit_test(test_quad_fma_keeps_all_bits),
        cmocka_unit_test(test_select_takes_b_where_c_is_set),
        cmocka_unit_test(test_element_order_of_loads),
        cmocka_unit_test(test_stores_mirror_loads),
        cmocka_unit_test(test_loads_with_length),
        cmocka_unit_test(test_stores_with_length),
        cmocka_unit_test(test_fault_changes_nothing),
        cmocka_unit_test(test_displacement_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
