/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unsigned doublewords that a signed one can't hold, to floating point: rounded once, by all of their
 * bits, and the status tells of it. Book I "Floating Convert From Integer".
 */
#include "bare.inc"
    .set BIG, 1 << 63
    .set TWO_63, 0x43e << 52
    .set NORMAL, 0x4000 /* FPRF of a positive normal number */
    .set FI, 0x20000
    .set FR, 0x40000
    .set FX_XX, 0x82000000

    /* \insn of \value, FPSCR being \fpscr, is \result, and leaves \status. */
    .macro CASE name, insn, fpscr, value, result, status
    TEST \name
    BACK 2f
    GO OS, 1f
1:  FPU_ON
    LI r5, (\value)
    mtvsrd 1, r5
    LI r5, (\fpscr)
    mtvsrd 8, r5
    mtfsf 0, f8, 1, 0
    \insn 6, 1
    mffs f7
    mfvsrd r6, 6
    mfvsrd r7, 7
    HOME
2:  CHECK r31, 0
    CHECK r6, (\result)
    CHECK r7, (\status)
    PASS
    .endm

    .macro BOTH name, insn, value, result, status
    CASE \name, \insn, 0, \value, \result, (\status) | (((\status) & FI) >> 17) * FX_XX
    CASE \name\()_again, \insn, FX_XX, \value, \result, (\status) | FX_XX
    .endm

    BOTH double_exact, fcfidu, BIG, TWO_63, NORMAL
    BOTH double_last_bit, fcfidu, BIG + (1 << 11), TWO_63 + 1, NORMAL
    BOTH double_half, fcfidu, BIG + (1 << 10), TWO_63, NORMAL | FI
    BOTH double_more_than_half, fcfidu, BIG + (1 << 10) + 1, TWO_63 + 1, NORMAL | FI | FR
    BOTH double_half_to_even, fcfidu, BIG + (3 << 10), TWO_63 + 2, NORMAL | FI | FR
    BOTH double_one, fcfidu, BIG + 1, TWO_63, NORMAL | FI
    BOTH double_greatest, fcfidu, -1, TWO_63 + (1 << 52), NORMAL | FI | FR
    BOTH double_vsx, xscvuxddp, BIG + (1 << 10) + 1, TWO_63 + 1, NORMAL | FI | FR
    BOTH double_small, fcfidu, BIG - 1, TWO_63, NORMAL | FI | FR
    BOTH single_exact, fcfidus, BIG, TWO_63, NORMAL
    BOTH single_half, fcfidus, BIG + (1 << 39), TWO_63, NORMAL | FI
    BOTH single_more_than_half, fcfidus, BIG + (1 << 39) + 1, TWO_63 + (1 << 29), NORMAL | FI | FR
    BOTH single_greatest, fcfidus, -1, TWO_63 + (1 << 52), NORMAL | FI | FR
    BOTH single_vsx, xscvuxdsp, BIG + (1 << 39) + 1, TWO_63 + (1 << 29), NORMAL | FI | FR
