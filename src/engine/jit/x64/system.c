/* SPDX-License-Identifier: Apache-2.0 */
/* The system instructions that every program executes. */
#include "tr.h"

enum { SPR_LR = 8, SPR_CTR = 9 };

static bool move_spr(struct tr *t, const struct insn *in)
{
    struct x64_mem m = in->imm == SPR_LR ? CPU_MEM(lr) : CPU_MEM(ctr);

    if (in->imm != SPR_LR && in->imm != SPR_CTR)
        return false;
    if (in->id == INSN_MTSPR) {
        x_mov_mr(&t->e, true, m, gpr_read(t, in->rt, RAX));
    } else {
        unsigned d = gpr_dest(in->rt, RAX);

        x_mov_rm(&t->e, true, d, m);
        gpr_write(t, in->rt, d);
    }
    return true;
}

bool x64_system(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_SYNC: /* one CPU at a time: see choose_system() */
    case INSN_ISYNC:
    case INSN_EIEIO:
        return true;
    case INSN_MFSPR:
    case INSN_MTSPR:
        return move_spr(t, in);
    default:
        return false;
    }
}
