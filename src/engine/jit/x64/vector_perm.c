/* SPDX-License-Identifier: Apache-2.0 */
/* VMX and VSX instructions that move bits: logic, merges, splats, permutes, to and from GPRs. */
#include "vector.h"

static const _Alignas(16) uint8_t low_nibbles[16] = {15, 15, 15, 15, 15, 15, 15, 15,
                                                     15, 15, 15, 15, 15, 15, 15, 15};
static const _Alignas(16) uint8_t swap_halves[16] = {1, 0, 3,  2,  5,  4,  7,  6,
                                                     9, 8, 11, 10, 13, 12, 15, 14};
static const _Alignas(16) uint8_t swap_words[16] = {3,  2,  1, 0, 7,  6,  5,  4,
                                                    11, 10, 9, 8, 15, 14, 13, 12};
static const _Alignas(16) uint8_t swap_dwords[16] = {7,  6,  5,  4,  3,  2,  1, 0,
                                                     15, 14, 13, 12, 11, 10, 9, 8};
static const _Alignas(16) uint8_t swap_all[16] = {15, 14, 13, 12, 11, 10, 9, 8,
                                                  7,  6,  5,  4,  3,  2,  1, 0};

static bool done(struct tr *t, unsigned n, unsigned x)
{
    vsr_write(t, n, x, VSR_WHOLE);
    return true;
}

/* ---- logic ---- */

static bool logic(struct tr *t, const struct insn *in, unsigned code, bool invert)
{
    struct vregs r = v_begin(t, in);

    if (code == V_POR && r.a == r.b && !invert) { /* a move; the copy keeps the source cached */
        unsigned from = v_whole(t, r.a), to = vsr_new(t);

        v_move(&t->e, to, from);
        return done(t, r.t, to);
    }
    if (code == V_PXOR && r.a == r.b) {
        unsigned to = vsr_new(t);

        invert ? v_ones(&t->e, to) : v_zero(&t->e, to);
        return done(t, r.t, to);
    }
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, code, x, a, b);
    if (invert) {
        v_ones(&t->e, 0);
        vop(&t->e, V_PXOR, x, x, 0);
    }
    return done(t, r.t, x);
}

/* a & ~b: the host complements its first operand. */
static bool and_not(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, V_PANDN, x, b, a);
    return done(t, r.t, x);
}

/* a | ~b */
static bool or_not(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    v_ones(&t->e, 0);
    vop(&t->e, V_PXOR, 0, 0, b);
    vop(&t->e, V_POR, x, a, 0);
    return done(t, r.t, x);
}

static bool select_bits(struct tr *t, const struct insn *in)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), c = v_whole(t, r.c), x = vsr_new(t);

    vop(&t->e, V_PANDN, 0, c, a);
    vop(&t->e, V_PAND, x, c, b);
    vop(&t->e, V_POR, x, x, 0);
    return done(t, r.t, x);
}

/* ---- merges and shuffles of A and B ---- */

/* The host's first operand gives the right one of each pair: B. */
static bool merge(struct tr *t, const struct insn *in, unsigned code)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop(&t->e, code, x, b, a);
    return done(t, r.t, x);
}

/* vmrgew, vmrgow */
static bool merge_words(struct tr *t, const struct insn *in, bool even)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(&t->e, even ? V_PSRLQ : V_PSLLQ, 0, even ? b : a, 32);
    vop_i(&t->e, V_PBLENDD, x, 0, even ? a : b, even ? 10 : 5);
    return done(t, r.t, x);
}

static bool merge_imm(struct tr *t, const struct insn *in, unsigned code, bool b_first,
                      unsigned imm)
{
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    vop_i(&t->e, code, x, b_first ? b : a, b_first ? a : b, imm);
    return done(t, r.t, x);
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
        vop_m(e, V_PAND, 0, c, v_const(e, low_nibbles));
    } else {
        vop_m(e, V_PANDN, 0, c, v_const(e, low_nibbles));
    }
    if (na == nb) {
        vop(e, V_PSHUFB, x, a, 0);
        return done(t, r.t, x);
    }
    vop(e, V_PSHUFB, 1, right ? b : a, 0);
    vop(e, V_PSHUFB, 0, right ? a : b, 0);
    vop_shift(e, V_PSLLW, x, c, 3); /* bit 4 of each byte is its sign now */
    vop_i(e, V_PBLENDVB, x, 1, 0, x << 4);
    return done(t, r.t, x);
}

/* ---- of one operand ---- */

static bool shuffle(struct tr *t, const struct insn *in, const uint8_t *order)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_m(&t->e, V_PSHUFB, x, b, v_const(&t->e, order));
    return done(t, r.t, x);
}

static bool splat_word(struct tr *t, const struct insn *in, unsigned element)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_i(&t->e, V_PSHUFD, x, 0, b, (3 - element) * 0x55);
    return done(t, r.t, x);
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
    return done(t, r.t, x);
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
    return done(t, r.t, x);
}

