/* SPDX-License-Identifier: Apache-2.0 */
/* What particular registers do beyond keeping a value: widths, aliases, bits that cannot be changed. Book
 * III, "Fixed-Point Facility"; who may: permissions.S. */
#include "bare.inc"
    .set PATTERN, 0x123456789abcdef0

    /* written by one number, read by another */
    .macro ALIAS name, write, read, value, want, msr=UV
    TEST \name
    BACK 2f
    LI r5, \value
    GO \msr, 1f
1:  mtspr \write, r5
    mfspr r6, \read
    HOME
2:  CHECK r31, 0
    CHECK r6, \want
    PASS
    .endm
    ALIAS dscr_by_both_numbers, 3, 17, 0x1ff, 0x1ff, OS
    ALIAS dscr_by_both_numbers_back, 17, 3, 0x155, 0x155, OS
    ALIAS sprg3_for_problem_state, 275, 259, PATTERN, PATTERN, OS
    ALIAS ctrl_keeps_run_only, 152, 136, 0xfffffffe, 0, OS
    ALIAS ctrl_run, 152, 136, -1, 1, OS
    ALIAS ppr32_is_the_upper_half, 898, 896, 0x00140000, 0x00140000 << 32, OS
    ALIAS ppr_read_as_ppr32, 896, 898, 0x000c000000000000, 0x000c0000, OS
    ALIAS texasru_is_the_upper_half, 130, 131, PATTERN, 0x12345678, OS
    ALIAS texasru_write, 131, 130, 0x12345678, 0x1234567800000000, OS
    ALIAS lr, 8, 8, PATTERN, PATTERN, USER
    ALIAS ctr, 9, 9, PATTERN, PATTERN, USER
    ALIAS tar, 815, 815, PATTERN, PATTERN, USER
    ALIAS xer_upper_half_is_empty, 1, 1, -1, 0xe00fffff, USER /* and 35:43 are */


    /* 32 bits; the rest of what is written is lost */
    .macro WORD number, name, msr
    ALIAS \name\()_has_32_bits, \number, \number, PATTERN, 0x9abcdef0, \msr
    .endm
    WORD 18, dsisr, OS
    WORD 159, pspb, OS
    WORD 188, dawrx0, HYP
    WORD 256, vrsave, USER
    WORD 306, hdsisr, HYP
    WORD 339, heir, HYP
    .macro DOUBLE number, name, msr
    ALIAS \name\()_has_64_bits, \number, \number, PATTERN, PATTERN, \msr
    .endm
    DOUBLE 19, dar, OS
    DOUBLE 26, srr0, OS
    DOUBLE 27, srr1, OS
    DOUBLE 29, amr, HYP
    DOUBLE 272, sprg0, OS
    DOUBLE 273, sprg1, OS
    DOUBLE 274, sprg2, OS
    DOUBLE 275, sprg3, OS
    DOUBLE 304, hsprg0, HYP
    DOUBLE 305, hsprg1, HYP
    DOUBLE 307, hdar, HYP
    DOUBLE 314, hsrr0, HYP
    DOUBLE 315, hsrr1, HYP
    DOUBLE 349, amor, HYP
    DOUBLE 816, asdr, HYP
    DOUBLE 496, usprg0, UV
    DOUBLE 497, usprg1, UV
    DOUBLE 506, usrr0, UV
    DOUBLE 507, usrr1, UV
    ALIAS lpidr_has_12_bits, LPIDR, LPIDR, -1, 0xfff, UV
    ALIAS pidr_has_20_bits, PIDR, PIDR, -1, 0xfffff, UV

    .macro CONSTANT name, number, msr, want
    TEST \name
    BACK 2f
    GO \msr, 1f
1:  mfspr r5, \number
    HOME
2:  CHECK r31, 0
    CHECK r5, \want
    PASS
    .endm
    CONSTANT pvr_dd23, 287, OS, 0x004e1203
    CONSTANT pir_of_the_first, PIR, OS, 0
    CONSTANT smfctrl_at_reset, SMFCTRL, UV, 1 << 63

    /* Program priority: or rx,rx,rx or mtspr, where the state may have it; else all stays as it was. */
    .set MEDIUM, 4
    .macro PRIORITY name, msr, pspb, op, want
    TEST \name
    SPR 896, MEDIUM << 50
    SPR 159, \pspb
    LI r5, MAGIC
    BACK 2f
    GO \msr, 1f
