/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that show memory: view, x, dump. */
#include "monitor_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pefemu/symbols.h"

/* ---- view ---- */

static const struct {
    const char *name;
    enum view_kind kind;
    bool takes_lpid;
} views[] = {{"cpu", VIEW_CPU, false},
             {"svm", VIEW_SVM, true},
             {"hv", VIEW_HV, true},
             {"uv", VIEW_UV, false},
             {"real", VIEW_REAL, false}};

static bool view_words(struct command *c, struct view *v)
{
    unsigned i = 0, at = 1;
    uint64_t lpid = 1;
    while (i < ARRAY_SIZE(views) && strcmp(views[i].name, c->argv[0]))
        i++;
    if (i == ARRAY_SIZE(views))
        return report_fail(c->r, "view %s: say cpu, svm LPID, hv, uv or real", c->argv[0]);
    *v = (struct view){.kind = views[i].kind};
    if (views[i].takes_lpid && at < c->argc && isdigit((unsigned char)c->argv[at][0]) &&
        !command_value(c, c->argv[at++], &lpid))
        return false;
    v->lpid = (lpid_t)lpid;
    if (at < c->argc && (!strcmp(c->argv[at], "le") || !strcmp(c->argv[at], "be")))
        v->order = c->argv[at++][0] == 'l' ? VIEW_LE : VIEW_BE;
    return at == c->argc || report_fail(c->r, "view: %s is not understood", c->argv[at]);
}

bool monitor_VIEW(struct command *c)
{
    static const char *const what[] = {
        [VIEW_CPU] = "effective addresses of the CPU",
        [VIEW_SVM] = "guest real addresses as the SVM sees them: secure pages in clear",
        [VIEW_HV] = "guest real addresses as the hypervisor gets them: secure pages as ciphertext",
        [VIEW_UV] = "the ultravisor's real mode: secure memory at 0",
        [VIEW_REAL] = "real addresses; secure memory at 0x1000000000000",
    };
    char text[40];
    if (c->argc && !view_words(c, &c->mon->view))
        return false;
    view_text(&c->mon->view, text, sizeof(text));
    report_say(c->r, "view %s: %s", text, what[c->mon->view.kind]);
    return true;
}

/* ---- x ---- */

#define SHOW_MAX 4096u

struct format {
    unsigned count;
    char kind; /* x d u o c i */
    unsigned size;
};

static bool parse_format(struct command *c, const char *word, struct format *f)
{
    char *end;
    unsigned long n = strtoul(word + 1, &end, 10);
    if (end != word + 1)
        f->count = n < SHOW_MAX ? (unsigned)n : SHOW_MAX;
    for (; *end; end++) {
        const char *size = strchr("bhwg", *end);
        if (size)
            f->size = 1u << (size - "bhwg");
        else if (strchr("xduoci", *end))
            f->kind = *end;
        else
            return report_fail(c->r, "x %s: /COUNT, then x d u o c or i, then b h w or g", word);
    }
    return f->count || report_fail(c->r, "x %s: nothing to show", word);
}

static uint64_t number(const uint8_t *p, unsigned size, bool le)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < size; i++)
        v = v << 8 | p[le ? size - 1 - i : i];
    return v;
}

static void value_text(char *out, size_t size, const struct format *f, uint64_t v)
{
    unsigned unused = 64 - 8 * f->size;
    int64_t sign = (int64_t)(v << unused) >> unused;
    switch (f->kind) {
    case 'd':
        snprintf(out, size, "%lld", (long long)sign);
        break;
    case 'u':
        snprintf(out, size, "%llu", (unsigned long long)v);
        break;
    case 'o':
        snprintf(out, size, "0%llo", (unsigned long long)v);
        break;
    case 'c':
        snprintf(out, size, isprint((int)(v & 0xff)) ? "'%c'" : "\\%03o", (int)(v & 0xff));
        break;
    default:
        snprintf(out, size, "0x%0*llx", (int)(2 * f->size), (unsigned long long)v);
        break;
    }
}

static void show_insn(struct report *r, struct cpu *cpu, uint64_t addr, uint32_t word)
{
    char text[200], where[200];
    const struct symbols *s = symbols_of(cpu->machine);
    enum symbol_context as = symbols_context(cpu);
    symbols_disas(s, as, word, addr, text, sizeof(text));
    for (char *p = text; (p = strchr(p, '\t'));)
        *p = ' ';
    report_row(r);
    report_str(r, "address", "0x%016llx", (unsigned long long)addr);
    report_str(r, "symbol", "%s", symbols_text(s, as, addr, where, sizeof(where)));
    report_str(r, "word", "%08x", word);
    report_str(r, "instruction", "%s", text);
}

