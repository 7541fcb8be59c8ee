/* SPDX-License-Identifier: Apache-2.0 */
/* Register maps (map.h): loops are found, uses and ways in and out counted, registers given. */
#include "map.h"

#include "tr.h"

#include "pefemu/machine.h"

#define NP NOT_PINNED
const struct reg_map map_canonical = {
    .host = {NP, RBX, NP, RSI, RDI, R8, R9, R10, R11, R12, R13, NP, NP, NP,  NP,  NP, NP,
             NP, NP,  NP, NP,  NP,  NP, NP, NP,  NP,  NP,  NP,  NP, NP, R14, R15, NP, NP},
};
#undef NP

/* ---- moving registers ---- */

void map_load(struct emit *e, const struct reg_map *map)
{
    for (unsigned n = 0; n < MAP_COUNT; n++)
        if (map->host[n] != NOT_PINNED)
            x_mov_rm(e, true, map->host[n], gpr_mem(n));
}

void map_store(struct emit *e, const struct reg_map *map)
{
    for (unsigned n = 0; n < MAP_COUNT; n++)
        if (map->host[n] != NOT_PINNED)
            x_mov_mr(e, true, gpr_mem(n), map->host[n]);
}

void map_use(struct tr *t, unsigned map)
{
    t->map = (uint8_t)map;
    t->pin = t->maps[map].host;
}

void map_convert(struct tr *t, unsigned to)
{
    const uint8_t *old = t->maps[t->map].host, *new = t->maps[to].host;

    if (to == t->map)
        return;
    for (unsigned n = 0; n < MAP_COUNT; n++)
        if (old[n] != new[n] && old[n] != NOT_PINNED)
            x_mov_mr(&t->e, true, gpr_mem(n), old[n]);
    for (unsigned n = 0; n < MAP_COUNT; n++)
        if (old[n] != new[n] && new[n] != NOT_PINNED)
            x_mov_rm(&t->e, true, new[n], gpr_mem(n));
}

/* What a register in the host is worth: an operand of an instruction costs little in memory, but a
 * result that is soon an operand costs the way there and back. */
#define READ  2u
#define WRITE 3u
#define MOVE  8u /* in a conversion one register goes, one comes; wanted at once, through memory */

/* ---- loops ---- */

/* Slots from the target of a branch back to that branch; number 0 is the whole region. They lie in
 * each other or apart, the larger ones come first. */
#define MAX_LOOPS 48
struct loop {
    uint16_t first, last;
    uint8_t parent;
    bool mapped;     /* it or one around it has a map of its own */
    uint32_t weight; /* how often an instruction of it is thought to be executed */
    /* of all of it, the loops inside included: */
    uint32_t use[MAP_COUNT];
    uint32_t crossings;  /* ways in and out */
    uint32_t own, parts; /* what its own map gains over the canonical one; those of its loops */
};

struct chooser {
    struct tr *t;
    struct loop loop[MAX_LOOPS];
    unsigned n;
    uint8_t inner[CODE_PAGE_INSNS]; /* the innermost loop of each slot */
};

static bool is_in(const struct region *r, unsigned slot)
{
    return (r->flags[slot] & (SLOT_IN | SLOT_STOP)) == SLOT_IN;
}

/* A branch that does not come back, to a leader of the region. */
static bool goes_to(const struct region *r, unsigned slot, unsigned *target)
{
    const struct insn *in = &r->insn[slot];

    return (in->id == INSN_B || in->id == INSN_BC) && region_target(in, slot, target) &&
           is_in(r, *target) && (r->flags[*target] & SLOT_LEADER);
}

static void add_loop(struct chooser *c, unsigned first, unsigned last)
{
    for (unsigned i = 1; i < c->n; i++) {
        if (c->loop[i].first == first) { /* slots come in order */
            c->loop[i].last = (uint16_t)last;
            return;
        }
    }
    if (c->n < MAX_LOOPS)
        c->loop[c->n++] = (struct loop){.first = (uint16_t)first, .last = (uint16_t)last};
}

