/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partition-scoped radix tree of an SVM: big-endian bytes in secure memory that only the
 * ultravisor writes. Index widths 13, 9, 9, 5 above a 64 KiB page; leaves of 2 MiB and 64 KiB.
 * Power ISA 3.0B Book III, "Radix Tree Translation".
 */
#include "uv_internal.h"

#define PATE0_HR     PPC_BIT(0)
#define PATE0_RTS_52 (0x4000000000000000ULL | 5ULL << 5)
#define ROOT_BITS    13u

#define RTE_VALID PPC_BIT(0)
#define RTE_LEAF  PPC_BIT(1)
#define RTE_R     0x100ULL
#define RTE_C     0x080ULL
#define RTE_RW    0x006ULL
#define RTE_X     0x001ULL
#define RTE_NEXT  0x00ffffffffffff00ULL
#define RTE_RPN   0x01fffffffffff000ULL
#define LEAF      (RTE_VALID | RTE_LEAF | RTE_R | RTE_C | RTE_RW)

static const struct {
    unsigned bits, shift;
} level[] = {{13, 39}, {9, 30}, {9, 21}, {5, 16}};
enum { LEVEL_CHUNK = 2, LEVEL_PAGE = 3 };

static uint8_t *entry(const struct frames *f, ra_t table, unsigned l, gra_t gpa)
{
    uint64_t index = gpa >> level[l].shift & ((1ULL << level[l].bits) - 1);
    return memory_ptr(&f->m->mem, table + 8 * index, 8);
}

/* Nodes are cut from frames; none is given back before the SVM goes. */
static ra_t node_new(struct tree *t, struct frames *f, unsigned bits)
{
    uint32_t size = 8u << bits;

    t->used = (t->used + size - 1) & ~(size - 1);
    if (!t->frames || t->used + size > UV_PAGE_SIZE) {
        ra_t ra = t->frames < ARRAY_SIZE(t->arena) ? frames_alloc(f, 1) : 0;
        if (!ra)
            return 0;
        t->arena[t->frames++] = ra;
        t->used = 0;
    }
    ra_t node = t->arena[t->frames - 1] + t->used;
    t->used += size;
    return node;
}

bool tree_init(struct tree *t, struct frames *f)
{
    *t = (struct tree){.root = 0};
    t->root = node_new(t, f, ROOT_BITS);
    return t->root != 0;
}

void tree_fini(struct tree *t, struct frames *f)
{
    for (unsigned i = 0; i < t->frames; i++)
        frames_release(f, t->arena[i], 1);
    *t = (struct tree){.root = 0};
}

uint64_t tree_pate0(const struct tree *t)
{
    return PATE0_HR | PATE0_RTS_52 | t->root | ROOT_BITS;
}

/* The entry of level @l for @gpa; nodes above it are made. NULL: no memory. */
static uint8_t *reach(struct tree *t, struct frames *f, unsigned l, gra_t gpa)
{
    ra_t table = t->root;

    for (unsigned i = 0; i < l; i++) {
        uint8_t *e = entry(f, table, i, gpa);
        uint64_t v = get_be64(e);
        if (!(v & RTE_VALID)) {
            table = node_new(t, f, level[i + 1].bits);
            if (!table)
                return NULL;
            put_be64(e, RTE_VALID | table | level[i + 1].bits);
        } else {
            table = v & RTE_NEXT;
        }
    }
    return entry(f, table, l, gpa);
}

/* The entry of level @l for @gpa where the nodes above it exist; else NULL. */
static uint8_t *find(const struct tree *t, const struct frames *f, unsigned l, gra_t gpa)
{
    ra_t table = t->root;

    for (unsigned i = 0; i < l; i++) {
        uint64_t v = get_be64(entry(f, table, i, gpa));
        if ((v & (RTE_VALID | RTE_LEAF)) != RTE_VALID)
            return NULL;
        table = v & RTE_NEXT;
    }
    return entry(f, table, l, gpa);
}

static bool is_node(uint64_t v)
{
    return (v & (RTE_VALID | RTE_LEAF)) == RTE_VALID;
}

/* The pages of a chunk, from the leaf @v that would map all of it; 0: none is mapped. */
static void fill(const struct frames *f, ra_t node, uint64_t v)
{
    for (unsigned i = 0; i < CHUNK_PAGES; i++)
        put_be64(memory_ptr(&f->m->mem, node + 8 * i, 8), v ? v + i * UV_PAGE_SIZE : 0);
}

bool tree_map_chunk(struct tree *t, struct frames *f, gra_t gpa, ra_t ra)
{
    uint8_t *e = reach(t, f, LEVEL_CHUNK, gpa);
    uint64_t v = e ? get_be64(e) : 0;

    if (is_node(v)) /* of a slot that was here before */
        fill(f, v & RTE_NEXT, LEAF | RTE_X | ra);
    else if (e)
        put_be64(e, LEAF | RTE_X | ra);
    return e != NULL;
}

/* A 2 MiB leaf becomes 32 of 64 KiB. */
bool tree_split(struct tree *t, struct frames *f, gra_t gpa)
{
    uint8_t *e = reach(t, f, LEVEL_CHUNK, gpa);
    uint64_t v = e ? get_be64(e) : 0;

    if (!e)
        return false;
    if (is_node(v))
        return true;
    ra_t node = node_new(t, f, level[LEVEL_PAGE].bits);
    if (!node)
        return false;
    fill(f, node, v);
    put_be64(e, RTE_VALID | node | level[LEVEL_PAGE].bits);
    return true;
}

bool tree_map_page(struct tree *t, struct frames *f, gra_t gpa, ra_t ra, bool exec)
{
    uint8_t *e = tree_split(t, f, gpa) ? reach(t, f, LEVEL_PAGE, gpa) : NULL;

    if (e)
        put_be64(e, ra ? LEAF | (exec ? RTE_X : 0) | ra : 0);
    return e != NULL;
}

void tree_unmap(struct tree *t, struct frames *f, gra_t gpa, uint64_t len)
{
    for (gra_t end = gpa + len; gpa < end;) {
        bool whole = !(gpa & (CHUNK_SIZE - 1)) && end - gpa >= CHUNK_SIZE;
        uint8_t *e = find(t, f, whole ? LEVEL_CHUNK : LEVEL_PAGE, gpa);
        uint64_t v = e ? get_be64(e) : 0;
        if (whole && is_node(v))
            fill(f, v & RTE_NEXT, 0);
        else if (e)
            put_be64(e, 0);
        gpa += whole ? CHUNK_SIZE : UV_PAGE_SIZE;
    }
}
