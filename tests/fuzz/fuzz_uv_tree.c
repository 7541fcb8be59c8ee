/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UV_ESM with a hostile device tree and a hypervisor that may do anything: the tree comes from the
 * VM, that is from whoever started it. Whatever happens, the VM is then an intact normal VM or a
 * whole secure one, and when it is gone nothing is left of it.
 *
 * Input: flags; number of bytes of the hypervisor's script; these; what the tree is made of.
 */
#define BED_RAM    (4 * MiB)
#define BED_SECURE (8 * MiB)
#define GUEST_SIZE (2 * MiB)
#define VM_RAM     (2 * MiB)
#define KBASE      0x20000ULL
#define FDT        0x80100ULL
#define RTAS       0x100000ULL
#define INITRD     0x120000ULL
#include "../uv/bed_core.h"

#include "../uv/esm_bed.h"
#include "fuzz.h"
#include "uv.h"

#define LPID   3
#define FILL   0x77 /* what the VM has where there is nothing else */
#define OTHERS 0x33 /* and the rest of normal memory */
#define SECRET 0x5e
#define PAGES  (BED_RAM / UV_PAGE_SIZE)

enum {
    RAW_TREE = 1, /* bytes; else changes of a good one */
    UNLOCKED = 2, /* as if blob, lockbox and digests were right */
    HOSTILE = 4,  /* the hypervisor acts as its script says */
    RAW_ARGS = 8,
    SLOTS = 0x30, /* how the memory is registered */
};

enum {
#define ESM_STEP(id, fn, what) STEP_##id,
#include "pefemu/esmstep.def"
#undef ESM_STEP
};

static uint8_t initial[BED_RAM];

/* ---- trees ---- */

static uint64_t number(struct input *in)
{
    static const uint64_t known[] = {
        0,      1,           FDT,           RTAS,  INITRD,     INITRD + 0x21000, KBASE,  VM_RAM,
        0x1000, VM_RAM - 16, SECURE_RA_BIT, ~0ULL, 0xffffffff, 0x1f0000,         0x10000};
    uint8_t pick = input_u8(in);
    uint64_t v = pick & 0x80 ? input_u64(in) : known[(pick >> 2) % ARRAY_SIZE(known)];

    return pick & 1 ? v + (int8_t)input_u8(in) * (pick & 2 ? 1 : 0x8000) : v;
}

static const char *const names[] = {
    "reg",
    "device_type",
    "ibm,ppc-interrupt-server#s",
    "stop-self",
    "nvram-store",
    "ibm,lrdr-capacity",
    "linux,rtas-base",
    "rtas-size",
    "slof,rtas-size",
    "bootargs",
    "linux,initrd-start",
    "linux,initrd-end",
    "linux,esm-blob-start",
    "linux,esm-blob-end",
    "ibm,nmi-register",
    "ibm,os-term",
};

/* libfdt refuses what does not fit or is not there: then the tree stays as it is. False: it is
 * none any more that libfdt may be asked to change. */
static bool change_tree(struct input *in)
{
    static const char *const nodes[] = {"/memory@0", "/rtas", "/chosen", "/cpu@0"};
    uint8_t how = input_u8(in), bytes[512];
    int node = fdt_path_offset(tree, nodes[how >> 4 & 3]);
    const char *name = names[input_u8(in) % ARRAY_SIZE(names)];
    unsigned n = input_u8(in);

    switch (how & 15) {
    case 0:
        fdt_delprop(tree, node, name);
        break;
    case 1:
        fdt_del_node(tree, node);
        break;
    case 2:
        for (uint64_t base; n > 0 && fdt_num_mem_rsv(tree) < 400; n--) {
            base = number(in);
            if (fdt_add_mem_rsv(tree, base, number(in)))
                break;
        }
        break;
    case 3:
        fdt_set_boot_cpuid_phys(tree, (uint32_t)number(in));
        break;
    case 4: /* a word of the header */
        put_be32(tree + 4 * (n % 10), (uint32_t)number(in));
        return false;
    case 5:
        memset(bytes, 'a', sizeof(bytes));
        fdt_setprop(tree, node, name, bytes, (int)n * 2);
        break;
    case 6:
        fdt_add_subnode(tree, n & 1 ? 0 : node, nodes[n >> 1 & 3] + 1);
        break;
    default: /* cells of 4 or 8 bytes, and a few bytes too many */
        for (unsigned i = 0; i < 4; i++) {
            uint64_t v = number(in);
            put_be64(bytes + 8 * i, how & 8 ? v : v << 32 | (uint32_t)number(in));
        }
        fdt_setprop(tree, node, name, how & 8 ? bytes + (n & 4) : bytes, (int)(n % 25));
        break;
    }
    return true;
}

