/* SPDX-License-Identifier: Apache-2.0 */
/* -stats, -stats-on: instructions, speed, host time and memory of a run, and its events by kind. */
#include "stats.h"

#include <inttypes.h>
#include <sys/resource.h>

#include "pefemu/hostclock.h"
#include "pefemu/hypervisor.h"
#include "pefemu/names.h"
#include "pefemu/uv.h"

/* What both forms print. */
struct totals {
    uint64_t insns, problem_insns, guest_ns, host_cpu_ns, host_wall_ns;
    double mips;
    long max_rss_kib;
};

static struct totals totals_now(const struct machine *m, uint64_t start_ns)
{
    struct totals t = {.guest_ns = machine_now_ns(m),
                       .host_cpu_ns = host_ns(CLOCK_PROCESS_CPUTIME_ID),
                       .host_wall_ns = host_ns(CLOCK_MONOTONIC) - start_ns};
    struct rusage ru;
    for (unsigned i = 0; i < m->ncpus; i++) {
        t.insns += cpu_insns_now(&m->cpus[i]);
        t.problem_insns +=
            cpu_state_insns(&m->cpus[i], ST_PROBLEM) + cpu_state_insns(&m->cpus[i], ST_PROBLEM + 4);
    }
    getrusage(RUSAGE_SELF, &ru);
    t.max_rss_kib = ru.ru_maxrss;
    t.mips = t.host_cpu_ns ? (double)t.insns * 1e3 / (double)t.host_cpu_ns : 0;
    return t;
}

/* ---- JSON ---- */

/* The members of an object, those that are 0 left out. */
static void member(const char **between, const char *name, uint64_t count)
{
    if (!count)
        return;
    fprintf(stderr, "%s\"%s\":%" PRIu64, *between, name, count);
    *between = ",";
}

static void interrupts_json(const struct machine *m)
{
    const char *between = "";
    fputs(",\"interrupts\":{", stderr);
    for (unsigned trap = TRAP_NONE + 1; trap < TRAP_COUNT; trap++) {
        uint64_t count = 0;
        for (unsigned i = 0; i < m->ncpus; i++)
            count += m->cpus[i].interrupts[trap];
        member(&between, cpu_trap_name(trap), count);
    }
    fputc('}', stderr);
}

static void states_json(const struct machine *m)
{
    const char *between = "";
    fputs(",\"state_instructions\":{", stderr);
    for (unsigned state = 0; state < CPU_STATES; state++) {
        uint64_t count = 0;
        for (unsigned i = 0; i < m->ncpus; i++)
            count += cpu_state_insns(&m->cpus[i], state);
        member(&between, cpu_state_name(state), count);
    }
    fputc('}', stderr);
}

/* What the emulator does about translations and code; the guest sees none of it. */
static void caches_json(const struct machine *m)
{
    uint64_t fills = 0, flushes = 0;
    for (unsigned i = 0; i < m->ncpus; i++) {
        fills += m->cpus[i].tlb_fills;
        flushes += m->cpus[i].tlb_flushes;
    }
    fprintf(stderr,
            ",\"tlb\":{\"fills\":%" PRIu64 ",\"flushes\":%" PRIu64 "},\"code\":{\"pages\":%" PRIu64
            ",\"pages_dropped\":%" PRIu64 ",\"instructions_decoded\":%" PRIu64 "}",
            fills, flushes, m->decoded.pages, m->decoded.dropped, m->decoded.insns);
    struct jit_stats jit;
    if (jit_stats(m, &jit))
        fprintf(stderr,
                ",\"native\":{\"regions\":%" PRIu64 ",\"instructions\":%" PRIu64
                ",\"bytes\":%" PRIu64 ",\"pages_dropped\":%" PRIu64 ",\"flushes\":%" PRIu64
                ",\"host_translation_ns\":%" PRIu64 "}",
                jit.regions, jit.insns, jit.bytes, jit.dropped, jit.flushes, jit.translate_ns);
}

static void hypercalls_json(const struct hypervisor *hv)
{
    const char *between = "", *name;
    uint64_t count;
    fputs(",\"hypercalls\":{", stderr);
    for (unsigned row = 0; (name = hv_hcall_stat(hv, row, &count)); row++)
        member(&between, name, count);
    fputc('}', stderr);
}

