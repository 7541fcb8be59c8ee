/* SPDX-License-Identifier: Apache-2.0 */
/* -tracefile: what is wanted, which events pass, and when something is sampled. */
#include "trace_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "commit.h"
#include "option_value.h"
#include "pefemu/err.h"
#include "pefemu/names.h"
#include "pefemu/uv.h"

static const struct trace_format *const formats[] = {
    &trace_text, &trace_chrome, &trace_csv, &trace_vcd, &trace_commit,
};

/* ---- the option ---- */

static bool complain(char *message, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool complain(char *message, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, TRACE_MESSAGE, fmt, ap);
    va_end(ap);
    return false;
}

static const struct trace_format *find_format(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
        if (!strcmp(formats[i]->name, name))
            return formats[i];
    return NULL;
}

/* FILE.json is for chrome, and so on. */
static const struct trace_format *format_of_file(const char *path)
{
    const char *dot = strrchr(path, '.');
    for (unsigned i = 0; dot && i < ARRAY_SIZE(formats); i++)
        if (!strcmp(formats[i]->suffix, dot))
            return formats[i];
    return &trace_text;
}

/* The next word of "A+B+C", cut off; NULL: there are no more. */
static char *next_word(char **list)
{
    char *word = *list;
    if (!word)
        return NULL;
    *list = strchr(word, '+');
    if (*list)
        *(*list)++ = '\0';
    return word;
}

static bool parse_events(struct trace_config *c, char *list, char *message)
{
    char *word;
    c->events = 0;
    while ((word = next_word(&list))) {
        enum event_id id = event_find(word);
        if (id == EVENT_COUNT)
            return complain(message,
                            "events=%.40s: no such event; use for example events=ucall+tpm", word);
        c->events |= 1u << id;
    }
    return true;
}

/* "privileged" is a normal VM's, "svm-privileged" a secure one's; "svm" both of the latter. */
static const struct {
    const char *name;
    uint8_t states;
} state_words[] = {
    {"problem", 1u << ST_PROBLEM},
    {"privileged", 1u << ST_PRIVILEGED},
    {"hypervisor", 1u << ST_HYPERVISOR},
    {"svm-problem", 1u << (ST_PROBLEM + 4)},
    {"svm-privileged", 1u << (ST_PRIVILEGED + 4)},
    {"ultravisor", 1u << (ST_ULTRAVISOR + 4)},
    {"svm", 1u << (ST_PROBLEM + 4) | 1u << (ST_PRIVILEGED + 4)},
};

static bool parse_states(struct trace_config *c, char *list, char *message)
{
    char *word;
    c->states = 0;
    while ((word = next_word(&list))) {
        unsigned i = 0;
        while (i < ARRAY_SIZE(state_words) && strcmp(state_words[i].name, word))
            i++;
        if (i == ARRAY_SIZE(state_words))
            return complain(message,
                            "states=%.40s: no such state; use problem, privileged, hypervisor, "
                            "ultravisor, svm-problem, svm-privileged, svm",
                            word);
        c->states |= state_words[i].states;
    }
    return true;
}

static bool parse_pc(struct trace_config *c, char *range, char *message)
{
    char *dash = strchr(range, '-');
    if (dash)
        *dash++ = '\0';
    c->has_pc = true;
    if (!dash || !value_u64(range, UINT64_MAX, &c->pc_low) ||
        !value_u64(dash, UINT64_MAX, &c->pc_high) || c->pc_high < c->pc_low)
        return complain(message, "pc=%.40s: not LOW-HIGH; use for example pc=0x1000-0x1fff", range);
    return true;
}