static void place_tree(struct bed *b, struct input *in, unsigned flags)
{
    memset(initial, FILL, VM_RAM);
    memset(initial + VM_RAM, OTHERS, BED_RAM - VM_RAM);
    if (flags & RAW_TREE) {
        memcpy(initial + FDT, in->p, in->left < VM_RAM - FDT ? in->left : VM_RAM - FDT);
    } else {
        make_tree();
        for (unsigned i = 0; in->left && i < 30 && change_tree(in); i++)
            ;
        memcpy(initial + FDT, tree, sizeof(tree));
    }
    memcpy(b->m.mem.ram, initial, BED_RAM);
}

/* ---- the hypervisor ---- */

struct host {
    struct input script;
    unsigned flags, entries;
    bool keeps, gone, aborted, unlocked, told_done;
    uint64_t given;    /* VM pages that went in */
    bool named[PAGES]; /* normal pages that the ultravisor may write */
    struct esm_range asked[ESM_RANGES], rtas;
    unsigned nasked, nreserved;
    gra_t reserved[ESM_RESERVED];
};

static int64_t page_in(struct host *h, struct cpu *cpu, ra_t ra, gra_t gpa)
{
    const struct svm *svm = svm_find(cpu->machine->uv, cpu->lpid);
    const struct page *p = svm ? page_of(svm, gpa) : NULL;
    bool is_content = p && (p->state == PAGE_SECURE || p->state == PAGE_PAGEDOUT);
    int64_t rc = bed_hv_ucall(cpu, UV_PAGE_IN, cpu->lpid, ra, gpa, 0, UV_PAGE_LOG2);

    if (rc == U_SUCCESS && is_content && gpa < VM_RAM)
        h->given |= 1ULL << (gpa >> UV_PAGE_LOG2);
    if (rc == U_SUCCESS && !is_content)
        h->named[ra >> UV_PAGE_LOG2] = true;
    return rc;
}

static int64_t page_out(struct host *h, struct cpu *cpu, ra_t ra, gra_t gpa)
{
    int64_t rc = bed_hv_ucall(cpu, UV_PAGE_OUT, cpu->lpid, ra, gpa, 0, UV_PAGE_LOG2);

    if (rc == U_SUCCESS)
        h->named[ra >> UV_PAGE_LOG2] = true;
    return rc;
}

static void register_memory(struct host *h, struct cpu *cpu)
{
    static const uint64_t layout[4][2][2] = {
        {{0, VM_RAM}},
        {{0, 0xc0000}, {0xc0000, VM_RAM - 0xc0000}},
        {{0, 0x190000}, {0x1b0000, 0x50000}},
        {{0x10000, VM_RAM - 0x10000}},
    };
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t *slot = layout[(h->flags & SLOTS) >> 4][i];
        if (slot[1])
            bed_hv_ucall(cpu, UV_REGISTER_MEM_SLOT, cpu->lpid, slot[0], slot[1], 0, i);
    }
}

/* What no hypervisor would do. */
static void attack(struct bed *b, struct host *h, struct cpu *cpu)
{
    uint8_t what = input_u8(&h->script);
    gra_t gpa = (input_u8(&h->script) % 34) * UV_PAGE_SIZE;
    ra_t ra = (input_u8(&h->script) % (PAGES + 2)) * UV_PAGE_SIZE;

    switch (what & 7) {
    case 0:
        page_in(h, cpu, ra, gpa);
        break;
    case 1:
        page_out(h, cpu, ra, gpa);
        break;
    case 2:
        bed_hv_ucall(cpu, UV_PAGE_INVAL, cpu->lpid, gpa, UV_PAGE_LOG2);
        break;
    case 3:
        bed_hv_ucall(cpu, UV_REGISTER_MEM_SLOT, cpu->lpid, gpa, ra, 0, what >> 3 & 7);
        break;
    case 4:
        bed_hv_ucall(cpu, UV_UNREGISTER_MEM_SLOT, cpu->lpid, what >> 3 & 7);
        break;
    case 5:
        if (what & 0x80) {
            bed_hv_ucall(cpu, UV_SVM_TERMINATE, cpu->lpid);
            h->gone = true;
        }
        break;
    case 6: /* nobody has this cookie */
        cpu->gpr[31] ^= 4;
        bed_hv_ucall(cpu, UV_RETURN, 0);
        cpu->gpr[31] ^= 4;
        break;
    default: /* bytes of its own in the VM's memory */
        if (ra < BED_RAM) {
            memset(initial + ra + gpa % 0x8000, what, 300);
            memset(b->m.mem.ram + ra + gpa % 0x8000, what, 300);
        }
        break;
    }
}

