/* SPDX-License-Identifier: Apache-2.0 */
/* What goes from the software TLBs: by tlbie and friends, when a page comes to hold code, when code
 * is forgotten. */
#include "tlb_entries.h"

#include "pefemu/threads.h"

static void drop_jumps(struct tlb_ctx *ctx)
{
    bool few = ctx->jumps_filled <= JUMP_LOG;
    for (unsigned i = 0; few && i < ctx->jumps_filled; i++)
        ctx->j[ctx->jump_log[i]].ea = TLB_NO_TAG;
    for (unsigned i = 0; !few && i < JUMP_ENTRIES; i++)
        ctx->j[i].ea = TLB_NO_TAG;
    ctx->jumps_filled = 0;
    memset(ctx->jump_granules, 0, sizeof(ctx->jump_granules));
    ctx->filled &= ~TLB_FILLED_JUMPS;
}

static ea_t site_last(const struct tlb_site *s)
{
    return s->base + s->limit + (TLB_GRANULE - s->narrow) - 1;
}

/* Those with an EA that agrees with @ea in @mask, whose ones all come first. */
static void drop_sites(struct tlb_ctx *ctx, ea_t ea, ea_t mask)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < ctx->sites; i++) {
        uint16_t where = ctx->site_log[i];
        if (ctx->site[where].base <= (ea | ~mask) && site_last(&ctx->site[where]) >= ea)
            ctx->site[where] = (struct tlb_site){.base = TLB_NO_TAG};
        else
            ctx->site_log[kept++] = where;
    }
    ctx->sites = kept;
}

static void clear_ops(struct itlb_entry *e)
{
    for (unsigned i = 0; i < ITLB_ENTRIES; i++)
        e[i].tag = TLB_NO_TAG;
}

static void drop_logged(struct tlb_ctx *ctx, unsigned where)
{
    if (where < LOG_S)
        clear_entries(&ctx->e[where], 1);
    else if (where < LOG_I)
        clear_entries(&ctx->s[where - LOG_S], 1);
    else if (where < LOG_V)
        ctx->i[where - LOG_I].tag = TLB_NO_TAG;
    else
        clear_entries(&ctx->v[where - LOG_V], 1);
}

/* False: the log does not know of all. */
static bool log_replay(struct tlb_ctx *ctx, struct tlb_log *log)
{
    if (log->used > TLB_LOG)
        return false;
    for (unsigned i = 0; i < log->used; i++)
        drop_logged(ctx, log->at[i]);
    log->used = 0;
    return true;
}

void tlb_ctx_clear(struct tlb_ctx *ctx)
{
    if (ctx->filled & TLB_FILLED_JUMPS)
        drop_jumps(ctx);
    drop_sites(ctx, 0, 0);
    bool user = log_replay(ctx, &ctx->log[0]), kernel = log_replay(ctx, &ctx->log[1]);
    if (!user || !kernel) {
        if (ctx->filled & TLB_FILLED_E)
            clear_entries(ctx->e, TLB_ENTRIES);
        if (ctx->filled & TLB_FILLED_S)
            clear_entries(ctx->s, TLB_SMALL_ENTRIES);
        if (ctx->filled & TLB_FILLED_I)
            clear_ops(ctx->i);
        if (ctx->filled & TLB_FILLED_V)
            clear_entries(ctx->v, TLB_VICTIMS);
        ctx->log[0].used = ctx->log[1].used = 0;
    }
    memset(ctx->code_seen, 0, sizeof(ctx->code_seen));
    ctx->filled = 0;
}

/* ---- by EA ---- */

static void drop_entry(struct tlb_entry *e, ea_t ea, ea_t mask)
{
    if ((e->tag_r & mask) == ea)
        e->tag_r = TLB_NO_TAG;
    if ((e->tag_w & mask) == ea)
        e->tag_w = TLB_NO_TAG;
}

static void drop_ops(struct itlb_entry *i, ea_t ea, ea_t mask)
{
    if ((i->tag & mask) == ea)
        i->tag = TLB_NO_TAG;
}

