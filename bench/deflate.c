// SPDX-License-Identifier: Apache-2.0
/*
 * Compression with a dictionary and an entropy coder: repeats found by chains of hashes, literals,
 * lengths and distances in canonical Huffman codes, and all of it back again.
 */
#include <stdbool.h>
#include <string.h>

#include "bench.h"

enum {
    TEXT = 65536,
    WINDOW = 32768,
    HASHES = 16384,
    LEAST = 4,     /* bytes of a repeat */
    MOST = 258,    /* likewise */
    TRIES = 24,    /* links of a chain that are followed */
    SYMBOLS = 288, /* literals, end of text, lengths */
    END = 256,
    DISTANCES = 32,
    DEEPEST = 15 /* bits of a code */
};

/* ---- codes ---- */
struct code {
    uint8_t bits[SYMBOLS];
    uint16_t word[SYMBOLS];
    uint16_t lookup[1 << DEEPEST]; /* by the next bits: symbol */
};

/* Code lengths by joining the two rarest again and again. Returns whether none is too long. */
static bool lengths(struct code *c, const uint32_t *counts, size_t n)
{
    uint32_t weight[2 * SYMBOLS];
    uint16_t parent[2 * SYMBOLS];
    size_t live[SYMBOLS], used = 0, next = n;
    for (size_t i = 0; i < n; i++) {
        c->bits[i] = 0;
        weight[i] = counts[i];
        if (counts[i]) {
            live[used++] = i;
        }
    }
    for (size_t left = used; left > 1; left--, next++) {
        for (size_t pick = 0; pick < 2; pick++) { /* the two least to the end of the list */
            size_t best = 0;
            for (size_t i = 1; i < left - pick; i++) {
                best = weight[live[i]] < weight[live[best]] ? i : best;
            }
            size_t last = left - pick - 1, t = live[best];
            live[best] = live[last];
            live[last] = t;
        }
        weight[next] = weight[live[left - 1]] + weight[live[left - 2]];
        parent[live[left - 1]] = parent[live[left - 2]] = (uint16_t)next;
        live[left - 2] = next;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned depth = used == 1 && counts[i];
        for (size_t at = i; counts[i] && at != next - 1 && used > 1; at = parent[at]) {
            depth++;
        }
        if (depth > DEEPEST) {
            return false;
        }
        c->bits[i] = (uint8_t)depth;
    }
    return true;
}

static void make_code(struct code *c, uint32_t *counts, size_t n)
{
    while (!lengths(c, counts, n)) { /* rare symbols become less rare */
        for (size_t i = 0; i < n; i++) {
            counts[i] = counts[i] ? counts[i] / 2 + 1 : 0;
        }
    }
    uint32_t word = 0;
    for (unsigned bits = 1; bits <= DEEPEST; bits++, word <<= 1) {
        for (size_t i = 0; i < n; i++) {
            if (c->bits[i] != bits) {
                continue;
            }
            c->word[i] = (uint16_t)word;
            for (size_t k = 0; k < 1U << (DEEPEST - bits); k++) {
                c->lookup[((size_t)word << (DEEPEST - bits)) + k] = (uint16_t)i;
            }
            word++;
        }
    }
}

/* ---- bits, the first one highest ---- */
struct bits {
    uint8_t *at;
    uint64_t hold;
    unsigned count;
};

static void put(struct bits *b, uint32_t value, unsigned count)
{
    b->hold = b->hold << count | value;
    b->count += count;
    while (b->count >= 8) {
        b->count -= 8;
        *b->at++ = (uint8_t)(b->hold >> b->count);
    }
}

static uint32_t peek(struct bits *b, unsigned count)
{
    while (b->count < count) {
        b->hold = b->hold << 8 | *b->at++;
        b->count += 8;
    }
    return (uint32_t)(b->hold >> (b->count - count)) & ((1U << count) - 1);
}

static uint32_t get(struct bits *b, unsigned count)
{
    uint32_t value = count ? peek(b, count) : 0;
    b->count -= count;
    return value;
}

static unsigned get_symbol(struct bits *b, const struct code *c)
{
    unsigned symbol = c->lookup[peek(b, DEEPEST)];
    b->count -= c->bits[symbol];
    return symbol;
}

/* ---- lengths and distances: a bucket with two leading bits, and the rest ---- */
static unsigned extra_of(unsigned bucket)
{
    return bucket < 4 ? 0 : bucket / 2 - 1;
}

static unsigned bucket_of(uint32_t value)
{
    unsigned extra = value < 4 ? 0 : 30 - (unsigned)__builtin_clz(value);
    return 2 * extra + (value >> extra);
}

static uint32_t base_of(unsigned bucket)
{
    return bucket < 4 ? bucket : (2 + (bucket & 1)) << extra_of(bucket);
}

/* ---- text to tokens ---- */
struct token {
    uint16_t length;   /* 1: a literal */
    uint16_t distance; /* or the literal */
};

struct packer {
    struct token tokens[TEXT + 1];
    size_t n;
    uint32_t head[HASHES], before[WINDOW]; /* positions + 1 */
    struct code symbols, distances;
};

static uint32_t hash_at(const uint8_t *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof(word));
    return word * 2654435761U >> 18;
}

