/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branches to many places: three that an engine may want to remember in the same spot, called in turn, one
 * of them written anew, all of them taken away. Book I, "Branch Instructions"; Book II, "Instruction
 * Storage"; Book III, "Translation Table Update Synchronization Requirements".
 */
#include "bare.inc"
    .set OTHER, PAGE + 0x200000
    /* Alike in (EA ^ EA >> 10) and in whatever fewer of its bits a cache of 8192 or less is indexed by. */
    .set FIRST, 0x40
    .set SECOND, 0x8060
    .set THIRD, 0x10000
    .set TIMES, 40

    .macro FUNCTION at, result
    STORE \at, 0x386000004e800020 | \result << 32   /* li r3,\result ; blr */
    .endm
    .macro CALL at, result, wrong
    LI r5, PAGE + \at
    mtctr r5
    bctrl
    cmpdi r3, \result
    bne \wrong
    .endm
    .macro ALL_CALLED first, second, third, wrong
    CALL FIRST, \first, \wrong
    CALL SECOND, \second, \wrong
    CALL FIRST, \first, \wrong
    CALL THIRD, \third, \wrong
    CALL SECOND, \second, \wrong
    CALL THIRD, \third, \wrong
    .endm

    /* r7 is not 0 if one went wrong. */
    .macro IN_TURN name, msr, change, first, second, third
    TEST \name
    FUNCTION PAGE + FIRST, 1
    FUNCTION PAGE + SECOND, 2
    FUNCTION PAGE + THIRD, 3
    FUNCTION OTHER + FIRST, 4
    FUNCTION OTHER + SECOND, 5
    FUNCTION OTHER + THIRD, 6
    FLUSH
    BACK 3f
    GO \msr, 1f
1:  LI r7, TIMES
2:  ALL_CALLED 1, 2, 3, 4f
    addi r7, r7, -1
    cmpdi r7, 0
    bne 2b
    li r7, 1
    \change
    ALL_CALLED \first, \second, \third, 4f
    li r7, 0
4:  HOME
3:  CHECK r31, 0
    CHECK r7, 0
    PASS
    .endm

    .macro WRITE at, result
    LI r6, PAGE + \at
    LI r8, 0x38600000 | \result
    stw r8, 0(r6)
    dcbst 0, r6
    sync
    icbi 0, r6
    isync
    .endm
    .macro IN_STATE name, msr
    IN_TURN first_written_\name, \msr, "WRITE FIRST, 7", 7, 2, 3
    IN_TURN second_written_\name, \msr, "WRITE SECOND, 7", 1, 7, 3
    IN_TURN third_written_\name, \msr, "WRITE THIRD, 7", 1, 2, 7
    .endm
    IN_STATE ultravisor, UV
    IN_STATE hypervisor, HYP | IR | DR
    IN_STATE user, USER
    IN_STATE svm_user, SVMUSER

    .macro REMAP rb
    LI r10, LEAF | RC | RWX | OTHER
    LI r14, PAGE_PTE
    std r10, 0(r14)
    ptesync
    LI r15, \rb
    LI r16, 1 << 32             /* PID 1, LPID 0 */
    tlbie r15, r16, 0, 1, 1
    ptesync
    isync
    .endm
    IN_TURN page_gone, HYP | IR | DR, "REMAP PAGE | 1 << 5", 4, 5, 6
    IN_TURN all_gone, HYP | IR | DR, "REMAP 1 << 10", 4, 5, 6
