/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partition's device tree. Written once in document order (libfdt's sequential interface), then
 * opened for changes: the client interface and CAS work on it in place, so that phandles stay.
 * Which properties, and why: pseries.md 2.
 */
#include "hv_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <libfdt.h>

#include "pefemu/loader.h"

#define TREE_SIZE    (192 * 1024)
#define TREE_MAX     (2 * 1024 * 1024) /* -dtb */
#define CPU_CLOCK_HZ 2000000000u
#define LMB_SIZE     0x10000000u

/* A tree under construction. */
struct builder {
    struct hypervisor *hv;
    void *fdt;
    uint32_t next_phandle;
    bool failed;
};

static void check(struct builder *b, int err)
{
    if (err < 0)
        b->failed = true;
}

static void prop_bytes(struct builder *b, const char *name, const void *data, int len)
{
    check(b, fdt_property(b->fdt, name, data, len));
}

static void prop_empty(struct builder *b, const char *name)
{
    prop_bytes(b, name, NULL, 0);
}

static void prop_u32(struct builder *b, const char *name, uint32_t v)
{
    check(b, fdt_property_u32(b->fdt, name, v));
}

static void prop_string(struct builder *b, const char *name, const char *s)
{
    prop_bytes(b, name, s, strlen(s) + 1);
}

static void prop_cells_n(struct builder *b, const char *name, const uint32_t *cells, unsigned n)
{
    uint8_t bytes[256];
    assert(n * 4 <= sizeof(bytes));
    for (unsigned i = 0; i < n; i++)
        put_be32(bytes + 4 * i, cells[i]);
    prop_bytes(b, name, bytes, n * 4);
}

#define PROP_CELLS(b, name, ...)                                                                   \
    prop_cells_n(b, name, (const uint32_t[]){__VA_ARGS__},                                         \
                 ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__})))
/* String lists: a literal with embedded NULs; the literal's own NUL ends the last one. */
#define PROP_STRINGS(b, name, literal) prop_bytes(b, name, literal, sizeof(literal))
#define HI32(x)                        (uint32_t)((uint64_t)(x) >> 32)
#define LO32(x)                        (uint32_t)(x)

static void begin_node_phandle(struct builder *b, const char *name, uint32_t phandle)
{
    check(b, fdt_begin_node(b->fdt, name));
    prop_u32(b, "phandle", phandle);
}

static void begin_node(struct builder *b, const char *name)
{
    begin_node_phandle(b, name, b->next_phandle++);
}

static void end_node(struct builder *b)
{
    check(b, fdt_end_node(b->fdt));
}

/* ---- nodes ---- */

static const char *command_line(const struct hypervisor *hv)
{
    /* Without console= the kernel's dummy virtual terminal takes the console. */
    return hv->m->cfg.append ? hv->m->cfg.append : "console=hvc0";
}

static void add_chosen(struct builder *b)
{
    const struct machine_config *cfg = &b->hv->m->cfg;
    uint8_t controller = cfg->xive_allowed ? (cfg->xics_allowed ? 0x80 : 0x40) : 0;
    uint8_t mmu = cfg->radix_allowed ? (cfg->hash_allowed ? 0x80 : 0x40) : 0;
    const uint8_t support[8] = {
        23, controller,           /* XICS 0x00, XIVE 0x40, either 0x80 */
        24, mmu,                  /* hash 0x00, radix 0x40, either 0x80 */
        25, 0x00,       26, 0x40, /* radix with GTSE */
    };
    uint8_t seed[32];

    begin_node(b, "chosen");
    prop_string(b, "bootargs", command_line(b->hv));
    prop_string(b, "linux,stdout-path", "/vdevice/vty@71000000");
    prop_u32(b, "stdout", OF_STDOUT);
    prop_bytes(b, "ibm,arch-vec-5-platform-support", support, sizeof(support));
    for (unsigned i = 0; i < sizeof(seed); i += 8)
        put_be64(seed + i, machine_random(b->hv->m));
    prop_bytes(b, "rng-seed", seed, sizeof(seed));
    end_node(b);
}

