// SPDX-License-Identifier: Apache-2.0
/*
 * Decimal floating point: encodings, results of Python's decimal module (dfp_cases.inc, made by
 * dfp_cases.py) through the decoder, and what the ISA says in words: tests of class and group,
 * quantum adjustment, packed decimal, invalid forms, suppression, traps.
 */
#include "pefemu/cpu.h"
#include "cpu/dfp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void start(struct cpu *cpu)
{
    memset(cpu, 0, sizeof(*cpu));
    cpu->msr = MSR_SF | MSR_FP;
}

static trap_t step(struct cpu *cpu, uint32_t word)
{
    struct insn in;
    insn_decode(&in, word);
    return insn_table[in.id].handler(cpu, &in);
}

static uint64_t fpr(const struct cpu *cpu, unsigned n)
{
    return VD(cpu->vsr[n], 0);
}

/* Operands: the long format in f6 (T), f2 (A), f4 (B), the extended one in pairs that begin there.
 */
#define LONG(xo)     (0xec000000u | 6 << 21 | 2 << 16 | 4 << 11 | (uint32_t)(xo) << 1)
#define EXTENDED(xo) (LONG(xo) | 0x10000000u)
#define RC           1u
#define RMC(n)       ((uint32_t)(n) << 9)
#define SH(n)        ((uint32_t)(n) << 10)
#define XO_DADD      2
#define XO_DQUA      3
#define XO_DMUL      34
#define XO_DRRND     35
#define XO_DSCLI     66
#define XO_DQUAI     67
#define XO_DSCRI     98
#define XO_DRINTX    99
#define XO_DCMPO     130
#define XO_DTSTEX    162
#define XO_DTSTDC    194
#define XO_DTSTDG    226
#define XO_DRINTN    227
#define XO_DCTDP     258 /* dctqpq */
#define XO_DCTFIX    290
#define XO_DDEDPD    322
#define XO_DXEX      354
#define XO_DSUB      514
#define XO_DDIV      546
#define XO_DCMPU     642
#define XO_DTSTSF    674
#define XO_DTSTSFI   675
#define XO_DRSP      770 /* drdpq */
#define XO_DCFFIX    802
#define XO_DENBCD    834
#define XO_DIEX      866

/* A decimal64 image from "[-]digits[E[-]n]", "[-]inf", "[-]nan[digits]", "[-]snan[digits]". */
static uint64_t d64(const char *text)
{
    struct dfp v = {.sign = *text == '-'};
    text += v.sign;
    if (!strncmp(text, "inf", 3)) {
        v.cls = DFP_INFINITY;
        text += 3;
    } else if (!strncmp(text, "nan", 3)) {
        v.cls = DFP_QNAN;
        text += 3;
    } else if (!strncmp(text, "snan", 4)) {
        v.cls = DFP_SNAN;
        text += 4;
    }
    char *end;
    v.c = strtoull(text, &end, 10);
    if (*end == 'E')
        v.exp = atoi(end + 1);
    return (uint64_t)dfp_encode(&dfp_long, v);
}

static void set(struct cpu *cpu, unsigned n, const char *text)
{
    VD(cpu->vsr[n], 0) = d64(text);
}

static void assert_d64(uint64_t image, const char *want)
{
    if (image != d64(want))
        print_error("%s is %016llx, got %016llx\n", want, (unsigned long long)d64(want),
                    (unsigned long long)image);
    assert_true(image == d64(want));
}

/* ---- encoding ---- */

static void test_known_images(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t image;
    } known[] = {
        {"0", 0x2238000000000000},
        {"1", 0x2238000000000001},
        {"-750E-2", 0xa2300000000003d0},
        {"9999999999999999E369", 0x77fcff3fcff3fcff},
        {"1E-398", 0x0000000000000001},
        {"1000000000000000E-398", 0x0400000000000000},
        {"8000000000000000E-398", 0x6000000000000000},
        {"1234567890123456", 0x263934b9c1e28e56},
        {"inf", 0x7800000000000000},
        {"-inf", 0xf800000000000000},
        {"nan", 0x7c00000000000000},
        {"-snan79", 0xfe00000000000079},
    };
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        assert_d64(known[i].image, known[i].text);
    u128 one = (u128)0x2208000000000000 << 64 | 1;
    assert_true(dfp_encode(&dfp_extended, (struct dfp){.c = 1}) == one);
    assert_true(dfp_encode(&dfp_short, (struct dfp){.c = 1}) == 0x22500001);
}

static void test_every_declet(void **state)
{
    (void)state;
    unsigned seen[1000] = {0};
    for (unsigned d = 0; d < 1024; d++) {
        struct dfp v = dfp_decode(&dfp_long, d);
        assert_true(v.c < 1000);
        seen[(unsigned)v.c]++;
        uint64_t again = (uint64_t)dfp_encode(&dfp_long, v);
        assert_true(dfp_decode(&dfp_long, again).c == v.c);
        /* Three large digits leave two bits free. */
        assert_true(again == d || ((d & 0x6e) == 0x6e && (d & 0x300)));
    }
    unsigned total = 0, quadruple = 0;
    for (unsigned n = 0; n < 1000; n++) {
        total += seen[n];
        quadruple += seen[n] == 4;
        assert_true(seen[n] == 1 || seen[n] == 4);
    }
    assert_int_equal(total, 1024);
    assert_int_equal(quadruple, 8); /* three digits, each 8 or 9 */
}

static void test_formats_survive_a_round_trip(void **state)
{
    (void)state;
    static const struct dfp_format *const formats[] = {&dfp_short, &dfp_long, &dfp_extended};
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        const struct dfp_format *f = formats[i];
        for (int exp = f->emin; exp <= f->emax; exp++) {
            u128 c = dfp_pow10[f->digits - 1] * (unsigned)((exp - f->emin) % 10) + 12345;
            struct dfp v = {.sign = exp & 1, .exp = exp, .c = c};
            struct dfp w = dfp_decode(f, dfp_encode(f, v));
            assert_true(w.cls == DFP_FINITE && w.sign == v.sign && w.exp == exp && w.c == c);
        }
    }
}

