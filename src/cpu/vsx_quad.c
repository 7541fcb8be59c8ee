// SPDX-License-Identifier: Apache-2.0
/*
 * Quad-precision (binary128) instructions of the VSX facility, with integers only. Operands are
 * VRs: VSR 32-63. Rounding is softfp's; what needs more than 128 bits is done here, on a pair of
 * 128-bit halves.
 * Facts: Power ISA v3.0B Book I, "VSX Quad-Precision Instructions".
 */
#include "softfp_internal.h"
#include "vsx.h"

static const struct fp_format F128 = FP_FORMAT(112, 15);
/* x87 double-extended: quad's range with 64 significant bits, for xsrqpxp. */
static const struct fp_format FX80 = FP_FORMAT(63, 15);

#define Q_SIGN   ((u128)1 << 127)
#define Q_QUIET  ((u128)1 << 111)
#define Q_FRAC   (((u128)1 << 112) - 1)
#define Q_INF    ((u128)0x7fff << 112)
#define Q_EXP(v) ((unsigned)((v) >> 112) & 0x7fff)
#define Q_VR(hi) (cpu->vsr[32 + WORD_BITS(in->word, hi, (hi) + 4)])
#define VRT      Q_VR(6)
#define VRA      Q_VR(11)
#define VRB      Q_VR(16)

/* ---- format ---- */

FP_INLINE struct fp_num q_unpack(u128 v)
{
    bool sign = v >> 127;
    unsigned e = Q_EXP(v);
    u128 sig = (v & Q_FRAC) << 15;

    if (e == 0)
        return num_normalise(sign, F128.emin, sig);
    if (e != 0x7fff)
        return (struct fp_num){sig | SIG_TOP, (int)e - F128.bias, NUM_FINITE, sign};
    if (sig == 0)
        return num_special(NUM_INF, sign);
    return (struct fp_num){sig, 0, sig & SIG_QUIET ? NUM_QNAN : NUM_SNAN, sign};
}

FP_INLINE u128 q_pack(const struct fp_num *n)
{
    u128 sign = (u128)n->sign << 127;

    switch (n->cls) {
    case NUM_ZERO:
        break;
    case NUM_FINITE:
        if (n->exp < F128.emin)
            return sign | n->sig >> (15 + (unsigned)(F128.emin - n->exp));
        return sign | (u128)(unsigned)(n->exp + F128.bias) << 112 | (n->sig >> 15 & Q_FRAC);
    case NUM_INF:
        return sign | Q_INF;
    case NUM_QNAN:
    case NUM_SNAN:
        return sign | Q_INF | n->sig >> 15;
    }
    return sign;
}

/* C FL FG FE FU of a result. */
FP_INLINE unsigned q_fprf(u128 v)
{
    struct fp_num n = q_unpack(v);
    switch (n.cls) {
    case NUM_ZERO:
        return n.sign ? 0x12 : 0x02;
    case NUM_FINITE:
        return (n.exp < F128.emin ? 0x10 : 0) | (n.sign ? 0x08 : 0x04);
    case NUM_INF:
        return n.sign ? 0x09 : 0x05;
    case NUM_QNAN:
    case NUM_SNAN:
        break;
    }
    return 0x11;
}

static bool q_is_nan(u128 v)
{
    return (v & ~Q_SIGN) > Q_INF;
}

/* ---- arithmetic ---- */

/* A number whose significand goes on for another 128 bits. */
struct wide {
    struct fp_num n;
    u128 lo;
};

FP_INLINE void wide_shift_right_jam(struct wide *w, unsigned n)
{
    bool lost;
    if (n == 0)
        return;
    if (n >= 256) {
        lost = (w->n.sig | w->lo) != 0;
        w->n.sig = 0;
        w->lo = lost;
        return;
    }
    if (n >= 128) {
        lost = w->lo != 0;
        w->lo = w->n.sig;
        w->n.sig = 0;
        n -= 128;
    } else {
        lost = false;
    }
    if (n) {
        lost |= w->lo << (128 - n) != 0;
        w->lo = w->lo >> n | w->n.sig << (128 - n);
        w->n.sig >>= n;
    }
    w->lo |= lost;
}

