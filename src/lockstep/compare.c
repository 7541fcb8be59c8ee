/* SPDX-License-Identifier: Apache-2.0 */
/* What two machines have in common: state and memory compared, kept, restored, named. */
#include "lockstep_internal.h"

#include <stdlib.h>

#include "cpu/fpu.h"
#include "pefemu/mmu.h"
#include "snapshot/touched.h"

/* ---- life ---- */

bool lockstep_compare_init(struct lockstep *ls)
{
    const struct memory *mem = &ls->m[LEADER]->mem;
    for (unsigned i = 0; i < BOTH; i++) {
        snap_save_begin(&ls->state[i]);
        ls->state[i].compared = true;
        snap_save_begin(&ls->at.state[i]);
    }
    ls->npages = (mem->ram_size + mem->secure_size) / SNAP_PAGE;
    ls->pages = calloc(ls->npages / 64 + 1, sizeof(*ls->pages));
    return ls->pages && memory_init(&ls->at.memory, mem->ram_size, mem->secure_size);
}

void lockstep_compare_free(struct lockstep *ls)
{
    for (unsigned i = 0; i < BOTH; i++) {
        snap_free(&ls->state[i]);
        snap_free(&ls->at.state[i]);
    }
    memory_free(&ls->at.memory);
    free(ls->pages);
}

/* ---- state ---- */

/* Status of floating point that was put off is worked out. */
static void settle(struct machine *m)
{
    for (unsigned i = 0; i < m->ncpus; i++) {
        fpscr_sync(&m->cpus[i]);
        m->cpus[i].fp_lazy = (struct fp_lazy){0};
    }
}

/* Into @s, whose memory is used again. */
static bool take_state(struct snap *s, struct machine *m)
{
    s->len = 0;
    settle(m);
    machine_snap(s, m);
    return !s->failed;
}

bool lockstep_same_state(struct lockstep *ls)
{
    const struct snap *s = ls->state;
    for (unsigned i = 0; i < BOTH; i++)
        if (!take_state(&ls->state[i], ls->m[i]))
            return false;
    return s[LEADER].len == s[FOLLOWER].len &&
           !memcmp(s[LEADER].buf, s[FOLLOWER].buf, s[LEADER].len);
}

/* ---- memory ---- */

/* Of page @n, normal memory first, then secure. */
static ra_t page_ra(const struct lockstep *ls, size_t n)
{
    uint64_t at = (uint64_t)n * SNAP_PAGE, ram = ls->at.memory.ram_size;
    return at < ram ? at : SECURE_RA_BIT | (at - ram);
}

static uint8_t *page_of(const struct memory *mem, ra_t ra)
{
    return memory_ptr(mem, ra, SNAP_PAGE);
}

static bool note_page(void *opaque, ra_t ra, uint8_t *page)
{
    struct lockstep *ls = opaque;
    size_t n = memory_page_index(&ls->at.memory, ra);
    (void)page;
    ls->pages[n / 64] |= 1ULL << n % 64;
    return true;
}

/* Which pages may hold anything, in one of the machines or in the copy. */
static void note_pages(struct lockstep *ls)
{
    memset(ls->pages, 0, (ls->npages / 64 + 1) * sizeof(*ls->pages));
    for (unsigned i = 0; i < BOTH; i++)
        touched_pages(&ls->m[i]->mem, note_page, ls);
    touched_pages(&ls->at.memory, note_page, ls);
}

/* The next of these from @n on; false: that was all. */
static bool next_page(const struct lockstep *ls, size_t *n)
{
    for (; *n < ls->npages; ++*n) {
        uint64_t bits = ls->pages[*n / 64] >> *n % 64;
        if (bits) {
            *n += (unsigned)__builtin_ctzll(bits);
            return *n < ls->npages;
        }
        *n |= 63;
    }
    return false;
}

/* The first page from @n on that differs. */
static bool next_difference(const struct lockstep *ls, size_t *n)
{
    for (; next_page(ls, n); ++*n) {
        ra_t ra = page_ra(ls, *n);
        if (memcmp(page_of(&ls->m[LEADER]->mem, ra), page_of(&ls->m[FOLLOWER]->mem, ra), SNAP_PAGE))
            return true;
    }
    return false;
}

bool lockstep_same_memory(struct lockstep *ls)
{
    size_t n = 0;
    note_pages(ls);
    return !next_difference(ls, &n);
}

/* ---- checkpoints ---- */

static void copy_page(uint8_t *to, const uint8_t *from)
{
    if (memcmp(to, from, SNAP_PAGE))
        memcpy(to, from, SNAP_PAGE);
}

static void forget_caches(struct machine *m)
{
    if (m->engine->code_forget)
        m->engine->code_forget(m);
    for (unsigned i = 0; i < m->ncpus; i++)
        tlb_flush_all(&m->cpus[i]);
}

bool lockstep_checkpoint(struct lockstep *ls)
{
    for (unsigned i = 0; i < BOTH; i++) {
        if (!take_state(&ls->at.state[i], ls->m[i]))
            return false;
        ls->at.place[i] = outside_place(ls->m[i]->outside);
        forget_caches(ls->m[i]);
    }
    ls->at.rounds = 0;
    note_pages(ls);
    for (size_t n = 0; next_page(ls, &n); n++) {
        ra_t ra = page_ra(ls, n);
        copy_page(page_of(&ls->at.memory, ra), page_of(&ls->m[LEADER]->mem, ra));
    }
    return true;
}

