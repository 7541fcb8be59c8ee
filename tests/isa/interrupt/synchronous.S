/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts that instructions cause: vector, state of the handler, saved registers. Book III, "Interrupt
 * Definitions"; pef.md 1.5. */
#include "bare.inc"

    /* \cause: SRR1/HSRR1 33:36, 42:47. \after: 4 when the next instruction is saved */
    .macro SYNC name, msr, op, vector, to, pair, cause, after
    TEST \name
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    CHECKM r20, STATE, \to & STATE
    .if \pair
    CHECKA r25, 1b + \after
    CHECKM r26, 0x783f0000 | STATE, \cause | ((\msr) & STATE)
    .else
    CHECKA r21, 1b + \after
    CHECKM r22, 0x783f0000 | STATE, \cause | ((\msr) & STATE)
    .endif
    PASS
    .endm

    .macro EVERYWHERE name, op, vector, pair, cause, after
    .if \pair
    SYNC \name\()_guest, OS, "\op", \vector, HYP, 1, \cause, \after
    SYNC \name\()_svm, SVM, "\op", \vector, UV, 1, \cause, \after
    SYNC \name\()_user, USER, "\op", \vector, HYP, 1, \cause, \after
    SYNC \name\()_svm_user, SVMUSER, "\op", \vector, UV, 1, \cause, \after
    .else
    SYNC \name\()_guest, OS, "\op", \vector, OS, 0, \cause, \after
    SYNC \name\()_svm, SVM, "\op", \vector, SVM, 0, \cause, \after
    SYNC \name\()_user, USER, "\op", \vector, OS, 0, \cause, \after
    SYNC \name\()_svm_user, SVMUSER, "\op", \vector, SVM, 0, \cause, \after
    .endif
    SYNC \name\()_hypervisor, HYP, "\op", \vector, HYP, \pair, \cause, \after
    SYNC \name\()_ultravisor, UV, "\op", \vector, UV, \pair, \cause, \after
    SYNC \name\()_host_user, HOSTUSER, "\op", \vector, HYP, \pair, \cause, \after
    .endm

    EVERYWHERE trap, "trap", 0x700, 0, 1 << 17, 0
    EVERYWHERE tdi, "tdi 31,r1,0", 0x700, 0, 1 << 17, 0
    EVERYWHERE illegal, ".long 0", 0xe40, 1, 0, 0
    EVERYWHERE sc0, "sc 0", 0xc00, 0, 0, 4
    EVERYWHERE fp, "fadd 1,2,3", 0x800, 0, 0, 0
    EVERYWHERE fp_load, "lfd 1,0(r29)", 0x800, 0, 0, 0
    EVERYWHERE vec, "vaddubm 1,2,3", 0xf20, 0, 0, 0
    EVERYWHERE vsx, "xsadddp 1,2,3", 0xf40, 0, 0, 0
    EVERYWHERE vsx_load, "lxvx 1,0,r29", 0xf40, 0, 0, 0
    EVERYWHERE vsx_high, "lxv 33,0(r29)", 0xf20, 0, 0, 0

    /* Privileged instructions in problem state, hypervisor's in privileged state, ultravisor's in
     * hypervisor state. */
    .macro REFUSED name, op, level
    SYNC \name\()_user, USER, "\op", 0x700, OS, 0, 1 << 18, 0
    SYNC \name\()_svm_user, SVMUSER, "\op", 0x700, SVM, 0, 1 << 18, 0
    SYNC \name\()_host_user, HOSTUSER, "\op", 0x700, HYP, 0, 1 << 18, 0
    .if \level >= 2
    SYNC \name\()_guest, OS, "\op", 0x700, OS, 0, 1 << 18, 0
    SYNC \name\()_svm, SVM, "\op", 0x700, SVM, 0, 1 << 18, 0
    .endif
    .if \level == 3
    SYNC \name\()_hypervisor, HYP, "\op", 0xe40, HYP, 1, 0, 0
    .endif
    .endm
    REFUSED mfmsr, "mfmsr r5", 1
    REFUSED slbia, "slbia", 1
    REFUSED tlbsync, "tlbsync", 1
    REFUSED msgsndp, "msgsndp r5", 1
    REFUSED tlbiel, "tlbiel r5,r5,0,1,1", 1
    REFUSED msgsnd, "msgsnd r5", 2
    REFUSED msgclr, "msgclr r5", 2
    REFUSED ldcix, "ldcix r5,0,r5", 2
    REFUSED stbcix, "stbcix r5,0,r5", 2
    REFUSED msgsndu, ".long 0x7c00289c", 3
    REFUSED msgclru, ".long 0x7c0028dc", 3
    REFUSED urfid_again, ".long 0x4c000264", 3

    TEST evirt_turns_hypervisor_instructions_into_heai
    SPR LPCR, RADIX | EVIRT
    BACK 2f
    GO OS, 1f
