/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Halting and going on. All of it happens on the emulator's one thread: a halted machine is a call
 * of halt() that has not returned, in machine_run(), in a slice between two instructions, or in
 * firmware in C at an event. Slices stay what they were: a halt in the middle of one goes on with
 * the rest of it, and asynchronous interrupts are taken at the same boundaries as without a
 * debugger.
 */
#include "debug_internal.h"

#include <stdlib.h>

#include "engine/exec.h"
#include "hooks.h"
#include "pefemu/chardev.h"
#include "pefemu/history.h"

/* An engine's slice may be that much longer than asked for: to the end of a page. */
#define OVERRUN 4096

/* ---- construction ---- */

struct debug *debug_create(struct machine *m)
{
    struct debug *d = m->debug ? m->debug : calloc(1, sizeof(*d));
    if (d) {
        d->m = m;
        m->debug = d;
    }
    return d;
}

void debug_destroy(struct debug *d)
{
    if (!d)
        return;
    event_observe(&d->m->events, debug_event, d, 0);
    d->m->debug = NULL;
    points_free(d);
    history_destroy(d->history);
    free(d->monitor);
    free(d);
}

bool debug_add_front(struct debug *d, const struct debug_front *front, void *opaque)
{
    if (d->fronts == DEBUG_FRONTS)
        return false;
    d->front[d->fronts].fn = front;
    d->front[d->fronts++].opaque = opaque;
    return true;
}

void debug_remove_front(struct debug *d, void *opaque)
{
    for (unsigned i = 0; i < d->fronts; i++) {
        if (d->front[i].opaque != opaque)
            continue;
        d->front[i] = d->front[--d->fronts];
        return;
    }
}

unsigned debug_fronts(const struct debug *d)
{
    return d->fronts;
}

void debug_halt_at_start(struct debug *d)
{
    d->halt_at_start = true;
}

/* ---- questions ---- */

struct machine *debug_machine(const struct debug *d)
{
    return d->m;
}

const struct debug_halt *debug_halted(const struct debug *d)
{
    return d->halted ? &d->halt : NULL;
}

bool debug_has_ended(const struct debug *d)
{
    return d->ended;
}

bool debug_is_pausing(const struct debug *d)
{
    return d->pause;
}

bool debug_at_slice_end(const struct debug *d)
{
    return d->m->current && d->slice_over;
}

void debug_set_mark(struct debug *d, uint64_t position, void (*fn)(void *opaque), void *opaque)
{
    d->mark.fn = fn;
    d->mark.opaque = opaque;
    d->mark.position = position;
    if (d->m->current)
        d->m->current->debug_stop = true;
}

bool debug_in_firmware(const struct debug *d)
{
    return d->halted && d->halt.at_event;
}

static uint64_t attempts(const struct cpu *cpu)
{
    return cpu_insns_now(cpu) + cpu->stalls;
}

void debug_observe(struct debug *d)
{
    uint32_t until = d->mode == MODE_UNTIL ? d->wish.events : 0;
    event_observe(&d->m->events, debug_event, d, points_events(d) | until);
}

/* ---- halting ---- */

static void tell_fronts(struct debug *d)
{
    for (unsigned i = 0; i < d->fronts; i++)
        if (d->front[i].fn->halted)
            d->front[i].fn->halted(d->front[i].opaque, &d->halt);
}

unsigned debug_fds(struct debug *d, struct pollfd *fds, unsigned max)
{
    unsigned n = 0;
    for (unsigned i = 0; i < d->fronts; i++)
        if (d->front[i].fn->fds)
            n += d->front[i].fn->fds(d->front[i].opaque, fds + n, max - n);
    return n;
}

static void poll_fronts(struct debug *d)
{
    for (unsigned i = 0; i < d->fronts; i++)
        if (d->front[i].fn->poll)
            d->front[i].fn->poll(d->front[i].opaque);
}

/* Between two looks at -timeout. */
#define HALT_WAIT_NS 200000000ULL

