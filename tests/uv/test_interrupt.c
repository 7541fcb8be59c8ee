/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts of a running SVM: which the ultravisor keeps, which it passes on, which go to the SVM
 * itself; and what the hypervisor injects.
 */
#include "bed.h"

#define PC (BED_CODE + 0x40)

static void assert_at(const struct cpu *cpu, ea_t nia, uint64_t msr)
{
    assert_int_equal(cpu->nia, nia);
    assert_int_equal(cpu->msr, msr);
}

/* ---- passed on ---- */

BED_TEST(interrupts_of_the_hypervisor_are_reflected)
{
    static const struct {
        enum trap trap;
        unsigned vector;
    } c[] = {
        {TRAP_RESET, 0x100},     {TRAP_MCHECK, 0x200}, {TRAP_HDEC, 0x980}, {TRAP_HMI, 0xe60},
        {TRAP_HDOORBELL, 0xe80}, {TRAP_HVI, 0xea0},    {TRAP_HFAC, 0xf80},
    };
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    b->hv = bed_hv_answers;
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        unsigned before = b->entries;
        cpu->trap = (struct trap_info){.fscr_ic = HFSCR_IC_TAR};
        bed_interrupt(cpu, c[i].trap, MSR_SVM | MSR_EE | MSR_PR | MSR_IR | MSR_DR, PC);
        assert_int_equal(b->entries, before + 1);
        assert_int_equal(b->last.vector, c[i].vector);
        assert_int_equal(b->last.regs.srr1, MSR_SVM | MSR_EE | MSR_PR | MSR_IR | MSR_DR);
        assert_at(cpu, PC, MSR_SVM | MSR_EE | MSR_PR | MSR_IR | MSR_DR);
    }
    assert_int_equal(b->m.uv->stats.reflected_interrupts, ARRAY_SIZE(c));
}

/* What a machine check is about, and no address of the SVM's. */
BED_TEST(a_machine_check_shows_dsisr_and_asdr)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    b->hv = bed_hv_answers;
    cpu->asdr = 0x123000;
    cpu->trap = (struct trap_info){.dar = 0xdeadbeef, .dsisr = 0x40};
    bed_interrupt(cpu, TRAP_MCHECK, MSR_SVM, PC);
    assert_int_equal(b->last.regs.dsisr, 0x40);
    assert_int_equal(b->last.regs.asdr, 0x123000);
    assert_int_equal(b->last.regs.dar, 0);
    assert_false(b->last.regs.msr & MSR_ME);
}

/* ---- kept ---- */

BED_TEST(an_external_interrupt_turns_round)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    cpu->lpcr &= ~LPCR_LPES; /* sent to whoever is above the SVM */
    bed_interrupt(cpu, TRAP_HEXTERNAL, MSR_SVM | MSR_EE | MSR_LE | MSR_FP | MSR_IR, PC);
    assert_int_equal(b->entries, 0); /* the hypervisor is not told */
    assert_at(cpu, 0x500, MSR_SVM | MSR_LE);
    assert_int_equal(cpu->srr0, PC);
    assert_int_equal(cpu->srr1, MSR_SVM | MSR_EE | MSR_LE | MSR_FP | MSR_IR);
}

BED_TEST(attack_11_an_illegal_instruction_is_the_programs_own_fault)
{
    static const uint32_t illegal[] = {0x00000000, 0x4c000264 /* urfid */, 0x4c000224 /* hrfid */,
                                       0x7c00189c /* msgsndu r3 */};
    static const uint64_t state[] = {MSR_SVM, MSR_SVM | MSR_LE, MSR_SVM | MSR_EE};
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm = bed_make_svm(b, BED_LPID);

    for (unsigned i = 0; i < ARRAY_SIZE(illegal); i++)
        for (unsigned k = 0; k < ARRAY_SIZE(state); k++) {
            bed_insn(svm, cpu, state[k], illegal[i]);
            assert_int_equal(b->entries, 0);
            assert_int_equal(svm->state, SVM_SECURE);
            assert_int_equal(cpu->cia, 0x700);
            assert_int_equal(cpu->srr0, BED_CODE);
            assert_int_equal(cpu->srr1 & ~SRR1_INFO, state[k]);
            assert_true(cpu->srr1 & (SRR1_ILLEGAL | SRR1_PRIV));
            assert_true(bed_in_svm(cpu));
        }
}

/* MSR[TM] can not be set here, so tbegin. stays the SVM's own affair. */
BED_TEST(attack_11_tbegin)
{
    struct cpu *cpu = &b->m.cpus[0];
    struct svm *svm = bed_make_svm(b, BED_LPID);

    bed_insn(svm, cpu, MSR_SVM | MSR_TM, 0x7c00051d);
    assert_int_equal(b->entries, 0);
    assert_int_equal(cpu->cia, 0xf60);
    assert_true(bed_in_svm(cpu));
}

BED_TEST(attack_11_transactional_memory_is_switched_off)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    cpu->trap = (struct trap_info){.fscr_ic = 5};
    bed_interrupt(cpu, TRAP_HFAC, MSR_SVM | MSR_PR | MSR_EE, PC);
    assert_int_equal(b->entries, 0);
    assert_at(cpu, 0x700, MSR_SVM);
    assert_int_equal(cpu->srr0, PC);
    assert_int_equal(cpu->srr1, MSR_SVM | MSR_PR | MSR_EE | SRR1_ILLEGAL);
}

