// SPDX-License-Identifier: Apache-2.0
/*
 * report FOLDER SUBJECT BASE SIZE SUBJECT-VERSION BASE-VERSION JSON MARKDOWN: the tables of a
 * benchmark run. Reads FOLDER/programs (lines of `bench list`), FOLDER/expected and FOLDER/rows
 * (the runner's, of a native build and of both emulators). The ratio is the base's time over the
 * subject's median: above 1, the subject is faster; QEMU is taken at its best, an NVM at its
 * median. A gate that is missed is only printed. Status 1 when a checksum is wrong or SUBJECT has
 * not run a program.
 */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct class classes[CLASS_COUNT] = {
#define CLASS(id, title, floor, reach, stretch, computes)                                          \
    {#id, title, floor, reach, stretch, computes},
#include "class.def"
#undef CLASS
};

/* ---- figures ---- */

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

double median(const struct samples *s)
{
    struct samples sorted = *s;
    qsort(sorted.values, sorted.n, sizeof(sorted.values[0]), compare);
    return sorted.n ? sorted.values[sorted.n / 2] : 0;
}

double least(const struct samples *s)
{
    double best = s->n ? s->values[0] : 0;
    for (size_t i = 1; i < s->n; i++) {
        best = s->values[i] < best ? s->values[i] : best;
    }
    return best;
}

double base_ns(const struct report *r, const struct program *p)
{
    return has_gates(r) ? least(&p->ns[BASE]) : median(&p->ns[BASE]);
}

double ratio_of(const struct report *r, const struct program *p)
{
    double mine = median(&p->ns[SUBJECT]);
    return mine > 0 ? base_ns(r, p) / mine : 0;
}

bool is_at_limit(const struct report *r, const struct program *p)
{
    return p->native_ns > 0 && base_ns(r, p) / p->native_ns < p->floor;
}

double instructions_of(const struct program *p, enum who who)
{
    for (size_t i = 0; i < p->counts[who].n; i++) {
        if (strcmp(p->counts[who].count[i].key, "instructions") == 0) {
            return median(&p->counts[who].count[i].samples);
        }
    }
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The name is the engine's to choose: whatever was counted in ns or s. */
double translation_ns(const struct counts *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const char *key = c->count[i].key;
        if (ends_with(key, "_ns") || ends_with(key, ".ns")) {
            return median(&c->count[i].samples);
        }
        if (ends_with(key, "_s") || ends_with(key, ".s")) {
            return median(&c->count[i].samples) * 1e9;
        }
    }
    return -1;
}

struct mean mean_of(const struct report *r, enum class_id class)
{
    struct mean m = {0};
    double ratios = 0, mips = 0;
    size_t timed = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct program *p = &r->programs[i];
        double ratio = ratio_of(r, p), mine = median(&p->ns[SUBJECT]);
        if (p->class != class) {
            continue;
        }
        if (mine > 0 && instructions_of(p, SUBJECT) > 0) {
            mips += log(instructions_of(p, SUBJECT) / mine * 1e3);
            timed++;
        }
        if (ratio > 0) {
            ratios += log(ratio);
            m.programs++;
            m.below_floor += ratio < p->floor;
        }
    }
    m.ratio = m.programs ? exp(ratios / (double)m.programs) : 0;
    m.mips = timed ? exp(mips / (double)timed) : 0;
    return m;
}

bool is_right(const struct program *p)
{
    return !p->wrong[SUBJECT] && !p->wrong[BASE] && p->ns[SUBJECT].n > 0;
}

bool has_gates(const struct report *r)
{
    return strcmp(r->names[BASE], "qemu") == 0;
}

/* ---- reading ---- */

static FILE *open_in(const struct report *r, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", r->folder, name);
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(2);
    }
    return f;
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

static void add_program(struct report *r, const char *name, const char *class, double floor)
{
    for (int c = 0; c < CLASS_COUNT && r->n < MAX_PROGRAMS; c++) {
        if (strcmp(classes[c].id, class) == 0) {
            struct program *p = &r->programs[r->n++];
            snprintf(p->name, sizeof(p->name), "%s", name);
            p->class = (enum class_id)c;
            p->floor = floor > 0 ? floor : classes[c].floor;
        }
    }
}

