/* SPDX-License-Identifier: Apache-2.0 */
/* Machines, files and inputs of the fuzz targets. */
#include "fuzz.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libfdt.h>

#include "pefemu/log.h"

/* ---- reports ---- */

void fuzz_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, what);
    abort();
}

/* The formatting of logs is under test too; nobody reads them. */
static void log_everything(void)
{
    const char *bad;
    if (getenv("PEFEMU_FUZZ_LOG"))
        log_set_items(getenv("PEFEMU_FUZZ_LOG"), &bad);
    else if (!log_set_file("/dev/null"))
        log_set_items("unimp,guest_errors,hcall,rtas,of,mmu,int", &bad);
}

/* ---- input ---- */

uint64_t input_bytes(struct input *in, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n && in->left; i++, in->left--)
        v |= (uint64_t)*in->p++ << 8 * i;
    return v;
}

/* ---- files ---- */

const char *fuzz_file(const void *p, size_t len)
{
    static int fd = -1;
    static char path[40];
    if (fd < 0) {
        fd = memfd_create("fuzz", 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, p, len, 0) != (ssize_t)len)
        abort();
    return path;
}

/* ---- machines ---- */

/* Whoever runs over the end of RAM is to crash, not to hit whatever the host mapped there. */
static void wall_in(const struct memory *mem)
{
    const uint64_t huge = 2 * MiB, wall = 64 * KiB;
    uint8_t *end = mem->ram + ((mem->ram_size + huge - 1) & ~(huge - 1));
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    /* Refused: something is there already. */
    (void)mmap(mem->ram - wall, wall, PROT_NONE, flags, -1, 0);
    (void)mmap(end, wall, PROT_NONE, flags, -1, 0);
    madvise(mem->ram, end - mem->ram, MADV_NOHUGEPAGE); /* few pages are touched between resets */
}

struct machine *fuzz_bare_machine(uint64_t ram_size)
{
    struct machine *m = calloc(1, sizeof(*m));
    if (!m || !memory_init(&m->mem, ram_size, 0))
        abort();
    m->cfg.ram_size = ram_size;
    wall_in(&m->mem);
    log_everything();
    return m;
}

/* ---- snapshots: building the tree and the tables anew costs a hundred times more ---- */

#define PAGE      4096u
#define MAX_PAGES 128u

struct snapshot {
    const struct machine *m;
    struct hypervisor hv;
    uint8_t *fdt;
    unsigned count;
    ra_t ra[MAX_PAGES];
    uint8_t page[MAX_PAGES][PAGE]; /* those that are not all zero */
};

static struct snapshot *snapshot_of(const struct machine *m)
{
    static struct snapshot *taken[4];
    for (unsigned i = 0; i < ARRAY_SIZE(taken); i++) {
        if (!taken[i]) {
            taken[i] = calloc(1, sizeof(*taken[i]));
            taken[i]->m = m;
        }
        if (taken[i]->m == m)
            return taken[i];
    }
    abort();
}

static void snapshot_take(struct machine *m)
{
    static const uint8_t zero[PAGE];
    struct snapshot *s = snapshot_of(m);
    s->hv = *m->hv;
    s->fdt = malloc(m->hv->fdt_size);
    if (!s->fdt)
        abort();
    memcpy(s->fdt, m->hv->fdt, m->hv->fdt_size);
    for (ra_t ra = 0; ra < m->hv->tree_next; ra += PAGE) {
        if (!memcmp(m->mem.ram + ra, zero, PAGE))
            continue;
        if (s->count == MAX_PAGES)
            abort();
        s->ra[s->count] = ra;
        memcpy(s->page[s->count++], m->mem.ram + ra, PAGE);
    }
}

static void snapshot_restore(struct machine *m)
{
    const struct snapshot *s = snapshot_of(m);
    struct hypervisor *hv = m->hv;
    memory_clear(&m->mem);
    for (unsigned i = 0; i < s->count; i++)
        memcpy(m->mem.ram + s->ra[i], s->page[i], PAGE);
    memory_written(m, 0, m->mem.ram_size);
    free(hv->fdt);
    *hv = s->hv;
    hv->fdt = malloc(hv->fdt_size);
    if (!hv->fdt)
        abort();
    memcpy(hv->fdt, s->fdt, hv->fdt_size);
    hv_set_interrupt_mode(hv, false);
}

struct machine *fuzz_machine(const struct engine *engine, unsigned cpus)
{
    static const uint8_t kernel[8] = {0x48, 0, 0, 4}; /* b +4, big endian: a raw image */
    static char path[40];
    struct machine_config cfg = {
        .machine = "pseries",
        .ram_size = FUZZ_RAM,
        .cpus = cpus,
        .cores = cpus,
        .threads = 1,
        .engine = engine,
        .hot = 1, /* all that jit can make native is */
        .kernel = path,
        .xive_allowed = true,
        .xics_allowed = true,
        .radix_allowed = true,
        .panic_stops = true,
        .deterministic = true,
        .have_seed = true,
        .seed = 1,
    };
    int fd = memfd_create("kernel", 0);
    if (fd < 0 || pwrite(fd, kernel, sizeof(kernel), 0) != sizeof(kernel))
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd); /* both machines' kernels are the same */
    struct machine *m = machine_create(&cfg, NULL);
    if (!m)
        abort();
    wall_in(&m->mem);
    snapshot_take(m);
    log_everything();
    return m;
}

