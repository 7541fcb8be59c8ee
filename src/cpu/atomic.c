/*
 * Load-and-reserve, store-conditional and atomic memory operations. Power ISA 3.0B Book II,
 * "Load and Reserve and Store Conditional Instructions", "Atomic Memory Operations".
 *
 * One host thread runs the CPUs in turn, so an instruction is atomic by itself, and no other CPU
 * stores while one runs. Whoever switches from a CPU to another drops the reservation of the one
 * that is left (cpu->reserve_valid = false): the ISA lets a reservation be lost at any time, and
 * plain stores then need not look for reservations. store-conditional checks its own CPU's only.
 * Stores into RAM that are made on a CPU's behalf while it keeps running (devices, firmware) call
 * cpu_break_reservations().
 *
 * With a thread for each CPU these instructions are the host's atomic ones: atomic_shared.c.
 */
#include "pefemu/cpu.h"
#include "pefemu/machine.h"
#include "pefemu/mmu.h"
#include "pefemu/threads.h"
#include "atomic_shared.h"
#include "fixed.h"

#define GRANULE_MASK (~(ra_t)127)

/* DSISR: atomic memory operation with an invalid function code */
#define DSISR_BAD_AMO PPC_BIT(61)

#ifndef PEFEMU_INLINE_OPS /* called from elsewhere */
void cpu_break_reservations(struct machine *m, ra_t ra, const struct cpu *except)
{
    for (unsigned i = 0; i < m->ncpus && !m->threads; i++) {
        struct cpu *cpu = &m->cpus[i];
        if (cpu != except && cpu->reserve_ra == (ra & GRANULE_MASK))
            cpu->reserve_valid = false;
    }
}
#endif

/* Real address of @ea. Storage other than RAM is caching inhibited and knows no atomic access. */
static trap_t real_address(struct cpu *cpu, ea_t ea, unsigned size, enum mmu_access access,
                           ra_t *ra)
{
    const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];
    uint8_t *host = NULL;
    if (likely((access == ACCESS_STORE ? e->tag_w : e->tag_r) == (ea & TLB_MASK))) {
        *ra = e->ra | (ea & ~TLB_MASK);
        return TRAP_NONE;
    }
    trap_t trap = mmu_host(cpu, ea, size, access, &host, ra);
    if (trap || host)
        return trap;
    cpu->trap = (struct trap_info){.dar = ea, .dsisr = DSISR_BADACCESS};
    if (access == ACCESS_STORE)
        cpu->trap.dsisr |= DSISR_ISSTORE;
    return TRAP_DSI;
}

/* ---- load and reserve ---- */

static void reserve(struct cpu *cpu, ra_t ra, unsigned size)
{
    cpu->reserve_valid = true;
    cpu->reserve_size = (uint8_t)size;
    cpu->reserve_ra = ra & GRANULE_MASK;
}

#define LOAD_RESERVE(name, bits)                                                                   \
    OP(name)                                                                                       \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
        ra_t ra;                                                                                   \
        ea_t ea = ea_index(cpu, in);                                                               \
        if (unlikely(ea & (sizeof(v) - 1)))                                                        \
            return trap_alignment(cpu, ea);                                                        \
        IF_SHARED(cpu, shared_load_reserve(cpu, ea, sizeof(v), &cpu->gpr[in->rt]));                \
        trap_t trap = mem_load##bits(cpu, ea, &v);                                                 \
        if (likely(!trap))                                                                         \
            trap = real_address(cpu, ea, sizeof(v), ACCESS_LOAD, &ra);                             \
        if (unlikely(trap))                                                                        \
            return trap;                                                                           \
        reserve(cpu, ra, sizeof(v));                                                               \
        cpu->gpr[in->rt] = v;                                                                      \
        return TRAP_NONE;                                                                          \
    }

LOAD_RESERVE(lbarx, 8)
LOAD_RESERVE(lharx, 16)
LOAD_RESERVE(lwarx, 32)
LOAD_RESERVE(ldarx, 64)

OP(lqarx)
{
    union vsr v;
    ra_t ra;
    ea_t ea = ea_index(cpu, in);
    if (in->rt & 1)
        return cpu_illegal(cpu, in->word);
    if (unlikely(ea & 15))
        return trap_alignment(cpu, ea);
    IF_SHARED(cpu, shared_load_reserve(cpu, ea, 16, &cpu->gpr[in->rt]));
    trap_t trap = mem_load128(cpu, ea, &v);
    if (likely(!trap))
        trap = real_address(cpu, ea, 16, ACCESS_LOAD, &ra);
    if (unlikely(trap))
        return trap;
    reserve(cpu, ra, 16);
    cpu->gpr[in->rt] = VD(v, 0);
    cpu->gpr[in->rt + 1] = VD(v, 1);
    return TRAP_NONE;
}

/* ---- store conditional ---- */

/* Whether the store is to be done: *@go. Without a reservation of this size nothing is translated,
 * hence nothing faults; the ISA leaves that to the implementation. */
