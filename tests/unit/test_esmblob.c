/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ESM blobs: the golden one of IBM's tool is read, ours are made and read again, and hostile ones
 * are refused with the field's name. Wycheproof's cases for the two ciphers.
 */
#include "esm_data.h"

#include "../../src/esm/pkcs8.c"

#include <libfdt.h>
#include <mbedtls/base64.h>

/* The owner's passphrase and what the golden blob is about; tests/data/esm/README. */
static const char golden_args[] = "console=hvc0 svm=on";
static const char golden_initrd[] = "the initrd of the golden blob\n";
static const char golden_kernel[] = /* sha512 of kernel.S's flat image */
    "5ddf9e31640d0a6c7f473f299570c38c7fb657ae997ec20c228840ad7b5cf1bb"
    "4864f7a1778d5f3b3db1e30a72f29729d9d5415fa0d62b56bb3a7dfb1b51f778";
static const char rtas_digest[] = /* pef.md 6.3 and svm-tool agree on it */
    "189698638580422ea58a0968ecce2436daeb2c91a339c14b0ab2bc623c1649fe"
    "274074a4a92679dc61e5528d68778ba3c82f1b1f7e9a5958238b80497fc37f48";

static struct esm_rsa *secret(const char *name, const char *pass)
{
    struct esm_rsa *key;
    struct esm_error e;
    size_t len;
    char *pem = data_text(name, &len);
    assert_int_equal(esm_rsa_secret(&key, pem, len, pass, pass ? strlen(pass) : 0, &e), 0);
    free(pem);
    return key;
}

static struct esm_recipient recipient(const char *name, const char *comment)
{
    struct esm_recipient r = {.comment = comment};
    struct esm_error e;
    size_t len;
    char *pem = data_text(name, &len);
    assert_int_equal(esm_rsa_public(&r.key, pem, len, &e), 0);
    esm_fingerprint(pem, len, r.fingerprint);
    free(pem);
    return r;
}

static struct esm_blob golden(void)
{
    struct esm_blob b;
    struct esm_error e;
    size_t len;
    uint8_t *bytes = data_blob(&len);
    assert_int_equal(esm_blob_open(&b, bytes, len, &e), 0);
    free(bytes);
    return b;
}

static struct esm_key golden_key(const struct esm_blob *b)
{
    struct esm_key key;
    struct esm_rsa *rsa = secret("recipient.sec", NULL);
    struct esm_error e;
    assert_int_equal(esm_unlock(b, rsa, &key, NULL, &e), 0);
    esm_rsa_free(rsa);
    return key;
}

static void sha512(const void *p, size_t len, uint8_t out[64])
{
    esm_sha512(&(struct esm_span){p, len}, 1, out);
}

/* ---- IBM's tool ---- */

static void test_golden_lockboxes(void **state)
{
    struct esm_blob b = golden();
    struct esm_recipient owner = recipient("owner.pub", ""),
                         machine = recipient("recipient.pub", "");
    struct esm_lockbox box = {0};
    unsigned seen = 0;
    (void)state;
    while (esm_lockbox_next(&b, &box)) {
        seen |= 1u << box.number;
        assert_string_equal(box.comment, box.number ? "the machine" : "the owner");
        assert_string_equal(box.name, box.number ? "lockbox-1" : "origin-lockbox");
        assert_memory_equal(box.fingerprint, box.number ? machine.fingerprint : owner.fingerprint,
                            32);
        assert_int_equal(box.wrapped_len, 256);
    }
    assert_int_equal(seen, 3);
    esm_rsa_free(owner.key);
    esm_rsa_free(machine.key);
    esm_blob_close(&b);
}

static void test_golden_opens_with_both_keys(void **state)
{
    struct esm_blob b = golden();
    struct esm_key key[2];
    struct esm_lockbox box;
    struct esm_error e;
    struct esm_rsa *owner = secret("owner.sec", "golden"), *machine = secret("recipient.sec", NULL);
    (void)state;
    assert_int_equal(esm_unlock(&b, owner, &key[0], &box, &e), 0);
    assert_string_equal(box.name, "origin-lockbox");
    assert_int_equal(esm_unlock(&b, machine, &key[1], &box, &e), 0);
    assert_string_equal(box.name, "lockbox-1");
    assert_memory_equal(&key[0], &key[1], sizeof(key[0]));
    esm_rsa_free(owner);
    esm_rsa_free(machine);
    owner = secret("oaep.pem", NULL);
    assert_int_equal(esm_unlock(&b, owner, &key[0], &box, &e), ESM_LOCKED);
    assert_string_equal(e.text, "lockboxes: none of them opens with this key");
    esm_rsa_free(owner);
    esm_blob_close(&b);
}

static void test_golden_digests(void **state)
{
    struct esm_blob b = golden();
    struct esm_key key = golden_key(&b);
    struct esm_digests d, guest;
    struct esm_error e;
    unsigned differ;
    (void)state;
    assert_int_equal(esm_blob_digests(&b, &key, &d, &e), 0);
    sha512(esm_rtas_text, ESM_RTAS_SIZE, guest.sha512[ESM_PART_RTAS]);
    from_hex(golden_kernel, guest.sha512[ESM_PART_KERNEL], 64);
    sha512(golden_initrd, strlen(golden_initrd), guest.sha512[ESM_PART_INITRD]);
    sha512(golden_args, strlen(golden_args), guest.sha512[ESM_PART_BOOTARGS]);
    assert_int_equal(d.kernel_size, 4104);
    assert_int_equal(esm_digests_compare(&d, &guest, &differ, &e), 0);
    assert_int_equal(differ, 0);
    guest.sha512[ESM_PART_KERNEL][63] ^= 1;
    guest.sha512[ESM_PART_BOOTARGS][0] ^= 0x80;
    assert_int_equal(esm_digests_compare(&d, &guest, &differ, &e), ESM_DIGEST);
    assert_int_equal(differ, 1 << ESM_PART_KERNEL | 1 << ESM_PART_BOOTARGS);
    assert_string_equal(e.text, "kernel, bootargs: not what the blob's digest says");
    esm_blob_close(&b);
}

