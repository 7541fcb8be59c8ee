/* SPDX-License-Identifier: Apache-2.0 */
/* UV_ESMB_GET_FILE: files of the ESM blob, for whoever in the SVM asks first. */
#include "bed.h"

#include "pefemu/esmbuild.h"

#define NOT_FOUND (-1) /* libfdt's */

/* A blob's files and its key, as ESM leaves them with the SVM. */
static void attach(struct svm *svm, unsigned n, const char *const *names, const void *const *bytes,
                   const size_t *len)
{
    static struct esm_rsa *key; /* making one takes long */
    struct esm_blob blob;
    struct esm_key symkey;
    struct esm_recipient origin = {.comment = ""};
    const uint8_t *fdt;
    size_t fdt_len;

    if (!key)
        assert_int_equal(esm_rsa_generate(&key, ESM_RSA_BITS_MIN, NULL), ESM_OK);
    origin.key = key;
    assert_int_equal(esm_rsa_fingerprint(key, origin.fingerprint, NULL), ESM_OK);
    assert_int_equal(esm_build_create(&blob, &origin, &symkey, NULL), ESM_OK);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(esm_build_attach(&blob, &symkey, names[i], bytes[i], len[i], "", NULL),
                         ESM_OK);
    assert_true(esm_blob_files(&blob, &fdt, &fdt_len));
    free(svm->files);
    svm->files = malloc(fdt_len);
    assert_non_null(svm->files);
    memcpy(svm->files, fdt, fdt_len);
    svm->files_len = (uint32_t)fdt_len;
    memcpy(svm->symkey, symkey.byte, sizeof(svm->symkey));
    esm_blob_close(&blob);
}

static void attach_one(struct svm *svm, const char *name, const void *bytes, size_t len)
{
    attach(svm, 1, &name, &bytes, &len);
}

/* The call with the name packed as the sheet says; @data gets R4..R11. */
static int64_t get(struct bed *b, enum bed_from from, const char *name, uint64_t offset,
                   uint8_t data[64])
{
    struct cpu *cpu = &b->m.cpus[0];
    char padded[64] = {0};
    uint64_t args[9] = {offset};

    memcpy(padded, name, strnlen(name, sizeof(padded)));
    for (unsigned i = 0; i < 8; i++)
        args[1 + i] = get_be64(padded + 8 * i);
    int64_t rc = bed_callv(b, from, UV_ESMB_GET_FILE, 9, args);
    for (unsigned i = 0; data && i < 8; i++)
        put_be64(data + 8 * i, cpu->gpr[4 + i]);
    assert_int_equal(cpu->gpr[12], args[8]); /* untouched, always */
    if (rc <= 0)
        for (unsigned i = 0; i < 8; i++)
            assert_int_equal(cpu->gpr[4 + i], args[i]);
    return rc;
}

BED_TEST(a_file_is_read_in_pieces_to_its_end)
{
    static const size_t lens[] = {1, 63, 64, 65, 128, 1000};
    static uint8_t file[1000];
    struct svm *svm = bed_make_svm(b, BED_LPID);
    uint8_t data[64];

    for (unsigned i = 0; i < sizeof(file); i++)
        file[i] = (uint8_t)(i * 7 + 1);
    for (unsigned i = 0; i < ARRAY_SIZE(lens); i++) {
        static const enum bed_from who[] = {FROM_SVM_USER, FROM_SVM};
        attach_one(svm, "passphrase", file, lens[i]);
        memset(svm->reader, 0, sizeof(svm->reader));
        size_t at = 0;
        int64_t n;
        while ((n = get(b, who[i & 1], "passphrase", at, data)) > 0) {
            assert_int_equal(n, lens[i] - at < 64 ? lens[i] - at : 64);
            assert_memory_equal(data, file + at, n);
            for (unsigned k = (unsigned)n; k < 64; k++)
                assert_int_equal(data[k], 0);
            at += (size_t)n;
        }
        assert_int_equal(n, 0);
        assert_int_equal(at, lens[i]);
        assert_int_equal(get(b, who[i & 1], "passphrase", at, data), 0); /* again and again */
        assert_int_equal(get(b, who[i & 1], "passphrase", 0, data), U_PARAMETER); /* read once */
    }
}

BED_TEST(get_file_only_inside_the_svm)
{
    static const enum bed_from outside[] = {FROM_HV, FROM_HOST_USER, FROM_NVM, FROM_NVM_USER};
    struct svm *svm = bed_make_svm(b, BED_LPID);

    attach_one(svm, "file", "contents", 8);
    for (unsigned i = 0; i < ARRAY_SIZE(outside); i++)
        assert_int_equal(get(b, outside[i], "file", 0, NULL), U_PARAMETER);
    svm->state = SVM_TRANSITION;
    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), U_PARAMETER);
    svm->state = SVM_DEAD;
    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), U_PARAMETER);
    svm->state = SVM_SECURE;
    b->m.cpus[0].lpid = 7;
    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), U_PARAMETER);
    b->m.cpus[0].lpid = BED_LPID;
    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), 8);
}

