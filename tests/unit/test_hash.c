/* SPDX-License-Identifier: Apache-2.0 */
/* Hash translation over a small HPT that the hypercalls fill: search, rights, the SLB and its
 * instructions, the VRMA, and that nothing stays in the software TLBs which should go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../src/mmu/faults.c"
#include "../../src/mmu/hash.c"
#include "../../src/mmu/slb.c"
#include "../../src/mmu/translate.c"
#include "../../src/mmu/tlb.c"
#include "../../src/mmu/tlb_context.c"
#include "../../src/mmu/tlb_flush.c"
#include "../../src/mmu/tlbie.c"
#include "../../src/hypervisor/pagetable.c"
#include "../../src/hypervisor/hcall_hpt.c"

#define GUEST_RAM (64 * MiB)
#define USER_EA   0x10000000ULL         /* a segment of 256 MiB */
#define HIGH_EA   0x7fff00000000ULL     /* one of 1 TiB */
#define KERNEL_EA 0xc000000000000000ULL /* another one */
#define USER_VSID 0x123456789ULL
#define HIGH_VSID 0x7654321ULL
#define KERN_VSID 0x00abcdeULL
#define DATA      0x1000000ULL /* guest real, 16 MiB aligned */
#define KERNEL    (MSR_SF | MSR_ME | MSR_IR | MSR_DR)
#define USER      (KERNEL | MSR_PR)
#define REAL      (MSR_SF | MSR_ME)
#define RW_PAGE   (HPTE1_M | 2)

uint32_t log_mask;
void log_write(uint32_t item, const char *fmt, ...)
{
    (void)item, (void)fmt;
}
void memory_written(struct machine *m, ra_t ra, uint64_t len)
{
    (void)m, (void)ra, (void)len;
}

struct bed {
    struct machine m;
    struct cpu cpu[2];
    struct hypervisor hv;
};

static const struct engine caching = {.name = "test", .uses_tlb = true};

static int setup_ram(void **state, uint64_t ram)
{
    struct bed *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    b->m.cfg.ram_size = ram;
    b->m.cfg.radix_allowed = b->m.cfg.hash_allowed = true;
    assert_true(memory_init(&b->m.mem, ram + hv_ram_needed(&b->m.cfg), 0));
    b->m.engine = &caching;
    b->m.cpus = b->cpu;
    b->m.ncpus = 2;
    b->hv.m = &b->m;
    b->m.hv = &b->hv;
    assert_true(pagetable_build(&b->hv));
    for (unsigned i = 0; i < 2; i++) {
        struct cpu *cpu = &b->cpu[i];
        cpu->machine = &b->m;
        cpu->index = i;
        cpu->lpid = HV_LPID;
        cpu->amor = ~0ULL;
        cpu->ptcr = pagetable_ptcr(&b->hv);
        cpu->lpcr = LPCR_HR | LPCR_UPRT | LPCR_GTSE;
        assert_true(tlb_init(cpu));
        cpu_set_msr(cpu, KERNEL);
    }
    hv_set_mmu_mode(&b->hv, true);
    *state = b;
    return 0;
}

static int setup(void **state)
{
    return setup_ram(state, GUEST_RAM);
}

static int teardown(void **state)
{
    struct bed *b = *state;
    for (unsigned i = 0; i < 2; i++)
        tlb_destroy(&b->cpu[i]);
    memory_free(&b->m.mem);
    free(b);
    return 0;
}

/* ---- what a guest does ---- */

static struct insn insn(unsigned rt, unsigned rb, uint32_t word)
{
    return (struct insn){.rt = rt, .rb = rb, .word = word};
}

static void slbmte(struct cpu *cpu, unsigned index, ea_t ea, uint64_t vsid_side)
{
    struct insn in = insn(3, 4, 0);
    cpu->gpr[3] = vsid_side;
    cpu->gpr[4] = (ea & SLB_ESID) | SLB_V | index;
    assert_int_equal(op_slbmte(cpu, &in), TRAP_RESCHED);
}

static void slbia(struct cpu *cpu, unsigned ih)
{
    struct insn in = insn(0, 0, 0x7c0003e4 | ih << 21);
    assert_int_equal(op_slbia(cpu, &in), TRAP_RESCHED);
}

static uint64_t segment_256m(uint64_t vsid, uint64_t flags)
{
    return vsid << 12 | flags;
}

static uint64_t segment_1t(uint64_t vsid, uint64_t flags)
{
    return 1ULL << 62 | vsid << 24 | flags;
}

#define L_LP_64K (SLB_L | 1 << 4)

/* User segments in entries 1 and 2, class 1; the kernel's in entry 0. */
static void segments(struct cpu *cpu, uint64_t l_lp)
{
    slbmte(cpu, 0, KERNEL_EA, segment_1t(KERN_VSID, SLB_KP | l_lp));
    slbmte(cpu, 1, USER_EA, segment_256m(USER_VSID, SLB_KS | SLB_KP | SLB_C | l_lp));
    slbmte(cpu, 2, HIGH_EA & ~0xffffffffffULL,
           segment_1t(HIGH_VSID, SLB_KS | SLB_KP | SLB_C | l_lp));
}

static int64_t call(struct bed *b, hcall_handler handler, uint64_t a, uint64_t v, uint64_t c,
                    uint64_t d, struct hcall *out)
{
    struct hcall h = {.hv = &b->hv, .cpu = b->cpu, .args = {a, v, c, d}};
    int64_t rc = handler(&h);
    if (out)
        *out = h;
    return rc;
}

/* A virtual page as the hash function sees it, in the words of the manual and not of hash.c. */
struct page {
    unsigned b;
    uint64_t vsid, offset;
    unsigned base_log2;
};

