/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshot files:
 *
 *   header    "pefemu snapshot" NUL; version (4), flags (4), bytes of state (8); little endian
 *   one zstd frame of
 *     state   sections (snap.h): machine_snap(), then the TPM's
 *     pages   real address (8), 4096 bytes; those that are not zero; an address of all ones ends it
 *   SHA-256 of everything in front of it
 */
#include "pefemu/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "file.h"
#include "pefemu/crypto.h"
#include "pefemu/debug.h"
#include "pefemu/err.h"
#include "touched.h"

#define MAGIC        "pefemu snapshot"
#define VERSION      1u
#define FLAG_SECRETS 1u
#define HEADER_LEN   32u
#define STATE_MAX    (256 * MiB)
#define PAGES_END    (~0ULL)
#define LEVEL        1 /* of zstd: memory is large, disks are too */
#define CHUNK        (128 * KiB)

static bool refuse(char *why, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static bool refuse(char *why, size_t size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, size, fmt, ap);
    va_end(ap);
    return false;
}

void snapshot_state(struct snap *s, struct machine *m)
{
    machine_snap(s, m);
    if (!s->failed && m->tpm)
        tpm_snap(s, m->tpm);
}

/* ---- saving ---- */

struct writer {
    FILE *f;
    ZSTD_CCtx *zstd;
    struct crypto_hash hash;
    bool failed;
    uint8_t chunk[CHUNK];
};

static void put(struct writer *w, const void *p, size_t len)
{
    crypto_hash_add(&w->hash, p, len);
    w->failed |= fwrite(p, 1, len, w->f) != len;
}

static void compress_with(struct writer *w, const void *p, size_t len, ZSTD_EndDirective end)
{
    ZSTD_inBuffer in = {p, len, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {w->chunk, sizeof(w->chunk), 0};
        left = ZSTD_compressStream2(w->zstd, &out, &in, end);
        if (ZSTD_isError(left)) {
            w->failed = true;
            return;
        }
        put(w, w->chunk, out.pos);
    } while (!w->failed && (end == ZSTD_e_end ? left : in.size - in.pos));
}

static bool write_page(void *opaque, ra_t ra, uint8_t *page)
{
    struct writer *w = opaque;
    uint8_t address[8];
    if (page_is_zero(page))
        return true;
    put_le64(address, ra);
    compress_with(w, address, sizeof(address), ZSTD_e_continue);
    compress_with(w, page, SNAP_PAGE, ZSTD_e_continue);
    return !w->failed;
}

static void write_all(struct writer *w, struct machine *m, const struct snap *s)
{
    uint8_t header[HEADER_LEN] = MAGIC, end[8], digest[SHA256_LEN];
    put_le32(header + 16, VERSION);
    put_le32(header + 20, s->secrets ? FLAG_SECRETS : 0);
    put_le64(header + 24, s->len);
    put(w, header, sizeof(header));
    compress_with(w, s->buf, s->len, ZSTD_e_continue);
    touched_pages(&m->mem, write_page, w);
    put_le64(end, PAGES_END);
    compress_with(w, end, sizeof(end), ZSTD_e_end);
    crypto_hash_end(&w->hash, digest);
    w->failed |= fwrite(digest, 1, sizeof(digest), w->f) != sizeof(digest);
}

/* To @temp and then over @file. errno is set when false is returned. */
static bool write_file(struct machine *m, const struct snap *s, const char *file, const char *temp)
{
    struct writer *w = calloc(1, sizeof(*w));
    int fd = w ? open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    bool ok = fd >= 0 && (w->f = fdopen(fd, "wb")) && (w->zstd = ZSTD_createCCtx());
    if (ok) {
        ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL);
        crypto_hash_begin(&w->hash, CRYPTO_SHA256);
        write_all(w, m, s);
        ok = !w->failed && !fflush(w->f) && !fsync(fd);
    }
    int error = errno;
    if (w && w->f)
        ok = !fclose(w->f) && ok;
    else if (fd >= 0)
        close(fd);
    ok = ok && !rename(temp, file);
    if (!ok && fd >= 0)
        unlink(temp);
    if (w)
        ZSTD_freeCCtx(w->zstd);
    free(w);
    errno = error ? error : errno;
    return ok;
}

