/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The FPSCR's control bits read and set amid arithmetic: what is computed behind obeys them, what was
 * computed before keeps its status. Book I "Floating-Point Status and Control Register Instructions".
 */
#include "bare.inc"
    .set ONE, 0x3ff << 52
    .set MORE, ONE + 1          /* the next double */
    .set TINY, 0x3c3 << 52      /* 2^-60 */
    .set NI, 4
    .set XE, 8
    .set NORMAL, 0x4000         /* FPRF of a positive normal number */
    .set LESS, 0x8000           /* FPCC */
    .set FI, 0x20000
    .set FR, 0x40000
    .set FX_XX, 0x82000000
    .set OTHER, 0x1a000         /* FPRF and FR, FI that no sum leaves */

    /* \code with f1 1, f2 2^-60, FPSCR \fpscr; r6 and r7 are then \six and \seven. */
    .macro CASE name, fpscr, code, six, seven
    TEST \name
    BACK 2f
    GO OS, 1f
1:  FPU_ON
    LI r5, ONE
    mtvsrd 1, r5
    LI r5, TINY
    mtvsrd 2, r5
    LI r5, (\fpscr)
    mtvsrd 8, r5
    mtfsf 0, f8, 1, 0
    \code
    mfvsrd r6, 6
    mfvsrd r7, 7
    HOME
