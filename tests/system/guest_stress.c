/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest_stress SEED ROUNDS: runs inside the guest (static, ppc64el). What an engine keeps of memory
 * and code is made wrong, at random: mappings that come, go, move and change their rights, copies
 * on write, faults whose handler mends or skips, signals in the middle of floating point, code that
 * is generated and then patched, by its own thread, another one or another process, locks and
 * atomics of threads.
 *
 * A model says what has to come out of each step. What does not depend on the schedule also goes
 * into the checksum at the end, which is the same for the same arguments on every machine.
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- numbers, verdicts ---- */

static uint64_t seed, checksum;
static unsigned failures;
static const char *scene;

static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static unsigned below(unsigned n)
{
    return (unsigned)(mix(&seed) % n);
}

static void note(uint64_t v)
{
    checksum ^= v;
    checksum = mix(&checksum);
}

static void expect(uint64_t has, uint64_t wants, const char *what)
{
    if (has == wants)
        return;
    if (failures++ < 20)
        printf("guest_stress: %s: %s is %#llx, not %#llx\n", scene, what, (unsigned long long)has,
               (unsigned long long)wants);
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    printf("guest_stress: %s: ", scene);
    fflush(stdout);
    perror(what);
    exit(2);
}

/* ---- accesses that may fault ---- */

static struct {
    int count, code;
    uint64_t address;
    bool mends; /* the handler makes the page writable, else the instruction is skipped */
} fault;
static size_t page_size;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)sig;
    fault.count++;
    fault.code = info->si_code;
    fault.address = (uint64_t)(uintptr_t)info->si_addr;
    if (!fault.mends) {
        uc->uc_mcontext.gp_regs[32] += 4; /* NIP */
        return;
    }
    void *page = (void *)(uintptr_t)(fault.address & -page_size);
    int prot = PROT_READ | PROT_WRITE;
    bool there = info->si_code == SEGV_ACCERR;
    must(there
             ? !mprotect(page, page_size, prot)
             : mmap(page, page_size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page,
         "mending");
}

#define SKIPPED 0x5a5a5a5a5a5a5a5aULL

static uint64_t load(const void *p)
{
    uint64_t v = SKIPPED;
    __asm__ volatile("ld %0,0(%1)" : "+&r"(v) : "b"(p) : "memory");
    return v;
}

static void store(void *p, uint64_t v)
{
    __asm__ volatile("std %1,0(%0)" : : "b"(p), "r"(v) : "memory");
}

/* Side by side, so that they may be checked together. */
static void load_two(const void *p, uint64_t *a, uint64_t *b)
{
    uint64_t x = SKIPPED, y = SKIPPED;
    __asm__ volatile("ld %0,0(%2)\n\tld %1,8(%2)" : "+&r"(x), "+&r"(y) : "b"(p) : "memory");
    *a = x;
    *b = y;
}

static void store_two(void *p, uint64_t a, uint64_t b)
{
    __asm__ volatile("std %1,0(%0)\n\tstd %2,8(%0)" : : "b"(p), "r"(a), "r"(b) : "memory");
}

/* ---- mappings ---- */

#define PAGES    48u
#define UNMAPPED (-1)

/* A page has its value in its first and in its last doubleword. */
static struct {
    int prot;
    uint64_t value;
} model[PAGES];
static uint8_t *area;

static uint8_t *page_at(unsigned n)
{
    return area + n * page_size;
}

static bool may(unsigned n, int prot)
{
    return n < PAGES && model[n].prot != UNMAPPED && (model[n].prot & prot);
}

/* Since @before, faults of page @n were as many as @wanted. */
static void expect_faults(int before, int wanted, unsigned n)
{
    expect((uint64_t)(fault.count - before), (uint64_t)wanted, "number of faults");
    if (!wanted)
        return;
    expect((uint64_t)fault.code, model[n].prot == UNMAPPED ? SEGV_MAPERR : SEGV_ACCERR, "si_code");
    expect(fault.address & -page_size, (uint64_t)(uintptr_t)page_at(n), "si_addr");
}

