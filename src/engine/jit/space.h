/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for native code, mapped twice: where it is written it can not be executed, where it is
 * executed it can not be written. Addresses below are those of the executable mapping unless they
 * say otherwise.
 */
#ifndef PEFEMU_ENGINE_JIT_SPACE_H
#define PEFEMU_ENGINE_JIT_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code_space {
    uint8_t *exec;  /* owned mapping, readable and executable */
    uint8_t *write; /* owned mapping of the same pages, readable and writable */
    size_t size, used;
    size_t fixed; /* the beginning, kept by space_reset() */
};

/* False: the host has no memory, or forbids executable memory. */
bool space_create(struct code_space *s, size_t size);
void space_destroy(struct code_space *s);
/* Everything but the fixed part is free again. */
void space_reset(struct code_space *s);

static inline const void *space_exec(const struct code_space *s, const void *writable)
{
    return s->exec + ((const uint8_t *)writable - s->write);
}

static inline void *space_write(const struct code_space *s, const void *exec)
{
    return s->write + ((const uint8_t *)exec - s->exec);
}

#endif
