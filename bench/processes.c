// SPDX-License-Identifier: Apache-2.0
/* Processes and threads: how they begin and end, and how they take turns. */
#include <linux/futex.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

static void move(ssize_t done, size_t size, const char *what)
{
    if (done != (ssize_t)size) {
        bench_fail(what);
    }
}

static unsigned status_of(pid_t child)
{
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
        bench_fail("fork");
    }
    return (unsigned)WEXITSTATUS(status);
}

/* ---- pipe ---- */
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
            move(read(there[0], &word, 8), 8, "pipe");
            word = word * 3 + i;
            move(write(back[1], &word, 8), 8, "pipe");
        } else {
            move(write(there[1], &word, 8), 8, "pipe");
            move(read(back[0], &word, 8), 8, "pipe");
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
        sum = bench_mix(sum, status_of(child));
    }
    return sum;
}

/* ---- forks: children that live for a moment in a parent of 2 MiB ---- */
uint64_t bench_forks(unsigned work)
{
    enum { BYTES = 2 << 20 };
    uint8_t *memory = bench_alloc(BYTES);
    uint64_t sum = 0;
    memset(memory, 7, BYTES);
    for (unsigned i = 0; i < work; i++) {
        memory[i % BYTES] += (uint8_t)i;
        pid_t child = fork();
        if (child == 0) {
            _exit(memory[i % BYTES] & 127);
        }
        sum = bench_mix(sum, status_of(child));
    }
    free(memory);
    return sum;
}

/* ---- spawn: programs that share the parent's memory until they begin ---- */
uint64_t bench_spawn(unsigned work)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < work; i++) {
        char name[] = "bench", what[] = "child", status_text[16];
        char *arguments[] = {name, what, status_text, NULL};
        pid_t child = -1;
        snprintf(status_text, sizeof(status_text), "%u", i % 100);
        if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ)) {
            bench_fail("posix_spawn");
        }
        sum = bench_mix(sum, status_of(child));
    }
    return sum;
}

/* ---- pipeline: blocks of 4 KiB through two processes and back ---- */
enum { BLOCK = 4096 };

static _Noreturn void stage(int in, int out, uint64_t blocks, uint64_t add)
{
    static uint64_t block[BLOCK / 8];
    while (blocks--) {
        move(read(in, block, BLOCK), BLOCK, "pipeline");
        for (size_t i = 0; i < BLOCK / 8; i += 16) {
            block[i] = block[i] * 5 + add;
        }
        move(write(out, block, BLOCK), BLOCK, "pipeline");
    }
    _exit(0);
}

uint64_t bench_pipeline(unsigned work)
{
    static uint64_t block[BLOCK / 8];
    uint64_t blocks = (uint64_t)work * 32, sum = 0;
    int pipes[3][2];
    pid_t children[2];
    for (int i = 0; i < 3; i++) {
        if (pipe(pipes[i])) {
            bench_fail("pipe");
        }
    }
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            stage(pipes[i][0], pipes[i + 1][1], blocks, (uint64_t)i + 1);
        }
    }
    for (uint64_t i = 0; i < blocks; i++) {
        block[i % (BLOCK / 8)] += i;
        move(write(pipes[0][1], block, BLOCK), BLOCK, "pipeline");
        move(read(pipes[2][0], block, BLOCK), BLOCK, "pipeline");
        sum = bench_mix(sum, block[i * 16 % (BLOCK / 8)]);
    }
    for (int i = 0; i < 2; i++) {
        sum += status_of(children[i]);
    }
    for (int i = 0; i < 3; i++) {
        close(pipes[i][0]);
        close(pipes[i][1]);
    }
    return sum;
}

/* ---- futex: two threads of one process take turns ---- */
struct turns {
    uint32_t turn;
    uint64_t word, rounds;
};

static void wait_for(struct turns *t, uint32_t mine)
{
    uint32_t turn;
    while ((turn = __atomic_load_n(&t->turn, __ATOMIC_ACQUIRE)) != mine) {
        syscall(SYS_futex, &t->turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
    }
}

static void pass(struct turns *t, uint32_t to)
{
    __atomic_store_n(&t->turn, to, __ATOMIC_RELEASE);
    syscall(SYS_futex, &t->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *other_thread(void *turns)
{
    struct turns *t = turns;
    for (uint64_t i = 0; i < t->rounds; i++) {
        wait_for(t, 1);
        t->word = t->word * 3 + i;
        pass(t, 0);
    }
    return NULL;
}

uint64_t bench_futex(unsigned work)
{
    struct turns t = {.turn = 0, .word = 1, .rounds = (uint64_t)work * 128};
    pthread_t other;
    if (pthread_create(&other, NULL, other_thread, &t)) {
        bench_fail("pthread_create");
    }
    for (uint64_t i = 0; i < t.rounds; i++) {
        wait_for(&t, 0);
        t.word ^= i << 5;
        pass(&t, 1);
    }
    pthread_join(other, NULL);
    return t.word;
}

/* ---- threads: made, and waited for; a mutex and a condition between them ---- */
struct crew {
    pthread_mutex_t lock;
    pthread_cond_t all_there;
    unsigned there;
    uint64_t sum;
};

enum { CREW = 4 };

static void *member(void *arg)
{
    struct crew *c = arg;
    pthread_mutex_lock(&c->lock);
    c->sum += ++c->there * 3;
    if (c->there == CREW) {
        pthread_cond_broadcast(&c->all_there);
    }
    while (c->there < CREW) {
        pthread_cond_wait(&c->all_there, &c->lock);
    }
    c->sum ^= 5;
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

uint64_t bench_threads(unsigned work)
{
    uint64_t sum = 0;
    while (work--) {
        struct crew c = {.lock = PTHREAD_MUTEX_INITIALIZER, .all_there = PTHREAD_COND_INITIALIZER};
        pthread_t threads[CREW];
        for (size_t i = 0; i < CREW; i++) {
            if (pthread_create(&threads[i], NULL, member, &c)) {
                bench_fail("pthread_create");
            }
        }
        for (size_t i = 0; i < CREW; i++) {
            pthread_join(threads[i], NULL);
        }
        sum = bench_mix(sum, c.sum);
    }
    return sum;
}
