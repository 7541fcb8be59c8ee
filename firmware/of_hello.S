/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest Open Firmware client: what a zImage wrapper asks of the client interface before it
 * starts its kernel. Assembled twice by tests/system/run.sh: as a 32-bit big-endian program that
 * must run where it is linked, and as a 64-bit big-endian kernel that runs anywhere (-DCLIENT64).
 *
 * Prints the word size of its MSR, the kernel command line and the size of memory, then claims memory
 * for RTAS, instantiates it and powers off. With "exit" at the start of the command line it leaves
 * through the client interface instead. Entry: R5 = client interface, R3 = an argument block.
 */
        .set    r1, 1
        .set    r3, 3
        .set    r4, 4
        .set    r5, 5
        .set    r9, 9
        .set    r10, 10
        .set    anchor, 31              /* register: address of the label anchor_here */
        .set    client, 30              /* register: address of the client interface */
        .set    temp, 29

        /* Stores argument \n of the next call. */
        .macro  arg n, reg
        stw     \reg, block - anchor_here + 12 + 4 * \n(anchor)
        .endm
        .macro  arg_address n, label
        addi    r9, anchor, \label - anchor_here
        arg     \n, r9
        .endm
        .macro  arg_number n, value
        li      r9, \value
        arg     \n, r9
        .endm
        /* Calls service \label; its first result is in R3 when there is one. */
        .macro  service label, nargs, nret
        addi    r9, anchor, \label - anchor_here
        stw     r9, block - anchor_here(anchor)
        li      r9, \nargs
        stw     r9, block - anchor_here + 4(anchor)
        li      r9, \nret
        stw     r9, block - anchor_here + 8(anchor)
        addi    r3, anchor, block - anchor_here
        mtctr   client
        bctrl
        cmpwi   r3, 0
        bne     fail
        lwz     r3, block - anchor_here + 12 + 4 * \nargs(anchor)
        .endm
        .macro  refuse_minus_one
        cmpwi   r3, -1
        beq     fail
        .endm
        .macro  finddevice label
        arg_address 0, \label
        service s_finddevice, 1, 1
        refuse_minus_one
        .endm
        /* Property \label of the node in R3 into buffer; its length in R3. */
        .macro  getprop label
        arg     0, r3
        arg_address 1, \label
        arg_address 2, buffer
        arg_number 3, 64
        service s_getprop, 4, 1
        refuse_minus_one
        .endm
        .macro  print label, length
        addi    r4, anchor, \label - anchor_here
        li      r5, \length
        bl      write
        .endm

        .text
        .globl  _start
_start:
        b       1f                      /* a raw image must begin with a branch */
1:      bcl     20, 31, anchor_here
anchor_here:
        mflr    anchor
        mr      client, r5
        finddevice n_chosen
        stw     r3, chosen - anchor_here(anchor)
        getprop p_stdout
        lwz     r3, buffer - anchor_here(anchor)
        stw     r3, stdout - anchor_here(anchor)
        print   hello, hello_end - hello

        mfmsr   r9                      /* SF is its leftmost bit */
        cmpdi   r9, 0
        blt     1f
        print   t_mode32, 9
        b       2f
1:      print   t_mode64, 9
2:
#ifndef CLIENT64
        lis     r9, anchor_here@ha      /* at the address of the linker, as 32-bit clients are */
        addi    r9, r9, anchor_here@l
        cmpw    r9, anchor
        bne     fail
#endif
        finddevice n_memory
        getprop p_reg
        lwz     r9, buffer - anchor_here + 12(anchor) /* two cells of address, two of size */
        srwi    r9, r9, 28
        addi    r9, r9, '0'
        stb     r9, t_size - anchor_here(anchor)
        print   t_size, 13

        lwz     r3, chosen - anchor_here(anchor)
        getprop p_bootargs
        addi    r5, r3, -1              /* without its NUL */
        addi    r4, anchor, buffer - anchor_here
        bl      write
        print   newline, 2
        lwz     r3, buffer - anchor_here(anchor)
        lis     r9, 0x6578              /* "exit" */
        ori     r9, r9, 0x6974
        cmpw    r3, r9
        bne     power_off
        service s_exit, 0, 0
        b       fail

power_off:
        finddevice n_rtas
        mr      temp, r3
        getprop p_size
        li      r9, 0                   /* anywhere, aligned to 64 KiB */
        arg     0, r9
        lwz     r9, buffer - anchor_here(anchor)
        arg     1, r9
        lis     r9, 1
        arg     2, r9
        service s_claim, 3, 1
        refuse_minus_one
        stw     r3, base - anchor_here(anchor)
        mr      r3, temp
        getprop p_power_off
        lwz     temp, buffer - anchor_here(anchor)
        arg_address 0, n_rtas
        service s_open, 1, 1
        cmpwi   r3, 0
        beq     fail
        arg     1, r3
        arg_address 0, m_instantiate
        lwz     r9, base - anchor_here(anchor)
        arg     2, r9
        service s_call_method, 3, 2     /* results: success, entry */
        cmpwi   r3, 0
        bne     fail
        lwz     r10, block - anchor_here + 12 + 4 * 4(anchor)
        mtctr   r10
        stw     temp, block - anchor_here(anchor)
        li      r9, 2
        stw     r9, block - anchor_here + 4(anchor)
        li      r9, 1
        stw     r9, block - anchor_here + 8(anchor)
        arg_number 0, -1
        arg_number 1, -1
        addi    r3, anchor, block - anchor_here
        lwz     r4, base - anchor_here(anchor)
        bctrl
fail:   b       fail                    /* -timeout ends it */

/* Writes R5 bytes at R4 to the console. */
write:
        mflr    temp
        arg     1, r4
        arg     2, r5
        lwz     r9, stdout - anchor_here(anchor)
        arg     0, r9
        service s_write, 3, 1
        refuse_minus_one
        mtlr    temp
        blr

        .balign 8
block:  .skip   64
buffer: .skip   64
chosen: .long   0
stdout: .long   0
base:   .long   0
hello:  .ascii  "of_hello: here\r\n"
hello_end:
t_mode32:       .ascii  "mode 32, "
t_mode64:       .ascii  "mode 64, "
t_size:         .ascii  "? * 256 MiB: "
newline:        .ascii  "\r\n"
s_finddevice:   .asciz  "finddevice"
s_getprop:      .asciz  "getprop"
s_write:        .asciz  "write"
s_exit:         .asciz  "exit"
s_claim:        .asciz  "claim"
s_open:         .asciz  "open"
s_call_method:  .asciz  "call-method"
m_instantiate:  .asciz  "instantiate-rtas"
n_chosen:       .asciz  "/chosen"
n_memory:       .asciz  "/memory@0"
n_rtas:         .asciz  "/rtas"
p_stdout:       .asciz  "stdout"
p_bootargs:     .asciz  "bootargs"
p_reg:          .asciz  "reg"
p_size:         .asciz  "rtas-size"
p_power_off:    .asciz  "power-off"
