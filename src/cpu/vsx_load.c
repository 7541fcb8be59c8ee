// SPDX-License-Identifier: Apache-2.0
/*
 * VSX loads and stores. mem_load128() delivers the 16 bytes as one number; the forms that are
 * defined by elements (d2x, w4x, h8x, b16x) differ from it only in little-endian mode, where the
 * elements stand in memory in the opposite order. Each is one access, so it faults as a whole.
 */
#include "pefemu/mmu.h"
#include "vsx.h"

static inline ea_t vsx_ea_x(const struct cpu *cpu, const struct insn *in)
{
    return cpu_ea(cpu, (in->ra ? cpu->gpr[in->ra] : 0) + cpu->gpr[in->rb]);
}

static inline ea_t vsx_ea_d(const struct cpu *cpu, const struct insn *in)
{
    return cpu_ea(cpu, (in->ra ? cpu->gpr[in->ra] : 0) + (uint64_t)in->imm);
}

/* ---- whole registers ---- */

OP(lxv)
{
    return mem_load128(cpu, vsx_ea_d(cpu, in), &cpu->vsr[in->rt]);
}

OP(stxv)
{
    return mem_store128(cpu, vsx_ea_d(cpu, in), &cpu->vsr[in->rt]);
}

OP(lxvx)
{
    return mem_load128(cpu, vsx_ea_x(cpu, in), &cpu->vsr[in->rt]);
}

OP(stxvx)
{
    return mem_store128(cpu, vsx_ea_x(cpu, in), &cpu->vsr[in->rt]);
}

/* ---- by elements ---- */

static inline union vsr vsx_reverse_d(union vsr v)
{
    return (union vsr){.d = {v.d[1], v.d[0]}};
}

static inline union vsr vsx_reverse_w(union vsr v)
{
    return (union vsr){.w = {v.w[3], v.w[2], v.w[1], v.w[0]}};
}

static inline union vsr vsx_reverse_h(union vsr v)
{
    return (union vsr){.h = {v.h[7], v.h[6], v.h[5], v.h[4], v.h[3], v.h[2], v.h[1], v.h[0]}};
}

static inline union vsr vsx_reverse_b(union vsr v)
{
    return (union vsr){.d = {__builtin_bswap64(v.d[1]), __builtin_bswap64(v.d[0])}};
}

