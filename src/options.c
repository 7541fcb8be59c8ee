/* SPDX-License-Identifier: Apache-2.0 */
/* The command line, driven by option.def: parsing, --help, --version, checks of every value. */
#include "options.h"

#include "option_parse.h"
#include "pefemu/err.h"
#include "pefemu/log.h"
#include "version.h"

#include <elfutils/version.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

static const struct option_row {
    const char *name, *other, *arg, *help;
    enum parse (*parse)(struct options *o, const char *arg);
} rows[] = {
#define OPTION_GROUP(title)
#define OPTION(id, name, other, arg, words, help, more) {name, other, arg, help, option_parse_##id},
#include "pefemu/option.def"
#undef OPTION_GROUP
#undef OPTION
};

enum parse option_bad(enum option_id id, const char *value, const char *why)
{
    pef_complain("-%s%s%s: %s", rows[id].name, *value ? " " : "", value, why);
    return BAD;
}

bool option_append(const char *list[OPTIONS_MAX_REPEATS + 1], const char *arg)
{
    unsigned n = 0;
    while (list[n])
        n++;
    if (n == OPTIONS_MAX_REPEATS)
        return false;
    list[n] = arg;
    return true;
}

/* An argument that is written -name=value or left out. */
static bool is_optional(const char *arg)
{
    return arg[0] == '[' && arg[1] == '=';
}

/* ---- --version, --help ---- */

PARSE(VERSION)
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
    bool joined = is_optional(row->arg);
    snprintf(left, sizeof(left), "-%s%s%s%s%s", row->name, row->other[0] ? ", --" : "", row->other,
             row->arg[0] && !joined ? " " : "", row->arg);
    if (strlen(left) > 30)
        printf("  %s\n  %-30s  %s\n", left, "", row->help);
    else
        printf("  %-30s  %s\n", left, row->help);
}

PARSE(HELP)
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

/* ---- words of the command line ---- */

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
        return option_bad(id, value, "this option takes no value; leave it out");
    if (!value && (!rows[id].arg[0] || is_optional(rows[id].arg)))
        return rows[id].parse(o, "");
    if (!value) {
        if (*i + 1 >= argc) {
            pef_complain("-%s: needs a value; use -%s %s", rows[id].name, rows[id].name,
                         rows[id].arg);
            return BAD;
        }
        value = argv[++*i];
    }
    if (!*value && id != OPT_APPEND && id != OPT_NAME)
        return option_bad(id, "''", "the value is empty; pefemu --help shows what is expected");
    return rows[id].parse(o, value);
}

/* ---- the whole ---- */

