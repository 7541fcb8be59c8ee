/* SPDX-License-Identifier: Apache-2.0 */
/* Two machines that run in turns. */
#include "lockstep_internal.h"

#include <stdlib.h>

#include "pefemu/chardev.h"
#include "pefemu/err.h"
#include "pefemu/hostclock.h"
#include "pefemu/log.h"
#include "pefemu/snapshot.h"

/* ---- life ---- */

/* The leader's configuration without what may happen only once. */
static struct machine_config follower_config(const struct machine *leader)
{
    struct machine_config cfg = leader->cfg;
    cfg.engine = cfg.lockstep.base ? cfg.lockstep.base : &engine_ref;
    cfg.leader = leader;
    cfg.rr = OUTSIDE_LIVE;
    cfg.rr_file = NULL;
    cfg.dumpdtb = NULL;
    cfg.timeout_s = 0;
    return cfg;
}

static bool complain(void)
{
    pef_complain("-accel lockstep: the host has not enough memory for two machines");
    return false;
}

static bool load_follower(struct machine *m)
{
    char why[SNAPSHOT_WHY_MAX];
    if (!m->cfg.loadvm || snapshot_load(m, m->cfg.loadvm, why, sizeof(why)))
        return true;
    pef_complain("-loadvm %s: %s", m->cfg.loadvm, why);
    return false;
}

struct lockstep *lockstep_create(struct machine *leader)
{
    struct lockstep *ls = calloc(1, sizeof(*ls));
    struct machine_config cfg = follower_config(leader);
    const char *why;
    if (!ls)
        return complain() ? ls : NULL;
    ls->m[LEADER] = leader;
    ls->check = leader->cfg.lockstep.check ? leader->cfg.lockstep.check : LOCKSTEP_CHECK;
    ls->piece = ls->check < LOCKSTEP_CHECK ? (int64_t)ls->check : 0;
    ls->nowhere = chardev_open("null", &why);
    if (ls->nowhere)
        ls->m[FOLLOWER] = machine_create(&cfg, ls->nowhere);
    if (ls->m[FOLLOWER] && load_follower(ls->m[FOLLOWER]) &&
        (lockstep_compare_init(ls) || complain()))
        return ls;
    lockstep_destroy(ls);
    return NULL;
}

void lockstep_destroy(struct lockstep *ls)
{
    if (!ls)
        return;
    lockstep_compare_free(ls);
    machine_destroy(ls->m[FOLLOWER]);
    if (ls->nowhere)
        chardev_close(ls->nowhere);
    free(ls);
}

struct machine *lockstep_follower(struct lockstep *ls)
{
    return ls->m[FOLLOWER];
}

const struct lockstep_finding *lockstep_finding(const struct lockstep *ls)
{
    return &ls->finding;
}

/* ---- running ---- */

void lockstep_advance(struct lockstep *ls, unsigned i, int64_t piece)
{
    uint32_t mask = log_mask;
    if (i == FOLLOWER)
        log_mask = 0; /* once is enough */
    ls->m[i]->piece = piece;
    if (ls->m[i]->stop == STOP_NONE)
        machine_round(ls->m[i]);
    log_mask = mask;
}

bool lockstep_round(struct lockstep *ls, int64_t piece)
{
    for (unsigned i = 0; i < BOTH; i++)
        lockstep_advance(ls, i, piece);
    ls->at.rounds++;
    return ls->m[LEADER]->stop == STOP_NONE && ls->m[FOLLOWER]->stop == STOP_NONE;
}

/* The user's wish, which is nothing that machines could agree about. */
static bool ended_by_user(const struct lockstep *ls)
{
    enum machine_stop stop = ls->m[LEADER]->stop;
    return stop == STOP_QUIT || stop == STOP_TIMEOUT || ls->m[FOLLOWER]->stop == STOP_QUIT;
}

/* @all: also what is compared only now and then. */
static bool same(struct lockstep *ls, bool all)
{
    const struct machine *a = ls->m[LEADER], *b = ls->m[FOLLOWER];
    uint64_t here = machine_position(a);
    if (a->stop != b->stop || here != machine_position(b))
        return false;
    if (!all && here < ls->checked + ls->check)
        return true;
    ls->checked = here;
    return lockstep_same_state(ls) && (!all || lockstep_same_memory(ls));
}

/* Is it time to compare memory? Only between slices can there be a checkpoint. */
static bool memory_is_due(const struct lockstep *ls, uint64_t last)
{
    const struct machine *m = ls->m[LEADER];
    return !m->rest.pending && machine_position(m) - last >= ls->check * LOCKSTEP_MEMORY_CHECKS;
}

/* False: they differ. */
static bool run_both(struct lockstep *ls)
{
    uint64_t last = machine_position(ls->m[LEADER]);
    bool going = true;
    while (going) {
        going = lockstep_round(ls, ls->piece);
        if (ended_by_user(ls))
            break;
        bool all = !going || memory_is_due(ls, last);
        if (!same(ls, all))
            return false;
        if (all && going) {
            last = machine_position(ls->m[LEADER]);
            if (!lockstep_checkpoint(ls)) {
                complain();
                machine_request_stop(ls->m[LEADER], STOP_NONE, "");
                return true;
            }
        }
    }
    return true;
}

enum machine_stop lockstep_run(struct lockstep *ls)
{
    struct machine *m = ls->m[LEADER];
    m->host_start_ns = host_ns(CLOCK_MONOTONIC);
    if (!lockstep_checkpoint(ls)) {
        complain();
        return STOP_NONE;
    }
    if (!same(ls, true) || !run_both(ls)) {
        lockstep_search(ls);
        m->stop = STOP_LOCKSTEP;
        return m->stop;
    }
    outside_ended(m->outside);
    return m->stop == STOP_NONE ? ls->m[FOLLOWER]->stop : m->stop;
}