#define VSX_ELEMENTS(suffix, reverse)                                                              \
    OP(lxv##suffix)                                                                                \
    {                                                                                              \
        union vsr v;                                                                               \
        trap_t trap = mem_load128(cpu, vsx_ea_x(cpu, in), &v);                                     \
        if (likely(!trap))                                                                         \
            cpu->vsr[in->rt] = likely(cpu->le) ? reverse(v) : v;                                   \
        return trap;                                                                               \
    }                                                                                              \
    OP(stxv##suffix)                                                                               \
    {                                                                                              \
        union vsr v = cpu->vsr[in->rt];                                                            \
        v = likely(cpu->le) ? reverse(v) : v;                                                      \
        return mem_store128(cpu, vsx_ea_x(cpu, in), &v);                                           \
    }
VSX_ELEMENTS(d2x, vsx_reverse_d)
VSX_ELEMENTS(w4x, vsx_reverse_w)
VSX_ELEMENTS(h8x, vsx_reverse_h)
VSX_ELEMENTS(b16x, vsx_reverse_b)
#undef VSX_ELEMENTS

OP(lxvdsx)
{
    uint64_t v;
    trap_t trap = mem_load64(cpu, vsx_ea_x(cpu, in), &v);
    if (likely(!trap))
        vsx_set_d(cpu, in->rt, v, v);
    return trap;
}

OP(lxvwsx)
{
    uint32_t v;
    trap_t trap = mem_load32(cpu, vsx_ea_x(cpu, in), &v);
    if (likely(!trap))
        vsx_set_d(cpu, in->rt, v * 0x100000001ULL, v * 0x100000001ULL);
    return trap;
}

/* ---- with length: RB[0:7] bytes, at most 16, from the address in RA ---- */

static inline ea_t vsx_ea_length(const struct cpu *cpu, const struct insn *in, unsigned *n)
{
    uint64_t length = cpu->gpr[in->rb] >> 56;
    *n = length < 16 ? length : 16;
    return cpu_ea(cpu, in->ra ? cpu->gpr[in->ra] : 0);
}

/* @justify_right: the bytes are a little-endian number, else the leftmost bytes of the register. */
static trap_t vsx_load_length(struct cpu *cpu, const struct insn *in, bool justify_right)
{
    uint8_t bytes[16] = {0};
    unsigned n;
    ea_t ea = vsx_ea_length(cpu, in, &n);
    trap_t trap = n ? mmu_load(cpu, ea, n, bytes) : TRAP_NONE;
    if (trap)
        return trap;
    if (justify_right)
        vsx_set_d(cpu, in->rt, get_le64(bytes + 8), get_le64(bytes));
    else
        vsx_set_d(cpu, in->rt, get_be64(bytes), get_be64(bytes + 8));
    return TRAP_NONE;
}

static trap_t vsx_store_length(struct cpu *cpu, const struct insn *in, bool justify_right)
{
    const union vsr *v = &cpu->vsr[in->rt];
    uint8_t bytes[16];
    unsigned n;
    ea_t ea = vsx_ea_length(cpu, in, &n);
    if (justify_right) {
        put_le64(bytes, VD(*v, 1));
        put_le64(bytes + 8, VD(*v, 0));
    } else {
        put_be64(bytes, VD(*v, 0));
        put_be64(bytes + 8, VD(*v, 1));
    }
    return n ? mmu_store(cpu, ea, n, bytes) : TRAP_NONE;
}

OP(lxvl)
{
    return vsx_load_length(cpu, in, cpu->le);
}

OP(lxvll)
{
    return vsx_load_length(cpu, in, false);
}

OP(stxvl)
{
    return vsx_store_length(cpu, in, cpu->le);
}

OP(stxvll)
{
    return vsx_store_length(cpu, in, false);
}

/* ---- scalars ---- */

#define VSX_LOAD(name, bits, form, value)                                                          \
    OP(name)                                                                                       \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
        trap_t trap = mem_load##bits(cpu, vsx_ea_##form(cpu, in), &v);                             \
        if (likely(!trap))                                                                         \
            vsx_set_d(cpu, in->rt, value, 0);                                                      \
        return trap;                                                                               \
    }
VSX_LOAD(lxsd, 64, d, v)
VSX_LOAD(lxsdx, 64, x, v)
VSX_LOAD(lxssp, 32, d, f32_to_f64_bits(v))
VSX_LOAD(lxsspx, 32, x, f32_to_f64_bits(v))
VSX_LOAD(lxsiwax, 32, x, (uint64_t)(int32_t)v)
VSX_LOAD(lxsiwzx, 32, x, v)
VSX_LOAD(lxsihzx, 16, x, v)
VSX_LOAD(lxsibzx, 8, x, v)
#undef VSX_LOAD

#define VSX_STORE(name, bits, form, value)                                                         \
    OP(name)                                                                                       \
    {                                                                                              \
        return mem_store##bits(cpu, vsx_ea_##form(cpu, in), value);                                \
    }
VSX_STORE(stxsd, 64, d, XT_D0)
VSX_STORE(stxsdx, 64, x, XT_D0)
VSX_STORE(stxssp, 32, d, f64_to_f32_bits(XT_D0))
VSX_STORE(stxsspx, 32, x, f64_to_f32_bits(XT_D0))
VSX_STORE(stxsiwx, 32, x, (uint32_t)XT_D0)
VSX_STORE(stxsihx, 16, x, (uint16_t)XT_D0)
VSX_STORE(stxsibx, 8, x, (uint8_t)XT_D0)
#undef VSX_STORE
