/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark programs: portable, deterministic C. Each takes an amount of work and returns a
 * checksum of its results, the same on every machine that computes right.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

/*   name, class, work at full size, what it does */
#define BENCH_PROGRAMS(PROGRAM)                                                                    \
    PROGRAM(crc, INTEGER, 640, "table-driven CRC-32 of 64 KiB")                                    \
    PROGRAM(sieve, INTEGER, 40, "primes below one million")                                        \
    PROGRAM(quicksort, INTEGER, 32, "quicksort of 64 Ki words")                                    \
    PROGRAM(hash, INTEGER, 640, "open addressing, 16 Ki slots")                                    \
    PROGRAM(sha, INTEGER, 160, "SHA-256 of 64 KiB")                                                \
    PROGRAM(dp, INTEGER, 32, "edit distance of two strings of 1000")                               \
    PROGRAM(fib, INTEGER, 96, "recursive calls, fib(25)")                                          \
    PROGRAM(virtual, INTEGER, 400, "calls through pointers")                                       \
    PROGRAM(bytecode, INTEGER, 160, "a byte code interpreter")                                     \
    PROGRAM(tree, INTEGER, 16, "binary search tree, 32 Ki nodes")                                  \
    PROGRAM(string, INTEGER, 2400, "the C library's string functions")                             \
    PROGRAM(lz, INTEGER, 160, "LZ77 of 64 KiB and back")                                           \
    PROGRAM(muldiv, INTEGER, 640, "64-bit and 128-bit multiply, divide, modulo")                   \
    PROGRAM(chase, MEMORY, 64, "random pointer chase through 64 MiB")                              \
    PROGRAM(stream, MEMORY, 16, "copy and triad of 16 MiB arrays")                                 \
    PROGRAM(join, MEMORY, 16, "hash join, tables of 32 MiB")                                       \
    PROGRAM(update, MEMORY, 64, "random read-modify-write in 64 MiB")                              \
    PROGRAM(matmul, FP, 24, "scalar double matrix product, 192 x 192")                             \
    PROGRAM(nbody, FP, 160, "five bodies, double")                                                 \
    PROGRAM(mandelbrot, FP, 32, "escape times, double")                                            \
    PROGRAM(fir, FP, 128, "single-precision filter of 32 taps")                                    \
    PROGRAM(sqrtdiv, FP, 640, "square roots and quotients")                                        \
    PROGRAM(convert, FP, 480, "integer to floating point and back")                                \
    PROGRAM(saxpy, VECTOR, 3200, "single-precision a*x + y")                                       \
    PROGRAM(dot, VECTOR, 2400, "dot products, float and 32-bit integer")                           \
    PROGRAM(bytes, VECTOR, 4800, "byte-wise blend and threshold")                                  \
    PROGRAM(minmax, VECTOR, 800, "lane-wise minimum, maximum, select")                             \
    PROGRAM(dmatmul, VECTOR, 32, "vectorised double matrix product, 192 x 192")                    \
    PROGRAM(syscall, KERNEL, 320, "the cheapest system call")                                      \
    PROGRAM(pipe, KERNEL, 80, "ping-pong of two processes")                                        \
    PROGRAM(forkexec, KERNEL, 160, "fork and exec of itself")                                      \
    PROGRAM(pagefault, KERNEL, 160, "map, touch and unmap 16 MiB")                                 \
    PROGRAM(file, KERNEL, 160, "write, read and remove a file in memory")

#define BENCH_DECLARE(name, class, work, what) uint64_t bench_##name(unsigned work_units);
BENCH_PROGRAMS(BENCH_DECLARE)
#undef BENCH_DECLARE

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

/* Memory that the program can not do without: prints and exits on failure. */
void *bench_alloc(size_t bytes);

#endif
