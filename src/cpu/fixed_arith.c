/*
 * Fixed-point arithmetic and compare. Power ISA 3.0B Book I, "Fixed-Point Arithmetic Instructions",
 * "Fixed-Point Compare Instructions", "Fixed-Point Select".
 *
 * Included again by the interp engine (OP_LINKAGE): each handler is to melt into few host
 * instructions, so every form has its own handler and computes only the flags that it defines.
 */
#include "pefemu/cpu.h"
#include "fixed.h"

/* What a form changes besides RT */
#define WITH_CA 1u
#define WITH_OV 2u
#define WITH_RC 4u

/* XER[SO] is sticky, and CR0 copies it after this instruction's update: set_ov() before cr0. */
static inline void set_ov(struct cpu *cpu, bool ov, bool ov32)
{
    cpu->ov = ov;
    cpu->ov32 = ov32;
    cpu->so |= ov;
}

/* CA and OV follow the mode's width (32 bits when SF=0); CA32 and OV32 always tell of 32 bits. */
static inline bool by_mode(const struct cpu *cpu, bool of64, bool of32)
{
    return likely(cpu->msr & MSR_SF) ? of64 : of32;
}

/* RT <- x + y + cin. All additions and subtractions are this with x complemented or not. */
FORM_INLINE trap_t sum(struct cpu *cpu, const struct insn *in, uint64_t x, uint64_t y, unsigned cin,
                       unsigned with)
{
    uint64_t v = x + y + cin;
    if (with & WITH_CA) {
        uint64_t part;
        bool carry = __builtin_add_overflow(x, y, &part);
        carry |= __builtin_add_overflow(part, (uint64_t)cin, &part);
        cpu->ca32 = (x ^ y ^ v) >> 32 & 1; /* the carry that came into bit 31 */
        cpu->ca = by_mode(cpu, carry, cpu->ca32);
    }
    if (with & WITH_OV) {
        uint64_t over = (x ^ v) & (y ^ v);
        bool ov32 = over >> 31 & 1;
        set_ov(cpu, by_mode(cpu, over >> 63, ov32), ov32);
    }
    cpu->gpr[in->rt] = v;
    if (with & WITH_RC)
        cpu_set_cr0(cpu, v);
    return TRAP_NONE;
}

#define RA (cpu->gpr[in->ra])
#define RB (cpu->gpr[in->rb])
#define RC (cpu->gpr[in->rc])

