/* SPDX-License-Identifier: Apache-2.0 */
/* The condition register: comparisons leave their outcome in cpu->cr_lazy, readers ask there. */
#include "tr.h"

static struct x64_mem lazy(unsigned bf, unsigned byte)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, cr_lazy) + 2 * bf + byte) - CPU_BIAS);
}

static struct x64_mem plain(unsigned bf)
{
    return mem_at(RBP, (int32_t)(offsetof(struct cpu, cr) + bf) - CPU_BIAS);
}

void cr_forget(struct tr *t, enum cr_known now)
{
    memset(t->cr_known, now, sizeof(t->cr_known));
}

void cr_from_flags(struct tr *t, unsigned bf, bool is_signed)
{
    x_setcc_r(&t->e, CC_NE, RAX);
    x_setcc_ah(&t->e, is_signed ? CC_GE : CC_AE);
    x_mov_mr16(&t->e, lazy(bf, 0), RAX);
    t->cr_known[bf] = CR_LAZY;
    t->flags_field = (int)bf;
    t->flags_signed = is_signed;
    t->flags_slot = t->slot;
}

void cr0_from(struct tr *t, unsigned r)
{
    x_test_rr(&t->e, true, r, r);
    cr_from_flags(t, 0, true);
}

/* From the flags of the comparison itself. */
static enum x64_cc test_flags(const struct tr *t, unsigned bit)
{
    if (bit == 2)
        return CC_E;
    if (bit == 0)
        return t->flags_signed ? CC_L : CC_B;
    return t->flags_signed ? CC_G : CC_A;
}

static enum x64_cc test_lazy(struct tr *t, unsigned bf, unsigned bit)
{
    switch (bit) {
    case 0:
        x_alu_mi8(&t->e, X_CMP, lazy(bf, 1), 0);
        return CC_E;
    case 1: /* both bytes are 1 */
        x_ext_rm(&t->e, X_MOVZX16, RAX, lazy(bf, 0));
        x_alu_ri(&t->e, false, X_CMP, RAX, 0x0101);
        return CC_E;
    default:
        x_alu_mi8(&t->e, X_CMP, lazy(bf, 0), 0);
        return CC_E;
    }
}

enum x64_cc cr_test(struct tr *t, unsigned bi)
{
    unsigned bf = bi >> 2, bit = bi & 3;

    if (t->flags_field == (int)bf && bit != 3) {
        t->flags_slot = t->slot; /* whoever asked will only move and jump */
        return test_flags(t, bit);
    }
    if (t->cr_known[bf] == CR_LAZY && bit != 3)
        return test_lazy(t, bf, bit);
    if (t->cr_known[bf] != CR_PLAIN) {
        x_cmp_mi16(&t->e, lazy(bf, 0), 0);
        struct late *l = late_add(t, LATE_CR, x_jcc(&t->e, CC_NE));
        l->target = (uint16_t)bf;
        l->back = t->e.p;
        t->cr_known[bf] = CR_PLAIN;
    }
    x_test_mi8(&t->e, plain(bf), 8 >> bit);
    return CC_NE;
}

/* 2 for equal, 4 for greater, 8 for less; and XER[SO]. */
void x64_late_cr(struct tr *t, const struct late *l)
{
    struct emit *e = &t->e;
    unsigned bf = l->target;

    x_mov_ri(e, RAX, 2);
    x_alu_mi8(e, X_CMP, lazy(bf, 0), 0);
    uint8_t *equal = x_jcc(e, CC_E);
    x_mov_ri(e, RAX, 4);
    x_alu_mi8(e, X_CMP, lazy(bf, 1), 0);
    uint8_t *greater = x_jcc(e, CC_NE);
    x_mov_ri(e, RAX, 8);
    x_patch(equal, e->p);
    x_patch(greater, e->p);
    x_ext_rm(e, X_MOVZX8, RCX, CPU_MEM(so));
    x_alu_rr(e, false, X_OR, RAX, RCX);
    x_mov_mr8(e, plain(bf), RAX);
    x_mov_mi16(e, lazy(bf, 0), 0);
}
