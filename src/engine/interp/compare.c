/*
 * Compares as threaded operations, alone and fused with the conditional branch that follows: most
 * branches stand right behind their compare.
 */
#include "thread.h"

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
    static THREAD(thread_##name)                                                                   \
    {                                                                                              \
        name(cpu, in);                                                                             \
        NEXT;                                                                                      \
    }                                                                                              \
    static THREAD(thread_##name##_bt)                                                              \
    {                                                                                              \
        if (name(cpu, in) & in[1].rb)                                                              \
            DISPATCH(branch_near(cpu, in + 1));                                                    \
        DISPATCH(in + 2);                                                                          \
    }                                                                                              \
    static THREAD(thread_##name##_bf)                                                              \
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
#define COMPARE_CHOICE(name)                                                                       \
    {                                                                                              \
        thread_##name, thread_##name##_bt, thread_##name##_bf                                      \
    }

/* Indexed by [form][L]. */
enum { CMP_SI, CMP_UI, CMP_S, CMP_U };
static const struct compare_choice compare_choices[][2] = {
    [CMP_SI] = {COMPARE_CHOICE(cmpwi), COMPARE_CHOICE(cmpdi)},
    [CMP_UI] = {COMPARE_CHOICE(cmplwi), COMPARE_CHOICE(cmpldi)},
    [CMP_S] = {COMPARE_CHOICE(cmpw), COMPARE_CHOICE(cmpd)},
    [CMP_U] = {COMPARE_CHOICE(cmplw), COMPARE_CHOICE(cmpld)},
};

static unsigned form_of(const struct insn *in)
{
    switch (in->id) {
    case INSN_CMPI:
        return CMP_SI;
    case INSN_CMPLI:
        return CMP_UI;
    case INSN_CMP:
        return CMP_S;
    default:
        return CMP_U;
    }
}

insn_thread choose_compare(struct insn *in, unsigned index)
{
    const struct compare_choice *choice = &compare_choices[form_of(in)][in->rt & 1];
    const struct insn *next = in + 1;

    in->sh = in->rt >> 2;
    if (index + 1 == CODE_PAGE_INSNS || next->fn == thread_decode || next->ra != in->sh)
        return choice->alone;
    return next->fn == thread_bt_near   ? choice->with_bt
           : next->fn == thread_bf_near ? choice->with_bf
                                        : choice->alone;
}
