/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ultravisor in a snapshot: SVMs with their pages, keys and suspended threads, a UV_ESM in
 * progress, and who owns secure memory. What lies in secure memory travels with the memory.
 */
#include "enter.h"

#include <stdlib.h>

#include <libfdt.h>

#include "cpu/snapshot.h"
#include "pefemu/snap.h"

#define SLOT_BYTES_MAX (1ULL << 40)

enum {
#define ESM_STEP(id, ...) STEP_##id,
#include "pefemu/esmstep.def"
#undef ESM_STEP
    STEP_COUNT
};

/* Of the host's clock: no two runs have the same. */
static void snap_host_time(struct snap *s, uint64_t *ns)
{
    uint64_t none = 0;
    snap(s, s->compared ? &none : ns);
}

/* A real address of @len bytes of memory, or 0. */
static void snap_ra(struct snap *s, const struct machine *m, ra_t *ra, uint64_t len)
{
    snap(s, ra);
    if (s->loading && *ra && !memory_ptr(&m->mem, *ra, len)) {
        snap_fail(s, "the ultravisor has memory at 0x%llx, which is not there",
                  (unsigned long long)*ra);
        *ra = 0;
    }
}

/* ---- work in progress ---- */

static void rtas_work_snap(struct snap *s, struct work *w)
{
    snap(s, &w->rtas.block);
    snap(s, &w->rtas.token);
    snap_limit(s, &w->rtas.nargs, ARRAY_SIZE(w->rtas.args));
    snap_limit(s, &w->rtas.nret, ARRAY_SIZE(w->rtas.rets));
    snap_array(s, w->rtas.args);
    snap_array(s, w->rtas.rets);
    snap_limit(s, &w->rtas.service, RTAS_SERVICES);
    snap_limit(s, &w->rtas.buffer, RTAS_BUFFERS);
    snap(s, &w->rtas.data);
    snap(s, &w->rtas.len);
    snap(s, &w->rtas.server);
    snap(s, &w->rtas.rc);
    snap(s, &w->rtas.rounds);
}

static void share_work_snap(struct snap *s, struct work *w)
{
    snap(s, &w->share.gfn);
    snap(s, &w->share.npages);
    snap(s, &w->share.at);
    snap(s, &w->share.rounds);
    snap(s, &w->share.failed);
    snap(s, &w->share.asked);
}

static void mmio_work_snap(struct snap *s, struct work *w)
{
    snap(s, &w->mmio.word);
    snap(s, &w->mmio.gpa);
    snap(s, &w->mmio.ea);
    snap(s, &w->mmio.is_store);
}

static void work_snap(struct snap *s, struct work *w)
{
    snap_enum(s, &w->op, WORK_COUNT - 1);
    snap(s, &w->step);
    switch (w->op) {
    case WORK_HCALL:
        snap(s, &w->hcall.number);
        snap(s, &w->hcall.n_in);
        snap(s, &w->hcall.n_out);
        break;
    case WORK_VECTOR:
        snap(s, &w->vector.vector);
        break;
    case WORK_FAULT:
        snap(s, &w->fault.gpa);
        break;
    case WORK_SHARE:
    case WORK_UNSHARE:
        share_work_snap(s, w);
        break;
    case WORK_RTAS:
        rtas_work_snap(s, w);
        break;
    case WORK_MMIO:
        mmio_work_snap(s, w);
        break;
    case WORK_ESM: /* struct esm */
    case WORK_KILL:
    case WORK_COUNT:
        break;
    }
}

static void regs_snap(struct snap *s, struct thread_regs *r)
{
#define EXPOSE(field, action)                   snap_register(s, r->field);
#define EXPOSE_SPRS(name, first, count, action) snap_array(s, r->name);
#include "exposure.def"
#undef EXPOSE_SPRS
#undef EXPOSE
    snap(s, &r->pc);
    snap(s, &r->msr);
}

static void save_snap(struct snap *s, struct thread_save *t)
{
    snap_limit(s, &t->cpu, t->svm->uv->m->ncpus - 1);
    snap(s, &t->ucall);
    snap(s, &t->cookie);
    snap(s, &t->pid);
    regs_snap(s, &t->regs);
    work_snap(s, &t->work);
    snap(s, &t->inject);
    snap(s, &t->inject_cause);
    snap(s, &t->inject_le);
}

/* ---- lists: loading appends, so that the order stays ---- */

