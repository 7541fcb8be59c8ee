/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the vector_*.c files and float_memory.c share.
 *
 * A translation asks for its facility and operands with v_begin(), then emits. The host's lanes are
 * numbered from the right: lane i of n is the ISA's element n - 1 - i.
 */
#ifndef PEFEMU_ENGINE_JIT_X64_VECTOR_H
#define PEFEMU_ENGINE_JIT_X64_VECTOR_H

#include "memory.h"
#include "vsr.h"

/* ---- operands ---- */

/* The fields of an instruction as numbers of VSRs. */
struct vregs {
    unsigned t, a, b, c;
};

/* Emits the check of the facility: first of all in an instruction. */
struct vregs v_begin(struct tr *t, const struct insn *in);
/* VSR @n, all of it. */
static inline unsigned v_whole(struct tr *t, unsigned n)
{
    return vsr_read(t, n, VSR_WHOLE);
}
/* A constant of 16 bytes, aligned, as a memory operand. Uses RDX. */
static inline struct x64_mem v_const(struct emit *e, const void *bytes)
{
    x_mov_ri(e, RDX, (uintptr_t)bytes);
    return mem_at(RDX, 0);
}

/* 15 in each byte; the shuffle that turns 16 bytes round. */
extern const uint8_t v_nibbles[16], v_reversed[16];

/* ---- AVX operations: map, prefix and opcode in one number ---- */
#define VOP(map, pp, op) ((unsigned)(map) << 16 | (unsigned)(pp) << 8 | (op))
#define VOP_W            (1u << 24)
#define V_66(op)         VOP(MAP_0F, PP_66, op)
#define V_38(op)         VOP(MAP_0F38, PP_66, op)
#define V_3A(op)         VOP(MAP_0F3A, PP_66, op)

enum {
    V_PAND = V_66(0xdb),
    V_PANDN = V_66(0xdf), /* to = ~a & b */
    V_POR = V_66(0xeb),
    V_PXOR = V_66(0xef),
    V_PADDB = V_66(0xfc),
    V_PADDW = V_66(0xfd),
    V_PADDD = V_66(0xfe),
    V_PADDQ = V_66(0xd4),
    V_PSUBB = V_66(0xf8),
    V_PSUBW = V_66(0xf9),
    V_PSUBD = V_66(0xfa),
    V_PSUBQ = V_66(0xfb),
    V_PCMPEQB = V_66(0x74),
    V_PCMPEQW = V_66(0x75),
    V_PCMPEQD = V_66(0x76),
    V_PCMPEQQ = V_38(0x29),
    V_PCMPGTB = V_66(0x64),
    V_PCMPGTW = V_66(0x65),
    V_PCMPGTD = V_66(0x66),
    V_PCMPGTQ = V_38(0x37),
    V_PUNPCKLBW = V_66(0x60),
    V_PUNPCKLWD = V_66(0x61),
    V_PUNPCKLDQ = V_66(0x62),
    V_PUNPCKLQDQ = V_66(0x6c),
    V_PUNPCKHBW = V_66(0x68),
    V_PUNPCKHWD = V_66(0x69),
    V_PUNPCKHDQ = V_66(0x6a),
    V_PUNPCKHQDQ = V_66(0x6d),
    V_PSHUFD = V_66(0x70), /* with an immediate: to, 0, from */
    V_PSHUFB = V_38(0x00),
    V_SHUFPD = V_66(0xc6),
    V_SHUFPS = VOP(MAP_0F, PP_NONE, 0xc6),
    V_PALIGNR = V_3A(0x0f),
    V_PBLENDW = V_3A(0x0e),
    V_PBLENDD = V_3A(0x02),
    V_PBLENDVB = V_3A(0x4c), /* the mask register in bits 4:7 of the immediate */
    V_PMINUB = V_66(0xda),
    V_PMINUW = V_38(0x3a),
    V_PMINUD = V_38(0x3b),
    V_PMINSB = V_38(0x38),
    V_PMINSW = V_66(0xea),
    V_PMINSD = V_38(0x39),
    V_PMAXUB = V_66(0xde),
    V_PMAXUW = V_38(0x3e),
    V_PMAXUD = V_38(0x3f),
    V_PMAXSB = V_38(0x3c),
    V_PMAXSW = V_66(0xee),
    V_PMAXSD = V_38(0x3d),
    V_PBROADCASTB = V_38(0x78),
    V_PBROADCASTW = V_38(0x79),
    V_PBROADCASTD = V_38(0x58),
    V_PBROADCASTQ = V_38(0x59),
    V_PMOVSXBW = V_38(0x20),
    V_PMOVSXWD = V_38(0x23),
    V_PMOVSXDQ = V_38(0x25),
    V_PMOVZXBW = V_38(0x30),
    V_PMOVZXBQ = V_38(0x32),
    V_PMOVZXWD = V_38(0x33),
    V_PMOVZXWQ = V_38(0x34),
    V_PMOVZXDQ = V_38(0x35),
    V_PACKSSWB = V_66(0x63),
    V_PACKUSWB = V_66(0x67),
    V_PACKSSDW = V_66(0x6b),
    V_PACKUSDW = V_38(0x2b),
    V_PMULLW = V_66(0xd5),
    V_PMULHW = V_66(0xe5),
    V_PMULHUW = V_66(0xe4),
    V_PMULLD = V_38(0x40),
    V_PMULUDQ = V_66(0xf4),
    V_PMULDQ = V_38(0x28),
    V_PMADDWD = V_66(0xf5),
    V_PMADDUBSW = V_38(0x04), /* unsigned bytes of the first operand */
    V_PSADBW = V_66(0xf6),
    V_PAVGB = V_66(0xe0),
    V_PAVGW = V_66(0xe3),
    V_PMOVMSKB = V_66(0xd7), /* the target is a general register */
    V_MOVMSKPD = V_66(0x50),
    V_MOVMSKPS = VOP(MAP_0F, PP_NONE, 0x50),
    V_PTEST = V_38(0x17),
    /* scalars: to, what the rest is of, from */
    V_CVTSS2SD = VOP(MAP_0F, PP_F3, 0x5a),
    V_CVTSD2SS = VOP(MAP_0F, PP_F2, 0x5a),
    V_CVTPS2PD = VOP(MAP_0F, PP_NONE, 0x5a),
    V_CVTPD2PS = V_66(0x5a),
};

