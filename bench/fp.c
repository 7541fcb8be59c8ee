// SPDX-License-Identifier: Apache-2.0
/*
 * Scalar floating point. Only operations with one right answer (+ - * / sqrt fma, conversions), and
 * the build forbids contraction and reassociation: the checksums hold on every machine.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* ---- matmul ---- */
uint64_t bench_matmul(unsigned work)
{
    enum { N = 192 };
    static double a[N][N], b[N][N], c[N][N];
    uint64_t seed = 14, sum = 0;
    for (size_t i = 0; i < (size_t)N * N; i++) {
        a[i / N][i % N] = bench_unit(&seed) - 0.5;
        b[i / N][i % N] = bench_unit(&seed) - 0.5;
    }
    while (work--) {
        for (size_t i = 0; i < N; i++) {
            /* One chain of dependent operations per element: not vectorised. */
            for (size_t j = 0; j < N; j++) {
                double dot = 0;
                for (size_t k = 0; k < N; k++) {
                    dot = __builtin_fma(a[i][k], b[j][k], dot);
                }
                c[i][j] = dot;
            }
        }
        sum = bench_mix(sum, bench_bits(c[work % N][17]));
        a[work % N][3] += c[5][work % N];
    }
    return sum;
}

/* ---- nbody ---- */
struct body {
    double x[3], v[3], mass;
};

static void nbody_step(struct body *bodies, size_t n, double dt)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            double d[3], distance2 = 0.01;
            for (int k = 0; k < 3; k++) {
                d[k] = bodies[i].x[k] - bodies[j].x[k];
                distance2 += d[k] * d[k];
            }
            double pull = dt / (distance2 * sqrt(distance2));
            for (int k = 0; k < 3; k++) {
                bodies[i].v[k] -= d[k] * bodies[j].mass * pull;
                bodies[j].v[k] += d[k] * bodies[i].mass * pull;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < 3; k++) {
            bodies[i].x[k] += dt * bodies[i].v[k];
        }
    }
}

uint64_t bench_nbody(unsigned work)
{
    enum { BODIES = 5 };
    struct body bodies[BODIES];
    uint64_t seed = 15, sum = 0;
    for (size_t i = 0; i < BODIES; i++) {
        for (int k = 0; k < 3; k++) {
            bodies[i].x[k] = bench_unit(&seed) * 4 - 2;
            bodies[i].v[k] = bench_unit(&seed) - 0.5;
        }
        bodies[i].mass = bench_unit(&seed) + 0.1;
    }
    for (size_t step = 0; step < (size_t)work * 2048; step++) {
        nbody_step(bodies, BODIES, 0.001);
    }
    for (size_t i = 0; i < BODIES; i++) {
        sum = bench_mix(sum, bench_bits(bodies[i].x[0]) ^ bench_bits(bodies[i].v[2]));
    }
    return sum;
}

/* ---- mandelbrot ---- */
uint64_t bench_mandelbrot(unsigned work)
{
    enum { SIDE = 96, DEPTH = 256 };
    uint64_t sum = 0;
    for (unsigned round = 0; round < work; round++) {
        for (int py = 0; py < SIDE; py++) {
            for (int px = 0; px < SIDE; px++) {
                double cx = -2 + px * (2.5 / SIDE), cy = -1.25 + py * (2.5 / SIDE) + round * 1e-4;
                double x = 0, y = 0;
                int i = 0;
                while (i < DEPTH && x * x + y * y < 4) {
                    double next = x * x - y * y + cx;
                    y = 2 * x * y + cy;
                    x = next;
                    i++;
                }
                sum += (uint64_t)i;
            }
        }
    }
    return sum;
}

/* ---- fir ---- */
uint64_t bench_fir(unsigned work)
{
    enum { TAPS = 32, SAMPLES = 4096 };
    static float taps[TAPS], in[SAMPLES + TAPS], out[SAMPLES];
    uint64_t seed = 16, sum = 0;
    for (size_t i = 0; i < TAPS; i++) {
        taps[i] = (float)(bench_unit(&seed) - 0.5);
    }
    for (size_t i = 0; i < SAMPLES + TAPS; i++) {
        in[i] = (float)(bench_unit(&seed) - 0.5);
    }
    while (work--) {
        for (size_t i = 0; i < SAMPLES; i++) {
            float acc = 0;
            for (size_t k = 0; k < TAPS; k++) {
                acc += taps[k] * in[i + k];
            }
            out[i] = acc;
        }
        uint32_t bits;
        memcpy(&bits, &out[(work * 31) % SAMPLES], sizeof(bits));
        sum = bench_mix(sum, bits);
        in[work % SAMPLES] = out[7] * 0.5F;
    }
    return sum;
}

/* ---- sqrtdiv ---- */
uint64_t bench_sqrtdiv(unsigned work)
{
    double x = 2, total = 0;
    float y = 3;
    for (size_t i = 1; i <= (size_t)work * 8192; i++) {
        x = sqrt(x * x + 1.0 / (double)i) + 0.001;
        y = sqrtf(y + 7.0F / y);
        total += x / (y + 1.5) - 1.0 / (x * x + 0.1);
    }
    return bench_bits(total) ^ bench_bits(x) ^ bench_bits(y);
}

/* ---- convert ---- */
uint64_t bench_convert(unsigned work)
{
    uint64_t seed = 17, sum = 0;
    for (size_t i = 0; i < (size_t)work * 8192; i++) {
        int64_t n = (int64_t)bench_random(&seed) >> 20;
        double d = (double)n * 0.0625;
        float f = (float)d;
        sum += (uint64_t)(int64_t)d + (uint64_t)(int32_t)(f * 0x1p-10F);
        sum ^= (uint64_t)(int64_t)floor(d * 0.3) + (f < d);
    }
    return sum;
}
