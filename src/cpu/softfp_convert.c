// SPDX-License-Identifier: Apache-2.0
/*
 * Conversions between formats and integers, rounding to integral values, comparison, estimates
 * and result classes, with integers only.
 * Facts: Power ISA v3.0B Book I, "Floating-Point Facility" and its model appendices.
 */
#include "softfp_internal.h"

#define F64_ONE 0x3ff0000000000000ULL

/* ---- between formats ---- */

FP_INLINE uint64_t fp_convert(const struct fp_format *from, const struct fp_format *range,
                              const struct fp_format *to, uint64_t v, struct fp_op *op)
{
    struct fp_num n = fp_unpack(from, v);
    num_check_snan(&n, op);
    if (num_is_nan(&n))
        n = num_quiet(n);
    return fp_finish(n, range, to, op);
}

uint64_t f32_to_f64(uint32_t b, struct fp_op *op)
{
    return fp_convert(&F32, &F64, &F64, b, op);
}

uint32_t f64_to_f32(uint64_t b, struct fp_op *op)
{
    return (uint32_t)fp_convert(&F64, &F32, &F32, b, op);
}

uint64_t f16_to_f64(uint16_t b, struct fp_op *op)
{
    return fp_convert(&F16, &F64, &F64, b, op);
}

uint32_t f16_to_f32(uint16_t b, struct fp_op *op)
{
    return (uint32_t)fp_convert(&F16, &F32, &F32, b, op);
}

uint16_t f64_to_f16(uint64_t b, struct fp_op *op)
{
    return (uint16_t)fp_convert(&F64, &F16, &F16, b, op);
}

uint16_t f32_to_f16(uint32_t b, struct fp_op *op)
{
    return (uint16_t)fp_convert(&F32, &F16, &F16, b, op);
}

uint64_t f64_round_to_single(uint64_t b, struct fp_op *op)
{
    uint64_t r = fp_convert(&F64, &F32, &F64, b, op);
    bool is_nan = (r & ~PPC_BIT(0)) > PPC_BITS(1, 11);
    /* Unlike the arithmetic, which hands a double NaN through, this one trims its payload. */
    return is_nan ? r & ~PPC_BITS(35, 63) : r;
}

/* ---- to integers ---- */

/* |n| as an integer rounded by op->rn: the integer part; sets fi/fr/XX. The exponent is <= 63. */
FP_INLINE u128 num_to_magnitude(const struct fp_num *n, struct fp_op *op)
{
    /* 64 integer bits, 64 fraction bits */
    u128 fixed = shift_right_jam(n->sig, 63 - n->exp);
    u128 mag = fixed >> 64;
    uint64_t rest = (uint64_t)fixed, half = 1ULL << 63;
    if (rest == 0)
        return mag;
    int cmp = rest > half ? 1 : rest < half ? -1 : 0;
    bool up = round_increments(op->rn, n->sign, mag & 1, cmp);
    fp_inexact(op, up);
    return mag + up;
}

/* An invalid conversion leaves nothing of the inexact exception its rounding found. */
FP_INLINE uint64_t conversion_invalid(struct fp_op *op, uint64_t result)
{
    op->flags = (op->flags & ~FPSCR_XX) | FPSCR_VXCVI;
    op->fi = op->fr = false;
    return result;
}

FP_INLINE uint64_t num_to_signed(const struct fp_num *n, unsigned bits, struct fp_op *op)
{
    const uint64_t min = -1ULL << (bits - 1), max = ~min;

    num_check_snan(n, op);
    if (num_is_nan(n))
        return conversion_invalid(op, min);
    if (n->cls == NUM_ZERO)
        return 0;
    if (n->cls == NUM_INF || n->exp > 63)
        return conversion_invalid(op, n->sign ? min : max);
    u128 mag = num_to_magnitude(n, op);
    if (mag > (u128)max + n->sign)
        return conversion_invalid(op, n->sign ? min : max);
    return n->sign ? -(uint64_t)mag : (uint64_t)mag;
}

FP_INLINE uint64_t num_to_unsigned(const struct fp_num *n, unsigned bits, struct fp_op *op)
{
    const uint64_t max = -1ULL >> (64 - bits);

    num_check_snan(n, op);
    if (num_is_nan(n))
        return conversion_invalid(op, 0);
    if (n->cls == NUM_ZERO)
        return 0;
    if (n->cls == NUM_INF || n->exp > 63)
        return conversion_invalid(op, n->sign ? 0 : max);
    u128 mag = num_to_magnitude(n, op);
    if (n->sign && mag)
        return conversion_invalid(op, 0);
    return mag > max ? conversion_invalid(op, max) : (uint64_t)mag;
}

