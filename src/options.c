/* SPDX-License-Identifier: Apache-2.0 */
/* The command line, driven by option.def: parsing, --help, --version, checks of every value. */
#include "options.h"

#include "pefemu/chardev.h"
#include "pefemu/err.h"
#include "pefemu/log.h"
#include "version.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <elfutils/version.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>
#include <zstd.h>

#define RAM_MAX (1024 * GiB)

enum option_id {
#define OPTION_GROUP(title)
#define OPTION(id, ...) OPT_##id,
#include "pefemu/option.def"
#undef OPTION_GROUP
#undef OPTION
    OPT_COUNT
};

static const struct option_row {
    const char *name, *other, *arg, *help;
} rows[] = {
#define OPTION_GROUP(title)
#define OPTION(id, name, other, arg, words, help, more) {name, other, arg, help},
#include "pefemu/option.def"
#undef OPTION_GROUP
#undef OPTION
};

/* What a value parser answers; anything but OK ends option parsing. */
enum parse { OK, DONE, BAD };

static enum parse bad(enum option_id id, const char *value, const char *why)
{
    pef_complain("-%s %s: %s", rows[id].name, value, why);
    return BAD;
}

/* ---- small parsers ---- */

/* One "key=value" or "word" of a comma list; the pieces point into @copy, which is cut up. */
struct item {
    char *key, *value; /* value NULL: a word */
};

static bool next_item(char **rest, struct item *it)
{
    char *s = *rest, *eq;
    if (!s)
        return false;
    *rest = strchr(s, ',');
    if (*rest)
        *(*rest)++ = '\0';
    eq = strchr(s, '=');
    if (eq)
        *eq++ = '\0';
    *it = (struct item){s, eq};
    return true;
}

static bool parse_u64(const char *s, uint64_t max, uint64_t *out)
{
    char *end;
    if (!s || !isdigit((unsigned char)*s))
        return false;
    errno = 0;
    *out = strtoull(s, &end, 0);
    return !errno && !*end && *out <= max;
}

static bool parse_size(const char *s, uint64_t *out)
{
    char *end;
    double n;
    uint64_t unit = MiB;
    if (!s || !isdigit((unsigned char)*s))
        return false;
    errno = 0;
    n = strtod(s, &end);
    switch (toupper((unsigned char)*end)) {
    case 'K':
        unit = KiB;
        break;
    case 'M':
        unit = MiB;
        break;
    case 'G':
        unit = GiB;
        break;
    case 'T':
        unit = 1024 * GiB;
        break;
    case 'B':
        unit = 1;
        break;
    case '\0':
        end--;
        break;
    default:
        return false;
    }
    if (errno || end[1] || n < 0 || n * (double)unit > 1e18)
        return false;
    *out = (uint64_t)(n * (double)unit);
    return true;
}

static bool parse_bool(const char *s, bool *out)
{
    static const char *const yes[] = {"on", "yes", "true", "y"}, *const no[] = {"off", "no",
                                                                                "false", "n"};
    if (!s)
        return false;
    for (unsigned i = 0; i < ARRAY_SIZE(yes); i++)
        if (!strcmp(s, yes[i]) || !strcmp(s, no[i])) {
            *out = !strcmp(s, yes[i]);
            return true;
        }
    return false;
}

static bool is_help(const char *s)
{
    return !strcmp(s, "help") || !strcmp(s, "?");
}

/* ---- one function per option that has structure ---- */

static bool bare_property(struct options *o, const struct item *it)
{
    struct bare_config *b = &o->cfg.bare;
    if (!strcmp(it->key, "smf"))
        return parse_bool(it->value, &b->smf);
    if (!strcmp(it->key, "secure-mem"))
        return parse_size(it->value, &b->secure_size) && b->secure_size % (64 * KiB) == 0;
    if (!strcmp(it->key, "exit"))
        return b->have_exit = parse_u64(it->value, UINT64_MAX, &b->exit);
    return false;
}

static enum parse machine_help(const struct machine_kind *kind)
{
    printf("Properties of -M %s:\n  %s\n", kind->name, kind->properties);
    return DONE;
}

