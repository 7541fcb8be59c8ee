/* SPDX-License-Identifier: Apache-2.0 */
/* Who reaches the performance monitor's registers: MMCR0[PMCC] in problem state, HFSCR[PM] below the
 * hypervisor. Reading and writing the privileged numbers in each state: spr/permissions.S. */
#include "pmu/pmu.inc"
    .set FAC_PM, 3 << 56
    .set IC, 0xff << 56

    .macro TOUCH name, pmcc, hfscr, msr, op, vector
    TEST \name
    CLEAR
    SPR MMCR0, FC | \pmcc * PMCC
    SPR HFSCR, \hfscr
    li r6, 0
    BACK 2f
    GO \msr, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    .if \vector == 0xf60
    mfspr r9, FSCR
    CHECKM r9, IC, FAC_PM
    .endif
    .if \vector == 0xf80
    mfspr r9, HFSCR
    CHECKM r9, IC, FAC_PM
    .endif
    PASS
    .endm
    .set ON, 0x00ffffffffffffff
    .set OFF, 0x00fffffffffffff7

    .macro BY_PMCC name, number, r0, r1, r2, r3, w0, w1, w2, w3
    TOUCH \name\()_read_pmcc0, 0, ON, USER, "mfspr r6, \number", \r0
    TOUCH \name\()_read_pmcc1, 1, ON, USER, "mfspr r6, \number", \r1
    TOUCH \name\()_read_pmcc2, 2, ON, USER, "mfspr r6, \number", \r2
    TOUCH \name\()_read_pmcc3, 3, ON, USER, "mfspr r6, \number", \r3
    TOUCH \name\()_write_pmcc0, 0, ON, USER, "mtspr \number, r6", \w0
    TOUCH \name\()_write_pmcc1, 1, ON, USER, "mtspr \number, r6", \w1
    TOUCH \name\()_write_pmcc2, 2, ON, USER, "mtspr \number, r6", \w2
    TOUCH \name\()_write_pmcc3, 3, ON, USER, "mtspr \number, r6", \w3
    .endm
    .irp n, 769, 770, 771, 772, 773, 774, 779
    BY_PMCC group_a_\n, \n, 0, 0xf60, 0, 0, 0xe40, 0xf60, 0, 0
    .endr
    .irp n, 775, 776
    BY_PMCC group_a_\n, \n, 0, 0xf60, 0, 0xf60, 0xe40, 0xf60, 0, 0xf60
    .endr
    .irp n, 768, 780, 781, 782
    BY_PMCC group_b_\n, \n, 0, 0, 0, 0, 0xe40, 0xe40, 0xe40, 0xe40
    .endr
    BY_PMCC privileged, MMCR0, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700, 0x700

    .irp n, 768, 769, 770, 771, 775, 779, 780, 781, 782
    TOUCH user_hfscr_off_\n, 2, OFF, USER, "mfspr r6, \n", 0xf80
    TOUCH svm_user_hfscr_off_\n, 2, OFF, SVMUSER, "mfspr r6, \n", 0xf80
    TOUCH host_user_hfscr_off_\n, 2, OFF, HOSTUSER, "mfspr r6, \n", 0
    .endr
    .irp n, 784, 785, 786, 787, 792, 795, 796, 797, 798
    TOUCH privileged_hfscr_off_read_\n, 0, OFF, OS, "mfspr r6, \n", 0xf80
    TOUCH privileged_hfscr_off_write_\n, 0, OFF, OS, "mtspr \n, r6", 0xf80
    TOUCH svm_hfscr_off_\n, 0, OFF, SVM, "mfspr r6, \n", 0xf80
    TOUCH hypervisor_hfscr_off_\n, 0, OFF, HYP, "mfspr r6, \n", 0
    TOUCH privileged_hfscr_on_\n, 0, ON, OS, "mfspr r6, \n", 0
    .endr

    /* Problem state sees FC, PMAE, PMAO of MMCR0 and FCnP0 of MMCR2, and changes nothing else */
    TEST mmcr0_in_problem_state
    CLEAR
    SPR MMCR0, FC | FCS | FCECE | 2 * PMCC | FCH
    LI r7, 0xffffffffffffffff & ~FC & ~PMAO
    BACK 2f
    GO USER, 1f
1:  mfspr r5, UMMCR0
    mtspr UMMCR0, r7
    mfspr r6, UMMCR0
    HOME
2:  CHECK r5, FC
    CHECK r6, PMAE
    CHECKSPR MMCR0, FCS | PMAE | FCECE | 2 * PMCC | FCH
    PASS

    TEST mmcr2_in_problem_state
    CLEAR
    .set P0, 1 << 62 | 1 << 53 | 1 << 44 | 1 << 35 | 1 << 26 | 1 << 17
    SPR MMCR2, 1 << 63 | 1 << 62
    SPR MMCR0, FC | 2 * PMCC
    LI r7, 0x3fffffffffffffff
    BACK 2f
    GO USER, 1f
1:  mfspr r5, UMMCR2
    mtspr UMMCR2, r7
    HOME
2:  CHECK r5, 1 << 62
    CHECKSPR MMCR2, 1 << 63 | (P0 & 0x3fffffffffffffff)
    PASS

    /* Otherwise both numbers are one register. */
    .macro SAME name, user, privileged, value
    TEST \name
    CLEAR
    SPR MMCR0, FC | 2 * PMCC
    SPR \privileged, \value
    BACK 2f
    GO USER, 1f
1:  mfspr r5, \user
    HOME
2:  CHECK r5, \value
    PASS
    .endm
    SAME mmcra, UMMCRA, MMCRA, 0x123456789abcdef0
    SAME mmcr1, UMMCR1, MMCR1, 0x123456789abcdef0
    SAME pmc1, UPMC1, PMC1, 0x12345678
    SAME pmc6, UPMC6, PMC6, 0x12345678
    SAME siar, USIAR, SIAR, 0x123456789abcdef0
    SAME sdar, USDAR, SDAR, 0x123456789abcdef0
    SAME sier, USIER, SIER, 0x123456789abcdef0
