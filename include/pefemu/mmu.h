/*
 * Address translation of one CPU and its software TLBs.
 *
 * A guest access goes: mem_load*() inline hit -> mmu_load() -> tlb_fill() -> mmu_translate() ->
 * radix walk (process scoped, each step through partition scope) -> secure_check() -> RAM or
 * device.
 */
#ifndef PEFEMU_MMU_H
#define PEFEMU_MMU_H

#include "pefemu/cpu.h"
#include "pefemu/memory.h"

enum mmu_access { ACCESS_FETCH, ACCESS_LOAD, ACCESS_STORE };

/* ---- software TLB ---- */
#define TLB_GRANULE_LOG2                                                                           \
    16 /* 64 KiB: mappings that are not uniform over it live in the second level */
#define TLB_GRANULE  (1LL << TLB_GRANULE_LOG2)
#define TLB_MASK     (~((1ULL << TLB_GRANULE_LOG2) - 1))
#define TLB_ENTRIES  1024
#define TLB_NO_TAG   1ULL /* never equals an EA of the granule */
#define ITLB_ENTRIES 512

struct tlb_entry {
    uint64_t tag_r;  /* EA & TLB_MASK when loads may use the entry, else TLB_NO_TAG */
    uint64_t tag_w;  /* the same for stores: no tag while C is clear or the granule holds code */
    intptr_t addend; /* host address = EA + addend */
    ra_t ra;         /* real address of the granule */
};

struct itlb_entry {
    ea_t tag;               /* EA of the 4 KiB page, or TLB_NO_TAG */
    const struct insn *ops; /* its 1024 predecoded operations */
};

/* Where native code goes on for a branch to an EA (src/engine/jit): in entry jump_index() or, that
 * being wanted for another EA since, in its neighbour jump_index() ^ 1. */
#define JUMP_ENTRIES       8192
#define JUMP_GRANULES_LOG2 12
#define JUMP_LOG           256 /* fills that are remembered, so that dropping a few costs little */
static inline unsigned jump_index(ea_t ea)
{
    return (ea ^ ea >> 10) >> 2 & (JUMP_ENTRIES - 1);
}
struct jump_entry {
    ea_t ea;          /* of the instruction, or TLB_NO_TAG */
    const void *code; /* where native code is entered from other pages */
};
/* Names the code page of @ops, by a hash: of pages with the same name, what is forgotten of one is
 * forgotten of the others too. */
static inline uint16_t code_name(const struct insn *ops)
{
    return (uint16_t)(((uintptr_t)ops >> 6) * 0x9e3779b97f4a7c15ULL >> 48);
}

/* What single instructions of native code last found in e[]: the granule that they may load from,
 * or load from and store to, with its neighbours as far as those follow it in the host's memory
 * too. An instruction that stays there needs no look at e[], whose place depends on the EA
 * (src/engine/jit/site.c). */
#define TLB_SITES       1024
#define TLB_SITES_STORE 640 /* those from here on are of stores */
#define TLB_SITE_ROAMS  3ULL
#define TLB_SITE_REACH  32 /* most neighbours, in each direction: a page of 2 MiB is whole */
struct tlb_site {
    ea_t base; /* of the first granule; TLB_NO_TAG; TLB_SITE_ROAMS: e[] is to be asked each time */
    uint64_t limit; /* accesses may begin so far behind base, exclusively; 0: none may */
    intptr_t addend;
    uint64_t narrow; /* what limit would be, were there no neighbours */
};

/* What a translation depends on besides the EA. */
struct tlb_key {
    uint32_t lpid, pid;
    uint32_t mode; /* PR HV IR DR S LE + key-0 bits of AMR/IAMR + LPCR bits that matter */
    uint32_t keys; /* hash translation: names the pair AMR, IAMR, of which every bit counts */
};

/* Second level, asked by mmu_load() and mmu_store() before they walk: 4 KiB pages whose granule
 * does not fit a first-level entry. Stores through it look at code_map: nothing to protect. */