static bool parse_item(struct trace_config *c, const struct value_item *it, char *message)
{
    if (!it->value)
        return complain(message, "%.60s: use KEY=VALUE after the file's name", it->key);
    if (!strcmp(it->key, "format")) {
        c->format = find_format(it->value);
        return c->format ||
               complain(message, "format=%.40s: use chrome, csv, txt, vcd or commit", it->value);
    }
    if (!strcmp(it->key, "events"))
        return parse_events(c, it->value, message);
    if (!strcmp(it->key, "states"))
        return parse_states(c, it->value, message);
    if (!strcmp(it->key, "pc"))
        return parse_pc(c, it->value, message);
    if (!strcmp(it->key, "from"))
        return value_u64(it->value, UINT64_MAX, &c->from) ||
               complain(message, "from=%.40s: not a number of instructions", it->value);
    if (!strcmp(it->key, "count"))
        return (value_u64(it->value, UINT64_MAX, &c->count) && c->count) ||
               complain(message, "count=%.40s: not a positive number of records", it->value);
    return complain(
        message,
        "%.40s: unknown key; use format=, events=, states=, pc=, from= and count=", it->key);
}

/* @c->path is the caller's to free, whatever comes of it. */
static bool parse(struct trace_config *c, const char *spec, char *message)
{
    struct value_list list;
    struct value_item it;
    *c = (struct trace_config){.events = ~0u, .states = 0xff, .count = UINT64_MAX};
    if (!value_list(&list, spec))
        return complain(message, "too long; use for example trace.json,format=chrome");
    if (!value_next(&list, &it) || it.value || !it.key[0])
        return complain(message, "no file is named; use for example trace.json,format=chrome");
    c->path = strdup(it.key);
    if (!c->path)
        return complain(message, "the host has not enough memory");
    c->format = format_of_file(c->path);
    while (value_next(&list, &it))
        if (!parse_item(c, &it, message))
            return false;
    return true;
}

bool trace_check(const char *spec, char *message)
{
    struct trace_config c = {0};
    bool ok = parse(&c, spec, message);
    free(c.path);
    return ok;
}

/* ---- filters ---- */

bool trace_passes(const struct trace *t, const struct cpu *cpu)
{
    const struct trace_config *c = &t->cfg;
    if (!t->left || (c->from && machine_position(t->m) < c->from))
        return false;
    if (!cpu)
        return true;
    if (!(c->states >> cpu_state_index(cpu->msr) & 1))
        return false;
    return !c->has_pc || (cpu->cia >= c->pc_low && cpu->cia <= c->pc_high);
}

/* ---- the way back ---- */

/* The next moment. Has the trace been there before? */
static bool repeats(struct trace *t)
{
    uint64_t here = machine_position(t->m);
    /* On its way out of a slice into its past, the machine does what never was. */
    if (t->m->stop == STOP_RESTORE)
        return true;
    if (t->now.position != here || t->loads != t->m->loads)
        t->now = (struct trace_moment){.position = here};
    t->loads = t->m->loads;
    t->now.n++;
    if (here < t->furthest.position || (here == t->furthest.position && t->now.n <= t->furthest.n))
        return true;
    t->furthest = t->now;
    return false;
}

uint64_t trace_ns(struct trace *t)
{
    uint64_t now = machine_now_ns(t->m);
    if (now > t->last_ns)
        t->last_ns = now;
    return t->last_ns;
}

/* ---- samples ---- */

static uint64_t host_cpu_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void sample(struct trace *t)
{
    uint64_t now = machine_now_ns(t->m);
    if (now < t->next_sample_ns)
        return;
    uint64_t insns = machine_position(t->m), host = host_cpu_ns();
    struct trace_sample s = {.secure_pages = t->m->uv ? uv_secure_pages(t->m->uv) : 0};
    for (unsigned i = 0; i < t->m->ncpus; i++)
        s.exits += t->cpu[i].exits;
    if (host > t->sampled_host_ns)
        s.host_mips =
            (double)(insns - t->sampled_insns) * 1e3 / (double)(host - t->sampled_host_ns);
    t->sampled_insns = insns;
    t->sampled_host_ns = host;
    t->next_sample_ns = now + TRACE_SAMPLE_NS;
    t->cfg.format->sample(t, &s);
}

/* ---- events ---- */

