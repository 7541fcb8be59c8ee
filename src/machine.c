/*
 * The machine: builds its parts, schedules CPUs, keeps time, stops.
 *
 * Scheduling is deterministic: CPUs run in turn, each for a number of instructions; guest time is
 * the sum of what all have executed (decisions.md 4), so clocks never disagree. An idle machine
 * warps to its next event and, unless told otherwise, sleeps on the host meanwhile.
 */
#include "pefemu/machine.h"

#include <stdarg.h>
#include <stdlib.h>

#include "engine/exec.h"
#include "pefemu/chardev.h"
#include "pefemu/debug.h"
#include "pefemu/hostclock.h"
#include "pefemu/log.h"
#include "pefemu/mmu.h"
#include "pefemu/splitmix.h"
#include "pefemu/symbols.h"
#include "trace/commit.h"

/* Instructions a CPU may run before the others get their turn, and with nobody else to run. */
#define SLICE_SHARED 50000
#define SLICE_ALONE  1000000
/* The host clock is read for -timeout once in this many rounds, and whenever all CPUs sleep. */
#define TIMEOUT_ROUNDS 16
/* The longest sleep without a look at -timeout and signals. */
#define SLEEP_MAX_NS 500000000ULL
/* More than an engine's slice may be longer than asked for: to the end of a page. */
#define LIMIT_STEPS 4096

/* ---- kinds ---- */

const struct machine_kind *const machine_kinds[] = {&machine_pseries, &machine_bare, NULL};

const struct machine_kind *machine_kind_find(const char *name)
{
    for (unsigned i = 0; machine_kinds[i]; i++)
        if (!strcmp(machine_kinds[i]->name, name))
            return machine_kinds[i];
    return NULL;
}

/* ---- time ---- */

/* Attempts of the running CPU since its slice began: instructions and interrupts taken. */
static uint64_t slice_progress(const struct machine *m)
{
    const struct cpu *cpu = m->current;

    if (cpu)
        return cpu_insns_now(cpu) - m->slice_insns + cpu->stalls - m->slice_stalls;
    if (!m->rest.pending)
        return 0;
    return m->rest.end - (uint64_t)m->rest.budget - m->slice_insns + m->cpus[m->turn].stalls -
           m->slice_stalls;
}

uint64_t machine_position(const struct machine *m)
{
    return m->insn_total + m->stall_total + slice_progress(m);
}

uint64_t machine_now_ns(const struct machine *m)
{
    return m->now_ns + (slice_progress(m) << m->cfg.icount_shift);
}

int64_t machine_rtc_ns(const struct machine *m)
{
    if (m->cfg.rtc_base < 0)
        return outside_date_ns(m->outside) + m->rtc_offset_ns;
    return m->cfg.rtc_base * 1000000000LL + (int64_t)machine_now_ns(m) + m->rtc_offset_ns;
}

/* ---- randomness: xoshiro256** from -seed, else the host's ---- */

static uint64_t rotl(uint64_t x, unsigned k)
{
    return x << k | x >> (64 - k);
}

