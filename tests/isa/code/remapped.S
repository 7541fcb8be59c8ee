/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page tables that change under code that runs, and under its loads and stores, again and again. After
 * tlbie and isync the new page is executed, never the old one's decoded or native code. Book III,
 * "Translation Table Update Synchronization Requirements".
 */
#include "bare.inc"
    .set OTHER, PAGE + 0x200000 /* what PAGE shows in turn with itself */
    .set OTHER_PTE, PAGE_PTE + 8
    .set AP_2M, 1 << 5
    .set BY_PID, 1 << 10
    .set BY_LPID, 2 << 10
    .set OWN, 1 << 32 | 1       /* RS: PID 1, LPID 1 */
    .set HOST, 1 << 32
    .set TIMES, 60
    .set RW, LEAF | RC | 6
    .set ALL, LEAF | RC | RWX

    /* r14: the entry that changes, r15, r16: RB and RS of tlbie */
    .macro CHANGING entry, rb, rs
    LI r14, \entry
    LI r15, \rb
    LI r16, \rs
    .endm
    /* The entry is r10 now. */
    .macro CHANGE op, prs
    std r10, 0(r14)
    ptesync
    \op r15, r16, 0, \prs, 1
    ptesync
    isync
    .endm
    /* r10: a page for odd r7, another for even r7 */
    .macro CHOOSE odd, even
    LI r10, \even
    andi. r9, r7, 1
    beq 91f
    LI r10, \odd
91:
    .endm
    .macro AGAIN label
    addi r7, r7, -1
    cmpdi r7, 0
    bne \label
    .endm
    /* r3 is 1 in PAGE, 2 in OTHER, then what \end is */
    .macro TWO_PAGES end_high, end_low
    STORE PAGE, 0x3860000160000000              /* li r3,1 ; nop */
    STORE OTHER, 0x3860000260000000
    STORE PAGE + 8, \end_high << 32 | \end_low
    STORE OTHER + 8, \end_high << 32 | \end_low
    LI r5, PAGE
    .endm
    .set LI_R31_0, 0x3be00000
    .set BLR, 0x4e800020
    .set NOP, 0x60000000
    /* r3 says which page was executed: OTHER when r7 is odd */
    .macro RIGHT_PAGE wrong
    addi r9, r3, -1
    andi. r8, r7, 1
    cmpd r8, r9
    bne \wrong
    .endm

    /* ---- called from outside ---- */

    /* With translation on: the hypervisor changes its own page and calls it. */
    .macro CALLED name, op, rb, prs=1
    TEST \name
    SPR LPIDR, 0                /* which tlbiel means */
    TWO_PAGES BLR, NOP
    CHANGING PAGE_PTE, \rb, HOST
    BACK 4f
    GO HYP | IR | DR, 1f
1:  LI r7, TIMES
2:  CHOOSE ALL | OTHER, ALL | PAGE
    CHANGE \op, \prs
    mtctr r5
    bctrl
    RIGHT_PAGE 3f
    AGAIN 2b
3:  HOME
4:  CHECK r31, 0
    CHECK r7, 0
    PASS
    .endm
    CALLED called_page, tlbie, PAGE | AP_2M
    CALLED called_pid, tlbie, BY_PID
    CALLED called_page_local, tlbiel, PAGE | AP_2M
    CALLED called_pid_local, tlbiel, BY_PID

    /* From the ultravisor: pages of other states, of both scopes. */
    .macro ENTERED name, msr, entry, rb, prs
    TEST \name
    STORE PAGE, 0x3860000160000000              /* li r3,1 ; nop */
    STORE OTHER, 0x3860000260000000
    STORE PAGE + 8, LI_R31_0 << 32 | 0x3bc00001 /* li r31,0 ; li r30,1 ; sc 2 ; nop */
    STORE OTHER + 8, LI_R31_0 << 32 | 0x3bc00001
    STORE PAGE + 16, 0x4400004260000000
    STORE OTHER + 16, 0x4400004260000000
    CHANGING \entry, \rb, OWN
    LI r7, TIMES
2:  CHOOSE ALL | OTHER, ALL | PAGE
    CHANGE tlbie, \prs
    BACK 3f
    GO \msr, PAGE
3:  CHECK r31, 0
    RIGHT_PAGE 4f
    AGAIN 2b
