/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Big-endian fields in a buffer of known size. Neither writer nor reader ever passes an end: the
 * first field that does not fit marks the whole packet bad, so that callers check once.
 */
#ifndef PEFEMU_TPM_MARSHAL_H
#define PEFEMU_TPM_MARSHAL_H

#include "pefemu/types.h"

struct tpm_writer {
    uint8_t *buf;
    size_t len, cap;
    bool bad;
};
void tw_init(struct tpm_writer *w, void *buf, size_t cap);
void tw_u8(struct tpm_writer *w, uint8_t v);
void tw_u16(struct tpm_writer *w, uint16_t v);
void tw_u32(struct tpm_writer *w, uint32_t v);
void tw_bytes(struct tpm_writer *w, const void *p, size_t len);
/* A TPM2B: 16-bit length, then the bytes. */
void tw_2b(struct tpm_writer *w, const void *p, size_t len);
/* A TPM2B whose content is written next; tw_end_2b() fills in the length. */
size_t tw_begin_2b(struct tpm_writer *w);
void tw_end_2b(struct tpm_writer *w, size_t mark);

struct tpm_reader {
    const uint8_t *p;
    size_t left;
    bool bad;
};
void tr_init(struct tpm_reader *r, const void *p, size_t len);
uint8_t tr_u8(struct tpm_reader *r);
uint16_t tr_u16(struct tpm_reader *r);
uint32_t tr_u32(struct tpm_reader *r);
/* The next @len bytes in place; NULL when there are fewer. */
const uint8_t *tr_bytes(struct tpm_reader *r, size_t len);
/* A TPM2B of at most @max bytes, as a reader of its content (empty when bad). */
struct tpm_reader tr_2b(struct tpm_reader *r, size_t max);
/* A TPM2B of exactly @len bytes; false when it is not. */
bool tr_fixed_2b(struct tpm_reader *r, void *out, size_t len);
/* True when everything was there and nothing is left. */
bool tr_done(const struct tpm_reader *r);

#endif
