/* SPDX-License-Identifier: Apache-2.0 */
/* Secure memory: S=1 reaches everything, S=0 gets a machine check on every path, and nothing is
 * loaded or stored (pef.md 1.8, 1.9; decisions.md 1.6). */
#include "bare.inc"
    .set SECRET, SECURE | 0x10000
    .set BYPASS, 1 << 63
    .set SECURE_LEAF, LEAF | RC | RWX | SECURE

    /* In hypervisor or ultravisor real mode straight, in guests through a page that maps secure
     * memory (real \ea, or PAGE). */
    .macro REACH name, msr, ea, op, vector, store
    TEST \name
    STORE SECRET, MAGIC
    STORE SECRET + 8, MAGIC
    STORE PAGE_PTE, LEAF | RC | RWX | PAGE
    STORE PAGE_GPTE, SECURE_LEAF
    FLUSH
    LI r5, \ea
    li r6, 0
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKM r20, STATE | ME, (\msr) & STATE & ~PR | HV
    CHECKM r22, 1 << 21, 1 << 21
    CHECK r6, 0
    LI r9, BYPASS | SECRET
    ld r9, 0(r9)
    CHECK r9, MAGIC
    .if !\store
    CHECKSPR 19, \ea
    CHECKSPR 18, 0x40
    .endif
    .endif
    PASS
    .endm

    .macro PATHS name, msr, ea, vector
    REACH \name\()_ld, \msr, \ea, "ld r6,0(r5)", \vector, 0
    REACH \name\()_lbz, \msr, \ea, "lbz r6,0(r5)", \vector, 0
    REACH \name\()_lwbrx, \msr, \ea, "lwbrx r6,0,r5", \vector, 0
    REACH \name\()_ldarx, \msr, \ea, "ldarx r6,0,r5", \vector, 0
    REACH \name\()_lfd, (\msr) | FP, \ea, "lfd 1,0(r5)", \vector, 0
    REACH \name\()_lxvx, (\msr) | VSX, \ea, "lxvx 1,0,r5", \vector, 0
    REACH \name\()_lvx, (\msr) | VEC, \ea, "lvx 1,0,r5", \vector, 0
    REACH \name\()_std, \msr, \ea, "std r6,0(r5)", \vector, 1
    REACH \name\()_stb, \msr, \ea, "stb r6,0(r5)", \vector, 1
    REACH \name\()_stfd, (\msr) | FP, \ea, "stfd 1,0(r5)", \vector, 1
    REACH \name\()_stxvx, (\msr) | VSX, \ea, "stxvx 1,0,r5", \vector, 1
    REACH \name\()_dcbz, \msr, \ea, "dcbz 0,r5", \vector, 1
    REACH \name\()_ldat, \msr, \ea, "ldat r6,r5,0", \vector, 1
    REACH \name\()_dcbf, \msr, \ea, "dcbf 0,r5", \vector, 0
    .endm
    PATHS hypervisor, HYP, SECRET, 0x200
    PATHS hypervisor_bypass, HYP, BYPASS | SECRET, 0x200
    PATHS guest_real, OS, PAGE + 0x10000, 0x200
    PATHS guest, OS | DR, PAGE + 0x10000, 0x200
    PATHS user, USER, PAGE + 0x10000, 0x200
    PATHS ultravisor, UV, SECRET, 0
    PATHS svm_real, SVM, PAGE + 0x10000, 0
    PATHS svm, SVM | DR, PAGE + 0x10000, 0
    PATHS svm_user, SVMUSER, PAGE + 0x10000, 0

    .macro RUN name, msr, ea, vector
    TEST \name
    STORE SECRET, 0x3be0000060000000    /* li r31,0 ; nop */
    STORE SECRET + 8, 0x3bc0000144000042 /* li r30,1 ; sc 2 */
    STORE PAGE_GPTE, SECURE_LEAF
    FLUSH
    LI r5, \ea
    mtctr r5
    BACK 2f
    GO \msr, 1f
