/* SPDX-License-Identifier: Apache-2.0 */
/* System instructions that no generator can try: barriers, random numbers, copy-paste, accesses that
 * bypass caches, attn. Book II, "Storage Control Instructions"; Book III, "Fixed-Point Facility". */
#include "bare.inc"

    /* Executed in \msr: the next instruction follows, nothing else has changed. */
    .macro QUIET name, msr, op:vararg
    TEST \name
    BACK 2f
    LI r5, MAGIC
    LI r6, PAGE
    STORE PAGE, MAGIC
    li r7, 0
    mtcr r5
    GO \msr, 1f
1:  \op
    li r7, 1
    mfcr r8
    HOME
2:  CHECK r31, 0
    CHECK r7, 1
    CHECK r5, MAGIC
    CHECK r8, MAGIC
    CHECKM r27, STATE | EE, (\msr) & (STATE | EE)
    CHECKDW PAGE, MAGIC
    PASS
    .endm
    .macro EVERYWHERE name, op:vararg
    QUIET \name\()_user, USER, \op
    QUIET \name\()_svm_user, SVMUSER, \op
    QUIET \name\()_host_user, HOSTUSER, \op
    PRIVILEGED \name, \op
    .endm
    .macro PRIVILEGED name, op:vararg
    QUIET \name\()_guest, OS, \op
    QUIET \name\()_svm, SVM, \op
    HYPERVISOR \name, \op
    .endm
    .macro HYPERVISOR name, op:vararg
    QUIET \name\()_hypervisor, HYP, \op
    QUIET \name\()_ultravisor, UV, \op
    .endm
    EVERYWHERE sync, sync
    EVERYWHERE lwsync, lwsync
    EVERYWHERE ptesync, ptesync
    EVERYWHERE eieio, eieio
    EVERYWHERE isync, isync
    EVERYWHERE wait, wait
    EVERYWHERE cpabort, cpabort
    EVERYWHERE copy, copy 0, r6
    PRIVILEGED slbsync, slbsync
    HYPERVISOR tlbsync, tlbsync
    HYPERVISOR msgsync, .long 0x7c0006ec
    HYPERVISOR slbiag, .long 0x7ca006a4

    TEST isync_new_code_runs
    LA r6, 3f
    lis r5, 0x3860              /* li r3, 1 */
    ori r5, r5, 1
    li r7, 2
4:  BACK 2f
    GO OS, 1f
1:  stw r5, 0(r6)
    dcbst 0, r6
    sync
    icbi 0, r6
    isync
3:  addi r3, 0, 0
    HOME
2:  CHECK r31, 0
    clrlwi r8, r5, 16
    cmpd r3, r8
    bne 5f
    addi r5, r5, 1
    addic. r7, r7, -1
    bne 4b
    PASS
5:  li r4, 99
    b finish

    /* darn: L=0 has 32 bits, 1 and 2 have 64, 3 is the error value */
    TEST darn_32_bits
    darn r5, 0
    darn r6, 0
    srdi r7, r5, 32
    CHECK r7, 0
    srdi r7, r6, 32
    CHECK r7, 0
    PASS
    .macro DRAWS name, l
    TEST \name
    darn r5, \l
    darn r6, \l
    darn r8, \l
    xor r7, r5, r6
    xor r8, r8, r5
    or r7, r7, r8
    srdi r8, r7, 32
    cmpdi r8, 0
    beq 1f
    clrldi r8, r7, 32
    cmpdi r8, 0
    beq 1f
    PASS
1:  li r4, 1
    b finish
    .endm
    DRAWS darn_conditioned, 1
    DRAWS darn_raw, 2
    TEST darn_reserved
    .long 0x7ca305e6            /* darn r5, 3 */
    CHECK r5, -1
    PASS
    TEST darn_problem_state
    BACK 2f
    GO USER, 1f
1:  darn r5, 1
    HOME
2:  CHECK r31, 0
    PASS

    /* copy takes an address that can be read; paste. finds no accelerator anywhere */
    .macro PASTES name, op, offset, vector, dsisr
    TEST \name
    BACK 2f
    LI r5, PAGE + (\offset)
    GO USER, 1f
