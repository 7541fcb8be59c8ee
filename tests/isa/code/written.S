/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code that is written while it runs, again and again, so that it has been decoded, and made native, by
 * then: with the instructions that the ISA asks for and without them (here a store is seen by the next
 * fetch). Book II, "Instruction Storage".
 */
#include "bare.inc"
    .set ALIAS, 0xa00000        /* PAGE's other name */
    .set VECTORS_ON, FP | VEC | VSX
    .set TIMES, 150

    /* A subroutine at PAGE + \at is given another result by \how, called, and written again. r6: where to
     * write, in front of r12 zeros; r7: the new result, r8: the instruction that makes it. */
    .macro WRITTEN name, msr, how, at=0, write=PAGE
    TEST \name
    LI r5, PAGE + \at
    LI r6, \write + \at
    STORE PAGE + \at, 0x386000004e800020        /* li r3,0 ; blr */
    STORE PAGE_PTE + 8, LEAF | RC | RWX | PAGE
    FLUSH
    BACK 3f
    GO \msr, 1f
1:  li r7, TIMES
    li r12, 0
2:  lis r8, 0x3860
    or r8, r8, r7
    \how
    mtctr r5
    bctrl
    cmpd r3, r7
    bne 4f
    addi r7, r7, -1
    cmpdi r7, 0
    bne 2b
4:  HOME
3:  CHECK r31, 0
    CHECK r7, 0
    PASS
    .endm

    .macro IN_STATE name, msr
    WRITTEN word_\name, \msr, "stw r8, 0(r6)"
    WRITTEN word_icbi_\name, \msr, "stw r8, 0(r6); dcbst 0, r6; sync; icbi 0, r6; isync"
    WRITTEN byte_\name, \msr, "stb r7, 3(r6)"
    WRITTEN half_\name, \msr, "sth r7, 2(r6)"
    WRITTEN alias_\name, (\msr) | DR, "stw r8, 0(r6)", 0, ALIAS
    WRITTEN alias_icbi_\name, (\msr) | DR, "stw r8, 0(r6); dcbst 0, r6; sync; icbi 0, r6; isync", 0, ALIAS
    .endm
    IN_STATE ultravisor, UV
    IN_STATE hypervisor, HYP | IR | DR
    IN_STATE guest, OS | IR
    IN_STATE user, USER
    IN_STATE svm_user, SVMUSER

    .macro DOUBLEWORD
    LI r9, 0x4e800020
    rldimi r9, r8, 32, 0
    .endm
    WRITTEN doubleword, USER, "DOUBLEWORD; std r9, 0(r6)"
    WRITTEN indexed, USER, "stwx r8, r12, r6"
    WRITTEN update, USER, "addi r9, r6, 16; stwu r8, -16(r9)"
    WRITTEN reversed, USER, "stw r8, 64(r6); lwbrx r9, r6, r12; addi r9, r6, 64; lwbrx r9, 0, r9; stwbrx r9, 0, r6"
    WRITTEN conditional, USER, "lwarx r9, 0, r6; stwcx. r8, 0, r6"
    WRITTEN conditional_doubleword, USER, "DOUBLEWORD; ldarx r10, 0, r6; stdcx. r9, 0, r6"
    WRITTEN multiple, USER, "mr r30, r8; LI r31, 0x4e800020; stmw r30, 0(r6)"
    WRITTEN string, USER, "stswi r8, r6, 4"
    WRITTEN quadword, USER, "DOUBLEWORD; mr r10, r9; mr r11, r9; stq r10, 0(r6)"
    WRITTEN atomic, USER, "stw r12, 0(r6); stwat r8, r6, 2"
    WRITTEN floating, USER | VECTORS_ON, "DOUBLEWORD; mtvsrd 1, r9; stfd f1, 0(r6)"
    WRITTEN vector, USER | VECTORS_ON, "DOUBLEWORD; mtvsrdd 34, r9, r9; stvx v2, 0, r6"
    WRITTEN vector_scalar, USER | VECTORS_ON, "DOUBLEWORD; mtvsrdd 34, r9, r9; stxvx 34, 0, r6"
    WRITTEN inhibited, HYP, "stwcix r8, 0, r6"
    /* The line is zeros in between: nobody comes by. */
    WRITTEN zeroed, USER, "dcbz 0, r6; DOUBLEWORD; std r9, 0(r6)"
    /* The two halves of it lie in two pages; one store writes both. */
    WRITTEN two_pages, USER, "DOUBLEWORD; std r9, 0(r6)", 0x1ffc
    WRITTEN two_pages_first, USER, "stw r8, 0(r6)", 0x1ffc
    WRITTEN last_of_page, USER, "stw r8, 0(r6)", 0xff8

    /* Much is written beside the subroutine: the page counts as data and is forgotten. */
    .macro MUCH
    li r9, 100
    mtctr r9
    addi r9, r6, 0x400
    stwu r8, 4(r9)
    bdnz .-4
    stw r8, 0(r6)
    .endm
    WRITTEN much_beside, USER, MUCH
    WRITTEN much_beside_alias, USER, MUCH, 0, ALIAS

    /* ---- code that writes itself ---- */

    /* \do is executed TIMES times with r7 = TIMES..1 and r5 the address of label 5; \want is r6 then. */
    .macro OWN name, msr, do, want
    TEST \name
    BACK 3f
    GO \msr, 1f
