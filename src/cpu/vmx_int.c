/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMX integers: add, subtract, multiply, sums, averages, extremes, compares, logic, shifts,
 * rotates, counts, and the move to and from VSCR. Facts: Power ISA v3.0B Book I, "Vector Integer
 * Instructions".
 */
#include "vmx.h"

/* ---- add and subtract, modulo ---- */
VMX_OP_AB(vaddubm, vub, a + b)
VMX_OP_AB(vadduhm, vuh, a + b)
VMX_OP_AB(vadduwm, vuw, a + b)
VMX_OP_AB(vaddudm, vud, a + b)
VMX_OP_AB(vadduqm, u128, a + b)
VMX_OP_AB(vsububm, vub, a - b)
VMX_OP_AB(vsubuhm, vuh, a - b)
VMX_OP_AB(vsubuwm, vuw, a - b)
VMX_OP_AB(vsubudm, vud, a - b)
VMX_OP_AB(vsubuqm, u128, a - b)

/* ---- carries; a subtraction carries when it does not borrow ---- */
VMX_OP_AB(vaddcuw, vuw, (vuw)(~a < b) & 1)
VMX_OP_AB(vsubcuw, vuw, (vuw)(a >= b) & 1)
VMX_OP_AB(vaddcuq, u128, (u128)(~a < b))
VMX_OP_AB(vsubcuq, u128, (u128)(a >= b))
VMX_OP_ABC(vaddeuqm, u128, a + b + (c & 1))
VMX_OP_ABC(vsubeuqm, u128, a + ~b + (c & 1))

/* Carry out of a + b + @cin. */
static inline u128 vmx_carry128(u128 a, u128 b, bool cin)
{
    return cin ? ~a <= b : ~a < b;
}
VMX_OP_ABC(vaddecuq, u128, vmx_carry128(a, b, c & 1))
VMX_OP_ABC(vsubecuq, u128, vmx_carry128(a, ~b, c & 1))

/* ---- add and subtract, saturating ---- */
#define ADD_UNSIGNED_SAT(name, T)                                                                  \
    OP(name)                                                                                       \
    {                                                                                              \
        const T a = VMX_GET(T, in->ra), b = VMX_GET(T, in->rb);                                    \
        const T sum = a + b, over = (T)(sum < a);                                                  \
        vmx_saturated(cpu, (vud)over);                                                             \
        VMX_PUT(in->rt, sum | over);                                                               \
        return TRAP_NONE;                                                                          \
    }
ADD_UNSIGNED_SAT(vaddubs, vub)
ADD_UNSIGNED_SAT(vadduhs, vuh)
ADD_UNSIGNED_SAT(vadduws, vuw)

#define SUB_UNSIGNED_SAT(name, T)                                                                  \
    OP(name)                                                                                       \
    {                                                                                              \
        const T a = VMX_GET(T, in->ra), b = VMX_GET(T, in->rb);                                    \
        const T under = (T)(a < b);                                                                \
        vmx_saturated(cpu, (vud)under);                                                            \
        VMX_PUT(in->rt, (a - b) & ~under);                                                         \
        return TRAP_NONE;                                                                          \
    }
SUB_UNSIGNED_SAT(vsububs, vub)
SUB_UNSIGNED_SAT(vsubuhs, vuh)
SUB_UNSIGNED_SAT(vsubuws, vuw)

/* The sum wraps when its sign differs from that of both addends (for a subtraction: from the
 * minuend's, where the operands' signs differ); the bound then has the first operand's sign. */
#define SIGNED_SAT(name, U, S, MAX, oper, wraps)                                                   \
    OP(name)                                                                                       \
    {                                                                                              \
        const U a = VMX_GET(U, in->ra), b = VMX_GET(U, in->rb);                                    \
        const U r = a oper b;                                                                      \
        const U over = (U)((S)(wraps) < 0), bound = (U)((S)a < 0) ^ (MAX);                         \
        vmx_saturated(cpu, (vud)over);                                                             \
        VMX_PUT(in->rt, VMX_PICK(U, over, bound, r));                                              \
        return TRAP_NONE;                                                                          \
    }
