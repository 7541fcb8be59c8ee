/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The x86-64 back end's state while a region is translated, and what its files share.
 *
 * Host registers: RBP points into struct cpu, CPU_BIAS past its beginning: 8-bit displacements
 * reach the GPRs that are seldom in registers and what stands behind them. Eleven registers hold
 * GPRs (map.h), RAX RCX RDX are scratch. When the next guest instruction begins nothing stands
 * there that is not in memory as well (struct scratch), and in the host's flags at most the outcome
 * of a comparison (struct cr_state).
 */
#ifndef PEFEMU_ENGINE_JIT_X64_TR_H
#define PEFEMU_ENGINE_JIT_X64_TR_H

#include "../jit.h"
#include "emit.h"
#include "map.h"

#include "pefemu/uses.h"

#define CPU_BIAS       208
#define CPU_MEM(field) mem_at(RBP, (int32_t)offsetof(struct cpu, field) - CPU_BIAS)

/* Code that is seldom executed stands behind the rest of the region. */
enum late_kind {
    LATE_CALL,   /* the instruction through its handler, then back */
    LATE_OUT,    /* leave at the boundary before slot @target */
    LATE_EDGE,   /* a taken branch to @target: count, then go there */
    LATE_JUMP,   /* leave by NATIVE_JUMP, the EA in RAX; with @cont: unless it is found after all */
    LATE_ANY,    /* leave by NATIVE_ANY */
    LATE_CR,     /* settle CR field @target, then back */
    LATE_CR_BIT, /* the host's flags tell of CR bit @target, which is in no lazy field; then back */
    LATE_GROUP,  /* like LATE_CALL, but then group @target is checked again */
    LATE_INDEX,  /* like LATE_CALL, but then threaded code goes on */
    LATE_CLEAN,  /* the host's floating-point flags are cleared, then back */
};
/* LATE_CALL, LATE_GROUP: looked at before the handler is called, which is not if that says so. */
enum late_excuse {
    EXCUSE_NONE,
    EXCUSE_SITE,  /* the TLB has the addend that the site did not know: memory.c */
    EXCUSE_ZERO,  /* a zero in zero[0] is exact: float_excuse.c */
    EXCUSE_ZEROS, /* so are the lanes of zero[0] that EAX names */
    EXCUSE_HALF,  /* the double in zero[0] is not half way between two singles */
};
/* What an xmm register holds: see vsr.h. */
#define NO_VSR 0xff
#define NO_XMM 0xff
struct xmm_state {
    uint8_t vsr, view;
    bool dirty;
    uint32_t used;
};
/* An operation that is to be recorded in cpu->fp_lazy, kind 0: none; its operands a, b, c. */
struct fp_pending {
    uint8_t kind, x[3], view[3];
};
struct vsr_state {
    struct xmm_state xmm[16];
    struct fp_pending rec;
};

/* A GPR as a sum: what some GPR was at some time, known by a number, and a constant. See value.c.
 */
struct gpr_value {
    uint16_t id;
    int32_t plus;
};
struct gpr_values {
    struct gpr_value of[32];
    uint16_t next; /* id */
};

/* Accesses that are checked together: see group.c. */
struct ea_range {
    bool write;
    int32_t lo, hi; /* [lo, hi) relative to some EA */
};
#define MAX_GROUPS 32
struct ea_group {
    uint32_t key;          /* of the sum of the values to which their EAs are relative */
    bool loose;            /* none is to be looked for */
    struct ea_range range; /* for which an addend is known, relative to that */
};

/* What GPRs seem to hold in all of the region, or in all of its loops: see reach.c. */
struct gpr_hints {
    uint8_t kind[32];
    uint64_t value[32];
};

/* What a CR field tells of, while the operands are what they were: see cr.c. */
struct cr_compare {
    bool wide, is_signed;
    uint8_t ra, rb; /* GPRs; rb NO_GPR: with @value */
    uint16_t slot;
    uint16_t gone; /* deferred: where an operand changes; nobody asks from there on */
    int32_t value;
};
#define NO_GPR 0xff

