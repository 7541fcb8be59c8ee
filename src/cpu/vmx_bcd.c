/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMX decimal integers: signed packed decimal of 31 digits, its conversions from and to national,
 * zoned and binary, shifts and truncation, and the quadword multiply-by-10 steps.
 * Facts: Power ISA v3.0B Book I, "Decimal Integer Instructions".
 *
 *   packed  | digit 31 | ... | digit 1 | sign |   a nibble each; A C E F are plus, B D minus
 *
 * CR6 tells the result less than, greater than, equal to zero, and overflow. With a bad digit or
 * sign it is 0b0001 and the ISA leaves VRT undefined; here VRT is then zero.
 */
#include "vmx.h"

struct vmx_packed {
    u128 digits; /* without the sign nibble */
    bool minus, valid;
};

#define NIBBLES(n) (~(u128)0 / 15 * (n)) /* the same nibble everywhere */

/* A nibble above 9 has bit 8 and one of the bits 4 and 2. */
static inline bool vmx_digits_valid(u128 v)
{
    return !(v & (v << 1 | v << 2) & NIBBLES(8));
}

static inline struct vmx_packed vmx_packed(u128 v)
{
    const unsigned sign = v & 15;
    return (struct vmx_packed){
        .digits = v >> 4,
        .minus = sign == 0xb || sign == 0xd,
        .valid = sign >= 10 && vmx_digits_valid(v >> 4),
    };
}

/* PS, bit 22, chooses the code of plus. */
static inline bool vmx_ps(const struct insn *in)
{
    return WORD_BITS(in->word, 22, 22);
}

static inline u128 vmx_pack(u128 digits, bool minus, bool ps)
{
    return digits << 4 | (minus ? 0xd : ps ? 0xf : 0xc);
}

static inline trap_t vmx_bcd_done(struct cpu *cpu, const struct insn *in, u128 v, unsigned cr6)
{
    VMX_PUT(in->rt, v);
    cpu->cr[6] = cr6;
    return TRAP_NONE;
}

static inline trap_t vmx_bcd_invalid(struct cpu *cpu, const struct insn *in)
{
    return vmx_bcd_done(cpu, in, 0, CR_SO);
}

static inline unsigned vmx_bcd_cr(bool zero, bool minus, bool overflow)
{
    return (zero ? CR_EQ : minus ? CR_LT : CR_GT) | (overflow ? CR_SO : 0);
}

/* @src with its digits moved or cut to @digits, of which 31 stay. CR6 compares @src, not what is
 * left of it. */
static inline trap_t vmx_bcd_moved(struct cpu *cpu, const struct insn *in, struct vmx_packed src,
                                   u128 digits, bool overflow)
{
    return vmx_bcd_done(cpu, in, vmx_pack(digits, src.minus, vmx_ps(in)),
                        vmx_bcd_cr(!src.digits, src.minus, overflow));
}

/* ---- add, subtract ---- */

/* Sum of two 32-digit numbers (of at most 31 digits: no carry is lost): 6 added to each digit makes
 * decimal carries binary ones, and goes again where there was none. */
static inline u128 vmx_bcd_sum(u128 a, u128 b)
{
    const u128 biased = a + NIBBLES(6);
    const u128 sum = biased + b;
    const u128 carries_in = biased ^ b ^ sum; /* at bit 0 of each digit, out of the one before */
    const u128 no_carry = ~(carries_in >> 1) & NIBBLES(8); /* bit 3 of a digit: none out of it */
    return sum - (no_carry >> 2 | no_carry >> 1);
}

/* a - b, a >= b: the same with borrows. */
static inline u128 vmx_bcd_difference(u128 a, u128 b)
{
    const u128 difference = a - b;
    const u128 borrows_in = a ^ b ^ difference;
    const u128 borrow = borrows_in >> 1 & NIBBLES(8);
    return difference - (borrow >> 2 | borrow >> 1);
}

static inline trap_t vmx_bcd_add(struct cpu *cpu, const struct insn *in, bool negate)
{
    const struct vmx_packed a = vmx_packed(VMX_GET(u128, in->ra));
    struct vmx_packed b = vmx_packed(VMX_GET(u128, in->rb));
    if (!a.valid || !b.valid)
        return vmx_bcd_invalid(cpu, in);
    b.minus ^= negate;
    u128 sum;
    bool minus = a.minus;
    if (a.minus == b.minus) {
        sum = vmx_bcd_sum(a.digits, b.digits);
    } else if (a.digits >= b.digits) {
        sum = vmx_bcd_difference(a.digits, b.digits);
    } else {
        sum = vmx_bcd_difference(b.digits, a.digits);
        minus = b.minus;
    }
    minus &= sum != 0;
    return vmx_bcd_done(cpu, in, vmx_pack(sum, minus, vmx_ps(in)),
                        vmx_bcd_cr(!sum, minus, sum >> 124));
}

