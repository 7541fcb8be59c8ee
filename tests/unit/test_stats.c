/* SPDX-License-Identifier: Apache-2.0 */
/* -stats-on: which console lines are markers, and what is printed; instructions in problem state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../src/stats.c"

static struct cpu thread;
static struct machine machine;

/* What the console @text makes the marker "LAB-" print. The caller frees it. */
static char *printed(const char *text, size_t piece)
{
    struct stats_marker marker = {.m = &machine, .text = "LAB-"};
    char *out = NULL;
    size_t size, len = strlen(text);
    FILE *terminal = stderr;

    stderr = open_memstream(&out, &size);
    for (size_t at = 0; at < len; at += piece)
        stats_watch(&marker, text + at, len - at < piece ? len - at : piece);
    fclose(stderr);
    stderr = terminal;
    return out;
}

static void assert_markers(const char *text, unsigned count, const char *has)
{
    for (size_t piece = 1; piece < 20; piece += 6) {
        char *out = printed(text, piece);
        unsigned n = 0;
        for (const char *p = out; (p = strstr(p, "{\"marker\":")); p++)
            n++;
        assert_int_equal(n, count);
        if (has)
            assert_non_null(strstr(out, has));
        free(out);
    }
}

static void marker_begins_a_line(void **state)
{
    (void)state;
    assert_markers("LAB-BEGIN a\r\n", 1, "{\"marker\":\"LAB-BEGIN a\",\"instructions\":");
    assert_markers("quiet\r\nx LAB-BEGIN\nLAB\n LAB-\n", 0, NULL);
    assert_markers("LAB-1\nLAB-2\n\nLAB-3", 2, "\"LAB-2\"");
}

static void marker_is_valid_json_whatever_the_guest_writes(void **state)
{
    (void)state;
    assert_markers("LAB-\"\\\001\377\n", 1, "\"LAB-\\\"\\\\\\u0001\\u00ff\",");
}

static void marker_of_a_long_line_is_cut_off(void **state)
{
    char text[1000] = "LAB-";

    (void)state;
    memset(text + 4, 'x', sizeof(text) - 4);
    strcpy(text + sizeof(text) - 2, "\n");
    assert_markers(text, 1, "xxx\",\"instructions\"");
}

static void assert_states(uint64_t problem, uint64_t privileged, uint64_t hypervisor,
                          uint64_t svm_problem, uint64_t ultravisor)
{
    assert_int_equal(cpu_state_insns(&thread, ST_PROBLEM), problem);
    assert_int_equal(cpu_state_insns(&thread, ST_PRIVILEGED), privileged);
    assert_int_equal(cpu_state_insns(&thread, ST_HYPERVISOR), hypervisor);
    assert_int_equal(cpu_state_insns(&thread, ST_PROBLEM + 4), svm_problem);
    assert_int_equal(cpu_state_insns(&thread, ST_ULTRAVISOR + 4), ultravisor);
}

static void states_count_what_is_retired_in_them(void **state)
{
    (void)state;
    thread = (struct cpu){.machine = &machine, .msr = MSR_SF, .tlb = thread.tlb};
    thread.insn_retired += 7;
    cpu_set_msr(&thread, MSR_SF | MSR_PR);
    thread.insn_retired += 5;
    cpu_set_msr(&thread, MSR_SF | MSR_PR | MSR_EE); /* still there */
    thread.insn_retired += 3;
    assert_states(8, 7, 0, 0, 0);
    cpu_set_msr(&thread, MSR_SF | MSR_HV);
    thread.insn_retired += 11;
    cpu_set_msr(&thread, MSR_SF | MSR_S | MSR_HV);
    thread.insn_retired += 2;
    cpu_set_msr(&thread, MSR_SF | MSR_S | MSR_PR);
    thread.insn_retired += 1;
    assert_states(8, 7, 11, 1, 2);
    thread.insn_retired += 100;
    cpu_reset(&thread);
    assert_states(8, 7, 11, 101, 2);
    thread.insn_retired += 4;
    assert_states(8, 7, 15, 101, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marker_begins_a_line),
        cmocka_unit_test(marker_is_valid_json_whatever_the_guest_writes),
        cmocka_unit_test(marker_of_a_long_line_is_cut_off),
        cmocka_unit_test(states_count_what_is_retired_in_them),
    };
    machine.cpus = &thread;
    machine.ncpus = 1;
    machine.engine = &engine_ref;
    thread.machine = &machine;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
