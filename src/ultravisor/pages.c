/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UV_PAGE_IN, UV_PAGE_OUT, UV_PAGE_INVAL: pages of 64 KiB between normal and secure memory. The
 * order of checks and what each state answers: docs/pef.md, "Pages".
 */
#include "uv_internal.h"

#include "pefemu/crypto.h"

uint8_t *uv_normal_page(const struct uv *uv, ra_t ra)
{
    if (!ra || ra & (UV_PAGE_SIZE - 1) || ra & SECURE_RA_BIT)
        return NULL;
    return memory_ptr(&uv->m->mem, ra, UV_PAGE_SIZE);
}

static uint8_t *secure_page(const struct svm *svm, gra_t gpa)
{
    return memory_ptr(&svm->uv->m->mem, page_frame(svm, gpa), UV_PAGE_SIZE);
}

bool page_map_secure(struct svm *svm, gra_t gpa)
{
    return tree_map_page(&svm->tree, &svm->uv->frames, gpa, page_frame(svm, gpa), true);
}

/* ---- bytes of an SVM ---- */

static uint8_t *secure_bytes(const struct svm *svm, gra_t gpa, uint64_t *len)
{
    const struct page *p = page_of(svm, gpa);
    uint64_t room = UV_PAGE_SIZE - (gpa & (UV_PAGE_SIZE - 1));

    if (!p || (p->state != PAGE_SECURE && p->state != PAGE_PSEUDO && p->state != PAGE_PSEUDO_INV))
        return NULL;
    if (*len > room)
        *len = room;
    return secure_page(svm, gpa) + (gpa & (UV_PAGE_SIZE - 1));
}

bool svm_read(const struct svm *svm, gra_t gpa, void *buf, uint64_t len)
{
    for (uint64_t done = 0, n; done < len; done += n) {
        n = len - done;
        const uint8_t *p = secure_bytes(svm, gpa + done, &n);
        if (!p)
            return false;
        memcpy((uint8_t *)buf + done, p, n);
    }
    return true;
}

bool svm_write(struct svm *svm, gra_t gpa, const void *buf, uint64_t len)
{
    struct machine *m = svm->uv->m;

    for (uint64_t done = 0, n; done < len; done += n) {
        n = len - done;
        uint8_t *p = secure_bytes(svm, gpa + done, &n);
        if (!p)
            return false;
        memcpy(p, (const uint8_t *)buf + done, n);
        memory_written(m, page_frame(svm, gpa + done) + ((gpa + done) & (UV_PAGE_SIZE - 1)), n);
    }
    return true;
}

/* ---- encryption ---- */

/* The key is made when the first page leaves. An IV never comes twice under one key: four random
 * bytes and a counter; when that is used up, new random bytes. */
static void next_iv(struct svm *svm, uint8_t iv[PAGE_IV_LEN])
{
    if (!svm->has_key) {
        machine_secret(svm->uv->m, svm->page_key, sizeof(svm->page_key));
        svm->has_key = true;
        svm->iv_counter = UINT64_MAX;
    }
    if (svm->iv_counter == UINT64_MAX) {
        machine_secret(svm->uv->m, svm->iv_fixed, sizeof(svm->iv_fixed));
        svm->iv_counter = 0;
    }
    memcpy(iv, svm->iv_fixed, sizeof(svm->iv_fixed));
    put_be64(iv + sizeof(svm->iv_fixed), svm->iv_counter++);
}

static struct crypto_gcm cipher(const struct svm *svm, const struct page *p)
{
    return (struct crypto_gcm){.key = svm->page_key,
                               .key_len = sizeof(svm->page_key),
                               .iv = p->iv,
                               .iv_len = sizeof(p->iv)};
}

static void page_encrypt(struct svm *svm, struct page *p, gra_t gpa, uint8_t *dst)
{
    next_iv(svm, p->iv);
    struct crypto_gcm g = cipher(svm, p);
    crypto_gcm_seal(&g, secure_page(svm, gpa), UV_PAGE_SIZE, dst, p->tag);
}