/* Appends to one of the lists of repeatable options. */
static enum parse append(enum option_id id, const char **list, const char *arg)
{
    unsigned n = 0;
    while (list[n])
        n++;
    if (n == OPTIONS_MAX_GUEST_FILES)
        return bad(id, arg, "too many of them");
    list[n] = arg;
    return OK;
}

static enum parse opt_machine(struct options *o, const char *arg)
{
    char copy[4352], *rest = copy;
    struct item it;
    if (is_help(arg)) {
        printf("Machines:\n");
        for (unsigned i = 0; machine_kinds[i]; i++)
            printf("  %-9s %s\n            %s\n", machine_kinds[i]->name, machine_kinds[i]->summary,
                   machine_kinds[i]->properties);
        return DONE;
    }
    if (strlen(arg) >= sizeof(copy))
        return bad(OPT_MACHINE, "...", "too long; shorten the file name");
    strcpy(copy, arg);
    for (bool first = true; next_item(&rest, &it); first = false) {
        const char *name = it.key;
        if (first && (!it.value || !strcmp(it.key, "type"))) {
            const struct machine_kind *kind = machine_kind_find(it.value ? it.value : it.key);
            if (!kind)
                return bad(OPT_MACHINE, arg, "no such machine; use pseries (-M help lists them)");
            o->cfg.machine = kind->name;
        } else if (!it.value && is_help(it.key)) {
            return machine_help(machine_kind_find(o->cfg.machine));
        } else if (!strcmp(o->cfg.machine, "bare")) {
            if (!bare_property(o, &it))
                return bad(OPT_MACHINE, arg, "unknown property or value; -M help lists them");
        } else if (!strcmp(name, "ic-mode")) {
            bool xics = it.value && !strcmp(it.value, "xics");
            bool xive = it.value && !strcmp(it.value, "xive");
            bool dual = it.value && !strcmp(it.value, "dual");
            if (!xics && !xive && !dual)
                return bad(OPT_MACHINE, arg, "unknown ic-mode; use ic-mode=xics, xive or dual");
            o->ic_given = true;
            o->cfg.xics_allowed = xics || dual;
            o->cfg.xive_allowed = xive || dual;
        } else if (!strcmp(name, "pef")) {
            if (!parse_bool(it.value, &o->cfg.pef))
                return bad(OPT_MACHINE, arg, "pef is on or off; use for example pef=off");
        } else if (!strcmp(name, "secure-mem")) {
            if (!parse_size(it.value, &o->cfg.secure_size) || !o->cfg.secure_size ||
                o->cfg.secure_size % (2 * MiB) || o->cfg.secure_size > RAM_MAX)
                return bad(OPT_MACHINE, arg,
                           "secure-mem is no multiple of 2M; use for example secure-mem=2304M");
        } else if (!strcmp(name, "svm-paging")) {
            if (!parse_u64(it.value, 1000000, &o->cfg.svm_paging))
                return bad(OPT_MACHINE, arg, "svm-paging is a number of pages per second");
        } else if (!strcmp(name, "svm-paging-seed")) {
            if (!parse_u64(it.value, UINT64_MAX, &o->cfg.svm_paging_seed))
                return bad(OPT_MACHINE, arg, "svm-paging-seed is a number");
        } else if (!strcmp(name, "hv-fault")) {
            static const char *const faults[] = {"none", "refuse", "delay", "corrupt", "rtas"};
            unsigned k = 0;
            while (k < ARRAY_SIZE(faults) && (!it.value || strcmp(it.value, faults[k])))
                k++;
            if (k == ARRAY_SIZE(faults))
                return bad(OPT_MACHINE, arg, "hv-fault is none, refuse, delay, corrupt or rtas");
            o->cfg.hv_fault = (enum hv_fault)k;
        } else if (!strcmp(name, "dumpdtb")) {
            if (!it.value || !*it.value)
                return bad(OPT_MACHINE, arg, "dumpdtb needs a file; use dumpdtb=FILE");
            free(o->dumpdtb);
            o->dumpdtb = strdup(it.value);
            o->cfg.dumpdtb = o->dumpdtb;
        } else {
            return bad(OPT_MACHINE, arg, "unknown property; -M help lists them");
        }
    }
    return OK;
}