static trap_t conditional(struct cpu *cpu, ea_t ea, unsigned size, bool *go)
{
    ra_t ra;
    *go = false;
    if (unlikely(ea & (size - 1)))
        return trap_alignment(cpu, ea);
    if (!cpu->reserve_valid || cpu->reserve_size != size)
        return TRAP_NONE;
    trap_t trap = real_address(cpu, ea, size, ACCESS_STORE, &ra);
    if (unlikely(trap))
        return trap;
    *go = cpu->reserve_ra == (ra & GRANULE_MASK);
    return TRAP_NONE;
}

/* CR0 = 0 0 || done || SO; the reservation ends either way. */
static trap_t conclude(struct cpu *cpu, bool done)
{
    cpu->reserve_valid = false;
    cpu->cr[0] = (uint8_t)((done ? CR_EQ : 0) | cpu->so);
    return TRAP_NONE;
}

#define STORE_CONDITIONAL(name, bits)                                                              \
    OP(name)                                                                                       \
    {                                                                                              \
        bool go;                                                                                   \
        ea_t ea = ea_index(cpu, in);                                                               \
        IF_SHARED(cpu, shared_store_conditional(cpu, ea, bits / 8, &cpu->gpr[in->rt]));            \
        trap_t trap = conditional(cpu, ea, bits / 8, &go);                                         \
        if (likely(!trap && go))                                                                   \
            trap = mem_store##bits(cpu, ea, (uint##bits##_t)cpu->gpr[in->rt]);                     \
        return unlikely(trap) ? trap : conclude(cpu, go);                                          \
    }

STORE_CONDITIONAL(stbcx_, 8)
STORE_CONDITIONAL(sthcx_, 16)
STORE_CONDITIONAL(stwcx_, 32)
STORE_CONDITIONAL(stdcx_, 64)

OP(stqcx_)
{
    bool go;
    union vsr v;
    ea_t ea = ea_index(cpu, in);
    if (in->rt & 1)
        return cpu_illegal(cpu, in->word);
    IF_SHARED(cpu, shared_store_conditional(cpu, ea, 16, &cpu->gpr[in->rt]));
    VD(v, 0) = cpu->gpr[in->rt];
    VD(v, 1) = cpu->gpr[in->rt + 1];
    trap_t trap = conditional(cpu, ea, 16, &go);
    if (!trap && go)
        trap = mem_store128(cpu, ea, &v);
    return trap ? trap : conclude(cpu, go);
}

/* ---- atomic memory operations: FC is the RB field ---- */
#ifndef PEFEMU_INLINE_OPS /* what follows is called from threaded code */

enum amo {
    AMO_ADD = 0,
    AMO_XOR = 1,
    AMO_OR = 2,
    AMO_AND = 3,
    AMO_MAX_UNSIGNED = 4,
    AMO_MAX_SIGNED = 5,
    AMO_MIN_UNSIGNED = 6,
    AMO_MIN_SIGNED = 7,
    AMO_SWAP = 8,
    AMO_COMPARE_SWAP_NE = 16,
    AMO_INC_BOUNDED = 24,
    AMO_INC_EQUAL = 25,
    AMO_DEC_BOUNDED = 28,
    AMO_STORE_TWIN = 24, /* of stwat, stdat */
};

/* An operand of @size bytes, zero-extended. */
static trap_t amo_load(struct cpu *cpu, ea_t ea, unsigned size, uint64_t *v)
{
    uint32_t w;
    if (size == 8)
        return mem_load64(cpu, ea, v);
    trap_t trap = mem_load32(cpu, ea, &w);
    *v = trap ? 0 : w;
    return trap;
}

static trap_t amo_store(struct cpu *cpu, ea_t ea, unsigned size, uint64_t v)
{
    return size == 8 ? mem_store64(cpu, ea, v) : mem_store32(cpu, ea, (uint32_t)v);
}

/* The operations of two numbers, zero-extended from @size bytes; false: @fc is none of them. */
static bool amo_combine(unsigned fc, unsigned size, uint64_t t, uint64_t operand, uint64_t *out)
{
    unsigned shift = 64 - 8 * size; /* compare words as the high half of a doubleword */
    bool less_u = t < operand;
    bool less_s = (int64_t)(t << shift) < (int64_t)(operand << shift);
    switch (fc) {
    case AMO_ADD:
        *out = t + operand;
        return true;
    case AMO_XOR:
        *out = t ^ operand;
        return true;
    case AMO_OR:
        *out = t | operand;
        return true;
    case AMO_AND:
        *out = t & operand;
        return true;
    case AMO_MAX_UNSIGNED:
        *out = less_u ? operand : t;
        return true;
    case AMO_MAX_SIGNED:
        *out = less_s ? operand : t;
        return true;
    case AMO_MIN_UNSIGNED:
        *out = less_u ? t : operand;
        return true;
    case AMO_MIN_SIGNED:
        *out = less_s ? t : operand;
        return true;
    }
    return false;
}

static trap_t amo_invalid(struct cpu *cpu, ea_t ea, bool store)
{
    cpu->trap = (struct trap_info){.dar = ea, .dsisr = DSISR_BAD_AMO | (store ? DSISR_ISSTORE : 0)};
    return TRAP_DSI;
}

