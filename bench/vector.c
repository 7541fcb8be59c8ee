// SPDX-License-Identifier: Apache-2.0
/* Loops that gcc -O3 turns into VMX and VSX code. */
#include <string.h>

#include "bench.h"

#define COUNT 8192

static float xs[COUNT], ys[COUNT];
static int32_t ia[COUNT], ib[COUNT], ic[COUNT];
static uint8_t ba[COUNT], bb[COUNT], bc[COUNT];

static uint64_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static void fill_floats(uint64_t seed)
{
    for (size_t i = 0; i < COUNT; i++) {
        xs[i] = (float)(bench_unit(&seed) - 0.5);
        ys[i] = (float)(bench_unit(&seed) - 0.5);
    }
}

static void fill_words(uint64_t seed)
{
    for (size_t i = 0; i < COUNT; i++) {
        ia[i] = (int32_t)(bench_random(&seed) >> 40);
        ib[i] = (int32_t)(bench_random(&seed) >> 40);
    }
}

/* ---- saxpy ---- */
BENCH_ALONE static void saxpy(float *restrict y, const float *restrict x, float a)
{
    for (size_t i = 0; i < COUNT; i++) {
        y[i] = __builtin_fmaf(a, x[i], y[i]);
    }
}

uint64_t bench_saxpy(unsigned work)
{
    fill_floats(18);
    uint64_t sum = 0;
    for (unsigned round = 0; round < work * 4; round++) {
        saxpy(ys, xs, round & 1 ? 0.75F : -0.5F);
        sum = bench_mix(sum, float_bits(ys[round % COUNT]));
    }
    return sum;
}

/* ---- dot ---- */
BENCH_ALONE static float dot_float(const float *restrict x, const float *restrict y)
{
    /* Sixteen sums of their own may run side by side without reassociation. */
    float sums[16] = {0}, total = 0;
    for (size_t i = 0; i < COUNT; i += 16) {
        for (size_t k = 0; k < 16; k++) {
            sums[k] += x[i + k] * y[i + k];
        }
    }
    for (size_t k = 0; k < 16; k++) {
        total += sums[k];
    }
    return total;
}

BENCH_ALONE static uint32_t dot_word(const int32_t *restrict x, const int32_t *restrict y)
{
    uint32_t total = 0;
    for (size_t i = 0; i < COUNT; i++) {
        total += (uint32_t)x[i] * (uint32_t)y[i];
    }
    return total;
}

uint64_t bench_dot(unsigned work)
{
    fill_floats(19);
    fill_words(20);
    uint64_t sum = 0;
    for (unsigned round = 0; round < work * 2; round++) {
        sum = bench_mix(sum, float_bits(dot_float(xs, ys)) + dot_word(ia, ib));
        xs[round % COUNT] += 0.125F;
        ia[round % COUNT] ^= (int32_t)round;
    }
    return sum;
}

/* ---- bytes ---- */
BENCH_ALONE static void blend(uint8_t *restrict to, const uint8_t *restrict a,
                              const uint8_t *restrict b)
{
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = (uint8_t)((a[i] + b[i] + 1) >> 1);
    }
}

BENCH_ALONE static void threshold(uint8_t *restrict to, const uint8_t *restrict a, uint8_t limit)
{
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = a[i] > limit ? (uint8_t)(a[i] - limit) : (uint8_t)(a[i] ^ 0x5a);
    }
}

uint64_t bench_bytes(unsigned work)
{
    uint64_t seed = 21, sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        ba[i] = (uint8_t)bench_random(&seed);
        bb[i] = (uint8_t)(bench_random(&seed) >> 32);
    }
    for (unsigned round = 0; round < work * 4; round++) {
        blend(bc, ba, bb);
        threshold(ba, bc, (uint8_t)(round * 37));
        sum = bench_mix(sum, ba[round % COUNT] + ((uint64_t)bc[(round * 13) % COUNT] << 8));
    }
    return sum;
}

/* ---- minmax ---- */
BENCH_ALONE static void clamp_words(int32_t *restrict to, const int32_t *restrict a,
                                    const int32_t *restrict b, int32_t low)
{
    for (size_t i = 0; i < COUNT; i++) {
        int32_t most = a[i] > b[i] ? a[i] : b[i];
        int32_t least = a[i] < b[i] ? a[i] : b[i];
        to[i] = most - least > low ? most : least ^ low;
    }
}

BENCH_ALONE static void clamp_floats(float *restrict to, const float *restrict a)
{
    for (size_t i = 0; i < COUNT; i++) {
        float v = a[i] > to[i] ? a[i] : to[i];
        to[i] = v * 0.75F - 0.25F;
    }
}

uint64_t bench_minmax(unsigned work)
{
    fill_floats(22);
    fill_words(23);
    uint64_t sum = 0;
    for (unsigned round = 0; round < work * 2; round++) {
        clamp_words(ic, ia, ib, (int32_t)round * 4096);
        clamp_words(ib, ic, ia, (int32_t)round * 100);
        clamp_floats(ys, xs);
        sum = bench_mix(sum, (uint32_t)ic[round % COUNT] + float_bits(ys[round % COUNT]));
    }
    return sum;
}

/* ---- dmatmul ---- */
uint64_t bench_dmatmul(unsigned work)
{
    enum { N = 192 };
    static double a[N][N], b[N][N], c[N][N];
    uint64_t seed = 24, sum = 0;
    for (size_t i = 0; i < (size_t)N * N; i++) {
        a[i / N][i % N] = bench_unit(&seed) - 0.5;
        b[i / N][i % N] = bench_unit(&seed) - 0.5;
    }
    while (work--) {
        memset(c, 0, sizeof(c));
        for (size_t i = 0; i < N; i++) {
            for (size_t k = 0; k < N; k++) {
                for (size_t j = 0; j < N; j++) {
                    c[i][j] = __builtin_fma(a[i][k], b[k][j], c[i][j]);
                }
            }
        }
        sum = bench_mix(sum, bench_bits(c[work % N][17]));
        a[work % N][3] += c[5][work % N];
    }
    return sum;
}
