/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The debugger's core: stop points, halting and stepping a machine. Front ends (the gdb server, the
 * prompt) say what is wanted and show what has happened; they know no engine.
 *
 * A halted machine stands still wherever it is: between two instructions, or, at an event, inside
 * the firmware that is written in C. No guest time passes. Whatever a front end does, the guest
 * executes the same instructions at the same times as without a debugger, unless it writes
 * registers or memory.
 */
#ifndef PEFEMU_DEBUG_H
#define PEFEMU_DEBUG_H

#include <poll.h>

#include "pefemu/event.h"
#include "pefemu/machine.h"

struct debug;

/* ---- stop points ---- */

enum debug_kind { DEBUG_BREAK, DEBUG_WATCH_STORE, DEBUG_WATCH_LOAD, DEBUG_WATCH_ANY, DEBUG_CATCH };

/* A condition on an argument of a caught event. */
struct debug_arg {
    bool used;
    uint64_t value, mask; /* arg & mask == value */
};

#define DEBUG_ANY (~0u)

struct debug_point {
    /* set by the front end */
    enum debug_kind kind;
    ea_t ea;         /* breaks and watches: as the CPU computes it; no translation happens */
    uint64_t len;    /* watches: bytes, 1.. */
    uint32_t events; /* catches: bits 1 << EVENT_x */
    char text[32];   /* catches: event.text must be this one; "": any */
    struct debug_arg arg[EVENT_ARGS]; /* catches */
    unsigned cpu;                     /* index, or DEBUG_ANY */
    uint32_t lpid;                    /* or DEBUG_ANY */
    uint32_t states;                  /* bits 1 << ST_x; 0: any */
    int secure;                       /* MSR[S]: 0, 1; -1: either */
    uint64_t ignore;                  /* passes that do not stop */
    bool temporary, disabled;
    bool before;       /* watches: halt before the instruction, not after it */
    bool owned_by_gdb; /* not listed at the prompt */
    /* set by the core */
    unsigned id;   /* 1.. */
    uint64_t hits; /* passes that met every condition, the ignored ones too */
};

/* A point with no conditions. */
void debug_point_init(struct debug_point *p, enum debug_kind kind);
/* Copies @p. Returns its id; 0: no memory, or more than DEBUG_MAX_POINTS. */
#define DEBUG_MAX_POINTS 1024
unsigned debug_add(struct debug *d, const struct debug_point *p);
bool debug_delete(struct debug *d, unsigned id);
/* The points in order of id, to be shown or changed (conditions, disabled); NULL: no more. @after:
 * NULL for the first. Call debug_points_changed() after a change of ea, len, kind or disabled. */
struct debug_point *debug_next_point(struct debug *d, const struct debug_point *after);
void debug_points_changed(struct debug *d);

/* ---- halts ---- */

enum debug_cause {
    HALT_START,  /* -S: before the first instruction */
    HALT_PAUSED, /* debug_pause() */
    HALT_STEP,   /* a step, debug_until() or debug_run_to() is done */
    HALT_BREAK,  /* before the instruction at a break */
    HALT_WATCH,  /* after the instruction that accessed what is watched, or before it */
    HALT_EVENT,  /* at a caught event: perhaps in the middle of an instruction */
    HALT_ENDED,  /* machine_run() is about to return: machine.stop says why */
    HALT_BEGIN_OF_HISTORY,
    HALT_END_OF_HISTORY, /* reverse execution and replay: no further */
};

struct debug_halt {
    enum debug_cause cause;
    struct cpu *cpu;                 /* never NULL */
    const struct debug_point *point; /* of BREAK, WATCH, EVENT; NULL for a step */
    ea_t ea;                         /* WATCH: first byte of the access that is watched */
    bool store;                      /* WATCH */
    struct event event;              /* EVENT, and steps that end at one; text is copied */
    char text[64];                   /* event.text points here */
    bool at_event;                   /* event is valid */
};

/* A front end. Functions may be NULL. */
struct debug_front {
    /* Descriptors to wait for; returns how many, at most @max. */
    unsigned (*fds)(void *opaque, struct pollfd *fds, unsigned max);
    /* Handles input; between slices of a running machine, and again and again of a halted one. */
    void (*poll)(void *opaque);
    void (*halted)(void *opaque, const struct debug_halt *halt);
    void (*resumed)(void *opaque);
};
#define DEBUG_FRONTS  4
#define DEBUG_MAX_FDS 16 /* of all front ends */

