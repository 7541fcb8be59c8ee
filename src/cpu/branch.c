/*
 * Branches. Power ISA 3.0B Book I, "Branch Instructions". BO and BI are the RT and RA fields; the
 * displacement is in imm. Branch hints (BH, the "at" bits of BO) do nothing here. Conditional
 * branches write NIA also when they fall through. CFAR is kept for taken branches.
 */
#include "pefemu/cpu.h"

#define BO_ANY_CR  0x10u /* do not look at CR */
#define BO_CR_TRUE 0x08u
#define BO_ANY_CTR 0x04u /* do not decrement CTR */
#define BO_CTR_0   0x02u /* branch when CTR has become 0, else when it has not */

#define FSCR_TAR    PPC_BIT(55)
#define FSCR_IC_TAR 8

static inline ea_t following(const struct cpu *cpu)
{
    return cpu_ea(cpu, cpu->cia + 4);
}

static inline trap_t go(struct cpu *cpu, ea_t target)
{
    cpu_set_cfar(cpu, cpu->cia);
    cpu->taken = true;
    cpu->nia = cpu_ea(cpu, target);
    return TRAP_NONE;
}

static inline bool cr_agrees(const struct cpu *cpu, const struct insn *in, unsigned bo)
{
    return bo & BO_ANY_CR || cpu_get_crb(cpu, in->ra) == !!(bo & BO_CR_TRUE);
}

/* Decrements CTR when BO asks for it; the test sees its low 32 bits only when SF=0. */
static inline bool ctr_agrees(struct cpu *cpu, unsigned bo)
{
    if (bo & BO_ANY_CTR)
        return true;
    cpu->ctr--;
    return (cpu_ea(cpu, cpu->ctr) == 0) == !!(bo & BO_CTR_0);
}

/* LR changes whether or not the branch is taken, after the target was read from it. */
static inline trap_t go_if(struct cpu *cpu, const struct insn *in, unsigned bo, ea_t target,
                           bool lk)
{
    bool taken = ctr_agrees(cpu, bo) && cr_agrees(cpu, in, bo);
    if (lk)
        cpu->lr = following(cpu);
    if (taken)
        return go(cpu, target);
    cpu->nia = following(cpu);
    return TRAP_NONE;
}

OP(b)
{
    return go(cpu, cpu->cia + (uint64_t)in->imm);
}

OP(ba)
{
    return go(cpu, (uint64_t)in->imm);
}

OP(bl)
{
    cpu->lr = following(cpu);
    return go(cpu, cpu->cia + (uint64_t)in->imm);
}

OP(bla)
{
    cpu->lr = following(cpu);
    return go(cpu, (uint64_t)in->imm);
}

OP(bc)
{
    return go_if(cpu, in, in->rt, cpu->cia + (uint64_t)in->imm, false);
}

OP(bca)
{
    return go_if(cpu, in, in->rt, (uint64_t)in->imm, false);
}

OP(bcl)
{
    return go_if(cpu, in, in->rt, cpu->cia + (uint64_t)in->imm, true);
}

OP(bcla)
{
    return go_if(cpu, in, in->rt, (uint64_t)in->imm, true);
}

OP(bclr)
{
    return go_if(cpu, in, in->rt, cpu->lr & ~3ULL, false);
}

OP(bclrl)
{
    return go_if(cpu, in, in->rt, cpu->lr & ~3ULL, true);
}

/* BO[2]=0 is an invalid form of bcctr, which cannot count in the register that it jumps by: it
 * goes by CR alone. */
OP(bcctr)
{
    return go_if(cpu, in, in->rt | BO_ANY_CTR, cpu->ctr & ~3ULL, false);
}

OP(bcctrl)
{
    return go_if(cpu, in, in->rt | BO_ANY_CTR, cpu->ctr & ~3ULL, true);
}

static inline trap_t branch_tar(struct cpu *cpu, const struct insn *in, bool lk)
{
    if (!cpu_hfscr_allows(cpu, HFSCR_IC_TAR))
        return cpu_hfacility(cpu, HFSCR_IC_TAR);
    if ((cpu->msr & MSR_PR) && !(cpu->fscr & FSCR_TAR))
        return cpu_facility(cpu, FSCR_IC_TAR);
    return go_if(cpu, in, in->rt, cpu->tar & ~3ULL, lk);
}

OP(bctar)
{
    return branch_tar(cpu, in, false);
}

OP(bctarl)
{
    return branch_tar(cpu, in, true);
}
