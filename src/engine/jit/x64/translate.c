/* SPDX-License-Identifier: Apache-2.0 */
/* From a region to native code: the frame around the facilities' files. */
#include "tr.h"

#include "memory.h"
#include "vector_fp.h"

#include <cpuid.h>
#include <immintrin.h>

/* Bytes that an instruction's translation may take, generously: checked once before each. */
#define INSN_ROOM 1536
#define LATE_ROOM 1536
/* What the cells of one page may take. */
#define CELLS_ROOM (CODE_PAGE_INSNS * sizeof(struct native_cell))

/* ---- fixed code ---- */

/* Round to nearest, all exceptions masked, no flag set. */
#define MXCSR_DEFAULT 0x1f80u
#define MXCSR_PE      0x20u

/* Offsets in the code space, set by native_begin(). */
static uint32_t fixed_mxcsr, fixed_leave, fixed_end, fixed_call[2], fixed_site;

/* MOVBE, FMA and POPCNT; AVX2, BMI1 and BMI2; LZCNT; and an operating system that keeps the AVX
 * registers. */
bool native_available(void)
{
    const unsigned leaf1 = bit_MOVBE | bit_FMA | bit_POPCNT | bit_OSXSAVE;
    const unsigned leaf7 = bit_AVX2 | bit_BMI | bit_BMI2;
    unsigned a, b, c, d, xcr0;

    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & leaf1) != leaf1)
        return false;
    __asm__("xgetbv" : "=a"(xcr0), "=d"(d) : "c"(0));
    if ((xcr0 & 6) != 6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & leaf7) != leaf7)
        return false;
    return __get_cpuid(0x80000001, &a, &b, &c, &d) && (c & bit_LZCNT);
}

static const uint8_t saved[] = {RBX, RBP, R12, R13, R14, R15};

/* RAX, RDX: what native_enter_fn returns. */
static void emit_end(struct emit *e)
{
    x_alu_ri(e, true, X_ADD, RSP, FRAME);
    for (unsigned i = sizeof(saved); i-- > 0;)
        x_pop(e, saved[i]);
    x_ret(e);
}

static const void *call_function(bool settled)
{
    return settled ? (const void *)jit_call_settled : (const void *)jit_call;
}

/* Calls jit_call(cpu, EAX, EDX) and comes back, or leaves with what that says. */
static void emit_call(struct emit *e, const struct reg_map *map, const void *function)
{
    x_alu_ri(e, true, X_SUB, RSP, 8);
    map_store(e, map);
    x_lea(e, true, RDI, mem_at(RBP, -CPU_BIAS));
    x_mov_rr(e, false, RSI, RAX);
    x_mov_ri(e, RAX, (uintptr_t)function);
    x_call_r(e, RAX);
    x_test_rr(e, true, RAX, RAX);
    uint8_t *over = x_jcc(e, CC_NE);
    map_load(e, map);
    x_alu_ri(e, true, X_ADD, RSP, 8);
    x_ret(e);
    x_patch(over, e->p);
    x_alu_ri(e, true, X_ADD, RSP, 16);
    x_mov_ri(e, RDX, NATIVE_DONE);
    emit_end(e);
}

/* What the TLB says of the bytes from RDX to RDX + (ECX >> 16), for site CX: RCX is the granule,
 * RSI the addend, RAX the site's offset in its array. Or control goes to *@out, these being lost.
 */
