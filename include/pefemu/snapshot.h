/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots: all that changes while a machine runs, in a file. One made at any instruction goes on
 * there, with either engine, exactly as the machine that it was made of would have.
 */
#ifndef PEFEMU_SNAPSHOT_H
#define PEFEMU_SNAPSHOT_H

#include "pefemu/machine.h"

#define SNAPSHOT_WHY_MAX 256u /* room for one line about a refusal */

/**
 * snapshot_save - write @m to @file, which appears whole or not at all, readable by its owner only
 * @why: SNAPSHOT_WHY_MAX bytes; one line when false is returned
 *
 * Between slices, or in the middle of one at a debugger's halt between two instructions. Refused in
 * firmware in C (a halt at an event) and with a TPM that is not in this process. Says so on stderr
 * when the file holds secrets: secure memory, keys, the TPM.
 */
bool snapshot_save(struct machine *m, const char *file, char *why, size_t size);

/**
 * snapshot_load - make @m what was saved in @file
 * @why: as above
 *
 * Between slices, or at a debugger's halt: machine.h says how the slice in progress is given up.
 * @m must have been built as the saved machine was (kind, memory, CPUs, options that the guest can
 * see). A file that does not fit, or is damaged, is refused before anything has changed.
 */
bool snapshot_load(struct machine *m, const char *file, char *why, size_t size);

#endif