#define TLB_SMALL_LOG2    12
#define TLB_SMALL_MASK    (~((1ULL << TLB_SMALL_LOG2) - 1))
#define TLB_SMALL_ENTRIES 1024

/* Where entries were made since all of their kind were last dropped: those of the kernel's quadrant
 * and the others. Software drops all of one kind often and uses few in between - Linux flushes the
 * kernel's space for each page it unmaps of it, a hash guest the user's at each context switch - so
 * a flush looks here and costs what was filled. */
#define TLB_LOG 224
struct tlb_log {
    uint16_t used;        /* part of at[] in use; TLB_LOG + 1: it overflowed */
    uint16_t at[TLB_LOG]; /* index in e[], then s[], i[], v[] */
};

/* First-level entries that others pushed out, by another hash: the slow way looks here first. What
 * a program uses together does collide: Linux's regions of the kernel's quadrant all begin at 0. */
#define TLB_VICTIMS 64

#define TLB_CODE_SEEN_LOG2 11

struct tlb_ctx {
    struct tlb_entry e[TLB_ENTRIES];
    struct tlb_site site[TLB_SITES];
    uint32_t sites; /* how many have a base: those that site_log names */
    uint16_t site_log[TLB_SITES];
    struct itlb_entry i[ITLB_ENTRIES];
    struct tlb_entry s[TLB_SMALL_ENTRIES]; /* tags and ra of 4 KiB pages */
    _Alignas(32) struct jump_entry j[JUMP_ENTRIES];
    uint16_t jump_page[JUMP_ENTRIES]; /* code_name() of the page of each, sought among all */
    uint16_t jumps_filled;            /* used part of the log; JUMP_LOG + 1: it overflowed */
    uint16_t jump_log[JUMP_LOG];
    uint8_t jump_granules[1u << JUMP_GRANULES_LOG2 >>
                          3]; /* a bit for granules: j[] may have an EA there */
    struct tlb_entry v[TLB_VICTIMS];
    struct tlb_key key;
    /* bit n of it all: where e[n], then v[n], permits loads, fetches may go */
    uint64_t exec[(TLB_ENTRIES + TLB_VICTIMS) / 64];
    uint8_t filled; /* what may hold entries: flushes look nowhere else */
    /* bits for the code pages that i[] and j[] may have, by a hash: of user's EAs, of the kernel's
     */
    uint64_t code_seen[2][(1u << TLB_CODE_SEEN_LOG2) / 64];
    struct tlb_log log[2]; /* user, kernel */
};
#define TLB_FILLED_E      1u
#define TLB_FILLED_S      2u
#define TLB_FILLED_I      4u /* set by mmu_translate(ACCESS_FETCH), which precedes an entry of i[] */
#define TLB_FILLED_V      8u
#define TLB_FILLED_J      16u /* j[]: EAs of the kernel's quadrant; others */
#define TLB_FILLED_J_USER 32u
#define TLB_FILLED_JUMPS  (TLB_FILLED_J | TLB_FILLED_J_USER)

static inline bool is_kernel_ea(ea_t ea)
{
    return ea >> 62 == 3;
}

/* The accessors below take the entry of an access's first byte and compare the tag of its last. So
 * neighbours must never share an entry: one that did would serve an access that begins in front of
 * its memory. */
static inline unsigned tlb_index(ea_t ea)
{
    return (ea >> TLB_GRANULE_LOG2) & (TLB_ENTRIES - 1);
}

static inline unsigned tlb_small_index(ea_t ea)
{
    return (ea >> TLB_SMALL_LOG2 ^ ea >> (TLB_SMALL_LOG2 + 10)) & (TLB_SMALL_ENTRIES - 1);
}

/* src/mmu/tlb*.c. A CPU's set has up to 32 contexts, least recently used goes. */
bool tlb_init(struct cpu *cpu); /* again on a CPU that has a set: forgets everything */
void tlb_destroy(struct cpu *cpu);
/* Points cpu->tlb at the context of the CPU's present mode; called by cpu_set_msr() and by writes
 * to PIDR, LPIDR, LPCR, AMR, IAMR. Flushes nothing: writes to PTCR, HRMOR and URMOR need
 * tlb_flush_all() too. */
