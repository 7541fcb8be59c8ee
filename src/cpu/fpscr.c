// SPDX-License-Identifier: Apache-2.0
/*
 * The FPSCR: reading, writing, and what an operation leaves in it. FEX and VX are summaries; they
 * are derived again after every change, so the stored image is right once fpscr_sync() has run.
 * Facts: Power ISA v3.0B Book I, "Floating-Point Status and Control Register".
 */
#include "fpu.h"

#include "pefemu/machine.h"
#include "fp_host.h"

#define FPSCR_ENABLES  (FPSCR_VE | FPSCR_OE | FPSCR_UE | FPSCR_ZE | FPSCR_XE)
#define FPSCR_WRITABLE (FPSCR_DRN | (PPC_BITS(32, 63) & ~(FPSCR_FEX | FPSCR_VX | PPC_BIT(52))))
#define FPRF_SHIFT     12

/* The exceptions among @flags (or sticky bits) that are enabled. OX..XX and OE..XE stand in the
 * same order, 22 bits apart; VE answers for all VX bits. */
static uint64_t enabled_exceptions(uint64_t fpscr, uint64_t flags)
{
    uint64_t e = flags & (fpscr << 22) & (FPSCR_OX | FPSCR_UX | FPSCR_ZX | FPSCR_XX);
    if (fpscr & FPSCR_VE)
        e |= flags & FPSCR_VX_ANY;
    return e;
}

static uint64_t with_summaries(uint64_t v)
{
    v &= ~(FPSCR_FEX | FPSCR_VX);
    if (v & FPSCR_VX_ANY)
        v |= FPSCR_VX;
    if (enabled_exceptions(v, v))
        v |= FPSCR_FEX;
    return v;
}

/* Run the recorded operation again for its FI, FR; returns the result. The host path is taken only
 * in the default environment, so that is the one to repeat in. */
static uint64_t repeat_arith(const struct fp_lazy *l, unsigned kind, struct fp_op *op)
{
    bool neg_b = kind == FPL_MSUB || kind == FPL_NMSUB;
    bool neg_r = kind == FPL_NMADD || kind == FPL_NMSUB;

    switch (kind) {
    case FPL_ADD:
        return f64_add(l->a, l->b, op);
    case FPL_SUB:
        return f64_sub(l->a, l->b, op);
    case FPL_MUL:
        return f64_mul(l->a, l->b, op);
    case FPL_DIV:
        return f64_div(l->a, l->b, op);
    case FPL_SQRT:
        return f64_sqrt(l->b, op);
    case FPL_EXACT:
        return l->b;
    case FPL_RINT:
        return f64_round_int(l->b, true, op);
    case FPL_CFID:
        return i64_to_f64((int64_t)l->b, op);
    case FPL_CFIDU:
        return u64_to_f64(l->b, op);
    default:
        return f64_muladd(l->a, l->c, l->b, neg_b, neg_r, op);
    }
}

static uint64_t repeat_single(const struct fp_lazy *l, unsigned kind, struct fp_op *op)
{
    bool neg_b = kind == FPL_MSUB || kind == FPL_NMSUB;
    bool neg_r = kind == FPL_NMADD || kind == FPL_NMSUB;

    switch (kind) {
    case FPL_ADD:
        return f64_adds(l->a, l->b, op);
    case FPL_SUB:
        return f64_subs(l->a, l->b, op);
    case FPL_MUL:
        return f64_muls(l->a, l->b, op);
    case FPL_DIV:
        return f64_divs(l->a, l->b, op);
    case FPL_SQRT:
        return f64_sqrts(l->b, op);
    case FPL_CFIDS:
        return f32_to_f64_bits(i64_to_f32((int64_t)l->b, op));
    case FPL_CFIDUS:
        return f32_to_f64_bits(u64_to_f32(l->b, op));
    case FPL_FRSP:
        return f64_round_to_single(l->b, op);
    default:
        return f64_muladds(l->a, l->c, l->b, neg_b, neg_r, op);
    }
}

static void set_result_bits(struct cpu *cpu, const struct fp_op *op, unsigned fprf)
{
    cpu->fpscr &= ~(FPSCR_FI | FPSCR_FR | FPSCR_FPRF);
    cpu->fpscr |= (op->fi ? FPSCR_FI : 0) | (op->fr ? FPSCR_FR : 0) | (uint64_t)fprf << FPRF_SHIFT;
}

