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
    REACH \name\()_dcbst, \msr, \ea, "dcbst 0,r5", \vector, 0
    REACH \name\()_icbi, \msr, \ea, "icbi 0,r5", \vector, 0
    REACH \name\()_copy, \msr, \ea, "copy 0,r5", \vector, 0
    REACH \name\()_lha, \msr, \ea, "lha r6,0(r5)", \vector, 0
    REACH \name\()_lwaux, \msr, \ea, "li r7,0 ; lwaux r6,r5,r7", \vector, 0
    REACH \name\()_ldbrx, \msr, \ea, "ldbrx r6,0,r5", \vector, 0
    REACH \name\()_lq, \msr, \ea, "lq r6,0(r5)", \vector, 0
    REACH \name\()_lqarx, \msr, \ea, "lqarx r6,0,r5", \vector, 0
    REACH \name\()_lmw, \msr, \ea, "lmw r31,0(r5) ; li r31,0", \vector, 0
    REACH \name\()_lswi, \msr, \ea, "lswi r6,r5,4", \vector, 0
    REACH \name\()_lfiwzx, (\msr) | FP, \ea, "lfiwzx 1,0,r5", \vector, 0
    REACH \name\()_lvebx, (\msr) | VEC, \ea, "lvebx 1,0,r5", \vector, 0
    REACH \name\()_lxvl, (\msr) | VSX, \ea, "LI r7,8 << 56 ; lxvl 1,r5,r7", \vector, 0
    REACH \name\()_lxvdsx, (\msr) | VSX, \ea, "lxvdsx 1,0,r5", \vector, 0
    REACH \name\()_lwat, \msr, \ea, "lwat r6,r5,0", \vector, 1
    REACH \name\()_stq, \msr, \ea, "stq r6,0(r5)", \vector, 1
    REACH \name\()_stdux, \msr, \ea, "li r7,0 ; stdux r6,r5,r7", \vector, 1
    REACH \name\()_sthbrx, \msr, \ea, "sthbrx r6,0,r5", \vector, 1
    REACH \name\()_stmw, \msr, \ea, "stmw r31,0(r5)", \vector, 1
    REACH \name\()_stswi, \msr, \ea, "stswi r6,r5,4", \vector, 1
    REACH \name\()_stdat, \msr, \ea, "stdat r6,r5,0", \vector, 1
    REACH \name\()_stvewx, (\msr) | VEC, \ea, "stvewx 1,0,r5", \vector, 1
    REACH \name\()_stxvl, (\msr) | VSX, \ea, "LI r7,8 << 56 ; stxvl 1,r5,r7", \vector, 1
    REACH \name\()_stxsd, (\msr) | VSX | VEC, \ea, "stxsd 1,0(r5)", \vector, 1
    REACH \name\()_dcbzl, \msr, \ea, "dcbzl 0,r5", \vector, 1
    REACH \name\()_stdcx, \msr, \ea, "ldarx r7,0,r29 ; stdcx. r6,0,r5", \vector, 1
    .endm
    .macro INHIBITED name, ea
    REACH \name\()_lbzcix, HYP, \ea, "lbzcix r6,0,r5", 0x200, 0
    REACH \name\()_ldcix, HYP, \ea, "ldcix r6,0,r5", 0x200, 0
    REACH \name\()_stwcix, HYP, \ea, "stwcix r6,0,r5", 0x200, 1
    REACH \name\()_stdcix, HYP, \ea, "stdcix r6,0,r5", 0x200, 1
    .endm
    INHIBITED hypervisor, SECRET
    INHIBITED hypervisor_bypass, BYPASS | SECRET
    /* on machines without accelerators paste. fails anyway; where the other partition's memory is, first */
    REACH hypervisor_paste, HYP, SECRET, "paste. 0,r5", 0x200, 1
    REACH user_paste, USER, PAGE + 0x10000, "paste. 0,r5", 0x200, 1
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

    /* process tables: the hypervisor's own, and a guest's by its guest real address */
    .macro SECURE_PROCESS_TABLE
    .irp n, 0, 1
    STORE SECURE | 0x50000 | \n * 16, RTS52 | PROCESS_ROOT | 13
    .endr
    STORE PARTITION_TABLE + 8, SECURE | 0x50000
    .endm
    .macro GUEST_PROCESS_TABLE
    STORE SECURE | 0x50010, RTS52 | PROCESS_ROOT | 13
    STORE PARTITION_TABLE + 24, PAGE + 0x50000
    STORE PAGE_GPTE, SECURE_LEAF
    .endm
    WALK secure_process_table_hypervisor, HYP | DR, 0x200, SECURE_PROCESS_TABLE
    WALK secure_process_table_ultravisor, UV | DR, 0, SECURE_PROCESS_TABLE
    WALK secure_process_table_nvm, OS | DR, 0x200, GUEST_PROCESS_TABLE
    WALK secure_process_table_svm, SVM | DR, 0, GUEST_PROCESS_TABLE

    /* A tree of the partition that S=1 has walked is none for S=0, in the same partition. */
    .macro TREE_AFTER name, first, second
    TEST \name
    SECURE_PARTITION_L3
    FLUSH
    LI r5, PAGE
    BACK 2f
    GO \first, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    BACK 4f
    GO \second, 3f
