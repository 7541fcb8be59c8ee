/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of the overhead laboratory: each takes an amount of work and returns a checksum of
 * its results, the same on every machine that computes right. Those named bench_ are of the files
 * in bench.
 */
#ifndef OVERHEAD_H
#define OVERHEAD_H

#include "../bench.h"

/*   name, class, function, work at size test, train and ref, what it does */
#define LAB_PROGRAMS(PROGRAM)                                                                      \
    PROGRAM(nothing, NONE, lab_nothing, 1, 1, 1, "the markers alone")                              \
    PROGRAM(compress, INTEGER, lab_compress, 1, 3, 32, "context mixing range coder, and back")     \
    PROGRAM(interpreter, INTEGER, bench_bytecode, 1, 16, 160, "a byte code interpreter")           \
    PROGRAM(graph, INTEGER, lab_graph, 1, 24, 240, "shortest paths in a random graph")             \
    PROGRAM(events, INTEGER, lab_events, 1, 60, 600, "discrete events: a network of queues")       \
    PROGRAM(game, INTEGER, lab_game, 5, 7, 8, "alpha-beta search of a board game")                 \
    PROGRAM(text, INTEGER, lab_text, 1, 7, 70, "words counted, sorted, text justified")            \
    PROGRAM(sort, INTEGER, bench_quicksort, 1, 4, 40, "quicksort of 64 Ki words")                  \
    PROGRAM(nbody, FP, bench_nbody, 2, 40, 400, "five bodies")                                     \
    PROGRAM(stencil, FP, lab_stencil, 1, 36, 360, "heat in a plate, 5-point stencil")              \
    PROGRAM(fft, FP, lab_fft, 1, 72, 720, "Fourier transforms of 4096 points")                     \
    PROGRAM(algebra, FP, lab_algebra, 1, 22, 220, "dense linear equations, 96 unknowns")           \
    PROGRAM(raytrace, FP, lab_raytrace, 1, 60, 600, "spheres with shadows and mirrors")            \
    PROGRAM(syscall, KERNEL, bench_syscall, 2, 72, 720, "the cheapest system call")                \
    PROGRAM(pagefault, KERNEL, bench_pagefault, 1, 160, 1600, "map, touch and unmap 16 MiB")       \
    PROGRAM(process, KERNEL, lab_process, 1, 32, 320, "fork, exec, and a pipe between two")        \
    PROGRAM(copy, KERNEL, lab_copy, 1, 64, 640, "copies of a file of 1 MiB in tmpfs")

#define LAB_DECLARE(name, class, fn, ...) uint64_t fn(unsigned work);
LAB_PROGRAMS(LAB_DECLARE)
#undef LAB_DECLARE

#endif