static void add_memory(struct builder *b)
{
    uint64_t size = b->hv->m->cfg.ram_size & ~0xffffULL; /* what the partition-scoped tree maps */
    begin_node(b, "memory@0");
    prop_string(b, "device_type", "memory");
    PROP_CELLS(b, "reg", 0, 0, HI32(size), LO32(size));
    PROP_CELLS(b, "ibm,associativity", 4, 0, 0, 0, 0);
    end_node(b);
}

static void add_rtas(struct builder *b)
{
    uint64_t ram = b->hv->m->cfg.ram_size;
    unsigned n;
    const struct rtas_name *names = rtas_names(&n);

    begin_node(b, "rtas");
    PROP_STRINGS(b, "ibm,hypertas-functions",
                 "hcall-pft\0hcall-term\0hcall-dabr\0hcall-interrupt\0hcall-tce\0hcall-vio\0"
                 "hcall-splpar\0hcall-bulk\0hcall-set-mode\0hcall-sprg0\0hcall-copy\0hcall-debug\0"
                 "hcall-multi-tce");
    PROP_CELLS(b, "ibm,associativity-reference-points", 4, 4, 2);
    PROP_CELLS(b, "ibm,max-associativity-domains", 4, 0, 0, 0, 1);
    PROP_CELLS(b, "ibm,lrdr-capacity", HI32(ram), LO32(ram), 0, LMB_SIZE, b->hv->m->ncpus);
    prop_u32(b, "rtas-version", 1);
    prop_u32(b, "rtas-size", RTAS_SIZE);
    prop_u32(b, "slof,rtas-size",
             STUB_SIZE); /* of its text; read when the guest becomes secure (pef.md 5.2) */
    prop_u32(b, "rtas-event-scan-rate", 1);
    prop_u32(b, "rtas-error-log-max", 0x800);
    prop_empty(b, "ibm,extended-os-term");
    for (unsigned i = 0; i < n; i++)
        prop_u32(b, names[i].name, names[i].token);
    end_node(b);
}

/* Length, type, then attribute bytes 0..65; bit 0 leftmost (pseries.md 2.5). No HTM (22). */
static const uint8_t pa_features[68] = {
    66,   0,    0xf6, 0x3f, 0xc7, 0xc0, 0x80, 0xf0, 0x80, 0x00, /*  0: MMU FPU SLB ..., 5: LE, 6:
                                                                   ISA 2.07 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,             /*  8 */
    0x80, 0x00, 0x80, 0x00, 0x80, 0x00, 0x00, 0x00, /* 16: vector, VSX, vector XOR, (HTM) */
    0x80, 0x00, 0x80, 0x00, 0x80, 0x00, 0x80, 0x00, /* 24 */
    0x80, 0x00, 0xc0, 0x00, 0x80, 0x00, 0x80, 0x00, /* 32: LE atomics, EBB, SPR SO, copy-paste */
    0x80, 0x00, 0x80, 0x00, 0x80, 0x00, 0x80, 0x00, /* 40: radix, PM, PC relative, scv; 48 .. */
    0x80, 0x00, 0x80, 0x00, 0x80, 0x00, 0x80, 0x00, 0x80, 0x00, 0x80,
    0x00, 0x80, 0x00, 0x80, 0x00, 0x00, 0x00, /* 64: DAWR1 */
};

static void add_cache_properties(struct builder *b)
{
    static const char *const line[] = {"d-cache-block-size", "d-cache-line-size",
                                       "i-cache-block-size", "i-cache-line-size"};
    for (unsigned i = 0; i < ARRAY_SIZE(line); i++)
        prop_u32(b, line[i], 128);
    prop_u32(b, "d-cache-size", 0x8000);
    prop_u32(b, "i-cache-size", 0x8000);
}

