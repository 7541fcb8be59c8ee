/* SPDX-License-Identifier: Apache-2.0 */
/* Commands about stop points: break, watch, catch, and what there is of them. */
#include "calls.h"
#include "condition.h"
#include "expr.h"
#include "monitor_internal.h"

#include <stdio.h>

/* ---- what a point is, in a line ---- */

static const char *kind_name(enum debug_kind kind)
{
    switch (kind) {
    case DEBUG_BREAK:
        return "break";
    case DEBUG_WATCH_STORE:
        return "watch";
    case DEBUG_WATCH_LOAD:
        return "rwatch";
    case DEBUG_WATCH_ANY:
        return "awatch";
    case DEBUG_CATCH:
        return "catch";
    }
    return "?";
}

static void point_what(const struct debug_point *p, char *out, size_t size)
{
    size_t n = 0;
    if (p->kind == DEBUG_BREAK) {
        snprintf(out, size, "0x%llx", (unsigned long long)p->ea);
        return;
    }
    if (p->kind != DEBUG_CATCH) {
        snprintf(out, size, "0x%llx, %llu bytes", (unsigned long long)p->ea,
                 (unsigned long long)p->len);
        return;
    }
    for (unsigned id = 0; id < EVENT_COUNT && n < size; id++)
        if (p->events >> id & 1)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? "," : "", event_rows[id].name);
    if (p->text[0] && n < size)
        snprintf(out + n, size - n, " %s", p->text);
}

static void report_point(struct report *r, const struct debug_point *p)
{
    char what[128], condition[256];
    point_what(p, what, sizeof(what));
    condition_text(p, condition, sizeof(condition));
    report_row(r);
    report_num(r, "id", p->id);
    report_str(r, "kind", "%s", kind_name(p->kind));
    report_str(r, "what", "%s", what);
    report_str(r, "condition", "%s", condition);
    report_flag(r, "enabled", !p->disabled);
    report_num(r, "hits", p->hits);
}

bool info_BREAKPOINTS(struct command *c)
{
    struct debug_point *p = NULL;
    unsigned n = 0;
    report_table(c->r, "breakpoints", NULL);
    while ((p = debug_next_point(c->d, p))) {
        if (p->owned_by_gdb)
            continue;
        report_point(c->r, p);
        n++;
    }
    if (!n)
        report_say(c->r, "no stop points");
    return true;
}

/* ---- making them ---- */

static bool conditions(struct command *c, struct debug_point *p, unsigned from)
{
    for (unsigned i = from; i < c->argc; i++)
        if (strcmp(c->argv[i], "if") != 0 && !condition_parse(p, command_cpu(c), c->argv[i], c->r))
            return false;
    return true;
}

static bool add_point(struct command *c, const struct debug_point *p)
{
    unsigned id = debug_add(c->d, p);
    if (!id)
        return report_fail(c->r, "no room for one more stop point; delete some");
    report_table(c->r, "breakpoints", NULL);
    struct debug_point copy = *p;
    copy.id = id;
    report_point(c->r, &copy);
    return true;
}

bool monitor_BREAK(struct command *c)
{
    struct debug_point p;
    debug_point_init(&p, DEBUG_BREAK);
    if (!c->argc)
        return report_fail(c->r, "break: say where: an effective address");
    const char *why;
    if (!expr_code(command_cpu(c), c->argv[0], &p.ea, &why))
        return report_fail(c->r, "%s: %s", c->argv[0], why);
    return conditions(c, &p, 1) && add_point(c, &p);
}

static bool watch(struct command *c, enum debug_kind kind)
{
    struct debug_point p;
    bool has_len = c->argc > 1 && !strchr(c->argv[1], '=');
    debug_point_init(&p, kind);
    p.len = 8;
    if (!c->argc)
        return report_fail(c->r, "watch: say what: an effective address, and how many bytes");
    if (!command_value(c, c->argv[0], &p.ea) || (has_len && !command_value(c, c->argv[1], &p.len)))
        return false;
    if (!p.len || p.len > 1ULL << 32)
        return report_fail(c->r, "%s: from 1 byte to 4 GiB", c->argv[1]);
    return conditions(c, &p, has_len ? 2 : 1) && add_point(c, &p);
}

bool monitor_WATCH(struct command *c)
{
    return watch(c, DEBUG_WATCH_STORE);
}

bool monitor_RWATCH(struct command *c)
{
    return watch(c, DEBUG_WATCH_LOAD);
}

bool monitor_AWATCH(struct command *c)
{
    return watch(c, DEBUG_WATCH_ANY);
}

