/* SPDX-License-Identifier: Apache-2.0 */
/* Stop points: the list, conditions, and the questions of engines and MMU. */
#include "debug_internal.h"

#include <stdlib.h>

#include "hooks.h"
#include "pefemu/mmu.h"

/* ---- the list ---- */

void debug_point_init(struct debug_point *p, enum debug_kind kind)
{
    *p = (struct debug_point){
        .kind = kind, .len = 1, .cpu = DEBUG_ANY, .lpid = DEBUG_ANY, .secure = -1};
}

unsigned debug_add(struct debug *d, const struct debug_point *p)
{
    struct debug_node **at = &d->points;
    struct debug_node *n = d->npoints < DEBUG_MAX_POINTS ? malloc(sizeof(*n)) : NULL;
    if (!n)
        return 0;
    while (*at)
        at = &(*at)->next;
    *n = (struct debug_node){.p = *p};
    n->p.id = ++d->last_id;
    n->p.hits = 0;
    *at = n;
    d->npoints++;
    debug_points_changed(d);
    return n->p.id;
}

bool debug_delete(struct debug *d, unsigned id)
{
    for (struct debug_node **at = &d->points; *at; at = &(*at)->next) {
        struct debug_node *n = *at;
        if (n->p.id != id)
            continue;
        *at = n->next;
        d->npoints--;
        if (d->halt.point == &n->p)
            d->halt.point = NULL;
        if (d->watched.point == &n->p)
            d->watched.point = NULL;
        free(n);
        debug_points_changed(d);
        return true;
    }
    return false;
}

struct debug_point *debug_next_point(struct debug *d, const struct debug_point *after)
{
    struct debug_node *n = d->points;
    while (n && after && n->p.id <= after->id)
        n = n->next;
    return n ? &n->p : NULL;
}

void points_free(struct debug *d)
{
    while (d->points) {
        struct debug_node *n = d->points;
        d->points = n->next;
        free(n);
    }
    d->npoints = 0;
}

static bool is_watch(const struct debug_point *p)
{
    return p->kind == DEBUG_WATCH_LOAD || p->kind == DEBUG_WATCH_STORE ||
           p->kind == DEBUG_WATCH_ANY;
}

/* Engines have breaks in their decoded operations, and TLBs must not serve what is watched. */
void debug_points_changed(struct debug *d)
{
    struct machine *m = d->m;
    bool watches = m->debug_watches;
    m->debug_breaks = m->debug_watches = false;
    for (struct debug_node *n = d->points; n; n = n->next) {
        m->debug_breaks |= n->p.kind == DEBUG_BREAK && !n->p.disabled;
        m->debug_watches |= is_watch(&n->p) && !n->p.disabled;
    }
    if (m->engine->code_forget)
        m->engine->code_forget(m);
    if (watches || m->debug_watches)
        for (unsigned i = 0; i < m->ncpus; i++)
            tlb_flush_all(&m->cpus[i]);
    debug_observe(d);
}

uint32_t points_events(const struct debug *d)
{
    uint32_t events = 0;
    for (const struct debug_node *n = d->points; n; n = n->next)
        if (n->p.kind == DEBUG_CATCH && !n->p.disabled)
            events |= n->p.events;
    return events;
}

/* ---- conditions ---- */

static bool state_matches(const struct debug_point *p, const struct cpu *cpu)
{
    if (p->cpu != DEBUG_ANY && p->cpu != cpu->index)
        return false;
    if (p->lpid != DEBUG_ANY && p->lpid != cpu->lpid)
        return false;
    if (p->states && !(p->states >> cpu_state(cpu) & 1))
        return false;
    return p->secure < 0 || !!p->secure == cpu_secure(cpu);
}

/* Passes in the past have been counted, and backwards there is nothing to ignore. */
static bool passes(const struct debug *d, struct debug_point *p)
{
    return d->travel.kind != TRAVEL_NONE || ++p->hits > p->ignore;
}

