/* SPDX-License-Identifier: Apache-2.0 */
/* Who sees what: the views of memory. */
#include "view.h"

#include <stdio.h>

#include "pefemu/hypervisor.h"
#include "pefemu/mmu.h"
#include "pefemu/uv.h"
#include "ultravisor/inspect.h"

/* One piece that lies within a page of 4 KiB. */
typedef bool (*piece_reader)(const struct view *v, struct cpu *cpu, uint64_t addr, void *buf,
                             uint64_t len, const char **why);

static bool real_piece(const struct cpu *cpu, ra_t ra, void *buf, uint64_t len, const char **why)
{
    const uint8_t *p = memory_ptr(&cpu->machine->mem, ra, len);
    *why = "no memory there";
    if (p)
        memcpy(buf, p, len);
    return p;
}

static bool cpu_piece(const struct view *v, struct cpu *cpu, uint64_t addr, void *buf, uint64_t len,
                      const char **why)
{
    struct xlate x;
    (void)v;
    *why = "the CPU has no translation for it";
    return mmu_probe(cpu, addr, ACCESS_LOAD, &x) && real_piece(cpu, x.ra, buf, len, why);
}

static bool svm_piece(const struct view *v, struct cpu *cpu, uint64_t addr, void *buf, uint64_t len,
                      const char **why)
{
    const struct uv *uv = cpu->machine->uv;
    *why = "not in the SVM's memory now";
    return uv && uv_peek_svm(uv, v->lpid, addr, buf, len);
}

/* Neither the secure memory itself nor the clear contents of a page in it. */
static bool hv_piece(const struct view *v, struct cpu *cpu, uint64_t addr, void *buf, uint64_t len,
                     const char **why)
{
    const struct uv *uv = cpu->machine->uv;
    uint8_t page[UV_PAGE_SIZE];
    enum uv_exposure e = UV_EXPOSED_NORMAL;
    if (uv && !(addr & SECURE_RA_BIT))
        e = uv_peek_as_hypervisor(uv, v->lpid, addr, page);
    *why = "the hypervisor does not get it";
    if (e == UV_EXPOSED_NOTHING || addr & SECURE_RA_BIT)
        return false;
    if (e == UV_EXPOSED_NORMAL)
        return real_piece(cpu, addr, buf, len, why);
    memcpy(buf, page + (addr & (UV_PAGE_SIZE - 1)), len);
    return true;
}

static bool uv_piece(const struct view *v, struct cpu *cpu, uint64_t addr, void *buf, uint64_t len,
                     const char **why)
{
    (void)v;
    return real_piece(cpu, addr & PPC_BIT(0) ? addr & ~PPC_BIT(0) : addr | cpu->urmor, buf, len,
                      why);
}

static bool real_view_piece(const struct view *v, struct cpu *cpu, uint64_t addr, void *buf,
                            uint64_t len, const char **why)
{
    (void)v;
    return real_piece(cpu, addr, buf, len, why);
}

static const piece_reader readers[] = {
    [VIEW_CPU] = cpu_piece, [VIEW_SVM] = svm_piece,        [VIEW_HV] = hv_piece,
    [VIEW_UV] = uv_piece,   [VIEW_REAL] = real_view_piece,
};

bool view_read(const struct view *v, struct cpu *cpu, uint64_t addr, void *buf, uint64_t len,
               const char **why)
{
    uint64_t page = v->kind == VIEW_HV ? UV_PAGE_SIZE : 4096;
    for (uint64_t done = 0, n; done < len; done += n) {
        uint64_t room = page - ((addr + done) & (page - 1));
        n = len - done < room ? len - done : room;
        if (!readers[v->kind](v, cpu, addr + done, (uint8_t *)buf + done, n, why))
            return false;
    }
    return true;
}

/* Firmware is big-endian; a guest is what it has told LPCR[ILE], whoever runs right now. */
bool view_is_le(const struct view *v, const struct cpu *cpu)
{
    if (v->order != VIEW_AUTO)
        return v->order == VIEW_LE;
    if (v->kind == VIEW_UV)
        return false;
    if (v->kind == VIEW_CPU && !(cpu->msr & MSR_HV))
        return cpu->msr & MSR_LE;
    return cpu->lpcr & LPCR_ILE;
}

void view_text(const struct view *v, char *out, size_t size)
{
    static const char *const names[] = {
        [VIEW_CPU] = "cpu", [VIEW_SVM] = "svm",   [VIEW_HV] = "hv",
        [VIEW_UV] = "uv",   [VIEW_REAL] = "real",
    };
    static const char *const orders[] = {[VIEW_AUTO] = "", [VIEW_BE] = " be", [VIEW_LE] = " le"};
    bool has_lpid = v->kind == VIEW_SVM || v->kind == VIEW_HV;
    if (has_lpid)
        snprintf(out, size, "%s %u%s", names[v->kind], v->lpid, orders[v->order]);
    else
        snprintf(out, size, "%s%s", names[v->kind], orders[v->order]);
}
