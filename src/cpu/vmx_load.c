/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMX loads and stores, and the alignment helpers lvsl and lvsr. Addresses are aligned by masking:
 * none of these can be misaligned. Facts: Power ISA v3.0B Book I, "Vector Storage Access".
 */
#include "vmx.h"
#include "pefemu/mmu.h"

static inline ea_t vmx_ea(const struct cpu *cpu, const struct insn *in)
{
    return cpu_ea(cpu, (in->ra ? cpu->gpr[in->ra] : 0) + cpu->gpr[in->rb]);
}

static inline trap_t vmx_load_quad(struct cpu *cpu, const struct insn *in)
{
    union vsr v;
    trap_t t = mem_load128(cpu, vmx_ea(cpu, in) & ~15ULL, &v);
    if (unlikely(t))
        return t;
    cpu->vsr[32 + in->rt] = v;
    return TRAP_NONE;
}

OP(lvx)
{
    return vmx_load_quad(cpu, in);
}

/* The hint "least recently used soon" means nothing here. */
OP(lvxl)
{
    return vmx_load_quad(cpu, in);
}

OP(stvx)
{
    return mem_store128(cpu, vmx_ea(cpu, in) & ~15ULL, &cpu->vsr[32 + in->rt]);
}

OP(stvxl)
{
    return mem_store128(cpu, vmx_ea(cpu, in) & ~15ULL, &cpu->vsr[32 + in->rt]);
}

/* Element of @n that belongs to @ea: where lvx of the same quadword would put those bytes. */
static inline unsigned vmx_lane(const struct cpu *cpu, ea_t ea, unsigned n)
{
    unsigned lane = (ea & 15) / (16 / n);
    return cpu->le ? n - 1 - lane : lane;
}

/* The ISA leaves the other elements of a load undefined; here they are zero. */
#define ELEMENT(letter, bits, LANE)                                                                \
    OP(lve##letter##x)                                                                             \
    {                                                                                              \
        ea_t ea = vmx_ea(cpu, in) & ~(bits / 8 - 1ULL);                                            \
        uint##bits##_t e;                                                                          \
        trap_t t = mem_load##bits(cpu, ea, &e);                                                    \
        if (unlikely(t))                                                                           \
            return t;                                                                              \
        cpu->vsr[32 + in->rt].q = 0;                                                               \
        LANE(cpu->vsr[32 + in->rt], vmx_lane(cpu, ea, 128 / bits)) = e;                            \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    OP(stve##letter##x)                                                                            \
    {                                                                                              \
        ea_t ea = vmx_ea(cpu, in) & ~(bits / 8 - 1ULL);                                            \
        return mem_store##bits(cpu, ea,                                                            \
                               LANE(cpu->vsr[32 + in->rt], vmx_lane(cpu, ea, 128 / bits)));        \
    }
ELEMENT(b, 8, VB)
ELEMENT(h, 16, VH)
ELEMENT(w, 32, VW)
#undef ELEMENT

/* Sixteen consecutive numbers, the first (leftmost) being @first; the same in both byte orders. */
static inline union vsr vmx_count_from(unsigned first)
{
    const uint64_t all = 0x0101010101010101;
    union vsr v;
    VD(v, 0) = 0x0001020304050607 + first * all;
    VD(v, 1) = 0x08090a0b0c0d0e0f + first * all;
    return v;
}

OP(lvsl)
{
    cpu->vsr[32 + in->rt] = vmx_count_from(vmx_ea(cpu, in) & 15);
    return TRAP_NONE;
}

OP(lvsr)
{
    cpu->vsr[32 + in->rt] = vmx_count_from(16 - (vmx_ea(cpu, in) & 15));
    return TRAP_NONE;
}
