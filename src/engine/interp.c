/*
 * -accel interp: predecoded, threaded code.
 *
 * Each instruction of a code page is a slot with a function; a function does its work and ends in a
 * jump to the next slot's function (a tail call; compilers that cannot are driven by a loop instead).
 *
 * Counting: cpu->budget is kept biased by the index of the current slot, so that what is left at slot
 * i is budget - i and straight-line code needs no counting at all. A taken branch from slot a to slot
 * b adds b - a - 1. The budget is looked at on taken branches, at the end of a page and at context
 * changes, which is also where asynchronous interrupts are taken (engine.h).
 *
 * Everything odd - 32-bit mode, single-step, code outside RAM - goes through exec_one(), which is the
 * reference engine's step.
 */
#include "code.h"
#include "exec.h"

/* Tail calls need an optimiser and no sanitizer's red zones. */
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(PEFEMU_NO_TAIL_CALLS)
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

#define THREAD(name) static const struct insn *name(struct cpu *cpu, const struct insn *in)

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

static ea_t ea_of(const struct cpu *cpu, const struct insn *in)
{
    return cpu->page_ea + 4 * (uint64_t)(in - cpu->ops);
}

/* The operation that ends the run: whoever leaves goes there, so that nobody tests for it. */
THREAD(thread_exit)
{
    (void)cpu;
    (void)in;
    return NULL;
}
static const struct insn exit_op = { .fn = thread_exit };

/* The next instruction is at @ea, @left instructions of budget remain. */
static const struct insn *leave(struct cpu *cpu, ea_t ea, int64_t left)
{
    cpu->budget = left;
    cpu->cia = cpu->nia = ea;
    cpu->op = NULL;
    return &exit_op;
}

/* @in ended with trap code @t; cpu->nia is valid. */
static __attribute__((noinline)) const struct insn *leave_trap(struct cpu *cpu,
                                                               const struct insn *in, trap_t t)
{
    cpu->cia = ea_of(cpu, in);
    cpu->budget -= in - cpu->ops;
    cpu->exit_trap = t;
    cpu->op = NULL;
    return &exit_op;
}

/* The same for operations that never write nia. */
static __attribute__((noinline)) const struct insn *leave_fault(struct cpu *cpu,
                                                                const struct insn *in, trap_t t)
{
    cpu->nia = ea_of(cpu, in) + 4;
    return leave_trap(cpu, in, t);
}

/* ---- control flow: each returns the operation to go on with ---- */

/* Jump to @ea after @left has been settled (unbiased). */
static inline const struct insn *jump(struct cpu *cpu, ea_t ea, int64_t left)
{
    const struct itlb_entry *e = &cpu->tlb->i[(ea >> 12) & (ITLB_ENTRIES - 1)];
    unsigned index = (ea >> 2) & (CODE_PAGE_INSNS - 1);

    if (unlikely(left <= 0 || e->tag != (ea & ~0xfffULL)))
        return leave(cpu, ea, left);
    cpu->ops = e->ops;
    cpu->page_ea = ea & ~0xfffULL;
    cpu->budget = left + index;
    return e->ops + index;
}

/* A taken branch at @in to an address known only now. */
static inline const struct insn *branch_to(struct cpu *cpu, const struct insn *in, ea_t ea)
{
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

    cpu->budget = budget;
    if (unlikely(budget <= index))
        return leave(cpu, cpu->page_ea + 4 * (uint64_t)index, budget - index);
    return in + distance;
}

/* The same out of the page: imm = displacement in bytes. */
static inline const struct insn *branch_far(struct cpu *cpu, const struct insn *in)
{
    return jump(cpu, ea_of(cpu, in) + (uint64_t)in->imm, cpu->budget - (in - cpu->ops) - 1);
}

static inline bool cr_bit(const struct cpu *cpu, const struct insn *in)
{
    return cpu->cr[in->ra] & in->rb; /* decoded: field and mask of BI */
}