/* What hash translation offers. Per base page size: its log2, L and LP of its SLB entries, then
 * pairs of actual size and LP of the table's entries. */
static void add_hash_properties(struct builder *b)
{
    const struct machine_config *cfg = &b->hv->m->cfg;

    PROP_CELLS(b, "ibm,pft-size", 0, cfg->hash_allowed ? pagetable_hpt_log2(cfg) : 0);
    if (pagetable_has_16m(cfg))
        PROP_CELLS(b, "ibm,segment-page-sizes", 12, 0, 3, 12, 0, 16, 7, 24, 0x38, 16, 0x110, 2, 16,
                   1, 24, 8, 24, 0x100, 1, 24, 0);
    else
        PROP_CELLS(b, "ibm,segment-page-sizes", 12, 0, 2, 12, 0, 16, 7, 16, 0x110, 1, 16, 1);
    PROP_CELLS(b, "ibm,processor-segment-sizes", 28, 40, 0xffffffff, 0xffffffff);
    /* Keys of AMR and of IAMR. Without them Linux has no execute-only pages and no barrier between
     * kernel and user under hash translation. */
    PROP_CELLS(b, "ibm,processor-storage-keys", 32, 32);
}

/* One node per core; its threads have consecutive server numbers. */
static void add_core(struct builder *b, unsigned core, unsigned first, unsigned threads)
{
    uint32_t servers[MACHINE_MAX_CPUS], gservers[2 * MACHINE_MAX_CPUS];
    char name[40];

    snprintf(name, sizeof(name), "PowerPC,POWER9@%x", first);
    begin_node(b, name);
    prop_string(b, "device_type", "cpu");
    prop_u32(b, "reg", first);
    prop_string(b, "status", "okay");
    prop_u32(b, "cpu-version", b->hv->m->cpus[0].pvr);
    prop_empty(b, "64-bit");
    prop_u32(b, "timebase-frequency", TIMEBASE_HZ);
    prop_u32(b, "clock-frequency", CPU_CLOCK_HZ);
    add_cache_properties(b);
    prop_u32(b, "ibm,dec-bits", 56);
    prop_u32(b, "slb-size", 32);
    prop_u32(b, "ibm,slb-size", 32);
    prop_u32(b, "ibm,chip-id", core);
    for (unsigned t = 0; t < threads; t++) {
        servers[t] = gservers[2 * t] = first + t;
        gservers[2 * t + 1] = 0;
    }
    prop_cells_n(b, "ibm,ppc-interrupt-server#s", servers, threads);
    prop_cells_n(b, "ibm,ppc-interrupt-gserver#s", gservers, 2 * threads);
    /* AP encoding in the top three bits: 4 KiB, 64 KiB, 2 MiB, 1 GiB */
    PROP_CELLS(b, "ibm,processor-radix-AP-encodings", 0x0000000c, 0xa0000010, 0x20000015,
               0x4000001e);
    add_hash_properties(b);
    prop_u32(b, "ibm,vmx", 2);
    prop_u32(b, "ibm,dfp", 1);
    prop_u32(b, "ibm,purr", 1);
    prop_u32(b, "ibm,spurr", 1);
    PROP_CELLS(b, "ibm,associativity", 5, 0, 0, 0, 0, first);
    prop_bytes(b, "ibm,pa-features", pa_features, sizeof(pa_features));
    end_node(b);
}

static void add_cpus(struct builder *b)
{
    unsigned ncpus = b->hv->m->ncpus;
    unsigned threads = b->hv->m->cfg.threads ? b->hv->m->cfg.threads : 1;

    begin_node(b, "cpus");
    prop_u32(b, "#address-cells", 1);
    prop_u32(b, "#size-cells", 0);
    for (unsigned first = 0; first < ncpus; first += threads)
        add_core(b, first / threads, first, first + threads > ncpus ? ncpus - first : threads);
    end_node(b);
}

