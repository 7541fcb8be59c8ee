/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores at the sum of two registers, several with one base: an engine that takes small
 * indices for granted, because they were small, must notice where they are not, and where what lies
 * between base and index does not lie together. Every word of memory says where it lies, so that a wrong
 * one shows.
 */
#include "bare.inc"
#include "code/words.inc"
    .set AREA, 0x200000
    .set SIZE, 0x20000

    /* Either register is the base; there are others that have none. */
    TEST small
    FILL AREA, SIZE
    li r20, 8
    li r21, 16
    li r22, 24
    li r3, 0
    TIMES 100
2:  ldx r10, r5, r20
    ldx r11, r21, r5
    add r3, r3, r10
    ldx r12, r5, r22
    add r3, r3, r11
    ldx r13, 0, r5
    add r3, r3, r12
    ld r15, 32(r5)
    add r3, r3, r13
    addi r5, r5, 40
    add r3, r3, r15
    bdnz 2b
    IS_SUM r3, 100 * (5 * AREA + 80) + 5 * 40 * 4950, 500
    PASS

    /* r3 += three doublewords, r10 the first one */
load_three:
    ldx r10, r5, r20
    add r3, r3, r10
    ldx r11, r5, r21
    add r3, r3, r11
    ldx r12, r5, r22
    add r3, r3, r12
    blr

    /* So often that an engine learns of it: then in between what it was. */
    .macro THREE index
    LI r20, \index
    bl load_three
    IS_SUM r10, AREA + (\index), 1
    .endm
    TEST large
    FILL AREA, SIZE
    li r3, 0
    li r20, 8
    li r21, 16
    li r22, 24
    bl load_three
    li r15, 800
3:  THREE 0x10008
    THREE 24
    THREE 32
    THREE 4096
    THREE 0x1fff8
    addi r15, r15, -1
    cmpdi r15, 0
    bne 3b
    IS_SUM r3, AREA * 12003 + 48 + 800 * (200 + 0x10008 + 24 + 32 + 4096 + 0x1fff8), 12003
    PASS

    /* Below the base, and far below it. */
    TEST negative
    FILL AREA, SIZE
    LI r5, AREA + 0x10008
    li r3, 0
    li r20, -8
    li r21, -16
    li r22, -1024
    bl load_three
    IS_SUM r3, 3 * AREA + 3 * 0x10008 - 1048, 3
    li r3, 0
    LI r20, -0x10008
    bl load_three
    IS_SUM r3, 3 * AREA + 2 * 0x10008 - 1040, 3
    li r3, 0
    li r20, -1032
    bl load_three
    IS_SUM r3, 3 * AREA + 3 * 0x10008 - 1032 - 1040, 3
    LI r5, 1 << 40
    LI r6, AREA + 24 - (1 << 40)
    mr r20, r6
    mr r21, r6
    mr r22, r6
    li r3, 0
    bl load_three
    IS_SUM r3, 3 * AREA + 72, 3
    PASS

    /* The base moves on between accesses, and the index becomes what was loaded. */
    TEST moving
    FILL AREA, SIZE
    li r3, 0
    li r21, 8
    TIMES 100
2:  ldx r10, r5, r21
    add r3, r3, r10
    addi r5, r5, 64
    ldx r10, r5, r21
    add r3, r3, r10
    addi r5, r5, -32
    ldx r10, r21, r5
    add r3, r3, r10
    lwz r21, 8(r5)
    ldx r10, 0, r21
    sub r21, r21, r5
    add r3, r3, r10
    addi r5, r5, 8
    bdnz 2b
    IS_SUM r3, 100 * (4 * AREA + 8 + 72 + 40 + 40) + 4 * 40 * 4950, 400
    PASS

    /* Of all sizes, loads and stores, in both byte orders. */
    TEST sizes
    FILL AREA, 4096
    li r20, 1
    li r21, 6
    li r22, 16
    li r23, 40
    li r3, 0
    TIMES 100
2:  LI r10, 0x0102030405060708
    stbx r10, r5, r20
    sthx r10, r5, r21
    stwbrx r10, r22, r5
    stdx r10, r5, r23
    lbzx r11, r5, r20
    lhax r12, r5, r21
    lhbrx r13, r5, r21
    lwax r15, r22, r5
    ldbrx r16, r5, r23
    lwzx r17, r5, r23
    add r3, r3, r11
    add r3, r3, r12
    add r3, r3, r13
    add r3, r3, r15
    add r3, r3, r16
    add r3, r3, r17
    addi r5, r5, 8
    bdnz 2b
    CHECK r3, 100 * (8 + 0x0708 + 0x0807 + 0x08070605 + 0x0807060504030201 + 0x01020304)
    PASS

    /* lvx and stvx leave the low bits of the sum out. */
    TEST vectors
    FPU_ON
    FILL AREA, SIZE
    LI r5, AREA + 7
    li r20, 9
    li r21, 30
    li r22, 41
    li r23, 2000
    li r3, 0
    TIMES 100
