/* SPDX-License-Identifier: Apache-2.0 */
/* Asynchronous interrupts: masks, destinations, what is saved, priorities. Book III chapter 6; where
 * they go in a secure partition: pef.md 1.5. irq+0 raises lines: 1 external, 0x20 reset, 0x40 HVI,
 * 0x80 performance monitor, 0x100 HMI, 0x200 machine check; the rest has instructions of its own. */
#include "bare.inc"

    /* \lines raised in ultravisor state, EE=0; then \msr; \vector: 0 none. \to: state of the handler;
     * \pair 0: SRR, 1: HSRR */
    .macro ASYNC name, lines, lpcr, msr, vector, to, pair
    TEST \name
    SPR LPCR, RADIX | (\lpcr)
    RAISE \lines
    BACK 2f
    GO \msr, 1f
1:  nop
    HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKM r20, STATE | EE | IR | DR, \to & (STATE | EE | IR | DR)
    .if \pair
    CHECKA r25, 1b
    CHECKM r26, STATE | EE | 0x783f0000, (\msr) & (STATE | EE)
    .else
    CHECKA r21, 1b
    CHECKM r22, STATE | EE | 0x783f0000, (\msr) & (STATE | EE)
    .endif
    .endif
    PASS
    .endm

    ASYNC external_guest_masked, 1, LPES, OS, 0, 0, 0
    ASYNC external_guest, 1, LPES, OS | EE, 0x500, OS, 0
    ASYNC external_user, 1, LPES, USER, 0x500, OS, 0
    ASYNC external_svm, 1, LPES, SVM | EE, 0x500, SVM, 0
    ASYNC external_svm_masked, 1, LPES, SVM, 0, 0, 0
    ASYNC external_hypervisor_lpes1, 1, LPES, HYP | EE, 0x500, HYP, 0
    ASYNC external_hypervisor_lpes1_masked, 1, LPES, HYP, 0, 0, 0
    ASYNC external_guest_lpes0_unmasked, 1, 0, OS, 0x500, HYP, 1
    ASYNC external_svm_lpes0, 1, 0, SVM, 0x500, UV, 1
    ASYNC external_svm_user_lpes0, 1, 0, SVMUSER, 0x500, UV, 1
    ASYNC external_hypervisor_lpes0, 1, 0, HYP | EE, 0x500, HYP, 1
    ASYNC external_hypervisor_lpes0_masked, 1, 0, HYP, 0, 0, 0
    ASYNC external_hypervisor_heic, 1, HEIC, HYP | EE, 0, 0, 0
    ASYNC external_host_user, 1, 0, HOSTUSER, 0x500, HYP, 1
    ASYNC hvi_disabled, 0x40, 0, OS | EE, 0, 0, 0
    ASYNC hvi_guest, 0x40, HVICE, OS, 0xea0, HYP, 1
    ASYNC hvi_svm, 0x40, HVICE, SVM, 0xea0, UV, 1
    ASYNC hvi_hypervisor_masked, 0x40, HVICE, HYP, 0, 0, 0
    ASYNC hvi_hypervisor, 0x40, HVICE, HYP | EE, 0xea0, HYP, 1
    ASYNC pmi_masked, 0x80, 0, OS, 0, 0, 0
    ASYNC pmi_guest, 0x80, 0, OS | EE, 0xf00, OS, 0
    ASYNC pmi_svm_user, 0x80, 0, SVMUSER, 0xf00, SVM, 0
    ASYNC hmi_guest, 0x100, 0, OS, 0xe60, HYP, 1
    ASYNC hmi_svm, 0x100, 0, SVM, 0xe60, UV, 1
    ASYNC hmi_hypervisor, 0x100, 0, HYP | EE, 0xe60, HYP, 1
    ASYNC hmi_hypervisor_masked, 0x100, 0, HYP, 0, 0, 0
    ASYNC doorbell_masked, 8, 0, OS, 0, 0, 0
    ASYNC doorbell_guest, 8, 0, OS | EE, 0xa00, OS, 0
    ASYNC doorbell_svm_user, 8, 0, SVMUSER, 0xa00, SVM, 0
    ASYNC hdoorbell_guest, 0x10, 0, OS, 0xe80, HYP, 1
    ASYNC hdoorbell_svm, 0x10, 0, SVM, 0xe80, UV, 1
    ASYNC hdoorbell_hypervisor_masked, 0x10, 0, HYP, 0, 0, 0
    ASYNC hdoorbell_hypervisor, 0x10, 0, HYP | EE, 0xe80, HYP, 1
    ASYNC udoorbell_hypervisor, 0x400, 0, HYP, 0xfa0, UV, 1
    ASYNC udoorbell_guest, 0x400, 0, OS, 0xfa0, UV, 1
    ASYNC udoorbell_svm_user, 0x400, 0, SVMUSER, 0xfa0, UV, 1
    ASYNC udoorbell_ultravisor_masked, 0x400, 0, UV, 0, 0, 0
    ASYNC udoorbell_ultravisor, 0x400, 0, UV | EE, 0xfa0, UV, 1
    ASYNC ultravisor_masks_all, 0x5d9, HVICE, UV, 0, 0, 0
    ASYNC priority_hmi_before_hvi, 0x140, HVICE, OS, 0xe60, HYP, 1
    ASYNC priority_hvi_before_external, 0x41, HVICE, OS, 0xea0, HYP, 1
    ASYNC priority_external_before_hdoorbell, 0x11, 0, OS, 0x500, HYP, 1
    ASYNC priority_hdoorbell_before_pmi, 0x90, 0, OS | EE, 0xe80, HYP, 1
    ASYNC priority_pmi_before_doorbell, 0x88, 0, OS | EE, 0xf00, OS, 0
    ASYNC ail3_doorbell, 8, AIL3, OS | EE | IR | DR, 0x4a00, OS | IR | DR, 0
    ASYNC ail2_doorbell, 8, AIL2, OS | EE | IR | DR, 0x18a00, OS | IR | DR, 0
    ASYNC ail3_not_from_real_mode, 8, AIL3, OS | EE, 0xa00, OS, 0
    ASYNC ail3_not_with_dr_only, 8, AIL3, OS | EE | DR, 0xa00, OS, 0
    ASYNC ail3_not_when_hv_changes, 0x10, AIL3, OS | IR | DR, 0xe80, HYP, 1
    ASYNC ail3_within_hypervisor, 0x10, AIL3, HYP | EE | IR | DR, 0x4e80, HYP | IR | DR, 1
    ASYNC ail3_not_for_hmi, 0x100, AIL3, HYP | EE | IR | DR, 0xe60, HYP, 1
    ASYNC mediated_guest, 0, LPES | MER, OS, 0, 0, 0
    ASYNC mediated_not_in_hypervisor, 0, MER, HYP | EE, 0, 0, 0

    /* SRR1 bit 42 tells a mediated request from a direct one */
    TEST mediated_to_hypervisor
    SPR LPCR, RADIX | MER
    BACK 2f
    GO OS | EE, 1f
