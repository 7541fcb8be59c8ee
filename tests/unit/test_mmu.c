/* SPDX-License-Identifier: Apache-2.0 */
/* The MMU over tables built in emulated memory. Guest real address g lives at real GUEST_BASE + g,
 * so that a walk which forgets partition scope is noticed. */
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

static uint64_t map_host(struct bed *b, gra_t gra, unsigned size_log2, uint64_t pte)
{
    return map(b, false, b->host_root, gra, size_log2, pte);
}

static uint64_t map_kernel(struct bed *b, ea_t ea, unsigned size_log2, uint64_t pte)
{
    return map(b, true, b->kernel_root, ea & PPC_BITS(2, 63), size_log2, pte);
}

static uint64_t map_user(struct bed *b, ea_t ea, unsigned size_log2, uint64_t pte)
{
    return map(b, true, b->user_root, ea, size_log2, pte);
}

static uint64_t entry_of(struct bed *b, uint64_t at, bool guest)
{
    return be64(*table_at(b, at, guest));
}

static void process_set(struct bed *b, uint32_t pid, gra_t root)
{
    *table_at(b, PRTB + pid * 16, true) = be64(RTS_52 | root | 13);
}

static uint8_t *guest_byte(struct bed *b, gra_t gra)
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

static int setup_plain(void **state)
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

static void assert_fault(struct bed *b, trap_t got, trap_t want, uint64_t cause)
{
    const struct trap_info *t = &b->cpu[0].trap;
    bool fetch = want == TRAP_ISI || want == TRAP_HISI;
    assert_int_equal(got, want);
    assert_int_equal(fetch ? t->srr1 : t->dsisr, cause);
}

/* ---- walks ---- */

static void test_nested_walk_finds_the_page(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    map_user(b, USER_EA, 16, DATA | USER_RWX | PTE_R | PTE_C);
    map_kernel(b, KERNEL_EA, 21, (DATA + 0x200000) | KERNEL_RWX | PTE_R | PTE_C);
    map_kernel(b, KERNEL_EA + 0x200000, 12, (DATA + 0x3000) | KERNEL_RWX | PTE_R);

    assert_int_equal(mmu_translate(b->cpu, USER_EA + 0x1234, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(x.ra, GUEST_BASE + DATA + 0x1234);
    assert_int_equal(x.size_log2, 16);
    assert_true(x.read && !x.write && x.exec); /* the partition's C is clear */
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_STORE, &x), TRAP_NONE);
    assert_true(x.write);

    assert_int_equal(mmu_translate(b->cpu, KERNEL_EA + 0x54321, ACCESS_FETCH, &x), TRAP_NONE);
    assert_int_equal(x.ra, GUEST_BASE + DATA + 0x254321);
    assert_int_equal(x.size_log2, 21);
    assert_int_equal(mmu_translate(b->cpu, KERNEL_EA + 0x200ffc, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(x.ra, GUEST_BASE + DATA + 0x3ffc);
    assert_int_equal(x.size_log2, 12);
}

static void test_walk_sets_r_and_c(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    uint64_t at = map_user(b, USER_EA, 16, SMALL_GRA | USER_RWX);
    uint64_t host_at = map_host(b, SMALL_GRA, 16, (GUEST_BASE + SMALL_GRA) | USER_RWX);

    assert_true(mmu_probe(b->cpu, USER_EA, ACCESS_STORE, &x));
    assert_int_equal(entry_of(b, at, true) & (PTE_R | PTE_C), 0);
    assert_int_equal(entry_of(b, host_at, false) & (PTE_R | PTE_C), 0);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(entry_of(b, at, true) & (PTE_R | PTE_C), PTE_R);
    assert_int_equal(entry_of(b, host_at, false) & (PTE_R | PTE_C), PTE_R);
    assert_false(x.write);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_STORE, &x), TRAP_NONE);
    assert_int_equal(entry_of(b, at, true) & (PTE_R | PTE_C), PTE_R | PTE_C);
    assert_int_equal(entry_of(b, host_at, false) & (PTE_R | PTE_C), PTE_R | PTE_C);
    assert_true(x.write);
}

static void test_process_scoped_faults(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    struct xlate x;
    map_user(b, USER_EA, 16, DATA | PTE_READ | PTE_PRIV);
    map_user(b, USER_EA + 0x10000, 16, DATA | PTE_READ);
    map_user(b, USER_EA + 0x20000, 16, DATA | USER_RWX | PTE_ATT_NIO);

    assert_fault(b, mmu_translate(cpu, USER_EA + 0x40008, ACCESS_LOAD, &x), TRAP_DSI, DSISR_NOHPTE);
    assert_int_equal(cpu->trap.dar, USER_EA + 0x40008);
    assert_fault(b, mmu_translate(cpu, USER_EA + 0x40000, ACCESS_STORE, &x), TRAP_DSI,
                 DSISR_NOHPTE | DSISR_ISSTORE);
    assert_fault(b, mmu_translate(cpu, USER_EA + 0x40000, ACCESS_FETCH, &x), TRAP_ISI,
                 DSISR_NOHPTE);
    assert_fault(b, mmu_translate(cpu, USER_EA, ACCESS_STORE, &x), TRAP_DSI,
                 DSISR_PROTFAULT | DSISR_ISSTORE);
    assert_fault(b, mmu_translate(cpu, USER_EA, ACCESS_FETCH, &x), TRAP_ISI, DSISR_NOEXEC_G);
    assert_fault(b, mmu_translate(cpu, USER_EA + 0x20000, ACCESS_FETCH, &x), TRAP_ISI,
                 DSISR_NOEXEC_G);
    mode(b, USER);
    assert_fault(b, mmu_translate(cpu, USER_EA, ACCESS_LOAD, &x), TRAP_DSI, DSISR_PROTFAULT);
    assert_int_equal(mmu_translate(cpu, USER_EA + 0x10000, ACCESS_LOAD, &x), TRAP_NONE);
}

