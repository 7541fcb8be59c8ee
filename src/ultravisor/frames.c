/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns which 64 KiB frame of secure memory. A frame that nobody owns is zero. */
#include "uv_internal.h"

#include <stdlib.h>

void uv_zero(struct machine *m, ra_t ra, uint64_t len)
{
    memory_discard(&m->mem, ra, len);
    memory_written(m, ra, len);
}

bool frames_init(struct frames *f, struct machine *m, ra_t base, uint64_t bytes)
{
    *f = (struct frames){.m = m, .base = base, .count = bytes >> UV_PAGE_LOG2};
    f->free = f->count;
    f->used = calloc(f->count ? f->count : 1, 1);
    return f->used != NULL;
}

void frames_fini(struct frames *f)
{
    free(f->used);
    f->used = NULL;
}

static bool is_free(const struct frames *f, uint64_t at, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (f->used[at + i])
            return false;
    return true;
}

ra_t frames_alloc(struct frames *f, unsigned n)
{
    uint64_t runs = f->count / n;

    if (f->free < n)
        return 0;
    for (uint64_t i = 0; i < runs; i++) {
        uint64_t at = (f->hint / n + i) % runs * n;
        if (!is_free(f, at, n))
            continue;
        memset(f->used + at, 1, n);
        f->free -= n;
        f->hint = at + n;
        return f->base + (at << UV_PAGE_LOG2);
    }
    return 0;
}

void frames_release(struct frames *f, ra_t ra, unsigned n)
{
    uint64_t at = (ra - f->base) >> UV_PAGE_LOG2;

    if (!ra)
        return;
    uv_zero(f->m, ra, (uint64_t)n << UV_PAGE_LOG2);
    memset(f->used + at, 0, n);
    f->free += n;
    f->hint = at;
}
