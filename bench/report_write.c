// SPDX-License-Identifier: Apache-2.0
/* The results of a benchmark run: tables for the terminal and for docs/performance.md, and JSON. */
#include "report.h"

#include <string.h>

/* ---- terminal ---- */

static void print_figure(FILE *f, double value, const char *format, int width)
{
    char text[32] = "-";
    if (value > 0) {
        snprintf(text, sizeof(text), format, value);
    }
    fprintf(f, " %*s", width, text);
}

static double mips(double instructions, double ns)
{
    return ns > 0 ? instructions / ns * 1e3 : 0;
}

static bool says_translation(const struct report *r)
{
    for (size_t i = 0; i < r->n; i++) {
        if (translation_ns(&r->programs[i].counts[SUBJECT]) >= 0) {
            return true;
        }
    }
    return false;
}

/* QEMU counts nothing: it is taken to run the same number. */
static double base_instructions(const struct program *p)
{
    double own = instructions_of(p, BASE);
    return own > 0 ? own : instructions_of(p, SUBJECT);
}

enum floor_state { FLOOR_NONE, FLOOR_MET, FLOOR_MISSED, FLOOR_AT_LIMIT };

static enum floor_state floor_state(const struct report *r, const struct program *p)
{
    double ratio = ratio_of(r, p);
    if (!has_gates(r) || ratio <= 0 || p->floor <= 0) {
        return FLOOR_NONE;
    }
    if (ratio >= p->floor) {
        return FLOOR_MET;
    }
    return is_at_limit(r, p) ? FLOOR_AT_LIMIT : FLOOR_MISSED;
}

static void print_program(const struct report *r, const struct program *p, FILE *f)
{
    double mine = median(&p->ns[SUBJECT]), theirs = base_ns(r, p), ratio = ratio_of(r, p);
    double insns = instructions_of(p, SUBJECT);
    fprintf(f, "%-16s", p->name);
    print_figure(f, insns / 1e6, "%.0f", 8);
    print_figure(f, mine / 1e9, "%.3f", 9);
    print_figure(f, theirs / 1e9, "%.3f", 9);
    print_figure(f, p->native_ns / 1e9, "%.3f", 9);
    print_figure(f, mips(insns, mine), "%.0f", 9);
    print_figure(f, mips(base_instructions(p), theirs), "%.0f", 9);
    if (says_translation(r)) {
        print_figure(f, translation_ns(&p->counts[SUBJECT]) / 1e6, "%.2f", 9);
    }
    print_figure(f, ratio, "%.2f", 8);
    if (has_gates(r)) {
        static const char *const verdicts[] = {"", "met", "below", "below, native too"};
        print_figure(f, p->floor, "%.1f", 6);
        fprintf(f, "  %s", verdicts[floor_state(r, p)]);
    }
    fprintf(f, "%s%s%s\n", p->wrong[SUBJECT] ? "  WRONG CHECKSUM" : "",
            p->wrong[BASE] ? "  BASE: WRONG CHECKSUM" : "",
            p->ns[SUBJECT].n ? "" : "  DID NOT END");
}

static void print_class(const struct report *r, enum class_id class, FILE *f)
{
    struct mean m = mean_of(r, class);
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (r->programs[i].class == class) {
            print_program(r, &r->programs[i], f);
            n++;
        }
    }
    if (n > 1) {
        fprintf(f, "%-16s %8s %9s %9s %9s", classes[class].title, "mean", "", "", "");
        print_figure(f, m.mips, "%.0f", 9);
        fprintf(f, " %9s", "");
        if (says_translation(r)) {
            fprintf(f, " %9s", "");
        }
        print_figure(f, m.ratio, "%.2f", 8);
        fputc('\n', f);
    }
    if (n > 0) {
        fputc('\n', f);
    }
}

static const char *verdict(double mean, double gate)
{
    return mean <= 0 || gate <= 0 ? "-" : mean < gate ? "missed" : "reached";
}

static void print_gates(const struct report *r, FILE *f)
{
    fprintf(f, "%-16s %8s %6s %6s %10s %9s %17s %17s\n", "class", "programs", "floor", "below",
            "mean ratio", "", "to reach", "stretch");
    for (int c = 0; c < CLASS_COUNT; c++) {
        const struct class *gate = &classes[c];
        struct mean m = mean_of(r, (enum class_id)c);
        if (!m.programs) {
            continue;
        }
        fprintf(f, "%-16s %8zu", gate->title, m.programs);
        print_figure(f, gate->floor, "%.1f", 6);
        fprintf(f, " %6zu", m.below_floor);
        print_figure(f, m.ratio, "%.2f", 10);
        fprintf(f, " %9s %8.1f %8s %8.1f %8s\n", "", gate->reach, verdict(m.ratio, gate->reach),
                gate->stretch, verdict(m.ratio, gate->stretch));
    }
    fputc('\n', f);
}

