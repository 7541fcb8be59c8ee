/*
 * The instruction table against the one in binutils, which this project did not write: objdump
 * reads a few million words, and for every word its mnemonic and operands must be those of
 * insn_disas(). The list of mnemonics that turned up must be the list of the table's rows.
 *
 *   binutils OBJDUMP
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conformance.h"
#include "pefemu/cpu.h"

#define PER_ROW      192
#define RANDOM_WORDS 400000
#define SHOWN        20

/* Rows that binutils 2.40 has no name for on POWER9; mftb is on its way out of the ISA, and works.
 */
static const char *const unnamed[] = {"resnop", "mftb"};

struct words {
    uint32_t *v;
    size_t n, room;
};

static void add(struct words *w, uint32_t word)
{
    if (w->n == w->room) {
        w->room = w->room ? 2 * w->room : 1 << 20;
        w->v = realloc(w->v, w->room * sizeof(w->v[0]));
        if (!w->v)
            abort();
    }
    w->v[w->n++] = word;
}

/* Every combination of primary opcode and bits 21:31, under several fillings of the bits between.
 */
static void sweep_opcodes(struct words *w, struct rng *r)
{
    for (uint32_t opcode = 0; opcode < 64; opcode++) {
        for (uint32_t low = 0; low < 2048; low++) {
            uint32_t word = opcode << 26 | low;
            add(w, word);
            add(w, word | 0x03fff800);
            for (unsigned i = 0; i < 3; i++)
                add(w, word | (rng_next(r) & 0x03fff800));
        }
    }
}

/* Opcodes with extended opcodes: every value of one of the three fields, the others zero. */
static void sweep_fields(struct words *w)
{
    static const uint8_t opcodes[] = {4, 19, 31, 59, 60, 63};
    for (size_t i = 0; i < ARRAY_SIZE(opcodes); i++)
        for (uint32_t low = 0; low < 2048; low++)
            for (uint32_t v = 1; v < 32; v++)
                for (unsigned shift = 11; shift <= 21; shift += 5)
                    add(w, (uint32_t)opcodes[i] << 26 | v << shift | low);
}

static struct words make_words(void)
{
    struct words w = {0};
    struct rng r = {1};
    sweep_opcodes(&w, &r);
    sweep_fields(&w);
    for (unsigned id = 1; id < INSN_COUNT; id++) {
        const struct insn_row *row = &insn_table[id];
        for (unsigned i = 0; i < PER_ROW; i++) {
            uint32_t word = row->match | ((uint32_t)rng_next(&r) & ~row->mask);
            add(&w, i % 4 ? word & ~row->reserved : word);
        }
    }
    for (unsigned i = 0; i < RANDOM_WORDS; i++)
        add(&w, (uint32_t)rng_next(&r));
    return w;
}

static bool write_words(const struct words *w, const char *path)
{
    FILE *f = fopen(path, "wb");
    bool ok = f;
    for (size_t i = 0; ok && i < w->n; i++) {
        uint32_t bytes = be32(w->v[i]);
        ok = fwrite(&bytes, 4, 1, f) == 1;
    }
    return f && !fclose(f) && ok;
}

/* "  addr:\tmnemonic  operands" becomes "mnemonic\toperands"; NULL: another line. */
static char *objdump_text(char *line, uint64_t *ea)
{
    char *end, *text;
    *ea = strtoull(line, &end, 16);
    if (end == line || *end != ':')
        return NULL;
    text = end + 1 + strspn(end + 1, " \t");
    text[strcspn(text, "\n")] = '\0';
    for (size_t n = strlen(text); n && text[n - 1] == ' '; n--)
        text[n - 1] = '\0';
    char *gap = text + strcspn(text, " \t");
    if (*gap) {
        char *operands = gap + strspn(gap, " \t");
        *gap = '\t';
        memmove(gap + 1, operands, strlen(operands) + 1);
    }
    return text;
}

