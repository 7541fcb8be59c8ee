/*
 * Included before handler files (src/cpu) that are compiled once more, melted into threaded code:
 * every OP(name) becomes the operation thread_op_name with the handler's body inside. Here handlers
 * see accessors that know nothing but a TLB hit and SF=1, and nothing of softfp (cpu/fp_host.h): a
 * handler that returns any trap is simply run again, whole, by another operation, which is allowed
 * because handlers change nothing before their last possible fault. So a fast load has no call in
 * it, hence no stack frame.
 */
#define TRAP_AGAIN TRAP_COUNT

/* Before the include: MELT_REFUSES, the condition in which an operation must not begin; MELT_AGAIN,
 * the operation that runs a handler again, if not thread_any(). */
#ifndef MELT_AGAIN
#define MELT_AGAIN(name) thread_any
#endif

#define HIT_ACCESSORS(bits)                                                                        \
    static GUEST_ACCESS trap_t hit_load##bits(struct cpu *cpu, ea_t ea, uint##bits##_t *out)       \
    {                                                                                              \
        const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];                                   \
        uint##bits##_t v;                                                                          \
                                                                                                   \
        if (unlikely(e->tag_r != ((ea + bits / 8 - 1) & TLB_MASK)))                                \
            return TRAP_AGAIN;                                                                     \
        memcpy(&v, (const void *)(ea + e->addend), sizeof(v));                                     \
        *out = likely(cpu->le) == HOST_LE ? v : swap##bits(v);                                     \
        return TRAP_NONE;                                                                          \
    }                                                                                              \
    static GUEST_ACCESS trap_t hit_store##bits(struct cpu *cpu, ea_t ea, uint##bits##_t v)         \
    {                                                                                              \
        const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];                                   \
                                                                                                   \
        if (unlikely(e->tag_w != ((ea + bits / 8 - 1) & TLB_MASK)))                                \
            return TRAP_AGAIN;                                                                     \
        v = likely(cpu->le) == HOST_LE ? v : swap##bits(v);                                        \
        memcpy((void *)(ea + e->addend), &v, sizeof(v));                                           \
        return TRAP_NONE;                                                                          \
    }
#define swap8(v)  (v)
#define swap16(v) __builtin_bswap16(v)
#define swap32(v) __builtin_bswap32(v)
#define swap64(v) __builtin_bswap64(v)
/* All 16 bytes the other way round. */
static inline union vsr vsr_swap(union vsr v)
{
    return (union vsr){.d = {__builtin_bswap64(v.d[1]), __builtin_bswap64(v.d[0])}};
}

HIT_ACCESSORS(8)
HIT_ACCESSORS(16)
HIT_ACCESSORS(32)
HIT_ACCESSORS(64)

static GUEST_ACCESS trap_t hit_load128(struct cpu *cpu, ea_t ea, union vsr *out)
{
    const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];
    union vsr v;

    if (unlikely(e->tag_r != ((ea + 15) & TLB_MASK)))
        return TRAP_AGAIN;
    memcpy(&v, (const void *)(ea + e->addend), sizeof(v));
    if (likely(cpu->le) != HOST_LE)
        v = vsr_swap(v);
    *out = v;
    return TRAP_NONE;
}

static GUEST_ACCESS trap_t hit_store128(struct cpu *cpu, ea_t ea, const union vsr *in)
{
    const struct tlb_entry *e = &cpu->tlb->e[tlb_index(ea)];
    union vsr v = *in;

    if (unlikely(e->tag_w != ((ea + 15) & TLB_MASK)))
        return TRAP_AGAIN;
    if (likely(cpu->le) != HOST_LE)
        v = vsr_swap(v);
    memcpy((void *)(ea + e->addend), &v, sizeof(v));
    return TRAP_NONE;
}

static inline void set_cr0_64(struct cpu *cpu, uint64_t v)
{
    cpu->cr[0] = ((int64_t)v < 0 ? CR_LT : v ? CR_GT : CR_EQ) | cpu->so;
}

#define mem_load8           hit_load8
#define mem_load16          hit_load16
#define mem_load32          hit_load32
#define mem_load64          hit_load64
#define mem_load128         hit_load128
#define mem_store128        hit_store128
#define mem_store8          hit_store8
#define mem_store16         hit_store16
#define mem_store32         hit_store32
#define mem_store64         hit_store64
#define cpu_ea(cpu, v)      (v)
#define cpu_illegal(cpu, w) TRAP_AGAIN
#define cpu_set_cr0(cpu, v) set_cr0_64(cpu, v)

#define mmu_host(cpu, ea, size, access, host, ra)                                                  \
    ((void)(size), (void)(host), (void)(ra), TRAP_AGAIN)

#define mmu_stored(cpu, ra, size) ((void)(ra))

#define PEFEMU_INLINE_OPS
#undef OP
#define OP(name)                                                                                   \
    static inline trap_t hot_op_##name(struct cpu *cpu, const struct insn *in);                    \
    THREAD(thread_op_##name)                                                                       \
    {                                                                                              \
        if (unlikely(MELT_REFUSES || hot_op_##name(cpu, in)))                                      \
            TAIL MELT_AGAIN(name)(cpu, in);                                                        \
        NEXT;                                                                                      \
    }                                                                                              \
    static inline trap_t hot_op_##name(struct cpu *cpu, const struct insn *in)
