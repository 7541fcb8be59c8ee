/* SPDX-License-Identifier: Apache-2.0 */
/* Hypercalls: dispatch from hcall.def, and all that have no file of their own. PAPR chapter 14. */
#include "hv_internal.h"

#include <stdio.h>

#include "pefemu/log.h"
#include "pefemu/mmu.h"
#include "pefemu/names.h"
#include "pefemu/threads.h"

struct hcall_row {
    const char *name;
    hcall_handler handler;
    uint8_t nargs, nresults;
    uint8_t index; /* in hypervisor.hcalls[] */
};

/* ---- processors ---- */

int64_t h_cede(struct hcall *c)
{
    c->cpu->srr1 |= MSR_EE;
    if (c->cpu->prodded) {
        c->cpu->prodded = false;
        return H_SUCCESS;
    }
    cpu_update_timers(c->cpu);
    if (cpu_has_interrupt(c->cpu))
        return H_SUCCESS; /* taken as soon as this returns */
    c->cpu->run_state = CPU_IDLE;
    cpu_kick(c->cpu);
    return H_SUCCESS;
}

/* Everybody else gets a turn, which includes the thread asked for. */
int64_t h_confer(struct hcall *c)
{
    if (c->args[0] != ~0ULL && !hv_cpu(c->hv, c->args[0]))
        return H_PARAMETER;
    cpu_kick(c->cpu);
    return H_SUCCESS;
}

int64_t h_prod(struct hcall *c)
{
    struct cpu *target = hv_cpu(c->hv, c->args[0]);
    if (!target)
        return H_PARAMETER;
    target->prodded = true;
    machine_wake(target);
    return H_SUCCESS;
}

static void signal_reset(struct cpu *cpu)
{
    if (cpu->run_state != CPU_STOPPED)
        cpu_raise(cpu, IRQ_RESET);
}

int64_t h_signal_sys_reset(struct hcall *c)
{
    int64_t target = (int64_t)c->args[0];
    struct machine *m = c->hv->m;

    if (target >= 0) {
        struct cpu *cpu = hv_cpu(c->hv, target);
        if (!cpu)
            return H_PARAMETER;
        signal_reset(cpu);
        return H_SUCCESS;
    }
    if (target != -1 && target != -2)
        return H_PARAMETER;
    for (unsigned i = 0; i < m->ncpus; i++)
        if (target == -1 || &m->cpus[i] != c->cpu)
            signal_reset(&m->cpus[i]);
    return H_SUCCESS;
}

#define MODE_CIABR 1
#define MODE_DAWR0 2
#define MODE_AIL   3
#define MODE_LE    4
#define DAWRX_HYP  4u

static int64_t set_ail(struct hcall *c)
{
    uint64_t mode = c->args[0];
    if (c->args[2])
        return H_P3;
    if (c->args[3])
        return H_P4;
    if (mode == 1)
        return H_UNSUPPORTED_FLAG_START - 63; /* bit 63 of the flags */
    if (mode > 3)
        return H_PARAMETER;
    hv_set_lpcr(c->hv, LPCR_AIL, mode << 23);
    return H_SUCCESS;
}

static int64_t set_endian(struct hcall *c)
{
    if (c->args[2])
        return H_P3;
    if (c->args[3])
        return H_P4;
    if (c->args[0] > 1)
        return H_UNSUPPORTED_FLAG_START - 63;
    hv_set_lpcr(c->hv, LPCR_ILE, c->args[0] ? LPCR_ILE : 0);
    return H_SUCCESS;
}

int64_t h_set_mode(struct hcall *c)
{
    switch (c->args[1]) {
    case MODE_CIABR:
        if (c->args[0] || c->args[3])
            return c->args[0] ? H_PARAMETER : H_P4;
        if ((c->args[2] & 3) == 3) /* match in hypervisor state */
            return H_P3;
        c->cpu->ciabr = c->args[2];
        return H_SUCCESS;
    case MODE_DAWR0:
        if (c->args[0])
            return H_PARAMETER;
        if (c->args[3] & DAWRX_HYP)
            return H_P4;
        c->cpu->dawr0 = c->args[2];
        c->cpu->dawrx0 = c->args[3];
        return H_SUCCESS;
    case MODE_AIL:
        return set_ail(c);
    case MODE_LE:
        return set_endian(c);
    default:
        return H_P2;
    }
}

