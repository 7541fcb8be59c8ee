/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load-and-reserve, store-conditional and quadword accesses while each CPU has a host thread.
 *
 * Plain stores know nothing of reservations. A store conditional is the host's compare-and-swap:
 * it succeeds when the operand still has the value that was loaded. So a reservation is lost by
 * whatever changes the operand, and survives what does not, which the ISA would have lose it:
 * a store of the same value, one and its reverse, one beside it in the granule (docs/fidelity.md).
 */
#include "atomic_shared.h"

#include "fixed.h"
#include "pefemu/mmu.h"
#include "pefemu/threads.h"

/* RAM under an access: real address and host address. Other storage refuses it. */
static trap_t resolve(struct cpu *cpu, ea_t ea, unsigned size, enum mmu_access access,
                      uint8_t **host, ra_t *ra)
{
    const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];

    if (likely((access == ACCESS_STORE ? e->tag_w : e->tag_r) == (ea & TLB_MASK))) {
        *host = (uint8_t *)(ea + (uint64_t)e->addend);
        *ra = e->ra | (ea & ~TLB_MASK);
        return TRAP_NONE;
    }
    trap_t trap = mmu_host(cpu, ea, size, access, host, ra);
    return trap || *host ? trap : mmu_bad_access(cpu, ea, access);
}

/* ---- the host's quadwords ---- */

#if defined(__x86_64__)
/* Every x86-64 host that anybody has knows the instruction. */
static bool swap_pair(struct cpu *cpu, void *p, union vsr *was, const union vsr *now)
{
    bool done;

    (void)cpu;
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*(u128 *)p), "+a"(was->d[0]), "+d"(was->d[1])
                     : "b"(now->d[0]), "c"(now->d[1])
                     : "memory");
    return done;
}
#else
static bool swap_pair(struct cpu *cpu, void *p, union vsr *was, const union vsr *now)
{
    union vsr is;

    machine_stop_others(cpu->machine);
    memcpy(&is, p, sizeof(is));
    bool done = is.d[0] == was->d[0] && is.d[1] == was->d[1];
    if (done)
        memcpy(p, now, sizeof(*now));
    *was = is;
    machine_let_go(cpu->machine);
    return done;
}
#endif

static union vsr load_pair(struct cpu *cpu, void *p)
{
    union vsr v = {0};

    swap_pair(cpu, p, &v, &v); /* zeroes by zeroes, or nothing */
    return v;
}

/* ---- by size, as memory has it ---- */

static union vsr load(struct cpu *cpu, void *p, unsigned size)
{
    union vsr v = {0};

    switch (size) {
    case 1:
        v.b[0] = __atomic_load_n((uint8_t *)p, __ATOMIC_RELAXED);
        break;
    case 2:
        v.h[0] = __atomic_load_n((uint16_t *)p, __ATOMIC_RELAXED);
        break;
    case 4:
        v.w[0] = __atomic_load_n((uint32_t *)p, __ATOMIC_RELAXED);
        break;
    case 8:
        v.d[0] = __atomic_load_n((uint64_t *)p, __ATOMIC_RELAXED);
        break;
    default:
        v = load_pair(cpu, p);
    }
    return v;
}