1:  nop
    HOME
2:  CHECK r31, 0x500
    CHECKM r26, 0x783f0000, 0x200000
    PASS

    /* the system reset is taken at once, whatever the state: at the end of the engine's run: the next
     * taken branch */
    .macro RESET name, msr, to
    TEST \name
    LI r9, IRQ
    li r8, 0x20
    BACK 2f
    GO \msr, 1f
1:  std r8, 0(r9)
    b 3f
    nop
3:  nop
    HOME
2:  CHECK r31, 0x100
    CHECKM r20, STATE, \to & STATE
    PASS
    .endm
    RESET reset_hypervisor, HYP, HYP
    RESET reset_ultravisor, UV, UV

    TEST machine_check_clears_me
    LI r9, IRQ
    li r8, 0x200
    BACK 2f
    GO HYP, 1f
1:  std r8, 0(r9)
    b 3f
    nop
3:  nop
    HOME
2:  CHECK r31, 0x200
    CHECKM r20, ME | STATE, HV
    CHECKM r22, ME, ME
    PASS

    /* decrementers */
    .macro COUNT name, spr, lpcr, msr, vector, to
    TEST \name
    SPR LPCR, RADIX | (\lpcr)
    li r10, -1
    mtspr \spr, r10
    BACK 2f
    GO \msr, 1f
