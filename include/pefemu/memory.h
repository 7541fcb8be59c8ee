/*
 * The real address space of a machine: RAM (normal and secure) and memory-mapped devices.
 * Every access by a CPU passes the secure/normal check of src/mmu/secure.c first; see mmu.h.
 */
#ifndef PEFEMU_MEMORY_H
#define PEFEMU_MEMORY_H

#include "pefemu/types.h"

struct cpu;
struct machine;

#define SECURE_RA_BIT PPC_BIT(15) /* real addresses with this bit are secure (pef.md 1.8) */

/* A device's registers. Values are numbers as a big-endian bus would show them: the byte at the
 * lowest address is the most significant. Both return false to refuse (machine check). */
struct mmio_ops {
    bool (*load)(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size, uint64_t *value);
    bool (*store)(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size, uint64_t value);
};

struct mmio_region {
    const char *name;
    ra_t base;
    uint64_t size;
    const struct mmio_ops *ops;
    void *opaque; /* borrowed: the device */
};

#define MEM_MAX_MMIO 16

struct memory {
    uint8_t *ram; /* owned mapping of ram_size bytes at real address 0: the LPAR's memory
                     followed by the hypervisor's (decisions.md 2) */
    uint64_t ram_size;
    uint8_t *secure; /* owned mapping of secure_size bytes at real address SECURE_RA_BIT, or NULL */
    uint64_t secure_size;
    uint8_t *code_map;   /* owned; one byte per 4 KiB of ram then of secure: non-zero when the
                            engine holds predecoded operations of that page */
    uint8_t *write_hint; /* owned; one byte per 64 KiB: non-zero when some TLB may hold a
                            write tag */
    bool huge;           /* huge pages have been asked for */
    struct mmio_region mmio[MEM_MAX_MMIO];
    unsigned mmio_count;
};

/**
 * memory_init - reserve address space; pages are touched lazily
 * Return: false when the host refuses; nothing is left allocated then.
 */
bool memory_init(struct memory *mem, uint64_t ram_size, uint64_t secure_size);
void memory_free(struct memory *mem);
/* Whatever is touched from now on is to be in huge pages, where the host has them: they save TLB
 * misses of the host, but each is cleared as a whole when it is first touched, and starting a guest
 * touches many places once. So machines ask when a guest has run for a while. */
void memory_want_huge_pages(struct memory *mem);
/* Zeroes all RAM by giving the pages back to the host. */
void memory_clear(struct memory *mem);
/* Zeroes [ra, ra+len), which must be RAM; large pieces go back to the host. The caller sees to
 * decoded code (memory_written). */
void memory_discard(struct memory *mem, ra_t ra, uint64_t len);
/* Adds a device window; asserts that there is room and no overlap (our own bug otherwise). */
void memory_add_mmio(struct memory *mem, const char *name, ra_t base, uint64_t size,
                     const struct mmio_ops *ops, void *opaque);
const struct mmio_region *memory_find_mmio(const struct memory *mem, ra_t ra, uint64_t len);

/* Host address of [ra, ra+len) when all of it is RAM, else NULL. No secure check: see mmu.h. */
static inline uint8_t *memory_ptr(const struct memory *mem, ra_t ra, uint64_t len)
{
    if (likely(ra < mem->ram_size && len <= mem->ram_size - ra))
        return mem->ram + ra;
    ra ^= SECURE_RA_BIT;
    if (ra < mem->secure_size && len <= mem->secure_size - ra)
        return mem->secure + ra;
    return NULL;
}

/* Index of the 4 KiB page of RAM that holds @ra, for code_map; ra must be RAM. */
static inline size_t memory_page_index(const struct memory *mem, ra_t ra)
{
    return ra & SECURE_RA_BIT ? (mem->ram_size + (ra ^ SECURE_RA_BIT)) >> 12 : ra >> 12;
}

/* Whoever writes RAM other than through mmu_store() calls this afterwards (devices, hypervisor,
 * loader): drops predecoded operations of the bytes. Implemented by src/engine/interp/code.c. */
void memory_written(struct machine *m, ra_t ra, uint64_t len);

#endif