static void test_golden_file(void **state)
{
    static const struct {
        char name[65];
        size_t len;
        enum esm_err err;
    } no_files[] = {
        {"secret.tx", 9, ESM_MISSING},
        {"a/b", 3, ESM_NAME},
        {"", 0, ESM_NAME},
        {"secret.txt", 11, ESM_NAME}, /* a NUL */
        {"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", 64, ESM_NAME},
    };
    struct esm_blob b = golden();
    struct esm_key key = golden_key(&b);
    struct esm_files files;
    struct esm_file file = {0};
    struct esm_error e;
    const uint8_t *bytes;
    uint8_t plain[64];
    size_t len;
    (void)state;
    assert_true(esm_blob_files(&b, &bytes, &len));
    assert_int_equal(esm_files_open(&files, bytes, len, &e), 0);
    esm_blob_close(&b); /* the files are independent of it */
    assert_true(esm_file_next(&files, &file));
    assert_string_equal(file.name, "secret.txt");
    assert_string_equal(file.sealed.comment, "the file");
    assert_false(esm_file_next(&files, &file));
    assert_int_equal(esm_file_find(&files, "secret.txtXYZ", 10, &file, &e), 0);
    assert_int_equal(file.sealed.len, 14);
    assert_int_equal(esm_unseal(&file.sealed, &key, plain, &e), 0);
    assert_memory_equal(plain, "a secret file\n", 14);
    for (unsigned i = 0; i < ARRAY_SIZE(no_files); i++)
        assert_int_equal(esm_file_find(&files, no_files[i].name, no_files[i].len, &file, &e),
                         no_files[i].err);
    esm_files_close(&files);
}

static void test_rtas_digest(void **state)
{
    uint8_t want[64], got[64];
    (void)state;
    from_hex(rtas_digest, want, 64);
    sha512(esm_rtas_text, ESM_RTAS_SIZE, got);
    assert_memory_equal(got, want, 64);
    /* in pieces, the same */
    const struct esm_span spans[] = {
        {esm_rtas_text, 3}, {NULL, 0}, {esm_rtas_text + 3, ESM_RTAS_SIZE - 3}};
    esm_sha512(spans, 3, got);
    assert_memory_equal(got, want, 64);
}

/* ---- ours ---- */

static void test_build_and_read_again(void **state)
{
    struct esm_recipient owner = recipient("owner.pub", "o"),
                         machine = recipient("recipient.pub", "m"),
                         other = recipient("owner.pub", "x");
    struct esm_digests d = {.kernel_size = 0x12345678}, read;
    struct esm_key key, opened;
    struct esm_blob b;
    struct esm_error e;
    unsigned number;
    struct esm_rsa *sec = secret("recipient.sec", NULL);
    (void)state;
    for (unsigned i = 0; i < ESM_PARTS; i++)
        memset(d.sha512[i], 0xa0 + (int)i, 64);
    assert_int_equal(esm_build_create(&b, &owner, &key, &e), 0);
    assert_int_equal(esm_blob_digests(&b, &key, &read, &e), ESM_MISSING);
    assert_int_equal(esm_build_authorize(&b, &machine, &key, &number, &e), 0);
    assert_int_equal(number, 1);
    assert_int_equal(esm_build_authorize(&b, &machine, &key, &number, &e), ESM_EXISTS);
    other.fingerprint[0] ^= 1;
    assert_int_equal(esm_build_authorize(&b, &other, &key, &number, &e), 0);
    assert_int_equal(number, 2);
    assert_int_equal(esm_unlock(&b, sec, &opened, NULL, &e), 0);
    assert_memory_equal(&opened, &key, sizeof(key));
    for (unsigned round = 0; round < 2; round++) { /* the second replaces the first */
        d.kernel_size += round;
        assert_int_equal(esm_build_digests(&b, &key, &d, "d", &e), 0);
        assert_int_equal(esm_blob_digests(&b, &key, &read, &e), 0);
        assert_memory_equal(&read, &d, sizeof(d));
    }
    assert_int_equal(esm_build_revoke(&b, machine.fingerprint, &e), 0);
    assert_int_equal(esm_build_revoke(&b, machine.fingerprint, &e), ESM_MISSING);
    assert_int_equal(esm_build_revoke(&b, owner.fingerprint, &e), ESM_ORIGIN);
    assert_int_equal(esm_unlock(&b, sec, &opened, NULL, &e), ESM_LOCKED);
    assert_int_equal(esm_build_authorize(&b, &machine, &key, &number, &e), 0);
    assert_int_equal(number, 3); /* numbers are not used again below the largest */
    esm_rsa_free(sec);
    esm_rsa_free(owner.key);
    esm_rsa_free(machine.key);
    esm_rsa_free(other.key);
    esm_blob_close(&b);
}

static enum esm_err attach(struct esm_blob *b, const struct esm_key *key, const char *name,
                           size_t len)
{
    struct esm_error e;
    uint8_t *bytes = malloc(len + 1);
    memset(bytes, name[0], len);
    enum esm_err err = esm_build_attach(b, key, name, bytes, len, "", &e);
    free(bytes);
    return err;
}

