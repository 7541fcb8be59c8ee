/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores at sums of registers that hold the same value and different constants, as in loops
 * that were unrolled: an engine that checks them together must notice where a register gets another
 * value, and where what they touch does not lie together. Every word of memory says where it lies, so that
 * a wrong one shows.
 */
#include "bare.inc"
#include "code/words.inc"
    .set AREA, 0x200000
    .set SIZE, 0x20000
    .set OTHER, 0x300000

    /* What gcc makes of c[i] = a[i] + b[i]: two turns in one, the index moving on between them. */
    TEST unrolled
    FILL AREA, SIZE
    LI r5, AREA + 0x8
    LI r6, AREA + 0xff00
    LI r7, OTHER + 0xff80
    li r9, 0
    TIMES 100
2:  addi r20, r9, 8
    ldx r10, r9, r5
    ldx r11, r6, r9
    ldx r12, r5, r20
    ldx r13, r20, r6
    add r10, r10, r11
    add r12, r12, r13
    stdx r10, r9, r7
    addi r9, r9, 16
    stdx r12, r7, r20
    bdnz 2b
    LI r7, OTHER + 0xff80
    li r3, 0
    TIMES 200
2:  ld r10, 0(r7)
    add r3, r3, r10
    addi r7, r7, 8
    bdnz 2b
    IS_SUM r3, 200 * (2 * AREA + 0xff08) + 2 * 8 * 19900, 400
    PASS

    /* A sum of one register with itself, of three registers two at a time. */
    TEST twice
    FILL AREA, SIZE
    LI r5, AREA / 2 + 32
    LI r6, AREA / 2
    LI r7, AREA / 2 + 0x10000
    li r3, 0
    TIMES 100
2:  addi r20, r5, 8
    ldx r10, r5, r5
    ldx r11, r20, r20
    ldx r12, r5, r6
    add r3, r3, r10
    ldx r13, r5, r7
    add r3, r3, r11
    ldx r15, r20, r6
    add r3, r3, r12
    ldx r16, r7, r20
    add r3, r3, r13
    add r3, r3, r15
    add r3, r3, r16
    addi r5, r5, 4
    bdnz 2b
    IS_SUM r3, 100 * (6 * AREA + 64 + 80 + 32 + 32 + 40 + 40 + 2 * 0x10000) + 8 * 4 * 4950, 600
    PASS

    /* Counters: what is loaded is stored again, often at the same place. */
    TEST counters
    FILL OTHER, 16
    LI r5, OTHER
    li r10, 0
    li r6, 0
    TIMES 32
2:  stdx r10, r5, r6
    addi r6, r6, 8
    bdnz 2b
    li r6, 0
    TIMES 400
2:  ldx r10, r5, r6
    addi r10, r10, 3
    stdx r10, r5, r6
    addi r6, r6, 72
    andi. r6, r6, 0xf8
    bdnz 2b
    LI r5, OTHER
    li r3, 0
    TIMES 32
2:  ld r10, 0(r5)
    add r3, r3, r10
    addi r5, r5, 8
    bdnz 2b
    CHECK r3, 1200
    PASS

    /* Between two accesses the index becomes something else. */
    TEST changes
    FILL PAGE, 4096
    FILL ELSEWHERE, 4096
    BEHIND_IS RWX
    BACK 4f
    LI r5, PAGE
    LI r7, BEHIND - PAGE
    li r9, 64
    li r3, 0
    GO HYP | IR | DR, 1f
1:  TIMES 100
2:  mr r20, r9
    ldx r10, r5, r20
    add r20, r20, r7
    ldx r11, r5, r20
    add r3, r3, r10
    addi r20, r20, 8
    ldx r12, r5, r20
    add r3, r3, r11
    subf r20, r7, r20
    ldx r13, r20, r5
    add r3, r3, r12
    mr r20, r7
    ldx r15, r5, r20
    add r3, r3, r13
    add r3, r3, r15
    addi r9, r9, 8
    bdnz 2b
    HOME
4:  CHECK r31, 0
    IS_SUM r3, 100 * (2 * PAGE + 3 * ELSEWHERE + 4 * 64 + 2 * 8) + 4 * 8 * 4950, 500
    PASS

    /* The index is loaded itself while a copy of it is needed, in granules that are new each time; what
     * the loaded one leads to is known. */
    TEST loaded
    FILL ELSEWHERE, 0x40000
    BEHIND_IS RWX
    BACK 4f
    LI r5, BEHIND
    li r9, 0
    li r3, 0
    GO HYP | IR | DR, 1f
1:  LI r7, BEHIND + ELSEWHERE
    LI r8, 0x10000
    TIMES 4
2:  lwz r10, 0(r7)
    add r7, r7, r8
    bdnz 2b
    TIMES 4
2:  mr r20, r9
    addi r21, r9, 8
    lwzx r20, r5, r20
    ldx r12, r5, r21
    add r3, r3, r20
    ldx r13, r21, r5
    sldi r20, r20, 32
    add r3, r3, r12
    add r3, r3, r20
    add r3, r3, r13
    addi r3, r3, 4              /* as if r20 were a doubleword */
    add r9, r9, r8
    bdnz 2b
    HOME
