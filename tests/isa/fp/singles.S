/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-precision arithmetic rounds once. Half way between two singles an engine that computes with
 * doubles must know whether the double is exact: of singles it is, of other operands it may not be; and
 * operands may be known as singles (lfs) or not. Book I "Rounding", "Floating-Point Arithmetic
 * Instructions".
 */
#include "bare.inc"

    .set ONE, 0x3ff0000000000000
    .set ULP, 0x3e80000000000000        /* 2^-23 */
    .set HALF, 0x3e70000000000000       /* 2^-24 */
    .set ODD, 0x3ff0000020000000        /* 1 + 2^-23 */
    .set EVEN, 0x3ff0000040000000       /* 1 + 2^-22 */
    .set ABOVE, 0x3e70000001000000      /* 2^-24 + 2^-52 */
    .set BARELY, 0x3e70000000800000     /* 2^-24 + 2^-53: added to 1 the double is half way */
    .set TINY, 0x3810000000000000       /* 2^-126 */
    .set FPSCR_XX, 1 << 25

    /* \op of FPRs 1 and 2 into 3 gives \result, at once and again behind it, whatever XX was. */
    .macro ROUNDS name, op, a, b, result
    TEST \name
    FPU_ON
    LI r5, \a
    LI r6, \b
    li r8, 2
1:  LI r7, FPSCR_XX
    cmpdi r8, 2
    bne 2f
    li r7, 0
2:  mtvsrd 4, r7
    mtfsf 0, 4, 1, 0
    mtvsrd 1, r5
    mtvsrd 2, r6
    \op 3, 1, 2
    mfvsrd r9, 3
    CHECK r9, \result
    \op 3, 1, 2
    fmr 6, 3
    mfvsrd r9, 6
    CHECK r9, \result
    addi r8, r8, -1
    cmpdi r8, 0
    bne 1b
    PASS
    .endm

    ROUNDS tie_down, fadds, ONE, HALF, ONE
    ROUNDS tie_up, fadds, ODD, HALF, EVEN
    ROUNDS above, fadds, ONE, ABOVE, ODD
    ROUNDS barely, fadds, ONE, BARELY, ODD
    ROUNDS barely_first, fadds, BARELY, ONE, ODD
    ROUNDS same_odd, fadds, BARELY, BARELY, ULP
    ROUNDS difference, fsubs, ODD, HALF, ONE
    ROUNDS difference_up, fsubs, EVEN, HALF, EVEN
    ROUNDS below, fsubs, ODD, ABOVE, ONE
    ROUNDS vsx_tie, xsaddsp, ODD, HALF, EVEN
    ROUNDS vsx_barely, xsaddsp, ONE, BARELY, ODD
    ROUNDS product, fmuls, 0x3ff8000000000000, ODD, 0x3ff8000040000000  /* 1.5 + 1.5 ulp: a tie */
    ROUNDS product_2, fmuls, 0x3ff8000000000000, 0x3ff0000060000000, 0x3ff8000080000000
    ROUNDS product_odd, fmuls, 0x3ff0000010000001, ONE, ODD
    ROUNDS quotient, fdivs, 0x3ff0000010000000, ONE, ONE
    ROUNDS quotient_odd, fdivs, 0x3ff0000010000001, ONE, ODD
    ROUNDS zero, fsubs, ODD, ODD, 0
    ROUNDS denormal, fmuls, TINY, 0x3fe0000020000000, 0x3800000000000000