1:  bctr
2:  CHECK r31, \vector
    .if \vector
    CHECK r21, \ea
    CHECKM r22, 0x083c0000, 0x080c0000
    .endif
    PASS
    .endm
    RUN fetch_hypervisor, HYP, SECRET, 0x200
    RUN fetch_guest_real, OS, PAGE + 0x10000, 0x200
    RUN fetch_guest, OS | IR | DR, PAGE + 0x10000, 0x200
    RUN fetch_user, USER, PAGE + 0x10000, 0x200
    RUN fetch_ultravisor, UV, SECRET, 0
    RUN fetch_svm_real, SVM, PAGE + 0x10000, 0
    RUN fetch_svm, SVM | IR | DR, PAGE + 0x10000, 0
    RUN fetch_svm_user, SVMUSER, PAGE + 0x10000, 0

    /* The tables: the partition table may be secure for everybody, the trees only for S=1. */
    .macro WALK name, msr, vector, setup
    TEST \name
    \setup
    FLUSH
    LI r5, PAGE
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKM r22, 1 << 21, 1 << 21
    CHECKSPR 18, 0x20
    .endif
    PASS
    .endm
    .macro SECURE_PARTITION_TABLE
    .irp n, 0, 1
    STORE SECURE | 0x20000 | \n * 16, VALID | RTS52 | PARTITION_ROOT | 13
    STORE SECURE | 0x20008 | \n * 16, PROCESS_TABLE
    .endr
    SPR PTCR, SECURE | 0x20000
    .endm
    .macro SECURE_L3            /* the process's last directory */
    STORE SECURE | 0x30000, 0
    LI r9, SECURE | 0x30000
    LI r10, LEAF | RC | RWX | PAGE
    std r10, PAGE / 0x200000 * 8(r9)
    LI r10, LEAF | RC | RWX
    std r10, 0(r9)
    LI r10, VALID | SECURE | 0x30000 | 9
    LI r9, PROCESS_L2
    std r10, 0(r9)
    .endm
    WALK secure_partition_table_nvm, OS | DR, 0, SECURE_PARTITION_TABLE
    WALK secure_partition_table_user, USER, 0, SECURE_PARTITION_TABLE
    WALK secure_partition_table_svm, SVM | DR, 0, SECURE_PARTITION_TABLE
    WALK secure_process_tree_hypervisor, HYP | DR, 0x200, SECURE_L3
    WALK secure_process_tree_ultravisor, UV | DR, 0, SECURE_L3

    .macro SECURE_PARTITION_L3
    LI r9, SECURE | 0x40000
    LI r10, LEAF | RC | RWX | PAGE
    std r10, PAGE / 0x200000 * 8(r9)
    LI r10, LEAF | RC | RWX
    std r10, 0(r9)
    LI r10, VALID | SECURE | 0x40000 | 9
    LI r9, PARTITION_L2
    std r10, 0(r9)
    .endm
    WALK secure_partition_tree_svm, SVM | DR, 0, SECURE_PARTITION_L3
    WALK secure_partition_tree_svm_user, SVMUSER, 0, SECURE_PARTITION_L3
    TEST secure_partition_tree_nvm
    SECURE_PARTITION_L3
    FLUSH
    BACK 2f
    GO OS, 1f
1:  nop                         /* its fetch already walks there */
2:  CHECK r31, 0x200
    CHECKM r22, 0x081c0000, 0x08100000
    PASS

    /* Nothing cached with S=1 may serve S=0: the same address before and after. */
    .macro AFTER name, first, second, ea
    TEST \name
    STORE SECRET, MAGIC
    STORE PAGE_GPTE, SECURE_LEAF
    FLUSH
    LI r5, \ea
    BACK 2f
    GO \first, 1f
1:  ld r6, 0(r5)
    std r6, 0(r5)
    HOME
2:  CHECK r31, 0
    CHECK r6, MAGIC
    li r6, 0
    BACK 4f
    GO \second, 3f
3:  ld r6, 0(r5)
    HOME
4:  CHECK r31, 0x200
    CHECK r6, 0
    BACK 6f
    GO \second, 5f
5:  std r6, 0(r5)
    HOME
6:  CHECK r31, 0x200
    PASS
    .endm
    AFTER after_ultravisor_hypervisor, UV, HYP, SECRET
    AFTER after_svm_nvm, SVM | DR, OS | DR, PAGE + 0x10000
    AFTER after_svm_nvm_real, SVM, OS, PAGE + 0x10000
    AFTER after_svm_user_nvm_user, SVMUSER, USER, PAGE + 0x10000

    TEST after_fetch
    STORE SECRET, 0x3be0000060000000
    STORE SECRET + 8, 0x3bc0000144000042
    STORE PAGE_GPTE, SECURE_LEAF
    FLUSH
    LI r5, PAGE + 0x10000
    mtctr r5
    BACK 2f
    GO SVMUSER, 1f
1:  bctr
2:  CHECK r31, 0
    mtctr r5
    BACK 4f
    GO USER, 3f
3:  bctr
4:  CHECK r31, 0x200
    PASS

    /* normal memory is open to S=1 */
    .macro NORMAL name, msr
    TEST \name
    STORE PAGE, MAGIC
    LI r5, PAGE
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    std r6, 8(r5)
    HOME
2:  CHECK r31, 0
    CHECK r6, MAGIC
    PASS
    .endm
    NORMAL normal_ultravisor, UV
    NORMAL normal_svm, SVM
    NORMAL normal_svm_user, SVMUSER
    NORMAL normal_hypervisor, HYP

    TEST beyond_secure_memory
    LI r5, SECURE | 0x10000000
    BACK 2f
    GO UV, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0x200
    PASS

    /* ME=0: the machine stops; seen by the run script's status 4, so not tried here */
