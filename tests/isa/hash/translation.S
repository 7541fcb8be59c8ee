/* SPDX-License-Identifier: Apache-2.0 */
/* Hash translation: every page size in both segment sizes and both groups, rights, R and C, faults and
 * whom they go to, the virtual real mode area. Book III, "Hash Page Table Translation". */
#include "hash/hash.inc"
#include "bare.inc"

    /* \base and \size (log2): base and actual page size; \l \lp: their encoding in the entry, \slb: of
     * the base in the segment. The page is read, written; R and C tell. */
    .macro PAGE_SIZE name, b, h, base, size, l, lp, slb, msr
    TEST \name
    .set data, DATA + (OFFSET & ((1 << \size) - 1))
    HASH 0
    SEGMENT 1, EA, \b, VSID, \slb
    HPTE VSID, \b, OFFSET\b, \base, \h, 3, \l, DATA | \lp << 12 | RW
    .set second, entry + 8
    STORE data, 0x1111222233334444
    LI r5, EA
    LI r7, MAGIC
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    CHECK r6, 0x1111222233334444
    FETCH_DW r9, second
    CHECKM r9, 0x180, 0x100
    BACK 4f
    GO \msr, 3f
3:  std r7, 0(r5)
    HOME
4:  CHECK r31, 0
    CHECKDW data, MAGIC
    FETCH_DW r9, second
    CHECKM r9, 0x180, 0x180
    PASS
    .endm

    .macro GROUPS name, base, size, l, lp, slb
    SEGMENTS \name\()_256m, 0, \base, \size, \l, \lp, \slb
    SEGMENTS \name\()_1t, 1, \base, \size, \l, \lp, \slb
    .endm
    .macro SEGMENTS name, b, base, size, l, lp, slb
    PAGE_SIZE \name\()_primary, \b, 0, \base, \size, \l, \lp, \slb, OS | DR
    PAGE_SIZE \name\()_secondary, \b, 1, \base, \size, \l, \lp, \slb, OS | DR
    PAGE_SIZE \name\()_user, \b, 0, \base, \size, \l, \lp, \slb, USER
    PAGE_SIZE \name\()_svm_user, \b, 1, \base, \size, \l, \lp, \slb, SVMUSER
    PAGE_SIZE \name\()_hypervisor, \b, 0, \base, \size, \l, \lp, \slb, HYP | DR
    PAGE_SIZE \name\()_ultravisor, \b, 1, \base, \size, \l, \lp, \slb, UV | DR
    .endm
    GROUPS pages_4k, 12, 12, 0, 0, 0
    GROUPS pages_64k, 16, 16, 1, 1, L64K
    GROUPS pages_16m, 24, 24, 1, 0, L16M
    GROUPS mixed_4k_64k, 12, 16, 1, 7, 0
    GROUPS mixed_4k_16m, 12, 24, 1, 0x38, 0
    GROUPS mixed_64k_16m, 16, 24, 1, 8, L64K

    /* One access through a 64 KiB page. \seg: flags of the segment, \dw1: of the entry; \lpcr: VPM1
     * sends the page's faults to the hypervisor */
    .macro ACCESS name, lpcr, seg, dw1, msr, op, vector, cause
    TEST \name
    HASH \lpcr
    SEGMENT 1, EA, 0, VSID, L64K | (\seg)
    HPTE VSID, 0, OFFSET, 16, 0, 0, 1, DATA | 1 << 12 | (\dw1)
    .set second, entry + 8
    STORE DATA + 0x2340, MAGIC
    LI r5, EA
    LI r7, 0x1111
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x300
    CHECKSPR DAR, EA
    CHECKSPR DSISR, \cause
    CHECKDW DATA + 0x2340, MAGIC
    .elseif \vector == 0xe00
    CHECKSPR HDAR, EA
    CHECKSPR HDSISR, \cause
    CHECKSPR ASDR, VSID << 12 | L64K | (\seg)
    CHECKDW DATA + 0x2340, MAGIC
    .elseif \vector == 0x400
    CHECK r21, EA
    CHECKM r22, CAUSE, \cause
    .elseif \vector == 0xe20
    CHECK r25, EA
    CHECKM r26, CAUSE, \cause
    CHECKSPR ASDR, VSID << 12 | L64K | (\seg)
    .endif
    .if \vector
    FETCH_DW r9, second
    CHECKM r9, 0x180, 0         /* a refused access leaves no trace */
    .endif
    PASS
    .endm
    .set LOAD_FAULT, PROTECTED
    .set STORE_FAULT, PROTECTED | STORE_BIT

    /* pp0 and pp, with storage key 0 or 1: may it be loaded, stored? */
    .set OSDR, OS | DR
    .macro PROTECTION name, seg, pp, load, store
    .irp state, OSDR, USER, SVMUSER
    .set loads, 0x300 * (1 - \load)
    .set stores, 0x300 * (1 - \store)
    ACCESS \name\()_load_\state, 0, \seg, \pp, \state, "ld r6,0(r5)", loads, LOAD_FAULT
    ACCESS \name\()_store_\state, 0, \seg, \pp, \state, "std r7,0(r5)", stores, STORE_FAULT
    .endr
    .endm
    PROTECTION key0_pp000, 0, 0, 1, 1
    PROTECTION key0_pp001, 0, 1, 1, 1
    PROTECTION key0_pp010, 0, 2, 1, 1
    PROTECTION key0_pp011, 0, 3, 1, 0
    PROTECTION key0_pp110, 0, 1 << 63 | 2, 1, 0
    PROTECTION key1_pp000, KS | KP, 0, 0, 0
    PROTECTION key1_pp001, KS | KP, 1, 1, 0
    PROTECTION key1_pp010, KS | KP, 2, 1, 1
    PROTECTION key1_pp011, KS | KP, 3, 1, 0
    PROTECTION key1_pp110, KS | KP, 1 << 63 | 2, 0, 0
    ACCESS ks_is_not_for_problem_state, 0, KS, 0, USER, "ld r6,0(r5)", 0, 0
    ACCESS kp_is_not_for_privileged_state, 0, KP, 0, OSDR, "ld r6,0(r5)", 0, 0
    ACCESS kp_is_for_problem_state, 0, KP, 0, USER, "ld r6,0(r5)", 0x300, LOAD_FAULT
    ACCESS ks_is_for_the_hypervisor, 0, KS, 0, HYP | DR, "ld r6,0(r5)", 0x300, LOAD_FAULT

    /* fetches */
    ACCESS fetch_no_execute_page, 0, 0, HR_N | RW, USER, "mtctr r5 ; bctr", 0x400, NOEXEC
    ACCESS fetch_no_execute_segment, 0, NX_SEGMENT, RW, USER, "mtctr r5 ; bctr", 0x400, NOEXEC
    ACCESS fetch_guarded, 0, 0, HR_G | RW, USER, "mtctr r5 ; bctr", 0x400, NOEXEC
    ACCESS fetch_without_read, 0, KP, 0, USER, "mtctr r5 ; bctr", 0x400, PROTECTED
    ACCESS fetch_no_execute_vpm, VPM1, 0, HR_N | RW, USER, "mtctr r5 ; bctr", 0xe20, NOEXEC
    ACCESS load_no_execute_page, 0, 0, HR_N | RW, USER, "ld r6,0(r5)", 0, 0
    ACCESS load_guarded, 0, 0, HR_G | RW, USER, "ld r6,0(r5)", 0, 0

    /* VPM1: the hypervisor pages the partition's virtual memory */
    ACCESS vpm_load, VPM1, KP, 0, USER, "ld r6,0(r5)", 0xe00, LOAD_FAULT
    ACCESS vpm_store, VPM1, 0, 3, USER, "std r7,0(r5)", 0xe00, STORE_FAULT
    ACCESS vpm_svm, VPM1, 0, 3, SVMUSER, "std r7,0(r5)", 0xe00, STORE_FAULT
    ACCESS vpm_not_in_hypervisor, VPM1, 0, 3, HYP | DR, "std r7,0(r5)", 0x300, STORE_FAULT

    /* storage control */
    ACCESS inhibited_load, 0, 0, HR_I | RW, USER, "ld r6,0(r5)", 0, 0
    ACCESS strong_order_is_cacheable, 0, 0, 0x70 | RW, OSDR, "addi r5,r5,-0x40 ; dcbz 0,r5", 0, 0

    /* class keys: 5 bits of the entry choose two bits each of AMR and IAMR */
    .macro KEYED name, key, amr, iamr, msr, op, vector, cause
    TEST \name
    SPR AMR, \amr
    SPR IAMR, \iamr
    HASH 0
    SEGMENT 1, EA, 0, VSID, L64K
    HPTE VSID, 0, OFFSET, 16, 0, 0, 1, DATA | 1 << 12 | RW | (\key) >> 3 << 60 | ((\key) & 7) << 9
    STORE DATA + 0x2340, 0x4800000044000042     /* b . ; sc 2 */
    LI r5, EA + 4
    BACK 2f
    GO \msr, 1f
