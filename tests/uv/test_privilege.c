/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the CPU itself guarantees the ultravisor: instructions of a hypervisor, a normal VM and an
 * SVM that try to get at secure state, its registers and its memory.
 */
#include "bed.h"

#define CODE    0x200000ULL /* normal memory: EA = RA for the hypervisor, and for the VM below */
#define NVM     5u
#define MSR_HVS (MSR_SF | MSR_HV | MSR_ME)
#define MSR_NVM (MSR_SF | MSR_ME)

#define RFID   0x4c000024u
#define HRFID  0x4c000224u
#define URFID  0x4c000264u
#define MTMSRD 0x7c600164u /* mtmsrd r3,0 */
#define LD     0xe8640000u /* ld r3,0(r4) */
#define STD    0xf8640000u /* std r3,0(r4) */
#define SC2    0x44000042u
#define NOP    0x60000000u

static uint32_t mtspr(unsigned spr)
{
    return 31u << 26 | 3u << 21 | (spr & 31) << 16 | (spr >> 5) << 11 | 467u << 1;
}
static uint32_t mfspr(unsigned spr)
{
    return 31u << 26 | 3u << 21 | (spr & 31) << 16 | (spr >> 5) << 11 | 339u << 1;
}

/* One instruction in normal memory; what it ends in, see b->last when the hypervisor is entered. */
static struct cpu *run(struct bed *b, uint64_t msr, uint32_t word)
{
    struct cpu *cpu = &b->m.cpus[0];

    b->hv = bed_hv_keeps;
    put_be32(memory_ptr(&b->m.mem, CODE, 4), word);
    memset(&b->last, 0, sizeof(b->last));
    bed_run(cpu, msr, CODE, 1);
    return cpu;
}

/* A normal VM under the tree at @root. */
static void make_nvm(struct bed *b, ra_t root)
{
    struct cpu *cpu = &b->m.cpus[0];

    assert_int_equal(bed_call(b, FROM_HV, UV_WRITE_PATE, NVM,
                              PPC_BIT(0) | 0x4000000000000000ULL | 5ULL << 5 | root | 13, 0),
                     U_SUCCESS);
    cpu->lpid = NVM;
}

/* A tree 13/9/9 in normal memory at @at, with one leaf of 2 MiB. */
static void map_chunk(struct bed *b, ra_t at, gra_t gpa, ra_t ra)
{
    uint8_t *t = memory_ptr(&b->m.mem, at, 3 * UV_PAGE_SIZE);

    put_be64(t + 8 * (gpa >> 39), PPC_BIT(0) | (at + UV_PAGE_SIZE) | 9);
    put_be64(t + UV_PAGE_SIZE + 8 * (gpa >> 30 & 511), PPC_BIT(0) | (at + 2 * UV_PAGE_SIZE) | 9);
    put_be64(t + 2 * UV_PAGE_SIZE + 8 * (gpa >> 21 & 511), PPC_BIT(0) | PPC_BIT(1) | 0x187 | ra);
}
#define TREE 0x1000000ULL

/* ---- MSR[S] ---- */

BED_TEST(attack_1_the_hypervisor_sets_s)
{
    static const uint32_t words[] = {RFID, HRFID, MTMSRD};

    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        struct cpu *cpu = &b->m.cpus[0];
        cpu->srr0 = cpu->hsrr0 = CODE + 4;
        cpu->srr1 = cpu->hsrr1 = cpu->gpr[3] = MSR_HVS | MSR_S;
        run(b, MSR_HVS, words[i]);
        assert_int_equal(cpu->msr, MSR_HVS);
        assert_int_equal(cpu->cia, CODE + 4);
    }
}

BED_TEST(attack_2_the_hypervisor_executes_urfid)
{
    struct cpu *cpu = &b->m.cpus[0];

    cpu->usrr0 = 0x5000;
    cpu->usrr1 = MSR_HVS | MSR_S;
    run(b, MSR_HVS, URFID);
    assert_int_equal(b->last.vector, 0xe40);
    assert_int_equal(b->last.regs.heir, URFID);
    assert_int_equal(b->last.regs.hsrr0, CODE);
    assert_int_equal(b->last.regs.hsrr1, MSR_HVS);
    assert_int_equal(cpu->usrr0, 0x5000);
}

BED_TEST(attack_4_an_svm_clears_s)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];
    static const uint32_t words[] = {RFID, MTMSRD};

    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        cpu->srr0 = BED_CODE + 4;
        cpu->srr1 = cpu->gpr[3] = MSR_SF | MSR_ME | MSR_HV; /* and it wants HV */
        bed_insn(svm, cpu, MSR_SVM, words[i]);
        assert_int_equal(cpu->msr, MSR_SVM);
        assert_int_equal(cpu->cia, BED_CODE + 4);
    }
    assert_int_equal(b->entries, 0);
}

