// SPDX-License-Identifier: Apache-2.0
/*
 * VSX instructions that only move bits: to and from GPRs, permutes, merges, logicals, byte
 * reversal, and the sign, exponent and significand accesses of binary floating point, which raise
 * nothing.
 */
#include "vsx.h"

/* ---- GPR <-> VSR ---- */

OP(mtvsrd)
{
    vsx_set_d(cpu, in->rt, cpu->gpr[in->ra], 0);
    return TRAP_NONE;
}

OP(mtvsrwa)
{
    vsx_set_d(cpu, in->rt, (uint64_t)(int32_t)cpu->gpr[in->ra], 0);
    return TRAP_NONE;
}

OP(mtvsrwz)
{
    vsx_set_d(cpu, in->rt, (uint32_t)cpu->gpr[in->ra], 0);
    return TRAP_NONE;
}

OP(mtvsrdd)
{
    vsx_set_d(cpu, in->rt, in->ra ? cpu->gpr[in->ra] : 0, cpu->gpr[in->rb]);
    return TRAP_NONE;
}

OP(mtvsrws)
{
    uint64_t v = (uint32_t)cpu->gpr[in->ra] * 0x100000001ULL;
    vsx_set_d(cpu, in->rt, v, v);
    return TRAP_NONE;
}

OP(mfvsrd)
{
    cpu->gpr[in->ra] = XT_D0;
    return TRAP_NONE;
}

OP(mfvsrwz)
{
    cpu->gpr[in->ra] = (uint32_t)XT_D0;
    return TRAP_NONE;
}

OP(mfvsrld)
{
    cpu->gpr[in->ra] = VD(cpu->vsr[in->rt], 1);
    return TRAP_NONE;
}

/* ---- logicals ---- */

#define VSX_LOGICAL(name, expr)                                                                    \
    OP(name)                                                                                       \
    {                                                                                              \
        const u128 a = cpu->vsr[in->ra].q, b = cpu->vsr[in->rb].q;                                 \
        cpu->vsr[in->rt].q = expr;                                                                 \
        return TRAP_NONE;                                                                          \
    }
VSX_LOGICAL(xxland, a &b)
VSX_LOGICAL(xxlandc, a & ~b)
VSX_LOGICAL(xxlor, a | b)
VSX_LOGICAL(xxlorc, a | ~b)
VSX_LOGICAL(xxlxor, a ^ b)
VSX_LOGICAL(xxlnor, ~(a | b))
VSX_LOGICAL(xxlnand, ~(a &b))
VSX_LOGICAL(xxleqv, ~(a ^ b))
#undef VSX_LOGICAL

OP(xxsel)
{
    const u128 a = cpu->vsr[in->ra].q, b = cpu->vsr[in->rb].q, c = cpu->vsr[in->rc].q;
    cpu->vsr[in->rt].q = (a & ~c) | (b & c);
    return TRAP_NONE;
}

/* ---- permutes ---- */

OP(xxpermdi)
{
    unsigned dm = WORD_BITS(in->word, 22, 23);
    uint64_t d0 = VD(cpu->vsr[in->ra], dm >> 1), d1 = VD(cpu->vsr[in->rb], dm & 1);
    vsx_set_d(cpu, in->rt, d0, d1);
    return TRAP_NONE;
}

OP(xxsldwi)
{
    unsigned shift = 32 * WORD_BITS(in->word, 22, 23);
    u128 a = cpu->vsr[in->ra].q, b = cpu->vsr[in->rb].q;
    cpu->vsr[in->rt].q = shift ? a << shift | b >> (128 - shift) : a;
    return TRAP_NONE;
}

OP(xxspltw)
{
    uint64_t w = VW(cpu->vsr[in->rb], WORD_BITS(in->word, 14, 15)) * 0x100000001ULL;
    vsx_set_d(cpu, in->rt, w, w);
    return TRAP_NONE;
}

OP(xxspltib)
{
    uint64_t v = WORD_BITS(in->word, 13, 20) * 0x0101010101010101ULL;
    vsx_set_d(cpu, in->rt, v, v);
    return TRAP_NONE;
}

OP(xxmrghw)
{
    uint64_t a = XA_D0, b = XB_D0;
    vsx_set_d(cpu, in->rt, (a >> 32) << 32 | b >> 32, a << 32 | (uint32_t)b);
    return TRAP_NONE;
}

