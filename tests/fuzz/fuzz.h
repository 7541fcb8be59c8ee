/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share: reading the input, machines to be hostile to, and checks that hold
 * whatever the guest did. A target is one file fuzz_*.c with LLVMFuzzerTestOneInput().
 */
#ifndef PEFEMU_FUZZ_H
#define PEFEMU_FUZZ_H

#include "hypervisor/hv_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise: says which and aborts, which the fuzzer reports with the input. */
#define FUZZ_CHECK(cond)                                                                           \
    do {                                                                                           \
        if (!(cond))                                                                               \
            fuzz_fail(__FILE__, __LINE__, #cond);                                                  \
    } while (0)
void fuzz_fail(const char *file, int line, const char *what) __attribute__((noreturn));

/* ---- input: numbers are little endian; past the end everything is 0 ---- */
struct input {
    const uint8_t *p;
    size_t left;
};
uint64_t input_bytes(struct input *in, unsigned n);
#define input_u8(in)  ((uint8_t)input_bytes((in), 1))
#define input_u16(in) ((uint16_t)input_bytes((in), 2))
#define input_u32(in) ((uint32_t)input_bytes((in), 4))
#define input_u64(in) input_bytes((in), 8)

/* ---- files: a path that names @len bytes until the next call ---- */
const char *fuzz_file(const void *p, size_t len);

/* ---- machines ---- */
#define FUZZ_RAM     (6 * MiB)
#define FUZZ_SCRATCH 0x200000ULL /* argument blocks, buffers */
#define FUZZ_NAMES   0x280000ULL /* strings that firmware knows, 64 bytes apart */

/* RAM alone, walled in by pages that can not be touched; no CPU, no hypervisor. */
struct machine *fuzz_bare_machine(uint64_t ram_size);
/* A pseries machine whose kernel is a single branch; deterministic, silent. */
struct machine *fuzz_machine(const struct engine *engine, unsigned cpus);
/* Power-on state again. */
void fuzz_reset(struct machine *m);
/* No thread is left in hypervisor state, and the tables the MMU walks are untouched. */
void fuzz_check_tables(const struct machine *m);
/* The same, and the hypervisor's own memory is as it was left by the reset, but for what it may
 * change itself. */
void fuzz_check_hypervisor(const struct machine *m);
/* False when LPID 1's process table is another than @dw1 says. */
bool fuzz_same_process_table(const struct machine *m, uint64_t dw1);

/* ---- calls into firmware ---- */
/* Puts the raw input at FUZZ_SCRATCH and the names at FUZZ_NAMES. */
void fuzz_fill_guest(struct machine *m, const uint8_t *data, size_t size);
/* An argument: of any value, but more often one that gets somewhere. */
uint64_t fuzz_arg(struct input *in);
/* The hypercall whose number and arguments are in the registers of thread @n. */
void fuzz_hypercall(struct machine *m, unsigned n, bool problem_state);

#endif
