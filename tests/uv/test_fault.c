/* SPDX-License-Identifier: Apache-2.0 */
/* Storage faults of an SVM by its own instructions: each state of a page, data and code. */
#include "bed.h"

#define GPA    (GUEST_BASE + 0x30000)
#define LD_R3  0xe8640000u /* ld r3,0(r4) */
#define STD_R3 0xf8640000u
#define NOP    0x60000000u

/* Loads from (or stores to) @gpa at BED_CODE; the CPU afterwards. */
static struct cpu *touch(struct bed *b, struct svm *svm, uint32_t word, gra_t gpa)
{
    struct cpu *cpu = &b->m.cpus[0];

    cpu->gpr[3] = 0x1111;
    cpu->gpr[4] = gpa;
    bed_insn(svm, cpu, MSR_SVM | MSR_EE, word);
    return cpu;
}

/* Executes at @gpa. */
static struct cpu *jump(struct bed *b, gra_t gpa)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_run(cpu, MSR_SVM | MSR_EE, gpa, 1);
    return cpu;
}

static void set_state(struct bed *b, struct svm *svm, gra_t gpa, enum page_state state)
{
    page_of(svm, gpa)->state = state;
    tree_map_page(&svm->tree, &b->m.uv->frames, gpa, 0, false);
    svm_flush(svm);
}

static void hv_must_not_act(struct bed *b, struct cpu *cpu, unsigned vector)
{
    (void)b;
    (void)vector;
    bed_hv_return(cpu, 0, cpu->gpr[31]);
}

static void hv_pages_in(struct bed *b, struct cpu *cpu, unsigned vector)
{
    (void)vector;
    gra_t gpa = cpu->gpr[4];
    assert_int_equal(cpu->gpr[3], UV_H_SVM_PAGE_IN);
    assert_int_equal(cpu->gpr[5], 0);
    assert_int_equal(cpu->gpr[6], 16);
    (void)b;
    bed_hv_return(cpu, bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, bed_pool_ra(gpa), gpa, 0, 16),
                  cpu->gpr[31]);
}

BED_TEST(a_paged_out_page_comes_back_for_a_load_a_store_and_a_fetch)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint8_t value[8];

    put_be64(value, 0x0123456789abcdef);
    assert_true(svm_write(svm, GPA + 0x1238, value, sizeof(value)));
    b->hv = hv_pages_in;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, bed_pool_ra(GPA), GPA, 0, 16),
                         0);
        struct cpu *cpu = i == 0   ? touch(b, svm, LD_R3, GPA + 0x1238)
                          : i == 1 ? touch(b, svm, STD_R3, GPA + 0x2230)
                                   : jump(b, GPA + 0x3330);
        ea_t pc = i == 2 ? GPA + 0x3330 : BED_CODE;
        assert_int_equal(b->entries, i + 1);
        assert_int_equal(b->last.args[0], GPA);
        assert_int_equal(cpu->cia, pc); /* the instruction again */
        assert_int_equal(cpu->msr, MSR_SVM | MSR_EE);
        assert_int_equal(page_of(svm, GPA)->state, PAGE_SECURE);
        bed_run(cpu, cpu->msr, pc, 1);
        assert_int_equal(b->entries, i + 1);
        if (i == 0)
            assert_int_equal(cpu->gpr[3], 0x0123456789abcdef);
    }
    assert_true(svm_read(svm, GPA + 0x2230, value, sizeof(value)));
    assert_int_equal(get_be64(value), 0x1111);
}

/* It makes no progress, and nothing else happens; an interrupt still gets through. */
BED_TEST(attack_50_a_page_that_never_comes)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    static const int64_t answers[] = {0, 1, -4, -11, 0x7fffffff};
    int64_t rc;

    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, bed_pool_ra(GPA), GPA, 0, 16), 0);
    bed_hypervisor(b, bed_hv_answers, &rc);
    for (unsigned i = 0; i < ARRAY_SIZE(answers); i++) {
        rc = answers[i];
        struct cpu *cpu = touch(b, svm, LD_R3, GPA);
        assert_int_equal(b->entries, i + 1);
        assert_int_equal(cpu->cia, BED_CODE);
        assert_int_equal(cpu->gpr[3], 0x1111);
        assert_int_equal(page_of(svm, GPA)->state, PAGE_PAGEDOUT);
        assert_int_equal(svm->state, SVM_SECURE);
        assert_null(svm->saves);
    }
    bed_normal(b, bed_pool_ra(GPA))[9] ^= 1;
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_IN, BED_LPID, bed_pool_ra(GPA), GPA, 0, 16),
                     U_P3);
}

