/*
 * Instruction words as text, from the operands column of insn.def.
 *
 * The text is what binutils prints with -M power9,raw: no extended mnemonics, every operand shown.
 * Like binutils, what no assembler makes is shown as data, although POWER9 executes it.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pefemu/insn.h"

struct text {
    char *buf;
    size_t size, len;
};

static void __attribute__((format(printf, 2, 3))) emit(struct text *t, const char *fmt, ...)
{
    va_list ap;
    if (t->len >= t->size)
        return;
    va_start(ap, fmt);
    int n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->len += (size_t)n;
}

static void emit_crb(struct text *t, unsigned bi)
{
    static const char *const name[] = {"lt", "gt", "eq", "so"};
    if (bi >> 2)
        emit(t, "4*cr%u+", bi >> 2);
    emit(t, "%s", name[bi & 3]);
}

/* Base registers read as zero when the field is zero; update forms have no such case. */
static void emit_base(struct text *t, unsigned ra, bool update)
{
    if (ra || update)
        emit(t, "r%u", ra);
    else
        emit(t, "0");
}

static void emit_branch_target(struct text *t, const struct insn *in, ea_t ea)
{
    if (in->word & 2) /* AA */
        emit(t, "0x%" PRIx32, (uint32_t)in->imm);
    else
        emit(t, "0x%" PRIx64, ea + (uint64_t)in->imm);
}

/* hashst and its kin: a negative multiple of 8 made of DX and D. */
static int hash_displacement(uint32_t word)
{
    return (int)(WORD_BITS(word, 31, 31) << 8 | WORD_BITS(word, 6, 10) << 3) - 512;
}

static int sign5(unsigned v)
{
    return (int)(v ^ 16) - 16;
}

/* Kinds of named operands, see operand_table. */
enum kind {
    REG,  /* prefix and the number in bits hi:lo */
    PAIR, /* the same, an even-odd pair named by its even register */
    NB,   /* byte count, 0 means 32 */
    CRB,  /* CR bit in hi:lo */
    BASE, /* RA or 0 */
    DISP, /* insn.imm(RA) */
    HASH_DISP,
    IMM,      /* insn.imm as it is, signed */
    IMM_HIGH, /* the high part of insn.imm */
    SIGN5,    /* signed number in hi:lo */
    TARGET,   /* branch */
    SHIFT6,
    MASK6,
    DCMX7,
    VSX_T,
    VSX_A,
    VSX_B,
    VSX_C,
};

static const struct operand {
    const char *name;
    enum kind kind;
    const char *prefix;
    uint8_t hi, lo;
} operand_table[] = {
    {"RT", REG, "r", 6, 10},     {"RS", REG, "r", 6, 10},      {"RA", REG, "r", 11, 15},
    {"RB", REG, "r", 16, 20},    {"RC", REG, "r", 21, 25},     {"RTp", REG, "r", 6, 10},
    {"RSp", REG, "r", 6, 10},    {"RA0", BASE, "", 11, 15},    {"FRT", REG, "f", 6, 10},
    {"FRS", REG, "f", 6, 10},    {"FRA", REG, "f", 11, 15},    {"FRB", REG, "f", 16, 20},
    {"FRC", REG, "f", 21, 25},   {"FRTp", PAIR, "f", 6, 10},   {"FRAp", PAIR, "f", 11, 15},
    {"FRBp", PAIR, "f", 16, 20}, {"VRT", REG, "v", 6, 10},     {"VRS", REG, "v", 6, 10},
    {"VRA", REG, "v", 11, 15},   {"VRB", REG, "v", 16, 20},    {"VRC", REG, "v", 21, 25},
    {"XT", VSX_T, "vs", 0, 0},   {"XS", VSX_T, "vs", 0, 0},    {"XA", VSX_A, "vs", 0, 0},
    {"XB", VSX_B, "vs", 0, 0},   {"XC", VSX_C, "vs", 0, 0},    {"BF", REG, "cr", 6, 8},
    {"BFA", REG, "cr", 11, 13},  {"BT", CRB, "", 6, 10},       {"BA", CRB, "", 11, 15},
    {"BB", CRB, "", 16, 20},     {"BC", CRB, "", 21, 25},      {"BI", CRB, "", 11, 15},
    {"BO", REG, "", 6, 10},      {"BD", TARGET, "", 0, 0},     {"LI", TARGET, "", 0, 0},
    {"D(RA)", DISP, "", 0, 0},   {"DS(RA)", DISP, "", 0, 0},   {"DQ(RA)", DISP, "", 0, 0},
    {"DU(RA)", DISP, "r", 0, 0}, {"DSU(RA)", DISP, "r", 0, 0}, {"DH(RA)", HASH_DISP, "", 0, 0},
    {"SI", IMM, "", 0, 0},       {"UI", IMM, "", 0, 0},        {"SPR", IMM, "", 0, 0},
    {"SIH", IMM_HIGH, "", 0, 0}, {"UIH", IMM_HIGH, "", 0, 0},  {"DX", IMM_HIGH, "", 0, 0},
    {"SIM", SIGN5, "", 11, 15},  {"TE", SIGN5, "", 11, 15},    {"SI5", SIGN5, "", 16, 20},
    {"SH6", SHIFT6, "", 0, 0},   {"MB6", MASK6, "", 0, 0},     {"ME6", MASK6, "", 0, 0},
    {"DCMX7", DCMX7, "", 0, 0},  {"NB", NB, "", 16, 20},
};

static const struct operand *find_operand(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(operand_table); i++)
        if (!strncmp(operand_table[i].name, name, len) && !operand_table[i].name[len])
            return &operand_table[i];
    return NULL;
}

