/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UV_ESM's last step before the commit: of the pages that came in only the bytes stay that were
 * asked for, and so measured.
 */
#include "enter.h"

/* End of the range that covers @at, or @at; the ranges may overlap. */
static gra_t covered_until(const struct esm *e, gra_t at)
{
    for (unsigned i = 0; i < e->nranges; i++)
        if (at - e->range[i].gpa < e->range[i].len)
            return covered_until(e, e->range[i].gpa + e->range[i].len);
    return at;
}

static gra_t next_range(const struct esm *e, gra_t at, gra_t end)
{
    for (unsigned i = 0; i < e->nranges; i++)
        if (e->range[i].gpa > at && e->range[i].gpa < end)
            end = e->range[i].gpa;
    return end;
}

/* A fetched page holds what was asked for and zeros: the rest was the hypervisor's choice, and
 * nobody has measured it. False: the page is away. */
static bool trim_page(struct svm *svm, gra_t page)
{
    static const uint8_t zeros[4096];
    gra_t end = page + UV_PAGE_SIZE;

    for (gra_t at = covered_until(svm->esm, page); at < end; at = covered_until(svm->esm, at)) {
        gra_t stop = next_range(svm->esm, at, end);
        for (uint64_t n; at < stop; at += n) {
            n = stop - at < sizeof(zeros) ? stop - at : sizeof(zeros);
            if (!svm_write(svm, at, zeros, n))
                return false;
        }
    }
    return true;
}

/* The @n-th page of all ranges; ~0: there are not so many. */
static gra_t nth_page(const struct esm *e, uint64_t n)
{
    for (unsigned i = 0; i < e->nranges; i++) {
        gra_t first = e->range[i].gpa & ~(UV_PAGE_SIZE - 1);
        uint64_t pages =
            (e->range[i].gpa + e->range[i].len - first + UV_PAGE_SIZE - 1) >> UV_PAGE_LOG2;
        if (n < pages)
            return first + (n << UV_PAGE_LOG2);
        n -= pages;
    }
    return ~0ULL;
}

/* Nothing comes in unmeasured after this. A page that the hypervisor has paged out meanwhile has to
 * come back, or what it has put there would stay. */
enum enter_outcome esm_trim(struct thread_save *s, struct cpu *cpu)
{
    struct svm *svm = s->svm;
    struct esm *e = svm->esm;

    for (gra_t at; (at = nth_page(e, e->sub)) != ~0ULL; e->sub++) {
        const struct page *p = page_of(svm, at);
        bool back = e->asked;
        e->asked = false;
        if (p && p->state == PAGE_PAGEDOUT && !back) {
            const uint64_t args[] = {at, 0, UV_PAGE_LOG2};
            e->asked = true;
            return enter_hcall(s, cpu, UV_H_SVM_PAGE_IN, args, ARRAY_SIZE(args));
        }
        if (!p || !p->fetched || !trim_page(svm, at))
            return enter_fail(e, "the page at 0x%llx is away", (unsigned long long)at);
    }
    return ENTER_NEXT;
}