static void read_page(unsigned n)
{
    int before = fault.count;
    bool ok = may(n, PROT_READ);
    fault.mends = false;
    uint64_t first = load(page_at(n)), last = load(page_at(n + 1) - 8);
    expect_faults(before, ok ? 0 : 2, n);
    expect(first, ok ? model[n].value : SKIPPED, "first doubleword");
    expect(last, ok ? model[n].value : SKIPPED, "last doubleword");
    note(first);
}

static void write_page(unsigned n)
{
    uint64_t v = mix(&seed);
    int before = fault.count;
    bool ok = may(n, PROT_WRITE);
    fault.mends = below(2);
    store(page_at(n), v);
    expect_faults(before, !ok, n);
    if (!ok && fault.mends)
        model[n].prot = PROT_READ | PROT_WRITE;
    else if (!ok)
        return;
    store(page_at(n + 1) - 8, v);
    expect((uint64_t)(fault.count - before), !ok, "number of faults of both");
    model[n].value = v;
}

/* Over the end of page @n into the next one. */
static void access_two(unsigned n)
{
    uint64_t a, b, v = mix(&seed);
    uint8_t *p = page_at(n + 1) - 8;
    fault.mends = false;
    if (n + 1 >= PAGES)
        return;
    load_two(p, &a, &b);
    expect(a, may(n, PROT_READ) ? model[n].value : SKIPPED, "first of two");
    expect(b, may(n + 1, PROT_READ) ? model[n + 1].value : SKIPPED, "second of two");
    store_two(p, v, ~v);
    if (may(n, PROT_WRITE)) {
        store(page_at(n), v);
        model[n].value = v;
    }
    if (may(n + 1, PROT_WRITE)) {
        store(page_at(n + 2) - 8, ~v);
        model[n + 1].value = ~v;
    }
}

static void change_page(unsigned n)
{
    static const int prots[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
                                PROT_READ | PROT_EXEC};
    int prot = prots[below(COUNT(prots))];
    unsigned to = below(PAGES);
    bool there = model[n].prot != UNMAPPED;
    switch (below(5)) {
    case 0:
        must(mmap(page_at(n), page_size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                 page_at(n),
             "mmap");
        model[n].prot = prot;
        model[n].value = 0;
        break;
    case 1:
        must(!munmap(page_at(n), page_size), "munmap");
        model[n].prot = UNMAPPED;
        break;
    case 2:
        must(!there || !mprotect(page_at(n), page_size, prot), "mprotect");
        model[n].prot = there ? prot : UNMAPPED;
        break;
    case 3:
        must(!there || !madvise(page_at(n), page_size, MADV_DONTNEED), "madvise");
        model[n].value = 0;
        break;
    default:
        if (!there || to == n)
            break;
        must(mremap(page_at(n), page_size, page_size, MREMAP_MAYMOVE | MREMAP_FIXED, page_at(to)) ==
                 page_at(to),
             "mremap");
        model[to] = model[n];
        model[n].prot = UNMAPPED;
    }
}

static void walk(unsigned steps)
{
    while (steps--) {
        unsigned n = below(PAGES);
        switch (below(6)) {
        case 0:
        case 1:
            change_page(n);
            break;
        case 2:
        case 3:
            write_page(n);
            break;
        case 4:
            read_page(n);
            break;
        default:
            access_two(n);
        }
    }
}

static void read_all(void)
{
    for (unsigned n = 0; n < PAGES; n++)
        read_page(n);
}

/* A child that goes on with a copy; what it writes is not seen here. */
static void walk_of_child(unsigned steps)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    must(child >= 0, "fork");
    if (!child) {
        walk(steps);
        read_all();
        fflush(stdout);
        _exit(failures ? 255 : (int)(checksum & 127));
    }
    must(waitpid(child, &status, 0) == child, "waitpid");
    expect(WIFEXITED(status) && WEXITSTATUS(status) < 128, 1, "the child's end");
    note((uint64_t)status);
}

