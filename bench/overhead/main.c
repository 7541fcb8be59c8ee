// SPDX-License-Identifier: Apache-2.0
/*
 * lab NAME test|train|ref: run one program of the overhead laboratory; lab list.
 * The markers go to the console in one write each, so that nothing stands between them and the
 * program. pefemu -stats-on LAB- prints its counters when they arrive.
 *     LAB-BEGIN name
 *     LAB-END name checksum
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "overhead.h"

enum size { TEST, TRAIN, REF, SIZES };
static const char *const size_names[SIZES] = {"test", "train", "ref"};

static const struct program {
    const char *name, *class, *what;
    uint64_t (*run)(unsigned work);
    unsigned work[SIZES];
} programs[] = {
#define LAB_ROW(name, class, fn, test, train, ref, what)                                           \
    {#name, #class, what, fn, {test, train, ref}},
    LAB_PROGRAMS(LAB_ROW)
#undef LAB_ROW
};
#define PROGRAM_COUNT (sizeof(programs) / sizeof(programs[0]))

void bench_fail(const char *what)
{
    printf("LAB-FAIL %s\n", what);
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

uint64_t lab_nothing(unsigned work)
{
    return work;
}

/* Waits until the console has it all: the kernel may leave the end of a line to another thread. */
static void say(const char *line, int length)
{
    if (write(1, line, (size_t)length) != length) {
        exit(1);
    }
    tcdrain(1);
}

/* The pause: whoever started this program is waiting for its end before the counting begins. */
static int run(const struct program *p, unsigned work)
{
    char line[128];
    usleep(20000);
    say(line, snprintf(line, sizeof(line), "LAB-BEGIN %s\n", p->name));
    uint64_t sum = p->run(work);
    say(line,
        snprintf(line, sizeof(line), "LAB-END %s %016llx\n", p->name, (unsigned long long)sum));
    return 0;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && !strcmp(argv[1], "list") && i < PROGRAM_COUNT; i++) {
        printf("%s %s %s\n", programs[i].name, programs[i].class, programs[i].what);
    }
    if (argc == 2 && !strcmp(argv[1], "list")) {
        return 0;
    }
    /* What the program `process` starts: its status is its argument. */
    if (argc == 3 && !strcmp(argv[1], "child")) {
        return atoi(argv[2]);
    }
    for (size_t i = 0; argc == 3 && i < PROGRAM_COUNT; i++) {
        for (int size = 0; !strcmp(argv[1], programs[i].name) && size < SIZES; size++) {
            if (!strcmp(argv[2], size_names[size])) {
                return run(&programs[i], programs[i].work[size]);
            }
        }
    }
    fputs("usage: lab NAME test|train|ref, or lab list\n", stderr);
    return 2;
}