static void test_attach_and_detach(void **state)
{
    static const struct {
        const char *name;
        size_t len;
        enum esm_err err;
    } cases[] = {
        {"a", 0, ESM_OK},
        {"bb", 30000, ESM_OK},
        {"c0123456789,._+-ABCxyz012345678", 17, ESM_OK},
        {"bb", 1, ESM_EXISTS},
        {"d0123456789,._+-ABCxyz0123456789", 17, ESM_NAME},
        {"1a", 1, ESM_NAME},
        {"a@1", 1, ESM_NAME},
        {"e", ESM_FILE_MAX + 1, ESM_TOO_LARGE},
    };
    struct esm_recipient owner = recipient("owner.pub", "");
    struct esm_key key;
    struct esm_blob b;
    struct esm_error e;
    const uint8_t *bytes;
    size_t len;
    (void)state;
    assert_int_equal(esm_build_create(&b, &owner, &key, &e), 0);
    assert_false(esm_blob_files(&b, &bytes, &len));
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
        if (attach(&b, &key, cases[i].name, cases[i].len) != cases[i].err)
            fail_msg("case %u: %s, not error %d", i, cases[i].name, cases[i].err);
    size_t before = b.len;
    assert_int_equal(attach(&b, &key, "f", 40000), ESM_TOO_LARGE); /* all together */
    assert_int_equal(b.len, before);
    assert_int_equal(esm_build_detach(&b, "zz", &e), ESM_MISSING);
    assert_int_equal(esm_build_detach(&b, "bb", &e), 0);
    assert_int_equal(attach(&b, &key, "f", 40000), 0);
    assert_true(esm_blob_files(&b, &bytes, &len));
    struct esm_files files;
    struct esm_file file = {0};
    unsigned count = 0;
    uint8_t plain[40000];
    assert_int_equal(esm_files_open(&files, bytes, len, &e), 0);
    while (esm_file_next(&files, &file)) {
        count++;
        memset(plain, 0, sizeof(plain));
        assert_int_equal(esm_unseal(&file.sealed, &key, plain, &e), 0);
        for (size_t i = 0; i < file.sealed.len; i++)
            assert_int_equal(plain[i], file.name[0]);
    }
    assert_int_equal(count, 3);
    esm_files_close(&files);
    esm_rsa_free(owner.key);
    esm_blob_close(&b);
}

static void test_comments_are_one_line(void **state)
{
    struct esm_recipient owner = recipient("owner.pub", "two\nlines");
    char *long_comment = malloc(ESM_COMMENT_MAX + 2);
    struct esm_key key, zero = {0};
    struct esm_blob b;
    struct esm_error e;
    (void)state;
    assert_int_equal(esm_build_create(&b, &owner, &key, &e), ESM_STRING);
    assert_memory_equal(&key, &zero, sizeof(key)); /* nothing left of it */
    memset(long_comment, 'c', ESM_COMMENT_MAX + 1);
    long_comment[ESM_COMMENT_MAX + 1] = 0;
    owner.comment = long_comment;
    assert_int_equal(esm_build_create(&b, &owner, &key, &e), ESM_TOO_LARGE);
    free(long_comment);
    esm_rsa_free(owner.key);
}

static void test_order_of_trying(void **state)
{
    struct esm_recipient owner = recipient("owner.pub", ""), r = recipient("recipient.pub", "");
    struct esm_key key;
    struct esm_blob b;
    struct esm_lockbox box;
    struct esm_error e;
    uint8_t mine[32] = {3};
    (void)state;
    assert_int_equal(esm_build_create(&b, &owner, &key, &e), 0);
    for (unsigned i = 1; i < ESM_LOCKBOX_MAX; i++) {
        memset(r.fingerprint, 0, 32);
        r.fingerprint[0] = (uint8_t)i;
        assert_int_equal(esm_build_authorize(&b, &r, &key, NULL, &e), 0);
    }
    r.fingerprint[0] = 200;
    assert_int_equal(esm_build_authorize(&b, &r, &key, NULL, &e), ESM_TOO_MANY);
    assert_true(esm_lockbox_try(&b, mine, 0, &box));
    assert_int_equal(box.number, 3);
    assert_true(esm_lockbox_try(&b, mine, 1, &box));
    assert_int_equal(box.number, 1);
    assert_true(esm_lockbox_try(&b, NULL, 0, &box));
    assert_int_equal(box.number, 1);
    uint64_t seen = 0;
    for (unsigned i = 0; i < ESM_LOCKBOX_MAX; i++) {
        assert_true(esm_lockbox_try(&b, mine, i, &box));
        seen |= 1ULL << box.number;
    }
    assert_true(seen == ~0ULL);
    assert_int_equal(box.number, 0); /* the origin is the last */
    assert_false(esm_lockbox_try(&b, mine, ESM_LOCKBOX_MAX, &box));
    esm_rsa_free(owner.key);
    esm_rsa_free(r.key);
    esm_blob_close(&b);
}

/* ---- fields ---- */

#define LOCKBOX     "/lockboxes/lockbox-1"
#define FINGERPRINT LOCKBOX "/pubkey-fingerprint"
#define SEALED      "/digest/digests-fdt"

enum change { DELETE_PROP, SET_PROP, DELETE_NODE, RENAME };