static struct page page_of(ea_t ea, unsigned base_log2)
{
    if (ea >> 60 == 0xc)
        return (struct page){1, KERN_VSID, ea & 0xffffffffff, base_log2};
    if (ea >> 28 == USER_EA >> 28)
        return (struct page){0, USER_VSID, ea & 0xfffffff, base_log2};
    return (struct page){1, HIGH_VSID, ea & 0xffffffffff, base_log2};
}

static uint64_t group_of(const struct bed *b, struct page p)
{
    uint64_t hash = p.vsid ^ (p.offset >> p.base_log2);
    if (p.b)
        hash ^= p.vsid << 25;
    return hash & ((1ULL << (b->hv.hpt.size_log2 - 7)) - 1);
}

/* Old form, without H. */
static uint64_t avpn_of(struct page p)
{
    u128 va = (u128)p.vsid << (p.b ? 40 : 28) | p.offset;
    uint64_t avpn = va >> 23;
    if (p.base_log2 == 24)
        avpn &= ~1ULL;
    return (uint64_t)p.b << 62 | avpn << 7;
}

static const struct size {
    unsigned base_log2, size_log2;
    uint64_t slb, l, lp;
} sizes[] = {
    {12, 12, 0, 0, 0},
    {12, 16, 0, HPTE0_L, 0x7},
    {12, 24, 0, HPTE0_L, 0x38},
    {16, 16, L_LP_64K, HPTE0_L, 0x1},
    {16, 24, L_LP_64K, HPTE0_L, 0x8},
    {24, 24, SLB_L, HPTE0_L, 0x0},
};

static int64_t enter_sized(struct bed *b, ea_t ea, const struct size *s, gra_t gra, uint64_t low,
                           bool secondary, uint64_t *slot)
{
    struct hcall h;
    struct page p = page_of(ea, s->base_log2);
    uint64_t group = group_of(b, p);
    if (secondary)
        group = ~group & ((1ULL << (b->hv.hpt.size_log2 - 7)) - 1);
    uint64_t dw0 = avpn_of(p) | s->l | (secondary ? HPTE0_H : 0) | HPTE0_V;
    int64_t rc = call(b, h_enter, 0, group * 8, dw0, gra | s->lp << 12 | low, &h);
    if (!rc && slot)
        *slot = h.ret[0];
    return rc;
}

/* A page of 64 KiB; returns its slot. */
static uint64_t enter(struct bed *b, ea_t ea, gra_t gra, uint64_t low)
{
    uint64_t slot = ~0ULL;
    assert_int_equal(enter_sized(b, ea, &sizes[3], gra, low, false, &slot), H_SUCCESS);
    return slot;
}

static uint64_t dw1_of(struct bed *b, uint64_t slot)
{
    return slot_read(&b->hv, slot).dw1;
}

static void assert_fault(struct bed *b, trap_t got, trap_t want, uint64_t cause)
{
    const struct trap_info *t = &b->cpu->trap;
    bool fetch = want == TRAP_ISI || want == TRAP_HISI;
    assert_int_equal(got, want);
    assert_int_equal(fetch ? t->srr1 : t->dsisr, cause);
}

static trap_t load(struct cpu *cpu, ea_t ea)
{
    uint32_t v;
    return mem_load32(cpu, ea, &v);
}

static bool is_cached(const struct cpu *cpu, ea_t ea)
{
    for (unsigned i = 0; i < TLB_VICTIMS; i++)
        if (cpu->tlb->v[i].tag_r == (ea & TLB_MASK))
            return true;
    return cpu->tlb->e[tlb_index(ea)].tag_r == (ea & TLB_MASK) ||
           cpu->tlb->s[tlb_small_index(ea)].tag_r == (ea & TLB_SMALL_MASK);
}

/* ---- translation ---- */

static void test_without_a_segment_it_is_a_segment_fault(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    assert_int_equal(mmu_translate(b->cpu, USER_EA + 8, ACCESS_LOAD, &x), TRAP_DSEG);
    assert_int_equal(b->cpu->trap.dar, USER_EA + 8);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_FETCH, &x), TRAP_ISEG);
    slbmte(b->cpu, 5, USER_EA, 2ULL << 62 | USER_VSID << 12); /* B is reserved */
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_LOAD, &x), TRAP_DSEG);
}

static void test_every_page_size_in_both_segment_sizes_and_groups(void **state)
{
    struct bed *b = *state;
    static const ea_t eas[] = {USER_EA, HIGH_EA, KERNEL_EA};
    for (unsigned i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(eas) * 2; i++) {
        const struct size *s = &sizes[i / 2 % ARRAY_SIZE(sizes)];
        ea_t ea = eas[i / 2 / ARRAY_SIZE(sizes)] + 0x5abc000;
        uint64_t low = (1ULL << s->size_log2) - 1, slot;
        gra_t gra = (DATA + 0x1230000) & ~low;
        struct xlate x;

        hpt_reset(&b->hv);
        segments(b->cpu, s->slb);
        assert_fault(b, mmu_translate(b->cpu, ea + 0x123, ACCESS_LOAD, &x), TRAP_DSI, DSISR_NOHPTE);
        assert_int_equal(enter_sized(b, ea, s, gra, RW_PAGE, i & 1, &slot), H_SUCCESS);
        assert_int_equal(mmu_translate(b->cpu, ea + 0x123, ACCESS_LOAD, &x), TRAP_NONE);
        assert_int_equal(x.ra, gra | ((ea + 0x123) & low));
        assert_int_equal(x.size_log2, s->size_log2);
        assert_true(x.read && x.exec && !x.write && !x.guarded_io);
        assert_fault(b, mmu_translate(b->cpu, ea ^ 0x4000000, ACCESS_FETCH, &x), TRAP_ISI,
                     DSISR_NOHPTE);
        /* Another base page size of the segment does not find it. */
        segments(b->cpu, s->base_log2 == 16 ? SLB_L : L_LP_64K);
        assert_int_equal(mmu_translate(b->cpu, ea + 0x123, ACCESS_LOAD, &x), TRAP_DSI);
    }
}

