/* SPDX-License-Identifier: Apache-2.0 */
/* Radix translation: quadrants, rights, keys, R and C, faults of both scopes, real mode. Book III,
 * "Storage Addressing", "Radix Tree Translation", "Data Storage Interrupt". */
#include "bare.inc"
    .set LEAF_HERE, LEAF | PAGE

    /* The entries of the page in the process's and the partition's tree; the access \op through r5 in
     * \msr; \vector 0 or its interrupt with \dsisr */
    .macro ACCESS name, pte, gpte, msr, op, vector, dsisr
    TEST \name
    STORE PAGE, 0x1111222233334444
    STORE PAGE_PTE, \pte
    STORE PAGE_GPTE, \gpte
    FLUSH
    LI r5, PAGE
    LI r6, MAGIC
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x300
    CHECKSPR 19, PAGE
    CHECKSPR 18, \dsisr
    CHECKA r21, 1b
    .elseif \vector == 0xe00
    CHECKSPR HDAR, PAGE
    CHECKSPR HDSISR, \dsisr
    CHECKSPR ASDR, PAGE
    CHECKA r25, 1b
    .elseif \vector == 0x400
    CHECK r21, PAGE
    CHECKM r22, 0x783f0000, \dsisr
    .elseif \vector == 0xe20
    CHECK r25, PAGE
    CHECKM r26, 0x783f0000, \dsisr
    CHECKSPR ASDR, PAGE
    .endif
    PASS
    .endm

    .set FULL, LEAF_HERE | RC | RWX
    .set RO, LEAF_HERE | RC | 4
    .set NX, LEAF_HERE | RC | 6
    .set XO, LEAF_HERE | RC | 1
    .set PRIVPAGE, LEAF_HERE | RC | RWX | 8
    .set CI, LEAF_HERE | RC | RWX | 0x20
    .set NOHERE, 0

    /* every path of a data access meets the same rights */
    .macro LOADS name, pte, gpte, msr, vector, dsisr
    ACCESS \name\()_ld, \pte, \gpte, \msr, "ld r6,0(r5)", \vector, \dsisr
    ACCESS \name\()_lbz, \pte, \gpte, \msr, "lbz r6,0(r5)", \vector, \dsisr
    ACCESS \name\()_ldarx, \pte, \gpte, \msr, "ldarx r6,0,r5", \vector, \dsisr
    ACCESS \name\()_lmw, \pte, \gpte, \msr, "lmw r31,0(r5) ; li r31,0", \vector, \dsisr
    ACCESS \name\()_ldbrx, \pte, \gpte, \msr, "ldbrx r6,0,r5", \vector, \dsisr
    ACCESS \name\()_lfd, \pte, \gpte, (\msr) | FP, "lfd 1,0(r5)", \vector, \dsisr
    ACCESS \name\()_lxvx, \pte, \gpte, (\msr) | VSX, "lxvx 1,0,r5", \vector, \dsisr
    .endm
    .macro STORES name, pte, gpte, msr, vector, dsisr
    ACCESS \name\()_std, \pte, \gpte, \msr, "std r6,0(r5)", \vector, \dsisr
    ACCESS \name\()_stb, \pte, \gpte, \msr, "stb r6,0(r5)", \vector, \dsisr
    ACCESS \name\()_stmw, \pte, \gpte, \msr, "stmw r31,0(r5)", \vector, \dsisr
    ACCESS \name\()_stdbrx, \pte, \gpte, \msr, "stdbrx r6,0,r5", \vector, \dsisr
    ACCESS \name\()_dcbz, \pte, \gpte, \msr, "dcbz 0,r5", \vector, \dsisr
    ACCESS \name\()_stfd, \pte, \gpte, (\msr) | FP, "stfd 1,0(r5)", \vector, \dsisr
    ACCESS \name\()_stvx, \pte, \gpte, (\msr) | VEC, "stvx 1,0,r5", \vector, \dsisr
    .endm
    LOADS present, FULL, FULL, USER, 0, 0
    STORES present, FULL, FULL, USER, 0, 0
    LOADS absent, NOHERE, FULL, USER, 0x300, NOT_FOUND
    STORES absent, NOHERE, FULL, USER, 0x300, NOT_FOUND | STORE_BIT
    STORES readonly, RO, FULL, USER, 0x300, PROTECTED | STORE_BIT
    LOADS readonly, RO, FULL, USER, 0, 0
    LOADS execute_only, XO, FULL, USER, 0x300, PROTECTED
    LOADS privileged_page, PRIVPAGE, FULL, USER, 0x300, PROTECTED
    STORES privileged_page, PRIVPAGE, FULL, USER, 0x300, PROTECTED | STORE_BIT
    LOADS privileged_page_by_os, PRIVPAGE, FULL, OS | DR, 0, 0
    LOADS partition_absent, FULL, NOHERE, USER, 0xe00, NOT_FOUND
    STORES partition_absent, FULL, NOHERE, USER, 0xe00, NOT_FOUND | STORE_BIT
    STORES partition_readonly, FULL, RO, USER, 0xe00, PROTECTED | STORE_BIT
    LOADS partition_execute_only, FULL, XO, USER, 0xe00, PROTECTED
    LOADS partition_ignores_privilege, FULL, PRIVPAGE, USER, 0, 0
    LOADS svm_absent, NOHERE, FULL, SVMUSER, 0x300, NOT_FOUND
    LOADS svm_partition_absent, FULL, NOHERE, SVMUSER, 0xe00, NOT_FOUND
    LOADS guest_real_absent, FULL, NOHERE, OS, 0xe00, NOT_FOUND
    STORES guest_real_readonly, FULL, RO, OS, 0xe00, PROTECTED | STORE_BIT
    LOADS guest_real_ignores_process, NOHERE, FULL, OS, 0, 0
    LOADS hypervisor_real_ignores_all, NOHERE, NOHERE, HYP, 0, 0
    ACCESS inhibited_ldarx, CI, FULL, USER, "ldarx r6,0,r5", 0x300, BADACCESS
    ACCESS inhibited_ld, CI, FULL, USER, "ld r6,0(r5)", 0, 0

    .macro FETCH name, pte, gpte, msr, vector, srr1
    ACCESS \name, \pte, \gpte, \msr, "mtctr r5 ; bctr", \vector, \srr1
    .endm
    FETCH fetch_absent, NOHERE, FULL, USER, 0x400, NOT_FOUND
    FETCH fetch_noexec, NX, FULL, USER, 0x400, NOEXEC
    FETCH fetch_guarded, CI, FULL, USER, 0x400, NOEXEC
    FETCH fetch_privileged_page, PRIVPAGE, FULL, USER, 0x400, PROTECTED
    FETCH fetch_partition_absent, FULL, NOHERE, USER, 0xe20, NOT_FOUND
    FETCH fetch_partition_noexec, FULL, NX, USER, 0xe20, NOEXEC
    FETCH fetch_guest_real_absent, FULL, NOHERE, OS, 0xe20, NOT_FOUND
    FETCH fetch_guest_real_noexec, FULL, NX, OS, 0xe20, NOEXEC
    FETCH fetch_svm_partition_absent, FULL, NOHERE, SVMUSER, 0xe20, NOT_FOUND

    /* keys: AMR bit 0 stores, bit 1 loads, IAMR bit 1: of privileged state on unprivileged pages */
    .macro KEYED name, amr, iamr, pte, msr, op, vector, dsisr
    TEST \name
    STORE PAGE_PTE, \pte
    FLUSH
    SPR AMR, \amr
    SPR IAMR, \iamr
    LI r5, PAGE
    LI r6, MAGIC
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x300
    CHECKSPR 18, \dsisr
    .endif
    .if \vector == 0x400
    CHECKM r22, 0x783f0000, \dsisr
    .endif
    PASS
    .endm
    KEYED amr_load, 1 << 62, 0, FULL, OS | DR, "ld r6,0(r5)", 0x300, KEY
    KEYED amr_store, 1 << 63, 0, FULL, OS | DR, "std r6,0(r5)", 0x300, KEY | STORE_BIT
    KEYED amr_load_may_store, 1 << 62, 0, FULL, OS | DR, "std r6,0(r5)", 0, 0
    KEYED amr_store_may_load, 1 << 63, 0, FULL, OS | DR, "ld r6,0(r5)", 0, 0
    KEYED amr_not_for_problem_state, 3 << 62, 0, FULL, USER, "ld r6,0(r5)", 0, 0
    KEYED amr_not_for_privileged_pages, 3 << 62, 0, PRIVPAGE, OS | DR, "ld r6,0(r5)", 0, 0
    KEYED amr_not_in_real_mode, 3 << 62, 0, FULL, OS, "ld r6,0(r5)", 0, 0
    KEYED amr_other_keys, 0x3fffffff << 32, 0, FULL, OS | DR, "ld r6,0(r5)", 0, 0
    KEYED amr_hypervisor, 1 << 62, 0, FULL, HYP | DR, "ld r6,0(r5)", 0x300, KEY
    KEYED iamr_fetch, 0, 1 << 62, FULL, OS | IR | DR, nop, 0x400, KEY
    KEYED iamr_not_for_problem_state, 0, 1 << 62, FULL, USER, nop, 0, 0

    /* R and C are set by the access, in both trees */
    .macro HISTORY name, r, op, want
    TEST \name
    STORE PAGE_PTE, LEAF_HERE | RWX | \r
    STORE PAGE_GPTE, LEAF_HERE | RWX | \r
    FLUSH
    LI r5, PAGE
    li r6, 0
    BACK 2f
    GO USER, 1f
