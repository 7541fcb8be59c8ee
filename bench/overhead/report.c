// SPDX-License-Identifier: Apache-2.0
/*
 * report FOLDER SIZE RUNS VERSION MODE...: what the runs of the overhead laboratory say, as a table
 * on standard output, and FOLDER/overhead.csv, .json and .html. Reads FOLDER/programs,
 * FOLDER/expected (the checksums of a native build) and FOLDER/runs/MODE.N (pefemu's -stats-on
 * LAB-). Status 1 when a checksum is wrong, a program is missing, or counts differ from run to run.
 */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct metric metrics[METRICS] = {
#define METRIC(id, name, title, exact) {name, title, exact},
    LAB_METRICS(METRIC)
#undef METRIC
};

/* ---- the lines of JSON that pefemu prints ---- */

/* The number behind "name": in @json, 0 when it is not there. */
static uint64_t number(const char *json, const char *name)
{
    char key[64];
    snprintf(key, sizeof(key), "\"%s\":", name);
    const char *at = strstr(json, key);
    return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static struct event *event_of(struct events *e, const char *name, size_t length)
{
    for (size_t i = 0; i < e->n; i++) {
        if (strlen(e->event[i].name) == length && !memcmp(e->event[i].name, name, length)) {
            return &e->event[i];
        }
    }
    if (e->n == MAX_EVENTS || length >= sizeof(e->event[0].name)) {
        return NULL;
    }
    struct event *new = &e->event[e->n++];
    memcpy(new->name, name, length);
    new->name[length] = '\0';
    new->count = 0;
    return new;
}

/* Adds @sign times the members of the object "name" to @e; an object that is not there is empty. */
static void add_events(struct events *e, const char *json, const char *name, int sign)
{
    char key[64];
    snprintf(key, sizeof(key), "\"%s\":{", name);
    const char *at = strstr(json, key);
    for (at = at ? at + strlen(key) : ""; *at == '"' || *at == ',';) {
        const char *from = strchr(at, '"') + 1, *to = strchr(from, '"');
        char *end;
        if (!to || to[1] != ':') {
            return;
        }
        uint64_t count = strtoull(to + 2, &end, 10);
        struct event *event = event_of(e, from, (size_t)(to - from));
        if (event) {
            event->count += (uint64_t)sign * count;
        }
        at = end;
    }
}

static uint64_t total(const struct events *e)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < e->n; i++) {
        sum += e->event[i].count;
    }
    return sum;
}

static const char *const group_names[GROUPS] = {"interrupts", "hypercalls", "ultracalls", "pages"};

/* What happened between two lines; @begin may be empty. */
static struct sample difference(const char *begin, const char *end)
{
    struct sample s = {.present = true};
    for (size_t g = 0; g < GROUPS; g++) {
        add_events(&s.events[g], end, group_names[g], 1);
        add_events(&s.events[g], begin, group_names[g], -1);
    }
    s.value[INSTRUCTIONS] = number(end, "instructions") - number(begin, "instructions");
    s.value[PROBLEM] = number(end, "problem_instructions") - number(begin, "problem_instructions");
    s.value[INTERRUPTS] = total(&s.events[0]);
    s.value[HYPERCALLS] = total(&s.events[1]);
    /* A secure VM's hypercalls go to the ultravisor, which answers some itself. */
    if (number(end, "esm_ok")) {
        s.value[HYPERCALLS] = number(end, "svm_hypercalls") - number(begin, "svm_hypercalls");
    }
    s.value[REFLECTIONS] =
        number(end, "reflected_hypercalls") + number(end, "reflected_interrupts") -
        number(begin, "reflected_hypercalls") - number(begin, "reflected_interrupts");
    s.value[ULTRACALLS] = total(&s.events[2]);
    s.value[PAGES] = total(&s.events[3]);
    s.value[GUEST_NS] = number(end, "guest_ns") - number(begin, "guest_ns");
    s.value[HOST_NS] = number(end, "host_cpu_ns") - number(begin, "host_cpu_ns");
    return s;
}

/* ---- reading the runs ---- */

static struct program *find(struct lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->nprograms; i++) {
        if (!strcmp(lab->program[i].name, name)) {
            return &lab->program[i];
        }
    }
    return NULL;
}

static void complain(struct lab *lab, const char *mode, const char *program, const char *what)
{
    fprintf(stderr, "overhead: %s: %s: %s\n", mode, program, what);
    lab->failed = true;
}

static void on_end(struct lab *lab, size_t mode, size_t run, const char *begin, const char *line)
{
    char name[32], sum[32];
    if (sscanf(line, "{\"marker\":\"LAB-END %31s %31[0-9a-f]", name, sum) != 2) {
        return;
    }
    struct program *p = find(lab, name);
    if (!p) {
        return;
    }
    if (strcmp(sum, p->expected) != 0) {
        complain(lab, lab->mode[mode], name, "the checksum is wrong");
    }
    p->sample[mode][run] = difference(begin, line);
}

