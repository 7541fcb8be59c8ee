// SPDX-License-Identifier: Apache-2.0
/* The results of the overhead laboratory: table, CSV, JSON, and a page without external resources.
 */
#include "report.h"

#include <inttypes.h>
#include <string.h>

static const char honest[] =
    "Counts are exact and the same in every run. Host time is what emulating costs on this host; "
    "it "
    "is no estimate of a POWER9's time. Guest time adds to the instructions (1 ns each) what the "
    "firmware's work is assumed to take (include/pefemu/cost.def).";

/* Programs whose count does not depend on the mode. */
static size_t same_in_every_mode(const struct lab *lab, size_t metric)
{
    size_t same = 0;
    for (size_t i = 0; i < lab->nprograms; i++) {
        size_t m = 1;
        while (m < lab->nmodes && range_of(lab, &lab->program[i], m, metric).median ==
                                      range_of(lab, &lab->program[i], 0, metric).median) {
            m++;
        }
        same += m == lab->nmodes;
    }
    return same;
}

/* ---- terminal ---- */

static void table_row(const struct lab *lab, const struct program *p, size_t m, FILE *f)
{
    struct range host = range_of(lab, p, m, HOST_NS);
    fprintf(f, "%-12s %-9s", m ? "" : p->name, lab->mode[m]);
    for (size_t k = 0; k <= PAGES; k++) {
        fprintf(f, " %*" PRIu64, k < INTERRUPTS ? 14 : 11, range_of(lab, p, m, k).median);
        if (k == INSTRUCTIONS) {
            fprintf(f, " %+9.4f%%", (relative(lab, p, m, INSTRUCTIONS) - 1) * 100);
        }
    }
    fprintf(f, " %8.3f %.3f..%.3f\n", (double)host.median / 1e9, (double)host.least / 1e9,
            (double)host.most / 1e9);
}

void write_table(const struct lab *lab, FILE *f)
{
    fprintf(f, "%s; size %s, %zu run(s)\n%s\n\n", lab->version, lab->size, lab->runs, honest);
    fprintf(f, "%-12s %-9s", "program", "mode");
    for (size_t k = 0; k <= PAGES; k++) {
        fprintf(f, " %*s", k < INTERRUPTS ? 14 : 11, metrics[k].title);
        if (k == INSTRUCTIONS) {
            fprintf(f, " %10s", "");
        }
    }
    fprintf(f, " %8s %s\n", "host s", "min..max");
    for (size_t i = 0; i <= lab->nprograms; i++) {
        for (size_t m = 0; m < lab->nmodes; m++) {
            table_row(lab, &lab->program[i], m, f);
        }
    }
    fprintf(f, "Instructions in problem state: the same in every mode for %zu of %zu programs.\n",
            same_in_every_mode(lab, PROBLEM), lab->nprograms);
    for (size_t m = 0; m < lab->nmodes; m++) {
        if (lab->esm_guest_ns[m]) {
            fprintf(f,
                    "ESM: %.1f ms of guest time, %.1f ms of host CPU time, %" PRIu64
                    " pages brought in\n",
                    (double)lab->esm_guest_ns[m] / 1e6, (double)lab->esm_host_ns[m] / 1e6,
                    lab->esm_pages[m]);
        }
    }
}

/* ---- CSV: a row for each program, mode and run ---- */

static void write_csv(const struct lab *lab, FILE *f)
{
    fputs("program,class,size,mode,run", f);
    for (size_t k = 0; k < METRICS; k++) {
        fprintf(f, ",%s", metrics[k].name);
    }
    fputc('\n', f);
    for (size_t i = 0; i <= lab->nprograms; i++) {
        const struct program *p = &lab->program[i];
        for (size_t m = 0; m < lab->nmodes; m++) {
            for (size_t r = 0; r < lab->runs; r++) {
                fprintf(f, "%s,%s,%s,%s,%zu", p->name, p->class, lab->size, lab->mode[m], r + 1);
                for (size_t k = 0; k < METRICS; k++) {
                    fprintf(f, ",%" PRIu64, p->sample[m][r].value[k]);
                }
                fputc('\n', f);
            }
        }
    }
}

/* ---- JSON: the same with the events by name ---- */

static void events_json(const struct events *e, const char *name, FILE *f)
{
    const char *between = "";
    fprintf(f, ", \"%s\": {", name);
    for (size_t i = 0; i < e->n; i++) {
        if (e->event[i].count) {
            fprintf(f, "%s\"%s\": %" PRIu64, between, e->event[i].name, e->event[i].count);
            between = ", ";
        }
    }
    fputc('}', f);
}

