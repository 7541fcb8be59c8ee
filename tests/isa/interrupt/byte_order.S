/* SPDX-License-Identifier: Apache-2.0 */
/* Byte order of handlers: LPCR[ILE] for guests, HID[4] (HILE) for the hypervisor, big-endian for the
 * ultravisor, whatever the interrupted program had. Book III, "Interrupt Processing". */
#include "bare.inc"
    .set RI, 2
    .set HILE, 1 << 59
    .set OUTSIDE, 1 << 60
    .set ABSENT, 0x10000000

    /* \want: LE of the handler at \vector. A little-endian one is put there: mfmsr r20; li r30,1; sc 2 */
    .macro ORDER name, lpcr, hid, setup, msr, op, vector, want
    TEST \name
    SPR LPCR, RADIX | (\lpcr)
    SPR HID, \hid
    .if \want
    STORE \vector, 0xa600807e0100c03b
    STORE \vector + 8, 0x4200004460000000
    .endif
    \setup
    li r20, 0
    li r31, \vector
    LI r5, ABSENT
    LI r6, OUTSIDE
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    CHECKM r20, LE, \want
    PASS
    .endm
    .macro DECREMENT spr
    li r10, -1
    mtspr \spr, r10
    .endm

    /* by ILE, from a guest and from an SVM; HILE does not count */
    .macro ILES name, setup, op, vector, bits=0, lpcr=0
    ORDER \name\()_ile1_guest, ILE | \lpcr, 0, "\setup", OS | DR | \bits, "\op", \vector, LE
    ORDER \name\()_ile1_svm, ILE | \lpcr, 0, "\setup", SVM | DR | \bits, "\op", \vector, LE
    ORDER \name\()_ile1_user, ILE | \lpcr, 0, "\setup", USER | \bits, "\op", \vector, LE
    ORDER \name\()_ile0_guest, \lpcr, HILE, "\setup", OS | DR | \bits, "\op", \vector, 0
    ORDER \name\()_ile0_svm_user, \lpcr, HILE, "\setup", SVMUSER | \bits, "\op", \vector, 0
    .endm
    ILES data_storage, nop, "ld r6,0(r5)", 0x300
    ILES data_segment, nop, "ld r6,0(r6)", 0x380
    ILES instruction_storage, nop, "mtctr r5 ; bctr", 0x400, IR
    ILES external, "RAISE IRQ_EXTERNAL", nop, 0x500, EE, LPES
    ILES alignment, nop, "li r6,1 ; lwarx r7,0,r6", 0x600
    ILES program, nop, trap, 0x700
    ILES fp_unavailable, nop, "fmr 1,2", 0x800
    ILES decrementer, "DECREMENT 22", nop, 0x900, EE
    ILES doorbell, "RAISE IRQ_DOORBELL", nop, 0xa00, EE
    ILES traced, nop, nop, 0xd00, SE
    ILES vector_unavailable, nop, "vxor 1,2,3", 0xf20

    /* by HILE, from wherever the hypervisor is entered; ILE does not count, nor either for an SVM */
    .macro HILES name, setup, op, vector, bits=0, lpcr=0
    ORDER \name\()_hile1_guest, \lpcr, HILE, "\setup", OS | \bits, "\op", \vector, LE
    ORDER \name\()_hile1_user, \lpcr, HILE, "\setup", USER | \bits, "\op", \vector, LE
    ORDER \name\()_hile1_hypervisor, \lpcr, HILE, "\setup", HYP | EE | \bits, "\op", \vector, LE
    ORDER \name\()_hile1_host_user, \lpcr, HILE, "\setup", HOSTUSER | \bits, "\op", \vector, LE
    ORDER \name\()_hile0_guest, ILE | \lpcr, 0, "\setup", OS | \bits, "\op", \vector, 0
    ORDER \name\()_hile0_hypervisor, ILE | \lpcr, 0, "\setup", HYP | EE | \bits, "\op", \vector, 0
    ORDER \name\()_svm, ILE | \lpcr, HILE, "\setup", SVM | \bits, "\op", \vector, 0
    ORDER \name\()_ultravisor, ILE | \lpcr, HILE, "\setup", UV | EE | \bits, "\op", \vector, 0
    .endm
    HILES external_to_hypervisor, "RAISE IRQ_EXTERNAL", nop, 0x500
    HILES hypervisor_decrementer, "DECREMENT HDEC", nop, 0x980, 0, HDICE
    HILES emulation_assistance, nop, ".long 0", 0xe40
    HILES maintenance, "RAISE IRQ_HMI", nop, 0xe60
    HILES hypervisor_doorbell, "RAISE IRQ_HDOORBELL", nop, 0xe80
    HILES virtualization, "RAISE IRQ_HVI", nop, 0xea0, 0, HVICE

    /* A little-endian program: its order is in SRR1 and comes back. Words as its assembler has them. */
    .macro LITTLE name, msr, lpcr, vector
    TEST \name
    SPR LPCR, RADIX | (\lpcr)
    BACK 2f
    GO (\msr) | LE, 1f
1:  .long 0x0800e07f            /* trap */
2:  CHECK r31, \vector
    CHECKM r20, LE, 0
    CHECKM r22, LE, LE
    CHECKA r21, 1b
    PASS
    .endm
    LITTLE little_guest, OS, 0, 0x700
    LITTLE little_svm, SVM, 0, 0x700
    LITTLE little_user, USER, 0, 0x700
    LITTLE little_hypervisor, HYP, 0, 0x700
    LITTLE little_ultravisor, UV, ILE, 0x700