void tlb_switch(struct cpu *cpu);
/* Drops entries of all contexts that match; @ea == ~0: the whole context. lpid/pid ~0u: any. With
 * @pid ~0u the cached partition-scoped translations go too. PID 0 owns the kernel's quadrant in
 * every context. After a change of a partition-scoped tree or a partition-table entry call
 * tlb_flush_everywhere(m, lpid, ~0u). */
void tlb_flush(struct cpu *cpu, uint32_t lpid, uint32_t pid, ea_t ea, unsigned size_log2);
void tlb_flush_all(struct cpu *cpu);
/* All that the CPUs of @m have of partition @lpid's process, or of all of them. */
void tlb_flush_everywhere(struct machine *m, uint32_t lpid, uint32_t pid);
/* Hash translation: what was translated by the SLB. @ea ~0: all of it. LPIDs don't count: an SLB
 * holds the segments of one partition. */
void tlb_flush_hash(struct cpu *cpu, ea_t ea, unsigned size_log2);
/* The same for all segments outside the kernel's quadrant. */
void tlb_flush_hash_user(struct cpu *cpu);
/* Real-mode translations of partition @lpid through its VRMA. */
void tlb_flush_vrma(struct cpu *cpu, uint32_t lpid);
/* A page of @m gets predecoded: no TLB of any CPU may keep a write tag on its granule. */
void tlb_protect_code(struct machine *m, ra_t ra);
/* A code page was dropped (or re-predecoded): forget itlb entries that point at it. */
void tlb_forget_code(struct machine *m, const struct insn *ops);
/* The page of @ea, which was translated for a fetch, has been predecoded as @ops. */
void tlb_note_code(struct cpu *cpu, ea_t ea, const struct insn *ops);
/* Native code's branches to entry->ea, which the itlb knows as an operation of the page with the
 * code_name() @page, go to entry->code until tlb_forget_native() or tlb_forget_jumps(). */
void tlb_note_jump(struct tlb_ctx *ctx, const struct jump_entry *entry, uint16_t page);
/* The native code of a page is not to be jumped to any more. */
void tlb_forget_native(struct machine *m, const struct insn *ops);
/* What e[] knows of [@ea, @ea + @len) in the active context: the addend, which site[@where] gets as
 * well for accesses of up to @most bytes; where < TLB_SITES. 0: nothing. */
intptr_t tlb_fill_site(struct cpu *cpu, unsigned where, ea_t ea, unsigned len, unsigned most);
/* The site is to know nothing but that. */
void tlb_site_roams(struct cpu *cpu, unsigned where);
/* All jumps are forgotten. */
void tlb_forget_jumps(struct cpu *cpu);

/* ---- translation ---- */
struct xlate {
    ra_t ra;                /* real address of the byte asked for */
    unsigned size_log2;     /* of the smallest page on the way: the range over which ra is linear */
    bool read, write, exec; /* permitted without a further walk (write only if C is set) */
    bool guarded_io;        /* cache-inhibited */
};

/**
 * mmu_translate - translate one EA in the CPU's present mode
 * Sets R (and C for stores) in page-table entries as POWER9 does. Passes the secure/normal check.
 * Return: TRAP_NONE, or DSI ISI DSEG ISEG HDSI HISI MCHECK with cpu->trap filled in.
 */
trap_t mmu_translate(struct cpu *cpu, ea_t ea, enum mmu_access access, struct xlate *out);

/* The same without side effects (no R/C update, no trap_info): debugger, logs. True if mapped. */
bool mmu_probe(struct cpu *cpu, ea_t ea, enum mmu_access access, struct xlate *out);

/**
 * mmu_load, mmu_store - any access, slowly: translate, check, RAM or device, any alignment up to 16
 * @buf: bytes in guest memory order
 * An access that straddles pages faults as a whole before anything is written.
 */