/* To 128 bits with a sticky last one, normalised. */
FP_INLINE struct fp_num wide_narrow(struct wide w)
{
    if (w.n.sig == 0) {
        w.n.sig = w.lo;
        w.lo = 0;
        w.n.exp -= 128;
    }
    if (w.n.sig == 0)
        return num_special(NUM_ZERO, w.n.sign);
    unsigned shift = (unsigned)sig_clz(w.n.sig);
    if (shift) {
        w.n.sig = w.n.sig << shift | w.lo >> (128 - shift);
        w.lo <<= shift;
        w.n.exp -= (int)shift;
    }
    w.n.sig |= w.lo != 0;
    return w.n;
}

FP_INLINE bool wide_less(const struct wide *a, const struct wide *b)
{
    if (a->n.exp != b->n.exp)
        return a->n.exp < b->n.exp;
    return a->n.sig != b->n.sig ? a->n.sig < b->n.sig : a->lo < b->lo;
}

/* Sum of two finite numbers. */
FP_INLINE struct fp_num wide_add(struct wide a, struct wide b, struct fp_op *op)
{
    if (wide_less(&a, &b)) {
        struct wide t = a;
        a = b;
        b = t;
    }
    wide_shift_right_jam(&b, (unsigned)(a.n.exp - b.n.exp));
    if (a.n.sign != b.n.sign) {
        a.n.sig -= b.n.sig + (a.lo < b.lo);
        a.lo -= b.lo;
        if ((a.n.sig | a.lo) == 0)
            return num_special(NUM_ZERO, op->rn == FP_DOWN);
        return wide_narrow(a);
    }
    a.lo += b.lo;
    bool carry_lo = a.lo < b.lo;
    u128 sum = a.n.sig + b.n.sig;
    bool carry = sum < b.n.sig;
    a.n.sig = sum + carry_lo;
    carry |= carry_lo && a.n.sig == 0;
    if (carry) {
        wide_shift_right_jam(&a, 1);
        a.n.sig |= SIG_TOP;
        a.n.exp++;
    }
    return wide_narrow(a);
}

/* a + b, neither a NaN. */
FP_INLINE struct fp_num q_sum(const struct wide *a, const struct wide *b, struct fp_op *op)
{
    if (a->n.cls == NUM_FINITE && b->n.cls == NUM_FINITE)
        return wide_add(*a, *b, op);
    if (a->n.cls == NUM_INF) {
        if (b->n.cls == NUM_INF && a->n.sign != b->n.sign)
            return num_invalid(op, FPSCR_VXISI);
        return a->n;
    }
    if (b->n.cls == NUM_INF)
        return b->n;
    if (a->n.cls == NUM_ZERO && b->n.cls == NUM_ZERO)
        return num_special(NUM_ZERO, a->n.sign == b->n.sign ? a->n.sign : op->rn == FP_DOWN);
    return wide_narrow(a->n.cls == NUM_ZERO ? *b : *a);
}

/* 128 x 128 -> 256 bits. */
static void mul128(u128 x, u128 y, u128 *hi, u128 *lo)
{
    uint64_t x1 = x >> 64, x0 = (uint64_t)x, y1 = y >> 64, y0 = (uint64_t)y;
    u128 low = (u128)x0 * y0, cross = (u128)x1 * y0 + (low >> 64);
    u128 cross2 = (u128)x0 * y1 + (uint64_t)cross;
    *hi = (u128)x1 * y1 + (cross >> 64) + (cross2 >> 64);
    *lo = cross2 << 64 | (uint64_t)low;
}

/* The exact product, neither operand a NaN. */
FP_INLINE struct wide q_product(const struct fp_num *a, const struct fp_num *b, struct fp_op *op)
{
    struct wide w = {.n = {.sign = a->sign ^ b->sign}};
    if (a->cls != NUM_FINITE || b->cls != NUM_FINITE) {
        w.n = num_mul_special(a, b, op);
        return w;
    }
    w.n.cls = NUM_FINITE;
    w.n.exp = a->exp + b->exp + 1;
    mul128(a->sig, b->sig, &w.n.sig, &w.lo);
    if (!(w.n.sig & SIG_TOP)) {
        w.n.sig = w.n.sig << 1 | w.lo >> 127;
        w.lo <<= 1;
        w.n.exp--;
    }
    return w;
}

