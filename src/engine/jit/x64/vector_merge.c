/* SPDX-License-Identifier: Apache-2.0 */
/* VMX and VSX: merges, shuffles, permutes, splats. */
#include "vector.h"

static const _Alignas(16) uint8_t swap_halves[16] = {1, 0, 3,  2,  5,  4,  7,  6,
                                                     9, 8, 11, 10, 13, 12, 15, 14};
static const _Alignas(16) uint8_t swap_words[16] = {3,  2,  1, 0, 7,  6,  5,  4,
                                                    11, 10, 9, 8, 15, 14, 13, 12};
static const _Alignas(16) uint8_t swap_dwords[16] = {7,  6,  5,  4,  3,  2,  1, 0,
                                                     15, 14, 13, 12, 11, 10, 9, 8};

/* ---- merges and shuffles of A and B ---- */

/* The host's first operand gives the right one of each pair: B. */
static bool merge(struct tr *t, const struct insn *in, unsigned code)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, code, x, b, a);
    return v_done(t, r.t, x);
}

/* vmrgew, vmrgow */
static bool merge_words(struct tr *t, const struct insn *in, bool even)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(&t->e, even ? V_PSRLQ : V_PSLLQ, 0, even ? b : a, 32);
    vop_i(&t->e, V_PBLENDD, x, 0, even ? a : b, even ? 10 : 5);
    return v_done(t, r.t, x);
}

static bool merge_imm(struct tr *t, const struct insn *in, unsigned code, bool b_first,
                      unsigned imm)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop_i(&t->e, code, x, b_first ? b : a, b_first ? a : b, imm);
    return v_done(t, r.t, x);
}

static bool permute_dwords(struct tr *t, const struct insn *in)
{
    unsigned dm = WORD_BITS(in->word, 22, 23);

    return merge_imm(t, in, V_SHUFPD, true, (unsigned)!(dm & 1) | (unsigned)!(dm & 2) << 1);
}

/* Bytes @n on of A || B, counted from the left. */
static bool shift_left_bytes(struct tr *t, const struct insn *in, unsigned n)
{
    return merge_imm(t, in, V_PALIGNR, false, 16 - n);
}

/* Bytes of @a || @b chosen by C; @right: C counts from the right. */
static bool permute(struct tr *t, struct vregs r, unsigned na, unsigned nb, unsigned nc, bool right)
{
    struct emit *e = &t->e;
    unsigned a = v_whole(t, na), b = v_whole(t, nb), c = v_whole(t, nc), x = vsr_new(t);

    if (right) { /* index bit 4 set: of A */
        vop_m(e, V_PAND, 0, c, v_const(e, v_nibbles));
    } else {
        vop_m(e, V_PANDN, 0, c, v_const(e, v_nibbles));
    }
    if (na == nb) {
        vop(e, V_PSHUFB, x, a, 0);
        return v_done(t, r.t, x);
    }
    vop(e, V_PSHUFB, 1, right ? b : a, 0);
    vop(e, V_PSHUFB, 0, right ? a : b, 0);
    vop_shift(e, V_PSLLW, x, c, 3); /* bit 4 of each byte is its sign now */
    vop_i(e, V_PBLENDVB, x, 1, 0, x << 4);
    return v_done(t, r.t, x);
}

/* ---- of one operand ---- */

static bool shuffle(struct tr *t, const struct insn *in, const uint8_t *order)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_m(&t->e, V_PSHUFB, x, b, v_const(&t->e, order));
    return v_done(t, r.t, x);
}

static bool splat_word(struct tr *t, const struct insn *in, unsigned element)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_i(&t->e, V_PSHUFD, x, 0, b, (3 - element) * 0x55);
    return v_done(t, r.t, x);
}

/* @right: the element's distance from the right end, in bytes */
static bool splat(struct tr *t, const struct insn *in, unsigned right, unsigned code)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    if (right) {
        vop_shift(&t->e, V_PSRLDQ, x, b, right);
        b = x;
    }
    vop(&t->e, code, x, 0, b);
    return v_done(t, r.t, x);
}

