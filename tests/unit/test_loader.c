/* SPDX-License-Identifier: Apache-2.0 */
/* ELF parsing and unpacking with hostile bytes; initramfs paths. */
#include "../../src/elf_load.c"
#include "../../src/loader.c"
#include "../../src/unpack.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define IMAGE_SIZE 4096

static uint64_t next(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* A ppc64el kernel in miniature: two segments, high virtual base. */
static void make_image(uint8_t *p)
{
    Elf64_Ehdr *eh = (Elf64_Ehdr *)p;
    Elf64_Phdr *ph = (Elf64_Phdr *)(p + 64);
    memset(p, 0, IMAGE_SIZE);
    memcpy(eh->e_ident,
           "\x7f"
           "ELF\2\1\1",
           7);
    eh->e_type = ET_EXEC;
    eh->e_machine = EM_PPC64;
    eh->e_version = 1;
    eh->e_entry = 0xc000000000000000;
    eh->e_phoff = 64;
    eh->e_ehsize = 64;
    eh->e_phentsize = 56;
    eh->e_phnum = 2;
    ph[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_offset = 1024, .p_filesz = 512, .p_memsz = 1024};
    ph[1] = (Elf64_Phdr){
        .p_type = PT_LOAD, .p_offset = 2048, .p_filesz = 256, .p_memsz = 8192, .p_paddr = 0x10000};
}

static void test_elf_parse_finds_segments(void **state)
{
    uint8_t image[IMAGE_SIZE];
    struct bytes b = {image, sizeof(image)};
    struct elf_image img;
    (void)state;
    make_image(image);
    assert_null(elf_parse(&img, &b, ELF_KERNEL_MASK));
    assert_true(img.elf64 && img.little_endian && !img.dynamic);
    assert_int_equal(img.count, 2);
    assert_int_equal(img.entry, 0);
    assert_int_equal(img.segment[1].pa, 0x10000);
    assert_int_equal(img.segment[1].memsz, 8192);
}

static void test_elf_parse_survives_any_bytes(void **state)
{
    uint64_t seed = 0x123456789abcdef1;
    unsigned accepted = 0;
    (void)state;
    for (unsigned round = 0; round < 100000; round++) {
        uint8_t *image = malloc(IMAGE_SIZE);
        struct bytes b = {image, IMAGE_SIZE};
        struct elf_image img;
        make_image(image);
        for (unsigned n = next(&seed) % 6 + 1; n; n--) {
            uint64_t r = next(&seed);
            image[r % 176] = r % 3 ? (uint8_t)(r >> 32) : r & 4 ? 0xff : 0;
        }
        if (next(&seed) % 4 == 0)
            b.len = next(&seed) % IMAGE_SIZE;
        uint8_t *cut = realloc(image, b.len ? b.len : 1); /* its end is the heap block's */
        assert_non_null(cut);
        b.p = image = cut;
        if (!elf_parse(&img, &b, ELF_KERNEL_MASK)) {
            accepted++;
            for (unsigned i = 0; i < img.count; i++) {
                assert_true(img.segment[i].offset + img.segment[i].filesz <= b.len);
                assert_true(img.segment[i].filesz <= img.segment[i].memsz);
            }
        }
        free(image);
    }
    assert_true(accepted > 100 && accepted < 100000);
}

/* Packed data, whole, then with damaged bytes or cut short: right, or refused. */
static void check_packed(const uint8_t *packed, size_t len, const uint8_t *plain, size_t plain_len)
{
    uint64_t seed = 99;
    for (unsigned round = 0; round < 3000; round++) {
        struct bytes b = {malloc(len), len};
        problem_t problem;
        memcpy(b.p, packed, len);
        if (round)
            b.p[4 + next(&seed) % (len - 4)] ^= (uint8_t)(1 + next(&seed) % 255);
        if (round % 3 == 2)
            b.len = 4 + next(&seed) % (len - 4);
        problem = bytes_unpack(&b, 2 * plain_len);
        assert_true(problem || b.len <= 2 * plain_len);
        if (!round) {
            assert_null(problem);
            assert_int_equal(b.len, plain_len);
            assert_memory_equal(b.p, plain, plain_len);
        }
        bytes_free(&b);
    }
    struct bytes b = {malloc(len), len};
    memcpy(b.p, packed, len);
    assert_string_equal(bytes_unpack(&b, plain_len - 1), too_large);
    bytes_free(&b);
}

static void test_unpack_gives_the_plain_bytes_or_refuses(void **state)
{
    enum { N = 100000 };
    static uint8_t plain[N], packed[2 * N];
    uint64_t seed = 5;
    size_t len;
    z_stream z = {0};
    (void)state;
    for (unsigned i = 0; i < N; i++)
        plain[i] = i % 64 ? (uint8_t)i : (uint8_t)next(&seed);
    len = ZSTD_compress(packed, sizeof(packed), plain, N, 3);
    assert_false(ZSTD_isError(len));
    check_packed(packed, len, plain, N);
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = plain;
    z.avail_in = N;
    z.next_out = packed;
    z.avail_out = sizeof(packed);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    check_packed(packed, z.total_out, plain, N);
    deflateEnd(&z);
}

static void test_guest_paths_are_cleaned(void **state)
{
    char out[32];
    (void)state;
    assert_true(clean_path(out, sizeof(out), "//bin///prog"));
    assert_string_equal(out, "bin/prog");
    assert_true(clean_path(out, sizeof(out), "/..a/b.."));
    assert_false(clean_path(out, sizeof(out), "/"));
    assert_false(clean_path(out, sizeof(out), "/bin/"));
    assert_false(clean_path(out, sizeof(out), "/../etc"));
    assert_false(clean_path(out, sizeof(out), "/a/.."));
    assert_false(clean_path(out, sizeof(out), "/a-name-that-is-too-long-for-the-buffer"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elf_parse_finds_segments),
        cmocka_unit_test(test_elf_parse_survives_any_bytes),
        cmocka_unit_test(test_unpack_gives_the_plain_bytes_or_refuses),
        cmocka_unit_test(test_guest_paths_are_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