/* The next 64 bits of *@rest / @divisor, which has its top bit and is the greater one; the rest is
 * left. The estimate from the divisor's upper half is at most two too great. */
static uint64_t next_digit(u128 *rest, u128 divisor)
{
    uint64_t d1 = divisor >> 64, d0 = (uint64_t)divisor;
    u128 q = *rest >> 64 >= d1 ? UINT64_MAX : *rest / d1;
    u128 r = *rest - q * d1;

    for (; r >> 64 == 0 && q * d0 > r << 64; q--)
        r += d1;
    *rest = (r << 64) - q * d0;
    return (uint64_t)q;
}

FP_INLINE struct fp_num q_quotient(const struct fp_num *a, const struct fp_num *b, struct fp_op *op)
{
    if (a->cls != NUM_FINITE || b->cls != NUM_FINITE)
        return num_div_special(a, b, op);
    u128 rest = a->sig, sig;
    bool ge1 = rest >= b->sig;
    if (ge1)
        rest -= b->sig;
    sig = (u128)next_digit(&rest, b->sig) << 64;
    sig |= next_digit(&rest, b->sig);
    if (ge1) /* what is lost is 0 where there is no rest: such a quotient has 113 bits at most */
        sig = SIG_TOP | sig >> 1;
    return (struct fp_num){sig | (rest != 0), a->exp - b->exp - !ge1, NUM_FINITE,
                           a->sign ^ b->sign};
}

static struct fp_num q_root(const struct fp_num *b, struct fp_op *op)
{
    if (b->cls == NUM_ZERO)
        return *b;
    if (b->sign)
        return num_invalid(op, FPSCR_VXSQRT);
    if (b->cls == NUM_INF)
        return *b;
    /* The radicand as m * 2^e with e even, m in [1,4): two bits of it give one of the root. */
    bool odd = b->exp & 1;
    u128 m = odd ? b->sig : b->sig >> 1, rest = 0, root = 0;
    for (unsigned i = 0; i < 119; i++) {
        u128 trial = root << 2 | 1;
        rest = rest << 2 | m >> 126;
        m <<= 2;
        root <<= 1;
        if (rest >= trial) {
            rest -= trial;
            root |= 1;
        }
    }
    return num_normalise(false, (b->exp - odd) / 2, root << 9 | (rest != 0));
}

/* The first NaN among the operands, quieted; VXSNAN for any of them. False when there is none. */
FP_INLINE bool q_nan(const struct fp_num *operands[], unsigned count, struct fp_op *op,
                     struct fp_num *r)
{
    bool found = false;
    for (unsigned i = 0; i < count; i++) {
        if (!num_is_nan(operands[i]))
            continue;
        num_check_snan(operands[i], op);
        if (!found)
            *r = num_quiet(*operands[i]);
        found = true;
    }
    return found;
}

/* Round and deliver into VRT. */
FP_INLINE trap_t q_end(struct cpu *cpu, const struct insn *in, u128 r, unsigned fprf,
                       const struct fp_op *op)
{
    trap_t trap = TRAP_NONE;
    if (!fp_end(cpu, op, fprf, &trap))
        VRT.q = r;
    return trap;
}

FP_INLINE trap_t q_finish(struct cpu *cpu, const struct insn *in, struct fp_num n, bool negate,
                          struct fp_op *op)
{
    if (n.cls == NUM_FINITE)
        num_round(&n, &F128, op);
    if (!num_is_nan(&n))
        n.sign ^= negate; /* after rounding, as the ISA does */
    u128 r = q_pack(&n);
    return q_end(cpu, in, r, q_fprf(r), op);
}

enum q_kind { Q_ADD, Q_SUB, Q_MUL, Q_DIV };

