/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How state is written down and read back: a visitor. Each part of the machine has one function
 * that names its state once; the same function saves and loads, so that nothing can be saved and
 * forgotten on the way back.
 *
 *   void vty_snap(struct snap *s, struct vty *v)
 *   {
 *       snap_begin(s, "vty", 1);
 *       snap_limit(s, &v->count, VTY_BUF);
 *       snap_bytes(s, v->buf, sizeof(v->buf));
 *       snap_end(s);
 *   }
 *
 * Numbers are little endian in the file, whatever the host. After the first failure everything is
 * a no-op that loads zeros: look at s->failed at the end, and before a number sizes or indexes
 * something.
 */
#ifndef PEFEMU_SNAP_H
#define PEFEMU_SNAP_H

#include "pefemu/types.h"

#define SNAP_WHY_MAX 200u
#define SNAP_DEPTH   4u /* sections in sections */

struct snap {
    bool loading, failed;
    bool compared; /* saving, only to be compared: what the host measured is left out */
    bool secrets;  /* saving: somebody has written secrets down */
    uint8_t *buf;  /* saving: owned; loading: borrowed */
    size_t len;    /* bytes written, or there */
    size_t cap;    /* saving */
    size_t at;     /* loading: bytes read */
    struct {
        const char *name;
        size_t at; /* saving: where the length goes; loading: where the section ends */
    } section[SNAP_DEPTH];
    unsigned depth;
    char why[SNAP_WHY_MAX]; /* of the first failure: one line */
    /* Which state byte @find of the buffer is, when saving; snap_find() */
    size_t find, field_at;
    const char *field; /* that is being saved; NULL: it has no name */
    char found[SNAP_WHY_MAX];
};

void snap_save_begin(struct snap *s);
void snap_load_begin(struct snap *s, const void *buf, size_t len);
/* Loading: all must have been read. Returns !failed. */
bool snap_load_end(struct snap *s);
/* Saving: wipes and frees what was written. */
void snap_free(struct snap *s);
void snap_fail(struct snap *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What comes next is @name. Only for people: snap_find(). */
static inline void snap_field(struct snap *s, const char *name)
{
    s->field = name;
    s->field_at = s->len;
}

/* A section: a name, a version, a length. Loading fails when one of them is not what is expected:
 * the file is of another version of pefemu, or of another machine. */
void snap_begin(struct snap *s, const char *name, unsigned version);
void snap_end(struct snap *s);

void snap_bytes(struct snap *s, void *p, size_t len);
void snap_bool(struct snap *s, bool *v);
void snap_u8(struct snap *s, uint8_t *v);
void snap_u16(struct snap *s, uint16_t *v);
void snap_u32(struct snap *s, uint32_t *v);
void snap_u64(struct snap *s, uint64_t *v);
void snap_i32(struct snap *s, int32_t *v);
void snap_i64(struct snap *s, int64_t *v);
void snap_u128(struct snap *s, u128 *v);

/* A number that is no more than @max: loading anything above fails. For what indexes something, and
 * for enums (through snap_enum). */
void snap_limit(struct snap *s, uint32_t *v, uint32_t max);
#define snap_enum(s, v, max)                                                                       \
    do {                                                                                           \
        uint32_t number_ = (uint32_t) * (v);                                                       \
        snap_limit((s), &number_, (max));                                                          \
        *(v) = (__typeof__(*(v)))number_;                                                          \
    } while (0)

/* A value that must be the same in file and machine: the text says what it is and what to do. */
void snap_same(struct snap *s, uint64_t here, const char *what);

/* An owned buffer of at most @max bytes; NULL is kept apart from an empty one. Loading frees the
 * old one. */
void snap_buffer(struct snap *s, uint8_t **p, size_t *len, size_t max);

/* A list: saving, @more says whether there is another element; loading, the file does. */
bool snap_more(struct snap *s, bool more);

/* Any of the scalar types above, and arrays of them. */
#define snap(s, v)                                                                                 \
    _Generic((v),                                                                                  \
        bool *: snap_bool,                                                                         \
        uint8_t *: snap_u8,                                                                        \
        uint16_t *: snap_u16,                                                                      \
        uint32_t *: snap_u32,                                                                      \
        uint64_t *: snap_u64,                                                                      \
        int32_t *: snap_i32,                                                                       \
        int64_t *: snap_i64,                                                                       \
        u128 *: snap_u128)((s), (v))
#define snap_array(s, a)                                                                           \
    do {                                                                                           \
        for (size_t n_ = 0; n_ < ARRAY_SIZE(a); n_++)                                              \
            snap((s), &(a)[n_]);                                                                   \
    } while (0)

#endif
