/* SPDX-License-Identifier: Apache-2.0 */
/* The jit engine: what decides what becomes native code, and how it is entered and left. */
#include "jit.h"

#include <stdlib.h>

#include "pefemu/mmu.h"

#include "cpu/fpu.h"
#include "pefemu/hostclock.h"
#include "pefemu/threads.h"

#define SPACE_SIZE (128u * MiB)
/* How often a page's native code may find accesses apart that it wants together, and what share of
 * that is too much of one slot. */
#define STRAYS_MAX  500
#define STRAYS_SLOT 30
/* One costs about as much as groups save in so much guest time, or in as many instructions. */
#define STRAY_NS 4096

/* ---- lazy state ---- */

static void settle_cr(struct cpu *cpu)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned v = cpu->cr_lazy[i];

        if (v) {
            cpu->cr[i] = (!(v & 0xff) ? CR_EQ : v >> 8 ? CR_GT : CR_LT) | cpu->so;
            cpu->cr_lazy[i] = 0;
        }
    }
}

static void settle(struct cpu *cpu)
{
    uint64_t v[2];

    memcpy(v, cpu->cr_lazy, sizeof(v));
    if (v[0] | v[1])
        settle_cr(cpu);
    if (cpu->cfar_slot) {
        cpu->cfar_op = cpu->ops + cpu->cfar_slot - 1;
        cpu->cfar_slot = 0;
    }
}

/* Native code has computed while FPSCR[XX] was clear. To be called before the host computes
 * anything else. */
static void collect_xx(struct cpu *cpu)
{
    if (native_fp_inexact())
        cpu->fpscr |= FPSCR_XX | FPSCR_FX;
    cpu->fp_native = false;
}

/* Back to what native code expects of CFAR. */
static void unsettle(struct cpu *cpu)
{
    cpu->cfar_slot = cpu->cfar_op ? (uint32_t)(cpu->cfar_op - cpu->ops) + 1 : 0;
    cpu->cfar_op = NULL;
}

/* ---- calls from native code ---- */

static void forget_native(struct machine *m, struct code_page *page);

static struct code_page *page_of(const struct cpu *cpu)
{
    return (struct code_page *)cpu->ops;
}

/* Threaded code goes on at @slot, the budget being exact. */
static const struct insn *to_threaded(struct cpu *cpu, unsigned slot)
{
    cpu->budget += slot;
    cpu->op = cpu->ops + slot;
    return cpu->op;
}

static inline void begin_call(struct cpu *cpu, unsigned slot, unsigned pending)
{
    cpu->budget -= pending;
    cpu->cia = cpu->page_ea + 4 * (ea_t)slot;
    cpu->nia = cpu->cia + 4;
}

/* When it is another number after a handler was called, native code may have gone, or what it knows
 * of translations. */
static uint64_t changes(const struct cpu *cpu)
{
    return cpu->machine->jit->drops + cpu->left;
}

static const struct insn *end_call(struct cpu *cpu, unsigned slot, unsigned pending, trap_t t,
                                   uint64_t drops)
{
    if (unlikely(t)) {
        settle(cpu);
        cpu->exit_trap = t;
        return &exit_op;
    }
    if (unlikely(changes(cpu) != drops)) { /* perhaps what we are in the middle of */
        settle(cpu);
        cpu->budget--;
        return to_threaded(cpu, slot + 1);
    }
    cpu->budget += pending;
    return NULL;
}

/* The block goes on as it was before a handler was called. */
static void go_on_collecting(struct cpu *cpu)
{
    if (cpu->fpscr & FPSCR_XX)
        return;
    native_fp_clean();
    cpu->fp_native = true;
}

/* Threaded code does the access in @slot, and native code will do it in another way. */
static const struct insn *leave_roaming(struct cpu *cpu, unsigned slot, unsigned pending)
{
    settle(cpu);
    cpu->budget -= pending;
    cpu->native_roams = false;
    if (page_of(cpu)->native) {
        machine_stop_others(cpu->machine);
        site_roams(cpu->machine->jit, page_of(cpu)->native, slot);
        forget_native(cpu->machine, page_of(cpu));
        machine_let_go(cpu->machine);
    }
    return to_threaded(cpu, slot);
}

