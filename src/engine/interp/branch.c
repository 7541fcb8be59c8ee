/* Branches as threaded operations. Book I 2.4. */
#include "thread.h"

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
    static BRANCH(name, near, link, condition) static BRANCH(name, far, link, condition)
BRANCH_PAIR(thread_b, false, true)
BRANCH_PAIR(thread_bl, true, true)
BRANCH(thread_bt, near, false, cr_bit(cpu, in))
BRANCH(thread_bf, near, false, !cr_bit(cpu, in))
static BRANCH(thread_bt, far, false, cr_bit(cpu, in)) static BRANCH(thread_bf, far, false,
                                                                    !cr_bit(cpu, in))
    BRANCH_PAIR(thread_bdnz, false, --cpu->ctr != 0) BRANCH_PAIR(thread_bdz, false, --cpu->ctr == 0)

        static THREAD(thread_blr)
{
    DISPATCH(branch_to(cpu, in, cpu->lr & ~3ULL));
}

static THREAD(thread_btlr)
{
    if (cr_bit(cpu, in))
        DISPATCH(branch_to(cpu, in, cpu->lr & ~3ULL));
    NEXT;
}

static THREAD(thread_bflr)
{
    if (!cr_bit(cpu, in))
        DISPATCH(branch_to(cpu, in, cpu->lr & ~3ULL));
    NEXT;
}

static THREAD(thread_bctr)
{
    DISPATCH(branch_to(cpu, in, cpu->ctr & ~3ULL));
}

static THREAD(thread_bctrl)
{
    cpu->lr = ea_of(cpu, in) + 4;
    DISPATCH(branch_to(cpu, in, cpu->ctr & ~3ULL));
}

/* ---- which one ---- */

struct branch_choice {
    insn_thread near, far;
};

/* BO of conditional branches without link: Book I 2.4. */
static struct branch_choice choose_bc(const struct insn *in)
{
    unsigned bo = in->rt;

    if ((bo & 0x14) == 0x14)
        return (struct branch_choice){thread_b_near, thread_b_far};
    if ((bo & 0x14) == 0x04)
        return bo & 8 ? (struct branch_choice){thread_bt_near, thread_bt_far}
                      : (struct branch_choice){thread_bf_near, thread_bf_far};
    if ((bo & 0x14) == 0x10)
        return bo & 2 ? (struct branch_choice){thread_bdz_near, thread_bdz_far}
                      : (struct branch_choice){thread_bdnz_near, thread_bdnz_far};
    return (struct branch_choice){thread_any, thread_any};
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

insn_thread choose_branch(struct insn *in, unsigned index)
{
    bool always = (in->rt & 0x14) == 0x14;

    switch (in->id) {
    case INSN_B:
        return choose_relative(in, index, (struct branch_choice){thread_b_near, thread_b_far});
    case INSN_BL:
        return choose_relative(in, index, (struct branch_choice){thread_bl_near, thread_bl_far});
    case INSN_BC:
        return choose_relative(in, index, choose_bc(in));
    case INSN_BCLR:
        return choose_bclr(in);
    case INSN_BCCTR:
        return always ? thread_bctr : thread_any;
    case INSN_BCCTRL:
        return always ? thread_bctrl : thread_any;
    default:
        return thread_any;
    }
}
