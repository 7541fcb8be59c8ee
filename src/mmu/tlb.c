/* SPDX-License-Identifier: Apache-2.0 */
/* Software TLBs of one CPU: one context per translation mode, so that system calls, context
 * switches and KUAP flush nothing; tlbie and friends drop what matches. */
#include "tlb_internal.h"

#include "pefemu/threads.h"

#include <stdlib.h>

static void clear_entries(struct tlb_entry *e, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        e[i].tag_r = e[i].tag_w = TLB_NO_TAG;
}

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

/* Places in the logs. */
enum {
    LOG_S = TLB_ENTRIES,
    LOG_I = LOG_S + TLB_SMALL_ENTRIES,
    LOG_V = LOG_I + ITLB_ENTRIES,
};

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

/* Code pages that a context has, by a hash: those it does not have cost nothing when they go. */
static unsigned seen_bit(uint32_t page)
{
    return page * 0x9e3779b97f4a7c15ULL >> (64 - TLB_CODE_SEEN_LOG2);
}

static void see_code(struct tlb_ctx *ctx, ea_t ea, uint32_t page)
{
    unsigned bit = seen_bit(page);
    ctx->code_seen[is_kernel_ea(ea)][bit / 64] |= 1ULL << bit % 64;
}

static bool may_have_code(const struct tlb_ctx *ctx, uint32_t page)
{
    unsigned bit = seen_bit(page);
    return (ctx->code_seen[0][bit / 64] | ctx->code_seen[1][bit / 64]) >> bit % 64 & 1;
}

static void ctx_clear(struct tlb_ctx *ctx)
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

/* ---- contexts ---- */

/* Before an entry for @ea of arrays @what is made in the place of one for @old; @where: its index
 * for the log. */
static inline void ctx_filled(struct tlb_ctx *ctx, ea_t ea, ea_t old, unsigned what, unsigned where)
{
    bool kernel = is_kernel_ea(ea);
    struct tlb_log *log = &ctx->log[kernel];
    ctx->filled |= what;
    if (log->used > TLB_LOG || (old != TLB_NO_TAG && is_kernel_ea(old) == kernel))
        return; /* this log knows the place already */
    if (log->used < TLB_LOG)
        log->at[log->used] = where;
    log->used++;
}

static void exec_set(struct tlb_ctx *ctx, unsigned index, bool exec)
{
    uint64_t bit = 1ULL << index % 64, *word = &ctx->exec[index / 64];
    *word = exec ? *word | bit : *word & ~bit;
}

static bool exec_get(const struct tlb_ctx *ctx, unsigned index)
{
    return ctx->exec[index / 64] >> index % 64 & 1;
}

/* The context used last that knows the same kernel's quadrant as the empty context @ctx of a
 * privileged state: with radix trees it is PID 0's, whatever the process. */
static const struct tlb_ctx *seed_of(const struct tlb_set *set, const struct tlb_ctx *ctx)
{
    const uint32_t relocated = MSR_IR | MSR_DR;
    const struct tlb_ctx *best = NULL;
    uint64_t when = 0;
    if ((ctx->key.mode & (relocated | MODE_HR | MSR_PR)) != (relocated | MODE_HR))
        return NULL;
    for (unsigned n = 0; n < set->count; n++) {
        const struct tlb_ctx *c = &set->ctx[n];
        if (c != ctx && c->key.lpid == ctx->key.lpid && c->key.mode == ctx->key.mode &&
            (!best || set->last_used[n] > when)) {
            best = c;
            when = set->last_used[n];
        }
    }
    return best;
}

/* A new process finds what the kernel's other contexts know of its quadrant: where code is, and
 * what may be read; write tags are made one by one, as hints go with them. */
static void ctx_seed(struct tlb_ctx *ctx, const struct tlb_ctx *from)
{
    for (unsigned n = 0; n < TLB_ENTRIES; n++) {
        const struct tlb_entry *e = &from->e[n];
        if (!is_kernel_ea(e->tag_r))
            continue;
        ctx_filled(ctx, e->tag_r, TLB_NO_TAG, TLB_FILLED_E, n);
        ctx->e[n] = (struct tlb_entry){e->tag_r, TLB_NO_TAG, e->addend, e->ra};
        exec_set(ctx, n, exec_get(from, n));
    }
    for (unsigned n = 0; n < ITLB_ENTRIES; n++) {
        if (!is_kernel_ea(from->i[n].tag))
            continue;
        ctx_filled(ctx, from->i[n].tag, TLB_NO_TAG, TLB_FILLED_I, LOG_I + n);
        ctx->i[n] = from->i[n];
    }
    memcpy(ctx->code_seen[1], from->code_seen[1], sizeof(ctx->code_seen[1]));
    for (unsigned n = 0; from->filled & TLB_FILLED_J && n < JUMP_ENTRIES; n++)
        if (is_kernel_ea(from->j[n].ea))
            tlb_note_jump(ctx, &from->j[n]);
}