/* The user, or the time of -timeout, may end a halted machine. */
static void check_host(struct machine *m)
{
    (void)chardev_can_read(m->console); /* Ctrl-A keys */
    if (chardev_quit_requested(m->console))
        machine_request_stop(m, STOP_QUIT, "quit");
    else if (machine_time_is_up(m))
        machine_request_stop(m, STOP_TIMEOUT, NULL);
}

/* Until a front end resumes the machine, or something ends it. */
static void halt(struct debug *d)
{
    struct pollfd fds[DEBUG_MAX_FDS];
    d->pause = d->pause_in_slice = d->halt_at_start = false;
    d->mode = MODE_RUN;
    if (d->m->stop != STOP_NONE)
        return; /* it is over; a slice goes on to its end as without a debugger */
    travel_ends(d);
    d->halted = true;
    debug_observe(d);
    tell_fronts(d);
    while (d->halted && d->m->stop == STOP_NONE) {
        poll_fronts(d);
        check_host(d->m);
        if (d->halted && d->m->stop == STOP_NONE)
            chardev_wait_also(d->m->console, d->m->cfg.timeout_s > 0 ? HALT_WAIT_NS : UINT64_MAX,
                              fds, debug_fds(d, fds, DEBUG_MAX_FDS));
    }
    d->halted = false;
    for (unsigned i = 0; i < d->fronts; i++)
        if (d->front[i].fn->resumed)
            d->front[i].fn->resumed(d->front[i].opaque);
    if (d->halt.point && d->halt.point->temporary)
        debug_delete(d, d->halt.point->id);
}

/* d->halt has been met. */
static void meet(struct debug *d)
{
    if (d->m->stop == STOP_NONE && !travel_passes(d))
        halt(d);
}

static void halt_for(struct debug *d, enum debug_cause cause, struct cpu *cpu,
                     const struct debug_point *point)
{
    d->halt = (struct debug_halt){.cause = cause, .cpu = cpu, .point = point};
    halt(d);
}

/* ---- control ---- */

void debug_pause(struct debug *d)
{
    d->pause = true;
    if (d->m->current)
        cpu_kick(d->m->current); /* only ever called from a front end's poll(): between slices */
}

static void resume(struct debug *d, enum debug_mode mode)
{
    d->mode = mode;
    d->halted = false;
    debug_observe(d);
}

void debug_continue(struct debug *d)
{
    resume(d, MODE_RUN);
}

/* At an event the CPU is in the middle of an instruction: the rest of it is the first step. */
static bool is_midway(const struct debug *d, const struct cpu *cpu)
{
    return debug_in_firmware(d) && d->halt.cpu == cpu;
}

static void start_stepping(struct debug *d, struct cpu *cpu, uint64_t n)
{
    d->cpu = cpu;
    d->target = attempts(cpu) + n - (n && is_midway(d, cpu));
    cpu->debug_stop = true;
    resume(d, MODE_STEP);
}

void debug_step(struct debug *d, struct cpu *cpu, uint64_t n)
{
    d->range_len = 0;
    start_stepping(d, cpu, n);
}

void debug_step_range(struct debug *d, struct cpu *cpu, ea_t start, ea_t end)
{
    d->range = start;
    d->range_len = end > start ? end - start : 0;
    start_stepping(d, cpu, 1);
}

void debug_until(struct debug *d, uint32_t events, struct cpu *cpu)
{
    debug_until_wish(d, &(struct debug_wish){.events = events, .cpu = cpu, .count = 1});
}

void debug_until_wish(struct debug *d, const struct debug_wish *wish)
{
    d->wish = *wish;
    resume(d, MODE_UNTIL);
}

void debug_run_to(struct debug *d, uint64_t position)
{
    d->target = position;
    if (d->m->current)
        d->m->current->debug_stop = true;
    resume(d, MODE_RUN_TO);
}

void debug_quit(struct debug *d)
{
    machine_request_stop(d->m, STOP_QUIT, "quit");
    d->halted = false;
}

/* ---- events ---- */

