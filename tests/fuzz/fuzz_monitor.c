/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's commands, as lines of any bytes and as keys at the line editor, of a machine that
 * is halted before its first instruction, wherever these commands let it halt again, and running.
 * Whatever is typed, an answer is text that a terminal shows, and with -j one line of JSON's
 * characters; so is what a halt says.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "debug/lineedit.h"
#include "pefemu/monitor.h"

struct answer {
    size_t len;
    unsigned newlines;
    bool json;
};

static void take(void *opaque, const char *text)
{
    struct answer *a = opaque;
    for (; *text; text++) {
        FUZZ_CHECK(*text == '\n' || (unsigned char)*text >= 0x20);
        FUZZ_CHECK(!a->json || (unsigned char)*text < 0x7f);
        a->newlines += *text == '\n';
        a->len++;
    }
}

/* The bytes, and how far they have been taken. */
struct keys {
    struct debug *d;
    struct line_edit *edit;
    const uint8_t *p;
    size_t left;
};

/* ---- commands with files: never a file of the host's ---- */

static bool is_command(const char *word, size_t len, const char *name)
{
    return len && len <= strlen(name) && !strncmp(word, name, len);
}

/* @line, or the same command with a file that can not be. Names may be cut short and quoted, and
 * end at a slash. */
static const char *harmless(const char *line, char *out, size_t size)
{
    const char *word = line + strspn(line, " \t\r\n");
    if (!strncmp(word, "-j", 2))
        word += 2;
    word += strspn(word, " \t\r\n");
    word += *word == '"';
    size_t len = strcspn(word, "\"/ \t\r\n");
    const char *rest = word + len;
    if (is_command(word, len, "savevm") || is_command(word, len, "loadvm")) {
        snprintf(out, size, "%.*s /dev/null/nowhere", (int)len, word);
        return out;
    }
    if (is_command(word, len, "dump")) {
        rest += strspn(rest, "\" \t\r\n");
        rest += strcspn(rest, " \t\r\n");
        snprintf(out, size, "%.*s /dev/null/nowhere %s", (int)len, word, rest);
        return out;
    }
    return line;
}

static void command(void *opaque, const char *line)
{
    struct keys *k = opaque;
    struct answer a = {0};
    char copy[LINE_SIZE + 64];
    line = harmless(line, copy, sizeof(copy));
    const char *json = line + strspn(line, " \t");
    a.json = !strncmp(json, "-j", 2) && (!json[2] || strchr(" \t", json[2]));
    monitor_command(k->d, line, take, &a);
    FUZZ_CHECK(!a.json || a.newlines == 1);
}

/* ---- keys ---- */

static void ignore(void *opaque, const char *word)
{
    (void)opaque;
    FUZZ_CHECK(strlen(word) < 256);
}

static void complete(void *opaque, const char *text, void (*found)(void *, const char *),
                     void *found_opaque)
{
    struct keys *k = opaque;
    monitor_complete(k->d, text, ignore, NULL);
    monitor_complete(k->d, text, found, found_opaque);
}

static void write_nowhere(void *opaque, const char *text, size_t len)
{
    (void)opaque;
    (void)text;
    (void)len;
}

static void type_one(struct keys *k)
{
    line_feed(k->edit, k->p++, 1);
    k->left--;
}

/* Keys until a command resumes or ends the machine; without any it goes on. */
static void on_halt(void *opaque, const struct debug_halt *halt)
{
    struct keys *k = opaque;
    struct answer a = {.json = halt->cpu->index & 1};
    monitor_halt(k->d, halt, a.json, take, &a);
    FUZZ_CHECK(!a.json || a.newlines == 1);
    while (k->left && debug_halted(k->d) && debug_machine(k->d)->stop == STOP_NONE)
        type_one(k);
    if (debug_halted(k->d))
        debug_continue(k->d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m;
    static const struct debug_front front = {.halted = on_halt};
    static const struct line_ops ops = {
        .write = write_nowhere, .line = command, .complete = complete};
    if (!m)
        m = fuzz_machine(&engine_ref, 2);
    if (!size)
        return 0;
    struct keys k = {.p = data + 1, .left = size - 1};
    fuzz_reset(m);
    k.d = debug_create(m);
    k.edit = line_new(&ops, &k, "> ", data[0] & 1);
    if (!k.d || !k.edit || !debug_add_front(k.d, &front, &k))
        abort();
    if (data[0] & 2)
        debug_halt_at_start(k.d);
    debug_poll(k.d);
    for (unsigned i = 0; i < 8 && m->stop == STOP_NONE; i++)
        machine_run_slice(m, &m->cpus[i % 2], 100);
    while (k.left && m->stop == STOP_NONE) /* the machine runs */
        type_one(&k);
    line_feed(k.edit, (const uint8_t *)"\n", 1);
    line_free(k.edit);
    debug_destroy(k.d);
    return 0;
}