4:  CHECK r7, 0
    PASS
    .endm
    ENTERED user_page, USER, PAGE_PTE, PAGE | AP_2M, 1
    ENTERED svm_user_pid, SVMUSER, PAGE_PTE, BY_PID, 1
    ENTERED user_partition, USER, PAGE_GPTE, PAGE | AP_2M, 0
    ENTERED svm_user_partition, SVMUSER, PAGE_GPTE, BY_LPID, 0
    ENTERED guest_real, OS, PAGE_GPTE, BY_LPID, 0

    /* It comes and goes: not there, and not executable. */
    .macro AWAY name, msr, entry, rb, prs, gone, vector
    TEST \name
    STORE PAGE, 0x3860000160000000
    STORE PAGE + 8, LI_R31_0 << 32 | 0x3bc00001
    STORE PAGE + 16, 0x4400004260000000
    CHANGING \entry, \rb, OWN
    LI r7, TIMES
2:  CHOOSE (\gone), ALL | PAGE
    CHANGE tlbie, \prs
    BACK 3f
    GO \msr, PAGE
3:  andi. r9, r7, 1
    neg r9, r9
    LI r8, \vector
    and r9, r9, r8
    cmpd r9, r31
    bne 4f
    AGAIN 2b
4:  CHECK r7, 0
    PASS
    .endm
    AWAY page_gone, USER, PAGE_PTE, PAGE | AP_2M, 1, 0, 0x400
    AWAY page_not_executable, SVMUSER, PAGE_PTE, BY_PID, 1, RW | PAGE, 0x400
    AWAY partition_gone, USER, PAGE_GPTE, BY_LPID, 0, 0, 0xe20
    AWAY partition_not_executable, OS, PAGE_GPTE, BY_LPID, 0, RW | PAGE, 0xe20

    /* ---- under its own feet ---- */

    /* Code at PAGE and at OTHER that puts the other one in its place. */
    .macro FEET id, op
    \op
    isync
    addi r3, 0, \id
    blr
    .endm
    .macro SWITCHES op          /* twelve instructions at most */
    std r10, 0(r14)
    ptesync
    \op r15, r16, 0, 1, 1
    ptesync
    .endm
    .macro COPY from, to
    LA r8, \from
    LI r9, \to
    .irp at, 0, 8, 16, 24, 32, 40
    ld r10, \at(r8)
    std r10, \at(r9)
    .endr
    .endm
    .macro OWN_FEET name, op
    TEST \name
    COPY 8f, PAGE
    COPY 9f, OTHER
    SPR LPIDR, 0                /* which tlbiel means */
    LI r5, PAGE
    CHANGING PAGE_PTE, PAGE | AP_2M, HOST
    BACK 4f
    GO HYP | IR | DR, 1f
1:  LI r7, TIMES
2:  CHOOSE ALL | OTHER, ALL | PAGE
    mtctr r5
    bctrl
    RIGHT_PAGE 3f
    AGAIN 2b
3:  HOME
4:  CHECK r31, 0
    CHECK r7, 0
    PASS
    .balign 16
8:  FEET 1, "SWITCHES \op"
    .balign 64
9:  FEET 2, "SWITCHES \op"
    .balign 64
    .endm
    OWN_FEET own_feet, tlbie
    OWN_FEET own_feet_local, tlbiel

    /* ---- other tables ---- */

    /* \spr is 1 or 2 in turn; what is 2 sees OTHER at PAGE. */
    .macro SECOND_TREE root, l2, l3
    STORE \root, VALID | \l2 | 9
    STORE \l2, VALID | \l3 | 9
    LI r8, PROCESS_L3 - 8
    LI r9, \l3 - 8
    LI r10, 32
    mtctr r10
    ldu r10, 8(r8)
    stdu r10, 8(r9)
    bdnz .-8
    STORE \l3 + PAGE / 0x200000 * 8, ALL | OTHER
    .endm
    .set ROOT2, 0x400000
    .set L2_2, 0x410000
    .set L3_2, 0x411000
    TEST other_process
    TWO_PAGES BLR, NOP
    SECOND_TREE ROOT2, L2_2, L3_2
    STORE PROCESS_TABLE + 32, RTS52 | ROOT2 | 13
    FLUSH
    BACK 4f
    GO HYP | IR | DR, 1f
1:  LI r7, TIMES
2:  andi. r9, r7, 1
    addi r9, r9, 1
    mtspr PIDR, r9
    isync
    mtctr r5
    bctrl
    RIGHT_PAGE 3f
    AGAIN 2b