1:  \op
    HOME
2:  CHECK r31, \vector
    CHECKSPR DAR, PAGE + (\offset)
    .if \vector == 0x300
    CHECKSPR DSISR, \dsisr
    .endif
    PASS
    .endm
    PASTES copy_unaligned, "copy 0,r5", 8, 0x600, 0
    PASTES copy_absent, "copy 0,r5", 0x4000000, 0x300, NOT_FOUND
    PASTES paste_unaligned, "paste. 0,r5", 64, 0x600, 0
    PASTES paste_to_memory, "paste. 0,r5", 128, 0x300, STORE_BIT | 8
    PASTES paste_absent, "paste. 0,r5", 0x4000000, 0x300, NOT_FOUND | STORE_BIT

    /* Caching-inhibited accesses of the hypervisor: this many bytes, zero-extended. */
    .macro LOADCI name, op, msr, want
    TEST \name
    STORE PAGE, 0x8123456789abcdef
    BACK 2f
    LI r5, PAGE
    li r6, -1
    GO \msr, 1f
1:  \op r6, 0, r5
    HOME
2:  CHECK r31, 0
    CHECK r6, \want
    PASS
    .endm
    .macro STORECI name, op, msr, want
    TEST \name
    STORE PAGE, 0x1111111111111111
    BACK 2f
    LI r5, PAGE
    LI r6, 0x8123456789abcdef
    GO \msr, 1f
1:  \op r6, 0, r5
    HOME
2:  CHECK r31, 0
    CHECKDW PAGE, \want
    PASS
    .endm
    .irp state, HYP, UV
    LOADCI lbzcix_\state, lbzcix, \state, 0x81
    LOADCI lhzcix_\state, lhzcix, \state, 0x8123
    LOADCI lwzcix_\state, lwzcix, \state, 0x81234567
    LOADCI ldcix_\state, ldcix, \state, 0x8123456789abcdef
    STORECI stbcix_\state, stbcix, \state, 0xef11111111111111
    STORECI sthcix_\state, sthcix, \state, 0xcdef111111111111
    STORECI stwcix_\state, stwcix, \state, 0x89abcdef11111111
    STORECI stdcix_\state, stdcix, \state, 0x8123456789abcdef
    .endr

    /* dcbz and dcbzl: the 128 bytes around the address and no others */
    .macro ZEROES name, op, offset
    TEST \name
    LI r5, PAGE
    li r6, 48
    mtctr r6
    subi r6, r5, 8
    li r7, -1
3:  stdu r7, 8(r6)
    bdnz 3b
    BACK 2f
    LI r5, PAGE + (\offset)
    GO USER, 1f
1:  \op 0, r5
    HOME
2:  CHECK r31, 0
    CHECKDW PAGE + 120, -1
    CHECKDW PAGE + 128, 0
    CHECKDW PAGE + 192, 0
    CHECKDW PAGE + 248, 0
    CHECKDW PAGE + 256, -1
    PASS
    .endm
    ZEROES dcbz_aligned, dcbz, 128
    ZEROES dcbz_within, dcbz, 133
    ZEROES dcbz_last_byte, dcbz, 255
    ZEROES dcbzl_aligned, dcbzl, 128
    ZEROES dcbzl_within, dcbzl, 200

    /* no block in storage without caches: alignment */
    TEST dcbz_inhibited
    STORE PAGE_PTE, LEAF | RC | RWX | 0x20 | PAGE
    FLUSH
    STORE PAGE, MAGIC
    BACK 2f
    LI r5, PAGE
    GO USER, 1f
1:  dcbz 0, r5
    HOME
2:  CHECK r31, 0x600
    CHECKDW PAGE, MAGIC
    PASS

    /* attn calls the service processor: this machine ends, with status 0 */
    .macro ATTENTION name, msr
    TEST \name
    BACK 2f
    GO \msr, 1f
1:  attn
    nop
2:  li r4, 1
    b finish
    .endm
    ATTENTION attn_ultravisor, UV
    ATTENTION attn_hypervisor, HYP
