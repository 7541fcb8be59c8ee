/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86-64 machine code, byte by byte: the part of the instruction set that the back end uses.
 *
 * A struct emit is a cursor; running over the end is remembered, not an error by itself, so that
 * whoever emits need not look after every instruction. Registers are numbers 0..15 as the
 * processor has them; memory operands are a base register and a displacement, or an index on top.
 */
#ifndef PEFEMU_ENGINE_JIT_X64_EMIT_H
#define PEFEMU_ENGINE_JIT_X64_EMIT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum x64_reg { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

/* Condition codes of jcc, setcc and cmovcc. */
enum x64_cc {
    CC_O,
    CC_NO,
    CC_B,
    CC_AE,
    CC_E,
    CC_NE,
    CC_BE,
    CC_A,
    CC_S,
    CC_NS,
    CC_P,
    CC_NP,
    CC_L,
    CC_GE,
    CC_LE,
    CC_G
};

struct emit {
    uint8_t *p;     /* where the next byte goes: the writable mapping */
    uint8_t *end;   /* nothing is written from here on */
    uint32_t wrote; /* general-purpose registers that code has changed since somebody cleared it */
    /* Code that ends here has left the flags alone since somebody set this. */
    const uint8_t *flags;
};

/* The longest instruction: callers of the functions below keep this much distance. */
#define X64_INSN_MAX 15

static inline bool emit_full(const struct emit *e)
{
    return e->end - e->p < X64_INSN_MAX;
}

static inline void emit_wrote(struct emit *e, unsigned r)
{
    e->wrote |= 1u << r;
}

/* The instruction from @from on leaves the flags alone. */
static inline void emit_kept_flags(struct emit *e, const uint8_t *from)
{
    if (e->flags == from)
        e->flags = e->p;
}

static inline void emit8(struct emit *e, unsigned v)
{
    if (e->p < e->end)
        *e->p++ = (uint8_t)v;
}

static inline void emit32(struct emit *e, uint32_t v)
{
    if (e->end - e->p >= 4) {
        memcpy(e->p, &v, 4);
        e->p += 4;
    } else {
        e->p = e->end;
    }
}

static inline void emit64(struct emit *e, uint64_t v)
{
    emit32(e, (uint32_t)v);
    emit32(e, (uint32_t)(v >> 32));
}

/* A memory operand: [base + index << scale + disp]; index NO_INDEX: none. */
#define NO_INDEX 0xff
struct x64_mem {
    uint8_t base, index, scale;
    int32_t disp;
};

static inline struct x64_mem mem_at(unsigned base, int32_t disp)
{
    return (struct x64_mem){(uint8_t)base, NO_INDEX, 0, disp};
}

static inline struct x64_mem mem_index(unsigned base, unsigned index, unsigned scale, int32_t disp)
{
    return (struct x64_mem){(uint8_t)base, (uint8_t)index, (uint8_t)scale, disp};
}

/* ModRM, SIB and displacement. */
static inline void emit_mem(struct emit *e, unsigned reg, struct x64_mem m)
{
    bool sib = m.index != NO_INDEX || (m.base & 7) == RSP;
    unsigned mod = m.disp == 0 && (m.base & 7) != RBP ? 0 : m.disp == (int8_t)m.disp ? 1 : 2;

    emit8(e, mod << 6 | (reg & 7) << 3 | (sib ? 4 : m.base & 7));
    if (sib)
        emit8(e,
              (unsigned)m.scale << 6 | (m.index == NO_INDEX ? 4 : m.index & 7) << 3 | (m.base & 7));
    if (mod == 1)
        emit8(e, (unsigned)m.disp);
    else if (mod == 2)
        emit32(e, (uint32_t)m.disp);
}

