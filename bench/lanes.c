// SPDX-License-Identifier: Apache-2.0
/* Vectors of integers: differences, products, wider lanes, shifts and bits. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define COUNT 8192

static void fill(void *to, size_t bytes, uint64_t seed)
{
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        uint64_t word = bench_random(&seed);
        memcpy((uint8_t *)to + i, &word, 8);
    }
}

/* ---- motion: sums of absolute differences, as in video coding ---- */
BENCH_ALONE static unsigned difference(const uint8_t *restrict a, const uint8_t *restrict b)
{
    unsigned total = 0;
    for (size_t i = 0; i < 256; i++) {
        total += (unsigned)abs(a[i] - b[i]);
    }
    return total;
}

uint64_t bench_motion(unsigned work)
{
    static uint8_t frame[COUNT + 256], before[COUNT + 256];
    uint64_t sum = 0;
    fill(frame, sizeof(frame), 70);
    fill(before, sizeof(before), 71);
    for (unsigned round = 0; round < work; round++) {
        const uint8_t *block = frame + round * 256 % COUNT;
        unsigned best = ~0U;
        size_t where = 0;
        for (size_t at = 0; at < 128; at++) {
            unsigned d = difference(block, before + at);
            where = d < best ? at : where;
            best = d < best ? d : best;
        }
        sum = bench_mix(sum, where + best);
        before[where] ^= (uint8_t)best;
    }
    return sum;
}

/* ---- mixing: pixels by weight, through 16 and 32 bits and back with saturation ---- */
BENCH_ALONE static void weigh(uint8_t *restrict to, const uint8_t *restrict a,
                              const uint8_t *restrict b, unsigned weight)
{
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = (uint8_t)((a[i] * weight + b[i] * (256 - weight) + 128) >> 8);
    }
}

BENCH_ALONE static void amplify(int16_t *restrict to, const int16_t *restrict a, int gain)
{
    for (size_t i = 0; i < COUNT / 2; i++) {
        int v = a[i] * gain >> 8;
        to[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
    }
}

uint64_t bench_mixing(unsigned work)
{
    static uint8_t a[COUNT], b[COUNT], c[COUNT];
    static int16_t sound[COUNT / 2], louder[COUNT / 2];
    uint64_t sum = 0;
    fill(a, sizeof(a), 72);
    fill(b, sizeof(b), 73);
    fill(sound, sizeof(sound), 74);
    for (unsigned round = 0; round < work * 2; round++) {
        weigh(c, a, b, round & 255);
        weigh(b, c, a, 255 - (round & 255));
        amplify(louder, sound, 200 + (int)(round & 127));
        sum = bench_mix(sum, b[round % COUNT] + (uint64_t)(uint16_t)louder[round % (COUNT / 2)]);
        a[round % COUNT] ^= (uint8_t)round;
    }
    return sum;
}

/* ---- shifts: four generators of random numbers side by side, and hashes of 64 bits ---- */
BENCH_ALONE static void generate(uint32_t *restrict state, unsigned rounds)
{
    for (unsigned r = 0; r < rounds; r++) {
        for (size_t i = 0; i < 64; i++) {
            uint32_t x = state[i];
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            state[i] = x;
        }
    }
}

BENCH_ALONE static void stir(uint64_t *restrict to, const uint64_t *restrict from)
{
    for (size_t i = 0; i < COUNT / 8; i++) {
        uint64_t x = from[i] + (to[i] << 3);
        to[i] = (x << 23 | x >> 41) ^ (x >> 7);
    }
}

uint64_t bench_shifts(unsigned work)
{
    static uint32_t state[64];
    static uint64_t a[COUNT / 8], b[COUNT / 8];
    uint64_t sum = 0;
    fill(state, sizeof(state), 75);
    fill(a, sizeof(a), 76);
    for (unsigned round = 0; round < work * 4; round++) {
        generate(state, 16);
        stir(b, a);
        stir(a, b);
        sum = bench_mix(sum, state[round % 64] + a[round % (COUNT / 8)]);
    }
    return sum;
}

/* ---- sets: unions, differences and sizes of sets of bits ---- */
BENCH_ALONE static void combine(uint64_t *restrict to, const uint64_t *restrict a,
                                const uint64_t *restrict b)
{
    for (size_t i = 0; i < COUNT / 8; i++) {
        to[i] = ((a[i] | b[i]) & ~to[i]) ^ (a[i] & b[i]);
    }
}

BENCH_ALONE static uint64_t members(const uint64_t *a)
{
    uint64_t n = 0;
    for (size_t i = 0; i < COUNT / 8; i++) {
        n += (uint64_t)__builtin_popcountll(a[i]);
    }
    return n;
}

uint64_t bench_sets(unsigned work)
{
    static uint64_t a[COUNT / 8], b[COUNT / 8], c[COUNT / 8];
    uint64_t sum = 0;
    fill(a, sizeof(a), 77);
    fill(b, sizeof(b), 78);
    for (unsigned round = 0; round < work * 8; round++) {
        combine(c, a, b);
        sum = bench_mix(sum, members(c));
        a[round % (COUNT / 8)] ^= sum;
    }
    return sum;
}

/* ---- edges: 3 x 3 filters over an image, 16 bits between ---- */
enum { WIDTH = 128, HEIGHT = 64 };

BENCH_ALONE static void edges(uint8_t (*restrict to)[WIDTH], const uint8_t (*restrict from)[WIDTH])
{
    for (size_t y = 1; y < HEIGHT - 1; y++) {
        for (size_t x = 1; x < WIDTH - 1; x++) {
            int across = from[y - 1][x + 1] + 2 * from[y][x + 1] + from[y + 1][x + 1] -
                         from[y - 1][x - 1] - 2 * from[y][x - 1] - from[y + 1][x - 1];
            int down = from[y + 1][x - 1] + 2 * from[y + 1][x] + from[y + 1][x + 1] -
                       from[y - 1][x - 1] - 2 * from[y - 1][x] - from[y - 1][x + 1];
            int size = (abs(across) + abs(down)) >> 2;
            to[y][x] = (uint8_t)(size > 255 ? 255 : size);
        }
    }
}

uint64_t bench_edges(unsigned work)
{
    static uint8_t a[HEIGHT][WIDTH], b[HEIGHT][WIDTH];
    uint64_t sum = 0;
    fill(a, sizeof(a), 79);
    for (unsigned round = 0; round < work; round++) {
        edges(b, (const uint8_t(*)[WIDTH])a);
        sum = bench_mix(sum, b[round % HEIGHT][round * 7 % WIDTH]);
        a[round % HEIGHT][round * 3 % WIDTH] += b[7][9] + 1;
    }
    return sum;
}
