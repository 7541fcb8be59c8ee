// SPDX-License-Identifier: Apache-2.0
/*
 * The TPM's permanent state: keys, seeds, counters. In a folder:
 *
 *   lock       empty; held with flock() as long as the TPM is on
 *   permanent  magic (16 bytes) | length, big endian (4) | SHA-256 of the state (32) | state
 *
 * A new state is written beside the old one, synced, and takes its name: there is always one whole
 * file. The digest finds damage, it does not protect against whoever may write the folder.
 */
#include "tpm/tpm_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_FILE "permanent"
#define STATE_NEW  "permanent.new"
#define LOCK_FILE  "lock"
#define STATE_MAX  (1u << 20)
#define HEADER_LEN (16u + 4u + SHA256_LEN)

static const uint8_t magic[16] = "pefemu TPM 2.0\n";

struct tpm_state {
    char *dir;     /* owned, for messages; NULL: memory only */
    int dirfd;     /* owned; -1: memory only */
    int lockfd;    /* owned */
    uint8_t *data; /* owned, secret; NULL: no state yet */
    size_t len;
    bool held, unsaved;
};

static bool open_folder(struct tpm_state *s, bool create, char *message)
{
    struct stat st;
    if (create && mkdir(s->dir, 0700) < 0 && errno != EEXIST) {
        tpm_say(message, "%s: the folder can not be made: %s", s->dir, strerror(errno));
        return false;
    }
    s->dirfd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dirfd < 0 || fstat(s->dirfd, &st) < 0) {
        tpm_say(message, "%s: %s%s", s->dir, strerror(errno),
                errno == ENOENT ? "; make a TPM there with pefemu-tpm provision" : "");
        return false;
    }
    if (st.st_mode & (S_IWGRP | S_IWOTH)) {
        tpm_say(message, "%s: others may write to this folder; chmod 700 it", s->dir);
        return false;
    }
    return true;
}

static bool lock_folder(struct tpm_state *s, char *message)
{
    s->lockfd = openat(s->dirfd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lockfd < 0) {
        tpm_say(message, "%s/" LOCK_FILE ": %s", s->dir, strerror(errno));
        return false;
    }
    if (flock(s->lockfd, LOCK_EX | LOCK_NB) < 0) {
        tpm_say(message, "%s: in use by another process", s->dir);
        return false;
    }
    return true;
}

static bool read_all(int fd, uint8_t *p, size_t len)
{
    while (len) {
        ssize_t n = read(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *p, size_t len)
{
    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static void set_data(struct tpm_state *s, uint8_t *data, size_t len)
{
    if (s->data)
        crypto_wipe(s->data, s->len);
    free(s->data);
    s->data = data;
    s->len = len;
}

/* What is wrong with the file open at @fd, NULL for nothing. */
static const char *read_file(struct tpm_state *s, int fd)
{
    uint8_t header[HEADER_LEN], digest[SHA256_LEN];
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return "not a file";
    if (!read_all(fd, header, sizeof(header)) || memcmp(header, magic, sizeof(magic)) != 0)
        return "not a TPM state of pefemu";
    size_t len = get_be32(header + sizeof(magic));
    if (!len || len > STATE_MAX || (uint64_t)st.st_size != HEADER_LEN + len)
        return "truncated, or longer than it says";
    uint8_t *data = malloc(len);
    if (!data)
        return "no memory for it";
    bool complete = read_all(fd, data, len);
    crypto_sha256(data, complete ? len : 0, digest);
    set_data(s, data, len);
    return complete && !memcmp(digest, header + sizeof(magic) + 4, SHA256_LEN) ? NULL : "damaged";
}

static bool load(struct tpm_state *s, bool create, char *message)
{
    int fd = openat(s->dirfd, STATE_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        if (!create)
            tpm_say(message, "%s: there is no TPM in it; make one with pefemu-tpm provision",
                    s->dir);
        return create;
    }
    const char *wrong = fd < 0 ? strerror(errno) : read_file(s, fd);
    if (fd >= 0)
        close(fd);
    if (wrong)
        tpm_say(message,
                "%s/" STATE_FILE ": %s; left as it is. Restore a copy, or remove it and "
                "with it the TPM's keys",
                s->dir, wrong);
    return !wrong;
}

struct tpm_state *tpm_state_open(const char *dir, bool create, char *message)
{
    struct tpm_state *s = calloc(1, sizeof(*s));
    if (!s) {
        tpm_say(message, "no memory for the TPM");
        return NULL;
    }
    s->dirfd = s->lockfd = -1;
    if (!dir)
        return s;
    s->dir = strdup(dir);
    if (s->dir && open_folder(s, create, message) && lock_folder(s, message) &&
        load(s, create, message))
        return s;
    tpm_state_close(s);
    return NULL;
}

void tpm_state_close(struct tpm_state *s)
{
    if (!s)
        return;
    if (s->lockfd >= 0)
        close(s->lockfd); /* and with it the lock; the file stays, or two could hold one each */
    if (s->dirfd >= 0)
        close(s->dirfd);
    set_data(s, NULL, 0);
    free(s->dir);
    free(s);
}

const uint8_t *tpm_state_data(const struct tpm_state *s, size_t *len)
{
    *len = s->len;
    return s->data;
}

static bool write_new(const struct tpm_state *s)
{
    uint8_t header[HEADER_LEN];
    memcpy(header, magic, sizeof(magic));
    put_be32(header + sizeof(magic), (uint32_t)s->len);
    crypto_sha256(s->data, s->len, header + sizeof(magic) + 4);
    unlinkat(s->dirfd, STATE_NEW, 0); /* of a process that was killed */
    int fd = openat(s->dirfd, STATE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool ok =
        write_all(fd, header, sizeof(header)) && write_all(fd, s->data, s->len) && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    return ok && renameat(s->dirfd, STATE_NEW, s->dirfd, STATE_FILE) == 0 && fsync(s->dirfd) == 0;
}

static bool write_file(struct tpm_state *s, char *message)
{
    s->unsaved = false;
    if (s->dirfd < 0 || write_new(s))
        return true;
    int error = errno;
    unlinkat(s->dirfd, STATE_NEW, 0);
    tpm_say(message, "%s/" STATE_FILE ": can not be written: %s; the file is as before", s->dir,
            strerror(error));
    return false;
}

bool tpm_state_save(struct tpm_state *s, const void *data, size_t len, char *message)
{
    uint8_t *copy = len && len <= STATE_MAX ? malloc(len) : NULL;
    if (!copy) {
        tpm_say(message, "no room for %zu bytes of TPM state", len);
        return false;
    }
    memcpy(copy, data, len);
    set_data(s, copy, len);
    s->unsaved = true;
    return s->held || write_file(s, message);
}

void tpm_state_detach(struct tpm_state *s)
{
    if (s->dirfd >= 0)
        close(s->dirfd);
    s->dirfd = -1;
}

void tpm_state_hold(struct tpm_state *s)
{
    s->held = true;
}

bool tpm_state_release(struct tpm_state *s, char *message)
{
    s->held = false;
    return !s->unsaved || write_file(s, message);
}
