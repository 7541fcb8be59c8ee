/* SPDX-License-Identifier: Apache-2.0 */
/* info: secure VMs, as the ultravisor's records have them. */
#include "calls.h"
#include "monitor_internal.h"

#include <stdio.h>

#include "pefemu/hypervisor.h"
#include "pefemu/names.h"
#include "ultravisor/inspect.h"

static const struct uv *uv_or_say(struct command *c)
{
    if (!c->m->uv)
        report_fail(c->r, "this machine has no ultravisor");
    return c->m->uv;
}

/* The LPID that is given as argument @at, else that of the only secure VM. */
static bool lpid_arg(struct command *c, unsigned at, lpid_t *lpid)
{
    struct uv_svm_info svm;
    uint64_t v;
    if (at < c->argc) {
        if (!command_value(c, c->argv[at], &v))
            return false;
        for (unsigned n = 0; uv_inspect_svm(c->m->uv, n, &svm); n++)
            if (svm.lpid == v) {
                *lpid = (lpid_t)v;
                return true;
            }
        return report_fail(c->r, "%s: no secure VM has this LPID", c->argv[at]);
    }
    if (!uv_inspect_svm(c->m->uv, 0, &svm))
        return report_fail(c->r, "there is no secure VM");
    *lpid = svm.lpid;
    return true;
}

/* ---- secure VMs ---- */

static void report_svm(struct report *r, const struct uv_svm_info *s)
{
    report_row(r);
    report_num(r, "lpid", s->lpid);
    report_str(r, "state", "%s", svm_state_name(s->state));
    report_num(r, "slots", s->slots);
    report_num(r, "MiB", s->bytes / MiB);
    for (unsigned i = 0; i < UV_PAGE_STATES; i++)
        if (s->pages[i])
            report_num(r, uv_page_state_name(i), s->pages[i]);
    report_num(r, "suspended", s->suspended);
    report_str(r, "esm", "%s", s->esm_step ? esm_step_name(s->esm_step) : "");
}

bool info_SVM(struct command *c)
{
    const struct uv *uv = uv_or_say(c);
    struct uv_svm_info s;
    struct uv_memory_info m;
    unsigned n = 0;
    if (!uv)
        return false;
    report_table(c->r, "svm", NULL);
    for (; uv_inspect_svm(uv, n, &s); n++)
        report_svm(c->r, &s);
    if (!n)
        report_say(c->r, "there is no secure VM");
    uv_inspect_memory(uv, &m);
    report_object(c->r, "secure_memory", "secure memory");
    report_hex(c->r, "base", m.base);
    report_num(c->r, "MiB", m.pages * UV_PAGE_SIZE / MiB);
    report_num(c->r, "free MiB", m.free * UV_PAGE_SIZE / MiB);
    report_hex(c->r, "partition table", m.partition_table);
    report_flag(c->r, "wrapping key", m.has_wrapping_key);
    return true;
}

bool info_SLOTS(struct command *c)
{
    const struct uv *uv = uv_or_say(c);
    struct uv_slot_info s;
    lpid_t lpid;
    if (!uv || !lpid_arg(c, 0, &lpid))
        return false;
    report_table(c->r, "slots", NULL);
    for (unsigned n = 0; uv_inspect_slot(uv, lpid, n, &s); n++) {
        report_row(c->r);
        report_num(c->r, "slot", s.id);
        report_hex(c->r, "gpa", s.base);
        report_hex(c->r, "end", s.base + s.size);
        report_num(c->r, "MiB", s.size / MiB);
    }
    return true;
}

/* ---- pages ---- */

static void report_page(struct report *r, gra_t gpa, const struct uv_page_info *p)
{
    report_row(r);
    report_hex(r, "gpa", gpa);
    report_str(r, "state", "%s", uv_page_state_name(p->state));
    report_hex(r, "secure", p->frame);
    if (p->normal)
        report_hex(r, "normal", p->normal);
    report_str(r, "what", "%s%s", uv_page_state_what(p->state),
               p->fetched ? "; brought in by UV_ESM" : "");
}

#define PAGES_SHOWN 512u

static bool page_range(struct command *c, lpid_t lpid)
{
    uint64_t gpa, len = UV_PAGE_SIZE;
    struct uv_page_info p;
    if (!command_value(c, c->argv[1], &gpa) || (c->argc > 2 && !command_value(c, c->argv[2], &len)))
        return false;
    gpa &= ~(UV_PAGE_SIZE - 1);
    report_table(c->r, "pages", NULL);
    for (unsigned n = 0; n < PAGES_SHOWN && n * UV_PAGE_SIZE < len; n++)
        if (uv_inspect_page(c->m->uv, lpid, gpa + n * UV_PAGE_SIZE, &p))
            report_page(c->r, gpa + n * UV_PAGE_SIZE, &p);
    return true;
}