/* A small table uses few bits of the hash value. */
static void test_hash_value_in_full(void **state)
{
    (void)state;
    assert_int_equal(hpte_hash(SEGMENT_256M, 0x123456789a, 0xabcd000, 12), 0x123456789a ^ 0xabcd);
    assert_int_equal(hpte_hash(SEGMENT_1T, 0x1234567, 0x8000000000, 16),
                     0x1234567 ^ (0x1234567ULL << 25 & 0x7fffffffff) ^ 0x800000);
}

static void test_secondary_group_can_be_switched_off(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    segments(b->cpu, L_LP_64K);
    assert_int_equal(enter_sized(b, USER_EA, &sizes[3], DATA, RW_PAGE, true, NULL), H_SUCCESS);
    b->cpu->lpcr |= LPCR_TC;
    assert_fault(b, mmu_translate(b->cpu, USER_EA, ACCESS_STORE, &x), TRAP_DSI,
                 DSISR_NOHPTE | DSISR_ISSTORE);
    b->cpu->lpcr &= ~LPCR_TC;
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_STORE, &x), TRAP_NONE);
}

static void test_r_and_c_are_set_by_accesses_alone(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    segments(b->cpu, L_LP_64K);
    uint64_t slot = enter(b, USER_EA, DATA, RW_PAGE);
    assert_true(mmu_probe(b->cpu, USER_EA, ACCESS_STORE, &x));
    assert_int_equal(dw1_of(b, slot) & (HPTE1_R | HPTE1_C), 0);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_LOAD, &x), TRAP_NONE);
    assert_int_equal(dw1_of(b, slot) & (HPTE1_R | HPTE1_C), HPTE1_R);
    assert_false(x.write);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_STORE, &x), TRAP_NONE);
    assert_int_equal(dw1_of(b, slot) & (HPTE1_R | HPTE1_C), HPTE1_R | HPTE1_C);
    assert_true(x.write);
}

static void test_page_protection(void **state)
{
    struct bed *b = *state;
    /* pp0 and pp: what storage key 0 and 1 may; R, W */
    static const struct {
        unsigned pp, key0, key1;
    } rows[] = {{0, 3, 0}, {1, 3, 1}, {2, 3, 3}, {3, 1, 1},
                {4, 0, 0}, {5, 0, 0}, {6, 1, 0}, {7, 0, 0}};
    segments(b->cpu, L_LP_64K);
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct xlate x;
        uint64_t low = HPTE1_M | (rows[i].pp & 3) | (rows[i].pp & 4 ? HPTE1_PP0 : 0);
        uint64_t slot = enter(b, KERNEL_EA, DATA, low);
        for (unsigned key = 0; key < 2; key++) { /* the kernel's segment: Ks 0, Kp 1 */
            unsigned may = key ? rows[i].key1 : rows[i].key0;
            cpu_set_msr(b->cpu, key ? USER : KERNEL);
            assert_fault(b, mmu_translate(b->cpu, KERNEL_EA, ACCESS_LOAD, &x),
                         may & 1 ? TRAP_NONE : TRAP_DSI,
                         may & 1 ? b->cpu->trap.dsisr : DSISR_PROTFAULT);
            assert_fault(b, mmu_translate(b->cpu, KERNEL_EA, ACCESS_STORE, &x),
                         may & 2 ? TRAP_NONE : TRAP_DSI,
                         may & 2 ? b->cpu->trap.dsisr : DSISR_PROTFAULT | DSISR_ISSTORE);
            trap_t t = mmu_translate(b->cpu, KERNEL_EA, ACCESS_FETCH, &x);
            if (may & 1)
                assert_int_equal(t, TRAP_NONE);
            else
                assert_fault(b, t, TRAP_ISI, DSISR_PROTFAULT);
        }
        cpu_set_msr(b->cpu, KERNEL);
        assert_int_equal(call(b, h_remove, 0, slot, 0, 0, NULL), H_SUCCESS);
    }
}

static void test_no_execute_of_page_and_segment(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    segments(b->cpu, L_LP_64K);
    enter(b, KERNEL_EA, DATA, RW_PAGE | HPTE1_N);
    enter(b, KERNEL_EA + 0x10000, DATA, RW_PAGE | HPTE1_G);
    enter(b, USER_EA, DATA, RW_PAGE);
    assert_fault(b, mmu_translate(b->cpu, KERNEL_EA, ACCESS_FETCH, &x), TRAP_ISI, DSISR_NOEXEC_G);
    assert_fault(b, mmu_translate(b->cpu, KERNEL_EA + 0x10000, ACCESS_FETCH, &x), TRAP_ISI,
                 DSISR_NOEXEC_G);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_FETCH, &x), TRAP_NONE);
    slbmte(b->cpu, 1, USER_EA, segment_256m(USER_VSID, L_LP_64K | SLB_N));
    assert_fault(b, mmu_translate(b->cpu, USER_EA, ACCESS_FETCH, &x), TRAP_ISI, DSISR_NOEXEC_G);
}