static inline void emit_modrm(struct emit *e, unsigned reg, unsigned rm)
{
    emit8(e, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

/* REX where it is needed. @w: 64-bit; @byte_reg: the register operand is a byte of SPL..DIL. */
static inline void emit_rex(struct emit *e, bool w, unsigned reg, unsigned index, unsigned base,
                            bool force)
{
    unsigned rex = 0x40 | w << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;

    if (rex != 0x40 || force)
        emit8(e, rex);
}

static inline void emit_rex_mem(struct emit *e, bool w, unsigned reg, struct x64_mem m, bool force)
{
    emit_rex(e, w, reg, m.index == NO_INDEX ? 0 : m.index, m.base, force);
}

/* ---- moves ---- */

static inline void x_mov_rr(struct emit *e, bool w, unsigned to, unsigned from)
{
    const uint8_t *at = e->p;

    emit_wrote(e, to);
    emit_rex(e, w, to, 0, from, false);
    emit8(e, 0x8b);
    emit_modrm(e, to, from);
    emit_kept_flags(e, at);
}

/* The low byte or halfword (@size 1 or 2) of @to only. */
static inline void x_insert_rr(struct emit *e, unsigned size, unsigned to, unsigned from)
{
    const uint8_t *at = e->p;

    emit_wrote(e, to);
    if (size == 2)
        emit8(e, 0x66);
    emit_rex(e, false, to, 0, from, size == 1 && (to >= 4 || from >= 4));
    emit8(e, size == 1 ? 0x8a : 0x8b);
    emit_modrm(e, to, from);
    emit_kept_flags(e, at);
}

static inline void x_mov_rm(struct emit *e, bool w, unsigned to, struct x64_mem m)
{
    const uint8_t *at = e->p;

    emit_wrote(e, to);
    emit_rex_mem(e, w, to, m, false);
    emit8(e, 0x8b);
    emit_mem(e, to, m);
    emit_kept_flags(e, at);
}

static inline void x_mov_mr(struct emit *e, bool w, struct x64_mem m, unsigned from)
{
    const uint8_t *at = e->p;

    emit_rex_mem(e, w, from, m, false);
    emit8(e, 0x89);
    emit_mem(e, from, m);
    emit_kept_flags(e, at);
}

static inline void x_mov_mr8(struct emit *e, struct x64_mem m, unsigned from)
{
    const uint8_t *at = e->p;

    emit_rex_mem(e, false, from, m, from >= 4);
    emit8(e, 0x88);
    emit_mem(e, from, m);
    emit_kept_flags(e, at);
}

static inline void x_mov_mr16(struct emit *e, struct x64_mem m, unsigned from)
{
    const uint8_t *at = e->p;

    emit8(e, 0x66);
    emit_rex_mem(e, false, from, m, false);
    emit8(e, 0x89);
    emit_mem(e, from, m);
    emit_kept_flags(e, at);
}

/* The shortest form that puts the 64-bit @v into a register; leaves the flags alone. */
static inline void x_mov_ri(struct emit *e, unsigned to, uint64_t v)
{
    const uint8_t *at = e->p;

    emit_wrote(e, to);
    if (v <= 0xffffffff) {
        emit_rex(e, false, 0, 0, to, false);
        emit8(e, 0xb8 | (to & 7));
        emit32(e, (uint32_t)v);
    } else if ((uint64_t)(int64_t)(int32_t)v == v) {
        emit_rex(e, true, 0, 0, to, false);
        emit8(e, 0xc7);
        emit_modrm(e, 0, to);
        emit32(e, (uint32_t)v);
    } else {
        emit_rex(e, true, 0, 0, to, false);
        emit8(e, 0xb8 | (to & 7));
        emit64(e, v);
    }
    emit_kept_flags(e, at);
}

/* Stores an immediate, sign-extended with @w. */
static inline void x_mov_mi(struct emit *e, bool w, struct x64_mem m, int32_t v)
{
    const uint8_t *at = e->p;

    emit_rex_mem(e, w, 0, m, false);
    emit8(e, 0xc7);
    emit_mem(e, 0, m);
    emit32(e, (uint32_t)v);
    emit_kept_flags(e, at);
}

static inline void x_mov_mi8(struct emit *e, struct x64_mem m, unsigned v)
{
    const uint8_t *at = e->p;

    emit_rex_mem(e, false, 0, m, false);
    emit8(e, 0xc6);
    emit_mem(e, 0, m);
    emit8(e, v);
    emit_kept_flags(e, at);
}

static inline void x_mov_mi16(struct emit *e, struct x64_mem m, unsigned v)
{
    const uint8_t *at = e->p;

    emit8(e, 0x66);
    emit_rex_mem(e, false, 0, m, false);
    emit8(e, 0xc7);
    emit_mem(e, 0, m);
    emit8(e, v & 0xff);
    emit8(e, v >> 8 & 0xff);
    emit_kept_flags(e, at);
}

/* movzx, movsx and movsxd; @op: the second opcode byte of the 0f map, 0x63 for movsxd. */
enum { X_MOVZX8 = 0xb6, X_MOVZX16 = 0xb7, X_MOVSX8 = 0xbe, X_MOVSX16 = 0xbf, X_MOVSXD = 0x63 };

static inline void x_ext_rr(struct emit *e, unsigned op, unsigned to, unsigned from)
{
    const uint8_t *at = e->p;

    bool byte = op == X_MOVZX8 || op == X_MOVSX8;
    bool w = op != X_MOVZX8 && op != X_MOVZX16;

    emit_wrote(e, to);
    emit_rex(e, w, to, 0, from, byte && from >= 4);
    if (op != X_MOVSXD)
        emit8(e, 0x0f);
    emit8(e, op);
    emit_modrm(e, to, from);
    emit_kept_flags(e, at);
}

static inline void x_ext_rm(struct emit *e, unsigned op, unsigned to, struct x64_mem m)
{
    const uint8_t *at = e->p;

    emit_wrote(e, to);
    emit_rex_mem(e, op != X_MOVZX8 && op != X_MOVZX16, to, m, false);
    if (op != X_MOVSXD)
        emit8(e, 0x0f);
    emit8(e, op);
    emit_mem(e, to, m);
    emit_kept_flags(e, at);
}

static inline void x_lea(struct emit *e, bool w, unsigned to, struct x64_mem m)
{
    const uint8_t *at = e->p;

    emit_wrote(e, to);
    emit_rex_mem(e, w, to, m, false);
    emit8(e, 0x8d);
    emit_mem(e, to, m);
    emit_kept_flags(e, at);
}

/* ---- arithmetic: add or adc sbb and sub xor cmp share one scheme ---- */
enum x64_alu { X_ADD, X_OR, X_ADC, X_SBB, X_AND, X_SUB, X_XOR, X_CMP };

static inline void x_alu_rr(struct emit *e, bool w, enum x64_alu op, unsigned to, unsigned from)
{
    if (op != X_CMP)
        emit_wrote(e, to);
    emit_rex(e, w, to, 0, from, false);
    emit8(e, op << 3 | 3);
    emit_modrm(e, to, from);
}

static inline void x_alu_rm(struct emit *e, bool w, enum x64_alu op, unsigned to, struct x64_mem m)
{
    if (op != X_CMP)
        emit_wrote(e, to);
    emit_rex_mem(e, w, to, m, false);
    emit8(e, op << 3 | 3);
    emit_mem(e, to, m);
}

static inline void x_alu_mr(struct emit *e, bool w, enum x64_alu op, struct x64_mem m,
                            unsigned from)
{
    emit_rex_mem(e, w, from, m, false);
    emit8(e, op << 3 | 1);
    emit_mem(e, from, m);
}

static inline void x_alu_ri(struct emit *e, bool w, enum x64_alu op, unsigned to, int32_t v)
{
    if (op != X_CMP)
        emit_wrote(e, to);
    emit_rex(e, w, 0, 0, to, false);
    emit8(e, v == (int8_t)v ? 0x83 : 0x81);
    emit_modrm(e, op, to);
    if (v == (int8_t)v)
        emit8(e, (unsigned)v);
    else
        emit32(e, (uint32_t)v);
}

static inline void x_alu_mi(struct emit *e, bool w, enum x64_alu op, struct x64_mem m, int32_t v)
{
    emit_rex_mem(e, w, 0, m, false);
    emit8(e, v == (int8_t)v ? 0x83 : 0x81);
    emit_mem(e, op, m);
    if (v == (int8_t)v)
        emit8(e, (unsigned)v);
    else
        emit32(e, (uint32_t)v);
}

static inline void x_alu_mi8(struct emit *e, enum x64_alu op, struct x64_mem m, unsigned v)
{
    emit_rex_mem(e, false, 0, m, false);
    emit8(e, 0x80);
    emit_mem(e, op, m);
    emit8(e, v);
}

/* cmp word [m], imm8 sign-extended */
static inline void x_cmp_mi16(struct emit *e, struct x64_mem m, int v)
{
    emit8(e, 0x66);
    emit_rex_mem(e, false, 0, m, false);
    emit8(e, 0x83);
    emit_mem(e, X_CMP, m);
    emit8(e, (unsigned)v);
}

static inline void x_test_rr(struct emit *e, bool w, unsigned a, unsigned b)
{
    emit_rex(e, w, b, 0, a, false);
    emit8(e, 0x85);
    emit_modrm(e, b, a);
}

/* test of the low bytes of AL..DL */
static inline void x_test_rr8(struct emit *e, unsigned a, unsigned b)
{
    emit8(e, 0x84);
    emit_modrm(e, b, a);
}

static inline void x_test_ri(struct emit *e, bool w, unsigned a, int32_t v)
{
    emit_rex(e, w, 0, 0, a, false);
    emit8(e, 0xf7);
    emit_modrm(e, 0, a);
    emit32(e, (uint32_t)v);
}

static inline void x_test_mi(struct emit *e, struct x64_mem m, uint32_t v)
{
    emit_rex_mem(e, false, 0, m, false);
    emit8(e, 0xf7);
    emit_mem(e, 0, m);
    emit32(e, v);
}

static inline void x_test_mi8(struct emit *e, struct x64_mem m, unsigned v)
{
    emit_rex_mem(e, false, 0, m, false);
    emit8(e, 0xf6);
    emit_mem(e, 0, m);
    emit8(e, v);
}

/* bt mem is slow; bt of a register by an immediate: CF = the bit */
static inline void x_bt_ri(struct emit *e, bool w, unsigned a, unsigned bit)
{
    emit_rex(e, w, 0, 0, a, false);
    emit8(e, 0x0f);
    emit8(e, 0xba);
    emit_modrm(e, 4, a);
    emit8(e, bit);
}

/* The carry flag is inverted. */
static inline void x_cmc(struct emit *e)
{
    emit8(e, 0xf5);
}

/* not neg mul imul div idiv of the f7 group, implicit RDX:RAX */
enum x64_unary { X_NOT = 2, X_NEG, X_MUL, X_IMUL, X_DIV, X_IDIV };

static inline void x_unary_r(struct emit *e, bool w, enum x64_unary op, unsigned r)
{
    e->wrote |= op < X_MUL ? 1u << r : 1u << RAX | 1u << RDX;
    emit_rex(e, w, 0, 0, r, false);
    emit8(e, 0xf7);
    emit_modrm(e, op, r);
}

static inline void x_imul_rr(struct emit *e, bool w, unsigned to, unsigned from)
{
    emit_wrote(e, to);
    emit_rex(e, w, to, 0, from, false);
    emit8(e, 0x0f);
    emit8(e, 0xaf);
    emit_modrm(e, to, from);
}

static inline void x_imul_rri(struct emit *e, bool w, unsigned to, unsigned from, int32_t v)
{
    emit_wrote(e, to);
    emit_rex(e, w, to, 0, from, false);
    emit8(e, 0x69);
    emit_modrm(e, to, from);
    emit32(e, (uint32_t)v);
}

/* cdq, cqo */
static inline void x_sign_rdx(struct emit *e, bool w)
{
    emit_wrote(e, RDX);
    emit_rex(e, w, 0, 0, 0, false);
    emit8(e, 0x99);
}

/* ---- shifts ---- */
enum x64_shift { X_ROL, X_ROR, X_RCL, X_RCR, X_SHL, X_SHR, X_SAR = 7 };

static inline void x_shift_ri(struct emit *e, bool w, enum x64_shift op, unsigned r, unsigned n)
{
    emit_wrote(e, r);
    emit_rex(e, w, 0, 0, r, false);
    emit8(e, 0xc1);
    emit_modrm(e, op, r);
    emit8(e, n);
}

static inline void x_shift_cl(struct emit *e, bool w, enum x64_shift op, unsigned r)
{
    emit_wrote(e, r);
    emit_rex(e, w, 0, 0, r, false);
    emit8(e, 0xd3);
    emit_modrm(e, op, r);
}

/* ---- VEX-coded general-purpose instructions (BMI1, BMI2) ---- */

/* @map: 1 0f, 2 0f38, 3 0f3a; @pp: 0 none, 1 66, 2 f3, 3 f2 */
static inline void emit_vex(struct emit *e, bool w, unsigned map, unsigned pp, bool l256,
                            unsigned reg, unsigned vvvv, unsigned index, unsigned base)
{
    emit8(e, 0xc4);
    emit8(e, (unsigned)!(reg >> 3) << 7 | (unsigned)!(index >> 3) << 6 |
                 (unsigned)!(base >> 3) << 5 | map);
    emit8(e, (unsigned)w << 7 | (~vvvv & 15) << 3 | (unsigned)l256 << 2 | pp);
}

static inline void x_rorx(struct emit *e, bool w, unsigned to, unsigned from, unsigned n)
{
    const uint8_t *at = e->p;

    emit_wrote(e, to);
    emit_vex(e, w, 3, 3, false, to, 0, 0, from);
    emit8(e, 0xf0);
    emit_modrm(e, to, from);
    emit8(e, n);
    emit_kept_flags(e, at);
}

static inline void x_rorx_rm(struct emit *e, bool w, unsigned to, struct x64_mem m, unsigned n)
{
    const uint8_t *at = e->p;

    emit_wrote(e, to);
    emit_vex(e, w, 3, 3, false, to, 0, m.index == NO_INDEX ? 0 : m.index, m.base);
    emit8(e, 0xf0);
    emit_mem(e, to, m);
    emit8(e, n);
    emit_kept_flags(e, at);
}

/* shlx (pp 1), sarx (2), shrx (3): to = from shifted by the low bits of @count */
static inline void x_shiftx(struct emit *e, bool w, unsigned pp, unsigned to, unsigned from,
                            unsigned count)
{
    emit_wrote(e, to);
    emit_vex(e, w, 2, pp, false, to, count, 0, from);
    emit8(e, 0xf7);
    emit_modrm(e, to, from);
}

/* andn: to = ~a & b */
static inline void x_andn(struct emit *e, bool w, unsigned to, unsigned a, unsigned b)
{
    emit_wrote(e, to);
    emit_vex(e, w, 2, 0, false, to, a, 0, b);
    emit8(e, 0xf2);
    emit_modrm(e, to, b);
}

/* lzcnt (0xbd), tzcnt (0xbc), popcnt (0xb8) */
enum { X_TZCNT = 0xbc, X_LZCNT = 0xbd, X_POPCNT = 0xb8 };

static inline void x_count_rr(struct emit *e, bool w, unsigned op, unsigned to, unsigned from)
{
    emit_wrote(e, to);
    emit8(e, 0xf3);
    emit_rex(e, w, to, 0, from, false);
    emit8(e, 0x0f);
    emit8(e, op);
    emit_modrm(e, to, from);
}

static inline void x_bswap(struct emit *e, bool w, unsigned r)
{
    emit_wrote(e, r);
    emit_rex(e, w, 0, 0, r, false);
    emit8(e, 0x0f);
    emit8(e, 0xc8 | (r & 7));
}

/* movbe r, [m] */
static inline void x_movbe_rm(struct emit *e, bool w, unsigned to, struct x64_mem m)
{
    emit_wrote(e, to);
    emit_rex_mem(e, w, to, m, false);
    emit8(e, 0x0f);
    emit8(e, 0x38);
    emit8(e, 0xf0);
    emit_mem(e, to, m);
}

static inline void x_movbe_mr(struct emit *e, bool w, struct x64_mem m, unsigned from)
{
    emit_rex_mem(e, w, from, m, false);
    emit8(e, 0x0f);
    emit8(e, 0x38);
    emit8(e, 0xf1);
    emit_mem(e, from, m);
}

/* rol word r, 8: the two low bytes change places */
static inline void x_swap16(struct emit *e, unsigned r)
{
    emit_wrote(e, r);
    emit8(e, 0x66);
    emit_rex(e, false, 0, 0, r, false);
    emit8(e, 0xc1);
    emit_modrm(e, X_ROL, r);
    emit8(e, 8);
}

/* ---- flags ---- */

static inline void x_setcc_r(struct emit *e, enum x64_cc cc, unsigned r)
{
    const uint8_t *at = e->p;

    emit_wrote(e, r);
    emit_rex(e, false, 0, 0, r, r >= 4);
    emit8(e, 0x0f);
    emit8(e, 0x90 | cc);
    emit_modrm(e, 0, r);
    emit_kept_flags(e, at);
}

/* of AH: no REX may stand in front */
static inline void x_setcc_ah(struct emit *e, enum x64_cc cc)
{
    const uint8_t *at = e->p;

    emit_wrote(e, RAX);
    emit8(e, 0x0f);
    emit8(e, 0x90 | cc);
    emit_modrm(e, 0, 4);
    emit_kept_flags(e, at);
}

static inline void x_setcc_m(struct emit *e, enum x64_cc cc, struct x64_mem m)
{
    const uint8_t *at = e->p;

    emit_rex_mem(e, false, 0, m, false);
    emit8(e, 0x0f);
    emit8(e, 0x90 | cc);
    emit_mem(e, 0, m);
    emit_kept_flags(e, at);
}

static inline void x_cmov_rr(struct emit *e, bool w, enum x64_cc cc, unsigned to, unsigned from)
{
    const uint8_t *at = e->p;

    emit_wrote(e, to);
    emit_rex(e, w, to, 0, from, false);
    emit8(e, 0x0f);
    emit8(e, 0x40 | cc);
    emit_modrm(e, to, from);
    emit_kept_flags(e, at);
}

/* ---- control flow; rel32 fields are filled by x_patch() ---- */

/* Returns where the 32-bit distance stands. */
static inline uint8_t *x_jcc(struct emit *e, enum x64_cc cc)
{
    const uint8_t *at = e->p;

    emit8(e, 0x0f);
    emit8(e, 0x80 | cc);
    emit32(e, 0);
    emit_kept_flags(e, at);
    return e->p - 4;
}

static inline uint8_t *x_jmp(struct emit *e)
{
    emit8(e, 0xe9);
    emit32(e, 0);
    return e->p - 4;
}

static inline uint8_t *x_call(struct emit *e)
{
    e->wrote = ~0u;
    emit8(e, 0xe8);
    emit32(e, 0);
    return e->p - 4;
}

/* The distance field at @at leads to @to; both in the same mapping. */
static inline void x_patch(uint8_t *at, const uint8_t *to)
{
    int32_t distance = (int32_t)(to - (at + 4));

    memcpy(at, &distance, 4);
}

/* What stands from @at to @end, a move of a register to a field of struct cpu, does nothing. */
static inline void x_nop(uint8_t *at, const uint8_t *end)
{
    static const uint8_t nop[2][7] = {{0x0f, 0x1f, 0x40}, {0x0f, 0x1f, 0x80}};

    assert(end - at == 4 || end - at == 7);
    memcpy(at, nop[end - at == 7], (size_t)(end - at));
}

static inline void x_jmp_r(struct emit *e, unsigned r)
{
    emit_rex(e, false, 0, 0, r, false);
    emit8(e, 0xff);
    emit_modrm(e, 4, r);
}

static inline void x_call_r(struct emit *e, unsigned r)
{
    e->wrote = ~0u;
    emit_rex(e, false, 0, 0, r, false);
    emit8(e, 0xff);
    emit_modrm(e, 2, r);
}

/* jmp [rip + distance]; returns the distance field */
static inline uint8_t *x_jmp_rip(struct emit *e)
{
    emit8(e, 0xff);
    emit8(e, 0x25);
    emit32(e, 0);
    return e->p - 4;
}

/* ---- atomic accesses ---- */

/* lock cmpxchg: AL..RAX with what is there, @from by the same. */
static inline void x_lock_cmpxchg(struct emit *e, unsigned size, struct x64_mem m, unsigned from)
{
    emit_wrote(e, RAX);
    emit8(e, 0xf0);
    if (size == 2)
        emit8(e, 0x66);
    emit_rex_mem(e, size == 8, from, m, size == 1 && from >= 4);
    emit8(e, 0x0f);
    emit8(e, size == 1 ? 0xb0 : 0xb1);
    emit_mem(e, from, m);
}

/* lock or dword [rsp], 0: a full barrier, faster than mfence. Changes the flags. */
static inline void x_fence(struct emit *e)
{
    emit8(e, 0xf0);
    x_alu_mi(e, false, X_OR, mem_at(RSP, 0), 0);
}

static inline void x_push(struct emit *e, unsigned r)
{
    emit_rex(e, false, 0, 0, r, false);
    emit8(e, 0x50 | (r & 7));
}

static inline void x_pop(struct emit *e, unsigned r)
{
    emit_wrote(e, r);
    emit_rex(e, false, 0, 0, r, false);
    emit8(e, 0x58 | (r & 7));
}

static inline void x_ret(struct emit *e)
{
    emit8(e, 0xc3);
}

#endif
