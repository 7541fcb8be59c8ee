/* SPDX-License-Identifier: Apache-2.0 */
/* What the report's files share: report.c reads the rows, report_write.c writes the results. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MAX_PROGRAMS 160
#define MAX_SAMPLES  32
#define MAX_COUNTS   24

/* Times of the subject are judged by the base's: pefemu by QEMU, or an SVM by an NVM. */
enum who { SUBJECT, BASE, WHO_COUNT };

enum class_id {
#define CLASS(id, ...) CLASS_##id,
#include "class.def"
#undef CLASS
    CLASS_COUNT
};

struct class
{
    const char *id, *title;
    double floor, reach, stretch; /* 0: no such gate */
    bool computes;                /* what the host would do alike: a native build can be compared */
};
extern const struct class classes[CLASS_COUNT];

struct samples {
    double values[MAX_SAMPLES];
    size_t n;
};

/* What pefemu counted: by the path of the number in its JSON. */
struct counts {
    size_t n;
    struct count {
        char key[64];
        struct samples samples;
    } count[MAX_COUNTS];
};

struct program {
    char name[32], expected[32];
    enum class_id class;
    double floor;     /* 0: no gate */
    double native_ns; /* of the same source built for the host, run once; 0: says nothing */
    struct samples ns[WHO_COUNT];
    struct counts counts[WHO_COUNT];
    bool wrong[WHO_COUNT];
};

struct report {
    const char *folder, *names[WHO_COUNT], *size, *versions[WHO_COUNT];
    char engine[32];
    struct program programs[MAX_PROGRAMS]; /* [0] is the boot */
    size_t n;
    struct samples start[WHO_COUNT], idle[WHO_COUNT], memory[WHO_COUNT], touched[WHO_COUNT];
    struct counts whole[WHO_COUNT]; /* of a whole run */
};

/* Of a class over its programs that both have run. */
struct mean {
    double ratio, mips; /* geometric means; 0: nothing measured */
    size_t programs, below_floor;
};

/* 0 without samples. */
double median(const struct samples *s);
double least(const struct samples *s);

/* The base's time: QEMU's best, an NVM's median. */
double base_ns(const struct report *r, const struct program *p);
/* That over the median of the subject's; 0 without both. */
double ratio_of(const struct report *r, const struct program *p);
/* Would native code miss the program's floor too? */
bool is_at_limit(const struct report *r, const struct program *p);
double instructions_of(const struct program *p, enum who who);
/* Time that pefemu spent on translating code in this program, ns; negative: it says nothing. */
double translation_ns(const struct counts *c);
struct mean mean_of(const struct report *r, enum class_id class);
bool is_right(const struct program *p);
/* Gates are those of a comparison with QEMU. */
bool has_gates(const struct report *r);

void write_table(const struct report *r, FILE *f);
void write_markdown(const struct report *r, FILE *f);
void write_json(const struct report *r, FILE *f);

#endif
