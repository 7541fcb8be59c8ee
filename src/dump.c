/* SPDX-License-Identifier: Apache-2.0 */
/* --dump-regs: every register of every CPU, on standard output. */
#include "dump.h"

#include <stdio.h>

static void print_value(const struct cpu_reg *r)
{
    if (r->bits > 64)
        printf("%016llx", (unsigned long long)(r->value >> 64));
    printf("%0*llx", r->bits >= 64 ? 16 : 8, (unsigned long long)(uint64_t)r->value);
}

static void dump_cpu(const struct machine *m, struct cpu *cpu, enum dump_mode mode)
{
    struct cpu_reg r;
    unsigned at = 0;
    const char *between = "";

    while (cpu_reg_next(cpu, &at, &r)) {
        if (mode == DUMP_JSON) {
            printf("%s\"%s\":\"", between, r.name);
            print_value(&r);
            putchar('"');
            between = ",";
            continue;
        }
        if (m->ncpus > 1)
            printf("cpu%u.", cpu->index);
        printf("%s ", r.name);
        print_value(&r);
        putchar('\n');
    }
}

void dump_regs(const struct machine *m, enum dump_mode mode)
{
    if (mode == DUMP_NONE)
        return;
    if (mode == DUMP_TEXT) {
        for (unsigned n = 0; n < m->ncpus; n++)
            dump_cpu(m, &m->cpus[n], mode);
        return;
    }
    printf("{\"cpus\":[");
    for (unsigned n = 0; n < m->ncpus; n++) {
        printf(n ? ",{" : "{");
        dump_cpu(m, &m->cpus[n], mode);
        putchar('}');
    }
    printf("]}\n");
}
