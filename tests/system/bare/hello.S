# SPDX-License-Identifier: Apache-2.0
# Says hello on a 16550 at 0x400003f8, then stores r3 to the exit device at 0x40010000. Runs at any
# address, in either byte order.
    .globl _start
_start:
    bl 1f
1:  mflr 10
    addi 10, 10, text - 1b
    lis 11, 0x4000
    ori 11, 11, 0x3f8
2:  lbz 12, 0(10)
    cmpwi 12, 0
    beq 4f
3:  lbz 13, 5(11)           # line status: wait for room to transmit
    andi. 13, 13, 0x20
    beq 3b
    stb 12, 0(11)
    addi 10, 10, 1
    b 2b
4:  lis 11, 0x4001
    stw 3, 0(11)
    b .
text:
    .asciz "hello\n"