OP(bcdadd_)
{
    return vmx_bcd_add(cpu, in, false);
}

OP(bcdsub_)
{
    return vmx_bcd_add(cpu, in, true);
}

/* ---- signs ---- */
OP(bcdcpsgn_)
{
    const u128 a = VMX_GET(u128, in->ra), b = VMX_GET(u128, in->rb);
    const struct vmx_packed pa = vmx_packed(a), pb = vmx_packed(b);
    if (!pa.valid || !pb.valid)
        return vmx_bcd_invalid(cpu, in);
    return vmx_bcd_done(cpu, in, (a & ~(u128)15) | (b & 15),
                        vmx_bcd_cr(!pa.digits, pb.minus, false));
}

OP(bcdsetsgn_)
{
    const struct vmx_packed b = vmx_packed(VMX_GET(u128, in->rb));
    if (!b.valid)
        return vmx_bcd_invalid(cpu, in);
    return vmx_bcd_moved(cpu, in, b, b.digits, false);
}

/* ---- national: seven decimal characters and a sign, a halfword each ---- */
OP(bcdcfn_)
{
    const union vsr b = VMX_GET(union vsr, in->rb);
    const bool minus = VH(b, 7) == '-';
    bool valid = minus || VH(b, 7) == '+';
    u128 digits = 0;
    for (int i = 0; i < 7; i++) {
        valid &= VH(b, i) >= '0' && VH(b, i) <= '9';
        digits = digits << 4 | (VH(b, i) & 15);
    }
    if (!valid)
        return vmx_bcd_invalid(cpu, in);
    return vmx_bcd_done(cpu, in, vmx_pack(digits, minus, vmx_ps(in)),
                        vmx_bcd_cr(!digits, minus, false));
}

OP(bcdctn_)
{
    const struct vmx_packed b = vmx_packed(VMX_GET(u128, in->rb));
    union vsr r;
    if (!b.valid)
        return vmx_bcd_invalid(cpu, in);
    for (int i = 0; i < 7; i++)
        VH(r, i) = '0' | ((unsigned)(b.digits >> (24 - 4 * i)) & 15);
    VH(r, 7) = b.minus ? '-' : '+';
    return vmx_bcd_done(cpu, in, r.q, vmx_bcd_cr(!b.digits, b.minus, b.digits >> 28));
}

/* ---- zoned: sixteen digits, a byte each, the sign in the zone of the last. PS=0: zone 3, minus is
 * told by bit 4 of the sign; PS=1: zone F, signs as in packed ---- */
OP(bcdcfz_)
{
    const union vsr b = VMX_GET(union vsr, in->rb);
    const bool ps = vmx_ps(in);
    const unsigned sign = VB(b, 15) >> 4;
    const bool minus = ps ? sign == 0xb || sign == 0xd : sign & 4;
    bool valid = !ps || sign >= 10;
    u128 digits = 0;
    for (int i = 0; i < 16; i++) {
        valid &= (VB(b, i) & 15) <= 9 && (i == 15 || VB(b, i) >> 4 == (ps ? 0xf : 3));
        digits = digits << 4 | (VB(b, i) & 15);
    }
    if (!valid)
        return vmx_bcd_invalid(cpu, in);
    return vmx_bcd_done(cpu, in, vmx_pack(digits, minus, false), vmx_bcd_cr(!digits, minus, false));
}

OP(bcdctz_)
{
    const struct vmx_packed b = vmx_packed(VMX_GET(u128, in->rb));
    const unsigned zone = vmx_ps(in) ? 0xf0 : 0x30;
    const unsigned sign = vmx_ps(in) ? (b.minus ? 0xd0 : 0xc0) : b.minus ? 0x70 : 0x30;
    union vsr r;
    if (!b.valid)
        return vmx_bcd_invalid(cpu, in);
    for (int i = 0; i < 16; i++)
        VB(r, i) = (i < 15 ? zone : sign) | ((unsigned)(b.digits >> (60 - 4 * i)) & 15);
    return vmx_bcd_done(cpu, in, r.q, vmx_bcd_cr(!b.digits, b.minus, b.digits >> 64 != 0));
}

/* ---- binary ---- */
OP(bcdcfsq_)
{
    const s128 b = VMX_GET(s128, in->rb);
    u128 rest = b < 0 ? -(u128)b : (u128)b, digits = 0;
    for (int i = 0; i < 31; i++) {
        digits |= rest % 10 << (4 * i);
        rest /= 10;
    }
    return vmx_bcd_done(cpu, in, vmx_pack(digits, b < 0, vmx_ps(in)),
                        vmx_bcd_cr(!b, b < 0, rest != 0));
}

