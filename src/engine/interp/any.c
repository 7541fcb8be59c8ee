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

insn_thread choose_system(const struct insn *in)
{
    switch (in->id) {
    case INSN_MFSPR:
        return in->imm == SPR_LR ? thread_mflr : in->imm == SPR_CTR ? thread_mfctr : thread_any;
    case INSN_MTSPR:
        return in->imm == SPR_LR ? thread_mtlr : in->imm == SPR_CTR ? thread_mtctr : thread_any;
    case INSN_SYNC:
    case INSN_ISYNC:
    case INSN_EIEIO:
        return thread_nop;
    default:
        return thread_any;
    }
}
