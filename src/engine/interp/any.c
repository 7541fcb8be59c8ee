/* Operations that call a handler, and how threaded code is left. */
#include "thread.h"

static THREAD(thread_exit)
{
    (void)cpu;
    (void)in;
    return NULL;
}
const struct insn exit_op = {.fn = thread_exit};

const struct insn *leave_trap(struct cpu *cpu, const struct insn *in, trap_t t)
{
    cpu->cia = ea_of(cpu, in);
    cpu->budget -= in - cpu->ops;
    cpu->exit_trap = t;
    cpu->op = NULL;
    return &exit_op;
}

const struct insn *leave_fault(struct cpu *cpu, const struct insn *in, trap_t t)
{
    cpu->nia = ea_of(cpu, in) + 4;
    return leave_trap(cpu, in, t);
}

const uint64_t need_msr[] = {0, MSR_FP, MSR_VEC, MSR_VSX};

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

/* A row's own operation where nobody melts the handler: call it. cpu->op is for whoever looks at
 * the instruction count meanwhile. Branches and system instructions need every check. */
#define THREAD_CALL(handler)                                                                       \
    trap_t handler(struct cpu *cpu, const struct insn *in);                                        \
    __attribute__((weak, alias("call_" #handler))) THREAD(thread_##handler);                       \
    THREAD(call_##handler)                                                                         \
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
#define THREAD_ANY(handler)                                                                        \
    THREAD(thread_##handler)                                                                       \
    {                                                                                              \
        TAIL thread_any(cpu, in);                                                                  \
    }
#define ROW_FXU                                                            THREAD_CALL
#define ROW_LSU                                                            THREAD_CALL
#define ROW_CRU                                                            THREAD_CALL
#define ROW_FPU                                                            THREAD_CALL
#define ROW_VMX                                                            THREAD_CALL
#define ROW_VSX                                                            THREAD_CALL
#define ROW_DFP                                                            THREAD_CALL
#define ROW_BRU                                                            THREAD_ANY
#define ROW_SYS                                                            THREAD_ANY
#define INSN(id, handler, mnemonic, form, operands, match, mask, fac, ...) ROW_##fac(handler)
#include "pefemu/insn.def"
#undef INSN

/* ---- system instructions that need no check ---- */

static THREAD(thread_nop)
{
    (void)cpu; /* used only where operations jump to each other */
    NEXT;
}

/* mflr and friends: the SPRs of every function's prologue. */
#define MOVE_SPR(field)                                                                            \
    static THREAD(thread_mf##field)                                                                \
    {                                                                                              \
        cpu->gpr[in->rt] = cpu->field;                                                             \
        NEXT;                                                                                      \
    }                                                                                              \
    static THREAD(thread_mt##field)                                                                \
    {                                                                                              \
        cpu->field = cpu->gpr[in->rt];                                                             \
        NEXT;                                                                                      \
    }
MOVE_SPR(lr)
MOVE_SPR(ctr)

enum { SPR_LR = 8, SPR_CTR = 9 };

/* The other SPRs without effect. Decoded: ra and rb the offset in struct cpu, low byte first, rc
 * the size in bytes or'ed with the width in bits, sh the state that is asked for. */
static const uint64_t spr_state[] = {0, MSR_PR, MSR_PR | MSR_HV, MSR_PR | MSR_HV | MSR_S};

static bool prepare_field(struct insn *in, bool write)
{
    struct spr_field f;

    if (!cpu_spr_field((unsigned)in->imm, write, &f))
        return false;
    in->ra = f.offset & 0xff;
    in->rb = f.offset >> 8;
    in->rc = f.size | f.bits;
    in->sh = 0;
    while (spr_state[in->sh] != f.msr)
        in->sh++;
    return true;
}

static inline void *field_of(struct cpu *cpu, const struct insn *in)
{
    return (char *)cpu + (in->ra | (unsigned)in->rb << 8);
}

static THREAD(thread_mfspr_field)
{
    const void *p = field_of(cpu, in);

    if (unlikely(!spr_field_allowed(cpu, spr_state[in->sh])))
        TAIL thread_any(cpu, in);
    cpu->gpr[in->rt] = in->rc & 8 ? *(const uint64_t *)p : *(const uint32_t *)p;
    NEXT;
}

static THREAD(thread_mtspr_field)
{
    uint64_t v = in->rc & 32 ? (uint32_t)cpu->gpr[in->rt] : cpu->gpr[in->rt];
    void *p = field_of(cpu, in);

    if (unlikely(!spr_field_allowed(cpu, spr_state[in->sh])))
        TAIL thread_any(cpu, in);
    if (in->rc & 8)
        *(uint64_t *)p = v;
    else
        *(uint32_t *)p = (uint32_t)v;
    NEXT;
}

/* Those with an effect ask for themselves what they need. */
#define CALL_SPR(handler)                                                                          \
    trap_t handler(struct cpu *cpu, const struct insn *in);                                        \
    static THREAD(thread_call_##handler)                                                           \
    {                                                                                              \
        trap_t t;                                                                                  \
        cpu->op = in;                                                                              \
        cpu->cia = ea_of(cpu, in);                                                                 \
        t = handler(cpu, in);                                                                      \
        if (unlikely(t))                                                                           \
            DISPATCH(leave_fault(cpu, in, t));                                                     \
        NEXT;                                                                                      \
    }
CALL_SPR(op_mfspr)
CALL_SPR(op_mtspr)

static insn_thread choose_mfspr(struct insn *in)
{
    if (in->imm == SPR_LR)
        return thread_mflr;
    if (in->imm == SPR_CTR)
        return thread_mfctr;
    return prepare_field(in, false) ? thread_mfspr_field : thread_call_op_mfspr;
}

static insn_thread choose_mtspr(struct insn *in)
{
    if (in->imm == SPR_LR)
        return thread_mtlr;
    if (in->imm == SPR_CTR)
        return thread_mtctr;
    return prepare_field(in, true) ? thread_mtspr_field : thread_call_op_mtspr;
}

/* mtmsrd with L=1 changes EE and RI: a kernel's way to keep interrupts out for a moment. */
static THREAD(thread_mtmsrd_l1)
{
    const uint64_t taken = MSR_EE | MSR_RI;
    uint64_t msr = (cpu->msr & ~taken) | (cpu->gpr[in->rt] & taken);

    if (unlikely((msr & MSR_PR) || (cpu_irqs(cpu) && (msr & MSR_EE))))
        TAIL thread_any(cpu, in);
    cpu->msr = msr;
    NEXT;
}

static THREAD(thread_mfmsr)
{
    if (unlikely(cpu->msr & MSR_PR))
        TAIL thread_any(cpu, in);
    cpu->gpr[in->rt] = cpu->msr;
    NEXT;
}

insn_thread choose_system(struct insn *in)
{
    switch (in->id) {
    case INSN_MFSPR:
    case INSN_MFTB:
        return choose_mfspr(in);
    case INSN_MTSPR:
        return choose_mtspr(in);
    case INSN_MTMSRD:
        return WORD_BITS(in->word, 15, 15) ? thread_mtmsrd_l1 : thread_any;
    case INSN_MFMSR:
        return thread_mfmsr;
    case INSN_SYNC:
    case INSN_ISYNC:
    case INSN_EIEIO:
        return thread_nop;
    default:
        return thread_any;
    }
}
