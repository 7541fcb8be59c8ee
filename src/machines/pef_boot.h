/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot firmware's part of PEF on -M pseries (the role that OPAL has on a real machine): powers the
 * TPM on, provisions it, and hands the ultravisor what it needs to open lockboxes.
 */
#ifndef PEFEMU_MACHINES_PEF_BOOT_H
#define PEFEMU_MACHINES_PEF_BOOT_H

#include "pefemu/uv.h"

/* Builds m->uv and m->tpm. False: one line on stderr. */
bool pef_create(struct machine *m);
void pef_destroy(struct machine *m);

#endif
