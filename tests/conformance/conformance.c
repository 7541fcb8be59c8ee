/*
 * Random instructions on the emulator's engines and on an independent implementation, state against
 * state.
 *
 *   conformance [--seed N] [--count N] [--engine ref|interp|jit] [--only PATTERN] [--oracle
 * COMMAND]
 *               [--guest PROGRAM] [--defects FILE] [--big] [--verbose]
 *
 * --count is per mnemonic. The oracle is the command that runs PROGRAM (guest.c for ppc64le); an
 * empty one compares the engines with each other only. Where the oracle is known to be wrong, or
 * the architecture leaves a field open, a line of FILE says so. --big: big-endian, PROGRAM too.
 *
 * Every fourth case is run again with reserved bits set, another with MSR[SF]=0: what must come out
 * follows from the first run.
 */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conformance.h"
#include "pefemu/log.h"

#define BATCH 2000 /* cases per run of the oracle */

struct defect {
    char mnemonic[32]; /* fnmatch pattern */
    char field[16];
    uint64_t mask; /* bits not compared */
    unsigned hits;
};

struct options {
    uint64_t seed;
    unsigned count;
    const char *engine, *only, *oracle, *guest, *defects;
    bool verbose, big;
};

struct tally {
    unsigned run, failed;
};

struct session {
    struct options opt;
    struct defect defects[512];
    size_t ndefects;
    struct conf_case cases[BATCH];
    struct conf_state expected[BATCH];
    size_t ncases;
    const struct engine *engines[3];
    struct conf_machine *machines[3];
    size_t nengines;
    struct tally tally[INSN_COUNT];
};

/* ---- what is not compared ---- */

static bool read_defects(struct session *s)
{
    char line[256];
    FILE *f = fopen(s->opt.defects, "r");
    if (!f) {
        fprintf(stderr, "conformance: %s: %s\n", s->opt.defects, strerror(errno));
        return false;
    }
    while (fgets(line, sizeof(line), f)) {
        struct defect *d = &s->defects[s->ndefects];
        char mask[24] = "";
        if (line[0] == '#' || sscanf(line, "%31s %15s %23s", d->mnemonic, d->field, mask) != 3)
            continue;
        d->mask = strcmp(mask, "*") ? strtoull(mask, NULL, 16) : ~0ULL;
        if (++s->ndefects == ARRAY_SIZE(s->defects))
            break;
    }
    fclose(f);
    return true;
}

/* Bits of @field that do not count for the row; "skip" lines switch a row off. */
static uint64_t ignored(struct session *s, unsigned row, const char *field)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < s->ndefects; i++) {
        struct defect *d = &s->defects[i];
        if (!strcmp(d->field, field) && !fnmatch(d->mnemonic, insn_table[row].mnemonic, 0)) {
            mask |= d->mask;
            d->hits++;
        }
    }
    return mask;
}

/* Division by zero and quotients that do not fit: RT is undefined, and CR0 but for SO. */
static bool is_quotient_undefined(const struct conf_case *c)
{
    struct insn in;
    insn_decode(&in, c->words[1]);
    const char *m = insn_table[in.id].mnemonic;
    if (strncmp(m, "div", 3) && strncmp(m, "mod", 3))
        return false;
    uint64_t a = c->in.gpr[in.ra], b = c->in.gpr[in.rb];
    bool word = strchr(m, 'w') != NULL;
    bool extended = m[4] == 'e', is_unsigned = strchr(m + 3, 'u') != NULL;
    unsigned bits = word ? 32 : 64;
    if (word && is_unsigned) {
        a = (uint32_t)a;
        b = (uint32_t)b;
    } else if (word) {
        a = (uint64_t)(int64_t)(int32_t)a;
        b = (uint64_t)(int64_t)(int32_t)b;
    }
    if (!b)
        return true;
    if (is_unsigned)
        return extended && (word ? (uint32_t)a : a) >= b;
    s128 dividend = extended ? (s128)((u128)(int64_t)a << bits) : (int64_t)a;
    s128 divisor = (int64_t)b, limit = (s128)1 << (bits - 1);
    if (divisor == -1) /* the quotient of the smallest dividend does not even fit 128 bits */
        return -(dividend >> 1) >= limit >> 1;
    s128 quotient = dividend / divisor;
    return quotient >= limit || quotient < -limit;
}

