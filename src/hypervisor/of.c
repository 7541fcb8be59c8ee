/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Open Firmware client interface (IEEE 1275), as far as an operating system's boot code calls
 * it. Handles: phandles are those of the tree, ihandles index of_client.instance. Old handles stay
 * valid when CAS changes the tree, and calls still work after quiesce (pseries.md 1.5 to 1.7).
 */
#include "hv_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include <libfdt.h>

#include "pefemu/log.h"

#define OF_ERROR  0xffffffffu
#define NAME_SIZE 128
#define PATH_SIZE 512
#define WRITE_MAX 0x10000u
#define PROP_MAX  0x10000u

struct of_call {
    struct hypervisor *hv;
    struct cpu *cpu;
    uint32_t args[OF_MAX_CELLS], rets[OF_MAX_CELLS];
    unsigned nargs, nret;
};

typedef uint32_t (*of_handler)(struct of_call *c); /* returns the first result cell */

/* ---- handles ---- */

static int node_of(const struct hypervisor *hv, uint32_t phandle)
{
    return fdt_node_offset_by_phandle(hv->fdt, phandle);
}

static uint32_t phandle_of(const struct hypervisor *hv, int node)
{
    return node < 0 ? 0 : fdt_get_phandle(hv->fdt, node);
}

/* Paths may carry arguments after a colon. */
static uint32_t find_path(const struct hypervisor *hv, char *path)
{
    char *colon = strchr(path, ':');
    if (colon)
        *colon = '\0';
    return phandle_of(hv, fdt_path_offset(hv->fdt, path));
}

static uint32_t phandle_of_instance(const struct hypervisor *hv, uint32_t ihandle)
{
    return ihandle < OF_MAX_INSTANCES ? hv->of.instance[ihandle] : 0;
}

static uint32_t open_instance(struct hypervisor *hv, uint32_t phandle)
{
    for (uint32_t i = OF_STDOUT; phandle && i < OF_MAX_INSTANCES; i++) {
        if (!hv->of.instance[i]) {
            hv->of.instance[i] = phandle;
            return i;
        }
    }
    return 0;
}

void of_reset(struct hypervisor *hv)
{
    char stdout_path[] = "/vdevice/vty@71000000";
    memset(&hv->of, 0, sizeof(hv->of));
    open_instance(hv, find_path(hv, stdout_path)); /* becomes OF_STDOUT */
}

/* ---- walking the tree ---- */

static uint32_t of_finddevice(struct of_call *c)
{
    char path[PATH_SIZE];
    if (!gm_string(c->hv->m, c->args[0], path, sizeof(path)))
        return OF_ERROR;
    uint32_t phandle = find_path(c->hv, path);
    return phandle ? phandle : OF_ERROR;
}

static uint32_t of_peer(struct of_call *c)
{
    if (!c->args[0])
        return phandle_of(c->hv, 0);
    int node = node_of(c->hv, c->args[0]);
    return node > 0 ? phandle_of(c->hv, fdt_next_subnode(c->hv->fdt, node)) : 0;
}

static uint32_t of_child(struct of_call *c)
{
    int node = node_of(c->hv, c->args[0]);
    return node >= 0 ? phandle_of(c->hv, fdt_first_subnode(c->hv->fdt, node)) : 0;
}

static uint32_t of_parent(struct of_call *c)
{
    int node = node_of(c->hv, c->args[0]);
    return node > 0 ? phandle_of(c->hv, fdt_parent_offset(c->hv->fdt, node)) : 0;
}

static uint32_t put_path(struct of_call *c, uint32_t phandle, gra_t buf, uint32_t len)
{
    char path[PATH_SIZE];
    int node = node_of(c->hv, phandle);
    if (node < 0 || fdt_get_path(c->hv->fdt, node, path, sizeof(path)))
        return OF_ERROR;
    uint32_t size = strlen(path);
    /* The NUL goes too where there is room; the length is without it. */
    if (!gm_write(c->hv->m, buf, path, len < size + 1 ? len : size + 1))
        return OF_ERROR;
    return size;
}

static uint32_t of_package_to_path(struct of_call *c)
{
    return put_path(c, c->args[0], c->args[1], c->args[2]);
}

static uint32_t of_instance_to_path(struct of_call *c)
{
    return put_path(c, phandle_of_instance(c->hv, c->args[0]), c->args[1], c->args[2]);
}

static uint32_t of_instance_to_package(struct of_call *c)
{
    uint32_t phandle = phandle_of_instance(c->hv, c->args[0]);
    return phandle ? phandle : OF_ERROR;
}

/* ---- properties ---- */