static void test_digits(void **state)
{
    (void)state;
    assert_int_equal(dfp_digits(0), 0);
    for (unsigned n = 0; n < 38; n++) {
        assert_int_equal(dfp_digits(dfp_pow10[n]), n + 1);
        assert_int_equal(dfp_digits(dfp_pow10[n + 1] - 1), n + 1);
    }
    for (unsigned n = 0; n < 38; n++)
        assert_true(dfp_pow10[n + 1] == dfp_pow10[n] * 10);
}

/* ---- recorded results ---- */

struct recorded {
    const char *name;
    uint32_t word;
    uint64_t before, a[2], b[2], r[2], after;
};

#define DFP(name, word, before, a0, a1, b0, b1, r0, r1, after)                                     \
    {name, word, before, {a0, a1}, {b0, b1}, {r0, r1}, after},
static const struct recorded recorded[] = {
#include "dfp_cases.inc"
};
#undef DFP

static bool matches(const struct recorded *c)
{
    struct cpu cpu;
    start(&cpu);
    cpu.fpscr = c->before;
    for (unsigned i = 0; i < 2; i++) {
        VD(cpu.vsr[2 + i], 0) = c->a[i];
        VD(cpu.vsr[4 + i], 0) = c->b[i];
    }
    trap_t trap = step(&cpu, c->word);
    uint64_t fpscr = fpscr_read(&cpu);
    if (!trap && fpr(&cpu, 6) == c->r[0] && fpr(&cpu, 7) == c->r[1] && fpscr == c->after)
        return true;
    print_error("%s %016llx %016llx, %016llx %016llx fpscr %llx: %016llx %016llx fpscr %llx, "
                "want %016llx %016llx fpscr %llx\n",
                c->name, (unsigned long long)c->a[0], (unsigned long long)c->a[1],
                (unsigned long long)c->b[0], (unsigned long long)c->b[1],
                (unsigned long long)c->before, (unsigned long long)fpr(&cpu, 6),
                (unsigned long long)fpr(&cpu, 7), (unsigned long long)fpscr,
                (unsigned long long)c->r[0], (unsigned long long)c->r[1],
                (unsigned long long)c->after);
    return false;
}

static void test_recorded_results(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < ARRAY_SIZE(recorded); i++)
        wrong += !matches(&recorded[i]);
    assert_int_equal(wrong, 0);
}

/* ---- arithmetic ---- */

static uint64_t binary(unsigned xo, const char *a, const char *b, uint64_t *fpscr)
{
    struct cpu cpu;
    start(&cpu);
    cpu.fpscr = *fpscr;
    set(&cpu, 2, a);
    set(&cpu, 4, b);
    assert_int_equal(step(&cpu, LONG(xo)), TRAP_NONE);
    *fpscr = fpscr_read(&cpu);
    return fpr(&cpu, 6);
}

static void test_nan_priority(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *r;
        uint64_t vx;
    } cases[] = {
        {"nan1", "nan2", "nan1", 0},
        {"1", "-nan2", "-nan2", 0},
        {"nan1", "snan2", "nan2", FPSCR_VXSNAN},
        {"-snan1", "snan2", "-nan1", FPSCR_VXSNAN},
        {"inf", "snan2", "nan2", FPSCR_VXSNAN},
    };
    static const unsigned xo[] = {XO_DADD, XO_DSUB, XO_DMUL, XO_DDIV, XO_DQUA};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(xo); j++) {
            uint64_t fpscr = 0;
            assert_d64(binary(xo[j], cases[i].a, cases[i].b, &fpscr), cases[i].r);
            assert_int_equal(fpscr & FPSCR_VX_ANY, cases[i].vx);
        }
    }
}

static void test_invalid_operations(void **state)
{
    (void)state;
    static const struct {
        unsigned xo;
        const char *a, *b;
        uint64_t vx;
    } cases[] = {
        {XO_DADD, "inf", "-inf", FPSCR_VXISI}, {XO_DSUB, "inf", "inf", FPSCR_VXISI},
        {XO_DMUL, "inf", "0", FPSCR_VXIMZ},    {XO_DDIV, "inf", "-inf", FPSCR_VXIDI},
        {XO_DDIV, "0", "0", FPSCR_VXZDZ},      {XO_DQUA, "inf", "1", FPSCR_VXCVI},
        {XO_DQUA, "1", "inf", FPSCR_VXCVI},    {XO_DQUA, "1E-15", "10", FPSCR_VXCVI},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t fpscr = 0;
        assert_d64(binary(cases[i].xo, cases[i].a, cases[i].b, &fpscr), "nan");
        assert_int_equal(fpscr, cases[i].vx | FPSCR_FX | FPSCR_VX | 0x11000);
        fpscr = FPSCR_VE | 0x65000; /* suppressed: FR and FI fall, FPRF and target stay */
        assert_int_equal(binary(cases[i].xo, cases[i].a, cases[i].b, &fpscr), 0);
        assert_int_equal(fpscr, cases[i].vx | FPSCR_FX | FPSCR_FEX | FPSCR_VX | FPSCR_VE | 0x5000);
    }
}

static void test_division_by_zero(void **state)
{
    (void)state;
    uint64_t fpscr = 0;
    assert_d64(binary(XO_DDIV, "-1", "0E5", &fpscr), "-inf");
    assert_int_equal(fpscr, FPSCR_FX | FPSCR_ZX | 0x9000);
    fpscr = FPSCR_ZE;
    assert_int_equal(binary(XO_DDIV, "-1", "0E5", &fpscr), 0);
    assert_int_equal(fpscr, FPSCR_FX | FPSCR_FEX | FPSCR_ZX | FPSCR_ZE);
    fpscr = 0;
    assert_d64(binary(XO_DDIV, "-1", "inf", &fpscr), "-0E-398");
    assert_int_equal(fpscr, 0x12000);
}

