/* SPDX-License-Identifier: Apache-2.0 */
/* The system instructions that every program executes. */
#include "tr.h"

enum { SPR_LR = 8, SPR_CTR = 9, SPR_TB = 268, SPR_TBU = 269 };

/* Emits, once a block, the check that the state is a privileged one. */
static void need_privilege(struct tr *t)
{
    if (t->checked & MSR_PR)
        return;
    x_test_mi(&t->e, CPU_MEM(msr), MSR_PR);
    late_add(t, LATE_ANY, x_jcc(&t->e, CC_NE));
    t->checked |= MSR_PR;
}

/* An SPR that is a member of struct cpu and nothing else. */
static bool move_field(struct tr *t, const struct insn *in)
{
    bool write = in->id == INSN_MTSPR;
    struct spr_field f;

    if (!cpu_spr_field((unsigned)in->imm, write, &f) || (f.msr & ~MSR_PR))
        return false;
    if (f.msr)
        need_privilege(t);
    struct x64_mem m = mem_at(RBP, (int32_t)f.offset - CPU_BIAS);
    if (!write) {
        unsigned d = gpr_dest(t, in->rt, RAX);

        x_mov_rm(&t->e, f.size == 8, d, m);
        gpr_write(t, in->rt, d);
        return true;
    }
    unsigned s = gpr_read(t, in->rt, RAX);
    if (f.size == 8 && f.bits == 32) {
        x_mov_rr(&t->e, false, RAX, s);
        s = RAX;
    }
    x_mov_mr(&t->e, f.size == 8, m, s);
    return true;
}

/* MSR[EE] and MSR[RI]; with an interrupt waiting for EE the handler does it. */
static bool set_ee_ri(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    int32_t taken = MSR_EE | MSR_RI;

    if (!(in->word >> 16 & 1))
        return false;
    need_privilege(t);
    gpr_copy(t, in->rt, RAX);
    x_alu_ri(e, false, X_AND, RAX, taken);
    x_alu_mi(e, false, X_CMP, CPU_MEM(irq_pending), 0);
    struct late *slow = tr_slow(t, x_jcc(e, CC_NE), true);
    x_mov_rm(e, true, RCX, CPU_MEM(msr));
    x_alu_ri(e, true, X_AND, RCX, ~taken);
    x_alu_rr(e, true, X_OR, RCX, RAX);
    x_mov_mr(e, true, CPU_MEM(msr), RCX);
    tr_back(t, slow);
    cr_maybe_called(t);
    return true;
}

static void get_msr(struct tr *t, const struct insn *in)
{
    unsigned d = gpr_dest(t, in->rt, RAX);

    need_privilege(t);
    x_mov_rm(&t->e, true, d, CPU_MEM(msr));
    gpr_write(t, in->rt, d);
}

/* ---- traps: the handler makes the interrupt ---- */

static const struct {
    uint8_t to;
    enum x64_cc cc;
} conditions[] = {{16, CC_L}, {8, CC_G}, {4, CC_E}, {2, CC_B}, {1, CC_A}};

static void trap(struct tr *t, const struct insn *in, bool w, bool imm)
{
    struct emit *e = &t->e;
    struct late *slow;

    if (!in->rt)
        return;
    if (in->rt == 31) { /* always */
        slow = tr_slow(t, x_jmp(e), true);
        tr_back(t, slow);
        cr_maybe_called(t);
        return;
    }
    unsigned a = gpr_read(t, in->ra, RAX);
    if (imm)
        x_alu_ri(e, w, X_CMP, a, (int32_t)in->imm);
    else
        x_alu_rr(e, w, X_CMP, a, gpr_read(t, in->rb, RCX));
    for (unsigned i = 0; i < ARRAY_SIZE(conditions); i++)
        if (in->rt & conditions[i].to)
            late_add(t, LATE_ANY, x_jcc(e, conditions[i].cc));
}

static bool move_spr(struct tr *t, const struct insn *in)
{
    bool write = in->id == INSN_MTSPR;

    if (in->imm == SPR_CTR) {
        gpr_write(t, write ? MAP_CTR : in->rt, gpr_read(t, write ? in->rt : MAP_CTR, RAX));
        return true;
    }
    if (!write && (in->imm == SPR_TB || in->imm == SPR_TBU)) {
        tr_call_plain(t);
        return true;
    }
    if (in->imm != SPR_LR)
        return move_field(t, in);
    if (write) {
        x_mov_mr(&t->e, true, CPU_MEM(lr), gpr_read(t, in->rt, RAX));
    } else {
        unsigned d = gpr_dest(t, in->rt, RAX);

        x_mov_rm(&t->e, true, d, CPU_MEM(lr));
        gpr_write(t, in->rt, d);
    }
    return true;
}

/* Of the priorities that any state may have the value is known here: src/cpu/priority.c. */
static void priority_hint(struct tr *t, unsigned x)
{
    uint64_t pri = cpu_priority_any(x);

    if (!pri) {
        tr_call_plain(t);
        return;
    }
    x_mov_ri(&t->e, RAX, pri);
    x_mov_mr(&t->e, true, CPU_MEM(ppr), RAX);
}

/* With one CPU at a time there is nothing to order; else all but L=1, lwsync, keep a load behind a
 * store: the one thing that the host does not do by itself. */
static void sync(struct tr *t, const struct insn *in)
{
    if (t->jit->m->cfg.multi && WORD_BITS(in->word, 9, 10) != 1) {
        x_fence(&t->e);
        t->cr.flags_field = -1;
    }
}

bool x64_system(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_SYNC:
        sync(t, in);
        return true;
    case INSN_ISYNC: /* the host keeps the order that these two ask for */
    case INSN_EIEIO:
        return true;
    case INSN_MFSPR:
    case INSN_MTSPR:
        return move_spr(t, in);
    case INSN_MFTB:
        tr_call_plain(t);
        return true;
    case INSN_MFMSR:
        get_msr(t, in);
        return true;
    case INSN_MTMSRD:
        return set_ee_ri(t, in);
    case INSN_TDI:
        trap(t, in, true, true);
        return true;
    case INSN_TWI:
        trap(t, in, false, true);
        return true;
    case INSN_TD:
        trap(t, in, true, false);
        return true;
    case INSN_TW:
        trap(t, in, false, false);
        return true;
    case INSN_OR:
        if (!insn_is_priority_hint(in))
            return false;
        priority_hint(t, in->rt);
        return true;
    default:
        return false;
    }
}
