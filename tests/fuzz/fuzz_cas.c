/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of ibm,client-architecture-support, anywhere in guest memory. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m;
    if (!m)
        m = fuzz_machine(&engine_ref, 2);
    fuzz_reset(m);
    struct input in = {data, size};
    uint8_t how = input_u8(&in);
    gra_t at = how & 1 ? FUZZ_RAM - in.left : FUZZ_SCRATCH;
    m->cfg.xics_allowed = !(how & 2);
    m->cfg.xive_allowed = !(how & 4) || !m->cfg.xics_allowed;
    if (in.left < MiB)
        gm_write(m, at, in.p, in.left);
    for (unsigned i = 0; i < (how & 8 ? 3u : 1u); i++)
        cas_negotiate(m->hv, at);
    cas_negotiate(m->hv, fuzz_arg(&in));
    m->cfg.xics_allowed = m->cfg.xive_allowed = true;
    fuzz_check_hypervisor(m);
    return 0;
}