static void read_programs(struct report *r)
{
    char line[256], name[32], class[32];
    double floor;
    add_program(r, "boot", "BOOT", 0);
    FILE *f = open_in(r, "programs");
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%31s %31s %*s %lf", name, class, &floor) == 3) {
            add_program(r, name, class, floor);
        }
    }
    fclose(f);
}

static void read_expected(struct report *r)
{
    char line[256], name[32], sum[32];
    double ns;
    FILE *f = open_in(r, "expected");
    while (fgets(line, sizeof(line), f)) {
        struct program *p;
        if (sscanf(line, "native run %31s %31s %lf", name, sum, &ns) == 3 && (p = find(r, name))) {
            strcpy(p->expected, sum);
            p->native_ns = classes[p->class].computes ? ns : 0;
        }
    }
    fclose(f);
}

static void add_count(struct counts *c, const char *key, double value)
{
    size_t i = 0;
    while (i < c->n && strcmp(c->count[i].key, key) != 0) {
        i++;
    }
    if (i == MAX_COUNTS) {
        return;
    }
    if (i == c->n) {
        snprintf(c->count[c->n++].key, sizeof(c->count[i].key), "%s", key);
    }
    add(&c->count[i].samples, value);
}

static void read_run(struct report *r, enum who who, const char *line)
{
    char name[32], sum[32];
    double ns;
    struct program *p;
    if (sscanf(line, "%*s run %31s %31s %lf", name, sum, &ns) == 3 && (p = find(r, name))) {
        add(&p->ns[who], ns);
        p->wrong[who] |= strcmp(sum, p->expected) != 0;
    }
}

static void read_count(struct report *r, enum who who, const char *line)
{
    char name[32], key[64];
    double value;
    if (sscanf(line, "%*s count %31s %63s %lf", name, key, &value) == 3) {
        struct program *p = find(r, name);
        if (p) {
            add_count(&p->counts[who], key, value);
        } else if (strcmp(name, "all") == 0) {
            add_count(&r->whole[who], key, value);
        }
    }
}

static void read_row(struct report *r, const char *line)
{
    char name[32], what[32], text[32];
    if (sscanf(line, "%31s %31s %31s", name, what, text) != 3) {
        return;
    }
    enum who who = strcmp(name, r->names[SUBJECT]) == 0 ? SUBJECT : BASE;
    double value = strtod(text, NULL);
    if (strcmp(what, "run") == 0) {
        read_run(r, who, line);
    } else if (strcmp(what, "count") == 0) {
        read_count(r, who, line);
    } else if (strcmp(what, "boot") == 0) {
        add(&r->programs[0].ns[who], value);
    } else if (strcmp(what, "start") == 0) {
        add(&r->start[who], value);
    } else if (strcmp(what, "idle") == 0) {
        add(&r->idle[who], value);
    } else if (strcmp(what, "memory") == 0) {
        add(&r->memory[who], value);
    } else if (strcmp(what, "touched") == 0) {
        add(&r->touched[who], value);
    } else if (strcmp(what, "engine") == 0 && who == SUBJECT) {
        strcpy(r->engine, text);
    }
}

static void read_rows(struct report *r)
{
    char line[256];
    FILE *f = open_in(r, "rows");
    while (fgets(line, sizeof(line), f)) {
        read_row(r, line);
    }
    fclose(f);
}

static bool write_file(const struct report *r, const char *path,
                       void (*write)(const struct report *r, FILE *f))
{
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        return false;
    }
    write(r, f);
    return !fclose(f);
}

int main(int argc, char **argv)
{
    static struct report r;
    if (argc != 9) {
        fputs("usage: report FOLDER SUBJECT BASE SIZE SUBJECT-VERSION BASE-VERSION JSON MARKDOWN\n",
              stderr);
        return 2;
    }
    r.folder = argv[1];
    r.names[SUBJECT] = argv[2];
    r.names[BASE] = argv[3];
    r.size = argv[4];
    r.versions[SUBJECT] = argv[5];
    r.versions[BASE] = argv[6];
    read_programs(&r);
    read_expected(&r);
    read_rows(&r);
    write_table(&r, stdout);
    bool good = write_file(&r, argv[7], write_json) && write_file(&r, argv[8], write_markdown);
    for (size_t i = 0; i < r.n; i++) {
        good &= is_right(&r.programs[i]);
    }
    return good ? 0 : 1;
}
