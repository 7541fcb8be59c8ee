// SPDX-License-Identifier: Apache-2.0
/* The external TPM: the real one where it is installed, and impostors that answer anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* An impostor's silence is waited for: not as long as the real one is. */
static int patience_ms;
#define CONTROL_MS patience_ms
#define COMMAND_MS patience_ms
#include "tpm/swtpm.c"

#include "tpm/tss.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char dir[64], path[80], message[TPM_MESSAGE_MAX];
static pid_t child;

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/pefemu-test-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/ctrl", dir);
    return 0;
}

static int clean_up(void **state)
{
    static const char *const names[] = {"ctrl", "log", "tpm2-00.permall", ".lock", ""};
    char name[120];
    (void)state;
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    child = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(name, sizeof(name), "%s/%s", dir, names[i]);
        remove(name);
    }
    return 0;
}

static void assert_says(const char *text, const char *word)
{
    if (!strstr(text, word))
        fail_msg("no '%s' in '%s'", word, text);
    assert_null(strchr(text, '\n'));
}

/* ---- impostors ---- */

/* What one sends, and whether it then hangs up or says nothing for ever. */
struct line {
    const char *bytes;
    size_t len;
};
#define OK                                                                                         \
    {                                                                                              \
        "\0\0\0\0", 4                                                                              \
    }
#define BAD                                                                                        \
    {                                                                                              \
        "\0\0\0\x1f", 4                                                                            \
    }
struct act {
    struct line control[3]; /* answers to SET_DATAFD, INIT, STOP */
    struct line data;       /* the answer to a TPM command */
    bool hangs_up;
};

/* Takes the descriptor that comes with SET_DATAFD. */
static int take_command(int fd)
{
    char bytes[64], room[CMSG_SPACE(sizeof(int))];
    struct iovec iov = {bytes, sizeof(bytes)};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
    int passed = -1;
    if (recvmsg(fd, &msg, 0) <= 0)
        _exit(0);
    if (CMSG_FIRSTHDR(&msg))
        memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
    return passed;
}

static void answer(int fd, const struct line *line)
{
    if (line->len && write(fd, line->bytes, line->len) < 0)
        _exit(0);
}

static void finish(const struct act *act)
{
    if (!act->hangs_up)
        pause();
    _exit(0);
}

static void play(int listener, const struct act *act)
{
    char bytes[TPM_PACKET_MAX];
    int fd = accept(listener, NULL, NULL), data = -1;
    for (unsigned i = 0; i < 2; i++) {
        int passed = take_command(fd);
        data = passed >= 0 ? passed : data;
        answer(fd, &act->control[i]);
        if (act->control[i].len < 4)
            finish(act);
    }
    if (read(data, bytes, sizeof(bytes)) > 0)
        answer(data, &act->data);
    if (act->hangs_up)
        _exit(0);
    take_command(fd); /* STOP or SHUTDOWN */
    answer(fd, &act->control[2]);
    finish(act);
}

static struct tpm *meet(const struct act *act)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    patience_ms = 300;
    clean_up(NULL);
    make_dir(NULL);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(listener, 1), 0);
    child = fork();
    if (!child)
        play(listener, act);
    close(listener);
    return tpm_create(&(struct tpm_config){.socket = path}, message);
}

static void test_nobody_there(void **state)
{
    char too_long[200];
    (void)state;
    assert_null(tpm_create(&(struct tpm_config){.socket = path}, message));
    assert_says(message, "no swtpm there");
    memset(too_long, 'x', sizeof(too_long));
    too_long[sizeof(too_long) - 1] = '\0';
    assert_null(tpm_create(&(struct tpm_config){.socket = too_long}, message));
    assert_says(message, "too long");
    assert_null(tpm_create(&(struct tpm_config){.socket = path, .state_dir = dir}, message));
    assert_says(message, "either");
}

static void test_impostors_at_the_control_channel(void **state)
{
    static const struct {
        struct act act;
        const char *word;
    } cases[] = {
        {{.hangs_up = true}, "does not answer control command 16"},
        {{.hangs_up = false}, "does not answer control command 16"},
        {{.control = {BAD}}, "refused control command 16 (code 0x1f)"},
        {{.control = {{"\0\0", 2}}, .hangs_up = true}, "control command 16"},
        {{.control = {{"\0\0", 2}}}, "control command 16"},
        {{.control = {OK}, .hangs_up = true}, "does not answer control command 2"},
        {{.control = {OK}}, "does not answer control command 2"},
        {{.control = {OK, BAD}}, "refused control command 2"},
    };
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_null(meet(&cases[i].act));
        assert_says(message, cases[i].word);
    }
}

