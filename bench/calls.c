// SPDX-License-Identifier: Apache-2.0
/* System calls of several kinds, and files in memory. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

static void need(int truth, const char *what)
{
    if (!truth) {
        bench_fail(what);
    }
}

/* A folder of its own, and its end. */
static void enter_folder(char *name)
{
    strcpy(name, "/tmp/pefemu-bench-XXXXXX");
    need(mkdtemp(name) && chdir(name) == 0, "mkdtemp");
}

static void leave_folder(const char *name)
{
    need(chdir("/") == 0 && rmdir(name) == 0, "rmdir");
}

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

/* ---- file: written, read and removed, 512 KiB ---- */
uint64_t bench_file(unsigned work)
{
    enum { BLOCK = 4096, BLOCKS = 128 };
    static uint8_t block[BLOCK];
    char folder[32];
    uint64_t sum = 0;
    enter_folder(folder);
    for (unsigned i = 0; i < work; i++) {
        int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
        for (size_t k = 0; k < BLOCKS; k++) {
            memset(block, (int)(i + k), 64);
            need(write(fd, block, BLOCK) == BLOCK, "write");
        }
        lseek(fd, 0, SEEK_SET);
        for (size_t k = 0; k < BLOCKS; k++) {
            need(read(fd, block, BLOCK) == BLOCK, "read");
            sum = bench_mix(sum, block[k % 128]);
        }
        close(fd);
        unlink("file");
    }
    leave_folder(folder);
    return sum;
}

/* ---- stat: a small file opened, asked about, closed ---- */
uint64_t bench_stat(unsigned work)
{
    char folder[32];
    uint64_t sum = 0;
    enter_folder(folder);
    need(mkdir("deeper", 0700) == 0, "mkdir");
    int fd = open("deeper/file", O_WRONLY | O_CREAT, 0600);
    need(write(fd, "twelve bytes", 12) == 12, "write");
    close(fd);
    for (size_t i = 0; i < (size_t)work * 64; i++) {
        struct stat by_name, by_file;
        fd = open("./deeper/../deeper/file", O_RDONLY | O_CLOEXEC);
        need(fd >= 0 && fstat(fd, &by_file) == 0 && stat("deeper/file", &by_name) == 0, "stat");
        sum += (uint64_t)(by_file.st_size + (by_name.st_ino == by_file.st_ino));
        sum ^= (uint64_t)(access("no such file", R_OK) + 2) << (i & 31);
        close(fd);
    }
    unlink("deeper/file");
    rmdir("deeper");
    leave_folder(folder);
    return sum;
}

/* ---- folder: files made, listed, renamed, removed ---- */
uint64_t bench_folder(unsigned work)
{
    enum { FILES = 32 };
    char folder[32], name[16], other[16];
    uint64_t sum = 0;
    enter_folder(folder);
    while (work--) {
        for (int i = 0; i < FILES; i++) {
            snprintf(name, sizeof(name), "f%d", i);
            int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
            need(fd >= 0 && write(fd, name, 3) == 3, "open");
            close(fd);
        }
        DIR *list = opendir(".");
        for (struct dirent *e; list && (e = readdir(list));) {
            sum += (uint64_t)(e->d_name[0] * 3 + e->d_name[1]);
        }
        closedir(list);
        for (int i = 0; i < FILES; i++) {
            snprintf(name, sizeof(name), "f%d", i);
            snprintf(other, sizeof(other), "g%d", i);
            need(rename(name, other) == 0 && unlink(other) == 0, "rename");
        }
        sum = bench_mix(sum, work);
    }
    leave_folder(folder);
    return sum;
}

