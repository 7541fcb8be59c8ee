/*
 * -accel interp: predecoded, threaded code.
 *
 * Each instruction of a code page (code.c) is a slot with a function, its *operation*, which does
 * its work and ends in a jump to the next slot's (a tail call; builds that cannot are driven by a
 * loop). fixed.c, vector.c and float.c make operations out of the handlers in src/cpu, branch.c and
 * compare.c have their own, any.c calls handlers.
 *
 * Counting: cpu->budget is kept biased by the index of the current slot, so that what is left at
 * slot i is budget - i and straight-line code needs no counting at all. A taken branch from slot a
 * to slot b adds b - a - 1. The budget is looked at on taken branches, at the end of a page and at
 * context changes, which is also where asynchronous interrupts are taken (engine.h).
 *
 * Everything odd - 32-bit mode, single-step, code outside RAM - goes through exec_one(), which is
 * the reference engine's step.
 */
#include "thread.h"

#include "debug/hooks.h"

static const insn_thread row_thread[INSN_COUNT] = {
    [INSN_ILLEGAL] = thread_any,
#define INSN(id, handler, ...) [INSN_##id] = thread_##handler,
#include "pefemu/insn.def"
#undef INSN
};

/* ---- decoding slots ---- */

static bool is_compare(const struct insn *in)
{
    return in->id == INSN_CMPI || in->id == INSN_CMPLI || in->id == INSN_CMP || in->id == INSN_CMPL;
}

bool thread_shares_memory(const struct insn *in)
{
    switch (in->id) {
    case INSN_LBARX:
    case INSN_LHARX:
    case INSN_LWARX:
    case INSN_LDARX:
    case INSN_LQARX:
    case INSN_STBCX_:
    case INSN_STHCX_:
    case INSN_STWCX_:
    case INSN_STDCX_:
    case INSN_STQCX_:
    case INSN_LQ:
    case INSN_STQ:
    case INSN_EIEIO:
    case INSN_SYNC:
    case INSN_ISYNC:
        return true;
    default:
        return false;
    }
}

static insn_thread choose(const struct machine *m, struct insn *in, unsigned index)
{
    if (unlikely(m->cfg.multi) && thread_shares_memory(in))
        return thread_any;
    if (is_compare(in))
        return choose_compare(in, index);
    if (in->id == INSN_ADDPCIS) /* the one fixed-point instruction that asks for its address */
        return thread_any;
    if (insn_is_priority_hint(in))
        return call_op_or; /* the melted copy knows no hints */
    if (insn_table[in->id].priv != PRIV_USER && insn_table[in->id].fac != FAC_SYS)
        return thread_any; /* melted handlers do not ask who may: lbzcix and its like */
    switch (insn_table[in->id].fac) {
    case FAC_BRU:
        return choose_branch(in, index);
    case FAC_SYS:
        return choose_system(in);
    default:
        return row_thread[in->id];
    }
}

static uint8_t facility_index(const struct insn *in)
{
    uint64_t need = insn_facility_need(in);

    return need & MSR_FP ? NEED_FP : need & MSR_VEC ? NEED_VEC : need & MSR_VSX ? NEED_VSX : 0;
}

/* A slot at whose place in the page a debugger's break is; another mapping of the page may not have
 * it. */
static THREAD(thread_break)
{
    if (debug_breaks_at(cpu->machine->debug, ea_of(cpu, in)))
        DISPATCH(leave_trap(cpu, in, TRAP_DEBUG));
    TAIL thread_any(cpu, in);
}

/* @cpu: for the log, which is not written without it. */
static void decode_slot(struct machine *m, struct code_page *page, unsigned index,
                        const struct cpu *cpu)
{
    struct insn *in = &page->ops[index];
    const uint8_t *bytes = page->host + 4 * index;
    uint32_t word = page->le ? get_le32(bytes) : get_be32(bytes);

    insn_decode(in, word);
    m->decoded.insns++;
    if (unlikely(log_mask & LOG_IN_ASM) && cpu)
        exec_log_insn(cpu, word, ea_of(cpu, in));
    in->spare = facility_index(in);
    if (unlikely(m->debug_breaks) && debug_may_break(m->debug, 4 * index)) {
        in->fn = thread_break;
        return;
    }
    /* a compare is decoded together with the branch after it, so that they can be fused */
    if (is_compare(in) && index + 1 < CODE_PAGE_INSNS && in[1].fn == thread_decode)
        decode_slot(m, page, index + 1, cpu);
    in->fn = choose(m, in, index);
}

static struct code_page *page_of(const struct cpu *cpu)
{
    return (struct code_page *)cpu->ops;
}

void thread_decode_page(struct machine *m, struct code_page *page)
{
    for (unsigned index = 0; index < CODE_PAGE_INSNS; index++)
        if (page->ops[index].fn == thread_decode)
            decode_slot(m, page, index, NULL);
}