/* Sign extension of the left (@high) or right half's elements: pmovsx. */
static bool unpack(struct tr *t, const struct insn *in, unsigned code, bool high)
{
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    if (high) {
        vop_i(&t->e, V_PSHUFD, x, 0, b, 0xee);
        b = x;
    }
    vop(&t->e, code, x, 0, b);
    return done(t, r.t, x);
}

/* The right halves of A's and B's elements. */
static bool pack(struct tr *t, const struct insn *in, unsigned size)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    if (size == 8) {
        vop_i(e, V_SHUFPS, x, b, a, 0x88);
    } else if (size == 4) {
        v_zero(e, x);
        vop_i(e, V_PBLENDW, 0, x, a, 0x55);
        vop_i(e, V_PBLENDW, x, x, b, 0x55);
        vop(e, V_38(0x2b), x, x, 0); /* packusdw */
    } else {
        v_ones(e, 1);
        vop_shift(e, V_PSRLW, 1, 1, 8);
        vop(e, V_PAND, 0, 1, a);
        vop(e, V_PAND, x, 1, b);
        vop(e, V_66(0x67), x, x, 0); /* packuswb */
    }
    return done(t, r.t, x);
}

/* @size bytes from byte @at on, counted from the left, in doubleword 0, zero-extended. */
static bool extract(struct tr *t, const struct insn *in, unsigned at, unsigned size, unsigned code)
{
    if (at > 16 - size)
        return false;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), x = vsr_new(t);

    vop_shift(&t->e, V_PSRLDQ, x, b, 16 - size - at);
    if (code)
        vop(&t->e, code, x, 0, x);
    vsr_write(t, r.t, x, VSR_SCALAR);
    return true;
}

/* The right word of doubleword 0 of B becomes the word at byte @at. */
static bool insert_word(struct tr *t, const struct insn *in, unsigned at)
{
    if (at & 3)
        return false;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), old = v_whole(t, r.t), x = vsr_new(t);

    vop_i(&t->e, V_3A(0x21), x, old, b, 2 << 6 | (3 - at / 4) << 4);
    return done(t, r.t, x);
}

/* ---- general registers ---- */

static bool from_gpr(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned g = gpr_read(t, in->ra, RAX), x = vsr_new(t);

    if (in->id == INSN_MTVSRWA) {
        x_ext_rr(e, X_MOVSXD, RAX, g);
        g = RAX;
    }
    if (in->id == INSN_MTVSRWZ || in->id == INSN_MTVSRWS)
        v_from_gpr32(e, x, g);
    else
        v_from_gpr(e, x, g);
    if (in->id == INSN_MTVSRWS) {
        vop(e, V_PBROADCASTD, x, 0, x);
        return done(t, r.t, x);
    }
    vsr_write(t, r.t, x, VSR_SCALAR);
    return true;
}

static bool from_gprs(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned x = vsr_new(t);

    v_from_gpr(e, x, gpr_read(t, in->rb, RAX));
    if (!in->ra) {
        vop(e, VOP(MAP_0F, PP_F3, 0x7e), x, 0, x); /* movq: the left half is 0 */
    } else {
        vop_i(e, V_3A(0x22) | VOP_W, x, x, gpr_read(t, in->ra, RAX), 1); /* pinsrq */
    }
    return done(t, r.t, x);
}

/* mfvsrd, mfvsrwz, mfvsrld */
static bool to_gpr(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    bool w = in->id != INSN_MFVSRWZ, right = in->id == INSN_MFVSRLD;
    unsigned g = gpr_dest(in->ra, RAX);
    int whole = vsr_cached(t, r.t, VSR_WHOLE);
    int scalar = right ? whole : vsr_cached(t, r.t, VSR_SCALAR);

    if (scalar >= 0) {
        w ? v_to_gpr(e, g, (unsigned)scalar) : v_to_gpr32(e, g, (unsigned)scalar);
    } else if (whole >= 0) {
        unsigned lane = w ? 1 : 2; /* pextrq, pextrd */

        vop_i(e, V_3A(0x16) | (w ? VOP_W : 0), (unsigned)whole, 0, g, lane);
    } else {
        x_mov_rm(e, w, g, vsr_dword_mem(r.t, right));
    }
    gpr_write(t, in->ra, g);
    return true;
}

/* @size bytes from byte RA[60:63] on, counted from the @left or the right, zero-extended; what
 * would be outside of the register is the handler's. */
static bool extract_indexed(struct tr *t, const struct insn *in, unsigned size, bool left)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    struct x64_mem m = vsr_mem(r.b);
    unsigned at = gpr_read(t, in->ra, RCX), g = gpr_dest(in->rt, RAX);
    struct late *outside = NULL;

    if (at != RCX)
        x_mov_rr(e, false, RCX, at);
    x_alu_ri(e, false, X_AND, RCX, 15);
    if (size > 1) {
        x_alu_ri(e, false, X_CMP, RCX, 16 - (int)size);
        outside = tr_slow(t, x_jcc(e, CC_A), false);
    }
    if (left) {
        x_unary_r(e, false, X_NEG, RCX);
        x_alu_ri(e, false, X_ADD, RCX, 16 - (int)size);
    }
    m.index = RCX;
    if (size == 4)
        x_mov_rm(e, false, g, m);
    else
        x_ext_rm(e, size == 2 ? X_MOVZX16 : X_MOVZX8, g, m);
    gpr_write(t, in->rt, g);
    if (outside)
        tr_back(t, outside);
    return true;
}

