/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler: slices, rounds, idling.
 *
 * Scheduling is deterministic: CPUs run in turn, each for a number of instructions; guest time is
 * the sum of what all have executed, so clocks never disagree. An idle machine
 * warps to its next event and, unless told otherwise, sleeps on the host meanwhile.
 */
#include "schedule.h"

#include "engine/exec.h"
#include "pefemu/chardev.h"
#include "pefemu/debug.h"
#include "pefemu/hostclock.h"
#include "pefemu/log.h"
#include "pefemu/profile.h"
#include "pefemu/threads.h"
#include "trace/commit.h"

/* Instructions a CPU may run before the others get their turn, and with nobody else to run. */
#define SLICE_SHARED 50000
#define SLICE_ALONE  1000000
/* More than an engine's slice may be longer than asked for: to the end of a page. */
#define LIMIT_STEPS 4096

/* Linux reaches its first program after 10^9 instructions. */
#define INSNS_UNTIL_HUGE_PAGES 1000000000u

/* ---- time ---- */

/* Attempts of the running CPU since its slice began: instructions and interrupts taken. */
static uint64_t slice_progress(const struct machine *m)
{
    const struct cpu *cpu = m->current;

    if (m->threads)
        return 0;
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
    if (m->threads)
        return threads_now_ns(m);
    return m->now_ns + (slice_progress(m) << m->cfg.icount_shift);
}

/* ---- what is due ---- */

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

bool schedule_make_ready(struct cpu *cpu)
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

/* ---- slices ---- */

void schedule_note_progress(struct machine *m)
{
    if (m->insn_total > INSNS_UNTIL_HUGE_PAGES)
        memory_want_huge_pages(&m->mem);
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
    schedule_note_progress(m);
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
        if (unlikely(m->profile))
            profile_look(m->profile, cpu);
        if (exec_is_over(cpu))
            return false;
    }
    machine_suspend_slice(m, false);
    return true;
}

/* The engine has come back: is there more of the slice? */
static bool goes_on(struct machine *m, struct cpu *cpu)
{
    if (unlikely(m->profile))
        profile_look(m->profile, cpu);
    if (likely(!cpu->debug_stop && !cpu->withheld))
        return false;
    if (m->debug)
        return debug_stopped(m->debug, cpu);
    cpu_withhold_none(cpu);
    return !exec_is_over(cpu);
}

/* The slice to its end; a debugger may halt in it, a profile look. @over: nothing of it is left. */
static void run_engine(struct machine *m, struct cpu *cpu, bool over)
{
    const struct engine *engine = m->engine;
    bool more = !over;
    if (unlikely(m->commit) && commit_wants_slice(m->commit, cpu))
        engine = &engine_ref; /* every instruction by exec_one(); the boundaries are the same */
    if (unlikely(m->debug) && debug_wants_slice(m->debug, cpu)) {
        cpu->debug_stop = true;
        more = goes_on(m, cpu);
    }
    while (more) {
        if (unlikely(m->profile))
            profile_limit(m->profile, cpu);
        engine->run(cpu);
        more = goes_on(m, cpu);
    }
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

    if (!schedule_make_ready(cpu))
        return false;
    if (unlikely(cpu->pmu.live))
        pmu_settle(cpu);
    budget = slice_budget(m, cpu, most);
    begin_slice(m, cpu, budget);
    if (unlikely(log_mask & LOG_CPU))
        exec_log_cpu(cpu);
    if (cpu_irqs(cpu))
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

/* ---- rounds ---- */

unsigned schedule_round(struct machine *m)
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

/* ---- idling ---- */

void schedule_wait(struct machine *m, uint64_t ns)
{
    struct pollfd fds[DEBUG_MAX_FDS];
    unsigned n = m->debug ? debug_fds(m->debug, fds, DEBUG_MAX_FDS) : 0;

    chardev_wait_also(m->console, ns, fds, n);
}

void schedule_idle(struct machine *m)
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
    schedule_wait(m, outside_sleeps(m->outside) ? most : 0);
    uint64_t slept = host_ns(CLOCK_MONOTONIC) - before;
    m->now_ns += outside_slept(m->outside, slept < most ? slept : most);
}