static void emit_ask_tlb(struct emit *e, uint8_t *out[2])
{
    x_ext_rr(e, X_MOVZX16, RAX, RCX);
    x_shift_ri(e, false, X_SHL, RAX, 5);
    x_shift_ri(e, false, X_SHR, RCX, 16);
    x_alu_rr(e, true, X_ADD, RCX, RDX);
    x_alu_ri(e, true, X_AND, RCX, (int32_t)TLB_MASK); /* the tag wanted */
    x_rorx(e, false, RSI, RDX, TLB_GRANULE_LOG2 - 5);
    x_alu_ri(e, false, X_AND, RSI, (TLB_ENTRIES - 1) * (int)sizeof(struct tlb_entry));
    x_alu_rm(e, true, X_ADD, RSI, CPU_MEM(tlb));
    x_alu_rm(e, true, X_CMP, RCX, mem_at(RSI, (int)offsetof(struct tlb_entry, tag_r)));
    out[0] = x_jcc(e, CC_NE);
    x_alu_ri(e, false, X_CMP, RAX, TLB_SITES_STORE * (int)sizeof(struct tlb_site));
    uint8_t *load = x_jcc(e, CC_B);
    x_alu_rm(e, true, X_CMP, RCX, mem_at(RSI, (int)offsetof(struct tlb_entry, tag_w)));
    out[1] = x_jcc(e, CC_NE);
    x_patch(load, e->p);
    x_mov_rm(e, true, RSI, mem_at(RSI, (int)offsetof(struct tlb_entry, addend)));
}

static struct x64_mem site_field(size_t field)
{
    return mem_index(RDX, RAX, 0, (int)(offsetof(struct tlb_ctx, site) + field));
}

/* A site that knows another granule learns of this one here. Where the TLB does not know it, or a
 * new site does not know any, or this was done often enough, control comes out below with all
 * registers as they were. */
static void emit_move_site(struct jit *jit, struct emit *e)
{
    static const uint8_t kept[] = {RAX, RSI, RDX, RCX};
    uint8_t *out[4], *roams;

    _Static_assert(sizeof(struct tlb_site) == 32 && sizeof(struct site_watch) == 32,
                   "scaled alike");
    for (unsigned i = 0; i < sizeof(kept); i++)
        x_push(e, kept[i]);
    emit_ask_tlb(e, out);
    x_mov_ri(e, RDX, (uintptr_t)jit->site);
    x_alu_mi(e, false, X_SUB, mem_index(RDX, RAX, 0, (int)offsetof(struct site_watch, left)), 1);
    out[2] = x_jcc(e, CC_S);
    x_mov_rm(e, true, RDX, CPU_MEM(tlb));
    x_alu_mi(e, true, X_CMP, site_field(offsetof(struct tlb_site, base)), TLB_NO_TAG);
    out[3] = x_jcc(e, CC_E);
    x_alu_mi(e, true, X_CMP, site_field(offsetof(struct tlb_site, base)), TLB_SITE_ROAMS);
    roams = x_jcc(e, CC_E);
    x_mov_mr(e, true, site_field(offsetof(struct tlb_site, base)), RCX);
    x_mov_mr(e, true, site_field(offsetof(struct tlb_site, addend)), RSI);
    x_mov_rm(e, true, RCX, site_field(offsetof(struct tlb_site, narrow)));
    x_mov_mr(e, true, site_field(offsetof(struct tlb_site, limit)), RCX);
    x_patch(roams, e->p);
    x_mov_rr(e, true, RCX, RSI);
    x_pop(e, RDX); /* what RCX was */
    for (unsigned i = sizeof(kept) - 1; i-- > 0;)
        x_pop(e, kept[i]);
    x_ret(e);
    for (unsigned i = 0; i < ARRAY_SIZE(out); i++)
        x_patch(out[i], e->p);
    for (unsigned i = sizeof(kept); i-- > 0;)
        x_pop(e, kept[i]);
}

/* RCX = jit_site(cpu, RDX, ECX), which changes what the ABI lets it: all of that is kept but for
 * RDX. The stack is a multiple of 16 where it is called. */