/* A page of 4 KiB is not to be executed any more. */
static void drop_page_ops(struct tlb_ctx *ctx, ea_t page)
{
    unsigned i = page >> TLB_SMALL_LOG2 & (ITLB_ENTRIES - 1);

    drop_ops(&ctx->i[i], page, TLB_SMALL_MASK);
}

/* A page of up to one granule: look only where it can be. A 4 KiB page takes its granule's
 * first-level entry along. */
static void ctx_drop_page(struct tlb_ctx *ctx, ea_t ea, unsigned size_log2)
{
    ea_t first = ea & ~((1ULL << size_log2) - 1);
    unsigned pages = 1u << (size_log2 - TLB_SMALL_LOG2), bit = jump_bit(ea);
    /* An EA can be in j[] without its page being in i[], where another may have taken its place. */
    if (unlikely(ctx->jump_granules[bit / 8] >> bit % 8 & 1))
        drop_jumps(ctx);
    drop_sites(ctx, ea & TLB_MASK, TLB_MASK);
    drop_entry(&ctx->e[tlb_index(ea)], ea & TLB_MASK, TLB_MASK);
    if (ctx->filled & TLB_FILLED_V)
        drop_entry(&ctx->v[victim_index(ea)], ea & TLB_MASK, TLB_MASK);
    for (unsigned n = 0; n < pages; n++) {
        ea_t page = first + ((ea_t)n << TLB_SMALL_LOG2);
        drop_entry(&ctx->s[tlb_small_index(page)], page, TLB_SMALL_MASK);
        drop_page_ops(ctx, page);
    }
}

static void drop_entries(struct tlb_entry *e, unsigned n, ea_t ea, ea_t mask)
{
    for (unsigned i = 0; i < n; i++)
        drop_entry(&e[i], ea, mask);
}

/* Everything but e[] whose EA agrees with @ea in @mask. */
static void ctx_drop_range_rest(struct tlb_ctx *ctx, ea_t ea, ea_t mask)
{
    if (ctx->filled & TLB_FILLED_S)
        drop_entries(ctx->s, TLB_SMALL_ENTRIES, ea, mask);
    if (ctx->filled & TLB_FILLED_V)
        drop_entries(ctx->v, TLB_VICTIMS, ea, mask);
    for (unsigned i = 0; ctx->filled & TLB_FILLED_I && i < ITLB_ENTRIES; i++)
        drop_ops(&ctx->i[i], ea, mask);
    bool one_quadrant = (mask & PPC_BITS(0, 1)) == PPC_BITS(0, 1);
    if (ctx->filled & (one_quadrant ? filled_by_jump(ea) : TLB_FILLED_JUMPS))
        drop_jumps(ctx);
}

/* A page of several granules. */
static void ctx_drop_large(struct tlb_ctx *ctx, ea_t ea, unsigned size_log2)
{
    ea_t mask = size_log2 > 63 ? 0 : ~((1ULL << size_log2) - 1);
    ea &= mask;
    drop_sites(ctx, ea, mask);
    ctx_drop_range_rest(ctx, ea, mask);
    if (!(ctx->filled & TLB_FILLED_E))
        return;
    if (size_log2 > TLB_GRANULE_LOG2 + 8) {
        drop_entries(ctx->e, TLB_ENTRIES, ea, mask);
        return;
    }
    for (ea_t g = ea; g - ea < 1ULL << size_log2; g += 1ULL << TLB_GRANULE_LOG2)
        drop_entry(&ctx->e[tlb_index(g)], g, TLB_MASK);
}