static void test_addresses_out_of_range_are_segment_faults(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    static const ea_t bad[] = {0x4000000000000000, 0x8000000000001000, 0x0010000000000000,
                               0xf000000000000000};
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_int_equal(mmu_translate(b->cpu, bad[i], ACCESS_LOAD, &x), TRAP_DSEG);
        assert_int_equal(b->cpu->trap.dar, bad[i]);
        assert_int_equal(mmu_translate(b->cpu, bad[i], ACCESS_FETCH, &x), TRAP_ISEG);
    }
}

static void test_bad_tables_are_reported(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    b->cpu->pid = 7; /* its entry is all zeros */
    assert_fault(b, mmu_translate(b->cpu, 0, ACCESS_LOAD, &x), TRAP_DSI, DSISR_UNSUPP_MMU);
    b->cpu->pid = 256; /* beyond a table of 4 KiB */
    assert_fault(b, mmu_translate(b->cpu, 0, ACCESS_LOAD, &x), TRAP_DSI, DSISR_PRTABLE);
    b->cpu->pid = PID;
    map_user(b, USER_EA, 16, DATA | USER_RWX);
    *table_at(b, b->user_root, true) = be64(PTE_VALID | PTE_LEAF | USER_RWX); /* 512 GiB */
    assert_fault(b, mmu_translate(b->cpu, USER_EA, ACCESS_LOAD, &x), TRAP_DSI, DSISR_UNSUPP_MMU);
    *table_at(b, b->user_root, true) = be64(PTE_VALID | GUEST_TABLES | 3);
    assert_fault(b, mmu_translate(b->cpu, USER_EA, ACCESS_LOAD, &x), TRAP_DSI, DSISR_UNSUPP_MMU);
}

static void test_partition_scoped_faults(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    struct xlate x;
    map_user(b, USER_EA, 16, 0x3000000 | USER_RWX); /* no such guest real address */
    map_user(b, USER_EA + 0x10000, 16, SMALL_GRA | USER_RWX);
    map_host(b, SMALL_GRA, 16, (GUEST_BASE + SMALL_GRA) | PTE_READ);

    assert_fault(b, mmu_translate(cpu, USER_EA + 0x2468, ACCESS_LOAD, &x), TRAP_HDSI, DSISR_NOHPTE);
    assert_int_equal(cpu->trap.dar, USER_EA + 0x2468);
    assert_int_equal(cpu->trap.asdr, 0x3002000);
    assert_fault(b, mmu_translate(cpu, USER_EA, ACCESS_FETCH, &x), TRAP_HISI, DSISR_NOHPTE);
    assert_fault(b, mmu_translate(cpu, USER_EA + 0x10000, ACCESS_STORE, &x), TRAP_HDSI,
                 DSISR_PROTFAULT | DSISR_ISSTORE);
    assert_fault(b, mmu_translate(cpu, USER_EA + 0x10000, ACCESS_FETCH, &x), TRAP_HISI,
                 DSISR_NOEXEC_G);
    assert_int_equal(mmu_translate(cpu, USER_EA + 0x10000, ACCESS_LOAD, &x), TRAP_NONE);

    process_set(b, PID, 0x3000000); /* the tree itself is not there */
    assert_fault(b, mmu_translate(cpu, USER_EA, ACCESS_LOAD, &x), TRAP_HDSI,
                 DSISR_NOHPTE | DSISR_PRTABLE);
}

static void test_store_refused_by_partition_leaves_c_clear(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    uint64_t at = map_user(b, USER_EA, 16, SMALL_GRA | USER_RWX);
    map_host(b, SMALL_GRA, 16, (GUEST_BASE + SMALL_GRA) | PTE_READ);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_STORE, &x), TRAP_HDSI);
    assert_int_equal(entry_of(b, at, true) & PTE_C, 0);
}