3:  nop
4:  CHECK r31, 0x200
    CHECKM r22, 0x081c0000, 0x08100000
    BACK 6f
    GO \first, 5f
5:  ld r6, 0(r5)
    HOME
6:  CHECK r31, 0
    PASS
    .endm
    TREE_AFTER tree_after_svm, SVM | DR, OS | DR
    TREE_AFTER tree_after_svm_real, SVM, OS
    TREE_AFTER tree_after_svm_user, SVMUSER, USER

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

    /* Pages that become secure, partitions that have them: nothing older stays. */
    .macro CHANGED name, msr, change
    TEST \name
    STORE PAGE, 0x3be0000060000000
    STORE PAGE + 8, 0x3bc0000144000042
    STORE SECURE | 0x10000, 0x3be0000060000000
    STORE SECURE | 0x10008, 0x3bc0000144000042
    LI r5, PAGE
    mtctr r5
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    std r6, 0(r5)
    bctr
2:  CHECK r31, 0
    \change
    BACK 4f
    GO \msr, 3f
3:  ld r6, 0(r5)
    HOME
4:  CHECK r31, 0x200
    BACK 6f
    GO \msr, 5f
5:  std r6, 0(r5)
    HOME
6:  CHECK r31, 0x200
    mtctr r5
    BACK 8f
    GO \msr, 7f
7:  bctr
8:  CHECK r31, 0x200
    CHECK r21, PAGE
    PASS
    .endm
    .macro BECOMES_SECURE
    STORE PAGE_GPTE, SECURE_LEAF
    FLUSH
    .endm
    .set OTHER_L3, 0x60000      /* the tree of LPID 2: like LPID 1's but for PAGE */
    .macro OTHER_PARTITION
    LI r7, PARTITION_L3 - 8
    LI r8, OTHER_L3 - 8
    li r9, 32
    mtctr r9
9:  ldu r9, 8(r7)
    stdu r9, 8(r8)
    bdnz 9b
    STORE OTHER_L3 + PAGE / 0x200000 * 8, SECURE_LEAF
    STORE 0x61000, VALID | OTHER_L3 | 9
    STORE 0x70000, VALID | 0x61000 | 9
    STORE PARTITION_TABLE + 32, VALID | RTS52 | 0x70000 | 13
    SPR LPIDR, 2
    .endm
    CHANGED page_becomes_secure, USER, BECOMES_SECURE
    CHANGED page_becomes_secure_real, OS, BECOMES_SECURE
    CHANGED other_partition, USER, OTHER_PARTITION
    CHANGED other_partition_real, OS, OTHER_PARTITION

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
