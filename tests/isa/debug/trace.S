/* SPDX-License-Identifier: Apache-2.0 */
/* Trace interrupts (SE, BE, CIABR) and watchpoints (DAWR). Book III chapter 10 and "Trace Interrupt";
 * who owns them with SMF: pef.md 1.7. */
#include "bare.inc"

    .macro TRACE name, msr, op, vector, cause
    TEST \name
    BACK 2f
    LI r5, PAGE
    GO \msr, 1f
1:  \op
3:  HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKA r21, 3b
    CHECKM r22, 0x783f0000, \cause
    CHECKM r20, SE | BE, 0
    .endif
    PASS
    .endm
    .set T, 1 << 30
    TRACE se_add, OS | SE, "add r6,r6,r6", 0xd00, T
    TRACE se_user, USER | SE, "add r6,r6,r6", 0xd00, T
    TRACE se_svm, SVM | SE, "add r6,r6,r6", 0xd00, T
    TRACE se_hypervisor, HYP | SE, "add r6,r6,r6", 0xd00, T
    TRACE se_load, OS | SE, "ld r6,0(r5)", 0xd00, T | 1 << 28
    TRACE se_store, OS | SE, "std r6,0(r5)", 0xd00, T | 1 << 27
    TRACE se_float_load, OS | SE | FP, "lfd 1,0(r5)", 0xd00, T | 1 << 28
    TRACE se_vector_store, OS | SE | VEC, "stvx 1,0,r5", 0xd00, T | 1 << 27
    TRACE se_permute_control, OS | SE | VEC, "lvsl 1,0,r5", 0xd00, T
    TRACE se_vsx_load, OS | SE | VSX, "lxvd2x 1,0,r5", 0xd00, T | 1 << 28
    TRACE se_block, OS | SE, "dcbz 0,r5", 0xd00, T | 1 << 27
    TRACE se_flush, OS | SE, "dcbf 0,r5", 0xd00, T | 1 << 28
    TRACE se_barrier, OS | SE, sync, 0xd00, T
    TRACE se_isync, OS | SE, isync, 0xd00, T
    TRACE se_call, OS | SE, "bl 3f", 0xd00, T
    TRACE se_host_user, HOSTUSER | SE, "add r6,r6,r6", 0xd00, T
    TRACE se_ultravisor, UV | SE, "add r6,r6,r6", 0xd00, T
    TRACE be_call, OS | BE, "bl 3f", 0xd00, T
    TRACE be_count, OS | BE, "bdnz 3f", 0xd00, T
    TRACE be_user, USER | BE, "b 3f", 0xd00, T
    TRACE se_mtspr, OS | SE, "mtspr 272,r6", 0xd00, T
    TRACE se_mtmsrd_l1, OS | SE, "mtmsrd r6,1", 0xd00, T
    TRACE se_not_an_instruction_that_fails, OS | SE, "b 3f", 0xd00, T
    TRACE be_not_add, OS | BE, "add r6,r6,r6 ; li r31,0 ; li r30,1 ; .long 0x44000042", 0, 0
    TRACE be_taken, OS | BE, "b 3f", 0xd00, T
    TRACE be_not_taken, OS | BE, "bdz 3f", 0xd00, T

    TEST se_not_rfid
    BACK 2f
    LA r6, 3f
    LI r7, OS | SE
    mtsrr0 r6
    mtsrr1 r7
    GO OS | SE, 1f
1:  rfid
    HOME
3:  nop
4:  HOME
2:  CHECK r31, 0xd00
    CHECKA r21, 4b
    PASS

    TEST se_trap_wins
    BACK 2f
    GO OS | SE, 1f
1:  trap
    HOME
2:  CHECK r31, 0x700
    PASS

    /* CIABR: address and state (1 problem, 2 privileged, 3 hypervisor) */
    .macro COMPLETED name, priv, d, msr, vector
    TEST \name
    SPR SMFCTRL, 1 << 63 | \d << 1
    BACK 2f
    LA r10, 1f + 4
    ori r10, r10, \priv
    mtspr CIABR, r10
    GO \msr, 1f
1:  nop
    nop
