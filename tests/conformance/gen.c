/*
 * Random cases from the instruction table: operand fields and addresses inside the buffer. What the
 * registers hold: values.c.
 */
#include <fnmatch.h>

#include "conformance.h"
#include "pefemu/cpu.h"

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

    if (chance(r, 20)) /* across the page boundary in the middle, if the alignment lets it */
        ea = BUF_BASE + BUF_SIZE / 2 - 1 - pick(r, 31);
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

bool gen_case(struct rng *r, unsigned id, unsigned turn, struct conf_case *c)
{
    const struct insn_row *row = &insn_table[id];
    uint32_t word = row->match | ((uint32_t)rng_next(r) & ~row->mask & ~row->reserved);
    struct insn in;

    memset(c, 0, sizeof(*c));
    value_state(r, row, &c->in);
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
    if (turn & 1)
        value_edges(r, row, &in, turn / 2, &c->in);
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