static void hv_injects_at_fault(struct bed *b, struct cpu *cpu, unsigned vector)
{
    (void)vector;
    (void)b;
    bed_hv_return(cpu, 0, 0x500);
}

BED_TEST(an_interrupt_gets_through_while_a_page_is_out)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, bed_pool_ra(GPA), GPA, 0, 16);
    b->hv = hv_injects_at_fault;
    struct cpu *cpu = touch(b, svm, LD_R3, GPA);
    assert_int_equal(cpu->cia, 0x500);
    assert_int_equal(cpu->srr0, BED_CODE);
}

static void hv_backs_shared_page(struct bed *b, struct cpu *cpu, unsigned vector)
{
    assert_int_equal(vector, 0xe00);
    assert_int_equal(cpu->asdr & ~0xfffULL, GPA);
    assert_true(cpu->hdsisr & DSISR_NOHPTE);
    assert_int_equal(cpu->hdar, GPA + 8);
    for (unsigned i = 0; i < 31; i++)
        assert_int_equal(cpu->gpr[i], 0);
    (void)b;
    assert_int_equal(bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, 0x100000, GPA, 0, 16), 0);
    bed_hv_return(cpu, 0, cpu->gpr[31]);
}

BED_TEST(a_shared_page_that_was_taken_back_is_the_hypervisors_business)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    bed_share(b, GPA, 1);
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_INVAL, BED_LPID, GPA, 16), U_SUCCESS);
    put_be64(bed_normal(b, 0x100000) + 8, 0x77);
    b->hv = hv_backs_shared_page;
    b->entries = 0;
    struct cpu *cpu = touch(b, svm, LD_R3, GPA + 8);
    assert_int_equal(b->entries, 1);
    assert_int_equal(cpu->cia, BED_CODE);
    bed_run(cpu, cpu->msr, BED_CODE, 1);
    assert_int_equal(cpu->gpr[3], 0x77);
    assert_int_equal(b->entries, 1);
}

BED_TEST(attack_55_code_in_a_shared_page)
{
    bed_make_svm(b, BED_LPID);
    bed_share(b, GPA, 1);
    put_be32(bed_normal(b, bed_pool_ra(GPA)), NOP); /* the hypervisor's idea of code */
    b->entries = 0;
    struct cpu *cpu = jump(b, GPA);
    assert_int_equal(b->entries, 0);
    assert_int_equal(cpu->cia, 0x400);
    assert_int_equal(cpu->srr0, GPA);
    assert_true(cpu->srr1 & DSISR_NOEXEC_G);
    assert_true(bed_in_svm(cpu));
}

BED_TEST(attack_56_the_ultravisors_own_buffers_kill)
{
    static const enum page_state state[] = {PAGE_IMPLICIT, PAGE_IMPLICIT_INV};
    static const uint32_t words[] = {LD_R3, STD_R3};

    for (unsigned i = 0; i < 4; i++) {
        struct bed *own = bed_create();
        struct svm *svm = bed_make_svm(own, BED_LPID);
        set_state(own, svm, GPA, state[i / 2]);
        struct cpu *cpu = touch(own, svm, words[i % 2], GPA);
        assert_int_equal(svm->state, SVM_DEAD);
        assert_int_equal(cpu->run_state, CPU_STOPPED);
        assert_int_equal(own->m.stop, STOP_NONE);
        bed_destroy(own);
    }
    (void)b;
}