3:  HOME
4:  CHECK r31, 0
    CHECK r7, 0
    PASS

    /* the code itself changes the process */
    TEST other_process_own_feet
    COPY 8f, PAGE
    COPY 9f, OTHER
    LI r5, PAGE
    SECOND_TREE ROOT2, L2_2, L3_2
    STORE PROCESS_TABLE + 32, RTS52 | ROOT2 | 13
    FLUSH
    BACK 4f
    GO HYP | IR | DR, 1f
1:  LI r7, TIMES
2:  andi. r9, r7, 1
    addi r9, r9, 1
    mtctr r5
    bctrl
    RIGHT_PAGE 3f
    AGAIN 2b
3:  HOME
4:  CHECK r31, 0
    CHECK r7, 0
    PASS
    .balign 16
8:  FEET 1, "mtspr PIDR, r9"
    .balign 64
9:  FEET 2, "mtspr PIDR, r9"
    .balign 64

    TEST other_partition
    STORE PAGE, 0x3860000160000000
    STORE OTHER, 0x3860000260000000
    STORE PAGE + 8, LI_R31_0 << 32 | 0x3bc00001
    STORE OTHER + 8, LI_R31_0 << 32 | 0x3bc00001
    STORE PAGE + 16, 0x4400004260000000
    STORE OTHER + 16, 0x4400004260000000
    SECOND_TREE ROOT2, L2_2, L3_2
    STORE PARTITION_TABLE + 32, VALID | RTS52 | ROOT2 | 13
    FLUSH
    LI r7, TIMES
2:  andi. r9, r7, 1
    addi r9, r9, 1
    mtspr LPIDR, r9
    isync
    BACK 3f
    GO SVMUSER, PAGE
3:  CHECK r31, 0
    RIGHT_PAGE 4f
    AGAIN 2b
4:  CHECK r7, 0
    PASS

    /* ---- loads and stores ---- */

    /* Two accesses side by side, the second in the page that comes (r7 even) and goes (r7 odd): the fault
     * is the second's, the first has been done, or neither has when it is one access to both. */
    .set GAP, PAGE - 8
    .macro DATA name, msr, first, second, gone, undone=0
    TEST \name
    STORE GAP, 0
    STORE PAGE, 0
    CHANGING PAGE_PTE, PAGE | AP_2M, OWN
    LI r7, TIMES
    LI r5, GAP
    LI r6, 0
    mr r4, r6
2:  CHOOSE (\gone), ALL | PAGE
    CHANGE tlbie, 1
    BACK 6f
    GO \msr, 3f
3:  \first
4:  \second
    HOME
6:  andi. r9, r7, 1
    bne 7f
    CHECK r31, 0
    b 8f
7:  CHECK r31, 0x300
    CHECKA r21, 4b
8:  \undone
    AGAIN 2b
    PASS
    .endm
    .macro WAS_LOADED           /* r3 from the first, r4 from the second only when it was there */
    CHECK r3, 0
    .endm
    .macro WAS_STORED           /* r7 at GAP, at PAGE the last even one */
    FETCH_DW r9, GAP
    mr r10, r9
    mr r11, r7
    COMPARE
    FETCH_DW r10, PAGE
    addi r11, r7, 1
    clrrdi r11, r11, 1
    cmpdi r11, TIMES
    COMPARE
    .endm
    .macro NOT_STORED           /* a doubleword in the middle: both halves are the last even r7's */
    addi r9, r7, 1
    clrrdi r11, r9, 1
    LI r9, GAP
    ld r10, 4(r9)
    COMPARE
    .endm
    DATA two_loads, USER, "ld r3, 0(r5)", "ld r4, 8(r5)", 0, WAS_LOADED
    DATA two_loads_svm, SVMUSER, "ld r3, 0(r5)", "lwz r4, 12(r5)", 0, WAS_LOADED
    DATA two_stores, USER, "std r7, 0(r5)", "std r7, 8(r5)", 0, WAS_STORED
    DATA two_stores_read_only, OS | DR, "std r7, 0(r5)", "std r7, 8(r5)", LEAF | RC | 4 | PAGE, WAS_STORED
    DATA load_and_store, USER, "ld r3, 0(r5)", "std r3, 8(r5)", LEAF | RC | 4 | PAGE, WAS_LOADED
    DATA store_across, USER, nop, "std r7, 4(r5)", 0, NOT_STORED
    DATA store_across_read_only, SVMUSER, nop, "std r7, 4(r5)", LEAF | RC | 4 | PAGE, NOT_STORED
    DATA load_across, USER, "ld r3, 0(r5)", "ld r4, 4(r5)", 0, WAS_LOADED

    /* One access, in turn to the page below and to the one that changes: what it knew of both together
     * must not outlive the change of one. r3: the sum of what was loaded, or what is stored. */
    .set BELOW, PAGE - 0x8000
    .macro STRADDLE name, msr, access, odd, after
    TEST \name
    STORE BELOW, 1
    STORE PAGE, 2
    STORE OTHER, 3
    CHANGING PAGE_PTE, PAGE | AP_2M, OWN
    LI r7, TIMES
    LI r5, BELOW
    LI r6, PAGE - BELOW