1:  li r7, TIMES
    li r6, 0
    LA r5, 5f
2:  \do
    addi r7, r7, -1
    cmpdi r7, 0
    bne 2b
    HOME
3:  CHECK r31, 0
    CHECK r6, \want
    PASS
    .endm
    .set SUM, TIMES * (TIMES + 1) / 2

    .macro NEXT                 /* the next instruction */
    lis r8, 0x3860
    or r8, r8, r7
    stw r8, 0(r5)
5:  addi r3, 0, 0           /* li is the macro LI here */
    add r6, r6, r3
    .endm
    .macro NEXT_BUT_FOUR
    lis r8, 0x38c6              /* addi r6,r6 */
    or r8, r8, r7
    stw r8, 0(r5)
    nop
    nop
    nop
5:  addi r6, r6, 0
    .endm
    .macro BEFORE               /* what has just been executed, for the next time round */
5:  addi r6, r6, TIMES
    lis r8, 0x38c6
    or r8, r8, r7
    addi r8, r8, -1
    stw r8, 0(r5)
    .endm
    .macro NEXT_ISYNC
    lis r8, 0x3860
    or r8, r8, r7
    stw r8, 0(r5)
    dcbst 0, r5
    sync
    icbi 0, r5
    isync
5:  addi r3, 0, 0           /* li is the macro LI here */
    add r6, r6, r3
    .endm
    /* A branch decoded together with its comparison: bne when r7 is even, beq when it is odd, over an
     * addition. Of 150..1 only 100 is equal. */
    .macro BRANCH
    lis r8, 0x4082
    ori r8, r8, 8
    andi. r9, r7, 1
    beq .+8
    oris r8, r8, 0x0100
    stw r8, 0(r5)
    cmpwi r7, 100
5:  bne .+8
    addi r6, r6, 1
    .endm
    /* The comparison itself: with 100 or with r7's own value, signed or not, CR0 or CR7's neighbour. */
    .macro COMPARISON
    lis r8, 0x2c07              /* cmpwi r7 */
    or r8, r8, r7
    andi. r9, r7, 1
    beq .+8
    xori r8, r8, 1
    stw r8, 0(r5)
5:  cmpwi r7, 0
    bne .+8
    addi r6, r6, 1
    .endm
    /* Where a branch leads: over three additions, or none of them. */
    .macro TARGET
    andi. r9, r7, 3
    sldi r9, r9, 2
    addi r9, r9, 4
    oris r8, r9, 0x4800
    stw r8, 0(r5)
5:  b .+4
    addi r6, r6, 1
    addi r6, r6, 1
    addi r6, r6, 1
    .endm
    .macro STATES_OF name, do, want
    OWN \name\()_ultravisor, UV, \do, \want
    OWN \name\()_guest, OS | IR | DR, \do, \want
    OWN \name\()_svm_user, SVMUSER, \do, \want
    .endm
    STATES_OF next, NEXT, SUM
    STATES_OF next_but_four, NEXT_BUT_FOUR, SUM
    STATES_OF next_isync, NEXT_ISYNC, SUM
    STATES_OF before, BEFORE, SUM
    STATES_OF branch, BRANCH, TIMES / 2 + 1
    STATES_OF comparison, COMPARISON, TIMES / 2
    STATES_OF target, TARGET, (TIMES - 2) / 4 * 6 + 3

    /* ---- one page, two byte orders ---- */

    /* PAGE is executed in both, from PAGE and PAGE + 0x100; each round writes a result into both. */
    TEST both_orders
    LI r5, PAGE
    STORE PAGE, 0x386000003be00000              /* li r3,0 ; li r31,0 */
    STORE PAGE + 8, 0x3bc0000144000042          /* li r30,1 ; sc 2 */
    STORE PAGE + 0x100, 0x000060380000e03b
    STORE PAGE + 0x108, 0x0100c03b42000044
    li r7, 40
1:  stb r7, 3(r5)
    addi r8, r7, 100
    stb r8, 0x100(r5)
    BACK 2f
    GO USER, PAGE
2:  CHECK r31, 0
    cmpd r3, r7
    bne 4f
    BACK 3f
    GO USER | LE, PAGE + 0x100
3:  CHECK r31, 0
    addi r8, r7, 100
    cmpd r3, r8
    bne 4f
    addi r7, r7, -1
    cmpdi r7, 0
    bne 1b
4:  CHECK r7, 0
    PASS
