/* SPDX-License-Identifier: Apache-2.0 */
/* tlbie and tlbiel of radix translation (R=1): after a change of an entry of either scope and the
 * instruction that the ISA asks for, nothing translates by the old one. Book III, "TLB Management
 * Instructions", "Radix Tree Translation". */
#include "bare.inc"
    .set PAGE_TABLE, 0x48000    /* a level below PROCESS_L3 */

    /* A translation is made in \msr; \change; tlbie; the access again: \vector. */
    .macro STALE name, msr, setup, change, vector, op, is, ric, prs, rs
    TEST \name
    \setup
    FLUSH
    STORE PAGE, MAGIC
    LI r5, PAGE
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    std r6, 8(r5)
    HOME
2:  CHECK r31, 0
    CHECK r6, MAGIC
    \change
    ptesync
    LI r9, \is
    LI r8, \rs
    \op r9, r8, \ric, \prs, 1
    ptesync
    BACK 4f
    GO \msr, 3f
3:  ld r6, 0(r5)
    HOME
4:  CHECK r31, \vector
    PASS
    .endm
    /* RB */
    .set BY_PID, 1 << 10
    .set BY_LPID, 2 << 10
    .set BY_ALL, 3 << 10
    .set AP_4K, 0
    .set AP_64K, 5 << 5
    .set AP_2M, 1 << 5
    .set AP_1G, 2 << 5
    .set OSDR, OS | DR
    .set OWN, 1 << 32 | 1       /* RS: PID 1, LPID 1 */

    .macro LEVEL4 bits          /* PAGE in pages of 4 or 64 KiB */
    STORE PAGE_TABLE, LEAF | RC | RWX | PAGE
    STORE PAGE_PTE, VALID | PAGE_TABLE | \bits
    .endm
    .macro GIGABYTE
    STORE PROCESS_L2, LEAF | RC | RWX
    .endm

    /* the process's page, by every name it has */
    .macro BY_NAME name, msr, rs
    STALE \name\()_4k, \msr, "LEVEL4 9", "STORE PAGE_TABLE, 0", 0x300, tlbie, PAGE | AP_4K, 0, 1, \rs
    STALE \name\()_64k, \msr, "LEVEL4 5", "STORE PAGE_TABLE, 0", 0x300, tlbie, PAGE | AP_64K, 0, 1, \rs
    STALE \name\()_2m, \msr, nop, "STORE PAGE_PTE, 0", 0x300, tlbie, PAGE | AP_2M, 0, 1, \rs
    STALE \name\()_pid, \msr, nop, "STORE PAGE_PTE, 0", 0x300, tlbie, BY_PID, 0, 1, \rs
    STALE \name\()_lpid, \msr, nop, "STORE PAGE_PTE, 0", 0x300, tlbie, BY_LPID, 0, 1, \rs
    STALE \name\()_all, \msr, nop, "STORE PAGE_PTE, 0", 0x300, tlbie, BY_ALL, 2, 1, \rs
    STALE \name\()_cluster, \msr, "LEVEL4 5", "STORE PAGE_TABLE, 0", 0x300, tlbie, PAGE | AP_64K, 3, 1, \rs
    .endm
    BY_NAME guest, OSDR, OWN
    BY_NAME user, USER, OWN
    BY_NAME svm_user, SVMUSER, OWN
    BY_NAME hypervisor, HYP | DR, 1 << 32
    BY_NAME ultravisor, UV | DR, 1 << 32
    STALE guest_1g, OSDR, GIGABYTE, "STORE PROCESS_L2, 0", 0x300, tlbie, AP_1G, 0, 1, OWN
    STALE hypervisor_1g, HYP | DR, GIGABYTE, "STORE PROCESS_L2, 0", 0x300, tlbie, AP_1G, 0, 1, 1 << 32
    STALE guest_local_4k, OSDR, "LEVEL4 9", "STORE PAGE_TABLE, 0", 0x300, tlbiel, PAGE | AP_4K, 0, 1, OWN
    STALE user_local_2m, USER, nop, "STORE PAGE_PTE, 0", 0x300, tlbiel, PAGE | AP_2M, 0, 1, OWN
    STALE guest_local_pid, OSDR, nop, "STORE PAGE_PTE, 0", 0x300, tlbiel, BY_PID, 0, 1, OWN
    STALE guest_local_lpid, OSDR, nop, "STORE PAGE_PTE, 0", 0x300, tlbiel, BY_LPID, 0, 1, OWN
    STALE guest_local_all, OSDR, nop, "STORE PAGE_PTE, 0", 0x300, tlbiel, BY_ALL, 2, 1, OWN

    /* directories, tables of tables */
    STALE directory, OSDR, nop, "STORE PROCESS_L2, 0", 0x300, tlbie, BY_PID, 2, 1, OWN
    STALE root, OSDR, nop, "STORE PROCESS_ROOT, 0", 0x300, tlbie, BY_PID, 2, 1, OWN
    STALE process_entry, OSDR, nop, "STORE PROCESS_TABLE + 16, RTS52 | 0x60000 | 13", 0x300, tlbie, BY_PID, 2, 1, OWN
    STALE partition_page, USER, nop, "STORE PAGE_GPTE, 0", 0xe00, tlbie, PAGE | AP_2M, 0, 0, 1
    STALE partition_lpid, SVMUSER, nop, "STORE PAGE_GPTE, 0", 0xe00, tlbie, BY_LPID, 0, 0, 1
    STALE partition_all, OS, nop, "STORE PAGE_GPTE, 0", 0xe00, tlbie, BY_ALL, 0, 0, 0
    STALE partition_local, OS, nop, "STORE PAGE_GPTE, 0", 0xe00, tlbiel, BY_LPID, 0, 0, 1
    STALE partition_table_page, OSDR, nop, "STORE PARTITION_L3, LEAF | RC | 1", 0xe00, tlbie, BY_LPID, 2, 0, 1
    STALE partition_directory, OS, nop, "STORE PARTITION_L2, 0", 0xe20, tlbie, BY_LPID, 2, 0, 1
    STALE partition_entry, OS, nop, "STORE PARTITION_TABLE + 16, VALID | RTS52 | 0x60000 | 13", 0xe20, tlbie, BY_LPID, 2, 0, 1
    STALE less_rights, USER, nop, "STORE PAGE_PTE, LEAF | RC | 1 | PAGE", 0x300, tlbie, BY_PID, 0, 1, OWN
    STALE partition_less_rights, USER, nop, "STORE PAGE_GPTE, LEAF | RC | 1 | PAGE", 0xe00, tlbie, BY_LPID, 0, 0, 1
    STALE other_page, USER, nop, "STORE PAGE_PTE, LEAF | RC | RWX | 0x10000000", 0xe00, tlbie, PAGE | AP_2M, 0, 1, OWN

    /* code: the page that is executed goes */
    .macro CODE name, msr, entry, vector, is, prs
    TEST \name
    STORE PAGE, 0x3be0000060000000      /* li r31,0 ; nop */
    STORE PAGE + 8, 0x3bc0000144000042  /* li r30,1 ; sc 2 */
    LI r5, PAGE
    mtctr r5
    BACK 2f
    GO \msr, 1f
