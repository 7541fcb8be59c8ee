// SPDX-License-Identifier: Apache-2.0
/* Programs that spend their time in the kernel. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* ---- syscall ---- */
uint64_t bench_syscall(unsigned work)
{
    long first = syscall(SYS_getppid);
    uint64_t sum = 0;
    for (size_t i = 0; i < (size_t)work * 2048; i++) {
        sum += i ^ (uint64_t)(syscall(SYS_getppid) - first);
    }
    return sum;
}

/* ---- pipe ---- */
static void move(ssize_t done)
{
    if (done != 8) {
        bench_fail("pipe");
    }
}

uint64_t bench_pipe(unsigned work)
{
    int there[2], back[2];
    uint64_t word = 1, rounds = (uint64_t)work * 128;
    if (pipe(there) || pipe(back)) {
        bench_fail("pipe");
    }
    pid_t child = fork();
    if (child < 0) {
        bench_fail("fork");
    }
    for (uint64_t i = 0; i < rounds; i++) {
        if (child == 0) {
            move(read(there[0], &word, 8));
            word = word * 3 + i;
            move(write(back[1], &word, 8));
        } else {
            move(write(there[1], &word, 8));
            move(read(back[0], &word, 8));
            word ^= i << 7;
        }
    }
    if (child == 0) {
        _exit(0);
    }
    waitpid(child, NULL, 0);
    for (int i = 0; i < 2; i++) {
        close(there[i]);
        close(back[i]);
    }
    return word;
}

/* ---- forkexec ---- */
uint64_t bench_forkexec(unsigned work)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < work; i++) {
        char status_text[16];
        snprintf(status_text, sizeof(status_text), "%u", i % 100);
        pid_t child = fork();
        if (child == 0) {
            execl("/proc/self/exe", "bench", "child", status_text, (char *)NULL);
            _exit(127);
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child) {
            bench_fail("fork");
        }
        sum = bench_mix(sum, (uint64_t)WEXITSTATUS(status));
    }
    return sum;
}

/* ---- pagefault ---- */
uint64_t bench_pagefault(unsigned work)
{
    enum { BYTES = 16 << 20, STEP = 65536 };
    uint64_t sum = 0;
    for (unsigned i = 0; i < work; i++) {
        uint8_t *pages =
            mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) {
            bench_fail("mmap");
        }
        /* Huge pages would leave one fault in thirty-two. */
        madvise(pages, BYTES, MADV_NOHUGEPAGE);
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

/* ---- file ---- */
uint64_t bench_file(unsigned work)
{
    enum { BLOCK = 4096, BLOCKS = 128 };
    static uint8_t block[BLOCK];
    char name[] = "/tmp/pefemu-bench-XXXXXX";
    uint64_t sum = 0;
    int fd = mkstemp(name);
    if (fd < 0) {
        bench_fail("mkstemp");
    }
    close(fd);
    for (unsigned i = 0; i < work; i++) {
        fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
        for (size_t k = 0; k < BLOCKS; k++) {
            memset(block, (int)(i + k), 64);
            if (write(fd, block, BLOCK) != BLOCK) {
                bench_fail("write");
            }
        }
        lseek(fd, 0, SEEK_SET);
        for (size_t k = 0; k < BLOCKS; k++) {
            if (read(fd, block, BLOCK) != BLOCK) {
                bench_fail("read");
            }
            sum = bench_mix(sum, block[k % 128]);
        }
        close(fd);
        unlink(name);
    }
    return sum;
}
