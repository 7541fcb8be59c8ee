/* SPDX-License-Identifier: Apache-2.0 */
/* 64 KiB of non-volatile memory behind RTAS nvram-fetch and nvram-store. Survives a reboot of the
 * guest, not the emulator. */
#ifndef PEFEMU_DEV_NVRAM_H
#define PEFEMU_DEV_NVRAM_H

#include "pefemu/snap.h"
#include "pefemu/types.h"

#define NVRAM_SIZE 65536u

struct nvram {
    uint8_t data[NVRAM_SIZE];
};

/* Formats it: an empty system partition, the rest free. */
void nvram_init(struct nvram *nv);
/* Both return the host address of [offset, offset+len), or NULL when that is outside. */
uint8_t *nvram_range(struct nvram *nv, uint64_t offset, uint64_t len);
void nvram_snap(struct snap *s, struct nvram *nv);

#endif