trap_t mmu_load(struct cpu *cpu, ea_t ea, unsigned size, void *buf);
trap_t mmu_store(struct cpu *cpu, ea_t ea, unsigned size, const void *buf);
/* Instruction fetch; *word in ISA order, whatever MSR[LE]. */
trap_t mmu_fetch(struct cpu *cpu, ea_t ea, uint32_t *word);
/* Checks that [ea, ea+size) may be stored to, without storing (dcbz, stmw, larx...). */
trap_t mmu_check_store(struct cpu *cpu, ea_t ea, unsigned size);
/* Host pointer to @size bytes at @ea (must not cross a 4 KiB page) if RAM and accessible, for block
 * operations such as dcbz; *host = NULL with TRAP_NONE when it is not RAM or is mapped caching
 * inhibited. After storing there: mmu_stored(), which drops the predecoded operations of the bytes.
 */
trap_t mmu_host(struct cpu *cpu, ea_t ea, unsigned size, enum mmu_access access, uint8_t **host,
                ra_t *ra);

void mmu_stored(struct cpu *cpu, ra_t ra, unsigned size);

/* The DSI of larx, stcx., lq and friends on caching-inhibited storage (xlate.guarded_io). */
trap_t mmu_bad_access(struct cpu *cpu, ea_t ea, enum mmu_access access);

/* TLB management instructions (src/mmu/tlbie.c): handlers op_tlbie, op_tlbiel, op_slb* use these.
 */

/* ---- hashed page tables (src/mmu/hash.c) ----
 *
 *  dw0  12:56 AVA (VA bits 0:44 of 68)   57:60 software   61 L   62 H   63 V
 *  dw1  0 pp0   2:3 key   4:5 B   7:51 RPN, with LP in 44:51   52:54 key   55 R   56 C
 *       57:60 WIMG   61 N   62:63 pp
 */
#define HPTE0_AVA     PPC_BITS(12, 56)
#define HPTE0_SW      PPC_BITS(57, 60)
#define HPTE0_L       PPC_BIT(61)
#define HPTE0_H       PPC_BIT(62)
#define HPTE0_V       PPC_BIT(63)
#define HPTE1_PP0     PPC_BIT(0)
#define HPTE1_KEY_HI  PPC_BITS(2, 3)
#define HPTE1_B       PPC_BITS(4, 5)
#define HPTE1_B_SHIFT 58
#define HPTE1_RPN     PPC_BITS(7, 51)
#define HPTE1_KEY_LO  PPC_BITS(52, 54)
#define HPTE1_R       PPC_BIT(55)
#define HPTE1_C       PPC_BIT(56)
#define HPTE1_W       PPC_BIT(57)
#define HPTE1_I       PPC_BIT(58)
#define HPTE1_M       PPC_BIT(59)
#define HPTE1_G       PPC_BIT(60)
#define HPTE1_N       PPC_BIT(61)
#define HPTE1_PP      PPC_BITS(62, 63)
#define HPTE_SIZE     16u
#define HPTEG_SLOTS   8u
#define HPT_MIN_LOG2  18u /* bytes: 2048 groups */
/* Partition-table entry, dw0 with HR=0: 4:45 base, 56:58 page size of the VRMA, 59:63 size. */
#define HPT_BASE     PPC_BITS(4, 45)
#define HPT_PS_64K   (PPC_BIT(56) | PPC_BIT(58))
#define HPT_PS_16M   PPC_BIT(56)
#define HPT_SIZE     PPC_BITS(59, 63)
#define SEGMENT_256M 0u /* values of B */
#define SEGMENT_1T   1u
#define VRMA_VSID    0x1ffffffULL /* of the 1 TiB segment that real mode runs in */

/* Base and actual page size from L and LP; false: no encoding of POWER9's. */
bool hpte_page_size(uint64_t dw0, uint64_t dw1, unsigned *base_log2, unsigned *size_log2);
/* Primary hash value of the page at @offset in a segment; its low bits name the group. */
uint64_t hpte_hash(unsigned b, uint64_t vsid, uint64_t offset, unsigned base_log2);
/* tlbie by VA (its low 64 bits): @cpu forgets what partition @lpid translated through the page. */
void tlb_flush_va(struct cpu *cpu, uint32_t lpid, unsigned b, uint64_t va, unsigned size_log2);
/* The same on all CPUs for the page of the valid entry in slot @slot of a table. */
void tlb_flush_hpte(struct machine *m, uint32_t lpid, uint64_t slot, uint64_t dw0, uint64_t dw1);

