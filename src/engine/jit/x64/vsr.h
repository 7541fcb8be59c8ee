/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector-scalar registers in xmm registers.
 *
 * What was loaded or computed stays in an xmm register until the end of the block. A register is
 * cached whole, or as a scalar: doubleword 0 in the low half of the xmm, or that as a single, the
 * rest undefined. It may be cached in more than one of these views.
 *
 * Results are dirty: cpu->vsr[] has them only when the block ends, a handler is called, or the xmm
 * register is wanted for something else; so those that are overwritten before are never stored.
 * Code behind the region that leaves or calls stores what was dirty where it was jumped to.
 * Likewise the record for FPRF, FR and FI (src/cpu/fp_host.h) of the last operation stays a fact
 * known to the translator alone, its operands kept in their xmm registers.
 *
 * XMM0 and XMM1 are scratch. The functions never hand out a register that the present instruction
 * has asked for before (its operands stay where they are until it ends).
 */
#ifndef PEFEMU_ENGINE_JIT_X64_VSR_H
#define PEFEMU_ENGINE_JIT_X64_VSR_H

#include "tr.h"

/* A single is exact as such, and no signalling NaN. */
enum vsr_view { VSR_WHOLE, VSR_SCALAR, VSR_SINGLE };

/* VSR @n in memory: all of it, and doubleword 0 or 1 (host order has doubleword 0 at the end). */
static inline struct x64_mem vsr_mem(unsigned n)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, vsr) + 16 * n) - CPU_BIAS);
}
static inline struct x64_mem vsr_dword_mem(unsigned n, unsigned dword)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, vsr) + 16 * n + 8 * (1 - dword)) - CPU_BIAS);
}

/* VSR @n in an xmm register, whole or as a scalar, loaded if need be. It must not be changed. */
unsigned vsr_read(struct tr *t, unsigned n, enum vsr_view view);
/* The xmm register that VSR @n is in already, or -1. */
int vsr_cached(struct tr *t, unsigned n, enum vsr_view view);
/* An xmm register for a result or as scratch, until the instruction ends or it is written. */
unsigned vsr_new(struct tr *t);
/* VSR @n becomes what is in @x, a register from vsr_new(). But for VSR_WHOLE: doubleword 1 becomes
 * 0. */
void vsr_write(struct tr *t, unsigned n, unsigned x, enum vsr_view view);
/* The same with a single. */
void vsr_write_single(struct tr *t, unsigned n, unsigned x);
/* cpu->vsr[@n] is right. Uses XMM1. */
void vsr_settle(struct tr *t, unsigned n);
/* All that is dirty is stored, and the record. Host flags survive. Uses XMM1. */
void vsr_flush(struct tr *t);
/* The same on a way out: the state stays as it is. */
void vsr_emit(struct tr *t, const struct vsr_state *s);
/* Nothing is cached any more: control comes from elsewhere, or a handler was called. */
void vsr_forget(struct tr *t);
/* Between instructions. */
void vsr_next_insn(struct tr *t);
/* Around the call of a handler in late code, which keeps no xmm register: memory becomes right for
 * it; what @l says is cached behind is loaded again. */
void vsr_save(struct tr *t, const struct late *l);
void vsr_reload(struct tr *t, const struct late *l);

/* ---- FPRF, FR and FI ---- */

/* An operand of what is recorded: its place in struct fp_lazy (0 a, 1 b, 2 c), register and view.
 */
struct fp_operand {
    uint8_t place, x, view;
};
/* An operation (enum fp_lazy_kind) with its operands, all read before the handler may be called.
 * The handler's result must be what comes of repeating it. */
void fp_record(struct tr *t, unsigned kind, const struct fp_operand *operands, unsigned n);
/* The same of what the instruction has just written, from @x: @kind leaves it as it is. */
void fp_record_result(struct tr *t, unsigned kind, unsigned x);
/* The record goes to memory now, or is overwritten there by the caller. */
void fp_record_now(struct tr *t);
void fp_record_none(struct tr *t);

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
    emit_wrote(e, to);
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
