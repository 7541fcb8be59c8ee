// SPDX-License-Identifier: Apache-2.0
/*
 * Decimal arithmetic on numbers taken apart. An operation computes its exact result, or so many
 * digits of it that the rest cannot matter, as a 256-bit coefficient; one function, settle(),
 * rounds it and decides about range, flags and the exponent of the result.
 * Facts: Power ISA v3.0B Book I, "Decimal Floating-Point" ("Rounding", "DFP Exceptions", "DFP
 * Instruction Descriptions").
 */
#include "dfp.h"

/* ---- 256-bit integers ---- */

struct u256 {
    u128 hi, lo;
};

static struct u256 mul128(u128 a, u128 b)
{
    uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64), b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
    u128 low = (u128)a0 * b0, m1 = (u128)a1 * b0, m2 = (u128)a0 * b1;
    u128 mid = (low >> 64) + (uint64_t)m1 + (uint64_t)m2;
    return (struct u256){(u128)a1 * b1 + (m1 >> 64) + (m2 >> 64) + (mid >> 64),
                         mid << 64 | (uint64_t)low};
}

static struct u256 add256(struct u256 a, struct u256 b)
{
    u128 lo = a.lo + b.lo;
    return (struct u256){a.hi + b.hi + (lo < a.lo), lo};
}

static struct u256 sub256(struct u256 a, struct u256 b)
{
    return (struct u256){a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo};
}

