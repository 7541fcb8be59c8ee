/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the host, plain or packed, as bytes in memory. src/unpack.c */
#ifndef PEFEMU_UNPACK_H
#define PEFEMU_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *p; /* owned, malloc */
    size_t len;
};

/* What a bytes_* function says when it fails: "why; what to do". */
typedef const char *problem_t; /* NULL: fine */

/* Reads a regular file (or a pipe) of at most @max bytes. */
problem_t bytes_read_file(struct bytes *b, const char *path, size_t max);
/* Replaces gzip or zstd data by what they hold (at most @max bytes); other data stay. */
problem_t bytes_unpack(struct bytes *b, size_t max);
void bytes_free(struct bytes *b);

#endif