static const char *why_not_now(const struct machine *m)
{
    if (m->stop != STOP_NONE)
        return "the machine has ended";
    /* The machine starts again between two slices. Other events are in the middle of one. */
    if (m->debug && debug_in_firmware(m->debug) && debug_halted(m->debug)->event.id != EVENT_RESET)
        return "the machine is halted in the middle of an instruction or inside firmware; step to "
               "the next instruction first";
    return NULL;
}

bool snapshot_save(struct machine *m, const char *file, char *why, size_t size)
{
    char temp[4096];
    struct snap s;
    const char *not_now = why_not_now(m);
    if (not_now)
        return refuse(why, size, "%s", not_now);
    if (snprintf(temp, sizeof(temp), "%s.%ld.new", file, (long)getpid()) >= (int)sizeof(temp))
        return refuse(why, size, "the name is too long");
    snap_save_begin(&s);
    snapshot_state(&s, m);
    bool ok = !s.failed || refuse(why, size, "%s", s.why);
    if (ok && !write_file(m, &s, file, temp))
        ok = refuse(why, size, "%s", strerror(errno));
    if (ok && s.secrets)
        machine_say(m, "%s holds secrets: memory and keys of secure VMs, the TPM", file);
    snap_free(&s);
    return ok;
}

/* ---- loading ---- */

struct reader {
    const uint8_t *p; /* compressed */
    size_t len;
    ZSTD_DCtx *zstd;
    ZSTD_inBuffer in;
};

static bool reader_begin(struct reader *r, const struct snapshot_bytes *b)
{
    *r = (struct reader){.zstd = ZSTD_createDCtx()};
    r->in = (ZSTD_inBuffer){b->p + HEADER_LEN, b->len - HEADER_LEN - SHA256_LEN, 0};
    return r->zstd != NULL;
}

static bool get(struct reader *r, void *p, size_t len)
{
    ZSTD_outBuffer out = {p, len, 0};
    while (out.pos < out.size) {
        size_t in = r->in.pos, had = out.pos;
        if (ZSTD_isError(ZSTD_decompressStream(r->zstd, &out, &r->in)) ||
            (in == r->in.pos && had == out.pos))
            return false;
    }
    return true;
}

/* The page records; @m NULL: only looks whether they are good. */
static bool read_pages(struct reader *r, const struct memory *mem, bool store)
{
    uint8_t address[8], page[SNAP_PAGE] = {0};
    while (get(r, address, sizeof(address))) {
        ra_t ra = get_le64(address);
        if (ra == PAGES_END)
            return true;
        uint8_t *to = ra % SNAP_PAGE ? NULL : memory_ptr(mem, ra, SNAP_PAGE);
        if (!to || !get(r, store ? to : page, SNAP_PAGE))
            return false;
    }
    return false;
}

/* What does not depend on a machine. */
static bool check_bytes(const struct snapshot_bytes *b, char *why, size_t size)
{
    uint8_t digest[SHA256_LEN];
    if (b->len < HEADER_LEN + SHA256_LEN || memcmp(b->p, MAGIC, 16))
        return refuse(why, size, "not a snapshot of pefemu");
    if (get_le32(b->p + 16) != VERSION)
        return refuse(why, size, "made by another version of pefemu (format %u, this one has %u)",
                      get_le32(b->p + 16), VERSION);
    crypto_sha256(b->p, b->len - SHA256_LEN, digest);
    if (!b->unchecked && memcmp(digest, b->p + b->len - SHA256_LEN, SHA256_LEN))
        return refuse(why, size, "damaged, or cut off");
    if (get_le64(b->p + 24) > STATE_MAX)
        return refuse(why, size, "damaged: %llu bytes of state",
                      (unsigned long long)get_le64(b->p + 24));
    return true;
}

/* The state, decompressed: owned by the caller, secret. */
static uint8_t *read_state(struct reader *r, const struct snapshot_bytes *b)
{
    uint64_t len = get_le64(b->p + 24);
    uint8_t *state = malloc(len + 1);
    if (state && get(r, state, len))
        return state;
    free(state);
    return NULL;
}

/* Does it fit @m? Reads all of it and changes nothing. */
static bool check_fit(struct machine *m, const struct snapshot_bytes *b, char *why, size_t size)
{
    struct reader r = {0};
    struct snap s;
    uint8_t *state = reader_begin(&r, b) ? read_state(&r, b) : NULL;
    bool ok = state != NULL;
    if (ok) {
        snap_load_begin(&s, state, get_le64(b->p + 24));
        machine_fit_snap(&s, m);
        ok = !s.failed || refuse(why, size, "does not fit: %s", s.why);
        if (ok && !read_pages(&r, &m->mem, false))
            ok = refuse(why, size, "damaged");
        crypto_wipe(state, get_le64(b->p + 24));
    } else {
        refuse(why, size, "damaged, or the host has not enough memory");
    }
    free(state);
    ZSTD_freeDCtx(r.zstd);
    return ok;
}

