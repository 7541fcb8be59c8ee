/* SPDX-License-Identifier: Apache-2.0 */
/* Event-based branches: when they are taken, what they leave, rfebb, who may use the facility. Power ISA
 * 3.0B Book II chapter 7. */
#include "pmu/pmu.inc"
    .set CFAR, 28
    .set GE, 1 << 63
    .set EE_EBB, 1 << 33
    .set PME, 1 << 32
    .set EEO, 2
    .set PMEO, 1
    .set FAC_EBB, 7 << 56
    .set IC, 0xff << 56
    .set ON, 0x00ffffffffffffff
    .set OFF, 0x00ffffffffffff7f

    /* Enters \msr with BESCR \bescr; r31 = 0 and r5 = 1 when the branch was taken at once, else r5 = 0 */
    .macro EBB name, bescr, msr, hfscr, fscr, taken
    TEST \name
    SPR HFSCR, \hfscr
    SPR FSCR, \fscr
    SPR BESCR, \bescr
    LA r10, 4f
    mtspr EBBHR, r10
    BACK 2f
    li r5, 0
    GO \msr, 1f
1:  nop
    HOME
4:  li r5, 1
    HOME
2:  CHECK r31, 0
    CHECK r5, \taken
    SPR HFSCR, ON
    .if \taken
    CHECKSPR BESCR, (\bescr) & ~GE
    mfspr r9, EBBRR
    CHECKA r9, 1b
    .else
    CHECKSPR BESCR, \bescr
    .endif
    PASS
    .endm
    EBB pmu, GE | PME | PMEO, USER, ON, ON, 1
    EBB external, GE | EE_EBB | EEO, USER, ON, ON, 1
    EBB both, GE | PME | PMEO | EE_EBB | EEO, USER, ON, ON, 1
    EBB svm, GE | PME | PMEO, SVMUSER, ON, ON, 1
    EBB host_problem, GE | PME | PMEO, HOSTUSER, OFF, ON, 1
    EBB not_global, PME | PMEO, USER, ON, ON, 0
    EBB not_enabled, GE | PMEO, USER, ON, ON, 0
    EBB not_occurred, GE | PME, USER, ON, ON, 0
    EBB other_enabled, GE | EE_EBB | PMEO, USER, ON, ON, 0
    EBB privileged, GE | PME | PMEO, OS, ON, ON, 0
    EBB hypervisor, GE | PME | PMEO, HYP, ON, ON, 0
    EBB hfscr_off, GE | PME | PMEO, USER, OFF, ON, 0
    EBB fscr_off, GE | PME | PMEO, USER, ON, OFF, 0

    /* Interrupts come first. */
    TEST after_interrupts
    SPR BESCR, GE | PME | PMEO
    LI r9, IRQ
    LI r10, 0x80
    std r10, 0(r9)
    BACK 2f
    GO USER, 1f
1:  nop
    HOME
2:  CHECK r31, 0xf00
    CHECKA r21, 1b
    CHECKSPR BESCR, GE | PME | PMEO
    PASS

    /* Software makes the event itself. */
    .macro BY_SOFTWARE name, bescr, spr, value, taken
    TEST \name
    SPR BESCR, \bescr
    LA r10, 4f
    mtspr EBBHR, r10
    LI r7, \value
    BACK 2f
    li r5, 0
    GO USER, 1f
1:  mtspr \spr, r7
3:  nop
    HOME
4:  li r5, 1
    HOME
2:  CHECK r5, \taken
    .if \taken
    mfspr r9, EBBRR
    CHECKA r9, 3b
    .endif
    PASS
    .endm
    .set BESCRSU, 801
    .set BESCRRU, 803
    BY_SOFTWARE bescr, 0, BESCR, GE | PME | PMEO, 1
    BY_SOFTWARE bescrs, PME | PMEO, BESCRS, GE, 1
    BY_SOFTWARE bescrsu, PME | PMEO, BESCRSU, GE >> 32, 1
    BY_SOFTWARE bescrs_other, PME, BESCRS, GE, 0
    BY_SOFTWARE bescrr, PME | PMEO, BESCRR, PMEO, 0

    TEST aliases
    SPR BESCR, PME | PMEO
    SPR BESCRS, GE
    CHECKSPR BESCR, GE | PME | PMEO
    CHECKSPR BESCRS, GE | PME | PMEO
    CHECKSPR BESCRSU, (GE | PME) >> 32
    SPR BESCRRU, GE >> 32
    CHECKSPR BESCRR, PME | PMEO
    CHECKSPR BESCRRU, PME >> 32
    SPR BESCRR, PMEO
    CHECKSPR BESCR, PME
    PASS

    /* rfebb */
    .macro LEAVE name, s, bescr, want
    TEST \name
    SPR BESCR, \bescr
    LA r10, 3f + 3              /* the last two bits do not count */
    mtspr EBBRR, r10
    BACK 2f
    li r5, 0
    GO USER, 1f
1:  rfebb \s
    HOME
3:  mfspr r6, BESCR
    li r5, 1
    HOME
