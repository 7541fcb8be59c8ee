/* SPDX-License-Identifier: Apache-2.0 */
/* The archive with a blob in front of an initrd: made, found, damaged in every way. */
#include "esm_data.h"

#include <libfdt.h>

struct initrd {
    uint8_t *p;
    size_t len, archive;
};

/* An archive with @blob, and 1000 bytes of initrd behind it. */
static struct initrd make(const void *blob, size_t len)
{
    struct initrd in;
    struct esm_error e;
    uint8_t *archive;
    assert_int_equal(esm_initrd_archive("guest.esmb", blob, len, &archive, &in.archive, &e), 0);
    assert_int_equal(in.archive % 512, 0);
    in.len = in.archive + 1000;
    in.p = malloc(in.len);
    memcpy(in.p, archive, in.archive);
    memset(in.p + in.archive, 'i', 1000);
    free(archive);
    return in;
}

static enum esm_err find(const void *p, size_t len, struct esm_initrd *at)
{
    struct esm_error e = {0};
    enum esm_err err = esm_initrd_find(0, p, len, len, at, &e);
    if (err) {
        assert_int_equal(e.code, err);
        assert_true(!strncmp(e.text, "initrd: ", 8));
        assert_int_equal(at->blob | at->blob_len | at->skip, 0);
    }
    return err;
}

static void test_archive_is_found_and_skipped(void **state)
{
    size_t len;
    uint8_t *blob = data_blob(&len);
    struct initrd in = make(blob, len);
    struct esm_initrd at;
    (void)state;
    assert_int_equal(find(in.p, in.len, &at), ESM_OK);
    assert_int_equal(at.blob_len, len);
    assert_memory_equal(in.p + at.blob, blob, len);
    assert_int_equal(at.skip, in.archive);
    /* nothing behind the archive is needed to find it */
    struct esm_error e;
    assert_int_equal(esm_initrd_find(0, in.p, in.archive, in.len, &at, &e), ESM_OK);
    assert_int_equal(at.skip, in.archive);
    free(in.p);
    free(blob);
}

/* The ultravisor rounds addresses, not offsets. */
static void test_rounding_is_of_addresses(void **state)
{
    size_t len;
    uint8_t *blob = data_blob(&len);
    struct initrd in = make(blob, len);
    (void)state;
    for (unsigned shift = 0; shift < 4; shift++) {
        uint8_t *moved = calloc(1, in.len + 8);
        struct esm_initrd at;
        struct esm_error e;
        uint64_t address = 0x10000 - shift; /* the archive starts at 0x10000 */
        memcpy(moved + shift, in.p, in.len);
        assert_int_equal(esm_initrd_find(address, moved, in.len + shift, in.len + shift, &at, &e),
                         ESM_OK);
        assert_int_equal(at.blob_len, len);
        assert_memory_equal(moved + at.blob, blob, len);
        assert_int_equal(at.skip, in.archive + shift);
        assert_int_equal((address + at.skip) % 512, 0);
        free(moved);
    }
    free(in.p);
    free(blob);
}

static void test_other_initrds_have_no_blob(void **state)
{
    static const uint8_t gzip[600] = {0x1f, 0x8b, 8};
    struct esm_initrd at;
    struct initrd in;
    uint8_t *blob;
    size_t len;
    (void)state;
    assert_int_equal(find("", 0, &at), ESM_NO_BLOB);
    assert_int_equal(find("070701", 6, &at), ESM_NO_BLOB);
    assert_int_equal(find(gzip, sizeof(gzip), &at), ESM_NO_BLOB);
    blob = data_blob(&len);
    in = make(blob, len);
    char *name = memmem(in.p, in.len, "opt/ibm/pef/guest", 17);
    assert_non_null(name);
    name[10] = 'g'; /* opt/ibm/peg/ */
    assert_int_equal(find(in.p, in.len, &at), ESM_NO_BLOB);
    name[10] = 'f';
    name[11] = 'x'; /* opt/ibm/pefxguest */
    assert_int_equal(find(in.p, in.len, &at), ESM_NO_BLOB);
    name[11] = '/';
    assert_int_equal(find(in.p, in.len, &at), ESM_OK);
    free(in.p);
    in = make("", 0); /* the only file is empty: no entry with data before the trailer */
    assert_int_equal(find(in.p, in.len, &at), ESM_NO_BLOB);
    free(in.p);
    free(blob);
}

static void test_first_file_must_be_a_tree(void **state)
{
    struct esm_initrd at;
    static const uint8_t late[] = {0, 0, 0, 0, 0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 8};
    static const uint8_t odd[] = {0, 0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 8, 0, 0, 0};
    static const uint8_t tall[] = {0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 9};
    struct initrd in = make("hello, world", 12);
    (void)state;
    assert_int_equal(find(in.p, in.len, &at), ESM_BAD_FDT);
    free(in.p);
    in = make(odd, sizeof(odd)); /* searched at multiples of 4 only */
    assert_int_equal(find(in.p, in.len, &at), ESM_BAD_FDT);
    free(in.p);
    in = make(tall, sizeof(tall)); /* says it is longer than the file */
    assert_int_equal(find(in.p, in.len, &at), ESM_BAD_FDT);
    free(in.p);
    in = make(late, sizeof(late));
    assert_int_equal(find(in.p, in.len, &at), ESM_OK);
    assert_int_equal(at.blob_len, 8);
    assert_memory_equal(in.p + at.blob, late + 4, 8);
    free(in.p);
}

