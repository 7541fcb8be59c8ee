// SPDX-License-Identifier: Apache-2.0
/* More programs of large working sets: graphs, sorting, indirect and strided access, copies. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* ---- bfs: breadth-first search of a random graph, 2 MiB of nodes and 32 MiB of edges ---- */
uint64_t bench_bfs(unsigned work)
{
    enum { NODES = 1 << 19, DEGREE = 8 };
    uint32_t *edges = bench_alloc((size_t)NODES * DEGREE * sizeof(*edges) * 2);
    uint32_t *depth = bench_alloc(NODES * sizeof(*depth)), *queue = bench_alloc(NODES * 4UL);
    uint64_t seed = 50, sum = 0;
    /* Every other word of an edge is its weight, which the search passes over. */
    for (size_t i = 0; i < (size_t)NODES * DEGREE; i++) {
        edges[2 * i] = (uint32_t)(bench_random(&seed) >> 45);
        edges[2 * i + 1] = (uint32_t)i;
    }
    /* Unit of work: 16 Ki nodes leave the queue. */
    for (size_t left = (size_t)work * 16384; left > 0;) {
        size_t head = 0, tail = 0;
        memset(depth, 0xff, NODES * sizeof(*depth));
        queue[tail++] = (uint32_t)(bench_random(&seed) >> 45);
        depth[queue[0]] = 0;
        for (; head < tail && left > 0; left--) {
            uint32_t node = queue[head++];
            for (size_t k = 0; k < DEGREE; k++) {
                uint32_t to = edges[2 * ((size_t)node * DEGREE + k)];
                if (depth[to] == UINT32_MAX) {
                    depth[to] = depth[node] + 1;
                    queue[tail++] = to;
                }
            }
        }
        sum = bench_mix(sum, tail + depth[queue[tail - 1]]);
    }
    free(edges);
    free(depth);
    free(queue);
    return sum;
}

/* ---- radix: keys scattered to 256 places at a time ---- */
static void radix_pass(uint64_t *restrict to, const uint64_t *restrict from, size_t n,
                       unsigned shift)
{
    size_t place[256] = {0}, at = 0;
    for (size_t i = 0; i < n; i++) {
        place[from[i] >> shift & 255]++;
    }
    for (size_t i = 0; i < 256; i++) {
        size_t count = place[i];
        place[i] = at;
        at += count;
    }
    for (size_t i = 0; i < n; i++) {
        to[place[from[i] >> shift & 255]++] = from[i];
    }
}

uint64_t bench_radix(unsigned work)
{
    enum { KEYS = 1 << 21 };
    uint64_t *keys = bench_alloc(KEYS * sizeof(*keys)), *other = bench_alloc(KEYS * sizeof(*keys));
    uint64_t seed = 51, sum = 0;
    for (size_t i = 0; i < KEYS; i++) {
        keys[i] = bench_random(&seed);
    }
    for (unsigned pass = 0; pass < work; pass++) {
        radix_pass(other, keys, KEYS, 8 * (pass % 8));
        uint64_t *t = keys;
        keys = other;
        other = t;
        sum = bench_mix(sum, keys[bench_random(&seed) % KEYS]);
    }
    free(keys);
    free(other);
    return sum;
}

/* ---- gather: sums of elements that an index names, as sparse matrices do ---- */
uint64_t bench_gather(unsigned work)
{
    enum { ELEMENTS = 1 << 22, ROW = 16 };
    uint32_t *index = bench_alloc(ELEMENTS * sizeof(*index));
    uint64_t *from = bench_alloc(ELEMENTS * sizeof(*from)), seed = 52, sum = 0;
    for (size_t i = 0; i < ELEMENTS; i++) {
        index[i] = (uint32_t)(bench_random(&seed) >> 42);
        from[i] = i * 3;
    }
    for (size_t unit = 0; unit < work; unit++) {
        for (size_t row = unit * 4096; row < (unit + 1) * 4096; row++) {
            const uint32_t *at = index + row * ROW % ELEMENTS;
            uint64_t total = 0;
            for (size_t k = 0; k < ROW; k++) {
                total += from[at[k]] * (k + 1);
            }
            sum = bench_mix(sum, total);
        }
    }
    free(index);
    free(from);
    return sum;
}