static void add_vdevice(struct builder *b)
{
    begin_node(b, "vdevice");
    prop_string(b, "device_type", "vdevice");
    prop_string(b, "compatible", "IBM,vdevice");
    prop_u32(b, "#address-cells", 1);
    prop_u32(b, "#size-cells", 0);
    prop_u32(b, "#interrupt-cells", 2);
    prop_empty(b, "interrupt-controller");

    begin_node(b, "vty@71000000");
    prop_string(b, "device_type", "serial");
    prop_string(b, "compatible", "hvterm1");
    prop_u32(b, "reg", VTY_UNIT);
    PROP_CELLS(b, "interrupts", IRQ_VTY, 0);
    prop_u32(b, "interrupt-parent", PHANDLE_INTC);
    end_node(b);

    begin_node(b, "nvram@71000001");
    prop_string(b, "device_type", "nvram");
    prop_string(b, "compatible", "qemu,spapr-nvram"); /* what user-space tools look for */
    prop_u32(b, "reg", NVRAM_UNIT);
    prop_u32(b, "#bytes", NVRAM_SIZE);
    PROP_CELLS(b, "interrupts", IRQ_NVRAM, 0);
    prop_u32(b, "interrupt-parent", PHANDLE_INTC);
    end_node(b);
    end_node(b);
}

static void add_event_sources(struct builder *b)
{
    begin_node(b, "event-sources");
    prop_empty(b, "interrupt-controller");
    prop_u32(b, "#interrupt-cells", 2);
    PROP_CELLS(b, "interrupt-ranges", IRQ_EPOW, 1);
    begin_node(b, "epow-events");
    PROP_CELLS(b, "interrupts", IRQ_EPOW, 0);
    prop_u32(b, "interrupt-parent", PHANDLE_INTC);
    end_node(b);
    end_node(b);
}

static void add_platform_facilities(struct builder *b)
{
    begin_node(b, "ibm,platform-facilities");
    prop_string(b, "device_type", "ibm,platform-facilities");
    prop_u32(b, "#address-cells", 1);
    prop_u32(b, "#size-cells", 0);
    begin_node(b, "ibm,random-v1");
    prop_string(b, "device_type", "ibm,random-v1");
    prop_string(b, "compatible", "ibm,random");
    end_node(b);
    end_node(b);
}

/* XICS; CAS may put the XIVE node in its place. */
static void add_interrupt_controller(struct builder *b)
{
    begin_node_phandle(b, "interrupt-controller", PHANDLE_INTC);
    prop_string(b, "device_type", "PowerPC-External-Interrupt-Presentation");
    prop_string(b, "compatible", "IBM,ppc-xicp");
    PROP_CELLS(b, "ibm,interrupt-server-ranges", 0, b->hv->m->ncpus);
    prop_u32(b, "#interrupt-cells", 2);
    prop_empty(b, "interrupt-controller");
    end_node(b);
}

static void add_root(struct builder *b)
{
    begin_node(b, "");
    prop_u32(b, "#address-cells", 2);
    prop_u32(b, "#size-cells", 2);
    prop_string(b, "compatible", "qemu,pseries"); /* systemd and others know this name */
    prop_string(b, "model", "IBM pSeries (emulated by pefemu)");
    prop_string(b, "device_type", "chrp");
    add_chosen(b);
    add_memory(b);
    add_rtas(b);
    add_cpus(b);
    add_vdevice(b);
    add_event_sources(b);
    add_platform_facilities(b);
    add_interrupt_controller(b);
    end_node(b);
}