static bool less256(struct u256 a, struct u256 b)
{
    return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

/* Divides in place, returns the remainder. */
static uint64_t div256_by_64(struct u256 *v, uint64_t d)
{
    uint64_t w[4] = {(uint64_t)(v->hi >> 64), (uint64_t)v->hi, (uint64_t)(v->lo >> 64),
                     (uint64_t)v->lo};
    u128 r = 0;
    for (unsigned i = 0; i < 4; i++) {
        r = r << 64 | w[i];
        w[i] = (uint64_t)(r / d);
        r %= d;
    }
    *v = (struct u256){(u128)w[0] << 64 | w[1], (u128)w[2] << 64 | w[3]};
    return (uint64_t)r;
}

/* The quotient must fit 128 bits and d be below 2^127: one bit after the other. */
static u128 div256_by_128(struct u256 v, u128 d, u128 *rem)
{
    if (!v.hi) {
        *rem = v.lo % d;
        return v.lo / d;
    }
    u128 r = v.hi, q = v.lo;
    for (unsigned i = 0; i < 128; i++) {
        r = r << 1 | q >> 127;
        q <<= 1;
        if (r >= d) {
            r -= d;
            q |= 1;
        }
    }
    *rem = r;
    return q;
}

static unsigned digits256(struct u256 v)
{
    unsigned n = 0;
    for (; v.hi; n += 19)
        div256_by_64(&v, (uint64_t)dfp_pow10[19]);
    return n + dfp_digits(v.lo);
}

/* c * 10^n, c * 10^n < 10^77 */
static struct u256 scale256(u128 c, unsigned n)
{
    if (n <= 38)
        return mul128(c, dfp_pow10[n]);
    struct u256 v = mul128(c, dfp_pow10[38]), w = mul128(v.lo, dfp_pow10[n - 38]);
    w.hi += v.hi * dfp_pow10[n - 38];
    return w;
}

/* ---- rounding ---- */

/* What stands right of the last digit that is kept, in units of that digit. */
enum tail { TAIL_ZERO, TAIL_BELOW_HALF, TAIL_HALF, TAIL_ABOVE_HALF };

/* Remainder @r of a division by a power of ten, half of which is @half, with @rest to its right. */
static enum tail tail_of(u128 r, u128 half, enum tail rest)
{
    if (r < half)
        return r || rest ? TAIL_BELOW_HALF : TAIL_ZERO;
    return r > half || rest ? TAIL_ABOVE_HALF : TAIL_HALF;
}

/* Drops @n digits of *v, returns the new tail. */
static enum tail drop_digits(struct u256 *v, unsigned n, enum tail tail)
{
    if (n > 80) {
        tail = v->hi || v->lo || tail ? TAIL_BELOW_HALF : TAIL_ZERO;
        *v = (struct u256){0, 0};
        return tail;
    }
    while (n) {
        if (!v->hi && n <= 38) {
            tail = tail_of(v->lo % dfp_pow10[n], dfp_pow10[n] / 2, tail);
            v->lo /= dfp_pow10[n];
            break;
        }
        unsigned k = n < 19 ? n : 19;
        tail = tail_of(div256_by_64(v, (uint64_t)dfp_pow10[k]), dfp_pow10[k] / 2, tail);
        n -= k;
    }
    return tail;
}

static bool rounds_up(enum dfp_round round, bool sign, unsigned last_digit, enum tail tail)
{
    if (tail == TAIL_ZERO)
        return false;
    switch (round) {
    case DFP_NEAREST_EVEN:
        return tail == TAIL_ABOVE_HALF || (tail == TAIL_HALF && (last_digit & 1));
    case DFP_TO_ZERO:
        return false;
    case DFP_UP:
        return !sign;
    case DFP_DOWN:
        return sign;
    case DFP_NEAREST_AWAY:
        return tail >= TAIL_HALF;
    case DFP_NEAREST_ZERO:
        return tail == TAIL_ABOVE_HALF;
    case DFP_FROM_ZERO:
        return true;
    case DFP_SHORTER:
        return last_digit % 5 == 0;
    }
    return false;
}

/* @c without its last @n digits, rounded; sets FI and FR. */
static u128 round_digits(struct u256 c, unsigned n, enum tail tail, bool sign, struct dfp_op *op)
{
    tail = drop_digits(&c, n, tail);
    bool up = rounds_up(op->round, sign, (unsigned)(c.lo % 10), tail);
    op->fp.fi = tail != TAIL_ZERO;
    op->fp.fr = up;
    return c.lo + up;
}

/* ---- from the exact result to the delivered one ---- */

struct exact {
    bool sign;
    enum tail tail; /* only zero or not counts; not zero: c has more digits than the target */
    struct u256 c;
    int exp, ideal;
};

struct target {
    const struct dfp_format *f;
    const struct dfp_format *wrapped; /* format of a wrapped result */
    int wrap;
};

/* The result when an overflow is not enabled. */
static struct dfp overflowed(const struct dfp_format *f, bool sign, struct dfp_op *op)
{
    bool largest = op->round == DFP_TO_ZERO || op->round == DFP_SHORTER ||
                   op->round == (sign ? DFP_UP : DFP_DOWN);
    op->fp.flags |= FPSCR_OX | FPSCR_XX;
    op->fp.fi = true;
    op->fp.fr = !largest;
    if (!largest)
        return dfp_infinity(sign);
    return (struct dfp){.sign = sign, .exp = f->emax, .c = dfp_pow10[f->digits] - 1};
}

/* Moves the exponent toward @ideal as far as digits and range allow, without changing the value. */
static void seek_exponent(const struct dfp_format *f, unsigned digits, struct dfp *v, int ideal)
{
    if (ideal < f->emin)
        ideal = f->emin;
    if (ideal > f->emax)
        ideal = f->emax;
    if (!v->c) {
        v->exp = ideal;
    } else if (v->exp > ideal) {
        unsigned n = (unsigned)(v->exp - ideal), room = digits - dfp_digits(v->c);
        n = n < room ? n : room;
        v->c *= dfp_pow10[n];
        v->exp -= (int)n;
    }
    for (int n = 16; n; n /= 2) {
        while (v->exp + n <= ideal && v->c % dfp_pow10[n] == 0) {
            v->c /= dfp_pow10[n];
            v->exp += n;
        }
    }
}

static struct dfp settle(const struct target *t, struct exact x, struct dfp_op *op)
{
    const struct dfp_format *f = t->f, *format = f;
    int digits = (int)digits256(x.c), drop = digits - (int)f->digits;
    /* Tininess is detected before rounding. */
    bool tiny = digits && x.exp + digits < f->emin + (int)f->digits;

    if (tiny && op->fp.ue) {
        op->fp.flags |= FPSCR_UX;
        x.exp += t->wrap;
        x.ideal += t->wrap;
        format = t->wrapped;
    } else if (tiny && drop < f->emin - x.exp) {
        drop = f->emin - x.exp;
    }
    if (drop < 0)
        drop = 0;

    struct dfp r = {.sign = x.sign, .exp = x.exp + drop};
    r.c = round_digits(x.c, (unsigned)drop, x.tail, x.sign, op);
    if (r.c == dfp_pow10[f->digits]) {
        r.c /= 10;
        r.exp++;
    }
    if (!tiny && r.c && r.exp + (int)dfp_digits(r.c) > f->emax + (int)f->digits) {
        if (!op->fp.oe)
            return overflowed(f, x.sign, op);
        op->fp.flags |= FPSCR_OX;
        r.exp -= t->wrap;
        x.ideal -= t->wrap;
        format = t->wrapped;
    }
    if (op->fp.fi) {
        op->fp.flags |= FPSCR_XX | (tiny ? FPSCR_UX : 0);
        return r;
    }
    seek_exponent(format, f->digits, &r, x.ideal);
    return r;
}

static struct dfp settle_in(const struct dfp_format *f, struct exact x, struct dfp_op *op)
{
    struct target t = {f, f, f->wrap};
    return settle(&t, x, op);
}

/* ---- arithmetic ---- */

static struct dfp nan_of(struct dfp a, struct dfp b, struct dfp_op *op)
{
    if (a.cls == DFP_SNAN || (dfp_is_nan(a) && b.cls != DFP_SNAN))
        return dfp_quiet(a, op);
    return dfp_quiet(b, op);
}

/* A finite sum. A has the larger exponent; scaled to 76 digits at most, it leaves digits of B
 * beyond its own last digit only when those are far right of every place that may be rounded. */
static struct exact exact_sum(struct dfp a, struct dfp b)
{
    unsigned apart = (unsigned)(a.exp - b.exp), room = 76 - dfp_digits(a.c);
    unsigned shift = apart < room ? apart : room;
    struct exact x = {.sign = a.sign, .exp = a.exp - (int)shift, .ideal = b.exp};
    struct u256 big = scale256(a.c, shift), small = {0, b.c};

    x.tail = drop_digits(&small, apart - shift, TAIL_ZERO);
    if (a.sign == b.sign) {
        x.c = add256(big, small);
    } else if (less256(big, small)) {
        x.c = sub256(small, big);
        x.sign = b.sign;
    } else {
        x.c = sub256(big, small);
        if (x.tail) /* c + (1 - the tail) */
            x.c = sub256(x.c, (struct u256){0, 1});
    }
    return x;
}

static struct dfp sum(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op)
{
    if (a.cls == DFP_INFINITY && b.cls == DFP_INFINITY && a.sign != b.sign)
        return dfp_invalid(op, FPSCR_VXISI);
    if (a.cls == DFP_INFINITY || b.cls == DFP_INFINITY)
        return dfp_infinity(a.cls == DFP_INFINITY ? a.sign : b.sign);

    bool swap = a.exp < b.exp, differ = a.sign != b.sign;
    /* A zero needs no digits of its own: the other operand stays as it is. */
    if (!(swap ? b.c : a.c))
        (swap ? &b : &a)->exp = swap ? a.exp : b.exp;
    struct exact x = swap ? exact_sum(b, a) : exact_sum(a, b);
    if (differ && !x.c.hi && !x.c.lo && !x.tail)
        x.sign = op->round == DFP_DOWN;
    return settle_in(f, x, op);
}

struct dfp dfp_add(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op)
{
    if (dfp_is_nan(a) || dfp_is_nan(b))
        return nan_of(a, b, op);
    return sum(f, a, b, op);
}

struct dfp dfp_sub(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op)
{
    if (dfp_is_nan(a) || dfp_is_nan(b))
        return nan_of(a, b, op);
    b.sign = !b.sign;
    return sum(f, a, b, op);
}

struct dfp dfp_mul(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op)
{
    bool sign = a.sign != b.sign;
    if (dfp_is_nan(a) || dfp_is_nan(b))
        return nan_of(a, b, op);
    if (a.cls == DFP_INFINITY || b.cls == DFP_INFINITY) {
        if (dfp_is_zero(a) || dfp_is_zero(b))
            return dfp_invalid(op, FPSCR_VXIMZ);
        return dfp_infinity(sign);
    }
    int exp = a.exp + b.exp;
    struct exact x = {.sign = sign, .c = mul128(a.c, b.c), .exp = exp, .ideal = exp};
    return settle_in(f, x, op);
}

struct dfp dfp_div(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op)
{
    bool sign = a.sign != b.sign;
    if (dfp_is_nan(a) || dfp_is_nan(b))
        return nan_of(a, b, op);
    if (a.cls == DFP_INFINITY)
        return b.cls == DFP_INFINITY ? dfp_invalid(op, FPSCR_VXIDI) : dfp_infinity(sign);
    if (b.cls == DFP_INFINITY)
        return (struct dfp){.sign = sign, .exp = f->emin};
    if (!b.c) {
        if (!a.c)
            return dfp_invalid(op, FPSCR_VXZDZ);
        op->fp.flags |= FPSCR_ZX;
        return dfp_infinity(sign);
    }
    /* One or two digits more than the precision. */
    unsigned shift = f->digits + 1 + dfp_digits(b.c) - dfp_digits(a.c);
    u128 rem, q = div256_by_128(scale256(a.c, shift), b.c, &rem);
    struct exact x = {.sign = sign,
                      .tail = rem ? TAIL_BELOW_HALF : TAIL_ZERO,
                      .c = {0, q},
                      .exp = a.exp - b.exp - (int)shift,
                      .ideal = a.exp - b.exp};
    return settle_in(f, x, op);
}

/* ---- comparison ---- */

/* Both finite: -1, 0, 1 as |a| is less than, equal to or greater than |b|. */
static int compare_magnitudes(struct dfp a, struct dfp b)
{
    if (!a.c || !b.c)
        return (a.c != 0) - (b.c != 0);
    int top_a = a.exp + (int)dfp_digits(a.c), top_b = b.exp + (int)dfp_digits(b.c);
    if (top_a != top_b)
        return top_a < top_b ? -1 : 1;
    /* As many digits as the exponents differ are missing on one side. */
    if (a.exp > b.exp)
        a.c *= dfp_pow10[a.exp - b.exp];
    else
        b.c *= dfp_pow10[b.exp - a.exp];
    return (a.c > b.c) - (a.c < b.c);
}

unsigned dfp_compare(struct dfp a, struct dfp b, bool ordered, struct dfp_op *op)
{
    int c;

    if (dfp_is_nan(a) || dfp_is_nan(b)) {
        bool signals = a.cls == DFP_SNAN || b.cls == DFP_SNAN;
        if (signals)
            op->fp.flags |= FPSCR_VXSNAN;
        if (ordered && !(signals && op->fp.ve))
            op->fp.flags |= FPSCR_VXVC;
        return CR_SO;
    }
    if (dfp_is_zero(a) && dfp_is_zero(b))
        return CR_EQ;
    if (a.sign != b.sign)
        c = 1;
    else if (a.cls == DFP_INFINITY || b.cls == DFP_INFINITY)
        c = (a.cls == DFP_INFINITY) - (b.cls == DFP_INFINITY);
    else
        c = compare_magnitudes(a, b);
    if (!c)
        return CR_EQ;
    return (c < 0) != a.sign ? CR_LT : CR_GT;
}

/* ---- quantum adjustment ---- */

/* The finite @b with exponent @exp; false: its digits do not fit. */
static bool with_exponent(const struct dfp_format *f, struct dfp *b, int exp, struct dfp_op *op)
{
    if (exp >= b->exp) {
        struct u256 c = {0, b->c};
        b->c = round_digits(c, (unsigned)(exp - b->exp), TAIL_ZERO, b->sign, op);
    } else if (b->c) {
        unsigned n = (unsigned)(b->exp - exp);
        if (dfp_digits(b->c) + n > f->digits)
            return false;
        b->c *= dfp_pow10[n];
    }
    b->exp = exp;
    if (op->fp.fi)
        op->fp.flags |= FPSCR_XX;
    return true;
}

struct dfp dfp_quantize(const struct dfp_format *f, struct dfp a, struct dfp b, struct dfp_op *op)
{
    if (dfp_is_nan(a) || dfp_is_nan(b))
        return nan_of(a, b, op);
    if (a.cls == DFP_INFINITY && b.cls == DFP_INFINITY)
        return dfp_infinity(b.sign);
    if (a.cls == DFP_INFINITY || b.cls == DFP_INFINITY || !with_exponent(f, &b, a.exp, op))
        return dfp_invalid(op, FPSCR_VXCVI);
    return b;
}

struct dfp dfp_reround(const struct dfp_format *f, struct dfp b, unsigned n, struct dfp_op *op)
{
    unsigned digits = dfp_digits(b.c);

    if (dfp_is_nan(b))
        return dfp_quiet(b, op);
    if (b.cls == DFP_INFINITY)
        return dfp_infinity(b.sign);
    if (!n || digits <= n)
        return b;
    with_exponent(f, &b, b.exp + (int)(digits - n), op);
    if (b.c == dfp_pow10[n]) {
        b.c /= 10;
        b.exp++;
    }
    if (b.exp > f->emax) {
        op->fp.flags &= ~FPSCR_XX;
        op->fp.fi = op->fp.fr = false;
        return dfp_invalid(op, FPSCR_VXCVI);
    }
    return b;
}

struct dfp dfp_round_int(const struct dfp_format *f, struct dfp b, bool exact_flag,
                         struct dfp_op *op)
{
    if (dfp_is_nan(b))
        return dfp_quiet(b, op);
    if (b.cls == DFP_INFINITY)
        return dfp_infinity(b.sign);
    if (b.exp >= 0)
        return b;
    with_exponent(f, &b, 0, op);
    if (!exact_flag) {
        op->fp.flags &= ~FPSCR_XX;
        op->fp.fi = op->fp.fr = false;
    }
    return b;
}

/* ---- conversion ---- */

struct dfp dfp_narrow(const struct dfp_format *from, const struct dfp_format *to, struct dfp b,
                      struct dfp_op *op, bool *wrapped)
{
    *wrapped = false;
    if (b.cls == DFP_INFINITY)
        return dfp_infinity(b.sign);
    if (dfp_is_nan(b)) {
        b.c %= dfp_pow10[to->digits - 1]; /* the payload is a number: its rightmost digits stay */
        return b;
    }
    struct target t = {to, from, from->wrap_narrowing};
    struct exact x = {.sign = b.sign, .c = {0, b.c}, .exp = b.exp, .ideal = b.exp};
    struct dfp r = settle(&t, x, op);
    *wrapped = (op->fp.oe && op->fp.flags & FPSCR_OX) || (op->fp.ue && op->fp.flags & FPSCR_UX);
    return r;
}

struct dfp dfp_from_i64(const struct dfp_format *f, int64_t v, struct dfp_op *op)
{
    struct exact x = {.sign = v < 0, .c = {0, v < 0 ? -(uint64_t)v : (uint64_t)v}};
    return settle_in(f, x, op);
}

static int64_t saturated(bool negative, struct dfp_op *op)
{
    op->fp.flags |= FPSCR_VXCVI;
    op->fp.fi = op->fp.fr = false;
    return negative ? INT64_MIN : INT64_MAX;
}

int64_t dfp_to_i64(struct dfp b, struct dfp_op *op)
{
    if (dfp_is_nan(b)) {
        dfp_quiet(b, op);
        return saturated(true, op);
    }
    if (b.cls == DFP_INFINITY || (b.c && b.exp + (int)dfp_digits(b.c) > 19))
        return saturated(b.sign, op);
    if (b.exp < 0) {
        struct u256 c = {0, b.c};
        b.c = round_digits(c, (unsigned)-b.exp, TAIL_ZERO, b.sign, op);
    } else if (b.c) {
        b.c *= dfp_pow10[b.exp];
    }
    if (b.c > (u128)INT64_MAX + b.sign)
        return saturated(b.sign, op);
    if (op->fp.fi)
        op->fp.flags |= FPSCR_XX;
    uint64_t magnitude = (uint64_t)b.c;
    return (int64_t)(b.sign ? -magnitude : magnitude);
}