static void test_ideal_exponents(void **state)
{
    (void)state;
    uint64_t fpscr = 0;
    assert_d64(binary(XO_DADD, "10E-1", "1E3", &fpscr), "10010E-1");
    assert_d64(binary(XO_DSUB, "5E1", "50", &fpscr), "0");
    assert_d64(binary(XO_DMUL, "120", "10E-2", &fpscr), "1200E-2");
    assert_d64(binary(XO_DDIV, "1200", "10", &fpscr), "120");
    assert_d64(binary(XO_DDIV, "1", "8", &fpscr), "125E-3");
    assert_d64(binary(XO_DDIV, "24E1", "1E-1", &fpscr), "24E2");
    assert_d64(binary(XO_DMUL, "1E300", "1E75", &fpscr), "1000000E369"); /* clamped */
    assert_d64(binary(XO_DMUL, "0E300", "1E300", &fpscr), "0E369");
    assert_d64(binary(XO_DADD, "0E-300", "1E300", &fpscr), "1000000000000000E285");
    assert_d64(binary(XO_DADD, "0E300", "1", &fpscr), "1");
    assert_int_equal(fpscr & FPSCR_STICKY, 0);
}

static void test_zero_sums(void **state)
{
    (void)state;
    for (uint64_t drn = 0; drn < 8; drn++) {
        uint64_t fpscr = drn << 32;
        assert_d64(binary(XO_DADD, "1", "-1", &fpscr), drn == DFP_DOWN ? "-0" : "0");
        assert_d64(binary(XO_DADD, "-0", "0", &fpscr), drn == DFP_DOWN ? "-0" : "0");
        assert_d64(binary(XO_DSUB, "-0", "0", &fpscr), "-0");
    }
}