2:  CHOOSE \odd, ALL | PAGE
    CHANGE tlbie, 1
    LI r9, 41
    mtctr r9
    li r3, 0
    li r4, 0
    BACK 6f
    GO \msr, 3f
3:  \access
    add r3, r3, r8
    xor r4, r4, r6
    bdnz 3b
    HOME
6:  andi. r9, r7, 1
    \after
    AGAIN 2b
    PASS
    .endm
    .macro SUM_IS_RIGHT         /* 21 times 1, 20 times 2 or 3 */
    CHECK r31, 0
    mulli r11, r9, 20
    addi r11, r11, 61
    mr r10, r3
    COMPARE
    .endm
    .macro STORED_RIGHT         /* in PAGE the last even r7, in OTHER the last odd one */
    CHECK r31, 0
    FETCH_DW r10, BELOW
    mr r11, r7
    COMPARE
    FETCH_DW r10, PAGE
    addi r11, r7, 1
    clrrdi r11, r11, 1
    COMPARE
    FETCH_DW r10, OTHER
    ori r11, r7, 1
    cmpdi r11, TIMES
    ble 7f
    li r11, 3
7:  COMPARE
    .endm
    .macro FAULTS_ABOVE         /* at once, and never while it is there */
    neg r9, r9
    andi. r11, r9, 0x300
    mr r10, r31
    COMPARE
    .endm
    STRADDLE straddling_loads, USER, "ldx r8, r5, r4", ALL | OTHER, SUM_IS_RIGHT
    STRADDLE straddling_loads_svm, SVMUSER, "ldx r8, r5, r4", ALL | OTHER, SUM_IS_RIGHT
    STRADDLE straddling_stores, USER, "stdx r7, r5, r4", ALL | OTHER, STORED_RIGHT
    STRADDLE straddling_stores_os, OS | DR, "stdx r7, r5, r4", ALL | OTHER, STORED_RIGHT
    STRADDLE loads_of_page_gone, USER, "ldx r8, r5, r4", 0, FAULTS_ABOVE
    STRADDLE stores_read_only, SVMUSER, "stdx r7, r5, r4", LEAF | RC | 4 | PAGE, FAULTS_ABOVE

    /* Two granules below PAGE in turn, by the access to r5 + r4 at 93. */
    .macro BELOW_IN_TURN
    LI r5, BELOW
    LI r6, 0x10000
    li r9, 40
    mtctr r9
    li r4, 0
91: bl 93f
    neg r6, r6
    add r4, r4, r6
    bdnz 91b
    .endm

    /* What follows two pages that lie side by side is not what follows another one. */
    TEST end_of_neighbours
    STORE BELOW - 0x10000, 1
    STORE BELOW, 1
    STORE OTHER + 0x1ffff8, 10                  /* the end of PAGE, which shows OTHER */
    STORE OTHER, 100                            /* behind that, as an EA */
    STORE OTHER + 0x200000, 1000                /* behind that, as an RA */
    CHANGING PAGE_PTE, PAGE | AP_2M, OWN
    LI r10, ALL | OTHER
    CHANGE tlbie, 1
    li r3, 0
    li r7, 2
    BACK 4f
    GO USER, 2f
2:  BELOW_IN_TURN
    LI r4, OTHER - 8 - BELOW
    bl 93f
    addi r4, r4, 8
    bl 93f
    AGAIN 2b
    HOME
93: ldx r8, r5, r4
    add r3, r3, r8
    blr
4:  CHECK r31, 0
    CHECK r3, 300
    PASS

    /* A page that may be read only does not belong to two that may be written. */
    TEST read_only_neighbour
    CHANGING PAGE_PTE, PAGE | AP_2M, OWN
    LI r10, LEAF | RC | 4 | PAGE
    CHANGE tlbie, 1
    BACK 4f
    GO USER, 2f
2:  LI r4, PAGE
    ld r3, 0(r4)
    BELOW_IN_TURN
    LI r4, PAGE - BELOW
    bl 93f
    HOME
93: stdx r8, r5, r4
    blr
4:  CHECK r31, 0x300
    CHECKA r21, 93b
    PASS
