/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of -accel lockstep share. */
#ifndef PEFEMU_LOCKSTEP_INTERNAL_H
#define PEFEMU_LOCKSTEP_INTERNAL_H

#include "pefemu/lockstep.h"
#include "pefemu/snap.h"

enum { LEADER, FOLLOWER, BOTH };

/* The last point at which all was the same, to go back to. */
struct lockstep_checkpoint {
    struct snap state[BOTH]; /* owned */
    size_t place[BOTH];      /* in the journal of answers from outside */
    struct memory memory;    /* owned; its normal and secure memory are a copy of the machines' */
    uint64_t rounds;         /* calls of lockstep_round() since */
};

struct lockstep {
    struct machine *m[BOTH]; /* the leader is borrowed */
    struct chardev *nowhere; /* owned; the follower's console */
    int64_t piece;           /* machine.piece between comparisons */
    uint64_t check;          /* instructions between comparisons of state */
    uint64_t checked;        /* position of the last */
    struct snap state[BOTH]; /* owned; for comparisons */
    uint64_t *pages;         /* owned bitmap: which pages of memory may hold anything */
    size_t npages;
    struct lockstep_checkpoint at;
    struct lockstep_finding finding;
};

/* ---- lockstep.c ---- */
/* A round, or a piece of one, of machine @i. */
void lockstep_advance(struct lockstep *ls, unsigned i, int64_t piece);
/* Of both. False: at least one has stopped. */
bool lockstep_round(struct lockstep *ls, int64_t piece);

/* ---- compare.c ---- */
bool lockstep_compare_init(struct lockstep *ls); /* false: no memory */
void lockstep_compare_free(struct lockstep *ls);
/* Is the state the same, or all of memory? */
bool lockstep_same_state(struct lockstep *ls);
bool lockstep_same_memory(struct lockstep *ls);
/* What differs now, into the finding. */
void lockstep_describe(struct lockstep *ls);
/* The value that @d names, as machine @i has it now. */
u128 lockstep_value(struct lockstep *ls, const struct lockstep_difference *d, unsigned i);
/* All is the same: what is to be gone back to. Forgets what engines and TLBs have cached, so that
 * living through it again begins the same way. False: no memory. */
bool lockstep_checkpoint(struct lockstep *ls);
void lockstep_restore(struct lockstep *ls);

/* ---- bisect.c ---- */
/* The machines differ: fills the finding. */
void lockstep_search(struct lockstep *ls);

#endif