static void test_impostors_at_the_data_channel(void **state)
{
    static const struct {
        struct act act;
        const char *word;
    } cases[] = {
        {{.control = {OK, OK}, .hangs_up = true}, "does not answer"},
        {{.control = {OK, OK}}, "does not answer"},
        {{.control = {OK, OK}, .data = {"\x80\x01\0\0\0", 5}}, "does not answer"},
        {{.control = {OK, OK}, .data = {"\x80\x01\0\0\0\0\0\0\0\0", 10}}, "of 0 bytes"},
        {{.control = {OK, OK}, .data = {"\x80\x01\0\0\0\x9\0\0\0\0", 10}}, "of 9 bytes"},
        {{.control = {OK, OK}, .data = {"\x80\x01\0\0\x10\x01\0\0\0\0", 10}}, "of 4097 bytes"},
        {{.control = {OK, OK}, .data = {"\x80\x01\xff\xff\xff\xff\0\0\0\0", 10}},
         "of 4294967295 bytes"},
        {{.control = {OK, OK}, .data = {"\x80\x01\0\0\0\x20\0\0\0\0xxx", 13}}, "incomplete"},
        {{.control = {OK, OK}, .data = {"\x80\x01\0\0\0\x20\0\0\0\0xxx", 13}, .hangs_up = true},
         "incomplete"},
    };
    static const uint8_t cmd[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0};
    uint8_t resp[TPM_PACKET_MAX];
    size_t len;
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tpm *t = meet(&cases[i].act);
        assert_non_null(t);
        assert_int_equal(tpm_execute(t, cmd, sizeof(cmd), resp, sizeof(resp), &len),
                         TPM_STATUS_TRANSPORT);
        assert_says(tpm_message(t), cases[i].word);
        /* From now on it is dead, at once and until a reset, which does not help here. */
        assert_int_equal(tpm_execute(t, cmd, sizeof(cmd), resp, sizeof(resp), &len),
                         TPM_STATUS_TRANSPORT);
        assert_int_equal(tpm_reset(t), TPM_STATUS_TRANSPORT);
        tpm_destroy(t);
    }
}

/* An answer that is well formed and means nothing: boot firmware notices. */
static void test_an_impostor_that_says_success_to_everything(void **state)
{
    static const struct act act = {.control = {OK, OK, OK},
                                   .data = {"\x80\x01\0\0\0\x0b\0\0\0\0x", 11}};
    struct tpm *t = meet(&act);
    (void)state;
    assert_non_null(t);
    uint8_t resp[TPM_PACKET_MAX];
    size_t len;
    static const uint8_t cmd[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0};
    struct tpm_response rsp;
    assert_int_equal(tpm_execute(t, cmd, sizeof(cmd), resp, sizeof(resp), &len), TPM_STATUS_OK);
    assert_int_equal(tpm_rsp_parse(&rsp, TPM_CMD_Startup, resp, len), TPM_STATUS_OK);
    assert_false(tr_done(&rsp.params));
    tpm_destroy(t);
}

/* ---- the real one ---- */

static bool installed(void)
{
    return system("command -v swtpm >/dev/null 2>&1") == 0;
}

static void start_swtpm(void)
{
    char state_arg[100], ctrl_arg[120];
    struct stat st;
    snprintf(state_arg, sizeof(state_arg), "dir=%s", dir);
    snprintf(ctrl_arg, sizeof(ctrl_arg), "type=unixio,path=%s", path);
    child = fork();
    if (!child) {
        execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state_arg, "--ctrl", ctrl_arg,
               (char *)NULL);
        _exit(127);
    }
    for (unsigned i = 0; stat(path, &st) < 0 && i < 500; i++)
        usleep(20000);
}

static struct tpm *connect_patiently(void)
{
    struct tpm *t = NULL;
    patience_ms = 120000;
    for (unsigned i = 0; !t && i < 100; i++) {
        t = tpm_create(&(struct tpm_config){.socket = path}, message);
        if (!t)
            usleep(50000);
    }
    return t;
}

static void test_real_swtpm_boots_keeps_its_key_and_ends(void **state)
{
    struct tpm_key_info first, second;
    struct tpm_wrapping_key key;
    int how;
    (void)state;
    if (!installed()) {
        print_message("swtpm is not installed\n");
        skip();
    }
    for (unsigned i = 0; i < 2; i++) {
        start_swtpm();
        struct tpm *t = connect_patiently();
        struct tss s = tpm_direct(t);
        if (!t)
            fail_msg("%s", message);
        assert_int_equal(tpm_opal_boot(&s, NULL, 0, &key), TPM_STATUS_OK);
        assert_int_equal(tpm_read_key(&s, TPM_WRAPPING_KEY, &first), TPM_STATUS_OK);
        if (i)
            assert_memory_equal(first.modulus, second.modulus, sizeof(first.modulus));
        assert_int_equal(tpm_reset(t), TPM_STATUS_OK);
        assert_int_equal(tpm_opal_boot(&s, NULL, 0, &key), TPM_STATUS_OK);
        assert_int_equal(tpm_read_key(&s, TPM_WRAPPING_KEY, &second), TPM_STATUS_OK);
        assert_memory_equal(first.modulus, second.modulus, sizeof(first.modulus));
        assert_int_equal(tpm_close(t), TPM_STATUS_OK);
        tpm_destroy(t);
        assert_int_equal(waitpid(child, &how, 0), child); /* CMD_SHUTDOWN ended it */
        child = 0;
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
}

static void test_real_swtpm_that_dies_is_noticed(void **state)
{
    struct tpm_wrapping_key key, zero = {0};
    (void)state;
    if (!installed()) {
        print_message("swtpm is not installed\n");
        skip();
    }
    start_swtpm();
    struct tpm *t = connect_patiently();
    struct tss s = tpm_direct(t);
    if (!t)
        fail_msg("%s", message);
    assert_int_equal(tpm_opal_boot(&s, NULL, 0, &key), TPM_STATUS_OK);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = 0;
    assert_int_equal(tpm_opal_boot(&s, NULL, 0, &key), TPM_STATUS_TRANSPORT);
    assert_memory_equal(&key, &zero, sizeof(key));
    assert_says(tpm_message(t), "swtpm does not answer");
    assert_int_equal(tpm_reset(t), TPM_STATUS_TRANSPORT);
    tpm_destroy(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_there),
        TEST(test_impostors_at_the_control_channel),
        TEST(test_impostors_at_the_data_channel),
        TEST(test_an_impostor_that_says_success_to_everything),
        TEST(test_real_swtpm_boots_keeps_its_key_and_ends),
        TEST(test_real_swtpm_that_dies_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