void report_code(struct report *r, struct cpu *cpu, ea_t ea, unsigned n)
{
    const struct view v = {.kind = VIEW_CPU};
    uint8_t word[4];
    const char *why;
    report_table(r, "code", NULL);
    for (unsigned i = 0; i < n && view_read(&v, cpu, ea + 4 * i, word, sizeof(word), &why); i++)
        show_insn(r, cpu, ea + 4 * i, (uint32_t)number(word, sizeof(word), view_is_le(&v, cpu)));
}

/* A line of 16 bytes, and what of it is text. */
static void show_line(struct command *c, const struct format *f, uint64_t addr, const uint8_t *p,
                      unsigned n)
{
    char values[400] = "", text[17];
    bool le = view_is_le(&c->mon->view, command_cpu(c));
    for (unsigned i = 0; i < n; i += f->size) {
        char one[32];
        value_text(one, sizeof(one), f, number(p + i, f->size, le));
        snprintf(values + strlen(values), sizeof(values) - strlen(values), "%s%s", i ? " " : "",
                 one);
    }
    for (unsigned i = 0; i < n; i++)
        text[i] = isprint(p[i]) ? (char)p[i] : '.';
    text[n] = '\0';
    report_row(c->r);
    report_str(c->r, "address", "0x%016llx", (unsigned long long)addr);
    report_str(c->r, "values", "%s", values);
    report_str(c->r, "text", "%s", text);
}

static bool read_or_say(struct command *c, uint64_t addr, void *buf, uint64_t len)
{
    const char *why;
    char view[40];
    if (view_read(&c->mon->view, command_cpu(c), addr, buf, len, &why))
        return true;
    view_text(&c->mon->view, view, sizeof(view));
    return report_fail(c->r, "0x%llx (view %s): %s", (unsigned long long)addr, view, why);
}

static bool show(struct command *c, const struct format *f, uint64_t addr)
{
    uint64_t end = addr + (uint64_t)f->count * f->size;
    uint8_t line[16];
    report_table(c->r, "memory", NULL);
    for (uint64_t n; addr != end; addr += n) {
        n = f->kind == 'i' ? 4 : end - addr < sizeof(line) ? end - addr : sizeof(line);
        if (!read_or_say(c, addr, line, n))
            return false;
        if (f->kind == 'i')
            show_insn(c->r, command_cpu(c), addr,
                      (uint32_t)number(line, 4, view_is_le(&c->mon->view, command_cpu(c))));
        else
            show_line(c, f, addr, line, (unsigned)n);
    }
    c->mon->next = addr;
    return true;
}

bool monitor_X(struct command *c)
{
    struct format f = {.count = 1, .kind = 'x', .size = 4};
    unsigned at = 0;
    uint64_t addr = c->mon->next;
    if (c->argc && c->argv[0][0] == '/' && !parse_format(c, c->argv[at++], &f))
        return false;
    if (f.kind == 'i')
        f.size = 4;
    if (f.kind == 'c')
        f.size = 1;
    if (at < c->argc && !command_value(c, c->argv[at], &addr))
        return false;
    return show(c, &f, addr);
}

/* ---- dump ---- */

#define DUMP_PIECE 65536u

/* Pieces that the view does not give are zeros in the file, and are counted. */
static bool write_dump(struct command *c, FILE *f, uint64_t addr, uint64_t len, uint64_t *missing)
{
    uint8_t *buf = malloc(DUMP_PIECE);
    bool ok = buf;
    const char *why;
    for (uint64_t done = 0, n; ok && done < len; done += n) {
        n = DUMP_PIECE - ((addr + done) & (DUMP_PIECE - 1));
        n = len - done < n ? len - done : n;
        if (!view_read(&c->mon->view, command_cpu(c), addr + done, buf, n, &why)) {
            memset(buf, 0, n);
            ++*missing;
        }
        ok = fwrite(buf, 1, n, f) == n;
    }
    free(buf);
    return ok;
}

bool monitor_DUMP(struct command *c)
{
    uint64_t addr, len, missing = 0;
    if (c->argc != 3)
        return report_fail(c->r, "dump: say FILE ADDRESS LENGTH");
    if (!command_value(c, c->argv[1], &addr) || !command_value(c, c->argv[2], &len))
        return false;
    FILE *f = fopen(c->argv[0], "wb");
    if (!f)
        return report_fail(c->r, "%s: %s", c->argv[0], strerror(errno));
    bool ok = write_dump(c, f, addr, len, &missing);
    ok &= !fclose(f);
    if (!ok)
        return report_fail(c->r, "%s: not complete: %s", c->argv[0], strerror(errno));
    report_say(c->r, "%llu bytes in %s", (unsigned long long)len, c->argv[0]);
    if (missing)
        report_say(c->r, "%llu pieces of 64 KiB were not there: zeros",
                   (unsigned long long)missing);
    return true;
}
