// SPDX-License-Identifier: Apache-2.0
/* JSON: a document is written, read into a tree, and written again. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

enum { DOCUMENT = 1 << 17, NODES = 1 << 14, DEEPEST = 64 };

enum kind { NOTHING, TRUTH, NUMBER, STRING, ARRAY, OBJECT };

struct node {
    enum kind kind;
    double number; /* or truth */
    const char *key, *string;
    size_t key_length, length;
    struct node *child, *next; /* of arrays and objects */
};

struct parser {
    const char *at;
    struct node *nodes;
    size_t used;
    char *text, *text_at; /* strings, their escapes resolved */
};

/* ---- reading ---- */

static void skip_space(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r') {
        p->at++;
    }
}

static bool accept(struct parser *p, char c)
{
    skip_space(p);
    if (*p->at != c) {
        return false;
    }
    p->at++;
    return true;
}

static void need(bool truth)
{
    if (!truth) {
        bench_fail("json: not what was written");
    }
}

static unsigned hex4(const char *s)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = s[i];
        value = value << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
}

static char escaped(struct parser *p)
{
    char c = *p->at++;
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'u':
        c = (char)hex4(p->at); /* all there are fit a byte */
        p->at += 4;
        return c;
    default:
        return c;
    }
}

static const char *read_string(struct parser *p, size_t *length)
{
    char *to = p->text_at;
    need(accept(p, '"'));
    while (*p->at != '"') {
        char c = *p->at++;
        need(c);
        *p->text_at++ = c == '\\' ? escaped(p) : c;
    }
    p->at++;
    *length = (size_t)(p->text_at - to);
    return to;
}

/* Digits of an integer below 2^53 over a power of ten: one rounding, the same everywhere. */
static double read_number(struct parser *p)
{
    bool negative = accept(p, '-');
    uint64_t digits = 0;
    double scale = 1;
    while (*p->at >= '0' && *p->at <= '9') {
        digits = digits * 10 + (uint64_t)(*p->at++ - '0');
    }
    if (*p->at == '.') {
        while (*++p->at >= '0' && *p->at <= '9') {
            digits = digits * 10 + (uint64_t)(*p->at - '0');
            scale *= 10;
        }
    }
    double value = (double)digits / scale;
    return negative ? -value : value;
}

static struct node *read_value(struct parser *p, unsigned depth);

static struct node *read_members(struct parser *p, bool named, char end, unsigned depth)
{
    struct node *first = NULL, **last = &first;
    if (accept(p, end)) {
        return NULL;
    }
    do {
        size_t length = 0;
        const char *key = named ? read_string(p, &length) : NULL;
        need(!named || accept(p, ':'));
        *last = read_value(p, depth + 1);
        (*last)->key = key;
        (*last)->key_length = length;
        last = &(*last)->next;
    } while (accept(p, ','));
    need(accept(p, end));
    return first;
}

static struct node *read_value(struct parser *p, unsigned depth)
{
    need(p->used < NODES && depth < DEEPEST);
    struct node *n = &p->nodes[p->used++];
    *n = (struct node){.kind = NOTHING};
    skip_space(p);
    switch (*p->at) {
    case '{':
        p->at++;
        n->kind = OBJECT;
        n->child = read_members(p, true, '}', depth);
        break;
    case '[':
        p->at++;
        n->kind = ARRAY;
        n->child = read_members(p, false, ']', depth);
        break;
    case '"':
        n->kind = STRING;
        n->string = read_string(p, &n->length);
        break;
    case 't':
    case 'f':
        n->kind = TRUTH;
        n->number = *p->at == 't';
        p->at += n->number > 0 ? 4 : 5;
        break;
    case 'n':
        p->at += 4;
        break;
    default:
        n->kind = NUMBER;
        n->number = read_number(p);
    }
    return n;
}

/* ---- writing ---- */

static char *write_text(char *to, const char *text)
{
    return stpcpy(to, text);
}

