/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of gdb's remote protocol out of bytes and back. */
#include "gdb_wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ESCAPE      '}'
#define ESCAPE_FLIP 0x20

/* ---- text ---- */

static bool text_reserve(struct gdb_text *t, size_t more)
{
    size_t size = t->size ? t->size : 256;
    while (size - t->len <= more && size <= 2 * (size_t)GDB_UNREAD_MAX)
        size *= 2;
    if (t->failed || size - t->len <= more) {
        t->failed = true;
        return false;
    }
    if (size == t->size)
        return true;
    char *p = realloc(t->p, size);
    if (!p) {
        t->failed = true;
        return false;
    }
    t->p = p;
    t->size = size;
    return true;
}

void text_put(struct gdb_text *t, const void *bytes, size_t len)
{
    if (!text_reserve(t, len))
        return;
    memcpy(t->p + t->len, bytes, len);
    t->len += len;
    t->p[t->len] = 0;
}

void text_printf(struct gdb_text *t, const char *fmt, ...)
{
    char buf[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    if (n > 0)
        text_put(t, buf, (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1);
}

void text_put_hex(struct gdb_text *t, const void *bytes, size_t len)
{
    static const char digit[] = "0123456789abcdef";
    const uint8_t *b = bytes;
    for (size_t i = 0; i < len; i++) {
        char two[2] = {digit[b[i] >> 4], digit[b[i] & 15]};
        text_put(t, two, 2);
    }
}

void text_clear(struct gdb_text *t)
{
    t->len = 0;
    t->failed = false;
}

void text_free(struct gdb_text *t)
{
    free(t->p);
    *t = (struct gdb_text){0};
}

/* ---- hexadecimal ---- */

/* -1: not a digit. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_number(const char **at, uint64_t *out)
{
    uint64_t v = 0;
    unsigned digits = 0;
    for (; hex_digit(**at) >= 0; (*at)++, digits++) {
        if (digits >= 16 && v >> 60)
            return false;
        v = v << 4 | (unsigned)hex_digit(**at);
    }
    *out = v;
    return digits > 0;
}

bool hex_bytes(const char *hex, size_t digits, uint8_t *out, size_t len)
{
    if (digits != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool skip_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* ---- in ---- */

static void begin_packet(struct gdb_wire *w)
{
    w->state = IN_BODY;
    w->len = 0;
    w->sum = 0;
    w->too_long = false;
}

static void body_byte(struct gdb_wire *w, uint8_t byte)
{
    if (w->len == GDB_PACKET_MAX)
        w->too_long = true;
    else
        w->body[w->len++] = (char)byte;
}

/* The packet is complete; is it what the client sent? */
static enum gdb_input end_packet(struct gdb_wire *w)
{
    bool good = w->said == w->sum && !w->too_long;
    w->state = IN_IDLE;
    w->body[w->len] = 0;
    if (!w->no_ack)
        text_put(&w->out, good ? "+" : "-", 1);
    return good ? GDB_PACKET : GDB_NOTHING;
}

static enum gdb_input idle_byte(struct gdb_wire *w, uint8_t byte)
{
    if (byte == '$')
        begin_packet(w);
    else if (byte == '-' && !w->no_ack && w->last.len)
        text_put(&w->out, w->last.p, w->last.len);
    return byte == 3 ? GDB_INTERRUPT : GDB_NOTHING;
}

/* The two digits behind '#'. Anything else: the packet is lost. */
static enum gdb_input sum_byte(struct gdb_wire *w, uint8_t byte)
{
    int digit = hex_digit((char)byte);
    if (digit < 0) {
        w->state = IN_IDLE;
        return idle_byte(w, byte);
    }
    if (w->state == IN_SUM_LOW) {
        w->said = (uint8_t)(w->said | digit);
        return end_packet(w);
    }
    w->said = (uint8_t)(digit << 4);
    w->state = IN_SUM_LOW;
    return GDB_NOTHING;
}

/* In a packet. '$' and '#' are never part of one, not even behind an escape. */
static void inside_byte(struct gdb_wire *w, uint8_t byte)
{
    bool escaped = w->state == IN_ESCAPED;
    if (byte == '$') { /* the one before has lost its end */
        begin_packet(w);
        return;
    }
    if (byte == '#') {
        w->state = IN_SUM_HIGH;
        return;
    }
    w->sum = (uint8_t)(w->sum + byte);
    w->state = !escaped && byte == ESCAPE ? IN_ESCAPED : IN_BODY;
    if (w->state == IN_BODY)
        body_byte(w, escaped ? byte ^ ESCAPE_FLIP : byte);
}

enum gdb_input wire_take(struct gdb_wire *w, uint8_t byte)
{
    switch (w->state) {
    case IN_IDLE:
        return idle_byte(w, byte);
    case IN_SUM_HIGH:
    case IN_SUM_LOW:
        return sum_byte(w, byte);
    case IN_BODY:
    case IN_ESCAPED:
        break;
    }
    inside_byte(w, byte);
    return GDB_NOTHING;
}

/* ---- out ---- */

/* Bytes that mean something else in a packet; '*' is run-length encoding. */
static bool must_escape(char c)
{
    return c == '$' || c == '#' || c == ESCAPE || c == '*';
}

void wire_send(struct gdb_wire *w, const void *contents, size_t len)
{
    const char *c = contents;
    uint8_t sum = 0;
    text_clear(&w->last);
    text_put(&w->last, "$", 1);
    for (size_t i = 0; i < len; i++) {
        char two[2] = {ESCAPE, (char)(c[i] ^ ESCAPE_FLIP)};
        bool escape = must_escape(c[i]);
        text_put(&w->last, escape ? two : c + i, escape ? 2 : 1);
    }
    for (size_t i = 1; i < w->last.len; i++)
        sum = (uint8_t)(sum + (uint8_t)w->last.p[i]);
    text_printf(&w->last, "#%02x", sum);
    text_put(&w->out, w->last.p, w->last.len);
    w->out.failed |= w->last.failed || w->out.len > GDB_UNREAD_MAX;
}

void wire_reset(struct gdb_wire *w)
{
    w->state = IN_IDLE;
    w->no_ack = false;
    text_clear(&w->out);
    text_clear(&w->last);
}

void wire_free(struct gdb_wire *w)
{
    text_free(&w->out);
    text_free(&w->last);
}
