/* SPDX-License-Identifier: Apache-2.0 */
/* VMX and VSX: packs, unpacks, parts taken out and put in. */
#include "vector.h"

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
    return v_done(t, r.t, x);
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
    return v_done(t, r.t, x);
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
    return v_done(t, r.t, x);
}

/* Packs that saturate: whether one did shows when what was packed is unpacked. Unsigned numbers
 * have a least one with @limit first, the host taking them for signed. */
static bool pack_saturate(struct tr *t, const struct insn *in, unsigned packs, unsigned unpacks,
                          unsigned limit)
{
    struct emit *e = &t->e;
    struct vregs r = v_begin(t, in);
    unsigned a = v_whole(t, r.a), b = v_whole(t, r.b), x = vsr_new(t);

    if (limit) {
        v_ones(e, 1);
        vop_shift(e, limit == V_PMINUW ? V_PSRLW : V_PSRLD, 1, 1, limit == V_PMINUW ? 8 : 16);
        vop(e, limit, 0, b, 1);
        vop(e, limit, 1, a, 1);
        vop(e, packs, x, 0, 1);
    } else {
        vop(e, packs, x, b, a);
    }
    vop(e, unpacks, 0, 0, x);
    vop(e, V_PXOR, 0, 0, b);
    vop_i(e, V_PSHUFD, 1, 0, x, 0xee);
    vop(e, unpacks, 1, 0, 1);
    vop(e, V_PXOR, 1, 1, a);
    vop(e, V_POR, 0, 0, 1);
    v_saturated_unless_zero(t, 0);
    return v_done(t, r.t, x);
}

/* The right part of doubleword 0 of B goes to byte @at on; other places than its own are the
 * handler's. */
static bool insert(struct tr *t, const struct insn *in, unsigned at, unsigned size)
{
    struct emit *e = &t->e;

    if (at % size)
        return false;
    struct vregs r = v_begin(t, in);
    unsigned b = v_whole(t, r.b), old = v_whole(t, r.t), x = vsr_new(t);
    unsigned lane = (16 - size - at) / size;

    if (size == 8) {
        vop_i(e, V_SHUFPD, x, lane ? old : b, lane ? b : old, lane ? 2 : 3);
    } else if (size == 2) { /* pextrw, pinsrw */
        emit_wrote(e, RAX);
        vop_i(e, V_66(0xc5), RAX, 0, b, 4);
        vop_i(e, V_66(0xc4), x, old, RAX, lane);
    } else { /* pextrb, pinsrb */
        vop_lane_to_gpr(e, V_3A(0x14), RAX, b, 8);
        vop_i(e, V_3A(0x20), x, old, RAX, lane);
    }
    return v_done(t, r.t, x);
}

static bool saturating_packs(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_VPKSHSS:
        return pack_saturate(t, in, V_PACKSSWB, V_PMOVSXBW, 0);
    case INSN_VPKSHUS:
        return pack_saturate(t, in, V_PACKUSWB, V_PMOVZXBW, 0);
    case INSN_VPKUHUS:
        return pack_saturate(t, in, V_PACKUSWB, V_PMOVZXBW, V_PMINUW);
    case INSN_VPKSWSS:
        return pack_saturate(t, in, V_PACKSSDW, V_PMOVSXWD, 0);
    case INSN_VPKSWUS:
        return pack_saturate(t, in, V_PACKUSDW, V_PMOVZXWD, 0);
    case INSN_VPKUWUS:
        return pack_saturate(t, in, V_PACKUSDW, V_PMOVZXWD, V_PMINUD);
    default:
        return false;
    }
}

bool x64_vector_pack(struct tr *t, const struct insn *in)
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
    case INSN_VINSERTB:
        return insert(t, in, in->ra & 15, 1);
    case INSN_VINSERTH:
        return insert(t, in, in->ra & 15, 2);
    case INSN_VINSERTD:
        return insert(t, in, in->ra & 15, 8);
    default:
        return saturating_packs(t, in);
    }
}
