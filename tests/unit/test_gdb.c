/* SPDX-License-Identifier: Apache-2.0 */
/* gdb's server without a socket and without gdb: packets in, packets out, on a halted machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "../../src/debug/gdb_internal.h"
#include "../../src/debug/gdb_listen.h"
#include "pefemu/chardev.h"

struct bed {
    struct chardev *console;
    struct machine *m;
    struct gdb_server s;
    void (*test)(struct bed *b); /* while the machine stands still */
};

static void on_halt(void *opaque, const struct debug_halt *halt)
{
    struct bed *b = opaque;
    if (halt->cause == HALT_START) {
        server_client_begins(&b->s);
        b->test(b);
        debug_quit(b->s.debug);
    }
}

static const struct debug_front front = {.halted = on_halt};

/* Runs @test on a CPU halted at 0x1000. */
static void halted(void (*test)(struct bed *b), bool little)
{
    static const char *const regs[] = {"pc=0x1000,msr=0x9000000000001000", NULL};
    struct machine_config cfg = {.machine = "bare",
                                 .ram_size = 1 * MiB,
                                 .cpus = 2,
                                 .cores = 2,
                                 .threads = 1,
                                 .engine = &engine_interp,
                                 .bare = {.regs = regs},
                                 .have_seed = true};
    struct bed *b = calloc(1, sizeof(*b));
    const char *why;
    b->console = chardev_open("null", &why);
    b->m = machine_create(&cfg, b->console);
    b->test = test;
    b->s = (struct gdb_server){
        .m = b->m, .debug = debug_create(b->m), .little = little, .listener = -1, .client = -1};
    assert_true(target_init(&b->s.target, &b->m->cpus[0]));
    assert_true(debug_add_front(b->s.debug, &front, b));
    debug_halt_at_start(b->s.debug);
    assert_int_equal(machine_run(b->m), STOP_QUIT);
    target_free(&b->s.target);
    wire_free(&b->s.wire);
    text_free(&b->s.reply);
    debug_destroy(b->s.debug);
    machine_destroy(b->m);
    chardev_close(b->console);
    free(b);
}

static void feed(struct bed *b, const char *bytes)
{
    server_take(&b->s, (const uint8_t *)bytes, strlen(bytes));
}

/* What the server has sent since the last call. */
static const char *answer(struct bed *b)
{
    static char copy[2 * GDB_PACKET_MAX + 64];
    struct gdb_text *out = &b->s.wire.out;
    assert_true(out->len < sizeof(copy) && !out->failed);
    memcpy(copy, out->p ? out->p : "", out->len);
    copy[out->len] = 0;
    text_clear(out);
    return copy;
}

/* Sends @packet well framed; returns the contents of the answer, without acknowledgment. */
static char *ask(struct bed *b, const char *packet)
{
    static char contents[2 * GDB_PACKET_MAX + 64];
    char *end;
    char tail[4];
    uint8_t sum = 0;
    for (const char *p = packet; *p; p++)
        sum = (uint8_t)(sum + (uint8_t)*p);
    snprintf(tail, sizeof(tail), "#%02x", sum);
    feed(b, "$");
    feed(b, packet);
    feed(b, tail);
    const char *all = answer(b);
    assert_memory_equal(all, "+$", 2);
    snprintf(contents, sizeof(contents), "%s", all + 2);
    end = strrchr(contents, '#');
    assert_non_null(end);
    *end = 0;
    return contents;
}

/* ---- framing ---- */

static void framing(struct bed *b)
{
    feed(b, "+++garbage$qC#b3"); /* a wrong checksum */
    assert_string_equal(answer(b), "-");
    feed(b, "$qC#b4");
    assert_string_equal(answer(b), "+$QC1#c5");
    feed(b, "-"); /* repeat */
    assert_string_equal(answer(b), "$QC1#c5");
    feed(b, "$qfThr$qC#b4"); /* the first has lost its end */
    assert_string_equal(answer(b), "+$QC1#c5");
    feed(b, "$q}\x63#b4");
    assert_string_equal(answer(b), "-"); /* '}' counts in the sum */
    feed(b, "$q}c#51");                  /* }c: 'C' */
    assert_string_equal(answer(b), "+$QC1#c5");
    feed(b, "$qC#b"); /* half a packet, then another */
    feed(b, "$qC#b4");
    assert_string_equal(answer(b), "+$QC1#c5");
    feed(b, "$");
    for (unsigned i = 0; i <= GDB_PACKET_MAX; i++)
        feed(b, "q");
    feed(b, "#00");
    assert_string_equal(answer(b), "-");
    assert_string_equal(ask(b, "QStartNoAckMode"), "OK");
    feed(b, "$qC#b4-");
    assert_string_equal(answer(b), "$QC1#c5");
}

