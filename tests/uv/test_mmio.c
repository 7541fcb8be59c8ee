/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores of an SVM to devices: every instruction, in both byte orders, executed by the
 * CPU; the hypervisor gets one datum and its address, whatever it answers.
 */
#include "bed.h"

#define DEVICE (GUEST_BASE + GUEST_SIZE + 0x12340) /* outside every slot */
#define VALUE  0x8192a3b4c5d6e7f8ULL
#define RT     3
#define RA     4
#define RB     5

/* D and DS forms have a displacement, X forms RB. */
#define D(op, disp) ((uint32_t)(op) << 26 | RT << 21 | RA << 16 | ((disp)&0xffff))
#define X(xo)       (31u << 26 | RT << 21 | RA << 16 | RB << 11 | (xo) << 1)

static const struct {
    const char *name;
    uint32_t word;
    uint8_t size;
    bool store, sign, reverse, update;
} insns[] = {
    {"lbz", D(34, 8), 1, 0, 0, 0, 0},     {"lbzu", D(35, 8), 1, 0, 0, 0, 1},
    {"lbzx", X(87), 1, 0, 0, 0, 0},       {"lbzux", X(119), 1, 0, 0, 0, 1},
    {"lhz", D(40, 8), 2, 0, 0, 0, 0},     {"lhzu", D(41, 8), 2, 0, 0, 0, 1},
    {"lhzx", X(279), 2, 0, 0, 0, 0},      {"lhzux", X(311), 2, 0, 0, 0, 1},
    {"lha", D(42, 8), 2, 0, 1, 0, 0},     {"lhau", D(43, 8), 2, 0, 1, 0, 1},
    {"lhax", X(343), 2, 0, 1, 0, 0},      {"lhaux", X(375), 2, 0, 1, 0, 1},
    {"lwz", D(32, 8), 4, 0, 0, 0, 0},     {"lwzu", D(33, 8), 4, 0, 0, 0, 1},
    {"lwzx", X(23), 4, 0, 0, 0, 0},       {"lwzux", X(55), 4, 0, 0, 0, 1},
    {"lwa", D(58, 8 | 2), 4, 0, 1, 0, 0}, {"lwax", X(341), 4, 0, 1, 0, 0},
    {"lwaux", X(373), 4, 0, 1, 0, 1},     {"ld", D(58, 8), 8, 0, 0, 0, 0},
    {"ldu", D(58, 8 | 1), 8, 0, 0, 0, 1}, {"ldx", X(21), 8, 0, 0, 0, 0},
    {"ldux", X(53), 8, 0, 0, 0, 1},       {"lhbrx", X(790), 2, 0, 0, 1, 0},
    {"lwbrx", X(534), 4, 0, 0, 1, 0},     {"ldbrx", X(532), 8, 0, 0, 1, 0},
    {"stb", D(38, 8), 1, 1, 0, 0, 0},     {"stbu", D(39, 8), 1, 1, 0, 0, 1},
    {"stbx", X(215), 1, 1, 0, 0, 0},      {"stbux", X(247), 1, 1, 0, 0, 1},
    {"sth", D(44, 8), 2, 1, 0, 0, 0},     {"sthu", D(45, 8), 2, 1, 0, 0, 1},
    {"sthx", X(407), 2, 1, 0, 0, 0},      {"sthux", X(439), 2, 1, 0, 0, 1},
    {"stw", D(36, 8), 4, 1, 0, 0, 0},     {"stwu", D(37, 8), 4, 1, 0, 0, 1},
    {"stwx", X(151), 4, 1, 0, 0, 0},      {"stwux", X(183), 4, 1, 0, 0, 1},
    {"std", D(62, 8), 8, 1, 0, 0, 0},     {"stdu", D(62, 8 | 1), 8, 1, 0, 0, 1},
    {"stdx", X(149), 8, 1, 0, 0, 0},      {"stdux", X(181), 8, 1, 0, 0, 1},
    {"sthbrx", X(918), 2, 1, 0, 1, 0},    {"stwbrx", X(662), 4, 1, 0, 1, 0},
    {"stdbrx", X(660), 8, 1, 0, 1, 0},
};

static uint64_t low(uint64_t v, unsigned size)
{
    return size == 8 ? v : v & ((1ULL << 8 * size) - 1);
}

