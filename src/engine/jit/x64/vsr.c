/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of vector-scalar registers, and the record for FPRF, FR and FI (vsr.h). */
#include "vsr.h"

#include "float.h"
#include "vector.h"

#define FIRST 2

/* ---- which register ---- */

static int find(const struct tr *t, unsigned n, enum vsr_view view)
{
    for (unsigned x = FIRST; x < 16; x++)
        if (t->vs.xmm[x].vsr == n && t->vs.xmm[x].view == view)
            return (int)x;
    return -1;
}

static bool is_recorded(const struct fp_pending *rec, unsigned x)
{
    for (unsigned i = 0; i < 3; i++)
        if (rec->kind && rec->x[i] == x)
            return true;
    return false;
}

/* The order in which registers are given away. */
static uint32_t worth(const struct xmm_state *x)
{
    return x->vsr == NO_VSR ? 0 : x->dirty ? UINT32_MAX / 2 + x->used / 2 : x->used / 2 + 1;
}

static void store(struct emit *e, struct xmm_state *s, unsigned x, unsigned scratch)
{
    if (s->view == VSR_WHOLE) {
        v_store(e, vsr_mem(s->vsr), x);
        return;
    }
    if (s->view == VSR_SINGLE) {
        vop(e, V_CVTSS2SD, scratch, x, x);
        x = scratch;
    }
    v_store64(e, vsr_dword_mem(s->vsr, 0), x);
    x_mov_mi(e, true, vsr_dword_mem(s->vsr, 1), 0);
}

static unsigned take(struct tr *t)
{
    struct xmm_state *s = t->vs.xmm;
    unsigned best = 0;

    for (unsigned x = FIRST; x < 16; x++) {
        if (s[x].used == t->insn_clock || is_recorded(&t->vs.rec, x))
            continue; /* of this instruction */
        if (!best || worth(&s[x]) < worth(&s[best]))
            best = x;
    }
    if (!best) { /* no instruction wants so many */
        t->failed = true;
        return FIRST;
    }
    if (s[best].vsr != NO_VSR && s[best].dirty)
        store(&t->e, &s[best], best, best);
    s[best] = (struct xmm_state){.vsr = NO_VSR, .used = t->insn_clock};
    return best;
}

/* ---- values ---- */

/* @x := doubleword 0 of VSR @n, or all of it, from another view of it; false: memory has it. */
static bool derive(struct tr *t, unsigned n, enum vsr_view view, unsigned x)
{
    struct emit *e = &t->e;
    int whole = find(t, n, VSR_WHOLE), scalar = find(t, n, VSR_SCALAR);
    int single = find(t, n, VSR_SINGLE);

    if (view == VSR_SCALAR && single >= 0) {
        vop(e, V_CVTSS2SD, x, (unsigned)single, (unsigned)single);
    } else if (view == VSR_SCALAR && whole >= 0) {
        vop(e, V_PUNPCKHQDQ, x, (unsigned)whole, (unsigned)whole);
    } else if (scalar >= 0 && t->vs.xmm[scalar].dirty) { /* doubleword 1 is 0 */
        vop_shift(e, V_PSLLDQ, x, (unsigned)scalar, 8);
    } else if (single >= 0 && t->vs.xmm[single].dirty) {
        vop(e, V_CVTSS2SD, x, (unsigned)single, (unsigned)single);
        vop_shift(e, V_PSLLDQ, x, x, 8);
    } else {
        return false;
    }
    return true;
}

unsigned vsr_read(struct tr *t, unsigned n, enum vsr_view view)
{
    int have = vsr_cached(t, n, view);

    if (have >= 0)
        return (unsigned)have;
    unsigned x = take(t);
    if (!derive(t, n, view, x)) {
        if (view == VSR_WHOLE)
            v_load(&t->e, x, vsr_mem(n));
        else
            v_load64(&t->e, x, vsr_dword_mem(n, 0));
    }
    t->vs.xmm[x].vsr = (uint8_t)n;
    t->vs.xmm[x].view = view;
    return x;
}

int vsr_cached(struct tr *t, unsigned n, enum vsr_view view)
{
    int have = find(t, n, view);

    if (have >= 0)
        t->vs.xmm[have].used = t->insn_clock;
    return have;
}

unsigned vsr_new(struct tr *t)
{
    return take(t);
}

void vsr_write(struct tr *t, unsigned n, unsigned x, enum vsr_view view)
{
    for (unsigned i = FIRST; i < 16; i++)
        if (t->vs.xmm[i].vsr == n)
            t->vs.xmm[i].vsr = NO_VSR;
    t->vs.xmm[x].vsr = (uint8_t)n;
    t->vs.xmm[x].view = view;
    t->vs.xmm[x].dirty = true;
}

void vsr_write_single(struct tr *t, unsigned n, unsigned x)
{
    bool last = t->slot == CODE_PAGE_INSNS - 1; /* vsr_reload() may have to leave to the next one */

    if (last)
        vop(&t->e, V_CVTSS2SD, x, x, x);
    vsr_write(t, n, x, last ? VSR_SCALAR : VSR_SINGLE);
}