#define TO_INTEGER(name, type, arg, format, how, bits)                                             \
    type name(arg b, struct fp_op *op)                                                             \
    {                                                                                              \
        struct fp_num n = fp_unpack(&format, b);                                                   \
        return (type)how(&n, bits, op);                                                            \
    }
TO_INTEGER(f64_to_i64, int64_t, uint64_t, F64, num_to_signed, 64)
TO_INTEGER(f64_to_i32, int32_t, uint64_t, F64, num_to_signed, 32)
TO_INTEGER(f64_to_u64, uint64_t, uint64_t, F64, num_to_unsigned, 64)
TO_INTEGER(f64_to_u32, uint32_t, uint64_t, F64, num_to_unsigned, 32)
TO_INTEGER(f32_to_i64, int64_t, uint32_t, F32, num_to_signed, 64)
TO_INTEGER(f32_to_i32, int32_t, uint32_t, F32, num_to_signed, 32)
TO_INTEGER(f32_to_u64, uint64_t, uint32_t, F32, num_to_unsigned, 64)
TO_INTEGER(f32_to_u32, uint32_t, uint32_t, F32, num_to_unsigned, 32)

/* ---- from integers ---- */

FP_INLINE uint64_t from_magnitude(bool sign, uint64_t mag, const struct fp_format *f,
                                  struct fp_op *op)
{
    return fp_finish(num_normalise(sign, 63, (u128)mag << 64), f, f, op);
}

uint64_t i64_to_f64(int64_t v, struct fp_op *op)
{
    return from_magnitude(v < 0, v < 0 ? -(uint64_t)v : (uint64_t)v, &F64, op);
}

uint64_t u64_to_f64(uint64_t v, struct fp_op *op)
{
    return from_magnitude(false, v, &F64, op);
}

uint32_t i64_to_f32(int64_t v, struct fp_op *op)
{
    return (uint32_t)from_magnitude(v < 0, v < 0 ? -(uint64_t)v : (uint64_t)v, &F32, op);
}

uint32_t u64_to_f32(uint64_t v, struct fp_op *op)
{
    return (uint32_t)from_magnitude(false, v, &F32, op);
}

/* ---- to integral values ---- */

FP_INLINE uint64_t fp_round_int(const struct fp_format *f, uint64_t v, bool exact_flag,
                                struct fp_op *op)
{
    struct fp_num n = fp_unpack(f, v);
    num_check_snan(&n, op);
    if (num_is_nan(&n)) {
        n = num_quiet(n);
        return fp_pack(&n, f);
    }
    if (n.cls != NUM_FINITE || n.exp >= (int)f->frac_bits)
        return v;
    struct fp_op silent = {.rn = op->rn};
    u128 mag = num_to_magnitude(&n, exact_flag ? op : &silent);
    n = num_normalise(n.sign, 63, mag << 64);
    return fp_pack(&n, f);
}

uint64_t f64_round_int(uint64_t b, bool exact_flag, struct fp_op *op)
{
    return fp_round_int(&F64, b, exact_flag, op);
}

uint32_t f32_round_int(uint32_t b, bool exact_flag, struct fp_op *op)
{
    return (uint32_t)fp_round_int(&F32, b, exact_flag, op);
}

/* ---- comparison ---- */

FP_INLINE unsigned fp_compare(const struct fp_format *f, uint64_t va, uint64_t vb, bool ordered,
                              struct fp_op *op)
{
    const unsigned top = f->frac_bits + f->exp_bits;
    const uint64_t inf = ((1ULL << f->exp_bits) - 1) << f->frac_bits;
    const uint64_t quiet = 1ULL << (f->frac_bits - 1), mask = (1ULL << top) - 1;
    uint64_t ma = va & mask, mb = vb & mask;
    bool sa = va >> top & 1, sb = vb >> top & 1;

    if (unlikely(ma > inf || mb > inf)) {
        bool signals = (ma > inf && !(ma & quiet)) || (mb > inf && !(mb & quiet));
        if (signals)
            op->flags |= FPSCR_VXSNAN;
        /* An enabled signalling NaN stops the ordered comparison before it finds VXVC. */
        if (ordered && !(signals && op->ve))
            op->flags |= FPSCR_VXVC;
        return CR_SO;
    }
    if (ma == 0 && mb == 0)
        return CR_EQ;
    if (sa != sb)
        return sa ? CR_LT : CR_GT;
    if (ma == mb)
        return CR_EQ;
    return (ma < mb) != sa ? CR_LT : CR_GT;
}