/* The same bytes in the opposite order. */
static uint64_t turned(uint64_t v, unsigned size)
{
    uint64_t out = 0;
    for (unsigned i = 0; i < size; i++)
        out = out << 8 | (v >> 8 * i & 0xff);
    return out;
}

static uint64_t extended(uint64_t v, unsigned size)
{
    return size == 2 ? (uint64_t)(int16_t)v : size == 4 ? (uint64_t)(int32_t)v : v;
}

static void device(struct bed *b, struct cpu *cpu, unsigned vector)
{
    (void)vector;
    for (unsigned i = 5; i < 31; i++)
        cpu->gpr[i] = 0xbad; /* R4 only is looked at */
    cpu->gpr[4] = VALUE;
    bed_hv_return(cpu, b->user ? *(const int64_t *)b->user : 0, cpu->gpr[31]);
}

static struct cpu *execute(struct bed *b, struct svm *svm, uint32_t word, uint64_t msr)
{
    struct cpu *cpu = &b->m.cpus[0];

    for (unsigned i = 0; i < 32; i++)
        cpu->gpr[i] = 0x1000 + i;
    cpu->gpr[RT] = VALUE;
    cpu->gpr[RA] = DEVICE;
    cpu->gpr[RB] = 8;
    bed_insn(svm, cpu, msr, word);
    return cpu;
}

static void every_instruction(struct bed *b, uint64_t msr)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    bool le = msr & MSR_LE;

    b->hv = device;
    for (unsigned i = 0; i < ARRAY_SIZE(insns); i++) {
        unsigned size = insns[i].size;
        bool turn = insns[i].reverse != le;
        struct cpu *cpu = execute(b, svm, insns[i].word, msr);
        uint64_t value = low(VALUE, size);

        value = turn ? turned(value, size) : value;
        if (b->entries != i + 1)
            fail_msg("%s does not reach the hypervisor", insns[i].name);
        assert_int_equal(b->last.vector, 0xc00);
        assert_int_equal(b->last.number,
                         insns[i].store ? UV_H_LOGICAL_CI_STORE : UV_H_LOGICAL_CI_LOAD);
        assert_int_equal(b->last.args[0], size);
        assert_int_equal(b->last.args[1], DEVICE + 8);
        assert_int_equal(b->last.args[2], insns[i].store ? value : 0);
        for (unsigned k = 7; k < 31; k++) /* neither the instruction nor anything else */
            assert_int_equal(b->last.regs.gpr[k], 0);
        assert_int_equal(b->last.regs.hdar | b->last.regs.asdr | b->last.regs.heir, 0);
        if (insns[i].sign)
            value = extended(value, size);
        if (cpu->gpr[RT] != (insns[i].store ? VALUE : value))
            fail_msg("%s leaves 0x%llx", insns[i].name, (unsigned long long)cpu->gpr[RT]);
        assert_int_equal(cpu->gpr[RA], insns[i].update ? DEVICE + 8 : DEVICE);
        for (unsigned k = 0; k < 32; k++)
            if (k != RT && k != RA && k != RB)
                assert_int_equal(cpu->gpr[k], 0x1000 + k);
        assert_int_equal(cpu->cia, BED_CODE + 4);
        assert_int_equal(cpu->msr, msr);
    }
}

BED_TEST(every_instruction_big_endian)
{
    every_instruction(b, MSR_SVM);
}

BED_TEST(every_instruction_little_endian)
{
    every_instruction(b, MSR_SVM | MSR_LE);
}

/* Bits that a short load does not have. */
BED_TEST(attack_49_only_the_datum_comes_in)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    b->hv = device;
    assert_int_equal(execute(b, svm, D(34, 0), MSR_SVM)->gpr[RT], VALUE & 0xff);
    assert_int_equal(execute(b, svm, D(40, 0), MSR_SVM)->gpr[RT], VALUE & 0xffff);
    assert_int_equal(execute(b, svm, D(32, 0), MSR_SVM)->gpr[RT], VALUE & 0xffffffff);
}