1:  nop
    HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKM r20, STATE, \to & STATE
    .endif
    PASS
    .endm
    COUNT dec_masked, 22, 0, OS, 0, 0
    COUNT dec_guest, 22, 0, OS | EE, 0x900, OS
    COUNT dec_svm_user, 22, 0, SVMUSER, 0x900, SVM
    COUNT dec_hypervisor, 22, 0, HYP | EE, 0x900, HYP
    COUNT hdec_disabled, HDEC, 0, OS, 0, 0
    COUNT hdec_guest, HDEC, HDICE, OS, 0x980, HYP
    COUNT hdec_svm, HDEC, HDICE, SVM, 0x980, UV
    COUNT hdec_hypervisor_masked, HDEC, HDICE, HYP, 0, 0
    COUNT hdec_hypervisor, HDEC, HDICE, HYP | EE, 0x980, HYP
    COUNT hdec_host_user, HDEC, HDICE, HOSTUSER, 0x980, HYP

    TEST dec_is_a_level
    li r10, -1
    mtdec r10
    LI r10, 0x7fffffff
    mtdec r10
    BACK 2f
    GO OS | EE, 1f
1:  nop
    HOME
2:  CHECK r31, 0
    PASS

    TEST dec_goes_off_in_time
    li r10, 100
    mtdec r10
    BACK 2f
    GO OS | EE, 1f
1:  b 1b
2:  CHECK r31, 0x900
    PASS

    TEST mtmsrd_l1_opens_the_door
    BACK 2f
    li r7, 0
    ori r7, r7, EE
    li r8, -1
    GO OS, 1f
1:  mtdec r8
    mtmsrd r7, 1
3:  nop
    HOME
2:  CHECK r31, 0x900
    CHECKA r21, 3b
    PASS

    TEST ultravisor_is_big_endian
    SPR HID, 1 << 59
    SPR LPCR, RADIX | ILE
    BACK 2f
    GO SVM, 1f
1:  sc 1
2:  CHECK r31, 0xc00
    CHECKM r20, LE, 0
    PASS

    /* doorbells by instruction: type 5 in bits 32:36 */
    .macro MESSAGE name, op, clear, start, msr, vector
    TEST \name
    BACK 2f
    LI r8, 5 << 27
    GO \start, 1f
1:  \op
    \clear
    SPR USRR1, \msr
    LA r10, 3f
    mtspr USRR0, r10
    urfid
3:  nop
    HOME
2:  CHECK r31, \vector
    PASS
    .endm
    MESSAGE msgsnd, "msgsnd r8", nop, UV, OS, 0xe80
    MESSAGE msgclr, "msgsnd r8", "msgclr r8", UV, OS, 0
    MESSAGE msgsndp, "msgsndp r8", nop, UV, OS | EE, 0xa00
    MESSAGE msgclrp, "msgsndp r8", "msgclrp r8", UV, OS | EE, 0
    MESSAGE msgsndu, ".long 0x7c00409c", nop, UV, HYP, 0xfa0
    MESSAGE msgclru, ".long 0x7c00409c", ".long 0x7c0040dc", UV, HYP, 0
    MESSAGE msgsnd_other_type, "msgsnd r31", nop, UV, OS, 0

    TEST dpdes_shows_and_sets_doorbells
    mfspr r5, 176
    CHECK r5, 0
    LI r8, 5 << 27
    msgsndp r8
    mfspr r5, 176
    CHECK r5, 1
    li r5, 0
    mtspr 176, r5
    BACK 2f
    GO OS | EE, 1f
1:  HOME
2:  CHECK r31, 0
    li r5, 1
    mtspr 176, r5
    BACK 4f
    GO OS | EE, 3f
3:  HOME
4:  CHECK r31, 0xa00
    mfspr r5, 176
    CHECK r5, 0
    PASS
