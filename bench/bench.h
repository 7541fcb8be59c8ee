/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark programs of program.def: portable, deterministic C. Each takes an amount of work
 * and returns a checksum of its results, the same on every machine that computes right.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

#define PROGRAM(name, function, class, floor, work, what) uint64_t function(unsigned work_units);
#include "program.def"
#undef PROGRAM

/* A function that is really called, with nothing known about its arguments. */
#ifdef __clang__
#define BENCH_ALONE __attribute__((noinline))
#else
#define BENCH_ALONE __attribute__((noipa))
#endif

/* xorshift64*: the only source of data. */
static inline uint64_t bench_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dULL;
}

static inline uint64_t bench_mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * 0x9e3779b97f4a7c15ULL + (sum >> 29);
}

/* A double in [0, 1). */
static inline double bench_unit(uint64_t *state)
{
    return (double)(bench_random(state) >> 11) * 0x1p-53;
}

static inline uint64_t bench_bits(double value)
{
    union {
        double d;
        uint64_t u;
    } x = {.d = value};
    return x.u;
}

/* Prints what went wrong and ends: no checksum comes out. */
_Noreturn void bench_fail(const char *what);

/* Memory that the program can not do without. */
void *bench_alloc(size_t bytes);

#endif
