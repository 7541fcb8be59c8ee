/*
 * docs/reference/instructions.md from the instruction table: what there is, how it is encoded, who
 * may execute it and what tests it.
 *
 *   insndoc NOT-EXECUTED FILE...    prints the page
 *
 * FILEs are tests: assembler (the mnemonic begins a line, a statement or an argument of a macro, or
 * .long has its word) and C ("mnemonic", op_mnemonic, INSN_ID, or a comment that begins with the
 * mnemonic). Status 1 when a row without semantics is not named in NOT-EXECUTED (a mnemonic and a
 * reason on a line), or a row with semantics has no test.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conformance.h"
#include "pefemu/cpu.h"

enum source { GENERATOR, REFUSAL, UNIT, ISA, SOURCES };
static const char *const source_name[SOURCES] = {"generator", "refusal", "unit", "isa"};

struct page {
    bool tested[INSN_COUNT][SOURCES];
    char *not_executed[INSN_COUNT]; /* reasons */
    unsigned errors;
};

static unsigned find_mnemonic(const char *s, size_t len)
{
    for (unsigned id = 1; id < INSN_COUNT; id++)
        if (!strncmp(insn_table[id].mnemonic, s, len) && !insn_table[id].mnemonic[len])
            return id;
    return INSN_ILLEGAL;
}

static size_t mnemonic_length(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789");
    return n + (s[n] == '.');
}

/* "op_addo_" and "INSN_ADDO_" as a mnemonic. */
static unsigned find_identifier(const char *s)
{
    char name[32] = "";
    size_t n = 0;
    for (; n < sizeof(name) - 1 && (isalnum((unsigned char)s[n]) || s[n] == '_'); n++)
        name[n] = s[n] == '_' ? '.' : (char)tolower((unsigned char)s[n]);
    return find_mnemonic(name, n);
}

static void note_identifiers(struct page *p, const char *line, const char *prefix)
{
    for (const char *s = line; (s = strstr(s, prefix)); s += strlen(prefix))
        p->tested[find_identifier(s + strlen(prefix))][UNIT] = true;
}

/* Strings and comments that consist of a mnemonic. */
static void note_quoted(struct page *p, const char *line, const char *quote, const char *end)
{
    for (const char *s = line; (s = strstr(s, quote)); s++) {
        const char *word = s + strlen(quote);
        size_t len = mnemonic_length(word);
        if (len && !strncmp(word + len, end, strlen(end)))
            p->tested[find_mnemonic(word, len)][UNIT] = true;
    }
}

/* One statement of assembler: a mnemonic, or .long with the word of one that assemblers lack. */
static void note_statement(struct page *p, const char *s)
{
    s += strspn(s, " \t");
    size_t len = mnemonic_length(s);
    if (!strncmp(s, ".long 0x", 8)) {
        struct insn in;
        insn_decode(&in, (uint32_t)strtoul(s + 6, NULL, 16));
        p->tested[in.id][ISA] = true;
    } else if (!isalnum((unsigned char)s[len]) && s[len] != '_') {
        p->tested[find_mnemonic(s, len)][ISA] = true;
    }
}

/* The arguments of a macro but the first, which is the name of the test. */
static void note_arguments(struct page *p, const char *line)
{
    if (!strncmp(line, "REFUSED ", 8)) /* that tells nothing of what the instruction does */
        return;
    for (const char *s = strchr(line, ','); s; s = strpbrk(s + 1, ",\";"))
        note_statement(p, s + 1);
}

/* Macros have upper case names. */
static void note_assembler(struct page *p, const char *line)
{
    const char *word = line + strspn(line, " \t");
    const char *label = strchr(word, ':');
    if (label && strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_") == (size_t)(label - word))
        word = label + 1 + strspn(label + 1, " \t");
    if (isupper((unsigned char)*word))
        note_arguments(p, word);
    else
        note_statement(p, word);
}

static bool ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), m = strlen(tail);
    return n >= m && !strcmp(s + n - m, tail);
}

static void read_test(struct page *p, const char *path)
{
    char line[1024];
    bool assembler = ends_with(path, ".S") || ends_with(path, ".s");
    FILE *f = fopen(path, "r");
    if (!f) {
        fprintf(stderr, "insndoc: %s: %s\n", path, strerror(errno));
        p->errors++;
        return;
    }
    while (fgets(line, sizeof(line), f)) {
        if (assembler) {
            note_assembler(p, line);
            continue;
        }
        note_identifiers(p, line, "op_");
        note_identifiers(p, line, "INSN_");
        note_quoted(p, line, "\"", "\"");
        note_quoted(p, line, "/* ", " */");
    }
    fclose(f);
}

