/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel images: ELF, raw, gzip, zstd. The first byte says whether the rest is packed first: no
 * mutation of packed data would get past its checksums. */
#include "fuzz.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "pefemu/loader.h"

static size_t pack_gzip(const uint8_t *p, size_t len, uint8_t **out)
{
    z_stream z = {0};
    if (deflateInit2(&z, 1, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    size_t room = deflateBound(&z, len);
    *out = malloc(room);
    z.next_in = (uint8_t *)p;
    z.avail_in = (uInt)len;
    z.next_out = *out;
    z.avail_out = (uInt)room;
    if (!*out || deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    deflateEnd(&z);
    return z.total_out;
}

static size_t pack_zstd(const uint8_t *p, size_t len, uint8_t **out)
{
    size_t room = ZSTD_compressBound(len);
    *out = malloc(room);
    size_t n = *out ? ZSTD_compress(*out, room, p, len, 1) : 0;
    if (ZSTD_isError(n))
        abort();
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m;
    struct input in = {data, size};
    unsigned how = input_u8(&in);
    ra_t limit = (how & 4 ? 5 : 6) * MiB - (how & 8 ? 1 : 0);
    struct loaded_kernel k;
    uint8_t *packed = NULL;
    size_t len = in.left;

    if (!m)
        m = fuzz_bare_machine(FUZZ_RAM);
    if ((how & 3) == 1)
        len = pack_gzip(in.p, in.left, &packed);
    else if ((how & 3) == 2)
        len = pack_zstd(in.p, in.left, &packed);
    if (limit < FUZZ_RAM)
        m->mem.ram[limit] = 0x5a;
    if (load_kernel(m, fuzz_file(packed ? packed : in.p, len), GRA_KERNEL, limit, &k)) {
        FUZZ_CHECK(k.base < k.end && k.end <= limit);
        FUZZ_CHECK(k.entry >= k.base && k.entry < k.end);
    }
    FUZZ_CHECK(limit == FUZZ_RAM || m->mem.ram[limit] == 0x5a);
    free(packed);
    return 0;
}