static void scene_mappings(void)
{
    area = mmap(NULL, (PAGES + 1) * page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(area != MAP_FAILED, "mmap");
    for (unsigned n = 0; n < PAGES; n++) {
        model[n].prot = PROT_NONE;
        model[n].value = 0;
    }
    for (unsigned i = 0; i < 4; i++) {
        walk(150);
        walk_of_child(50);
    }
    read_all();
    munmap(area, (PAGES + 1) * page_size);
}

/* ---- generated code ---- */

enum { ADD, SUBF, MULLD, AND, OR, XOR, EXTSB, CNTLZD, ADDI, XORI, ROTATE, OPS };
/* On eight variables, which are in r4 to r11. */
struct step {
    uint8_t op, t, a, b;
    uint16_t imm;
};

#define STEPS    200u
#define PROLOGUE 10u
#define WORDS    (PROLOGUE + STEPS + 10)

static struct step random_step(void)
{
    uint64_t r = mix(&seed);
    return (struct step){(uint8_t)(r % OPS), r >> 8 & 7, r >> 11 & 7, r >> 14 & 7,
                         (uint16_t)(r >> 20)};
}

static uint32_t word_of(const struct step *s)
{
    uint32_t t = s->t + 4u, a = s->a + 4u, b = s->b + 4u, sh = s->imm & 63u;
    uint32_t arith = 31u << 26 | t << 21 | a << 16 | b << 11,
             logic = 31u << 26 | a << 21 | t << 16 | b << 11;
    switch (s->op) {
    case ADD:
        return arith | 266 << 1;
    case SUBF:
        return arith | 40 << 1;
    case MULLD:
        return arith | 233 << 1;
    case AND:
        return logic | 28 << 1;
    case OR:
        return logic | 444 << 1;
    case XOR:
        return logic | 316 << 1;
    case EXTSB:
        return (logic & ~(31u << 11)) | 954 << 1;
    case CNTLZD:
        return (logic & ~(31u << 11)) | 58 << 1;
    case ADDI:
        return 14u << 26 | t << 21 | a << 16 | s->imm;
    case XORI:
        return 26u << 26 | a << 21 | t << 16 | s->imm;
    default: /* rldicl with MB 0 */
        return 30u << 26 | a << 21 | t << 16 | (sh & 31) << 11 | sh >> 5 << 1;
    }
}

static uint64_t value_of(const struct step *s, const uint64_t *v)
{
    uint64_t a = v[s->a], b = v[s->b];
    unsigned sh = s->imm & 63u;
    switch (s->op) {
    case ADD:
        return a + b;
    case SUBF:
        return b - a;
    case MULLD:
        return a * b;
    case AND:
        return a & b;
    case OR:
        return a | b;
    case XOR:
        return a ^ b;
    case EXTSB:
        return (uint64_t)(int8_t)a;
    case CNTLZD:
        return a ? (uint64_t)__builtin_clzll(a) : 64;
    case ADDI:
        return a + (uint64_t)(int16_t)s->imm;
    case XORI:
        return a ^ s->imm;
    default:
        return sh ? a << sh | a >> (64 - sh) : a;
    }
}

static struct step steps[STEPS];
static uint32_t *writable, *executable; /* may be two mappings of one page */
static unsigned nsteps, loops;

static void flush(const uint32_t *from, unsigned words)
{
    const char *end = (const char *)(from + words);
    for (const char *p = (const char *)((uintptr_t)from & -(uintptr_t)128); p < end; p += 128)
        __asm__ volatile("dcbst 0,%0\n\tsync\n\ticbi 0,%0" : : "r"(p) : "memory");
    __asm__ volatile("sync\n\tisync" : : : "memory");
}

/* void f(uint64_t v[8]): the steps, as often as "loops" says. */
static void write_code(void)
{
    uint32_t *p = writable;
    for (uint32_t i = 0; i < 8; i++)
        *p++ = 58u << 26 | (i + 4) << 21 | 3 << 16 | i * 8; /* ld */
    *p++ = 14u << 26 | loops;                               /* li r0 */
    *p++ = 0x7c0903a6;                                      /* mtctr r0 */
    for (unsigned i = 0; i < nsteps; i++)
        *p++ = word_of(&steps[i]);
    *p++ = 0x42000000 | (-(nsteps * 4) & 0xfffc); /* bdnz */
    for (uint32_t i = 0; i < 8; i++)
        *p++ = 62u << 26 | (i + 4) << 21 | 3 << 16 | i * 8; /* std */
    *p++ = 0x4e800020;                                      /* blr */
    flush(writable, (unsigned)(p - writable));
    if (executable != writable)
        flush(executable, (unsigned)(p - writable));
}

static void run_code(void)
{
    uint64_t v[8], want[8];
    void (*f)(uint64_t *) = (void (*)(uint64_t *))(uintptr_t)executable;
    for (unsigned i = 0; i < 8; i++)
        v[i] = want[i] = mix(&seed);
    for (unsigned n = 0; n < loops; n++)
        for (unsigned i = 0; i < nsteps; i++)
            want[steps[i].t] = value_of(&steps[i], want);
    __asm__ volatile("isync" : : : "memory");
    f(v);
    for (unsigned i = 0; i < 8; i++) {
        expect(v[i], want[i], "result of generated code");
        note(v[i]);
    }
}

/* One word; steps[] is what all know. */
static void patch(unsigned i)
{
    writable[PROLOGUE + i] = word_of(&steps[i]);
    flush(writable + PROLOGUE + i, 1);
    if (executable != writable)
        flush(executable + PROLOGUE + i, 1);
}

static void *patch_thread(void *which)
{
    patch((unsigned)(uintptr_t)which);
    return NULL;
}

static void patch_by(unsigned who, unsigned i)
{
    pthread_t thread;
    if (who == 0) {
        patch(i);
    } else if (who == 1) {
        must(!pthread_create(&thread, NULL, patch_thread, (void *)(uintptr_t)i), "pthread_create");
        pthread_join(thread, NULL);
    } else {
        pid_t child = fork();
        must(child >= 0, "fork");
        if (!child) {
            patch(i);
            _exit(0);
        }
        must(waitpid(child, NULL, 0) == child, "waitpid");
    }
}

/* Memory for code that children write too: one mapping for all, or one to write and one to execute.
 */
static void make_room(void)
{
    int fd = (int)syscall(SYS_memfd_create, "code", 0), all = PROT_READ | PROT_WRITE | PROT_EXEC;
    bool two = below(2);
    must(fd >= 0 && !ftruncate(fd, (off_t)page_size), "memfd_create");
    writable = mmap(NULL, page_size, two ? PROT_READ | PROT_WRITE : all, MAP_SHARED, fd, 0);
    executable = two ? mmap(NULL, page_size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0) : writable;
    must(writable != MAP_FAILED && executable != MAP_FAILED, "mmap");
    close(fd);
}

static void leave_room(void)
{
    if (executable != writable)
        munmap(executable, page_size);
    munmap(writable, page_size);
}

static void scene_code(void)
{
    make_room();
    for (unsigned n = 0; n < 4; n++) {
        nsteps = 1 + below(STEPS);
        loops = 1 + below(100);
        for (unsigned i = 0; i < nsteps; i++)
            steps[i] = random_step();
        write_code();
        run_code();
        for (unsigned k = 0; k < 25; k++) {
            unsigned i = below(nsteps);
            steps[i] = random_step();
            patch_by(k < 15 ? 0 : below(3), i);
            run_code();
        }
    }
    leave_room();
}

/* ---- code that is patched while it runs ---- */

#define VERSIONS 30

static uint32_t *volatile patched;

static void *patcher(void *unused)
{
    (void)unused;
    for (uint32_t n = 1; n <= VERSIONS; n++) {
        *(volatile uint32_t *)patched = 0x38600000 | n; /* li r3,n */
        flush(patched, 1);
        sched_yield();
    }
    return NULL;
}

/* A function whose result only grows, until it is the last. */
static void call_until_last(void)
{
    long (*f)(void) = (long (*)(void))(uintptr_t)executable;
    long last = 0, now = 0;
    while (now < VERSIONS) {
        for (unsigned i = 0; i < 200 && now < VERSIONS; i++, last = now) {
            now = f();
            if (now < last || now > VERSIONS) {
                expect((uint64_t)now, (uint64_t)last, "an old version");
                return;
            }
        }
        sched_yield();
        __asm__ volatile("isync" : : : "memory");
    }
}

static void scene_patched(void)
{
    pthread_t thread;
    bool process = below(2);
    pid_t child = 0;
    make_room();
    writable[0] = 0x38600000;
    writable[1] = 0x4e800020;
    flush(writable, 2);
    flush(executable, 2);
    patched = writable;
    if (process)
        child = fork();
    else
        must(!pthread_create(&thread, NULL, patcher, NULL), "pthread_create");
    must(child >= 0, "fork");
    if (process && !child) {
        patcher(NULL);
        _exit(0);
    }
    call_until_last();
    if (process)
        waitpid(child, NULL, 0);
    else
        pthread_join(thread, NULL);
    leave_room();
}

/* ---- threads ---- */

#define THREADS  4
#define COUNTERS 8

static struct {
    uint32_t lock; /* 0 free, 1 taken, 2 somebody waits */
    uint32_t bits;
    uint64_t atomic[COUNTERS], locked[COUNTERS], biggest;
    uint8_t bytes[COUNTERS];
} shared;

static void lock(uint32_t *l)
{
    uint32_t is = 0;
    if (__atomic_compare_exchange_n(l, &is, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(l, 2, __ATOMIC_ACQUIRE))
        syscall(SYS_futex, l, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

static void unlock(uint32_t *l)
{
    if (__atomic_exchange_n(l, 0, __ATOMIC_RELEASE) == 2)
        syscall(SYS_futex, l, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void grow(uint64_t *biggest, uint64_t v)
{
    uint64_t is = __atomic_load_n(biggest, __ATOMIC_RELAXED);
    while (is < v &&
           !__atomic_compare_exchange_n(biggest, &is, v, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

static void *work(void *state)
{
    uint64_t own = (uint64_t)(uintptr_t)state;
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t v = mix(&own);
        unsigned n = v % COUNTERS;
        __atomic_fetch_add(&shared.atomic[n], v >> 32, __ATOMIC_RELAXED);
        __atomic_fetch_add(&shared.bytes[n], (uint8_t)(v >> 8), __ATOMIC_RELAXED);
        __atomic_fetch_xor(&shared.bits, (uint32_t)(v >> 16), __ATOMIC_RELAXED);
        grow(&shared.biggest, v);
        lock(&shared.lock);
        shared.locked[n] += v;
        unlock(&shared.lock);
        if (!(v >> 58))
            sched_yield();
    }
    return NULL;
}

/* What one thread after the other would have made of it. */
static void scene_threads(void)
{
    pthread_t thread[THREADS];
    uint64_t states[THREADS];
    memset(&shared, 0, sizeof(shared));
    for (unsigned i = 0; i < THREADS; i++) {
        states[i] = mix(&seed);
        must(!pthread_create(&thread[i], NULL, work, (void *)(uintptr_t)states[i]),
             "pthread_create");
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    typeof(shared) together = shared;
    memset(&shared, 0, sizeof(shared));
    for (unsigned i = 0; i < THREADS; i++)
        work((void *)(uintptr_t)states[i]);
    expect(memcmp(&together, &shared, sizeof(shared)) == 0, 1, "what threads have counted");
    for (unsigned i = 0; i < COUNTERS; i++)
        note(shared.atomic[i] ^ shared.locked[i] ^ shared.bytes[i]);
    note(shared.biggest ^ shared.bits);
}

/* ---- signals ---- */

static volatile sig_atomic_t alarms, queued;

/* Leaves nothing as it was in the registers that a signal has to keep. */
static void on_alarm(int sig)
{
    volatile double d = 1.5;
    uint64_t junk = 0x1234567;
    (void)sig;
    alarms++;
    fesetround(FE_UPWARD);
    for (unsigned i = 0; i < 8; i++)
        d = d * 1.1 / 3;
    __asm__ volatile(
        "mtvsrdd 32,%0,%0\n\tmtvsrdd 40,%0,%0\n\tmtvsrdd 10,%0,%0\n\tmtctr %0\n\tmtcrf "
        "255,%0\n\tmtlr %0"
        :
        : "r"(junk)
        : "v0", "v8", "fr10", "ctr", "cr0", "cr1", "cr5", "cr6", "cr7", "lr", "cr2", "cr3", "cr4");
}

static void on_queued(int sig)
{
    (void)sig;
    queued++;
}

static uint64_t compute(uint64_t state)
{
    double d = 1;
    float f[16];
    uint64_t bits, sum = 0;
    for (unsigned i = 0; i < 16; i++)
        f[i] = (float)(mix(&state) >> 40);
    for (unsigned n = 0; n < 3000; n++) {
        for (unsigned i = 0; i < 16; i++)
            f[i] = f[i] * 0.75f + (float)n;
        d = d * 1.0000001 + f[n & 15] / 3;
        sum = (sum << 7 | sum >> 57) + mix(&state);
    }
    memcpy(&bits, &d, sizeof(bits));
    for (unsigned i = 0; i < 16; i++)
        sum += (uint64_t)f[i];
    return bits ^ sum;
}

static void scene_signals(void)
{
    uint64_t state = mix(&seed), quiet = compute(state);
    struct itimerval on = {{0, 50 + below(200)}, {0, 50}}, off = {{0, 0}, {0, 0}};
    sigset_t set;
    unsigned times = 1 + below(20);
    setitimer(ITIMER_REAL, &on, NULL);
    for (unsigned i = 0; i < 8; i++)
        expect(compute(state), quiet, "a computation under signals");
    setitimer(ITIMER_REAL, &off, NULL);
    note(quiet);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    queued = 0;
    for (unsigned i = 0; i < times; i++) {
        sigqueue(getpid(), SIGRTMIN, (union sigval){0}); /* each is kept */
        raise(SIGUSR1);                                  /* one is kept */
    }
    expect((uint64_t)queued, 0, "signals while blocked");
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    expect((uint64_t)queued, times + 1, "signals afterwards");
}

/* ---- all of it ---- */

static void handle(int sig, void (*simple)(int), void (*full)(int, siginfo_t *, void *))
{
    struct sigaction sa = {.sa_flags = full ? SA_SIGINFO : SA_RESTART};
    if (full)
        sa.sa_sigaction = full;
    else
        sa.sa_handler = simple;
    must(!sigaction(sig, &sa, NULL), "sigaction");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } scenes[] = {
        {"mappings", scene_mappings}, {"code", scene_code},       {"patched", scene_patched},
        {"threads", scene_threads},   {"signals", scene_signals},
    };
    if (argc != 3) {
        fputs("usage: guest_stress SEED ROUNDS\n", stderr);
        return 2;
    }
    unsigned long rounds = strtoul(argv[2], NULL, 0);
    seed = strtoull(argv[1], NULL, 0);
    page_size = (size_t)sysconf(_SC_PAGESIZE);
    handle(SIGSEGV, NULL, on_fault);
    handle(SIGALRM, on_alarm, NULL);
    handle(SIGUSR1, on_queued, NULL);
    handle(SIGRTMIN, on_queued, NULL);
    for (unsigned long i = 0; i < rounds; i++)
        for (size_t n = 0; n < COUNT(scenes); n++) {
            scene = scenes[n].name;
            scenes[n].run();
        }
    printf("guest_stress: seed %s, %lu rounds: checksum %016llx, %u failures\n", argv[1], rounds,
           (unsigned long long)checksum, failures);
    return failures != 0;
}