void fpscr_sync(struct cpu *cpu)
{
    struct fp_lazy *l = &cpu->fp_lazy;
    uint32_t kind = l->kind, aux = l->aux;

    if (!(kind | aux))
        return;
    l->kind = l->aux = 0;
    if (kind) {
        struct fp_op op = {.rn = FP_NEAREST};
        bool single = kind & FPL_SINGLE || kind >= FPL_CFIDS;
        unsigned base = kind & ~(uint32_t)FPL_SINGLE;
        uint64_t r = single ? repeat_single(l, base, &op) : repeat_arith(l, base, &op);
        set_result_bits(cpu, &op, f64_fprf(r, single));
    }
    if (aux & FPL_AUX_INT)
        set_result_bits(cpu, &(struct fp_op){.fi = aux & FPL_AUX_FI, .fr = aux & FPL_AUX_FR}, 0);
    if (aux & FPL_AUX_CMP)
        cpu->fpscr = (cpu->fpscr & ~FPSCR_FPCC) | (uint64_t)(aux & FPL_AUX_CC) << FPRF_SHIFT;
}

uint64_t fpscr_read(struct cpu *cpu)
{
    fpscr_sync(cpu);
    cpu->fpscr = with_summaries(cpu->fpscr);
    return cpu->fpscr;
}

void cpu_update_fp_mode(struct cpu *cpu)
{
    /* NI has no effect on POWER9, and MSR[FE0,FE1] decide about the interrupt only: an enabled
     * exception changes results in any case. */
    cpu->fp_fast = cpu->machine && cpu->machine->engine && cpu->machine->engine->host_fp &&
                   !(cpu->fpscr & (FPSCR_ENABLES | FPSCR_RN));
}

void fpscr_write(struct cpu *cpu, uint64_t v, uint64_t mask)
{
    uint64_t lazy = mask & (FPSCR_FR | FPSCR_FI | FPSCR_FPRF);

    if (lazy == (FPSCR_FR | FPSCR_FI | FPSCR_FPRF))
        cpu->fp_lazy.kind = cpu->fp_lazy.aux = 0; /* all that is lazy is overwritten */
    else if (lazy)
        fpscr_sync(cpu);
    mask &= FPSCR_WRITABLE;
    cpu->fpscr = with_summaries((cpu->fpscr & ~mask) | (v & mask));
    cpu_update_fp_mode(cpu);
}

trap_t fpscr_check_trap(struct cpu *cpu)
{
    if (likely(!(cpu->fpscr & FPSCR_FEX) || !(cpu->msr & (MSR_FE0 | MSR_FE1))))
        return TRAP_NONE;
    return cpu_program(cpu, SRR1_FP_ENABLED);
}

void fp_begin(struct cpu *cpu, struct fp_op *op)
{
    /* The control bits are never lazy. */
    uint64_t f = cpu->fpscr;
    *op = (struct fp_op){.rn = (enum fp_round)(f & FPSCR_RN),
                         .oe = f & FPSCR_OE,
                         .ue = f & FPSCR_UE,
                         .ve = f & FPSCR_VE};
}

bool fp_end_sticky(struct cpu *cpu, const struct fp_op *op, trap_t *trap)
{
    uint64_t flags = op->flags & FPSCR_STICKY;

    *trap = TRAP_NONE;
    if (flags & ~cpu->fpscr) {
        cpu->fpscr |= flags | FPSCR_FX;
        cpu->fpscr = with_summaries(cpu->fpscr);
    }
    if (likely(!(cpu->fpscr & FPSCR_ENABLES)))
        return false;
    uint64_t enabled = enabled_exceptions(cpu->fpscr, flags);
    if (enabled)
        *trap = fpscr_check_trap(cpu);
    return enabled & (FPSCR_VX_ANY | FPSCR_ZX);
}

bool fp_end(struct cpu *cpu, const struct fp_op *op, unsigned fprf, trap_t *trap)
{
    bool suppressed = fp_end_sticky(cpu, op, trap);

    if (fprf == FPRF_KEEP || suppressed) {
        fpscr_sync(cpu);
        fprf = (cpu->fpscr & FPSCR_FPRF) >> FPRF_SHIFT;
    } else {
        cpu->fp_lazy.kind = cpu->fp_lazy.aux = 0; /* all that was lazy is overwritten */
    }
    set_result_bits(cpu, op, fprf);
    return suppressed;
}

trap_t fp_end_compare(struct cpu *cpu, const struct fp_op *op, unsigned bf, unsigned cc)
{
    trap_t trap;

    /* A comparison delivers its outcome even when it is an enabled exception. */
    fp_end_sticky(cpu, op, &trap);
    fpscr_sync(cpu);
    cpu->fpscr = (cpu->fpscr & ~FPSCR_FPCC) | (uint64_t)cc << FPRF_SHIFT;
    cpu->cr[bf] = (uint8_t)cc;
    return trap;
}

void fp_set_cr1(struct cpu *cpu)
{
    /* FX FEX VX OX are never lazy. */
    cpu->cr[1] = (cpu->fpscr >> 28) & 0xf;
}
