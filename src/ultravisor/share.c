/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UV_SHARE_PAGE, UV_UNSHARE_PAGE, UV_UNSHARE_ALL_PAGES: an SVM lends pages to the hypervisor and
 * takes them back. Each page needs the hypervisor once (H_SVM_PAGE_IN); nothing changes for the SVM
 * before it has agreed to all pages of the request.
 */
#include "uv_internal.h"

#define PAGE_IN_SHARED 1u
#define PAGEOUT_ROUNDS 4u /* tries to get a page back that is paged out */

static void ask(struct thread_save *s, struct cpu *cpu, gra_t gpa, uint64_t flags)
{
    const uint64_t args[] = {gpa, flags, UV_PAGE_LOG2};
    s->work.share.asked = true;
    reflect_hcall(s, cpu, UV_H_SVM_PAGE_IN, args, ARRAY_SIZE(args));
}

static gra_t current(const struct thread_save *s)
{
    return (s->work.share.gfn + s->work.share.at) << UV_PAGE_LOG2;
}

static enum progress finish(struct thread_save *s, int64_t rc)
{
    s->regs.gpr[3] = (uint64_t)rc;
    svm_flush(s->svm);
    return WORK_DONE;
}

static bool is_shared(const struct page *p)
{
    return p->state == PAGE_SHARED || p->state == PAGE_SHARED_INV;
}

/* Is there an answer of the hypervisor about the current page? */
static bool take_answer(struct thread_save *s)
{
    bool asked = s->work.share.asked;
    s->work.share.asked = false;
    return asked;
}

/* A range inside the slots, without wrapping. */
static bool range_ok(const struct svm *svm, uint64_t gfn, uint64_t npages)
{
    uint64_t limit = SECURE_RA_BIT >> UV_PAGE_LOG2;

    return npages && gfn < limit && npages <= limit - gfn &&
           slot_covers(svm, gfn << UV_PAGE_LOG2, npages << UV_PAGE_LOG2);
}

/* ---- share ---- */

/* What a page of the range has to be for the request to begin. */
static bool may_be_shared(const struct page *p)
{
    return p->state == PAGE_SECURE || p->state == PAGE_PAGEDOUT || is_shared(p);
}

/* Secure again; the hypervisor, which believes that it shares the page, is told. */
static enum progress revert(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;

    for (bool back = take_answer(s); s->work.share.at < s->work.share.npages;
         s->work.share.at++, back = false) {
        struct page *p = page_of(svm, current(s));
        if (!p)
            continue;
        if (back) {
            if (cpu->gpr[3] != UV_H_SUCCESS) {
                svm_kill(s, cpu, "the hypervisor keeps a page that was not to be shared");
                return WORK_FAILED;
            }
            p->state = PAGE_SECURE;
        } else if (p->state == PAGE_HV_SHARED || p->state == PAGE_HV_SHARED_INV) {
            p->state = PAGE_HV_UNSHARING;
            ask(s, cpu, current(s), 0);
            return WORK_WAITS;
        } else if (p->state == PAGE_HV_SHARING) {
            p->state = PAGE_SECURE;
        }
    }
    return finish(s, U_P2);
}

static enum progress begin_revert(struct thread_save *s, struct cpu *cpu)
{
    s->work.share.failed = true;
    s->work.share.asked = false;
    s->work.share.at = 0;
    return revert(s, cpu);
}

/* All agreed: the pages become the hypervisor's, empty. */
static enum progress commit_share(struct thread_save *s)
{
    struct svm *svm = s->svm;

    for (uint64_t i = 0; i < s->work.share.npages; i++) {
        gra_t gpa = (s->work.share.gfn + i) << UV_PAGE_LOG2;
        struct page *p = page_of(svm, gpa);
        if (!p || (p->state != PAGE_HV_SHARED && p->state != PAGE_HV_SHARED_INV))
            continue;
        bool gone = p->state == PAGE_HV_SHARED_INV;
        if (!gone) {
            memset(uv_normal_page(svm->uv, p->normal), 0, UV_PAGE_SIZE);
            memory_written(svm->uv->m, p->normal, UV_PAGE_SIZE);
        }
        p->state = gone ? PAGE_SHARED_INV : PAGE_SHARED;
        tree_map_page(&svm->tree, &svm->uv->frames, gpa, gone ? 0 : p->normal, false);
        svm->uv->stats.shared++;
        uv_charge(svm->uv, COST_PAGE_COPY);
    }
    return finish(s, U_SUCCESS);
}

/* The hypervisor has answered about the current page. False: it did not do what was asked. */
static bool answered(struct thread_save *s, struct cpu *cpu, const struct page *p)
{
    bool ok = cpu->gpr[3] == UV_H_SUCCESS;

    if (p->state == PAGE_HV_SHARED || p->state == PAGE_HV_SHARED_INV)
        return ok;
    if (p->state == PAGE_HV_SHARING)
        return false;
    return ok || s->work.share.rounds <= PAGEOUT_ROUNDS;
}

