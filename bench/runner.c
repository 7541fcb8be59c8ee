// SPDX-License-Identifier: Apache-2.0
/*
 * runner NAME SECONDS EMULATOR ARGUMENTS...: start an emulator, read its console and note the
 * emulator's CPU time at every marker that the guest prints. Writes one row per measurement:
 *     NAME boot NANOSECONDS             the kernel's first line to the guest's /init
 *     NAME start NANOSECONDS            start of the process to the guest's /init
 *     NAME insns COUNT                  instructions of the whole run (pefemu's -stats=json)
 *     NAME idle KIB, NAME memory KIB    most resident memory so far, at /init and at the end
 *     NAME touched KIB                  resident part of the guest's memory at the end
 *     NAME run PROGRAM CHECKSUM INSTRUCTIONS NANOSECONDS
 * CPU time is that of all the emulator's threads. Status 1 when the emulator failed or had to be
 * ended after SECONDS.
 */
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

struct run {
    const char *name;
    pid_t pid;
    clockid_t clock; /* CPU time of the emulator's process */
    int64_t kernel_ns, program_ns;
    bool kernel_seen, failed;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec ts;
    if (clock_gettime(clock, &ts)) {
        return -1;
    }
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

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

static void on_program_end(struct run *r, const char *line, int64_t now)
{
    char program[32], sum[32];
    unsigned long long insns;
    if (sscanf(line, "BENCH-END %31s %31s %llu", program, sum, &insns) != 3) {
        r->failed = true;
        return;
    }
    printf("%s run %s %s %llu %lld\n", r->name, program, sum, insns,
           (long long)(now - r->program_ns));
    fprintf(stderr, "  %s: %s %.2f s\n", r->name, program, (double)(now - r->program_ns) / 1e9);
}

/* The kernel's last words may stand before a marker on the same line. */
static void on_line(struct run *r, const char *line)
{
    const char *end = strstr(line, "BENCH-END ");
    int64_t now = clock_ns(r->clock);
    unsigned long long insns;
    if (!r->kernel_seen &&
        (strstr(line, "OF stdout device") || strstr(line, "Preparing to boot Linux"))) {
        r->kernel_seen = true;
        r->kernel_ns = now;
    } else if (strstr(line, "pefemu guest ready")) {
        printf("%s boot %lld\n", r->name, (long long)(now - r->kernel_ns));
        printf("%s start %lld\n", r->name, (long long)now);
        fprintf(stderr, "  %s: boot %.2f s\n", r->name, (double)(now - r->kernel_ns) / 1e9);
        report_memory(r, "idle");
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
    } else if (sscanf(line, "{\"instructions\":%llu", &insns) == 1) {
        printf("%s insns %llu\n", r->name, insns);
    } else if (strstr(line, "pefemu: ") || strstr(line, "qemu-system")) {
        fprintf(stderr, "%s\n", line);
    }
}

/* Returns whether the console ended before the time did. */
static bool read_console(struct run *r, int fd, int64_t until)
{
    char line[1024], block[4096];
    size_t length = 0;
    for (;;) {
        int64_t left = until - clock_ns(CLOCK_MONOTONIC);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&p, 1, (int)(left / 1000000) + 1) == 0) {
            return false;
        }
        ssize_t n = read(fd, block, sizeof(block));
        if (n <= 0) {
            return true;
        }
        for (ssize_t i = 0; i < n; i++) {
            if (block[i] == '\n') {
                line[length] = 0;
                on_line(r, line);
                length = 0;
            } else if (block[i] != '\r' && length < sizeof(line) - 1) {
                line[length++] = block[i];
            }
        }
    }
}

static pid_t start(char **command, int *console)
{
    int fds[2];
    if (pipe(fds)) {
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        FILE *in = freopen("/dev/null", "r", stdin);
        dup2(fds[1], 1);
        dup2(fds[1], 2);
        close(fds[0]);
        close(fds[1]);
        if (in) {
            execvp(command[0], command);
        }
        _exit(127);
    }
    close(fds[1]);
    *console = fds[0];
    return pid;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: runner NAME SECONDS EMULATOR ARGUMENTS...\n", stderr);
        return 2;
    }
    int console, status = 1;
    struct run r = {.name = argv[1]};
    r.pid = start(argv + 3, &console);
    if (r.pid < 0 || clock_getcpuclockid(r.pid, &r.clock)) {
        perror("runner");
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!read_console(&r, console, clock_ns(CLOCK_MONOTONIC) + atoll(argv[2]) * 1000000000)) {
        fprintf(stderr, "%s: not done after %s s\n", r.name, argv[2]);
        kill(r.pid, SIGKILL);
    }
    waitpid(r.pid, &status, 0);
    if (status) {
        fprintf(stderr, "%s: ended with status %d\n", r.name, status);
    }
    return r.failed || status ? 1 : 0;
}