/* Loops that overlap become one that ends where the later one does. */
static void nest(struct chooser *c)
{
    struct loop *l = c->loop;

    for (bool again = true; again;) {
        again = false;
        for (unsigned i = 1; i < c->n; i++)
            for (unsigned j = 1; j < c->n; j++)
                if (l[i].first < l[j].first && l[i].last >= l[j].first && l[i].last < l[j].last) {
                    l[i].last = l[j].last;
                    again = true;
                }
    }
}

static unsigned size_of(const struct loop *l)
{
    return l->last - l->first;
}

static void sort(struct chooser *c)
{
    for (unsigned i = 2; i < c->n; i++) {
        struct loop l = c->loop[i];
        unsigned j = i;

        for (; j > 1 && size_of(&c->loop[j - 1]) < size_of(&l); j--)
            c->loop[j] = c->loop[j - 1];
        c->loop[j] = l;
    }
}

static bool inside(const struct loop *l, unsigned slot)
{
    return slot >= l->first && slot <= l->last;
}

#define LOOP_TURNS 8 /* of each loop */
#define WEIGHT_MAX (LOOP_TURNS * LOOP_TURNS * LOOP_TURNS)

/* False: there are none. */
static bool find_loops(struct chooser *c)
{
    const struct region *r = c->t->r;
    unsigned target;

    c->loop[0] =
        (struct loop){.first = (uint16_t)r->first, .last = (uint16_t)(r->end - 1), .weight = 1};
    c->n = 1;
    for (unsigned slot = r->first; slot < r->end; slot++)
        if (is_in(r, slot) && goes_to(r, slot, &target) && target <= slot)
            add_loop(c, target, slot);
    if (c->n == 1)
        return false;
    nest(c);
    sort(c);
    memset(c->inner + r->first, 0, r->end - r->first);
    for (unsigned i = 1; i < c->n; i++) {
        struct loop *l = &c->loop[i];

        l->parent = c->inner[l->first];
        l->weight = c->loop[l->parent].weight * LOOP_TURNS;
        if (l->weight > WEIGHT_MAX)
            l->weight = WEIGHT_MAX;
        memset(c->inner + l->first, (int)i, size_of(l) + 1);
    }
    return true;
}

/* ---- weighing ---- */

static void add_uses(struct loop *l, const struct insn *in)
{
    unsigned u = insn_uses(in->id);

    l->use[in->rt & 31] += l->weight * ((u & READS_RT ? READ : 0) + (u & WRITES_RT ? WRITE : 0));
    l->use[in->ra & 31] += l->weight * ((u & READS_RA ? READ : 0) + (u & WRITES_RA ? WRITE : 0));
    l->use[in->rb & 31] += u & READS_RB ? l->weight * READ : 0;
    l->use[in->rc & 31] += u & READS_RC ? l->weight * READ : 0;
    if (insn_table[in->id].fac != FAC_BRU)
        return;
    l->use[MAP_BUDGET] += l->weight * (READ + WRITE);
    if (!(in->rt & 4) && in->id != INSN_B && in->id != INSN_BL)
        l->use[MAP_CTR] += l->weight * (READ + WRITE);
}

/* Control goes from @slot out of all loops but those that @to is in, so many times. */
static void add_exit(struct chooser *c, unsigned slot, unsigned to, uint32_t times)
{
    for (unsigned i = c->inner[slot]; i && !inside(&c->loop[i], to); i = c->loop[i].parent)
        c->loop[i].crossings += times;
}

static void add_edge(struct chooser *c, unsigned from, unsigned to)
{
    uint32_t a = c->loop[c->inner[from]].weight, b = c->loop[c->inner[to]].weight;

    add_exit(c, from, to, a < b ? a : b);
    add_exit(c, to, from, a < b ? a : b);
}

#define NOWHERE CODE_PAGE_INSNS /* in no loop */

/* Control leaves the region by the branch in @slot. */
static void add_leave(struct chooser *c, unsigned slot, const struct insn *in)
{
    uint32_t weight = c->loop[c->inner[slot]].weight;

    switch (in->id) {
    case INSN_BCLR: /* once a call, wherever it stands */
        add_exit(c, slot, NOWHERE, 1);
        break;
    case INSN_B:
    case INSN_BC:
        add_exit(c, slot, NOWHERE, weight / LOOP_TURNS + 1);
        break;
    default: /* and comes back */
        add_exit(c, slot, NOWHERE, 2 * weight);
        break;
    }
}

