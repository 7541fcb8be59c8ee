/* SPDX-License-Identifier: Apache-2.0 */
/* Host memory behind the real address space, and the list of device windows. */
#include "pefemu/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

/* The host maps 2 MiB at a time only where address and length allow it. */
#define HUGE_PAGE (2 * MiB)

static uint64_t round_up(uint64_t v, uint64_t unit)
{
    return (v + unit - 1) & ~(unit - 1);
}

/* Address space only: pages appear when they are touched. NULL when the host refuses. */
static uint8_t *map_ram(uint64_t size)
{
    uint64_t len = round_up(size, HUGE_PAGE);
    uint8_t *p = mmap(NULL, len + HUGE_PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;

    uint8_t *start = (uint8_t *)round_up((uintptr_t)p, HUGE_PAGE);
    uint64_t head = start - p;
    if (head)
        munmap(p, head);
    if (head < HUGE_PAGE)
        munmap(start + len, HUGE_PAGE - head);
    return start;
}

static void advise_huge(uint8_t *p, uint64_t size)
{
    if (p)
        madvise(p, round_up(size, HUGE_PAGE), MADV_HUGEPAGE); /* refusal costs only speed */
}

void memory_want_huge_pages(struct memory *mem)
{
    if (mem->huge)
        return;
    mem->huge = true;
    advise_huge(mem->ram, mem->ram_size);
    advise_huge(mem->secure, mem->secure_size);
}

static void unmap_ram(uint8_t *p, uint64_t size)
{
    if (p)
        munmap(p, round_up(size, HUGE_PAGE));
}

bool memory_init(struct memory *mem, uint64_t ram_size, uint64_t secure_size)
{
    uint64_t total = ram_size + secure_size;
    memset(mem, 0, sizeof(*mem));
    mem->ram_size = ram_size;
    mem->secure_size = secure_size;
    mem->ram = ram_size ? map_ram(ram_size) : NULL;
    mem->secure = secure_size ? map_ram(secure_size) : NULL;
    /* One granule more than RAM: a granule is looked at as a whole even when RAM ends inside it. */
    mem->code_map = calloc((total >> 12) + 32, 1);
    mem->write_hint = calloc((total >> 16) + 2, 1);
    if ((ram_size && !mem->ram) || (secure_size && !mem->secure) || !mem->code_map ||
        !mem->write_hint) {
        memory_free(mem);
        return false;
    }
    return true;
}

void memory_free(struct memory *mem)
{
    unmap_ram(mem->ram, mem->ram_size);
    unmap_ram(mem->secure, mem->secure_size);
    free(mem->code_map);
    free(mem->write_hint);
    memset(mem, 0, sizeof(*mem));
}

static void clear_range(uint8_t *p, uint64_t size)
{
    if (p && madvise(p, round_up(size, HUGE_PAGE), MADV_DONTNEED))
        memset(p, 0, size);
}

void memory_clear(struct memory *mem)
{
    clear_range(mem->ram, mem->ram_size);
    clear_range(mem->secure, mem->secure_size);
}

void memory_discard(struct memory *mem, ra_t ra, uint64_t len)
{
    uint8_t *p = memory_ptr(mem, ra, len);
    uint8_t *first = (uint8_t *)round_up((uintptr_t)p, HUGE_PAGE);
    uint8_t *last = (uint8_t *)((uintptr_t)(p + len) & ~(HUGE_PAGE - 1));

    if (!p || !len)
        return;
    if (first >= last || madvise(first, last - first, MADV_DONTNEED)) {
        memset(p, 0, len);
        return;
    }
    memset(p, 0, first - p);
    memset(last, 0, p + len - last);
}

static bool overlaps(ra_t a, uint64_t a_size, ra_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

void memory_add_mmio(struct memory *mem, const char *name, ra_t base, uint64_t size,
                     const struct mmio_ops *ops, void *opaque)
{
    assert(mem->mmio_count < MEM_MAX_MMIO && size);
    assert(!overlaps(base, size, 0, mem->ram_size));
    assert(!overlaps(base, size, SECURE_RA_BIT, mem->secure_size));
    for (unsigned i = 0; i < mem->mmio_count; i++)
        assert(!overlaps(base, size, mem->mmio[i].base, mem->mmio[i].size));
    mem->mmio[mem->mmio_count++] = (struct mmio_region){name, base, size, ops, opaque};
}

const struct mmio_region *memory_find_mmio(const struct memory *mem, ra_t ra, uint64_t len)
{
    for (unsigned i = 0; i < mem->mmio_count; i++) {
        const struct mmio_region *r = &mem->mmio[i];
        if (ra - r->base < r->size && len <= r->size - (ra - r->base))
            return r;
    }
    return NULL;
}
