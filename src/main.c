/* SPDX-License-Identifier: Apache-2.0 */
/* The program pefemu: options in, machine, exit status out. */
#include "dump.h"
#include "options.h"
#include "stats.h"

#include "pefemu/chardev.h"
#include "pefemu/debug.h"
#include "pefemu/err.h"
#include "pefemu/gdb.h"
#include "pefemu/hostclock.h"
#include "pefemu/lockstep.h"
#include "pefemu/log.h"
#include "pefemu/prompt.h"
#include "pefemu/snapshot.h"
#include "pefemu/symbols.h"
#include "pefemu/trace.h"

#include <signal.h>
#include <unistd.h>

static int exit_status(const struct machine *m, enum machine_stop stop)
{
    switch (stop) {
    case STOP_POWER_OFF:
    case STOP_REBOOT:
    case STOP_QUIT:
        return EXIT_PEF_OK;
    case STOP_EXIT:
        return m->exit_code;
    case STOP_PANIC:
        return EXIT_PEF_PANIC;
    case STOP_CHECKSTOP:
        return EXIT_PEF_CHECKSTOP;
    case STOP_FIRMWARE_EXIT:
        return EXIT_PEF_FIRMWARE;
    case STOP_TIMEOUT:
    case STOP_LIMIT:
        return EXIT_PEF_TIMEOUT;
    case STOP_TRAP:
        return EXIT_PEF_TRAP;
    case STOP_DIVERGED:
        return EXIT_PEF_REPLAY;
    case STOP_LOCKSTEP:
        return EXIT_PEF_LOCKSTEP;
    case STOP_NONE:
    case STOP_RESTORE:
        break;
    }
    return EXIT_PEF_HOST;
}

/* Ends other than the guest's or the user's own wish deserve a line. */
static void say_why(const struct machine *m, enum machine_stop stop)
{
    static const char *const what[] = {
        [STOP_PANIC] = "the guest panicked",
        [STOP_CHECKSTOP] = "checkstop, the guest can not go on",
        [STOP_FIRMWARE_EXIT] = "the kernel gave up and called the firmware's exit",
        [STOP_TIMEOUT] = "the time of -timeout is up",
    };
    if (stop < ARRAY_SIZE(what) && what[stop])
        pef_complain("%s%s%s", what[stop], m->stop_text[0] ? ": " : "", m->stop_text);
}

/* The traces of -tracefile. */
struct traces {
    struct trace *trace[OPTIONS_MAX_REPEATS + 1];
    unsigned count;
};

static void traces_close(struct traces *all)
{
    while (all->count)
        trace_close(all->trace[--all->count]);
}

static bool traces_open(struct traces *all, const struct options *o, struct machine *m)
{
    char message[TRACE_MESSAGE];
    all->count = 0;
    for (const char *const *spec = o->traces; *spec; spec++) {
        struct trace *t = trace_open(m, *spec, message);
        if (!t) {
            pef_complain("-tracefile %s", message);
            traces_close(all);
            return false;
        }
        all->trace[all->count++] = t;
    }
    return true;
}

/* The debugger and its front ends, as far as they were asked for. */
struct debuggers {
    struct debug *debug; /* all owned */
    struct gdb_server *gdb;
    struct prompt *prompt;
};

/* The prompt behind Ctrl-A c is always there and costs nothing until it is used. */
static bool wants_prompt(const struct options *o)
{
    if (o->monitor.where == PROMPT_DEFAULT)
        return !strcmp(o->serial, "mon:stdio");
    return o->monitor.where != PROMPT_NONE;
}

static bool debuggers_start(struct debuggers *all, const struct options *o, struct machine *m,
                            struct chardev *console)
{
    bool prompt = wants_prompt(o);
    *all = (struct debuggers){0};
    if (!o->gdb && !o->halt_at_start && !prompt && !o->savevm_file && !o->reverse)
        return true;
    all->debug = debug_create(m);
    if (all->debug && o->halt_at_start)
        debug_halt_at_start(all->debug);
    if (all->debug && o->reverse && !debug_keep_history(all->debug, o->reverse))
        return false;
    if (all->debug && o->gdb)
        all->gdb = gdb_server_create(all->debug, o->gdb);
    if (all->debug && prompt)
        all->prompt = prompt_create(all->debug, &o->monitor, console);
    return all->debug && (all->gdb || !o->gdb) && (all->prompt || !prompt);
}

static void debuggers_stop(struct debuggers *all)
{
    prompt_destroy(all->prompt);
    gdb_server_destroy(all->gdb);
    debug_destroy(all->debug);
}

/* -savevm-at: the position is reached. */
struct savevm {
    struct machine *m;
    const char *file;
};