static void weigh(struct chooser *c)
{
    const struct region *r = c->t->r;
    unsigned target;

    for (unsigned slot = r->first; slot < r->end; slot++) {
        const struct insn *in = &r->insn[slot];

        if (!is_in(r, slot))
            continue;
        add_uses(&c->loop[c->inner[slot]], in);
        if (goes_to(r, slot, &target))
            add_edge(c, slot, target);
        else if (insn_table[in->id].fac == FAC_BRU)
            add_leave(c, slot, in);
        if (slot + 1 < CODE_PAGE_INSNS && is_in(r, slot + 1)) {
            if (in->id != INSN_B && c->inner[slot] != c->inner[slot + 1])
                add_edge(c, slot, slot + 1);
        } else {
            add_exit(c, slot, NOWHERE, c->loop[c->inner[slot]].weight);
        }
    }
    for (unsigned i = c->n; --i > 0;)
        for (unsigned n = 0; n < MAP_COUNT; n++)
            c->loop[c->loop[i].parent].use[n] += c->loop[i].use[n];
}

/* The most used of those in memory, the least used of those in host registers. */
static void extremes(const uint32_t *use, const struct reg_map *m, unsigned *most, unsigned *least)
{
    *most = MAP_COUNT;
    *least = MAP_COUNT;
    for (unsigned n = 0; n < MAP_COUNT; n++) {
        unsigned *which = m->host[n] == NOT_PINNED ? most : least;

        if (*which == MAP_COUNT || (which == most ? use[n] > use[*which] : use[n] < use[*which]))
            *which = n;
    }
}

/* The best map for the loop, and what it gains over the canonical one. */
static uint32_t best_map(const struct loop *l, struct reg_map *m)
{
    uint32_t gain = 0, price = (l->crossings + l->weight / LOOP_TURNS) * MOVE;
    unsigned most, least;

    *m = map_canonical;
    for (;;) {
        extremes(l->use, m, &most, &least);
        if (l->use[most] <= l->use[least] + price)
            return gain;
        gain += l->use[most] - l->use[least] - price;
        m->host[most] = m->host[least];
        m->host[least] = NOT_PINNED;
    }
}

/* ---- choosing ---- */

/* For tests: each block has one of a few maps that nobody would choose, so that every way between
 * two maps is gone. */
static void choose_any(struct tr *t)
{
    unsigned map = 0;

    for (t->nmaps = 1; t->nmaps < 4; t->nmaps++) {
        struct reg_map *m = &t->maps[t->nmaps];

        memset(m->host, NOT_PINNED, sizeof(m->host));
        for (unsigned n = 0, k = t->nmaps; n < 32; n++)
            if (map_canonical.host[n] != NOT_PINNED)
                m->host[(k += 3 * t->nmaps) % MAP_COUNT] = map_canonical.host[n];
    }
    for (unsigned slot = t->r->first; slot < t->r->end; slot++) {
        if (t->r->flags[slot] & SLOT_LEADER)
            map = (map + slot) % t->nmaps;
        t->map_of[slot] = (uint8_t)map;
    }
}

/* A loop gets a map, or those in it do, whatever gains more. */
void map_choose(struct tr *t)
{
    static struct chooser state;
    struct chooser *c = &state;
    struct reg_map m;

    t->nmaps = 1;
    memset(t->map_of + t->r->first, 0, t->r->end - t->r->first);
    if (t->jit->m->cfg.hot == 1) {
        choose_any(t);
        return;
    }
    c->t = t;
    if (!find_loops(c))
        return;
    weigh(c);
    for (unsigned i = c->n; --i > 0;) {
        struct loop *l = &c->loop[i];

        l->own = best_map(l, &m);
        c->loop[l->parent].parts += l->own > l->parts ? l->own : l->parts;
    }
    for (unsigned i = 1; i < c->n && t->nmaps < MAX_MAPS; i++) {
        struct loop *l = &c->loop[i];

        l->mapped = c->loop[l->parent].mapped;
        if (l->mapped || l->own <= l->parts)
            continue;
        l->mapped = true;
        best_map(l, &t->maps[t->nmaps]);
        memset(t->map_of + l->first, (int)t->nmaps++, size_of(l) + 1);
    }
}
