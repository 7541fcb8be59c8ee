// SPDX-License-Identifier: Apache-2.0
/*
 * Floating point: stencil, Fourier transform, linear equations. Only operations with one right
 * answer, and the build forbids contraction: the checksums hold on every machine.
 */
#include <math.h>
#include <string.h>

#include "overhead.h"

/* ---- stencil ---- */
uint64_t lab_stencil(unsigned work)
{
    enum { N = 128 };
    static double plate[2][N][N];
    uint64_t seed = 36, sum = 0;
    memset(plate, 0, sizeof(plate));
    for (size_t i = 0; i < N; i++) {
        plate[0][0][i] = plate[1][0][i] = bench_unit(&seed) * 100;
        plate[0][i][N - 1] = plate[1][i][N - 1] = bench_unit(&seed) * 50;
    }
    for (unsigned round = 0; round < work * 8; round++) {
        double(*from)[N] = plate[round % 2], (*to)[N] = plate[1 - round % 2];
        for (size_t y = 1; y < N - 1; y++) {
            for (size_t x = 1; x < N - 1; x++) {
                double across = from[y][x - 1] + from[y][x + 1];
                to[y][x] = 0.25 * (from[y - 1][x] + from[y + 1][x] + across);
            }
        }
    }
    for (size_t i = 1; i < N - 1; i++) {
        sum = bench_mix(sum, bench_bits(plate[0][i][N - 1 - i]));
    }
    return sum;
}

/* ---- fft ---- */
enum { POINTS = 4096 };

struct complex {
    double re, im;
};

/* Roots of unity by halving angles: square roots only, no library whose last bit may differ. */
static void make_roots(struct complex *root)
{
    struct complex half = {-1, 0};
    root[0] = (struct complex){1, 0};
    root[POINTS / 2] = half;
    for (size_t width = POINTS / 4; width; width /= 2) {
        double re = sqrt((1 + half.re) / 2), im = sqrt((1 - half.re) / 2);
        half = (struct complex){re, im};
        for (size_t i = width; i < POINTS; i += 2 * width) {
            struct complex r = root[i - width];
            root[i] = (struct complex){r.re * re - r.im * im, r.re * im + r.im * re};
        }
    }
}

static void transform(struct complex *a, const struct complex *root)
{
    for (size_t i = 1, j = 0; i < POINTS; i++) {
        size_t bit = POINTS / 2;
        for (; j & bit; bit /= 2) {
            j ^= bit;
        }
        j ^= bit;
        if (i < j) {
            struct complex t = a[i];
            a[i] = a[j];
            a[j] = t;
        }
    }
    for (size_t half = 1; half < POINTS; half *= 2) {
        for (size_t start = 0; start < POINTS; start += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                struct complex w = root[k * (POINTS / 2 / half)], u = a[start + k];
                struct complex v = a[start + k + half];
                struct complex t = {v.re * w.re - v.im * w.im, v.re * w.im + v.im * w.re};
                a[start + k] = (struct complex){u.re + t.re, u.im + t.im};
                a[start + k + half] = (struct complex){u.re - t.re, u.im - t.im};
            }
        }
    }
}

uint64_t lab_fft(unsigned work)
{
    static struct complex a[POINTS], root[POINTS];
    uint64_t seed = 37, sum = 0;
    make_roots(root);
    for (size_t i = 0; i < POINTS; i++) {
        a[i] = (struct complex){bench_unit(&seed) - 0.5, 0};
    }
    while (work--) {
        transform(a, root);
        for (size_t i = 0; i < POINTS; i++) { /* keeps the numbers in their range */
            a[i].re *= 1.0 / 64;
            a[i].im *= 1.0 / 64;
        }
        sum = bench_mix(sum, bench_bits(a[work % POINTS].re) ^ bench_bits(a[POINTS / 3].im));
    }
    return sum;
}

/* ---- algebra ---- */
enum { UNKNOWNS = 96 };

/* Gaussian elimination with the largest pivot of the column. */
static void solve(double a[UNKNOWNS][UNKNOWNS + 1], double *x)
{
    for (size_t k = 0; k < UNKNOWNS; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < UNKNOWNS; i++) {
            pivot = fabs(a[i][k]) > fabs(a[pivot][k]) ? i : pivot;
        }
        for (size_t j = k; j <= UNKNOWNS; j++) {
            double t = a[k][j];
            a[k][j] = a[pivot][j];
            a[pivot][j] = t;
        }
        for (size_t i = k + 1; i < UNKNOWNS; i++) {
            double factor = a[i][k] / a[k][k];
            for (size_t j = k; j <= UNKNOWNS; j++) {
                a[i][j] -= factor * a[k][j];
            }
        }
    }
    for (size_t i = UNKNOWNS; i--;) {
        double rest = a[i][UNKNOWNS];
        for (size_t j = i + 1; j < UNKNOWNS; j++) {
            rest -= a[i][j] * x[j];
        }
        x[i] = rest / a[i][i];
    }
}

uint64_t lab_algebra(unsigned work)
{
    static double a[UNKNOWNS][UNKNOWNS + 1], x[UNKNOWNS];
    uint64_t seed = 38, sum = 0;
    while (work--) {
        for (size_t i = 0; i < (size_t)UNKNOWNS * (UNKNOWNS + 1); i++) {
            a[i / (UNKNOWNS + 1)][i % (UNKNOWNS + 1)] = bench_unit(&seed) - 0.5;
        }
        solve(a, x);
        for (size_t i = 0; i < UNKNOWNS; i++) {
            sum = bench_mix(sum, bench_bits(x[i]));
        }
    }
    return sum;
}
