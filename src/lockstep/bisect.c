/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which instruction was it? From the checkpoint both machines live through the same again, compared
 * more and more often: every so many rounds, each round, then pieces of slices down to what lies
 * between two boundaries (an engine stops nowhere else). Each time they go back to the checkpoint,
 * so that what the engine has cached when it gets there is the same.
 *
 * Within the last piece single steps tell. An engine may be right when it steps and wrong when it
 * executes all together; then the instruction is named that was the last to write, in the
 * follower, what differs.
 */
#include "lockstep_internal.h"

#include <stdlib.h>

#include "engine/exec.h"

/* Compare about so often at a time. */
#define COMPARISONS 64u
/* Instructions between two boundaries: a page has no more. */
#define BLOCK_MAX 1024u
/* In pieces up to here the follower's instructions are remembered. */
#define WATCHED 16384

/* The way from the checkpoint: @steps calls of lockstep_round() with pieces of @piece. */
struct leg {
    int64_t piece;
    uint64_t steps;
};

struct search {
    struct lockstep *ls;
    struct leg leg[8]; /* all is the same at their end */
    unsigned legs;
    uint64_t end; /* position at which they were seen to differ */
};

static uint64_t position(const struct lockstep *ls)
{
    uint64_t a = machine_position(ls->m[LEADER]), b = machine_position(ls->m[FOLLOWER]);
    return a > b ? a : b;
}

static bool same(struct lockstep *ls)
{
    return ls->m[LEADER]->stop == ls->m[FOLLOWER]->stop && lockstep_same_state(ls) &&
           lockstep_same_memory(ls);
}

/* ---- the instructions on the way ---- */

static struct lockstep_insn insn_at(struct cpu *cpu, ea_t ea)
{
    struct lockstep_insn in = {.cpu = cpu->index, .ea = ea};
    struct xlate x;
    const uint8_t *p = NULL;
    if (mmu_probe(cpu, ea, ACCESS_FETCH, &x))
        p = memory_ptr(&cpu->machine->mem, x.ra, 4);
    in.known = p != NULL;
    if (p)
        in.word = cpu->le ? get_le32(p) : get_be32(p);
    return in;
}

static void remember(struct lockstep_finding *f, struct lockstep_insn in)
{
    if (f->nbefore == LOCKSTEP_BEFORE)
        memmove(f->before, f->before + 1, --f->nbefore * sizeof(in));
    f->before[f->nbefore++] = in;
}

/* As ref does, but it remembers. For single pieces, in the place of the follower's engine. */
static void witness_run(struct cpu *cpu)
{
    struct lockstep_finding *f = cpu->engine_state;
    bool boundary;
    do {
        remember(f, insn_at(cpu, cpu->cia));
        boundary = exec_one(cpu);
    } while (!cpu->step_only && !(boundary && exec_must_stop(cpu)));
}

/* A step of leg @i of the search, which may be the last before what is looked for. */
static void go_step(struct search *s, unsigned i, bool last)
{
    struct lockstep *ls = s->ls;
    struct machine *m = ls->m[FOLLOWER];
    const struct engine *base = m->engine;
    struct engine witness = *base; /* what that has cached has to stay true */
    witness.run = witness_run;
    for (unsigned c = 0; last && c < m->ncpus; c++)
        m->cpus[c].engine_state = &ls->finding;
    if (last)
        m->engine = &witness;
    lockstep_round(ls, s->leg[i].piece);
    m->engine = base;
}

/* All the way. */
static void go(struct search *s)
{
    lockstep_restore(s->ls);
    s->ls->finding.nbefore = 0;
    for (unsigned i = 0; i < s->legs; i++)
        for (uint64_t n = s->leg[i].steps; n; n--)
            go_step(s, i, n == 1 || (s->leg[i].piece && s->leg[i].piece <= WATCHED));
}

/* On from the last leg with pieces of @piece, compared every @stride. True: they differ within the
 * next @stride pieces after the new leg. False: they are still the same where they were not. */
static bool narrow(struct search *s, int64_t piece, uint64_t stride)
{
    struct leg *leg = &s->leg[s->legs];
    struct lockstep *ls = s->ls;
    bool going = true;
    go(s);
    *leg = (struct leg){piece, 0};
    while (going) {
        for (uint64_t n = 0; n < stride && going; n++)
            going = lockstep_round(ls, piece);
        if (!same(ls)) {
            s->legs++;
            s->end = position(ls);
            lockstep_describe(ls);
            return true;
        }
        leg->steps += stride;
        going &= position(ls) <= s->end;
    }
    return false;
}

/* The follower's next instruction alone. True: it ends its slice. */
static bool step_follower(struct lockstep *ls)
{
    struct machine *m = ls->m[FOLLOWER];
    struct cpu *cpu = machine_resume_slice(m);
    remember(&ls->finding, insn_at(cpu, cpu->cia));
    bool boundary = exec_one(cpu);
    bool over = (boundary || cpu->step_only) && exec_is_over(cpu);
    machine_suspend_slice(m, over);
    return over;
}

