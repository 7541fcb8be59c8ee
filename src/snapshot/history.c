/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checkpoint is the state as snapshots have it, without the TPM, and the pages that hold
 * anything. A page that is as it was at the checkpoint before is shared with it.
 */
#include "pefemu/history.h"

#include <stdlib.h>

#include "pefemu/crypto.h"
#include "pefemu/err.h"
#include "pefemu/mmu.h"
#include "touched.h"

struct copy {
    unsigned users; /* checkpoints */
    uint8_t bytes[SNAP_PAGE];
};

struct kept_page {
    ra_t ra;
    struct copy *copy;
};

struct checkpoint {
    uint64_t position, rounds;
    size_t place; /* in the journal */
    uint64_t attempts[MACHINE_MAX_CPUS];
    struct snap state;       /* owned */
    struct kept_page *pages; /* owned; by address */
    size_t npages, cap;
};

struct history {
    struct machine *m; /* borrowed */
    uint64_t interval;
    struct checkpoint *at[HISTORY_CHECKPOINTS]; /* owned */
    unsigned count;
    bool failed; /* no memory: there is no more of the past */
};

/* ---- checkpoints ---- */

static void drop_pages(struct checkpoint *c)
{
    for (size_t i = 0; i < c->npages; i++)
        if (!--c->pages[i].copy->users) {
            crypto_wipe(c->pages[i].copy->bytes, SNAP_PAGE);
            free(c->pages[i].copy);
        }
    free(c->pages);
}

static void checkpoint_free(struct checkpoint *c)
{
    if (!c)
        return;
    snap_free(&c->state);
    drop_pages(c);
    free(c);
}

struct keeper {
    struct checkpoint *c;
    const struct checkpoint *before; /* or NULL */
    size_t at;                       /* in before's pages */
};

/* The copy that the checkpoint before has of the page, if it is the same. */
static struct copy *same_as_before(struct keeper *k, ra_t ra, const uint8_t *page)
{
    const struct checkpoint *b = k->before;
    while (b && k->at < b->npages && b->pages[k->at].ra < ra)
        k->at++;
    if (!b || k->at == b->npages || b->pages[k->at].ra != ra)
        return NULL;
    struct copy *copy = b->pages[k->at].copy;
    return memcmp(copy->bytes, page, SNAP_PAGE) ? NULL : copy;
}

static bool room_for_page(struct checkpoint *c)
{
    if (c->npages < c->cap)
        return true;
    size_t cap = c->cap ? 2 * c->cap : 4096;
    struct kept_page *p = realloc(c->pages, cap * sizeof(*p));
    if (!p)
        return false;
    c->pages = p;
    c->cap = cap;
    return true;
}

static bool keep_page(void *opaque, ra_t ra, uint8_t *page)
{
    struct keeper *k = opaque;
    struct checkpoint *c = k->c;
    if (page_is_zero(page))
        return true;
    if (!room_for_page(c))
        return false;
    struct copy *copy = same_as_before(k, ra, page);
    if (!copy) {
        copy = malloc(sizeof(*copy));
        if (!copy)
            return false;
        copy->users = 0;
        memcpy(copy->bytes, page, SNAP_PAGE);
    }
    copy->users++;
    c->pages[c->npages++] = (struct kept_page){ra, copy};
    return true;
}

/* A guest may have changed its page tables without flushing: who lives through this again begins
 * with empty TLBs, so everybody does. */
static void flush_tlbs(struct machine *m)
{
    for (unsigned i = 0; i < m->ncpus; i++)
        tlb_flush_all(&m->cpus[i]);
}

static struct checkpoint *checkpoint_new(struct history *h)
{
    struct machine *m = h->m;
    struct checkpoint *c = calloc(1, sizeof(*c));
    struct keeper k = {.c = c, .before = h->count ? h->at[h->count - 1] : NULL};
    if (!c)
        return NULL;
    c->position = machine_position(m);
    c->rounds = m->rounds;
    c->place = outside_place(m->outside);
    for (unsigned i = 0; i < m->ncpus; i++)
        c->attempts[i] = m->cpus[i].insn_retired + m->cpus[i].stalls;
    snap_save_begin(&c->state);
    machine_snap(&c->state, m);
    if (c->state.failed || !touched_pages(&m->mem, keep_page, &k)) {
        checkpoint_free(c);
        return NULL;
    }
    flush_tlbs(m);
    return c;
}

