/*
 * Random cases from the instruction table: operand fields, register values that make interesting
 * things happen, addresses inside the buffer.
 */
#include <fnmatch.h>

#include "conformance.h"
#include "pefemu/cpu.h"

uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->s += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

static unsigned pick(struct rng *r, unsigned n)
{
    return (unsigned)(rng_next(r) >> 33) % n;
}

static bool chance(struct rng *r, unsigned percent)
{
    return pick(r, 100) < percent;
}

#define PICK_FROM(r, array) ((array)[pick(r, ARRAY_SIZE(array))])

/* ---- scope ---- */

bool gen_in_scope(unsigned id)
{
    /* dst and dss are hints that the ISA phased out; copy and paste need an accelerator. */
    static const char *const skipped[] = {"copy", "paste.", "dst*", "dss*", "icbt", "dcbz?"};
    const struct insn_row *row = &insn_table[id];
    if (row->priv != PRIV_USER || row->fac == FAC_SYS || !strcmp(row->isa, "V3_1"))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
        if (!fnmatch(skipped[i], row->mnemonic, 0))
            return false;
    return true;
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
    uint64_t v = rng_next(r);
    switch (pick(r, 6)) {
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

enum flavour { ANY_BITS, DOUBLES, SINGLES, QUADS, HALVES, INTEGERS, DECIMALS, PACKED, SPREAD };

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
    default:
        return pair(rng_next(r), rng_next(r));
    }
}

static bool starts(const char *s, const char *prefix);

static enum flavour choose_flavour(struct rng *r, const struct insn_row *row)
{
    static const enum flavour fp[] = {DOUBLES, DOUBLES, DOUBLES, DOUBLES, INTEGERS, SINGLES};
    static const enum flavour vsx[] = {DOUBLES,  DOUBLES, SINGLES, SINGLES,
                                       INTEGERS, HALVES,  ANY_BITS};
    static const enum flavour vmx[] = {ANY_BITS, ANY_BITS, INTEGERS, INTEGERS, PACKED};
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

static void random_state(struct rng *r, const struct insn_row *row, struct conf_state *s)
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

/* ---- operand fields ---- */

static void set_field(uint32_t *word, unsigned hi, unsigned lo, uint32_t v)
{
    uint32_t mask = ((2u << (lo - hi)) - 1) << (31 - lo);
    *word = (*word & ~mask) | (v << (31 - lo) & mask);
}

static bool has_operand(const struct insn_row *row, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = row->operands; (p = strstr(p, name)); p += len)
        if ((p == row->operands || p[-1] == ',') && (!p[len] || p[len] == ','))
            return true;
    return false;
}

static bool starts(const char *s, const char *prefix)
{
    return !strncmp(s, prefix, strlen(prefix));
}

/* Loads, stores and cache management, by the shape of their operands. */
static bool is_memory(const struct insn_row *row)
{
    if (strstr(row->operands, "(RA)"))
        return true;
    if (!strcmp(row->form, "X") || !strcmp(row->form, "XX1")) {
        const char *m = row->mnemonic;
        return (strstr(row->operands, "RA0") || strstr(row->operands, "RA,RB")) &&
               (starts(m, "l") || starts(m, "st") || starts(m, "dcb") || starts(m, "icb"));
    }
    return false;
}

/* Bytes to which the address must be aligned lest the instruction fault or be undefined; other
 * accesses go anywhere. */
static unsigned alignment(struct rng *r, const struct insn_row *row)
{
    static const struct {
        const char *pattern;
        unsigned align;
    } needs[] = {
        {"lharx", 2},  {"sthcx.", 2},  {"lwarx", 4}, {"stwcx.", 4}, {"ldarx", 8}, {"stdcx.", 8},
        {"lqarx", 16}, {"stqcx.", 16}, {"lq", 16},   {"stq", 16},   {"lwat", 64}, {"stwat", 64},
        {"ldat", 64},  {"stdat", 64},  {"lmw", 4},   {"stmw", 4},
    };
    for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
        if (!fnmatch(needs[i].pattern, row->mnemonic, 0))
            return needs[i].align;
    return chance(r, 40) ? 16 : 1;
}

/* Points the effective address into the buffer. False: the drawn registers do not allow it. */
static bool aim_address(struct rng *r, const struct insn_row *row, struct insn *in,
                        struct conf_state *s)
{
    unsigned align = alignment(r, row);
    uint64_t ea = BUF_BASE + 128 + pick(r, 256);
    bool update = strstr(row->operands, "U(RA)") ||
                  (!strcmp(row->form, "X") && has_operand(row, "RA") && has_operand(row, "RB"));
    bool indexed = has_operand(row, "RB");
    bool vsx_length = !fnmatch("*xvl*", row->mnemonic, 0);

