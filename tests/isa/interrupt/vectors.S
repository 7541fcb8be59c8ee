/* SPDX-License-Identifier: Apache-2.0 */
/* Where each interrupt begins, with LPCR[AIL] 0, 2 and 3, from every state that runs with relocation on:
 * vector, MSR[IR DR S HV RI EE] of the handler, the pair that saves. Book III, "Interrupt Processing". */
#include "bare.inc"
    .set RI, 2
    .set BOTH, IR | DR
    .set OS_, OS | BOTH
    .set SVM_, SVM | BOTH
    .set HYP_, HYP | BOTH
    .set UV_, UV | BOTH
    .set ABSENT, 0x10000000     /* no such page */
    .set OUTSIDE, 1 << 60       /* beyond what a tree can map */

    /* \hv 1: saves in HSRR and goes to the hypervisor. \moves 0: never relocated. \bits: more of MSR */
    .macro VECTOR1 name, offset, hv, moves, setup, op, msr, bits, lpcr, ail
    TEST \name\()_ail\ail\()_\msr
    SPR LPCR, RADIX | (\lpcr) | \ail << 23
    \setup
    LI r5, PAGE
    LI r6, ABSENT
    LI r7, OUTSIDE
    .set from, \msr | (\bits) | RI
    BACK 2f
    GO from, 1f
1:  \op
    nop
    HOME
    .set hv1, (from >> 60 & 1) | \hv
    .set moved, \moves & (hv1 ^ 1 | from >> 60) & 1
    .set base, moved * (\ail / 2) * (0x18000 - (\ail & 1) * 0x14000)
2:  CHECK r31, \offset + base
    CHECKM r20, STATE | EE | RI | BOTH | SE, (from & S) | hv1 * HV | \hv * RI | (base / 0x4000 && 1) * BOTH
    .if \hv
    CHECKM r26, STATE | EE | RI | BOTH | ME, from & (STATE | EE | RI | BOTH | ME)
    .else
    CHECKM r22, STATE | EE | RI | BOTH | ME, from & (STATE | EE | RI | BOTH | ME)
    .endif
    PASS
    .endm
    .macro FROM name, offset, hv, moves, setup, op, msr, bits=0, lpcr=0
    .irp ail, 0, 2, 3
    VECTOR1 \name, \offset, \hv, \moves, "\setup", "\op", \msr, \bits, \lpcr, \ail
    .endr
    .endm
    .macro GUESTS name, offset, hv, moves, setup, op, bits=0, lpcr=0
    FROM \name, \offset, \hv, \moves, "\setup", "\op", OS_, \bits, \lpcr
    FROM \name, \offset, \hv, \moves, "\setup", "\op", SVM_, \bits, \lpcr
    FROM \name, \offset, \hv, \moves, "\setup", "\op", USER, \bits, \lpcr
    FROM \name, \offset, \hv, \moves, "\setup", "\op", SVMUSER, \bits, \lpcr
    .endm
    .macro ALL name, offset, hv, moves, setup, op, bits=0, lpcr=0
    GUESTS \name, \offset, \hv, \moves, "\setup", "\op", \bits, \lpcr
    FROM \name, \offset, \hv, \moves, "\setup", "\op", HYP_, \bits, \lpcr
    FROM \name, \offset, \hv, \moves, "\setup", "\op", UV_, \bits, \lpcr
    FROM \name, \offset, \hv, \moves, "\setup", "\op", HOSTUSER, \bits, \lpcr
    .endm
    .macro DECREMENT spr
    li r10, -1
    mtspr \spr, r10
    .endm

    ALL data_storage, 0x300, 0, 1, nop, "ld r8,0(r6)"
    ALL data_segment, 0x380, 0, 1, nop, "ld r8,0(r7)"
    ALL instruction_storage, 0x400, 0, 1, nop, "mtctr r6 ; bctr"
    ALL instruction_segment, 0x480, 0, 1, nop, "mtctr r7 ; bctr"
    GUESTS external, 0x500, 0, 1, "RAISE IRQ_EXTERNAL", nop, EE, LPES
    ALL external_to_hypervisor, 0x500, 1, 1, "RAISE IRQ_EXTERNAL", nop, EE, 0
    ALL alignment, 0x600, 0, 1, nop, "addi r5,r5,1 ; ldarx r8,0,r5"
    ALL program, 0x700, 0, 1, nop, trap
    ALL fp_unavailable, 0x800, 0, 1, nop, "fmr 1,2"
    ALL decrementer, 0x900, 0, 1, "DECREMENT 22", nop, EE
    ALL hypervisor_decrementer, 0x980, 1, 1, "DECREMENT HDEC", nop, EE, HDICE
    ALL doorbell, 0xa00, 0, 1, "RAISE IRQ_DOORBELL", nop, EE
    ALL system_call, 0xc00, 0, 1, nop, "sc 0"
    ALL traced, 0xd00, 0, 1, nop, nop, SE
    GUESTS hypervisor_data_storage, 0xe00, 1, 1, "STORE PAGE_GPTE, 0 ; FLUSH", "ld r8,0(r5)"
    GUESTS hypervisor_instruction_storage, 0xe20, 1, 1, "STORE PAGE_GPTE, 0 ; FLUSH", "mtctr r5 ; bctr"
    ALL emulation_assistance, 0xe40, 1, 1, nop, ".long 0"
    ALL maintenance, 0xe60, 1, 0, "RAISE IRQ_HMI", nop, EE
    ALL hypervisor_doorbell, 0xe80, 1, 1, "RAISE IRQ_HDOORBELL", nop, EE
    ALL virtualization, 0xea0, 1, 1, "RAISE IRQ_HVI", nop, EE, HVICE
    ALL performance_monitor, 0xf00, 0, 1, "RAISE IRQ_PMI", nop, EE
    ALL vector_unavailable, 0xf20, 0, 1, nop, "vxor 1,2,3"
    ALL vsx_unavailable, 0xf40, 0, 1, nop, "xxlor 1,2,3"
    FROM facility_unavailable, 0xf60, 0, 1, "SPR FSCR, 0", "mfspr r8,815", USER
    FROM facility_unavailable, 0xf60, 0, 1, "SPR FSCR, 0", "mfspr r8,815", SVMUSER
    FROM facility_unavailable, 0xf60, 0, 1, "SPR FSCR, 0", "mfspr r8,815", HOSTUSER
    GUESTS hypervisor_facility_unavailable, 0xf80, 1, 1, "SPR HFSCR, 0", "mfspr r8,815"
