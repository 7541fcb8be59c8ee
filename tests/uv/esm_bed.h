/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM on the test bed that is about to call UV_ESM: where its parts are, and a device tree as good
 * as the built-in hypervisor's, and smaller. After bed.h or bed_core.h.
 */
#ifndef PEFEMU_TESTS_UV_ESM_BED_H
#define PEFEMU_TESTS_UV_ESM_BED_H

#include <libfdt.h>

#include "../../src/ultravisor/enter.h"
#include "rtas_services.h"

#ifndef VM_RAM /* a layout that a test may choose */
#define VM_RAM (16 * MiB)
#define KBASE  0x400000ULL
#define FDT    0x900000ULL
#define RTAS   0xa00000ULL
#define INITRD 0xb00000ULL
#endif

static uint8_t tree[16384];

static inline void set_cells(const char *node, const char *name, unsigned n, const uint32_t *v)
{
    uint8_t bytes[64];

    for (unsigned i = 0; i < n; i++)
        put_be32(bytes + 4 * i, v[i]);
    BED_CHECK(fdt_setprop(tree, fdt_path_offset(tree, node), name, bytes, (int)(4 * n)) == 0);
}
#define CELLS(node, name, ...)                                                                     \
    set_cells(node, name, ARRAY_SIZE(((uint32_t[]){__VA_ARGS__})), (uint32_t[]){__VA_ARGS__})

static inline int add_node(const char *name)
{
    int node = fdt_add_subnode(tree, 0, name);
    BED_CHECK(node >= 0);
    return node;
}

static inline void make_tree(void)
{
    BED_CHECK(fdt_create_empty_tree(tree, sizeof(tree)) == 0);
    add_node("memory@0");
    CELLS("/memory@0", "reg", 0, 0, 0, VM_RAM);
    fdt_setprop_string(tree, add_node("cpu@0"), "device_type", "cpu");
    CELLS("/cpu@0", "ibm,ppc-interrupt-server#s", 0);
    add_node("rtas");
    for (unsigned i = 0; i < ARRAY_SIZE(bed_services) - 1; i++)
        CELLS("/rtas", bed_services[i], BED_TOKEN(i));
    CELLS("/rtas", "ibm,lrdr-capacity", 0, VM_RAM, 0, 0x10000000, 2);
    CELLS("/rtas", "linux,rtas-base", RTAS);
    CELLS("/rtas", "rtas-size", 0x1000);
    CELLS("/rtas", "slof,rtas-size", 20);
    add_node("chosen");
    fdt_setprop_string(tree, fdt_path_offset(tree, "/chosen"), "bootargs", "svm=on");
    CELLS("/chosen", "linux,initrd-start", INITRD);
    CELLS("/chosen", "linux,initrd-end", INITRD + 0x21000);
}

#endif
