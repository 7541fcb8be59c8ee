/* SPDX-License-Identifier: Apache-2.0 */
/* The visitor that saves and loads (snap.h): a growing buffer, or one that is read. */
#include "pefemu/snap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "pefemu/crypto.h"

/* Name, version, length. */
#define NAME_LEN 16u

void snap_save_begin(struct snap *s)
{
    *s = (struct snap){.loading = false, .find = SIZE_MAX};
}

void snap_load_begin(struct snap *s, const void *buf, size_t len)
{
    *s = (struct snap){.loading = true, .buf = (uint8_t *)buf, .len = len};
}

bool snap_load_end(struct snap *s)
{
    if (!s->failed && s->at != s->len)
        snap_fail(s, "%zu bytes too many", s->len - s->at);
    return !s->failed;
}

void snap_free(struct snap *s)
{
    if (!s->loading && s->buf) {
        crypto_wipe(s->buf, s->len);
        free(s->buf);
    }
    s->buf = NULL;
}

void snap_fail(struct snap *s, const char *fmt, ...)
{
    va_list ap;
    if (s->failed)
        return;
    s->failed = true;
    va_start(ap, fmt);
    vsnprintf(s->why, sizeof(s->why), fmt, ap);
    va_end(ap);
}

/* ---- bytes ---- */

static bool grow(struct snap *s, size_t len)
{
    size_t cap = s->cap ? s->cap : 65536;
    while (cap - s->len < len)
        cap *= 2;
    uint8_t *p = cap == s->cap ? s->buf : malloc(cap);
    if (!p) {
        snap_fail(s, "the host has not enough memory");
        return false;
    }
    if (p != s->buf && s->buf) { /* no realloc: what it leaves behind may be secret */
        memcpy(p, s->buf, s->len);
        crypto_wipe(s->buf, s->len);
        free(s->buf);
    }
    s->buf = p;
    s->cap = cap;
    return true;
}

/* The byte that is looked for is saved next: says what it is. */
static void found(struct snap *s)
{
    const char *section = s->depth ? s->section[s->depth - 1].name : "state";
    if (s->field)
        snprintf(s->found, sizeof(s->found), "%s: %s, byte %zu", section, s->field,
                 s->find - s->field_at);
    else
        snprintf(s->found, sizeof(s->found), "%s: byte %zu of the state", section, s->find);
}

static void save(struct snap *s, const void *p, size_t len)
{
    if (!p || !len || !grow(s, len))
        return;
    if (s->find - s->len < len)
        found(s);
    memcpy(s->buf + s->len, p, len);
    s->len += len;
}

/* Where the innermost section ends. */
static size_t end_of(const struct snap *s)
{
    return s->depth ? s->section[s->depth - 1].at : s->len;
}

static void load(struct snap *s, void *p, size_t len)
{
    if (len > end_of(s) - s->at)
        snap_fail(s, "section %s is too short", s->depth ? s->section[s->depth - 1].name : "?");
    if (s->failed) {
        memset(p, 0, len);
        return;
    }
    memcpy(p, s->buf + s->at, len);
    s->at += len;
}

void snap_bytes(struct snap *s, void *p, size_t len)
{
    if (s->loading)
        load(s, p, len);
    else if (!s->failed)
        save(s, p, len);
}

/* ---- numbers ---- */

#define SNAP_NUMBER(name, type, bits)                                                              \
    void snap_##name(struct snap *s, type *v)                                                      \
    {                                                                                              \
        uint##bits##_t le = le##bits((uint##bits##_t) * v);                                        \
        snap_bytes(s, &le, sizeof(le));                                                            \
        if (s->loading)                                                                            \
            *v = (type)le##bits(le);                                                               \
    }
SNAP_NUMBER(u16, uint16_t, 16)
SNAP_NUMBER(u32, uint32_t, 32)
SNAP_NUMBER(u64, uint64_t, 64)
SNAP_NUMBER(i32, int32_t, 32)
SNAP_NUMBER(i64, int64_t, 64)

void snap_u8(struct snap *s, uint8_t *v)
{
    snap_bytes(s, v, 1);
}

void snap_bool(struct snap *s, bool *v)
{
    uint8_t byte = *v;
    snap_bytes(s, &byte, 1);
    if (!s->loading)
        return;
    if (byte > 1)
        snap_fail(s, "a truth value is %u", byte);
    *v = byte == 1;
}

void snap_u128(struct snap *s, u128 *v)
{
    uint64_t low = (uint64_t)*v, high = (uint64_t)(*v >> 64);
    snap_u64(s, &low);
    snap_u64(s, &high);
    *v = (u128)high << 64 | low;
}

void snap_limit(struct snap *s, uint32_t *v, uint32_t max)
{
    snap_u32(s, v);
    if (!s->loading || *v <= max)
        return;
    snap_fail(s, "section %s: a number is %u, at most %u is possible",
              s->depth ? s->section[s->depth - 1].name : "?", *v, max);
    *v = 0;
}

void snap_same(struct snap *s, uint64_t here, const char *what)
{
    uint64_t there = here;
    snap_u64(s, &there);
    if (there != here)
        snap_fail(s, "it is of a machine with %s %llu, this one has %llu", what,
                  (unsigned long long)there, (unsigned long long)here);
}

bool snap_more(struct snap *s, bool more)
{
    snap_bool(s, &more);
    return more && !s->failed;
}

void snap_buffer(struct snap *s, uint8_t **p, size_t *len, size_t max)
{
    uint64_t size = *len;
    if (!snap_more(s, *p != NULL)) {
        if (s->loading) {
            free(*p);
            *p = NULL;
            *len = 0;
        }
        return;
    }
    snap_u64(s, &size);
    if (s->loading) {
        bool fits = size <= max && size <= end_of(s) - s->at;
        if (!fits)
            snap_fail(s, "a buffer of %llu bytes is too long", (unsigned long long)size);
        free(*p);
        *len = fits ? size : 0;
        *p = fits ? malloc(size ? size : 1) : NULL;
        if (!*p) {
            *len = 0;
            snap_fail(s, "the host has not enough memory");
            return;
        }
    }
    snap_bytes(s, *p, *len);
}

/* ---- sections ---- */

void snap_begin(struct snap *s, const char *name, unsigned version)
{
    char text[NAME_LEN + 1] = {0};
    uint32_t number = version;
    uint64_t len = 0;
    if (s->depth == SNAP_DEPTH) {
        snap_fail(s, "sections are too deep");
        return;
    }
    memcpy(text, name, strnlen(name, NAME_LEN));
    snap_bytes(s, text, NAME_LEN);
    snap_u32(s, &number);
    size_t here = s->len;
    snap_u64(s, &len);
    if (s->loading && !s->failed) {
        if (strncmp(text, name, NAME_LEN))
            snap_fail(s, "section %s is missing: it is of another machine", name);
        else if (number != version)
            snap_fail(s, "section %s has version %u, this pefemu knows %u", name, number, version);
        else if (len > end_of(s) - s->at)
            snap_fail(s, "section %s is longer than the file", name);
        here = s->at + (s->failed ? 0 : len);
    }
    s->section[s->depth].name = name;
    s->field = NULL;
    s->section[s->depth++].at = s->failed && s->loading ? s->at : here;
}

void snap_end(struct snap *s)
{
    if (!s->depth)
        return;
    size_t at = s->section[--s->depth].at;
    s->field = NULL;
    if (s->failed)
        return;
    if (s->loading && s->at != at)
        snap_fail(s, "section %s is longer than expected", s->section[s->depth].name);
    if (!s->loading)
        put_le64(s->buf + at, s->len - at - 8);
}
