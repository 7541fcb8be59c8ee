/* SPDX-License-Identifier: Apache-2.0 */
/* Real addresses that nothing answers to: loads, stores, fetches and table walks, in every state. SRR1,
 * DSISR and DAR as Linux decodes them on POWER9 (pef.md 1.8). */
#include "bare.inc"
    .set NOWHERE, 0x10000000000
    .set SUE, 1 << 21           /* SRR1[42]: DSISR has the cause */
    .set BAD_STORE, SUE | 0x08140000
    .set BAD_FETCH, 0x080c0000
    .set BAD_FETCH_WALK, 0x08100000

    .macro DATA name, msr, ea, setup, op, srr1, dsisr
    TEST \name
    \setup
    FLUSH
    LI r5, \ea
    li r6, 0
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, 0x200
    CHECKM r20, STATE | EE | ME | IR | DR, (\msr) & S | HV
    CHECKM r22, CAUSE | ME | STATE, \srr1 | ((\msr) & (STATE | ME))
    CHECKA r21, 1b
    CHECK r6, 0
    CHECKSPR DAR, \ea
    CHECKSPR DSISR, \dsisr
    PASS
    .endm
    .macro KINDS name, msr, ea, setup
    DATA \name\()_ld, \msr, \ea, "\setup", "ld r6,0(r5)", SUE, 0x40
    DATA \name\()_lbz, \msr, \ea, "\setup", "lbz r6,0(r5)", SUE, 0x40
    DATA \name\()_ldarx, \msr, \ea, "\setup", "ldarx r6,0,r5", SUE, 0x40
    DATA \name\()_lq, \msr, \ea, "\setup", "lq r6,0(r5)", SUE, 0x40
    DATA \name\()_dcbf, \msr, \ea, "\setup", "dcbf 0,r5", SUE, 0x40
    DATA \name\()_std, \msr, \ea, "\setup", "std r6,0(r5)", BAD_STORE, 0
    DATA \name\()_stb, \msr, \ea, "\setup", "stb r6,0(r5)", BAD_STORE, 0
    DATA \name\()_dcbz, \msr, \ea, "\setup", "dcbz 0,r5", BAD_STORE, 0
    DATA \name\()_stdat, \msr, \ea, "\setup", "stdat r6,r5,0", BAD_STORE, 0
    .endm
    .macro FETCH name, msr, ea, setup, srr1
    TEST \name
    \setup
    FLUSH
    LI r5, \ea
    mtctr r5
    BACK 2f
    GO \msr, 1f
1:  bctr
2:  CHECK r31, 0x200
    CHECKM r20, STATE | ME, (\msr) & S | HV
    CHECKM r22, CAUSE | STATE, \srr1 | ((\msr) & STATE)
    CHECK r21, \ea
    PASS
    .endm
    /* PAGE in the partition, PAGE in the process, the process's directory lead nowhere */
    .set AWAY, LEAF | RC | RWX | NOWHERE
    .set SECOND, 0x40000000     /* what the second entries of PROCESS_L2 and PARTITION_L2 map */
    .macro GUEST_PAGE
    STORE PAGE_GPTE, AWAY
    .endm
    .macro HOST_PAGE
    STORE PAGE_PTE, AWAY
    .endm
    .macro HOST_TABLE
    STORE PROCESS_L2, VALID | NOWHERE | 9
    .endm
    .macro GUEST_TABLE          /* the process's directory lies in PAGE */
    STORE PAGE_GPTE, AWAY
    STORE PROCESS_L2 + 8, VALID | PAGE | 9
    .endm
    .macro PARTITION_DIRECTORY
    STORE PARTITION_L2 + 8, VALID | NOWHERE | 9
    STORE PROCESS_L2 + 8, LEAF | RC | RWX | SECOND
    .endm
    KINDS hypervisor_real, HYP, NOWHERE, nop
    KINDS ultravisor_real, UV, NOWHERE, nop
    KINDS secure_range_end, UV, SECURE | 0x10000000, nop
    KINDS hypervisor, HYP | DR, PAGE, HOST_PAGE
    KINDS guest_real, OS, PAGE, GUEST_PAGE
    KINDS guest, OS | DR, PAGE, GUEST_PAGE
    KINDS user, USER, PAGE, GUEST_PAGE
    KINDS svm, SVM | DR, PAGE, GUEST_PAGE
    KINDS svm_user, SVMUSER, PAGE, GUEST_PAGE
    KINDS host_user, HOSTUSER, PAGE, HOST_PAGE
    FETCH fetch_hypervisor_real, HYP, NOWHERE, nop, BAD_FETCH
    FETCH fetch_ultravisor_real, UV, NOWHERE, nop, BAD_FETCH
    FETCH fetch_hypervisor, HYP | IR, PAGE, HOST_PAGE, BAD_FETCH
    FETCH fetch_guest_real, OS, PAGE, GUEST_PAGE, BAD_FETCH
    FETCH fetch_user, USER, PAGE, GUEST_PAGE, BAD_FETCH
    FETCH fetch_svm_user, SVMUSER, PAGE, GUEST_PAGE, BAD_FETCH
    FETCH fetch_device, HYP, 0x40000000, nop, BAD_FETCH

    .macro WALK name, msr, ea, setup
    DATA walk_\name\()_ld, \msr, \ea, \setup, "ld r6,0(r5)", SUE, 0x20
    DATA walk_\name\()_std, \msr, \ea, \setup, "std r6,0(r5)", SUE, 0x20
    DATA walk_\name\()_dcbz, \msr, \ea, \setup, "dcbz 0,r5", SUE, 0x20
    .endm
    WALK hypervisor, HYP | DR, PAGE, HOST_TABLE
    WALK ultravisor, UV | DR, PAGE, HOST_TABLE
    WALK guest, OS | DR, SECOND, GUEST_TABLE
    WALK user, USER, SECOND, GUEST_TABLE
    WALK svm_user, SVMUSER, SECOND, GUEST_TABLE
    WALK partition, OS | DR, SECOND, PARTITION_DIRECTORY
    WALK partition_real, OS, SECOND, PARTITION_DIRECTORY
    FETCH walk_fetch_hypervisor, HYP | IR, SECOND, "STORE PROCESS_L2 + 8, VALID | NOWHERE | 9", BAD_FETCH_WALK
    FETCH walk_fetch_user, USER, SECOND, GUEST_TABLE, BAD_FETCH_WALK
    FETCH walk_fetch_partition, OS, SECOND, PARTITION_DIRECTORY, BAD_FETCH_WALK

    /* no partition table at all */
    TEST partition_table_nowhere
    BACK 2f
    LI r5, PAGE
    SPR PTCR, NOWHERE
    GO OS | DR, 1f
1:  ld r6, 0(r5)
2:  CHECK r31, 0x200
    CHECKM r22, CAUSE, BAD_FETCH_WALK
    PASS
