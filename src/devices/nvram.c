/* SPDX-License-Identifier: Apache-2.0 */
#include "nvram.h"

/*
 * Partition header of a CHRP NVRAM, 16 bytes:
 *   0 signature, 1 checksum, 2..3 length in 16-byte blocks (big endian, header included),
 *   4..15 name
 */
#define SIG_SYSTEM  0x70
#define SIG_FREE    0x7f
#define SYSTEM_SIZE 4096u

/* Sum of all header bytes but the checksum itself, carries added back in. */
static uint8_t header_checksum(const uint8_t *h)
{
    unsigned sum = h[0];
    for (unsigned i = 2; i < 16; i++) {
        sum += h[i];
        sum = (sum & 0xff) + (sum >> 8);
    }
    return sum;
}

static void add_partition(struct nvram *nv, unsigned offset, unsigned len, uint8_t signature,
                          const char name[12])
{
    uint8_t *h = nv->data + offset;
    h[0] = signature;
    put_be16(h + 2, len / 16);
    memcpy(h + 4, name, 12);
    h[1] = header_checksum(h);
}

void nvram_init(struct nvram *nv)
{
    memset(nv->data, 0, sizeof(nv->data));
    add_partition(nv, 0, SYSTEM_SIZE, SIG_SYSTEM, "common\0\0\0\0\0");
    add_partition(nv, SYSTEM_SIZE, NVRAM_SIZE - SYSTEM_SIZE, SIG_FREE,
                  "\x77\x77\x77\x77\x77\x77\x77\x77\x77\x77\x77\x77");
}

uint8_t *nvram_range(struct nvram *nv, uint64_t offset, uint64_t len)
{
    return offset <= NVRAM_SIZE && len <= NVRAM_SIZE - offset ? nv->data + offset : NULL;
}

void nvram_snap(struct snap *s, struct nvram *nv)
{
    snap_begin(s, "nvram", 1);
    snap_bytes(s, nv->data, sizeof(nv->data));
    snap_end(s);
}
