/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The jit engine: threaded code (src/engine/interp) whose hot regions run as native code.
 *
 * A slot of a code page counts how often it is jumped to. When it is hot, the region around it is
 * translated and the slot's operation becomes one that enters native code, so that everything
 * that threaded code can do stays possible at any instruction: native code leaves into it with
 * budget, CIA and CFAR exact. Between two instructions of native code
 *
 * - cpu->page_ea tells where the page is, cpu->op is NULL; cpu->ops is set when native code is
 * left, or calls what needs it;
 * - cpu->budget is what is left (not biased) plus the instructions since it was last settled, a
 *   number that is known where the code is made ("pending");
 * - CFAR is in cpu->cfar, or cpu->cfar_slot is one more than the slot of the page where it is;
 * - CR field n is in cpu->cr[n], or cpu->cr_lazy[n] is not 0 and holds the outcome of a
 *   comparison: low byte "not equal", high byte "greater or equal";
 * - FPSCR[XX] may be missing when cpu->fp_native: the host has it;
 * - the GPRs that the back end pins are in host registers, inside a block VSRs and what fp_lazy is
 *   to record may be as well; everything else is in struct cpu. Loops may have other registers in
 *   the host, CTR and the budget among them (x64/map.h).
 *
 * Native code does not know at which EA it runs: all mappings of a page share it.
 *
 * With a thread for each CPU (pefemu/threads.h) all execute the same native code, which is made and
 * dropped while the others are stopped: between slices, or in a handler that native code has called
 * and that has waited for the lock. The latter go on in threaded code (changes()), since what
 * native code knew of translations may be wrong, and so may it. Space is only used again when
 * nobody is inside.
 */
#ifndef PEFEMU_ENGINE_JIT_JIT_H
#define PEFEMU_ENGINE_JIT_JIT_H

#include "../interp/thread.h"
#include "pefemu/mmu.h"
#include "space.h"

/* What an entry point of native code is reached through. */
struct native_cell {
    const void *code; /* its address, or that of the code that leaves to the slot */
};

/* Of a code page that has native code. */
struct native_page {
    uint32_t cell[CODE_PAGE_INSNS]; /* struct native_cell, in the code space; 0: none */
    bool native[CODE_PAGE_INSNS];   /* the slot has an entry point */
    /* NATIVE_SLOT_STRAY, since they were last looked at, and the guest time then; a bit for slots
     * that caused too many: they are in no group any more */
    unsigned strays;
    uint64_t strays_since;
    uint16_t strayed[CODE_PAGE_INSNS];
    uint8_t loose[CODE_PAGE_INSNS / 8];
    /* ---- site.c ---- */
    uint8_t roams[CODE_PAGE_INSNS / 8]; /* a bit for slots whose accesses are to have no site */
    unsigned roamers;                   /* how often some were found */
    uint16_t site[CODE_PAGE_INSNS];     /* the last one of each slot, plus 1 */
};

/* Why native code was left. Bits 0:7 of what the back end's entry function returns beside a
 * value. */
enum native_exit {
    NATIVE_SLOT, /* value: 4 * slot, with flags below; go on in threaded code */
    NATIVE_ANY,  /* value: 4 * slot: this instruction through its handler, every check */
    NATIVE_JUMP, /* value: EA of a taken branch or of the next page; bits 32:63 of the reason: the
                    slot the branch stands in, plus 1, or 0 */
    NATIVE_DONE, /* value: the operation to go on with; all is settled */
};
#define NATIVE_SLOT_INSIDE 1u /* no boundary is there; else the budget may be used up */
#define NATIVE_SLOT_STRAY                                                                          \
    2u /* left because accesses that were checked together do not lie together */
struct native_return {
    uint64_t value, reason;
};

/* ---- regions ---- */
#define REGION_INSNS   512
#define REGION_LEADERS 96

enum { SLOT_IN = 1, SLOT_LEADER = 2, SLOT_STOP = 4, SLOT_LOOP = 8, SLOT_TIGHT = 16 };

/* What is to be translated: the slots with SLOT_IN, in the order of their addresses. Control
 * enters at leaders only, and may go on to where the page has native code already. SLOT_STOP: the
 * instruction stays with threaded code. SLOT_LOOP: it lies between a branch and what that goes back
 * to; SLOT_TIGHT: a near one. */
struct region {
    struct code_page *page;
    const struct cpu *cpu; /* which got there: its registers are a hint of what will be in them */
    unsigned count, leaders;
    unsigned first, end; /* no flag is set in other slots than [first, end) */
    uint8_t flags[CODE_PAGE_INSNS];
    struct insn insn[CODE_PAGE_INSNS]; /* decoded, where SLOT_IN */
};