2:  lvx v0, r5, r20
    lvx v1, r21, r5
    vadduwm v0, v0, v1
    lxvd2x vs35, r5, r22
    vadduwm v0, v0, v3
    stvx v0, r5, r23
    lvx v4, r5, r23
    mfvsrwz r10, vs36
    add r3, r3, r10
    addi r5, r5, 16
    bdnz 2b
    CHECK r3, 100 * (3 * AREA + 16 + 32 + 48 + 12) + 3 * 16 * 4950
    PASS

    /* Accesses walk over the end of PAGE. */
    .macro WALK from, op
    LI r5, \from
    li r3, 0
    TIMES 16
2:  \op r10, r5, r20
    \op r11, r21, r5
    add r3, r3, r10
    \op r12, r5, r22
    add r3, r3, r11
    add r3, r3, r12
    addi r5, r5, 8
    bdnz 2b
    .endm
    TEST behind
    FILL BEHIND - 256, 256
    FILL ELSEWHERE, 256
    BEHIND_IS RWX
    BACK 4f
    li r20, 0
    li r21, 8
    li r22, 32
    GO HYP | IR | DR, 1f
1:  li r15, 3
3:  WALK BEHIND - 80, ldx
    addi r15, r15, -1
    cmpdi r15, 0
    bne 3b
    HOME
4:  CHECK r31, 0
    /* of each of the three: how many of the 16 lie before the end */
    .set BEFORE, 10 + 9 + 6
    .set OFFSETS, 16 * (3 * -80 + 40) + 3 * 8 * 120
    IS_SUM r3, BEFORE * BEHIND + (48 - BEFORE) * ELSEWHERE + OFFSETS, 48
    PASS

    /* Small indices once, then another one twice: what begins at BEHIND lies elsewhere. */
    .macro INDEX_BECOMES name, base, which, index, sum
    TEST \name
    FILL PAGE, 256
    FILL BEHIND - 256, 512
    FILL ELSEWHERE, 256
    BEHIND_IS RWX
    BACK 4f
    LI r5, \base
    GO HYP | IR | DR, 1f
1:  li r20, 8
    li r21, 16
    li r22, 24
    li r3, 0
    li r15, 3
3:  bl load_three
    LI \which, \index
    addi r15, r15, -1
    cmpdi r15, 0
    bne 3b
    HOME
4:  CHECK r31, 0
    IS_SUM r3, \sum, 9
    PASS
    .endm
    INDEX_BECOMES far_first, PAGE, r20, 0x200000, 7 * PAGE + 3 * 48 - 2 * 8 + 2 * ELSEWHERE
    INDEX_BECOMES far_second, PAGE, r21, 0x200000, 7 * PAGE + 3 * 48 - 2 * 16 + 2 * ELSEWHERE
    INDEX_BECOMES far_third, PAGE, r22, 0x200000, 7 * PAGE + 3 * 48 - 2 * 24 + 2 * ELSEWHERE
    /* Just before the end, and before the beginning. */
    INDEX_BECOMES last_byte, BEHIND - 32, r22, 20, 9 * (BEHIND - 32) + 3 * 48 - 2 * 4
    INDEX_BECOMES before, BEHIND - 8, r20, 0, 7 * (ELSEWHERE - 8) + 3 * 48 - 2 * 8 + 2 * (BEHIND - 8)
    INDEX_BECOMES before_second, BEHIND - 8, r21, 0, 7 * (ELSEWHERE - 8) + 3 * 48 - 2 * 16 + 2 * (BEHIND - 8)

    /* Over the end: the first word of the doubleword is the page's, the second one what lies elsewhere. */
    TEST over_the_end
    FILL BEHIND - 256, 512
    FILL ELSEWHERE, 256
    BEHIND_IS RWX
    BACK 4f
    LI r5, BEHIND - 32
    GO HYP | IR | DR, 1f
1:  li r20, 8
    li r21, 16
    li r22, 24
    bl load_three
    li r22, 28
    bl load_three
    HOME
4:  CHECK r31, 0
    CHECK r12, (BEHIND - 4) << 32 | ELSEWHERE
    PASS
