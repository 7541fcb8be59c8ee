/* SPDX-License-Identifier: Apache-2.0 */
/*
 * -accel lockstep: two machines with the same configuration, one on the engine that is checked, one
 * on the engine it is checked against (the reference, or another that has been checked), execute
 * the same instructions and are compared. The first, the leader, is the user's: console, clock,
 * random numbers and TPM are asked by it, once. The second follows: it gets the same answers
 * (outside.h), and what it says goes nowhere.
 *
 * They run in turns of a round (machine.h). Both machines' whole state (machine_snap(): CPUs,
 * clocks, devices, firmware) is compared after each round, memory every LOCKSTEP_MEMORY_CHECKS
 * comparisons and at the end. Where they differ both go back to where their memory was last the
 * same, and the first instruction with another result is looked for.
 */
#ifndef PEFEMU_LOCKSTEP_H
#define PEFEMU_LOCKSTEP_H

#include "pefemu/machine.h"

#define LOCKSTEP_CHECK         1000000u /* instructions between comparisons of state */
#define LOCKSTEP_MEMORY_CHECKS 64u      /* of these between comparisons of memory */

struct lockstep;

enum lockstep_what {
    LOCKSTEP_END,      /* one has ended, or each in another way */
    LOCKSTEP_REGISTER, /* name */
    LOCKSTEP_STATE,    /* other state of CPU, devices or firmware: name says which */
    LOCKSTEP_MEMORY,   /* at ra */
};

/* Of the two machines: [0] the leader's. */
struct lockstep_difference {
    enum lockstep_what what;
    unsigned cpu, bits; /* REGISTER */
    char name[400];     /* END: what each said */
    u128 value[2]; /* REGISTER; END: enum machine_stop; MEMORY: the doubleword there, as a number
                      of the bytes' order (big endian) */
    ra_t ra;       /* MEMORY: multiple of 8 */
};

/* How far the search got. */
enum lockstep_found {
    LOCKSTEP_STEP,    /* executed alone, the instruction already gives another result */
    LOCKSTEP_WRITER,  /* only the code around it together does; it is the one that should have
                         written what differs */
    LOCKSTEP_BLOCK,   /* somewhere in what was executed from it on, up to the next boundary */
    LOCKSTEP_OUTSIDE, /* not by an instruction: at the beginning of a slice, or between slices */
    LOCKSTEP_GONE,    /* lived through again in smaller pieces, it does not come back */
};

struct lockstep_insn {
    unsigned cpu;
    ea_t ea;
    bool known; /* the word could be read */
    uint32_t word;
};

#define LOCKSTEP_BEFORE      10u
#define LOCKSTEP_DIFFERENCES 16u

struct lockstep_finding {
    enum lockstep_found found;
    uint64_t position, end; /* machine_position() before it; GONE, OUTSIDE: behind it, too */
    struct lockstep_insn insn, before[LOCKSTEP_BEFORE]; /* oldest first */
    unsigned nbefore;
    struct lockstep_difference diff[LOCKSTEP_DIFFERENCES]; /* the first ones */
    unsigned ndiff;
};

/**
 * lockstep_create - a follower for @leader, on engine cfg.lockstep.base
 * @leader: just made with cfg.lockstep.on, so that it keeps its answers; nothing of it has run.
 *          A machine that shall be another one than cfg makes is changed in both
 *          (lockstep_follower()) before lockstep_run().
 * Return: NULL with one line on stderr.
 */
struct lockstep *lockstep_create(struct machine *leader);
void lockstep_destroy(struct lockstep *ls); /* accepts NULL; not the leader */
struct machine *lockstep_follower(struct lockstep *ls);

/* machine_run() for both. STOP_LOCKSTEP: they differ; STOP_NONE: the host has not enough memory. */
enum machine_stop lockstep_run(struct lockstep *ls);

/* After STOP_LOCKSTEP: what and where, and for people. */
const struct lockstep_finding *lockstep_finding(const struct lockstep *ls);
void lockstep_report(const struct lockstep *ls, FILE *out);

#endif