#define BRANCH(name, where, link, condition)                                                       \
    THREAD(name##_##where)                                                                         \
    {                                                                                              \
        if (condition) {                                                                           \
            if (link)                                                                              \
                cpu->lr = ea_of(cpu, in) + 4;                                                      \
            DISPATCH(branch_##where(cpu, in));                                                     \
        }                                                                                          \
        NEXT;                                                                                      \
    }
#define BRANCH_PAIR(name, link, condition)                                                         \
    BRANCH(name, near, link, condition)                                                            \
    BRANCH(name, far, link, condition)
BRANCH_PAIR(thread_b, false, true)
BRANCH_PAIR(thread_bl, true, true)
BRANCH_PAIR(thread_bt, false, cr_bit(cpu, in))
BRANCH_PAIR(thread_bf, false, !cr_bit(cpu, in))
BRANCH_PAIR(thread_bdnz, false, --cpu->ctr != 0)
BRANCH_PAIR(thread_bdz, false, --cpu->ctr == 0)

THREAD(thread_blr)
{
    DISPATCH(branch_to(cpu, in, cpu->lr & ~3ULL));
}

THREAD(thread_btlr)
{
    if (cr_bit(cpu, in))
        DISPATCH(branch_to(cpu, in, cpu->lr & ~3ULL));
    NEXT;
}

THREAD(thread_bflr)
{
    if (!cr_bit(cpu, in))
        DISPATCH(branch_to(cpu, in, cpu->lr & ~3ULL));
    NEXT;
}

THREAD(thread_bctr)
{
    DISPATCH(branch_to(cpu, in, cpu->ctr & ~3ULL));
}

THREAD(thread_bctrl)
{
    cpu->lr = ea_of(cpu, in) + 4;
    DISPATCH(branch_to(cpu, in, cpu->ctr & ~3ULL));
}

const struct insn *thread_page_end(struct cpu *cpu, const struct insn *in)
{
    DISPATCH(jump(cpu, cpu->page_ea + 4096, cpu->budget - CODE_PAGE_INSNS));
}

/* The page was dropped under our feet: look it up again. */
const struct insn *thread_stale(struct cpu *cpu, const struct insn *in)
{
    return leave(cpu, ea_of(cpu, in), cpu->budget - (in - cpu->ops));
}

/* ---- operations ---- */

/* Any instruction, with every check, through its handler. */
THREAD(thread_any)
{
    ea_t next = ea_of(cpu, in) + 4;
    trap_t t;

    cpu->op = in;
    cpu->cia = next - 4;
    cpu->nia = next;
    t = exec_gate(cpu, in);
    if (t == TRAP_NONE)
        t = insn_table[in->id].handler(cpu, in);
    if (unlikely(t))
        DISPATCH(leave_trap(cpu, in, t));
    if (cpu->nia != next)
        DISPATCH(branch_to(cpu, in, cpu->nia));
    NEXT;
}

THREAD(thread_nop)
{
    NEXT;
}

/* mflr and friends: the SPRs of every function's prologue. */
#define MOVE_SPR(field)                                                                            \
    THREAD(thread_mf##field)                                                                       \
    {                                                                                              \
        cpu->gpr[in->rt] = cpu->field;                                                             \
        NEXT;                                                                                      \
    }                                                                                              \
    THREAD(thread_mt##field)                                                                       \
    {                                                                                              \
        cpu->field = cpu->gpr[in->rt];                                                             \
        NEXT;                                                                                      \
    }
MOVE_SPR(lr)
MOVE_SPR(ctr)

/*
 * The handlers of the fixed-point facilities once more, to be melted into threaded code. Here they see
 * accessors that know nothing but a TLB hit and SF=1: a handler that returns any trap is simply run
 * again, whole, through thread_any(), which is allowed because handlers change nothing before their
 * last possible fault. So a fast load has no call in it, hence no stack frame.
 */
#define TRAP_AGAIN TRAP_COUNT

#define HIT_ACCESSORS(bits)                                                                        \
    static inline trap_t hit_load##bits(struct cpu *cpu, ea_t ea, uint##bits##_t *out)             \
    {                                                                                              \
        const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];                                   \
        uint##bits##_t v;                                                                          \
                                                                                                   \
        if (unlikely(e->tag_r != ((ea + bits / 8 - 1) & TLB_MASK)))                                \
            return TRAP_AGAIN;                                                                     \
        memcpy(&v, (const void *)(ea + e->addend), sizeof(v));                                     \
        *out = likely(cpu->le) == HOST_LE ? v : swap##bits(v);                                     \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    static inline trap_t hit_store##bits(struct cpu *cpu, ea_t ea, uint##bits##_t v)               \
    {                                                                                              \
        const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];                                   \
                                                                                                   \
        if (unlikely(e->tag_w != ((ea + bits / 8 - 1) & TLB_MASK)))                                \
            return TRAP_AGAIN;                                                                     \
        v = likely(cpu->le) == HOST_LE ? v : swap##bits(v);                                        \
        memcpy((void *)(ea + e->addend), &v, sizeof(v));                                           \
        return TRAP_NONE;                                                                          \
    }
#define swap8(v)  (v)
#define swap16(v) __builtin_bswap16(v)
#define swap32(v) __builtin_bswap32(v)
#define swap64(v) __builtin_bswap64(v)
HIT_ACCESSORS(8)
HIT_ACCESSORS(16)
HIT_ACCESSORS(32)
HIT_ACCESSORS(64)

static inline void set_cr0_64(struct cpu *cpu, uint64_t v)
{
    cpu->cr[0] = ((int64_t)v < 0 ? CR_LT : v ? CR_GT : CR_EQ) | cpu->so;
}

#define mem_load8          hit_load8
#define mem_load16         hit_load16
#define mem_load32         hit_load32
#define mem_load64         hit_load64
#define mem_store8         hit_store8
#define mem_store16        hit_store16
#define mem_store32        hit_store32
#define mem_store64        hit_store64
#define cpu_ea(cpu, v)     (v)
#define cpu_set_cr0(cpu, v) set_cr0_64(cpu, v)

#define PEFEMU_INLINE_OPS
#undef OP
#define OP(name) \
    static inline trap_t hot_op_##name(struct cpu *cpu, const struct insn *in)
#include "../cpu/fixed_arith.c"
#include "../cpu/fixed_logic.c"
#include "../cpu/fixed_load.c"
#include "../cpu/fixed_store.c"
#include "../cpu/cr.c"

#undef mem_load8
#undef mem_load16
#undef mem_load32
#undef mem_load64
#undef mem_store8
#undef mem_store16
#undef mem_store32
#undef mem_store64
#undef cpu_ea
#undef cpu_set_cr0

/* Atomics and cache management are too big to melt: called. cpu->op is for whoever looks at the
 * instruction count meanwhile. */
#define COLD(name)                                                                                 \
    trap_t op_##name(struct cpu *cpu, const struct insn *in);                                      \
    static inline trap_t hot_op_##name(struct cpu *cpu, const struct insn *in)                     \
    {                                                                                              \
        cpu->op = in;                                                                              \
        return op_##name(cpu, in);                                                                 \
    }
COLD(copy) COLD(dcbf) COLD(dcbst) COLD(dcbt) COLD(dcbtst) COLD(dcbz) COLD(dcbzl) COLD(dss)
COLD(dssall) COLD(dst) COLD(dstst) COLD(dststt) COLD(dstt) COLD(icbi) COLD(icbt) COLD(lbarx)
COLD(ldarx) COLD(ldat) COLD(lharx) COLD(lqarx) COLD(lwarx) COLD(lwat) COLD(paste_) COLD(stbcx_)
COLD(stdat) COLD(stdcx_) COLD(sthcx_) COLD(stqcx_) COLD(stwat) COLD(stwcx_)

/* MSR bits an operation needs, by insn.spare. */
enum { NEED_NOTHING, NEED_FP, NEED_VEC, NEED_VSX };
static const uint64_t need_msr[] = { 0, MSR_FP, MSR_VEC, MSR_VSX };

#define THREAD_INLINE(id, handler)                                                                 \
    THREAD(thread_##id)                                                                            \
    {                                                                                              \
        if (unlikely(hot_##handler(cpu, in)))                                                      \
            TAIL thread_any(cpu, in);                                                              \
        NEXT;                                                                                      \
    }
#define THREAD_CALL(id, handler)                                                                   \
    trap_t handler(struct cpu *cpu, const struct insn *in);                                        \
    THREAD(thread_##id)                                                                            \
    {                                                                                              \
        trap_t t;                                                                                  \
                                                                                                   \
        if (unlikely(need_msr[in->spare] & ~cpu->msr))                                             \
            TAIL thread_any(cpu, in);                                                              \
        cpu->op = in;                                                                              \
        t = handler(cpu, in);                                                                      \
        if (unlikely(t))                                                                           \
            DISPATCH(leave_fault(cpu, in, t));                                                     \
        NEXT;                                                                                      \
    }
#define THREAD_NONE(id, handler)

#define THREAD_FXU THREAD_INLINE
#define THREAD_LSU THREAD_INLINE
#define THREAD_CRU THREAD_INLINE
#define THREAD_FPU THREAD_CALL
#define THREAD_VMX THREAD_CALL
#define THREAD_VSX THREAD_CALL
#define THREAD_DFP THREAD_CALL
#define THREAD_BRU THREAD_NONE
#define THREAD_SYS THREAD_NONE
#define INSN(id, handler, mnemonic, form, operands, match, mask, fac, ...) THREAD_##fac(id, handler)
#include "pefemu/insn.def"
#undef INSN

/* Which function a row starts with; branches and system instructions are chosen by choose(). */
#define ROW_FXU(id) thread_##id
#define ROW_LSU(id) thread_##id
#define ROW_CRU(id) thread_##id
#define ROW_FPU(id) thread_##id
#define ROW_VMX(id) thread_##id
#define ROW_VSX(id) thread_##id
#define ROW_DFP(id) thread_##id
#define ROW_BRU(id) thread_any
#define ROW_SYS(id) thread_any
static const insn_thread row_thread[INSN_COUNT] = {
    [INSN_ILLEGAL] = thread_any,
#define INSN(id, handler, mnemonic, form, operands, match, mask, fac, ...)                         \
    [INSN_##id] = ROW_##fac(id),
#include "pefemu/insn.def"
#undef INSN
};

/* ---- compares, alone and fused with the conditional branch that follows ---- */

/* Decoded: in->sh = BF. A fused pair executes both slots; the second stays valid for those who jump
 * to it. */
#define COMPARE(name, type, left, right)                                                           \
    static inline unsigned name(struct cpu *cpu, const struct insn *in)                            \
    {                                                                                              \
        type a = (type)(left), b = (type)(right);                                                  \
        unsigned c = (a < b) << 3 | (a > b) << 2 | (a == b) << 1 | cpu->so;                        \
                                                                                                   \
        cpu->cr[in->sh] = c;                                                                       \
        return c;                                                                                  \
    }                                                                                              \
    THREAD(thread_##name)                                                                          \
    {                                                                                              \
        name(cpu, in);                                                                             \
        NEXT;                                                                                      \
    }                                                                                              \
    THREAD(thread_##name##_bt)                                                                     \
    {                                                                                              \
        if (name(cpu, in) & in[1].rb)                                                              \
            DISPATCH(branch_near(cpu, in + 1));                                                    \
        DISPATCH(in + 2);                                                                          \
    }                                                                                              \
    THREAD(thread_##name##_bf)                                                                     \
    {                                                                                              \
        if (!(name(cpu, in) & in[1].rb))                                                           \
            DISPATCH(branch_near(cpu, in + 1));                                                    \
        DISPATCH(in + 2);                                                                          \
    }
COMPARE(cmpwi, int32_t, cpu->gpr[in->ra], in->imm)
COMPARE(cmpdi, int64_t, cpu->gpr[in->ra], in->imm)
COMPARE(cmplwi, uint32_t, cpu->gpr[in->ra], in->imm)
COMPARE(cmpldi, uint64_t, cpu->gpr[in->ra], in->imm)
COMPARE(cmpw, int32_t, cpu->gpr[in->ra], cpu->gpr[in->rb])
COMPARE(cmpd, int64_t, cpu->gpr[in->ra], cpu->gpr[in->rb])
COMPARE(cmplw, uint32_t, cpu->gpr[in->ra], cpu->gpr[in->rb])
COMPARE(cmpld, uint64_t, cpu->gpr[in->ra], cpu->gpr[in->rb])

struct compare_choice {
    insn_thread alone, with_bt, with_bf;
};
#define COMPARE_CHOICE(name) { thread_##name, thread_##name##_bt, thread_##name##_bf }

/* Indexed by [form][L]. */
enum { CMP_SI, CMP_UI, CMP_S, CMP_U };
static const struct compare_choice compare_choices[][2] = {
    [CMP_SI] = { COMPARE_CHOICE(cmpwi), COMPARE_CHOICE(cmpdi) },
    [CMP_UI] = { COMPARE_CHOICE(cmplwi), COMPARE_CHOICE(cmpldi) },
    [CMP_S] = { COMPARE_CHOICE(cmpw), COMPARE_CHOICE(cmpd) },
    [CMP_U] = { COMPARE_CHOICE(cmplw), COMPARE_CHOICE(cmpld) },
};

/* ---- choosing a function for a decoded instruction ---- */

static insn_thread choose_compare(struct insn *in, unsigned index, unsigned form)
{
    const struct compare_choice *choice = &compare_choices[form][in->rt & 1];
    const struct insn *next = in + 1;

    in->sh = in->rt >> 2;
    if (index + 1 == CODE_PAGE_INSNS || next->fn == thread_decode || next->ra != in->sh)
        return choice->alone;
    return next->fn == thread_bt_near   ? choice->with_bt
           : next->fn == thread_bf_near ? choice->with_bf
                                        : choice->alone;
}

struct branch_choice {
    insn_thread near, far;
};

/* BO of conditional branches without link: Book I 2.4. */
static struct branch_choice choose_bc(const struct insn *in)
{
    unsigned bo = in->rt;

    if ((bo & 0x14) == 0x14)
        return (struct branch_choice){ thread_b_near, thread_b_far };
    if ((bo & 0x14) == 0x04)
        return bo & 8 ? (struct branch_choice){ thread_bt_near, thread_bt_far }
                      : (struct branch_choice){ thread_bf_near, thread_bf_far };
    if ((bo & 0x14) == 0x10)
        return bo & 2 ? (struct branch_choice){ thread_bdz_near, thread_bdz_far }
                      : (struct branch_choice){ thread_bdnz_near, thread_bdnz_far };
    return (struct branch_choice){ thread_any, thread_any };
}

static insn_thread choose_relative(struct insn *in, unsigned index, struct branch_choice choice)
{
    int64_t target = (int64_t)index + in->imm / 4;

    if (choice.near == thread_any || in->imm == 4)
        return thread_any; /* to the next instruction: see branch_to() */
    if (in->id == INSN_BC) {
        unsigned bi = in->ra;

        in->ra = bi >> 2;
        in->rb = 8 >> (bi & 3);
    }
    if (target < 0 || target >= CODE_PAGE_INSNS)
        return choice.far;
    in->imm = (int64_t)((uint64_t)target << 32 | (uint32_t)(in->imm / 4));
    return choice.near;
}

static insn_thread choose_bclr(struct insn *in)
{
    unsigned bo = in->rt, bi = in->ra;

    if ((bo & 0x14) == 0x14)
        return thread_blr;
    if ((bo & 0x14) != 0x04)
        return thread_any;
    in->ra = bi >> 2;
    in->rb = 8 >> (bi & 3);
    return bo & 8 ? thread_btlr : thread_bflr;
}

enum { SPR_LR = 8, SPR_CTR = 9 };

static insn_thread choose(struct insn *in, unsigned index)
{
    bool always = (in->rt & 0x14) == 0x14;

    switch (in->id) {
    case INSN_CMPI:
        return choose_compare(in, index, CMP_SI);
    case INSN_CMPLI:
        return choose_compare(in, index, CMP_UI);
    case INSN_CMP:
        return choose_compare(in, index, CMP_S);
    case INSN_CMPL:
        return choose_compare(in, index, CMP_U);
    case INSN_B:
        return choose_relative(in, index, (struct branch_choice){ thread_b_near, thread_b_far });
    case INSN_BL:
        return choose_relative(in, index, (struct branch_choice){ thread_bl_near, thread_bl_far });
    case INSN_BC:
        return choose_relative(in, index, choose_bc(in));
    case INSN_BCLR:
        return choose_bclr(in);
    case INSN_BCCTR:
        return always ? thread_bctr : thread_any;
    case INSN_BCCTRL:
        return always ? thread_bctrl : thread_any;
    case INSN_MFSPR:
        return in->imm == SPR_LR ? thread_mflr : in->imm == SPR_CTR ? thread_mfctr : thread_any;
    case INSN_MTSPR:
        return in->imm == SPR_LR ? thread_mtlr : in->imm == SPR_CTR ? thread_mtctr : thread_any;
    case INSN_SYNC:
    case INSN_ISYNC:
    case INSN_EIEIO:
        return thread_nop;
    default:
        return row_thread[in->id];
    }
}

static uint8_t facility_index(const struct insn *in)
{
    uint64_t need = insn_facility_need(in);

    return need & MSR_FP ? NEED_FP : need & MSR_VEC ? NEED_VEC : need & MSR_VSX ? NEED_VSX : 0;
}

/* A compare is decoded together with the branch after it, so that they can be fused. */
static bool wants_next_decoded(const struct insn *in)
{
    return in->id == INSN_CMPI || in->id == INSN_CMPLI || in->id == INSN_CMP || in->id == INSN_CMPL;
}

static void decode_slot(struct cpu *cpu, unsigned index)
{
    struct code_page *page = (struct code_page *)cpu->ops;
    struct insn *in = &page->ops[index];
    const uint8_t *bytes = page->host + 4 * index;
    uint32_t word = page->le ? get_le32(bytes) : get_be32(bytes);

    insn_decode(in, word);
    if (unlikely(log_mask & LOG_IN_ASM))
        exec_log_insn(cpu, word, ea_of(cpu, in));
    in->spare = facility_index(in);
    if (wants_next_decoded(in) && index + 1 < CODE_PAGE_INSNS && in[1].fn == thread_decode)
        decode_slot(cpu, index + 1);
    in->fn = choose(in, index);
}

/* First execution of a slot. */
const struct insn *thread_decode(struct cpu *cpu, const struct insn *in)
{
    ((struct code_page *)cpu->ops)->writes = 0;
    decode_slot(cpu, in - cpu->ops);
    DISPATCH(in);
}

/* ---- the engine ---- */

/* The predecoded page of cpu->cia through the itlb. NULL: a fault was taken or one instruction was
 * stepped, look again. */
static const struct insn *find_page(struct cpu *cpu)
{
    ea_t ea = cpu->cia;
    struct itlb_entry *e = &cpu->tlb->i[(ea >> 12) & (ITLB_ENTRIES - 1)];
    struct machine *m = cpu->machine;
    struct code_page *page = NULL;
    struct xlate x;
    trap_t t;

    if (likely(e->tag == (ea & ~0xfffULL)))
        return e->ops;
    cpu->nia = ea + 4;
    t = mmu_translate(cpu, ea, ACCESS_FETCH, &x);
    if (t != TRAP_NONE) {
        exec_trap(cpu, t);
        return NULL;
    }
    if (!x.guarded_io && memory_ptr(&m->mem, x.ra & ~0xfffULL, 4096))
        page = code_page_get(m, x.ra & ~0xfffULL, cpu->le);
    if (!page) {
        exec_one(cpu);
        return NULL;
    }
    e->tag = ea & ~0xfffULL;
    e->ops = page->ops;
    LOG(LOG_EXEC, "cpu %u: page 0x%llx at ra 0x%llx", cpu->server, (unsigned long long)e->tag,
        (unsigned long long)page->ra);
    return page->ops;
}

static void run_threaded(struct cpu *cpu, const struct insn *ops)
{
    unsigned index = (cpu->cia >> 2) & (CODE_PAGE_INSNS - 1);
    const struct insn *in = ops + index;

    cpu->ops = ops;
    cpu->page_ea = cpu->cia & ~0xfffULL;
    cpu->budget += index;
    cpu->exit_trap = TRAP_NONE;
    do {
        in = in->fn(cpu, in);
    } while (in);
    if (cpu->exit_trap)
        exec_trap(cpu, cpu->exit_trap);
}

/* 32-bit mode and tracing are rare: the reference step is good enough for them. */
static bool needs_stepping(const struct cpu *cpu)
{
    return !(cpu->msr & MSR_SF) || (cpu->msr & (MSR_SE | MSR_BE)) || cpu->step_only;
}

static void interp_run(struct cpu *cpu, int64_t budget)
{
    cpu->budget = budget;
    cpu->slice_end = cpu->insn_retired + (uint64_t)budget;
    cpu->op = NULL;
    if (cpu->irq_pending)
        cpu_take_pending(cpu);
    do {
        if (unlikely(needs_stepping(cpu))) {
            while (!exec_one(cpu) && !cpu->step_only)
                ;
            if (cpu->step_only)
                break;
            continue;
        }
        const struct insn *ops = find_page(cpu);
        if (ops)
            run_threaded(cpu, ops);
        if (unlikely(cpu->machine->code && cpu->machine->code->dead))
            code_bury(cpu->machine);
    } while (!exec_must_stop(cpu));
    cpu->insn_retired = cpu->slice_end - (uint64_t)cpu->budget;
}

const struct engine engine_interp = {
    .name = "interp",
    .summary = "predecoded threaded code; host floating point",
    .uses_tlb = true,
    .host_fp = true,
    .run = interp_run,
    .machine_destroy = code_destroy,
    .code_written = code_written,
};
