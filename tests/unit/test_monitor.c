/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor: words and conditions of commands, answers as text and as JSON, completion, the line
 * editor, and memory as each principal sees it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdlib.h>

#include "debug/calls.h"
#include "debug/condition.h"
#include "debug/expr.h"
#include "debug/lineedit.h"
#include "pefemu/chardev.h"
#include "pefemu/monitor.h"
#include "pefemu/prompt.h"
#include "pefemu/uv.h"

/* ---- the bed ---- */

struct bed {
    struct machine *m;
    struct debug *d;
    struct chardev *console;
    char text[1 << 20]; /* of the last answer */
};

static int setup(void **state)
{
    static const char *const regs[] = {"msr=0x9000000000001000,pc=0x1000,r3=0x1234", NULL};
    struct machine_config cfg = {.machine = "bare",
                                 .ram_size = 1 * MiB,
                                 .cpus = 2,
                                 .cores = 2,
                                 .threads = 1,
                                 .engine = &engine_interp,
                                 .bare = {.secure_size = 1 * MiB, .regs = regs},
                                 .deterministic = true,
                                 .have_seed = true};
    struct bed *b = calloc(1, sizeof(*b));
    const char *why;
    b->console = chardev_open("null", &why);
    b->m = machine_create(&cfg, b->console);
    assert_non_null(b->m);
    b->d = debug_create(b->m);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    debug_destroy(b->d);
    machine_destroy(b->m);
    chardev_close(b->console);
    free(b);
    return 0;
}

static void collect(void *opaque, const char *text)
{
    struct bed *b = opaque;
    size_t n = strlen(b->text);
    assert_true(n + strlen(text) < sizeof(b->text));
    memcpy(b->text + n, text, strlen(text) + 1);
}

static bool run(struct bed *b, const char *line)
{
    b->text[0] = '\0';
    return monitor_command(b->d, line, collect, b);
}

static void says(struct bed *b, const char *line, const char *part)
{
    assert_true(run(b, line));
    if (!strstr(b->text, part))
        fail_msg("%s: %s", line, b->text);
}

static void refuses(struct bed *b, const char *line, const char *part)
{
    assert_false(run(b, line));
    if (!strstr(b->text, part) || strncmp(b->text, "error: ", 7) != 0 ||
        strchr(b->text, '\n')[1] != '\0')
        fail_msg("%s: %s", line, b->text);
}

/* ---- a reader of JSON that takes nothing but JSON ---- */

static const char *json_value(const char *p);

static const char *json_string(const char *p)
{
    if (!p || *p++ != '"')
        return NULL;
    while (*p != '"') {
        if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
            return NULL;
        if (*p == '\\' && p[1] == 'u') {
            for (int i = 2; i < 6; i++)
                if (!isxdigit((unsigned char)p[i]))
                    return NULL;
            p += 6;
        } else if (*p == '\\') {
            if (!strchr("\"\\/bfnrt", p[1]) || !p[1])
                return NULL;
            p += 2;
        } else {
            p++;
        }
    }
    return p + 1;
}

static const char *json_list(const char *p, char end, bool pairs)
{
    if (*p == end)
        return p + 1;
    for (;;) {
        if (pairs) {
            p = json_string(p);
            if (!p || *p++ != ':')
                return NULL;
        }
        p = json_value(p);
        if (!p || (*p != ',' && *p != end))
            return NULL;
        if (*p++ == end)
            return p;
    }
}

static const char *json_value(const char *p)
{
    if (!p)
        return NULL;
    if (*p == '{')
        return json_list(p + 1, '}', true);
    if (*p == '[')
        return json_list(p + 1, ']', false);
    if (*p == '"')
        return json_string(p);
    if (!strncmp(p, "true", 4))
        return p + 4;
    if (!strncmp(p, "false", 5))
        return p + 5;
    const char *digits = *p == '-' ? p + 1 : p;
    size_t n = strspn(digits, "0123456789");
    return n && (n == 1 || *digits != '0') ? digits + n : NULL;
}

