/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory in native code, for all facilities. */
#ifndef PEFEMU_ENGINE_JIT_X64_MEMORY_H
#define PEFEMU_ENGINE_JIT_X64_MEMORY_H

#include "tr.h"

#include "pefemu/access.h"

/* Of a load or store that native code does by itself; false: of another one. */
static inline bool x64_access_of(const struct insn *in, struct access *a)
{
    return access_of(in->id, a) && a->regs != ACCESS_GPR_CI;
}

struct x64_access {
    struct x64_mem m;  /* the host's memory; uses RCX */
    struct late *slow; /* tr_back() where the instruction is done */
};

/* Checks that [@base + @disp, + @size) lies in one granule that the TLB's first level knows, else
 * the handler does the instruction. RCX and RDX are lost, @base is not. @settles: as of tr_slow().
 */
struct x64_access x64_access(struct tr *t, unsigned base, int32_t disp, unsigned size, bool store,
                             bool settles);

/* The check of [@base + @lo, + @len) for the present instruction, if it has a site: RCX = the
 * addend, or jumps from *@fail (a distance field) with what x64_has_site() wants in @s. RDX is
 * lost. False: it has none. */
struct x64_site {
    const uint8_t *found;
    uint32_t what;
};
bool x64_site_check(struct tr *t, unsigned base, int32_t lo, unsigned len, bool store,
                    struct x64_site *s, uint8_t **fail);
/* @l is what the failing check leads to. */
void x64_has_site(struct late *l, const struct x64_site *s);
/* entry.c: RCX = jit_site(cpu, RDX, ECX), or what that would say. RDX is lost. */
void x64_call_site(struct tr *t);
/* In late code: if the addend is found otherwise, control goes back; else on. */
void x64_late_site(struct tr *t, const struct late *l);

/* RCX = the TLB's entry for @base + @disp. */
void x64_tlb_entry(struct tr *t, unsigned base, int32_t disp);

/* value.c: every GPR holds what nobody knows; after @in; does a GPR have value @id? */
void values_begin(struct gpr_values *v);
void values_after(struct gpr_values *v, const struct insn *in);
bool values_have(const struct gpr_values *v, unsigned id);

/* reach.c: where an access lies relative to one of its registers, or to their sum, and how many
 * bytes it has. With an index, which is checked when the access is made, that is what it promises
 * to be. */
#define REACH_MAX 2048
struct reach {
    int32_t at;
    unsigned size;
    bool store;
    uint8_t index; /* a GPR; NO_GPR: none */
};
/* Of the instruction in @slot, relative to GPR @n; NO_GPR: to the sum of its two. False: it is no
 * access that way, or nobody knows how far. */
bool x64_reach(const struct tr *t, unsigned slot, unsigned n, struct reach *r);
/* Before a region is translated. */
void x64_hints_begin(struct tr *t);

/* group.c: RCX = the addend for the access of the present instruction, by way of a group; false: it
 * is in none. */
bool x64_group_access(struct tr *t, unsigned base, unsigned size, struct late **slow);
/* The access in @slot is to be in no group. */
bool x64_is_loose(const struct tr *t, unsigned slot);
/* It is done by its handler, or control does not go on behind it. */
bool x64_ends_group(const struct insn *in);
/* The handler has done the access that should have begun a group. */
void x64_late_group(struct tr *t, const struct late *l);
/* Behind @l, whose scratch registers are loaded again when it comes back. */
void x64_group_back(struct tr *t, const struct late *l);
/* After every instruction, and where no addend is to be trusted any more. */
void x64_group_after(struct tr *t, const struct insn *in);
void x64_group_forget(struct tr *t);
/* Where the addend of group @g is. */
struct x64_mem x64_addend_mem(unsigned g);
/* EA of D, DS, DQ (@indexed: X) forms: *@disp and the register that is returned, a pinned one or
 * RAX. */
unsigned x64_address(struct tr *t, const struct insn *in, bool indexed, int32_t *disp);
/* RA = the EA that x64_address() gave. */
void x64_update(struct tr *t, const struct insn *in, unsigned base, int32_t disp);

#endif