bool fdt_build(struct hypervisor *hv)
{
    struct builder b = {.hv = hv, .next_phandle = PHANDLE_INTC + 1};
    int size = TREE_SIZE + 2 * (int)strlen(command_line(hv));

    free(hv->fdt);
    hv->fdt = b.fdt = malloc(size);
    hv->fdt_size = size;
    if (!b.fdt) {
        fprintf(stderr, "pefemu: the host has not enough memory for the device tree\n");
        return false;
    }
    check(&b, fdt_create(b.fdt, size));
    check(&b, fdt_finish_reservemap(b.fdt));
    add_root(&b);
    check(&b, fdt_finish(b.fdt));
    if (!b.failed)
        check(&b, fdt_open_into(b.fdt, b.fdt, size));
    if (b.failed) {
        fprintf(stderr, "pefemu: the device tree does not fit; use a shorter -append\n");
        return false;
    }
    return true;
}

/* ---- changes to the finished tree ---- */

static bool set_cells(void *fdt, int node, const char *name, const uint32_t *cells, unsigned n)
{
    uint8_t bytes[64];
    assert(n * 4 <= sizeof(bytes));
    for (unsigned i = 0; i < n; i++)
        put_be32(bytes + 4 * i, cells[i]);
    return !fdt_setprop(fdt, node, name, bytes, n * 4);
}

#define SET_CELLS(fdt, node, name, ...)                                                            \
    set_cells(fdt, node, name, (const uint32_t[]){__VA_ARGS__},                                    \
              ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__})))

static bool replace_with_xive(struct hypervisor *hv)
{
    void *fdt = hv->fdt;
    char name[40];

    int old = fdt_node_offset_by_phandle(fdt, PHANDLE_INTC);
    if (old >= 0)
        fdt_del_node(fdt, old);
    snprintf(name, sizeof(name), "interrupt-controller@%llx", (unsigned long long)XIVE_TIMA_USER);
    int node = fdt_add_subnode(fdt, 0, name);
    if (node < 0)
        return false;
    /* libfdt puts a new property first: written backwards. */
    bool ok = !fdt_setprop(fdt, node, "interrupt-controller", NULL, 0) &&
              SET_CELLS(fdt, node, "#interrupt-cells", 2) &&
              SET_CELLS(fdt, node, "ibm,xive-lisn-ranges", 0, hv->m->ncpus) &&
              SET_CELLS(fdt, node, "ibm,xive-eq-sizes", 12, 16, 21, 24) &&
              SET_CELLS(fdt, node, "reg", HI32(XIVE_TIMA_USER), LO32(XIVE_TIMA_USER), 0, XIVE_PAGE,
                        HI32(XIVE_TIMA_OS), LO32(XIVE_TIMA_OS), 0, XIVE_PAGE) &&
              !fdt_setprop_string(fdt, node, "compatible", "ibm,power-ivpe") &&
              !fdt_setprop_string(fdt, node, "device_type", "power-ivpe") &&
              SET_CELLS(fdt, node, "phandle", PHANDLE_INTC);
    return ok && SET_CELLS(fdt, 0, "ibm,plat-res-int-priorities", 7, 0xf8);
}

static bool set_cpu_version(void *fdt, uint32_t version)
{
    int node = -1;
    while ((node = fdt_node_offset_by_prop_value(fdt, node, "device_type", "cpu", 4)) >= 0)
        if (!SET_CELLS(fdt, node, "cpu-version", version))
            return false;
    return true;
}

bool fdt_apply_cas(struct hypervisor *hv, bool xive, bool hash, uint32_t cpu_version)
{
    xive = xive || hv->xive_mode; /* a second call finds the XICS node gone */
    /* Option vector 5 as agreed: its length minus 2, then byte n at offset n. */
    uint8_t vec5[27] = {[0] = sizeof(vec5) - 2,
                        [5] = 0x80, /* associativity form 1 */
                        [23] = xive ? 0x40 : 0x00,
                        [24] = hash ? 0x00 : 0x40,
                        [26] = hash ? 0x00 : 0x40}; /* GTSE */
    if (xive && !hv->xive_mode && !replace_with_xive(hv))
        return false;
    hv_set_interrupt_mode(hv, xive);
    hv_set_mmu_mode(hv, hash);
    int chosen = fdt_path_offset(hv->fdt, "/chosen");
    return chosen >= 0 &&
           !fdt_setprop(hv->fdt, chosen, "ibm,architecture-vec-5", vec5, sizeof(vec5)) &&
           set_cpu_version(hv->fdt, cpu_version);
}

