/* SPDX-License-Identifier: Apache-2.0 */
/* A bed for tests of the MMU: two CPUs over tables built in emulated memory. Guest real address g
 * lives at real GUEST_BASE + g, so that a walk which forgets partition scope is noticed. */
#ifndef PEFEMU_TESTS_MMU_BED_H
#define PEFEMU_TESTS_MMU_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/mmu/memory.c"
#include "../../src/mmu/secure.c"
#include "../../src/mmu/faults.c"
#include "../../src/mmu/partition.c"
#include "../../src/mmu/radix.c"
#include "../../src/mmu/translate.c"
#include "../../src/mmu/tlb.c"
#include "../../src/mmu/tlb_context.c"
#include "../../src/mmu/tlb_flush.c"
#include "../../src/mmu/tlbie.c"
#include "../../src/mmu/access.c"

#define RAM_SIZE     (64 * MiB)
#define GUEST_BASE   (32 * MiB)
#define GUEST_SIZE   (24 * MiB)
#define PATB         0x10000ULL
#define HOST_TABLES  0x100000ULL
#define PRTB         0x10000ULL   /* guest real */
#define GUEST_TABLES 0x100000ULL  /* guest real */
#define DATA         0x800000ULL  /* guest real, 2 MiB aligned */
#define SMALL_GRA    0x1700000ULL /* mapped by the partition in pages of 64 KiB */
#define DEVICE       0x200000000ULL
#define LPID         1
#define PID          5
#define USER_EA      0x10000000ULL
#define KERNEL_EA    0xc000000000000000ULL
#define RTS_52       (2ULL << 61 | 5ULL << 5)
#define USER_RWX     (PTE_READ | PTE_WRITE | PTE_EXEC)
#define KERNEL_RWX   (USER_RWX | PTE_PRIV)

uint32_t log_mask;
void log_write(uint32_t item, const char *fmt, ...)
{
    (void)item, (void)fmt;
}

struct bed {
    struct machine m;
    struct cpu cpu[2];
    uint64_t host_next, guest_next;
    ra_t host_root;
    gra_t kernel_root, user_root;
    uint64_t device_value;
    unsigned device_size;
    ra_t written;
    uint64_t written_len;
};
static struct bed *bed_now;

void memory_written(struct machine *m, ra_t ra, uint64_t len)
{
    bed_now->written = ra;
    bed_now->written_len = len;
    m->mem.code_map[memory_page_index(&m->mem, ra)] = 0;
}

trap_t cpu_privileged(struct cpu *cpu, uint32_t word, enum insn_priv needed)
{
    (void)cpu, (void)word, (void)needed;
    return TRAP_PROGRAM;
}

static bool device_load(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size, uint64_t *v)
{
    (void)cpu;
    struct bed *b = opaque;
    *v = offset == 0xf00 ? 0 : b->device_value;
    b->device_size = size;
    return offset != 0xf00;
}

static bool device_store(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size, uint64_t v)
{
    (void)cpu;
    struct bed *b = opaque;
    b->device_value = v;
    b->device_size = size;
    return offset != 0xf00;
}

static const struct mmio_ops device_ops = {device_load, device_store};
static const struct engine caching = {.name = "test", .uses_tlb = true};
static const struct engine plain = {.name = "plain", .uses_tlb = false};

/* ---- tables ---- */

static uint64_t *table_at(struct bed *b, uint64_t addr, bool guest)
{
    return (uint64_t *)memory_ptr(&b->m.mem, addr + (guest ? GUEST_BASE : 0), 8);
}

static const unsigned level_bits[] = {13, 9, 9, 9};

/* Returns the address of the leaf's entry, as its owner addresses it. */
static uint64_t map(struct bed *b, bool guest, uint64_t root, uint64_t addr, unsigned size_log2,
                    uint64_t pte)
{
    unsigned bits = 52;
    uint64_t *next = guest ? &b->guest_next : &b->host_next;
    uint64_t table = root;
    for (unsigned level = 0;; level++) {
        unsigned width = level == 3 && size_log2 == 16 ? 5 : level_bits[level];
        bits -= width;
        uint64_t at = table + ((addr >> bits) & ((1ULL << width) - 1)) * 8;
        uint64_t *e = table_at(b, at, guest);
        if (bits == size_log2) {
            *e = be64(PTE_VALID | PTE_LEAF | pte);
            return at;
        }
        if (!*e) {
            unsigned below = level == 2 && size_log2 == 16 ? 5 : level_bits[level + 1];
            *e = be64(PTE_VALID | *next | below);
            *next += 0x1000;
        }
        table = be64(*e) & PDE_NLB;
    }
}

