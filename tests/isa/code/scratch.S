/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results that are used at once, around whatever an engine may have to do elsewhere in between: a load
 * or store that misses the TLB, a CR field that is asked for, a branch back that is not taken, an
 * instruction that is seldom used. An engine that keeps results in two places must notice where one of
 * them is lost.
 */
#include "bare.inc"
    .set AREA, 0x200000
    .set GRANULE, 0x10000

    /* \code for 16 granules that nobody has touched, r5 being the address, r3 and r4 small numbers that
     * differ each time; r20 to r29 are its own. It leaves a number in r22: their sum is \sum. */
    .macro EACH name, sum, code
    TEST \name
    LI r5, AREA
    LI r6, GRANULE
    li r3, 1
    li r4, 100
    li r10, 0
    li r14, 16
1:  \code
    add r10, r10, r22
    add r5, r5, r6
    addi r3, r3, 1
    addi r4, r4, 3
    addi r14, r14, -1
    cmpdi r14, 0
    bne 1b
    mr r9, r10
    CHECK r9, \sum
    PASS
    .endm

    /* sums over the 16: r3 136, r4 1960 */
    EACH load, 136 + 16 * 5, "addi r20, r3, 5 ; ld r21, 0(r5) ; add r22, r20, r21 ; std r22, 8(r5) ; sub r22, r22, r21"
    EACH loaded, 1960 + 136, "std r4, 0(r5) ; ld r21, 0(r5) ; add r22, r21, r3"
    EACH group, 3 * 1960 + 2 * 136, "std r4, 0(r5) ; addi r20, r4, 1 ; std r20, 8(r5) ; mr r21, r3 ; ld r22, 0(r5) ; ld r23, 8(r5) ; addi r23, r23, -1 ; add r22, r22, r23 ; std r21, 16(r5) ; ld r24, 16(r5) ; add r22, r22, r24 ; add r22, r22, r21 ; add r22, r22, r4"
    EACH group_update, 1960 + 136, "std r4, 64(r5) ; mr r20, r5 ; ldu r21, 64(r20) ; add r22, r21, r3 ; sub r23, r20, r5 ; addi r23, r23, -64 ; add r22, r22, r23 ; ld r24, 0(r20) ; sub r24, r24, r21 ; add r22, r22, r24"
    EACH group_call, 1960, "stdx r4, 0, r5 ; ldx r22, 0, r5 ; mfmsr r23 ; ori r23, r23, 0x2000 ; mtmsrd r23 ; LI r20, 0x7ff0000000000001 ; mtvsrd 2, r20 ; mr r31, r5 ; ld r21, 0(r31) ; fadd 1, 2, 2 ; ld r22, 0(r31)"
    EACH group_other, 1960, "stdx r4, 0, r5 ; ldx r22, 0, r5 ; mr r30, r5 ; ld r21, 0(r30) ; ldx r23, 0, r5 ; ld r22, 0(r30)"
    EACH group_wide, 1960, "stdx r4, 0, r5 ; ldx r22, 0, r5 ; mr r29, r5 ; ld r21, 0(r29) ; ld r22, 0(r29) ; ld r23, 8192(r29) ; ld r22, 0(r29)"
    EACH indexed, 1960, "li r20, 24 ; stdx r4, r5, r20 ; addi r21, r20, -24 ; ldx r22, r5, r20 ; add r22, r22, r21"
    EACH base_changes, 1960, "std r4, 32(r5) ; addi r20, r5, 32 ; ld r22, 0(r20) ; addi r20, r20, 8 ; std r22, 0(r20) ; ld r22, -8(r20) ; ld r21, 0(r20) ; sub r21, r21, r4 ; add r22, r22, r21"
    EACH field, 3 * 136 + 3 * 16 + 8 * 16, "cmpdi cr1, r3, 100 ; addi r20, r3, 0 ; addi r24, r3, 1 ; addi r26, r3, 2 ; mfocrf r21, 0x40 ; add r22, r24, r26 ; add r22, r22, r20 ; srwi r21, r21, 24 ; add r22, r22, r21"
    EACH field_2, 3 * 136 + 3 * 16 + 8 * 16, "cmpdi cr1, r3, 100 ; addi r15, r3, 0 ; addi r16, r3, 1 ; addi r17, r3, 2 ; mfocrf r21, 0x40 ; add r22, r16, r17 ; add r22, r22, r15 ; srwi r21, r21, 24 ; add r22, r22, r21"
    EACH field_3, 3 * 136 + 3 * 16 + 8 * 16, "cmpdi cr1, r3, 100 ; addi r19, r3, 0 ; addi r23, r3, 1 ; addi r28, r3, 2 ; mfocrf r21, 0x40 ; add r22, r23, r28 ; add r22, r22, r19 ; srwi r21, r21, 24 ; add r22, r22, r21"
    EACH flags_kept, 1349, "mr r20, r3 ; cmpdi r20, 8 ; addi r20, r20, 1 ; add r21, r20, r4 ; isel r22, r20, r21, 0"
    EACH flags_lost, 1232, "mr r20, r3 ; cmpdi r20, 8 ; addi r20, r20, 1 ; and r21, r20, r20 ; isel r22, r20, r4, 0"
    EACH flags_behind_load, 1232, "mr r20, r3 ; cmpdi r20, 8 ; addi r20, r20, 1 ; ld r23, 0(r5) ; isel r22, r20, r4, 0"
    EACH flags_behind_group, 1232, "std r4, 0(r5) ; mr r20, r3 ; cmpdi r20, 8 ; addi r20, r20, 1 ; ld r23, 0(r5) ; isel r22, r20, r4, 0"
    EACH flags_of_two, 1232 + 136, "mr r20, r3 ; cmpdi r20, 8 ; cmpdi cr1, r20, 100 ; addi r20, r20, 1 ; isel r22, r20, r4, 0 ; isel r21, r3, r4, 4 ; add r22, r22, r21"
    EACH flags_branch, 1232, "mr r20, r3 ; cmpdi r20, 8 ; addi r20, r20, 1 ; mr r22, r20 ; blt 7f ; mr r22, r4 ; 7: nop"
    EACH branch_back, 136 + 1960, "li r20, 1 ; mtctr r20 ; add r20, r3, r4 ; bdnz 1b ; mr r22, r20"
    EACH carries, 1960 + 136 + 16, "li r20, -1 ; addic r21, r20, 2 ; adde r22, r3, r4 ; addze r21, r21 ; addi r21, r21, -1 ; add r22, r22, r21 ; subfic r21, r20, -1 ; add r22, r22, r21"
    EACH carry_behind_load, 1960 + 16, "li r20, -1 ; addic r21, r20, 2 ; ld r23, 0(r5) ; addze r22, r4 ; add r22, r22, r23"
    EACH carry_of_shift, 3 * 1960, "li r20, -1 ; li r24, 1 ; addic r21, r20, 2 ; srawi r23, r4, 1 ; addze r22, r4 ; addic r21, r20, 2 ; srawi r23, r4, 0 ; addze r21, r4 ; add r22, r22, r21 ; addic r21, r20, 2 ; sraw r23, r4, r24 ; addze r21, r4 ; add r22, r22, r21"
    EACH carry_of_register, 1960 + 16, "li r20, -1 ; addic r21, r20, 0 ; LI r21, 0x20000000 ; mtxer r21 ; addze r22, r4"
    EACH division, 1960 - 48, "li r20, 0 ; addi r21, r4, -3 ; cmpdi r3, 0 ; divd r23, r4, r20 ; mr r22, r21"
    EACH rotated, 1960 * 4 + 136 * 2, "sldi r20, r4, 2 ; rlwinm r21, r3, 1, 0, 30 ; std r20, 0(r5) ; add r22, r20, r21"
    EACH inserted_byte, 1960 * 256 + 136, "sldi r20, r4, 8 ; ori r20, r20, 0x55 ; rlwimi r20, r3, 0, 24, 31 ; mr r22, r20"
    EACH inserted_byte_rotated, 1960 * 256 + 136, "sldi r20, r4, 8 ; ori r20, r20, 0x55 ; sldi r21, r3, 24 ; rlwimi r20, r21, 8, 24, 31 ; mr r22, r20"
    EACH inserted_halfword, 1960 * 65536 + 136 * 16, "sldi r20, r4, 16 ; ori r20, r20, 0x5555 ; rlwimi r20, r3, 4, 16, 31 ; mr r22, r20"
    EACH inserted_high_word, 136 + 16 + 1960, "li r20, -1 ; rldimi r20, r3, 32, 0 ; addi r20, r20, 1 ; srdi r22, r20, 32 ; mr r21, r4 ; rldimi r21, r21, 32, 0 ; srdi r21, r21, 32 ; add r22, r22, r21"
    EACH memory_operand, 3 * 1960 + 136, "mr r20, r4 ; add r20, r20, r4 ; mr r22, r3 ; ld r23, 0(r5) ; add r20, r20, r4 ; add r22, r22, r20"
    EACH permuted, 1960 + 136, "mfmsr r23 ; oris r23, r23, 0x280 ; mtmsrd r23 ; mtvsrd vs34, r4 ; add r20, r4, r3 ; vperm v3, v2, v2, v2 ; mfvsrd r21, vs34 ; sub r21, r21, r4 ; add r22, r20, r21"
    EACH select, 1960 + 136, "cmpd r3, r4 ; add r20, r3, r4 ; isel r21, r20, r3, 0 ; ld r23, 0(r5) ; isel r22, r21, r20, 0"
    EACH called, 1960 + 136, "add r20, r3, r4 ; bpermd r21, r20, r20 ; mr r22, r20"
    EACH called_result, 16 * 255, "li r20, -1 ; LI r21, 0x0001020304050607 ; bpermd r22, r21, r20"
