/* SPDX-License-Identifier: Apache-2.0 */
/* Memory slots: the guest real memory of an SVM, each page with a secure frame of its own. */
#include "uv_internal.h"

#include <stdlib.h>

static uint64_t chunks(gra_t base, uint64_t size)
{
    return ((base + size - 1) >> CHUNK_LOG2) - (base >> CHUNK_LOG2) + 1;
}

struct slot *slot_of(const struct svm *svm, gra_t gpa)
{
    for (struct slot *s = svm->slots; s; s = s->next)
        if (gpa - s->base < s->size)
            return s;
    return NULL;
}

gra_t slot_above(const struct svm *svm, gra_t gpa)
{
    gra_t next = SECURE_RA_BIT;

    for (const struct slot *s = svm->slots; s; s = s->next)
        if (s->base > gpa && s->base < next)
            next = s->base;
    return next;
}

struct page *page_of(const struct svm *svm, gra_t gpa)
{
    struct slot *s = slot_of(svm, gpa);
    return s ? &s->page[(gpa - s->base) >> UV_PAGE_LOG2] : NULL;
}

ra_t page_frame(const struct svm *svm, gra_t gpa)
{
    const struct slot *s = slot_of(svm, gpa);
    gra_t page = gpa & ~(UV_PAGE_SIZE - 1);

    if (!s)
        return 0;
    return s->chunk[(page >> CHUNK_LOG2) - (s->base >> CHUNK_LOG2)] + (page & (CHUNK_SIZE - 1));
}

bool slot_covers(const struct svm *svm, gra_t gpa, uint64_t len)
{
    gra_t end = gpa + len;

    if (end < gpa) /* round the end of the address space */
        return false;
    for (gra_t at = gpa; at < end;) {
        const struct slot *s = slot_of(svm, at);
        if (!s)
            return false;
        at = s->base + s->size;
        if (!at) /* the slot ends with the address space */
            return true;
    }
    return true;
}

static void slot_free(struct svm *svm, struct slot *s)
{
    for (uint64_t i = 0; s->chunk && i < chunks(s->base, s->size); i++)
        frames_release(&svm->uv->frames, s->chunk[i], CHUNK_PAGES);
    free(s->chunk);
    free(s->page);
    free(s);
}

void slots_free(struct svm *svm)
{
    for (struct slot *s = svm->slots, *next; s; s = next) {
        next = s->next;
        slot_free(svm, s);
    }
    svm->slots = NULL;
}

/* Secure memory behind the slot, and the tree's leaves: of 2 MiB where all of it is the slot's. */
static bool slot_back(struct svm *svm, struct slot *s)
{
    struct frames *f = &svm->uv->frames;
    gra_t end = s->base + s->size;

    for (uint64_t i = 0; i < chunks(s->base, s->size); i++) {
        gra_t at = ((s->base >> CHUNK_LOG2) + i) << CHUNK_LOG2;
        s->chunk[i] = frames_alloc(f, CHUNK_PAGES);
        if (!s->chunk[i])
            return false;
        if (at >= s->base && end - at >= CHUNK_SIZE) {
            if (!tree_map_chunk(&svm->tree, f, at, s->chunk[i]))
                return false;
            continue;
        }
        for (gra_t p = at; p < at + CHUNK_SIZE; p += UV_PAGE_SIZE)
            if (p >= s->base && p < end &&
                !tree_map_page(&svm->tree, f, p, s->chunk[i] + (p - at), true))
                return false;
    }
    return true;
}

static void slot_unmap(struct svm *svm, const struct slot *s)
{
    tree_unmap(&svm->tree, &svm->uv->frames, s->base, s->size);
    svm_flush(svm);
}

static bool is_free(const struct svm *svm, uint64_t id, gra_t base, uint64_t size)
{
    for (const struct slot *s = svm->slots; s; s = s->next)
        if (s->id == id || (base < s->base + s->size && s->base < base + size))
            return false;
    return true;
}

/* (lpid, gpa, bytes, flags, slot) */
int64_t u_register_mem_slot(struct ucall *c)
{
    uint64_t base = c->args[1], size = c->args[2], id = c->args[4];
    struct svm *svm = svm_find(c->uv, c->args[0]);

    if (!svm || svm->state == SVM_ABORTED || svm->state == SVM_DEAD)
        return U_PARAMETER;
    /* The tree reaches 52 bits; a real address with the secure bit names no guest page. */
    if ((base | size) & (UV_PAGE_SIZE - 1) || !size || base >= SECURE_RA_BIT ||
        size > SECURE_RA_BIT - base || id >= SLOT_MAX || c->args[3] ||
        !is_free(svm, id, base, size))
        return U_PARAMETER;

    struct slot *s = calloc(1, sizeof(*s));
    if (!s)
        return U_PARAMETER;
    *s = (struct slot){.id = id, .base = base, .size = size};
    if (size >> UV_PAGE_LOG2 > c->uv->frames.free) {
        uv_say(c->uv, svm->lpid,
               "secure memory too small: %llu MiB are left, the guest needs %llu; "
               "use -M pseries,secure-mem=%lluM",
               (unsigned long long)(c->uv->frames.free * UV_PAGE_SIZE / MiB),
               (unsigned long long)(size / MiB),
               (unsigned long long)(uv_secure_memory_needed(size) / MiB));
        free(s);
        return U_PARAMETER;
    }
    s->chunk = calloc(chunks(base, size), sizeof(*s->chunk));
    s->page = calloc(size >> UV_PAGE_LOG2, sizeof(*s->page));
    if (!s->chunk || !s->page || !slot_back(svm, s)) {
        if (s->chunk && s->page)
            slot_unmap(svm, s);
        slot_free(svm, s);
        return U_PARAMETER;
    }
    s->next = svm->slots;
    svm->slots = s;
    uv_charge(c->uv, COST_CROSSING);
    return U_SUCCESS;
}

/* ESM has looked at pages of it, or set some aside: they must be there, and as they were, at its
 * end. */
static bool esm_needs(const struct svm *svm, const struct slot *s)
{
    for (uint64_t i = 0; svm->state == SVM_TRANSITION && i < s->size >> UV_PAGE_LOG2; i++)
        if (s->page[i].fetched ||
            (s->page[i].state != PAGE_SECURE && s->page[i].state != PAGE_PAGEDOUT))
            return true;
    return false;
}

/* (lpid, slot): what was in it is gone, as when memory is unplugged. */
int64_t u_unregister_mem_slot(struct ucall *c)
{
    struct svm *svm = svm_find(c->uv, c->args[0]);

    if (!svm)
        return U_PARAMETER;
    if (c->args[1] >= SLOT_MAX)
        return U_P2;
    for (struct slot **link = &svm->slots; *link; link = &(*link)->next) {
        struct slot *s = *link;
        if (s->id != c->args[1])
            continue;
        if (esm_needs(svm, s))
            return U_P2;
        *link = s->next;
        slot_unmap(svm, s);
        slot_free(svm, s);
        return U_SUCCESS;
    }
    return U_P2;
}