static uint64_t seeded_random(uint64_t s[4])
{
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

static void seed_random(struct machine *m)
{
    uint64_t x = m->cfg.seed;

    for (unsigned i = 0; i < ARRAY_SIZE(m->rng_state); i++)
        m->rng_state[i] = splitmix64(&x);
}

uint64_t machine_random(struct machine *m)
{
    uint64_t v;

    if (m->cfg.have_seed)
        return seeded_random(m->rng_state);
    outside_random(m->outside, &v, sizeof(v));
    return v;
}

void machine_secret(struct machine *m, void *p, size_t len)
{
    outside_random(m->outside, p, len);
}

/* ---- stopping ---- */

/* The slice that is running ends at the next boundary. */
static void end_slice_soon(struct machine *m)
{
    if (!m->current)
        return;
    m->current->stop_request = true;
    cpu_kick(m->current);
}

void machine_request_stop(struct machine *m, enum machine_stop why, const char *text)
{
    if (m->stop == STOP_NONE) {
        m->stop = why;
        snprintf(m->stop_text, sizeof(m->stop_text), "%s", text ? text : "");
    }
    end_slice_soon(m);
}

void machine_request_reset(struct machine *m)
{
    if (m->cfg.reboot_stops) {
        machine_request_stop(m, STOP_REBOOT, "reboot");
        return;
    }
    m->reset_request = true;
    end_slice_soon(m);
}

void machine_restore_later(struct machine *m, bool (*fn)(struct machine *m, void *opaque),
                           void *opaque)
{
    m->restore = fn;
    m->restore_opaque = opaque;
    machine_request_stop(m, STOP_RESTORE, "");
}

bool machine_enter_firmware(struct cpu *cpu)
{
    const struct machine_kind *kind = cpu->machine->kind;

    return kind && kind->enter && kind->enter(cpu);
}

void machine_charge_ns(struct machine *m, uint64_t ns)
{
    m->now_ns += ns;
    if (m->current)
        cpu_kick(m->current); /* its slice was planned by the old clock */
}

void machine_say(const struct machine *m, const char *fmt, ...)
{
    uint64_t insns = m->insn_total + (m->current ? cpu_insns_now(m->current) - m->slice_insns : 0);
    char text[400];
    va_list ap;

    if (!outside_may_say(m->outside))
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fprintf(stderr, "pefemu: [%llu] %s\r\n", (unsigned long long)insns, text);
}

/* ---- scheduling ---- */

/* Instructions until @ns, at least one. */
static int64_t insns_until(const struct machine *m, uint64_t ns)
{
    uint64_t shift = m->cfg.icount_shift;
    uint64_t insns;

    if (ns <= m->now_ns)
        return 1;
    insns = (ns - m->now_ns + (1ULL << shift) - 1) >> shift;
    return insns > INT32_MAX ? INT32_MAX : (int64_t)insns;
}

/* The earliest DEC or HDEC of the CPUs that are on. */
static uint64_t next_timer_ns(const struct machine *m)
{
    uint64_t next = ~0ULL;

    for (unsigned i = 0; i < m->ncpus; i++) {
        const struct cpu *cpu = &m->cpus[i];
        uint64_t ns = cpu->run_state == CPU_STOPPED ? ~0ULL : cpu_next_timer_ns(cpu);

        next = ns < next ? ns : next;
    }
    return next;
}

/* Brings the CPU's timers up to date and wakes it when something does. False: it is stopped, or
 * sleeps on. */
static bool make_ready(struct cpu *cpu)
{
    if (cpu->run_state == CPU_STOPPED)
        return false;
    cpu_update_timers(cpu);
    if (cpu->run_state == CPU_RUNNING)
        return true;
    if (!cpu->prodded && !cpu_wakes(cpu))
        return false;
    cpu->prodded = false;
    cpu->run_state = CPU_RUNNING;
    cpu_leave_stop(cpu);
    return true;
}

/* Instructions until -icount-limit. What an interrupt ended counts too: a program that only faults
 * is to come to an end. */
static uint64_t insns_left(const struct machine *m)
{
    uint64_t used = m->insn_total + m->stall_total;

    if (!m->cfg.insn_limit)
        return ~0ULL;
    return used < m->cfg.insn_limit ? m->cfg.insn_limit - used : 0;
}

/* What of @budget a slice may have so that it ends with the limit, exactly: engines run on to a
 * boundary, at most a page away, so the rest is stepped. */
static int64_t limit_budget(const struct machine *m, struct cpu *cpu, int64_t budget)
{
    uint64_t left = insns_left(m);

    cpu->step_only = left <= 2 * LIMIT_STEPS;
    if (cpu->step_only)
        return 1;
    return left - LIMIT_STEPS < (uint64_t)budget ? (int64_t)(left - LIMIT_STEPS) : budget;
}

/* What @cpu executes of @most before something is due: a timer, an event of its performance monitor
 * or the end of -icount-limit. */
static int64_t slice_budget(const struct machine *m, struct cpu *cpu, int64_t most)
{
    int64_t timer = insns_until(m, next_timer_ns(m));
    int64_t event = pmu_cycles_left(cpu);

    most = timer < most ? timer : most;
    most = event < most ? event : most;
    return limit_budget(m, cpu, most);
}

/* From here on slice_progress() counts, and the engine. */
static void begin_slice(struct machine *m, struct cpu *cpu, int64_t budget)
{
    m->slice_insns = cpu->insn_retired;
    m->slice_stalls = cpu->stalls;
    cpu->stop_request = false;
    m->current = cpu;
    m->turn = cpu->index;
    engine_begin(cpu, budget);
}

static void end_slice(struct machine *m, struct cpu *cpu)
{
    engine_end(cpu);
    uint64_t insns = cpu->insn_retired - m->slice_insns;
    uint64_t stalls = cpu->stalls - m->slice_stalls;

    m->current = NULL;
    m->now_ns += (insns + stalls) << m->cfg.icount_shift;
    m->insn_total += insns;
    m->stall_total += stalls;
    /* Another CPU may store to the granule now; the ISA lets a reservation be lost at any time. */
    if (m->ncpus > 1)
        cpu->reserve_valid = false;
}

void machine_suspend_slice(struct machine *m, bool over)
{
    struct cpu *cpu = m->current;

    m->rest = (struct slice_rest){.pending = true,
                                  .over = over,
                                  .stop_request = cpu->stop_request,
                                  .step_only = cpu->step_only,
                                  .budget = cpu->budget,
                                  .end = cpu->slice_end};
    m->current = NULL;
}

/* Something of the slice, up to a boundary, and the rest is left. False: it is over. */
static bool run_piece(struct machine *m, struct cpu *cpu)
{
    if (m->piece > 0) {
        cpu_withhold(cpu, m->piece);
        m->engine->run(cpu);
        cpu_withhold_none(cpu);
        if (exec_is_over(cpu))
            return false;
    }
    machine_suspend_slice(m, false);
    return true;
}

/* The slice to its end; a debugger may halt in it. @over: nothing of it is left. */
static void run_engine(struct machine *m, struct cpu *cpu, bool over)
{
    const struct engine *engine = m->engine;
    if (unlikely(m->commit) && commit_wants_slice(m->commit, cpu))
        engine = &engine_ref; /* every instruction by exec_one(); the boundaries are the same */
    if (unlikely(m->debug) && debug_wants_slice(m->debug, cpu))
        cpu->debug_stop = true;
    else if (!over)
        engine->run(cpu);
    while (unlikely(cpu->debug_stop || cpu->withheld) && debug_stopped(m->debug, cpu))
        engine->run(cpu);
}

static void run_slice(struct machine *m, struct cpu *cpu, bool over)
{
    if (unlikely(m->piece) && !over && run_piece(m, cpu))
        return;
    if (likely(!m->piece))
        run_engine(m, cpu, over);
    end_slice(m, cpu);
}

bool machine_run_slice(struct machine *m, struct cpu *cpu, int64_t most)
{
    int64_t budget;

    if (!make_ready(cpu))
        return false;
    if (unlikely(cpu->pmu.live))
        pmu_settle(cpu);
    budget = slice_budget(m, cpu, most);
    begin_slice(m, cpu, budget);
    if (unlikely(log_mask & LOG_CPU))
        exec_log_cpu(cpu);
    if (cpu->irq_pending)
        cpu_take_pending(cpu);
    run_slice(m, cpu, false);
    return true;
}

struct cpu *machine_resume_slice(struct machine *m)
{
    struct cpu *cpu = &m->cpus[m->turn];
    struct slice_rest rest = m->rest;

    m->rest.pending = false;
    cpu->budget = rest.budget;
    cpu->slice_end = rest.end;
    cpu->stop_request = rest.stop_request;
    cpu->step_only = rest.step_only;
    cpu->op = NULL;
    m->current = cpu;
    return cpu;
}

/* The slice that the snapshot was taken in, or that was left, goes on where it was. */
static void run_rest(struct machine *m)
{
    bool over = m->rest.over;
    struct cpu *cpu = machine_resume_slice(m);

    /* Not at a boundary: debug_stopped() may not take it for the end of the slice. */
    cpu->debug_mid = m->debug && !over;
    run_slice(m, cpu, over);
    cpu->debug_mid = false;
}

/* The round, with the next CPU? */
static bool may_go_on(const struct machine *m)
{
    return m->stop == STOP_NONE && !m->reset_request && !m->rest.pending;
}

/* One turn of every CPU. Returns how many ran. */
static unsigned run_round(struct machine *m)
{
    int64_t most = m->ncpus > 1 ? SLICE_SHARED : SLICE_ALONE;
    unsigned ran = 0, first = 0;

    if (unlikely(m->rest.pending)) {
        first = m->turn + 1;
        run_rest(m);
        ran++;
        if (!m->rest.pending && !insns_left(m))
            machine_request_stop(m, STOP_LIMIT, "");
    }
    for (unsigned i = first; i < m->ncpus && may_go_on(m); i++) {
        ran += machine_run_slice(m, &m->cpus[i], most);
        if (!m->rest.pending && !insns_left(m))
            machine_request_stop(m, STOP_LIMIT, "");
    }
    return ran;
}

static void wait_for_host(struct machine *m, uint64_t ns)
{
    struct pollfd fds[DEBUG_MAX_FDS];
    unsigned n = m->debug ? debug_fds(m->debug, fds, DEBUG_MAX_FDS) : 0;

    chardev_wait_also(m->console, ns, fds, n);
}

/* Nobody can run: warp to the next timer, asleep for as long as the guest thinks it takes. */
static void idle(struct machine *m)
{
    uint64_t next = next_timer_ns(m);
    uint64_t most = SLEEP_MAX_NS;

    if (next != ~0ULL && !m->cfg.icount_sleep) {
        m->now_ns = next > m->now_ns ? next : m->now_ns;
        return;
    }
    if (next >= m->now_ns && next - m->now_ns < most)
        most = next - m->now_ns;
    uint64_t before = host_ns(CLOCK_MONOTONIC);
    wait_for_host(m, outside_sleeps(m->outside) ? most : 0);
    uint64_t slept = host_ns(CLOCK_MONOTONIC) - before;
    m->now_ns += outside_slept(m->outside, slept < most ? slept : most);
}

bool machine_time_is_up(const struct machine *m)
{
    return m->cfg.timeout_s > 0 &&
           (double)(host_ns(CLOCK_MONOTONIC) - m->host_start_ns) > m->cfg.timeout_s * 1e9;
}

static void check_timeout(struct machine *m)
{
    if (machine_time_is_up(m))
        machine_request_stop(m, STOP_TIMEOUT, NULL);
}

static void check_user(struct machine *m)
{
    if (chardev_quit_requested(m->console))
        machine_request_stop(m, STOP_QUIT, "quit");
}

static bool reset(struct machine *m)
{
    m->reset_request = false;
    for (unsigned i = 0; i < m->ncpus; i++)
        cpu_reset(&m->cpus[i]);
    bool ok = m->kind->reset(m);
    if (ok)
        event(m->events, EVENT_RESET, NULL, NULL, 0);
    return ok;
}

/* -no-shutdown: the guest is gone, its console stays until the user quits or time is up. */
static enum machine_stop wait_for_quit(struct machine *m)
{
    m->stop = STOP_NONE;
    while (m->stop == STOP_NONE) {
        if (m->debug)
            debug_poll(m->debug); /* memory and registers can still be looked at */
        wait_for_host(m, SLEEP_MAX_NS);
        (void)chardev_can_read(m->console); /* sees Ctrl-A x */
        check_user(m);
        check_timeout(m);
    }
    return m->stop == STOP_TIMEOUT ? STOP_TIMEOUT : STOP_POWER_OFF;
}

/* What the outside does to the machine, unless it is in the middle of a round. */
static void begin_round(struct machine *m)
{
    if (m->rest.pending)
        return;
    m->rounds++;
    outside_round(m->outside);
    if (m->kind->poll && m->stop == STOP_NONE)
        m->kind->poll(m);
}

/* machine_restore_later(): what was going on is over. */
static void restore(struct machine *m)
{
    m->stop = STOP_NONE;
    m->reset_request = false;
    if (!m->restore(m, m->restore_opaque))
        machine_request_stop(m, STOP_CHECKSTOP, "the snapshot could not be loaded");
}

bool machine_round(struct machine *m)
{
    if (unlikely(m->debug))
        debug_poll(m->debug);
    if (m->stop == STOP_NONE)
        begin_round(m);
    bool asleep = m->stop == STOP_NONE && run_round(m) == 0;
    if (asleep)
        idle(m);
    if (m->reset_request && m->stop == STOP_NONE && !m->rest.pending && !reset(m))
        machine_request_stop(m, STOP_CHECKSTOP, "the guest could not be loaded again");
    check_user(m);
    if (asleep || m->rounds % TIMEOUT_ROUNDS == 0)
        check_timeout(m);
    if (m->stop == STOP_RESTORE)
        restore(m);
    return m->stop == STOP_NONE;
}

static void run(struct machine *m)
{
    m->host_start_ns = host_ns(CLOCK_MONOTONIC);
    while (m->stop == STOP_NONE)
        machine_round(m);
    outside_ended(m->outside);
}

enum machine_stop machine_run(struct machine *m)
{
    run(m);
    if (m->debug)
        debug_ended(m->debug);
    if (m->stop == STOP_POWER_OFF && m->cfg.shutdown_pauses)
        return wait_for_quit(m);
    return m->stop;
}

/* ---- construction ---- */

static bool create_cpus(struct machine *m)
{
    m->cpus = aligned_alloc(64, (sizeof(struct cpu) * m->cfg.cpus + 63) & ~63ULL);
    if (!m->cpus)
        return false;
    memset(m->cpus, 0, sizeof(struct cpu) * m->cfg.cpus);
    m->ncpus = m->cfg.cpus;
    for (unsigned i = 0; i < m->ncpus; i++) {
        struct cpu *cpu = &m->cpus[i];

        cpu->machine = m;
        cpu->index = i;
        cpu->server = i;
        if (!tlb_init(cpu))
            return false;
        cpu_reset(cpu);
        if (m->engine->cpu_init && !m->engine->cpu_init(cpu))
            return false;
    }
    return true;
}

/* CPUs and memory, which every kind has. False: the host has not enough memory. */
static bool create_common(struct machine *m)
{
    const struct machine_kind *kind = m->kind;
    uint64_t extra = kind->ram_needed ? kind->ram_needed(&m->cfg) : 0;
    uint64_t secure = kind->secure_needed ? kind->secure_needed(&m->cfg) : 0;

    return memory_init(&m->mem, m->cfg.ram_size + extra, secure) && create_cpus(m);
}

struct machine *machine_create(const struct machine_config *cfg, struct chardev *console)
{
    struct machine *m = calloc(1, sizeof(*m));
    bool enough = false;

    if (m) {
        m->cfg = *cfg;
        m->kind = machine_kind_find(cfg->machine ? cfg->machine : "pseries");
        m->engine = cfg->engine;
        m->console = console;
        seed_random(m);
        m->outside = outside_create(m, console);
        if (!m->outside) { /* it has said why */
            machine_destroy(m);
            return NULL;
        }
        enough = create_common(m);
    }
    if (!enough)
        fprintf(stderr, "pefemu: -m %lluM: the host has not enough memory\n",
                (unsigned long long)(cfg->ram_size / MiB));
    /* What is wrong with the kind's own part it says itself. */
    if (enough && m->kind->create(m) && m->kind->reset(m))
        return m;
    machine_destroy(m);
    return NULL;
}

void machine_destroy(struct machine *m)
{
    if (!m)
        return;
    if (m->kind && m->kind->destroy)
        m->kind->destroy(m);
    for (unsigned i = 0; i < m->ncpus; i++) {
        if (m->engine->cpu_destroy)
            m->engine->cpu_destroy(&m->cpus[i]);
        tlb_destroy(&m->cpus[i]);
    }
    free(m->cpus);
    if (m->engine && m->engine->machine_destroy)
        m->engine->machine_destroy(m);
    memory_free(&m->mem);
    symbols_destroy(m->symbols);
    outside_destroy(m->outside);
    free(m);
}
