/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops of one block, which keep more from turn to turn than control from anywhere may bring:
 * vector-scalar registers in xmm registers, and comparisons whose outcome is deferred.
 *
 * A block that branches back to its own beginning is translated once more behind its run, beginning
 * with the state (struct loop_state) where it branches back, and comes back to the beginning of
 * that copy when the state there has been made again. The first turn goes through the block itself;
 * it leaves CFAR as all others would. What state the copy begins with is found by translating it
 * for nothing once: constants that are still there when it branches back, and all results.
 */
#include "vector.h"

#define FIRST 2
/* A longer body has more registers than there are, or gains nothing. */
#define BODY_MAX 256
/* One instruction in so many is a store. */
#define STORE_PART 16

/* ---- from one state to another ---- */

/* What is to get into the registers: from another one (widened, if it has a single), or from
 * memory. */
struct moves {
    uint8_t from[16]; /* NO_XMM: nothing */
    bool widen[16], load[16];
};

/* A register that has VSR @n in this view, or -1. */
static int find(const struct vsr_state *s, unsigned n, unsigned view)
{
    for (unsigned x = FIRST; x < 16; x++)
        if (s->xmm[x].vsr == n && s->xmm[x].view == view)
            return (int)x;
    return -1;
}

static bool is_wanted(const struct vsr_state *want, const struct xmm_state *x)
{
    for (unsigned i = FIRST; i < 16; i++)
        if (want->xmm[i].vsr == x->vsr && want->xmm[i].dirty)
            return true;
    return false;
}

/* Plans what gets VSR want->xmm[@x] there. False: there is no way. */
static bool plan_vsr(const struct vsr_state *have, const struct vsr_state *want, unsigned x,
                     struct moves *m)
{
    const struct xmm_state *w = &want->xmm[x];
    int same = find(have, w->vsr, w->view), single = find(have, w->vsr, VSR_SINGLE);

    if (same >= 0) {
        m->from[x] = (uint8_t)same;
        return true;
    }
    if (w->view == VSR_SCALAR && single >= 0) {
        m->from[x] = (uint8_t)single;
        m->widen[x] = true;
        return true;
    }
    for (unsigned i = FIRST; i < 16; i++)
        if (have->xmm[i].vsr == w->vsr && have->xmm[i].dirty)
            return false;
    m->load[x] = true;
    return w->view != VSR_SINGLE && !w->dirty;
}

static bool plan_record(const struct fp_pending *have, const struct fp_pending *want,
                        struct moves *m)
{
    if (!want->kind)
        return true;
    if (have->kind != want->kind || memcmp(have->view, want->view, sizeof(have->view)) != 0)
        return false;
    for (unsigned i = 0; i < 3; i++) {
        unsigned x = want->x[i];

        if ((x == NO_XMM) != (have->x[i] == NO_XMM))
            return false;
        if (x == NO_XMM)
            continue;
        if (m->load[x] || m->widen[x] || (m->from[x] != NO_XMM && m->from[x] != have->x[i]))
            return false;
        m->from[x] = have->x[i];
    }
    return true;
}

static bool plan(const struct vsr_state *have, const struct vsr_state *want, struct moves *m)
{
    memset(m, 0, sizeof(*m));
    memset(m->from, NO_XMM, sizeof(m->from));
    for (unsigned x = FIRST; x < 16; x++)
        if (want->xmm[x].vsr != NO_VSR && !plan_vsr(have, want, x, m))
            return false;
    return plan_record(&have->rec, &want->rec, m);
}

static bool is_source(const struct moves *m, unsigned x)
{
    for (unsigned i = FIRST; i < 16; i++)
        if (m->from[i] == x && i != x)
            return true;
    return false;
}

static void move_one(struct emit *e, struct moves *m, unsigned x)
{
    if (m->widen[x])
        vop(e, V_CVTSS2SD, x, m->from[x], m->from[x]);
    else if (m->from[x] != x)
        v_move(e, x, m->from[x]);
    m->from[x] = NO_XMM;
}

/* All moves at once, as it were; XMM0 opens a circle. */
static void move_all(struct emit *e, struct moves *m)
{
    for (;;) {
        bool moved = false;
        unsigned left = 0;

        for (unsigned x = FIRST; x < 16; x++) {
            if (m->from[x] == NO_XMM)
                continue;
            if (is_source(m, x)) {
                left = x;
                continue;
            }
            move_one(e, m, x);
            moved = true;
        }
        if (moved)
            continue;
        if (!left)
            return;
        v_move(e, 0, left);
        for (unsigned x = FIRST; x < 16; x++)
            if (m->from[x] == left && x != left)
                m->from[x] = 0;
    }
}

/* t->vs becomes @want, by the moves @m. */
static void reach(struct tr *t, const struct vsr_state *want, struct moves *m)
{
    struct vsr_state store = t->vs;

    if (want->rec.kind)
        store.rec.kind = 0;
    for (unsigned x = FIRST; x < 16; x++)
        if (store.xmm[x].vsr == NO_VSR || is_wanted(want, &store.xmm[x]))
            store.xmm[x].dirty = false;
    vsr_emit(t, &store);
    move_all(&t->e, m);
    for (unsigned x = FIRST; x < 16; x++) {
        if (!m->load[x])
            continue;
        if (want->xmm[x].view == VSR_WHOLE)
            v_load(&t->e, x, vsr_mem(want->xmm[x].vsr));
        else
            v_load64(&t->e, x, vsr_dword_mem(want->xmm[x].vsr, 0));
    }
    t->vs = *want;
}

