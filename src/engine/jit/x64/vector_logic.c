/* SPDX-License-Identifier: Apache-2.0 */
/* VMX and VSX: logic, bit by bit. */
#include "vector.h"

static bool logic(struct tr *t, const struct insn *in, unsigned code, bool invert)
{
    struct vregs r = v_begin(t, in);

    if (code == V_POR && r.a == r.b && !invert) { /* a move; the copy keeps the source cached */
        unsigned from = v_whole(t, r.a), to = vsr_new(t);

        v_move(&t->e, to, from);
        return v_done(t, r.t, to);
    }
    if (code == V_PXOR && r.a == r.b) {
        unsigned to = vsr_new(t);

        invert ? v_ones(&t->e, to) : v_zero(&t->e, to);
        return v_done(t, r.t, to);
    }
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, code, x, a, b);
    if (invert) {
        v_ones(&t->e, 0);
        vop(&t->e, V_PXOR, x, x, 0);
    }
    return v_done(t, r.t, x);
}

/* a & ~b: the host complements its first operand. */
static bool and_not(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, V_PANDN, x, b, a);
    return v_done(t, r.t, x);
}

/* a | ~b */
static bool or_not(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    v_ones(&t->e, 0);
    vop(&t->e, V_PXOR, 0, 0, b);
    vop(&t->e, V_POR, x, a, 0);
    return v_done(t, r.t, x);
}

static bool select_bits(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), c = v_whole(t, r.c), x = vsr_new(t);

    vop(&t->e, V_PANDN, 0, c, a);
    vop(&t->e, V_PAND, x, c, b);
    vop(&t->e, V_POR, x, x, 0);
    return v_done(t, r.t, x);
}

bool x64_vector_logic(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_XXLAND:
    case INSN_VAND:
        return logic(t, in, V_PAND, false);
    case INSN_XXLNAND:
    case INSN_VNAND:
        return logic(t, in, V_PAND, true);
    case INSN_XXLOR:
    case INSN_VOR:
        return logic(t, in, V_POR, false);
    case INSN_XXLNOR:
    case INSN_VNOR:
        return logic(t, in, V_POR, true);
    case INSN_XXLXOR:
    case INSN_VXOR:
        return logic(t, in, V_PXOR, false);
    case INSN_XXLEQV:
    case INSN_VEQV:
        return logic(t, in, V_PXOR, true);
    case INSN_XXLANDC:
    case INSN_VANDC:
        return and_not(t, in);
    case INSN_XXLORC:
    case INSN_VORC:
        return or_not(t, in);
    case INSN_XXSEL:
    case INSN_VSEL:
        return select_bits(t, in);
    default:
        return false;
    }
}
