/* SPDX-License-Identifier: Apache-2.0 */
/* Options about what the machine consists of: kind and properties, memory, CPUs, devices, TPM. */
#include "option_parse.h"
#include "option_value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- -M ---- */

/* A property of one kind of machine. @value NULL: a word without "=". False: the value is not one
 * of @expected. */
struct property {
    const char *name;
    bool (*set)(struct options *o, const char *value);
    const char *expected;
};

static bool set_smf(struct options *o, const char *value)
{
    return value_bool(value, &o->cfg.bare.smf);
}

static bool set_bare_secure_mem(struct options *o, const char *value)
{
    uint64_t *size = &o->cfg.bare.secure_size;
    return value_size(value, size) && *size % (64 * KiB) == 0;
}

static bool set_exit(struct options *o, const char *value)
{
    return o->cfg.bare.have_exit = value_u64(value, UINT64_MAX, &o->cfg.bare.exit);
}

static const struct property bare_properties[] = {
    {"smf", set_smf, "smf is on or off; use for example smf=on"},
    {"secure-mem", set_bare_secure_mem,
     "secure-mem is no multiple of 64K; use for example secure-mem=1M"},
    {"exit", set_exit, "exit is a real address; use for example exit=0x80000000"},
    {0},
};

static bool set_ic_mode(struct options *o, const char *value)
{
    bool dual = value && !strcmp(value, "dual");
    o->ic_given = true;
    o->cfg.xics_allowed = dual || (value && !strcmp(value, "xics"));
    o->cfg.xive_allowed = dual || (value && !strcmp(value, "xive"));
    return o->cfg.xics_allowed || o->cfg.xive_allowed;
}

static bool set_pef(struct options *o, const char *value)
{
    return value_bool(value, &o->cfg.pef);
}

static bool set_secure_mem(struct options *o, const char *value)
{
    uint64_t *size = &o->cfg.secure_size;
    return value_size(value, size) && *size && *size <= OPTIONS_RAM_MAX && *size % (2 * MiB) == 0;
}

static bool set_svm_paging(struct options *o, const char *value)
{
    return value_u64(value, 1000000, &o->cfg.svm_paging);
}

static bool set_svm_paging_seed(struct options *o, const char *value)
{
    return value_u64(value, UINT64_MAX, &o->cfg.svm_paging_seed);
}

static bool set_hv_fault(struct options *o, const char *value)
{
    static const char *const names[] = {
        [HV_FAULT_NONE] = "none",       [HV_FAULT_REFUSE] = "refuse", [HV_FAULT_DELAY] = "delay",
        [HV_FAULT_CORRUPT] = "corrupt", [HV_FAULT_RTAS] = "rtas",
    };
    for (unsigned i = 0; value && i < ARRAY_SIZE(names); i++)
        if (!strcmp(value, names[i])) {
            o->cfg.hv_fault = (enum hv_fault)i;
            return true;
        }
    return false;
}

static bool set_dumpdtb(struct options *o, const char *value)
{
    if (!value || !*value)
        return false;
    free(o->dumpdtb);
    o->cfg.dumpdtb = o->dumpdtb = strdup(value);
    return o->dumpdtb != NULL;
}

static const struct property pseries_properties[] = {
    {"ic-mode", set_ic_mode, "unknown ic-mode; use ic-mode=xics, xive or dual"},
    {"pef", set_pef, "pef is on or off; use for example pef=off"},
    {"secure-mem", set_secure_mem,
     "secure-mem is no multiple of 2M; use for example secure-mem=2304M"},
    {"svm-paging", set_svm_paging, "svm-paging is a number of pages per second"},
    {"svm-paging-seed", set_svm_paging_seed, "svm-paging-seed is a number"},
    {"hv-fault", set_hv_fault, "hv-fault is none, refuse, delay, corrupt or rtas"},
    {"dumpdtb", set_dumpdtb, "dumpdtb needs a file; use dumpdtb=FILE"},
    {0},
};