/* All of the state or none of it: what there was comes back when it fails. */
bool snapshot_load_state(struct machine *m, const uint8_t *state, size_t len, char *why,
                         size_t size)
{
    struct snap s, before;
    snap_save_begin(&before);
    snapshot_state(&before, m);
    snap_load_begin(&s, state, len);
    snapshot_state(&s, m);
    bool ok = snap_load_end(&s) || refuse(why, size, "damaged: %s", s.why);
    if (!ok && !before.failed) {
        struct snap back;
        snap_load_begin(&back, before.buf, before.len);
        snapshot_state(&back, m);
        machine_loaded(m);
    }
    snap_free(&before);
    return ok;
}

static bool load_all(struct machine *m, const struct snapshot_bytes *b, char *why, size_t size)
{
    struct reader r = {0};
    size_t len = get_le64(b->p + 24);
    uint8_t *state = reader_begin(&r, b) ? read_state(&r, b) : NULL;
    bool ok = state ? snapshot_load_state(m, state, len, why, size)
                    : refuse(why, size, "the host has not enough memory");
    if (ok) {
        memory_clear(&m->mem);
        ok = read_pages(&r, &m->mem, true) || refuse(why, size, "damaged");
        machine_loaded(m);
        if (m->outside)
            outside_loaded(m->outside);
    }
    if (state)
        crypto_wipe(state, len);
    free(state);
    ZSTD_freeDCtx(r.zstd);
    return ok;
}

bool snapshot_load_bytes(struct machine *m, const struct snapshot_bytes *b, char *why, size_t size)
{
    return check_bytes(b, why, size) && check_fit(m, b, why, size) && load_all(m, b, why, size);
}

/* ---- files ---- */

static bool map_file(struct snapshot_bytes *b, const char *file, char *why, size_t size)
{
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *b = (struct snapshot_bytes){.p = MAP_FAILED};
    if (fd < 0)
        return refuse(why, size, "%s", strerror(errno));
    if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0) {
        b->len = (size_t)st.st_size;
        b->p = mmap(NULL, b->len, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    return b->p != MAP_FAILED || refuse(why, size, "not a snapshot of pefemu");
}

static void unmap_file(struct snapshot_bytes *b)
{
    munmap((void *)b->p, b->len);
}

/* machine_restore_later(): the slice is given up. The file has been found good and fitting. */
static bool load_later(struct machine *m, void *opaque)
{
    struct snapshot_bytes *b = opaque;
    char why[SNAPSHOT_WHY_MAX];
    bool ok = load_all(m, b, why, sizeof(why));
    if (!ok)
        pef_complain("the snapshot can not be loaded: %s", why);
    else if (m->debug) {
        debug_history_changed(m->debug);
        debug_pause(m->debug);
    }
    unmap_file(b);
    free(b);
    return ok;
}

static bool load_at_halt(struct machine *m, const struct snapshot_bytes *b)
{
    struct snapshot_bytes *later = malloc(sizeof(*later));
    if (!later)
        return false;
    *later = *b;
    machine_restore_later(m, load_later, later);
    return true;
}

static const char *why_not_loaded(const struct machine *m)
{
    if (m->stop != STOP_NONE)
        return "the machine has ended";
    if (m->cfg.rr != OUTSIDE_LIVE && m->rounds)
        return "a recording or replay is going on, which a snapshot would break";
    return NULL;
}

bool snapshot_load(struct machine *m, const char *file, char *why, size_t size)
{
    struct snapshot_bytes b;
    const char *not_now = why_not_loaded(m);
    if (not_now)
        return refuse(why, size, "%s", not_now);
    if (!map_file(&b, file, why, size))
        return false;
    bool halted = m->debug && debug_halted(m->debug);
    bool ok = check_bytes(&b, why, size) && check_fit(m, &b, why, size);
    if (ok && halted) {
        if (load_at_halt(m, &b))
            return true; /* it is unmapped later */
        ok = refuse(why, size, "the host has not enough memory");
    } else if (ok) {
        ok = load_all(m, &b, why, size);
    }
    unmap_file(&b);
    return ok;
}