1:  \op
    HOME
2:  CHECK r31, 0
    LI r9, PAGE_PTE
    ld r9, 0(r9)
    CHECK r9, LEAF_HERE | RWX | \want
    LI r9, PAGE_GPTE
    ld r9, 0(r9)
    CHECK r9, LEAF_HERE | RWX | \want
    PASS
    .endm
    HISTORY load_sets_r, 0, "ld r6,0(r5)", 0x100
    HISTORY store_sets_r_and_c, 0, "std r6,0(r5)", 0x180
    HISTORY store_after_load_sets_c, 0, "ld r6,0(r5) ; std r6,0(r5)", 0x180
    HISTORY store_sets_c, 0x100, "std r6,0(r5)", 0x180
    HISTORY dcbz_sets_c, 0x100, "dcbz 0,r5", 0x180
    HISTORY stdcx_sets_c, 0x100, "ldarx r6,0,r5 ; stdcx. r6,0,r5", 0x180
    HISTORY nothing_sets_nothing, 0, nop, 0

    /* quadrants */
    .macro QUADRANT name, ea, msr, vector
    TEST \name
    STORE PAGE, MAGIC
    LI r5, \ea
    li r6, 0
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKSPR 19, \ea
    .else
    CHECK r6, MAGIC
    .endif
    PASS
    .endm
    QUADRANT quadrant0_guest, PAGE, OS | DR, 0
    QUADRANT quadrant1_guest, 1 << 62 | PAGE, OS | DR, 0x380
    QUADRANT quadrant2_guest, 2 << 62 | PAGE, OS | DR, 0x380
    QUADRANT quadrant3_guest, 3 << 62 | PAGE, OS | DR, 0
    QUADRANT quadrant0_hypervisor, PAGE, HYP | DR, 0
    QUADRANT quadrant1_hypervisor, 1 << 62 | PAGE, HYP | DR, 0
    QUADRANT quadrant2_hypervisor, 2 << 62 | PAGE, HYP | DR, 0
    QUADRANT quadrant3_hypervisor, 3 << 62 | PAGE, HYP | DR, 0
    QUADRANT beyond_52_bits, 1 << 52 | PAGE, OS | DR, 0x380
    QUADRANT beyond_52_bits_user, 1 << 60 | PAGE, USER, 0x380
    QUADRANT not_mapped_high, 1 << 51 | PAGE, USER, 0x300

    TEST fetch_quadrant1_guest
    BACK 2f
    LI r5, 1 << 62
    GO OS | IR | DR, 1f