/* ---- copy: a file read at offsets and written to another, 64 KiB at a time ---- */
uint64_t bench_copy(unsigned work)
{
    enum { BLOCK = 65536, BLOCKS = 64 };
    static uint8_t block[BLOCK];
    char folder[32];
    uint64_t seed = 90, sum = 0;
    enter_folder(folder);
    int from = open("from", O_RDWR | O_CREAT, 0600), to = open("to", O_RDWR | O_CREAT, 0600);
    for (size_t i = 0; i < BLOCKS; i++) {
        memset(block, (int)i, BLOCK);
        need(write(from, block, BLOCK) == BLOCK && write(to, block, BLOCK) == BLOCK, "write");
    }
    for (size_t i = 0; i < (size_t)work * 8; i++) {
        uint64_t r = bench_random(&seed);
        off_t source = (off_t)(r % ((BLOCKS - 1) * BLOCK)), target = (off_t)((r >> 32) % BLOCKS);
        need(pread(from, block, BLOCK, source) == BLOCK, "pread");
        block[r >> 48] ^= (uint8_t)r;
        need(pwrite(to, block, BLOCK, target * BLOCK) == BLOCK, "pwrite");
        sum = bench_mix(sum, block[r >> 24 & 0xffff]);
    }
    close(from);
    close(to);
    unlink("from");
    unlink("to");
    leave_folder(folder);
    return sum;
}

/* ---- words: reads and writes of a few bytes, through a pipe, a socket and an event counter ----
 */
uint64_t bench_words(unsigned work)
{
    int pipes[2], sockets[2], event = eventfd(0, EFD_NONBLOCK);
    uint64_t word = 1, count, sum = 0;
    need(pipe(pipes) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0, "socketpair");
    for (size_t i = 0; i < (size_t)work * 64; i++) {
        struct pollfd ready[2] = {{.fd = event, .events = POLLIN},
                                  {.fd = pipes[0], .events = POLLIN}};
        word = word * 5 + i;
        need(write(pipes[1], &word, 8) == 8, "pipe");
        count = i % 7 + 1;
        need(write(event, &count, 8) == 8, "eventfd");
        need(poll(ready, 2, -1) == 2, "poll");
        need(read(pipes[0], &word, 8) == 8 && read(event, &count, 8) == 8, "read");
        need(send(sockets[0], &word, 5, 0) == 5, "send");
        word ^= 0xff;
        need(recv(sockets[1], &word, 5, 0) == 5, "recv");
        sum = bench_mix(sum, word + count);
    }
    for (int i = 0; i < 2; i++) {
        close(pipes[i]);
        close(sockets[i]);
    }
    close(event);
    return sum;
}

/* ---- maps: address space changed without being touched ---- */
uint64_t bench_maps(unsigned work)
{
    enum { PAGE = 65536, PAGES = 16 };
    uint64_t sum = 0;
    for (size_t i = 0; i < (size_t)work * 64; i++) {
        uint8_t *map = mmap(NULL, PAGE * PAGES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        need(map != MAP_FAILED, "mmap");
        need(mprotect(map + PAGE * (i % 8), PAGE * 3, PROT_READ) == 0, "mprotect");
        need(munmap(map + PAGE * 12, PAGE * 2) == 0, "munmap");
        need(munmap(map, PAGE * PAGES) == 0, "munmap");
        sum = bench_mix(sum, i);
    }
    return sum;
}

/* ---- signals: sent to itself, handled ---- */
static volatile sig_atomic_t handled;

static void on_signal(int number)
{
    handled += number == SIGUSR1 ? 1 : 2;
}

uint64_t bench_signals(unsigned work)
{
    struct sigaction action = {.sa_handler = on_signal}, old;
    uint64_t sum = 0;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    need(sigaction(SIGUSR1, &action, &old) == 0 && sigaction(SIGUSR2, &action, NULL) == 0,
         "sigaction");
    handled = 0;
    for (size_t i = 0; i < (size_t)work * 64; i++) {
        raise(SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        raise(SIGUSR2);
        sum += (uint64_t)handled & 7;
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        sum = bench_mix(sum, (uint64_t)handled);
    }
    sigaction(SIGUSR1, &old, NULL);
    return sum;
}