static void read_reasons(struct page *p, const char *path, char **reasons)
{
    char line[256];
    FILE *f = fopen(path, "r");
    if (!f) {
        fprintf(stderr, "insndoc: %s: %s\n", path, strerror(errno));
        p->errors++;
        return;
    }
    while (fgets(line, sizeof(line), f)) {
        size_t len = strcspn(line, " \t\n");
        unsigned id = find_mnemonic(line, len);
        if (line[0] == '#' || !len)
            continue;
        if (!id) {
            fprintf(stderr, "insndoc: %s: no row %.*s\n", path, (int)len, line);
            p->errors++;
            continue;
        }
        char *reason = line + len + strspn(line + len, " \t");
        reason[strcspn(reason, "\n")] = '\0';
        free(reasons[id]);
        reasons[id] = strdup(reason);
    }
    fclose(f);
}

static void complain(struct page *p, unsigned id, const char *what)
{
    fprintf(stderr, "insndoc: %s %s\n", insn_table[id].mnemonic, what);
    p->errors++;
}

static void check_row(struct page *p, unsigned id)
{
    bool has_semantics = insn_table[id].handler != op_unimplemented, tested = false;
    for (unsigned s = 0; s < SOURCES; s++) /* being refused says nothing of what it does */
        tested |= s != REFUSAL && p->tested[id][s];
    if (!has_semantics && !p->not_executed[id])
        complain(p, id, "has no semantics, and is not listed as one that POWER9 lacks");
    if (has_semantics && !tested)
        complain(p, id, "has no test");
    if (has_semantics && p->not_executed[id])
        complain(p, id, "has semantics, and is listed as one that POWER9 lacks");
}

static void print_row(const struct page *p, unsigned id)
{
    static const char *const priv[] = {"problem", "privileged", "hypervisor", "ultravisor"};
    const struct insn_row *row = &insn_table[id];
    const char *comma = "";
    printf("| `%s` | `%s` | %s | %08x | %08x | %08x | %s | %s | ", row->mnemonic, row->operands,
           row->form, row->match, row->mask, row->reserved, priv[row->priv], row->isa);
    if (row->handler == op_unimplemented) {
        printf("not executed: %s |\n", p->not_executed[id] ? p->not_executed[id] : "");
        return;
    }
    for (unsigned s = 0; s < SOURCES; s++) {
        if (p->tested[id][s]) {
            printf("%s%s", comma, source_name[s]);
            comma = ", ";
        }
    }
    printf(" |\n");
}

static void print_facility(const struct page *p, unsigned fac, const char *title)
{
    printf("\n## %s\n\n", title);
    printf("| mnemonic | operands | form | match | mask | ignored | state | ISA | tests |\n"
           "|---|---|---|---|---|---|---|---|---|\n");
    for (unsigned id = 1; id < INSN_COUNT; id++)
        if (insn_table[id].fac == fac)
            print_row(p, id);
}

static void print_page(const struct page *p)
{
    static const char *const title[] = {
        [FAC_FXU] = "Fixed-point facility",
        [FAC_LSU] = "Loads, stores and storage control",
        [FAC_BRU] = "Branch facility",
        [FAC_CRU] = "Condition register",
        [FAC_FPU] = "Binary floating point",
        [FAC_VMX] = "Vector facility",
        [FAC_VSX] = "Vector-scalar facility",
        [FAC_DFP] = "Decimal floating point",
        [FAC_SYS] = "System, registers, synchronization, translation",
    };
    unsigned rows = INSN_COUNT - 1, executed = 0;
    for (unsigned id = 1; id <= rows; id++)
        executed += insn_table[id].handler != op_unimplemented;
    printf(
        "# Instructions\n\n"
        "Generated by `make docs` from `include/pefemu/insn.def`; do not edit. %u rows, %u of them "
        "executed.\n\n"
        "A word `w` is the instruction when `w & mask == match`. *Ignored* are the reserved bits: "
        "assemblers\nwrite zeros there, POWER9 does not look (Book I 1.3.3). *State* is the lowest "
        "that may execute it.\nTests: *generator* is `tests/conformance` (random cases, two "
        "engines "
        "and an oracle), *unit* is\n`tests/unit`, *isa* is `tests/isa`, *refusal* the test that "
        "lower states take the interrupt.\n",
        rows, executed);
    for (unsigned fac = 0; fac < ARRAY_SIZE(title); fac++)
        print_facility(p, fac, title[fac]);
}

int main(int argc, char **argv)
{
    struct page *p = calloc(1, sizeof(*p));
    if (!p || argc < 2) {
        fprintf(stderr, "usage: insndoc NOT-EXECUTED FILE...\n");
        return 2;
    }
    read_reasons(p, argv[1], p->not_executed);
    for (int i = 2; i < argc; i++)
        read_test(p, argv[i]);
    for (unsigned id = 1; id < INSN_COUNT; id++) {
        p->tested[id][GENERATOR] = gen_in_scope(id);
        p->tested[id][REFUSAL] = insn_table[id].priv != PRIV_USER;
        check_row(p, id);
    }
    print_page(p);
    for (unsigned id = 1; id < INSN_COUNT; id++)
        free(p->not_executed[id]);
    unsigned errors = p->errors;
    free(p);
    return errors ? 1 : 0;
}
