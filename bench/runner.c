// SPDX-License-Identifier: Apache-2.0
/*
 * runner NAME SECONDS EMULATOR ARGUMENTS...: start an emulator, read its console and note the
 * emulator's CPU time at every marker that the guest prints. Writes one row per measurement:
 *     NAME boot NANOSECONDS             the kernel's first line to the guest's /init
 *     NAME start NANOSECONDS            start of the process to the guest's /init
 *     NAME idle KIB, NAME memory KIB    most resident memory so far, at /init and at the end
 *     NAME touched KIB                  resident part of the guest's memory at the end
 *     NAME run PROGRAM CHECKSUM NANOSECONDS
 *     NAME engine NAME                  the engine that pefemu says it ran with
 *     NAME count PROGRAM KEY VALUE      what pefemu counted between the markers of a program, from
 *                                       power-on to /init (PROGRAM is boot), in the whole run (all)
 * CPU time is that of all the emulator's threads. Counts come from pefemu's -stats=json -stats-on
 * BENCH-: instructions, and whatever numbers speak of translation, by their path in the JSON.
 * Status 1 when the emulator failed or had to be ended after SECONDS.
 */
#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COUNTS 32
#define MAX_DEPTH  8

struct counts {
    size_t n;
    struct count {
        char key[64];
        double value;
    } count[MAX_COUNTS];
};

struct stream { /* standard output and error of the emulator, cut into lines */
    int fd;
    size_t length;
    char line[32768];
};

struct run {
    const char *name;
    pid_t pid;
    clockid_t clock; /* CPU time of the emulator's process */
    int64_t kernel_ns, program_ns;
    struct counts at_start;
    bool kernel_seen, ready, engine_seen, failed;
    struct stream streams[2];
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec ts;
    if (clock_gettime(clock, &ts)) {
        return -1;
    }
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- the lines of JSON that pefemu prints ---- */

static bool is_wanted(const char *key)
{
    return strcmp(key, "instructions") == 0 || strstr(key, "translat") || strstr(key, "jit") ||
           strstr(key, "native");
}

/* @json is an object; its numbers, those of objects in it as "outer.inner". */
static struct counts counts_of(const char *json)
{
    struct counts c = {0};
    char path[MAX_DEPTH][32] = {{0}};
    size_t depth = 0;
    for (const char *at = json; *at; at++) {
        if (*at == '{' && depth < MAX_DEPTH - 1) {
            depth++;
        } else if (*at == '}' && depth > 0) {
            depth--;
        } else if (*at == '"') {
            const char *name = ++at;
            while (*at && *at != '"') {
                at += *at == '\\' && at[1] ? 2 : 1;
            }
            if (!*at) {
                break;
            }
            if (at[1] == ':') {
                snprintf(path[depth], sizeof(path[depth]), "%.*s", (int)(at - name), name);
            }
        } else if (*at == ':' && isdigit((unsigned char)at[1]) && c.n < MAX_COUNTS) {
            struct count *new = &c.count[c.n];
            size_t used = 0;
            for (size_t i = 1; i <= depth && used < sizeof(new->key) - 1; i++) {
                used += (size_t)snprintf(new->key + used, sizeof(new->key) - used, "%s%s",
                                         i > 1 ? "." : "", path[i]);
            }
            char *end;
            new->value = strtod(at + 1, &end);
            at = end - 1;
            c.n += is_wanted(new->key);
        }
    }
    return c;
}

static double value_in(const struct counts *c, const char *key)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->count[i].key, key) == 0) {
            return c->count[i].value;
        }
    }
    return 0;
}

static void report_counts(const struct run *r, const char *program, const struct counts *from,
                          const struct counts *to)
{
    for (size_t i = 0; i < to->n; i++) {
        const char *key = to->count[i].key;
        double value = to->count[i].value - value_in(from, key);
        printf("%s count %s %s %.15g\n", r->name, program, key, value);
    }
}

static void report_engine(struct run *r, const char *json)
{
    char engine[32];
    const char *at = strstr(json, "\"engine\":\"");
    if (!r->engine_seen && at && sscanf(at + 10, "%31[^\" ]", engine) == 1) {
        printf("%s engine %s\n", r->name, engine);
        r->engine_seen = true;
    }
}

static void on_json(struct run *r, const char *line)
{
    static const struct counts nothing;
    struct counts now = counts_of(line);
    char what[8], program[32];
    report_engine(r, line);
    if (strncmp(line, "{\"instructions\":", 16) == 0) {
        report_counts(r, "all", &nothing, &now);
    } else if (sscanf(line, "{\"marker\":\"BENCH-%7[A-Z] %31[^ \"]", what, program) < 1) {
        return;
    } else if (strcmp(what, "READY") == 0) {
        report_counts(r, "boot", &nothing, &now);
    } else if (strcmp(what, "START") == 0) {
        r->at_start = now;
    } else if (strcmp(what, "END") == 0) {
        report_counts(r, program, &r->at_start, &now);
    }
}

/* ---- the emulator's memory ---- */

/* The guest's memory is the mapping of 512 MiB or more: how much of it does the host hold? */
static void report_touched(const struct run *r)
{
    char path[64], line[256];
    long size = 0, kib, touched = 0;
    snprintf(path, sizeof(path), "/proc/%d/smaps", (int)r->pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "Size: %ld", &kib) == 1) {
            size = kib;
        } else if (sscanf(line, "Rss: %ld", &kib) == 1 && size >= 512 * 1024) {
            touched += kib;
        }
    }
    if (f) {
        fclose(f);
    }
    printf("%s touched %ld\n", r->name, touched);
}

