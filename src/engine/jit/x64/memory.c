/* SPDX-License-Identifier: Apache-2.0 */
/* How native code gets at guest memory: EAs, sites, and the TLB's first level looked at inline; all
 * else is the handler's. */
#include "memory.h"

unsigned x64_address(struct tr *t, const struct insn *in, bool indexed, int32_t *disp)
{
    struct emit *e = &t->e;

    *disp = indexed ? 0 : (int32_t)in->imm;
    if (!indexed) {
        if (in->ra)
            return gpr_read(t, in->ra, RAX);
        x_mov_ri(e, RAX, (uint64_t)in->imm);
        *disp = 0;
        return RAX;
    }
    if (!in->ra)
        return gpr_read(t, in->rb, RAX);
    unsigned a = gpr_operand(t, in->ra, RAX);
    unsigned b = gpr_operand(t, in->rb, a == RDX ? RCX : RDX); /* an addend may be in RCX */
    x_lea(e, true, RAX, mem_index(a, b, 0, 0));
    return RAX;
}

void x64_tlb_entry(struct tr *t, unsigned base, int32_t disp)
{
    struct emit *e = &t->e;
    const int32_t index_mask = (TLB_ENTRIES - 1) * (int)sizeof(struct tlb_entry);
    const unsigned shift = TLB_GRANULE_LOG2 - 5;

    _Static_assert(sizeof(struct tlb_entry) == 32, "the index is scaled by a shift");
    if (disp) {
        x_lea(e, false, RCX, mem_at(base, disp));
        x_shift_ri(e, false, X_SHR, RCX, shift);
    } else {
        x_rorx(e, false, RCX, base, shift);
    }
    x_alu_ri(e, false, X_AND, RCX, index_mask);
    x_alu_rm(e, true, X_ADD, RCX, CPU_MEM(tlb));
}

/* A field of the site, RCX being the context. */
static struct x64_mem site_mem(uint32_t what, unsigned field)
{
    return mem_at(RCX, (int32_t)(offsetof(struct tlb_ctx, site) +
                                 (what & 0xffff) * sizeof(struct tlb_site) + field));
}

bool x64_site_check(struct tr *t, unsigned base, int32_t lo, unsigned len, bool store,
                    struct x64_site *s, uint8_t **fail)
{
    struct emit *e = &t->e;

    if (!site_wanted(t->jit, t->slot))
        return false;
    s->what = site_take(t->jit, t->slot, len, store, t->copying) | (len - 1) << 16;
    x_mov_rm(e, true, RCX, CPU_MEM(tlb));
    if (lo)
        x_lea(e, true, RDX, mem_at(base, lo));
    else
        x_mov_rr(e, true, RDX, base);
    x_alu_rm(e, true, X_SUB, RDX, site_mem(s->what, offsetof(struct tlb_site, base)));
    x_alu_rm(e, true, X_CMP, RDX, site_mem(s->what, offsetof(struct tlb_site, limit)));
    *fail = x_jcc(e, CC_AE);
    x_mov_rm(e, true, RCX, site_mem(s->what, offsetof(struct tlb_site, addend)));
    s->found = e->p;
    return true;
}

void x64_has_site(struct late *l, const struct x64_site *s)
{
    l->excuse = EXCUSE_SITE;
    l->cont = s->found;
    l->site = s->what;
}

void x64_late_site(struct tr *t, const struct late *l)
{
    struct emit *e = &t->e;

    x_alu_rm(e, true, X_ADD, RDX, site_mem(l->site, offsetof(struct tlb_site, base))); /* the EA */
    x_mov_ri(e, RCX, l->site);
    x64_call_site(t);
    x_test_rr(e, true, RCX, RCX);
    x_patch(x_jcc(e, CC_NE), l->cont);
}

struct x64_access x64_access(struct tr *t, unsigned base, int32_t disp, unsigned size, bool store,
                             bool settles)
{
    struct emit *e = &t->e;
    struct x64_site site;
    struct late *slow;
    uint8_t *fail;

    if (x64_group_access(t, base, size, &slow))
        return (struct x64_access){mem_index(base, RCX, 0, disp), slow};
    if (x64_site_check(t, base, disp, size, store, &site, &fail)) {
        slow = tr_slow(t, fail, settles);
        x64_has_site(slow, &site);
        return (struct x64_access){mem_index(base, RCX, 0, disp), slow};
    }
    x64_tlb_entry(t, base, disp);
    if (size == 1 && !disp) {
        x_mov_rr(e, true, RDX, base);
    } else {
        x_lea(e, true, RDX, mem_at(base, disp + (int)size - 1));
    }
    x_alu_ri(e, true, X_AND, RDX, (int32_t)TLB_MASK);
    x_alu_rm(e, true, X_CMP, RDX,
             mem_at(RCX, store ? (int)offsetof(struct tlb_entry, tag_w)
                               : (int)offsetof(struct tlb_entry, tag_r)));
    slow = tr_slow(t, x_jcc(e, CC_NE), settles);
    x_mov_rm(e, true, RCX, mem_at(RCX, (int)offsetof(struct tlb_entry, addend)));
    return (struct x64_access){mem_index(base, RCX, 0, disp), slow};
}

void x64_update(struct tr *t, const struct insn *in, unsigned base, int32_t disp)
{
    struct emit *e = &t->e;

    if (!disp) {
        gpr_write(t, in->ra, base);
    } else if (base == t->pin[in->ra]) {
        x_alu_ri(e, true, X_ADD, base, disp);
    } else {
        unsigned d = gpr_dest(t, in->ra, RAX);

        x_lea(e, true, d, mem_at(base, disp));
        gpr_write(t, in->ra, d);
    }
}