/* "name" is no stored property: the node's name without its unit address. */
static const void *find_property(struct of_call *c, uint32_t phandle, const char *name,
                                 char *node_name, int *len)
{
    int node = node_of(c->hv, phandle);
    if (node < 0)
        return NULL;
    const void *value = fdt_getprop(c->hv->fdt, node, name, len);
    if (value || strcmp(name, "name") != 0)
        return value;
    snprintf(node_name, NAME_SIZE, "%s", fdt_get_name(c->hv->fdt, node, NULL));
    char *at = strchr(node_name, '@');
    if (at)
        *at = '\0';
    *len = strlen(node_name) + 1;
    return node_name;
}

static uint32_t of_getproplen(struct of_call *c)
{
    char name[NAME_SIZE], node_name[NAME_SIZE];
    int len;
    if (!gm_string(c->hv->m, c->args[1], name, sizeof(name)) ||
        !find_property(c, c->args[0], name, node_name, &len))
        return OF_ERROR;
    return len;
}

static uint32_t of_getprop(struct of_call *c)
{
    char name[NAME_SIZE], node_name[NAME_SIZE];
    int len;
    if (!gm_string(c->hv->m, c->args[1], name, sizeof(name)))
        return OF_ERROR;
    const void *value = find_property(c, c->args[0], name, node_name, &len);
    if (!value)
        return OF_ERROR;
    uint32_t n = c->args[3] < (uint32_t)len ? c->args[3] : (uint32_t)len;
    return gm_write(c->hv->m, c->args[2], value, n) ? (uint32_t)len : OF_ERROR;
}

/* 1: the name of the property after @args[1] was stored; 0: that was the last. */
static uint32_t of_nextprop(struct of_call *c)
{
    char prev[NAME_SIZE];
    const void *fdt = c->hv->fdt;
    int node = node_of(c->hv, c->args[0]);

    if (node < 0)
        return OF_ERROR;
    if (!c->args[1] || !gm_string(c->hv->m, c->args[1], prev, sizeof(prev)))
        prev[0] = '\0';
    bool found = prev[0] == '\0';
    int at;
    fdt_for_each_property_offset(at, fdt, node)
    {
        const char *name;
        fdt_getprop_by_offset(fdt, at, &name, NULL);
        if (found)
            return gm_write(c->hv->m, c->args[2], name, strlen(name) + 1) ? 1 : OF_ERROR;
        found = strcmp(name, prev) == 0;
    }
    gm_write(c->hv->m, c->args[2], "", 1);
    return found ? 0 : OF_ERROR;
}

static uint32_t of_setprop(struct of_call *c)
{
    char name[NAME_SIZE];
    uint32_t len = c->args[3];
    int node = node_of(c->hv, c->args[0]);

    if (node < 0 || len > PROP_MAX || !gm_string(c->hv->m, c->args[1], name, sizeof(name)))
        return OF_ERROR;
    void *value = malloc(len + 1);
    bool ok = value && gm_read(c->hv->m, c->args[2], value, len) &&
              !fdt_setprop(c->hv->fdt, node, name, value, len);
    free(value);
    return ok ? len : OF_ERROR;
}

/* ---- instances ---- */

static uint32_t of_open(struct of_call *c)
{
    char path[PATH_SIZE];
    if (!gm_string(c->hv->m, c->args[0], path, sizeof(path)))
        return 0;
    return open_instance(c->hv, find_path(c->hv, path));
}

/* The standard output stays: the kernel writes to it to the end. */
static uint32_t of_close(struct of_call *c)
{
    if (c->args[0] < OF_MAX_INSTANCES && c->args[0] != OF_STDOUT)
        c->hv->of.instance[c->args[0]] = 0;
    return 0;
}

static bool is_terminal(struct of_call *c, uint32_t ihandle)
{
    uint32_t stdout_phandle = c->hv->of.instance[OF_STDOUT];
    return stdout_phandle && phandle_of_instance(c->hv, ihandle) == stdout_phandle;
}

static uint32_t of_write(struct of_call *c)
{
    uint32_t len = c->args[2] < WRITE_MAX ? c->args[2] : WRITE_MAX;
    char *text = malloc(len + 1);
    bool ok = text && is_terminal(c, c->args[0]) && gm_read(c->hv->m, c->args[1], text, len);
    if (ok)
        outside_write(c->hv->m->outside, text, len);
    free(text);
    return ok ? len : OF_ERROR;
}

/* -2 by the standard: no input now. */
static uint32_t of_read(struct of_call *c)
{
    uint8_t bytes[64];
    uint32_t len = c->args[2] < sizeof(bytes) ? c->args[2] : sizeof(bytes);
    if (!is_terminal(c, c->args[0]))
        return OF_ERROR;
    size_t n = outside_read(c->hv->m->outside, bytes, len);
    if (!n)
        return (uint32_t)-2;
    return gm_write(c->hv->m, c->args[1], bytes, n) ? n : OF_ERROR;
}

