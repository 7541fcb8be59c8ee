/* SPDX-License-Identifier: Apache-2.0 */
/* Time base, decrementers and the counters beside them: what is written is read, how wide it is, how it
 * goes on, when it interrupts. Book III, "Timer Facilities". */
#include "bare.inc"
    .set DEC, 22
    .set TBL_W, 284
    .set TBU_W, 285
    .set TBU40_W, 286
    .set PURR, 309
    .set SPURR, 308
    .set VTB, 849
    .set IC, 848
    .set SOON, 1000

    /* \v <= \r < \v + SOON */
    .macro NEAR r, v
    LI r10, \v
    subf r9, r10, \r
    cmpldi r9, SOON
    li r4, 99
    blt .+8
    b finish
    .endm

    TEST timebase_runs
    .long 0x7cac42e6            /* mftb r5, 268 */
    mfspr r6, TB
    mfspr r7, TB
    subf r6, r5, r6
    NEAR r6, 0
    subf r7, r5, r7
    cmpdi r7, 0
    li r4, 1
    bgt .+8
    b finish
    PASS

    TEST timebase_upper_half
    SPR TBU40_W, 0x123456789a000000
    .long 0x7cad42e6            /* mftb r5, 269 */
    CHECK r5, 0x12345678
    mfspr r5, 269
    CHECK r5, 0x12345678
    PASS

    .macro WRITE name, before, spr, value, want
    TEST \name
    SPR TBU40_W, \before
    SPR \spr, \value
    mfspr r5, TB
    NEAR r5, \want
    PASS
    .endm
    WRITE tbu40_keeps_24_bits, 0, TBU40_W, 0x123456789a000000, 0x123456789a000000
    WRITE tbl_keeps_upper_half, 0x1234567800000000, TBL_W, 0x9000000, 0x1234567809000000
    WRITE tbu_keeps_lower_half, 0x0000000070000000, TBU_W, 0x12345678, 0x1234567870000000

    TEST timebase_does_not_move_the_decrementer
    SPR DEC, 0x10000000
    SPR TBU40_W, 0x123456789a000000
    mfspr r5, DEC
    NEAR r5, 0x10000000 - SOON
    PASS

    TEST decrementer_counts_with_the_time_base
    SPR DEC, 0x10000000
    mfspr r5, TB
    mfspr r6, DEC
    li r7, 1000
    mtctr r7
    bdnz .
    mfspr r7, TB
    mfspr r8, DEC
    subf r5, r5, r7
    subf r6, r8, r6
    subf r5, r5, r6
    addi r5, r5, 4
    cmpldi r5, 8
    li r4, 1
    ble .+8
    b finish
    PASS

    /* DEC has 32 bits, with LPCR[LD] 56; HDEC always has 56 */
    .macro WIDTH name, spr, lpcr, value, want
    TEST \name
    SPR LPCR, RADIX | (\lpcr)
    SPR \spr, \value
    mfspr r5, \spr
    NEAR r5, \want - SOON + 1
    PASS
    .endm
    WIDTH dec_32_positive, DEC, 0, 0x7fffffff, 0x7fffffff
    WIDTH dec_32_negative, DEC, 0, 0x90000000, 0xffffffff90000000
    WIDTH dec_32_cut, DEC, 0, 0x123410000000, 0x10000000
    WIDTH dec_large_positive, DEC, LD, 0x90000000, 0x90000000
    WIDTH dec_large_negative, DEC, LD, 0xc0000000000000, 0xffc0000000000000
    WIDTH dec_large_cut, DEC, LD, 0x1230000010000000, 0x30000010000000
    WIDTH hdec_positive, HDEC, 0, 0x90000000, 0x90000000
    WIDTH hdec_negative, HDEC, 0, 0xc0000000000000, 0xffc0000000000000
    WIDTH hdec_cut, HDEC, LD, 0x1230000010000000, 0x30000010000000

    .macro SIGN name, value, before, after, vector
    TEST \name
    SPR LPCR, RADIX | (\before)
    SPR DEC, \value
    SPR LPCR, RADIX | (\after)
    BACK 2f
    GO OS | EE, 1f
1:  nop
    HOME
2:  CHECK r31, \vector
    PASS
    .endm
    SIGN sign_of_32_bits, 0x90000000, 0, 0, 0x900
    SIGN sign_of_56_bits, 0x90000000, LD, LD, 0
    SIGN ld_moves_the_sign, 0x90000000, LD, 0, 0x900
    SIGN sign_of_56_bits_negative, 0xc0000000000000, LD, LD, 0x900

    TEST hdec_waits_for_hdice
    SPR HDEC, -1
    BACK 2f
    LI r5, RADIX | HDICE
    GO HYP | EE, 1f
1:  nop
    mtspr LPCR, r5
3:  b .
2:  CHECK r31, 0x980
    CHECKA r25, 3b
    PASS

    TEST hdec_goes_off_when_enabled_later
    SPR HDEC, 500
    BACK 2f
    LI r5, RADIX | HDICE
    GO HYP | EE, 1f
1:  mtspr LPCR, r5
3:  b .
2:  CHECK r31, 0x980
    CHECKA r25, 3b
    PASS

    TEST hdec_is_a_level
    SPR LPCR, RADIX | HDICE
    SPR HDEC, -1
    SPR HDEC, 0x7fffffff
    BACK 2f
    GO OS, 1f
1:  nop
    HOME
2:  CHECK r31, 0
    PASS

    /* counters that the hypervisor sets */
    .macro COUNTER name, spr
    TEST \name
    SPR \spr, 0x1234567800000000
    BACK 2f
    GO OS, 1f
1:  mfspr r5, \spr
    li r7, 100
    mtctr r7
    bdnz .
    mfspr r6, \spr
    HOME
2:  NEAR r5, 0x1234567800000000
    subf r6, r5, r6
    NEAR r6, 1
    PASS
    .endm
    COUNTER purr, PURR
    COUNTER spurr, SPURR
    COUNTER vtb, VTB
    COUNTER instructions, IC

    TEST instructions_are_counted_exactly
    mfspr r5, IC
    nop
    nop
    mfspr r6, IC
    subf r6, r5, r6
    CHECK r6, 3
    PASS
