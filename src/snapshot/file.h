/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshot files as bytes, for tests and fuzzers. src/snapshot/file.c */
#ifndef PEFEMU_SNAPSHOT_FILE_H
#define PEFEMU_SNAPSHOT_FILE_H

#include "pefemu/machine.h"
#include "pefemu/snap.h"

struct snapshot_bytes {
    const uint8_t *p;
    size_t len;
    bool unchecked; /* fuzzers: whatever the checksum says */
};

/* As snapshot_load(), at once. */
bool snapshot_load_bytes(struct machine *m, const struct snapshot_bytes *b, char *why, size_t size);

/* The state alone, without memory: all of it, or nothing has changed. */
bool snapshot_load_state(struct machine *m, const uint8_t *state, size_t len, char *why,
                         size_t size);

/* machine_snap() and the TPM. */
void snapshot_state(struct snap *s, struct machine *m);

#endif