/* lvebx, lvehx, lvewx: only the element that was addressed is defined. */
static uint64_t undefined_elements(const struct conf_case *c, const char *field, bool big)
{
    struct insn in;
    insn_decode(&in, c->words[1]);
    unsigned size = in.id == INSN_LVEBX ? 1 : in.id == INSN_LVEHX ? 2 : 4;
    uint64_t ea = (in.ra ? c->in.gpr[in.ra] : 0) + c->in.gpr[in.rb];
    unsigned byte = ea & 15 & -size; /* counts from the right in little-endian mode */
    if (big)
        byte = 16 - size - byte;
    u128 element = (((u128)1 << 8 * size) - 1) << 8 * byte;
    return ~(uint64_t)(field[3] == '0' ? element >> 64 : element);
}

static bool is_negated_muladd(const char *m)
{
    return starts(m, "fnm") || starts(m, "xsnm") || starts(m, "xvnm");
}

/* Is there a NaN among the doublewords or words of VSR XB? */
static bool has_nan(const struct conf_case *c, bool words)
{
    struct insn in;
    insn_decode(&in, c->words[1]);
    for (unsigned i = 0; i < (words ? 4 : 2); i++) {
        uint64_t v = (uint64_t)(c->in.vsr[in.rb & 63] >> (words ? 32 * i : 64 * i));
        uint64_t infinity = words ? 0x7f800000 : 0x7ffULL << 52;
        v &= words ? 0x7fffffff : ~PPC_BIT(0);
        if (v > infinity)
            return true;
    }
    return false;
}

/* Also false for -0, of which the oracle makes a negative sum. */
static bool is_packed_bcd(unsigned __int128 v)
{
    if ((v & 15) < 10 || v == 11 || v == 13)
        return false;
    while (v >>= 4)
        if ((v & 15) > 9)
            return false;
    return true;
}

/* Does a packed decimal operand of the row hold an invalid digit or sign? */
static bool has_invalid_bcd(const struct conf_case *c)
{
    static const struct {
        const char *mnemonic;
        bool a, b;
    } operands[] = {{"bcdadd.", true, true},     {"bcdsub.", true, true},
                    {"bcdctz.", false, true},    {"bcdctn.", false, true},
                    {"bcdsetsgn.", false, true}, {"bcdcpsgn.", true, true}};
    struct insn in;
    insn_decode(&in, c->words[1]);
    for (size_t i = 0; i < ARRAY_SIZE(operands); i++)
        if (!strcmp(operands[i].mnemonic, insn_table[c->row].mnemonic))
            return (operands[i].a && !is_packed_bcd(c->in.vsr[32 + in.ra])) ||
                   (operands[i].b && !is_packed_bcd(c->in.vsr[32 + in.rb]));
    return false;
}

static bool is_decimal_special(const struct conf_case *c, unsigned fr)
{
    return (c->in.vsr[fr] >> 120 & 0x78) == 0x78;
}

static bool has_digit_ten(const struct conf_case *c)
{
    unsigned b = WORD_BITS(c->words[1], 16, 20);
    for (unsigned i = 0; i < 2; i++)
        for (uint64_t v = (uint64_t)(c->in.vsr[b | i] >> 64); v; v >>= 4)
            if ((v & 15) == 10)
                return true;
    return false;
}

/* One of the 24 declets that stand for the same digits as another. */
static bool has_spare_declet(const struct conf_case *c, unsigned fr)
{
    u128 long_one = c->in.vsr[fr] >> 64, extended = long_one << 64 | c->in.vsr[fr | 1] >> 64;
    for (unsigned i = 0; i < 11; i++) {
        unsigned d[2] = {i < 5 ? (unsigned)(long_one >> 10 * i) : 0,
                         (unsigned)(extended >> 10 * i)};
        for (unsigned k = 0; k < 2; k++)
            if ((d[k] & 0x6e) == 0x6e && (d[k] & 0x300))
                return true;
    }
    return false;
}