/* ---- turn: a matrix of 2048 x 2048 words written by columns ---- */
BENCH_ALONE static void turn(uint64_t *restrict to, const uint64_t *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            to[j * n + i] = from[i * n + j];
        }
    }
}

uint64_t bench_turn(unsigned work)
{
    enum { SIDE = 2048 };
    uint64_t *a = bench_alloc(SIDE * SIDE * sizeof(*a)), *b = bench_alloc(SIDE * SIDE * sizeof(*b));
    uint64_t sum = 0;
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        a[i] = i;
    }
    while (work--) {
        turn(b, a, SIDE);
        b[work] += work;
        turn(a, b, SIDE);
        sum = bench_mix(sum, a[(work + 1) * 4099 % (SIDE * SIDE)]);
    }
    free(a);
    free(b);
    return sum;
}

/* ---- blocks: memcpy, memmove, memset and memcmp of 64 bytes to 64 KiB in 32 MiB ---- */
uint64_t bench_blocks(unsigned work)
{
    enum { BYTES = 32 << 20 };
    uint8_t *memory = bench_alloc(BYTES);
    uint64_t seed = 53, sum = 0;
    for (size_t i = 0; i < BYTES; i += 8) {
        uint64_t word = bench_random(&seed);
        memcpy(memory + i, &word, 8);
    }
    for (size_t i = 0; i < (size_t)work * 64; i++) {
        uint64_t r = bench_random(&seed);
        size_t size = (64U << r % 11) + (r >> 8 & 63), from = (r >> 20) % (BYTES - size);
        size_t to = (r >> 40) % (BYTES - size), gap = from > to ? from - to : to - from;
        if (gap < size || (r & 1 << 16)) {
            memmove(memory + to, memory + from, size);
        } else {
            memcpy(memory + to, memory + from, size);
        }
        if (r >> 61 == 0) {
            memset(memory + from, (int)(r >> 16), size);
        }
        sum += memcmp(memory + to, memory + from, size) == 0;
        sum = bench_mix(sum, memory[to + size / 2]);
    }
    free(memory);
    return sum;
}

/* ---- lists: merge sort of a linked list of 16 MiB ---- */
struct record {
    struct record *next;
    uint64_t key, load[2];
};

static struct record *merge(struct record *a, struct record *b)
{
    struct record *first = NULL, **last = &first;
    while (a && b) {
        struct record **least = b->key < a->key ? &b : &a;
        *last = *least;
        last = &(*last)->next;
        *least = *last;
    }
    *last = a ? a : b;
    return first;
}

uint64_t bench_lists(unsigned work)
{
    enum { RECORDS = 1 << 19, RUNS = 20 };
    struct record *pool = bench_alloc(RECORDS * sizeof(*pool));
    uint64_t seed = 54, sum = 0;
    /* Unit of work: 32 Ki records sorted, at most all in one list. */
    for (size_t left = (size_t)work * 32768, n; left > 0; left -= n) {
        struct record *runs[RUNS] = {NULL}, *list = NULL;
        n = left < RECORDS ? left : RECORDS;
        for (size_t i = 0; i < n; i++) {
            struct record *r = &pool[i * 7919 % n]; /* a prime step: each once */
            size_t k = 0;
            *r = (struct record){NULL, bench_random(&seed) >> 1, {i, 0}};
            for (; runs[k]; k++) {
                r = merge(runs[k], r);
                runs[k] = NULL;
            }
            runs[k] = r;
        }
        for (size_t k = 0; k < RUNS; k++) {
            list = merge(list, runs[k]);
        }
        uint64_t before = 0, place = 0;
        for (; list; before = list->key, list = list->next) {
            if (list->key < before) {
                bench_fail("lists: not in order");
            }
            sum += list->key ^ place++;
        }
        if (place != n) {
            bench_fail("lists: a record is missing");
        }
    }
    free(pool);
    return sum;
}