SIGNED_SAT(vaddsbs, vub, vsb, INT8_MAX, +, (a ^ r) & (b ^ r))
SIGNED_SAT(vaddshs, vuh, vsh, INT16_MAX, +, (a ^ r) & (b ^ r))
SIGNED_SAT(vaddsws, vuw, vsw, INT32_MAX, +, (a ^ r) & (b ^ r))
SIGNED_SAT(vsubsbs, vub, vsb, INT8_MAX, -, (a ^ r) & (a ^ b))
SIGNED_SAT(vsubshs, vuh, vsh, INT16_MAX, -, (a ^ r) & (a ^ b))
SIGNED_SAT(vsubsws, vuw, vsw, INT32_MAX, -, (a ^ r) & (a ^ b))

/* ---- average (rounded up), absolute difference, extremes, negate ---- */
#define AVERAGE(name, T) VMX_OP_AB(name, T, (a | b) - ((a ^ b) >> 1))
AVERAGE(vavgub, vub)
AVERAGE(vavguh, vuh)
AVERAGE(vavguw, vuw)
AVERAGE(vavgsb, vsb)
AVERAGE(vavgsh, vsh)
AVERAGE(vavgsw, vsw)

#define ABSDIFF(name, T) VMX_OP_AB(name, T, VMX_PICK(T, a > b, a - b, b - a))
ABSDIFF(vabsdub, vub)
ABSDIFF(vabsduh, vuh)
ABSDIFF(vabsduw, vuw)