/* Draws no random numbers: a debugger that looks must not change what comes next. */
void page_preview(const struct svm *svm, gra_t gpa, uint8_t *out)
{
    struct svm copy = *svm;
    struct page page;
    if (!copy.has_key)
        memset(copy.page_key, 0xa5, sizeof(copy.page_key));
    if (!copy.has_key || copy.iv_counter == UINT64_MAX)
        copy.iv_counter = 0;
    copy.has_key = true;
    next_iv(&copy, page.iv);
    struct crypto_gcm g = cipher(&copy, &page);
    crypto_gcm_seal(&g, secure_page(svm, gpa), UV_PAGE_SIZE, out, page.tag);
    crypto_wipe(&copy, sizeof(copy));
}

/* The plaintext page is still in its frame: a forged ciphertext must not get there even for a
 * moment, so it is opened beside it. */
static bool page_decrypt(struct svm *svm, const struct page *p, gra_t gpa, const uint8_t *src)
{
    uint8_t clear[UV_PAGE_SIZE];
    struct crypto_gcm g = cipher(svm, p);
    bool ok = crypto_gcm_open(&g, src, UV_PAGE_SIZE, clear, p->tag);

    if (ok) {
        memcpy(secure_page(svm, gpa), clear, UV_PAGE_SIZE);
        memory_written(svm->uv->m, page_frame(svm, gpa), UV_PAGE_SIZE);
    }
    crypto_wipe(clear, sizeof(clear));
    return ok;
}

/* ---- what a call is about ---- */

struct target {
    struct svm *svm;
    struct page *page;
    gra_t gpa;
    ra_t ra; /* the hypervisor's page, and its bytes; not of UV_PAGE_INVAL */
    uint8_t *normal;
};

enum lifetime { WHILE_IT_LIVES, ALSO_ENDED }; /* ended: a failed ESM, or killed */

/* In this order: LPID, the VM's state, guest page; @no_page is the answer to a wrong one. */
static int64_t find_page(const struct ucall *c, gra_t gpa, enum lifetime when, int64_t no_page,
                         struct target *t)
{
    t->svm = svm_find(c->uv, c->args[0]);
    if (!t->svm)
        return U_PARAMETER;
    if (when == WHILE_IT_LIVES && (t->svm->state == SVM_ABORTED || t->svm->state == SVM_DEAD))
        return U_STATE;
    t->gpa = gpa;
    t->page = gpa & (UV_PAGE_SIZE - 1) ? NULL : page_of(t->svm, gpa);
    return t->page ? U_SUCCESS : no_page;
}

/* (lpid, normal_ra, gpa, flags, order), the arguments of page-in and page-out: order and normal
 * page before what find_page() checks, flags after it. */
static int64_t find_move(const struct ucall *c, enum lifetime when, struct target *t)
{
    if (c->args[4] != UV_PAGE_LOG2)
        return U_P5;
    t->ra = c->args[1];
    t->normal = uv_normal_page(c->uv, t->ra);
    if (!t->normal)
        return U_P2;
    int64_t rc = find_page(c, c->args[2], when, U_P3, t);
    return rc == U_SUCCESS && c->args[3] ? U_P4 : rc;
}

/* ---- UV_PAGE_IN ---- */

/* ESM: the contents that the VM had as a normal one. The first that come count. */
static int64_t bring_in_clear(const struct target *t)
{
    struct svm *svm = t->svm;

    if (svm->state == SVM_SECURE || !esm_wants_page(svm, t->gpa))
        return U_P2;
    memcpy(secure_page(svm, t->gpa), t->normal, UV_PAGE_SIZE);
    memory_written(svm->uv->m, page_frame(svm, t->gpa), UV_PAGE_SIZE);
    t->page->fetched = true;
    svm->uv->stats.pages_in_clear++;
    uv_charge(svm->uv, COST_PAGE_COPY);
    return U_SUCCESS;
}

