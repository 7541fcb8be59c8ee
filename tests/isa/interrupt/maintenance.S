/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMER and HMEER: which bits ask for the hypervisor maintenance interrupt. Software can only clear HMER, so the
 * machine starts with two bits set. Book III, "Hypervisor Maintenance Interrupt".
 *
 * options: -reg hmer=0xa000000000000000
 */
#include "bare.inc"
    .set BIT0, 1 << 63
    .set BIT2, 1 << 61

    .macro ASKS name, hmeer, clear, msr, vector, to
    TEST \name
    SPR HMER, ~(\clear)
    SPR HMEER, \hmeer
    BACK 2f
    GO \msr, 1f
1:  nop
    HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKM r20, STATE, \to & STATE
    CHECKA r25, 1b
    .endif
    CHECKSPR HMER, (BIT0 | BIT2) & ~(\clear)
    CHECKSPR HMEER, \hmeer
    PASS
    .endm
    ASKS guest, -1, 0, OS, 0xe60, HYP
    ASKS guest_user, -1, 0, USER, 0xe60, HYP
    ASKS svm, -1, 0, SVM, 0xe60, UV
    ASKS host_user, -1, 0, HOSTUSER, 0xe60, HYP
    ASKS hypervisor, -1, 0, HYP | EE, 0xe60, HYP
    ASKS hypervisor_masked, -1, 0, HYP, 0, 0
    ASKS one_bit, BIT0, 0, OS, 0xe60, HYP
    ASKS other_bit, BIT2, 0, OS, 0xe60, HYP
    ASKS other_bits_only, ~(BIT0 | BIT2), 0, OS, 0, 0
    ASKS none_enabled, 0, 0, OS, 0, 0
    ASKS one_cleared, -1, BIT0, OS, 0xe60, HYP
    ASKS enabled_one_cleared, BIT0, BIT0, OS, 0, 0
    ASKS all_cleared, -1, BIT0 | BIT2, OS, 0, 0

    TEST cannot_be_set
    SPR HMER, BIT2
    SPR HMER, -1
    CHECKSPR HMER, BIT2
    PASS