FP_INLINE trap_t q_binary(struct cpu *cpu, const struct insn *in, enum q_kind kind, bool to_odd)
{
    struct wide a = {.n = q_unpack(VRA.q)}, b = {.n = q_unpack(VRB.q)};
    const struct fp_num *operands[] = {&a.n, &b.n};
    struct fp_num r = {.cls = NUM_ZERO};
    struct fp_op op;

    fp_begin(cpu, &op);
    if (to_odd)
        op.rn = FP_ODD;
    if (!q_nan(operands, 2, &op, &r)) {
        switch (kind) {
        case Q_SUB:
            b.n.sign = !b.n.sign;
            r = q_sum(&a, &b, &op);
            break;
        case Q_ADD:
            r = q_sum(&a, &b, &op);
            break;
        case Q_MUL:
            a = q_product(&a.n, &b.n, &op);
            r = a.n.cls == NUM_FINITE ? wide_narrow(a) : a.n;
            break;
        case Q_DIV:
            r = q_quotient(&a.n, &b.n, &op);
            break;
        }
    }
    return q_finish(cpu, in, r, false, &op);
}

static trap_t q_sqrt(struct cpu *cpu, const struct insn *in, bool to_odd)
{
    struct fp_num b = q_unpack(VRB.q), r;
    const struct fp_num *operands[] = {&b};
    struct fp_op op;

    fp_begin(cpu, &op);
    if (to_odd)
        op.rn = FP_ODD;
    if (!q_nan(operands, 1, &op, &r))
        r = q_root(&b, &op);
    return q_finish(cpu, in, r, false, &op);
}

/* VRA * VRB + VRT; a NaN in VRT has priority over one in VRB. */
static trap_t q_muladd(struct cpu *cpu, const struct insn *in, bool neg_b, bool neg_r, bool to_odd)
{
    struct fp_num a = q_unpack(VRA.q), c = q_unpack(VRB.q), r;
    struct wide b = {.n = q_unpack(VRT.q)};
    const struct fp_num *operands[] = {&a, &b.n, &c};
    struct fp_op op;

    fp_begin(cpu, &op);
    if (to_odd)
        op.rn = FP_ODD;
    if (q_nan(operands, 3, &op, &r)) {
        /* Infinity times zero is invalid even when the addend is the NaN that is delivered. */
        if ((a.cls == NUM_INF && c.cls == NUM_ZERO) || (a.cls == NUM_ZERO && c.cls == NUM_INF))
            op.flags |= FPSCR_VXIMZ;
        return q_finish(cpu, in, r, false, &op);
    }
    b.n.sign ^= neg_b;
    struct wide product = q_product(&a, &c, &op);
    r = num_is_nan(&product.n) ? product.n : q_sum(&product, &b, &op);
    return q_finish(cpu, in, r, neg_r, &op);
}

