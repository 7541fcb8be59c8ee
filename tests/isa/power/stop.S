/* SPDX-License-Identifier: Apache-2.0 */
/* stop: PSSCR's two views, which exceptions end it, how it goes on. Book III, "Power Management".
 * PSSCR  0:3 PLS  41 SD  42 ESL  43 EC  44:47 PSLL  54:55 TR  56:59 MTL  60:63 RL */
#include "bare.inc"
    .set PSSCR_P, 823
    .set SD, 1 << 22
    .set ESL, 1 << 21
    .set EC, 1 << 20
    .set PSLL_SHIFT, 16
    .set GUEST_FIELDS, 0x3ff
    .set FAR, 0x7fffffff        /* DEC, when it is not to interfere */

    /* \set raises or counts; then stop in \msr; \vector 0: it goes on at the next instruction.
     * \cause: SRR1 42:45; 46:47 say 1: no state was lost */
    .macro SLEEP name, psscr, lpcr, prepare, msr, vector, cause=0
    TEST \name
    SPR LPCR, RADIX | (\lpcr)
    SPR PSSCR, \psscr
    SPR 22, FAR
    \prepare
    BACK 2f
    li r5, 0
    GO \msr, 1f
1:  stop
3:  li r5, 1
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x100
    CHECKA r21, 3b
    CHECKM r22, CAUSE, \cause << 18 | 1 << 16
    CHECKM r20, STATE | EE | IR | DR, (\msr) & S | HV
    CHECK r5, 0
    .elseif \vector == 0
    CHECK r5, 1
    .endif
    PASS
    .endm
    .macro TIMER spr
    SPR \spr, 50
    .endm
    .macro MESSAGE op
    LI r8, 5 << 27
    \op r8
    .endm

    /* EC=1: the system reset interrupt, by what LPCR[PECE] admits, whatever MSR[EE] says */
    .set DEEP, ESL | EC | 3
    .irp state, HYP, UV
    SLEEP dec_\state, DEEP, PECE_DEC, "TIMER 22", \state, 0x100, 6
    SLEEP hdec_\state, DEEP, PECE_DEC, "TIMER HDEC", \state, 0x100, 6
    SLEEP external_\state, DEEP, PECE_EE, "RAISE IRQ_EXTERNAL", \state, 0x100, 8
    SLEEP virtualization_\state, DEEP, PECE_HVI, "RAISE IRQ_HVI", \state, 0x100, 9
    SLEEP maintenance_\state, DEEP, PECE_HMI, "RAISE IRQ_HMI", \state, 0x100, 10
    SLEEP hypervisor_doorbell_\state, DEEP, PECE_HDBELL, "MESSAGE msgsnd", \state, 0x100, 3
    SLEEP doorbell_\state, DEEP, PECE_DBELL, "MESSAGE msgsndp", \state, 0x100, 5
    SLEEP not_masked_by_ee_\state, DEEP, PECE_EE, "RAISE IRQ_EXTERNAL", \state | EE, 0x500
    .endr
    SLEEP ec_without_esl, EC, PECE_DEC, "TIMER 22", HYP, 0x100, 6
    SLEEP virtualization_goes_before_external, DEEP, PECE_EE | PECE_HVI, "RAISE IRQ_EXTERNAL | IRQ_HVI", HYP, 0x100, 9

    /* what is not admitted does not end it: the decrementer does, later */
    .macro SLEEPS name, prepare
    SLEEP not_admitted_\name, DEEP, PECE_DEC, "\prepare ; TIMER 22", HYP, 0x100, 6
    .endm
    SLEEPS external, "RAISE IRQ_EXTERNAL"
    SLEEPS virtualization, "RAISE IRQ_HVI"
    SLEEPS maintenance, "RAISE IRQ_HMI"
    SLEEPS hypervisor_doorbell, "MESSAGE msgsnd"
    SLEEPS doorbell, "MESSAGE msgsndp"

    /* EC=0: whatever would interrupt if MSR[EE] were 1; then the next instruction, or its interrupt */
    SLEEP ec0_goes_on, 0, 0, "TIMER 22", HYP, 0
    SLEEP ec0_esl0_guest, 3, 0, "TIMER 22", OS, 0
    SLEEP ec0_svm, 3, 0, "TIMER 22", SVM, 0
    SLEEP ec0_takes_decrementer, 0, 0, "TIMER 22", HYP | EE, 0x900
    SLEEP ec0_takes_external, 0, LPES, "TIMER 22 ; RAISE IRQ_EXTERNAL", OS, 0
    SLEEP ec0_hypervisor_decrementer, 0, HDICE, "TIMER HDEC", OS, 0x980

    TEST ec0_sleeps_on_while_hdice_is_0
    SPR PSSCR, 0
    SPR HDEC, -1
    SPR 22, 5000
    mfspr r5, TB
    BACK 2f
    GO HYP, 1f