/* @settles: the handler may touch CR, and what the state forbids is yet to be seen. */
static inline const struct insn *call(struct cpu *cpu, unsigned slot, unsigned pending,
                                      bool settles)
{
    const struct insn *in = cpu->ops + slot;
    uint64_t drops = changes(cpu);
    bool fp = cpu->fp_native;
    trap_t t = 0;

    if (unlikely(fp))
        collect_xx(cpu);
    if (unlikely(cpu->native_roams))
        return leave_roaming(cpu, slot, pending);
    if (settles)
        settle(cpu);
    begin_call(cpu, slot, pending);
    if (settles)
        t = exec_gate(cpu, in);
    if (likely(!t))
        t = insn_table[in->id].handler(cpu, in);
    in = end_call(cpu, slot, pending, t, drops);
    if (unlikely(fp) && !in)
        go_on_collecting(cpu);
    if (settles && !in)
        unsettle(cpu);
    return in;
}

const struct insn *jit_call(struct cpu *cpu, unsigned slot, unsigned pending)
{
    return call(cpu, slot, pending, false);
}

const struct insn *jit_call_settled(struct cpu *cpu, unsigned slot, unsigned pending)
{
    return call(cpu, slot, pending, true);
}

/* ---- entering and leaving ---- */

/* Of the page that is executed. */
static const struct native_cell *cell_of(const struct cpu *cpu, unsigned slot)
{
    const uint8_t *space = cpu->machine->jit->space.exec;

    return (const struct native_cell *)(space + page_of(cpu)->native->cell[slot]);
}

/* Native code may jump to @ea without asking from now on. */
static void note_jump(struct cpu *cpu, ea_t ea)
{
    unsigned slot = ea >> 2 & (CODE_PAGE_INSNS - 1);

    if (!jit_has_entry(page_of(cpu), slot))
        return;
    tlb_note_jump(cpu->tlb, &(struct jump_entry){ea, cell_of(cpu, slot)->code},
                  code_name(cpu->ops));
}

/* A taken branch in slot @from_plus_1 - 1, or the end of the page. */
static const struct insn *land_jump(struct cpu *cpu, ea_t ea, unsigned from_plus_1)
{
    if (from_plus_1 && unlikely(ea == cpu->page_ea + 4 * (ea_t)from_plus_1) &&
        from_plus_1 < CODE_PAGE_INSNS)
        return to_threaded(cpu, from_plus_1); /* to the next instruction: no boundary */
    if (!from_plus_1)
        cpu_settle_cfar(cpu);
    const struct insn *in = jump(cpu, ea, cpu->budget);
    if (in != &exit_op)
        note_jump(cpu, ea);
    return in;
}

/* The page has caused STRAYS_MAX strays. Were they so near to each other that they cost more than
 * groups save? Not those of a loop that walks through memory, one at the end of each granule. */
static bool strays_often(const struct machine *m, struct native_page *n)
{
    uint64_t now = machine_now_ns(m), since = n->strays_since;

    n->strays = 0;
    n->strays_since = now;
    return now - since < (uint64_t)STRAYS_MAX * STRAY_NS;
}

/* Groups do not pay where the working set does not lie as native code hopes. */
static void stray(struct cpu *cpu, unsigned slot)
{
    struct native_page *n = page_of(cpu)->native;

    if (!n)
        return;
    n->strayed[slot]++;
    if (++n->strays < STRAYS_MAX)
        return;
    machine_stop_others(cpu->machine);
    bool often = strays_often(cpu->machine, n);
    for (unsigned i = 0; often && i < CODE_PAGE_INSNS; i++)
        if (n->strayed[i] >= STRAYS_SLOT)
            n->loose[i / 8] |= 1u << i % 8;
    memset(n->strayed, 0, sizeof(n->strayed));
    if (often)
        forget_native(cpu->machine, page_of(cpu));
    machine_let_go(cpu->machine);
}

static const struct insn *land_slot(struct cpu *cpu, uint64_t value)
{
    unsigned slot = value >> 2 & (CODE_PAGE_INSNS - 1);
    bool boundary = !(value & NATIVE_SLOT_INSIDE);

    if (boundary && unlikely(cpu->budget <= 0))
        return leave(cpu, cpu->page_ea + 4 * (ea_t)slot, cpu->budget);
    if (unlikely(value & NATIVE_SLOT_STRAY))
        stray(cpu, (slot - 1) & (CODE_PAGE_INSNS - 1));
    const struct insn *in = to_threaded(cpu, slot);
    return value & NATIVE_SLOT_STRAY ? in : warm(cpu, in);
}

