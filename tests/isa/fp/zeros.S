/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results that are zero, or have zero elements: exact ones, with the sign the operands give them, and
 * those of an underflow, which FPSCR tells of. Book I "Underflow Exception", and the sign of a zero by
 * "Sign of Result".
 */
#include "bare.inc"

    .set ONE, 0x3ff0000000000000
    .set MINUS, 0x8000000000000000
    .set SMALL, 0x0010000000000000      /* 2^-1022 */
    .set TINY, 0x3810000000000000       /* 2^-126 */
    .set LEAST, 0x36a0000000000000      /* 2^-149 */
    .set ONES, 0x3f8000003f800000
    .set MIXED, 0x3f80000000000000      /* 1, 0 */
    .set MIXED_MINUS, 0x3f80000080000000
    .set TINIES, 0x0080000000800000
    .set FPSCR_XX, 1 << 25
    .set FPSCR_UX, 1 << 27

    /* \op VSRs 3, 1, 2, with both doublewords of each alike: \t, \a, \b before, \result behind. UX and
     * XX are \ux: 0 or 1. Twice, with XX set before and without. */
    .macro ZERO name, op, t, a, b, result, ux
    TEST \name
    FPU_ON
    li r8, 2
1:  LI r7, FPSCR_XX
    cmpdi r8, 2
    bne 2f
    li r7, 0
2:  mtvsrd 4, r7
    mtfsf 0, 4, 1, 0
    LI r5, \t
    mtvsrdd 3, r5, r5
    LI r5, \a
    mtvsrdd 1, r5, r5
    LI r5, \b
    mtvsrdd 2, r5, r5
    \op
    mfvsrd r9, 3
    CHECK r9, \result
    mffs 4
    mfvsrd r9, 4
    CHECKM r9, FPSCR_UX, \ux * FPSCR_UX
    addi r8, r8, -1
    cmpdi r8, 0
    bne 1b
    PASS
    .endm

    ZERO product, "xvmuldp 3, 1, 2", 0, 0, ONE, 0, 0
    ZERO product_minus, "xvmuldp 3, 1, 2", 0, ONE, MINUS, MINUS, 0
    ZERO product_tiny, "xvmuldp 3, 1, 2", 0, SMALL, SMALL, 0, 1
    ZERO products, "xvmulsp 3, 1, 2", 0, MIXED, ONES, MIXED, 0
    ZERO products_minus, "xvmulsp 3, 1, 2", 0, MIXED_MINUS, ONES, MIXED_MINUS, 0
    ZERO products_tiny, "xvmulsp 3, 1, 2", 0, TINIES, TINIES, 0, 1
    ZERO quotient, "xvdivdp 3, 1, 2", 0, MINUS, ONE, MINUS, 0
    ZERO quotients, "xvdivsp 3, 1, 2", 0, MIXED, ONES, MIXED, 0
    ZERO fused, "xvmaddadp 3, 1, 2", 0, ONE, 0, 0, 0
    ZERO fused_signs, "xvmaddadp 3, 1, 2", 0, ONE, MINUS, 0, 0
    ZERO fused_minus, "xvmaddadp 3, 1, 2", MINUS, ONE, MINUS, MINUS, 0
    ZERO fused_difference, "xvmsubadp 3, 1, 2", ONE, ONE, ONE, 0, 0
    ZERO fused_tiny, "xvmaddadp 3, 1, 2", 0, SMALL, SMALL, 0, 1
    ZERO fused_negative, "xvnmsubadp 3, 1, 2", 0, ONE, 0, MINUS, 0
    ZERO fused_lanes, "xvmaddasp 3, 1, 2", 0, MIXED, ONES, MIXED, 0
    ZERO fused_multiplier, "xvmaddmsp 3, 1, 2", MIXED, ONES, 0, MIXED, 0
    ZERO fused_lanes_tiny, "xvmaddasp 3, 1, 2", 0, TINIES, TINIES, 0, 1
    ZERO narrowed, "xvcvdpsp 3, 1", 0, MINUS, 0, 0x8000000080000000, 0
    ZERO narrowed_tiny, "xvcvdpsp 3, 1", 0, SMALL, 0, 0, 1
    ZERO narrowed_denormal, "xvcvdpsp 3, 1", 0, 0x0000000080000000, 0, 0, 1
    ZERO narrowed_denormal_minus, "xvcvdpsp 3, 1", 0, 0x8000000080000000, 0, 0x8000000080000000, 1
    ZERO root, "xvsqrtdp 3, 1", ONE, 0, 0, 0, 0
    ZERO root_minus, "xvsqrtdp 3, 1", ONE, MINUS, 0, MINUS, 0
    ZERO roots, "xvsqrtsp 3, 1", ONE, MIXED, 0, MIXED, 0
    ZERO scalar, "fmul 3, 1, 2", 0, 0, MINUS, MINUS, 0
    ZERO scalar_tiny, "fmul 3, 1, 2", 0, SMALL, SMALL, 0, 1
    ZERO single, "fmadds 3, 1, 2, 3", 0, 0, ONE, 0, 0
    ZERO single_addend, "fmadds 3, 1, 2, 3", LEAST, 0, ONE, LEAST, 0
    ZERO single_addend_tiny, "fmadds 3, 1, 2, 3", SMALL, 0, ONE, 0, 1
    ZERO single_tiny, "fmadds 3, 1, 2, 3", 0, TINY, TINY, 0, 1
    ZERO single_minus, "fmadds 3, 1, 2, 3", MINUS, MINUS, ONE, MINUS, 0
