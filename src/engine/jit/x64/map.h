/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which GPRs are in host registers.
 *
 * Between regions, and in threaded code's eyes, it is the canonical map: the GPRs that compilers
 * like best. A loop may have a map of its own, with what it uses most, CTR and the budget among it;
 * all other registers are operands in struct cpu. Where control goes from code of one map to code
 * of another a conversion is emitted, so every way into a loop, out of it, and out of the region
 * costs a few moves: map_choose() weighs them against the uses.
 */
#ifndef PEFEMU_ENGINE_JIT_X64_MAP_H
#define PEFEMU_ENGINE_JIT_X64_MAP_H

#include "emit.h"

#include <stdint.h>

/* What a map speaks of: GPRs 0 to 31, and these. */
enum { MAP_CTR = 32, MAP_BUDGET, MAP_COUNT };

#define NOT_PINNED 0xff
#define MAX_MAPS   12 /* number 0 is the canonical one */

struct reg_map {
    uint8_t host[MAP_COUNT]; /* a host register or NOT_PINNED */
    /* Code of the region, in the writable mapping: calls of handlers (plain, settled), and leaving
     * by NATIVE_SLOT and with a reason in RDX. Of the canonical map: the fixed code. */
    const uint8_t *call[2], *leave_slot, *leave;
};

struct tr;

/* Makes the region's maps and says whose code each slot is. */
void map_choose(struct tr *t);
/* From here on code is emitted of map @map. */
void map_use(struct tr *t, unsigned map);
/* What is in host registers by the present map goes where @to wants it. Leaves the flags and the
 * scratch registers alone. */
void map_convert(struct tr *t, unsigned to);
/* Emits loads of all that a map has in host registers, or stores. */
void map_load(struct emit *e, const struct reg_map *map);
void map_store(struct emit *e, const struct reg_map *map);
extern const struct reg_map map_canonical;

#endif