static void hv_sees_no_s(struct bed *b, struct cpu *cpu, unsigned vector)
{
    assert_int_equal(vector, 0xc00);
    assert_false(cpu->srr1 & MSR_S);
    bed_hv_keeps(b, cpu, vector);
}

BED_TEST(attack_5_a_normal_vm_sets_s)
{
    struct cpu *cpu = &b->m.cpus[0];
    static const uint32_t words[] = {RFID, MTMSRD};

    map_chunk(b, TREE, CODE, CODE);
    make_nvm(b, TREE);
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        cpu->srr0 = CODE + 4;
        cpu->srr1 = cpu->gpr[3] = MSR_NVM | MSR_S | MSR_HV;
        run(b, MSR_NVM, words[i]);
        assert_int_equal(cpu->msr, MSR_NVM);
        assert_int_equal(cpu->cia, CODE + 4);
        put_be32(memory_ptr(&b->m.mem, CODE + 4, 4), 0x44000022); /* sc 1 */
        b->hv = hv_sees_no_s;
        unsigned before = b->entries;
        bed_run(cpu, cpu->msr, cpu->cia, 1);
        assert_int_equal(b->entries, before + 1);
    }
}

BED_TEST(attack_9_sc_2_without_smf)
{
    struct cpu *cpu = &b->m.cpus[0];

    map_chunk(b, TREE, CODE, CODE);
    make_nvm(b, TREE);
    cpu->smfctrl = 0;
    cpu->gpr[3] = UV_ESM;
    run(b, MSR_NVM, SC2);
    assert_int_equal(b->last.vector, 0xc00);
    assert_int_equal(b->last.number, UV_ESM); /* a hypercall of that number */
    assert_false(b->last.regs.msr & MSR_S);
    assert_false(b->last.regs.srr1 & MSR_S);
    assert_int_equal(b->m.uv->stats.ucalls[(UV_ESM - UCALL_FIRST) / 4], 0);
}

/* ---- registers ---- */

BED_TEST(attack_3_the_hypervisor_writes_the_ultravisors_registers)
{
    static const unsigned owned[] = {464, 850, 799, 505, 511, 506, 507, 496, 497};
    struct cpu *cpu = &b->m.cpus[0];

    for (unsigned i = 0; i < ARRAY_SIZE(owned); i++) {
        uint64_t was, is;
        assert_true(cpu_spr_peek(cpu, owned[i], &was));
        cpu->gpr[3] = ~was;
        run(b, MSR_HVS, mtspr(owned[i]));
        assert_int_equal(b->last.vector, 0xe40);
        assert_int_equal(b->last.regs.heir, mtspr(owned[i]));
        assert_int_equal(b->last.regs.hsrr0, CODE);
        assert_true(cpu_spr_peek(cpu, owned[i], &is));
        assert_int_equal(is, was);
        if (owned[i] != 464 && owned[i] != 850 && owned[i] != 799) {
            run(b, MSR_HVS, mfspr(owned[i]));
            assert_int_equal(b->last.vector, 0xe40);
        }
    }
    cpu->gpr[3] = 0;
    run(b, MSR_HVS, mfspr(464));
    assert_int_equal(cpu->gpr[3], cpu->ptcr); /* PTCR can be read */
    assert_int_equal(cpu->cia, CODE + 4);
}

BED_TEST(attack_12_debug_registers_with_d_set)
{
    static const unsigned debug[] = {187, 180, 188};
    struct cpu *cpu = &b->m.cpus[0];

    for (unsigned i = 0; i < ARRAY_SIZE(debug); i++) {
        cpu->smfctrl = PPC_BIT(0) | PPC_BIT(62);
        cpu->gpr[3] = 0x1000;
        run(b, MSR_HVS, mtspr(debug[i]));
        assert_int_equal(b->last.vector, 0xe40);
        run(b, MSR_HVS, mfspr(debug[i]));
        assert_int_equal(b->last.vector, 0xe40);
        cpu->smfctrl = PPC_BIT(0);
        run(b, MSR_HVS, mtspr(debug[i]));
        assert_int_equal(b->entries, 2 * (i + 1));
        assert_int_equal(cpu->cia, CODE + 4);
    }
}

