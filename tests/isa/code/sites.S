/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One load and one store, executed again and again with addresses in one 64 KiB granule, across the end
 * of one, and each time in another one: an engine that keeps what an instruction found last must notice
 * where that ends. Every word of memory says where it lies, so that a wrong one shows.
 */
#include "bare.inc"
    .set AREA, 0x200000
    .set SIZE, 0x100000         /* 16 granules */
    .set GRANULE, 0x10000

    /* 16 words from AREA + \offset on in each granule: each is its address. */
    .macro FILL offset
    LI r5, AREA + \offset
    LI r6, GRANULE - 64
    li r7, 16
1:  li r8, 16
    mtctr r8
2:  stw r5, 0(r5)
    addi r5, r5, 4
    bdnz 2b
    add r5, r5, r6
    addi r7, r7, -1
    cmpdi r7, 0
    bne 1b
    .endm
    /* r3: the sum of \count doublewords from \first on, \step bytes apart, modulo SIZE */
    .macro SUM first, step, count
    LI r5, AREA
    LI r6, (\first) - AREA
    LI r7, \step
    LI r8, SIZE - 1
    LI r9, \count
    mtctr r9
    li r3, 0
2:  ldx r4, r5, r6
    add r3, r3, r4
    add r6, r6, r7
    and r6, r6, r8
    bdnz 2b
    .endm
    /* It is to be that of \count such doublewords at addresses whose sum is \sum. */
    .macro IS_SUM sum, count
    LI r11, ((\sum) << 32) + (\sum) + 4 * (\count)
    mr r10, r3
    COMPARE
    .endm
    .macro AGAIN
    addi r14, r14, -1
    cmpdi r14, 0
    bne 3b
    .endm

    /* At the end of a granule: the last doublewords begin in it and end in the next one. */
    TEST granule_end
    FILL GRANULE - 32
    li r14, 100
3:  SUM AREA + GRANULE - 32, 4, 12
    IS_SUM 12 * (AREA + GRANULE - 32) + 4 * 66, 12
    AGAIN
    PASS

    /* In the middle of one granule, then once each in all of them, in turn. */
    TEST roams
    FILL 0x8000
    li r14, 20
3:  SUM AREA + 0x8000, 0, 500
    IS_SUM 500 * (AREA + 0x8000), 500
    SUM AREA + 0x8000, GRANULE, 1600
    IS_SUM 1600 * (AREA + 0x8000) + 100 * 120 * GRANULE, 1600
    AGAIN
    PASS

    /* Stores over the end of each granule: what lies around them stays. */
    TEST stores
    FILL GRANULE - 32
    LI r5, AREA
    li r4, 0
    li r14, 100
3:  LI r6, GRANULE - 2
    LI r7, GRANULE
    li r9, 15
    mtctr r9
4:  stwx r4, r5, r6
    add r6, r6, r7
    bdnz 4b
    AGAIN
    SUM AREA + GRANULE - 8, GRANULE, 15     /* the address; its next word without the low half */
    .set ENDS, 15 * (AREA - 8) + 120 * GRANULE
    LI r11, (ENDS << 32) + 15 * (AREA - 0x10000) + 120 * GRANULE
    mr r10, r3
    COMPARE
    SUM AREA + GRANULE, GRANULE, 15         /* a word without the high half; the next address */
    LI r11, ENDS + 15 * 8 + 15 * 4
    mr r10, r3
    COMPARE
    PASS