static const struct field_case {
    const char *node, *prop; /* RENAME: the new name */
    enum change change;
    int len;
    const char *value; /* NULL: zeros */
    enum esm_err err;
    const char *field; /* what the message begins with; NULL: node and property, or new name */
} field_cases[] = {
    {"/", "compatible", DELETE_PROP, 0, 0, ESM_MISSING, "blob /compatible"},
    {"/", "compatible", SET_PROP, 9, "ibm,esm2\0", ESM_COMPATIBLE, "blob /compatible"},
    {"/", "compatible", SET_PROP, 7, "ibm,esm", ESM_STRING, "blob /compatible"},
    {"/", "compatible", SET_PROP, 0, 0, ESM_STRING, "blob /compatible"},
    {"/", "compatible", SET_PROP, 9, "ibm,esm\0x", ESM_STRING, "blob /compatible"},
    {"/lockboxes", 0, DELETE_NODE, 0, 0, ESM_MISSING, 0},
    {LOCKBOX, "lockbox-x", RENAME, 0, 0, ESM_NAME, 0},
    {LOCKBOX, "lockbox-0", RENAME, 0, 0, ESM_NAME, 0},
    {LOCKBOX, "lockbox-01", RENAME, 0, 0, ESM_NAME, 0},
    {LOCKBOX, "lockbox-", RENAME, 0, 0, ESM_NAME, 0},
    {LOCKBOX, "lockbox-99999999999", RENAME, 0, 0, ESM_NAME, "/lockboxes/lockbox-9"},
    {LOCKBOX, "lockbox-1@2", RENAME, 0, 0, ESM_NAME, 0},
    {LOCKBOX, "encrypted-symkey", DELETE_PROP, 0, 0, ESM_MISSING, 0},
    {LOCKBOX, "encrypted-symkey", SET_PROP, 255, 0, ESM_LENGTH, 0},
    {LOCKBOX, "encrypted-symkey", SET_PROP, 1025, 0, ESM_LENGTH, 0},
    {LOCKBOX, "encrypted-symkey", SET_PROP, 0, 0, ESM_LENGTH, 0},
    {LOCKBOX, "untrusted-comment", SET_PROP, 2, "ab", ESM_STRING, 0},
    {LOCKBOX, "untrusted-comment", DELETE_PROP, 0, 0, ESM_OK, 0},
    {FINGERPRINT, 0, DELETE_NODE, 0, 0, ESM_MISSING, 0},
    {FINGERPRINT, "hash", DELETE_PROP, 0, 0, ESM_MISSING, 0},
    {FINGERPRINT, "hash", SET_PROP, 31, 0, ESM_LENGTH, 0},
    {FINGERPRINT, "hash", SET_PROP, 64, 0, ESM_LENGTH, 0},
    {FINGERPRINT, "algorithm", DELETE_PROP, 0, 0, ESM_MISSING, 0},
    {FINGERPRINT, "algorithm", SET_PROP, 4, "MD5", ESM_ALGORITHM, 0},
    {SEALED, "algorithm", SET_PROP, 4, "ROT", ESM_ALGORITHM, 0},
    {SEALED, "algorithm", DELETE_PROP, 0, 0, ESM_MISSING, 0},
    {SEALED, "ciphertext", DELETE_PROP, 0, 0, ESM_MISSING, 0},
    {SEALED, "ciphertext", SET_PROP, 4097, 0, ESM_TOO_LARGE, 0},
    {SEALED, "ciphertext", SET_PROP, 4096, 0, ESM_OK, 0},
    {SEALED, "ciphertext", SET_PROP, 0, 0, ESM_OK, 0},
    {SEALED, "iv", DELETE_PROP, 0, 0, ESM_MISSING, 0},
    {SEALED, "iv", SET_PROP, 12, 0, ESM_LENGTH, 0},
    {SEALED, "iv", SET_PROP, 17, 0, ESM_LENGTH, 0},
    {SEALED, "mac", DELETE_PROP, 0, 0, ESM_MISSING, 0},
    {SEALED, "mac", SET_PROP, 4, 0, ESM_LENGTH, 0},
    {SEALED, "mac", SET_PROP, 0, 0, ESM_LENGTH, 0},
    {"/digest", 0, DELETE_NODE, 0, 0, ESM_OK, 0},
    {"/file", 0, DELETE_NODE, 0, 0, ESM_OK, 0},
    {"/file", "files-fdt", DELETE_PROP, 0, 0, ESM_OK, 0},
    {"/file", "files-fdt", SET_PROP, 0, 0, ESM_NOT_FDT, 0},
    {"/file", "files-fdt", SET_PROP, 39, 0, ESM_NOT_FDT, 0},
    {"/file", "files-fdt", SET_PROP, 65537, 0, ESM_TOO_LARGE, 0},
    {"/file", "unknown-to-us", SET_PROP, 4, 0, ESM_OK, 0},
};

static void change_tree(void *fdt, const struct field_case *c)
{
    int node = fdt_path_offset(fdt, c->node), bad = 0;
    void *value = calloc(1, (size_t)c->len + 1);
    assert_true(node >= 0);
    if (c->value)
        memcpy(value, c->value, (size_t)c->len);
    switch (c->change) {
    case DELETE_PROP:
        bad = fdt_delprop(fdt, node, c->prop);
        break;
    case SET_PROP:
        bad = fdt_setprop(fdt, node, c->prop, value, c->len);
        break;
    case DELETE_NODE:
        bad = fdt_del_node(fdt, node);
        break;
    case RENAME:
        bad = fdt_set_name(fdt, node, c->prop);
        break;
    }
    assert_int_equal(bad, 0);
    free(value);
}

static enum esm_err open_blob(const void *fdt, size_t len, struct esm_error *e)
{
    struct esm_blob b;
    enum esm_err err = esm_blob_open(&b, fdt, len, e);
    if (err)
        assert_null(b.fdt);
    esm_blob_close(&b);
    return err;
}

static enum esm_err open_digests(const void *fdt, size_t len, struct esm_error *e)
{
    struct esm_digests d;
    return esm_digests_parse(&d, fdt, len, e);
}

static enum esm_err open_files(const void *fdt, size_t len, struct esm_error *e)
{
    struct esm_files files;
    enum esm_err err = esm_files_open(&files, fdt, len, e);
    if (err)
        assert_null(files.fdt);
    esm_files_close(&files);
    return err;
}

/* What the message for @c begins with. */
static void expected_field(const struct field_case *c, const char *prefix, char *field, size_t size)
{
    const char *node = strcmp(c->node, "/") ? c->node : "";
    size_t len = c->change == RENAME ? (size_t)(strrchr(node, '/') - node) : strlen(node);
    if (!c->err)
        *field = '\0';
    else if (c->field)
        snprintf(field, size, "%s", c->field);
    else
        snprintf(field, size, "%s%.*s%s%s", prefix, (int)len, node, c->prop ? "/" : "",
                 c->prop ? c->prop : "");
}

/* The tree @good with each of the changes: @open says what is wrong, and where. */
static void check_fields(const void *good, const struct field_case *cases, unsigned n,
                         const char *prefix,
                         enum esm_err (*open)(const void *fdt, size_t len, struct esm_error *e))
{
    void *tree = malloc(200000);
    for (unsigned i = 0; i < n; i++) {
        struct esm_error e = {0};
        char field[200];
        expected_field(&cases[i], prefix, field, sizeof(field));
        assert_int_equal(fdt_open_into(good, tree, 200000), 0);
        change_tree(tree, &cases[i]);
        assert_int_equal(fdt_pack(tree), 0);
        enum esm_err err = open(tree, fdt_totalsize(tree), &e);
        if (err != cases[i].err || strncmp(e.text, field, strlen(field)))
            fail_msg("case %u: error %d \"%s\", not %d of \"%s\"", i, err, e.text, cases[i].err,
                     field);
    }
    free(tree);
}

/* Attack 62: lengths, names, algorithms. */
static void test_every_field_is_checked_and_named(void **state)
{
    size_t len;
    uint8_t *bytes = data_blob(&len);
    (void)state;
    check_fields(bytes, field_cases, ARRAY_SIZE(field_cases), "", open_blob);
    free(bytes);
}

