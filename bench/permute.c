// SPDX-License-Identifier: Apache-2.0
/* Loops that gcc -O3 turns into permutes, merges and byte swaps. */
#include <string.h>
#ifdef __ALTIVEC__
#include <altivec.h>
#endif

#include "bench.h"

#define COUNT 8192

static void fill(void *to, size_t bytes, uint64_t seed)
{
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        uint64_t word = bench_random(&seed);
        memcpy((uint8_t *)to + i, &word, 8);
    }
}

/* ---- reverse: arrays of bytes, halfwords and words back to front ---- */
#define REVERSE(name, type)                                                                        \
    BENCH_ALONE static void name(type *restrict to, const type *restrict from, size_t n)           \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            to[i] = from[n - 1 - i];                                                               \
        }                                                                                          \
    }
REVERSE(reverse_bytes, uint8_t)
REVERSE(reverse_halves, uint16_t)
REVERSE(reverse_words, uint32_t)

uint64_t bench_reverse(unsigned work)
{
    static uint32_t a[COUNT / 4], b[COUNT / 4];
    uint64_t sum = 0;
    fill(a, sizeof(a), 60);
    for (unsigned round = 0; round < work * 4; round++) {
        reverse_bytes((uint8_t *)b, (const uint8_t *)a, COUNT);
        reverse_words(a, b, COUNT / 4);
        reverse_halves((uint16_t *)b, (const uint16_t *)a, COUNT / 2);
        reverse_words(a, b, COUNT / 4);
        sum = bench_mix(sum, a[round % (COUNT / 4)]);
        a[round % (COUNT / 4)] += round;
    }
    return sum;
}

/* ---- planes: pairs taken apart and put together ---- */
BENCH_ALONE static void take_apart(uint8_t *restrict even, uint8_t *restrict odd,
                                   const uint8_t *restrict from)
{
    for (size_t i = 0; i < COUNT / 2; i++) {
        even[i] = from[2 * i];
        odd[i] = from[2 * i + 1];
    }
}

BENCH_ALONE static void put_together(uint16_t *restrict to, const uint16_t *restrict a,
                                     const uint16_t *restrict b)
{
    for (size_t i = 0; i < COUNT / 4; i++) {
        to[2 * i] = a[i];
        to[2 * i + 1] = (uint16_t)(b[i] ^ 0x1234);
    }
}

uint64_t bench_planes(unsigned work)
{
    static uint16_t image[COUNT / 2], even[COUNT / 4], odd[COUNT / 4];
    uint64_t sum = 0;
    fill(image, sizeof(image), 61);
    for (unsigned round = 0; round < work * 4; round++) {
        take_apart((uint8_t *)even, (uint8_t *)odd, (const uint8_t *)image);
        put_together(image, even, odd);
        sum = bench_mix(sum, image[round % (COUNT / 2)]);
        image[round % (COUNT / 2)] += (uint16_t)round;
    }
    return sum;
}

/* ---- tiles: blocks of 8 x 8 halfwords and 4 x 4 words turned ---- */
BENCH_ALONE static void turn_halves(uint16_t (*restrict to)[8], const uint16_t (*restrict from)[8])
{
    for (size_t i = 0; i < 8; i++) {
        for (size_t k = 0; k < 8; k++) {
            to[i][k] = from[k][i];
        }
    }
}

BENCH_ALONE static void turn_words(uint32_t (*restrict to)[4], const uint32_t (*restrict from)[4])
{
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            to[i][k] = from[k][i];
        }
    }
}

uint64_t bench_tiles(unsigned work)
{
    static uint16_t a[64][8][8], b[64][8][8];
    static uint32_t c[64][4][4], d[64][4][4];
    uint64_t sum = 0;
    fill(a, sizeof(a), 62);
    fill(c, sizeof(c), 63);
    for (unsigned round = 0; round < work; round++) {
        for (size_t i = 0; i < 64; i++) {
            turn_halves(b[i], (const uint16_t(*)[8])a[i]);
            turn_words(d[i], (const uint32_t(*)[4])c[i]);
        }
        memcpy(a, b, sizeof(a));
        memcpy(c, d, sizeof(c));
        sum = bench_mix(sum, a[round % 64][1][2] + c[round % 64][3][1]);
        a[round % 64][2][5] ^= (uint16_t)round;
        c[round % 64][0][3] += round;
    }
    return sum;
}

/* ---- swap: the other byte order ---- */
BENCH_ALONE static void swap_words(uint32_t *restrict to, const uint32_t *restrict from)
{
    for (size_t i = 0; i < COUNT / 4; i++) {
        to[i] = __builtin_bswap32(from[i]);
    }
}

BENCH_ALONE static void swap_doublewords(uint64_t *restrict to, const uint64_t *restrict from)
{
    for (size_t i = 0; i < COUNT / 8; i++) {
        to[i] = __builtin_bswap64(from[i]) + 1;
    }
}

uint64_t bench_swap(unsigned work)
{
    static union {
        uint32_t w[COUNT / 4];
        uint64_t d[COUNT / 8];
    } a, b;
    uint64_t sum = 0;
    fill(a.d, sizeof(a), 64);
    for (unsigned round = 0; round < work * 8; round++) {
        swap_words(b.w, a.w);
        for (size_t i = 0; i < COUNT / 8;
             i++) { /* the order of words in a doubleword is the host's */
            b.d[i] ^= 0x0102030405060708ULL;
        }
        swap_doublewords(a.d, b.d);
        sum = bench_mix(sum, a.d[round % (COUNT / 8)]);
    }
    return sum;
}

/* ---- lookup: sixteen table lookups at once, for hexadecimal digits and a count of bits ---- */
BENCH_ALONE static void look_up(uint8_t *restrict to, const uint8_t *restrict from,
                                const uint8_t *restrict table)
{
#ifdef __ALTIVEC__
    vector unsigned char t = vec_xl(0, table), mask = vec_splats((unsigned char)15);
    for (size_t i = 0; i < COUNT; i += 16) {
        vector unsigned char low = vec_and(vec_xl((long)i, from), mask);
        vec_xst(vec_perm(t, t, low), (long)i, to);
    }
#else
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = table[from[i] & 15];
    }
#endif
}

BENCH_ALONE static void high_halves(uint8_t *restrict to, const uint8_t *restrict from)
{
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = from[i] >> 4;
    }
}

BENCH_ALONE static unsigned total_of(const uint8_t *from)
{
    unsigned total = 0;
    for (size_t i = 0; i < COUNT; i++) {
        total += from[i];
    }
    return total;
}

uint64_t bench_lookup(unsigned work)
{
    static const uint8_t digits[16] = "0123456789abcdef";
    static uint8_t ones[16], data[COUNT], high[COUNT], out[COUNT];
    uint64_t sum = 0;
    for (unsigned i = 0; i < 16; i++) {
        ones[i] = (uint8_t)__builtin_popcount(i);
    }
    fill(data, sizeof(data), 65);
    for (unsigned round = 0; round < work * 2; round++) {
        high_halves(high, data);
        look_up(out, data, ones);
        sum += total_of(out);
        look_up(out, high, ones);
        sum += total_of(out);
        look_up(out, high, digits);
        sum = bench_mix(sum, out[round % COUNT]);
        data[round % COUNT] = (uint8_t)sum;
    }
    return sum;
}
