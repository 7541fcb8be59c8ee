/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMX bytes moved about: merge, splat, permute, select, shift by octets, pack, unpack, extract,
 * insert, bit permutes. Facts: Power ISA v3.0B Book I, "Vector Permute and Formatting".
 */
#include "vmx.h"

#ifdef __SSSE3__
#include <tmmintrin.h>
#endif

/* ---- merge ---- */
#define MERGE_HIGH_B(a, b) VMX_SHUF16(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define MERGE_LOW_B(a, b)                                                                          \
    VMX_SHUF16(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define MERGE_HIGH_H(a, b) VMX_SHUF8(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define MERGE_LOW_H(a, b)  VMX_SHUF8(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define MERGE_HIGH_W(a, b) VMX_SHUF4(a, b, 0, 4, 1, 5)
#define MERGE_LOW_W(a, b)  VMX_SHUF4(a, b, 2, 6, 3, 7)
VMX_OP_AB(vmrghb, vub, MERGE_HIGH_B(a, b))
VMX_OP_AB(vmrglb, vub, MERGE_LOW_B(a, b))
VMX_OP_AB(vmrghh, vuh, MERGE_HIGH_H(a, b))
VMX_OP_AB(vmrglh, vuh, MERGE_LOW_H(a, b))
VMX_OP_AB(vmrghw, vuw, MERGE_HIGH_W(a, b))
VMX_OP_AB(vmrglw, vuw, MERGE_LOW_W(a, b))
VMX_OP_AB(vmrgew, vuw, VMX_SHUF4(a, b, 0, 4, 2, 6))
VMX_OP_AB(vmrgow, vuw, VMX_SHUF4(a, b, 1, 5, 3, 7))

/* ---- splat: UIM and SIM stand where VRA would ---- */
#define SPLAT(letter, U, S, n, member)                                                             \
    OP(vsplt##letter)                                                                              \
    {                                                                                              \
        const unsigned i = VSR_LANE(n, in->ra & ((n)-1));                                          \
        VMX_PUT(in->rt, (U){0} + cpu->vsr[32 + in->rb].member[i]);                                 \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    OP(vspltis##letter)                                                                            \
    {                                                                                              \
        const int sim = (in->ra ^ 0x10) - 0x10; /* 5-bit sign */                                   \
        VMX_PUT(in->rt, (S){0} + (__typeof__(((S){0})[0]))sim);                                    \
        return TRAP_NONE;                                                                          \
    }
SPLAT(b, vub, vsb, 16, b)
SPLAT(h, vuh, vsh, 8, h)
SPLAT(w, vuw, vsw, 4, w)

/* ---- permute ---- */

/* Bytes @index (0 = rightmost, mod 32) of the 32-byte value A || B. Counting from the right makes
 * the numbers those of a little-endian host; a big-endian one counts back. */
static inline vub vmx_pick_bytes(vub a, vub b, vub index)
{
#ifdef __SSSE3__
    /* pshufb gives zero where bit 7 is set: shift the bit that tells A from B up there. */
    const vub of_a = (index & 0x0f) | (~index << 3 & 0x80), of_b = of_a ^ 0x80;
    return (vub)_mm_shuffle_epi8((__m128i)a, (__m128i)of_a) |
           (vub)_mm_shuffle_epi8((__m128i)b, (__m128i)of_b);
#else
    uint8_t from[32], to[16];
    memcpy(from + 16 * !HOST_LE, &b, 16);
    memcpy(from + 16 * HOST_LE, &a, 16);
    for (int i = 0; i < 16; i++)
        to[i] = from[(HOST_LE ? index[i] : ~index[i]) & 31];
    memcpy(&index, to, 16);
    return index;
#endif
}
VMX_OP_ABC(vperm, vub, vmx_pick_bytes(a, b, ~c))
VMX_OP_ABC(vpermr, vub, vmx_pick_bytes(a, b, c))
VMX_OP_ABC(vsel, vud, VMX_PICK(vud, c, b, a))

/* ---- shift by octets ---- */
OP(vsldoi)
{
    const u128 a = VMX_GET(u128, in->ra), b = VMX_GET(u128, in->rb);
    const unsigned bits = (in->rc & 15) * 8;
    VMX_PUT(in->rt, bits ? a << bits | b >> (128 - bits) : a);
    return TRAP_NONE;
}

/* Bits 121:124 of VRB count octets. */
VMX_OP_AB(vslo, u128, a << (b & 0x78))
VMX_OP_AB(vsro, u128, a >> (b & 0x78))

/* ---- pack: VRA || VRB to elements of half the size ---- */
#define HALVES_B(a, b)                                                                             \
    VMX_SHUF16((vub)(a), (vub)(b), 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define HALVES_H(a, b) VMX_SHUF8((vuh)(a), (vuh)(b), 1, 3, 5, 7, 9, 11, 13, 15)
#define HALVES_W(a, b) VMX_SHUF4((vuw)(a), (vuw)(b), 1, 3, 5, 7)
VMX_OP_AB(vpkuhum, vuh, HALVES_B(a, b))
VMX_OP_AB(vpkuwum, vuw, HALVES_H(a, b))
VMX_OP_AB(vpkudum, vud, HALVES_W(a, b))

#define PACK_SAT(name, T, MIN, MAX, HALVES)                                                        \
    OP(name)                                                                                       \
    {                                                                                              \
        const T a = VMX_GET(T, in->ra), b = VMX_GET(T, in->rb);                                    \
        const T min = (T){0} + (MIN), max = (T){0} + (MAX);                                        \
        const T at = VMX_PICK(T, a < min, min, a), bt = VMX_PICK(T, b < min, min, b);              \
        const T ar = VMX_PICK(T, at > max, max, at), br = VMX_PICK(T, bt > max, max, bt);          \
        vmx_saturated(cpu, (vud)((a ^ ar) | (b ^ br)));                                            \
        VMX_PUT(in->rt, HALVES(ar, br));                                                           \
        return TRAP_NONE;                                                                          \
    }
PACK_SAT(vpkuhus, vuh, 0, UINT8_MAX, HALVES_B)
PACK_SAT(vpkuwus, vuw, 0, UINT16_MAX, HALVES_H)
PACK_SAT(vpkudus, vud, 0, UINT32_MAX, HALVES_W)
PACK_SAT(vpkshus, vsh, 0, UINT8_MAX, HALVES_B)
PACK_SAT(vpkswus, vsw, 0, UINT16_MAX, HALVES_H)
PACK_SAT(vpksdus, vsd, 0, UINT32_MAX, HALVES_W)
PACK_SAT(vpkshss, vsh, INT8_MIN, INT8_MAX, HALVES_B)
PACK_SAT(vpkswss, vsw, INT16_MIN, INT16_MAX, HALVES_H)
PACK_SAT(vpksdss, vsd, INT32_MIN, INT32_MAX, HALVES_W)

/* 8:8:8:8 pixels to 1:5:5:5: the last bit of the first byte, the first five of the others. */
#define PIXEL_16(v) (((v) >> 9 & 0xfc00) | ((v) >> 6 & 0x03e0) | ((v) >> 3 & 0x1f))
VMX_OP_AB(vpkpx, vuw, HALVES_H(PIXEL_16(a), PIXEL_16(b)))

/* ---- unpack: one half of VRB to elements of twice the size, sign-extended ---- */
VMX_OP_B(vupkhsb, vsb, MERGE_HIGH_B((vsb)(b < 0), b))
VMX_OP_B(vupklsb, vsb, MERGE_LOW_B((vsb)(b < 0), b))
VMX_OP_B(vupkhsh, vsh, MERGE_HIGH_H((vsh)(b < 0), b))
VMX_OP_B(vupklsh, vsh, MERGE_LOW_H((vsh)(b < 0), b))
VMX_OP_B(vupkhsw, vsw, MERGE_HIGH_W((vsw)(b < 0), b))
VMX_OP_B(vupklsw, vsw, MERGE_LOW_W((vsw)(b < 0), b))

/* 1:5:5:5 pixels to 8:8:8:8: the first bit sign-extended, the others zero-extended. */
static inline vuw vmx_pixel_32(vsw halves)
{
    const vuw v = (vuw)halves;
    return (v & 0xff000000) | (v << 6 & 0x1f0000) | (v << 3 & 0x1f00) | (v & 0x1f);
}
VMX_OP_B(vupkhpx, vsh, vmx_pixel_32((vsw)MERGE_HIGH_H(b >> 15, b)))
VMX_OP_B(vupklpx, vsh, vmx_pixel_32((vsw)MERGE_LOW_H(b >> 15, b)))

/* ---- extract and insert; bytes that would lie outside the register read as zero ---- */

/* @size bytes of @v from byte @at on, counted from the left. */
static inline uint64_t vmx_bytes_at(u128 v, unsigned at, unsigned size)
{
    return v << (8 * at) >> (128 - 8 * size);
}

#define EXTRACT(name, size)                                                                        \
    OP(name)                                                                                       \
    {                                                                                              \
        const u128 b = VMX_GET(u128, in->rb);                                                      \
        VMX_PUT(in->rt, (u128)vmx_bytes_at(b, in->ra & 15, size) << 64);                           \
        return TRAP_NONE;                                                                          \
    }
EXTRACT(vextractub, 1)
EXTRACT(vextractuh, 2)
EXTRACT(vextractuw, 4)
EXTRACT(vextractd, 8)

/* The source is the rightmost part of doubleword 0 of VRB. */
#define INSERT(name, size)                                                                         \
    OP(name)                                                                                       \
    {                                                                                              \
        const u128 b = VMX_GET(u128, in->rb), t = VMX_GET(u128, in->rt);                           \
        const unsigned shift = 8 * (in->ra & 15);                                                  \
        const u128 mask = ~(u128)0 << (128 - 8 * (size)) >> shift;                                 \
        const u128 part = b << (64 - 8 * (size)) >> shift;                                         \
        VMX_PUT(in->rt, (t & ~mask) | (part & mask));                                              \
        return TRAP_NONE;                                                                          \
    }
INSERT(vinsertb, 1)
INSERT(vinserth, 2)
INSERT(vinsertw, 4)
INSERT(vinsertd, 8)

/* To a GPR, the byte number in RA counted from the left or from the right. */
#define EXTRACT_INDEXED(letter, size)                                                              \
    OP(vextu##letter##lx)                                                                          \
    {                                                                                              \
        const u128 b = VMX_GET(u128, in->rb);                                                      \
        cpu->gpr[in->rt] = vmx_bytes_at(b, cpu->gpr[in->ra] & 15, size);                           \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    OP(vextu##letter##rx)                                                                          \
    {                                                                                              \
        const u128 b = VMX_GET(u128, in->rb) >> (8 * (cpu->gpr[in->ra] & 15));                     \
        cpu->gpr[in->rt] = vmx_bytes_at(b, 16 - (size), size);                                     \
        return TRAP_NONE;                                                                          \
    }
EXTRACT_INDEXED(b, 1)
EXTRACT_INDEXED(h, 2)
EXTRACT_INDEXED(w, 4)

/* ---- bit permutes ---- */

/* Bits of VRA chosen by the bytes of VRB, numbers from 128 on give zero. */
OP(vbpermq)
{
    const u128 a = VMX_GET(u128, in->ra);
    const union vsr b = VMX_GET(union vsr, in->rb);
    uint64_t perm = 0;
    for (int i = 0; i < 16; i++) {
        const unsigned index = VB(b, i);
        perm = perm << 1 | (index < 128 ? (unsigned)(a >> (127 - index)) & 1 : 0);
    }
    VMX_PUT(in->rt, (u128)perm << 64);
    return TRAP_NONE;
}

OP(vbpermd)
{
    const union vsr a = VMX_GET(union vsr, in->ra), b = VMX_GET(union vsr, in->rb);
    union vsr r;
    for (int d = 0; d < 2; d++) {
        uint64_t perm = 0;
        for (int i = 0; i < 8; i++) {
            const unsigned index = VB(b, 8 * d + i);
            perm = perm << 1 | (index < 64 ? VD(a, d) >> (63 - index) & 1 : 0);
        }
        VD(r, d) = perm;
    }
    VMX_PUT(in->rt, r);
    return TRAP_NONE;
}

/* Transposes the 8x8 bits of each doubleword: blocks of 1, 2, then 4 bits change places. */
static inline vud vmx_transpose_bits(vud x)
{
    vud t = (x ^ x >> 7) & 0x00aa00aa00aa00aa;
    x ^= t ^ t << 7;
    t = (x ^ x >> 14) & 0x0000cccc0000cccc;
    x ^= t ^ t << 14;
    t = (x ^ x >> 28) & 0x00000000f0f0f0f0;
    return x ^ t ^ t << 28;
}
VMX_OP_B(vgbbd, vud, vmx_transpose_bits(b))

#undef MERGE_HIGH_B
#undef MERGE_LOW_B
#undef MERGE_HIGH_H
#undef MERGE_LOW_H
#undef MERGE_HIGH_W
#undef MERGE_LOW_W
#undef SPLAT
#undef HALVES_B
#undef HALVES_H
#undef HALVES_W
#undef PACK_SAT
#undef PIXEL_16
#undef EXTRACT
#undef INSERT
#undef EXTRACT_INDEXED