static void step_leader(struct lockstep *ls, bool over)
{
    struct machine *m = ls->m[LEADER];
    struct cpu *cpu = machine_resume_slice(m);
    bool step_only = cpu->step_only;
    cpu->step_only = true;
    m->engine->run(cpu);
    cpu->step_only = step_only;
    machine_suspend_slice(m, over);
}

/* In front of the first instruction of the last piece. False: there is none. */
static bool go_to_block(struct search *s)
{
    struct lockstep *ls = s->ls;
    go(s);
    if (!ls->m[LEADER]->rest.pending)
        lockstep_round(ls, -1);
    return ls->m[LEADER]->rest.pending && ls->m[FOLLOWER]->rest.pending;
}

/* The last one remembered is the one. */
static void take_last(struct lockstep_finding *f)
{
    f->insn = f->before[--f->nbefore];
}

/* Both step through the last piece. True: one instruction alone gives another result. */
static bool find_by_steps(struct search *s)
{
    struct lockstep *ls = s->ls;
    bool over = false;
    if (!go_to_block(s))
        return false;
    for (unsigned n = 0; n < BLOCK_MAX && !over; n++) {
        ls->finding.position = machine_position(ls->m[FOLLOWER]);
        over = step_follower(ls);
        step_leader(ls, over);
        if (!same(ls)) {
            lockstep_describe(ls);
            return true;
        }
        if (machine_position(ls->m[FOLLOWER]) >= s->end)
            break;
    }
    return false;
}

/* Which of the @steps of the follower in the last piece was the last to change what differs? 0:
 * none did, else 1.. */
static unsigned writer(struct search *s, const struct lockstep_difference *d)
{
    struct lockstep *ls = s->ls;
    unsigned last = 0;
    bool over = false;
    if (!go_to_block(s))
        return 0;
    u128 before = lockstep_value(ls, d, FOLLOWER);
    for (unsigned n = 1; n <= BLOCK_MAX && !over; n++) {
        over = step_follower(ls);
        u128 now = lockstep_value(ls, d, FOLLOWER);
        last = now != before ? n : last;
        before = now;
        if (machine_position(ls->m[FOLLOWER]) >= s->end)
            break;
    }
    return last;
}

/* The first of the writers of what differs. The instruction address is written by every one: it
 * counts only when nothing else differs. */
static unsigned first_writer(struct search *s)
{
    const struct lockstep_finding *f = &s->ls->finding;
    unsigned first = 0;
    for (unsigned pc = 0; pc < 2 && !first; pc++)
        for (unsigned i = 0; i < f->ndiff; i++) {
            bool is_pc = f->diff[i].what == LOCKSTEP_REGISTER && !strcmp(f->diff[i].name, "pc");
            unsigned n = is_pc == (pc == 1) ? writer(s, &f->diff[i]) : 0;
            first = n && (!first || n < first) ? n : first;
        }
    return first;
}

/* Names the @n-th instruction of the last piece. */
static void name(struct search *s, unsigned n)
{
    struct lockstep *ls = s->ls;
    go_to_block(s);
    for (unsigned i = 0; i < n; i++) {
        ls->finding.position = machine_position(ls->m[FOLLOWER]);
        step_follower(ls);
    }
    take_last(&ls->finding);
}

/* The last piece is known. */
static void look_inside(struct search *s)
{
    struct lockstep_finding *f = &s->ls->finding;
    if (find_by_steps(s)) {
        f->found = LOCKSTEP_STEP;
        take_last(f);
        return;
    }
    unsigned n = first_writer(s);
    f->found = n ? LOCKSTEP_WRITER : LOCKSTEP_BLOCK;
    if (go_to_block(s))
        name(s, n ? n : 1);
    else
        f->found = LOCKSTEP_OUTSIDE;
}

void lockstep_search(struct lockstep *ls)
{
    static const int64_t pieces[] = {16384, 256, 1};
    struct search s = {.ls = ls, .end = position(ls)};
    struct lockstep_finding *f = &ls->finding;
    uint64_t stride = ls->at.rounds / COMPARISONS + 1;
    lockstep_describe(ls);
    f->found = LOCKSTEP_GONE;
    f->end = s.end;
    bool ok = narrow(&s, ls->piece, stride) && (stride == 1 || narrow(&s, ls->piece, 1));
    for (unsigned i = 0; i < ARRAY_SIZE(pieces) && ok; i++)
        if (!ls->piece || pieces[i] < ls->piece)
            ok = narrow(&s, pieces[i], 1);
    f->end = s.end;
    if (ok) {
        look_inside(&s);
        return;
    }
    go(&s); /* as far as it got */
    f->position = position(ls);
    f->nbefore = 0;
}
