/* SPDX-License-Identifier: Apache-2.0 */
/* LPCR[EVIRT]: what privileged software may not do in a partition goes to the hypervisor, for emulation,
 * instead of coming back as a privileged instruction. Book III, "Hypervisor Emulation Assistance". */
#include "bare.inc"

    .macro EMULATED name, msr, lpcr, op, vector, to
    TEST \name
    SPR LPCR, RADIX | (\lpcr)
    LI r5, PAGE
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    CHECKM r20, STATE, \to & STATE
    .if \vector == 0xe40
    CHECKA r25, 1b
    mfspr r7, HEIR
    LA r8, 1b
    lwz r8, 0(r8)
    cmpd r7, r8
    li r4, 99
    beq .+8
    b finish
    .else
    CHECKA r21, 1b
    CHECKM r22, CAUSE, 1 << 18
    .endif
    PASS
    .endm
    .macro HYPERVISORS name, op
    EMULATED \name\()_guest, OS, EVIRT, "\op", 0xe40, HYP
    EMULATED \name\()_svm, SVM, EVIRT, "\op", 0xe40, UV
    EMULATED \name\()_guest_evirt0, OS, 0, "\op", 0x700, OS
    EMULATED \name\()_svm_evirt0, SVM, 0, "\op", 0x700, SVM
    EMULATED \name\()_user, USER, EVIRT, "\op", 0x700, OS
    EMULATED \name\()_svm_user, SVMUSER, EVIRT, "\op", 0x700, SVM
    .endm
    HYPERVISORS hrfid, hrfid
    HYPERVISORS urfid, ".long 0x4c000264"
    HYPERVISORS msgsnd, "msgsnd r5"
    HYPERVISORS msgclr, "msgclr r5"
    HYPERVISORS msgsync, ".long 0x7c0006ec"
    HYPERVISORS msgsndu, ".long 0x7c00289c"
    HYPERVISORS msgclru, ".long 0x7c0028dc"
    HYPERVISORS tlbie, "tlbie r5,r5,0,1,1"
    HYPERVISORS tlbsync, tlbsync
    HYPERVISORS slbieg, ".long 0x7ca02ba4"
    HYPERVISORS slbiag, ".long 0x7ca006a4"
    HYPERVISORS lbzcix, "lbzcix r6,0,r5"
    HYPERVISORS lhzcix, "lhzcix r6,0,r5"
    HYPERVISORS lwzcix, "lwzcix r6,0,r5"
    HYPERVISORS ldcix, "ldcix r6,0,r5"
    HYPERVISORS stbcix, "stbcix r6,0,r5"
    HYPERVISORS sthcix, "sthcix r6,0,r5"
    HYPERVISORS stwcix, "stwcix r6,0,r5"
    HYPERVISORS stdcix, "stdcix r6,0,r5"
