/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions of stop points, read and written. */
#include "condition.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "expr.h"

const char *const condition_states[4] = {"problem", "privileged", "hypervisor", "ultravisor"};

/* ---- one kind each ---- */

struct word {
    struct debug_point *p;
    struct cpu *cpu;
    struct report *r;
    const char *key, *text; /* KEY=TEXT */
};

static bool value(const struct word *w, const char *text, uint64_t *v)
{
    const char *why;
    return expr_value(w->cpu, text, v, &why) || report_fail(w->r, "%s=%s: %s", w->key, text, why);
}

static bool small(const struct word *w, uint32_t *out)
{
    uint64_t v;
    if (!value(w, w->text, &v))
        return false;
    *out = (uint32_t)v;
    return v < DEBUG_ANY || report_fail(w->r, "%s=%s: too large", w->key, w->text);
}

static bool set_cpu(const struct word *w)
{
    uint32_t n;
    if (!small(w, &n))
        return false;
    w->p->cpu = n;
    return n < MACHINE_MAX_CPUS || report_fail(w->r, "cpu=%s: there are CPUs 0 to %d at most",
                                               w->text, MACHINE_MAX_CPUS - 1);
}

/* Several may be named: state=problem+privileged. */
static bool set_state(const struct word *w)
{
    char copy[80], *save;
    snprintf(copy, sizeof(copy), "%s", w->text);
    for (char *s = strtok_r(copy, "+", &save); s; s = strtok_r(NULL, "+", &save)) {
        unsigned i = 0;
        while (i < ARRAY_SIZE(condition_states) && strcmp(condition_states[i], s))
            i++;
        if (i == ARRAY_SIZE(condition_states))
            return report_fail(w->r,
                               "state=%s: say problem, privileged, hypervisor, ultravisor or some "
                               "of them with + between",
                               s);
        w->p->states |= 1u << i;
    }
    return w->p->states || report_fail(w->r, "state=: no state is named");
}

static bool set_secure(const struct word *w)
{
    uint32_t n;
    if (!small(w, &n))
        return false;
    w->p->secure = n != 0;
    return n < 2 || report_fail(w->r, "secure=%s: 0 or 1", w->text);
}

/* count=3 stops the third time and from then on. */
static bool set_count(const struct word *w)
{
    uint64_t n;
    if (!value(w, w->text, &n))
        return false;
    if (!n)
        return report_fail(w->r, "count=0: the first time is 1");
    w->p->ignore = n - 1;
    return true;
}

static bool set_arg(const struct word *w, struct debug_arg *arg)
{
    char copy[128];
    const char *slash = strchr(w->text, '/');
    arg->mask = ~0ULL;
    snprintf(copy, sizeof(copy), "%.*s", (int)(slash ? slash - w->text : (long)strlen(w->text)),
             w->text);
    if (!value(w, copy, &arg->value) || (slash && !value(w, slash + 1, &arg->mask)))
        return false;
    arg->used = true;
    return !(arg->value & ~arg->mask) ||
           report_fail(w->r, "%s=%s: the value has bits that the mask has not", w->key, w->text);
}

/* ---- all ---- */

/* The argument of every event of @p that @name names; "arg0".. count where none is named so. */
static struct debug_arg *find_arg(struct debug_point *p, const char *name)
{
    int found = -1;
    for (unsigned id = 0; id < EVENT_COUNT; id++) {
        if (!(p->events >> id & 1))
            continue;
        int here = -1;
        for (int i = 0; i < EVENT_ARGS; i++)
            if (event_rows[id].arg[i][0] && !strcmp(event_rows[id].arg[i], name))
                here = i;
        if (here < 0 && !strncmp(name, "arg", 3) && name[3] >= '0' && name[3] < '0' + EVENT_ARGS &&
            !name[4])
            here = name[3] - '0';
        if (here < 0 || (found >= 0 && here != found))
            return NULL;
        found = here;
    }
    return found < 0 ? NULL : &p->arg[found];
}

static const struct {
    const char *key;
    bool (*set)(const struct word *w);
} keys[] = {{"cpu", set_cpu}, {"state", set_state}, {"secure", set_secure}, {"count", set_count}};

bool condition_parse(struct debug_point *p, struct cpu *cpu, const char *word, struct report *r)
{
    char key[32];
    const char *equals = strchr(word, '=');
    if (!strcmp(word, "once")) {
        p->temporary = true;
        return true;
    }
    if (!equals || (size_t)(equals - word) >= sizeof(key))
        return report_fail(r, "%s: not a condition KEY=VALUE; see docs/debugging.md", word);
    snprintf(key, sizeof(key), "%.*s", (int)(equals - word), word);
    struct word w = {p, cpu, r, key, equals + 1};
    /* An event knows better than the CPU's registers which partition it is about. */
    struct debug_arg *arg = find_arg(p, key);
    if (arg)
        return set_arg(&w, arg);
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
        if (!strcmp(keys[i].key, key))
            return keys[i].set(&w);
    if (!strcmp(key, "lpid"))
        return small(&w, &p->lpid);
    return report_fail(r, "%s=: no such condition; lpid, cpu, state, secure, count%s", key,
                       p->kind == DEBUG_CATCH ? ", arguments of the event" : "");
}

static void add(char *out, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void add(char *out, size_t size, const char *fmt, ...)
{
    size_t n = strlen(out);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out + n, size - n, fmt, ap);
    va_end(ap);
}

static void args_text(const struct debug_point *p, char *out, size_t size)
{
    const struct event_row *row = NULL;
    for (unsigned id = 0; id < EVENT_COUNT && !row; id++)
        if (p->events >> id & 1)
            row = &event_rows[id];
    for (unsigned i = 0; row && i < EVENT_ARGS; i++) {
        if (!p->arg[i].used)
            continue;
        if (row->arg[i][0])
            add(out, size, " %s=0x%" PRIx64, row->arg[i], p->arg[i].value);
        else
            add(out, size, " arg%u=0x%" PRIx64, i, p->arg[i].value);
        if (p->arg[i].mask != ~0ULL)
            add(out, size, "/0x%" PRIx64, p->arg[i].mask);
    }
}

void condition_text(const struct debug_point *p, char *out, size_t size)
{
    const char *before = " state=";
    out[0] = '\0';
    args_text(p, out, size);
    if (p->lpid != DEBUG_ANY)
        add(out, size, " lpid=%u", p->lpid);
    if (p->cpu != DEBUG_ANY)
        add(out, size, " cpu=%u", p->cpu);
    for (unsigned i = 0; i < ARRAY_SIZE(condition_states); i++) {
        if (!(p->states >> i & 1))
            continue;
        add(out, size, "%s%s", before, condition_states[i]);
        before = "+";
    }
    if (p->secure >= 0)
        add(out, size, " secure=%d", p->secure);
    if (p->ignore)
        add(out, size, " count=%" PRIu64, p->ignore + 1);
    if (p->temporary)
        add(out, size, " once");
    if (out[0])
        memmove(out, out + 1, strlen(out));
}