static void test_framing(void **state)
{
    (void)state;
    halted(framing, true);
}

static void test_what_is_sent_is_escaped(void **state)
{
    struct gdb_wire w = {0};
    (void)state;
    wire_send(&w, "a}b#c$d*e", 9);
    assert_memory_equal(w.out.p,
                        "$a}]b}\x03"
                        "c}\x04"
                        "d}\x0a"
                        "e#",
                        15);
    wire_free(&w);
}

/* ---- registers ---- */

static unsigned count_in(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *p = text; (p = strstr(p, what)); p++)
        n++;
    return n;
}

static void registers(struct bed *b)
{
    char packet[64], value[64];
    size_t digits = 0;
    for (unsigned n = 0; n < b->s.target.nregs; n++) {
        digits += b->s.target.reg[n].bits / 4;
        snprintf(packet, sizeof(packet), "p%x", n);
        snprintf(value, sizeof(value), "%s", ask(b, packet));
        assert_int_equal(strlen(value), b->s.target.reg[n].bits / 4);
    }
    char *all = ask(b, "g");
    assert_int_equal(strlen(all), digits);
    char *copy = malloc(digits + 2);
    snprintf(copy, digits + 2, "G%s", all);
    assert_string_equal(ask(b, copy), "OK"); /* nothing changes */
    assert_string_equal(ask(b, "g"), copy + 1);
    copy[digits] = 0;
    assert_string_equal(ask(b, copy), "E16");
    free(copy);
    /* as many as the description says */
    assert_int_equal(count_in(b->s.target.xml.p, "<reg name="), b->s.target.nregs);
    assert_int_equal(count_in(b->s.target.xml.p, "<feature "),
                     count_in(b->s.target.xml.p, "</feature>"));
}

static void test_registers(void **state)
{
    (void)state;
    halted(registers, true);
    halted(registers, false);
}

/* All of the emulator's registers are there, once each. */
static void every_register(struct bed *b)
{
    struct cpu_reg r;
    unsigned at = 0;
    while (cpu_reg_next(&b->m->cpus[0], &at, &r)) {
        unsigned bits = 0;
        for (unsigned n = 0; n < b->s.target.nregs; n++)
            if (!strcmp(b->s.target.reg[n].source, r.name))
                bits += b->s.target.reg[n].bits;
        if (!strncmp(r.name, "vs", 2) && r.name[2] != 'c') /* VMX, or two halves */
            assert_int_equal(bits, 128);
        else if (strcmp(r.name, "xer")) /* gdb's has 32 bits */
            assert_int_equal(bits, r.bits);
    }
}

static void test_no_register_is_missing(void **state)
{
    (void)state;
    halted(every_register, true);
}

static void byte_orders(struct bed *b)
{
    assert_string_equal(ask(b, b->s.little ? "P3=f0debc9a78563412" : "P3=123456789abcdef0"), "OK");
    assert_int_equal(b->m->cpus[0].gpr[3], 0x123456789abcdef0);
    assert_string_equal(ask(b, "Hg2"), "OK");
    assert_string_equal(ask(b, "P3=0000000000000000"), "OK");
    assert_int_equal(b->m->cpus[0].gpr[3], 0x123456789abcdef0);
    assert_string_equal(ask(b, "P3=00"), "E01");
    assert_string_equal(ask(b, "Pfff=00"), "E16");
}

static void test_byte_orders(void **state)
{
    (void)state;
    halted(byte_orders, true);
    halted(byte_orders, false);
}

/* ---- memory ---- */

