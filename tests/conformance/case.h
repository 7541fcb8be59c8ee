/*
 * One conformance case: an instruction (or two) with the complete user-visible state before it, and
 * the state after it. The same bytes are read by the program that runs under the test oracle
 * (guest.c, ppc64le) and by the emulator side (run.c, a little-endian host).
 */
#ifndef CONFORMANCE_CASE_H
#define CONFORMANCE_CASE_H

#include <stddef.h>
#include <stdint.h>

/* Addresses, the same on both sides. The last word of the case sits at the end of a 4 KiB page,
 * where every engine stops; branch targets lie in the code area, which is full of traps. */
#define CODE_BASE 0x01000000u
#define CODE_SIZE 0x10000u
#define SLOT      (CODE_BASE + 0x4ffcu)
#define ENTER     0x01010000u /* guest.c: loads the state */
#define LEAVE     0x01011000u /* guest.c: stores it */
#define OUT_STATE 0x01020000u
#define IN_STATE  0x01022000u
#define SAVE_AREA 0x01024000u
#define BUF_SIZE  512u
#define BUF_BASE  0x0103ff00u /* straddles a 64 KiB boundary, a granule of the software TLB */
#define MAP_BASE  CODE_BASE
#define MAP_SIZE  0x50000u

/* Offsets that the assembly of guest.c uses. */
#define OFF_CR    256
#define OFF_XER   264
#define OFF_LR    272
#define OFF_CTR   280
#define OFF_FPSCR 288
#define OFF_VSCR  296
#define OFF_TAR   304
#define OFF_VSR   336

#ifndef __ASSEMBLER__
struct conf_state {
    uint64_t gpr[32];
    uint64_t cr, xer, lr, ctr, fpscr, vscr, tar;
    uint64_t nia;    /* after: address of the next instruction, or of the faulting one */
    uint32_t signal; /* after: 0, or SIGILL SIGFPE SIGTRAP SIGSEGV SIGBUS by number of Linux */
    uint32_t pad[3];
    unsigned __int128 vsr[64];
    uint8_t buf[BUF_SIZE];
};

struct conf_case {
    uint32_t
        words[2]; /* words[0] runs at SLOT - 4, words[1] at SLOT; words[0] is a no-op if unused */
    uint32_t single; /* 1: words[0] is unused */
    uint32_t row;    /* enum insn_id of words[1] */
    struct conf_state in;
};

#define CONF_NOP 0x60000000u

_Static_assert(offsetof(struct conf_state, cr) == OFF_CR, "layout");
_Static_assert(offsetof(struct conf_state, xer) == OFF_XER, "layout");
_Static_assert(offsetof(struct conf_state, lr) == OFF_LR, "layout");
_Static_assert(offsetof(struct conf_state, ctr) == OFF_CTR, "layout");
_Static_assert(offsetof(struct conf_state, fpscr) == OFF_FPSCR, "layout");
_Static_assert(offsetof(struct conf_state, vscr) == OFF_VSCR, "layout");
_Static_assert(offsetof(struct conf_state, tar) == OFF_TAR, "layout");
_Static_assert(offsetof(struct conf_state, vsr) == OFF_VSR, "layout");
#endif

#endif
