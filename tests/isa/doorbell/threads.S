/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doorbells between the four threads of a core, and between two cores: who gets which interrupt, in which
 * state. Book III, "Processor Control"; ultravisor doorbells: pef.md 1.3.
 *
 * options: -smp 8,threads=4 -reg msr=0x9000000000401000 -icount-limit 4000000
 */
#include "bare.inc"
    .set SEEN, 0x900000         /* + 16 * PIR: what arrived there: vector, MSR of the handler */
    .set READY, 0x900100        /* + 8 * PIR: it is waiting */

    /* Thread 0 sends \op to tag \tag when thread \to has come to wait in \msr; it and nobody else gets
     * \vector in the state of \want. The threads wait in all states alike. */
    .macro RING name, op, tag, to, msr, vector, want
    TEST \name
    LA r10, 5f
    LA r9, parked
    std r10, 0(r9)
    FETCHED READY + 8 * \to
    LI r8, 5 << 27 | \tag
    \op
    FETCHED SEEN + 16 * \to
    CHECK r9, \vector
    FETCH_DW r9, SEEN + 16 * \to + 8
    CHECKM r9, STATE, \want & STATE
    .irp other, 0, 1, 2, 3, 4, 5, 6, 7
    .if \other != \to
    CHECKDW SEEN + 16 * \other, 0
    .endif
    .endr
    PASS
5:  BACK 7f                     /* the other threads */
    SPR LPCR, RADIX
    mfspr r5, PIR
    LI r6, READY
    sldi r7, r5, 3
    li r8, 1
    stdx r8, r6, r7
    GO \msr, 6f
6:  b 6b
7:  mfspr r5, PIR
    LI r6, SEEN
    sldi r7, r5, 4
    add r6, r6, r7
    std r20, 8(r6)
    std r31, 0(r6)
    b .
    .endm
    /* until there is something: in r9 */
    .macro FETCHED address
    LI r9, \address
    ld r10, 0(r9)
    cmpdi r10, 0
    beq .-8
    mr r9, r10
    .endm

    .macro WAITING name, op, tag, to, vector, privileged
    RING \name\()_in_hypervisor, "\op", \tag, \to, HYP | EE, \vector, HYP
    RING \name\()_in_ultravisor, "\op", \tag, \to, UV | EE, \vector, UV
    .if \privileged
    RING \name\()_in_guest, "\op", \tag, \to, OS | EE, \vector, OS
    RING \name\()_in_svm_user, "\op", \tag, \to, SVMUSER, \vector, SVM
    .else
    RING \name\()_in_guest, "\op", \tag, \to, OS, \vector, HYP
    RING \name\()_in_svm_user, "\op", \tag, \to, SVMUSER, \vector, UV
    .endif
    .endm
    WAITING msgsnd_sibling, "msgsnd r8", 3, 3, 0xe80, 0
    WAITING msgsnd_other_core, "msgsnd r8", 6, 6, 0xe80, 0
    WAITING msgsndp_sibling, "msgsndp r8", 2, 2, 0xa00, 1
    WAITING dpdes_sibling, "li r8,2 ; mtspr DPDES,r8", 0, 1, 0xa00, 1

    WAITING dhdes_sibling, "li r8,8 ; mtspr DHDES,r8", 0, 3, 0xe80, 0

    .macro RING_UV name, to
    RING msgsndu_\name\()_in_guest, ".long 0x7c00409c", \to, \to, OS, 0xfa0, UV
    RING msgsndu_\name\()_in_svm, ".long 0x7c00409c", \to, \to, SVM, 0xfa0, UV
    RING msgsndu_\name\()_in_hypervisor, ".long 0x7c00409c", \to, \to, HYP, 0xfa0, UV
    RING msgsndu_\name\()_in_ultravisor, ".long 0x7c00409c", \to, \to, UV | EE, 0xfa0, UV
    .endm
    RING_UV sibling, 1
    RING_UV other_core, 7

    /* DPDES shows the siblings' doorbells, of this core only */
    TEST dpdes_of_the_core
    .irp tag, 1, 3
    LI r8, 5 << 27 | \tag
    msgsndp r8
    .endr
    mfspr r5, DPDES
    CHECK r5, 0xa
    LI r8, 5 << 27 | 3
    msgclrp r8                  /* clears the executing thread's own */
    mfspr r5, DPDES
    CHECK r5, 0xa
    PASS

    TEST dhdes_of_the_core
    .irp tag, 2, 3, 5
    LI r8, 5 << 27 | \tag
    msgsnd r8
    .endr
    mfspr r5, DHDES
    CHECK r5, 0xc
    SPR DHDES, 1
    mfspr r5, DHDES
    CHECK r5, 1
    BACK 2f
    GO OS, 1f
1:  nop
    HOME
2:  CHECK r31, 0xe80
    CHECKSPR DHDES, 0
    PASS

    /* what names no thread or is no doorbell goes nowhere */
    .macro LOST name, op, rb
    TEST \name
    LI r8, \rb
    \op r8
    mfspr r5, DPDES
    CHECK r5, 0
    BACK 2f
    GO OS | EE, 1f
1:  nop
    HOME
2:  CHECK r31, 0
    PASS
    .endm
    LOST msgsndp_no_such_thread, msgsndp, 5 << 27 | 4
    LOST msgsndp_other_type, msgsndp, 4 << 27
    LOST msgsnd_no_such_thread, msgsnd, 5 << 27 | 100
    LOST msgsnd_other_type, msgsnd, 6 << 27

    /* TIR: the number within the core */
    TEST tir_of_every_thread
    LA r10, 5f
    LA r9, parked
    std r10, 0(r9)
    .irp thread, 1, 2, 3, 4, 5, 6, 7
    FETCHED SEEN + 16 * \thread
    addi r9, r9, -1
    CHECK r9, \thread & 3
    .endr
    mfspr r5, TIR
    CHECK r5, 0
    PASS
5:  mfspr r5, PIR
    LI r6, SEEN
    sldi r7, r5, 4
    mfspr r8, TIR
    addi r8, r8, 1
    stdx r8, r6, r7
    b .
