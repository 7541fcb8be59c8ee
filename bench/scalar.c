// SPDX-License-Identifier: Apache-2.0
/* More scalar floating point, of double and of single precision: one right answer each, as in fp.c.
 */
#include <math.h>
#include <string.h>

#include "bench.h"

static uint64_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* ---- horner: e^x by a polynomial, fused multiply-add in one long chain ---- */
uint64_t bench_horner(unsigned work)
{
    static const double terms[] = {1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
                                   1.0 / 120,     1.0 / 24,     1.0 / 6,     0.5,        1};
    uint64_t seed = 55;
    double total = 0, x = bench_unit(&seed);
    for (size_t i = 0; i < (size_t)work * 4096; i++) {
        double y = terms[0];
        for (size_t k = 1; k < sizeof(terms) / sizeof(terms[0]); k++) {
            y = __builtin_fma(y, x, terms[k]);
        }
        y = __builtin_fma(y, x, 1.0);
        total = __builtin_fma(-y, 0.25, total) + x;
        x = y - 1.5 > 0 ? (y - 1.5) * 0.5 : y * 0.4375;
    }
    return bench_bits(total) ^ bench_bits(x);
}

/* ---- spectral: a matrix whose elements are quotients, made anew for each product ---- */
static double element(unsigned i, unsigned j)
{
    unsigned triangle = (i + j) * (i + j + 1) / 2;
    return 1.0 / (triangle + i + 1);
}

uint64_t bench_spectral(unsigned work)
{
    enum { N = 64 };
    double u[N], v[N], dot = 0;
    for (size_t i = 0; i < N; i++) {
        u[i] = 1;
    }
    while (work--) {
        for (unsigned i = 0; i < N; i++) {
            v[i] = 0;
            for (unsigned j = 0; j < N; j++) {
                v[i] += element(i, j) * u[j];
            }
        }
        for (unsigned i = 0; i < N; i++) {
            u[i] = 0;
            for (unsigned j = 0; j < N; j++) {
                u[i] += element(j, i) * v[j];
            }
        }
        dot = 0;
        for (size_t i = 0; i < N; i++) {
            dot += u[i] * u[i];
        }
        double scale = 1 / sqrt(dot);
        for (size_t i = 0; i < N; i++) {
            u[i] *= scale;
        }
    }
    return bench_bits(dot) ^ bench_bits(u[7]);
}

/* ---- biquad: four filters behind each other, single precision, each waits for itself ---- */
struct section {
    float b0, b1, b2, a1, a2, z1, z2;
};

uint64_t bench_biquad(unsigned work)
{
    enum { SECTIONS = 4, SAMPLES = 4096 };
    static float samples[SAMPLES];
    static const struct section model = {0.2F, 0.4F, 0.2F, -0.5F, 0.25F, 0, 0};
    struct section sections[SECTIONS];
    uint64_t seed = 56, sum = 0;
    for (size_t i = 0; i < SECTIONS; i++) {
        sections[i] = model;
        sections[i].b0 += (float)i * 0.03125F;
    }
    for (size_t i = 0; i < SAMPLES; i++) {
        samples[i] = (float)(bench_unit(&seed) - 0.5);
    }
    while (work--) {
        float loudest = 0;
        for (size_t i = 0; i < SAMPLES; i++) {
            float x = samples[i];
            for (size_t k = 0; k < SECTIONS; k++) {
                struct section *s = &sections[k];
                float y = s->b0 * x + s->z1;
                s->z1 = s->b1 * x - s->a1 * y + s->z2;
                s->z2 = s->b2 * x - s->a2 * y;
                x = y;
            }
            loudest = fabsf(x) > loudest ? fabsf(x) : loudest;
        }
        sum = bench_mix(sum, float_bits(loudest));
        samples[work % SAMPLES] = -samples[(work + 1) % SAMPLES];
    }
    return sum;
}

/* ---- particles: single precision, square roots and quotients, branches on results ---- */
struct particle {
    float x, y, z, vx, vy, vz;
};

