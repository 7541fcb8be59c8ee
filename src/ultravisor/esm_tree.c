/* SPDX-License-Identifier: Apache-2.0 */
/* ESM: the guest's device tree, and what it says about memory, RTAS and initrd. */
#include "enter.h"

#include <stdlib.h>

#include <libfdt.h>

#define RMO_MAX        (768 * MiB)
#define PAGE_IN_SHARED 1u
#define TREE_ROOM      512u /* for memory reservations that are added */

/* ---- the tree itself ---- */

/* A private copy, checked and with room for what is added. */
static enum enter_outcome copy_tree(struct svm *svm)
{
    struct esm *e = svm->esm;
    uint8_t *raw = malloc(e->fdt_size);
    int room = (int)(e->fdt_size + TREE_ROOM);
    enum enter_outcome o = ENTER_NEXT;

    e->fdt = malloc((size_t)room);
    if (!raw || !e->fdt || !svm_read(svm, e->fdt_gpa, raw, e->fdt_size))
        o = enter_fail(e, "no memory for the device tree");
    else if (fdt_totalsize(raw) != e->fdt_size || fdt_check_full(raw, e->fdt_size) ||
             fdt_open_into(raw, e->fdt, room))
        o = enter_fail(e, "the device tree is damaged");
    free(raw);
    return o;
}

enum enter_outcome esm_fetch_fdt(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    struct esm *e = svm->esm;
    uint8_t head[8];

    (void)cpu;
    switch (e->sub++) {
    case 0:
        return enter_fetch(svm, e->fdt_gpa, FDT_V17_SIZE);
    case 1:
        if (!svm_read(svm, e->fdt_gpa, head, sizeof(head)) || get_be32(head) != FDT_MAGIC)
            return enter_fail(e, "no device tree at 0x%llx", (unsigned long long)e->fdt_gpa);
        e->fdt_size = get_be32(head + 4);
        if (e->fdt_size < FDT_V17_SIZE || e->fdt_size > ESM_FDT_MAX)
            return enter_fail(e, "the device tree says it has %u bytes", e->fdt_size);
        return enter_fetch(svm, e->fdt_gpa, e->fdt_size);
    default:
        return copy_tree(svm);
    }
}

/* A property of one or two cells. */
static bool number(const struct esm *e, const char *node, const char *name, uint64_t *v)
{
    int len, at = fdt_path_offset(e->fdt, node);
    const void *p = at < 0 ? NULL : fdt_getprop(e->fdt, at, name, &len);

    if (!p || (len != 4 && len != 8))
        return false;
    *v = len == 4 ? get_be32(p) : get_be64(p);
    return true;
}

/* ---- pages for traffic with the hypervisor ---- */

enum enter_outcome esm_find_rmo(struct thread_save *s, struct cpu *cpu)
{
    struct esm *e = s->svm->esm;
    int len, node = fdt_path_offset(e->fdt, "/memory@0");
    const uint8_t *reg = node < 0 ? NULL : fdt_getprop(e->fdt, node, "reg", &len);

    (void)cpu;
    if (!reg || len < 16)
        return enter_fail(e, "no /memory@0 with a reg of two cells each");
    if (get_be64(reg))
        return enter_fail(e, "memory does not begin at 0");
    e->rmo_top = get_be64(reg + 8) < RMO_MAX ? get_be64(reg + 8) : RMO_MAX;
    return ENTER_NEXT;
}

#define RSV_MAX   256u /* memory reservations of a guest's tree; Linux makes a handful */
#define TAKEN_MAX (RSV_MAX + 4)

/* What of memory is somebody's, read out of the tree once: the search looks at many places. */
struct taken {
    struct esm_range range[TAKEN_MAX];
    unsigned n;
};

/* Nobody's range wraps: one that would reaches to the end. */
static void take(struct taken *t, uint64_t base, uint64_t len)
{
    if (len > UINT64_MAX - base)
        len = UINT64_MAX - base;
    if (len)
        t->range[t->n++] = (struct esm_range){base, len};
}

/* Reservations, and what this call is about. False: too many reservations. */
static bool find_taken(const struct esm *e, struct taken *t)
{
    int reservations = fdt_num_mem_rsv(e->fdt);
    uint64_t base, size, end;

    t->n = 0;
    if (reservations < 0 || (unsigned)reservations > RSV_MAX)
        return false;
    for (int i = 0; i < reservations; i++)
        if (!fdt_get_mem_rsv(e->fdt, i, &base, &size))
            take(t, base, size);
    take(t, e->fdt_gpa, e->fdt_size);
    if (number(e, "/chosen", "linux,initrd-start", &base) &&
        number(e, "/chosen", "linux,initrd-end", &end) && end > base)
        take(t, base, end - base);
    if (number(e, "/chosen", "linux,esm-blob-start", &base) &&
        number(e, "/chosen", "linux,esm-blob-end", &end) && end > base)
        take(t, base, end - base);
    if (number(e, "/rtas", "linux,rtas-base", &base) && number(e, "/rtas", "rtas-size", &size))
        take(t, base, size);
    return true;
}