static enum parse list_machines(void)
{
    printf("Machines:\n");
    for (unsigned i = 0; machine_kinds[i]; i++)
        printf("  %-9s %s\n            %s\n", machine_kinds[i]->name, machine_kinds[i]->summary,
               machine_kinds[i]->properties);
    return DONE;
}

static enum parse list_properties(const struct machine_kind *kind)
{
    printf("Properties of -M %s:\n  %s\n", kind->name, kind->properties);
    return DONE;
}

static enum parse set_property(struct options *o, const char *arg, const struct value_item *it)
{
    const struct property *p = pseries_properties;
    if (!it->value && value_is_help(it->key))
        return list_properties(machine_kind_find(o->cfg.machine));
    if (machine_kind_find(o->cfg.machine) == &machine_bare)
        p = bare_properties;
    while (p->name && strcmp(p->name, it->key))
        p++;
    if (!p->name)
        return option_bad(OPT_MACHINE, arg, "unknown property; -M help lists them");
    o->properties_of = o->cfg.machine;
    return p->set(o, it->value) ? OK : option_bad(OPT_MACHINE, arg, p->expected);
}

/* The properties of another kind that stand in front would be ignored. */
static enum parse set_kind(struct options *o, const char *arg, const char *name)
{
    const struct machine_kind *kind = machine_kind_find(name);
    if (!kind)
        return option_bad(OPT_MACHINE, arg, "no such machine; use pseries (-M help lists them)");
    if (o->properties_of && strcmp(o->properties_of, kind->name))
        return option_bad(OPT_MACHINE, arg,
                          "properties in front are of another machine; put the machine first");
    o->cfg.machine = kind->name;
    return OK;
}

PARSE(MACHINE)
{
    struct value_list list;
    struct value_item it;
    enum parse result = OK;
    if (value_is_help(arg))
        return list_machines();
    if (!value_list(&list, arg))
        return option_bad(OPT_MACHINE, "...", "too long; shorten the file name");
    for (bool first = true; result == OK && value_next(&list, &it); first = false) {
        if (first && (!it.value || !strcmp(it.key, "type")))
            result = set_kind(o, arg, it.value ? it.value : it.key);
        else
            result = set_property(o, arg, &it);
    }
    return result;
}

/* ---- memory and CPUs ---- */

PARSE(MEMORY)
{
    struct value_list list;
    struct value_item it;
    if (!value_list(&list, arg))
        return option_bad(OPT_MEMORY, "...", "not a size; use for example 2G");
    o->memory_given = arg;
    if (!value_next(&list, &it) || list.rest || (it.value && strcmp(it.key, "size")))
        return option_bad(OPT_MEMORY, arg, "only a size is understood; use for example -m 2G");
    if (!value_size(it.value ? it.value : it.key, &o->cfg.ram_size))
        return option_bad(OPT_MEMORY, arg,
                          "not a size; use a number with K, M, G or T, for example 2G");
    return OK;
}

/* The numbers of -smp by key; 0: not given. */
enum { CPUS, CORES, THREADS, SOCKETS, MAXCPUS, SMP_KEYS };

static enum parse read_smp(uint64_t v[SMP_KEYS], const char *arg)
{
    static const char *const keys[SMP_KEYS] = {"cpus", "cores", "threads", "sockets", "maxcpus"};
    struct value_list list;
    struct value_item it;
    if (!value_list(&list, arg))
        return option_bad(OPT_SMP, "...", "not a number of CPUs; use for example -smp 4");
    for (bool first = true; value_next(&list, &it); first = false) {
        unsigned k = 0;
        if (first && !it.value)
            it = (struct value_item){"cpus", it.key};
        while (k < SMP_KEYS && strcmp(it.key, keys[k]))
            k++;
        if (k == SMP_KEYS)
            return option_bad(OPT_SMP, arg,
                              "unknown key; use cpus=, cores=, threads=, for example "
                              "-smp 4,threads=2");
        if (!value_u64(it.value, 1u << 20, &v[k]) || !v[k])
            return option_bad(OPT_SMP, arg, "not a positive number; use for example -smp 4");
    }
    return OK;
}