/* The same for the tree of digests, which is sealed: only its maker can get it wrong. */
static void test_digest_tree_fields(void **state)
{
    static const struct field_case cases[] = {
        {"/", "compatible", SET_PROP, 2, "x", ESM_COMPATIBLE, 0},
        {"/digests", 0, DELETE_NODE, 0, 0, ESM_MISSING, 0},
        {"/digests", "algorithm", SET_PROP, 7, "SHA256", ESM_ALGORITHM, 0},
        {"/digests", "rtas", DELETE_PROP, 0, 0, ESM_MISSING, 0},
        {"/digests", "kernel", SET_PROP, 63, 0, ESM_LENGTH, 0},
        {"/digests", "initrd", SET_PROP, 65, 0, ESM_LENGTH, 0},
        {"/digests", "bootargs", DELETE_PROP, 0, 0, ESM_MISSING, 0},
        {"/digests", "kernel-size", SET_PROP, 8, 0, ESM_LENGTH, 0},
        {"/digests", "kernel-size", DELETE_PROP, 0, 0, ESM_MISSING, 0},
    };
    struct esm_digests d = {0};
    struct esm_error e;
    uint8_t *fdt;
    size_t len;
    (void)state;
    assert_int_equal(esm_build_digests_fdt(&d, &fdt, &len, &e), 0);
    check_fields(fdt, cases, ARRAY_SIZE(cases), "digests-fdt ", open_digests);
    free(fdt);
}

/* Attack 62: the tree of files, also cut anywhere. */
static void test_nested_tree_fields(void **state)
{
    static const char secret[] = "/files/secret.txt";
    static const struct field_case cases[] = {
        {"/", "compatible", SET_PROP, 8, "ibm,esm", ESM_COMPATIBLE, "/file/files-fdt /compatible"},
        {"/files", 0, DELETE_NODE, 0, 0, ESM_MISSING, "/file/files-fdt /files"},
        {secret, "0bad", RENAME, 0, 0, ESM_NAME, 0},
        {secret, "bad@0", RENAME, 0, 0, ESM_NAME, 0},
        {secret, "a23456789012345678901234567890123", RENAME, 0, 0, ESM_NAME, "/files/"},
        {secret, "iv", SET_PROP, 12, 0, ESM_LENGTH, 0},
        {secret, "mac", SET_PROP, 15, 0, ESM_LENGTH, 0},
        {secret, "ciphertext", DELETE_PROP, 0, 0, ESM_MISSING, 0},
        {secret, "algorithm", SET_PROP, 1, "", ESM_ALGORITHM, 0},
    };
    struct esm_blob b = golden();
    struct esm_error e;
    const uint8_t *bytes;
    uint8_t copy[4096], tree[8192];
    size_t len;
    (void)state;
    assert_true(esm_blob_files(&b, &bytes, &len));
    memcpy(copy, bytes, len);
    check_fields(copy, cases, ARRAY_SIZE(cases), "", open_files);
    for (size_t n = 0; n < len; n++) { /* truncated, at an address of any alignment */
        memcpy(tree + n % 8, copy, n);
        assert_int_not_equal(open_files(tree + n % 8, n, &e), 0);
    }
    esm_blob_close(&b);
}

/* ---- bytes ---- */

/* Attack 62: cut anywhere. */
static void test_truncated_anywhere(void **state)
{
    size_t len;
    uint8_t *bytes = data_blob(&len);
    struct esm_blob b;
    struct esm_error e;
    (void)state;
    for (size_t n = 0; n < len; n++) {
        uint8_t *copy = malloc(n ? n : 1);
        memcpy(copy, bytes, n);
        enum esm_err err = esm_blob_open(&b, copy, n, &e);
        assert_int_equal(err, n < 40 ? ESM_NOT_FDT : ESM_BAD_FDT);
        if (n >= 48) { /* and with a header that agrees with the length */
            put_be32(copy + 4, (uint32_t)n);
            assert_int_not_equal(esm_blob_open(&b, copy, n, &e), 0);
        }
        free(copy);
    }
    free(bytes);
}

static void test_absurd_header_words(void **state)
{
    static const uint32_t values[] = {0,          1,          3,          0x27,      0x28,
                                      0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
    size_t len;
    uint8_t *bytes = data_blob(&len);
    struct esm_blob b;
    struct esm_error e;
    (void)state;
    for (unsigned word = 0; word < 10; word++)
        for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
            uint8_t *copy = malloc(len);
            memcpy(copy, bytes, len);
            put_be32(copy + 4 * word, values[i]);
            if (!esm_blob_open(&b, copy, len, &e)) {
                struct esm_lockbox box = {0};
                while (esm_lockbox_next(&b, &box))
                    ;
                assert_true(word == 5 || word == 6 || word == 7 || word == 4 || word == 8);
            }
            esm_blob_close(&b);
            free(copy);
        }
    uint8_t *large = calloc(1, ESM_BLOB_MAX + 8);
    memcpy(large, bytes, len);
    put_be32(large + 4, ESM_BLOB_MAX + 1);
    assert_int_equal(esm_blob_open(&b, large, ESM_BLOB_MAX + 8, &e), ESM_TOO_LARGE);
    assert_string_equal(e.text, "blob: 1048577 bytes, at most 1048576 are allowed");
    free(large);
    free(bytes);
}

/* What a reader does with a blob that was accepted. */
static void read_all(const struct esm_blob *b, const struct esm_key *key)
{
    struct esm_lockbox box = {0};
    struct esm_digests d;
    struct esm_files files;
    struct esm_file file = {0};
    struct esm_error e;
    const uint8_t *bytes;
    static uint8_t plain[ESM_FILE_MAX];
    size_t len;
    while (esm_lockbox_next(b, &box))
        assert_in_range(box.wrapped_len, ESM_WRAPPED_MIN, ESM_WRAPPED_MAX);
    esm_blob_digests(b, key, &d, &e);
    if (!esm_blob_files(b, &bytes, &len))
        return;
    assert_int_equal(esm_files_open(&files, bytes, len, &e), 0);
    while (esm_file_next(&files, &file))
        esm_unseal(&file.sealed, key, plain, &e);
    esm_files_close(&files);
}

