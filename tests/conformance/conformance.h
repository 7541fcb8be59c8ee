/* The parts of the conformance program: gen.c makes cases from the values of values.c, run.c runs
 * them on the emulator, main in conformance.c runs the oracle and compares. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <stdbool.h>
#include <string.h>

#include "case.h"
#include "pefemu/cpu.h"
#include "pefemu/engine.h"

/* Random numbers: splitmix64, so that a seed names the same cases everywhere. */
struct rng {
    uint64_t s;
};
uint64_t rng_next(struct rng *r);

static inline unsigned pick(struct rng *r, unsigned n)
{
    return (unsigned)(rng_next(r) >> 33) % n;
}

static inline bool chance(struct rng *r, unsigned percent)
{
    return pick(r, 100) < percent;
}

#define PICK_FROM(r, array) ((array)[pick(r, ARRAY_SIZE(array))])

static inline bool starts(const char *s, const char *prefix)
{
    return !strncmp(s, prefix, strlen(prefix));
}

/* A random state in which the row has something to do: registers, FPSCR, memory. */
void value_state(struct rng *r, const struct insn_row *row, struct conf_state *s);
/* Replaces the vector registers by edges of the row's format: the operands of @in by the pair
 * number @turn of them, which covers every pair in turn, the others by any. Rows without such a
 * format are left alone. */
void value_edges(struct rng *r, const struct insn_row *row, const struct insn *in, unsigned turn,
                 struct conf_state *s);

/* May cases be made for the row? User instructions without side effects outside the registers and
 * the buffer, that POWER9 has. */
bool gen_in_scope(unsigned id);
/* One random case of row @id, the @turn-th; false: this draw is not a valid form, draw again. */
bool gen_case(struct rng *r, unsigned id, unsigned turn, struct conf_case *c);

/* How a case is run. */
#define RUN_BIG   1u /* big-endian */
#define RUN_32BIT 2u /* MSR[SF]=0 */

/* A machine of one CPU in hypervisor real mode with RAM at the addresses of case.h. */
struct conf_machine;
struct conf_machine *run_create(const struct engine *engine);
void run_destroy(struct conf_machine *cm);
void run_case(struct conf_machine *cm, const struct conf_case *c, unsigned mode,
              struct conf_state *result);
/* Runs an image from address 0, little-endian, up to address @end; false: it does not get there. */
bool run_image(struct conf_machine *cm, const void *image, size_t size, uint64_t end,
               struct conf_state *result);

#endif
