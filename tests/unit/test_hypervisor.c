/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built-in hypervisor without a CPU core: the client interface driven as the kernel's prom_init
 * does it, RTAS, hypercalls, and the state machines of both interrupt controllers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pefemu/esmblob.h"

#include "../../src/hypervisor/guestmem.c"
#include "../../src/hypervisor/pagetable.c"
#include "../../src/hypervisor/fdt.c"
#include "../../src/hypervisor/cas.c"
#define log_call of_log_call
#include "../../src/hypervisor/of.c"
#undef log_call
#define log_call rtas_log_call
#include "../../src/hypervisor/rtas.c"
#undef log_call
#include "../../src/hypervisor/epow.c"
#include "../../src/hypervisor/vpa.c"
#include "../../src/hypervisor/hcall_irq.c"
#include "../../src/hypervisor/hcall.c"
#undef AIL_BASE
#include "../../src/hypervisor/hv.c"
#include "../../src/devices/rtc.c"
#include "../../src/devices/nvram.c"
#include "../../src/devices/vty.c"
#include "../../src/devices/xics.c"
#include "../../src/devices/xive.c"

#define RAM        (64 * MiB + 0x30000)
#define NCPUS      2
#define KERNEL_END 0x600000ULL
#define SCRATCH    0x1000000ULL /* argument blocks and buffers of the "kernel" */
#define BUF        (SCRATCH + 0x10000)

/* ---- what the rest of the emulator would do ---- */

uint32_t log_mask;
void log_write(uint32_t item, const char *fmt, ...)
{
    (void)item, (void)fmt;
}

static struct bed {
    struct machine m;
    struct cpu cpu[NCPUS];
    char out[8192];
    const char *in;
} * bed;

void memory_clear(struct memory *mem)
{
    memset(mem->ram, 0, mem->ram_size);
}
void memory_written(struct machine *m, ra_t ra, uint64_t len)
{
    (void)m, (void)ra, (void)len;
}
void memory_add_mmio(struct memory *mem, const char *name, ra_t base, uint64_t size,
                     const struct mmio_ops *ops, void *opaque)
{
    mem->mmio[mem->mmio_count++] = (struct mmio_region){name, base, size, ops, opaque};
}
const struct mmio_region *memory_find_mmio(const struct memory *mem, ra_t ra, uint64_t len)
{
    for (unsigned i = 0; i < mem->mmio_count; i++)
        if (ra >= mem->mmio[i].base && ra + len <= mem->mmio[i].base + mem->mmio[i].size)
            return &mem->mmio[i];
    return NULL;
}
void cpu_reset(struct cpu *cpu)
{
    struct machine *m = cpu->machine;
    unsigned index = cpu->index;
    memset(cpu, 0, sizeof(*cpu));
    cpu->machine = m;
    cpu->index = cpu->server = index;
    cpu->pvr = 0x004e1203;
}
void cpu_set_msr(struct cpu *cpu, uint64_t msr)
{
    cpu->msr = msr;
}
void cpu_kick(struct cpu *cpu)
{
    (void)cpu;
}
void cpu_raise(struct cpu *cpu, uint32_t irq)
{
    cpu->irq_pending |= irq;
}
void cpu_lower(struct cpu *cpu, uint32_t irq)
{
    cpu->irq_pending &= ~irq;
}
void cpu_update_timers(struct cpu *cpu)
{
    (void)cpu;
}
uint64_t cpu_timebase(const struct cpu *cpu)
{
    (void)cpu;
    return 12345;
}
void tlb_switch(struct cpu *cpu)
{
    (void)cpu;
}
void tlb_flush(struct cpu *cpu, uint32_t lpid, uint32_t pid, ea_t ea, unsigned size_log2)
{
    (void)cpu, (void)lpid, (void)pid, (void)ea, (void)size_log2;
}
void tlb_flush_all(struct cpu *cpu)
{
    (void)cpu;
}
void machine_request_stop(struct machine *m, enum machine_stop why, const char *text)
{
    m->stop = why;
    snprintf(m->stop_text, sizeof(m->stop_text), "%s", text ? text : "");
}
void machine_request_reset(struct machine *m)
{
    m->reset_request = true;
}
uint64_t machine_now_ns(const struct machine *m)
{
    return m->now_ns;
}
int64_t machine_rtc_ns(const struct machine *m)
{
    return m->cfg.rtc_base * 1000000000LL + m->rtc_offset_ns;
}
uint64_t machine_random(struct machine *m)
{
    return ++m->rng_state[0];
}
bool load_kernel(struct machine *m, const char *path, ra_t base, ra_t limit,
                 struct loaded_kernel *out)
{
    (void)m, (void)path, (void)limit;
    *out = (struct loaded_kernel){.base = base, .end = KERNEL_END, .entry = base, .elf64 = true};
    return true;
}
bool load_initrd(struct machine *m, const char *path, const char *const *guest_files, ra_t base,
                 ra_t limit, uint64_t *size)
{
    (void)m, (void)path, (void)guest_files, (void)base, (void)limit;
    *size = 0x12345;
    return true;
}
bool load_blob(struct machine *m, const char *option, const char *path, ra_t base, ra_t limit,
               uint64_t *size)
{
    (void)m, (void)option, (void)path, (void)base, (void)limit;
    *size = 4;
    return true;
}
void chardev_write(struct chardev *cd, const void *buf, size_t len)
{
    (void)cd;
    strncat(bed->out, buf, len);
}
size_t chardev_read(struct chardev *cd, void *buf, size_t len)
{
    size_t n = strnlen(bed->in, len);
    (void)cd;
    memcpy(buf, bed->in, n);
    bed->in += n;
    return n;
}
bool chardev_can_read(struct chardev *cd)
{
    (void)cd;
    return bed->in && *bed->in;
}