/* Saving: @have. Loading: a new one of @size bytes. NULL: there is none, or no memory for it. */
static void *next_element(struct snap *s, void *have, size_t size)
{
    if (!snap_more(s, have != NULL))
        return NULL;
    if (!s->loading)
        return have;
    void *made = calloc(1, size);
    if (!made)
        snap_fail(s, "the host has not enough memory");
    return made;
}

static void saves_snap(struct snap *s, struct svm *svm)
{
    struct thread_save **at = &svm->saves, *save;
    while ((save = next_element(s, *at, sizeof(*save)))) {
        *at = save;
        save->svm = svm;
        save_snap(s, save);
        at = &save->next;
    }
}

static void page_snap(struct snap *s, const struct machine *m, struct page *p)
{
    snap_enum(s, &p->state, PAGE_PSEUDO_INV);
    snap(s, &p->fetched);
    snap_ra(s, m, &p->normal, UV_PAGE_SIZE);
    snap_bytes(s, p->iv, sizeof(p->iv));
    snap_bytes(s, p->tag, sizeof(p->tag));
}

static uint64_t slot_chunks(const struct slot *slot)
{
    return ((slot->base + slot->size - 1) >> CHUNK_LOG2) - (slot->base >> CHUNK_LOG2) + 1;
}

/* Arrays for what its size says. */
static bool slot_alloc(struct snap *s, struct slot *slot)
{
    bool ok = !s->failed && slot->size && slot->size <= SLOT_BYTES_MAX &&
              slot->base < SECURE_RA_BIT && !((slot->base | slot->size) & (UV_PAGE_SIZE - 1));
    if (!ok) {
        slot->size = 0;
        snap_fail(s, "a memory slot is damaged");
        return false;
    }
    slot->chunk = calloc(slot_chunks(slot), sizeof(*slot->chunk));
    slot->page = calloc(slot->size >> UV_PAGE_LOG2, sizeof(*slot->page));
    if (slot->chunk && slot->page)
        return true;
    snap_fail(s, "the host has not enough memory");
    return false;
}

static void slots_snap(struct snap *s, struct svm *svm)
{
    struct machine *m = svm->uv->m;
    struct slot **at = &svm->slots, *slot;
    while ((slot = next_element(s, *at, sizeof(*slot)))) {
        *at = slot;
        snap_limit(s, &slot->id, SLOT_MAX - 1);
        snap(s, &slot->base);
        snap(s, &slot->size);
        if (s->loading && !slot_alloc(s, slot))
            return;
        for (uint64_t i = 0; i < slot_chunks(slot) && !s->failed; i++)
            snap_ra(s, m, &slot->chunk[i], CHUNK_SIZE);
        for (uint64_t i = 0; i < slot->size >> UV_PAGE_LOG2 && !s->failed; i++)
            page_snap(s, m, &slot->page[i]);
        at = &slot->next;
    }
}

/* ---- UV_ESM ---- */

static void ranges_snap(struct snap *s, struct esm *e)
{
    snap(s, &e->fetch.gpa);
    snap(s, &e->fetch.len);
    snap(s, &e->want);
    snap(s, &e->asked);
    snap_limit(s, &e->nranges, ESM_RANGES);
    for (unsigned i = 0; i < ESM_RANGES; i++) {
        snap(s, &e->range[i].gpa);
        snap(s, &e->range[i].len);
    }
    snap(s, &e->rmo_top);
    snap_array(s, e->reserved);
    snap_limit(s, &e->nreserved, ESM_RESERVED);
    snap(s, &e->rtas.gpa);
    snap(s, &e->rtas.len);
    snap(s, &e->initrd.gpa);
    snap(s, &e->initrd.len);
    snap(s, &e->rtas_text);
}

/* The guest's tree, as it was checked when it came in. */
static void tree_copy_snap(struct snap *s, struct esm *e)
{
    size_t len = e->fdt ? fdt_totalsize(e->fdt) : 0;
    snap(s, &e->fdt_size);
    snap_buffer(s, &e->fdt, &len, 2 * ESM_FDT_MAX);
    if (!s->loading || !e->fdt)
        return;
    if (len < FDT_V17_SIZE || fdt_totalsize(e->fdt) != len || fdt_check_full(e->fdt, len) ||
        e->fdt_size > len) {
        snap_fail(s, "the device tree of a VM on its way to be secure is damaged");
        free(e->fdt);
        e->fdt = NULL;
    }
}