static void report_memory(const struct run *r, const char *what)
{
    char path[64], line[256];
    long kib;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)r->pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "VmHWM: %ld", &kib) == 1) {
            printf("%s %s %ld\n", r->name, what, kib);
        }
    }
    if (f) {
        fclose(f);
    }
}

/* ---- the console ---- */

static void on_program_end(struct run *r, const char *line, int64_t now)
{
    char program[32], sum[32];
    if (sscanf(line, "BENCH-END %31s %31s", program, sum) != 2) {
        r->failed = true;
        return;
    }
    printf("%s run %s %s %lld\n", r->name, program, sum, (long long)(now - r->program_ns));
    fprintf(stderr, "  %s: %s %.3f s\n", r->name, program, (double)(now - r->program_ns) / 1e9);
}

static void on_ready(struct run *r, int64_t now)
{
    r->ready = true;
    printf("%s boot %lld\n", r->name, (long long)(now - r->kernel_ns));
    printf("%s start %lld\n", r->name, (long long)now);
    fprintf(stderr, "  %s: boot %.2f s\n", r->name, (double)(now - r->kernel_ns) / 1e9);
    report_memory(r, "idle");
}

/* The kernel's last words may stand before a marker on the same line. */
static void on_line(struct run *r, const char *line)
{
    const char *end = strstr(line, "BENCH-END ");
    int64_t now = clock_ns(r->clock);
    if (line[0] == '{') {
        on_json(r, line);
    } else if (!r->kernel_seen &&
               (strstr(line, "OF stdout device") || strstr(line, "Preparing to boot Linux"))) {
        r->kernel_seen = true;
        r->kernel_ns = now;
    } else if (strstr(line, "pefemu guest ready")) {
        on_ready(r, now);
    } else if (strstr(line, "BENCH-START ")) {
        r->program_ns = now;
    } else if (end) {
        on_program_end(r, end, now);
    } else if (strstr(line, "BENCH-FAIL") || strstr(line, "Kernel panic")) {
        fprintf(stderr, "  %s: %s\n", r->name, line);
        r->failed = true;
    } else if (strstr(line, "pefemu test script ended")) {
        report_memory(r, "memory");
        report_touched(r);
    } else if (strstr(line, "pefemu: ") || strstr(line, "qemu-system")) {
        fprintf(stderr, "%s\n", line);
    }
}

/* Returns whether there may be more. */
static bool read_stream(struct run *r, struct stream *s)
{
    char block[4096];
    ssize_t n = read(s->fd, block, sizeof(block));
    for (ssize_t i = 0; i < n; i++) {
        if (block[i] == '\n') {
            s->line[s->length] = 0;
            on_line(r, s->line);
            s->length = 0;
        } else if (block[i] != '\r' && s->length < sizeof(s->line) - 1) {
            s->line[s->length++] = block[i];
        }
    }
    return n > 0;
}

/* Returns whether both streams ended before the time did. */
static bool read_streams(struct run *r, int64_t until)
{
    struct pollfd p[2];
    for (int i = 0; i < 2; i++) {
        p[i] = (struct pollfd){.fd = r->streams[i].fd, .events = POLLIN};
    }
    while (p[0].fd >= 0 || p[1].fd >= 0) {
        int64_t left = until - clock_ns(CLOCK_MONOTONIC);
        if (left <= 0 || poll(p, 2, (int)(left / 1000000) + 1) == 0) {
            return false;
        }
        for (int i = 0; i < 2; i++) {
            if (p[i].revents && !read_stream(r, &r->streams[i])) {
                p[i].fd = -1;
            }
        }
    }
    return true;
}

static bool start(struct run *r, char **command)
{
    int out[2], err[2];
    if (pipe(out) || pipe(err)) {
        return false;
    }
    r->pid = fork();
    if (r->pid == 0) {
        FILE *in = freopen("/dev/null", "r", stdin);
        dup2(out[1], 1);
        dup2(err[1], 2);
        for (int i = 0; i < 2; i++) {
            close(out[i]);
            close(err[i]);
        }
        if (in) {
            execvp(command[0], command);
        }
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    r->streams[0].fd = out[0];
    r->streams[1].fd = err[0];
    return r->pid > 0 && !clock_getcpuclockid(r->pid, &r->clock);
}

int main(int argc, char **argv)
{
    static struct run r;
    if (argc < 4) {
        fputs("usage: runner NAME SECONDS EMULATOR ARGUMENTS...\n", stderr);
        return 2;
    }
    int status = 1;
    r.name = argv[1];
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!start(&r, argv + 3)) {
        perror("runner");
        return 1;
    }
    if (!read_streams(&r, clock_ns(CLOCK_MONOTONIC) + atoll(argv[2]) * 1000000000)) {
        fprintf(stderr, "%s: not done after %s s\n", r.name, argv[2]);
        kill(r.pid, SIGKILL);
    }
    waitpid(r.pid, &status, 0);
    if (status) {
        fprintf(stderr, "%s: ended with status %d\n", r.name, status);
    } else if (!r.ready) {
        fprintf(stderr, "%s: the guest did not reach its /init\n", r.name);
    }
    return r.failed || status || !r.ready ? 1 : 0;
}
