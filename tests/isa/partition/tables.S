/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partition table, process table, and the hypervisor's view of a guest: what is wrong with which table and
 * who is told, quadrants 1 and 2, R and C of tables. Book III, "Radix Tree Translation", "Data Storage
 * Interrupt", "Hypervisor Data Storage Interrupt".
 */
#include "bare.inc"
    .set OSDR, OS | DR
    .set AWAY, 0x10000000       /* a guest real page that no partition has */

    /* \setup of the tables of LPID 1 or 0; then a load or \op from PAGE */
    .macro FAULT name, setup, msr, op, vector, cause, asdr=-1
    TEST \name
    \setup
    FLUSH
    LI r5, PAGE
    mtctr r5
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x300
    CHECKSPR DSISR, \cause
    CHECKSPR DAR, PAGE
    .elseif \vector == 0xe00
    CHECKSPR HDSISR, \cause
    CHECKSPR HDAR, PAGE
    .elseif \vector == 0x400
    CHECKM r22, CAUSE, \cause
    .elseif \vector == 0xe20
    CHECKM r26, CAUSE, \cause
    .endif
    .if \asdr + 1
    CHECKSPR ASDR, \asdr
    .endif
    PASS
    .endm
    .set LOAD, 0
    .macro PROCESS v            /* entry of PID 1 */
    STORE PROCESS_TABLE + 16, \v
    .endm
    .macro PARTITION v          /* entry of LPID 1 */
    STORE PARTITION_TABLE + 16, \v
    .endm
    .macro HOST v               /* entry of LPID 0 */
    STORE PARTITION_TABLE, \v
    .endm
    .macro TABLES_AT v          /* LPID 1's process table */
    STORE PARTITION_TABLE + 24, \v
    .endm

    /* the process's tree: its own interrupt */
    FAULT process_rts_too_large, "PROCESS 3 << 61 | 7 << 5 | PROCESS_ROOT | 13", OSDR, "ld r6,0(r5)", 0x300, BADTREE
    FAULT process_root_too_small, "PROCESS RTS52 | PROCESS_ROOT | 4", OSDR, "std r6,0(r5)", 0x300, BADTREE | STORE_BIT
    FAULT process_root_too_large, "PROCESS RTS52 | PROCESS_ROOT | 17", USER, "ld r6,0(r5)", 0x400, BADTREE
    FAULT process_level_too_small, "STORE PROCESS_ROOT, VALID | PROCESS_L2 | 2", OSDR, "ld r6,0(r5)", 0x300, BADTREE
    FAULT process_leaf_too_high, "STORE PROCESS_ROOT, LEAF | RC | RWX", OSDR, "ld r6,0(r5)", 0x300, BADTREE
    FAULT process_root_invalid, "STORE PROCESS_ROOT, 0", USER, "ld r6,0(r5)", 0x400, NOT_FOUND
    FAULT process_entry_empty, "PROCESS 0", OSDR, "ld r6,0(r5)", 0x300, BADTREE
    FAULT process_beyond_table, "SPR PIDR, 256", OSDR, "ld r6,0(r5)", 0x300, TABLE
    FAULT process_beyond_table_svm, "SPR PIDR, 256", SVM | DR, "std r6,0(r5)", 0x300, TABLE | STORE_BIT
    FAULT process_within_larger_table, "SPR PIDR, 256 ; TABLES_AT PROCESS_TABLE | 1 ; STORE PROCESS_TABLE + 4096, RTS52 | PROCESS_ROOT | 13", OSDR, "ld r6,0(r5)", 0, 0
    FAULT host_process_beyond_table, "SPR PIDR, 256", HYP | DR, "ld r6,0(r5)", 0x300, TABLE
    FAULT host_tree, "STORE PROCESS_L2, 0", HYP | DR, "ld r6,0(r5)", 0x300, NOT_FOUND

    /* the partition's tree: the hypervisor's, with the guest real address */
    FAULT partition_rts_too_large, "PARTITION VALID | 3 << 61 | 7 << 5 | PARTITION_ROOT | 13", OS, "ld r6,0(r5)", 0xe20, BADTREE
    FAULT partition_root_too_small, "PARTITION VALID | RTS52 | PARTITION_ROOT | 4", OS, "ld r6,0(r5)", 0xe20, BADTREE
    FAULT partition_leaf_too_high, "STORE PARTITION_ROOT, LEAF | RC | RWX", OS, "ld r6,0(r5)", 0xe20, BADTREE
    FAULT partition_beyond_its_tree, "STORE PAGE_PTE, LEAF | RC | RWX | 1 << 47 ; PARTITION VALID | 5 << 5 | PARTITION_L2 | 6", OSDR, "ld r6,0(r5)", 0xe00, NOT_FOUND, 1 << 47
    FAULT partition_page, "STORE PAGE_PTE, LEAF | RC | RWX | AWAY", OSDR, "ld r6,0(r5)", 0xe00, NOT_FOUND, AWAY
    FAULT partition_page_offset, "STORE PAGE_PTE, LEAF | RC | RWX | AWAY", OSDR, "std r6,0(r5)", 0xe00, NOT_FOUND | STORE_BIT, AWAY
    FAULT partition_page_fetch, "STORE PAGE_PTE, LEAF | RC | RWX | AWAY", USER, bctr, 0xe20, NOT_FOUND, AWAY
    FAULT partition_hash_but_radix_lpcr, "PARTITION 0", OSDR, "ld r6,0(r5)", 0xe20, BADTREE
    FAULT host_hash_but_radix_lpcr, "HOST 0", HYP | DR, "ld r6,0(r5)", 0x300, BADTREE
    FAULT host_hash_but_radix_lpcr_fetch, "HOST 0", HYP | IR, nop, 0x400, BADTREE
    FAULT radix_but_hash_lpcr, "SPR LPCR, 0", OSDR, "ld r6,0(r5)", 0xe20, BADTREE
    FAULT radix_but_hash_lpcr_host, "SPR LPCR, 0", HYP | DR, "ld r6,0(r5)", 0x300, BADTREE
    FAULT partition_beyond_table, "SPR LPIDR, 300", OS, "ld r6,0(r5)", 0xe20, TABLE
    FAULT partition_within_larger_table, "SPR LPIDR, 256 ; SPR PTCR, PARTITION_TABLE | 1 ; STORE PARTITION_TABLE + 4096, VALID | RTS52 | PARTITION_ROOT | 13", OS, "ld r6,0(r5)", 0, 0

    /* the partition's tree, met on the way through the process's tables: TABLE, and where they are */
    FAULT process_table_absent, "TABLES_AT AWAY", OSDR, "ld r6,0(r5)", 0xe00, NOT_FOUND | TABLE, AWAY
    FAULT process_table_absent_fetch, "TABLES_AT AWAY", USER, nop, 0xe20, NOT_FOUND | TABLE, AWAY
    FAULT process_root_absent, "PROCESS RTS52 | AWAY | 13", OSDR, "std r6,0(r5)", 0xe00, NOT_FOUND | TABLE | STORE_BIT, AWAY
    FAULT process_directory_absent, "STORE PROCESS_ROOT, VALID | AWAY | 9", SVM | DR, "ld r6,0(r5)", 0xe00, NOT_FOUND | TABLE, AWAY
    FAULT process_directory_offset, "STORE PROCESS_L2, VALID | AWAY + 0x3000 | 9", OSDR, "ld r6,0(r5)", 0xe00, NOT_FOUND | TABLE, AWAY + 0x3000
    FAULT process_directory_execute_only, "STORE PARTITION_L3 + AWAY / 0x200000 * 8, LEAF | RC | 1 ; STORE PROCESS_ROOT, VALID | AWAY | 9", OSDR, "ld r6,0(r5)", 0xe00, PROTECTED | TABLE, AWAY
    /* R of an entry in a page that may only be read: the walk's store is refused */
    .macro READ_ONLY_TABLE r    /* the last directory at PAGE + 2 MiB, read-only in the partition */
    STORE PAGE + 0x200000 + PAGE / 0x200000 * 8, LEAF | RWX | \r | PAGE
    STORE PROCESS_L2, VALID | PAGE + 0x200000 | 9
    STORE PAGE_GPTE + 8, LEAF | RC | 4 | PAGE + 0x200000
    .endm
    FAULT r_in_read_only_table, "READ_ONLY_TABLE 0", OSDR, "ld r6,0(r5)", 0xe00, PROTECTED | TABLE | STORE_BIT, PAGE + 0x200000
    FAULT c_in_read_only_table, "READ_ONLY_TABLE 0x100", OSDR, "std r6,0(r5)", 0xe00, PROTECTED | TABLE | STORE_BIT, PAGE + 0x200000
    FAULT r_set_in_read_only_table, "READ_ONLY_TABLE 0x100", OSDR, "ld r6,0(r5)", 0, 0

    /* R and C of the partition's entries for the tables */
    .macro HISTORY name, r, op, want
    TEST \name
    STORE PAGE + 0x200000 + PAGE / 0x200000 * 8, LEAF | RWX | \r | PAGE
    STORE PROCESS_L2, VALID | PAGE + 0x200000 | 9
    STORE PAGE_GPTE + 8, LEAF | RWX | PAGE + 0x200000
    FLUSH
    LI r5, PAGE
    BACK 2f
    GO OSDR, 1f
