/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the Open Firmware client interface, with argument blocks of any content anywhere. */
#include "fuzz.h"

static uint32_t service_name(struct input *in)
{
    uint8_t pick = input_u8(in);
    return pick & 0x80 ? (uint32_t)fuzz_arg(in) : (uint32_t)(FUZZ_NAMES + 64 * (pick % 43));
}

static void call_once(struct machine *m, struct input *in)
{
    uint8_t block[4 * (3 + OF_MAX_CELLS)] = {0}, how = input_u8(in);
    unsigned nargs = how & 7, cells = how & 0x40 ? OF_MAX_CELLS : nargs;
    gra_t at = how & 0x80 ? fuzz_arg(in) : FUZZ_SCRATCH + 0x20000;

    put_be32(block, service_name(in));
    put_be32(block + 4, how & 0x40 ? input_u32(in) : nargs);
    put_be32(block + 8, how & 0x40 ? input_u32(in) : how >> 3 & 7);
    for (unsigned i = 0; i < cells; i++)
        put_be32(block + 12 + 4 * i, (uint32_t)fuzz_arg(in));
    gm_write(m, at, block, 12 + 4 * cells);
    struct cpu *cpu = &m->cpus[0];
    cpu->gpr[3] = HCALL_OF_CLIENT;
    cpu->gpr[4] = at;
    fuzz_hypercall(m, 0, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m;
    struct input in = {data, size};
    if (!m)
        m = fuzz_machine(&engine_ref, 2);
    fuzz_reset(m);
    fuzz_fill_guest(m, data, size);
    for (unsigned i = 0; i < 100 && in.left; i++)
        call_once(m, &in);
    fuzz_check_hypervisor(m);
    return 0;
}
