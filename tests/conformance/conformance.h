/* The parts of the conformance program: gen.c makes cases, run.c runs them on the emulator, main in
 * conformance.c runs the oracle and compares. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <stdbool.h>

#include "case.h"
#include "pefemu/engine.h"

/* Random numbers: splitmix64, so that a seed names the same cases everywhere. */
struct rng {
    uint64_t s;
};
uint64_t rng_next(struct rng *r);

/* May cases be made for the row? User instructions without side effects outside the registers and
 * the buffer, that POWER9 has. */
bool gen_in_scope(unsigned id);
/* One random case of row @id; false: this draw is not a valid form, draw again. */
bool gen_case(struct rng *r, unsigned id, struct conf_case *c);

/* How a case is run. */
#define RUN_BIG   1u /* big-endian */
#define RUN_32BIT 2u /* MSR[SF]=0 */

/* A machine of one CPU in hypervisor real mode with RAM at the addresses of case.h. */
struct conf_machine;
struct conf_machine *run_create(const struct engine *engine);
void run_destroy(struct conf_machine *cm);
void run_case(struct conf_machine *cm, const struct conf_case *c, unsigned mode,
              struct conf_state *result);

#endif