static uint32_t method_instantiate_rtas(struct of_call *c)
{
    gra_t base = c->args[2];
    if (!hv_write_stub(c->hv, base, HCALL_RTAS))
        return OF_ERROR;
    if (c->hv->m->cfg.hv_fault == HV_FAULT_RTAS && !hv_pressure_alter_rtas(c->hv, base))
        return OF_ERROR;
    c->rets[1] = base;
    return 0;
}

static uint32_t method_cas(struct of_call *c)
{
    return cas_negotiate(c->hv, c->args[2]) ? 0 : OF_ERROR;
}

static uint32_t of_call_method(struct of_call *c)
{
    static const struct {
        const char *path, *name;
        of_handler handler;
    } methods[] = {
        {"/", "ibm,client-architecture-support", method_cas},
        {"/rtas", "instantiate-rtas", method_instantiate_rtas},
    };
    char name[NAME_SIZE], path[PATH_SIZE];
    int node = node_of(c->hv, phandle_of_instance(c->hv, c->args[1]));

    if (!gm_string(c->hv->m, c->args[0], name, sizeof(name)) || node < 0 ||
        fdt_get_path(c->hv->fdt, node, path, sizeof(path)))
        return OF_ERROR;
    LOG(LOG_OF, "of: method %s of %s", name, path);
    for (unsigned i = 0; i < ARRAY_SIZE(methods); i++)
        if (!strcmp(methods[i].name, name) && !strcmp(methods[i].path, path) && c->nargs >= 3)
            return methods[i].handler(c);
    return OF_ERROR;
}

/* ---- memory ---- */

static bool overlaps(const struct of_client *of, gra_t base, uint64_t size)
{
    for (unsigned i = 0; i < of->nclaims; i++)
        if (base < of->claim[i].base + of->claim[i].size && of->claim[i].base < base + size)
            return true;
    return false;
}

bool of_claim_range(struct hypervisor *hv, gra_t base, uint64_t size)
{
    struct of_client *of = &hv->of;
    uint64_t ram = hv->m->cfg.ram_size;

    if (!size || base > ram || size > ram - base || of->nclaims == OF_MAX_CLAIMS ||
        overlaps(of, base, size))
        return false;
    of->claim[of->nclaims++] = (struct of_range){base, size};
    return true;
}

/* virt, size, align: at virt when align is 0, else the lowest free place. */
static uint32_t of_claim(struct of_call *c)
{
    struct of_client *of = &c->hv->of;
    uint64_t size = c->args[1], align = c->args[2];

    if (!align)
        return of_claim_range(c->hv, c->args[0], size) ? c->args[0] : OF_ERROR;
    while (align & (align - 1))
        align += align & -align; /* the next power of two */
    gra_t at = 0;
    while (overlaps(of, at, size)) {
        gra_t next = ~0ULL; /* the lowest end of a claim above: nothing can begin before it */
        for (unsigned i = 0; i < of->nclaims; i++) {
            gra_t end = of->claim[i].base + of->claim[i].size;
            if (end > at && end < next)
                next = end;
        }
        at = (next + align - 1) & ~(align - 1);
    }
    return at + size <= 1ULL << 32 && of_claim_range(c->hv, at, size) ? at : OF_ERROR;
}

static uint32_t of_release(struct of_call *c)
{
    struct of_client *of = &c->hv->of;
    for (unsigned i = 0; i < of->nclaims; i++) {
        if (of->claim[i].base == c->args[0]) {
            of->claim[i] = of->claim[--of->nclaims];
            return 0;
        }
    }
    return OF_ERROR;
}

/* ---- control ---- */

static uint32_t of_quiesce(struct of_call *c)
{
    c->hv->of.quiesced = true;
    return 0;
}

static uint32_t of_exit(struct of_call *c)
{
    machine_request_stop(c->hv->m, STOP_FIRMWARE_EXIT, NULL);
    hv_cpu_stop(c->cpu);
    return 0;
}

static uint32_t of_boot(struct of_call *c)
{
    machine_request_reset(c->hv->m);
    hv_cpu_stop(c->cpu);
    return 0;
}

static uint32_t of_milliseconds(struct of_call *c)
{
    return machine_now_ns(c->hv->m) / 1000000;
}

static uint32_t of_start_cpu(struct of_call *c)
{
    int len, node = node_of(c->hv, c->args[0]);
    const void *reg = node < 0 ? NULL : fdt_getprop(c->hv->fdt, node, "reg", &len);
    struct cpu *cpu = reg && len >= 4 ? hv_cpu(c->hv, get_be32(reg)) : NULL;
    if (!cpu || cpu->run_state != CPU_STOPPED)
        return OF_ERROR;
    hv_cpu_start(c->hv, cpu, c->args[1], c->args[2], MSR_SF | MSR_ME);
    return 0;
}