static int64_t bring_back(const struct target *t)
{
    struct svm *svm = t->svm;

    uv_charge(svm->uv, COST_PAGE_CRYPT);
    if (!page_decrypt(svm, t->page, t->gpa, t->normal)) {
        svm->uv->stats.pages_refused++;
        LOG(LOG_PEF, "uv: lpid %u: page 0x%llx is not what was paged out", svm->lpid,
            (unsigned long long)t->gpa);
        return U_P3;
    }
    t->page->state = PAGE_SECURE;
    page_map_secure(svm, t->gpa);
    svm_flush(svm);
    svm->uv->stats.pages_in++;
    return U_SUCCESS;
}

/* What UV_PAGE_IN means for a page in @state. */
static enum page_move move_of(enum page_state state)
{
    switch (state) {
    case PAGE_SECURE:
        return PAGE_MOVE_CLEAR;
    case PAGE_PAGEDOUT:
        return PAGE_MOVE_CRYPT;
    case PAGE_SHARED:
    case PAGE_SHARED_INV:
    case PAGE_HV_SHARING:
    case PAGE_HV_SHARED:
    case PAGE_HV_SHARED_INV:
        return PAGE_MOVE_SHARED;
    case PAGE_HV_UNSHARING:
    case PAGE_HV_UNSHARING_INV:
        return PAGE_MOVE_UNSHARED;
    case PAGE_IMPLICIT:
    case PAGE_IMPLICIT_INV:
    case PAGE_PSEUDO:
    case PAGE_PSEUDO_INV:
        return PAGE_MOVE_BUFFER;
    }
    return PAGE_MOVE_BUFFER;
}

/* The page has moved, or would have: for the machine's events. */
static void event_page(const struct ucall *c, enum event_id id, const struct target *t,
                       enum page_move move)
{
    event(c->uv->m->events, id, c->cpu, page_move_name(move), t->gpa, t->svm->lpid, move, t->ra);
}

/* A normal page for one that the hypervisor is to see, which is in the state @next with it. */
static int64_t take_normal(const struct target *t, enum page_state next)
{
    t->page->normal = t->ra;
    t->page->state = next;
    return U_SUCCESS;
}

static int64_t page_in(const struct target *t)
{
    switch ((enum page_state)t->page->state) {
    case PAGE_SECURE:
        return bring_in_clear(t);
    case PAGE_PAGEDOUT:
        return bring_back(t);
    case PAGE_SHARED:
    case PAGE_SHARED_INV:
        tree_map_page(&t->svm->tree, &t->svm->uv->frames, t->gpa, t->ra, false);
        svm_flush(t->svm);
        return take_normal(t, PAGE_SHARED);
    case PAGE_IMPLICIT:
    case PAGE_IMPLICIT_INV:
        return take_normal(t, PAGE_IMPLICIT);
    case PAGE_PSEUDO:
    case PAGE_PSEUDO_INV:
        return take_normal(t, PAGE_PSEUDO);
    case PAGE_HV_SHARING:
    case PAGE_HV_SHARED:
    case PAGE_HV_SHARED_INV:
        return take_normal(t, PAGE_HV_SHARED);
    case PAGE_HV_UNSHARING:
    case PAGE_HV_UNSHARING_INV:
        t->page->state = PAGE_HV_UNSHARING;
        return U_SUCCESS;
    }
    return U_P3;
}

/* (lpid, src_ra, gpa, flags, order) */
int64_t u_page_in(struct ucall *c)
{
    struct target t;
    int64_t rc = find_move(c, WHILE_IT_LIVES, &t);

    if (rc != U_SUCCESS)
        return rc;
    enum page_move move = move_of(t.page->state);
    rc = page_in(&t);
    if (rc == U_SUCCESS)
        event_page(c, EVENT_PAGE_IN, &t, move);
    else if (move == PAGE_MOVE_CRYPT)
        event_page(c, EVENT_PAGE_IN, &t, PAGE_MOVE_FORGED);
    return rc;
}

/* ---- UV_PAGE_OUT ---- */

/* A VM that failed to become secure gets its memory back as it was, but for what the ultravisor put
 * there itself. */
