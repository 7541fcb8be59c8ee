// SPDX-License-Identifier: Apache-2.0
/*
 * A TPM in this process: libtpms. The library keeps its TPM in variables of its own and calls back
 * without a context, so there can be one at a time, and the one mutable variable of this file says
 * which. Permanent state comes from and goes to struct tpm_state; nothing else outlives a reset.
 */
#include "tpm/tpm_internal.h"

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_memory.h>
#include <libtpms/tpm_nvfilename.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct libtpms {
    struct tpm tpm;
    struct tpm_state *state; /* owned */
    bool on;                 /* TPMLIB_MainInit() succeeded */
    int null;                /* owned; what the library logs goes here: one line is enough */
};

/* NOTE: the library's TPM, hence not a member of any machine. */
static struct libtpms *the_tpm;

/* ---- callbacks ---- */

static TPM_RESULT nvram_init(void)
{
    return TPM_SUCCESS;
}

static TPM_RESULT nvram_load(unsigned char **data, uint32_t *length, uint32_t tpm_number,
                             const char *name)
{
    size_t len;
    const uint8_t *state = tpm_state_data(the_tpm->state, &len);
    if (tpm_number || strcmp(name, TPM_PERMANENT_ALL_NAME) != 0 || !state)
        return TPM_RETRY; /* "there is none" */
    if (TPM_Malloc(data, (uint32_t)len) != TPM_SUCCESS)
        return TPM_FAIL;
    memcpy(*data, state, len);
    *length = (uint32_t)len;
    return TPM_SUCCESS;
}

static TPM_RESULT nvram_store(const unsigned char *data, uint32_t length, uint32_t tpm_number,
                              const char *name)
{
    /* Volatile and saved state only serve a suspended machine, which this is not. */
    if (tpm_number || strcmp(name, TPM_PERMANENT_ALL_NAME) != 0)
        return TPM_SUCCESS;
    if (tpm_state_save(the_tpm->state, data, length, the_tpm->tpm.message))
        return TPM_SUCCESS;
    the_tpm->tpm.dead = true;
    return TPM_FAIL;
}

static TPM_RESULT nvram_delete(uint32_t tpm_number, const char *name, TPM_BOOL must_exist)
{
    (void)tpm_number;
    (void)name;
    return must_exist ? TPM_FAIL : TPM_SUCCESS;
}

static TPM_RESULT io_init(void)
{
    return TPM_SUCCESS;
}

static TPM_RESULT io_locality(TPM_MODIFIER_INDICATOR *locality, uint32_t tpm_number)
{
    (void)tpm_number;
    *locality = 0;
    return TPM_SUCCESS;
}

static TPM_RESULT io_presence(TPM_BOOL *physical_presence, uint32_t tpm_number)
{
    (void)tpm_number;
    *physical_presence = 0;
    return TPM_SUCCESS;
}

/* ---- power ---- */

static TPM_RESULT start_library(void)
{
    struct libtpms_callbacks callbacks = {
        .sizeOfStruct = sizeof(callbacks),
        .tpm_nvram_init = nvram_init,
        .tpm_nvram_loaddata = nvram_load,
        .tpm_nvram_storedata = nvram_store,
        .tpm_nvram_deletename = nvram_delete,
        .tpm_io_init = io_init,
        .tpm_io_getlocality = io_locality,
        .tpm_io_getphysicalpresence = io_presence,
    };
    TPM_RESULT rc = TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2);
    if (rc == TPM_SUCCESS)
        rc = TPMLIB_RegisterCallbacks(&callbacks);
    return rc;
}

static bool power_on(struct libtpms *l, char *message)
{
    /* Until the library accepts the state, nothing replaces the file. */
    tpm_state_hold(l->state);
    TPM_RESULT rc = start_library();
    if (rc == TPM_SUCCESS)
        rc = TPMLIB_MainInit();
    if (rc != TPM_SUCCESS) {
        TPMLIB_Terminate();
        tpm_say(message, "libtpms does not accept the TPM state (code 0x%x); left as it is", rc);
        return false;
    }
    l->on = true;
    TPMLIB_SetBufferSize(TPM_PACKET_MAX, NULL, NULL);
    return tpm_state_release(l->state, message);
}

static void power_off(struct libtpms *l)
{
    if (l->on)
        TPMLIB_Terminate();
    l->on = false;
}

/* ---- the back end ---- */