/* All of the kernel's quadrant or all of the others. */
static void ctx_drop_kind(struct tlb_ctx *ctx, bool kernel)
{
    if (ctx->filled & (kernel ? TLB_FILLED_J : TLB_FILLED_J_USER))
        drop_jumps(ctx);
    for (ea_t quadrant = kernel ? 3 : 0; quadrant < (kernel ? 4 : 3); quadrant++)
        drop_sites(ctx, quadrant << 62, PPC_BITS(0, 1));
    memset(ctx->code_seen[kernel], 0, sizeof(ctx->code_seen[kernel]));
    if (log_replay(ctx, &ctx->log[kernel]))
        return;
    for (ea_t quadrant = kernel ? 3 : 0; quadrant < (kernel ? 4 : 3); quadrant++) {
        ctx_drop_range_rest(ctx, quadrant << 62, PPC_BITS(0, 1));
        if (ctx->filled & TLB_FILLED_E)
            drop_entries(ctx->e, TLB_ENTRIES, quadrant << 62, PPC_BITS(0, 1));
    }
    ctx->log[kernel].used = 0;
}

static void ctx_drop(struct tlb_ctx *ctx, uint32_t pid, ea_t ea, unsigned size_log2)
{
    if (ea != ~0ULL && size_log2 < 62 && !ctx->log[is_kernel_ea(ea)].used)
        return;
    if (ea != ~0ULL && size_log2 <= TLB_GRANULE_LOG2)
        ctx_drop_page(ctx, ea, size_log2 < TLB_SMALL_LOG2 ? TLB_SMALL_LOG2 : size_log2);
    else if (ea != ~0ULL)
        ctx_drop_large(ctx, ea, size_log2);
    else if (pid == 0 && ctx->key.pid != 0)
        ctx_drop_kind(ctx, true); /* the rest is not PID 0's */
    else if (pid != 0 && pid != ~0u && (ctx->key.mode & MODE_HR))
        ctx_drop_kind(ctx, false); /* the kernel's quadrant is */
    else
        tlb_ctx_clear(ctx);
}

static bool ctx_matches(const struct tlb_ctx *ctx, uint32_t lpid, uint32_t pid)
{
    if (lpid != ~0u && ctx->key.lpid != lpid)
        return false;
    if (pid == ~0u)
        return true;
    if (!(ctx->key.mode & (MSR_IR | MSR_DR)))
        return false; /* real mode depends on no process */
    return pid == 0 || ctx->key.pid == pid;
}

void tlb_flush(struct cpu *cpu, uint32_t lpid, uint32_t pid, ea_t ea, unsigned size_log2)
{
    struct tlb_set *set = cpu->tlbs;
    if (!set)
        return;
    cpu->tlb_flushes++;
    if (pid == ~0u)
        scope_flush(set);
    for (unsigned n = 0; n < set->count; n++)
        if (set->ctx[n].filled && ctx_matches(&set->ctx[n], lpid, pid))
            ctx_drop(&set->ctx[n], pid, ea, size_log2);
}

void tlb_flush_everywhere(struct machine *m, uint32_t lpid, uint32_t pid)
{
    machine_stop_others(m);
    for (unsigned i = 0; i < m->ncpus; i++)
        tlb_flush(&m->cpus[i], lpid, pid, ~0ULL, 0);
    machine_let_go(m);
}

void tlb_flush_all(struct cpu *cpu)
{
    tlb_flush(cpu, ~0u, ~0u, ~0ULL, 0);
}

/* ---- hash translation ---- */

static bool is_hash(const struct tlb_ctx *ctx)
{
    return !(ctx->key.mode & MODE_HR) && (ctx->key.mode & (MSR_IR | MSR_DR));
}

void tlb_flush_hash(struct cpu *cpu, ea_t ea, unsigned size_log2)
{
    struct tlb_set *set = cpu->tlbs;
    cpu->tlb_flushes++;
    for (unsigned n = 0; set && n < set->count; n++)
        if (set->ctx[n].filled && is_hash(&set->ctx[n]))
            ctx_drop(&set->ctx[n], ~0u, ea, size_log2);
}

void tlb_flush_hash_user(struct cpu *cpu)
{
    struct tlb_set *set = cpu->tlbs;
    cpu->tlb_flushes++;
    for (unsigned n = 0; set && n < set->count; n++)
        if (set->ctx[n].log[0].used && is_hash(&set->ctx[n]))
            ctx_drop_kind(&set->ctx[n], false);
}