static void test_class_keys(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    struct xlate x;
    segments(cpu, L_LP_64K);
    /* key 21 = 0b10101 */
    enter(b, USER_EA, DATA, RW_PAGE | 2ULL << 60 | 5 << 9);
    enter(b, USER_EA + 0x10000, DATA, HPTE1_M | 3 | 2ULL << 60 | 5 << 9);
    for (unsigned pr = 0; pr < 2; pr++) {
        cpu_set_msr(cpu, pr ? USER : KERNEL);
        cpu->iamr = 0;
        cpu->amr = PPC_BIT(42);
        assert_fault(b, mmu_translate(cpu, USER_EA, ACCESS_STORE, &x), TRAP_DSI,
                     DSISR_KEYFAULT | DSISR_ISSTORE);
        assert_fault(b, mmu_translate(cpu, USER_EA + 0x10000, ACCESS_STORE, &x), TRAP_DSI,
                     DSISR_KEYFAULT | DSISR_PROTFAULT | DSISR_ISSTORE);
        assert_int_equal(mmu_translate(cpu, USER_EA, ACCESS_LOAD, &x), TRAP_NONE);
        assert_true(x.read && !x.write && x.exec);
        cpu->amr = PPC_BIT(43);
        cpu->iamr = PPC_BIT(43);
        assert_fault(b, mmu_translate(cpu, USER_EA, ACCESS_LOAD, &x), TRAP_DSI, DSISR_KEYFAULT);
        assert_fault(b, mmu_translate(cpu, USER_EA, ACCESS_FETCH, &x), TRAP_ISI, DSISR_KEYFAULT);
        assert_int_equal(mmu_translate(cpu, USER_EA, ACCESS_STORE, &x), TRAP_NONE);
        assert_true(!x.read && x.write && !x.exec);
    }
}

static void test_storage_control(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    segments(b->cpu, L_LP_64K);
    enter(b, KERNEL_EA, XIVE_TIMA_OS, HPTE1_I | HPTE1_G | 2);
    enter(b, KERNEL_EA + 0x10000, DATA, HPTE1_W | HPTE1_I | HPTE1_M | 2);
    assert_true(mmu_probe(b->cpu, KERNEL_EA + 0x10000, ACCESS_LOAD, &x));
    assert_false(x.guarded_io); /* strong access ordering */
    /* No device behind it here. */
    assert_int_equal(mmu_translate(b->cpu, KERNEL_EA, ACCESS_LOAD, &x), TRAP_MCHECK);
    assert_true(x.guarded_io);
    assert_int_equal(x.ra, XIVE_TIMA_OS);
}

static void test_vpm_gives_storage_faults_to_the_hypervisor(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    segments(b->cpu, L_LP_64K);
    b->cpu->lpcr |= LPCR_VPM1;
    assert_fault(b, mmu_translate(b->cpu, USER_EA + 4, ACCESS_STORE, &x), TRAP_HDSI,
                 DSISR_NOHPTE | DSISR_ISSTORE);
    assert_int_equal(b->cpu->trap.asdr,
                     segment_256m(USER_VSID, SLB_KS | SLB_KP | SLB_C | L_LP_64K));
    assert_int_equal(b->cpu->trap.dar, USER_EA + 4);
    assert_fault(b, mmu_translate(b->cpu, USER_EA, ACCESS_FETCH, &x), TRAP_HISI, DSISR_NOHPTE);
    assert_int_equal(mmu_translate(b->cpu, 0x900000000ULL, ACCESS_LOAD, &x), TRAP_DSEG);
}

static void check_vrma(struct bed *b, unsigned page_log2, gra_t end)
{
    struct xlate x;
    cpu_set_msr(b->cpu, REAL);
    b->cpu->amr = b->cpu->iamr = ~0ULL; /* no keys there */
    for (gra_t gra = 0; gra < end; gra += 1 << 16) {
        assert_int_equal(mmu_translate(b->cpu, gra + 0x123, ACCESS_STORE, &x), TRAP_NONE);
        assert_int_equal(x.ra, gra + 0x123);
        assert_int_equal(x.size_log2, page_log2);
        assert_true(x.read && x.write && x.exec);
    }
    /* EA 0:3 don't count. */
    assert_int_equal(mmu_translate(b->cpu, KERNEL_EA + 0x4000, ACCESS_FETCH, &x), TRAP_NONE);
    assert_int_equal(x.ra, 0x4000);
    assert_fault(b, mmu_translate(b->cpu, end, ACCESS_LOAD, &x), TRAP_HDSI, DSISR_NOHPTE);
    assert_int_equal(b->cpu->trap.asdr, segment_1t(0x1ffffff, page_log2 == 24 ? SLB_L : L_LP_64K));
    assert_fault(b, mmu_translate(b->cpu, 1ULL << 40, ACCESS_FETCH, &x), TRAP_HISI, DSISR_NOHPTE);
}

static void test_real_mode_goes_through_the_vrma(void **state)
{
    check_vrma(*state, 24, GUEST_RAM);
}

static void test_vrma_of_odd_memory_has_pages_of_64k(void **state)
{
    struct bed *b;
    (void)state;
    setup_ram((void **)&b, GUEST_RAM + 0x20000);
    check_vrma(b, 16, GUEST_RAM + 0x20000);
    teardown((void **)&b);
}

static void test_lpcr_must_agree_with_the_partition_table(void **state)
{
    struct bed *b = *state;
    struct xlate x;
    b->cpu->lpcr |= LPCR_HR;
    segments(b->cpu, L_LP_64K);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_LOAD, &x), TRAP_HDSI);
    assert_int_equal(b->cpu->trap.dsisr, DSISR_UNSUPP_MMU);
    cpu_set_msr(b->cpu, REAL);
    assert_int_equal(mmu_translate(b->cpu, 0, ACCESS_LOAD, &x), TRAP_HDSI);
    assert_int_equal(b->cpu->trap.dsisr, DSISR_UNSUPP_MMU);
}

static void test_hpt_outside_memory_is_a_machine_check(void **state)
{
    struct bed *b = *state;
    struct xlate x = {0};
    segments(b->cpu, L_LP_64K);
    pagetable_set_root(&b->hv, 1ULL << 40);
    assert_int_equal(mmu_translate(b->cpu, USER_EA, ACCESS_LOAD, &x), TRAP_MCHECK);
}

/* ---- SLB instructions ---- */

static bool is_valid(const struct cpu *cpu, unsigned i)
{
    return cpu->slb[i].esid & SLB_V;
}

