/* SPDX-License-Identifier: Apache-2.0 */
/* What is written at exit: -dump-regs, every register of every CPU, on standard output; memory. */
#include "dump.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "pefemu/err.h"
#include "pefemu/hypervisor.h"

#define DUMP_UNIT 65536u /* a page of PEF */

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

/* ---- memory ---- */

static FILE *create(const char *option, const char *path, bool *ok)
{
    FILE *f = path ? fopen(path, "wb") : NULL;

    if (path && !f) {
        pef_complain("-%s %s: %s; name a file that can be written", option, path, strerror(errno));
        *ok = false;
    }
    return f;
}

bool dump_open(struct dump_files *d, const char *normal_ram, const char *as_hypervisor)
{
    bool ok = true;

    d->normal = create("dump-normal-ram", normal_ram, &ok);
    d->guest = create("dump-as-hypervisor", as_hypervisor, &ok);
    return ok;
}

static bool is_zero(const uint8_t *p, size_t len)
{
    return !p[0] && !memcmp(p, p + 1, len - 1);
}

/* Writes @size bytes that @read gives by the unit; false at its first error. */
static bool write_units(FILE *f, struct machine *m, uint64_t size,
                        bool (*read)(struct machine *m, uint64_t at, void *buf, uint64_t len))
{
    uint8_t buf[DUMP_UNIT];
    bool ok = true;

    for (uint64_t at = 0; ok && at < size; at += sizeof(buf)) {
        uint64_t len = size - at < sizeof(buf) ? size - at : sizeof(buf);
        if (!read(m, at, buf, len) || is_zero(buf, len))
            continue;
        ok = !fseeko(f, (off_t)at, SEEK_SET) && fwrite(buf, 1, len, f) == len;
    }
    return ok && !fflush(f) && !ftruncate(fileno(f), (off_t)size);
}

static bool read_normal(struct machine *m, uint64_t at, void *buf, uint64_t len)
{
    memcpy(buf, m->mem.ram + at, len);
    return true;
}

static bool finish(FILE **f, bool ok, const char *option)
{
    int err = errno;

    if (!*f)
        return true;
    if (fclose(*f) && ok) {
        err = errno;
        ok = false;
    }
    *f = NULL;
    if (!ok)
        pef_complain("-%s: the file is not complete: %s", option, strerror(err));
    return ok;
}

bool dump_memory(struct dump_files *d, struct machine *m)
{
    bool ok = !d->normal || write_units(d->normal, m, m->mem.ram_size, read_normal);
    ok = finish(&d->normal, ok, "dump-normal-ram");

    bool guest = !d->guest || write_units(d->guest, m, m->cfg.ram_size, gm_read);
    return finish(&d->guest, guest, "dump-as-hypervisor") && ok;
}
