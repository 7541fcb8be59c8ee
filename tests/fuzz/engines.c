/* SPDX-License-Identifier: Apache-2.0 */
#include "engines.h"

#include "cpu/fpu.h"
#include "pefemu/pmu.h"
#include "pefemu/mmu.h"

/* ---- words ---- */

static const uint16_t sprs[] = {
#define SPR(number, ...) number,
#include "pefemu/spr.def"
#undef SPR
};

static uint32_t spr_field(unsigned n)
{
    return (n & 31) << 16 | (n >> 5) << 11;
}

uint32_t engines_tame(const struct insn_row *row, uint32_t word, unsigned at, unsigned count)
{
    uint32_t bits = word >> 2;
    int target = (int)(bits % (count + 1)) - (int)at;
    if (!strcmp(row->form, "B") && !(word & 2))
        return (word & 0xffff0003) | ((uint32_t)target * 4 & 0xfffc);
    if (!strcmp(row->form, "I") && !(word & 2))
        return (word & 0xfc000003) | ((uint32_t)target * 4 & 0x03fffffc);
    if (!strcmp(row->form, "XFX") && strstr(row->operands, "SPR"))
        return (word & ~spr_field(0x3ff)) |
               spr_field(sprs[(word >> 11 & 0x3ff) % ARRAY_SIZE(sprs)]);
    return word;
}

/* ---- state ---- */

static unsigned differ(const char *name, unsigned n, uint64_t ref, uint64_t fast)
{
    if (ref == fast)
        return 0;
    fprintf(stderr, "  %s[%u]: ref %016llx, fast %016llx\n", name, n, (unsigned long long)ref,
            (unsigned long long)fast);
    return 1;
}

static unsigned differ_files(struct cpu *a, struct cpu *b)
{
    unsigned bad = 0;
    for (unsigned i = 0; i < 32; i++)
        bad += differ("gpr", i, a->gpr[i], b->gpr[i]);
    for (unsigned i = 0; i < 64; i++)
        for (unsigned d = 0; d < 2; d++)
            bad += differ(d ? "vsr low" : "vsr high", i, VD(a->vsr[i], d), VD(b->vsr[i], d));
    for (unsigned i = 0; i < ARRAY_SIZE(a->spr_store); i++)
        bad += differ("spr", i, a->spr_store[i], b->spr_store[i]);
    for (unsigned i = PMU_PMC1; i <= PMU_SDAR; i++)
        bad += differ("pmu", i, pmu_read(a, i), pmu_read(b, i));
    for (unsigned i = 0; i < BHRB_ENTRIES; i++)
        bad += differ("bhrb", i, a->pmu.bhrb[i], b->pmu.bhrb[i]);
    for (unsigned i = 0; i < SLB_ENTRIES; i++) {
        bad += differ("slb esid", i, a->slb[i].esid, b->slb[i].esid);
        bad += differ("slb vsid", i, a->slb[i].vsid, b->slb[i].vsid);
    }
    for (unsigned i = 0; i < 4; i++)
        bad += differ("sprg", i, a->sprg[i], b->sprg[i]);
    for (unsigned i = 0; i < 2; i++) {
        bad += differ("hsprg", i, a->hsprg[i], b->hsprg[i]);
        bad += differ("usprg", i, a->usprg[i], b->usprg[i]);
    }
    return bad;
}

unsigned engines_differ(const struct machine *ref, const struct machine *interp)
{
    struct cpu *a = &ref->cpus[0], *b = &interp->cpus[0];
    unsigned bad = differ_files(a, b);
#define SAME(f) bad += differ(#f, 0, (uint64_t)a->f, (uint64_t)b->f)
    bad += differ("cr", 0, cpu_get_cr(a), cpu_get_cr(b));
    bad += differ("xer", 0, cpu_get_xer(a), cpu_get_xer(b));
    bad += differ("fpscr", 0, fpscr_read(a), fpscr_read(b));
    SAME(insn_retired), SAME(stalls), SAME(cia), SAME(msr), SAME(lr), SAME(ctr), SAME(cfar);
    SAME(vscr);
    SAME(vrsave), SAME(srr0), SAME(srr1), SAME(hsrr0), SAME(hsrr1), SAME(usrr0), SAME(usrr1);
    SAME(dar), SAME(dsisr), SAME(hdar), SAME(hdsisr), SAME(asdr), SAME(heir);
    SAME(lpcr), SAME(pcr), SAME(hfscr), SAME(fscr), SAME(hrmor), SAME(urmor), SAME(smfctrl);
    SAME(ptcr), SAME(hmer), SAME(hmeer), SAME(amor), SAME(amr), SAME(iamr), SAME(uamor);
    SAME(dscr), SAME(dscr_user), SAME(tar), SAME(ppr), SAME(ctrl), SAME(pspb), SAME(tidr);
    SAME(psscr), SAME(bescr), SAME(ebbhr), SAME(ebbrr), SAME(dawr0), SAME(dawrx0), SAME(ciabr);
    SAME(tfhar), SAME(tfiar), SAME(texasr), SAME(hid), SAME(pir), SAME(dpdes), SAME(trace);
    SAME(vtb_offset), SAME(purr_offset), SAME(spurr_offset), SAME(ic_offset);
    SAME(lpid), SAME(pid), SAME(tb_offset), SAME(dec_expiry), SAME(hdec_expiry);
    SAME(irq_pending), SAME(run_state), SAME(stop_ec), SAME(reserve_valid);
    if (a->reserve_valid)
        SAME(reserve_ra), SAME(reserve_size);
#undef SAME
    bad += differ("now_ns", 0, ref->now_ns, interp->now_ns);
    bad += differ("stop", 0, ref->stop, interp->stop);
    return bad;
}

unsigned engines_memory_differs(const char *what, const uint8_t *ref, const uint8_t *interp,
                                uint64_t size)
{
    unsigned bad = 0;
    if (!memcmp(ref, interp, size))
        return 0;
    for (uint64_t i = 0; i < size && bad < 8; i += 8) {
        uint64_t x = get_be64(ref + i), y = get_be64(interp + i);
        if (x == y)
            continue;
        fprintf(stderr, "  %s at %06llx: ref %016llx, fast %016llx\n", what, (unsigned long long)i,
                (unsigned long long)x, (unsigned long long)y);
        bad++;
    }
    return bad;
}
