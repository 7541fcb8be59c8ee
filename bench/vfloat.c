// SPDX-License-Identifier: Apache-2.0
/* More vectors of floating point: double, square roots and quotients, conversions, complex numbers.
 */
#include <math.h>
#include <string.h>

#include "bench.h"

#define COUNT 2048

static double da[COUNT], db[COUNT], dc[COUNT];
static float fa[COUNT], fb[COUNT], fc[COUNT];

static uint64_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* Everything from a half to one and a half. */
static void fill(uint64_t seed)
{
    for (size_t i = 0; i < COUNT; i++) {
        da[i] = bench_unit(&seed) + 0.5;
        db[i] = bench_unit(&seed) + 0.5;
        fa[i] = (float)(bench_unit(&seed) + 0.5);
        fb[i] = (float)(bench_unit(&seed) + 0.5);
    }
}

/* ---- heat: a rod of doubles ---- */
BENCH_ALONE static void flow(double *restrict to, const double *restrict from, double k)
{
    for (size_t i = 1; i < COUNT - 1; i++) {
        to[i] = __builtin_fma(k, from[i - 1] - 2 * from[i] + from[i + 1], from[i]);
    }
}

uint64_t bench_heat(unsigned work)
{
    fill(80);
    uint64_t sum = 0;
    memcpy(dc, da, sizeof(dc));
    for (unsigned round = 0; round < work * 2; round++) {
        flow(dc, da, 0.25);
        flow(da, dc, 0.125);
        sum = bench_mix(sum, bench_bits(da[round % COUNT]));
        da[round % COUNT] += 0.5;
    }
    return sum;
}

/* ---- roots: square roots and quotients of both precisions ---- */
BENCH_ALONE static void roots(double *restrict to, const double *restrict a,
                              const double *restrict b)
{
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = sqrt(a[i]) / b[i] + 1 / (a[i] + 2);
    }
}

BENCH_ALONE static void roots_single(float *restrict to, const float *restrict a,
                                     const float *restrict b)
{
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = a[i] / sqrtf(b[i] * b[i] + a[i]);
    }
}

uint64_t bench_roots(unsigned work)
{
    fill(81);
    uint64_t sum = 0;
    for (unsigned round = 0; round < work; round++) {
        roots(dc, da, db);
        roots_single(fc, fa, fb);
        sum = bench_mix(sum, bench_bits(dc[round % COUNT]) ^ float_bits(fc[round % COUNT]));
        da[round % COUNT] = dc[(round + 1) % COUNT];
        fa[round % COUNT] = fc[(round + 2) % COUNT];
    }
    return sum;
}

/* ---- quantise: floating point to integers and back ---- */
BENCH_ALONE static void quantise(int32_t *restrict to, const float *restrict from, float scale)
{
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = (int32_t)(from[i] * scale);
    }
}

BENCH_ALONE static void restore(float *restrict to, const int32_t *restrict from, float scale)
{
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = (float)from[i] * scale + 0.25F;
    }
}

BENCH_ALONE static void widen(double *restrict to, const float *restrict from)
{
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = (double)from[i] * 0.75 + to[i] * 0.25;
    }
}

uint64_t bench_quantise(unsigned work)
{
    static int32_t words[COUNT];
    fill(82);
    uint64_t sum = 0;
    for (unsigned round = 0; round < work * 2; round++) {
        quantise(words, fa, 4096);
        restore(fb, words, 1.0F / 8192);
        widen(da, fb);
        sum = bench_mix(sum, bench_bits(da[round % COUNT]) + (uint32_t)words[round % COUNT]);
        fa[round % COUNT] = fb[(round + 9) % COUNT] * 2;
    }
    return sum;
}

/* ---- complex: products of complex numbers, pairs next to each other ---- */
BENCH_ALONE static void multiply(float *restrict to, const float *restrict a,
                                 const float *restrict b)
{
    for (size_t i = 0; i < COUNT / 2; i++) {
        to[2 * i] = a[2 * i] * b[2 * i] - a[2 * i + 1] * b[2 * i + 1];
        to[2 * i + 1] = a[2 * i] * b[2 * i + 1] + a[2 * i + 1] * b[2 * i];
    }
}

uint64_t bench_complex(unsigned work)
{
    fill(83);
    uint64_t sum = 0;
    for (unsigned round = 0; round < work * 2; round++) {
        multiply(fc, fa, fb);
        sum = bench_mix(sum, float_bits(fc[round % COUNT]));
        fa[round % COUNT] = fc[(round + 31) % COUNT] * 0.25F;
    }
    return sum;
}

/* ---- curve: a polynomial and a comparison for every element ---- */
BENCH_ALONE static void curve(double *restrict to, const double *restrict x)
{
    for (size_t i = 0; i < COUNT; i++) {
        double y = __builtin_fma(x[i], 0.0625, -0.1875);
        y = __builtin_fma(y, x[i], 0.375);
        y = __builtin_fma(y, x[i], -0.75);
        y = __builtin_fma(y, x[i], 1.5);
        to[i] = x[i] < 1 ? y : x[i] * 0.5 + y * 0.25;
    }
}

uint64_t bench_curve(unsigned work)
{
    fill(84);
    uint64_t sum = 0;
    for (unsigned round = 0; round < work * 2; round++) {
        curve(dc, da);
        curve(db, dc);
        sum = bench_mix(sum, bench_bits(db[round % COUNT]));
        da[round % COUNT] = db[(round + 5) % COUNT];
    }
    return sum;
}

/* ---- samples: halfwords through a single-precision polynomial, to unsigned words and back ---- */
BENCH_ALONE static void shape(uint32_t *restrict to, const int16_t *restrict from)
{
    for (size_t i = 0; i < COUNT; i++) {
        float x = (float)from[i] * (1.0F / 32768);
        float y = __builtin_fmaf(x, -0.0625F, 0.1875F);
        y = __builtin_fmaf(y, x, -0.25F);
        y = __builtin_fmaf(y, x, 0.75F);
        y = __builtin_fmaf(y, x, 1.5F);
        to[i] = (uint32_t)(y * 65536);
    }
}

BENCH_ALONE static void narrow(int16_t *restrict to, const uint32_t *restrict from)
{
    for (size_t i = 0; i < COUNT; i++) {
        to[i] = (int16_t)((float)from[i] * 0.25F - 24576);
    }
}

uint64_t bench_samples(unsigned work)
{
    static int16_t samples[COUNT];
    static uint32_t words[COUNT];
    uint64_t seed = 85, sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        samples[i] = (int16_t)bench_random(&seed);
    }
    for (unsigned round = 0; round < work * 2; round++) {
        shape(words, samples);
        narrow(samples, words);
        sum = bench_mix(sum, words[round % COUNT] + (uint16_t)samples[(round + 7) % COUNT]);
        samples[round % COUNT] = (int16_t)(sum & 0x7fff);
    }
    return sum;
}
