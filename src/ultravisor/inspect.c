/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of the ultravisor's state, for debuggers. */
#include "inspect.h"

#include "enter.h"

#include <stdio.h>

static const struct {
    const char *name, *what;
} page_states[] = {
#define PAGE_STATE(id, name, what) {name, what},
#include "pagestate.def"
#undef PAGE_STATE
};
_Static_assert(ARRAY_SIZE(page_states) == UV_PAGE_STATES, "uv_svm_info.pages[]");

const char *uv_page_state_name(unsigned state)
{
    return state < UV_PAGE_STATES ? page_states[state].name : NULL;
}

const char *uv_page_state_what(unsigned state)
{
    return state < UV_PAGE_STATES ? page_states[state].what : NULL;
}

/* ---- the whole ---- */

void uv_inspect_memory(const struct uv *uv, struct uv_memory_info *out)
{
    *out = (struct uv_memory_info){.base = uv->frames.base,
                                   .partition_table = uv->patb,
                                   .pages = uv->frames.count,
                                   .free = uv->frames.free,
                                   .has_wrapping_key = uv->has_key};
}

bool uv_inspect_pate(const struct uv *uv, lpid_t lpid, uint64_t dw[2])
{
    if (lpid >= VM_MAX)
        return false;
    dw[0] = pate_read(uv, lpid, 0);
    dw[1] = pate_read(uv, lpid, 1);
    return true;
}

/* ---- secure VMs ---- */

static void count_slots(const struct svm *svm, struct uv_svm_info *out)
{
    for (const struct slot *s = svm->slots; s; s = s->next) {
        out->slots++;
        out->bytes += s->size;
        for (uint64_t i = 0; i < s->size >> UV_PAGE_LOG2; i++)
            out->pages[s->page[i].state]++;
    }
}

bool uv_inspect_svm(const struct uv *uv, unsigned n, struct uv_svm_info *out)
{
    const struct svm *svm = uv->svms;
    while (svm && n--)
        svm = svm->next;
    if (!svm)
        return false;
    *out = (struct uv_svm_info){.lpid = svm->lpid,
                                .state = svm->state,
                                .esm_step = svm->esm ? esm_step_now(svm->esm) : 0,
                                .has_page_key = svm->has_key,
                                .files_bytes = svm->files_len,
                                .rtas_bounce = svm->rtas.bounce};
    count_slots(svm, out);
    for (const struct thread_save *s = svm->saves; s; s = s->next)
        out->suspended++;
    uv_inspect_pate(uv, svm->lpid, out->pate);
    return true;
}

bool uv_inspect_slot(const struct uv *uv, lpid_t lpid, unsigned n, struct uv_slot_info *out)
{
    const struct svm *svm = svm_find(uv, lpid);
    const struct slot *s = svm ? svm->slots : NULL;
    while (s && n--)
        s = s->next;
    if (s)
        *out = (struct uv_slot_info){s->id, s->base, s->size};
    return s;
}

static bool has_normal(enum page_state state)
{
    return state != PAGE_SECURE && state != PAGE_PAGEDOUT && state != PAGE_HV_SHARING;
}

bool uv_inspect_page(const struct uv *uv, lpid_t lpid, gra_t gpa, struct uv_page_info *out)
{
    const struct svm *svm = svm_find(uv, lpid);
    const struct page *p = svm ? page_of(svm, gpa) : NULL;
    if (p)
        *out = (struct uv_page_info){.state = p->state,
                                     .frame = page_frame(svm, gpa),
                                     .normal = has_normal(p->state) ? p->normal : 0,
                                     .fetched = p->fetched};
    return p;
}

/* ---- work that waits ---- */

static void detail(const struct thread_save *s, char *out, size_t size)
{
    const struct work *w = &s->work;
    const char *name;
    switch (w->op) {
    case WORK_HCALL:
        name = hcall_name(w->hcall.number);
        if (name)
            snprintf(out, size, "hypercall %s", name);
        else
            snprintf(out, size, "hypercall 0x%llx", (unsigned long long)w->hcall.number);
        break;
    case WORK_VECTOR:
        name = vector_name(w->vector.vector);
        snprintf(out, size, "interrupt 0x%x%s%s", w->vector.vector, name ? " " : "",
                 name ? name : "");
        break;
    case WORK_FAULT:
        snprintf(out, size, "page 0x%llx", (unsigned long long)w->fault.gpa);
        break;
    case WORK_SHARE:
    case WORK_UNSHARE:
        snprintf(out, size, "page 0x%llx, number %llu of %llu",
                 (unsigned long long)(w->share.gfn + w->share.at) << UV_PAGE_LOG2,
                 (unsigned long long)w->share.at + 1, (unsigned long long)w->share.npages);
        break;
    case WORK_ESM:
        snprintf(out, size, "step %u, %s", esm_step_now(s->svm->esm),
                 esm_step_name(esm_step_now(s->svm->esm)));
        break;
    case WORK_RTAS:
        name = rtas_call_name(w->rtas.token);
        snprintf(out, size, "RTAS %s, block at 0x%llx", name ? name : "call",
                 (unsigned long long)w->rtas.block);
        break;
    case WORK_MMIO:
        snprintf(out, size, "%s of 0x%llx", w->mmio.is_store ? "store" : "load",
                 (unsigned long long)w->mmio.gpa);
        break;
    default:
        out[0] = '\0';
        break;
    }
}

