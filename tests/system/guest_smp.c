/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs inside a guest with several CPUs (static, ppc64el): what one CPU sees of another. Order of
 * memory accesses (Book II chapter 1; outcomes that barriers forbid), atomic updates, translations
 * that are taken away, code that is changed while others execute it.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_THREADS 4
#define CELLS       2048 /* of a litmus test, one cache block each */
#define ROUNDS      12

static unsigned checks, failures;
static int ncpus;

#define CHECK(cond, ...)                                                                           \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(cond)) {                                                                             \
            failures++;                                                                            \
            printf("guest_smp: line %d: %s ", __LINE__, #cond);                                    \
            printf("" __VA_ARGS__);                                                                \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

#define SYNC()    __asm__ volatile("sync" ::: "memory")
#define LWSYNC()  __asm__ volatile("lwsync" ::: "memory")
#define ISYNC()   __asm__ volatile("isync" ::: "memory")
#define NOTHING() __asm__ volatile("" ::: "memory")

/* ---- threads, each on its CPU ---- */

static volatile int arrived;
static volatile bool done;

static void pin(int n)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(n % ncpus, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static void meet(int threads)
{
    int round = __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST) / threads;

    for (unsigned n = 0; arrived < (round + 1) * threads; n++)
        if (n % 1024 == 1023)
            sched_yield(); /* there may be fewer CPUs */
}

struct start {
    void (*fn)(int me, int threads);
    int me, threads;
};

static void *begin(void *arg)
{
    struct start *s = arg;

    pin(s->me);
    meet(s->threads);
    s->fn(s->me, s->threads);
    return NULL;
}

static void together(int threads, void (*fn)(int me, int threads))
{
    pthread_t id[MAX_THREADS];
    struct start s[MAX_THREADS];

    arrived = 0;
    done = false;
    for (int i = 0; i < threads; i++) {
        s[i] = (struct start){fn, i, threads};
        if (pthread_create(&id[i], NULL, begin, &s[i])) {
            printf("guest_smp: no thread\n");
            exit(1);
        }
    }
    for (int i = 0; i < threads; i++)
        pthread_join(id[i], NULL);
}

/* ---- litmus tests ---- */

struct cell {
    volatile uint32_t x;
    uint32_t pad0[31];
    volatile uint32_t y;
    uint32_t pad1[31];
    uint32_t r[4];
    volatile uint8_t here[MAX_THREADS];
    uint32_t pad2[27];
} __attribute__((aligned(128)));

static struct cell cell[CELLS];
static uint32_t weak; /* outcomes that are allowed and tell that CPUs do run at the same time */

static bool both_late(const struct cell *c)
{
    return !c->r[0] && !c->r[1];
}
static bool flag_first(const struct cell *c)
{
    return c->r[0] && !c->r[1];
}
static bool both_early(const struct cell *c)
{
    return c->r[0] && c->r[1];
}
static bool writes_cross(const struct cell *c)
{
    return c->x == 1 && c->y == 1;
}
static bool readers_disagree(const struct cell *c)
{
    return c->r[0] && !c->r[1] && c->r[2] && !c->r[3];
}

/* Waits for the others, but not for long: they may not be running. */
static void come_near(struct cell *c, int me, int threads)
{
    c->here[me] = 1;
    for (int i = 0; i < threads; i++)
        for (int n = 0; n < 300 && !c->here[i]; n++)
            ;
}

#define BODY(name, ...)                                                                            \
    static void name(int me, int threads)                                                          \
    {                                                                                              \
        for (int round = 0; round < ROUNDS; round++) {                                             \
            meet(threads);                                                                         \
            for (int i = 0; i < CELLS; i++) {                                                      \
                struct cell *c = &cell[i];                                                         \
                come_near(c, me, threads);                                                         \
                __VA_ARGS__                                                                        \
            }                                                                                      \
            meet(threads);                                                                         \
            if (!me)                                                                               \
                judge();                                                                           \
            meet(threads);                                                                         \
        }                                                                                          \
    }

static bool (*forbidden)(const struct cell *c);
static uint32_t bad;

static void judge(void)
{
    for (int i = 0; i < CELLS; i++)
        bad += forbidden(&cell[i]);
    memset(cell, 0, sizeof(cell));
}

/* Store buffering. */
#define SB(barrier)                                                                                \
    if (me) {                                                                                      \
        c->y = 1;                                                                                  \
        barrier();                                                                                 \
        c->r[1] = c->x;                                                                            \
    } else {                                                                                       \
        c->x = 1;                                                                                  \
        barrier();                                                                                 \
        c->r[0] = c->y;                                                                            \
    }
BODY(sb_sync, SB(SYNC))
BODY(sb_plain, SB(NOTHING))
/* Message passing. */
#define MP(writer, reader)                                                                         \
    if (me) {                                                                                      \
        c->r[0] = c->y;                                                                            \
        reader();                                                                                  \
        c->r[1] = c->x;                                                                            \
    } else {                                                                                       \
        c->x = 1;                                                                                  \
        writer();                                                                                  \
        c->y = 1;                                                                                  \
    }
BODY(mp_lwsync, MP(LWSYNC, LWSYNC))
BODY(mp_sync, MP(SYNC, SYNC))
/* Load buffering. */
BODY(
    lb_lwsync,
    if (me) {
        c->r[1] = c->y;
        LWSYNC();
        c->x = 1;
    } else {
        c->r[0] = c->x;
        LWSYNC();
        c->y = 1;
    })
/* Two writers of two words. */
BODY(
    two_writers,
    if (me) {
        c->y = 1;
        LWSYNC();
        c->x = 2;
    } else {
        c->x = 1;
        LWSYNC();
        c->y = 2;
    })
/* Independent reads of independent writes. */
BODY(
    iriw_sync, if (me == 0) c->x = 1; else if (me == 1) c->y = 1; else if (me == 2) {
        c->r[0] = c->x;
        SYNC();
        c->r[1] = c->y;
    } else {
        c->r[2] = c->y;
        SYNC();
        c->r[3] = c->x;
    })

static uint32_t count(int threads, void (*fn)(int, int), bool (*what)(const struct cell *))
{
    bad = 0;
    forbidden = what;
    memset(cell, 0, sizeof(cell));
    together(threads, fn);
    return bad;
}

static void test_order(void)
{
    CHECK(count(2, sb_sync, both_late) == 0, "%u", bad);
    CHECK(count(2, mp_lwsync, flag_first) == 0, "%u", bad);
    CHECK(count(2, mp_sync, flag_first) == 0, "%u", bad);
    CHECK(count(2, lb_lwsync, both_early) == 0, "%u", bad);
    CHECK(count(2, two_writers, writes_cross) == 0, "%u", bad);
    CHECK(count(4, iriw_sync, readers_disagree) == 0, "%u", bad);
    weak = count(2, sb_plain, both_late);
}

/* ---- atomic updates ---- */

#define ADDS 30000

static struct {
    uint8_t b;
    uint8_t neighbour[3];
    uint16_t h;
    uint32_t w;
    uint64_t d;
    uint64_t locked, amo;
    uint32_t amow;
    uint64_t q[2] __attribute__((aligned(16)));
    uint32_t lock __attribute__((aligned(128)));
} shared __attribute__((aligned(128)));

#define ADD(l, s, p)                                                                               \
    do {                                                                                           \
        uint64_t t_;                                                                               \
        __asm__ volatile("1: " l " %0,0,%1\n\taddi %0,%0,1\n\t" s " %0,0,%1\n\tbne- 1b"            \
                         : "=&b"(t_)                                                               \
                         : "r"(p)                                                                  \
                         : "cr0", "memory");                                                       \
    } while (0)

static void add_pair(uint64_t *q)
{
    __asm__ volatile("1: lqarx 8,0,%0\n\taddi 9,9,1\n\taddi 8,8,2\n\tstqcx. 8,0,%0\n\tbne- 1b"
                     :
                     : "r"(q)
                     : "r8", "r9", "cr0", "memory");
}

static void add_amo(void)
{
    __asm__ volatile("li 9,1\n\tldat 8,%0,0\n\tlwat 8,%1,0" /* fetch and add */
                     :
                     : "b"(&shared.amo), "b"(&shared.amow)
                     : "r8", "r9", "memory");
}

static void lock(void)
{
    uint64_t t;

    __asm__ volatile("1: lwarx %0,0,%1\n\tcmpwi %0,0\n\tbne- 1b\n\tli %0,1\n\tstwcx. %0,0,%1\n\t"
                     "bne- 1b\n\tisync"
                     : "=&b"(t)
                     : "r"(&shared.lock)
                     : "cr0", "memory");
}

static void unlock(void)
{
    LWSYNC();
    *(volatile uint32_t *)&shared.lock = 0;
}

static void adder(int me, int threads)
{
    (void)me;
    (void)threads;
    for (int i = 0; i < ADDS; i++) {
        ADD("lbarx", "stbcx.", &shared.b);
        ADD("lharx", "sthcx.", &shared.h);
        ADD("lwarx", "stwcx.", &shared.w);
        ADD("ldarx", "stdcx.", &shared.d);
        add_pair(shared.q);
        add_amo();
        if (i % 16)
            continue;
        lock();
        shared.locked++;
        unlock();
    }
}

static void test_atomic(void)
{
    int n = ncpus < MAX_THREADS ? ncpus : MAX_THREADS;
    uint64_t sum = (uint64_t)n * ADDS;

    together(n, adder);
    CHECK(shared.b == (uint8_t)sum && !shared.neighbour[0], "%u", shared.b);
    CHECK(shared.h == (uint16_t)sum, "%u", shared.h);
    CHECK(shared.w == sum, "%u", shared.w);
    CHECK(shared.d == sum, "%lu", shared.d);
    CHECK(shared.q[0] == sum && shared.q[1] == 2 * sum, "%lu %lu", shared.q[0], shared.q[1]);
    CHECK(shared.amo == sum && shared.amow == sum, "%lu %u", shared.amo, shared.amow);
    CHECK(shared.locked == (uint64_t)n * ((ADDS + 15) / 16), "%lu", shared.locked);
}

/* ---- accesses in one piece ---- */

static volatile uint64_t whole;
static __int128 pair;
static volatile uint32_t torn;

static void tearer(int me, int threads)
{
    (void)threads;
    for (uint64_t i = 0; i < 200000; i++) {
        uint64_t v = i & 1 ? ~0ULL : 0, hi, lo;

        if (me) {
            uint64_t is = whole;
            torn += is && is != ~0ULL;
            __asm__ volatile("lq 8,%2\n\tmr %0,8\n\tmr %1,9"
                             : "=r"(hi), "=r"(lo)
                             : "Q"(pair)
                             : "r8", "r9");
            torn += hi != lo;
        } else {
            whole = v;
            __asm__ volatile("mr 8,%1\n\tmr 9,%1\n\tstq 8,%0" : "=Q"(pair) : "r"(v) : "r8", "r9");
        }
    }
}

static void test_whole(void)
{
    together(2, tearer);
    CHECK(!torn, "%u", torn);
}

/* ---- translations ---- */

static __thread sigjmp_buf back;
static volatile uint64_t *page;
static volatile uint32_t closed; /* odd: the page is not to be read */
static volatile uint32_t stale, faults;

static void on_segv(int sig)
{
    (void)sig;
    siglongjmp(back, 1);
}

static bool try_read(void)
{
    if (sigsetjmp(back, 1))
        return false;
    (void)*page;
    return true;
}

static bool try_write(void)
{
    if (sigsetjmp(back, 1))
        return false;
    *page += 1;
    return true;
}

/* The first CPU closes and opens the page; others may not get in while it is closed. */
static void closer(int me, int threads)
{
    (void)threads;
    for (int i = 0; !me && i < 400; i++) {
        mprotect((void *)page, 65536, PROT_NONE);
        SYNC();
        closed = closed + 1;
        for (volatile int n = 0; n < 2000; n++)
            ;
        closed = closed + 1;
        SYNC();
        mprotect((void *)page, 65536, PROT_READ | PROT_WRITE);
        for (volatile int n = 0; n < 500; n++)
            ;
    }
    if (!me)
        done = true;
    while (me && !done) {
        uint32_t before = closed;
        SYNC();
        bool ok = try_read();
        SYNC();
        stale += ok && (before & 1) && closed == before;
        faults += !ok;
    }
}

/* The first CPU makes the page read-only; nothing changes in it then. */
static void sealer(int me, int threads)
{
    (void)threads;
    for (int i = 0; !me && i < 400; i++) {
        mprotect((void *)page, 65536, PROT_READ);
        uint64_t v = *page;
        for (volatile int n = 0; n < 2000; n++)
            ;
        stale += v != *page;
        mprotect((void *)page, 65536, PROT_READ | PROT_WRITE);
        for (volatile int n = 0; n < 500; n++)
            ;
    }
    if (!me)
        done = true;
    while (me && !done)
        faults += !try_write();
}

/* A child's copy of the page does not change, whatever the parent's threads write. */
static void forker(int me, int threads)
{
    (void)threads;
    for (int i = 0; !me && i < 20; i++) {
        int status = 1;
        pid_t child = fork();
        if (!child) {
            uint64_t v = *page;
            for (volatile int n = 0; n < 20000; n++)
                ;
            _exit(v != *page);
        }
        waitpid(child, &status, 0);
        stale += status != 0;
    }
    if (!me)
        done = true;
    while (me && !done)
        *page += 1;
}

/* Pages come and go; each has what its owner wrote. */
static void mapper(int me, int threads)
{
    (void)threads;
    for (int i = 0; i < 300; i++) {
        size_t size = 65536u << (i & 3);
        uint64_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        uint64_t mine = (uint64_t)(me + 1) << 32 | (uint32_t)i;
        for (size_t at = 0; at < size / 8; at += 512) {
            stale += p[at] != 0;
            p[at] = mine;
        }
        for (size_t at = 0; at < size / 8; at += 512)
            stale += p[at] != mine;
        munmap(p, size);
    }
}

static void test_translations(void)
{
    struct sigaction sa = {.sa_handler = on_segv, .sa_flags = SA_NODEFER};
    int n = ncpus < MAX_THREADS ? ncpus : MAX_THREADS;

    sigaction(SIGSEGV, &sa, NULL);
    page = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    together(n, closer);
    CHECK(!stale, "%u", stale);
    stale = 0;
    together(n, sealer);
    CHECK(!stale, "%u", stale);
    stale = 0;
    together(n, forker);
    CHECK(!stale, "%u", stale);
    stale = 0;
    together(n, mapper);
    CHECK(!stale, "%u", stale);
    signal(SIGSEGV, SIG_DFL);
}

/* ---- code ---- */

static uint32_t *code;
static volatile uint32_t written;
static volatile uint32_t old_code;

static void patch(uint32_t *at, uint32_t word)
{
    *(volatile uint32_t *)at = word;
    __asm__ volatile("dcbst 0,%0\n\tsync\n\ticbi 0,%0\n\tsync\n\tisync" : : "r"(at) : "memory");
}

/* li r3,@n; blr, from the first CPU; the others must get at least the number that was announced. */
static void patcher(int me, int threads)
{
    uint64_t (*fn)(void) = NULL;
    uint64_t entry = (uint64_t)(uintptr_t)code;

    (void)threads;
    memcpy(&fn, &entry, sizeof(entry));
    for (uint32_t n = 1; !me && n < 3000; n++) {
        patch(code, 0x38600000 | n);
        LWSYNC();
        written = n;
    }
    if (!me)
        done = true;
    while (me && !done) {
        uint32_t before = written;
        LWSYNC();
        ISYNC();
        uint64_t got = fn();
        SYNC();
        old_code += got < before || got > written + 1;
    }
}

static void test_code(void)
{
    int n = ncpus < MAX_THREADS ? ncpus : MAX_THREADS;

    code =
        mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    patch(code + 1, 0x4e800020);
    patch(code, 0x38600000);
    together(n, patcher);
    CHECK(!old_code, "%u", old_code);
}

int main(void)
{
    ncpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_order();
    test_atomic();
    test_whole();
    test_translations();
    test_code();
    printf("guest_smp: %d CPUs, %u weak outcomes, %u faults\n", ncpus, weak, faults);
    if (failures)
        printf("guest_smp: %u of %u checks failed\n", failures, checks);
    else
        printf("guest_smp: all %u checks passed\n", checks);
    return failures != 0;
}