/* The whole answer is one value and a newline. */
static void is_json(struct bed *b, const char *line)
{
    const char *end = json_value(b->text);
    if (!end || strcmp(end, "\n") != 0)
        fail_msg("%s: %s", line, b->text);
}

static void test_json(void **state)
{
    static const char *const lines[] = {"help",
                                        "help info",
                                        "help catch",
                                        "info",
                                        "info registers",
                                        "info registers r3",
                                        "info cpus",
                                        "info events",
                                        "info mtree",
                                        "info devices",
                                        "info tlb",
                                        "info history",
                                        "info status",
                                        "info symbols",
                                        "info breakpoints",
                                        "log",
                                        "view real",
                                        "x/4xb 0",
                                        "x/3i 0",
                                        "bogus",
                                        "catch \"a\\b\"",
                                        "x zz",
                                        "info svm",
                                        "info pgtable 0",
                                        "ubt",
                                        "cpu",
                                        "cpu 9",
                                        "break 0x100 lpid=1",
                                        "info breakpoints",
                                        "delete",
                                        "# nothing",
                                        ""};
    struct bed *b = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
        char json[100];
        snprintf(json, sizeof(json), "-j %s", lines[i]);
        bool ok = run(b, json);
        is_json(b, json);
        assert_int_equal(ok, !strncmp(b->text, "{\"ok\":true", 10));
    }
}

/* Bytes of guests are no text: neither terminal nor reader of JSON may be surprised by them. */
static void test_json_of_anything(void **state)
{
    struct bed *b = *state;
    for (unsigned i = 0; i < 256; i++)
        b->m->mem.ram[i] = (uint8_t)i;
    says(b, "view real", "real addresses");
    assert_true(run(b, "-j x/256c 0"));
    is_json(b, "x/256c");
    assert_true(run(b, "x/256c 0"));
    for (const char *p = b->text; *p; p++)
        assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
}

/* ---- commands ---- */

static void test_words(void **state)
{
    struct bed *b = *state;
    says(b, "help", "catch EVENT");
    says(b, "  help   step ", "executes one instruction");
    says(b, "he step", "executes one instruction");
    says(b, "info reg r3", "0x0000000000001234");
    says(b, "i registers \"r3\"", "0x0000000000001234");
    says(b, "", "");
    says(b, "# a comment", "");
    refuses(b, "s", "more than one");
    refuses(b, "bogus", "no such command");
    refuses(b, "info bogus", "no such command");
    refuses(b, "info registers zzz", "no register");
    refuses(b, "cpu 2", "CPUs 0 to 1");
    refuses(b, "cpu x", "not a number");
    char line[9000];
    memset(line, 'a', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    refuses(b, line, "longer than");
    for (unsigned i = 0; i < 200; i++)
        memcpy(line + 2 * i, "a ", 3);
    refuses(b, line, "words");
}

/* What goes on or looks at a halt needs one. */
static void test_running(void **state)
{
    static const char *const lines[] = {"cont",    "step",         "step 3",           "ustep",
                                        "ufinish", "reverse-step", "reverse-continue", "rewind 5"};
    struct bed *b = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
        refuses(b, lines[i], "the machine is running");
    says(b, "info status", "running");
    refuses(b, "info svm", "no ultravisor");
    refuses(b, "info hcalls", "no hypervisor");
}

static void test_expressions(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"0", 0},
                {"4096", 4096},
                {"0x10", 16},
                {"010", 8},
                {"$r3", 0x1234},
                {"$R3+1", 0x1235},
                {"0x10+0x20-1", 0x2f},
                {"0-1", UINT64_MAX},
                {"0xffffffffffffffff", UINT64_MAX},
                {"$pc-$pc", 0}};
    static const char *const bad[] = {"",
                                      "x",
                                      "-1",
                                      "1+",
                                      "+1",
                                      "1*2",
                                      "$",
                                      "$zz",
                                      "0x",
                                      "08",
                                      "0x10000000000000000",
                                      "1 2",
                                      "1+-2",
                                      "99999999999999999999"};
    struct bed *b = *state;
    const char *why;
    uint64_t v;
    for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
        assert_true(expr_value(&b->m->cpus[0], good[i].text, &v, &why));
        assert_int_equal(v, good[i].value);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        if (expr_value(&b->m->cpus[0], bad[i], &v, &why))
            fail_msg("%s is taken", bad[i]);
    assert_false(expr_value(NULL, "$r3", &v, &why));
}