1:  bctr
2:  CHECK r31, 0
    STORE \entry, 0
    ptesync
    LI r9, \is
    LI r8, OWN
    tlbie r9, r8, 0, \prs, 1
    ptesync
    mtctr r5
    BACK 4f
    GO \msr, 3f
3:  bctr
4:  CHECK r31, \vector
    PASS
    .endm
    CODE code_page, USER, PAGE_PTE, 0x400, PAGE | AP_2M, 1
    CODE code_pid, SVMUSER, PAGE_PTE, 0x400, BY_PID, 1
    CODE code_partition, USER, PAGE_GPTE, 0xe20, BY_LPID, 0
    CODE code_guest_real, OS, PAGE_GPTE, 0xe20, BY_LPID, 0

    /* Other processes and partitions: the switch alone shows their tables. */
    .macro SWITCH name, spr, value, prepare, vector
    TEST \name
    LI r5, PAGE
    BACK 2f
    GO USER, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    \prepare
    SPR \spr, \value
    BACK 4f
    GO OSDR, 3f
3:  ld r6, 0(r5)
    HOME
4:  CHECK r31, \vector
    SPR \spr, 1
    BACK 6f
    GO USER, 5f
5:  ld r6, 0(r5)
    HOME
6:  CHECK r31, 0
    PASS
    .endm
    SWITCH other_process, PIDR, 2, "STORE PROCESS_TABLE + 32, RTS52 | 0x60000 | 13", 0x300
    SWITCH other_partition, LPIDR, 2, "STORE PARTITION_TABLE + 40, 0x70000", 0x300

    /* who may */
    .macro MAY name, lpcr, msr, op, vector
    TEST \name
    SPR LPCR, RADIX | (\lpcr)
    BACK 2f
    LI r5, BY_PID
    LI r8, OWN
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x700
    CHECKM r22, CAUSE, 1 << 18
    .endif
    PASS
    .endm
    MAY tlbie_gtse, GTSE, OS, "tlbie r5,r8,0,1,1", 0
    MAY tlbie_gtse_svm, GTSE, SVM, "tlbie r5,r8,0,1,1", 0
    MAY tlbie_no_gtse, 0, OS, "tlbie r5,r8,0,1,1", 0x700
    MAY tlbie_no_gtse_evirt, EVIRT, OS, "tlbie r5,r8,0,1,1", 0xe40
    MAY tlbie_no_gtse_svm, EVIRT, SVM, "tlbie r5,r8,0,1,1", 0xe40
    MAY tlbie_partition_scope, GTSE, OS, "tlbie r5,r8,0,0,1", 0x700
    MAY tlbie_partition_scope_evirt, GTSE | EVIRT, OS, "tlbie r5,r8,0,0,1", 0xe40
    MAY tlbiel_no_gtse, 0, OS, "tlbiel r5,r8,0,1,1", 0
    MAY tlbiel_partition_scope, GTSE, OS, "tlbiel r5,r8,0,0,1", 0x700
    MAY tlbie_user, GTSE, USER, "tlbie r5,r8,0,1,1", 0x700
    MAY tlbie_host_user, GTSE, HOSTUSER, "tlbie r5,r8,0,1,1", 0x700
    MAY tlbsync_gtse, GTSE, OS, tlbsync, 0
    MAY tlbsync_no_gtse, 0, OS, tlbsync, 0x700
    MAY tlbsync_no_gtse_evirt, EVIRT, OS, tlbsync, 0xe40
    MAY tlbsync_hypervisor, 0, HYP, tlbsync, 0
    MAY tlbsync_user, GTSE, USER, tlbsync, 0x700

    /* a guest's own tlbie reaches its partition, whatever LPID RS names */
    TEST guest_invalidates_its_own
    SPR LPCR, RADIX | GTSE
    LI r5, PAGE
    BACK 2f
    GO USER, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    STORE PAGE_PTE, 0
    BACK 4f
    LI r7, BY_PID
    LI r8, 1 << 32 | 9
    GO OSDR, 3f
3:  ptesync
    tlbie r7, r8, 0, 1, 1
    eieio
    tlbsync
    ptesync
    ld r6, 0(r5)
    HOME
4:  CHECK r31, 0x300
    PASS