static void test_guest_real_mode_goes_through_the_partition(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    mode(b, 0);
    assert_int_equal(mmu_translate(b->cpu, 0xc000000000004321, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(x.ra, GUEST_BASE + 0x4321);
    assert_fault(b, mmu_translate(b->cpu, 0x7000000, ACCESS_LOAD, &x), TRAP_HDSI, DSISR_NOHPTE);
    assert_int_equal(b->cpu->trap.asdr, 0x7000000);
}

static void test_hypervisor_real_mode_offsets(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    struct xlate x;
    cpu->hrmor = 0x100000;
    cpu->urmor = SECURE_RA_BIT;
    mode(b, MSR_HV);
    assert_int_equal(mmu_translate(cpu, 0x1234, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(x.ra, 0x101234);
    assert_int_equal(mmu_translate(cpu, PPC_BIT(0) | 0x1234, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(x.ra, 0x1234);
    mode(b, MSR_HV | MSR_S);
    assert_int_equal(mmu_translate(cpu, 0x1234, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(x.ra, SECURE_RA_BIT | 0x1234);
}

static void test_hypervisor_quadrants(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    /* LPID 0's process table and tree stand at real addresses; reuse the bytes of the guest's. */
    *table_at(b, PATB, false) = be64(PPC_BIT(0));
    *table_at(b, PATB + 8, false) = be64(0x20000);
    *table_at(b, 0x20000, false) = be64(RTS_52 | 0x300000 | 13);
    map(b, false, 0x300000, 0, 30, KERNEL_RWX);
    map_user(b, USER_EA, 16, DATA | USER_RWX);
    mode(b, MSR_HV | KERNEL);
    assert_int_equal(mmu_translate(b->cpu, KERNEL_EA + 0x777, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(x.ra, 0x777);
    assert_int_equal(mmu_translate(b->cpu, 1ULL << 62 | USER_EA, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(x.ra, GUEST_BASE + DATA);
    assert_false(x.read); /* not to be cached */
}

/* ---- keys ---- */

static void test_amr_key_0_stops_privileged_access_to_user_pages(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    uint8_t v = 0;
    map_user(b, USER_EA, 16, DATA | USER_RWX | PTE_R | PTE_C);
    map_kernel(b, KERNEL_EA, 21, DATA | KERNEL_RWX | PTE_R | PTE_C);

    assert_int_equal(mem_store8(cpu, USER_EA, 1), TRAP_NONE); /* warm TLB: must not be believed */
    cpu->amr = PPC_BITS(0, 1);
    tlb_switch(cpu);
    assert_fault(b, mem_load8(cpu, USER_EA, &v), TRAP_DSI, 0x00200000);
    assert_fault(b, mem_store8(cpu, USER_EA, 1), TRAP_DSI, 0x00200000 | DSISR_ISSTORE);
    assert_int_equal(mem_load8(cpu, KERNEL_EA, &v), TRAP_NONE);
    cpu->amr = PPC_BIT(0);
    tlb_switch(cpu);
    assert_int_equal(mem_load8(cpu, USER_EA, &v), TRAP_NONE);
    assert_fault(b, mem_store8(cpu, USER_EA, 1), TRAP_DSI, 0x00200000 | DSISR_ISSTORE);
    cpu->amr = PPC_BIT(1);
    tlb_switch(cpu);
    assert_int_equal(mem_store8(cpu, USER_EA, 1), TRAP_NONE);
    assert_int_equal(mem_store8(cpu, USER_EA, 2), TRAP_NONE);
    assert_fault(b, mem_load8(cpu, USER_EA, &v), TRAP_DSI, 0x00200000);
    mode(b, USER);
    assert_int_equal(mem_load8(cpu, USER_EA, &v), TRAP_NONE);
    assert_int_equal(v, 2);
}

static void test_iamr_key_0_stops_privileged_fetch_of_user_pages(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    map_user(b, USER_EA, 16, DATA | USER_RWX);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_FETCH, &x), TRAP_NONE);
    b->cpu->iamr = PPC_BIT(1);
    tlb_switch(b->cpu);
    assert_fault(b, mmu_translate(b->cpu, USER_EA, ACCESS_FETCH, &x), TRAP_ISI, DSISR_KEYFAULT);
    mode(b, USER);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_FETCH, &x), TRAP_NONE);
}

/* What a load left in the TLB serves fetches of the granule, under their own permission. */
static void test_fetches_go_where_loads_went_if_they_may(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    struct xlate x;
    uint8_t v;
    map_user(b, USER_EA, 16, DATA | USER_RWX);
    map_user(b, USER_EA + 0x10000, 16, (DATA + 0x10000) | PTE_READ);
    assert_int_equal(mem_load8(cpu, USER_EA, &v), TRAP_NONE);
    assert_int_equal(mem_load8(cpu, USER_EA + 0x10000, &v), TRAP_NONE);
    assert_int_equal(mmu_translate(cpu, USER_EA + 0x5004, ACCESS_FETCH, &x), TRAP_NONE);
    assert_int_equal(x.ra, GUEST_BASE + DATA + 0x5004);
    assert_fault(b, mmu_translate(cpu, USER_EA + 0x10000, ACCESS_FETCH, &x), TRAP_ISI,
                 DSISR_NOEXEC_G);
    /* Fetches that are not relocated go elsewhere. */
    mode(b, KERNEL & ~MSR_IR);
    assert_int_equal(mem_load8(cpu, USER_EA, &v), TRAP_NONE);
    trap_t t = mmu_translate(cpu, USER_EA, ACCESS_FETCH, &x);
    assert_true(t != TRAP_NONE || x.ra != GUEST_BASE + DATA);
    mode(b, KERNEL);
    /* A fetch brings the granule for the next one, until it is flushed. */
    tlb_flush_all(cpu);
    assert_int_equal(mmu_translate(cpu, USER_EA, ACCESS_FETCH, &x), TRAP_NONE);
    assert_int_equal(cpu->tlb->e[tlb_index(USER_EA)].tag_r, USER_EA);
    assert_int_equal(cpu->tlb->e[tlb_index(USER_EA)].tag_w, TLB_NO_TAG);
    map_user(b, USER_EA, 16, DATA | PTE_READ);
    assert_int_equal(mmu_translate(cpu, USER_EA + 0x100, ACCESS_FETCH, &x), TRAP_NONE);
    tlb_flush(cpu, LPID, PID, USER_EA, 16);
    assert_fault(b, mmu_translate(cpu, USER_EA + 0x100, ACCESS_FETCH, &x), TRAP_ISI,
                 DSISR_NOEXEC_G);
}

/* ---- accesses ---- */

static void test_accessors_follow_guest_byte_order(void **state)
{
    struct bed *b = *state;
    uint32_t v = 0;
    map_user(b, USER_EA, 16, DATA | USER_RWX);
    for (int i = 0; i < 2; i++) { /* first by walk, then by TLB */
        assert_int_equal(mem_store32(b->cpu, USER_EA + 4, 0x11223344), TRAP_NONE);
        assert_int_equal(*guest_byte(b, DATA + 4), 0x44);
        assert_int_equal(mem_load32(b->cpu, USER_EA + 4, &v), TRAP_NONE);
        assert_int_equal(v, 0x11223344);
    }
    mode(b, KERNEL & ~MSR_LE);
    assert_int_equal(mem_load32(b->cpu, USER_EA + 4, &v), TRAP_NONE);
    assert_int_equal(v, 0x44332211);
    assert_int_equal(mmu_fetch(b->cpu, USER_EA + 4, &v), TRAP_NONE);
    assert_int_equal(v, 0x44332211);
}

static void test_straddling_store_writes_nothing_when_one_page_faults(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    uint64_t v = 0;
    map_user(b, USER_EA, 12, DATA | USER_RWX);
    map_user(b, USER_EA + 0x1000, 12, (DATA + 0x8000) | PTE_READ);
    assert_fault(b, mem_store64(cpu, USER_EA + 0xffc, ~0ULL), TRAP_DSI,
                 DSISR_PROTFAULT | DSISR_ISSTORE);
    assert_int_equal(cpu->trap.dar, USER_EA + 0x1000);
    assert_int_equal(*guest_byte(b, DATA + 0xffc), 0);

    *guest_byte(b, DATA + 0xfff) = 0x12;
    *guest_byte(b, DATA + 0x8000) = 0x34;
    assert_int_equal(mem_load64(cpu, USER_EA + 0xffc, &v), TRAP_NONE);
    assert_int_equal(v, 0x3412000000);
    assert_fault(b, mem_load64(cpu, USER_EA + 0x1ffc, &v), TRAP_DSI, DSISR_NOHPTE);
    assert_int_equal(mmu_check_store(cpu, USER_EA + 0xff0, 16), TRAP_NONE);
    assert_int_equal(mmu_check_store(cpu, USER_EA + 0xff0, 17), TRAP_DSI);
}

static void test_small_pages_use_the_second_level(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    uint8_t v = 0;
    map_user(b, USER_EA, 12, DATA | USER_RWX);
    map_user(b, USER_EA + 0x1000, 12, (DATA + 0x5000) | USER_RWX);
    assert_int_equal(mem_store8(cpu, USER_EA, 1), TRAP_NONE);
    assert_int_equal(mem_store8(cpu, USER_EA + 0x1000, 2), TRAP_NONE);
    assert_int_equal(cpu->tlb->e[tlb_index(USER_EA)].tag_r, TLB_NO_TAG);
    assert_int_equal(cpu->tlb->s[tlb_small_index(USER_EA)].tag_w, USER_EA);
    assert_int_equal(mem_load8(cpu, USER_EA + 0x1000, &v), TRAP_NONE);
    assert_int_equal(v, 2);
    assert_int_equal(*guest_byte(b, DATA + 0x5000), 2);
}

static void test_device_values_are_big_endian(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    uint32_t v = 0;
    map_kernel(b, KERNEL_EA, 16, DEVICE | PTE_READ | PTE_WRITE | PTE_PRIV | PTE_CI);
    b->device_value = 0x11223344;
    assert_int_equal(mem_load32(cpu, KERNEL_EA + 4, &v), TRAP_NONE);
    assert_int_equal(v, 0x44332211);
    assert_int_equal(b->device_size, 4);
    assert_int_equal(mem_store32(cpu, KERNEL_EA + 4, 0x55667788), TRAP_NONE);
    assert_int_equal(b->device_value, 0x88776655);
    mode(b, KERNEL & ~MSR_LE);
    assert_int_equal(mem_load32(cpu, KERNEL_EA + 4, &v), TRAP_NONE);
    assert_int_equal(v, 0x88776655);
    assert_int_equal(mem_load32(cpu, KERNEL_EA + 0xf00, &v), TRAP_MCHECK);
    assert_int_equal(cpu->tlb->e[tlb_index(KERNEL_EA)].tag_r, TLB_NO_TAG);
}

static void test_unmapped_real_address_is_a_machine_check(void **state)
{
    struct bed *b = *state;
    uint8_t v;
    mode(b, MSR_HV);
    assert_int_equal(mem_load8(b->cpu, 0x5000000000, &v), TRAP_MCHECK);
    assert_int_equal(b->cpu->trap.srr1, 0x00200000);
    assert_int_equal(b->cpu->trap.dsisr, 0x40);
    assert_int_equal(b->cpu->trap.dar, 0x5000000000);
    struct machine empty = {0};
    struct cpu bare = {.msr = MSR_SF | MSR_HV, .machine = &empty};
    assert_true(tlb_init(&bare));
    assert_int_equal(mem_load8(&bare, 0, &v), TRAP_MCHECK);
    tlb_destroy(&bare);
}

static void test_atomics_learn_of_caching_inhibited_pages(void **state)
{
    struct bed *b = *state;
    uint8_t *host = NULL;
    uint8_t v;
    ra_t ra;
    map_user(b, USER_EA, 16, DATA | USER_RWX | PTE_CI);
    assert_int_equal(mem_load8(b->cpu, USER_EA, &v), TRAP_NONE);
    assert_int_equal(b->cpu->tlb->e[tlb_index(USER_EA)].tag_r, TLB_NO_TAG);
    assert_int_equal(mmu_host(b->cpu, USER_EA, 8, ACCESS_LOAD, &host, &ra), TRAP_NONE);
    assert_null(host);
    assert_fault(b, mmu_bad_access(b->cpu, USER_EA, ACCESS_STORE), TRAP_DSI,
                 DSISR_BADACCESS | DSISR_ISSTORE);
}

/* ---- secure memory ---- */

static void test_normal_accesses_never_reach_secure_memory(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    uint32_t w;
    uint8_t v;
    map_host(b, SMALL_GRA, 16, SECURE_RA_BIT | USER_RWX | PTE_R | PTE_C);
    map_user(b, USER_EA, 16, SMALL_GRA | USER_RWX | PTE_R | PTE_C);

    assert_int_equal(mem_load8(cpu, USER_EA + 5, &v), TRAP_MCHECK);
    assert_int_equal(cpu->trap.srr1, 0x00200000);
    assert_int_equal(cpu->trap.dsisr, 0x40);
    assert_int_equal(mem_store8(cpu, USER_EA, 9), TRAP_MCHECK);
    assert_int_equal(cpu->trap.srr1, 0x08340000);
    assert_int_equal(b->m.mem.secure[0], 0);
    assert_int_equal(mmu_fetch(cpu, USER_EA, &w), TRAP_MCHECK);
    assert_int_equal(cpu->trap.srr1, 0x080c0000);

    mode(b, KERNEL | MSR_S);
    assert_int_equal(mem_store8(cpu, USER_EA, 9), TRAP_NONE);
    assert_int_equal(b->m.mem.secure[0], 9);
    mode(b, KERNEL); /* what S=1 cached is not for S=0 */
    assert_int_equal(mem_load8(cpu, USER_EA, &v), TRAP_MCHECK);
}

static void test_secure_tables_serve_secure_walks_only_but_for_the_partition_table(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    uint8_t v;
    map_user(b, USER_EA, 16, DATA | USER_RWX);
    memcpy(b->m.mem.secure + 0x1000, b->m.mem.ram + PATB, 0x1000);
    cpu->ptcr = SECURE_RA_BIT | 0x1000;
    tlb_flush_all(cpu);
    assert_int_equal(mem_load8(cpu, USER_EA, &v), TRAP_NONE);

    /* A partition-scoped tree in secure memory. */
    uint64_t root = be64(*table_at(b, HOST_TABLES, false)) & PDE_NLB;
    memcpy(b->m.mem.secure + 0x10000, b->m.mem.ram + root, 0x1000);
    *table_at(b, HOST_TABLES, false) = be64(PTE_VALID | SECURE_RA_BIT | 0x10000 | 9);
    tlb_flush_all(cpu);
    assert_int_equal(mem_load8(cpu, USER_EA, &v), TRAP_MCHECK);
    assert_int_equal(cpu->trap.dsisr, 0x20);
    uint32_t w;
    assert_int_equal(mmu_fetch(cpu, USER_EA, &w), TRAP_MCHECK);
    assert_int_equal(cpu->trap.srr1, 0x08100000);
    mode(b, KERNEL | MSR_S);
    assert_int_equal(mem_load8(cpu, USER_EA, &v), TRAP_NONE);
}

/* ---- TLB contexts and flushes ---- */

static void test_contexts_are_kept_and_recycled(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    struct tlb_ctx *kernel = cpu->tlb;
    mode(b, USER);
    assert_ptr_not_equal(cpu->tlb, kernel);
    mode(b, KERNEL);
    assert_ptr_equal(cpu->tlb, kernel);
    uint8_t v;
    map_kernel(b, KERNEL_EA, 21, DATA | KERNEL_RWX);
    for (unsigned pid = 0; pid < 100; pid++) {
        cpu->pid = pid;
        tlb_switch(cpu);
        assert_int_equal(cpu->tlb->key.pid, pid);
        bool first = !pid || pid == PID; /* which had a context before the page was looked at */
        assert_int_equal(cpu->tlb->e[tlb_index(KERNEL_EA)].tag_r, first ? TLB_NO_TAG : KERNEL_EA);
        assert_int_equal(mem_load8(cpu, KERNEL_EA, &v), TRAP_NONE);
    }
    assert_int_equal(cpu->tlbs->count, TLB_CONTEXTS);
}

static ea_t jump_known(const struct cpu *cpu, ea_t ea)
{
    return cpu->tlb->j[jump_index(ea)].ea;
}

/* A privileged state with another PID begins with what the last one could read and execute in the
 * kernel's quadrant, and with nothing else. */
static void test_new_contexts_know_the_kernel(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    const ea_t user = USER_EA + 0x10000; /* not in the kernel page's place */
    map_kernel(b, KERNEL_EA, 21, DATA | KERNEL_RWX | PTE_R | PTE_C);
    map_user(b, user, 16, DATA | USER_RWX | PTE_R | PTE_C);
    assert_int_equal(mem_store8(cpu, KERNEL_EA, 1), TRAP_NONE);
    assert_int_equal(mem_store8(cpu, user, 1), TRAP_NONE);
    tlb_note_jump(cpu->tlb, &(struct jump_entry){.ea = KERNEL_EA + 0x40});
    tlb_note_jump(cpu->tlb, &(struct jump_entry){.ea = user + 0x80});

    cpu->pid = PID + 1;
    tlb_switch(cpu);
    assert_int_equal(cpu->tlb->e[tlb_index(KERNEL_EA)].tag_r, KERNEL_EA);
    assert_int_equal(cpu->tlb->e[tlb_index(KERNEL_EA)].tag_w, TLB_NO_TAG);
    assert_int_not_equal(cpu->tlb->e[tlb_index(user)].tag_r, user);
    assert_int_equal(jump_known(cpu, KERNEL_EA + 0x40), KERNEL_EA + 0x40);
    assert_int_not_equal(jump_known(cpu, user + 0x80), user + 0x80);
    mode(b, USER);
    assert_int_not_equal(jump_known(cpu, KERNEL_EA + 0x40), KERNEL_EA + 0x40);
    mode(b, KERNEL);

    /* the process's flush leaves the kernel's alone, PID 0's does not */
    tlb_flush(cpu, cpu->lpid, PID + 1, ~0ULL, 0);
    assert_int_equal(cpu->tlb->e[tlb_index(KERNEL_EA)].tag_r, KERNEL_EA);
    assert_int_equal(jump_known(cpu, KERNEL_EA + 0x40), KERNEL_EA + 0x40);
    tlb_flush(cpu, cpu->lpid, 0, ~0ULL, 0);
    assert_int_equal(cpu->tlb->e[tlb_index(KERNEL_EA)].tag_r, TLB_NO_TAG);
    assert_int_equal(jump_known(cpu, KERNEL_EA + 0x40), TLB_NO_TAG);
}

static void remap(struct bed *b, ea_t ea, unsigned size_log2, gra_t gra)
{
    map_user(b, ea, size_log2, gra | USER_RWX | PTE_R | PTE_C);
}

static struct insn tlbie_insn(struct cpu *cpu, unsigned ric, unsigned prs, uint64_t rb, uint64_t rs)
{
    cpu->gpr[4] = rb;
    cpu->gpr[5] = rs;
    return (struct insn){.word = ric << 18 | prs << 17 | 1u << 16, .rt = 5, .rb = 4};
}

static uint8_t load8(struct cpu *cpu, ea_t ea)
{
    uint8_t v = 0xee;
    assert_int_equal(mem_load8(cpu, ea, &v), TRAP_NONE);
    return v;
}

static void test_tlbie_page_reaches_all_cpus_and_only_that_page(void **state)
{
    struct bed *b = *state;
    *guest_byte(b, DATA) = 1;
    *guest_byte(b, DATA + 0x10000) = 2;
    remap(b, USER_EA, 16, DATA);
    remap(b, USER_EA + 0x10000, 16, DATA);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(load8(&b->cpu[i], USER_EA), 1);
        assert_int_equal(load8(&b->cpu[i], USER_EA + 0x10000), 1);
        struct xlate x;
        assert_int_equal(mmu_translate(&b->cpu[i], USER_EA, ACCESS_FETCH, &x), TRAP_NONE);
        b->cpu[i].tlb->i[(USER_EA >> 12) & (ITLB_ENTRIES - 1)].tag = USER_EA;
    }
    remap(b, USER_EA, 16, DATA + 0x10000);
    remap(b, USER_EA + 0x10000, 16, DATA + 0x10000);
    struct insn in = tlbie_insn(b->cpu, 0, 1, USER_EA | 5 << 5, (uint64_t)PID << 32);
    assert_int_equal(op_tlbie(b->cpu, &in), TRAP_RESCHED);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(b->cpu[i].tlb->i[(USER_EA >> 12) & (ITLB_ENTRIES - 1)].tag, TLB_NO_TAG);
        assert_int_equal(load8(&b->cpu[i], USER_EA), 2);
        assert_int_equal(load8(&b->cpu[i], USER_EA + 0x10000), 1); /* stale, as it may be */
    }
}

static void test_tlbie_4k_page_in_the_second_level(void **state)
{
    struct bed *b = *state;
    *guest_byte(b, DATA) = 1;
    *guest_byte(b, DATA + 0x5000) = 2;
    remap(b, USER_EA + 0x3000, 12, DATA);
    assert_int_equal(load8(b->cpu, USER_EA + 0x3000), 1);
    remap(b, USER_EA + 0x3000, 12, DATA + 0x5000);
    struct insn in = tlbie_insn(b->cpu, 0, 1, USER_EA | 0x3000, (uint64_t)PID << 32);
    assert_int_equal(op_tlbiel(b->cpu, &in), TRAP_RESCHED);
    assert_int_equal(load8(b->cpu, USER_EA + 0x3000), 2);
}

/* Every way to drop a whole process, a big page, the partition. */
static void test_tlbie_wider_forms(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    static const struct {
        uint64_t rb;
        unsigned ric, prs;
        bool drops;
    } form[] = {
        {1 << 10, 0, 1, true},
        {1 << 10, 2, 1, true},
        {1 << 10, 1, 1, false},
        {2 << 10, 2, 1, true},
        {3 << 10, 2, 1, true},
        {USER_EA | 1 << 5, 0, 1, true},
        {(USER_EA - 0x200000) | 1 << 5, 0, 1, false},
        {0 | 2 << 5, 0, 1, true},
    };
    *guest_byte(b, DATA) = 1;
    *guest_byte(b, DATA + 0x10000) = 2;
    for (unsigned i = 0; i < ARRAY_SIZE(form); i++) {
        remap(b, USER_EA, 16, DATA);
        tlb_flush_all(cpu);
        assert_int_equal(load8(cpu, USER_EA), 1);
        remap(b, USER_EA, 16, DATA + 0x10000);
        struct insn in = tlbie_insn(cpu, form[i].ric, form[i].prs, form[i].rb, 5ULL << 32);
        assert_int_equal(op_tlbie(cpu, &in), TRAP_RESCHED);
        assert_int_equal(load8(cpu, USER_EA), form[i].drops ? 2 : 1);
    }
}

static void test_tlbie_of_pid_0_drops_kernel_pages_of_every_process(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    map_kernel(b, KERNEL_EA, 16, DATA | KERNEL_RWX);
    *guest_byte(b, DATA + 0x10000) = 2;
    remap(b, USER_EA, 16, DATA);
    struct itlb_entry *ops = &cpu->tlb->i[7];
    struct xlate x = {0};
    load8(cpu, USER_EA);
    assert_int_equal(load8(cpu, KERNEL_EA), 0);
    assert_int_equal(mmu_translate(cpu, KERNEL_EA + 0x7000, ACCESS_FETCH, &x), TRAP_NONE);
    ops->tag = KERNEL_EA + 0x7000;
    map_kernel(b, KERNEL_EA, 16, (DATA + 0x10000) | KERNEL_RWX);
    struct insn in = tlbie_insn(cpu, 2, 1, 1 << 10, 0);
    assert_int_equal(op_tlbie(cpu, &in), TRAP_RESCHED);
    assert_int_equal(ops->tag, TLB_NO_TAG);
    assert_int_equal(load8(cpu, KERNEL_EA), 2);
    bool kept = cpu->tlb->e[tlb_index(USER_EA)].tag_r == USER_EA;
    for (unsigned i = 0; i < TLB_VICTIMS; i++) /* the kernel's page may have pushed it there */
        kept |= cpu->tlb->v[i].tag_r == USER_EA;
    assert_true(kept);
    assert_int_equal(load8(cpu, USER_EA), 0);
}

/* Two granules of one first-level entry take turns without walks, and flushes reach the one that is
 * out of it. */
static void test_entries_pushed_out_come_back_unless_flushed(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    ea_t other = USER_EA + 0x10000;
    while (tlb_index(other) != tlb_index(USER_EA))
        other += 0x10000;
    remap(b, USER_EA, 16, DATA);
    remap(b, other, 16, DATA + 0x10000);
    *guest_byte(b, DATA) = 1;
    *guest_byte(b, DATA + 0x10000) = 2;
    assert_int_equal(load8(cpu, USER_EA), 1);
    assert_int_equal(load8(cpu, other), 2);
    uint64_t fills = cpu->tlb_fills;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(load8(cpu, USER_EA), 1);
        assert_int_equal(load8(cpu, other), 2);
    }
    struct xlate x;
    assert_int_equal(mmu_translate(cpu, USER_EA + 4, ACCESS_FETCH, &x), TRAP_NONE);
    assert_int_equal(x.ra, GUEST_BASE + DATA + 4);
    assert_int_equal(cpu->tlb_fills, fills);

    /* by page, by process, everything, and for code */
    remap(b, other, 16, DATA);
    tlb_flush(cpu, LPID, PID, other, 16);
    assert_int_equal(load8(cpu, other), 1);
    remap(b, USER_EA, 16, DATA + 0x10000);
    tlb_flush(cpu, LPID, PID, ~0ULL, 0);
    assert_int_equal(load8(cpu, USER_EA), 2);
    assert_int_equal(load8(cpu, other), 1);
    remap(b, USER_EA, 16, DATA);
    tlb_flush(cpu, LPID, PID, USER_EA & ~0x1fffffULL, 21);
    assert_int_equal(load8(cpu, USER_EA), 1);

    ra_t ra = GUEST_BASE + DATA;
    remap(b, other, 16, DATA + 0x10000);
    tlb_flush_all(cpu);
    assert_int_equal(mem_store8(cpu, USER_EA, 5), TRAP_NONE);
    assert_int_equal(load8(cpu, other), 2); /* the entry for stores is out */
    b->m.mem.code_map[ra >> 12] = 1;
    tlb_protect_code(&b->m, ra);
    b->written = 0;
    assert_int_equal(mem_store8(cpu, USER_EA + 1, 5), TRAP_NONE);
    assert_int_equal(b->written, ra + 1);
}

static void test_tlbie_needs_the_right(void **state)
{
    struct bed *b = *state;
    struct insn in = tlbie_insn(b->cpu, 0, 0, 0, LPID);
    assert_int_equal(op_tlbie(b->cpu, &in), TRAP_PROGRAM); /* partition scope from a guest */
    assert_int_equal(op_tlbiel(b->cpu, &in), TRAP_PROGRAM);
    b->cpu->lpcr &= ~LPCR_GTSE;
    in = tlbie_insn(b->cpu, 0, 1, 1 << 10, 0);
    assert_int_equal(op_tlbie(b->cpu, &in), TRAP_PROGRAM);
    assert_int_equal(op_tlbiel(b->cpu, &in), TRAP_RESCHED);
}

static void test_partition_scoped_tlbie_reaches_the_guest(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    *guest_byte(b, SMALL_GRA + 0x10000) = 7;
    remap(b, USER_EA, 16, SMALL_GRA);
    assert_int_equal(load8(cpu, USER_EA), 0);
    map_host(b, SMALL_GRA, 16, (GUEST_BASE + SMALL_GRA + 0x10000) | USER_RWX);
    mode(b, MSR_HV);
    struct insn in = tlbie_insn(cpu, 0, 0, SMALL_GRA | 5 << 5, LPID);
    assert_int_equal(op_tlbie(cpu, &in), TRAP_RESCHED);
    mode(b, KERNEL);
    assert_int_equal(load8(cpu, USER_EA), 7);
}

/* ---- code pages ---- */

/* Neighbours never share an entry; the first granule is the last one's neighbour. */
static void test_straddling_access_never_hits_the_next_granule(void **state)
{
    struct bed *b = *state;
    for (unsigned bit = TLB_GRANULE_LOG2; bit <= 64; bit++)
        for (uint64_t high = 0; high < 64; high++) {
            ea_t next = bit == 64 ? 0 : (high << bit) + (1ULL << bit);
            assert_int_not_equal(tlb_index(next - 1), tlb_index(next));
        }
    /* The page from 256 GiB on is mapped and cached, the one before it is not. */
    const ea_t boundary = 1ULL << 38;
    uint32_t v;
    map_user(b, boundary, 16, DATA | USER_RWX);
    assert_int_equal(mem_load32(b->cpu, boundary, &v), TRAP_NONE);
    assert_int_equal(b->cpu->tlb->e[tlb_index(boundary)].tag_r, boundary);
    assert_int_equal(mem_load32(b->cpu, boundary - 2, &v), TRAP_DSI);
    assert_int_equal(mem_store32(b->cpu, boundary - 2, 0), TRAP_DSI);
}

static void test_stores_to_code_pages_are_reported(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    ra_t ra = GUEST_BASE + DATA;
    uint8_t *map_byte = &b->m.mem.code_map[ra >> 12];
    remap(b, USER_EA, 16, DATA);
    assert_int_equal(mem_store32(cpu, USER_EA + 8, 1), TRAP_NONE);
    assert_int_equal(cpu->tlb->e[tlb_index(USER_EA)].tag_w, USER_EA);
    assert_int_not_equal(b->m.mem.write_hint[ra >> 16], 0);

    *map_byte = 1;
    tlb_protect_code(&b->m, ra);
    assert_int_equal(cpu->tlb->e[tlb_index(USER_EA)].tag_w, TLB_NO_TAG);
    assert_int_equal(cpu->tlb->e[tlb_index(USER_EA)].tag_r, USER_EA);
    assert_int_equal(b->m.mem.write_hint[ra >> 16], 0);

    /* Another page of the granule first, so that the second level knows both. */
    assert_int_equal(mem_store32(cpu, USER_EA + 0x1000, 1), TRAP_NONE);
    assert_int_equal(b->written_len, 0);
    *map_byte = 0;
    assert_int_equal(mem_store32(cpu, USER_EA + 8, 1), TRAP_NONE);
    *map_byte = 1;
    tlb_protect_code(&b->m, ra);
    assert_int_equal(mem_store32(cpu, USER_EA + 8, 2), TRAP_NONE);
    assert_int_equal(b->written, ra + 8);
    assert_int_equal(b->written_len, 4);
    /* memory_written() dropped the code: stores return to the first level. */
    for (int i = 0; i < 2; i++)
        assert_int_equal(mem_store32(cpu, USER_EA + 8, 3), TRAP_NONE);
    assert_int_equal(cpu->tlb->e[tlb_index(USER_EA)].tag_w, USER_EA);

    *map_byte = 1;
    tlb_protect_code(&b->m, ra);
    uint8_t *host = NULL;
    ra_t at = 0;
    b->written = 0;
    assert_int_equal(mmu_host(cpu, USER_EA + 0x80, 128, ACCESS_STORE, &host, &at), TRAP_NONE);
    assert_ptr_equal(host, b->m.mem.ram + ra + 0x80);
    mmu_stored(cpu, at, 128);
    assert_int_equal(b->written, ra + 0x80);
}

static void test_forgotten_code_leaves_the_itlb(void **state)
{
    struct bed *b = *state;
    struct insn ops[2] = {0};
    tlb_note_code(&b->cpu[1], 0x3000, &ops[0]);
    tlb_note_code(&b->cpu[1], 0x4000, &ops[1]);
    assert_ptr_equal(b->cpu[1].tlb->i[3].ops, &ops[0]);
    tlb_forget_code(&b->m, &ops[0]);
    assert_int_equal(b->cpu[1].tlb->i[3].tag, TLB_NO_TAG);
    assert_int_equal(b->cpu[1].tlb->i[4].tag, 0x4000);
}

static void test_forgotten_native_code_is_not_jumped_to(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = &b->cpu[1];
    _Alignas(64) struct insn ops[2][64 / sizeof(struct insn) + 1] = {0};
    tlb_note_code(cpu, 0x3000, ops[0]);
    tlb_note_jump(cpu->tlb, &(struct jump_entry){0x3004, 1, code_name(ops[0])});
    tlb_note_jump(cpu->tlb, &(struct jump_entry){0x4004, 2, code_name(ops[1])});
    assert_int_equal(jump_known(cpu, 0x3004), 0x3004);
    tlb_forget_native(&b->m, ops[0]);
    assert_int_equal(jump_known(cpu, 0x3004), TLB_NO_TAG);
    assert_int_equal(jump_known(cpu, 0x4004), 0x4004);
    assert_int_equal(cpu->tlb->i[3].tag, 0x3000); /* the page is still there */
}

static void test_nothing_is_cached_without_an_engine_that_asks(void **state)
{
    struct bed *b = *state;
    remap(b, USER_EA, 16, DATA);
    *guest_byte(b, DATA + 0x10000) = 2;
    assert_int_equal(load8(b->cpu, USER_EA), 0);
    remap(b, USER_EA, 16, DATA + 0x10000);
    assert_int_equal(load8(b->cpu, USER_EA), 2);
}

static void test_memory_clear_and_devices(void **state)
{
    struct bed *b = *state;
    const struct memory *mem = &b->m.mem;
    b->m.mem.secure[5] = 1;
    memory_clear(&b->m.mem);
    assert_int_equal(mem->secure[5], 0);
    assert_int_equal(*table_at(b, PATB + 16 * LPID, false), 0);
    assert_null(memory_ptr(mem, RAM_SIZE - 4, 8));
    assert_null(memory_find_mmio(mem, DEVICE + 0xfffc, 8));
    assert_non_null(memory_find_mmio(mem, DEVICE + 0xfff8, 8));
    assert_null(memory_find_mmio(mem, DEVICE - 1, 1));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nested_walk_finds_the_page),
        TEST(test_walk_sets_r_and_c),
        TEST(test_process_scoped_faults),
        TEST(test_addresses_out_of_range_are_segment_faults),
        TEST(test_bad_tables_are_reported),
        TEST(test_partition_scoped_faults),
        TEST(test_store_refused_by_partition_leaves_c_clear),
        TEST(test_guest_real_mode_goes_through_the_partition),
        TEST(test_hypervisor_real_mode_offsets),
        TEST(test_hypervisor_quadrants),
        TEST(test_amr_key_0_stops_privileged_access_to_user_pages),
        TEST(test_iamr_key_0_stops_privileged_fetch_of_user_pages),
        TEST(test_fetches_go_where_loads_went_if_they_may),
        TEST(test_accessors_follow_guest_byte_order),
        TEST(test_straddling_store_writes_nothing_when_one_page_faults),
        TEST(test_small_pages_use_the_second_level),
        TEST(test_device_values_are_big_endian),
        TEST(test_unmapped_real_address_is_a_machine_check),
        TEST(test_atomics_learn_of_caching_inhibited_pages),
        TEST(test_normal_accesses_never_reach_secure_memory),
        TEST(test_secure_tables_serve_secure_walks_only_but_for_the_partition_table),
        TEST(test_contexts_are_kept_and_recycled),
        TEST(test_new_contexts_know_the_kernel),
        TEST(test_tlbie_page_reaches_all_cpus_and_only_that_page),
        TEST(test_tlbie_4k_page_in_the_second_level),
        TEST(test_tlbie_wider_forms),
        TEST(test_tlbie_of_pid_0_drops_kernel_pages_of_every_process),
        TEST(test_entries_pushed_out_come_back_unless_flushed),
        TEST(test_tlbie_needs_the_right),
        TEST(test_partition_scoped_tlbie_reaches_the_guest),
        TEST(test_straddling_access_never_hits_the_next_granule),
        TEST(test_stores_to_code_pages_are_reported),
        TEST(test_forgotten_code_leaves_the_itlb),
        TEST(test_forgotten_native_code_is_not_jumped_to),
        TEST(test_memory_clear_and_devices),
        cmocka_unit_test_setup_teardown(test_nothing_is_cached_without_an_engine_that_asks,
                                        setup_plain, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
