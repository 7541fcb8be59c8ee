/* SPDX-License-Identifier: Apache-2.0 */
/* tlbie and tlbiel of hash translation (R=0): a page by its virtual address, a partition, everything.
 * The segment stays. Book III, "TLB Management Instructions". */
#include "hash/hash.inc"
#include "bare.inc"

    /* A translation is made in \msr; its entry goes; \op; the access again. RB of a page: VA 0:51 (LP in
     * 44:51 when L), B in 54:55, AP in 56:58 unless L, L in 63 */
    .macro STALE name, b, base, l, lp, slb, msr, op:vararg
    TEST \name
    HASH 0
    SEGMENT 2, EA, \b, VSID, \slb
    HPTE VSID, \b, OFFSET\b, \base, 0, 0, \l, DATA | (\lp) << 12 | RW
    .set gone, entry
    .set va, VSID << (28 + 12 * \b) | OFFSET\b
    STORE DATA + (OFFSET & ((1 << \base) - 1)), MAGIC
    LI r5, EA
    BACK 2f
    GO \msr, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    STORE gone, 0
    ptesync
    li r8, 1                    /* LPID */
    \op
    ptesync
    BACK 4f
    GO \msr, 3f
3:  ld r6, 0(r5)
    HOME
4:  CHECK r31, 0x300
    PASS
    .endm
    .set OSDR, OS | DR
    .macro PAGES name, base, l, lp, slb, ap
    ADDRESSES \name\()_256m, 0, \base, \l, \lp, \slb, \ap
    ADDRESSES \name\()_1t, 1, \base, \l, \lp, \slb, \ap
    .endm
    .macro ADDRESSES name, b, base, l, lp, slb, ap
    STALE \name\()_tlbie, \b, \base, \l, \lp, \slb, OSDR, BY_VA tlbie, \b, \base, \l, \lp, \ap
    STALE \name\()_tlbiel, \b, \base, \l, \lp, \slb, OSDR, BY_VA tlbiel, \b, \base, \l, \lp, \ap
    STALE \name\()_user, \b, \base, \l, \lp, \slb, USER, BY_VA tlbie, \b, \base, \l, \lp, \ap
    .endm
    .macro BY_VA op, b, base, l, lp, ap
    LI r9, va >> \base << \base | \l * (\lp) << 12 | \b << 8 | \ap << 5 | \l
    \op r9, r8, 0, 0, 0
    .endm
    PAGES pages_4k, 12, 0, 0, 0, 0
    PAGES pages_64k, 16, 1, 1, L64K, 0
    PAGES pages_16m, 24, 1, 0, L16M, 0

    .macro WHOLE op, is, ric, rs
    li r9, \is << 10
    LI r8, \rs
    \op r9, r8, \ric, 0, 0
    .endm
    STALE tlbie_lpid, 0, 16, 1, 1, L64K, OSDR, WHOLE tlbie, 2, 0, 1
    STALE tlbie_lpid_process, 0, 16, 1, 1, L64K, USER, WHOLE tlbie, 2, 2, 1
    STALE tlbie_all, 0, 16, 1, 1, L64K, OSDR, WHOLE tlbie, 3, 2, 0
    STALE tlbiel_lpid, 0, 16, 1, 1, L64K, OSDR, WHOLE tlbiel, 2, 0, 1
    STALE tlbiel_all, 0, 16, 1, 1, L64K, OSDR, WHOLE tlbiel, 3, 2, 0
    STALE tlbie_of_the_hypervisor, 0, 16, 1, 1, L64K, HYP | DR, WHOLE tlbie, 2, 0, 0
    STALE tlbie_of_the_ultravisor, 0, 16, 1, 1, L64K, UV | DR, WHOLE tlbie, 3, 2, 0

    /* guest real mode keeps nothing either */
    TEST tlbie_vrma
    HASH 0
    BACK 2f
    LI r5, PAGE
    GO OS, 1f
1:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0
    HPTE VRMA_VSID, 1, 0, 24, 0, 7, 1, RW
    STORE entry, 0
    ptesync
    li r8, 1
    LI r9, VRMA_VSID << 40 | 1 << 8 | 1     /* 16 MiB: L=1, LP=0 */
    tlbie r9, r8, 0, 0, 0
    ptesync
    BACK 4f
    GO OS, 3f
3:  nop
4:  CHECK r31, 0xe20
    PASS

    /* a guest's tlbie: with LPCR[GTSE] only */
    .macro MAY name, lpcr, msr, op, vector
    TEST \name
    HASH \lpcr
    LI r9, 2 << 10
    li r8, 1
    BACK 2f
    LI r5, 2 << 10
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    PASS
    .endm
    MAY tlbie_guest, 0, OS, "tlbie r5,r8,0,0,0", 0x700
    MAY tlbie_guest_evirt, EVIRT, OS, "tlbie r5,r8,0,0,0", 0xe40
    MAY tlbie_guest_gtse, GTSE, OS, "tlbie r5,r8,0,0,0", 0
    MAY tlbiel_guest, 0, OS, "tlbiel r5,r8,0,0,0", 0
    MAY tlbie_user, GTSE, USER, "tlbie r5,r8,0,0,0", 0x700
    MAY tlbiel_user, 0, USER, "tlbiel r5,r8,0,0,0", 0x700
