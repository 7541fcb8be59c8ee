/* SPDX-License-Identifier: Apache-2.0 */
/* Command display: what everyone can see of a blob, and what its owner can. */
#include "esm_tool.h"

#include <stdio.h>

static void show_lockbox(const struct esm_lockbox *box)
{
    printf("%s ", box->number ? "recipient" : "origin");
    print_hex(box->fingerprint, sizeof(box->fingerprint));
    printf(" %s untrusted-comment ", box->name);
    print_safe(box->comment);
    putchar('\n');
}

/* In the order of their numbers, the origin first. */
static void show_lockboxes(const struct esm_blob *b)
{
    struct esm_lockbox box, next;
    for (long last = -1;; last = next.number) {
        bool found = false;
        for (box = (struct esm_lockbox){0}; esm_lockbox_next(b, &box);)
            if (box.number > last && (!found || box.number < next.number)) {
                next = box;
                found = true;
            }
        if (!found)
            return;
        show_lockbox(&next);
    }
}

static void show_sealed(const char *kind, const char *name, const struct esm_sealed *s,
                        const char *state)
{
    printf("%s%s %zu bytes%s untrusted-comment ", kind, name, s->len, state);
    print_safe(s->comment);
    putchar('\n');
}

/* With the key: decrypted; false when that fails or a given part differs. */
static bool show_digests(const struct arguments *a, const struct esm_blob *b,
                         const struct esm_key *symkey)
{
    struct esm_sealed sealed;
    struct esm_digests d, guest;
    struct esm_error e;
    unsigned differ;
    bool ok = true;
    const char *given[ESM_PARTS] = {[ESM_PART_RTAS] = "",
                                    [ESM_PART_KERNEL] = a->option['k'],
                                    [ESM_PART_INITRD] = a->option['i'],
                                    [ESM_PART_BOOTARGS] = a->option['a']};
    if (esm_blob_sealed_digests(b, &sealed, NULL)) {
        printf("no digests\n");
        return true;
    }
    if (!symkey) {
        show_sealed("digests", "", &sealed, "");
        return true;
    }
    if (esm_blob_digests(b, symkey, &d, &e))
        return complain_esm(a->option['b'], &e);
    show_sealed("digests", "", &sealed, " authentic");
    digests_print(&d);
    if (!digests_compute(&guest, a->option['a'], a->option['i'], a->option['k']))
        return false;
    esm_digests_compare(&d, &guest, &differ, NULL);
    for (unsigned i = 0; i < ESM_PARTS; i++) {
        if (!given[i])
            continue;
        printf("check %s: %s\n", esm_part_name[i], differ >> i & 1 ? "differs" : "ok");
        ok = ok && !(differ >> i & 1);
    }
    return ok || complain("%s: the digests are of another guest", a->option['b']);
}

static bool show_files(const struct arguments *a, const struct esm_blob *b,
                       const struct esm_key *symkey)
{
    static uint8_t plain[ESM_FILE_MAX];
    struct esm_files files;
    struct esm_file file = {0};
    struct esm_error e;
    const uint8_t *bytes;
    size_t len;
    bool ok = true;
    if (!esm_blob_files(b, &bytes, &len))
        return true;
    if (esm_files_open(&files, bytes, len, &e))
        return complain_esm(a->option['b'], &e);
    while (esm_file_next(&files, &file)) {
        bool bad = symkey && esm_unseal(&file.sealed, symkey, plain, &e);
        show_sealed("file ", file.name, &file.sealed,
                    bad      ? " NOT authentic"
                    : symkey ? " authentic"
                             : "");
        if (bad)
            ok = complain("%s: file %s: %s", a->option['b'], file.name, e.text);
    }
    esm_wipe(plain, sizeof(plain));
    esm_files_close(&files);
    return ok;
}

bool command_display(const struct arguments *a)
{
    struct esm_blob blob;
    struct esm_key symkey;
    const struct esm_key *key = a->option['s'] ? &symkey : NULL;
    if (!key && (a->option['a'] || a->option['i'] || a->option['k']))
        return complain("display: -a, -i and -k need -s: the digests are encrypted");
    if (!blob_read(&blob, a->option['b']))
        return false;
    bool ok = !key || unlock(a, &blob, &symkey);
    if (ok) {
        show_lockboxes(&blob);
        ok = show_digests(a, &blob, key);
        ok = show_files(a, &blob, key) && ok;
    }
    esm_wipe(&symkey, sizeof(symkey));
    esm_blob_close(&blob);
    return ok;
}