static void save_at(void *opaque)
{
    const struct savevm *s = opaque;
    char why[SNAPSHOT_WHY_MAX];
    if (snapshot_save(s->m, s->file, why, sizeof(why)))
        machine_say(s->m, "snapshot written to %s", s->file);
    else
        pef_complain("-savevm-at %s: %s", s->file, why);
}

/* -loadvm and -savevm-at. False with one line on stderr. */
static bool prepare_snapshots(const struct options *o, struct savevm *s)
{
    char why[SNAPSHOT_WHY_MAX];
    if (o->cfg.loadvm && !snapshot_load(s->m, o->cfg.loadvm, why, sizeof(why))) {
        pef_complain("-loadvm %s: %s", o->cfg.loadvm, why);
        return false;
    }
    if (!o->savevm_file)
        return true;
    struct debug *d = debug_create(s->m);
    if (d)
        debug_set_mark(d, o->savevm_at, save_at, s);
    return d != NULL;
}

/* Two machines instead of one. */
static enum machine_stop run_lockstep(struct lockstep *ls)
{
    enum machine_stop stop = lockstep_run(ls);
    if (stop == STOP_LOCKSTEP)
        lockstep_report(ls, stderr);
    return stop;
}

/* Runs the guest. With -M ...,dumpdtb= there is nothing to run: the tree has been written. */
static enum machine_stop run_guest(struct machine *m, struct lockstep *ls, const struct options *o,
                                   uint64_t start_ns)
{
    struct stats_marker marker = {.m = m, .text = o->stats_on, .start_ns = start_ns};
    struct debuggers debuggers;
    enum machine_stop stop = STOP_NONE; /* EXIT_PEF_HOST */
    if (o->stats_on)
        chardev_watch(m->console, stats_watch, &marker);
    if (ls)
        stop = run_lockstep(ls);
    else if (debuggers_start(&debuggers, o, m, m->console))
        stop = o->cfg.dumpdtb ? STOP_POWER_OFF : machine_run(m);
    if (!ls)
        debuggers_stop(&debuggers);
    chardev_watch(m->console, NULL, NULL);
    return stop;
}

/* The guest has ended and the terminal is the user's again: what is printed and written then. */
static int report(struct machine *m, const struct options *o, enum machine_stop stop,
                  uint64_t start_ns, struct dump_files *dump)
{
    int status = exit_status(m, stop);
    say_why(m, stop);
    stats_print(m, o->stats, start_ns);
    dump_regs(m, o->dump_regs);
    if (!dump_memory(dump, m) && status == EXIT_PEF_OK)
        status = EXIT_PEF_HOST;
    return status;
}

static int run(const struct options *o)
{
    uint64_t start_ns = host_ns(CLOCK_MONOTONIC);
    const char *why = "";
    struct dump_files dump;
    if (!dump_open(&dump, o->dump_normal_ram, o->dump_as_hypervisor))
        return EXIT_PEF_USAGE;
    struct chardev *console = chardev_open(o->serial, &why);
    if (!console) {
        pef_complain("-serial %s: %s", o->serial, why);
        return EXIT_PEF_USAGE;
    }
    struct machine *m = machine_create(&o->cfg, console);
    bool twice = m && o->cfg.lockstep.on && !o->cfg.dumpdtb;
    struct lockstep *ls = twice ? lockstep_create(m, &engine_ref) : NULL;
    struct savevm savevm = {.m = m, .file = o->savevm_file};
    struct traces traces;
    if (!m || (twice && !ls) || !symbols_load_options(m) || !prepare_snapshots(o, &savevm) ||
        !traces_open(&traces, o, m)) {
        lockstep_destroy(ls);
        machine_destroy(m);
        chardev_close(console);
        return EXIT_PEF_USAGE;
    }
    enum machine_stop stop = run_guest(m, ls, o, start_ns);
    traces_close(&traces);
    if (o->dump_regs != DUMP_NONE && chardev_mid_line(console))
        putchar('\n'); /* the dump begins on a line of its own */
    chardev_close(console);
    int status = report(m, o, stop, start_ns, &dump);
    lockstep_destroy(ls);
    machine_destroy(m);
    return status;
}

int main(int argc, char **argv)
{
    struct options o;
    enum options_result result = options_parse(&o, argc, argv);
    int status = result == OPTIONS_BAD ? EXIT_PEF_USAGE : EXIT_PEF_OK;
    int sig;
    if (result == OPTIONS_RUN)
        status = run(&o);
    options_free(&o);
    log_close();
    if (fflush(stdout) == EOF && status == EXIT_PEF_OK)
        status = EXIT_PEF_HOST;
    /* Ended by a signal: end by the same one, so that the caller (a shell, timeout(1)) knows. */
    sig = chardev_quit_signal();
    if (sig) {
        signal(sig, SIG_DFL);
        raise(sig);
    }
    return status;
}
