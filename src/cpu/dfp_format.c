// SPDX-License-Identifier: Apache-2.0
/*
 * Decimal formats: DPD, the combination field, classes, packed decimal.
 * Facts: Power ISA v3.0B Book I, "Decimal Floating-Point" ("DFP Data Formats", "DPD Encoding").
 */
#include "dfp.h"

const struct dfp_format dfp_short = {7, -101, 90, 2, 6, 0, 0};
const struct dfp_format dfp_long = {16, -398, 369, 5, 8, 576, 192};
const struct dfp_format dfp_extended = {34, -6176, 6111, 11, 12, 9216, 3072};

/* ---- powers of ten ---- */

/* clang-format off */
#define E10 10000000000ULL
#define NINE(u) (u), (u) * 10, (u) * 100, (u) * 1000, (u) * 10000, (u) * 100000, (u) * 1000000,    \
                (u) * 10000000, (u) * 100000000
const u128 dfp_pow10[39] = {
    NINE((u128)1), (u128)1000000000, NINE((u128)E10), (u128)E10 * 1000000000,
    NINE((u128)E10 * E10), (u128)E10 * E10 * 1000000000, NINE((u128)E10 * E10 * E10),
};
/* clang-format on */

/* ---- densely packed decimal ---- */

/*
 * A declet p q r s t u v w x y holds three digits. v=0: pqr stu wxy, each 0..7. Otherwise wx (and
 * st when both are one) say which digits are 8 or 9; of those only the lowest bit is kept, in its
 * usual place, and the freed places hold the upper bits of the small digits further right.
 */
/* clang-format off */
#define BITS3(d, n)  ((d) >> (n) & 7)
#define LARGE(d, n)  (8 + ((d) >> (n) & 1))
#define MIX(d, n, m) (((d) >> (n) & 6) + ((d) >> (m) & 1)) /* upper bits there, lowest bit here */
#define N3(a, b, c)  ((a) * 100 + (b) * 10 + (c))
#define DECLET(d)                                                                                  \
    (!((d) & 8)         ? N3(BITS3(d, 7), BITS3(d, 4), BITS3(d, 0))                                \
     : ((d) & 6) == 0   ? N3(BITS3(d, 7), BITS3(d, 4), LARGE(d, 0))                                \
     : ((d) & 6) == 2   ? N3(BITS3(d, 7), LARGE(d, 4), MIX(d, 4, 0))                               \
     : ((d) & 6) == 4   ? N3(LARGE(d, 7), BITS3(d, 4), MIX(d, 7, 0))                               \
     : ((d) & 96) == 0  ? N3(LARGE(d, 7), LARGE(d, 4), MIX(d, 7, 0))                               \
     : ((d) & 96) == 32 ? N3(LARGE(d, 7), MIX(d, 7, 4), LARGE(d, 0))                               \
     : ((d) & 96) == 64 ? N3(BITS3(d, 7), LARGE(d, 4), LARGE(d, 0))                                \
                        : N3(LARGE(d, 7), LARGE(d, 4), LARGE(d, 0)))
/* clang-format on */
#define DECLET4(d)   DECLET(d), DECLET(d + 1), DECLET(d + 2), DECLET(d + 3)
#define DECLET16(d)  DECLET4(d), DECLET4(d + 4), DECLET4(d + 8), DECLET4(d + 12)
#define DECLET64(d)  DECLET16(d), DECLET16(d + 16), DECLET16(d + 32), DECLET16(d + 48)
#define DECLET256(d) DECLET64(d), DECLET64(d + 64), DECLET64(d + 128), DECLET64(d + 192)

static const uint16_t declet_value[1024] = {DECLET256(0), DECLET256(256), DECLET256(512),
                                            DECLET256(768)};

static uint32_t declet_of(unsigned n)
{
    unsigned a = n / 100, b = n / 10 % 10, c = n % 10;
    unsigned low = (a & 1) << 7 | (b & 1) << 4 | (c & 1); /* lowest bits, in their places */
    unsigned a_up = (a & 6) << 7, b_up = (b & 6) << 4;

    switch ((a > 7) << 2 | (b > 7) << 1 | (c > 7)) {
    case 0:
        return low | a_up | b_up | (c & 6);
    case 1:
        return low | a_up | b_up | 8;
    case 2:
        return low | a_up | (c & 6) << 4 | 10;
    case 3:
        return low | a_up | 64 | 14;
    case 4:
        return low | (c & 6) << 7 | b_up | 12;
    case 5:
        return low | (b & 6) << 7 | 32 | 14;
    case 6:
        return low | (c & 6) << 7 | 14;
    }
    return low | 96 | 14;
}

static uint64_t value_of_declets(uint64_t t, unsigned n)
{
    uint64_t c = 0;
    while (n--)
        c = c * 1000 + declet_value[t >> (10 * n) & 0x3ff];
    return c;
}

static uint64_t declets_of_value(uint64_t c, unsigned n)
{
    uint64_t t = 0;
    for (unsigned i = 0; i < n; i++, c /= 1000)
        t |= (uint64_t)declet_of(c % 1000) << (10 * i);
    return t;
}

/* ---- images ---- */

/*
 *   S | combination (5) | exponent continuation | declets
 * Combination: ee ddd, the exponent's two leftmost bits and a leftmost digit 0..7; 11 ee d: digit
 * 8 or 9; 11110 infinity; 11111 NaN, signalling when the next bit is one.
 * Five declets fit 64-bit arithmetic; the six more of the extended format are done apart.
 */