/* ---- stop points ---- */

static struct debug_point *last_point(struct bed *b)
{
    struct debug_point *p = NULL, *last = NULL;
    while ((p = debug_next_point(b->d, p)))
        last = p;
    assert_non_null(last);
    return last;
}

static void test_catch(void **state)
{
    struct bed *b = *state;
    says(b, "catch ucall UV_ESM", "ucall UV_ESM");
    struct debug_point *p = last_point(b);
    assert_int_equal(p->kind, DEBUG_CATCH);
    assert_int_equal(p->events, 1u << EVENT_UCALL);
    assert_string_equal(p->text, "UV_ESM");

    says(b, "catch ucall 0xf110 arg1=0x400000 state=privileged secure=0 count=3", "arg1=0x400000");
    p = last_point(b);
    assert_true(p->arg[0].used && p->arg[0].value == UV_ESM && p->arg[0].mask == ~0ULL);
    assert_true(p->arg[1].used && p->arg[1].value == 0x400000 && !p->arg[2].used);
    assert_int_equal(p->states, 1u << ST_PRIVILEGED);
    assert_int_equal(p->secure, 0);
    assert_int_equal(p->ignore, 2);
    assert_int_equal(p->lpid, DEBUG_ANY);

    /* an event that names its partition is asked, not the CPU; a page is meant by any address in it
     */
    says(b, "catch page-out 0x12345678 lpid=7", "gpa=0x12340000/0xffffffffffff0000");
    p = last_point(b);
    assert_true(p->arg[0].value == 0x12340000 && p->arg[0].mask == ~0xffffULL);
    assert_true(p->arg[1].used && p->arg[1].value == 7 && p->lpid == DEBUG_ANY);

    says(b, "catch vector 0xe00 lpid=7 cpu=1 once", "vector=0xe00 lpid=7 cpu=1 once");
    p = last_point(b);
    assert_int_equal(p->events, 1u << EVENT_INTERRUPT);
    assert_true(p->arg[0].value == 0xe00 && p->lpid == 7 && p->cpu == 1 && p->temporary);

    says(b, "catch tpm RSA_Decrypt", "tpm RSA_Decrypt");
    says(b, "catch hcall H_RTAS arg1=0x100/0xff00", "arg1=0x100/0xff00");
    says(b, "catch esm-step LOCKBOX", "esm-step LOCKBOX");
    says(b, "catch state-change", "state-change");
    says(b, "catch secure-fault", "secure-fault");
    for (unsigned id = 0; id < EVENT_COUNT; id++) {
        char line[64];
        snprintf(line, sizeof(line), "catch %s", event_rows[id].name);
        says(b, line, event_rows[id].name);
    }
}

static void test_catch_refused(void **state)
{
    static const char *const lines[][2] = {
        {"catch", "no such event"},
        {"catch foo", "no such event"},
        {"catch ucall UV_FOO", "no such ultracall"},
        {"catch hcall UV_ESM", "no such hypercall"},
        {"catch ucall UV_ESM foo", "not a condition"},
        {"catch ucall UV_ESM foo=1", "no such condition"},
        {"catch ucall UV_ESM gpa=1", "no such condition"},
        {"catch ucall arg4=1", "no such condition"},
        {"catch ucall lpid=", "lpid="},
        {"catch ucall lpid=x", "not a number"},
        {"catch ucall lpid=0xffffffff", "too large"},
        {"catch ucall cpu=16", "CPUs 0 to 15"},
        {"catch ucall state=", "no state"},
        {"catch ucall state=secret", "problem, privileged"},
        {"catch ucall secure=2", "0 or 1"},
        {"catch ucall count=0", "the first time is 1"},
        {"catch ucall arg1=5/2", "the mask has not"},
        {"catch ucall arg1=1/x", "not a number"},
        {"catch tpm a-name-that-is-much-too-long-for-any-event-of-this-machine", "long"},
        {"break", "say where"},
        {"break zz", "not a number"},
        {"break 0 gpa=1", "no such condition"},
        {"watch", "say what"},
        {"watch 0 0", "from 1 byte"},
        {"delete 77", "no such stop point"},
        {"enable", "say which"},
    };
    struct bed *b = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
        refuses(b, lines[i][0], lines[i][1]);
    /* nothing half-made is left */
    for (struct debug_point *p = NULL; (p = debug_next_point(b->d, p));)
        assert_string_equal(p->text, "");
}

static void test_points(void **state)
{
    struct bed *b = *state;
    says(b, "break $pc+4 if lpid=1", "0x1004");
    says(b, "watch 0x2000", "8 bytes");
    says(b, "rwatch 0x2000 4 secure=1", "4 bytes");
    says(b, "awatch 0x2000 0x10000", "65536 bytes");
    says(b, "info breakpoints", "lpid=1");
    assert_int_equal(last_point(b)->kind, DEBUG_WATCH_ANY);
    says(b, "disable 4", "");
    assert_true(last_point(b)->disabled);
    says(b, "enable 4", "");
    assert_false(last_point(b)->disabled);
    struct debug_point gdb;
    debug_point_init(&gdb, DEBUG_BREAK);
    gdb.owned_by_gdb = true;
    unsigned id = debug_add(b->d, &gdb);
    char line[32];
    snprintf(line, sizeof(line), "delete %u", id);
    refuses(b, line, "no such stop point");
    says(b, "delete 4", "");
    says(b, "delete", "");
    says(b, "info breakpoints", "no stop points");
    assert_true(debug_delete(b->d, id)); /* gdb's own is still there */
}

/* Conditions are written as they are read. */
static void test_condition_text(void **state)
{
    static const char *const words[] = {"arg2=0x5", "lpid=3",  "cpu=1", "state=problem+hypervisor",
                                        "secure=1", "count=9", "once"};
    struct bed *b = *state;
    struct report *r = report_new();
    struct debug_point p;
    char text[300], expected[300] = "";
    debug_point_init(&p, DEBUG_CATCH);
    p.events = 1u << EVENT_UCALL;
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        assert_true(condition_parse(&p, &b->m->cpus[0], words[i], r));
        snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%s%s",
                 i ? " " : "", words[i]);
    }
    condition_text(&p, text, sizeof(text));
    assert_string_equal(text, expected);
    report_free(r);
}

/* ---- memory ---- */

static void test_views(void **state)
{
    struct bed *b = *state;
    memcpy(b->m->mem.ram + 0x100, "normal bytes....", 16);
    memcpy(b->m->mem.secure + 0x100, "secret bytes....", 16);
    b->m->cpus[0].urmor = SECURE_RA_BIT;
    says(b, "view real", "view real");
    says(b, "x/4xw 0x100", "normal bytes");
    says(b, "x/4xw 0x1000000000100", "secret bytes");
    says(b, "view uv", "view uv");
    says(b, "x/4xw 0x100", "secret bytes");
    says(b, "x/4xw 0x8000000000000100", "normal bytes");
    says(b, "view hv", "view hv");
    says(b, "x/4xw 0x100", "normal bytes");
    refuses(b, "x/4xw 0x1000000000100", "does not get it");
    says(b, "view svm 1", "view svm 1");
    refuses(b, "x/4xw 0x100", "not in the SVM's memory");
    refuses(b, "view nobody", "say cpu, svm LPID, hv, uv or real");
    refuses(b, "view hv 1 xe", "not understood");
}

static void test_x(void **state)
{
    struct bed *b = *state;
    static const uint8_t bytes[] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};
    memcpy(b->m->mem.ram, bytes, sizeof(bytes));
    memcpy(b->m->mem.ram + 0x10, "\x38\x63\x00\x01", 4); /* addi r3,r3,1 */
    says(b, "view real be", "view real be");
    says(b, "x/xg 0", "0x123456789abcdef0");
    says(b, "x /2xw 0", "0x12345678 0x9abcdef0");
    says(b, "x/4xh 0", "0x1234 0x5678 0x9abc 0xdef0");
    says(b, "x/db 4", "-102");
    says(b, "x/ub 4", "154");
    says(b, "x/ob 0", "022");
    says(b, "x/i 0x10", "addi r3,r3,1");
    says(b, "view real le", "view real le");
    says(b, "x/xg 0", "0xf0debc9a78563412");
    says(b, "x/b 0", "0x12");
    says(b, "x/xb", "0x34"); /* goes on */
    refuses(b, "x/0xg 0", "nothing to show");
    refuses(b, "x/4q 0", "then x d u o c or i");
    refuses(b, "x/4xg 0x100000", "no memory there");
    refuses(b, "x/xg 0xffffffffffffffff", "no memory there");
    refuses(b, "dump", "say FILE ADDRESS LENGTH");
    refuses(b, "dump /nowhere/file 0 16", "/nowhere/file");
}

/* ---- calls ---- */

static void test_calls(void **state)
{
    const uint64_t args[9] = {1, 0x10000, 0x20000, 0, 16};
    char text[200];
    uint64_t number;
    (void)state;
    call_line(text, sizeof(text), CALL_ULTRA, UV_PAGE_IN, args);
    assert_string_equal(text,
                        "UV_PAGE_IN(lpid 0x1, src 0x10000, gpa 0x20000, flags 0x0, order 0x10)");
    call_line(text, 20, CALL_ULTRA, UV_PAGE_IN, args);
    assert_int_equal(strlen(text), 19);
    call_line(text, sizeof(text), CALL_ULTRA, 0xf1fc, args);
    assert_string_equal(text, "ultracall 0xf1fc");
    call_status(text, sizeof(text), CALL_ULTRA, U_P3);
    assert_string_equal(text, "U_P3 (-56)");
    call_status(text, sizeof(text), CALL_HYPER, -4);
    assert_string_equal(text, "H_PARAMETER (-4)");
    call_status(text, sizeof(text), CALL_HYPER, 12345);
    assert_string_equal(text, "12345");
    assert_true(call_number(CALL_HYPER, "H_SVM_PAGE_IN", &number) && number == 0xef00);
    assert_false(call_number(CALL_ULTRA, "H_SVM_PAGE_IN", &number));
}

/* Every ultracall's arguments are described, no more and no fewer. */
static void test_arguments_described(void **state)
{
    (void)state;
    static const char *const described[][2] = {
#define CALL_ARG(call, n, name, unit, meaning) {#call, #n},
#define CALL_RESULT(...)
#include "pefemu/callarg.def"
#undef CALL_ARG
#undef CALL_RESULT
    };
    for (uint64_t number = UCALL_FIRST; number <= UCALL_LAST; number += 4) {
        unsigned found = 0;
        if (!uv_call_name(number))
            continue;
        for (unsigned i = 0; i < ARRAY_SIZE(described); i++)
            if (!strcmp(described[i][0], uv_call_name(number)))
                assert_int_equal(atoi(described[i][1]), ++found);
        assert_int_equal(found, uv_call_nargs(number));
    }
}

/* So is every register that one answers in. */
static void test_results_described(void **state)
{
    (void)state;
    static const struct {
        const char *call;
        unsigned reg;
    } described[] = {
#define CALL_ARG(...)
#define CALL_RESULT(call, r, name, unit, meaning) {#call, r},
#include "pefemu/callarg.def"
#undef CALL_ARG
#undef CALL_RESULT
    };
    for (uint64_t number = UCALL_FIRST; number <= UCALL_LAST; number += 4) {
        unsigned first, count = uv_call_results(number, &first), found = 0;
        for (unsigned i = 0; uv_call_name(number) && i < ARRAY_SIZE(described); i++) {
            if (strcmp(described[i].call, uv_call_name(number)) != 0 || described[i].reg == 3)
                continue;
            assert_int_equal(described[i].reg, first + found);
            found++;
        }
        assert_int_equal(found, count);
    }
}

/* The table of results: a status, or more than that, and nothing but the status of a refusal. */
static void test_results_reported(void **state)
{
    static const uint64_t gpr[32] = {[3] = 24, [4] = 0x6162, [5] = 0x77, [11] = 0x99};
    static const struct {
        uint64_t number;
        int64_t rc;
        const char *text;
    } cases[] = {
        {UV_PAGE_IN, U_SUCCESS,
         "register  result  value  is             meaning\n"
         "r3        status    0x0  U_SUCCESS (0)  it is done\n"},
        {UV_RESTRICTED_SPR_READ, U_SUCCESS,
         "register  result  value  is             meaning\n"
         "r3        status    0x0  U_SUCCESS (0)  it is done\n"
         "r5        value    0x77  bits           what the register holds\n"},
        {UV_RESTRICTED_SPR_READ, U_PARAMETER,
         "register  result               value  is                meaning\n"
         "r3        status  0xfffffffffffffffc  U_PARAMETER (-4)  why it was refused\n"},
    };
    struct bed *b = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct report *r = report_new();
        call_report_results(r, cases[i].number, cases[i].rc, gpr);
        b->text[0] = '\0';
        assert_true(report_write(r, false, collect, b));
        report_free(r);
        assert_string_equal(b->text, cases[i].text);
    }
    struct report *r = report_new();
    call_report_results(r, UV_ESMB_GET_FILE, 24, gpr);
    b->text[0] = '\0';
    report_write(r, false, collect, b);
    report_free(r);
    assert_non_null(strstr(b->text, "  24 bytes  of the file; 0: there are no more\n"));
    assert_non_null(strstr(b->text, "r11       data+56  "));
}

/* ---- completion and the line editor ---- */

static void add_word(void *opaque, const char *word)
{
    struct bed *b = opaque;
    collect(b, word);
    collect(b, " ");
}

static void completes(struct bed *b, const char *line, const char *words)
{
    b->text[0] = '\0';
    monitor_complete(b->d, line, add_word, b);
    if (strcmp(b->text, words) != 0)
        fail_msg("%s: %s, not %s", line, b->text, words);
}

static void test_completion(void **state)
{
    struct bed *b = *state;
    completes(b, "uf", "ufinish ");
    completes(b, "info sl", "slots ");
    completes(b, "catch ucall UV_PAGE_I", "UV_PAGE_IN UV_PAGE_INVAL ");
    completes(b, "catch secure-f", "secure-fault ");
    completes(b, "catch ucall UV_ESM lp", "lpid= ");
    completes(b, "view s", "svm ");
    completes(b, "bogus x", "");
    completes(b, "quit x", "");
}

struct session {
    struct bed *b;
    char lines[400]; /* each with a '|' behind it */
    char screen[4000];
    unsigned interrupts;
};

static void session_write(void *opaque, const char *text, size_t len)
{
    struct session *s = opaque;
    size_t n = strlen(s->screen);
    if (n + len < sizeof(s->screen)) {
        memcpy(s->screen + n, text, len);
        s->screen[n + len] = '\0';
    }
}

static void session_line(void *opaque, const char *line)
{
    struct session *s = opaque;
    size_t n = strlen(s->lines);
    snprintf(s->lines + n, sizeof(s->lines) - n, "%s|", line);
}

static void session_complete(void *opaque, const char *text, void (*found)(void *, const char *),
                             void *found_opaque)
{
    struct session *s = opaque;
    monitor_complete(s->b->d, text, found, found_opaque);
}

static void session_interrupt(void *opaque)
{
    ((struct session *)opaque)->interrupts++;
}

