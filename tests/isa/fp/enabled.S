/* SPDX-License-Identifier: Apache-2.0 */
/* Enabled floating-point exceptions and MSR[FE0,FE1]: when the program interrupt comes, what it saves, and
 * what the instruction leaves. Book I "Floating-Point Exceptions", Book III "Program Interrupt". */
#include "bare.inc"

    .set FE0, 0x800
    .set FE1, 0x100
    .set CAUSE, 0x783f0000
    .set ENABLED, 1 << 20      /* SRR1[43] */
    .set LATER, 1 << 16        /* SRR1[47]: SRR0 is a later instruction */
    .set VE, 0x80
    .set OE, 0x40
    .set UE, 0x20
    .set ZE, 0x10
    .set XE, 8
    .set NI, 4
    .set FX, 1 << 31
    .set FEX, 1 << 30
    .set VX, 1 << 29
    .set OX, 1 << 28
    .set UX, 1 << 27
    .set ZX, 1 << 26
    .set XX, 1 << 25
    .set VXISI, 1 << 23
    .set INF, 0x7ff << 52
    .set ONE, 0x3ff << 52
    .set HUGE, 0x7fe << 52     /* 2^1023 */
    .set TINY, 1 << 52         /* 2^-1022 */
    .set OLD, 0x123456789      /* of the target */

    /* FPR 1 2 3 and FPSCR */
    .macro LOADS a, b, fpscr
    FPU_ON
    LI r5, \a
    mtvsrd 1, r5
    LI r5, \b
    mtvsrd 2, r5
    LI r5, OLD
    mtvsrd 3, r5
    LI r5, \fpscr
    mtvsrd 4, r5
    mtfsf 0, f4, 1, 0
    .endm

    /* FPSCR (low word) and FPR 3 after the way home. */
    .macro LEFT mask, fpscr, target
    FPU_ON
    mffs f4
    mfvsrd r5, 4
    CHECKM r5, \mask, \fpscr
    mfvsrd r5, 3
    CHECK r5, \target
    .endm

    .set STATUS, 0xfff80700    /* FX .. VXCVI */

    /* \op with \fe in state \msr gives the interrupt \at it. */
    .macro TRAPS name, msr, a, b, fpscr, op, status, target
    TEST \name
    BACK 2f
    LOADS \a, \b, \fpscr
    GO \msr | FPU, 1f
1:  \op
    HOME
2:  CHECK r31, 0x700
    CHECKA r21, 1b
    CHECKM r22, CAUSE, ENABLED
    CHECKM r20, FPU | FE0 | FE1, 0
    LEFT STATUS, \status, \target
    PASS
    .endm

    /* \op does not interrupt. */
    .macro PASSES name, msr, a, b, fpscr, op, status, target
    TEST \name
    BACK 2f
    LOADS \a, \b, \fpscr
    GO \msr | FPU, 1f
1:  \op
    HOME