unsigned f64_compare(uint64_t a, uint64_t b, bool ordered, struct fp_op *op)
{
    return fp_compare(&F64, a, b, ordered, op);
}

unsigned f32_compare(uint32_t a, uint32_t b, bool ordered, struct fp_op *op)
{
    return fp_compare(&F32, a, b, ordered, op);
}

/* ---- estimates ----
 * The ISA asks for a bound on the relative error only, and POWER9's tables are not published: we
 * deliver the (nearly) correctly rounded value, which is inside every bound. XX, FI and FR are
 * undefined for estimates: we leave XX alone and clear the others. */

static void estimate_done(struct fp_op *op, const struct fp_op *work)
{
    op->flags |= work->flags & ~FPSCR_XX;
    op->fi = op->fr = false;
}

static struct fp_op estimate_env(const struct fp_op *op)
{
    return (struct fp_op){.rn = op->rn, .oe = op->oe, .ue = op->ue};
}

uint64_t f64_re(uint64_t b, struct fp_op *op)
{
    struct fp_op work = estimate_env(op);
    uint64_t r = f64_div(F64_ONE, b, &work);
    estimate_done(op, &work);
    return r;
}

uint64_t f64_res(uint64_t b, struct fp_op *op)
{
    struct fp_op work = estimate_env(op);
    uint64_t r = f64_divs(F64_ONE, b, &work);
    estimate_done(op, &work);
    return r;
}

uint32_t f32_re(uint32_t b, struct fp_op *op)
{
    struct fp_op work = estimate_env(op);
    uint32_t r = f32_div(0x3f800000, b, &work);
    estimate_done(op, &work);
    return r;
}

/* 1/sqrt in double. The intermediate steps cannot overflow or underflow. */
static uint64_t rsqrt_steps(uint64_t b, struct fp_op *work)
{
    uint64_t root = f64_sqrt(b, work);
    if (work->flags & FPSCR_VX_ANY)
        return root;
    return f64_div(F64_ONE, root, work);
}

uint64_t f64_rsqrte(uint64_t b, struct fp_op *op)
{
    struct fp_op work = {.rn = FP_NEAREST};
    uint64_t r = rsqrt_steps(b, &work);
    estimate_done(op, &work);
    return r;
}

uint64_t f64_rsqrtes(uint64_t b, struct fp_op *op)
{
    struct fp_op work = estimate_env(op);
    bool is_nan = (b & ~PPC_BIT(0)) > PPC_BITS(1, 11);
    uint64_t r = f64_rsqrte(b, &work);
    /* A NaN operand keeps its payload, as in all single-precision arithmetic. */
    if (!is_nan)
        r = f64_round_to_single(r, &work);
    estimate_done(op, &work);
    return r;
}

uint32_t f32_rsqrte(uint32_t b, struct fp_op *op)
{
    struct fp_op work = estimate_env(op);
    uint64_t wide = f32_to_f64(b, &work);
    uint32_t r = f64_to_f32(f64_rsqrte(wide, &work), &work);
    estimate_done(op, &work);
    return r;
}

/* ---- result class: C FL FG FE FU ---- */

FP_INLINE unsigned class_code(const struct fp_num *n, int emin)
{
    switch (n->cls) {
    case NUM_ZERO:
        return n->sign ? 0x12 : 0x02;
    case NUM_FINITE:
        return (n->exp < emin ? 0x10 : 0) | (n->sign ? 0x08 : 0x04);
    case NUM_INF:
        return n->sign ? 0x09 : 0x05;
    case NUM_QNAN:
    case NUM_SNAN:
        break;
    }
    return 0x11;
}

unsigned f64_fprf(uint64_t v, bool single)
{
    struct fp_num n = fp_unpack(&F64, v);
    return class_code(&n, single ? F32.emin : F64.emin);
}

unsigned f32_fprf(uint32_t v)
{
    struct fp_num n = fp_unpack(&F32, v);
    return class_code(&n, F32.emin);
}

unsigned f16_fprf(uint16_t v)
{
    struct fp_num n = fp_unpack(&F16, v);
    return class_code(&n, F16.emin);
}
