# SPDX-License-Identifier: Apache-2.0
# Copies what comes in on serial port r4 to it, up to and with a full stop; then attn. r5: 0 for a
# 16550, else registers of 8 bytes that are read and written in pieces of r5 bytes.
    .globl _start
_start:
    cmpdi cr5, 5, 4
    cmpdi cr6, 5, 8
1:  bl get
    bl put
    cmpwi 7, '.'
    bne 1b
    attn

get:                        # waits for a byte, into r7
    cmpdi 5, 0
    bne 2f
1:  lbz 7, 5(4)
    andi. 7, 7, 1
    beq 1b
    lbz 7, 0(4)
    blr
2:  bt 26, 3f              # 8 bytes: all ones while there is nothing
    bt 22, 4f
    lbz 7, 8(4)
    cmpwi 7, 0xff
    beq 2b
    blr
3:  ld 7, 8(4)
    cmpdi 7, -1
    beq 3b
    blr
4:  lwa 7, 8(4)
    cmpwi 7, -1
    beq 4b
    blr

put:                        # the byte in r7
    cmpdi 5, 0
    bne 2f
1:  lbz 8, 5(4)
    andi. 8, 8, 0x20
    beq 1b
    stb 7, 0(4)
    blr
2:  ld 8, 0x10(4)           # 0: ready
    cmpdi 8, 0
    bne 2b
    bt 26, 3f
    bt 22, 4f
    stb 7, 0(4)
    blr
3:  std 7, 0(4)
    blr
4:  stw 7, 0(4)
    blr