static void ultravisor_json(const struct uv *uv)
{
    const struct uv_stats *s = uv_get_stats(uv);
    const char *between = "";
    fputs(",\"ultracalls\":{", stderr);
    for (unsigned i = 0; i < ARRAY_SIZE(s->ucalls); i++)
        member(&between, uv_call_name(UCALL_FIRST + 4 * i), s->ucalls[i]);
    between = "";
    fputs("},\"ultracall_ns\":{", stderr);
    for (unsigned i = 0; i < ARRAY_SIZE(s->ucalls); i++)
        member(&between, uv_call_name(UCALL_FIRST + 4 * i), s->ucall_ns[i]);
    between = "";
    fputs("},\"pages\":{", stderr);
    member(&between, "in", s->pages_in);
    member(&between, "out", s->pages_out);
    member(&between, "in_clear", s->pages_in_clear);
    member(&between, "refused", s->pages_refused);
    member(&between, "shared", s->shared);
    member(&between, "unshared", s->unshared);
    fprintf(stderr,
            "},\"svm_hypercalls\":%" PRIu64 ",\"reflected_hypercalls\":%" PRIu64
            ",\"reflected_interrupts\":%" PRIu64 ",\"esm_ok\":%" PRIu64 ",\"esm_failed\":%" PRIu64
            ",\"esm_guest_ns\":%" PRIu64 ",\"esm_host_cpu_ns\":%" PRIu64,
            s->svm_hcalls, s->reflected_hcalls, s->reflected_interrupts, s->esm_ok, s->esm_failed,
            s->esm_guest_ns, s->esm_host_ns);
}

static void print_json(const struct machine *m, const struct totals *t)
{
    fprintf(stderr,
            "\"instructions\":%" PRIu64 ",\"guest_ns\":%" PRIu64 ",\"cpus\":%u,"
            "\"engine\":\"%s\",\"host_cpu_s\":%.3f,\"host_cpu_ns\":%" PRIu64 ","
            "\"host_wall_s\":%.3f,\"mips\":%.1f,\"max_rss_kib\":%ld,"
            "\"problem_instructions\":%" PRIu64,
            t->insns, t->guest_ns, m->ncpus, m->engine->name, (double)t->host_cpu_ns / 1e9,
            t->host_cpu_ns, (double)t->host_wall_ns / 1e9, t->mips, t->max_rss_kib,
            t->problem_insns);
    states_json(m);
    caches_json(m);
    interrupts_json(m);
    if (m->hv)
        hypercalls_json(m->hv);
    if (m->uv)
        ultravisor_json(m->uv);
    fputs("}\n", stderr);
}

static void states_text(const struct machine *m, uint64_t all)
{
    for (unsigned state = 0; state < CPU_STATES; state++) {
        uint64_t count = 0;
        for (unsigned i = 0; i < m->ncpus; i++)
            count += cpu_state_insns(&m->cpus[i], state);
        if (count)
            fprintf(stderr, "pefemu: %15" PRIu64 " (%.1f %%) in %s state\n", count,
                    (double)count * 100 / (double)all, cpu_state_name(state));
    }
}

void stats_print(const struct machine *m, enum stats_mode mode, uint64_t start_ns)
{
    struct totals t = totals_now(m, start_ns);
    if (mode == STATS_JSON) {
        fputc('{', stderr);
        print_json(m, &t);
    } else if (mode == STATS_TEXT) {
        fprintf(stderr,
                "pefemu: %" PRIu64 " guest instructions on %u CPU(s), engine %s\n"
                "pefemu: %.1f guest MIPS; host CPU %.2f s, wall %.2f s; guest time %.2f s\n"
                "pefemu: host memory at most %.0f MiB\n",
                t.insns, m->ncpus, m->engine->name, t.mips, (double)t.host_cpu_ns / 1e9,
                (double)t.host_wall_ns / 1e9, (double)t.guest_ns / 1e9,
                (double)t.max_rss_kib / 1024);
        states_text(m, t.insns);
    }
}

/* ---- markers ---- */

/* The guest wrote it: anything may stand there. */
static void print_string(const char *text)
{
    fputc('"', stderr);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(stderr, "\\%c", *p);
        else if (*p < 0x20 || *p > 0x7e)
            fprintf(stderr, "\\u%04x", *p);
        else
            fputc(*p, stderr);
    }
    fputc('"', stderr);
}

static void line_ends(struct stats_marker *s)
{
    s->line[s->len] = '\0';
    s->len = 0;
    if (strncmp(s->line, s->text, strlen(s->text)) != 0)
        return;
    struct totals t = totals_now(s->m, s->start_ns);
    fputs("{\"marker\":", stderr);
    print_string(s->line);
    fputc(',', stderr);
    print_json(s->m, &t);
}

void stats_watch(void *marker, const void *buf, size_t len)
{
    struct stats_marker *s = marker;
    for (const char *p = buf, *end = p + len; p < end; p++) {
        if (*p == '\n')
            line_ends(s);
        else if (*p != '\r' && *p && s->len < sizeof(s->line) - 1)
            s->line[s->len++] = *p;
    }
}
