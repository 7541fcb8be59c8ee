// SPDX-License-Identifier: Apache-2.0
/* The folder of a TPM: what is written, who may have it, and what damage does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tpm/tpm_internal.h"
#include "tpm/tss.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

static char base[64], dir[80], file[100];
static char message[TPM_MESSAGE_MAX];

static int make_base(void **state)
{
    (void)state;
    snprintf(base, sizeof(base), "/tmp/pefemu-test-XXXXXX");
    if (!mkdtemp(base))
        return -1;
    snprintf(dir, sizeof(dir), "%s/tpm", base);
    snprintf(file, sizeof(file), "%s/permanent", dir);
    return 0;
}

static int remove_base(void **state)
{
    static const char *const names[] = {
        "tpm/permanent", "tpm/permanent.new", "tpm/lock", "tpm/elsewhere", "tpm", "plain", ""};
    char path[120];
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", base, names[i]);
        remove(path);
    }
    return 0;
}

static void assert_says(const char *word)
{
    assert_non_null(strstr(message, word));
    assert_null(strchr(message, '\n'));
}

static void save(const char *text)
{
    struct tpm_state *s = tpm_state_open(dir, true, message);
    assert_non_null(s);
    assert_true(tpm_state_save(s, text, strlen(text), message));
    tpm_state_close(s);
}

static void assert_holds(const char *text)
{
    size_t len;
    struct tpm_state *s = tpm_state_open(dir, false, message);
    assert_non_null(s);
    const uint8_t *data = tpm_state_data(s, &len);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(data, text, len);
    tpm_state_close(s);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static size_t read_raw(uint8_t *out, size_t cap)
{
    FILE *f = fopen(file, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, cap, f);
    fclose(f);
    return n;
}

static void write_raw(const void *p, size_t len)
{
    FILE *f = fopen(file, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, len, f), len);
    fclose(f);
}

static void test_state_is_kept_and_private(void **state)
{
    mode_t before = umask(0);
    (void)state;
    save("first");
    umask(before);
    assert_int_equal(mode_of(dir), 0700);
    assert_int_equal(mode_of(file), 0600);
    assert_holds("first");
    save("second, longer");
    assert_holds("second, longer");
    assert_int_equal(mode_of(file), 0600);
}

static void test_memory_keeps_it_as_long_as_it_is_open(void **state)
{
    struct tpm_state *s = tpm_state_open(NULL, false, message);
    size_t len;
    (void)state;
    assert_non_null(s);
    assert_null(tpm_state_data(s, &len));
    assert_true(tpm_state_save(s, "abc", 3, message));
    assert_memory_equal(tpm_state_data(s, &len), "abc", 3);
    assert_false(tpm_state_save(s, "", 0, message));
    assert_false(tpm_state_save(s, "abc", 1u << 30, message));
    assert_memory_equal(tpm_state_data(s, &len), "abc", 3);
    tpm_state_close(s);
    tpm_state_close(NULL);
}

static void test_a_second_user_is_refused(void **state)
{
    struct tpm_state *s = tpm_state_open(dir, true, message);
    (void)state;
    assert_non_null(s);
    assert_null(tpm_state_open(dir, true, message));
    assert_says("in use");
    tpm_state_close(s);
    save("free again");
}

static void test_folders_that_do_not_do(void **state)
{
    char path[120];
    (void)state;
    snprintf(path, sizeof(path), "%s/nowhere", base);
    assert_null(tpm_state_open(path, false, message));
    assert_says("No such file");
    snprintf(path, sizeof(path), "%s/nowhere/below", base);
    assert_null(tpm_state_open(path, true, message));
    assert_says("can not be made");
    snprintf(path, sizeof(path), "%s/plain", base);
    fclose(fopen(path, "w"));
    assert_null(tpm_state_open(path, true, message));
    assert_says("Not a directory");
    save("x");
    assert_int_equal(chmod(dir, 0770), 0);
    assert_null(tpm_state_open(dir, true, message));
    assert_says("chmod 700");
    assert_int_equal(chmod(dir, 0755), 0);
    assert_holds("x");
    remove(file);
    assert_null(tpm_state_open(dir, false, message));
    assert_says("there is no TPM in it");
}

/* Each byte flipped, each length: refused, and the file stays what it was. */
static void test_damage_is_refused_and_left_alone(void **state)
{
    uint8_t good[200], bad[200], after[200];
    (void)state;
    save("some state of a TPM");
    size_t len = read_raw(good, sizeof(good));
    for (size_t at = 0; at < len; at++) {
        memcpy(bad, good, len);
        bad[at] ^= 0x40;
        write_raw(bad, len);
        assert_null(tpm_state_open(dir, true, message));
        assert_says("left as it is");
        assert_int_equal(read_raw(after, sizeof(after)), len);
        assert_memory_equal(after, bad, len);
    }
    for (size_t n = 0; n <= len + 1; n++) {
        if (n == len)
            continue;
        memcpy(bad, good, len);
        bad[len] = 0;
        write_raw(bad, n);
        assert_null(tpm_state_open(dir, true, message));
        assert_says("left as it is");
        assert_int_equal(read_raw(after, sizeof(after)), n);
    }
    write_raw(good, len);
    assert_holds("some state of a TPM");
}

