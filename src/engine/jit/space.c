/* SPDX-License-Identifier: Apache-2.0 */
#include "space.h"

#include <sys/mman.h>

/* Shared anonymous memory, a second mapping of which mremap() makes: perf looks names up in its map
 * (perfmap.c) only where no file is mapped, which rules memfd_create() out. */
bool space_create(struct code_space *s, size_t size)
{
    *s = (struct code_space){.size = size, .exec = MAP_FAILED};
    s->write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s->write != MAP_FAILED)
        s->exec = mremap(s->write, 0, size, MREMAP_MAYMOVE);
    if (s->exec != MAP_FAILED && !mprotect(s->exec, size, PROT_READ | PROT_EXEC))
        return true;
    space_destroy(s);
    return false;
}

void space_destroy(struct code_space *s)
{
    if (s->write && s->write != MAP_FAILED)
        munmap(s->write, s->size);
    if (s->exec && s->exec != MAP_FAILED)
        munmap(s->exec, s->size);
    s->write = s->exec = NULL;
}

void space_reset(struct code_space *s)
{
    s->used = s->fixed;
}