void tlb_flush_vrma(struct cpu *cpu, uint32_t lpid)
{
    uint32_t both = MSR_IR | MSR_DR;
    struct tlb_set *set = cpu->tlbs;
    for (unsigned n = 0; set && n < set->count; n++) {
        const struct tlb_key *k = &set->ctx[n].key;
        if (k->lpid == lpid && (k->mode & both) != both && !(k->mode & (MODE_HR | MODE_HV)))
            tlb_ctx_clear(&set->ctx[n]);
    }
}

/* ---- code ---- */

static void entries_protect(struct tlb_entry *e, unsigned n, ra_t granule)
{
    for (unsigned i = 0; i < n; i++)
        if (e[i].ra == granule)
            e[i].tag_w = TLB_NO_TAG;
}

static void ctx_protect(struct tlb_ctx *ctx, ra_t granule)
{
    entries_protect(ctx->e, TLB_ENTRIES, granule);
    entries_protect(ctx->v, TLB_VICTIMS, granule);
    drop_sites(ctx, 0, 0); /* seldom: no need to know which may store there */
}

void tlb_protect_code(struct machine *m, ra_t ra)
{
    uint8_t *hint = &m->mem.write_hint[granule_index(&m->mem, ra)];
    if (*hint == HINT_NONE)
        return;
    for (unsigned c = 0; c < m->ncpus; c++) {
        struct tlb_set *set = m->cpus[c].tlbs;
        for (unsigned n = 0; set && n < set->count; n++)
            if (*hint == HINT_MANY || *hint == tlb_hint(&m->cpus[c], &set->ctx[n]))
                ctx_protect(&set->ctx[n], ra & TLB_MASK);
    }
    *hint = HINT_NONE;
}

static void ctx_forget_code(struct tlb_ctx *ctx, const struct insn *ops)
{
    for (unsigned i = 0; i < ITLB_ENTRIES; i++)
        if (ctx->i[i].ops == ops)
            ctx->i[i].tag = TLB_NO_TAG;
}

enum { JUMP_BLOCK = 128 }; /* looked through at once */

static bool has_page(const uint16_t *pages, uint16_t page)
{
    uint16_t found = 0;
    for (unsigned i = 0; i < JUMP_BLOCK; i++)
        found |= pages[i] == page;
    return found;
}

static void ctx_forget_native(struct tlb_ctx *ctx, const struct insn *ops)
{
    uint16_t page = code_name(ops);
    if (!(ctx->filled & TLB_FILLED_JUMPS))
        return;
    for (unsigned n = 0; n < JUMP_ENTRIES; n += JUMP_BLOCK) {
        if (likely(!has_page(&ctx->jump_page[n], page)))
            continue;
        for (unsigned i = n; i < n + JUMP_BLOCK; i++)
            if (ctx->jump_page[i] == page)
                ctx->j[i].ea = TLB_NO_TAG;
    }
}

static void forget_in_all(struct machine *m, const struct insn *ops,
                          void (*forget)(struct tlb_ctx *ctx, const struct insn *ops))
{
    for (unsigned c = 0; c < m->ncpus; c++) {
        struct tlb_set *set = m->cpus[c].tlbs;
        for (unsigned n = 0; set && n < set->count; n++)
            if (may_have_code(&set->ctx[n], code_name(ops)))
                forget(&set->ctx[n], ops);
    }
}

void tlb_forget_code(struct machine *m, const struct insn *ops)
{
    forget_in_all(m, ops, ctx_forget_code);
}

void tlb_forget_native(struct machine *m, const struct insn *ops)
{
    forget_in_all(m, ops, ctx_forget_native);
}

void tlb_forget_jumps(struct cpu *cpu)
{
    struct tlb_set *set = cpu->tlbs;
    for (unsigned n = 0; set && n < set->count; n++)
        drop_jumps(&set->ctx[n]);
}