void vsr_settle(struct tr *t, unsigned n)
{
    for (unsigned x = FIRST; x < 16; x++) {
        struct xmm_state *s = &t->vs.xmm[x];

        if (s->vsr == n && s->dirty) {
            store(&t->e, s, x, 1);
            s->dirty = false;
        }
    }
}

/* ---- the record ---- */

void fp_record(struct tr *t, unsigned kind, const struct fp_operand *operands, unsigned n)
{
    struct fp_pending *rec = &t->vs.rec;

    *rec = (struct fp_pending){.kind = (uint8_t)kind, .x = {NO_XMM, NO_XMM, NO_XMM}};
    for (unsigned i = 0; i < n; i++) {
        rec->x[operands[i].place] = operands[i].x;
        rec->view[operands[i].place] = operands[i].view;
    }
}

void fp_record_result(struct tr *t, unsigned kind, unsigned x)
{
    fp_record(t, kind, &(struct fp_operand){1, (uint8_t)x, t->vs.xmm[x].view}, 1);
}

static void emit_record(struct emit *e, const struct fp_pending *rec)
{
    const struct x64_mem places[] = {LAZY(a), LAZY(b), LAZY(c)};

    if (!rec->kind)
        return;
    x_mov_mi(e, true, LAZY(kind), rec->kind); /* and aux = 0 */
    for (unsigned i = 0; i < 3; i++) {
        unsigned x = rec->x[i];

        if (x == NO_XMM)
            continue;
        if (rec->view[i] == VSR_SINGLE) {
            vop(e, V_CVTSS2SD, 1, x, x);
            x = 1;
        }
        v_store64(e, places[i], x);
    }
}

void fp_record_now(struct tr *t)
{
    emit_record(&t->e, &t->vs.rec);
    t->vs.rec.kind = 0;
}

void fp_record_none(struct tr *t)
{
    t->vs.rec.kind = 0;
}

/* ---- all of it ---- */

void vsr_emit(struct tr *t, const struct vsr_state *s)
{
    emit_record(&t->e, &s->rec);
    for (unsigned x = FIRST; x < 16; x++) {
        struct xmm_state one = s->xmm[x];

        if (one.vsr != NO_VSR && one.dirty)
            store(&t->e, &one, x, 1);
    }
}

void vsr_flush(struct tr *t)
{
    vsr_emit(t, &t->vs);
    t->vs.rec.kind = 0;
    for (unsigned x = FIRST; x < 16; x++)
        t->vs.xmm[x].dirty = false;
}

void vsr_forget(struct tr *t)
{
    for (unsigned x = FIRST; x < 16; x++)
        t->vs.xmm[x] = (struct xmm_state){.vsr = NO_VSR};
    t->vs.rec.kind = 0;
    t->checked = 0;
}

void vsr_next_insn(struct tr *t)
{
    t->insn_clock++;
}

/* ---- around a call ---- */

/* What no VSR has any more: the stack keeps it. */
static bool is_orphan(const struct vsr_state *s, unsigned i)
{
    return s->rec.kind && s->rec.x[i] != NO_XMM && s->xmm[s->rec.x[i]].vsr == NO_VSR;
}

void vsr_save(struct tr *t, const struct late *l)
{
    vsr_emit(t, &l->before);
    for (unsigned i = 0; i < 3; i++)
        if (is_orphan(&l->after, i))
            v_store64(&t->e, mem_at(RSP, (int32_t)(8 * i)), l->after.rec.x[i]);
}

/* @x := VSR @n, which the handler may have changed into no single: then threaded code goes on. */
static void reload_single(struct tr *t, const struct late *l, unsigned x, bool changed)
{
    struct emit *e = &t->e;
    unsigned n = l->after.xmm[x].vsr;

    v_load64(e, x, vsr_dword_mem(n, 0));
    vop(e, V_CVTSD2SS, x, x, x);
    if (!changed)
        return;
    vop(e, V_CVTSS2SD, 0, x, x);
    v_to_gpr(e, RAX, 0);
    x_alu_rm(e, true, X_CMP, RAX, vsr_dword_mem(n, 0));
    uint8_t *same = x_jcc(e, CC_E);
    tr_leave_behind(t, l, 0);
    x_patch(same, e->p);
}

void vsr_reload(struct tr *t, const struct late *l)
{
    const struct xmm_state *after = l->after.xmm, *before = l->before.xmm;

    for (unsigned x = FIRST; x < 16; x++) {
        if (after[x].vsr == NO_VSR)
            continue;
        if (after[x].view == VSR_WHOLE)
            v_load(&t->e, x, vsr_mem(after[x].vsr));
        else if (after[x].view == VSR_SCALAR)
            v_load64(&t->e, x, vsr_dword_mem(after[x].vsr, 0));
        else
            reload_single(t, l, x,
                          after[x].vsr != before[x].vsr || after[x].view != before[x].view);
    }
    for (unsigned i = 0; i < 3; i++)
        if (is_orphan(&l->after, i))
            v_load64(&t->e, l->after.rec.x[i], mem_at(RSP, (int32_t)(8 * i)));
}

void vsr_need(struct tr *t, uint64_t need)
{
    if (t->checked & need)
        return;
    x_test_mi(&t->e, CPU_MEM(msr), (uint32_t)need);
    late_add(t, LATE_ANY, x_jcc(&t->e, CC_E));
    t->checked |= need;
}
