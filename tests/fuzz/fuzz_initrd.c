/* SPDX-License-Identifier: Apache-2.0 */
/* -initrd and -guest-file HOST:GUEST: names of any form, little room. What comes out must be a
 * chain of cpio members (newc) in bounds. */
#include "fuzz.h"

#include <stdlib.h>

#include "pefemu/loader.h"

#define BASE 0x10000ULL

static unsigned field(const uint8_t *header, unsigned n)
{
    char hex[9] = {0}, *end;
    memcpy(hex, header + 6 + 8 * n, 8);
    unsigned v = (unsigned)strtoul(hex, &end, 16);
    FUZZ_CHECK(end == hex + 8);
    return v;
}

/* Walks the members from @at to @end; the last one is a trailer. */
static void check_archive(const uint8_t *at, const uint8_t *end)
{
    bool trailer = false;
    while (at < end) {
        FUZZ_CHECK(end - at >= 110 && !memcmp(at, "070701", 6));
        unsigned size = field(at, 6), name_size = field(at, 11);
        const char *name = (const char *)at + 110;
        FUZZ_CHECK(name_size <= end - at - 110 && name_size && !name[name_size - 1]);
        FUZZ_CHECK(strlen(name) == name_size - 1 && name[0] != '/');
        trailer = !strcmp(name, "TRAILER!!!");
        uint64_t skip = (110 + name_size + 3) & ~3u;
        FUZZ_CHECK(skip + size <= (uint64_t)(end - at));
        at += skip + ((size + 3) & ~3u);
    }
    FUZZ_CHECK(at == end && trailer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m;
    struct input in = {data, size};
    uint8_t how = input_u8(&in);
    ra_t limit = BASE + (how & 1 ? 0x8000 : input_u16(&in));
    char spec[2][1200];
    const char *list[3] = {0};
    uint64_t loaded = 0;

    if (!m)
        m = fuzz_bare_machine(MiB);
    const char *path = fuzz_file(data, size);
    for (unsigned i = 0; i < (how & 2 ? 2 : 1); i++) {
        unsigned n = how & 4 ? 0 : snprintf(spec[i], sizeof(spec[i]), "%s:", path);
        unsigned len = input_u16(&in) % 1100;
        len = len < in.left ? len : (unsigned)in.left;
        memcpy(spec[i] + n, in.p, len);
        spec[i][n + len] = '\0';
        if (how & 4 && spec[i][0] == '/')
            spec[i][0] = '.'; /* no file of the host but ours */
        in.p += len;
        in.left -= len;
        list[i] = spec[i];
    }
    memset(m->mem.ram + limit, 0x5a, 16);
    if (load_initrd(m, how & 8 ? path : NULL, list, BASE, limit, &loaded)) {
        FUZZ_CHECK(loaded <= limit - BASE);
        if (!(how & 8))
            check_archive(m->mem.ram + BASE, m->mem.ram + BASE + loaded);
    }
    FUZZ_CHECK(m->mem.ram[limit] == 0x5a);
    return 0;
}