enum cr_known { CR_UNKNOWN, CR_LAZY, CR_PLAIN };

/* What the translation knows of the condition register: see cr.c. */
struct cr_state {
    /* The host's flags are those of the comparison into this field (-1: of none), signed or not:
     * for the instruction that follows it, and as long as code leaves them alone (emit.flags). */
    int flags_field;
    bool flags_signed;
    uint8_t known[8]; /* enum cr_known, of each field in struct cpu */
    uint8_t compared; /* bits for fields: compares[] is valid, ... */
    uint8_t deferred; /* ... and struct cpu lacks the outcome */
    struct cr_compare compares[8];
};

/* What RAX, RCX and RDX hold beside their place in memory: a GPR's number, SCRATCH_ADDEND and more
 * for the addend of a group, SCRATCH_CA, or nothing. */
#define SCRATCH_REGS   3
#define SCRATCH_ADDEND 64
#define SCRATCH_CA     (SCRATCH_ADDEND + MAX_GROUPS)
struct scratch {
    uint8_t holds[SCRATCH_REGS];
    uint32_t used[SCRATCH_REGS];
};

struct late {
    enum late_kind kind;
    uint8_t *at;   /* distance field of the jump that leads here */
    uint8_t *back; /* where it goes on; NULL: nowhere */
    uint16_t slot, target;
    uint8_t map;
    int32_t pending;
    bool settles;          /* LATE_CALL: the handler may touch CR */
    uint8_t *at2;          /* LATE_GROUP: another jump to here, or NULL */
    struct ea_range group; /* relative to GPR @base, or with NO_GPR to the EA */
    uint8_t base;
    enum late_excuse excuse;
    const uint8_t *cont; /* with an excuse, and LATE_JUMP */
    uint32_t site;       /* for jit_site() */
    uint8_t zero[4]; /* xmm registers; exact if one of the next two is zero and so is the last */
    bool single[4];  /* ... as singles; the last may be NO_XMM */
    /* Where it was jumped from, and where it goes back. */
    struct vsr_state before, after;
    struct cr_state cr;     /* where it was jumped from */
    struct scratch scratch; /* where it goes back */
};

/* Bytes of the frame, a multiple of 16 and 8 more: what a call keeps for vsr_save(). */
#define FRAME 40

/* A loop of one block: see loop.c. */
struct loop_state {
    struct vsr_state vs;
    uint64_t checked;
    struct cr_state cr;
};
struct block_loop {
    uint16_t slot, last;          /* where it begins, and branches back */
    uint8_t *at;                  /* distance field of the first turn's jump to the copy */
    struct loop_state first;      /* there */
    struct loop_state start, end; /* of the copy */
    uint8_t *back;                /* its jump to its beginning; NULL: can not be */
};
#define MAX_BLOCK_LOOPS 16

/* Code from @at to @end. */
struct code_span {
    uint8_t *at, *end;
};

#define MAX_LATE 3072
#define MAX_FIX  1024

struct tr {
    struct emit e;
    struct jit *jit;
    struct region *r;
    unsigned slot;  /* being translated */
    unsigned block; /* where the block began; CODE_PAGE_INSNS in a copy */
    struct block_loop loops[MAX_BLOCK_LOOPS], *copying;
    unsigned nloops;
    int pending; /* instructions since the budget was settled, without this one */
    bool le;
    bool failed;                      /* some table is full */
    const uint8_t *pin;               /* host registers of the present map */
    uint8_t map;                      /* its number */
    struct scratch scratch;           /* gpr.c */
    bool late_code;                   /* being emitted: nothing is remembered */
    uint32_t stored_clock[MAP_COUNT]; /* insn_clock when code was emitted that stores the GPR */
    uint8_t map_of[CODE_PAGE_INSNS];  /* that of each slot */
    struct reg_map maps[MAX_MAPS];
    unsigned nmaps;
    struct cr_state cr;
    struct gpr_hints hints[2]; /* everywhere, and in loops */
    struct gpr_values values;
    struct ea_group group[MAX_GROUPS];
    uint32_t groups;                           /* a bit for each that is one */
    struct code_span addend_store[MAX_GROUPS]; /* of its addend, while nobody wants it; or NULL */
    struct late no_late;                       /* of an access that can not fail */
    struct vsr_state vs;
    uint32_t insn_clock;                   /* the instruction's number, for xmm_state.used */
    uint64_t checked;                      /* MSR bits that the block has found set; FP_READY */
    const uint8_t *label[CODE_PAGE_INSNS]; /* writable mapping */
    const uint8_t *entry[CODE_PAGE_INSNS]; /* the same, for those who come by the canonical map */
    struct {
        uint8_t *at;
        uint16_t slot;
    } fix[MAX_FIX];
    unsigned nfix;
    struct late late[MAX_LATE];
    unsigned nlate;
};

