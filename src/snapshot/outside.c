/* SPDX-License-Identifier: Apache-2.0 */
#include "pefemu/outside.h"

#include <stdlib.h>
#include <time.h>

#include "identity.h"
#include "journal.h"
#include "pefemu/chardev.h"
#include "pefemu/debug.h"
#include "pefemu/err.h"
#include "pefemu/machine.h"

#define INPUT_MAX 4096u

struct outside {
    struct machine *m;            /* borrowed */
    struct chardev *console;      /* borrowed, or NULL */
    const struct outside *leader; /* borrowed: its answers are this one's; or NULL */
    enum outside_mode mode;
    bool keeps; /* answers go into the journal */
    bool diverged, said_end, said_changed;
    struct journal journal;
    uint64_t dummies; /* answers to a past that is given up */

    /* the machine's: saved in snapshots */
    uint64_t looks; /* how often the guest has looked for console input */
    uint64_t written, lines;
    uint8_t input[INPUT_MAX]; /* came, and is not read yet */
    uint32_t waiting;

    uint64_t shown, shown_lines; /* of written and lines: the most there has been */
};

/* ---- life ---- */

struct outside *outside_create(struct machine *m, struct chardev *console)
{
    struct outside *o = calloc(1, sizeof(*o));
    uint8_t identity[JOURNAL_IDENTITY];
    bool ok = true;
    if (!o)
        return NULL;
    o->m = m;
    o->console = console;
    o->mode = m->cfg.rr;
    if (o->mode != OUTSIDE_LIVE)
        machine_identity(&m->cfg, identity);
    if (m->cfg.leader) {
        o->leader = m->cfg.leader->outside;
        o->mode = OUTSIDE_REPLAY;
        return o;
    }
    o->keeps = m->cfg.lockstep.on; /* for the one that follows */
    if (o->mode == OUTSIDE_RECORD)
        ok = o->keeps = journal_record(&o->journal, m->cfg.rr_file, identity);
    else if (o->mode == OUTSIDE_REPLAY)
        ok = journal_replay(&o->journal, m->cfg.rr_file, identity);
    if (!ok) {
        outside_destroy(o);
        return NULL;
    }
    return o;
}

void outside_destroy(struct outside *o)
{
    if (!o)
        return;
    if (!o->leader) /* else the journal is borrowed */
        journal_close(&o->journal);
    free(o);
}

void outside_keep(struct outside *o)
{
    o->keeps = true;
}

bool outside_is_replay(const struct outside *o)
{
    return o && o->mode == OUTSIDE_REPLAY;
}

bool outside_in_past(const struct outside *o)
{
    return o && o->journal.at < o->journal.len;
}

/* The slice that runs will be forgotten (machine_restore_later): nothing of it may get out. */
static bool is_given_up(const struct outside *o)
{
    return o->m->stop == STOP_RESTORE;
}

/* ---- the journal ---- */

/* What a follower may know is what its leader was ever told: in a search it may be ahead of it. */
static void follow(struct outside *o)
{
    if (!o->leader || o->diverged)
        return;
    o->journal.buf = o->leader->journal.buf;
    o->journal.len = o->leader->journal.len;
}

static bool answers_from_journal(const struct outside *o)
{
    return (o->mode == OUTSIDE_REPLAY && !o->diverged) || outside_in_past(o);
}

/* What the guest asks is not what was recorded. A replay of a file has no meaning from here on;
 * a past that a debugger has changed becomes another present. */
static void diverge(struct outside *o, const char *asks)
{
    o->journal.len = o->journal.at;
    if (o->diverged)
        return;
    if (o->mode != OUTSIDE_REPLAY) {
        machine_say(o->m, "the past is not what it was (%s): from here on it is lived anew", asks);
        return;
    }
    o->diverged = true;
    machine_say(o->m, "the replay differs from the recording: %s", asks);
    machine_request_stop(o->m, STOP_DIVERGED, asks);
}

/* The recording is over, without an end record: it was killed. */
static void run_out(struct outside *o)
{
    if (o->said_end || o->diverged)
        return;
    if (o->leader) {
        diverge(o, "the other machine did not ask for it");
        return;
    }
    o->said_end = true;
    machine_say(o->m, "the recording ends here; it was cut off");
    machine_request_stop(o->m, STOP_QUIT, "end of the recording");
}

/* The journal's answer, which must be of @kind. False: there is none, ask the host (or nobody). */
static bool answer(struct outside *o, enum journal_kind kind, const char *asks,
                   struct journal_record *r)
{
    follow(o);
    if (!answers_from_journal(o))
        return false;
    if (!journal_peek(&o->journal, r)) {
        run_out(o);
        return false;
    }
    if (r->kind != kind || r->position != machine_position(o->m)) {
        diverge(o, asks);
        return false;
    }
    journal_take(&o->journal);
    return true;
}

