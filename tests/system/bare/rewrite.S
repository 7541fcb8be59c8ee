# SPDX-License-Identifier: Apache-2.0
# Writes the immediate of an instruction anew, 1..300, each time the loop comes by, often enough that the
# code becomes native first. Ends with 42 when the sum is right, else with 1.
    .globl _start
_start:
    bl 1f
1:  mflr 7
    addi 7, 7, target - 1b
    lwz 8, 0(7)
    li 4, 300
next:
    li 5, 200
    mtctr 5
    li 3, 0
warm:
    addi 3, 3, 1
target:
    addi 6, 6, 0
    bdnz warm
    add 9, 8, 4
    stw 9, 0(7)
    dcbst 0, 7
    sync
    icbi 0, 7
    isync
    addi 4, 4, -1
    cmpwi 4, 0
    bne next
    # 200 * (300 + ... + 2): the first time round it was 0, and 1 is not executed
    lis 10, 200 * 45149 / 65536
    ori 10, 10, 200 * 45149 % 65536
    li 3, 42
    cmpd 6, 10
    beq end
    li 3, 1
end:
    li 11, 1
    sldi 11, 11, 63
    oris 11, 11, 0x4001
    std 3, 0(11)
    b .
