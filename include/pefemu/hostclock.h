/* SPDX-License-Identifier: Apache-2.0 */
/* The host's clocks. Of what a guest sees only its date and its sleep come from them: machine.h. */
#ifndef PEFEMU_HOSTCLOCK_H
#define PEFEMU_HOSTCLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC, CLOCK_REALTIME or CLOCK_PROCESS_CPUTIME_ID in ns. */
static inline uint64_t host_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

#endif
