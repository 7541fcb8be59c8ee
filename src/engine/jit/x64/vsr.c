/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of vector-scalar registers (vsr.h). */
#include "vsr.h"

#define FIRST 2

static int find(const struct tr *t, unsigned n, enum vsr_view view)
{
    for (unsigned x = FIRST; x < 16; x++)
        if (t->xmm[x].vsr == n && t->xmm[x].view == view)
            return (int)x;
    return -1;
}

static unsigned take(struct tr *t)
{
    unsigned best = 0;
    uint32_t oldest = ~0u;

    for (unsigned x = FIRST; x < 16; x++) {
        if (t->xmm[x].used == t->xmm_clock)
            continue; /* of this instruction */
        uint32_t age = t->xmm[x].vsr == NO_VSR ? 0 : t->xmm[x].used;
        if (age < oldest) {
            oldest = age;
            best = x;
        }
    }
    t->xmm[best].vsr = NO_VSR;
    t->xmm[best].used = t->xmm_clock;
    return best;
}

unsigned vsr_read(struct tr *t, unsigned n, enum vsr_view view)
{
    int have = find(t, n, view);

    if (have >= 0) {
        t->xmm[have].used = t->xmm_clock;
        return (unsigned)have;
    }
    unsigned x = take(t);
    if (view == VSR_WHOLE)
        v_load(&t->e, x, vsr_mem(n));
    else
        v_load64(&t->e, x, vsr_dword_mem(n, 0));
    t->xmm[x].vsr = (uint8_t)n;
    t->xmm[x].view = view;
    return x;
}

int vsr_cached(struct tr *t, unsigned n, enum vsr_view view)
{
    int have = find(t, n, view);

    if (have >= 0)
        t->xmm[have].used = t->xmm_clock;
    return have;
}

unsigned vsr_own(struct tr *t, unsigned n)
{
    unsigned x = vsr_read(t, n, VSR_WHOLE);

    t->xmm[x].vsr = NO_VSR;
    return x;
}

unsigned vsr_new(struct tr *t)
{
    return take(t);
}

void vsr_changed(struct tr *t, unsigned n)
{
    for (unsigned x = FIRST; x < 16; x++)
        if (t->xmm[x].vsr == n)
            t->xmm[x].vsr = NO_VSR;
}

void vsr_write(struct tr *t, unsigned n, unsigned x, enum vsr_view view)
{
    vsr_changed(t, n);
    if (view == VSR_WHOLE) {
        v_store(&t->e, vsr_mem(n), x);
    } else {
        v_store64(&t->e, vsr_dword_mem(n, 0), x);
        x_mov_mi(&t->e, true, vsr_dword_mem(n, 1), 0);
    }
    if (x >= FIRST) {
        t->xmm[x].vsr = (uint8_t)n;
        t->xmm[x].view = view;
    }
}

void vsr_forget(struct tr *t)
{
    for (unsigned x = FIRST; x < 16; x++)
        t->xmm[x].vsr = NO_VSR;
    t->checked = 0;
}

void vsr_next_insn(struct tr *t)
{
    t->xmm_clock++;
}

void vsr_reload(struct tr *t, const struct late *l)
{
    for (unsigned x = FIRST; x < 16; x++) {
        if (l->xmm[x].vsr == NO_VSR)
            continue;
        if (l->xmm[x].view == VSR_WHOLE)
            v_load(&t->e, x, vsr_mem(l->xmm[x].vsr));
        else
            v_load64(&t->e, x, vsr_dword_mem(l->xmm[x].vsr, 0));
    }
}

void vsr_need(struct tr *t, uint64_t need)
{
    if (t->checked & need)
        return;
    x_test_mi(&t->e, CPU_MEM(msr), (uint32_t)need);
    late_add(t, LATE_ANY, x_jcc(&t->e, CC_E));
    t->checked |= need;
}