static void report_run(struct report *r, gra_t from, gra_t to, unsigned state)
{
    report_row(r);
    report_hex(r, "gpa", from);
    report_hex(r, "end", to);
    report_num(r, "pages", (to - from) / UV_PAGE_SIZE);
    report_str(r, "state", "%s", uv_page_state_name(state));
    report_str(r, "what", "%s", uv_page_state_what(state));
}

static void slot_runs(struct command *c, lpid_t lpid, const struct uv_slot_info *slot)
{
    gra_t from = slot->base, end = slot->base + slot->size;
    struct uv_page_info p, first;
    if (!uv_inspect_page(c->m->uv, lpid, from, &first))
        return;
    for (gra_t at = from; at < end; at += UV_PAGE_SIZE) {
        if (!uv_inspect_page(c->m->uv, lpid, at, &p) || p.state == first.state)
            continue;
        report_run(c->r, from, at, first.state);
        from = at;
        first = p;
    }
    report_run(c->r, from, end, first.state);
}

bool info_PAGES(struct command *c)
{
    const struct uv *uv = uv_or_say(c);
    struct uv_slot_info slot;
    lpid_t lpid;
    if (!uv || !lpid_arg(c, 0, &lpid))
        return false;
    if (c->argc > 1)
        return page_range(c, lpid);
    report_table(c->r, "pages", NULL);
    for (unsigned n = 0; uv_inspect_slot(uv, lpid, n, &slot); n++)
        slot_runs(c, lpid, &slot);
    return true;
}

bool info_PATE(struct command *c)
{
    const struct uv *uv = uv_or_say(c);
    uint64_t dw[2], from = 0, to = 4096, v;
    if (!uv || (c->argc && !command_value(c, c->argv[0], &v)))
        return false;
    if (c->argc) {
        from = v;
        to = v + 1;
    }
    report_table(c->r, "pate", NULL);
    for (uint64_t lpid = from; lpid < to && uv_inspect_pate(uv, (lpid_t)lpid, dw); lpid++) {
        if (!c->argc && !dw[0] && !dw[1])
            continue;
        bool radix = dw[0] & PPC_BIT(0);
        report_row(c->r);
        report_num(c->r, "lpid", lpid);
        report_hex(c->r, "dw0", dw[0]);
        report_hex(c->r, "dw1", dw[1]);
        report_str(c->r, "tree", "%s at 0x%llx%s", radix ? "radix" : "hash",
                   (unsigned long long)(dw[0] & (radix ? PPC_BITS(4, 55) : PPC_BITS(4, 45))),
                   dw[0] & SECURE_RA_BIT ? ", in secure memory" : "");
    }
    return true;
}

/* ---- what waits ---- */

static void report_work(struct report *r, lpid_t lpid, const struct uv_work_info *w)
{
    report_row(r);
    report_num(r, "lpid", lpid);
    report_num(r, "cpu", w->cpu);
    report_str(r, "work", "%s", uv_work_name(w->work));
    report_num(r, "step", w->step);
    report_str(r, "cookie", "%08x", w->cookie);
    report_str(r, "ultracall", "%s", w->ucall ? uv_call_name(w->ucall) : "");
    report_hex(r, "pc", w->pc);
    report_str(r, "detail", "%s", w->detail);
}

bool info_WORK(struct command *c)
{
    const struct uv *uv = uv_or_say(c);
    struct uv_svm_info s;
    struct uv_work_info w;
    unsigned found = 0;
    if (!uv)
        return false;
    report_table(c->r, "work", NULL);
    for (unsigned n = 0; uv_inspect_svm(uv, n, &s); n++)
        for (unsigned i = 0; uv_inspect_work(uv, s.lpid, i, &w); i++, found++)
            report_work(c->r, s.lpid, &w);
    if (!found)
        report_say(c->r, "no thread waits for the hypervisor");
    return true;
}

/* ---- UV_ESM ---- */