static int64_t bring_page(struct host *h, struct cpu *cpu, gra_t gpa, uint8_t how)
{
    switch (how & 15) {
    case 1: /* so it says */
        return UV_H_SUCCESS;
    case 2:
        return UV_H_PARAMETER;
    case 3: /* another's, and then its own */
        page_in(h, cpu, VM_RAM + (how >> 4) * UV_PAGE_SIZE, gpa);
        break;
    case 4: /* and away again */
        page_in(h, cpu, gpa, gpa);
        page_out(h, cpu, VM_RAM + (how >> 4) * UV_PAGE_SIZE, gpa);
        return UV_H_SUCCESS;
    default:
        break;
    }
    return page_in(h, cpu, gpa, gpa) ? UV_H_PARAMETER : UV_H_SUCCESS;
}

/* To its old memory and behind its call, as the built-in hypervisor does it. */
static void give_up(struct host *h, struct cpu *cpu)
{
    h->aborted = true;
    for (gra_t at = 0; at < VM_RAM; at += UV_PAGE_SIZE)
        if (at && h->given >> (at >> UV_PAGE_LOG2) & 1)
            page_out(h, cpu, at, at);
    FUZZ_CHECK(bed_hv_ucall(cpu, UV_SVM_TERMINATE, cpu->lpid) == U_SUCCESS);
    cpu->gpr[3] = (uint64_t)UV_H_PARAMETER;
    cpu->hsrr0 = cpu->srr0;
    cpu->hsrr1 = cpu->srr1;
    cpu_model_return(cpu, RETURN_HRFID);
}

/* Looks over the ultravisor's shoulder; and turns the key for it. */
static void look(struct bed *b, struct host *h, uint64_t number)
{
    struct svm *svm = svm_find(b->m.uv, LPID);
    struct esm *e = svm ? svm->esm : NULL;

    if (!e)
        return;
    if (h->flags & UNLOCKED && e->step == STEP_INITRD && e->fetch.len) {
        memset(&e->key, SECRET, sizeof(e->key));
        e->has_key = h->unlocked = true;
        e->step = STEP_TREE;
        e->sub = 0;
    }
    if (number == UV_H_SVM_INIT_DONE)
        h->told_done = true;
    memcpy(h->asked, e->range, sizeof(h->asked));
    h->nasked = e->nranges;
    memcpy(h->reserved, e->reserved, sizeof(h->reserved));
    h->nreserved = e->nreserved;
    h->rtas = e->rtas;
}

static void hypervisor(struct bed *b, struct cpu *cpu, unsigned vector)
{
    struct host *h = b->user;
    uint64_t number = cpu->gpr[3], cookie = cpu->gpr[31];
    int64_t rc = UV_H_SUCCESS;
    uint8_t how = 0;

    FUZZ_CHECK(vector == VEC_SC && h->entries++ < 500);
    look(b, h, number);
    if (h->flags & HOSTILE && number != UV_H_SVM_INIT_ABORT) {
        how = input_u8(&h->script);
        for (unsigned n = how >> 6; n; n--)
            attack(b, h, cpu);
    }
    switch (number) {
    case UV_H_SVM_INIT_START:
        register_memory(h, cpu);
        rc = (how & 15) == 2 ? -75 : UV_H_SUCCESS;
        break;
    case UV_H_SVM_PAGE_IN:
        rc = bring_page(h, cpu, cpu->gpr[4], how);
        break;
    case UV_H_SVM_INIT_DONE:
    case UV_H_RTAS: /* the last words of an SVM that was killed */
        rc = (how & 15) == 2 ? -75 : UV_H_SUCCESS;
        break;
    case UV_H_SVM_INIT_ABORT:
        give_up(h, cpu);
        return;
    default:
        FUZZ_CHECK(!"a hypercall that is none of ESM's");
    }
    if ((how & 15) == 15) {
        h->keeps = true;
        bed_hv_keeps(b, cpu, vector);
    } else {
        bed_hv_return(cpu, (how & 15) == 14 ? (int64_t)input_u8(&h->script) : rc,
                      (how & 15) == 13 ? 0x500 : cookie);
    }
}

/* ---- what has to hold ---- */

