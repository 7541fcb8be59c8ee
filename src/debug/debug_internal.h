/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of src/debug share of the core. */
#ifndef PEFEMU_DEBUG_INTERNAL_H
#define PEFEMU_DEBUG_INTERNAL_H

#include "pefemu/debug.h"

/* What the machine has been told to do when it was resumed. */
enum debug_mode { MODE_RUN, MODE_STEP, MODE_UNTIL, MODE_RUN_TO };

/* Where a machine that goes back in its history is going (reverse.c). */
enum travel_kind {
    TRAVEL_NONE,
    TRAVEL_TO_STEP,     /* until cpu has executed target */
    TRAVEL_TO_POSITION, /* target */
    TRAVEL_TO_BEGIN,
    TRAVEL_COUNTS,     /* what is met up to position end */
    TRAVEL_TO_MEETING, /* number wanted of these */
};

struct travel {
    enum travel_kind kind;
    unsigned from; /* checkpoint */
    struct cpu *cpu;
    uint64_t target;
    uint64_t end;
    bool at_event; /* it began at this event, at position end - 1 */
    struct event event;
    uint64_t met, wanted;
    struct debug_halt last; /* the last that was met, and where to halt for it */
    uint64_t last_position;
    bool arrives; /* at the target with this halt, not as after a step */
    struct debug_halt arrival;
};

struct history;

struct debug_node {
    struct debug_node *next;
    struct debug_point p;
};

struct debug {
    struct machine *m;         /* borrowed */
    struct debug_node *points; /* owned, by id */
    unsigned npoints, last_id;
    struct {
        const struct debug_front *fn;
        void *opaque;
    } front[DEBUG_FRONTS];
    unsigned fronts;

    bool ended;  /* the machine has: nothing moves any more */
    bool halted; /* a front end has not resumed it yet */
    struct debug_halt halt;
    bool pause; /* debug_pause(): halt at the end of the slice */
    bool halt_at_start;
    bool pause_in_slice; /* the same before the next instruction of the slice */

    enum debug_mode mode;
    struct cpu *cpu;        /* MODE_STEP */
    uint64_t target;        /* MODE_STEP: attempts of cpu; MODE_RUN_TO: position */
    ea_t range, range_len;  /* MODE_STEP: it is not over while cpu->cia is in there; 0: none */
    struct debug_wish wish; /* MODE_UNTIL */

    bool slice_over; /* debug_stopped(): the slice has ended, but the halt is still in it */
    struct {
        void (*fn)(void *opaque); /* NULL: none */
        void *opaque;
        uint64_t position;
    } mark;

    struct history *history; /* owned; NULL: none is kept */
    struct travel travel;

    struct monitor *monitor; /* owned; what its commands remember (monitor.c), NULL: nothing yet */

    bool passing;   /* an instruction is executed in spite of stop points */
    bool accessing; /* also of watches that halt before it: they have had their say */
    struct {        /* where they have: before attempt number `attempt` of `cpu` */
        struct cpu *cpu;
        uint64_t attempt;
    } told;
    struct { /* what that instruction accessed, or was about to access */
        struct debug_point *point;
        ea_t ea;
        bool store;
    } watched;
};

/* ---- points.c ---- */
/* The enabled break at @ea whose conditions hold on @cpu; counts the pass. NULL: do not stop. */
struct debug_point *points_hit_break(struct debug *d, struct cpu *cpu, ea_t ea);
struct debug_point *points_hit_event(struct debug *d, const struct event *ev);
/* Does the watch stop, now that its access has happened? Counts the pass. */
bool points_hit_watch(struct debug *d, struct debug_point *p, struct cpu *cpu);
/* Bits of the events that enabled catches name. */
uint32_t points_events(const struct debug *d);
void points_free(struct debug *d);

/* ---- reverse.c: the machine is on its way through its history ---- */
/* d->halt is met: is it passed by? False: halt. */
bool travel_passes(struct debug *d);
/* A position where travel_at_mark() is to be called, ~0: none. */
uint64_t travel_mark(const struct debug *d);
void travel_at_mark(struct debug *d);
/* The machine halts: completes d->halt. */
bool travel_ends(struct debug *d);

/* ---- debug.c ---- */
void debug_event(void *debug, const struct event *ev);
/* The observer wants what catches and `until` want. */
void debug_observe(struct debug *d);

#endif
