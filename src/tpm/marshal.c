// SPDX-License-Identifier: Apache-2.0
/* Writing and reading TPM packets, field by field. */
#include "tpm/marshal.h"

void tw_init(struct tpm_writer *w, void *buf, size_t cap)
{
    *w = (struct tpm_writer){buf, 0, cap, false};
}

static uint8_t *room(struct tpm_writer *w, size_t len)
{
    if (w->bad || len > w->cap - w->len) {
        w->bad = true;
        return NULL;
    }
    uint8_t *at = w->buf + w->len;
    w->len += len;
    return at;
}

void tw_u8(struct tpm_writer *w, uint8_t v)
{
    uint8_t *at = room(w, 1);
    if (at)
        *at = v;
}

void tw_u16(struct tpm_writer *w, uint16_t v)
{
    uint8_t *at = room(w, 2);
    if (at)
        put_be16(at, v);
}

void tw_u32(struct tpm_writer *w, uint32_t v)
{
    uint8_t *at = room(w, 4);
    if (at)
        put_be32(at, v);
}

void tw_bytes(struct tpm_writer *w, const void *p, size_t len)
{
    uint8_t *at = room(w, len);
    if (at && len)
        memcpy(at, p, len);
}

void tw_2b(struct tpm_writer *w, const void *p, size_t len)
{
    if (len > UINT16_MAX)
        w->bad = true;
    tw_u16(w, (uint16_t)len);
    tw_bytes(w, p, len);
}

size_t tw_begin_2b(struct tpm_writer *w)
{
    tw_u16(w, 0);
    return w->len;
}

void tw_end_2b(struct tpm_writer *w, size_t mark)
{
    if (!w->bad)
        put_be16(w->buf + mark - 2, (uint16_t)(w->len - mark));
}

void tr_init(struct tpm_reader *r, const void *p, size_t len)
{
    *r = (struct tpm_reader){p, len, false};
}

const uint8_t *tr_bytes(struct tpm_reader *r, size_t len)
{
    if (r->bad || len > r->left) {
        r->bad = true;
        r->left = 0;
        return NULL;
    }
    const uint8_t *at = r->p;
    r->p += len;
    r->left -= len;
    return at;
}

uint8_t tr_u8(struct tpm_reader *r)
{
    const uint8_t *at = tr_bytes(r, 1);
    return at ? *at : 0;
}

uint16_t tr_u16(struct tpm_reader *r)
{
    const uint8_t *at = tr_bytes(r, 2);
    return at ? get_be16(at) : 0;
}

uint32_t tr_u32(struct tpm_reader *r)
{
    const uint8_t *at = tr_bytes(r, 4);
    return at ? get_be32(at) : 0;
}

struct tpm_reader tr_2b(struct tpm_reader *r, size_t max)
{
    struct tpm_reader content = {r->p, 0, false};
    size_t len = tr_u16(r);
    if (len > max) {
        r->bad = true;
        r->left = 0;
    }
    const uint8_t *at = tr_bytes(r, len);
    if (at)
        tr_init(&content, at, len);
    return content;
}

bool tr_fixed_2b(struct tpm_reader *r, void *out, size_t len)
{
    struct tpm_reader content = tr_2b(r, len);
    if (content.left != len)
        r->bad = true;
    if (r->bad)
        return false;
    memcpy(out, content.p, len);
    return true;
}

bool tr_done(const struct tpm_reader *r)
{
    return !r->bad && !r->left;
}