static enum parse opt_tpmstate(struct options *o, const char *arg)
{
    if (strncmp(arg, "dir=", 4) || !arg[4])
        return bad(OPT_TPMSTATE, arg, "a folder is needed; use dir=DIR");
    o->cfg.tpm.state_dir = arg + 4;
    o->cfg.tpm.create = true;
    return OK;
}

/* The value of @key in the list @arg, cut out of @copy; NULL: not there. */
static const char *find_key(char *copy, const char *key)
{
    struct item it;
    for (char *rest = copy; next_item(&rest, &it);)
        if (it.value && *it.value && !strcmp(it.key, key))
            return it.value;
    return NULL;
}

static enum parse opt_chardev(struct options *o, const char *arg)
{
    char *id = strdup(arg), *path = strdup(arg);
    const char *id_value = find_key(id, "id"), *path_value = find_key(path, "path");
    bool ok = !strncmp(arg, "socket,", 7) && id_value && path_value;
    if (ok) {
        free(o->socket);
        free(o->chardev_id);
        o->socket = strdup(path_value);
        o->chardev_id = strdup(id_value);
    }
    free(id);
    free(path);
    return ok ? OK : bad(OPT_CHARDEV, arg, "use socket,id=ID,path=PATH");
}

static enum parse opt_tpmdev(struct options *o, const char *arg)
{
    char *copy = strdup(arg);
    const char *value = find_key(copy, "chardev");
    bool ok = !strncmp(arg, "emulator,", 9) && value;
    bool known = ok && o->chardev_id && !strcmp(value, o->chardev_id);
    free(copy);
    if (!ok)
        return bad(OPT_TPMDEV, arg, "use emulator,id=ID,chardev=ID");
    if (!known)
        return bad(OPT_TPMDEV, arg,
                   "no such chardev; put -chardev socket,id=ID,path=PATH in front");
    o->cfg.tpm.socket = o->socket;
    return OK;
}

static enum parse opt_memory(struct options *o, const char *arg)
{
    char copy[256], *rest = copy;
    struct item it;
    if (strlen(arg) >= sizeof(copy))
        return bad(OPT_MEMORY, "...", "not a size; use for example 2G");
    strcpy(copy, arg);
    o->memory_given = arg;
    if (!next_item(&rest, &it) || rest || (it.value && strcmp(it.key, "size")))
        return bad(OPT_MEMORY, arg, "only a size is understood; use for example -m 2G");
    if (!parse_size(it.value ? it.value : it.key, &o->cfg.ram_size))
        return bad(OPT_MEMORY, arg, "not a size; use a number with K, M, G or T, for example 2G");
    return OK;
}

static enum parse opt_smp(struct options *o, const char *arg)
{
    enum { CPUS, CORES, THREADS, SOCKETS, MAXCPUS, N };
    static const char *const keys[N] = {"cpus", "cores", "threads", "sockets", "maxcpus"};
    uint64_t v[N] = {0}, cpus, cores, threads;
    char copy[256], *rest = copy;
    struct item it;
    if (strlen(arg) >= sizeof(copy))
        return bad(OPT_SMP, "...", "not a number of CPUs; use for example -smp 4");
    strcpy(copy, arg);
    for (bool first = true; next_item(&rest, &it); first = false) {
        unsigned k = 0;
        if (first && !it.value) {
            it.value = it.key;
        } else {
            while (k < N && strcmp(it.key, keys[k]))
                k++;
        }
        if (k == N)
            return bad(OPT_SMP, arg,
                       "unknown key; use cpus=, cores=, threads=, for example "
                       "-smp 4,threads=2");
        if (!parse_u64(it.value, 1u << 20, &v[k]) || !v[k])
            return bad(OPT_SMP, arg, "not a positive number; use for example -smp 4");
    }
    threads = v[THREADS] ? v[THREADS] : 1;
    if (threads != 1 && threads != 2 && threads != 4)
        return bad(OPT_SMP, arg, "POWER9 has 1, 2 or 4 threads per core; use threads=1, 2 or 4");
    cores = (v[CORES] ? v[CORES] : 1) * (v[SOCKETS] ? v[SOCKETS] : 1);
    cpus = v[CPUS] ? v[CPUS] : cores * threads;
    if (!v[CORES])
        cores = (cpus + threads - 1) / threads;
    if (cpus > MACHINE_MAX_CPUS)
        return bad(OPT_SMP, arg, "too many CPUs; use 1 to 16");
    if (cpus != cores * threads || (v[MAXCPUS] && v[MAXCPUS] != cpus))
        return bad(OPT_SMP, arg, "the numbers do not agree; cpus must be cores * threads");
    o->cfg.cpus = cpus;
    o->cfg.cores = cores;
    o->cfg.threads = threads;
    return OK;
}

