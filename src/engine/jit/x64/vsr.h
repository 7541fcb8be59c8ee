/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector-scalar registers in xmm registers.
 *
 * The truth is always in cpu->vsr[]: results are stored at once. What was loaded or computed stays
 * in an xmm register until the end of the block, so that it need not be loaded again. A register
 * is cached whole, or as a scalar: doubleword 0 in the low half of the xmm, the rest undefined.
 *
 * XMM0 and XMM1 are scratch. The functions never hand out a register that the present instruction
 * has asked for before (its operands stay where they are until it ends).
 */
#ifndef PEFEMU_ENGINE_JIT_X64_VSR_H
#define PEFEMU_ENGINE_JIT_X64_VSR_H

#include "tr.h"

enum vsr_view { VSR_WHOLE, VSR_SCALAR };

/* VSR @n in memory: all of it, and doubleword 0 or 1 (host order has doubleword 0 at the end). */
static inline struct x64_mem vsr_mem(unsigned n)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, vsr) + 16 * n) - CPU_BIAS);
}
static inline struct x64_mem vsr_dword_mem(unsigned n, unsigned dword)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, vsr) + 16 * n + 8 * (1 - dword)) - CPU_BIAS);
}

/* VSR @n in an xmm register, loaded if need be. It must not be changed. */
unsigned vsr_read(struct tr *t, unsigned n, enum vsr_view view);
/* The xmm register that VSR @n is in already, or -1. */
int vsr_cached(struct tr *t, unsigned n, enum vsr_view view);
/* All of VSR @n in an xmm register that counts as one from vsr_new(): memory alone has it now. */
unsigned vsr_own(struct tr *t, unsigned n);
/* An xmm register for a result or as scratch, until the instruction ends or it is written. */
unsigned vsr_new(struct tr *t);
/* VSR @n becomes what is in @x, a register from vsr_new(). VSR_SCALAR: doubleword 1 becomes 0. */
void vsr_write(struct tr *t, unsigned n, unsigned x, enum vsr_view view);
/* VSR @n has been changed in memory. */
void vsr_changed(struct tr *t, unsigned n);
/* Nothing is cached any more: control comes from elsewhere, or a handler was called. */
void vsr_forget(struct tr *t);
/* Between instructions. */
void vsr_next_insn(struct tr *t);
/* Loads what @l says was cached (after a call, which keeps no xmm register). */
void vsr_reload(struct tr *t, const struct late *l);

/* Emits, once a block, the check that MSR has @need (MSR_FP, MSR_VEC or MSR_VSX); else the
 * instruction goes to threaded code. First of all in an instruction. */
void vsr_need(struct tr *t, uint64_t need);

/* ---- AVX, 128 bits: VEX.@pp.@map @op; pp 0 none, 1 66, 2 f3, 3 f2; map 1 0f, 2 0f38, 3 0f3a ----
 */
enum { PP_NONE, PP_66, PP_F3, PP_F2 };
enum { MAP_0F = 1, MAP_0F38, MAP_0F3A };

static inline void v_rrr(struct emit *e, unsigned map, unsigned pp, bool w, unsigned op,
                         unsigned to, unsigned a, unsigned b)
{
    emit_vex(e, w, map, pp, false, to, a, 0, b);
    emit8(e, op);
    emit_modrm(e, to, b);
}
static inline void v_rrm(struct emit *e, unsigned map, unsigned pp, bool w, unsigned op,
                         unsigned to, unsigned a, struct x64_mem m)
{
    emit_vex(e, w, map, pp, false, to, a, m.index == NO_INDEX ? 0 : m.index, m.base);
    emit8(e, op);
    emit_mem(e, to, m);
}
static inline void v_rrri(struct emit *e, unsigned map, unsigned pp, bool w, unsigned op,
                          unsigned to, unsigned a, unsigned b, unsigned imm)
{
    v_rrr(e, map, pp, w, op, to, a, b);
    emit8(e, imm);
}

/* movdqa/movdqu, movsd and movq. */
static inline void v_load(struct emit *e, unsigned to, struct x64_mem m)
{
    v_rrm(e, MAP_0F, PP_F3, false, 0x6f, to, 0, m);
}
static inline void v_store(struct emit *e, struct x64_mem m, unsigned from)
{
    v_rrm(e, MAP_0F, PP_F3, false, 0x7f, from, 0, m);
}
static inline void v_load64(struct emit *e, unsigned to, struct x64_mem m)
{
    v_rrm(e, MAP_0F, PP_F2, false, 0x10, to, 0, m);
}
static inline void v_store64(struct emit *e, struct x64_mem m, unsigned from)
{
    v_rrm(e, MAP_0F, PP_F2, false, 0x11, from, 0, m);
}
static inline void v_move(struct emit *e, unsigned to, unsigned from)
{
    v_rrr(e, MAP_0F, PP_66, false, 0x6f, to, 0, from);
}
/* 64 bits between the low half of an xmm register and a general one. */
static inline void v_to_gpr(struct emit *e, unsigned to, unsigned from)
{
    emit_vex(e, true, MAP_0F, PP_66, false, from, 0, 0, to);
    emit8(e, 0x7e);
    emit_modrm(e, from, to);
}
static inline void v_from_gpr(struct emit *e, unsigned to, unsigned from)
{
    emit_vex(e, true, MAP_0F, PP_66, false, to, 0, 0, from);
    emit8(e, 0x6e);
    emit_modrm(e, to, from);
}

#endif
