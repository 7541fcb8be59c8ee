/* SPDX-License-Identifier: Apache-2.0 */
/* The slow way of every memory access: second-level TLB, translation, RAM or device, straddles. */
#include "mmu_internal.h"
#include "tlb_internal.h"

#include "debug/hooks.h"
#include "pefemu/threads.h"
#include "trace/commit.h"

#define PAGE_LEFT(ea) (unsigned)((1ULL << TLB_SMALL_LOG2) - ((ea) & ~TLB_SMALL_MASK))

/* The part of an access that lies in one 4 KiB page. */
struct part {
    uint8_t *host; /* RAM, or NULL: a device */
    const struct mmio_region *io;
    ea_t ea;
    ra_t ra;
    unsigned len;
    bool inhibited; /* caching-inhibited storage */
};

static trap_t bad_real(struct cpu *cpu, ea_t ea, enum mmu_access access)
{
    struct walk w = {.cpu = cpu, .ea = ea, .access = access};
    return fault_bad_real(&w, false);
}

static bool part_from_entry(const struct tlb_entry *e, ea_t mask, enum mmu_access access,
                            struct part *p)
{
    if ((access == ACCESS_STORE ? e->tag_w : e->tag_r) != (p->ea & mask))
        return false;
    p->host = (uint8_t *)(p->ea + e->addend);
    p->ra = (e->ra & mask) + (p->ea & ~mask);
    return true;
}

/* Loads and stores only: what the entries permit says nothing about execution. */
static bool part_from_tlb(struct cpu *cpu, enum mmu_access access, struct part *p)
{
    const struct tlb_ctx *ctx = cpu->tlb;
    const struct tlb_entry *e = &ctx->e[tlb_index(p->ea)];
    if (access == ACCESS_FETCH)
        return false;
    return part_from_entry(&ctx->s[tlb_small_index(p->ea)], TLB_SMALL_MASK, access, p) ||
           part_from_entry(e, TLB_MASK, access, p) ||
           (tlb_recall(cpu, p->ea, access) && part_from_entry(e, TLB_MASK, access, p));
}

/* A watchpoint hit is found here since no entry of any TLB covers one (dawr_covers). */
static trap_t dawr_check(struct cpu *cpu, ea_t ea, unsigned len, enum mmu_access access)
{
    struct walk w = {.cpu = cpu, .ea = ea, .access = access};
    if (access == ACCESS_FETCH || !dawr_enabled(cpu, access) || !dawr_covers(cpu, ea, len))
        return TRAP_NONE;
    while (!dawr_covers(cpu, w.ea, 1))
        w.ea++; /* the first byte that is watched */
    return fault_process(&w, DSISR_DAWR);
}

static trap_t part_resolve(struct cpu *cpu, ea_t ea, unsigned len, enum mmu_access access,
                           struct part *p)
{
    struct xlate x = {0};
    *p = (struct part){.ea = ea, .len = len};
    if (unlikely(is_watched(cpu)) && access != ACCESS_FETCH &&
        debug_watch_access(cpu->machine->debug, ea, len, access == ACCESS_STORE))
        return TRAP_DEBUG;
    if (part_from_tlb(cpu, access, p))
        return TRAP_NONE;
    trap_t t = mmu_translate(cpu, ea, access, &x);
    if (unlikely(t))
        return t;
    if (unlikely(cpu->dawrx0) && (t = dawr_check(cpu, ea, len, access)))
        return t;
    const struct memory *mem = &cpu->machine->mem;
    p->ra = x.ra;
    p->inhibited = x.guarded_io;
    p->host = memory_ptr(mem, x.ra, len);
    if (!p->host)
        p->io = memory_find_mmio(mem, x.ra, len);
    if (unlikely(!p->host && !p->io))
        return bad_real(cpu, ea, access);
    if (unlikely(cpu->dawrx0) && dawr_covers(cpu, ea & TLB_MASK, 1ULL << TLB_GRANULE_LOG2))
        return TRAP_NONE;
    if (unlikely(is_watched(cpu)) &&
        debug_watches_range(cpu->machine->debug, ea & TLB_MASK, 1ULL << TLB_GRANULE_LOG2))
        return TRAP_NONE;
    if (p->host && access != ACCESS_FETCH)
        tlb_fill(cpu, ea, &x);
    return TRAP_NONE;
}