static enum parse list_sprs(void)
{
    struct spr_desc d;
    printf(
        "Special purpose registers: number, name, bits, least privileged state that may read and "
        "write\n(U problem, P privileged, H hypervisor, V ultravisor, - nobody)\n");
    for (unsigned n = 0; n < 1024; n++)
        if (cpu_spr_describe(n, &d))
            printf("  %4u  %-9s %2u  %c %c\n", n, d.name, d.bits, d.read == 'N' ? '-' : d.read,
                   d.write == 'N' ? '-' : d.write);
    return DONE;
}

static enum parse opt_cpu(const char *arg)
{
    if (is_help(arg)) {
        printf("CPUs:\n  power9   POWER9 DD2.3, PVR 0x004e1203, Power ISA v3.0B (default)\n");
        return DONE;
    }
    if (!strcasecmp(arg, "power9,help"))
        return list_sprs();
    if (strcasecmp(arg, "power9"))
        return bad(OPT_CPU, arg, "no such processor or property; use power9");
    return OK;
}

static enum parse opt_accel(struct options *o, const char *arg)
{
    if (is_help(arg)) {
        printf("Engines:\n  %-8s %s\n  %-8s %s\n", engine_interp.name, engine_interp.summary,
               engine_ref.name, engine_ref.summary);
        return DONE;
    }
    o->cfg.engine = engine_find(arg);
    if (!o->cfg.engine)
        return bad(OPT_ACCEL, arg, "no such engine; use interp or ref");
    return OK;
}

static enum parse opt_icount(struct options *o, const char *arg)
{
    char copy[256], *rest = copy;
    struct item it;
    if (strlen(arg) >= sizeof(copy))
        return bad(OPT_ICOUNT, "...", "too long; use for example shift=0,sleep=off");
    strcpy(copy, arg);
    for (bool first = true; next_item(&rest, &it); first = false) {
        uint64_t shift;
        if (!strcmp(it.key, "shift") || (first && !it.value)) {
            if (!parse_u64(it.value ? it.value : it.key, 10, &shift))
                return bad(OPT_ICOUNT, arg, "shift is not a number from 0 to 10; use shift=0");
            o->cfg.icount_shift = shift;
        } else if (!strcmp(it.key, "sleep")) {
            if (!parse_bool(it.value, &o->cfg.icount_sleep))
                return bad(OPT_ICOUNT, arg, "sleep is on or off; use for example sleep=off");
        } else {
            return bad(OPT_ICOUNT, arg, "unknown key; use shift=N and sleep=on|off");
        }
    }
    return OK;
}

static bool parse_date(const char *s, int64_t *out)
{
    struct tm tm = {0};
    const char *end = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
    struct tm check;
    time_t t;
    if (!end) {
        memset(&tm, 0, sizeof(tm));
        end = strptime(s, "%Y-%m-%d", &tm);
    }
    if (!end || *end)
        return false;
    check = tm;
    t = timegm(&check); /* the 31st of June comes out as another day */
    if (check.tm_mday != tm.tm_mday || t < 0 || check.tm_year > 9999 - 1900)
        return false;
    *out = t;
    return true;
}

