/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory is address space that the host fills when it is touched, so most of it may never have
 * been. /proc/self/pagemap tells (Linux, Documentation/admin-guide/mm/pagemap.rst): a doubleword a
 * page, bit 63: present, 62: swapped. Where it can not be read every page counts.
 */
#include "touched.h"

#include <fcntl.h>
#include <unistd.h>

#define THERE (3ULL << 62)
#define BATCH 512u /* pages asked about at a time */

bool page_is_zero(const uint8_t *page)
{
    const uint64_t *d = (const uint64_t *)page;
    uint64_t any = 0;
    for (unsigned i = 0; i < SNAP_PAGE / 8 && !any; i += 8)
        any = d[i] | d[i + 1] | d[i + 2] | d[i + 3] | d[i + 4] | d[i + 5] | d[i + 6] | d[i + 7];
    return !any;
}

/* What the host says about @n pages from @p on; all there if it does not. */
static void ask(int pagemap, const uint8_t *p, uint64_t entry[BATCH], unsigned n)
{
    size_t len = n * sizeof(entry[0]);
    off_t at = (off_t)((uintptr_t)p / SNAP_PAGE * sizeof(entry[0]));
    if (pagemap < 0 || pread(pagemap, entry, len, at) != (ssize_t)len)
        memset(entry, 0xff, len);
}

static bool touched_in(int pagemap, uint8_t *p, ra_t base, uint64_t size, touched_fn *fn,
                       void *opaque)
{
    uint64_t entry[BATCH];
    for (uint64_t at = 0; at < size; at += BATCH * SNAP_PAGE) {
        uint64_t left = (size - at) / SNAP_PAGE;
        unsigned n = left < BATCH ? (unsigned)left : BATCH;
        ask(pagemap, p + at, entry, n);
        for (unsigned i = 0; i < n; i++)
            if (entry[i] & THERE &&
                !fn(opaque, base + at + i * SNAP_PAGE, p + at + (size_t)i * SNAP_PAGE))
                return false;
    }
    return true;
}

bool touched_pages(const struct memory *mem, touched_fn *fn, void *opaque)
{
    int pagemap =
        sysconf(_SC_PAGESIZE) == SNAP_PAGE ? open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC) : -1;
    bool all = (!mem->ram || touched_in(pagemap, mem->ram, 0, mem->ram_size, fn, opaque)) &&
               (!mem->secure ||
                touched_in(pagemap, mem->secure, SECURE_RA_BIT, mem->secure_size, fn, opaque));
    if (pagemap >= 0)
        close(pagemap);
    return all;
}