BED_TEST(attack_12_the_hypervisors_breakpoint_does_not_reach_an_svm)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm = bed_make_svm(b, BED_LPID);

    cpu->ciabr = BED_CODE | 2; /* privileged state, at the instruction */
    bed_insn(svm, cpu, MSR_SVM, NOP);
    assert_int_equal(cpu->cia, BED_CODE + 4);
    /* the same in a normal VM does */
    map_chunk(b, TREE, CODE, CODE);
    make_nvm(b, TREE);
    cpu->ciabr = CODE | 2;
    run(b, MSR_NVM, NOP);
    assert_int_equal(cpu->cia, 0xd00);
}

/* ---- memory ---- */

BED_TEST(attack_6_the_hypervisor_touches_secure_memory)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];
    ra_t ra = page_frame(svm, BED_CODE);

    put_be64(memory_ptr(&b->m.mem, ra, 8), 0x5ec4e7);
    cpu->gpr[3] = 0x1111;
    cpu->gpr[4] = ra;
    run(b, MSR_HVS, LD);
    assert_int_equal(b->last.vector, 0x200);
    assert_int_equal(b->last.regs.dar, ra);
    assert_int_equal(b->last.regs.gpr[3], 0x1111);
    cpu->gpr[4] = ra;
    run(b, MSR_HVS, STD);
    assert_int_equal(b->last.vector, 0x200);
    assert_int_equal(get_be64(memory_ptr(&b->m.mem, ra, 8)), 0x5ec4e7);
    b->last.vector = 0;
    bed_run(cpu, MSR_HVS, ra, 1); /* a fetch */
    assert_int_equal(b->last.vector, 0x200);
    assert_int_equal(b->last.regs.srr0, ra);
}

BED_TEST(attack_6_a_normal_vm_touches_secure_memory)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];
    ra_t ra = page_frame(svm, GUEST_BASE);
    gra_t window = 0x40000000;

    put_be64(memory_ptr(&b->m.mem, ra, 8), 0x5ec4e7);
    map_chunk(b, TREE, CODE, CODE);
    make_nvm(b, TREE);
    put_be64(memory_ptr(&b->m.mem, TREE + UV_PAGE_SIZE + 8 * (window >> 30), 8),
             PPC_BIT(0) | (TREE + 3 * UV_PAGE_SIZE) | 9);
    put_be64(memory_ptr(&b->m.mem, TREE + 3 * UV_PAGE_SIZE, 8),
             PPC_BIT(0) | PPC_BIT(1) | 0x187 | (ra & ~(CHUNK_SIZE - 1)));
    window |= ra & (CHUNK_SIZE - 1);
    cpu->gpr[3] = 0x1111;
    cpu->gpr[4] = window;
    run(b, MSR_NVM, LD);
    assert_int_equal(b->last.vector, 0x200);
    assert_int_equal(b->last.regs.gpr[3], 0x1111);
    cpu->gpr[4] = window;
    run(b, MSR_NVM, STD);
    assert_int_equal(b->last.vector, 0x200);
    assert_int_equal(get_be64(memory_ptr(&b->m.mem, ra, 8)), 0x5ec4e7);
}

/* The root of the tree in secure memory, even the SVM's own valid one; and a node there. */
BED_TEST(attack_7_a_normal_vms_tree_in_secure_memory)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];
    ra_t node = page_frame(svm, GUEST_BASE);

    make_nvm(b, svm->tree.root);
    run(b, MSR_NVM, NOP);
    assert_int_equal(b->last.vector, 0x200);
    assert_int_equal(b->last.regs.srr0, CODE);
    map_chunk(b, TREE, CODE, CODE);
    make_nvm(b, TREE);
    run(b, MSR_NVM, NOP);
    assert_int_equal(cpu->cia, CODE + 4);
    put_be64(memory_ptr(&b->m.mem, TREE + UV_PAGE_SIZE + 8, 8), PPC_BIT(0) | node | 9);
    cpu->gpr[4] = 0x40000000;
    run(b, MSR_NVM, LD);
    assert_int_equal(b->last.vector, 0x200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_1_the_hypervisor_sets_s),
        cmocka_unit_test(attack_2_the_hypervisor_executes_urfid),
        cmocka_unit_test(attack_3_the_hypervisor_writes_the_ultravisors_registers),
        cmocka_unit_test(attack_4_an_svm_clears_s),
        cmocka_unit_test(attack_5_a_normal_vm_sets_s),
        cmocka_unit_test(attack_6_the_hypervisor_touches_secure_memory),
        cmocka_unit_test(attack_6_a_normal_vm_touches_secure_memory),
        cmocka_unit_test(attack_7_a_normal_vms_tree_in_secure_memory),
        cmocka_unit_test(attack_9_sc_2_without_smf),
        cmocka_unit_test(attack_12_debug_registers_with_d_set),
        cmocka_unit_test(attack_12_the_hypervisors_breakpoint_does_not_reach_an_svm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
