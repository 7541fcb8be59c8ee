/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events (event.def): what debugger, traces and statistics learn about a machine while it runs. An
 * event that nobody wants costs a test of a bit. Emitting changes nothing that a guest can see.
 */
#ifndef PEFEMU_EVENT_H
#define PEFEMU_EVENT_H

#include "pefemu/types.h"

struct cpu;
struct machine;

enum event_id {
#define EVENT(id, ...) EVENT_##id,
#include "pefemu/event.def"
#undef EVENT
    EVENT_COUNT
};
#define EVENT_ARGS 4

struct event {
    enum event_id id;
    struct cpu *cpu; /* that it happens on; NULL: outside every CPU (power-on) */
    uint64_t arg[EVENT_ARGS];
    const char *text; /* as the row says ("UV_ESM", "H_CEDE"), or NULL: no such name; lives until
                         the observers have returned */
};

/* The table's columns. */
struct event_row {
    const char *name, *what, *text, *arg[EVENT_ARGS];
};
extern const struct event_row event_rows[EVENT_COUNT];
/* The event that @name names, EVENT_COUNT: none. */
enum event_id event_find(const char *name);

/* Called in the order of subscription. May halt the machine inside (debug.h): what the emitter
 * holds must be valid then, and registers and memory may be different afterwards. */
typedef void (*event_observer)(void *opaque, const struct event *ev);

#define EVENT_OBSERVERS 8

struct event_hub {
    uint32_t wanted; /* bit EVENT_x: somebody wants it */
    struct {
        event_observer fn;
        void *opaque; /* borrowed */
        uint32_t wanted;
    } observer[EVENT_OBSERVERS];
    unsigned count;
};

/* @wanted: bits 1 << EVENT_x. Again with the same @fn and @opaque: changes what it wants; 0: ends
 * it. False: too many observers. */
bool event_observe(struct event_hub *hub, event_observer fn, void *opaque, uint32_t wanted);

/* Calls the observers; event() asks first whether there are any. */
void event_emit(struct event_hub *hub, const struct event *ev);

/* event(cpu->machine->events, EVENT_UCALL, cpu, "UV_ESM", number, arg1...): missing arguments are
 * 0 and are not evaluated unless somebody wants the event. */
#define event(hub, event_id_, cpu_, text_, ...)                                                    \
    do {                                                                                           \
        struct event_hub *hub_ = &(hub);                                                           \
        if (unlikely(hub_->wanted >> (event_id_)&1)) {                                             \
            struct event ev_ = {                                                                   \
                .id = (event_id_), .cpu = (cpu_), .text = (text_), .arg = {__VA_ARGS__}};          \
            event_emit(hub_, &ev_);                                                                \
        }                                                                                          \
    } while (0)

#endif