/* src/mmu/secure.c: the one place where secure and normal memory are told apart.
 * @s: MSR[S] of the access. True when the access to @ra may proceed. */
bool secure_check(const struct machine *m, ra_t ra, bool s);

/* ---- inline accessors: the only place where guest endianness enters ---- */
#define MEM_ACCESSORS(bits)                                                                        \
    static GUEST_ACCESS trap_t mem_load##bits(struct cpu *cpu, ea_t ea, uint##bits##_t *out)       \
    {                                                                                              \
        const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];                                   \
        uint##bits##_t v;                                                                          \
        if (likely(e->tag_r == ((ea + bits / 8 - 1) & TLB_MASK))) {                                \
            memcpy(&v, (const void *)(ea + e->addend), sizeof(v));                                 \
        } else {                                                                                   \
            trap_t t = mmu_load(cpu, ea, sizeof(v), cpu->scratch);                                 \
            if (unlikely(t))                                                                       \
                return t;                                                                          \
            memcpy(&v, cpu->scratch, sizeof(v));                                                   \
        }                                                                                          \
        *out = likely(cpu->le) ? le##bits(v) : be##bits(v);                                        \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    static GUEST_ACCESS trap_t mem_store##bits(struct cpu *cpu, ea_t ea, uint##bits##_t v)         \
    {                                                                                              \
        const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];                                   \
        v = likely(cpu->le) ? le##bits(v) : be##bits(v);                                           \
        if (likely(e->tag_w == ((ea + bits / 8 - 1) & TLB_MASK))) {                                \
            memcpy((void *)(ea + e->addend), &v, sizeof(v));                                       \
            return TRAP_NONE;                                                                      \
        }                                                                                          \
        memcpy(cpu->scratch, &v, sizeof(v));                                                       \
        return mmu_store(cpu, ea, sizeof(v), cpu->scratch);                                        \
    }
#define be8(x) (x)
#define le8(x) (x)
MEM_ACCESSORS(8)
MEM_ACCESSORS(16)
MEM_ACCESSORS(32)
MEM_ACCESSORS(64)
#undef MEM_ACCESSORS
#undef be8
#undef le8

/* 16 bytes as one 128-bit number in the guest's byte order (lq, lxv, lvx ...). */
static GUEST_ACCESS trap_t mem_load128(struct cpu *cpu, ea_t ea, union vsr *out)
{
    const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];
    uint64_t v[2];
    if (likely(e->tag_r == ((ea + 15) & TLB_MASK))) {
        memcpy(v, (const void *)(ea + e->addend), sizeof(v));
    } else {
        trap_t t = mmu_load(cpu, ea, sizeof(v), cpu->scratch);
        if (unlikely(t))
            return t;
        memcpy(v, cpu->scratch, sizeof(v));
    }
    VD(*out, 0) = likely(cpu->le) ? le64(v[1]) : be64(v[0]);
    VD(*out, 1) = likely(cpu->le) ? le64(v[0]) : be64(v[1]);
    return TRAP_NONE;
}

static GUEST_ACCESS trap_t mem_store128(struct cpu *cpu, ea_t ea, const union vsr *in)
{
    const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];
    uint64_t v[2];
    v[0] = likely(cpu->le) ? le64(VD(*in, 1)) : be64(VD(*in, 0));
    v[1] = likely(cpu->le) ? le64(VD(*in, 0)) : be64(VD(*in, 1));
    if (likely(e->tag_w == ((ea + 15) & TLB_MASK))) {
        memcpy((void *)(ea + e->addend), v, sizeof(v));
        return TRAP_NONE;
    }
    memcpy(cpu->scratch, v, sizeof(v));
    return mmu_store(cpu, ea, sizeof(v), cpu->scratch);
}

#endif