/* ---- the branch back ---- */

static bool is_empty(const struct vsr_state *s)
{
    for (unsigned x = FIRST; x < 16; x++)
        if (s->xmm[x].vsr != NO_VSR)
            return false;
    return true;
}

static struct loop_state state_here(const struct tr *t)
{
    return (struct loop_state){.vs = t->vs, .checked = t->checked, .cr = t->cr};
}

/* CFAR keeps what the first turn's branch left there, unless it is written. */
static bool writes_cfar(const struct tr *t, const struct block_loop *l)
{
    for (unsigned slot = l->slot; slot < l->last; slot++) {
        const struct insn *in = &t->r->insn[slot];

        if (in->id == INSN_MTSPR || (in->id == INSN_BC && in->imm == 4) || region_asks_where(in))
            return true;
    }
    return false;
}

/* Back to the beginning of the copy, if what that wants can be had. */
static void come_back(struct tr *t, struct block_loop *l)
{
    struct moves m;

    l->end = state_here(t);
    l->back = NULL;
    if (!(l->start.checked & ~t->checked) && cr_can_defer(&t->cr, &l->start.cr, true) &&
        plan(&t->vs, &l->start.vs, &m)) {
        reach(t, &l->start.vs, &m);
        l->back = x64_edge_turn(t, l->slot, writes_cfar(t, l));
    }
    t->vs = l->end.vs;
}

/* Does a turn store so much that it matters what else is stored? A store that hits the cache costs
 * many cycles among such that miss it, as those of a sort or a transposition do. */
static bool stores_much(const struct tr *t, const struct block_loop *l)
{
    unsigned n = 0;

    for (unsigned slot = l->slot; slot < l->last; slot++)
        n += (insn_uses(t->r->insn[slot].id) & STORES) != 0;
    return n * STORE_PART >= l->last - l->slot + 1u;
}

bool x64_loop_edge(struct tr *t, unsigned target)
{
    struct block_loop *l = t->copying;

    if (x64_turns(t, target)) {
        come_back(t, l);
        return true;
    }
    if (l || target != t->block || t->nloops == MAX_BLOCK_LOOPS || t->slot - target > BODY_MAX)
        return false;
    for (unsigned i = 0; i < t->nloops; i++)
        if (t->loops[i].slot == target)
            return false;
    l = &t->loops[t->nloops];
    *l = (struct block_loop){
        .slot = (uint16_t)target, .last = (uint16_t)t->slot, .first = state_here(t)};
    if (is_empty(&t->vs) && !cr_gains(t, l) && (!stores_much(t, l) || writes_cfar(t, l)))
        return false;
    t->nloops++;
    l->at = x64_edge_count(t, target);
    return true;
}

/* ---- the copy ---- */

static void copy_body(struct tr *t, struct block_loop *l)
{
    tr_begin_block(t, l->slot);
    t->block = CODE_PAGE_INSNS;
    t->vs = l->start.vs;
    t->checked = l->start.checked;
    cr_defer(t, &l->start.cr);
    t->copying = l;
    while (t->slot <= l->last && !t->failed)
        tr_one(t);
    t->copying = NULL;
}

/* What the copy is to begin with. */
static void choose_start(struct block_loop *l)
{
    l->start = l->end;
    l->start.checked = l->first.checked & l->end.checked;
    for (unsigned x = FIRST; x < 16; x++) {
        struct xmm_state *s = &l->start.vs.xmm[x];

        if (s->vsr != NO_VSR && !s->dirty && find(&l->first.vs, s->vsr, s->view) < 0)
            s->vsr = NO_VSR;
    }
}

/* Where the translation stands, to come back there when what follows was for nothing. */
struct mark {
    uint8_t *p;
    unsigned nlate, nfix;
    unsigned sites[2][2];
};

static struct mark mark(const struct tr *t)
{
    struct mark m = {.p = t->e.p, .nlate = t->nlate, .nfix = t->nfix};

    memcpy(m.sites, t->jit->sites, sizeof(m.sites));
    return m;
}

static void rewind_to(struct tr *t, const struct mark *m)
{
    memset(t->addend_store, 0, sizeof(t->addend_store));
    t->e.p = m->p;
    t->e.flags = NULL;
    t->nlate = m->nlate;
    t->nfix = m->nfix;
    memcpy(t->jit->sites, m->sites, sizeof(m->sites));
}

/* False: it can not be done, nothing has been emitted. */
static bool make_copy(struct tr *t, struct block_loop *l)
{
    struct mark before = mark(t);
    struct moves m;

    l->start = l->first; /* which has nothing deferred */
    copy_body(t, l);
    choose_start(l);
    rewind_to(t, &before);
    if (!plan(&l->first.vs, &l->start.vs, &m) || !cr_can_defer(&l->first.cr, &l->start.cr, false))
        return false;
    t->vs = l->first.vs;
    reach(t, &l->start.vs, &m);
    const uint8_t *head = t->e.p;
    copy_body(t, l);
    if (!l->back) {
        rewind_to(t, &before);
        return false;
    }
    x_patch(l->back, head);
    tr_go_on(t, l->last);
    return true;
}

void x64_loops(struct tr *t)
{
    for (unsigned i = 0; i < t->nloops && !t->failed; i++) {
        struct block_loop *l = &t->loops[i];

        map_use(t, t->map_of[l->slot]);
        x_patch(l->at, t->e.p);
        if (make_copy(t, l))
            continue;
        vsr_emit(t, &l->first.vs);
        x_patch(x_jmp(&t->e), t->label[l->slot]);
    }
    t->nloops = 0;
}