/* What every form checks: alignment, RAM, and that the store will not fault. */
static trap_t amo_check(struct cpu *cpu, ea_t ea, unsigned size)
{
    ra_t ra;
    if (ea & (size - 1))
        return trap_alignment(cpu, ea);
    return real_address(cpu, ea, size, ACCESS_STORE, &ra);
}

/* Two operands side by side must not leave their aligned block of 32 bytes. */
static bool amo_pair_fits(ea_t ea, ea_t other)
{
    return !((ea ^ other) & ~(ea_t)31);
}

/* Bounded and equal forms: *@ea against its neighbour; *@out is what goes to memory. When the
 * bound is hit nothing is stored and RT gets the most negative number. */
static trap_t amo_counter(struct cpu *cpu, unsigned fc, ea_t ea, unsigned size, uint64_t t,
                          uint64_t *out, bool *hit)
{
    uint64_t bound;
    ea_t other = cpu_ea(cpu, fc == AMO_DEC_BOUNDED ? ea - size : ea + size);
    if (!amo_pair_fits(ea, other))
        return trap_alignment(cpu, ea);
    trap_t trap = amo_load(cpu, other, size, &bound);
    *hit = !trap && (fc == AMO_INC_EQUAL ? t != bound : t == bound);
    *out = fc == AMO_DEC_BOUNDED ? t - 1 : t + 1;
    return trap;
}

static trap_t amo_fetch(struct cpu *cpu, const struct insn *in, unsigned size)
{
    ea_t ea = cpu_ea(cpu, ra_or_0(cpu, in));
    uint64_t width = size == 8 ? ~0ULL : 0xffffffffULL;
    uint64_t operand = cpu->gpr[(in->rt + 1) & 31] & width;
    uint64_t t, out = 0;
    bool skip = false;
    trap_t trap = amo_check(cpu, ea, size);
    if (!trap)
        trap = amo_load(cpu, ea, size, &t);
    if (trap)
        return trap;
    switch (in->rb) {
    case AMO_SWAP:
        out = operand;
        break;
    case AMO_COMPARE_SWAP_NE:
        out = cpu->gpr[(in->rt + 2) & 31];
        skip = t == operand;
        break;
    case AMO_INC_BOUNDED:
    case AMO_INC_EQUAL:
    case AMO_DEC_BOUNDED:
        trap = amo_counter(cpu, in->rb, ea, size, t, &out, &skip);
        if (!trap && skip)
            t = 1ULL << (8 * size - 1);
        break;
    default:
        if (!amo_combine(in->rb, size, t, operand, &out))
            return amo_invalid(cpu, ea, false);
    }
    if (!trap && !skip)
        trap = amo_store(cpu, ea, size, out);
    if (!trap)
        cpu->gpr[in->rt] = t;
    return trap;
}

/* Store Twin: RS to both neighbours when they are equal. They are in one page, so the second store
 * cannot fault after the first. */
static trap_t amo_twin(struct cpu *cpu, const struct insn *in, ea_t ea, unsigned size, uint64_t t)
{
    uint64_t twin;
    ea_t other = cpu_ea(cpu, ea + size);
    if (!amo_pair_fits(ea, other))
        return trap_alignment(cpu, ea);
    trap_t trap = amo_load(cpu, other, size, &twin);
    if (trap || t != twin)
        return trap;
    trap = amo_store(cpu, ea, size, cpu->gpr[in->rt]);
    return trap ? trap : amo_store(cpu, other, size, cpu->gpr[in->rt]);
}

static trap_t amo_put(struct cpu *cpu, const struct insn *in, unsigned size)
{
    ea_t ea = cpu_ea(cpu, ra_or_0(cpu, in));
    uint64_t operand = cpu->gpr[in->rt] & (size == 8 ? ~0ULL : 0xffffffffULL);
    uint64_t t, out = 0;
    trap_t trap = amo_check(cpu, ea, size);
    if (!trap)
        trap = amo_load(cpu, ea, size, &t);
    if (trap)
        return trap;
    if (in->rb == AMO_STORE_TWIN)
        return amo_twin(cpu, in, ea, size, t);
    if (!amo_combine(in->rb, size, t, operand, &out))
        return amo_invalid(cpu, ea, true);
    return amo_store(cpu, ea, size, out);
}

/* Rare enough that with threads everybody else may wait. */
static trap_t amo_alone(trap_t (*amo)(struct cpu *cpu, const struct insn *in, unsigned size),
                        struct cpu *cpu, const struct insn *in, unsigned size)
{
    if (!cpu->machine)
        return amo(cpu, in, size);
    machine_stop_others(cpu->machine);
    trap_t t = amo(cpu, in, size);
    machine_let_go(cpu->machine);
    return t;
}

OP(lwat)
{
    return amo_alone(amo_fetch, cpu, in, 4);
}

OP(ldat)
{
    return amo_alone(amo_fetch, cpu, in, 8);
}

OP(stwat)
{
    return amo_alone(amo_put, cpu, in, 4);
}

OP(stdat)
{
    return amo_alone(amo_put, cpu, in, 8);
}
#endif
