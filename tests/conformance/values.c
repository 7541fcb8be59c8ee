/*
 * What the registers and the memory of a random case hold: values that make interesting things
 * happen, by facility and format.
 */
#include "conformance.h"

#include "pefemu/splitmix.h"

uint64_t rng_next(struct rng *r)
{
    return splitmix64(&r->s);
}

/* ---- values ---- */

static uint64_t integer_value(struct rng *r)
{
    static const uint64_t edges[] = {
        0,
        1,
        2,
        ~0ULL,
        ~1ULL,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x100000000,
        1ULL << 63,
        ~(1ULL << 63),
        0xffffffff80000000,
        0xffffffff7fffffff,
        0x8000000080000000,
        0x7fffffff7fffffff,
        0x0101010101010101,
        0x8080808080808080,
        0xff00ff00ff00ff00,
        31,
        32,
        33,
        63,
        64,
        65,
        127,
        128,
    };
    uint64_t v = rng_next(r);
    switch (pick(r, 8)) {
    case 0:
    case 1:
        return PICK_FROM(r, edges);
    case 2:
        return v & 0xff;
    case 3:
        return (uint64_t)(int64_t)(int32_t)v;
    case 4:
        return v >> pick(r, 64);
    case 5:
        return (uint64_t)((int64_t)v >> pick(r, 64));
    default:
        return v;
    }
}

/* A binary floating-point number of any format by its field widths. */
static uint64_t float_value(struct rng *r, unsigned exp_bits, unsigned frac_bits)
{
    uint64_t exp_max = (1ULL << exp_bits) - 1, bias = exp_max >> 1;
    uint64_t frac_mask = (1ULL << frac_bits) - 1, v = rng_next(r);
    uint64_t frac = v & frac_mask, exp = (v >> 52) % (exp_max + 1), sign = v >> 63;

    switch (pick(r, 12)) {
    case 0: /* zero, infinity */
        frac = 0;
        exp = v & 1 ? 0 : exp_max;
        break;
    case 1: /* NaN, quiet or signalling */
        exp = exp_max;
        break;
    case 2: /* denormal */
        exp = 0;
        frac >>= pick(r, frac_bits);
        break;
    case 3: /* largest and smallest */
        exp = v & 1 ? exp_max - 1 : pick(r, 3);
        frac = chance(r, 50) ? frac_mask : frac;
        break;
    case 4: /* few bits set: exact results, ties */
        frac = (frac << pick(r, frac_bits)) & frac_mask;
        exp = bias - 4 + pick(r, 8);
        break;
    case 5: /* around integer limits */
        exp = bias + pick(r, 2) * 32 + pick(r, 35) - 2;
        break;
    case 6:
    case 7: /* close to each other: cancellation */
        exp = bias + pick(r, 3);
        break;
    case 8: /* integers and halves */
        exp = bias + pick(r, frac_bits);
        frac &= ~(frac_mask >> (exp - bias) >> 1);
        break;
    case 9:
        return sign << (exp_bits + frac_bits) | bias << frac_bits; /* one */
    default:                                                       /* anything */
        break;
    }
    if (exp > exp_max)
        exp = exp_max - 1;
    return sign << (exp_bits + frac_bits) | exp << frac_bits | frac;
}

static uint64_t double_value(struct rng *r)
{
    uint64_t v = float_value(r, 11, 52);
    if (chance(r, 30)) /* exactly a single */
        v &= ~0x1fffffffULL;
    if (chance(r, 10)) /* just outside the range of single */
        v = (v & ~PPC_BITS(1, 11)) | (uint64_t)(1023 + (int)pick(r, 8) - (v & 1 ? 152 : -124))
                                         << 52;
    return v;
}

static unsigned __int128 pair(uint64_t high, uint64_t low)
{
    return (unsigned __int128)high << 64 | low;
}

static unsigned __int128 packed_bcd(struct rng *r)
{
    static const uint8_t signs[] = {0xc, 0xd, 0xf, 0xa, 0xb, 0xe, 0x0, 0x5};
    unsigned __int128 v = 0;
    unsigned digits = pick(r, 32);
    for (unsigned i = 0; i < digits; i++)
        v = v << 4 | (chance(r, 30) ? 9 : pick(r, 10));
    v = (v << 4) | PICK_FROM(r, signs);
    if (chance(r, 5)) /* an invalid digit */
        v |= (unsigned __int128)0xf << 4 * (1 + pick(r, 31));
    return v;
}