static uint32_t of_test(struct of_call *c);

/* ---- dispatch ---- */

static const struct of_service {
    const char *name;
    unsigned nargs, nret; /* at least */
    of_handler handler;
} services[] = {
    {"finddevice", 1, 1, of_finddevice},
    {"peer", 1, 1, of_peer},
    {"child", 1, 1, of_child},
    {"parent", 1, 1, of_parent},
    {"package-to-path", 3, 1, of_package_to_path},
    {"instance-to-path", 3, 1, of_instance_to_path},
    {"instance-to-package", 1, 1, of_instance_to_package},
    {"getproplen", 2, 1, of_getproplen},
    {"getprop", 4, 1, of_getprop},
    {"nextprop", 3, 1, of_nextprop},
    {"setprop", 4, 1, of_setprop},
    {"open", 1, 1, of_open},
    {"close", 1, 0, of_close},
    {"write", 3, 1, of_write},
    {"read", 3, 1, of_read},
    {"call-method", 2, 1, of_call_method},
    {"claim", 3, 1, of_claim},
    {"release", 2, 0, of_release},
    {"quiesce", 0, 0, of_quiesce},
    {"exit", 0, 0, of_exit},
    {"enter", 0, 0, of_exit},
    {"boot", 0, 0, of_boot},
    {"milliseconds", 0, 1, of_milliseconds},
    {"start-cpu", 3, 0, of_start_cpu},
    {"test", 1, 1, of_test},
};

static const struct of_service *find_service(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(services); i++)
        if (!strcmp(services[i].name, name))
            return &services[i];
    return NULL;
}

/* 0: the service exists. */
static uint32_t of_test(struct of_call *c)
{
    char name[NAME_SIZE];
    return gm_string(c->hv->m, c->args[0], name, sizeof(name)) && find_service(name) ? 0 : OF_ERROR;
}

/* Printable form of an argument that may be the address of a name. */
static void log_call(const struct of_call *c, const char *name)
{
    char text[300];
    int n = 0;
    for (unsigned i = 0; i < c->nargs; i++)
        n += snprintf(text + n, sizeof(text) - n, "%s0x%x", i ? ", " : "", c->args[i]);
    n += snprintf(text + n, sizeof(text) - n, ") =");
    for (unsigned i = 0; i < c->nret; i++)
        n += snprintf(text + n, sizeof(text) - n, " 0x%x", c->rets[i]);
    log_write(LOG_OF, "of: %s(%s", name, text);
}

/* Argument block: u32 service name, nargs, nret, args..., results... */
static bool read_block(struct of_call *c, gra_t args, char *name, size_t size)
{
    uint8_t head[12], cells[4 * OF_MAX_CELLS];
    if (!gm_read(c->hv->m, args, head, sizeof(head)))
        return false;
    c->nargs = get_be32(head + 4);
    c->nret = get_be32(head + 8);
    if (c->nargs > OF_MAX_CELLS || c->nret > OF_MAX_CELLS || c->nargs + c->nret > OF_MAX_CELLS ||
        !gm_read(c->hv->m, args + 12, cells, 4 * c->nargs) ||
        !gm_string(c->hv->m, get_be32(head), name, size))
        return false;
    for (unsigned i = 0; i < c->nargs; i++)
        c->args[i] = get_be32(cells + 4 * i);
    return true;
}

int64_t of_client_call(struct hypervisor *hv, struct cpu *cpu, gra_t args)
{
    struct of_call c = {.hv = hv, .cpu = cpu};
    char name[NAME_SIZE];

    if (!hv->of.instance[OF_STDOUT] || !read_block(&c, args, name, sizeof(name))) {
        LOG(LOG_GUEST_ERRORS, "of: no call at 0x%llx", (unsigned long long)args);
        return -1;
    }
    const struct of_service *s = find_service(name);
    if (!s || c.nargs < s->nargs || c.nret < s->nret) {
        LOG(LOG_UNIMP | LOG_OF, "of: %s with %u arguments, %u results is unknown", name, c.nargs,
            c.nret);
        return -1;
    }
    uint32_t first = s->handler(&c);
    c.rets[0] = first;
    uint8_t cells[4 * OF_MAX_CELLS];
    for (unsigned i = 0; i < c.nret; i++)
        put_be32(cells + 4 * i, c.rets[i]);
    gm_write(hv->m, args + 12 + 4 * c.nargs, cells, 4 * c.nret);
    if (log_mask & LOG_OF)
        log_call(&c, name);
    return 0;
}
