/* SPDX-License-Identifier: Apache-2.0 */
/* info: what CPUs and machine are like. */
#include "condition.h"
#include "monitor_internal.h"

#include "pefemu/mmu.h"
#include "pefemu/names.h"

/* ---- CPUs ---- */

static bool is_asked_for(const struct command *c, const char *name)
{
    for (unsigned i = 0; i < c->argc; i++)
        if (!strncmp(name, c->argv[i], strlen(c->argv[i])))
            return true;
    return !c->argc;
}

bool info_REGISTERS(struct command *c)
{
    struct cpu_reg r;
    unsigned at = 0, found = 0;
    report_table(c->r, "registers", NULL);
    while (cpu_reg_next(command_cpu(c), &at, &r)) {
        if (!is_asked_for(c, r.name))
            continue;
        found++;
        report_row(c->r);
        report_str(c->r, "register", "%s", r.name);
        if (r.bits > 64)
            report_str(c->r, "value", "0x%016llx%016llx", (unsigned long long)(r.value >> 64),
                       (unsigned long long)r.value);
        else
            report_str(c->r, "value", "0x%0*llx", r.bits == 64 ? 16 : 8,
                       (unsigned long long)r.value);
    }
    return found || report_fail(c->r, "%s: no register begins so", c->argv[0]);
}

bool info_CPUS(struct command *c)
{
    static const char *const runs[] = {
        [CPU_STOPPED] = "stopped", [CPU_RUNNING] = "running", [CPU_IDLE] = "idle"};
    report_table(c->r, "cpus", NULL);
    for (unsigned i = 0; i < c->m->ncpus; i++) {
        const struct cpu *cpu = &c->m->cpus[i];
        report_row(c->r);
        report_str(c->r, "", "%s", cpu == command_cpu(c) ? "*" : "");
        report_num(c->r, "cpu", i);
        report_str(c->r, "is", "%s", runs[cpu->run_state]);
        report_str(c->r, "state", "%s", cpu_state_name(cpu_state_index(cpu->msr)));
        report_num(c->r, "lpid", cpu->lpid);
        report_num(c->r, "pid", cpu->pid);
        report_hex(c->r, "pc", cpu->cia);
        report_num(c->r, "instructions", cpu_insns_now(cpu));
    }
    return true;
}

bool info_HISTORY(struct command *c)
{
    report_object(c->r, "history", NULL);
    report_num(c->r, "position", machine_position(c->m));
    report_num(c->r, "instructions", c->m->insn_total);
    report_num(c->r, "guest ns", machine_now_ns(c->m));
    report_flag(c->r, "can go back", debug_can_reverse(c->d));
    return true;
}

/* ---- translation ---- */

static unsigned entries(const struct tlb_entry *e, unsigned n)
{
    unsigned used = 0;
    for (unsigned i = 0; i < n; i++)
        used += e[i].tag_r != TLB_NO_TAG || e[i].tag_w != TLB_NO_TAG;
    return used;
}

/* The software TLB is the emulator's own; what it holds is what the hardware's could. */
bool info_TLB(struct command *c)
{
    const struct cpu *cpu = command_cpu(c);
    const struct tlb_ctx *t = cpu->tlb;
    report_object(c->r, "context", NULL);
    report_num(c->r, "lpid", t->key.lpid);
    report_num(c->r, "pid", t->key.pid);
    report_num(c->r, "64 KiB entries", entries(t->e, TLB_ENTRIES));
    report_num(c->r, "4 KiB entries", entries(t->s, TLB_SMALL_ENTRIES));
    report_table(c->r, "entries", NULL);
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        const struct tlb_entry *e = &t->e[i];
        bool r = e->tag_r != TLB_NO_TAG, w = e->tag_w != TLB_NO_TAG;
        if (!r && !w)
            continue;
        report_row(c->r);
        report_hex(c->r, "ea", r ? e->tag_r : e->tag_w);
        report_hex(c->r, "ra", e->ra & TLB_MASK);
        report_str(c->r, "for", "%s%s", r ? "load " : "", w ? "store" : "");
    }
    return true;
}

/* ---- real memory ---- */

static void region(struct report *r, const char *name, ra_t base, uint64_t size, const char *kind)
{
    if (!size)
        return;
    report_row(r);
    report_hex(r, "from", base);
    report_hex(r, "to", base + size - 1);
    report_str(r, "what", "%s", name);
    report_str(r, "kind", "%s", kind);
}

bool info_MTREE(struct command *c)
{
    const struct memory *mem = &c->m->mem;
    uint64_t guest = c->m->hv ? c->m->cfg.ram_size : mem->ram_size;
    report_table(c->r, "mtree", NULL);
    region(c->r, c->m->hv ? "the partition's memory" : "RAM", 0, guest, "normal");
    region(c->r, "the hypervisor's tables", guest, mem->ram_size - guest, "normal");
    for (unsigned i = 0; i < mem->mmio_count; i++)
        region(c->r, mem->mmio[i].name, mem->mmio[i].base, mem->mmio[i].size, "device");
    region(c->r, "secure memory", SECURE_RA_BIT, mem->secure_size, "secure");
    return true;
}

bool info_DEVICES(struct command *c)
{
    const struct memory *mem = &c->m->mem;
    report_table(c->r, "devices", NULL);
    for (unsigned i = 0; i < mem->mmio_count; i++) {
        report_row(c->r);
        report_str(c->r, "device", "%s", mem->mmio[i].name);
        report_hex(c->r, "address", mem->mmio[i].base);
        report_hex(c->r, "size", mem->mmio[i].size);
    }
    if (c->m->hv)
        report_say(c->r, "the hypervisor serves a virtual terminal, NVRAM, a clock and interrupt "
                         "controllers by hypercalls and RTAS");
    return true;
}