BED_TEST(attack_49_the_hypervisor_refuses)
{
    static const int64_t errors[] = {-1, -2, -4, -11, 1, 0x7fffffff};
    struct svm *svm = bed_make_svm(b, BED_LPID);
    static int64_t rc;

    bed_hypervisor(b, device, &rc);
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(errors); i++) {
        bool store = i & 1;
        rc = errors[i / 2];
        struct cpu *cpu = execute(b, svm, store ? D(37, 8) : D(33, 8), MSR_SVM | MSR_EE);
        assert_int_equal(cpu->cia, 0x300); /* a data storage interrupt: no livelock */
        assert_int_equal(cpu->srr0, BED_CODE);
        assert_int_equal(cpu->dar, DEVICE + 8);
        assert_int_equal(cpu->dsisr, DSISR_BADACCESS | (store ? DSISR_ISSTORE : 0));
        assert_int_equal(cpu->gpr[RT], VALUE);
        assert_int_equal(cpu->gpr[RA], DEVICE); /* no update either */
        assert_int_equal(svm->state, SVM_SECURE);
    }
}

/* What has no meaning for a device: vectors, floating point, atomics, dcbz, multiples. */
BED_TEST(attack_49_instructions_that_can_not_be_done)
{
    static const uint32_t words[] = {
        D(50, 8) /* lfd */,
        D(54, 8) /* stfd */,
        X(103) /* lvx */,
        X(231) /* stvx */,
        31u << 26 | RA << 16 | RB << 11 | 1014 << 1 /* dcbz */,
        X(20) /* lwarx */,
        D(46, 8) /* lmw r3 */,
        D(47, 8) /* stmw r3 */,
    };
    struct svm *svm = bed_make_svm(b, BED_LPID);

    b->hv = NULL;
    b->m.cpus[0].hfscr |= 1u << HFSCR_IC_FP | 1u << HFSCR_IC_VECVSX;
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        struct cpu *cpu = execute(b, svm, words[i], MSR_SVM | MSR_FP | MSR_VEC);
        assert_int_equal(b->entries, 0);
        assert_true(bed_in_svm(cpu));
        assert_true(cpu->cia == 0x600 || cpu->cia == 0x700 || cpu->cia == 0x300);
        assert_int_equal(cpu->srr0, BED_CODE);
        assert_int_equal(cpu->gpr[RT], VALUE);
        assert_int_equal(svm->state, SVM_SECURE);
    }
}

/* dcbst, dcbf, icbi do nothing to a device. */
BED_TEST(cache_instructions_are_passed_over)
{
    static const unsigned xo[] = {54, 86, 982};
    struct svm *svm = bed_make_svm(b, BED_LPID);

    b->hv = NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(xo); i++) {
        struct cpu *cpu = execute(b, svm, 31u << 26 | RA << 16 | RB << 11 | xo[i] << 1, MSR_SVM);
        assert_int_equal(cpu->cia, BED_CODE + 4);
        assert_int_equal(b->entries, 0);
    }
}

/* In between the hypervisor takes the page away that the instruction is in. */
static void pages_code_out(struct bed *b, struct cpu *cpu, unsigned vector)
{
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, 0x100000, BED_CODE, 0, 16), 0);
    device(b, cpu, vector);
}

BED_TEST(the_instruction_is_read_once)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    b->hv = pages_code_out;
    struct cpu *cpu = execute(b, svm, D(34, 8), MSR_SVM);
    assert_int_equal(cpu->gpr[RT], VALUE & 0xff);
    assert_int_equal(cpu->cia, BED_CODE + 4);
}

/* The last page of the address space that a tree reaches, and beyond it. */
BED_TEST(far_away_devices)
{
    static const uint64_t far[] = {SECURE_RA_BIT | 0x10000, (1ULL << 51) - 8, 0x6000000000000};
    struct svm *svm = bed_make_svm(b, BED_LPID);

    b->hv = device;
    for (unsigned i = 0; i < ARRAY_SIZE(far); i++) {
        struct cpu *cpu = &b->m.cpus[0];
        cpu->gpr[RA] = far[i];
        bed_insn(svm, cpu, MSR_SVM, D(58, 0));
        assert_int_equal(b->last.args[1], far[i]);
        assert_int_equal(cpu->gpr[RT], VALUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_big_endian),
        cmocka_unit_test(every_instruction_little_endian),
        cmocka_unit_test(attack_49_only_the_datum_comes_in),
        cmocka_unit_test(attack_49_the_hypervisor_refuses),
        cmocka_unit_test(attack_49_instructions_that_can_not_be_done),
        cmocka_unit_test(cache_instructions_are_passed_over),
        cmocka_unit_test(the_instruction_is_read_once),
        cmocka_unit_test(far_away_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