/* Operations on two registers have @a = 0. */
static inline void vop(struct emit *e, unsigned code, unsigned to, unsigned a, unsigned b)
{
    v_rrr(e, code >> 16 & 0xff, code >> 8 & 0xff, code & VOP_W, code & 0xff, to, a, b);
}
/* The same whose result is in the general-purpose register @r. */
static inline void vop_to_gpr(struct emit *e, unsigned code, unsigned r, unsigned from)
{
    emit_wrote(e, r);
    vop(e, code, r, 0, from);
}
static inline void vop_m(struct emit *e, unsigned code, unsigned to, unsigned a, struct x64_mem m)
{
    v_rrm(e, code >> 16 & 0xff, code >> 8 & 0xff, code & VOP_W, code & 0xff, to, a, m);
}
static inline void vop_i(struct emit *e, unsigned code, unsigned to, unsigned a, unsigned b,
                         unsigned imm)
{
    vop(e, code, to, a, b);
    emit8(e, imm);
}
/* pextr: the lane @n of @from in the general-purpose @r. */
static inline void vop_lane_to_gpr(struct emit *e, unsigned code, unsigned r, unsigned from,
                                   unsigned n)
{
    emit_wrote(e, r);
    vop_i(e, code, from, 0, r, n);
}
static inline void vop_mi(struct emit *e, unsigned code, unsigned to, unsigned a, struct x64_mem m,
                          unsigned imm)
{
    vop_m(e, code, to, a, m);
    emit8(e, imm);
}