#define EXTREMES(suffix, T)                                                                        \
    VMX_OP_AB(vmax##suffix, T, VMX_PICK(T, a > b, a, b))                                           \
    VMX_OP_AB(vmin##suffix, T, VMX_PICK(T, a < b, a, b))
EXTREMES(ub, vub)
EXTREMES(uh, vuh)
EXTREMES(uw, vuw)
EXTREMES(ud, vud)
EXTREMES(sb, vsb)
EXTREMES(sh, vsh)
EXTREMES(sw, vsw)
EXTREMES(sd, vsd)

VMX_OP_B(vnegw, vuw, -b)
VMX_OP_B(vnegd, vud, -b)

/* ---- multiply ---- */

/* The even element of a pair is the high half of the double-width element, the odd one the low
 * half, whatever the byte order: no lanes to count. */
#define MUL_EVEN_ODD(suffix, U, S, bits)                                                           \
    VMX_OP_AB(vmuleu##suffix, U, (a >> (bits)) * (b >> (bits)))                                    \
    VMX_OP_AB(vmulou##suffix, U, (a << (bits) >> (bits)) * (b << (bits) >> (bits)))                \
    VMX_OP_AB(vmules##suffix, U, (U)((S)a >> (bits)) * (U)((S)b >> (bits)))                        \
    VMX_OP_AB(vmulos##suffix, U, (U)((S)(a << (bits)) >> (bits)) * (U)((S)(b << (bits)) >> (bits)))
MUL_EVEN_ODD(b, vuh, vsh, 8)
MUL_EVEN_ODD(h, vuw, vsw, 16)
MUL_EVEN_ODD(w, vud, vsd, 32)

VMX_OP_AB(vmuluwm, vuw, (a * b))
VMX_OP_ABC(vmladduhm, vuh, (a * b) + c)

static inline int16_t vmx_sat16(int32_t v, uint32_t *sat)
{
    int32_t r = v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v;
    *sat |= r != v;
    return r;
}

static inline int32_t vmx_sat32(int64_t v, uint32_t *sat)
{
    int64_t r = v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : v;
    *sat |= r != v;
    return r;
}

static inline uint32_t vmx_satu32(uint64_t v, uint32_t *sat)
{
    uint64_t r = v > UINT32_MAX ? UINT32_MAX : v;
    *sat |= r != v;
    return r;
}

/* High halves of a fraction product: (a * b + round) >> 15, plus c. */
static inline void vmx_mhadd(struct cpu *cpu, const struct insn *in, int32_t round)
{
    union vsr a = VMX_GET(union vsr, in->ra), b = VMX_GET(union vsr, in->rb);
    union vsr c = VMX_GET(union vsr, in->rc);
    uint32_t sat = 0;
    for (int i = 0; i < 8; i++)
        c.sh[i] = vmx_sat16(((a.sh[i] * b.sh[i] + round) >> 15) + c.sh[i], &sat);
    cpu->vscr |= sat;
    VMX_PUT(in->rt, c);
}

OP(vmhaddshs)
{
    vmx_mhadd(cpu, in, 0);
    return TRAP_NONE;
}

OP(vmhraddshs)
{
    vmx_mhadd(cpu, in, 0x4000);
    return TRAP_NONE;
}

/* ---- multiply-sum: the products inside each word of VRC, added to it ---- */

/* Part @k (of @bits bits, from the right) of each word, zero- or sign-extended to the word. */
#define PART_U(v, bits, k) ((v) << (32 - (bits) * ((k) + 1)) >> (32 - (bits)))
#define PART_S(v, bits, k) ((vuw)((vsw)((v) << (32 - (bits) * ((k) + 1))) >> (32 - (bits))))
VMX_OP_ABC(vmsumubm, vuw,
           PART_U(a, 8, 0) * PART_U(b, 8, 0) + PART_U(a, 8, 1) * PART_U(b, 8, 1) +
               PART_U(a, 8, 2) * PART_U(b, 8, 2) + PART_U(a, 8, 3) * PART_U(b, 8, 3) + c)
VMX_OP_ABC(vmsummbm, vuw, /* VRA signed, VRB unsigned */
           PART_S(a, 8, 0) * PART_U(b, 8, 0) + PART_S(a, 8, 1) * PART_U(b, 8, 1) +
               PART_S(a, 8, 2) * PART_U(b, 8, 2) + PART_S(a, 8, 3) * PART_U(b, 8, 3) + c)
VMX_OP_ABC(vmsumuhm, vuw,
           PART_U(a, 16, 0) * PART_U(b, 16, 0) + PART_U(a, 16, 1) * PART_U(b, 16, 1) + c)
VMX_OP_ABC(vmsumshm, vuw,
           PART_S(a, 16, 0) * PART_S(b, 16, 0) + PART_S(a, 16, 1) * PART_S(b, 16, 1) + c)

OP(vmsumuhs)
{
    union vsr a = VMX_GET(union vsr, in->ra), b = VMX_GET(union vsr, in->rb);
    union vsr c = VMX_GET(union vsr, in->rc);
    uint32_t sat = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t left = (uint64_t)a.h[2 * i] * b.h[2 * i];
        uint64_t right = (uint64_t)a.h[2 * i + 1] * b.h[2 * i + 1];
        c.w[i] = vmx_satu32(left + right + c.w[i], &sat);
    }
    cpu->vscr |= sat;
    VMX_PUT(in->rt, c);
    return TRAP_NONE;
}

OP(vmsumshs)
{
    union vsr a = VMX_GET(union vsr, in->ra), b = VMX_GET(union vsr, in->rb);
    union vsr c = VMX_GET(union vsr, in->rc);
    uint32_t sat = 0;
    for (int i = 0; i < 4; i++) {
        int64_t left = (int64_t)a.sh[2 * i] * b.sh[2 * i];
        int64_t right = (int64_t)a.sh[2 * i + 1] * b.sh[2 * i + 1];
        c.sw[i] = vmx_sat32(left + right + c.sw[i], &sat);
    }
    cpu->vscr |= sat;
    VMX_PUT(in->rt, c);
    return TRAP_NONE;
}

OP(vmsumudm)
{
    const vud a = VMX_GET(vud, in->ra), b = VMX_GET(vud, in->rb);
    const u128 c = VMX_GET(u128, in->rc);
    VMX_PUT(in->rt, (u128)a[0] * b[0] + (u128)a[1] * b[1] + c);
    return TRAP_NONE;
}

/* ---- sums across, saturating ---- */
OP(vsumsws)
{
    union vsr a = VMX_GET(union vsr, in->ra), b = VMX_GET(union vsr, in->rb), r = {.q = 0};
    uint32_t sat = 0;
    int64_t sum = VSW(b, 3);
    for (int i = 0; i < 4; i++)
        sum += a.sw[i];
    VSW(r, 3) = vmx_sat32(sum, &sat);
    cpu->vscr |= sat;
    VMX_PUT(in->rt, r);
    return TRAP_NONE;
}

OP(vsum2sws)
{
    union vsr a = VMX_GET(union vsr, in->ra), b = VMX_GET(union vsr, in->rb), r = {.q = 0};
    uint32_t sat = 0;
    for (int i = 1; i < 4; i += 2)
        VSW(r, i) = vmx_sat32((int64_t)VSW(a, i - 1) + VSW(a, i) + VSW(b, i), &sat);
    cpu->vscr |= sat;
    VMX_PUT(in->rt, r);
    return TRAP_NONE;
}

OP(vsum4sbs)
{
    union vsr a = VMX_GET(union vsr, in->ra), b = VMX_GET(union vsr, in->rb);
    uint32_t sat = 0;
    for (int i = 0; i < 4; i++) {
        const int8_t *e = &a.sb[4 * i];
        b.sw[i] = vmx_sat32((int64_t)b.sw[i] + e[0] + e[1] + e[2] + e[3], &sat);
    }
    cpu->vscr |= sat;
    VMX_PUT(in->rt, b);
    return TRAP_NONE;
}

OP(vsum4shs)
{
    union vsr a = VMX_GET(union vsr, in->ra), b = VMX_GET(union vsr, in->rb);
    uint32_t sat = 0;
    for (int i = 0; i < 4; i++)
        b.sw[i] = vmx_sat32((int64_t)b.sw[i] + a.sh[2 * i] + a.sh[2 * i + 1], &sat);
    cpu->vscr |= sat;
    VMX_PUT(in->rt, b);
    return TRAP_NONE;
}

OP(vsum4ubs)
{
    union vsr a = VMX_GET(union vsr, in->ra), b = VMX_GET(union vsr, in->rb);
    uint32_t sat = 0;
    for (int i = 0; i < 4; i++) {
        const uint8_t *e = &a.b[4 * i];
        b.w[i] = vmx_satu32((uint64_t)b.w[i] + e[0] + e[1] + e[2] + e[3], &sat);
    }
    cpu->vscr |= sat;
    VMX_PUT(in->rt, b);
    return TRAP_NONE;
}

/* ---- compares: ones where true; record forms tell CR6 ---- */
#define COMPARE(name, T, expr)                                                                     \
    VMX_OP_AB(name, T, (T)(expr))                                                                  \
    OP(name##_)                                                                                    \
    {                                                                                              \
        const T a = VMX_GET(T, in->ra), b = VMX_GET(T, in->rb);                                    \
        const T mask = (T)(expr);                                                                  \
        VMX_PUT(in->rt, mask);                                                                     \
        vmx_set_cr6(cpu, (vud)mask);                                                               \
        return TRAP_NONE;                                                                          \
    }
COMPARE(vcmpequb, vub, a == b)
COMPARE(vcmpequh, vuh, a == b)
COMPARE(vcmpequw, vuw, a == b)
COMPARE(vcmpequd, vud, a == b)
COMPARE(vcmpneb, vub, a != b)
COMPARE(vcmpneh, vuh, a != b)
COMPARE(vcmpnew, vuw, a != b)
COMPARE(vcmpnezb, vub, (a != b) | (a == 0) | (b == 0))
COMPARE(vcmpnezh, vuh, (a != b) | (a == 0) | (b == 0))
COMPARE(vcmpnezw, vuw, (a != b) | (a == 0) | (b == 0))
COMPARE(vcmpgtub, vub, a > b)
COMPARE(vcmpgtuh, vuh, a > b)
COMPARE(vcmpgtuw, vuw, a > b)
COMPARE(vcmpgtud, vud, a > b)
COMPARE(vcmpgtsb, vsb, a > b)
COMPARE(vcmpgtsh, vsh, a > b)
COMPARE(vcmpgtsw, vsw, a > b)
COMPARE(vcmpgtsd, vsd, a > b)

/* ---- logic ---- */
VMX_OP_AB(vand, vud, (a & b))
VMX_OP_AB(vandc, vud, a & ~b)
VMX_OP_AB(vor, vud, a | b)
VMX_OP_AB(vorc, vud, a | ~b)
VMX_OP_AB(vxor, vud, a ^ b)
VMX_OP_AB(vnor, vud, ~(a | b))
VMX_OP_AB(vnand, vud, ~a | ~b)
VMX_OP_AB(veqv, vud, ~(a ^ b))

/* ---- shifts and rotates of elements, by the low bits of the same element of VRB ---- */
#define SHIFTS(suffix, U, S, bits)                                                                 \
    VMX_OP_AB(vsl##suffix, U, a << (b & ((bits)-1)))                                               \
    VMX_OP_AB(vsr##suffix, U, a >> (b & ((bits)-1)))                                               \
    VMX_OP_AB(vsra##suffix, S, a >> (b & ((bits)-1)))                                              \
    VMX_OP_AB(vrl##suffix, U, (a << (b & ((bits)-1))) | (a >> (-b & ((bits)-1))))
SHIFTS(b, vub, vsb, 8)
SHIFTS(h, vuh, vsh, 16)
SHIFTS(w, vuw, vsw, 32)
SHIFTS(d, vud, vsd, 64)

/* Rotate, then mask. An element of VRB holds, a byte each from the right: shift, last and first bit
 * of the mask; a first bit beyond the last wraps round. */
#define ROTATE_MASK(suffix, U, S, bits)                                                            \
    VMX_OP_AB(vrl##suffix##nm, U, VMX_ROTATED(bits) & VMX_ROTMASK(U, S, bits))                     \
    OP(vrl##suffix##mi)                                                                            \
    {                                                                                              \
        const U a = VMX_GET(U, in->ra), b = VMX_GET(U, in->rb), t = VMX_GET(U, in->rt);            \
        const U mask = VMX_ROTMASK(U, S, bits);                                                    \
        VMX_PUT(in->rt, VMX_PICK(U, mask, VMX_ROTATED(bits), t));                                  \
        return TRAP_NONE;                                                                          \
    }
#define VMX_ROTATED(bits) ((a << (b & ((bits)-1))) | (a >> (-b & ((bits)-1))))
#define VMX_ROTMASK(U, S, bits)                                                                    \
    ({                                                                                             \
        const U mb_ = b >> 16 & ((bits)-1), me_ = b >> 8 & ((bits)-1);                             \
        const U from_ = ~(U){0} >> mb_, to_ = ~(U){0} << ((bits)-1 - me_);                         \
        VMX_PICK(U, (S)mb_ > (S)me_, from_ | to_, from_ & to_);                                    \
    })
ROTATE_MASK(w, vuw, vsw, 32)
ROTATE_MASK(d, vud, vsd, 64)

/* The whole register by 0 to 7 bits; by octets: vslo and vsro in vmx_perm.c. */
VMX_OP_AB(vsl, u128, a << (b & 7))
VMX_OP_AB(vsr, u128, a >> (b & 7))

/* Each byte by its own count, bits coming in from the neighbour. */
OP(vslv)
{
    const u128 q = VMX_GET(u128, in->ra), next = q << 8;
    const vub a = VMX_GET(vub, in->ra), sh = VMX_GET(vub, in->rb) & 7;
    vub n;
    memcpy(&n, &next, sizeof(n));
    VMX_PUT(in->rt, (a << sh) | (n >> 1 >> (7 - sh)));
    return TRAP_NONE;
}

OP(vsrv)
{
    const u128 q = VMX_GET(u128, in->ra), previous = q >> 8;
    const vub a = VMX_GET(vub, in->ra), sh = VMX_GET(vub, in->rb) & 7;
    vub p;
    memcpy(&p, &previous, sizeof(p));
    VMX_PUT(in->rt, (a >> sh) | (p << 1 << (7 - sh)));
    return TRAP_NONE;
}

/* ---- counts, parity, sign extension ---- */
VMX_OP_B(vextsb2w, vuw, (vuw)((vsw)(b << 24) >> 24))
VMX_OP_B(vextsh2w, vuw, (vuw)((vsw)(b << 16) >> 16))
VMX_OP_B(vextsb2d, vud, (vud)((vsd)(b << 56) >> 56))
VMX_OP_B(vextsh2d, vud, (vud)((vsd)(b << 48) >> 48))
VMX_OP_B(vextsw2d, vud, (vud)((vsd)(b << 32) >> 32))

#define EACH(name, member, n, expr)                                                                \
    OP(name)                                                                                       \
    {                                                                                              \
        union vsr b = VMX_GET(union vsr, in->rb);                                                  \
        for (int i = 0; i < (n); i++) {                                                            \
            const uint64_t e = b.member[i];                                                        \
            b.member[i] = (expr);                                                                  \
        }                                                                                          \
        VMX_PUT(in->rt, b);                                                                        \
        return TRAP_NONE;                                                                          \
    }
/* A bit set just outside the element bounds the count and spares the test for zero. */
EACH(vclzb, b, 16, __builtin_clz((uint32_t)e << 24 | 1u << 23))
EACH(vclzh, h, 8, __builtin_clz((uint32_t)e << 16 | 1u << 15))
EACH(vclzw, w, 4, __builtin_clzll(e << 32 | 1u << 31))
EACH(vclzd, d, 2, e ? __builtin_clzll(e) : 64)
EACH(vctzb, b, 16, __builtin_ctz((uint32_t)e | 1u << 8))
EACH(vctzh, h, 8, __builtin_ctz((uint32_t)e | 1u << 16))
EACH(vctzw, w, 4, __builtin_ctzll(e | 1ULL << 32))
EACH(vctzd, d, 2, e ? __builtin_ctzll(e) : 64)

static inline vub vmx_popcount_bytes(vub b)
{
    b = b - (b >> 1 & 0x55);
    b = (b & 0x33) + (b >> 2 & 0x33);
    return (b + (b >> 4)) & 0x0f;
}
VMX_OP_B(vpopcntb, vub, vmx_popcount_bytes(b))
VMX_OP_B(vpopcnth, vub, (vub)((vuh)vmx_popcount_bytes(b) * 0x0101 >> 8))
VMX_OP_B(vpopcntw, vub, (vub)((vuw)vmx_popcount_bytes(b) * 0x01010101 >> 24))
EACH(vpopcntd, d, 2, __builtin_popcountll(e))

/* Parity of the lowest bits of an element's bytes. */
EACH(vprtybw, w, 4, __builtin_parityll(e & 0x01010101))
EACH(vprtybd, d, 2, __builtin_parityll(e & 0x0101010101010101))

OP(vprtybq)
{
    const vud b = VMX_GET(vud, in->rb);
    VMX_PUT(in->rt, (u128)__builtin_parityll((b[0] ^ b[1]) & 0x0101010101010101));
    return TRAP_NONE;
}

/* Bytes before the first (from the left, from the right) whose lowest bit is set. */
OP(vclzlsbb)
{
    const union vsr b = VMX_GET(union vsr, in->rb);
    uint64_t left = VD(b, 0) & 0x0101010101010101, right = VD(b, 1) & 0x0101010101010101;
    cpu->gpr[in->rt] = left    ? __builtin_clzll(left) / 8
                       : right ? 8 + __builtin_clzll(right) / 8
                               : 16;
    return TRAP_NONE;
}

OP(vctzlsbb)
{
    const union vsr b = VMX_GET(union vsr, in->rb);
    uint64_t left = VD(b, 0) & 0x0101010101010101, right = VD(b, 1) & 0x0101010101010101;
    cpu->gpr[in->rt] = right  ? __builtin_ctzll(right) / 8
                       : left ? 8 + __builtin_ctzll(left) / 8
                              : 16;
    return TRAP_NONE;
}

/* ---- VSCR ---- */
OP(mfvscr)
{
    VMX_PUT(in->rt, (u128)cpu->vscr);
    return TRAP_NONE;
}

OP(mtvscr)
{
    cpu->vscr = (uint32_t)VMX_GET(u128, in->rb) & (VSCR_NJ | VSCR_SAT);
    return TRAP_NONE;
}

#undef ADD_UNSIGNED_SAT
#undef SUB_UNSIGNED_SAT
#undef SIGNED_SAT
#undef AVERAGE
#undef ABSDIFF
#undef EXTREMES
#undef MUL_EVEN_ODD
#undef PART_U
#undef PART_S
#undef COMPARE
#undef SHIFTS
#undef ROTATE_MASK
#undef VMX_ROTATED
#undef VMX_ROTMASK
#undef EACH