static char *write_string(char *to, const char *s, size_t length)
{
    *to++ = '"';
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\') {
            *to++ = '\\';
            *to++ = (char)c;
        } else if (c < ' ') {
            to = write_text(to, "\\u00");
            *to++ = "0123456789abcdef"[c >> 4];
            *to++ = "0123456789abcdef"[c & 15];
        } else {
            *to++ = (char)c;
        }
    }
    *to++ = '"';
    return to;
}

/* With three places, which is what the document has. */
static char *write_number(char *to, double value)
{
    int64_t scaled = (int64_t)(value * 1000 + (value < 0 ? -0.5 : 0.5));
    uint64_t rest = scaled < 0 ? -(uint64_t)scaled : (uint64_t)scaled;
    char digits[24];
    size_t n = 0;
    if (scaled < 0) {
        *to++ = '-';
    }
    do {
        if (n == 3) {
            digits[n++] = '.';
        }
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest || n < 5);
    while (n) {
        *to++ = digits[--n];
    }
    return to;
}

static char *write_value(char *to, const struct node *n)
{
    switch (n->kind) {
    case NOTHING:
        return write_text(to, "null");
    case TRUTH:
        return write_text(to, n->number > 0 ? "true" : "false");
    case NUMBER:
        return write_number(to, n->number);
    case STRING:
        return write_string(to, n->string, n->length);
    case ARRAY:
    case OBJECT:
        break;
    }
    *to++ = n->kind == ARRAY ? '[' : '{';
    for (const struct node *c = n->child; c; c = c->next) {
        if (n->kind == OBJECT) {
            to = write_string(to, c->key, c->key_length);
            *to++ = ':';
        }
        to = write_value(to, c);
        if (c->next) {
            *to++ = ',';
        }
    }
    *to++ = n->kind == ARRAY ? ']' : '}';
    return to;
}

/* ---- the document: records as a service would send them ---- */

static size_t make_document(char *to)
{
    uint64_t seed = 42;
    char *at = to;
    *at++ = '[';
    while (at - to < DOCUMENT / 2) {
        uint64_t r = bench_random(&seed);
        at += sprintf(at, "%s\n  { \"id\": %u, \"name\": \"user \\\"%x\\\"\\u0009%c\", ",
                      at - to > 1 ? "," : "", (unsigned)(r & 0xffff), (unsigned)(r >> 40),
                      (char)('a' + r % 26));
        at += sprintf(at, "\"on\": %s, \"next\": null, \"at\": [%u.%03u, -%u.%03u],\n",
                      r & 1 ? "true" : "false", (unsigned)(r >> 50), (unsigned)(r >> 8) % 1000,
                      (unsigned)(r >> 54), (unsigned)(r >> 16) % 1000);
        at += sprintf(at,
                      "    \"tags\": [\"a%u\", \"longer tag number %u\"], \"deep\": {\"x\": "
                      "{\"y\": [[%u], []]}} }",
                      (unsigned)(r >> 60), (unsigned)(r >> 58), (unsigned)(r >> 61));
    }
    *at++ = ']';
    *at = 0;
    return (size_t)(at - to);
}

uint64_t bench_json(unsigned work)
{
    static char document[DOCUMENT], again[DOCUMENT], third[DOCUMENT], strings[DOCUMENT];
    static struct node nodes[NODES];
    struct parser p = {.nodes = nodes, .text = strings};
    size_t length = make_document(document);
    uint64_t sum = length;
    while (work--) {
        p.used = 0;
        p.at = document;
        p.text_at = p.text;
        *write_value(again, read_value(&p, 0)) = 0;
        sum = bench_mix(sum, p.used);
        p.used = 0;
        p.at = again;
        p.text_at = p.text;
        char *end = write_value(third, read_value(&p, 0));
        need(memcmp(again, third, (size_t)(end - third)) == 0);
        sum = bench_mix(sum, (uint64_t)(end - third) + (uint8_t)third[work % 4096]);
        document[1] = work & 1 ? ' ' : '\n';
    }
    return sum;
}
