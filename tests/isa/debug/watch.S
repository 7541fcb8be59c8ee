/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every match rule of the data address watchpoint. Book III, "Data Address Watchpoint".
 * DAWRX0 (32 bits shown): MRD 0xfc00 doublewords more than one, HRAMMC 0x80, DW 0x40 stores, DR 0x20 loads,
 * WT 0x10, WTI 8, states: 4 hypervisor, 2 privileged, 1 problem.
 */
#include "bare.inc"
    .set MRD, 10
    .set HRAMMC, 0x80
    .set DW, 0x40
    .set LOADS, 0x20
    .set WT, 0x10
    .set WTI, 8
    .set ALL_STATES, 7
    .set WATCH, PAGE + 0x1200
    .set BYPASS, 1 << 63

    /* r5 the address of the access; \vector 0 or 0x300; \dar the first byte watched */
    .macro WATCHED_AT name, dawr, x, msr, ea, op, vector, store=0, dar=0
    TEST \name
    STORE WATCH, MAGIC
    STORE WATCH + 8, MAGIC
    STORE PAGE + 0x1280, MAGIC
    SPR DAWR0, \dawr
    SPR DAWRX0, \x
    BACK 2f
    LI r5, \ea
    li r6, 0
    li r7, 0
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKSPR DSISR, WATCHED | \store * STORE_BIT
    .if \dar
    CHECKSPR DAR, \dar
    .endif
    CHECK r6, 0                 /* nothing was loaded, */
    li r8, 0
    mtspr DAWRX0, r8
    CHECKDW WATCH, MAGIC        /* nothing stored */
    CHECKDW WATCH + 8, MAGIC
    CHECKDW PAGE + 0x1280, MAGIC
    .endif
    PASS
    .endm
    .macro DAWR name, x, msr, ea, op, vector, store=0, dar=0
    WATCHED_AT \name, WATCH, \x, \msr, \ea, "\op", \vector, \store, \dar
    .endm
    .set ANY, WTI | ALL_STATES
    .set OSDR, OS | DR

    /* kinds of access */
    .macro LOAD name, op, bits=0
    DAWR load_\name, LOADS | ANY, OS | \bits, WATCH, "\op", 0x300, 0, WATCH
    DAWR load_\name\()_not_by_stores, DW | ANY, OS | \bits, WATCH, "\op ; li r31,0", 0
    .endm
    .macro STORES name, op, bits=0
    DAWR store_\name, DW | ANY, OS | \bits, WATCH, "\op", 0x300, 1, WATCH
    DAWR store_\name\()_not_by_loads, LOADS | ANY, OS | \bits, WATCH, "\op", 0
    .endm
    LOAD byte, "lbz r6,0(r5)"
    LOAD half, "lhzx r6,0,r5"
    LOAD word, "lwa r6,0(r5)"
    LOAD doubleword, "ld r6,0(r5)"
    LOAD update, "ldu r6,0(r5)"
    LOAD reversed, "ldbrx r6,0,r5"
    LOAD quadword, "lq r6,0(r5)"
    LOAD multiple, "lmw r31,0(r5)"
    LOAD string, "lswi r6,r5,8"
    LOAD reserve, "ldarx r6,0,r5"
    LOAD reserve_quadword, "lqarx r6,0,r5"
    LOAD float, "lfd 1,0(r5)", FP
    LOAD vector, "lvx 1,0,r5", VEC
    LOAD vsx, "lxvx 1,0,r5", VSX
    STORES byte, "stb r6,0(r5)"
    STORES half, "sthx r6,0,r5"
    STORES doubleword, "std r6,0(r5)"
    STORES reversed, "stwbrx r6,0,r5"
    STORES quadword, "stq r6,0(r5)"
    STORES multiple, "stmw r31,0(r5)"
    STORES string, "stswi r6,r5,8"
    STORES float, "stfd 1,0(r5)", FP
    STORES vector, "stvx 1,0,r5", VEC
    STORES vsx, "stxvx 1,0,r5", VSX
    STORES block, "dcbz 0,r5"
    DAWR store_block_within, DW | ANY, OS, WATCH - 0x40, "dcbz 0,r5", 0
    WATCHED_AT store_block_second_half, PAGE + 0x1240, DW | ANY, OS, WATCH, "dcbz 0,r5", 0x300, 1, PAGE + 0x1240
    DAWR store_conditional, DW | ANY, OS, WATCH, "ldarx r7,0,r5 ; stdcx. r6,0,r5", 0x300, 1, WATCH
    DAWR atomic, DW | ANY, OS, WATCH, "ldat r6,r5,0", 0x300, 1
    .irp op, dcbf, dcbst, dcbt, icbi
    DAWR never_\op, DW | LOADS | ANY, OS, WATCH, "\op 0,r5", 0
    .endr

    /* the range: doublewords from DAWR0 on, bytes of the access that lie in it */
    .macro RANGE name, more, offset, op, vector, dar=0
    DAWR range_\name, LOADS | ANY | \more << MRD, OS, WATCH + (\offset), "\op", \vector, 0, \dar
    .endm
    RANGE before, 0, -1, "lbz r6,0(r5)", 0
    RANGE first_byte, 0, 0, "lbz r6,0(r5)", 0x300, WATCH
    RANGE last_byte, 0, 7, "lbz r6,0(r5)", 0x300, WATCH + 7
    RANGE after, 0, 8, "lbz r6,0(r5)", 0
    RANGE overlaps_begin, 0, -7, "ld r6,0(r5)", 0x300, WATCH
    RANGE overlaps_end, 0, 7, "ld r6,0(r5)", 0x300, WATCH + 7
    RANGE two_last, 1, 15, "lbz r6,0(r5)", 0x300, WATCH + 15
    RANGE two_after, 1, 16, "lbz r6,0(r5)", 0
    RANGE longest_last, 63, 511, "lbz r6,0(r5)", 0x300, WATCH + 511
    RANGE longest_after, 63, 512, "lbz r6,0(r5)", 0
    DAWR range_around, LOADS | ANY, OS | VSX, WATCH - 8, "lxvx 1,0,r5", 0x300, 0, WATCH

    /* states */
    .macro STATES state, bit, msr
    DAWR state_\state, LOADS | WTI | \bit, \msr, WATCH, "ld r6,0(r5)", 0x300, 0, WATCH
    DAWR state_\state\()_not_others, LOADS | WTI | ALL_STATES - \bit, \msr, WATCH, "ld r6,0(r5)", 0
    .endm
    STATES problem, 1, USER
    STATES host_problem, 1, HOSTUSER
    STATES privileged, 2, OSDR
    STATES privileged_real, 2, OS
    STATES hypervisor, 4, HYP | DR
    STATES hypervisor_real, 4, HYP

    /* WT is the MSR[DR] that is asked for, unless WTI */
    .macro TRANSLATION name, x, real, translated
    DAWR wt_\name\()_real, LOADS | 7 | \x, OS, WATCH, "ld r6,0(r5)", \real
    DAWR wt_\name\()_translated, LOADS | 7 | \x, OSDR, WATCH, "ld r6,0(r5)", \translated
    .endm
    TRANSLATION 0, 0, 0x300, 0
    TRANSLATION 1, WT, 0, 0x300
    TRANSLATION ignored, WTI, 0x300, 0x300
    TRANSLATION ignored_1, WT | WTI, 0x300, 0x300

    /* EA bit 0 counts, but in hypervisor real mode with HRAMMC */
    .macro BIT0 name, x, msr, dawr, ea, vector
    WATCHED_AT bit0_\name, WATCH | (\dawr), LOADS | ANY | (\x), \msr, WATCH | (\ea), "ld r6,0(r5)", \vector, 0, WATCH | (\ea)
    .endm
    BIT0 differs, 0, HYP, 0, BYPASS, 0
    BIT0 equal, 0, HYP, BYPASS, BYPASS, 0x300
    BIT0 ignored, HRAMMC, HYP, 0, BYPASS, 0x300
    BIT0 ignored_of_dawr, HRAMMC, HYP, BYPASS, 0, 0x300
    BIT0 not_translated, HRAMMC, HYP | DR, 0, 3 << 62, 0
    BIT0 not_in_guest, HRAMMC, OS, 0, BYPASS, 0

    /* a page fault is found first */
    TEST page_fault_first
    STORE PAGE_PTE, 0
    FLUSH
    SPR DAWR0, WATCH
    SPR DAWRX0, LOADS | ANY
    BACK 2f
    LI r5, WATCH
    GO USER, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0x300
    CHECKSPR DSISR, NOT_FOUND
    PASS

    /* translations made before the watchpoint do not hide it */
    TEST set_after_use
    BACK 2f
    LI r5, WATCH
    GO HYP, 1f
1:  ld r7, 0(r5)
    LI r8, WATCH
    mtspr DAWR0, r8
    LI r8, LOADS | ANY
    mtspr DAWRX0, r8
    addi r6, 0, 0
    ld r6, 0(r5)
    HOME
2:  CHECK r31, 0x300
    PASS
