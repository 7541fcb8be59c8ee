/* SPDX-License-Identifier: Apache-2.0 */
/* Translation and accesses: walks, keys, byte order, devices, what is secure. */
#include "mmu_bed.h"

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

/* ---- real memory ---- */

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
        TEST(test_memory_clear_and_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
