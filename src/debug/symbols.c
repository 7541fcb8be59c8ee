/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols: which files, and looking them up by address and by name. */
#include "symbols_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "option_value.h"
#include "pefemu/err.h"
#include "pefemu/hypervisor.h"
#include "pefemu/machine.h"

#define FILE_MAX (1024 * MiB)
/* Symbols inside others: how many are looked at to find one that covers an address. */
#define NESTING 32

/* ---- contexts ---- */

static const char *const context_names[] = {"guest", "hv", "uv", "user", "any"};

const char *symbols_context_name(enum symbol_context as)
{
    return context_names[as];
}

enum symbol_context symbols_context_of(uint64_t msr)
{
    switch ((enum cpu_state)(cpu_state_index(msr) & 3)) {
    case ST_PROBLEM:
        return SYMBOLS_USER;
    case ST_PRIVILEGED:
        return SYMBOLS_GUEST;
    case ST_HYPERVISOR:
        return SYMBOLS_HV;
    case ST_ULTRAVISOR:
        return SYMBOLS_UV;
    }
    return SYMBOLS_ANY;
}

enum symbol_context symbols_context(const struct cpu *cpu)
{
    return symbols_context_of(cpu->msr);
}

static bool is_own(const struct symtab *t, enum symbol_context as)
{
    return t->as == as || t->as == SYMBOLS_ANY || as == SYMBOLS_ANY;
}

/* A program shares the effective address space with its kernel, in both directions. */
static bool is_neighbour(const struct symtab *t, enum symbol_context as)
{
    return (as == SYMBOLS_USER && t->as == SYMBOLS_GUEST) ||
           (as == SYMBOLS_GUEST && t->as == SYMBOLS_USER);
}

/* The files of @as: first its own, then its neighbours'. */
struct walk {
    const struct symbols *s;
    enum symbol_context as;
    const struct symtab *at;
    bool neighbours;
};

static const struct symtab *next_table(struct walk *w)
{
    for (;;) {
        w->at = w->at ? w->at->next : w->s ? w->s->first : NULL;
        if (!w->at) {
            if (w->neighbours || !w->s)
                return NULL;
            w->neighbours = true;
        } else if (w->neighbours ? is_neighbour(w->at, w->as) : is_own(w->at, w->as)) {
            return w->at;
        }
    }
}

/* ---- by address ---- */

static const struct sym *find_sym(const struct symtab *t, uint64_t ea)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (t->sym[mid].ea <= ea)
            low = mid + 1;
        else
            high = mid;
    }
    for (size_t i = low, n = 0; i && n < NESTING; i--, n++) {
        const struct sym *s = &t->sym[i - 1];
        if (s->size ? ea - s->ea < s->size : n == 0)
            return s; /* without a size: up to the next symbol */
    }
    return NULL;
}

static bool in_range(const struct symtab *t, uint64_t link)
{
    return link - t->first < t->end - t->first;
}

/* Where @ea was linked. A kernel that has just been loaded runs in real mode where it lies; when it
 * has moved itself to 0, only the beginning of it still does. */
static bool linked_address(const struct symtab *t, ea_t ea, uint64_t *link)
{
    *link = ea - t->delta;
    if (in_range(t, *link))
        return true;
    if (!t->kernel || ea >> 60)
        return false;
    *link = ea >= t->load ? ea - t->load + t->first : ea + t->first;
    return in_range(t, *link);
}

static void describe(const struct symtab *t, const struct sym *s, uint64_t delta,
                     struct symbol *out)
{
    *out = (struct symbol){
        .name = t->names + s->name,
        .ea = s->ea + delta,
        .body = s->ea + delta + s->local,
        .size = s->size,
        .function = s->function,
        .as = t->as,
        .file = t->path,
    };
}