static void blob_snap(struct snap *s, struct esm *e)
{
    uint8_t *fdt = e->blob.fdt;
    size_t len = e->blob.len;
    if (s->loading)
        fdt = NULL;
    snap_buffer(s, &fdt, &len, 2 * ESM_BLOB_MAX);
    snap(s, &e->has_blob);
    if (!s->loading)
        return;
    if (fdt ? esm_blob_open(&e->blob, fdt, len, NULL) : e->has_blob)
        snap_fail(s, "an ESM blob is damaged");
    free(fdt);
}

static void key_snap(struct snap *s, struct tpm_wrapping_key *k)
{
    snap(s, &k->handle);
    snap_bytes(s, k->password, sizeof(k->password));
    k->password[TPM_PASSWORD_LEN] = 0;
    snap_bytes(s, k->name, sizeof(k->name));
    snap_bytes(s, k->policy_a, sizeof(k->policy_a));
    snap_bytes(s, k->policy_b, sizeof(k->policy_b));
}

static void unseal_snap(struct snap *s, struct tpm_unseal *u)
{
    snap_limit(s, &u->step, TPM_UNSEAL_STEPS);
    snap(s, &u->waiting);
    snap(s, &u->status);
    snap(s, &u->rc);
    snap(s, &u->session);
    snap_bytes(s, u->nonce_tpm, sizeof(u->nonce_tpm));
    snap_bytes(s, u->nonce_caller, sizeof(u->nonce_caller));
    snap_bytes(s, u->lockbox, sizeof(u->lockbox));
    snap_bytes(s, u->symkey, sizeof(u->symkey));
    key_snap(s, &u->key);
}

static void digests_snap(struct snap *s, struct esm_digests *d)
{
    snap_bytes(s, d->sha512, sizeof(d->sha512));
    snap(s, &d->kernel_size);
}

static void esm_snap(struct snap *s, struct svm *svm)
{
    struct esm *e = next_element(s, svm->esm, sizeof(*e));
    if (!e)
        return;
    svm->esm = e;
    snap_begin(s, "esm", 1);
    snap(s, &e->kbase);
    snap(s, &e->fdt_gpa);
    snap_limit(s, &e->step, STEP_COUNT - 1);
    snap(s, &e->sub);
    snap(s, &e->guest_ns);
    snap_host_time(s, &e->host_ns);
    ranges_snap(s, e);
    tree_copy_snap(s, e);
    snap_buffer(s, (uint8_t **)&e->bootargs, &e->bootargs_len, 2 * ESM_FDT_MAX);
    blob_snap(s, e);
    snap(s, &e->attempt);
    unseal_snap(s, &e->unseal);
    snap(s, &e->unsealing);
    snap_bytes(s, e->key.byte, sizeof(e->key.byte));
    snap(s, &e->has_key);
    digests_snap(s, &e->digests);
    snap_bytes(s, e->why, sizeof(e->why));
    e->why[sizeof(e->why) - 1] = 0;
    snap_end(s);
}

/* ---- an SVM ---- */

static void tree_snap(struct snap *s, const struct machine *m, struct tree *t)
{
    snap_ra(s, m, &t->root, UV_PAGE_SIZE);
    snap_limit(s, &t->frames, ARRAY_SIZE(t->arena));
    for (unsigned i = 0; i < t->frames; i++)
        snap_ra(s, m, &t->arena[i], UV_PAGE_SIZE);
    snap_limit(s, &t->used, UV_PAGE_SIZE);
}

static void svm_rtas_snap(struct snap *s, struct svm_rtas *r)
{
    snap(s, &r->ready);
    snap(s, &r->bounce);
    snap_array(s, r->token);
    snap(s, &r->max_vcpus);
    snap(s, &r->busy);
    for (unsigned i = 0; i < MACHINE_MAX_CPUS; i++) {
        snap(s, &r->start[i].cookie);
        snap(s, &r->start[i].nia);
        snap(s, &r->start[i].r3);
    }
}

static void files_snap(struct snap *s, struct svm *svm)
{
    size_t len = svm->files_len;
    snap_buffer(s, &svm->files, &len, ESM_FILES_FDT_MAX);
    svm->files_len = (uint32_t)len;
    snap_bytes(s, svm->symkey, sizeof(svm->symkey));
    for (unsigned i = 0; i < ARRAY_SIZE(svm->reader); i++) {
        struct file_reader *r = &svm->reader[i];
        snap_bytes(s, r->name, sizeof(r->name));
        r->name[sizeof(r->name) - 1] = 0;
        snap(s, &r->pid);
        snap(s, &r->position);
    }
}

