/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going back in a machine's history: it becomes what it was at a checkpoint (history.h) and lives
 * on from there, silently, to where it is to halt. What it meets on the way halts nobody. To go
 * back to the last stop point, the way from the checkpoint to here is gone twice: once to count
 * what is met, then to the last of it. If nothing is, the same with the stretch before.
 *
 * Between instructions "here" is a position (machine_position()). At an event it is that event.
 */
#include "debug_internal.h"

#include "pefemu/history.h"

/* ---- the beginning of a way ---- */

bool debug_keep_history(struct debug *d, uint64_t interval)
{
    if (!d->history)
        d->history = history_create(d->m, interval);
    return d->history != NULL;
}

void debug_history_changed(struct debug *d)
{
    if (d->history)
        history_changed(d->history);
    if (d->m->outside)
        outside_changed(d->m->outside);
}

bool debug_can_reverse(const struct debug *d)
{
    return d->history && history_count(d->history);
}

static void run_to(struct debug *d, uint64_t position)
{
    d->target = position;
    d->mode = MODE_RUN_TO;
}

/* The machine is at the checkpoint: what from here? */
static void set_out(struct debug *d)
{
    struct travel *t = &d->travel;
    d->mode = MODE_RUN;
    d->told.cpu = NULL;
    t->met = 0;
    switch (t->kind) {
    case TRAVEL_TO_STEP:
        d->cpu = t->cpu;
        d->target = t->target;
        d->range_len = 0;
        d->mode = MODE_STEP;
        break;
    case TRAVEL_TO_POSITION:
        run_to(d, t->target);
        break;
    case TRAVEL_TO_BEGIN:
        debug_pause(d);
        break;
    case TRAVEL_COUNTS: /* to the mark */
    case TRAVEL_TO_MEETING:
    case TRAVEL_NONE:
        break;
    }
    debug_observe(d);
}

static bool at_checkpoint(struct machine *m, void *opaque)
{
    struct debug *d = opaque;
    (void)m;
    if (!history_restore(d->history, d->travel.from))
        return false;
    set_out(d);
    return true;
}

/* Back to checkpoint @from. */
static void go(struct debug *d, enum travel_kind kind, unsigned from)
{
    d->travel.kind = kind;
    d->travel.from = from;
    d->halted = false;
    machine_restore_later(d->m, at_checkpoint, d);
}

/* ---- to a place ---- */

bool debug_reverse_step(struct debug *d, struct cpu *cpu, uint64_t n)
{
    if (!debug_can_reverse(d))
        return false;
    uint64_t here = cpu_insns_now(cpu) + cpu->stalls;
    unsigned i = history_count(d->history);
    d->travel = (struct travel){.cpu = cpu, .target = here > n ? here - n : 0};
    while (i && history_attempts(d->history, i - 1, cpu->index) > d->travel.target)
        i--;
    if (!i || here < n)
        go(d, TRAVEL_TO_BEGIN, 0);
    else
        go(d, TRAVEL_TO_STEP, i - 1);
    return true;
}

bool debug_rewind(struct debug *d, uint64_t n)
{
    if (!debug_can_reverse(d))
        return false;
    uint64_t here = machine_position(d->m);
    unsigned i = history_count(d->history);
    d->travel = (struct travel){.target = here > n ? here - n : 0};
    while (i && history_position(d->history, i - 1) > d->travel.target)
        i--;
    if (!i || here < n)
        go(d, TRAVEL_TO_BEGIN, 0);
    else
        go(d, TRAVEL_TO_POSITION, i - 1);
    return true;
}

/* ---- to a stop point ---- */

/* The stretch from checkpoint @from to travel.end; nothing was met behind it. */
static void count_from(struct debug *d, unsigned from)
{
    go(d, TRAVEL_COUNTS, from);
}

bool debug_reverse_continue(struct debug *d)
{
    if (!debug_can_reverse(d))
        return false;
    unsigned i = history_count(d->history);
    d->travel = (struct travel){.end = machine_position(d->m)};
    if (debug_in_firmware(d)) {
        d->travel.at_event = true;
        d->travel.event = d->halt.event;
        d->travel.end++; /* if that event is not met again */
    }
    while (i && history_position(d->history, i - 1) >= d->travel.end)
        i--;
    if (i)
        count_from(d, i - 1);
    else
        go(d, TRAVEL_TO_BEGIN, 0);
    return true;
}

/* The end of the stretch: now to the last meeting, or to the stretch before. */
static void counted(struct debug *d)
{
    struct travel *t = &d->travel;
    t->at_event = false;
    if (t->met && t->last.cause == HALT_WATCH) {
        t->target = t->last_position;
        t->arrival = t->last;
        t->arrives = true;
        go(d, TRAVEL_TO_POSITION, t->from);
    } else if (t->met) {
        t->wanted = t->met;
        go(d, TRAVEL_TO_MEETING, t->from);
    } else if (t->from) {
        t->end = history_position(d->history, t->from);
        count_from(d, t->from - 1);
    } else {
        go(d, TRAVEL_TO_BEGIN, 0);
    }
}

static bool is_where_it_began(const struct debug *d)
{
    const struct travel *t = &d->travel;
    const struct event *e = &d->halt.event;
    return t->at_event && d->halt.at_event && machine_position(d->m) + 1 == t->end &&
           e->id == t->event.id && e->cpu == t->event.cpu &&
           !memcmp(e->arg, t->event.arg, sizeof(e->arg));
}

uint64_t travel_mark(const struct debug *d)
{
    return d->travel.kind == TRAVEL_COUNTS ? d->travel.end : ~0ULL;
}

void travel_at_mark(struct debug *d)
{
    counted(d);
}

bool travel_passes(struct debug *d)
{
    struct travel *t = &d->travel;
    switch (t->kind) {
    case TRAVEL_NONE:
        return false;
    case TRAVEL_COUNTS:
        if (is_where_it_began(d)) {
            counted(d);
            return true;
        }
        t->met++;
        t->last = d->halt;
        t->last_position = machine_position(d->m);
        if (d->halt.cause == HALT_WATCH && !d->halt.point->before)
            t->last_position--; /* backwards, the access is met before it has happened */
        return true;
    case TRAVEL_TO_MEETING:
        return ++t->met != t->wanted;
    case TRAVEL_TO_STEP:
    case TRAVEL_TO_POSITION:
    case TRAVEL_TO_BEGIN:
        break;
    }
    return true;
}

bool travel_ends(struct debug *d)
{
    struct travel *t = &d->travel;
    bool travelling = t->kind != TRAVEL_NONE;
    if (t->arrives && t->kind == TRAVEL_TO_POSITION)
        d->halt = t->arrival;
    else if (t->kind == TRAVEL_TO_BEGIN)
        d->halt.cause = HALT_BEGIN_OF_HISTORY;
    *t = (struct travel){.kind = TRAVEL_NONE};
    return travelling;
}
