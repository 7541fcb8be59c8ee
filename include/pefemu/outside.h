/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outside world of a machine: everything that a run depends on beside the machine itself passes
 * here. Console input, the host's date, random numbers and secrets, how long an idle machine slept,
 * the TPM's answers. So a run can be recorded and replayed exactly (-icount rr=,
 * docs/debugging.md): replaying, the same questions at the same positions get the same answers and
 * the host is not asked.
 *
 * The journal is a list of answers in the order of the questions. A file holds it from power-on; a
 * machine that can go back in time keeps it in memory, and after going back reads answers until it
 * is at the end of it again.
 *
 * Output that has been shown is not shown again when a machine repeats its past.
 */
#ifndef PEFEMU_OUTSIDE_H
#define PEFEMU_OUTSIDE_H

#include "pefemu/snap.h"

struct chardev;
struct machine;
struct outside;

enum outside_mode {
    OUTSIDE_LIVE,   /* the host answers */
    OUTSIDE_RECORD, /* and its answers go into a file */
    OUTSIDE_REPLAY, /* a file answers */
};

/**
 * outside_create - for @m, whose cfg.rr and cfg.rr_file say what is to be done
 * Return: NULL with one line on stderr: the file can not be written, or is none of ours, damaged,
 * or of another machine.
 */
struct outside *outside_create(struct machine *m, struct chardev *console);
void outside_destroy(struct outside *o); /* accepts NULL */

/* Functions accept a NULL machine.outside: nothing comes from there, random numbers are the
 * host's. */

/* ---- the console ---- */
bool outside_can_read(struct outside *o);
size_t outside_read(struct outside *o, void *buf, size_t len);
void outside_write(struct outside *o, const void *buf, size_t len);
/* machine_say() has a line: is it a new one? */
bool outside_may_say(struct outside *o);

/* ---- time and chance ---- */
/* The host's clock, ns since 1970. */
int64_t outside_date_ns(struct outside *o);
/* Random bytes; secret ones too, so a journal is as secret as the machine. */
void outside_random(struct outside *o, void *p, size_t len);
/* An idle machine waits: outside_sleeps() asks whether it really has to. outside_slept() is told
 * what was measured and answers what counts. */
bool outside_sleeps(const struct outside *o);
uint64_t outside_slept(struct outside *o, uint64_t measured_ns);

/* ---- the TPM ---- */
/* True: *status and the response are answered from the journal. */
bool outside_tpm_answer(struct outside *o, const uint8_t *cmd, size_t len, uint8_t *resp,
                        size_t cap, size_t *resp_len, int *status);
/* What the TPM itself has answered. */
void outside_tpm_note(struct outside *o, const uint8_t *cmd, size_t len, const uint8_t *resp,
                      size_t resp_len, int status);

/* ---- the run ---- */
/* Once per round of machine_run(). A recording that was ended from outside ends the machine here.
 */
void outside_round(struct outside *o);
/* machine_run() is over: the last record, or the check that the recording ended likewise. */
void outside_ended(struct outside *o);
bool outside_is_replay(const struct outside *o);
/* Is it behind the end of its journal, where only the past is? */
bool outside_in_past(const struct outside *o);
/* Keep a journal in memory from here on. */
void outside_keep(struct outside *o);
/* A debugger changes the machine: what is in the journal behind here will not happen, and a
 * recording is none any more (one line says so). */
void outside_changed(struct outside *o);
/* Where in the journal the machine is, and going back there with it. */
size_t outside_place(const struct outside *o);
void outside_go_to(struct outside *o, size_t place);

/* Input that is waiting; not the place in the journal. */
void outside_snap(struct snap *s, struct outside *o);
/* A machine was loaded from a file: what it writes from now on is new. */
void outside_loaded(struct outside *o);

#endif
