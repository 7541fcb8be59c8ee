/* SPDX-License-Identifier: Apache-2.0 */
/* The branch history: what is recorded, by MMCRA[IFM], when, and who may read it. */
#include "pmu/pmu.inc"
    .set T, 2
    .set FAC_BHRB, 4 << 56
    .set IC, 0xff << 56

    /* \ops in \msr with filter \ifm; what is kept is read in ultravisor state, which records nothing.
     * HOME's sc is no branch. */
    .macro BRANCHES_IN name, mmcr0, ifm, msr, ops
    TEST \name
    CLEAR
    clrbhrb
    LI r5, PAGE
    SPR MMCRA, \ifm << 30
    SPR MMCR0, \mmcr0
    BACK 2f
    LA r7, 3f
    mtlr r7
    LA r7, 4f
    mtctr r7
    LA r7, 5f
    mtspr 815, r7
    cmpd r7, r7
    GO \msr, 1f
1:  \ops
    HOME
2:
    .endm

    .macro ENTRY n, label, t
    mfbhrbe r6, \n
    LA r7, \label
    ori r7, r7, \t
    mr r10, r6
    mr r11, r7
    COMPARE
    .endm
    .macro NOTHING n
    mfbhrbe r6, \n
    CHECK r6, 0
    .endm

    /* 6: b   7: beq   8: blr to 3   9: bctr to 4   10: bctar to 5 */
    .macro ALL_KINDS
6:  b .+4
7:  beq .+4
8:  blr
    nop
3:  nop
9:  bctr
    nop
4:  nop
10: bctar 20, 0
    nop
5:  bne .+8
    nop
    .endm

    BRANCHES_IN no_filter, PMAE, 0, OS, ALL_KINDS
    ENTRY 0, 5b, T
    ENTRY 1, 10b, 0
    ENTRY 2, 4b, T
    ENTRY 3, 9b, 0
    ENTRY 4, 3b, T
    ENTRY 5, 8b, 0
    ENTRY 6, 7b, 0
    ENTRY 7, 6b, 0
    NOTHING 8
    PASS

    /* Mode 1: branches that link */
    BRANCHES_IN calls, PMAE, 1, OS, "6: bl .+4 ; b .+4 ; 7: bctrl ; nop ; 4: beq .+4 ; 3: 5:"
    ENTRY 0, 4b, T
    ENTRY 1, 7b, 0
    ENTRY 2, 6b, 0
    NOTHING 3
    PASS

    /* Mode 2: no I-form; of unconditional branches only the target */
    BRANCHES_IN mode2, PMAE, 2, OS, ALL_KINDS
    ENTRY 0, 5b, T
    ENTRY 1, 4b, T
    ENTRY 2, 3b, T
    ENTRY 3, 7b, 0
    NOTHING 4
    PASS

    /* Mode 3: nor those by CTR alone or with a hint of software */
    .macro HINTS ifm
    BRANCHES_IN hints_mode\ifm, PMAE, \ifm, OS, "6: bdnz .+4 ; 7: bc 14, 2, .+4 ; 8: bc 12, 2, .+4 ; 9: bclr 15, 2 ; nop ; 3: 4: 5: nop"
    .if \ifm == 2
    ENTRY 0, 3b, T
    ENTRY 1, 9b, 0
    ENTRY 2, 8b, 0
    ENTRY 3, 7b, 0
    ENTRY 4, 6b, 0
    NOTHING 5
    .else
    ENTRY 0, 3b, T
    ENTRY 1, 8b, 0
    NOTHING 2
    .endif
    PASS
    .endm
    HINTS 2
    HINTS 3

    /* Not recorded */
    .macro QUIET name, mmcr0, msr, ops
    BRANCHES_IN \name, \mmcr0, 0, \msr, "\ops ; 3: 4: 5: nop"
    NOTHING 0
    PASS
    .endm
    QUIET alerts_off, 0, OS, "b .+4"
    QUIET frozen, PMAE | FC, OS, "b .+4"
    QUIET frozen_privileged, PMAE | FCS, OS, "b .+4"
    QUIET frozen_problem, PMAE | FCP, USER, "b .+4"
    QUIET frozen_hypervisor, PMAE | FCH, HYP, "b .+4"
    QUIET ultravisor, PMAE, UV, "b .+4"
    QUIET not_taken, PMAE, OS, "bne .+8"
    QUIET no_branch, PMAE, OS, "isync"

    BRANCHES_IN problem, PMAE, 0, USER, "6: b .+4 ; 3: 4: 5: nop"
    ENTRY 0, 6b, 0
    NOTHING 1
    PASS
    BRANCHES_IN svm, PMAE, 0, SVM, "6: b .+4 ; 3: 4: 5: nop"
    ENTRY 0, 6b, 0
    NOTHING 1
    PASS

    /* 32 entries, the oldest go */
    BRANCHES_IN rolls, PMAE, 0, OS, "6: b .+4 ; addi r9, 0, 40 ; mtctr r9 ; 7: bdnz . ; 3: 4: 5: nop"
    ENTRY 0, 7b, 0
    ENTRY 31, 7b, 0
    NOTHING 32
    NOTHING 1023
    PASS
    BRANCHES_IN is_full, PMAE, 0, OS, "6: b .+4 ; addi r9, 0, 32 ; mtctr r9 ; 7: bdnz . ; 3: 4: 5: nop"
    ENTRY 0, 7b, 0
    ENTRY 30, 7b, 0
    ENTRY 31, 6b, 0
    clrbhrb
    NOTHING 0
    NOTHING 31
    PASS

    /* The alert ends it: PMC5 turns negative on the third turn. */
    TEST alert_stops
    CLEAR
    clrbhrb
    SPR PMC5, NEGATIVE - 6
    SPR MMCR0, PMAE | PMCJCE
    LI r6, 100
    mtctr r6
    BACK 2f
    GO OS, 1f
1:  nop
7:  bdnz 1b
    HOME
2:  ENTRY 0, 7b, 0
    ENTRY 2, 7b, 0
    NOTHING 3
    PASS

    /* BHRBA, HFSCR[BHRB] */
    .macro REACH name, mmcr0, hfscr, msr, op, vector
    TEST \name
    CLEAR
    SPR MMCR0, FC | \mmcr0
    SPR HFSCR, \hfscr
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0xf60
    mfspr r9, FSCR
    CHECKM r9, IC, FAC_BHRB
    .endif
    .if \vector == 0xf80
    mfspr r9, HFSCR
    CHECKM r9, IC, FAC_BHRB
    .endif
    PASS
    .endm
    .set ON, 0x00ffffffffffffff
    .set OFF, 0x00ffffffffffffef
    .macro BOTH name, mmcr0, hfscr, msr, vector
    REACH mfbhrbe_\name, \mmcr0, \hfscr, \msr, "mfbhrbe r6, 0", \vector
    REACH clrbhrb_\name, \mmcr0, \hfscr, \msr, clrbhrb, \vector
    .endm
    BOTH problem, BHRBA, ON, USER, 0
    BOTH problem_bhrba_off, 0, ON, USER, 0xf60
    BOTH problem_hfscr_off, BHRBA, OFF, USER, 0xf80
    BOTH privileged, 0, ON, OS, 0
    BOTH privileged_hfscr_off, BHRBA, OFF, OS, 0xf80
    BOTH svm_hfscr_off, BHRBA, OFF, SVM, 0xf80
    BOTH hypervisor_hfscr_off, 0, OFF, HYP, 0
    BOTH host_problem, BHRBA, OFF, HOSTUSER, 0
    BOTH host_problem_bhrba_off, 0, ON, HOSTUSER, 0xf60
