/* SPDX-License-Identifier: Apache-2.0 */
/* Additions and subtractions that set CA and CA32. */
#include "tr.h"

enum addend { ADD_RB, ADD_IMM, ADD_ZERO, ADD_MINUS_1 };

/* RT = x + y + carry in. @complement: x is ~RA, else RA; @cin: -1: CA. */
static void sum(struct tr *t, const struct insn *in, bool complement, enum addend y, int cin,
                bool record)
{
    struct emit *e = &t->e;

    gpr_copy(t, in->ra, RAX);
    if (complement)
        x_unary_r(e, true, X_NOT, RAX);
    switch (y) {
    case ADD_RB:
        gpr_copy(t, in->rb, RCX);
        break;
    case ADD_IMM:
        x_mov_ri(e, RCX, (uint64_t)in->imm);
        break;
    case ADD_ZERO:
        x_mov_ri(e, RCX, 0);
        break;
    case ADD_MINUS_1:
        x_mov_ri(e, RCX, ~0ULL);
        break;
    }
    x_mov_rr(e, true, RDX, RAX);
    x_alu_rr(e, true, X_XOR, RDX, RCX);
    if (cin < 0)
        x_alu_mi8(e, X_ADD, CPU_MEM(ca), 0xff); /* the host's carry becomes CA */
    else if (cin)
        emit8(e, 0xf9); /* stc */
    x_alu_rr(e, true, cin ? X_ADC : X_ADD, RAX, RCX);
    x_setcc_m(e, CC_B, CPU_MEM(ca));
    x_alu_rr(e, true, X_XOR, RDX, RAX);
    x_bt_ri(e, true, RDX, 32);
    x_setcc_m(e, CC_B, CPU_MEM(ca32));
    gpr_result(t, in->rt, RAX, record);
}

bool x64_carry(struct tr *t, const struct insn *in)
{
    switch (in->id) {
        WITH_RECORD(ADDIC, sum(t, in, false, ADD_IMM, 0, record))
        WITH_RECORD(ADDC, sum(t, in, false, ADD_RB, 0, record))
        WITH_RECORD(ADDE, sum(t, in, false, ADD_RB, -1, record))
        WITH_RECORD(ADDZE, sum(t, in, false, ADD_ZERO, -1, record))
        WITH_RECORD(ADDME, sum(t, in, false, ADD_MINUS_1, -1, record))
        WITH_RECORD(SUBFC, sum(t, in, true, ADD_RB, 1, record))
        WITH_RECORD(SUBFE, sum(t, in, true, ADD_RB, -1, record))
        WITH_RECORD(SUBFZE, sum(t, in, true, ADD_ZERO, -1, record))
        WITH_RECORD(SUBFME, sum(t, in, true, ADD_MINUS_1, -1, record))
    case INSN_SUBFIC:
        sum(t, in, true, ADD_IMM, 1, false);
        return true;
    default:
        return false;
    }
}