/* ---- translate.c ---- */
struct late *late_add(struct tr *t, enum late_kind kind, uint8_t *at);
/* The instruction's handler is called here. */
void tr_call(struct tr *t);
/* The same for a handler that needs no check, does not touch CR and forgets no translation. */
void tr_call_plain(struct tr *t);
/* A jump, whose distance field is @at, to the handler, which does all of the instruction: nothing
 * may have been changed. It comes back where tr_back() is called. @settles: the handler may touch
 * CR; all fields are unknown then. What the instruction writes into a VSR the handler must write,
 * too: no enabled exception may keep it from that. */
struct late *tr_slow(struct tr *t, uint8_t *at, bool settles);
/* The instruction is done here; to be called after its last vsr_write(). */
void tr_back(struct tr *t, struct late *l);
/* In late code, the handler of @l's instruction having been called: leaves to the next one. @flags:
 * of NATIVE_SLOT, beside NATIVE_SLOT_INSIDE. */
void tr_leave_behind(struct tr *t, const struct late *l, unsigned flags);

/* cpu->ops is the region's page, for those who are to go on there. RCX is lost. */
void tr_tell_page(struct tr *t);
/* A block begins at @slot, where control comes from anywhere; no label is set. */
void tr_begin_block(struct tr *t, unsigned slot);
/* The instruction at t->slot, which is one further then. */
void tr_one(struct tr *t);
/* Behind the block's last instruction, at @slot: to the next one, if control goes there. */
void tr_go_on(struct tr *t, unsigned slot);

/* ---- loop.c ---- */
/* A taken branch to @target is that of such a loop, and has been emitted. */
bool x64_loop_edge(struct tr *t, unsigned target);
/* ... and this is the copy: what is deferred may stay so. */
static inline bool x64_turns(const struct tr *t, unsigned target)
{
    return t->copying && t->slot == t->copying->last && target == t->copying->slot;
}
/* The copies of the loops that were found. */
void x64_loops(struct tr *t);

