/* SPDX-License-Identifier: Apache-2.0 */
#include "space.h"

#include <sys/mman.h>
#include <unistd.h>

bool space_create(struct code_space *s, size_t size)
{
    int fd = memfd_create("pefemu-code", MFD_CLOEXEC);

    *s = (struct code_space){.size = size};
    if (fd < 0)
        return false;
    if (!ftruncate(fd, (off_t)size)) {
        s->write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        s->exec = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    }
    close(fd);
    if (s->write && s->write != MAP_FAILED && s->exec != MAP_FAILED)
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
