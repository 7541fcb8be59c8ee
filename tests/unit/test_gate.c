// SPDX-License-Identifier: Apache-2.0
/*
 * What becomes of an instruction before or without its own semantics: refused by state, refused by
 * a facility that is off, or executed as nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/exec.h"

#define SMFCTRL_E PPC_BIT(0)

static struct cpu *start(uint64_t msr)
{
    static _Alignas(64) struct cpu cpu;
    memset(&cpu, 0, sizeof(cpu));
    cpu.msr = MSR_SF | msr;
    cpu.smfctrl = SMFCTRL_E;
    cpu.hfscr = cpu.fscr = ~PPC_BITS(0, 7); /* all facilities */
    for (unsigned i = 0; i < 32; i++)
        cpu.gpr[i] = 0x1000 * (i + 1);
    return &cpu;
}

static trap_t gate(struct cpu *cpu, unsigned id)
{
    struct insn in;
    insn_decode(&in, insn_table[id].match);
    assert_int_equal(in.id, id);
    return exec_gate(cpu, &in);
}

static trap_t execute(struct cpu *cpu, uint32_t word)
{
    struct insn in;
    insn_decode(&in, word);
    trap_t trap = exec_gate(cpu, &in);
    return trap ? trap : insn_table[in.id].handler(cpu, &in);
}

/* Problem state: program interrupt, privileged instruction. With SMF off the processor does not
 * even know an ultravisor's instruction. */
static void test_problem_state_is_refused(void **state)
{
    (void)state;
    for (unsigned id = 1; id < INSN_COUNT; id++) {
        struct cpu *cpu = start(MSR_PR | MSR_HV | MSR_FP | MSR_VEC | MSR_VSX);
        bool user = insn_table[id].priv == PRIV_USER;
        assert_int_equal(gate(cpu, id), user ? TRAP_NONE : TRAP_PROGRAM);
        if (!user)
            assert_int_equal(cpu->trap.srr1, SRR1_PRIV);
        cpu->smfctrl = 0;
        if (insn_table[id].priv == PRIV_UV)
            assert_int_equal(gate(cpu, id), TRAP_HEAI);
    }
}

/* A guest kernel and hypervisor's, a hypervisor and ultravisor's instructions. */
static void test_states_above_are_refused(void **state)
{
    (void)state;
    for (unsigned id = 1; id < INSN_COUNT; id++) {
        unsigned priv = insn_table[id].priv;
        uint64_t facilities = MSR_FP | MSR_VEC | MSR_VSX;
        assert_int_equal(!gate(start(facilities), id), priv < PRIV_HV);
        assert_int_equal(!gate(start(facilities | MSR_HV), id), priv < PRIV_UV);
        assert_int_equal(gate(start(facilities | MSR_HV | MSR_S), id), TRAP_NONE);
    }
}

static void test_facilities_that_are_off(void **state)
{
    static const struct {
        uint64_t msr;
        trap_t trap;
    } off[] = {{MSR_FP, TRAP_FP}, {MSR_VEC, TRAP_VEC}, {MSR_VSX, TRAP_VSX}};
    (void)state;
    for (unsigned id = 1; id < INSN_COUNT; id++) {
        uint64_t all = MSR_FP | MSR_VEC | MSR_VSX, need;
        struct insn in;
        insn_decode(&in, insn_table[id].match);
        need = insn_facility_need(&in);
        for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
            struct cpu *cpu = start(MSR_HV | MSR_S | (all & ~off[i].msr));
            assert_int_equal(gate(cpu, id), need == off[i].msr ? off[i].trap : TRAP_NONE);
        }
    }
}

/* Hints, and the reserved-nop class with the names that later levels gave it. */
static void test_nothing_happens(void **state)
{
    static const char *const names[] = {"icbt",    "dst",      "dstt",   "dstst",  "dststt",
                                        "dss",     "dssall",   "resnop", "hashst", "hashchk",
                                        "hashstp", "hashchkp", "cpabort"};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        unsigned id = 1;
        while (strcmp(insn_table[id].mnemonic, names[i]))
            id++;
        for (unsigned k = 0; k < 16; k++) {
            struct cpu *cpu = start(MSR_PR), before;
            memcpy(&before, cpu, sizeof(before));
            uint32_t word = insn_table[id].match | ((uint32_t)mrand48() & ~insn_table[id].mask);
            assert_int_equal(execute(cpu, word), TRAP_NONE);
            assert_memory_equal(cpu, &before, sizeof(before));
        }
    }
}

/* 31 /// 530, 562, 594 and 626 exist as well. */
static void test_reserved_nops(void **state)
{
    (void)state;
    for (unsigned xo = 530; xo <= 754; xo += 32) {
        struct insn in;
        insn_decode(&in, 31u << 26 | 0x03fff800 | xo << 1);
        assert_int_equal(insn_table[in.id].handler(start(MSR_PR), &in), TRAP_NONE);
    }
}

static void test_transactional_memory_is_unavailable(void **state)
{
    static const char *const names[] = {"tbegin.",   "tend.",     "tendall.",   "tabort.",
                                        "tabortwc.", "tabortdc.", "tabortwci.", "tabortdci.",
                                        "tcheck",    "tsr.",      "treclaim.",  "trechkpt."};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        unsigned id = 1;
        while (strcmp(insn_table[id].mnemonic, names[i]))
            id++;
        struct cpu *cpu = start(0);
        assert_int_equal(execute(cpu, insn_table[id].match), TRAP_FAC);
        assert_int_equal(cpu->trap.fscr_ic, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problem_state_is_refused),
        cmocka_unit_test(test_states_above_are_refused),
        cmocka_unit_test(test_facilities_that_are_off),
        cmocka_unit_test(test_nothing_happens),
        cmocka_unit_test(test_reserved_nops),
        cmocka_unit_test(test_transactional_memory_is_unavailable),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