PARSE(SMP)
{
    uint64_t v[SMP_KEYS] = {0}, cpus, cores, threads;
    if (read_smp(v, arg) != OK)
        return BAD;
    threads = v[THREADS] ? v[THREADS] : 1;
    if (threads != 1 && threads != 2 && threads != 4)
        return option_bad(OPT_SMP, arg,
                          "POWER9 has 1, 2 or 4 threads per core; use threads=1, 2 or 4");
    cores = (v[CORES] ? v[CORES] : 1) * (v[SOCKETS] ? v[SOCKETS] : 1);
    cpus = v[CPUS] ? v[CPUS] : cores * threads;
    if (!v[CORES])
        cores = (cpus + threads - 1) / threads;
    if (cpus > MACHINE_MAX_CPUS)
        return option_bad(OPT_SMP, arg, "too many CPUs; use 1 to 16");
    if (cpus != cores * threads || (v[MAXCPUS] && v[MAXCPUS] != cpus))
        return option_bad(OPT_SMP, arg, "the numbers do not agree; cpus must be cores * threads");
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

PARSE(CPU)
{
    if (value_is_help(arg)) {
        printf("CPUs:\n  power9   POWER9 DD2.3, PVR 0x004e1203, Power ISA v3.0B (default)\n");
        return DONE;
    }
    if (!strcasecmp(arg, "power9,help"))
        return list_sprs();
    if (strcasecmp(arg, "power9"))
        return option_bad(OPT_CPU, arg, "no such processor or property; use power9");
    return OK;
}

/* hot=N, for tests: 1 makes all code that is jumped to native. */
static const char *accel_hot(struct options *o, const char *value)
{
    uint64_t hot = 0;
    if (!value_u64(value, 1000000, &hot) || !hot)
        return "hot is a number from 1 to 1000000";
    o->cfg.hot = (unsigned)hot;
    return NULL;
}

/* A key of lockstep[,fast=ENGINE][,base=ENGINE][,check=N][,hot=N] */
static enum parse parse_lockstep_key(struct options *o, const char *arg,
                                     const struct value_item *it)
{
    const struct engine *e = engine_find(it->value ? it->value : "");
    const char *problem = NULL;
    if (!strcmp(it->key, "fast") && e && e != &engine_ref)
        o->cfg.engine = e;
    else if (!strcmp(it->key, "base") && e && e != &engine_jit)
        o->cfg.lockstep.base = e;
    else if (!strcmp(it->key, "hot"))
        problem = accel_hot(o, it->value);
    else if (strcmp(it->key, "check") != 0)
        problem = "use fast=jit|interp, base=interp|ref, or check=N";
    else if (!value_u64(it->value, INT64_MAX, &o->cfg.lockstep.check) || !o->cfg.lockstep.check)
        problem = "check is a number of instructions, at least 1";
    return problem ? option_bad(OPT_ACCEL, arg, problem) : OK;
}

static enum parse parse_lockstep(struct options *o, const char *arg)
{
    struct value_list list;
    struct value_item it;
    enum parse result = OK;
    if (!value_list(&list, arg) || !value_next(&list, &it) || it.value)
        return option_bad(OPT_ACCEL, arg, "use lockstep[,fast=ENGINE][,base=ENGINE][,check=N]");
    o->cfg.lockstep = (struct lockstep_config){.on = true};
    while (result == OK && value_next(&list, &it))
        result = parse_lockstep_key(o, arg, &it);
    if (result == OK && o->cfg.engine == o->cfg.lockstep.base)
        result = option_bad(OPT_ACCEL, arg, "fast= and base= are the same engine; leave base= out");
    return result;
}

/* What follows the engine's name. */
static const char *accel_property(struct options *o, const struct value_item *it)
{
    if (!strcmp(it->key, "thread")) {
        o->cfg.multi = it->value && !strcmp(it->value, "multi");
        return o->cfg.multi || (it->value && !strcmp(it->value, "single"))
                   ? NULL
                   : "thread is single or multi";
    }
    if (!strcmp(it->key, "hot") && o->cfg.engine == &engine_jit)
        return accel_hot(o, it->value);
    return "no such property; use thread=single or thread=multi";
}

static enum parse parse_engine(struct options *o, const char *arg)
{
    struct value_list list;
    struct value_item it;
    const char *problem = NULL;

    o->cfg.engine =
        value_list(&list, arg) && value_next(&list, &it) && !it.value ? engine_find(it.key) : NULL;
    if (!o->cfg.engine)
        return option_bad(OPT_ACCEL, arg, "no such engine; use jit, interp, ref or lockstep");
    while (!problem && value_next(&list, &it))
        problem = accel_property(o, &it);
    return problem ? option_bad(OPT_ACCEL, arg, problem) : OK;
}

PARSE(ACCEL)
{
    size_t len = strcspn(arg, ","), at = 0;
    if (value_is_help(arg)) {
        printf("Engines:\n");
        for (const struct engine *e; (e = engine_next(&at)) != NULL;)
            printf("  %-8s %s\n", e->name, e->summary);
        printf("  %-8s %s\n", "lockstep", "a faster one and ref, compared all the time");
        printf("Properties of jit and interp:\n"
               "  thread=single  one host thread runs all CPUs in turn (default)\n"
               "  thread=multi   each CPU has its own\n");
        return DONE;
    }
    o->cfg.engine = engine_default();
    o->cfg.lockstep.on = o->cfg.multi = false;
    o->cfg.hot = 0;
    if (len == strlen("lockstep") && !strncmp(arg, "lockstep", len))
        return parse_lockstep(o, arg);
    return parse_engine(o, arg);
}

/* ---- -M bare: devices, registers ---- */

PARSE(DEVICE)
{
    return option_append(o->devices, arg) ? OK : option_bad(OPT_DEVICE, arg, "too many of them");
}

PARSE(REG)
{
    return option_append(o->regs, arg) ? OK : option_bad(OPT_REG, arg, "too many of them");
}

/* ---- TPM ---- */

PARSE(TPMSTATE)
{
    if (strncmp(arg, "dir=", 4) || !arg[4])
        return option_bad(OPT_TPMSTATE, arg, "a folder is needed; use dir=DIR");
    o->cfg.tpm.state_dir = arg + 4;
    o->cfg.tpm.create = true;
    return OK;
}

/* The value of @key, not an empty one, in the list @arg, cut out of @list; NULL: not there. */
static const char *find_key(struct value_list *list, const char *arg, const char *key)
{
    struct value_item it;
    if (!value_list(list, arg))
        return NULL;
    while (value_next(list, &it))
        if (it.value && *it.value && !strcmp(it.key, key))
            return it.value;
    return NULL;
}

PARSE(CHARDEV)
{
    struct value_list id_list, path_list;
    const char *id = find_key(&id_list, arg, "id"), *path = find_key(&path_list, arg, "path");
    if (strncmp(arg, "socket,", 7) || !id || !path)
        return option_bad(OPT_CHARDEV, arg, "use socket,id=ID,path=PATH");
    free(o->socket);
    free(o->chardev_id);
    o->socket = strdup(path);
    o->chardev_id = strdup(id);
    return OK;
}

PARSE(TPMDEV)
{
    struct value_list list;
    const char *chardev = find_key(&list, arg, "chardev");
    if (strncmp(arg, "emulator,", 9) || !chardev)
        return option_bad(OPT_TPMDEV, arg, "use emulator,id=ID,chardev=ID");
    if (!o->chardev_id || strcmp(chardev, o->chardev_id))
        return option_bad(OPT_TPMDEV, arg,
                          "no such chardev; put -chardev socket,id=ID,path=PATH in front");
    o->cfg.tpm.socket = o->socket;
    return OK;
}
