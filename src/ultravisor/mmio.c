/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores of an SVM outside its memory slots: the ultravisor reads the instruction, which
 * the hypervisor must not see, and asks for just the one datum (H_LOGICAL_CI_LOAD,
 * H_LOGICAL_CI_STORE).
 */
#include "uv_internal.h"

#include "pefemu/access.h"
#include "pefemu/mmu.h"

/* What can be asked for: a datum that goes into a GPR or comes from it. */
static bool find(unsigned id, struct access *a)
{
    return access_of(id, a) && (a->regs == ACCESS_GPR || a->regs == ACCESS_GPR_CI);
}

/* Nothing of a device is in a cache: these have been done already. */
static bool is_cache_insn(unsigned id)
{
    return id == INSN_DCBST || id == INSN_DCBF || id == INSN_ICBI;
}

/* The instruction at the thread's PC, through its own page tables. */
static bool fetch(struct thread_save *s, struct cpu *cpu, uint32_t *word)
{
    uint64_t msr = cpu->msr;
    struct xlate x;

    cpu_set_msr(cpu, s->regs.msr);
    bool ok = mmu_probe(cpu, s->regs.pc, ACCESS_FETCH, &x);
    cpu_set_msr(cpu, msr);
    const uint8_t *p = ok ? memory_ptr(&cpu->machine->mem, x.ra, 4) : NULL;
    if (p)
        *word = s->regs.msr & MSR_LE ? get_le32(p) : get_be32(p);
    return p != NULL;
}

static uint64_t swap(uint64_t v, unsigned size)
{
    return __builtin_bswap64(v) >> (64 - 8 * size);
}

static uint64_t truncate(uint64_t v, unsigned size)
{
    return size == 8 ? v : v & ((1ULL << 8 * size) - 1);
}

/* The bus is big-endian: a little-endian access sees its bytes the other way round. */
static bool swaps(const struct thread_save *s, const struct access *m)
{
    return (m->as == AS_REVERSED) != !!(s->regs.msr & MSR_LE);
}

bool mmio_begin(struct thread_save *s, struct cpu *cpu, gra_t gpa, ea_t ea)
{
    struct insn in;
    struct access m;
    uint32_t word;

    if (!fetch(s, cpu, &word))
        return false;
    insn_decode(&in, word);
    if (is_cache_insn(in.id)) {
        s->regs.pc += 4;
        thread_resume(s, cpu);
        return true;
    }
    if (!find(in.id, &m)) {
        /* dcbz and vectors on a device have no meaning that could be passed on. */
        LOG(LOG_UV | LOG_UNIMP, "uv: lpid %u: 0x%08x can not be done on a device", s->svm->lpid,
            word);
        thread_interrupt(s, 0x600, 0, s->regs.msr & MSR_LE);
        s->regs.dar = ea;
        thread_resume(s, cpu);
        return true;
    }
    s->work.mmio.word = word;
    s->work.mmio.gpa = (gpa & ~0xfffULL) | (ea & 0xfff);
    s->work.mmio.ea = ea;
    work_start(s, cpu, WORK_MMIO);
    return true;
}

static void finish_load(struct thread_save *s, const struct access *m, const struct insn *in,
                        uint64_t v)
{
    v = truncate(v, m->size);
    if (swaps(s, m))
        v = swap(v, m->size);
    if (m->as == AS_SIGNED)
        v = (uint64_t)((int64_t)(v << (64 - 8 * m->size)) >> (64 - 8 * m->size));
    s->regs.gpr[in->rt] = v;
}

enum progress work_mmio(struct thread_save *s, struct cpu *cpu)
{
    struct insn in;
    struct access m;

    insn_decode(&in, s->work.mmio.word);
    find(in.id, &m); /* mmio_begin() did */
    if (!s->work.step++) {
        uint64_t v = truncate(s->regs.gpr[in.rt], m.size);
        const uint64_t args[] = {m.size, s->work.mmio.gpa, swaps(s, &m) ? swap(v, m.size) : v};
        reflect_hcall(s, cpu, m.store ? UV_H_LOGICAL_CI_STORE : UV_H_LOGICAL_CI_LOAD, args,
                      m.store ? 3 : 2);
        return WORK_WAITS;
    }
    if (cpu->gpr[3] != UV_H_SUCCESS) { /* nothing there */
        s->regs.dar = s->work.mmio.ea;
        s->regs.dsisr = DSISR_BADACCESS | (m.store ? DSISR_ISSTORE : 0);
        thread_interrupt(s, 0x300, 0, s->regs.msr & MSR_LE);
        return WORK_DONE;
    }
    if (!m.store)
        finish_load(s, &m, &in, cpu->gpr[4]);
    if (m.update)
        s->regs.gpr[in.ra] = s->work.mmio.ea;
    s->regs.pc += 4;
    return WORK_DONE;
}