uint64_t bench_particles(unsigned work)
{
    enum { COUNT = 128 };
    static struct particle p[COUNT];
    uint64_t seed = 57, sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        p[i] = (struct particle){(float)bench_unit(&seed),
                                 (float)bench_unit(&seed),
                                 (float)bench_unit(&seed),
                                 0.001F,
                                 -0.002F,
                                 0.003F};
    }
    while (work--) {
        for (size_t i = 0; i < COUNT; i++) {
            float dx = 0.5F - p[i].x, dy = 0.5F - p[i].y, dz = 0.5F - p[i].z;
            float square = dx * dx + dy * dy + dz * dz + 0.015625F;
            float pull = 0.0001F / (square * sqrtf(square));
            p[i].vx += dx * pull;
            p[i].vy += dy * pull;
            p[i].vz += dz * pull;
            p[i].x += p[i].vx;
            p[i].y += p[i].vy;
            p[i].z += p[i].vz;
            if (p[i].x < 0 || p[i].x > 1) {
                p[i].vx = -p[i].vx;
            }
            if (p[i].y < 0 || p[i].y > 1) {
                p[i].vy = -p[i].vy;
            }
            if (p[i].z < 0 || p[i].z > 1) {
                p[i].vz = -p[i].vz;
            }
        }
        sum = bench_mix(sum, float_bits(p[work % COUNT].x));
    }
    return sum;
}

/* ---- neurons: a network of three layers, single precision, weights learnt ---- */
struct network {
    float in[32][32], out[8][32], hidden[32], answer[8];
};

static float squash(float x)
{
    return x / (1 + fabsf(x));
}

BENCH_ALONE static void evaluate(struct network *n, const float *x)
{
    for (size_t i = 0; i < 32; i++) {
        float total = 0;
        for (size_t k = 0; k < 32; k++) {
            total += n->in[i][k] * x[k];
        }
        n->hidden[i] = squash(total);
    }
    for (size_t i = 0; i < 8; i++) {
        float total = 0;
        for (size_t k = 0; k < 32; k++) {
            total += n->out[i][k] * n->hidden[k];
        }
        n->answer[i] = squash(total);
    }
}

uint64_t bench_neurons(unsigned work)
{
    static struct network n;
    float x[32];
    uint64_t seed = 58, sum = 0;
    for (size_t i = 0; i < 32 * 32; i++) {
        n.in[i / 32][i % 32] = (float)(bench_unit(&seed) - 0.5);
        n.out[i / 32 % 8][i % 32] = (float)(bench_unit(&seed) - 0.5);
    }
    for (size_t round = 0; round < (size_t)work * 8; round++) {
        for (size_t k = 0; k < 32; k++) {
            x[k] = (round >> (k % 8) & 1) ? 0.75F : -0.25F;
        }
        evaluate(&n, x);
        for (size_t i = 0; i < 8; i++) {
            float wrong = (round >> i & 1 ? 0.5F : -0.5F) - n.answer[i];
            for (size_t k = 0; k < 32; k++) {
                n.out[i][k] += wrong * n.hidden[k] * 0.03125F;
            }
        }
        sum = bench_mix(sum, float_bits(n.answer[round % 8]));
    }
    return sum;
}

/* ---- walk: random numbers against curves, comparisons and conversions among the arithmetic ----
 */
uint64_t bench_walk(unsigned work)
{
    uint64_t seed = 59, inside = 0, steps = 0;
    double x = 0.5, y = 0.5, area = 0;
    for (size_t i = 0; i < (size_t)work * 4096; i++) {
        double r = bench_unit(&seed), s = bench_unit(&seed);
        inside += r * r + s * s < 1;
        x += (r - 0.5) * 0.1;
        y += (s - 0.5) * 0.1;
        x = fmin(fmax(x, 0.0), 1.0);
        y = fabs(y) > 2 ? 0.5 : y;
        if (x * x - y > 0.1 || y * y * y < x - 0.7) {
            area += x * y;
            steps += (uint64_t)(int64_t)(area * 0.125) & 3;
        }
    }
    return bench_mix(inside + steps, bench_bits(area));
}
