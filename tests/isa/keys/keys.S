/* SPDX-License-Identifier: Apache-2.0 */
/* The authority mask registers: who may change which bits of AMR, IAMR and UAMOR. Book III, "Virtual
 * Page Class Key Protection". What keys do: translation/radix.S, hash/translation.S. */
#include "bare.inc"
    .set OLD, 0xffff00000000ffff
    .set NEW, 0x12345678a5a5a5a5
    .set MASK, 0x00ff00ffff00ff00
    .set MASKED, (OLD & ~MASK) | (NEW & MASK)

    /* \write: by which number, \read: the register that it changes */
    .macro MASKING name, write, read, msr, amor, uamor, want
    TEST \name
    SPR UAMOR, \uamor
    SPR \read, OLD
    SPR AMOR, \amor
    BACK 2f
    LI r5, NEW
    GO \msr, 1f
1:  mtspr \write, r5
    HOME
2:  CHECK r31, 0
    CHECKSPR \read, \want
    PASS
    .endm
    .macro REGISTER name, spr
    MASKING \name\()_guest, \spr, \spr, OS, MASK, 0, MASKED
    MASKING \name\()_svm, \spr, \spr, SVM, MASK, -1, MASKED
    MASKING \name\()_guest_all, \spr, \spr, OS, -1, 0, NEW
    MASKING \name\()_guest_none, \spr, \spr, OS, 0, -1, OLD
    MASKING \name\()_hypervisor, \spr, \spr, HYP, 0, 0, NEW
    MASKING \name\()_ultravisor, \spr, \spr, UV, 0, 0, NEW
    .endm
    REGISTER amr, AMR
    REGISTER iamr, IAMR
    REGISTER uamor, UAMOR
    MASKING uamr_problem, UAMR, AMR, USER, 0, MASK, MASKED
    MASKING uamr_svm_problem, UAMR, AMR, SVMUSER, 0, MASK, MASKED
    MASKING uamr_host_problem, UAMR, AMR, HOSTUSER, 0, MASK, MASKED
    MASKING uamr_problem_none, UAMR, AMR, USER, -1, 0, OLD
    MASKING uamr_guest, UAMR, AMR, OS, MASK, 0, MASKED
    MASKING uamr_hypervisor, UAMR, AMR, HYP, 0, 0, NEW

    .macro SAME name, msr
    TEST uamr_reads_amr_\name
    SPR AMR, NEW
    BACK 2f
    GO \msr, 1f
1:  mfspr r5, UAMR
    HOME
2:  CHECK r5, NEW
    PASS
    .endm
    SAME problem, USER
    SAME guest, OS