bool uv_inspect_work(const struct uv *uv, lpid_t lpid, unsigned n, struct uv_work_info *out)
{
    const struct svm *svm = svm_find(uv, lpid);
    const struct thread_save *s = svm ? svm->saves : NULL;
    while (s && n--)
        s = s->next;
    if (!s)
        return false;
    *out = (struct uv_work_info){.cookie = s->cookie,
                                 .pid = s->pid,
                                 .cpu = s->cpu,
                                 .work = s->work.op,
                                 .step = s->work.op == WORK_ESM && svm->esm ? esm_step_now(svm->esm)
                                                                            : s->work.step,
                                 .ucall = s->ucall,
                                 .pc = s->regs.pc,
                                 .msr = s->regs.msr};
    memcpy(out->gpr, s->regs.gpr, sizeof(out->gpr));
    if (s->work.op != WORK_ESM || svm->esm)
        detail(s, out->detail, sizeof(out->detail));
    return true;
}

/* ---- UV_ESM ---- */

static const char *unseal_command(const struct esm *e)
{
    static const char *const names[] = {
#define UNSEAL_STEP(id, command) #command,
#include "pefemu/tpmunseal.def"
#undef UNSEAL_STEP
    };
    return e->unsealing && e->unseal.step < ARRAY_SIZE(names) ? names[e->unseal.step] : NULL;
}

bool uv_inspect_esm(const struct uv *uv, lpid_t lpid, struct uv_esm_info *out)
{
    const struct svm *svm = svm_find(uv, lpid);
    const struct esm *e = svm ? svm->esm : NULL;
    if (!e)
        return false;
    *out = (struct uv_esm_info){
        .kernel = e->kbase,
        .fdt = e->fdt_gpa,
        .step = esm_step_now(e),
        .fetch = e->fetch.gpa,
        .fetch_bytes = e->fetch.len,
        .want = e->want,
        .ranges = e->nranges,
        .reserved_pages = e->nreserved,
        .rtas = e->rtas.gpa,
        .rtas_bytes = e->rtas.len,
        .initrd = e->initrd.gpa,
        .initrd_bytes = e->initrd.len,
        .has_blob = e->has_blob,
        .has_key = e->has_key,
        .lockbox = e->attempt,
        .unseal = unseal_command(e),
    };
    snprintf(out->bootargs, sizeof(out->bootargs), "%.*s", (int)e->bootargs_len,
             e->bootargs ? e->bootargs : "");
    return true;
}

/* ---- memory ---- */

static const uint8_t *svm_page(const struct svm *svm, gra_t gpa)
{
    const struct page *p = page_of(svm, gpa);
    gra_t page = gpa & ~(UV_PAGE_SIZE - 1);
    if (!p)
        return NULL;
    switch ((enum page_state)p->state) {
    case PAGE_SECURE:
    case PAGE_PSEUDO:
    case PAGE_PSEUDO_INV:
        return memory_ptr(&svm->uv->m->mem, page_frame(svm, page), UV_PAGE_SIZE);
    case PAGE_SHARED:
        return memory_ptr(&svm->uv->m->mem, p->normal, UV_PAGE_SIZE);
    default:
        return NULL;
    }
}

bool uv_peek_svm(const struct uv *uv, lpid_t lpid, gra_t gpa, void *buf, uint64_t len)
{
    const struct svm *svm = svm_find(uv, lpid);
    for (uint64_t done = 0, n; svm && done < len; done += n) {
        uint64_t at = (gpa + done) & (UV_PAGE_SIZE - 1);
        const uint8_t *p = svm_page(svm, gpa + done);
        n = UV_PAGE_SIZE - at < len - done ? UV_PAGE_SIZE - at : len - done;
        if (!p)
            return false;
        memcpy((uint8_t *)buf + done, p + at, n);
    }
    return svm;
}

/* Of a VM whose UV_ESM has failed everything goes back in clear, but for what the ultravisor put
 * there itself: u_page_out(). */
static enum uv_exposure peek_aborted(const struct svm *svm, const struct page *p, gra_t gpa,
                                     uint8_t *out)
{
    if (esm_reserved_page(svm, gpa) || !p->fetched)
        memset(out, 0, UV_PAGE_SIZE);
    else
        memcpy(out, svm_page(svm, gpa), UV_PAGE_SIZE);
    return UV_EXPOSED_CIPHER;
}

enum uv_exposure uv_peek_as_hypervisor(const struct uv *uv, lpid_t lpid, gra_t gpa, uint8_t *page)
{
    const struct svm *svm = svm_find(uv, lpid);
    gra_t at = gpa & ~(UV_PAGE_SIZE - 1);
    const struct page *p = svm ? page_of(svm, at) : NULL;
    if (!p)
        return UV_EXPOSED_NORMAL;
    switch ((enum page_state)p->state) {
    case PAGE_SECURE:
        if (svm->state == SVM_ABORTED)
            return peek_aborted(svm, p, at, page);
        page_preview(svm, at, page);
        return UV_EXPOSED_CIPHER;
    case PAGE_HV_UNSHARING:
    case PAGE_HV_UNSHARING_INV:
        return UV_EXPOSED_NOTHING;
    default:
        return UV_EXPOSED_NORMAL;
    }
}