static void print_host(const struct report *r, FILE *f)
{
    for (int w = 0; w < WHO_COUNT; w++) {
        if (!r->idle[w].n) {
            continue;
        }
        fprintf(f,
                "%s: %.3f s of CPU time from the start of the process to /init; host memory %.0f "
                "MiB at /init, %.0f MiB at the end, %.0f MiB of it the guest's\n",
                r->names[w], median(&r->start[w]) / 1e9, median(&r->idle[w]) / 1024,
                median(&r->memory[w]) / 1024, median(&r->touched[w]) / 1024);
        double ns = translation_ns(&r->whole[w]), boot = translation_ns(&r->programs[0].counts[w]);
        if (ns >= 0) {
            fprintf(f, "%s: translating code took %.1f ms of a whole run, %.1f ms of the boot\n",
                    r->names[w], ns / 1e6, boot / 1e6);
        }
    }
}

void write_table(const struct report *r, FILE *f)
{
    char mine[40], theirs[40];
    snprintf(mine, sizeof(mine), "%.20s s", r->names[SUBJECT]);
    snprintf(theirs, sizeof(theirs), "%.20s s", r->names[BASE]);
    fprintf(f, "%s, engine %s\n", r->versions[SUBJECT], r->engine[0] ? r->engine : "unknown");
    if (r->versions[BASE][0]) {
        fprintf(f, "%s\n", r->versions[BASE]);
    }
    fprintf(f,
            "size %s, %zu run(s), host CPU time: median of %s, %s of %s; above 1, %s is faster\n\n",
            r->size, r->programs[0].ns[SUBJECT].n, r->names[SUBJECT],
            has_gates(r) ? "best" : "median", r->names[BASE], r->names[SUBJECT]);
    fprintf(f, "%-16s %8s %9s %9s %9s %9s %9s", "", "M insns", mine, theirs, "native s", "MIPS",
            "base MIPS");
    if (says_translation(r)) {
        fprintf(f, " %9s", "transl ms");
    }
    fprintf(f, " %8s%s\n", "ratio", has_gates(r) ? "  floor" : "");
    for (int c = 0; c < CLASS_COUNT; c++) {
        print_class(r, (enum class_id)c, f);
    }
    if (has_gates(r)) {
        print_gates(r, f);
    }
    print_host(r, f);
}

/* ---- Markdown ---- */

static void cell(FILE *f, double value, const char *format)
{
    fputc(' ', f);
    if (value > 0) {
        fprintf(f, format, value);
    }
    fputs(" |", f);
}

static void markdown_gates(const struct report *r, FILE *f)
{
    fputs("| class | programs | floor | below it | mean | to reach | | stretch | |\n"
          "|---|---|---|---|---|---|---|---|---|\n",
          f);
    for (int c = 0; c < CLASS_COUNT; c++) {
        const struct class *gate = &classes[c];
        struct mean m = mean_of(r, (enum class_id)c);
        if (m.programs) {
            fprintf(f, "| %s | %zu |", gate->title, m.programs);
            cell(f, gate->floor, "%.1f");
            fprintf(f, " %zu | %.2f | %.1f | %s | %.1f | %s |\n", m.below_floor, m.ratio,
                    gate->reach, verdict(m.ratio, gate->reach), gate->stretch,
                    verdict(m.ratio, gate->stretch));
        }
    }
    fputc('\n', f);
}

void write_markdown(const struct report *r, FILE *f)
{
    if (has_gates(r)) {
        markdown_gates(r, f);
    }
    fprintf(f, "| | M insns | %s s | %s s | native s | MIPS | base MIPS | ratio | %s\n",
            r->names[SUBJECT], r->names[BASE], has_gates(r) ? "floor |" : "");
    fprintf(f, "|---|---|---|---|---|---|---|---|%s\n", has_gates(r) ? "---|" : "");
    for (size_t i = 0; i < r->n; i++) {
        const struct program *p = &r->programs[i];
        double mine = median(&p->ns[SUBJECT]), theirs = base_ns(r, p);
        static const char *const formats[] = {"%.2f", "%.2f", "**%.2f**", "**%.2f**, native too"};
        fprintf(f, "| %s |", p->name);
        cell(f, instructions_of(p, SUBJECT) / 1e6, "%.0f");
        cell(f, mine / 1e9, "%.3f");
        cell(f, theirs / 1e9, "%.3f");
        cell(f, p->native_ns / 1e9, "%.3f");
        cell(f, mips(instructions_of(p, SUBJECT), mine), "%.0f");
        cell(f, mips(base_instructions(p), theirs), "%.0f");
        cell(f, ratio_of(r, p), formats[floor_state(r, p)]);
        if (has_gates(r)) {
            cell(f, p->floor, "%.1f");
        }
        fputc('\n', f);
    }
}

/* ---- JSON ---- */

static void json_string(FILE *f, const char *name, const char *text)
{
    fprintf(f, "\"%s\": \"", name);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            fputc('\\', f);
        }
        fputc((unsigned char)*text < ' ' ? ' ' : *text, f);
    }
    fputc('"', f);
}