1:  mtctr r5
    bctr
2:  CHECK r31, 0x480
    CHECK r21, 1 << 62
    PASS

    /* PIDR and LPIDR choose the tables; an entry beyond a table's end is no entry */
    .macro TABLES name, setup, msr, vector, dsisr
    TEST \name
    \setup
    FLUSH
    LI r5, PAGE
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x300
    CHECKSPR 18, \dsisr
    .endif
    .if \vector == 0xe00
    CHECKSPR HDSISR, \dsisr
    .endif
    PASS
    .endm
    TABLES pid_beyond_the_process_table, "SPR PIDR, 256", OS | DR, 0x300, TABLE
    TABLES lpid_beyond_the_partition_table, "SPR LPIDR, 257", OS | DR, 0xe20, TABLE
    TABLES root_too_small, "STORE PROCESS_TABLE + 16, RTS52 | PROCESS_ROOT | 3", OS | DR, 0x300, BADTREE
    TABLES invalid_directory, "STORE PROCESS_ROOT, 0", OS | DR, 0x300, NOT_FOUND
    TABLES leaf_of_a_bad_size, "STORE PROCESS_ROOT, LEAF | RC | RWX", OS | DR, 0x300, BADTREE
    TABLES gigabyte_leaf, "STORE PROCESS_L2, LEAF | RC | RWX", OS | DR, 0, 0
    TABLES table_not_in_partition, "STORE PROCESS_ROOT, VALID | 0x4000000 | 9", OS | DR, 0xe00, NOT_FOUND | TABLE
    TABLES table_outside_memory, "STORE PROCESS_ROOT, VALID | 0x4000000 | 9", HYP | DR, 0x200, 0

    /* a TLB must not remember what tlbie has taken away */
    .macro STALE name, entry, tlbie, vector
    TEST \name
    LI r5, PAGE
    BACK 2f
    GO USER, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    STORE \entry, 0
    ptesync
    LI r8, 1 << 32 | 1          /* PID 1, LPID 1 */
    \tlbie
    ptesync
    BACK 4f
    GO USER, 3f
