/* SPDX-License-Identifier: Apache-2.0 */
/* What PMC1 to PMC6 count, to the instruction. Nothing counts in ultravisor state, where a test is set
 * up; HOME costs HOME_INSNS of the state it leaves. */
#include "pmu/pmu.inc"

    /* \ops in the state of \msr; PMC\n is then \want and what HOME adds */
    .macro COUNT name, mmcr0, mmcr1, msr, ops, n, want
    TEST \name
    CLEAR
    STORE PAGE, 0
    LI r5, PAGE
    SPR MMCR1, \mmcr1
    SPR MMCR0, \mmcr0
    BACK 2f
    GO \msr, 1f
1:  \ops
    HOME
2:  CHECKSPR \n, \want
    PASS
    .endm

    .set TEN, 10 + HOME_INSNS
    .macro IN_ALL_STATES name, mmcr1, n
    COUNT \name\()_privileged, 0, \mmcr1, OS, ".rept 10 ; nop ; .endr", \n, TEN
    COUNT \name\()_problem, 0, \mmcr1, USER, ".rept 10 ; nop ; .endr", \n, TEN
    COUNT \name\()_hypervisor, 0, \mmcr1, HYP, ".rept 10 ; nop ; .endr", \n, TEN
    COUNT \name\()_host_problem, 0, \mmcr1, HOSTUSER, ".rept 10 ; nop ; .endr", \n, TEN
    COUNT \name\()_svm, 0, \mmcr1, SVM, ".rept 10 ; nop ; .endr", \n, TEN
    COUNT \name\()_svm_problem, 0, \mmcr1, SVMUSER, ".rept 10 ; nop ; .endr", \n, TEN
    COUNT \name\()_ultravisor, 0, \mmcr1, UV, ".rept 10 ; nop ; .endr", \n, 0
    .endm
    IN_ALL_STATES pmc5, 0, PMC5
    IN_ALL_STATES pmc6, 0, PMC6
    IN_ALL_STATES pmc1_cycles, CYCLES, PMC1
    IN_ALL_STATES pmc4_insns, INSNS, PMC4
    COUNT pmc2_cycles, 0, CYCLES, OS, "nop", PMC2, 1 + HOME_INSNS
    COUNT pmc3_cycles, 0, CYCLES, OS, "nop", PMC3, 1 + HOME_INSNS
    COUNT pmc1_insns, 0, INSNS, OS, "nop", PMC1, 1 + HOME_INSNS
    COUNT pmc2_insns, 0, INSNS, OS, "nop", PMC2, 1 + HOME_INSNS
    COUNT pmc3_insns, 0, INSNS, OS, "nop", PMC3, 1 + HOME_INSNS
    COUNT nothing_chosen, 0, 0, OS, "nop", PMC1, 0
    COUNT unknown_event, 0, 0x54545454, OS, "ld r6, 0(r5)", PMC3, 0
    COUNT unknown_unit, 0, 1 << 60 | CYCLES, OS, "nop", PMC1, 0
    COUNT combined, 0, 1 << 38 | CYCLES, OS, "nop", PMC1, 0

    COUNT loop, 0, 0, OS, "addi r9, 0, 1000 ; mtctr r9 ; bdnz .", PMC5, 1002 + HOME_INSNS
    COUNT branches, 0, BRANCHES, OS, "addi r9, 0, 9 ; mtctr r9 ; bdnz . ; b .+4 ; cmpd r9, r9 ; bne .+8 ; blt .+8", PMC4, 9 + 1 + 2
    COUNT taken, 0, TAKEN, OS, "addi r9, 0, 9 ; mtctr r9 ; bdnz . ; b .+4 ; cmpd r9, r9 ; bne .+8 ; blt .+8", PMC2, 8 + 1
    COUNT loads, 0, LOADS, OS, "ld r6, 0(r5) ; lwz r6, 0(r5) ; std r6, 0(r5) ; ldarx r6, 0, r5 ; addi r6, 0, 5", PMC1, 3
    COUNT stores, 0, STORES, OS, "ld r6, 0(r5) ; stb r6, 0(r5) ; std r6, 0(r5) ; stdcx. r6, 0, r5", PMC2, 3
    COUNT loads_frozen, FC, LOADS, OS, "ld r6, 0(r5)", PMC1, 0
    COUNT vector_loads, 0, LOADS, OS | VEC | VSX, "lvx 1, 0, r5 ; lxvx 1, 0, r5 ; lvsl 1, 0, r5", PMC1, 2

    /* CTRL[RUN] */
    .set STOP, SF | ME          /* OS */
    COUNT run_off_pmc5, 0, 0, OS, "addi r9, 0, 0 ; mtspr CTRL, r9 ; nop ; nop", PMC5, 2
    COUNT run_off_pmc6, 0, 0, OS, "addi r9, 0, 0 ; mtspr CTRL, r9 ; nop ; nop", PMC6, 2
    COUNT run_off_pmc5_cc56run, CC56RUN, 0, OS, "addi r9, 0, 0 ; mtspr CTRL, r9 ; nop ; nop", PMC5, 4 + HOME_INSNS
    COUNT run_off_run_cyc, 0, RUN_CYC, OS, "addi r9, 0, 0 ; mtspr CTRL, r9 ; nop ; nop", PMC2, 2
    COUNT run_off_run_inst, 0, RUN_INST, OS, "addi r9, 0, 0 ; mtspr CTRL, r9 ; nop ; nop", PMC4, 2
    COUNT run_off_cyc, 0, CYCLES, OS, "addi r9, 0, 0 ; mtspr CTRL, r9 ; nop ; nop", PMC2, 4 + HOME_INSNS
    COUNT run_on_again, 0, 0, OS, "addi r9, 0, 0 ; mtspr CTRL, r9 ; nop ; addi r9, 0, 1 ; mtspr CTRL, r9 ; nop", PMC5, 2 + 1 + HOME_INSNS
    COUNT fc14wait, FC14W, CYCLES, OS, "addi r9, 0, 0 ; mtspr CTRL, r9 ; nop ; nop", PMC1, 2

    /* Reading and writing while it counts */
    COUNT read, 0, 0, OS, "nop ; nop ; mfspr r6, PMC5 ; mtspr PMC5, r6", PMC5, 2 + HOME_INSNS
    COUNT write, 0, 0, OS, "nop ; addi r6, 0, 100 ; mtspr PMC5, r6 ; nop", PMC5, 100 + 1 + HOME_INSNS
    COUNT write_other, 0, 0, OS, "nop ; addi r6, 0, 100 ; mtspr PMC6, r6 ; nop", PMC5, 4 + HOME_INSNS
    COUNT only_32_bits, 0, 0, OS, "addi r6, 0, -2 ; mtspr PMC5, r6 ; nop", PMC5, 0xffffffff & (-2 + 1 + HOME_INSNS)
    COUNT stop, 0, 0, OS, "lis r6, -0x8000 ; nop ; mtspr MMCR0, r6 ; nop ; nop", PMC5, 3
    COUNT start, FC, 0, OS, "addi r6, 0, 0 ; nop ; mtspr MMCR0, r6 ; nop ; nop", PMC5, 2 + HOME_INSNS
    COUNT change_event, 0, CYCLES, OS, "addi r6, 0, 0 ; nop ; mtspr MMCR1, r6 ; nop ; nop", PMC1, 3

    /* The instruction that changes the state belongs to the old one. */
    COUNT rfid_is_privileged, FCP, 0, OS, "LA r6, 3f ; mtsrr0 r6 ; LI r6, USER ; mtsrr1 r6 ; rfid ; 3: nop ; nop", PMC5, 2 + 1 + 5 + 1 + 1
    COUNT rfid_is_not_problem, FCS, 0, OS, "LA r6, 3f ; mtsrr0 r6 ; LI r6, USER ; mtsrr1 r6 ; rfid ; 3: nop ; nop", PMC5, 2 + HOME_INSNS

    /* An interrupt of an instruction takes a cycle and completes nothing. */
    COUNT trap_insns, FCS, 0, USER, "nop ; trap", PMC5, 1
    COUNT trap_cycles, FCS, 0, USER, "nop ; trap", PMC6, 2

    /* PMCC=3: PMC5 and PMC6 obey no bit */
    COUNT apart, FC | FC56 | 3 * PMCC, 0, OS, "nop", PMC5, 1 + HOME_INSNS
    COUNT apart_run_only, CC56RUN | 3 * PMCC, 0, OS, "addi r9, 0, 0 ; mtspr CTRL, r9 ; nop", PMC6, 2
    COUNT apart_others_frozen, FC | 3 * PMCC, CYCLES, OS, "nop", PMC1, 0

    TEST reset
    CHECKSPR MMCR0, FC
    CHECKSPR MMCR1, 0
    CHECKSPR MMCR2, 0
    CHECKSPR MMCRA, 0
    PASS
