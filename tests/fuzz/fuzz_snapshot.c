/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots and recordings of any content. The first byte of the input chooses:
 *   0 mod 4   a whole snapshot file, its checksum taken as right
 *   1 mod 4   the journal of a recording
 *   else      changes (offset in the state, 8 bytes) to the good state of a machine with a secure
 * VM and a suspended thread Whatever is accepted must be a state that a machine can go on from, and
 * that can be saved again.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "pefemu/snapshot.h"
#include "snapshot/file.h"
#include "snapshot/journal.h"
#include "ultravisor/uv_internal.h"

#define SECURE (64 * MiB)
#define SLOT   (4 * MiB)
#define SVM    5u

static struct machine *machine;
static struct snap good;

static void make_svm(struct machine *m)
{
    struct svm *svm = svm_new(m->uv, SVM);
    FUZZ_CHECK(svm != NULL);
    struct ucall c = {.uv = m->uv, .cpu = &m->cpus[0], .args = {SVM, 0, SLOT, 0, 0}};
    FUZZ_CHECK(u_register_mem_slot(&c) == U_SUCCESS);
    struct thread_save *t = thread_save(svm, &m->cpus[0], 0x1000, MSR_SF | MSR_S);
    FUZZ_CHECK(t != NULL);
    t->work.op = WORK_RTAS;
}

static void make_machine(void)
{
    static const uint8_t kernel[8] = {0x48, 0, 0, 4};
    struct machine_config cfg = {
        .machine = "pseries",
        .pef = true,
        .ram_size = FUZZ_RAM,
        .secure_size = SECURE,
        .cpus = 2,
        .cores = 2,
        .threads = 1,
        .engine = &engine_interp,
        .kernel = fuzz_file(kernel, sizeof(kernel)),
        .xive_allowed = true,
        .xics_allowed = true,
        .radix_allowed = true,
        .panic_stops = true,
        .have_seed = true,
    };
    machine = machine_create(&cfg, NULL);
    FUZZ_CHECK(machine != NULL);
    make_svm(machine);
    snap_save_begin(&good);
    snapshot_state(&good, machine);
    FUZZ_CHECK(!good.failed);
}

static void back_to_good(void)
{
    char why[SNAPSHOT_WHY_MAX];
    FUZZ_CHECK(snapshot_load_state(machine, good.buf, good.len, why, sizeof(why)));
    machine->stop = STOP_NONE;
    machine_loaded(machine);
}

/* It was accepted: it must be a machine. */
static void live(struct machine *m)
{
    struct snap again;
    machine_loaded(m);
    for (unsigned i = 0; i < 2 * m->ncpus; i++) {
        m->stop = STOP_NONE;
        m->rest.pending = false;
        machine_run_slice(m, &m->cpus[i % m->ncpus], 200);
    }
    m->stop = STOP_NONE;
    snap_save_begin(&again);
    snapshot_state(&again, m);
    FUZZ_CHECK(!again.failed);
    snap_free(&again);
}

static void fuzz_file_bytes(const uint8_t *data, size_t size)
{
    struct snapshot_bytes b = {.p = data, .len = size, .unchecked = true};
    char why[SNAPSHOT_WHY_MAX] = "";
    if (snapshot_load_bytes(machine, &b, why, sizeof(why)))
        live(machine);
    else
        FUZZ_CHECK(why[0] && !strchr(why, '\n'));
}

static void fuzz_journal(const uint8_t *data, size_t size)
{
    static const uint8_t identity[JOURNAL_IDENTITY];
    struct journal j = {.file = NULL};
    struct journal_record r;
    if (!journal_parse(&j, data, size, identity))
        for (; journal_peek(&j, &r); journal_take(&j))
            FUZZ_CHECK(r.kind && r.kind < JOURNAL_KINDS && r.len <= JOURNAL_RECORD_MAX);
    journal_close(&j);
}

static void fuzz_state(struct input *in)
{
    char why[SNAPSHOT_WHY_MAX] = "";
    uint8_t *state = malloc(good.len);
    size_t cut = good.len;
    memcpy(state, good.buf, good.len);
    while (in->left) {
        size_t at = input_u32(in) % good.len;
        uint64_t bytes = input_u64(in);
        memcpy(state + at, &bytes, good.len - at < 8 ? good.len - at : 8);
        if (bytes == 0xcccccccccccccccc)
            cut = at;
    }
    if (snapshot_load_state(machine, state, cut, why, sizeof(why)))
        live(machine);
    else
        FUZZ_CHECK(why[0] && !strchr(why, '\n'));
    free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    if (!machine)
        make_machine();
    unsigned what = input_u8(&in) % 4;
    if (what == 0)
        fuzz_file_bytes(in.p, in.left);
    else if (what == 1)
        fuzz_journal(in.p, in.left);
    else
        fuzz_state(&in);
    back_to_good();
    return 0;
}