/* 16 digits and one more, in each mode: the result's last digits. */
static void test_rounding_modes(void **state)
{
    (void)state;
    static const struct {
        const char *b; /* added to 1000000000000000E1 */
        unsigned plus[8], minus[8];
    } cases[] = {
        {"1", {0, 0, 1, 0, 0, 0, 1, 1}, {0, 0, 0, 1, 0, 0, 1, 1}},
        {"5", {0, 0, 1, 0, 1, 0, 1, 1}, {0, 0, 0, 1, 1, 0, 1, 1}},
        {"6", {1, 0, 1, 0, 1, 1, 1, 1}, {1, 0, 0, 1, 1, 1, 1, 1}},
        {"15", {2, 1, 2, 1, 2, 1, 2, 1}, {2, 1, 1, 2, 2, 1, 2, 1}},
        {"54", {5, 5, 6, 5, 5, 5, 6, 6}, {5, 5, 5, 6, 5, 5, 6, 6}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (uint64_t drn = 0; drn < 8; drn++) {
            uint64_t up = drn << 32, down = up;
            char want[32], minus_b[16];
            snprintf(want, sizeof(want), "100000000000000%uE1", cases[i].plus[drn]);
            assert_d64(binary(XO_DADD, "1000000000000000E1", cases[i].b, &up), want);
            snprintf(minus_b, sizeof(minus_b), "-%s", cases[i].b);
            snprintf(want, sizeof(want), "-100000000000000%uE1", cases[i].minus[drn]);
            assert_d64(binary(XO_DADD, "-1000000000000000E1", minus_b, &down), want);
            bool away = cases[i].plus[drn] > (unsigned)atoi(cases[i].b) / 10;
            assert_int_equal(up & (FPSCR_XX | FPSCR_FI | FPSCR_FR),
                             FPSCR_XX | FPSCR_FI | (away ? FPSCR_FR : 0));
        }
    }
}

static void test_overflow(void **state)
{
    (void)state;
    static const char *const plus[] = {"inf", "9999999999999999E369"};
    static const char *const minus[] = {"-inf", "-9999999999999999E369"};
    static const uint8_t largest[8][2] = {{0, 0}, {1, 1}, {0, 1}, {1, 0},
                                          {0, 0}, {0, 0}, {0, 0}, {1, 1}};
    for (uint64_t drn = 0; drn < 8; drn++) {
        uint64_t fpscr = drn << 32;
        assert_d64(binary(XO_DMUL, "1E369", "1E300", &fpscr), plus[largest[drn][0]]);
        assert_int_equal(fpscr & (FPSCR_STICKY | FPSCR_FI), FPSCR_OX | FPSCR_XX | FPSCR_FI);
        assert_d64(binary(XO_DMUL, "-1E369", "1E300", &fpscr), minus[largest[drn][1]]);
    }
    uint64_t fpscr = FPSCR_OE;
    assert_d64(binary(XO_DMUL, "1E369", "1E300", &fpscr), "1E93");
    assert_int_equal(fpscr, FPSCR_OE | FPSCR_FX | FPSCR_FEX | FPSCR_OX | 0x4000);
}

static void test_underflow(void **state)
{
    (void)state;
    uint64_t fpscr = 0;
    assert_d64(binary(XO_DMUL, "5E-300", "3E-98", &fpscr), "15E-398"); /* tiny but exact */
    assert_int_equal(fpscr, 0x14000);
    assert_d64(binary(XO_DMUL, "15E-300", "1E-99", &fpscr), "2E-398");
    assert_int_equal(fpscr, FPSCR_FX | FPSCR_UX | FPSCR_XX | FPSCR_FI | FPSCR_FR | 0x14000);
    fpscr = FPSCR_UE;
    assert_d64(binary(XO_DMUL, "5E-300", "3E-98", &fpscr), "15E178");
    assert_int_equal(fpscr, FPSCR_UE | FPSCR_FX | FPSCR_FEX | FPSCR_UX | 0x4000);
    /* Tiny before rounding, the least normal number after it. */
    fpscr = 0;
    assert_d64(binary(XO_DMUL, "9999999999999999E-300", "1E-99", &fpscr), "1000000000000000E-398");
    assert_int_equal(fpscr, FPSCR_FX | FPSCR_UX | FPSCR_XX | FPSCR_FI | FPSCR_FR | 0x4000);
}

static void test_enabled_exceptions_trap_when_msr_asks(void **state)
{
    (void)state;
    struct cpu cpu;
    for (unsigned fe = 0; fe < 2; fe++) {
        start(&cpu);
        cpu.msr |= fe ? MSR_FE1 : 0;
        cpu.fpscr = FPSCR_XE;
        set(&cpu, 2, "1");
        set(&cpu, 4, "3");
        assert_int_equal(step(&cpu, LONG(XO_DDIV) | RC), fe ? TRAP_PROGRAM : TRAP_NONE);
        assert_d64(fpr(&cpu, 6), "3333333333333333E-16");
        assert_int_equal(cpu.cr[1], 0xc);
    }
}

/* ---- comparison and tests ---- */

/* Word of a test into CR field 3: the operands stand in f2 and f4 as ever. */
#define TEST(word) (((word) & ~(31u << 21)) | 12 << 21)

static unsigned test_cc(uint32_t word, const char *a, const char *b, uint64_t *fpscr)
{
    struct cpu cpu;
    start(&cpu);
    cpu.fpscr = *fpscr;
    set(&cpu, 2, a);
    set(&cpu, 4, b);
    assert_int_equal(step(&cpu, TEST(word)), TRAP_NONE);
    *fpscr = fpscr_read(&cpu);
    assert_int_equal(*fpscr >> 12 & 15, cpu.cr[3]);
    return cpu.cr[3];
}

static void test_comparisons(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        unsigned cc;
    } cases[] = {
        {"1", "10E-1", CR_EQ},   {"-0", "0E300", CR_EQ},  {"1E-398", "0", CR_GT},
        {"-1", "1", CR_LT},      {"-2", "-10", CR_GT},    {"9", "10E0", CR_LT},
        {"inf", "9E369", CR_GT}, {"-inf", "inf", CR_LT},  {"-inf", "-inf", CR_EQ},
        {"-inf", "-1", CR_LT},   {"0", "-1E-398", CR_GT}, {"1E369", "1E-398", CR_GT},
        {"1", "11E-1", CR_LT},   {"12E-1", "1", CR_GT},   {"0", "1E-398", CR_LT},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t fpscr = 0x70000;
        assert_int_equal(test_cc(LONG(XO_DCMPU), cases[i].a, cases[i].b, &fpscr), cases[i].cc);
        assert_int_equal(fpscr & 0xffff0000, 0x70000); /* C, FI, FR stay */
        assert_int_equal(test_cc(LONG(XO_DCMPO), cases[i].a, cases[i].b, &fpscr), cases[i].cc);
    }
    uint64_t fpscr = 0;
    assert_int_equal(test_cc(LONG(XO_DCMPU), "nan", "1", &fpscr), CR_SO);
    assert_int_equal(fpscr & FPSCR_STICKY, 0);
    assert_int_equal(test_cc(LONG(XO_DCMPO), "1", "nan", &fpscr), CR_SO);
    assert_int_equal(fpscr & FPSCR_STICKY, FPSCR_VXVC);
    fpscr = 0;
    test_cc(LONG(XO_DCMPO), "1", "snan", &fpscr);
    assert_int_equal(fpscr & FPSCR_STICKY, FPSCR_VXSNAN | FPSCR_VXVC);
    fpscr = FPSCR_VE;
    test_cc(LONG(XO_DCMPO), "1", "snan", &fpscr);
    assert_int_equal(fpscr & FPSCR_STICKY, FPSCR_VXSNAN);
}

static void test_class_and_group(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        unsigned class, group; /* bits of the masks, 0 is the leftmost */
    } cases[] = {
        {"0", 0, 0},      {"0E369", 0, 1},
        {"0E-398", 0, 1}, {"1E-398", 1, 2},
        {"1E-397", 1, 2}, {"1000000000000000E-398", 2, 2},
        {"1E369", 2, 2},  {"1000000000000000E-397", 2, 4},
        {"1E-383", 2, 3}, {"999999999999999", 2, 3},
        {"inf", 3, 5},    {"nan", 4, 5},
        {"snan", 5, 5},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (unsigned bit = 0; bit < 6; bit++) {
            char minus[32];
            uint64_t fpscr = 0;
            snprintf(minus, sizeof(minus), "-%s", cases[i].a);
            uint32_t class = (LONG(XO_DTSTDC) & ~0xf800u) | SH(32 >> bit);
            uint32_t group = (LONG(XO_DTSTDG) & ~0xf800u) | SH(32 >> bit);
            unsigned match = bit == cases[i].class ? 2 : 0;
            assert_int_equal(test_cc(class, cases[i].a, "0", &fpscr), match);
            assert_int_equal(test_cc(class, minus, "0", &fpscr), 8 | match);
            match = bit == cases[i].group ? 2 : 0;
            assert_int_equal(test_cc(group, cases[i].a, "0", &fpscr), match);
            assert_int_equal(test_cc(group, minus, "0", &fpscr), 8 | match);
        }
    }
}

