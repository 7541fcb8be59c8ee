/* SPDX-License-Identifier: Apache-2.0 */
/* Which pages of a machine's memory hold anything. src/snapshot/touched.c */
#ifndef PEFEMU_SNAPSHOT_TOUCHED_H
#define PEFEMU_SNAPSHOT_TOUCHED_H

#include "pefemu/memory.h"

#define SNAP_PAGE 4096u

/* Calls @fn for every page that the host has given memory to, normal memory first, in order of
 * address; the others are zero. @fn returns false to end it. Returns false if it did. */
typedef bool touched_fn(void *opaque, ra_t ra, uint8_t *page);
bool touched_pages(const struct memory *mem, touched_fn *fn, void *opaque);

bool page_is_zero(const uint8_t *page);

#endif