static void report_esm(struct report *r, const struct uv_esm_info *e)
{
    report_object(r, "esm", NULL);
    report_hex(r, "kernel", e->kernel);
    report_hex(r, "device tree", e->fdt);
    report_num(r, "step", e->step);
    if (e->fetch_bytes)
        report_str(r, "to come in", "0x%llx, %llu bytes", (unsigned long long)e->fetch,
                   (unsigned long long)e->fetch_bytes);
    if (e->want != ~0ULL)
        report_hex(r, "page asked for", e->want);
    report_num(r, "ranges brought in", e->ranges);
    report_num(r, "pages set aside", e->reserved_pages);
    if (e->rtas_bytes)
        report_str(r, "rtas", "0x%llx, %llu bytes", (unsigned long long)e->rtas,
                   (unsigned long long)e->rtas_bytes);
    if (e->initrd_bytes)
        report_str(r, "initrd", "0x%llx, %llu bytes", (unsigned long long)e->initrd,
                   (unsigned long long)e->initrd_bytes);
    report_str(r, "boot arguments", "%s", e->bootargs);
    report_flag(r, "blob", e->has_blob);
    report_flag(r, "key", e->has_key);
    if (e->unseal)
        report_str(r, "lockbox", "number %u: %s", e->lockbox + 1, e->unseal);
}

static void report_steps(struct report *r, unsigned now)
{
    report_table(r, "steps", NULL);
    for (unsigned i = 1; esm_step_name(i); i++) {
        report_row(r);
        report_num(r, "step", i);
        report_str(r, "name", "%s", esm_step_name(i));
        report_str(r, "state", "%s", i < now ? "done" : i == now ? "now" : "");
        report_str(r, "what", "%s", esm_step_what(i));
    }
}

bool info_ESM(struct command *c)
{
    const struct uv *uv = uv_or_say(c);
    const struct uv_stats *s;
    struct uv_esm_info e;
    lpid_t lpid = 0;
    if (!uv)
        return false;
    s = uv_get_stats(uv);
    report_object(c->r, "calls", "UV_ESM");
    report_num(c->r, "succeeded", s->esm_ok);
    report_num(c->r, "failed", s->esm_failed);
    if (!c->argc && !uv_inspect_svm(uv, 0, &(struct uv_svm_info){0}))
        return true;
    if (!lpid_arg(c, 0, &lpid))
        return false;
    bool now = uv_inspect_esm(uv, lpid, &e);
    if (now)
        report_esm(c->r, &e);
    report_steps(c->r, now ? e.step : s->esm_ok ? ~0u : 0);
    return true;
}

/* ---- calls ---- */

bool info_UCALLS(struct command *c)
{
    const struct uv *uv = uv_or_say(c);
    const struct uv_stats *s = uv ? uv_get_stats(uv) : NULL;
    if (!s)
        return false;
    report_table(c->r, "ucalls", NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(s->ucalls); i++) {
        uint64_t number = UCALL_FIRST + 4 * i;
        if (!uv_call_name(number))
            continue;
        report_row(c->r);
        report_hex(c->r, "number", number);
        report_str(c->r, "ultracall", "%s", uv_call_name(number));
        report_num(c->r, "arguments", uv_call_nargs(number));
        report_num(c->r, "count", s->ucalls[i]);
    }
    report_object(c->r, "moves", "pages");
    report_num(c->r, "in", s->pages_in);
    report_num(c->r, "in, in clear (UV_ESM)", s->pages_in_clear);
    report_num(c->r, "out", s->pages_out);
    report_num(c->r, "refused", s->pages_refused);
    report_num(c->r, "shared", s->shared);
    report_num(c->r, "unshared", s->unshared);
    return true;
}

bool info_HCALLS(struct command *c)
{
    const char *name;
    uint64_t count;
    if (!c->m->hv)
        return report_fail(c->r, "this machine has no hypervisor");
    report_table(c->r, "hcalls", NULL);
    for (unsigned row = 0; (name = hv_hcall_stat(c->m->hv, row, &count)); row++) {
        if (!count)
            continue;
        report_row(c->r);
        report_str(c->r, "hypercall", "%s", name);
        report_num(c->r, "count", count);
    }
    return true;
}

/* The TPM itself is not asked: that would change it. */
bool info_TPM(struct command *c)
{
    static const struct {
        uint32_t code;
        const char *name;
    } commands[] = {
#define TPM_COMMAND(name, code, handles, auths, handle) {code, #name},
#include "pefemu/tpmcommand.def"
#undef TPM_COMMAND
    };
    const struct tpm_config *cfg = &c->m->cfg.tpm;
    report_object(c->r, "tpm", NULL);
    report_str(c->r, "kind", "%s",
               !c->m->tpm    ? "none: no secure VM was asked for"
               : cfg->socket ? "outside, swtpm"
                             : "libtpms");
    report_str(c->r, "state", "%s",
               cfg->socket      ? cfg->socket
               : cfg->state_dir ? cfg->state_dir
                                : "for this run only");
    report_table(c->r, "commands", "commands that firmware uses (catch tpm NAME)");
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        report_row(c->r);
        report_hex(c->r, "code", commands[i].code);
        report_str(c->r, "command", "%s", commands[i].name);
    }
    return true;
}