/* Bytes before the first one, from the @left or the right, whose lowest bit is set; 16: none. */
static bool count_bytes(struct tr *t, const struct insn *in, bool left)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), g = gpr_dest(in->rt, RAX);

    vop_shift(e, V_PSLLW, 0, b, 7);
    vop(e, V_PMOVMSKB, RCX, 0, 0);
    if (left)
        x_shift_ri(e, false, X_SHL, RCX, 16);
    x_alu_ri(e, false, X_OR, RCX, left ? 0x8000 : 0x10000);
    x_count_rr(e, false, left ? X_LZCNT : X_TZCNT, g, RCX);
    gpr_write(t, in->rt, g);
    return true;
}

static bool extracts(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_VEXTUBLX:
    case INSN_VEXTUBRX:
        return extract_indexed(t, in, 1, in->id == INSN_VEXTUBLX);
    case INSN_VEXTUHLX:
    case INSN_VEXTUHRX:
        return extract_indexed(t, in, 2, in->id == INSN_VEXTUHLX);
    case INSN_VEXTUWLX:
    case INSN_VEXTUWRX:
        return extract_indexed(t, in, 4, in->id == INSN_VEXTUWLX);
    case INSN_VCLZLSBB:
    case INSN_VCTZLSBB:
        return count_bytes(t, in, in->id == INSN_VCLZLSBB);
    default:
        return false;
    }
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

static bool logicals(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_XXLAND:
    case INSN_VAND:
        return logic(t, in, V_PAND, false);
    case INSN_XXLNAND:
    case INSN_VNAND:
        return logic(t, in, V_PAND, true);
    case INSN_XXLOR:
    case INSN_VOR:
        return logic(t, in, V_POR, false);
    case INSN_XXLNOR:
    case INSN_VNOR:
        return logic(t, in, V_POR, true);
    case INSN_XXLXOR:
    case INSN_VXOR:
        return logic(t, in, V_PXOR, false);
    case INSN_XXLEQV:
    case INSN_VEQV:
        return logic(t, in, V_PXOR, true);
    case INSN_XXLANDC:
    case INSN_VANDC:
        return and_not(t, in);
    case INSN_XXLORC:
    case INSN_VORC:
        return or_not(t, in);
    case INSN_XXSEL:
    case INSN_VSEL:
        return select_bits(t, in);
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

static bool packs(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_VPKUHUM:
        return pack(t, in, 2);
    case INSN_VPKUWUM:
        return pack(t, in, 4);
    case INSN_VPKUDUM:
        return pack(t, in, 8);
    case INSN_VUPKHSB:
        return unpack(t, in, V_38(0x20), true);
    case INSN_VUPKLSB:
        return unpack(t, in, V_38(0x20), false);
    case INSN_VUPKHSH:
        return unpack(t, in, V_38(0x23), true);
    case INSN_VUPKLSH:
        return unpack(t, in, V_38(0x23), false);
    case INSN_VUPKHSW:
        return unpack(t, in, V_38(0x25), true);
    case INSN_VUPKLSW:
        return unpack(t, in, V_38(0x25), false);
    case INSN_VEXTRACTUB:
        return extract(t, in, in->ra & 15, 1, V_PMOVZXBQ);
    case INSN_VEXTRACTUH:
        return extract(t, in, in->ra & 15, 2, V_PMOVZXWQ);
    case INSN_VEXTRACTUW:
        return extract(t, in, in->ra & 15, 4, V_PMOVZXDQ);
    case INSN_VEXTRACTD:
        return extract(t, in, in->ra & 15, 8, 0);
    case INSN_XXEXTRACTUW:
        return extract(t, in, WORD_BITS(in->word, 12, 15), 4, V_PMOVZXDQ);
    case INSN_VINSERTW:
        return insert_word(t, in, in->ra & 15);
    case INSN_XXINSERTW:
        return insert_word(t, in, WORD_BITS(in->word, 12, 15));
    default:
        return false;
    }
}

bool x64_vector_perm(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_XXBRH:
        return shuffle(t, in, swap_halves);
    case INSN_XXBRW:
        return shuffle(t, in, swap_words);
    case INSN_XXBRD:
        return shuffle(t, in, swap_dwords);
    case INSN_XXBRQ:
        return shuffle(t, in, swap_all);
    case INSN_MTVSRD:
    case INSN_MTVSRWA:
    case INSN_MTVSRWZ:
    case INSN_MTVSRWS:
        return from_gpr(t, in);
    case INSN_MTVSRDD:
        return from_gprs(t, in);
    case INSN_MFVSRD:
    case INSN_MFVSRWZ:
    case INSN_MFVSRLD:
        return to_gpr(t, in);
    default:
        return logicals(t, in) || merges(t, in) || splats(t, in) || packs(t, in) || extracts(t, in);
    }
}