BED_TEST(attack_37_offsets)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    static uint8_t file[300] = {1};
    static const uint64_t beyond[] = {65536, 65537, 1ULL << 32, PPC_BIT(0), ~0ULL};

    attach_one(svm, "file", file, sizeof(file));
    assert_int_equal(get(b, FROM_SVM, "file", 10, NULL), 64);
    assert_int_equal(get(b, FROM_SVM, "file", 73, NULL), U_PARAMETER); /* backwards by one */
    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), U_PARAMETER);
    assert_int_equal(get(b, FROM_SVM, "file", 100, NULL), 64); /* a gap is allowed */
    for (unsigned i = 0; i < ARRAY_SIZE(beyond); i++)
        assert_int_equal(get(b, FROM_SVM, "file", beyond[i], NULL), U_PARAMETER);
    assert_int_equal(get(b, FROM_SVM, "file", 164, NULL), 64); /* refused ones moved nothing */
    assert_int_equal(get(b, FROM_SVM, "file", 65535, NULL), 0);
    assert_int_equal(get(b, FROM_SVM, "file", 300, NULL), U_PARAMETER);
}

BED_TEST(attack_37_another_process)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    attach_one(svm, "file", "contents", 8);
    b->m.cpus[0].pid = 5;
    assert_int_equal(get(b, FROM_SVM_USER, "file", 0, NULL), 8);
    b->m.cpus[0].pid = 6;
    assert_int_equal(get(b, FROM_SVM_USER, "file", 8, NULL), U_PARAMETER);
    assert_int_equal(get(b, FROM_SVM, "file", 8, NULL), U_PARAMETER);
    b->m.cpus[0].pid = 5;
    assert_int_equal(get(b, FROM_SVM_USER, "file", 8, NULL), 0);
}

BED_TEST(attack_37_names)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);
    char full[65];

    attach_one(svm, "file", "contents", 8);
    memset(full, 'a', 64);
    full[64] = 0;
    assert_int_equal(get(b, FROM_SVM, full, 0, NULL), U_PARAMETER); /* never ends */
    full[63] = 0;
    assert_int_equal(get(b, FROM_SVM, full, 0, NULL), NOT_FOUND);
    assert_int_equal(get(b, FROM_SVM, "", 0, NULL), U_PARAMETER);
    assert_int_equal(get(b, FROM_SVM, "other", 0, NULL), NOT_FOUND);
    assert_int_equal(get(b, FROM_SVM, "fil", 0, NULL), NOT_FOUND);
    assert_int_equal(get(b, FROM_SVM, "files", 0, NULL), NOT_FOUND);
    assert_int_equal(get(b, FROM_SVM, "../file", 0, NULL), NOT_FOUND);
    assert_int_equal(get(b, FROM_SVM, "file/", 0, NULL), NOT_FOUND);
    assert_int_equal(get(b, FROM_SVM, "\xff\x01", 0, NULL), NOT_FOUND);
    for (unsigned i = 0; i < ARRAY_SIZE(svm->reader); i++)
        assert_int_equal(svm->reader[i].name[0], 0); /* nobody takes a record for nothing */
    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), 8);
}

BED_TEST(attack_37_a_thousand_calls)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    attach_one(svm, "file", "contents", 8);
    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), 8);
    for (unsigned i = 8; i < 1008; i++) {
        assert_int_equal(get(b, FROM_SVM, "file", i, NULL), 0);
        assert_int_equal(get(b, FROM_SVM, "no-such-file", i, NULL), NOT_FOUND);
    }
}

BED_TEST(without_files_or_with_a_broken_tree)
{
    struct svm *svm = bed_make_svm(b, BED_LPID);

    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), U_PARAMETER);
    attach_one(svm, "file", "contents", 8);
    svm->symkey[3] ^= 1; /* the tag is wrong then */
    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), U_PARAMETER);
    svm->symkey[3] ^= 1;
    for (uint32_t i = 0; i < svm->files_len; i++) { /* every byte of it */
        svm->files[i] ^= 0x81;
        int64_t rc = get(b, FROM_SVM, "file", 0, NULL);
        assert_true(rc == U_PARAMETER || rc == NOT_FOUND || rc == 8);
        svm->files[i] ^= 0x81;
        memset(svm->reader, 0, sizeof(svm->reader));
    }
    uint32_t len = svm->files_len;
    svm->files_len = 12;
    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), U_PARAMETER);
    svm->files_len = len;
    assert_int_equal(get(b, FROM_SVM, "file", 0, NULL), 8);
}

BED_TEST(more_files_than_reader_records)
{
    enum { N = 10 };
    static char name[N][8];
    const char *names[N];
    const void *bytes[N];
    size_t len[N];
    struct svm *svm = bed_make_svm(b, BED_LPID);

    for (unsigned i = 0; i < N; i++) {
        snprintf(name[i], sizeof(name[i]), "f%u", i);
        names[i] = name[i];
        bytes[i] = "contents";
        len[i] = 8;
    }
    attach(svm, N, names, bytes, len);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(get(b, FROM_SVM, names[i], 0, NULL),
                         i < ARRAY_SIZE(svm->reader) ? 8 : U_RETRY);
    assert_int_equal(get(b, FROM_SVM, names[0], 8, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_in_pieces_to_its_end),
        cmocka_unit_test(get_file_only_inside_the_svm),
        cmocka_unit_test(attack_37_offsets),
        cmocka_unit_test(attack_37_another_process),
        cmocka_unit_test(attack_37_names),
        cmocka_unit_test(attack_37_a_thousand_calls),
        cmocka_unit_test(without_files_or_with_a_broken_tree),
        cmocka_unit_test(more_files_than_reader_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
