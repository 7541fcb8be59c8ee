/* SPDX-License-Identifier: Apache-2.0 */
/* The translation contexts of one CPU, one for each mode and process: system calls, context
 * switches, hypercalls, ultracalls and KUAP go to another one and flush nothing. */
#include "tlb_entries.h"

#include <stdlib.h>

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
            tlb_note_jump(ctx, &from->j[n], from->jump_page[n]);
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
    tlb_ctx_clear(ctx);
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