/* States that somebody else is about to change: again, and the hypervisor is not asked. */
BED_TEST(transient_states_are_tried_again)
{
    static const enum page_state state[] = {
        PAGE_SECURE,           PAGE_SHARED,        PAGE_HV_SHARING,
        PAGE_HV_SHARED,        PAGE_HV_SHARED_INV, PAGE_HV_UNSHARING,
        PAGE_HV_UNSHARING_INV, PAGE_PSEUDO,        PAGE_PSEUDO_INV};
    struct svm *svm = bed_make_svm(b, BED_LPID);

    b->hv = hv_must_not_act;
    for (unsigned i = 0; i < ARRAY_SIZE(state); i++) {
        set_state(b, svm, GPA, state[i]);
        struct cpu *cpu = touch(b, svm, LD_R3, GPA);
        assert_int_equal(cpu->cia, BED_CODE);
        assert_int_equal(cpu->gpr[3], 0x1111);
        cpu = jump(b, GPA);
        assert_int_equal(cpu->cia, state[i] == PAGE_SHARED ? 0x400 : GPA);
        assert_int_equal(page_of(svm, GPA)->state, state[i]);
    }
    assert_int_equal(b->entries, 0);
}

BED_TEST(code_outside_every_slot_is_reflected)
{
    gra_t nowhere = GUEST_BASE + GUEST_SIZE + 0x1000;

    bed_make_svm(b, BED_LPID);
    b->hv = hv_must_not_act;
    struct cpu *cpu = jump(b, nowhere);
    assert_int_equal(b->entries, 1);
    assert_int_equal(b->last.vector, 0xe20);
    assert_int_equal(b->last.regs.asdr & ~0xfffULL, nowhere);
    assert_int_equal(cpu->cia, nowhere);
}

/* The page is gone while the hypervisor works on it. */
static void hv_unplugs(struct bed *b, struct cpu *cpu, unsigned vector)
{
    (void)vector;
    (void)b;
    assert_int_equal(bed_hv_ucall(cpu, UV_UNREGISTER_MEM_SLOT, cpu->lpid, 1), U_SUCCESS);
    bed_hv_return(cpu, 0, cpu->gpr[31]);
}

BED_TEST(attack_21_unplugged_while_it_is_asked_for)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    gra_t far = 0x40000000;

    assert_int_equal(bed_call(b, FROM_HV, UV_REGISTER_MEM_SLOT, BED_LPID, far, CHUNK_SIZE, 0, 1),
                     0);
    bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, 0x100000, far, 0, 16);
    b->hv = hv_unplugs;
    struct cpu *cpu = touch(b, svm, LD_R3, far);
    assert_int_equal(cpu->cia, BED_CODE);
    assert_int_equal(svm->state, SVM_SECURE);
    assert_int_equal(cpu->gpr[3], 0x1111);
}

/* Problem state has no hypercalls, and a hypervisor refuses what looks like one: the ultravisor
 * asks. */
BED_TEST(a_fault_of_problem_state_asks_as_the_system)
{
    const uint64_t user = MSR_SVM | MSR_EE | MSR_PR | MSR_IR | MSR_DR;
    struct svm *svm = bed_make_svm(b, BED_LPID);
    struct cpu *cpu = &b->m.cpus[0];

    b->hv = hv_pages_in;
    assert_int_equal(bed_call(b, FROM_HV, UV_PAGE_OUT, BED_LPID, bed_pool_ra(GPA), GPA, 0, 16), 0);
    cpu->trap.asdr = GPA + 0x3000;
    bed_interrupt(cpu, TRAP_HISI, user, 0x10073878);
    assert_int_equal(b->entries, 1);
    assert_int_equal(b->last.regs.srr1 & (MSR_PR | MSR_S), MSR_S);
    assert_int_equal(page_of(svm, GPA)->state, PAGE_SECURE);
    assert_int_equal(cpu->nia, 0x10073878);
    assert_int_equal(cpu->msr, user);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paged_out_page_comes_back_for_a_load_a_store_and_a_fetch),
        cmocka_unit_test(a_fault_of_problem_state_asks_as_the_system),
        cmocka_unit_test(attack_50_a_page_that_never_comes),
        cmocka_unit_test(an_interrupt_gets_through_while_a_page_is_out),
        cmocka_unit_test(a_shared_page_that_was_taken_back_is_the_hypervisors_business),
        cmocka_unit_test(attack_55_code_in_a_shared_page),
        cmocka_unit_test(attack_56_the_ultravisors_own_buffers_kill),
        cmocka_unit_test(transient_states_are_tried_again),
        cmocka_unit_test(code_outside_every_slot_is_reflected),
        cmocka_unit_test(attack_21_unplugged_while_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
