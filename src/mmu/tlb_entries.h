/* SPDX-License-Identifier: Apache-2.0 */
/* What one context holds, for the files that fill (tlb.c), copy (tlb_context.c) and drop
 * (tlb_flush.c) entries: the log of what was filled, hashes of what may be there. */
#ifndef PEFEMU_SRC_TLB_ENTRIES_H
#define PEFEMU_SRC_TLB_ENTRIES_H

#include "tlb_internal.h"

/* Drops all that @ctx has. */
void tlb_ctx_clear(struct tlb_ctx *ctx);

static inline void clear_entries(struct tlb_entry *e, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        e[i].tag_r = e[i].tag_w = TLB_NO_TAG;
}

static inline ea_t tag_of(const struct tlb_entry *e)
{
    return e->tag_r != TLB_NO_TAG ? e->tag_r : e->tag_w;
}

/* Places in the logs. */
enum {
    LOG_S = TLB_ENTRIES,
    LOG_I = LOG_S + TLB_SMALL_ENTRIES,
    LOG_V = LOG_I + ITLB_ENTRIES,
};

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

static inline void exec_set(struct tlb_ctx *ctx, unsigned index, bool exec)
{
    uint64_t bit = 1ULL << index % 64, *word = &ctx->exec[index / 64];
    *word = exec ? *word | bit : *word & ~bit;
}

static inline bool exec_get(const struct tlb_ctx *ctx, unsigned index)
{
    return ctx->exec[index / 64] >> index % 64 & 1;
}

static inline unsigned victim_index(ea_t ea)
{
    return (ea >> TLB_GRANULE_LOG2) * 0x9e3779b97f4a7c15ULL >> 58;
}

/* Code pages that a context has, by the first bits of their names: those it does not have cost
 * nothing when they go. */
static inline unsigned seen_bit(uint16_t page)
{
    return page >> (16 - TLB_CODE_SEEN_LOG2);
}

static inline void see_code(struct tlb_ctx *ctx, ea_t ea, uint16_t page)
{
    unsigned bit = seen_bit(page);
    ctx->code_seen[is_kernel_ea(ea)][bit / 64] |= 1ULL << bit % 64;
}

static inline bool may_have_code(const struct tlb_ctx *ctx, uint16_t page)
{
    unsigned bit = seen_bit(page);
    return (ctx->code_seen[0][bit / 64] | ctx->code_seen[1][bit / 64]) >> bit % 64 & 1;
}

/* Which bit of jump_granules stands for the granule of @ea. */
static inline unsigned jump_bit(ea_t ea)
{
    return (ea >> TLB_GRANULE_LOG2) * 0x9e3779b97f4a7c15ULL >> (64 - JUMP_GRANULES_LOG2);
}

static inline uint8_t filled_by_jump(ea_t ea)
{
    return is_kernel_ea(ea) ? TLB_FILLED_J : TLB_FILLED_J_USER;
}

#endif