static enum parse opt_rtc(struct options *o, const char *arg)
{
    char copy[256], *rest = copy;
    struct item it;
    if (strlen(arg) >= sizeof(copy))
        return bad(OPT_RTC, "...", "too long; use for example base=2024-01-01");
    strcpy(copy, arg);
    while (next_item(&rest, &it)) {
        if (strcmp(it.key, "base") || !it.value)
            return bad(OPT_RTC, arg, "only base= is understood; use base=utc, localtime or a date");
        o->rtc_fixed = false;
        if (!strcmp(it.value, "utc")) {
            o->cfg.rtc_base = -1;
        } else if (!strcmp(it.value, "localtime")) {
            time_t now = time(NULL);
            struct tm tm;
            localtime_r(&now, &tm);
            o->cfg.rtc_base = now + tm.tm_gmtoff;
        } else if (parse_date(it.value, &o->cfg.rtc_base)) {
            o->rtc_fixed = true;
        } else {
            return bad(OPT_RTC, arg,
                       "not a date since 1970; use for example "
                       "base=2024-01-31T12:00:00");
        }
    }
    return OK;
}

static enum parse opt_action(struct options *o, const char *arg)
{
    char copy[256], *rest = copy;
    struct item it;
    if (is_help(arg)) {
        printf("Events and actions:\n  panic=shutdown|exit-failure|none\n"
               "  reboot=reset|shutdown\n  shutdown=poweroff|pause\n");
        return DONE;
    }
    if (strlen(arg) >= sizeof(copy))
        return bad(OPT_ACTION, "...", "too long; -action help lists what there is");
    strcpy(copy, arg);
    while (next_item(&rest, &it)) {
        const char *v = it.value ? it.value : "";
        if (!strcmp(it.key, "panic") &&
            (!strcmp(v, "none") || !strcmp(v, "shutdown") || !strcmp(v, "exit-failure")))
            o->cfg.panic_stops = strcmp(v, "none") != 0;
        else if (!strcmp(it.key, "reboot") && (!strcmp(v, "reset") || !strcmp(v, "shutdown")))
            o->cfg.reboot_stops = !strcmp(v, "shutdown");
        else if (!strcmp(it.key, "shutdown") && (!strcmp(v, "poweroff") || !strcmp(v, "pause")))
            o->cfg.shutdown_pauses = !strcmp(v, "pause");
        else
            return bad(OPT_ACTION, arg, "unknown event or action; -action help lists them");
    }
    return OK;
}

static enum parse opt_timeout(struct options *o, const char *arg)
{
    char *end;
    errno = 0;
    o->cfg.timeout_s = strtod(arg, &end);
    if (errno || *end || end == arg || !(o->cfg.timeout_s > 0 && o->cfg.timeout_s < 1e9))
        return bad(OPT_TIMEOUT, arg, "not a number of seconds above 0; use for example 60");
    return OK;
}

static enum parse opt_guest_file(struct options *o, const char *arg)
{
    unsigned n = 0;
    const char *colon = strchr(arg, ':');
    if (!colon || colon == arg || !colon[1])
        return bad(OPT_GUEST_FILE, arg, "not HOST:GUEST; use for example ./prog:/bin/prog");
    while (o->guest_files[n])
        n++;
    if (n == OPTIONS_MAX_GUEST_FILES)
        return bad(OPT_GUEST_FILE, arg, "too many files; put them into an initrd of your own");
    o->guest_files[n] = arg;
    o->cfg.guest_files = o->guest_files;
    return OK;
}

static enum parse opt_serial(struct options *o, const char *arg)
{
    const char *why;
    if (is_help(arg)) {
        printf("Consoles:\n  mon:stdio  stdio  file:PATH  null\n");
        return DONE;
    }
    if (o->serial_given)
        return bad(OPT_SERIAL, arg, "a second console is not there yet; give -serial once");
    if (!chardev_spec_valid(arg, &why))
        return bad(OPT_SERIAL, arg, why);
    o->serial = arg;
    o->serial_given = true;
    return OK;
}

static enum parse opt_stats(struct options *o, const char *arg)
{
    if (*arg && strcmp(arg, "json"))
        return bad(OPT_STATS, arg, "unknown form; use -stats or -stats=json");
    o->stats = *arg ? STATS_JSON : STATS_TEXT;
    return OK;
}