static void emit_call_site(struct jit *jit, struct emit *e)
{
    static const uint8_t kept[] = {RAX, RSI, RDI, R8, R9, R10, R11};

    emit_move_site(jit, e);
    for (unsigned i = 0; i < sizeof(kept); i++)
        x_push(e, kept[i]);
    x_alu_ri(e, true, X_SUB, RSP, 256);
    for (unsigned i = 0; i < 16; i++)
        v_store(e, mem_at(RSP, 16 * (int32_t)i), i);
    x_lea(e, true, RDI, mem_at(RBP, -CPU_BIAS));
    x_mov_rr(e, true, RSI, RDX);
    x_mov_rr(e, false, RDX, RCX);
    x_mov_ri(e, RAX, (uintptr_t)jit_site);
    x_call_r(e, RAX);
    for (unsigned i = 0; i < 16; i++)
        v_load(e, i, mem_at(RSP, 16 * (int32_t)i));
    x_alu_ri(e, true, X_ADD, RSP, 256);
    x_mov_rr(e, true, RCX, RAX);
    for (unsigned i = sizeof(kept); i-- > 0;)
        x_pop(e, kept[i]);
    x_ret(e);
}

void x64_call_site(struct tr *t)
{
    x_patch(x_call(&t->e), t->jit->space.write + fixed_site);
}

bool native_begin(struct jit *jit)
{
    struct code_space *s = &jit->space;
    struct emit e = {.p = s->write, .end = s->write + s->size};

    fixed_mxcsr = (uint32_t)(e.p - s->write);
    emit32(&e, MXCSR_DEFAULT);
    /* the default of cells: NATIVE_SLOT with what is in EAX */
    jit->leave = space_exec(s, e.p);
    x_mov_ri(&e, RDX, NATIVE_SLOT);
    fixed_leave = (uint32_t)(e.p - s->write);
    map_store(&e, &map_canonical);
    fixed_end = (uint32_t)(e.p - s->write);
    emit_end(&e);
    for (unsigned settled = 0; settled < 2; settled++) {
        fixed_call[settled] = (uint32_t)(e.p - s->write);
        emit_call(&e, &map_canonical, call_function(settled));
    }
    fixed_site = (uint32_t)(e.p - s->write);
    emit_call_site(jit, &e);
    jit->enter = space_exec(s, e.p);
    for (unsigned i = 0; i < sizeof(saved); i++)
        x_push(&e, saved[i]);
    x_alu_ri(&e, true, X_SUB, RSP, FRAME);
    x_lea(&e, true, RBP, mem_at(RDI, CPU_BIAS));
    x_mov_rr(&e, true, RAX, RSI);
    map_load(&e, &map_canonical);
    x_jmp_r(&e, RAX);
    s->used = s->fixed = (size_t)(e.p - s->write + 63) & ~63UL;
    return !emit_full(&e);
}

/* ---- what the facilities use ---- */

struct late *late_add(struct tr *t, enum late_kind kind, uint8_t *at)
{
    static struct late nowhere;

    if (t->nlate == MAX_LATE) {
        t->failed = true;
        return &nowhere;
    }
    struct late *l = &t->late[t->nlate++];
    *l = (struct late){
        .kind = kind, .at = at, .slot = (uint16_t)t->slot, .pending = t->pending, .map = t->map};
    if (kind != LATE_OUT && kind != LATE_JUMP) /* before which all is stored */
        l->before = t->vs;
    l->cr = t->cr;
    if (kind == LATE_CR || kind == LATE_CR_BIT) /* comes back, with other values there */
        t->e.wrote |= 1u << RAX | 1u << RCX;
    return l;
}

struct late *tr_slow(struct tr *t, uint8_t *at, bool settles)
{
    struct late *l = late_add(t, LATE_CALL, at);

    l->settles = settles;
    return l;
}

void tr_back(struct tr *t, struct late *l)
{
    l->back = t->e.p;
    t->e.flags = NULL; /* as the handler leaves them */
    l->after = t->vs;
    l->scratch = scratch_now(t);
    x64_group_back(t, l);
}

static void call(struct tr *t, unsigned slot, int pending, bool settles)
{
    struct emit *e = &t->e;

    x_mov_ri(e, RAX, slot);
    x_mov_ri(e, RDX, (uint32_t)pending);
    x_patch(x_call(e), t->maps[t->map].call[settles]);
}

void tr_call(struct tr *t)
{
    cr_flush(t);
    vsr_flush(t);
    call(t, t->slot, t->pending, true);
    cr_forget_compares(t);
    cr_forget(t, CR_PLAIN);
    t->cr.flags_field = -1;
    vsr_forget(t);
    x64_group_forget(t);
}