void lockstep_restore(struct lockstep *ls)
{
    note_pages(ls);
    for (unsigned i = 0; i < BOTH; i++) {
        struct machine *m = ls->m[i];
        struct snap s;
        snap_load_begin(&s, ls->at.state[i].buf, ls->at.state[i].len);
        machine_snap(&s, m);
        for (size_t n = 0; next_page(ls, &n); n++) {
            ra_t ra = page_ra(ls, n);
            copy_page(page_of(&m->mem, ra), page_of(&ls->at.memory, ra));
        }
        outside_go_to(m->outside, ls->at.place[i]);
        m->stop = STOP_NONE;
        machine_loaded(m);
    }
    ls->at.rounds = 0;
}

/* ---- names ---- */

static struct lockstep_difference *add(struct lockstep *ls, enum lockstep_what what)
{
    struct lockstep_finding *f = &ls->finding;
    if (f->ndiff == LOCKSTEP_DIFFERENCES)
        return NULL;
    f->diff[f->ndiff] = (struct lockstep_difference){.what = what};
    return &f->diff[f->ndiff++];
}

static void describe_end(struct lockstep *ls)
{
    struct lockstep_difference *d;
    if (ls->m[LEADER]->stop == ls->m[FOLLOWER]->stop || !(d = add(ls, LOCKSTEP_END)))
        return;
    snprintf(d->name, sizeof(d->name), "%s%s%s", ls->m[LEADER]->stop_text,
             ls->m[LEADER]->stop && ls->m[FOLLOWER]->stop ? " / " : "", ls->m[FOLLOWER]->stop_text);
    for (unsigned i = 0; i < BOTH; i++)
        d->value[i] = ls->m[i]->stop;
}

static void describe_registers(struct lockstep *ls, unsigned n)
{
    struct cpu_reg r[BOTH];
    unsigned at[BOTH] = {0};
    while (cpu_reg_next(&ls->m[LEADER]->cpus[n], &at[LEADER], &r[LEADER]) &&
           cpu_reg_next(&ls->m[FOLLOWER]->cpus[n], &at[FOLLOWER], &r[FOLLOWER])) {
        struct lockstep_difference *d;
        if (r[LEADER].value == r[FOLLOWER].value || !(d = add(ls, LOCKSTEP_REGISTER)))
            continue;
        d->cpu = n;
        d->bits = r[LEADER].bits;
        snprintf(d->name, sizeof(d->name), "%s", r[LEADER].name);
        for (unsigned i = 0; i < BOTH; i++)
            d->value[i] = r[i].value;
    }
}

/* No register by name, so any other state. */
static void describe_state(struct lockstep *ls)
{
    const struct snap *a = &ls->state[LEADER], *b = &ls->state[FOLLOWER];
    struct lockstep_difference *d;
    size_t at = 0;
    if (lockstep_same_state(ls))
        return;
    while (at < a->len && at < b->len && a->buf[at] == b->buf[at])
        at++;
    d = add(ls, LOCKSTEP_STATE);
    if (!d)
        return;
    ls->state[FOLLOWER].find = at;
    take_state(&ls->state[FOLLOWER], ls->m[FOLLOWER]);
    ls->state[FOLLOWER].find = SIZE_MAX;
    snprintf(d->name, sizeof(d->name), "%s", b->found);
}

static void describe_memory(struct lockstep *ls)
{
    const struct memory *a = &ls->m[LEADER]->mem, *b = &ls->m[FOLLOWER]->mem;
    struct lockstep_difference *d;
    note_pages(ls);
    for (size_t n = 0; next_difference(ls, &n); n++)
        for (unsigned at = 0; at < SNAP_PAGE; at += 8) {
            ra_t ra = page_ra(ls, n) + at;
            if (!memcmp(memory_ptr(a, ra, 8), memory_ptr(b, ra, 8), 8))
                continue;
            d = add(ls, LOCKSTEP_MEMORY);
            if (!d)
                return;
            d->ra = ra;
            d->value[LEADER] = get_be64(memory_ptr(a, ra, 8));
            d->value[FOLLOWER] = get_be64(memory_ptr(b, ra, 8));
        }
}

void lockstep_describe(struct lockstep *ls)
{
    ls->finding.ndiff = 0;
    for (unsigned i = 0; i < ls->m[LEADER]->ncpus; i++)
        describe_registers(ls, i);
    if (!ls->finding.ndiff)
        describe_state(ls);
    describe_end(ls);
    describe_memory(ls);
}

u128 lockstep_value(struct lockstep *ls, const struct lockstep_difference *d, unsigned i)
{
    struct cpu_reg r;
    unsigned at = 0;
    if (d->what == LOCKSTEP_MEMORY)
        return get_be64(memory_ptr(&ls->m[i]->mem, d->ra, 8));
    while (d->what == LOCKSTEP_REGISTER && cpu_reg_next(&ls->m[i]->cpus[d->cpu], &at, &r))
        if (!strcmp(r.name, d->name))
            return r.value;
    return 0;
}