/* Decimal operations that take an infinity or NaN apart, shift it or make one: whether declets are
 * made canonical, and what becomes of the digits and of reserved exponent bits, is read differently
 * here and there. tests/unit/test_dfp.c holds our reading. */
static bool is_decimal_open(const struct conf_case *c)
{
    static const char *const moves[] = {"ddedpd*", "drsp*", "drdpq*", "dsc[lr]i*"};
    unsigned a = WORD_BITS(c->words[1], 11, 15), b = WORD_BITS(c->words[1], 16, 20);
    const char *m = insn_table[c->row].mnemonic;
    if (starts(m, "diex")) /* the exponent asks for an infinity or NaN */
        return (int64_t)(c->in.vsr[a] >> 64) < 0 || is_decimal_special(c, b) ||
               has_spare_declet(c, b);
    for (size_t i = 0; i < ARRAY_SIZE(moves); i++)
        if (!fnmatch(moves[i], m, 0))
            return is_decimal_special(c, m[2] == 'c' ? a : b);
    return false;
}

/* Vector floating point: where one element's exceptions hide another's in the oracle. */
static uint64_t ignored_vector_fp(const struct conf_case *c, const struct conf_state *want,
                                  const char *field)
{
    const char *m = insn_table[c->row].mnemonic;
    if (!strcmp(field, "fpscr")) {
        if (want->signal == SIGFPE)
            return ~0ULL;
        return want->fpscr & 0x10000000 ? 0x08000000 : 0; /* overflow hides underflow */
    }
    if (!strncmp(field, "vsr", 3) && !strncmp(m, "xvcv", 4) && strchr(m + 6, 'x'))
        return has_nan(c, m[4] == 's') ? ~0ULL : 0; /* a NaN makes the later elements invalid */
    if (!strncmp(m, "xvcmp", 5) && (want->fpscr & 0x40000000)) /* writes results although VE=1 */
        return !strncmp(field, "vsr", 3) || !strcmp(field, "cr") ? ~0ULL : 0;
    return 0;
}

/* Differences that depend on operands rather than on the mnemonic alone: bits of @field that the
 * architecture leaves undefined or that the oracle gets wrong. */