static const struct insn *land(struct cpu *cpu, struct native_return r)
{
    if (unlikely(cpu->fp_native))
        collect_xx(cpu);
    switch ((enum native_exit)(r.reason & 0xff)) {
    case NATIVE_DONE:
        return (const struct insn *)(uintptr_t)r.value;
    case NATIVE_SLOT:
        settle(cpu);
        return land_slot(cpu, r.value);
    case NATIVE_ANY:
        settle(cpu);
        return to_threaded(cpu, r.value >> 2 & (CODE_PAGE_INSNS - 1));
    case NATIVE_JUMP:
        settle(cpu);
        return land_jump(cpu, r.value, (unsigned)(r.reason >> 32));
    }
    return &exit_op;
}

static THREAD(thread_native)
{
    struct jit *jit = cpu->machine->jit;
    unsigned slot = (unsigned)(in - cpu->ops);
    const struct native_cell *cell = cell_of(cpu, slot);
    native_enter_fn enter = (native_enter_fn)(uintptr_t)jit->enter;

    cpu->budget -= slot;
    cpu->op = NULL;
    unsettle(cpu);
    struct native_return r = enter(cpu, cell->code);
    in = land(cpu, r);
    if (r.reason == NATIVE_ANY)
        TAIL thread_any(cpu, in);
    DISPATCH(in);
}

/* ---- making and dropping native code ---- */

struct native_cell *jit_cell(struct jit *jit, struct code_page *page, unsigned slot)
{
    struct native_page *n = page->native;

    if (!n->cell[slot]) {
        if (jit->cells < jit->space.used + sizeof(struct native_cell))
            return NULL;
        jit->cells -= sizeof(struct native_cell);
        n->cell[slot] = (uint32_t)jit->cells;
        *(struct native_cell *)(jit->space.write + jit->cells) =
            (struct native_cell){.code = jit->leave};
    }
    return (struct native_cell *)(jit->space.write + n->cell[slot]);
}

void jit_entry(struct code_page *page, unsigned slot)
{
    page->native->native[slot] = true;
    page->ops[slot].fn = thread_native;
}

/* The page's entries are none any more. */
static void drop_entries(struct jit *jit, struct code_page *page)
{
    struct native_page *n = page->native;

    jit->drops++;
    for (unsigned slot = 0; slot < CODE_PAGE_INSNS; slot++) {
        if (!n->native[slot])
            continue;
        n->native[slot] = false;
        ((struct native_cell *)(jit->space.write + n->cell[slot]))->code = jit->leave;
        if (page->ops[slot].fn == thread_native)
            page->ops[slot].fn = thread_decode;
        page->ops[slot].heat = code_cold(jit->m);
    }
}

/* Threads find all slots of a page decoded. */
static void decode_entries(struct machine *m, struct code_page *page)
{
    if (m->cfg.multi)
        thread_decode_page(m, page);
}

/* The page's native code is not to be entered any more; who is inside leaves at his next call. */
static void jit_drop(struct machine *m, struct code_page *page)
{
    drop_entries(m->jit, page);
    tlb_forget_native(m, page->ops);
}

/* The same for a page that stays. */
static void forget_native(struct machine *m, struct code_page *page)
{
    jit_drop(m, page);
    decode_entries(m, page);
}

/* All native code goes. Only while none is being executed. */
static void flush(struct jit *jit)
{
    struct code_cache *code = jit->m->code;

    jit->flushes++;
    for (size_t i = 0; i < code->slots; i++) {
        struct code_page *page = code->pages[i];

        if (!page || !page->native)
            continue;
        drop_entries(jit, page);
        decode_entries(jit->m, page);
        memset(page->native->cell, 0, sizeof(page->native->cell));
    }
    for (unsigned c = 0; c < jit->m->ncpus; c++)
        tlb_forget_jumps(&jit->m->cpus[c]);
    space_reset(&jit->space);
    memset(jit->sites, 0, sizeof(jit->sites));
    jit->cells = jit->space.size;
    jit->full = false;
}