/* May the host be asked? */
static bool is_live(const struct outside *o)
{
    return o->mode != OUTSIDE_REPLAY && !is_given_up(o);
}

static void note(struct outside *o, enum journal_kind kind, uint64_t number, const void *bytes,
                 size_t len)
{
    struct journal_record r = {.kind = kind,
                               .position = machine_position(o->m),
                               .number = number,
                               .bytes = bytes,
                               .len = len};
    if (!o->keeps || journal_append(&o->journal, &r))
        return;
    o->keeps = false;
    pef_complain("the host has not enough memory to keep the past; there is none from here on");
}

/* ---- console input ---- */

static void take_input(struct outside *o, const uint8_t *bytes, size_t len)
{
    if (len > INPUT_MAX - o->waiting)
        len = INPUT_MAX - o->waiting;
    memcpy(o->input + o->waiting, bytes, len);
    o->waiting += (uint32_t)len;
}

/* Keys for pefemu itself work in a replay too; what else is typed is not the guest's. */
static void drop_typed(struct outside *o)
{
    uint8_t dropped[256];
    if (o->console && chardev_can_read(o->console))
        chardev_read(o->console, dropped, sizeof(dropped));
}

static void recorded_input(struct outside *o)
{
    struct journal_record r;
    follow(o);
    while (journal_peek(&o->journal, &r) && r.kind == JOURNAL_CONSOLE && r.number <= o->looks) {
        if (r.number < o->looks || r.position != machine_position(o->m)) {
            diverge(o, "console input came elsewhere");
            return;
        }
        take_input(o, r.bytes, r.len);
        journal_take(&o->journal);
    }
}

static void live_input(struct outside *o)
{
    uint8_t bytes[256];
    size_t room = INPUT_MAX - o->waiting;
    if (!o->console || !chardev_can_read(o->console) || !room)
        return;
    size_t n = chardev_read(o->console, bytes, room < sizeof(bytes) ? room : sizeof(bytes));
    if (!n)
        return;
    take_input(o, bytes, n);
    note(o, JOURNAL_CONSOLE, o->looks, bytes, n);
}

/* The guest looks whether something has come. */
static void look(struct outside *o)
{
    if (is_given_up(o))
        return;
    o->looks++;
    if (answers_from_journal(o)) {
        drop_typed(o);
        recorded_input(o);
    } else if (is_live(o)) {
        live_input(o);
    }
}

bool outside_can_read(struct outside *o)
{
    if (!o)
        return false;
    look(o);
    return o->waiting;
}

size_t outside_read(struct outside *o, void *buf, size_t len)
{
    if (!o)
        return 0;
    look(o);
    size_t n = len < o->waiting ? len : o->waiting;
    memcpy(buf, o->input, n);
    o->waiting -= (uint32_t)n;
    memmove(o->input, o->input + n, o->waiting);
    return n;
}

/* ---- output ---- */

void outside_write(struct outside *o, const void *buf, size_t len)
{
    if (!o || is_given_up(o))
        return;
    uint64_t old = o->shown > o->written ? o->shown - o->written : 0;
    o->written += len;
    if (o->written <= o->shown)
        return;
    o->shown = o->written;
    if (o->console)
        chardev_write(o->console, (const uint8_t *)buf + old, len - old);
}

bool outside_may_say(struct outside *o)
{
    if (!o)
        return true;
    if (is_given_up(o) || ++o->lines <= o->shown_lines)
        return false;
    o->shown_lines = o->lines;
    return !o->leader; /* it has said so */
}

/* ---- time and chance ---- */

int64_t outside_date_ns(struct outside *o)
{
    struct journal_record r;
    struct timespec ts;
    if (o && answer(o, JOURNAL_DATE, "the guest asks for the date", &r))
        return (int64_t)r.number;
    clock_gettime(CLOCK_REALTIME, &ts);
    int64_t ns = (int64_t)ts.tv_sec * 1000000000LL + ts.tv_nsec;
    if (o && is_live(o))
        note(o, JOURNAL_DATE, (uint64_t)ns, NULL, 0);
    return ns;
}

/* Numbers for a slice that will be forgotten: somebody may be waiting for one of a certain kind. */
static void dummy_bytes(struct outside *o, uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(++o->dummies * 0x9e3779b97f4a7c15ULL >> 56);
}

void outside_random(struct outside *o, void *p, size_t len)
{
    struct journal_record r;
    if (o && is_given_up(o)) {
        dummy_bytes(o, p, len);
        return;
    }
    if (o && answer(o, JOURNAL_RANDOM, "random bytes are asked for", &r)) {
        memset(p, 0, len);
        memcpy(p, r.bytes, r.len < len ? r.len : len);
        if (r.len != len)
            diverge(o, "another number of random bytes is asked for");
        return;
    }
    crypto_random(p, len);
    if (o && is_live(o))
        note(o, JOURNAL_RANDOM, 0, p, len);
}