static uint64_t ignored_value(const struct conf_case *c, const struct conf_state *want,
                              const char *field, bool big)
{
    const char *m = insn_table[c->row].mnemonic;
    bool fp_trap = want->signal == SIGFPE;
    unsigned fc = WORD_BITS(c->words[1], 16, 20);
    uint64_t mask = 0;
    bool is_vsr = starts(field, "vsr"), is_gpr = !strcmp(field, "gpr");

    /* With an enabled overflow, underflow or inexact exception the oracle stops before the result.
     */
    if (fp_trap)
        mask |= is_vsr || !strcmp(field, "cr") ? ~0ULL : !strcmp(field, "fpscr") ? 0x7f000 : 0;
    /* A signal frame of the oracle keeps 32 bits of FPSCR: DRN is lost in faults and branches. */
    if (want->nia != SLOT + 4 && !strcmp(field, "fpscr"))
        mask |= 7ULL << 32;
    /* Negated after rounding (Book I 4.6.6); the oracle rounds the negated value. */
    if (is_negated_muladd(m) && (c->in.fpscr & 2))
        mask |= !strcmp(field, "cr") ? 0x0f000000 : ~0ULL;
    if (is_quotient_undefined(c)) {
        mask |= is_gpr ? ~0ULL : !strcmp(field, "cr") ? 0xe0000000 : 0;
        if (starts(m, "divde")) /* the oracle misses overflows that end in the sign bit */
            mask |= !strcmp(field, "xer") ? 0xc0080000 : !strcmp(field, "cr") ? 0xf0000000 : 0;
    }
    /* Failed bounded operations: the oracle sign-extends 1 << 31. Signed maximum and minimum of
     * words: it compares them unsigned. */
    if ((!strcmp(m, "lwat") || !strcmp(m, "ldat")) && fc >= 24 && is_gpr)
        mask = ~0ULL;
    if ((!strcmp(m, "lwat") || !strcmp(m, "stwat")) && (fc == 5 || fc == 7) &&
        !strcmp(field, "mem"))
        mask = ~0ULL;
    /* Fetch and decrement bounded looks at the word before (Book II 4.5); the oracle at the next.
     */
    if ((!strcmp(m, "lwat") || !strcmp(m, "ldat")) && fc == 28 && !strcmp(field, "mem"))
        mask = ~0ULL;
    if (starts(m, "bcd") && is_vsr && (want->cr & 0x10)) /* invalid decimals: VRT is undefined */
        mask = ~0ULL;
    if (starts(m, "bcd") && has_invalid_bcd(c)) /* may go unnoticed */
        mask |= is_vsr ? ~0ULL : !strcmp(field, "cr") ? 0xf0 : 0;
    /* A sum of two zeros is equal to zero alone; the oracle adds greater or less, by their sign. */
    if ((starts(m, "bcdadd") || starts(m, "bcdsub")) && !strcmp(field, "cr") && (want->cr & 0x20))
        mask |= 0xc0;
    if (!strcmp(field, "fpscr") && (want->fpscr & 0x00100000)) /* 0 * infinity hides an sNaN */
        mask |= 0x01000000;
    if (!strcmp(field, "fpscr") && fp_trap && strstr(m, "cmpo")) /* VXVC only with VE=0 */
        mask |= 0x00080000;
    if (starts(m, "xv"))
        mask |= ignored_vector_fp(c, want, field);
    if (is_decimal_open(c)) {
        mask |= is_vsr ? ~0ULL : !strcmp(field, "fpscr") ? 0x1f000 : 0;
        if (starts(m, "drdpq")) /* a signalling NaN passes in silence */
            mask |= !strcmp(field, "fpscr") ? 0xa1000000 : !strcmp(field, "cr") ? 0x0f000000 : 0;
    }
    /* The oracle takes 10 for a decimal digit. */
    if (starts(m, "denbcd") && has_digit_ten(c))
        mask |= is_vsr || !strcmp(field, "cr") || !strcmp(field, "fpscr") ? ~0ULL : 0;
    if (starts(m, "lve") && is_vsr)
        mask |= undefined_elements(c, field, big);
    return mask;
}

/* ---- comparison ---- */

struct report {
    struct session *s;
    const struct conf_case *c;
    const struct conf_state *want;
    const char *who, *than;
    bool oracle, differs, print;
};

static void differ(struct report *r, const char *name, uint64_t in, uint64_t got, uint64_t want)
{
    r->differs = true;
    if (r->print)
        printf("    %-6s %016" PRIx64 " -> %s %016" PRIx64 ", %s %016" PRIx64 "\n", name, in,
               r->who, got, r->than, want);
}

/* The oracle rounds scalar singles twice, first to double. */
static bool is_double_rounding(const char *mnemonic, const char *field, uint64_t got, uint64_t want)
{
    uint64_t ulp = 1ULL << 29;
    return !strcmp(field, "vsr0") && !fnmatch("xs*sp", mnemonic, 0) &&
           (got - want == ulp || want - got == ulp);
}

static void compare_field(struct report *r, const char *field, const char *name, uint64_t in,
                          uint64_t got, uint64_t want)
{
    const char *mnemonic = insn_table[r->c->row].mnemonic;
    if (got == want)
        return;
    if (!r->oracle) /* the engines agree in every bit */
        differ(r, name, in, got, want);
    else if (is_double_rounding(mnemonic, field, got, want))
        return;
    else if ((got ^ want) & ~(ignored(r->s, r->c->row, field) |
                              ignored_value(r->c, r->want, field, r->s->opt.big)))
        differ(r, name, in, got, want);
}

static void compare_vsr(struct report *r, unsigned i, const struct conf_state *got,
                        const struct conf_state *want)
{
    char name[16];
    if (got->vsr[i] == want->vsr[i])
        return;
    snprintf(name, sizeof(name), "vs%u.0", i);
    compare_field(r, "vsr0", name, (uint64_t)(r->c->in.vsr[i] >> 64), (uint64_t)(got->vsr[i] >> 64),
                  (uint64_t)(want->vsr[i] >> 64));
    snprintf(name, sizeof(name), "vs%u.1", i);
    compare_field(r, "vsr1", name, (uint64_t)r->c->in.vsr[i], (uint64_t)got->vsr[i],
                  (uint64_t)want->vsr[i]);
}