static int libtpms_execute(struct tpm *t, const uint8_t *cmd, size_t len, uint8_t *resp, size_t cap,
                           size_t *resp_len)
{
    unsigned char *out = NULL, in[TPM_PACKET_MAX];
    uint32_t size = 0, room = 0;
    memcpy(in, cmd, len); /* the library may change it */
    TPM_RESULT rc = TPMLIB_Process(&out, &size, &room, in, (uint32_t)len);
    crypto_wipe(in, len);
    int status = TPM_STATUS_OK;
    if (t->dead) {
        status = TPM_STATUS_TRANSPORT; /* state could not be written; its message stands */
    } else if (rc != TPM_SUCCESS || !out || size > cap || size > TPM_PACKET_MAX) {
        tpm_say(t->message, "libtpms failed (code 0x%x, %u bytes)", rc, size);
        status = TPM_STATUS_TRANSPORT;
    } else {
        memcpy(resp, out, size);
        *resp_len = size;
    }
    if (out)
        crypto_wipe(out, room);
    TPM_Free(out);
    return status;
}

static int libtpms_reset(struct tpm *t)
{
    struct libtpms *l = (struct libtpms *)t;
    power_off(l);
    return power_on(l, t->message) ? TPM_STATUS_OK : TPM_STATUS_TRANSPORT;
}

static void libtpms_destroy(struct tpm *t)
{
    struct libtpms *l = (struct libtpms *)t;
    power_off(l);
    tpm_state_close(l->state);
    TPMLIB_SetDebugFD(-1);
    if (l->null >= 0)
        close(l->null);
    the_tpm = NULL;
    free(l);
}

/* ---- snapshots ---- */

#define STATE_MAX (1u << 20)

static const enum TPMLIB_StateType state_types[] = {TPMLIB_STATE_PERMANENT, TPMLIB_STATE_VOLATILE};
enum { PERMANENT, VOLATILE, STATES };

struct state {
    uint8_t *data;
    size_t len;
};

static bool get_states(struct snap *s, struct state st[STATES])
{
    for (unsigned i = 0; i < STATES; i++) {
        unsigned char *data = NULL;
        uint32_t len = 0;
        TPM_RESULT rc = TPMLIB_GetState(state_types[i], &data, &len);
        st[i].data = rc == TPM_SUCCESS && data ? malloc(len ? len : 1) : NULL;
        st[i].len = len;
        if (st[i].data)
            memcpy(st[i].data, data, len);
        else
            snap_fail(s, "libtpms does not give its state away (code 0x%x)", rc);
        if (data)
            crypto_wipe(data, len);
        TPM_Free(data);
    }
    return !s->failed;
}

/* The library starts anew, with the state of a TPM that was running. */
static void set_states(struct snap *s, struct libtpms *l, struct state st[STATES])
{
    power_off(l);
    tpm_state_detach(l->state);
    tpm_state_hold(l->state);
    TPM_RESULT rc = start_library();
    for (unsigned i = 0; i < STATES && rc == TPM_SUCCESS; i++)
        rc = TPMLIB_SetState(state_types[i], st[i].data, (uint32_t)st[i].len);
    if (rc == TPM_SUCCESS)
        rc = TPMLIB_MainInit();
    l->on = rc == TPM_SUCCESS;
    if (l->on) {
        TPMLIB_SetBufferSize(TPM_PACKET_MAX, NULL, NULL);
        tpm_state_save(l->state, st[PERMANENT].data, st[PERMANENT].len, l->tpm.message);
    } else {
        TPMLIB_Terminate();
        l->tpm.dead = true;
        snap_fail(s, "libtpms does not accept the TPM's state (code 0x%x)", rc);
    }
    tpm_state_release(l->state, l->tpm.message);
}

static void libtpms_snap(struct snap *s, struct tpm *t)
{
    struct libtpms *l = (struct libtpms *)t;
    struct state st[STATES] = {{0}};
    if (s->loading || get_states(s, st))
        for (unsigned i = 0; i < STATES; i++)
            snap_buffer(s, &st[i].data, &st[i].len, STATE_MAX);
    if (s->loading && !s->failed)
        set_states(s, l, st);
    for (unsigned i = 0; i < STATES; i++) {
        if (st[i].data)
            crypto_wipe(st[i].data, st[i].len);
        free(st[i].data);
    }
}

static const struct tpm_backend libtpms_backend = {libtpms_execute, libtpms_reset, libtpms_destroy,
                                                   libtpms_snap};

struct tpm *tpm_libtpms_create(const struct tpm_config *cfg, char *message)
{
    if (the_tpm) {
        tpm_say(message, "there is a TPM in this process already; libtpms keeps only one");
        return NULL;
    }
    struct libtpms *l = calloc(1, sizeof(*l));
    if (!l) {
        tpm_say(message, "no memory for the TPM");
        return NULL;
    }
    l->tpm.backend = &libtpms_backend;
    l->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    TPMLIB_SetDebugFD(l->null);
    l->state = tpm_state_open(cfg->state_dir, cfg->create, message);
    the_tpm = l;
    if (l->state && power_on(l, message))
        return &l->tpm;
    libtpms_destroy(&l->tpm);
    return NULL;
}