1:  msgsnd r5
    HOME
2:  CHECK r31, 0xe40
    CHECKSPR HEIR, 0x7c00299c
    PASS

    TEST heir_of_an_illegal_word
    BACK 2f
    GO OS, 1f
1:  .long 0x00000123
    HOME
2:  CHECK r31, 0xe40
    CHECKSPR HEIR, 0x123
    PASS

    /* alignment: DAR; nothing stored */
    .macro ALIGN name, op, address
    TEST \name
    LI r5, \address
    BACK 2f
    GO OS, 1f
1:  \op
    HOME
2:  CHECK r31, 0x600
    CHECKSPR 19, \address
    CHECKA r21, 1b
    PASS
    .endm
    ALIGN lwarx_unaligned, "lwarx r6,0,r5", 0x800002
    ALIGN ldarx_unaligned, "ldarx r6,0,r5", 0x800004
    ALIGN stdcx_unaligned, "stdcx. r6,0,r5", 0x800001
    ALIGN lqarx_unaligned, "lqarx r6,0,r5", 0x800008
    ALIGN copy_unaligned, ".long 0x7c202e0c", 0x800010

    /* facilities: FSCR binds problem state, HFSCR everything below the hypervisor */
    .macro FACILITY name, fscr, hfscr, msr, op, vector, cause
    TEST \name
    SPR FSCR, \fscr
    SPR HFSCR, \hfscr
    BACK 2f
    LA r10, 1f + 4
    mtspr 815, r10
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0xf60
    mfspr r9, FSCR
    CHECKM r9, 0xff << 56, \cause << 56
    .endif
    .if \vector == 0xf80
    mfspr r9, HFSCR
    CHECKM r9, 0xff << 56, \cause << 56
    .endif
    PASS
    .endm
    .set ALLF, 0xffffff
    .macro FACILITIES name, bit, op
    FACILITY \name\()_user_enabled, ALLF, ALLF, USER, "\op", 0, 0
    FACILITY \name\()_user_fscr, ALLF & ~(1 << \bit), ALLF, USER, "\op", 0xf60, \bit
    FACILITY \name\()_host_user_fscr, ALLF & ~(1 << \bit), 0, HOSTUSER, "\op", 0xf60, \bit
    FACILITY \name\()_guest_ignores_fscr, ALLF & ~(1 << \bit), ALLF, OS, "\op", 0, 0
    FACILITY \name\()_user_hfscr, ALLF, ALLF & ~(1 << \bit), USER, "\op", 0xf80, \bit
    FACILITY \name\()_guest_hfscr, ALLF, ALLF & ~(1 << \bit), OS, "\op", 0xf80, \bit
    FACILITY \name\()_hypervisor_ignores_both, 0, 0, HYP, "\op", 0, 0
    .endm
    FACILITIES dscr, 2, "mfspr r5,3"
    FACILITIES tar, 8, "mfspr r5,815"
    FACILITIES bctar, 8, "bctar 20,0,0"
    FACILITIES ebbhr, 7, "mfspr r5,804"
    FACILITIES bescr, 7, "mtspr 806,r5"
    FACILITY scv_disabled, 0, ALLF, OS, ".long 0x44000001", 0xf60, 12
    FACILITY tm_user, ALLF, ALLF, USER, ".long 0x7c00051d", 0xf60, 5     /* tbegin.: MSR[TM] is 0 for ever */
    FACILITY tm_guest, ALLF, ALLF, OS, ".long 0x7c00051d", 0xf60, 5
    FACILITY tm_hypervisor, ALLF, ALLF, HYP, ".long 0x7c00051d", 0xf60, 5
    FACILITY dscr_privileged_name_hfscr, ALLF, ALLF & ~4, OS, "mfspr r5,17", 0xf80, 2
    FACILITY fp_hfscr, ALLF, ALLF & ~1, OS | FP, "fadd 1,2,3", 0xf80, 0
    FACILITY fp_hfscr_user, ALLF, ALLF & ~1, USER | FP, "lfd 1,0(r29)", 0xf80, 0
    FACILITY fp_hfscr_hypervisor, ALLF, 0, HYP | FP, "fadd 1,2,3", 0, 0
    FACILITY fp_msr_first, ALLF, ALLF & ~1, OS, "fadd 1,2,3", 0x800, 0
    FACILITY vec_hfscr, ALLF, ALLF & ~2, OS | VEC, "vaddubm 1,2,3", 0xf80, 1
    FACILITY vsx_hfscr, ALLF, ALLF & ~2, OS | VSX, "xsadddp 1,2,3", 0xf80, 1
    FACILITY msgsndp_hfscr, ALLF, ALLF & ~(1 << 10), OS, "msgsndp r5", 0xf80, 10
    FACILITY msgclrp_hfscr, ALLF, ALLF & ~(1 << 10), OS, "msgclrp r5", 0xf80, 10
    FACILITY tir_hfscr, ALLF, ALLF & ~(1 << 10), OS, "mfspr r5,446", 0xf80, 10

    /* PCR hides newer instructions from problem state */
    .macro HIDDEN name, pcr, msr, op, vector
    TEST \name
    SPR PCR, \pcr
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    PASS
    .endm
    HIDDEN pcr_none, 0, USER, "modsd r5,r5,r6", 0
    HIDDEN pcr_2_07, 8, USER, "modsd r5,r5,r6", 0xe40
    HIDDEN pcr_2_07_privileged, 8, OS, "modsd r5,r5,r6", 0
    HIDDEN pcr_2_07_keeps_2_07, 8, USER | FP, "mtvsrd 1,r5", 0
    HIDDEN pcr_2_06, 4, USER | FP, "mtvsrd 1,r5", 0xe40
    HIDDEN pcr_2_06_keeps_2_06, 4, USER, "ldbrx r5,0,r29", 0
    HIDDEN pcr_2_05, 2, USER, "ldbrx r5,0,r29", 0xe40
    HIDDEN pcr_2_05_keeps_2_05, 2, USER, "cmpb r5,r5,r6", 0

    /* relocation of the vectors */
    .macro AIL name, lpcr, msr, op, vector
    TEST \name
    SPR LPCR, RADIX | (\lpcr)
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector >= 0x3000 && (\vector < 0x17000 || \vector >= 0x18000)
    CHECKM r20, IR | DR, IR | DR
    .else
    CHECKM r20, IR | DR, 0
    .endif
    PASS
    .endm
    AIL ail0_trap, 0, OS | IR | DR, trap, 0x700
    AIL ail2_trap, AIL2, OS | IR | DR, trap, 0x18700
    AIL ail3_trap, AIL3, OS | IR | DR, trap, 0x4700
    AIL ail3_trap_real, AIL3, OS, trap, 0x700
    AIL ail3_trap_ir_only, AIL3, OS | IR, trap, 0x700
    AIL ail3_sc, AIL3, USER, "sc 0", 0x4c00
    AIL ail3_scv, AIL3, USER, ".long 0x44000001", 0x3000
    AIL ail3_scv_3, AIL3, USER, ".long 0x44000061", 0x3060
    AIL scv_2_real, 0, USER, ".long 0x44000041", 0x17040
    AIL ail3_heai_changes_hv, AIL3, OS | IR | DR, ".long 0", 0xe40
    AIL ail3_heai_in_hypervisor, AIL3, HYP | IR | DR, ".long 0", 0x4e40
    AIL ail3_trap_in_hypervisor, AIL3, HYP | IR | DR, trap, 0x4700
    AIL ail3_trap_host_user, AIL3, HOSTUSER, trap, 0x4700
    AIL ail3_trap_svm, AIL3, SVM | IR | DR, trap, 0x4700
    AIL ail3_sc1_changes_hv, AIL3, OS | IR | DR, "sc 1", 0xc00

    /* SMF off: sc 2 is sc 1; only MSR[S] lets the ultravisor live on (pef.md 1.9) */
    TEST smf_off_urfid_still_leaves
    SPR SMFCTRL, 0
    BACK 2f
    GO HYP, 1f
1:  mfmsr r20
    LI r4, 0
    CHECKM r20, STATE, HV
    PASS
2:  CHECK r31, 0
    PASS
    .macro SMFOFF name, msr, op, vector
    TEST \name
    li r10, 0
    mtspr SMFCTRL, r10
    LA r10, 3f                  /* sc 2 would not come home: the vectors end here */
    lis r9, 0x4800
    subi r10, r10, \vector
    or r10, r10, r9
    li r9, \vector
    stw r10, 0(r9)
    GO \msr, 1f
1:  \op
3:  mfmsr r20
    CHECKM r20, STATE, HV
    PASS
    .endm
    SMFOFF smf_off_sc2_is_sc1, OS, "sc 2", 0xc00
    SMFOFF smf_off_urfid_is_illegal, HYP, ".long 0x4c000264", 0xe40
    SMFOFF smf_off_urfid_is_illegal_in_guest, OS, ".long 0x4c000264", 0xe40
    SMFOFF smf_off_smfctrl_is_illegal, HYP, "mfspr r5, 511", 0xe40
