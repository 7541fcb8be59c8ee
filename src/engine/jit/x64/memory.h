/* SPDX-License-Identifier: Apache-2.0 */
/* Guest memory in native code, for all facilities. */
#ifndef PEFEMU_ENGINE_JIT_X64_MEMORY_H
#define PEFEMU_ENGINE_JIT_X64_MEMORY_H

#include "tr.h"

struct x64_access {
    struct x64_mem m;  /* the host's memory; uses RCX */
    struct late *slow; /* tr_back() where the instruction is done */
};

/* Checks that [@base + @disp, + @size) lies in one granule that the TLB's first level knows, else
 * the handler does the instruction. RCX and RDX are lost, @base is not. @settles: as of tr_slow().
 */
struct x64_access x64_access(struct tr *t, unsigned base, int32_t disp, unsigned size, bool store,
                             bool settles);

#endif
