// SPDX-License-Identifier: Apache-2.0
/*
 * bench NAME full|quick|WORK: run one benchmark program and print its markers; bench list.
 *     BENCH-START name
 *     BENCH-END name checksum
 * The host times the markers, because the guest's clock need not run at the host's pace.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "bench.h"

static const struct program {
    const char *name;
    uint64_t (*run)(unsigned work);
    const char *class;
    double floor;
    unsigned work;
    const char *what;
} programs[] = {
#define PROGRAM(name, function, class, floor, work, what)                                          \
    {#name, function, #class, floor, work, what},
#include "program.def"
#undef PROGRAM
};
#define PROGRAM_COUNT (sizeof(programs) / sizeof(programs[0]))
#define QUICK_PART    8

/* Long enough for the host to notice a marker while the guest does nothing. */
#define PAUSE_US 10000

void bench_fail(const char *what)
{
    printf("BENCH-FAIL %s\n", what);
    fflush(stdout);
    exit(1);
}

void *bench_alloc(size_t bytes)
{
    void *memory = aligned_alloc(65536, (bytes + 65535) & ~(size_t)65535);
    if (!memory) {
        bench_fail("out of memory");
    }
    return memory;
}

static const struct class
{
    const char *name;
    bool computes;
} classes[] = {
#define CLASS(id, title, floor, reach, stretch, computes) {#id, computes},
#include "class.def"
#undef CLASS
};

static bool computes(const char *class)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strcmp(classes[i].name, class) == 0) {
            return classes[i].computes;
        }
    }
    return false;
}

static int list(void)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        const struct program *p = &programs[i];
        printf("%s %s %s %g %s\n", p->name, p->class, computes(p->class) ? "computes" : "calls",
               p->floor, p->what);
    }
    return 0;
}

static unsigned work_of(const struct program *p, const char *size)
{
    if (strcmp(size, "full") == 0) {
        return p->work;
    }
    if (strcmp(size, "quick") == 0) {
        return p->work / QUICK_PART ? p->work / QUICK_PART : 1;
    }
    return (unsigned)strtoul(size, NULL, 0);
}

/* One write, on a line of its own; then a pause in which the host takes the time. */
static void mark(const char *line, int length)
{
    if (write(1, line, (size_t)length) != length) {
        exit(1);
    }
    tcdrain(1);
    usleep(PAUSE_US);
}

static int run(const struct program *p, unsigned work)
{
    char line[128];
    mark(line, snprintf(line, sizeof(line), "\nBENCH-START %s\n", p->name));
    uint64_t sum = p->run(work);
    mark(line, snprintf(line, sizeof(line), "\nBENCH-END %s %016llx\n", p->name,
                        (unsigned long long)sum));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        return list();
    }
    /* What programs that start others start: its status is its argument. */
    if (argc == 3 && strcmp(argv[1], "child") == 0) {
        return atoi(argv[2]);
    }
    for (size_t i = 0; argc == 3 && i < PROGRAM_COUNT; i++) {
        if (strcmp(argv[1], programs[i].name) == 0) {
            return run(&programs[i], work_of(&programs[i], argv[2]));
        }
    }
    fputs("usage: bench NAME full|quick|WORK, or bench list\n", stderr);
    return 2;
}