static bool is_pair(const struct key_pair *p, const struct cpu *cpu)
{
    return p->amr == cpu->amr && p->iamr == cpu->iamr && p->number;
}

/* The number of the present AMR and IAMR. Few pairs are in use at a time: the kernel's with and
 * without access to user memory, and the process's. */
static __attribute__((noinline)) uint32_t key_pair_number(struct tlb_set *set,
                                                          const struct cpu *cpu)
{
    for (unsigned i = 0; i < KEY_PAIRS; i++)
        if (is_pair(&set->pairs[i], cpu))
            return set->pairs[i].number;
    uint32_t number = ++set->last_pair;
    set->pairs[number % KEY_PAIRS] = (struct key_pair){cpu->amr, cpu->iamr, number};
    return number;
}

static struct tlb_key key_of(const struct cpu *cpu)
{
    uint64_t msr = cpu->msr;
    bool keys_load = !(msr & MSR_PR) & !!(msr & MSR_DR);
    bool keys_fetch = !(msr & MSR_PR) & !!(msr & MSR_IR);
    bool hash = unlikely(!(cpu->lpcr & LPCR_HR)) && (msr & (MSR_IR | MSR_DR));
    uint32_t mode = (msr & MODE_MSR) | (msr >> 32 & (MODE_HV | MODE_SF)) |
                    (cpu->lpcr & (LPCR_HR | LPCR_UPRT)) >> 20 << MODE_LPCR_SHIFT;
    mode |= (uint32_t)(cpu->amr >> 62) << MODE_AMR_SHIFT & -(uint32_t)keys_load;
    mode |= (uint32_t)(cpu->iamr >> 62 & 1) << MODE_IAMR_SHIFT & -(uint32_t)keys_fetch;
    return (struct tlb_key){
        .lpid = msr & MSR_HV ? 0 : cpu->lpid,
        .pid = msr & (MSR_IR | MSR_DR) ? cpu->pid : 0,
        .mode = mode,
        .keys = hash ? key_pair_number(cpu->tlbs, cpu) : 0,
    };
}

static bool key_equal(const struct tlb_key *a, const struct tlb_key *b)
{
    return a->mode == b->mode && a->pid == b->pid && a->lpid == b->lpid && a->keys == b->keys;
}

static void finder_clear(struct tlb_set *set)
{
    for (unsigned i = 0; i < TLB_FINDER; i++)
        set->finder[i].ctx = NULL;
}

static struct tlb_ctx *ctx_recycle(struct tlb_set *set, const struct tlb_key *key)
{
    struct tlb_ctx *ctx;
    finder_clear(set);
    if (set->count < TLB_CONTEXTS) {
        ctx = &set->ctx[set->count++];
        ctx->jumps_filled = JUMP_LOG + 1;
        ctx->filled = ~0; /* memory of a new context is not cleared yet */
        ctx->sites = 0;
        for (unsigned i = 0; i < TLB_SITES; i++)
            ctx->site[i] = (struct tlb_site){.base = TLB_NO_TAG};
        ctx->log[0].used = ctx->log[1].used = TLB_LOG + 1;
    } else {
        ctx = &set->ctx[0];
        for (unsigned i = 1; i < TLB_CONTEXTS; i++)
            if (set->last_used[i] < set->last_used[ctx - set->ctx])
                ctx = &set->ctx[i];
    }
    ctx_clear(ctx);
    ctx->key = *key;
    const struct tlb_ctx *from = seed_of(set, ctx);
    if (from)
        ctx_seed(ctx, from);
    return ctx;
}

static struct tlb_ctx *ctx_find(struct tlb_set *set, const struct tlb_key *key)
{
    for (unsigned i = 0; i < set->count; i++)
        if (key_equal(&set->ctx[i].key, key))
            return &set->ctx[i];
    return ctx_recycle(set, key);
}

/* What of MSR a context depends on. */
#define PLACE_MSR (MODE_MSR | MSR_HV | MSR_SF)

/* Places the modes that alternate (problem state, each setting of KUAP, real mode) side by side and
 * spreads processes: neighbours never push each other out. */
static unsigned place_index(const struct cpu *cpu)
{
    uint64_t msr = cpu->msr;
    uint64_t mode = (msr >> 4 & 3) ^ (msr >> 12 & 4) ^ (cpu->amr >> 59 & 0x18);
    return (mode ^ msr >> 54 ^ (msr >> 17 & 0x20) ^ cpu->amr >> 52 ^ (uint64_t)cpu->pid << 5 ^
            (uint64_t)cpu->lpid << 6) %
           TLB_FINDER;
}

static bool is_place(const struct tlb_place *p, const struct cpu *cpu)
{
    uint64_t differs = (p->msr ^ (cpu->msr & PLACE_MSR)) | (p->lpcr ^ cpu->lpcr) |
                       (p->amr ^ cpu->amr) | (p->iamr ^ cpu->iamr) | (p->lpid ^ cpu->lpid) |
                       (p->pid ^ cpu->pid);
    return !differs && p->ctx;
}