static bool is_reserved(const struct host *h, gra_t page)
{
    for (unsigned i = 0; i < h->nreserved; i++)
        if (h->reserved[i] == page)
            return true;
    return false;
}

static void check_normal_memory(const struct bed *b, const struct host *h)
{
    uint8_t key[16];

    for (ra_t at = 0; at < BED_RAM; at += UV_PAGE_SIZE)
        FUZZ_CHECK(h->named[at >> UV_PAGE_LOG2] ||
                   !memcmp(b->m.mem.ram + at, initial + at, UV_PAGE_SIZE));
    memset(key, SECRET, sizeof(key));
    if (h->unlocked)
        FUZZ_CHECK(!memmem(b->m.mem.ram, BED_RAM, key, sizeof(key)));
}

static bool overlaps(gra_t page, uint64_t base, uint64_t len)
{
    return len && base < page + UV_PAGE_SIZE && (page < base + len || base + len < base);
}

static uint64_t cells(const uint8_t *fdt, const char *node, const char *name)
{
    int len;
    const void *p = fdt_getprop(fdt, fdt_path_offset(fdt, node), name, &len);

    return !p ? 0 : len == 4 ? get_be32(p) : len == 8 ? get_be64(p) : 0;
}

/* The tree itself, or what it says is somebody's. */
static bool is_claimed(const uint8_t *fdt, gra_t page)
{
    static const char *const ranges[][2] = {{"linux,initrd-start", "linux,initrd-end"},
                                            {"linux,esm-blob-start", "linux,esm-blob-end"}};
    bool claimed = overlaps(page, FDT, fdt_totalsize(fdt));
    uint64_t base, len;

    for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++) {
        base = cells(fdt, "/chosen", ranges[i][0]);
        len = cells(fdt, "/chosen", ranges[i][1]);
        claimed |= base && len > base && overlaps(page, base, len - base);
    }
    base = cells(fdt, "/rtas", "linux,rtas-base");
    claimed |= overlaps(page, base, base ? cells(fdt, "/rtas", "rtas-size") : 0);
    for (int i = 0; i < fdt_num_mem_rsv(fdt); i++)
        if (!fdt_get_mem_rsv(fdt, i, &base, &len))
            claimed |= overlaps(page, base, len);
    return claimed;
}

/* It has its memory as it was; pages that its tree called free may have been cleared. */
static void check_intact(const struct bed *b, const struct host *h)
{
    const struct cpu *cpu = &b->m.cpus[0];

    FUZZ_CHECK(!b->m.uv->svms && !(cpu->msr & (MSR_S | MSR_HV)) && cpu->nia == 0x10000);
    FUZZ_CHECK(!h->aborted || (int64_t)cpu->gpr[3] == UV_H_PARAMETER);
    for (ra_t at = 0; at < VM_RAM && !(h->flags & HOSTILE); at += UV_PAGE_SIZE) {
        const uint8_t *p = b->m.mem.ram + at;
        if (!memcmp(p, initial + at, UV_PAGE_SIZE))
            continue;
        FUZZ_CHECK(is_reserved(h, at) && all_zero(p, UV_PAGE_SIZE));
        FUZZ_CHECK(h->flags & RAW_ARGS || !is_claimed(initial + FDT, at));
    }
}

/* End of a range that ESM asked for at @gpa, or @gpa. */
static gra_t asked_until(const struct host *h, gra_t gpa)
{
    for (unsigned i = 0; i < h->nasked; i++)
        if (gpa - h->asked[i].gpa < h->asked[i].len)
            return h->asked[i].gpa + h->asked[i].len;
    return gpa;
}

/* Only what the ultravisor has measured, or zeros. */
static void check_contents(struct bed *b, const struct host *h, const struct svm *svm, gra_t at)
{
    const struct page *p = page_of(svm, at);
    const uint8_t *bytes = bed_secure(b, svm, at);

    if (p->state == PAGE_PAGEDOUT || all_zero(bytes, UV_PAGE_SIZE))
        return;
    FUZZ_CHECK(p->fetched);
    for (gra_t i = at, end; i<at + UV_PAGE_SIZE; i = end> i ? end : i + 1) {
        end = asked_until(h, i);
        FUZZ_CHECK(end > i || !bytes[i - at]);
    }
}

