// SPDX-License-Identifier: Apache-2.0
/*
 * Discrete events: packets through a ring of stations with queues. A calendar of linked lists holds
 * what is to happen, so that the program walks pointers as simulators do.
 */
#include <string.h>

#include "overhead.h"

enum { STATIONS = 64, PACKETS = 512, SLOTS = 256, EVENTS = 8192 };

struct event {
    struct event *next;
    uint64_t time;
    uint32_t station, packet;
};

struct station {
    uint64_t free_at, served, waited;
};

struct world {
    struct event *slot[SLOTS];
    struct event event[PACKETS];
    struct station station[STATIONS];
    uint64_t now, seed;
    uint32_t hops[PACKETS];
};

/* Each slot holds one time unit of every SLOTS, ordered by time, then as inserted. */
static void schedule(struct world *w, struct event *e, uint64_t time)
{
    struct event **link = &w->slot[time % SLOTS];
    e->time = time;
    while (*link && (*link)->time <= time) {
        link = &(*link)->next;
    }
    e->next = *link;
    *link = e;
}

static struct event *take(struct world *w)
{
    for (;; w->now++) {
        struct event *e = w->slot[w->now % SLOTS];
        if (e && e->time == w->now) {
            w->slot[w->now % SLOTS] = e->next;
            return e;
        }
    }
}

static void arrive(struct world *w, struct event *e)
{
    struct station *s = &w->station[e->station];
    uint64_t r = bench_random(&w->seed);
    uint64_t start = s->free_at > w->now ? s->free_at : w->now;
    s->waited += start - w->now;
    s->served++;
    s->free_at = start + 1 + r % 9;
    w->hops[e->packet]++;
    e->station = r >> 32 & 1 ? (e->station + 1) % STATIONS : (uint32_t)(r >> 40) % STATIONS;
    schedule(w, e, s->free_at + (r >> 48) % 100);
}

uint64_t lab_events(unsigned work)
{
    static struct world w;
    uint64_t sum = 0;
    memset(&w, 0, sizeof(w));
    w.seed = 33;
    for (uint32_t i = 0; i < PACKETS; i++) {
        w.event[i].station = i % STATIONS;
        w.event[i].packet = i;
        schedule(&w, &w.event[i], i % 50);
    }
    for (size_t n = (size_t)work * EVENTS; n; n--) {
        arrive(&w, take(&w));
    }
    for (size_t i = 0; i < STATIONS; i++) {
        sum = bench_mix(sum, w.station[i].served ^ w.station[i].waited << 20);
    }
    for (size_t i = 0; i < PACKETS; i++) {
        sum = bench_mix(sum, w.hops[i]);
    }
    return sum ^ w.now;
}
