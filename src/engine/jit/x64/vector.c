/* SPDX-License-Identifier: Apache-2.0 */
/* VMX and VSX, and the loads and stores of all vector-scalar registers: where which is. */
#include "vector.h"

const _Alignas(16) uint8_t v_nibbles[16] = {15, 15, 15, 15, 15, 15, 15, 15,
                                            15, 15, 15, 15, 15, 15, 15, 15};
const _Alignas(16) uint8_t v_reversed[16] = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};

struct vregs v_begin(struct tr *t, const struct insn *in)
{
    unsigned first = insn_table[in->id].fac == FAC_VMX ? 32 : 0;

    vsr_need(t, insn_facility_need(in));
    return (struct vregs){first + in->rt, first + in->ra, first + in->rb, first + in->rc};
}

/* The handler does it, and reads and writes nothing else: less is to be brought in order for it. */
static bool ask_handler(struct tr *t, const struct insn *in)
{
    if (!insn_has_only_vsrs(in->id))
        return false;
    vsr_need(t, insn_facility_need(in));
    tr_call_plain(t);
    return true;
}

bool x64_vector(struct tr *t, const struct insn *in)
{
    unsigned fac = insn_table[in->id].fac;

    if (fac != FAC_VMX && fac != FAC_VSX && fac != FAC_FPU)
        return false;
    return x64_float_memory(t, in) || x64_vector_memory(t, in) || x64_vector_logic(t, in) ||
           x64_vector_merge(t, in) || x64_vector_pack(t, in) || x64_vector_gpr(t, in) ||
           x64_vector_add(t, in) || x64_vector_compare(t, in) || x64_vector_shift(t, in) ||
           x64_vector_multiply(t, in) || x64_vector_count(t, in) || x64_vector_crypto(t, in) ||
           x64_vector_fp(t, in) || ask_handler(t, in);
}