1:  \op
    mfspr r6, 896
    mfspr r7, 898
    HOME
2:  CHECK r31, 0
    CHECK r6, \want << 50
    CHECK r7, \want << 18
    PASS
    .endm
    .macro PRIORITIES x, pri, lowest    /* 0 problem, 1 with PSPB, 2 privileged, 3 hypervisor */
    .set all, \pri
    .set boosted, all + (\lowest > 0 && 1) * (MEDIUM - \pri)
    .set with_pspb, all + (\lowest > 1 && 1) * (MEDIUM - \pri)
    .set privileged, all + (\lowest > 2 && 1) * (MEDIUM - \pri)
    PRIORITY or\x\()_problem, USER, 0, "or \x,\x,\x", boosted
    PRIORITY or\x\()_problem_pspb, SVMUSER, 1, "or \x,\x,\x", with_pspb
    PRIORITY or\x\()_privileged, OS, 0, "or \x,\x,\x", privileged
    PRIORITY or\x\()_svm, SVM, 0, "or \x,\x,\x", privileged
    PRIORITY or\x\()_hypervisor, HYP, 0, "or \x,\x,\x", all
    PRIORITY or\x\()_ultravisor, UV, 0, "or \x,\x,\x", all
    PRIORITY ppr\x\()_problem, USER, 0, "lis r5,\pri << 2 ; sldi r5,r5,32 ; mtspr 896,r5", boosted
    PRIORITY ppr\x\()_privileged, OS, 0, "lis r5,\pri << 2 ; mtspr 898,r5", privileged
    .endm
    PRIORITIES 31, 1, 0
    PRIORITIES 1, 2, 0
    PRIORITIES 6, 3, 0
    PRIORITIES 2, 4, 0
    PRIORITIES 5, 5, 1
    PRIORITIES 3, 6, 2
    PRIORITIES 7, 7, 3
    PRIORITY or_of_no_priority, OS, 0, "or 0,0,0 ; or 4,4,4 ; or 30,30,30", MEDIUM
    PRIORITY or_of_two_registers, OS, 0, "or 1,1,3 ; or 1,3,1 ; mr 3,1", MEDIUM
    PRIORITY or_with_record, OS, 0, "or. 1,1,1", MEDIUM
    PRIORITY ppr_other_bits_are_not_there, OS, 0, "li r5,-1 ; rldicr r5,r5,0,12 ; mtspr 896,r5", 6

    /* HMER: mtspr clears bits; an enabled one that is left asks for the interrupt again */
    TEST hmer_is_anded
    li r5, -1
    mtspr HMER, r5
    CHECKSPR HMER, 0
    PASS

    /* the cause is all that a facility interrupt writes into FSCR, HFSCR */
    .macro CAUSES name, spr, enabled, other, msr, ic
    TEST \name
    SPR \other, -1
    SPR \spr, \enabled
    BACK 2f
    GO \msr, 1f
1:  mfspr r5, 815
    HOME
2:  CHECKSPR \spr, \ic << 56 | (\enabled)
    PASS
    .endm
    CAUSES fscr_cause, FSCR, 0x00fffffffffffeff, HFSCR, USER, 8
    CAUSES hfscr_cause, HFSCR, 0x00fffffffffffeff, FSCR, OS, 8
    CAUSES hfscr_before_fscr, HFSCR, 0x00000000000000ff, FSCR, USER, 8

    /* AMR and IAMR of one thread are the translation's at once */
    TEST amr_takes_effect_at_once
    BACK 2f
    LI r5, PAGE
    LI r7, 1 << 62
    GO OS | DR, 1f
1:  ld r6, 0(r5)
    mtspr AMR, r7
3:  ld r6, 0(r5)
    HOME
2:  CHECK r31, 0x300
    CHECKA r21, 3b
    CHECKSPR DSISR, KEY
    PASS
