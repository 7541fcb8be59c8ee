/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs inside the guest (static, ppc64el): the performance monitor as Linux uses it. Counting,
 * sampling, branch stacks and event-based branches, on a loop whose instructions are known.
 */
#include <asm/unistd.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned checks, failures;

#define CHECK(cond, got)                                                                           \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(cond)) {                                                                             \
            failures++;                                                                            \
            printf("guest_pmu: line %d: %s (%lld)\n", __LINE__, #cond, (long long)(got));          \
        }                                                                                          \
    } while (0)

/* N turns of four instructions: a load, a store, two branches of which one is taken. */
void turns(uint64_t n, uint64_t *memory);
extern char turn_begin[], turn_end[];
__asm__(".text\n"
        ".globl turns, turn_begin, turn_end\n"
        "turns: mtctr 3\n"
        "turn_begin: ld 5,0(4)\n"
        "  std 5,0(4)\n"
        "  bdz turn_out\n"
        "turn_end: b turn_begin\n"
        "turn_out: blr\n");
static uint64_t memory[1];

static int open_event(struct perf_event_attr *attr)
{
    int fd;

    attr->size = sizeof(*attr);
    attr->disabled = 1;
    attr->exclude_kernel = 1;
    attr->exclude_hv = 1;
    fd = (int)syscall(__NR_perf_event_open, attr, 0, -1, -1, 0);
    CHECK(fd >= 0, attr->config);
    return fd;
}

static uint64_t count_once(int fd, uint64_t n)
{
    uint64_t v = 0;

    ioctl(fd, PERF_EVENT_IOC_RESET, 0);
    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
    turns(n, memory);
    ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
    CHECK(read(fd, &v, sizeof(v)) == sizeof(v), v);
    return v;
}

/* Whatever surrounds the loop is the same twice: the difference is the loop's. */
static void counts(uint32_t type, uint64_t config, uint64_t per_turn)
{
    struct perf_event_attr attr = {.type = type, .config = config};
    int fd = open_event(&attr);

    count_once(fd, 1);
    uint64_t more = count_once(fd, 3000) - count_once(fd, 1000);
    CHECK(more == 2000 * per_turn, more);
    close(fd);
}

static void counting(void)
{
    counts(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 4);
    counts(PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, 4);
    counts(PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 2);
    counts(PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, 0);
    counts(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, 1);
    counts(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, 0);
    counts(PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 0);
    counts(PERF_TYPE_RAW, 0x500fa, 4); /* PM_RUN_INST_CMPL */
    counts(PERF_TYPE_RAW, 0x600f4, 4); /* PM_RUN_CYC */
    counts(PERF_TYPE_RAW, 0x200fa, 1); /* PM_BR_TAKEN_CMPL */
    counts(PERF_TYPE_RAW, 0x200f0, 1); /* PM_ST_CMPL */
}

/* ---- sampling ---- */

#define RING_PAGES 16

struct sample {
    struct perf_event_header header;
    uint64_t ip, nr;
    struct perf_branch_entry branches[32];
};

static bool is_in_loop(uint64_t ea)
{
    return ea >= (uint64_t)turn_begin && ea <= (uint64_t)turn_end;
}

static void check_branches(const struct sample *s)
{
    unsigned jumps = 0;

    for (uint64_t i = 0; i < s->nr; i++)
        jumps +=
            s->branches[i].from == (uint64_t)turn_end && s->branches[i].to == (uint64_t)turn_begin;
    CHECK(jumps >= 31, jumps);
}

/* Samples in the loop among those in the ring. */
static unsigned read_samples(const struct perf_event_mmap_page *page, bool branches)
{
    const char *data = (const char *)page + getpagesize();
    unsigned n = 0;

    for (uint64_t at = page->data_tail; at < page->data_head;) {
        const struct sample *s = (const struct sample *)(data + at);

        if (s->header.type == PERF_RECORD_SAMPLE && is_in_loop(s->ip)) {
            n++;
            if (branches)
                check_branches(s);
        }
        at += s->header.size;
    }
    return n;
}

static void sampling(uint64_t config, uint64_t period, uint64_t n, unsigned wanted, bool branches)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_HARDWARE, .config = config};
    size_t size = (1 + RING_PAGES) * (size_t)getpagesize();

    attr.sample_period = period;
    attr.sample_type = PERF_SAMPLE_IP | (branches ? PERF_SAMPLE_BRANCH_STACK : 0);
    if (branches)
        attr.branch_sample_type = PERF_SAMPLE_BRANCH_USER | PERF_SAMPLE_BRANCH_ANY;
    int fd = open_event(&attr);
    void *ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(ring != MAP_FAILED, fd);
    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
    turns(n, memory);
    ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
    unsigned got = read_samples(ring, branches);
    CHECK(got + 1 >= wanted && got <= wanted + 1, got);
    munmap(ring, size);
    close(fd);
}

/* ---- event-based branches: Linux hands the monitor to a program that asks for them ---- */

#define EBB_PERIOD 10000

uint64_t ebb_count; /* the handler counts here */
void ebb_handler(void);
/* PMC1 starts again, BESCR[PMEO] is cleared, then MMCR0 = PMAE: PMAO and FC are cleared. */
__asm__(".text\n"
        ".globl ebb_handler\n"
        "ebb_handler: stdu 1,-544(1)\n"
        "  std 3,64(1)\n"
        "  std 4,72(1)\n"
        "  addis 3,2,ebb_count@toc@ha\n"
        "  addi 3,3,ebb_count@toc@l\n"
        "  ld 4,0(3)\n"
        "  addi 4,4,1\n"
        "  std 4,0(3)\n"
        "  lis 3,0x7fff\n"
        "  ori 3,3,0xffff-10000+1\n"
        "  mtspr 771,3\n"
        "  li 3,1\n"
        "  mtspr 802,3\n"
        "  lis 3,0x0400\n"
        "  mtspr 779,3\n"
        "  ld 3,64(1)\n"
        "  ld 4,72(1)\n"
        "  addi 1,1,544\n"
        "  rfebb\n");

static void event_based_branches(void)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_RAW, .config = 0x1001eULL | 1ULL << 63};
    uint64_t v;

    attr.pinned = 1;
    attr.exclusive = 1;
    attr.exclude_idle = 1;
    int fd = open_event(&attr);
    if (fd < 0)
        return;
    __asm__ volatile("mtspr 804,%0" : : "r"(ebb_handler));
    __asm__ volatile("mtspr 800,%0" : : "r"(1ULL << 63 | 1ULL << 32)); /* GE, PME */
    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
    CHECK(read(fd, &v, sizeof(v)) >= 0, v);
    __asm__ volatile("mtspr 771,%0" : : "r"(0x80000000ULL - EBB_PERIOD));
    turns(50000, memory);
    __asm__ volatile("mtspr 802,%0" : : "r"(1ULL << 63));
    CHECK(ebb_count >= 19 && ebb_count <= 21, ebb_count);
    close(fd);
}

int main(void)
{
    counting();
    sampling(PERF_COUNT_HW_INSTRUCTIONS, 100000, 250000, 10, false);
    sampling(PERF_COUNT_HW_CPU_CYCLES, 100000, 250000, 10, false);
    sampling(PERF_COUNT_HW_CPU_CYCLES, 100000, 250000, 10, true);
    event_based_branches();
    if (failures)
        printf("guest_pmu: %u of %u checks failed\n", failures, checks);
    else
        printf("guest_pmu: all %u checks passed\n", checks);
    return failures != 0;
}
