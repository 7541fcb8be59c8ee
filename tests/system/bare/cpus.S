# SPDX-License-Identifier: Apache-2.0
# Every CPU adds r5 to the sum at 0x8000 and counts itself at 0x8008; the first ends the machine
# with the sum when r4 CPUs have done so.
    .globl _start
_start:
    mfspr 3, 1023
    li 10, 0x4000
    add 10, 10, 10
1:  ldarx 7, 0, 10
    add 7, 7, 5
    stdcx. 7, 0, 10
    bne 1b
    addi 11, 10, 8
2:  ldarx 8, 0, 11
    addi 8, 8, 1
    stdcx. 8, 0, 11
    bne 2b
    cmpdi 3, 0
    bne .
3:  ld 8, 0(11)
    cmpd 8, 4
    bne 3b
    ld 7, 0(10)
    lis 9, 0x4001
    std 7, 0(9)
    b .