static enum parse opt_log(const char *arg)
{
    const char *word;
    if (!log_set_items(arg, &word))
        return is_help(arg) ? DONE : OK;
    pef_complain("-d %s: no log item '%.*s'; -d help lists them", arg, (int)strcspn(word, ","),
                 word);
    return BAD;
}

static enum parse print_version(void)
{
    printf("pefemu %s (commit %s)\n", PEFEMU_VERSION, PEFEMU_COMMIT);
    printf("POWER9 DD2.3 (PVR 0x004e1203), Power ISA v3.0B\n");
    printf("libelf 0.%u, zlib %s, libzstd %s\n", _ELFUTILS_VERSION, zlibVersion(),
           ZSTD_versionString());
    printf("Licensed under the Apache License, version 2.0.\n");
    return DONE;
}

static void print_row(const struct option_row *row)
{
    char left[128];
    bool joined = row->arg[0] == '[' && row->arg[1] == '=';
    snprintf(left, sizeof(left), "-%s%s%s%s%s", row->name, row->other[0] ? ", --" : "", row->other,
             row->arg[0] && !joined ? " " : "", row->arg);
    if (strlen(left) > 30)
        printf("  %s\n  %-30s  %s\n", left, "", row->help);
    else
        printf("  %-30s  %s\n", left, row->help);
}

static enum parse print_help(void)
{
    printf("Usage: pefemu [OPTION...] -kernel FILE\n"
           "Full-system emulator of IBM POWER9. Options may be written -opt or --opt.\n");
#define OPTION_GROUP(title) printf("\n%s:\n", title);
#define OPTION(id, ...)     print_row(&rows[OPT_##id]);
#include "pefemu/option.def"
#undef OPTION_GROUP
#undef OPTION
    printf("\nExit status:\n");
#define EXIT_CODE(id, number, when) printf("  %d  %s\n", number, when);
#include "pefemu/exitcode.def"
#undef EXIT_CODE
    printf("\nExample: pefemu -m 2G -smp 2 -kernel vmlinux -initrd initrd.img "
           "-append console=hvc0\n");
    return DONE;
}

/* ---- dispatch ---- */