#define Q_PAIR(name, call, ...)                                                                    \
    OP(name)                                                                                       \
    {                                                                                              \
        return call(cpu, in, ##__VA_ARGS__, false);                                                \
    }                                                                                              \
    OP(name##o)                                                                                    \
    {                                                                                              \
        return call(cpu, in, ##__VA_ARGS__, true);                                                 \
    }
Q_PAIR(xsaddqp, q_binary, Q_ADD)
Q_PAIR(xssubqp, q_binary, Q_SUB)
Q_PAIR(xsmulqp, q_binary, Q_MUL)
Q_PAIR(xsdivqp, q_binary, Q_DIV)
Q_PAIR(xssqrtqp, q_sqrt)
Q_PAIR(xsmaddqp, q_muladd, false, false)
Q_PAIR(xsmsubqp, q_muladd, true, false)
Q_PAIR(xsnmaddqp, q_muladd, false, true)
Q_PAIR(xsnmsubqp, q_muladd, true, true)

/* ---- rounding ---- */

/* R || RMC of xsrqpi and xsrqpxp; reserved values round by FPSCR[RN]. */
static void q_rounding_mode(const struct insn *in, struct fp_op *op)
{
    static const enum fp_round modes[4] = {FP_NEAREST, FP_ZERO, FP_UP, FP_DOWN};
    unsigned rmc = WORD_BITS(in->word, 21, 22);
    if (WORD_BITS(in->word, 15, 15))
        op->rn = modes[rmc];
    else if (rmc == 0)
        op->rn = FP_AWAY;
}

/* |n| rounded to an integer by op->rn; n->exp is at most 126. */
static u128 q_magnitude(const struct fp_num *n, struct fp_op *op)
{
    unsigned drop = (unsigned)(127 - n->exp);
    u128 mag = drop < 128 ? n->sig >> drop : 0;
    u128 rest = drop < 128 ? n->sig << (128 - drop) : n->sig; /* left-aligned */
    if (rest == 0)
        return mag;
    int cmp = drop > 128 || rest < SIG_TOP ? -1 : rest > SIG_TOP;
    bool up = round_increments(op->rn, n->sign, mag & 1, cmp);
    fp_inexact(op, up);
    return mag + up;
}

static trap_t q_round_int(struct cpu *cpu, const struct insn *in, bool exact)
{
    struct fp_num n = q_unpack(VRB.q);
    struct fp_op op;

    fp_begin(cpu, &op);
    q_rounding_mode(in, &op);
    struct fp_op silent = op;
    num_check_snan(&n, &op);
    if (num_is_nan(&n)) {
        n = num_quiet(n);
    } else if (n.cls == NUM_FINITE && n.exp < 112) {
        u128 mag = q_magnitude(&n, exact ? &op : &silent);
        n = num_normalise(n.sign, 127, mag);
    }
    u128 r = q_pack(&n);
    return q_end(cpu, in, r, q_fprf(r), &op);
}

OP(xsrqpi)
{
    return q_round_int(cpu, in, false);
}

OP(xsrqpix)
{
    return q_round_int(cpu, in, true);
}

OP(xsrqpxp)
{
    struct fp_num n = q_unpack(VRB.q);
    struct fp_op op;

    fp_begin(cpu, &op);
    q_rounding_mode(in, &op);
    num_check_snan(&n, &op);
    if (num_is_nan(&n)) {
        n = num_quiet(n);
        n.sig &= ~(u128)0 << 64; /* the payload loses what the format has no room for */
    } else if (n.cls == NUM_FINITE) {
        num_round(&n, &FX80, &op);
    }
    u128 r = q_pack(&n);
    return q_end(cpu, in, r, q_fprf(r), &op);
}

/* ---- conversions ---- */

static trap_t q_to_double(struct cpu *cpu, const struct insn *in, bool to_odd)
{
    struct fp_num n = q_unpack(VRB.q);
    struct fp_op op;

    fp_begin(cpu, &op);
    if (to_odd)
        op.rn = FP_ODD;
    num_check_snan(&n, &op);
    if (num_is_nan(&n))
        n = num_quiet(n);
    uint64_t r = fp_finish(n, &F64, &F64, &op);
    return q_end(cpu, in, (u128)r << 64, f64_fprf(r, false), &op);
}
Q_PAIR(xscvqpdp, q_to_double)
#undef Q_PAIR

OP(xscvdpqp)
{
    struct fp_num n = fp_unpack(&F64, VD(VRB, 0));
    struct fp_op op;

    fp_begin(cpu, &op);
    num_check_snan(&n, &op);
    if (num_is_nan(&n))
        n = num_quiet(n);
    u128 r = q_pack(&n);
    return q_end(cpu, in, r, q_fprf(r), &op);
}

static trap_t q_from_integer(struct cpu *cpu, const struct insn *in, bool sign, uint64_t mag)
{
    struct fp_num n = num_normalise(sign, 63, (u128)mag << 64);
    struct fp_op op;

    fp_begin(cpu, &op);
    u128 r = q_pack(&n);
    return q_end(cpu, in, r, q_fprf(r), &op);
}

OP(xscvsdqp)
{
    uint64_t v = VD(VRB, 0);
    bool sign = v >> 63;
    return q_from_integer(cpu, in, sign, sign ? -v : v);
}

OP(xscvudqp)
{
    return q_from_integer(cpu, in, false, VD(VRB, 0));
}

/* Truncates to [min, max]; both as 64-bit images, max also the largest magnitude. */
static uint64_t q_truncate(u128 v, uint64_t min, uint64_t max, struct fp_op *op)
{
    struct fp_num n = q_unpack(v);
    u128 largest = n.sign ? -min : max, mag = 0;

    num_check_snan(&n, op);
    if (n.cls == NUM_ZERO)
        return 0;
    op->rn = FP_ZERO;
    if (n.cls == NUM_FINITE && n.exp <= 63) {
        struct fp_op work = *op;
        mag = q_magnitude(&n, &work);
        if (mag <= largest) {
            *op = work;
            return n.sign ? -(uint64_t)mag : (uint64_t)mag;
        }
    }
    op->flags |= FPSCR_VXCVI;
    return n.sign || num_is_nan(&n) ? min : max;
}

#define Q_TO_INTEGER(name, min, max)                                                               \
    OP(name)                                                                                       \
    {                                                                                              \
        struct fp_op op;                                                                           \
        fp_begin(cpu, &op);                                                                        \
        uint64_t r = q_truncate(VRB.q, min, max, &op);                                             \
        return q_end(cpu, in, (u128)r << 64, 0, &op);                                              \
    }
Q_TO_INTEGER(xscvqpsdz, (uint64_t)INT64_MIN, INT64_MAX)
Q_TO_INTEGER(xscvqpudz, 0, UINT64_MAX)
Q_TO_INTEGER(xscvqpswz, (uint64_t)(int64_t)INT32_MIN, INT32_MAX)
Q_TO_INTEGER(xscvqpuwz, 0, UINT32_MAX)
#undef Q_TO_INTEGER

/* ---- comparisons and tests ---- */

static trap_t q_compare(struct cpu *cpu, const struct insn *in, bool ordered)
{
    u128 a = VRA.q, b = VRB.q, mag_a = a & ~Q_SIGN, mag_b = b & ~Q_SIGN;
    struct fp_op op;
    unsigned cc;

    fp_begin(cpu, &op);
    if (mag_a > Q_INF || mag_b > Q_INF) {
        bool signals = (mag_a > Q_INF && !(a & Q_QUIET)) || (mag_b > Q_INF && !(b & Q_QUIET));
        if (signals)
            op.flags |= FPSCR_VXSNAN;
        if (ordered && !(signals && op.ve))
            op.flags |= FPSCR_VXVC;
        cc = CR_SO;
    } else if (a == b || (mag_a | mag_b) == 0) {
        cc = CR_EQ;
    } else if ((a ^ b) & Q_SIGN) {
        cc = a & Q_SIGN ? CR_LT : CR_GT;
    } else {
        cc = (mag_a < mag_b) != (a >> 127) ? CR_LT : CR_GT;
    }
    return vsx_end_cc(cpu, in, cc, &op);
}

OP(xscmpoqp)
{
    return q_compare(cpu, in, true);
}

OP(xscmpuqp)
{
    return q_compare(cpu, in, false);
}

OP(xscmpexpqp)
{
    const struct fp_op none = {0};
    u128 a = VRA.q, b = VRB.q;
    unsigned cc = Q_EXP(a) < Q_EXP(b) ? CR_LT : Q_EXP(a) > Q_EXP(b) ? CR_GT : CR_EQ;
    if (q_is_nan(a) || q_is_nan(b))
        cc = CR_SO;
    return vsx_end_cc(cpu, in, cc, &none);
}

OP(xststdcqp)
{
    const struct fp_op none = {0};
    u128 b = VRB.q;
    bool sign = b >> 127;
    unsigned class = vsx_class(sign, Q_EXP(b), 0x7fff, (b & Q_FRAC) != 0);
    bool match = class & WORD_BITS(in->word, 9, 15);
    return vsx_end_cc(cpu, in, (sign ? CR_LT : 0) | (match ? CR_EQ : 0), &none);
}

/* ---- sign, exponent, significand ---- */

#define Q_MOVE(name, expr)                                                                         \
    OP(name)                                                                                       \
    {                                                                                              \
        const u128 b = VRB.q;                                                                      \
        VRT.q = expr;                                                                              \
        return TRAP_NONE;                                                                          \
    }
#define Q_IMPLICIT(v) ((u128)(Q_EXP(v) != 0 && Q_EXP(v) != 0x7fff) << 112)
Q_MOVE(xsabsqp, b & ~Q_SIGN)
Q_MOVE(xsnabsqp, b | Q_SIGN)
Q_MOVE(xsnegqp, b ^ Q_SIGN)
Q_MOVE(xscpsgnqp, (VRA.q & Q_SIGN) | (b & ~Q_SIGN))
Q_MOVE(xsxexpqp, (u128)Q_EXP(b) << 64)
Q_MOVE(xsxsigqp, (b & Q_FRAC) | Q_IMPLICIT(b))
Q_MOVE(xsiexpqp, (VRA.q & ~Q_INF) | ((b >> 64 & 0x7fff) << 112))
#undef Q_MOVE