    ea &= ~(uint64_t)(align - 1);
    if (align == 64) /* the neighbours that bounded operations look at lie in the same block */
        ea += 16;
    if (update && (!in->ra || (row->fac == FAC_LSU && in->ra == in->rt && row->mnemonic[0] == 'l')))
        return false;
    if (vsx_length) {
        if (in->ra == in->rb)
            return false;
        s->gpr[in->rb] =
            (uint64_t)(chance(r, 80) ? pick(r, 18) : pick(r, 256)) << 56 | (rng_next(r) & 0xffff);
        if (!in->ra)
            return false;
        s->gpr[in->ra] = ea;
        return true;
    }
    if (!indexed) { /* lswi has no RB, and no displacement */
        if (!in->ra)
            return false;
        s->gpr[in->ra] = ea - (strchr(row->operands, '(') ? (uint64_t)in->imm : 0);
        return true;
    }
    if (!in->ra) {
        s->gpr[in->rb] = ea;
    } else if (in->ra == in->rb) {
        if (ea & 1)
            return false;
        s->gpr[in->ra] = ea / 2;
    } else {
        s->gpr[in->ra] = chance(r, 50) ? ea - 64 + pick(r, 128) : rng_next(r);
        s->gpr[in->rb] = ea - s->gpr[in->ra];
    }
    return true;
}

/* BO values that are not reserved. */
static unsigned random_bo(struct rng *r)
{
    static const uint8_t bo[] = {0,  1,  2,  3,  4,  6,  7,  8,  9,  10, 11,
                                 12, 14, 15, 16, 18, 20, 24, 25, 26, 27};
    return PICK_FROM(r, bo);
}

static uint64_t code_address(struct rng *r)
{
    return CODE_BASE + 0x100 + (pick(r, 0x1f00) & ~3u);
}

static void fix_branch(struct rng *r, const struct insn_row *row, uint32_t *word,
                       struct conf_state *s)
{
    static const uint8_t bo_ctr[] = {4, 6, 7, 12, 14, 15, 20}; /* bcctr must not decrement CTR */
    bool to_ctr = starts(row->mnemonic, "bcctr");
    if (!strcmp(row->form, "I")) {
        uint32_t li =
            *word & 2 ? (uint32_t)code_address(r) : (uint32_t)(code_address(r) - SLOT) & 0x03fffffc;
        *word = (*word & 0xfc000003) | li;
        return;
    }
    set_field(word, 6, 10, to_ctr ? PICK_FROM(r, bo_ctr) : random_bo(r));
    if (!strcmp(row->form, "B"))
        set_field(word, 16, 29,
                  *word & 2 ? 0x1000 + pick(r, 0xf00) : ((uint32_t)code_address(r) - SLOT) >> 2);
    s->lr = code_address(r) | pick(r, 4);
    s->tar = code_address(r) | pick(r, 4);
    if (to_ctr)
        s->ctr = code_address(r) | pick(r, 4);
    else
        s->ctr = chance(r, 40) ? pick(r, 3) : s->ctr;
}

/* Register pairs: odd numbers are invalid forms. */
static void fix_pairs(const struct insn_row *row, uint32_t *word)
{
    if (has_operand(row, "FRTp") || has_operand(row, "RTp") || has_operand(row, "RSp"))
        set_field(word, 10, 10, 0);
    if (has_operand(row, "FRAp"))
        set_field(word, 15, 15, 0);
    if (has_operand(row, "FRBp"))
        set_field(word, 20, 20, 0);
}

static bool is_valid_form(const struct insn_row *row, const struct insn *in,
                          const struct conf_state *s)
{
    const char *m = row->mnemonic;
    unsigned n = in->rb ? in->rb : 32;
    if (!strcmp(m, "lq") || !strcmp(m, "lqarx"))
        return in->ra != in->rt && (strcmp(m, "lqarx") || in->rb != in->rt);
    if (!strcmp(m, "lmw"))
        return in->ra < in->rt;
    if (!strcmp(m, "lswx"))
        n = s->xer & 0x7f;
    if (!strcmp(m, "lswi") || !strcmp(m, "lswx")) /* loads neither RA nor RB */
        return (in->ra - in->rt) % 32u >= (n + 3) / 4 &&
               (m[3] == 'i' ||
                ((in->rb - in->rt) % 32u >= (n + 3) / 4 && in->rb != in->rt && in->ra != in->rt));
    if (starts(m, "dcbf")) /* L=2 is reserved */
        return WORD_BITS(in->word, 9, 10) != 2;
    return true;
}

/* Bytes of the element that a vector extract or insert moves, by the letter in its name. */
static unsigned element_size(const struct insn_row *row)
{
    const char *m = row->mnemonic + strcspn(row->mnemonic + 1, "rt") + 1;
    return strchr(m, 'd') ? 8 : strchr(m, 'w') ? 4 : strchr(m, 'h') ? 2 : 1;
}