static inline uint64_t map_host(struct bed *b, gra_t gra, unsigned size_log2, uint64_t pte)
{
    return map(b, false, b->host_root, gra, size_log2, pte);
}

static inline uint64_t map_kernel(struct bed *b, ea_t ea, unsigned size_log2, uint64_t pte)
{
    return map(b, true, b->kernel_root, ea & PPC_BITS(2, 63), size_log2, pte);
}

static inline uint64_t map_user(struct bed *b, ea_t ea, unsigned size_log2, uint64_t pte)
{
    return map(b, true, b->user_root, ea, size_log2, pte);
}

static inline uint64_t entry_of(struct bed *b, uint64_t at, bool guest)
{
    return be64(*table_at(b, at, guest));
}

static void process_set(struct bed *b, uint32_t pid, gra_t root)
{
    *table_at(b, PRTB + pid * 16, true) = be64(RTS_52 | root | 13);
}

static inline uint8_t *guest_byte(struct bed *b, gra_t gra)
{
    return memory_ptr(&b->m.mem, GUEST_BASE + gra, 1);
}

static void mode(struct bed *b, uint64_t msr)
{
    for (int i = 0; i < 2; i++) {
        b->cpu[i].msr = MSR_SF | msr;
        b->cpu[i].le = msr & MSR_LE;
        tlb_switch(&b->cpu[i]);
    }
}

#define KERNEL (MSR_IR | MSR_DR | MSR_LE)
#define USER   (KERNEL | MSR_PR)

static int setup_with(void **state, const struct engine *engine)
{
    struct bed *b = calloc(1, sizeof(*b));
    bed_now = b;
    *state = b;
    b->m.engine = engine;
    b->m.cpus = b->cpu;
    b->m.ncpus = 2;
    assert_true(memory_init(&b->m.mem, RAM_SIZE, 2 * MiB));
    memory_add_mmio(&b->m.mem, "device", DEVICE, 0x10000, &device_ops, b);
    b->host_root = HOST_TABLES;
    b->host_next = HOST_TABLES + 0x10000;
    b->kernel_root = GUEST_TABLES;
    b->user_root = GUEST_TABLES + 0x10000;
    b->guest_next = GUEST_TABLES + 0x20000;
    *table_at(b, PATB + 16 * LPID, false) = be64(PPC_BIT(0) | RTS_52 | b->host_root | 13);
    *table_at(b, PATB + 16 * LPID + 8, false) = be64(PRTB);
    for (gra_t g = 0; g < 22 * MiB; g += 2 * MiB)
        map_host(b, g, 21, (GUEST_BASE + g) | USER_RWX);
    for (gra_t g = 22 * MiB; g < GUEST_SIZE; g += 64 * KiB)
        map_host(b, g, 16, (GUEST_BASE + g) | USER_RWX);
    map_host(b, DEVICE, 16, DEVICE | PTE_READ | PTE_WRITE | PTE_CI);
    process_set(b, 0, b->kernel_root);
    process_set(b, PID, b->user_root);
    for (int i = 0; i < 2; i++) {
        struct cpu *cpu = &b->cpu[i];
        cpu->machine = &b->m;
        cpu->index = i;
        cpu->ptcr = PATB;
        cpu->lpid = LPID;
        cpu->pid = PID;
        cpu->lpcr = LPCR_HR | LPCR_UPRT | LPCR_GTSE;
        assert_true(tlb_init(cpu));
        assert_non_null(cpu->tlb);
    }
    mode(b, KERNEL);
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, &caching);
}

static inline int setup_plain(void **state)
{
    return setup_with(state, &plain);
}

static int teardown(void **state)
{
    struct bed *b = *state;
    for (int i = 0; i < 2; i++)
        tlb_destroy(&b->cpu[i]);
    memory_free(&b->m.mem);
    free(b);
    return 0;
}

static inline void assert_fault(struct bed *b, trap_t got, trap_t want, uint64_t cause)
{
    const struct trap_info *t = &b->cpu[0].trap;
    bool fetch = want == TRAP_ISI || want == TRAP_HISI;
    assert_int_equal(got, want);
    assert_int_equal(fetch ? t->srr1 : t->dsisr, cause);
}

static inline uint8_t load8(struct cpu *cpu, ea_t ea)
{
    uint8_t v = 0xee;
    assert_int_equal(mem_load8(cpu, ea, &v), TRAP_NONE);
    return v;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