/* ---- devices: naturally aligned pieces of 1, 2, 4 or 8 bytes ---- */

static unsigned piece_size(ra_t ra, unsigned len)
{
    unsigned size = 8;
    while (size > len || (ra & (size - 1)))
        size >>= 1;
    return size;
}

static bool io_load_piece(struct cpu *cpu, const struct mmio_region *io, ra_t ra, unsigned size,
                          uint64_t *value)
{
    machine_lock(cpu->machine);
    bool ok = io->ops->load(io->opaque, cpu, ra - io->base, size, value);
    machine_unlock(cpu->machine);
    return ok;
}

static bool io_store_piece(struct cpu *cpu, const struct mmio_region *io, ra_t ra, unsigned size,
                           uint64_t value)
{
    machine_lock(cpu->machine);
    bool ok = io->ops->store(io->opaque, cpu, ra - io->base, size, value);
    machine_unlock(cpu->machine);
    return ok;
}

static trap_t io_load(struct cpu *cpu, const struct part *p, uint8_t *buf)
{
    for (unsigned done = 0; done < p->len;) {
        ra_t ra = p->ra + done;
        unsigned size = piece_size(ra, p->len - done);
        uint64_t value = 0;
        if (!io_load_piece(cpu, p->io, ra, size, &value))
            return bad_real(cpu, p->ea, ACCESS_LOAD);
        for (unsigned i = 0; i < size; i++)
            buf[done + i] = value >> 8 * (size - 1 - i);
        done += size;
    }
    return TRAP_NONE;
}

static trap_t io_store(struct cpu *cpu, const struct part *p, const uint8_t *buf)
{
    for (unsigned done = 0; done < p->len;) {
        ra_t ra = p->ra + done;
        unsigned size = piece_size(ra, p->len - done);
        uint64_t value = 0;
        for (unsigned i = 0; i < size; i++)
            value = value << 8 | buf[done + i];
        if (!io_store_piece(cpu, p->io, ra, size, value))
            return bad_real(cpu, p->ea, ACCESS_STORE);
        done += size;
    }
    return TRAP_NONE;
}

/* ---- loads and stores ---- */

#if defined(__SANITIZE_THREAD__)
#define COPY GUEST_ACCESS
#else
#define COPY inline __attribute__((always_inline))
#endif

/* A call of memcpy() costs more than the rest of a second-level hit. */
static COPY void copy_small(void *to, const void *from, unsigned size)
{
    switch (size) {
    case 1:
        memcpy(to, from, 1);
        break;
    case 2:
        memcpy(to, from, 2);
        break;
    case 4:
        memcpy(to, from, 4);
        break;
    case 8:
        memcpy(to, from, 8);
        break;
    case 16:
        memcpy(to, from, 16);
        break;
    default:
        memcpy(to, from, size);
    }
}

static trap_t part_load(struct cpu *cpu, const struct part *p, void *buf)
{
    trap_t t = TRAP_NONE;
    if (unlikely(!p->host))
        t = io_load(cpu, p, buf);
    else
        copy_small(buf, p->host, p->len);
    if (unlikely(cpu->machine->commit_on))
        commit_access(cpu->machine->commit, p->ea, p->len, buf, false);
    return t;
}

/* Drops predecoded operations of [ra, ra+len), which lies in one page of RAM. */
static inline void code_touched(struct machine *m, ra_t ra, unsigned len)
{
    if (unlikely(m->mem.code_map[memory_page_index(&m->mem, ra)]))
        memory_written(m, ra, len);
}

static trap_t part_store(struct cpu *cpu, const struct part *p, const void *buf)
{
    if (unlikely(cpu->machine->commit_on))
        commit_access(cpu->machine->commit, p->ea, p->len, buf, true);
    if (unlikely(!p->host))
        return io_store(cpu, p, buf);
    copy_small(p->host, buf, p->len);
    return TRAP_NONE;
}

/* Not between two parts of an access: other CPUs may go on there (threads.h). */
static void part_stored(struct cpu *cpu, const struct part *p)
{
    if (p->host)
        code_touched(cpu->machine, p->ra, p->len);
}