static void test_exponent_and_significance_tests(void **state)
{
    (void)state;
    uint64_t fpscr = 0;
    assert_int_equal(test_cc(LONG(XO_DTSTEX), "9E3", "-1E4", &fpscr), CR_LT);
    assert_int_equal(test_cc(LONG(XO_DTSTEX), "9E3", "0E-4", &fpscr), CR_GT);
    assert_int_equal(test_cc(LONG(XO_DTSTEX), "9E3", "123E3", &fpscr), CR_EQ);
    assert_int_equal(test_cc(LONG(XO_DTSTEX), "inf", "-inf", &fpscr), CR_EQ);
    assert_int_equal(test_cc(LONG(XO_DTSTEX), "nan", "-snan", &fpscr), CR_EQ);
    assert_int_equal(test_cc(LONG(XO_DTSTEX), "nan", "inf", &fpscr), CR_SO);
    assert_int_equal(test_cc(LONG(XO_DTSTEX), "1", "snan", &fpscr), CR_SO);
    static const struct {
        const char *b;
        unsigned k, cc;
    } cases[] = {
        {"123E5", 3, CR_EQ},
        {"123E5", 2, CR_LT},
        {"123E5", 4, CR_GT},
        {"123E5", 0, CR_GT},
        {"0", 0, CR_GT},
        {"0", 1, CR_GT},
        {"120", 3, CR_EQ},
        {"inf", 1, CR_SO},
        {"nan", 0, CR_SO},
        {"1", 63, CR_GT},
        {"-9999999999999999", 16, CR_EQ},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct cpu cpu;
        start(&cpu);
        VD(cpu.vsr[2], 0) = 0xffc0 | cases[i].k; /* only bits 58:63 count */
        set(&cpu, 4, cases[i].b);
        assert_int_equal(step(&cpu, TEST(LONG(XO_DTSTSF))), TRAP_NONE);
        assert_int_equal(cpu.cr[3], cases[i].cc);
        uint32_t immediate = (LONG(XO_DTSTSFI) & 0xfc00ffffu) | cases[i].k << 16 | 3 << 23;
        cpu.cr[3] = 0;
        assert_int_equal(step(&cpu, immediate), TRAP_NONE);
        assert_int_equal(cpu.cr[3], cases[i].cc);
    }
}

/* ---- quantum adjustment ---- */

static uint64_t unary(uint32_t word, const char *b, uint64_t *fpscr)
{
    struct cpu cpu;
    start(&cpu);
    cpu.fpscr = *fpscr;
    set(&cpu, 4, b);
    assert_int_equal(step(&cpu, word), TRAP_NONE);
    *fpscr = fpscr_read(&cpu);
    return fpr(&cpu, 6);
}

#define DQUAI(te, rmc) ((LONG(XO_DQUAI) & ~(31u << 16)) | ((te)&31u) << 16 | RMC(rmc))

static void test_dquai(void **state)
{
    (void)state;
    uint64_t fpscr = 0;
    assert_d64(unary(DQUAI(-2, 0), "12345E-3", &fpscr), "1234E-2"); /* nearest, ties to even */
    assert_int_equal(fpscr, FPSCR_FX | FPSCR_XX | FPSCR_FI | 0x4000);
    assert_d64(unary(DQUAI(-2, 2), "12345E-3", &fpscr), "1235E-2"); /* ties away */
    assert_d64(unary(DQUAI(-2, 1), "-12349E-3", &fpscr), "-1234E-2");
    fpscr = (uint64_t)DFP_UP << 32;
    assert_d64(unary(DQUAI(-2, 3), "12341E-3", &fpscr), "1235E-2"); /* DRN */
    fpscr = 0;
    assert_d64(unary(DQUAI(15, 0), "1", &fpscr), "0E15");
    assert_d64(unary(DQUAI(-16, 0), "0", &fpscr), "0E-16");
    assert_d64(unary(DQUAI(-15, 0), "1", &fpscr), "1000000000000000E-15");
    assert_int_equal(fpscr & FPSCR_VX, 0);
    assert_d64(unary(DQUAI(-16, 0), "1", &fpscr), "nan");
    assert_int_equal(fpscr & FPSCR_VXCVI, FPSCR_VXCVI);
}

static void test_dqua_takes_the_exponent_of_a(void **state)
{
    (void)state;
    uint64_t fpscr = 0;
    assert_d64(binary(XO_DQUA, "7E-2", "1", &fpscr), "100E-2");
    assert_d64(binary(XO_DQUA, "0E369", "1", &fpscr), "0E369");
    assert_d64(binary(XO_DQUA, "-inf", "inf", &fpscr), "inf");
}

static uint64_t reround(unsigned k, const char *b, uint64_t *fpscr)
{
    struct cpu cpu;
    start(&cpu);
    VD(cpu.vsr[2], 0) = k;
    set(&cpu, 4, b);
    assert_int_equal(step(&cpu, LONG(XO_DRRND)), TRAP_NONE);
    *fpscr = fpscr_read(&cpu);
    return fpr(&cpu, 6);
}

static void test_drrnd(void **state)
{
    (void)state;
    uint64_t fpscr;
    assert_d64(reround(3, "12345", &fpscr), "123E2");
    assert_int_equal(fpscr, FPSCR_FX | FPSCR_XX | FPSCR_FI | 0x4000);
    assert_d64(reround(2, "99999E-3", &fpscr), "10E1");
    assert_d64(reround(0, "99999E-3", &fpscr), "99999E-3");
    assert_d64(reround(63, "-99999E-3", &fpscr), "-99999E-3");
    assert_d64(reround(5, "0E7", &fpscr), "0E7");
    assert_d64(reround(1, "12E369", &fpscr), "nan");
    assert_int_equal(fpscr, FPSCR_FX | FPSCR_VX | FPSCR_VXCVI | 0x11000);
    assert_d64(reround(1, "95E368", &fpscr), "nan");
    assert_d64(reround(1, "-inf", &fpscr), "-inf");
    assert_d64(reround(1, "snan4", &fpscr), "nan4");
    assert_int_equal(fpscr & FPSCR_STICKY, FPSCR_VXSNAN);
}