static void read_run(struct lab *lab, size_t mode, size_t run)
{
    static char line[LINE], begin[LINE];
    char path[512];
    snprintf(path, sizeof(path), "%s/runs/%s.%zu", lab->folder, lab->mode[mode], run + 1);
    FILE *f = fopen(path, "r");
    begin[0] = '\0';
    while (f && fgets(line, sizeof(line), f)) {
        if (!strncmp(line, "{\"marker\":\"LAB-BEGIN", 20)) {
            strcpy(begin, line);
        } else if (!strncmp(line, "{\"marker\":\"LAB-END", 18)) {
            on_end(lab, mode, run, begin, line);
        } else if (!strncmp(line, "{\"marker\":\"LAB-FAIL", 19)) {
            complain(lab, lab->mode[mode], "a program failed", line);
        } else if (!strncmp(line, "{\"instructions\"", 15)) {
            lab->program[lab->nprograms].sample[mode][run] = difference("", line);
            lab->esm_guest_ns[mode] = number(line, "esm_guest_ns");
            lab->esm_host_ns[mode] = number(line, "esm_host_cpu_ns");
            lab->esm_pages[mode] = number(line, "in_clear");
            if ((number(line, "esm_ok") == 1) != !strncmp(lab->mode[mode], "svm", 3)) {
                complain(lab, lab->mode[mode], "ESM",
                         "the VM is not of the kind that it should be");
            }
        }
    }
    if (f) {
        fclose(f);
    }
}

/* Counts are exact: two runs that differ are a defect of the emulator. */
static void check(struct lab *lab)
{
    for (size_t i = 0; i <= lab->nprograms; i++) {
        struct program *p = &lab->program[i];
        for (size_t m = 0; m < lab->nmodes; m++) {
            for (size_t r = 0; r < lab->runs; r++) {
                if (!p->sample[m][r].present) {
                    complain(lab, lab->mode[m], p->name, "did not end");
                    break;
                }
                for (size_t k = 0; k < METRICS; k++) {
                    if (metrics[k].exact && p->sample[m][r].value[k] != p->sample[m][0].value[k]) {
                        complain(lab, lab->mode[m], p->name, "counts differ from run to run");
                        k = METRICS, r = lab->runs - 1;
                    }
                }
            }
        }
    }
}

static bool read_programs(struct lab *lab)
{
    char path[512], line[256], name[32], sum[32];
    snprintf(path, sizeof(path), "%s/programs", lab->folder);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f) && lab->nprograms < MAX_PROGRAMS - 1) {
        struct program *p = &lab->program[lab->nprograms];
        int at = 0;
        if (sscanf(line, "%31s %15s %n", p->name, p->class, &at) == 2) {
            snprintf(p->what, sizeof(p->what), "%.*s", (int)strcspn(line + at, "\n"), line + at);
            lab->nprograms++;
        }
    }
    if (f) {
        fclose(f);
    }
    snprintf(path, sizeof(path), "%s/expected", lab->folder);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f)) {
        struct program *p;
        if (sscanf(line, "LAB-END %31s %31s", name, sum) == 2 && (p = find(lab, name))) {
            strcpy(p->expected, sum);
        }
    }
    if (f) {
        fclose(f);
    }
    strcpy(lab->program[lab->nprograms].name, "whole-run");
    strcpy(lab->program[lab->nprograms].class, "ALL");
    strcpy(lab->program[lab->nprograms].what, "from power-on to power-off");
    return lab->nprograms;
}

/* ---- figures ---- */

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct range range_of(const struct lab *lab, const struct program *p, size_t mode, size_t metric)
{
    uint64_t values[MAX_RUNS];
    for (size_t r = 0; r < lab->runs; r++) {
        values[r] = p->sample[mode][r].value[metric];
    }
    qsort(values, lab->runs, sizeof(values[0]), compare);
    return (struct range){values[0], values[lab->runs / 2], values[lab->runs - 1]};
}

double relative(const struct lab *lab, const struct program *p, size_t mode, size_t metric)
{
    double base = (double)range_of(lab, p, 0, metric).median;
    return base ? (double)range_of(lab, p, mode, metric).median / base : 1;
}

int main(int argc, char **argv)
{
    static struct lab lab;
    if (argc < 6 || argc - 5 > MAX_MODES) {
        fputs("usage: report FOLDER SIZE RUNS VERSION MODE...\n", stderr);
        return 2;
    }
    lab.folder = argv[1];
    lab.size = argv[2];
    lab.runs = strtoul(argv[3], NULL, 10);
    lab.version = argv[4];
    lab.nmodes = (size_t)argc - 5;
    memcpy(lab.mode, argv + 5, lab.nmodes * sizeof(lab.mode[0]));
    if (lab.runs < 1 || lab.runs > MAX_RUNS || !read_programs(&lab)) {
        fprintf(stderr, "report: 1 to %d runs, and a list of programs\n", MAX_RUNS);
        return 2;
    }
    for (size_t m = 0; m < lab.nmodes; m++) {
        for (size_t r = 0; r < lab.runs; r++) {
            read_run(&lab, m, r);
        }
    }
    check(&lab);
    write_table(&lab, stdout);
    if (!write_files(&lab)) {
        fprintf(stderr, "report: %s can not be written\n", lab.folder);
        return 1;
    }
    return lab.failed ? 1 : 0;
}