static void set_defaults(struct options *o)
{
    memset(o, 0, sizeof(*o));
    o->cfg.machine = "pseries";
    o->cfg.ram_size = 2 * GiB;
    o->cfg.cpus = o->cfg.cores = o->cfg.threads = 1;
    o->cfg.engine = engine_default();
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
    else if (o->cfg.ram_size > OPTIONS_RAM_MAX)
        why = "more than the machine can have; use at most 1T";
    else if (o->cfg.ram_size % kind->ram_align)
        why = bare ? "not a multiple of 64K; round it up" : "not a multiple of 16M; round it up";
    if (!why)
        return true;
    snprintf(value, sizeof(value), "%s", o->memory_given ? o->memory_given : "");
    option_bad(OPT_MEMORY, value, why);
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

/* An option that needs the TPM; OPT_COUNT: none was given. */
static enum option_id tpm_only(const struct options *o)
{
    return o->cfg.tpm.state_dir ? OPT_TPMSTATE
           : o->cfg.tpm.socket  ? OPT_TPMDEV
           : o->socket          ? OPT_CHARDEV
                                : OPT_COUNT;
}

static bool check_bare(const struct options *o)
{
    if (pseries_only(o) != OPT_COUNT)
        pef_complain("-%s: only -M pseries has it; -M bare takes -device loader,file=,addr=",
                     rows[pseries_only(o)].name);
    else if (tpm_only(o) != OPT_COUNT)
        pef_complain("-%s: -M bare has no TPM; leave it out", rows[tpm_only(o)].name);
    else if (o->dump_as_hypervisor)
        pef_complain("-dump-as-hypervisor: -M bare has no hypervisor; leave it out");
    else
        return true;
    return false;
}

static bool check_pseries(const struct options *o)
{
    if (o->devices[0] || o->regs[0])
        pef_complain("-%s: only -M bare has it; add -M bare", o->devices[0] ? "device" : "reg");
    else if (!o->cfg.kernel && !o->cfg.bios && !o->cfg.dumpdtb)
        pef_complain("-kernel: no kernel was given; use -kernel vmlinux (`make run` fetches "
                     "Debian's), or see pefemu --help");
    else
        return true;
    return false;
}

static bool check_tpm(const struct options *o)
{
    if (!o->cfg.tpm.socket || !o->cfg.tpm.state_dir)
        return true;
    pef_complain("-tpmdev: the TPM is either outside or in -tpmstate; leave one out");
    return false;
}

/* Two that read standard input would each get some of it. */
static bool check_monitor(const struct options *o)
{
    if (o->monitor.where != PROMPT_STDIO || !strstr(o->serial, "stdio"))
        return true;
    pef_complain("-monitor stdio: the guest's console is there; give -serial null or file:PATH, or "
                 "use Ctrl-A c on the console");
    return false;
}

/* What observes or changes one machine only. */
static bool check_lockstep(const struct options *o)
{
    const char *what = o->gdb             ? "gdb"
                       : o->halt_at_start ? "S"
                       : o->reverse       ? "reverse"
                       : o->savevm_file   ? "savevm-at"
                       : o->traces[0]     ? "tracefile"
                       : o->cfg.rr        ? "icount rr="
                       : o->monitor.where != PROMPT_DEFAULT && o->monitor.where != PROMPT_NONE
                           ? "monitor"
                           : NULL;
    if (!o->cfg.lockstep.on || !what)
        return true;
    pef_complain("-%s: not with -accel lockstep, which runs two machines; leave one out", what);
    return false;
}

/* What needs CPUs that take turns: their instructions in one order, and time that they make. */
static bool check_threads(const struct options *o)
{
    const char *what = o->cfg.engine == &engine_ref ? "accel ref"
                       : o->icount_given            ? "icount"
                       : o->cfg.insn_limit          ? "icount-limit"
                       : o->gdb                     ? "gdb"
                       : o->halt_at_start           ? "S"
                       : o->reverse                 ? "reverse"
                       : o->savevm_file             ? "savevm-at"
                       : o->traces[0]               ? "tracefile"
                       : o->profile                 ? "profile"
                       : o->monitor.where != PROMPT_DEFAULT && o->monitor.where != PROMPT_NONE
                           ? "monitor"
                           : NULL;
    if (!o->cfg.multi || !what)
        return true;
    pef_complain("-%s: needs -accel thread=single, where CPUs take turns; leave one out", what);
    return false;
}

static bool open_log(const struct options *o)
{
    int err = o->log_file ? log_set_file(o->log_file) : 0;
    if (err)
        pef_complain("-D %s: %s; name a file that can be written", o->log_file, strerror(-err));
    return !err;
}

/* What can only be said and done with all options known. */
static bool finish(struct options *o)
{
    bool bare = machine_kind_find(o->cfg.machine) == &machine_bare;
    o->cfg.bare.devices = o->devices;
    o->cfg.bare.regs = o->regs;
    if (!check_memory(o) || !(bare ? check_bare(o) : check_pseries(o)) || !check_tpm(o) ||
        !check_monitor(o) || !check_lockstep(o) || !check_threads(o))
        return false;
    /* The real ultravisor knows XICS only. */
    if (!o->ic_given && o->cfg.pef && machine_wants_svm(&o->cfg))
        o->cfg.xive_allowed = false;
    o->cfg.deterministic = o->rtc_fixed && o->cfg.have_seed;
    return open_log(o);
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
    enum parse result = OK;
    set_defaults(o);
    for (int i = 1; i < argc && result == OK; i++)
        result = parse_word(o, argv, argc, &i);
    if (result == DONE)
        return OPTIONS_DONE;
    return result == OK && finish(o) ? OPTIONS_RUN : OPTIONS_BAD;
}

void options_free(struct options *o)
{
    free(o->dumpdtb);
    free(o->socket);
    free(o->chardev_id);
    free(o->rr_file);
    o->dumpdtb = o->socket = o->chardev_id = o->rr_file = NULL;
}
