/* SPDX-License-Identifier: Apache-2.0 */
/* -perfmap: names for native code in the form in which the host's perf reads them, one line for
 * each stretch of code: address, size, name. */
#include "jit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "pefemu/symbols.h"

void perfmap_open(struct jit *jit)
{
    char path[64];

    snprintf(path, sizeof(path), "/tmp/perf-%ld.map", (long)getpid());
    /* Everybody knows the name: what stands there is replaced, not followed. */
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    jit->perfmap = fd < 0 ? NULL : fdopen(fd, "w");
    if (jit->perfmap)
        return;
    fprintf(stderr, "pefemu: -perfmap: %s: %s\n", path, strerror(errno));
    if (fd >= 0)
        close(fd);
}

void perfmap_add(struct jit *jit, const struct cpu *cpu, unsigned slot, const void *code,
                 size_t size)
{
    char name[160];
    ea_t ea = cpu->page_ea + 4 * (ea_t)slot;

    if (!jit->perfmap)
        return;
    symbols_text(symbols_of(jit->m), symbols_context(cpu), ea, name, sizeof(name));
    fprintf(jit->perfmap, "%llx %zx guest:%llx %s\n", (unsigned long long)(uintptr_t)code, size,
            (unsigned long long)ea, name);
}

void perfmap_close(struct jit *jit)
{
    if (jit->perfmap)
        fclose(jit->perfmap);
    jit->perfmap = NULL;
}