4:  CHECK r31, 0
    IS_SUM r3, 4 * (3 * ELSEWHERE + 16) + 3 * 6 * 0x10000, 12
    PASS

    /* Registers that point a constant further, and copies, over the end. */
    TEST copies
    FILL BEHIND - 256, 256
    FILL ELSEWHERE, 512
    BEHIND_IS RWX
    BACK 4f
    LI r5, BEHIND - 128
    li r3, 0
    GO HYP | IR | DR, 1f
1:  TIMES 32
2:  addi r20, r5, 24
    mr r21, r20
    ld r10, 0(r5)
    ld r11, -8(r20)
    addi r21, r21, -32
    mr r22, r5
    ldu r13, 8(r22)
    ld r12, 24(r21)
    ld r15, 24(r22)
    addi r5, r5, 8
    add r3, r3, r10
    add r3, r3, r11
    add r3, r3, r12
    add r3, r3, r13
    add r3, r3, r15
    bdnz 2b
    HOME
4:  CHECK r31, 0
    .set EARLY, 16 + 14 + 14 + 15 + 12  /* of 0, 16, 16, 8 and 32 bytes further: those before the end */
    IS_SUM r3, EARLY * BEHIND + (160 - EARLY) * ELSEWHERE + 32 * (5 * -128 + 72) + 5 * 8 * 496, 160
    PASS

    /* The first one moves its register on, over the end. */
    TEST updates
    FILL BEHIND - 256, 256
    FILL ELSEWHERE, 256
    BEHIND_IS RWX
    BACK 4f
    LI r5, BEHIND - 88
    li r3, 0
    GO HYP | IR | DR, 1f
1:  lwz r10, 128(r5)            /* known beforehand */
    TIMES 16
2:  ldu r10, 8(r5)
    ld r11, 0(r5)
    ld r12, 8(r5)
    add r3, r3, r10
    add r3, r3, r11
    add r3, r3, r12
    bdnz 2b
    HOME
4:  CHECK r31, 0
    IS_SUM r3, 29 * BEHIND + 19 * ELSEWHERE + 16 * (3 * -80 + 8) + 3 * 8 * 120, 48
    PASS

    /* Accesses walk over the end. */
    TEST behind
    FILL BEHIND - 256, 256
    FILL ELSEWHERE, 256
    BEHIND_IS RWX
    BACK 4f
    LI r5, PAGE
    GO HYP | IR | DR, 1f
1:  li r15, 3
    li r3, 0
3:  LI r9, BEHIND - PAGE - 80
    TIMES 16
2:  addi r20, r9, 8
    ldx r10, r5, r9
    ldx r11, r20, r5
    add r3, r3, r10
    addi r21, r20, 24
    ldx r12, r5, r21
    add r3, r3, r11
    add r3, r3, r12
    addi r9, r9, 8
    bdnz 2b
    addi r15, r15, -1
    cmpdi r15, 0
    bne 3b
    HOME
4:  CHECK r31, 0
    /* of each of the three: how many of the 16 lie before the end */
    .set BEFORE, 10 + 9 + 6
    .set OFFSETS, 16 * (3 * -80 + 40) + 3 * 8 * 120
    IS_SUM r3, 3 * (BEFORE * BEHIND + (48 - BEFORE) * ELSEWHERE + OFFSETS), 3 * 48
    PASS

    /* Loaded and stored at one sum, until the page that may only be read: the last store but one is done. */
    TEST read_only
    FILL BEHIND - 256, 256
    FILL ELSEWHERE, 256
    BEHIND_IS 4
    BACK 4f
    LI r5, PAGE
    LI r9, BEHIND - PAGE - 236
    li r3, 0
    GO HYP | IR | DR, 1f
1:  TIMES 100
2:  addi r20, r9, 4
    lwzx r12, r5, r9
    lwzx r13, r5, r20
    addi r12, r12, 1
    addi r13, r13, 1
    stwx r12, r5, r9
    addi r3, r3, 1
    stwx r13, r5, r20
    addi r3, r3, 1
    addi r9, r9, 8
    bdnz 2b
    HOME
4:  CHECK r31, 0x300
    CHECK r3, 59
    CHECKM r13, 0xffffffff, ELSEWHERE + 1
    CHECKSPR DAR, BEHIND
    CHECKDW BEHIND - 8, (BEHIND - 7) << 32 | (BEHIND - 3)
    CHECKDW ELSEWHERE, ELSEWHERE << 32 | (ELSEWHERE + 4)
    PASS

    /* The store is so far behind the loads that nobody has looked for what may be stored. */
    TEST store_later
    FILL PAGE, 256
    FILL ELSEWHERE, 256
    BEHIND_IS 4
    BACK 4f
    li r9, 0
    li r3, 0
    GO HYP | IR | DR, 1f
1:  LI r5, PAGE
    bl 2f
    bl 2f
    LI r5, BEHIND
    bl 2f
    li r3, -1
2:  addi r20, r9, 8
    ldx r12, r5, r9
    ldx r13, r5, r20
    .rept 60
    nop
    .endr
    addi r3, r3, 1
    stdx r12, r5, r20
    addi r9, r9, 8
    blr
4:  CHECK r31, 0x300
    CHECK r3, 3
    CHECKSPR DAR, BEHIND + 24
    CHECKDW ELSEWHERE + 24, (ELSEWHERE + 24) << 32 | (ELSEWHERE + 28)
    CHECKDW PAGE + 16, PAGE << 32 | (PAGE + 4)
    PASS
