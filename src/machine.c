/* SPDX-License-Identifier: Apache-2.0 */
/* The machine: builds its parts, runs until something stops it; wall clock and randomness. Whose
 * turn it is says schedule.c. */
#include "pefemu/machine.h"

#include <stdarg.h>
#include <stdlib.h>

#include "schedule.h"

#include "pefemu/chardev.h"
#include "pefemu/debug.h"
#include "pefemu/hostclock.h"
#include "pefemu/mmu.h"
#include "pefemu/splitmix.h"
#include "pefemu/symbols.h"
#include "pefemu/threads.h"

/* The host clock is read for -timeout once in this many rounds, and whenever all CPUs sleep. */
#define TIMEOUT_ROUNDS 16

/* ---- kinds ---- */

const struct machine_kind *const machine_kinds[] = {&machine_pseries, &machine_bare, NULL};

const struct machine_kind *machine_kind_find(const char *name)
{
    for (unsigned i = 0; machine_kinds[i]; i++)
        if (!strcmp(machine_kinds[i]->name, name))
            return machine_kinds[i];
    return NULL;
}

/* ---- wall clock ---- */

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

    machine_lock(m);
    if (m->cfg.have_seed)
        v = seeded_random(m->rng_state);
    else
        outside_random(m->outside, &v, sizeof(v));
    machine_unlock(m);
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
    if (m->threads)
        threads_notice(m);
    if (!m->current)
        return;
    m->current->stop_request = true;
    cpu_kick(m->current);
}

void machine_request_stop(struct machine *m, enum machine_stop why, const char *text)
{
    machine_lock(m);
    if (m->stop == STOP_NONE) {
        m->stop = why;
        snprintf(m->stop_text, sizeof(m->stop_text), "%s", text ? text : "");
    }
    end_slice_soon(m);
    machine_unlock(m);
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
    struct machine *m = cpu->machine;
    bool entered;

    if (!m->kind || !m->kind->enter)
        return false;
    machine_lock(m);
    entered = m->kind->enter(cpu);
    machine_unlock(m);
    return entered;
}

void machine_charge_ns(struct machine *m, uint64_t ns)
{
    if (m->threads) /* it takes what it takes */
        return;
    m->now_ns += ns;
    if (m->current)
        cpu_kick(m->current); /* its slice was planned by the old clock */
}

void machine_say(const struct machine *m, const char *fmt, ...)
{
    bool runs = m->current && !m->threads;
    uint64_t insns = m->insn_total + (runs ? cpu_insns_now(m->current) - m->slice_insns : 0);
    char text[400];
    va_list ap;

    if (!outside_may_say(m->outside))
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fprintf(stderr, "pefemu: [%llu] %s\r\n", (unsigned long long)insns, text);
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
        schedule_wait(m, SLEEP_MAX_NS);
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
    bool asleep = m->stop == STOP_NONE && schedule_round(m) == 0;
    if (asleep)
        schedule_idle(m);
    if (m->reset_request && m->stop == STOP_NONE && !m->rest.pending && !reset(m))
        machine_request_stop(m, STOP_CHECKSTOP, "the guest could not be loaded again");
    check_user(m);
    if (asleep || m->rounds % TIMEOUT_ROUNDS == 0)
        check_timeout(m);
    if (m->stop == STOP_RESTORE)
        restore(m);
    return m->stop == STOP_NONE;
}

void machine_look_after(struct machine *m)
{
    begin_round(m);
    if (m->reset_request && m->stop == STOP_NONE && !reset(m))
        machine_request_stop(m, STOP_CHECKSTOP, "the guest could not be loaded again");
    check_user(m);
    check_timeout(m);
    schedule_note_progress(m);
}

static void run(struct machine *m)
{
    m->host_start_ns = host_ns(CLOCK_MONOTONIC);
    if (m->cfg.multi)
        threads_run(m);
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

struct machine *machine_build(const struct machine_config *cfg, struct chardev *console)
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
    if (enough)
        return m;
    machine_destroy(m);
    return NULL;
}

/* What is wrong with the kind's own part it says itself. */
bool machine_power_on(struct machine *m)
{
    return m->kind->create(m) && m->kind->reset(m);
}

struct machine *machine_create(const struct machine_config *cfg, struct chardev *console)
{
    struct machine *m = machine_build(cfg, console);
    if (m && machine_power_on(m))
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
