/* SPDX-License-Identifier: Apache-2.0
 *
 * The first process of the small kernels, alone in its initramfs: there is no busybox for
 * big-endian. It checks what a kernel of another byte order or page size could get wrong, then
 * answers lines from the console; "exit" or pefemu.test=poweroff on the command line powers the
 * guest off.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned checks, failures;

static void check(bool good, const char *what)
{
    checks++;
    if (!good) {
        failures++;
        printf("guest_init: FAIL %s\n", what);
    }
}
#define CHECK(condition) check(condition, #condition)

static size_t page_size(void)
{
    return getauxval(AT_PAGESZ);
}

/* ---- the processor as a program sees it ---- */

static const char *byte_order(void)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first ? "little-endian" : "big-endian";
}

static void check_floating_point(void)
{
    volatile double two = 2.0, x = 1.0;
    for (int i = 0; i < 8; i++) {
        x = 0.5 * (x + two / x);
    }
    CHECK(x == 0x1.6a09e667f3bcdp+0 || x == 0x1.6a09e667f3bccp+0);

    volatile float third = 1.0f;
    third /= 3.0f;
    CHECK(third == 0x1.555556p-2f);

    char text[64];
    snprintf(text, sizeof text, "%.10f %a", 3.25 * x, 0.1);
    CHECK(!strcmp(text, "4.5961940777 0x1.999999999999ap-4"));
}

typedef int32_t v4si __attribute__((vector_size(16)));

static void check_vectors(void)
{
    volatile v4si a = {1, -2, 3, -4}, b = {10, 20, 30, 40};
    v4si sum = a + b, product = a * b;
    CHECK(sum[0] == 11 && sum[1] == 18 && sum[2] == 33 && sum[3] == 36);
    CHECK(product[0] == 10 && product[1] == -40 && product[2] == 90 && product[3] == -160);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void check_strings(void)
{
    char text[96] = "";
    for (int i = 0; i < 10; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d,", i * i);
    }
    CHECK(!strcmp(text, "0,1,4,9,16,25,36,49,64,81,"));
    CHECK(strstr(text, "49,") == text + 17 && strrchr(text, '8') == text + 23);
    CHECK(strtoull("0123456789abcdef", NULL, 16) == 0x0123456789abcdefULL);

    /* Copies of every small length and alignment, with a byte of fence on both sides. */
    static uint8_t from[128], to[128];
    bool good = true;
    for (size_t i = 0; i < sizeof from; i++) {
        from[i] = (uint8_t)(i * 7 + 1);
    }
    for (size_t offset = 0; offset < 16; offset++) {
        for (size_t length = 0; length < 64; length++) {
            memset(to, 0xee, sizeof to);
            memmove(to + 1 + offset, from + length % 16, length);
            good = good && to[offset] == 0xee && to[1 + offset + length] == 0xee &&
                   !memcmp(to + 1 + offset, from + length % 16, length);
        }
    }
    check(good, "memmove of every alignment");

    static uint32_t numbers[5000];
    uint32_t seed = 1;
    for (size_t i = 0; i < 5000; i++) {
        numbers[i] = seed = seed * 1664525 + 1013904223;
    }
    qsort(numbers, 5000, sizeof *numbers, ascending);
    good = true;
    for (size_t i = 1; i < 5000; i++) {
        good = good && numbers[i - 1] <= numbers[i];
    }
    check(good, "qsort");
}

/* ---- pages and processes ---- */

static sigjmp_buf back;
static void *volatile fault_address;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    fault_address = info->si_addr;
    siglongjmp(back, 1);
}

static bool store_faults(volatile uint8_t *at)
{
    fault_address = NULL;
    if (!sigsetjmp(back, 1)) {
        *at = 1;
    }
    return fault_address == at;
}

/* Protection begins and ends exactly at page boundaries. */
static void check_protection(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, before;
    sigaction(SIGSEGV, &action, &before);
    size_t page = page_size();
    uint8_t *p = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED);
    memset(p, 5, 3 * page);
    CHECK(!mprotect(p + page, page, PROT_READ));
    CHECK(!store_faults(p + page - 1) && store_faults(p + page));
    CHECK(store_faults(p + 2 * page - 1) && !store_faults(p + 2 * page));
    CHECK(p[page] == 5 && p[2 * page - 1] == 5 && p[2 * page] == 1);
    CHECK(!mprotect(p + page, page, PROT_READ | PROT_WRITE) && !store_faults(p + page));
    CHECK(!munmap(p + page, page) && store_faults(p + page + 8));
    munmap(p, page);
    munmap(p + 2 * page, page);
    sigaction(SIGSEGV, &before, NULL);
}