static void mode_json(const struct lab *lab, const struct program *p, size_t m, FILE *f)
{
    static const char *const names[GROUPS] = {"interrupts_by_vector", "hypercalls_to_hypervisor",
                                              "ultracalls_by_name", "pages_by_kind"};
    fprintf(f, "%s\n      \"%s\": {", m ? "," : "", lab->mode[m]);
    for (size_t k = 0; k < METRICS; k++) {
        struct range r = range_of(lab, p, m, k);
        if (metrics[k].exact) {
            fprintf(f, "%s\"%s\": %" PRIu64, k ? ", " : "", metrics[k].name, r.median);
        } else {
            fprintf(f,
                    "%s\"%s\": {\"min\": %" PRIu64 ", \"median\": %" PRIu64 ", \"max\": %" PRIu64
                    "}",
                    k ? ", " : "", metrics[k].name, r.least, r.median, r.most);
        }
    }
    for (size_t g = 0; g < GROUPS; g++) {
        events_json(&p->sample[m][0].events[g], names[g], f);
    }
    fputc('}', f);
}

static void write_json(const struct lab *lab, FILE *f)
{
    fprintf(f, "{\n  \"version\": \"%s\", \"size\": \"%s\", \"runs\": %zu, \"failed\": %s,\n",
            lab->version, lab->size, lab->runs, lab->failed ? "true" : "false");
    fprintf(f, "  \"note\": \"%s\",\n  \"esm\": {", honest);
    for (size_t m = 0; m < lab->nmodes; m++) {
        fprintf(f,
                "%s\"%s\": {\"guest_ns\": %" PRIu64 ", \"host_cpu_ns\": %" PRIu64
                ", \"pages\": %" PRIu64 "}",
                m ? ", " : "", lab->mode[m], lab->esm_guest_ns[m], lab->esm_host_ns[m],
                lab->esm_pages[m]);
    }
    fputs("},\n  \"programs\": [", f);
    for (size_t i = 0; i <= lab->nprograms; i++) {
        const struct program *p = &lab->program[i];
        fprintf(f, "%s\n    {\"name\": \"%s\", \"class\": \"%s\", \"what\": \"%s\", ", i ? "," : "",
                p->name, p->class, p->what);
        fprintf(f, "\"checksum\": \"%s\", \"modes\": {", p->expected);
        for (size_t m = 0; m < lab->nmodes; m++) {
            mode_json(lab, p, m, f);
        }
        fputs("}}", f);
    }
    fputs("\n  ]\n}\n", f);
}

/* ---- HTML ---- */

enum { LABEL = 110, WIDTH = 560, BAR = 11, GAP = 10 };

static const char style[] =
    "body{font:15px/1.45 sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#222;"
    "background:#fff}"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}"
    "table{border-collapse:collapse;font-size:12.5px;font-variant-numeric:tabular-nums}"
    "td,th{padding:.15em .6em;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child,td:nth-child(2),th:nth-child(2){text-align:left}"
    "table.text td{text-align:left;vertical-align:top}tr.first td{border-top:1px solid "
    "#888}.note{background:#f4f1e6;padding:.6em 1em}"
    "svg text{font:12px "
    "sans-serif;fill:#222}.m0{fill:#9aa5b1}.m1{fill:#5b8db8}.m2{fill:#c2703d}.m3{fill:#7a5c9e}"
    ".w{stroke:#222;stroke-width:1}.g{stroke:#ccc;stroke-width:1}";

static void escaped(const char *text, FILE *f)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", f);
            break;
        case '&':
            fputs("&amp;", f);
            break;
        default:
            fputc(*text, f);
        }
    }
}

static double most_of(const struct lab *lab, size_t metric)
{
    double most = 1;
    for (size_t i = 0; i < lab->nprograms; i++) {
        for (size_t m = 0; m < lab->nmodes; m++) {
            double base = (double)range_of(lab, &lab->program[i], 0, metric).median;
            double high = (double)range_of(lab, &lab->program[i], m, metric).most;
            most = base && high / base > most ? high / base : most;
        }
    }
    return most;
}

/* One bar with whiskers from the least to the most of the runs, as multiples of the first mode. */
static void bar(const struct lab *lab, const struct program *p, size_t m, size_t metric, int y,
                double scale, FILE *f)
{
    struct range r = range_of(lab, p, m, metric);
    double base = (double)range_of(lab, p, 0, metric).median;
    double unit = base ? scale / base : 0;
    double middle = y + BAR / 2.0, low = LABEL + (double)r.least * unit;
    double high = LABEL + (double)r.most * unit, end = LABEL + (double)r.median * unit;
    fprintf(f,
            "<rect class=m%zu x=%d y=%d width=%.1f height=%d><title>%s, %s: %" PRIu64 " (%" PRIu64
            " to %" PRIu64 ")</title></rect>",
            m, LABEL, y, end - LABEL, BAR, p->name, lab->mode[m], r.median, r.least, r.most);
    fprintf(f, "<path class=w fill=none d='M%.1f %.1fH%.1fM%.1f %dV%dM%.1f %dV%d'/>", low, middle,
            high, low, y + 2, y + BAR - 2, high, y + 2, y + BAR - 2);
    fprintf(f, "<text x=%.1f y=%d>%.5g</text>\n", (high > end ? high : end) + 5, y + BAR - 1,
            relative(lab, p, m, metric));
}

