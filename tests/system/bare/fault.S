# SPDX-License-Identifier: Apache-2.0
# Does what r20 says at the address in r21: 0 loads, 1 stores, 2 jumps there, 3 traps, 4 runs an
# illegal instruction. Interrupts leave their vector in r31 and stop at attn; without one r31 is 0.
    .macro VECTOR at
    .org \at
    li 31, \at
    mfsrr0 3
    mfsrr1 4
    mfdsisr 5
    mfdar 6
    attn
    .endm

    .globl _start
    VECTOR 0x200
    VECTOR 0x300
    VECTOR 0x400
    VECTOR 0x700
    VECTOR 0xe40
    .org 0x1000
_start:
    li 31, 0
    cmpdi 20, 1
    blt 1f
    beq 2f
    cmpdi 20, 3
    blt 3f
    beq 4f
    .long 0
    attn
1:  ldx 8, 0, 21
    attn
2:  stdx 8, 0, 21
    attn
3:  mtctr 21
    bctr
4:
trapping:
    trap
    attn