2:  CHECK r31, 0
    CHECK r6, \six
    CHECK r7, \seven
    PASS
    .endm

    /* read and left as it is: the control bits come, nothing else */
    CASE mffscrni_same, FX_XX | NI, "fadd f7, f1, f2 ; mffscrni f6, 0 ; fadd f7, f1, f2", NI, ONE
    CASE mffscrni_same_up, FX_XX | 2, "mffscrni f6, 2 ; fadd f7, f1, f2", 2, MORE
    CASE mffscrn_same, FX_XX | NI, "fsub f5, f1, f1 ; mffscrn f6, f5 ; fadd f7, f1, f2", NI, ONE
    CASE mffscrn_same_low_bits, FX_XX, "li r5, -4 ; mtvsrd 5, r5 ; mffscrn f6, f5 ; fadd f7, f1, f2", 0, ONE
    CASE mffscrni_drn, FX_XX | 5 << 32, "fadd f7, f1, f2 ; mffscrni f6, 0", 5 << 32, ONE
    CASE mffsl_control, NI | 1, "mffsl f6 ; fadd f7, f1, f2", NI | 1, ONE

    /* changed: what follows rounds that way, and back */
    CASE mffscrni_up, 0, "fadd f7, f1, f2 ; mffscrni f6, 2 ; fadd f7, f1, f2", 0, MORE
    CASE mffscrni_and_back, 0, "mffscrni f5, 2 ; fadd f7, f1, f2 ; mffscrni f6, 0 ; fadd f5, f1, f2 ; xxland 7, 7, 5", 2, ONE
    CASE mffscrn_up, 0, "fadd f7, f1, f2 ; li r5, 2 ; mtvsrd 5, r5 ; mffscrn f6, f5 ; fadd f7, f1, f2", 0, MORE
    CASE mffscrn_and_back, 2, "fadd f7, f1, f2 ; li r5, 0 ; mtvsrd 5, r5 ; mffscrn f6, f5 ; fadd f5, f1, f2 ; xxland 7, 7, 5", 2, ONE
    CASE mtfsb1_up, FX_XX, "fadd f6, f1, f2 ; mtfsb1 30 ; fadd f7, f1, f2", ONE, MORE
    CASE mtfsb0_back, FX_XX | 2, "fadd f6, f1, f2 ; mtfsb0 30 ; fadd f7, f1, f2", MORE, ONE
    CASE mtfsb0_same, FX_XX, "fadd f6, f1, f2 ; mtfsb0 30 ; mtfsb0 31 ; fadd f7, f1, f2", ONE, ONE
    CASE mtfsb1_same, FX_XX | 2, "fadd f6, f1, f2 ; mtfsb1 30 ; fadd f7, f1, f2", MORE, MORE
    CASE mtfsfi_up, FX_XX, "fadd f6, f1, f2 ; mtfsfi 7, 2 ; fadd f7, f1, f2", ONE, MORE
    CASE mtfsf_up, FX_XX, "fadd f6, f1, f2 ; li r5, 2 ; mtvsrd 5, r5 ; mtfsf 1, f5 ; fadd f7, f1, f2", ONE, MORE
    CASE mtfsf_all_back, FX_XX | 2, "fadd f6, f1, f2 ; li r5, 0 ; mtvsrd 5, r5 ; mtfsf 255, f5 ; fadd f7, f1, f2", MORE, ONE
    CASE mffsce_up, FX_XX | 2, "mffsce f6 ; fadd f7, f1, f2", FX_XX | 2, MORE

    /* in a loop, each turn another way */
    CASE turns, 0, "li r9, 6 ; mtctr r9 ; li r8, 0 ; fsub f7, f7, f7 ; 9: xori r8, r8, 2 ; mtvsrd 5, r8 ; mffscrn f6, f5 ; fadd f7, f1, f2 ; bdnz 9b", 2, ONE
    CASE turns_odd, 0, "li r9, 7 ; mtctr r9 ; li r8, 0 ; fsub f7, f7, f7 ; 9: xori r8, r8, 2 ; mtvsrd 5, r8 ; mffscrn f6, f5 ; fadd f7, f1, f2 ; bdnz 9b", 0, MORE

    /* the status of the last operation, before and after, and what overwrites it */
    CASE status, 0, "fadd f7, f1, f2 ; mffs f6", FX_XX | FI | NORMAL, ONE
    CASE status_up, 2, "fadd f7, f1, f2 ; mffs f6", FX_XX | FI | FR | NORMAL | 2, MORE
    CASE status_kept, 0, "fadd f7, f1, f2 ; mffscrni f5, 0 ; mtfsb0 31 ; mffs f6", FX_XX | FI | NORMAL, ONE
    CASE status_kept_changed, 0, "fadd f7, f1, f2 ; mffscrni f5, 2 ; mtfsb1 29 ; mffs f6", FX_XX | FI | NORMAL | NI | 2, ONE
    CASE status_less_known, FX_XX, "fadd f7, f1, f2 ; mffsl f6", FI | NORMAL, ONE
    CASE status_overwritten, 0, "fadd f7, f1, f2 ; LI r5, OTHER ; mtvsrd 5, r5 ; mtfsf 255, f5 ; mffs f6", OTHER, ONE
    CASE status_partly, 0, "fadd f7, f1, f2 ; LI r5, OTHER ; mtvsrd 5, r5 ; mtfsf 0x10, f5 ; mffs f6", FX_XX | 0x10000 | NORMAL, ONE
    CASE status_not, 0, "fadd f7, f1, f2 ; li r5, -1 ; mtvsrd 5, r5 ; mtfsf 0x20, f5 ; mffs f6", FX_XX | 0x20f00000 | FI | NORMAL, ONE
    CASE status_of_comparison, FX_XX, "fadd f7, f1, f2 ; fcmpu cr1, f2, f1 ; mtfsb0 30 ; mffs f6", FX_XX | FI | LESS, ONE
    CASE inexact_cleared, 0, "fadd f7, f1, f2 ; mtfsb0 6 ; fadd f7, f1, f1 ; fadd f7, f1, f2 ; mtfsb0 6 ; mffs f6", 0x80000000 | FI | NORMAL, ONE
    CASE inexact_seen, 0, "fadd f7, f1, f2 ; mffs f6 ; mtfsfi 1, 0 ; mtfsfi 0, 0 ; fadd f5, f1, f1 ; mffs f7", FX_XX | FI | NORMAL, NORMAL
    CASE exception_raised, 0, "fadd f7, f1, f2 ; mtfsb1 3 ; mffs f6", 0x92000000 | FI | NORMAL, ONE
