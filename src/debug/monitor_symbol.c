/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that are about symbols: bt, info symbols. */
#include "monitor_internal.h"

#include <ctype.h>

#include "pefemu/symbols.h"

#define FRAMES_MAX  64u
#define SYMBOLS_MAX 200u

bool monitor_BT(struct command *c)
{
    struct cpu *cpu = command_cpu(c);
    const struct symbols *s = symbols_of(c->m);
    enum symbol_context as = symbols_context(cpu);
    struct stack_frame f[FRAMES_MAX];
    char name[200];
    if (debug_in_firmware(c->d) && (cpu->msr & MSR_HV))
        return report_fail(c->r,
                           "CPU %u is in firmware, which has no stack of its own; ubt shows "
                           "its calls",
                           cpu->index);
    unsigned n = symbols_backtrace(s, cpu, cpu->cia, cpu->gpr[1], cpu->lr, f, FRAMES_MAX);
    report_table(c->r, "frames", NULL);
    for (unsigned i = 0; i < n; i++) {
        report_row(c->r);
        report_str(c->r, "frame", "#%u", i);
        report_str(c->r, "pc", "0x%016llx", (unsigned long long)f[i].pc);
        report_str(c->r, "symbol", "%s", symbols_text(s, as, f[i].pc, name, sizeof(name)));
        if (f[i].vector)
            report_str(c->r, "entered by", "interrupt 0x%x", f[i].vector);
    }
    return true;
}

/* ---- info symbols ---- */

static void show_files(struct command *c, const struct symbols *s)
{
    struct symbols_file f;
    report_table(c->r, "files", NULL);
    for (unsigned i = 0; symbols_file(s, i, &f); i++) {
        report_row(c->r);
        report_str(c->r, "file", "%s", f.path);
        report_str(c->r, "of", "%s", symbols_context_name(f.as));
        report_num(c->r, "symbols", f.count);
        report_hex(c->r, "first", f.first);
        report_hex(c->r, "last", f.last);
    }
}

struct listing {
    struct command *c;
    unsigned n;
};

static bool show_symbol(void *opaque, const struct symbol *sym)
{
    struct listing *l = opaque;
    report_row(l->c->r);
    report_str(l->c->r, "ea", "0x%016llx", (unsigned long long)sym->ea);
    report_num(l->c->r, "size", sym->size);
    report_str(l->c->r, "of", "%s", symbols_context_name(sym->as));
    report_str(l->c->r, "symbol", "%s", sym->name);
    return ++l->n < SYMBOLS_MAX;
}

bool info_SYMBOLS(struct command *c)
{
    const struct symbols *s = symbols_of(c->m);
    struct listing l = {c, 0};
    struct symbol sym;
    uint64_t ea;
    if (!c->argc) {
        show_files(c, s);
        return true;
    }
    report_table(c->r, "symbols", NULL);
    if (!isdigit((unsigned char)c->argv[0][0]) && c->argv[0][0] != '$') {
        symbols_each(s, SYMBOLS_ANY, c->argv[0], show_symbol, &l);
    } else {
        if (!command_value(c, c->argv[0], &ea))
            return false;
        if (symbols_at(s, symbols_context(command_cpu(c)), ea, &sym))
            show_symbol(&l, &sym);
    }
    if (l.n == SYMBOLS_MAX)
        report_say(c->r, "and more");
    return l.n || report_fail(c->r, "%s: no symbol", c->argv[0]);
}
