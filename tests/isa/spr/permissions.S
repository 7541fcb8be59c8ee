/* SPDX-License-Identifier: Apache-2.0 */
/* Every register of spr.def, read and written in each state: allowed, ignored or refused as Book III
 * 5.4.4 and pef.md 1.7 have it. rows.inc: ROW number, name, read right, write right. */
#include "bare.inc"
    .set RU, 0
    .set RP, 1
    .set RH, 2
    .set RV, 3
    .set RN, 9

    /* \level of the state against the right; \guarded: writes belong to the ultravisor. */
    .macro EXPECT number, right, level, guarded, evirt
    .set want, 0
    .if \right > \level
    .if \level == 0
    .if \number & 16
    .set want, 0x700
    .else
    .set want, 0xe40
    .endif
    .elseif \level == 1 && \evirt
    .set want, 0xe40
    .elseif \right == RV && \level == 2
    .set want, 0xe40
    .endif
    .elseif \guarded && \level == 2
    .set want, 0xe40
    .endif
    .endm

    .macro CASE number, name, read, write, state, level, msr, evirt
    TEST \name\()_\state
    SPR LPCR, RADIX | \evirt * EVIRT
    SPR 795, 1 << 31 | 2 << 18  /* MMCR0[PMCC] as it refuses nothing: see pmu/access.S */
    li r5, 0
    .if \read != RN
    mfspr r5, \number           /* writing back what is there disturbs nothing */
    .endif
    LI r6, MAGIC
    BACK 2f
    GO \msr, 1f
1:  mfspr r6, \number
    HOME
2:  EXPECT \number, \read, \level, 0, \evirt
    CHECK r31, want
    .if want == 0 && \read > \level
    CHECK r6, MAGIC             /* no operation */
    .endif
    .if want == 0x700
    CHECKM r22, 0x783f0000, 1 << 18
    .endif
    .if want == 0xe40
    CHECKSPR HEIR, 0x7cc002a6 | (\number & 31) << 16 | (\number >> 5) << 11
    .endif
    BACK 4f
    GO \msr, 3f
3:  mtspr \number, r5
    HOME
4:  EXPECT \number, \write, \level, (\number == 464 || \number == 799 || \number == 850), \evirt
    CHECK r31, want
    .if want == 0xe40
    CHECKSPR HEIR, 0x7ca003a6 | (\number & 31) << 16 | (\number >> 5) << 11
    .endif
    PASS
    .endm

    .macro ROW number, name, read, write
    CASE \number, \name, \read, \write, problem, 0, USER, 0
    CASE \number, \name, \read, \write, privileged, 1, OS, 0
    CASE \number, \name, \read, \write, privileged_evirt, 1, SVM, 1
    CASE \number, \name, \read, \write, hypervisor, 2, HYP, 0
    CASE \number, \name, \read, \write, ultravisor, 3, UV, 0
    .endm
#include "rows.inc"
