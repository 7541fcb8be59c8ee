/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file: "pefemu journal\n" NUL, version, 32 bytes that identify the machine, a checksum of
 * these; then records: kind (1 byte), length of the bytes (4), position (8), number (8), bytes,
 * checksum (4). Little endian. A checksum is the CRC-32 of everything in front of it, so that a
 * record is good only where it stands. A run that was killed leaves a file that ends in a record or
 * between two: what is whole of it is a journal.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "pefemu/crypto.h"
#include "pefemu/err.h"

#define MAGIC       "pefemu journal\n"
#define VERSION     1u
#define HEADER_LEN  (16u + 4u + JOURNAL_IDENTITY + 4u)
#define RECORD_HEAD 21u
#define FILE_MAX    (8 * GiB)

static void encode_head(uint8_t out[RECORD_HEAD], const struct journal_record *r)
{
    out[0] = (uint8_t)r->kind;
    put_le32(out + 1, (uint32_t)r->len);
    put_le64(out + 5, r->position);
    put_le64(out + 13, r->number);
}

static void decode_head(const uint8_t *in, struct journal_record *r)
{
    *r = (struct journal_record){.kind = (enum journal_kind)in[0],
                                 .len = get_le32(in + 1),
                                 .position = get_le64(in + 5),
                                 .number = get_le64(in + 13),
                                 .bytes = in + RECORD_HEAD};
}

/* ---- memory ---- */

static bool room(struct journal *j, size_t len)
{
    size_t cap = j->cap ? j->cap : 65536;
    while (cap - j->len < len)
        cap *= 2;
    if (cap == j->cap)
        return true;
    uint8_t *p = realloc(j->buf, cap);
    if (!p)
        return false;
    j->buf = p;
    j->cap = cap;
    return true;
}

static bool keep(struct journal *j, const uint8_t *head, const void *bytes, size_t len)
{
    if (!room(j, RECORD_HEAD + len))
        return false;
    memcpy(j->buf + j->len, head, RECORD_HEAD);
    if (len)
        memcpy(j->buf + j->len + RECORD_HEAD, bytes, len);
    j->len += RECORD_HEAD + len;
    return true;
}

bool journal_peek(const struct journal *j, struct journal_record *r)
{
    if (j->at == j->len)
        return false;
    decode_head(j->buf + j->at, r);
    return true;
}

void journal_take(struct journal *j)
{
    struct journal_record r;
    if (journal_peek(j, &r))
        j->at += RECORD_HEAD + r.len;
}

/* ---- writing ---- */

static bool put(struct journal *j, const void *p, size_t len)
{
    if (!len) /* of which crc32() makes 0 */
        return true;
    j->crc = (uint32_t)crc32(j->crc, p, (uInt)len);
    return fwrite(p, 1, len, j->file) == len;
}

static bool put_crc(struct journal *j)
{
    uint8_t crc[4];
    put_le32(crc, j->crc);
    return put(j, crc, sizeof(crc));
}

bool journal_record(struct journal *j, const char *name, const uint8_t identity[JOURNAL_IDENTITY])
{
    uint8_t version[4];
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    *j = (struct journal){.name = name};
    put_le32(version, VERSION);
    j->file = fd < 0 ? NULL : fdopen(fd, "wb");
    if (j->file && put(j, MAGIC, 16) && put(j, version, 4) && put(j, identity, JOURNAL_IDENTITY) &&
        put_crc(j))
        return true;
    pef_complain("-icount rrfile=%s: %s; name a file that can be written", name, strerror(errno));
    if (fd >= 0 && !j->file)
        close(fd);
    return false;
}

static void give_up_file(struct journal *j)
{
    pef_complain("-icount rrfile=%s: %s; the recording ends here", j->name, strerror(errno));
    fclose(j->file);
    j->file = NULL;
}

bool journal_append(struct journal *j, const struct journal_record *r)
{
    uint8_t head[RECORD_HEAD];
    encode_head(head, r);
    if (j->file && !(put(j, head, sizeof(head)) && put(j, r->bytes, r->len) && put_crc(j)))
        give_up_file(j);
    if (!keep(j, head, r->bytes, r->len))
        return false;
    j->at = j->len;
    return true;
}

void journal_close(struct journal *j)
{
    if (j->file && fclose(j->file))
        pef_complain("-icount rrfile=%s: %s; the recording is not complete", j->name,
                     strerror(errno));
    if (j->buf)
        crypto_wipe(j->buf, j->len);
    free(j->buf);
    *j = (struct journal){.file = NULL};
}

/* ---- reading ---- */

/* One record of the file; what is wrong with it, NULL for nothing. *used 0: it is not whole. */
static const char *parse_record(struct journal *j, const uint8_t *p, size_t left, size_t *used)
{
    struct journal_record r;
    *used = 0;
    if (left < RECORD_HEAD + 4)
        return NULL;
    decode_head(p, &r);
    if (!r.kind || r.kind >= JOURNAL_KINDS || r.len > JOURNAL_RECORD_MAX)
        return "damaged";
    size_t len = RECORD_HEAD + r.len;
    if (left < len + 4)
        return NULL;
    j->crc = (uint32_t)crc32(j->crc, p, (uInt)len);
    if (get_le32(p + len) != j->crc)
        return "damaged";
    j->crc = (uint32_t)crc32(j->crc, p + len, 4);
    *used = len + 4;
    return keep(j, p, r.bytes, r.len) ? NULL : "too long for the host's memory";
}

const char *journal_parse(struct journal *j, const uint8_t *bytes, size_t len,
                          const uint8_t identity[JOURNAL_IDENTITY])
{
    const char *wrong = NULL;
    size_t used = HEADER_LEN;
    if (len < HEADER_LEN || memcmp(bytes, MAGIC, 16))
        return "not a recording of pefemu";
    if (get_le32(bytes + 16) != VERSION)
        return "made by another version of pefemu";
    j->crc = (uint32_t)crc32(0, bytes, HEADER_LEN - 4);
    if (get_le32(bytes + HEADER_LEN - 4) != j->crc)
        return "damaged";
    if (memcmp(bytes + 20, identity, JOURNAL_IDENTITY))
        return "of another machine; give the options that it was recorded with";
    j->crc = (uint32_t)crc32(j->crc, bytes + HEADER_LEN - 4, 4);
    for (size_t at = HEADER_LEN; at < len && used && !wrong; at += used)
        wrong = parse_record(j, bytes + at, len - at, &used);
    return wrong;
}

static uint8_t *read_all(const char *name, size_t *len)
{
    errno = EINVAL; /* of what is no file */
    FILE *f = fopen(name, "rbe");
    uint8_t *p = NULL;
    long size = -1;
    if (f && !fseek(f, 0, SEEK_END) && (size = ftell(f)) >= 0 && (uint64_t)size < FILE_MAX &&
        !fseek(f, 0, SEEK_SET))
        p = malloc((size_t)size + 1);
    *len = 0;
    if (f && p)
        *len = fread(p, 1, (size_t)size, f);
    if (f)
        fclose(f);
    return p;
}

bool journal_replay(struct journal *j, const char *name, const uint8_t identity[JOURNAL_IDENTITY])
{
    size_t len;
    uint8_t *bytes = read_all(name, &len);
    const char *wrong = bytes ? NULL : strerror(errno);
    *j = (struct journal){.name = name};
    if (bytes)
        wrong = journal_parse(j, bytes, len, identity);
    if (bytes)
        crypto_wipe(bytes, len);
    free(bytes);
    if (wrong)
        pef_complain("-icount rrfile=%s: %s", name, wrong);
    return !wrong;
}