static void give_back_clear(const struct target *t)
{
    if (esm_reserved_page(t->svm, t->gpa) || !t->page->fetched)
        memset(t->normal, 0, UV_PAGE_SIZE);
    else
        memcpy(t->normal, secure_page(t->svm, t->gpa), UV_PAGE_SIZE);
    uv_charge(t->svm->uv, COST_PAGE_COPY);
}

/* The page leaves as ciphertext. */
static int64_t send_out(const struct target *t)
{
    struct uv *uv = t->svm->uv;

    if (!tree_split(&t->svm->tree, &uv->frames, t->gpa))
        return U_RETRY;
    /* Nobody may write the page while it is read, nor the copy that the tag vouches for. */
    tree_map_page(&t->svm->tree, &uv->frames, t->gpa, 0, false);
    svm_flush(t->svm);
    page_encrypt(t->svm, t->page, t->gpa, t->normal);
    t->page->state = PAGE_PAGEDOUT;
    uv->stats.pages_out++;
    uv_charge(uv, COST_PAGE_CRYPT);
    return U_SUCCESS;
}

/* (lpid, dst_ra, gpa, flags, order) */
int64_t u_page_out(struct ucall *c)
{
    struct target t;
    int64_t rc = find_move(c, ALSO_ENDED, &t);

    if (rc != U_SUCCESS)
        return rc;
    if (t.page->state == PAGE_HV_UNSHARING || t.page->state == PAGE_HV_UNSHARING_INV)
        return U_RETRY;
    if (t.page->state != PAGE_SECURE)
        return U_PARAMETER;
    bool clear = t.svm->state == SVM_ABORTED;
    if (clear)
        give_back_clear(&t);
    else
        rc = send_out(&t);
    if (rc != U_SUCCESS)
        return rc;
    memory_written(c->uv->m, t.ra, UV_PAGE_SIZE);
    event_page(c, EVENT_PAGE_OUT, &t, clear ? PAGE_MOVE_CLEAR : PAGE_MOVE_CRYPT);
    return rc;
}

/* ---- UV_PAGE_INVAL: the hypervisor wants a shared page's memory back ---- */

static int64_t take_back(const struct target *t)
{
    switch ((enum page_state)t->page->state) {
    case PAGE_SHARED:
        t->page->state = PAGE_SHARED_INV;
        tree_map_page(&t->svm->tree, &t->svm->uv->frames, t->gpa, 0, false);
        svm_flush(t->svm);
        return U_SUCCESS;
    case PAGE_IMPLICIT:
        t->page->state = PAGE_IMPLICIT_INV;
        return U_SUCCESS;
    case PAGE_PSEUDO:
        t->page->state = PAGE_PSEUDO_INV;
        return U_SUCCESS;
    case PAGE_HV_SHARED:
        t->page->state = PAGE_HV_SHARED_INV;
        return U_SUCCESS;
    case PAGE_HV_UNSHARING:
        t->page->state = PAGE_HV_UNSHARING_INV;
        return U_SUCCESS;
    case PAGE_SHARED_INV:
    case PAGE_IMPLICIT_INV:
    case PAGE_PSEUDO_INV:
    case PAGE_HV_SHARED_INV:
    case PAGE_HV_UNSHARING_INV:
        return U_SUCCESS;
    case PAGE_SECURE:
    case PAGE_PAGEDOUT:
    case PAGE_HV_SHARING:
        return U_P2;
    }
    return U_P2;
}

/* (lpid, gpa, order) */
int64_t u_page_inval(struct ucall *c)
{
    struct target t;

    if (c->args[2] != UV_PAGE_LOG2)
        return U_P3;
    int64_t rc = find_page(c, c->args[1], WHILE_IT_LIVES, U_P2, &t);
    if (rc == U_SUCCESS)
        rc = take_back(&t);
    if (rc == U_SUCCESS)
        event(c->uv->m->events, EVENT_PAGE_INVAL, c->cpu, NULL, t.gpa, t.svm->lpid);
    return rc;
}
