/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lxvl and stxvl in little-endian mode: so many bytes as the high byte of RB says and no other are
 * accessed, up to 16; with none nothing is, wherever it is. Book I "VSX Storage Access Instructions".
 */
#include "bare.inc"
    .set OWN_HIGH, 0x0102030405060708
    .set OWN_LOW, 0x1112131415161718
    .set OLD_HIGH, 0xa1a2a3a4a5a6a7a8
    .set OLD_LOW, 0xb1b2b3b4b5b6b7b8
    .set LXVL, 0x1a32257c       /* vs1, r5, r6, as a little-endian program has it */
    .set STXVL, 0x1a33257c

    /* \op with \n bytes at \ea, PAGE not being there; then r31 is \vector, the doublewords at \at (in
     * front of PAGE) and vs1 are what follows. */
    .macro LENGTH name, op, n, ea, vector, first, second, high, low
    TEST \name
    STORE PAGE_PTE, 0
    FLUSH
    STORE PAGE - 16, OLD_HIGH
    STORE PAGE - 8, OLD_LOW
    FPU_ON
    LI r5, OWN_HIGH
    LI r6, OWN_LOW
    mtvsrdd 1, r5, r6
    LI r5, \ea
    LI r6, (\n) << 56 | 0x1234
    BACK 2f
    GO OS | DR | FPU | LE, 1f
1:  .long \op
    .long 0x0000e03b            /* li r31, 0 ; li r30, 1 ; sc 2 */
    .long 0x0100c03b
    .long 0x42000044
2:  FPU_ON
    CHECK r31, \vector
    CHECKDW PAGE - 16, \first
    CHECKDW PAGE - 8, \second
    mfvsrd r9, 1
    CHECK r9, \high
    mfvsrld r9, 1
    CHECK r9, \low
    PASS
    .endm
    .macro STORES name, n, ea, vector, first, second
    LENGTH store_\name, STXVL, \n, \ea, \vector, \first, \second, OWN_HIGH, OWN_LOW
    .endm
    .macro LOADS name, n, ea, vector, high, low
    LENGTH load_\name, LXVL, \n, \ea, \vector, OLD_HIGH, OLD_LOW, \high, \low
    .endm

    STORES 0, 0, PAGE - 16, 0, OLD_HIGH, OLD_LOW
    STORES 1, 1, PAGE - 16, 0, 0x18a2a3a4a5a6a7a8, OLD_LOW
    STORES 2, 2, PAGE - 16, 0, 0x1817a3a4a5a6a7a8, OLD_LOW
    STORES 7, 7, PAGE - 16, 0, 0x18171615141312a8, OLD_LOW
    STORES 8, 8, PAGE - 16, 0, 0x1817161514131211, OLD_LOW
    STORES 13, 13, PAGE - 16, 0, 0x1817161514131211, 0x0807060504b6b7b8
    STORES 15, 15, PAGE - 16, 0, 0x1817161514131211, 0x08070605040302b8
    STORES 16, 16, PAGE - 16, 0, 0x1817161514131211, 0x0807060504030201
    STORES 255, 255, PAGE - 16, 0, 0x1817161514131211, 0x0807060504030201
    STORES 3_at_end, 3, PAGE - 3, 0, OLD_HIGH, 0xb1b2b3b4b5181716
    STORES 4_across, 4, PAGE - 3, 0x300, OLD_HIGH, OLD_LOW
    STORES 0_beyond, 0, PAGE, 0, OLD_HIGH, OLD_LOW
    STORES 1_beyond, 1, PAGE, 0x300, OLD_HIGH, OLD_LOW

    LOADS 0, 0, PAGE - 16, 0, 0, 0
    LOADS 1, 1, PAGE - 16, 0, 0, 0xa1
    LOADS 7, 7, PAGE - 16, 0, 0, 0xa7a6a5a4a3a2a1
    LOADS 8, 8, PAGE - 16, 0, 0, 0xa8a7a6a5a4a3a2a1
    LOADS 9, 9, PAGE - 16, 0, 0xb1, 0xa8a7a6a5a4a3a2a1
    LOADS 16, 16, PAGE - 16, 0, 0xb8b7b6b5b4b3b2b1, 0xa8a7a6a5a4a3a2a1
    LOADS 200, 200, PAGE - 16, 0, 0xb8b7b6b5b4b3b2b1, 0xa8a7a6a5a4a3a2a1
    LOADS 3_at_end, 3, PAGE - 3, 0, 0, 0xb8b7b6
    LOADS 4_across, 4, PAGE - 3, 0x300, OWN_HIGH, OWN_LOW
    LOADS 0_beyond, 0, PAGE, 0, 0, 0
    LOADS 1_beyond, 1, PAGE, 0x300, OWN_HIGH, OWN_LOW