/* Resolves all of an access of at most one page's length before any of it is done. */
static trap_t parts_resolve(struct cpu *cpu, ea_t ea, unsigned size, enum mmu_access access,
                            struct part p[2])
{
    unsigned first = PAGE_LEFT(ea);
    p[1].len = 0;
    if (size <= first)
        return part_resolve(cpu, ea, size, access, &p[0]);
    trap_t t = part_resolve(cpu, ea, first, access, &p[0]);
    if (t)
        return t;
    return part_resolve(cpu, cpu_ea(cpu, ea + first), size - first, access, &p[1]);
}

trap_t mmu_load(struct cpu *cpu, ea_t ea, unsigned size, void *buf)
{
    const struct tlb_entry *s = &cpu->tlb->s[tlb_small_index(ea)];
    if (s->tag_r == ((ea + size - 1) & TLB_SMALL_MASK) && s->tag_r == (ea & TLB_SMALL_MASK)) {
        copy_small(buf, (const void *)(ea + s->addend), size);
        return TRAP_NONE;
    }
    struct part p[2];
    trap_t t = parts_resolve(cpu, ea, size, ACCESS_LOAD, p);
    if (!t)
        t = part_load(cpu, &p[0], buf);
    if (!t && p[1].len)
        t = part_load(cpu, &p[1], (uint8_t *)buf + p[0].len);
    return t;
}

trap_t mmu_store(struct cpu *cpu, ea_t ea, unsigned size, const void *buf)
{
    struct tlb_entry *s = &cpu->tlb->s[tlb_small_index(ea)];
    if (s->tag_w == ((ea + size - 1) & TLB_SMALL_MASK) && s->tag_w == (ea & TLB_SMALL_MASK)) {
        copy_small((void *)(ea + s->addend), buf, size);
        code_touched(cpu->machine, (s->ra & TLB_SMALL_MASK) + (ea & ~TLB_SMALL_MASK), size);
        /* The code is gone: let the next store find its way back to the first level. */
        if ((s->ra & TLB_SMALL_FOR_CODE) && !granule_has_code(&cpu->machine->mem, s->ra))
            s->tag_w = TLB_NO_TAG;
        return TRAP_NONE;
    }
    struct part p[2];
    trap_t t = parts_resolve(cpu, ea, size, ACCESS_STORE, p);
    if (!t)
        t = part_store(cpu, &p[0], buf);
    if (!t && p[1].len)
        t = part_store(cpu, &p[1], (const uint8_t *)buf + p[0].len);
    for (unsigned i = 0; !t && i < 2 && p[i].len; i++)
        part_stored(cpu, &p[i]);
    return t;
}

static GUEST_ACCESS uint32_t fetch_word(const struct cpu *cpu, const uint8_t *host)
{
    uint32_t v;
    memcpy(&v, host, sizeof(v));
    return cpu->le ? le32(v) : be32(v);
}

trap_t mmu_fetch(struct cpu *cpu, ea_t ea, uint32_t *word)
{
    struct part p;
    trap_t t = part_resolve(cpu, ea, 4, ACCESS_FETCH, &p);
    if (t)
        return t;
    if (!p.host)
        return bad_real(cpu, ea, ACCESS_FETCH);
    *word = fetch_word(cpu, p.host);
    return TRAP_NONE;
}

trap_t mmu_check_store(struct cpu *cpu, ea_t ea, unsigned size)
{
    while (size) {
        struct part p;
        unsigned len = PAGE_LEFT(ea) < size ? PAGE_LEFT(ea) : size;
        trap_t t = part_resolve(cpu, ea, len, ACCESS_STORE, &p);
        if (t)
            return t;
        ea = cpu_ea(cpu, ea + len);
        size -= len;
    }
    return TRAP_NONE;
}

void mmu_stored(struct cpu *cpu, ra_t ra, unsigned size)
{
    code_touched(cpu->machine, ra, size);
}

trap_t mmu_host(struct cpu *cpu, ea_t ea, unsigned size, enum mmu_access access, uint8_t **host,
                ra_t *ra)
{
    struct part p;
    trap_t t = part_resolve(cpu, ea, size, access, &p);
    if (t)
        return t;
    *host = p.inhibited ? NULL : p.host; /* larx and dcbz refuse it like a device */
    *ra = p.ra;
    if (unlikely(cpu->machine->commit_on) && size > 16) /* dcbz; others load and store as well */
        commit_access(cpu->machine->commit, ea, size, NULL, true);
    return TRAP_NONE;
}
