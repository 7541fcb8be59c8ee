/*
 * Condition register: logical and move instructions, and the images of CR and XER. Power ISA 3.0B
 * Book I, "Condition Register Instructions", "Move To/From System Register Instructions".
 * Included again by the interp engine (OP_LINKAGE).
 */
#include "pefemu/cpu.h"

/* cpu->cr[] keeps one field a byte; these pack the eight bytes into nibbles and back. */
static inline uint32_t cr_pack(const uint8_t *fields)
{
    uint64_t v = get_be64(fields);
    v = (v | v >> 4) & 0x00ff00ff00ff00ffULL;
    v = (v | v >> 8) & 0x0000ffff0000ffffULL;
    return (uint32_t)(v | v >> 16);
}

static inline uint64_t cr_unpack(uint32_t cr)
{
    uint64_t v = cr;
    v = (v | v << 16) & 0x0000ffff0000ffffULL;
    v = (v | v << 8) & 0x00ff00ff00ff00ffULL;
    return (v | v << 4) & 0x0f0f0f0f0f0f0f0fULL;
}

/* FXM to a mask with 0x0f in the byte of each field that it selects. */
static inline uint64_t cr_fxm_mask(unsigned fxm)
{
    uint64_t bits = fxm * 0x0101010101010101ULL & 0x8040201008040201ULL;
    bits |= (bits & 0x7f7f7f7f7f7f7f7fULL) + 0x7f7f7f7f7f7f7f7fULL;
    return (bits >> 7 & 0x0101010101010101ULL) * 0x0f;
}

#ifndef PEFEMU_INLINE_OPS

#define XER_SO   PPC_BIT(32)
#define XER_OV   PPC_BIT(33)
#define XER_CA   PPC_BIT(34)
#define XER_OV32 PPC_BIT(44)
#define XER_CA32 PPC_BIT(45)
#define XER_LEN  PPC_BITS(57, 63)

uint32_t cpu_get_cr(const struct cpu *cpu)
{
    return cr_pack(cpu->cr);
}

void cpu_set_cr_all(struct cpu *cpu, uint32_t v)
{
    put_be64(cpu->cr, cr_unpack(v));
}

uint64_t cpu_get_xer(const struct cpu *cpu)
{
    return (cpu->so ? XER_SO : 0) | (cpu->ov ? XER_OV : 0) | (cpu->ca ? XER_CA : 0) |
           (cpu->ov32 ? XER_OV32 : 0) | (cpu->ca32 ? XER_CA32 : 0) | cpu->xer_rest | cpu->xer_len;
}

/* Of the reserved bits POWER9 keeps 46:56, and drops 35:43. */
#define XER_KEPT 0x0003ff80u

void cpu_set_xer(struct cpu *cpu, uint64_t v)
{
    cpu->so = !!(v & XER_SO);
    cpu->ov = !!(v & XER_OV);
    cpu->ca = !!(v & XER_CA);
    cpu->ov32 = !!(v & XER_OV32);
    cpu->ca32 = !!(v & XER_CA32);
    cpu->xer_len = v & XER_LEN;
    cpu->xer_rest = (uint32_t)v & XER_KEPT;
}

#endif

/* ---- logical: BT, BA, BB are the RT, RA, RB fields ---- */

static inline void cr_set_bit(struct cpu *cpu, unsigned bt, unsigned v)
{
    unsigned shift = 3 - (bt & 3);
    uint8_t *field = &cpu->cr[bt >> 2];
    *field = (uint8_t)((*field & ~(1u << shift)) | (v & 1) << shift);
}

#define CR_LOGIC(name, v)                                                                          \
    OP(name)                                                                                       \
    {                                                                                              \
        unsigned a = cpu_get_crb(cpu, in->ra), b = cpu_get_crb(cpu, in->rb);                       \
        cr_set_bit(cpu, in->rt, v);                                                                \
        return TRAP_NONE;                                                                          \
    }

CR_LOGIC(crand, a &b)
CR_LOGIC(crnand, ~(a &b))
CR_LOGIC(cror, a | b)
CR_LOGIC(crnor, ~(a | b))
CR_LOGIC(crxor, a ^ b)
CR_LOGIC(creqv, ~(a ^ b))
CR_LOGIC(crandc, a & ~b)
CR_LOGIC(crorc, a | ~b)

#undef CR_LOGIC

/* ---- moves ---- */

OP(mcrf)
{
    cpu->cr[in->rt >> 2] = cpu->cr[in->ra >> 2];
    return TRAP_NONE;
}

/* OV OV32 CA CA32 */
OP(mcrxrx)
{
    cpu->cr[in->rt >> 2] = (uint8_t)(cpu->ov << 3 | cpu->ov32 << 2 | cpu->ca << 1 | cpu->ca32);
    return TRAP_NONE;
}

OP(mfcr)
{
    cpu->gpr[in->rt] = cr_pack(cpu->cr);
    return TRAP_NONE;
}

/* The field that mfocrf and mtocrf name. Not exactly one bit of FXM is undefined: hardware takes
 * the leftmost one, and CR7 when there is none (noted by the authors of Microwatt). The fields of
 * RT that mfocrf leaves undefined are zero. */
static uint64_t one_field_mask(uint32_t word)
{
    unsigned fxm = WORD_BITS(word, 12, 19);
    return cr_fxm_mask(fxm ? 0x80000000u >> __builtin_clz(fxm) : 1);
}

OP(mfocrf)
{
    uint8_t picked[8];
    put_be64(picked, get_be64(cpu->cr) & one_field_mask(in->word));
    cpu->gpr[in->rt] = cr_pack(picked);
    return TRAP_NONE;
}

OP(mtcrf)
{
    uint64_t mask = cr_fxm_mask(WORD_BITS(in->word, 12, 19));
    uint64_t v = cr_unpack((uint32_t)cpu->gpr[in->rt]);
    put_be64(cpu->cr, (v & mask) | (get_be64(cpu->cr) & ~mask));
    return TRAP_NONE;
}

OP(mtocrf)
{
    uint64_t mask = one_field_mask(in->word);
    uint64_t v = cr_unpack((uint32_t)cpu->gpr[in->rt]);
    put_be64(cpu->cr, (v & mask) | (get_be64(cpu->cr) & ~mask));
    return TRAP_NONE;
}