2:  CHECK r31, 0
    LEFT STATUS, \status, \target
    PASS
    .endm

    .macro MODES name, a, b, fpscr, op, status, target
    TRAPS \name\()_fe01, OS | FE1, \a, \b, \fpscr, "\op", \status, \target
    TRAPS \name\()_fe10, OS | FE0, \a, \b, \fpscr, "\op", \status, \target
    TRAPS \name\()_fe11, OS | FE0 | FE1, \a, \b, \fpscr, "\op", \status, \target
    PASSES \name\()_fe00, OS, \a, \b, \fpscr, "\op", \status, \target
    .endm

    MODES invalid, INF, INF, VE, "fsub 3,1,2", FX | FEX | VX | VXISI, OLD
    MODES zero_divide, ONE, 0, ZE, "fdiv 3,1,2", FX | FEX | ZX, OLD
    /* the exponent is lowered by 1536, raised by 1536 */
    MODES overflow, HUGE, HUGE, OE, "fadd 3,1,2", FX | FEX | OX, (0x7ff - 1536) << 52
    MODES underflow, TINY, 0x3fe << 52, UE, "xsmuldp 3,1,2", FX | FEX | UX, 1536 << 52
    MODES inexact, ONE, TINY, XE, "fadd 3,1,2", FX | FEX | XX, ONE
    MODES vector_keeps_target, HUGE, HUGE, OE, "xvadddp 3,1,2", FX | FEX | OX, OLD
    MODES record_form, INF, INF, VE, "fsub. 3,1,2", FX | FEX | VX | VXISI, OLD
    MODES decimal, 0x7e00 << 48, 0, VE, "dadd 3,1,2", FX | FEX | VX | 1 << 24, OLD
    MODES compare, 0x7ff0000000000001, 0, VE, "fcmpu 0,1,2", FX | FEX | VX | 1 << 24, OLD

    TRAPS user, USER | FE0, INF, INF, VE, "fsub 3,1,2", FX | FEX | VX | VXISI, OLD
    TRAPS svm, SVM | FE0, INF, INF, VE, "fsub 3,1,2", FX | FEX | VX | VXISI, OLD
    TRAPS hypervisor, HYP | FE0, INF, INF, VE, "fsub 3,1,2", FX | FEX | VX | VXISI, OLD
    TRAPS ultravisor, UV | FE0, INF, INF, VE, "fsub 3,1,2", FX | FEX | VX | VXISI, OLD

    /* Exceptions that are not enabled never interrupt; nor does an old one, once FEX is clear. */
    PASSES not_enabled, OS | FE0 | FE1, INF, INF, ZE | OE | UE | XE, "fsub 3,1,2", FX | VX | VXISI, 0x7ff8 << 48
    PASSES not_again, OS | FE0 | FE1, ONE, 0, FX | VX | VXISI, "fadd 3,1,2", FX | VX | VXISI, ONE

    /* Moves to the FPSCR that set FEX. */
    TRAPS mtfsb1_of_the_enable, OS | FE0, 0, 0, VX | VXISI, "mtfsb1 24", FEX | VX | VXISI, OLD
    TRAPS mtfsb1_of_the_exception, OS | FE0, 0, 0, ZE, "mtfsb1 5", FX | FEX | ZX, OLD
    TRAPS mtfsfi, OS | FE1, 0, 0, ZX, "mtfsfi 6,1", FEX | ZX, OLD
    TRAPS mtfsf, OS | FE1, XX | XE, XX, 0, "mtfsf 0xff,1", FEX | XX, OLD

    /* NI is kept but does nothing: no denormal becomes zero. */
    PASSES ni_does_not_flush, OS, TINY, 0x3fe << 52, NI, "fmul 3,1,2", 0, TINY / 2

    /* FE0 FE1 leave 00 while FEX is 1. The exception has waited: the interrupt comes in front of the next
     * instruction. */
    .macro WAITS name, change
    TEST \name
    BACK 2f
    LOADS INF, INF, VE
    GO OS | FPU, 1f
1:  fsub 3, 1, 2
    mfmsr r5
    ori r5, r5, FE0
    \change
3:  HOME
2:  CHECK r31, 0x700
    CHECKA r21, 3b
    CHECKM r22, CAUSE, ENABLED | LATER
    CHECKM r22, FE0 | FE1 | FP, FE0 | FP
    LEFT STATUS, FX | FEX | VX | VXISI, OLD
    PASS
    .endm

    WAITS mtmsrd_lets_it_come, "mtmsrd r5"
    WAITS mtmsr_lets_it_come, "mtmsr r5"
    WAITS rfid_lets_it_come, "LA r6, 3f ; mtsrr0 r6 ; mtsrr1 r5 ; rfid ; nop"

    TEST other_changes_of_msr_do_not
    BACK 2f
    LOADS INF, INF, VE
    GO OS | FPU, 1f
1:  fsub 3, 1, 2
    mfmsr r5
    ori r5, r5, EE
    mtmsrd r5, 1
    xori r5, r5, EE
    mtmsrd r5
    HOME
2:  CHECK r31, 0
    PASS
