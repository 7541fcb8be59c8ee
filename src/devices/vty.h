/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual terminal (compatible "hvterm1") behind H_PUT_TERM_CHAR and H_GET_TERM_CHAR. */
#ifndef PEFEMU_DEV_VTY_H
#define PEFEMU_DEV_VTY_H

#include "pefemu/outside.h"
#include "pefemu/types.h"

#define VTY_BUF  64u
#define VTY_CALL 16u /* bytes per hypercall */

struct vty {
    struct outside *outside;     /* borrowed; NULL: output dropped, never any input */
    void (*pulse)(void *opaque); /* edge interrupt: the buffer is no longer empty */
    void *opaque;
    unsigned count;
    uint8_t buf[VTY_BUF];
};

void vty_init(struct vty *v, struct outside *o, void (*pulse)(void *), void *opaque);
void vty_reset(struct vty *v);
/* Takes what has arrived into the buffer; pulses the interrupt when it was empty before. */
void vty_poll(struct vty *v);
/* Up to VTY_CALL bytes as two big-endian registers (first byte: most significant of chars[0]). */
unsigned vty_get(struct vty *v, uint64_t chars[2]);
void vty_put(struct vty *v, unsigned len, const uint64_t chars[2]);
void vty_snap(struct snap *s, struct vty *v);

#endif
