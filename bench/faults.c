// SPDX-License-Identifier: Apache-2.0
/* Page faults: first touch, copy on write, files, and protection that a program handles itself. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* The guest's pages; smaller ones of other kernels are touched as far. */
enum { STEP = 65536 };

static uint8_t *map(size_t bytes, int flags, int fd)
{
    uint8_t *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (pages == MAP_FAILED) {
        bench_fail("mmap");
    }
    /* Huge pages would leave one fault in thirty-two. */
    madvise(pages, bytes, MADV_NOHUGEPAGE);
    return pages;
}

/* ---- touch ---- */
uint64_t bench_pagefault(unsigned work)
{
    enum { BYTES = 16 << 20 };
    uint64_t sum = 0;
    for (unsigned i = 0; i < work; i++) {
        uint8_t *pages = map(BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
        for (size_t at = 0; at < BYTES; at += STEP) {
            pages[at] = (uint8_t)(at / STEP + i);
        }
        for (size_t at = 0; at < BYTES; at += STEP) {
            sum = bench_mix(sum, pages[at] + pages[at + 8]);
        }
        munmap(pages, BYTES);
    }
    return sum;
}

/* ---- cow: a child writes to what it shares with its parent ---- */
uint64_t bench_cow(unsigned work)
{
    enum { BYTES = 4 << 20 };
    uint8_t *pages = map(BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    uint64_t sum = 0;
    for (size_t at = 0; at < BYTES; at += STEP) {
        memset(pages + at, (int)(at / STEP), STEP);
    }
    for (unsigned i = 0; i < work; i++) {
        pid_t child = fork();
        if (child == 0) {
            unsigned total = 0;
            for (size_t at = 0; at < BYTES; at += STEP) {
                pages[at + i % STEP] ^= 0x5a;
                total += pages[at + i % STEP];
            }
            _exit((int)(total & 127));
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
            bench_fail("fork");
        }
        for (size_t at = i % 2 * STEP; at < BYTES; at += 2 * STEP) { /* the parent's own copies */
            pages[at] += (uint8_t)i;
        }
        sum = bench_mix(sum, (uint64_t)WEXITSTATUS(status));
    }
    munmap(pages, BYTES);
    return sum;
}

/* ---- mapfile: a file in memory read and written through its mapping ---- */
uint64_t bench_mapfile(unsigned work)
{
    enum { BYTES = 8 << 20 };
    char name[] = "/tmp/pefemu-bench-XXXXXX";
    uint64_t sum = 0;
    int fd = mkstemp(name);
    if (fd < 0 || ftruncate(fd, BYTES)) {
        bench_fail("mkstemp");
    }
    unlink(name);
    for (unsigned i = 0; i < work; i++) {
        uint8_t *shared = map(BYTES, MAP_SHARED, fd), *own = map(BYTES, MAP_PRIVATE, fd);
        for (size_t at = 0; at < BYTES; at += STEP) {
            shared[at] += (uint8_t)(at / STEP + i);
            sum = bench_mix(sum, own[at]);
            if (at / STEP % 4 == 0) {
                own[at + 1] = (uint8_t)i;
            }
        }
        munmap(shared, BYTES);
        munmap(own, BYTES);
    }
    close(fd);
    return sum;
}

/* ---- guard: writes to protected pages are noted by a signal handler, as collectors do ---- */
static uint8_t *guarded;
static volatile uint64_t noted;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    size_t page = (size_t)((uint8_t *)info->si_addr - guarded) / STEP;
    if (mprotect(guarded + page * STEP, STEP, PROT_READ | PROT_WRITE)) {
        _exit(1);
    }
    noted += page + 1;
}

uint64_t bench_guard(unsigned work)
{
    enum { BYTES = 4 << 20 };
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, old;
    uint64_t sum = 0;
    guarded = map(BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    memset(guarded, 1, BYTES);
    if (sigaction(SIGSEGV, &action, &old)) {
        bench_fail("sigaction");
    }
    for (unsigned i = 0; i < work; i++) {
        noted = 0;
        if (mprotect(guarded, BYTES, PROT_READ)) {
            bench_fail("mprotect");
        }
        for (size_t at = i % 3 * STEP; at < BYTES; at += 3 * STEP) {
            ((volatile uint8_t *)guarded)[at + i % 4096] += 3;
            sum += guarded[at];
        }
        sum = bench_mix(sum, noted);
    }
    sigaction(SIGSEGV, &old, NULL);
    munmap(guarded, BYTES);
    return sum;
}