bool symbols_at(const struct symbols *s, enum symbol_context as, ea_t ea, struct symbol *out)
{
    struct walk w = {.s = s, .as = as};
    const struct symtab *t;
    while ((t = next_table(&w))) {
        uint64_t link;
        const struct sym *sym = linked_address(t, ea, &link) ? find_sym(t, link) : NULL;
        if (!sym)
            continue;
        describe(t, sym, ea - link, out);
        return true;
    }
    return false;
}

const char *symbols_text(const struct symbols *s, enum symbol_context as, ea_t ea, char *buf,
                         size_t size)
{
    struct symbol sym;
    if (!symbols_at(s, as, ea, &sym))
        snprintf(buf, size, "%s", "");
    else if (ea == sym.ea)
        snprintf(buf, size, "%s", sym.name);
    else
        snprintf(buf, size, "%s+0x%llx", sym.name, (unsigned long long)(ea - sym.ea));
    return buf;
}

/* ---- by name ---- */

static const char *nth_name(const struct symtab *t, size_t i)
{
    return t->names + t->sym[t->by_name[i]].name;
}

/* The first name that is not less than @name. */
static size_t first_name(const struct symtab *t, const char *name)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (strcmp(nth_name(t, mid), name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool symbols_named(const struct symbols *s, enum symbol_context as, const char *name,
                   struct symbol *out)
{
    struct walk w = {.s = s, .as = as};
    const struct symtab *t;
    while ((t = next_table(&w))) {
        size_t i = first_name(t, name);
        if (i == t->count || strcmp(nth_name(t, i), name))
            continue;
        describe(t, &t->sym[t->by_name[i]], t->delta, out);
        return true;
    }
    return false;
}

void symbols_each(const struct symbols *s, enum symbol_context as, const char *prefix,
                  bool (*fn)(void *opaque, const struct symbol *sym), void *opaque)
{
    struct walk w = {.s = s, .as = as};
    const struct symtab *t;
    size_t len = strlen(prefix);
    while ((t = next_table(&w)))
        for (size_t i = first_name(t, prefix);
             i < t->count && !strncmp(nth_name(t, i), prefix, len); i++) {
            struct symbol sym;
            describe(t, &t->sym[t->by_name[i]], t->delta, &sym);
            if (!fn(opaque, &sym))
                return;
        }
}

/* ---- files ---- */

bool symbols_file(const struct symbols *s, unsigned index, struct symbols_file *out)
{
    const struct symtab *t = s ? s->first : NULL;
    while (t && index--)
        t = t->next;
    if (!t)
        return false;
    *out = (struct symbols_file){.path = t->path,
                                 .as = t->as,
                                 .first = t->first + t->delta,
                                 .last = t->end + t->delta - 1,
                                 .count = t->count};
    return true;
}

static int by_address(const void *a, const void *b)
{
    const struct sym *x = a, *y = b;
    if (x->ea != y->ea)
        return x->ea < y->ea ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

static int by_name(const void *a, const void *b, void *table)
{
    const struct symtab *t = table;
    const struct sym *x = &t->sym[*(const uint32_t *)a], *y = &t->sym[*(const uint32_t *)b];
    int order = strcmp(t->names + x->name, t->names + y->name);
    return order ? order : by_address(y, x); /* of two the one that would be shown */
}

static problem_t read_table(struct symtab *t, const char *path)
{
    struct bytes file;
    problem_t problem = bytes_read_file(&file, path, FILE_MAX);
    if (problem)
        return problem;
    problem = bytes_unpack(&file, FILE_MAX);
    if (!problem)
        problem = symtab_read(t, file.p, file.len);
    bytes_free(&file);
    if (problem)
        return problem;
    t->path = strdup(path);
    t->by_name = malloc(t->count * sizeof(*t->by_name));
    if (!t->path || !t->by_name)
        return "the host has not enough memory for its symbols";
    qsort(t->sym, t->count, sizeof(*t->sym), by_address);
    for (size_t i = 0; i < t->count; i++)
        t->by_name[i] = (uint32_t)i;
    qsort_r(t->by_name, t->count, sizeof(*t->by_name), by_name, t);
    return NULL;
}

static struct symtab *add_file(struct symbols *s, const char *path, problem_t *problem)
{
    struct symtab **at = &s->first, *t = calloc(1, sizeof(*t));
    *problem = t ? read_table(t, path) : "the host has not enough memory";
    if (*problem) {
        symtab_free(t);
        return NULL;
    }
    while (*at)
        at = &(*at)->next;
    return *at = t;
}

/* ---- options ---- */

static bool complain(char *message, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool complain(char *message, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, SYMBOLS_MESSAGE, fmt, ap);
    va_end(ap);
    return false;
}

static bool parse_context(const char *word, enum symbol_context *as)
{
    for (unsigned i = 0; i < SYMBOLS_ANY; i++)
        if (!strcmp(word, context_names[i])) {
            *as = (enum symbol_context)i;
            return true;
        }
    return false;
}

/* Cuts ",as=..." and "@ADDR" off the end of @path. */
static bool parse_spec(char *path, enum symbol_context *as, bool *moved, uint64_t *address,
                       char *message)
{
    char *option = strstr(path, ",as=");
    *as = SYMBOLS_ANY;
    if (option && !parse_context(option + 4, as))
        return complain(message, "%.60s: unknown context; use as=guest, hv, uv or user", option);
    if (option)
        *option = '\0';
    char *at = strrchr(path, '@');
    *moved = at != NULL;
    if (at && !value_u64(at + 1, UINT64_MAX, address))
        return complain(message, "%.60s: no address; use for example @0x10000000", at);
    if (at)
        *at = '\0';
    return path[0] || complain(message, "no file is named; use FILE[@ADDR][,as=guest|hv|uv|user]");
}

bool symbols_add(struct symbols *s, const char *spec, char *message)
{
    enum symbol_context as = 0;
    uint64_t address = 0;
    bool moved = false;
    problem_t problem = NULL;
    char *path = strdup(spec);
    bool ok = path && parse_spec(path, &as, &moved, &address, message);
    struct symtab *t = ok ? add_file(s, path, &problem) : NULL;
    if (ok && !t)
        complain(message, "%.120s: %s", path, problem);
    if (t) {
        t->as = as;
        t->delta = moved ? address - t->first : 0;
    }
    free(path);
    return t != NULL;
}

bool symbols_add_kernel(struct symbols *s, const char *path, ea_t base, char *message)
{
    problem_t problem;
    struct symtab *t = add_file(s, path, &problem);
    if (!t)
        return complain(message, "%.120s: %s", path, problem);
    t->as = SYMBOLS_GUEST;
    t->kernel = true;
    t->load = base;
    return true;
}

/* ---- a machine's ---- */

struct symbols *symbols_create(void)
{
    return calloc(1, sizeof(struct symbols));
}

void symbols_destroy(struct symbols *s)
{
    while (s && s->first) {
        struct symtab *t = s->first;
        s->first = t->next;
        symtab_free(t);
    }
    free(s);
}

/* A kernel without symbols is nothing to complain about: nobody has asked for them. */
static void add_own_kernel(struct symbols *s, const struct machine *m)
{
    char message[SYMBOLS_MESSAGE];
    if (m->cfg.kernel && m->hv)
        symbols_add_kernel(s, m->cfg.kernel, hv_kernel_base(m->hv), message);
}

static bool load(struct machine *m)
{
    char message[SYMBOLS_MESSAGE];
    bool ok = true;
    m->symbols = symbols_create();
    for (const char *const *spec = m->cfg.symbols; m->symbols && spec && *spec; spec++)
        if (!symbols_add(m->symbols, *spec, message)) {
            pef_complain("-sym %s", message);
            ok = false;
        }
    if (m->symbols)
        add_own_kernel(m->symbols, m);
    return ok;
}

struct symbols *symbols_of(struct machine *m)
{
    if (!m->symbols)
        load(m);
    return m->symbols;
}

bool symbols_load_options(struct machine *m)
{
    return !m->cfg.symbols || !m->cfg.symbols[0] || m->symbols || load(m);
}
