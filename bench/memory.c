// SPDX-License-Identifier: Apache-2.0
/* Programs whose working set is far larger than any TLB or cache. */
#include <stdlib.h>

#include "bench.h"

#define BIG (64UL << 20)

/* ---- chase ---- */
struct link {
    struct link *next;
    uint64_t value;
    uint64_t pad[6];
};

uint64_t bench_chase(unsigned work)
{
    enum { LINKS = BIG / sizeof(struct link) };
    struct link *links = bench_alloc(BIG);
    uint64_t seed = 11, sum = 0;
    for (size_t i = 0; i < LINKS; i++) {
        links[i].next = &links[i];
        links[i].value = i;
    }
    /* Swapping successors with an earlier element keeps one single cycle. */
    for (size_t i = 1; i < LINKS; i++) {
        size_t j = bench_random(&seed) % i;
        struct link *next = links[i].next;
        links[i].next = links[j].next;
        links[j].next = next;
    }
    const struct link *at = links;
    for (size_t i = 0; i < (size_t)work * 65536; i++) {
        sum += at->value;
        at = at->next;
    }
    free(links);
    return sum;
}

/* ---- stream ---- */
BENCH_ALONE static void stream_copy(double *restrict to, const double *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i];
    }
}

BENCH_ALONE static void stream_triad(double *restrict a, const double *restrict b,
                                     const double *restrict c, double k, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        a[i] = b[i] + k * c[i];
    }
}

uint64_t bench_stream(unsigned work)
{
    enum { COUNT = (16 << 20) / sizeof(double) };
    double *a = bench_alloc(COUNT * sizeof(*a)), *b = bench_alloc(COUNT * sizeof(*b));
    double *c = bench_alloc(COUNT * sizeof(*c));
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        a[i] = (double)(i & 1023);
        b[i] = (double)(i % 1000) * 0.5;
    }
    for (unsigned round = 0; round < work; round++) {
        stream_copy(c, a, COUNT);
        stream_triad(a, b, c, 0.25, COUNT);
        sum = bench_mix(sum, bench_bits(a[(round * 7919) % COUNT]));
    }
    free(a);
    free(b);
    free(c);
    return sum;
}

/* ---- join ---- */
uint64_t bench_join(unsigned work)
{
    enum { SLOTS = (32 << 20) / 16, ROWS = SLOTS / 2 };
    struct slot {
        uint64_t key, value;
    } *slots = bench_alloc(SLOTS * sizeof(*slots));
    for (size_t i = 0; i < SLOTS; i++) {
        slots[i] = (struct slot){0, 0};
    }
    uint64_t seed = 12, sum = 0;
    for (size_t i = 1; i <= ROWS; i++) {
        size_t at = (i * 0x9e3779b97f4a7c15ULL) >> 43;
        while (slots[at].key) {
            at = (at + 1) & (SLOTS - 1);
        }
        slots[at] = (struct slot){i, bench_random(&seed)};
    }
    for (size_t i = 0; i < (size_t)work * 65536 * 2; i++) {
        uint64_t key = bench_random(&seed) % SLOTS + 1;
        size_t at = (key * 0x9e3779b97f4a7c15ULL) >> 43;
        while (slots[at].key && slots[at].key != key) {
            at = (at + 1) & (SLOTS - 1);
        }
        sum += slots[at].value;
    }
    free(slots);
    return sum;
}

/* ---- update ---- */
uint64_t bench_update(unsigned work)
{
    enum { COUNT = BIG / sizeof(uint64_t) };
    uint64_t *table = bench_alloc(BIG);
    uint64_t seed = 13, sum = 0;
    for (size_t i = 0; i < COUNT; i++) {
        table[i] = i;
    }
    for (size_t i = 0; i < (size_t)work * 65536; i++) {
        uint64_t r = bench_random(&seed);
        table[r >> 41] ^= r;
    }
    for (size_t i = 0; i < COUNT; i += 61) {
        sum = bench_mix(sum, table[i]);
    }
    free(table);
    return sum;
}
