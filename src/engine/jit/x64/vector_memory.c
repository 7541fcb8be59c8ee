/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores of whole vector registers. In big-endian mode the bytes stand in memory as in
 * the register, whatever the elements: turned round for the host.
 */
#include "vector.h"

static const _Alignas(16) uint8_t by_halves[16] = {14, 15, 12, 13, 10, 11, 8, 9,
                                                   6,  7,  4,  5,  2,  3,  0, 1};

static struct x64_access access_whole(struct tr *t, const struct insn *in, const struct access *how)
{
    int32_t disp;
    unsigned base = x64_address(t, in, how->indexed, &disp);

    if (how->as == AS_ALIGNED) {
        if (base != RAX)
            x_mov_rr(&t->e, true, RAX, base);
        x_alu_ri(&t->e, true, X_AND, RAX, -16);
        base = RAX;
    }
    return x64_access(t, base, disp, how->size, how->store, false);
}

static void reorder(struct emit *e, enum access_as order, unsigned to, unsigned from)
{
    switch (order) {
    default:
        break;
    case AS_DWORDS:
        vop_i(e, V_PSHUFD, to, 0, from, 0x4e);
        break;
    case AS_WORDS:
        vop_i(e, V_PSHUFD, to, 0, from, 0x1b);
        break;
    case AS_HALVES:
        vop_m(e, V_PSHUFB, to, from, v_const(e, by_halves));
        break;
    case AS_BYTES:
        vop_m(e, V_PSHUFB, to, from, v_const(e, v_reversed));
        break;
    }
}

static bool load(struct tr *t, const struct insn *in, const struct access *how)
{
    struct vregs r = v_begin(t, in);
    enum access_as order = t->le ? how->as : AS_BYTES;
    struct x64_access a = access_whole(t, in, how);
    unsigned x = vsr_new(t);

    v_load(&t->e, x, a.m);
    reorder(&t->e, order, x, x);
    vsr_write(t, r.t, x, VSR_WHOLE);
    tr_back(t, a.slow);
    return true;
}

static bool store(struct tr *t, const struct insn *in, const struct access *how)
{
    struct vregs r = v_begin(t, in);
    enum access_as order = t->le ? how->as : AS_BYTES;
    struct x64_access a = access_whole(t, in, how);
    unsigned x = v_whole(t, r.t);

    if (order > AS_ALIGNED) {
        reorder(&t->e, order, 0, x);
        x = 0;
    }
    v_store(&t->e, a.m, x);
    tr_back(t, a.slow);
    return true;
}

#define V_MOVDDUP     VOP(MAP_0F, PP_F2, 0x12)
#define V_BROADCASTSS V_38(0x18)

/* One element into all. */
static bool load_splat(struct tr *t, const struct insn *in, const struct access *how)
{
    struct vregs r = v_begin(t, in);
    struct x64_access a = access_whole(t, in, how);
    unsigned size = how->size, x = vsr_new(t);

    if (t->le) {
        vop_m(&t->e, size == 8 ? V_MOVDDUP : V_BROADCASTSS, x, 0, a.m);
    } else {
        x_movbe_rm(&t->e, size == 8, RDX, a.m);
        v_from_gpr(&t->e, x, RDX);
        vop(&t->e, size == 8 ? V_PBROADCASTQ : V_PBROADCASTD, x, 0, x);
    }
    vsr_write(t, r.t, x, VSR_WHOLE);
    tr_back(t, a.slow);
    return true;
}

/* ---- lxvl, stxvl: as many bytes as the high byte of RB says, in little-endian mode ---- */

/* Where 16 bytes could be accessed. */
static struct x64_access access_up_to_16(struct tr *t, const struct insn *in, bool store)
{
    unsigned base = RAX;

    if (in->ra)
        base = gpr_read(t, in->ra, RAX);
    else
        x_alu_rr(&t->e, false, X_XOR, RAX, RAX);
    return x64_access(t, base, 0, 16, store, false);
}

/* RDX := that number, which may be more than 16. */
static void read_length(struct tr *t, unsigned rb)
{
    gpr_copy(t, rb, RDX);
    x_shift_ri(&t->e, true, X_SHR, RDX, 56);
}

static bool load_length(struct tr *t, const struct insn *in)
{
    static const uint8_t mask[32] = {255, 255, 255, 255, 255, 255, 255, 255,
                                     255, 255, 255, 255, 255, 255, 255, 255};
    struct emit *e = &t->e;

    if (!t->le)
        return false;
    struct vregs r = v_begin(t, in);
    struct x64_access a = access_up_to_16(t, in, false);
    unsigned x = vsr_new(t);
    v_load(e, x, a.m);
    read_length(t, in->rb);
    x_mov_ri(e, RCX, 16);
    x_alu_rr(e, false, X_CMP, RDX, RCX);
    x_cmov_rr(e, false, CC_A, RDX, RCX);
    x_alu_rr(e, false, X_SUB, RCX, RDX);
    x_mov_ri(e, RDX, (uintptr_t)mask);
    vop_m(e, V_PAND, x, x, mem_index(RDX, RCX, 0, 0));
    vsr_write(t, r.t, x, VSR_WHOLE);
    tr_back(t, a.slow);
    return true;
}

/* @n bytes of XMM0 to RCX, which goes on behind them, if that bit of RDX is set. */
static void store_part(struct emit *e, unsigned n)
{
    static const unsigned move[] = {V_3A(0x14), V_3A(0x15), V_66(0x7e), V_66(0xd6)};
    unsigned log2 = (unsigned)__builtin_ctz(n);

    x_test_ri(e, false, RDX, (int32_t)n);
    uint8_t *none = x_jcc(e, CC_E);
    vop_m(e, move[log2], 0, 0, mem_at(RCX, 0));
    if (n <= 2)
        emit8(e, 0); /* pextrb, pextrw: the lane */
    if (n > 1) {
        vop_shift(e, V_PSRLDQ, 0, 0, n);
        x_alu_ri(e, true, X_ADD, RCX, (int32_t)n);
    }
    x_patch(none, e->p);
}

static bool store_length(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;

    if (!t->le)
        return false;
    struct vregs r = v_begin(t, in);
    struct x64_access a = access_up_to_16(t, in, true);
    unsigned x = v_whole(t, r.t);
    x_lea(e, true, RCX, a.m);
    read_length(t, in->rb);
    x_alu_ri(e, false, X_CMP, RDX, 16);
    uint8_t *part = x_jcc(e, CC_B);
    v_store(e, mem_at(RCX, 0), x);
    uint8_t *done = x_jmp(e);
    x_patch(part, e->p);
    v_move(e, 0, x);
    for (unsigned n = 8; n; n /= 2)
        store_part(e, n);
    x_patch(done, e->p);
    tr_back(t, a.slow);
    return true;
}

bool x64_vector_memory(struct tr *t, const struct insn *in)
{
    struct access a;

    if (in->id == INSN_LXVL)
        return load_length(t, in);
    if (in->id == INSN_STXVL)
        return store_length(t, in);
    if (!x64_access_of(in, &a) || a.regs != ACCESS_VECTOR)
        return false;
    return (a.store ? store : a.as == AS_SPLAT ? load_splat : load)(t, in, &a);
}