static void test_slb_reads_back(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    struct insn in = insn(5, 6, 0);
    segments(cpu, L_LP_64K);
    cpu->gpr[6] = 1;
    op_slbmfee(cpu, &in);
    assert_int_equal(cpu->gpr[5], USER_EA | SLB_V);
    op_slbmfev(cpu, &in);
    assert_int_equal(cpu->gpr[5], segment_256m(USER_VSID, SLB_KS | SLB_KP | SLB_C | L_LP_64K));
    cpu->gpr[6] = 31;
    op_slbmfee(cpu, &in);
    assert_int_equal(cpu->gpr[5], 0);
    cpu->gpr[6] = HIGH_EA;
    cpu->so = 1;
    op_slbfee_(cpu, &in);
    assert_int_equal(cpu->gpr[5], segment_1t(HIGH_VSID, SLB_KS | SLB_KP | SLB_C | L_LP_64K));
    assert_int_equal(cpu->cr[0], CR_EQ | CR_SO);
    cpu->gpr[6] = HIGH_EA + (1ULL << 40);
    op_slbfee_(cpu, &in);
    assert_int_equal(cpu->gpr[5], 0);
    assert_int_equal(cpu->cr[0], CR_SO);
}

static void test_slbie_takes_the_segment_named(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    struct insn in = insn(0, 6, 0);
    segments(cpu, L_LP_64K);
    enter(b, USER_EA, DATA, RW_PAGE);
    enter(b, HIGH_EA, DATA, RW_PAGE);
    assert_int_equal(load(cpu, USER_EA) | load(cpu, HIGH_EA), TRAP_NONE);
    cpu->gpr[6] = (HIGH_EA & SLB_ESID) | 1 << 25;
    op_slbie(cpu, &in);
    assert_false(is_valid(cpu, 2));
    assert_true(is_valid(cpu, 1));
    assert_int_equal(load(cpu, HIGH_EA), TRAP_DSEG);
    assert_true(is_cached(cpu, USER_EA));
    cpu->gpr[6] = USER_EA | 1 << 25; /* not of this size */
    op_slbie(cpu, &in);
    assert_true(is_valid(cpu, 1));
}

static void test_slbia_hints(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    /* Entries that stay, of 0 (class 0) and 1 and 2 (class 1), then 0 in class 1 instead. */
    static const struct {
        unsigned ih, stay, stay_class1;
    } rows[] = {{0, 1, 1}, {1, 1, 1}, {2, 1, 1}, {3, 1, 0}, {4, 0, 0}, {6, 1, 1}, {7, 7, 7}};
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
        bool class1 = i & 1;
        unsigned got = 0;
        segments(cpu, L_LP_64K);
        if (class1)
            slbmte(cpu, 0, KERNEL_EA, segment_1t(KERN_VSID, SLB_C));
        slbia(cpu, rows[i / 2].ih);
        for (unsigned n = 0; n < SLB_ENTRIES; n++)
            got |= is_valid(cpu, n) << n;
        assert_int_equal(got, class1 ? rows[i / 2].stay_class1 : rows[i / 2].stay);
    }
}

static void test_slbia_takes_translations_of_the_kernel_along(void **state)
{
    struct bed *b = *state;
    for (unsigned ih = 0; ih < 8; ih++) {
        segments(b->cpu, L_LP_64K);
        slbmte(b->cpu, 3, KERNEL_EA + (1ULL << 40), segment_1t(KERN_VSID, L_LP_64K));
        if (!ih)
            enter(b, KERNEL_EA, DATA, RW_PAGE);
        assert_int_equal(load(b->cpu, KERNEL_EA + (1ULL << 40)), TRAP_NONE);
        slbia(b->cpu, ih);
        assert_int_equal(load(b->cpu, KERNEL_EA + (1ULL << 40)),
                         ih == 3 || ih == 7 ? TRAP_NONE : TRAP_DSEG);
    }
}

static void test_global_slb_instructions_need_gtse(void **state)
{
    struct bed *b = *state;
    struct insn in = insn(5, 6, 0);
    segments(b->cpu, L_LP_64K);
    assert_int_equal(op_slbieg(b->cpu, &in), TRAP_PROGRAM);
    assert_int_equal(op_slbiag(b->cpu, &in), TRAP_PROGRAM);
    b->cpu->lpcr |= LPCR_GTSE;
    b->cpu->gpr[6] = USER_EA;
    assert_int_equal(op_slbieg(b->cpu, &in), TRAP_NONE);
    assert_int_equal(op_slbiag(b->cpu, &in), TRAP_NONE);
    assert_true(is_valid(b->cpu, 1)); /* software made it */
}

/* ---- what the software TLBs may keep ---- */

static void test_context_switch_forgets_the_process_only(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    const ea_t kernel = KERNEL_EA + 0x2000000; /* shares no place in the TLB with the others */
    for (unsigned pages = 1; pages < 1000; pages += 499) { /* within the log, and beyond it */
        hpt_reset(&b->hv);
        segments(cpu, L_LP_64K);
        enter(b, kernel, DATA, RW_PAGE);
        for (unsigned i = 0; i < pages; i++)
            enter(b, USER_EA + (i << 16), DATA, RW_PAGE);
        for (unsigned i = 0; i < pages; i++)
            assert_int_equal(load(cpu, USER_EA + (i << 16)), TRAP_NONE);
        assert_int_equal(load(cpu, kernel), TRAP_NONE);
        cpu_set_msr(cpu, USER);
        assert_int_equal(load(cpu, USER_EA), TRAP_NONE);
        slbia(cpu, 3);
        assert_int_equal(load(cpu, USER_EA), TRAP_DSEG);
        cpu_set_msr(cpu, KERNEL);
        assert_true(is_cached(cpu, kernel));
        for (unsigned i = 0; i < pages; i++)
            assert_int_equal(load(cpu, USER_EA + (i << 16)), TRAP_DSEG);
    }
}

