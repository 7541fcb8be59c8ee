// SPDX-License-Identifier: Apache-2.0
/*
 * pef [SECONDS]: what PEF's operations cost, on the test bed of the ultravisor's own tests: a real
 * CPU, real memory, the real ultravisor, and a hypervisor that is a script. Host CPU time is the
 * emulator's cost; virtual time is what the guest's clock is charged (pefemu/cost.def).
 *
 * One row per operation:  NAME HOST_NS VIRTUAL_NS BYTES, each for one operation, the median of
 * several batches; BYTES is 0 where no page moves.
 */
#define BED_RAM    (160 * MiB)
#define BED_SECURE (192 * MiB)
#define GUEST_SIZE (128 * MiB)
#include "../tests/uv/bed.h"

#include <inttypes.h>
#include <time.h>

#define H_CPPR      0x68       /* any hypercall that an SVM may make */
#define NORMAL_BASE (16 * MiB) /* where the hypervisor keeps ciphertext */
#define PAGES       (GUEST_SIZE >> UV_PAGE_LOG2)
#define CALLS       4096u
#define BATCHES     9u

struct cost {
    double host_ns, virtual_ns;
};

static double cpu_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int by_host_time(const void *a, const void *b)
{
    double x = ((const struct cost *)a)->host_ns, y = ((const struct cost *)b)->host_ns;
    return (x > y) - (x < y);
}

static void must(int64_t rc, const char *what)
{
    if (rc == U_SUCCESS)
        return;
    fprintf(stderr, "pef: %s: status %lld\n", what, (long long)rc);
    exit(1);
}

/* ---- the operations: each does @n of its kind ---- */

static int64_t move_page(struct bed *b, uint64_t number, uint64_t i)
{
    return bed_call(b, FROM_HV, number, BED_LPID, NORMAL_BASE + (i << UV_PAGE_LOG2),
                    GUEST_BASE + (i << UV_PAGE_LOG2), 0, UV_PAGE_LOG2);
}

static void page_out(struct bed *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        must(move_page(b, UV_PAGE_OUT, i), "UV_PAGE_OUT");
}

static void page_in(struct bed *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        must(move_page(b, UV_PAGE_IN, i), "UV_PAGE_IN");
}

/* The ultravisor does nothing for an LPID that it does not know. */
static void ultracall(struct bed *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        must(bed_call(b, FROM_HV, UV_SVM_TERMINATE, BED_LPID + 1), "UV_SVM_TERMINATE");
}

/* The whole hypervisor; not one of the bed's scripts, for which the bed keeps records. */
static void answer(struct cpu *cpu, unsigned vector)
{
    (void)vector;
    bed_hv_return(cpu, UV_H_SUCCESS, cpu->gpr[31]);
}

/* SVM, ultravisor, hypervisor, ultravisor, SVM. */
static void reflection(struct bed *b, unsigned n)
{
    struct cpu *cpu = &b->m.cpus[0];

    b->m.hv_entry = answer;
    for (unsigned i = 0; i < n; i++) {
        cpu->gpr[3] = H_CPPR;
        cpu->gpr[4] = 0xff;
        bed_sc(b, cpu, FROM_SVM, 1);
        must((int64_t)cpu->gpr[3], "H_CPPR");
    }
}

/* ---- measuring ---- */

static struct cost measure(struct bed *b, void (*run)(struct bed *b, unsigned n), unsigned n)
{
    uint64_t virtual = machine_now_ns(&b->m);
    double host = cpu_ns();

    run(b, n);
    return (struct cost){(cpu_ns() - host) / n, (double)(machine_now_ns(&b->m) - virtual) / n};
}

static void report(const char *name, struct cost *batch, unsigned n, uint64_t bytes)
{
    qsort(batch, n, sizeof(*batch), by_host_time);
    printf("%s %.1f %.1f %" PRIu64 "\n", name, batch[n / 2].host_ns, batch[n / 2].virtual_ns,
           bytes);
}

int main(void)
{
    struct cost out[BATCHES], in[BATCHES], call[BATCHES], reflected[BATCHES];
    struct bed *b = bed_create();
    struct svm *svm = bed_make_svm(b, BED_LPID);

    for (uint64_t i = 0; i < PAGES; i++) { /* no page is the host's zero page */
        uint64_t seed[] = {i, ~i};
        svm_write(svm, GUEST_BASE + (i << UV_PAGE_LOG2), seed, sizeof(seed));
    }
    page_out(b, PAGES); /* 2 MiB leaves are broken up, host memory is there */
    page_in(b, PAGES);
    for (unsigned i = 0; i < BATCHES; i++) {
        out[i] = measure(b, page_out, PAGES);
        in[i] = measure(b, page_in, PAGES);
        call[i] = measure(b, ultracall, CALLS);
        reflected[i] = measure(b, reflection, CALLS);
    }
    report("page_out", out, BATCHES, UV_PAGE_SIZE);
    report("page_in", in, BATCHES, UV_PAGE_SIZE);
    report("ultracall", call, BATCHES, 0);
    report("reflection", reflected, BATCHES, 0);
    bed_destroy(b);
    return 0;
}