void fuzz_reset(struct machine *m)
{
    m->now_ns = m->insn_total = 0;
    m->rtc_offset_ns = 0;
    m->stop = STOP_NONE;
    m->reset_request = false;
    for (unsigned i = 0; i < ARRAY_SIZE(m->rng_state); i++)
        m->rng_state[i] = i + 1;
    snapshot_restore(m);
    for (unsigned i = 0; i < m->ncpus; i++) {
        struct cpu *cpu = &m->cpus[i];
        cpu->insn_retired = cpu->slice_end = cpu->stalls = 0;
        hv_cpu_start(m->hv, cpu, GRA_KERNEL, 0, MSR_SF | MSR_ME);
    }
}

static ra_t process_table_slot(const struct machine *m)
{
    return pagetable_base(m->hv) + 16 * HV_LPID + 8;
}

bool fuzz_same_process_table(const struct machine *m, uint64_t dw1)
{
    return get_be64(m->mem.ram + process_table_slot(m)) == dw1;
}

void fuzz_check_tables(const struct machine *m)
{
    const struct snapshot *s = snapshot_of(m);
    ra_t own = process_table_slot(m); /* H_REGISTER_PROC_TBL changes it */
    for (unsigned i = 0; i < s->count; i++) {
        uint8_t page[PAGE];
        if (s->ra[i] < m->cfg.ram_size)
            continue;
        memcpy(page, m->mem.ram + s->ra[i], PAGE);
        if (own - s->ra[i] < PAGE)
            memcpy(page + (own - s->ra[i]), s->page[i] + (own - s->ra[i]), 8);
        FUZZ_CHECK(!memcmp(page, s->page[i], PAGE));
    }
    for (unsigned i = 0; i < m->ncpus; i++)
        FUZZ_CHECK(!(m->cpus[i].msr & (MSR_HV | MSR_S)) || m->cpus[i].run_state == CPU_STOPPED);
}

void fuzz_check_hypervisor(const struct machine *m)
{
    fuzz_check_tables(m);
    FUZZ_CHECK(m->hv->of.nclaims <= OF_MAX_CLAIMS);
    FUZZ_CHECK(fdt_check_full(m->hv->fdt, m->hv->fdt_size) == 0);
}

/* ---- calls ---- */

static const char *const names[] = {
    "finddevice",
    "peer",
    "child",
    "parent",
    "package-to-path",
    "instance-to-path",
    "instance-to-package",
    "getproplen",
    "getprop",
    "nextprop",
    "setprop",
    "open",
    "close",
    "write",
    "read",
    "call-method",
    "claim",
    "release",
    "quiesce",
    "exit",
    "enter",
    "boot",
    "milliseconds",
    "start-cpu",
    "test",
    "ibm,client-architecture-support",
    "instantiate-rtas",
    "/",
    "/rtas",
    "/chosen",
    "/cpus",
    "/memory@0",
    "/vdevice/vty@71000000",
    "/rtas:args",
    "name",
    "reg",
    "compatible",
    "stdout",
    "bootargs",
    "phandle",
    "linux,phandle",
    "a-new-property",
    "",
};

void fuzz_fill_guest(struct machine *m, const uint8_t *data, size_t size)
{
    gm_write(m, FUZZ_SCRATCH, data, size < 0x10000 ? size : 0x10000);
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        gm_write(m, FUZZ_NAMES + 64 * i, names[i], strlen(names[i]) + 1);
}

uint64_t fuzz_arg(struct input *in)
{
    static const uint32_t irqs[] = {0, 1, 2, IRQ_EPOW, IRQ_VTY, IRQ_NVRAM, XIVE_LISNS, 0xffffff};
    switch (input_u8(in) % 20) {
    case 0:
        return input_u64(in);
    case 1:
        return input_u32(in);
    case 2:
        return input_u16(in);
    case 3:
        return FUZZ_SCRATCH + input_u16(in);
    case 4:
        return FUZZ_SCRATCH;
    case 5:
        return FUZZ_NAMES + 64 * (input_u8(in) % ARRAY_SIZE(names));
    case 6:
        return FUZZ_RAM - input_u8(in);
    case 7:
        return -(uint64_t)input_u8(in);
    case 8:
        return irqs[input_u8(in) % ARRAY_SIZE(irqs)];
    case 9:
        return XIVE_TIMA_OS + (input_u32(in) & 0x1ffff);
    case 10:
        return XIVE_ESB_BASE + input_u32(in) % XIVE_ESB_SIZE;
    case 11:
        return 1ULL << (input_u8(in) & 63);
    case 12:
        return PHANDLE_INTC + input_u8(in) % 32;
    case 13:
        return (uint64_t)input_u16(in) << 12;
    case 14:
        return XIVE_ESB_BASE + irqs[input_u8(in) % 6] * 2 * XIVE_PAGE + input_u8(in) * 256;
    case 15:
        return VTY_UNIT;
    default:
        return input_u8(in) & 15;
    }
}

void fuzz_hypercall(struct machine *m, unsigned n, bool problem_state)
{
    struct cpu *cpu = &m->cpus[n % m->ncpus];
    cpu->srr0 = GRA_KERNEL;
    cpu->srr1 = MSR_SF | MSR_ME | PPC_BIT(43) | (problem_state ? MSR_PR : 0);
    cpu_set_msr(cpu, MSR_SF | MSR_HV | MSR_ME);
    cpu->budget = 100;
    cpu->op = NULL;
    cpu->slice_end = cpu->insn_retired + 100;
    m->slice_insns = cpu->insn_retired;
    m->slice_stalls = cpu->stalls;
    m->current = cpu;
    hv_enter(cpu, 0xc00);
    m->current = NULL;
    cpu->stop_request = false;
    FUZZ_CHECK(!(cpu->msr & MSR_HV) || cpu->run_state == CPU_STOPPED);
}