static void memory(struct bed *b)
{
    assert_string_equal(ask(b, "Mffe,4:01020304"), "OK");
    assert_string_equal(ask(b, "mffe,4"), "01020304");
    assert_memory_equal(b->m->mem.ram + 0xffe, "\1\2\3\4", 4);
    assert_string_equal(ask(b, "X1000,3:a}]c"), "OK");
    assert_memory_equal(b->m->mem.ram + 0x1000, "a}c", 3);
    assert_string_equal(ask(b, "mffffe,10"), "0000"); /* as far as there is memory */
    assert_string_equal(ask(b, "m100000,1"), "E0e");
    assert_string_equal(ask(b, "Mffffe,4:01020304"), "E0e");
    assert_string_equal(ask(b, "mffffe,2"), "0000"); /* nothing of it */
    assert_string_equal(ask(b, "M1000,2:01"), "E16");
    assert_string_equal(ask(b, "m1000"), "E16");
    assert_int_equal(strlen(ask(b, "m0,ffffffffffffffff")), GDB_PACKET_MAX);
}

static void test_memory(void **state)
{
    (void)state;
    halted(memory, true);
}

/* ---- stop points, the description in pieces ---- */

static void points(struct bed *b)
{
    assert_string_equal(ask(b, "Z0,1000,4"), "OK");
    assert_string_equal(ask(b, "Z0,1000,4"), "OK");
    assert_string_equal(ask(b, "Z4,2000,8"), "OK");
    const struct debug_point *p = debug_next_point(b->s.debug, NULL);
    assert_int_equal(p->kind, DEBUG_BREAK);
    p = debug_next_point(b->s.debug, p);
    assert_int_equal(p->kind, DEBUG_WATCH_ANY);
    assert_int_equal(p->len, 8);
    assert_null(debug_next_point(b->s.debug, p));
    assert_string_equal(ask(b, "z0,1000,4"), "OK");
    assert_string_equal(ask(b, "z0,1000,4"), "OK");
    assert_string_equal(ask(b, "Z5,1000,4"), "E16");
    assert_string_equal(ask(b, "Z2,1000,0"), "E16");
    server_client_ends(&b->s); /* leaves nothing behind */
    assert_null(debug_next_point(b->s.debug, NULL));
    assert_non_null(debug_halted(b->s.debug)); /* it stood still before */
}

static void test_points(void **state)
{
    (void)state;
    halted(points, true);
}

static void description(struct bed *b)
{
    struct gdb_text xml = {0};
    char packet[80];
    for (;;) {
        snprintf(packet, sizeof(packet), "qXfer:features:read:target.xml:%zx,80", xml.len);
        const char *piece = ask(b, packet);
        text_put(&xml, piece + 1, strlen(piece) - 1);
        assert_true(*piece == 'm' || *piece == 'l');
        if (*piece == 'l')
            break;
    }
    assert_string_equal(xml.p, b->s.target.xml.p);
    assert_non_null(strstr(ask(b, "qXfer:threads:read::0,1000"), "name=\"CPU 1 "));
    assert_string_equal(ask(b, "qfThreadInfo"), "m1,2");
    assert_string_equal(ask(b, "vMustReplyEmpty"), "");
    text_free(&xml);
}

static void test_description_in_pieces(void **state)
{
    (void)state;
    halted(description, true);
}

/* ---- -gdb ---- */

static void test_where_to_listen(void **state)
{
    static const char *const bad[] = {
        "",           "tcp",   "tcp:", "tcp::",   "tcp::65536", "tcp::-1",       "tcp:::1x",
        "tcp:[::1:1", "unix:", "unix", "tcp::1,", "tcp::1,x=1", "tcp::1,endian="};
    struct gdb_spec spec;
    const char *why;
    (void)state;
    assert_true(gdb_spec_parse("tcp::1234", &spec, &why));
    assert_true(!spec.host[0] && spec.port == 1234 && !spec.is_unix);
    assert_true(gdb_spec_parse("tcp:[::1]:0,endian=big", &spec, &why));
    assert_string_equal(spec.host, "::1");
    assert_int_equal(spec.endian, GDB_ENDIAN_BIG);
    assert_true(gdb_spec_parse("unix:/a b", &spec, &why));
    assert_string_equal(spec.path, "/a b");
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(gdb_spec_parse(bad[i], &spec, &why));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_framing),         cmocka_unit_test(test_what_is_sent_is_escaped),
        cmocka_unit_test(test_registers),       cmocka_unit_test(test_no_register_is_missing),
        cmocka_unit_test(test_byte_orders),     cmocka_unit_test(test_memory),
        cmocka_unit_test(test_points),          cmocka_unit_test(test_description_in_pieces),
        cmocka_unit_test(test_where_to_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
