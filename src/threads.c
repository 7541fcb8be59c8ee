/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One host thread per CPU: the lock, stopping the others, the threads themselves.
 *
 * A thread is "free" while it may execute guest instructions. It becomes free by giving the lock
 * back and stops being so before it asks for it, so whoever holds the lock only has to wait until
 * nobody is free any more: "attention" tells engines to come back at the end of their slice, which
 * is a few microseconds away. A thread that is "out" is between two slices, too: parked or asleep.
 */
#include "pefemu/threads.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/exec.h"
#include "pefemu/chardev.h"
#include "pefemu/err.h"
#include "pefemu/hostclock.h"
#include "schedule.h"

/* Instructions between two looks at interrupts, timers and whoever wants attention. */
#define SLICE 10000
/* How often the outside is looked at when nothing happens there. */
#define LOOK_NS 10000000ULL
/* Looks at the others before sleeping until they have stopped. */
#define SPINS 1000

struct cpu_thread {
    struct cpu *cpu;
    pthread_t id;
    pthread_cond_t wake; /* with threads.lock: for whoever is out */
    _Alignas(64) atomic_bool free;
    atomic_bool out;
    /* as of its last slice */
    _Atomic uint64_t insns, stalls;
};

struct threads {
    struct machine *m;
    pthread_mutex_t lock;
    pthread_cond_t parked; /* with lock: another thread is out */
    pthread_mutex_t left_lock;
    pthread_cond_t left; /* with left_lock: another thread is not free any more */
    atomic_bool attention;
    bool paused, ending;
    int notice;             /* eventfd: the main thread has something to do */
    uint64_t start_ns;      /* host's clock at guest time 0 */
    uint64_t insns, stalls; /* the machine's totals without those of cpu[] */
    struct cpu_thread cpu[MACHINE_MAX_CPUS];
};

/* This thread. */
static _Thread_local struct {
    struct cpu_thread *cpu; /* NULL: none of a CPU */
    unsigned locks, stops;  /* how deep */
} me;

bool threads_runs(const struct cpu *cpu)
{
    return me.cpu && me.cpu->cpu == cpu && cpu->running;
}

uint64_t threads_now_ns(const struct machine *m)
{
    return host_ns(CLOCK_MONOTONIC) - m->threads->start_ns;
}

/* ---- the lock ---- */

static void leave(struct threads *t)
{
    me.cpu->cpu->left++;
    atomic_store(&me.cpu->free, false);
    if (!atomic_load(&t->attention))
        return;
    pthread_mutex_lock(&t->left_lock);
    pthread_cond_signal(&t->left);
    pthread_mutex_unlock(&t->left_lock);
}

void threads_lock(struct machine *m)
{
    struct threads *t = m->threads;

    if (me.locks++)
        return;
    if (me.cpu)
        leave(t);
    pthread_mutex_lock(&t->lock);
    m->current = me.cpu && me.cpu->cpu->running ? me.cpu->cpu : NULL;
}

void threads_unlock(struct machine *m)
{
    struct threads *t = m->threads;

    if (--me.locks)
        return;
    m->current = NULL;
    if (me.cpu)
        atomic_store_explicit(&me.cpu->free, !t->ending, memory_order_relaxed);
    pthread_mutex_unlock(&t->lock);
}

/* ---- stopping the others ---- */

static bool anybody_free(const struct threads *t)
{
    for (unsigned i = 0; i < t->m->ncpus; i++)
        if (atomic_load(&t->cpu[i].free))
            return true;
    return false;
}

static void wait_until_nobody_is_free(struct threads *t)
{
    for (unsigned i = 0; i < SPINS; i++)
        if (!anybody_free(t))
            return;
    pthread_mutex_lock(&t->left_lock);
    while (anybody_free(t))
        pthread_cond_wait(&t->left, &t->left_lock);
    pthread_mutex_unlock(&t->left_lock);
}

/* Must all threads wait where they are out? */
static bool must_park(const struct threads *t)
{
    return t->paused || t->ending || t->m->stop != STOP_NONE || t->m->reset_request;
}

static void set_attention(struct threads *t)
{
    atomic_store(&t->attention, must_park(t) || t->m->tidy_wanted);
}

void threads_stop_others(struct machine *m)
{
    struct threads *t = m->threads;

    threads_lock(m);
    if (me.stops++)
        return;
    atomic_store(&t->attention, true);
    wait_until_nobody_is_free(t);
}

void threads_let_go(struct machine *m)
{
    struct threads *t = m->threads;

    if (!--me.stops)
        set_attention(t);
    threads_unlock(m);
}

/* ---- all of them out: nobody is inside an instruction either ---- */

