/* SPDX-License-Identifier: Apache-2.0 */
/* The test bed of bed_core.h for cmocka: how a test fails. One include per test program. */
#ifndef PEFEMU_TESTS_UV_BED_H
#define PEFEMU_TESTS_UV_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define BED_FAIL(...) fail_msg(__VA_ARGS__)
#include "bed_core.h"

/* A test on a bed of its own. */
#define BED_TEST(name)                                                                             \
    static void name##_on(struct bed *b);                                                          \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        struct bed *b = bed_create();                                                              \
        name##_on(b);                                                                              \
        bed_destroy(b);                                                                            \
    }                                                                                              \
    static void name##_on(struct bed *b)

/* Every other caller gets U_PERMISSION, and nothing changes. */
static inline void bed_refuses(struct bed *b, uint64_t number, const enum bed_from *from,
                               unsigned n, const uint64_t *args, unsigned nargs)
{
    for (unsigned i = 0; i < n; i++) {
        bed_callv(b, from[i], number, nargs, args); /* R4.. are in place from here on */
        uint64_t before = bed_hash(b);
        assert_int_equal(bed_callv(b, from[i], number, nargs, args), U_PERMISSION);
        assert_true(before == bed_hash(b));
    }
}
#define bed_refuses_from(b, number, froms, ...)                                                    \
    bed_refuses(b, number, froms, ARRAY_SIZE(froms), (uint64_t[]){0, ##__VA_ARGS__} + 1,           \
                ARRAY_SIZE(((uint64_t[]){0, ##__VA_ARGS__})) - 1)

#endif
