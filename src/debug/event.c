/* SPDX-License-Identifier: Apache-2.0 */
/* Who wants to know of what happens, and telling them. */
#include "pefemu/event.h"

#include <string.h>

const struct event_row event_rows[EVENT_COUNT] = {
#define EVENT(id, name, what, text, a0, a1, a2, a3)                                                \
    [EVENT_##id] = {name, what, text, {a0, a1, a2, a3}},
#include "pefemu/event.def"
#undef EVENT
};
_Static_assert(EVENT_COUNT <= 32, "event_hub.wanted has a bit for each event");

enum event_id event_find(const char *name)
{
    for (unsigned i = 0; i < EVENT_COUNT; i++)
        if (!strcmp(event_rows[i].name, name))
            return (enum event_id)i;
    return EVENT_COUNT;
}

static void count_wishes(struct event_hub *hub)
{
    hub->wanted = 0;
    for (unsigned i = 0; i < hub->count; i++)
        hub->wanted |= hub->observer[i].wanted;
}

bool event_observe(struct event_hub *hub, event_observer fn, void *opaque, uint32_t wanted)
{
    unsigned i = 0;
    while (i < hub->count && (hub->observer[i].fn != fn || hub->observer[i].opaque != opaque))
        i++;
    if (i == EVENT_OBSERVERS)
        return !wanted;
    if (i == hub->count)
        hub->count++;
    hub->observer[i].fn = fn;
    hub->observer[i].opaque = opaque;
    hub->observer[i].wanted = wanted;
    while (hub->count && !hub->observer[hub->count - 1].wanted)
        hub->count--; /* one in the middle stays as a hole: somebody may be walking the list */
    count_wishes(hub);
    return true;
}

void event_emit(struct event_hub *hub, const struct event *ev)
{
    for (unsigned i = 0; i < hub->count; i++)
        if (hub->observer[i].wanted >> ev->id & 1)
            hub->observer[i].fn(hub->observer[i].opaque, ev);
}
