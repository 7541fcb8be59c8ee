/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest firmware for -bios: real mode, 64-bit big-endian, starts at 0x100 with the flattened
 * device tree in R3. Prints a line by H_PUT_TERM_CHAR, tells whether R3 is a device tree, and powers
 * off by the hypercall behind RTAS. Linked at 0, used as a raw image by tests/system/run.sh.
 */
        .set    H_PUT_TERM_CHAR, 0x58
        .set    H_RTAS, 0xf000
        .set    VTY, 0x71000000
        .set    POWER_OFF, 0x2003

        /* At most 16 characters, left-justified in R6 and R7. */
        .macro  print label, length
        li      3, H_PUT_TERM_CHAR
        lis     4, VTY >> 16
        li      5, \length
        ld      6, \label(0)
        ld      7, \label + 8(0)
        sc      1
        .endm

        .text
        .globl  _start
_start:
        b       _start                  /* nobody enters here */
        .org    0x100
        lwz     31, 0(3)                /* an FDT begins with 0xd00dfeed */
        print   hello, 14
        lis     9, 0xd00d
        ori     9, 9, 0xfeed
        cmplw   9, 31
        beq     1f
        print   t_none, 9
        b       2f
1:      print   t_tree, 9
2:      lis     3, 0
        ori     3, 3, H_RTAS
        li      4, power_off
        sc      1
        b       .

        .balign 8
power_off:                              /* token, arguments, results */
        .long   POWER_OFF, 2, 1, -1, -1, 0
hello:  .ascii  "hcall_hello: r\0\0"
t_none: .ascii  "3: none\r\n\0\0\0\0\0\0\0"
t_tree: .ascii  "3: tree\r\n\0\0\0\0\0\0\0"