static bool is_wanted(struct debug *d, const struct event *ev)
{
    struct debug_wish *w = &d->wish;
    if (d->mode != MODE_UNTIL || !(w->events >> ev->id & 1) || (w->cpu && w->cpu != ev->cpu))
        return false;
    if (w->text[0] && (!ev->text || strcmp(w->text, ev->text)))
        return false;
    return w->count <= 1 || !--w->count;
}

void debug_event(void *debug, const struct event *ev)
{
    struct debug *d = debug;
    struct debug_point *p = points_hit_event(d, ev);
    bool wanted = is_wanted(d, ev);
    if ((!p && !wanted) || d->m->stop != STOP_NONE)
        return;
    d->halt = (struct debug_halt){
        .cause = p ? HALT_EVENT : HALT_STEP,
        .cpu = ev->cpu ? ev->cpu : &d->m->cpus[0],
        .point = p,
        .event = *ev,
        .at_event = true,
    };
    if (ev->text) {
        snprintf(d->halt.text, sizeof(d->halt.text), "%s", ev->text);
        d->halt.event.text = d->halt.text;
    }
    meet(d);
}

/* ---- in a slice ---- */

/* Have the watches that halt before the next instruction of @cpu been met? */
static bool was_told(const struct debug *d, const struct cpu *cpu)
{
    return d->told.cpu == cpu && d->told.attempt == attempts(cpu);
}

/* One instruction, whatever stops there but a watch that halts before it. True: the slice is over,
 * as the engine would end it. */
static bool step(struct debug *d, struct cpu *cpu)
{
    d->passing = true;
    d->accessing = was_told(d, cpu);
    d->watched.point = NULL;
    bool boundary = exec_one(cpu);
    d->passing = d->accessing = false;
    if (cpu->debug_mid) { /* nothing was executed */
        cpu->debug_mid = cpu->debug_stop = false;
        return false;
    }
    return (boundary || cpu->step_only) && exec_is_over(cpu); /* debug_stop ends no slice */
}

static void halt_for_watch(struct debug *d, struct cpu *cpu)
{
    struct debug_point *p = d->watched.point;
    d->watched.point = NULL;
    if (!points_hit_watch(d, p, cpu))
        return;
    d->halt = (struct debug_halt){.cause = HALT_WATCH,
                                  .cpu = cpu,
                                  .point = p,
                                  .ea = d->watched.ea,
                                  .store = d->watched.store};
    meet(d);
}

static void after_step(struct debug *d, struct cpu *cpu)
{
    if (d->watched.point && !d->watched.point->before)
        halt_for_watch(d, cpu);
}

/* A watch that halts before its access has been met, by the engine or by step(). */
static void before_access(struct debug *d, struct cpu *cpu)
{
    if (!d->watched.point || !d->watched.point->before || was_told(d, cpu))
        return;
    d->told.cpu = cpu;
    d->told.attempt = attempts(cpu);
    halt_for_watch(d, cpu);
}

static bool step_is_done(const struct debug *d, const struct cpu *cpu)
{
    if (d->mode == MODE_STEP)
        return d->cpu == cpu && attempts(cpu) >= d->target && cpu->cia - d->range >= d->range_len;
    return d->mode == MODE_RUN_TO && machine_position(d->m) >= d->target;
}

/* The next position that is of interest; ~0: none is. */
static uint64_t next_position(const struct debug *d)
{
    uint64_t position = d->mode == MODE_RUN_TO ? d->target : ~0ULL;
    uint64_t travel = travel_mark(d);
    position = travel < position ? travel : position;
    return d->mark.fn && d->mark.position < position ? d->mark.position : position;
}

/* Instructions that @cpu may execute before anything is of interest; ~0: any number. */
static uint64_t run_length(const struct debug *d, const struct cpu *cpu)
{
    uint64_t position = next_position(d), here = machine_position(d->m), done = attempts(cpu);
    uint64_t left = position == ~0ULL ? ~0ULL : position > here ? position - here : 0;
    uint64_t steps = d->mode != MODE_STEP || d->cpu != cpu ? ~0ULL
                     : d->target > done                    ? d->target - done
                                                           : 0;
    return steps < left ? steps : left;
}

