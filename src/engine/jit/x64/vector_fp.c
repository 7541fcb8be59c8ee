/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VSX vector floating point, all lanes at once, by the rules of src/cpu/fp_host.h: the handler does
 * what has a lane whose result is not in the range where host and softfp agree, and the host is
 * asked only after fp_ready(). Comparisons and moves of signs are exact: they need none of that
 * but operands that are no NaNs.
 */
#include "vector_fp.h"

/* ---- range of results ---- */

#define TWO64(v)                                                                                   \
    {                                                                                              \
        v, v                                                                                       \
    }
#define TWO32(v)                                                                                   \
    {                                                                                              \
        (v) * 0x100000001ULL, (v)*0x100000001ULL                                                   \
    }

#define RANGE64(least, last)                                                                       \
    {                                                                                              \
        TWO64(INT64_MIN - 2 * (least)), TWO64(INT64_MIN + 2 * ((last) - (least)))                  \
    }
#define RANGE32(least, last)                                                                       \
    {                                                                                              \
        TWO32(0x80000000u - 2 * (least)), TWO32(0x80000000u + 2 * ((last) - (least)))              \
    }

const _Alignas(16) struct fp_range fp_safe[2] = {
    RANGE64(0x0020000000000000ULL, 0x7fefffffffffffffULL),
    RANGE32(0x01000000u, 0x7f7fffffu),
};
const _Alignas(16) struct fp_range fp_finite[2] = {
    RANGE64(0ULL, 0x7fefffffffffffffULL),
    RANGE32(0u, 0x7f7fffffu),
};

struct late *fp_slow_if_any(struct tr *t, bool single, unsigned x, bool settles)
{
    vop_to_gpr(&t->e, single ? V_MOVMSKPS : V_MOVMSKPD, RAX, x);
    x_test_rr(&t->e, false, RAX, RAX);
    return tr_slow(t, x_jcc(&t->e, CC_NE), settles);
}

struct late *fp_slow_unless_in(struct tr *t, const struct fp_range *r, bool single, unsigned x)
{
    struct emit *e = &t->e;
    struct x64_mem move = v_const(e, r), most = move;

    most.disp += 16;
    vop(e, single ? V_PADDD : V_PADDQ, 0, x, x);
    vop_m(e, single ? V_PADDD : V_PADDQ, 0, 0, move);
    vop_m(e, single ? V_PCMPGTD : V_PCMPGTQ, 0, 0, most);
    return fp_slow_if_any(t, single, 0, false);
}

struct late *fp_slow_unless_narrow(struct tr *t, unsigned x, unsigned b)
{
    struct late *l = fp_slow_unless_safe(t, true, x, b, b);

    l->single[1] = false;
    return l;
}

struct late *fp_slow_unless_safe(struct tr *t, bool single, unsigned x, unsigned a, unsigned b)
{
    struct late *l = fp_slow_unless_in(t, &fp_safe[single], single, x);

    l->excuse = EXCUSE_ZEROS;
    l->cont = t->e.p;
    l->zero[0] = (uint8_t)x;
    l->zero[1] = (uint8_t)a;
    l->zero[2] = (uint8_t)b;
    l->single[0] = l->single[1] = single;
    return l;
}

/* ---- arithmetic ---- */

enum { ADD = 0x58, MUL = 0x59, SUB = 0x5c, DIV = 0x5e, ROOT = 0x51, MIN = 0x5d, MAX = 0x5f };
enum { MADD = 0xb8, MSUB = 0xba, NMSUB = 0xbc, NMADD = 0xbe, NEGATED = NMSUB };

bool fp_finish(struct tr *t, unsigned n, unsigned x, struct late *slow)
{
    vsr_write(t, n, x, VSR_WHOLE);
    if (slow)
        tr_back(t, slow);
    return true;
}

static bool binary(struct tr *t, const struct insn *in, unsigned op, bool single)
{
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, fp_packed(op, single), x, a, b);
    if (op == ADD || op == SUB) /* tiny ones are exact */
        return fp_finish(t, r.t, x, fp_slow_unless_in(t, &fp_finite[single], single, x));
    return fp_finish(t, r.t, x, fp_slow_unless_safe(t, single, x, a, op == DIV ? a : b));
}

/* The root of what is in range is, and that of zero is exact. */
static bool root(struct tr *t, const struct insn *in, bool single)
{
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, fp_packed(ROOT, single), x, 0, b);
    struct late *slow = fp_slow_unless_safe(t, single, b, b, b);
    struct late *negative = fp_slow_if_any(t, single, b, false);
    fp_finish(t, r.t, x, slow);
    tr_back(t, negative);
    return true;
}

