/* SPDX-License-Identifier: Apache-2.0 */
/* Overflow, alerts and the performance monitor interrupt. The counters stop by FCECE, so that what they
 * show is what they had when the alert came: at the end of the loop's turn in which they turned negative. */
#include "pmu/pmu.inc"
    .set VALID_SIPR, 1 << 25 | 1 << 22
    .set VALID, 1 << 22

    /* A loop of \turns of two instructions in state \msr; PMC\n starts \before it turns negative */
    .macro OVERFLOW name, mmcr0, mmcr1, n, before, msr, turns, vector
    TEST \name
    CLEAR
    SPR MMCR1, \mmcr1
    SPR \n, NEGATIVE - (\before)
    SPR MMCR0, \mmcr0
    LI r5, PAGE
    LI r6, \turns
    mtctr r6
    li r7, 0
    BACK 2f
    GO \msr, 1f
1:  addi r7, r7, 1
    bdnz 1b
    HOME
2:  CHECK r31, \vector
    .endm

    /* ... which is caught after \done turns, the counter then at \value */
    .macro CAUGHT name, mmcr0, mmcr1, n, before, msr, done, value, sier
    OVERFLOW \name, \mmcr0, \mmcr1, \n, \before, \msr, 1000, 0xf00
    CHECK r7, \done
    CHECKSPR \n, \value
    CHECKM r9, 0, 0
    CHECKSPR MMCR0, ((\mmcr0) & ~PMAE) | PMAO | FC
    CHECKA r21, 1b
    mfspr r9, SIAR
    CHECKA r9, 1b
    CHECKSPR SIER, \sier
    PASS
    .endm
    .set ALERT1, PMAE | FCECE | PMC1CE
    .set ALERTJ, PMAE | FCECE | PMCJCE
    CAUGHT cycles_pmc1, ALERT1, CYCLES, PMC1, 100, OS | EE, 50, NEGATIVE, VALID
    CAUGHT cycles_pmc2, ALERTJ, CYCLES, PMC2, 100, OS | EE, 50, NEGATIVE, VALID
    CAUGHT cycles_pmc3, ALERTJ, CYCLES, PMC3, 100, OS | EE, 50, NEGATIVE, VALID
    CAUGHT cycles_pmc4, ALERTJ, CYCLES, PMC4, 100, OS | EE, 50, NEGATIVE, VALID
    CAUGHT insns_pmc5, ALERTJ, 0, PMC5, 100, OS | EE, 50, NEGATIVE, VALID
    CAUGHT cycles_pmc6, ALERTJ, 0, PMC6, 100, OS | EE, 50, NEGATIVE, VALID
    CAUGHT end_of_turn, ALERTJ, 0, PMC5, 101, OS | EE, 51, NEGATIVE + 1, VALID
    CAUGHT first_turn, ALERTJ, 0, PMC5, 1, OS | EE, 1, NEGATIVE + 1, VALID
    CAUGHT last_turn_but_one, ALERTJ, 0, PMC5, 1998, OS | EE, 999, NEGATIVE, VALID
    CAUGHT problem, ALERTJ, 0, PMC5, 100, USER, 50, NEGATIVE, VALID_SIPR
    CAUGHT svm, ALERTJ, 0, PMC5, 100, SVM | EE, 50, NEGATIVE, VALID
    CAUGHT svm_problem, ALERTJ, 0, PMC5, 100, SVMUSER, 50, NEGATIVE, VALID_SIPR
    CAUGHT hypervisor, ALERTJ, 0, PMC5, 100, HYP | EE, 50, NEGATIVE, VALID | 1 << 24
    CAUGHT branches, ALERTJ, BRANCHES, PMC4, 100, OS | EE, 100, NEGATIVE, VALID
    CAUGHT taken, ALERTJ, TAKEN, PMC2, 7, OS | EE, 7, NEGATIVE, VALID

    .macro MISSED name, mmcr0, n, before, msr, wants_mmcr0, value
    OVERFLOW \name, \mmcr0, CYCLES, \n, \before, \msr, 1000, 0
    CHECK r7, 1000
    CHECKSPR MMCR0, \wants_mmcr0
    CHECKSPR \n, \value
    PASS
    .endm
    .set ALL, 2000 + HOME_INSNS
    MISSED not_enabled, PMC1CE | PMCJCE, PMC1, 100, OS | EE, PMC1CE | PMCJCE, NEGATIVE - 100 + ALL
    MISSED no_condition, PMAE | FCECE | PMCJCE, PMC1, 100, OS | EE, PMAE | FCECE | PMCJCE, NEGATIVE - 100 + ALL
    MISSED no_condition_j, PMAE | FCECE | PMC1CE, PMC2, 100, OS | EE, PMAE | FCECE | PMC1CE, NEGATIVE - 100 + ALL
    MISSED not_yet, ALERT1, PMC1, 5000, OS | EE, ALERT1, NEGATIVE - 5000 + ALL
    MISSED frozen, ALERT1 | FCS, PMC1, 100, OS | EE, ALERT1 | FCS, NEGATIVE - 100
    MISSED freeze_only, FCECE | PMC1CE, PMC1, 100, OS | EE, FCECE | PMC1CE | FC, NEGATIVE
    MISSED masked, ALERT1, PMC1, 100, OS, ALERT1 & ~PMAE | PMAO | FC, NEGATIVE
    MISSED masked_goes_on, PMAE | PMC1CE, PMC1, 100, OS, PMC1CE | PMAO, NEGATIVE - 100 + ALL
    MISSED apart, 3 * PMCC | PMAE | FCECE | PMCJCE, PMC5, 100, OS | EE, 3 * PMCC | PMAE | FCECE | PMCJCE, NEGATIVE - 100 + ALL

    /* What software does by itself; the alert comes behind the instruction \op */
    .macro SOFTWARE name, mmcr0, msr, op, vector
    TEST \name
    CLEAR
    SPR MMCR0, \mmcr0
    LI r6, NEGATIVE
    LI r7, (\mmcr0) & ~FC | PMAO
    LI r8, (\mmcr0) & ~FC | PMAE
    mfmsr r9
    BACK 2f
    GO \msr, 1f