static void compare_state(struct report *r, const struct conf_state *got,
                          const struct conf_state *want)
{
    const struct conf_state *in = &r->c->in;
    char name[16];

    compare_field(r, "signal", "signal", 0, got->signal, want->signal);
    compare_field(r, "nia", "nia", 0, got->nia, want->nia);
    for (unsigned i = 0; i < 32; i++) {
        snprintf(name, sizeof(name), "r%u", i);
        compare_field(r, "gpr", name, in->gpr[i], got->gpr[i], want->gpr[i]);
    }
    compare_field(r, "cr", "cr", in->cr, got->cr, want->cr);
    compare_field(r, "xer", "xer", in->xer, got->xer, want->xer);
    compare_field(r, "lr", "lr", in->lr, got->lr, want->lr);
    compare_field(r, "ctr", "ctr", in->ctr, got->ctr, want->ctr);
    compare_field(r, "fpscr", "fpscr", in->fpscr, got->fpscr, want->fpscr);
    compare_field(r, "vscr", "vscr", in->vscr, got->vscr, want->vscr);
    for (unsigned i = 0; i < 64; i++)
        compare_vsr(r, i, got, want);
    for (unsigned i = 0; i < BUF_SIZE; i += 8) {
        uint64_t v[3];
        memcpy(&v[0], in->buf + i, 8);
        memcpy(&v[1], got->buf + i, 8);
        memcpy(&v[2], want->buf + i, 8);
        snprintf(name, sizeof(name), "m+%u", i);
        compare_field(r, "mem", name, v[0], v[1], v[2]);
    }
}

static void print_case(const struct conf_case *c, const char *who)
{
    char text[96];
    struct insn in;
    if (!c->single) {
        insn_disas(text, sizeof(text), c->words[0], SLOT - 4);
        printf("  (%08x %s)\n", c->words[0], text);
    }
    insn_disas(text, sizeof(text), c->words[1], SLOT);
    insn_decode(&in, c->words[1]);
    printf("%s: %08x %s\n", who, c->words[1], text);
    const uint8_t fields[] = {in.rt, in.ra, in.rb, in.rc};
    for (unsigned i = 0; i < 4; i++) {
        unsigned n = fields[i],
                 v = strstr(insn_table[c->row].operands, "VR") ? 32 + (n & 31) : n & 63;
        printf("    r%u=%016" PRIx64 " vs%u=%016" PRIx64 " %016" PRIx64 "\n", n & 31,
               c->in.gpr[n & 31], v, (uint64_t)(c->in.vsr[v] >> 64), (uint64_t)c->in.vsr[v]);
    }
    printf("    cr=%08" PRIx64 " xer=%08" PRIx64 " fpscr=%016" PRIx64 " ctr=%" PRIx64 "\n",
           c->in.cr, c->in.xer, c->in.fpscr, c->in.ctr);
}

/* Counts a failure; the first of a mnemonic is shown (all with --verbose). */
static bool check(struct session *s, size_t i, const char *who, const struct conf_state *got,
                  const char *than, const struct conf_state *want)
{
    const struct conf_case *c = &s->cases[i];
    struct report r = {s, c, want, who, than, !strcmp(than, "oracle"), false, false};
    compare_state(&r, got, want);
    if (!r.differs)
        return true;
    if (s->opt.verbose || !s->tally[c->row].failed) {
        print_case(c, who);
        r.print = true;
        compare_state(&r, got, want);
    }
    return false;
}

/* ---- the files exchanged with the oracle ---- */

static void swap64(uint64_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        v[i] = __builtin_bswap64(v[i]);
}

/* To or from the byte order of a big-endian program; the buffer is bytes. */
static void swap_state(struct conf_state *st)
{
    swap64(st->gpr, 32);
    swap64(&st->cr, 8); /* cr .. nia */
    st->signal = __builtin_bswap32(st->signal);
    for (unsigned i = 0; i < 64; i++) {
        u128 v = st->vsr[i];
        st->vsr[i] = (u128)__builtin_bswap64((uint64_t)v) << 64 | __builtin_bswap64(v >> 64);
    }
}