static void json_samples(FILE *f, const char *name, const struct samples *s, double scale)
{
    fprintf(f, "\"%s\": [", name);
    for (size_t i = 0; i < s->n; i++) {
        fprintf(f, "%s%.9g", i ? ", " : "", s->values[i] * scale);
    }
    fputc(']', f);
}

/* The subject's and the base's median; a base that did not run is left out. */
static void json_pair(const struct report *r, FILE *f, const char *name,
                      const struct samples s[WHO_COUNT], double scale)
{
    fprintf(f, "\"%s\": {\"%s\": %.9g", name, r->names[SUBJECT], median(&s[SUBJECT]) * scale);
    if (s[BASE].n) {
        fprintf(f, ", \"%s\": %.9g", r->names[BASE], median(&s[BASE]) * scale);
    }
    fputs("},\n", f);
}

static void json_counts(FILE *f, const char *name, const struct counts *c)
{
    fprintf(f, "\"%s\": {", name);
    for (size_t i = 0; i < c->n; i++) {
        fprintf(f, "%s\"%s\": %.15g", i ? ", " : "", c->count[i].key, median(&c->count[i].samples));
    }
    fputc('}', f);
}

/* A number that was not measured, or a gate that there is not, is null. */
static void json_number(FILE *f, const char *name, double value)
{
    if (value > 0) {
        fprintf(f, "\"%s\": %.6g, ", name, value);
    } else {
        fprintf(f, "\"%s\": null, ", name);
    }
}

static const char *json_truth(double ratio, double gate)
{
    return ratio <= 0 || gate <= 0 ? "null" : ratio < gate ? "false" : "true";
}

static void json_class(const struct report *r, enum class_id class, FILE *f)
{
    struct mean m = mean_of(r, class);
    const struct class *gate = &classes[class];
    fputs("  {", f);
    json_string(f, "class", gate->id);
    fprintf(f, ", \"programs\": %zu, ", m.programs);
    json_number(f, "mean_ratio", m.ratio);
    json_number(f, "mean_mips", m.mips);
    if (has_gates(r)) {
        json_number(f, "floor", gate->floor);
        json_number(f, "to_reach", gate->reach);
        json_number(f, "stretch", gate->stretch);
        fprintf(f, "\"below_floor\": %zu, \"reached\": %s, \"stretched\": %s}", m.below_floor,
                json_truth(m.ratio, gate->reach), json_truth(m.ratio, gate->stretch));
    } else {
        fputs("\"gates\": null}", f);
    }
}

static void json_program(const struct report *r, const struct program *p, FILE *f)
{
    fputs("  {", f);
    json_string(f, "name", p->name);
    fputs(", ", f);
    json_string(f, "class", classes[p->class].id);
    fputs(", ", f);
    json_number(f, "instructions", instructions_of(p, SUBJECT));
    json_number(f, "ratio", ratio_of(r, p));
    if (has_gates(r)) {
        json_number(f, "floor", p->floor);
        fprintf(f, "\"floor_met\": %s, ", json_truth(ratio_of(r, p), p->floor));
    }
    json_number(f, "native_s", p->native_ns / 1e9);
    fprintf(f, "\"right\": %s,\n   \"cpu_s\": {", is_right(p) ? "true" : "false");
    json_samples(f, r->names[SUBJECT], &p->ns[SUBJECT], 1e-9);
    fputs(", ", f);
    json_samples(f, r->names[BASE], &p->ns[BASE], 1e-9);
    fputs("}, ", f);
    json_counts(f, "counts", &p->counts[SUBJECT]);
    fputc('}', f);
}

void write_json(const struct report *r, FILE *f)
{
    const char *between = "";
    fputs("{", f);
    json_string(f, "subject", r->names[SUBJECT]);
    fputs(", ", f);
    json_string(f, "base", r->names[BASE]);
    fputs(",\n", f);
    json_string(f, "subject_version", r->versions[SUBJECT]);
    fputs(", ", f);
    json_string(f, "base_version", r->versions[BASE]);
    fputs(",\n", f);
    json_string(f, "engine", r->engine);
    fputs(", ", f);
    json_string(f, "size", r->size);
    fprintf(f, ", \"runs\": %zu,\n", r->programs[0].ns[SUBJECT].n);
    json_pair(r, f, "start_s", r->start, 1e-9);
    json_pair(r, f, "memory_ready_kib", r->idle, 1);
    json_pair(r, f, "memory_kib", r->memory, 1);
    json_pair(r, f, "guest_touched_kib", r->touched, 1);
    json_counts(f, "whole_run", &r->whole[SUBJECT]);
    fputs(",\n\"classes\": [", f);
    for (int c = 0; c < CLASS_COUNT; c++) {
        if (mean_of(r, (enum class_id)c).programs || mean_of(r, (enum class_id)c).mips > 0) {
            fprintf(f, "%s\n", between);
            json_class(r, (enum class_id)c, f);
            between = ",";
        }
    }
    fputs("\n],\n\"programs\": [", f);
    for (size_t i = 0; i < r->n; i++) {
        fputs(i ? ",\n" : "\n", f);
        json_program(r, &r->programs[i], f);
    }
    fputs("\n]}\n", f);
}
