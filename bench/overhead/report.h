/* SPDX-License-Identifier: Apache-2.0 */
/* What the report's files share: report.c reads the runs, report_write.c writes the results. */
#ifndef OVERHEAD_REPORT_H
#define OVERHEAD_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MAX_PROGRAMS 32
#define MAX_MODES    4
#define MAX_RUNS     16
#define MAX_EVENTS   48
#define LINE         16384

/*     id, name in CSV and JSON, column title, equal in every run */
#define LAB_METRICS(METRIC)                                                                        \
    METRIC(INSTRUCTIONS, "instructions", "instructions", true)                                     \
    METRIC(PROBLEM, "problem_instructions", "problem state", true)                                 \
    METRIC(INTERRUPTS, "interrupts", "interrupts", true)                                           \
    METRIC(HYPERCALLS, "hypercalls", "hypercalls", true)                                           \
    METRIC(REFLECTIONS, "reflections", "reflections", true)                                        \
    METRIC(ULTRACALLS, "ultracalls", "ultracalls", true)                                           \
    METRIC(PAGES, "page_moves", "pages", true)                                                     \
    METRIC(GUEST_NS, "guest_ns", "guest ns", true)                                                 \
    METRIC(HOST_NS, "host_cpu_ns", "host CPU ns", false)

enum {
#define METRIC(id, ...) id,
    LAB_METRICS(METRIC)
#undef METRIC
        METRICS
};
extern const struct metric {
    const char *name, *title;
    bool exact;
} metrics[METRICS];

enum { GROUPS = 4 }; /* interrupts, hypercalls, ultracalls, pages */

struct events {
    size_t n;
    struct event {
        char name[48];
        uint64_t count;
    } event[MAX_EVENTS];
};

struct sample { /* of one program in one run */
    bool present;
    uint64_t value[METRICS];
    struct events events[GROUPS];
};

struct program {
    char name[32], class[16], what[96], expected[32];
    struct sample sample[MAX_MODES][MAX_RUNS];
};

struct lab {
    const char *folder, *size, *version, *mode[MAX_MODES];
    size_t nmodes, runs, nprograms;
    struct program program[MAX_PROGRAMS]; /* [nprograms]: the whole run */
    uint64_t esm_guest_ns[MAX_MODES], esm_host_ns[MAX_MODES], esm_pages[MAX_MODES];
    bool failed;
};

struct range {
    uint64_t least, median, most;
};
/* Over the runs. */
struct range range_of(const struct lab *lab, const struct program *p, size_t mode, size_t metric);
/* The median as a multiple of the first mode's. */
double relative(const struct lab *lab, const struct program *p, size_t mode, size_t metric);

void write_table(const struct lab *lab, FILE *f);
bool write_files(const struct lab *lab); /* CSV, JSON and HTML in lab->folder */

#endif
