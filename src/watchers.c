/* SPDX-License-Identifier: Apache-2.0 */
/* Traces, profiles, debuggers and snapshots that the command line asks for: set up and taken down.
 */
#include "watchers.h"

#include "pefemu/debug.h"
#include "pefemu/err.h"
#include "pefemu/gdb.h"
#include "pefemu/profile.h"
#include "pefemu/prompt.h"
#include "pefemu/snapshot.h"
#include "pefemu/trace.h"

/* ---- snapshots ---- */

static bool load_snapshot(struct machine *m, const char *file)
{
    char why[SNAPSHOT_WHY_MAX];
    if (snapshot_load(m, file, why, sizeof(why)))
        return true;
    pef_complain("-loadvm %s: %s", file, why);
    return false;
}

/* -savevm-at: the position is reached. */
static void save_at(void *opaque)
{
    const struct watchers *w = opaque;
    char why[SNAPSHOT_WHY_MAX];
    if (snapshot_save(w->m, w->savevm_file, why, sizeof(why)))
        machine_say(w->m, "snapshot written to %s", w->savevm_file);
    else
        pef_complain("-savevm-at %s: %s", w->savevm_file, why);
}

static bool note_savevm(struct watchers *w, uint64_t position)
{
    w->debug = debug_create(w->m);
    if (w->debug)
        debug_set_mark(w->debug, position, save_at, w);
    return w->debug != NULL;
}

/* ---- traces ---- */

static bool open_traces(struct watchers *w, const char *const *specs)
{
    char message[TRACE_MESSAGE];
    for (unsigned i = 0; specs[i]; i++) {
        w->trace[i] = trace_open(w->m, specs[i], message);
        if (!w->trace[i]) {
            pef_complain("-tracefile %s", message);
            return false;
        }
    }
    return true;
}

/* In reverse: they leave the machine's events as they came. */
static void close_traces(struct watchers *w)
{
    unsigned n = 0;
    while (w->trace[n])
        n++;
    while (n)
        trace_close(w->trace[--n]);
}

/* ---- the profile ---- */

/* Behind -loadvm: CPUs count on from where the snapshot was made. */
static bool begin_profile(struct watchers *w, const char *spec)
{
    char message[PROFILE_MESSAGE];
    w->profile = profile_create(w->m, spec, message);
    if (!w->profile)
        pef_complain("-profile %s", message);
    return w->profile != NULL;
}

static void end_profile(struct watchers *w)
{
    char message[PROFILE_MESSAGE];
    if (w->profile && !profile_write(w->profile, message)) {
        pef_complain("-profile %s", message);
        w->unwritten = true;
    }
    profile_destroy(w->profile);
}

/* ---- debuggers ---- */

/* The prompt behind Ctrl-A c is always there and costs nothing until it is used; but a debugger
 * stops one CPU at a time. */
static bool wants_prompt(const struct options *o)
{
    if (o->cfg.multi)
        return false;
    if (o->monitor.where == PROMPT_DEFAULT)
        return !strcmp(o->serial, "mon:stdio");
    return o->monitor.where != PROMPT_NONE;
}

/* The front ends that were asked for. */
static bool start_fronts(struct watchers *w, const struct options *o, struct chardev *console)
{
    bool prompt = wants_prompt(o);
    if (o->gdb)
        w->gdb = gdb_server_create(w->debug, o->gdb);
    if (prompt)
        w->prompt = prompt_create(w->debug, &o->monitor, console);
    return (w->gdb || !o->gdb) && (w->prompt || !prompt);
}

/* ---- the whole ---- */

bool watchers_begin(struct watchers *w, const struct options *o, struct machine *m)
{
    *w = (struct watchers){.m = m, .savevm_file = o->savevm_file};
    return open_traces(w, o->traces);
}

bool watchers_prepare(struct watchers *w, const struct options *o)
{
    return (!o->cfg.loadvm || load_snapshot(w->m, o->cfg.loadvm)) &&
           (!o->savevm_file || note_savevm(w, o->savevm_at)) &&
           (!o->profile || begin_profile(w, o->profile));
}

bool watchers_start(struct watchers *w, const struct options *o, struct chardev *console)
{
    if (!o->gdb && !o->halt_at_start && !wants_prompt(o) && !o->savevm_file && !o->reverse)
        return true;
    w->debug = debug_create(w->m);
    if (!w->debug)
        return false;
    if (o->halt_at_start)
        debug_halt_at_start(w->debug);
    if (o->reverse && !debug_keep_history(w->debug, o->reverse))
        return false;
    return start_fronts(w, o, console);
}

void watchers_end(struct watchers *w)
{
    prompt_destroy(w->prompt);
    gdb_server_destroy(w->gdb);
    debug_destroy(w->debug);
    close_traces(w);
    end_profile(w);
}
