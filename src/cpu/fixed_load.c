/*
 * Fixed-point loads. Power ISA 3.0B Book I, "Fixed-Point Load Instructions", "... with Byte
 * Reversal", "Load Multiple", "Move Assist". Included again by the interp engine (OP_LINKAGE).
 */
#include "pefemu/cpu.h"
#include "pefemu/mmu.h"
#include "atomic_shared.h"
#include "fixed.h"

/* @type: the loaded unit as it is extended to 64 bits, signed or not. */
#define LOAD(name, bits, type, ea_form)                                                            \
    OP(name)                                                                                       \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
        trap_t trap = mem_load##bits(cpu, ea_form(cpu, in), &v);                                   \
        if (unlikely(trap))                                                                        \
            return trap;                                                                           \
        cpu->gpr[in->rt] = (uint64_t)(int64_t)(type)v;                                             \
        return TRAP_NONE;                                                                          \
    }

/* RA=RT is an invalid form: the datum stays. */
#define LOAD_UPDATE(name, bits, type, ea_form)                                                     \
    OP(name)                                                                                       \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
        ea_t ea = ea_form(cpu, in);                                                                \
        trap_t trap = mem_load##bits(cpu, ea, &v);                                                 \
        if (unlikely(trap))                                                                        \
            return trap;                                                                           \
        cpu->gpr[in->ra] = ea;                                                                     \
        cpu->gpr[in->rt] = (uint64_t)(int64_t)(type)v;                                             \
        return TRAP_NONE;                                                                          \
    }

#define LOAD_REVERSED(name, bits)                                                                  \
    OP(name)                                                                                       \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
        trap_t trap = mem_load##bits(cpu, ea_index(cpu, in), &v);                                  \
        if (unlikely(trap))                                                                        \
            return trap;                                                                           \
        cpu->gpr[in->rt] = __builtin_bswap##bits(v);                                               \
        return TRAP_NONE;                                                                          \
    }

/* name, nameu, namex, nameux */
#define LOAD_FORMS(name, stem, bits, type)                                                         \
    LOAD(name, bits, type, ea_disp)                                                                \
    LOAD_UPDATE(stem##u, bits, type, ea_disp)                                                      \
    LOAD(stem##x, bits, type, ea_index)                                                            \
    LOAD_UPDATE(stem##ux, bits, type, ea_index)

LOAD_FORMS(lbz, lbz, 8, uint8_t)
LOAD_FORMS(lhz, lhz, 16, uint16_t)
LOAD_FORMS(lha, lha, 16, int16_t)
LOAD_FORMS(lwz, lwz, 32, uint32_t)
LOAD_FORMS(ld, ld, 64, uint64_t)

/* There is no lwau. */
LOAD(lwa, 32, int32_t, ea_disp)
LOAD(lwax, 32, int32_t, ea_index)
LOAD_UPDATE(lwaux, 32, int32_t, ea_index)

LOAD_REVERSED(lhbrx, 16)
LOAD_REVERSED(lwbrx, 32)
LOAD_REVERSED(ldbrx, 64)

/* Caching-inhibited loads of the hypervisor: the real address alone decides what is a device. */
LOAD(lbzcix, 8, uint8_t, ea_index)
LOAD(lhzcix, 16, uint16_t, ea_index)
LOAD(lwzcix, 32, uint32_t, ea_index)
LOAD(ldcix, 64, uint64_t, ea_index)

/* RT is the even register of a pair; the pair holds the quadword as one number in either mode. */
OP(lq)
{
    union vsr v;
    ea_t ea = ea_disp(cpu, in);
    if (in->rt & 1)
        return cpu_illegal(cpu, in->word);
    if (ea & 15)
        return trap_alignment(cpu, ea);
    IF_SHARED(cpu, shared_load_pair(cpu, ea, &cpu->gpr[in->rt]));
    trap_t trap = mem_load128(cpu, ea, &v);
    if (unlikely(trap))
        return trap;
    cpu->gpr[in->rt] = VD(v, 0);
    cpu->gpr[in->rt + 1] = VD(v, 1);
    return TRAP_NONE;
}

/* ---- multiple and string: alignment interrupt in little-endian mode ---- */

OP(lmw)
{
    uint32_t v[32];
    ea_t ea = ea_disp(cpu, in);
    if (cpu->le)
        return trap_alignment(cpu, ea);
    for (unsigned r = in->rt; r < 32; r++) {
        trap_t trap = mem_load32(cpu, cpu_ea(cpu, ea + 4 * (r - in->rt)), &v[r]);
        if (unlikely(trap))
            return trap;
    }
    for (unsigned r = in->rt; r < 32; r++)
        cpu->gpr[r] = v[r];
    return TRAP_NONE;
}

/* @n bytes, left to right, into the low words of RT, RT+1 ..., r31 being followed by r0. */
static inline trap_t load_string(struct cpu *cpu, const struct insn *in, ea_t ea, unsigned n)
{
    uint8_t bytes[128] = {0};
    if (cpu->le)
        return trap_alignment(cpu, ea);
    for (unsigned i = 0; i < n; i++) {
        trap_t trap = mem_load8(cpu, cpu_ea(cpu, ea + i), &bytes[i]);
        if (unlikely(trap))
            return trap;
    }
    for (unsigned i = 0; i < n; i += 4)
        cpu->gpr[(in->rt + i / 4) & 31] = get_be32(bytes + i);
    return TRAP_NONE;
}

OP(lswi)
{
    return load_string(cpu, in, cpu_ea(cpu, ra_or_0(cpu, in)), in->rb ? in->rb : 32);
}

OP(lswx)
{
    return load_string(cpu, in, ea_index(cpu, in), cpu->xer_len & 127);
}

#undef LOAD
#undef LOAD_UPDATE
#undef LOAD_REVERSED
#undef LOAD_FORMS