3:  HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKA r21, 3b
    CHECKM r22, 0x783f0000, T | 1 << 20
    .endif
    PASS
    .endm
    COMPLETED ciabr_privileged, 2, 0, OS, 0xd00
    COMPLETED ciabr_problem, 1, 0, USER, 0xd00
    COMPLETED ciabr_hypervisor, 3, 0, HYP, 0xd00
    COMPLETED ciabr_off, 0, 0, OS, 0
    COMPLETED ciabr_other_state, 1, 0, OS, 0
    COMPLETED ciabr_host_user, 1, 0, HOSTUSER, 0xd00
    COMPLETED ciabr_not_in_secure_state, 2, 0, SVM, 0
    COMPLETED ciabr_of_the_ultravisor, 2, 1, SVM, 0xd00

    /* DAWR: \x DAWRX0; r5 the address of the access */
    .macro WATCH name, x, d, msr, offset, op, vector, store
    TEST \name
    SPR SMFCTRL, 1 << 63 | \d << 1
    STORE PAGE, 0x1111
    SPR DAWR0, PAGE + 0x1000
    SPR DAWRX0, \x
    BACK 2f
    LI r5, PAGE + 0x1000 + (\offset)
    LI r6, MAGIC
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector
    CHECKSPR 18, 1 << 22 | \store << 25
    mfspr r9, 19
    CHECKM r9, ~15, PAGE + 0x1000
    .if \store
    LI r5, 0x8000000000000000 | PAGE + 0x1000
    li r8, 0
    mtspr DAWRX0, r8
    ld r7, 0(r5)
    CHECK r7, 0                 /* nothing was stored */
    .else
    CHECK r6, MAGIC
    .endif
    .endif
    PASS
    .endm
    /* DAWRX0: 0x40 stores, 0x20 loads, 0x8 any MSR[DR], 0x4 hypervisor, 0x2 privileged, 0x1 problem */
    WATCH dawr_load, 0x2a, 0, OS, 0, "ld r6,0(r5)", 0x300, 0
    WATCH dawr_load_byte, 0x2a, 0, OS, 7, "lbz r6,0(r5)", 0x300, 0
    WATCH dawr_load_beside, 0x2a, 0, OS, 8, "ld r6,0(r5)", 0, 0
    WATCH dawr_load_before, 0x2a, 0, OS, -8, "ld r6,0(r5)", 0, 0
    WATCH dawr_load_overlap, 0x2a, 0, OS, -4, "ld r6,0(r5)", 0x300, 0
    WATCH dawr_not_stores, 0x2a, 0, OS, 0, "std r6,0(r5)", 0, 0
    WATCH dawr_store, 0x4a, 0, OS, 0, "std r6,0(r5)", 0x300, 1
    WATCH dawr_store_overlap, 0x4a, 0, OS, -1, "sth r6,0(r5)", 0x300, 1
    WATCH dawr_not_loads, 0x4a, 0, OS, 0, "ld r6,0(r5)", 0, 0
    WATCH dawr_both, 0x6a, 0, OS, 0, "ld r6,0(r5)", 0x300, 0
    WATCH dawr_length, 0x2a | 1 << 10, 0, OS, 8, "ld r6,0(r5)", 0x300, 0
    WATCH dawr_problem, 0x29, 0, USER, 0, "ld r6,0(r5)", 0x300, 0
    WATCH dawr_not_privileged, 0x29, 0, OS, 0, "ld r6,0(r5)", 0, 0
    WATCH dawr_hypervisor, 0x2c, 0, HYP, 0, "ld r6,0(r5)", 0x300, 0
    WATCH dawr_wt_real, 0x22, 0, OS, 0, "ld r6,0(r5)", 0x300, 0
    WATCH dawr_wt_translated_only, 0x32, 0, OS, 0, "ld r6,0(r5)", 0, 0
    WATCH dawr_wt_translated, 0x32, 0, OS | DR, 0, "ld r6,0(r5)", 0x300, 0
    WATCH dawr_atomic, 0x2a, 0, OS, 0, "ldarx r6,0,r5", 0x300, 0
    WATCH dawr_after_access_nearby, 0x2a, 0, OS, 0, "ld r7,64(r5) ; ld r6,0(r5)", 0x300, 0
    WATCH dawr_not_in_secure_state, 0x2a, 0, SVM, 0, "ld r6,0(r5)", 0, 0
    WATCH dawr_of_the_ultravisor, 0x2a, 1, SVM, 0, "ld r6,0(r5)", 0x300, 0

    /* SMFCTRL[D] takes the registers from the hypervisor */
    .macro OWNED name, op, d, vector
    TEST \name
    SPR SMFCTRL, 1 << 63 | \d << 1
    li r5, 0
    BACK 2f
    GO HYP, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    PASS
    .endm
    OWNED ciabr_write_d1, "mtspr 187,r5", 1, 0xe40
    OWNED ciabr_read_d1, "mfspr r5,187", 1, 0xe40
    OWNED dawr_write_d1, "mtspr 180,r5", 1, 0xe40
    OWNED dawr_read_d1, "mfspr r5,180", 1, 0xe40
    OWNED dawrx_write_d1, "mtspr 188,r5", 1, 0xe40
    OWNED dawrx_read_d1, "mfspr r5,188", 1, 0xe40
    OWNED ciabr_write_d0, "mtspr 187,r5", 0, 0
    OWNED dawr_write_d0, "mtspr 180,r5", 0, 0