/* A one-hot FXM, CY=0: other values are undefined or reserved. */
static void fix_small_fields(struct rng *r, const struct insn_row *row, uint32_t *word)
{
    if (!strcmp(row->mnemonic, "addex"))
        set_field(word, 21, 22, 0);
    if (!strcmp(row->mnemonic, "isel")) /* reserved */
        set_field(word, 31, 31, 0);
    /* Elements that stick out of the register are undefined. */
    if (!fnmatch("v*[ei][xn][ts]*[bhwd]", row->mnemonic, 0) && strstr(row->operands, "UIM"))
        set_field(word, 12, 15, pick(r, 17 - element_size(row)));
    if (strstr(row->operands, "UIM@12-15") && row->fac == FAC_VSX)
        set_field(word, 12, 15, pick(r, 13));
    if (!strcmp(row->mnemonic, "mfocrf") || !strcmp(row->mnemonic, "mtocrf"))
        set_field(word, 12, 19, 1u << pick(r, 8));
}

/* Atomic memory operations: the function codes of Book II 4.5, and a whole group of registers. */
static bool fix_atomic(struct rng *r, const struct insn_row *row, uint32_t *word)
{
    static const uint8_t load_fc[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 24, 25, 28};
    static const uint8_t store_fc[] = {0, 1, 2, 3, 4, 5, 6, 7, 24};
    if (fnmatch("l[wd]at", row->mnemonic, 0) && fnmatch("st[wd]at", row->mnemonic, 0))
        return true;
    if (row->mnemonic[0] == 's')
        set_field(word, 16, 20, PICK_FROM(r, store_fc));
    else
        set_field(word, 16, 20, PICK_FROM(r, load_fc));
    /* RT..RT+2 must not wrap or meet RA. */
    return WORD_BITS(*word, 6, 10) < 29 && WORD_BITS(*word, 11, 15) - WORD_BITS(*word, 6, 10) > 2u;
}

/* Half of the conditional stores follow a load-and-reserve of the same bytes. */
static void add_reservation(struct rng *r, const struct insn_row *row, const struct insn *in,
                            struct conf_case *c)
{
    static const struct {
        const char *store;
        uint32_t load;
    } pairs[] = {{"stbcx.", 0x7c000068},
                 {"sthcx.", 0x7c0000e8},
                 {"stwcx.", 0x7c000028},
                 {"stdcx.", 0x7c0000a8},
                 {"stqcx.", 0x7c000228}};
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        unsigned rt = (in->ra + 2) & 30;
        if (strcmp(pairs[i].store, row->mnemonic) || chance(r, 50))
            continue;
        while (rt == (in->ra & 30u) || rt == (in->rb & 30u))
            rt = (rt + 2) & 30;
        c->words[0] = pairs[i].load | rt << 21 | (uint32_t)in->ra << 16 | (uint32_t)in->rb << 11;
        c->single = 0;
    }
}

/* Exceptions that must stay disabled because the oracle raises them wrongly or ISA and oracle
 * differ: denormal minima as underflows, inexact estimates, single results out of a double's range,
 * underflows in one element next to overflows in another. */
static uint64_t untrusted_enables(const struct insn_row *row)
{
    static const struct {
        const char *pattern;
        uint64_t enables;
    } list[] = {{"x[sv]m[ai][xn]*", 0xf8},
                {"*rsqrte*", 0xf8},
                {"x[sv]re*", 0xf8},
                {"fre*", 0xf8},
                {"d*", 0xf8},
                {"xs*sp", 0x60},
                {"xvcvdpsp", 0x60},
                {"xv*", 0x20}};
    uint64_t enables = 0;
    for (size_t i = 0; i < ARRAY_SIZE(list); i++)
        if (!fnmatch(list[i].pattern, row->mnemonic, 0))
            enables |= list[i].enables;
    return enables;
}

bool gen_case(struct rng *r, unsigned id, struct conf_case *c)
{
    const struct insn_row *row = &insn_table[id];
    uint32_t word = row->match | ((uint32_t)rng_next(r) & ~row->mask & ~row->reserved);
    struct insn in;

    memset(c, 0, sizeof(*c));
    random_state(r, row, &c->in);
    fix_pairs(row, &word);
    fix_small_fields(r, row, &word);
    if (!fix_atomic(r, row, &word))
        return false;
    if (!fnmatch("vextu[bhw][lr]x", row->mnemonic, 0))
        c->in.gpr[WORD_BITS(word, 11, 15)] = pick(r, 17 - element_size(row));
    if (strstr(row->operands, "R@15,")) { /* reserved bits, and values of RMC with R=0 */
        set_field(&word, 11, 14, 0);
        if (row->fac == FAC_VSX && !(word & 0x10000))
            set_field(&word, 21, 22, chance(r, 50) ? 0 : 3);
    }
    if (starts(row->mnemonic, "xsrqp")) /* with RMC=3 the oracle mixes up two rounding modes */
        c->in.fpscr &= ~1ULL;
    c->in.fpscr &= ~untrusted_enables(row);
    if (row->fac == FAC_BRU)
        fix_branch(r, row, &word, &c->in);
    insn_decode(&in, word);
    if (in.id != id || !is_valid_form(row, &in, &c->in))
        return false;
    c->words[0] = CONF_NOP;
    c->words[1] = word;
    c->single = 1;
    c->row = id;
    if (is_memory(row)) {
        if (!aim_address(r, row, &in, &c->in))
            return false;
        add_reservation(r, row, &in, c);
    }
    return true;
}
