/* SPDX-License-Identifier: Apache-2.0 */
/* -profile: stacks sampled by instruction count. What is counted is what -icount-limit counts:
 * instructions, and attempts that an interrupt ended. */
#include "pefemu/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folded.h"
#include "option_value.h"
#include "pefemu/machine.h"
#include "pefemu/names.h"
#include "pefemu/symbols.h"

#define FRAMES_MAX 127u
#define PATH_LEN   4096u
/* Code without a symbol is named by its page: by its address every sample were a stack of its own.
 */
#define UNKNOWN_PAGE 0xfffULL

struct profile {
    struct machine *m;
    char path[PATH_LEN];
    uint64_t every;
    uint64_t next[MACHINE_MAX_CPUS]; /* the CPU's count at which a sample is due */
    uint64_t lost;                   /* samples for which there was no memory */
    struct folded folded;
};

static bool complain(char *message, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool complain(char *message, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, PROFILE_MESSAGE, fmt, ap);
    va_end(ap);
    return false;
}

/* ---- the option ---- */

/* FILE may have commas; what follows the last one is only for us if it is a key. */
static bool parse(const char *spec, char path[PATH_LEN], uint64_t *every, char *message)
{
    if ((size_t)snprintf(path, PATH_LEN, "%s", spec) >= PATH_LEN - 32) /* room for ".PID.new" */
        return complain(message, "the name is too long");
    char *comma = strrchr(path, ',');
    *every = PROFILE_EVERY;
    if (comma && strchr(comma, '=')) {
        if (strncmp(comma, ",every=", 7))
            return complain(message, "%.60s: unknown key; use FILE,every=N", comma + 1);
        if (!value_u64(comma + 7, INT32_MAX, every) || !*every)
            return complain(message,
                            "every=%.40s: not a number of instructions from 1 to 2147483647; use "
                            "for example every=100003",
                            comma + 7);
        *comma = '\0';
    }
    return path[0] || complain(message, "no file is named; use FILE[,every=N]");
}

bool profile_check(const char *spec, char *message)
{
    char path[PATH_LEN];
    uint64_t every;
    return parse(spec, path, &every, message);
}

/* ---- the file ---- */

/* A pipe or a device is written to; a file is replaced when its successor is complete. */
static bool is_replaced(const char *path)
{
    struct stat st;
    return stat(path, &st) || S_ISREG(st.st_mode);
}

/* Opens what profile_write() will write into; its name in @temp. */
static FILE *open_output(const char *path, char temp[PATH_LEN])
{
    bool replaced = is_replaced(path);
    int flags = O_WRONLY | O_CLOEXEC | (replaced ? O_CREAT | O_EXCL | O_NOFOLLOW : 0);
    if (replaced)
        snprintf(temp, PATH_LEN, "%.*s.%ld.new", (int)(PATH_LEN - 32), path, (long)getpid());
    else
        snprintf(temp, PATH_LEN, "%s", path);
    int fd = open(temp, flags, 0666);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (fd >= 0 && !f)
        close(fd);
    return f;
}

/* A run is not for nothing: what is wrong with the name is found before it. */
static bool can_write(const char *path, char *message)
{
    char temp[PATH_LEN];
    if (!is_replaced(path)) { /* opening a pipe would wait for its reader */
        struct stat st;
        if (!stat(path, &st) && S_ISDIR(st.st_mode))
            errno = EISDIR;
        else if (!access(path, W_OK))
            return true;
        return complain(message, "%.120s: %s; name a file that can be written", path,
                        strerror(errno));
    }
    FILE *f = open_output(path, temp);
    if (!f)
        return complain(message, "%.120s: %s; name a file that can be written", path,
                        strerror(errno));
    fclose(f);
    unlink(temp);
    return true;
}

bool profile_write(const struct profile *p, char *message)
{
    char temp[PATH_LEN];
    FILE *f = open_output(p->path, temp);
    bool replaced = is_replaced(p->path);
    bool ok = f && folded_write(&p->folded, f);
    int error = errno;
    if (f && fclose(f) && ok) {
        ok = false;
        error = errno;
    }
    if (ok && replaced && rename(temp, p->path)) {
        ok = false;
        error = errno;
    }
    if (f && !ok && replaced)
        unlink(temp);
    if (!ok)
        return complain(message, "%.120s: not written: %s", p->path, strerror(error));
    if (p->lost)
        return complain(message, "%.120s: %llu samples are missing: the host had not enough memory",
                        p->path, (unsigned long long)p->lost);
    return true;
}

/* ---- construction ---- */

static uint64_t attempts(const struct cpu *cpu)
{
    return cpu_insns_now(cpu) + cpu->stalls;
}

struct profile *profile_create(struct machine *m, const char *spec, char *message)
{
    struct profile *p = calloc(1, sizeof(*p));
    if (!p || !symbols_of(m)) {
        complain(message, "the host has not enough memory");
        free(p);
        return NULL;
    }
    if (!parse(spec, p->path, &p->every, message) || !can_write(p->path, message)) {
        free(p);
        return NULL;
    }
    p->m = m;
    for (unsigned i = 0; i < m->ncpus; i++)
        p->next[i] = attempts(&m->cpus[i]) + p->every;
    return m->profile = p;
}

void profile_destroy(struct profile *p)
{
    if (!p)
        return;
    p->m->profile = NULL;
    folded_free(&p->folded);
    free(p);
}

/* ---- samples ---- */

static void add_code(struct folding *g, const struct symbols *s, enum symbol_context as, ea_t pc)
{
    struct symbol sym;
    char page[32];
    if (symbols_at(s, as, pc, &sym)) {
        folding_add(g, sym.name);
        return;
    }
    snprintf(page, sizeof(page), "[0x%llx]", (unsigned long long)(pc & ~UNKNOWN_PAGE));
    folding_add(g, page);
}

/* Programs are told apart by what the MMU knows of them: the same address is something else in
 * each. A kernel is one, on whosever behalf it works. */
static void add_process(struct folding *g, const struct cpu *cpu)
{
    char name[40];
    if (!(cpu->msr & MSR_PR))
        return;
    snprintf(name, sizeof(name), "lpid %u pid %u", (unsigned)cpu->lpid, (unsigned)cpu->pid);
    folding_add(g, name);
}

static void sample(struct profile *p, struct cpu *cpu)
{
    const struct symbols *s = p->m->symbols;
    enum symbol_context as = symbols_context(cpu);
    struct stack_frame f[FRAMES_MAX];
    struct folding g;
    unsigned n = symbols_backtrace(s, cpu, cpu->cia, cpu->gpr[1], cpu->lr, f, FRAMES_MAX);
    folding_begin(&g);
    folding_add(&g, cpu_state_name(cpu_state_index(cpu->msr)));
    add_process(&g, cpu);
    while (n--)
        /* A caller is where its call is: behind that may be another function. */
        add_code(&g, s, as, f[n].pc - (n && !f[n].vector ? 4 : 0));
    if (!folded_add(&p->folded, g.text))
        p->lost++;
}

void profile_limit(const struct profile *p, struct cpu *cpu)
{
    uint64_t done = attempts(cpu), next = p->next[cpu->index];
    cpu_withhold(cpu, next > done ? (int64_t)(next - done) : 1);
}

void profile_look(struct profile *p, struct cpu *cpu)
{
    uint64_t done = attempts(cpu), *next = &p->next[cpu->index];
    if (done < *next)
        return;
    sample(p, cpu);
    *next += (done - *next) / p->every * p->every + p->every;
}
