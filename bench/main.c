// SPDX-License-Identifier: Apache-2.0
/*
 * bench NAME full|quick|WORK: run one benchmark program and print its markers; bench list.
 *     BENCH-START name
 *     BENCH-END name checksum instructions
 * The host times the markers, because the guest's clock need not run at the host's pace. In an
 * emulator whose clock counts instructions (1 ns each, time base 512 MHz) the time base gives the
 * number of instructions between them; elsewhere the last figure means nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

struct program {
    const char *name;
    const char *class;
    unsigned work;
    uint64_t (*run)(unsigned work);
    const char *what;
};

#define BENCH_ROW(name, class, work, what) {#name, #class, work, bench_##name, what},
static const struct program programs[] = {BENCH_PROGRAMS(BENCH_ROW)};
#undef BENCH_ROW
#define PROGRAM_COUNT (sizeof(programs) / sizeof(programs[0]))
#define QUICK_PART    8

void *bench_alloc(size_t bytes)
{
    void *memory = aligned_alloc(65536, (bytes + 65535) & ~(size_t)65535);
    if (!memory) {
        puts("BENCH-FAIL out of memory");
        exit(1);
    }
    return memory;
}

static uint64_t instructions_now(void)
{
#ifdef __powerpc64__
    return __builtin_ppc_get_timebase() * 125 / 64;
#else
    return 0;
#endif
}

static int list(void)
{
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        printf("%s %s %s\n", programs[i].name, programs[i].class, programs[i].what);
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

static int run(const struct program *p, unsigned work)
{
    char line[128];
    int length = snprintf(line, sizeof(line), "BENCH-START %s\n", p->name);
    if (write(1, line, (size_t)length) != length) {
        return 1;
    }
    uint64_t start = instructions_now();
    uint64_t sum = p->run(work);
    uint64_t count = instructions_now() - start;
    length = snprintf(line, sizeof(line), "BENCH-END %s %016llx %llu\n", p->name,
                      (unsigned long long)sum, (unsigned long long)count);
    return write(1, line, (size_t)length) == length ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        return list();
    }
    /* What the program `forkexec` starts: its status is its argument. */
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