bool outside_sleeps(const struct outside *o)
{
    return !o || !answers_from_journal(o);
}

uint64_t outside_slept(struct outside *o, uint64_t measured_ns)
{
    struct journal_record r;
    if (!o)
        return measured_ns;
    if (answer(o, JOURNAL_SLEPT, "the machine sleeps", &r))
        return r.number;
    if (is_live(o))
        note(o, JOURNAL_SLEPT, measured_ns, NULL, 0);
    return measured_ns;
}

/* ---- the TPM ---- */

bool outside_tpm_answer(struct outside *o, const uint8_t *cmd, size_t len, uint8_t *resp,
                        size_t cap, size_t *resp_len, int *status)
{
    uint8_t digest[SHA256_LEN];
    struct journal_record r;
    if (!o || (is_live(o) && !answers_from_journal(o)))
        return false;
    *resp_len = 0;
    *status = TPM_STATUS_TRANSPORT;
    if (is_given_up(o) || !answer(o, JOURNAL_TPM, "the TPM gets a command", &r))
        return o->mode == OUTSIDE_REPLAY || is_given_up(o);
    crypto_sha256(cmd, len, digest);
    size_t n = r.len < SHA256_LEN ? 0 : r.len - SHA256_LEN;
    if (r.len < SHA256_LEN || memcmp(digest, r.bytes, SHA256_LEN) || n > cap) {
        diverge(o, "the TPM gets another command");
        return true;
    }
    memcpy(resp, r.bytes + SHA256_LEN, n);
    *resp_len = n;
    *status = (int)(int64_t)r.number;
    return true;
}

void outside_tpm_note(struct outside *o, const uint8_t *cmd, size_t len, const uint8_t *resp,
                      size_t resp_len, int status)
{
    uint8_t bytes[SHA256_LEN + TPM_PACKET_MAX];
    if (!o || !o->keeps || !is_live(o) || resp_len > TPM_PACKET_MAX)
        return;
    crypto_sha256(cmd, len, bytes);
    memcpy(bytes + SHA256_LEN, resp, resp_len);
    note(o, JOURNAL_TPM, (uint64_t)(int64_t)status, bytes, SHA256_LEN + resp_len);
    crypto_wipe(bytes, sizeof(bytes));
}

/* ---- the run ---- */

/* Ends that come from the host: the guest's own happen by themselves again. */
static bool from_outside(uint64_t stop)
{
    return stop == STOP_QUIT || stop == STOP_TIMEOUT;
}

void outside_round(struct outside *o)
{
    struct journal_record r;
    if (!o || o->mode != OUTSIDE_REPLAY || o->diverged || !journal_peek(&o->journal, &r) ||
        r.kind != JOURNAL_END || !from_outside(r.number) || r.len < 8 ||
        get_le64(r.bytes) != o->m->rounds)
        return;
    machine_request_stop(o->m, (enum machine_stop)r.number, "as recorded");
}

void outside_ended(struct outside *o)
{
    uint8_t round[8];
    struct journal_record r;
    put_le64(round, o->m->rounds);
    if (o->mode == OUTSIDE_RECORD && !outside_in_past(o))
        note(o, JOURNAL_END, o->m->stop, round, sizeof(round));
    if (o->mode != OUTSIDE_REPLAY || o->diverged || o->said_end)
        return;
    if (!journal_peek(&o->journal, &r))
        run_out(o);
    else if (r.kind == JOURNAL_END && r.position == machine_position(o->m))
        machine_say(o->m, "the replay ended as the recording did");
    else if (!from_outside(o->m->stop) && o->m->stop != STOP_LIMIT)
        diverge(o, "the machine ends");
}

void outside_changed(struct outside *o)
{
    if (o->mode != OUTSIDE_LIVE && !o->said_changed)
        pef_complain("a debugger changes the machine: it goes on otherwise than in the recording");
    o->said_changed = true;
    if (o->mode != OUTSIDE_REPLAY)
        o->journal.len = o->journal.at;
    o->shown = o->written;
    o->shown_lines = o->lines;
}

size_t outside_place(const struct outside *o)
{
    return o->journal.at;
}

void outside_go_to(struct outside *o, size_t place)
{
    o->journal.at = place;
    if (o->leader)
        o->diverged = false;
}

void outside_loaded(struct outside *o)
{
    o->shown = o->written;
    o->shown_lines = o->lines;
}

void outside_snap(struct snap *s, struct outside *o)
{
    snap_begin(s, "outside", 1);
    snap(s, &o->looks);
    snap(s, &o->written);
    snap(s, &o->lines);
    snap_limit(s, &o->waiting, INPUT_MAX);
    snap_bytes(s, o->input, o->waiting);
    snap_end(s);
}