#define LOW_DECLETS 5

static u128 trailing_value(const struct dfp_format *f, u128 image)
{
    if (f->declets <= LOW_DECLETS)
        return value_of_declets((uint64_t)image, f->declets);
    uint64_t high = value_of_declets((uint64_t)(image >> 50), f->declets - LOW_DECLETS);
    return high * dfp_pow10[15] + value_of_declets((uint64_t)image, LOW_DECLETS);
}

/* Also gives what is left of the declets: the leftmost digit. */
static u128 trailing_image(const struct dfp_format *f, u128 c, unsigned *leftmost)
{
    if (f->declets <= LOW_DECLETS) {
        uint64_t unit = (uint64_t)dfp_pow10[3 * f->declets];
        *leftmost = (unsigned)((uint64_t)c / unit);
        return declets_of_value((uint64_t)c % unit, f->declets);
    }
    uint64_t high = (uint64_t)(c / dfp_pow10[15]), low = (uint64_t)(c % dfp_pow10[15]);
    uint64_t unit = (uint64_t)dfp_pow10[18];
    *leftmost = (unsigned)(high / unit);
    return (u128)declets_of_value(high % unit, f->declets - LOW_DECLETS) << 50 |
           declets_of_value(low, LOW_DECLETS);
}

struct dfp dfp_decode(const struct dfp_format *f, u128 image)
{
    unsigned t_bits = 10 * f->declets;
    unsigned g = (unsigned)(image >> t_bits) & ((1u << (f->exp_bits + 5)) - 1);
    unsigned comb = g >> f->exp_bits, leftmost = comb & 7, exp_high = comb >> 3;
    struct dfp v = {.cls = DFP_FINITE,
                    .sign = image >> (t_bits + f->exp_bits + 5) & 1,
                    .c = trailing_value(f, image)};

    if (comb >= 30) {
        bool signals = g >> (f->exp_bits - 1) & 1;
        v.cls = comb == 30 ? DFP_INFINITY : signals ? DFP_SNAN : DFP_QNAN;
        return v;
    }
    if (exp_high == 3) {
        leftmost = 8 | (comb & 1);
        exp_high = comb >> 1 & 3;
    }
    v.exp = (int)(exp_high << f->exp_bits | (g & ((1u << f->exp_bits) - 1))) + f->emin;
    v.c += leftmost * dfp_pow10[f->digits - 1];
    return v;
}

u128 dfp_encode(const struct dfp_format *f, struct dfp v)
{
    unsigned leftmost, g, cont = f->exp_bits;
    u128 t = trailing_image(f, v.c, &leftmost);

    if (v.cls == DFP_FINITE) {
        unsigned e = (unsigned)(v.exp - f->emin), high = e >> cont;
        unsigned comb = leftmost < 8 ? high << 3 | leftmost : 24 | high << 1 | (leftmost & 1);
        g = comb << cont | (e & ((1u << cont) - 1));
    } else {
        g = v.cls == DFP_INFINITY ? 30u << cont : 31u << cont;
        g |= v.cls == DFP_SNAN ? 1u << (cont - 1) : 0;
    }
    return (u128)v.sign << (10 * f->declets + cont + 5) | (u128)g << (10 * f->declets) | t;
}

/* ---- classes ---- */

unsigned dfp_digits(u128 c)
{
    if (!c)
        return 0;
    unsigned top = c >> 64 ? 127 - (unsigned)__builtin_clzll((uint64_t)(c >> 64))
                           : 63 - (unsigned)__builtin_clzll((uint64_t)c);
    unsigned n = top * 1233 >> 12; /* log10(2) = 1233/4096, at most one too small */
    while (n < ARRAY_SIZE(dfp_pow10) && c >= dfp_pow10[n])
        n++;
    return n;
}

bool dfp_is_subnormal(const struct dfp_format *f, struct dfp v)
{
    return v.cls == DFP_FINITE && v.c && v.exp + (int)dfp_digits(v.c) < f->emin + (int)f->digits;
}

unsigned dfp_fprf(const struct dfp_format *f, struct dfp v)
{
    switch (v.cls) {
    case DFP_QNAN:
        return 0x11;
    case DFP_SNAN:
        return 0x01;
    case DFP_INFINITY:
        return v.sign ? 0x09 : 0x05;
    case DFP_FINITE:
        break;
    }
    if (!v.c)
        return v.sign ? 0x12 : 0x02;
    if (dfp_is_subnormal(f, v))
        return v.sign ? 0x18 : 0x14;
    return v.sign ? 0x08 : 0x04;
}

/* ---- packed decimal ---- */

static uint64_t bcd16(uint64_t c)
{
    uint64_t bcd = 0;
    for (unsigned n = 0; n < 64; n += 4, c /= 10)
        bcd |= (c % 10) << n;
    return bcd;
}

u128 dfp_to_bcd(u128 c, unsigned n)
{
    c %= dfp_pow10[n];
    uint64_t unit = (uint64_t)dfp_pow10[16];
    return (u128)bcd16((uint64_t)(c / unit)) << 64 | bcd16((uint64_t)(c % unit));
}

bool dfp_from_bcd(u128 bcd, u128 *c)
{
    u128 v = 0;
    for (int n = 124; n >= 0; n -= 4) {
        unsigned digit = (unsigned)(bcd >> n) & 15;
        if (digit > 9)
            return false;
        v = v * 10 + digit;
    }
    *c = v;
    return true;
}