/* National (16-bit 0x0030+d, sign 0x2b or 0x2d) or zoned (8-bit) decimal, mostly valid. */
static unsigned __int128 spread_bcd(struct rng *r, unsigned width)
{
    unsigned __int128 v = 0;
    unsigned zone = width == 16 ? 0x30 : chance(r, 50) ? 0x30 : 0xf0;
    for (unsigned i = 0; i < 128 / width; i++)
        v = v << width | zone | pick(r, 10);
    if (width == 16)
        v = v >> 16 << 16 | (chance(r, 90) ? 0x2b + 2 * pick(r, 2) : pick(r, 0x40));
    else if (chance(r, 50))
        v ^= (unsigned __int128)(pick(r, 16) << 4);
    return v;
}

static uint64_t decimal_value(struct rng *r)
{
    /* Largest, least, zeros of the extreme exponents and of exponent 0, one, NaNs, infinity. */
    static const uint64_t edges[] = {0x77fcff3fcff3fcff,
                                     1,
                                     0,
                                     0x43fc000000000000,
                                     0x2238000000000000,
                                     0x2238000000000001,
                                     0x7c00000000000001,
                                     0x7e00000000000001,
                                     0x7800000000000000};
    uint64_t v = rng_next(r);
    switch (pick(r, 7)) {
    case 6:
        return PICK_FROM(r, edges) | (v & PPC_BIT(0));
    case 0: /* small coefficient, exponent near zero (bias 398): combination field 01000 */
        return (v & (PPC_BIT(0) | 0x3ff)) | 0x2238ULL << 48 | (v & 0xc) << 46;
    case 1:
        return (v & (PPC_BIT(0) | 0x3ffffff)) | 0x2238ULL << 48;
    case 2: /* infinities and NaNs */
        return (v >> 8) | 0x7800ULL << 48;
    case 3: /* nines */
        return (v & PPC_BIT(0)) | 0x6e38ULL << 48 | 0x3fcff3fcff3fULL;
    default:
        return v;
    }
}

enum flavour {
    ANY_BITS,
    DOUBLES,
    SINGLES,
    QUADS,
    HALVES,
    INTEGERS,
    LANES,
    DECIMALS,
    PACKED,
    SPREAD
};

/* Elements of @bits bits, most of them at the limits of signed and unsigned numbers. */
static unsigned __int128 integer_lanes(struct rng *r, unsigned bits)
{
    const u128 ones = ~(u128)0 >> (128 - bits), top = (u128)1 << (bits - 1);
    u128 v = 0;
    for (unsigned at = 0; at < 128; at += bits) {
        const u128 any = pair(rng_next(r), rng_next(r)), few = pick(r, 130);
        const u128 edges[] = {0, 1, ones, ones - 1, top, top - 1, top + 1, few, -few, any, any};
        v |= (PICK_FROM(r, edges) & ones) << at;
    }
    return v;
}

static unsigned __int128 vsr_value(struct rng *r, enum flavour f)
{
    switch (f) {
    case DOUBLES:
        return pair(double_value(r), double_value(r));
    case SINGLES:
        return pair(float_value(r, 8, 23) << 32 | float_value(r, 8, 23),
                    float_value(r, 8, 23) << 32 | float_value(r, 8, 23));
    case QUADS:
        return pair(float_value(r, 15, 48), chance(r, 30) ? 0 : rng_next(r));
    case HALVES: {
        uint64_t v[2] = {0, 0};
        for (unsigned i = 0; i < 8; i++)
            v[i & 1] = v[i & 1] << 16 | float_value(r, 5, 10);
        return pair(v[0], v[1]);
    }
    case DECIMALS:
        return pair(decimal_value(r), rng_next(r));
    case PACKED:
        return packed_bcd(r);
    case SPREAD:
        return spread_bcd(r, chance(r, 50) ? 8 : 16);
    case INTEGERS:
        return pair(integer_value(r), integer_value(r));
    case LANES:
        return integer_lanes(r, 8u << pick(r, 5));
    case ANY_BITS:
        break;
    }
    return pair(rng_next(r), rng_next(r));
}

