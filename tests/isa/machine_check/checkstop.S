/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine check with MSR[ME]=0 stops the machine: no handler runs. Book III, "Machine Check Interrupt".
 *
 * status: 4
 */
#include "bare.inc"
    .set NOWHERE, 0x10000000000

    .macro STOPS name, msr, ea, op
    TEST \name
    STORE PAGE_GPTE, LEAF | RC | RWX | NOWHERE
    FLUSH
    BACK 2f
    LI r5, \ea
    mtctr r5
    GO (\msr) & ~ME, 1f
1:  \op
    HOME
2:  li r4, 99
    b finish
    .endm
    STOPS load_hypervisor, HYP, NOWHERE, "ld r6,0(r5)"
    STOPS load_ultravisor, UV, NOWHERE, "ld r6,0(r5)"
    STOPS load_guest, OS, PAGE, "ld r6,0(r5)"
    STOPS load_user, USER, PAGE, "ld r6,0(r5)"
    STOPS store_svm, SVM, PAGE, "std r6,0(r5)"
    STOPS fetch_hypervisor, HYP, NOWHERE, bctr
    STOPS fetch_user, USER, PAGE, bctr
    STOPS secure_memory_hypervisor, HYP, SECURE, "ld r6,0(r5)"

    TEST second_one_in_the_handler
    LA r6, 3f                   /* ME is off in the handler: the vector loads from nowhere again */
    LI r5, NOWHERE
    lis r7, 0x4800
    subi r6, r6, 0x200
    or r7, r7, r6
    li r8, 0x200
    stw r7, 0(r8)
    GO HYP, 1f
1:  ld r6, 0(r5)
3:  ld r6, 0(r5)
    li r4, 99
    b finish