bool fdt_finish_for_direct_entry(struct hypervisor *hv)
{
    void *fdt = hv->fdt;
    gra_t end = hv->initrd.base + hv->initrd.size;
    bool ok = true;

    int chosen = fdt_path_offset(fdt, "/chosen");
    if (chosen >= 0) {
        fdt_delprop(fdt, chosen, "stdout"); /* an ihandle, for the client interface only */
        if (hv->m->cfg.append)
            ok = !fdt_setprop_string(fdt, chosen, "bootargs", hv->m->cfg.append);
        if (hv->initrd.size)
            ok = ok && !fdt_setprop_u64(fdt, chosen, "linux,initrd-start", hv->initrd.base) &&
                 !fdt_setprop_u64(fdt, chosen, "linux,initrd-end", end);
    }
    int rtas = fdt_path_offset(fdt, "/rtas");
    if (rtas >= 0)
        ok = ok && !fdt_setprop_u32(fdt, rtas, "linux,rtas-base", hv->rtas_base) &&
             !fdt_setprop_u32(fdt, rtas, "linux,rtas-entry", hv->rtas_base);
    if (hv->initrd.size)
        ok = ok && !fdt_add_mem_rsv(fdt, hv->initrd.base, hv->initrd.size);
    ok = ok && !fdt_add_mem_rsv(fdt, hv->rtas_base, RTAS_SIZE);
    if (!ok)
        fprintf(stderr, "pefemu: the device tree has no room for /chosen and /rtas properties\n");
    return ok;
}

/* ---- files ---- */

/* Did whoever wrote the tree negotiate radix? Linux takes hash without the property. */
static bool says_hash(const void *fdt)
{
    int len = 0, chosen = fdt_path_offset(fdt, "/chosen");
    const uint8_t *vec5 = fdt_getprop(fdt, chosen, "ibm,architecture-vec-5", &len);
    return !vec5 || len < 25 || (vec5[24] & 0xc0) == 0;
}

bool fdt_load_file(struct hypervisor *hv, const char *path)
{
    FILE *f = fopen(path, "rb");
    void *fdt = malloc(TREE_MAX);
    size_t size = 0;

    if (f && fdt)
        size = fread(fdt, 1, TREE_MAX / 2, f);
    if (f)
        fclose(f);
    if (!size || fdt_check_full(fdt, size) || fdt_open_into(fdt, fdt, TREE_MAX)) {
        fprintf(stderr, "pefemu: -dtb %s: %s; give a flattened device tree (made by dtc)\n", path,
                f ? "not a device tree" : strerror(errno));
        free(fdt);
        return false;
    }
    free(hv->fdt);
    hv->fdt = fdt;
    hv->fdt_size = TREE_MAX;
    hv_set_interrupt_mode(hv, fdt_node_offset_by_compatible(fdt, -1, "ibm,power-ivpe") >= 0);
    hv_set_mmu_mode(hv, hv->m->cfg.hash_allowed && says_hash(fdt));
    return true;
}

bool fdt_dump(const struct hypervisor *hv, const char *path)
{
    fdt_pack(hv->fdt);
    FILE *f = fopen(path, "wb");
    size_t size = fdt_totalsize(hv->fdt);
    bool ok = f && fwrite(hv->fdt, 1, size, f) == size;
    if (f && fclose(f))
        ok = false;
    if (!ok)
        fprintf(stderr, "pefemu: dumpdtb=%s: %s\n", path, strerror(errno));
    return ok;
}