int64_t h_get_cpu_characteristics(struct hcall *c)
{
    c->ret[0] = 1ULL << 58; /* branch hints honoured */
    /* no L1D flush on entry, none on user access, no store-forwarding barrier: there is no cache */
    c->ret[1] = 1ULL << 56 | 1ULL << 55 | 1ULL << 54;
    return H_SUCCESS;
}

int64_t h_purr(struct hcall *c)
{
    c->ret[0] = cpu_timebase(c->cpu);
    return H_SUCCESS;
}

int64_t h_random(struct hcall *c)
{
    c->ret[0] = machine_random(c->hv->m);
    return H_SUCCESS;
}

int64_t h_set_sprg0(struct hcall *c)
{
    c->cpu->sprg[0] = c->args[0];
    return H_SUCCESS;
}

/* POWER9 has DAWR0 instead (H_SET_MODE). */
int64_t h_no_dabr(struct hcall *c)
{
    (void)c;
    return H_HARDWARE;
}

int64_t h_nothing(struct hcall *c)
{
    (void)c;
    return H_SUCCESS;
}

/* ---- translation ---- */

#define PROC_TBL_NEW    0x18u
#define PROC_TBL_DEREG  0x10u
#define PROC_TBL_UPDATE 0x18u /* mask of the two above */
#define PROC_TBL_TYPE   0x06u
#define PROC_TBL_HASH   0x00u /* HPT and SLB */
#define PROC_TBL_RADIX  0x04u
#define PROC_TBL_GTSE   0x01u
#define PATE1_GR        PPC_BIT(0)

/* No table to register: the SLB is the guest's to fill. */
static int64_t use_hash(struct hcall *c)
{
    if (!c->hv->m->cfg.hash_allowed || c->args[0] & PROC_TBL_GTSE)
        return H_PARAMETER;
    if (c->args[1])
        return H_P2;
    if (c->args[2])
        return H_P3;
    if (c->args[3])
        return H_P4;
    hv_set_mmu_mode(c->hv, true);
    return H_SUCCESS;
}

int64_t h_register_proc_tbl(struct hcall *c)
{
    uint64_t flags = c->args[0], base = c->args[1], log2 = c->args[3];
    uint64_t ram = c->hv->m->cfg.ram_size;

    if (flags & ~0x1fULL)
        return H_PARAMETER;
    if ((flags & PROC_TBL_UPDATE) == PROC_TBL_DEREG) {
        pagetable_set_process_table(c->hv, 0);
        hv_set_lpcr(c->hv, LPCR_GTSE, 0);
        return H_SUCCESS;
    }
    if ((flags & PROC_TBL_TYPE) == PROC_TBL_HASH)
        return use_hash(c);
    if ((flags & PROC_TBL_TYPE) != PROC_TBL_RADIX || !c->hv->m->cfg.radix_allowed)
        return H_PARAMETER;
    hv_set_mmu_mode(c->hv, false);
    if ((flags & PROC_TBL_UPDATE) == PROC_TBL_NEW) {
        if (base & 0xfff || base >> 60)
            return H_P2;
        if (c->args[2])
            return H_P3;
        if (log2 > 24)
            return H_P4;
        if (base > ram || (4096ULL << log2) > ram - base)
            return H_P2;
        pagetable_set_process_table(c->hv, PATE1_GR | base | log2);
    }
    hv_set_lpcr(c->hv, LPCR_UPRT | LPCR_HR | LPCR_GTSE,
                LPCR_UPRT | LPCR_HR | (flags & PROC_TBL_GTSE ? LPCR_GTSE : 0));
    return H_SUCCESS;
}