static bool is_unused(const struct svm *svm, const struct taken *t, gra_t gpa, uint64_t len)
{
    for (unsigned i = 0; i < t->n; i++)
        if (gpa < t->range[i].gpa + t->range[i].len && t->range[i].gpa < gpa + len)
            return false;
    for (gra_t at = gpa; at < gpa + len; at += UV_PAGE_SIZE) {
        const struct page *p = page_of(svm, at);
        if (!p || p->fetched || p->state != PAGE_SECURE || esm_reserved_page(svm, at))
            return false;
    }
    return true;
}

/* The highest @n adjacent pages below the RMO's top; 0: none. */
static gra_t choose_pages(const struct svm *svm, unsigned n)
{
    uint64_t len = n * UV_PAGE_SIZE;
    struct taken taken;

    if (svm->esm->rmo_top < len || !find_taken(svm->esm, &taken))
        return 0;
    for (gra_t at = (svm->esm->rmo_top - len) & ~(UV_PAGE_SIZE - 1); at >= UV_PAGE_SIZE;
         at -= UV_PAGE_SIZE)
        if (is_unused(svm, &taken, at, len))
            return at;
    return 0;
}

static bool reserve(struct svm *svm, unsigned n, gra_t *base)
{
    struct esm *e = svm->esm;

    *base = choose_pages(svm, n);
    if (!*base || fdt_add_mem_rsv(e->fdt, *base, n * UV_PAGE_SIZE))
        return false;
    for (unsigned i = 0; i < n; i++) {
        e->reserved[e->nreserved] = *base + i * UV_PAGE_SIZE;
        page_of(svm, e->reserved[e->nreserved++])->state = PAGE_IMPLICIT;
    }
    return true;
}

/* The hypervisor has given the normal page for the page at @gpa: it starts empty. */
static bool accept_implicit(struct svm *svm, gra_t gpa)
{
    const struct page *p = page_of(svm, gpa);
    uint8_t *normal = p && p->state == PAGE_IMPLICIT ? uv_normal_page(svm->uv, p->normal) : NULL;

    if (!normal)
        return false;
    memset(normal, 0, UV_PAGE_SIZE);
    memory_written(svm->uv->m, p->normal, UV_PAGE_SIZE);
    return tree_map_page(&svm->tree, &svm->uv->frames, gpa, 0, false);
}

enum enter_outcome esm_reserve(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    struct esm *e = svm->esm;
    gra_t tpm;

    if (!e->sub && fdt_num_mem_rsv(e->fdt) > (int)RSV_MAX)
        return enter_fail(e, "more than %u memory reservations", RSV_MAX);
    if (!e->sub && (!reserve(svm, ESM_RTAS_PAGES, &svm->rtas.bounce) || !reserve(svm, 1, &tpm)))
        return enter_fail(e, "no free memory below 0x%llx", (unsigned long long)e->rmo_top);
    if (e->sub && (cpu->gpr[3] != UV_H_SUCCESS || !accept_implicit(svm, e->reserved[e->sub - 1])))
        return enter_fail(e, "the hypervisor does not share the page at 0x%llx",
                          (unsigned long long)e->reserved[e->sub - 1]);
    if (e->sub == e->nreserved)
        return ENTER_NEXT;
    const uint64_t args[] = {e->reserved[e->sub++], PAGE_IN_SHARED, UV_PAGE_LOG2};
    return enter_hcall(s, cpu, UV_H_SVM_PAGE_IN, args, ARRAY_SIZE(args));
}

/* ---- RTAS ---- */

enum enter_outcome esm_tokens(struct thread_save *s, struct cpu *cpu)
{
    struct esm *e = s->svm->esm;
    const char *missing;

    (void)cpu;
    if (!rtas_read_tokens(s->svm, e->fdt, &missing))
        return enter_fail(e, "the device tree has no %s", missing);
    if (fdt_boot_cpuid_phys(e->fdt) >= s->svm->rtas.max_vcpus)
        return enter_fail(e, "boot CPU %u, but there are only %u", fdt_boot_cpuid_phys(e->fdt),
                          s->svm->rtas.max_vcpus);
    return ENTER_NEXT;
}