void thread_prepare(struct cpu *cpu, unsigned index)
{
    if (cpu->ops[index].fn == thread_decode)
        decode_slot(cpu->machine, page_of(cpu), index, cpu);
}

const struct insn *thread_hot(struct cpu *cpu, const struct insn *op)
{
    const struct code_client *client = cpu->machine->code_client;

    if (client)
        client->hot(cpu, op);
    return op;
}

/* First execution of a slot. */
const struct insn *thread_decode(struct cpu *cpu, const struct insn *in)
{
    page_of(cpu)->writes = 0;
    decode_slot(cpu->machine, page_of(cpu), (unsigned)(in - cpu->ops), cpu);
    DISPATCH(in);
}

const struct insn *thread_page_end(struct cpu *cpu, const struct insn *in)
{
    (void)in; /* used only where operations jump to each other */
    cpu_settle_cfar(cpu);
    DISPATCH(jump(cpu, cpu->page_ea + 4096, cpu->budget - CODE_PAGE_INSNS));
}

/* The page was dropped under our feet. On to the next boundary first: a run ends nowhere else. */
const struct insn *thread_stale(struct cpu *cpu, const struct insn *in)
{
    in = leave(cpu, ea_of(cpu, in), cpu->budget - (in - cpu->ops));
    cpu_settle_cfar(cpu); /* as everywhere outside threaded code */
    while (!exec_one(cpu))
        ;
    return in;
}

/* ---- the engine ---- */

/* The predecoded page of cpu->cia through the itlb. NULL: a fault was taken or instructions were
 * stepped up to a boundary, look again. */
static const struct insn *find_page(struct cpu *cpu)
{
    ea_t ea = cpu->cia;
    const struct itlb_entry *e = &cpu->tlb->i[(ea >> 12) & (ITLB_ENTRIES - 1)];
    struct machine *m = cpu->machine;
    struct code_page *page = NULL;
    uint64_t left;
    struct xlate x;
    trap_t t;

    if (likely(e->tag == (ea & ~0xfffULL)))
        return e->ops;
    cpu->nia = ea + 4;
    left = cpu->left;
    t = mmu_translate(cpu, ea, ACCESS_FETCH, &x);
    if (t != TRAP_NONE) {
        exec_trap(cpu, t);
        return NULL;
    }
    if (!x.guarded_io && memory_ptr(&m->mem, x.ra & ~0xfffULL, 4096))
        page = code_page_get(m, x.ra & ~0xfffULL, cpu->le);
    if (unlikely(cpu->left != left))
        return NULL;
    if (!page) {
        while (!exec_one(cpu))
            ;
        return NULL;
    }
    tlb_note_code(cpu, ea, page->ops);
    LOG(LOG_EXEC, "cpu %u: page 0x%llx at ra 0x%llx", cpu->server, ea & ~0xfffULL,
        (unsigned long long)page->ra);
    return page->ops;
}

static void run_threaded(struct cpu *cpu, const struct insn *ops)
{
    unsigned index = (cpu->cia >> 2) & (CODE_PAGE_INSNS - 1);
    const struct insn *in = ops + index;

    cpu->ops = ops;
    cpu->page_ea = cpu->cia & ~0xfffULL;
    cpu->budget += index;
    cpu->exit_trap = TRAP_NONE;
    in = warm(cpu, in);
    do {
        in = in->fn(cpu, in);
    } while (in);
    cpu_settle_cfar(cpu);
    if (cpu->exit_trap)
        exec_trap(cpu, cpu->exit_trap);
}

/* 32-bit mode, tracing and counting single instructions are rare: the reference step is good enough
 * for them. */
static bool needs_stepping(const struct cpu *cpu)
{
    return !(cpu->msr & MSR_SF) || cpu->step_only || exec_is_traced(cpu, cpu->msr) ||
           exec_is_special(cpu) || cpu->pmu.stepped;
}

void interp_run(struct cpu *cpu)
{
    do {
        if (unlikely(needs_stepping(cpu))) {
            while (!exec_one(cpu) && !cpu->step_only)
                ;
            if (cpu->step_only)
                break;
            continue;
        }
        const struct insn *ops = find_page(cpu);
        if (ops)
            run_threaded(cpu, ops);
        if (unlikely(cpu->machine->code && cpu->machine->code->dead) && !cpu->machine->threads)
            code_bury(cpu->machine);
    } while (!exec_must_stop(cpu));
}

const struct engine engine_interp = {
    .name = "interp",
    .summary = "predecoded threaded code; host floating point",
    .uses_tlb = true,
    .host_fp = true,
    .run = interp_run,
    .machine_destroy = code_destroy,
    .code_written = code_written,
    .code_forget = code_forget,
    .tidy = code_bury,
};