static void swap_case(struct conf_case *c)
{
    c->words[0] = __builtin_bswap32(c->words[0]);
    c->words[1] = __builtin_bswap32(c->words[1]);
    swap_state(&c->in);
}

/* ---- running ---- */

static bool write_cases(struct session *s, const char *path)
{
    FILE *f = fopen(path, "wb");
    bool ok = f;
    for (size_t i = 0; ok && i < s->ncases; i++) {
        struct conf_case c = s->cases[i];
        if (s->opt.big)
            swap_case(&c);
        ok = fwrite(&c, sizeof(c), 1, f) == 1;
    }
    return f && !fclose(f) && ok;
}

/* Number of results; fewer than cases when the oracle died. */
static size_t read_results(struct session *s, const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(s->expected, sizeof(s->expected[0]), s->ncases, f) : 0;
    if (f)
        fclose(f);
    for (size_t i = 0; s->opt.big && i < n; i++)
        swap_state(&s->expected[i]);
    return n;
}

static bool run_oracle(struct session *s)
{
    char cases[] = "/tmp/conformance-in-XXXXXX", results[] = "/tmp/conformance-out-XXXXXX";
    char command[1024];
    int fd_in = mkstemp(cases), fd_out = mkstemp(results);
    bool ok = fd_in >= 0 && fd_out >= 0 && write_cases(s, cases);
    if (ok) {
        snprintf(command, sizeof(command), "%s '%s' '%s' '%s'", s->opt.oracle, s->opt.guest, cases,
                 results);
        ok = system(command) == 0 && read_results(s, results) == s->ncases;
    }
    if (fd_in >= 0)
        close(fd_in);
    if (fd_out >= 0)
        close(fd_out);
    if (!ok) {
        size_t n = read_results(s, results);
        fprintf(stderr, "conformance: the oracle failed after case %zu (%s): %s %s %s %s\n", n,
                insn_table[s->cases[n < s->ncases ? n : 0].row].mnemonic, s->opt.oracle,
                s->opt.guest, cases, results);
        return false;
    }
    unlink(cases);
    unlink(results);
    return true;
}

/* ---- what follows from a run: reserved bits do nothing, 32-bit mode ---- */

#define XER_SO   0x80000000u
#define XER_OV   0x40000000u
#define XER_CA   0x20000000u
#define XER_OV32 0x00080000u
#define XER_CA32 0x00040000u

static uint64_t copy_bit(uint64_t v, uint64_t to, uint64_t from)
{
    return v & from ? v | to : v & ~to;
}

/* Sums: CA and OV are the carry and overflow of the low word, which 64-bit mode shows in CA32 and
 * OV32 (Book I 3.3.9). Record forms look at the low word. Everything else is as in 64-bit mode. */
static void expect_32bit(const struct conf_case *c, struct conf_state *want)
{
    const char *m = insn_table[c->row].mnemonic;
    size_t len = strlen(m);
    bool record = m[len - 1] == '.';
    bool sum = (starts(m, "add") || starts(m, "subf") || starts(m, "neg")) && !starts(m, "addg") &&
               !starts(m, "addp");
    bool overflow = sum && (m[len - 1 - record] == 'o' || !strcmp(m, "addex"));
    char kind = starts(m, "add") ? m[3] : starts(m, "subf") ? m[4] : '\0';
    struct insn in;

    if (sum && strcmp(m, "addex") && kind && strchr("cemzi", kind) && strcmp(m, "addi") &&
        strcmp(m, "addis"))
        want->xer = copy_bit(want->xer, XER_CA, XER_CA32);
    if (overflow)
        want->xer = copy_bit(want->xer, XER_OV, XER_OV32);
    if (overflow && strcmp(m, "addex")) {
        bool so = (c->in.xer & XER_SO) || (want->xer & XER_OV);
        want->xer = so ? want->xer | XER_SO : want->xer & ~(uint64_t)XER_SO;
    }
    if (!record || insn_table[c->row].fac != FAC_FXU)
        return;
    insn_decode(&in, c->words[1]);
    bool to_ra = starts(insn_table[c->row].operands, "RA,");
    int32_t low = (int32_t)want->gpr[to_ra ? in.ra : in.rt];
    uint32_t cr0 = (low < 0 ? 8 : low > 0 ? 4 : 2) | (want->xer & XER_SO ? 1 : 0);
    want->cr = (want->cr & 0x0fffffff) | cr0 << 28;
}

