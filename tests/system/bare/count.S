# SPDX-License-Identifier: Apache-2.0
# Counts in r3 for ever: two of three instructions.
    .globl _start
_start:
    addi 3, 3, 1
    addi 3, 3, 1
    b _start
