/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory in native code, for all facilities. */
#ifndef PEFEMU_ENGINE_JIT_X64_MEMORY_H
#define PEFEMU_ENGINE_JIT_X64_MEMORY_H

#include "tr.h"

struct x64_access {
    struct x64_mem m;  /* the host's memory; uses RCX */
    struct late *slow; /* tr_back() where the instruction is done */
};

/* Checks that [@base + @disp, + @size) lies in one granule that the TLB's first level knows, else
 * the handler does the instruction. RCX and RDX are lost, @base is not. @settles: as of tr_slow().
 */
struct x64_access x64_access(struct tr *t, unsigned base, int32_t disp, unsigned size, bool store,
                             bool settles);

/* RCX = the TLB's entry for @base + @disp. */
void x64_tlb_entry(struct tr *t, unsigned base, int32_t disp);

/* group.c: RCX = the addend for the access of the present instruction, by way of a group; false: it
 * is in none. */
bool x64_group_access(struct tr *t, unsigned base, unsigned size, struct late **slow);
/* The handler has done the access that should have begun a group. */
void x64_late_group(struct tr *t, const struct late *l);
/* After every instruction, and where no addend is to be trusted any more. */
void x64_group_after(struct tr *t, const struct insn *in);
void x64_group_forget(struct tr *t);
/* EA of D, DS, DQ (@indexed: X) forms: *@disp and the register that is returned, a pinned one or
 * RAX. */
unsigned x64_address(struct tr *t, const struct insn *in, bool indexed, int32_t *disp);
/* RA = the EA that x64_address() gave. */
void x64_update(struct tr *t, const struct insn *in, unsigned base, int32_t disp);

#endif