static bool is_unnamed(const char *mnemonic)
{
    for (size_t i = 0; i < ARRAY_SIZE(unnamed); i++)
        if (!strncmp(unnamed[i], mnemonic, strcspn(mnemonic, "\t")))
            return true;
    return false;
}

static unsigned row_of(const char *text)
{
    size_t len = strcspn(text, "\t");
    for (unsigned id = 1; id < INSN_COUNT; id++)
        if (!strncmp(insn_table[id].mnemonic, text, len) && !insn_table[id].mnemonic[len])
            return id;
    return INSN_ILLEGAL;
}

struct result {
    size_t lines;
    unsigned names, texts; /* words whose mnemonic or operands differ */
    bool seen[INSN_COUNT];
};

static void compare(struct result *res, uint32_t word, uint64_t ea, const char *theirs)
{
    char ours[96];
    bool data = !strncmp(theirs, ".long", 5);
    insn_disas(ours, sizeof(ours), word, ea);
    if (data && (!strncmp(ours, ".long", 5) || is_unnamed(ours)))
        return;
    if (!data) { /* looking the name up is slow: first try our own */
        struct insn in;
        insn_decode(&in, word);
        bool same = !strncmp(theirs, ours, strcspn(ours, "\t") + 1);
        res->seen[same ? in.id : row_of(theirs)] = true;
    }
    if (!strcmp(ours, theirs))
        return;
    size_t len = strcspn(ours, "\t");
    bool name = strncmp(ours, theirs, len) || (theirs[len] && theirs[len] != '\t');
    unsigned *count = name ? &res->names : &res->texts;
    if ((*count)++ < SHOWN)
        printf("    %08x: %s, objdump: %s\n", word, ours, theirs);
}

static bool run_objdump(const struct words *w, const char *objdump, struct result *res)
{
    char path[] = "/tmp/binutils-XXXXXX", command[512], line[256];
    int fd = mkstemp(path);
    bool ok = fd >= 0 && write_words(w, path);
    snprintf(command, sizeof(command),
             "'%s' -D -z -b binary -m powerpc:common64 -EB -M power9,raw --no-show-raw-insn %s",
             objdump, path);
    FILE *f = ok ? popen(command, "r") : NULL;
    while (f && fgets(line, sizeof(line), f)) {
        uint64_t ea;
        const char *text = objdump_text(line, &ea);
        if (!text || ea / 4 >= w->n)
            continue;
        compare(res, w->v[ea / 4], ea, text);
        res->lines++;
    }
    ok = f && pclose(f) == 0 && res->lines == w->n;
    if (fd >= 0)
        close(fd);
    unlink(path);
    return ok;
}

static unsigned compare_lists(const struct result *res)
{
    unsigned bad = 0;
    for (unsigned id = 1; id < INSN_COUNT; id++) {
        if (res->seen[id] || is_unnamed(insn_table[id].mnemonic))
            continue;
        printf("    %s: objdump never says so\n", insn_table[id].mnemonic);
        bad++;
    }
    if (res->seen[INSN_ILLEGAL]) {
        printf("    objdump knows a mnemonic that the table lacks, see above\n");
        bad++;
    }
    return bad;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: binutils OBJDUMP\n");
        return 2;
    }
    struct words w = make_words();
    struct result *res = calloc(1, sizeof(*res));
    if (!res || !run_objdump(&w, argv[1], res)) {
        fprintf(stderr, "binutils: %s failed\n", argv[1]);
        printf("0 passed, 1 failed, 0 skipped\n");
        return 1;
    }
    unsigned lists = compare_lists(res);
    printf("binutils: %zu words; %u with another mnemonic, %u with other operands; the lists of "
           "mnemonics differ in %u\n",
           w.n, res->names, res->texts, lists);
    unsigned failed = !!res->names + !!res->texts + !!lists;
    printf("%u passed, %u failed, 0 skipped\n", 3 - failed, failed);
    free(res);
    free(w.v);
    return failed ? 1 : 0;
}