static void test_small_pages_are_forgotten_too(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    segments(cpu, 0);
    assert_int_equal(enter_sized(b, USER_EA, &sizes[0], DATA, RW_PAGE, false, NULL), H_SUCCESS);
    assert_int_equal(load(cpu, USER_EA), TRAP_NONE);
    assert_true(is_cached(cpu, USER_EA));
    slbia(cpu, 3);
    assert_int_equal(load(cpu, USER_EA), TRAP_DSEG);
}

static void test_replaced_segment_takes_its_translations_along(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    uint32_t v = 0;
    segments(cpu, L_LP_64K);
    enter(b, USER_EA, DATA, RW_PAGE);
    assert_int_equal(mem_store32(cpu, USER_EA, 0x1234), TRAP_NONE);
    slbmte(cpu, 1, USER_EA, cpu->slb[1].vsid); /* nothing new */
    assert_true(is_cached(cpu, USER_EA));
    slbmte(cpu, 1, USER_EA, segment_256m(USER_VSID + 1, L_LP_64K));
    assert_int_equal(mem_load32(cpu, USER_EA, &v), TRAP_DSI);
    slbmte(cpu, 1, USER_EA, segment_256m(USER_VSID, L_LP_64K));
    assert_int_equal(mem_load32(cpu, USER_EA, &v), TRAP_NONE);
    assert_int_equal(v, 0x1234);
}

static void test_key_registers_switch_contexts(void **state)
{
    struct bed *b = *state;
    struct cpu *cpu = b->cpu;
    segments(cpu, L_LP_64K);
    enter(b, USER_EA, DATA, RW_PAGE | 3 << 9);
    for (unsigned round = 0; round < 100; round++) { /* more pairs than have a number at a time */
        cpu_mtspr(cpu, 29, round, 0);
        assert_int_equal(load(cpu, USER_EA), TRAP_NONE);
        cpu_mtspr(cpu, 29, round | PPC_BITS(6, 7), 0);
        assert_int_equal(load(cpu, USER_EA), TRAP_DSI);
    }
    cpu_set_msr(cpu, USER);
    assert_int_equal(load(cpu, USER_EA), TRAP_DSI); /* problem state as well */
}

/* Every form of tlbie that names a page by its virtual address. */
static void test_tlbie_by_virtual_address(void **state)
{
    struct bed *b = *state;
    static const ea_t eas[] = {USER_EA + 0x5000000, HIGH_EA + 0x5000000};
    struct insn in = insn(5, 6, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(eas); i++) {
        const struct size *s = &sizes[i % ARRAY_SIZE(sizes)];
        ea_t ea = eas[i / ARRAY_SIZE(sizes)] & ~((1ULL << s->size_log2) - 1);
        struct page p = page_of(ea, s->base_log2);
        uint64_t slot = 0, va = (p.vsid << (p.b ? 40 : 28)) | p.offset;

        hpt_reset(&b->hv);
        assert_int_equal(enter_sized(b, ea, s, DATA, RW_PAGE, false, &slot), H_SUCCESS);
        for (unsigned n = 0; n < 2; n++) {
            segments(&b->cpu[n], s->slb);
            assert_int_equal(load(&b->cpu[n], ea), TRAP_NONE);
        }
        slot_write(&b->hv, slot, (struct pte){0, 0}); /* as software with an HPT of its own does */
        assert_int_equal(load(b->cpu, ea), TRAP_NONE);
        uint64_t rb = va | p.b << 8;
        if (s->slb)
            rb |= s->lp << 12 | 1;
        else
            rb |= (s->size_log2 == 12 ? 0 : s->size_log2 == 16 ? 5 : 4) << 5;
        cpu_set_msr(b->cpu, REAL | MSR_HV);
        b->cpu->gpr[5] = HV_LPID;
        b->cpu->gpr[6] = rb;
        assert_int_equal(op_tlbie(b->cpu, &in), TRAP_RESCHED);
        cpu_set_msr(b->cpu, KERNEL);
        for (unsigned n = 0; n < 2; n++)
            assert_int_equal(load(&b->cpu[n], ea), TRAP_DSI);
    }
}

static void test_hypercalls_invalidate_on_every_cpu(void **state)
{
    struct bed *b = *state;
    static const ea_t eas[] = {USER_EA + 0x5000000, HIGH_EA + 0x5000000, KERNEL_EA + 0x5000000};
    for (unsigned i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(eas) * 2; i++) {
        const struct size *s = &sizes[i / 2 % ARRAY_SIZE(sizes)];
        ea_t ea = eas[i / 2 / ARRAY_SIZE(sizes)] | 0x3000;
        uint64_t slot = 0;

        hpt_reset(&b->hv);
        assert_int_equal(enter_sized(b, ea, s, DATA, RW_PAGE, i & 1, &slot), H_SUCCESS);
        for (unsigned n = 0; n < 2; n++) {
            segments(&b->cpu[n], s->slb);
            assert_int_equal(mem_store32(&b->cpu[n], ea, 1), TRAP_NONE);
        }
        assert_int_equal(call(b, h_protect, 3, slot, 0, 0, NULL), H_SUCCESS);
        for (unsigned n = 0; n < 2; n++) {
            assert_int_equal(mem_store32(&b->cpu[n], ea, 1), TRAP_DSI);
            assert_int_equal(load(&b->cpu[n], ea), TRAP_NONE);
        }
        assert_int_equal(call(b, h_remove, 0, slot, 0, 0, NULL), H_SUCCESS);
        for (unsigned n = 0; n < 2; n++)
            assert_int_equal(load(&b->cpu[n], ea), TRAP_DSI);
    }
}