static int setup(void **state)
{
    bed = calloc(1, sizeof(*bed));
    struct machine *m = &bed->m;
    m->cfg = (struct machine_config){
        .machine = "pseries",
        .ram_size = RAM,
        .cpus = NCPUS,
        .cores = NCPUS,
        .threads = 1,
        .kernel = "vmlinux",
        .initrd = "initrd",
        .append = "console=hvc0 quiet",
        .xive_allowed = true,
        .xics_allowed = true,
        .radix_allowed = true,
        .rtc_base = 951782399,
        .panic_stops = true,
    };
    m->mem.ram_size = RAM + hv_ram_needed(&m->cfg);
    m->mem.ram = malloc(m->mem.ram_size);
    m->cpus = bed->cpu;
    m->ncpus = NCPUS;
    for (unsigned i = 0; i < NCPUS; i++) {
        bed->cpu[i].machine = m;
        bed->cpu[i].index = bed->cpu[i].server = i;
    }
    m->console = (struct chardev *)bed;
    m->outside = outside_create(m, m->console);
    assert_non_null(m->outside);
    m->hv = hv_create(m);
    assert_non_null(m->hv);
    assert_true(hv_reset(m->hv));
    *state = bed;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hv_destroy(bed->m.hv);
    outside_destroy(bed->m.outside);
    free(bed->m.mem.ram);
    free(bed);
    return 0;
}

/* ---- the guest's side of the calls ---- */