static void enter(struct packer *p, const uint8_t *text, uint32_t at)
{
    uint32_t *head = &p->head[hash_at(text + at)];
    p->before[at % WINDOW] = *head;
    *head = at + 1;
}

/* The longest repeat at @at: its length and how far back it is. */
static struct token best_at(const struct packer *p, const uint8_t *text, uint32_t at)
{
    struct token best = {1, text[at]};
    uint32_t limit = TEXT - at < MOST ? TEXT - at : MOST;
    uint32_t from = p->head[hash_at(text + at)];
    for (int tries = 0; from && at - (from - 1) < WINDOW && tries < TRIES; tries++) {
        const uint8_t *old = text + from - 1;
        uint32_t length = 0;
        while (length < limit && old[length] == text[at + length]) {
            length++;
        }
        if (length >= LEAST && length > best.length) {
            best = (struct token){(uint16_t)length, (uint16_t)(at - (from - 1))};
        }
        from = p->before[(from - 1) % WINDOW];
    }
    return best;
}

static void tokenise(struct packer *p, const uint8_t *text)
{
    memset(p->head, 0, sizeof(p->head));
    p->n = 0;
    for (uint32_t at = 0; at < TEXT;) {
        struct token t = {1, text[at]};
        if (at + LEAST < TEXT) {
            t = best_at(p, text, at);
        }
        p->tokens[p->n++] = t;
        for (uint32_t end = at + t.length; at < end; at++) {
            if (at + LEAST < TEXT) {
                enter(p, text, at);
            }
        }
    }
}

/* ---- tokens to bits, and back ---- */
static void count_tokens(struct packer *p)
{
    uint32_t symbols[SYMBOLS] = {0}, distances[DISTANCES] = {0};
    symbols[END] = 1;
    for (size_t i = 0; i < p->n; i++) {
        struct token t = p->tokens[i];
        if (t.length == 1) {
            symbols[t.distance]++;
        } else {
            symbols[END + 1 + bucket_of(t.length - LEAST)]++;
            distances[bucket_of(t.distance)]++;
        }
    }
    make_code(&p->symbols, symbols, SYMBOLS);
    make_code(&p->distances, distances, DISTANCES);
}

static void put_bucket(struct bits *b, const struct code *c, size_t first, uint32_t value)
{
    unsigned bucket = bucket_of(value);
    put(b, c->word[first + bucket], c->bits[first + bucket]);
    put(b, value - base_of(bucket), extra_of(bucket));
}

static size_t pack(struct packer *p, const uint8_t *text, uint8_t *out)
{
    struct bits b = {.at = out};
    tokenise(p, text);
    count_tokens(p);
    for (size_t i = 0; i < p->n; i++) {
        struct token t = p->tokens[i];
        if (t.length == 1) {
            put(&b, p->symbols.word[t.distance], p->symbols.bits[t.distance]);
        } else {
            put_bucket(&b, &p->symbols, END + 1, t.length - LEAST);
            put_bucket(&b, &p->distances, 0, t.distance);
        }
    }
    put(&b, p->symbols.word[END], p->symbols.bits[END]);
    put(&b, 0, 7);
    return (size_t)(b.at - out);
}

static size_t unpack(const struct packer *p, uint8_t *in, uint8_t *out)
{
    struct bits b = {.at = in};
    size_t n = 0;
    for (;;) {
        unsigned symbol = get_symbol(&b, &p->symbols);
        if (symbol < END) {
            out[n++] = (uint8_t)symbol;
            continue;
        }
        if (symbol == END) {
            return n;
        }
        unsigned bucket = symbol - END - 1;
        uint32_t length = LEAST + base_of(bucket) + get(&b, extra_of(bucket));
        bucket = get_symbol(&b, &p->distances);
        uint32_t distance = base_of(bucket) + get(&b, extra_of(bucket));
        for (; length > 0; length--, n++) {
            out[n] = out[n - distance];
        }
    }
}

/* Words that come again, the frequent ones more often. */
static void write_text(uint8_t *text, uint64_t seed)
{
    uint8_t words[1024][8];
    for (size_t i = 0; i < sizeof(words); i++) {
        words[i / 8][i % 8] = (uint8_t)('a' + bench_random(&seed) % 26);
    }
    for (size_t at = 0; at < TEXT;) {
        uint64_t r = bench_random(&seed);
        size_t word = r % 1024 * (r >> 32 & 1023) / 1024, length = 2 + word % 7;
        for (size_t i = 0; i < length && at < TEXT; i++) {
            text[at++] = words[word][i];
        }
        if (at < TEXT) {
            text[at++] = r >> 60 ? ' ' : '\n';
        }
    }
}

uint64_t bench_deflate(unsigned work)
{
    static struct packer packer;
    static uint8_t text[TEXT], packed[2 * TEXT], back[TEXT + MOST];
    uint64_t sum = 0;
    write_text(text, 41);
    while (work--) {
        size_t size = pack(&packer, text, packed), length = unpack(&packer, packed, back);
        if (length != TEXT || memcmp(text, back, TEXT) != 0) {
            bench_fail("deflate: not what went in");
        }
        sum = bench_mix(sum, size + packed[work % 256]);
        text[work * 61 % TEXT] ^= 1;
    }
    return sum;
}
