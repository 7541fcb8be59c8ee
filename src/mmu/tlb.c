/* SPDX-License-Identifier: Apache-2.0 */
/* Software TLBs of one CPU: what a translation leaves in the present context, for later accesses,
 * fetches and jumps. */
#include "tlb_entries.h"

static void hint_writer(struct cpu *cpu, ra_t ra)
{
    const struct memory *mem = &cpu->machine->mem;
    uint8_t *hint = &mem->write_hint[granule_index(mem, ra)];
    uint8_t mine = tlb_hint(cpu, cpu->tlb);
    uint8_t was = __atomic_load_n(hint, __ATOMIC_RELAXED);
    uint8_t now = was == HINT_NONE || was == mine ? mine : HINT_MANY;
    if (likely(!cpu->machine->threads))
        *hint = now;
    else if (was != now && !__atomic_compare_exchange_n(hint, &was, now, false, __ATOMIC_RELAXED,
                                                        __ATOMIC_RELAXED))
        __atomic_store_n(hint, HINT_MANY, __ATOMIC_RELAXED);
}

static void entry_set(struct tlb_entry *e, ea_t ea, const uint8_t *host, ra_t ra, bool read,
                      bool write)
{
    e->tag_r = read ? ea : TLB_NO_TAG;
    e->tag_w = write ? ea : TLB_NO_TAG;
    e->addend = (intptr_t)host - (intptr_t)ea;
    e->ra = ra;
}

void tlb_note_fetch(struct cpu *cpu, ea_t ea)
{
    unsigned i = ea >> TLB_SMALL_LOG2 & (ITLB_ENTRIES - 1);
    if (mmu_caches(cpu))
        ctx_filled(cpu->tlb, ea, cpu->tlb->i[i].tag, TLB_FILLED_I, LOG_I + i);
}

void tlb_note_code(struct cpu *cpu, ea_t ea, const struct insn *ops)
{
    struct itlb_entry *e = &cpu->tlb->i[ea >> TLB_SMALL_LOG2 & (ITLB_ENTRIES - 1)];
    see_code(cpu->tlb, ea, code_name(ops));
    *e = (struct itlb_entry){ea & TLB_SMALL_MASK, ops};
}

/* Fetches are translated as loads are only while both are relocated or both are not. */
static bool fetches_as_loads(const struct cpu *cpu)
{
    return !(cpu->msr & MSR_IR) == !(cpu->msr & MSR_DR);
}

/* e[@index] is about to hold something else than it does. */
static void keep_victim(struct tlb_ctx *ctx, unsigned index)
{
    const struct tlb_entry *e = &ctx->e[index];
    ea_t ea = tag_of(e);
    if (ea == TLB_NO_TAG)
        return;
    unsigned n = victim_index(ea);
    ctx_filled(ctx, ea, tag_of(&ctx->v[n]), TLB_FILLED_V, LOG_V + n);
    ctx->v[n] = *e;
    exec_set(ctx, TLB_ENTRIES + n, exec_get(ctx, index));
}

bool tlb_recall(struct cpu *cpu, ea_t ea, enum mmu_access access)
{
    struct tlb_ctx *ctx = cpu->tlb;
    unsigned n = victim_index(ea), index = tlb_index(ea);
    struct tlb_entry v = ctx->v[n];
    if (!(ctx->filled & TLB_FILLED_V) ||
        (access == ACCESS_STORE ? v.tag_w : v.tag_r) != (ea & TLB_MASK))
        return false;
    bool exec = exec_get(ctx, TLB_ENTRIES + n);
    clear_entries(&ctx->v[n], 1);
    keep_victim(ctx, index);
    ctx_filled(ctx, ea, tag_of(&ctx->e[index]), TLB_FILLED_E, index);
    ctx->e[index] = v;
    exec_set(ctx, index, exec);
    return true;
}

bool tlb_fetch(struct cpu *cpu, ea_t ea, struct xlate *x)
{
    const struct tlb_ctx *ctx = cpu->tlb;
    unsigned index = tlb_index(ea);
    const struct tlb_entry *e = &ctx->e[index];
    if (e->tag_r != (ea & TLB_MASK) && !tlb_recall(cpu, ea, ACCESS_LOAD))
        return false;
    if (!exec_get(ctx, index))
        return false;
    *x = (struct xlate){.ra = e->ra + (ea & ~TLB_MASK),
                        .size_log2 = TLB_GRANULE_LOG2,
                        .read = true,
                        .write = e->tag_w != TLB_NO_TAG,
                        .exec = true};
    return true;
}

/* False when the access needs the second level. */
static bool fill_granule(struct cpu *cpu, ea_t ea, const struct xlate *x)
{
    const struct memory *mem = &cpu->machine->mem;
    ra_t ra = x->ra & TLB_MASK;
    const uint8_t *host = memory_ptr(mem, ra, 1ULL << TLB_GRANULE_LOG2);
    if (x->size_log2 < TLB_GRANULE_LOG2 || !host)
        return false;
    struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];
    if (tag_of(e) != (ea & TLB_MASK))
        keep_victim(cpu->tlb, tlb_index(ea));
    ctx_filled(cpu->tlb, ea, tag_of(e), TLB_FILLED_E, tlb_index(ea));
    bool code = granule_has_code(mem, ra);
    bool write = x->write && !code;
    entry_set(e, ea & TLB_MASK, host, ra, x->read, write);
    exec_set(cpu->tlb, tlb_index(ea), x->exec && fetches_as_loads(cpu));
    if (write)
        hint_writer(cpu, ra);
    return !(x->write && code);
}

