/* SPDX-License-Identifier: Apache-2.0 */
/* The monitor's commands, as lines of any bytes and as keys at the line editor: whatever is typed,
 * an answer is text that a terminal shows, and with -j one line of JSON's characters. */
#include "fuzz.h"

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

static void command(void *opaque, const char *line)
{
    struct debug *d = opaque;
    struct answer a = {0};
    const char *json = line + strspn(line, " \t");
    /* not into the host's files */
    if (strstr(line, "du") || strstr(line, "sa") || strstr(line, "lo"))
        return;
    a.json = !strncmp(json, "-j", 2) && (!json[2] || strchr(" \t", json[2]));
    monitor_command(d, line, take, &a);
    FUZZ_CHECK(!a.json || a.newlines == 1);
    debug_machine(d)->stop = STOP_NONE;
    debug_machine(d)->reset_request = false;
}

static void ignore(void *opaque, const char *word)
{
    (void)opaque;
    FUZZ_CHECK(strlen(word) < 256);
}

static void complete(void *opaque, const char *text, void (*found)(void *, const char *),
                     void *found_opaque)
{
    monitor_complete(opaque, text, ignore, NULL);
    monitor_complete(opaque, text, found, found_opaque);
}

static void write_nowhere(void *opaque, const char *text, size_t len)
{
    (void)opaque;
    (void)text;
    (void)len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m;
    static const struct line_ops ops = {
        .write = write_nowhere, .line = command, .complete = complete};
    if (!m)
        m = fuzz_machine(&engine_ref, 2);
    struct debug *d = debug_create(m);
    struct line_edit *e = line_new(&ops, d, "> ", size && data[0] & 1);
    if (size > 1)
        line_feed(e, data + 1, size - 1);
    line_feed(e, (const uint8_t *)"\n", 1);
    line_free(e);
    debug_destroy(d);
    return 0;
}