static enum flavour choose_flavour(struct rng *r, const struct insn_row *row)
{
    static const enum flavour fp[] = {DOUBLES, DOUBLES, DOUBLES, DOUBLES, INTEGERS, SINGLES};
    static const enum flavour vsx[] = {DOUBLES,  DOUBLES, SINGLES, SINGLES,
                                       INTEGERS, HALVES,  ANY_BITS};
    static const enum flavour vmx[] = {ANY_BITS, LANES, LANES, LANES, INTEGERS, PACKED};
    static const enum flavour bcd[] = {PACKED, PACKED, PACKED, SPREAD, ANY_BITS, INTEGERS};
    const char *m = row->mnemonic;
    size_t len = strlen(m);

    if (row->fac == FAC_FPU)
        return PICK_FROM(r, fp);
    if (starts(m, "denbcd"))
        return chance(r, 80) ? PACKED : DECIMALS;
    if (row->fac == FAC_DFP)
        return chance(r, 80) ? DECIMALS : chance(r, 50) ? PACKED : INTEGERS;
    if (row->fac == FAC_VMX && !strncmp(m, "bcd", 3))
        return PICK_FROM(r, bcd);
    if (row->fac == FAC_VMX && (strstr(m, "fp") || !strncmp(m, "vct", 3) || !strncmp(m, "vrfi", 4)))
        return chance(r, 80) ? SINGLES : INTEGERS;
    if (row->fac == FAC_VMX)
        return PICK_FROM(r, vmx);
    if (len > 2 && (!strcmp(m + len - 2, "qp") || strstr(m, "qp")))
        return chance(r, 70) ? QUADS : chance(r, 60) ? DOUBLES : INTEGERS;
    if (row->fac == FAC_VSX && strstr(m, "dp"))
        return chance(r, 70) ? DOUBLES : PICK_FROM(r, vsx);
    if (row->fac == FAC_VSX && strstr(m, "sp"))
        return chance(r, 70) ? (m[1] == 's' ? DOUBLES : SINGLES) : PICK_FROM(r, vsx);
    return PICK_FROM(r, vsx);
}

/* Sticky bits whose exception is enabled: FEX would be set, and loading the value would trap. */
static uint64_t pending_bits(uint64_t v)
{
    static const struct {
        uint64_t enable, sticky;
    } pairs[] = {{0x80, 0x01f80700},
                 {0x40, 0x10000000},
                 {0x20, 0x08000000},
                 {0x10, 0x04000000},
                 {0x08, 0x02000000}};
    uint64_t pending = 0;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        pending |= v & pairs[i].enable ? pairs[i].sticky : 0;
    return pending;
}

/* Rounding modes, sticky bits and now and then enabled exceptions; never NI. FEX and VX follow. */
static uint64_t fpscr_value(struct rng *r)
{
    uint64_t v = 0, random = rng_next(r);
    if (chance(r, 40))
        v |= random & 3;
    if (chance(r, 30))
        v |= random & 0x1ff80700; /* OX..VXVC, VXSOFT..VXCVI */
    if (chance(r, 12))
        v |= random & 0xf8; /* enables */
    if (chance(r, 50))
        v |= random & 0x7f000; /* FR, FI, FPRF */
    if (chance(r, 30))
        v |= random & 7ULL << 32; /* DRN */
    v &= ~pending_bits(v);
    if (v & 0x1ff80700) /* the oracle sets FX even when the exception bit was set already */
        v |= 0x80000000;
    return v;
}

void value_state(struct rng *r, const struct insn_row *row, struct conf_state *s)
{
    enum flavour flavour = choose_flavour(r, row);
    memset(s, 0, sizeof(*s));
    for (unsigned i = 0; i < 32; i++)
        s->gpr[i] = integer_value(r);
    for (unsigned i = 0; i < 64; i++)
        s->vsr[i] = vsr_value(r, chance(r, 90) ? flavour : ANY_BITS);
    for (unsigned i = 0; i < 64; i++)
        if (chance(r, 10)) /* equal operands, or equal up to the last bits */
            s->vsr[i] = s->vsr[pick(r, 64)] ^ pick(r, 3);
    s->cr = (uint32_t)rng_next(r);
    s->xer = rng_next(r) & 0xe00c007f;
    s->lr = integer_value(r);
    s->ctr = integer_value(r);
    s->tar = integer_value(r);
    s->fpscr = fpscr_value(r);
    s->vscr = pick(r, 2);
    for (unsigned i = 0; i < BUF_SIZE; i += 16) {
        unsigned __int128 v = vsr_value(r, chance(r, 70) ? flavour : ANY_BITS);
        memcpy(s->buf + i, &v, 16);
    }
}