static void test_a_link_is_not_followed(void **state)
{
    char other[120];
    (void)state;
    save("x");
    snprintf(other, sizeof(other), "%s/elsewhere", dir);
    assert_int_equal(rename(file, other), 0);
    assert_int_equal(symlink(other, file), 0);
    assert_null(tpm_state_open(dir, true, message));
    assert_says("symbolic links");
}

/* A process killed while it wrote leaves a piece of a new file, and the old one whole. */
static void test_an_unfinished_new_state_does_not_count(void **state)
{
    char path[120];
    (void)state;
    save("old");
    snprintf(path, sizeof(path), "%s/permanent.new", dir);
    FILE *f = fopen(path, "w");
    fputs("half of", f);
    fclose(f);
    assert_holds("old");
    save("new");
    assert_holds("new");
    assert_int_equal(access(path, F_OK), -1);
}

/* The disk is full: the old state is whole, and it is said. */
static void test_a_full_disk_keeps_the_old_state(void **state)
{
    struct rlimit before, small = {60, RLIM_INFINITY};
    struct tpm_state *s;
    char path[120];
    (void)state;
    save("old");
    s = tpm_state_open(dir, false, message);
    assert_non_null(s);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    bool saved = tpm_state_save(s, "a state that does not fit", 25, message);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(saved);
    assert_says("can not be written");
    tpm_state_close(s);
    assert_holds("old");
    snprintf(path, sizeof(path), "%s/permanent.new", dir);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_held_saves_are_written_at_the_end(void **state)
{
    struct tpm_state *s = tpm_state_open(dir, true, message);
    (void)state;
    assert_non_null(s);
    tpm_state_hold(s);
    assert_true(tpm_state_save(s, "held", 4, message));
    assert_int_equal(access(file, F_OK), -1);
    assert_true(tpm_state_release(s, message));
    tpm_state_close(s);
    assert_holds("held");
}

/* ---- the whole TPM on a folder ---- */

static void boot(struct tpm_key_info *info)
{
    struct tpm *t = tpm_create(&(struct tpm_config){.state_dir = dir, .create = true}, message);
    struct tss s = tpm_direct(t);
    struct tpm_wrapping_key key;
    assert_non_null(t);
    assert_int_equal(tpm_opal_boot(&s, NULL, 0, &key), TPM_STATUS_OK);
    assert_int_equal(tpm_read_key(&s, TPM_WRAPPING_KEY, info), TPM_STATUS_OK);
    tpm_destroy(t);
}

static void test_key_outlives_the_process(void **state)
{
    struct tpm_key_info first, second;
    (void)state;
    boot(&first);
    boot(&second);
    assert_memory_equal(first.modulus, second.modulus, sizeof(first.modulus));
}

/* A file that is whole but holds something else: libtpms says no, and it is not replaced. */
static void test_state_that_libtpms_refuses_is_left_alone(void **state)
{
    uint8_t before[200], after[200];
    (void)state;
    save("not the state of any TPM");
    size_t len = read_raw(before, sizeof(before));
    assert_null(tpm_create(&(struct tpm_config){.state_dir = dir, .create = true}, message));
    assert_says("left as it is");
    assert_int_equal(read_raw(after, sizeof(after)), len);
    assert_memory_equal(before, after, len);
}

/* State that can not be written any more ends the TPM, not the process. */
static void test_a_full_disk_ends_the_tpm(void **state)
{
    struct tpm *t = tpm_create(&(struct tpm_config){.state_dir = dir, .create = true}, message);
    struct tss s = tpm_direct(t);
    struct rlimit before, small;
    (void)state;
    if (!t)
        fail_msg("%s", message);
    assert_int_equal(tpm_startup(&s), TPM_STATUS_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 60;
    setrlimit(RLIMIT_FSIZE, &small);
    int status = tss_clear(&s);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, TPM_STATUS_TRANSPORT);
    assert_non_null(strstr(tpm_message(t), "can not be written"));
    assert_int_equal(tss_clear(&s), TPM_STATUS_TRANSPORT);
    tpm_destroy(t);
    t = tpm_create(&(struct tpm_config){.state_dir = dir}, message);
    if (!t)
        fail_msg("%s", message);
    tpm_destroy(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_base, remove_base)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_state_is_kept_and_private),
        TEST(test_memory_keeps_it_as_long_as_it_is_open),
        TEST(test_a_second_user_is_refused),
        TEST(test_folders_that_do_not_do),
        TEST(test_damage_is_refused_and_left_alone),
        TEST(test_a_link_is_not_followed),
        TEST(test_an_unfinished_new_state_does_not_count),
        TEST(test_a_full_disk_keeps_the_old_state),
        TEST(test_held_saves_are_written_at_the_end),
        TEST(test_key_outlives_the_process),
        TEST(test_state_that_libtpms_refuses_is_left_alone),
        TEST(test_a_full_disk_ends_the_tpm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
