/* SPDX-License-Identifier: Apache-2.0 */
/* Every freeze bit of MMCR0 and MMCR2 in every state. */
#include "pmu/pmu.inc"

    /* Five instructions and HOME in state \msr: does PMC\n count them? */
    .macro CASE name, mmcr0, mmcr2, msr, n, counts
    TEST \name
    CLEAR
    SPR MMCR1, CYCLES
    SPR MMCR2, \mmcr2
    SPR MMCR0, \mmcr0
    BACK 2f
    GO \msr, 1f
1:  nop
    nop
    nop
    nop
    nop
    HOME
2:  CHECKSPR \n, \counts * (5 + HOME_INSNS)
    PASS
    .endm

    /* \p \u \h \q: counts in privileged, problem, hypervisor, problem under the hypervisor; the first two
     * of a secure VM as well */
    .macro STATES name, mmcr0, mmcr2, n, p, u, h, q
    CASE \name\()_privileged, \mmcr0, \mmcr2, OS, \n, \p
    CASE \name\()_problem, \mmcr0, \mmcr2, USER, \n, \u
    CASE \name\()_hypervisor, \mmcr0, \mmcr2, HYP, \n, \h
    CASE \name\()_host_problem, \mmcr0, \mmcr2, HOSTUSER, \n, \q
    CASE \name\()_svm, \mmcr0, \mmcr2, SVM, \n, \p
    CASE \name\()_svm_problem, \mmcr0, \mmcr2, SVMUSER, \n, \u
    .endm

    STATES fc, FC, 0, PMC1, 0, 0, 0, 0
    STATES fcs, FCS, 0, PMC1, 0, 1, 1, 1
    STATES fcp, FCP, 0, PMC2, 1, 0, 1, 0
    STATES fcpc, FCPC, 0, PMC3, 1, 0, 1, 1
    STATES fcp_fcpc, FCP | FCPC, 0, PMC4, 1, 1, 1, 0
    STATES fch, FCH, 0, PMC5, 1, 1, 0, 1
    STATES fcs_fcp_fch, FCS | FCP | FCH, 0, PMC6, 0, 0, 0, 0
    STATES fc14_pmc1, FC14, 0, PMC1, 0, 0, 0, 0
    STATES fc14_pmc4, FC14, 0, PMC4, 0, 0, 0, 0
    STATES fc14_pmc5, FC14, 0, PMC5, 1, 1, 1, 1
    STATES fc56_pmc4, FC56, 0, PMC4, 1, 1, 1, 1
    STATES fc56_pmc5, FC56, 0, PMC5, 0, 0, 0, 0
    STATES fc56_pmc6, FC56, 0, PMC6, 0, 0, 0, 0

    /* MSR[PMM] */
    CASE fcm1_pmm0, FCM1, 0, OS, PMC1, 1
    CASE fcm1_pmm1, FCM1, 0, OS | PMM, PMC1, 0
    CASE fcm0_pmm0, FCM0, 0, OS, PMC1, 0
    CASE fcm0_pmm1, FCM0, 0, OS | PMM, PMC1, 1

    /* MMCR2: the nine bits of each counter; the neighbours go on */
    .macro ALONE n, pmc, next
    STATES fc\n\()s, 0, 1 << (72 - 9 * \n), \pmc, 0, 1, 1, 1
    STATES fc\n\()p0, 0, 1 << (71 - 9 * \n), \pmc, 1, 0, 1, 1
    STATES fc\n\()p1, 0, 1 << (70 - 9 * \n), \pmc, 1, 1, 1, 0
    STATES fc\n\()h, 0, 1 << (66 - 9 * \n), \pmc, 1, 1, 0, 1
    CASE fc\n\()m1_pmm0, 0, 1 << (69 - 9 * \n), OS, \pmc, 1
    CASE fc\n\()m1_pmm1, 0, 1 << (69 - 9 * \n), OS | PMM, \pmc, 0
    CASE fc\n\()m0_pmm0, 0, 1 << (68 - 9 * \n), OS, \pmc, 0
    CASE fc\n\()m0_pmm1, 0, 1 << (68 - 9 * \n), OS | PMM, \pmc, 1
    CASE fc\n\()_neighbour, 0, 0x1fc << (64 - 9 * \n), OS, \next, 1
    CASE fc\n\()wait_run1, 0, 1 << (67 - 9 * \n), OS, \pmc, 1
    .endm
    ALONE 1, PMC1, PMC2
    ALONE 2, PMC2, PMC3
    ALONE 3, PMC3, PMC4
    ALONE 4, PMC4, PMC5
    ALONE 5, PMC5, PMC6
    ALONE 6, PMC6, PMC5

    TEST fc1wait_run0
    CLEAR
    SPR CTRL, 0
    SPR MMCR1, CYCLES
    SPR MMCR2, 1 << 58
    SPR MMCR0, 0
    BACK 2f
    GO OS, 1f
1:  nop
    HOME
2:  CHECKSPR PMC1, 0
    CHECKSPR PMC2, 1 + HOME_INSNS
    PASS