1:  li r30, 1
    addi r31, 0, 0
    \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x300
    CHECKSPR DSISR, \cause
    .elseif \vector == 0x400
    CHECKM r22, CAUSE, \cause
    .endif
    PASS
    .endm
    .irp key, 0, 1, 7, 8, 17, 31
    .set deny, 3 << (62 - 2 * \key)
    .set first, 2 << (62 - 2 * \key)
    .set last, 1 << (62 - 2 * \key)
    KEYED key\key\()_load, \key, last, 0, USER, "lwz r6,0(r5)", 0x300, KEY
    KEYED key\key\()_store, \key, first, 0, OSDR, "stw r6,0(r5)", 0x300, KEY | STORE_BIT
    KEYED key\key\()_store_only, \key, first, 0, OSDR, "lwz r6,0(r5)", 0, 0
    KEYED key\key\()_load_only, \key, last, 0, USER, "stw r6,0(r5)", 0, 0
    KEYED key\key\()_fetch, \key, 0, last, USER, "mtctr r5 ; bctr", 0x400, KEY
    KEYED key\key\()_fetch_reserved_bit, \key, 0, first, USER, "mtctr r5 ; bctr", 0, 0
    KEYED key\key\()_fetch_is_not_load, \key, 0, last, USER, "lwz r6,0(r5)", 0, 0
    KEYED key\key\()_load_is_not_fetch, \key, deny, 0, USER, "mtctr r5 ; bctr", 0, 0
    KEYED key\key\()_others, \key, ~deny, ~deny, OSDR, "lwz r6,0(r5)", 0, 0
    .endr

    /* nothing there; \setup instead of the page */
    .macro MISSING name, lpcr, setup, msr, op, vector, cause
    TEST \name
    HASH \lpcr
    SEGMENT 1, EA, 0, VSID, L64K
    HPTE VSID, 0, OFFSET, 16, 0, 0, 1, DATA | 1 << 12 | RW
    \setup
    HFLUSH
    LI r5, EA
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x300
    CHECKSPR DSISR, \cause
    .elseif \vector == 0x380
    CHECKSPR DAR, EA
    .elseif \vector == 0xe00
    CHECKSPR HDSISR, \cause
    .elseif \vector == 0x400
    CHECKM r22, CAUSE, \cause
    .elseif \vector == 0xe20
    CHECKM r26, CAUSE, \cause
    .elseif \vector == 0x480
    CHECK r21, EA
    .endif
    PASS
    .endm
    .macro NO_SEGMENT
    li r9, 1
    li r10, 0
    slbmte r10, r9
    .endm
    .macro NO_PAGE
    STORE entry, 0
    .endm
    .macro OTHER_BASE           /* the segment has 4 KiB pages: they hash elsewhere */
    SEGMENT 1, EA, 0, VSID, 0
    .endm
    .macro OTHER_B              /* found by number, but of a segment of 1 TiB */
    STORE entry + 8, 1 << 58 | DATA | 1 << 12 | RW
    .endm
    .macro RESERVED_LP
    STORE entry + 8, DATA | 0xff << 12 | RW
    .endm
    .macro SECONDARY
    STORE entry, 0
    HPTE VSID, 0, OFFSET, 16, 1, 0, 1, DATA | 1 << 12 | RW
    .endm
    MISSING segment_load, 0, NO_SEGMENT, USER, "ld r6,0(r5)", 0x380, 0
    MISSING segment_store, 0, NO_SEGMENT, OSDR, "std r6,0(r5)", 0x380, 0
    MISSING segment_load_vpm, VPM1, NO_SEGMENT, SVMUSER, "ld r6,0(r5)", 0x380, 0
    MISSING segment_fetch, 0, NO_SEGMENT, USER, "mtctr r5 ; bctr", 0x480, 0
    MISSING segment_hypervisor, 0, NO_SEGMENT, HYP | DR, "ld r6,0(r5)", 0x380, 0
    MISSING page_load, 0, NO_PAGE, USER, "ld r6,0(r5)", 0x300, NOT_FOUND
    MISSING page_store, 0, NO_PAGE, USER, "std r6,0(r5)", 0x300, NOT_FOUND | STORE_BIT
    MISSING page_fetch, 0, NO_PAGE, USER, "mtctr r5 ; bctr", 0x400, NOT_FOUND
    MISSING page_load_vpm, VPM1, NO_PAGE, USER, "ld r6,0(r5)", 0xe00, NOT_FOUND
    MISSING page_store_vpm, VPM1, NO_PAGE, SVMUSER, "std r6,0(r5)", 0xe00, NOT_FOUND | STORE_BIT
    MISSING page_fetch_vpm, VPM1, NO_PAGE, USER, "mtctr r5 ; bctr", 0xe20, NOT_FOUND
    MISSING other_base_size, 0, OTHER_BASE, USER, "ld r6,0(r5)", 0x300, NOT_FOUND
    MISSING other_segment_size, 0, OTHER_B, USER, "ld r6,0(r5)", 0x300, NOT_FOUND
    MISSING reserved_page_size, 0, RESERVED_LP, USER, "ld r6,0(r5)", 0x300, NOT_FOUND
    MISSING secondary_group, 0, SECONDARY, USER, "ld r6,0(r5)", 0, 0
    MISSING secondary_group_off, 1 << 9, SECONDARY, USER, "ld r6,0(r5)", 0x300, NOT_FOUND
    MISSING isl_makes_pages_small, ISL, nop, OSDR, "ld r6,0(r5)", 0x300, NOT_FOUND

    /* guest real mode: the VRMA, whose faults are the hypervisor's whatever VPM1 says */
    .macro VRMA name, setup, msr, op, vector, cause, asdr
    TEST \name
    HASH 0
    STORE PAGE, MAGIC
    \setup
    HFLUSH
    LI r5, PAGE
    LI r7, 0x1111
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0xe00
    CHECKSPR HDSISR, \cause
    CHECKSPR HDAR, \asdr
    CHECKSPR ASDR, 1 << 62 | VRMA_VSID << 24 | L16M
    CHECKDW PAGE, MAGIC
    .elseif \vector == 0xe20
    CHECKM r26, CAUSE, \cause
    CHECKSPR ASDR, 1 << 62 | VRMA_VSID << 24 | L16M
    .endif
    PASS
    .endm
    .macro READ_ONLY_VRMA
    HPTE VRMA_VSID, 1, 0, 24, 0, 7, 1, 3
    .endm
    .macro NO_VRMA
    HPTE VRMA_VSID, 1, 0, 24, 0, 7, 1, RW
    STORE entry, 0
    .endm
    VRMA vrma_load, nop, OS, "ld r6,0(r5)", 0, 0, 0
    VRMA vrma_load_svm, nop, SVM, "ld r6,0(r5)", 0, 0, 0
    VRMA vrma_store_read_only, READ_ONLY_VRMA, OS, "std r7,0(r5)", 0xe00, STORE_FAULT, PAGE
    VRMA vrma_beyond, nop, OS, "ld r6,-8(r5) ; addis r5,r5,0x100 ; ld r6,0(r5)", 0xe00, NOT_FOUND, PAGE + 0x1000000
    VRMA vrma_fetch_absent, NO_VRMA, OS, nop, 0xe20, NOT_FOUND, 0
    VRMA vrma_ignores_the_slb, slbia, OS, "ld r6,0(r5)", 0, 0, 0
    VRMA vrma_ignores_keys, "SPR AMR, -1", OS, "ld r6,0(r5)", 0, 0, 0

    /* what the tables and LPCR say must agree; tables must be where memory is */
    .macro CONFIGURED name, setup, msr, vector, dsisr
    TEST \name
    HASH 0
    SEGMENT 1, EA, 0, VSID, L64K
    HPTE VSID, 0, OFFSET, 16, 0, 0, 1, DATA | 1 << 12 | RW
    \setup
    LI r5, EA
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x200
    CHECKM r22, 1 << 21, 1 << 21
    CHECKSPR DSISR, \dsisr
    .elseif \vector == 0xe20
    CHECKM r26, CAUSE, \dsisr
    .endif
    PASS
    .endm
    .macro TABLE_AT ra          /* of LPID 0 */
    STORE PARTITION_TABLE, \ra
    HFLUSH
    .endm
    CONFIGURED table_outside_memory, "TABLE_AT 0x10000000000", HYP | DR, 0x200, 0x20
    CONFIGURED table_in_secure_memory, "TABLE_AT SECURE", HYP | DR, 0x200, 0x20
    CONFIGURED page_outside_memory, "STORE entry + 8, 0x100000000 | 1 << 12 | RW", OSDR, 0x200, 0x40
    CONFIGURED page_in_secure_memory, "STORE entry + 8, SECURE | 1 << 12 | RW", OSDR, 0x200, 0x40
    CONFIGURED page_in_secure_memory_user, "STORE entry + 8, SECURE | 1 << 12 | RW", USER, 0x200, 0x40
    CONFIGURED page_in_secure_memory_svm, "STORE entry + 8, SECURE | 1 << 12 | RW", SVMUSER, 0, 0
    CONFIGURED lpcr_hr_disagrees, "SPR LPCR, RADIX", OS, 0xe20, BADTREE

    /* the table of an SVM in secure memory: S=1 walks it, S=0 does not */
    .macro SECURE_TABLE
    LI r5, HPT - 8
    LI r6, SECURE - 8
    LI r7, 0x8000
    mtctr r7
3:  ldu r8, 8(r5)
    stdu r8, 8(r6)
    bdnz 3b
    .irp lpid, 0, 1
    STORE PARTITION_TABLE + 16 * \lpid, SECURE | VRMA_16M
    .endr
    HFLUSH
    .endm
    CONFIGURED secure_table_svm, SECURE_TABLE, SVMUSER, 0, 0
    CONFIGURED secure_table_ultravisor, SECURE_TABLE, UV | DR, 0, 0
    CONFIGURED secure_table_hypervisor, SECURE_TABLE, HYP | DR, 0x200, 0x20
