/*
 * A 32-bit big-endian Open Firmware client, as a zImage wrapper is one: finds the console through
 * /chosen, writes a line and leaves by "exit". Links at 0x4000000 and uses absolute addresses, so it
 * runs only where its ELF header says. R5 = client interface entry (IEEE 1275, PowerPC binding).
 */
    .text
    .globl _start
_start:
    mr      31, 5

    lis     3, find@ha              /* chosen = finddevice("/chosen") */
    addi    3, 3, find@l
    bl      call
    lis     4, find@ha
    lwz     5, find@l+16(4)
    lis     4, prop@ha              /* getprop(chosen, "stdout", &handle, 4) */
    stw     5, prop@l+12(4)
    addi    3, 4, prop@l
    bl      call
    lis     4, handle@ha
    lwz     5, handle@l(4)
    lis     4, write@ha             /* write(handle, text, length) */
    stw     5, write@l+12(4)
    addi    3, 4, write@l
    bl      call
    lis     3, leave@ha             /* exit() */
    addi    3, 3, leave@l
    bl      call
    b       .

call:
    mflr    30
    mtctr   31
    bctrl
    mtlr    30
    blr

    .data
    .balign 4
find:   .long   s_find, 1, 1, s_chosen, 0
prop:   .long   s_prop, 4, 1, 0, s_stdout, handle, 4, 0
write:  .long   s_write, 3, 1, 0, text, text_end - text, 0
leave:  .long   s_exit, 0, 0
handle: .long   0
s_find:   .asciz "finddevice"
s_chosen: .asciz "/chosen"
s_prop:   .asciz "getprop"
s_stdout: .asciz "stdout"
s_write:  .asciz "write"
s_exit:   .asciz "exit"
text:     .ascii "hello from a 32-bit client\r\n"
text_end:
