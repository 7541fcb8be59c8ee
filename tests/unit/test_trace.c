/* SPDX-License-Identifier: Apache-2.0 */
/* Traces: each format is what its readers expect, filters filter, and nothing blocks the guest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <ctype.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/trace/trace_internal.h"
#include "pefemu/chardev.h"

#define CODE 0x1000u

static struct chardev *console;
static char folder[] = "/tmp/pefemu-trace-XXXXXX";
static char path[100];

/* ---- machines: one instruction after the other at CODE ---- */

static struct machine *make(const struct engine *engine, const uint32_t *words, unsigned n)
{
    static const char *const regs[] = {"pc=0x1000", "r1=0x8000", "r5=0x123456789abcdef0", NULL};
    const struct machine_config cfg = {
        .machine = "bare",
        .ram_size = 1 * MiB,
        .cpus = 1,
        .cores = 1,
        .threads = 1,
        .engine = engine,
        .bare.regs = regs,
        .insn_limit = n,
        .rtc_base = 0,
        .have_seed = true,
    };
    struct machine *m = machine_create(&cfg, console);
    assert_non_null(m);
    for (unsigned i = 0; i < n; i++)
        put_be32(memory_ptr(&m->mem, CODE + 4 * i, 4), words[i]);
    return m;
}

static struct machine *idle_machine(void)
{
    static const uint32_t nop = 0x60000000;
    return make(&engine_ref, &nop, 1);
}

static struct trace *start(struct machine *m, const char *name, const char *options)
{
    char spec[200], message[TRACE_MESSAGE] = "";
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    snprintf(spec, sizeof(spec), "%s%s", path, options);
    struct trace *t = trace_open(m, spec, message);
    if (!t)
        fail_msg("%s", message);
    return t;
}

/* The caller frees it. */
static char *contents(void)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len), *in = fopen(path, "rb");
    assert_non_null(in);
    for (int c; (c = getc(in)) != EOF;)
        putc(c, out);
    fclose(in);
    fclose(out);
    return text;
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

/* A little of everything: an ultracall with a page inside, an interrupt, a step. */
static void emit_some(struct machine *m)
{
    struct cpu *cpu = &m->cpus[0];
    uint64_t before = cpu->msr;
    event(m->events, EVENT_INTERRUPT, cpu, "decrementer", 0x900, 0x1234, 0x8000, 0);
    event(m->events, EVENT_UCALL, cpu, "UV_PAGE_IN", 0xf128, 1, 0x10000, 0x20000);
    machine_charge_ns(m, 1500);
    cpu_set_msr(cpu, MSR_SF | MSR_HV | MSR_S | MSR_ME);
    cpu_state_event(cpu, before);
    event(m->events, EVENT_PAGE_IN, cpu, "crypt", 0x20000, 1, 1, 0x10000);
    event(m->events, EVENT_UCALL_RETURN, cpu, "UV_PAGE_IN", 0xf128, (uint64_t)-55, 1, 0);
    before = cpu->msr;
    cpu_set_msr(cpu, MSR_SF | MSR_ME);
    cpu_state_event(cpu, before);
    event(m->events, EVENT_RETURN, cpu, "rfid", 0x1234, 0x8000);
    event(m->events, EVENT_ESM_END, cpu, "why \"quoted\", \\ and \001", 0, 1, 3);
}

/* ---- JSON ---- */

static const char *json_value(const char *p);

static const char *blanks(const char *p)
{
    while (p && isspace((unsigned char)*p))
        p++;
    return p;
}

static const char *json_string(const char *p)
{
    if (*p++ != '"')
        return NULL;
    for (; *p != '"'; p++) {
        if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
            return NULL;
        if (*p == '\\' && !strchr("\"\\/bfnrtu", *++p))
            return NULL;
    }
    return p + 1;
}

/* Members of an object (@close '}') or elements of an array. */
static const char *json_list(const char *p, char close)
{
    p = blanks(p + 1);
    if (*p == close)
        return p + 1;
    for (;;) {
        if (close == '}') {
            p = blanks(json_string(p));
            if (!p || *p++ != ':')
                return NULL;
        }
        p = blanks(json_value(blanks(p)));
        if (!p || (*p != ',' && *p != close))
            return NULL;
        if (*p++ == close)
            return p;
        p = blanks(p);
    }
}

static const char *json_value(const char *p)
{
    char *end;
    if (*p == '{' || *p == '[')
        return json_list(p, *p == '{' ? '}' : ']');
    if (*p == '"')
        return json_string(p);
    strtod(p, &end);
    return end == p ? NULL : end;
}

static bool is_json(const char *text)
{
    const char *p = blanks(json_value(blanks(text)));
    return p && !*p;
}

/* ---- chrome ---- */

static void chrome_is_a_json_array_with_nested_slices(void **state)
{
    struct machine *m = idle_machine();
    (void)state;
    struct trace *t = start(m, "a.json", "");
    emit_some(m);
    trace_close(t);
    char *text = contents();
    assert_true(is_json(text));
    assert_int_equal(count(text, "\"ph\":\"B\""), 5); /* states: three; interrupt, ultracall */
    assert_int_equal(count(text, "\"ph\":\"E\""), 4); /* the last state goes on */
    assert_non_null(strstr(text, "\"name\":\"UV_PAGE_IN\",\"args\":{\"number\":\"0xf128\""));
    assert_non_null(strstr(text, "\"rc\":\"U_P2\""));
    assert_non_null(strstr(text, "\"name\":\"page-in crypt\""));
    assert_non_null(strstr(text, "\"ts\":1.500"));
    assert_true(strstr(text, "\"name\":\"decrementer\"") < strstr(text, "\"name\":\"UV_PAGE_IN\""));
    assert_non_null(strstr(text, "\"name\":\"secure pages\""));
    assert_non_null(strstr(text, "\"dropped\":0"));
    free(text);
    machine_destroy(m);
}

/* The process is gone: what is in the file needs a bracket and nothing else. */
static void chrome_is_of_use_when_cut_off(void **state)
{
    struct machine *m = idle_machine();
    (void)state;
    struct trace *t = start(m, "b.json", "");
    for (unsigned i = 0; i < 2000; i++)
        emit_some(m);
    char *text = contents(), *closed;
    assert_true(strlen(text) > 100000);
    assert_false(is_json(text));
    assert_true(asprintf(&closed, "%s]", text) > 0);
    assert_true(is_json(closed));
    free(closed);
    free(text);
    trace_close(t);
    text = contents();
    assert_true(is_json(text));
    free(text);
    machine_destroy(m);
}

/* ---- csv ---- */

static unsigned columns(const char *line, const char *end)
{
    unsigned n = 1;
    bool quoted = false;
    for (; line < end; line++) {
        quoted ^= *line == '"';
        n += *line == ',' && !quoted;
    }
    return quoted ? 0 : n;
}

static void csv_has_the_same_columns_everywhere(void **state)
{
    struct machine *m = idle_machine();
    (void)state;
    struct trace *t = start(m, "a.csv", "");
    emit_some(m);
    trace_close(t);
    char *text = contents();
    unsigned lines = 0;
    for (const char *p = text, *end; (end = strstr(p, "\r\n")); p = end + 2, lines++)
        assert_int_equal(columns(p, end), 10);
    assert_int_equal(lines, 1 + 8 + 1);
    assert_non_null(strstr(text, ",ucall-return,UV_PAGE_IN,0xf128,0xffffffffffffffc9,0x1,0x0\r\n"));
    assert_non_null(strstr(text, "\"why \"\"quoted\"\", "));
    free(text);
    machine_destroy(m);
}

/* ---- txt ---- */

static void text_is_indented_by_what_it_happens_in(void **state)
{
    struct machine *m = idle_machine();
    (void)state;
    struct trace *t = start(m, "a.txt", "");
    emit_some(m);
    trace_close(t);
    char *text = contents();
    assert_non_null(strstr(text, " interrupt decrementer vector 0x900 pc 0x1234"));
    assert_non_null(strstr(text, "   ucall UV_PAGE_IN number 0xf128"));
    assert_non_null(strstr(text, "     page-in crypt gpa 0x20000 lpid 1 kind 1 ra 0x10000"));
    assert_non_null(strstr(text, "   ucall-return UV_PAGE_IN number 0xf128 rc U_P2 lpid 1"));
    assert_non_null(strstr(text, "# end: 8 records, 0 dropped, 0 not repeated\n"));
    free(text);
    machine_destroy(m);
}

/* ---- VCD ---- */

/* The part of IEEE 1364's grammar that is used; every identifier is declared, time goes up. */
static bool is_vcd(const char *text)
{
    char copy[20000], *save, *word;
    bool declared[128] = {false}, in_header = true;
    long long now = -1;
    snprintf(copy, sizeof(copy), "%s", text);
    for (word = strtok_r(copy, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
        if (!strcmp(word, "$var")) {
            strtok_r(NULL, " \n", &save);
            strtok_r(NULL, " \n", &save);
            word = strtok_r(NULL, " \n", &save);
            declared[word[0] & 127] = true;
            word = strtok_r(NULL, " \n", &save); /* the name, which no keyword can be */
            continue;
        }
        if (!strcmp(word, "$enddefinitions"))
            in_header = false;
        if (word[0] == '$' && strcmp(word, "$dumpvars") && strcmp(word, "$end")) {
            while (strcmp(word, "$end"))
                if (!(word = strtok_r(NULL, " \n", &save)))
                    return false;
        } else if (word[0] == '#' && !in_header) {
            if (atoll(word + 1) < now)
                return false;
            now = atoll(word + 1);
        } else if (word[0] == 'b' && !in_header && now >= 0) {
            if (word[1 + strspn(word + 1, "01")])
                return false;
            word = strtok_r(NULL, " \n", &save);
            if (!word || word[1] || !declared[word[0] & 127])
                return false;
        } else if (strcmp(word, "$dumpvars") && strcmp(word, "$end")) { /* $end of those above */
            return false;
        }
    }
    return !in_header;
}

static void vcd_keeps_to_its_grammar(void **state)
{
    struct machine *m = idle_machine();
    (void)state;
    struct trace *t = start(m, "a.vcd", "");
    emit_some(m);
    trace_close(t);
    char *text = contents();
    assert_true(is_vcd(text));
    assert_non_null(strstr(text, "\n#1500\nb111 #\n"));     /* ultravisor */
    assert_non_null(strstr(text, "b1111000100101000 &\n")); /* 0xf128 begins */
    assert_non_null(strstr(text, "b0 &\n"));
    free(text);
    machine_destroy(m);
}

/* ---- filters ---- */

static unsigned lines_with(const char *options, const char *what)
{
    struct machine *m = idle_machine();
    struct trace *t = start(m, "f.txt", options);
    m->cpus[0].cia = 0x2000;
    emit_some(m);
    trace_close(t);
    char *text = contents();
    unsigned n = count(text, what);
    free(text);
    machine_destroy(m);
    return n;
}

static void filters_choose(void **state)
{
    (void)state;
    assert_int_equal(lines_with("", " cpu0 "), 8);
    assert_int_equal(lines_with(",events=ucall+page-in", " cpu0 "), 2);
    assert_int_equal(lines_with(",states=ultravisor", " cpu0 "), 3);
    assert_int_equal(lines_with(",states=privileged+hypervisor", " cpu0 "), 5);
    assert_int_equal(lines_with(",count=3", " cpu0 "), 3);
    assert_int_equal(lines_with(",pc=0x2000-0x2fff", " cpu0 "), 8);
    assert_int_equal(lines_with(",pc=0-0x1fff", " cpu0 "), 0);
    assert_int_equal(lines_with(",from=1", " cpu0 "), 0);
    assert_int_equal(lines_with(",from=1", "# end: 0 records"), 1);
}

static void bad_options_are_refused(void **state)
{
    static const struct {
        const char *spec, *why;
    } bad[] = {
        {"", "no file"},
        {",format=csv", "no file"},
        {"format=csv", "no file"},
        {"x,format=xml", "format=xml: use chrome"},
        {"x,events=ucall+nothing", "events=nothing: no such event"},
        {"x,events=", "no such event"},
        {"x,states=secret", "no such state"},
        {"x,pc=5", "not LOW-HIGH"},
        {"x,pc=5-4", "not LOW-HIGH"},
        {"x,pc=a-b", "not LOW-HIGH"},
        {"x,from=soon", "from=soon"},
        {"x,count=0", "count=0"},
        {"x,other", "use KEY=VALUE"},
        {"x,other=1", "unknown key"},
    };
    char message[TRACE_MESSAGE];
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(trace_check(bad[i].spec, message));
        if (!strstr(message, bad[i].why) || strchr(message, '\n'))
            fail_msg("%s: %s", bad[i].spec, message);
    }
    struct machine *m = idle_machine();
    assert_null(trace_open(m, "/nowhere/at/all.json", message));
    assert_non_null(strstr(message, "/nowhere/at/all.json: "));
    assert_int_equal(m->events.wanted, 0);
    machine_destroy(m);
}