/* Lets the engine run towards that, not over it. False: too near, step. */
static bool run_towards(struct debug *d, struct cpu *cpu)
{
    uint64_t left = run_length(d, cpu);
    if (left == ~0ULL)
        return true;
    if (left <= OVERRUN)
        return false;
    cpu_withhold(cpu, (int64_t)(left - OVERRUN));
    return true;
}

static void reach_mark(struct debug *d)
{
    void (*fn)(void *opaque) = d->mark.fn;
    if (machine_position(d->m) >= travel_mark(d)) {
        travel_at_mark(d);
        return;
    }
    if (!fn || machine_position(d->m) < d->mark.position)
        return;
    d->mark.fn = NULL;
    fn(d->mark.opaque);
}

/* Before the next instruction of @cpu: halt? The end of a slice has none yet. */
static void before_step(struct debug *d, struct cpu *cpu, bool over)
{
    struct debug_point *p = NULL;
    d->slice_over = over;
    if (d->m->stop == STOP_NONE)
        reach_mark(d);
    if (d->m->stop != STOP_NONE)
        return;
    if (d->m->debug_breaks && !over && cpu->debug_checked != attempts(cpu) + 1) {
        cpu->debug_checked = attempts(cpu) + 1; /* once for each time it gets here; 0: never */
        p = points_hit_break(d, cpu, cpu->cia);
    }
    if (p)
        d->halt = (struct debug_halt){.cause = HALT_BREAK, .cpu = cpu, .point = p};
    if (p && !travel_passes(d))
        halt(d);
    else if (d->pause_in_slice)
        halt_for(d, d->halt_at_start ? HALT_START : HALT_PAUSED, cpu, NULL);
    else if (step_is_done(d, cpu))
        halt_for(d, HALT_STEP, cpu, NULL);
}

/* Is the next instruction the debugger's to execute? Else the engine may go on. */
static bool must_step(struct debug *d, struct cpu *cpu)
{
    if (d->watched.point || was_told(d, cpu))
        return true;
    if (d->m->debug_breaks && debug_breaks_at(d, cpu->cia))
        return true;
    return !run_towards(d, cpu);
}

bool debug_stopped(struct debug *d, struct cpu *cpu)
{
    cpu_withhold_none(cpu);
    bool over = !cpu->debug_mid && exec_is_over(cpu);
    cpu->debug_stop = cpu->debug_mid = false;
    for (;;) {
        before_step(d, cpu, over);
        before_access(d, cpu);
        cpu->debug_stop = false;
        if (over)
            return false;
        if (!must_step(d, cpu))
            return true;
        d->slice_over = over = step(d, cpu);
        after_step(d, cpu);
    }
}

bool debug_wants_slice(struct debug *d, struct cpu *cpu)
{
    return cpu->debug_stop || (d->mode == MODE_STEP && d->cpu == cpu) || d->pause_in_slice ||
           next_position(d) != ~0ULL;
}

/* ---- between slices ---- */

void debug_poll(struct debug *d)
{
    struct cpu *cpu = &d->m->cpus[d->m->turn];
    if (d->history)
        history_round(d->history);
    if (d->m->rest.pending) { /* a snapshot of the middle of a slice: halt where it was made */
        poll_fronts(d);
        d->pause_in_slice = d->pause || d->halt_at_start;
        return;
    }
    if (d->halt_at_start)
        halt_for(d, HALT_START, cpu, NULL);
    poll_fronts(d);
    if (d->pause)
        halt_for(d, HALT_PAUSED, cpu, NULL);
}

void debug_ended(struct debug *d)
{
    d->travel.kind = TRAVEL_NONE;
    d->ended = true;
    d->halt = (struct debug_halt){.cause = HALT_ENDED, .cpu = &d->m->cpus[d->m->turn]};
    tell_fronts(d);
}
