/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CR bits that are asked for in another block than the one that made them: by a comparison, by a move or
 * by a logical instruction. An engine that keeps outcomes of comparisons as such must know which it is.
 */
#include "bare.inc"

    /* CR field \f as branches see it becomes r3 and r12, as isel and crand do r5; each asks in a block of
     * its own. */
    .macro BIT f, bit, value
    b 91f
91: bf 4*\f+\bit, 92f
    addi r3, r3, \value
92: bt 4*\f+\bit, 93f
    addi r12, r12, \value
93: isel r6, r8, r0, 4*\f+\bit
    b 94f
94:  crorc 4*7+3, 4*\f+\bit, 4*6+2
    mulli r6, r6, \value
    add r5, r5, r6
    .endm
    .macro LOOK f
    li r0, 0
    li r3, 0
    li r12, 0
    li r5, 0
    li r8, 1
    BIT \f, 0, 8
    BIT \f, 1, 4
    BIT \f, 2, 2
    BIT \f, 3, 1
    xori r12, r12, 15
    .endm
    /* What was seen is r7. */
    .macro SEEN
    mr r10, r3
    mr r11, r7
    COMPARE
    mr r10, r12
    mr r11, r7
    COMPARE
    mr r10, r5
    mr r11, r7
    COMPARE
    .endm

    /* All values that a field may have. */
    TEST moved
    li r7, 0
1:  sldi r9, r7, 8
    mtocrf 0x04, r9
    LOOK 5
    SEEN
    addi r7, r7, 1
    cmpdi r7, 16
    bne 1b
    PASS

    .macro COMPARED name, op, a, b, value
    TEST \name
    li r14, 3
1:  LI r16, \a
    LI r17, \b
    li r7, \value
    \op cr1, r16, r17
    LOOK 1
    SEEN
    addi r14, r14, -1
    cmpdi r14, 0
    bne 1b
    PASS
    .endm
    COMPARED less, cmpd, -1, 1, 8
    COMPARED greater, cmpld, -1, 1, 4
    COMPARED equal, cmpd, 5, 5, 2
    COMPARED less_word, cmpw, 0x80000000, 0, 8
    COMPARED equal_word, cmplw, 0x100000000, 0, 2

    /* XER[SO] goes along. */
    TEST overflow
    LI r9, 0x80000000
    mtxer r9
    li r16, 1
    li r7, 5
    cmpdi cr3, r16, 0
    LOOK 3
    SEEN
    PASS

    /* The same code sees a field of either kind, in turn, behind a handler too. */
look_at_2:
    LOOK 2
    blr
    TEST in_turn
    li r15, 40
1:  li r16, 3
    li r17, 5
    cmpd cr2, r16, r17
    bl look_at_2
    li r7, 8
    SEEN
    crset 4*2+2
    bl look_at_2
    li r7, 10
    SEEN
    crclr 4*2+0
    bl look_at_2
    li r7, 2
    SEEN
    cmpd cr2, r17, r16
    bl look_at_2
    li r7, 4
    SEEN
    li r9, 0
    mtcrf 0x20, r9
    bl look_at_2
    li r7, 0
    SEEN
    addi r15, r15, -1
    cmpdi r15, 0
    bne 1b
    PASS

    /* A loop that branches on what its last turn compared. */
    TEST last_turn
    li r14, 100
    mtctr r14
    li r3, 0
    li r12, 0
    cmpd cr1, r3, r14
1:  bgt cr1, 2f
    addi r12, r12, 1
    beq cr1, 3f
    addi r12, r12, 100
    b 3f
2:  addi r12, r12, 10
3:  addi r3, r3, 2
    cmpd cr1, r3, r14
    bdnz 1b
    CHECK r12, 50 * 101 + 1 + 49 * 10
    PASS
