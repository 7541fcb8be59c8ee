/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of src/mmu share: one translation on its way, and its faults. */
#ifndef PEFEMU_SRC_MMU_INTERNAL_H
#define PEFEMU_SRC_MMU_INTERNAL_H

#include "pefemu/machine.h"
#include "pefemu/mmu.h"

/*
 * Page-table entry of a radix tree, PDE or PTE (Book III, "Radix Tree Translation"):
 *
 *   0     1     2..6  7 ........ 51   52..54  55  56  57  58:59  60:63
 *   valid leaf  sw    real page no.   sw      R   C       att    EAA          (leaf)
 *   0     1     4 ............................. 55            59:63
 *   valid 0     next level base                               next level size  (directory)
 */
#define PTE_VALID   PPC_BIT(0)
#define PTE_LEAF    PPC_BIT(1)
#define PTE_RPN     PPC_BITS(7, 51)
#define PTE_R       PPC_BIT(55)
#define PTE_C       PPC_BIT(56)
#define PTE_ATT     PPC_BITS(58, 59)
#define PTE_ATT_NIO PPC_BIT(58) /* 0b10: non-idempotent I/O */
#define PTE_CI      PPC_BIT(58) /* set in both kinds of I/O attribute */
#define PTE_PRIV    PPC_BIT(60) /* EAA bit 0: privileged; ignored in partition scope */
#define PTE_READ    PPC_BIT(61)
#define PTE_WRITE   PPC_BIT(62) /* means loads and stores */
#define PTE_EXEC    PPC_BIT(63)
#define PDE_NLB     PPC_BITS(4, 55)
#define PDE_NLS     PPC_BITS(59, 63)

/* One translation under way. */
struct walk {
    struct cpu *cpu;
    struct machine *m;
    ea_t ea;
    enum mmu_access access;
    bool probe;    /* no side effects: no R/C update, cpu->trap untouched */
    bool cached;   /* the caches of partition-scoped translations may be used */
    bool secure;   /* MSR[S] */
    bool scoped;   /* partition-scoped translation applies */
    uint32_t lpid; /* effective */
    uint64_t pate[2];
};

/* Where a radix tree starts: from a partition- or process-table entry. */
struct radix_tree {
    uint64_t base;
    unsigned bits; /* of the address it translates */
    unsigned size; /* log2 of the entries of the root directory */
};

struct radix_leaf {
    uint64_t pte;
    ra_t pte_ra;
    uint64_t pte_addr; /* as the tree's owner addresses it: GRA or RA */
    unsigned size_log2;
    uint64_t cause; /* 0, or why there is no leaf (DSISR bit) */
};

static inline struct radix_tree radix_tree_of(uint64_t dw0)
{
    /* The tree's size field is split: 2 high bits at 1:2, 3 low bits at 56:58. */
    unsigned rts = ((dw0 >> 61) & 3) << 3 | ((dw0 >> 5) & 7);
    return (struct radix_tree){dw0 & PDE_NLB, rts + 31, dw0 & PDE_NLS};
}

/* Does a debugger watch accesses? */
static inline bool is_watched(const struct cpu *cpu)
{
    return cpu->machine && cpu->machine->debug_watches;
}

/* ---- faults.c: fill in cpu->trap (unless probing), return the trap ---- */
trap_t fault_process(const struct walk *w, uint64_t cause);
trap_t fault_segment(const struct walk *w);
trap_t fault_partition(const struct walk *w, gra_t gra, uint64_t cause);
/* A hash translation's fault for the hypervisor; @asdr: the segment, in the form of slbmte's RS. */
trap_t fault_virtualized(const struct walk *w, uint64_t asdr, uint64_t cause);
trap_t fault_bad_real(const struct walk *w, bool in_walk);
/* Beside it, when secure_check() said no: for the machine's events. */
void fault_note_secure(const struct walk *w, ra_t ra);

/* A doubleword of a table, which software and other CPUs may be changing. */
static GUEST_ACCESS uint64_t table_entry(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return be64(v);
}

/* ---- partition.c ---- */
/* Table accesses by real address; false: no such memory or not for this S. */
bool table_read(const struct walk *w, ra_t ra, bool secure, uint64_t *value);
/* The same at a guest real address that the caches of partition-scoped translations let be read;
 * false: it takes partition_translate(). After partition_load(). */
bool table_read_cached(const struct walk *w, gra_t gra, uint64_t *value);
/* R and C: an entry that was @old becomes @value. False: somebody else has changed it meanwhile. */
bool table_update(const struct walk *w, ra_t ra, uint64_t old, uint64_t value);
/* The answer of a walk that has to begin again. */
#define WALK_AGAIN TRAP_COUNT
/* Loads w->pate for w->lpid. */
trap_t partition_load(struct walk *w);
static inline bool partition_is_radix(const struct walk *w)
{
    return w->pate[0] & PPC_BIT(0);
}
/* dw0 of the process-table entry of @pid. */
trap_t process_entry(struct walk *w, uint32_t pid, uint64_t *dw0);
/* Guest real to real. @how: the access to @gra itself; @is_table: it is part of a table walk. */
trap_t partition_translate(struct walk *w, gra_t gra, enum mmu_access how, bool is_table,
                           struct xlate *out);

/* ---- radix.c ---- */
trap_t radix_walk_partition(struct walk *w, gra_t gra, struct radix_leaf *leaf);
trap_t radix_translate(struct walk *w, uint32_t pid, struct xlate *out);
/* Is this a page size that POWER9 knows? */
bool radix_page_size(unsigned size_log2);

/* ---- hash.c: w->pate is that of a hashed page table ---- */
/* Base page size by L and LP of an SLB entry, of a partition table entry's PS; 0: reserved. */
unsigned slb_base_log2(bool l, unsigned lp);
trap_t hash_translate(struct walk *w, struct xlate *out);
/* Real mode of a partition: @offset in its virtual real mode area. */
trap_t hash_translate_vrma(struct walk *w, uint64_t offset, struct xlate *out);

/* ---- slb.c ----
 *
 *  esid  0:35 ESID   36 V
 *  vsid  0:1 B   2:51 VSID   52 Ks   53 Kp   54 N   55 L   56 C   58:59 LP
 */
#define SLB_ESID      PPC_BITS(0, 35)
#define SLB_V         PPC_BIT(36)
#define SLB_VSID      PPC_BITS(2, 51)
#define SLB_KS        PPC_BIT(52)
#define SLB_KP        PPC_BIT(53)
#define SLB_N         PPC_BIT(54)
#define SLB_L         PPC_BIT(55)
#define SLB_C         PPC_BIT(56)
#define SLB_LP        PPC_BITS(58, 59)
#define SLB_VSID_SIDE (PPC_BITS(0, 56) | SLB_LP)
static inline unsigned slb_b(const struct slb_entry *e)
{
    return e->vsid >> 62;
}
static inline unsigned segment_log2(unsigned b)
{
    return b == SEGMENT_1T ? 40 : 28;
}
static inline uint64_t slb_vsid(const struct slb_entry *e)
{
    return (e->vsid & SLB_VSID) >> (segment_log2(slb_b(e)) - 16);
}
/* The entry that translates @ea, or NULL. */
const struct slb_entry *slb_find(const struct cpu *cpu, ea_t ea);

#endif
