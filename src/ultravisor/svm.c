/* SPDX-License-Identifier: Apache-2.0 */
/* The ultravisor's life and its records of secure VMs. */
#include "uv_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pefemu/crypto.h"
#include "pefemu/mmu.h"

/* Beside the guest's own memory: partition table, trees, and what the chunks' edges waste. */
#define OVERHEAD (64 * MiB)

uint64_t uv_secure_memory_needed(uint64_t ram_size)
{
    return ((ram_size + CHUNK_SIZE - 1) & ~(CHUNK_SIZE - 1)) + OVERHEAD;
}

/* ---- records ---- */

struct svm *svm_find(const struct uv *uv, uint64_t lpid)
{
    for (struct svm *s = uv->svms; s; s = s->next)
        if (s->lpid == lpid)
            return s;
    return NULL;
}

struct svm *svm_new(struct uv *uv, lpid_t lpid)
{
    struct svm *svm = calloc(1, sizeof(*svm));

    if (!svm)
        return NULL;
    svm->uv = uv;
    svm->lpid = lpid;
    svm->state = SVM_TRANSITION;
    svm->proc_table = pate_read(uv, lpid, 1);
    if (!tree_init(&svm->tree, &uv->frames)) {
        free(svm);
        return NULL;
    }
    svm->next = uv->svms;
    uv->svms = svm;
    return svm;
}

static void svm_unlink(struct svm *svm)
{
    for (struct svm **link = &svm->uv->svms; *link; link = &(*link)->next)
        if (*link == svm) {
            *link = svm->next;
            return;
        }
}

void svm_state_event(const struct svm *svm, enum svm_state state)
{
    event(svm->uv->m->events, EVENT_SVM_STATE, svm->uv->m->current, svm_state_name(state), state,
          svm->lpid);
}

void svm_destroy(struct svm *svm)
{
    struct uv *uv = svm->uv;

    svm_state_event(svm, SVM_GONE);
    svm_unlink(svm);
    while (svm->saves)
        thread_forget(svm->saves);
    esm_free(svm->esm);
    slots_free(svm);
    tree_fini(&svm->tree, &uv->frames);
    pate_flush(uv, svm->lpid);
    if (svm->files)
        crypto_wipe(svm->files, svm->files_len);
    free(svm->files);
    crypto_wipe(svm, sizeof(*svm));
    free(svm);
}

void svm_flush(struct svm *svm)
{
    pate_flush(svm->uv, svm->lpid);
}

/* Its threads in secure state would go on under whatever tree the hypervisor gives the LPID next,
 * and secure state sees all of secure memory. */
static void stop_threads(const struct svm *svm)
{
    struct machine *m = svm->uv->m;

    for (unsigned i = 0; i < m->ncpus; i++) {
        struct cpu *cpu = &m->cpus[i];
        if (cpu->lpid == svm->lpid && (cpu->msr & (MSR_S | MSR_HV)) == MSR_S)
            cpu->run_state = CPU_STOPPED;
    }
}

/* (lpid): always succeeds, for an unknown one too. */
int64_t u_svm_terminate(struct ucall *c)
{
    struct svm *svm = svm_find(c->uv, c->args[0]);

    if (!svm)
        return U_SUCCESS;
    if (svm->state == SVM_SECURE || svm->state == SVM_DEAD) {
        pate_write(c->uv, svm->lpid, 0, 0);
        pate_write(c->uv, svm->lpid, 1, 0);
    }
    stop_threads(svm);
    svm_destroy(svm);
    return U_SUCCESS;
}

/* ---- the ultravisor ---- */

struct uv *uv_create(struct machine *m)
{
    struct uv *uv = calloc(1, sizeof(*uv));

    if (uv)
        uv->m = m;
    if (uv && !frames_init(&uv->frames, m, SECURE_RA_BIT, m->mem.secure_size)) {
        free(uv);
        return NULL;
    }
    return uv;
}

static void forget_svms(struct uv *uv)
{
    while (uv->svms)
        svm_destroy(uv->svms);
}

void uv_destroy(struct uv *uv)
{
    if (!uv)
        return;
    forget_svms(uv);
    frames_fini(&uv->frames);
    crypto_wipe(uv, sizeof(*uv));
    free(uv);
}

bool uv_reset(struct uv *uv)
{
    struct machine *m = uv->m;

    forget_svms(uv);
    frames_fini(&uv->frames);
    uv_zero(m, SECURE_RA_BIT, m->mem.secure_size);
    memset(&uv->stats, 0, sizeof(uv->stats));
    /* The first frame is where the vectors of firmware in guest code would be: frame 0 has no name
     * in frames_alloc(). */
    if (!frames_init(&uv->frames, m, SECURE_RA_BIT, m->mem.secure_size) ||
        !frames_alloc(&uv->frames, 1) || !pate_init(uv)) {
        fprintf(stderr, "pefemu: secure-mem is too small for the ultravisor; give it 1M or more\n");
        return false;
    }
    for (unsigned i = 0; i < m->ncpus; i++) {
        m->cpus[i].smfctrl = PPC_BIT(0);
        m->cpus[i].urmor = SECURE_RA_BIT;
    }
    return true;
}

void uv_set_wrapping_key(struct uv *uv, const struct tpm_wrapping_key *key)
{
    uv->key = *key;
    uv->has_key = true;
}

/* ---- what others may know ---- */

bool uv_is_secure(const struct uv *uv, lpid_t lpid)
{
    const struct svm *svm = svm_find(uv, lpid);
    return svm && svm->state == SVM_SECURE;
}

uint64_t uv_secure_pages(const struct uv *uv)
{
    uint64_t n = 0;

    for (const struct svm *svm = uv->svms; svm; svm = svm->next)
        for (const struct slot *s = svm->slots; s; s = s->next)
            for (uint64_t i = 0; i < s->size >> UV_PAGE_LOG2; i++)
                n += s->page[i].state == PAGE_SECURE &&
                     (svm->state == SVM_SECURE || s->page[i].fetched);
    return n;
}

const struct uv_stats *uv_get_stats(const struct uv *uv)
{
    return &uv->stats;
}

void uv_charge(struct uv *uv, uint64_t ns)
{
    machine_charge_ns(uv->m, ns);
}

void uv_say(const struct uv *uv, lpid_t lpid, const char *fmt, ...)
{
    char text[300];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    machine_say(uv->m, "lpid %u: %s", lpid, text);
}
