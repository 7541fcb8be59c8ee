/* SPDX-License-Identifier: Apache-2.0 */
/* Where gdb's server listens: what -gdb says, and a socket for it. */
#ifndef PEFEMU_GDB_LISTEN_H
#define PEFEMU_GDB_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

enum gdb_endian { GDB_ENDIAN_GUEST, GDB_ENDIAN_LITTLE, GDB_ENDIAN_BIG };

struct gdb_spec {
    bool is_unix;
    char host[64]; /* TCP: an address or a name; "": this host only */
    unsigned port; /* TCP: 0: any free one */
    char path[108];
    enum gdb_endian endian;
};
/* False: @why is a sentence. */
bool gdb_spec_parse(const char *text, struct gdb_spec *spec, const char **why);

/**
 * gdb_listen - a listening socket; does not block, nor do connections that are accepted
 * @where: what gdb's "target remote" takes to get there
 * -1: errno or, when @why is set, a sentence.
 */
int gdb_listen(const struct gdb_spec *spec, char *where, size_t size, const char **why);

#endif