2:  CHECK r31, 0
    CHECK r5, 1
    CHECK r6, \want
    PASS
    .endm
    LEAVE rfebb_1, 1, PME, GE | PME
    LEAVE rfebb_0, 0, GE | PME, PME
    LEAVE rfebb_0_event_waits, 0, PME | PMEO, PME | PMEO

    TEST rfebb_cfar
    LA r10, 3f
    mtspr EBBRR, r10
    BACK 2f
    GO OS, 1f
1:  nop
4:  rfebb
    nop
3:  mfspr r6, CFAR
    HOME
2:  CHECKA r6, 4b
    PASS

    /* With S=1 and an event that waits, the handler is entered again at once. */
    TEST rfebb_1_event_waits
    SPR BESCR, PME | PMEO
    LA r10, 3f
    mtspr EBBRR, r10
    LA r10, 4f
    mtspr EBBHR, r10
    BACK 2f
    li r5, 0
    GO USER, 1f
1:  rfebb 1
3:  nop
    HOME
4:  li r5, 1
    HOME
2:  CHECK r5, 1
    mfspr r9, EBBRR
    CHECKA r9, 3b
    PASS

    /* The facility */
    .macro REACH name, hfscr, fscr, msr, op, vector
    TEST \name
    SPR HFSCR, \hfscr
    SPR FSCR, \fscr
    LA r10, 3f
    mtspr EBBRR, r10
    li r6, 0
    BACK 2f
    GO \msr, 1f
1:  \op
3:  HOME
2:  CHECK r31, \vector
    .if \vector == 0xf60
    mfspr r9, FSCR
    CHECKM r9, IC, FAC_EBB
    .endif
    .if \vector == 0xf80
    mfspr r9, HFSCR
    CHECKM r9, IC, FAC_EBB
    .endif
    PASS
    .endm
    .macro READ n, name, hfscr, fscr, msr, vector
    REACH read_\n\()_\name, \hfscr, \fscr, \msr, "mfspr r6, \n", \vector
    .endm
    .macro EVERY name, hfscr, fscr, msr, vector
    REACH rfebb_\name, \hfscr, \fscr, \msr, rfebb, \vector
    READ 800, \name, \hfscr, \fscr, \msr, \vector
    READ 801, \name, \hfscr, \fscr, \msr, \vector
    READ 802, \name, \hfscr, \fscr, \msr, \vector
    READ 803, \name, \hfscr, \fscr, \msr, \vector
    READ 804, \name, \hfscr, \fscr, \msr, \vector
    READ 805, \name, \hfscr, \fscr, \msr, \vector
    READ 806, \name, \hfscr, \fscr, \msr, \vector
    REACH write_\name, \hfscr, \fscr, \msr, "mtspr BESCR, r6", \vector
    .endm
    EVERY user, ON, ON, USER, 0
    EVERY user_fscr_off, ON, OFF, USER, 0xf60
    EVERY user_hfscr_off, OFF, ON, USER, 0xf80
    EVERY privileged_fscr_off, ON, OFF, OS, 0
    EVERY privileged_hfscr_off, OFF, ON, OS, 0xf80
    EVERY hypervisor, OFF, OFF, HYP, 0
    EVERY host_problem_fscr_off, ON, OFF, HOSTUSER, 0xf60

    /* Round trip: a program counts cycles of its own, its handler starts the counter again, three times */
    TEST round_trip
    CLEAR
    LA r10, 4f
    mtspr EBBHR, r10
    SPR BESCR, GE | PME
    LI r6, NEGATIVE - 100
    mtspr PMC6, r6
    SPR MMCR0, EBE | 2 * PMCC | PMAE | PMCJCE
    li r5, 0
    BACK 2f
    LI r7, 1000
    mtctr r7
    GO USER, 1f
1:  nop
    bdnz 1b
    HOME
4:  addi r5, r5, 1
    mfspr r9, EBBRR
    mfspr r8, UMMCR0
    LI r7, FC
    mtspr UMMCR0, r7            /* PMAO is gone too */
    mtspr UPMC6, r6
    LI r7, PMEO
    mtspr BESCRR, r7
    LI r7, 0
    cmpwi r5, 3
    beq 5f
    LI r7, PMAE
5:  mtspr UMMCR0, r7
    rfebb
2:  CHECK r31, 0
    CHECK r5, 3
    CHECKA r9, 1b
    CHECK r8, PMAO
    CHECKSPR BESCR, GE | PME
    CHECKSPR MMCR0, EBE | 2 * PMCC | PMCJCE
    PASS

    /* EBE keeps the interrupt away whether or not anybody waits for the branch. */
    TEST nobody_waits
    CLEAR
    SPR BESCR, 0
    SPR PMC6, NEGATIVE - 100
    SPR MMCR0, EBE | 2 * PMCC | PMAE | PMCJCE | FCECE
    LI r7, 1000
    mtctr r7
    BACK 2f
    GO USER, 1f
1:  nop
    bdnz 1b
    HOME
2:  CHECK r31, 0
    CHECKSPR BESCR, PMEO
    CHECKSPR MMCR0, EBE | 2 * PMCC | PMAO | PMCJCE | FCECE | FC
    PASS
