/* SPDX-License-Identifier: Apache-2.0 */
/* The segment lookaside buffer: what its instructions write, find, read and invalidate, and that nothing
 * translated by an entry outlives it. Book III, "SLB Management Instructions". */
#include "hash/hash.inc"
#include "bare.inc"

    /* slbmte, then every way to read the entry */
    .macro READS name, index, ea, b, vsid, flags
    TEST \name
    HASH 0
    .set esid, (\ea) >> (28 + 12 * \b) << (28 + 12 * \b)
    .set vsid, \b << 62 | (\vsid) << (12 + 12 * \b) | (\flags)
    SEGMENT \index, \ea, \b, \vsid, \flags
    BACK 2f
    LI r5, \index
    LI r6, \ea
    GO OS, 1f
1:  slbmfee r7, r5
    slbmfev r8, r5
    slbfee. r28, r6
    mfcr r3
    HOME
2:  CHECK r31, 0
    CHECKM r7, 0xfffffffff8000000, esid | 1 << 27
    CHECK r8, vsid
    CHECK r28, vsid
    CHECKM r3, 0xe << 28, 2 << 28
    PASS
    .endm
    READS read_256m, 3, EA, 0, VSID, L64K | KS
    READS read_1t, 31, EA, 1, VSID, KP | CLASS
    READS read_all_flags, 7, EA, 0, VSID, KS | KP | NX_SEGMENT | L16M | CLASS
    READS read_high_vsid, 1, 0xc000000000000000, 1, 0x123456, 0

    TEST invalid_entry_reads_zero
    HASH 0
    li r5, 9
    li r7, -1
    li r8, -1
    slbmfee r7, r5
    slbmfev r8, r5
    CHECK r7, 0
    CHECK r8, 0
    LI r6, EA
    li r9, -1
    slbfee. r9, r6
    mfcr r3
    CHECK r9, 0
    CHECKM r3, 0xe << 28, 0
    PASS

    TEST slbmte_with_v0_invalidates
    HASH 0
    SEGMENT 4, EA, 0, VSID, 0
    li r9, 4
    LI r10, VSID << 12
    slbmte r10, r9
    LI r6, EA
    slbfee. r9, r6
    CHECK r9, 0
    PASS

    /* An access that works, \op in ultravisor state, and the access again: \vector */
    .macro AFTER name, b, flags, msr, op, vector
    TEST \name
    HASH 0
    SEGMENT 2, EA, \b, VSID, L64K | \flags
    HPTE VSID, \b, OFFSET\b, 16, 0, 0, 1, DATA | 1 << 12 | RW
    STORE DATA + 0x2340, MAGIC
    LI r5, EA
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    std r6, 0(r5)
    HOME
2:  CHECK r31, 0
    CHECK r6, MAGIC
    \op
    li r6, 0
    BACK 4f
    GO \msr, 3f
3:  ld r6, 0(r5)
    HOME
4:  CHECK r31, \vector
    .if \vector
    CHECK r6, 0
    .endif
    PASS
    .endm
    .set OSDR, OS | DR
    .macro DROP ea, b, class
    LI r9, (\ea) >> 28 << 28 | \class << 27 | \b << 25
    slbie r9
    .endm
    .macro REPLACE              /* entry 2 by another segment */
    SEGMENT 2, EA + 0x100000000000, 0, VSID, L64K
    .endm
    .macro OTHER_VSID
    SEGMENT 2, EA, 0, VSID + 1, L64K
    .endm
    AFTER nothing, 0, 0, OSDR, nop, 0
    AFTER slbie_256m, 0, 0, OSDR, "DROP EA, 0, 0", 0x380
    AFTER slbie_1t, 1, 0, OSDR, "DROP EA, 1, 0", 0x380
    AFTER slbie_class_1, 0, CLASS, OSDR, "DROP EA, 0, 1", 0x380
    AFTER slbie_svm, 0, 0, SVM | DR, "DROP EA, 0, 0", 0x380
    AFTER slbie_hypervisor, 0, 0, HYP | DR, "DROP EA, 0, 0", 0x380
    AFTER slbie_other_segment, 0, 0, OSDR, "DROP EA + 0x10000000, 0, 0", 0
    AFTER slbmte_replaces, 0, 0, OSDR, REPLACE, 0x380
    AFTER slbmte_other_vsid, 0, 0, OSDR, OTHER_VSID, 0x300
    AFTER slbia, 0, 0, OSDR, slbia, 0x380
    AFTER slbia_ih1, 0, 0, OSDR, "slbia 1", 0x380
    AFTER slbia_ih2, 0, 0, OSDR, "slbia 2", 0x380
    AFTER slbia_ih3_class_0, 0, 0, OSDR, "slbia 3", 0
    AFTER slbia_ih3_class_1, 0, CLASS, OSDR, "slbia 3", 0x380
    AFTER slbia_ih4, 0, 0, OSDR, "slbia 4", 0x380
    AFTER slbia_ih7_keeps_entries, 0, 0, OSDR, "slbia 7", 0
    AFTER slbieg_only_segment_tables, 0, 0, OSDR, ".long 0x7d204ba4", 0
    AFTER slbiag_only_accelerators, 0, 0, OSDR, ".long 0x7d2006a4", 0
    AFTER slbsync_is_a_barrier, 0, 0, OSDR, slbsync, 0

    /* the segment of the code that is being executed: nothing of it is fetched afterwards */
    .macro OWN name, op
    TEST \name
    HASH 0
    LI r5, 0                    /* slbie's RB: segment 0; slbmte's: entry 0 */
    LI r6, CODE_VSID << 12
    LI r3, 0
    BACK 2f
    GO OS | IR, 1f
1:  \op
    isync
    addi r3, 0, 1
    HOME
2:  CHECK r31, 0x480
    CHECK r3, 0
    PASS
    .endm
    OWN own_segment_slbie, "slbie r5"
    OWN own_segment_slbmte, "slbmte r6, r5"
    OWN own_segment_slbia, "slbia 4"

    /* entry 0 stays unless IH is 4 */
    .macro ENTRY0 name, op, vector
    TEST \name
    HASH 0
    BACK 2f
    GO OS, 1f
1:  \op
    HOME
2:  CHECK r31, 0
    BACK 4f
    LI r5, PAGE
    GO OSDR, 3f
3:  ld r6, 0(r5)
    HOME
4:  CHECK r31, \vector
    PASS
    .endm
    ENTRY0 slbia_keeps_entry_0, slbia, 0
    ENTRY0 slbia_ih1_keeps_entry_0, "slbia 1", 0
    ENTRY0 slbia_ih4_takes_entry_0, "slbia 4", 0x380

    /* slbieg and slbiag reach other threads: a guest needs LPCR[GTSE] */
    .macro GLOBAL name, lpcr, msr, op, vector
    TEST \name
    HASH \lpcr
    BACK 2f
    li r5, 0
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0x700
    CHECKM r22, CAUSE, 1 << 18
    .endif
    PASS
    .endm
    .irp op, 0x7ca02ba4, 0x7ca006a4
    GLOBAL global_\op\()_guest, 0, OS, ".long \op", 0x700
    GLOBAL global_\op\()_guest_evirt, EVIRT, OS, ".long \op", 0xe40
    GLOBAL global_\op\()_guest_gtse, GTSE, OS, ".long \op", 0
    GLOBAL global_\op\()_user, GTSE, USER, ".long \op", 0x700
    GLOBAL global_\op\()_hypervisor, 0, HYP, ".long \op", 0
    .endr
