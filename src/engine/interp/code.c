/*
 * Predecoded pages. A page is keyed by its real address and the byte order, so that all mappings of
 * it share one copy. A store into it resets the slots it touches; a page that is written again and
 * again without being decoded is data by now and is dropped.
 *
 * With threads all CPUs read the pages without a lock, so a page is decoded as a whole when it is
 * made and never changes: a store into it drops it. Pages are made and dropped while the other CPUs
 * are stopped.
 */
#include "code.h"

#include "thread.h"

#include <stdlib.h>

#include "pefemu/mmu.h"
#include "pefemu/threads.h"

/* Stores without a decode in between after which a page counts as data. */
#define WRITES_TO_DROP 64
/* Pages kept at most: 32 KiB each. When full, everything goes: simpler than ageing, and rare. */
#define MAX_PAGES 3072
/* With threads, dead pages until everybody stops to have them freed. */
#define DEAD_TO_TIDY 256

static struct code_cache *cache_of(struct machine *m)
{
    if (!m->code) {
        struct code_cache *code = calloc(1, sizeof(*code));

        if (!code)
            return NULL;
        code->slots = 2 * ((m->mem.ram_size + m->mem.secure_size) >> 12);
        code->pages = calloc(code->slots, sizeof(*code->pages));
        if (!code->pages) {
            free(code);
            return NULL;
        }
        m->code = code;
    }
    return m->code;
}

uint32_t code_cold(const struct machine *m)
{
    return m->cfg.hot ? HOT - m->cfg.hot : 0;
}

static void reset_slots(const struct machine *m, struct code_page *page, unsigned first,
                        unsigned last, insn_thread fn)
{
    for (unsigned i = first; i <= last; i++)
        page->ops[i].fn = fn, page->ops[i].heat = code_cold(m);
}

/* Takes the page out of the cache. Threaded code may still stand in it: every slot leads out. */
static void drop(struct machine *m, size_t slot)
{
    struct code_cache *code = m->code;
    struct code_page *page = code->pages[slot];

    if (!page)
        return;
    code->pages[slot] = NULL;
    page->dropped = true;
    code->live--;
    m->decoded.dropped++;
    if (!code->pages[slot ^ 1])
        m->mem.code_map[slot >> 1] = 0;
    if (page->native)
        m->code_client->drop(m, page);
    reset_slots(m, page, 0, CODE_PAGE_INSNS, thread_stale);
    tlb_forget_code(m, page->ops);
    page->next_dead = code->dead;
    code->dead = page;
    if (++code->ndead >= DEAD_TO_TIDY)
        m->tidy_wanted = true;
}

static void drop_all(struct machine *m)
{
    for (size_t slot = 0; slot < m->code->slots; slot++)
        drop(m, slot);
}

void code_forget(struct machine *m)
{
    if (m->code)
        drop_all(m);
}

static struct code_page *make_page(struct machine *m, ra_t ra, bool le, size_t slot)
{
    struct code_cache *code = cache_of(m);
    struct code_page *page;

    if (!code)
        return NULL;
    if (code->pages[slot]) /* another CPU's */
        return code->pages[slot];
    if (code->live >= MAX_PAGES)
        drop_all(m);
    page = aligned_alloc(64, (sizeof(*page) + 63) & ~63UL);
    if (!page)
        return NULL;
    page->host = memory_ptr(&m->mem, ra, 4096);
    page->ra = ra;
    page->le = le;
    page->writes = 0;
    page->native = NULL;
    page->dropped = false;
    reset_slots(m, page, 0, CODE_PAGE_INSNS - 1, thread_decode);
    page->ops[CODE_PAGE_INSNS].fn = thread_page_end;
    code->pages[slot] = page;
    code->live++;
    m->decoded.pages++;
    m->mem.code_map[slot >> 1] = 1;
    tlb_protect_code(m, ra);
    if (m->cfg.multi)
        thread_decode_page(m, page);
    return page;
}

struct code_page *code_page_get(struct machine *m, ra_t ra, bool le)
{
    size_t slot = 2 * memory_page_index(&m->mem, ra) + le;
    struct code_page *page = m->code ? m->code->pages[slot] : NULL;

    if (page)
        return page;
    machine_stop_others(m);
    page = make_page(m, ra, le, slot);
    machine_let_go(m);
    return page;
}

void code_bury(struct machine *m)
{
    while (m->code && m->code->dead) {
        struct code_page *page = m->code->dead;

        m->code->dead = page->next_dead;
        free(page->native);
        free(page);
    }
    if (m->code)
        m->code->ndead = 0;
}

static void page_written(struct machine *m, size_t slot, unsigned offset, unsigned len)
{
    struct code_page *page = m->code->pages[slot];
    unsigned first = offset / 4;

    if (!page)
        return;
    if (page->native)
        m->code_client->drop(m, page);
    if (len >= 512 || ++page->writes > WRITES_TO_DROP || m->cfg.multi)
        drop(m, slot);
    else
        /* the slot before may be fused with the first one */
        reset_slots(m, page, first ? first - 1 : 0, (offset + len - 1) / 4, thread_decode);
}

void code_written(struct machine *m, ra_t ra, uint64_t len)
{
    if (!m->code)
        return;
    while (len) {
        unsigned offset = ra & 0xfff;
        unsigned part = len < 4096 - offset ? (unsigned)len : 4096 - offset;
        size_t index = memory_page_index(&m->mem, ra);

        if (2 * index + 1 < m->code->slots && m->mem.code_map[index]) {
            machine_stop_others(m);
            page_written(m, 2 * index, offset, part);
            page_written(m, 2 * index + 1, offset, part);
            machine_let_go(m);
        }
        ra += part;
        len -= part;
    }
}

void code_destroy(struct machine *m)
{
    if (!m->code)
        return;
    for (size_t slot = 0; slot < m->code->slots; slot++) {
        if (m->code->pages[slot])
            free(m->code->pages[slot]->native);
        free(m->code->pages[slot]);
    }
    code_bury(m);
    free(m->code->pages);
    free(m->code);
    m->code = NULL;
}