void tr_call_plain(struct tr *t)
{
    cr_flush(t);
    vsr_flush(t);
    call(t, t->slot, t->pending, false);
    cr_forget_compares(t);
    t->cr.flags_field = -1;
    vsr_forget(t);
}

void tr_tell_page(struct tr *t)
{
    x_mov_ri(&t->e, RCX, (uintptr_t)t->r->page->ops);
    x_mov_mr(&t->e, true, CPU_MEM(ops), RCX);
}

/* ---- behind the region ---- */

static void late_out(struct tr *t, const struct late *l)
{
    x_mov_ri(&t->e, RAX, 4u * l->target);
    x_patch(x_jmp(&t->e), t->maps[t->map].leave_slot);
}

void tr_leave_behind(struct tr *t, const struct late *l, unsigned flags)
{
    gpr_sub(t, MAP_BUDGET, l->pending + 1);
    x_mov_ri(&t->e, RAX, 4u * (l->slot + 1u) | NATIVE_SLOT_INSIDE | flags);
    x_patch(x_jmp(&t->e), t->maps[t->map].leave_slot);
}

static void late_leave(struct tr *t, uint64_t reason)
{
    x_mov_ri(&t->e, RDX, reason);
    x_patch(x_jmp(&t->e), t->maps[t->map].leave);
}

static void late_clean(struct tr *t, const struct late *l)
{
    struct emit *e = &t->e;

    x_alu_mi8(e, X_CMP, CPU_MEM(fp_native), 0);
    x_patch(x_jcc(e, CC_NE), l->back);
    emit8(e, 0x0f); /* ldmxcsr [rip + ...] */
    emit8(e, 0xae);
    emit8(e, 0x15);
    emit32(e, 0);
    x_patch(e->p - 4, t->jit->space.write + fixed_mxcsr);
    x_mov_mi8(e, CPU_MEM(fp_native), 1);
}

static void late_excuse(struct tr *t, const struct late *l)
{
    if (l->excuse == EXCUSE_SITE)
        x64_late_site(t, l);
    else if (l->excuse != EXCUSE_NONE)
        x64_late_inexact(t, l);
}

static void late_call(struct tr *t, const struct late *l)
{
    late_excuse(t, l);
    cr_emit_late(t, l);
    vsr_save(t, l);
    call(t, l->slot, l->pending, l->settles);
    if (l->kind == LATE_INDEX) {
        tr_leave_behind(t, l, NATIVE_SLOT_STRAY);
        return;
    }
    if (l->kind == LATE_GROUP)
        x64_late_group(t, l);
    vsr_reload(t, l);
    scratch_reload(t, &l->scratch);
}

static void late_one(struct tr *t, const struct late *l)
{
    struct emit *e = &t->e;

    map_use(t, l->map);
    x_patch(l->at, e->p);
    if (l->at2)
        x_patch(l->at2, e->p);
    switch (l->kind) {
    case LATE_GROUP:
    case LATE_INDEX:
    case LATE_CALL:
        late_call(t, l);
        break;
    case LATE_OUT:
        cr_emit_late(t, l);
        vsr_emit(t, &l->before);
        late_out(t, l);
        break;
    case LATE_EDGE:
        x64_late_edge(t, l);
        break;
    case LATE_JUMP:
        x64_late_jump(t, l);
        late_leave(t, NATIVE_JUMP | (uint64_t)l->slot << 32);
        break;
    case LATE_ANY:
        cr_emit_late(t, l);
        vsr_emit(t, &l->before);
        if (l->pending)
            gpr_sub(t, MAP_BUDGET, l->pending);
        x_mov_ri(e, RAX, 4u * l->slot);
        late_leave(t, NATIVE_ANY);
        break;
    case LATE_CR:
        x64_late_cr(t, l);
        break;
    case LATE_CR_BIT:
        x64_late_cr_bit(t, l);
        break;
    case LATE_CLEAN:
        late_clean(t, l);
        break;
    }
    if (l->back)
        x_patch(x_jmp(e), l->back);
}