/* Shifts by an immediate: the opcode and its extension. */
enum {
    V_PSRLW = 0x712,
    V_PSRAW = 0x714,
    V_PSLLW = 0x716,
    V_PSRLD = 0x722,
    V_PSRAD = 0x724,
    V_PSLLD = 0x726,
    V_PSRLQ = 0x732,
    V_PSRLDQ = 0x733, /* by bytes */
    V_PSLLQ = 0x736,
    V_PSLLDQ = 0x737,
};
static inline void vop_shift(struct emit *e, unsigned code, unsigned to, unsigned from, unsigned n)
{
    emit_vex(e, false, MAP_0F, PP_66, false, 0, to, 0, from);
    emit8(e, code >> 4);
    emit_modrm(e, code & 15, from);
    emit8(e, n);
}

static inline void v_zero(struct emit *e, unsigned to)
{
    vop(e, V_PXOR, to, to, to);
}
static inline void v_ones(struct emit *e, unsigned to)
{
    vop(e, V_PCMPEQD, to, to, to);
}
/* 32 bits of the low half. */
static inline void v_load32(struct emit *e, unsigned to, struct x64_mem m)
{
    vop_m(e, V_66(0x6e), to, 0, m);
}
static inline void v_store32(struct emit *e, struct x64_mem m, unsigned from)
{
    vop_m(e, V_66(0x7e), from, 0, m);
}
static inline void v_from_gpr32(struct emit *e, unsigned to, unsigned from)
{
    vop(e, V_66(0x6e), to, 0, from);
}
static inline void v_to_gpr32(struct emit *e, unsigned to, unsigned from)
{
    emit_wrote(e, to);
    vop(e, V_66(0x7e), from, 0, to);
}

/* VSR @n becomes @x: the end of an instruction. */
static inline bool v_done(struct tr *t, unsigned n, unsigned x)
{
    vsr_write(t, n, x, VSR_WHOLE);
    return true;
}
/* @x := the most negative number in all doublewords. */
static inline void v_signs(struct emit *e, unsigned x)
{
    v_ones(e, x);
    vop_shift(e, V_PSLLQ, x, x, 63);
}
/* VSCR[SAT] is set unless @x is zero. Uses RAX. */
static inline void v_saturated_unless_zero(struct tr *t, unsigned x)
{
    struct emit *e = &t->e;

    x_alu_rr(e, false, X_XOR, RAX, RAX);
    vop(e, V_PTEST, x, 0, x);
    x_setcc_r(e, CC_NE, RAX);
    x_alu_mr(e, false, X_OR, CPU_MEM(vscr), RAX);
}
/* @x := a > b as unsigned doublewords, which the host does not have. Uses XMM0 and XMM1. */
static inline void v_above_dwords(struct emit *e, unsigned x, unsigned a, unsigned b)
{
    v_signs(e, 1);
    vop(e, V_PXOR, 0, a, 1);
    vop(e, V_PXOR, 1, b, 1);
    vop(e, V_PCMPGTQ, x, 0, 1);
}

/* CR6 of comparisons, whose lanes in @x are ones or zeros: all || 0 || none || 0. */
void x64_set_cr6(struct tr *t, unsigned x); /* vector_compare.c */

/* ---- translations, one facility a file; false: not here ---- */
bool x64_float_memory(struct tr *t, const struct insn *in);    /* float_memory.c */
bool x64_vector_memory(struct tr *t, const struct insn *in);   /* vector_memory.c */
bool x64_vector_logic(struct tr *t, const struct insn *in);    /* vector_logic.c */
bool x64_vector_merge(struct tr *t, const struct insn *in);    /* vector_merge.c */
bool x64_vector_pack(struct tr *t, const struct insn *in);     /* vector_pack.c */
bool x64_vector_gpr(struct tr *t, const struct insn *in);      /* vector_gpr.c */
bool x64_vector_add(struct tr *t, const struct insn *in);      /* vector_add.c */
bool x64_vector_compare(struct tr *t, const struct insn *in);  /* vector_compare.c */
bool x64_vector_shift(struct tr *t, const struct insn *in);    /* vector_shift.c */
bool x64_vector_multiply(struct tr *t, const struct insn *in); /* vector_multiply.c */
bool x64_vector_count(struct tr *t, const struct insn *in);    /* vector_count.c */
bool x64_vector_crypto(struct tr *t, const struct insn *in);   /* vector_crypto.c */
bool x64_vector_fp(struct tr *t, const struct insn *in);       /* vector_fp.c */

#endif
