/* The list of engines, and what is common to code caches. */
#include "pefemu/engine.h"

#include "pefemu/machine.h"
#include "jit/jit.h"

static const struct engine *const engines[] = {&engine_jit, &engine_interp, &engine_ref};

const struct engine *engine_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
        if (!strcmp(engines[i]->name, name))
            return engines[i];
    return NULL;
}

const struct engine *engine_default(void)
{
    return native_available() ? &engine_jit : &engine_interp;
}

const struct engine *engine_next(size_t *at)
{
    return *at < ARRAY_SIZE(engines) ? engines[(*at)++] : NULL;
}

void engine_begin(struct cpu *cpu, int64_t budget)
{
    cpu->budget = budget;
    cpu->slice_end = cpu->insn_retired + (uint64_t)budget;
    cpu->op = NULL;
}

void engine_end(struct cpu *cpu)
{
    cpu->insn_retired = cpu->slice_end - (uint64_t)cpu->budget;
}

void memory_written(struct machine *m, ra_t ra, uint64_t len)
{
    if (m->engine && m->engine->code_written)
        m->engine->code_written(m, ra, len);
}
