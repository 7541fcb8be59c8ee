/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that no register has: no operation, or the interrupt that the state and bit 4 of the number
 * call for. Book III, "Move To/From System Register Instructions". */
#include "bare.inc"

    .macro NUMBER op, n, state, msr, lpcr, vector
    TEST \op\()_\n\()_\state
    SPR LPCR, RADIX | (\lpcr)
    LI r5, MAGIC
    BACK 2f
    GO \msr, 1f
1:  .ifc \op, mfspr
    mfspr r5, \n
    .else
    mtspr \n, r5
    .endif
    HOME
2:  CHECK r31, \vector
    CHECK r5, MAGIC
    .if \vector == 0x700
    CHECKM r22, CAUSE, 1 << 18
    .endif
    PASS
    .endm
    /* \problem, \privileged: the interrupts of these states */
    .macro BOTH op, n, problem, privileged
    NUMBER \op, \n, problem, USER, 0, \problem
    NUMBER \op, \n, svm_problem, SVMUSER, 0, \problem
    NUMBER \op, \n, host_problem, HOSTUSER, 0, \problem
    NUMBER \op, \n, privileged, OS, 0, \privileged
    NUMBER \op, \n, svm, SVM, 0, \privileged
    NUMBER \op, \n, privileged_evirt, OS, EVIRT, \privileged
    NUMBER \op, \n, hypervisor, HYP, 0, \privileged
    NUMBER \op, \n, ultravisor, UV, 0, \privileged
    .endm
    BOTH mfspr, 0, 0xe40, 0xe40
    BOTH mtspr, 0, 0xe40, 0xe40
    .irp n, 4, 5, 6
    BOTH mfspr, \n, 0xe40, 0xe40
    BOTH mtspr, \n, 0xe40, 0
    .endr
    .irp n, 2, 7, 12, 99, 513, 960, 1001
    BOTH mfspr, \n, 0xe40, 0
    BOTH mtspr, \n, 0xe40, 0
    .endr
    .irp n, 16, 31, 50, 181, 508, 528, 700, 1009, 1022
    BOTH mfspr, \n, 0x700, 0
    BOTH mtspr, \n, 0x700, 0
    .endr
    /* numbers kept for software that runs on other levels of the architecture: no operation anywhere */
    .macro NOTHING n, state, msr
    TEST reserved_\n\()_\state
    LI r5, MAGIC
    BACK 2f
    GO \msr, 1f
1:  mtspr \n, r5
    HOME
2:  CHECK r31, 0
    PASS
    .endm
    .irp n, 808, 809, 810, 811
    NOTHING \n, problem, USER
    NOTHING \n, privileged, OS
    NOTHING \n, hypervisor, HYP
    .endr