1:  \op
    HOME
2:  CHECK r31, 0
    CHECKDW PAGE_GPTE + 8, LEAF | RWX | \want | PAGE + 0x200000
    PASS
    .endm
    HISTORY table_read, 0x180, "ld r6,0(r5)", 0x100
    HISTORY table_written_for_r, 0, "ld r6,0(r5)", 0x180
    HISTORY table_written_for_c, 0x100, "std r6,0(r5)", 0x180

    /* ---- the hypervisor's quadrants: 0 and 3 its own (LPID 0), 1 and 2 the guest of LPIDR ---- */
    .set OTHER_L3, 0x60000
    /* LPID 2's PAGE is the page after, and there its process 1 has PAGE, its process 0 PAGE + 2 MiB */
    .macro OTHER_GUEST
    LI r7, PARTITION_L3 - 8
    LI r8, OTHER_L3 - 8
    li r9, 32
    mtctr r9
9:  ldu r9, 8(r7)
    stdu r9, 8(r8)
    bdnz 9b
    STORE OTHER_L3 + PAGE / 0x200000 * 8, LEAF | RC | RWX | PAGE + 0x400000
    STORE 0x61000, VALID | OTHER_L3 | 9
    STORE 0x70000, VALID | 0x61000 | 9
    STORE PARTITION_TABLE + 32, VALID | RTS52 | 0x70000 | 13
    STORE PAGE, 1
    STORE PAGE + 0x200000, 2
    STORE PAGE + 0x400000, 3
    .endm
    .macro PROCESS_0            /* maps PAGE to the page after */
    STORE PROCESS_TABLE, RTS52 | 0x80000 | 13
    STORE 0x80000, VALID | 0x90000 | 9
    STORE 0x90000, VALID | 0x91000 | 9
    STORE 0x91000 + PAGE / 0x200000 * 8, LEAF | RC | RWX | PAGE + 0x200000
    .endm
    .macro VIEW name, lpid, quadrant, msr, want
    TEST \name
    OTHER_GUEST
    PROCESS_0
    FLUSH
    SPR LPIDR, \lpid
    LI r5, \quadrant << 62 | PAGE
    li r6, 0
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    CHECK r6, \want
    PASS
    .endm
    .irp state, HYP, UV
    VIEW quadrant0_\state, 2, 0, \state | DR, 1
    VIEW quadrant1_\state, 2, 1, \state | DR, 3
    VIEW quadrant2_\state, 2, 2, \state | DR, 2
    VIEW quadrant3_\state, 2, 3, \state | DR, 2
    VIEW quadrant1_lpid1_\state, 1, 1, \state | DR, 1
    .endr

    /* LPIDR alone changes what quadrant 1 shows */
    TEST quadrant1_follows_lpidr
    OTHER_GUEST
    FLUSH
    LI r5, 1 << 62 | PAGE
    li r8, 2
    li r7, 1
    BACK 2f
    GO HYP | DR, 1f