/* ---- registers: gpr.c; MAP_CTR and MAP_BUDGET count as GPRs ---- */
static inline struct x64_mem gpr_mem(unsigned n)
{
    if (n >= MAP_CTR)
        return n == MAP_CTR ? CPU_MEM(ctr) : CPU_MEM(budget);
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, gpr) + 8 * n) - CPU_BIAS);
}
/* The register that has GPR @n, its own or a scratch register, or NOT_PINNED. */
unsigned gpr_where(struct tr *t, unsigned n);
/* The host register with GPR @n: its own, or @scratch, loaded. */
unsigned gpr_read(struct tr *t, unsigned n, unsigned scratch);
/* The same for an operand that is only read, at once: whatever register has it. */
unsigned gpr_operand(struct tr *t, unsigned n, unsigned scratch);
/* GPR @n in @to, which may be changed. */
void gpr_copy(struct tr *t, unsigned n, unsigned to);
/* Is GPR @n in memory only, and was it not written by one of the last few instructions? */
#define STORE_SETTLES 8
bool gpr_is_settled(struct tr *t, unsigned n);
/* @to = @to @op GPR @n. RCX may be lost; where @to is that, RDX. */
void gpr_alu(struct tr *t, bool w, enum x64_alu op, unsigned to, unsigned n);
/* @to = GPR @n extended as X_MOVZX8 and so on do. */
void gpr_extend(struct tr *t, unsigned op, unsigned to, unsigned n);
/* Where the new value of GPR @n is to be computed: its own register, or @scratch. */
static inline unsigned gpr_dest(const struct tr *t, unsigned n, unsigned scratch)
{
    return t->pin[n] == NOT_PINNED ? scratch : t->pin[n];
}
/* The same, the scratch register of a @set of them that will be missed least. */
enum { IN_RAX = 1 << RAX, IN_RCX = 1 << RCX, IN_RDX = 1 << RDX };
unsigned gpr_dest_in(struct tr *t, unsigned n, unsigned set);
/* GPR @n is lessened by @v; the host's flags tell of the result. */
void gpr_sub(struct tr *t, unsigned n, int32_t v);
/* GPR @n becomes what is in @from. */
void gpr_write(struct tr *t, unsigned n, unsigned from);
void gpr_write_imm(struct tr *t, unsigned n, int32_t v);
/* The same as the end of an instruction; @record: CR0 tells of it. RAX may be lost. */
void gpr_result(struct tr *t, unsigned n, unsigned r, bool record);
/* Is it best to change GPR @n, which is in memory, there? */
bool gpr_stays_in_memory(struct tr *t, unsigned n);
/* Then: GPR @n = GPR @n @op GPR @other, or @v. */
void gpr_alu_memory(struct tr *t, enum x64_alu op, unsigned n, unsigned other);
void gpr_alu_memory_imm(struct tr *t, enum x64_alu op, unsigned n, int32_t v);
/* Scratch registers as copies of memory: forgotten; @r is one of @what; none is any more; the
 * register that is one, or NOT_PINNED; all that are known; loaded again in late code. */
void scratch_forget(struct tr *t);
void scratch_holds(struct tr *t, unsigned r, unsigned what);
void scratch_changed(struct tr *t, unsigned what);
unsigned scratch_with(struct tr *t, unsigned what);
struct scratch scratch_now(struct tr *t);
void scratch_reload(struct tr *t, const struct scratch *s);
/* In a switch over in->id: the row ID and its record form, which the code sees as @record. */
#define WITH_RECORD(ID, ...)                                                                       \
    case INSN_##ID:                                                                                \
    case INSN_##ID##_: {                                                                           \
        bool record = in->id == INSN_##ID##_;                                                      \
        __VA_ARGS__;                                                                               \
        return true;                                                                               \
    }

/* Bytes that an instruction's translation may take, or a piece of late code, or a way in,
 * generously: whether they are left is asked once before each. False: they are not, and the region
 * has failed. */
bool tr_has_room(struct tr *t);

/* ---- the way in and out: entry.c ---- */
/* What code of map @map needs beside it. */
void x64_map_stubs(struct tr *t, struct reg_map *map);
/* XX is not set yet: the host's status flags are cleared, if cpu.fp_native does not say that they
 * are. */
void x64_late_clean(struct tr *t, const struct late *l);

/* ---- translations of instructions, one facility a file; false: not here ---- */
bool x64_fixed(struct tr *t, const struct insn *in);        /* fixed.c */
bool x64_shift(struct tr *t, const struct insn *in);        /* shift.c */
bool x64_carry(struct tr *t, const struct insn *in);        /* carry.c */
bool x64_fixed_memory(struct tr *t, const struct insn *in); /* fixed_memory.c */
bool x64_reserve(struct tr *t, const struct insn *in);      /* reserve.c */
bool x64_system(struct tr *t, const struct insn *in);       /* system.c */
bool x64_float(struct tr *t, const struct insn *in);        /* float.c */
bool x64_vector(struct tr *t, const struct insn *in);       /* vector.c */
bool x64_cr(struct tr *t, const struct insn *in);           /* cr_insn.c */
/* branch.c: ends or continues the block; false: no branch. */
bool x64_branch(struct tr *t, const struct insn *in);
/* Control goes on in slot @to, which is not a boundary. */
void x64_fall(struct tr *t, unsigned to);
/* To the next page: jump.c. */
void x64_page_end(struct tr *t);
/* A branch is taken whose target is in another page, @distance from it, or at the EA in RAX. CR and
 * VSRs are in their places. */