/* @arg: "" when the option has none. */
static enum parse apply(struct options *o, enum option_id id, const char *arg)
{
    switch (id) {
    case OPT_MACHINE:
        return opt_machine(o, arg);
    case OPT_MEMORY:
        return opt_memory(o, arg);
    case OPT_SMP:
        return opt_smp(o, arg);
    case OPT_CPU:
        return opt_cpu(arg);
    case OPT_ACCEL:
        return opt_accel(o, arg);
    case OPT_ICOUNT:
        return opt_icount(o, arg);
    case OPT_RTC:
        return opt_rtc(o, arg);
    case OPT_SEED:
        o->cfg.have_seed = true;
        if (!parse_u64(arg, UINT64_MAX, &o->cfg.seed))
            return bad(id, arg, "not a number of up to 64 bits; use for example 1");
        return OK;
    case OPT_KERNEL:
        o->cfg.kernel = arg;
        return OK;
    case OPT_INITRD:
        o->cfg.initrd = arg;
        return OK;
    case OPT_APPEND:
        o->cfg.append = arg;
        return OK;
    case OPT_GUEST_FILE:
        return opt_guest_file(o, arg);
    case OPT_BIOS:
        o->cfg.bios = arg;
        return OK;
    case OPT_DTB:
        o->cfg.dtb = arg;
        return OK;
    case OPT_NOGRAPHIC:
        return OK;
    case OPT_DISPLAY:
        return strcmp(arg, "none") ? bad(id, arg, "there is no display; use -display none") : OK;
    case OPT_SERIAL:
        return opt_serial(o, arg);
    case OPT_MONITOR:
        return strcmp(arg, "none") ? bad(id, arg, "there is no monitor yet; use -monitor none")
                                   : OK;
    case OPT_NO_REBOOT:
        o->cfg.reboot_stops = true;
        return OK;
    case OPT_NO_SHUTDOWN:
        o->cfg.shutdown_pauses = true;
        return OK;
    case OPT_ACTION:
        return opt_action(o, arg);
    case OPT_TIMEOUT:
        return opt_timeout(o, arg);
    case OPT_STATS:
        return opt_stats(o, arg);
    case OPT_STATS_ON:
        o->stats_on = arg;
        return OK;
    case OPT_DEVICE:
        return append(id, o->devices, arg);
    case OPT_REG:
        return append(id, o->regs, arg);
    case OPT_EXIT_ON:
        o->cfg.exit_on_trap = !strcmp(arg, "trap");
        return o->cfg.exit_on_trap ? OK : bad(id, arg, "unknown event; use trap");
    case OPT_ICOUNT_LIMIT:
        return parse_u64(arg, INT64_MAX, &o->cfg.insn_limit) && o->cfg.insn_limit
                   ? OK
                   : bad(id, arg, "not a positive number; use for example 1000000");
    case OPT_DUMP_REGS:
        o->dump_regs = *arg ? DUMP_JSON : DUMP_TEXT;
        return *arg && strcmp(arg, "json") ? bad(id, arg, "unknown form; use json") : OK;
    case OPT_DUMP_AS_HYPERVISOR:
        o->dump_as_hypervisor = arg;
        return OK;
    case OPT_DUMP_NORMAL_RAM:
        o->dump_normal_ram = arg;
        return OK;
    case OPT_LOG:
        return opt_log(arg);
    case OPT_LOGFILE:
        o->log_file = arg;
        return OK;
    case OPT_TPMSTATE:
        return opt_tpmstate(o, arg);
    case OPT_CHARDEV:
        return opt_chardev(o, arg);
    case OPT_TPMDEV:
        return opt_tpmdev(o, arg);
    case OPT_NAME:
        return OK;
    case OPT_NODEFAULTS:
        return OK;
    case OPT_VERSION:
        return print_version();
    case OPT_HELP:
        return print_help();
    case OPT_COUNT:
        break;
    }
    return BAD;
}

/* The row that @word (without dashes, up to an '=') names; OPT_COUNT: none. */
static enum option_id find_option(const char *word, const char **joined)
{
    size_t len = strcspn(word, "=");
    *joined = word[len] ? word + len + 1 : NULL;
    for (unsigned i = 0; i < OPT_COUNT; i++)
        if ((strlen(rows[i].name) == len && !memcmp(rows[i].name, word, len)) ||
            (len && strlen(rows[i].other) == len && !memcmp(rows[i].other, word, len)))
            return i;
    return OPT_COUNT;
}

static enum parse parse_word(struct options *o, char **argv, int argc, int *i)
{
    const char *word = argv[*i], *value;
    enum option_id id;
    if (word[0] != '-' || !word[1]) {
        pef_complain("%s: not an option; disks are not there yet, a kernel needs -kernel in front",
                     *word ? word : "''");
        return BAD;
    }
    word += word[1] == '-' ? 2 : 1;
    id = find_option(word, &value);
    if (id == OPT_COUNT) {
        pef_complain("%s: unknown option; pefemu --help lists them", argv[*i]);
        return BAD;
    }
    if (!rows[id].arg[0] && value)
        return bad(id, value, "this option takes no value; leave it out");
    if (!value && (!rows[id].arg[0] || (rows[id].arg[0] == '[' && rows[id].arg[1] == '=')))
        return apply(o, id, "");
    if (!value) {
        if (*i + 1 >= argc) {
            pef_complain("-%s: needs a value; use -%s %s", rows[id].name, rows[id].name,
                         rows[id].arg);
            return BAD;
        }
        value = argv[++*i];
    }
    if (!*value && id != OPT_APPEND && id != OPT_NAME)
        return bad(id, "''", "the value is empty; pefemu --help shows what is expected");
    return apply(o, id, value);
}