/* The region that is reached from @slot by branches inside the page. src/engine/jit/region.c */
void region_find(struct region *r, struct cpu *cpu, struct code_page *page, unsigned slot);
/* The slot of a relative branch's target; false: outside the page, or no such branch. */
bool region_target(const struct insn *in, unsigned slot, unsigned *target);
/* A branch with link to the next instruction: control goes on there as if it were none. */
bool region_asks_where(const struct insn *in);

/* ---- sites: site.c ----
 *
 * An access of native code may have a place in tlb_ctx.site[], its own as long as there are not
 * more than those: what it finds there depends on no EA, so that it costs less than a look at the
 * TLB, and above all the loaded value waits for less. An access that roams - each time another
 * granule - is better off without: its site is given up, and if that is not seldom its page
 * translated anew.
 */
struct site_watch {
    int32_t left;   /* how often native code may ask the TLB itself before it calls jit_site() */
    bool roams;     /* the site was given up */
    uint64_t since; /* host ns, when left was set; 0: never */
    uint64_t turn;  /* jit->site_turns then */
    uint64_t limit; /* the most that the site had */
};
/* Before a region is translated. */
void site_begin(struct jit *jit);
/* Has the access in @slot of the region that is translated a site? */
bool site_wanted(const struct jit *jit, unsigned slot);
/* A number for tlb_ctx.site[], for accesses of @len bytes, up to 2048. @again: the one that the
 * access has already. */
unsigned site_take(struct jit *jit, unsigned slot, unsigned len, bool store, bool again);
/* Called by native code, whose site does not know [@ea, +len): the addend, or 0: the handler is to
 * do the access, or native code is to be left. @what: the site's number and, from bit 16 on, len
 * - 1. */
intptr_t jit_site(struct cpu *cpu, ea_t ea, uint32_t what);
/* The access in @slot of the page roams; those go along that seem to. */
void site_roams(const struct jit *jit, struct native_page *n, unsigned slot);

/* ---- the machine's native code ---- */
struct jit {
    struct machine *m;
    struct code_space space;
    size_t cells;         /* offset in the space: cells are taken downwards from its end */
    struct region region; /* being translated */
    bool privileged;      /* for a CPU that is not in problem state */
    const uint8_t *enter; /* the back end's entry function */
    const uint8_t *leave; /* default of a cell */
    bool full;            /* with threads: all of it is to go, as soon as nobody is inside */
    FILE *perfmap;        /* -perfmap, or NULL */
    uint64_t drops;       /* how often native code was thrown away */
    struct site_watch site[TLB_SITES];
    uint64_t site_turns[2]; /* how often any one's left was used up, by whether it roams */
    unsigned sites[2][2];   /* that were given: of loads and stores, single ones and groups */
    unsigned given, roamed; /* of late: how many, and how many of them roam */
    uint64_t shy_until;     /* host ns */
    bool shy;               /* in this region */
    /* for statistics */
    uint64_t regions, insns, bytes, flushes, translate_ns;
};

/* The cell of @slot, made when there is none; writable. NULL: the space is full. */
struct native_cell *jit_cell(struct jit *jit, struct code_page *page, unsigned slot);
/* Is there native code to be entered at @slot of the page? */
static inline bool jit_has_entry(const struct code_page *page, unsigned slot)
{
    return page->native && page->native->native[slot];
}
/* The cell of @slot leads to native code now: threaded code may enter there. */
void jit_entry(struct code_page *page, unsigned slot);

/* ---- -perfmap: perfmap.c; nothing happens without it ---- */
void perfmap_open(struct jit *jit);
/* @size bytes at @code are the code of @slot in the present page of @cpu. */
void perfmap_add(struct jit *jit, const struct cpu *cpu, unsigned slot, const void *code,
                 size_t size);
void perfmap_close(struct jit *jit);

/* Called by native code: executes the instruction at @slot through its handler. NULL: go on; else
 * leave with that as NATIVE_DONE. The second with every check, all that is lazy being settled; the
 * first for instructions whose facility is known to be there and that do not touch CR. */
const struct insn *jit_call(struct cpu *cpu, unsigned slot, unsigned pending);
const struct insn *jit_call_settled(struct cpu *cpu, unsigned slot, unsigned pending);

/* ---- the back end (src/engine/jit/x64) ---- */

/* Can this host run what it makes? */
bool native_available(void);
/* The fixed code; sets jit->enter and jit->leave. False: no room. */
bool native_begin(struct jit *jit);
/* Enters at @code. */
typedef struct native_return (*native_enter_fn)(struct cpu *cpu, const void *code);
/* Translates jit->region and makes its leaders entries. False: the space is full. */
bool native_translate(struct jit *jit);
/* The host's sticky inexact flag: cleared, with the environment that native code wants; asked. */
void native_fp_clean(void);
bool native_fp_inexact(void);

#endif
