/* SPDX-License-Identifier: Apache-2.0 */
/* How a translation that failed is reported: which interrupt, which status bits. */
#include "mmu_internal.h"
#include "pefemu/log.h"
#include "pefemu/machine.h"

/* Instruction-side causes travel in SRR1/HSRR1, data-side ones in DSISR/HDSISR: same positions. */
static void set_cause(const struct walk *w, uint64_t cause)
{
    struct trap_info *t = &w->cpu->trap;
    bool fetch = w->access == ACCESS_FETCH;
    t->srr1 = fetch ? cause : 0;
    t->dsisr = fetch ? 0 : cause | (w->access == ACCESS_STORE ? DSISR_ISSTORE : 0);
    t->dar = w->ea;
    t->asdr = 0;
}

trap_t fault_process(const struct walk *w, uint64_t cause)
{
    trap_t trap = w->access == ACCESS_FETCH ? TRAP_ISI : TRAP_DSI;
    if (w->probe)
        return trap;
    set_cause(w, cause);
    LOG(LOG_MMU, "%s ea=%016llx cause=%08llx cia=%016llx", trap == TRAP_DSI ? "DSI" : "ISI",
        (unsigned long long)w->ea, (unsigned long long)cause, (unsigned long long)w->cpu->cia);
    return trap;
}

trap_t fault_segment(const struct walk *w)
{
    trap_t trap = w->access == ACCESS_FETCH ? TRAP_ISEG : TRAP_DSEG;
    if (w->probe)
        return trap;
    set_cause(w, 0);
    LOG(LOG_MMU, "%s ea=%016llx cia=%016llx", trap == TRAP_DSEG ? "DSEG" : "ISEG",
        (unsigned long long)w->ea, (unsigned long long)w->cpu->cia);
    return trap;
}

trap_t fault_virtualized(const struct walk *w, uint64_t asdr, uint64_t cause)
{
    trap_t trap = w->access == ACCESS_FETCH ? TRAP_HISI : TRAP_HDSI;
    if (w->probe)
        return trap;
    set_cause(w, cause);
    w->cpu->trap.asdr = asdr;
    LOG(LOG_MMU, "%s ea=%016llx asdr=%016llx cause=%08llx cia=%016llx",
        trap == TRAP_HDSI ? "HDSI" : "HISI", (unsigned long long)w->ea, (unsigned long long)asdr,
        (unsigned long long)cause, (unsigned long long)w->cpu->cia);
    return trap;
}

trap_t fault_partition(const struct walk *w, gra_t gra, uint64_t cause)
{
    return fault_virtualized(w, gra & ~0xfffULL, cause);
}

/* A real address that nothing answers to, or secure memory asked for with S=0: the machine check
 * that Linux decodes as a bad real address on POWER9 (pef.md 1.8). */
trap_t fault_bad_real(const struct walk *w, bool in_walk)
{
    struct trap_info *t = &w->cpu->trap;
    if (w->probe)
        return TRAP_MCHECK;
    *t = (struct trap_info){.dar = w->ea};
    if (w->access == ACCESS_FETCH) {
        t->srr1 = in_walk ? 0x08100000 : 0x080c0000;
    } else {
        t->srr1 = PPC_BIT(42);
        if (in_walk)
            t->dsisr = 0x20;
        else if (w->access == ACCESS_LOAD)
            t->dsisr = 0x40;
        else
            t->srr1 |= 0x08140000;
    }
    LOG(LOG_MMU, "bad real address ea=%016llx walk=%d cia=%016llx", (unsigned long long)w->ea,
        in_walk, (unsigned long long)w->cpu->cia);
    return TRAP_MCHECK;
}

void fault_note_secure(const struct walk *w, ra_t ra)
{
    if (!w->probe)
        event(w->cpu->machine->events, EVENT_SECURE_FAULT, w->cpu, NULL, w->ea, ra, w->access,
              w->cpu->cia);
}
