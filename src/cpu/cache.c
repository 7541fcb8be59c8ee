/*
 * Cache management and copy-paste. Power ISA 3.0B Book II, "Cache Management Instructions",
 * "Copy-Paste Facility". There is no cache: the block instructions only translate, as the accesses
 * they count as would, and touches do nothing. Code that changed is noticed at the store, so icbi
 * has nothing to discard.
 */
#include "pefemu/cpu.h"
#include "pefemu/mmu.h"
#include "fixed.h"

#define CACHE_BLOCK 128u

/* DSISR: paste. to storage that takes no accelerator requests */
#define DSISR_BAD_PASTE PPC_BIT(60)

/* In pieces that become stores: for the whole, compilers choose a string instruction, which is slow
 * to start, or a loop. */
static GUEST_ACCESS void clear_block(uint8_t *host)
{
    memset(host, 0, 32);
    memset(host + 32, 0, 32);
    memset(host + 64, 0, 32);
    memset(host + 96, 0, 32);
}

/* Devices and caching-inhibited storage have no blocks: alignment interrupt. */
static __attribute__((noinline)) trap_t zero_block_slowly(struct cpu *cpu, ea_t ea)
{
    ra_t ra;
    uint8_t *host = NULL;
    trap_t trap = mmu_host(cpu, ea, CACHE_BLOCK, ACCESS_STORE, &host, &ra);
    if (unlikely(trap))
        return trap;
    if (!host)
        return trap_alignment(cpu, ea);
    clear_block(host);
    mmu_stored(cpu, ra, CACHE_BLOCK);
    return TRAP_NONE;
}

static trap_t zero_block(struct cpu *cpu, ea_t ea)
{
    const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];
    if (unlikely(e->tag_w != (ea & TLB_MASK)))
        return zero_block_slowly(cpu, ea);
    clear_block((uint8_t *)(ea + (uint64_t)e->addend));
    return TRAP_NONE;
}

OP(dcbz)
{
    return zero_block(cpu, ea_index(cpu, in) & ~(ea_t)(CACHE_BLOCK - 1));
}

/* dcbz with bit 10 set: the same block size on POWER9. */
OP(dcbzl)
{
    return zero_block(cpu, ea_index(cpu, in) & ~(ea_t)(CACHE_BLOCK - 1));
}

#ifndef PEFEMU_INLINE_OPS /* what follows is called from threaded code */
/* May the byte be loaded? A hit in the TLB answers at once. */
static trap_t touch(struct cpu *cpu, ea_t ea)
{
    struct xlate x;
    if (likely(cpu->tlb->e[tlb_index(ea)].tag_r == (ea & TLB_MASK)))
        return TRAP_NONE;
    return mmu_translate(cpu, ea, ACCESS_LOAD, &x);
}

#define TRANSLATES(name)                                                                           \
    OP(name)                                                                                       \
    {                                                                                              \
        return touch(cpu, ea_index(cpu, in));                                                      \
    }

TRANSLATES(dcbf)
TRANSLATES(dcbst)
TRANSLATES(icbi)

/* Hints. The dst family is of older architectures; POWER9 drops it. */
#define DOES_NOTHING(name)                                                                         \
    OP(name)                                                                                       \
    {                                                                                              \
        (void)cpu;                                                                                 \
        (void)in;                                                                                  \
        return TRAP_NONE;                                                                          \
    }

DOES_NOTHING(dcbt)
DOES_NOTHING(dcbtst)
DOES_NOTHING(icbt)
DOES_NOTHING(dst)
DOES_NOTHING(dstt)
DOES_NOTHING(dstst)
DOES_NOTHING(dststt)
DOES_NOTHING(dss)
DOES_NOTHING(dssall)

/* ---- copy-paste: no accelerator is modelled, so no copy buffer either ---- */

OP(copy)
{
    ea_t ea = ea_index(cpu, in);
    if (ea & (CACHE_BLOCK - 1))
        return trap_alignment(cpu, ea);
    return touch(cpu, ea);
}

OP(paste_)
{
    ea_t ea = ea_index(cpu, in);
    struct xlate x;
    if (ea & (CACHE_BLOCK - 1))
        return trap_alignment(cpu, ea);
    trap_t trap = mmu_translate(cpu, ea, ACCESS_STORE, &x);
    if (trap)
        return trap;
    cpu->trap = (struct trap_info){.dar = ea, .dsisr = DSISR_BAD_PASTE | DSISR_ISSTORE};
    return TRAP_DSI;
}

DOES_NOTHING(cpabort)
#endif