static __attribute__((noinline)) void place_fill(struct tlb_set *set, struct tlb_place *p,
                                                 const struct cpu *cpu)
{
    struct tlb_key key = key_of(cpu);
    struct tlb_ctx *ctx = ctx_find(set, &key);
    *p = (struct tlb_place){
        .msr = cpu->msr & PLACE_MSR,
        .lpcr = cpu->lpcr,
        .amr = cpu->amr,
        .iamr = cpu->iamr,
        .lpid = cpu->lpid,
        .pid = cpu->pid,
        .ctx = ctx,
        .number = (uint32_t)(ctx - set->ctx),
    };
}

/* On the path of every system call. */
void tlb_switch(struct cpu *cpu)
{
    struct tlb_set *set = cpu->tlbs;
    if (unlikely(!set))
        return;
    struct tlb_place *p = &set->finder[place_index(cpu)];
    if (unlikely(!is_place(p, cpu)))
        place_fill(set, p, cpu);
    set->last_used[p->number] = ++set->clock;
    cpu->tlb = p->ctx;
}

bool tlb_init(struct cpu *cpu)
{
    if (!cpu->tlbs) {
        cpu->tlbs = aligned_alloc(64, sizeof(*cpu->tlbs));
        if (!cpu->tlbs)
            return false;
    }
    struct tlb_set *set = cpu->tlbs;
    set->count = 0;
    set->clock = 0;
    set->scope_lpid = 0;
    set->scope_secure = false;
    set->scope_dw0 = 0;
    memset(set->pairs, 0, sizeof(set->pairs));
    set->last_pair = 0;
    scope_flush(set);
    struct tlb_key key = key_of(cpu);
    cpu->tlb = ctx_recycle(set, &key);
    set->last_used[0] = 0;
    return true;
}

void tlb_destroy(struct cpu *cpu)
{
    free(cpu->tlbs);
    cpu->tlbs = NULL;
    cpu->tlb = NULL;
}

/* ---- flushing ---- */

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

/* Which bit of jump_granules stands for the granule of @ea. */
static unsigned jump_bit(ea_t ea)
{
    return (ea >> TLB_GRANULE_LOG2) * 0x9e3779b97f4a7c15ULL >> (64 - JUMP_GRANULES_LOG2);
}

/* A page of 4 KiB is not to be executed any more. */
static void drop_page_ops(struct tlb_ctx *ctx, ea_t page)
{
    unsigned i = page >> TLB_SMALL_LOG2 & (ITLB_ENTRIES - 1);

    drop_ops(&ctx->i[i], page, TLB_SMALL_MASK);
}

static unsigned victim_index(ea_t ea)
{
    return (ea >> TLB_GRANULE_LOG2) * 0x9e3779b97f4a7c15ULL >> 58;
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

static uint8_t filled_by_jump(ea_t ea)
{
    return is_kernel_ea(ea) ? TLB_FILLED_J : TLB_FILLED_J_USER;
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
        ctx_clear(ctx);
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
            ctx_clear(&set->ctx[n]);
    }
}

/* ---- filling ---- */

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

static ea_t tag_of(const struct tlb_entry *e)
{
    return e->tag_r != TLB_NO_TAG ? e->tag_r : e->tag_w;
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

static void ctx_forget_native(struct tlb_ctx *ctx, const struct insn *ops)
{
    uint32_t page = code_name(ops);
    if (!(ctx->filled & TLB_FILLED_JUMPS))
        return;
    for (unsigned i = 0; i < JUMP_ENTRIES; i++)
        if (ctx->j[i].page == page)
            ctx->j[i].ea = TLB_NO_TAG;
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

static void fill_jump(struct tlb_ctx *ctx, unsigned index, struct jump_entry entry)
{
    ctx->j[index] = entry;
    if (ctx->jumps_filled < JUMP_LOG)
        ctx->jump_log[ctx->jumps_filled] = (uint16_t)index;
    if (ctx->jumps_filled <= JUMP_LOG)
        ctx->jumps_filled++;
}

void tlb_note_jump(struct tlb_ctx *ctx, const struct jump_entry *entry)
{
    ea_t ea = entry->ea;
    unsigned bit = jump_bit(ea), index = jump_index(ea);

    if (ctx->j[index].ea != TLB_NO_TAG && ctx->j[index].ea != ea)
        fill_jump(ctx, index ^ 1, ctx->j[index]);
    fill_jump(ctx, index, *entry);
    see_code(ctx, ea, entry->page);
    ctx->jump_granules[bit / 8] |= 1u << bit % 8;
    ctx->filled |= filled_by_jump(ea);
}

void tlb_forget_jumps(struct cpu *cpu)
{
    struct tlb_set *set = cpu->tlbs;
    for (unsigned n = 0; set && n < set->count; n++)
        drop_jumps(&set->ctx[n]);
}
