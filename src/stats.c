/* SPDX-License-Identifier: Apache-2.0 */
/* -stats: instructions, speed, host time and memory of a run. */
#include "stats.h"

#include <inttypes.h>
#include <sys/resource.h>
#include <time.h>

uint64_t stats_clock_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static double seconds(struct timeval tv)
{
    return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static uint64_t instructions(const struct machine *m)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < m->ncpus; i++)
        sum += m->cpus[i].insn_retired;
    return sum;
}

void stats_print(const struct machine *m, enum stats_mode mode, uint64_t start_ns)
{
    double wall = (double)(stats_clock_ns() - start_ns) / 1e9;
    double guest = (double)machine_now_ns(m) / 1e9;
    uint64_t insns = instructions(m);
    struct rusage ru;
    double cpu, mips;
    getrusage(RUSAGE_SELF, &ru);
    cpu = seconds(ru.ru_utime) + seconds(ru.ru_stime);
    mips = cpu > 0 ? (double)insns / cpu / 1e6 : 0;
    if (mode == STATS_JSON) {
        fprintf(stderr,
                "{\"instructions\":%" PRIu64 ",\"guest_ns\":%" PRIu64 ",\"cpus\":%u,"
                "\"engine\":\"%s\",\"host_cpu_s\":%.3f,\"host_wall_s\":%.3f,\"mips\":%.1f,"
                "\"max_rss_kib\":%ld}\n",
                insns, machine_now_ns(m), m->ncpus, m->engine->name, cpu, wall, mips, ru.ru_maxrss);
    } else if (mode == STATS_TEXT) {
        fprintf(stderr,
                "pefemu: %" PRIu64 " guest instructions on %u CPU(s), engine %s\n"
                "pefemu: %.1f guest MIPS; host CPU %.2f s, wall %.2f s; guest time %.2f s\n"
                "pefemu: host memory at most %.0f MiB\n",
                insns, m->ncpus, m->engine->name, mips, cpu, wall, guest,
                (double)ru.ru_maxrss / 1024);
    }
}