/* a * c + b; @op: the host's 231 form. Negating the result before or after rounding is the same. */
static bool muladd(struct tr *t, const struct insn *in, unsigned op, bool single, bool adds_t)
{
    struct vregs r = v_begin(t, in);

    fp_ready(t);
    unsigned na = r.a, nb = adds_t ? r.t : r.b, nc = adds_t ? r.b : r.t, x;
    unsigned a = v_whole(t, na), c = v_whole(t, nc);

    unsigned b = v_whole(t, nb);

    x = vsr_new(t);
    v_move(&t->e, x, b);
    vop(&t->e, V_38(op) | (single ? 0 : VOP_W), x, a, c);
    if (op >= NEGATED) /* POWER negates a zero, too */
        return fp_finish(t, r.t, x, fp_slow_unless_in(t, &fp_safe[single], single, x));
    return fp_finish(t, r.t, x, fp_slow_unless_safe(t, single, x, a, c));
}

/* ---- order ---- */

struct late *fp_slow_if_nan(struct tr *t, bool single, unsigned a, unsigned b, bool settles)
{
    vop_i(&t->e, fp_packed(0xc2, single), 0, a, b, 3); /* cmpunord */
    return fp_slow_if_any(t, single, 0, settles);
}

/* Of zeros the host returns the second: both ways round, +0 is the larger. */
static bool extreme(struct tr *t, const struct insn *in, bool min, bool single)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);
    struct late *slow = fp_slow_if_nan(t, single, a, b, false);

    vop(e, fp_packed(min ? MIN : MAX, single), 0, a, b);
    vop(e, fp_packed(min ? MIN : MAX, single), x, b, a);
    vop(e, min ? V_POR : V_PAND, x, x, 0);
    return fp_finish(t, r.t, x, slow);
}

/* Predicates of cmppd. */
enum { CMP_EQ = 0x00, CMP_GE = 0x1d, CMP_GT = 0x1e };

static bool compare(struct tr *t, const struct insn *in, unsigned predicate, bool single)
{
    bool record = in->word & 0x400;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);
    struct late *slow = fp_slow_if_nan(t, single, a, b, record);

    vop_i(&t->e, fp_packed(0xc2, single), x, a, b, predicate);
    if (record) {
        x64_set_cr6(t, x);
        cr_maybe_called(t);
    }
    return fp_finish(t, r.t, x, slow);
}

/* ---- signs ---- */

enum sign { ABSOLUTE, NEGATIVE, NEGATE, COPY };

static bool change_sign(struct tr *t, const struct insn *in, enum sign what, bool single)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    v_ones(e, 0);
    vop_shift(e, single ? V_PSLLD : V_PSLLQ, 0, 0, single ? 31 : 63);
    if (what == ABSOLUTE) {
        vop(e, V_PANDN, x, 0, b);
    } else if (what == COPY) {
        unsigned a = v_whole(t, r.a);

        vop(e, V_PANDN, x, 0, b);
        vop(e, V_PAND, 0, 0, a);
        vop(e, V_POR, x, x, 0);
    } else {
        vop(e, what == NEGATIVE ? V_POR : V_PXOR, x, b, 0);
    }
    return fp_finish(t, r.t, x, NULL);
}

/* ---- which is which ---- */

#define BOTH_FORMATS(name, call)                                                                   \
    case INSN_##name##DP:                                                                          \
    case INSN_##name##SP: {                                                                        \
        bool single = in->id == INSN_##name##SP;                                                   \
        return call;                                                                               \
    }
#define COMPARES(name, predicate)                                                                  \
    BOTH_FORMATS(name, compare(t, in, predicate, single))                                          \
    case INSN_##name##DP_:                                                                         \
        return compare(t, in, predicate, false);                                                   \
    case INSN_##name##SP_:                                                                         \
        return compare(t, in, predicate, true);
#define MULADDS(name, op)                                                                          \
    BOTH_FORMATS(name##A, muladd(t, in, op, single, true))                                         \
    BOTH_FORMATS(name##M, muladd(t, in, op, single, false))

bool x64_vector_fp(struct tr *t, const struct insn *in)
{
    switch (in->id) {
        BOTH_FORMATS(XVADD, binary(t, in, ADD, single))
        BOTH_FORMATS(XVSUB, binary(t, in, SUB, single))
        BOTH_FORMATS(XVMUL, binary(t, in, MUL, single))
        BOTH_FORMATS(XVDIV, binary(t, in, DIV, single))
        BOTH_FORMATS(XVSQRT, root(t, in, single))
        MULADDS(XVMADD, MADD)
        MULADDS(XVMSUB, MSUB)
        MULADDS(XVNMADD, NMADD)
        MULADDS(XVNMSUB, NMSUB)
        BOTH_FORMATS(XVMAX, extreme(t, in, false, single))
        BOTH_FORMATS(XVMIN, extreme(t, in, true, single))
        COMPARES(XVCMPEQ, CMP_EQ)
        COMPARES(XVCMPGE, CMP_GE)
        COMPARES(XVCMPGT, CMP_GT)
        BOTH_FORMATS(XVABS, change_sign(t, in, ABSOLUTE, single))
        BOTH_FORMATS(XVNABS, change_sign(t, in, NEGATIVE, single))
        BOTH_FORMATS(XVNEG, change_sign(t, in, NEGATE, single))
        BOTH_FORMATS(XVCPSGN, change_sign(t, in, COPY, single))
    default:
        return x64_vector_convert(t, in) || x64_vector_vmx_fp(t, in);
    }
}
