// SPDX-License-Identifier: Apache-2.0
/*
 * report PROGRAMS EXPECTED ROWS [JSON]: the table of a benchmark run.
 * PROGRAMS is the output of `bench list`, EXPECTED the rows of a native run, ROWS those of the
 * runner. Medians; the ratio is QEMU's time over pefemu's: above 1, pefemu is faster. Status 1 when
 * a checksum was wrong or a program is missing.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PROGRAMS 64
#define MAX_SAMPLES  32

enum emulator { PEFEMU, QEMU, EMULATORS };

struct samples {
    double values[MAX_SAMPLES];
    size_t n;
};

struct program {
    char name[32], class[32], expected[32];
    struct samples ns[EMULATORS], insns;
    bool wrong[EMULATORS];
};

struct report {
    struct program programs[MAX_PROGRAMS];
    size_t n;
    struct samples boot[EMULATORS], start[EMULATORS], idle[EMULATORS], memory[EMULATORS];
    struct samples touched[EMULATORS];
    struct samples insns; /* of a boot and power-off alone: the smallest of the runs */
};

static void add(struct samples *s, double value)
{
    if (s->n < MAX_SAMPLES) {
        s->values[s->n++] = value;
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* 0 without samples. */
static double median(struct samples *s)
{
    qsort(s->values, s->n, sizeof(s->values[0]), compare);
    return s->n ? s->values[s->n / 2] : 0;
}

static double least(struct samples *s)
{
    qsort(s->values, s->n, sizeof(s->values[0]), compare);
    return s->n ? s->values[0] : 0;
}

static struct program *find(struct report *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->programs[i].name, name) == 0) {
            return &r->programs[i];
        }
    }
    return NULL;
}

static FILE *open_or_die(const char *path, const char *mode)
{
    FILE *f = fopen(path, mode);
    if (!f) {
        perror(path);
        exit(2);
    }
    return f;
}

static void read_programs(struct report *r, const char *path)
{
    char line[256];
    FILE *f = open_or_die(path, "r");
    while (r->n < MAX_PROGRAMS && fgets(line, sizeof(line), f)) {
        struct program *p = &r->programs[r->n];
        r->n += sscanf(line, "%31s %31s", p->name, p->class) == 2;
    }
    fclose(f);
}

static void read_expected(struct report *r, const char *path)
{
    char line[256], name[32], sum[32];
    FILE *f = open_or_die(path, "r");
    while (fgets(line, sizeof(line), f)) {
        struct program *p;
        if (sscanf(line, "BENCH-END %31s %31s", name, sum) == 2 && (p = find(r, name))) {
            strcpy(p->expected, sum);
        }
    }
    fclose(f);
}

static void read_row(struct report *r, const char *line)
{
    char who[32], what[32], name[32], sum[32];
    double value, insns;
    if (sscanf(line, "%31s %31s %lf", who, what, &value) >= 2) {
        enum emulator e = strcmp(who, "pefemu") == 0 ? PEFEMU : QEMU;
        if (strcmp(what, "boot") == 0) {
            add(&r->boot[e], value);
        } else if (strcmp(what, "start") == 0) {
            add(&r->start[e], value);
        } else if (strcmp(what, "idle") == 0) {
            add(&r->idle[e], value);
        } else if (strcmp(what, "memory") == 0) {
            add(&r->memory[e], value);
        } else if (strcmp(what, "touched") == 0) {
            add(&r->touched[e], value);
        } else if (strcmp(what, "insns") == 0) {
            add(&r->insns, value);
        } else if (sscanf(line, "%*s run %31s %31s %lf %lf", name, sum, &insns, &value) == 4) {
            struct program *p = find(r, name);
            if (p) {
                add(&p->ns[e], value);
                p->wrong[e] |= strcmp(sum, p->expected) != 0;
                if (e == PEFEMU) {
                    add(&p->insns, insns);
                }
            }
        }
    }
}

static void read_rows(struct report *r, const char *path)
{
    char line[256];
    FILE *f = open_or_die(path, "r");
    while (fgets(line, sizeof(line), f)) {
        read_row(r, line);
    }
    fclose(f);
}

static void print_figure(double value, const char *format, int width)
{
    char text[32] = "-";
    if (value > 0) {
        snprintf(text, sizeof(text), format, value);
    }
    printf(" %*s", width, text);
}

static void print_line(const char *name, double insns, double pefemu_ns, double qemu_ns)
{
    printf("%-12s", name);
    print_figure(insns / 1e6, "%.0f", 9);
    print_figure(pefemu_ns / 1e9, "%.3f", 9);
    print_figure(qemu_ns / 1e9, "%.3f", 9);
    print_figure(pefemu_ns > 0 ? insns / pefemu_ns * 1e3 : 0, "%.0f", 9);
    print_figure(qemu_ns > 0 ? insns / qemu_ns * 1e3 : 0, "%.0f", 9);
    print_figure(pefemu_ns > 0 ? qemu_ns / pefemu_ns : 0, "%.2f", 9);
}