static void chart(const struct lab *lab, size_t metric, const char *title, FILE *f)
{
    int step = (int)lab->nmodes * BAR + GAP, height = (int)lab->nprograms * step + GAP;
    double scale = WIDTH / most_of(lab, metric);
    fprintf(f, "<h2>%s; %s = 1</h2>\n", title, lab->mode[0]);
    fprintf(f, "<svg width=%d height=%d role=img>", LABEL + WIDTH + 80, height);
    fprintf(f, "<path class=g d='M%.1f 0V%d'/>\n", LABEL + scale, height);
    for (size_t i = 0; i < lab->nprograms; i++) {
        const struct program *p = &lab->program[i];
        int y = (int)i * step + GAP / 2;
        fprintf(f, "<text x=0 y=%d>%s</text>", y + (step - GAP) / 2 + 4, p->name);
        for (size_t m = 0; m < lab->nmodes; m++) {
            bar(lab, p, m, metric, y + (int)m * BAR, scale, f);
        }
    }
    fputs("</svg>\n", f);
}

static void html_table(const struct lab *lab, FILE *f)
{
    fputs("<h2>All counts</h2>\n<table><tr><th>program<th>mode", f);
    for (size_t k = 0; k < METRICS; k++) {
        fprintf(f, "<th>%s", metrics[k].title);
    }
    fputs("<th>least<th>most</tr>\n", f);
    for (size_t i = 0; i <= lab->nprograms; i++) {
        for (size_t m = 0; m < lab->nmodes; m++) {
            const struct program *p = &lab->program[i];
            struct range host = range_of(lab, p, m, HOST_NS);
            fprintf(f, "<tr%s title='%s'><td>%s<td>%s", m ? "" : " class=first", p->what,
                    m ? "" : p->name, lab->mode[m]);
            for (size_t k = 0; k < METRICS; k++) {
                fprintf(f, "<td>%" PRIu64, range_of(lab, p, m, k).median);
            }
            fprintf(f, "<td>%" PRIu64 "<td>%" PRIu64 "</tr>\n", host.least, host.most);
        }
    }
    fputs("</table>\n", f);
}

static void html_events(const struct lab *lab, FILE *f)
{
    static const char *const titles[GROUPS] = {"interrupts", "hypercalls to the hypervisor",
                                               "ultracalls", "pages"};
    fputs("<h2>Events by name</h2>\n<table class=text><tr><th>program<th>mode", f);
    for (size_t g = 0; g < GROUPS; g++) {
        fprintf(f, "<th>%s", titles[g]);
    }
    fputs("</tr>\n", f);
    for (size_t i = 0; i <= lab->nprograms; i++) {
        for (size_t m = 0; m < lab->nmodes; m++) {
            const struct program *p = &lab->program[i];
            fprintf(f, "<tr%s><td>%s<td>%s", m ? "" : " class=first", m ? "" : p->name,
                    lab->mode[m]);
            for (size_t g = 0; g < GROUPS; g++) {
                const struct events *e = &p->sample[m][0].events[g];
                fputs("<td>", f);
                for (size_t k = 0; k < e->n; k++) {
                    if (e->event[k].count) {
                        fprintf(f, "%s %" PRIu64 "<br>", e->event[k].name, e->event[k].count);
                    }
                }
            }
            fputs("</tr>\n", f);
        }
    }
    fputs("</table>\n", f);
}

static void write_html(const struct lab *lab, FILE *f)
{
    fprintf(
        f,
        "<!DOCTYPE html>\n<html lang=en><meta charset=utf-8><title>pefemu: overhead of PEF</title>"
        "<style>%s</style>\n<h1>Overhead of secure VMs</h1>\n<p>",
        style);
    escaped(lab->version, f);
    fprintf(f, "; size %s, %zu run(s).\n<p class=note><b>%s</b>\n", lab->size, lab->runs, honest);
    if (lab->failed) {
        fputs("<p><b>This run failed: see the messages of make overhead.</b>\n", f);
    }
    fputs("<p>Modes: ", f);
    for (size_t m = 0; m < lab->nmodes; m++) {
        fprintf(f,
                "<svg width=12 height=12><rect class=m%zu width=12 height=12 /></svg> %s &nbsp; ",
                m, lab->mode[m]);
    }
    fputs("(nopef: normal VM, no ultravisor; nvm: normal VM under one; svm: secure VM; svm-paged: "
          "one whose pages the hypervisor takes out)\n",
          f);
    chart(lab, INSTRUCTIONS, "Instructions", f);
    chart(lab, GUEST_NS, "Guest time", f);
    chart(lab, HOST_NS, "Host CPU time of the emulator, whiskers from least to most of the runs",
          f);
    html_table(lab, f);
    html_events(lab, f);
    fputs("</html>\n", f);
}

static bool write_file(const struct lab *lab, const char *name,
                       void (*write)(const struct lab *lab, FILE *f))
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", lab->folder, name);
    FILE *f = fopen(path, "w");
    if (!f) {
        return false;
    }
    write(lab, f);
    return !fclose(f);
}

bool write_files(const struct lab *lab)
{
    return write_file(lab, "overhead.csv", write_csv) &&
           write_file(lab, "overhead.json", write_json) &&
           write_file(lab, "overhead.html", write_html);
}