static void emit_named(struct text *t, const struct operand *o, const struct insn *in, ea_t ea)
{
    uint32_t word = in->word;
    unsigned field = WORD_BITS(word, o->hi, o->lo);
    switch (o->kind) {
    case REG:
        emit(t, "%s%u", o->prefix, field);
        break;
    case PAIR:
        emit(t, "%s%u", o->prefix, field & ~1u);
        break;
    case NB:
        emit(t, "%u", field ? field : 32);
        break;
    case CRB:
        emit_crb(t, field);
        break;
    case BASE:
        emit_base(t, field, false);
        break;
    case DISP:
        emit(t, "%" PRId64 "(", in->imm);
        emit_base(t, in->ra, o->prefix[0]);
        emit(t, ")");
        break;
    case HASH_DISP:
        emit(t, "%d(", hash_displacement(word));
        emit_base(t, in->ra, false);
        emit(t, ")");
        break;
    case IMM:
        emit(t, "%" PRId64, in->imm);
        break;
    case IMM_HIGH:
        emit(t, "%" PRId64, in->imm >> 16);
        break;
    case SIGN5:
        emit(t, "%d", sign5(field));
        break;
    case TARGET:
        emit_branch_target(t, in, ea);
        break;
    case SHIFT6:
        emit(t, "%u", in->sh);
        break;
    case MASK6:
        emit(t, "%u", WORD_BITS(word, 21, 25) | WORD_BITS(word, 26, 26) << 5);
        break;
    case DCMX7:
        emit(t, "%u",
             WORD_BITS(word, 25, 25) << 6 | WORD_BITS(word, 29, 29) << 5 | WORD_BITS(word, 11, 15));
        break;
    case VSX_T:
        emit(t, "vs%u", in->rt);
        break;
    case VSX_A:
        emit(t, "vs%u", in->ra);
        break;
    case VSX_B:
        emit(t, "vs%u", in->rb);
        break;
    case VSX_C:
        emit(t, "vs%u", in->rc);
        break;
    }
}

/* NAME@hi-lo or NAME@bit: an unsigned number in those bits. */
static void emit_field(struct text *t, const char *bits, uint32_t word)
{
    char *end;
    unsigned hi = strtoul(bits, &end, 10);
    unsigned lo = *end == '-' ? strtoul(end + 1, NULL, 10) : hi;
    emit(t, "%u", WORD_BITS(word, hi, lo));
}

static void emit_operand(struct text *t, const char *spec, size_t len, const struct insn *in,
                         ea_t ea)
{
    const char *at = memchr(spec, '@', len);
    const struct operand *o = at ? NULL : find_operand(spec, len);
    if (spec[0] == '=')
        emit(t, "%.*s", (int)len - 1, spec + 1);
    else if (at)
        emit_field(t, at + 1, in->word);
    else if (o)
        emit_named(t, o, in, ea);
    else
        emit(t, "?%.*s", (int)len, spec); /* caught by the unit test of the table */
}

/* Bits of BO that the ISA prints as z are zero, and the hint "at" is not 01. */
static bool is_canonical_bo(unsigned bo)
{
    switch (bo & 0x14) {
    case 0x00:
        return !(bo & 1);
    case 0x04:
        return (bo & 3) != 1;
    case 0x10:
        return (bo & 9) != 1;
    default:
        return bo == 0x14;
    }
}

/* Update forms need a base register, and one that the load does not overwrite. */
static bool is_update(const struct insn_row *row)
{
    bool storage = row->fac == FAC_LSU || row->fac == FAC_FPU;
    return strstr(row->operands, "U(RA)") || (storage && strstr(row->operands, ",RA,RB"));
}

/* Invalid forms of the ISA that assemblers refuse: values of fields, or registers that collide. */
static bool is_valid_form(const struct insn *in)
{
    const struct insn_row *row = &insn_table[in->id];
    unsigned fxm = WORD_BITS(in->word, 12, 19);

    switch (in->id) {
    case INSN_DST:
    case INSN_DSTT:
    case INSN_DSTST:
    case INSN_DSTSTT:
        return true; /* no update */
    case INSN_LMW:
        return in->ra < in->rt;
    case INSN_LQ:
    case INSN_LSWI: /* binutils does not look at the registers after RT */
        return in->ra != in->rt;
    case INSN_LQARX:
    case INSN_LSWX:
        return in->ra != in->rt && in->rb != in->rt;
    case INSN_MFOCRF:
    case INSN_MTOCRF:
        return fxm && !(fxm & (fxm - 1));
    case INSN_DCBF:
        return WORD_BITS(in->word, 9, 10) != 2;
    case INSN_SYNC:
        return WORD_BITS(in->word, 9, 10) != 3;
    default:
        if (is_update(row))
            return in->ra && (strncmp(row->operands, "RT,", 3) || in->ra != in->rt);
        return strncmp(row->operands, "BO,", 3) || is_canonical_bo(in->rt);
    }
}

bool insn_is_canonical(const struct insn *in)
{
    return in->id != INSN_ILLEGAL && !(in->word & insn_table[in->id].reserved) && is_valid_form(in);
}

void insn_disas(char *buf, size_t size, uint32_t word, ea_t ea)
{
    struct text t = {buf, size, 0};
    struct insn in;

    if (!size)
        return;
    buf[0] = '\0';
    insn_decode(&in, word);
    if (!insn_is_canonical(&in)) {
        emit(&t, ".long 0x%" PRIx32, word);
        return;
    }
    const struct insn_row *row = &insn_table[in.id];
    emit(&t, "%s", row->mnemonic);
    for (const char *spec = row->operands; *spec;) {
        size_t len = strcspn(spec, ",");
        emit(&t, spec == row->operands ? "\t" : ",");
        emit_operand(&t, spec, len, &in, ea);
        spec += len + (spec[len] == ',');
    }
}