static void emit_late(struct tr *t)
{
    t->late_code = true;
    scratch_forget(t);
    for (unsigned i = 0; i < t->nlate && !t->failed; i++) {
        if (t->e.end - t->e.p < LATE_ROOM)
            t->failed = true;
        else
            late_one(t, &t->late[i]);
    }
}

/* ---- the region ---- */

/* May control come from the instruction to the next one? */
static bool goes_on(const struct insn *in)
{
    bool always = (in->rt & 0x14) == 0x14;

    if (region_asks_where(in))
        return true;
    switch (in->id) {
    case INSN_B:
    case INSN_BL:
        return false;
    case INSN_BC:
    case INSN_BCLR:
    case INSN_BCCTR:
        return !always;
    default:
        return insn_table[in->id].fac != FAC_BRU;
    }
}

static void translate_insn(struct tr *t, const struct insn *in)
{
    bool any = insn_table[in->id].priv == PRIV_USER || insn_table[in->id].fac == FAC_SYS;

    if (any && (x64_fixed(t, in) || x64_memory(t, in) || x64_shift(t, in) || x64_carry(t, in) ||
                x64_system(t, in) || x64_cr(t, in) || x64_float(t, in) || x64_vector(t, in)))
        return;
    tr_call(t);
}

void tr_begin_block(struct tr *t, unsigned slot)
{
    t->slot = t->block = slot;
    map_use(t, t->map_of[slot]);
    cr_forget(t, CR_UNKNOWN);
    cr_forget_compares(t);
    t->cr.flags_field = -1;
    scratch_forget(t);
    t->pending = 0;
    vsr_forget(t);
    x64_group_forget(t);
}

void tr_one(struct tr *t)
{
    const struct insn *in = &t->r->insn[t->slot];

    if (t->e.end - t->e.p < INSN_ROOM) {
        t->failed = true;
        return;
    }
    vsr_next_insn(t);
    cr_before(t, in);
    if (!x64_branch(t, in))
        translate_insn(t, in);
    x64_group_after(t, in);
    cr_after(t, in);
    t->slot++;
    t->pending++;
}

void tr_go_on(struct tr *t, unsigned slot)
{
    if (!goes_on(&t->r->insn[slot]))
        return;
    if (slot + 1 == CODE_PAGE_INSNS)
        x64_page_end(t);
    else
        x64_fall(t, slot + 1);
}

/* Translates from @slot on, as far as control can go on by itself. Returns the slot behind. */
static unsigned translate_run(struct tr *t, unsigned slot)
{
    const struct region *r = t->r;

    tr_begin_block(t, slot);
    t->label[slot] = t->e.p;
    for (;;) {
        tr_one(t);
        if (t->failed)
            return CODE_PAGE_INSNS;
        bool on = goes_on(&r->insn[t->slot - 1]);
        bool in = t->slot < CODE_PAGE_INSNS && (r->flags[t->slot] & SLOT_IN) &&
                  !(r->flags[t->slot] & SLOT_STOP);
        if (!on || !in) {
            tr_go_on(t, t->slot - 1);
            return t->slot;
        }
        if (r->flags[t->slot] & SLOT_LEADER) {
            cr_flush(t);
            vsr_flush(t);
            if (t->pending)
                gpr_sub(t, MAP_BUDGET, t->pending);
            map_convert(t, t->map_of[t->slot]);
            tr_begin_block(t, t->slot);
            t->label[t->slot] = t->e.p;
        }
    }
}

/* Where native code is left, or something is called. @to: what that is for all regions. */
static const uint8_t *stub(struct tr *t, uint32_t to)
{
    const uint8_t *begin = t->e.p;

    tr_tell_page(t);
    x_patch(x_jmp(&t->e), t->jit->space.write + to);
    return begin;
}