enum progress work_share(struct thread_save *s, struct cpu *cpu)
{
    if (s->work.share.failed)
        return revert(s, cpu);
    for (bool back = take_answer(s); s->work.share.at < s->work.share.npages; back = false) {
        struct page *p = page_of(s->svm, current(s));
        if (!p || (back && !answered(s, cpu, p)))
            return begin_revert(s, cpu);
        switch ((enum page_state)p->state) {
        case PAGE_PAGEDOUT:
            if (s->work.share.rounds++ == PAGEOUT_ROUNDS)
                return begin_revert(s, cpu);
            ask(s, cpu, current(s), 0);
            return WORK_WAITS;
        case PAGE_SECURE:
            if (!tree_split(&s->svm->tree, &s->svm->uv->frames, current(s)))
                return begin_revert(s, cpu);
            p->state = PAGE_HV_SHARING;
            ask(s, cpu, current(s), PAGE_IN_SHARED);
            return WORK_WAITS;
        case PAGE_HV_SHARED:
        case PAGE_HV_SHARED_INV:
        case PAGE_SHARED:
        case PAGE_SHARED_INV:
            s->work.share.at++;
            s->work.share.rounds = 0;
            break;
        default:
            return begin_revert(s, cpu);
        }
    }
    return commit_share(s);
}

/* (gfn, npages) */
int64_t u_share_page(struct ucall *c)
{
    uint64_t gfn = c->args[0], npages = c->args[1];

    if (!c->svm || c->svm->state != SVM_SECURE)
        return U_FUNCTION;
    if (!range_ok(c->svm, gfn, npages))
        return U_P2;
    for (uint64_t i = 0; i < npages; i++)
        if (!may_be_shared(page_of(c->svm, (gfn + i) << UV_PAGE_LOG2)))
            return U_P2;
    struct thread_save *s = ucall_save(c, c->svm);
    if (!s)
        return U_RETRY;
    s->work.share.gfn = gfn;
    s->work.share.npages = npages;
    event(c->uv->m->events, EVENT_SHARE, c->cpu, NULL, gfn << UV_PAGE_LOG2, c->svm->lpid, npages);
    work_start(s, c->cpu, WORK_SHARE);
    return U_ELSEWHERE;
}

/* ---- unshare ---- */

/* The page is the SVM's again, empty: neither its old secret nor what the hypervisor wrote. */
static void commit_unshare(struct svm *svm, struct page *p, gra_t gpa)
{
    uv_zero(svm->uv->m, page_frame(svm, gpa), UV_PAGE_SIZE);
    p->state = PAGE_SECURE;
    p->normal = 0;
    page_map_secure(svm, gpa);
    svm->uv->stats.unshared++;
    uv_charge(svm->uv, COST_PAGE_COPY);
}

enum progress work_unshare(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;

    for (bool back = take_answer(s); s->work.share.at < s->work.share.npages;
         s->work.share.at++, back = false) {
        struct page *p = page_of(svm, current(s));
        if (!p) { /* where slots are is the hypervisor's choice: the gap may be huge */
            s->work.share.at =
                (slot_above(svm, current(s)) >> UV_PAGE_LOG2) - s->work.share.gfn - 1;
            continue;
        }
        if (!back && is_shared(p)) {
            /* From here on the SVM does not see the hypervisor's page any more. */
            p->state = PAGE_HV_UNSHARING;
            tree_map_page(&svm->tree, &svm->uv->frames, current(s), 0, false);
            svm_flush(svm);
            ask(s, cpu, current(s), 0);
            return WORK_WAITS;
        }
        if (back) {
            if (cpu->gpr[3] != UV_H_SUCCESS) {
                svm_kill(s, cpu, "the hypervisor does not give a shared page up");
                return WORK_FAILED;
            }
            commit_unshare(svm, p, current(s));
        }
    }
    return finish(s, U_SUCCESS);
}

static int64_t begin_unshare(struct ucall *c, uint64_t gfn, uint64_t npages)
{
    struct thread_save *s = ucall_save(c, c->svm);

    if (!s)
        return U_RETRY;
    s->work.share.gfn = gfn;
    s->work.share.npages = npages;
    event(c->uv->m->events, EVENT_UNSHARE, c->cpu, NULL, gfn << UV_PAGE_LOG2, c->svm->lpid, npages);
    work_start(s, c->cpu, WORK_UNSHARE);
    return U_ELSEWHERE;
}

/* (gfn, npages) */
int64_t u_unshare_page(struct ucall *c)
{
    uint64_t gfn = c->args[0], npages = c->args[1];

    if (!c->svm || c->svm->state != SVM_SECURE)
        return U_FUNCTION;
    if (!range_ok(c->svm, gfn, npages))
        return U_P2;
    /* Secure and paged-out pages stay what they are, with their contents. */
    for (uint64_t i = 0; i < npages; i++)
        if (!may_be_shared(page_of(c->svm, (gfn + i) << UV_PAGE_LOG2)))
            return U_P2;
    return begin_unshare(c, gfn, npages);
}

int64_t u_unshare_all_pages(struct ucall *c)
{
    uint64_t end = 0;

    if (!c->svm || c->svm->state != SVM_SECURE)
        return U_FUNCTION;
    for (const struct slot *s = c->svm->slots; s; s = s->next)
        if (s->base + s->size > end)
            end = s->base + s->size;
    return begin_unshare(c, 0, end >> UV_PAGE_LOG2);
}