void tlb_fill(struct cpu *cpu, ea_t ea, const struct xlate *x)
{
    if (!mmu_caches(cpu) || x->guarded_io || !(x->read || x->write))
        return;
    cpu->tlb_fills++;
    if (fill_granule(cpu, ea, x))
        return;
    ra_t ra = x->ra & TLB_SMALL_MASK;
    const uint8_t *host = memory_ptr(&cpu->machine->mem, ra, 1ULL << TLB_SMALL_LOG2);
    if (x->size_log2 >= TLB_GRANULE_LOG2 && granule_has_code(&cpu->machine->mem, ra))
        ra |= TLB_SMALL_FOR_CODE;
    struct tlb_entry *s = &cpu->tlb->s[tlb_small_index(ea)];
    ctx_filled(cpu->tlb, ea, tag_of(s), TLB_FILLED_S, LOG_S + tlb_small_index(ea));
    if (host)
        entry_set(s, ea & TLB_SMALL_MASK, host, ra, x->read, x->write);
}

/* Nothing is stored: the entry gets no write tag, which the hints would have to know of. */
void tlb_fill_fetched(struct cpu *cpu, ea_t ea, const struct xlate *x)
{
    struct xlate no_write = *x;
    no_write.write = false;
    if (mmu_caches(cpu) && !x->guarded_io && x->read && fetches_as_loads(cpu)) {
        cpu->tlb_fills++;
        fill_granule(cpu, ea, &no_write);
    }
}

/* ---- sites of native code ---- */

/* How many granules behind that of entry @e, each @step further, have their host memory as far
 * behind it, for loads or @store. The end of the kernel's quadrant is not followed by EA 0. */
static unsigned neighbours(const struct tlb_ctx *ctx, const struct tlb_entry *e, ea_t step,
                           bool store)
{
    bool kernel = is_kernel_ea(e->tag_r);
    unsigned n = 0;
    for (ea_t ea = e->tag_r + step; n < TLB_SITE_REACH; n++, ea += step) {
        const struct tlb_entry *next = &ctx->e[tlb_index(ea)];
        if (next->tag_r != ea || (store && next->tag_w != ea) || next->addend != e->addend ||
            is_kernel_ea(ea) != kernel)
            break;
    }
    return n;
}

intptr_t tlb_fill_site(struct cpu *cpu, unsigned where, ea_t ea, unsigned len, unsigned most)
{
    struct tlb_ctx *ctx = cpu->tlb;
    const struct tlb_entry *e = &ctx->e[tlb_index(ea)];
    struct tlb_site *site = &ctx->site[where];
    ea_t base = (ea + len - 1) & TLB_MASK;
    bool store = where >= TLB_SITES_STORE;
    if (e->tag_r != base || (store && e->tag_w != base))
        return 0;
    if (site->base == TLB_NO_TAG)
        ctx->site_log[ctx->sites++] = where;
    ea_t below = neighbours(ctx, e, -TLB_GRANULE, store) * TLB_GRANULE;
    ea_t above = neighbours(ctx, e, TLB_GRANULE, store) * TLB_GRANULE;
    uint64_t narrow = TLB_GRANULE - most + 1;
    *site = (struct tlb_site){base - below, below + above + narrow, e->addend, narrow};
    return e->addend;
}

void tlb_site_roams(struct cpu *cpu, unsigned where)
{
    struct tlb_ctx *ctx = cpu->tlb;
    if (ctx->site[where].base == TLB_NO_TAG)
        ctx->site_log[ctx->sites++] = where;
    ctx->site[where] = (struct tlb_site){.base = TLB_SITE_ROAMS, .narrow = TLB_GRANULE};
}

/* ---- jumps of native code ---- */

static void fill_jump(struct tlb_ctx *ctx, unsigned index, struct jump_entry entry, uint16_t page)
{
    ctx->j[index] = entry;
    ctx->jump_page[index] = page;
    if (ctx->jumps_filled < JUMP_LOG)
        ctx->jump_log[ctx->jumps_filled] = (uint16_t)index;
    if (ctx->jumps_filled <= JUMP_LOG)
        ctx->jumps_filled++;
}

void tlb_note_jump(struct tlb_ctx *ctx, const struct jump_entry *entry, uint16_t page)
{
    ea_t ea = entry->ea;
    unsigned bit = jump_bit(ea), index = jump_index(ea);

    if (ctx->j[index].ea != TLB_NO_TAG && ctx->j[index].ea != ea)
        fill_jump(ctx, index ^ 1, ctx->j[index], ctx->jump_page[index]);
    fill_jump(ctx, index, *entry, page);
    see_code(ctx, ea, page);
    ctx->jump_granules[bit / 8] |= 1u << bit % 8;
    ctx->filled |= filled_by_jump(ea);
}