/* Not foretold: branches (CTR counts 32 bits), and what receives an effective address. */
static bool is_foretold_32bit(const struct conf_case *c)
{
    const struct insn_row *row = &insn_table[c->row];
    return row->fac != FAC_BRU && !strstr(row->operands, "U(RA)") &&
           !(strstr(row->operands, ",RA,RB") && row->fac == FAC_LSU) &&
           !(strstr(row->operands, ",RA,RB") && row->fac == FAC_FPU) && c->row != INSN_ADDPCIS &&
           !starts(row->mnemonic, "lvs");
}

/* Runs case @i once more in another way on both engines; @base is what the plain run gave. */
static bool run_variant(struct session *s, size_t i, const struct conf_state *base)
{
    struct conf_case *c = &s->cases[i], plain = *c;
    unsigned mode = s->opt.big ? RUN_BIG : 0;
    struct conf_state want = *base, got[3];
    const char *than = "plain";
    bool good = true, foretold = true;

    if (i % 4 == 1) {
        c->words[1] |= insn_table[c->row].reserved & (uint32_t)(i * 0x9e3779b1u);
    } else {
        mode |= RUN_32BIT;
        than = "64-bit";
        foretold = is_foretold_32bit(c);
        expect_32bit(c, &want);
    }
    for (size_t e = 0; e < s->nengines; e++) {
        run_case(s->machines[e], c, mode, &got[e]);
        if (foretold)
            good = check(s, i, s->engines[e]->name, &got[e], than, &want) && good;
    }
    for (size_t e = 1; e < s->nengines; e++)
        good = check(s, i, s->engines[e]->name, &got[e], s->engines[0]->name, &got[0]) && good;
    *c = plain;
    return good;
}

static bool run_batch(struct session *s)
{
    bool oracle = s->opt.oracle[0];
    if (!s->ncases)
        return true;
    if (oracle && !run_oracle(s))
        return false;
    for (size_t i = 0; i < s->ncases; i++) {
        struct tally *t = &s->tally[s->cases[i].row];
        struct conf_state got[3];
        bool good = true;
        for (size_t e = 0; e < s->nengines; e++) {
            run_case(s->machines[e], &s->cases[i], s->opt.big ? RUN_BIG : 0, &got[e]);
            if (oracle)
                good = check(s, i, s->engines[e]->name, &got[e], "oracle", &s->expected[i]) && good;
        }
        for (size_t e = 1; e < s->nengines; e++)
            good = check(s, i, s->engines[e]->name, &got[e], s->engines[0]->name, &got[0]) && good;
        if (i % 4 == 1 || i % 4 == 3)
            good = run_variant(s, i, &got[0]) && good;
        t->run++;
        t->failed += !good;
    }
    s->ncases = 0;
    return true;
}

static bool is_wanted(struct session *s, unsigned id)
{
    return gen_in_scope(id) && insn_table[id].handler != op_unimplemented &&
           (!s->opt.only || !fnmatch(s->opt.only, insn_table[id].mnemonic, 0)) &&
           !ignored(s, id, "skip") && (s->opt.big || !ignored(s, id, "skip-le"));
}

/* Each mnemonic draws from its own stream, so that --only repeats the cases of a whole run. */
static bool run_row(struct session *s, unsigned id)
{
    struct rng r = {s->opt.seed ^ (uint64_t)insn_table[id].match << 32};
    for (unsigned n = 0, tries = 0; n < s->opt.count && tries < 100 * s->opt.count; tries++) {
        if (!gen_case(&r, id, n, &s->cases[s->ncases]))
            continue;
        n++;
        if (++s->ncases == BATCH && !run_batch(s))
            return false;
    }
    return true;
}