static void test_removed_vrma_entry_ends_real_mode_access(void **state)
{
    struct bed *b = *state;
    struct page p = {1, 0x1ffffff, 0x2000000, 24};
    uint64_t slot = group_of(b, p) * 8 + 7;
    cpu_set_msr(b->cpu, REAL);
    assert_int_equal(load(b->cpu, 0x2345678), TRAP_NONE);
    assert_int_equal(call(b, h_remove, H_AVPN, slot, avpn_of(p), 0, NULL), H_SUCCESS);
    assert_int_equal(load(b->cpu, 0x2345678), TRAP_HDSI);
    assert_int_equal(load(b->cpu, 0x1345678), TRAP_NONE);
}

/* ---- hypercalls ---- */

static void test_enter_checks_what_it_maps(void **state)
{
    struct bed *b = *state;
    const struct size *k64 = &sizes[3];
    const struct size bad = {16, 16, L_LP_64K, HPTE0_L, 0x2}, big = {34, 34, 0, HPTE0_L, 0x3};
    uint64_t io = HPTE1_I | HPTE1_G | 2;
    assert_int_equal(enter_sized(b, USER_EA, k64, GUEST_RAM, RW_PAGE, false, NULL), H_PARAMETER);
    assert_int_equal(enter_sized(b, USER_EA, k64, b->hv.hpt.base, RW_PAGE, 0, NULL), H_PARAMETER);
    assert_int_equal(enter_sized(b, USER_EA, &bad, DATA, RW_PAGE, false, NULL), H_PARAMETER);
    assert_int_equal(enter_sized(b, USER_EA, &big, 0, RW_PAGE, false, NULL), H_PARAMETER);
    assert_int_equal(enter_sized(b, USER_EA, k64, DATA, io, false, NULL), H_PARAMETER);
    assert_int_equal(enter_sized(b, USER_EA, k64, XIVE_ESB_BASE, RW_PAGE, 0, NULL), H_PARAMETER);
    assert_int_equal(enter_sized(b, USER_EA, k64, XIVE_ESB_BASE, io, false, NULL), H_SUCCESS);
    assert_int_equal(call(b, h_enter, 0, hpt_slots(&b->hv), HPTE0_V, DATA | RW_PAGE, NULL),
                     H_PARAMETER);
    assert_int_equal(call(b, h_enter, 0, ~0ULL, HPTE0_V, DATA | RW_PAGE, NULL), H_PARAMETER);
}

static void test_enter_finds_a_free_slot(void **state)
{
    struct bed *b = *state;
    struct hcall h;
    memset(slot_ptr(&b->hv, 64), 0, 128);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(call(b, h_enter, 0, 64 + 5, HPTE0_V, DATA | RW_PAGE, &h), H_SUCCESS);
        assert_int_equal(h.ret[0], 64 + i);
    }
    assert_int_equal(call(b, h_enter, 0, 64, HPTE0_V, DATA | RW_PAGE, NULL), H_PTEG_FULL);
    assert_int_equal(call(b, h_enter, H_EXACT, 67, HPTE0_V, DATA | RW_PAGE, NULL), H_PTEG_FULL);
    assert_int_equal(call(b, h_remove, 0, 67, 0, 0, NULL), H_SUCCESS);
    assert_int_equal(call(b, h_enter, H_EXACT, 67, HPTE0_V, DATA | RW_PAGE, &h), H_SUCCESS);
    assert_int_equal(h.ret[0], 67);
    memset(memory_ptr(&b->m.mem, DATA, 4096), 0x55, 4096);
    assert_int_equal(call(b, h_enter, H_ZERO_PAGE, 72, HPTE0_V, DATA | RW_PAGE, NULL), H_SUCCESS);
    assert_int_equal(*memory_ptr(&b->m.mem, DATA + 4095, 1), 0);
}

static void test_remove_asks_for_its_conditions(void **state)
{
    struct bed *b = *state;
    struct hcall h;
    struct page p = page_of(HIGH_EA, 16);
    uint64_t slot = enter(b, HIGH_EA, DATA, RW_PAGE | HPTE1_R);
    assert_int_equal(call(b, h_remove, H_AVPN, slot, avpn_of(p) + 128, 0, NULL), H_NOT_FOUND);
    assert_int_equal(call(b, h_remove, H_ANDCOND, slot, HPTE0_L, 0, NULL), H_NOT_FOUND);
    assert_int_equal(call(b, h_remove, 0, hpt_slots(&b->hv), 0, 0, NULL), H_PARAMETER);
    assert_int_equal(call(b, h_remove, H_AVPN, slot, avpn_of(p), 0, &h), H_SUCCESS);
    assert_int_equal(h.ret[0], avpn_of(p) | HPTE0_L | HPTE0_V);
    assert_int_equal(h.ret[1], DATA | 1 << 12 | RW_PAGE | HPTE1_R);
    assert_int_equal(call(b, h_remove, 0, slot, 0, 0, NULL), H_NOT_FOUND);
}

static void test_bulk_remove_answers_in_the_control_words(void **state)
{
    struct bed *b = *state;
    struct page p = page_of(USER_EA, 16);
    uint64_t slot = enter(b, USER_EA, DATA, RW_PAGE | HPTE1_R | HPTE1_C);
    uint64_t other = enter(b, HIGH_EA, DATA, RW_PAGE);
    struct hcall h = {.hv = &b->hv,
                      .args = {0x4200000000000000 | slot, avpn_of(p), 0x4200000000000000 | other,
                               avpn_of(p), 0xc000000000000000, 1, 2, 3}};
    assert_int_equal(h_bulk_remove(&h), H_SUCCESS);
    assert_int_equal(h.ret[0], 0x8e00000000000000 | slot);
    assert_int_equal(h.ret[2], 0x9200000000000000 | other);
    assert_int_equal(h.ret[4], 0xc000000000000000);
    assert_int_equal(h.ret[7], 3);
    assert_int_equal(slot_read(&b->hv, slot).dw0, 0);
    assert_int_not_equal(slot_read(&b->hv, other).dw0, 0);
    h.args[0] = 0x4000000000000000 | hpt_slots(&b->hv);
    assert_int_equal(h_bulk_remove(&h), H_PARAMETER);
    assert_int_equal(h.ret[0], 0xa000000000000000 | hpt_slots(&b->hv));
    h.args[0] = 0;
    assert_int_equal(h_bulk_remove(&h), H_PARAMETER);
}