static void test_any_bytes_are_survived(void **state)
{
    size_t len;
    uint64_t seed = 4711;
    unsigned accepted = 0;
    uint8_t *bytes = data_blob(&len);
    struct esm_blob b = golden();
    struct esm_key key = golden_key(&b);
    struct esm_error e;
    (void)state;
    esm_blob_close(&b);
    for (unsigned round = 0; round < 30000; round++) {
        uint8_t *copy = malloc(len);
        memcpy(copy, bytes, len);
        if (round < len)
            copy[round] ^= (uint8_t)(1u << next_random(&seed) % 8); /* each byte once */
        else
            for (unsigned n = next_random(&seed) % 4 + 1; n; n--)
                copy[random_below(&seed, len)] = (uint8_t)next_random(&seed);
        if (!esm_blob_open(&b, copy, len, &e)) {
            accepted++;
            read_all(&b, &key);
        } else {
            for (const char *p = e.text; *p; p++)
                assert_in_range(*p, 0x20, 0x7e);
        }
        esm_blob_close(&b);
        free(copy);
    }
    assert_true(accepted > 1000 && accepted < 30000);
    free(bytes);
}

/* Attack 59, sealed data. */
static void test_one_flipped_bit_in_sealed_data(void **state)
{
    struct esm_blob b = golden();
    struct esm_key key = golden_key(&b), wrong = key;
    struct esm_sealed s;
    struct esm_digests d, zero = {0};
    struct esm_error e;
    (void)state;
    assert_int_equal(esm_blob_sealed_digests(&b, &s, &e), 0);
    uint8_t *part[] = {(uint8_t *)s.ciphertext, (uint8_t *)s.iv, (uint8_t *)s.mac};
    const size_t size[] = {s.len, ESM_IV_SIZE, ESM_MAC_SIZE};
    for (unsigned p = 0; p < 3; p++)
        for (size_t i = 0; i < 8 * size[p]; i++) {
            part[p][i / 8] ^= (uint8_t)(1u << i % 8);
            assert_int_equal(esm_blob_digests(&b, &key, &d, &e), ESM_AUTHENTICITY);
            assert_memory_equal(&d, &zero, 0);
            part[p][i / 8] ^= (uint8_t)(1u << i % 8);
        }
    wrong.byte[31] ^= 1;
    assert_int_equal(esm_blob_digests(&b, &wrong, &d, &e), ESM_AUTHENTICITY);
    uint8_t plain[ESM_DIGESTS_MAX], zeros[ESM_DIGESTS_MAX] = {0};
    memset(plain, 0xee, sizeof(plain));
    assert_int_equal(esm_unseal(&s, &wrong, plain, &e), ESM_AUTHENTICITY);
    assert_memory_equal(plain, zeros, s.len); /* no plaintext is given out */
    assert_int_equal(plain[s.len], 0xee);
    assert_int_equal(esm_blob_digests(&b, &key, &d, &e), 0);
    esm_blob_close(&b);
}

/* ---- Wycheproof ---- */

static void test_gcm_vectors(void **state)
{
    size_t len;
    char *text = data_text("gcm.txt", &len), *save;
    unsigned count = 0;
    (void)state;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char result[16], hex[5][400];
        uint8_t iv[16], msg[200], ct[200], tag[16], out[200], out_tag[16];
        struct esm_key key;
        if (*line == '#')
            continue;
        assert_int_equal(sscanf(line, "%*d %15s %399s %399s %399s %399s %399s", result, hex[0],
                                hex[1], hex[2], hex[3], hex[4]),
                         6);
        from_hex(hex[0], key.byte, 32);
        from_hex(hex[1], iv, 16);
        size_t n = from_hex(hex[2], msg, sizeof(msg));
        from_hex(hex[3], ct, sizeof(ct));
        from_hex(hex[4], tag, 16);
        bool valid = !strcmp(result, "valid");
        assert_true(esm_gcm_open(&key, iv, tag, ct, n, out) == valid);
        if (valid) {
            assert_memory_equal(out, msg, n);
            assert_true(esm_gcm_seal(&key, iv, out_tag, msg, n, out));
            assert_memory_equal(out, ct, n);
            assert_memory_equal(out_tag, tag, 16);
        }
        count++;
    }
    assert_int_equal(count, 19);
    free(text);
}

/* Valid ones of 32 bytes without a label open; all others are refused with the same words. */
static void test_oaep_vectors(void **state)
{
    size_t len;
    char *text = data_text("oaep.txt", &len), *save;
    struct esm_rsa *rsa = secret("oaep.pem", NULL);
    unsigned opened = 0, refused = 0;
    (void)state;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char result[16], label[80], msg_hex[500], ct_hex[700];
        uint8_t msg[250], ct[350];
        struct esm_key key;
        struct esm_error e;
        if (*line == '#')
            continue;
        assert_int_equal(sscanf(line, "%*d %15s %79s %499s %699s", result, label, msg_hex, ct_hex),
                         4);
        size_t n = from_hex(msg_hex, msg, sizeof(msg)), ct_len = from_hex(ct_hex, ct, sizeof(ct));
        bool good = !strcmp(result, "valid") && !strcmp(label, "-") && n == 32;
        enum esm_err err = esm_rsa_unwrap(rsa, ct, ct_len, &key, &e);
        assert_int_equal(err, good ? ESM_OK : ESM_LOCKED);
        if (!good) {
            assert_string_equal(e.text, "encrypted-symkey: does not open with this key");
            refused++;
            continue;
        }
        assert_memory_equal(key.byte, msg, 32);
        opened++;
        for (unsigned i = 0; i < ct_len; i += 15) { /* a 32-byte message, damaged */
            ct[i] ^= 1;
            assert_int_equal(esm_rsa_unwrap(rsa, ct, ct_len, &key, &e), ESM_LOCKED);
            ct[i] ^= 1;
        }
    }
    assert_true(opened == 1 && refused == 22);
    esm_rsa_free(rsa);
    free(text);
}