/* @m gets a debugger (m->debug) if it has none. NULL: no memory. */
struct debug *debug_create(struct machine *m);
void debug_destroy(struct debug *d); /* accepts NULL; the front ends are the caller's */
bool debug_add_front(struct debug *d, const struct debug_front *front, void *opaque);
void debug_remove_front(struct debug *d, void *opaque);
unsigned debug_fronts(const struct debug *d); /* how many */
/* Halt before the first instruction (-S). */
void debug_halt_at_start(struct debug *d);

struct machine *debug_machine(const struct debug *d);
/* The present halt, NULL while the machine runs. */
const struct debug_halt *debug_halted(const struct debug *d);
/* Has machine_run() come to its end? With -no-shutdown the front ends stay. */
bool debug_has_ended(const struct debug *d);
/* debug_pause() was called and the halt is yet to come. */
bool debug_is_pausing(const struct debug *d);
/* Inside firmware in C (at an event), where registers may not be written? */
bool debug_in_firmware(const struct debug *d);

/* ---- control, by front ends ---- */

void debug_pause(struct debug *d); /* halt at the end of the present slice */
/* The others return at once; the machine goes on when the front end's poll or halted returns. */
void debug_continue(struct debug *d);
/* Until @cpu has executed @n instructions; an interrupt taken counts as one, and at an event the
 * rest of the one under way. Others run in their turn. */
void debug_step(struct debug *d, struct cpu *cpu, uint64_t n);
/* At least one, and on until @cpu is about to execute something outside [start, end). */
void debug_step_range(struct debug *d, struct cpu *cpu, ea_t start, ea_t end);
/* Until one of @events happens (on @cpu, or any: NULL), or a stop point is met. */
void debug_until(struct debug *d, uint32_t events, struct cpu *cpu);
/* The same for the @count'th event that meets all of it. */
struct debug_wish {
    uint32_t events; /* bits 1 << EVENT_x */
    struct cpu *cpu; /* NULL: any */
    char text[32];   /* event.text must be this one; "": any */
    uint64_t count;  /* 1.. */
};
void debug_until_wish(struct debug *d, const struct debug_wish *wish);
/* Until the machine's position is @position; at once if it is already beyond. */
void debug_run_to(struct debug *d, uint64_t position);
/* Ends the machine (STOP_QUIT). */
void debug_quit(struct debug *d);

/* ---- backwards; false: there is no history, say so. The machine is resumed towards the past and
 * halts there (HALT_STEP, HALT_BREAK, HALT_WATCH, HALT_EVENT, HALT_BEGIN_OF_HISTORY). ---- */
/* Keep history from here on, with a checkpoint every @interval (history.h). False: no memory. */
bool debug_keep_history(struct debug *d, uint64_t interval);
/* A front end is about to change registers or memory. History can not be lived through again over
 * that: it begins anew. */
void debug_history_changed(struct debug *d);
bool debug_can_reverse(const struct debug *d);
bool debug_reverse_step(struct debug *d, struct cpu *cpu, uint64_t n);
bool debug_reverse_continue(struct debug *d);   /* to the last stop point before here */
bool debug_rewind(struct debug *d, uint64_t n); /* by n of machine_position() */

/* ---- for machine.c and the engines ---- */

/* Between slices. Returns when the machine may go on. */
void debug_poll(struct debug *d);
/* A slice begins: must it be stepped, or halted before its first instruction? */
bool debug_wants_slice(struct debug *d, struct cpu *cpu);
/* cpu->debug_stop: halt, step, whatever is asked for; returns true when the engine is to go on with
 * the slice, false when the slice is over. */
bool debug_stopped(struct debug *d, struct cpu *cpu);
void debug_ended(struct debug *d);
/* Halted at the end of a slice, which has nothing left to execute? For snapshots. */
bool debug_at_slice_end(const struct debug *d);
/* @fn is called once, when the machine's position has become @position or more, between two
 * instructions and without a halt; NULL: not any more. What the machine executes, and when, stays
 * the same. */
void debug_set_mark(struct debug *d, uint64_t position, void (*fn)(void *opaque), void *opaque);
/* Host input that a sleeping machine waits for beside the console. */
unsigned debug_fds(struct debug *d, struct pollfd *fds, unsigned max);

#endif
