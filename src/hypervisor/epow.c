/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Environmental and power warnings (EPOW): how the platform tells a partition that its user wants
 * it to shut down. The user's wish raises the interrupt of /event-sources/epow-events; its handler
 * asks check-exception what has happened and gets an event log. PAPR, "Environmental and Power
 * Warnings" and "RTAS Event Return Format".
 */
#include "hv_internal.h"

#include "devices/rtc.h"

#define LOG_VERSION  6u
#define LOG_SEVERITY (1u << 5) /* event: nothing is wrong */
#define LOG_EXTENDED (1u << 2) /* a second part follows the first 8 bytes */
#define LOG_TYPE     0x40u     /* EPOW */

#define EXT_VALID  0x80u
#define EXT_FORMAT 14u /* of a platform event log, with sections */

enum { HEAD = 8, EXT = 16, SECTION_PH = 48, SECTION_UH = 24, SECTION_EP = 20 };
_Static_assert(HEAD + EXT + SECTION_PH + SECTION_UH + SECTION_EP == EPOW_LOG_SIZE, "whole log");

#define CREATOR_HYPERVISOR     'H'
#define SUBSYSTEM_POWER        0x60u
#define SHUTDOWN_ON_REQUEST    1u /* event modifier: normal system shutdown, no further reason */
#define ACTION_REPORT_EXTERNAL 0x8000u

void hv_powerdown(struct hypervisor *hv)
{
    hv->epow.wanted = true;
}

void epow_poll(struct hypervisor *hv)
{
    if (!hv->epow.wanted)
        return;
    hv->epow = (struct hv_epow){.pending = true};
    hv_pulse(hv, IRQ_EPOW);
}

void epow_reset(struct hypervisor *hv)
{
    hv->epow = (struct hv_epow){0};
}

unsigned epow_sensor(const struct hypervisor *hv)
{
    return hv->epow.pending ? EPOW_SYSTEM_SHUTDOWN : EPOW_NONE;
}

void epow_taken(struct hypervisor *hv)
{
    hv->epow.pending = false;
}

/* ---- the log ---- */

static uint32_t bcd(unsigned v, unsigned digits)
{
    uint32_t out = 0;
    for (unsigned i = 0; i < digits; i++, v /= 10)
        out |= (uint32_t)(v % 10) << (4 * i);
    return out;
}

/* A section's 8 bytes: name, length, version, subtype, component. */
static uint8_t *section(uint8_t *p, const char *name, unsigned len)
{
    memcpy(p, name, 2);
    put_be16(p + 2, len);
    p[4] = 1;
    return p + 8;
}

void epow_log(struct hypervisor *hv, uint8_t log[EPOW_LOG_SIZE])
{
    uint8_t *ext = log + HEAD, *ph = ext + EXT, *uh = ph + SECTION_PH, *ep = uh + SECTION_UH, *p;
    struct rtc_time t;

    memset(log, 0, EPOW_LOG_SIZE);
    log[0] = LOG_VERSION;
    log[1] = LOG_SEVERITY | LOG_EXTENDED;
    log[3] = LOG_TYPE;
    put_be32(log + 4, EPOW_LOG_SIZE - HEAD);

    ext[0] = EXT_VALID;
    ext[2] = EXT_VALID | EXT_FORMAT; /* this byte's bit 0: big-endian, new format */
    memcpy(ext + 12, "IBM", 4);

    rtc_get(hv->m, &t);
    p = section(ph, "PH", SECTION_PH); /* who says it, and when */
    put_be32(p, bcd(t.year, 4) << 16 | bcd(t.month, 2) << 8 | bcd(t.day, 2));
    put_be32(p + 4, bcd(t.hour, 2) << 24 | bcd(t.minute, 2) << 16 | bcd(t.second, 2) << 8);
    p[16] = CREATOR_HYPERVISOR;
    p[19] = 3; /* sections */

    p = section(uh, "UH", SECTION_UH); /* what it is about; severity 0: informational */
    p[0] = SUBSYSTEM_POWER;
    put_be16(p + 10, ACTION_REPORT_EXTERNAL);

    p = section(ep, "EP", SECTION_EP);
    p[0] = EPOW_SYSTEM_SHUTDOWN;
    p[1] = SHUTDOWN_ON_REQUEST;
}