static void test_protect_read_and_clear(void **state)
{
    struct bed *b = *state;
    struct hcall h;
    struct page p = page_of(HIGH_EA, 16);
    uint64_t slot = enter(b, HIGH_EA, DATA, RW_PAGE | HPTE1_R | HPTE1_C);
    uint64_t rpn = DATA | 1 << 12 | HPTE1_M | HPTE1_R | HPTE1_C;
    uint64_t flags = 0x100 | 0x3000 | 0xe00 | 4 | 1;
    assert_int_equal(call(b, h_protect, H_AVPN | flags, slot, 0, 0, NULL), H_NOT_FOUND);
    assert_int_equal(call(b, h_protect, H_AVPN | flags, slot, avpn_of(p), 0, NULL), H_SUCCESS);
    assert_int_equal(call(b, h_read, 0, slot, 0x77, 0, &h), H_SUCCESS);
    assert_int_equal(h.ret[0], avpn_of(p) | HPTE0_L | HPTE0_V);
    assert_int_equal(h.ret[1], rpn | HPTE1_PP0 | HPTE1_KEY_HI | HPTE1_KEY_LO | HPTE1_N | 1);
    assert_int_equal(h.ret[2], 0x77); /* only two results */
    assert_int_equal(call(b, h_read, H_READ_4, slot | 3, 0, 0, &h), H_SUCCESS);
    assert_int_equal(h.ret[2 * (slot & 3)], avpn_of(p) | HPTE0_L | HPTE0_V);
    assert_int_equal(call(b, h_read, 0, hpt_slots(&b->hv), 0, 0, NULL), H_PARAMETER);
    assert_int_equal(call(b, h_clear_mod, 0, slot, 0, 0, &h), H_SUCCESS);
    assert_true(h.ret[0] & HPTE1_C);
    assert_int_equal(call(b, h_clear_ref, 0, slot, 0, 0, &h), H_SUCCESS);
    assert_int_equal(h.ret[0] & (HPTE1_R | HPTE1_C), HPTE1_R);
    assert_int_equal(dw1_of(b, slot) & (HPTE1_R | HPTE1_C), 0);
}

static void test_table_is_registered_by_type(void **state)
{
    struct bed *b = *state;
    assert_int_equal(call(b, h_register_proc_tbl, 0, 0x1000, 0, 0, NULL), H_P2);
    assert_int_equal(call(b, h_register_proc_tbl, 2, 0, 0, 0, NULL), H_PARAMETER);
    uint64_t slot = enter(b, USER_EA, DATA, RW_PAGE);
    assert_int_equal(call(b, h_register_proc_tbl, 0, 0, 0, 0, NULL), H_SUCCESS);
    assert_int_not_equal(slot_read(&b->hv, slot).dw0, 0); /* in use already */
    assert_false(b->cpu->lpcr & (LPCR_HR | LPCR_UPRT | LPCR_GTSE));
    assert_int_equal(call(b, h_register_proc_tbl, 0x1d, 0x10000, 0, 0, NULL), H_SUCCESS);
    assert_true(b->cpu->lpcr & LPCR_HR);
    assert_int_equal(call(b, h_read, 0, slot, 0, 0, NULL), H_FUNCTION);
    assert_int_equal(call(b, h_register_proc_tbl, 0, 0, 0, 0, NULL), H_SUCCESS);
    assert_int_equal(slot_read(&b->hv, slot).dw0, 0);
    b->m.cfg.hash_allowed = false;
    assert_int_equal(call(b, h_register_proc_tbl, 0, 0, 0, 0, NULL), H_PARAMETER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_a_segment_it_is_a_segment_fault),
        TEST(test_every_page_size_in_both_segment_sizes_and_groups),
        TEST(test_hash_value_in_full),
        TEST(test_secondary_group_can_be_switched_off),
        TEST(test_r_and_c_are_set_by_accesses_alone),
        TEST(test_page_protection),
        TEST(test_no_execute_of_page_and_segment),
        TEST(test_class_keys),
        TEST(test_storage_control),
        TEST(test_vpm_gives_storage_faults_to_the_hypervisor),
        TEST(test_real_mode_goes_through_the_vrma),
        cmocka_unit_test(test_vrma_of_odd_memory_has_pages_of_64k),
        TEST(test_lpcr_must_agree_with_the_partition_table),
        TEST(test_hpt_outside_memory_is_a_machine_check),
        TEST(test_slb_reads_back),
        TEST(test_slbie_takes_the_segment_named),
        TEST(test_slbia_hints),
        TEST(test_slbia_takes_translations_of_the_kernel_along),
        TEST(test_global_slb_instructions_need_gtse),
        TEST(test_context_switch_forgets_the_process_only),
        TEST(test_small_pages_are_forgotten_too),
        TEST(test_replaced_segment_takes_its_translations_along),
        TEST(test_key_registers_switch_contexts),
        TEST(test_tlbie_by_virtual_address),
        TEST(test_hypercalls_invalidate_on_every_cpu),
        TEST(test_removed_vrma_entry_ends_real_mode_access),
        TEST(test_enter_checks_what_it_maps),
        TEST(test_enter_finds_a_free_slot),
        TEST(test_remove_asks_for_its_conditions),
        TEST(test_bulk_remove_answers_in_the_control_words),
        TEST(test_protect_read_and_clear),
        TEST(test_table_is_registered_by_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
