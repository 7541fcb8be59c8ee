/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: from a line to the handler that monitor.def names; help and completion. */
#include "expr.h"
#include "monitor_internal.h"

#include <stdlib.h>

struct row {
    const char *name, *other, *args, *words, *help;
    bool (*run)(struct command *c);
    const char *group; /* of the first command in it, else NULL */
};

#define COMMAND_GROUP(title) {.group = title},
#define COMMAND(id, name, other, args, words, help)                                                \
    {name, other, args, words, help, monitor_##id, NULL},
#define INFO(id, ...)
static const struct row commands[] = {
#include "monitor.def"
};
#undef COMMAND_GROUP
#undef COMMAND
#undef INFO

#define COMMAND_GROUP(title)
#define COMMAND(id, ...)
#define INFO(id, name, args, help) {name, "", args, "", help, info_##id, NULL},
static const struct row infos[] = {
#include "monitor.def"
};
#undef COMMAND_GROUP
#undef COMMAND
#undef INFO

/* ---- finding ---- */

/* The row that @word names or is the only beginning of; *many: it begins more than one. */
static const struct row *find(const struct row *rows, unsigned n, const char *word, bool *many)
{
    const struct row *begins = NULL;
    *many = false;
    for (unsigned i = 0; i < n; i++) {
        if (!rows[i].name)
            continue;
        if (!strcmp(rows[i].name, word) || (rows[i].other[0] && !strcmp(rows[i].other, word)))
            return &rows[i];
        if (strncmp(rows[i].name, word, strlen(word)) != 0)
            continue;
        *many |= begins != NULL;
        begins = &rows[i];
    }
    return *many ? NULL : begins;
}

static const struct row *find_or_say(struct report *r, const struct row *rows, unsigned n,
                                     const char *kind, const char *word)
{
    bool many;
    const struct row *row = find(rows, n, word, &many);
    if (row)
        return row;
    many ? report_fail(r, "%s%s: more than one begins so; Tab or \"help\" lists them", kind, word)
         : report_fail(r, "%s%s: there is no such command; \"help\" lists all", kind, word);
    return NULL;
}

/* ---- words ---- */

/* Cuts @line into words, in place; "..." holds spaces. Returns how many, or -1: too many. */
static int split(char *line, char **argv, int max)
{
    int n = 0;
    for (char *p = line;;) {
        while (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')
            p++;
        if (!*p || *p == '#') /* scripts have comments */
            break;
        if (n == max - 1)
            return -1;
        bool quoted = *p == '"';
        argv[n++] = p += quoted;
        while (*p && (quoted ? *p != '"' : !strchr(" \t\r\n", *p)))
            p++;
        if (!*p)
            break;
        *p++ = '\0';
    }
    argv[n] = NULL;
    return n;
}

/* "x/8xw" is written like two words, "x" and "/8xw". */
static void part_format(char *line, char *out, size_t size)
{
    char *p = line + strspn(line, " \t");
    size_t name = strcspn(p, "/ \t\r\n");
    bool glued = name && p[name] == '/';
    snprintf(out, size, "%.*s%s%s", (int)name, p, glued ? " " : "", p + name);
}

/* ---- the machine ---- */

struct cpu *command_cpu(const struct command *c)
{
    const struct debug_halt *halt = debug_halted(c->d);
    if (c->mon->cpu < c->m->ncpus)
        return &c->m->cpus[c->mon->cpu];
    return halt ? halt->cpu : &c->m->cpus[c->m->turn];
}

bool command_needs_life(struct command *c)
{
    return !debug_has_ended(c->d) ||
           report_fail(c->r, "the machine has ended: it can be looked at; quit ends pefemu");
}

bool command_needs_halt(struct command *c)
{
    if (!command_needs_life(c))
        return false;
    return debug_halted(c->d) || report_fail(c->r, "the machine is running; stop halts it");
}

bool command_value(struct command *c, const char *word, uint64_t *value)
{
    const char *why;
    return expr_value(command_cpu(c), word, value, &why) || report_fail(c->r, "%s: %s", word, why);
}

static struct monitor *monitor_of(struct debug *d)
{
    if (!d->monitor) {
        d->monitor = calloc(1, sizeof(*d->monitor));
        if (d->monitor)
            d->monitor->cpu = DEBUG_ANY;
    }
    return d->monitor;
}

/* ---- execution ---- */

#define LINE_MAX_LEN 4096

static void run_words(struct command *c, char *line)
{
    int argc = split(line, c->words, COMMAND_WORDS);
    if (argc < 0) {
        report_fail(c->r, "more than %d words", COMMAND_WORDS - 1);
        return;
    }
    if (!argc)
        return;
    const struct row *row = find_or_say(c->r, commands, ARRAY_SIZE(commands), "", c->words[0]);
    c->argc = (unsigned)argc - 1;
    c->argv = c->words + 1;
    if (row && !row->run(c))
        report_fail(c->r, "%s: could not be done", row->name);
}

/* "-j" in front. */
static bool take_json(const char **line)
{
    const char *p = *line + strspn(*line, " \t");
    if (strncmp(p, "-j", 2) != 0 || (p[2] && !strchr(" \t", p[2])))
        return false;
    *line = p + 2;
    return true;
}

bool monitor_command(struct debug *d, const char *line, monitor_out out, void *opaque)
{
    char copy[LINE_MAX_LEN], words[LINE_MAX_LEN + 2];
    bool json = take_json(&line);
    struct command c = {.d = d, .m = debug_machine(d), .mon = monitor_of(d), .r = report_new()};
    if (!c.mon || !c.r) {
        report_free(c.r);
        return false;
    }
    if (strlen(line) >= sizeof(copy)) {
        report_fail(c.r, "the line is longer than %d characters", LINE_MAX_LEN - 1);
    } else {
        memcpy(copy, line, strlen(line) + 1);
        part_format(copy, words, sizeof(words));
        run_words(&c, words);
    }
    bool ok = report_write(c.r, json, out, opaque);
    report_free(c.r);
    return ok;
}

/* ---- help ---- */

static void help_row(struct report *r, const struct row *row)
{
    report_row(r);
    report_str(r, "command", "%s%s%s", row->name, row->args[0] ? " " : "", row->args);
    report_str(r, "does", "%s", row->help);
}

static void help_rows(struct report *r, const char *name, const char *title, const struct row *rows,
                      unsigned n)
{
    report_table(r, name, title);
    for (unsigned i = 0; i < n; i++)
        help_row(r, &rows[i]);
}

static void help_all(struct report *r)
{
    for (unsigned i = 0, next; i < ARRAY_SIZE(commands); i = next) {
        for (next = i + 1; next < ARRAY_SIZE(commands) && commands[next].name;)
            next++;
        help_rows(r, commands[i].group, commands[i].group, &commands[i + 1], next - i - 1);
    }
}

static bool is_info(const char *word)
{
    return !strcmp(word, "info") || !strcmp(word, "i");
}

bool monitor_HELP(struct command *c)
{
    if (!c->argc) {
        help_all(c->r);
    } else if (is_info(c->argv[0]) && c->argc == 1) {
        help_rows(c->r, "info", NULL, infos, ARRAY_SIZE(infos));
    } else {
        bool info = is_info(c->argv[0]);
        const struct row *row =
            info ? find_or_say(c->r, infos, ARRAY_SIZE(infos), "info ", c->argv[1])
                 : find_or_say(c->r, commands, ARRAY_SIZE(commands), "", c->argv[0]);
        if (!row)
            return false;
        report_table(c->r, "help", NULL);
        help_row(c->r, row);
    }
    return true;
}

bool monitor_INFO(struct command *c)
{
    if (!c->argc) {
        help_rows(c->r, "info", NULL, infos, ARRAY_SIZE(infos));
        return true;
    }
    const struct row *row = find_or_say(c->r, infos, ARRAY_SIZE(infos), "info ", c->argv[0]);
    if (!row)
        return false;
    c->argc--;
    c->argv++;
    return row->run(c);
}

/* ---- completion ---- */

struct offer {
    void (*found)(void *opaque, const char *word);
    void *opaque;
    const char *begin; /* what stands before the cursor of the word */
};

static void offer(const struct offer *o, const char *word)
{
    if (!strncmp(word, o->begin, strlen(o->begin)))
        o->found(o->opaque, word);
}

static void offer_rows(const struct offer *o, const struct row *rows, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (rows[i].name)
            offer(o, rows[i].name);
}

static void offer_events(const struct offer *o)
{
    for (unsigned i = 0; i < EVENT_COUNT; i++)
        offer(o, event_rows[i].name);
}

static void offer_calls(const struct offer *o)
{
#define UCALL(number, name, ...) offer(o, #name);
#include "pefemu/ucall.def"
#undef UCALL
#define HCALL(number, name, ...) offer(o, #name);
#include "pefemu/hcall.def"
#undef HCALL
}

static void offer_word(const struct offer *o, const char *word)
{
    if (!strcmp(word, "@command"))
        offer_rows(o, commands, ARRAY_SIZE(commands));
    else if (!strcmp(word, "@info"))
        offer_rows(o, infos, ARRAY_SIZE(infos));
    else if (!strcmp(word, "@event"))
        offer_events(o);
    else if (!strcmp(word, "@call"))
        offer_calls(o);
    else
        offer(o, word);
}

void monitor_complete(struct debug *d, const char *line,
                      void (*found)(void *opaque, const char *word), void *opaque)
{
    char name[64], words[400], *save;
    const char *space = strrchr(line, ' ');
    struct offer o = {found, opaque, space ? space + 1 : line};
    bool many;
    (void)d;
    if (!space) {
        offer_rows(&o, commands, ARRAY_SIZE(commands));
        return;
    }
    line += strspn(line, " ");
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, " "), line);
    const struct row *row = find(commands, ARRAY_SIZE(commands), name, &many);
    if (!row)
        return;
    snprintf(words, sizeof(words), "%s", row->words);
    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
        offer_word(&o, w);
}
