/* SPDX-License-Identifier: Apache-2.0 */
/* What the TLBs keep, and what makes them forget: contexts, tlbie, code pages. */
#include "mmu_bed.h"

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
    tlb_note_jump(cpu->tlb, &(struct jump_entry){.ea = KERNEL_EA + 0x40}, 1);
    tlb_note_jump(cpu->tlb, &(struct jump_entry){.ea = user + 0x80}, 1);

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
    tlb_note_jump(cpu->tlb, &(struct jump_entry){.ea = 0x3004}, code_name(ops[0]));
    tlb_note_jump(cpu->tlb, &(struct jump_entry){.ea = 0x4004}, code_name(ops[1]));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        cmocka_unit_test_setup_teardown(test_nothing_is_cached_without_an_engine_that_asks,
                                        setup_plain, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
