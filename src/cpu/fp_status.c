// SPDX-License-Identifier: Apache-2.0
/*
 * The instructions that read and write the FPSCR; the register itself is fpscr.c's.
 * Facts: Power ISA v3.0B Book I, "Floating-Point Status and Control Register Instructions".
 */
#include "fp.h"

/* What mffsl returns beside the control bits */
#define FPSCR_STATUS (FPSCR_FR | FPSCR_FI | FPSCR_FPRF)
#define FPSCR_ENABLE PPC_BITS(56, 60)
/* Bits that count as exceptions when an instruction clears or raises them */
#define FPSCR_EXCEPTIONS (FPSCR_FX | FPSCR_STICKY)

#define OP_READ(name, mask)                                                                        \
    OP(name)                                                                                       \
    {                                                                                              \
        set_fpr(cpu, in->rt, fpscr_read(cpu) & (mask));                                            \
        return TRAP_NONE;                                                                          \
    }

OP_READ(mffs, ~0ULL)
OP_RECORD(mffs)
OP_READ(mffsl, FPSCR_CONTROL | FPSCR_STATUS)

OP(mffsce)
{
    uint64_t old = fpscr_read(cpu);
    fpscr_write(cpu, 0, FPSCR_ENABLE);
    set_fpr(cpu, in->rt, old);
    return TRAP_NONE;
}

/* Exchange a rounding mode: FRT receives the control bits as they were. */
static trap_t exchange_mode(struct cpu *cpu, const struct insn *in, uint64_t v, uint64_t mask)
{
    uint64_t old = cpu->fpscr & FPSCR_CONTROL; /* never lazy */
    fpscr_write(cpu, v, mask);
    set_fpr(cpu, in->rt, old);
    return TRAP_NONE;
}

OP(mffscdrn)
{
    return exchange_mode(cpu, in, FRB, FPSCR_DRN);
}

OP(mffscdrni)
{
    return exchange_mode(cpu, in, (uint64_t)WORD_BITS(in->word, 18, 20) << 32, FPSCR_DRN);
}

OP(mffscrn)
{
    return exchange_mode(cpu, in, FRB, FPSCR_RN);
}

OP(mffscrni)
{
    return exchange_mode(cpu, in, WORD_BITS(in->word, 19, 20), FPSCR_RN);
}

/* The 4-bit field k, 0..15, of the FPSCR */
static uint64_t field_mask(unsigned k)
{
    return 0xfULL << (60 - 4 * k);
}

OP(mtfsf)
{
    unsigned flm = WORD_BITS(in->word, 7, 14);
    bool all = WORD_BITS(in->word, 6, 6), high = WORD_BITS(in->word, 15, 15);
    uint64_t mask = 0;

    for (unsigned i = 0; i < 8; i++)
        if (flm & (0x80u >> i))
            mask |= field_mask(i + (high ? 0 : 8));
    fpscr_write(cpu, FRB, all ? ~0ULL : mask);
    return fpscr_check_trap(cpu);
}
OP_RECORD(mtfsf)

OP(mtfsfi)
{
    unsigned k = WORD_BITS(in->word, 6, 8) + (WORD_BITS(in->word, 15, 15) ? 0 : 8);
    uint64_t u = WORD_BITS(in->word, 16, 19);

    fpscr_write(cpu, u << (60 - 4 * k), field_mask(k));
    return fpscr_check_trap(cpu);
}
OP_RECORD(mtfsfi)

OP(mtfsb0)
{
    fpscr_write(cpu, 0, PPC_BIT(32 + in->rt));
    return TRAP_NONE;
}
OP_RECORD(mtfsb0)

OP(mtfsb1)
{
    uint64_t bit = PPC_BIT(32 + in->rt);
    bool raises = bit & FPSCR_STICKY & ~cpu->fpscr;

    fpscr_write(cpu, ~0ULL, bit | (raises ? FPSCR_FX : 0));
    return fpscr_check_trap(cpu);
}
OP_RECORD(mtfsb1)

/* Copies a field to CR, and clears the exception bits it copied. */
OP(mcrfs)
{
    unsigned k = 8 + (in->ra >> 2);
    uint64_t old = fpscr_read(cpu);

    cpu->cr[in->rt >> 2] = (old >> (60 - 4 * k)) & 0xf;
    fpscr_write(cpu, 0, field_mask(k) & FPSCR_EXCEPTIONS);
    return TRAP_NONE;
}
