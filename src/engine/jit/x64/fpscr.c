/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The FPSCR's control bits. Mathematical functions ask for round to nearest when they begin and for
 * what it was when they end, and nothing changes: that is found out here. What changes a bit is
 * threaded code's, for native code computes only under what fp_ready() found; the status bits are
 * the handler's, which knows what is lazy.
 */
#include "float.h"

/* Control bits that mtfsb0 and mtfsb1 name: XE, NI and RN. */
#define FIRST_PLAIN_BIT 28

/* RN is what the instruction wants, or threaded code does it. RDX is lost. */
static void need_rounding(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    unsigned rm = WORD_BITS(in->word, 19, 20);

    if (in->id == INSN_MFFSCRN) {
        v_to_gpr(e, RDX, vsr_read(t, in->rb, VSR_SCALAR));
        x_alu_rm(e, false, X_XOR, RDX, CPU_MEM(fpscr));
    } else {
        x_mov_rm(e, false, RDX, CPU_MEM(fpscr));
        x_alu_ri(e, false, X_XOR, RDX, (int32_t)rm);
    }
    x_test_ri(e, false, RDX, FPSCR_RN);
    late_add(t, LATE_ANY, x_jcc(e, CC_NE));
}

static void exchange_rounding(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;

    need_rounding(t, in);
    unsigned x = vsr_new(t);
    x_mov_ri(e, RDX, FPSCR_CONTROL);
    x_alu_rm(e, true, X_AND, RDX, CPU_MEM(fpscr));
    v_from_gpr(e, x, RDX);
    vsr_write(t, in->rt, x, VSR_SCALAR);
}

static void set_bit(struct tr *t, const struct insn *in)
{
    struct emit *e = &t->e;
    int32_t bit = 1 << (31 - in->rt);

    if (in->rt < FIRST_PLAIN_BIT) {
        tr_call_plain(t);
        return;
    }
    if (in->id == INSN_MTFSB0) {
        x_test_mi(e, CPU_MEM(fpscr), bit);
    } else { /* which may be the interrupt of an exception that is waiting */
        x_mov_rm(e, false, RDX, CPU_MEM(fpscr));
        x_alu_ri(e, false, X_AND, RDX, bit | (int32_t)FPSCR_FEX);
        x_alu_ri(e, false, X_CMP, RDX, bit);
    }
    late_add(t, LATE_ANY, x_jcc(e, CC_NE));
}

bool x64_fpscr(struct tr *t, const struct insn *in)
{
    switch (in->id) {
    case INSN_MFFSCRN:
    case INSN_MFFSCRNI:
        vsr_need(t, insn_facility_need(in));
        exchange_rounding(t, in);
        return true;
    case INSN_MTFSB0:
    case INSN_MTFSB1:
        vsr_need(t, insn_facility_need(in));
        set_bit(t, in);
        return true;
    case INSN_MFFS:
    case INSN_MFFSL:
    case INSN_MTFSF:
    case INSN_MTFSFI:
        vsr_need(t, insn_facility_need(in));
        tr_call_plain(t);
        return true;
    default:
        return false;
    }
}