static void set_defaults(struct options *o)
{
    memset(o, 0, sizeof(*o));
    o->cfg.machine = "pseries";
    o->cfg.ram_size = 2 * GiB;
    o->cfg.cpus = o->cfg.cores = o->cfg.threads = 1;
    o->cfg.engine = &engine_interp;
    o->cfg.pef = true;
    o->cfg.xive_allowed = o->cfg.xics_allowed = true;
    o->cfg.radix_allowed = o->cfg.hash_allowed = true;
    o->cfg.panic_stops = true;
    o->cfg.icount_sleep = true;
    o->cfg.rtc_base = -1;
    o->serial = "mon:stdio";
}

static bool check_memory(struct options *o)
{
    const struct machine_kind *kind = machine_kind_find(o->cfg.machine);
    bool bare = kind == &machine_bare;
    char value[32];
    const char *why = NULL;
    if (bare && !o->memory_given)
        o->cfg.ram_size = 64 * MiB;
    if (o->cfg.ram_size < kind->ram_min)
        why = bare ? "too little; use at least 64K" : "too little for a kernel; use at least 256M";
    else if (o->cfg.ram_size > RAM_MAX)
        why = "more than the machine can have; use at most 1T";
    else if (o->cfg.ram_size % kind->ram_align)
        why = bare ? "not a multiple of 64K; round it up" : "not a multiple of 16M; round it up";
    if (!why)
        return true;
    snprintf(value, sizeof(value), "%s", o->memory_given ? o->memory_given : "");
    bad(OPT_MEMORY, value, why);
    return false;
}

/* An option that needs the firmware; OPT_COUNT: none was given. */
static enum option_id pseries_only(const struct options *o)
{
    return o->cfg.initrd       ? OPT_INITRD
           : o->cfg.append     ? OPT_APPEND
           : o->guest_files[0] ? OPT_GUEST_FILE
           : o->cfg.bios       ? OPT_BIOS
           : o->cfg.dtb        ? OPT_DTB
                               : OPT_COUNT;
}

/* What can only be said with all options known. */
static enum parse check_all(struct options *o)
{
    int err;
    bool bare = !strcmp(o->cfg.machine, "bare");
    o->cfg.bare.devices = o->devices;
    o->cfg.bare.regs = o->regs;
    if (!bare && (o->devices[0] || o->regs[0])) {
        pef_complain("-%s: only -M bare has it; add -M bare", o->devices[0] ? "device" : "reg");
        return BAD;
    }
    if (bare && pseries_only(o) != OPT_COUNT) {
        pef_complain("-%s: only -M pseries has it; -M bare takes -device loader,file=,addr=",
                     rows[pseries_only(o)].name);
        return BAD;
    }
    if (!check_memory(o))
        return BAD;
    if (!bare && !o->cfg.kernel && !o->cfg.bios && !o->cfg.dumpdtb) {
        pef_complain("-kernel: no kernel was given; use -kernel vmlinux (`make run` fetches "
                     "Debian's), or see pefemu --help");
        return BAD;
    }
    if (bare && o->dump_as_hypervisor) {
        pef_complain("-dump-as-hypervisor: -M bare has no hypervisor; leave it out");
        return BAD;
    }
    if (o->cfg.tpm.socket && o->cfg.tpm.state_dir) {
        pef_complain("-tpmdev: the TPM is either outside or in -tpmstate; leave one out");
        return BAD;
    }
    /* The real ultravisor knows XICS only. */
    if (!o->ic_given && o->cfg.pef && machine_wants_svm(&o->cfg))
        o->cfg.xive_allowed = false;
    o->cfg.deterministic = o->rtc_fixed && o->cfg.have_seed;
    if (o->log_file && (err = log_set_file(o->log_file))) {
        pef_complain("-D %s: %s; name a file that can be written", o->log_file, strerror(-err));
        return BAD;
    }
    return OK;
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
    enum parse result = OK;
    set_defaults(o);
    for (int i = 1; i < argc && result == OK; i++)
        result = parse_word(o, argv, argc, &i);
    if (result == OK)
        result = check_all(o);
    return result == OK ? OPTIONS_RUN : result == DONE ? OPTIONS_DONE : OPTIONS_BAD;
}

void options_free(struct options *o)
{
    free(o->dumpdtb);
    free(o->socket);
    free(o->chardev_id);
    o->dumpdtb = o->socket = o->chardev_id = NULL;
}
