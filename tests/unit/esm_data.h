/* SPDX-License-Identifier: Apache-2.0 */
/* Golden data of the ESM tests: tests/data/esm/README says where they come from. */
#ifndef PEFEMU_TEST_ESM_DATA_H
#define PEFEMU_TEST_ESM_DATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pefemu/esmbuild.h"

#define DATA "tests/data/esm/" /* tests run in the top folder */

static inline char *data_text(const char *name, size_t *len)
{
    char path[200];
    snprintf(path, sizeof(path), DATA "%s", name);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s: not found; run the tests in the project's top folder", path);
    char *text = calloc(1, 65536);
    *len = fread(text, 1, 65535, f);
    fclose(f);
    return text;
}

static inline size_t from_hex(const char *hex, uint8_t *out, size_t room)
{
    size_t n = 0;
    for (; *hex; hex++) {
        unsigned v;
        if (*hex == '\n' || *hex == '-')
            continue;
        assert_int_equal(sscanf(hex++, "%2x", &v), 1);
        assert_true(n < room);
        out[n++] = (uint8_t)v;
    }
    return n;
}

/* The golden blob's bytes; free() them. */
static inline uint8_t *data_blob(size_t *len)
{
    size_t n;
    char *hex = data_text("blob.hex", &n);
    uint8_t *bytes = malloc(n / 2);
    *len = from_hex(hex, bytes, n / 2);
    free(hex);
    return bytes;
}

static inline uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* Less than @n; 0 of nothing. */
static inline size_t random_below(uint64_t *s, size_t n)
{
    return n ? next_random(s) % n : 0;
}

#endif