static void types(struct bed *b, bool echo, const char *keys, const char *lines)
{
    static const struct line_ops ops = {.write = session_write,
                                        .line = session_line,
                                        .complete = session_complete,
                                        .interrupt = session_interrupt};
    struct session s = {.b = b};
    struct line_edit *e = line_new(&ops, &s, "> ", echo);
    line_show(e);
    line_feed(e, (const uint8_t *)keys, strlen(keys));
    if (strcmp(s.lines, lines) != 0)
        fail_msg("%s, not %s", s.lines, lines);
    assert_int_equal(!echo, !s.screen[0]);
    line_free(e);
}

static void test_line_editor(void **state)
{
    struct bed *b = *state;
    types(b, true, "step\r", "step|");
    types(b, true, "step\r\ncont\n\n", "step|cont||");
    types(b, true, "stxp\177\177ep\r", "step|");
    types(b, true, "tep\001s\005 3\r", "step 3|");                   /* Ctrl-A, Ctrl-E */
    types(b, true, "sep\033[D\033[Dt\r", "step|");                   /* left */
    types(b, true, "xstep\033[H\033[3~\033[F!\r", "step!|");         /* Home, Delete, End */
    types(b, true, "one two\027three\r", "one three|");              /* Ctrl-W */
    types(b, true, "one two\025three\r", "three|");                  /* Ctrl-U */
    types(b, true, "abc\002\002\013x\031\r", "axbc|");               /* Ctrl-B, K, Y */
    types(b, true, "step\rcont\r\033[A\033[A\r", "step|cont|step|"); /* history */
    types(b, true, "step\rnew\033[A\033[B\r", "step|new|"); /* and back to what was typed */
    types(b, true, "bad\003step\r", "step|");               /* Ctrl-C */
    types(b, true, "ufi\t\r", "ufinish |");                 /* Tab */
    types(b, true, "catch ucall UV_PAGE_I\tV\t\r", "catch ucall UV_PAGE_INVAL |");
    types(b, true, "x\033[99;5Zy\033Oz\r", "xy|"); /* unknown sequences */
    types(b, false, "step\ncont\r\n\001\002x\n", "step|cont|x|");
    char lots[9000];
    memset(lots, 'a', sizeof(lots));
    lots[sizeof(lots) - 1] = '\0';
    struct session s = {.b = b};
    static const struct line_ops ops = {.write = session_write, .line = session_line};
    struct line_edit *e = line_new(&ops, &s, "> ", true);
    line_feed(e, (const uint8_t *)lots, sizeof(lots) - 1); /* does not grow without end */
    line_feed(e, (const uint8_t *)"\r", 1);
    line_free(e);
}

/* ---- -monitor ---- */

static void test_config(void **state)
{
    static const char *const bad[] = {"",          "foo",       "unix:", "stdio,echo",
                                      "none,json", "unix:/a,b", "tcp:1"};
    struct prompt_config c;
    const char *why;
    char path[300] = "unix:";
    (void)state;
    assert_true(prompt_config_parse(&c, "none", &why) && c.where == PROMPT_NONE);
    assert_true(prompt_config_parse(&c, "stdio", &why) && c.where == PROMPT_STDIO && !c.json);
    assert_true(prompt_config_parse(&c, "stdio,json=on", &why) && c.json);
    assert_true(prompt_config_parse(&c, "unix:/a/b,server,nowait,echo=on", &why));
    assert_true(c.where == PROMPT_UNIX && c.echo && !strcmp(c.path, "/a/b"));
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(prompt_config_parse(&c, bad[i], &why));
    memset(path + 5, 'a', 200);
    assert_false(prompt_config_parse(&c, path, &why));
    assert_non_null(strstr(why, "107"));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_json),
        TEST(test_json_of_anything),
        TEST(test_words),
        TEST(test_running),
        TEST(test_expressions),
        TEST(test_catch),
        TEST(test_catch_refused),
        TEST(test_points),
        TEST(test_condition_text),
        TEST(test_views),
        TEST(test_x),
        TEST(test_calls),
        TEST(test_arguments_described),
        TEST(test_results_described),
        TEST(test_results_reported),
        TEST(test_completion),
        TEST(test_line_editor),
        TEST(test_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