/* ---- keys ---- */

static void test_passphrases_of_ibms_tool(void **state)
{
    static const struct {
        const char *pass;
        enum esm_err err;
    } wrong[] = {
        {NULL, ESM_PASSPHRASE_NEEDED},      {"", ESM_PASSPHRASE_WRONG},
        {"Golden", ESM_PASSPHRASE_WRONG},   {"golde", ESM_PASSPHRASE_WRONG},
        {"golden\n", ESM_PASSPHRASE_WRONG},
    };
    size_t len;
    char *pem = data_text("owner.sec", &len);
    struct esm_rsa *key;
    struct esm_error e;
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        const char *pass = wrong[i].pass;
        assert_int_equal(esm_rsa_secret(&key, pem, len, pass, pass ? strlen(pass) : 0, &e),
                         wrong[i].err);
        assert_null(key);
    }
    assert_int_equal(esm_rsa_secret(&key, pem, len, "golden", 6, &e), 0);
    uint8_t print[32], want[32];
    char *pub = data_text("owner.pub", &len);
    esm_fingerprint(pub, len, want);
    assert_int_equal(esm_rsa_fingerprint(key, print, &e), 0);
    assert_memory_equal(print, want, 32);
    esm_rsa_free(key);
    free(pub);
    free(pem);
}

static void test_secret_key_written_and_read(void **state)
{
    struct esm_rsa *key = secret("recipient.sec", NULL), *again;
    char pem[ESM_PEM_MAX];
    struct esm_error e;
    size_t len;
    (void)state;
    assert_int_equal(esm_rsa_secret_pem(key, NULL, 0, pem, &len, &e), 0);
    assert_int_equal(esm_rsa_secret(&again, pem, len, NULL, 0, &e), 0);
    assert_true(esm_rsa_same(key, again));
    esm_rsa_free(again);
    assert_int_equal(esm_rsa_secret_pem(key, "pass phrase", 11, pem, &len, &e), 0);
    assert_non_null(strstr(pem, "BEGIN ENCRYPTED PRIVATE KEY"));
    assert_int_equal(esm_rsa_secret(&again, pem, len, NULL, 0, &e), ESM_PASSPHRASE_NEEDED);
    assert_int_equal(esm_rsa_secret(&again, pem, len, "pass phrasf", 11, &e), ESM_PASSPHRASE_WRONG);
    assert_int_equal(esm_rsa_secret(&again, pem, len, "pass phrase", 11, &e), 0);
    assert_true(esm_rsa_same(key, again));
    esm_rsa_free(again);
    esm_rsa_free(key);
}

static void test_what_is_no_key(void **state)
{
    struct esm_rsa *key;
    struct esm_error e;
    size_t len;
    char *sec = data_text("recipient.sec", &len), *big = calloc(1, ESM_PEM_MAX + 1);
    (void)state;
    assert_int_equal(esm_rsa_public(&key, sec, len, &e), ESM_KEY);
    assert_string_equal(e.text, "public key: it is a secret key");
    assert_int_equal(esm_rsa_public(&key, "", 0, &e), ESM_KEY);
    assert_int_equal(esm_rsa_public(&key, big, ESM_PEM_MAX + 1, &e), ESM_TOO_LARGE);
    for (size_t n = 0; n < len - 1; n += 7)
        assert_int_equal(esm_rsa_secret(&key, sec, n, NULL, 0, &e), ESM_KEY);
    free(sec);
    sec = data_text("recipient.pub", &len);
    assert_int_equal(esm_rsa_secret(&key, sec, len, NULL, 0, &e), ESM_KEY);
    assert_string_equal(e.text, "secret key: it is a public key");
    free(sec);
    free(big);
}

/* What a TPM hands out is a modulus; its PEM file must have the same fingerprint. */
static void test_key_of_a_tpm(void **state)
{
    uint8_t n[256] = {0}, print[32];
    struct esm_recipient r = recipient("recipient.pub", "");
    struct esm_rsa *key;
    struct esm_error e;
    char pem[ESM_PEM_MAX];
    uint8_t der[600];
    size_t len;
    (void)state;
    assert_int_equal(esm_rsa_public_pem(r.key, pem, &len, &e), 0);
    const char *body = strchr(pem, '\n') + 1;
    size_t body_len = strcspn(body, "-");
    assert_int_equal(mbedtls_base64_decode(der, sizeof(der), &len, (const uint8_t *)body, body_len),
                     0);
    /* the modulus is the last but 5 bytes of SubjectPublicKeyInfo */
    memcpy(n, der + len - 5 - 256, 256);
    assert_int_equal(esm_rsa_modulus(&key, n, 256, 0, &e), 0);
    assert_true(esm_rsa_same(key, r.key));
    assert_int_equal(esm_rsa_fingerprint(key, print, &e), 0);
    assert_memory_equal(print, r.fingerprint, 32);
    esm_rsa_free(key);
    assert_int_equal(esm_rsa_modulus(&key, n, 128, 0, &e), ESM_KEY);
    n[255] ^= 1; /* even */
    assert_int_equal(esm_rsa_modulus(&key, n, 256, 0, &e), ESM_KEY);
    esm_rsa_free(r.key);
}

/* Damaged EncryptedPrivateKeyInfo: the parser stays inside. */
static void test_pkcs8_parser_survives_any_bytes(void **state)
{
    uint8_t pkcs1[100] = {0x30, 98}, der[400];
    uint64_t seed = 5;
    unsigned accepted = 0;
    size_t len = pkcs8_encrypt(pkcs1, sizeof(pkcs1), "p", 1, der, sizeof(der));
    const uint8_t *start = der + sizeof(der) - len;
    (void)state;
    assert_true(len > 100);
    for (unsigned round = 0; round < 100000; round++) {
        struct scheme s;
        size_t n = round % 4 ? len : random_below(&seed, len);
        uint8_t *copy = malloc(n ? n : 1);
        memcpy(copy, start, n);
        for (unsigned k = n ? next_random(&seed) % 3 : 0; k; k--)
            copy[random_below(&seed, n < 120 ? n : 120)] = (uint8_t)next_random(&seed);
        if (!parse(copy, n, &s)) {
            accepted++;
            assert_true(s.data >= copy && s.data_len <= n && s.data + s.data_len <= copy + n);
            assert_true(s.salt >= copy && s.salt + s.salt_len <= copy + n);
            assert_true(s.iv >= copy && s.iv + s.cipher->iv_size <= copy + n);
        }
        free(copy);
    }
    assert_true(accepted > 1000 && accepted < 100000);
}