/* One class with its geometric means. Returns whether all its checksums were right. */
static bool print_class(struct report *r, const char *class)
{
    double mips = 0, ratio = 0;
    size_t n = 0, both = 0;
    bool good = true;
    for (size_t i = 0; i < r->n; i++) {
        struct program *p = &r->programs[i];
        if (strcmp(p->class, class) != 0 || !(p->ns[PEFEMU].n || p->ns[QEMU].n)) {
            continue;
        }
        double insns = median(&p->insns), mine = median(&p->ns[PEFEMU]);
        double theirs = median(&p->ns[QEMU]);
        print_line(p->name, insns, mine, theirs);
        printf("%s%s\n", p->wrong[PEFEMU] ? "  WRONG CHECKSUM" : "",
               p->wrong[QEMU] ? "  QEMU: WRONG CHECKSUM" : "");
        good &= !p->wrong[PEFEMU] && !p->wrong[QEMU] && p->ns[PEFEMU].n > 0;
        if (mine > 0 && insns > 0) {
            mips += log(insns / mine * 1e3);
            n++;
        }
        if (mine > 0 && theirs > 0) {
            ratio += log(theirs / mine);
            both++;
        }
    }
    if (n > 0) {
        printf("%-12s %9s %9s %9s", class, "mean", "", "");
        print_figure(exp(mips / (double)n), "%.0f", 9);
        printf(" %9s", "");
        print_figure(both ? exp(ratio / (double)both) : 0, "%.2f", 9);
        printf("\n\n");
    }
    return good;
}

static bool print_table(struct report *r)
{
    static const char *const classes[] = {"INTEGER", "MEMORY", "FP", "VECTOR", "KERNEL"};
    bool good = true;
    printf("%-12s %9s %9s %9s %9s %9s %9s\n", "", "Minsns", "pefemu s", "QEMU s", "MIPS",
           "QEMU MIPS", "ratio");
    print_line("boot", least(&r->insns), median(&r->boot[PEFEMU]), median(&r->boot[QEMU]));
    printf("  (kernel's first line to /init)\n");
    print_line("start", 0, median(&r->start[PEFEMU]), median(&r->start[QEMU]));
    printf("  (process start to /init; QEMU with its firmware)\n\n");
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        good &= print_class(r, classes[i]);
    }
    for (int e = 0; e < EMULATORS; e++) {
        if (r->idle[e].n) {
            printf("%s: host memory %.0f MiB at /init, %.0f MiB at the end, %.0f MiB of it the "
                   "guest's\n",
                   e == PEFEMU ? "pefemu" : "QEMU", median(&r->idle[e]) / 1024,
                   median(&r->memory[e]) / 1024, median(&r->touched[e]) / 1024);
        }
    }
    return good;
}

static void write_pair(FILE *f, const char *name, double scale, struct samples s[EMULATORS])
{
    fprintf(f, "\"%s\":{\"pefemu\":%.4f", name, median(&s[PEFEMU]) * scale);
    if (s[QEMU].n) {
        fprintf(f, ",\"qemu\":%.4f", median(&s[QEMU]) * scale);
    }
    fprintf(f, "}");
}

static void write_json(struct report *r, const char *path)
{
    FILE *f = open_or_die(path, "w");
    const char *comma = "";
    fprintf(f, "{");
    write_pair(f, "boot_s", 1e-9, r->boot);
    fprintf(f, ",\n");
    write_pair(f, "start_s", 1e-9, r->start);
    fprintf(f, ",\n\"boot_instructions\":%.0f,\n", least(&r->insns));
    write_pair(f, "memory_ready_kib", 1, r->idle);
    fprintf(f, ",\n");
    write_pair(f, "memory_kib", 1, r->memory);
    fprintf(f, ",\n");
    write_pair(f, "guest_touched_kib", 1, r->touched);
    fprintf(f, ",\n\"programs\":[");
    for (size_t i = 0; i < r->n; i++) {
        struct program *p = &r->programs[i];
        if (!p->ns[PEFEMU].n && !p->ns[QEMU].n) {
            continue;
        }
        fprintf(f, "%s\n{\"name\":\"%s\",\"class\":\"%s\",\"instructions\":%.0f,", comma, p->name,
                p->class, median(&p->insns));
        write_pair(f, "cpu_s", 1e-9, p->ns);
        fprintf(f, ",\"right\":%s}", p->wrong[PEFEMU] || p->wrong[QEMU] ? "false" : "true");
        comma = ",";
    }
    fprintf(f, "\n]}\n");
    fclose(f);
}

int main(int argc, char **argv)
{
    static struct report r;
    if (argc < 4) {
        fputs("usage: report PROGRAMS EXPECTED ROWS [JSON]\n", stderr);
        return 2;
    }
    read_programs(&r, argv[1]);
    read_expected(&r, argv[2]);
    read_rows(&r, argv[3]);
    bool good = print_table(&r);
    if (argc > 4) {
        write_json(&r, argv[4]);
    }
    return good ? 0 : 1;
}