static bool all_out(const struct threads *t)
{
    for (unsigned i = 0; i < t->m->ncpus; i++)
        if (!atomic_load(&t->cpu[i].out))
            return false;
    return true;
}

/* Holding the lock, once, and out. */
static void pause_all(struct threads *t)
{
    while (t->paused)
        pthread_cond_wait(&t->parked, &t->lock);
    t->paused = true;
    atomic_store(&t->attention, true);
    while (!all_out(t))
        pthread_cond_wait(&t->parked, &t->lock);
    t->m->current = NULL;
}

static void wake_all(struct threads *t)
{
    for (unsigned i = 0; i < t->m->ncpus; i++)
        pthread_cond_signal(&t->cpu[i].wake);
    pthread_cond_broadcast(&t->parked);
}

static void resume_all(struct threads *t)
{
    t->paused = false;
    set_attention(t);
    wake_all(t);
}

/* ---- waking ---- */

/* Between the look at what a CPU waits for and its sleep it holds the lock. */
void threads_wake(struct cpu *cpu)
{
    struct machine *m = cpu->machine;
    struct cpu_thread *th = &m->threads->cpu[cpu->index];

    if (!atomic_load(&th->out))
        return;
    threads_lock(m);
    pthread_cond_signal(&th->wake);
    threads_unlock(m);
}

/* The main thread is to look at the machine, which wants to stop or to reset. */
void threads_notice(struct machine *m)
{
    struct threads *t = m->threads;
    uint64_t one = 1;

    atomic_store(&t->attention, true);
    if (write(t->notice, &one, sizeof(one)) < 0)
        return; /* the counter is full: it has been noticed */
}

/* ---- a CPU's thread ---- */

static void sleep_until(struct cpu_thread *th, struct threads *t, uint64_t ns)
{
    uint64_t at = t->start_ns + ns;
    struct timespec ts = {.tv_sec = (time_t)(at / 1000000000), .tv_nsec = (long)(at % 1000000000)};

    if (ns == ~0ULL)
        pthread_cond_wait(&th->wake, &t->lock);
    else
        pthread_cond_timedwait(&th->wake, &t->lock, &ts);
}

static void run_slice(struct machine *m, struct cpu_thread *th)
{
    struct cpu *cpu = th->cpu;

    cpu_update_timers(cpu);
    if (unlikely(cpu->pmu.live))
        pmu_settle(cpu);
    int64_t event = pmu_cycles_left(cpu);
    cpu->stop_request = false;
    cpu->running = true;
    engine_begin(cpu, event < SLICE ? event : SLICE);
    if (unlikely(log_mask & LOG_CPU))
        exec_log_cpu(cpu);
    if (cpu_irqs(cpu))
        cpu_take_pending(cpu);
    m->engine->run(cpu);
    engine_end(cpu);
    cpu->running = false;
    atomic_store_explicit(&th->insns, cpu->insn_retired, memory_order_relaxed);
    atomic_store_explicit(&th->stalls, cpu->stalls, memory_order_relaxed);
}

/* The engine has left work for when nobody executes. False: others have stopped us meanwhile. */
static bool tidy(struct threads *t)
{
    if (!t->m->tidy_wanted || !t->m->engine->tidy)
        return false;
    pause_all(t);
    t->m->engine->tidy(t->m);
    t->m->tidy_wanted = false;
    resume_all(t);
    return true;
}

/* Holding the lock. */
static void turn(struct threads *t, struct cpu_thread *th)
{
    struct cpu *cpu = th->cpu;

    atomic_store(&th->out, true);
    if (must_park(t)) {
        pthread_cond_broadcast(&t->parked);
        pthread_cond_wait(&th->wake, &t->lock);
        return;
    }
    if (tidy(t))
        return;
    if (!schedule_make_ready(cpu)) {
        sleep_until(th, t, cpu->run_state == CPU_STOPPED ? ~0ULL : cpu_next_timer_ns(cpu));
        return;
    }
    atomic_store(&th->out, false);
    threads_unlock(t->m);
    do
        run_slice(t->m, th);
    while (cpu->run_state == CPU_RUNNING &&
           !atomic_load_explicit(&t->attention, memory_order_relaxed));
    threads_lock(t->m);
}

static void *cpu_main(void *arg)
{
    struct cpu_thread *th = arg;
    struct machine *m = th->cpu->machine;
    struct threads *t = m->threads;

    me.cpu = th;
    threads_lock(m);
    while (!t->ending)
        turn(t, th);
    atomic_store(&th->out, true);
    pthread_cond_broadcast(&t->parked);
    threads_unlock(m);
    return NULL;
}