/* On every entry: TM off, msgsndp on, no doorbell left over. */
BED_TEST(facilities_of_a_resumed_thread)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    b->hv = bed_hv_answers;
    cpu->hfscr |= PPC_BIT(58);
    cpu->hfscr &= ~PPC_BIT(53);
    cpu->dpdes = 1;
    bed_interrupt(cpu, TRAP_HDEC, MSR_SVM, PC);
    assert_false(cpu->hfscr & PPC_BIT(58));
    assert_true(cpu->hfscr & PPC_BIT(53));
    assert_int_equal(cpu->dpdes, 0);
}

/* A decrementer that ran out meanwhile is due at once. */
BED_TEST(an_expired_decrementer_is_pending)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    b->hv = bed_hv_answers;
    b->m.now_ns = 1000000;
    cpu->dec_expiry = 1;
    cpu_update_timers(cpu);
    bed_interrupt(cpu, TRAP_HDEC, MSR_SVM, PC);
    assert_true(cpu->irq_pending & IRQ_DEC);
}

/* The doorbell that no firmware uses (pef.md 1.5). */
BED_TEST(an_ultravisor_doorbell_does_nothing)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    bed_interrupt(cpu, TRAP_UDOORBELL, MSR_SVM | MSR_EE, PC);
    assert_int_equal(b->entries, 0);
    assert_at(cpu, PC, MSR_SVM | MSR_EE);
}

BED_TEST(attack_10_an_interrupt_in_ultravisor_state_stops_the_machine)
{
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    bed_interrupt(cpu, TRAP_HDEC, MSR_SVM | MSR_HV, PC);
    assert_int_equal(b->m.stop, STOP_CHECKSTOP);
    assert_int_equal(b->entries, 0);
}

/* ---- the SVM's own: neither ultravisor nor hypervisor hears of them ---- */

BED_TEST(interrupts_of_the_svm_stay_there)
{
    static const struct {
        enum trap trap;
        unsigned vector;
    } c[] = {
        {TRAP_DSI, 0x300},      {TRAP_DSEG, 0x380},      {TRAP_ISI, 0x400},     {TRAP_ISEG, 0x480},
        {TRAP_EXTERNAL, 0x500}, {TRAP_ALIGNMENT, 0x600}, {TRAP_PROGRAM, 0x700}, {TRAP_FP, 0x800},
        {TRAP_DEC, 0x900},      {TRAP_DOORBELL, 0xa00},  {TRAP_TRACED, 0xd00},  {TRAP_PMI, 0xf00},
        {TRAP_VEC, 0xf20},      {TRAP_VSX, 0xf40},       {TRAP_FAC, 0xf60},
    };
    struct cpu *cpu = &b->m.cpus[0];

    bed_make_svm(b, BED_LPID);
    for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
        bed_interrupt(cpu, c[i].trap, MSR_SVM | MSR_EE | MSR_PR, PC);
        assert_at(cpu, c[i].vector, MSR_SVM);
        assert_true(cpu->srr1 & MSR_S);
    }
    assert_int_equal(b->entries, 0);
}

/* ---- injected by the hypervisor, for each kind of exit ---- */

static void injects(struct bed *b, struct cpu *cpu, unsigned vector)
{
    (void)vector;
    cpu->srr1 |= SRR1_ILLEGAL;
    cpu->hsrr1 = MSR_LE;
    bed_hv_return(cpu, 0, *(const unsigned *)b->user);
}

BED_TEST(attack_33_injection_from_an_interrupt)
{
    static const unsigned vectors[] = {0x100, 0x200, 0x500, 0x700, 0x900, 0xa00, 0xea0, 0xf60};
    struct cpu *cpu = &b->m.cpus[0];
    static unsigned v;

    bed_make_svm(b, BED_LPID);
    bed_hypervisor(b, injects, &v);
    for (unsigned i = 0; i < ARRAY_SIZE(vectors); i++) {
        v = vectors[i];
        bed_interrupt(cpu, TRAP_HDEC, MSR_SVM | MSR_EE | MSR_PR, PC);
        assert_at(cpu, v, MSR_SVM | MSR_LE);
        assert_int_equal(cpu->srr0, PC);
        assert_int_equal(cpu->srr1, MSR_SVM | MSR_EE | MSR_PR | SRR1_ILLEGAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupts_of_the_hypervisor_are_reflected),
        cmocka_unit_test(a_machine_check_shows_dsisr_and_asdr),
        cmocka_unit_test(an_external_interrupt_turns_round),
        cmocka_unit_test(attack_11_an_illegal_instruction_is_the_programs_own_fault),
        cmocka_unit_test(attack_11_tbegin),
        cmocka_unit_test(attack_11_transactional_memory_is_switched_off),
        cmocka_unit_test(facilities_of_a_resumed_thread),
        cmocka_unit_test(an_expired_decrementer_is_pending),
        cmocka_unit_test(an_ultravisor_doorbell_does_nothing),
        cmocka_unit_test(attack_10_an_interrupt_in_ultravisor_state_stops_the_machine),
        cmocka_unit_test(interrupts_of_the_svm_stay_there),
        cmocka_unit_test(attack_33_injection_from_an_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