/* ---- breaks ---- */

bool debug_breaks_at(const struct debug *d, ea_t ea)
{
    for (const struct debug_node *n = d->points; n; n = n->next)
        if (n->p.kind == DEBUG_BREAK && !n->p.disabled && n->p.ea == ea)
            return true;
    return false;
}

bool debug_breaks_now(const struct cpu *cpu)
{
    const struct debug *d = cpu->machine->debug;
    return !d->passing && debug_breaks_at(d, cpu->cia);
}

bool debug_may_break(const struct debug *d, unsigned offset)
{
    for (const struct debug_node *n = d->points; n; n = n->next)
        if (n->p.kind == DEBUG_BREAK && !n->p.disabled && (n->p.ea & 0xfff) == offset)
            return true;
    return false;
}

struct debug_point *points_hit_break(struct debug *d, struct cpu *cpu, ea_t ea)
{
    struct debug_point *hit = NULL;
    for (struct debug_node *n = d->points; n; n = n->next) {
        struct debug_point *p = &n->p;
        if (p->kind == DEBUG_BREAK && !p->disabled && p->ea == ea && state_matches(p, cpu) &&
            passes(d, p) && !hit)
            hit = p; /* the others count their pass too */
    }
    return hit;
}

/* ---- watches ---- */

static bool watches_access(const struct debug_point *p, bool store)
{
    return !p->disabled && (p->kind == DEBUG_WATCH_ANY ||
                            p->kind == (store ? DEBUG_WATCH_STORE : DEBUG_WATCH_LOAD));
}

static bool overlaps(const struct debug_point *p, ea_t ea, uint64_t len)
{
    return ea - p->ea < p->len || p->ea - ea < len;
}

bool debug_watches_range(const struct debug *d, ea_t ea, uint64_t len)
{
    for (const struct debug_node *n = d->points; n; n = n->next)
        if (is_watch(&n->p) && !n->p.disabled && overlaps(&n->p, ea, len))
            return true;
    return false;
}

/* The MMU asks before each access that no TLB served. The instruction is not executed now but by
 * debug_stopped(), which is told then (passing); a second time if a watch halts before it
 * (accessing). */
bool debug_watch_access(struct debug *d, ea_t ea, unsigned len, bool store)
{
    bool meets_any = false;
    for (struct debug_node *n = d->points; n; n = n->next) {
        struct debug_point *p = &n->p;
        if (!is_watch(p) || !watches_access(p, store) || !overlaps(p, ea, len))
            continue;
        if (p->before && d->accessing)
            continue;
        meets_any = true;
        if (d->watched.point && (d->watched.point->before || !p->before))
            continue;
        d->watched.point = p; /* the first; those that halt before go first */
        d->watched.ea = ea > p->ea ? ea : p->ea;
        d->watched.store = store;
    }
    return meets_any && (!d->passing || d->watched.point->before);
}

bool points_hit_watch(struct debug *d, struct debug_point *p, struct cpu *cpu)
{
    (void)d;
    return state_matches(p, cpu) && passes(d, p);
}

/* ---- catches ---- */

static bool event_matches(const struct debug_point *p, const struct event *ev)
{
    if (p->kind != DEBUG_CATCH || p->disabled || !(p->events >> ev->id & 1))
        return false;
    if (p->text[0] && (!ev->text || strcmp(p->text, ev->text)))
        return false;
    for (unsigned i = 0; i < EVENT_ARGS; i++)
        if (p->arg[i].used && (ev->arg[i] & p->arg[i].mask) != p->arg[i].value)
            return false;
    return !ev->cpu || state_matches(p, ev->cpu);
}

struct debug_point *points_hit_event(struct debug *d, const struct event *ev)
{
    struct debug_point *hit = NULL;
    for (struct debug_node *n = d->points; n; n = n->next)
        if (event_matches(&n->p, ev) && passes(d, &n->p) && !hit)
            hit = &n->p;
    return hit;
}
