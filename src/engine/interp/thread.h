/*
 * What threaded operations are made of; the idea is explained in interp.c.
 */
#ifndef PEFEMU_ENGINE_INTERP_THREAD_H
#define PEFEMU_ENGINE_INTERP_THREAD_H

#include "../exec.h"
#include "code.h"

/* Tail calls need an optimiser and no sanitizer's red zones. */
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&    \
    !defined(PEFEMU_NO_TAIL_CALLS)
#define TAIL_CALLS 1
#else
#define TAIL_CALLS 0
#endif
#if TAIL_CALLS && defined(__clang__)
#define TAIL __attribute__((musttail)) return
#else
#define TAIL return
#endif

/* Compilers load in->fn early and keep both pointers; a dispatch is shorter as add and jump. */
#define KEEP_TOGETHER(in) __asm__("" : "+r"(in))

/* The form of every operation. */
#define THREAD(name) const struct insn *name(struct cpu *cpu, const struct insn *in)

/* Go to operation @next. */
#if TAIL_CALLS
#define DISPATCH(next)                                                                             \
    do {                                                                                           \
        in = (next);                                                                               \
        KEEP_TOGETHER(in);                                                                         \
        TAIL in->fn(cpu, in);                                                                      \
    } while (0)
#else
#define DISPATCH(next) return (next)
#endif
#define NEXT DISPATCH(in + 1)

/* ---- leaving threaded code ---- */

static inline ea_t ea_of(const struct cpu *cpu, const struct insn *in)
{
    return cpu->page_ea + 4 * (uint64_t)(in - cpu->ops);
}

/* The operation that ends the run: whoever leaves goes there, so that nobody tests for it. */
extern const struct insn exit_op;

/* The next instruction is at @ea, @left instructions of budget remain. */
static inline const struct insn *leave(struct cpu *cpu, ea_t ea, int64_t left)
{
    cpu->budget = left;
    cpu->cia = cpu->nia = ea;
    cpu->op = NULL;
    return &exit_op;
}

/* @in ended with trap code @t; cpu->nia is valid. */
const struct insn *leave_trap(struct cpu *cpu, const struct insn *in, trap_t t);
/* The same for operations that never write nia. */
const struct insn *leave_fault(struct cpu *cpu, const struct insn *in, trap_t t);

/* ---- control flow: each returns the operation to go on with ---- */

/* A slot whose heat is this is hot: code_client. It counts jumps from code_cold() on. */
#define HOT 50
const struct insn *thread_hot(struct cpu *cpu, const struct insn *op);

/* Counts a jump to @op. CPUs that count at the same time lose some. */
static GUEST_ACCESS const struct insn *warm(struct cpu *cpu, const struct insn *op)
{
    struct insn *counted = (struct insn *)op;

    /* Not beyond: what several CPUs execute is not to be written for ever. */
    if (unlikely((int32_t)op->heat < HOT) && unlikely(++counted->heat == HOT))
        return thread_hot(cpu, op);
    return op;
}

/* Jump to @ea after @left has been settled (unbiased). */
static inline const struct insn *jump(struct cpu *cpu, ea_t ea, int64_t left)
{
    const struct itlb_entry *e = &cpu->tlb->i[(ea >> 12) & (ITLB_ENTRIES - 1)];
    unsigned index = (ea >> 2) & (CODE_PAGE_INSNS - 1);

    if (unlikely(left <= 0 || e->tag != (ea & ~0xfffULL)))
        return leave(cpu, ea, left);
    cpu->ops = e->ops;
    cpu->op = e->ops + index; /* never one of another page: cpu_insns_now() subtracts */
    cpu->page_ea = ea & ~0xfffULL;
    cpu->budget = left + index;
    return warm(cpu, e->ops + index);
}

/* A taken branch at @in to an address known only now. */
static inline const struct insn *branch_to(struct cpu *cpu, const struct insn *in, ea_t ea)
{
    cpu_set_cfar(cpu, ea_of(cpu, in));
    /* A branch to the next instruction is no boundary: exec_one() cannot tell it from falling
     * through, and both engines must stop at the same places. */
    if (unlikely(ea == ea_of(cpu, in) + 4))
        return in + 1;
    return jump(cpu, ea, cpu->budget - (in - cpu->ops) - 1);
}

/* A taken branch inside the page: imm = distance in slots | index of the target << 32. */
static inline const struct insn *branch_near(struct cpu *cpu, const struct insn *in)
{
    int32_t distance = (int32_t)in->imm;
    int32_t index = (int32_t)(in->imm >> 32);
    int64_t budget = cpu->budget + distance - 1;

    cpu->cfar_op = in;
    cpu->budget = budget;
    if (unlikely(budget <= index))
        return leave(cpu, cpu->page_ea + 4 * (uint64_t)index, budget - index);
    return warm(cpu, in + distance);
}

/* The same out of the page: imm = displacement in bytes. */
static inline const struct insn *branch_far(struct cpu *cpu, const struct insn *in)
{
    ea_t ea = ea_of(cpu, in);

    cpu_set_cfar(cpu, ea);
    return jump(cpu, ea + (uint64_t)in->imm, cpu->budget - (in - cpu->ops) - 1);
}

/* MSR bits an operation needs, by insn.spare (set when a slot is decoded). */
enum { NEED_NOTHING, NEED_FP, NEED_VEC, NEED_VSX };
extern const uint64_t need_msr[];

/* Instructions whose handlers know of CPUs that run at the same time, by threads; what is melted or
 * translated of them does not. */
bool thread_shares_memory(const struct insn *in);

/* Any instruction, with every check, through its handler (any.c). */
THREAD(thread_any);

/* Every row's operation: thread_<handler>. fixed.c, vector.c and float.c define those that melt a
 * handler into threaded code; the rest are weak names of call_<handler>, which calls the handler
 * (any.c). */
#define INSN(id, handler, ...)                                                                     \
    THREAD(thread_##handler);                                                                      \
    THREAD(call_##handler);
#include "pefemu/insn.def"
#undef INSN

/* Operations that only a decoded slot knows to be right: the best one for @in at slot @index. They
 * may rewrite the operands of @in for it. */
insn_thread choose_branch(struct insn *in, unsigned index);  /* branch.c */
insn_thread choose_compare(struct insn *in, unsigned index); /* compare.c */
insn_thread choose_system(struct insn *in);                  /* any.c */

/* Conditional branches inside the page, which compare.c fuses: imm as branch_near() wants it, ra
 * and rb the CR field and the mask of BI. */
THREAD(thread_bt_near);
THREAD(thread_bf_near);

#endif
