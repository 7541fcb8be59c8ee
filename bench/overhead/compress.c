// SPDX-License-Identifier: Apache-2.0
/*
 * Compression: a binary range coder whose bit probabilities adapt in the contexts of one and of two
 * bytes, mixed half and half. The text is decoded again and compared.
 */
#include <string.h>

#include "overhead.h"

enum { TEXT = 16384, CONTEXTS = 1 << 16 };

struct model {
    uint16_t near[256][256]; /* by byte before and bits of this one */
    uint16_t far[CONTEXTS];  /* by hash of two bytes and those bits */
    uint8_t before[2];
};

struct coder {
    struct model model;
    uint32_t low, high, code;
    uint8_t *at;
};

static void model_reset(struct model *m)
{
    for (size_t i = 0; i < 256 * 256; i++) {
        m->near[i / 256][i % 256] = 32768;
    }
    for (size_t i = 0; i < CONTEXTS; i++) {
        m->far[i] = 32768;
    }
    m->before[0] = m->before[1] = 0;
}

static uint16_t *far_of(struct model *m, unsigned bits)
{
    uint32_t h = (uint32_t)(m->before[0] | m->before[1] << 8 | bits << 16) * 0x9e3779b1U;
    return &m->far[h >> 16];
}

/* The probability of a 1, and afterwards what came. */
static uint32_t predict(struct model *m, unsigned bits)
{
    return ((uint32_t)m->near[m->before[0]][bits] + *far_of(m, bits)) / 2;
}

static void learn(uint16_t *p, unsigned bit)
{
    *p = (uint16_t)(bit ? *p + ((65535 - *p) >> 4) : *p - (*p >> 4));
}

static void update(struct model *m, unsigned bits, unsigned bit)
{
    learn(&m->near[m->before[0]][bits], bit);
    learn(far_of(m, bits), bit);
}

static void next_byte(struct model *m, uint8_t byte)
{
    m->before[1] = m->before[0];
    m->before[0] = byte;
}

static uint32_t split(const struct coder *c, uint32_t p)
{
    uint32_t range = c->high - c->low;
    return c->low + (uint32_t)((uint64_t)range * (p | 1) >> 16);
}

static void encode_bit(struct coder *c, unsigned bits, unsigned bit)
{
    uint32_t middle = split(c, predict(&c->model, bits));
    if (bit) {
        c->high = middle;
    } else {
        c->low = middle + 1;
    }
    update(&c->model, bits, bit);
    while ((c->low ^ c->high) < 1U << 24) {
        *c->at++ = (uint8_t)(c->high >> 24);
        c->low <<= 8;
        c->high = c->high << 8 | 255;
    }
}

static unsigned decode_bit(struct coder *c, unsigned bits)
{
    uint32_t middle = split(c, predict(&c->model, bits));
    unsigned bit = c->code <= middle;
    if (bit) {
        c->high = middle;
    } else {
        c->low = middle + 1;
    }
    update(&c->model, bits, bit);
    while ((c->low ^ c->high) < 1U << 24) {
        c->low <<= 8;
        c->high = c->high << 8 | 255;
        c->code = c->code << 8 | *c->at++;
    }
    return bit;
}

static size_t encode(struct coder *c, const uint8_t *text, uint8_t *out)
{
    model_reset(&c->model);
    c->low = 0;
    c->high = ~0U;
    c->at = out;
    for (size_t i = 0; i < TEXT; i++) {
        for (unsigned bits = 1, k = 8; k--;) {
            unsigned bit = text[i] >> k & 1;
            encode_bit(c, bits, bit);
            bits = bits * 2 + bit;
        }
        next_byte(&c->model, text[i]);
    }
    for (int i = 0; i < 4; i++, c->low <<= 8) {
        *c->at++ = (uint8_t)(c->low >> 24);
    }
    return (size_t)(c->at - out);
}

static void decode(struct coder *c, uint8_t *in, uint8_t *text)
{
    model_reset(&c->model);
    c->low = c->code = 0;
    c->high = ~0U;
    c->at = in;
    for (int i = 0; i < 4; i++) {
        c->code = c->code << 8 | *c->at++;
    }
    for (size_t i = 0; i < TEXT; i++) {
        unsigned bits = 1;
        while (bits < 256) {
            bits = bits * 2 + decode_bit(c, bits);
        }
        text[i] = (uint8_t)bits;
        next_byte(&c->model, text[i]);
    }
}

uint64_t lab_compress(unsigned work)
{
    static struct coder coder;
    static uint8_t text[TEXT], packed[2 * TEXT], back[TEXT];
    uint64_t seed = 31, sum = 0;
    while (work--) {
        for (size_t i = 0; i < TEXT; i++) { /* few letters, and repeats from a while ago */
            uint64_t r = bench_random(&seed);
            text[i] = i > 64 && r & 3 ? text[i - 64 + (r >> 60)] : (uint8_t)('a' + (r >> 8) % 20);
        }
        size_t length = encode(&coder, text, packed);
        decode(&coder, packed, back);
        if (memcmp(text, back, TEXT) != 0) {
            bench_fail("compress: not what went in");
        }
        for (size_t i = 0; i < length; i += 64) {
            sum = bench_mix(sum, packed[i] + length);
        }
    }
    return sum;
}