1:  \op
3:  nop
    HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKA r21, 3b
    .endif
    PASS
    .endm
    SOFTWARE write_negative, ALERT1, OS | EE, "mtspr PMC1, r6", 0xf00
    SOFTWARE write_negative_pmc6, ALERTJ, OS | EE, "mtspr PMC6, r6", 0xf00
    SOFTWARE write_pmao, FC, OS | EE, "mtspr MMCR0, r7", 0xf00
    SOFTWARE write_pmao_ebe, FC | EBE, OS | EE, "mtspr MMCR0, r7", 0
    SOFTWARE write_pmae, FC | PMC1CE | PMCJCE, OS | EE, "mtspr PMC1, r6 ; mtspr MMCR0, r8", 0xf00
    SOFTWARE write_pmae_pmc1ce, FC | PMCJCE, OS | EE, "mtspr PMC1, r6 ; mtspr MMCR0, r8", 0
    SOFTWARE masked_then_enabled, FC, OS, "mtspr MMCR0, r7 ; mfmsr r9 ; ori r9, r9, EE ; mtmsrd r9, 1", 0xf00
    SOFTWARE cleared_in_time, FC, OS, "mtspr MMCR0, r7 ; mtspr MMCR0, r8 ; mfmsr r9 ; ori r9, r9, EE ; mtmsrd r9, 1", 0

    /* The interrupt is a level: it comes again until PMAO is cleared. */
    TEST level
    CLEAR
    SPR MMCR0, FC | PMAO
    BACK 2f
    GO OS | EE, 1f
1:  nop
    HOME
2:  CHECK r31, 0xf00
    BACK 3f
    GO OS | EE, 1b
3:  CHECK r31, 0xf00
    SPR MMCR0, FC
    BACK 4f
    GO OS | EE, 1b
4:  CHECK r31, 0
    PASS

    /* PMC5 turns negative with the sc that enters the ultravisor, which is not sampled: the alert comes
     * when it has left. */
    TEST waits_for_the_ultravisor
    CLEAR
    SPR SIAR, MAGIC
    SPR PMC5, NEGATIVE - 1 - HOME_INSNS
    SPR MMCR0, ALERTJ
    BACK 2f
    GO SVM | EE, 1f
1:  nop
    HOME
2:  CHECK r31, 0
    CHECKSPR PMC5, NEGATIVE
    CHECKSPR MMCR0, ALERTJ
    CHECKSPR SIAR, MAGIC
    BACK 4f
    GO SVM | EE, 3f
3:  nop
    HOME
4:  CHECK r31, 0xf00
    mfspr r9, SIAR
    CHECKA r9, 3b
    PASS

    /* TRIGGER: PMC2 and up wait until PMC1 is negative; FCECE does nothing then */
    TEST trigger
    CLEAR
    SPR MMCR1, CYCLES
    SPR PMC1, NEGATIVE - 100
    SPR MMCR0, TRIGGER | FCECE
    LI r6, 1000
    mtctr r6
    BACK 2f
    GO OS, 1f
1:  addi r7, r7, 1
    bdnz 1b
    HOME
2:  CHECKSPR MMCR0, FCECE
    CHECKSPR PMC2, 2000 - 100 + HOME_INSNS
    CHECKSPR PMC6, 2000 - 100 + HOME_INSNS
    PASS

    TEST trigger_not_yet
    CLEAR
    SPR MMCR1, CYCLES
    SPR MMCR0, TRIGGER
    BACK 2f
    GO OS, 1f
1:  nop
    HOME
2:  CHECKSPR MMCR0, TRIGGER
    CHECKSPR PMC1, 1 + HOME_INSNS
    CHECKSPR PMC2, 0
    CHECKSPR PMC5, 0
    PASS

    /* Time base: the bit goes from 0 to 1 once in \ticks; no counter is needed */
    .macro TIMEBASE name, tbsel, ticks
    TEST \name
    CLEAR
    SPR TBL, 0xff00
    SPR MMCR0, FC | TBEE | PMAE | \tbsel << 23
    BACK 2f
    mftb r6
    GO OS | EE, 1f
1:  b 1b
    HOME
2:  CHECK r31, 0xf00
    CHECKSPR MMCR0, FC | TBEE | PMAO | \tbsel << 23
    mftb r7
    LI r8, (\ticks) / 2
    add r9, r6, r8              /* transitions before and after */
    LI r10, -(\ticks)
    and r9, r9, r10
    add r5, r7, r8
    and r5, r5, r10
    subf r9, r9, r5
    .if \ticks > 2
    CHECK r9, \ticks
    .endif
    PASS
    .endm
    TIMEBASE tb_63, 0, 2
    TIMEBASE tb_55, 1, 0x200
    TIMEBASE tb_51, 2, 0x2000
    TIMEBASE tb_47, 3, 0x20000

    TEST tb_freezes
    CLEAR
    SPR MMCR0, TBEE | FCECE | 1 << 23
    BACK 2f
    LI r6, 1000
    mtctr r6
    GO OS | EE, 1f
1:  bdnz 1b
    HOME
2:  CHECK r31, 0
    CHECKSPR MMCR0, TBEE | FCECE | 1 << 23 | FC
    PASS