OP(bcdctsq_)
{
    const struct vmx_packed b = vmx_packed(VMX_GET(u128, in->rb));
    u128 v = 0;
    if (!b.valid)
        return vmx_bcd_invalid(cpu, in);
    for (int i = 30; i >= 0; i--)
        v = v * 10 + ((unsigned)(b.digits >> (4 * i)) & 15);
    return vmx_bcd_done(cpu, in, b.minus ? -v : v, vmx_bcd_cr(!b.digits, b.minus, false));
}

/* ---- shift: byte 7 of VRA is the signed count of digits, positive to the left ---- */

/* @v moved by @n digits in @width digits; *lost: nonzero digits went out on the left. */
static inline u128 vmx_bcd_shift(u128 v, int n, int width, bool *lost)
{
    if (n >= width) {
        *lost = v != 0;
        return 0;
    }
    *lost = n > 0 && v >> (4 * (width - n));
    if (n > 0)
        return v << (4 * n);
    return -n >= width ? 0 : v >> (4 * -n);
}

static inline int vmx_bcd_count(const struct cpu *cpu, const struct insn *in)
{
    return (int8_t)VB(cpu->vsr[32 + in->ra], 7);
}

OP(bcds_)
{
    const struct vmx_packed b = vmx_packed(VMX_GET(u128, in->rb));
    bool lost;
    if (!b.valid)
        return vmx_bcd_invalid(cpu, in);
    const u128 digits = vmx_bcd_shift(b.digits, vmx_bcd_count(cpu, in), 31, &lost);
    return vmx_bcd_moved(cpu, in, b, digits, lost);
}

/* As bcds., rounding half up (in magnitude) on the right. Counts beyond 31 act as 31: a shift right
 * by more still rounds by the first digit. */
OP(bcdsr_)
{
    const struct vmx_packed b = vmx_packed(VMX_GET(u128, in->rb));
    const int count = vmx_bcd_count(cpu, in), n = count < -31 ? -31 : count;
    bool lost;
    if (!b.valid)
        return vmx_bcd_invalid(cpu, in);
    u128 digits = vmx_bcd_shift(b.digits, n, 31, &lost);
    if (n < 0 && ((unsigned)(b.digits >> (4 * (-n - 1))) & 15) >= 5)
        digits = vmx_bcd_sum(digits, 1);
    return vmx_bcd_moved(cpu, in, b, digits, lost);
}

OP(bcdus_)
{
    const u128 b = VMX_GET(u128, in->rb);
    bool lost;
    if (!vmx_digits_valid(b))
        return vmx_bcd_invalid(cpu, in);
    const u128 digits = vmx_bcd_shift(b, vmx_bcd_count(cpu, in), 32, &lost);
    return vmx_bcd_done(cpu, in, digits, vmx_bcd_cr(!b, false, lost));
}

/* ---- truncate: halfword 3 of VRA tells how many digits on the right stay ---- */
static inline u128 vmx_bcd_keep(const struct cpu *cpu, const struct insn *in, u128 v,
                                unsigned width)
{
    const unsigned n = VH(cpu->vsr[32 + in->ra], 3);
    return n >= width ? v : v & (((u128)1 << (4 * n)) - 1);
}

OP(bcdtrunc_)
{
    const struct vmx_packed b = vmx_packed(VMX_GET(u128, in->rb));
    if (!b.valid)
        return vmx_bcd_invalid(cpu, in);
    const u128 digits = vmx_bcd_keep(cpu, in, b.digits, 31);
    return vmx_bcd_moved(cpu, in, b, digits, digits != b.digits);
}

OP(bcdutrunc_)
{
    const u128 b = VMX_GET(u128, in->rb);
    if (!vmx_digits_valid(b))
        return vmx_bcd_invalid(cpu, in);
    const u128 digits = vmx_bcd_keep(cpu, in, b, 32);
    return vmx_bcd_done(cpu, in, digits, vmx_bcd_cr(!b, false, digits != b));
}

/* ---- multiply a quadword by 10, plus the last digit of VRB: the product or what it carries ----
 */
static inline u128 vmx_times_10_high(u128 a, unsigned digit)
{
    const u128 low = (u128)(uint64_t)a * 10 + digit;
    return ((a >> 64) * 10 + (low >> 64)) >> 64;
}
VMX_OP_AB(vmul10euq, u128, a * 10 + (b & 15))
VMX_OP_AB(vmul10ecuq, u128, vmx_times_10_high(a, b & 15))

OP(vmul10uq)
{
    VMX_PUT(in->rt, VMX_GET(u128, in->ra) * 10);
    return TRAP_NONE;
}

OP(vmul10cuq)
{
    VMX_PUT(in->rt, vmx_times_10_high(VMX_GET(u128, in->ra), 0));
    return TRAP_NONE;
}

#undef NIBBLES
