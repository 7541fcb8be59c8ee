/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What elementary loads and stores move: access.def has a row for each.
 *
 *   ACCESS(ID, bytes, registers, as)
 *
 *   ID         of insn.def, whose operands tell form and direction
 *   bytes      1, 2, 4, 8 or 16
 *   registers  GPR, GPR_CI (caching inhibited, for the hypervisor's real mode),
 *              SCALAR (doubleword 0 of a vector-scalar register), VECTOR (all of one)
 *   as         how memory and register differ: enum access_as
 *
 * Not here: what moves several registers, a number of bytes that a register says, or reservations.
 */
#ifndef PEFEMU_ACCESS_H
#define PEFEMU_ACCESS_H

#include "pefemu/insn.h"

enum access_regs { ACCESS_GPR, ACCESS_GPR_CI, ACCESS_SCALAR, ACCESS_VECTOR };

enum access_as {
    /* GPRs */
    AS_IS,       /* loads clear the rest of the register */
    AS_SIGNED,   /* loads extend the sign */
    AS_REVERSED, /* the bytes in the order that MSR[LE] does not say */
    /* scalars; those up to AS_WORD are in the register as they are in memory, or converted */
    AS_DOUBLE,
    AS_SINGLE, /* in memory; double in the register */
    AS_WORD,
    AS_WORD_SIGNED,
    AS_HALF,
    AS_BYTE,
    /* vectors */
    AS_QUADWORD,
    AS_ALIGNED, /* a quadword, at the EA without its low 4 bits */
    AS_DWORDS,  /* in the order of the elements, whatever MSR[LE] */
    AS_WORDS,
    AS_HALVES,
    AS_BYTES,
    AS_SPLAT, /* one element, loaded into all */
};

struct access {
    uint8_t size; /* bytes */
    uint8_t regs; /* enum access_regs */
    uint8_t as;   /* enum access_as */
    bool indexed; /* the EA is (RA|0) + (RB); else (RA|0) + displacement */
    bool update;  /* RA becomes the EA */
    bool store;
};

/* Of INSN_@id. False, *@a then being all 0: access.def does not have it. */
bool access_of(unsigned id, struct access *a);

#endif
