/*
 * From an instruction word to its row and operands, driven by insn.def.
 *
 * Rows are found through an index over the primary opcode and those of the bits 21:31 that tell
 * rows of that opcode apart. A bucket lists its candidate rows, the one with most mask bits first.
 */
#include "pefemu/cpu.h"

#include <stdlib.h>

#define INSN(id, handler, ...) trap_t handler(struct cpu *cpu, const struct insn *in);
#include "pefemu/insn.def"
#undef INSN

const struct insn_row insn_table[INSN_COUNT] = {
    [INSN_ILLEGAL] = {".long", "", "", 0, 0xffffffff, op_unimplemented, FAC_FXU, PRIV_USER, "", 0},
#define INSN(id, handler, mnemonic, form, operands, match, mask, fac, priv, isa, reserved)         \
    [INSN_##id] = {mnemonic, #form,     operands,    match, mask,                                  \
                   handler,  FAC_##fac, PRIV_##priv, #isa,  reserved},
#include "pefemu/insn.def"
#undef INSN
};

enum form {
    FORM_I,
    FORM_B,
    FORM_SC,
    FORM_D,
    FORM_DS,
    FORM_DQ,
    FORM_DX,
    FORM_X,
    FORM_XL,
    FORM_XFX,
    FORM_XFL,
    FORM_XX1,
    FORM_XX2,
    FORM_XX3,
    FORM_XX4,
    FORM_XS,
    FORM_XO,
    FORM_A,
    FORM_M,
    FORM_MD,
    FORM_MDS,
    FORM_VA,
    FORM_VC,
    FORM_VX,
    FORM_Z22,
    FORM_Z23,
};

static const uint8_t row_form[INSN_COUNT] = {
    [INSN_ILLEGAL] = FORM_X,
#define INSN(id, handler, mnemonic, form, ...) [INSN_##id] = FORM_##form,
#include "pefemu/insn.def"
#undef INSN
};

/* ---- the index ---- */

#define OPCODES   64
#define XO_MASK   0x7ffu /* bits 21:31 */
#define POOL_SIZE 24576
#define BUCKETS   16384

/* Written once, before main(), and constant from then on. */
static struct {
    uint16_t xo_mask[OPCODES]; /* the bits of 21:31 that matter to this opcode */
    uint16_t base[OPCODES];    /* its first bucket */
    uint16_t bucket[BUCKETS];  /* position of the bucket's list in pool[] */
    uint16_t pool[POOL_SIZE];  /* lists of row numbers, each ended by INSN_ILLEGAL */
} decode_index;

static bool row_before(unsigned a, unsigned b)
{
    int bits_a = __builtin_popcount(insn_table[a].mask);
    int bits_b = __builtin_popcount(insn_table[b].mask);
    return bits_a != bits_b ? bits_a > bits_b : a < b;
}

/* Appends the list of rows that words of @opcode with the low bits @xo can be. */
static unsigned fill_bucket(const uint16_t *rows, unsigned nrows, unsigned xo, unsigned pool_used)
{
    unsigned start = pool_used;
    uint16_t *pool = decode_index.pool;
    for (unsigned r = 0; r < nrows; r++) {
        const struct insn_row *row = &insn_table[rows[r]];
        if ((row->match ^ xo) & row->mask & XO_MASK)
            continue;
        unsigned at = pool_used++;
        for (; at > start && row_before(rows[r], pool[at - 1]); at--)
            pool[at] = pool[at - 1];
        pool[at] = rows[r];
    }
    pool[pool_used++] = INSN_ILLEGAL;
    return pool_used;
}

static void __attribute__((constructor)) build_index(void)
{
    unsigned pool_used = 0, bucket = 0;
    for (unsigned opcode = 0; opcode < OPCODES; opcode++) {
        uint16_t rows[INSN_COUNT];
        unsigned nrows = 0, mask = 0;
        for (unsigned r = 1; r < INSN_COUNT; r++) {
            if (insn_table[r].match >> 26 == opcode) {
                rows[nrows++] = r;
                mask |= insn_table[r].mask & XO_MASK;
            }
        }
        decode_index.xo_mask[opcode] = mask;
        decode_index.base[opcode] = bucket;
        for (unsigned xo = 0; xo <= mask; xo++) {
            if (bucket + xo >= BUCKETS || pool_used + nrows + 1 > POOL_SIZE)
                abort(); /* the table outgrew the sizes above */
            decode_index.bucket[bucket + xo] = pool_used;
            pool_used = fill_bucket(rows, nrows, xo, pool_used);
        }
        bucket += mask + 1;
    }
}

static unsigned find_row(uint32_t word)
{
    unsigned opcode = word >> 26;
    unsigned bucket = decode_index.base[opcode] + (word & decode_index.xo_mask[opcode]);
    const uint16_t *list = &decode_index.pool[decode_index.bucket[bucket]];
    for (; *list != INSN_ILLEGAL; list++)
        if ((word & insn_table[*list].mask) == insn_table[*list].match)
            return *list;
    return INSN_ILLEGAL;
}

/* ---- operands ---- */

static int64_t sign_extend(uint64_t v, unsigned bits)
{
    return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

/* MASK(mstart, mstop) of Book I 3.3.14: wraps around when mstart > mstop. */
static uint64_t rotate_mask(unsigned mstart, unsigned mstop)
{
    uint64_t from = ~0ULL >> mstart, to = ~0ULL << (63 - mstop);
    return mstart <= mstop ? from & to : from | to;
}

static int64_t d_immediate(uint32_t word)
{
    uint16_t low = word;
    switch (word >> 26) {
    case 10: /* cmpli */
    case 24: /* ori, xori, andi. */
    case 26:
    case 28:
        return low;
    case 25: /* oris, xoris, andis. */
    case 27:
    case 29:
        return (int64_t)low << 16;
    case 15: /* addis */
        return (int64_t)(int16_t)low * 65536;
    default:
        return (int16_t)low;
    }
}

static int64_t dx_immediate(uint32_t word)
{
    unsigned d = WORD_BITS(word, 16, 25) << 6 | WORD_BITS(word, 11, 15) << 1 | (word & 1);
    return (int64_t)(int16_t)d * 65536;
}

static uint64_t md_mask(uint32_t word, unsigned sh)
{
    unsigned mb = WORD_BITS(word, 21, 25) | WORD_BITS(word, 26, 26) << 5;
    switch (WORD_BITS(word, 27, 29)) {
    case 0: /* rldicl */
        return rotate_mask(mb, 63);
    case 1: /* rldicr */
        return rotate_mask(0, mb);
    case 2: /* rldic */
    case 3: /* rldimi */
        return rotate_mask(mb, 63 - sh);
    default: /* rldcl, rldcr: bit 30 is part of the opcode */
        return word & 2 ? rotate_mask(0, mb) : rotate_mask(mb, 63);
    }
}

static void decode_vsx(struct insn *in, uint32_t word, enum form form)
{
    if (form == FORM_XX4)
        in->rc |= WORD_BITS(word, 28, 28) << 5;
    if (form == FORM_XX3 || form == FORM_XX4)
        in->ra |= WORD_BITS(word, 29, 29) << 5;
    if (form != FORM_XX1)
        in->rb |= WORD_BITS(word, 30, 30) << 5;
    in->rt |= WORD_BITS(word, 31, 31) << 5;
}

static unsigned swapped_spr(uint32_t word)
{
    return WORD_BITS(word, 16, 20) << 5 | WORD_BITS(word, 11, 15);
}

static void decode_operands(struct insn *in, uint32_t word)
{
    enum form form = row_form[in->id];

    switch (form) {
    case FORM_I:
        in->imm = sign_extend(word & 0x03fffffc, 26);
        break;
    case FORM_B:
        in->imm = (int16_t)(word & 0xfffc);
        break;
    case FORM_D:
        in->imm = d_immediate(word);
        break;
    case FORM_DS:
        in->imm = (int16_t)(word & 0xfffc);
        if (insn_table[in->id].fac == FAC_VSX) /* lxsd, lxssp, stxsd, stxssp name a VR */
            in->rt |= 32;
        break;
    case FORM_DQ:
        in->imm = (int16_t)(word & 0xfff0);
        if (insn_table[in->id].fac == FAC_VSX)
            in->rt |= WORD_BITS(word, 28, 28) << 5;
        break;
    case FORM_DX:
        in->imm = dx_immediate(word);
        break;
    case FORM_XFX:
        in->imm = swapped_spr(word);
        break;
    case FORM_X: /* srawi */
        in->sh = in->rb;
        break;
    case FORM_XS:
        in->sh = in->rb | WORD_BITS(word, 30, 30) << 5;
        break;
    case FORM_M:
        in->sh = in->rb;
        in->imm = (int64_t)rotate_mask(in->rc + 32, WORD_BITS(word, 26, 30) + 32);
        break;
    case FORM_MD:
        in->sh = in->rb | WORD_BITS(word, 30, 30) << 5;
        in->imm = (int64_t)md_mask(word, in->sh);
        break;
    case FORM_MDS:
        in->imm = (int64_t)md_mask(word, 0);
        break;
    case FORM_XX1:
    case FORM_XX2:
    case FORM_XX3:
    case FORM_XX4:
        decode_vsx(in, word, form);
        break;
    default:
        break;
    }
}

void insn_decode(struct insn *in, uint32_t word)
{
    in->word = word;
    in->id = find_row(word);
    word &= ~insn_table[in->id].reserved; /* VSX numbers reach into bits 29:31 */
    in->imm = 0;
    in->rt = WORD_BITS(word, 6, 10);
    in->ra = WORD_BITS(word, 11, 15);
    in->rb = WORD_BITS(word, 16, 20);
    in->rc = WORD_BITS(word, 21, 25);
    in->sh = 0;
    in->spare = 0;
    decode_operands(in, word);
}

/* ---- facility ---- */

/* VSRs 0..31 overlay the FPRs, 32..63 the VRs: which MSR bit a VSX instruction needs follows the
 * register it names where the ISA says so (Book I 7.6); all other rows need MSR[VSX]. */
static uint64_t vsx_facility_need(const struct insn *in)
{
    switch (in->id) {
    case INSN_LXSD:
    case INSN_LXSSP:
    case INSN_STXSD:
    case INSN_STXSSP:
        return MSR_VEC;
    case INSN_MFVSRD:
    case INSN_MFVSRWZ:
    case INSN_MTVSRD:
    case INSN_MTVSRWA:
    case INSN_MTVSRWZ:
        return in->rt < 32 ? MSR_FP : MSR_VEC;
    case INSN_LXV:
    case INSN_LXVX:
    case INSN_LXVB16X:
    case INSN_LXVH8X:
    case INSN_LXVWSX:
    case INSN_LXVL:
    case INSN_LXVLL:
    case INSN_LXSIBZX:
    case INSN_LXSIHZX:
    case INSN_STXV:
    case INSN_STXVX:
    case INSN_STXVB16X:
    case INSN_STXVH8X:
    case INSN_STXVL:
    case INSN_STXVLL:
    case INSN_STXSIBX:
    case INSN_STXSIHX:
    case INSN_MFVSRLD:
    case INSN_MTVSRDD:
    case INSN_MTVSRWS:
    case INSN_XXSPLTIB:
        return in->rt < 32 ? MSR_VSX : MSR_VEC;
    default:
        return MSR_VSX;
    }
}

uint64_t insn_facility_need(const struct insn *in)
{
    switch (insn_table[in->id].fac) {
    case FAC_FPU:
    case FAC_DFP:
        return MSR_FP;
    case FAC_VMX:
        return MSR_VEC;
    case FAC_VSX:
        return vsx_facility_need(in);
    default:
        return 0;
    }
}