OP(xxmrglw)
{
    uint64_t a = VD(cpu->vsr[in->ra], 1), b = VD(cpu->vsr[in->rb], 1);
    vsx_set_d(cpu, in->rt, (a >> 32) << 32 | b >> 32, a << 32 | (uint32_t)b);
    return TRAP_NONE;
}

/* Bytes of XA || XT chosen by XB, each index xor'ed with @flip. Byte k of the two registers stands
 * at k ^ 15 in a little-endian host's memory. */
static inline trap_t vsx_perm(struct cpu *cpu, const struct insn *in, unsigned flip)
{
    const union vsr src[2] = {cpu->vsr[in->ra], cpu->vsr[in->rt]};
    const union vsr select = cpu->vsr[in->rb];
    uint8_t bytes[32];
    union vsr r;
    memcpy(bytes, src, sizeof(bytes));
    for (unsigned i = 0; i < 16; i++)
        r.b[i] = bytes[(select.b[i] & 31) ^ flip ^ VSR_LANE(16, 0)];
    cpu->vsr[in->rt] = r;
    return TRAP_NONE;
}

OP(xxperm)
{
    return vsx_perm(cpu, in, 0);
}

OP(xxpermr)
{
    return vsx_perm(cpu, in, 31);
}

/* UIM above 12 is undefined by the ISA; here the bytes wrap round the register. */
OP(xxextractuw)
{
    unsigned uim = WORD_BITS(in->word, 12, 15);
    uint32_t w = 0;
    for (unsigned i = 0; i < 4; i++)
        w = w << 8 | VB(cpu->vsr[in->rb], (uim + i) & 15);
    vsx_set_d(cpu, in->rt, w, 0);
    return TRAP_NONE;
}

OP(xxinsertw)
{
    unsigned uim = WORD_BITS(in->word, 12, 15);
    uint32_t w = VW(cpu->vsr[in->rb], 1);
    for (unsigned i = 0; i < 4; i++)
        VB(cpu->vsr[in->rt], (uim + i) & 15) = w >> (24 - 8 * i);
    return TRAP_NONE;
}

/* ---- byte reversal ---- */

#define VSX_MAP(name, lanes, ELEM, expr)                                                           \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr b = cpu->vsr[in->rb];                                                      \
        union vsr r;                                                                               \
        for (unsigned i = 0; i < lanes; i++)                                                       \
            ELEM(r, i) = expr;                                                                     \
        cpu->vsr[in->rt] = r;                                                                      \
        return TRAP_NONE;                                                                          \
    }
VSX_MAP(xxbrh, 8, VH, __builtin_bswap16(VH(b, i)))
VSX_MAP(xxbrw, 4, VW, __builtin_bswap32(VW(b, i)))
VSX_MAP(xxbrd, 2, VD, __builtin_bswap64(VD(b, i)))
VSX_MAP(xxbrq, 2, VD, __builtin_bswap64(VD(b, 1 - i)))

/* ---- sign ---- */

#define VSX_F64_SIGN (1ULL << 63)
#define VSX_F32_SIGN (1u << 31)

VSX_MAP(xvabsdp, 2, VD, VD(b, i) & ~VSX_F64_SIGN)
VSX_MAP(xvnabsdp, 2, VD, VD(b, i) | VSX_F64_SIGN)
VSX_MAP(xvnegdp, 2, VD, VD(b, i) ^ VSX_F64_SIGN)
VSX_MAP(xvabssp, 4, VW, VW(b, i) & ~VSX_F32_SIGN)
VSX_MAP(xvnabssp, 4, VW, VW(b, i) | VSX_F32_SIGN)
VSX_MAP(xvnegsp, 4, VW, VW(b, i) ^ VSX_F32_SIGN)

OP(xsabsdp)
{
    vsx_set_d(cpu, in->rt, XB_D0 & ~VSX_F64_SIGN, 0);
    return TRAP_NONE;
}

OP(xsnabsdp)
{
    vsx_set_d(cpu, in->rt, XB_D0 | VSX_F64_SIGN, 0);
    return TRAP_NONE;
}

OP(xsnegdp)
{
    vsx_set_d(cpu, in->rt, XB_D0 ^ VSX_F64_SIGN, 0);
    return TRAP_NONE;
}

