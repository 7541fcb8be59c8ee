/* SPDX-License-Identifier: Apache-2.0 */
/* Key files and blobs, as the commands want them. */
#include "esm_tool.h"

#include <stdio.h>

bool recipient_read(struct esm_recipient *r, const char *path, const char *comment)
{
    struct file f;
    struct esm_error e;
    uint8_t canonical[32];
    *r = (struct esm_recipient){.comment = comment ? comment : ""};
    if (!file_read(&f, path, ESM_PEM_MAX))
        return false;
    enum esm_err err = esm_rsa_public(&r->key, f.p, f.len, &e);
    if (!err)
        esm_fingerprint(f.p, f.len, r->fingerprint);
    file_wipe(&f); /* a secret key may have been given by mistake */
    if (err)
        return complain_esm(path, &e);
    if (!esm_rsa_fingerprint(r->key, canonical, &e) &&
        memcmp(canonical, r->fingerprint, sizeof(canonical)))
        complain("%s: warning: not in the usual form (openssl rsa -pubin -pubout), its "
                 "fingerprint will not be recognised by other tools",
                 path);
    return true;
}

void recipient_free(struct esm_recipient *r)
{
    esm_rsa_free(r->key);
    *r = (struct esm_recipient){0};
}

bool secret_read(struct esm_rsa **key, const struct arguments *a, const char *path)
{
    struct file f;
    struct esm_error e;
    struct passphrase p;
    char prompt[300];
    if (!file_read(&f, path, ESM_PEM_MAX))
        return false;
    enum esm_err err = esm_rsa_secret(key, f.p, f.len, NULL, 0, &e);
    if (err == ESM_PASSPHRASE_NEEDED) {
        snprintf(prompt, sizeof(prompt), "Passphrase for %.250s: ", path);
        if (!passphrase_get(&p, a, prompt, NULL)) {
            file_wipe(&f);
            return false;
        }
        err = esm_rsa_secret(key, f.p, f.len, p.text, p.len, &e);
        esm_wipe(&p, sizeof(p));
    }
    file_wipe(&f);
    return err ? complain_esm(path, &e) : true;
}

bool blob_read(struct esm_blob *b, const char *path)
{
    struct file f;
    struct esm_error e;
    if (!file_read(&f, path, ESM_BLOB_MAX))
        return false;
    enum esm_err err = esm_blob_open(b, f.p, f.len, &e);
    file_free(&f);
    return err ? complain_esm(path, &e) : true;
}

bool blob_write(const struct arguments *a, const struct esm_blob *b, const char *path)
{
    if (a->dry_run) {
        say(a, "%s: would be written, %zu bytes", path, b->len);
        return true;
    }
    say(a, "%s: written, %zu bytes", path, b->len);
    return file_write(path, &(struct esm_span){b->fdt, b->len}, 1, 0644);
}

bool unlock(const struct arguments *a, const struct esm_blob *b, struct esm_key *symkey)
{
    struct esm_rsa *secret;
    struct esm_lockbox box;
    struct esm_error e;
    if (!secret_read(&secret, a, a->option['s']))
        return false;
    enum esm_err err = esm_unlock(b, secret, symkey, &box, &e);
    esm_rsa_free(secret);
    if (err)
        return complain_esm(a->option['s'], &e);
    say(a, "%s opens %s", a->option['s'], box.name);
    return true;
}