static void check_page(struct bed *b, const struct host *h, const struct svm *svm, gra_t at)
{
    const struct page *p = page_of(svm, at);
    ra_t mapped = uv_mapped(b, svm, at);

    if (!p) {
        FUZZ_CHECK(!mapped);
        return;
    }
    switch ((enum page_state)p->state) {
    case PAGE_SECURE:
        FUZZ_CHECK(mapped == page_frame(svm, at) && !is_reserved(h, at));
        break;
    case PAGE_PSEUDO:
    case PAGE_PSEUDO_INV:
        FUZZ_CHECK(mapped == page_frame(svm, at));
        FUZZ_CHECK(at < h->rtas.gpa + h->rtas.len && at + UV_PAGE_SIZE > h->rtas.gpa);
        break;
    case PAGE_IMPLICIT:
    case PAGE_IMPLICIT_INV:
        FUZZ_CHECK(!mapped && is_reserved(h, at));
        break;
    case PAGE_PAGEDOUT:
        FUZZ_CHECK(!mapped);
        break;
    default:
        FUZZ_CHECK(!"a state that ESM does not leave behind");
    }
    check_contents(b, h, svm, at);
}

static void check_tree(const struct svm *svm, const struct host *h, gra_t at)
{
    uint8_t head[FDT_V17_SIZE];
    uint64_t base, size;
    unsigned found = 0;

    if (!svm_read(svm, at, head, sizeof(head))) /* paged out since */
        return;
    uint32_t len = get_be32(head + 4);
    uint8_t *fdt = malloc(len);
    FUZZ_CHECK(fdt && len <= ESM_FDT_MAX);
    if (svm_read(svm, at, fdt, len)) {
        FUZZ_CHECK(fdt_check_full(fdt, len) == 0);
        for (int i = 0; i < fdt_num_mem_rsv(fdt); i++)
            if (!fdt_get_mem_rsv(fdt, i, &base, &size))
                found |= (size == 6 * UV_PAGE_SIZE && base == h->reserved[0]) |
                         (size == UV_PAGE_SIZE && base == h->reserved[6]) << 1;
        FUZZ_CHECK(found == 3);
    }
    free(fdt);
}

static void check_whole(struct bed *b, const struct host *h, struct svm *svm, gra_t kbase,
                        gra_t fdt)
{
    const struct cpu *cpu = &b->m.cpus[0];

    FUZZ_CHECK(h->unlocked && h->told_done && !svm->esm && !svm->saves);
    FUZZ_CHECK((cpu->msr & (MSR_S | MSR_HV | MSR_EE)) == MSR_S && cpu->nia == kbase);
    FUZZ_CHECK(cpu->gpr[3] == fdt && pate_read(b->m.uv, LPID, 0) == tree_pate0(&svm->tree));
    FUZZ_CHECK(svm->symkey[0] == SECRET && svm->rtas.ready && !svm->rtas.busy);
    FUZZ_CHECK(h->nreserved == ESM_RESERVED);
    for (gra_t at = 0; at < VM_RAM + 4 * UV_PAGE_SIZE; at += UV_PAGE_SIZE)
        check_page(b, h, svm, at);
    check_tree(svm, h, fdt);
}

static void check_outcome(struct bed *b, const struct host *h, gra_t kbase, gra_t fdt)
{
    struct svm *svm = svm_find(b->m.uv, LPID);

    check_normal_memory(b, h);
    if (h->gone || h->keeps) /* the hypervisor may end or stop any VM */
        FUZZ_CHECK(!svm || svm->state != SVM_SECURE || !h->keeps);
    else if (!svm)
        check_intact(b, h);
    else if (svm->state == SVM_DEAD)
        FUZZ_CHECK(b->m.cpus[0].run_state == CPU_STOPPED && !pate_read(b->m.uv, LPID, 0));
    else
        check_whole(b, h, svm, kbase, fdt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct host h = {.flags = input_u8(&in)};
    static struct bed *b;
    gra_t kbase = KBASE, fdt = FDT;

    if (!b)
        b = bed_create();
    bed_reset(b);
    uint64_t free_frames = b->m.uv->frames.free;
    size_t len = input_u8(&in);
    h.script = (struct input){in.p, len < in.left ? len : in.left};
    in.p += h.script.left;
    in.left -= h.script.left;
    if (h.flags & RAW_ARGS) {
        kbase = number(&in);
        fdt = number(&in);
    }
    place_tree(b, &in, h.flags);
    b->m.cpus[0].lpid = LPID;
    b->hv = hypervisor;
    b->user = &h;
    bed_call(b, FROM_NVM, UV_ESM, kbase, fdt);
    check_outcome(b, &h, kbase, fdt);
    bed_call(b, FROM_HV, UV_SVM_TERMINATE, LPID);
    uv_check_nothing_left(b, free_frames);
    return 0;
}