/* What code of map @map needs beside it. */
static void emit_stubs(struct tr *t, struct reg_map *map)
{
    struct emit *e = &t->e;
    bool canonical = map == t->maps;

    if (e->end - e->p < INSN_ROOM) {
        t->failed = true;
        return;
    }
    for (unsigned settled = 0; settled < 2; settled++) {
        if (canonical) {
            map->call[settled] = stub(t, fixed_call[settled]);
            continue;
        }
        map->call[settled] = e->p;
        tr_tell_page(t);
        emit_call(e, map, call_function(settled));
    }
    map->leave_slot = e->p;
    x_mov_ri(e, RDX, NATIVE_SLOT);
    map->leave = e->p;
    if (!canonical)
        map_store(e, map);
    stub(t, canonical ? fixed_leave : fixed_end);
}

static void begin_maps(struct tr *t)
{
    t->maps[0] = map_canonical;
    map_choose(t);
    for (unsigned i = 0; i < t->nmaps && !t->failed; i++)
        emit_stubs(t, &t->maps[i]);
}

/* Leaders are entered from elsewhere by the canonical map. */
static void emit_entries(struct tr *t)
{
    for (unsigned slot = t->r->first; slot < t->r->end && !t->failed; slot++) {
        t->entry[slot] = t->label[slot];
        if (!t->label[slot] || !t->map_of[slot])
            continue;
        if (t->e.end - t->e.p < LATE_ROOM) {
            t->failed = true;
            return;
        }
        t->entry[slot] = t->e.p;
        map_use(t, 0);
        map_convert(t, t->map_of[slot]);
        x_patch(x_jmp(&t->e), t->label[slot]);
    }
}

static void emit_region(struct tr *t)
{
    const struct region *r = t->r;

    begin_maps(t);
    x64_hints_begin(t);
    for (unsigned slot = r->first; slot < r->end && !t->failed;) {
        bool in = (r->flags[slot] & SLOT_IN) && !(r->flags[slot] & SLOT_STOP);

        slot = in ? translate_run(t, slot) : slot + 1;
        if (t->nloops)
            x64_loops(t);
    }
    x64_group_forget(t);
    emit_late(t);
    emit_entries(t);
    for (unsigned i = 0; i < t->nfix && !t->failed; i++)
        x_patch(t->fix[i].at, t->label[t->fix[i].slot]);
}

/* Makes the leaders reachable. */
static bool publish(struct tr *t)
{
    struct region *r = t->r;

    for (unsigned slot = r->first; slot < r->end; slot++) {
        if (!(r->flags[slot] & SLOT_LEADER) || !t->label[slot])
            continue;
        struct native_cell *cell = jit_cell(t->jit, r->page, slot);

        if (!cell)
            return false;
        cell->code = space_exec(&t->jit->space, t->entry[slot]);
        jit_entry(r->page, slot);
    }
    return true;
}

bool native_translate(struct jit *jit)
{
    static struct tr state;
    struct tr *t = &state;
    struct code_space *s = &jit->space;
    size_t start = s->used;

    t->jit = jit;
    t->r = &jit->region;
    t->le = jit->region.page->le;
    t->failed = false;
    t->nfix = t->nlate = t->nloops = 0;
    memset(t->addend_store, 0, sizeof(t->addend_store));
    t->copying = NULL;
    t->late_code = false;
    memset(t->label + t->r->first, 0, (t->r->end - t->r->first) * sizeof(t->label[0]));
    /* cells are taken from the end of the space meanwhile */
    if (start + 2 * CELLS_ROOM > jit->cells)
        return false;
    t->e = (struct emit){.p = s->write + start, .end = s->write + jit->cells - CELLS_ROOM};
    emit_region(t);
    if (t->failed)
        return false;
    s->used = (size_t)(t->e.p - s->write + 15) & ~15UL;
    jit->bytes += s->used - start;
    return publish(t);
}

void native_fp_clean(void)
{
    _mm_setcsr(MXCSR_DEFAULT);
}

bool native_fp_inexact(void)
{
    return _mm_getcsr() & MXCSR_PE;
}