#define DRINT(xo, r, rmc) ((LONG(xo) & ~(31u << 16)) | (uint32_t)(r) << 16 | RMC(rmc))

static void test_drint(void **state)
{
    (void)state;
    static const struct {
        unsigned r, rmc;
        const char *plus, *minus; /* of 25E-1 and its negative */
    } modes[] = {
        {0, 0, "2", "-2"}, {0, 1, "2", "-2"}, {0, 2, "3", "-3"}, {0, 3, "2", "-2"},
        {1, 0, "3", "-2"}, {1, 1, "2", "-3"}, {1, 2, "3", "-3"}, {1, 3, "2", "-2"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        uint64_t x = 0, n = 0;
        assert_d64(unary(DRINT(XO_DRINTX, modes[i].r, modes[i].rmc), "25E-1", &x), modes[i].plus);
        assert_int_equal(x & (FPSCR_XX | FPSCR_FI), FPSCR_XX | FPSCR_FI);
        assert_d64(unary(DRINT(XO_DRINTN, modes[i].r, modes[i].rmc), "-25E-1", &n), modes[i].minus);
        assert_int_equal(n, 0x8000);
    }
    uint64_t fpscr = 0;
    assert_d64(unary(DRINT(XO_DRINTX, 0, 0), "-0E-5", &fpscr), "-0");
    assert_d64(unary(DRINT(XO_DRINTX, 0, 0), "12E5", &fpscr), "12E5");
    assert_d64(unary(DRINT(XO_DRINTX, 1, 2), "1E-398", &fpscr), "1");
    assert_d64(unary(DRINT(XO_DRINTN, 0, 0), "-inf", &fpscr), "-inf");
    assert_d64(unary(DRINT(XO_DRINTN, 0, 0), "snan", &fpscr), "nan");
    assert_int_equal(fpscr & FPSCR_STICKY, FPSCR_XX | FPSCR_VXSNAN);
}

/* ---- conversion ---- */

static void test_short_format(void **state)
{
    (void)state;
    uint64_t fpscr = 0;
    uint32_t drsp = LONG(XO_DRSP) & ~(31u << 16);
    assert_int_equal(unary(drsp, "1", &fpscr), 0x22500001);
    assert_int_equal(unary(drsp, "snan5", &fpscr), 0x7e000005); /* without an exception */
    assert_int_equal(fpscr, 0x1000);
    assert_int_equal(unary(drsp, "-nan5123001", &fpscr), 0xfc028c01); /* 123001 */
    assert_int_equal(unary(drsp, "inf", &fpscr), 0x78000000);
    /* Wrapped results come in the source's format, rounded to seven digits. */
    fpscr = FPSCR_OE | FPSCR_UE;
    assert_d64(unary(drsp, "12345678E100", &fpscr), "1234568E-91");
    assert_int_equal(fpscr & FPSCR_STICKY, FPSCR_OX | FPSCR_XX);
    assert_d64(unary(drsp, "1E-200", &fpscr), "1E-8");
}

static void test_dctdp(void **state)
{
    (void)state;
    struct cpu cpu;
    static const struct {
        uint32_t image;
        const char *r;
        uint64_t fpscr;
    } cases[] = {{0x22500001, "1", 0x4000},          {0xa25003d0, "-750", 0x8000},
                 {0x77f3fcff, "9999999E90", 0x4000}, {0x00000001, "1E-101", 0x4000},
                 {0xf8000000, "-inf", 0x9000},       {0x7c000005, "nan5", 0x11000},
                 {0x7e000005, "snan5", 0x1000}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        start(&cpu);
        VD(cpu.vsr[4], 0) = 0xdeadbeefULL << 32 | cases[i].image;
        assert_int_equal(step(&cpu, LONG(XO_DCTDP) & ~(31u << 16)), TRAP_NONE);
        assert_d64(fpr(&cpu, 6), cases[i].r);
        assert_int_equal(fpscr_read(&cpu), cases[i].fpscr);
    }
}

static void test_extended_and_long(void **state)
{
    (void)state;
    struct cpu cpu;
    start(&cpu);
    set(&cpu, 4, "-750E-2");
    assert_int_equal(step(&cpu, EXTENDED(XO_DCTDP) & ~(31u << 16)), TRAP_NONE);
    assert_int_equal(fpr(&cpu, 6), 0xa207800000000000);
    assert_int_equal(fpr(&cpu, 7), 0x3d0);
    VD(cpu.vsr[4], 0) = fpr(&cpu, 6);
    VD(cpu.vsr[5], 0) = fpr(&cpu, 7);
    assert_int_equal(step(&cpu, EXTENDED(XO_DRSP) & ~(31u << 16)), TRAP_NONE);
    assert_d64(fpr(&cpu, 6), "-750E-2");
    assert_int_equal(fpr(&cpu, 7), 0);
    set(&cpu, 4, "snan7");
    assert_int_equal(step(&cpu, EXTENDED(XO_DCTDP) & ~(31u << 16)), TRAP_NONE);
    assert_int_equal(fpr(&cpu, 6), 0x7c00000000000000);
    assert_int_equal(fpr(&cpu, 7), 7);
    assert_int_equal(fpscr_read(&cpu), FPSCR_FX | FPSCR_VX | FPSCR_VXSNAN | 0x11000);
}

static void test_integers(void **state)
{
    (void)state;
    uint32_t dctfix = LONG(XO_DCTFIX) & ~(31u << 16), dcffix = LONG(XO_DCFFIX) & ~(31u << 16);
    uint64_t fpscr = 0x4000;
    assert_int_equal(unary(dctfix, "-25E-1", &fpscr), (uint64_t)-2);
    assert_int_equal(fpscr, FPSCR_FX | FPSCR_XX | FPSCR_FI | 0x4000);
    assert_int_equal(unary(dctfix, "9E18", &fpscr), 9000000000000000000);
    assert_int_equal(unary(dctfix, "1E19", &fpscr), INT64_MAX);
    assert_int_equal(fpscr & FPSCR_VXCVI, FPSCR_VXCVI);
    assert_int_equal(unary(dctfix, "-inf", &fpscr), (uint64_t)INT64_MIN);
    assert_int_equal(fpscr & FPSCR_VXSNAN, 0);
    assert_int_equal(unary(dctfix, "snan", &fpscr), (uint64_t)INT64_MIN);
    assert_int_equal(fpscr & FPSCR_VXSNAN, FPSCR_VXSNAN);
    struct cpu cpu;
    start(&cpu);
    VD(cpu.vsr[4], 0) = (uint64_t)INT64_MIN;
    assert_int_equal(step(&cpu, dcffix), TRAP_NONE);
    assert_d64(fpr(&cpu, 6), "-9223372036854776E3");
    assert_int_equal(step(&cpu, dcffix | 0x10000000), TRAP_NONE); /* dcffixq: exact */
    assert_int_equal(fpscr_read(&cpu) & (FPSCR_FI | FPSCR_FPRF), 0x8000);
}

/* ---- packed decimal, fields, shifts ---- */

static void test_ddedpd(void **state)
{
    (void)state;
    static const struct {
        unsigned sp;
        const char *b;
        uint64_t bcd;
    } cases[] = {
        {0, "-1234567890123456E5", 0x1234567890123456},
        {1, "9", 9},
        {2, "1234567890123456", 0x234567890123456c},
        {2, "-7", 0x7d},
        {3, "7", 0x7f},
        {3, "-7", 0x7d},
        {0, "inf", 0},
        {2, "-nan12", 0x12d},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t fpscr = 0x65000;
        uint32_t word = (LONG(XO_DDEDPD) & ~(31u << 16)) | cases[i].sp << 19;
        assert_int_equal(unary(word, cases[i].b, &fpscr), cases[i].bcd);
        assert_int_equal(fpscr, 0x65000);
    }
}

static void test_denbcd(void **state)
{
    (void)state;
    static const struct {
        unsigned s;
        uint64_t bcd;
        const char *r;
        uint64_t fpscr;
    } cases[] = {
        {0, 0x1234567890123456, "1234567890123456", 0x4000},
        {1, 0x123456789012345c, "123456789012345", 0x4000},
        {1, 0x0d, "-0", 0x12000},
        {1, 0x1b, "-1", 0x8000},
        {1, 0x1a, "1", 0x4000},
        {1, 0x1e, "1", 0x4000},
        {1, 0x1f, "1", 0x4000},
        {1, 0x11, "nan", FPSCR_FX | FPSCR_VX | FPSCR_VXCVI | 0x11000},
        {0, 0x1c, "nan", FPSCR_FX | FPSCR_VX | FPSCR_VXCVI | 0x11000},
        {1, 0xa00000000000000c, "nan", FPSCR_FX | FPSCR_VX | FPSCR_VXCVI | 0x11000},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct cpu cpu;
        start(&cpu);
        VD(cpu.vsr[4], 0) = cases[i].bcd;
        assert_int_equal(step(&cpu, (LONG(XO_DENBCD) & ~(31u << 16)) | cases[i].s << 20),
                         TRAP_NONE);
        assert_d64(fpr(&cpu, 6), cases[i].r);
        assert_int_equal(fpscr_read(&cpu), cases[i].fpscr);
    }
}

static void test_packed_extended(void **state)
{
    (void)state;
    struct cpu cpu;
    start(&cpu);
    VD(cpu.vsr[4], 0) = 0x1234567890123456;
    VD(cpu.vsr[5], 0) = 0x789012345678901d;
    assert_int_equal(step(&cpu, (EXTENDED(XO_DENBCD) & ~(31u << 16)) | 1 << 20), TRAP_NONE);
    assert_int_equal(fpscr_read(&cpu), 0x8000);
    VD(cpu.vsr[4], 0) = fpr(&cpu, 6);
    VD(cpu.vsr[5], 0) = fpr(&cpu, 7);
    assert_int_equal(step(&cpu, (EXTENDED(XO_DDEDPD) & ~(31u << 16)) | 2 << 19), TRAP_NONE);
    assert_int_equal(fpr(&cpu, 6), 0x1234567890123456);
    assert_int_equal(fpr(&cpu, 7), 0x789012345678901d);
    assert_int_equal(step(&cpu, EXTENDED(XO_DDEDPD) & ~(31u << 16)), TRAP_NONE);
    assert_int_equal(fpr(&cpu, 6), 0x0123456789012345);
    assert_int_equal(fpr(&cpu, 7), 0x6789012345678901);
}

static void test_exponents(void **state)
{
    (void)state;
    static const struct {
        const char *b;
        int64_t exponent;
    } cases[] = {{"0", 398},   {"1E-398", 0}, {"1E369", 767},
                 {"-inf", -1}, {"nan", -2},   {"snan", -3}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t fpscr = 0x65000;
        uint64_t e = unary(LONG(XO_DXEX) & ~(31u << 16), cases[i].b, &fpscr);
        assert_int_equal(e, (uint64_t)cases[i].exponent);
        assert_int_equal(fpscr, 0x65000);
    }
}

static void test_insert_exponent(void **state)
{
    (void)state;
    static const struct {
        int64_t e;
        const char *b, *r;
    } cases[] = {
        {398, "-12E5", "-12"},
        {0, "12", "12E-398"},
        {767, "12", "12E369"},
        {768, "12", "nan12"},
        {-1, "12", "inf12"},
        {-2, "-12", "-nan12"},
        {-3, "12", "snan12"},
        {-4, "12", "nan12"},
        {398, "nan12", "12"},
        {398, "-inf", "-0"},
        {-2, "9000000000000012", "nan12"},
        {INT64_MIN, "1", "nan1"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct cpu cpu;
        start(&cpu);
        VD(cpu.vsr[2], 0) = (uint64_t)cases[i].e;
        set(&cpu, 4, cases[i].b);
        assert_int_equal(step(&cpu, LONG(XO_DIEX)), TRAP_NONE);
        assert_d64(fpr(&cpu, 6), cases[i].r);
        assert_int_equal(fpscr_read(&cpu), 0);
    }
}

static uint64_t shift(unsigned xo, const char *a, unsigned sh)
{
    struct cpu cpu;
    start(&cpu);
    set(&cpu, 2, a);
    assert_int_equal(step(&cpu, (LONG(xo) & ~0xf800u) | SH(sh)), TRAP_NONE);
    return fpr(&cpu, 6);
}

static void test_shifts(void **state)
{
    (void)state;
    assert_d64(shift(XO_DSCLI, "-12E5", 3), "-12000E5");
    assert_d64(shift(XO_DSCLI, "1234567890123456E5", 1), "2345678901234560E5");
    assert_d64(shift(XO_DSCLI, "1234567890123456E5", 15), "6000000000000000E5");
    assert_d64(shift(XO_DSCLI, "1234567890123456E5", 16), "0E5");
    assert_d64(shift(XO_DSCLI, "1234567890123456E5", 63), "0E5");
    assert_d64(shift(XO_DSCLI, "nan123456789012345", 1), "nan234567890123450");
    assert_d64(shift(XO_DSCLI, "-snan1", 15), "-snan");
    assert_d64(shift(XO_DSCRI, "-1234567890123456E5", 3), "-1234567890123E5");
    assert_d64(shift(XO_DSCRI, "1234567890123456E5", 15), "1E5");
    assert_d64(shift(XO_DSCRI, "1234567890123456E5", 16), "0E5");
    assert_d64(shift(XO_DSCRI, "inf123", 1), "inf12");
}

/* ---- forms ---- */

static void test_odd_pairs_are_invalid(void **state)
{
    (void)state;
    static const uint32_t words[] = {
        EXTENDED(XO_DADD),   EXTENDED(XO_DSUB),   EXTENDED(XO_DMUL),   EXTENDED(XO_DDIV),
        EXTENDED(XO_DQUA),   EXTENDED(XO_DSCLI),  EXTENDED(XO_DIEX),   EXTENDED(XO_DRRND),
        EXTENDED(XO_DDEDPD), EXTENDED(XO_DENBCD), EXTENDED(XO_DRSP),   EXTENDED(XO_DCTFIX),
        EXTENDED(XO_DXEX),   EXTENDED(XO_DCMPU),  EXTENDED(XO_DTSTSF),
    };
    /* Which of T, A and B are pairs. */
    static const uint8_t pairs[] = {7, 7, 7, 7, 7, 6, 5, 5, 5, 5, 5, 1, 1, 3, 1};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        for (unsigned field = 0; field < 3; field++) {
            struct cpu cpu, before;
            start(&cpu);
            before = cpu;
            bool invalid = pairs[i] >> (2 - field) & 1;
            trap_t trap = step(&cpu, words[i] | 1u << (21 - 5 * field));
            assert_int_equal(trap, invalid ? cpu_illegal(&cpu, 0) : TRAP_NONE);
            if (invalid) {
                assert_memory_equal(cpu.vsr, before.vsr, sizeof(cpu.vsr));
                assert_int_equal(cpu.fpscr, before.fpscr);
            }
        }
    }
}

static void test_every_row_has_a_handler(void **state)
{
    (void)state;
    unsigned rows = 0;
    for (unsigned i = 0; i < INSN_COUNT; i++) {
        if (insn_table[i].fac != FAC_DFP)
            continue;
        struct cpu cpu;
        struct insn in;
        start(&cpu);
        insn_decode(&in, insn_table[i].match | 4 << 11);
        assert_int_equal(in.id, i);
        assert_int_equal(insn_table[i].handler(&cpu, &in), TRAP_NONE);
        rows++;
    }
    assert_int_equal(rows, 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_images),
        cmocka_unit_test(test_every_declet),
        cmocka_unit_test(test_formats_survive_a_round_trip),
        cmocka_unit_test(test_digits),
        cmocka_unit_test(test_recorded_results),
        cmocka_unit_test(test_nan_priority),
        cmocka_unit_test(test_invalid_operations),
        cmocka_unit_test(test_division_by_zero),
        cmocka_unit_test(test_ideal_exponents),
        cmocka_unit_test(test_zero_sums),
        cmocka_unit_test(test_rounding_modes),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_underflow),
        cmocka_unit_test(test_enabled_exceptions_trap_when_msr_asks),
        cmocka_unit_test(test_comparisons),
        cmocka_unit_test(test_class_and_group),
        cmocka_unit_test(test_exponent_and_significance_tests),
        cmocka_unit_test(test_dquai),
        cmocka_unit_test(test_dqua_takes_the_exponent_of_a),
        cmocka_unit_test(test_drrnd),
        cmocka_unit_test(test_drint),
        cmocka_unit_test(test_short_format),
        cmocka_unit_test(test_dctdp),
        cmocka_unit_test(test_extended_and_long),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_ddedpd),
        cmocka_unit_test(test_denbcd),
        cmocka_unit_test(test_packed_extended),
        cmocka_unit_test(test_exponents),
        cmocka_unit_test(test_insert_exponent),
        cmocka_unit_test(test_shifts),
        cmocka_unit_test(test_odd_pairs_are_invalid),
        cmocka_unit_test(test_every_row_has_a_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
