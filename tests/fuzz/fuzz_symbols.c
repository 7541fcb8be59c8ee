/* SPDX-License-Identifier: Apache-2.0 */
/* Symbol tables of ELF files: whatever is in them, lookups stay inside and agree with each other.
 */
#include "fuzz.h"

#include "pefemu/symbols.h"

static bool check_symbol(void *symbols, const struct symbol *sym)
{
    struct symbol found;
    char text[100];
    FUZZ_CHECK(sym->name[0] && sym->body - sym->ea <= 64);
    FUZZ_CHECK(symbols_named(symbols, SYMBOLS_ANY, sym->name, &found));
    FUZZ_CHECK(!strcmp(found.name, sym->name));
    FUZZ_CHECK(symbols_at(symbols, SYMBOLS_ANY, sym->ea, &found));
    FUZZ_CHECK(sym->ea - found.ea < found.size || found.ea == sym->ea || !found.size);
    symbols_text(symbols, SYMBOLS_ANY, sym->ea + 1, text, sizeof(text));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    unsigned how = input_u8(&in);
    struct symbols *s = symbols_create();
    char message[SYMBOLS_MESSAGE], spec[300];
    const char *path = fuzz_file(in.p, in.left);
    struct symbols_file file;
    bool ok;

    FUZZ_CHECK(s);
    snprintf(spec, sizeof(spec), "%s%s", path, how & 1 ? "@0x1000,as=user" : "");
    ok = how & 2 ? symbols_add_kernel(s, path, 0x400000, message) : symbols_add(s, spec, message);
    FUZZ_CHECK(ok || (message[0] && !strchr(message, '\n')));
    if (ok) {
        FUZZ_CHECK(symbols_file(s, 0, &file) && file.count);
        symbols_each(s, SYMBOLS_ANY, "", check_symbol, s);
    }
    symbols_destroy(s);
    return 0;
}
