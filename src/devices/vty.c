/* SPDX-License-Identifier: Apache-2.0 */
#include "vty.h"

void vty_init(struct vty *v, struct outside *o, void (*pulse)(void *), void *opaque)
{
    *v = (struct vty){.outside = o, .pulse = pulse, .opaque = opaque};
}

void vty_reset(struct vty *v)
{
    v->count = 0;
}

static bool vty_fill(struct vty *v)
{
    if (v->count == VTY_BUF || !outside_can_read(v->outside))
        return false;
    size_t n = outside_read(v->outside, v->buf + v->count, VTY_BUF - v->count);
    v->count += n;
    return n > 0;
}

void vty_poll(struct vty *v)
{
    bool was_empty = v->count == 0;
    if (vty_fill(v) && was_empty)
        v->pulse(v->opaque);
}

unsigned vty_get(struct vty *v, uint64_t chars[2])
{
    uint8_t out[VTY_CALL] = {0};
    if (v->count < VTY_CALL)
        vty_fill(v); /* the guest is reading: no interrupt needed */
    unsigned n = v->count < VTY_CALL ? v->count : VTY_CALL;
    memcpy(out, v->buf, n);
    v->count -= n;
    memmove(v->buf, v->buf + n, v->count);
    chars[0] = get_be64(out);
    chars[1] = get_be64(out + 8);
    return n;
}

void vty_put(struct vty *v, unsigned len, const uint64_t chars[2])
{
    uint8_t out[VTY_CALL];
    put_be64(out, chars[0]);
    put_be64(out + 8, chars[1]);
    outside_write(v->outside, out, len < VTY_CALL ? len : VTY_CALL);
}

void vty_snap(struct snap *s, struct vty *v)
{
    snap_begin(s, "vty", 1);
    snap_limit(s, &v->count, VTY_BUF);
    snap_bytes(s, v->buf, sizeof(v->buf));
    snap_end(s);
}