/* @word in all elements */
static bool splat_imm(struct tr *t, const struct insn *in, uint32_t word)
{
    struct vregs r = v_begin(t, in);
    unsigned x = vsr_new(t);

    if (word == 0) {
        v_zero(&t->e, x);
    } else if (word == ~0u) {
        v_ones(&t->e, x);
    } else {
        x_mov_ri(&t->e, RAX, word);
        v_from_gpr32(&t->e, x, RAX);
        vop(&t->e, V_PBROADCASTD, x, 0, x);
    }
    return v_done(t, r.t, x);
}

static bool splats(struct tr *t, const struct insn *in)
{
    unsigned uim = in->ra;
    uint32_t sim = (uint32_t)(((int)in->ra ^ 0x10) - 0x10);

    switch (in->id) {
    case INSN_XXSPLTW:
        return splat_word(t, in, WORD_BITS(in->word, 14, 15));
    case INSN_VSPLTW:
        return splat_word(t, in, uim & 3);
    case INSN_VSPLTH:
        return splat(t, in, 14 - 2 * (uim & 7), V_PBROADCASTW);
    case INSN_VSPLTB:
        return splat(t, in, 15 - (uim & 15), V_PBROADCASTB);
    case INSN_XXSPLTIB:
        return splat_imm(t, in, WORD_BITS(in->word, 13, 20) * 0x01010101u);
    case INSN_VSPLTISB:
        return splat_imm(t, in, (sim & 0xff) * 0x01010101u);
    case INSN_VSPLTISH:
        return splat_imm(t, in, (sim & 0xffff) * 0x00010001u);
    case INSN_VSPLTISW:
        return splat_imm(t, in, sim);
    default:
        return false;
    }
}

/* xxperm and vperm; the first chooses from XA || XT. */
static bool permutes(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);
    bool right = in->id == INSN_XXPERMR || in->id == INSN_VPERMR;

    if (in->id == INSN_XXPERM || in->id == INSN_XXPERMR)
        return permute(t, r, r.a, r.t, r.b, right);
    return permute(t, r, r.a, r.b, r.c, right);
}

static bool merges(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_VMRGHB:
        return merge(t, in, V_PUNPCKHBW);
    case INSN_VMRGLB:
        return merge(t, in, V_PUNPCKLBW);
    case INSN_VMRGHH:
        return merge(t, in, V_PUNPCKHWD);
    case INSN_VMRGLH:
        return merge(t, in, V_PUNPCKLWD);
    case INSN_VMRGHW:
    case INSN_XXMRGHW:
        return merge(t, in, V_PUNPCKHDQ);
    case INSN_VMRGLW:
    case INSN_XXMRGLW:
        return merge(t, in, V_PUNPCKLDQ);
    case INSN_VMRGEW:
        return merge_words(t, in, true);
    case INSN_VMRGOW:
        return merge_words(t, in, false);
    case INSN_XXPERMDI:
        return permute_dwords(t, in);
    case INSN_XXSLDWI:
        return shift_left_bytes(t, in, 4 * WORD_BITS(in->word, 22, 23));
    case INSN_VSLDOI:
        return shift_left_bytes(t, in, in->rc & 15);
    case INSN_XXPERM:
    case INSN_XXPERMR:
    case INSN_VPERM:
    case INSN_VPERMR:
        return permutes(t, in);
    default:
        return false;
    }
}

bool x64_vector_merge(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_XXBRH:
        return shuffle(t, in, swap_halves);
    case INSN_XXBRW:
        return shuffle(t, in, swap_words);
    case INSN_XXBRD:
        return shuffle(t, in, swap_dwords);
    case INSN_XXBRQ:
        return shuffle(t, in, v_reversed);
    default:
        return merges(t, in) || splats(t, in);
    }
}
