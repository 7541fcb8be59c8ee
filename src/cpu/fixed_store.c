/*
 * Fixed-point stores. Power ISA 3.0B Book I, "Fixed-Point Store Instructions", "... with Byte
 * Reversal", "Store Multiple", "Move Assist". RS is the RT field. Included again by the interp
 * engine (OP_LINKAGE).
 */
#include "pefemu/cpu.h"
#include "pefemu/mmu.h"
#include "atomic_shared.h"
#include "fixed.h"

#define STORE(name, bits, ea_form)                                                                 \
    OP(name)                                                                                       \
    {                                                                                              \
        return mem_store##bits(cpu, ea_form(cpu, in), (uint##bits##_t)cpu->gpr[in->rt]);           \
    }

#define STORE_UPDATE(name, bits, ea_form)                                                          \
    OP(name)                                                                                       \
    {                                                                                              \
        ea_t ea = ea_form(cpu, in);                                                                \
        trap_t trap = mem_store##bits(cpu, ea, (uint##bits##_t)cpu->gpr[in->rt]);                  \
        if (unlikely(trap))                                                                        \
            return trap;                                                                           \
        cpu->gpr[in->ra] = ea;                                                                     \
        return TRAP_NONE;                                                                          \
    }

#define STORE_REVERSED(name, bits)                                                                 \
    OP(name)                                                                                       \
    {                                                                                              \
        uint##bits##_t v = (uint##bits##_t)cpu->gpr[in->rt];                                       \
        return mem_store##bits(cpu, ea_index(cpu, in), __builtin_bswap##bits(v));                  \
    }

/* name, nameu, namex, nameux */
#define STORE_FORMS(name, bits)                                                                    \
    STORE(name, bits, ea_disp)                                                                     \
    STORE_UPDATE(name##u, bits, ea_disp)                                                           \
    STORE(name##x, bits, ea_index)                                                                 \
    STORE_UPDATE(name##ux, bits, ea_index)

STORE_FORMS(stb, 8)
STORE_FORMS(sth, 16)
STORE_FORMS(stw, 32)
STORE_FORMS(std, 64)

STORE_REVERSED(sthbrx, 16)
STORE_REVERSED(stwbrx, 32)
STORE_REVERSED(stdbrx, 64)

/* Caching-inhibited stores of the hypervisor: the real address alone decides what is a device. */
STORE(stbcix, 8, ea_index)
STORE(sthcix, 16, ea_index)
STORE(stwcix, 32, ea_index)
STORE(stdcix, 64, ea_index)

/* RS is the even register of a pair that holds the quadword as one number. */
OP(stq)
{
    union vsr v;
    ea_t ea = ea_disp(cpu, in);
    if (in->rt & 1)
        return cpu_illegal(cpu, in->word);
    if (ea & 15)
        return trap_alignment(cpu, ea);
    IF_SHARED(cpu, shared_store_pair(cpu, ea, &cpu->gpr[in->rt]));
    VD(v, 0) = cpu->gpr[in->rt];
    VD(v, 1) = cpu->gpr[in->rt + 1];
    return mem_store128(cpu, ea, &v);
}

/* ---- multiple and string: alignment interrupt in little-endian mode ---- */

/* The bytes go out only when all of them may. */
static inline trap_t store_bytes(struct cpu *cpu, ea_t ea, unsigned n, const uint8_t *bytes)
{
    if (cpu->le)
        return trap_alignment(cpu, ea);
    trap_t trap = n ? mmu_check_store(cpu, ea, n) : TRAP_NONE;
    for (unsigned i = 0; i < n && !trap; i++)
        trap = mem_store8(cpu, cpu_ea(cpu, ea + i), bytes[i]);
    return trap;
}

OP(stmw)
{
    uint8_t bytes[128] = {0};
    for (unsigned r = in->rt; r < 32; r++)
        put_be32(bytes + 4 * (r - in->rt), (uint32_t)cpu->gpr[r]);
    return store_bytes(cpu, ea_disp(cpu, in), 4 * (32u - in->rt), bytes);
}

/* @n bytes from the low words of RS, RS+1 ..., r31 being followed by r0. */
static inline trap_t store_string(struct cpu *cpu, const struct insn *in, ea_t ea, unsigned n)
{
    uint8_t bytes[128];
    for (unsigned i = 0; i < 32; i++)
        put_be32(bytes + 4 * i, (uint32_t)cpu->gpr[(in->rt + i) & 31]);
    return store_bytes(cpu, ea, n, bytes);
}

OP(stswi)
{
    return store_string(cpu, in, cpu_ea(cpu, ra_or_0(cpu, in)), in->rb ? in->rb : 32);
}

OP(stswx)
{
    return store_string(cpu, in, ea_index(cpu, in), cpu->xer_len & 127);
}

#undef STORE
#undef STORE_UPDATE
#undef STORE_REVERSED
#undef STORE_FORMS