/* The four forms of an XO row: name, name., nameo, nameo. */
#define SUM_FORMS(name, x, y, cin, ca)                                                             \
    OP(name)                                                                                       \
    {                                                                                              \
        return sum(cpu, in, x, y, cin, ca);                                                        \
    }                                                                                              \
    OP(name##_)                                                                                    \
    {                                                                                              \
        return sum(cpu, in, x, y, cin, (ca) | WITH_RC);                                            \
    }                                                                                              \
    OP(name##o)                                                                                    \
    {                                                                                              \
        return sum(cpu, in, x, y, cin, (ca) | WITH_OV);                                            \
    }                                                                                              \
    OP(name##o_)                                                                                   \
    {                                                                                              \
        return sum(cpu, in, x, y, cin, (ca) | WITH_OV | WITH_RC);                                  \
    }

SUM_FORMS(add, RA, RB, 0, 0)
SUM_FORMS(addc, RA, RB, 0, WITH_CA)
SUM_FORMS(adde, RA, RB, cpu->ca, WITH_CA)
SUM_FORMS(addme, RA, ~0ULL, cpu->ca, WITH_CA)
SUM_FORMS(addze, RA, 0, cpu->ca, WITH_CA)
SUM_FORMS(subf, ~RA, RB, 1, 0)
SUM_FORMS(subfc, ~RA, RB, 1, WITH_CA)
SUM_FORMS(subfe, ~RA, RB, cpu->ca, WITH_CA)
SUM_FORMS(subfme, ~RA, ~0ULL, cpu->ca, WITH_CA)
SUM_FORMS(subfze, ~RA, 0, cpu->ca, WITH_CA)
SUM_FORMS(neg, ~RA, 0, 1, 0)

OP(addi)
{
    cpu->gpr[in->rt] = ra_or_0(cpu, in) + (uint64_t)in->imm;
    return TRAP_NONE;
}

/* The decoder has shifted SI. */
OP(addis)
{
    cpu->gpr[in->rt] = ra_or_0(cpu, in) + (uint64_t)in->imm;
    return TRAP_NONE;
}

OP(addic)
{
    return sum(cpu, in, RA, (uint64_t)in->imm, 0, WITH_CA);
}

OP(addic_)
{
    return sum(cpu, in, RA, (uint64_t)in->imm, 0, WITH_CA | WITH_RC);
}

OP(subfic)
{
    return sum(cpu, in, ~RA, (uint64_t)in->imm, 1, WITH_CA);
}

/* imm: d0 || d1 || d2 || 0x0000 */
OP(addpcis)
{
    cpu->gpr[in->rt] = cpu_ea(cpu, cpu->cia + 4) + (uint64_t)in->imm;
    return TRAP_NONE;
}

/* OV stands in for CA (CY=0, the only defined value); SO stays as it is. */
OP(addex)
{
    uint64_t x = RA, y = RB, v;
    bool carry = __builtin_add_overflow(x, y, &v);
    carry |= __builtin_add_overflow(v, (uint64_t)cpu->ov, &v);
    cpu->ov32 = (x ^ y ^ v) >> 32 & 1;
    cpu->ov = by_mode(cpu, carry, cpu->ov32);
    cpu->gpr[in->rt] = v;
    return TRAP_NONE;
}

/* ---- multiply ---- */

FORM_INLINE trap_t put(struct cpu *cpu, const struct insn *in, uint64_t v, unsigned with)
{
    cpu->gpr[in->rt] = v;
    if (with & WITH_RC)
        cpu_set_cr0(cpu, v);
    return TRAP_NONE;
}

#define PUT_FORMS(name, v)                                                                         \
    OP(name)                                                                                       \
    {                                                                                              \
        return put(cpu, in, v, 0);                                                                 \
    }                                                                                              \
    OP(name##_)                                                                                    \
    {                                                                                              \
        return put(cpu, in, v, WITH_RC);                                                           \
    }

/* RT 0:31 of mulhw[u] is undefined: POWER9 has the word twice. */
static inline uint64_t twice(uint32_t w)
{
    return w * 0x100000001ULL;
}

static inline uint64_t mulhw(uint64_t a, uint64_t b)
{
    return twice((uint32_t)((uint64_t)((int64_t)(int32_t)a * (int32_t)b) >> 32));
}

static inline uint64_t mulhwu(uint64_t a, uint64_t b)
{
    return twice((uint32_t)((uint64_t)(uint32_t)a * (uint32_t)b >> 32));
}

static inline uint64_t mulhd(uint64_t a, uint64_t b)
{
    return (uint64_t)((s128)(int64_t)a * (int64_t)b >> 64);
}

static inline uint64_t mulhdu(uint64_t a, uint64_t b)
{
    return (uint64_t)((u128)a * b >> 64);
}

static inline uint64_t mullw(uint64_t a, uint64_t b)
{
    return (uint64_t)((int64_t)(int32_t)a * (int32_t)b);
}

PUT_FORMS(mulhw, mulhw(RA, RB))
PUT_FORMS(mulhwu, mulhwu(RA, RB))
PUT_FORMS(mulhd, mulhd(RA, RB))
PUT_FORMS(mulhdu, mulhdu(RA, RB))
PUT_FORMS(mulld, RA *RB)
PUT_FORMS(mullw, mullw(RA, RB))

FORM_INLINE trap_t mulldo(struct cpu *cpu, const struct insn *in, unsigned with)
{
    int64_t v;
    bool ov = __builtin_mul_overflow((int64_t)RA, (int64_t)RB, &v);
    set_ov(cpu, ov, ov);
    return put(cpu, in, (uint64_t)v, with);
}

FORM_INLINE trap_t mullwo(struct cpu *cpu, const struct insn *in, unsigned with)
{
    uint64_t v = mullw(RA, RB);
    bool ov = (int64_t)v != (int32_t)v;
    set_ov(cpu, ov, ov);
    return put(cpu, in, v, with);
}

OP(mulldo)
{
    return mulldo(cpu, in, 0);
}

OP(mulldo_)
{
    return mulldo(cpu, in, WITH_RC);
}

OP(mullwo)
{
    return mullwo(cpu, in, 0);
}

OP(mullwo_)
{
    return mullwo(cpu, in, WITH_RC);
}

OP(mulli)
{
    return put(cpu, in, RA * (uint64_t)in->imm, 0);
}

OP(maddhd)
{
    u128 sum = (u128)((s128)(int64_t)RA * (int64_t)RB) + (u128)(s128)(int64_t)RC;
    return put(cpu, in, (uint64_t)(sum >> 64), 0);
}

OP(maddhdu)
{
    return put(cpu, in, (uint64_t)(((u128)RA * RB + RC) >> 64), 0);
}

OP(maddld)
{
    return put(cpu, in, RA * RB + RC, 0);
}

/* ---- divide ---- */

/* A quotient that cannot be represented, or a divisor of 0, sets OV and leaves RT undefined: 0, as
 * POWER9 gives. Each function tells so by its result. RT 0:31 of the word forms is undefined: 0. */
static inline bool div_w(uint64_t a, uint64_t b, uint64_t *q)
{
    int32_t n = (int32_t)a, d = (int32_t)b;
    if (unlikely(!d || (n == INT32_MIN && d == -1)))
        return false;
    *q = (uint32_t)(n / d);
    return true;
}

static inline bool div_wu(uint64_t a, uint64_t b, uint64_t *q)
{
    if (unlikely(!(uint32_t)b))
        return false;
    *q = (uint32_t)a / (uint32_t)b;
    return true;
}

static inline bool div_d(uint64_t a, uint64_t b, uint64_t *q)
{
    int64_t n = (int64_t)a, d = (int64_t)b;
    if (unlikely(!d || (n == INT64_MIN && d == -1)))
        return false;
    *q = (uint64_t)(n / d);
    return true;
}

static inline bool div_du(uint64_t a, uint64_t b, uint64_t *q)
{
    if (unlikely(!b))
        return false;
    *q = a / b;
    return true;
}

/* The extended forms divide RA followed by zeros of the same width. */
static inline bool div_we(uint64_t a, uint64_t b, uint64_t *q)
{
    int64_t n = (int64_t)(a << 32), d = (int32_t)b;
    if (unlikely(!d || (n == INT64_MIN && d == -1) || n / d != (int32_t)(n / d)))
        return false;
    *q = (uint32_t)(n / d);
    return true;
}

static inline bool div_weu(uint64_t a, uint64_t b, uint64_t *q)
{
    if (unlikely((uint32_t)a >= (uint32_t)b))
        return false;
    *q = (a << 32) / (uint32_t)b;
    return true;
}

static inline bool div_de(uint64_t a, uint64_t b, uint64_t *q)
{
    s128 n = (s128)((u128)a << 64);
    int64_t d = (int64_t)b;
    /* -2^127 / -1 is the one that the host could not do; d = -1 fits for a = 0 only. */
    if (unlikely(!d || (d == -1 && a)))
        return false;
    s128 v = n / d;
    if (unlikely(v != (int64_t)v))
        return false;
    *q = (uint64_t)v;
    return true;
}

static inline bool div_deu(uint64_t a, uint64_t b, uint64_t *q)
{
    if (unlikely(a >= b))
        return false;
    *q = (uint64_t)(((u128)a << 64) / b);
    return true;
}

#define DIV_BODY(function, with)                                                                   \
    uint64_t q = 0;                                                                                \
    bool ok = function(RA, RB, &q);                                                                \
    if ((with)&WITH_OV)                                                                            \
        set_ov(cpu, !ok, !ok);                                                                     \
    return put(cpu, in, q, with)

#define DIV_FORMS(name, function)                                                                  \
    OP(name)                                                                                       \
    {                                                                                              \
        DIV_BODY(function, 0);                                                                     \
    }                                                                                              \
    OP(name##_)                                                                                    \
    {                                                                                              \
        DIV_BODY(function, WITH_RC);                                                               \
    }                                                                                              \
    OP(name##o)                                                                                    \
    {                                                                                              \
        DIV_BODY(function, WITH_OV);                                                               \
    }                                                                                              \
    OP(name##o_)                                                                                   \
    {                                                                                              \
        DIV_BODY(function, WITH_OV | WITH_RC);                                                     \
    }

DIV_FORMS(divw, div_w)
DIV_FORMS(divwu, div_wu)
DIV_FORMS(divd, div_d)
DIV_FORMS(divdu, div_du)
DIV_FORMS(divwe, div_we)
DIV_FORMS(divweu, div_weu)
DIV_FORMS(divde, div_de)
DIV_FORMS(divdeu, div_deu)

/* Undefined remainders (divisor 0, overflowing quotient) are 0. RT of modsw is sign-extended. */
OP(modsw)
{
    int32_t n = (int32_t)RA, d = (int32_t)RB;
    bool undefined = !d || (n == INT32_MIN && d == -1);
    return put(cpu, in, unlikely(undefined) ? 0 : (uint64_t)(int64_t)(n % d), 0);
}

OP(moduw)
{
    uint32_t n = (uint32_t)RA, d = (uint32_t)RB;
    return put(cpu, in, unlikely(!d) ? 0 : n % d, 0);
}

OP(modsd)
{
    int64_t n = (int64_t)RA, d = (int64_t)RB;
    bool undefined = !d || (n == INT64_MIN && d == -1);
    return put(cpu, in, unlikely(undefined) ? 0 : (uint64_t)(n % d), 0);
}

OP(modud)
{
    uint64_t n = RA, d = RB;
    return put(cpu, in, unlikely(!d) ? 0 : n % d, 0);
}

/* ---- compare and select; BF is the high three bits of the RT field, L its lowest ---- */

/* Without branches: guests compare unpredictable data, and their own branch is the place to pay. */
static inline void set_cr_from(struct cpu *cpu, const struct insn *in, bool less, bool greater)
{
    unsigned field = less * CR_LT + greater * CR_GT;
    cpu_set_cr(cpu, in->rt >> 2, field + (!field) * CR_EQ);
}

static inline void compare_signed(struct cpu *cpu, const struct insn *in, int64_t a, int64_t b)
{
    if (!(in->rt & 1)) {
        a = (int32_t)a;
        b = (int32_t)b;
    }
    set_cr_from(cpu, in, a<b, a> b);
}

static inline void compare_unsigned(struct cpu *cpu, const struct insn *in, uint64_t a, uint64_t b)
{
    if (!(in->rt & 1)) {
        a = (uint32_t)a;
        b = (uint32_t)b;
    }
    set_cr_from(cpu, in, a<b, a> b);
}

OP(cmpi)
{
    compare_signed(cpu, in, (int64_t)RA, in->imm);
    return TRAP_NONE;
}

OP(cmp)
{
    compare_signed(cpu, in, (int64_t)RA, (int64_t)RB);
    return TRAP_NONE;
}

OP(cmpli)
{
    compare_unsigned(cpu, in, RA, (uint64_t)in->imm);
    return TRAP_NONE;
}

OP(cmpl)
{
    compare_unsigned(cpu, in, RA, RB);
    return TRAP_NONE;
}

/* RB 32:63 = hi2 lo2 hi1 lo1: is the byte in lo1..hi1 or, for L=1, in lo2..hi2? */
OP(cmprb)
{
    uint8_t c = (uint8_t)RA;
    uint64_t r = RB;
    bool inside = (uint8_t)r <= c && c <= (uint8_t)(r >> 8);
    if (in->rt & 1)
        inside |= (uint8_t)(r >> 16) <= c && c <= (uint8_t)(r >> 24);
    cpu->cr[in->rt >> 2] = inside ? CR_GT : 0;
    return TRAP_NONE;
}

/* The classic zero-byte test, on the bytes' differences. */
OP(cmpeqb)
{
    uint64_t x = RB ^ (uint8_t)RA * 0x0101010101010101ULL;
    bool match = (x - 0x0101010101010101ULL) & ~x & 0x8080808080808080ULL;
    cpu->cr[in->rt >> 2] = match ? CR_GT : 0;
    return TRAP_NONE;
}

OP(setb)
{
    unsigned field = cpu->cr[in->ra >> 2];
    cpu->gpr[in->rt] = field & CR_LT ? ~0ULL : field & CR_GT ? 1 : 0;
    return TRAP_NONE;
}

OP(isel)
{
    uint64_t yes = ra_or_0(cpu, in), no = RB;
    cpu->gpr[in->rt] = cpu_get_crb(cpu, in->rc) ? yes : no;
    return TRAP_NONE;
}

#undef RA
#undef RB
#undef RC
#undef SUM_FORMS
#undef PUT_FORMS
#undef DIV_FORMS
#undef DIV_BODY
#undef WITH_CA
#undef WITH_OV
#undef WITH_RC