static void svm_snap(struct snap *s, struct svm *svm)
{
    snap_begin(s, "svm", 1);
    snap_limit(s, &svm->lpid, VM_MAX - 1);
    snap_enum(s, &svm->state, SVM_DEAD);
    slots_snap(s, svm);
    tree_snap(s, svm->uv->m, &svm->tree);
    saves_snap(s, svm);
    snap_bytes(s, svm->page_key, sizeof(svm->page_key));
    snap_bytes(s, svm->iv_fixed, sizeof(svm->iv_fixed));
    snap(s, &svm->iv_counter);
    snap(s, &svm->has_key);
    snap(s, &svm->proc_table);
    svm_rtas_snap(s, &svm->rtas);
    esm_snap(s, svm);
    files_snap(s, svm);
    for (const struct thread_save *t = svm->saves; t; t = t->next)
        if (t->work.op == WORK_ESM && !svm->esm)
            snap_fail(s, "a thread waits for a UV_ESM that there is not");
    snap_end(s);
}

/* ---- the ultravisor ---- */

static void frames_snap(struct snap *s, struct frames *f)
{
    snap_same(s, f->count, "64 KiB frames of secure memory:");
    snap(s, &f->free);
    snap(s, &f->hint);
    snap_bytes(s, f->used, f->count);
}

static void stats_snap(struct snap *s, struct uv_stats *st)
{
    snap_array(s, st->ucalls);
    snap_array(s, st->ucall_ns);
    snap(s, &st->svm_hcalls);
    snap(s, &st->reflected_hcalls);
    snap(s, &st->reflected_interrupts);
    snap(s, &st->pages_in);
    snap(s, &st->pages_out);
    snap(s, &st->pages_in_clear);
    snap(s, &st->pages_refused);
    snap(s, &st->shared);
    snap(s, &st->unshared);
    snap(s, &st->esm_ok);
    snap(s, &st->esm_failed);
    snap(s, &st->killed);
    snap(s, &st->esm_guest_ns);
    snap_host_time(s, &st->esm_host_ns);
}

/* Without touching secure memory, which is loaded by itself: svm_destroy() scrubs. */
static void forget_records(struct uv *uv)
{
    while (uv->svms) {
        struct svm *svm = uv->svms;
        uv->svms = svm->next;
        while (svm->saves)
            thread_forget(svm->saves);
        while (svm->slots) {
            struct slot *slot = svm->slots;
            svm->slots = slot->next;
            free(slot->chunk);
            free(slot->page);
            free(slot);
        }
        esm_free(svm->esm);
        if (svm->files)
            crypto_wipe(svm->files, svm->files_len);
        free(svm->files);
        crypto_wipe(svm, sizeof(*svm));
        free(svm);
    }
}

static void svms_snap(struct snap *s, struct uv *uv)
{
    struct svm **at = &uv->svms, *svm;
    if (s->loading)
        forget_records(uv);
    while ((svm = next_element(s, *at, sizeof(*svm)))) {
        *at = svm;
        svm->uv = uv;
        svm_snap(s, svm);
        at = &svm->next;
    }
}

void uv_snap(struct snap *s, struct uv *uv)
{
    snap_begin(s, "ultravisor", 1);
    s->secrets |= uv->svms || uv->has_key;
    frames_snap(s, &uv->frames);
    snap_ra(s, uv->m, &uv->patb, VM_MAX * 16u);
    if (s->loading && !uv->patb)
        snap_fail(s, "there is no partition table");
    svms_snap(s, uv);
    key_snap(s, &uv->key);
    snap(s, &uv->has_key);
    snap(s, &uv->hv_le);
    snap_array(s, uv->cookie_pool);
    snap_limit(s, &uv->cookies_left, ARRAY_SIZE(uv->cookie_pool));
    snap_limit(s, &uv->nscom, SCOM_MAX);
    for (unsigned i = 0; i < SCOM_MAX; i++) {
        snap(s, &uv->scom[i].addr);
        snap(s, &uv->scom[i].value);
    }
    stats_snap(s, &uv->stats);
    snap_end(s);
}