static void note_state(struct trace *t, struct cpu *cpu)
{
    struct trace_cpu *c = &t->cpu[cpu->index];
    unsigned from = c->state, to = cpu_state_index(cpu->msr);
    if (from == to)
        return;
    c->state = to;
    if (to % 4 >= ST_HYPERVISOR && from % 4 < ST_HYPERVISOR)
        c->exits++;
    if (t->cfg.format->state && (t->cfg.events >> EVENT_STATE & 1) && t->left &&
        machine_position(t->m) >= t->cfg.from)
        t->cfg.format->state(t, cpu, from);
}

static void after_reset(struct trace *t)
{
    for (unsigned i = 0; i < t->m->ncpus; i++) {
        calls_end(t, &t->m->cpus[i]);
        note_state(t, &t->m->cpus[i]);
    }
}

static void observe(void *trace, const struct event *ev)
{
    struct trace *t = trace;
    unsigned depth = ev->cpu ? t->cpu[ev->cpu->index].depth : 0;
    if (repeats(t)) {
        t->repeated +=
            t->m->stop != STOP_RESTORE && (t->cfg.events >> ev->id & 1) && trace_passes(t, ev->cpu);
        return;
    }
    if (ev->id == EVENT_RESET)
        after_reset(t);
    if (ev->cpu)
        note_state(t, ev->cpu);
    if (ev->cpu && t->cfg.format->follows_calls)
        calls_event(t, ev);
    if (t->cfg.format->happened && (t->cfg.events >> ev->id & 1) && trace_passes(t, ev->cpu))
        t->cfg.format->happened(t, ev, depth);
    if (t->cfg.format->samples && t->left && machine_position(t->m) >= t->cfg.from)
        sample(t);
}

/* ---- life ---- */

static uint32_t wanted(const struct trace *t)
{
    const uint32_t all = (uint32_t)((1ULL << EVENT_COUNT) - 1);
    if (t->cfg.format == &trace_commit)
        return 1u << EVENT_INTERRUPT;
    return t->cfg.format->follows_calls ? all : t->cfg.events & all;
}

static bool start(struct trace *t, char *message)
{
    if (t->cfg.format == &trace_commit && t->m->commit)
        return complain(message, "there is a commit log already; give one only");
    if (!sink_open(&t->sink, t->cfg.path))
        return complain(message, "%.120s: %s", t->cfg.path,
                        errno == ENXIO ? "nobody reads the pipe; start its reader first"
                                       : strerror(errno));
    t->left = t->cfg.count;
    t->loads = t->m->loads;
    t->sampled_host_ns = host_cpu_ns();
    for (unsigned i = 0; i < t->m->ncpus; i++)
        t->cpu[i].state = cpu_state_index(t->m->cpus[i].msr);
    if (t->cfg.format->begin)
        t->cfg.format->begin(t);
    if (!event_observe(&t->m->events, observe, t, wanted(t))) {
        sink_close(&t->sink);
        return complain(message, "too many traces at once");
    }
    return true;
}

struct trace *trace_open(struct machine *m, const char *spec, char *message)
{
    struct trace *t = calloc(1, sizeof(*t));
    if (!t) {
        complain(message, "the host has not enough memory");
        return NULL;
    }
    t->m = m;
    if (parse(&t->cfg, spec, message) && start(t, message))
        return t;
    free(t->cfg.path);
    free(t);
    return NULL;
}

void trace_close(struct trace *t)
{
    if (!t)
        return;
    event_observe(&t->m->events, observe, t, 0);
    if (t->cfg.format->end)
        t->cfg.format->end(t);
    if (!sink_close(&t->sink)) {
        if (t->sink.error)
            pef_complain("-tracefile %s: not complete: %s", t->cfg.path, strerror(t->sink.error));
        else
            pef_complain("-tracefile %s: %llu records were dropped: the reader was too slow",
                         t->cfg.path, (unsigned long long)t->sink.dropped);
    }
    free(t->cfg.path);
    free(t->own);
    free(t);
}