/* ---- the main thread ---- */

static void add_up(struct threads *t)
{
    uint64_t insns = t->insns, stalls = t->stalls;

    for (unsigned i = 0; i < t->m->ncpus; i++) {
        insns += atomic_load_explicit(&t->cpu[i].insns, memory_order_relaxed);
        stalls += atomic_load_explicit(&t->cpu[i].stalls, memory_order_relaxed);
    }
    t->m->insn_total = insns;
    t->m->stall_total = stalls;
}

/* A reset, and a hypervisor that takes pages on its own account (svm-paging), use the CPUs. */
static void look_after(struct threads *t)
{
    bool alone = t->m->reset_request || t->m->cfg.svm_paging;

    if (alone)
        pause_all(t);
    add_up(t);
    (void)chardev_can_read(
        t->m->console); /* takes what has arrived, so that poll() waits for more */
    machine_look_after(t->m);
    if (alone)
        resume_all(t);
}

static void wait_outside(struct threads *t)
{
    struct pollfd fds[1 + CHARDEV_FDS] = {{.fd = t->notice, .events = POLLIN}};
    struct timespec most = {.tv_nsec = LOOK_NS};
    unsigned n = 1 + chardev_fds(t->m->console, fds + 1);
    uint64_t count;

    threads_unlock(t->m);
    int ready = ppoll(fds, n, &most, NULL);
    threads_lock(t->m);
    if (ready > 0 && fds[0].revents && read(t->notice, &count, sizeof(count)) < 0)
        return; /* somebody was faster */
    if (ready > 0)
        chardev_fds_ready(fds + 1);
}

static bool start_cpus(struct threads *t)
{
    sigset_t all, before;
    bool ok = true;

    sigfillset(&all); /* they are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; ok && i < t->m->ncpus; i++)
        ok = !pthread_create(&t->cpu[i].id, NULL, cpu_main, &t->cpu[i]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

static void init_cpus(struct threads *t)
{
    pthread_condattr_t clock;

    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    t->insns = t->m->insn_total;
    t->stalls = t->m->stall_total;
    for (unsigned i = 0; i < t->m->ncpus; i++) {
        struct cpu_thread *th = &t->cpu[i];

        th->cpu = &t->m->cpus[i];
        pthread_cond_init(&th->wake, &clock);
        th->cpu->reserve_valid = false; /* the value that goes with it is not known */
        atomic_init(&th->out, true);
        atomic_init(&th->insns, th->cpu->insn_retired);
        atomic_init(&th->stalls, th->cpu->stalls);
        t->insns -= th->cpu->insn_retired;
        t->stalls -= th->cpu->stalls;
    }
    pthread_condattr_destroy(&clock);
}

static struct threads *create(struct machine *m)
{
    struct threads *t = aligned_alloc(64, sizeof(*t));
    pthread_mutexattr_t spins;

    if (!t)
        return NULL;
    memset(t, 0, sizeof(*t));
    t->m = m;
    t->notice = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutexattr_init(&spins);
    pthread_mutexattr_settype(&spins, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&t->lock, &spins);
    pthread_mutexattr_destroy(&spins);
    pthread_mutex_init(&t->left_lock, NULL);
    pthread_cond_init(&t->parked, NULL);
    pthread_cond_init(&t->left, NULL);
    t->start_ns = host_ns(CLOCK_MONOTONIC) - m->now_ns;
    init_cpus(t);
    return t;
}

static void destroy(struct threads *t)
{
    for (unsigned i = 0; i < t->m->ncpus; i++) {
        if (t->cpu[i].id)
            pthread_join(t->cpu[i].id, NULL);
        pthread_cond_destroy(&t->cpu[i].wake);
    }
    add_up(t);
    t->m->now_ns = threads_now_ns(t->m);
    t->m->threads = NULL;
    pthread_cond_destroy(&t->left);
    pthread_cond_destroy(&t->parked);
    pthread_mutex_destroy(&t->left_lock);
    pthread_mutex_destroy(&t->lock);
    close(t->notice);
    free(t);
}

void threads_run(struct machine *m)
{
    struct threads *t = create(m);

    m->threads = t;
    if (!t || t->notice < 0 || !start_cpus(t))
        machine_request_stop(m, STOP_CHECKSTOP, "the host gives no thread for a CPU");
    if (!t)
        return;
    threads_lock(m);
    while (m->stop == STOP_NONE) {
        look_after(t);
        if (m->stop == STOP_NONE && !m->reset_request)
            wait_outside(t);
    }
    t->ending = true;
    atomic_store(&t->attention, true);
    wake_all(t);
    threads_unlock(m);
    destroy(t);
}