/* Coarser than asked, which is allowed: everything of the process goes. */
int64_t h_rpt_invalidate(struct hcall *c)
{
    tlb_flush_everywhere(c->hv->m, HV_LPID, (uint32_t)c->args[0]);
    return H_SUCCESS;
}

/* No device has a DMA window. */
int64_t h_no_tce(struct hcall *c)
{
    (void)c;
    return H_PARAMETER;
}

/* ---- memory on the guest's behalf ---- */

static bool is_access_size(uint64_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/* A number of @size bytes, big endian in memory, from memory or a device. */
static bool logical_load(struct hcall *c, unsigned size, gra_t gra, uint64_t *value)
{
    uint8_t bytes[8] = {0};
    if (gm_read(c->hv->m, gra, bytes + 8 - size, size)) {
        *value = get_be64(bytes);
        return true;
    }
    const struct mmio_region *r = memory_find_mmio(&c->hv->m->mem, gra, size);
    return r && r->ops->load(r->opaque, c->cpu, gra - r->base, size, value);
}

static bool logical_store(struct hcall *c, unsigned size, gra_t gra, uint64_t value)
{
    uint8_t bytes[8];
    put_be64(bytes, value);
    if (gm_write(c->hv->m, gra, bytes + 8 - size, size))
        return true;
    if (size < 8)
        value &= (1ULL << (size * 8)) - 1;
    const struct mmio_region *r = memory_find_mmio(&c->hv->m->mem, gra, size);
    return r && r->ops->store(r->opaque, c->cpu, gra - r->base, size, value);
}

int64_t h_logical_ci_load(struct hcall *c)
{
    uint64_t size = c->args[0], gra = c->args[1];
    if (!is_access_size(size) || gra & (size - 1))
        return H_PARAMETER;
    return logical_load(c, size, gra, &c->ret[0]) ? H_SUCCESS : H_PARAMETER;
}

int64_t h_logical_ci_store(struct hcall *c)
{
    uint64_t size = c->args[0], gra = c->args[1];
    if (!is_access_size(size) || gra & (size - 1))
        return H_PARAMETER;
    return logical_store(c, size, gra, c->args[2]) ? H_SUCCESS : H_PARAMETER;
}

int64_t h_logical_cache_load(struct hcall *c)
{
    return h_logical_ci_load(c);
}

int64_t h_logical_cache_store(struct hcall *c)
{
    return h_logical_ci_store(c);
}

#define PAGE_INIT_ZERO (1u << 15)
#define PAGE_INIT_COPY (1u << 14)
#define PAGE_INIT_MAX  0xfffULL

int64_t h_page_init(struct hcall *c)
{
    uint64_t flags = c->args[0], dest = c->args[1], src = c->args[2];
    uint8_t page[4096] = {0};

    if ((dest | src) & PAGE_INIT_MAX)
        return H_PARAMETER;
    if (flags & PAGE_INIT_COPY && !gm_read(c->hv->m, src, page, sizeof(page)))
        return H_PARAMETER;
    if (flags & (PAGE_INIT_COPY | PAGE_INIT_ZERO) && !gm_write(c->hv->m, dest, page, sizeof(page)))
        return H_PARAMETER;
    return H_SUCCESS;
}

/* ---- console ---- */

/* Unit 0 stands for the first terminal (early debug output). */
static bool is_console(uint64_t unit)
{
    return unit == VTY_UNIT || unit == 0;
}

int64_t h_get_term_char(struct hcall *c)
{
    if (!is_console(c->args[0]))
        return H_PARAMETER;
    c->ret[0] = vty_get(&c->hv->vty, &c->ret[1]);
    return H_SUCCESS;
}

int64_t h_put_term_char(struct hcall *c)
{
    if (!is_console(c->args[0]) || c->args[1] > VTY_CALL)
        return H_PARAMETER;
    vty_put(&c->hv->vty, c->args[1], &c->args[2]);
    return H_SUCCESS;
}

/* ---- firmware stubs ---- */

/* Callers of the stubs are in 32-bit mode. */
static gra_t stub_argument(const struct hcall *c)
{
    return c->cpu->srr1 & MSR_SF ? c->args[0] : (uint32_t)c->args[0];
}

int64_t h_rtas(struct hcall *c)
{
    return rtas_call(c->hv, c->cpu, stub_argument(c));
}

int64_t h_of_client(struct hcall *c)
{
    return of_client_call(c->hv, c->cpu, stub_argument(c));
}

/* ---- dispatch ---- */

enum {
#define HCALL(number, name, ...) INDEX_##name,
#include "pefemu/hcall.def"
#undef HCALL
    HCALL_COUNT
};
_Static_assert(HCALL_COUNT <= HV_HCALLS, "hypervisor.hcalls[] is too small");

const char *hv_hcall_stat(const struct hypervisor *hv, unsigned row, uint64_t *count)
{
    static const char *const names[] = {
#define HCALL(number, name, ...) #name,
#include "pefemu/hcall.def"
#undef HCALL
    };

    if (row >= HCALL_COUNT)
        return NULL;
    *count = hv->hcalls[row];
    return names[row];
}

static const struct hcall_row *find_row(uint64_t number)
{
    switch (number) {
#define HCALL(number, name, handler, nargs, nresults)                                              \
    case number: {                                                                                 \
        static const struct hcall_row row = {#name, handler, nargs, nresults, INDEX_##name};       \
        return &row;                                                                               \
    }
#include "pefemu/hcall.def"
#undef HCALL
    default:
        return NULL;
    }
}

static void log_call(const struct hcall *c, const struct hcall_row *row, int64_t rc)
{
    char text[400];
    int n = 0;
    for (unsigned i = 0; i < row->nargs; i++)
        n += snprintf(text + n, sizeof(text) - n, "%s0x%llx", i ? ", " : "",
                      (unsigned long long)c->args[i]);
    n += snprintf(text + n, sizeof(text) - n, ") = %lld", (long long)rc);
    for (unsigned i = 0; rc >= 0 && i < row->nresults; i++)
        n += snprintf(text + n, sizeof(text) - n, " 0x%llx", (unsigned long long)c->ret[i]);
    log_write(LOG_HCALL, "cpu %u: %s(%s", c->cpu->server, row->name, text);
}

static void dispatch(struct hypervisor *hv, struct cpu *cpu, uint64_t number)
{
    const struct hcall_row *row = find_row(number);

    if (cpu->srr1 & MSR_PR) {
        cpu->gpr[3] = (uint64_t)H_PRIVILEGE;
        return;
    }
    if (!row) {
        LOG(LOG_UNIMP | LOG_HCALL, "cpu %u: hypercall 0x%llx(0x%llx, 0x%llx, 0x%llx) is unknown",
            cpu->server, (unsigned long long)number, (unsigned long long)cpu->gpr[4],
            (unsigned long long)cpu->gpr[5], (unsigned long long)cpu->gpr[6]);
        cpu->gpr[3] = (uint64_t)H_FUNCTION;
        return;
    }
    hv->hcalls[row->index]++;
    struct hcall c = {.hv = hv, .cpu = cpu};
    memcpy(c.args, &cpu->gpr[4], sizeof(c.args));
    int64_t rc = row->handler(&c);
    if (log_mask & LOG_HCALL)
        log_call(&c, row, rc);
    cpu->gpr[3] = (uint64_t)rc;
    if (rc >= 0)
        memcpy(&cpu->gpr[4], c.ret, row->nresults * sizeof(c.ret[0]));
}

void hcall_dispatch(struct hypervisor *hv, struct cpu *cpu)
{
    uint64_t number = cpu->gpr[3];
    struct firmware_call call;

    firmware_call_begin(cpu, &call, false);
    event(hv->m->events, EVENT_HCALL, cpu, hcall_name(number), number, cpu->gpr[4], cpu->gpr[5],
          cpu->gpr[6]);
    dispatch(hv, cpu, number);
    event(hv->m->events, EVENT_HCALL_RETURN, cpu, hcall_name(number), number, cpu->gpr[3],
          cpu->gpr[4], cpu->gpr[5]);
    firmware_call_end(cpu, &call);
}
