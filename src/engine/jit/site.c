/* SPDX-License-Identifier: Apache-2.0 */
/* Which accesses of native code have a site, and what happens when it does not know an address. */
#include "jit.h"

#include "pefemu/hostclock.h"

/* Most bytes of single accesses, and of those that are checked together. */
#define SITE_SCALAR 16u
#define SITE_GROUP  2048u
/* An access that finds itself in another granule so often in so short a time roams. */
#define MOVES_MAX 8
#define MOVE_NS   600
/* One whose site was given up asks the TLB in a roundabout way. After so many times in so short a
 * time its page is translated anew, ... */
#define LOOKUPS_MAX 5000
#define LOOKUP_NS   2000
/* ... but not more often than this: then all its accesses are taken to roam. */
#define ROAMERS_MAX 4

/* As long as there are so many numbers every access may have one; then those in loops, the others
 * being executed too seldom for them to stay. */
#define GIVEN_FREELY 384
/* Where so many and more than one in that many of those lately given roam, as with an interpreter's
 * objects, the next ones would too. For some time only tight loops get any. */
#define SHY_ROAMED 32
#define SHY_PART   6
#define SHY_LATELY 512
#define SHY_NS     300000000u

void site_begin(struct jit *jit)
{
    jit->shy = jit->shy_until && host_ns(CLOCK_MONOTONIC) < jit->shy_until;
}

static void count_given(struct jit *jit)
{
    if (++jit->given < SHY_LATELY)
        return;
    jit->given /= 2;
    jit->roamed /= 2;
}

static void count_roaming(struct jit *jit)
{
    if (++jit->roamed < SHY_ROAMED || jit->roamed * SHY_PART <= jit->given)
        return;
    jit->shy_until = host_ns(CLOCK_MONOTONIC) + SHY_NS;
    jit->given = jit->roamed = 0;
}

/* Is there a number for an access with these flags, or are they for others? */
static bool has_number(const struct jit *jit, unsigned flags)
{
    if (jit->shy)
        return flags & SLOT_TIGHT;
    return jit->sites[0][0] < GIVEN_FREELY || (flags & SLOT_LOOP);
}

/* The kernel's data are everywhere, and it often drops translations. When all code is translated at
 * once (tests), its accesses have sites, too. */
bool site_wanted(const struct jit *jit, unsigned slot)
{
    const struct native_page *n = jit->region.page->native;
    bool number = !jit->privileged && has_number(jit, jit->region.flags[slot]);

    return (jit->m->cfg.hot == 1 || number) && n->roamers < ROAMERS_MAX &&
           !(n->roams[slot / 8] >> slot % 8 & 1);
}

/* Numbers go round in each part of tlb_ctx.site[], which is for loads or stores, single or in
 * groups: who shares one may do the same. */
#define GROUPS 128

unsigned site_take(struct jit *jit, unsigned slot, unsigned len, bool store, bool again)
{
    unsigned first = store ? TLB_SITES_STORE : 0, end = store ? TLB_SITES : TLB_SITES_STORE;
    unsigned had = jit->region.page->native->site[slot];
    bool group = len > SITE_SCALAR;

    if (group)
        first = end - GROUPS;
    else
        end -= GROUPS;
    if (again && had > first && had <= end)
        return had - 1;
    unsigned where = first + jit->sites[store][group]++ % (end - first);
    jit->region.page->native->site[slot] = (uint16_t)(where + 1);
    jit->site[where] = (struct site_watch){.left = 0};
    count_given(jit);
    return where;
}

void site_roams(const struct jit *jit, struct native_page *n, unsigned slot)
{
    n->roams[slot / 8] |= 1u << slot % 8;
    for (unsigned i = 0; i < CODE_PAGE_INSNS; i++)
        if (n->site[i] && jit->site[n->site[i] - 1].roams)
            n->roams[i / 8] |= 1u << i % 8;
    n->roamers++;
}

/* @w has used up what was left of @most. Was that soon? Many sites that take turns keep each other
 * from it: so what they all did in the meantime counts, each time being worth @ns. */
static bool is_soon(struct jit *jit, struct site_watch *w, int32_t most, unsigned ns)
{
    uint64_t now = host_ns(CLOCK_MONOTONIC), turn = ++jit->site_turns[w->roams];
    bool soon = w->since && now - w->since < (turn - w->turn) * (uint64_t)most * ns;

    w->since = now;
    w->turn = turn;
    w->left = most;
    return soon;
}

/* The access has moved MOVES_MAX times, or the site is new. As long as it learns of more neighbours
 * each time (@limit grows) it may still find all that the access wants. */
static void watch(struct jit *jit, struct site_watch *w, uint64_t limit)
{
    bool soon = is_soon(jit, w, MOVES_MAX, MOVE_NS);

    if (limit > w->limit) {
        w->limit = limit;
        return;
    }
    if (!soon)
        return;
    w->roams = true;
    count_roaming(jit);
    w->turn = jit->site_turns[true];
    w->left = LOOKUPS_MAX;
}

intptr_t jit_site(struct cpu *cpu, ea_t ea, uint32_t what)
{
    unsigned where = what & 0xffff, len = (what >> 16) + 1;
    struct jit *jit = cpu->machine->jit;
    struct site_watch *w = &jit->site[where];
    unsigned most = len > SITE_SCALAR ? SITE_GROUP : SITE_SCALAR;
    intptr_t addend = tlb_fill_site(cpu, where, ea, len, most);

    if (!addend)
        return 0;
    if (w->left <= 0) {
        if (!w->roams)
            watch(jit, w, cpu->tlb->site[where].limit);
        else if (is_soon(jit, w, LOOKUPS_MAX, LOOKUP_NS))
            cpu->native_roams = true;
    }
    if (w->roams)
        tlb_site_roams(cpu, where);
    return cpu->native_roams ? 0 : addend;
}
