/* SPDX-License-Identifier: Apache-2.0 */
/* Folded stacks: what counts as one, what is written, how frames are joined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/debug/folded.h"

static void assert_written(const struct folded *f, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_true(folded_write(f, out));
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void equal_stacks_are_one_line(void **state)
{
    struct folded f = {0};
    (void)state;
    assert_written(&f, "");
    assert_true(folded_add(&f, "privileged;main;work"));
    assert_true(folded_add(&f, "privileged;main"));
    assert_true(folded_add(&f, "privileged;main;work"));
    assert_true(folded_add(&f, "hypervisor"));
    assert_written(&f, "hypervisor 1\nprivileged;main 1\nprivileged;main;work 2\n");
    folded_free(&f);
    assert_written(&f, "");
}

/* More than the table first has places for: none is lost or counted twice when it grows. */
static void many_stacks_are_kept(void **state)
{
    enum { STACKS = 5000 };
    struct folded f = {0};
    char *text = NULL, name[32];
    size_t size;
    unsigned lines = 0;
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < STACKS; i++) {
            snprintf(name, sizeof(name), "a;b%04u", i);
            assert_true(folded_add(&f, name));
        }
    }
    assert_int_equal(f.used, STACKS);
    FILE *out = open_memstream(&text, &size);
    assert_true(folded_write(&f, out));
    fclose(out);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        snprintf(name, sizeof(name), "a;b%04u 3", lines++);
        assert_string_equal(line, name);
    }
    assert_int_equal(lines, STACKS);
    free(text);
    folded_free(&f);
}

static void a_full_disk_is_told(void **state)
{
    struct folded f = {0};
    FILE *out = fopen("/dev/full", "w");
    (void)state;
    if (!out)
        skip();
    assert_true(folded_add(&f, "a"));
    assert_false(folded_write(&f, out));
    fclose(out);
    folded_free(&f);
}

static void frames_are_joined_and_cleaned(void **state)
{
    struct folding g;
    (void)state;
    folding_begin(&g);
    assert_string_equal(g.text, "");
    assert_true(folding_add(&g, "problem"));
    assert_true(folding_add(&g, "operator;\n"));
    assert_true(folding_add(&g, "lpid 1 pid 2"));
    assert_string_equal(g.text, "problem;operator::;lpid 1 pid 2");
    folding_begin(&g);
    assert_string_equal(g.text, "");
}

/* A frame that does not fit is left out whole; the text is never longer than its room. */
static void a_deep_stack_is_cut_between_frames(void **state)
{
    struct folding g;
    size_t fitted = 0;
    (void)state;
    folding_begin(&g);
    while (folding_add(&g, "0123456"))
        fitted++;
    assert_int_equal(fitted, sizeof(g.text) / 8);
    assert_int_equal(strlen(g.text), 8 * fitted - 1);
    assert_string_equal(g.text + strlen(g.text) - 7, "0123456");
    assert_false(folding_add(&g, "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_stacks_are_one_line),
        cmocka_unit_test(many_stacks_are_kept),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(frames_are_joined_and_cleaned),
        cmocka_unit_test(a_deep_stack_is_cut_between_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