/* ---- slow readers ---- */

static void a_reader_that_does_not_read_costs_records_only(void **state)
{
    struct machine *m = idle_machine();
    char message[TRACE_MESSAGE];
    FILE *terminal = stderr;
    char *said = NULL;
    size_t len;
    (void)state;
    snprintf(path, sizeof(path), "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(trace_open(m, path, message)); /* nobody there */
    assert_non_null(strstr(message, "nobody reads the pipe"));
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    struct trace *t = trace_open(m, path, message);
    assert_non_null(t);
    while (!t->sink.dropped)
        emit_some(m); /* does not come to a standstill */
    assert_true(t->sink.len <= SINK_ROOM);
    close(reader); /* nor does it here */
    stderr = open_memstream(&said, &len);
    trace_close(t);
    fclose(stderr);
    stderr = terminal;
    assert_non_null(strstr(said, "not complete"));
    free(said);
    unlink(path);
    machine_destroy(m);
}

static void dropped_records_are_counted_in_the_trailer(void **state)
{
    struct machine *m = idle_machine();
    (void)state;
    struct trace *t = start(m, "d.json", "");
    t->sink.dropped = 17;
    FILE *terminal = stderr;
    char *said = NULL;
    size_t len;
    stderr = open_memstream(&said, &len);
    trace_close(t);
    fclose(stderr);
    stderr = terminal;
    assert_non_null(strstr(said, "17 records were dropped"));
    char *text = contents();
    assert_true(is_json(text));
    assert_non_null(strstr(text, "\"dropped\":17"));
    free(said);
    free(text);
    machine_destroy(m);
}

/* ---- the commit log ---- */

static const uint32_t program[] = {
    0x38600001, /* li r3,1 */
    0xf8a10008, /* std r5,8(r1) */
    0xa0810008, /* lhz r4,8(r1) */
    0x38600001, /* li r3,1: the same value is a value written */
    0x2c030001, /* cmpwi r3,1 */
    0x7c6903a6, /* mtctr r3 */
    0x7cb24ba6, /* mtspr 306 (HIOR is none: HDSISR), r5 */
    0x48000005, /* bl .+4 */
};

static void check_commit_log(const struct engine *engine)
{
    struct machine *m = make(engine, program, ARRAY_SIZE(program));
    struct trace *t = start(m, "a.commit", "");
    machine_run(m);
    trace_close(t);
    char *text = contents();
    static const char *const lines[] = {
        "core   0: hv   0x0000000000001000 (0x38600001) r3 0x0000000000000001\n",
        "core   0: hv   0x0000000000001004 (0xf8a10008) mem 0x0000000000008008 "
        "0x123456789abcdef0\n",
        "core   0: hv   0x0000000000001008 (0xa0810008) r4 0x0000000000001234 mem "
        "0x0000000000008008\n",
        "core   0: hv   0x000000000000100c (0x38600001) r3 0x0000000000000001\n",
        "core   0: hv   0x0000000000001010 (0x2c030001) cr 0x20000000\n",
        "core   0: hv   0x0000000000001014 (0x7c6903a6) ctr 0x0000000000000001\n",
        "core   0: hv   0x0000000000001018 (0x7cb24ba6) HDSISR 0x123456789abcdef0\n",
        "core   0: hv   0x000000000000101c (0x48000005) lr 0x0000000000001020\n",
        "# end: 8 records, 0 dropped, 0 not repeated\n",
    };
    const char *at = text;
    for (unsigned i = 0; i < ARRAY_SIZE(lines); at += strlen(lines[i++]))
        if (strncmp(at, lines[i], strlen(lines[i])))
            fail_msg("%s is not %s", at, lines[i]);
    assert_string_equal(at, "");
    free(text);
    assert_null(m->commit);
    assert_false(m->commit_on);
    machine_destroy(m);
}

static void commit_log_has_what_was_written(void **state)
{
    (void)state;
    check_commit_log(&engine_ref);
    check_commit_log(&engine_interp);
}

static void commit_log_begins_and_ends_where_asked(void **state)
{
    (void)state;
    struct machine *m = make(&engine_interp, program, ARRAY_SIZE(program));
    struct trace *t = start(m, "b.commit", ",from=2,count=3");
    char message[TRACE_MESSAGE];
    assert_null(trace_open(m, "/dev/null,format=commit", message));
    assert_non_null(strstr(message, "there is a commit log already"));
    machine_run(m);
    trace_close(t);
    char *text = contents();
    assert_int_equal(strncmp(text, "core   0: hv   0x0000000000001008", 33), 0);
    assert_non_null(strstr(text, "0x0000000000001010"));
    assert_null(strstr(text, "0x0000000000001014"));
    free(text);
    machine_destroy(m);
}

/* Interrupts are shown, instructions that did not complete are not; the run is the same. */
static void commit_log_changes_nothing(void **state)
{
    static const uint32_t faults[] = {0x38600001, 0x7c0802a6, 0x00000000, 0x60000000};
    uint64_t insns[2], stalls[2];
    char *text = NULL;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct machine *m = make(&engine_interp, faults, ARRAY_SIZE(faults));
        struct trace *t = i ? start(m, "c.commit", "") : NULL;
        machine_run(m);
        trace_close(t);
        insns[i] = m->insn_total;
        stalls[i] = m->stall_total;
        machine_destroy(m);
    }
    assert_int_equal(insns[0], insns[1]);
    assert_int_equal(stalls[0], stalls[1]);
    text = contents();
    assert_null(strstr(text, "0x0000000000001008 (0x00000000)"));
    assert_non_null(strstr(text, "interrupt 0xe40 hypervisor emulation assistance, at "
                                 "0x0000000000001008\n"));
    free(text);
}

static int set_up(void **state)
{
    const char *why;
    (void)state;
    console = chardev_open("null", &why);
    return console && mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[100];
    (void)state;
    chardev_close(console);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chrome_is_a_json_array_with_nested_slices),
        cmocka_unit_test(chrome_is_of_use_when_cut_off),
        cmocka_unit_test(csv_has_the_same_columns_everywhere),
        cmocka_unit_test(text_is_indented_by_what_it_happens_in),
        cmocka_unit_test(vcd_keeps_to_its_grammar),
        cmocka_unit_test(filters_choose),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(a_reader_that_does_not_read_costs_records_only),
        cmocka_unit_test(dropped_records_are_counted_in_the_trailer),
        cmocka_unit_test(commit_log_has_what_was_written),
        cmocka_unit_test(commit_log_begins_and_ends_where_asked),
        cmocka_unit_test(commit_log_changes_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