/* ---- the flat kernel ---- */

#define ELF_SIZE 1024

/* Two loaded sections, at 0x10 and 0x100 from where the segment starts, and a bss. */
static void make_elf(uint8_t *p, bool physical)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    static const struct {
        uint32_t type;
        uint64_t flags, addr, offset, size;
    } sections[] = {{0, 0, 0, 0, 0},
                    {1, 6, 0xc000000000000010, 0x210, 4},
                    {1, 3, 0xc000000000000100, 0x300, 8},
                    {8, 3, 0xc000000000001000, 0x308, 0x1000},
                    {1, 0, 0, 0x3c0, 16}};
    memset(p, 0, ELF_SIZE);
    memcpy(p, ident, sizeof(ident));
    put_le16(p + 16, 2);
    put_le16(p + 18, 21);
    put_le32(p + 20, 1);
    put_le64(p + 32, 64);
    put_le64(p + 40, 128);
    put_le16(p + 52, 64);
    put_le16(p + 54, 56);
    put_le16(p + 56, 1);
    put_le16(p + 58, 64);
    put_le16(p + 60, ARRAY_SIZE(sections));
    put_le32(p + 64, 1);
    put_le64(p + 72, 0x200);
    put_le64(p + 80, 0xc000000000000000);
    put_le64(p + 88, physical ? 0x4000000 : 0);
    put_le64(p + 96, 0x108);
    put_le64(p + 104, 0x2000);
    for (unsigned i = 0; i < ARRAY_SIZE(sections); i++) {
        uint8_t *sh = p + 128 + 64 * i;
        put_le32(sh + 4, sections[i].type);
        put_le64(sh + 8, sections[i].flags);
        put_le64(sh + 16, sections[i].addr);
        put_le64(sh + 24, sections[i].offset);
        put_le64(sh + 32, sections[i].size);
    }
    memset(p + 0x210, 't', 4);
    memset(p + 0x214, 'x', 0xe0); /* not of any section: must not show */
    memset(p + 0x300, 'd', 8);
}

static void test_flat_kernel(void **state)
{
    static const struct {
        bool physical, is_byte;
        unsigned at;
        uint64_t value;
    } bad[] = {
        {true, true, 4, 1},                 /* 32-bit */
        {true, true, 18, 62},               /* another processor */
        {true, false, 128 + 64 + 32, 5000}, /* a section beyond the file */
        {false, false, 128 + 64 + 16, 0xd000000000000000},
    };
    uint8_t elf[ELF_SIZE], *flat;
    struct esm_error e;
    size_t len;
    (void)state;
    for (unsigned physical = 0; physical < 2; physical++) {
        make_elf(elf, physical);
        assert_int_equal(esm_flat_kernel(elf, sizeof(elf), &flat, &len, &e), 0);
        assert_int_equal(len, 0xf8);
        assert_memory_equal(flat, "tttt\0\0\0", 7);
        for (unsigned i = 4; i < 0xf0; i++)
            assert_int_equal(flat[i], 0);
        assert_memory_equal(flat + 0xf0, "dddddddd", 8);
        free(flat);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        make_elf(elf, bad[i].physical);
        if (bad[i].is_byte)
            elf[bad[i].at] = (uint8_t)bad[i].value;
        else
            put_le64(elf + bad[i].at, bad[i].value);
        assert_int_equal(esm_flat_kernel(elf, sizeof(elf), &flat, &len, &e), ESM_KERNEL);
    }
    assert_string_equal(e.text, "kernel: its sections are absurdly far apart");
}

static void test_flat_kernel_survives_any_bytes(void **state)
{
    uint64_t seed = 99;
    unsigned accepted = 0;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t *elf = malloc(ELF_SIZE), *flat;
        struct esm_error e;
        size_t len;
        make_elf(elf, round & 1);
        for (unsigned n = next_random(&seed) % 4 + 1; n; n--) {
            size_t at = next_random(&seed) % 448;
            elf[at] = next_random(&seed) % 2 ? (uint8_t)next_random(&seed)
                                             : (uint8_t)(elf[at] ^ (1u << next_random(&seed) % 8));
        }
        if (!esm_flat_kernel(elf, ELF_SIZE, &flat, &len, &e)) {
            accepted++;
            assert_in_range(len, 1, GiB);
        }
        free(flat);
        free(elf);
    }
    assert_true(accepted > 100 && accepted < 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_lockboxes),
        cmocka_unit_test(test_golden_opens_with_both_keys),
        cmocka_unit_test(test_golden_digests),
        cmocka_unit_test(test_golden_file),
        cmocka_unit_test(test_rtas_digest),
        cmocka_unit_test(test_build_and_read_again),
        cmocka_unit_test(test_attach_and_detach),
        cmocka_unit_test(test_comments_are_one_line),
        cmocka_unit_test(test_order_of_trying),
        cmocka_unit_test(test_every_field_is_checked_and_named),
        cmocka_unit_test(test_digest_tree_fields),
        cmocka_unit_test(test_nested_tree_fields),
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_absurd_header_words),
        cmocka_unit_test(test_any_bytes_are_survived),
        cmocka_unit_test(test_one_flipped_bit_in_sealed_data),
        cmocka_unit_test(test_gcm_vectors),
        cmocka_unit_test(test_oaep_vectors),
        cmocka_unit_test(test_passphrases_of_ibms_tool),
        cmocka_unit_test(test_secret_key_written_and_read),
        cmocka_unit_test(test_what_is_no_key),
        cmocka_unit_test(test_key_of_a_tpm),
        cmocka_unit_test(test_pkcs8_parser_survives_any_bytes),
        cmocka_unit_test(test_flat_kernel),
        cmocka_unit_test(test_flat_kernel_survives_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
