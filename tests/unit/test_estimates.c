// SPDX-License-Identifier: Apache-2.0
/*
 * Estimates against the error that the ISA allows; the oracle of tests/conformance makes others, so
 * their values are compared nowhere else. Which bits within the bound a POWER9 gives is not known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cpu/fpu.h"

#define CASES 20000

enum what { RECIPROCAL, RECIPROCAL_ROOT, POWER_OF_2, LOGARITHM };
enum where { FPR, FPR_SINGLE, LANES_DOUBLE, LANES_SINGLE };

/* Relative errors; vlogefp: absolute (Book I 4.6.6.1, 6.8.4, 7.6). */
static const struct estimate {
    const char *name;
    uint32_t word; /* T=4, B=5: FPRs, VSRs or VRs */
    enum what what;
    enum where where;
    double bound;
} estimates[] = {
    {"fre", 0xfc802830, RECIPROCAL, FPR, 0x1p-8},
    {"fres", 0xec802830, RECIPROCAL, FPR_SINGLE, 0x1p-8},
    {"frsqrte", 0xfc802834, RECIPROCAL_ROOT, FPR, 0x1p-5},
    {"frsqrtes", 0xec802834, RECIPROCAL_ROOT, FPR_SINGLE, 0x1p-5},
    {"xsredp", 0xf0802968, RECIPROCAL, FPR, 0x1p-14},
    {"xsresp", 0xf0802868, RECIPROCAL, FPR_SINGLE, 0x1p-14},
    {"xsrsqrtedp", 0xf0802928, RECIPROCAL_ROOT, FPR, 0x1p-14},
    {"xsrsqrtesp", 0xf0802828, RECIPROCAL_ROOT, FPR_SINGLE, 0x1p-14},
    {"xvredp", 0xf0802b68, RECIPROCAL, LANES_DOUBLE, 0x1p-14},
    {"xvrsqrtedp", 0xf0802b28, RECIPROCAL_ROOT, LANES_DOUBLE, 0x1p-14},
    {"xvresp", 0xf0802a68, RECIPROCAL, LANES_SINGLE, 0x1p-14},
    {"xvrsqrtesp", 0xf0802a28, RECIPROCAL_ROOT, LANES_SINGLE, 0x1p-14},
    {"vrefp", 0x1080290a, RECIPROCAL, LANES_SINGLE, 0x1p-12},
    {"vrsqrtefp", 0x1080294a, RECIPROCAL_ROOT, LANES_SINGLE, 0x1p-12},
    {"vexptefp", 0x1080298a, POWER_OF_2, LANES_SINGLE, 0x1p-4},
    {"vlogefp", 0x108029ca, LOGARITHM, LANES_SINGLE, 0x1p-5},
};

static long double exact(enum what what, long double x)
{
    switch (what) {
    case RECIPROCAL:
        return 1 / x;
    case RECIPROCAL_ROOT:
        return 1 / __builtin_sqrtl(x);
    case POWER_OF_2:
        return __builtin_exp2l(x);
    case LOGARITHM:
        return __builtin_log2l(x);
    }
    return 0;
}

static double double_of(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof(d));
    return d;
}

static double single_of(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof(f));
    return f;
}

/* A number whose estimate is neither out of range nor denormal, as bits of the operand's format. */
static uint64_t random_operand(const struct estimate *e)
{
    bool single = e->where == LANES_SINGLE;
    double v = 1 + drand48();
    int range = e->where == LANES_DOUBLE || e->where == FPR ? 1000 : 120;
    v = __builtin_ldexp(v, e->what == POWER_OF_2 ? (int)(drand48() * 9) - 4
                                                 : (int)(drand48() * 2 * range) - range);
    if ((e->what == RECIPROCAL || e->what == POWER_OF_2) && drand48() < 0.5)
        v = -v;
    if (e->where != FPR && e->where != LANES_DOUBLE)
        v = (float)v;
    float f = (float)v;
    uint64_t bits = 0;
    if (single)
        memcpy(&bits, &f, sizeof(f));
    else
        memcpy(&bits, &v, sizeof(v));
    return bits;
}

static void check_value(const struct estimate *e, double x, double got)
{
    long double want = exact(e->what, x), error = __builtin_fabsl(got - want);
    if (e->what != LOGARITHM)
        error /= __builtin_fabsl(want);
    if (!(error <= e->bound))
        fail_msg("%s of %a: %a, exactly %La: error %Lg", e->name, x, got, want, error);
}

static void check_case(const struct estimate *e)
{
    static struct cpu cpu;
    struct insn in;
    uint64_t bits[4];
    bool single = e->where == LANES_SINGLE, vr = e->word >> 26 == 4;
    unsigned lanes = single ? 4 : e->where == LANES_DOUBLE ? 2 : 1;
    union vsr *t = &cpu.vsr[vr ? 36 : 4], *b = &cpu.vsr[vr ? 37 : 5];

    memset(&cpu, 0, sizeof(cpu));
    cpu.msr = MSR_SF | MSR_FP | MSR_VEC | MSR_VSX;
    for (unsigned i = 0; i < lanes; i++) {
        bits[i] = random_operand(e);
        if (single)
            VW(*b, i) = (uint32_t)bits[i];
        else
            VD(*b, i) = bits[i];
    }
    insn_decode(&in, e->word);
    assert_string_equal(insn_table[in.id].mnemonic, e->name);
    assert_int_equal(insn_table[in.id].handler(&cpu, &in), TRAP_NONE);
    for (unsigned i = 0; i < lanes; i++)
        check_value(e, single ? single_of((uint32_t)bits[i]) : double_of(bits[i]),
                    single ? single_of(VW(*t, i)) : double_of(VD(*t, i)));
}

