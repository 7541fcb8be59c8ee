// SPDX-License-Identifier: Apache-2.0
/* Programs that spend their time in the kernel; the other two are bench/kernel.c's. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "overhead.h"

/* ---- process ---- */
uint64_t lab_process(unsigned work)
{
    return bench_mix(bench_forkexec(work), bench_pipe(work));
}

/* ---- copy ---- */
enum { FILE_BYTES = 1 << 20, BLOCK = 16384 };

static void must(ssize_t done, ssize_t wanted, const char *what)
{
    if (done != wanted) {
        bench_fail(what);
    }
}

static int open_file(const char *name, int flags)
{
    int fd = open(name, flags, 0600);
    if (fd < 0) {
        bench_fail("open");
    }
    return fd;
}

static uint64_t copy(const char *from, const char *to, uint64_t sum)
{
    static uint8_t block[BLOCK];
    int in = open_file(from, O_RDONLY), out = open_file(to, O_WRONLY | O_CREAT | O_TRUNC);
    for (size_t at = 0; at < FILE_BYTES; at += BLOCK) {
        must(read(in, block, BLOCK), BLOCK, "read");
        must(write(out, block, BLOCK), BLOCK, "write");
        sum = bench_mix(sum, block[at / BLOCK]);
    }
    close(in);
    close(out);
    return sum;
}

uint64_t lab_copy(unsigned work)
{
    char folder[] = "/tmp/pefemu-lab-XXXXXX", names[2][64];
    static uint8_t block[BLOCK];
    uint64_t seed = 40, sum = 0;
    if (!mkdtemp(folder)) {
        bench_fail("mkdtemp");
    }
    for (int i = 0; i < 2; i++) {
        snprintf(names[i], sizeof(names[i]), "%s/%d", folder, i);
    }
    int fd = open_file(names[0], O_WRONLY | O_CREAT);
    for (size_t at = 0; at < FILE_BYTES; at += BLOCK) {
        for (size_t i = 0; i < BLOCK; i += 8) {
            uint64_t r = bench_random(&seed);
            for (size_t k = 0; k < 8; k++) {
                block[i + k] = (uint8_t)(r >> 8 * k);
            }
        }
        must(write(fd, block, BLOCK), BLOCK, "write");
    }
    close(fd);
    for (unsigned i = 0; i < work; i++) {
        sum = copy(names[i & 1], names[~i & 1], sum);
    }
    unlink(names[0]);
    unlink(names[1]);
    rmdir(folder);
    return sum;
}