/* ---- edges, pair by pair ---- */

/* Zero, least and largest denormal, least and largest normal, one and its neighbours, 1.5,
 * infinity, quiet and signalling NaNs; the last bit of @i is the sign. */
#define EDGES 26
static u128 float_edge(unsigned exp_bits, unsigned frac_bits, unsigned i)
{
    const u128 unit = (u128)1 << frac_bits, inf = (((u128)1 << exp_bits) - 1) << frac_bits;
    const u128 one = (inf >> 1) & -unit;
    const u128 edges[EDGES / 2] = {
        0,       1,   unit - 1, unit,           inf - 1,        one,           one + 1,
        one - 1, inf, inf + 1,  inf + unit / 2, one + unit / 2, inf + unit - 1};
    return edges[i % EDGES / 2] | (u128)(i & 1) << (exp_bits + frac_bits);
}

/* A register full of edges of one format, the first element being edge @i. */
static u128 edge_vector(struct rng *r, enum flavour f, unsigned i)
{
    static const struct {
        unsigned exp_bits, frac_bits;
    } formats[] = {
        [HALVES] = {5, 10}, [SINGLES] = {8, 23}, [DOUBLES] = {11, 52}, [QUADS] = {15, 112}};
    const unsigned exp_bits = formats[f].exp_bits, frac_bits = formats[f].frac_bits;
    const unsigned width = 1 + exp_bits + frac_bits;
    u128 v = float_edge(exp_bits, frac_bits, i);
    for (unsigned at = width; at < 128; at += width)
        v = v << width | float_edge(exp_bits, frac_bits, pick(r, EDGES));
    if (f == HALVES) /* conversions take the right half of a word or doubleword */
        v = (v & ~((u128)0xffff << 64)) | float_edge(exp_bits, frac_bits, i) << 64;
    return v;
}

/* The binary format of the row's source operands, or ANY_BITS. */
static enum flavour edge_format(const struct insn_row *row)
{
    const char *m = row->mnemonic;
    if (row->fac == FAC_FPU)
        return DOUBLES;
    if (row->fac == FAC_VMX)
        return strstr(m, "fp") ? SINGLES : ANY_BITS;
    if (row->fac != FAC_VSX || m[0] != 'x')
        return ANY_BITS;
    if (starts(m, "xscvdp") || starts(m, "xvcvdp"))
        return DOUBLES;
    if (starts(m, "xscvsp") || starts(m, "xvcvsp"))
        return SINGLES;
    if (starts(m, "xscvhp") || starts(m, "xvcvhp"))
        return HALVES;
    if (strstr(m, "qp"))
        return QUADS;
    if (starts(m, "xv") && strstr(m, "sp"))
        return SINGLES;
    return strstr(m, "dp") || strstr(m, "sp") ? DOUBLES : ANY_BITS;
}

void value_edges(struct rng *r, const struct insn_row *row, const struct insn *in, unsigned turn,
                 struct conf_state *s)
{
    const enum flavour f = edge_format(row);
    const unsigned vr = strstr(row->operands, "VR") ? 32 : 0;
    /* Of two operands the right one may be in RC or RT. */
    const unsigned right = turn / EDGES % EDGES;
    if (f == ANY_BITS)
        return;
    for (unsigned i = 0; i < 64; i++)
        s->vsr[i] = edge_vector(r, f, pick(r, EDGES));
    s->vsr[(vr + in->rc) & 63] = edge_vector(r, f, right);
    s->vsr[(vr + in->rb) & 63] = edge_vector(r, f, right);
    s->vsr[(vr + in->ra) & 63] = edge_vector(r, f, turn % EDGES);
}
