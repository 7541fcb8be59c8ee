/* SPDX-License-Identifier: Apache-2.0 */
/* HRMOR and URMOR move what the hypervisor and the ultravisor fetch and where their interrupts begin; EA
 * bit 0 goes past them. Book III, "Real And Virtual Real Addressing Modes"; pef.md 1.6. Data: translation/
 * radix.S. */
#include "bare.inc"
    .set MOVED, 0x1000000       /* below it a copy of this program's first 64 KiB */
    .set BYPASS, 1 << 63

    .macro COPY
    LI r7, -8
    LI r8, MOVED - 8
    LI r9, 0x2000
    mtctr r9
9:  ldu r9, 8(r7)
    stdu r9, 8(r8)
    bdnz 9b
    .endm
    .macro PATCH vector, word   /* the first instruction of the copy's vector */
    LI r9, MOVED + \vector
    LI r10, \word
    stw r10, 0(r9)
    .endm

    /* The hypervisor's interrupts begin at HRMOR | \vector. There the copy has
     * li r28,1 in place of the first instruction (lis r31,0, and r31 is 0; at 0xc00 a comparison). */
    .macro VECTOR_MOVES name, msr, op, vector, to
    TEST \name
    COPY
    PATCH \vector, 0x3b800001
    SPR HRMOR, MOVED
    BACK 2f
    li r28, 0
    li r31, 0
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    CHECK r28, \to
    PASS
    .endm
    VECTOR_MOVES guest_illegal, OS, ".long 0", 0xe40, 1
    VECTOR_MOVES guest_hypercall, OS, "cmpwi r30,1 ; sc 1", 0xc00, 1
    VECTOR_MOVES user_illegal, USER, ".long 0", 0xe40, 1
    VECTOR_MOVES host_user_trap, HOSTUSER, trap, 0x700, 1
    VECTOR_MOVES hypervisor_trap, HYP | IR | DR, trap, 0x700, 1
    VECTOR_MOVES not_for_guests, OS, trap, 0x700, 0
    VECTOR_MOVES not_for_svm, SVM, ".long 0", 0xe40, 0
    VECTOR_MOVES not_for_the_ultravisor, UV, trap, 0x700, 0

    /* where is the code of EA? r28 says which of the two pages was executed */
    .macro RUNS name, msr, spr, ea, want
    TEST \name
    STORE PAGE, 0x3b80000160000000              /* li r28,1 ; nop */
    STORE PAGE + 8, 0x4e80002060000000          /* blr */
    STORE MOVED | PAGE, 0x3b80000260000000      /* li r28,2 */
    STORE MOVED | PAGE + 8, 0x4e80002060000000
    LA r6, 2f                   /* back with EA bit 0 set: past the offset */
    LI r7, BYPASS
    or r6, r6, r7
    mtlr r6
    LI r5, \ea
    mtctr r5
    LI r8, MOVED
    LA r6, 1f
    LI r9, BYPASS
    or r6, r6, r9
    mtspr USRR0, r6
    SPR USRR1, \msr
    li r28, 0
    urfid
1:  mtspr \spr, r8
    isync
    bctr
2:  li r7, 0
    mtspr \spr, r7
    LI r4, 0
    CHECK r28, \want
    PASS
    .endm
    RUNS fetch_hrmor, HYP, HRMOR, PAGE, 2
    RUNS fetch_hrmor_ored, HYP, HRMOR, MOVED | PAGE, 2
    RUNS fetch_hrmor_bypassed, HYP, HRMOR, BYPASS | PAGE, 1
    RUNS fetch_urmor, UV, URMOR, PAGE, 2
    RUNS fetch_urmor_bypassed, UV, URMOR, BYPASS | PAGE, 1
    RUNS fetch_ultravisor_without_hrmor, UV, HRMOR, PAGE, 1

    /* The vectors of the ultravisor: the copy's first instruction clears URMOR, so that the rest is here. */
    .macro TO_ULTRAVISOR name, msr, op, vector
    TEST \name
    COPY
    PATCH \vector, 0x7f997ba6 /* mtspr URMOR, r28 */
    LI r8, MOVED
    li r28, 0
    li r31, 0
    li r30, 2
    cmpwi r30, 1
    LA r29, 2f
    LA r6, 1f
    LI r9, BYPASS
    or r6, r6, r9
    mtspr USRR0, r6
    LI r9, UV
    mtspr USRR1, r9
    LI r7, \msr
    LA r6, 3f
    urfid
1:  mtspr URMOR, r8
    isync
    mtspr USRR1, r7
    mtspr USRR0, r6
    urfid
3:  \op
    HOME
2:  CHECK r31, \vector
    CHECKSPR URMOR, 0
    PASS
    .endm
    TO_ULTRAVISOR ultracall, OS, "sc 2", 0xc00
    TO_ULTRAVISOR hypercall_of_svm, SVM, "sc 1", 0xc00
    TO_ULTRAVISOR illegal_in_svm, SVM, ".long 0", 0xe40

    /* Bits 1:3 of an EA do not count in real mode, whoever fetches or loads. */
    .macro HIGH name, msr, ea
    TEST \name
    STORE PAGE, MAGIC
    BACK 2f
    LI r5, \ea | PAGE
    GO \msr, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    CHECK r6, MAGIC
    PASS
    .endm
    HIGH high_bits_hypervisor, HYP, 7 << 60
    HIGH high_bits_ultravisor, UV, 7 << 60
    HIGH high_bits_guest, OS, 15 << 60
    HIGH high_bits_svm, SVM, 15 << 60