void x64_jump_relative(struct tr *t, int32_t distance, bool link);
void x64_jump_register(struct tr *t, bool link);
/* The EA in RAX was not in its own entry of the jump cache. */
void x64_late_jump(struct tr *t, const struct late *l);
/* A taken branch to @target is counted, or leaves there. The distance field of the jump that
 * follows. */
uint8_t *x64_edge_count(struct tr *t, unsigned target);
/* The same in a loop's copy, CFAR being what it was unless @cfar: only a jump, to be patched. */
uint8_t *x64_edge_turn(struct tr *t, unsigned target, bool cfar);
/* The rest of a late branch. */
void x64_late_edge(struct tr *t, const struct late *l);

/* ---- condition register: cr.c ---- */
/* Host flags are those of cmp (signed or not), or of test with a signed meaning: CR field @bf
 * becomes the outcome. Leaves the flags alone. */
void cr_from_flags(struct tr *t, unsigned bf, bool is_signed);
/* Are the host's flags those of a comparison that may still be asked for? */
static inline bool cr_has_flags(const struct tr *t)
{
    return t->cr.flags_field >= 0 && t->e.flags == t->e.p;
}
/* CR field @bf becomes the outcome of @c, whose operands are given. */
void cr_compare(struct tr *t, unsigned bf, struct cr_compare c);
/* The record form's: GPR @n, which is in host register @r as well, compared with 0. */
void cr0_from(struct tr *t, unsigned n, unsigned r);
/* Before @in is translated, and after it. */
void cr_before(struct tr *t, const struct insn *in);
void cr_after(struct tr *t, const struct insn *in);
/* struct cpu gets all that it does not have. RAX and the host's flags are lost. */
void cr_flush(struct tr *t);
/* The same in late code, of @l; what the translation knows stays. */
void cr_emit_late(struct tr *t, const struct late *l);
/* Around a way out of the block, where it is one of two: flushed there if @flush, as it was on the
 * other. */
struct cr_way {
    struct cr_state was;
    struct scratch scratch;
    bool flags_there;
};
void cr_leave(struct tr *t, struct cr_way *w, bool flush);
void cr_stay(struct tr *t, const struct cr_way *w);
/* No comparison is remembered. Only when all are flushed. */
void cr_forget_compares(struct tr *t);
/* Would a comparison be deferred in a copy of @l? */
bool cr_gains(struct tr *t, struct block_loop *l);
/* What @want has deferred is as good as that in @have: the outcomes, or what they are of, are
 * there.
 * @all: and nothing else is deferred. */
bool cr_can_defer(const struct cr_state *have, const struct cr_state *want, bool all);
/* ... is deferred from here on. */
void cr_defer(struct tr *t, const struct cr_state *want);
/* CR field @bf becomes the value in register @r. */
void cr_write(struct tr *t, unsigned bf, unsigned r);
/* Emits a test of CR bit @bi. The condition code under which it is 1. */
enum x64_cc cr_test(struct tr *t, unsigned bi);
/* CR0 = EQ and SO, as a store-conditional leaves it. RAX is lost. */
void cr0_equal(struct tr *t);
/* Of what is in struct cpu. */
void cr_forget(struct tr *t, enum cr_known now);
/* The present instruction is done, or has been done by a handler for which all fields were settled.
 */
void cr_maybe_called(struct tr *t);
/* The present instruction, a record form, is done or has been done by its handler: in what form its
 * outcome is there nobody knows. To be called before tr_back(). */
void cr_done_or_called(struct tr *t);
void x64_late_cr(struct tr *t, const struct late *l);
void x64_late_cr_bit(struct tr *t, const struct late *l);

#endif
