/*
 * Fixed-point logical, rotate, shift, count, BCD assist and trap instructions. Power ISA 3.0B Book
 * I, "Fixed-Point Logical Instructions", "Rotate and Shift", "BCD Assist", "Fixed-Point Trap".
 * These write RA from RS, which is the RT field. Included again by the interp engine (OP_LINKAGE).
 */
#include "pefemu/cpu.h"
#include "fixed.h"

#define RS (cpu->gpr[in->rt])
#define RA (cpu->gpr[in->ra])
#define RB (cpu->gpr[in->rb])

/* An instruction and its record form. */
#define LOGIC(name, v)                                                                             \
    OP(name)                                                                                       \
    {                                                                                              \
        RA = (v);                                                                                  \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    OP(name##_)                                                                                    \
    {                                                                                              \
        uint64_t result = (v);                                                                     \
        RA = result;                                                                               \
        cpu_set_cr0(cpu, result);                                                                  \
        return TRAP_NONE;                                                                          \
    }

/* An instruction without record form. */
#define LOGIC1(name, v)                                                                            \
    OP(name)                                                                                       \
    {                                                                                              \
        RA = (v);                                                                                  \
        return TRAP_NONE;                                                                          \
    }

/* One that has only the record form. */
#define LOGIC_RC(name, v)                                                                          \
    OP(name##_)                                                                                    \
    {                                                                                              \
        uint64_t result = (v);                                                                     \
        RA = result;                                                                               \
        cpu_set_cr0(cpu, result);                                                                  \
        return TRAP_NONE;                                                                          \
    }

/* ---- logical ---- */

LOGIC(and, RS &RB)
LOGIC_RC(or, RS | RB)
LOGIC(xor, RS ^ RB)
LOGIC(nand, ~(RS &RB))
LOGIC(nor, ~(RS | RB))
LOGIC(eqv, ~(RS ^ RB))
LOGIC(andc, RS & ~RB)
LOGIC(orc, RS | ~RB)

#ifdef PEFEMU_INLINE_OPS /* threaded code leaves the priority hints to the other copy */
LOGIC1(or, RS | RB)
#else
OP(or)
{
    RA = RS | RB;
    if (unlikely(insn_is_priority_hint(in)))
        cpu_priority_hint(cpu, in->ra);
    return TRAP_NONE;
}
#endif

LOGIC_RC(andi, RS &(uint64_t)in->imm)
LOGIC_RC(andis, RS &(uint64_t)in->imm)
LOGIC1(ori, RS | (uint64_t)in->imm)
LOGIC1(oris, RS | (uint64_t)in->imm)
LOGIC1(xori, RS ^ (uint64_t)in->imm)
LOGIC1(xoris, RS ^ (uint64_t)in->imm)

LOGIC(extsb, (uint64_t)(int64_t)(int8_t)RS)
LOGIC(extsh, (uint64_t)(int64_t)(int16_t)RS)
LOGIC(extsw, (uint64_t)(int64_t)(int32_t)RS)
LOGIC(extswsli, (uint64_t)(int64_t)(int32_t)RS << in->sh)

/* ---- counts and bytes ---- */

static inline uint64_t clz32(uint64_t v)
{
    return (uint32_t)v ? (unsigned)__builtin_clz((uint32_t)v) : 32;
}

static inline uint64_t clz64(uint64_t v)
{
    return v ? (unsigned)__builtin_clzll(v) : 64;
}

/* A one above the operand bounds the count. */
static inline uint64_t ctz32(uint64_t v)
{
    return (unsigned)__builtin_ctzll(v | 1ULL << 32);
}

static inline uint64_t ctz64(uint64_t v)
{
    return v ? (unsigned)__builtin_ctzll(v) : 64;
}

LOGIC(cntlzw, clz32(RS))
LOGIC(cntlzd, clz64(RS))
LOGIC(cnttzw, ctz32(RS))
LOGIC(cnttzd, ctz64(RS))

/* Counts per byte, by adding neighbours. */
static inline uint64_t popcnt_bytes(uint64_t v)
{
    v -= v >> 1 & 0x5555555555555555ULL;
    v = (v & 0x3333333333333333ULL) + (v >> 2 & 0x3333333333333333ULL);
    return (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
}

static inline uint64_t popcnt_words(uint64_t v)
{
    return (uint64_t)__builtin_popcount((uint32_t)(v >> 32)) << 32 |
           (unsigned)__builtin_popcount((uint32_t)v);
}

LOGIC1(popcntb, popcnt_bytes(RS))
LOGIC1(popcntw, popcnt_words(RS))
LOGIC1(popcntd, (unsigned)__builtin_popcountll(RS))
LOGIC1(prtyd, (unsigned)__builtin_parityll(RS & 0x0101010101010101ULL))
LOGIC1(prtyw, popcnt_words(RS & 0x0101010101010101ULL) & 0x0000000100000001ULL)

/* 0xff where the bytes are equal: a byte's high bit survives in @t when its difference is zero. */
static inline uint64_t equal_bytes(uint64_t a, uint64_t b)
{
    const uint64_t low7 = 0x7f7f7f7f7f7f7f7fULL;
    uint64_t x = a ^ b;
    uint64_t t = ~(((x & low7) + low7) | x | low7);
    return (t >> 7) * 0xff;
}

LOGIC1(cmpb, equal_bytes(RS, RB))

/* Byte i of RS picks a bit of RB (0 when out of range) for bit 56+i of RA. */
static inline uint64_t permute_bits(uint64_t rs, uint64_t rb)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned bit = (uint8_t)(rs >> (56 - 8 * i));
        v = v << 1 | (bit < 64 ? rb >> (63 - bit) & 1 : 0);
    }
    return v;
}

LOGIC1(bpermd, permute_bits(RS, RB))

/* ---- rotate: the decoder has turned MB, ME (or their implied values) into the 64-bit mask ---- */

static inline uint64_t rotl64(uint64_t v, unsigned n)
{
    return v << (n & 63) | v >> (-n & 63);
}

/* Word rotates work on the low word taken twice, which shows when MB > ME wraps the mask round. */
static inline uint64_t rotl32(uint64_t v, unsigned n)
{
    uint32_t w = (uint32_t)v << (n & 31) | (uint32_t)v >> (-n & 31);
    return (uint64_t)w << 32 | w;
}

static inline uint64_t insert(uint64_t old, uint64_t rotated, uint64_t mask)
{
    return (rotated & mask) | (old & ~mask);
}

LOGIC(rlwinm, rotl32(RS, in->sh) & (uint64_t)in->imm)
LOGIC(rlwnm, rotl32(RS, (unsigned)RB) & (uint64_t)in->imm)
LOGIC(rlwimi, insert(RA, rotl32(RS, in->sh), (uint64_t)in->imm))
LOGIC(rldicl, rotl64(RS, in->sh) & (uint64_t)in->imm)
LOGIC(rldicr, rotl64(RS, in->sh) & (uint64_t)in->imm)
LOGIC(rldic, rotl64(RS, in->sh) & (uint64_t)in->imm)
LOGIC(rldcl, rotl64(RS, (unsigned)RB) & (uint64_t)in->imm)
LOGIC(rldcr, rotl64(RS, (unsigned)RB) & (uint64_t)in->imm)
LOGIC(rldimi, insert(RA, rotl64(RS, in->sh), (uint64_t)in->imm))

/* ---- shift: one bit of RB more than the operand needs, so that it can shift everything out ----
 */

static inline uint64_t shift_left64(uint64_t v, uint64_t n)
{
    return n & 64 ? 0 : v << (n & 63);
}

static inline uint64_t shift_right64(uint64_t v, uint64_t n)
{
    return n & 64 ? 0 : v >> (n & 63);
}

LOGIC(slw, (uint32_t)(RS << (RB & 63)))
LOGIC(srw, (uint64_t)(uint32_t)RS >> (RB & 63))
LOGIC(sld, shift_left64(RS, RB))
LOGIC(srd, shift_right64(RS, RB))

/* CA and CA32: the operand is negative and ones went out at the right; then shifting back does not
 * restore it. @n is 0..63; a word arrives sign-extended, so 32..63 leave nothing but its sign. */
static inline uint64_t shift_algebraic(struct cpu *cpu, int64_t s, unsigned n)
{
    int64_t r = s >> n;
    cpu->ca = cpu->ca32 = s < 0 && (uint64_t)r << n != (uint64_t)s;
    return (uint64_t)r;
}

static inline uint64_t shift_algebraic_d(struct cpu *cpu, int64_t s, uint64_t n)
{
    if (likely(!(n & 64)))
        return shift_algebraic(cpu, s, n & 63);
    cpu->ca = cpu->ca32 = s < 0;
    return (uint64_t)(s >> 63);
}

LOGIC(sraw, shift_algebraic(cpu, (int32_t)RS, RB & 63))
LOGIC(srawi, shift_algebraic(cpu, (int32_t)RS, in->rb))
LOGIC(srad, shift_algebraic_d(cpu, (int64_t)RS, RB))
LOGIC(sradi, shift_algebraic(cpu, (int64_t)RS, in->sh))

/* ---- BCD assist ---- */

/* A six in each digit whose sum carried nothing out. Here RT is written from RA and RB. */
OP(addg6s)
{
    u128 a = RA, b = RB;
    uint64_t carries = (uint64_t)((a ^ b ^ (a + b)) >> 4) & 0x1111111111111111ULL;
    RS = (carries ^ 0x1111111111111111ULL) * 6;
    return TRAP_NONE;
}

/*
 * A declet b0..b9 holds three digits. b6=0: all are 0..7. Otherwise b7,b8 (and b3,b4 when both are
 * one) say which digits are 8 or 9; those keep only their lowest bit.
 * Book I Appendix "Densely Packed Decimal".
 */
static inline unsigned declet_to_bcd(unsigned d)
{
    unsigned pqr = d >> 7 & 7, stu = d >> 4 & 7, wxy = d & 7;
    unsigned p1 = pqr & 1, s1 = stu & 1, w1 = wxy & 1;
    unsigned pq = pqr & 6, st = stu & 6;
    if (!(d & 8))
        return pqr << 8 | stu << 4 | wxy;
    switch (d >> 1 & 3) {
    case 0:
        return pqr << 8 | stu << 4 | 8 | w1;
    case 1:
        return pqr << 8 | (8 | s1) << 4 | st | w1;
    case 2:
        return (8 | p1) << 8 | stu << 4 | pq | w1;
    }
    switch (st >> 1) {
    case 0:
        return (8 | p1) << 8 | (8 | s1) << 4 | pq | w1;
    case 1:
        return (8 | p1) << 8 | (pq | s1) << 4 | 8 | w1;
    case 2:
        return pqr << 8 | (8 | s1) << 4 | 8 | w1;
    }
    return (8 | p1) << 8 | (8 | s1) << 4 | 8 | w1;
}

static inline unsigned bcd_to_declet(unsigned bcd)
{
    unsigned x = bcd >> 8 & 15, y = bcd >> 4 & 15, z = bcd & 15;
    unsigned x1 = (x & 1) << 7, y1 = (y & 1) << 4, z1 = z & 1; /* lowest bits, in their places */
    unsigned x3 = (x & 7) << 7, y3 = (y & 7) << 4;
    unsigned z_at_st = (z & 6) << 4, z_at_pq = (z & 6) << 7, y_at_pq = (y & 6) << 7;
    switch ((x >> 3) << 2 | (y >> 3) << 1 | z >> 3) {
    case 0:
        return x3 | y3 | (z & 7);
    case 1:
        return x3 | y3 | 8 | z1;
    case 2:
        return x3 | z_at_st | y1 | 0xa | z1;
    case 3:
        return x3 | 0x40 | y1 | 0xe | z1;
    case 4:
        return z_at_pq | x1 | y3 | 0xc | z1;
    case 5:
        return y_at_pq | x1 | 0x20 | y1 | 0xe | z1;
    case 6:
        return z_at_pq | x1 | y1 | 0xe | z1;
    }
    return x1 | 0x60 | y1 | 0xe | z1;
}

/* In each word, two declets of 10 bits become two groups of 12, or the other way round. */
OP(cdtbcd)
{
    uint64_t v = 0;
    for (unsigned n = 0; n < 64; n += 32) {
        uint32_t w = (uint32_t)(RS >> n);
        v |= (uint64_t)(declet_to_bcd(w >> 10 & 0x3ff) << 12 | declet_to_bcd(w & 0x3ff)) << n;
    }
    RA = v;
    return TRAP_NONE;
}

OP(cbcdtd)
{
    uint64_t v = 0;
    for (unsigned n = 0; n < 64; n += 32) {
        uint32_t w = (uint32_t)(RS >> n);
        v |= (uint64_t)(bcd_to_declet(w >> 12 & 0xfff) << 10 | bcd_to_declet(w & 0xfff)) << n;
    }
    RA = v;
    return TRAP_NONE;
}

/* ---- trap: the RT field is TO ---- */

static inline trap_t trap_if(struct cpu *cpu, const struct insn *in, int64_t a, int64_t b)
{
    unsigned holds = (unsigned)(a < b) << 4 | (unsigned)(a > b) << 3 | (unsigned)(a == b) << 2 |
                     (unsigned)((uint64_t)a < (uint64_t)b) << 1 | ((uint64_t)a > (uint64_t)b);
    if (unlikely(holds & in->rt))
        return cpu_program(cpu, SRR1_TRAP);
    return TRAP_NONE;
}

OP(twi)
{
    return trap_if(cpu, in, (int32_t)RA, in->imm);
}

OP(tw)
{
    return trap_if(cpu, in, (int32_t)RA, (int32_t)RB);
}

OP(tdi)
{
    return trap_if(cpu, in, (int64_t)RA, in->imm);
}

OP(td)
{
    return trap_if(cpu, in, (int64_t)RA, (int64_t)RB);
}

#undef RS
#undef RA
#undef RB
#undef LOGIC
#undef LOGIC1
#undef LOGIC_RC
