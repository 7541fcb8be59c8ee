/* SPDX-License-Identifier: Apache-2.0 */
/* What a recording belongs to. src/snapshot/identity.c */
#ifndef PEFEMU_SNAPSHOT_IDENTITY_H
#define PEFEMU_SNAPSHOT_IDENTITY_H

#include "pefemu/machine.h"

/* A digest of all that the guest is made of: the options that it can see and the files. */
void machine_identity(const struct machine_config *cfg, uint8_t out[32]);

#endif
