/* SPDX-License-Identifier: Apache-2.0 */
/* The way into native code and out of it: what stands once at the beginning of the code space, and
 * beside each region. */
#include "memory.h"
#include "vector.h"

#include <cpuid.h>
#include <immintrin.h>

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

/* ---- beside a region ---- */

/* Where native code is left, or something is called. @to: what that is for all regions. */
static const uint8_t *stub(struct tr *t, uint32_t to)
{
    const uint8_t *begin = t->e.p;

    tr_tell_page(t);
    x_patch(x_jmp(&t->e), t->jit->space.write + to);
    return begin;
}

void x64_map_stubs(struct tr *t, struct reg_map *map)
{
    struct emit *e = &t->e;
    bool canonical = map == t->maps;

    if (!tr_has_room(t))
        return;
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

/* ---- the status flags of the host's floating point ---- */

void x64_late_clean(struct tr *t, const struct late *l)
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

void native_fp_clean(void)
{
    _mm_setcsr(MXCSR_DEFAULT);
}

bool native_fp_inexact(void)
{
    return _mm_getcsr() & MXCSR_PE;
}
