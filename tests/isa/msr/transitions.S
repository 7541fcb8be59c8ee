/* SPDX-License-Identifier: Apache-2.0 */
/* Every instruction that changes MSR, from every state, with every state in its source. Book III,
 * "System Linkage Instructions", "Move To Machine State Register"; S: pef.md 1.4. */
#include "bare.inc"

    /* \i: name, \op: the instruction; S HV PR of the start, then of the source. Instruction classes:
     * 0 rfid, rfscv; 1 hrfid; 2 urfid; 3 mtmsr, mtmsrd; 4 mtmsrd L=1 */
    .set smf, 1                 /* SMFCTRL[E]; without it the way home leads to hypervisor state */
    .macro CASE i, op, class, s, h, p, s2, h2, p2
    TEST \i\()_from_\s\h\p\()_source_\s2\h2\p2
    .set start, SF | ME | \s * S | \h * HV | \p * USER
    .set source, SF | ME | \s2 * S | \h2 * HV | \p2 * PR
    .set p0, \p & ~(\s & \h)        /* S=1 HV=1 PR=1 does not exist: ultravisor state */
    BACK 3f
    LI r5, source
    LA r6, 2f
    mtsrr1 r5
    mtsrr0 r6
    mtspr HSRR1, r5
    mtspr HSRR0, r6
    mtctr r5
    mtlr r6
    SPR SMFCTRL, smf << 63
    GO start, 1f
1:  .if \s & \h & !p0
    mtspr USRR1, r5
    mtspr USRR0, r6
    .endif
    \op
2:  HOME
3:  .set refused, 0
    .if p0
    .set refused, 0x700
    .elseif (\class == 1 && !\h) || (\class == 2 && !\h)
    .set refused, 0x700
    .elseif \class == 2 && !\s
    .set refused, 0xe40
    .endif
    .if refused && \class == 2 && !smf
    .set refused, 0xe40         /* a processor without SMF does not know the instruction */
    .endif
    CHECK r31, refused
    .if refused
    CHECKM r20, STATE, \s * S | (\h | (refused == 0xe40 && 1)) * HV
    .if refused == 0x700
    CHECKM r22, STATE | 0x783f0000, \s * S | \h * HV | p0 * PR | 1 << 18
    CHECKA r21, 2b - 4
    .else
    CHECKA r25, 2b - 4
    mfspr r9, HEIR
    CHECK r9, 0x4c000264
    .endif
    .else
    .if \class == 0
    .set s3, \s
    .set h3, \h & \h2
    .set p3, \p2
    .elseif \class == 1
    .set s3, \s
    .set h3, \h2
    .set p3, \p2
    .elseif \class == 2
    .set s3, \s2
    .set h3, \h2
    .set p3, \p2
    .elseif \class == 3
    .set s3, \s
    .set h3, \h
    .set p3, \p2
    .else
    .set s3, \s
    .set h3, \h
    .set p3, p0
    .endif
    CHECKM r27, STATE, s3 * S | h3 * HV | (p3 & ~(s3 & h3)) * PR
    .if p3 && !(s3 & h3)
    CHECKM r27, EE | IR | DR, EE | IR | DR  /* PR=1 implies them */
    .endif
    .endif
    PASS
    .endm

    .macro SOURCES i, op, class, s, h, p
    .irp to, 000, 001, 010, 011, 100, 101, 110, 111
    SPLIT \i, "\op", \class, \s, \h, \p, \to
    .endr
    .endm
    .macro SPLIT i, op, class, s, h, p, to
    .ifc \to, 000
    CASE \i, "\op", \class, \s, \h, \p, 0, 0, 0
    .endif
    .ifc \to, 001
    CASE \i, "\op", \class, \s, \h, \p, 0, 0, 1
    .endif
    .ifc \to, 010
    CASE \i, "\op", \class, \s, \h, \p, 0, 1, 0
    .endif
    .ifc \to, 011
    CASE \i, "\op", \class, \s, \h, \p, 0, 1, 1
    .endif
    .ifc \to, 100
    CASE \i, "\op", \class, \s, \h, \p, 1, 0, 0
    .endif
    .ifc \to, 101
    CASE \i, "\op", \class, \s, \h, \p, 1, 0, 1
    .endif
    .ifc \to, 110
    CASE \i, "\op", \class, \s, \h, \p, 1, 1, 0
    .endif
    .ifc \to, 111
    CASE \i, "\op", \class, \s, \h, \p, 1, 1, 1
    .endif
    .endm
    .macro STARTS i, op, class
    SOURCES \i, "\op", \class, 0, 0, 0
    SOURCES \i, "\op", \class, 0, 0, 1
    SOURCES \i, "\op", \class, 0, 1, 0
    SOURCES \i, "\op", \class, 0, 1, 1
    SOURCES \i, "\op", \class, 1, 0, 0
    SOURCES \i, "\op", \class, 1, 0, 1
    SOURCES \i, "\op", \class, 1, 1, 0
    SOURCES \i, "\op", \class, 1, 1, 1
    .endm
    STARTS rfid, "rfid", 0
    STARTS rfscv, ".long 0x4c0000a4", 0
    STARTS hrfid, "hrfid", 1
    STARTS urfid, "urfid", 2
    STARTS mtmsr, "mtmsr r5", 3
    STARTS mtmsrd, "mtmsrd r5", 3
    STARTS mtmsrd_l1, "mtmsrd r5,1", 4

    /* System calls: \hv \uv: does it set HV, S (with SMFCTRL[E])? */
    .macro CALL i, op, lev, hv, uv, e, s, h, p
    TEST \i\()_e\e\()_from_\s\h\p
    .set start, SF | ME | \s * S | \h * HV | \p * USER
    .set p0, \p & ~(\s & \h)
    SPR SMFCTRL, \e << 63
    BACK 3f
    GO start, 1f
1:  \op
2:  HOME
3:  .if \lev < 3
    CHECK r31, 0xc00
    CHECKA r21, 2b
    .if \e
    CHECKM r22, CAUSE, \lev << 20
    .endif
    CHECKM r22, STATE, \s * S | \h * HV | p0 * PR
    .else
    CHECK r31, 0x17000
    CHECKA r23, 2b
    CHECKM r24, STATE, \s * S | \h * HV | p0 * PR
    .endif
    CHECKM r20, STATE, (\s | (\uv & \e)) * S | (\h | \hv) * HV
    PASS
    .endm
    .macro CALLS e, s, h, p
    CALL sc0, "sc 0", 0, 0, 0, \e, \s, \h, \p
    CALL sc1, "sc 1", 1, 1, 0, \e, \s, \h, \p
    CALL sc2, "sc 2", 2, 1, 1, \e, \s, \h, \p
    CALL scv, "scv 0", 3, 0, 0, \e, \s, \h, \p
    .endm
    .irp e, 1, 0
    CALLS \e, 0, 0, 0
    CALLS \e, 0, 0, 1
    CALLS \e, 0, 1, 0
    CALLS \e, 0, 1, 1
    CALLS \e, 1, 0, 0
    CALLS \e, 1, 0, 1
    CALLS \e, 1, 1, 0
    CALLS \e, 1, 1, 1
    .endr

    /* with SMF switched off: what was secure stays so until ultravisor state leaves it (pef.md 1.9) */
    .set smf, 0
    STARTS smf_off_rfid, "rfid", 0
    STARTS smf_off_hrfid, "hrfid", 1
    STARTS smf_off_urfid, "urfid", 2
    STARTS smf_off_mtmsrd, "mtmsrd r5", 3
