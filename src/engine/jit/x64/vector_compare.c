/* SPDX-License-Identifier: Apache-2.0 */
/* VMX integers: comparisons, into lanes and CR6. */
#include "vector.h"

enum compare { EQUAL, NOT_EQUAL, NOT_EQUAL_OR_ZERO, GREATER_UNSIGNED, GREATER_SIGNED };

/* By log2 of an element's size. */
static const unsigned equal_code[] = {V_PCMPEQB, V_PCMPEQW, V_PCMPEQD, V_PCMPEQQ};
static const unsigned greater_code[] = {V_PCMPGTB, V_PCMPGTW, V_PCMPGTD, V_PCMPGTQ};
static const unsigned min_code[] = {V_PMINUB, V_PMINUW, V_PMINUD};

/* XMM1 := all ones, @x complemented. */
static void complement(struct emit *e, unsigned x)
{
    v_ones(e, 1);
    vop(e, V_PXOR, x, x, 1);
}

/* a > b: not min(a, b) = a; doublewords have no minimum, they are biased. */
static void greater_unsigned(struct emit *e, unsigned log2, unsigned x, unsigned a, unsigned b)
{
    if (log2 < 3) {
        vop(e, min_code[log2], x, a, b);
        vop(e, equal_code[log2], x, x, a);
        complement(e, x);
        return;
    }
    v_above_dwords(e, x, a, b);
}

void x64_set_cr6(struct tr *t, unsigned x)
{
    struct emit *e = &t->e;

    vop_to_gpr(e, V_PMOVMSKB, RCX, x);
    x_alu_rr(e, false, X_XOR, RAX, RAX);
    x_alu_rr(e, false, X_XOR, RDX, RDX);
    x_test_rr(e, false, RCX, RCX);
    x_setcc_r(e, CC_E, RAX);
    x_alu_ri(e, false, X_CMP, RCX, 0xffff);
    x_setcc_r(e, CC_E, RDX);
    x_lea(e, false, RAX, mem_index(RAX, RDX, 2, 0));
    x_alu_rr(e, false, X_ADD, RAX, RAX);
    cr_write(t, 6, RAX);
}

static bool compare(struct tr *t, const struct insn *in, enum compare what, unsigned log2)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    switch (what) {
    case EQUAL:
        vop(e, equal_code[log2], x, a, b);
        break;
    case NOT_EQUAL:
        vop(e, equal_code[log2], x, a, b);
        complement(e, x);
        break;
    case NOT_EQUAL_OR_ZERO: /* not: equal and not 0 */
        v_zero(e, 0);
        vop(e, equal_code[log2], 0, 0, a);
        vop(e, equal_code[log2], x, a, b);
        vop(e, V_PANDN, x, 0, x);
        complement(e, x);
        break;
    case GREATER_UNSIGNED:
        greater_unsigned(e, log2, x, a, b);
        break;
    case GREATER_SIGNED:
        vop(e, greater_code[log2], x, a, b);
        break;
    }
    if (in->word & 0x400) /* Rc */
        x64_set_cr6(t, x);
    return v_done(t, r.t, x);
}

#define COMPARES(ID, what, log2)                                                                   \
    case INSN_##ID:                                                                                \
    case INSN_##ID##_:                                                                             \
        return compare(t, in, what, log2);

bool x64_vector_compare(struct tr *t, const struct insn *in)
{
    switch (in->id) {
        COMPARES(VCMPEQUB, EQUAL, 0)
        COMPARES(VCMPEQUH, EQUAL, 1)
        COMPARES(VCMPEQUW, EQUAL, 2)
        COMPARES(VCMPEQUD, EQUAL, 3)
        COMPARES(VCMPNEB, NOT_EQUAL, 0)
        COMPARES(VCMPNEH, NOT_EQUAL, 1)
        COMPARES(VCMPNEW, NOT_EQUAL, 2)
        COMPARES(VCMPNEZB, NOT_EQUAL_OR_ZERO, 0)
        COMPARES(VCMPNEZH, NOT_EQUAL_OR_ZERO, 1)
        COMPARES(VCMPNEZW, NOT_EQUAL_OR_ZERO, 2)
        COMPARES(VCMPGTUB, GREATER_UNSIGNED, 0)
        COMPARES(VCMPGTUH, GREATER_UNSIGNED, 1)
        COMPARES(VCMPGTUW, GREATER_UNSIGNED, 2)
        COMPARES(VCMPGTUD, GREATER_UNSIGNED, 3)
        COMPARES(VCMPGTSB, GREATER_SIGNED, 0)
        COMPARES(VCMPGTSH, GREATER_SIGNED, 1)
        COMPARES(VCMPGTSW, GREATER_SIGNED, 2)
        COMPARES(VCMPGTSD, GREATER_SIGNED, 3)
    default:
        return false;
    }
}