/* ---- the past ---- */

struct history *history_create(struct machine *m, uint64_t interval)
{
    struct history *h = calloc(1, sizeof(*h));
    if (!h)
        return NULL;
    h->m = m;
    h->interval = interval;
    outside_keep(m->outside);
    return h;
}

void history_destroy(struct history *h)
{
    for (unsigned i = 0; h && i < h->count; i++)
        checkpoint_free(h->at[i]);
    free(h);
}

/* Every other one goes, but neither the first nor the last. */
static void thin_out(struct history *h)
{
    unsigned n = 0;
    for (unsigned i = 0; i < h->count; i++) {
        if (i % 2 && i != h->count - 1)
            checkpoint_free(h->at[i]);
        else
            h->at[n++] = h->at[i];
    }
    h->count = n;
    h->interval *= 2;
}

static void add(struct history *h)
{
    if (h->count == HISTORY_CHECKPOINTS)
        thin_out(h);
    struct checkpoint *c = checkpoint_new(h);
    if (c) {
        h->at[h->count++] = c;
        return;
    }
    h->failed = true;
    pef_complain("the host has not enough memory to keep more of the machine's past");
}

/* A checkpoint that is lived through again. */
static bool is_known(const struct history *h)
{
    for (unsigned i = 0; i < h->count; i++)
        if (h->at[i]->rounds == h->m->rounds && h->at[i]->position == machine_position(h->m))
            return true;
    return false;
}

void history_round(struct history *h)
{
    const struct checkpoint *last = h->count ? h->at[h->count - 1] : NULL;
    uint64_t here = machine_position(h->m);
    if (last && here < last->position + h->interval) {
        if (here <= last->position && is_known(h))
            flush_tlbs(h->m);
        return;
    }
    if (!h->failed)
        add(h);
}

unsigned history_count(const struct history *h)
{
    return h->count;
}

uint64_t history_position(const struct history *h, unsigned i)
{
    return h->at[i]->position;
}

uint64_t history_attempts(const struct history *h, unsigned i, unsigned cpu)
{
    return h->at[i]->attempts[cpu];
}

void history_changed(struct history *h)
{
    while (h->count)
        checkpoint_free(h->at[--h->count]);
}

/* ---- going back ---- */

struct restorer {
    const struct checkpoint *c;
    size_t at;
};

/* Pages that were zero then. */
static bool clear_page(void *opaque, ra_t ra, uint8_t *page)
{
    struct restorer *r = opaque;
    while (r->at < r->c->npages && r->c->pages[r->at].ra < ra)
        r->at++;
    bool kept = r->at < r->c->npages && r->c->pages[r->at].ra == ra;
    if (!kept && !page_is_zero(page))
        memset(page, 0, SNAP_PAGE);
    return true;
}

static void restore_pages(struct machine *m, const struct checkpoint *c)
{
    struct restorer r = {.c = c};
    touched_pages(&m->mem, clear_page, &r);
    for (size_t i = 0; i < c->npages; i++) {
        uint8_t *page = memory_ptr(&m->mem, c->pages[i].ra, SNAP_PAGE);
        if (memcmp(page, c->pages[i].copy->bytes, SNAP_PAGE))
            memcpy(page, c->pages[i].copy->bytes, SNAP_PAGE);
    }
}

bool history_restore(struct history *h, unsigned i)
{
    struct machine *m = h->m;
    const struct checkpoint *c = h->at[i];
    struct snap s;
    snap_load_begin(&s, c->state.buf, c->state.len);
    machine_snap(&s, m);
    if (!snap_load_end(&s)) {
        pef_complain("the past can not be restored: %s", s.why);
        return false;
    }
    restore_pages(m, c);
    outside_go_to(m->outside, c->place);
    machine_loaded(m);
    return true;
}