static int64_t hcall_from(unsigned cpu_index, uint64_t number, unsigned n, const uint64_t *args)
{
    struct cpu *cpu = &bed->cpu[cpu_index];
    cpu->gpr[3] = number;
    for (unsigned i = 0; i < 9; i++)
        cpu->gpr[4 + i] = i < n ? args[i] : 0;
    cpu->srr0 = 0x4444;
    cpu->srr1 = MSR_SF | MSR_ME | PPC_BIT(43);
    hv_enter(cpu, 0xc00);
    assert_int_equal(cpu->nia, 0x4444);
    assert_false(cpu->msr & (MSR_HV | PPC_BIT(43)));
    return (int64_t)cpu->gpr[3];
}
#define HC(cpu, number, ...)                                                                       \
    hcall_from(cpu, number, ARRAY_SIZE(((const uint64_t[]){0, ##__VA_ARGS__})) - 1,                \
               (const uint64_t[]){0, ##__VA_ARGS__} + 1)
#define RET(cpu_index, i) (bed->cpu[cpu_index].gpr[4 + (i)])

static uint32_t guest_u32(gra_t gra)
{
    return get_be32(bed->m.mem.ram + gra);
}
static void poke_string(gra_t gra, const char *s)
{
    memcpy(bed->m.mem.ram + gra, s, strlen(s) + 1);
}

static uint32_t of_cells(const char *service, unsigned nret, unsigned nargs, const uint32_t *args)
{
    gra_t block = SCRATCH, name = SCRATCH + 0x800;
    poke_string(name, service);
    put_be32(bed->m.mem.ram + block, name);
    put_be32(bed->m.mem.ram + block + 4, nargs);
    put_be32(bed->m.mem.ram + block + 8, nret);
    for (unsigned i = 0; i < nargs; i++)
        put_be32(bed->m.mem.ram + block + 12 + 4 * i, args[i]);
    if (HC(0, HCALL_OF_CLIENT, block))
        return 0xdeadbeef;
    return guest_u32(block + 12 + 4 * nargs);
}
#define OF(service, nret, ...)                                                                     \
    of_cells(service, nret, ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__})),                         \
             (const uint32_t[]){__VA_ARGS__})

/* A name in guest memory, for arguments. */
static uint32_t str(const char *s)
{
    poke_string(SCRATCH + 0x1000, s);
    return SCRATCH + 0x1000;
}
static uint32_t str2(const char *s)
{
    poke_string(SCRATCH + 0x2000, s);
    return SCRATCH + 0x2000;
}

static int32_t rtas_cells(const char *name, unsigned nret, unsigned nargs, const uint32_t *args)
{
    uint32_t token = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(names[i].name, name))
            token = names[i].token;
    put_be32(bed->m.mem.ram + SCRATCH, token);
    put_be32(bed->m.mem.ram + SCRATCH + 4, nargs);
    put_be32(bed->m.mem.ram + SCRATCH + 8, nret);
    for (unsigned i = 0; i < nargs; i++)
        put_be32(bed->m.mem.ram + SCRATCH + 12 + 4 * i, args[i]);
    assert_int_equal(HC(0, HCALL_RTAS, SCRATCH), H_SUCCESS);
    return (int32_t)guest_u32(SCRATCH + 12 + 4 * nargs);
}
#define RTAS_CALL(name, nret, ...)                                                                 \
    rtas_cells(name, nret, ARRAY_SIZE(((const uint32_t[]){0, ##__VA_ARGS__})) - 1,                 \
               (const uint32_t[]){0, ##__VA_ARGS__} + 1)
#define RTAS_RET(nargs, i) guest_u32(SCRATCH + 12 + 4 * ((nargs) + (i)))

/* ---- client interface ---- */

static void boot_cpu_enters_with_client_interface(void **state)
{
    (void)state;
    const struct cpu *cpu = &bed->cpu[0];
    assert_int_equal(cpu->nia, GRA_KERNEL);
    assert_int_equal(cpu->msr, MSR_SF | MSR_ME);
    assert_int_equal(cpu->gpr[3], 0x600000);
    assert_int_equal(cpu->gpr[4], 0x12345);
    assert_int_equal(cpu->gpr[5], GRA_OF_ENTRY);
    assert_int_equal(guest_u32(GRA_OF_ENTRY + 8), 0x6063f005);
    assert_int_equal(cpu->run_state, CPU_RUNNING);
    assert_int_equal(bed->cpu[1].run_state, CPU_STOPPED);
    assert_true(cpu->lpcr & LPCR_LPES);
}

/* Vectors as Linux 6.1 sends them, with bytes 23 and 24 of vector 5 to be chosen. */
static gra_t put_cas_vectors(uint8_t intc, uint8_t mmu)
{
    uint8_t v[256] = {0}, *p = v;
    const uint32_t pvrs[][2] = {{0xffff0000, 0x004b0000},
                                {0xffff0000, 0x004e0000},
                                {0xffffffff, 0x0f000005},
                                {0xffffffff, 0x0f000004},
                                {0xfffffffe, 0x0f000001}};
    for (unsigned i = 0; i < ARRAY_SIZE(pvrs); i++, p += 8) {
        put_be32(p, pvrs[i][0]);
        put_be32(p + 4, pvrs[i][1]);
    }
    *p++ = 5; /* six vectors */
    for (unsigned vec = 1; vec <= 6; vec++) {
        unsigned n = vec == 5 ? 26 : 3;
        *p++ = n - 1;
        if (vec == 5) {
            p[22] = intc;
            p[23] = mmu;
            p[25] = 0x40;
        }
        p += n;
    }
    memcpy(bed->m.mem.ram + BUF, v, sizeof(v));
    return BUF;
}

static uint32_t cas(uint8_t intc, uint8_t mmu)
{
    uint32_t root = OF("open", 1, str("/"));
    gra_t vectors = put_cas_vectors(intc, mmu);
    return OF("call-method", 2, str("ibm,client-architecture-support"), root, vectors);
}

static void walk_visits_every_node_and_property_twice_alike(void **state)
{
    (void)state;
    unsigned count[2] = {0, 0};
    for (unsigned pass = 0; pass < 2; pass++) {
        uint32_t node = OF("peer", 1, 0);
        while (node) {
            uint32_t prev = str2("");
            assert_in_range(OF("package-to-path", 1, node, BUF, 256), 1, 255);
            while (OF("nextprop", 1, node, prev, BUF) == 1) {
                poke_string(SCRATCH + 0x2000, (char *)bed->m.mem.ram + BUF);
                uint32_t len = OF("getproplen", 1, node, prev);
                assert_int_equal(OF("getprop", 1, node, prev, BUF, 0x1000), len);
                count[pass]++;
            }
            uint32_t next = OF("child", 1, node);
            while (!next && node) {
                next = OF("peer", 1, node);
                node = next ? node : OF("parent", 1, node);
            }
            node = next;
        }
    }
    assert_true(count[0] > 100);
    assert_int_equal(count[0], count[1]);
}

static void prom_init_sequence_works(void **state)
{
    (void)state;
    uint32_t chosen = OF("finddevice", 1, str("/chosen"));
    uint32_t rtas = OF("finddevice", 1, str("/rtas"));
    assert_int_equal(OF("getprop", 1, chosen, str("stdout"), BUF, 4), 4);
    uint32_t out = guest_u32(BUF);
    OF("instance-to-path", 1, out, BUF, 255);
    assert_string_equal((char *)bed->m.mem.ram + BUF, "/vdevice/vty@71000000");
    assert_int_equal(OF("write", 1, out, str("hello\r\n"), 7), 7);
    assert_string_equal(bed->out, "hello\r\n");
    uint32_t package = OF("instance-to-package", 1, out);
    assert_int_equal(OF("getprop", 1, package, str("name"), BUF, 64), 4);
    assert_string_equal((char *)bed->m.mem.ram + BUF, "vty");
    assert_int_equal(OF("setprop", 1, chosen, str("linux,initrd-start"), BUF, 8), 8);
    assert_int_equal(cas(0x40, 0x40), 0);
    /* Old handles still work, the new tree has XIVE. */
    assert_int_equal(OF("write", 1, out, str("!"), 1), 1);
    assert_int_equal(OF("getproplen", 1, chosen, str("linux,initrd-start")), 8);
    assert_int_equal(OF("getprop", 1, chosen, str("ibm,architecture-vec-5"), BUF, 64), 27);
    assert_int_equal(bed->m.mem.ram[BUF + 24], 0x40);
    assert_int_equal(bed->m.mem.ram[BUF + 23], 0x40);
    assert_true(bed->m.hv->xive_mode);
    assert_int_not_equal(OF("finddevice", 1, str("/interrupt-controller@60302031b0000")), -1);
    assert_int_equal(OF("getproplen", 1, OF("peer", 1, 0), str("ibm,plat-res-int-priorities")), 8);
    /* RTAS: claimed from the top, twice is refused. */
    assert_int_equal(OF("claim", 1, 0x3ff0000, RTAS_SIZE, 0), 0x3ff0000);
    assert_int_equal(OF("claim", 1, 0x3ff0000, RTAS_SIZE, 0), 0xffffffff);
    assert_int_equal(OF("claim", 1, GRA_KERNEL, 0x1000, 0), 0xffffffff);
    uint32_t free_place = OF("claim", 1, 0, 0x100000, 0x10000);
    assert_int_equal(free_place, 0x40000);
    uint32_t ih = OF("open", 1, str("/rtas"));
    assert_int_equal(OF("call-method", 2, str("instantiate-rtas"), ih, 0x3ff0000), 0);
    assert_int_equal(guest_u32(SCRATCH + 12 + 4 * 4), 0x3ff0000);
    assert_int_equal(guest_u32(0x3ff0000 + 8), 0x6063f000);
    assert_memory_equal(bed->m.mem.ram + 0x3ff0000, esm_rtas_text,
                        ESM_RTAS_SIZE); /* blobs say so */
    assert_int_equal(OF("getprop", 1, rtas, str("query-cpu-stopped-state"), BUF, 4), 4);
    assert_int_equal(guest_u32(BUF), 0x2005);
    assert_int_equal(OF("finddevice", 1, str("/vdevice/vtpm")), 0xffffffff);
    assert_int_equal(OF("no-such-service", 1, 0), 0xdeadbeef);
}

static void cas_gives_xics_when_asked_or_forced(void **state)
{
    (void)state;
    assert_int_equal(cas(0x00, 0x40), 0);
    assert_false(bed->m.hv->xive_mode);
    assert_int_equal(HC(0, 0x3a8, 0, 0), H_FUNCTION);
    bed->m.cfg.xics_allowed = false;
    assert_int_equal(cas(0x00, 0x40), 0);
    assert_true(bed->m.hv->xive_mode);
    assert_int_equal(HC(0, 0x074), H_FUNCTION);
}

static void hostile_arguments_are_refused(void **state)
{
    (void)state;
    const uint32_t wild[] = {0, 0xffffffff, 0xfffffff0, RAM - 2, 0x80000000};
    for (unsigned i = 0; i < ARRAY_SIZE(wild); i++) {
        HC(0, HCALL_OF_CLIENT, wild[i]);
        HC(0, HCALL_RTAS, wild[i]);
        for (unsigned s = 0; s < ARRAY_SIZE(services); s++)
            if (strcmp(services[s].name, "exit") && strcmp(services[s].name, "enter") &&
                strcmp(services[s].name, "boot"))
                OF(services[s].name, 1, wild[i], wild[i], wild[i], wild[i]);
        cas_negotiate(bed->m.hv, wild[i]);
    }
    for (uint64_t n = 0; n < 0x500; n += 4)
        for (unsigned i = 0; i < ARRAY_SIZE(wild); i++)
            HC(1, n, wild[i], ~0ULL << i, wild[i], ~0ULL, 0, 1);
}

/* ---- tables ---- */

static uint64_t tree_lookup(gra_t gra, unsigned *shift)
{
    struct hypervisor *hv = bed->m.hv;
    uint64_t dw0 = get_be64(bed->m.mem.ram + pagetable_base(hv) + 16);
    ra_t table = dw0 & 0x0fffffffffffff00ULL;
    for (unsigned l = 0; l < LEVELS; l++) {
        uint64_t e = get_be64(bed->m.mem.ram + table +
                              8 * (gra >> level[l].shift & ((1ULL << level[l].bits) - 1)));
        *shift = level[l].shift;
        if (!(e & RTE_VALID) || e & RTE_LEAF)
            return e;
        assert_int_equal(e & 31, level[l + 1].bits);
        table = e & RTE_NEXT;
    }
    return 0;
}

static void partition_tree_is_identity(void **state)
{
    (void)state;
    const gra_t mapped[] = {0, 0x200000, RAM - 1, XIVE_TIMA_OS, XIVE_TIMA_USER, XIVE_ESB_BASE};
    unsigned shift;
    for (unsigned i = 0; i < ARRAY_SIZE(mapped); i++) {
        uint64_t e = tree_lookup(mapped[i], &shift);
        assert_true(e & RTE_LEAF);
        assert_int_equal(e & 0x01fffffffffff000ULL, mapped[i] >> shift << shift);
    }
    assert_int_equal(tree_lookup(RAM, &shift), 0);
    assert_int_equal(tree_lookup(pagetable_base(bed->m.hv), &shift), 0);
    assert_int_equal(tree_lookup(XIVE_TIMA_OS - 0x10000, &shift), 0);
    /* The process table of radix with GTSE. */
    assert_int_equal(HC(0, 0x37c, 0x1d, 0x2000000, 0, 0xc), H_SUCCESS);
    assert_int_equal(get_be64(bed->m.mem.ram + pagetable_base(bed->m.hv) + 24),
                     PATE1_GR | 0x2000000 | 0xc);
    assert_int_equal(HC(0, 0x37c, 0x1d, 0x3ff0000, 0, 0xc), H_P2);
    assert_int_equal(HC(0, 0x37c, 0, 0, 0, 0), H_PARAMETER);
}

static void guest_memory_accessor_stays_inside_the_partition(void **state)
{
    (void)state;
    uint8_t b[8] = {0};
    struct machine *m = &bed->m;
    assert_true(gm_read(m, RAM - 8, b, 8));
    assert_false(gm_read(m, RAM - 7, b, 8));
    assert_false(gm_write(m, RAM, b, 1));
    assert_false(gm_write(m, SECURE_RA_BIT, b, 1));
    assert_false(gm_read(m, ~0ULL, b, 2));
}

/* ---- processors ---- */

static void set_mode_changes_every_thread(void **state)
{
    (void)state;
    assert_int_equal(HC(0, 0x31c, 3, MODE_AIL, 0, 0), H_SUCCESS);
    assert_int_equal(HC(0, 0x31c, 1, MODE_LE, 0, 0), H_SUCCESS);
    assert_int_equal(bed->cpu[1].lpcr & LPCR_AIL, LPCR_AIL_3);
    assert_true(bed->cpu[1].lpcr & LPCR_ILE);
    assert_int_equal(HC(0, 0x31c, 3, MODE_AIL, 1, 0), H_P3);
}

static void secondary_starts_big_endian_and_inherits(void **state)
{
    (void)state;
    HC(0, 0x31c, 1, MODE_LE, 0, 0);
    assert_int_equal(RTAS_CALL("query-cpu-stopped-state", 2, 1), 0);
    assert_int_equal(RTAS_RET(1, 1), 0);
    assert_int_equal(RTAS_CALL("start-cpu", 1, 1, 0x1234, 7), 0);
    const struct cpu *cpu = &bed->cpu[1];
    assert_int_equal(cpu->run_state, CPU_RUNNING);
    assert_int_equal(cpu->nia, 0x1234);
    assert_int_equal(cpu->gpr[3], 7);
    assert_int_equal(cpu->msr, MSR_SF | MSR_ME);
    assert_true(cpu->lpcr & LPCR_ILE);
    assert_int_equal(RTAS_CALL("start-cpu", 1, 1, 0x1234, 7), -1);
    assert_int_equal(RTAS_CALL("start-cpu", 1, 9, 0x1234, 7), -3);
}

static void cede_loses_no_wakeup(void **state)
{
    (void)state;
    struct cpu *cpu = &bed->cpu[0];
    assert_int_equal(HC(1, 0x0e8, 0), H_SUCCESS); /* prod first */
    HC(0, 0x0e0);
    assert_int_equal(cpu->run_state, CPU_RUNNING);
    assert_false(cpu->prodded);
    HC(0, 0x0e0);
    assert_int_equal(cpu->run_state, CPU_IDLE);
    assert_true(cpu->msr & MSR_EE);
    cpu->run_state = CPU_RUNNING;
    cpu->irq_pending = IRQ_DEC;
    HC(0, 0x0e0);
    assert_int_equal(cpu->run_state, CPU_RUNNING);
}

static void problem_state_may_not_call(void **state)
{
    (void)state;
    struct cpu *cpu = &bed->cpu[0];
    cpu->gpr[3] = 0x0e0;
    cpu->srr1 = MSR_SF | MSR_PR | PPC_BIT(43);
    hv_enter(cpu, 0xc00);
    assert_int_equal((int64_t)cpu->gpr[3], H_PRIVILEGE);
    assert_int_equal(HC(0, 0x7f0), H_FUNCTION);
}

static void vpa_rules(void **state)
{
    (void)state;
    gra_t vpa = 0x2881000;
    put_be16(bed->m.mem.ram + vpa + 4, 1024);
    assert_int_equal(HC(0, 0x0dc, 3ULL << 45, 0, vpa), H_PARAMETER); /* length 0x04000000 */
    assert_int_equal(HC(0, 0x0dc, 1ULL << 45, 0, vpa), H_SUCCESS);
    assert_int_equal(HC(0, 0x0dc, 1ULL << 45, 0, vpa), H_SUCCESS);
    assert_int_equal(HC(0, 0x0dc, 1ULL << 45, 0, vpa + 8), H_PARAMETER);
    assert_int_equal(HC(0, 0x0dc, 1ULL << 45, 5, vpa), H_PARAMETER);
    put_be32(bed->m.mem.ram + vpa + 0x404, 48);
    assert_int_equal(HC(0, 0x0dc, 2ULL << 45, 0, vpa + 0x400), H_SUCCESS);
    assert_int_equal(HC(0, 0x0dc, 5ULL << 45, 0, 0), H_RESOURCE);
    assert_int_equal(HC(0, 0x0dc, 6ULL << 45, 0, 0), H_SUCCESS);
    assert_int_equal(HC(0, 0x0dc, 5ULL << 45, 0, 0), H_SUCCESS);
}

static void bad_addresses_come_back_as_data_storage(void **state)
{
    (void)state;
    struct cpu *cpu = &bed->cpu[0];
    cpu->lpcr |= LPCR_ILE | LPCR_AIL_3;
    cpu->hsrr0 = 0xc000000000001000;
    cpu->hsrr1 = MSR_SF | MSR_ME | MSR_IR | MSR_DR | MSR_LE | MSR_RI;
    cpu->hdar = 0xc0000000ffff0000;
    cpu->hdsisr = DSISR_NOHPTE | DSISR_ISSTORE;
    hv_enter(cpu, 0xe00);
    assert_int_equal(cpu->nia, 0xc000000000004300);
    assert_int_equal(cpu->srr0, 0xc000000000001000);
    assert_int_equal(cpu->dar, 0xc0000000ffff0000);
    assert_int_equal(cpu->dsisr, DSISR_ISSTORE | DSISR_BADACCESS);
    assert_int_equal(cpu->msr, MSR_SF | MSR_ME | MSR_IR | MSR_DR | MSR_LE);
}

/* ---- RTAS ---- */

static void clock_tells_and_takes_the_date(void **state)
{
    (void)state;
    const uint32_t expect[] = {2000, 2, 28, 23, 59, 59, 0};
    assert_int_equal(RTAS_CALL("get-time-of-day", 8), 0);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(RTAS_RET(0, 1 + i), expect[i]);
    bed->m.cfg.rtc_base++;
    RTAS_CALL("get-time-of-day", 8);
    assert_int_equal(RTAS_RET(0, 3), 29);
    assert_int_equal(RTAS_CALL("set-time-of-day", 1, 2031, 12, 31, 1, 2, 3, 4), 0);
    RTAS_CALL("get-time-of-day", 8);
    assert_int_equal(RTAS_RET(0, 1), 2031);
    assert_int_equal(RTAS_RET(0, 3), 31);
    assert_int_equal(RTAS_RET(0, 7), 4);
    assert_int_equal(RTAS_CALL("set-time-of-day", 1, 2031, 2, 29, 1, 2, 3, 4), -3);
}

static void nvram_has_valid_partitions(void **state)
{
    (void)state;
    unsigned at = 0;
    while (at < NVRAM_SIZE) {
        assert_int_equal(RTAS_CALL("nvram-fetch", 2, at, BUF, 16), 0);
        assert_int_equal(RTAS_RET(3, 1), 16);
        const uint8_t *h = bed->m.mem.ram + BUF;
        assert_int_equal(h[1], header_checksum(h));
        assert_int_not_equal(get_be16(h + 2), 0);
        at += 16 * get_be16(h + 2);
    }
    assert_int_equal(at, NVRAM_SIZE);
    assert_int_equal(RTAS_CALL("nvram-fetch", 2, NVRAM_SIZE - 8, BUF, 16), -3);
}

/* The way of Linux's handler: sensor, log, the first section "EP" of it. */
static void wish_to_shut_down_is_told_once(void **state)
{
    (void)state;
    const uint8_t *log = bed->m.mem.ram + BUF, *p = log + 8 + 16;
    xics_set_source(bed->m.hv->xics, IRQ_EPOW, 0, 5);
    xics_set_cppr(bed->m.hv->xics, 0, 0xff);
    assert_int_equal(RTAS_CALL("check-exception", 1, 0x500, IRQ_EPOW, 0x40000000, 0, BUF, 2048), 1);
    assert_int_equal(RTAS_CALL("get-sensor-state", 2, 9, 0), 0);
    assert_int_equal(RTAS_RET(2, 1), 0);
    assert_int_equal(RTAS_CALL("get-sensor-state", 2, 9, 1), -3);

    hv_powerdown(bed->m.hv);
    assert_int_equal(xics_accept(bed->m.hv->xics, 0), 0xff000000);
    hv_console_poll(bed->m.hv);
    assert_int_equal(xics_accept(bed->m.hv->xics, 0), 0xff000000 | IRQ_EPOW);
    assert_int_equal(RTAS_CALL("get-sensor-state", 2, 9, 0), 0);
    assert_int_equal(RTAS_RET(2, 1), 3);
    assert_int_equal(RTAS_CALL("event-scan", 1, 0xffffffff, 0, BUF, 2048), 1);
    assert_int_equal(RTAS_CALL("check-exception", 1, 0x500, IRQ_EPOW, 1, 0, BUF, 2048), 1);
    assert_int_equal(
        RTAS_CALL("check-exception", 1, 0x500, IRQ_EPOW, 0x40000000, 0, 0xf0000000, 2048), -1);
    assert_int_equal(RTAS_CALL("check-exception", 1, 0x500, IRQ_EPOW, 0x40000000, 0, BUF, 2048), 0);
    assert_int_equal(log[0], 6);
    assert_int_equal(log[3], 0x40);
    assert_int_equal(log[8 + 2] & 15, 14);
    assert_string_equal((const char *)log + 8 + 12, "IBM");
    const uint8_t *end = log + 8 + get_be32(log + 4);
    assert_int_equal(get_be32(p + 8), 0x20000228); /* BCD */
    assert_int_equal(get_be32(p + 12), 0x23595900);
    unsigned sections = p[8 + 19];
    while (memcmp(p, "EP", 2)) {
        p += get_be16(p + 2);
        sections--;
        assert_true(p < end);
    }
    assert_int_equal(sections, 1);
    assert_ptr_equal(p + get_be16(p + 2), end);
    assert_int_equal(p[8] & 15, 3); /* system shutdown, */
    assert_int_equal(p[9] & 15, 1); /* normal */

    assert_int_equal(RTAS_CALL("check-exception", 1, 0x500, IRQ_EPOW, 0x40000000, 0, BUF, 2048), 1);
    RTAS_CALL("get-sensor-state", 2, 9, 0);
    assert_int_equal(RTAS_RET(2, 1), 0);
}

/* A short buffer gets the front of the log and nothing behind it. */
static void log_is_cut_off(void **state)
{
    (void)state;
    hv_powerdown(bed->m.hv);
    hv_console_poll(bed->m.hv);
    assert_int_equal(RTAS_CALL("check-exception", 1, 0x500, IRQ_EPOW, 0x40000000, 0, BUF, 9), 0);
    assert_int_equal(bed->m.mem.ram[BUF + 8], 0x80);
    assert_int_equal(get_be64(bed->m.mem.ram + BUF + 9), 0);
}

static void panic_stops_with_its_text(void **state)
{
    (void)state;
    RTAS_CALL("ibm,os-term", 1, str("OS panic: no init"));
    assert_int_equal(bed->m.stop, STOP_PANIC);
    assert_string_equal(bed->m.stop_text, "OS panic: no init");
}

static void power_off_stops_and_does_not_return(void **state)
{
    (void)state;
    RTAS_CALL("power-off", 1, 0xffffffff, 0xffffffff);
    assert_int_equal(bed->m.stop, STOP_POWER_OFF);
    assert_int_equal(bed->cpu[0].run_state, CPU_STOPPED);
}

/* ---- console ---- */

static void console_input_raises_one_interrupt(void **state)
{
    (void)state;
    RTAS_CALL("ibm,set-xive", 1, IRQ_VTY, 0, 5);
    HC(0, 0x068, 0xff);
    bed->in = "abcdefghijklmnopqrs";
    hv_console_poll(bed->m.hv);
    hv_console_poll(bed->m.hv);
    assert_int_equal(HC(0, 0x074), H_SUCCESS);
    assert_int_equal(RET(0, 0), 0xff000000 | IRQ_VTY);
    assert_int_equal(HC(0, 0x054, 0), H_SUCCESS);
    assert_int_equal(RET(0, 0), 16);
    assert_int_equal(RET(0, 1) >> 56, 'a');
    HC(0, 0x054, VTY_UNIT);
    assert_int_equal(RET(0, 0), 3);
    HC(0, 0x054, VTY_UNIT);
    assert_int_equal(RET(0, 0), 0);
    assert_int_equal(HC(0, 0x064, 0xff000000 | IRQ_VTY), H_SUCCESS);
    assert_false(bed->cpu[0].irq_pending & IRQ_EXTERNAL);
    assert_int_equal(HC(0, 0x058, VTY_UNIT, 17, 0, 0), H_PARAMETER);
    assert_int_equal(HC(0, 0x058, VTY_UNIT, 2, (uint64_t)'h' << 56 | (uint64_t)'i' << 48, 0), 0);
    assert_string_equal(bed->out, "hi");
}

/* ---- XICS ---- */

static void xics_ipi_cycle(void **state)
{
    (void)state;
    HC(1, 0x068, 0xff);
    HC(0, 0x06c, 1, 4);
    assert_true(bed->cpu[1].irq_pending & IRQ_EXTERNAL);
    HC(1, 0x074);
    assert_int_equal(RET(1, 0), 0xff000002);
    assert_false(bed->cpu[1].irq_pending & IRQ_EXTERNAL);
    HC(1, 0x06c, 1, 0xff);
    HC(1, 0x064, 0xff000002);
    assert_false(bed->cpu[1].irq_pending & IRQ_EXTERNAL);
    HC(1, 0x074);
    assert_int_equal(RET(1, 0), 0xff000000); /* spurious */
}

static void xics_better_priority_displaces_and_loser_returns(void **state)
{
    struct xics *x = bed->m.hv->xics;
    (void)state;
    xics_set_source(x, IRQ_VTY, 0, 5);
    xics_set_cppr(x, 0, 0xff);
    xics_pulse(x, IRQ_VTY);
    xics_set_mfrr(x, 0, 4);
    assert_int_equal(xics_accept(x, 0), 0xff000002);
    xics_set_mfrr(x, 0, 0xff);
    assert_int_equal(xics_accept(x, 0), 0x04000000); /* priority 5 must wait */
    xics_eoi(x, 0, 0xff000002);
    assert_int_equal(xics_accept(x, 0), 0xff000000 | IRQ_VTY);
    xics_pulse(x, IRQ_VTY); /* again while in service */
    xics_eoi(x, 0, 0xff000000 | IRQ_VTY);
    assert_int_equal(xics_accept(x, 0), 0xff000000 | IRQ_VTY);
}

static void xics_masked_message_comes_with_unmasking(void **state)
{
    struct xics *x = bed->m.hv->xics;
    (void)state;
    xics_set_cppr(x, 0, 0xff);
    xics_pulse(x, IRQ_VTY);
    assert_int_equal(xics_accept(x, 0), 0xff000000);
    xics_set_source(x, IRQ_VTY, 0, 5);
    assert_int_equal(xics_accept(x, 0), 0xff000000 | IRQ_VTY);
    xics_eoi(x, 0, 0xff000000 | IRQ_VTY);
    xics_source_off(x, IRQ_VTY);
    xics_pulse(x, IRQ_VTY);
    xics_source_on(x, IRQ_VTY);
    assert_int_equal(xics_accept(x, 0), 0xff000000 | IRQ_VTY);
}

static void xics_level_is_offered_until_it_drops(void **state)
{
    struct xics *x = bed->m.hv->xics;
    (void)state;
    xics_claim(x, 0x1200, true);
    xics_set_source(x, 0x1200, 1, 5);
    xics_set_cppr(x, 1, 0xff);
    xics_set_level(x, 0x1200, true);
    assert_int_equal(xics_accept(x, 1), 0xff001200);
    xics_eoi(x, 1, 0xff001200);
    assert_int_equal(xics_accept(x, 1), 0xff001200);
    xics_set_level(x, 0x1200, false);
    xics_eoi(x, 1, 0xff001200);
    assert_int_equal(xics_accept(x, 1), 0xff000000);
    /* CPPR below a pending one takes it back. */
    xics_set_level(x, 0x1200, true);
    assert_true(bed->cpu[1].irq_pending & IRQ_EXTERNAL);
    xics_set_cppr(x, 1, 5);
    assert_false(bed->cpu[1].irq_pending & IRQ_EXTERNAL);
    xics_set_cppr(x, 1, 0xff);
    assert_int_equal(xics_accept(x, 1), 0xff001200);
}

/* ---- XIVE ---- */

static uint64_t io_load(unsigned cpu, ra_t ra, unsigned size)
{
    uint64_t v = 0;
    const struct mmio_region *r = memory_find_mmio(&bed->m.mem, ra, size);
    assert_true(r->ops->load(r->opaque, &bed->cpu[cpu], ra - r->base, size, &v));
    return v;
}
static void io_store(unsigned cpu, ra_t ra, unsigned size, uint64_t v)
{
    const struct mmio_region *r = memory_find_mmio(&bed->m.mem, ra, size);
    assert_true(r->ops->store(r->opaque, &bed->cpu[cpu], ra - r->base, size, v));
}

#define EQ 0x2010000ULL

/* The kernel's way to an IPI of CPU 1. */
static uint64_t xive_setup_ipi(void)
{
    assert_int_equal(cas(0x40, 0x40), 0);
    assert_int_equal(HC(0, 0x3b8, 1, 1, 6, EQ, 16), H_SUCCESS);
    assert_int_equal(HC(0, 0x3a8, 0, 1), H_SUCCESS);
    assert_int_equal(RET(0, 3), 16);
    uint64_t eoi = RET(0, 1);
    assert_int_equal(HC(0, 0x3ac, 2, 1, 1, 6, 0x10), H_SUCCESS);
    io_load(0, eoi + 0xc00, 8);
    io_store(1, XIVE_TIMA_OS + 0x11, 1, 0xff);
    return eoi;
}

static void xive_ipi_cycle(void **state)
{
    (void)state;
    uint64_t eoi = xive_setup_ipi(), trigger = eoi - XIVE_PAGE;
    io_store(0, trigger, 8, 0);
    assert_int_equal(guest_u32(EQ), 0x80000010);
    assert_true(bed->cpu[1].irq_pending & IRQ_EXTERNAL);
    assert_int_equal(io_load(1, XIVE_TIMA_OS + 0x810, 2), 0x8006);
    assert_false(bed->cpu[1].irq_pending & IRQ_EXTERNAL);
    io_store(0, trigger, 8, 0); /* queued in Q */
    assert_int_equal(guest_u32(EQ + 4), 0);
    assert_int_equal(io_load(1, eoi + 0x800, 8), 3);
    assert_int_equal(io_load(1, eoi + 0xc00, 8), 3);
    io_store(1, trigger, 8, 0); /* Linux sends it again itself */
    assert_int_equal(guest_u32(EQ + 4), 0x80000010);
    assert_false(bed->cpu[1].irq_pending & IRQ_EXTERNAL); /* CPPR 6 */
    io_store(1, XIVE_TIMA_OS + 0x11, 1, 0xff);
    assert_true(bed->cpu[1].irq_pending & IRQ_EXTERNAL);
    assert_int_equal(io_load(1, XIVE_TIMA_OS + 0x810, 2), 0x8006);
    assert_int_equal(io_load(1, XIVE_TIMA_OS + 0x810, 2), 0x0006); /* nothing more */
    assert_int_equal(io_load(1, eoi, 8), 0);                       /* load EOI */
}

static void xive_queue_wraps_with_a_new_generation(void **state)
{
    (void)state;
    uint64_t eoi = xive_setup_ipi();
    for (unsigned i = 0; i < 16384; i++) {
        io_store(0, eoi - XIVE_PAGE, 8, 0);
        io_load(0, eoi + 0xc00, 8);
    }
    assert_int_equal(guest_u32(EQ + 65532), 0x80000010);
    io_store(0, eoi - XIVE_PAGE, 8, 0);
    assert_int_equal(guest_u32(EQ), 0x00000010);
}

static void xive_masked_and_off_sources_stay_silent(void **state)
{
    (void)state;
    uint64_t eoi = xive_setup_ipi();
    io_load(0, eoi + 0xd00, 8); /* PQ 01 */
    io_store(0, eoi - XIVE_PAGE, 8, 0);
    assert_int_equal(guest_u32(EQ), 0);
    io_load(0, eoi + 0xc00, 8);
    assert_int_equal(HC(0, 0x3ac, 0, 1, 1, 0xff, 0), H_SUCCESS);
    io_store(0, eoi - XIVE_PAGE, 8, 0);
    assert_int_equal(guest_u32(EQ), 0);
}

static void xive_calls_check_their_arguments(void **state)
{
    (void)state;
    xive_setup_ipi();
    assert_int_equal(HC(0, 0x3a8, 0, 0x500), H_P2);
    assert_int_equal(HC(0, 0x3ac, 2, 1, 7, 6, 0), H_P3);
    assert_int_equal(HC(0, 0x3ac, 2, 1, 1, 7, 0), H_P4);
    assert_int_equal(HC(0, 0x3b8, 1, 9, 6, EQ, 16), H_P2);
    assert_int_equal(HC(0, 0x3b8, 1, 1, 7, EQ, 16), H_P3);
    assert_int_equal(HC(0, 0x3b8, 1, 1, 6, EQ + 8, 16), H_P4);
    assert_int_equal(HC(0, 0x3b8, 1, 1, 6, EQ, 17), H_P5);
    assert_int_equal(HC(0, 0x3c8, 0, 1, 0x800, 0), H_SUCCESS);
    assert_int_equal(HC(0, 0x3d0, 0), H_SUCCESS);
    assert_int_equal(HC(0, 0x3b0, 0, 1), H_SUCCESS);
    assert_int_equal(RET(0, 1), 0xff);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(boot_cpu_enters_with_client_interface),
        TEST(walk_visits_every_node_and_property_twice_alike),
        TEST(prom_init_sequence_works),
        TEST(cas_gives_xics_when_asked_or_forced),
        TEST(hostile_arguments_are_refused),
        TEST(partition_tree_is_identity),
        TEST(guest_memory_accessor_stays_inside_the_partition),
        TEST(set_mode_changes_every_thread),
        TEST(secondary_starts_big_endian_and_inherits),
        TEST(cede_loses_no_wakeup),
        TEST(problem_state_may_not_call),
        TEST(vpa_rules),
        TEST(bad_addresses_come_back_as_data_storage),
        TEST(clock_tells_and_takes_the_date),
        TEST(nvram_has_valid_partitions),
        TEST(wish_to_shut_down_is_told_once),
        TEST(log_is_cut_off),
        TEST(panic_stops_with_its_text),
        TEST(power_off_stops_and_does_not_return),
        TEST(console_input_raises_one_interrupt),
        TEST(xics_ipi_cycle),
        TEST(xics_better_priority_displaces_and_loser_returns),
        TEST(xics_masked_message_comes_with_unmasking),
        TEST(xics_level_is_offered_until_it_drops),
        TEST(xive_ipi_cycle),
        TEST(xive_queue_wraps_with_a_new_generation),
        TEST(xive_masked_and_off_sources_stay_silent),
        TEST(xive_calls_check_their_arguments),
    };
    return cmocka_run_group_tests_name("hypervisor", tests, NULL, NULL);
}