1:  stop
    HOME
2:  mfspr r6, TB
    subf r6, r5, r6
    cmpdi r6, 5000
    li r4, 1
    bge .+8
    b finish
    PASS

    SLEEP problem_state, 0, 0, "TIMER 22", USER, 0x700
    SLEEP host_problem_state, ESL | EC, PECE_DEC, "TIMER 22", HOSTUSER, 0x700

    /* below the hypervisor with EC or ESL: hypervisor facility unavailable, cause 9 */
    .macro REFUSED_STOP name, psscr, msr
    TEST \name
    SPR PSSCR, \psscr
    BACK 2f
    GO \msr, 1f
1:  stop
    HOME
2:  CHECK r31, 0xf80
    CHECKA r25, 1b
    mfspr r9, HFSCR
    srdi r9, r9, 56
    CHECK r9, 9
    PASS
    .endm
    REFUSED_STOP guest_ec, EC, OS
    REFUSED_STOP guest_esl, ESL, OS
    REFUSED_STOP svm_ec_esl, EC | ESL, SVM

    /* PLS: the level reached, which PSLL limits below the hypervisor */
    .macro LEVEL name, psscr, msr, want
    TEST \name
    SPR PSSCR, \psscr
    SPR 22, 50
    BACK 2f
    GO \msr, 1f
1:  stop
    HOME
2:  CHECK r31, 0
    mfspr r5, PSSCR
    srdi r5, r5, 60
    CHECK r5, \want
    PASS
    .endm
    LEVEL pls_hypervisor, 5, HYP, 5
    LEVEL pls_hypervisor_ignores_psll, 2 << PSLL_SHIFT | 5, HYP, 5
    LEVEL pls_guest_limited, 2 << PSLL_SHIFT | 5, OS, 2
    LEVEL pls_guest_within_limit, 9 << PSLL_SHIFT | 5, OS, 5

    /* the privileged view */
    .macro VIEW name, psscr, want
    TEST \name
    SPR PSSCR, \psscr
    BACK 2f
    GO OS, 1f
1:  mfspr r5, PSSCR_P
    HOME
2:  CHECK r31, 0
    CHECK r5, \want
    PASS
    .endm
    VIEW view_hides_the_hypervisors_fields, ESL | EC | 15 << PSLL_SHIFT | 0x3a5, 0x3a5
    VIEW view_shows_pls, 6 << 60 | 0x123, 6 << 60 | 0x123
    VIEW view_hides_pls_with_sd, SD | 6 << 60 | 0x123, 0x123

    TEST view_writes_tr_mtl_rl_only
    SPR PSSCR, 6 << 60 | SD | ESL | EC | 15 << PSLL_SHIFT
    BACK 2f
    li r5, -1
    GO OS, 1f
1:  mtspr PSSCR_P, r5
    HOME
2:  CHECKSPR PSSCR, 6 << 60 | SD | ESL | EC | 15 << PSLL_SHIFT | GUEST_FIELDS
    PASS