/* Handlers that native code calls find their operands in the slots. */
static void decode_slots(struct cpu *cpu, const struct region *r)
{
    for (unsigned slot = r->first; slot < r->end; slot++)
        if (r->flags[slot] & SLOT_IN)
            thread_prepare(cpu, slot);
}

static bool translate(struct jit *jit, struct cpu *cpu, struct code_page *page, unsigned slot)
{
    if (!page->native)
        page->native = calloc(1, sizeof(*page->native));
    if (!page->native)
        return false;
    region_find(&jit->region, cpu, page, slot);
    site_begin(jit);
    jit->privileged = !(cpu->msr & MSR_PR);
    decode_slots(cpu, &jit->region);
    size_t start = jit->space.used;
    if (!native_translate(jit))
        return false;
    perfmap_add(jit, cpu, slot, jit->space.exec + start, jit->space.used - start);
    jit->regions++;
    jit->insns += jit->region.count;
    return true;
}

/* Translates, with room made for it. With threads others may be inside native code, waiting for the
 * lock: then it has to wait. */
static void translate_hot(struct jit *jit, struct cpu *cpu, struct code_page *page, unsigned slot)
{
    if (!jit->full && (translate(jit, cpu, page, slot) || !page->native))
        return;
    if (jit->m->cfg.multi) {
        jit->full = jit->m->tidy_wanted = true;
        page->ops[slot].heat = code_cold(jit->m); /* another time */
        return;
    }
    flush(jit);
    translate(jit, cpu, page, slot);
}

static void jit_hot(struct cpu *cpu, const struct insn *op)
{
    struct jit *jit = cpu->machine->jit;
    struct code_page *page = page_of(cpu);
    unsigned slot = (unsigned)(op - cpu->ops);
    uint64_t begin = host_ns(CLOCK_THREAD_CPUTIME_ID);

    machine_stop_others(jit->m);
    /* Another CPU may have been faster, or changed the code. */
    if (!page->dropped && !jit_has_entry(page, slot))
        translate_hot(jit, cpu, page, slot);
    jit->translate_ns += host_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
    machine_let_go(jit->m);
}

static void jit_tidy(struct machine *m)
{
    if (m->jit && m->jit->full)
        flush(m->jit);
    code_bury(m);
}

static const struct code_client jit_client = {.hot = jit_hot, .drop = jit_drop};

/* ---- the engine ---- */

static struct jit *make(struct machine *m)
{
    struct jit *jit = native_available() ? calloc(1, sizeof(*jit)) : NULL;

    if (!jit)
        return NULL;
    jit->m = m;
    jit->cells = SPACE_SIZE;
    if (space_create(&jit->space, SPACE_SIZE) && native_begin(jit))
        return jit;
    space_destroy(&jit->space);
    free(jit);
    return NULL;
}

/* Without native code this engine is interp. */
static bool jit_init(struct cpu *cpu)
{
    struct machine *m = cpu->machine;

    if (cpu->index)
        return true;
    m->jit = make(m);
    if (m->jit)
        m->code_client = &jit_client;
    if (m->jit && m->cfg.perfmap)
        perfmap_open(m->jit);
    if (!m->jit)
        fprintf(stderr, "pefemu: -accel jit: %s; all code is interpreted\n",
                native_available() ? "the host gives no memory for native code"
                                   : "native code needs an x86-64 host with AVX2, BMI2 and FMA");
    return true;
}

static void jit_destroy(struct machine *m)
{
    code_destroy(m);
    if (!m->jit)
        return;
    perfmap_close(m->jit);
    space_destroy(&m->jit->space);
    free(m->jit);
    m->jit = NULL;
}

const struct engine engine_jit = {
    .name = "jit",
    .summary = "interp whose hot regions become native code",
    .uses_tlb = true,
    .host_fp = true,
    .run = interp_run,
    .cpu_init = jit_init,
    .machine_destroy = jit_destroy,
    .code_written = code_written,
    .code_forget = code_forget,
    .tidy = jit_tidy,
};

bool jit_stats(const struct machine *m, struct jit_stats *out)
{
    if (!m->jit)
        return false;
    *out = (struct jit_stats){m->jit->regions, m->jit->insns,   m->jit->bytes,
                              m->jit->drops,   m->jit->flushes, m->jit->translate_ns};
    return true;
}
