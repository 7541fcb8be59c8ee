/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ultravisor in C. It is entered by registers as firmware in ultravisor state would be
 * (uv_enter) and leaves by a modelled urfid; it knows the hypervisor only as somebody who is
 * entered at a vector with MSR[S]=0 and who calls back by `sc 2`. So any hypervisor can stand
 * there: the built-in one, a script in a test, or Linux.
 *
 * Specification: docs/pef.md; Linux Documentation/powerpc/ultravisor.rst.
 */
#ifndef PEFEMU_UV_H
#define PEFEMU_UV_H

#include "pefemu/machine.h"
#include "pefemu/snap.h"
#include "pefemu/tpm.h"

struct uv;

/* Status of an ultracall, in R3. */
enum {
#define USTATUS(name, value) name = (value),
#include "pefemu/ustatus.def"
#undef USTATUS
};

/* Numbers of the ultracalls, UV_WRITE_PATE and so on. */
enum {
#define UCALL(number, name, ...) name = number,
#include "pefemu/ucall.def"
#undef UCALL
};
#define UCALL_FIRST 0xf100u
#define UCALL_LAST  0xf1ffu

/* Memory moves between the parties in pages of this size only. */
#define UV_PAGE_LOG2 16u
#define UV_PAGE_SIZE (1ULL << UV_PAGE_LOG2)

/* What has happened since power-on. Host CPU time is the emulator's own cost and no guest sees it.
 */
struct uv_stats {
    uint64_t ucalls[(UCALL_LAST + 1 - UCALL_FIRST) / 4]; /* by (number - UCALL_FIRST) / 4 */
    uint64_t
        ucall_ns[(UCALL_LAST + 1 - UCALL_FIRST) / 4]; /* guest time in those that end at once */
    uint64_t svm_hcalls; /* that SVMs have made; passed on as they are: */
    uint64_t reflected_hcalls, reflected_interrupts;
    uint64_t pages_in, pages_out, pages_in_clear, pages_refused;
    uint64_t shared, unshared;
    uint64_t esm_ok, esm_failed, killed;
    uint64_t esm_guest_ns, esm_host_ns; /* of the last UV_ESM that ended, from the call on */
};

/**
 * uv_create - an ultravisor for @m, whose secure memory (machine.mem) becomes its own
 * Return: NULL when the host has no memory.
 */
struct uv *uv_create(struct machine *m);
void uv_destroy(struct uv *uv); /* wipes every secret; accepts NULL */
/* Power-on and reboot: secure memory zeroed, no SVM, an empty partition table, PTCR and SMFCTRL of
 * every CPU set. False: secure memory is too small for even that; one line on stderr. */
bool uv_reset(struct uv *uv);
/* How to open lockboxes: what boot firmware hands over (/ibm,uv-fdt/ibm,uv-tpm). The caller wipes
 * its copy. Without it no lockbox opens. */
void uv_set_wrapping_key(struct uv *uv, const struct tpm_wrapping_key *key);

/* The CPU is in ultravisor state at @vector. Returns in another state: urfid was modelled. */
void uv_enter(struct cpu *cpu, unsigned vector);

/* All of it but secure memory; secrets. src/ultravisor/snapshot.c */
void uv_snap(struct snap *s, struct uv *uv);

/* Bytes of secure memory that a guest of @ram_size bytes needs to become secure. */
uint64_t uv_secure_memory_needed(uint64_t ram_size);

/* ---- for statistics, dumps and tests ---- */
bool uv_is_secure(const struct uv *uv, lpid_t lpid);
/* Pages of SVMs that are in secure memory now, in units of UV_PAGE_SIZE; while one enters secure
 * mode, those that have come in. */
uint64_t uv_secure_pages(const struct uv *uv);
const struct uv_stats *uv_get_stats(const struct uv *uv);
const char *uv_call_name(uint64_t number); /* NULL: no such ultracall */
unsigned uv_call_nargs(uint64_t number);   /* from R4 on */
/* How many registers beside R3 it answers in when R3 is not negative, and which is the first. */
unsigned uv_call_results(uint64_t number, unsigned *first);

#endif