1:  ld r3, 0(r5)
    mtspr LPIDR, r8
    ld r6, 0(r5)
    mtspr LPIDR, r7
    ld r7, 0(r5)
    HOME
2:  CHECK r31, 0
    CHECK r3, 1
    CHECK r6, 3
    CHECK r7, 1
    PASS

    /* faults there: of the process's tree the hypervisor's data storage interrupt, of the partition's
     * the hypervisor's hypervisor data storage interrupt */
    .macro QUADRANT_FAULT name, setup, op, vector, cause
    TEST \name
    \setup
    FLUSH
    LI r5, 1 << 62 | PAGE
    li r6, 0
    BACK 2f
    GO HYP | DR, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    CHECKM r20, STATE, HV
    .if \vector == 0x300
    CHECKSPR DSISR, \cause
    CHECKSPR DAR, 1 << 62 | PAGE
    .else
    CHECKSPR HDSISR, \cause
    CHECKSPR HDAR, 1 << 62 | PAGE
    CHECKSPR ASDR, PAGE
    .endif
    PASS
    .endm
    .macro ABSENT_IN_PARTITION
    STORE PAGE_GPTE, 0
    .endm
    .macro ABSENT_IN_PROCESS    /* the tree is LPID 0's too, but only quadrant 1 is looked at */
    STORE PAGE_PTE, 0
    .endm
    .macro READ_ONLY_IN_PARTITION
    STORE PAGE_GPTE, LEAF | RC | 4 | PAGE
    .endm
    QUADRANT_FAULT quadrant1_absent, ABSENT_IN_PROCESS, "ld r6,0(r5)", 0x300, NOT_FOUND
    QUADRANT_FAULT quadrant1_partition_absent, ABSENT_IN_PARTITION, "ld r6,0(r5)", 0xe00, NOT_FOUND
    QUADRANT_FAULT quadrant1_partition_read_only, READ_ONLY_IN_PARTITION, "std r6,0(r5)", 0xe00, PROTECTED | STORE_BIT

    /* its stores leave the guest's R and C behind */
    TEST quadrant1_sets_r_and_c
    STORE PAGE_PTE, LEAF | RWX | PAGE
    STORE PAGE_GPTE, LEAF | RWX | PAGE
    FLUSH
    LI r5, 1 << 62 | PAGE
    BACK 2f
    GO HYP | DR, 1f
1:  std r6, 0(r5)
    HOME
2:  CHECK r31, 0
    CHECKDW PAGE_PTE, LEAF | RWX | RC | PAGE
    CHECKDW PAGE_GPTE, LEAF | RWX | RC | PAGE
    PASS