#define SWAP(p, type, was, now)                                                                    \
    __atomic_compare_exchange_n((type *)(p), (type *)(was), *(const type *)(now), false,           \
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

static bool swap(struct cpu *cpu, void *p, unsigned size, union vsr *was, const union vsr *now)
{
    switch (size) {
    case 1:
        return SWAP(p, uint8_t, was, now);
    case 2:
        return SWAP(p, uint16_t, was, now);
    case 4:
        return SWAP(p, uint32_t, was, now);
    case 8:
        return SWAP(p, uint64_t, was, now);
    default:
        return swap_pair(cpu, p, was, now);
    }
}

/* ---- between memory and registers ---- */

static void to_registers(const struct cpu *cpu, const union vsr *v, unsigned size, uint64_t *rt)
{
    switch (size) {
    case 1:
        rt[0] = v->b[0];
        break;
    case 2:
        rt[0] = cpu->le ? le16(v->h[0]) : be16(v->h[0]);
        break;
    case 4:
        rt[0] = cpu->le ? le32(v->w[0]) : be32(v->w[0]);
        break;
    case 8:
        rt[0] = cpu->le ? le64(v->d[0]) : be64(v->d[0]);
        break;
    default:
        rt[0] = cpu->le ? le64(v->d[1]) : be64(v->d[0]);
        rt[1] = cpu->le ? le64(v->d[0]) : be64(v->d[1]);
    }
}

static union vsr from_registers(const struct cpu *cpu, const uint64_t *rs, unsigned size)
{
    union vsr v = {0};

    switch (size) {
    case 1:
        v.b[0] = (uint8_t)rs[0];
        break;
    case 2:
        v.h[0] = cpu->le ? le16((uint16_t)rs[0]) : be16((uint16_t)rs[0]);
        break;
    case 4:
        v.w[0] = cpu->le ? le32((uint32_t)rs[0]) : be32((uint32_t)rs[0]);
        break;
    case 8:
        v.d[0] = cpu->le ? le64(rs[0]) : be64(rs[0]);
        break;
    default:
        v.d[0] = cpu->le ? le64(rs[1]) : be64(rs[0]);
        v.d[1] = cpu->le ? le64(rs[0]) : be64(rs[1]);
    }
    return v;
}

/* ---- the instructions ---- */

trap_t shared_load_reserve(struct cpu *cpu, ea_t ea, unsigned size, uint64_t *rt)
{
    uint8_t *host;
    ra_t ra;
    trap_t trap = resolve(cpu, ea, size, ACCESS_LOAD, &host, &ra);

    if (unlikely(trap))
        return trap;
    cpu->reserve_value = load(cpu, host, size);
    cpu->reserve_valid = true;
    cpu->reserve_size = (uint8_t)size;
    cpu->reserve_ra = ra;
    to_registers(cpu, &cpu->reserve_value, size, rt);
    return TRAP_NONE;
}

trap_t shared_store_conditional(struct cpu *cpu, ea_t ea, unsigned size, const uint64_t *rs)
{
    bool done = false;

    if (unlikely(ea & (size - 1)))
        return trap_alignment(cpu, ea);
    if (cpu->reserve_valid && cpu->reserve_size == size) {
        uint8_t *host;
        ra_t ra;
        trap_t trap = resolve(cpu, ea, size, ACCESS_STORE, &host, &ra);
        if (unlikely(trap))
            return trap;
        union vsr was = cpu->reserve_value, now = from_registers(cpu, rs, size);
        done = cpu->reserve_ra == ra && swap(cpu, host, size, &was, &now);
        if (done)
            mmu_stored(cpu, ra, size);
    }
    cpu->reserve_valid = false;
    cpu->cr[0] = (uint8_t)((done ? CR_EQ : 0) | cpu->so);
    return TRAP_NONE;
}

trap_t shared_load_pair(struct cpu *cpu, ea_t ea, uint64_t *rt)
{
    uint8_t *host;
    ra_t ra;
    trap_t trap = resolve(cpu, ea, 16, ACCESS_LOAD, &host, &ra);

    if (unlikely(trap))
        return trap;
    union vsr v = load_pair(cpu, host);
    to_registers(cpu, &v, 16, rt);
    return TRAP_NONE;
}

trap_t shared_store_pair(struct cpu *cpu, ea_t ea, const uint64_t *rs)
{
    uint8_t *host;
    ra_t ra;
    trap_t trap = resolve(cpu, ea, 16, ACCESS_STORE, &host, &ra);

    if (unlikely(trap))
        return trap;
    union vsr now = from_registers(cpu, rs, 16), was = load_pair(cpu, host);
    while (!swap_pair(cpu, host, &was, &now))
        ;
    mmu_stored(cpu, ra, 16);
    return TRAP_NONE;
}
