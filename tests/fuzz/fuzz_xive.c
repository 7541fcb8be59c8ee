/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores of the XIVE windows at any offset and size, between configuration calls. */
#include "fuzz.h"

#include "pefemu/mmu.h"

static const uint16_t calls[] = {0x3a8, 0x3ac, 0x3b0, 0x3b4, 0x3b8, 0x3bc,
                                 0x3c0, 0x3c4, 0x3c8, 0x3cc, 0x3d0};

static gra_t place(struct input *in)
{
    static const uint32_t lisns[] = {0, 1, IRQ_EPOW, IRQ_VTY, IRQ_NVRAM, XIVE_LISNS - 1};
    uint8_t pick = input_u8(in);
    if (pick & 1)
        return XIVE_TIMA_OS + (pick & 2 ? input_u32(in) & 0x1ffff : pick & 4 ? 0x810 : pick >> 3);
    uint32_t lisn = pick & 2 ? input_u16(in) % XIVE_LISNS : lisns[(pick >> 2) % ARRAY_SIZE(lisns)];
    return XIVE_ESB_BASE + lisn * 2 * XIVE_PAGE + (input_u16(in) << 1);
}

static void hypercall(struct machine *m, struct input *in, unsigned n)
{
    struct cpu *cpu = &m->cpus[n];
    cpu->gpr[3] = calls[input_u8(in) % ARRAY_SIZE(calls)];
    for (unsigned i = 4; i < 9; i++)
        cpu->gpr[i] = fuzz_arg(in);
    fuzz_hypercall(m, n, false);
}

/* As the guest's instructions would, in its real mode. */
static void access_window(struct machine *m, struct input *in, unsigned n, uint8_t how)
{
    struct cpu *cpu = &m->cpus[n];
    uint8_t buf[16];
    unsigned size = how & 0x10 ? 1 + (input_u8(in) & 15) : 1u << (how >> 2 & 3);
    gra_t gra = place(in);

    put_be64(buf, input_u64(in));
    put_be64(buf + 8, input_u64(in));
    cpu_set_msr(cpu, MSR_SF | MSR_ME);
    if (how & 2)
        mmu_store(cpu, gra, size, buf);
    else
        mmu_load(cpu, gra, size, buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m;
    struct input in = {data, size};
    if (!m)
        m = fuzz_machine(&engine_ref, 2);
    fuzz_reset(m);
    hv_set_interrupt_mode(m->hv, !(input_u8(&in) & 1));
    for (unsigned i = 0; i < 200 && in.left; i++) {
        uint8_t how = input_u8(&in);
        if ((how & 0xe0) == 0)
            hypercall(m, &in, how & 1);
        else
            access_window(m, &in, how & 1, how);
    }
    for (unsigned i = 0; i < m->ncpus; i++)
        cpu_set_msr(&m->cpus[i], MSR_SF | MSR_ME);
    fuzz_check_hypervisor(m);
    return 0;
}
