/* SPDX-License-Identifier: Apache-2.0 */
/* The program pefemu: options in, machine, exit status out. */
#include "dump.h"
#include "options.h"
#include "stats.h"
#include "watchers.h"

#include "pefemu/chardev.h"
#include "pefemu/err.h"
#include "pefemu/hostclock.h"
#include "pefemu/lockstep.h"
#include "pefemu/log.h"
#include "pefemu/symbols.h"

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
                                   struct watchers *w, uint64_t start_ns)
{
    struct stats_marker marker = {.m = m, .text = o->stats_on, .start_ns = start_ns};
    enum machine_stop stop = STOP_NONE; /* EXIT_PEF_HOST */
    if (o->stats_on)
        chardev_watch(m->console, stats_watch, &marker);
    if (ls)
        stop = run_lockstep(ls);
    else if (watchers_start(w, o, m->console))
        stop = o->cfg.dumpdtb ? STOP_POWER_OFF : machine_run(m);
    watchers_end(w);
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
    struct machine *m = machine_build(&o->cfg, console);
    struct watchers watchers = {0};
    bool on = m && watchers_begin(&watchers, o, m) && machine_power_on(m);
    bool twice = on && o->cfg.lockstep.on && !o->cfg.dumpdtb;
    struct lockstep *ls = twice ? lockstep_create(m) : NULL;
    if (!on || (twice && !ls) || !symbols_load_options(m) || !watchers_prepare(&watchers, o)) {
        watchers_end(&watchers);
        lockstep_destroy(ls);
        machine_destroy(m);
        chardev_close(console);
        return EXIT_PEF_USAGE;
    }
    enum machine_stop stop = run_guest(m, ls, o, &watchers, start_ns);
    if (o->dump_regs != DUMP_NONE && chardev_mid_line(console))
        putchar('\n'); /* the dump begins on a line of its own */
    chardev_close(console);
    int status = report(m, o, stop, start_ns, &dump);
    if (watchers.unwritten && status == EXIT_PEF_OK)
        status = EXIT_PEF_HOST;
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
