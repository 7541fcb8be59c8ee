# SPDX-License-Identifier: Apache-2.0
# For -profile: nearly all of its instructions are those of work.
    .globl _start
_start:
    li 4, 40
1:  bl work
    bl rest
    b 1b
    .type work, @function
work:
    mtctr 4
2:  addi 3, 3, 1
    bdnz 2b
    blr
    .size work, . - work
    .type rest, @function
rest:
    nop
    blr
    .size rest, . - rest