static int summary(struct session *s)
{
    unsigned rows = 0, bad = 0, cases = 0, missing = 0;
    for (unsigned id = 1; id < INSN_COUNT; id++) {
        const struct tally *t = &s->tally[id];
        missing += gen_in_scope(id) && insn_table[id].handler == op_unimplemented;
        rows += t->run > 0;
        cases += t->run;
        bad += t->failed > 0;
    }
    if (bad)
        printf("differences (mnemonic: cases of %u):", s->opt.count);
    for (unsigned id = 1; id < INSN_COUNT; id++)
        if (s->tally[id].failed)
            printf(" %s:%u", insn_table[id].mnemonic, s->tally[id].failed);
    printf("%sconformance: %s-endian, seed %" PRIu64
           ": %u mnemonics, %u cases, %u mnemonics differ; "
           "%u in scope have no semantics\n",
           bad ? "\n" : "", s->opt.big ? "big" : "little", s->opt.seed, rows, cases, bad, missing);
    if (!s->opt.oracle[0])
        printf("no oracle: the engines were compared with each other only\n");
    if (s->opt.verbose)
        for (size_t i = 0; i < s->ndefects; i++)
            if (!s->defects[i].hits && !s->opt.only)
                printf("unused: %s %s\n", s->defects[i].mnemonic, s->defects[i].field);
    printf("%u passed, %u failed, 0 skipped\n", rows - bad, bad);
    return bad ? 1 : 0;
}

/* ---- command line ---- */

static int usage(void)
{
    fprintf(stderr, "usage: conformance [--seed N] [--count N] [--engine ref|interp|jit]\n"
                    "                   [--only PATTERN] [--oracle COMMAND] [--guest PROGRAM]\n"
                    "                   [--defects FILE] [--big] [--verbose]\n");
    return 2;
}

static bool parse(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--verbose")) {
            o->verbose = true;
            continue;
        }
        if (!strcmp(argv[i], "--big")) {
            o->big = true;
            continue;
        }
        if (++i == argc)
            return false;
        const char *name = argv[i - 1];
        if (!strcmp(name, "--seed"))
            o->seed = strtoull(value, NULL, 0);
        else if (!strcmp(name, "--count"))
            o->count = (unsigned)strtoul(value, NULL, 0);
        else if (!strcmp(name, "--engine"))
            o->engine = value;
        else if (!strcmp(name, "--only"))
            o->only = value;
        else if (!strcmp(name, "--oracle"))
            o->oracle = value;
        else if (!strcmp(name, "--guest"))
            o->guest = value;
        else if (!strcmp(name, "--defects"))
            o->defects = value;
        else
            return false;
    }
    return true;
}

static bool create_machines(struct session *s)
{
    const char *names[] = {"ref", "interp", "jit"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (s->opt.engine && strcmp(s->opt.engine, names[i]))
            continue;
        s->engines[s->nengines] = engine_find(names[i]);
        if (!s->engines[s->nengines])
            return false;
        s->machines[s->nengines] = run_create(s->engines[s->nengines]);
        s->nengines++;
    }
    return s->nengines > 0;
}

int main(int argc, char **argv)
{
    struct session *s = calloc(1, sizeof(*s));
    int rc = 2;
    if (!s)
        return 2;
    s->opt = (struct options){.seed = (uint64_t)time(NULL),
                              .count = 50,
                              .oracle = "qemu-ppc64le -cpu power9",
                              .guest = "build/tests/conformance/guest",
                              .defects = "tests/conformance/qemu-defects.txt"};
    if (!parse(&s->opt, argc, argv)) {
        rc = usage();
    } else if (read_defects(s) && create_machines(s)) {
        bool ok = true;
        for (unsigned id = 1; ok && id < INSN_COUNT; id++)
            if (is_wanted(s, id))
                ok = run_row(s, id);
        if (ok && run_batch(s))
            rc = summary(s);
    }
    for (size_t i = 0; i < s->nengines; i++)
        run_destroy(s->machines[i]);
    free(s);
    return rc;
}
