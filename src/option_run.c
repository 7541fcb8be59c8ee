/* SPDX-License-Identifier: Apache-2.0 */
/* Options about a run of the machine: images, time, console, how it ends, what it prints. */
#include "option_parse.h"
#include "option_value.h"

#include "pefemu/chardev.h"
#include "pefemu/err.h"
#include "pefemu/history.h"
#include "pefemu/gdb.h"
#include "pefemu/log.h"
#include "pefemu/profile.h"
#include "pefemu/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* ---- options that are kept as they are, or are accepted and say nothing new ---- */

#define KEEP(id, member)                                                                           \
    PARSE(id)                                                                                      \
    {                                                                                              \
        o->member = arg;                                                                           \
        return OK;                                                                                 \
    }
#define SWITCH_ON(id, member)                                                                      \
    PARSE(id)                                                                                      \
    {                                                                                              \
        o->member = true;                                                                          \
        return OK;                                                                                 \
    }
#define ACCEPT(id)                                                                                 \
    PARSE(id)                                                                                      \
    {                                                                                              \
        return OK;                                                                                 \
    }
#define ACCEPT_NONE(id, why)                                                                       \
    PARSE(id)                                                                                      \
    {                                                                                              \
        return strcmp(arg, "none") ? option_bad(OPT_##id, arg, why) : OK;                          \
    }

KEEP(KERNEL, cfg.kernel)
KEEP(INITRD, cfg.initrd)
KEEP(APPEND, cfg.append)
KEEP(BIOS, cfg.bios)
KEEP(DTB, cfg.dtb)
KEEP(STATS_ON, stats_on)
KEEP(LOADVM, cfg.loadvm)
KEEP(DUMP_AS_HYPERVISOR, dump_as_hypervisor)
KEEP(DUMP_NORMAL_RAM, dump_normal_ram)
KEEP(LOGFILE, log_file)
SWITCH_ON(NO_REBOOT, cfg.reboot_stops)
SWITCH_ON(NO_SHUTDOWN, cfg.shutdown_pauses)
SWITCH_ON(STOP_AT_START, halt_at_start)
ACCEPT(NOGRAPHIC)
ACCEPT(NAME)
ACCEPT(NODEFAULTS)
ACCEPT_NONE(DISPLAY, "there is no display; use -display none")

PARSE(GUEST_FILE)
{
    const char *colon = strchr(arg, ':');
    if (!colon || colon == arg || !colon[1])
        return option_bad(OPT_GUEST_FILE, arg, "not HOST:GUEST; use for example ./prog:/bin/prog");
    if (!option_append(o->guest_files, arg))
        return option_bad(OPT_GUEST_FILE, arg,
                          "too many files; put them into an initrd of your own");
    o->cfg.guest_files = o->guest_files;
    return OK;
}

/* ---- time and chance ---- */

static bool parse_rr(const char *value, enum outside_mode *mode)
{
    bool record = value && !strcmp(value, "record"), replay = value && !strcmp(value, "replay");
    *mode = record ? OUTSIDE_RECORD : OUTSIDE_REPLAY;
    return record || replay;
}

PARSE(ICOUNT)
{
    struct value_list list;
    struct value_item it;
    o->icount_given = true;
    if (!value_list(&list, arg))
        return option_bad(OPT_ICOUNT, "...", "too long; use for example shift=0,sleep=off");
    for (bool first = true; value_next(&list, &it); first = false) {
        uint64_t shift;
        if (!strcmp(it.key, "shift") || (first && !it.value)) {
            if (!value_u64(it.value ? it.value : it.key, 10, &shift))
                return option_bad(OPT_ICOUNT, arg,
                                  "shift is not a number from 0 to 10; use shift=0");
            o->cfg.icount_shift = shift;
        } else if (!strcmp(it.key, "sleep")) {
            if (!value_bool(it.value, &o->cfg.icount_sleep))
                return option_bad(OPT_ICOUNT, arg, "sleep is on or off; use for example sleep=off");
        } else if (!strcmp(it.key, "rr")) {
            if (!parse_rr(it.value, &o->cfg.rr))
                return option_bad(OPT_ICOUNT, arg, "rr is record or replay");
        } else if (!strcmp(it.key, "rrfile") && it.value && *it.value) {
            free(o->rr_file);
            o->cfg.rr_file = o->rr_file = strdup(it.value);
        } else {
            return option_bad(OPT_ICOUNT, arg,
                              "unknown key; use shift=N, sleep=on|off, rr= and rrfile=");
        }
    }
    if (!o->cfg.rr != !o->cfg.rr_file)
        return option_bad(OPT_ICOUNT, arg, "rr=record|replay and rrfile=FILE go together");
    return OK;
}

PARSE(RTC)
{
    struct value_list list;
    struct value_item it;
    if (!value_list(&list, arg))
        return option_bad(OPT_RTC, "...", "too long; use for example base=2024-01-01");
    while (value_next(&list, &it)) {
        if (strcmp(it.key, "base") || !it.value)
            return option_bad(OPT_RTC, arg,
                              "only base= is understood; use base=utc, localtime or a date");
        o->rtc_fixed = false;
        if (!strcmp(it.value, "utc")) {
            o->cfg.rtc_base = -1;
        } else if (!strcmp(it.value, "localtime")) {
            time_t now = time(NULL);
            struct tm tm;
            localtime_r(&now, &tm);
            o->cfg.rtc_base = now + tm.tm_gmtoff;
        } else if (value_date(it.value, &o->cfg.rtc_base)) {
            o->rtc_fixed = true;
        } else {
            return option_bad(OPT_RTC, arg,
                              "not a date since 1970; use for example "
                              "base=2024-01-31T12:00:00");
        }
    }
    return OK;
}

PARSE(PERFMAP)
{
    (void)arg;
    o->cfg.perfmap = true;
    return OK;
}

PARSE(SEED)
{
    o->cfg.have_seed = true;
    return value_u64(arg, UINT64_MAX, &o->cfg.seed)
               ? OK
               : option_bad(OPT_SEED, arg, "not a number of up to 64 bits; use for example 1");
}

/* ---- console ---- */

PARSE(MONITOR)
{
    const char *why;
    return prompt_config_parse(&o->monitor, arg, &why) ? OK : option_bad(OPT_MONITOR, arg, why);
}

PARSE(SERIAL)
{
    const char *why;
    if (value_is_help(arg)) {
        printf("Consoles:\n  mon:stdio  stdio  file:PATH  null\n");
        return DONE;
    }
    if (o->serial_given)
        return option_bad(OPT_SERIAL, arg, "a second console is not there yet; give -serial once");
    if (!chardev_spec_valid(arg, &why))
        return option_bad(OPT_SERIAL, arg, why);
    o->serial = arg;
    o->serial_given = true;
    return OK;
}

/* ---- debugging ---- */

PARSE(GDB)
{
    const char *why;
    if (!gdb_spec_valid(arg, &why))
        return option_bad(OPT_GDB, arg, why);
    o->gdb = arg;
    return OK;
}

PARSE(GDB_DEFAULT)
{
    o->gdb = "tcp:127.0.0.1:1234";
    return OK;
}

/* ---- the end ---- */

PARSE(ACTION)
{
    struct value_list list;
    struct value_item it;
    if (value_is_help(arg)) {
        printf("Events and actions:\n  panic=shutdown|exit-failure|none\n"
               "  reboot=reset|shutdown\n  shutdown=poweroff|pause\n");
        return DONE;
    }
    if (!value_list(&list, arg))
        return option_bad(OPT_ACTION, "...", "too long; -action help lists what there is");
    while (value_next(&list, &it)) {
        const char *v = it.value ? it.value : "";
        if (!strcmp(it.key, "panic") &&
            (!strcmp(v, "none") || !strcmp(v, "shutdown") || !strcmp(v, "exit-failure")))
            o->cfg.panic_stops = strcmp(v, "none") != 0;
        else if (!strcmp(it.key, "reboot") && (!strcmp(v, "reset") || !strcmp(v, "shutdown")))
            o->cfg.reboot_stops = !strcmp(v, "shutdown");
        else if (!strcmp(it.key, "shutdown") && (!strcmp(v, "poweroff") || !strcmp(v, "pause")))
            o->cfg.shutdown_pauses = !strcmp(v, "pause");
        else
            return option_bad(OPT_ACTION, arg, "unknown event or action; -action help lists them");
    }
    return OK;
}

PARSE(TIMEOUT)
{
    char *end;
    errno = 0;
    o->cfg.timeout_s = strtod(arg, &end);
    if (errno || *end || end == arg || !(o->cfg.timeout_s > 0 && o->cfg.timeout_s < 1e9))
        return option_bad(OPT_TIMEOUT, arg, "not a number of seconds above 0; use for example 60");
    return OK;
}

PARSE(EXIT_ON)
{
    o->cfg.exit_on_trap = !strcmp(arg, "trap");
    return o->cfg.exit_on_trap ? OK : option_bad(OPT_EXIT_ON, arg, "unknown event; use trap");
}

PARSE(ICOUNT_LIMIT)
{
    return value_u64(arg, INT64_MAX, &o->cfg.insn_limit) && o->cfg.insn_limit
               ? OK
               : option_bad(OPT_ICOUNT_LIMIT, arg,
                            "not a positive number; use for example 1000000");
}

/* ---- snapshots ---- */

PARSE(REVERSE)
{
    o->reverse = HISTORY_INTERVAL;
    return !*arg || (value_u64(arg, INT64_MAX, &o->reverse) && o->reverse)
               ? OK
               : option_bad(OPT_REVERSE, arg, "not a positive number; use for example 10000000");
}

PARSE(SAVEVM_AT)
{
    char number[24];
    const char *comma = strchr(arg, ',');
    size_t len = comma ? (size_t)(comma - arg) : 0;
    bool ok = len && len < sizeof(number) && comma[1];
    if (ok) {
        memcpy(number, arg, len);
        number[len] = '\0';
        o->savevm_file = comma + 1;
    }
    return ok && value_u64(number, INT64_MAX, &o->savevm_at) && o->savevm_at
               ? OK
               : option_bad(OPT_SAVEVM_AT, arg,
                            "not POSITION,FILE; use for example 1000000,boot.snap");
}

/* ---- what is printed ---- */

PARSE(STATS)
{
    if (*arg && strcmp(arg, "json"))
        return option_bad(OPT_STATS, arg, "unknown form; use -stats or -stats=json");
    o->stats = *arg ? STATS_JSON : STATS_TEXT;
    return OK;
}

PARSE(DUMP_REGS)
{
    if (*arg && strcmp(arg, "json"))
        return option_bad(OPT_DUMP_REGS, arg, "unknown form; use json");
    o->dump_regs = *arg ? DUMP_JSON : DUMP_TEXT;
    return OK;
}

PARSE(SYM)
{
    o->cfg.symbols = o->symbols;
    return option_append(o->symbols, arg) ? OK : option_bad(OPT_SYM, arg, "too many of them");
}

PARSE(TRACEFILE)
{
    char message[TRACE_MESSAGE];
    if (!trace_check(arg, message))
        return option_bad(OPT_TRACEFILE, "", message);
    return option_append(o->traces, arg) ? OK : option_bad(OPT_TRACEFILE, arg, "too many of them");
}

PARSE(PROFILE)
{
    char message[PROFILE_MESSAGE];
    if (!profile_check(arg, message))
        return option_bad(OPT_PROFILE, "", message);
    o->profile = arg;
    return OK;
}

PARSE(LOG)
{
    const char *word;
    if (!log_set_items(arg, &word))
        return value_is_help(arg) ? DONE : OK;
    pef_complain("-d %s: no log item '%.*s'; -d help lists them", arg, (int)strcspn(word, ","),
                 word);
    return BAD;
}