static uint64_t pattern(size_t i)
{
    return i * 0x9e3779b97f4a7c15ULL;
}

static bool pattern_holds(const uint64_t *words, size_t count, size_t step)
{
    for (size_t i = 0; i < count; i += step) {
        if (words[i] != pattern(i)) {
            return false;
        }
    }
    return true;
}

/* The child sees the parent's memory and keeps its own changes to itself, page for page. */
static void check_fork(void)
{
    size_t step = page_size() / 8, count = 256 * step;
    uint64_t *words =
        mmap(NULL, count * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < count; i += step) {
        words[i] = pattern(i);
    }
    for (int round = 0; round < 4; round++) {
        int ends[2], status = -1;
        char answer = 0;
        CHECK(!pipe(ends));
        pid_t child = fork();
        if (child == 0) {
            bool good = pattern_holds(words, count, step);
            for (size_t i = 0; i < count; i += step) {
                words[i] = ~pattern(i);
            }
            _exit(good && write(ends[1], "y", 1) == 1 ? 40 + round : 1);
        }
        CHECK(read(ends[0], &answer, 1) == 1 && answer == 'y');
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
              WEXITSTATUS(status) == 40 + round);
        CHECK(pattern_holds(words, count, step));
        close(ends[0]);
        close(ends[1]);
    }
    munmap(words, count * 8);
}

/* More memory than any TLB holds, all of it read back. */
static void check_memory(void)
{
    size_t size = 48 << 20, count = size / 8;
    uint64_t *words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(words != MAP_FAILED);
    for (size_t i = 0; i < count; i += 64) {
        words[i] = pattern(i);
    }
    CHECK(pattern_holds(words, count, 64));
    munmap(words, size);
}

/* ---- several CPUs ---- */

static uint64_t shared_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *count_on(void *argument)
{
    int cpu = (int)(intptr_t)argument;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) || sched_getcpu() != cpu) {
        return NULL;
    }
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        shared_count++;
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

static void check_cpus(long cpus)
{
    pthread_t threads[64];
    bool good = cpus <= 64;
    for (intptr_t i = 0; i < cpus && good; i++) {
        good = !pthread_create(&threads[i], NULL, count_on, (void *)i);
    }
    for (intptr_t i = 0; i < cpus && good; i++) {
        void *result = NULL;
        good = !pthread_join(threads[i], &result) && result == (void *)i;
    }
    check(good && shared_count == 2000u * (unsigned long)cpus, "a thread on every CPU");

    struct timespec a, b, nap = {0, 20000000};
    clock_gettime(CLOCK_MONOTONIC, &a);
    nanosleep(&nap, NULL);
    clock_gettime(CLOCK_MONOTONIC, &b);
    CHECK((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec >= 20000000);
}

/* ---- the guest's life ---- */

/* Whole file as a string, empty when it can't be read. */
static const char *contents(const char *path, char *text, size_t size)
{
    int file = open(path, O_RDONLY);
    ssize_t length = file < 0 ? 0 : read(file, text, size - 1);
    text[length > 0 ? length : 0] = 0;
    if (file >= 0) {
        close(file);
    }
    return text;
}

static void set_up(void)
{
    mkdir("/dev", 0755);
    mkdir("/proc", 0555);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    int console = open("/dev/console", O_RDWR);
    for (int i = 0; console >= 0 && i < 3; i++) {
        dup2(console, i);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
}

static void talk(void)
{
    char line[128];
    while (fgets(line, sizeof line, stdin) && strcmp(line, "exit\n")) {
        printf("guest_init: you said %s", line);
    }
}

int main(void)
{
    static char text[65536];
    const bool is_init =
        getpid() == 1; /* elsewhere it only checks: it must not touch that system */
    if (is_init) {
        set_up();
    }
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    bool radix = strstr(contents("/proc/cpuinfo", text, sizeof text), "Radix") != NULL;
    printf("guest_init: %s, pages of %zu, %s, %ld CPUs\n", byte_order(), page_size(),
           radix ? "radix" : "hash", cpus);
    check_floating_point();
    check_vectors();
    check_strings();
    check_protection();
    check_fork();
    check_memory();
    check_cpus(cpus);
    printf("guest_init: %u checks, %u failed\n", checks, failures);
    if (!is_init) {
        return failures != 0;
    }
    puts("pefemu guest ready");
    if (!strstr(contents("/proc/cmdline", text, sizeof text), "pefemu.test=poweroff")) {
        talk();
    }
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