static bool find_rtas(struct esm *e)
{
    uint64_t base, size, text;

    if (!number(e, "/rtas", "linux,rtas-base", &base) || !number(e, "/rtas", "rtas-size", &size) ||
        !number(e, "/rtas", "slof,rtas-size", &text) || !size || size > 16 * MiB || !text ||
        text > size)
        return false;
    e->rtas = (struct esm_range){base, size};
    e->rtas_text = (uint32_t)text;
    return true;
}

/* Both sides go on with a copy of the page: the SVM with the one that is measured. */
static bool accept_pseudo(struct svm *svm, gra_t gpa)
{
    struct page *p = page_of(svm, gpa);
    uint8_t *normal = p && p->state == PAGE_PSEUDO ? uv_normal_page(svm->uv, p->normal) : NULL;

    if (!normal || !svm_read(svm, gpa, normal, UV_PAGE_SIZE))
        return false;
    memory_written(svm->uv->m, p->normal, UV_PAGE_SIZE);
    return true;
}

enum enter_outcome esm_fetch_rtas(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    struct esm *e = svm->esm;

    if (!e->sub) {
        if (!find_rtas(e))
            return enter_fail(e, "linux,rtas-base, rtas-size and slof,rtas-size make no sense");
        e->sub++;
        return enter_fetch(svm, e->rtas.gpa, e->rtas.len);
    }
    gra_t first = e->rtas.gpa & ~(UV_PAGE_SIZE - 1);
    gra_t at = first + (e->sub - 1) * UV_PAGE_SIZE; /* the page to offer now */
    if (e->sub > 1 && (cpu->gpr[3] != UV_H_SUCCESS || !accept_pseudo(svm, at - UV_PAGE_SIZE)))
        return enter_fail(e, "the hypervisor does not take its copy of RTAS");
    if (at >= e->rtas.gpa + e->rtas.len)
        return ENTER_NEXT;
    const uint64_t args[] = {at, PAGE_IN_SHARED, UV_PAGE_LOG2};
    struct page *p = page_of(svm, at);
    if (!p || p->state != PAGE_SECURE)
        return enter_fail(e, "the page of RTAS at 0x%llx is not the VM's own",
                          (unsigned long long)at);
    p->state = PAGE_PSEUDO;
    e->sub++;
    return enter_hcall(s, cpu, UV_H_SVM_PAGE_IN, args, ARRAY_SIZE(args));
}

/* ---- initrd and boot arguments ---- */

static bool copy_bootargs(struct esm *e)
{
    int len, node = fdt_path_offset(e->fdt, "/chosen");
    const char *p = node < 0 ? NULL : fdt_getprop(e->fdt, node, "bootargs", &len);

    if (!p || len < 1 || p[len - 1])
        return false;
    e->bootargs = malloc((size_t)len);
    if (!e->bootargs)
        return false;
    memcpy(e->bootargs, p, (size_t)len);
    e->bootargs_len = (size_t)len - 1;
    return true;
}

enum enter_outcome esm_fetch_initrd(struct thread_save *s, struct cpu *cpu)
{
    struct esm *e = s->svm->esm;
    uint64_t start, end;

    (void)cpu;
    if (e->sub++)
        return ENTER_NEXT;
    if (!copy_bootargs(e))
        return enter_fail(e, "/chosen has no bootargs");
    if (!number(e, "/chosen", "linux,initrd-start", &start) ||
        !number(e, "/chosen", "linux,initrd-end", &end) || end <= start)
        return enter_fail(e, "/chosen names no initrd");
    e->initrd = (struct esm_range){start, end - start};
    return enter_fetch(s->svm, start, end - start);
}

/* ---- what the kernel gets ---- */

static bool set_number(void *fdt, const char *name, uint64_t v)
{
    int len, node = fdt_path_offset(fdt, "/chosen");

    if (!fdt_getprop(fdt, node, name, &len))
        return false;
    return len == 4 ? !fdt_setprop_u32(fdt, node, name, (uint32_t)v)
                    : !fdt_setprop_u64(fdt, node, name, v);
}

/* The blob in front of the initrd is not the kernel's business. It has to fit where the old one
 * was: what lies behind belongs to somebody else. */
enum enter_outcome esm_new_fdt(struct thread_save *s, struct cpu *cpu)
{
    struct esm *e = s->svm->esm;

    (void)cpu;
    if (!set_number(e->fdt, "linux,initrd-start", e->initrd.gpa))
        return enter_fail(e, "linux,initrd-start can not be changed");
    fdt_pack(e->fdt);
    if (fdt_totalsize(e->fdt) > e->fdt_size)
        return enter_fail(e, "no room for the memory reservations");
    e->fdt_size = fdt_totalsize(e->fdt);
    return ENTER_NEXT;
}
