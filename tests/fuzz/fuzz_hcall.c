/* SPDX-License-Identifier: Apache-2.0 */
/* Hypercalls, all of hcall.def and unknown ones, with any registers, in both interrupt modes. */
#include "fuzz.h"

static const uint16_t numbers[] = {
#define HCALL(number, ...) number,
#include "pefemu/hcall.def"
#undef HCALL
};

static void call_once(struct machine *m, struct input *in)
{
    uint8_t pick = input_u8(in), how = input_u8(in);
    struct cpu *cpu = &m->cpus[how & 1];
    cpu->gpr[3] = pick < 0xf0 ? numbers[pick % ARRAY_SIZE(numbers)] : fuzz_arg(in);
    for (unsigned i = 4; i < 4u + (how >> 1 & 7); i++)
        cpu->gpr[i] = fuzz_arg(in);
    fuzz_hypercall(m, how & 1, (how & 0xf0) == 0xf0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m;
    struct input in = {data, size};
    if (!m)
        m = fuzz_machine(&engine_ref, 2);
    fuzz_reset(m);
    fuzz_fill_guest(m, data, size);
    hv_set_interrupt_mode(m->hv, input_u8(&in) & 1);
    for (unsigned i = 0; i < 100 && in.left; i++)
        call_once(m, &in);
    fuzz_check_hypervisor(m);
    return 0;
}