static void test_error_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(estimates); i++)
        for (unsigned k = 0; k < CASES; k++)
            check_case(&estimates[i]);
}

/* ---- operands that have an exact result, or none ---- */

/* In single; doubles are made of it. A NaN comes out quiet. */
#define F_ONE  0x3f800000u
#define F_INF  0x7f800000u
#define F_QNAN 0x7fc00000u
#define MINUS  0x80000000u

static const struct special {
    enum what what;
    uint32_t x, want;
    uint64_t flags; /* not in VMX */
} specials[] = {
    {RECIPROCAL, 0, F_INF, FPSCR_ZX},
    {RECIPROCAL, MINUS, MINUS | F_INF, FPSCR_ZX},
    {RECIPROCAL, F_INF, 0, 0},
    {RECIPROCAL, MINUS | F_INF, MINUS, 0},
    {RECIPROCAL, 0xffc12000, 0xffc12000, 0},
    {RECIPROCAL, 0x7f812000, 0x7fc12000, FPSCR_VXSNAN},
    {RECIPROCAL_ROOT, 0, F_INF, FPSCR_ZX},
    {RECIPROCAL_ROOT, MINUS, MINUS | F_INF, FPSCR_ZX},
    {RECIPROCAL_ROOT, F_INF, 0, 0},
    {RECIPROCAL_ROOT, MINUS | F_INF, F_QNAN, FPSCR_VXSQRT},
    {RECIPROCAL_ROOT, MINUS | F_ONE, F_QNAN, FPSCR_VXSQRT},
    {RECIPROCAL_ROOT, 0xffc12000, 0xffc12000, 0},
    {RECIPROCAL_ROOT, 0xff812000, 0xffc12000, FPSCR_VXSNAN},
    {POWER_OF_2, 0, F_ONE, 0},
    {POWER_OF_2, MINUS, F_ONE, 0},
    {POWER_OF_2, F_INF, F_INF, 0},
    {POWER_OF_2, MINUS | F_INF, 0, 0},
    {POWER_OF_2, 0x7f812000, 0x7fc12000, 0},
    {POWER_OF_2, 0x42fe0000, 0x7f000000, 0},         /* 127 */
    {POWER_OF_2, MINUS | 0x42fc0000, 0x00800000, 0}, /* -126 */
    {LOGARITHM, 0, MINUS | F_INF, 0},
    {LOGARITHM, MINUS, MINUS | F_INF, 0},
    {LOGARITHM, F_ONE, 0, 0},
    {LOGARITHM, MINUS | F_ONE, F_QNAN, 0},
    {LOGARITHM, MINUS | F_INF, F_QNAN, 0},
    {LOGARITHM, F_INF, F_INF, 0},
    {LOGARITHM, 0x7f812000, 0x7fc12000, 0},
};

static void check_special(const struct estimate *e, const struct special *s, uint64_t enables)
{
    static struct cpu cpu;
    struct insn in;
    const bool single = e->where == LANES_SINGLE, vmx = e->word >> 26 == 4;
    const uint64_t old = 0x123456789abcdef0;
    union vsr *t = &cpu.vsr[vmx ? 36 : 4], *b = &cpu.vsr[vmx ? 37 : 5];

    memset(&cpu, 0, sizeof(cpu));
    cpu.msr = MSR_SF | MSR_FP | MSR_VEC | MSR_VSX;
    fpscr_write(&cpu, enables, ~0ULL);
    VD(*b, 0) = VD(*b, 1) = single ? s->x * 0x100000001ULL : f32_to_f64_bits(s->x);
    VD(*t, 0) = VD(*t, 1) = old;
    insn_decode(&in, e->word);
    assert_int_equal(insn_table[in.id].handler(&cpu, &in), TRAP_NONE);
    const uint64_t flags = vmx ? 0 : s->flags;
    const bool kept =
        (flags & FPSCR_VX_ANY && enables & FPSCR_VE) || (flags & FPSCR_ZX && enables & FPSCR_ZE);
    const uint64_t want = kept ? old : single ? s->want * 0x100000001ULL : f32_to_f64_bits(s->want);
    if (VD(*t, 0) != want || (fpscr_read(&cpu) & FPSCR_STICKY) != flags)
        fail_msg("%s of %08x: %016llx, FPSCR %08llx", e->name, s->x, (unsigned long long)VD(*t, 0),
                 (unsigned long long)fpscr_read(&cpu));
}

static void test_special_operands(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(estimates); i++)
        for (size_t k = 0; k < ARRAY_SIZE(specials); k++)
            if (specials[k].what == estimates[i].what) {
                check_special(&estimates[i], &specials[k], 0);
                check_special(&estimates[i], &specials[k], FPSCR_VE);
                check_special(&estimates[i], &specials[k], FPSCR_ZE);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_error_bounds),
                                       cmocka_unit_test(test_special_operands)};
    return cmocka_run_group_tests_name("estimates", tests, NULL, NULL);
}
