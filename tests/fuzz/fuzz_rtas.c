/* SPDX-License-Identifier: Apache-2.0 */
/* RTAS calls with argument blocks of any content anywhere. */
#include "fuzz.h"

#define CELLS 16u

static void call_once(struct machine *m, struct input *in)
{
    uint8_t block[4 * (3 + CELLS)] = {0}, how = input_u8(in), pick = input_u8(in);
    unsigned count, nargs = how & 15, cells = how & 0x40 ? CELLS : nargs;
    const struct rtas_name *rows = rtas_names(&count);
    gra_t at = how & 0x80 ? fuzz_arg(in) : FUZZ_SCRATCH + 0x20000;

    put_be32(block, pick & 0x80 ? input_u32(in) : rows[pick % count].token);
    put_be32(block + 4, how & 0x40 ? input_u32(in) : nargs);
    put_be32(block + 8, how & 0x40 ? input_u32(in) : CELLS - nargs);
    for (unsigned i = 0; i < cells; i++)
        put_be32(block + 12 + 4 * i, (uint32_t)fuzz_arg(in));
    gm_write(m, at, block, 12 + 4 * cells);
    unsigned n = how >> 4 & 1;
    m->cpus[n].gpr[3] = HCALL_RTAS;
    m->cpus[n].gpr[4] = at;
    fuzz_hypercall(m, n, false);
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