/* Every length: found when the archive is whole, else refused; never a byte beyond. */
static void test_cut_short_anywhere(void **state)
{
    size_t len;
    uint8_t *blob = data_blob(&len);
    struct initrd in = make(blob, len);
    struct esm_initrd at;
    (void)state;
    for (size_t n = 0; n < in.len; n++) {
        uint8_t *copy = malloc(n ? n : 1); /* exact, so that a sanitizer sees */
        memcpy(copy, in.p, n);
        enum esm_err err = find(copy, n, &at);
        if (n >= in.archive)
            assert_int_equal(err, ESM_OK);
        else
            assert_true(err == ESM_CPIO || err == ESM_NO_BLOB);
        free(copy);
    }
    free(in.p);
    free(blob);
}

static void test_damage_never_leads_outside(void **state)
{
    size_t len;
    uint64_t seed = 77;
    uint8_t *blob = data_blob(&len);
    struct initrd in = make(blob, len);
    unsigned found = 0, refused = 0;
    (void)state;
    for (unsigned round = 0; round < 60000; round++) {
        uint8_t *copy = malloc(in.len);
        struct esm_initrd at;
        memcpy(copy, in.p, in.len);
        for (unsigned n = next_random(&seed) % 3 + 1; n; n--) {
            static const char digits[] = "0123456789abcdefFG ";
            size_t where = next_random(&seed) % 640;
            copy[where] = next_random(&seed) % 3 ? (uint8_t)digits[next_random(&seed) % 19]
                                                 : (uint8_t)next_random(&seed);
        }
        if (!find(copy, in.len, &at)) {
            found++;
            assert_true(at.blob <= in.len && at.blob_len <= in.len - at.blob);
            assert_true(at.skip <= in.len && at.blob + at.blob_len <= at.skip);
        } else {
            refused++;
        }
        free(copy);
    }
    assert_true(found > 1000 && refused > 1000);
    free(in.p);
    free(blob);
}

/* A header's fields by number; the value in hexadecimal. */
static void set_field(uint8_t *header, unsigned n, const char *value)
{
    memcpy(header + 6 + 8 * n, value, 8);
}

static void test_header_fields(void **state)
{
    static const struct {
        unsigned field;
        const char *value;
        enum esm_err err;
    } cases[] = {
        {6, "ffffffff", ESM_CPIO}, /* filesize */
        {6, "7fffffff", ESM_CPIO},     {6, "00010000", ESM_CPIO},
        {6, "0000000g", ESM_NO_BLOB},  {11, "00000000", ESM_NO_BLOB}, /* namesize */
        {11, "ffffffff", ESM_NO_BLOB}, {11, "00001001", ESM_NO_BLOB},
        {11, "00000005", ESM_NO_BLOB}, /* no NUL at its end */
        {0, "zzzzzzzz", ESM_OK},       /* ino is not looked at */
    };
    size_t len;
    uint8_t *blob = data_blob(&len);
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct initrd in = make(blob, len);
        struct esm_initrd at;
        uint8_t *name = memmem(in.p, in.len, "opt/ibm/pef/guest", 17);
        set_field(name - 110, cases[i].field, cases[i].value);
        assert_int_equal(find(in.p, in.len, &at), cases[i].err);
        free(in.p);
    }
    free(blob);
}

static void test_archive_larger_than_the_front_says_so(void **state)
{
    struct esm_initrd at;
    struct esm_error e;
    size_t len = ESM_BLOB_MAX;
    uint8_t *blob = calloc(1, len);
    (void)state;
    put_be32(blob, FDT_MAGIC);
    put_be32(blob + 4, (uint32_t)len);
    struct initrd in = make(blob, len);
    assert_true(in.archive <= ESM_INITRD_FRONT);
    assert_int_equal(esm_initrd_find(0, in.p, in.archive - 600, in.len, &at, &e), ESM_TOO_LARGE);
    assert_int_equal(esm_initrd_find(0, in.p, in.archive, in.len, &at, &e), ESM_OK);
    uint8_t *archive;
    size_t size;
    assert_int_equal(esm_initrd_archive("b", blob, len + 1, &archive, &size, &e), ESM_TOO_LARGE);
    assert_int_equal(esm_initrd_archive("", blob, 8, &archive, &size, &e), ESM_NAME);
    assert_int_equal(esm_initrd_archive("a/b", blob, 8, &archive, &size, &e), ESM_NAME);
    free(in.p);
    free(blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive_is_found_and_skipped),
        cmocka_unit_test(test_rounding_is_of_addresses),
        cmocka_unit_test(test_other_initrds_have_no_blob),
        cmocka_unit_test(test_first_file_must_be_a_tree),
        cmocka_unit_test(test_cut_short_anywhere),
        cmocka_unit_test(test_damage_never_leads_outside),
        cmocka_unit_test(test_header_fields),
        cmocka_unit_test(test_archive_larger_than_the_front_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