3:  ld r6, 0(r5)
    HOME
4:  CHECK r31, \vector
    PASS
    .endm
    STALE tlbie_page, PAGE_PTE, "LI r9, PAGE | 1 << 5 ; tlbie r9,r8,0,1,1", 0x300
    STALE tlbie_pid, PAGE_PTE, "li r9, 1 << 10 ; tlbie r9,r8,0,1,1", 0x300
    STALE tlbie_lpid, PAGE_PTE, "li r9, 2 << 10 ; tlbie r9,r8,2,1,1", 0x300
    STALE tlbie_partition, PAGE_GPTE, "li r9, 2 << 10 ; tlbie r9,r8,2,0,1", 0xe00
    STALE tlbiel_pid, PAGE_PTE, "li r9, 1 << 10 ; tlbiel r9,r8,0,1,1", 0x300

    TEST pid_switch_sees_other_tables
    STORE PROCESS_TABLE + 32, 0
    LI r5, PAGE
    BACK 2f
    GO USER, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    SPR PIDR, 2
    BACK 4f
    GO OS | DR, 3f
3:  ld r6, 0(r5)
    HOME
4:  CHECK r31, 0x300
    PASS

    /* an access across two pages: the second one's fault, nothing stored */
    TEST straddle_faults_whole
    STORE PAGE - 8, MAGIC
    STORE PAGE_PTE, 0
    FLUSH
    LI r5, PAGE - 4
    BACK 2f
    GO USER, 1f
1:  std r5, 0(r5)
    HOME
2:  CHECK r31, 0x300
    CHECKSPR 19, PAGE
    LI r9, PAGE - 8
    ld r9, 0(r9)
    CHECK r9, MAGIC
    PASS

    /* hypervisor real mode: EA | HRMOR unless EA bit 0 is set; bits 1:3 are ignored */
    .macro REAL name, hrmor, ea, want
    TEST \name
    STORE PAGE, 1
    STORE PAGE + 0x200000, 2
    SPR HRMOR, \hrmor
    LI r5, \ea
    BACK 2f
    GO HYP | IR, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    CHECK r6, \want
    PASS
    .endm
    REAL hrmor_zero, 0, PAGE, 1
    REAL hrmor_is_ored, 0x200000, PAGE, 2
    REAL hrmor_or_not_sum, 0x200000, PAGE + 0x200000, 2
    REAL hrmor_bypassed, 0x200000, 1 << 63 | PAGE, 1
    REAL high_bits_ignored, 0x200000, 0xf << 60 | PAGE, 1

    /* fetches through quadrant 0 meanwhile */
    .macro ULTRA name, ea, want
    TEST \name
    STORE PAGE, 1
    STORE PAGE + 0x200000, 2
    LI r5, \ea
    LI r8, 0x200000
    li r7, 0
    BACK 2f
    GO UV | IR, 1f
1:  mtspr URMOR, r8
    ld r6, 0(r5)
    mtspr URMOR, r7
    HOME
2:  CHECK r31, 0
    CHECK r6, \want
    PASS
    .endm
    ULTRA urmor_is_ored, PAGE, 2
    ULTRA urmor_bypassed, 1 << 63 | PAGE, 1

    TEST nothing_there_is_a_machine_check
    LI r5, 0x10000000000
    BACK 2f
    GO HYP, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0x200
    CHECKSPR 19, 0x10000000000
    CHECKM r22, 0x783f0000, 1 << 21
    CHECKSPR 18, 0x40
    PASS
