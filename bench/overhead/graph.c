// SPDX-License-Identifier: Apache-2.0
/* Graph search: Dijkstra's shortest paths with a binary heap. */
#include "overhead.h"

enum { NODES = 4096, DEGREE = 6, EDGES = NODES * DEGREE };
#define FAR UINT32_MAX

struct edge {
    uint32_t to, length;
};

struct entry {
    uint32_t distance, node;
};

static struct edge edges[EDGES]; /* DEGREE of each node */
static uint32_t distance[NODES];
static struct entry heap[EDGES + 1];
static size_t heap_size;

static void push(struct entry e)
{
    size_t at = heap_size++;
    while (at && heap[(at - 1) / 2].distance > e.distance) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = e;
}

static struct entry pop(void)
{
    struct entry top = heap[0], last = heap[--heap_size];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < heap_size) {
        if (child + 1 < heap_size && heap[child + 1].distance < heap[child].distance) {
            child++;
        }
        if (heap[child].distance >= last.distance) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return top;
}

static void search(uint32_t start)
{
    for (size_t i = 0; i < NODES; i++) {
        distance[i] = FAR;
    }
    distance[start] = 0;
    heap_size = 0;
    push((struct entry){0, start});
    while (heap_size) {
        struct entry e = pop();
        if (e.distance > distance[e.node]) {
            continue; /* a shorter way was found meanwhile */
        }
        for (size_t i = 0; i < DEGREE; i++) {
            struct edge way = edges[e.node * DEGREE + i];
            if (e.distance + way.length < distance[way.to]) {
                distance[way.to] = e.distance + way.length;
                push((struct entry){distance[way.to], way.to});
            }
        }
    }
}

uint64_t lab_graph(unsigned work)
{
    uint64_t seed = 32, sum = 0;
    for (size_t i = 0; i < EDGES; i++) {
        uint64_t r = bench_random(&seed);
        edges[i] = (struct edge){(uint32_t)(r % NODES), (uint32_t)(r >> 40) % 1000 + 1};
    }
    while (work--) {
        search((uint32_t)(bench_random(&seed) % NODES));
        for (size_t i = 0; i < NODES; i += 7) {
            sum = bench_mix(sum, distance[i]);
        }
    }
    return sum;
}