OP(xscpsgndp)
{
    vsx_set_d(cpu, in->rt, (XA_D0 & VSX_F64_SIGN) | (XB_D0 & ~VSX_F64_SIGN), 0);
    return TRAP_NONE;
}

#define VSX_MAP2(name, lanes, ELEM, expr)                                                          \
    OP(name)                                                                                       \
    {                                                                                              \
        const union vsr a = cpu->vsr[in->ra], b = cpu->vsr[in->rb];                                \
        union vsr r;                                                                               \
        for (unsigned i = 0; i < lanes; i++)                                                       \
            ELEM(r, i) = expr;                                                                     \
        cpu->vsr[in->rt] = r;                                                                      \
        return TRAP_NONE;                                                                          \
    }
VSX_MAP2(xvcpsgndp, 2, VD, (VD(a, i) & VSX_F64_SIGN) | (VD(b, i) & ~VSX_F64_SIGN))
VSX_MAP2(xvcpsgnsp, 4, VW, (VW(a, i) & VSX_F32_SIGN) | (VW(b, i) & ~VSX_F32_SIGN))

/* ---- exponent and significand ---- */

#define VSX_F64_EXP  (0x7ffULL << 52)
#define VSX_F32_EXP  (0xffu << 23)
#define VSX_F64_FRAC ((1ULL << 52) - 1)
#define VSX_F32_FRAC ((1u << 23) - 1)

VSX_MAP2(xviexpdp, 2, VD, (VD(a, i) & ~VSX_F64_EXP) | (VD(b, i) << 52 & VSX_F64_EXP))
VSX_MAP2(xviexpsp, 4, VW, (VW(a, i) & ~VSX_F32_EXP) | (VW(b, i) << 23 & VSX_F32_EXP))

/* With the implicit bit, which infinities and NaNs have not. */
static inline uint64_t f64_significand(uint64_t v)
{
    bool implicit = (v & VSX_F64_EXP) != 0 && (v & VSX_F64_EXP) != VSX_F64_EXP;
    return (v & VSX_F64_FRAC) | (uint64_t)implicit << 52;
}

static inline uint32_t f32_significand(uint32_t v)
{
    bool implicit = (v & VSX_F32_EXP) != 0 && (v & VSX_F32_EXP) != VSX_F32_EXP;
    return (v & VSX_F32_FRAC) | (uint32_t)implicit << 23;
}

VSX_MAP(xvxexpdp, 2, VD, (VD(b, i) & VSX_F64_EXP) >> 52)
VSX_MAP(xvxexpsp, 4, VW, (VW(b, i) & VSX_F32_EXP) >> 23)
VSX_MAP(xvxsigdp, 2, VD, f64_significand(VD(b, i)))
VSX_MAP(xvxsigsp, 4, VW, f32_significand(VW(b, i)))

OP(xsiexpdp)
{
    uint64_t a = cpu->gpr[in->ra], b = cpu->gpr[in->rb];
    vsx_set_d(cpu, in->rt, (a & ~VSX_F64_EXP) | (b << 52 & VSX_F64_EXP), 0);
    return TRAP_NONE;
}

OP(xsxexpdp)
{
    cpu->gpr[WORD_BITS(in->word, 6, 10)] = (XB_D0 & VSX_F64_EXP) >> 52;
    return TRAP_NONE;
}

OP(xsxsigdp)
{
    cpu->gpr[WORD_BITS(in->word, 6, 10)] = f64_significand(XB_D0);
    return TRAP_NONE;
}

/* ---- test data class, vector forms: DCMX is scattered as dc || dm || dx ---- */

static inline unsigned vsx_dcmx(const struct insn *in)
{
    uint32_t w = in->word;
    return WORD_BITS(w, 25, 25) << 6 | WORD_BITS(w, 29, 29) << 5 | WORD_BITS(w, 11, 15);
}

VSX_MAP(xvtstdcdp, 2, VD, f64_class(VD(b, i)) & vsx_dcmx(in) ? ~0ULL : 0)
VSX_MAP(xvtstdcsp, 4, VW, f32_class(VW(b, i)) & vsx_dcmx(in) ? ~0u : 0)
#undef VSX_MAP
#undef VSX_MAP2