/* ---- catches ---- */

static bool is_call(enum event_id id, enum call_kind *kind)
{
    *kind = id == EVENT_UCALL || id == EVENT_UCALL_RETURN ? CALL_ULTRA : CALL_HYPER;
    return *kind == CALL_ULTRA || id == EVENT_HCALL || id == EVENT_HCALL_RETURN;
}

/* The word behind the event: a name is the event's text, a number its first argument. */
static bool catch_which(struct command *c, struct debug_point *p, enum event_id id,
                        const char *word)
{
    enum call_kind kind;
    uint64_t number;
    if (*word >= '0' && *word <= '9') {
        /* Pages are 64 KiB: any address in one means it. */
        bool page = !strcmp(event_rows[id].arg[0], "gpa");
        if (!command_value(c, word, &number))
            return false;
        p->arg[0] = (struct debug_arg){true, page ? number & ~0xffffULL : number,
                                       page ? ~0xffffULL : ~0ULL};
        return true;
    }
    if (is_call(id, &kind) && !call_number(kind, word, &number))
        return report_fail(c->r, "%s: there is no such %s; Tab lists them", word,
                           kind == CALL_ULTRA ? "ultracall" : "hypercall");
    if (strlen(word) >= sizeof(p->text))
        return report_fail(c->r, "%s: no event has such a long name", word);
    snprintf(p->text, sizeof(p->text), "%s", word);
    return true;
}

bool monitor_CATCH(struct command *c)
{
    struct debug_point p;
    bool vector = c->argc && !strcmp(c->argv[0], "vector");
    enum event_id id = vector ? EVENT_INTERRUPT : c->argc ? event_find(c->argv[0]) : EVENT_COUNT;
    bool has_which = c->argc > 1 && !strchr(c->argv[1], '=') && strcmp(c->argv[1], "once") != 0;
    debug_point_init(&p, DEBUG_CATCH);
    if (id == EVENT_COUNT)
        return report_fail(c->r, "catch%s%s: no such event; \"info events\" lists them",
                           c->argc ? " " : "", c->argc ? c->argv[0] : "");
    p.events = 1u << id;
    if (has_which && !catch_which(c, &p, id, c->argv[1]))
        return false;
    return conditions(c, &p, has_which ? 2 : 1) && add_point(c, &p);
}

bool info_EVENTS(struct command *c)
{
    report_table(c->r, "events", NULL);
    for (unsigned id = 0; id < EVENT_COUNT; id++) {
        char args[80] = "";
        for (unsigned i = 0; i < EVENT_ARGS; i++)
            if (event_rows[id].arg[i][0])
                snprintf(args + strlen(args), sizeof(args) - strlen(args), "%s%s", i ? " " : "",
                         event_rows[id].arg[i]);
        report_row(c->r);
        report_str(c->r, "event", "%s", event_rows[id].name);
        report_str(c->r, "happens when", "%s", event_rows[id].what);
        report_str(c->r, "arguments", "%s", args);
    }
    return true;
}

/* ---- changing them ---- */

static struct debug_point *find_point(struct command *c, const char *word)
{
    struct debug_point *p = NULL;
    uint64_t id;
    if (!command_value(c, word, &id))
        return NULL;
    while ((p = debug_next_point(c->d, p)))
        if (p->id == id && !p->owned_by_gdb)
            return p;
    report_fail(c->r, "%s: there is no such stop point; info breakpoints lists them", word);
    return NULL;
}

static void delete_all(struct debug *d)
{
    for (struct debug_point *p = debug_next_point(d, NULL), *next; p; p = next) {
        next = debug_next_point(d, p);
        if (!p->owned_by_gdb)
            debug_delete(d, p->id);
    }
}

bool monitor_DELETE(struct command *c)
{
    if (!c->argc)
        delete_all(c->d);
    for (unsigned i = 0; i < c->argc; i++) {
        struct debug_point *p = find_point(c, c->argv[i]);
        if (!p)
            return false;
        debug_delete(c->d, p->id);
    }
    return true;
}

static bool set_enabled(struct command *c, bool enabled)
{
    if (!c->argc)
        return report_fail(c->r, "say which: their ids");
    for (unsigned i = 0; i < c->argc; i++) {
        struct debug_point *p = find_point(c, c->argv[i]);
        if (!p)
            return false;
        p->disabled = !enabled;
    }
    debug_points_changed(c->d);
    return true;
}

bool monitor_ENABLE(struct command *c)
{
    return set_enabled(c, true);
}

bool monitor_DISABLE(struct command *c)
{
    return set_enabled(c, false);
}
