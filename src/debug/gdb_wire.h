/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gdb's remote protocol as bytes: packets out of a stream that may hold anything, and packets into
 * one that may take nothing for a while. Knows no packet's meaning.
 * Source: gdb's manual, "Remote Protocol", "Overview" and "Packet Acknowledgment".
 */
#ifndef PEFEMU_GDB_WIRE_H
#define PEFEMU_GDB_WIRE_H

#include "pefemu/types.h"

#define GDB_PACKET_MAX 0x4000 /* bytes of a packet's contents, either way, before escaping */
/* Bytes that a client may leave unread before it is given up. */
#define GDB_UNREAD_MAX (1u << 22)

/* Text that grows; once it could not, failed stays set and it takes no more. */
struct gdb_text {
    char *p; /* owned */
    size_t len, size;
    bool failed;
};
void text_put(struct gdb_text *t, const void *bytes, size_t len);
void text_printf(struct gdb_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_put_hex(struct gdb_text *t, const void *bytes, size_t len);
void text_clear(struct gdb_text *t);
void text_free(struct gdb_text *t);

/* ---- numbers and bytes in packets ---- */

/* A hexadecimal number of 1 to 16 digits at *@at, which is moved behind it. */
bool hex_number(const char **at, uint64_t *out);
/* Exactly @len bytes from 2 * @len digits. */
bool hex_bytes(const char *hex, size_t digits, uint8_t *out, size_t len);
/* Moves *@at over @c, if it is there. */
bool skip_char(const char **at, char c);

/* ---- the stream ---- */

enum gdb_input { GDB_NOTHING, GDB_PACKET, GDB_INTERRUPT };

struct gdb_wire {
    enum { IN_IDLE, IN_BODY, IN_ESCAPED, IN_SUM_HIGH, IN_SUM_LOW } state;
    char body[GDB_PACKET_MAX + 1]; /* of GDB_PACKET, with a 0 behind it */
    size_t len;
    uint8_t sum, said;
    bool too_long;
    bool no_ack;

    struct gdb_text out;  /* not yet taken by the client */
    struct gdb_text last; /* the packet to repeat when it asks */
};

/* Takes the next byte of the client. GDB_PACKET: body and len are valid until the next call. */
enum gdb_input wire_take(struct gdb_wire *w, uint8_t byte);
/* Packs @len bytes of contents for the client. */
void wire_send(struct gdb_wire *w, const void *contents, size_t len);
/* Of a new client. */
void wire_reset(struct gdb_wire *w);
void wire_free(struct gdb_wire *w);

#endif
