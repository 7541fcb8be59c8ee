// SPDX-License-Identifier: Apache-2.0
/*
 * Floating-point loads and stores. Single-precision numbers change format on the way, without
 * rounding or flags.
 * Facts: Power ISA v3.0B Book I, "Floating-Point Storage Access Instructions".
 */
#include "fp.h"
#include "pefemu/mmu.h"

static ea_t ea_displacement(const struct cpu *cpu, const struct insn *in)
{
    return cpu_ea(cpu, (in->ra ? cpu->gpr[in->ra] : 0) + (uint64_t)in->imm);
}

static ea_t ea_indexed(const struct cpu *cpu, const struct insn *in)
{
    return cpu_ea(cpu, (in->ra ? cpu->gpr[in->ra] : 0) + cpu->gpr[in->rb]);
}

static inline trap_t load_single(struct cpu *cpu, const struct insn *in, ea_t ea)
{
    uint32_t v;
    trap_t t = mem_load32(cpu, ea, &v);
    if (unlikely(t))
        return t;
    set_fpr(cpu, in->rt, f32_to_f64_bits(v));
    return TRAP_NONE;
}

static inline trap_t load_double(struct cpu *cpu, const struct insn *in, ea_t ea)
{
    uint64_t v;
    trap_t t = mem_load64(cpu, ea, &v);
    if (unlikely(t))
        return t;
    set_fpr(cpu, in->rt, v);
    return TRAP_NONE;
}

static inline trap_t store_single(struct cpu *cpu, const struct insn *in, ea_t ea)
{
    return mem_store32(cpu, ea, f64_to_f32_bits(VD(cpu->vsr[in->rt], 0)));
}

static inline trap_t store_double(struct cpu *cpu, const struct insn *in, ea_t ea)
{
    return mem_store64(cpu, ea, VD(cpu->vsr[in->rt], 0));
}

/* Update forms with RA=0 are invalid. */
#define FP_ACCESS(name, access, address)                                                           \
    OP(name)                                                                                       \
    {                                                                                              \
        return access(cpu, in, address(cpu, in));                                                  \
    }
#define FP_ACCESS_UPDATE(name, access, address)                                                    \
    OP(name)                                                                                       \
    {                                                                                              \
        ea_t ea = address(cpu, in);                                                                \
        if (unlikely(in->ra == 0))                                                                 \
            return cpu_illegal(cpu, in->word);                                                     \
        trap_t t = access(cpu, in, ea);                                                            \
        if (unlikely(t))                                                                           \
            return t;                                                                              \
        cpu->gpr[in->ra] = ea;                                                                     \
        return TRAP_NONE;                                                                          \
    }

FP_ACCESS(lfs, load_single, ea_displacement)
FP_ACCESS(lfsx, load_single, ea_indexed)
FP_ACCESS_UPDATE(lfsu, load_single, ea_displacement)
FP_ACCESS_UPDATE(lfsux, load_single, ea_indexed)
FP_ACCESS(lfd, load_double, ea_displacement)
FP_ACCESS(lfdx, load_double, ea_indexed)
FP_ACCESS_UPDATE(lfdu, load_double, ea_displacement)
FP_ACCESS_UPDATE(lfdux, load_double, ea_indexed)
FP_ACCESS(stfs, store_single, ea_displacement)
FP_ACCESS(stfsx, store_single, ea_indexed)
FP_ACCESS_UPDATE(stfsu, store_single, ea_displacement)
FP_ACCESS_UPDATE(stfsux, store_single, ea_indexed)
FP_ACCESS(stfd, store_double, ea_displacement)
FP_ACCESS(stfdx, store_double, ea_indexed)
FP_ACCESS_UPDATE(stfdu, store_double, ea_displacement)
FP_ACCESS_UPDATE(stfdux, store_double, ea_indexed)

OP(lfiwax)
{
    uint32_t v;
    trap_t t = mem_load32(cpu, ea_indexed(cpu, in), &v);
    if (unlikely(t))
        return t;
    set_fpr(cpu, in->rt, (uint64_t)(int32_t)v);
    return TRAP_NONE;
}

OP(lfiwzx)
{
    uint32_t v;
    trap_t t = mem_load32(cpu, ea_indexed(cpu, in), &v);
    if (unlikely(t))
        return t;
    set_fpr(cpu, in->rt, v);
    return TRAP_NONE;
}

OP(stfiwx)
{
    return mem_store32(cpu, ea_indexed(cpu, in), (uint32_t)VD(cpu->vsr[in->rt], 0));
}

/* Pairs: one quadword in storage, its high half in the even register. Odd FRTp is invalid. */
static trap_t load_pair(struct cpu *cpu, const struct insn *in, ea_t ea)
{
    union vsr v;
    if (unlikely(in->rt & 1))
        return cpu_illegal(cpu, in->word);
    trap_t t = mem_load128(cpu, ea, &v);
    if (unlikely(t))
        return t;
    set_fpr(cpu, in->rt, VD(v, 0));
    set_fpr(cpu, in->rt + 1u, VD(v, 1));
    return TRAP_NONE;
}

static trap_t store_pair(struct cpu *cpu, const struct insn *in, ea_t ea)
{
    union vsr v;
    if (unlikely(in->rt & 1))
        return cpu_illegal(cpu, in->word);
    VD(v, 0) = VD(cpu->vsr[in->rt], 0);
    VD(v, 1) = VD(cpu->vsr[in->rt + 1u], 0);
    return mem_store128(cpu, ea, &v);
}

FP_ACCESS(lfdp, load_pair, ea_displacement)
FP_ACCESS(lfdpx, load_pair, ea_indexed)
FP_ACCESS(stfdp, store_pair, ea_displacement)
FP_ACCESS(stfdpx, store_pair, ea_indexed)
