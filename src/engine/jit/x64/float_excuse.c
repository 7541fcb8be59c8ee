/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results for which the handler was to be asked, and need not be: they turn out to be exact.
 * Emitted behind the region, where such results are common enough to be worth a look and too rare
 * for it to stand in the way.
 */
#include "vector_fp.h"

/* Host flags: is l->zero[@i] a zero of either sign? */
static void test_zero(struct tr *t, const struct late *l, unsigned i)
{
    (l->single[i] ? v_to_gpr32 : v_to_gpr)(&t->e, RAX, l->zero[i]);
    x_alu_rr(&t->e, !l->single[i], X_ADD, RAX, RAX);
}

/* A zero is exact when one of two operands is one, and with a third that is, too. */
static void zero(struct tr *t, const struct late *l)
{
    struct emit *e = &t->e;

    test_zero(t, l, 0);
    uint8_t *call_it = x_jcc(e, CC_NE), *call_too = NULL;
    if (l->zero[3] != NO_XMM) {
        test_zero(t, l, 3);
        call_too = x_jcc(e, CC_NE);
    }
    test_zero(t, l, 1);
    x_patch(x_jcc(e, CC_E), l->cont);
    test_zero(t, l, 2);
    x_patch(x_jcc(e, CC_E), l->cont);
    x_patch(call_it, e->p);
    if (call_too)
        x_patch(call_too, e->p);
}

/* Those of a vector in the lanes that EAX names. */
static void zeros(struct tr *t, const struct late *l)
{
    static const _Alignas(16) uint64_t none[2] = {0, 0};
    const unsigned of_result = fp_packed(0xc2, l->single[0]),
                   of_operand = fp_packed(0xc2, l->single[1]);
    struct emit *e = &t->e;
    struct x64_mem m = v_const(e, none);

    vop_mi(e, of_operand, 0, l->zero[1], m, 0); /* cmpeq */
    vop_mi(e, of_operand, 1, l->zero[2], m, 0);
    vop(e, V_POR, 0, 0, 1);
    vop_mi(e, of_result, 1, l->zero[0], m, 0);
    vop(e, V_PAND, 0, 0, 1);
    vop_to_gpr(e, l->single[0] ? V_MOVMSKPS : V_MOVMSKPD, RDX, 0);
    x_alu_ri(e, false, X_XOR, RDX, -1);
    x_test_rr(e, false, RAX, RDX);
    x_patch(x_jcc(e, CC_E), l->cont);
}

static void half(struct tr *t, const struct late *l)
{
    fp_test_half(&t->e, l->zero[0]);
    x_patch(x_jcc(&t->e, CC_NE), l->cont);
}

void x64_late_inexact(struct tr *t, const struct late *l)
{
    switch (l->excuse) {
    case EXCUSE_ZERO:
        zero(t, l);
        break;
    case EXCUSE_ZEROS:
        zeros(t, l);
        break;
    case EXCUSE_HALF:
        half(t, l);
        break;
    default:
        break;
    }
}
